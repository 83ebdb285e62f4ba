/*
 * statement_deltas.h: what happened between two reads of pg_stat_statements, and in the last minute.
 *
 * A statement is (role, database, query id, top level). Between two reads the server may have
 * reset all counters, thrown out entries to make room, or counted a statement anew; a counter
 * then starts from zero, so what it shows now is what happened since: the difference is never
 * negative and never more than the counter itself. Sums of the last minute are kept by interval,
 * so that such an event costs its own interval only. Pure; one thread.
 */
#ifndef DB_STATEMENT_DELTAS_H
#define DB_STATEMENT_DELTAS_H

#include "db/statements.h"

/* The counters are neighbours in struct statement. */
#define STATEMENT_COUNTER(m) ((offsetof(struct statement, m) - offsetof(struct statement, calls)) / 8)
#define STATEMENT_COUNTERS (STATEMENT_COUNTER(parallel_workers_launched) + 1)

#define STATEMENTS_WINDOW_US US_PER_MIN
/* Most intervals the window holds, and most changes of statements in them. */
#define STATEMENTS_INTERVALS_MAX 32
#define STATEMENTS_CHANGES_MAX 60000
/* So many lead by time; one that leads stays so until it falls behind twice as many. */
#define STATEMENTS_TOP 10
/* ... and takes at least this share of the time. */
#define STATEMENTS_TOP_SHARE 0.01

struct statement_key {
	int64_t user_oid, database_oid, query_id, toplevel;
};

/* One read of all counters. */
struct statements_read {
	const struct statement *rows; /* one per key; without query_id: the sum of what a role hides */
	size_t n;
	int64_t at_us;              /* our clock */
	int64_t server_us, took_us; /* the server's clock when it began; how long it took at most */
	int64_t reset_at_us;        /* asked after it; 0 = the server does not tell */
};

/* Zeroed = nothing read yet. */
struct statement_deltas {
	struct watched *items; /* statements seen, also those that are gone */
	size_t n, cap;
	uint32_t *slots; /* hash of their keys: index + 1 */
	size_t mask;
	uint32_t *row_item; /* per row of the newest read: its item, or UINT32_MAX */
	size_t nrows;
	uint32_t reads;
	struct interval *ring; /* STATEMENTS_INTERVALS_MAX of them, oldest at first */
	size_t first, nring, nchanges;
	uint32_t leaders[3]; /* the most called of the newest read, index + 1 */
	int64_t at_us, before_us, server_us, end_us, reset_at_us;
	/* results */
	int64_t window_us;   /* length of the intervals the sums cover, 0 = none yet */
	int64_t interval_us; /* of the newest one */
	int64_t watched_since_us;
	int64_t evicted, resets;
};

void statement_deltas_release(struct statement_deltas *d);
/* Takes the next read. The rows need not stay. */
void statement_deltas_take(struct statement_deltas *d, const struct statements_read *r);
struct statement_key statement_key_of(const struct statement *row);

/* ---- of row i of the newest read ---- */
/* STATEMENT_COUNTERS sums over the window; NULL when there is no interval. */
const int64_t *statement_deltas_window(const struct statement_deltas *d, size_t i);
/* Calls and time of the newest interval alone; false when there is none. */
bool statement_deltas_newest(const struct statement_deltas *d, size_t i, int64_t *ret_calls, int64_t *ret_us);
/* Our clock when it appeared; 0 = it was there at the first read. */
int64_t statement_deltas_first_seen(const struct statement_deltas *d, size_t i);
/* Beginning of the interval since which it leads by time; 0 = it does not. After statement_deltas_order(). */
int64_t statement_deltas_top_since(const struct statement_deltas *d, size_t i);
/* Orders the rows of the newest read: most time in the window first, then most time of all. index, scratch: n. */
void statement_deltas_order(struct statement_deltas *d, uint32_t *index, uint32_t *scratch);

#endif
