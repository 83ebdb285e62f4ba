/*
 * statements.c: descriptors of the records of pg_stat_statements.
 *
 * Every counter is F_RATE: statement_deltas.c takes its list of counters from here.
 */
#include "db/statements.h"

#define F(m, k, ...) FIELD(struct statement, m, k, __VA_ARGS__)
#define RATE (F_DESC | F_RATE)
/* clang-format off */
static const struct field statement_fields[] = {
	F(user_oid, K_INT, .title = "USER OID", .width = 6, .flags = F_KEY | F_HIDDEN, .help = "Oid of the role that ran it."),
	F(database_oid, K_INT, .title = "DATABASE OID", .width = 6, .flags = F_KEY | F_HIDDEN, .help = "Oid of the database it ran in."),
	F(query_id, K_INT, .title = "QUERY ID", .width = 20, .flags = F_KEY,
	  .help = "The server's number for this shape of statement; absent for what is not ours to see."),
	F(toplevel, K_BOOL, .title = "TOP", .width = 5, .flags = F_KEY, .help = "Sent by a client, not run inside a function."),
	F(user, K_ID, .title = "USER", .width = 8, .flags = F_COMPUTED, .help = "Role that ran it."),
	F(database, K_ID, .title = "DATABASE", .width = 8, .flags = F_COMPUTED, .help = "Database it ran in."),
	F(query, K_SQL, .title = "SQL", .width = 0, .flags = F_SENSITIVE, .help = "Its text, constants replaced by $n."),
	F(query_bytes, K_BYTES, .title = "TEXT", .width = 8, .flags = F_DESC,
	  .help = "Length of the whole text; more than what is here when that was cut."),
	F(entries, K_COUNT, .title = "ENTRIES", .width = 5, .flags = F_DESC | F_COMPUTED,
	  .help = "Statements that this row sums up: those of a role that are not ours to see."),
	F(calls, K_COUNTER, .title = "CALLS", .width = 7, .flags = RATE, .help = "Executions that have ended."),
	F(rows, K_COUNTER, .title = "ROWS", .width = 7, .flags = RATE, .help = "Rows returned or changed."),
	F(total_us, K_DURATION_US, .title = "TOTAL", .width = 7, .flags = RATE, .help = "Time spent executing."),
	F(plans, K_COUNTER, .title = "PLANS", .width = 7, .flags = RATE, .help = "Times it was planned."),
	F(plan_us, K_DURATION_US, .title = "PLAN", .width = 7, .flags = RATE, .help = "Time spent planning."),
	F(shared_blks_hit, K_COUNTER, .title = "HIT", .width = 7, .flags = RATE, .help = "Blocks found in shared buffers."),
	F(shared_blks_read, K_COUNTER, .title = "READ", .width = 7, .flags = RATE,
	  .help = "Blocks read; on Aurora from the volume or the read cache."),
	F(shared_blks_dirtied, K_COUNTER, .title = "DIRTIED", .width = 7, .flags = RATE, .help = "Blocks changed."),
	F(shared_blks_written, K_COUNTER, .title = "WRITTEN", .width = 7, .flags = RATE, .help = "Blocks it had to write itself."),
	F(local_blks_hit, K_COUNTER, .title = "LOCAL HIT", .width = 7, .flags = RATE, .help = "Blocks of temporary tables found in memory."),
	F(local_blks_read, K_COUNTER, .title = "LOCAL READ", .width = 7, .flags = RATE, .help = "Blocks of temporary tables read."),
	F(local_blks_dirtied, K_COUNTER, .title = "LOCAL DIRTIED", .width = 7, .flags = RATE, .help = "Blocks of temporary tables changed."),
	F(local_blks_written, K_COUNTER, .title = "LOCAL WRITTEN", .width = 7, .flags = RATE, .help = "Blocks of temporary tables written."),
	F(temp_blks_read, K_COUNTER, .title = "TEMP READ", .width = 7, .flags = RATE,
	  .help = "Blocks of temporary files read: sorts and hashes beyond work_mem."),
	F(temp_blks_written, K_COUNTER, .title = "TEMP", .width = 7, .flags = RATE,
	  .help = "Blocks of temporary files written: sorts and hashes beyond work_mem."),
	F(blk_read_us, K_DURATION_US, .title = "READ TIME", .width = 7, .flags = RATE, .help = "Time spent reading blocks."),
	F(blk_write_us, K_DURATION_US, .title = "WRITE TIME", .width = 7, .flags = RATE, .help = "Time spent writing blocks."),
	F(temp_blk_read_us, K_DURATION_US, .title = "TEMP READ TIME", .width = 7, .flags = RATE, .help = "Time spent reading temporary files."),
	F(temp_blk_write_us, K_DURATION_US, .title = "TEMP WRITE TIME", .width = 7, .flags = RATE, .help = "Time spent writing temporary files."),
	F(wal_records, K_COUNTER, .title = "WAL RECORDS", .width = 7, .flags = RATE, .help = "WAL records made."),
	F(wal_fpi, K_COUNTER, .title = "WAL FPI", .width = 7, .flags = RATE, .help = "Whole pages put into the WAL."),
	F(wal_bytes, K_BYTE_COUNTER, .title = "WAL", .width = 8, .flags = RATE, .help = "Bytes of WAL made."),
	F(wal_buffers_full, K_COUNTER, .title = "WAL FULL", .width = 7, .flags = RATE, .help = "Times the WAL buffers were full."),
	F(jit_functions, K_COUNTER, .title = "JIT", .width = 7, .flags = RATE, .help = "Functions compiled by JIT."),
	F(jit_us, K_DURATION_US, .title = "JIT TIME", .width = 7, .flags = RATE, .help = "Time spent on JIT compilation."),
	F(parallel_workers_to_launch, K_COUNTER, .title = "WORKERS WANTED", .width = 7, .flags = RATE, .help = "Parallel workers planned."),
	F(parallel_workers_launched, K_COUNTER, .title = "WORKERS", .width = 7, .flags = RATE, .help = "Parallel workers that were started."),
	F(mean_us, K_DURATION_US, .title = "MEAN", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Mean time of a call since the last reset."),
	F(min_us, K_DURATION_US, .title = "MIN", .width = 7, .flags = F_DESC, .help = "Shortest call since the last reset."),
	F(max_us, K_DURATION_US, .title = "MAX", .width = 7, .flags = F_DESC, .help = "Longest call since the last reset."),
	F(stddev_us, K_DURATION_US, .title = "STDDEV", .width = 7, .flags = F_DESC, .help = "Standard deviation of the calls' times."),
	F(hit_ratio, K_RATIO, .title = "HIT RATIO", .width = 6, .flags = F_COMPUTED, .help = "Share of blocks found in shared buffers, since the last reset."),
	F(share_ratio, K_RATIO, .title = "SHARE", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Its share of the time of all statements, since the last reset."),
	F(interval_mean_us, K_DURATION_US, .title = "MEAN NOW", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Mean time of a call in the last minute."),
	F(interval_hit_ratio, K_RATIO, .title = "HIT NOW", .width = 6, .flags = F_COMPUTED, .help = "Share of blocks found in shared buffers, in the last minute."),
	F(interval_share_ratio, K_RATIO, .title = "SHARE NOW", .width = 6, .flags = F_DESC | F_COMPUTED,
	  .help = "Its share of the time of all statements, in the last minute."),
	F(interval_sessions, K_REAL, .title = "SESSIONS", .width = 6, .flags = F_DESC | F_COMPUTED,
	  .help = "Sessions it kept busy on average in the last minute: its time per second."),
	F(mean_change_ratio, K_RATIO, .title = "CHANGE", .width = 6, .flags = F_DESC | F_COMPUTED,
	  .help = "Mean of the last minute against that of all calls before it: 0.5 is half as long again."),
	F(stats_since_at, K_TIME_US, .title = "SINCE", .width = 9, .help = "When the server began to count it."),
	F(minmax_since_at, K_TIME_US, .title = "MIN MAX SINCE", .width = 9, .help = "When shortest and longest call were last reset."),
	F(first_seen_at, K_TIME_US, .title = "FIRST SEEN", .width = 9, .flags = F_COMPUTED,
	  .help = "When this console first saw it; absent for what was there at its first look."),
	F(top_since_at, K_TIME_US, .title = "TOP SINCE", .width = 9, .flags = F_COMPUTED,
	  .help = "Since when it has been among those that take the most time."),
};
#undef F
#define F(m, k, ...) FIELD(struct statements_info, m, k, __VA_ARGS__)
static const struct field info_fields[] = {
	F(sampled_at, K_TIME_US, .title = "AT", .width = 9, .flags = F_KEY | F_COMPUTED, .help = "When the counters were read, by the server's clock."),
	F(watched_since_at, K_TIME_US, .title = "WATCHED SINCE", .width = 9, .flags = F_COMPUTED, .help = "When this console first read them."),
	F(extension_version, K_ENUM, .title = "VERSION", .width = 5, .help = "Version of the extension, which may be older than the server."),
	F(schema, K_ID, .title = "SCHEMA", .width = 8, .help = "Where the extension's objects are."),
	F(track, K_ENUM, .title = "TRACK", .width = 5, .help = "pg_stat_statements.track: top, all or none."),
	F(problem, K_TEXT, .title = "PROBLEM", .width = 20, .flags = F_COMPUTED, .help = "Why the figures are not what they seem; absent when nothing is wrong."),
	F(entries, K_COUNT, .title = "ENTRIES", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Statements the server counts."),
	F(shown, K_COUNT, .title = "SHOWN", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Rows of the source statements."),
	F(hidden, K_COUNT, .title = "HIDDEN", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Statements of other roles that are not ours to see."),
	F(max_entries, K_COUNT, .title = "MOST", .width = 6, .help = "pg_stat_statements.max: beyond it the least used are thrown out."),
	F(dealloc_passes, K_COUNT, .title = "PASSES", .width = 6, .help = "Times the least used were thrown out, since the last reset."),
	F(evicted, K_COUNT, .title = "EVICTED", .width = 6, .flags = F_COMPUTED, .help = "Statements thrown out since this console first looked."),
	F(resets, K_COUNT, .title = "RESETS", .width = 6, .flags = F_COMPUTED, .help = "Resets of all counters since this console first looked."),
	F(reset_at, K_TIME_US, .title = "RESET", .width = 9, .help = "When all counters were last reset, by the server's clock."),
	F(since_reset_us, K_DURATION_US, .title = "SINCE RESET", .width = 7, .flags = F_COMPUTED, .help = "Time since the last reset."),
	F(interval_us, K_DURATION_US, .title = "INTERVAL", .width = 7, .flags = F_COMPUTED, .help = "Length of the interval that rates belong to."),
	F(ran, K_COUNT, .title = "RAN", .width = 6, .flags = F_COMPUTED, .help = "Statements that ended at least one call in the interval."),
	F(calls_per_s, K_REAL, .title = "CALLS/s", .width = 7, .flags = F_COMPUTED, .help = "Calls of all statements per second, in the interval."),
	F(sessions, K_REAL, .title = "SESSIONS", .width = 6, .flags = F_COMPUTED, .help = "Sessions that all statements kept busy on average, in the interval."),
	F(block_bytes, K_BYTES, .title = "BLOCK", .width = 5, .help = "Size of a block."),
	F(texts, K_COUNT, .title = "TEXTS", .width = 6, .flags = F_COMPUTED, .help = "Texts kept here."),
	F(text_bytes, K_BYTES, .title = "TEXT", .width = 8, .flags = F_COMPUTED, .help = "Memory they take."),
	F(sample_us, K_DURATION_US, .title = "COST", .width = 7, .flags = F_COMPUTED, .help = "How long the last read took."),
};
#undef F
/* clang-format on */

const struct rec_type statement_type = REC_TYPE(struct statement, "statement", statement_fields);
const struct rec_type statements_info_type = REC_TYPE(struct statements_info, "statements_info", info_fields);
