/*
 * test_statements_shown.c: what somebody must find in the Statements view, whatever its exact look.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "ui/panes/statements_view.h"
#include "ui/widgets/statement_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <math.h>

static struct fixture f;

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "statements", rows, cols);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void press(const char *keys)
{
	int rows = f.ui.canvas.rows, cols = f.ui.canvas.cols;

	for (; *keys; keys++)
		(void)fixture_key(&f, *keys == '\r' ? K_ENTER : (uint32_t)(unsigned char)*keys);
	fixture_draw(&f, NULL, rows, cols);
}

#define PANE_HIDES(pane, text) assert_false(fixture_shows_in(&f, fixture_pane(&f, (pane))->frame, (text)))

static struct table *table(void)
{
	return &fixture_pane(&f, "statements")->table;
}

static struct str text_at(size_t place)
{
	return data_str(table()->snap, table()->index[place], "query");
}

/* True when the word stands in the picture on the ground `bg`, or in the role `fg`. */
static bool word_has(const char *word, enum role fg, enum role bg)
{
	const struct canvas *c = &f.ui.canvas;
	int n = (int)strlen(word);

	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x + n <= c->cols; x++) {
			int k = 0;

			while (k < n && c->cells[y * c->cols + x + k].rune == (uint32_t)(unsigned char)word[k] &&
			       (fg == ROLE__COUNT || c->cells[y * c->cols + x + k].style.fg == fg) &&
			       (bg == ROLE__COUNT || c->cells[y * c->cols + x + k].style.bg == bg))
				k++;
			if (k == n)
				return true;
		}
	return false;
}

/* The most expensive first, with its share in numbers beside the bar. */
static void test_last_minute(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("statements", "4.5 sessions busy in 318 statements");
	PANE_SHOWS("statements", "9 034 calls/s");
	PANE_SHOWS("statements", "TIME ▾");
	PANE_SHOWS("statements", "28.7 %      214   6.1ms  3.10 MiB   98.8");
	PANE_SHOWS("statements", "+212%");
	PANE_SHOWS("statements", "24.6 MiB");
	PANE_SHOWS("statements", "running ones are not in here: 7 wait for a lock");
	assert_true(str_starts(text_at(0), STR("select o.*, i.* from orders o")));
	assert_true(word_has("last 60 s", ROLE__COUNT, ROLE_SELBG));
	assert_false(word_has("since reset 41d 00h", ROLE__COUNT, ROLE_SELBG));
	assert_true(word_has("time", ROLE_ACCENT, ROLE__COUNT));
	/* what was not there when the console first looked */
	assert_int_equal(data_i64(table()->snap, table()->index[9], "first_seen_at", 0) > 0, 1);
	SHOWS("+ ━───────  3.0 %");
}

static void test_since_reset(void **state)
{
	struct str before;

	(void)state;
	open_at("incident", 160, 48);
	press("jjj");
	before = text_at(table()->cursor);
	press("m");
	assert_true(word_has("since reset 41d 00h", ROLE__COUNT, ROLE_SELBG));
	PANE_SHOWS("statements", "TOTAL");
	PANE_SHOWS("statements", "53d 12h    758 M   6.1ms  10.5 TiB");
	PANE_HIDES("statements", "CALLS/s");
	/* the selection stays on the statement */
	assert_true(str_eq(before, text_at(table()->cursor)));
	PANE_SHOWS("statement", "4d 23h, 7.5 % of all");
	press("m");
	PANE_SHOWS("statements", "CALLS/s");
	PANE_SHOWS("statement", "0.38 sessions, 8.3 % of all");
	assert_true(str_eq(before, text_at(table()->cursor)));
}

/* Who has chosen no statement is shown the leading one, and `e` explains it; a chosen one is followed. */
static void test_the_leader_is_selected(void **state)
{
	struct str before;

	(void)state;
	open_at("incident", 160, 48);
	before = text_at(0);
	press("s");
	assert_int_equal(table()->cursor, 0);
	assert_false(str_eq(before, text_at(0)));
	press("S");
	press("j");
	before = text_at(1);
	press("s");
	assert_true(str_eq(before, text_at(table()->cursor)));
	/* back on the first row it is the leader again, unless something is done with it */
	press("S");
	press("g");
	before = text_at(0);
	press("s");
	assert_int_equal(table()->cursor, 0);
	press("S");
	press("v");
	press("s");
	assert_true(str_eq(before, text_at(table()->cursor)));
	assert_true(table()->cursor > 0);
}

static void expect_order(const char *keys, const char *word, const char *first)
{
	press(keys);
	if (!word_has(word, ROLE_ACCENT, ROLE__COUNT))
		fail_msg("not ordered by %s", word);
	if (!str_starts(text_at(0), str_c(first)))
		fail_msg("by %s: first is " STR_FMT, word, STR_ARG(text_at(0)));
}

static void test_orders(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	expect_order("s", "calls", "begin");
	expect_order("s", "mean", "refresh materialized view");
	expect_order("ss", "rows", "select sku, qty from stock");
	/* what the rows are ordered by is on the screen, also where it is narrow */
	PANE_SHOWS("statements", "ROWS/s ▾");
	fixture_draw(&f, NULL, 24, 80);
	PANE_SHOWS("statements", "ROWS/s ▾");
	fixture_draw(&f, NULL, 48, 160);
	expect_order("s", "read", "refresh materialized view");
	expect_order("ss", "wal", "insert into order_events");
	expect_order("s", "temp", "refresh materialized view");
}

static void test_filter(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("/>50ms\r");
	SHOWS("3 of 21");
	press("m");
	SHOWS("/ >50ms");
	fixture_key(&f, K_ESC);
	press("/user:etl\r");
	assert_int_equal(table()->n, 1);
}

static void test_selected_statement(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("jjj");
	PANE_SHOWS("statement", "6120987734410027718 · worker · orders");
	/* laid out by its clauses */
	PANE_SHOWS("statement", "│ update orders  ");
	PANE_SHOWS("statement", "│    set status = $1, updated_at = now()");
	PANE_SHOWS("statement", "│  where id = $2");
	PANE_SHOWS("statement", "122/s  7 320 in 60 s");
	PANE_SHOWS("statement", "3.1ms  before 0.99ms");
	PANE_SHOWS("statement", "2m08s");
	PANE_SHOWS("statement", "2 sessions running it, 2 wait for a lock");
	PANE_SHOWS("statement", "leads by time since 13:32:07Z");
	PANE_SHOWS("statement", "WAL 5.02 KiB");
	PANE_SHOWS("trend", "calls/s 122  min 122  max 176");
	PANE_SHOWS("trend", "mean 3.1ms  min 0.90ms");
	/* one without a history says so */
	press("jj");
	PANE_SHOWS("trend", "No history of this statement");
}

static void test_read_this(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	SHOWS("Read this");
	SHOWS("mean is +212 % against its earlier calls: 3.1ms, before 0.99ms; 2 of its sessions wait for a lock now");
	SHOWS("finds only 71 % of its blocks in memory and reads 4.40 MiB/s");
}

static void scroll_to(const char *text)
{
	for (int i = 0; i < 80 && !fixture_shows(&f, text); i++)
		press("j");
	SHOWS(text);
}

static void test_detail(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	press("jjj\r");
	SHOWS("set status = $1, updated_at = now()");
	SHOWS("last 3.1ms");
	scroll_to("standard deviation        6.2ms");
	scroll_to("calls                             122        1.0      432 M        1.0");
	scroll_to("plans                     n/a: pg_stat_statements.track_planning is off");
	scroll_to("shared_blks_hit");
	scroll_to("temp_blks_written");
	scroll_to("wal_bytes                     612 KiB   5.02 KiB   2.02 TiB   5.02 KiB");
	scroll_to("parallel_workers_launched n/a: needs PostgreSQL 18");
	/* narrow: fewer columns, nothing cut */
	f.ui.overlay_scroll = 0;
	fixture_draw(&f, NULL, 12, 40);
	scroll_to("wal_bytes");
}

/* The whole text goes to the clipboard. */
static void test_copy(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	press("y");
	assert_true(str_eq_c(buf_str(&f.ui.copy),
			     "select o.*, i.* from orders o join order_items i using (order_id) where "
			     "o.customer_id = $1 order by o.created_at desc limit $2"));
}

/* l: the log entries of statements with the same words before their first value. */
static void test_log_lines(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("gl");
	SHOWS("9 Logs");
	SHOWS("/ shape:\"select o.*, i.* from orders o join order_items i using");
	(void)fixture_key(&f, K_ESC);
	press("");
	HIDES("/ shape:");
}

static void test_small(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	SHOWS("last 60 s");
	SHOWS("28.7 %");
	SHOWS("update orders set");
	SHOWS("▸   Statement");
	assert_true(table()->visible_rows >= 10);
	fixture_draw(&f, NULL, 12, 40);
	SHOWS("last 60 s  since reset");
	SHOWS("28.7 %");
	SHOWS("6.1ms");
	SHOWS("select o.*");
	assert_true(table()->visible_rows >= 3);
}

static void test_role_without_rights(void **state)
{
	(void)state;
	open_at("plain", 160, 48);
	SHOWS("37 statements of other roles are hidden from plain: needs pg_monitor");
	SHOWS("<insufficient privilege>  37 statements");
	SHOWS("n/a: statements of other roles: needs");
	SHOWS("I/O n/a: track_io_timing is off");
	/* a column that this version does not have */
	SHOWS("n/a");
	press("\r");
	scroll_to("n/a: needs pg_stat_statements 1.8: ALTER EXTENSION pg_stat_statements UPDATE");
}

static void info_says(const char *row)
{
	struct buf b;

	buf_init(&b, 4096);
	(void)buf_addf(&b,
		       "source statements_info at=now-1s\nrow interval_us=60s block_bytes=8192 max_entries=1000 "
		       "watched_since_at=2026-03-17T13:02:00Z %s\n",
		       row);
	fixture_more_text(&f, "info", buf_str(&b));
	buf_release(&b);
	fixture_draw(&f, NULL, 48, 160);
}

static void test_resets_and_evictions_in_words(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	info_says("resets=1 since_reset_us=3m evicted=7");
	SHOWS("• all counters were reset 3m00s ago");
	info_says("resets=1 since_reset_us=2h evicted=120");
	SHOWS("• 120 evicted since 13:02:00Z: more than the 1000 it has room for");
	info_says("problem=\"compute_query_id is off: nothing is counted\"");
	SHOWS("• compute_query_id is off: nothing is counted");
	info_says("");
	SHOWS("running ones are not in here");
}

/* Before the second read there is no interval: totals at once, and why. */
static void test_first_read(void **state)
{
	(void)state;
	open_at("empty", 160, 48);
	SHOWS("Waiting for statements");
	fixture_more_text(&f, "first",
			  STR("source statements at=now\n"
			      "row user_oid=1 database_oid=1 query_id=1 user=app database=d query=\"select 1\" calls=7 "
			      "total_us=700 share_ratio=1 mean_us=100\n"
			      "source statements_info at=now\nrow entries=1 since_reset_us=1h\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("the first interval ends with the next read");
	SHOWS("TOTAL");
	SHOWS("select 1");
	assert_true(word_has("since reset 1h00m", ROLE__COUNT, ROLE_SELBG));
	fixture_more_text(&f, "second",
			  STR("source statements at=now\n"
			      "row user_oid=1 database_oid=1 query_id=1 user=app database=d query=\"select 1\" calls=7 "
			      "calls/s=0 total_us=700 share_ratio=1 mean_us=100\n"
			      "source statements_info at=now\nrow entries=1 since_reset_us=1h interval_us=2s\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("No statement ended in the last minute");
	assert_true(word_has("last 2 s", ROLE__COUNT, ROLE_SELBG));
}

static void test_not_to_be_had(void **state)
{
	(void)state;
	open_at("failed", 80, 24);
	PANE_SHOWS("statements", "does not load pg_stat_statements");
	PANE_SHOWS("statements", "next  in the DB cluster parameter group add pg_stat_statements");
	PANE_SHOWS("statements", "shared_preload_libraries");
	PANE_SHOWS("statements", "reboot the instances");
	PANE_SHOWS("statements", "CREATE EXTENSION pg_stat_statements in database orders");
}

static void test_secrets(void **state)
{
	(void)state;
	open_at("hostile", 160, 48);
	press("G");
	for (int i = 0; i < 8; i++) {
		HIDES("geheim");
		press("\r");
		HIDES("geheim");
		press("\x1b");
		f.ui.overlay = OVERLAY_NONE;
		press("k");
	}
}

/* ---- the text of a statement ---- */

static struct canvas c;

static int lay_out(const char *text, int w, int h)
{
	struct rect r = {0, 0, h, w};

	canvas_init(&c, h, w + 10);
	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	return statement_text_draw(&c, r, 0, ROLE_BG, str_c(text));
}

static void line_is(int y, const char *text)
{
	struct buf b;

	buf_init(&b, 4096);
	for (int x = 0; x < c.cols; x++) {
		char bytes[4];

		if (canvas_at(&c, y, x)->width > 0)
			(void)buf_add(&b, bytes, (size_t)utf8_encode(canvas_at(&c, y, x)->rune, bytes));
	}
	while (b.len > 0 && b.data[b.len - 1] == ' ')
		buf_truncate(&b, b.len - 1);
	assert_string_equal(buf_c(&b), text);
	buf_release(&b);
}

static void test_text_by_clauses(void **state)
{
	(void)state;
	assert_int_equal(lay_out("select a, b from t left join u on u.id = t.id where a = $1 and b in (select x from y "
				 "where z) group by a order by b limit $2 for update",
				 60, 20),
			 7);
	line_is(0, "select a, b");
	line_is(1, "  from t");
	line_is(2, "  left join u on u.id = t.id");
	line_is(3, " where a = $1 and b in (select x from y where z)");
	line_is(4, " group by a");
	line_is(5, " order by b");
	line_is(6, " limit $2 for update");
	canvas_release(&c);
	assert_int_equal(lay_out("delete from t where a = $1 returning b", 60, 9), 3);
	line_is(0, "delete from t");
	line_is(1, " where a = $1");
	line_is(2, "returning b");
	canvas_release(&c);
	assert_int_equal(lay_out("insert into t (a) values ($1) on conflict do nothing", 60, 9), 3);
	line_is(1, "values ($1)");
	line_is(2, "    on conflict do nothing");
	canvas_release(&c);
}

static void test_text_keeps_its_lines(void **state)
{
	(void)state;
	assert_int_equal(lay_out("select a\n\tfrom t\n    where 'x\ny' = $1\n\n", 40, 9), 4);
	line_is(0, "select a");
	line_is(1, "    from t");
	line_is(2, "    where 'x");
	line_is(3, "y' = $1");
	canvas_release(&c);
}

/* Nothing is lost and nothing is wider than it may be, whatever the width. */
static void test_text_wraps(void **state)
{
	static const char text[] =
		"select aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbb, cccc from "
		"dddddddd where (((eeee = 'a long string that does not end";

	(void)state;
	for (int w = 1; w <= 90; w++) {
		int lines = lay_out(text, w, 250), letters = 0, want = 0;

		for (int y = 0; y < c.rows; y++)
			for (int x = 0; x < c.cols; x++) {
				letters += canvas_at(&c, y, x)->rune > ' ';
				if (x >= w)
					assert_int_equal(canvas_at(&c, y, x)->rune, ' ');
			}
		for (const char *p = text; *p; p++)
			want += *p != ' ';
		assert_int_equal(letters, want);
		assert_true(lines <= 250);
		canvas_release(&c);
	}
	assert_int_equal(lay_out("", 40, 5), 0);
	canvas_release(&c);
	assert_int_equal(lay_out(" \n ", 40, 5), 0);
	canvas_release(&c);
}

/* ---- what stands out ---- */

static size_t advise(const char *rows, struct statement_advice *out)
{
	struct buf b;

	fixture_open(&f, "empty", GLYPHS_UTF8);
	buf_init(&b, 4096);
	(void)buf_addf(&b, "source statements at=now\n%s", rows);
	fixture_more_text(&f, "rows", buf_str(&b));
	buf_release(&b);
	return statement_advice(store_good(f.ui.store, "statements"), NULL, 8192, out, STATEMENT_ADVICE_MAX);
}

#define ROW(id, share) "row query_id=" id " query=\"q" id "\" calls/s=10 interval_share_ratio=" share " "

static void advice_is(const char *rows, const char *text)
{
	struct statement_advice out[STATEMENT_ADVICE_MAX];
	size_t n = advise(rows, out);

	if (!text) {
		if (n > 0)
			fail_msg("says %s", out[0].text);
	} else {
		assert_int_equal(n, 1);
		assert_string_equal(out[0].text, text);
	}
	fixture_close(&f);
}

static void test_advice_rules(void **state)
{
	(void)state;
	advice_is(ROW("1", "0.3") "mean_change_ratio=1.5 interval_mean_us=2500\n",
		  "mean is +150 % against its earlier calls: 2.5ms, before 1.0ms");
	advice_is(ROW("1", "0.3") "mean_change_ratio=19 interval_mean_us=2s\n",
		  "mean is 20 times that of its earlier calls: 2.0s, before 100ms");
	advice_is(ROW("1", "0.3") "mean_change_ratio=0.9 interval_mean_us=2500\n", NULL);
	advice_is(ROW("1", "0.1") "temp_blks_written/s=40960\n",
		  "writes 32.0 MiB of temporary files a call: its sort or hash does not fit into work_mem");
	advice_is(ROW("1", "0.1") "temp_blks_written/s=10240\n", NULL);
	advice_is(ROW("1", "0.1") "interval_hit_ratio=0.5 shared_blks_read/s=1280\n",
		  "finds only 50 % of its blocks in memory and reads 10.0 MiB/s");
	advice_is(ROW("1", "0.1") "interval_hit_ratio=0.95 shared_blks_read/s=1280\n", NULL);
	advice_is(ROW("1", "0.1") "interval_hit_ratio=0.5 shared_blks_read/s=12\n", NULL);
	advice_is(ROW("1", "0.1") "jit_us/s=45000 total_us/s=100000\n", "spends 45 % of its time on JIT compilation");
	advice_is(ROW("1", "0.1") "rows/s=2500000\n", "returns or changes 250 k rows a call");
	advice_is(ROW("1", "0.61") "\n", "takes 61 % of the time of all statements");
	advice_is(ROW("1", "0.49") "\n", NULL);
	/* what takes no time to speak of is not worth a line */
	advice_is(ROW("1", "0.02") "mean_change_ratio=9 interval_mean_us=2500\n", NULL);
}

/* One sentence a statement, those that matter more first. */
static void test_advice_order(void **state)
{
	struct statement_advice out[STATEMENT_ADVICE_MAX];
	const struct snapshot *s;
	size_t n;

	(void)state;
	n = advise(ROW("1", "0.1") "mean_change_ratio=2 interval_mean_us=1ms\n" ROW("2", "0.6") "rows/s=9000000\n" ROW(
			   "3", "0.05") "jit_us/s=9 total_us/s=10\n" ROW("4", "0.2") "mean_change_ratio=3 "
										     "interval_mean_us=1ms\n" ROW(
											     "5",
											     "0.03") "rows/s=9000000\n",
		   out);
	s = store_good(f.ui.store, "statements");
	assert_int_equal(n, 4);
	assert_int_equal(data_i64(s, out[0].row, "query_id", 0), 2);
	assert_int_equal(data_i64(s, out[1].row, "query_id", 0), 4);
	assert_int_equal(data_i64(s, out[2].row, "query_id", 0), 1);
	assert_int_equal(data_i64(s, out[3].row, "query_id", 0), 3);
	fixture_close(&f);
}

static void number_is(double v, const char *text)
{
	struct buf b;

	buf_init(&b, 64);
	statements_number(&b, v);
	assert_string_equal(buf_c(&b), text);
	buf_release(&b);
}

static void test_numbers(void **state)
{
	(void)state;
	number_is(0, "0");
	number_is(0.004, "<0.01");
	number_is(0.02, "0.02");
	number_is(0.999, "1.0");
	number_is(9.94, "9.9");
	number_is(41, "41.0");
	number_is(99.96, "100");
	number_is(1912.4, "1 912");
	number_is((double)NAN, "");
}

#define SCREEN(t) cmocka_unit_test_teardown(t, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN(test_last_minute),
		SCREEN(test_since_reset),
		SCREEN(test_the_leader_is_selected),
		SCREEN(test_orders),
		SCREEN(test_filter),
		SCREEN(test_selected_statement),
		SCREEN(test_read_this),
		SCREEN(test_detail),
		SCREEN(test_copy),
		SCREEN(test_log_lines),
		SCREEN(test_small),
		SCREEN(test_role_without_rights),
		SCREEN(test_resets_and_evictions_in_words),
		SCREEN(test_first_read),
		SCREEN(test_not_to_be_had),
		SCREEN(test_secrets),
		cmocka_unit_test(test_text_by_clauses),
		cmocka_unit_test(test_text_keeps_its_lines),
		cmocka_unit_test(test_text_wraps),
		cmocka_unit_test(test_advice_rules),
		cmocka_unit_test(test_advice_order),
		cmocka_unit_test(test_numbers),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	glyph_use(GLYPHS_UTF8);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
