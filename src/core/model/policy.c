/*
 * policy.c: windows as sets of minutes, and names that have a policy of their own.
 *
 * A week has 10,080 minutes, and a bit for each is 1,260 bytes: less than the code that would
 * join overlapping windows and follow them across midnight and Saturday. Until when a window is
 * open, or when it opens, is found by walking from minute to minute; nobody asks for it
 * more often than he looks at a preview.
 */
#include "model/policy.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/parse.h"
#include "model/kind.h"

#include <math.h>

#define DAY_MINUTES (24 * 60)
#define SHOWN 60

/* for policy_limits.def */
#define LIMIT_SECONDS(n) ((n)*1e6)
#define LIMIT_MINUTES(n) ((n)*60e6)
#define LIMIT_HOURS(n) ((n)*3600e6)
#define LIMIT_DAYS(n) ((n)*86400e6)
#define LIMIT_GIB(n) ((n)*1073741824.0)
#define LIMIT_MIB(n) ((n)*1048576.0)

const struct policy policy_default = {
	.production_tag = "environment=production",
	.stop_waiters = 20,
	.limits =
		{
#define POLICY_LIMIT(name, unit, fallback, help) .name = (fallback),
#include "model/policy_limits.def"
#undef POLICY_LIMIT
		},
};

const struct policy_limit policy_limit_rows[] = {
#define POLICY_LIMIT(name, unit, fallback, help) {#name, help, POLICY_##unit, offsetof(struct policy_limits, name)},
#include "model/policy_limits.def"
#undef POLICY_LIMIT
};
const size_t npolicy_limit_rows = ARRAY_LEN(policy_limit_rows);

static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* ---- names ---- */

const struct policy *policy_find(const struct policies *all, struct str names)
{
	struct str name;

	if (!all)
		return &policy_default;
	while (names.len > 0 && str_split(&names, ',', &name))
		for (size_t i = 0; i < all->n; i++)
			if (str_ieq(str_trim(name), str_c(all->of[i].cluster)))
				return &all->of[i].policy;
	return &all->common;
}

/* ---- reading windows ---- */

/* Takes a word off the front of *s: letters, and the blanks or the colon that end it. "" when there is none. */
static struct str take_word(struct str *s)
{
	struct str word;
	size_t n = 0;

	while (n < s->len && ascii_is_letter(s->ptr[n]))
		n++;
	word = str_sub(*s, 0, n);
	if (n > 0 && n < s->len && s->ptr[n] == ':')
		n++;
	*s = str_trim(str_sub(*s, n, s->len));
	return word;
}

/* "Sat" or "Saturday", any case; -1 = no day. */
static int day_of(struct str word)
{
	for (int i = 0; i < (int)ARRAY_LEN(days); i++)
		if (str_ieq(word, str_c(days[i])) || str_ieq(word, (struct str){days[i], 3}))
			return i;
	return -1;
}

/* H:MM or HH:MM up to 24:00, the whole slice. */
static bool read_time(struct str s, int *ret_minute)
{
	size_t hours = s.len == 4 ? 1 : 2;
	int hour = 0, minute;

	if (s.len < 4 || s.len > 5 || s.ptr[hours] != ':' || !ascii_is_digit(s.ptr[hours + 1]) ||
	    !ascii_is_digit(s.ptr[hours + 2]))
		return false;
	for (size_t i = 0; i < hours; i++) {
		if (!ascii_is_digit(s.ptr[i]))
			return false;
		hour = hour * 10 + (s.ptr[i] - '0');
	}
	minute = (s.ptr[hours + 1] - '0') * 10 + (s.ptr[hours + 2] - '0');
	*ret_minute = hour * 60 + minute;
	return minute < 60 && *ret_minute <= DAY_MINUTES;
}

static void open_minutes(struct policy_window *w, int from, int length)
{
	for (int i = 0; i < length; i++) {
		int at = (from + i) % POLICY_WEEK_MINUTES;

		w->minutes[at / 8] |= (uint8_t)(1u << (at % 8));
	}
	w->set = true;
}

/* Minutes from one time to the next like the other within a period; from 00:00 to 24:00 it is the whole of it, and
 * between two times that are the same there is nothing. */
static int length_within(int from, int to, int period)
{
	int length = ((to - from) % period + period) % period;

	return length == 0 && to != from ? period : length;
}

static bool fail_part(struct str part, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG, "\"" STR_FMT "\": %s", STR_ARG(str_sub(part, 0, SHOWN)), why);
}

struct span {
	struct str day, until; /* words; until "" = none */
	int from, to;          /* minutes of their days */
};

static bool read_span(struct str part, struct span *ret_span, struct err *err)
{
	long dash = str_find(part, STR("-"), 0);
	struct str first, last;

	if (dash < 0)
		return fail_part(part, "not a window like Sat 22:00-Sun 04:00 or daily 02:00-03:00", err);
	first = str_trim(str_sub(part, 0, (size_t)dash));
	last = str_trim(str_sub(part, (size_t)dash + 1, part.len));
	ret_span->day = take_word(&first);
	ret_span->until = take_word(&last);
	if (!read_time(first, &ret_span->from) || !read_time(last, &ret_span->to) || ret_span->from == DAY_MINUTES)
		return fail_part(part, "times are written 00:00 to 24:00, UTC", err);
	return true;
}

static bool read_part(struct str part, struct policy_window *w, struct err *err)
{
	struct span s;
	int day, until, length;
	bool daily;

	if (!read_span(part, &s, err))
		return false;
	daily = str_ieq(s.day, STR("daily"));
	day = daily ? 0 : day_of(s.day);
	until = day_of(s.until);
	if (day < 0)
		return fail_part(part, "begins neither with a day (Mon, Tue, ...) nor with daily", err);
	if (s.until.len > 0 && (daily || until < 0))
		return fail_part(part, daily ? "daily, and ends on a day" : "ends on no day", err);
	if (s.until.len > 0)
		length = length_within(day * DAY_MINUTES + s.from, until * DAY_MINUTES + s.to, POLICY_WEEK_MINUTES);
	else
		length = length_within(s.from, s.to, DAY_MINUTES);
	if (length == 0)
		return fail_part(part, "ends when it begins", err);
	for (int i = day; i < (daily ? 7 : day + 1); i++)
		open_minutes(w, i * DAY_MINUTES + s.from, length);
	return true;
}

bool policy_window_parse(struct str text, struct policy_window *ret_window, struct err *err)
{
	struct policy_window w = {.set = false};
	struct str part;
	size_t n = 0;

	text = str_trim(text);
	while (text.len > 0 || n > 0) {
		if (!str_split(&text, ',', &part))
			break;
		if (++n > POLICY_WINDOWS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d windows", POLICY_WINDOWS_MAX);
		if (!read_part(str_trim(part), &w, err))
			return false;
	}
	*ret_window = w;
	return true;
}

/* ---- asking windows ---- */

static bool has_minute(const struct policy_window *w, int at)
{
	return w->minutes[at / 8] & (1u << (at % 8));
}

bool policy_window_is_open(const struct policy_window *w, int64_t wall_us, int64_t *ret_left_us)
{
	struct civil c;
	bool open;
	int now;

	clock_civil(wall_us, &c);
	now = c.weekday * DAY_MINUTES + c.hour * 60 + c.minute;
	open = has_minute(w, now);
	*ret_left_us = INT64_MAX;
	for (int i = 1; i < POLICY_WEEK_MINUTES; i++)
		if (has_minute(w, (now + i) % POLICY_WEEK_MINUTES) != open) {
			*ret_left_us = i * US_PER_MIN - c.second * US_PER_S - c.micro;
			break;
		}
	return open;
}

void policy_window_say(const struct policy_window *w, int64_t wall_us, struct buf *out)
{
	struct civil c;
	int64_t left;
	bool open;

	if (!w->set) {
		(void)buf_add_c(out, "none set");
		return;
	}
	open = policy_window_is_open(w, wall_us, &left);
	if (left == INT64_MAX) {
		(void)buf_add_c(out, open ? "open at all times" : "closed at all times");
		return;
	}
	if (open) {
		(void)buf_add_c(out, "open for another ");
	} else {
		clock_civil(wall_us + left, &c);
		(void)buf_addf(out, "closed, opens %.3s %02d:%02d UTC in ", days[c.weekday], c.hour, c.minute);
	}
	(void)format_duration(out, left);
}

/* ---- production ---- */

bool policy_is_production(const char *wanted, struct str tags, struct str *ret_tag)
{
	struct str tag, rest, one;

	while (tags.len > 0 && str_split(&tags, ',', &tag)) {
		rest = str_c(wanted);
		while (rest.len > 0 && str_split(&rest, ',', &one))
			if (str_trim(one).len > 0 && str_ieq(str_trim(one), str_trim(tag))) {
				*ret_tag = str_trim(tag);
				return true;
			}
	}
	return false;
}

/* ---- limits ---- */

double *policy_limit_at(struct policy_limits *limits, const struct policy_limit *row)
{
	return (double *)(void *)((char *)limits + row->offset);
}

static bool parse_ratio(struct str text, double *ret_value)
{
	bool percent = str_ends(text, STR("%"));
	double v;

	if (percent)
		text = str_trim(str_sub(text, 0, text.len - 1));
	if (!parse_f64(text, &v) || !isfinite(v) || v < 0)
		return false;
	*ret_value = percent ? v / 100 : v;
	return true;
}

bool policy_limit_parse(enum policy_unit unit, struct str text, double *ret_value, struct err *err)
{
	static const char *const wanted[] = {
		[POLICY_DURATION] = "a time, such as 90s, 10m, 26h or 7d",
		[POLICY_COUNT] = "a number",
		[POLICY_RATIO] = "a share, such as 80% or 0.8",
		[POLICY_BYTES] = "a size, such as 10GiB",
		[POLICY_SWITCH] = "yes or no",
	};
	int64_t whole = 0;
	bool ok = false, on = false;

	switch (unit) {
	case POLICY_DURATION:
		ok = parse_duration_us(text, &whole) && whole >= 0;
		break;
	case POLICY_COUNT:
		ok = parse_i64(text, &whole) && whole >= 0;
		break;
	case POLICY_BYTES:
		ok = parse_size(text, &whole) && whole >= 0;
		break;
	case POLICY_SWITCH:
		ok = parse_bool(text, &on);
		whole = on;
		break;
	case POLICY_RATIO:
		ok = parse_ratio(text, ret_value);
		break;
	}
	if (!ok)
		return err_set(err, ERR_USAGE, "\"" STR_FMT "\" is not %s", STR_ARG(text), wanted[unit]);
	if (unit != POLICY_RATIO)
		*ret_value = (double)whole;
	return true;
}

static void say_duration(double us, struct buf *out)
{
	static const struct {
		double us;
		char letter;
	} units[] = {{86400e6, 'd'}, {3600e6, 'h'}, {60e6, 'm'}, {1e6, 's'}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		/* 48 h is said in hours as operators do: whole days only from three on */
		if (fmod(us, units[i].us) == 0 && us >= (i == 0 ? 3 : 1) * units[i].us) {
			(void)buf_addf(out, "%.0f%c", us / units[i].us, units[i].letter);
			return;
		}
	(void)buf_addf(out, "%.0fms", us / 1e3);
}

void policy_limit_say(enum policy_unit unit, double value, struct buf *out)
{
	switch (unit) {
	case POLICY_DURATION:
		say_duration(value, out);
		break;
	case POLICY_COUNT:
		(void)buf_addf(out, "%.0f", value);
		break;
	case POLICY_RATIO:
		(void)buf_addf(out, "%.3g%%", value * 100);
		break;
	case POLICY_BYTES:
		(void)format_bytes(out, (int64_t)value);
		break;
	case POLICY_SWITCH:
		(void)buf_add_c(out, value != 0 ? "yes" : "no");
		break;
	}
}
