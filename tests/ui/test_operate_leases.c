/*
 * test_operate_leases.c: what is asked for before a preview, and chosen in it: one's own address, one of several
 * actions; and that what was changed for a time and not taken back stays in sight.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "runtime/command.h"
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

static void open_named(const char *keys)
{
	(void)fixture_type(&f, keys);
	(void)fixture_key(&f, K_ENTER);
	fixture_finish(&f);
	draw(160, 48);
}

static void an_address_is_proposed_where_it_can_help(void **state)
{
	const struct str in_private = STR("source activity at=now\nrow role=writer client_address=10.9.8.7\n");
	const struct str in_public = STR("source activity at=now\nrow role=writer client_address=198.51.100.9\n");
	const struct str pooled =
		STR("source activity at=now\nrow role=writer client_address=10.9.8.7 via_pooler=true\n");

	(void)state;
	fixture_more_text(&f, "private", in_private);
	open_named(":allow address");
	SHOWS("10.9.8.7 for 60");
	SHOWS("Proposed is the address at which the server sees the console");
	(void)fixture_key(&f, K_ESC);
	/* no instance of the cluster can be reached from there */
	fixture_more_text(&f, "public", in_public);
	open_named(":allow address");
	SHOWS("Nothing is proposed: the server sees the console at 198.51.100.9, a public address");
	HIDES("198.51.100.9 for 60");
	(void)fixture_key(&f, K_ESC);
	fixture_more_text(&f, "pooled", pooled);
	open_named(":allow address");
	SHOWS("through a pooler the server sees the pooler's address");
	(void)fixture_key(&f, K_ESC);
	nothing_was_run();
}

static void one_of_several_is_chosen(void **state)
{
	(void)state;
	fixture_answer(ANSWER_CHOICE);
	open_named(":apply maintenance");
	SHOWS("Apply maintenance  prod-orders");
	SHOWS("2 actions wait: one has to be chosen");
	SHOWS("1  system-update");
	SHOWS("1-2 chooses one");
	(void)fixture_key(&f, '3');
	(void)fixture_key(&f, 'y');
	nothing_was_run();
	(void)fixture_key(&f, '2');
	fixture_finish(&f);
	draw(160, 48);
	HIDES("one has to be chosen");
	SHOWS("Apply maintenance  prod-orders: os-upgrade");
	SHOWS("type 4711");
	nothing_was_run();
}

static void the_role_is_what_is_typed(void **state)
{
	(void)state;
	fixture_answer(ANSWER_DESTRUCTIVE);
	open_named(":slow log role");
	open_named("app 250 for 5");
	SHOWS("Slow log of a role  app 250 for 5");
	SHOWS("type 4711, the role, to allow it");
	(void)fixture_key(&f, K_ESC);
	open_named(":slow log database");
	open_named("orders 250 for 5");
	SHOWS("type 4711, the database, to allow it");
	nothing_was_run();
}

static void a_lease_left_behind_stays_in_sight(void **state)
{
	const struct str left = STR("source leases at=now\n"
				    "row id=a operation=\"slow log role\" target=elsewhere:5432 object=\"role "
				    "app\" value=250 owner=me@here "
				    "until_at=now-5m left_behind=true\n"
				    "row id=b operation=\"slow log\" target=prod-orders object=held value=250 "
				    "owner=me@here until_at=now-5m "
				    "left_behind=false\n");
	const struct str marks = STR("source lease_marks at=now\n"
				     "row operation=\"slow log\" object=group-a owner=jane@there until_at=now-1h\n"
				     "row operation=\"slow log\" object=group-b owner=jane@there until_at=now-1m\n"
				     "row operation=\"slow log\" object=held owner=me@here until_at=now-1h\n");
	const struct str gone = STR("source leases at=now\n");

	(void)state;
	HIDES("left behind");
	fixture_more_text(&f, "left", left);
	draw(160, 48);
	SHOWS("lease left behind, :jobs");
	open_named(":jobs");
	SHOWS("slow log role 250 of role app, by me@here, expired");
	SHOWS("a console on elsewhere:5432 takes it back, by :restore");
	(void)fixture_key(&f, K_ESC);
	/* of other hosts those whose time has been over for a while, and that no console of this host holds */
	fixture_more_text(&f, "marks", marks);
	draw(160, 48);
	SHOWS("2 leases left behind, :jobs");
	open_named(":jobs");
	SHOWS("slow log of group-a, by jane@there, expired");
	HIDES("group-b");
	HIDES("held");
	(void)fixture_key(&f, K_ESC);
	fixture_more_text(&f, "gone", gone);
	draw(80, 24);
	SHOWS("2 leases left behind, :jobs");
}

/* ---- jobs of AWS ---- */

/* A key that waits for nothing: what runs goes on. */
static void press(uint32_t key)
{
	struct event e = {.type = EVENT_KEY, .key = key};

	fixture_effects(&f, ui_event(&f.ui, &e));
}

/* A failover that AWS is at until it is no longer watched. */
static const struct job *start_failover(void)
{
	open_named(":failover");
	open_named("");
	fixture_answer(ANSWER_JOB);
	(void)fixture_type(&f, "4711");
	fixture_wait(&f, US_PER_S);
	press(K_ENTER);
	while (jobs_nth(&f.ui, 0) == NULL || jobs_nth(&f.ui, 0)->pid != 7100) {
		(void)poll(NULL, 0, 1);
		if (commands_collect(runtime_commands(f.rt)) > 0)
			ui_data_changed(&f.ui);
	}
	return jobs_nth(&f.ui, 0);
}

/* So much later the database was asked again, or was not. */
static void later(int seconds, bool sampled)
{
	const struct str sample = STR("source sessions at=now\nrow pid=1 node=orders-1 application=shop\n");

	fixture_wait(&f, seconds * US_PER_S);
	if (sampled)
		fixture_more_text(&f, "sample", sample);
	else
		ui_data_changed(&f.ui);
}

static void end_jobs(void)
{
	const struct job *j = jobs_nth(&f.ui, 0);

	command_cancel(j->command);
	fixture_finish(&f);
	assert_int_equal(jobs_running(&f.ui), 0);
}

static void quitting_says_that_aws_goes_on(void **state)
{
	(void)state;
	(void)start_failover();
	press('q');
	/* draw() would wait for the job */
	ui_draw(&f.ui, 48, 160);
	SHOWS("Quit while jobs run?");
	SHOWS("It is no longer watched; AWS goes on with it.");
	HIDES("cancels it on the server");
	press(K_ESC);
	end_jobs();
}

static void the_outage_of_a_failover_is_measured(void **state)
{
	const struct job *j;

	(void)state;
	j = start_failover();
	later(1, true);
	later(1, true);
	assert_int_equal(j->outage_us, 0);
	/* what nobody asked for is no outage */
	press(' ');
	later(30, false);
	press(' ');
	later(1, true);
	assert_int_equal(j->outage_us, 0);
	/* AWS is done with it, the database is not there yet */
	later(5, false);
	end_jobs();
	later(2, false);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("no sample for 7.0s of it");
	later(1, true);
	assert_int_equal(j->outage_us, 8 * US_PER_S);
	/* that was its end */
	later(20, true);
	draw(160, 48);
	SHOWS("no sample for 8.0s of it");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_proposed_where_it_can_help),
		TEST(one_of_several_is_chosen),
		TEST(the_role_is_what_is_typed),
		TEST(a_lease_left_behind_stays_in_sight),
		TEST(quitting_says_that_aws_goes_on),
		TEST(the_outage_of_a_failover_is_measured),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
