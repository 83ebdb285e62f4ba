/*
 * shape_cache.c: two hash tables by a 64-bit mark of the statement, as in text_cache.c.
 *
 * The mark of a text is a hash of all its bytes: two texts that share it would be counted as one
 * statement, which 64 bits make unlikely enough for a chart.
 */
#include "db/shape_cache.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "model/sqlshape.h"

struct shape_entry {
	uint64_t mark; /* 0 = free */
	char *shape;
	size_t len;
};

static struct shape_entry *slot_of(const struct shape_table *t, uint64_t mark)
{
	size_t i;

	if (!t->slots)
		return NULL;
	i = (size_t)(mark >> 20) & t->mask;
	while (t->slots[i].mark != 0 && t->slots[i].mark != mark)
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static void release_table(struct shape_table *t)
{
	for (size_t i = 0; t->slots && i <= t->mask; i++)
		xfree(t->slots[i].shape);
	xfree(t->slots);
	*t = (struct shape_table){0};
}

void shape_cache_release(struct shape_cache *c)
{
	release_table(&c->now);
	release_table(&c->before);
}

void shape_cache_begin(struct shape_cache *c, size_t nrows)
{
	size_t cap = 16;

	while (cap < nrows * 2)
		cap *= 2;
	release_table(&c->before);
	c->before = c->now;
	c->now = (struct shape_table){.slots = xcalloc(cap, sizeof(c->now.slots[0])), .mask = cap - 1};
}

static uint64_t mark_of(int64_t query_id, struct str text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	if (query_id != 0)
		return ((uint64_t)query_id ^ UINT64_C(0x9E3779B97F4A7C15)) | 1;
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
	return (h ^ h >> 29) | 1;
}

static void make_shape(struct shape_entry *e, struct str text)
{
	struct buf b;

	buf_init(&b, 2 * SQL_SHAPE_MAX + text.len);
	sql_shape(&b, text);
	xfree(e->shape);
	buf_c(&b);
	e->shape = buf_take(&b, &e->len);
	buf_release(&b);
}

struct str shape_cache_get(struct shape_cache *c, int64_t query_id, struct str text)
{
	uint64_t mark = mark_of(query_id, text);
	struct shape_entry *here = slot_of(&c->now, mark), *old = slot_of(&c->before, mark);

	CHECK(here);
	if (here->mark == 0) {
		if (old && old->mark == mark && old->shape) {
			*here = *old;
			old->shape = NULL;
		}
		here->mark = mark;
	}
	if (here->len == 0 && text.len > 0)
		make_shape(here, text);
	return (struct str){here->shape, here->len};
}

void shape_cache_end(struct shape_cache *c)
{
	release_table(&c->before);
}
