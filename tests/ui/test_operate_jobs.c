/*
 * test_operate_jobs.c: what :jobs tells of a job while it runs, and what can be done with it afterwards.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "model/policy.h"
#include "ui/operate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/operate_stage.h"
#include "tests/ui/shows.h"

#include <locale.h>
#include <poll.h>
#include <stdio.h>

static void show_table(void)
{
	fixture_more_text(&f, "tables",
			  STR("source tables at=now-2s\n"
			      "row relation=shop.orders name=orders schema=shop database=orders "
			      "relation_oid=16412 rows=88000000 dead_rows=4100000\n"));
	fixture_draw(&f, "tables", 48, 160);
	SHOWS("shop.orders");
}

/* A key whose command is not waited for: a job goes on meanwhile. */
static void key(uint32_t k)
{
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = k});
}

static void turn(void)
{
	(void)poll(NULL, 0, 1);
	if (commands_collect(runtime_commands(f.rt)) > 0)
		ui_data_changed(&f.ui);
}

/* Until nothing but the job is at work. */
static void settle(void)
{
	while (commands_lane(runtime_commands(f.rt), 1))
		turn();
}

/* A job that works as process 7100 until something stops it. */
static const struct job *start_job(void)
{
	show_table();
	fixture_answer(ANSWER_JOB);
	(void)fixture_key(&f, 'V');
	key('y');
	while (jobs_nth(&f.ui, 0) == NULL || jobs_nth(&f.ui, 0)->pid != 7100)
		turn();
	return jobs_nth(&f.ui, 0);
}

static void paint(int rows, int cols)
{
	f.ui.now_us = clock_wall_us();
	f.ui.mono_us = clock_mono_us();
	ui_draw(&f.ui, rows, cols);
}

static void open_jobs(void)
{
	for (const char *p = ":jobs"; *p; p++)
		key((uint32_t)*p);
	key(K_ENTER);
	paint(48, 160);
}

static void stop_job(void)
{
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = 'X'});
	(void)fixture_key(&f, 'y');
	assert_int_equal(jobs_running(&f.ui), 0);
}

/* Numbers have gaps once there were more jobs than are kept; the one that runs is in sight for all that. */
static void a_long_job_stays_in_the_list(void **state)
{
	(void)state;
	(void)start_job();
	fixture_answer(ANSWER_PLAN);
	fixture_effects(&f, ui_show_view(&f.ui, (size_t)view_by_name("activity")));
	paint(48, 160);
	for (int i = 0; i < JOBS_MAX + 2; i++) {
		key('C');
		settle();
		key('y');
		settle();
	}
	assert_int_equal(jobs_nth(&f.ui, 0)->number, JOBS_MAX + 3);
	assert_int_equal(jobs_nth(&f.ui, JOBS_MAX - 1)->number, 1);
	assert_null(jobs_nth(&f.ui, JOBS_MAX));
	open_jobs();
	for (int i = 0; i < JOBS_MAX; i++)
		key('j');
	paint(48, 160);
	SHOWS("1  VACUUM shop.orders  process 7100");
	stop_job();
}

/* What the server says of the job, at a moment of its own. */
static void progress(const char *fields)
{
	char text[400];

	(void)snprintf(text, sizeof text, "source progress at=now\nrow pid=7100 %s\n", fields);
	fixture_more_text(&f, "progress", str_c(text));
}

static void the_time_left_is_told_with_how_it_is_known(void **state)
{
	(void)state;
	(void)start_job();
	open_jobs();
	HIDES("left in this phase");
	progress("phase=\"scanning heap\" done_ratio=0.25 left_us=130s");
	paint(48, 160);
	SHOWS(" 25 %");
	SHOWS("scanning heap");
	SHOWS("about 2m10s left in this phase, at the pace seen so far");
	paint(24, 80);
	SHOWS("about 2m10s left in this phase, at the pace seen so far");
	progress("phase=\"truncating heap\"");
	paint(48, 160);
	HIDES("left in this phase");
	stop_job();
}

static void a_long_wait_is_told_with_whom_for(void **state)
{
	static const char sessions[] = "source sessions at=now\n"
				       "row pid=4711 node=orders-2 user=nobody application=elsewhere\n"
				       "row pid=4711 node=orders-1 user=orders_app application=orders-api\n"
				       "row pid=7100 node=orders-1 application=\"auroratop job 1\"\n";

	(void)state;
	(void)start_job();
	fixture_more_text(&f, "sessions", str_c(sessions));
	open_jobs();
	progress("phase=\"waiting for old snapshots\" locker_pid=4711");
	paint(48, 160);
	SHOWS("waits for session 4711 (orders_app, orders-api) since ");
	fixture_wait(&f, 59 * US_PER_S);
	progress("phase=\"waiting for old snapshots\" locker_pid=4711");
	paint(48, 160);
	HIDES("has waited for a minute");
	fixture_wait(&f, 2 * US_PER_S);
	progress("phase=\"waiting for old snapshots\" locker_pid=4711");
	paint(48, 160);
	SHOWS("job 1 has waited for a minute, for session 4711");
	SHOWS("since 1m01s");
	/* once for each wait; a phase that works ends it */
	fixture_wait(&f, US_PER_MIN);
	progress("phase=\"waiting for old snapshots\" locker_pid=4711");
	paint(48, 160);
	HIDES("has waited for a minute");
	progress("phase=\"building index\"");
	paint(48, 160);
	HIDES("waits for session");
	stop_job();
}

static void a_job_nobody_knows_of_is_marked(void **state)
{
	(void)state;
	show_table();
	fixture_answer(ANSWER_UNKNOWN);
	(void)fixture_key(&f, 'V');
	key('y');
	while (jobs_nth(&f.ui, 0) == NULL || !jobs_nth(&f.ui, 0)->unknown[0])
		turn();
	open_jobs();
	SHOWS("? 1  VACUUM shop.orders");
	SHOWS("unknown: the connection was lost; looking");
	stop_job();
	draw(160, 48);
	HIDES("unknown");
}

/* ---- the footer ---- */

static void the_footer_names_whom_a_key_would_hit(void **state)
{
	(void)state;
	SHOWS("C cancel 4711");
	SHOWS("K terminate 4711");
	draw(80, 24);
	SHOWS("C cancel 4711");
	(void)fixture_key(&f, '/');
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "pid:4711|4802");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	(void)fixture_key(&f, '*');
	draw(160, 48);
	SHOWS("C cancel 2 tagged");
	SHOWS("K terminate 2 tagged");
	nothing_was_run();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_job_stays_in_the_list),          TEST(the_time_left_is_told_with_how_it_is_known),
		TEST(a_long_wait_is_told_with_whom_for),     TEST(a_job_nobody_knows_of_is_marked),
		TEST(the_footer_names_whom_a_key_would_hit),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
