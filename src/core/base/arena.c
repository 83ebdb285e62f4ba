/*
 * arena.c: a list of chunks, filled from the newest.
 *
 * The first chunk is allocated with the first request; each next one is twice as
 * large up to CHUNK_MAX. A request larger than the next chunk gets a chunk of its
 * own, filed behind the newest so that the newest goes on being filled.
 * Accounting counts the bytes asked for, not padding, so a caller that checked
 * arena_room() always succeeds. Strings are packed without alignment.
 *
 * With ARENA_PROTECT chunks are whole pages from mmap: sealing write-protects them
 * and freeing unmaps them, so both a late write and a late read crash at once.
 */
#include "base/arena.h"

#include "base/xalloc.h"

#include <stdarg.h>
#ifdef ARENA_PROTECT
#include <sys/mman.h>
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
static struct chunk *chunk_new(size_t size)
{
	struct chunk *c = xalloc(size);

	c->size = size;
	c->used = sizeof(*c);
	return c;
}

static void chunk_free(struct chunk *c)
{
	xfree(c);
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
