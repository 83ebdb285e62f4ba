/*
 * text_cache.h: statement texts a lane has already received.
 *
 * The text of a running statement does not change, so it crosses the network once: the
 * sampler asks only for texts of statements that began since its previous sample and
 * finds the others here. A text belongs to (pid, backend start, query start). One
 * refresh = begin, one lookup or store per row, end; what was not touched in between is
 * forgotten, so the cache is never larger than one sample. One thread.
 */
#ifndef DB_TEXT_CACHE_H
#define DB_TEXT_CACHE_H

#include "base/str.h"

#include <stdint.h>

struct text_key {
	int64_t pid, backend_start_us, query_start_us;
};

struct text_table {
	struct text_entry *slots;
	size_t mask; /* number of slots - 1, a power of two */
};

/* Zeroed = empty. */
struct text_cache {
	struct text_table now, before;
};

void text_cache_release(struct text_cache *c);
/* Starts a refresh of at most nrows rows. */
void text_cache_begin(struct text_cache *c, size_t nrows);
/* Remembers a text that was sent (copied). At most once per pid and refresh. */
void text_cache_store(struct text_cache *c, struct text_key key, struct str text);
/* A text from an earlier refresh, kept on; or one stored in this refresh. False = not known. Valid until the next
 * begin. */
bool text_cache_find(struct text_cache *c, struct text_key key, struct str *ret_text);
/* Ends the refresh: forgets what was not touched. */
void text_cache_end(struct text_cache *c);

#endif
