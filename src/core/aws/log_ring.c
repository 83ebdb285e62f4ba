/*
 * log_ring.c: a sorted array that new lines are merged into.
 *
 * Lines of one moment keep the order they came in: the stderr format has whole seconds, and a DETAIL
 * must stay behind its ERROR. Known ones are looked for among the lines of the same moment only.
 */
#include "aws/log_ring.h"

#include "base/sort.h"
#include "base/utf8.h"
#include "base/xalloc.h"

struct log_kept {
	char *text; /* then id and node in the same block */
	size_t text_len, id_len, node_len;
	int64_t at_us;
};

static struct str id_of(const struct log_kept *k)
{
	return (struct str){k->text + k->text_len, k->id_len};
}

static size_t size_of(const struct log_kept *k)
{
	return k->text_len + k->id_len + k->node_len + sizeof(*k);
}

void log_ring_release(struct log_ring *r)
{
	for (size_t i = 0; i < r->n; i++)
		xfree(r->items[i].text);
	xfree(r->items);
	*r = (struct log_ring){.n = 0};
}

struct log_line log_ring_line(const struct log_ring *r, size_t i)
{
	const struct log_kept *k = &r->items[i];

	return (struct log_line){.text = {k->text, k->text_len},
				 .event_id = id_of(k),
				 .node = {k->text + k->text_len + k->id_len, k->node_len},
				 .at_us = k->at_us};
}

static struct log_kept keep(const struct log_line *l)
{
	struct str text = str_sub(l->text, 0, utf8_prefix(l->text, LOG_RING_LINE_MAX));
	struct str id = str_sub(l->event_id, 0, 256), node = str_sub(l->node, 0, 256);
	struct log_kept k = {.text_len = text.len, .id_len = id.len, .node_len = node.len, .at_us = l->at_us};

	k.text = xalloc(text.len + id.len + node.len + 1);
	memcpy(k.text, text.ptr ? text.ptr : "", text.len);
	memcpy(k.text + text.len, id.ptr ? id.ptr : "", id.len);
	memcpy(k.text + text.len + id.len, node.ptr ? node.ptr : "", node.len);
	return k;
}

static int by_time(uint32_t a, uint32_t b, void *ctx)
{
	const struct log_line *lines = ctx;

	return (lines[a].at_us > lines[b].at_us) - (lines[a].at_us < lines[b].at_us);
}

/* Is it among the last n of items that are of its moment? */
static bool known(const struct log_kept *items, size_t n, const struct log_line *l)
{
	for (; n > 0 && items[n - 1].at_us == l->at_us; n--)
		if (str_eq(id_of(&items[n - 1]), str_sub(l->event_id, 0, 256)))
			return true;
	return false;
}

/* Drops the first n. */
static void drop(struct log_ring *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r->bytes -= size_of(&r->items[i]);
		xfree(r->items[i].text);
	}
	memmove(r->items, r->items + n, (r->n - n) * sizeof(*r->items));
	r->n -= n;
}

static void enforce_limits(struct log_ring *r)
{
	size_t bytes = r->bytes, n = 0;

	while (r->n - n > LOG_RING_LINES_MAX || (bytes > LOG_RING_BYTES_MAX && n < r->n))
		bytes -= size_of(&r->items[n++]);
	if (n == 0)
		return;
	drop(r, n);
	r->overflowed = true;
}

void log_ring_add(struct log_ring *r, const struct log_line *lines, size_t n)
{
	struct log_kept *merged;
	uint32_t *order, *scratch;
	size_t old = 0, out = 0;

	if (n == 0)
		return;
	merged = xcalloc(r->n + n, sizeof(*merged));
	order = xcalloc(n, sizeof(*order));
	scratch = xcalloc(n, sizeof(*scratch));
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	sort_indices(order, scratch, n, by_time, (void *)(uintptr_t)lines);
	for (size_t i = 0; i < n; i++) {
		const struct log_line *l = &lines[order[i]];

		while (old < r->n && r->items[old].at_us <= l->at_us)
			merged[out++] = r->items[old++];
		if (known(merged, out, l))
			continue;
		merged[out] = keep(l);
		r->bytes += size_of(&merged[out++]);
	}
	while (old < r->n)
		merged[out++] = r->items[old++];
	xfree(order);
	xfree(scratch);
	xfree(r->items);
	r->items = merged;
	r->n = out;
	enforce_limits(r);
}

void log_ring_trim(struct log_ring *r, int64_t from_us)
{
	size_t n = 0;

	while (n < r->n && r->items[n].at_us < from_us)
		n++;
	if (n > 0)
		drop(r, n);
}
