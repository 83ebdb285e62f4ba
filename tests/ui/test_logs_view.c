/*
 * test_logs_view.c: what the Logs view must say, that it follows the log's end until somebody looks
 * elsewhere, and that one gets from a line to its session and from a statement to its lines.
 */
#include "tests/ui/fixture.h"
#include "ui/panes/logs_merge.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>

static struct fixture f;
static int rows_, cols_;

static void show(const char *view)
{
	fixture_draw(&f, view, rows_, cols_);
}

static void open_at(const char *name, int cols, int rows)
{
	rows_ = rows;
	cols_ = cols;
	fixture_open(&f, name, GLYPHS_UTF8);
	show("logs");
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

static void press_key(uint32_t key)
{
	(void)fixture_key(&f, key);
	show(NULL);
}

#define PANE_HIDES(pane, text) assert_false(fixture_shows_in(&f, fixture_pane(&f, (pane))->frame, (text)))

static struct table *table(void)
{
	return &fixture_pane(&f, "logs")->table;
}

static struct str selected(const char *field)
{
	long row = table_selected_row(table());

	return row < 0 ? STR("") : data_str(table()->snap, (size_t)row, field);
}

#define SELECTED(field, want)                                                                  \
	do {                                                                                   \
		struct str got_ = selected(field);                                             \
		if (!str_eq_c(got_, (want)))                                                   \
			fail_msg("%s is " STR_FMT ", not %s", (field), STR_ARG(got_), (want)); \
	} while (0)

/* The log with n lines, one a second. */
static void log_has(int n)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	(void)buf_add_c(&b, "source logs at=now\n");
	for (int i = 0; i < n; i++)
		(void)buf_addf(&b,
			       "row event_id=n%03d at=now-%ds kind=error severity=ERROR pid=%d node=orders-1 "
			       "message=\"fault number %d\"\n",
			       i, n - i, 100 + i, i);
	fixture_more_text(&f, "more of the log", buf_str(&b));
	buf_release(&b);
	show(NULL);
}

static void test_incident(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("logs", "slow 5 · errors 3 · locks 2 · maintenance 4 · events 2 · following · since 13:04:07");
	/* what, how long, who and which statement */
	PANE_SHOWS("logs", "13:41:57  slow        2m08s   4866  orders_app  orders  orders-1");
	PANE_SHOWS("logs", "update orders set status = 'shipped', updated_at = now() where id = 99120");
	PANE_SHOWS("logs", "!  13:20:07  error");
	PANE_SHOWS("logs", "duplicate key value violates unique constraint \"stock_pkey\"  insert into stock");
	PANE_SHOWS("logs", "✗  13:31:07  deadlock");
	PANE_SHOWS("logs", "waits for ShareLock on transaction 88120417 held by 4711");
	PANE_SHOWS("logs", "1.20 GiB temporary file  refresh materialized view");
	PANE_SHOWS("logs", "orders.public.order_events: index scans: 1");
	PANE_SHOWS("logs", "checkpoint complete: wrote 3301 buffers");
	/* RDS's own between them, with their mark */
	PANE_SHOWS("logs", "◆  13:32:07  event");
	PANE_SHOWS("logs", "DB instance restarted");
	/* the newest is last and selected, and stands below in full */
	SELECTED("event_id", "e15");
	PANE_SHOWS("log_entry", "slow 12s");
	PANE_SHOWS("log_entry", "5012 reporting on orders from 10.0.7.21");
	PANE_SHOWS("log_entry", "created_at > '2026-01-01'");
	PANE_SHOWS("slow_log", "3    8.9s     12s select status, count(*) from orders");
	/* calm: what was wrong a quarter of an hour ago is no alarm on the tab */
	SHOWS("9 Logs  slow");
	SHOWS("9 Logs  0 Posture");
}

static void test_small(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	PANE_SHOWS("logs", "5012 select status, count(*) from orders");
	SHOWS("▸   Slow statements  3 by time in the log");
	rows_ = 12;
	cols_ = 40;
	show(NULL);
	PANE_SHOWS("logs", "slow   12s select status");
	assert_true(table()->visible_rows >= 3);
}

/* On the last row the view follows the log; up stops it, G takes it up again. */
static void test_follows(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	log_has(5);
	SELECTED("event_id", "n004");
	log_has(100);
	SELECTED("event_id", "n099");
	PANE_SHOWS("logs", "fault number 99");
	PANE_SHOWS("logs", "following");
	press_key(K_UP);
	SELECTED("event_id", "n098");
	PANE_SHOWS("logs", "1 below, G follows");
	log_has(120);
	SELECTED("event_id", "n098");
	PANE_SHOWS("logs", "21 below, G follows");
	PANE_HIDES("logs", "following");
	press("G");
	SELECTED("event_id", "n119");
	log_has(130);
	SELECTED("event_id", "n129");
	PANE_SHOWS("logs", "following");
	/* sorted by something else there is no end to follow */
	press("s");
	log_has(131);
	PANE_HIDES("logs", "following");
	PANE_HIDES("logs", "G follows");
}

/* The selected line has left the ring: the oldest of what is left stands in its place, and nothing follows. */
static void test_ring_moves_on(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("g");
	SELECTED("event_id", "e01");
	log_has(50);
	PANE_SHOWS("logs", "G follows");
}

static void test_modes(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("m");
	PANE_SHOWS("logs", "only slow");
	assert_int_equal(table()->n, 5);
	PANE_HIDES("logs", "duplicate key");
	press("m");
	PANE_SHOWS("logs", "only errors");
	assert_int_equal(table()->n, 3);
	PANE_SHOWS("logs", "deadlock detected");
	PANE_SHOWS("logs", "canceling statement due to statement timeout");
	press("m");
	PANE_SHOWS("logs", "only locks");
	assert_int_equal(table()->n, 2);
	PANE_SHOWS("logs", "deadlock detected");
	press("m");
	PANE_SHOWS("logs", "only maintenance");
	assert_int_equal(table()->n, 4);
	press("m");
	PANE_SHOWS("logs", "only events");
	assert_int_equal(table()->n, 2);
	PANE_SHOWS("logs", "DB instance restarted");
	/* counts are of the whole log, whatever is shown */
	PANE_SHOWS("logs", "slow 5 · errors 3");
	press("m");
	assert_int_equal(table()->n, 17);
}

static void test_filter(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("/stock_pkey");
	press_key(K_ENTER);
	PANE_SHOWS("logs", "1 of 17");
	SELECTED("event_id", "e06");
	press_key(K_ESC);
	assert_int_equal(table()->n, 17);
	/* a number alone is about the duration */
	press("/>10s");
	press_key(K_ENTER);
	assert_int_equal(table()->n, 3);
	press_key(K_ESC);
	press("/user:etl kind:temp");
	press_key(K_ENTER);
	SELECTED("event_id", "e07");
}

/* d: slow statements by shape; Enter: the entries of one; Esc: back, twice. */
static void test_statements(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("d");
	PANE_SHOWS("logs", "3 slow statements by shape, 5 entries");
	assert_int_equal(table()->n, 3);
	SELECTED("shape", "update orders set status = ?, updated_at = now() where id = ?");
	press_key(K_DOWN);
	SELECTED("shape", "select status, count(*) from orders where created_at > ? group by status");
	PANE_SHOWS("logs", "3    26s   8.9s    12s   13:44:58");
	PANE_SHOWS("log_entry", "3 times slow, mean 8.9s, longest 12s, together 26s");
	press_key(K_ENTER);
	PANE_SHOWS("logs", "one statement, Esc all");
	assert_int_equal(table()->n, 3);
	PANE_SHOWS("logs", "created_at > '2026-01-01'");
	PANE_SHOWS("logs", "created_at > '2026-03-01'");
	PANE_HIDES("logs", "event");
	press_key(K_ESC);
	PANE_SHOWS("logs", "slow statements by shape");
	press_key(K_ESC);
	assert_int_equal(table()->n, 17);
	SELECTED("event_id", "e15");
}

static void test_detail(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("/deadlock");
	press_key(K_ENTER);
	press_key(K_ENTER);
	SHOWS("Process 4733 waits for ShareLock on transaction 88120411; blocked by process 4705.");
	SHOWS("Process 4705 waits for ShareLock on transaction 88120412; blocked by process 4733.");
	SHOWS("See server log for query details.");
	SHOWS("while updating tuple (81,110)");
	SHOWS("40P01");
	press_key(K_ESC);
	PANE_SHOWS("log_entry", "sessions waited for each other in a circle");
}

/* i: the session that wrote the line, if it is still the same one. */
static void test_session(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	SHOWS("i its session");
	press("i");
	assert_non_null(fixture_pane(&f, "activity"));
	PANE_SHOWS("session", "5012");
	/* not among those at work: looked for among all, and said so where it would be */
	show("logs");
	log_has(3);
	press("i");
	PANE_SHOWS("activity", "pid:=102");
	/* no process stands behind an event */
	show("logs");
	fixture_more_text(&f, "an event", STR("source logs at=now\n"));
	show(NULL);
	SELECTED("kind", "event");
	press("i");
	SHOWS("no session stands behind this row");
}

/* Grouped sessions have no pid: the jump leaves the groups. */
static void test_session_of_groups(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	show("activity");
	press("d");
	PANE_SHOWS("activity", "by application");
	show("logs");
	press("i");
	PANE_SHOWS("session", "5012");
}

/* From a slow statement to what it has cost altogether. */
static void test_to_the_statement(void **state)
{
	const struct table *t;
	struct str query;

	(void)state;
	open_at("incident", 160, 48);
	press("d");
	SELECTED("shape", "update orders set status = ?, updated_at = now() where id = ?");
	press("i");
	t = &fixture_pane(&f, "statements")->table;
	query = data_str(t->snap, (size_t)table_selected_row(t), "query");
	if (!str_eq(query, STR("update orders set status = $1, updated_at = now() where id = $2")))
		fail_msg("selected is " STR_FMT, STR_ARG(query));
	/* one that is not counted stays where it is, and says so */
	show("logs");
	press_key(K_DOWN);
	press("i");
	assert_non_null(fixture_pane(&f, "logs"));
	SHOWS("pg_stat_statements has no such statement");
}

/* Nobody has looked at the statements yet: they are asked for, and its beginning filters them. */
static void test_to_a_statement_not_read_yet(void **state)
{
	(void)state;
	open_at("alone", 160, 48);
	fixture_more(&f, "alone-log");
	show(NULL);
	press("d");
	press("i");
	assert_non_null(fixture_pane(&f, "statements"));
	PANE_SHOWS("statements", "query:\"select pg_sleep(\"");
}

/* Another process has the number now. */
static void test_number_was_given_again(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	fixture_more_text(&f, "a new session",
			  STR("source node_sessions at=now\nrow pid=5012 state=running "
			      "backend_start_at=now-1s user=somebody\n"));
	show(NULL);
	press("i");
	SHOWS("that session has ended; 5012 is another one now");
	assert_non_null(fixture_pane(&f, "logs"));
}

static void test_alone(void **state)
{
	(void)state;
	open_at("alone", 80, 24);
	PANE_SHOWS("logs", "The role watch may not read the server's log file");
	PANE_SHOWS("logs", "GRANT EXECUTE ON FUNCTION pg_read_binary_file");
	HIDES("IAM");
	fixture_more(&f, "alone-log");
	rows_ = 48;
	cols_ = 160;
	show(NULL);
	PANE_SHOWS("logs", "slow 1 · errors 1");
	/* this log has what Aurora's has not */
	PANE_SHOWS("logs", "APP");
	PANE_SHOWS("logs", "webshop");
	PANE_SHOWS("logs", "division by zero  select 1 / 0");
}

static void test_without_a_log(void **state)
{
	(void)state;
	open_at("failed", 80, 24);
	PANE_SHOWS("logs", "Not allowed: logs:FilterLogEvents");
	PANE_SHOWS("logs", "Allow the action logs:FilterLogEvents in the IAM policy");
	/* what RDS tells is there all the same */
	fixture_more_text(&f, "events",
			  STR("source events at=now-1s\nrow at=now-1m identifier=orders-1 "
			      "message=\"Multi-AZ instance failover started\" categories=failover\n"));
	show(NULL);
	PANE_SHOWS("logs", "Not allowed: logs:FilterLogEvents");
	PANE_SHOWS("logs", "Multi-AZ instance failover started");
	PANE_SHOWS("logs", "events 1");
}

/* F: the files, where the export is off; once for each time it is pressed. */
static void test_log_files(void **state)
{
	(void)state;
	open_at("failed", 160, 48);
	SHOWS("F log files");
	PANE_SHOWS("logs", "or   F reads the last lines of each instance's log file now");
	press("F");
	PANE_SHOWS("logs", "reading the log files");
	fixture_more_text(
		&f, "a refusal",
		STR("source log_files at=now\nunavailable Not allowed: rds:DownloadDBLogFilePortion | Allow it.\n"));
	show(NULL);
	PANE_SHOWS("logs", "Not allowed: rds:DownloadDBLogFilePortion");
	PANE_SHOWS("logs", "next Allow it.");
	press("F");
	fixture_more_text(&f, "the files",
			  STR("source log_files at=now\nrow event_id=a at=now-5m kind=error severity=ERROR "
			      "message=\"division by zero\" node=orders-2\n"));
	show(NULL);
	PANE_SHOWS("logs", "below: the last lines of the log files, as of 13:45:07");
	PANE_SHOWS("logs", "division by zero");
	PANE_SHOWS("logs", "errors 1");
	/* with the log in CloudWatch Logs nobody needs them */
	log_has(3);
	HIDES("F log files");
	PANE_HIDES("logs", "division by zero");
}

/* A deadlock of now marks the tab; a quarter of an hour later it is history. */
static void test_tab(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	fixture_more_text(&f, "a deadlock",
			  STR("source logs at=now\nrow event_id=d1 at=now-1m kind=deadlock severity=ERROR "
			      "message=\"deadlock detected\"\n"));
	show(NULL);
	SHOWS("9 Logs !");
	PANE_SHOWS("logs", "errors 1 !");
	fixture_wait(&f, 15 * US_PER_MIN);
	fixture_more_text(&f, "the same later",
			  STR("source logs at=now\nrow event_id=d1 at=now-16m kind=deadlock severity=ERROR "
			      "message=\"deadlock detected\"\n"));
	show(NULL);
	HIDES("9 Logs !");
}

static void test_type(void **state)
{
	struct err err;

	(void)state;
	if (!rec_check(&logs_group_type, &err))
		fail_msg("%s", err.text);
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_incident),
		TEST(test_small),
		TEST(test_follows),
		TEST(test_ring_moves_on),
		TEST(test_modes),
		TEST(test_filter),
		TEST(test_statements),
		TEST(test_detail),
		TEST(test_session),
		TEST(test_session_of_groups),
		TEST(test_to_the_statement),
		TEST(test_to_a_statement_not_read_yet),
		TEST(test_number_was_given_again),
		TEST(test_alone),
		TEST(test_without_a_log),
		TEST(test_log_files),
		TEST(test_tab),
		cmocka_unit_test(test_type),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
