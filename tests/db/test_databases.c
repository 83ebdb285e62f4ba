/*
 * test_databases.c: the slow lane's sources against a real server.
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

static const void *find_row(const struct snapshot *s, const char *name, size_t *ret_index)
{
	int field = rec_find(s->type, STR("name"));

	assert_true(field >= 0);
	for (size_t i = 0; i < s->nrows; i++) {
		union value v;

		if (rec_get(&s->type->fields[field], snapshot_row(s, i), &v) && str_eq_c(v.str, name)) {
			if (ret_index)
				*ret_index = i;
			return snapshot_row(s, i);
		}
	}
	return NULL;
}

static bool value_of(const struct snapshot *s, const char *row, const char *field, union value *ret_value)
{
	const void *rec = find_row(s, row, NULL);
	int f = rec_find(s->type, str_c(field));

	assert_non_null(rec);
	assert_true(f >= 0);
	return rec_get(&s->type->fields[f], rec, ret_value);
}

/* Fetches until a counter of database postgres is at least min: before 15 the server gathers statistics with a delay.
 */
static const struct snapshot *fetch_until(struct driver *d, const char *field, int64_t min)
{
	for (int i = 0; i < 100; i++) {
		const struct snapshot *s = driver_fetch(d, DRIVE_DATABASES, false, 0);
		union value v;

		assert_int_equal(s->state, SNAP_OK);
		if (find_row(s, "postgres", NULL) && value_of(s, "postgres", field, &v) && v.i64 >= min)
			return s;
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
	fail_msg("%s never reaches %lld", field, (long long)min);
	return NULL;
}

static void test_counters_and_rates(void **state)
{
	const struct snapshot *s;
	union value v, before;
	struct driver d;
	size_t row;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = fetch_until(&d, "xact_commit", 1);
	s = fetch_until(&d, "blks_hit", 1);
	assert_non_null(find_row(s, "orders", NULL));
	assert_null(find_row(s, "rdsadmin", NULL));
	assert_null(find_row(s, "", NULL));
	assert_int_equal(s->nrows,
			 (size_t)pg_number(admin, "SELECT count(*) FROM pg_database WHERE datname <> 'rdsadmin'"));
	assert_true(value_of(s, "postgres", "xact_commit", &before));
	assert_true(before.i64 > 0);
	assert_true(value_of(s, "postgres", "cache_hit_ratio", &v));
	assert_true(v.f64 > 0 && v.f64 <= 1);
	assert_true(value_of(s, "postgres", "backends", &v));
	assert_true(v.i64 >= 1);
	for (int i = 0; i < 50; i++) {
		/* a new session each time reports its statistics when it ends */
		PGconn *c = pg_connect(&pg, "app_1", "worker");

		pg_exec(c, "SELECT count(*) FROM pg_class");
		PQfinish(c);
	}
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'worker'");
	s = fetch_until(&d, "xact_commit", before.i64 + 50);
	assert_non_null(find_row(s, "postgres", &row));
	assert_true(snapshot_rate(s, row, (size_t)rec_find(s->type, STR("xact_commit"))) > 0);
	assert_true(snapshot_rate(s, row, (size_t)rec_find(s->type, STR("deadlocks"))) < 0.001);
	driver_release(&d);
}

/* The ratio is that of the interval, not of all time. */
static void test_hit_ratio_of_the_interval(void **state)
{
	const struct snapshot *s;
	union value hit, read, ratio, v;
	struct driver d;
	bool checked = false;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = fetch_until(&d, "blks_hit", 1);
	for (int i = 0; i < 100 && !checked; i++) {
		PGconn *c = pg_connect(&pg, "app_1", "worker");
		int64_t hits, reads;

		assert_true(value_of(s, "postgres", "blks_hit", &hit) && value_of(s, "postgres", "blks_read", &read));
		hits = hit.i64;
		reads = read.i64;
		pg_exec(c, "SELECT count(*) FROM pg_class");
		PQfinish(c);
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
		s = driver_fetch(&d, DRIVE_DATABASES, false, 0);
		assert_true(value_of(s, "postgres", "blks_hit", &v));
		hits = v.i64 - hits;
		assert_true(value_of(s, "postgres", "blks_read", &v));
		reads = v.i64 - reads;
		assert_true(value_of(s, "postgres", "cache_hit_ratio", &ratio));
		if (hits > 0) {
			double expected = (double)hits / (double)(hits + reads);

			assert_true(ratio.f64 > expected - 1e-9 && ratio.f64 < expected + 1e-9);
			checked = true;
		}
	}
	assert_true(checked);
	driver_release(&d);
}

static void test_sizes(void **state)
{
	const struct snapshot *s;
	union value v;
	struct driver d;

	(void)state;
	pg_exec(admin, "REVOKE CONNECT ON DATABASE orders FROM PUBLIC");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = driver_fetch(&d, DRIVE_SIZES, false, 0);
	assert_int_equal(s->state, SNAP_OK);
	assert_true(value_of(s, "postgres", "size_bytes", &v));
	assert_int_equal(v.i64, pg_number(admin, "SELECT pg_database_size('postgres')"));
	/* pg_monitor sees the size of what it may not connect to */
	assert_true(value_of(s, "orders", "size_bytes", &v));
	assert_int_equal(snapshot_unavailable(s, "size_bytes").len, 0);
	driver_set_conninfo(&d, pg_conninfo(&pg, "plain", ""));
	s = driver_fetch(&d, DRIVE_SIZES, false, 0);
	assert_int_equal(s->state, SNAP_OK);
	assert_true(value_of(s, "postgres", "size_bytes", &v));
	assert_false(value_of(s, "orders", "size_bytes", &v));
	assert_true(str_find(snapshot_unavailable(s, "size_bytes"), STR("CONNECT"), 0) >= 0);
	driver_release(&d);
}

/* A database called rdsadmin belongs to Amazon: never asked for its size. */
static void test_rdsadmin_is_left_alone(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	pg_exec(admin, "CREATE DATABASE rdsadmin");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = driver_fetch(&d, DRIVE_SIZES, false, 0);
	assert_null(find_row(s, "rdsadmin", NULL));
	s = driver_fetch(&d, DRIVE_DATABASES, false, 0);
	assert_null(find_row(s, "rdsadmin", NULL));
	driver_release(&d);
	pg_exec(admin, "DROP DATABASE rdsadmin");
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "");
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
		cmocka_unit_test(test_counters_and_rates),
		cmocka_unit_test(test_hit_ratio_of_the_interval),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_rdsadmin_is_left_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
