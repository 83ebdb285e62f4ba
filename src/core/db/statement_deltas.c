/*
 * statement_deltas.c: a hash table of statements with their last counters, and a ring of intervals.
 *
 * A read goes in four steps: find each row's item; decide whether everything was reset;
 * take the differences into a new interval of the ring; let the oldest intervals out. An
 * interval lists only the statements that changed in it. The sums of the window stand in
 * the items: an interval adds its differences when it comes and takes them back when it
 * leaves, in whole numbers, so that nothing drifts.
 *
 * How a reset is known: from 14 on the server tells when the last one was. Before that:
 * the statements with the most calls are never the ones that are thrown out to make room,
 * so when all of these fell or are gone, it was a reset. A reset during a read may have come
 * before or after any of its rows; then each row is judged by itself.
 *
 * A row that sums up what a role hides falls when any of its statements is thrown out, and
 * grows by all that a statement ever did when one becomes hidden: then the interval has no
 * difference for it rather than a wrong one.
 *
 * Items of statements that are gone stay for a while, so that one that comes back is not
 * called new; beyond GONE_MAX they are forgotten, and the table is made anew.
 */
#include "db/statement_deltas.h"

#include "base/sort.h"
#include "base/xalloc.h"

#define GONE_MAX 20000
/* Periods are not exact: six intervals of ten seconds may be a little more than a minute. */
#define WINDOW_SLACK_US (5 * US_PER_S)
#define NO_ITEM UINT32_MAX
#define COUNTER_MAX (INT64_MAX / (2 * STATEMENTS_INTERVALS_MAX))

_Static_assert(STATEMENT_COUNTERS == 27, "counters of struct statement are neighbours, calls first");

struct watched {
	struct statement_key key;
	int64_t last[STATEMENT_COUNTERS], window[STATEMENT_COUNTERS];
	int64_t newest_calls, newest_us;
	int64_t since_us; /* stats_since, 0 = not told */
	int64_t first_seen_us, top_since_us;
	uint32_t read, before; /* numbers of the newest read it was in, and of the one before that; 0 = none */
};

struct change {
	uint32_t item;
	int64_t delta[STATEMENT_COUNTERS];
};

struct interval {
	int64_t us;
	struct change *changes;
	size_t n, cap;
};

/* ---- the table ---- */

static size_t hash_of(const struct statement_key *k, size_t mask)
{
	uint64_t h = (uint64_t)k->query_id;

	h = (h ^ (uint64_t)k->database_oid) * UINT64_C(0x9E3779B97F4A7C15);
	h = (h ^ (h >> 29) ^ (uint64_t)k->user_oid) * UINT64_C(0xBF58476D1CE4E5B9);
	h ^= h >> 32 ^ (uint64_t)k->toplevel;
	return (size_t)h & mask;
}

static bool same_key(const struct statement_key *a, const struct statement_key *b)
{
	return a->query_id == b->query_id && a->database_oid == b->database_oid && a->user_oid == b->user_oid &&
	       a->toplevel == b->toplevel;
}

/* Slot of the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct statement_deltas *d, const struct statement_key *k)
{
	size_t i = hash_of(k, d->mask);

	while (d->slots[i] && !same_key(&d->items[d->slots[i] - 1].key, k))
		i = (i + 1) & d->mask;
	return &d->slots[i];
}

/* Makes the hash for at least n items. */
static void rehash(struct statement_deltas *d, size_t n)
{
	size_t size = 64;

	while (size < n * 2)
		size *= 2;
	xfree(d->slots);
	d->slots = xcalloc(size, sizeof(d->slots[0]));
	d->mask = size - 1;
	for (size_t i = 0; i < d->n; i++)
		*slot_of(d, &d->items[i].key) = (uint32_t)i + 1;
}

static void ensure_room(struct statement_deltas *d, size_t more)
{
	size_t need = d->n + more;

	if (need > d->cap) {
		d->cap = need + need / 4;
		d->items = xrealloc_array(d->items, d->cap, sizeof(d->items[0]));
	}
	if (!d->slots || need * 2 > d->mask + 1)
		rehash(d, need);
}

static uint32_t find_item(struct statement_deltas *d, const struct statement_key *k)
{
	uint32_t *slot = slot_of(d, k);

	if (!*slot) {
		d->items[d->n] = (struct watched){.key = *k};
		*slot = (uint32_t)++d->n;
	}
	return *slot - 1;
}

/* What is gone and of no interval any more loses its item; the others move together. */
static void forget_gone(struct statement_deltas *d)
{
	uint32_t *now = xcalloc(d->n, sizeof(*now));
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		now[i] = d->items[i].read == d->reads ? (uint32_t)n : NO_ITEM;
		if (now[i] != NO_ITEM)
			d->items[n++] = d->items[i];
	}
	d->n = n;
	for (size_t i = 0; i < d->nrows; i++)
		if (d->row_item[i] != NO_ITEM)
			d->row_item[i] = now[d->row_item[i]];
	for (size_t k = 0; k < 3; k++)
		if (d->leaders[k])
			d->leaders[k] = now[d->leaders[k] - 1] + 1;
	for (size_t k = 0; k < d->nring; k++) {
		struct interval *in = &d->ring[(d->first + k) % STATEMENTS_INTERVALS_MAX];
		size_t kept = 0;

		for (size_t i = 0; i < in->n; i++) {
			struct change c = in->changes[i];

			c.item = now[c.item];
			if (c.item != NO_ITEM)
				in->changes[kept++] = c;
		}
		d->nchanges -= in->n - kept;
		in->n = kept;
	}
	xfree(now);
	rehash(d, d->n);
}

void statement_deltas_release(struct statement_deltas *d)
{
	for (size_t i = 0; d->ring && i < STATEMENTS_INTERVALS_MAX; i++)
		xfree(d->ring[i].changes);
	xfree(d->ring);
	xfree(d->items);
	xfree(d->slots);
	xfree(d->row_item);
	*d = (struct statement_deltas){0};
}

struct statement_key statement_key_of(const struct statement *row)
{
	return (struct statement_key){row->user_oid, row->database_oid, row->query_id,
				      HAS(row, struct statement, toplevel) ? row->toplevel : -1};
}

/* None is negative, what has wrapped counts as fallen to zero; none is so large that a window of them overflows. */
static void counters_of(const struct statement *row, int64_t out[STATEMENT_COUNTERS])
{
	memcpy(out, (const char *)row + offsetof(struct statement, calls), STATEMENT_COUNTERS * sizeof(out[0]));
	for (size_t k = 0; k < STATEMENT_COUNTERS; k++)
		out[k] = out[k] < 0 ? 0 : out[k] > COUNTER_MAX ? COUNTER_MAX : out[k];
}

/* ---- the ring ---- */

static void drop_oldest(struct statement_deltas *d)
{
	struct interval *in = &d->ring[d->first];

	for (size_t i = 0; i < in->n; i++)
		for (size_t k = 0; k < STATEMENT_COUNTERS; k++)
			d->items[in->changes[i].item].window[k] -= in->changes[i].delta[k];
	d->window_us -= in->us;
	d->nchanges -= in->n;
	xfree(in->changes);
	*in = (struct interval){0};
	d->first = (d->first + 1) % STATEMENTS_INTERVALS_MAX;
	d->nring--;
}

static struct interval *add_interval(struct statement_deltas *d, int64_t us)
{
	struct interval *in;

	if (!d->ring)
		d->ring = xcalloc(STATEMENTS_INTERVALS_MAX, sizeof(d->ring[0]));
	if (d->nring == STATEMENTS_INTERVALS_MAX)
		drop_oldest(d);
	in = &d->ring[(d->first + d->nring++) % STATEMENTS_INTERVALS_MAX];
	in->us = us;
	d->window_us += us;
	d->interval_us = us;
	return in;
}

static struct change *add_change(struct statement_deltas *d, struct interval *in, uint32_t item)
{
	if (in->n == in->cap) {
		in->cap = in->cap ? in->cap * 2 : 64;
		in->changes = xrealloc_array(in->changes, in->cap, sizeof(in->changes[0]));
	}
	d->nchanges++;
	in->changes[in->n] = (struct change){.item = item};
	return &in->changes[in->n++];
}

static void let_old_ones_out(struct statement_deltas *d)
{
	while (d->nring > 1 &&
	       (d->window_us > STATEMENTS_WINDOW_US + WINDOW_SLACK_US || d->nchanges > STATEMENTS_CHANGES_MAX))
		drop_oldest(d);
}

/* ---- a read ---- */

static void find_rows(struct statement_deltas *d, const struct statements_read *r)
{
	ensure_room(d, r->n);
	d->row_item = xrealloc_array(d->row_item, r->n + 1, sizeof(d->row_item[0]));
	d->nrows = r->n;
	for (size_t i = 0; i < r->n; i++) {
		struct statement_key key = statement_key_of(&r->rows[i]);
		uint32_t at = find_item(d, &key);
		struct watched *w = &d->items[at];

		/* a key that is there twice names no row */
		d->row_item[i] = w->read == d->reads ? NO_ITEM : at;
		if (w->read == d->reads)
			continue;
		w->before = w->read;
		w->read = d->reads;
	}
}

static bool fell(const struct watched *w, const struct statement *row)
{
	int64_t now[STATEMENT_COUNTERS];

	counters_of(row, now);
	for (size_t k = 0; k < STATEMENT_COUNTERS; k++)
		if (now[k] < w->last[k])
			return true;
	return row->stats_since_at != w->since_us;
}

/* All leaders of the read before fell or are gone. */
static bool leaders_fell(const struct statement_deltas *d, const struct statements_read *r)
{
	size_t leaders = 0, fallen = 0, there = 0;

	for (size_t k = 0; k < 3; k++) {
		leaders += d->leaders[k] != 0;
		fallen += d->leaders[k] && d->items[d->leaders[k] - 1].read != d->reads;
	}
	for (size_t i = 0; i < r->n && there < leaders; i++)
		for (size_t k = 0; k < 3; k++)
			if (d->leaders[k] && d->row_item[i] == d->leaders[k] - 1) {
				there++;
				fallen += fell(&d->items[d->row_item[i]], &r->rows[i]);
			}
	return leaders > 0 && fallen == leaders;
}

/* What is known of resets since the read before. */
struct reset {
	bool whole; /* every counter started from zero after that read */
	bool seen;  /* there was one, whenever it was: what is gone was not thrown out to make room */
};

static struct reset look_for_reset(struct statement_deltas *d, const struct statements_read *r)
{
	bool told = r->reset_at_us && d->reset_at_us, fallen = leaders_fell(d, r);
	bool changed = told ? r->reset_at_us != d->reset_at_us : fallen;

	d->resets += changed;
	if (changed)
		d->reset_at_us = told ? r->reset_at_us : r->server_us;
	return (struct reset){
		.whole = changed && (!told || (r->reset_at_us > d->end_us && r->reset_at_us <= r->server_us)),
		.seen = changed || fallen,
	};
}

static bool is_hidden(const struct watched *w)
{
	return w->key.query_id == 0;
}

static void take_row(struct statement_deltas *d, const struct statement *row, uint32_t item, struct reset reset,
		     struct interval *in)
{
	static const int64_t none[STATEMENT_COUNTERS];
	struct watched *w = &d->items[item];
	bool again = w->before + 1 == d->reads, anew = reset.whole || !again || fell(w, row);
	int64_t now[STATEMENT_COUNTERS];
	struct change *c = NULL;

	counters_of(row, now);
	d->evicted += again && anew && !is_hidden(w) && !reset.seen;
	if (anew)
		memcpy(w->last, is_hidden(w) && !reset.whole ? now : none, sizeof(now));
	for (size_t k = 0; k < STATEMENT_COUNTERS; k++) {
		int64_t delta = now[k] - w->last[k];

		w->last[k] = now[k];
		if (delta <= 0)
			continue;
		if (!c)
			c = add_change(d, in, item);
		c->delta[k] = delta;
		w->window[k] += delta;
	}
	w->newest_calls = c ? c->delta[STATEMENT_COUNTER(calls)] : 0;
	w->newest_us = c ? c->delta[STATEMENT_COUNTER(total_us)] : 0;
}

static void take_first_row(struct watched *w, const struct statement *row)
{
	counters_of(row, w->last);
}

static void note_leaders(struct statement_deltas *d)
{
	memset(d->leaders, 0, sizeof(d->leaders));
	for (size_t i = 0; i < d->nrows; i++) {
		uint32_t mine = d->row_item[i] + 1;

		if (mine && is_hidden(&d->items[mine - 1]))
			continue;
		for (size_t k = 0; mine && k < 3; k++) {
			uint32_t other = d->leaders[k];

			if (other && d->items[other - 1].last[STATEMENT_COUNTER(calls)] >=
					     d->items[mine - 1].last[STATEMENT_COUNTER(calls)])
				continue;
			d->leaders[k] = mine;
			mine = other;
		}
	}
}

static void count_gone(struct statement_deltas *d)
{
	for (size_t i = 0; i < d->n; i++)
		d->evicted += d->items[i].read + 1 == d->reads && !is_hidden(&d->items[i]);
}

void statement_deltas_take(struct statement_deltas *d, const struct statements_read *r)
{
	int64_t us = r->server_us - d->server_us;
	struct reset reset = {false, false};
	bool first = d->reads++ == 0;
	struct interval *in = NULL;

	find_rows(d, r);
	if (first) {
		d->watched_since_us = r->at_us;
	} else {
		reset = look_for_reset(d, r);
		/* a server's clock may be set back */
		in = add_interval(d, us > 0 ? us : 1);
		if (!reset.seen)
			count_gone(d);
	}
	for (size_t i = 0; i < r->n; i++) {
		struct watched *w;

		if (d->row_item[i] == NO_ITEM)
			continue;
		w = &d->items[d->row_item[i]];
		if (w->before == 0 && !first)
			w->first_seen_us = r->at_us;
		if (first)
			take_first_row(w, &r->rows[i]);
		else
			take_row(d, &r->rows[i], d->row_item[i], reset, in);
		w->since_us = r->rows[i].stats_since_at;
	}
	let_old_ones_out(d);
	note_leaders(d);
	if (r->reset_at_us)
		d->reset_at_us = r->reset_at_us;
	d->before_us = d->at_us;
	d->at_us = r->at_us;
	d->server_us = r->server_us;
	d->end_us = r->server_us + r->took_us;
	if (d->n > r->n + GONE_MAX)
		forget_gone(d);
}

/* ---- answers ---- */

static const struct watched *item_of(const struct statement_deltas *d, size_t i)
{
	CHECK(i < d->nrows);
	return d->row_item[i] == NO_ITEM ? NULL : &d->items[d->row_item[i]];
}

const int64_t *statement_deltas_window(const struct statement_deltas *d, size_t i)
{
	const struct watched *w = item_of(d, i);

	return w && d->nring > 0 ? w->window : NULL;
}

bool statement_deltas_newest(const struct statement_deltas *d, size_t i, int64_t *ret_calls, int64_t *ret_us)
{
	const struct watched *w = item_of(d, i);

	if (!w || d->nring == 0)
		return false;
	*ret_calls = w->newest_calls;
	*ret_us = w->newest_us;
	return true;
}

int64_t statement_deltas_first_seen(const struct statement_deltas *d, size_t i)
{
	const struct watched *w = item_of(d, i);

	return w ? w->first_seen_us : 0;
}

int64_t statement_deltas_top_since(const struct statement_deltas *d, size_t i)
{
	const struct watched *w = item_of(d, i);

	return w ? w->top_since_us : 0;
}

static int64_t by_time(const struct watched *w, bool window)
{
	return !w ? -1 : window ? w->window[STATEMENT_COUNTER(total_us)] : w->last[STATEMENT_COUNTER(total_us)];
}

static int compare_time(uint32_t a, uint32_t b, void *ctx)
{
	const struct statement_deltas *d = ctx;

	for (int window = 1; window >= 0; window--) {
		int64_t ta = by_time(item_of(d, a), window), tb = by_time(item_of(d, b), window);

		if (ta != tb)
			return ta > tb ? -1 : 1;
	}
	return 0;
}

void statement_deltas_order(struct statement_deltas *d, uint32_t *index, uint32_t *scratch)
{
	double all = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		index[i] = (uint32_t)i;
		all += item_of(d, i) ? (double)item_of(d, i)->window[STATEMENT_COUNTER(total_us)] : 0;
	}
	sort_indices(index, scratch, d->nrows, compare_time, d);
	for (size_t place = 0; place < d->nrows; place++) {
		uint32_t item = d->row_item[index[place]];
		struct watched *w;

		if (item == NO_ITEM)
			continue;
		w = &d->items[item];
		if (place >= 2 * STATEMENTS_TOP || d->nring == 0 ||
		    (double)w->window[STATEMENT_COUNTER(total_us)] < all * STATEMENTS_TOP_SHARE || all <= 0)
			w->top_since_us = 0;
		else if (place < STATEMENTS_TOP && w->top_since_us == 0)
			w->top_since_us = d->before_us;
	}
}
