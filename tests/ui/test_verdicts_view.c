/*
 * test_verdicts_view.c: what the verdicts say on the screen, where Enter leads, and what muting does. The rules judge
 * the fixture's data; nothing is written for them.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"
#include "verdict/engine.h"

#include <stdio.h>

static struct fixture f;
static int rows_, cols_;

static void show(const char *view)
{
	fixture_draw(&f, view, rows_, cols_);
}

static void open_at(const char *name, const char *view, int cols, int rows)
{
	rows_ = rows;
	cols_ = cols;
	fixture_open(&f, name, GLYPHS_UTF8);
	show(view);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void press(const char *keys)
{
	(void)fixture_type(&f, keys);
	show(NULL);
}

/* As the second that passes between two looks. */
static void looks(int n)
{
	for (int i = 0; i < n; i++)
		(void)runtime_derive(f.rt, "verdicts", true);
	ui_data_changed(&f.ui);
	show(NULL);
}

static void focus(const char *pane)
{
	struct view *v = ui_view(&f.ui);

	for (size_t i = 0; i < v->def->npanes; i++)
		if (strcmp(v->def->panes[i].def->name, pane) == 0)
			v->focus = i;
	show(NULL);
}

static const char *view_name(void)
{
	return ui_view(&f.ui)->def->name;
}

/* One look: what is wrong, worst first, with number, policy and the view that explains it. */
static void test_the_overview_says_what_is_wrong(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	PANE_SHOWS("verdicts", "✗ 7 blocked by 4711, longest 6m12s, policy 30s");
	PANE_SHOWS("verdicts", "! 4711 idle in transaction 12m31s, policy 5m");
	PANE_SHOWS("verdicts", "next  go to 3 Locks and K the root");
	SHOWS("3 Locks ✗");
	SHOWS("4 Load !");
	/* the same at the sizes of a laptop and of a phone */
	fixture_draw(&f, NULL, 24, 80);
	PANE_SHOWS("verdicts", "✗ 7 blocked by 4711, longest 6m12s, policy 30s");
	PANE_SHOWS("activity", "4711");
	fixture_draw(&f, NULL, 12, 40);
	PANE_SHOWS("verdicts", "✗ 7 blocked by 4711");
	PANE_SHOWS("activity", "4711");
}

static void test_enter_goes_to_the_next_step(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	focus("verdicts");
	(void)fixture_key(&f, K_ENTER);
	show(NULL);
	assert_string_equal(view_name(), "locks");
}

/* A verdict that names an action: Enter opens that one's preview, and nothing has been done yet. */
static void test_enter_opens_the_preview_of_its_action(void **state)
{
	(void)state;
	open_at("empty", "verdicts", 160, 48);
	fixture_more_text(&f, "overdue",
			  STR("source clusters at=now\nrow identifier=prod-orders status=available created_at=now-90d\n"
			      "source snapshots at=now\nrow identifier=rds:a kind=automated status=available "
			      "created_at=now-60h\n"));
	show(NULL);
	PANE_SHOWS("verdicts", "✗ newest automated snapshot 60 h old, policy 26 h");
	(void)fixture_type(&f, "/automated snapshot");
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_key(&f, K_ENTER);
	show(NULL);
	SHOWS("Create snapshot  prod-orders");
	SHOWS("Enter shows what it would do");
	/* with the name that is proposed */
	(void)fixture_key(&f, K_ENTER);
	fixture_finish(&f);
	show(NULL);
	if (!str_starts(str_c(fixture_looked_at()), STR("create snapshot|")))
		fail_msg("previewed was %s", fixture_looked_at());
	assert_string_equal(view_name(), "verdicts");
	assert_int_equal(fixture_runs(), 0);
}

static void test_acknowledged_leaves_the_list_and_the_tab(void **state)
{
	(void)state;
	open_at("incident", "verdicts", 160, 48);
	PANE_SHOWS("verdicts", "✗ 7 blocked");
	press("a");
	SHOWS("is acknowledged until");
	looks(1);
	fixture_wait(&f, 20 * US_PER_S);
	looks(1);
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "verdicts")->frame, "7 blocked"));
	PANE_SHOWS("verdicts", "1 muted");
	/* all of them: it is there, and the same key takes it back */
	press("m");
	PANE_SHOWS("verdicts", "✗ 7 blocked");
	press("ga");
	looks(1);
	press("m");
	PANE_SHOWS("verdicts", "✗ 7 blocked");
}

/* In a folder that is not ours: said in words, and in this console it holds all the same. */
static void test_what_cannot_be_written_down_holds_here(void **state)
{
	(void)state;
	open_at("incident", "verdicts", 160, 48);
	fixture_answer(ANSWER_FAILURE);
	press("a");
	fixture_finish(&f);
	looks(1);
	SHOWS("sessions.blocked is acknowledged in this console");
	SHOWS("only: /state/auroratop/acknowledged.jsonl cannot");
	SHOWS("be written: Permission denied");
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "verdicts")->frame, "7 blocked"));
	PANE_SHOWS("verdicts", "1 muted");
	/* it is in the list of all, with when */
	press("m");
	press("g");
	PANE_SHOWS("check", "muted     acknowledged");
}

static void test_snoozed_comes_back(void **state)
{
	(void)state;
	open_at("incident", "verdicts", 160, 48);
	press("n");
	looks(1);
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "verdicts")->frame, "7 blocked"));
	PANE_SHOWS("verdicts", "1 muted");
}

/* The selected one in full: found, since, why, next. */
static void test_a_verdict_has_its_evidence(void **state)
{
	(void)state;
	open_at("incident", "verdicts", 160, 48);
	PANE_SHOWS("check", "✗ 7 blocked by 4711");
	PANE_SHOWS("check", "pg_stat_activity: 7 with wait_event_type Lock");
	PANE_SHOWS("check", "rule      sessions.blocked");
	PANE_SHOWS("check", "Why");
	PANE_SHOWS("check", "Each of them is a request");
}

/* Nobody answers: that is not the same as nothing being wrong, and the list is not a litany. */
static void test_unknown_is_not_ok(void **state)
{
	(void)state;
	open_at("failed", "overview", 160, 48);
	/* what a rule only looks at when it is there does not wake it */
	fixture_wait(&f, VERDICT_REST_US);
	fixture_more_text(&f, "nothing",
			  STR("source statements_info at=now\nerror refused nothing listens | start it\n"));
	show(NULL);
	/* that nobody answers is known, and comes first */
	PANE_SHOWS("verdicts", "✗ database does not answer: orders-1 refused");
	PANE_SHOWS("verdicts", "! AWS does not answer: No AWS credentials");
	PANE_SHOWS("verdicts", "not known; m says why");
	SHOWS("8 Network ✗");
	focus("verdicts");
	press("m");
	PANE_SHOWS("verdicts", "? cluster available not known: No AWS credentials");
}

/* A small screen shows three: what comes and is worse is among them, though nobody has moved. */
static void test_the_worst_is_seen_on_a_small_screen(void **state)
{
	(void)state;
	open_at("incident", "overview", 80, 24);
	HIDES("database does not answer");
	for (int i = 0; i < 4; i++) {
		fixture_wait(&f, US_PER_S);
		fixture_more_text(&f, "gone",
				  STR("source activity at=now\nerror refused nothing listens | start the server\n"));
		show(NULL);
	}
	PANE_SHOWS("verdicts", "▌✗ database does not answer");
}

static void test_nothing_is_known(void **state)
{
	(void)state;
	open_at("empty", "overview", 160, 48);
	fixture_more_text(&f, "denied", STR("source clusters at=now\nerror denied Not allowed | allow it\n"));
	show(NULL);
	PANE_SHOWS("verdicts", "Not known whether something is wrong");
}

/* A refusal is one at once; what was known before is not said any more. */
static void test_denied_is_unknown(void **state)
{
	(void)state;
	open_at("incident", "verdicts", 160, 48);
	press("m");
	PANE_SHOWS("verdicts", "✓ cluster is available");
	fixture_more_text(&f, "denied",
			  STR("source clusters at=now\nerror denied Not allowed: rds:DescribeDBClusters | allow it\n"));
	(void)fixture_type(&f, "/cluster available");
	(void)fixture_key(&f, K_ENTER);
	show(NULL);
	PANE_SHOWS("verdicts", "? cluster available not known: Not allowed: rds:DescribeDBClusters");
}

static void test_healthy_is_quiet(void **state)
{
	(void)state;
	open_at("healthy", "overview", 160, 48);
	HIDES("2 Activity !");
	HIDES("3 Locks ✗");
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "verdicts")->frame, "✗"));
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_overview_says_what_is_wrong),
		TEST(test_enter_goes_to_the_next_step),
		TEST(test_enter_opens_the_preview_of_its_action),
		TEST(test_acknowledged_leaves_the_list_and_the_tab),
		TEST(test_what_cannot_be_written_down_holds_here),
		TEST(test_snoozed_comes_back),
		TEST(test_a_verdict_has_its_evidence),
		TEST(test_unknown_is_not_ok),
		TEST(test_the_worst_is_seen_on_a_small_screen),
		TEST(test_nothing_is_known),
		TEST(test_denied_is_unknown),
		TEST(test_healthy_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
