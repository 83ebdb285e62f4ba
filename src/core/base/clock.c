/*
 * clock.c: reading the clocks, and civil time without tables or time zones.
 *
 * Days and dates are converted with eras of 400 years (146097 days) that begin on
 * the first of March, so that the leap day is the last of its year. All divisions
 * floor, which is what makes times before 1970 right.
 */
#include "base/clock.h"

#include <stdatomic.h>

#define DAYS_PER_ERA 146097
/* from 0000-03-01 to 1970-01-01 */
#define DAYS_TO_1970 719468

static _Atomic int64_t frozen;

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;
	int64_t still = atomic_load_explicit(&frozen, memory_order_relaxed);

	if (still)
		return still;
	if (clock_gettime(id, &ts) != 0)
		BUG("clock_gettime failed for clock %d", (int)id);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_freeze(int64_t wall_us)
{
	atomic_store_explicit(&frozen, wall_us, memory_order_relaxed);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

void clock_civil(int64_t wall_us, struct civil *ret_civil)
{
	int64_t days = floor_div(wall_us, US_PER_DAY);
	/* multiplying back could overflow near INT64_MIN, the remainder cannot */
	int64_t us = wall_us % US_PER_DAY + (wall_us % US_PER_DAY < 0 ? US_PER_DAY : 0);
	int64_t era = floor_div(days + DAYS_TO_1970, DAYS_PER_ERA);
	int64_t day_of_era = days + DAYS_TO_1970 - era * DAYS_PER_ERA;
	int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0 = March */

	ret_civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	ret_civil->month = (int)(month < 10 ? month + 3 : month - 9);
	ret_civil->year = (int)(year + era * 400 + (month >= 10));
	ret_civil->hour = (int)(us / US_PER_HOUR);
	ret_civil->minute = (int)(us / US_PER_MIN % 60);
	ret_civil->second = (int)(us / US_PER_S % 60);
	ret_civil->micro = (int)(us % US_PER_S);
	/* 1970-01-01 was a Thursday */
	ret_civil->weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7);
}

int64_t clock_from_civil(const struct civil *c)
{
	int64_t year = c->year - (c->month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month = c->month > 2 ? c->month - 3 : c->month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + c->day - 1;
	int64_t days = era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
		       DAYS_TO_1970;

	return days * US_PER_DAY + c->hour * US_PER_HOUR + c->minute * US_PER_MIN + c->second * US_PER_S + c->micro;
}

const char *clock_iso8601(int64_t wall_us, char *buf, size_t len)
{
	struct civil c;
	char year[16], fraction[16] = "";

	clock_civil(wall_us, &c);
	/* ISO 8601 wants a sign and more digits beyond four-digit years */
	snprintf(year, sizeof(year), c.year >= 0 && c.year <= 9999 ? "%04d" : "%+07d", c.year);
	if (c.micro)
		snprintf(fraction, sizeof(fraction), ".%06d", c.micro);
	snprintf(buf, len, "%s-%02d-%02dT%02d:%02d:%02d%sZ", year, c.month, c.day, c.hour, c.minute, c.second,
		 fraction);
	return buf;
}

/* Reads exactly n digits at *s. */
static bool digits(struct str *s, size_t n, int *ret_value)
{
	int value = 0;

	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		value = value * 10 + (s->ptr[i] - '0');
	}
	*s = str_sub(*s, n, s->len);
	*ret_value = value;
	return true;
}

/* Takes one byte that must be one of set. */
static bool one_of(struct str *s, const char *set)
{
	if (s->len == 0 || !memchr(set, s->ptr[0], strlen(set)))
		return false;
	*s = str_sub(*s, 1, s->len);
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool parse_date(struct str *s, struct civil *c)
{
	return digits(s, 4, &c->year) && one_of(s, "-") && digits(s, 2, &c->month) && one_of(s, "-") &&
	       digits(s, 2, &c->day) && c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= month_days(c->year, c->month);
}

/* A fraction is cut at microseconds. */
static bool parse_time(struct str *s, struct civil *c)
{
	int digit, unit = 100000;

	if (!(digits(s, 2, &c->hour) && one_of(s, ":") && digits(s, 2, &c->minute) && one_of(s, ":") &&
	      digits(s, 2, &c->second)))
		return false;
	/* 60 is a leap second and lands on the next minute */
	if (c->hour > 23 || c->minute > 59 || c->second > 60)
		return false;
	if (!one_of(s, ".,"))
		return true;
	if (!digits(s, 1, &digit))
		return false;
	do {
		c->micro += digit * unit;
		unit /= 10;
	} while (digits(s, 1, &digit));
	return true;
}

/* "Z", "+02:00", "+0200", "+02" or nothing, to the end. */
static bool parse_zone(struct str s, int64_t *ret_offset_us)
{
	int hours, minutes = 0;
	bool west;

	*ret_offset_us = 0;
	if (s.len == 0)
		return true;
	if (one_of(&s, "Zz"))
		return s.len == 0;
	west = s.ptr[0] == '-';
	if (!one_of(&s, "+-") || !digits(&s, 2, &hours))
		return false;
	if (s.len) {
		one_of(&s, ":");
		if (!digits(&s, 2, &minutes))
			return false;
	}
	if (s.len || hours > 23 || minutes > 59)
		return false;
	*ret_offset_us = (hours * US_PER_HOUR + minutes * US_PER_MIN) * (west ? -1 : 1);
	return true;
}

bool clock_parse_iso8601(struct str s, int64_t *ret_wall_us)
{
	struct civil c = {0};
	int64_t offset;

	if (!parse_date(&s, &c) || !one_of(&s, "Tt ") || !parse_time(&s, &c) || !parse_zone(s, &offset))
		return false;
	*ret_wall_us = clock_from_civil(&c) - offset;
	return true;
}
