/*
 * test_audit_read.c: what was written is read again, intent and outcome as one entry; limits, rotation, and whatever
 * else may stand in the files.
 */
#include "audit/audit_read.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGUN INT64_C(1773754870000000) /* 2026-03-17T13:41:10Z */

static char folder[200];

/* ---- the log, and what is read of it ---- */

static struct {
	struct snapshot *entries, *files;
	struct err err;
	bool ok;
} r;

static void forget(void)
{
	snapshot_unref(r.entries);
	snapshot_unref(r.files);
	r.entries = r.files = NULL;
}

static const char *path_of(int n)
{
	static char path[300];

	snprintf(path, sizeof path, n ? "%s/auroratop/audit.jsonl.%d" : "%s/auroratop/audit.jsonl", folder, n);
	return path;
}

static void load(void)
{
	forget();
	r.entries = snapshot_new(&audit_type, "audit");
	r.files = snapshot_new(&audit_file_type, "audit_files");
	r.ok = audit_load(path_of(0), r.entries, r.files, &r.err);
}

static const struct audit_row *entry(size_t i)
{
	assert_true(i < r.entries->nrows);
	return snapshot_row(r.entries, i);
}

static const struct audit_file_row *file(size_t i)
{
	assert_true(i < r.files->nrows);
	return snapshot_row(r.files, i);
}

#define IS(value, text)                                                                \
	do {                                                                           \
		struct str is_ = (value);                                              \
		if (!str_eq_c(is_, (text)))                                            \
			fail_msg("\"" STR_FMT "\", not \"%s\"", STR_ARG(is_), (text)); \
	} while (0)

static void put_file(int n, const void *text, size_t len)
{
	FILE *f = fopen(path_of(n), "wb");

	assert_non_null(f);
	assert_true(len == 0 || fwrite(text, 1, len, f) == len);
	fclose(f);
	assert_int_equal(chmod(path_of(n), 0600), 0);
}

static void put_text(int n, const char *text)
{
	put_file(n, text, strlen(text));
}

/* One line, as audit_write() makes them. */
static void add_line(struct buf *b, const char *phase, int id, int64_t at_us, const char *rest)
{
	char at[40];

	(void)buf_addf(b,
		       "{\"at\":\"%s\",\"id\":\"id-%d\",\"phase\":\"%s\",\"who\":\"anna@ops\",\"action\":\"vacuum\","
		       "\"tier\":1,\"cluster\":\"prod\",\"node\":\"\",\"database\":\"orders\",\"role\":\"keeper\","
		       "\"object\":\"shop.orders\",\"statement\":\"VACUUM shop.orders\"%s}\n",
		       clock_iso8601(at_us, at, sizeof at), id, phase, rest);
}

static void put_lines(int n, int first, int last)
{
	struct buf b;

	buf_init(&b, 64u << 20);
	for (int i = first; i <= last; i++) {
		add_line(&b, "intent", i, BEGUN + i * US_PER_S, "");
		add_line(&b, "outcome", i, BEGUN + i * US_PER_S + 500 * US_PER_MS,
			 ",\"outcome\":\"done\",\"took_ms\":500");
	}
	put_file(n, b.data, b.len);
	buf_release(&b);
}

static int setup(void **state)
{
	char path[300];

	(void)state;
	snprintf(folder, sizeof folder, "%s/auroratop-audit-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/auroratop", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	return setenv("XDG_STATE_HOME", folder, 1);
}

static int teardown(void **state)
{
	char path[300];

	(void)state;
	forget();
	for (int i = 0; i <= AUDIT_FILES_MAX; i++)
		(void)unlink(path_of(i));
	snprintf(path, sizeof path, "%s/auroratop", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

/* ---- reading ---- */

static void nothing_is_an_empty_log(void **state)
{
	(void)state;
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 0);
	assert_int_equal(r.files->nrows, 1);
	IS(file(0)->path, path_of(0));
	assert_false(HAS(file(0), struct audit_file_row, size_bytes));
	put_text(0, "");
	load();
	assert_true(r.ok && r.entries->nrows == 0 && file(0)->size_bytes == 0);
	put_text(0, "\n\n  \n");
	load();
	assert_true(r.ok && r.entries->nrows == 0 && file(0)->lines == 0 && file(0)->unreadable == 0);
}

static struct audit_entry entry_to_write(const char *phase, const char *id)
{
	return (struct audit_entry){.id = id,
				    .phase = phase,
				    .action = "vacuum full",
				    .cluster = "prod-orders",
				    .node = "orders-1",
				    .database = "orders",
				    .role = "keeper",
				    .tier = 2,
				    .object = STR("shop.\"a\\b\"\n"),
				    .statement = STR("VACUUM (FULL) shop.orders -- 'bob'"),
				    .took_us = -1};
}

static void what_is_written_is_read(void **state)
{
	struct audit_entry e = entry_to_write("intent", "one");
	struct err err;

	(void)state;
	clock_freeze(BEGUN);
	assert_true(audit_write(&e, &err));
	load();
	assert_true(r.ok && r.entries->nrows == 1);
	assert_true(entry(0)->began_at == BEGUN);
	assert_false(HAS(entry(0), struct audit_row, outcome));
	assert_false(HAS(entry(0), struct audit_row, took_us));
	IS(entry(0)->severity, "unknown");
	clock_freeze(BEGUN + 62 * US_PER_S);
	e = entry_to_write("outcome", "one");
	e.outcome = STR("failed: disk full");
	e.took_us = 61 * US_PER_S;
	assert_true(audit_write(&e, &err));
	load();
	clock_freeze(0);
	assert_true(r.ok && r.entries->nrows == 1);
	IS(entry(0)->id, "one");
	IS(entry(0)->action, "vacuum full");
	IS(entry(0)->cluster, "prod-orders");
	IS(entry(0)->node, "orders-1");
	IS(entry(0)->database, "orders");
	IS(entry(0)->role, "keeper");
	IS(entry(0)->object, "shop.\"a\\b\"\n");
	IS(entry(0)->outcome, "failed: disk full");
	IS(entry(0)->severity, "critical");
	assert_true(entry(0)->who.len > 1 && str_find(entry(0)->who, STR("@"), 0) > 0);
	assert_true(str_starts(entry(0)->statement, STR("VACUUM (FULL) shop.orders")));
	assert_true(str_find(entry(0)->statement, STR("bob"), 0) < 0);
	assert_true(entry(0)->began_at == BEGUN && entry(0)->ended_at == BEGUN + 62 * US_PER_S);
	assert_true(entry(0)->took_us == 61 * US_PER_S);
	assert_int_equal(entry(0)->tier, 2);
}

static void newest_come_first_over_all_files(void **state)
{
	(void)state;
	put_lines(2, 1, 3);
	put_lines(1, 4, 6);
	put_lines(0, 7, 9);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 9);
	assert_int_equal(r.files->nrows, 3);
	for (size_t i = 0; i < 9; i++) {
		char id[16];

		snprintf(id, sizeof id, "id-%d", 9 - (int)i);
		IS(entry(i)->id, id);
		assert_false(HAS(entry(i), struct audit_row, node));
	}
	for (size_t i = 0; i < 3; i++) {
		IS(file(i)->path, path_of((int)i));
		assert_true(file(i)->read_bytes == file(i)->size_bytes && file(i)->lines == 6);
	}
}

/* The intent is the last line of one file, the outcome the first of the next. */
static void a_pair_may_lie_over_a_rotation(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 16);
	add_line(&b, "intent", 5, BEGUN, "");
	put_file(1, b.data, b.len);
	buf_clear(&b);
	add_line(&b, "outcome", 5, BEGUN + US_PER_S, ",\"outcome\":\"cancelled\",\"took_ms\":900");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok && r.entries->nrows == 1);
	IS(entry(0)->severity, "notice");
	assert_true(entry(0)->began_at == BEGUN && entry(0)->took_us == 900 * US_PER_MS);
}

/* In the middle of a rotation one file has two names. */
static void a_file_with_two_names_counts_once(void **state)
{
	char first[300];

	(void)state;
	put_lines(0, 1, 4);
	snprintf(first, sizeof first, "%s", path_of(0));
	assert_int_equal(link(first, path_of(1)), 0);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 4);
	assert_int_equal(r.files->nrows, 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(entry(i)->repeat, 0);
}

/* ---- pairing ---- */

static void outcomes_find_their_intents(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 16);
	/* two at the same time, ended in the other order; one that never ended; an outcome alone */
	add_line(&b, "intent", 1, BEGUN, "");
	add_line(&b, "intent", 2, BEGUN + US_PER_S, "");
	add_line(&b, "intent", 3, BEGUN + 2 * US_PER_S, "");
	add_line(&b, "outcome", 2, BEGUN + 3 * US_PER_S, ",\"outcome\":\"done\",\"took_ms\":1");
	add_line(&b, "outcome", 1, BEGUN + 4 * US_PER_S, ",\"outcome\":\"skipped: not owner\",\"took_ms\":2");
	add_line(&b, "outcome", 4, BEGUN + 5 * US_PER_S, ",\"outcome\":\"done\",\"took_ms\":60000");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 4);
	IS(entry(0)->id, "id-3");
	IS(entry(0)->severity, "unknown");
	IS(entry(1)->id, "id-2");
	IS(entry(1)->outcome, "done");
	IS(entry(2)->id, "id-1");
	IS(entry(2)->severity, "warning");
	IS(entry(3)->id, "id-4");
	/* begun as long before its end as it took */
	assert_true(entry(3)->began_at == BEGUN + 5 * US_PER_S - US_PER_MIN);
	IS(entry(3)->object, "shop.orders");
}

/* A console was killed, and another one goes on: one entry all along. */
static void what_was_adopted_stays_one_entry(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 16);
	add_line(&b, "intent", 1, BEGUN, "");
	add_line(&b, "adopted", 1, BEGUN + US_PER_S, "");
	add_line(&b, "intent", 2, BEGUN, "");
	add_line(&b, "adopted", 2, BEGUN + US_PER_S, "");
	add_line(&b, "adopted", 2, BEGUN + 2 * US_PER_S, "");
	add_line(&b, "outcome", 2, BEGUN + 3 * US_PER_S, ",\"outcome\":\"cancelled\",\"took_ms\":3000");
	/* the intent lies before what is read */
	add_line(&b, "adopted", 3, BEGUN, "");
	add_line(&b, "outcome", 3, BEGUN + US_PER_S, ",\"outcome\":\"done\",\"took_ms\":1");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok);
	assert_int_equal(file(0)->unreadable, 0);
	assert_int_equal(r.entries->nrows, 3);
	IS(entry(0)->outcome, "done");
	IS(entry(1)->outcome, "cancelled");
	assert_true(entry(1)->took_us == 3 * US_PER_S);
	IS(entry(2)->outcome, "adopted; it has not ended yet");
	IS(entry(2)->severity, "notice");
	assert_false(HAS(entry(2), struct audit_row, ended_at));
}

static void one_id_several_times_is_several_entries(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 16);
	add_line(&b, "intent", 1, BEGUN, "");
	add_line(&b, "intent", 1, BEGUN + US_PER_S, "");
	add_line(&b, "outcome", 1, BEGUN + 2 * US_PER_S, ",\"outcome\":\"done\",\"took_ms\":1");
	add_line(&b, "outcome", 1, BEGUN + 3 * US_PER_S, ",\"outcome\":\"failed: x\",\"took_ms\":0");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 3);
	IS(entry(0)->outcome, "failed: x");
	IS(entry(1)->outcome, "done");
	assert_true(entry(1)->began_at == BEGUN + US_PER_S);
	IS(entry(2)->severity, "unknown");
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(rec_compare_key(&audit_type, entry(i), entry(k)), 0);
}

static void outcomes_are_told_by_their_first_words(void **state)
{
	static const char *const rows[][2] = {
		{"done", "ok"},
		{"done: the session has ended", "ok"},
		{"done, with a warning: x", "warning"},
		{"skipped: not owner", "warning"},
		{"not done: the lock was not free in 5 attempts of 2 s", "warning"},
		{"not sent: session 7 had ended already", "notice"},
		{"cancelled", "notice"},
		{"signal sent; after 5 s session 7 is still there", "warning"},
		{"the server could not signal session 7", "warning"},
		{"unknown: the connection was lost, and the server cannot be asked", "warning"},
		{"failed: out of disk", "critical"},
		{"", "notice"},
		{"what nobody has heard of", "notice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(audit_severity(str_c(rows[i][0])), rows[i][1]);
}

/* ---- limits ---- */

static void only_the_newest_entries_are_kept(void **state)
{
	char id[16];

	(void)state;
	put_lines(1, 1, 1500);
	put_lines(0, 1501, 2600);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, AUDIT_ENTRIES_MAX);
	IS(entry(0)->id, "id-2600");
	snprintf(id, sizeof id, "id-%d", 2601 - AUDIT_ENTRIES_MAX);
	IS(entry(AUDIT_ENTRIES_MAX - 1)->id, id);
	assert_int_equal(file(0)->lines + file(1)->lines, AUDIT_LINES_MAX);
	/* what was not come to is not said to have been read */
	assert_true(file(0)->read_bytes == file(0)->size_bytes && file(1)->read_bytes < file(1)->size_bytes);
}

static void entries_without_an_end_are_limited_too(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 16u << 20);
	for (int i = 0; i < AUDIT_ENTRIES_MAX + 7; i++)
		add_line(&b, "intent", i, BEGUN + i, "");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, AUDIT_ENTRIES_MAX);
	assert_int_equal(file(0)->left_out, 7);
}

static void only_the_end_of_a_large_file_is_read(void **state)
{
	char *noise = xalloc(AUDIT_TAIL_BYTES + 100);
	struct buf b;

	(void)state;
	memset(noise, 'x', AUDIT_TAIL_BYTES + 100);
	buf_init(&b, 32u << 20);
	(void)buf_add(&b, noise, AUDIT_TAIL_BYTES + 100);
	(void)buf_add_c(&b, "\n");
	for (int i = 0; i < 10; i++)
		add_line(&b, "intent", i, BEGUN + i, "");
	put_file(0, b.data, b.len);
	load();
	/* the line that begins before what is read is not judged */
	assert_true(r.ok && r.entries->nrows == 10);
	assert_int_equal(file(0)->unreadable, 0);
	assert_true(file(0)->read_bytes < (int64_t)AUDIT_TAIL_BYTES && file(0)->size_bytes == (int64_t)b.len);
	/* a file that is one such line has nothing to show, and says so */
	put_file(0, noise, AUDIT_TAIL_BYTES + 100);
	load();
	assert_true(r.ok && r.entries->nrows == 0);
	assert_int_equal(file(0)->unreadable, 1);
	buf_release(&b);
	xfree(noise);
}

static void a_line_that_is_too_long_is_counted(void **state)
{
	char *statement = xalloc(AUDIT_LINE_MAX + 100);
	struct buf b;

	(void)state;
	memset(statement, 'x', AUDIT_LINE_MAX + 50);
	statement[AUDIT_LINE_MAX + 50] = '\0';
	buf_init(&b, 4u << 20);
	add_line(&b, "intent", 1, BEGUN, "");
	(void)buf_addf(&b, "{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"a\",\"phase\":\"intent\",\"action\":\"%s\"}\n",
		       statement);
	add_line(&b, "intent", 2, BEGUN + 1, "");
	put_file(0, b.data, b.len);
	load();
	assert_true(r.ok && r.entries->nrows == 2);
	assert_int_equal(file(0)->unreadable, 1);
	assert_int_equal(file(0)->lines, 3);
	buf_release(&b);
	xfree(statement);
}

/* ---- what else may stand there ---- */

static void broken_lines_are_counted_and_left_out(void **state)
{
	static const char *const broken[] = {
		"",
		"nothing of the kind",
		"[]",
		"[{\"id\":\"x\"}]",
		"\"a string\"",
		"7",
		"null",
		"{}",
		"{\"at\":\"2026-03-17T13:41:10Z\"}",
		"{\"at\":\"yesterday\",\"id\":\"x\",\"phase\":\"intent\",\"action\":\"a\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"\",\"phase\":\"intent\",\"action\":\"a\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"x\",\"phase\":\"whim\",\"action\":\"a\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":{},\"phase\":\"intent\",\"action\":\"a\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"x\",\"id\":\"y\",\"phase\":\"intent\",\"action\":\"a\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"x\",\"phase\":\"intent\",\"action\":\"a\",\"tier\":\"two\"}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"x\",\"phase\":\"outcome\",\"action\":\"a\",\"took_ms\":-1}",
		"{\"at\":9,\"id\":\"x\",\"phase\":\"outcome\",\"action\":\"a\",\"took_ms\":9223372036854775807}",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"x\",\"phase\":\"intent\",\"action\":\"a\"",
		"{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"\xff\",\"phase\":\"intent\",\"action\":\"a\"}",
		"<html>",
		"\x1b[31m\x07",
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	add_line(&b, "intent", 1, BEGUN, "");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		(void)buf_addf(&b, "%s\n", broken[i]);
	(void)buf_add(&b, "\0\0\0\n", 4);
	add_line(&b, "intent", 2, BEGUN + 1, "");
	(void)buf_add_c(&b, "{\"at\":\"2026-");
	put_file(0, b.data, b.len);
	buf_release(&b);
	load();
	assert_true(r.ok);
	assert_int_equal(r.entries->nrows, 2);
	IS(entry(0)->id, "id-2");
	IS(entry(1)->id, "id-1");
	/* all but the empty one, and the zeros and the torn end */
	assert_int_equal(file(0)->unreadable, ARRAY_LEN(broken) - 1 + 2);
}

/* Brackets in brackets in brackets, on a stack as small as a lane's. */
static void *load_on_a_small_stack(void *unused)
{
	load();
	return unused;
}

static void deep_nesting_does_no_harm(void **state)
{
	char *deep = xalloc(AUDIT_LINE_MAX);
	pthread_attr_t attr;
	pthread_t thread;

	(void)state;
	memset(deep, '[', AUDIT_LINE_MAX);
	for (size_t i = 0, depth; i < 20; i++) {
		depth = i * 120;
		deep[i * 5000 + depth] = '0';
		memset(&deep[i * 5000 + depth + 1], ']', depth);
		deep[i * 5000 + 4999] = '\n';
	}
	put_file(0, deep, AUDIT_LINE_MAX);
	xfree(deep);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, 1u << 20), 0);
	assert_int_equal(pthread_create(&thread, &attr, load_on_a_small_stack, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	assert_true(r.ok && r.entries->nrows == 0 && file(0)->unreadable > 0);
}

static uint64_t random_state = 88172645463325252;

static uint32_t dice(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % n;
}

/* What always holds, whatever was read. */
static void check_entries(const struct snapshot *s, const struct audit_lines *lines)
{
	assert_true(s->nrows <= lines->n && s->nrows <= AUDIT_ENTRIES_MAX);
	for (size_t i = 0; i < s->nrows; i++) {
		const struct audit_row *row = snapshot_row(s, i), *before = i ? snapshot_row(s, i - 1) : row;

		assert_true(row->began_at <= before->began_at);
		assert_true(row->id.len > 0 && row->action.len > 0 && row->severity.len > 0);
		assert_true(row->took_us >= 0);
	}
}

static void spoil(char *text, size_t len)
{
	static const char bytes[] = "\n\"{}[]:,\\u0\xff\x1b ";

	for (uint32_t i = 0, n = dice(12); i < n; i++)
		text[dice((uint32_t)len)] = dice(3) ? bytes[dice(sizeof bytes)] : (char)dice(256);
}

static void garbage_never_harms(void **state)
{
	struct audit_lines lines = {.cap = 64};
	struct buf b;

	(void)state;
	lines.items = xcalloc(lines.cap + 1, sizeof *lines.items);
	buf_init(&b, 1u << 20);
	for (int round = 0; round < 4000; round++) {
		struct snapshot *s = snapshot_new(&audit_type, "audit");
		int64_t seen = 0, bad = 0;

		buf_clear(&b);
		for (uint32_t i = 0, n = 1 + dice(12); i < n; i++)
			add_line(&b, dice(2) ? "intent" : "outcome", (int)dice(4), BEGUN + dice(1000000),
				 dice(2) ? "" : ",\"outcome\":\"done\",\"took_ms\":5");
		if (dice(8) == 0)
			for (size_t i = 0; i < b.len; i++)
				b.data[i] = (char)dice(256);
		spoil(b.data, b.len);
		lines.n = 0;
		lines.texts = s->arena;
		assert_true(audit_take_lines(&lines, buf_str(&b), &seen, &bad) <= b.len);
		assert_int_equal(seen, (int64_t)lines.n + bad);
		assert_int_equal(audit_pair(&lines, s), 0);
		check_entries(s, &lines);
		snapshot_unref(s);
	}
	buf_release(&b);
	xfree(lines.items);
}

/* ---- what else may have that name ---- */

static void what_is_no_file_of_ours_is_named(void **state)
{
	(void)state;
	/* a pipe nobody writes to would be waited for */
	assert_int_equal(mkfifo(path_of(0), 0600), 0);
	load();
	assert_false(r.ok);
	assert_non_null(strstr(r.err.text, "it is no regular file"));
	put_lines(1, 1, 2);
	load();
	/* the others are read all the same */
	assert_true(r.ok && r.entries->nrows == 2);
	IS(file(0)->problem, "it is no regular file");
	assert_int_equal(unlink(path_of(0)), 0);
	assert_int_equal(symlink("/dev/zero", path_of(0)), 0);
	load();
	assert_true(r.ok && r.entries->nrows == 2 && file(0)->problem.len > 0);
	assert_int_equal(unlink(path_of(0)), 0);
	put_lines(0, 3, 3);
	assert_int_equal(chmod(path_of(0), 0644), 0);
	load();
	assert_true(r.ok && r.entries->nrows == 3);
	IS(file(0)->problem, "it belongs to somebody else or is open to others");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_an_empty_log),
		TEST(what_is_written_is_read),
		TEST(newest_come_first_over_all_files),
		TEST(a_pair_may_lie_over_a_rotation),
		TEST(a_file_with_two_names_counts_once),
		TEST(outcomes_find_their_intents),
		TEST(what_was_adopted_stays_one_entry),
		TEST(one_id_several_times_is_several_entries),
		TEST(outcomes_are_told_by_their_first_words),
		TEST(only_the_newest_entries_are_kept),
		TEST(entries_without_an_end_are_limited_too),
		TEST(only_the_end_of_a_large_file_is_read),
		TEST(a_line_that_is_too_long_is_counted),
		TEST(broken_lines_are_counted_and_left_out),
		TEST(deep_nesting_does_no_harm),
		TEST(garbage_never_harms),
		TEST(what_is_no_file_of_ours_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
