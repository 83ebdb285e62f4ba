/*
 * test_maintenance.c: running maintenance and the xmin horizon, on a real server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver.h"
#include "pg_fixture.h"

#include <time.h>

static struct pg pg;
static PGconn *admin;

static bool value_of(const struct snapshot *s, size_t row, const char *field, union value *ret_value)
{
	int f = rec_find(s->type, str_c(field));

	assert_true(f >= 0);
	return rec_get(&s->type->fields[f], snapshot_row(s, row), ret_value);
}

static bool text_is(const struct snapshot *s, size_t row, const char *field, const char *text)
{
	union value v;

	return value_of(s, row, field, &v) && str_eq_c(v.str, text);
}

static long find_pid(const struct snapshot *s, long long pid)
{
	for (size_t i = 0; i < s->nrows; i++) {
		union value v;

		if (value_of(s, i, "pid", &v) && v.i64 == pid)
			return (long)i;
	}
	return -1;
}

static const struct snapshot *must_fetch(struct driver *d, enum driver_source which)
{
	const struct snapshot *s = driver_fetch(d, which, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	return s;
}

/* Fetches until the session reports progress in a phase that has a measure. */
static long wait_for_progress(struct driver *d, long long pid, const struct snapshot **ret)
{
	union value v;

	for (int i = 0; i < 200; i++) {
		const struct snapshot *s = must_fetch(d, DRIVE_PROGRESS);
		long row = find_pid(s, pid);

		if (row >= 0 && value_of(s, (size_t)row, "done_ratio", &v)) {
			*ret = s;
			return row;
		}
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
	fail_msg("no progress of %lld is seen", pid);
	return -1;
}

static void test_a_vacuum_shows_how_far_it_is(void **state)
{
	PGconn *worker = pg_connect(&pg, "postgres", "vacuum");
	long long pid = PQbackendPID(worker);
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE SCHEMA \"Odd schema\"");
	pg_exec(admin, "CREATE TABLE \"Odd schema\".\"big \"\"one\"\"\" AS SELECT g, repeat('x', 500) AS t FROM "
		       "generate_series(1, 20000) AS g");
	pg_exec(worker, "SET vacuum_cost_delay = 20");
	pg_exec(worker, "SET vacuum_cost_limit = 20");
	pg_send(worker, "VACUUM \"Odd schema\".\"big \"\"one\"\"\"");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	row = (size_t)wait_for_progress(&d, pid, &s);
	assert_true(text_is(s, row, "command", "VACUUM"));
	assert_true(text_is(s, row, "relation", "\"Odd schema\".\"big \"\"one\"\"\""));
	assert_true(text_is(s, row, "database", "postgres"));
	assert_true(value_of(s, row, "done_ratio", &v) && v.f64 >= 0 && v.f64 <= 1);
	assert_true(value_of(s, row, "automatic", &v) && v.i64 == 0);
	assert_true(value_of(s, row, "running_us", &v) && v.i64 >= 0);
	/* nothing is made up from one look */
	assert_false(value_of(s, row, "left_us", &v));
	driver_release(&d);
	PQfinish(worker);
	pg_exec(admin, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'vacuum'");
}

/* From another database the table's name cannot be known; its number can. */
static void test_another_database(void **state)
{
	PGconn *worker = pg_connect(&pg, "postgres", "vacuum_elsewhere");
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE TABLE elsewhere AS SELECT g, repeat('x', 500) AS t FROM generate_series(1, 20000) AS g");
	pg_exec(worker, "SET vacuum_cost_delay = 20");
	pg_exec(worker, "SET vacuum_cost_limit = 20");
	pg_send(worker, "VACUUM elsewhere");
	pg_exec(admin, "GRANT CONNECT ON DATABASE orders TO watch");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=orders"));
	row = (size_t)wait_for_progress(&d, PQbackendPID(worker), &s);
	assert_false(value_of(s, row, "relation", &v));
	assert_true(value_of(s, row, "relation_oid", &v) &&
		    v.i64 == pg_number(admin, "SELECT 'elsewhere'::regclass::oid::int8"));
	driver_release(&d);
	PQfinish(worker);
}

static long holder(const struct snapshot *s)
{
	long found = -1;

	for (size_t i = 0; i < s->nrows; i++) {
		union value v;

		assert_true(value_of(s, i, "holds", &v));
		if (!v.i64)
			continue;
		assert_int_equal(found, -1);
		found = (long)i;
	}
	return found;
}

static void burn_transactions(int n)
{
	for (int i = 0; i < n; i++)
		pg_exec(admin,
			PQserverVersion(admin) >= 130000 ? "SELECT pg_current_xact_id()" : "SELECT txid_current()");
}

static void test_the_horizon_names_a_session(void **state)
{
	PGconn *old = pg_connect(&pg, "app_1", "forgotten");
	const struct snapshot *s;
	struct driver d;
	union value v;
	long row;

	(void)state;
	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	pg_exec(old, "SELECT 1");
	burn_transactions(30);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = must_fetch(&d, DRIVE_HORIZON);
	row = holder(s);
	assert_true(row >= 0);
	assert_true(text_is(s, (size_t)row, "kind", "session"));
	assert_true(text_is(s, (size_t)row, "name", "forgotten"));
	assert_true(text_is(s, (size_t)row, "owner", "app_1"));
	assert_true(value_of(s, (size_t)row, "pid", &v) && v.i64 == PQbackendPID(old));
	assert_true(value_of(s, (size_t)row, "xmin_age", &v) && v.i64 >= 30);
	driver_release(&d);
	PQfinish(old);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'forgotten'");
}

/* A prepared transaction has no session; only its name and owner tell. */
static void test_the_horizon_names_a_prepared_transaction(void **state)
{
	PGconn *c = pg_connect(&pg, "app_2", "two_phase");
	const struct snapshot *s;
	struct driver d;
	union value v;
	long row;

	(void)state;
	pg_exec(c, "BEGIN");
	pg_exec(c, PQserverVersion(c) >= 130000 ? "SELECT pg_current_xact_id()" : "SELECT txid_current()");
	pg_exec(c, "PREPARE TRANSACTION 'left behind'");
	PQfinish(c);
	burn_transactions(30);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = must_fetch(&d, DRIVE_HORIZON);
	row = holder(s);
	assert_true(row >= 0);
	assert_true(text_is(s, (size_t)row, "kind", "prepared transaction"));
	assert_true(text_is(s, (size_t)row, "name", "left behind"));
	assert_true(text_is(s, (size_t)row, "owner", "app_2"));
	assert_false(value_of(s, (size_t)row, "pid", &v));
	driver_release(&d);
	pg_exec(admin, "ROLLBACK PREPARED 'left behind'");
}

static void test_tables_tell_dead_rows_and_age_of_statistics(void **state)
{
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row = 0;

	(void)state;
	pg_exec(admin, "CREATE TABLE churned AS SELECT g FROM generate_series(1, 5000) AS g");
	pg_exec(admin, "ANALYZE churned");
	pg_exec(admin, "DELETE FROM churned WHERE g <= 2000");
	/* the deletion reaches the statistics a moment later, before 15 through another process */
	pg_wait_for(admin, "SELECT (pg_stat_get_dead_tuples('churned'::regclass) >= 2000)::int "
			   "FROM (SELECT pg_stat_clear_snapshot()) AS fresh");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	s = must_fetch(&d, DRIVE_TABLES);
	while (row < s->nrows && !text_is(s, row, "relation", "public.churned"))
		row++;
	assert_true(row < s->nrows);
	assert_true(value_of(s, row, "dead_rows", &v) && v.i64 >= 2000);
	assert_true(value_of(s, row, "changed_since_analyze", &v) && v.i64 >= 2000);
	assert_true(value_of(s, row, "analyzed_at", &v));
	assert_false(value_of(s, row, "vacuumed_at", &v));
	assert_true(value_of(s, row, "dead_ratio", &v) && v.f64 > 0.2);
	driver_release(&d);
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "autovacuum = off");
	admin = pg_connect(&pg, "postgres", "admin");
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
		cmocka_unit_test(test_a_vacuum_shows_how_far_it_is),
		cmocka_unit_test(test_another_database),
		cmocka_unit_test(test_the_horizon_names_a_session),
		cmocka_unit_test(test_the_horizon_names_a_prepared_transaction),
		cmocka_unit_test(test_tables_tell_dead_rows_and_age_of_statistics),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
