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

#include "tests/ui/operate_stage.h"
#include "tests/ui/shows.h"

#include <locale.h>
#include <poll.h>
#include <stdio.h>

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

/* ---- tagged sessions ---- */

/* 4711, 4802 and the autovacuum worker are tagged; the last one cannot be signalled. */
static void tag_three(void)
{
	(void)fixture_key(&f, '/');
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "pid:4711|4802|6100");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	(void)fixture_key(&f, '*');
	draw(160, 48);
	SHOWS("3 tagged");
}

static void all_that_are_tagged_are_terminated_after_one_question(void **state)
{
	(void)state;
	tag_three();
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("Terminate  3 sessions");
	SHOWS("Left out");
	SHOWS("it belongs to rdsadmin");
	SHOWS("type 2 sessions, their number, to allow it");
	golden("terminate-many", 160, 48);
	/* a number of one of them is not it, nor is how many were tagged */
	(void)fixture_type(&f, "4711");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "3 sessions");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_type(&f, "2 sessions");
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	fixture_wait(&f, ENTER_REST_US);
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 1);
	assert_int_equal(fixture_sessions_run(), 2);
	draw(160, 48);
	SHOWS("Terminate 3 sessions: done: 1 ended, 1 was");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("done: 1 ended, 1 was gone before");
}

/* One is like one that is selected, wherever the cursor stands; none is the selected one. */
static void one_that_is_tagged_is_the_one(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'v');
	draw(160, 48);
	SHOWS("1 tagged");
	(void)fixture_key(&f, '/');
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	(void)fixture_key(&f, 'G');
	draw(160, 48);
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("Terminate  session 4711");
	SHOWS("type 4711, the session");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, K_ESC);
	draw(160, 48);
	HIDES("tagged");
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	HIDES("session 4711");
	nothing_was_run();
}

static void tagged_statements_are_cancelled_with_y(void **state)
{
	(void)state;
	tag_three();
	(void)fixture_key(&f, 'C');
	draw(80, 24);
	SHOWS("Cancel  3 sessions");
	SHOWS("y yes, run it");
	(void)fixture_key(&f, 'y');
	(void)fixture_key(&f, 'y');
	assert_int_equal(fixture_runs(), 1);
	draw(160, 48);
	SHOWS("done: 1 statement ended, 1");
}

/* Each is asked for its own, one after the other; the same number on another node is another session. */
static void sessions_of_two_nodes_are_one_question(void **state)
{
	static const char nodes[] =
		"source sessions at=now\n"
		"row pid=101 node=orders-1 state=running xact_us=30s backend_start_at=2026-03-17T09:00:00Z query=a\n"
		"row pid=102 node=orders-1 state=running xact_us=20s backend_start_at=2026-03-17T09:00:00Z query=b\n"
		"row pid=101 node=orders-2 state=running xact_us=10s backend_start_at=2026-03-17T09:00:00Z query=c\n"
		"row pid=103 node=orders-2 state=running xact_us=5s backend_start_at=2026-03-17T09:00:00Z query=d\n";

	(void)state;
	(void)fixture_key(&f, '/');
	(void)fixture_key(&f, K_CTRL_U);
	(void)fixture_key(&f, K_ENTER);
	fixture_more_text(&f, "nodes", str_c(nodes));
	draw(160, 48);
	(void)fixture_key(&f, '*');
	draw(160, 48);
	SHOWS("4 tagged");
	(void)fixture_key(&f, 'K');
	draw(160, 48);
	SHOWS("Terminate  4 sessions");
	SHOWS("type 4 sessions, their number, to allow it");
	golden("terminate-nodes", 160, 48);
	(void)fixture_type(&f, "4 sessions");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 2);
	assert_int_equal(fixture_sessions_run(), 4);
	draw(160, 48);
	SHOWS("Terminate 4 sessions: done: 2 ended, 2 were");
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

/* What no key types is a blank in the question, and in the answer. */
static void a_name_that_no_key_types_can_be_answered(void **state)
{
	(void)state;
	show_table();
	fixture_answer(ANSWER_NAME);
	(void)fixture_type(&f, ":vacuum full");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("type two lines \", the table's name, to allow it");
	(void)fixture_type(&f, "two lines");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	nothing_was_run();
	(void)fixture_type(&f, " \"");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 1);
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

/* ---- more or less than a table ---- */

static void a_schema_is_named_in_the_palette(void **state)
{
	(void)state;
	show_table();
	(void)fixture_type(&f, ":vacuum sch");
	draw(160, 48);
	SHOWS("vacuum schema");
	SHOWS("NAME goes behind it");
	(void)fixture_type(&f, "ema");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("which schema? :vacuum schema NAME");
	/* those that are known are proposed */
	(void)fixture_type(&f, ":vacuum schema sh");
	draw(160, 48);
	SHOWS("vacuum schema shop");
	(void)fixture_type(&f, "op");
	(void)fixture_key(&f, K_ENTER);
	assert_string_equal(fixture_looked_at(), "vacuum|schema|shop|0|");
	draw(160, 48);
	SHOWS("VACUUM  schema shop");
	HIDES("Tab ");
	golden_of("tables", "schema", 160, 48);
	(void)fixture_key(&f, 'y');
	assert_int_equal(fixture_runs(), 1);
	draw(160, 48);
	SHOWS("VACUUM schema shop: done");
	(void)fixture_type(&f, ":analyze database");
	(void)fixture_key(&f, K_ENTER);
	assert_string_equal(fixture_looked_at(), "analyze|database||0|");
}

/* Of the two rebuilds the one that lets others work; the other one is the next entry. */
static void a_rebuild_is_gentle_first(void **state)
{
	(void)state;
	(void)fixture_type(&f, ":reindex index My Index");
	draw(160, 48);
	SHOWS("reindex concurrently index My Index");
	(void)fixture_key(&f, K_ENTER);
	assert_string_equal(fixture_looked_at(), "reindex concurrently|index|My Index|0|");
	draw(160, 48);
	SHOWS("REINDEX CONCURRENTLY  index My Index");
	SHOWS("the index's name, to allow it");
	(void)fixture_key(&f, K_ESC);
	(void)fixture_type(&f, ":reindex database");
	(void)fixture_key(&f, K_DOWN);
	(void)fixture_key(&f, K_ENTER);
	assert_string_equal(fixture_looked_at(), "reindex|database||0|");
	(void)fixture_key(&f, K_ESC);
	/* without more it is the selected table's, as ever */
	(void)fixture_type(&f, ":reindex");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("choose the table, then again; Tab");
	nothing_was_run();
}

static void tab_widens_and_comes_back(void **state)
{
	(void)state;
	show_table();
	(void)fixture_key(&f, 'V');
	draw(160, 48);
	SHOWS("Tab its schema");
	(void)fixture_key(&f, K_TAB);
	assert_string_equal(fixture_looked_at(), "vacuum|schema||16412|");
	draw(160, 48);
	SHOWS("VACUUM  schema shop");
	SHOWS("Tab the database");
	(void)fixture_key(&f, K_TAB);
	assert_string_equal(fixture_looked_at(), "vacuum|database||16412|");
	draw(160, 48);
	SHOWS("VACUUM  database orders");
	(void)fixture_key(&f, K_TAB);
	assert_string_equal(fixture_looked_at(), "vacuum|table||16412|");
	draw(160, 48);
	SHOWS("VACUUM  shop.orders");
	(void)fixture_key(&f, K_ESC);
	/* what was typed for one is no answer for the other */
	(void)fixture_key(&f, 'I');
	(void)fixture_type(&f, "orders");
	(void)fixture_key(&f, K_TAB);
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("0 of 4 letters");
	SHOWS("the schema's name, to allow it");
	nothing_was_run();
}

/* A row that is a database needs no table. */
static void a_database_is_selected(void **state)
{
	static const char sizes[] = "source database_sizes at=now-2s\nrow name=warehouse size_bytes=88000000\n";
	struct view *storage;

	(void)state;
	fixture_more_text(&f, "sizes", str_c(sizes));
	fixture_draw(&f, "storage", 48, 160);
	storage = ui_view(&f.ui);
	for (size_t i = 0; i < storage->def->npanes; i++)
		if (strcmp(storage->panes[i].def->name, "sizes") == 0)
			storage->focus = i;
	draw(160, 48);
	(void)fixture_key(&f, 'A');
	assert_string_equal(fixture_looked_at(), "analyze|database||0|");
	nothing_was_run();
}

static void unknown_room_wants_an_override(void **state)
{
	(void)state;
	show_table();
	fixture_answer(ANSWER_STORAGE);
	(void)fixture_key(&f, 'I');
	draw(160, 48);
	SHOWS("Cannot be done");
	SHOWS("room for sorting is not known");
	SHOWS("O override the window and the storage");
	(void)fixture_key(&f, 'O');
	draw(160, 48);
	SHOWS("destructive, tier 3");
	SHOWS("room for sorting is not known, which is overridden");
	nothing_was_run();
}

/* What comes from CloudWatch a moment later answers a question that stands on screen. */
static void room_that_comes_to_be_known_is_looked_at_again(void **state)
{
	(void)state;
	show_table();
	fixture_answer(ANSWER_STORAGE);
	(void)fixture_key(&f, 'I');
	draw(160, 48);
	SHOWS("room for sorting is not known");
	fixture_answer(ANSWER_PLAN);
	fixture_wait(&f, US_PER_S);
	fixture_more_text(&f, "metrics", STR("source metrics at=now\n"));
	fixture_finish(&f);
	draw(160, 48);
	HIDES("Cannot be done");
	SHOWS("the table's name, to allow it");
	nothing_was_run();
}

static void what_a_job_left_behind_is_offered(void **state)
{
	(void)state;
	show_table();
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, 'D');
	assert_int_equal(f.ui.overlay, OVERLAY_JOBS);
	(void)fixture_key(&f, K_ESC);
	fixture_answer(ANSWER_LEFT);
	(void)fixture_key(&f, 'I');
	(void)fixture_type(&f, "orders");
	fixture_wait(&f, US_PER_S);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(fixture_runs(), 1);
	(void)fixture_type(&f, ":jobs");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("left behind, invalid: shop.orders_pkey_ccnew");
	SHOWS("D drops the invalid indexes that it has left behind");
	(void)fixture_key(&f, 'D');
	assert_string_equal(fixture_looked_at(), "drop invalid indexes|table||16412|16450/16412 16452/16431");
	draw(160, 48);
	SHOWS("Drop invalid indexes  left by job 1");
	HIDES("Tab ");
	assert_int_equal(fixture_runs(), 1);
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
	draw(160, 48);
	assert_int_equal(fixture_click_everywhere(&f), 0);
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "vacuum");
	draw(160, 48);
	assert_int_equal(fixture_click_everywhere(&f), 0);
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, K_ESC);
	/* nor anything wider */
	(void)fixture_type(&f, ":vacuum schema shop");
	draw(160, 48);
	HIDES("after a preview");
	(void)fixture_key(&f, K_ENTER);
	assert_int_not_equal(f.ui.overlay, OVERLAY_OPERATE);
	(void)operate_begin_on(&f.ui, operation_find(STR("vacuum")), SCOPE_SCHEMA, STR("shop"));
	assert_int_not_equal(f.ui.overlay, OVERLAY_OPERATE);
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
		TEST(all_that_are_tagged_are_terminated_after_one_question),
		TEST(one_that_is_tagged_is_the_one),
		TEST(tagged_statements_are_cancelled_with_y),
		TEST(sessions_of_two_nodes_are_one_question),
		TEST(read_only_offers_none_and_runs_none),
		TEST(outside_the_window_it_is_refused_until_overridden),
		TEST(an_override_is_for_one_preview),
		TEST(a_schema_is_named_in_the_palette),
		TEST(a_rebuild_is_gentle_first),
		TEST(tab_widens_and_comes_back),
		TEST(a_database_is_selected),
		TEST(unknown_room_wants_an_override),
		TEST(room_that_comes_to_be_known_is_looked_at_again),
		TEST(what_a_job_left_behind_is_offered),
		TEST(a_name_that_no_key_types_can_be_answered),
		TEST(a_job_that_holds_up_too_many_stops_itself),
		TEST(a_job_stops_itself_when_the_database_is_busy),
		TEST(without_limits_a_job_goes_on),
		TEST(a_policy_may_be_read_only),
		TEST(the_action_lane_says_how_it_is),
		TEST(an_action_lane_is_not_down_before_a_sample),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
