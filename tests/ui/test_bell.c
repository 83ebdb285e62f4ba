/*
 * test_bell.c: the terminal rings for a verdict that has become critical, once a minute at most, and never for what
 * was there when the console was started, is muted, or is not critical.
 */
#include "tests/ui/fixture.h"

#include "ui/bell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, "empty", GLYPHS_UTF8);
	f.ui.options.bell = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* The verdicts are these now; whether it rings. */
static bool rings(const char *rows)
{
	char text[2000];

	(void)snprintf(text, sizeof text, "source verdicts at=now\n%s", rows);
	fixture_more_text(&f, "verdicts", str_c(text));
	return bell_take(&f.ui);
}

/* The first look at a target, and long enough after it. */
static void begins_with(const char *rows)
{
	assert_false(rings(rows));
	fixture_wait(&f, 11 * US_PER_S);
}

#define A "row id=a severity=critical rank=0\n"
#define B "row id=b object=orders-1 severity=critical rank=0\n"
#define B2 "row id=b object=orders-2 severity=critical rank=0\n"
#define C "row id=c severity=critical rank=0\n"

static void a_new_critical_one_rings_once(void **state)
{
	(void)state;
	begins_with(A);
	assert_false(rings(A));
	assert_true(rings(A B));
	assert_false(rings(A B));
	assert_false(rings(A));
}

static void another_object_is_another_verdict(void **state)
{
	(void)state;
	begins_with(B);
	assert_true(rings(B B2));
}

static void worse_words_are_not_critical(void **state)
{
	(void)state;
	begins_with("");
	assert_false(rings("row id=a severity=warning rank=1\n"));
	assert_false(rings("row id=a severity=unknown rank=4\n"));
	assert_true(rings(A));
}

/* The rules look; whether it rings. */
static bool rings_after_look(const char *blocked)
{
	char text[2000];

	(void)snprintf(text, sizeof text, "source activity at=now\nrow total=9 max_connections=100 %s\n", blocked);
	fixture_more_text(&f, "activity", str_c(text));
	(void)runtime_derive(f.rt, "verdicts", true);
	ui_data_changed(&f.ui);
	return bell_take(&f.ui);
}

/* Warning, warning, critical: once critical is a flicker, three times are not. */
static void one_critical_look_among_warnings_is_silent(void **state)
{
	(void)state;
	f.tells_verdicts = true; /* each look is one of ours */
	assert_false(rings_after_look("blocked=0"));
	fixture_wait(&f, 11 * US_PER_S);
	assert_false(rings_after_look("blocked=1 longest_wait_us=31s"));
	assert_false(rings_after_look("blocked=1 longest_wait_us=32s"));
	assert_false(rings_after_look("blocked=1 longest_wait_us=5m1s"));
	assert_false(rings_after_look("blocked=1 longest_wait_us=5m2s"));
	assert_true(rings_after_look("blocked=1 longest_wait_us=5m3s"));
}

static void at_most_one_a_minute(void **state)
{
	(void)state;
	begins_with("");
	assert_true(rings(A));
	fixture_wait(&f, 59 * US_PER_S);
	assert_false(rings(A B));
	fixture_wait(&f, 2 * US_PER_S);
	/* what came in between is seen, and does not ring late */
	assert_false(rings(A B));
	assert_true(rings(A B C));
}

static void a_muted_one_is_silent(void **state)
{
	(void)state;
	begins_with("");
	assert_false(rings("row id=a severity=critical rank=0 muted=acknowledged\n"));
	/* it was critical before, too */
	assert_false(rings(A));
}

static void another_cluster_begins_anew(void **state)
{
	struct target *t;

	(void)state;
	begins_with("");
	t = ui_target_for(&f.ui, STR("billing"));
	f.ui.next_target = t;
	fixture_effects(&f, EFFECT_PAINT);
	begins_with(A);
	assert_true(rings(A C));
}

/* Sources answer one after the other, and what they say must hold a while before it is shown. */
static void what_was_there_at_the_start_is_silent(void **state)
{
	(void)state;
	assert_false(rings(""));
	fixture_wait(&f, 4 * US_PER_S);
	assert_false(rings(A));
	fixture_wait(&f, 4 * US_PER_S);
	assert_false(rings(A B));
	fixture_wait(&f, 4 * US_PER_S);
	assert_false(rings(A B));
	assert_true(rings(A B C));
}

static void off_unless_asked_for(void **state)
{
	(void)state;
	f.ui.options.bell = false;
	begins_with("");
	assert_false(rings(A));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_critical_one_rings_once),
		TEST(another_object_is_another_verdict),
		TEST(one_critical_look_among_warnings_is_silent),
		TEST(worse_words_are_not_critical),
		TEST(at_most_one_a_minute),
		TEST(a_muted_one_is_silent),
		TEST(another_cluster_begins_anew),
		TEST(off_unless_asked_for),
		TEST(what_was_there_at_the_start_is_silent),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
