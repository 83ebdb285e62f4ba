/*
 * snapshot.c: building, sealing and sharing what a source knew at one moment.
 *
 * While a snapshot is built its rows live in a private array that grows by doubling.
 * Publishing moves them into an arena of their own, exactly as large as they are, and
 * seals both arenas: texts can therefore never take the room the rows need, and with
 * ARENA_PROTECT a late write to a row or a text crashes where it happens. Rows that were
 * reserved are in such an arena from the beginning and stay where they are. The struct
 * itself stays outside the arenas, because the reference count keeps changing.
 *
 * The last unref uses acquire-release order, so that whoever frees sees every other
 * thread's last read done.
 */
#include "model/snapshot.h"

#include "base/xalloc.h"

#include <math.h>

#define FIRST_CHUNK (16u << 10)
#define FIRST_ROWS 16
#define ROW_ARENA_SLACK 64 /* alignment */

struct snapshot *snapshot_new(const struct rec_type *type, const char *source)
{
	struct snapshot *s = xalloc(sizeof(*s));

	atomic_init(&s->refs, 1);
	s->type = type;
	s->source = source;
	s->arena = arena_new(FIRST_CHUNK, SNAPSHOT_BYTES_MAX);
	return s;
}

static void drop_rows(struct snapshot *s)
{
	if (!s->row_arena)
		xfree(s->rows);
	arena_free(s->row_arena);
	s->row_arena = NULL;
	s->rows = NULL;
	s->nrows = 0;
	s->cap_rows = 0;
	s->rates = NULL;
}

/* Room for more rows, in the array that grows by doubling. */
static void grow(struct snapshot *s)
{
	size_t used = s->nrows * s->type->size;

	s->cap_rows = s->cap_rows ? 2 * s->cap_rows : FIRST_ROWS;
	if (!s->row_arena) {
		s->rows = xrealloc_array(s->rows, s->cap_rows, s->type->size);
		return;
	}
	void *rows = xrealloc_array(NULL, s->cap_rows, s->type->size);
	memcpy(rows, s->rows, used);
	arena_free(s->row_arena);
	s->row_arena = NULL;
	s->rows = rows;
}

static void *row_room(struct snapshot *s, size_t bytes)
{
	s->row_arena = arena_new(bytes + ROW_ARENA_SLACK, bytes + ROW_ARENA_SLACK);
	return arena_alloc(s->row_arena, bytes);
}

void *snapshot_add_row(struct snapshot *s)
{
	void *row;

	CHECK(!s->published);
	if (s->nrows >= SNAPSHOT_ROWS_MAX)
		return NULL;
	if (s->nrows == s->cap_rows)
		grow(s);
	row = (char *)s->rows + s->nrows * s->type->size;
	memset(row, 0, s->type->size);
	s->nrows++;
	return row;
}

void snapshot_reserve(struct snapshot *s, size_t n)
{
	CHECK(!s->published && s->nrows == 0 && n <= SNAPSHOT_ROWS_MAX);
	if (n <= s->cap_rows)
		return;
	drop_rows(s);
	s->rows = row_room(s, n * s->type->size);
	s->cap_rows = n;
}

void snapshot_drop_row(struct snapshot *s, const void *row)
{
	CHECK(!s->published);
	if (s->nrows > 0 && snapshot_row(s, s->nrows - 1) == row)
		s->nrows--;
}

void snapshot_set_unavailable(struct snapshot *s, const char *field, struct str reason)
{
	struct unavailable *list;

	CHECK(!s->published);
	list = arena_alloc_array(s->arena, s->nunavailable + 1, sizeof(*list));
	if (s->nunavailable > 0)
		memcpy(list, s->unavailable, s->nunavailable * sizeof(*list));
	list[s->nunavailable].field = arena_str(s->arena, str_c(field));
	list[s->nunavailable].reason = arena_str(s->arena, reason);
	s->unavailable = list;
	s->nunavailable++;
}

void snapshot_fail(struct snapshot *s, enum snap_state state, const struct err *err)
{
	CHECK(!s->published && state != SNAP_OK);
	drop_rows(s);
	s->series.n = 0;
	s->series.items = NULL;
	s->state = state;
	s->err = *err;
}

const struct snapshot *snapshot_publish(struct snapshot *s)
{
	size_t bytes = s->nrows * s->type->size;

	CHECK(!s->published);
	if (!s->row_arena) {
		void *grown = s->rows;

		s->rows = bytes > 0 ? row_room(s, bytes) : NULL;
		if (bytes > 0)
			memcpy(s->rows, grown, bytes);
		xfree(grown);
	}
	if (s->row_arena)
		arena_seal(s->row_arena);
	s->cap_rows = s->nrows;
	arena_seal(s->arena);
	s->published = true;
	return s;
}

/* The one part that has all the rows; NULL when there are several. */
static const struct snapshot *only_rows(const struct snapshot *const *parts, size_t n)
{
	const struct snapshot *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (parts[i]->nrows > 0 && found)
			return NULL;
		found = parts[i]->nrows > 0 ? parts[i] : found;
	}
	return found;
}

/* False when there are too many. */
static bool copy_rows(struct snapshot *s, const struct snapshot *const *parts, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += parts[i]->nrows;
	if (total > SNAPSHOT_ROWS_MAX)
		return false;
	snapshot_reserve(s, total);
	for (size_t i = 0; i < n; i++) {
		if (parts[i]->nrows == 0)
			continue;
		memcpy((char *)s->rows + s->nrows * s->type->size, parts[i]->rows, parts[i]->nrows * s->type->size);
		s->nrows += parts[i]->nrows;
	}
	return true;
}

const struct snapshot *snapshot_concat(const struct snapshot *const *parts, size_t n, const char *name)
{
	struct snapshot *s = snapshot_new(parts[0]->type, name);
	struct err err;

	CHECK(n >= 1 && n <= SNAPSHOT_PARTS_MAX);
	s->at_us = parts[0]->at_us;
	s->server_at_us = parts[0]->server_at_us;
	s->took_us = parts[0]->took_us;
	s->generation = parts[0]->generation;
	/* the list is the first part's, which is held as long as s */
	s->unavailable = parts[0]->unavailable;
	s->nunavailable = parts[0]->nunavailable;
	for (size_t i = 0; i < n; i++) {
		CHECK(parts[i]->published && parts[i]->type == s->type);
		s->parts[s->nparts++] = snapshot_ref(parts[i]);
	}
	const struct snapshot *only = only_rows(parts, n);
	if (!only && !copy_rows(s, parts, n)) {
		err_set(&err, ERR_LIMIT, "more than %d rows together", SNAPSHOT_ROWS_MAX);
		snapshot_fail(s, SNAP_ERROR, &err);
	}
	(void)snapshot_publish(s);
	if (only) {
		/* held as a part: nothing is copied */
		s->rows = only->rows;
		s->nrows = s->cap_rows = only->nrows;
	}
	return s;
}

const struct snapshot *snapshot_ref(const struct snapshot *s)
{
	struct snapshot *counted = (struct snapshot *)(uintptr_t)s;

	if (s)
		atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
	return s;
}

void snapshot_unref(const struct snapshot *s)
{
	struct snapshot *counted = (struct snapshot *)(uintptr_t)s;
	unsigned before;

	if (!s)
		return;
	before = atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel);
	CHECK(before > 0);
	if (before > 1)
		return;
	if (!counted->published && !counted->row_arena)
		xfree(counted->rows);
	for (size_t i = 0; i < counted->nparts; i++)
		snapshot_unref(counted->parts[i]);
	arena_free(counted->row_arena);
	arena_free(counted->arena);
	xfree(counted);
}

struct str snapshot_unavailable(const struct snapshot *s, const char *field)
{
	for (size_t i = 0; i < s->nunavailable; i++) {
		if (str_eq_c(s->unavailable[i].field, field))
			return s->unavailable[i].reason;
	}
	return (struct str){NULL, 0};
}

double snapshot_rate(const struct snapshot *s, size_t i, size_t f)
{
	CHECK(i < s->nrows && f < s->type->nfields);
	return s->rates ? s->rates[i * s->type->nfields + f] : (double)NAN;
}
