/*
 * src_databases.c: pg_stat_database, one row per database.
 *
 * The counters are cumulative; rates come from the previous sample this lane took. The
 * cache hit ratio is that of the interval; of all time on the first sample and when
 * nothing was read in between.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"
#include "model/derive.h"

struct database {
	uint64_t present;
	struct str name;
	int64_t backends, xact_commit, xact_rollback, blks_read, blks_hit;
	double cache_hit_ratio;
	int64_t tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted;
	int64_t temp_files, temp_bytes, conflicts, deadlocks, stats_reset_at;
	int64_t sessions, sessions_abandoned, sessions_fatal, sessions_killed;
};

#define F(m, k, ...) FIELD(struct database, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(name, K_ID, .title = "DATABASE", .width = 12, .flags = F_KEY, .help = "Name of the database."),
	F(backends, K_COUNT, .title = "SESSIONS", .width = 5, .flags = F_DESC, .help = "Sessions connected to it."),
	F(xact_commit, K_COUNTER, .title = "COMMITS", .width = 8, .flags = F_DESC | F_RATE, .help = "Transactions committed."),
	F(xact_rollback, K_COUNTER, .title = "ROLLBACKS", .width = 8, .flags = F_DESC | F_RATE, .help = "Transactions rolled back."),
	F(blks_read, K_COUNTER, .title = "READ", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Blocks read from storage; on Aurora from the volume or the read cache."),
	F(blks_hit, K_COUNTER, .title = "HIT", .width = 8, .flags = F_DESC | F_RATE, .help = "Blocks found in shared buffers."),
	F(cache_hit_ratio, K_RATIO, .title = "HIT RATIO", .width = 7, .flags = F_COMPUTED,
	  .help = "Share of blocks found in shared buffers, in this interval."),
	F(tup_returned, K_COUNTER, .title = "ROWS SCANNED", .width = 8, .flags = F_DESC | F_RATE, .help = "Rows read by scans."),
	F(tup_fetched, K_COUNTER, .title = "ROWS FETCHED", .width = 8, .flags = F_DESC | F_RATE, .help = "Rows fetched by index scans."),
	F(tup_inserted, K_COUNTER, .title = "INSERTED", .width = 8, .flags = F_DESC | F_RATE, .help = "Rows inserted."),
	F(tup_updated, K_COUNTER, .title = "UPDATED", .width = 8, .flags = F_DESC | F_RATE, .help = "Rows updated."),
	F(tup_deleted, K_COUNTER, .title = "DELETED", .width = 8, .flags = F_DESC | F_RATE, .help = "Rows deleted."),
	F(temp_files, K_COUNTER, .title = "TEMP FILES", .width = 8, .flags = F_DESC | F_RATE, .help = "Temporary files made by statements."),
	F(temp_bytes, K_BYTE_COUNTER, .title = "TEMP", .width = 8, .flags = F_DESC | F_RATE, .help = "Bytes written to temporary files."),
	F(conflicts, K_COUNTER, .title = "CONFLICTS", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Statements cancelled on a reader because of recovery."),
	F(deadlocks, K_COUNTER, .title = "DEADLOCKS", .width = 8, .flags = F_DESC | F_RATE, .help = "Deadlocks found."),
	F(sessions, K_COUNTER, .title = "CONNECTS", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Sessions that were opened (PostgreSQL 14)."),
	F(sessions_abandoned, K_COUNTER, .title = "ABANDONED", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Sessions whose client vanished (PostgreSQL 14)."),
	F(sessions_fatal, K_COUNTER, .title = "FATAL", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Sessions ended by fatal errors (PostgreSQL 14)."),
	F(sessions_killed, K_COUNTER, .title = "KILLED", .width = 8, .flags = F_DESC | F_RATE,
	  .help = "Sessions ended by an operator (PostgreSQL 14)."),
	F(stats_reset_at, K_TIME_US, .title = "RESET", .width = 9, .help = "When these counters were last reset."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct database, "database", fields);

struct state {
	const struct snapshot *previous;
};

static void state_free(void *data)
{
	struct state *st = data;

	snapshot_unref(st->previous);
	xfree(st);
}

static void mark_unavailable(struct snapshot *s, int version)
{
	static const char *const since_14[] = {"sessions", "sessions_abandoned", "sessions_fatal", "sessions_killed"};

	for (size_t i = 0; version < 140000 && i < ARRAY_LEN(since_14); i++)
		snapshot_set_unavailable(s, since_14[i], STR("needs PostgreSQL 14"));
}

static const struct database *find_row(const struct snapshot *s, const struct database *like)
{
	for (size_t i = 0; s && i < s->nrows; i++)
		if (rec_compare_key(&type, snapshot_row(s, i), like) == 0)
			return snapshot_row(s, i);
	return NULL;
}

static void set_ratio(struct database *row, const struct database *before)
{
	int64_t read = row->blks_read, hit = row->blks_hit;

	if (before && read >= before->blks_read && hit >= before->blks_hit &&
	    (read > before->blks_read || hit > before->blks_hit)) {
		read -= before->blks_read;
		hit -= before->blks_hit;
	}
	if (read + hit > 0)
		SET(row, struct database, cache_hit_ratio, (double)hit / ((double)hit + (double)read));
}

static bool fetch_databases(struct fetch *f, struct err *err)
{
	void **slot = fetch_state(f, state_free);
	struct pg_result *r;
	struct snapshot *s;
	struct conn *c;
	struct state *st;
	int64_t began;
	bool ok;

	if (!conn_open(f, &c, err))
		return false;
	began = clock_mono_us();
	if (!conn_query(f, c, "databases", NULL, 0, &r, err))
		return false;
	s = snapshot_new(&type, source_databases.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	mark_unavailable(s, conn_probe(c)->version_num);
	if (!*slot)
		*slot = xcalloc(1, sizeof(*st));
	st = *slot;
	for (size_t i = 0; i < s->nrows; i++) {
		struct database *row = (struct database *)s->rows + i;

		set_ratio(row, find_row(st->previous, row));
	}
	derive_rates(s, st->previous);
	s->took_us = clock_mono_us() - began;
	snapshot_unref(st->previous);
	st->previous = snapshot_ref(s);
	fetch_publish(f, s);
	return true;
}

const struct source source_databases = {
	.name = "databases",
	.title = "databases",
	.help = "Transactions, rows, block reads and temporary files of each database.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB | SOURCE_TWICE,
	.period_us = 5 * US_PER_S,
	.deadline_us = 20 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_database",
	.ready = site_ready,
	.fetch = fetch_databases,
};
