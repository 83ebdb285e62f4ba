/*
 * statement_texts.c: an array of texts and a hash of their keys.
 *
 * Making room drops every text that the present read has not asked for and makes the hash
 * anew; that is rare, so nothing is kept in order for it. A text that was lost on the
 * server is remembered as such, so that it is not asked for again and again.
 */
#include "db/statement_texts.h"

#include "base/xalloc.h"

struct statement_text {
	int64_t database_oid, query_id, full_bytes;
	char *text;
	size_t len;
	uint32_t turn; /* when it was last found */
};

/* What one costs beside its letters. */
#define OVERHEAD (sizeof(struct statement_text) + 2 * sizeof(uint32_t))

static uint32_t *slot_of(const struct statement_texts *t, int64_t database_oid, int64_t query_id)
{
	uint64_t h = ((uint64_t)query_id ^ (uint64_t)database_oid << 20) * UINT64_C(0x9E3779B97F4A7C15);
	size_t i = (size_t)(h >> 32) & t->mask;

	while (t->slots[i]) {
		const struct statement_text *item = &t->items[t->slots[i] - 1];

		if (item->query_id == query_id && item->database_oid == database_oid)
			break;
		i = (i + 1) & t->mask;
	}
	return &t->slots[i];
}

static void rehash(struct statement_texts *t)
{
	size_t size = 64;

	while (size < t->cap * 2)
		size *= 2;
	xfree(t->slots);
	t->slots = xcalloc(size, sizeof(t->slots[0]));
	t->mask = size - 1;
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->items[i].database_oid, t->items[i].query_id) = (uint32_t)i + 1;
}

void statement_texts_release(struct statement_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		xfree(t->items[i].text);
	xfree(t->items);
	xfree(t->slots);
	*t = (struct statement_texts){0};
}

void statement_texts_begin(struct statement_texts *t)
{
	t->turn++;
}

bool statement_texts_find(struct statement_texts *t, int64_t database_oid, int64_t query_id,
			  struct known_text *ret_text)
{
	uint32_t at = t->slots ? *slot_of(t, database_oid, query_id) : 0;
	struct statement_text *item;

	if (!at)
		return false;
	item = &t->items[at - 1];
	item->turn = t->turn;
	*ret_text = (struct known_text){{item->text, item->len}, item->full_bytes};
	return true;
}

static void drop_gone(struct statement_texts *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].turn == t->turn) {
			t->items[kept++] = t->items[i];
			continue;
		}
		t->bytes -= t->items[i].len + OVERHEAD;
		xfree(t->items[i].text);
	}
	t->n = kept;
	rehash(t);
}

static bool has_room(const struct statement_texts *t, size_t len)
{
	return t->n < STATEMENT_TEXTS_MAX && t->bytes + len + OVERHEAD <= STATEMENT_TEXTS_BYTES;
}

bool statement_texts_put(struct statement_texts *t, int64_t database_oid, int64_t query_id, struct known_text text)
{
	struct known_text known;

	if (statement_texts_find(t, database_oid, query_id, &known))
		return true;
	if (!has_room(t, text.text.len) && t->n > 0)
		drop_gone(t);
	if (!has_room(t, text.text.len))
		return false;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->items = xrealloc_array(t->items, t->cap, sizeof(t->items[0]));
		rehash(t);
	}
	t->items[t->n] = (struct statement_text){
		.database_oid = database_oid,
		.query_id = query_id,
		.full_bytes = text.full_bytes,
		.text = text.text.ptr ? xstrndup(text.text.ptr, text.text.len) : NULL,
		.len = text.text.len,
		.turn = t->turn,
	};
	t->bytes += text.text.len + OVERHEAD;
	*slot_of(t, database_oid, query_id) = (uint32_t)++t->n;
	return true;
}
