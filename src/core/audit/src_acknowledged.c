/*
 * src_acknowledged.c: the verdicts that were acknowledged or snoozed from this account of this host, as a source.
 *
 * What was wrong with the file is said in a row of its own for as long as the source is fetched: the next look finds
 * a file that is well.
 */
#include "audit/acknowledged.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/source.h"

#include <stdio.h>

static bool fetch_acknowledged(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&acknowledged_type, "acknowledged");
	char problem[ACKNOWLEDGED_PROBLEM_MAX];
	void **state = fetch_state(f, xfree);

	fetch_doing(f, "reading what was acknowledged");
	if (!acknowledged_load(s, problem, err)) {
		snapshot_unref(s);
		return false;
	}
	if (!*state)
		*state = xcalloc(1, ACKNOWLEDGED_PROBLEM_MAX);
	if (problem[0])
		(void)snprintf(*state, ACKNOWLEDGED_PROBLEM_MAX, "%s", problem);
	if (*(const char *)*state) {
		struct acknowledged_row *row = snapshot_add_row(s);

		SET(row, struct acknowledged_row, problem, arena_str(s->arena, str_c(*state)));
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_acknowledged = {
	.name = "acknowledged",
	.title = "what was acknowledged",
	.help = "The verdicts that somebody has acknowledged or snoozed from this account of this host, by whom and "
		"since "
		"when.",
	.type = &acknowledged_type,
	.lane = LANE_FILES,
	.flags = SOURCE_LOCAL,
	.period_us = 5 * US_PER_S,
	.deadline_us = 10 * US_PER_S,
	.origin = "acknowledged.jsonl",
	.fetch = fetch_acknowledged,
};
