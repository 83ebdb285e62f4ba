/*
 * test_plan_view.c: the plan overlay, the question before it, and the detail of a session:
 * what they show and what their keys do. Goldens as in test_golden.c.
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include "ui/action.h"
#include "ui/plan_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <stdio.h>

static struct fixture f;

static void draw(int cols, int rows)
{
	int y, x;

	fixture_draw(&f, NULL, rows, cols);
	if (!fixture_clean(&f, &y, &x))
		fail_msg("something that must not be drawn at %d,%d", y, x);
}

static void open_activity(int cols, int rows, enum glyph_set glyphs)
{
	fixture_open(&f, "incident", glyphs);
	fixture_draw(&f, "activity", rows, cols);
}

/* Chooses the row of a pid and opens its plan. */
static void explain(const char *pid, int cols, int rows)
{
	(void)fixture_type(&f, "/pid:");
	(void)fixture_type(&f, pid);
	(void)fixture_key(&f, K_ENTER);
	draw(cols, rows);
	(void)fixture_key(&f, 'e');
	draw(cols, rows);
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void golden(const char *name, int cols, int rows, const char *suffix)
{
	char path[1024];

	(void)snprintf(path, sizeof path, "%s/incident-activity-%s-%dx%d%s.txt", GOLDEN, name, cols, rows, suffix);
	assert_int_equal(golden_compare(&f, path, golden_update()), 0);
}

/* Looks through all of the overlay for text. */
static bool somewhere(const char *text, int cols, int rows)
{
	(void)fixture_key(&f, 'g');
	for (int i = 0; i < 80; i++) {
		draw(cols, rows);
		if (fixture_shows(&f, text))
			return true;
		(void)fixture_key(&f, 'j');
	}
	return false;
}

/* ---- the plan ---- */

static void test_plan_on_a_large_screen(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	explain("5012", 160, 48);
	SHOWS("Plan  session 5012");
	SHOWS("planned as   reporting in orders");
	SHOWS("search_path  shop, public");
	SHOWS("with the session's literals, estimate only, never executed");
	SHOWS("work_mem = 1MB");
	SHOWS("what the session has SET itself is not known");
	/* the tree, with shares and rows */
	SHOWS("Parallel Seq Scan order_items i");
	SHOWS("SHARE OF THE COST");
	SHOWS("125 k");
	SHOWS("filter (o.created_at >=");
	/* warnings with their remedies */
	SHOWS("order_items (318 GiB, about 812 M rows) is read whole: no condition on it");
	SHOWS("customers was never analyzed: the planner guesses its rows");
	SHOWS("next ANALYZE it, then look again");
	SHOWS("likely spills to disk");
	SHOWS("o.status <> 'cancelled'");
	golden("plan", 160, 48, "");
}

static void test_plan_on_small_screens(void **state)
{
	(void)state;
	open_activity(80, 24, GLYPHS_UTF8);
	explain("5012", 80, 24);
	SHOWS("never executed");
	SHOWS("ROWS    SHARE");
	golden("plan", 80, 24, "");
	assert_true(somewhere("318 GiB", 80, 24));
	assert_true(somewhere("limit 5000", 80, 24));
	fixture_close(&f);
	open_activity(40, 12, GLYPHS_UTF8);
	explain("5012", 40, 12);
	golden("plan", 40, 12, "");
	assert_true(somewhere("318 GiB", 40, 12));
	assert_true(somewhere("planned as   reporting in orders", 40, 12));
	assert_true(somewhere("never executed", 40, 12));
}

static void test_plan_in_ascii(void **state)
{
	(void)state;
	open_activity(80, 24, GLYPHS_ASCII);
	explain("5012", 80, 24);
	for (size_t i = 0; i < (size_t)f.ui.canvas.rows * (size_t)f.ui.canvas.cols; i++)
		assert_true(f.ui.canvas.cells[i].rune < 0x80);
	golden("plan", 80, 24, "-ascii");
}

static void test_scrolling_stops_at_the_ends(void **state)
{
	int last;

	(void)state;
	open_activity(80, 24, GLYPHS_UTF8);
	explain("5012", 80, 24);
	(void)fixture_key(&f, 'G');
	draw(80, 24);
	last = f.ui.overlay_scroll;
	assert_true(last > 0);
	SHOWS("limit 5000");
	for (int i = 0; i < 30; i++)
		(void)fixture_key(&f, 'j');
	draw(80, 24);
	assert_int_equal(f.ui.overlay_scroll, last);
	(void)fixture_key(&f, 'g');
	(void)fixture_key(&f, 'k');
	draw(80, 24);
	assert_int_equal(f.ui.overlay_scroll, 0);
}

static void test_copy_masks_literals(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	explain("5012", 160, 48);
	(void)fixture_key(&f, 'y');
	assert_non_null(strstr(buf_c(&f.ui.copy), "Parallel Seq Scan on shop.order_items i  (cost="));
	assert_non_null(strstr(buf_c(&f.ui.copy), "-- as reporting on orders"));
	assert_null(strstr(buf_c(&f.ui.copy), "cancelled"));
	draw(160, 48);
	SHOWS("plan copied, literals masked");
}

static void test_esc_closes_and_nothing_below_acts(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	explain("5012", 160, 48);
	(void)fixture_type(&f, "6s/\r");
	assert_int_equal(f.ui.overlay, OVERLAY_PLAN);
	(void)fixture_key(&f, K_ENTER);
	assert_int_equal(f.ui.overlay, OVERLAY_PLAN);
	(void)fixture_key(&f, K_ESC);
	draw(160, 48);
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	assert_null(f.ui.plan);
	HIDES("planned as");
}

static void test_captured_plan_and_a_fresh_one(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	fixture_answer(ANSWER_CAPTURED);
	explain("5012", 160, 48);
	SHOWS("plan of a real run, kept by the server");
	(void)fixture_key(&f, 'e');
	draw(160, 48);
	SHOWS("estimate only, never executed");
	HIDES("kept by the server");
}

static void test_failure_in_words(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	fixture_answer(ANSWER_FAILURE);
	explain("5012", 160, 48);
	SHOWS("n/a: text cut at 4096");
	SHOWS("next  raise track_activity_query_size");
	/* what is known of it stays in sight */
	SHOWS("join orders o using (order_id)");
	(void)fixture_key(&f, 'y');
	assert_int_equal(f.ui.copy.len, 0);
}

static void test_no_statement_no_plan(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	/* the autovacuum worker of the incident is in no database here */
	explain("6100", 160, 48);
	SHOWS("no plan: this process is in no database");
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	fixture_draw(&f, "network", 48, 160);
	assert_false(action_applies(&f.ui, ACTION_EXPLAIN));
	(void)fixture_key(&f, 'e');
	draw(160, 48);
	SHOWS("no plan: only a session, a statement or a");
}

/* ---- the question ---- */

static void test_a_powerful_role_is_asked(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	fixture_answer(ANSWER_CONSENT);
	explain("5012", 160, 48);
	SHOWS("Plan as a powerful role?");
	SHOWS("our role postgres is a superuser");
	SHOWS("y yes    n no");
	golden("consent", 160, 48, "");
	/* neither Enter nor a paste nor anything else is an answer */
	(void)fixture_key(&f, K_ENTER);
	(void)fixture_type(&f, "jeq6Y ");
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_PASTE_BEGIN});
	(void)fixture_key(&f, 'y');
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_PASTE_END});
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_MOUSE_DOWN, .y = 1, .x = 4});
	draw(160, 48);
	SHOWS("Plan as a powerful role?");
	(void)fixture_key(&f, 'y');
	draw(160, 48);
	HIDES("Plan as a powerful role?");
	SHOWS("Parallel Seq Scan order_items i");
}

static void test_no_means_no_plan(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		open_activity(160, 48, GLYPHS_UTF8);
		fixture_answer(ANSWER_CONSENT);
		explain("5012", 160, 48);
		(void)fixture_key(&f, i == 0 ? 'n' : K_ESC);
		draw(160, 48);
		assert_false(f.ui.dialog.open);
		assert_int_equal(f.ui.overlay, OVERLAY_NONE);
		HIDES("planned as");
		if (i == 0)
			fixture_close(&f);
	}
}

static void test_the_question_fits_small_screens(void **state)
{
	(void)state;
	open_activity(40, 12, GLYPHS_UTF8);
	fixture_answer(ANSWER_CONSENT);
	explain("5012", 40, 12);
	SHOWS("is a superuser");
	SHOWS("y yes    n no");
	golden("consent", 40, 12, "");
}

/* ---- the detail of a session ---- */

static void test_detail_shows_the_whole_text_and_locks(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("whole text of 4711");
	SHOWS("order by last_word");
	SHOWS("orders_app on orders");
	SHOWS("12m31s !");
	SHOWS("1 sample since opened");
	SHOWS("Client:ClientRead");
	SHOWS("2 held, 1 waited for, at 13:45:07Z");
	SHOWS("Share         waits for transactionid 88213984");
	SHOWS("RowExclusive  shop.stock and 2 indexes");
	SHOWS("7 sessions wait behind it");
	/* another row is another session */
	(void)fixture_key(&f, K_RIGHT);
	draw(160, 48);
	SHOWS("whole text of 4802");
	SHOWS("blocked by 4711, 2 sessions wait behind it");
	HIDES("whole text of 4711");
}

static void test_detail_on_small_screens(void **state)
{
	(void)state;
	open_activity(80, 24, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(80, 24);
	SHOWS("whole text of 4711");
	golden("session", 80, 24, "");
	assert_true(somewhere("2 held, 1 waited for", 80, 24));
	assert_true(somewhere("backend_type", 80, 24));
	fixture_close(&f);
	open_activity(40, 12, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(40, 12);
	golden("session", 40, 12, "");
	assert_true(somewhere("RowExclusive", 40, 12));
}

static void test_waits_are_counted_while_it_is_open(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	fixture_wait(&f, US_PER_S);
	fixture_more_text(
		&f, "next",
		STR("now 2026-03-17T13:45:08Z\n"
		    "source sessions at=now\n"
		    "row pid=4711 backend_start_at=2026-03-17T09:13:07Z user=orders_app database=orders state=running "
		    "wait=IO:DataFileRead wait_class=io xact_us=13m query=commit\n"));
	ui_data_changed(&f.ui);
	draw(160, 48);
	SHOWS("2 samples since opened");
	SHOWS("IO:DataFileRead");
	SHOWS("50 %");
}

static void test_a_huge_hostile_statement(void **state)
{
	(void)state;
	open_activity(80, 24, GLYPHS_UTF8);
	fixture_answer(ANSWER_HUGE);
	(void)fixture_key(&f, K_ENTER);
	draw(80, 24);
	SHOWS("whole text of 4711");
	assert_true(f.ui.overlay_lines > 2000);
	(void)fixture_key(&f, 'G');
	draw(80, 24);
	(void)fixture_key(&f, K_PGUP);
	draw(80, 24);
	/* more than a terminal takes is not copied in part */
	(void)fixture_key(&f, 'y');
	assert_int_equal(f.ui.copy.len, 0);
	draw(80, 24);
	SHOWS("not copied: the statement is longer");
}

static void test_copy_takes_the_whole_text(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	(void)fixture_key(&f, 'y');
	assert_non_null(strstr(buf_c(&f.ui.copy), "order by last_word"));
	assert_null(strstr(buf_c(&f.ui.copy), "4711"));
}

static void test_a_session_that_is_gone(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	fixture_answer(ANSWER_FAILURE);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	SHOWS("session has ended");
	/* the sampler's text is there all the same */
	SHOWS("update stock set qty = qty - $1 where sku = $2");
}

static void test_plan_over_the_detail_and_back(void **state)
{
	(void)state;
	open_activity(160, 48, GLYPHS_UTF8);
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	(void)fixture_key(&f, 'e');
	draw(160, 48);
	SHOWS("Plan  session 4711");
	(void)fixture_key(&f, K_ESC);
	draw(160, 48);
	assert_int_equal(f.ui.overlay, OVERLAY_DETAIL);
	SHOWS("whole text of 4711");
	(void)fixture_key(&f, K_ESC);
	draw(160, 48);
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	assert_null(f.ui.watch);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_teardown(fn, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_plan_on_a_large_screen),
		CASE(test_plan_on_small_screens),
		CASE(test_plan_in_ascii),
		CASE(test_scrolling_stops_at_the_ends),
		CASE(test_copy_masks_literals),
		CASE(test_esc_closes_and_nothing_below_acts),
		CASE(test_captured_plan_and_a_fresh_one),
		CASE(test_failure_in_words),
		CASE(test_no_statement_no_plan),
		CASE(test_a_powerful_role_is_asked),
		CASE(test_no_means_no_plan),
		CASE(test_the_question_fits_small_screens),
		CASE(test_detail_shows_the_whole_text_and_locks),
		CASE(test_detail_on_small_screens),
		CASE(test_waits_are_counted_while_it_is_open),
		CASE(test_a_huge_hostile_statement),
		CASE(test_copy_takes_the_whole_text),
		CASE(test_a_session_that_is_gone),
		CASE(test_plan_over_the_detail_and_back),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
