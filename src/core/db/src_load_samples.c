/*
 * src_load_samples.c: who the active sessions are, in the newest sample.
 *
 * The sampler counts sessions that are alike while it has them at hand; the screen keeps the
 * samples of the last hour and ranks any part of it (model/load_history.h).
 */
#include "db/sessions.h"
#include "db/site.h"
#include "db/sources.h"

const struct source source_load_samples = {
	.name = "load_samples",
	.title = "load samples",
	.help = "Active sessions of the newest sample by wait, statement, user, application, client and database.",
	.type = &load_sample_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB,
	.inputs = SITE_INPUTS,
	.fed_by = "sessions",
	.origin = "pg_stat_activity",
	.ready = site_ready,
};
