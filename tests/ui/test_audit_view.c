/*
 * test_audit_view.c: what the audit log must say: what was done, by whom, how it ended, what has no end; what of it is
 * not there to be seen; and, when it is empty, where it will be.
 */
#include "tests/ui/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>

static struct fixture f;

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "audit", rows, cols);
}

static void press(const char *keys)
{
	(void)fixture_type(&f, keys);
	fixture_draw(&f, NULL, f.ui.canvas.rows, f.ui.canvas.cols);
}

static void press_key(uint32_t key)
{
	(void)fixture_key(&f, key);
	fixture_draw(&f, NULL, f.ui.canvas.rows, f.ui.canvas.cols);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void it_tells_what_was_done_newest_first(void **state)
{
	const struct table *t;

	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("audit", "7 changes · ! 2 lines could not be read · 1 failed · 1 without an outcome");
	PANE_SHOWS("audit", "✓   13:44:26Z  keeper  anna@ops-1  prod-orders");
	PANE_SHOWS("audit", "analyze               public.orders           1    1.8s  done");
	PANE_SHOWS("audit", "✗   13:15:07Z");
	PANE_SHOWS("audit", "failed: could not extend file");
	PANE_SHOWS("audit", "? ");
	PANE_SHOWS("audit", "–  no outcome: the console ended, or is still at it");
	PANE_SHOWS("audit", "! 03-16 13:45");
	PANE_SHOWS("audit", "ben@ops-2");
	PANE_SHOWS("audit", "staging-orders");
	t = &fixture_pane(&f, "audit")->table;
	for (size_t i = 1; i < t->n; i++)
		assert_true(data_i64(t->snap, t->index[i], "began_at", 0) <=
			    data_i64(t->snap, t->index[i - 1], "began_at", 0));
}

static void the_detail_has_the_whole_statement(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("j");
	press_key(K_ENTER);
	SHOWS("✓ done: the session has ended");
	SHOWS("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 4866 AND backend_start = '?'");
	SHOWS("2, disruptive");
	SHOWS("2026-03-17T13:35:25Z");
	SHOWS("1773754525000-4711-6");
	SHOWS("210ms");
	press_key(K_ESC);
	press("j");
	press_key(K_ENTER);
	SHOWS("? no outcome: the console ended, or is still at it");
	HIDES("ended      ");
}

static void it_filters_sorts_and_copies_like_any_table(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("/severity:critical");
	press_key(K_ENTER);
	PANE_SHOWS("audit", "/ severity:critical  1 of 7");
	PANE_SHOWS("audit", "failed: could not extend file");
	HIDES("anna@ops-1  prod-orders  analyze");
	press("y");
	assert_true(str_eq_c(buf_str(&f.ui.copy), "REINDEX (VERBOSE) TABLE public.orders"));
	press_key(K_ESC);
	press("/>1m");
	press_key(K_ENTER);
	PANE_SHOWS("audit", "2 of 7");
}

static void the_smallest_screen_has_the_outcomes(void **state)
{
	(void)state;
	open_at("incident", 40, 12);
	SHOWS("✓   13:44:26Z");
	SHOWS("done");
	SHOWS("failed: ");
}

static void an_empty_log_says_so_and_where_it_will_be(void **state)
{
	(void)state;
	open_at("unchanged", 80, 24);
	SHOWS("Nothing was changed yet");
	SHOWS("written down before it is sent");
	SHOWS("/var/ops/state/auroratop/audit.jsonl");
	HIDES("could not be read");
	fixture_more_text(&f, "only rubbish",
			  STR("source audit_files at=now\n"
			      "row path=/x/audit.jsonl size_bytes=9 read_bytes=9 lines=3 unreadable=3\n"));
	fixture_draw(&f, NULL, 24, 80);
	SHOWS("Nothing that can be read was changed yet");
	SHOWS("3 lines could not be read");
}

static void what_is_not_shown_is_said(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	fixture_more_text(&f, "a long log",
			  STR("source audit_files at=now\n"
			      "row path=/x/audit.jsonl size_bytes=16000000 read_bytes=4000000 lines=4000 unreadable=0 "
			      "problem=\"it belongs to somebody else or is open to others\"\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("audit", "newest 7 changes");
	PANE_SHOWS("audit", "it belongs to somebody else or is open to others");
	HIDES("could not be read");
}

static void a_log_that_cannot_be_read_says_why(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	fixture_more_text(
		&f, "failure",
		STR("source audit at=now\n"
		    "error I/O-error the audit log /x/audit.jsonl: it is no regular file | fix what has that name\n"));
	fixture_draw(&f, NULL, 24, 80);
	SHOWS("the audit log /x/audit.jsonl: it is no regular file");
	SHOWS("fix what has that name");
}

static void it_is_read_while_it_is_looked_at(void **state)
{
	static const char *const names[] = {"audit"};
	uint64_t bit;

	(void)state;
	open_at("incident", 80, 24);
	bit = runtime_demand_of(f.rt, names, 1);
	assert_true(bit != 0);
	/* no other view wants it */
	for (size_t v = 0; v < nview_defs; v++)
		for (size_t i = 0; i < view_defs[v]->npanes; i++) {
			bool wants = str_find(str_c(view_defs[v]->panes[i].def->sources), STR("audit"), 0) >= 0;

			assert_true(wants == (strcmp(view_defs[v]->name, "audit") == 0));
		}
}

static void nothing_in_it_reaches_the_terminal_raw(void **state)
{
	static const int sizes[][2] = {{160, 48}, {80, 24}, {40, 12}, {20, 6}, {3, 2}};
	int y, x;

	(void)state;
	open_at("hostile", 160, 48);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (const char *keys = " gjjk"; *keys; keys++) {
			fixture_draw(&f, NULL, sizes[i][1], sizes[i][0]);
			assert_true(fixture_clean(&f, &y, &x));
			(void)fixture_key(&f, (uint32_t)*keys);
			(void)fixture_key(&f, K_ENTER);
			fixture_draw(&f, NULL, sizes[i][1], sizes[i][0]);
			assert_true(fixture_clean(&f, &y, &x));
			(void)fixture_key(&f, K_ESC);
		}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, close_fixture)
	const struct CMUnitTest tests[] = {
		TEST(it_tells_what_was_done_newest_first),        TEST(the_detail_has_the_whole_statement),
		TEST(it_filters_sorts_and_copies_like_any_table), TEST(the_smallest_screen_has_the_outcomes),
		TEST(an_empty_log_says_so_and_where_it_will_be),  TEST(what_is_not_shown_is_said),
		TEST(a_log_that_cannot_be_read_says_why),         TEST(it_is_read_while_it_is_looked_at),
		TEST(nothing_in_it_reaches_the_terminal_raw),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
