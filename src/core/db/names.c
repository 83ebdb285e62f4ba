/* names.c: a sorted array; there are dozens of names, rarely hundreds, and they hardly change. */
#include "db/names.h"

#include "base/xalloc.h"

struct name {
	int64_t oid;
	char *text;
	size_t len;
};

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		xfree(names->items[i].text);
	xfree(names->items);
	*names = (struct names){0};
}

/* Place of oid, or where it belongs. */
static size_t place_of(const struct names *names, int64_t oid)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (names->items[mid].oid < oid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void names_put(struct names *names, int64_t oid, struct str text)
{
	size_t at;

	if (names->n >= NAMES_MAX)
		names_release(names);
	at = place_of(names, oid);
	if (at == names->n || names->items[at].oid != oid) {
		if (names->n == names->cap) {
			names->cap = names->cap ? names->cap * 2 : 16;
			names->items = xrealloc_array(names->items, names->cap, sizeof(names->items[0]));
		}
		memmove(names->items + at + 1, names->items + at, (names->n - at) * sizeof(names->items[0]));
		names->items[at] = (struct name){.oid = oid};
		names->n++;
	}
	xfree(names->items[at].text);
	names->items[at].text = xstrndup(text.ptr, text.len);
	names->items[at].len = text.len;
}

bool names_find(const struct names *names, int64_t oid, struct str *ret_text)
{
	size_t at = place_of(names, oid);

	if (at == names->n || names->items[at].oid != oid)
		return false;
	*ret_text = (struct str){names->items[at].text, names->items[at].len};
	return true;
}
