/*
 * kind.h: what a value is. A kind fixes storage, base unit, parsing, canonical
 * text, order, drawing and the constants a filter accepts; nothing else in the
 * program switches on a field.
 *
 * Storage is one of three: int64_t, double, struct str. Base units: bytes,
 * microseconds, ratio 0 to 1, wall microseconds since 1970 UTC.
 */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum storage { CT_BAD, CT_I64, CT_F64, CT_STR };

enum kind {
	K_TEXT,         /* str: free text */
	K_ID,           /* str: an identifier; never cut where room allows */
	K_ENUM,         /* str: a word of the source's own vocabulary */
	K_SQL,          /* str: statement text; sensitive, drawn on one line */
	K_BOOL,         /* i64 0 or 1 */
	K_INT,          /* i64: a number that is not a quantity (pid, port, oid, query id): plain digits */
	K_COUNT,        /* i64: how many; drawn 412, 1 912, 88.1 M */
	K_COUNTER,      /* i64: cumulative count; F_RATE gives per second */
	K_BYTES,        /* i64 */
	K_BYTE_COUNTER, /* i64: cumulative bytes */
	K_DURATION_US,  /* i64 microseconds */
	K_TIME_US,      /* i64 wall clock */
	K_RATIO,        /* f64 0 to 1 */
	K_REAL,         /* f64, unit named elsewhere */
	K__COUNT
};

union value {
	int64_t i64;
	double f64;
	struct str str;
};

struct kind_ops {
	const char *name; /* "bytes", as `auroratop fields` prints it */
	const char *unit; /* "bytes", "us", "ratio", "" */
	enum storage storage;
	bool right_aligned;
	/* Strict text to value: numbers, true/false/t/f, ISO 8601; CT_STR kinds borrow s. */
	bool (*parse)(struct str s, union value *ret_value);
	/* Machine text: exact, locale-free; times ISO 8601 Z; bool true/false. */
	bool (*canonical)(struct buf *out, union value v);
	/* Human text for about `width` columns (0 = as needed), visual system section 6; appends to out. */
	bool (*format)(struct buf *out, union value v, int width);
	/* Constant in a filter: "10M", "5s", "2h", "50%". */
	bool (*parse_constant)(struct str s, union value *ret_value);
};

extern const struct kind_ops kind_ops[K__COUNT];

/* Three-way order; NaN sorts after every number. */
int kind_compare(enum kind k, union value a, union value b);

/* Formatters by unit, also used outside tables. All append to out. */
bool format_duration(struct buf *out, int64_t us);           /* 4µs 0.71ms 6.1ms 412ms 2.1s 41s 2m08s 4h32m 3d 07h */
bool format_duration_ascii(struct buf *out, int64_t us);     /* the same with us for µs */
bool format_age_backup(struct buf *out, int64_t us);         /* hours up to 72, then days: 31 h, 3d 07h */
bool format_bytes(struct buf *out, int64_t bytes);           /* 212 MiB, 96.4 GiB */
bool format_bytes_short(struct buf *out, double bytes);      /* 1.21T, 98G: axes and narrow cells */
bool format_count(struct buf *out, int64_t n);               /* 412, 1 912, 88.1 M, 4.1 B */
bool format_count_short(struct buf *out, double n);          /* 412, 1.9k, 88M: strips, axes */
bool format_ratio(struct buf *out, double ratio, int width); /* 99.6 %; 54% under 6 wide */
/* 13:45:07Z today, 03-16 18:02 else, year when it differs; in the zone in use (zone.h), 15:45:07 CEST. */
bool format_clock(struct buf *out, int64_t wall_us, int64_t now_us);

#endif
