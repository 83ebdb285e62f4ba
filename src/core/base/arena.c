/*
 * arena.c: a list of chunks, filled from the newest.
 *
 * The first chunk is allocated with the first request; each next one is twice as
 * large up to CHUNK_MAX. A request larger than the next chunk gets a chunk of its
 * own, filed behind the newest so that the newest goes on being filled.
 * Accounting counts the bytes asked for, not padding, so a caller that checked
 * arena_room() always succeeds. Strings are packed without alignment.
 *
 * A console builds and drops snapshots of the same size all day. Large chunks that were dropped are kept for the next
 * snapshot, POOL_BYTES at most, since giving pages back and asking for them again costs more than filling them; all
 * threads share that pool.
 *
 * With ARENA_PROTECT chunks are whole pages from mmap: sealing write-protects them
 * and freeing unmaps them, so both a late write and a late read crash at once.
 */
#include "base/arena.h"

#include "base/xalloc.h"

#include <stdarg.h>
#ifdef ARENA_PROTECT
#include <sys/mman.h>
#else
#include <pthread.h>
#endif

#define ALIGNMENT 16
#define CHUNK_FIRST 4096u
#define CHUNK_MAX (1u << 20)

struct chunk {
	struct chunk *next;
	size_t size; /* of the whole chunk, with this header */
	size_t used; /* with this header */
	size_t unused_;
};

_Static_assert(sizeof(struct chunk) % ALIGNMENT == 0, "memory after the header is aligned");

struct arena {
	struct chunk *newest;
	size_t next_size; /* of the next ordinary chunk */
	size_t max, handed_out;
	bool sealed;
};

#ifdef ARENA_PROTECT
static struct chunk *chunk_new(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = (size + page - 1) / page * page;
	struct chunk *c = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		BUG("arena: no memory for %zu bytes", whole);
	c->size = whole;
	c->used = sizeof(*c);
	return c;
}

static void chunk_free(struct chunk *c)
{
	munmap(c, c->size);
}

static void chunk_seal(struct chunk *c)
{
	if (mprotect(c, c->size, PROT_READ) != 0)
		BUG("arena: cannot write-protect %zu bytes", c->size);
}
#else
#define POOL_BYTES (384u << 10)
#define POOLED_MIN (32u << 10) /* smaller ones cost nothing worth it */

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static struct chunk *pool; /* newest first */
static size_t pool_bytes;

/* One that fits and is not much larger, or NULL. */
static struct chunk *pool_take(size_t size)
{
	struct chunk *c, **at;

	(void)pthread_mutex_lock(&pool_lock);
	for (at = &pool; *at && ((*at)->size < size || (*at)->size / 2 > size); at = &(*at)->next)
		;
	c = *at;
	if (c) {
		*at = c->next;
		pool_bytes -= c->size;
	}
	(void)pthread_mutex_unlock(&pool_lock);
	return c;
}

/* Takes the list after *at out of the pool. */
static struct chunk *cut_pool(struct chunk **at)
{
	struct chunk *rest = *at;

	*at = NULL;
	for (struct chunk *c = rest; c; c = c->next)
		pool_bytes -= c->size;
	return rest;
}

static void pool_put(struct chunk *c)
{
	size_t kept = 0;
	struct chunk *rest, **at;

	(void)pthread_mutex_lock(&pool_lock);
	c->next = pool;
	pool = c;
	pool_bytes += c->size;
	for (at = &pool; *at && kept + (*at)->size <= POOL_BYTES; at = &(*at)->next)
		kept += (*at)->size;
	rest = cut_pool(at);
	(void)pthread_mutex_unlock(&pool_lock);
	for (struct chunk *next; rest; rest = next) {
		next = rest->next;
		xfree(rest);
	}
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *c = size < POOLED_MIN ? NULL : pool_take(size);

	if (c) {
		c->next = NULL;
		memset(c + 1, 0, c->used - sizeof(*c));
	} else {
		c = xalloc(size);
		c->size = size;
	}
	c->used = sizeof(*c);
	return c;
}

static void chunk_free(struct chunk *c)
{
	if (c->size < POOLED_MIN)
		xfree(c);
	else
		pool_put(c);
}

static void chunk_seal(struct chunk *c)
{
	(void)c;
}
#endif

struct arena *arena_new(size_t first, size_t max)
{
	struct arena *a = xalloc(sizeof(*a));

	if (first < CHUNK_FIRST / 4)
		first = CHUNK_FIRST;
	a->next_size = first > CHUNK_MAX ? CHUNK_MAX : first;
	a->max = max < SIZE_MAX / 2 ? max : SIZE_MAX / 2;
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->newest, *next; c; c = next) {
		next = c->next;
		chunk_free(c);
	}
	xfree(a);
}

static size_t chunk_room(const struct chunk *c, size_t align)
{
	size_t start = (c->used + align - 1) / align * align;

	return start < c->size ? c->size - start : 0;
}

/* A chunk with room for n aligned bytes. */
static struct chunk *chunk_for(struct arena *a, size_t n, size_t align)
{
	struct chunk *c = a->newest;

	if (c && chunk_room(c, align) >= n)
		return c;
	if (n > a->next_size - sizeof(*c)) {
		c = chunk_new(n + sizeof(*c));
		if (a->newest) {
			c->next = a->newest->next;
			a->newest->next = c;
		} else {
			a->newest = c;
		}
		return c;
	}
	c = chunk_new(a->next_size);
	c->next = a->newest;
	a->newest = c;
	if (a->next_size < CHUNK_MAX)
		a->next_size = a->next_size * 2 > CHUNK_MAX ? CHUNK_MAX : a->next_size * 2;
	return c;
}

static void *take(struct arena *a, size_t n, size_t align)
{
	struct chunk *c;
	size_t start;

	if (a->sealed)
		BUG("arena: allocation after it was sealed");
	if (n > arena_room(a))
		BUG("arena: %zu bytes asked, %zu of %zu left", n, arena_room(a), a->max);
	c = chunk_for(a, n, align);
	start = (c->used + align - 1) / align * align;
	c->used = start + n;
	a->handed_out += n;
	return (char *)c + start;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return take(a, n, ALIGNMENT);
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		BUG("arena: %zu elements of %zu bytes", n, size);
	return take(a, bytes, ALIGNMENT);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = take(a, s.len, 1);

	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return (struct str){copy, s.len};
}

char *arena_strz(struct arena *a, struct str s)
{
	char *copy;

	CHECK(s.len < SIZE_MAX);
	copy = take(a, s.len + 1, 1);
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *copy;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	copy = take(a, (size_t)n + 1, 1);
	vsnprintf(copy, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){copy, (size_t)n};
}

size_t arena_room(const struct arena *a)
{
	return a->max - a->handed_out;
}

size_t arena_used(const struct arena *a)
{
	return a->handed_out;
}

void arena_seal(struct arena *a)
{
	if (a->sealed)
		return;
	a->sealed = true;
	for (struct chunk *c = a->newest, *next; c; c = next) {
		next = c->next;
		chunk_seal(c);
	}
}
