/*
 * buf.h: a growing byte buffer with a stated maximum.
 *
 * Invariants: data is NUL-terminated whenever len > 0 or after buf_c(); len never
 * exceeds max. A write that would exceed max writes nothing, sets failed, and
 * every later write fails too, so callers may check once at the end. A buffer
 * belongs to one thread.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/check.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap, max;
	bool failed;
};

/* No allocation yet; max is the most bytes it may ever hold. */
void buf_init(struct buf *b, size_t max);
/* Frees the contents; the buffer may be initialised again. Accepts a zeroed struct. */
void buf_release(struct buf *b);
/* Empties it, keeps the memory, clears failed. */
void buf_clear(struct buf *b);
bool buf_add(struct buf *b, const void *p, size_t n);
bool buf_add_str(struct buf *b, struct str s);
bool buf_add_c(struct buf *b, const char *s);
bool buf_add_char(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Borrowed view of the contents, valid until the next write. */
struct str buf_str(const struct buf *b);
/* NUL-terminated contents, never NULL; valid until the next write. */
const char *buf_c(struct buf *b);
/* Gives the bytes away (xfree them); the buffer is empty afterwards. */
char *buf_take(struct buf *b, size_t *ret_len);
/* Cuts to n bytes; n must not exceed len. */
void buf_truncate(struct buf *b, size_t n);

#endif
