/* How calls of AWS are getting on: what a badge says while a fetch waits or lists, and what :diag says they cost. */
#include "tests/ui/fixture.h"

#include "runtime/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

static struct fixture f;
#include "tests/ui/shows.h"

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	meter_reset();
	return 0;
}

static struct store_entry *entry(const char *source)
{
	int i = store_find(f.ui.store, source);

	assert_true(i >= 0);
	return &f.ui.store->entries[i];
}

/* Waiting is not a blank, and what was known stays. */
static void test_waiting_before_it_asks_again(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "overview", 48, 160);
	entry("snapshots")->note = (struct fetch_note){ERR_THROTTLED, f.ui.mono_us + 4 * US_PER_S, 0};
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "throttled, retry in 4 s");
	fixture_wait(&f, 3 * US_PER_S);
	entry("snapshots")->note.until_mono_us = f.ui.mono_us + US_PER_S;
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "throttled, retry in ");
	entry("snapshots")->note = (struct fetch_note){ERR_SERVER, f.ui.mono_us + 12 * US_PER_S, 0};
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "server error, retry in 12 s");
	entry("snapshots")->note = (struct fetch_note){ERR_NONE, 0, 0};
	fixture_draw(&f, NULL, 48, 160);
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "backups")->frame, "retry in"));
}

static void test_a_long_listing(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "overview", 48, 160);
	entry("snapshots")->note.rows = 1200;
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "1 200 so far");
	/* a wait in the middle of it comes first */
	entry("snapshots")->note.waits = ERR_THROTTLED;
	entry("snapshots")->note.until_mono_us = f.ui.mono_us + 2 * US_PER_S;
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "throttled, retry in 2 s");
}

/* Asked seldom on purpose is not stale. */
static void test_slowed_by_the_budget(void **state)
{
	struct snapshot *s;

	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	s = (struct snapshot *)(uintptr_t)entry("metrics")->good;
	assert_non_null(s);
	s->period_us = 10 * US_PER_MIN;
	s->by_budget = true;
	fixture_wait(&f, 5 * US_PER_MIN);
	fixture_draw(&f, "storage", 48, 160);
	SHOWS("slowed by budget, 5m");
	fixture_wait(&f, 40 * US_PER_MIN);
	fixture_draw(&f, "storage", 48, 160);
	SHOWS("stale 45m");
}

static void test_what_it_costs(void **state)
{
	const struct meter_call metrics = {.bytes = 20000, .nano_usd = 17 * 10000};
	const struct meter_call refused = {.bytes = 300, .failed = true, .throttled = true};
	struct target *t;

	(void)state;
	meter_reset();
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "overview", 48, 160);
	t = (struct target *)(uintptr_t)runtime_target(f.rt);
	t->aws = true;
	(void)fixture_type(&f, ":diag");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("nothing has been asked of AWS yet");
	for (int i = 30; i > 0; i--)
		meter_count("CloudWatch", &metrics, f.ui.mono_us - i * US_PER_MIN);
	meter_count("RDS", &refused, f.ui.mono_us);
	meter_note("RDS", "slowed to %.1f requests/s", 2.5);
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("CALLS   /HOUR FAILED THROTTLED  RECEIVED USD/HOUR  NOW");
	SHOWS("CloudWatch                  30      60      0         0   586 KiB   0.0102");
	SHOWS("slowed to 2.5 requests/s");
	SHOWS("about 0.0102 USD/h by list prices, 0.0051 in the last hour; no budget is set");
	t->budget_nano_usd = NANO_PER_USD / 100;
	meter_slow_set(3);
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("; budget 0.01: metrics 3 times as seldom");
	/* nothing of it is cut where the box is small */
	fixture_draw(&f, NULL, 24, 80);
	SHOWS("RECEIVED USD/HOUR");
	SHOWS("586 KiB   0.0102");
	t->budget_nano_usd = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_waiting_before_it_asks_again, teardown),
		cmocka_unit_test_teardown(test_a_long_listing, teardown),
		cmocka_unit_test_teardown(test_slowed_by_the_budget, teardown),
		cmocka_unit_test_teardown(test_what_it_costs, teardown),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
