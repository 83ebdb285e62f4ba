/*
 * format.c: numbers, sizes, durations and clocks as people read them.
 *
 * The one place that knows the number formats of the visual system. Elapsed time is
 * cut, not rounded: a session of 59.9 s has not lasted a minute. Sizes and counts are
 * rounded to the digits shown and move to the next unit when rounding would give a
 * fourth digit, so a column never grows by a digit. A measured zero is a plain 0.
 *
 * Nothing here depends on the locale, and nothing colours or pads: that is the
 * business of whoever draws.
 */
#include "base/zone.h"
#include "model/kind.h"

#include <math.h>

/* Magnitude without the overflow of -INT64_MIN. */
static uint64_t magnitude(int64_t v)
{
	return v < 0 ? UINT64_C(0) - (uint64_t)v : (uint64_t)v;
}

static bool duration(struct buf *out, int64_t us, const char *micro)
{
	uint64_t m = magnitude(us);
	unsigned long long s = m / 1000000;

	if (us < 0)
		buf_add_char(out, '-');
	if (m == 0)
		return buf_add_char(out, '0');
	if (m < 10)
		return buf_addf(out, "%u%s", (unsigned)m, micro);
	if (m < 1000)
		return buf_addf(out, "0.%02ums", (unsigned)(m / 10));
	if (m < 100000)
		return buf_addf(out, "%u.%ums", (unsigned)(m / 1000), (unsigned)(m / 100 % 10));
	if (m < 1000000)
		return buf_addf(out, "%ums", (unsigned)(m / 1000));
	if (s < 10)
		return buf_addf(out, "%llu.%us", s, (unsigned)(m / 100000 % 10));
	if (s < 60)
		return buf_addf(out, "%llus", s);
	if (s < 3600)
		return buf_addf(out, "%llum%02llus", s / 60, s % 60);
	if (s < 86400)
		return buf_addf(out, "%lluh%02llum", s / 3600, s / 60 % 60);
	return buf_addf(out, "%llud %02lluh", s / 86400, s / 3600 % 24);
}

bool format_duration(struct buf *out, int64_t us)
{
	return duration(out, us, "\xc2\xb5s");
}

bool format_duration_ascii(struct buf *out, int64_t us)
{
	return duration(out, us, "us");
}

bool format_age_backup(struct buf *out, int64_t us)
{
	int64_t hours = us / US_PER_HOUR;

	if (hours > -72 && hours < 72)
		return buf_addf(out, "%lld h", (long long)hours);
	return duration(out, us, "us");
}

/* Three digits of v in [0, 1000): 1.21, 96.4, 212. */
static bool three_digits(struct buf *out, double v)
{
	if (v < 9.995)
		return buf_addf(out, "%.2f", v);
	if (v < 99.95)
		return buf_addf(out, "%.1f", v);
	return buf_addf(out, "%.0f", v);
}

/* Divides *v by base until it shows at most three digits; returns the step, at most last. */
static size_t scale(double *v, double base, size_t last)
{
	size_t step = 0;

	while (*v >= 999.5 && step < last) {
		*v /= base;
		step++;
	}
	return step;
}

bool format_bytes(struct buf *out, int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)magnitude(bytes);
	size_t step;

	if (bytes == 0)
		return buf_add_char(out, '0');
	if (bytes < 0)
		buf_add_char(out, '-');
	step = scale(&v, 1024, ARRAY_LEN(units) - 1);
	if (step == 0)
		return buf_addf(out, "%.0f B", v);
	three_digits(out, v);
	return buf_addf(out, " %s", units[step]);
}

/* v with at most `decimals` decimals and no trailing zeros. */
static bool trimmed(struct buf *out, double v, int decimals)
{
	size_t start = out->len;

	if (!buf_addf(out, "%.*f", decimals, v))
		return false;
	if (decimals == 0)
		return true;
	while (out->len > start && out->data[out->len - 1] == '0')
		buf_truncate(out, out->len - 1);
	if (out->len > start && out->data[out->len - 1] == '.')
		buf_truncate(out, out->len - 1);
	return true;
}

/* Sign and non-finite values of the short forms; true when v was written completely. */
static bool short_prefix(struct buf *out, double *v)
{
	if (!isfinite(*v)) {
		buf_add_c(out, isnan(*v) ? "-" : *v > 0 ? "inf" : "-inf");
		return true;
	}
	if (*v < 0) {
		buf_add_char(out, '-');
		*v = -*v;
	}
	return false;
}

bool format_bytes_short(struct buf *out, double bytes)
{
	static const char units[] = "BKMGTPE";
	double v = bytes;
	size_t step;

	if (short_prefix(out, &v))
		return !out->failed;
	step = scale(&v, 1024, sizeof(units) - 2);
	trimmed(out, v, step > 0 && v < 9.995 ? 2 : 0);
	if (step == 0 && v < 0.5)
		return !out->failed;
	return buf_add_char(out, units[step]);
}

bool format_count(struct buf *out, int64_t n)
{
	static const char units[] = " kMBTQ";
	uint64_t m = magnitude(n);
	double v = (double)m;
	size_t step;

	if (n < 0)
		buf_add_char(out, '-');
	if (m < 1000)
		return buf_addf(out, "%u", (unsigned)m);
	if (m < 10000)
		return buf_addf(out, "%u %03u", (unsigned)(m / 1000), (unsigned)(m % 1000));
	step = scale(&v, 1000, sizeof(units) - 2);
	return buf_addf(out, "%.*f %c", v < 99.95 ? 1 : 0, v, units[step]);
}

bool format_count_short(struct buf *out, double n)
{
	static const char units[] = " kMBTQ";
	double v = n;
	size_t step;

	if (short_prefix(out, &v))
		return !out->failed;
	step = scale(&v, 1000, sizeof(units) - 2);
	if (step == 0)
		return trimmed(out, v, v < 9.95 ? 1 : 0);
	return buf_addf(out, "%.*f%c", v < 9.95 ? 1 : 0, v, units[step]);
}

bool format_ratio(struct buf *out, double ratio, int width)
{
	double v = ratio * 100;
	bool narrow = width > 0 && width < 6;

	if (!isfinite(v))
		return buf_add_char(out, '-');
	/* 99.97 % must not read as everything: only a full ratio may show 100. */
	if (narrow)
		return buf_addf(out, "%.0f%%", v < 100 && v > 99 ? 99 : v);
	if (v < 100 && v > 99.9)
		v = 99.9;
	return buf_addf(out, "%.*f %%", v < 99.95 && v > -99.95 ? 1 : 0, v);
}

bool format_clock(struct buf *out, int64_t wall_us, int64_t now_us)
{
	struct civil c, now;
	char zone[ZONE_TEXT_MAX];

	zone_civil(wall_us, &c);
	zone_civil(now_us, &now);
	(void)zone_suffix(wall_us, zone);
	if (c.year != now.year)
		return buf_addf(out, "%04d-%02d-%02d %02d:%02d:%02d%s", c.year, c.month, c.day, c.hour, c.minute,
				c.second, zone);
	if (c.month != now.month || c.day != now.day)
		return buf_addf(out, "%02d-%02d %02d:%02d", c.month, c.day, c.hour, c.minute);
	return buf_addf(out, "%02d:%02d:%02d%s", c.hour, c.minute, c.second, zone);
}
