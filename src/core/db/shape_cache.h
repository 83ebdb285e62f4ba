/*
 * shape_cache.h: statements without their values, made once per statement.
 *
 * The shape (sql_shape) of a statement is kept as long as each sample has it: by query id, or by the
 * text where the server computes none. One refresh = begin, lookups, end; what was not
 * looked up in between is forgotten, so the cache is never larger than one sample. One thread.
 */
#ifndef DB_SHAPE_CACHE_H
#define DB_SHAPE_CACHE_H

#include "base/str.h"

#include <stdint.h>

struct shape_entry;

struct shape_table {
	struct shape_entry *slots;
	size_t mask; /* number of slots - 1, a power of two */
};

/* Zeroed = empty. */
struct shape_cache {
	struct shape_table now, before;
};

void shape_cache_release(struct shape_cache *c);
/* Starts a refresh of at most nrows lookups. */
void shape_cache_begin(struct shape_cache *c, size_t nrows);
/* Shape of a statement; "" when its text is not known ("") and its id was not seen with one. Valid until the next
 * begin. */
struct str shape_cache_get(struct shape_cache *c, int64_t query_id, struct str text);
void shape_cache_end(struct shape_cache *c);

#endif
