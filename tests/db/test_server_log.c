/*
 * test_server_log.c: a server's own log read through SQL: formats, rotation, rights, and no error of ours in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "codec/log_entry.h"
#include "driver.h"
#include "pg_fixture.h"

#include <signal.h>
#include <time.h>

static struct pg pg;
static PGconn *admin;

#define LOGGING                                                                                                 \
	"logging_collector = on\nlog_directory = 'log'\nlog_filename = 'pg-%H%M%S.log'\nlog_rotation_age = 0\n" \
	"log_line_prefix = '%m:%r:%u@%d:[%p]:%a|'\nlog_min_duration_statement = 200\nlog_statement = none\n"    \
	"log_timezone = 'Asia/Kathmandu'\nlog_min_messages = warning\nlog_connections = off\n"

static const struct snapshot *fetch(struct driver *d)
{
	return driver_fetch(d, DRIVE_SERVER_LOG, false, 0);
}

static const struct log_entry *find(const struct snapshot *s, const char *kind, const char *statement)
{
	for (size_t i = s->nrows; i-- > 0;) {
		const struct log_entry *e = snapshot_row(s, i);

		if (str_eq_c(e->kind, kind) && str_find(e->statement, str_c(statement), 0) >= 0)
			return e;
	}
	return NULL;
}

static size_t count(const struct snapshot *s, const char *kind, const char *statement)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		const struct log_entry *e = snapshot_row(s, i);

		n += str_eq_c(e->kind, kind) && str_find(e->statement, str_c(statement), 0) >= 0;
	}
	return n;
}

/* Fetches until there is such an entry: the collector writes in its own time. */
static const struct log_entry *wait_for(struct driver *d, const char *kind, const char *statement)
{
	for (int i = 0; i < 200; i++) {
		const struct snapshot *s = fetch(d);
		const struct log_entry *e;

		if (s->state != SNAP_OK)
			fail_msg("%s", s->err.text);
		e = find(s, kind, statement);
		if (e)
			return e;
		nanosleep(&(struct timespec){0, 25 * 1000 * 1000}, NULL);
	}
	fail_msg("no %s entry with %s", kind, statement);
	return NULL;
}

static void fails(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);

	assert_int_equal(PQresultStatus(r), PGRES_FATAL_ERROR);
	PQclear(r);
}

/* The whole log of the server, all files. */
static bool log_has(const char *text)
{
	char sql[1024];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM pg_ls_logdir() l WHERE position('%s' in "
		 "encode(pg_read_binary_file('log/' || l.name), 'escape')) > 0",
		 text);
	return pg_number(admin, sql) > 0;
}

static void set(const char *name, const char *value)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "ALTER SYSTEM SET %s = '%s'", name, value);
	pg_exec(admin, sql);
	pg_exec(admin, "SELECT pg_reload_conf()");
}

/* Until what this session's process logs arrives: a change of the log's format reaches each process in its own time. */
static void settle(PGconn *c, struct driver *d)
{
	for (int i = 0; i < 100; i++) {
		fails(c, "SELECT is_it_this_format");
		if (find(fetch(d), "error", "is_it_this_format"))
			return;
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
	fail_msg("nothing of the session arrives");
}

static void one_format(const char *destination)
{
	PGconn *c = pg_connect(&pg, "app_1", "webshop");
	const struct log_entry *e;
	char marked[128], mark[64];
	struct driver d;
	int64_t now;

	set("log_destination", destination);
	pg_exec(admin, "SELECT pg_rotate_logfile()");
	snprintf(mark, sizeof(mark), "marker_%s", destination);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	/* the setting arrives when it arrives; the entry must come in this format */
	snprintf(marked, sizeof(marked), "SELECT pg_sleep(0.25) AS %s", mark);
	for (int i = 0; i < 3; i++)
		pg_exec(c, marked);
	e = wait_for(&d, "slow", mark);
	now = clock_wall_us();
	assert_true(e->duration_us >= 250000 && e->duration_us < 60 * US_PER_S);
	assert_true(str_eq(e->user, STR("app_1")));
	assert_true(str_eq(e->application, STR("webshop")));
	assert_int_equal(e->pid, PQbackendPID(c));
	/* the server's log is in another time zone */
	assert_true(e->at > now - 300 * US_PER_S && e->at < now + 300 * US_PER_S);
	fails(c, "SELECT 1 / 0 AS with_a_plain_error");
	e = wait_for(&d, "error", "with_a_plain_error");
	assert_true(str_eq(e->message, STR("division by zero")));
	driver_release(&d);
	PQfinish(c);
}

static void test_formats(void **state)
{
	(void)state;
	one_format("stderr");
	one_format("csvlog");
	if (PQserverVersion(admin) >= 150000)
		one_format("jsonlog");
	set("log_destination", "stderr");
}

/* Only new bytes are asked for, and what was read stays. */
static void test_increments(void **state)
{
	PGconn *c = pg_connect(&pg, "app_2", "app");
	struct driver d;
	size_t before;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	settle(c, &d);
	fails(c, "SELECT first_of_two");
	wait_for(&d, "error", "first_of_two");
	before = fetch(&d)->nrows;
	fails(c, "SELECT second_of_two");
	wait_for(&d, "error", "second_of_two");
	assert_true(d.last[DRIVE_SERVER_LOG]->nrows > before);
	assert_int_equal(count(d.last[DRIVE_SERVER_LOG], "error", "first_of_two"), 1);
	assert_int_equal(count(fetch(&d), "error", "second_of_two"), 1);
	driver_release(&d);
	PQfinish(c);
}

static bool says(const struct snapshot *s, const char *message)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (str_eq_c(((const struct log_entry *)snapshot_row(s, i))->message, message))
			return true;
	return false;
}

/* The server is in the middle of a line: nothing of it is shown before it is whole. */
static void test_half_a_line(void **state)
{
	static const char append[] =
		"COPY (SELECT) TO PROGRAM 'cd log && cat > /dev/null && printf \"%s\" >> $(ls -t | head -n 1)'";
	char sql[256];
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	snprintf(sql, sizeof(sql), append, "2026-01-02 03:04:05.678 UTC:[local]:app@db:[99999]:x|LOG:  half a");
	pg_exec(admin, sql);
	assert_false(says(fetch(&d), "half a"));
	snprintf(sql, sizeof(sql), append, " line\\n");
	pg_exec(admin, sql);
	assert_true(says(fetch(&d), "half a line"));
	driver_release(&d);
}

static void test_rotation(void **state)
{
	PGconn *c = pg_connect(&pg, "app_2", "app");
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fails(c, "SELECT before_the_turn");
	wait_for(&d, "error", "before_the_turn");
	fails(c, "SELECT at_the_turn");
	nanosleep(&(struct timespec){1, 100 * 1000 * 1000}, NULL); /* the name has seconds */
	pg_exec(admin, "SELECT pg_rotate_logfile()");
	nanosleep(&(struct timespec){0, 300 * 1000 * 1000}, NULL);
	fails(c, "SELECT after_the_turn");
	wait_for(&d, "error", "after_the_turn");
	assert_non_null(find(d.last[DRIVE_SERVER_LOG], "error", "at_the_turn"));
	assert_non_null(find(d.last[DRIVE_SERVER_LOG], "error", "before_the_turn"));
	driver_release(&d);
	PQfinish(c);
}

static void expect_refusal(struct driver *d, const char *words, const char *remedy)
{
	const struct snapshot *s = fetch(d);

	assert_int_equal(s->state, SNAP_UNAVAILABLE);
	if (!strstr(s->err.text, words) || !strstr(s->err.remedy, remedy))
		fail_msg("%s | %s", s->err.text, s->err.remedy);
}

/* The words name the step that is missing; when it is done the log appears, on the same connection. */
static void test_rights(void **state)
{
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "plain", ""));
	expect_refusal(&d, "plain may not see where", "GRANT pg_monitor TO plain");
	pg_exec(admin, "GRANT pg_monitor TO plain");
	expect_refusal(&d, "plain may not read",
		       "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean)");
	pg_exec(admin, "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO plain");
	assert_int_equal(fetch(&d)->state, SNAP_OK);
	assert_true(d.last[DRIVE_SERVER_LOG]->nrows > 0);
	pg_exec(admin, "REVOKE EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) FROM plain");
	pg_exec(admin, "REVOKE pg_monitor FROM plain");
	driver_release(&d);
	/* none of this was an error on the server */
	assert_false(log_has("permission denied"));
}

/* Bytes that are no text in any encoding, and lines without end. */
static void test_hostile_log(void **state)
{
	PGconn *c = pg_connect(&pg, "app_3", "app");
	struct driver d;

	(void)state;
	pg_exec(c, "SET client_encoding = 'SQL_ASCII'");
	fails(c, "SELECT '\xff\xfe' AS broken_bytes FROM nowhere_at_all");
	fails(c, "DO $$ BEGIN RAISE EXCEPTION '%', repeat('long ', 100000) || chr(8238); END $$ /* very_long */");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	wait_for(&d, "error", "very_long");
	for (size_t i = 0; i < d.last[DRIVE_SERVER_LOG]->nrows; i++) {
		const struct log_entry *e = snapshot_row(d.last[DRIVE_SERVER_LOG], i);

		assert_true(e->message.len <= LOG_TEXT_MAX);
	}
	driver_release(&d);
	PQfinish(c);
}

static void test_aws_is_for_aws(void **state)
{
	struct target *t = target_new();
	struct err why;

	(void)state;
	t->aws = true;
	assert_int_equal(source_server_log.ready(t, (const struct snapshot *const[]){NULL, NULL}, &why),
			 READY_UNAVAILABLE);
	assert_non_null(strstr(why.text, "CloudWatch Logs"));
	target_unref(t);
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, LOGGING);
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO watch");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights),         cmocka_unit_test(test_formats),
		cmocka_unit_test(test_increments),     cmocka_unit_test(test_half_a_line),
		cmocka_unit_test(test_rotation),       cmocka_unit_test(test_hostile_log),
		cmocka_unit_test(test_aws_is_for_aws),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
