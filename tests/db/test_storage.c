/*
 * test_storage.c: what relations take, how far databases are from wraparound, and what slots retain, on a real server.
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

static struct pg pg;
static PGconn *admin;

static bool value_of(const struct snapshot *s, size_t row, const char *field, union value *ret_value)
{
	int f = rec_find(s->type, str_c(field));

	assert_true(f >= 0);
	return rec_get(&s->type->fields[f], snapshot_row(s, row), ret_value);
}

static int64_t number(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	if (!value_of(s, row, field, &v))
		fail_msg("%s is absent", field);
	return v.i64;
}

static bool text_is(const struct snapshot *s, size_t row, const char *field, const char *text)
{
	union value v;

	return value_of(s, row, field, &v) && str_eq_c(v.str, text);
}

static bool text_has(const struct snapshot *s, size_t row, const char *field, const char *text)
{
	union value v;

	return value_of(s, row, field, &v) && str_find(v.str, str_c(text), 0) >= 0;
}

static const struct snapshot *must_fetch(struct driver *d, enum driver_source which)
{
	const struct snapshot *s = driver_fetch(d, which, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	return s;
}

static long find(const struct snapshot *s, const char *field, const char *text)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (text_is(s, i, field, text))
			return (long)i;
	return -1;
}

static size_t must_find(const struct snapshot *s, const char *field, const char *text)
{
	long row = find(s, field, text);

	if (row < 0)
		fail_msg("no row with %s = %s", field, text);
	return (size_t)row;
}

static void test_sizes_are_those_of_the_files(void **state)
{
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE SCHEMA \"Odd schema\"");
	pg_exec(admin, "CREATE TABLE \"Odd schema\".\"big \"\"one\"\"\" (id int PRIMARY KEY, short text, long text)");
	pg_exec(admin, "ALTER TABLE \"Odd schema\".\"big \"\"one\"\"\" ALTER long SET STORAGE EXTERNAL");
	pg_exec(admin, "INSERT INTO \"Odd schema\".\"big \"\"one\"\"\" SELECT g, 'x', repeat('y', 5000) FROM "
		       "generate_series(1, 500) AS g");
	pg_exec(admin, "ANALYZE \"Odd schema\".\"big \"\"one\"\"\"");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "\"Odd schema\".\"big \"\"one\"\"\"");
	assert_int_equal(number(s, row, "total_bytes"),
			 pg_number(admin, "SELECT pg_total_relation_size('\"Odd schema\".\"big \"\"one\"\"\"')"));
	assert_int_equal(number(s, row, "index_bytes"),
			 pg_number(admin, "SELECT pg_indexes_size('\"Odd schema\".\"big \"\"one\"\"\"')"));
	assert_int_equal(number(s, row, "heap_bytes") + number(s, row, "toast_bytes"),
			 pg_number(admin, "SELECT pg_table_size('\"Odd schema\".\"big \"\"one\"\"\"')"));
	assert_true(number(s, row, "toast_bytes") > 2000000);
	assert_int_equal(number(s, row, "indexes"), 1);
	assert_int_equal(number(s, row, "rows"), 500);
	assert_int_equal(number(s, row, "estimated"), 0);
	assert_true(text_is(s, row, "database", "postgres"));
	assert_true(text_is(s, row, "kind", "table"));
	assert_false(value_of(s, row, "partitions", &v));
	assert_false(value_of(s, row, "vacuumed_at", &v));
	/* the largest stands first, and nothing of the catalogs is among them */
	for (size_t i = 1; i < s->nrows; i++)
		assert_true(number(s, i - 1, "total_bytes") >= number(s, i, "total_bytes"));
	assert_int_equal(find(s, "schema", "pg_catalog"), -1);
	assert_int_equal(number(s, 0, "relations"), (int64_t)s->nrows);
	driver_release(&d);
}

/* A root with a level between: one row, with what all leaves take. */
static void test_partitions_stand_under_their_root(void **state)
{
	const struct snapshot *s;
	struct driver d;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE TABLE events (at int, t text) PARTITION BY RANGE (at)");
	pg_exec(admin, "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (1000)");
	pg_exec(admin, "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (1000) TO (2000) PARTITION BY RANGE "
		       "(at)");
	pg_exec(admin, "CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (1000) TO (1500)");
	pg_exec(admin, "CREATE TABLE events_2b PARTITION OF events_2 FOR VALUES FROM (1500) TO (2000)");
	pg_exec(admin, "INSERT INTO events SELECT g, repeat('x', 100) FROM generate_series(0, 1999) AS g");
	pg_exec(admin, "VACUUM ANALYZE events_1");
	pg_exec(admin, "VACUUM ANALYZE events_2a");
	pg_exec(admin, "VACUUM ANALYZE events_2b");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.events");
	assert_int_equal(number(s, row, "partitions"), 3);
	assert_int_equal(number(s, row, "rows"), 2000);
	assert_int_equal(number(s, row, "total_bytes"),
			 pg_number(admin,
				   "SELECT sum(pg_total_relation_size(c))::int8 FROM unnest('{events_1, events_2a, "
				   "events_2b}'::regclass[]) AS c"));
	assert_true(text_is(s, row, "kind", "partitioned table"));
	assert_true(text_is(s, row, "note", "3 partitions"));
	assert_int_equal(number(s, row, "vacuumed_by_autovacuum"), 0);
	assert_int_equal(find(s, "relation", "public.events_1"), -1);
	assert_int_equal(find(s, "relation", "public.events_2a"), -1);
	driver_release(&d);
}

/* Nine rows of ten are deleted and vacuumed away: the pages stay, and so do those of the index. */
static void test_bloat_is_what_a_rewrite_gives_back(void **state)
{
	const struct snapshot *s;
	long long before, after;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE TABLE swollen (id int PRIMARY KEY, a text, b int)");
	pg_exec(admin, "INSERT INTO swollen SELECT g, repeat('x', 80), g FROM generate_series(1, 200000) AS g");
	pg_exec(admin, "DELETE FROM swollen WHERE id % 10 <> 0");
	pg_exec(admin, "VACUUM ANALYZE swollen");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.swollen");
	/* who may not read the table does not see the statistics of its columns */
	assert_false(value_of(s, row, "bloat_bytes", &v));
	assert_true(str_find(snapshot_unavailable(s, "bloat_bytes"), STR("SELECT"), 0) >= 0);
	pg_exec(admin, "GRANT SELECT ON swollen TO watch");
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.swollen");
	assert_int_equal(snapshot_unavailable(s, "bloat_bytes").len, 0);
	assert_true(value_of(s, row, "bloat_ratio", &v) && v.f64 > 0.7 && v.f64 < 0.95);
	assert_true(text_has(s, row, "note", "VACUUM FULL frees"));
	assert_true(text_is(s, row, "action", "vacuum full"));
	/* the estimate is near to what the rewrite really gives back */
	before = pg_number(admin, "SELECT pg_total_relation_size('swollen')");
	pg_exec(admin, "VACUUM FULL swollen");
	after = pg_number(admin, "SELECT pg_total_relation_size('swollen')");
	assert_true((double)number(s, row, "bloat_bytes") > 0.85 * (double)(before - after));
	assert_true((double)number(s, row, "bloat_bytes") < 1.15 * (double)(before - after));
	pg_exec(admin, "ANALYZE swollen");
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.swollen");
	assert_true(value_of(s, row, "bloat_ratio", &v) && v.f64 < 0.1);
	assert_false(value_of(s, row, "action", &v));
	driver_release(&d);
}

static void test_dead_rows_against_what_autovacuum_allows(void **state)
{
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE TABLE churned (g int) WITH (autovacuum_vacuum_threshold = 100, "
		       "autovacuum_vacuum_scale_factor = 0.1, autovacuum_enabled = off)");
	pg_exec(admin, "INSERT INTO churned SELECT g FROM generate_series(1, 5000) AS g");
	pg_exec(admin, "ANALYZE churned");
	pg_exec(admin, "DELETE FROM churned WHERE g <= 2000");
	pg_wait_for(admin, "SELECT (pg_stat_get_dead_tuples('churned'::regclass) >= 2000)::int "
			   "FROM (SELECT pg_stat_clear_snapshot()) AS fresh");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.churned");
	assert_int_equal(number(s, row, "vacuum_due_rows"), 600);
	assert_int_equal(number(s, row, "autovacuum_enabled"), 0);
	assert_true(number(s, row, "dead_rows") >= 2000);
	assert_true(value_of(s, row, "dead_ratio", &v) && v.f64 > 0.25 && v.f64 < 0.35);
	assert_true(number(s, row, "reusable_bytes") > 0);
	assert_true(number(s, row, "reusable_bytes") < number(s, row, "heap_bytes"));
	assert_true(text_has(s, row, "note", "autovacuum is switched off"));
	driver_release(&d);
}

/* Sizes are not waited for while somebody rewrites the table, or rebuilds one of its indexes. */
static void test_an_exclusive_lock_is_not_waited_for(void **state)
{
	static const char *const locks[] = {"LOCK TABLE held IN ACCESS EXCLUSIVE MODE", "REINDEX INDEX held_pkey"};
	const struct snapshot *s;
	PGconn *holder;
	struct driver d;
	size_t row;

	(void)state;
	pg_exec(admin, "CREATE TABLE held (id int PRIMARY KEY)");
	pg_exec(admin, "INSERT INTO held SELECT generate_series(1, 1000)");
	pg_exec(admin, "VACUUM ANALYZE held");
	driver_init(&d, pg_conninfo(&pg, "watch", "dbname=postgres"));
	for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
		holder = pg_connect(&pg, "postgres", "holder");
		pg_exec(holder, "BEGIN");
		pg_exec(holder, locks[i]);
		s = must_fetch(&d, DRIVE_RELATIONS);
		row = must_find(s, "relation", "public.held");
		assert_int_equal(number(s, row, "estimated"), 1);
		assert_true(number(s, row, "heap_bytes") > 0);
		assert_true(number(s, row, "index_bytes") > 0);
		PQfinish(holder);
		pg_wait_for(admin,
			    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'holder'");
	}
	s = must_fetch(&d, DRIVE_RELATIONS);
	row = must_find(s, "relation", "public.held");
	assert_int_equal(number(s, row, "estimated"), 0);
	driver_release(&d);
}

static void test_wraparound_of_every_database(void **state)
{
	const struct snapshot *s;
	struct driver d;
	union value v;
	size_t row;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "plain", ""));
	s = must_fetch(&d, DRIVE_WRAPAROUND);
	assert_int_equal(s->nrows, (size_t)pg_number(admin, "SELECT count(*) FROM pg_database"));
	row = must_find(s, "name", "template0");
	assert_int_equal(number(s, row, "allows_connections"), 0);
	row = must_find(s, "name", "orders");
	assert_true(number(s, row, "xid_age") >= 0);
	assert_true(number(s, row, "xid_age") <=
		    pg_number(admin, "SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'orders'"));
	assert_int_equal(number(s, row, "freeze_max_age"), 200000000);
	assert_int_equal(number(s, row, "multixact_freeze_max_age"), 400000000);
	assert_true(value_of(s, row, "xid_ratio", &v) && v.f64 >= 0 && v.f64 < 0.01);
	driver_release(&d);
}

/* A receiver that never came: what was written since is kept for it. */
static void test_slots_retain(void **state)
{
	int version = PQserverVersion(admin);
	const struct snapshot *s;
	struct driver d;
	union value v;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(must_fetch(&d, DRIVE_SLOTS)->nrows, 0);
	pg_exec(admin, "SELECT pg_create_physical_replication_slot('left_behind', true)");
	pg_exec(admin, "CREATE TABLE written AS SELECT repeat('x', 1000) AS t FROM generate_series(1, 3000)");
	s = must_fetch(&d, DRIVE_SLOTS);
	assert_int_equal(s->nrows, 1);
	assert_true(text_is(s, 0, "name", "left_behind"));
	assert_true(text_is(s, 0, "kind", "physical"));
	assert_int_equal(number(s, 0, "active"), 0);
	assert_false(value_of(s, 0, "active_pid", &v));
	assert_true(number(s, 0, "retained_bytes") > 2000000);
	assert_int_equal(number(s, 0, "at_least"), 0);
	if (version >= 130000)
		assert_true(text_is(s, 0, "wal_status", "reserved"));
	else
		assert_true(snapshot_unavailable(s, "wal_status").len > 0);
	if (version >= 170000)
		assert_true(number(s, 0, "inactive_us") >= 0);
	else
		assert_true(str_eq_c(snapshot_unavailable(s, "inactive_us"), "needs PostgreSQL 17"));
	pg_exec(admin, "SELECT pg_drop_replication_slot('left_behind')");
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
		cmocka_unit_test(test_sizes_are_those_of_the_files),
		cmocka_unit_test(test_partitions_stand_under_their_root),
		cmocka_unit_test(test_bloat_is_what_a_rewrite_gives_back),
		cmocka_unit_test(test_dead_rows_against_what_autovacuum_allows),
		cmocka_unit_test(test_an_exclusive_lock_is_not_waited_for),
		cmocka_unit_test(test_wraparound_of_every_database),
		cmocka_unit_test(test_slots_retain),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
