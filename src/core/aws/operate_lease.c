/*
 * operate_lease.c: the slow-statement threshold of a cluster parameter group, lowered for a time;
 * and taking back what an earlier console could not.
 *
 * The group is what is changed, so every cluster that uses it is named, and a group that others use
 * makes it disruptive. While the lease is in force the group carries a tag that says whose it is
 * and until when: another console sees it and stacks no second one. It is restored only while
 * the value is still ours; a value that was not set before is reset, not set to a default that
 * somebody may change one day.
 */
#include "aws/lease_mark.h"
#include "aws/operate.h"
#include "base/clock.h"
#include "model/slow_log.h"

#include <math.h>
#include <stdio.h>

#define PARAMETER SLOW_LOG_PARAMETER
#define LEASE_TAG LEASE_MARK_TAG
#define GROUP_USERS_MAX 20 /* clusters that are named */

/* ---- the parameter ---- */

struct seen_parameter {
	uint64_t present;
	struct str name, value, source, apply_type, modifiable;
};
#define F(m, path) FIELD(struct seen_parameter, m, K_TEXT, .title = #m, .help = #m, .wire = path)
static const struct field parameter_fields[] = {
	F(name, "ParameterName"),   F(value, "ParameterValue"),    F(source, "Source"),
	F(apply_type, "ApplyType"), F(modifiable, "IsModifiable"),
};
#undef F
static const struct rec_type parameter_type = REC_TYPE(struct seen_parameter, "operate_parameter", parameter_fields);

static void group_parameter(struct form *form, void *ctx)
{
	const struct str *group = ctx;

	form_add(form, "DBClusterParameterGroupName", *group);
}

static bool is_wanted(void *row, struct snapshot *out, void *ctx)
{
	const struct seen_parameter *p = row;

	(void)out;
	(void)ctx;
	return str_eq_c(p->name, PARAMETER);
}

static bool find_parameter(struct aws_operate *o, struct str group, struct seen_parameter *ret_parameter,
			   bool *ret_found, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterParameters",
		.items = "DescribeDBClusterParametersResult/Parameters/*",
		.next = "DescribeDBClusterParametersResult/Marker",
		.marker = "Marker",
		.page_size = 100,
		.page_size_name = "MaxRecords",
		.parameters = group_parameter,
		.finish = is_wanted,
		.ctx = &group,
	};

	*ret_parameter = (struct seen_parameter){0};
	return aws_operate_find(o, &list, &parameter_type, ret_parameter, ret_found, err);
}

static bool is_set(const struct seen_parameter *p)
{
	return str_eq_c(p->source, "user") && p->value.len > 0;
}

/* ---- the tag ---- */

struct seen_tag {
	uint64_t present;
	struct str key, value;
};
#define F(m, path) FIELD(struct seen_tag, m, K_TEXT, .title = #m, .help = #m, .wire = path)
static const struct field tag_fields[] = {F(key, "Key"), F(value, "Value")};
#undef F
static const struct rec_type tag_type = REC_TYPE(struct seen_tag, "operate_tag", tag_fields);

static void tagged_resource(struct form *form, void *ctx)
{
	const struct str *arn = ctx;

	form_add(form, "ResourceName", *arn);
}

static bool is_lease_tag(void *row, struct snapshot *out, void *ctx)
{
	(void)out;
	(void)ctx;
	return str_eq_c(((const struct seen_tag *)row)->key, LEASE_TAG);
}

static bool find_tag(struct aws_operate *o, struct str arn, struct seen_tag *ret_tag, bool *ret_found, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "ListTagsForResource",
		.items = "ListTagsForResourceResult/TagList/*",
		.parameters = tagged_resource,
		.finish = is_lease_tag,
		.ctx = &arn,
	};

	*ret_tag = (struct seen_tag){0};
	return aws_operate_find(o, &list, &tag_type, ret_tag, ret_found, err);
}

/* arn:aws:rds:REGION:ACCOUNT:cluster:NAME, of the group: ...:cluster-pg:GROUP. */
static struct str group_arn(struct aws_operate *o, const struct seen_cluster *c)
{
	long at = str_find(c->arn, STR(":cluster:"), 0);

	if (at < 0)
		return STR("");
	return arena_fmt(o->c.out->arena, "%.*s:cluster-pg:" STR_FMT, (int)at, c->arn.ptr, STR_ARG(c->parameter_group));
}

/* The tag is for the eyes of others: without the permission for it the lease goes on, and says so. */
static void set_tag(struct aws_operate *o, struct str arn, bool present)
{
	struct err err = {0};
	size_t kept = o->nparams;

	if (arn.len == 0)
		return;
	o->nparams = 0;
	aws_operate_param(o, "ResourceName", arn);
	if (present) {
		aws_operate_param(o, "Tags.Tag.1.Key", STR(LEASE_TAG));
		aws_operate_param(o, "Tags.Tag.1.Value",
				  lease_mark_text(o->c.out->arena, o->lease.owner, o->lease.until_us));
	} else {
		aws_operate_param(o, "TagKeys.member.1", STR(LEASE_TAG));
	}
	if (!aws_operate_send(o, present ? "rds:AddTagsToResource" : "rds:RemoveTagsFromResource", false, &err))
		change_add(&o->c, "notice", "", OPERATION_NOTICE, "the group's tag was not %s: %s",
			   present ? "set" : "removed", err.text);
	o->nparams = kept;
}

/* ---- who uses the group ---- */

struct user_of_group {
	uint64_t present;
	struct str identifier, group;
};
static const struct field user_fields[] = {
	FIELD(struct user_of_group, identifier, K_ID, .title = "id", .help = "id", .wire = "DBClusterIdentifier"),
	FIELD(struct user_of_group, group, K_ID, .title = "group", .help = "group", .wire = "DBClusterParameterGroup"),
};
static const struct rec_type user_type = REC_TYPE(struct user_of_group, "operate_group_user", user_fields);

static bool uses_group(void *row, struct snapshot *out, void *ctx)
{
	const struct str *group = ctx;

	(void)out;
	return str_eq(((const struct user_of_group *)row)->group, *group);
}

static bool name_users(struct aws_operate *o, struct str group, struct err *err)
{
	struct snapshot *rows = snapshot_new(&user_type, o->c.f->source->name);
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusters",
		.items = "DescribeDBClustersResult/DBClusters/*",
		.next = "DescribeDBClustersResult/Marker",
		.marker = "Marker",
		.finish = uses_group,
		.ctx = &group,
	};
	bool ok = aws_operate_list(o, &list, rows, err);
	struct buf names;

	buf_init(&names, 1024);
	for (size_t i = 0; ok && i < rows->nrows && i < GROUP_USERS_MAX; i++)
		buf_addf(&names, "%s" STR_FMT, i ? ", " : "",
			 STR_ARG(((const struct user_of_group *)rows->rows + i)->identifier));
	if (ok)
		change_add(&o->c, "fact", "used by", OPERATION_OK, "%zu cluster%s: %s", rows->nrows,
			   rows->nrows == 1 ? "" : "s", buf_c(&names));
	if (ok && rows->nrows > 1) {
		o->c.tier = TIER_DISRUPTIVE;
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "other clusters use this group: their logs grow, too");
	}
	buf_release(&names);
	snapshot_unref(rows);
	return ok;
}

/* ---- lowering it ---- */

static void add_modify(struct aws_operate *o, struct str group, struct str value)
{
	o->call = "rds:ModifyDBClusterParameterGroup";
	aws_operate_param(o, "DBClusterParameterGroupName", group);
	aws_operate_param(o, "Parameters.Parameter.1.ParameterName", STR(PARAMETER));
	aws_operate_param(o, "Parameters.Parameter.1.ParameterValue", value);
	aws_operate_param(o, "Parameters.Parameter.1.ApplyMethod", STR("immediate"));
}

static void fill_lease(struct aws_operate *o, struct str group, const struct seen_parameter *p, struct str value)
{
	struct lease *l = &o->lease;

	(void)snprintf(l->object, sizeof(l->object), STR_FMT, STR_ARG(group));
	(void)snprintf(l->parameter, sizeof(l->parameter), "%s", PARAMETER);
	(void)snprintf(l->value, sizeof(l->value), STR_FMT, STR_ARG(value));
	(void)snprintf(l->before, sizeof(l->before), STR_FMT, STR_ARG(p->value));
	l->unset = !is_set(p);
}

static void check_group(struct aws_operate *o, const struct seen_cluster *c, const struct seen_parameter *p, bool found)
{
	if (str_starts(c->parameter_group, STR("default.")))
		change_refuse(&o->c,
			      STR_FMT
			      " is a default group, and nobody can change those; make a parameter group of your "
			      "own, give it to the cluster and restart its instances once",
			      STR_ARG(c->parameter_group));
	else if (!found)
		change_refuse(&o->c, STR_FMT " has no parameter %s", STR_ARG(c->parameter_group), PARAMETER);
	else if (str_eq_c(p->modifiable, "false"))
		change_refuse(&o->c, "%s cannot be changed in " STR_FMT, PARAMETER, STR_ARG(c->parameter_group));
}

static void check_other_lease(struct aws_operate *o, const struct seen_tag *tag)
{
	struct str owner;
	int64_t until;

	if (lease_mark_read(tag->value, &owner, &until) && until < clock_wall_us())
		change_add(&o->c, "check", "", OPERATION_WARNING, "an expired lease is still tagged on it: " STR_FMT,
			   STR_ARG(tag->value));
	else
		change_refuse(&o->c, "a lease is on it already: " STR_FMT, STR_ARG(tag->value));
}

static bool look_slow_log(struct aws_operate *o, struct err *err)
{
	struct seen_parameter p;
	struct seen_cluster c;
	struct seen_tag tag;
	struct slow_log_wish wish;
	struct str value;
	bool found, tagged;

	if (!aws_operate_cluster(o, &c, err) || !find_parameter(o, c.parameter_group, &p, &found, err) ||
	    !find_tag(o, group_arn(o, &c), &tag, &tagged, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(c.parameter_group));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(c.parameter_group));
	bool minutes = aws_operate_take_minutes(o, SLOW_LOG_MINUTES, &value);
	add_modify(o, c.parameter_group, value);
	change_add(&o->c, "fact", "now", OPERATION_OK, "%s is " STR_FMT ", source " STR_FMT, PARAMETER,
		   STR_ARG(is_set(&p) ? p.value : STR("unset")), STR_ARG(p.source));
	change_add(&o->c, "fact", "for", OPERATION_OK, "%lld minutes; then it is %s again",
		   (long long)(o->lease_us / US_PER_MIN), is_set(&p) ? "what it was" : "unset");
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "should this host never come back, nothing restores it: the group is tagged %s with owner and time",
		   LEASE_TAG);
	check_group(o, &c, &p, found);
	if (!minutes || !slow_log_read(o->c.op->name, value, &wish))
		change_refuse(&o->c, "\"" STR_FMT "\" is not of the form %s", STR_ARG(o->value), o->c.op->asks);
	if (tagged)
		check_other_lease(o, &tag);
	fill_lease(o, c.parameter_group, &p, value);
	return name_users(o, c.parameter_group, err) && aws_operate_add_overrides(o, PARAMETER, err);
}

static bool slow_log_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_parameter p;
	struct seen_cluster c;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_parameter(o, str_c(o->lease.object), &p, &found, err))
		return false;
	change_phase(&o->c, str_find(c.member_parameters, STR("applying"), 0) >= 0 ? STR("applying") : STR("in sync"),
		     (double)NAN);
	*ret_there =
		found && str_eq_c(p.value, o->lease.value) && str_find(c.member_parameters, STR("applying"), 0) < 0;
	if (*ret_there)
		set_tag(o, group_arn(o, &c), true);
	return true;
}

static bool restore_slow_log(struct aws_operate *o, bool *ret_needed, struct err *err)
{
	struct str group = str_c(o->lease.object);
	struct seen_parameter p;
	struct seen_cluster c;
	bool found;

	*ret_needed = false;
	if (!aws_operate_cluster(o, &c, err) || !find_parameter(o, group, &p, &found, err))
		return false;
	c.parameter_group = group;
	set_tag(o, group_arn(o, &c), false);
	if (!found || !str_eq_c(p.value, o->lease.value)) {
		change_set(&o->c, "kept",
			   arena_fmt(o->c.out->arena, "%s is " STR_FMT " now, and not ours any more", PARAMETER,
				     STR_ARG(p.value.len ? p.value : STR("unset"))));
		return true;
	}
	*ret_needed = true;
	o->nparams = 0;
	add_modify(o, group, arena_str(o->c.out->arena, str_c(o->lease.before)));
	if (!o->lease.unset)
		return true;
	o->call = "rds:ResetDBClusterParameterGroup";
	o->nparams = 0;
	aws_operate_param(o, "DBClusterParameterGroupName", group);
	aws_operate_param(o, "Parameters.Parameter.1.ParameterName", STR(PARAMETER));
	aws_operate_param(o, "Parameters.Parameter.1.ApplyMethod", STR("immediate"));
	return true;
}

/* ---- what was left behind ---- */

static void find_lease(struct aws_operate *o, bool *ret_found)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(o->c.f->target->cluster, all, left, LEASES_MAX);

	*ret_found = false;
	for (size_t i = 0; i < n && !*ret_found; i++) {
		*ret_found = left[i] && aws_operation_find(all[i].operation);
		if (*ret_found)
			o->lease = all[i];
	}
}

/* Nothing of it is left, so the note of it goes. */
static void forget(const struct lease *l)
{
	struct lease_hold *hold;

	if (lease_take_over(l->id, &hold))
		lease_end(hold);
}

static bool look_restore(struct aws_operate *o, struct err *err)
{
	const struct aws_operation *how;
	bool found, needed = false;
	char until[40];

	(void)snprintf(o->c.object, sizeof(o->c.object), "%s", o->c.f->target->cluster);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%s", o->c.f->target->cluster);
	o->call = "rds:ModifyDBClusterParameterGroup";
	find_lease(o, &found);
	if (!found) {
		change_refuse(&o->c, "nothing of this cluster was left behind on this host");
		return true;
	}
	how = aws_operation_find(o->lease.operation);
	change_add(&o->c, "fact", "left behind", OPERATION_OK, "%s: %s of %s, by %s, until %s", o->lease.operation,
		   o->lease.value, o->lease.object, o->lease.owner,
		   clock_iso8601(o->lease.until_us, until, sizeof(until)));
	change_add(&o->c, "fact", "before", OPERATION_OK, "%s", o->lease.unset ? "unset" : o->lease.before);
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s", o->lease.object);
	if (!how->restore || !how->restore(o, &needed, err))
		return false;
	if (needed)
		return true;
	change_refuse(&o->c, "nothing is to be done: " STR_FMT, STR_ARG(change_row(&o->c, "kept")));
	forget(&o->lease);
	return true;
}

static bool restored(struct aws_operate *o, bool *ret_there, struct err *err)
{
	bool needed = false;

	if (!aws_operation_find(o->lease.operation)->restore(o, &needed, err))
		return false;
	*ret_there = !needed;
	if (!needed)
		forget(&o->lease);
	return true;
}

const struct aws_operation aws_operations_lease[] = {
	{"slow log", look_slow_log, slow_log_arrived, false, restore_slow_log},
	{"restore", look_restore, restored, false, NULL},
};
const size_t aws_noperations_lease = ARRAY_LEN(aws_operations_lease);
