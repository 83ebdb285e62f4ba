/*
 * src_activity.c: one row that sums up the sessions.
 *
 * It has no question of its own: the sampler counts while it decodes, so the figures
 * and the list always belong to the same moment.
 */
#include "db/sessions.h"
#include "db/site.h"
#include "db/sources.h"

const struct source source_activity = {
	.name = "activity",
	.title = "activity",
	.help = "The sessions in figures: running, waiting, idle, oldest transaction, and the server they are on.",
	.type = &activity_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB,
	.inputs = SITE_INPUTS,
	.fed_by = "sessions",
	.origin = "pg_stat_activity",
	.ready = site_ready,
};
