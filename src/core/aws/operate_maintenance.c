/*
 * operate_maintenance.c: windows of backup and maintenance; what waits to be applied.
 *
 * The form of a window is AWS's to judge (no overlap, half an hour at least); only what could
 * not be one is refused here. Of several actions that wait one has to be chosen by its name; the
 * preview names them all, and is refused with the choice until then.
 */
#include "aws/operate.h"

#include "base/ascii.h"

#include <math.h>
#include <stdio.h>

#define ACTIONS_MAX 20

/* ---- windows ---- */

static bool is_digits(struct str s, size_t at)
{
	return at + 1 < s.len && ascii_is_digit(s.ptr[at]) && ascii_is_digit(s.ptr[at + 1]);
}

/* "02:00-03:00"; with days "sun:04:00-sun:05:00". */
static bool is_window(struct str s, bool days)
{
	size_t day = days ? 4 : 0;

	if (s.len != 2 * (day + 5) + 1 || s.ptr[day + 5] != '-')
		return false;
	for (size_t from = 0; from < s.len; from += day + 6) {
		if (days && s.ptr[from + 3] != ':')
			return false;
		if (!is_digits(s, from + day) || s.ptr[from + day + 2] != ':' || !is_digits(s, from + day + 3))
			return false;
	}
	return true;
}

static bool look_window(struct aws_operate *o, bool days, struct err *err)
{
	struct seen_cluster c;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(c.identifier));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(c.identifier));
	change_add(&o->c, "fact", "backup", OPERATION_OK, STR_FMT " UTC now", STR_ARG(c.backup_window));
	change_add(&o->c, "fact", "maintenance", OPERATION_OK, STR_FMT " UTC now", STR_ARG(c.maintenance_window));
	aws_operate_param(o, "DBClusterIdentifier", c.identifier);
	aws_operate_param(o, days ? "PreferredMaintenanceWindow" : "PreferredBackupWindow", o->value);
	aws_operate_param(o, "ApplyImmediately", STR("true"));
	if (!is_window(o->value, days))
		change_refuse(&o->c, "\"" STR_FMT "\" is no window: %s", STR_ARG(o->value), o->c.op->asks);
	else if (str_eq(o->value, days ? c.maintenance_window : c.backup_window))
		change_refuse(&o->c, "it is that window already");
	aws_operate_need_status(o, &c, "available");
	return true;
}

static bool look_backup_window(struct aws_operate *o, struct err *err)
{
	return look_window(o, false, err);
}

static bool look_maintenance_window(struct aws_operate *o, struct err *err)
{
	return look_window(o, true, err);
}

static bool window_arrived(struct aws_operate *o, bool *ret_there, struct err *err)
{
	bool days = strcmp(o->how->name, "maintenance window") == 0;
	struct seen_cluster c;

	if (!aws_operate_cluster(o, &c, err))
		return false;
	change_phase(&o->c, c.status, (double)NAN);
	*ret_there = str_eq(o->value, days ? c.maintenance_window : c.backup_window) && str_eq_c(c.status, "available");
	return true;
}

/* ---- what waits ---- */

struct seen_action {
	uint64_t present;
	struct str action, description, opt_in;
	int64_t applies_at, forced_at, current_at;
};
#define F(m, k, path) FIELD(struct seen_action, m, k, .title = #m, .help = #m, .wire = path)
static const struct field action_fields[] = {
	F(action, K_ID, "Action"),
	F(description, K_TEXT, "Description"),
	F(opt_in, K_ENUM, "OptInStatus"),
	F(applies_at, K_TIME_US, "AutoAppliedAfterDate"),
	F(forced_at, K_TIME_US, "ForcedApplyDate"),
	F(current_at, K_TIME_US, "CurrentApplyDate"),
};
#undef F
static const struct rec_type action_type = REC_TYPE(struct seen_action, "operate_pending", action_fields);

static void pending_parameters(struct form *form, void *ctx)
{
	const struct str *arn = ctx;

	form_add(form, "ResourceIdentifier", *arn);
}

static void name_action(struct aws_operate *o, const char *kind, const char *label, const struct seen_action *a)
{
	change_add(&o->c, kind, label, OPERATION_OK, STR_FMT ": " STR_FMT "%s" STR_FMT, STR_ARG(a->action),
		   STR_ARG(a->description), a->opt_in.len ? ", opted in: " : "", STR_ARG(a->opt_in));
}

/* One without a choice is chosen; of several, that is asked for. */
static bool is_chosen(const struct aws_operate *o, const struct seen_action *a, size_t n)
{
	return o->value.len > 0 ? str_eq(a->action, o->value) : n == 1;
}

static void name_all(struct aws_operate *o, const struct snapshot *rows)
{
	bool ask = rows->nrows > 1 && o->value.len == 0;

	for (size_t i = 0; i < rows->nrows && i < ACTIONS_MAX; i++) {
		const struct seen_action *a = (const struct seen_action *)rows->rows + i;

		name_action(o, "fact", i == 0 ? "waits" : "", a);
		if (ask)
			change_add(&o->c, "choice", "", OPERATION_OK, STR_FMT, STR_ARG(a->action));
	}
	if (ask)
		change_refuse(&o->c, "%zu actions wait: one has to be chosen", rows->nrows);
}

/* The cluster's own one that was chosen (o->value), or the only one; all are named when `naming` is set. */
static bool find_pending(struct aws_operate *o, struct str arn, bool naming, struct seen_action *ret_action,
			 bool *ret_found, struct err *err)
{
	struct snapshot *rows = snapshot_new(&action_type, o->c.f->source->name);
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribePendingMaintenanceActions",
		.items = "DescribePendingMaintenanceActionsResult/PendingMaintenanceActions/*/"
			 "PendingMaintenanceActionDetails/*",
		.parameters = pending_parameters,
		.ctx = &arn,
	};
	bool ok = aws_operate_list(o, &list, rows, err);

	*ret_action = (struct seen_action){0};
	*ret_found = false;
	for (size_t i = 0; ok && i < rows->nrows && !*ret_found; i++) {
		memcpy(ret_action, (const struct seen_action *)rows->rows + i, sizeof(*ret_action));
		*ret_found = is_chosen(o, ret_action, rows->nrows);
	}
	if (*ret_found)
		change_keep_texts(&o->c, &action_type, ret_action);
	else
		*ret_action = (struct seen_action){0};
	if (ok && naming)
		name_all(o, rows);
	snapshot_unref(rows);
	if (ok || err->code != ERR_NOT_FOUND)
		return ok;
	err_clear(err);
	return true;
}

static bool look_pending(struct aws_operate *o, const char *opt_in, struct err *err)
{
	struct seen_cluster c;
	struct seen_action a;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_pending(o, c.arn, true, &a, &found, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(c.identifier));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(c.identifier));
	change_add(&o->c, "fact", "window", OPERATION_OK, STR_FMT " UTC", STR_ARG(c.maintenance_window));
	/* the one that is watched, whatever else begins to wait meanwhile */
	if (found)
		o->value = a.action;
	aws_operate_param(o, "ResourceIdentifier", c.arn);
	aws_operate_param(o, "ApplyAction", a.action);
	aws_operate_param(o, "OptInType", str_c(opt_in));
	if (!found && o->value.len > 0)
		change_refuse(&o->c, STR_FMT " does not wait for maintenance on this cluster", STR_ARG(o->value));
	else if (!found && !o->c.refused)
		change_refuse(&o->c, "nothing waits for maintenance on this cluster");
	else if (found && strcmp(opt_in, "immediate") != 0 && a.opt_in.len == 0)
		change_refuse(&o->c, "there is no opt-in to withdraw");
	return true;
}

static bool look_apply(struct aws_operate *o, struct err *err)
{
	return look_pending(o, "immediate", err);
}

static bool look_defer(struct aws_operate *o, struct err *err)
{
	return look_pending(o, "undo-opt-in", err);
}

/* Applied: it waits no more, and the cluster has come back. */
static bool applied(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_cluster c;
	struct seen_action a;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_pending(o, c.arn, false, &a, &found, err))
		return false;
	change_phase(&o->c, c.status, (double)NAN);
	*ret_there = !found && str_eq_c(c.status, "available");
	return true;
}

static bool deferred(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_cluster c;
	struct seen_action a;
	bool found;

	if (!aws_operate_cluster(o, &c, err) || !find_pending(o, c.arn, false, &a, &found, err))
		return false;
	*ret_there = !found || a.opt_in.len == 0;
	return true;
}

const struct aws_operation aws_operations_maintenance[] = {
	{"backup window", look_backup_window, window_arrived, false, NULL, NULL},
	{"maintenance window", look_maintenance_window, window_arrived, false, NULL, NULL},
	{"apply maintenance", look_apply, applied, false, NULL, NULL},
	{"defer maintenance", look_defer, deferred, false, NULL, NULL},
};
const size_t aws_noperations_maintenance = ARRAY_LEN(aws_operations_maintenance);
