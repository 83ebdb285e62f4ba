/*
 * statements.h: the records of pg_stat_statements.
 *
 * One read of the counters feeds two public sources: "statements" (a row per statement)
 * and "statements_info" (what the figures as a whole are worth, in one row). Counters are
 * those since the last reset, as the server has them; a counter's rate (NAME/s) is that of
 * the last minute. Times are microseconds.
 */
#ifndef DB_STATEMENTS_H
#define DB_STATEMENTS_H

#include "model/snapshot.h"

struct statement {
	uint64_t present;
	int64_t user_oid, database_oid, query_id, toplevel;
	struct str user, database, query;
	int64_t query_bytes, entries;
	int64_t calls, rows, total_us, plans, plan_us;
	int64_t shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written;
	int64_t local_blks_hit, local_blks_read, local_blks_dirtied, local_blks_written;
	int64_t temp_blks_read, temp_blks_written;
	int64_t blk_read_us, blk_write_us, temp_blk_read_us, temp_blk_write_us;
	int64_t wal_records, wal_fpi, wal_bytes, wal_buffers_full;
	int64_t jit_functions, jit_us, parallel_workers_to_launch, parallel_workers_launched;
	int64_t mean_us, min_us, max_us, stddev_us;
	double hit_ratio, share_ratio;
	int64_t interval_mean_us;
	double interval_hit_ratio, interval_share_ratio, interval_sessions, mean_change_ratio;
	int64_t stats_since_at, minmax_since_at, first_seen_at, top_since_at;
};

struct statements_info {
	uint64_t present;
	int64_t sampled_at, watched_since_at;
	struct str extension_version, schema, track, problem;
	int64_t entries, shown, hidden, max_entries;
	int64_t dealloc_passes, evicted, resets, reset_at, since_reset_us;
	int64_t interval_us, ran;
	double calls_per_s, sessions;
	int64_t block_bytes, texts, text_bytes, sample_us;
};

extern const struct rec_type statement_type, statements_info_type;

#endif
