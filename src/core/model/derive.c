/*
 * derive.c: rates from two samples.
 *
 * Both samples' rows are ordered by key and merged, so the work is n log n and rows
 * may come and go. A key that occurs twice in one sample names no row, hence has no
 * rate: pairing such rows by chance would invent numbers. Differences are taken in
 * unsigned 64-bit arithmetic before they become floating point, because counters pass
 * 2^53 while their differences stay small.
 */
#include "model/derive.h"

#include "base/sort.h"
#include "base/xalloc.h"

#include <math.h>

struct keyed {
	const struct snapshot *s;
	const struct rec_key *key;
};

static int compare_rows(uint32_t a, uint32_t b, void *ctx)
{
	const struct keyed *x = ctx;

	return rec_key_compare(x->key, snapshot_row(x->s, a), snapshot_row(x->s, b));
}

/* Row indices of s in key order; the caller frees. */
static uint32_t *key_order(const struct snapshot *s, const struct rec_key *key)
{
	uint32_t *index = xcalloc(2 * s->nrows + 1, sizeof(*index));
	struct keyed x = {s, key};

	for (size_t i = 0; i < s->nrows; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, index + s->nrows, s->nrows, compare_rows, &x);
	return index;
}

/* End of the run of rows with the key of index[i]. */
static size_t run_end(const struct snapshot *s, const struct rec_key *key, const uint32_t *index, size_t i)
{
	size_t end = i + 1;

	while (end < s->nrows && rec_key_compare(key, snapshot_row(s, index[i]), snapshot_row(s, index[end])) == 0)
		end++;
	return end;
}

/* Growth of one field in its own unit, or NaN for a reset or an absent value. */
static double growth(const struct field *f, const void *cur, const void *prev)
{
	union value now, before;

	if (!rec_get(f, cur, &now) || !rec_get(f, prev, &before))
		return (double)NAN;
	if (kind_ops[f->kind].storage == CT_F64)
		return now.f64 >= before.f64 ? now.f64 - before.f64 : (double)NAN;
	if (now.i64 < before.i64)
		return (double)NAN;
	return (double)((uint64_t)now.i64 - (uint64_t)before.i64);
}

static void derive_row(struct snapshot *cur, size_t row, const void *prev_row, double seconds)
{
	double *rates = cur->rates + row * cur->type->nfields;

	for (size_t i = 0; i < cur->type->nfields; i++) {
		const struct field *f = &cur->type->fields[i];

		if (f->flags & F_RATE)
			rates[i] = growth(f, snapshot_row(cur, row), prev_row) / seconds;
	}
}

static void merge(struct snapshot *cur, const struct snapshot *prev, double seconds)
{
	struct rec_key key = rec_key_of(cur->type);
	uint32_t *ci = key_order(cur, &key), *pi = key_order(prev, &key);
	size_t c = 0, p = 0;

	while (c < cur->nrows && p < prev->nrows) {
		size_t c_end = run_end(cur, &key, ci, c), p_end = run_end(prev, &key, pi, p);
		const void *prev_row = snapshot_row(prev, pi[p]);
		int order = rec_key_compare(&key, snapshot_row(cur, ci[c]), prev_row);

		if (order == 0 && c_end == c + 1 && p_end == p + 1)
			derive_row(cur, ci[c], prev_row, seconds);
		if (order <= 0)
			c = c_end;
		if (order >= 0)
			p = p_end;
	}
	xfree(ci);
	xfree(pi);
}

static bool has_rates(const struct rec_type *type)
{
	for (size_t i = 0; i < type->nfields; i++) {
		if (type->fields[i].flags & F_RATE)
			return true;
	}
	return false;
}

void derive_rates(struct snapshot *cur, const struct snapshot *prev)
{
	size_t cells = cur->nrows * cur->type->nfields;
	int64_t dt;

	CHECK(!cur->published);
	if (!prev || prev->type != cur->type || cells == 0 || !has_rates(cur->type))
		return;
	if (cur->server_at_us != 0 && prev->server_at_us != 0)
		dt = cur->server_at_us - prev->server_at_us;
	else
		dt = cur->at_us - prev->at_us;
	/* A snapshot full of texts goes without rates rather than over its limit. */
	if (dt <= 0 || arena_room(cur->arena) / sizeof(double) < cells + 2)
		return;
	cur->rates = arena_alloc_array(cur->arena, cells, sizeof(double));
	for (size_t i = 0; i < cells; i++)
		cur->rates[i] = (double)NAN;
	merge(cur, prev, (double)dt / (double)US_PER_S);
}
