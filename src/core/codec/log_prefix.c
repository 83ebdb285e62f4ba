/*
 * log_prefix.c: log_line_prefix, the other way round.
 *
 * The format is walked like PostgreSQL walks it to write; each escape takes what it could have
 * written. Where that has no shape of its own (names), it ends at the literal that follows in
 * the format, and where nothing follows, at the severity; when the rest does not fit then, at the next such
 * literal, TRIES_MAX times. %q ends the prefix of processes without a session. After the prefix a severity
 * must stand, or the format did not fit.
 *
 * The stderr format does not quote: a name may be chosen so that it reads as something else. That
 * misplaces words on the screen and nothing more.
 */
#include "codec/log_parts.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/parse.h"

#define SEARCH_BYTES_MAX 2048 /* how far a severity may be from the beginning of the line */
#define TRIES_MAX 200         /* ways to cut one line */

/* clang-format off */
static const struct {
	const char *word;
	enum log_severity severity;
} severities[] = {
	{"LOG", LOG_REPORT}, {"ERROR", LOG_REPORT}, {"FATAL", LOG_REPORT}, {"PANIC", LOG_REPORT}, {"WARNING", LOG_REPORT},
	{"NOTICE", LOG_REPORT}, {"INFO", LOG_REPORT}, {"DEBUG", LOG_REPORT}, {"DEBUG1", LOG_REPORT}, {"DEBUG2", LOG_REPORT},
	{"DEBUG3", LOG_REPORT}, {"DEBUG4", LOG_REPORT}, {"DEBUG5", LOG_REPORT}, {"DETAIL", LOG_DETAIL}, {"HINT", LOG_HINT},
	{"CONTEXT", LOG_CONTEXT}, {"STATEMENT", LOG_STATEMENT}, {"QUERY", LOG_IGNORED}, {"LOCATION", LOG_IGNORED},
	{"BACKTRACE", LOG_IGNORED},
};

/* Aurora's two, PostgreSQL's and Debian's defaults, and those that log analysers ask for. */
static const char *const usual[] = {
	"%t:%r:%u@%d:[%p]:",
	"%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
	"%m [%p] %q%u@%d ",
	"%m [%p] ",
	"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
	"%t [%p]: user=%u,db=%d,app=%a,client=%h ",
	"%t [%p]: [%l-1] user=%u,db=%d ",
	"%t [%p]: [%l-1] %q%u@%d ",
	"%t [%p] ",
	"%t [%p]: ",
	"%m ",
	"%t ",
};
/* clang-format on */

static char at(struct str s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

/* Length of "LOG:  " at the beginning of s, 0 = none; PostgreSQL writes two blanks. */
static size_t severity_at(struct str s, struct log_prefix *p)
{
	for (size_t i = 0; i < ARRAY_LEN(severities); i++) {
		size_t n = strlen(severities[i].word);

		if (!str_starts(s, str_c(severities[i].word)) || at(s, n) != ':' || at(s, n + 1) != ' ' ||
		    at(s, n + 2) != ' ')
			continue;
		p->word = str_sub(s, 0, n);
		p->severity = severities[i].severity;
		return n + 3;
	}
	return 0;
}

/* Offset of the first severity in s, or -1. */
static long find_severity(struct str s, struct log_prefix *p)
{
	struct str head = str_sub(s, 0, SEARCH_BYTES_MAX);
	long colon = -1;

	while ((colon = str_find(head, STR(":  "), (size_t)(colon + 1))) >= 0) {
		for (size_t i = 0; i < ARRAY_LEN(severities); i++) {
			size_t n = strlen(severities[i].word);

			if ((size_t)colon >= n && severity_at(str_sub(s, (size_t)colon - n, s.len), p) > 0)
				return colon - (long)n;
		}
	}
	return -1;
}

/* ---- what an escape may have written: its length, or -1 */

static long shape_len(struct str s, const char *shape)
{
	size_t i = 0;

	for (; shape[i]; i++)
		if (shape[i] == '0' ? !ascii_is_digit(at(s, i)) : at(s, i) != shape[i])
			return -1;
	return (long)i;
}

/* A time with its zone; fraction: with milliseconds. */
static long time_len(struct str s, bool fraction, struct str *ret_time, struct str *ret_zone)
{
	long n = shape_len(s, fraction ? "0000-00-00 00:00:00.000" : "0000-00-00 00:00:00");
	size_t zone, end;

	if (n < 0 || at(s, (size_t)n) != ' ')
		return -1;
	zone = end = (size_t)n + 1;
	while (end < s.len && end - zone < 32 &&
	       (ascii_is_digit(s.ptr[end]) || (s.ptr[end] | 32) - 'a' + 0u < 26u || strchr("+-/_<>", s.ptr[end])))
		end++;
	if (end == zone)
		return -1;
	*ret_time = str_sub(s, 0, (size_t)n);
	*ret_zone = str_sub(s, zone, end);
	return (long)end;
}

static long number_len(struct str s, bool sign)
{
	size_t i = sign && at(s, 0) == '-', start = i;

	while (ascii_is_digit(at(s, i)) && i - start < 20)
		i++;
	return i > start ? (long)i : -1;
}

static long class_len(struct str s, const char *chars)
{
	size_t i = 0;

	while (i < s.len && s.ptr[i] && strchr(chars, s.ptr[i]))
		i++;
	return (long)i;
}

#define HEX "0123456789abcdef"
#define UPPER_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Of an escape with a shape; -2 = free text. */
static long shaped_len(char escape, struct str s, struct log_prefix *p)
{
	struct str other;
	long n;

	switch (escape) {
	case 't':
		return time_len(s, false, &p->time, &p->zone);
	case 'm':
		return time_len(s, true, &p->time, &p->zone);
	case 's':
		return time_len(s, false, &other, &other);
	case 'p':
		n = number_len(s, false);
		if (n > 0 && !parse_i64(str_sub(s, 0, (size_t)n), &p->pid))
			p->pid = 0;
		return n;
	case 'Q':
		n = number_len(s, true);
		if (n > 0 && !parse_i64(str_sub(s, 0, (size_t)n), &p->query_id))
			p->query_id = 0;
		return n;
	case 'l':
	case 'x':
		return number_len(s, false);
	case 'P':
		n = number_len(s, false);
		return n < 0 ? 0 : n; /* empty without a leader */
	case 'e':
		n = class_len(str_sub(s, 0, 5), UPPER_DIGITS);
		p->sqlstate = str_sub(s, 0, 5);
		return n == 5 ? n : -1;
	case 'c':
		return class_len(s, HEX ".");
	case 'v':
		return class_len(s, "0123456789/");
	case 'n':
		n = shape_len(s, "0000000000.000");
		if (n > 0 && parse_i64(str_sub(s, 0, 10), &p->at_us))
			p->at_us *= US_PER_S;
		return n;
	default:
		return -2;
	}
}

/* The address of %r, which is host(port). */
static struct str bare_client(struct str s)
{
	long open = str_find(s, STR("("), 0);

	if (open > 0 && at(s, s.len - 1) == ')')
		s = str_sub(s, 0, (size_t)open);
	return s;
}

static void put_free(char escape, struct str text, struct log_prefix *p)
{
	text = str_trim(text);
	if (str_eq_c(text, "[unknown]"))
		text = STR("");
	switch (escape) {
	case 'u':
		p->user = text;
		break;
	case 'd':
		p->database = text;
		break;
	case 'a':
		p->application = text;
		break;
	case 'h':
	case 'r':
		p->client = bare_client(text);
		break;
	default: /* %i, %b, %C, %L and what may come */
		break;
	}
}

/* Literal text of the format from f on, up to the next escape. */
static struct str literal_at(const char *f)
{
	return (struct str){f, strcspn(f, "%")};
}

/* Skips the padding in %-10u or %5p. */
static const char *skip_padding(const char *f)
{
	f += *f == '-';
	while (ascii_is_digit(*f))
		f++;
	return f;
}

static bool finish(struct str line, struct log_prefix *p)
{
	size_t n = severity_at(line, p);

	p->rest = str_sub(line, n, line.len);
	return n > 0;
}

static bool match_from(const char *f, struct str line, struct log_prefix *p, int *budget);

/* Free text of the escape before f: it may end wherever what follows fits, the earliest first. */
static bool match_free(char escape, const char *f, struct str line, struct log_prefix *p, int *budget)
{
	struct str head = str_sub(line, 0, SEARCH_BYTES_MAX), stop;
	const char *next = f;
	long end = 0;

	while (next[0] == '%' && next[1] == 'q')
		next += 2;
	stop = literal_at(next);
	if (stop.len == 0 && next[0] != '%') {
		struct log_prefix ignored;

		/* the severity follows */
		end = find_severity(line, &ignored);
		if (end < 0)
			return false;
		put_free(escape, str_sub(line, 0, (size_t)end), p);
		return match_from(f, str_sub(line, (size_t)end, line.len), p, budget);
	}
	for (; (end = str_find(head, stop, (size_t)end)) >= 0 && *budget > 0; end++) {
		struct log_prefix trial = *p;

		put_free(escape, str_sub(line, 0, (size_t)end), &trial);
		if (match_from(f, str_sub(line, (size_t)end, line.len), &trial, budget)) {
			*p = trial;
			return true;
		}
	}
	return false;
}

/* One escape that begins at f, behind the %. */
static bool match_escape(const char *f, struct str line, struct log_prefix *p, int *budget)
{
	const char *letter = skip_padding(f);
	long n;

	while (letter > f && at(line, 0) == ' ')
		line = str_sub(line, 1, line.len);
	if (*letter == '\0')
		return false;
	n = shaped_len(*letter, line, p);
	if (n == -2)
		return match_free(*letter, letter + 1, line, p, budget);
	return n >= 0 && match_from(letter + 1, str_sub(line, (size_t)n, line.len), p, budget);
}

static bool match_from(const char *f, struct str line, struct log_prefix *p, int *budget)
{
	if (--*budget < 0)
		return false;
	for (; *f; f++) {
		if (f[0] == '%' && f[1] == 'q') {
			f++;
			/* a process without a session writes no more */
			if (finish(line, p))
				return true;
			continue;
		}
		if (f[0] == '%' && f[1] != '%')
			return match_escape(f + 1, line, p, budget);
		f += f[0] == '%';
		if (line.len == 0 || line.ptr[0] != *f)
			return false;
		line = str_sub(line, 1, line.len);
	}
	return finish(line, p);
}

bool log_prefix_match(const char *format, struct str line, struct log_prefix *ret_prefix)
{
	struct log_prefix p = {.pid = 0};
	int budget = TRIES_MAX;

	if (!match_from(format, line, &p, &budget))
		return false;
	*ret_prefix = p;
	return true;
}

/* No format fitted: a severity near the beginning, perhaps a time and a [pid] before it. */
static bool match_loosely(struct str line, struct log_prefix *p)
{
	long n, open;
	struct str head;

	*p = (struct log_prefix){.pid = 0};
	n = find_severity(line, p);
	if (n < 0)
		return false;
	head = str_sub(line, 0, (size_t)n);
	p->rest = str_sub(line, (size_t)n + p->word.len + 3, line.len);
	if (time_len(head, true, &p->time, &p->zone) < 0)
		(void)time_len(head, false, &p->time, &p->zone);
	open = str_find(head, STR("["), 0);
	while (open >= 0) {
		struct str inner = str_sub(head, (size_t)open + 1, head.len);
		long digits = number_len(inner, false);

		if (digits > 0 && at(inner, (size_t)digits) == ']' &&
		    parse_i64(str_sub(inner, 0, (size_t)digits), &p->pid))
			break;
		open = str_find(head, STR("["), (size_t)open + 1);
	}
	return true;
}

bool log_prefix_guess(struct str line, size_t *hint, struct log_prefix *ret_prefix)
{
	for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
		size_t at_format = (*hint + i) % ARRAY_LEN(usual);

		if (log_prefix_match(usual[at_format], line, ret_prefix)) {
			*hint = at_format;
			return true;
		}
	}
	return match_loosely(line, ret_prefix);
}

/* "+02", "-0330"; 0 for UTC and its other names. */
static bool zone_offset(struct str zone, int64_t *ret_us)
{
	int64_t hours, minutes = 0;
	struct str digits = str_sub(zone, 1, zone.len);

	if (str_eq_c(zone, "UTC") || str_eq_c(zone, "GMT") || str_eq_c(zone, "Z")) {
		*ret_us = 0;
		return true;
	}
	if (zone.len < 3 || !strchr("+-", zone.ptr[0]) || (digits.len != 2 && digits.len != 4))
		return false;
	if (!parse_i64(str_sub(digits, 0, 2), &hours) ||
	    (digits.len == 4 && !parse_i64(str_sub(digits, 2, 4), &minutes)) || hours > 15 || minutes > 59)
		return false;
	*ret_us = (hours * US_PER_HOUR + minutes * US_PER_MIN) * (zone.ptr[0] == '-' ? -1 : 1);
	return true;
}

bool log_time(struct str time, struct str zone, const struct log_format *format, int64_t *ret_us)
{
	char iso[40];
	int64_t us, offset;

	if (time.len < 19 || time.len > 30)
		return false;
	if (!zone_offset(zone, &offset)) {
		if (!format->zone_known)
			return false;
		offset = format->zone_offset_us;
	}
	snprintf(iso, sizeof(iso), "%.10sT" STR_FMT "Z", time.ptr, STR_ARG(str_sub(time, 11, time.len)));
	if (!clock_parse_iso8601(str_c(iso), &us))
		return false;
	*ret_us = us - offset;
	return true;
}
