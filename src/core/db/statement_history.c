/*
 * statement_history.c: a shared ring of times, and a ring of figures for each followed statement.
 *
 * Who leads is decided per counter over the newest interval by one pass that keeps a short
 * list, so the work is proportional to the rows that changed. A track is given away only
 * when all are taken: the one that has not led for longest goes first.
 */
#include "db/statement_history.h"

#include "base/xalloc.h"

#include <math.h>

#define LEADERS 10

struct track {
	struct statement_key key;
	uint32_t led; /* turn in which it last led, 0 = free */
	float calls[STATEMENT_POINTS], sessions[STATEMENT_POINTS];
};

static const size_t measures[] = {
	STATEMENT_COUNTER(total_us),
	STATEMENT_COUNTER(calls),
	STATEMENT_COUNTER(rows),
	STATEMENT_COUNTER(shared_blks_read),
	STATEMENT_COUNTER(temp_blks_written),
	STATEMENT_COUNTER(wal_bytes),
};

void statement_history_release(struct statement_history *h)
{
	xfree(h->tracks);
	xfree(h->at);
	*h = (struct statement_history){0};
}

static bool same_key(const struct statement_key *a, const struct statement_key *b)
{
	return a->query_id == b->query_id && a->database_oid == b->database_oid && a->user_oid == b->user_oid &&
	       a->toplevel == b->toplevel;
}

/* Starts the next point with nothing known of anybody; returns its place. */
static size_t next_point(struct statement_history *h, int64_t at_us)
{
	size_t place;

	if (!h->tracks) {
		h->tracks = xcalloc(STATEMENT_TRACKS, sizeof(h->tracks[0]));
		h->at = xcalloc(STATEMENT_POINTS, sizeof(h->at[0]));
	}
	if (h->n < STATEMENT_POINTS)
		h->n++;
	else
		h->first = (h->first + 1) % STATEMENT_POINTS;
	place = (h->first + h->n - 1) % STATEMENT_POINTS;
	h->at[place] = at_us;
	for (size_t i = 0; i < STATEMENT_TRACKS; i++)
		h->tracks[i].calls[place] = h->tracks[i].sessions[place] = NAN;
	return place;
}

static struct track *track_of(struct statement_history *h, const struct statement_key *key)
{
	for (size_t i = 0; i < STATEMENT_TRACKS; i++)
		if (h->tracks[i].led && same_key(&h->tracks[i].key, key))
			return &h->tracks[i];
	return NULL;
}

static void follow(struct statement_history *h, const struct statement_key *key)
{
	struct track *t = track_of(h, key);

	if (!t) {
		t = &h->tracks[0];
		for (size_t i = 1; i < STATEMENT_TRACKS; i++)
			if (h->tracks[i].led < t->led)
				t = &h->tracks[i];
		t->key = *key;
		for (size_t i = 0; i < STATEMENT_POINTS; i++)
			t->calls[i] = t->sessions[i] = NAN;
	}
	t->led = h->turn;
}

/* The rows with most of one counter in the window, most first; returns how many. */
static size_t find_leaders(const struct statement_deltas *d, size_t counter, size_t out[LEADERS])
{
	int64_t most[LEADERS];
	size_t n = 0;

	for (size_t i = 0; i < d->nrows; i++) {
		const int64_t *w = statement_deltas_window(d, i);
		size_t place = n;

		if (!w || w[counter] <= 0 || (n == LEADERS && w[counter] <= most[n - 1]))
			continue;
		n += n < LEADERS;
		if (place == LEADERS)
			place--;
		for (; place > 0 && most[place - 1] < w[counter]; place--) {
			most[place] = most[place - 1];
			out[place] = out[place - 1];
		}
		most[place] = w[counter];
		out[place] = i;
	}
	return n;
}

void statement_history_add(struct statement_history *h, const struct statement_deltas *d, const struct statement *rows)
{
	/* the time of a point is the beginning of what it stands for */
	size_t place = next_point(h, d->before_us);
	double seconds = (double)d->interval_us / (double)US_PER_S;

	h->turn++;
	for (size_t m = 0; m < ARRAY_LEN(measures); m++) {
		size_t leaders[LEADERS], n = find_leaders(d, measures[m], leaders);

		for (size_t k = 0; k < n; k++) {
			struct statement_key key = statement_key_of(&rows[leaders[k]]);

			follow(h, &key);
		}
	}
	for (size_t i = 0; i < d->nrows; i++) {
		struct statement_key key = statement_key_of(&rows[i]);
		struct track *t = track_of(h, &key);
		int64_t calls, us;

		if (!t || !statement_deltas_newest(d, i, &calls, &us))
			continue;
		t->calls[place] = (float)((double)calls / seconds);
		t->sessions[place] = (float)((double)us / (double)US_PER_S / seconds);
	}
}

void statement_history_gap(struct statement_history *h, int64_t at_us)
{
	(void)next_point(h, at_us);
}

struct str statement_object(struct arena *a, const struct statement_key *key)
{
	return arena_fmt(a, "%lld:%lld:%lld:%lld", (long long)key->user_oid, (long long)key->database_oid,
			 (long long)key->query_id, (long long)key->toplevel);
}

enum figure { FIGURE_CALLS, FIGURE_SESSIONS, FIGURE_MEAN, FIGURE__COUNT };

static double figure_at(const struct track *t, size_t place, enum figure f)
{
	double calls = (double)t->calls[place], sessions = (double)t->sessions[place];

	if (f == FIGURE_CALLS)
		return calls;
	if (f == FIGURE_SESSIONS)
		return sessions;
	return calls > 0 ? sessions / calls * (double)US_PER_S : (double)NAN;
}

static void publish_figure(const struct statement_history *h, const struct track *t, enum figure f, struct arena *a,
			   struct series *out)
{
	static const char *const metrics[FIGURE__COUNT] = {"calls", "sessions", "mean_us"};

	*out = (struct series){.metric = str_c(metrics[f]), .statistic = STR("Average"), .period_us = 10 * US_PER_S};
	out->at = arena_alloc_array(a, h->n, sizeof(out->at[0]));
	out->value = arena_alloc_array(a, h->n, sizeof(out->value[0]));
	for (size_t i = 0; i < h->n; i++) {
		size_t place = (h->first + i) % STATEMENT_POINTS;
		double v = figure_at(t, place, f);

		if (isnan(v))
			continue;
		out->at[out->n] = h->at[place];
		out->value[out->n++] = v;
	}
}

void statement_history_publish(const struct statement_history *h, struct arena *a, struct series_set *ret_set)
{
	*ret_set = (struct series_set){0};
	if (h->n == 0)
		return;
	ret_set->items = arena_alloc_array(a, STATEMENT_TRACKS * FIGURE__COUNT, sizeof(ret_set->items[0]));
	for (size_t i = 0; i < STATEMENT_TRACKS; i++) {
		struct str object;

		if (h->tracks[i].led == 0)
			continue;
		object = statement_object(a, &h->tracks[i].key);
		for (int f = 0; f < FIGURE__COUNT; f++) {
			struct series *s = &ret_set->items[ret_set->n++];

			publish_figure(h, &h->tracks[i], (enum figure)f, a, s);
			s->object = object;
		}
	}
}
