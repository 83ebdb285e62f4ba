/*
 * series.c: points in time, for charts.
 *
 * A ring is a plain sorted array: points almost always come in order, so putting one
 * is an append, and late or repeated points are rare enough for a memmove. A gap stays
 * a gap everywhere: resampling gives NaN where nothing was measured, and only a point
 * that stands for a longer period (CloudWatch's five minutes on a one-minute chart)
 * covers the buckets of that period, weighted by how much of each it covers.
 */
#include "model/series.h"

#include "base/check.h"
#include "base/num.h"
#include "base/xalloc.h"

#include <math.h>

#define FIRST_POINTS 64

void series_ring_release(struct series_ring *r)
{
	xfree(r->at);
	xfree(r->value);
	*r = (struct series_ring){.n = 0};
}

/* Index of the first point at or after time t. */
static size_t lower_bound(const int64_t *at, size_t n, int64_t t)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (at[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void ring_drop_first(struct series_ring *r, size_t n)
{
	if (n == 0)
		return;
	r->n -= n;
	memmove(r->at, r->at + n, r->n * sizeof(*r->at));
	memmove(r->value, r->value + n, r->n * sizeof(*r->value));
}

void series_ring_put(struct series_ring *r, int64_t at, double value)
{
	size_t i = lower_bound(r->at, r->n, at);

	if (isnan(value))
		return;
	if (i < r->n && r->at[i] == at) {
		r->value[i] = value;
		return;
	}
	if (r->n == SERIES_POINTS_MAX) {
		if (i == 0)
			return;
		ring_drop_first(r, 1);
		i--;
	}
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : FIRST_POINTS;
		r->at = xrealloc_array(r->at, r->cap, sizeof(*r->at));
		r->value = xrealloc_array(r->value, r->cap, sizeof(*r->value));
	}
	memmove(r->at + i + 1, r->at + i, (r->n - i) * sizeof(*r->at));
	memmove(r->value + i + 1, r->value + i, (r->n - i) * sizeof(*r->value));
	r->at[i] = at;
	r->value[i] = value;
	r->n++;
}

void series_ring_trim(struct series_ring *r, int64_t from)
{
	ring_drop_first(r, lower_bound(r->at, r->n, from));
}

void series_ring_copy(const struct series_ring *r, struct arena *a, int64_t from, int64_t to, struct series *out)
{
	size_t first = lower_bound(r->at, r->n, from);
	size_t end = first;

	while (end < r->n && r->at[end] <= to)
		end++;
	out->n = end - first;
	out->at = NULL;
	out->value = NULL;
	if (out->n == 0)
		return;
	out->at = arena_alloc_array(a, out->n, sizeof(*out->at));
	out->value = arena_alloc_array(a, out->n, sizeof(*out->value));
	memcpy(out->at, r->at + first, out->n * sizeof(*out->at));
	memcpy(out->value, r->value + first, out->n * sizeof(*out->value));
}

bool series_stats(const struct series *s, int64_t from, int64_t to, struct series_stats *ret_stats)
{
	struct series_stats st = {.n = 0};
	double sum = 0;

	for (size_t i = lower_bound(s->at, s->n, from); i < s->n && s->at[i] <= to; i++) {
		double v = s->value[i];

		if (st.n == 0 || v < st.min)
			st.min = v;
		if (st.n == 0 || v > st.max)
			st.max = v;
		st.last = v;
		st.last_at = s->at[i];
		st.n++;
		sum += v;
	}
	if (st.n == 0)
		return false;
	st.mean = sum / (double)st.n;
	*ret_stats = st;
	return true;
}

struct buckets {
	double from, width; /* microseconds */
	double *sum, *weight;
	size_t n;
};

/* A point counts in the bucket its time falls in. */
static void add_instant(struct buckets *b, double at, double value)
{
	size_t i = (size_t)((at - b->from) / b->width);

	if (i >= b->n)
		i = b->n - 1;
	b->sum[i] += value;
	b->weight[i] += 1;
}

/* A point counts in every bucket its period overlaps, by the length of the overlap. */
static void add_period(struct buckets *b, double at, double period, double value)
{
	double start = num_max(at - b->from, 0);
	double end = num_min(at + period - b->from, b->width * (double)b->n);

	for (size_t i = (size_t)(start / b->width); i < b->n && b->width * (double)i < end; i++) {
		double overlap = num_min(end, b->width * (double)(i + 1)) - num_max(start, b->width * (double)i);

		if (overlap <= 0)
			continue;
		b->sum[i] += value * overlap;
		b->weight[i] += overlap;
	}
}

void series_resample(const struct series *s, int64_t from, int64_t to, double *out, size_t n)
{
	struct buckets b = {.from = (double)from, .n = n, .sum = out};
	bool periods;

	for (size_t i = 0; i < n; i++)
		out[i] = (double)NAN;
	if (n == 0 || to <= from)
		return;
	b.width = (double)(to - from) / (double)n;
	b.weight = xcalloc(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		out[i] = 0;
	periods = (double)s->period_us > b.width;
	for (size_t i = 0; i < s->n && s->at[i] < to; i++) {
		if (periods && s->at[i] + s->period_us > from)
			add_period(&b, (double)s->at[i], (double)s->period_us, s->value[i]);
		else if (!periods && s->at[i] >= from)
			add_instant(&b, (double)s->at[i], s->value[i]);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = b.weight[i] > 0 ? out[i] / b.weight[i] : (double)NAN;
	xfree(b.weight);
}

const struct series *series_find_part(const struct series_set *set, const char *metric, struct str object,
				      enum series_part part)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct series *s = &set->items[i];

		if (s->part == part && str_eq_c(s->metric, metric) && (object.len == 0 || str_eq(s->object, object)))
			return s;
	}
	return NULL;
}

const struct series *series_find(const struct series_set *set, const char *metric, struct str object)
{
	return series_find_part(set, metric, object, SERIES_SHOWN);
}
