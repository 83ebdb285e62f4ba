/*
 * statement_history.h: calls and time of the leading statements over the last hour.
 *
 * One point an interval, at its beginning. A statement is followed from the interval in which it first leads by
 * time, calls, rows, reads, temporary files or WAL, until STATEMENT_TRACKS others have led
 * since. What was before is not known: no point, never zero. Pure; one thread.
 */
#ifndef DB_STATEMENT_HISTORY_H
#define DB_STATEMENT_HISTORY_H

#include "db/statement_deltas.h"

#define STATEMENT_TRACKS 96
/* An hour at ten seconds. */
#define STATEMENT_POINTS 360

/* Zeroed = empty. */
struct statement_history {
	struct track *tracks; /* STATEMENT_TRACKS of them */
	int64_t *at;          /* ring of STATEMENT_POINTS times */
	size_t first, n;
	uint32_t turn;
};

void statement_history_release(struct statement_history *h);
/* Notes the newest interval of d, which must have one; rows are those of its newest read. */
void statement_history_add(struct statement_history *h, const struct statement_deltas *d, const struct statement *rows);
/* A gap: nothing is known of the time up to now. */
void statement_history_gap(struct statement_history *h, int64_t at_us);
/*
 * Makes the series "calls" (per second), "sessions" (time per second) and "mean_us" of each followed statement in a;
 * object is statement_object() of its key.
 */
void statement_history_publish(const struct statement_history *h, struct arena *a, struct series_set *ret_set);
/* "role:database:query id:top level", as in the keys of the rows. */
struct str statement_object(struct arena *a, const struct statement_key *key);

#endif
