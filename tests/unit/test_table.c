/*
 * test_table.c: the table widget over sessions: selection by key, held order, filter, tags,
 * columns that leave by priority.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>

static struct fixture f;
static struct table *t;

static void show(int rows, int cols)
{
	fixture_draw(&f, "activity", rows, cols);
	t = &fixture_pane(&f, "activity")->table;
}

static int open_incident(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	show(48, 160);
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static int64_t pid_at(size_t position)
{
	return data_i64(t->snap, t->index[position], "pid", -1);
}

static int64_t selected_pid(void)
{
	long row = table_selected_row(t);

	return row < 0 ? -1 : data_i64(t->snap, (size_t)row, "pid", -1);
}

/* A new sample with these rows; the same connection times keep the keys. */
static void sample(const char *rows)
{
	struct buf b;

	buf_init(&b, 65536);
	(void)buf_addf(&b, "source sessions at=now\n%s", rows);
	fixture_more_text(&f, "a sample", buf_str(&b));
	buf_release(&b);
	show(48, 160);
}

#define ROW(pid, xact) \
	"row pid=" #pid " state=running xact_us=" #xact " backend_start_at=2026-03-17T09:00:00Z query=q" #pid "\n"

static void test_selection_follows_the_key(void **state)
{
	(void)state;
	sample(ROW(1, 30s) ROW(2, 20s) ROW(3, 10s));
	table_move_to(t, 1, clock_mono_us());
	assert_int_equal(selected_pid(), 2);
	fixture_wait(&f, 3 * US_PER_S);
	/* 2 became the oldest: the selection goes with it. */
	sample(ROW(1, 33s) ROW(2, 90s) ROW(3, 13s));
	assert_int_equal(selected_pid(), 2);
	assert_int_equal(t->cursor, 0);
	/* The row goes: its neighbour is selected, at the same place. */
	sample(ROW(1, 36s) ROW(3, 16s));
	assert_int_equal(t->cursor, 0);
	assert_int_equal(selected_pid(), 1);
	/* The same pid with another connection time is another session. */
	sample("row pid=1 state=running xact_us=1s backend_start_at=2026-03-17T13:00:00Z\n" ROW(3, 19s));
	assert_int_equal(selected_pid(), 3);
	sample("");
	assert_int_equal(selected_pid(), -1);
}

static void test_order_is_held_after_a_key(void **state)
{
	(void)state;
	sample(ROW(1, 30s) ROW(2, 20s) ROW(3, 10s));
	table_move_to(t, 0, clock_mono_us());
	fixture_wait(&f, TABLE_HOLD_US - 1);
	sample(ROW(1, 31s) ROW(2, 21s) ROW(3, 99s) ROW(4, 98s));
	assert_int_equal(pid_at(0), 1);
	assert_int_equal(pid_at(1), 2);
	assert_int_equal(pid_at(2), 3);
	/* New rows go to the end while it is held. */
	assert_int_equal(pid_at(3), 4);
	fixture_wait(&f, 2);
	sample(ROW(1, 31s) ROW(2, 21s) ROW(3, 99s) ROW(4, 98s));
	assert_int_equal(pid_at(0), 3);
	assert_int_equal(pid_at(1), 4);
	assert_int_equal(pid_at(2), 1);
}

static void test_absent_sorts_last_both_ways(void **state)
{
	(void)state;
	sample(ROW(1, 30s) "row pid=9 state=running\n" ROW(3, 40s));
	assert_int_equal(pid_at(2), 9);
	table_order_reverse(t);
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(pid_at(0), 1);
	assert_int_equal(pid_at(2), 9);
}

static void test_filter(void **state)
{
	struct err err;

	(void)state;
	assert_true(table_set_filter(t, "user:worker", &err));
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(t->n, 4);
	assert_int_equal(t->total, 17);
	/* The bare comparison is about the age of the transaction. */
	assert_true(table_set_filter(t, ">5m", &err));
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(t->n, 3);
	assert_int_equal(pid_at(2), 4815);
	/* What is no filter is refused with a reason, and the old one stays in force. */
	assert_false(table_set_filter(t, "usr:worker", &err));
	assert_non_null(strstr(err.text, "user"));
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(t->n, 3);
	assert_true(table_set_filter(t, "", &err));
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(t->n, 17);
}

/* A filter typed before there is data works when the data comes. */
static void test_filter_before_data(void **state)
{
	struct err err;

	(void)state;
	fixture_close(&f);
	fixture_open(&f, "empty", GLYPHS_UTF8);
	show(48, 160);
	assert_true(table_set_filter(t, "q2", &err));
	sample(ROW(1, 30s) ROW(2, 20s));
	assert_int_equal(t->n, 1);
	assert_int_equal(pid_at(0), 2);
}

/* An order chosen by a key before there is data is the order when the data comes. */
static void test_order_before_data(void **state)
{
	(void)state;
	fixture_close(&f);
	fixture_open(&f, "empty", GLYPHS_UTF8);
	(void)fixture_type(&f, "2T");
	sample("row pid=1 state=running xact_us=30s query_us=1s backend_start_at=2026-03-17T09:00:00Z query=q1\n"
	       "row pid=2 state=running xact_us=20s query_us=9s backend_start_at=2026-03-17T09:00:00Z query=q2\n");
	assert_true(fixture_shows(&f, "QUERY ▾"));
	assert_int_equal(pid_at(0), 2);
}

static void test_no_match_is_said(void **state)
{
	struct err err;

	(void)state;
	assert_true(table_set_filter(t, "nothing-like-it", &err));
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_true(fixture_shows(&f, "No sessions match nothing-like-it"));
	assert_true(fixture_shows(&f, "17 without the filter; Esc clears it"));
	fixture_key(&f, K_ESC);
	show(48, 160);
	assert_int_equal(t->n, 17);
}

static void test_tags(void **state)
{
	(void)state;
	sample(ROW(1, 30s) ROW(2, 20s) ROW(3, 10s));
	table_move_to(t, 1, 0);
	table_tag_toggle(t);
	table_move_to(t, 2, 0);
	table_tag_toggle(t);
	assert_int_equal(t->tags.n, 2);
	/* Tags are of keys: they follow their rows. */
	sample(ROW(1, 1s) ROW(2, 90s) ROW(3, 10s));
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(table_is_tagged(t, t->index[i]), pid_at(i) != 1);
	show(48, 160);
	assert_true(fixture_shows(&f, "●"));
	table_move_to(t, 0, 0);
	assert_int_equal(selected_pid(), 2);
	table_tag_toggle(t);
	assert_int_equal(t->tags.n, 1);
	table_tag_all(t);
	assert_int_equal(t->tags.n, 0);
	table_tag_all(t);
	assert_int_equal(t->tags.n, 3);
}

/* The next one. */
static void later(const char *rows)
{
	fixture_wait(&f, US_PER_S);
	sample(rows);
}

/* A tag is of a session, not of a number, and goes with it. */
static void test_tags_end_with_their_session(void **state)
{
	(void)state;
	later(ROW(1, 30s) ROW(2, 20s) ROW(3, 10s));
	table_tag_all(t);
	show(48, 160);
	assert_true(fixture_shows(&f, "3 tagged"));
	/* once is a moment in which it was idle, and not shown */
	later(ROW(1, 31s) ROW(3, 11s));
	assert_int_equal(t->tags.n, 3);
	later(ROW(1, 32s) ROW(2, 22s) ROW(3, 12s));
	assert_int_equal(t->tags.n, 3);
	later(ROW(1, 33s) ROW(3, 13s));
	/* the same rows drawn again are no other sample */
	fixture_effects(&f, EFFECT_RECALC);
	show(48, 160);
	assert_int_equal(t->tags.n, 3);
	later(ROW(1, 34s) ROW(3, 14s));
	assert_int_equal(t->tags.n, 2);
	show(48, 160);
	assert_true(fixture_shows(&f, "2 tagged"));
	/* its number comes back with another session */
	later(ROW(1, 35s) ROW(2, 1s) ROW(3, 15s));
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(table_is_tagged(t, t->index[i]), pid_at(i) != 2);
	later("row pid=3 state=running xact_us=1s backend_start_at=2026-03-17T10:00:00Z query=q3\n" ROW(1, 36s));
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(table_is_tagged(t, t->index[i]), pid_at(i) == 1);
	later(ROW(1, 37s) ROW(2, 2s) ROW(3, 17s));
	/* another order moves rows, not tags */
	table_order_reverse(t);
	fixture_effects(&f, EFFECT_RECALC);
	show(48, 160);
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(table_is_tagged(t, t->index[i]), pid_at(i) != 2);
}

static void test_escape_takes_tags_off(void **state)
{
	(void)state;
	sample(ROW(1, 30s) ROW(2, 20s) ROW(3, 10s));
	(void)fixture_key(&f, 'v');
	show(48, 160);
	assert_true(fixture_shows(&f, "1 tagged"));
	/* on the row under the cursor, too */
	assert_true(fixture_shows_in(&f, t->drawn.r, "\xe2\x97\x8f"));
	(void)fixture_key(&f, K_ESC);
	show(48, 160);
	assert_false(fixture_shows(&f, "tagged"));
	assert_int_equal(t->tags.n, 0);
	(void)fixture_key(&f, '*');
	assert_int_equal(t->tags.n, 3);
	(void)fixture_key(&f, '*');
	assert_int_equal(t->tags.n, 0);
}

static bool has_column(const char *field)
{
	for (int i = 0; i < t->nheads; i++)
		if (str_eq_c(str_c(field), t->def->columns[t->heads[i].column].field))
			return true;
	return false;
}

static void test_columns_leave_by_priority(void **state)
{
	static const char *const kept[] = {"pid",   "xact_us", "blocked_by", "wait",
					   "query", "user",    "state",      "application"};
	size_t before = 99;

	(void)state;
	for (int cols = 200; cols >= 10; cols -= 5) {
		size_t n = 0;

		fixture_close(&f);
		(void)open_incident(NULL);
		show(48, cols);
		for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
			/* What is kept longest is shown whenever something less important is. */
			if (i > 0 && has_column(kept[i]) && !has_column(kept[i - 1]))
				fail_msg("%d columns: %s without %s", cols, kept[i], kept[i - 1]);
			n += has_column(kept[i]);
		}
		assert_true(has_column("pid"));
		if (n > before)
			fail_msg("%d columns show more than 5 more do", cols);
		before = n;
		for (int i = 1; i < t->nheads; i++)
			assert_true(t->heads[i].x > t->heads[i - 1].x);
	}
}

/* The key column stays when the others scroll. */
static void test_columns_scroll(void **state)
{
	(void)state;
	show(24, 80);
	assert_false(has_column("query_id"));
	for (int i = 0; i < 40; i++) {
		table_scroll_columns(t, 1);
		show(24, 80);
		assert_int_equal(t->heads[0].column, 0);
	}
	assert_true(has_column("query_id"));
	assert_false(has_column("user"));
	for (int i = 0; i < 40; i++)
		table_scroll_columns(t, -1);
	show(24, 80);
	assert_true(has_column("user"));
}

static void test_order_by_column(void **state)
{
	(void)state;
	table_order_column(t, 0);
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(pid_at(0), 4650);
	assert_true(fixture_shows(&f, "PID ▴"));
	table_order_column(t, 0);
	ui_data_changed(&f.ui);
	show(48, 160);
	assert_int_equal(pid_at(0), 6100);
	assert_true(fixture_shows(&f, "PID ▾"));
	/* Durations begin with the longest. */
	table_order_step(t, -1);
	table_order_step(t, 1);
	assert_int_equal(t->order_column, 0);
}

static void test_mouse_geometry(void **state)
{
	(void)state;
	assert_int_equal(table_row_at(t, t->heading_y), -1);
	assert_int_equal(table_row_at(t, t->heading_y + 1), 0);
	assert_int_equal(table_row_at(t, t->heading_y + 17), 16);
	assert_int_equal(table_row_at(t, t->heading_y + 18), -1);
	assert_int_equal(table_heading_at(t, t->heading_y, t->heads[2].x), t->heads[2].column);
	assert_int_equal(table_heading_at(t, t->heading_y + 1, t->heads[2].x), -1);
}

static void test_cursor_stays_on_screen(void **state)
{
	(void)state;
	show(12, 40);
	table_move(t, 100, 0);
	show(12, 40);
	assert_int_equal(t->cursor, 16);
	assert_true(t->top + (size_t)t->visible_rows == t->n);
	assert_true(fixture_shows(&f, "6100"));
	table_move(t, -100, 0);
	show(12, 40);
	assert_int_equal(t->top, 0);
	assert_true(fixture_shows(&f, "4711"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_incident, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_selection_follows_the_key),
		TEST(test_order_is_held_after_a_key),
		TEST(test_absent_sorts_last_both_ways),
		TEST(test_filter),
		TEST(test_filter_before_data),
		TEST(test_order_before_data),
		TEST(test_no_match_is_said),
		TEST(test_tags),
		TEST(test_tags_end_with_their_session),
		TEST(test_escape_takes_tags_off),
		TEST(test_columns_leave_by_priority),
		TEST(test_columns_scroll),
		TEST(test_order_by_column),
		TEST(test_mouse_geometry),
		TEST(test_cursor_stays_on_screen),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
