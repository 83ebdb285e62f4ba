/*
 * buf.c: growth and the sticky failure.
 *
 * Capacity doubles and always leaves room for the closing NUL, so cap is at most
 * max + 1. Every writer goes through reserve(), the only place that grows, checks
 * the limit and sets failed.
 */
#include "base/buf.h"

#include "base/xalloc.h"

#define BUF_FIRST 64

/* Makes room for n more bytes and a NUL. */
static bool reserve(struct buf *b, size_t n)
{
	size_t need, cap;

	if (b->failed || n > b->max - b->len || b->max == SIZE_MAX) {
		b->failed = true;
		return false;
	}
	need = b->len + n + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	if (cap < need)
		cap = need;
	if (cap > b->max + 1)
		cap = b->max + 1;
	b->data = xrealloc_array(b->data, cap, 1);
	b->cap = cap;
	return true;
}

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_release(struct buf *b)
{
	xfree(b->data);
	*b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

bool buf_add(struct buf *b, const void *p, size_t n)
{
	if (!reserve(b, n))
		return false;
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return true;
}

bool buf_add_str(struct buf *b, struct str s)
{
	return buf_add(b, s.ptr, s.len);
}

bool buf_add_c(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

bool buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return ok;
}

bool buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	bool ok = false;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		b->failed = true;
	} else if ((size_t)n < sizeof(small)) {
		ok = buf_add(b, small, (size_t)n);
	} else if (reserve(b, (size_t)n)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
		ok = true;
	}
	va_end(again);
	return ok;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){b->data, b->len};
}

const char *buf_c(struct buf *b)
{
	if (!b->data) {
		b->data = xalloc(1);
		b->cap = 1;
	}
	return b->data;
}

char *buf_take(struct buf *b, size_t *ret_len)
{
	char *data;

	buf_c(b);
	data = b->data;
	if (ret_len)
		*ret_len = b->len;
	b->data = NULL;
	b->len = b->cap = 0;
	return data;
}

void buf_truncate(struct buf *b, size_t n)
{
	CHECK(n <= b->len);
	b->len = n;
	if (b->data)
		b->data[n] = '\0';
}
