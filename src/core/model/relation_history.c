/*
 * relation_history.c: see relation_history.h.
 *
 * A column of sizes for each relation, a row for each sample; -1 where a relation was not listed. While the
 * newest sample is younger than a minute beside the one before it, the next one takes its place, so that a refresh that
 * is asked for again and again pushes nothing out. Relations stay in
 * the table after they are gone, because their shrinking to nothing is a change, too.
 */
#include "model/relation_history.h"

#include "base/xalloc.h"
#include "model/data.h"

#include <stdio.h>

#define ABSENT (-1)
#define BYTES_MAX (INT64_C(1) << 52) /* more than any volume; a thousand of them can be added */
#define OF_MAX 2400
#define SAMPLES_FIRST 16 /* room to begin with: there may be a thousand columns, and few samples for hours */

struct column {
	char *name;
	int64_t *bytes; /* `room` of them */
};

struct sample {
	int64_t at_us;
	bool whole; /* all relations of the database were listed */
};

struct relation_history {
	char of[OF_MAX], database[256];
	struct column *columns[RELATION_NAMES_MAX];
	size_t ncolumns, n, room;
	struct sample samples[RELATION_SAMPLES_MAX];
};

struct relation_history *relation_history_new(void)
{
	return xcalloc(1, sizeof(struct relation_history));
}

static void forget(struct relation_history *h)
{
	for (size_t i = 0; i < h->ncolumns; i++) {
		xfree(h->columns[i]->name);
		xfree(h->columns[i]->bytes);
		xfree(h->columns[i]);
	}
	h->ncolumns = h->n = h->room = 0;
}

void relation_history_free(struct relation_history *h)
{
	if (h)
		forget(h);
	xfree(h);
}

static void grow(struct relation_history *h)
{
	h->room = h->room ? 2 * h->room : SAMPLES_FIRST;
	for (size_t i = 0; i < h->ncolumns; i++)
		h->columns[i]->bytes = xrealloc_array(h->columns[i]->bytes, h->room, sizeof *h->columns[i]->bytes);
}

/* Every second sample of the older half goes. */
static void thin_out(struct relation_history *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (i < h->n / 2 && i % 2 == 1)
			continue;
		h->samples[kept] = h->samples[i];
		for (size_t c = 0; c < h->ncolumns; c++)
			h->columns[c]->bytes[kept] = h->columns[c]->bytes[i];
		kept++;
	}
	h->n = kept;
}

/* Relations come largest first and keep that order from sample to sample, so the search mostly ends at `hint`. */
static struct column *column_of(struct relation_history *h, struct str name, size_t hint)
{
	struct column *c;

	if (hint < h->ncolumns && str_eq_c(name, h->columns[hint]->name))
		return h->columns[hint];
	for (size_t i = 0; i < h->ncolumns; i++)
		if (str_eq_c(name, h->columns[i]->name))
			return h->columns[i];
	if (h->ncolumns == RELATION_NAMES_MAX)
		return NULL;
	c = h->columns[h->ncolumns++] = xcalloc(1, sizeof *c);
	c->name = xstrndup(name.ptr, name.len);
	c->bytes = xrealloc_array(NULL, h->room, sizeof *c->bytes);
	/* the sample that is being added among them */
	for (size_t i = 0; i <= h->n; i++)
		c->bytes[i] = ABSENT;
	return c;
}

/* The row of the newest sample, whose place has room. */
static void take_sizes(struct relation_history *h, const struct snapshot *s)
{
	for (size_t c = 0; c < h->ncolumns; c++)
		h->columns[c]->bytes[h->n] = ABSENT;
	for (size_t i = 0; i < s->nrows; i++) {
		struct str name = data_str(s, i, "relation");
		struct column *c = name.len > 0 ? column_of(h, name, i) : NULL;
		int64_t bytes = data_i64(s, i, "total_bytes", ABSENT);

		/* below zero is no size, and so large that sums end is none either */
		if (c && bytes >= 0 && bytes < BYTES_MAX)
			c->bytes[h->n] = bytes;
	}
}

void relation_history_add(struct relation_history *h, const char *of, const struct snapshot *s)
{
	struct str database = data_str(s, 0, "database");

	if (strcmp(h->of, of) != 0 || (s->nrows > 0 && !str_eq_c(database, h->database)))
		forget(h);
	(void)snprintf(h->of, sizeof h->of, "%s", of);
	(void)snprintf(h->database, sizeof h->database, STR_FMT, STR_ARG(database));
	if (s->nrows == 0 || (h->n > 0 && s->at_us <= h->samples[h->n - 1].at_us))
		return;
	if (h->n > 1 && h->samples[h->n - 1].at_us - h->samples[h->n - 2].at_us < RELATION_SAMPLE_REST_US)
		h->n--;
	if (h->n == RELATION_SAMPLES_MAX)
		thin_out(h);
	else if (h->n == h->room)
		grow(h);
	take_sizes(h, s);
	h->samples[h->n++] = (struct sample){s->at_us, data_i64(s, 0, "relations", INT64_MAX) <= (int64_t)s->nrows};
}

int64_t relation_history_since(const struct relation_history *h)
{
	return h->n > 0 ? h->samples[0].at_us : 0;
}

/* Newest sample at or before a time; the oldest when all are younger. */
static size_t sample_at(const struct relation_history *h, int64_t at)
{
	size_t i = h->n;

	while (i > 1 && h->samples[i - 1].at_us > at)
		i--;
	return i - 1;
}

/* Into its place among the largest. */
static void take(struct relation_growths *g, struct relation_growth x)
{
	size_t at = g->n < RELATION_GROWTH_MAX ? g->n++ : RELATION_GROWTH_MAX - 1;

	if (g->n == RELATION_GROWTH_MAX && at == RELATION_GROWTH_MAX - 1 && g->items[at].relation &&
	    g->items[at].bytes >= x.bytes)
		return;
	while (at > 0 && g->items[at - 1].bytes < x.bytes) {
		g->items[at] = g->items[at - 1];
		at--;
	}
	g->items[at] = x;
}

/* The two samples; false: it is one, or none. */
static bool choose(const struct relation_history *h, int64_t from, int64_t to, size_t *ret_first, size_t *ret_last)
{
	if (h->n < 2)
		return false;
	*ret_first = sample_at(h, from);
	*ret_last = sample_at(h, to);
	return *ret_first < *ret_last;
}

/* Change of one relation between two samples; false: not known. Not listed is not nothing, where only the largest are
 * listed. */
static bool change(const struct relation_history *h, const struct column *c, size_t first, size_t last,
		   struct relation_growth *ret_growth)
{
	int64_t before = c->bytes[first], after = c->bytes[last];
	bool appeared = before == ABSENT, gone = after == ABSENT;

	if ((appeared && gone) || (appeared && !h->samples[first].whole) || (gone && !h->samples[last].whole))
		return false;
	before = appeared ? 0 : before;
	after = gone ? 0 : after;
	*ret_growth = (struct relation_growth){c->name, after - before, appeared};
	return true;
}

bool relation_history_growth(const struct relation_history *h, struct str relation, int64_t from, int64_t to,
			     int64_t *ret_bytes)
{
	struct relation_growth g;
	size_t first, last;

	if (!choose(h, from, to, &first, &last))
		return false;
	for (size_t i = 0; i < h->ncolumns; i++) {
		if (!str_eq_c(relation, h->columns[i]->name) || !change(h, h->columns[i], first, last, &g))
			continue;
		*ret_bytes = g.bytes;
		return true;
	}
	return false;
}

bool relation_history_between(const struct relation_history *h, int64_t from, int64_t to,
			      struct relation_growths *ret_growths)
{
	struct relation_growths g = {0};
	struct relation_growth x;
	size_t first, last;

	if (!choose(h, from, to, &first, &last))
		return false;
	g.from_us = h->samples[first].at_us;
	g.to_us = h->samples[last].at_us;
	for (size_t c = 0; c < h->ncolumns; c++) {
		if (!change(h, h->columns[c], first, last, &x) || x.bytes == 0)
			continue;
		g.bytes += x.bytes;
		g.changed++;
		if (x.bytes > 0)
			take(&g, x);
	}
	*ret_growths = g;
	return true;
}
