/*
 * snapshot.h: what a source knew at one moment; immutable once published.
 *
 * A snapshot owns an arena that holds its rows, texts and series. It is built by one
 * lane thread (snapshot_new .. snapshot_publish), then shared by reference count;
 * after publish every pointer to it is const and its arena is sealed. A record never
 * outlives its snapshot: whoever wants to remember a row copies its key.
 *
 * Four states of a value are distinct: present; NULL (presence bit clear);
 * unavailable (snapshot->unavailable names the field and why); failed (state is
 * SNAP_ERROR, rows are empty, err has the words).
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/rec.h"
#include "model/series.h"

#include <stdatomic.h>

#define SNAPSHOT_ROWS_MAX 200000
#define SNAPSHOT_BYTES_MAX (256u << 20)
#define SNAPSHOT_PARTS_MAX 17

enum snap_state { SNAP_OK, SNAP_ERROR, SNAP_UNAVAILABLE, SNAP_SKIPPED };

struct snapshot {
	atomic_uint refs;
	const struct rec_type *type;
	const char *source; /* static name */
	struct arena *arena;
	enum snap_state state;
	struct err err;       /* SNAP_ERROR: what failed; SNAP_UNAVAILABLE/SKIPPED: why */
	int64_t at_us;        /* wall clock when the data was read */
	int64_t server_at_us; /* the server's clock at that moment, 0 = unknown */
	int64_t took_us;      /* from request to decoded */
	int64_t period_us;    /* fetched only so often now, because it costs much; 0 = as the source's row says */
	bool by_budget;       /* the budget has it so */
	uint64_t generation;  /* of the target it belongs to */
	bool partial;         /* a page of a longer listing; the next snapshot has more */
	void *rows;           /* nrows records of type->size bytes */
	size_t nrows, cap_rows;
	struct arena *row_arena; /* holds rows once published or reserved; else they are private and may move */
	bool published;
	double *rates; /* nrows * type->nfields, NaN = absent; NULL = no rates */
	struct unavailable {
		struct str field, reason;
	} * unavailable;
	size_t nunavailable;
	struct series_set series;
	const struct snapshot *parts[SNAPSHOT_PARTS_MAX]; /* whose texts the rows refer to; held */
	size_t nparts;
};

/* A private snapshot with an empty arena; the caller holds the one reference. */
struct snapshot *snapshot_new(const struct rec_type *type, const char *source);
/* Appends a zeroed row and returns it; rows may move until publish. NULL beyond SNAPSHOT_ROWS_MAX (caller reports
 * ERR_LIMIT). */
void *snapshot_add_row(struct snapshot *s);
/*
 * Takes the memory of n rows before the first is added: they are published where they are, without a copy. For as many
 * rows as last time, and for a history that will have as many, so that what a process holds does not grow while it
 * fills.
 */
void snapshot_reserve(struct snapshot *s, size_t n);
/* Takes the last row back, if row is that row. */
void snapshot_drop_row(struct snapshot *s, const void *row);
/* Marks a field as not to be had here, with the reason ("needs PostgreSQL 14"). */
void snapshot_set_unavailable(struct snapshot *s, const char *field, struct str reason);
/* Makes it an error (or unavailable/skipped) snapshot; rows are dropped. */
void snapshot_fail(struct snapshot *s, enum snap_state state, const struct err *err);
/* Seals it; from here on it is immutable. Returns s as const. */
const struct snapshot *snapshot_publish(struct snapshot *s);
/*
 * A published snapshot with the rows of n published ones of one type, in that order, as source `name`. Texts stay where
 * they are, and so do the rows where one part has them all: it holds a reference to each part. Age, cost and what is
 * unavailable are those of the first part. n is 1 to SNAPSHOT_PARTS_MAX.
 */
const struct snapshot *snapshot_concat(const struct snapshot *const *parts, size_t n, const char *name);
/* Any thread; s may be NULL. */
const struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s);
static inline const void *snapshot_row(const struct snapshot *s, size_t i)
{
	return (const char *)s->rows + i * s->type->size;
}
/* Reason why a field is unavailable, or an empty slice. */
struct str snapshot_unavailable(const struct snapshot *s, const char *field);
/* Rate per second of field index f in row i; NaN = absent. */
double snapshot_rate(const struct snapshot *s, size_t i, size_t f);

#endif
