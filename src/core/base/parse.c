/*
 * parse.c: numbers as people and servers write them.
 *
 * Each reader checks the grammar itself, byte by byte, and only then converts; the
 * C library's readers accept blanks, hexadecimal and half-read text, and follow the
 * locale. Fractions of durations and sizes are exact integers, cut not rounded.
 */
#include "base/parse.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>

/* Words longer than this are never near anything. */
#define WORD_MAX 64
#define FRACTION_DIGITS 9

static size_t count_digits(struct str s, size_t from)
{
	size_t at = from;

	while (at < s.len && ascii_is_digit(s.ptr[at]))
		at++;
	return at - from;
}

bool parse_i64(struct str s, int64_t *ret_value)
{
	bool negative = s.len && s.ptr[0] == '-';
	int64_t value = 0;
	size_t at = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');

	if (at == s.len || count_digits(s, at) != s.len - at)
		return false;
	for (; at < s.len; at++) {
		int digit = s.ptr[at] - '0';

		/* towards the sign, so that INT64_MIN is in reach */
		if (__builtin_mul_overflow(value, INT64_C(10), &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/* Digits, optional fraction, optional exponent, to the end. */
static bool is_decimal(struct str s)
{
	size_t n = count_digits(s, 0), at = n;

	if (n == 0)
		return false;
	if (at < s.len && s.ptr[at] == '.') {
		n = count_digits(s, at + 1);
		if (n == 0)
			return false;
		at += n + 1;
	}
	if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
		at++;
		if (at < s.len && (s.ptr[at] == '-' || s.ptr[at] == '+'))
			at++;
		n = count_digits(s, at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == s.len;
}

static locale_t c_locale;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		BUG("no C locale");
}

static double to_double(struct str s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char small[64], *text = small;
	double value;

	pthread_once(&once, make_c_locale);
	if (s.len < sizeof(small)) {
		memcpy(small, s.ptr, s.len);
		small[s.len] = '\0';
	} else {
		text = xstrndup(s.ptr, s.len);
	}
	value = strtod_l(text, NULL, c_locale);
	if (text != small)
		xfree(text);
	return value;
}

bool parse_f64(struct str s, double *ret_value)
{
	bool sign = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
	struct str body = str_sub(s, sign, s.len);
	double value;

	if (str_ieq(s, STR("nan")))
		value = (double)NAN;
	else if (str_ieq(body, STR("inf")) || str_ieq(body, STR("infinity")))
		value = (double)INFINITY;
	else if (!is_decimal(body))
		return false;
	else if (isinf(value = to_double(body)))
		return false;
	*ret_value = sign && s.ptr[0] == '-' ? -value : value;
	return true;
}

bool parse_bool(struct str s, bool *ret_value)
{
	static const char *const words[2][5] = {{"false", "f", "no", "off", "0"}, {"true", "t", "yes", "on", "1"}};

	for (size_t value = 0; value < 2; value++) {
		for (size_t i = 0; i < ARRAY_LEN(words[value]); i++) {
			if (str_ieq(s, str_c(words[value][i]))) {
				*ret_value = value;
				return true;
			}
		}
	}
	return false;
}

/* A number as written: whole + fraction / scale. */
struct decimal {
	int64_t whole, fraction, scale;
};

/* Takes digits[.digits] off the front of *s. */
static bool take_decimal(struct str *s, struct decimal *ret_decimal)
{
	struct decimal d = {0, 0, 1};
	size_t n = count_digits(*s, 0), at = n;

	if (n == 0 || !parse_i64(str_sub(*s, 0, n), &d.whole))
		return false;
	if (at < s->len && s->ptr[at] == '.') {
		n = count_digits(*s, at + 1);
		if (n == 0 || n > FRACTION_DIGITS || !parse_i64(str_sub(*s, at + 1, at + 1 + n), &d.fraction))
			return false;
		for (size_t i = 0; i < n; i++)
			d.scale *= 10;
		at += n + 1;
	}
	*s = str_sub(*s, at, s->len);
	*ret_decimal = d;
	return true;
}

static bool scale_decimal(const struct decimal *d, int64_t unit, int64_t *ret_value)
{
	int64_t whole, part = unit / d->scale * d->fraction + unit % d->scale * d->fraction / d->scale;

	if (__builtin_mul_overflow(d->whole, unit, &whole) || __builtin_add_overflow(whole, part, &whole))
		return false;
	*ret_value = whole;
	return true;
}

/* The unit name at the start of *s, letters only, any case; 0 when unknown. */
static int64_t take_duration_unit(struct str *s)
{
	static const struct {
		const char *name;
		int64_t us;
	} units[] = {{"ms", US_PER_MS}, {"s", US_PER_S}, {"m", US_PER_MIN}, {"h", US_PER_HOUR}, {"d", US_PER_DAY}};
	size_t n = 0;

	while (n < s->len && !ascii_is_digit(s->ptr[n]))
		n++;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (str_ieq(str_sub(*s, 0, n), str_c(units[i].name))) {
			*s = str_sub(*s, n, s->len);
			return units[i].us;
		}
	}
	return 0;
}

bool parse_duration_us(struct str s, int64_t *ret_us)
{
	int64_t total = 0, last = INT64_MAX;
	bool first = true;

	if (s.len == 0)
		return false;
	while (s.len) {
		struct decimal d;
		int64_t unit, part;

		if (!take_decimal(&s, &d))
			return false;
		unit = first && s.len == 0 ? US_PER_S : take_duration_unit(&s);
		/* "1h30m", never "30m1h" or "1h1h" */
		if (unit == 0 || unit >= last || !scale_decimal(&d, unit, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
		last = unit;
		first = false;
	}
	*ret_us = total;
	return true;
}

bool parse_size(struct str s, int64_t *ret_bytes)
{
	static const char letters[] = "kmgtp";
	struct decimal d;
	int64_t unit = 1;
	const char *hit;
	char c;

	if (!take_decimal(&s, &d))
		return false;
	if (s.len) {
		c = s.ptr[0] >= 'A' && s.ptr[0] <= 'Z' ? (char)(s.ptr[0] - 'A' + 'a') : s.ptr[0];
		hit = memchr(letters, c, sizeof(letters) - 1);
		if (hit) {
			unit = INT64_C(1) << 10 * (hit - letters + 1);
			s = str_sub(s, 1, s.len);
			if (s.len && !str_ieq(s, STR("b")) && !str_ieq(s, STR("ib")))
				return false;
		} else if (!str_ieq(s, STR("b"))) {
			return false;
		}
	}
	return scale_decimal(&d, unit, ret_bytes);
}

static int at_most(int a, int b)
{
	return a < b ? a : b;
}

static bool same_letter(struct str a, size_t i, struct str b, size_t j)
{
	return str_ieq(str_sub(a, i, i + 1), str_sub(b, j, j + 1));
}

/* Edits between a and b, where swapping two neighbours is one edit; both at most WORD_MAX long. */
static int edit_distance(struct str a, struct str b)
{
	int rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= a.len; i++) {
		int *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = (int)i;
		for (size_t j = 1; j <= b.len; j++) {
			int change = above[j - 1] + !same_letter(a, i - 1, b, j - 1);

			row[j] = at_most(change, at_most(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a, i - 1, b, j - 2) && same_letter(a, i - 2, b, j - 1))
				row[j] = at_most(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

const char *parse_nearest(struct str word, const char *const *words, size_t n)
{
	const char *best = NULL;
	int least = 3;

	if (word.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct str w = str_c(words[i]);
		size_t longer = w.len > word.len ? w.len : word.len;
		int distance;

		if (w.len > WORD_MAX)
			continue;
		distance = edit_distance(word, w);
		if (distance < least && (size_t)distance <= longer / 3) {
			least = distance;
			best = words[i];
		}
	}
	return best;
}
