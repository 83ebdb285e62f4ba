/*
 * statements_state.h: the inside of the source "statements", shared by src_statements.c and
 * statements_*.c only.
 */
#ifndef DB_STATEMENTS_STATE_H
#define DB_STATEMENTS_STATE_H

#include "db/conn.h"
#include "db/name_book.h"
#include "db/statement_deltas.h"
#include "db/statement_history.h"
#include "db/statement_texts.h"

/* Most rows that are shown, those with the most time; every one is counted all the same. */
#define STATEMENTS_SHOWN_MAX 10000
/* Rows of this rank or better get their text at once; the others when texts are asked for next. */
#define STATEMENTS_URGENT 50

/* The row of statements_probe.sql. */
struct statements_probe {
	uint64_t present;
	int64_t server_at, started_at, loaded, max_entries, planning, io_timing, block_bytes;
	int64_t installed, columns_num, permitted, has_info, sees_all;
	struct str track, compute_query_id, extension_version, schema;
};

/* What the source remembers. */
struct statements_state {
	int64_t started_at; /* of the server the counters belong to; 0 = none */
	bool sees_all;
	struct statement_deltas deltas;
	struct statement_history history;
	struct statement_texts texts;
	struct name_book names;
	int64_t texts_mono_us;          /* asked for, 0 = never */
	int64_t texts_rest_mono_us;     /* not before, they could not be read */
	int64_t began_mono_us, took_us; /* of the last read */
};

/* One read. */
struct statements_fetch {
	struct fetch *f;
	struct conn *conn;
	struct statements_state *st;
	struct snapshot *answer; /* keeps the probe's texts */
	const struct statements_probe *probe;
	struct snapshot *all;             /* every row, as the server gave it; hidden ones summed up */
	int64_t entries, hidden;          /* statements, and those of them that are hidden */
	int64_t reset_at, dealloc_passes; /* 0, -1 = not told */
	uint32_t *order;                  /* rows of all by rank */
	int64_t began_mono_us;
};

/* Sums up the rows that have no query id, by role and database; returns how many there were. */
int64_t statements_merge_hidden(struct snapshot *all);
/* Makes both snapshots of a read. */
struct snapshot *statements_make_rows(struct statements_fetch *s);
struct snapshot *statements_make_info(struct statements_fetch *s, const struct snapshot *rows);

#endif
