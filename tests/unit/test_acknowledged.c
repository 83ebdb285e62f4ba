/*
 * test_acknowledged.c: what was acknowledged stands in the file, is known again at the next start and is over when its
 * verdict is; and files that are malformed, foreign or cannot be written.
 */
#include "audit/acknowledged.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "model/data.h"
#include "verdict/engine.h"
#include "verdict/verdict_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_US (INT64_C(1773755107) * US_PER_S)

static char home[160], file[200];
static struct verdict_engine *engine;
static struct snapshot *shown;
static uint64_t version;
static int64_t now;

static int setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "%.120s/auroratop-acknowledged-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(home));
	snprintf(file, sizeof(file), "%s/auroratop/acknowledged.jsonl", home);
	now = START_US;
	return setenv("XDG_STATE_HOME", home, 1);
}

static void end_console(void)
{
	verdict_engine_free(engine);
	engine = NULL;
	snapshot_unref(shown);
	shown = NULL;
}

static int teardown(void **state)
{
	char command[400];

	(void)state;
	end_console();
	snprintf(command, sizeof(command), "chmod -R u+rwX '%s'; rm -rf '%s'", home, home);
	return system(command);
}

static struct acknowledged_row row_of(const char *target, const char *rule, const char *object)
{
	struct acknowledged_row row = {0};

	SET(&row, struct acknowledged_row, target, str_c(target));
	SET(&row, struct acknowledged_row, rule, str_c(rule));
	if (object[0])
		SET(&row, struct acknowledged_row, object, str_c(object));
	SET(&row, struct acknowledged_row, severity, STR("warning"));
	SET(&row, struct acknowledged_row, by, STR("ann@ops3"));
	SET(&row, struct acknowledged_row, at, START_US + 123456);
	return row;
}

static void keep(struct acknowledged_row row, bool drop)
{
	char problem[ACKNOWLEDGED_PROBLEM_MAX];
	struct err err = {0};

	if (!acknowledged_keep(&row, drop, problem, &err))
		fail_msg("%s", err.text);
	assert_string_equal(problem, "");
}

static struct snapshot *load(char problem[ACKNOWLEDGED_PROBLEM_MAX])
{
	struct snapshot *s = snapshot_new(&acknowledged_type, "acknowledged");
	struct err err = {0};

	if (!acknowledged_load(s, problem, &err))
		fail_msg("%s", err.text);
	return s;
}

static size_t lines(void)
{
	char problem[ACKNOWLEDGED_PROBLEM_MAX];
	struct snapshot *s = load(problem);
	size_t n = s->nrows;

	assert_string_equal(problem, "");
	snapshot_unref(s);
	return n;
}

static void put(const char *text)
{
	char folder[300];
	FILE *f;

	snprintf(folder, sizeof(folder), "%s/auroratop", home);
	(void)mkdir(folder, 0700);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* ---- the file ---- */

static void test_kept_and_dropped(void **state)
{
	char problem[ACKNOWLEDGED_PROBLEM_MAX];
	struct acknowledged_row snoozed = row_of("orders", "storage.bloat", "public.\"a b\"\n");
	struct snapshot *s;
	struct stat st;

	(void)state;
	assert_int_equal(lines(), 0);
	keep(row_of("orders", "sessions.blocked", ""), false);
	keep(row_of("billing", "sessions.blocked", ""), false);
	SET(&snoozed, struct acknowledged_row, until_at, clock_wall_us() + US_PER_HOUR);
	keep(snoozed, false);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	s = load(problem);
	assert_int_equal(s->nrows, 3);
	assert_true(str_eq_c(data_str(s, 0, "target"), "orders"));
	assert_true(str_eq_c(data_str(s, 0, "by"), "ann@ops3"));
	assert_int_equal(data_i64(s, 0, "at", 0), START_US + 123456);
	assert_int_equal(data_i64(s, 0, "until_at", -1), -1);
	assert_true(str_eq_c(data_str(s, 2, "object"), "public.\"a b\"\n"));
	assert_int_equal(data_i64(s, 2, "until_at", 0), snoozed.until_at);
	snapshot_unref(s);
	/* the same again is no second line, and of another cluster it is another one */
	keep(row_of("orders", "sessions.blocked", ""), false);
	assert_int_equal(lines(), 3);
	keep(row_of("orders", "sessions.blocked", ""), true);
	assert_int_equal(lines(), 2);
}

static void test_snoozes_that_are_over_go(void **state)
{
	struct acknowledged_row row = row_of("orders", "storage.bloat", "a");

	(void)state;
	SET(&row, struct acknowledged_row, until_at, clock_wall_us() - 1);
	keep(row, false);
	keep(row_of("orders", "storage.bloat", "b"), false);
	assert_int_equal(lines(), 1);
}

static void test_malformed_is_kept_aside(void **state)
{
	char problem[ACKNOWLEDGED_PROBLEM_MAX], aside[320], text[100] = "";
	struct snapshot *s;
	FILE *f;

	(void)state;
	put("{\"target\":\"orders\",\"rule\":\"a.b\",\"severity\":\"warning\",\"at\":\"2026-03-17T12:00:00Z\"}\n"
	    "\n"
	    "notes of mine\n"
	    "{\"target\":\"orders\",\"rule\":\"c.d\",\"severity\":\"critical\",\"at\":\"2026-03-17T12:00:00Z\"}\n");
	s = load(problem);
	assert_int_equal(s->nrows, 2);
	snapshot_unref(s);
	assert_non_null(strstr(problem, file));
	assert_non_null(strstr(problem, "line 3: it is no JSON object of ours"));
	assert_non_null(strstr(problem, "kept as acknowledged.jsonl.bad1"));
	/* nothing is lost: the whole file is there, and what was ours is still read */
	snprintf(aside, sizeof(aside), "%s.bad1", file);
	f = fopen(aside, "r");
	assert_non_null(f);
	for (int i = 0; i < 3; i++)
		assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "notes of mine\n");
	fclose(f);
	assert_int_equal(lines(), 2);
	/* the next one does not replace it */
	put("x\n");
	snapshot_unref(load(problem));
	assert_non_null(strstr(problem, "kept as acknowledged.jsonl.bad2"));
	f = fopen(aside, "r");
	assert_non_null(f);
	assert_int_equal(fgetc(f), '{');
	fclose(f);
}

static void test_lines_that_are_none(void **state)
{
	static const char *const bad[] = {
		"[]\n",
		"{\"target\":\"orders\"}\n",
		"{\"target\":\"orders\",\"rule\":\"a\",\"severity\":\"warning\"}\n",
		"{\"target\":\"orders\",\"rule\":\"a\",\"severity\":\"ok\",\"at\":\"2026-03-17T12:00:00Z\"}\n",
		"{\"target\":\"orders\",\"rule\":\"a\",\"severity\":\"warning\",\"at\":\"noon\"}\n",
	};
	char problem[ACKNOWLEDGED_PROBLEM_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct snapshot *s;

		put(bad[i]);
		s = load(problem);
		assert_int_equal(s->nrows, 0);
		assert_non_null(strstr(problem, "line 1: "));
		snapshot_unref(s);
	}
}

static bool refuses(const char *words)
{
	struct acknowledged_row row = row_of("orders", "a.b", "");
	char problem[ACKNOWLEDGED_PROBLEM_MAX];
	struct err err = {0};

	return !acknowledged_keep(&row, false, problem, &err) && strstr(err.text, words) && err.text[0];
}

static void test_what_cannot_be_written(void **state)
{
	struct stat st;

	(void)state;
	/* a folder where the file should be; a link to somewhere else; a name that cannot be a folder */
	put("");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_true(refuses("is no regular file of yours"));
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("/etc/hostname", file), 0);
	assert_true(refuses("cannot be opened"));
	assert_int_equal(lstat(file, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null/x", 1), 0);
	assert_true(refuses("/dev/null/x/auroratop cannot be opened"));
}

/* ---- from one start to the next ---- */

static void found(struct snapshot *s, const char *rule, const char *object, enum severity severity)
{
	struct finding *x = snapshot_add_row(s);

	SET(x, struct finding, id, str_c(rule));
	if (object[0])
		SET(x, struct finding, object, str_c(object));
	SET(x, struct finding, severity, str_c(severity_word(severity)));
	SET(x, struct finding, sentence, STR("it is so"));
}

/* What a console does once a second: looks, and takes in the file when it was read. */
static void look(enum severity severity, bool reads)
{
	struct snapshot *s = snapshot_new(&verdict_type, "verdicts");

	if (!engine)
		engine = verdict_engine_new();
	now += US_PER_S;
	s->at_us = now;
	if (reads) {
		char problem[ACKNOWLEDGED_PROBLEM_MAX];
		struct snapshot *rows = load(problem);

		mutes_take(verdict_engine_mutes(engine), rows, ++version, STR("orders"));
		snapshot_unref(rows);
	}
	if (severity != SEV_NONE)
		found(s, "storage.bloat", severity == SEV_OK || severity == SEV_UNKNOWN ? "" : "shop.orders", severity);
	verdict_engine_settle(engine, s);
	snapshot_unref(shown);
	shown = s;
}

static void looks(int n, enum severity severity)
{
	for (int i = 0; i < n; i++)
		look(severity, i == 0);
}

static const char *muted(void)
{
	static char word[40];

	snprintf(word, sizeof(word), "%s", "not shown");
	for (size_t i = 0; i < shown->nrows; i++)
		if (str_eq_c(data_str(shown, i, "object"), "shop.orders"))
			snprintf(word, sizeof(word), STR_FMT, STR_ARG(data_str(shown, i, "muted")));
	return word;
}

/* As the console's command does with what the engine hands out; returns how many changes there were. */
static int save(void)
{
	struct mute m;
	bool ended;
	int n = 0;

	for (; mutes_unsaved(verdict_engine_mutes(engine), &m, &ended); n++) {
		struct acknowledged_row row = row_of("orders", m.rule, m.object);

		SET(&row, struct acknowledged_row, severity, str_c(severity_word(m.at)));
		SET(&row, struct acknowledged_row, at, m.at_us);
		if (m.until_us > 0)
			SET(&row, struct acknowledged_row, until_at, m.until_us);
		keep(row, ended);
	}
	return n;
}

static void mute(int64_t until_us)
{
	assert_true(verdict_engine_mute(engine, STR("storage.bloat"), STR("shop.orders"), until_us, now));
}

static void test_a_second_start_knows(void **state)
{
	(void)state;
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "");
	mute(0);
	assert_int_equal(save(), 1);
	end_console();
	/* not shown before it was found three times, and then at once muted, by whom and since when */
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "acknowledged");
	assert_true(str_eq_c(data_str(shown, 0, "muted_by"), "ann@ops3"));
	assert_int_equal(data_i64(shown, 0, "muted_at", 0), START_US + 3 * US_PER_S);
	assert_int_equal(save(), 0);
	/* a third, too */
	end_console();
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "acknowledged");
	/* worse than it was acknowledged: shown, and the file forgets it */
	looks(3, SEV_CRIT);
	assert_string_equal(muted(), "");
	assert_int_equal(save(), 1);
	assert_int_equal(lines(), 0);
}

static void test_over_after_five_looks(void **state)
{
	(void)state;
	looks(3, SEV_WARN);
	mute(0);
	save();
	end_console();
	looks(4, SEV_OK);
	assert_int_equal(save(), 0);
	looks(1, SEV_OK);
	assert_int_equal(save(), 1);
	assert_int_equal(lines(), 0);
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "");
}

static void test_not_known_is_not_over(void **state)
{
	(void)state;
	looks(3, SEV_WARN);
	mute(0);
	save();
	end_console();
	/* nothing has answered yet, and then the rule may not look */
	looks(8, SEV_NONE);
	looks(8, SEV_UNKNOWN);
	assert_int_equal(save(), 0);
	looks(8, SEV_WARN);
	assert_string_equal(muted(), "acknowledged");
	/* the same of a console that has seen it */
	looks(20, SEV_UNKNOWN);
	looks(8, SEV_WARN);
	assert_string_equal(muted(), "acknowledged");
}

static void test_a_snooze_ends_whoever_looks(void **state)
{
	(void)state;
	now = clock_wall_us();
	looks(3, SEV_WARN);
	mute(now + 6 * US_PER_S);
	save();
	assert_int_equal(lines(), 1);
	end_console();
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "snoozed");
	looks(3, SEV_WARN);
	assert_string_equal(muted(), "");
	assert_int_equal(save(), 1);
	assert_int_equal(lines(), 0);
}

static void test_of_another_cluster(void **state)
{
	struct acknowledged_row row = row_of("billing", "storage.bloat", "shop.orders");

	(void)state;
	keep(row, false);
	looks(4, SEV_WARN);
	assert_string_equal(muted(), "");
	assert_int_equal(save(), 0);
	assert_int_equal(lines(), 1);
}

/* A file read before the change was written does not undo it. */
static void test_a_file_that_is_behind(void **state)
{
	(void)state;
	looks(3, SEV_WARN);
	mute(0);
	looks(2, SEV_WARN); /* still without it */
	assert_string_equal(muted(), "acknowledged");
	save();
	looks(2, SEV_WARN);
	mute(0);            /* shown again */
	looks(2, SEV_WARN); /* still with it */
	assert_string_equal(muted(), "");
	save();
	looks(2, SEV_WARN);
	assert_string_equal(muted(), "");
}

/* Two consoles of one host. */
static void test_another_console(void **state)
{
	struct acknowledged_row row = row_of("orders", "storage.bloat", "shop.orders");

	(void)state;
	looks(3, SEV_WARN);
	keep(row, false);
	looks(1, SEV_WARN);
	assert_string_equal(muted(), "acknowledged");
	keep(row, true);
	looks(1, SEV_WARN);
	assert_string_equal(muted(), "");
	assert_int_equal(save(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept_and_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_snoozes_that_are_over_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed_is_kept_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_second_start_knows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_over_after_five_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_known_is_not_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_snooze_ends_whoever_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_another_cluster, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_file_that_is_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_console, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
