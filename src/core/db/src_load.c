/*
 * src_load.c: active sessions by wait class over the last samples.
 *
 * What Performance Insights draws, from our own samples: a record of what this process
 * has seen since it started, fed by the sampler.
 */
#include "db/sessions.h"
#include "db/site.h"
#include "db/sources.h"

const struct source source_load = {
	.name = "load",
	.title = "load",
	.help = "Average active sessions by wait class, one point per sample.",
	.type = &load_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB | SOURCE_HISTORY,
	.inputs = SITE_INPUTS,
	.fed_by = "sessions",
	.origin = "pg_stat_activity",
	.ready = site_ready,
};
