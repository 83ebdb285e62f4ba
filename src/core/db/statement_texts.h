/*
 * statement_texts.h: texts of statements a lane has already received, by database and query id.
 *
 * The text of a query id does not change, so it crosses the network once. Every text has a
 * largest length and all of them together a largest size: when there is no room, those of
 * statements that are gone make it; if that is not enough, the new one is not kept. One thread.
 */
#ifndef DB_STATEMENT_TEXTS_H
#define DB_STATEMENT_TEXTS_H

#include "base/str.h"

#include <stdint.h>

/* Longest text that is asked for; the rest of a longer one is left on the server. */
#define STATEMENT_TEXT_CHARS 65536
#define STATEMENT_TEXTS_BYTES (4u << 20)
#define STATEMENT_TEXTS_MAX 40000

/* Zeroed = empty. */
struct statement_texts {
	struct statement_text *items;
	size_t n, cap;
	uint32_t *slots; /* hash: index + 1 */
	size_t mask;
	size_t bytes;
	uint32_t turn;
};

struct known_text {
	struct str text;    /* borrowed until the next put; ptr NULL: the server has lost it */
	int64_t full_bytes; /* of the whole text on the server */
};

void statement_texts_release(struct statement_texts *t);
/* Begins a read: what is not found from here on is gone. */
void statement_texts_begin(struct statement_texts *t);
/* Marks the statement as there. False = its text has not been received, or was not kept. */
bool statement_texts_find(struct statement_texts *t, int64_t database_oid, int64_t query_id,
			  struct known_text *ret_text);
/* Remembers a copy. False when there is no room even without the texts of what is gone. */
bool statement_texts_put(struct statement_texts *t, int64_t database_oid, int64_t query_id, struct known_text text);

#endif
