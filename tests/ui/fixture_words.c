/*
 * fixture_words.c: see fixture_words.h.
 *
 * Values are read by the kinds' own parsers, so that a fixture cannot hold what a source could
 * not. Escapes in quotes: \n \r \t \" \\ \xHH, and \*N{text} for text N times.
 */
#include "tests/ui/fixture_words.h"

#include "base/clock.h"
#include "base/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUE_MAX (1u << 20)

void fixture_fault(const struct fixture_place *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s:%d: ", at->file, at->line);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	abort();
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : 0;
}

static size_t escape(const struct fixture_place *at, struct str s, struct buf *out);

/* \*N{text}: s starts after the star; returns how much of s it took. */
static size_t repeat(const struct fixture_place *at, struct str s, struct buf *out)
{
	long open = str_find(s, STR("{"), 0), end = str_find(s, STR("}"), 0);
	struct buf once;
	int64_t n;

	if (open < 1 || end < open || !parse_i64(str_sub(s, 0, (size_t)open), &n))
		fixture_fault(at, "\\*N{text} is not whole");
	buf_init(&once, VALUE_MAX);
	for (size_t i = (size_t)open + 1; i < (size_t)end;) {
		if (s.ptr[i] == '\\')
			i += 1 + escape(at, str_sub(s, i + 1, (size_t)end), &once);
		else
			(void)buf_add_char(&once, s.ptr[i++]);
	}
	for (int64_t i = 0; i < n; i++)
		(void)buf_add_str(out, buf_str(&once));
	buf_release(&once);
	return (size_t)end + 1;
}

/* One escape at s (after the backslash); returns how much of s it took. */
static size_t escape(const struct fixture_place *at, struct str s, struct buf *out)
{
	switch (s.len > 0 ? s.ptr[0] : 0) {
	case 'n':
		(void)buf_add_char(out, '\n');
		return 1;
	case 't':
		(void)buf_add_char(out, '\t');
		return 1;
	case 'r':
		(void)buf_add_char(out, '\r');
		return 1;
	case 'x':
		if (s.len < 3)
			fixture_fault(at, "\\x needs two digits");
		(void)buf_add_char(out, (char)(hex_digit(s.ptr[1]) * 16 + hex_digit(s.ptr[2])));
		return 3;
	case '*':
		return 1 + repeat(at, str_sub(s, 1, s.len), out);
	case '"':
	case '\\':
		(void)buf_add_char(out, s.ptr[0]);
		return 1;
	default:
		fixture_fault(at, "unknown escape");
	}
}

static struct str quoted(const struct fixture_place *at, struct str *rest, struct arena *a)
{
	struct str s = str_sub(*rest, 1, rest->len), out;
	struct buf b;
	size_t i = 0;

	buf_init(&b, VALUE_MAX);
	while (i < s.len && s.ptr[i] != '"') {
		if (s.ptr[i] == '\\')
			i += 1 + escape(at, str_sub(s, i + 1, s.len), &b);
		else
			(void)buf_add_char(&b, s.ptr[i++]);
	}
	if (i >= s.len || b.failed)
		fixture_fault(at, "quote is not closed, or longer than %u bytes", VALUE_MAX);
	*rest = str_sub(s, i + 1, s.len);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

bool fixture_word(const struct fixture_place *at, struct str *rest, struct arena *a, struct str *ret_name,
		  struct str *ret_value)
{
	struct str s = str_trim(*rest);
	size_t n = 0;

	*ret_value = (struct str){NULL, 0};
	if (s.len == 0)
		return false;
	while (n < s.len && s.ptr[n] != ' ' && s.ptr[n] != '=')
		n++;
	*ret_name = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.len);
	if (n == s.len || s.ptr[n] == ' ')
		return true;
	s = str_sub(s, n + 1, s.len);
	if (s.len > 0 && s.ptr[0] == '"') {
		*rest = s;
		*ret_value = quoted(at, rest, a);
		return true;
	}
	for (n = 0; n < s.len && s.ptr[n] != ' ';)
		n++;
	*ret_value = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.len);
	return true;
}

int64_t fixture_time(const struct fixture_place *at, struct str text)
{
	int64_t us = 0;

	if (str_eq_c(text, "now"))
		return at->now_us;
	if (str_starts(text, STR("now")) && text.len > 4 && parse_duration_us(str_sub(text, 4, text.len), &us))
		return text.ptr[3] == '-' ? at->now_us - us : at->now_us + us;
	if (!clock_parse_iso8601(text, &us))
		fixture_fault(at, STR_FMT " is not a time", STR_ARG(text));
	return us;
}

static union value one(const struct fixture_place *at, enum kind k, struct str text)
{
	union value v;

	if (k == K_TIME_US)
		v.i64 = fixture_time(at, text);
	else if (!kind_ops[k].parse(text, &v) && !kind_ops[k].parse_constant(text, &v))
		fixture_fault(at, STR_FMT " is no %s", STR_ARG(text), kind_ops[k].name);
	return v;
}

/* A wave that looks like work: two periods that do not fit each other. Between 0 and 1. */
static double wave(size_t i, size_t n)
{
	double x = n > 1 ? (double)i / (double)(n - 1) : 0;

	return 0.5 + 0.3 * sin(x * 41) + 0.2 * sin(x * 127);
}

static struct str numbered(struct arena *a, struct str text, size_t i)
{
	long at = str_find(text, STR("#"), 0);

	if (at < 0)
		return arena_str(a, text);
	return arena_fmt(a, STR_FMT "%zu" STR_FMT, STR_ARG(str_sub(text, 0, (size_t)at)), i,
			 STR_ARG(str_sub(text, (size_t)at + 1, text.len)));
}

union value fixture_value(const struct fixture_place *at, struct arena *a, enum kind k, struct str text, size_t i,
			  size_t n)
{
	long line = n > 1 ? str_find(text, STR(".."), 0) : -1, curve = n > 1 ? str_find(text, STR("~"), 0) : -1;
	union value v, from, to;
	double share;

	if (kind_ops[k].storage == CT_STR) {
		v.str = n > 1 ? numbered(a, text, i) : text;
		return v;
	}
	if (line < 0 && curve < 0)
		return one(at, k, text);
	from = one(at, k, str_sub(text, 0, (size_t)(line >= 0 ? line : curve)));
	to = one(at, k, str_sub(text, (size_t)(line >= 0 ? line + 2 : curve + 1), text.len));
	share = line >= 0 ? (double)i / (double)(n - 1) : wave(i, n);
	if (kind_ops[k].storage == CT_F64)
		v.f64 = from.f64 + (to.f64 - from.f64) * share;
	else
		v.i64 = from.i64 + (int64_t)((double)(to.i64 - from.i64) * share);
	return v;
}
