/*
 * operate_overrides.c: the instances that a change of the cluster's parameter group does not reach.
 *
 * An instance has a parameter group of its own, and what that sets counts for more than the cluster's. A default
 * group sets nothing, so only others are asked for. Without the permission to look, that is said; it is no reason to
 * refuse the rest.
 */
#include "aws/operate.h"

#include <stdio.h>

#define GROUPS_MAX 15 /* of one cluster, which has at most 16 instances; more are not asked for */

struct seen_member {
	uint64_t present;
	struct str identifier, group;
};
static const struct field member_fields[] = {
	FIELD(struct seen_member, identifier, K_ID, .title = "id", .help = "id", .wire = "DBInstanceIdentifier"),
	FIELD(struct seen_member, group, K_ID, .title = "group", .help = "group",
	      .wire = "DBParameterGroups/DBParameterGroup/DBParameterGroupName"),
};
static const struct rec_type member_type = REC_TYPE(struct seen_member, "operate_member", member_fields);

struct seen_value {
	uint64_t present;
	struct str name, value;
};
static const struct field value_fields[] = {
	FIELD(struct seen_value, name, K_TEXT, .title = "name", .help = "name", .wire = "ParameterName"),
	FIELD(struct seen_value, value, K_TEXT, .title = "value", .help = "value", .wire = "ParameterValue"),
};
static const struct rec_type value_type = REC_TYPE(struct seen_value, "operate_value", value_fields);

struct wanted_parameter {
	struct str group;
	const char *name;
};

static void members_parameters(struct form *form, void *ctx)
{
	form_add_rds_filter(form, 1, "db-cluster-id", str_c(ctx));
}

static void group_parameters(struct form *form, void *ctx)
{
	const struct wanted_parameter *w = ctx;

	form_add(form, "DBParameterGroupName", w->group);
	form_add_c(form, "Source", "user");
}

static bool is_wanted(void *row, struct snapshot *out, void *ctx)
{
	(void)out;
	return str_eq_c(((const struct seen_value *)row)->name, ((const struct wanted_parameter *)ctx)->name);
}

static bool find_value(struct aws_operate *o, struct wanted_parameter *w, struct str *ret_value, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBParameters",
		.items = "DescribeDBParametersResult/Parameters/*",
		.next = "DescribeDBParametersResult/Marker",
		.marker = "Marker",
		.page_size = 100,
		.page_size_name = "MaxRecords",
		.parameters = group_parameters,
		.finish = is_wanted,
		.ctx = w,
	};
	struct seen_value v = {0};
	bool found;

	*ret_value = STR("");
	if (!aws_operate_find(o, &list, &value_type, &v, &found, err))
		return false;
	if (found)
		*ret_value = v.value;
	return true;
}

static bool list_members(struct aws_operate *o, struct snapshot *rows, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBInstances",
		.items = "DescribeDBInstancesResult/DBInstances/*",
		.next = "DescribeDBInstancesResult/Marker",
		.marker = "Marker",
		.parameters = members_parameters,
		.ctx = (void *)(uintptr_t)o->c.f->target->cluster,
	};

	return aws_operate_list(o, &list, rows, err);
}

/* Was the group of this one met before? Then with what value. */
static bool is_known(const struct snapshot *rows, const struct str *values, size_t n, struct str *ret_value)
{
	const struct seen_member *members = rows->rows;

	for (size_t i = 0; i < n; i++)
		if (str_eq(members[i].group, members[n].group)) {
			*ret_value = values[i];
			return true;
		}
	return false;
}

/* The value that each member's own group sets, "" = none. */
static bool read_values(struct aws_operate *o, const char *parameter, const struct snapshot *rows, struct str *values,
			struct err *err)
{
	size_t asked = 0;

	for (size_t i = 0; i < rows->nrows; i++) {
		struct wanted_parameter w = {((const struct seen_member *)rows->rows + i)->group, parameter};

		values[i] = STR("");
		if (str_starts(w.group, STR("default.")) || w.group.len == 0 || is_known(rows, values, i, &values[i]))
			continue;
		if (asked++ == GROUPS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d instance parameter groups", GROUPS_MAX);
		if (!find_value(o, &w, &values[i], err))
			return false;
	}
	return true;
}

static void name_overridden(struct aws_operate *o, const struct snapshot *rows, const struct str *values)
{
	struct buf b;

	buf_init(&b, 1024);
	for (size_t i = 0; i < rows->nrows; i++) {
		const struct seen_member *m = (const struct seen_member *)rows->rows + i;

		if (values[i].len > 0)
			(void)buf_addf(&b, "%s" STR_FMT " " STR_FMT " by " STR_FMT, b.len > 0 ? "; " : "",
				       STR_ARG(m->identifier), STR_ARG(values[i]), STR_ARG(m->group));
	}
	if (b.len > 0)
		change_add(&o->c, "fact", "not reached", OPERATION_OK,
			   "instances whose own parameter group sets it: %s", buf_c(&b));
	else
		change_add(&o->c, "fact", "reached", OPERATION_OK,
			   "%zu instance%s: no parameter group of their own sets it", rows->nrows,
			   rows->nrows == 1 ? "" : "s");
	buf_release(&b);
}

bool aws_operate_add_overrides(struct aws_operate *o, const char *parameter, struct err *err)
{
	struct snapshot *rows = snapshot_new(&member_type, o->c.f->source->name);
	bool ok = list_members(o, rows, err);

	if (ok) {
		struct str *values = arena_alloc_array(o->c.out->arena, rows->nrows + 1, sizeof(*values));

		ok = read_values(o, parameter, rows, values, err);
		if (ok)
			name_overridden(o, rows, values);
	}
	snapshot_unref(rows);
	if (ok || (err->code != ERR_DENIED && err->code != ERR_LIMIT))
		return ok;
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "whether an instance's own parameter group sets it otherwise is not known: %s", err->text);
	err_clear(err);
	return true;
}
