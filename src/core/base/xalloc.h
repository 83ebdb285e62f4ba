/*
 * xalloc.h: memory that never fails; out of memory ends the process.
 *
 * Every size that comes from outside is capped before it reaches these
 * functions, so running out here is not an input's doing. Any thread.
 */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

/* Zeroed memory of n bytes (n may be 0); the caller frees it with xfree(). */
void *xalloc(size_t n);
/* Zeroed array of n elements of size bytes; the product is checked. */
void *xcalloc(size_t n, size_t size);
/* Grows or shrinks p (NULL allowed) to n elements of size bytes; new bytes are not zeroed. */
void *xrealloc_array(void *p, size_t n, size_t size);
/* A copy of the NUL-terminated s; NULL gives NULL. Caller frees. */
char *xstrdup(const char *s);
/* A NUL-terminated copy of n bytes at p. Caller frees. */
char *xstrndup(const char *p, size_t n);
/* Accepts NULL. */
void xfree(void *p);
/* Overwrites n bytes so that the compiler cannot drop it, then frees. For secrets. */
void xfree_secret(void *p, size_t n);

#endif
