/*
 * operate_lease.c: the slow-statement threshold of a cluster parameter group, lowered for a time;
 * and taking back what an earlier console could not.
 *
 * The group is what is changed, so every cluster that uses it is named, and a group that others use
 * makes it disruptive. From before the change until after it was taken back the group carries a tag that says
 * whose it is and until when: another console sees it and stacks no second one; consoles of this host see the note
 * on its disk, too. It is restored only while the value is still ours; a value that was not set before is reset, not
 * set to a default that somebody may change one day.
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

static struct aws_mark tag_of(struct str arn, const char *call)
{
	struct aws_mark m = {.call = arn.len > 0 ? call : NULL};

	m.params[m.nparams].name = "ResourceName";
	m.params[m.nparams++].value = arn;
	return m;
}

/* The tag is for consoles of other hosts: there before the value is changed, and as long as it is ours. */
static void fill_marks(struct aws_operate *o, struct str arn, int64_t until_us)
{
	char who[256];

	o->before = tag_of(arn, "rds:AddTagsToResource");
	o->before.params[o->before.nparams].name = "Tags.Tag.1.Key";
	o->before.params[o->before.nparams++].value = STR(LEASE_TAG);
	o->before.params[o->before.nparams].name = "Tags.Tag.1.Value";
	o->before.params[o->before.nparams++].value =
		lease_mark_text(o->c.out->arena, audit_user(who, sizeof(who)), until_us);
	o->after = tag_of(arn, "rds:RemoveTagsFromResource");
	o->after.params[o->after.nparams].name = "TagKeys.member.1";
	o->after.params[o->after.nparams++].value = STR(LEASE_TAG);
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

static bool is_over(const struct seen_tag *tag)
{
	struct str owner;
	int64_t until;

	return lease_mark_read(tag->value, &owner, &until) && until < clock_wall_us();
}

/* Of this host, whatever cluster it was asked for: the group is what counts, and a tag may not be allowed. */
static bool find_noted(const struct aws_operate *o, struct lease *ret_lease, bool *ret_left)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(NULL, all, left, LEASES_MAX);

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].operation, "slow log") == 0 && strcmp(all[i].object, o->lease.object) == 0 &&
		    strcmp(all[i].id, o->lease.id) != 0) {
			*ret_lease = all[i];
			*ret_left = left[i];
			return true;
		}
	return false;
}

static void check_noted(struct aws_operate *o)
{
	struct lease l;
	char until[40];
	bool left;

	if (find_noted(o, &l, &left))
		change_refuse(&o->c, "a lease is on it already: %s until %s%s", l.owner,
			      clock_iso8601(l.until_us, until, sizeof(until)),
			      left ? "; it was left behind, restore it first" : "");
}

static void check_other_lease(struct aws_operate *o, const struct seen_tag *tag)
{
	if (is_over(tag))
		change_add(&o->c, "check", "", OPERATION_WARNING, "an expired lease is still tagged on it: " STR_FMT,
			   STR_ARG(tag->value));
	else
		change_refuse(&o->c, "a lease is on it already: " STR_FMT, STR_ARG(tag->value));
}

/* Two that looked at the same time have both been noted by now: neither goes on then. */
static bool slow_log_is_free(struct aws_operate *o, struct err *err)
{
	struct seen_cluster c;
	struct seen_tag tag;
	struct lease l;
	bool left, tagged;

	if (find_noted(o, &l, &left))
		return err_set(err, ERR_DENIED, "another console of this host has begun one meanwhile, %s", l.owner);
	if (!aws_operate_cluster(o, &c, err) || !find_tag(o, group_arn(o, &c), &tag, &tagged, err))
		return false;
	if (tagged && !is_over(&tag))
		return err_set(err, ERR_DENIED, "a lease was put on it meanwhile: " STR_FMT, STR_ARG(tag.value));
	return true;
}

/* ---- whether the group's values are in force ---- */

static bool any_member(const struct seen_cluster *c, const char *status)
{
	return str_find(c->member_parameters, str_c(status), 0) >= 0;
}

/* Of each member, in AWS's own words. */
static void add_apply_state(struct aws_operate *o, const struct seen_cluster *c, const struct seen_parameter *p)
{
	struct str ids = c->members, states = c->member_parameters, id, state;
	struct buf b;

	buf_init(&b, 1024);
	while (ids.len > 0 && str_split(&ids, ',', &id) && str_split(&states, ',', &state))
		(void)buf_addf(&b, "%s" STR_FMT " " STR_FMT, b.len > 0 ? ", " : "", STR_ARG(id), STR_ARG(state));
	change_add(&o->c, "fact", "apply state", OPERATION_OK, "%s", b.len > 0 ? buf_c(&b) : "AWS tells of none");
	buf_release(&b);
	if (str_eq_c(p->apply_type, "static"))
		change_add(&o->c, "check", "", OPERATION_WARNING, "%s is static here: it takes a restart", PARAMETER);
	else if (any_member(c, "pending-reboot"))
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   "pending-reboot: another parameter waits for a restart; %s is dynamic and does not",
			   PARAMETER);
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
	int64_t until = o->given_us + o->lease_us;
	char clock[40];

	fill_lease(o, c.parameter_group, &p, value);
	fill_marks(o, group_arn(o, &c), until);
	add_modify(o, c.parameter_group, value);
	change_add(&o->c, "fact", "now", OPERATION_OK, "%s is " STR_FMT ", source " STR_FMT, PARAMETER,
		   STR_ARG(is_set(&p) ? p.value : STR("unset")), STR_ARG(p.source));
	add_apply_state(o, &c, &p);
	change_add(&o->c, "fact", "for", OPERATION_OK,
		   "%lld minutes, until %.5sZ; then it is %s again, and the tag goes",
		   (long long)(o->lease_us / US_PER_MIN), clock_iso8601(until, clock, sizeof(clock)) + 11,
		   is_set(&p) ? "what it was" : "unset");
	/* what the tag says is when it ends, however long the preview was read */
	o->lease_us = until - clock_wall_us();
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "should this host never come back, nothing restores it: the group is tagged %s with owner and time",
		   LEASE_TAG);
	check_group(o, &c, &p, found);
	if (!minutes || !slow_log_read(o->c.op->name, value, &wish))
		change_refuse(&o->c, "\"" STR_FMT "\" is not of the form %s", STR_ARG(o->value), o->c.op->asks);
	else if (o->lease_us <= 0)
		change_refuse(&o->c, "the time for which it was asked is over; ask again");
	if (tagged)
		check_other_lease(o, &tag);
	check_noted(o);
	return name_users(o, c.parameter_group, err) && aws_operate_add_overrides(o, PARAMETER, err);
}

static bool slow_log_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_parameter p;
	struct seen_cluster c;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_parameter(o, str_c(o->lease.object), &p, &found, err))
		return false;
	change_phase(&o->c,
		     any_member(&c, "applying")         ? STR("applying")
		     : any_member(&c, "pending-reboot") ? STR("pending-reboot, of another parameter")
							: STR("in sync"),
		     (double)NAN);
	*ret_there = found && str_eq_c(p.value, o->lease.value) && !any_member(&c, "applying");
	return true;
}

/* The tag, while it is there and the lease's own; without the permission to look it is left to others. */
static bool find_own_tag(struct aws_operate *o, struct str arn, bool *ret_found, struct err *err)
{
	struct seen_tag tag;

	if (!find_tag(o, arn, &tag, ret_found, err)) {
		if (err->code != ERR_DENIED)
			return false;
		err_clear(err);
		*ret_found = false;
	}
	*ret_found = *ret_found && lease_mark_is_of(tag.value, o->lease.owner);
	return true;
}

static bool restore_slow_log(struct aws_operate *o, bool *ret_needed, struct err *err)
{
	struct str group = str_c(o->lease.object), arn;
	struct seen_parameter p;
	struct seen_cluster c;
	bool found, tagged;

	*ret_needed = false;
	if (!aws_operate_cluster(o, &c, err) || !find_parameter(o, group, &p, &found, err))
		return false;
	c.parameter_group = group;
	arn = group_arn(o, &c);
	if (!find_own_tag(o, arn, &tagged, err))
		return false;
	fill_marks(o, arn, o->lease.until_us);
	o->before = (struct aws_mark){0};
	if (!tagged)
		o->after = (struct aws_mark){0};
	o->call = "";
	o->nparams = 0;
	*ret_needed = tagged;
	if (!found || !str_eq_c(p.value, o->lease.value)) {
		change_set(&o->c, "kept",
			   arena_fmt(o->c.out->arena, "%s is " STR_FMT " now, and not ours any more", PARAMETER,
				     STR_ARG(p.value.len ? p.value : STR("unset"))));
		return true;
	}
	*ret_needed = true;
	if (!o->lease.unset) {
		add_modify(o, group, arena_str(o->c.out->arena, str_c(o->lease.before)));
		return true;
	}
	o->call = "rds:ResetDBClusterParameterGroup";
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
	/* the mark alone is left: the value is what it was */
	if (needed && !o->call[0]) {
		if (!aws_operate_mark(o, &o->after, err) && err->code != ERR_DENIED)
			return false;
		needed = false;
	}
	*ret_there = !needed;
	if (!needed)
		forget(&o->lease);
	return true;
}

const struct aws_operation aws_operations_lease[] = {
	{"slow log", look_slow_log, slow_log_arrived, false, restore_slow_log, slow_log_is_free},
	{"restore", look_restore, restored, false, NULL, NULL},
};
const size_t aws_noperations_lease = ARRAY_LEN(aws_operations_lease);
