/*
 * cmd_acknowledge.c: writes down that a verdict is acknowledged or snoozed, or that it is not any more.
 *
 * Arguments: rule, object, severity; until (wall, microseconds; none = until it gets worse); mode `keep` or `drop`. It
 * changes a file of the user's own and nothing else, so a read-only console may do it. Its result is the row it wrote;
 * `problem` says what was wrong with the file.
 */
#include "audit/acknowledged.h"
#include "audit/audit.h"
#include "audit/commands.h"
#include "base/clock.h"

static bool fetch_acknowledge(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&acknowledged_type, "acknowledge");
	struct acknowledged_row *row = snapshot_add_row(s);
	char problem[ACKNOWLEDGED_PROBLEM_MAX], by[256];
	int64_t until = fetch_arg_i64(f, "until", 0);
	struct str object = fetch_arg(f, "object");

	SET(row, struct acknowledged_row, target, arena_str(s->arena, target_name(f->target)));
	SET(row, struct acknowledged_row, rule, arena_str(s->arena, fetch_arg(f, "rule")));
	SET(row, struct acknowledged_row, severity, arena_str(s->arena, fetch_arg(f, "severity")));
	SET(row, struct acknowledged_row, by, arena_str(s->arena, str_c(audit_user(by, sizeof by))));
	SET(row, struct acknowledged_row, at, fetch_arg_i64(f, "at", clock_wall_us()));
	if (object.len > 0)
		SET(row, struct acknowledged_row, object, arena_str(s->arena, object));
	if (until > 0)
		SET(row, struct acknowledged_row, until_at, until);
	fetch_doing(f, "writing what was acknowledged");
	if (!acknowledged_keep(row, str_eq_c(fetch_arg(f, "mode"), "drop"), problem, err)) {
		snapshot_unref(s);
		return false;
	}
	if (problem[0])
		SET(row, struct acknowledged_row, problem, arena_str(s->arena, str_c(problem)));
	fetch_publish(f, s);
	return true;
}

const struct source command_acknowledge = {
	.name = "acknowledge",
	.title = "acknowledgement",
	.help = "Writes down that a verdict is acknowledged, snoozed, or shown again.",
	.type = &acknowledged_type,
	.lane = LANE_COMMAND,
	.deadline_us = 10 * US_PER_S,
	.origin = "acknowledged.jsonl",
	.fetch = fetch_acknowledge,
};
