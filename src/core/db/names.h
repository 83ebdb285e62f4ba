/*
 * names.h: names of roles or databases by oid, as last heard from the server.
 *
 * Rows carry oids; name_book.h asks for the names that are not known. One thread.
 */
#ifndef DB_NAMES_H
#define DB_NAMES_H

#include "base/str.h"

#include <stdint.h>

/* Beyond this many the cache starts anew. */
#define NAMES_MAX 20000

/* Zeroed = empty. */
struct names {
	struct name *items; /* sorted by oid */
	size_t n, cap;
};

void names_release(struct names *names);
/* Remembers a copy of text for oid; replaces an earlier one. */
void names_put(struct names *names, int64_t oid, struct str text);
/* Valid until the next put. */
bool names_find(const struct names *names, int64_t oid, struct str *ret_text);

#endif
