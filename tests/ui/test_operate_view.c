/*
 * test_operate_view.c: nothing runs that was not previewed and confirmed, exactly once; what
 * the preview shows; read-only.
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include "model/policy.h"
#include "ui/action.h"
#include "ui/operate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <poll.h>
#include <stdio.h>

static struct fixture f;

static void draw(int cols, int rows)
{
	int y, x;

	fixture_draw(&f, NULL, rows, cols);
	if (!fixture_clean(&f, &y, &x))
		fail_msg("something that must not be drawn at %d,%d", y, x);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "activity", 48, 160);
	(void)fixture_type(&f, "/pid:4711");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void golden_of(const char *view, const char *name, int cols, int rows)
{
	char path[1024];

	(void)snprintf(path, sizeof path, "%s/incident-%s-%s-%dx%d.txt", GOLDEN, view, name, cols, rows);
	assert_int_equal(golden_compare(&f, path, golden_update()), 0);
}

static void golden(const char *name, int cols, int rows)
{
	golden_of("activity", name, cols, rows);
}

static void nothing_was_run(void)
{
	assert_int_equal(fixture_runs(), 0);
	assert_int_equal(jobs_running(&f.ui), 0);
}

static void a_cancel_wants_y_and_nothing_else(void **state)
{
	static const uint32_t others[] = {K_ENTER, ' ', 'Y', 'C', 'K', 'q', K_TAB, 'D', K_F1, '3'};

	(void)state;
	(void)fixture_key(&f, 'C');
	draw(160, 48);
	SHOWS("Cancel  session 4711");
	SHOWS("reversible, tier 1");
	SHOWS("7 sessions wait behind it");
	SHOWS("y yes, run it");
	golden("cancel", 160, 48);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		(void)fixture_key(&f, others[i]);
	nothing_was_run();
	assert_int_equal(f.ui.overlay, OVERLAY_OPERATE);
	(void)fixture_key(&f, 'y');
	(void)fixture_key(&f, 'y');
	assert_int_equal(fixture_runs(), 1);
	draw(160, 48);
	SHOWS("Cancel session 4711: done: the session has ended");
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
}

static void no_and_escape_leave_without_effect(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'C');
	(void)fixture_key(&f, 'n');
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	(void)fixture_key(&f, 'K');
	(void)fixture_type(&f, "4711");
	(void)fixture_key(&f, K_ESC);
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
}

static void a_terminate_wants_the_number_typed(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("Terminate  session 4711");
	SHOWS("disruptive, tier 2");
	SHOWS("type 4711, the session, to allow it");
	golden("terminate", 160, 48);
	/* y is a letter here; a wrong number does nothing, however long it rests */
	(void)fixture_type(&f, "y4711");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "4711");
	draw(160, 48);
	SHOWS("complete");
	/* an Enter that comes with the last letter was meant for something else */
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	fixture_wait(&f, ENTER_REST_US);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 1);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 1);
}

static void a_paste_confirms_nothing(void **state)
{
	struct event begin = {.type = EVENT_PASTE_BEGIN}, end = {.type = EVENT_PASTE_END};

	(void)state;
	(void)fixture_key(&f, 'K');
	(void)ui_event(&f.ui, &begin);
	(void)fixture_type(&f, "4711");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	(void)ui_event(&f.ui, &end);
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	draw(160, 48);
	SHOWS("0 of 4 letters");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, 'C');
	(void)ui_event(&f.ui, &begin);
	(void)fixture_key(&f, 'y');
	(void)ui_event(&f.ui, &end);
	nothing_was_run();
}

static void what_destroys_wants_a_second_key(void **state)
{
	(void)state;
	fixture_answer(ANSWER_DESTRUCTIVE);
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("destructive, tier 3");
	(void)fixture_type(&f, "4711");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	draw(160, 48);
	SHOWS("press D to confirm");
	(void)fixture_key(&f, 'd');
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_key(&f, 'D');
	assert_int_equal(fixture_runs(), 1);
}

static void a_refusal_has_no_question(void **state)
{
	(void)state;
	fixture_answer(ANSWER_FAILURE);
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("Cannot be done");
	SHOWS("rdsadmin runs it");
	SHOWS("back, nothing was changed");
	(void)fixture_type(&f, "4711");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
}

static void a_resize_in_between_changes_nothing(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'K');
	(void)fixture_type(&f, "47");
	draw(40, 12);
	SHOWS("type 4711");
	draw(1, 1);
	draw(80, 24);
	SHOWS("2 of 4 letters");
	golden("terminate", 80, 24);
	nothing_was_run();
}

/* Its question and field stay readable whatever is said meanwhile. */
static void a_message_covers_no_question(void **state)
{
	(void)state;
	ui_toast(&f.ui, SEV_CRIT, "something long that is said at the wrong moment, over two lines of the screen");
	(void)fixture_key(&f, 'K');
	draw(80, 24);
	SHOWS("type 4711, the session, to allow it");
	SHOWS("0 of 4 letters");
	SHOWS("Enter runs it, once the name is complete");
}

static void a_row_without_a_table_leads_to_the_tables(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'V');
	draw(160, 48);
	assert_string_equal(ui_view(&f.ui)->def->name, "tables");
	SHOWS("choose the table");
	(void)fixture_key(&f, 'C');
	draw(160, 48);
	SHOWS("no session is selected here");
	nothing_was_run();
}

static void jobs_say_what_was_run(void **state)
{
	(void)state;
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("Nothing was run yet");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, 'C');
	(void)fixture_key(&f, 'y');
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("1  Cancel session 4711");
	SHOWS("done: the session has ended");
	(void)fixture_key(&f, 'X');
	draw(160, 48);
	SHOWS("no job is running");
}

/* ---- the policy ---- */

static void show_table(void)
{
	static const char tables[] = "source tables at=now-2s\n"
				     "row relation=shop.orders name=orders schema=shop database=orders "
				     "relation_oid=16412 rows=88000000 dead_rows=4100000\n";

	fixture_more_text(&f, "tables", str_c(tables));
	fixture_draw(&f, "tables", 48, 160);
	SHOWS("shop.orders");
}

static void outside_the_window_it_is_refused_until_overridden(void **state)
{
	(void)state;
	show_table();
	fixture_answer(ANSWER_WINDOW);
	(void)fixture_type(&f, ":vacuum full");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("VACUUM FULL  shop.orders");
	SHOWS("Cannot be done");
	SHOWS("outside the maintenance window: closed, opens Sat 22:00 UTC in 2d 04h");
	SHOWS("O override the window");
	SHOWS("disruptive, tier 2");
	HIDES("to allow it");
	golden_of("tables", "window", 160, 48);
	draw(80, 24);
	SHOWS("O override the window");
	golden_of("tables", "window", 80, 24);
	/* nothing else goes on from here */
	(void)fixture_type(&f, "oordersyD");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_key(&f, 'O');
	draw(160, 48);
	SHOWS("destructive, tier 3");
	SHOWS("which is overridden: one tier more");
	HIDES("O override");
	HIDES("Cannot be done");
	SHOWS("0 of 6 letters");
	golden_of("tables", "override", 160, 48);
	/* O is a letter of a name now */
	(void)fixture_key(&f, 'O');
	draw(160, 48);
	SHOWS("1 of 6 letters");
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "orders");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_key(&f, 'D');
	assert_int_equal(fixture_runs(), 1);
	assert_true(fixture_overridden());
}

/* The next preview begins without it, and pasted text sets nothing aside. */
static void an_override_is_for_one_preview(void **state)
{
	struct event begin = {.type = EVENT_PASTE_BEGIN}, end = {.type = EVENT_PASTE_END};

	(void)state;
	show_table();
	fixture_answer(ANSWER_WINDOW);
	(void)fixture_type(&f, ":vacuum full");
	(void)fixture_key(&f, K_ENTER);
	(void)ui_event(&f.ui, &begin);
	(void)fixture_key(&f, 'O');
	(void)ui_event(&f.ui, &end);
	draw(160, 48);
	SHOWS("O override the window");
	(void)fixture_key(&f, 'O');
	draw(160, 48);
	HIDES("O override the window");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_type(&f, ":vacuum full");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("O override the window");
	nothing_was_run();
}

static struct policies policies;

static void set_policy(int64_t waiters, double load)
{
	policies = (struct policies){.common = {.stop_waiters = waiters, .stop_load = load}};
	((struct target *)(uintptr_t)runtime_target(f.rt))->policies = &policies;
}

/* A job that works as process 7100 until something stops it. */
static const struct job *start_job(void)
{
	struct event yes = {.type = EVENT_KEY, .key = 'y'};

	show_table();
	fixture_answer(ANSWER_JOB);
	(void)fixture_key(&f, 'V');
	(void)ui_event(&f.ui, &yes);
	while (jobs_nth(&f.ui, 0) == NULL || jobs_nth(&f.ui, 0)->pid != 7100) {
		(void)poll(NULL, 0, 1);
		if (commands_collect(runtime_commands(f.rt)) > 0)
			ui_data_changed(&f.ui);
	}
	return jobs_nth(&f.ui, 0);
}

/* A second later: a sample in which so many wait behind the job, and so many are active. On a reader somebody
 * else has its number. */
static void sample(int waiters, int active)
{
	char text[600];

	fixture_wait(&f, US_PER_S);
	(void)snprintf(text, sizeof text,
		       "source sessions at=now\n"
		       "row pid=7100 node=orders-2 application=storefront blocks=99\n"
		       "row pid=7100 node=orders-1 application=\"auroratop job 1\" blocks=%d\n"
		       "source load at=now\nrow sampled_at=now-1s total=1\nrow sampled_at=now total=%d\n",
		       waiters, active);
	fixture_more_text(&f, "sample", str_c(text));
}

static void a_job_that_holds_up_too_many_stops_itself(void **state)
{
	const struct job *j;

	(void)state;
	set_policy(20, 0);
	j = start_job();
	for (int i = 0; i < 5; i++)
		sample(20, 5000);
	/* a queue that dissolves in between */
	sample(21, 1);
	sample(21, 1);
	sample(0, 1);
	sample(22, 1);
	sample(23, 1);
	assert_false(j->cancelling);
	/* the same sample again is none */
	ui_data_changed(&f.ui);
	ui_data_changed(&f.ui);
	assert_false(j->cancelling);
	sample(23, 1);
	assert_true(j->cancelling);
	fixture_finish(&f);
	assert_int_equal(jobs_running(&f.ui), 0);
	draw(160, 48);
	SHOWS("VACUUM shop.orders: stopped by itself: 23");
	SHOWS("job 1 is being stopped by itself: 23 sessions");
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("stopped by itself: 23 sessions waited behind it (limit 20)  after 11s");
}

static void a_job_stops_itself_when_the_database_is_busy(void **state)
{
	const struct job *j;

	(void)state;
	set_policy(0, 40);
	j = start_job();
	sample(500, 41);
	sample(500, 41);
	sample(500, 40);
	sample(500, 41);
	sample(500, 44);
	assert_false(j->cancelling);
	sample(500, 57);
	assert_true(j->cancelling);
	fixture_finish(&f);
	draw(160, 48);
	SHOWS("VACUUM shop.orders: stopped by itself: 57");
	assert_string_equal(j->outcome, "stopped by itself: 57 sessions were active (limit 40)");
}

/* Off means off; and what is asked to stop stops as ever. */
static void without_limits_a_job_goes_on(void **state)
{
	const struct job *j;

	(void)state;
	set_policy(0, 0);
	j = start_job();
	for (int i = 0; i < 5; i++)
		sample(5000, 5000);
	assert_false(j->cancelling);
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = ' '});
	draw(160, 48);
	SHOWS("paused: without samples a running job");
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = ' '});
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = 'X'});
	(void)fixture_key(&f, 'y');
	draw(160, 48);
	SHOWS("VACUUM shop.orders: cancelled");
}

static void a_policy_may_be_read_only(void **state)
{
	(void)state;
	set_policy(0, 0);
	policies.common.read_only = true;
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("the console is read-only");
	assert_false(action_applies(&f.ui, ACTION_TERMINATE));
	/* another cluster has its own */
	policies.of[0] = (struct policy_of){.cluster = "prod-orders"};
	policies.n = 1;
	assert_true(action_applies(&f.ui, ACTION_TERMINATE));
	nothing_was_run();
}

/* Every row of the group, by its key and by its name. */
static void read_only_offers_none_and_runs_none(void **state)
{
	(void)state;
	((struct target *)(uintptr_t)runtime_target(f.rt))->read_only = true;
	for (int i = 0; i < ACTION__COUNT; i++) {
		if (actions[i].group != GROUP_CHANGE)
			continue;
		assert_false(action_applies(&f.ui, (enum action_id)i));
		if (actions[i].keys[0]) {
			(void)fixture_key(&f, key_by_name(str_c(actions[i].keys)));
			assert_int_equal(f.ui.overlay, OVERLAY_NONE);
			draw(160, 48);
			SHOWS("read-only");
		}
		(void)fixture_key(&f, ':');
		(void)fixture_type(&f, actions[i].name);
		(void)fixture_key(&f, K_ENTER);
		(void)fixture_key(&f, K_ESC);
		(void)action_run(&f.ui, (enum action_id)i);
		assert_int_not_equal(f.ui.overlay, OVERLAY_OPERATE);
	}
	nothing_was_run();
}

/* ---- what it runs on ---- */

static const char ready[] = "source action at=now-2s\n"
			    "row state=ready node=prod-orders-1 database=orders user=keeper opened_at=now-42m "
			    "checked_at=now-2s answer_us=1.2ms opened=2\n";
static const char down[] = "source action at=now retry=8s\n"
			   "error refused prod-orders-1 has no connection left | end idle sessions\n";

static void the_action_lane_says_how_it_is(void **state)
{
	(void)state;
	fixture_effects(&f, action_run(&f.ui, ACTION_DIAG));
	draw(160, 48);
	SHOWS("action connection     not opened yet");
	fixture_more_text(&f, "ready", str_c(ready));
	draw(160, 48);
	SHOWS("ready, to prod-orders-1 as keeper since 13:03:07Z, checked 13:45:05Z, opened 2 times");
	HIDES("action lane down");
	fixture_more_text(&f, "down", str_c(down));
	draw(160, 48);
	SHOWS("down: prod-orders-1 has no connection left; last checked 13:45:05Z");
	/* and in the footer of any view, at its smallest, too; nothing is degraded by it */
	SHOWS("action lane down");
	HIDES("degraded");
	(void)fixture_key(&f, K_ESC);
	draw(60, 20);
	SHOWS("action lane down");
	fixture_more_text(&f, "ready", str_c(ready));
	draw(160, 48);
	HIDES("action lane down");
	fixture_more_text(&f, "read-only", STR("source action at=now\nunavailable the console is read-only\n"));
	draw(160, 48);
	HIDES("action lane down");
}

/* A database that is not reached at all is told of elsewhere. */
static void an_action_lane_is_not_down_before_a_sample(void **state)
{
	(void)state;
	fixture_close(&f);
	fixture_open(&f, "failed", GLYPHS_UTF8);
	fixture_more_text(&f, "down", str_c(down));
	fixture_draw(&f, "activity", 48, 160);
	HIDES("action lane down");
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cancel_wants_y_and_nothing_else),
		TEST(no_and_escape_leave_without_effect),
		TEST(a_terminate_wants_the_number_typed),
		TEST(a_paste_confirms_nothing),
		TEST(what_destroys_wants_a_second_key),
		TEST(a_refusal_has_no_question),
		TEST(a_resize_in_between_changes_nothing),
		TEST(a_message_covers_no_question),
		TEST(a_row_without_a_table_leads_to_the_tables),
		TEST(jobs_say_what_was_run),
		TEST(read_only_offers_none_and_runs_none),
		TEST(outside_the_window_it_is_refused_until_overridden),
		TEST(an_override_is_for_one_preview),
		TEST(a_job_that_holds_up_too_many_stops_itself),
		TEST(a_job_stops_itself_when_the_database_is_busy),
		TEST(without_limits_a_job_goes_on),
		TEST(a_policy_may_be_read_only),
		TEST(the_action_lane_says_how_it_is),
		TEST(an_action_lane_is_not_down_before_a_sample),
		TEST(an_address_is_proposed_where_it_can_help),
		TEST(one_of_several_is_chosen),
		TEST(a_lease_left_behind_stays_in_sight),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
