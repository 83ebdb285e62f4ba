/*
 * test_log_entry.c: PostgreSQL's log read back. tests/data/pglog holds what one server wrote at the same
 * time in its three formats: they must say the same.
 */
#include "codec/log_entry.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err err;
static const struct log_format any_format = {.prefix = NULL};

static char *read_file(const char *name, size_t *ret_len)
{
	char path[512], *text = xalloc(1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/pglog/%s", TEST_DATA, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	*ret_len = fread(text, 1, (1 << 20) - 1, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static struct snapshot *fresh(void)
{
	return snapshot_new(&log_entry_type, "logs");
}

/* Entries of a text, each line a line of its own. */
static struct snapshot *read_text(struct str text, const struct log_format *format)
{
	struct log_line *lines = xcalloc(30000, sizeof(*lines));
	struct snapshot *s = fresh();
	struct str line;
	size_t n = 0;

	while (text.ptr && str_split(&text, '\n', &line) && n < 30000)
		lines[n++] = (struct log_line){.text = line, .event_id = STR("e"), .at_us = 1};
	if (!log_read_lines(lines, n, format, s, &err))
		fail_msg("%s", err.text);
	xfree(lines);
	return s;
}

static struct snapshot *read_c(const char *text)
{
	return read_text(str_c(text), &any_format);
}

static const struct log_entry *row(const struct snapshot *s, size_t i)
{
	if (i >= s->nrows)
		fail_msg("there are %zu entries", s->nrows);
	return snapshot_row(s, i);
}

#define TEXT(got, want)                                                                             \
	do {                                                                                        \
		struct str got_ = (got);                                                            \
		if (!str_eq_c(got_, (want)))                                                        \
			fail_msg("%s is \"" STR_FMT "\", not \"%s\"", #got, STR_ARG(got_), (want)); \
	} while (0)
#define ABSENT(e, m) assert_false(HAS((e), struct log_entry, m))

/* First entry whose message begins so, from *i on. */
static const struct log_entry *find(const struct snapshot *s, const char *kind, const char *begins)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (str_eq_c(row(s, i)->kind, kind) && str_starts(row(s, i)->message, str_c(begins)))
			return row(s, i);
	fail_msg("no %s entry %s", kind, begins);
	return NULL;
}

static struct snapshot *read_corpus(const char *name)
{
	struct snapshot *s = fresh();
	struct log_text piece = {.name = STR("log/pg"), .offset = 1000, .node = STR("")};
	size_t len;
	char *text = read_file(name, &len);

	piece.text = (struct str){text, len};
	if (strcmp(name, "stderr.log") == 0) {
		snapshot_unref(s);
		s = read_text(piece.text, &any_format);
	} else if (!(strcmp(name, "csv.log") == 0 ? log_read_csv : log_read_json)(&piece, &any_format, s, &err)) {
		fail_msg("%s", err.text);
	}
	xfree(text);
	return s;
}

static void what_a_server_wrote(const struct snapshot *s)
{
	const struct log_entry *e = find(s, "slow", "duration: 150.759 ms");

	assert_int_equal(e->duration_us, 150759);
	TEXT(e->statement, "select pg_sleep(0.15), 'a\nb' as x");
	TEXT(e->shape, "select pg_sleep(?), ? as x");
	TEXT(e->user, "postgres");
	TEXT(e->database, "postgres");
	assert_int_equal(e->pid, 18343);
	e = find(s, "error", "division by zero");
	TEXT(e->severity, "ERROR");
	TEXT(e->statement, "select 1/0");
	e = find(s, "error", "duplicate key");
	TEXT(e->detail, "Key (sku)=(1) already exists.");
	e = find(s, "temp", "temporary file");
	assert_int_equal(e->temp_bytes, 647168);
	assert_true(str_starts(e->statement, STR("set work_mem=")));
	e = find(s, "slow", "duration: 10.343 ms");
	assert_true(str_starts(e->plan, STR("Aggregate  (cost=699.80")) ||
		    str_find(e->plan, STR("Aggregate  (cost="), 0) >= 0);
	assert_true(str_find(e->plan, STR("\n  ->  Hash Join"), 0) > 0);
	assert_true(str_ends(e->statement, STR("where a.qty = 1 and b.qty > 0")));
	e = find(s, "lock", "process 18378 still waiting");
	TEXT(e->lock, "ShareLock on transaction 726");
	assert_int_equal(e->duration_us, 200141);
	assert_int_equal(e->blocker_pid, 18359);
	TEXT(e->context, "while updating tuple (0,1) in relation \"stock\"");
	assert_true(str_starts(e->statement, STR("begin; update stock set qty=3")));
	e = find(s, "lock", "process 18378 acquired");
	TEXT(e->lock, "ShareLock on transaction 726");
	assert_int_equal(e->duration_us, 603282);
	e = find(s, "deadlock", "process 18359 detected deadlock");
	assert_int_equal(e->blocker_pid, 18378);
	e = find(s, "deadlock", "deadlock detected");
	TEXT(e->lock, "ShareLock on transaction 727");
	assert_int_equal(e->blocker_pid, 18378);
	TEXT(e->hint, "See server log for query details.");
	assert_true(str_find(e->detail, STR("\nProcess 18378: begin"), 0) > 0);
	e = find(s, "vacuum", "automatic vacuum of table \"postgres.public.stock\"");
	TEXT(e->relation, "postgres.public.stock");
	assert_int_equal(e->pages, 89);
	assert_int_equal(e->duration_us, 0);
	ABSENT(e, user);
	e = find(s, "analyze", "automatic analyze");
	TEXT(e->relation, "postgres.public.stock");
	ABSENT(e, pages);
	e = find(s, "checkpoint", "checkpoint complete");
	assert_int_equal(e->pages, 330);
	assert_int_equal(e->duration_us, 4000);
	e = find(s, "cancel", "canceling statement due to statement timeout");
	TEXT(e->severity, "ERROR");
	e = find(s, "connection", "disconnection: session time: 0:00:00.805");
	assert_int_equal(e->duration_us, 805000);
	e = find(s, "connection", "connection received");
	ABSENT(e, user);
	TEXT(e->client, "[local]");
	e = find(s, "error", "role \"nobody\"");
	TEXT(e->severity, "FATAL");
	TEXT(e->user, "nobody");
	e = find(s, "other", "received fast shutdown request");
	ABSENT(e, statement);
}

static void corpus(void **state)
{
	static const char *const names[] = {"stderr.log", "csv.log", "json.log"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct snapshot *s = read_corpus(names[i]);

		assert_int_equal(s->nrows, 93);
		what_a_server_wrote(s);
		snapshot_unref(s);
	}
}

static void same(struct str a, struct str b, size_t i, const char *what)
{
	if (!str_eq(a, b))
		fail_msg("entry %zu: %s \"" STR_FMT "\" and \"" STR_FMT "\"", i, what, STR_ARG(a), STR_ARG(b));
}

/* The entry of a process that stands where entry i stands among its own: processes may be interleaved otherwise. */
static const struct log_entry *counterpart(const struct snapshot *s, const struct snapshot *of, size_t i)
{
	size_t ordinal = 0;

	for (size_t k = 0; k < i; k++)
		ordinal += row(of, k)->pid == row(of, i)->pid;
	for (size_t k = 0; k < s->nrows; k++)
		if (row(s, k)->pid == row(of, i)->pid && ordinal-- == 0)
			return row(s, k);
	fail_msg("no counterpart of entry %zu", i);
	return NULL;
}

/* The stderr format has whole seconds and puts blank-led lines in other places; all else is equal. */
static void three_formats_say_the_same(void **state)
{
	struct snapshot *lines = read_corpus("stderr.log"), *csv = read_corpus("csv.log"),
			*json = read_corpus("json.log");

	(void)state;
	assert_int_equal(lines->nrows, csv->nrows);
	assert_int_equal(json->nrows, csv->nrows);
	for (size_t i = 0; i < csv->nrows; i++) {
		const struct log_entry *a = counterpart(lines, csv, i), *b = row(csv, i),
				       *c = counterpart(json, csv, i);

		same(a->kind, b->kind, i, "kind");
		same(b->kind, c->kind, i, "kind");
		/* stderr adds " at character 1" to the message */
		same(str_sub(a->message, 0, b->message.len), b->message, i, "message");
		same(b->message, c->message, i, "message");
		same(a->statement, b->statement, i, "statement");
		same(b->statement, c->statement, i, "statement");
		same(a->detail, b->detail, i, "detail");
		same(b->detail, c->detail, i, "detail");
		same(a->user, c->user, i, "user");
		same(b->user, c->user, i, "user");
		same(b->sqlstate, c->sqlstate, i, "sqlstate");
		assert_int_equal(a->pid, b->pid);
		assert_int_equal(b->pid, c->pid);
		assert_int_equal(b->at, c->at);
		/* each format asks the clock for itself */
		assert_true(a->at - b->at < 2 * US_PER_S && b->at - a->at < 2 * US_PER_S);
		assert_int_equal(a->duration_us, b->duration_us);
		assert_int_equal(b->query_id, c->query_id);
	}
	/* each has its place in the file */
	for (size_t i = 1; i < csv->nrows; i++)
		assert_false(str_eq(row(csv, i)->event_id, row(csv, i - 1)->event_id));
	TEXT(row(csv, 0)->event_id, "log/pg:1000");
	snapshot_unref(lines);
	snapshot_unref(csv);
	snapshot_unref(json);
}

static void passwords_never_come_through(void **state)
{
	static const char *const names[] = {"stderr.log", "csv.log", "json.log"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct snapshot *s = read_corpus(names[i]);
		bool seen = false;

		for (size_t k = 0; k < s->nrows; k++)
			for (size_t f = 0; f < s->type->nfields; f++) {
				union value v;

				if (kind_ops[s->type->fields[f].kind].storage != CT_STR ||
				    !rec_get(&s->type->fields[f], row(s, k), &v))
					continue;
				assert_true(str_find(v.str, STR("hunter"), 0) < 0);
				seen |= str_find(v.str, STR("password '***'"), 0) >= 0;
			}
		assert_true(seen);
		snapshot_unref(s);
	}
}

static void prefixes(void **state)
{
	static const struct {
		const char *format, *line; /* format NULL = found out */
		int64_t pid;
		const char *user, *database, *application, *client;
	} rows[] = {
		{NULL, "2026-01-15 08:30:05 UTC:10.0.1.5(41234):app@shop:[3125]:LOG:  m", 3125, "app", "shop", "",
		 "10.0.1.5"},
		{NULL, "2026-01-15 08:30:05 UTC::@:[123]:LOG:  m", 123, "", "", "", ""},
		{NULL,
		 "2026-01-15 08:30:05.123 UTC:10.0.1.5(41234):app@shop:[3125]:12:00000:2026-01-15 08:00:00 "
		 "UTC:3/45:0:65a4f00d.c35:psqlLOG:  m",
		 3125, "app", "shop", "psql", "10.0.1.5"},
		{NULL, "2026-01-15 08:30:05.123 UTC::@:[123]:1:00000:2026-01-15 08:00:00 UTC::0:65a4f00d.7b:LOG:  m",
		 123, "", "", "", ""},
		{NULL, "2026-01-15 08:30:05.123 CET [77] LOG:  m", 77, "", "", "", ""},
		{NULL, "2026-01-15 08:30:05.123 UTC [77] app@shop LOG:  m", 77, "app", "shop", "", ""},
		{NULL, "2026-01-15 08:30:05 UTC [77]: [4-1] user=app,db=shop,app=web 1,client=10.0.0.9 LOG:  m", 77,
		 "app", "shop", "web 1", "10.0.0.9"},
		{NULL, "<2026-01-15 08:30:05.1 UTC>(77) strange [78] LOG:  m", 78, "", "", "", ""},
		{"%m [%p] %q[app=%a] %u/%d ", "2026-01-15 08:30:05.123 +02 [77] [app=a b] me/db LOG:  m", 77, "me",
		 "db", "a b", ""},
		{"%m [%p] %q[app=%a] %u/%d ", "2026-01-15 08:30:05.123 +02 [77] LOG:  m", 77, "", "", "", ""},
		{"%n %5p %-10u|%d|%h %% ", "1768465805.123    77 me        |db|::1 % LOG:  m", 77, "me", "db", "",
		 "::1"},
		{"%t %b %i %P %Q %p ", "2026-01-15 08:30:05 UTC client backend SELECT  -42 77 LOG:  m", 77, "", "", "",
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct log_format format = {.prefix = rows[i].format};
		struct snapshot *s = read_text(str_c(rows[i].line), &format);
		const struct log_entry *e = row(s, 0);

		if (e->pid != rows[i].pid)
			fail_msg("pid of \"%s\" is %lld", rows[i].line, (long long)e->pid);
		TEXT(e->user, rows[i].user);
		TEXT(e->database, rows[i].database);
		TEXT(e->application, rows[i].application);
		TEXT(e->client, rows[i].client);
		TEXT(e->message, "m");
		TEXT(e->severity, "LOG");
		snapshot_unref(s);
	}
}

static void times(void **state)
{
	static const struct {
		const char *line;
		int64_t offset_s;
		bool known;
		int64_t want_us;
	} rows[] = {
		{"2026-01-15 08:30:05 UTC [1] LOG:  m", 0, false, INT64_C(1768465805000000)},
		{"2026-01-15 08:30:05.250 UTC [1] LOG:  m", 0, false, INT64_C(1768465805250000)},
		{"2026-01-15 10:30:05.250 +02 [1] LOG:  m", 0, false, INT64_C(1768465805250000)},
		{"2026-01-15 05:00:05.250 -0330 [1] LOG:  m", 0, false, INT64_C(1768465805250000)},
		{"2026-01-15 09:30:05 CET [1] LOG:  m", 3600, true, INT64_C(1768465805000000)},
		{"2026-01-15 09:30:05 CET [1] LOG:  m", 0, false, 1}, /* the transport's */
		{"2026-99-15 09:30:05 UTC [1] LOG:  m", 0, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct log_format format = {.zone_known = rows[i].known, .zone_offset_us = rows[i].offset_s * US_PER_S};
		struct snapshot *s = read_text(str_c(rows[i].line), &format);

		if (row(s, 0)->at != rows[i].want_us)
			fail_msg("\"%s\" is %lld", rows[i].line, (long long)row(s, 0)->at);
		snapshot_unref(s);
	}
}

#define P1 "2026-01-15 08:30:05 UTC:10.0.0.1(1):a@d:[1]:"
#define P2 "2026-01-15 08:30:05 UTC:10.0.0.2(2):b@d:[2]:"

/* Two processes write at the same time. */
static void lines_find_their_entry(void **state)
{
	struct snapshot *s = read_c(P1 "STATEMENT:  lost\n\talso lost\n" P1 "ERROR:  one\n" P2 "ERROR:  two\n" P1
				       "DETAIL:  of one\n\tand more\n" P2 "STATEMENT:  select\n\n\t2\n" P1
				       "STATEMENT:  select 1\n" P1 "LOCATION:  x.c:1\nplain output of a script\n");

	(void)state;
	assert_int_equal(s->nrows, 3);
	TEXT(row(s, 0)->message, "one");
	TEXT(row(s, 0)->detail, "of one\nand more");
	TEXT(row(s, 0)->statement, "select 1");
	TEXT(row(s, 1)->statement, "select\n\n2");
	TEXT(row(s, 2)->message, "plain output of a script");
	TEXT(row(s, 2)->kind, "other");
	ABSENT(row(s, 2), severity);
	snapshot_unref(s);
}

/* An event of CloudWatch Logs may hold several lines, or a line that goes on with the event before; streams are apart.
 */
static void events_and_streams(void **state)
{
	const struct log_line lines[] = {
		{STR(P1 "LOG:  duration: 12.5 ms  execute S_1: select\n\t1,"), STR("1"), STR("n1"), 5},
		{STR(P1 "LOG:  automatic vacuum of table \"d.s.t\": index scans: 0"), STR("2"), STR("n2"), 6},
		{STR("\tfrom t"), STR("3"), STR("n1"), 7},
		{STR("\tpages: 0 removed, 7 remain, 7 scanned"), STR("4"), STR("n2"), 8},
		{STR(P1 "DETAIL:  parameters: $1 = 'x'"), STR("5"), STR("n1"), 9},
	};
	struct snapshot *s = fresh();

	(void)state;
	assert_true(log_read_lines(lines, ARRAY_LEN(lines), &any_format, s, &err));
	assert_int_equal(s->nrows, 2);
	TEXT(row(s, 0)->statement, "select\n1,\nfrom t");
	TEXT(row(s, 0)->detail, "parameters: $1 = 'x'");
	TEXT(row(s, 0)->event_id, "1");
	TEXT(row(s, 0)->node, "n1");
	TEXT(row(s, 1)->relation, "d.s.t");
	assert_int_equal(row(s, 1)->pages, 7);
	snapshot_unref(s);
}

/* A script's output in a file of the server's: no time of its own, and no place out of order. */
static void lines_without_a_time(void **state)
{
	const struct log_line lines[] = {
		{.text = STR("plain output of a script"), .event_id = STR("1")},
		{.text = STR(P1 "ERROR:  one"), .event_id = STR("2")},
		{.text = STR("more plain output"), .event_id = STR("3")},
	};
	struct snapshot *s = fresh();

	(void)state;
	assert_true(log_read_lines(lines, ARRAY_LEN(lines), &any_format, s, &err));
	assert_int_equal(s->nrows, 3);
	ABSENT(row(s, 0), at);
	assert_true(HAS(row(s, 1), struct log_entry, at));
	assert_int_equal(row(s, 2)->at, row(s, 1)->at);
	snapshot_unref(s);
}

static void kinds(void **state)
{
	static const char *const rows[][2] = {
		{"LOG:  duration: 0.021 ms", "slow"},
		{"LOG:  duration: 700.1 ms  bind <unnamed>: select $1", "slow"},
		{"ERROR:  canceling statement due to user request", "cancel"},
		{"FATAL:  terminating connection due to administrator command", "cancel"},
		{"ERROR:  canceling statement due to conflict with recovery", "cancel"},
		{"FATAL:  password authentication failed for user \"x\"", "error"},
		{"PANIC:  could not write", "error"},
		{"WARNING:  there is no transaction in progress", "warning"},
		{"LOG:  process 7 avoided deadlock for ShareLock on relation 5 of database 6 by rearranging queue "
		 "order after 1000.2 ms",
		 "lock"},
		{"LOG:  restartpoint complete: wrote 5 buffers (0.0%); total=1.5 s; sync files=1", "checkpoint"},
		{"LOG:  checkpoints are occurring too frequently (5 seconds apart)", "checkpoint"},
		{"LOG:  automatic vacuum to prevent wraparound of table \"a.b.c\": index scans: 0", "vacuum"},
		{"LOG:  could not receive data from client: Connection reset by peer", "connection"},
		{"LOG:  statement: create table x (a int)", "other"},
		{"LOG:  AUDIT: SESSION,1,1,DDL,CREATE TABLE,,,create table x(),<not logged>", "other"},
		{"FEHLER:  Division durch Null", "other"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char line[512];
		struct snapshot *s;

		snprintf(line, sizeof(line), P1 "%s", rows[i][0]);
		s = read_c(line);
		if (!str_eq_c(row(s, 0)->kind, rows[i][1]))
			fail_msg("%s is " STR_FMT, rows[i][0], STR_ARG(row(s, 0)->kind));
		snapshot_unref(s);
	}
}

static void csv_of_older_servers(void **state)
{
	/* 23 columns before version 13; the piece begins and ends in the middle of a record */
	static const char text[] =
		"of a record\"\",\n\"\n2026-01-15 08:30:05.123 "
		"CET,\"a\"\"b\",\"d,b\",42,\"10.0.0.1:5000\",x,1,\"SELECT\",2026-01-15 "
		"08:00:00 CET,1/2,0,ERROR,23505,\"dup \"\"k\"\"\nsecond\",\"det\",,,,,\"insert\n1\",,,\"web\"\n"
		"2026-01-15 08:30:06.123 CET,\"a\",\"d\",43,\"10.0";
	struct log_text piece = {.text = str_c(text), .name = STR("f"), .offset = 7, .node = STR("n")};
	struct log_format format = {.zone_known = true, .zone_offset_us = US_PER_HOUR};
	struct snapshot *s = fresh();
	const struct log_entry *e;

	(void)state;
	assert_true(log_read_csv(&piece, &format, s, &err));
	assert_int_equal(s->nrows, 1);
	e = row(s, 0);
	TEXT(e->user, "a\"b");
	TEXT(e->database, "d,b");
	TEXT(e->message, "dup \"k\"\nsecond");
	TEXT(e->statement, "insert\n1");
	TEXT(e->application, "web");
	TEXT(e->client, "10.0.0.1");
	TEXT(e->sqlstate, "23505");
	assert_int_equal(e->at, INT64_C(1768462205123000));
	TEXT(e->event_id, "f:24");
	snapshot_unref(s);
}

/* A statement of 100 kB is cut, the next entry is not harmed. */
static void long_lines(void **state)
{
	struct buf text;
	struct snapshot *s;

	(void)state;
	buf_init(&text, 1u << 24);
	buf_add_c(&text, P1 "LOG:  duration: 5.0 ms  statement: select 'x', ");
	while (text.len < 100000)
		buf_add_c(&text, "\xc3\xa4\xc3\xb6 ");
	buf_add_c(&text, "\n" P1 "ERROR:  after\n" P1 "STATEMENT:  select");
	for (int i = 0; i < 20000; i++)
		buf_addf(&text, "\n\t%d,", i);
	buf_add_c(&text, "\n" P2 "LOG:  last");
	s = read_text(buf_str(&text), &any_format);
	assert_int_equal(s->nrows, 3);
	assert_true(row(s, 0)->statement.len <= LOG_TEXT_MAX);
	assert_true(row(s, 0)->statement.len > LOG_TEXT_MAX / 2);
	assert_true(row(s, 1)->statement.len <= LOG_TEXT_MAX);
	TEXT(row(s, 2)->message, "last");
	snapshot_unref(s);
	buf_release(&text);
}

static uint32_t seed = 17;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Spoils a real log: cuts, doubles, overwrites. Nothing may be read out of bounds, and every text stays bounded. */
static void spoilt_logs(void **state)
{
	static const char *const names[] = {"stderr.log", "csv.log", "json.log"};

	(void)state;
	for (int round = 0; round < 150; round++) {
		size_t len, which = roll(3);
		char *text = read_file(names[which], &len);
		struct snapshot *s = fresh();
		struct log_text piece = {.name = STR("f"), .node = STR("n")};
		size_t from = roll((uint32_t)len), to = from + roll((uint32_t)(len - from) + 1);

		for (int k = 0; k < 40; k++)
			text[roll((uint32_t)len)] = (char)(roll(2) ? "\"\n\t,:[]{}%@ \\"[roll(13)] : (int)roll(256));
		/* its own block, so that a sanitizer sees the ends */
		piece.text = (struct str){xstrndup(text + from, to - from), to - from};
		if (which == 0) {
			snapshot_unref(s);
			s = read_text(piece.text, &any_format);
		} else {
			assert_true((which == 1 ? log_read_csv : log_read_json)(&piece, &any_format, s, &err));
		}
		for (size_t i = 0; i < s->nrows; i++)
			assert_true(row(s, i)->message.len <= 4 * LOG_TEXT_MAX);
		snapshot_unref(s);
		xfree((void *)(uintptr_t)piece.text.ptr);
		xfree(text);
	}
}

static void hostile_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"\t",
		":  ",
		"LOG:  ",
		"LOG:",
		"2026-01-15 08:30:05 ",
		"2026-01-15 08:30:05 UTC:",
		"2026-01-15 08:30:05 UTC:[local]:",
		P1,
		P1 "LOG:  duration: ",
		P1 "LOG:  duration: 1e309 ms  statement: x",
		P1 "LOG:  duration: -5 ms  statement: x",
		P1 "LOG:  duration: 999999999999999999999 ms  plan:",
		P1 "LOG:  duration: 1 ms  plan:\n\tQuery Text: ",
		P1 "LOG:  process  still waiting for  after  ms",
		P1 "LOG:  temporary file: path \"x\", size 99999999999999999999",
		P1 "LOG:  checkpoint complete: wrote  buffers",
		P1 "LOG:  automatic vacuum of table \"",
		P1 "LOG:  disconnection: session time: ::: user",
		P1 "ERROR:  \x1b]0;owned\x07\x9b\xff\xfe",
		"2026-01-15 08:30:05 UTC:h(1):x LOG:  fake ERROR:  @d:[99999999999999999999]:LOG:  m",
		"\xe2\x80\xae" P1 "LOG:  m",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct snapshot *s = read_c(lines[i]);

		for (size_t k = 0; k < s->nrows; k++) {
			const struct log_entry *e = row(s, k);

			assert_true(HAS(e, struct log_entry, kind));
			assert_true(e->duration_us >= 0 && e->pid >= 0 && e->temp_bytes >= 0);
		}
		snapshot_unref(s);
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct log_text piece = {.text = str_c(lines[i]), .name = STR("f")};
		struct snapshot *s = fresh();

		assert_true(log_read_csv(&piece, &any_format, s, &err));
		assert_true(log_read_json(&piece, &any_format, s, &err));
		snapshot_unref(s);
	}
}

/* Records that open a quote and never close it, many of them: no reading over and over. */
static void quotes_without_end(void **state)
{
	struct log_text piece = {.name = STR("f")};
	struct snapshot *s = fresh();
	struct buf text;

	(void)state;
	buf_init(&text, 16u << 20);
	for (int i = 0; i < 40000; i++)
		buf_add_c(&text, "2026-01-15 08:30:05.123 UTC,a,b,1,\"\"x\n");
	buf_add_c(&text, "2026-01-15 08:30:05.123 UTC,\"");
	while (text.len < (6u << 20))
		buf_add_c(&text, "2026-01-15 08:30:05.123 UTC,a,\n");
	piece.text = buf_str(&text);
	assert_true(log_read_csv(&piece, &any_format, s, &err));
	assert_int_equal(s->nrows, 0);
	snapshot_unref(s);
	buf_release(&text);
}

static void the_type_is_sound(void **state)
{
	(void)state;
	if (!rec_check(&log_entry_type, &err))
		fail_msg("%s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_type_is_sound),
		cmocka_unit_test(corpus),
		cmocka_unit_test(three_formats_say_the_same),
		cmocka_unit_test(passwords_never_come_through),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(times),
		cmocka_unit_test(lines_find_their_entry),
		cmocka_unit_test(events_and_streams),
		cmocka_unit_test(lines_without_a_time),
		cmocka_unit_test(kinds),
		cmocka_unit_test(csv_of_older_servers),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(spoilt_logs),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(quotes_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
