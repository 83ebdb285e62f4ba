/*
 * kind.c: the table of kinds.
 *
 * One row per kind holds everything the rest of the program wants to know of a
 * value: how to read it, how to write it exactly, how to draw it, what a person may
 * type to compare with it. Adding a kind is one row here and its letter in kind.h.
 *
 * Invariants: parse(canonical(v)) is v for every finite value; canonical text has no
 * locale, no unit and no rounding; drawn text is for eyes and never read back. Only
 * storage decides how values compare.
 */
#include "model/kind.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "model/sqltext.h"

#include <math.h>

#define SQL_DRAWN_MAX (4u << 20) /* larger than any statement a row may hold */

/* ---- strict text to value ---- */

static bool parse_str(struct str s, union value *ret_value)
{
	ret_value->str = s;
	return true;
}

static bool parse_int(struct str s, union value *ret_value)
{
	int64_t v;

	if (!parse_i64(s, &v))
		return false;
	ret_value->i64 = v;
	return true;
}

static bool parse_real(struct str s, union value *ret_value)
{
	double v;

	if (!parse_f64(s, &v))
		return false;
	ret_value->f64 = v;
	return true;
}

static bool parse_flag(struct str s, union value *ret_value)
{
	bool v;

	if (!parse_bool(s, &v))
		return false;
	ret_value->i64 = v;
	return true;
}

static bool parse_time(struct str s, union value *ret_value)
{
	int64_t v;

	if (!clock_parse_iso8601(s, &v))
		return false;
	ret_value->i64 = v;
	return true;
}

/* ---- constants of the filter ---- */

/* Number with an optional decimal multiple: 88M, 1.9k, 4B. */
static bool parse_multiple(struct str s, double *ret_value)
{
	static const struct {
		char letter;
		double factor;
	} multiples[] = {{'k', 1e3}, {'K', 1e3}, {'m', 1e6}, {'M', 1e6}, {'b', 1e9}, {'B', 1e9}, {'T', 1e12}};
	double factor = 1;

	for (size_t i = 0; s.len > 0 && i < ARRAY_LEN(multiples); i++) {
		if (s.ptr[s.len - 1] == multiples[i].letter) {
			factor = multiples[i].factor;
			s = str_trim(str_sub(s, 0, s.len - 1));
			break;
		}
	}
	if (!parse_f64(s, ret_value) || !isfinite(*ret_value))
		return false;
	*ret_value *= factor;
	return true;
}

static bool constant_count(struct str s, union value *ret_value)
{
	double v;

	if (parse_int(s, ret_value))
		return true;
	if (!parse_multiple(s, &v) || v < -9.2e18 || v > 9.2e18)
		return false;
	ret_value->i64 = (int64_t)v;
	return true;
}

static bool constant_bytes(struct str s, union value *ret_value)
{
	int64_t v;

	if (!parse_size(s, &v))
		return false;
	ret_value->i64 = v;
	return true;
}

static bool constant_duration(struct str s, union value *ret_value)
{
	int64_t v;

	if (!parse_duration_us(s, &v))
		return false;
	ret_value->i64 = v;
	return true;
}

/* "2026-03-16" is midnight UTC; otherwise ISO 8601. */
static bool constant_time(struct str s, union value *ret_value)
{
	char day[32];

	if (s.len != 10)
		return parse_time(s, ret_value);
	snprintf(day, sizeof(day), STR_FMT "T00:00:00Z", STR_ARG(s));
	return parse_time(str_c(day), ret_value);
}

/* "50%" or "0.5"; a plain number above 1 can only be meant as per cent. */
static bool constant_ratio(struct str s, union value *ret_value)
{
	bool percent = str_ends(s, STR("%"));
	double v;

	if (percent)
		s = str_trim(str_sub(s, 0, s.len - 1));
	if (!parse_f64(s, &v) || !isfinite(v))
		return false;
	ret_value->f64 = percent || v > 1 ? v / 100 : v;
	return true;
}

static bool constant_real(struct str s, union value *ret_value)
{
	double v;

	if (!parse_multiple(s, &v))
		return false;
	ret_value->f64 = v;
	return true;
}

/* ---- exact text ---- */

static bool canonical_str(struct buf *out, union value v)
{
	return buf_add_str(out, v.str);
}

static bool canonical_int(struct buf *out, union value v)
{
	return buf_addf(out, "%lld", (long long)v.i64);
}

static bool canonical_flag(struct buf *out, union value v)
{
	return buf_add_c(out, v.i64 != 0 ? "true" : "false");
}

static bool canonical_time(struct buf *out, union value v)
{
	char text[48];

	return buf_add_c(out, clock_iso8601(v.i64, text, sizeof(text)));
}

static bool canonical_real(struct buf *out, union value v)
{
	char text[40];
	double back;

	if (isnan(v.f64))
		return buf_add_c(out, "NaN");
	if (isinf(v.f64))
		return buf_add_c(out, v.f64 > 0 ? "inf" : "-inf");
	/* The shortest text that gives the same number back: 0.1, not 0.10000000000000001. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v.f64);
		if (parse_f64(str_c(text), &back) && !(back < v.f64) && !(back > v.f64))
			break;
	}
	return buf_add_c(out, text);
}

/* ---- drawn text ---- */

/* True when what was appended since start is wider than wanted; it is removed then. */
static bool too_wide(struct buf *out, size_t start, int width)
{
	if (width <= 0 || out->failed || utf8_columns(str_sub(buf_str(out), start, out->len)) <= width)
		return false;
	buf_truncate(out, start);
	return true;
}

static bool draw_text(struct buf *out, union value v, int width)
{
	(void)width;
	return utf8_clean(out, v.str, false);
}

static bool draw_sql(struct buf *out, union value v, int width)
{
	struct buf masked;
	bool ok;

	(void)width;
	buf_init(&masked, SQL_DRAWN_MAX);
	ok = sql_mask_secrets(&masked, v.str) && utf8_clean(out, buf_str(&masked), true);
	buf_release(&masked);
	return ok;
}

static bool draw_flag(struct buf *out, union value v, int width)
{
	(void)width;
	return buf_add_c(out, v.i64 != 0 ? "yes" : "no");
}

static bool draw_int(struct buf *out, union value v, int width)
{
	(void)width;
	return canonical_int(out, v);
}

static bool draw_count(struct buf *out, union value v, int width)
{
	size_t start = out->len;

	if (!format_count(out, v.i64))
		return false;
	return too_wide(out, start, width) ? format_count_short(out, (double)v.i64) : true;
}

static bool draw_bytes(struct buf *out, union value v, int width)
{
	size_t start = out->len;

	if (!format_bytes(out, v.i64))
		return false;
	return too_wide(out, start, width) ? format_bytes_short(out, (double)v.i64) : true;
}

static bool draw_duration(struct buf *out, union value v, int width)
{
	(void)width;
	return format_duration(out, v.i64);
}

static bool draw_time(struct buf *out, union value v, int width)
{
	size_t start = out->len;
	char zone[ZONE_TEXT_MAX];

	if (!format_clock(out, v.i64, clock_wall_us()))
		return false;
	/* the zone's name stands in the first row, too; the time does not */
	if (width > 0 && zone_is_local() && utf8_columns(str_sub(buf_str(out), start, out->len)) > width &&
	    str_ends(buf_str(out), str_c(zone_suffix(v.i64, zone))))
		buf_truncate(out, out->len - strlen(zone));
	return true;
}

static bool draw_ratio(struct buf *out, union value v, int width)
{
	return format_ratio(out, v.f64, width);
}

static bool draw_real(struct buf *out, union value v, int width)
{
	double m = fabs(v.f64);
	size_t start = out->len;

	if (!isfinite(v.f64) || m >= 9999.5)
		return format_count_short(out, v.f64);
	if (m >= 99.95)
		format_count(out, num_round(v.f64));
	else
		buf_addf(out, "%.*f", m < 9.995 ? 2 : 1, v.f64);
	return too_wide(out, start, width) ? format_count_short(out, v.f64) : !out->failed;
}

/* clang-format off */
const struct kind_ops kind_ops[K__COUNT] = {
	/*                  name            unit     storage right  parse       canonical       format         parse_constant */
	[K_TEXT]         = {"text",         "",      CT_STR, false, parse_str,  canonical_str,  draw_text,     parse_str},
	[K_ID]           = {"id",           "",      CT_STR, false, parse_str,  canonical_str,  draw_text,     parse_str},
	[K_ENUM]         = {"enum",         "",      CT_STR, false, parse_str,  canonical_str,  draw_text,     parse_str},
	[K_SQL]          = {"sql",          "",      CT_STR, false, parse_str,  canonical_str,  draw_sql,      parse_str},
	[K_BOOL]         = {"bool",         "",      CT_I64, false, parse_flag, canonical_flag, draw_flag,     parse_flag},
	[K_INT]          = {"int",          "",      CT_I64, true,  parse_int,  canonical_int,  draw_int,      parse_int},
	[K_COUNT]        = {"count",        "",      CT_I64, true,  parse_int,  canonical_int,  draw_count,    constant_count},
	[K_COUNTER]      = {"counter",      "",      CT_I64, true,  parse_int,  canonical_int,  draw_count,    constant_count},
	[K_BYTES]        = {"bytes",        "bytes", CT_I64, true,  parse_int,  canonical_int,  draw_bytes,    constant_bytes},
	[K_BYTE_COUNTER] = {"byte_counter", "bytes", CT_I64, true,  parse_int,  canonical_int,  draw_bytes,    constant_bytes},
	[K_DURATION_US]  = {"duration",     "us",    CT_I64, true,  parse_int,  canonical_int,  draw_duration, constant_duration},
	[K_TIME_US]      = {"time",         "",      CT_I64, true,  parse_time, canonical_time, draw_time,     constant_time},
	[K_RATIO]        = {"ratio",        "ratio", CT_F64, true,  parse_real, canonical_real, draw_ratio,    constant_ratio},
	[K_REAL]         = {"real",         "",      CT_F64, true,  parse_real, canonical_real, draw_real,     constant_real},
};
/* clang-format on */

static int compare_i64(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_f64(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) != 0) - (isnan(b) != 0);
	return a < b ? -1 : a > b;
}

int kind_compare(enum kind k, union value a, union value b)
{
	switch (kind_ops[k].storage) {
	case CT_I64:
		return compare_i64(a.i64, b.i64);
	case CT_F64:
		return compare_f64(a.f64, b.f64);
	case CT_STR:
		return str_cmp(a.str, b.str);
	case CT_BAD:
		break;
	}
	BUG("kind %d has no storage", (int)k);
}
