/*
 * src_locks.c: the lock trees, fed by the sampler; sample_forest.c makes them.
 */
#include "db/lock_wait.h"
#include "db/site.h"
#include "db/sources.h"

const struct source source_locks = {
	.name = "locks",
	.title = "locks",
	.help = "Lock trees: who waits for whom, for what, and what the one in front is doing.",
	.type = &lock_wait_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB | SOURCE_EXTRA,
	.inputs = SITE_INPUTS,
	.fed_by = "sessions",
	.origin = "pg_locks",
	.ready = site_ready,
};
