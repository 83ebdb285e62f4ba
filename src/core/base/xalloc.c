/*
 * xalloc.c: the only door to the system's heap, next to arena.c.
 *
 * A failed allocation ends the process with a fixed line, because sizes from
 * outside were capped before and no caller could do anything sensible. Requests
 * of zero bytes give one byte, so that a result is never NULL.
 */
#include "base/xalloc.h"

#include "base/check.h"

NORETURN static void out_of_memory(void)
{
	static const char text[] = "auroratop: out of memory\n";

	/* stdio may want memory itself */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(70);
	abort();
}

void *xalloc(size_t n)
{
	return xcalloc(1, n);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc_array(void *p, size_t n, size_t size)
{
	void *q = n && size ? reallocarray(p, n, size) : realloc(p, 1);

	if (!q)
		out_of_memory();
	return q;
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *p, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		out_of_memory();
	copy = xalloc(n + 1);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

void xfree(void *p)
{
	free(p);
}

void xfree_secret(void *p, size_t n)
{
	if (p)
		explicit_bzero(p, n);
	free(p);
}
