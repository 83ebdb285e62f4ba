/*
 * test_operate_left.c: what a killed console has left running is offered, followed, cancelled or told of; what it left
 * broken is dropped.
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include "ui/operate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/operate_stage.h"
#include "tests/ui/shows.h"

#include <locale.h>
#include <stdio.h>

static void golden(void)
{
	assert_int_equal(golden_compare(&f, GOLDEN "/incident-activity-left-behind-160x48.txt", golden_update()), 0);
}

static void leave_behind(const char *id)
{
	char text[400];

	(void)snprintf(text, sizeof text,
		       "source jobs at=now\n"
		       "row id=%s operation=vacuum target=prod-orders database=orders object=shop.orders owner=me@here "
		       "number=3 process=7200 began_at=now-12m left_behind=true\n"
		       "row id=held operation=vacuum target=prod-orders object=shop.held left_behind=false\n"
		       "row id=other operation=vacuum target=elsewhere object=shop.elsewhere left_behind=true\n",
		       id);
	fixture_more_text(&f, "jobs", str_c(text));
	fixture_finish(&f);
	draw(160, 48);
}

static void what_runs_on_is_offered_and_followed(void **state)
{
	struct event key = {.type = EVENT_KEY, .key = 'a'};

	(void)state;
	leave_behind("one");
	SHOWS("a VACUUM of shop.orders started before");
	SHOWS(":adopt or :jobs");
	HIDES("shop.held");
	HIDES("shop.elsewhere");
	/* nothing is done by itself */
	assert_int_equal(jobs_running(&f.ui), 0);
	assert_int_equal(jobs_left(&f.ui), 1);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("1  VACUUM shop.orders  process 7200");
	SHOWS("12m00s gone");
	SHOWS("runs on without a console: a adopts it, X cancels it");
	golden();
	(void)ui_event(&f.ui, &key);
	assert_int_equal(jobs_running(&f.ui), 1);
	assert_int_equal(jobs_left(&f.ui), 0);
	draw(160, 48);
	HIDES("without a console");
	key.key = 'X';
	(void)ui_event(&f.ui, &key);
	(void)fixture_key(&f, 'y');
	draw(160, 48);
	SHOWS("cancelled  after 12m");
	/* the same note is not looked at again */
	leave_behind("one");
	assert_int_equal(jobs_left(&f.ui), 0);
}

static void what_runs_on_can_be_cancelled_at_once(void **state)
{
	(void)state;
	leave_behind("one");
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, 'X');
	draw(160, 48);
	SHOWS("Cancel the job?");
	(void)fixture_key(&f, 'n');
	assert_int_equal(jobs_left(&f.ui), 1);
	(void)fixture_key(&f, 'X');
	(void)fixture_key(&f, 'y');
	draw(160, 48);
	assert_int_equal(jobs_left(&f.ui), 0);
	SHOWS("cancelled  after 12m");
}

static void what_has_ended_meanwhile_is_told(void **state)
{
	(void)state;
	leave_behind("over");
	SHOWS("VACUUM of shop.orders, started before: not");
	assert_int_equal(jobs_left(&f.ui), 0);
	(void)fixture_type(&f, ":adopt");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("nothing that a console has left behind");
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("not done, found by looking: no VACUUM of it has ended since");
}

static void read_only_looks_for_no_jobs(void **state)
{
	(void)state;
	((struct target *)(uintptr_t)runtime_target(f.rt))->read_only = true;
	leave_behind("one");
	HIDES("started before");
	assert_int_equal(jobs_left(&f.ui), 0);
	nothing_was_run();
}

/* It works in its own database, which need not be the one that is connected. */
static void what_an_adopted_job_left_is_dropped_where_it_was(void **state)
{
	(void)state;
	fixture_answer(ANSWER_LEFT);
	fixture_more_text(&f, "jobs",
			  STR("source jobs at=now\n"
			      "row id=one operation=\"reindex concurrently\" target=prod-orders database=warehouse "
			      "object=shop.orders owner=me@here number=3 process=7200 began_at=now-12m "
			      "left_behind=true\n"));
	fixture_finish(&f);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, 'X');
	(void)fixture_key(&f, 'y');
	draw(160, 48);
	SHOWS("D drops the invalid indexes that it has left behind");
	(void)fixture_key(&f, 'D');
	assert_string_equal(fixture_looked_at(), "drop invalid indexes|table||16412|16450/16412 16452/16431");
	assert_string_equal(fixture_looked_in(), "warehouse");
}

/* It ended while nobody watched; what it left is found with its outcome. */
static void what_a_job_that_is_over_left_is_dropped(void **state)
{
	(void)state;
	fixture_answer(ANSWER_LEFT);
	fixture_more_text(&f, "jobs",
			  STR("source jobs at=now\n"
			      "row id=over operation=\"reindex concurrently\" target=prod-orders database=warehouse "
			      "object=shop.orders owner=me@here number=3 process=7200 began_at=now-12m "
			      "left_behind=true\n"));
	fixture_finish(&f);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("found by looking");
	SHOWS("D drops the invalid indexes that it has left behind");
	(void)fixture_key(&f, 'D');
	assert_string_equal(fixture_looked_at(), "drop invalid indexes|table||16412|16450/16412 16452/16431");
	assert_string_equal(fixture_looked_in(), "warehouse");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_runs_on_is_offered_and_followed),
		TEST(what_runs_on_can_be_cancelled_at_once),
		TEST(what_has_ended_meanwhile_is_told),
		TEST(read_only_looks_for_no_jobs),
		TEST(what_an_adopted_job_left_is_dropped_where_it_was),
		TEST(what_a_job_that_is_over_left_is_dropped),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
