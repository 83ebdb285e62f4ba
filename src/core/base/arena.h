/*
 * arena.h: many allocations with one lifetime.
 *
 * An arena hands out zeroed, 16-byte aligned memory and frees all of it at once.
 * It belongs to one thread until arena_seal(); a sealed arena is read-only and
 * may be read by any thread. In builds with ARENA_PROTECT the pages of a sealed
 * arena are write-protected, so a late write crashes where it happens.
 * The limit bounds the sum of all allocations; exceeding it is a BUG, because
 * callers cap what comes from outside first (arena_room tells what is left).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/check.h"
#include "base/str.h"

struct arena;

/* max is the most bytes it may hand out; first is a hint for the first chunk. Caller frees. */
struct arena *arena_new(size_t first, size_t max);
/* Frees everything; accepts NULL. */
void arena_free(struct arena *a);
void *arena_alloc(struct arena *a, size_t n);
void *arena_alloc_array(struct arena *a, size_t n, size_t size);
/* Copy of s inside the arena. */
struct str arena_str(struct arena *a, struct str s);
/* NUL-terminated copy inside the arena. */
char *arena_strz(struct arena *a, struct str s);
struct str arena_fmt(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Bytes that may still be allocated. */
size_t arena_room(const struct arena *a);
/* Bytes handed out so far. */
size_t arena_used(const struct arena *a);
/* No more allocations; pages become read-only where ARENA_PROTECT is set. */
void arena_seal(struct arena *a);

#endif
