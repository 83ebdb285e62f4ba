/*
 * text_cache.c: two hash tables by pid, the one being filled and the previous one.
 *
 * Open addressing, linear probing, at most half full; entries are never deleted, they
 * move from the previous table to the new one or die with it. A pid occurs once in each
 * table: a process runs one statement at a time.
 */
#include "db/text_cache.h"

#include "base/check.h"
#include "base/xalloc.h"

struct text_entry {
	struct text_key key; /* pid 0 = free */
	char *text;
	size_t len;
};

static struct text_entry *slot_of(const struct text_table *t, int64_t pid)
{
	size_t i;

	if (!t->slots)
		return NULL;
	i = ((uint64_t)pid * UINT64_C(0x9E3779B97F4A7C15) >> 32) & t->mask;
	while (t->slots[i].key.pid != 0 && t->slots[i].key.pid != pid)
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static void release_table(struct text_table *t)
{
	for (size_t i = 0; t->slots && i <= t->mask; i++)
		xfree(t->slots[i].text);
	xfree(t->slots);
	*t = (struct text_table){0};
}

void text_cache_release(struct text_cache *c)
{
	release_table(&c->now);
	release_table(&c->before);
}

void text_cache_begin(struct text_cache *c, size_t nrows)
{
	size_t cap = 16;

	while (cap < nrows * 2)
		cap *= 2;
	release_table(&c->before);
	c->before = c->now;
	c->now.slots = xcalloc(cap, sizeof(c->now.slots[0]));
	c->now.mask = cap - 1;
}

void text_cache_store(struct text_cache *c, struct text_key key, struct str text)
{
	struct text_entry *e = slot_of(&c->now, key.pid);

	CHECK(e && key.pid != 0);
	xfree(e->text);
	*e = (struct text_entry){.key = key, .text = xstrndup(text.ptr, text.len), .len = text.len};
}

static bool same_key(const struct text_key *a, const struct text_key *b)
{
	return a->pid == b->pid && a->backend_start_us == b->backend_start_us && a->query_start_us == b->query_start_us;
}

bool text_cache_find(struct text_cache *c, struct text_key key, struct str *ret_text)
{
	struct text_entry *here = slot_of(&c->now, key.pid), *old = slot_of(&c->before, key.pid);

	if (here && here->key.pid == 0 && old && same_key(&old->key, &key)) {
		*here = *old;
		old->text = NULL;
		old->key.query_start_us = INT64_MIN;
	}
	if (!here || !same_key(&here->key, &key))
		return false;
	*ret_text = (struct str){here->text, here->len};
	return true;
}

void text_cache_end(struct text_cache *c)
{
	release_table(&c->before);
}
