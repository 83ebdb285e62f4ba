/*
 * test_statements.c: pg_stat_statements on a real server: loaded and not, created and not, old,
 * moved, reset, full, and seen by roles with and without rights. Whatever it meets, the server's
 * log has no error of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "db/statements.h"
#include "driver.h"
#include "fake_pooler.h"

#include <math.h>
#include <time.h>

/* A name that only a quoted identifier stands for. */
#define SCHEMA "\"Stat\"\"s; --\""
#define SCHEMA_RAW "Stat\"s; --"

static struct pg pg;
static PGconn *admin;
static int major;

static void create_extension(const char *version)
{
	char sql[160];

	pg_exec(admin, "DROP EXTENSION IF EXISTS pg_stat_statements");
	snprintf(sql, sizeof(sql), "CREATE EXTENSION pg_stat_statements SCHEMA " SCHEMA "%s%s",
		 version[0] ? " VERSION " : "", version);
	pg_exec(admin, sql);
}

static const struct snapshot *fetch(struct driver *d)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_STATEMENTS, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	return s;
}

/* A statement read twice, so that it has an interval. */
static void open_driver(struct driver *d, const char *role)
{
	driver_init(d, pg_conninfo(&pg, role, ""));
	fetch(d);
}

static const struct statement *find(const struct snapshot *s, const char *text, size_t *ret_row)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct statement *row = snapshot_row(s, i);

		if (HAS(row, struct statement, query) && str_find(row->query, str_c(text), 0) >= 0) {
			if (ret_row)
				*ret_row = i;
			return row;
		}
	}
	return NULL;
}

static double rate(const struct snapshot *s, size_t row, const char *field)
{
	int f = rec_find(s->type, str_c(field));

	assert_true(f >= 0);
	return snapshot_rate(s, row, (size_t)f);
}

static const struct statements_info *info(const struct driver *d)
{
	const struct snapshot *s = d->last[DRIVE_STATEMENTS_INFO];

	assert_non_null(s);
	assert_int_equal(s->state, SNAP_OK);
	assert_int_equal(s->nrows, 1);
	return snapshot_row(s, 0);
}

/* Calls in the window, from the rate. */
static long calls_in_window(const struct driver *d, const struct snapshot *s, size_t row)
{
	return lround(rate(s, row, "calls") * (double)info(d)->interval_us / 1e6);
}

static void run(PGconn *c, const char *sql, int times)
{
	for (int i = 0; i < times; i++)
		pg_exec(c, sql);
}

static void refused(const char *role, const char *words, const char *remedy)
{
	const struct snapshot *s;
	struct driver d;

	driver_init(&d, pg_conninfo(&pg, role, ""));
	s = driver_fetch(&d, DRIVE_STATEMENTS, false, 0);
	assert_int_equal(s->state, SNAP_UNAVAILABLE);
	if (!strstr(s->err.text, words) || !strstr(s->err.remedy, remedy))
		fail_msg("says \"%s\", \"%s\"", s->err.text, s->err.remedy);
	assert_int_equal(d.last[DRIVE_STATEMENTS_INFO]->state, SNAP_UNAVAILABLE);
	driver_release(&d);
}

/* No trace of ours but reading statements. */
static void check_log(void)
{
	char *log = pg_log(&pg), *rest = log, *line;

	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, "auroratop ", 10) == 0 && !strstr(line, "LOG:  ") && !strstr(line, "DETAIL:  "))
			fail_msg("in the server's log: %s", line);
	free(log);
	assert_true(pg_log_count(&pg, "auroratop ", "SELECT") > 0);
}

/* ---- with the library ---- */

static void test_counts_and_deltas(void **state)
{
	PGconn *app = pg_connect(&pg, "app_1", "shop");
	const struct statement *row;
	const struct snapshot *s;
	struct driver d;
	size_t at;

	(void)state;
	create_extension("");
	run(app, "SELECT count(*) AS deltas FROM generate_series(1, 400)", 7);
	open_driver(&d, "watch");
	s = d.last[DRIVE_STATEMENTS];
	row = find(s, "AS deltas", NULL);
	assert_non_null(row);
	assert_int_equal(row->calls, 7);
	assert_int_equal(row->rows, 7);
	assert_true(str_eq_c(row->user, "app_1"));
	assert_true(str_eq_c(row->database, "postgres"));
	assert_true(str_eq_c(row->query, "SELECT count(*) AS deltas FROM generate_series($1, $2)"));
	assert_int_equal(row->query_bytes, row->query.len);
	assert_true(row->total_us >= row->max_us && row->max_us >= row->mean_us && row->mean_us >= row->min_us);
	assert_true(row->share_ratio > 0 && row->share_ratio <= 1);
	assert_false(HAS(row, struct statement, interval_mean_us));
	assert_false(HAS(row, struct statement, first_seen_at));
	assert_null(s->rates);
	run(app, "SELECT count(*) AS deltas FROM generate_series(1, 400)", 5);
	run(app, "SELECT abs(1) * 2 AS brand_new", 2);
	s = fetch(&d);
	row = find(s, "AS deltas", &at);
	assert_int_equal(row->calls, 12);
	assert_int_equal(calls_in_window(&d, s, at), 5);
	assert_true(HAS(row, struct statement, interval_mean_us) && HAS(row, struct statement, mean_change_ratio));
	assert_true(row->interval_sessions > 0 && row->interval_share_ratio > 0 && row->interval_share_ratio <= 1);
	/* what is new since the last look has all its calls in this interval, and its text at once */
	row = find(s, "AS brand_new", &at);
	assert_non_null(row);
	assert_int_equal(calls_in_window(&d, s, at), 2);
	assert_true(HAS(row, struct statement, first_seen_at));
	assert_false(HAS(row, struct statement, mean_change_ratio));
	/* the most time first, and who leads says since when */
	row = snapshot_row(s, 0);
	assert_true(HAS(row, struct statement, top_since_at));
	assert_true(info(&d)->calls_per_s > 0 && info(&d)->sessions > 0 && info(&d)->ran >= 2);
	assert_true(str_eq_c(info(&d)->schema, SCHEMA_RAW));
	assert_true(s->series.n > 0);
	PQfinish(app);
	driver_release(&d);
}

static void test_columns_of_this_version(void **state)
{
	static const struct {
		const char *field;
		int major;
	} since[] = {{"wal_bytes", 13},      {"toplevel", 14},         {"jit_us", 15},
		     {"stats_since_at", 17}, {"wal_buffers_full", 18}, {"shared_blks_hit", 11}};
	const struct snapshot *s;
	struct driver d;

	(void)state;
	create_extension("");
	open_driver(&d, "watch");
	s = fetch(&d);
	for (size_t i = 0; i < ARRAY_LEN(since); i++) {
		const struct field *f = &s->type->fields[rec_find(s->type, str_c(since[i].field))];
		struct str why = snapshot_unavailable(s, since[i].field);
		union value v;

		assert_int_equal(rec_get(f, snapshot_row(s, 0), &v), major >= since[i].major);
		assert_int_equal(why.len == 0, major >= since[i].major);
		assert_true(why.len == 0 || str_starts(why, STR("needs PostgreSQL")));
	}
	/* a counter that a setting leaves at zero is not zero but unknown */
	assert_false(HAS((const struct statement *)snapshot_row(s, 0), struct statement, blk_read_us));
	assert_true(str_eq_c(snapshot_unavailable(s, "blk_read_us"), "track_io_timing is off"));
	assert_int_equal(snapshot_unavailable(d.last[DRIVE_STATEMENTS_INFO], "dealloc_passes").len == 0, major >= 14);
	driver_release(&d);
}

/* The extension stays as old as it was when the server was upgraded. */
static void test_extension_older_than_the_server(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	if (major < 13)
		return;
	create_extension("'1.7'");
	open_driver(&d, "watch");
	s = fetch(&d);
	assert_true(s->nrows > 0);
	assert_true(str_eq_c(info(&d)->extension_version, "1.7"));
	assert_true(str_find(snapshot_unavailable(s, "wal_bytes"), STR("ALTER EXTENSION pg_stat_statements UPDATE"),
			     0) > 0);
	assert_true(snapshot_unavailable(d.last[DRIVE_STATEMENTS_INFO], "dealloc_passes").len > 0);
	/* updated while we look */
	pg_exec(admin, "ALTER EXTENSION pg_stat_statements UPDATE");
	s = fetch(&d);
	assert_int_equal(snapshot_unavailable(s, "wal_bytes").len, 0);
	driver_release(&d);
}

static void test_moved_and_dropped_while_we_look(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	create_extension("");
	open_driver(&d, "watch");
	pg_exec(admin, "ALTER EXTENSION pg_stat_statements SET SCHEMA other");
	fetch(&d);
	assert_true(str_eq_c(info(&d)->schema, "other"));
	pg_exec(admin, "DROP EXTENSION pg_stat_statements");
	s = driver_fetch(&d, DRIVE_STATEMENTS, false, 0);
	assert_int_equal(s->state, SNAP_UNAVAILABLE);
	assert_non_null(strstr(s->err.text, "is not created in database postgres"));
	create_extension("");
	fetch(&d);
	driver_release(&d);
}

static void test_reset(void **state)
{
	PGconn *app = pg_connect(&pg, "app_1", "shop");
	const struct statement *row;
	const struct snapshot *s;
	struct driver d;
	size_t at;

	(void)state;
	create_extension("");
	run(app, "SELECT 1 AS before_reset", 50);
	open_driver(&d, "watch");
	fetch(&d);
	assert_int_equal(info(&d)->resets, 0);
	pg_exec(admin, "SELECT " SCHEMA ".pg_stat_statements_reset()");
	run(app, "SELECT 1 AS before_reset", 3);
	s = fetch(&d);
	row = find(s, "AS before_reset", &at);
	assert_non_null(row);
	assert_int_equal(row->calls, 3);
	assert_int_equal(calls_in_window(&d, s, at), 3);
	for (size_t i = 0; i < s->nrows; i++)
		assert_true(!(rate(s, i, "calls") < 0) && !(rate(s, i, "total_us") < 0));
	assert_int_equal(info(&d)->resets, 1);
	assert_int_equal(info(&d)->evicted, 0);
	assert_true(HAS(info(&d), struct statements_info, since_reset_us));
	assert_true(info(&d)->since_reset_us < 60 * US_PER_S);
	PQfinish(app);
	driver_release(&d);
}

/* pg_stat_statements.max is 100 here. */
static void test_evictions(void **state)
{
	PGconn *app = pg_connect(&pg, "app_1", "shop");
	const struct snapshot *s;
	struct driver d;
	char sql[256];

	(void)state;
	create_extension("");
	run(app, "SELECT abs(2) AS often", 40);
	open_driver(&d, "watch");
	fetch(&d);
	for (int i = 0; i < 300; i++) {
		int n = snprintf(sql, sizeof(sql), "SELECT 0");

		for (int bit = 0; bit < 9; bit++)
			n += snprintf(sql + n, sizeof(sql) - (size_t)n, i >> bit & 1 ? " + abs(1)" : " - sign(1)");
		pg_exec(app, sql);
	}
	s = fetch(&d);
	assert_true(info(&d)->evicted > 0);
	assert_int_equal(info(&d)->resets, 0);
	assert_true(info(&d)->entries <= 100);
	assert_true(major < 14 || info(&d)->dealloc_passes > 0);
	for (size_t i = 0; i < s->nrows; i++)
		assert_true(!(rate(s, i, "calls") < 0) && !(rate(s, i, "total_us") < 0));
	assert_non_null(find(s, "AS often", NULL));
	PQfinish(app);
	driver_release(&d);
}

/* Without pg_monitor: sums by role and database in the place of what is hidden, and the reason. */
static void test_role_without_rights(void **state)
{
	PGconn *app = pg_connect(&pg, "app_1", "shop"), *own = pg_connect(&pg, "plain", "shop");
	const struct statement *hidden = NULL;
	const struct snapshot *s;
	struct driver d;
	size_t at = 0;

	(void)state;
	create_extension("");
	pg_exec(admin, "GRANT USAGE ON SCHEMA " SCHEMA " TO PUBLIC");
	pg_exec(admin, "SELECT " SCHEMA ".pg_stat_statements_reset()");
	run(app, "SELECT 1 AS secret", 4);
	run(app, "SELECT now() AS other_secret", 5);
	run(own, "SELECT abs(1) + abs(1) AS mine", 2);
	open_driver(&d, "plain");
	run(app, "SELECT 1 AS secret", 6);
	s = fetch(&d);
	assert_null(find(s, "secret", NULL));
	assert_non_null(find(s, "AS mine", NULL));
	for (size_t i = 0; i < s->nrows; i++) {
		const struct statement *row = snapshot_row(s, i);

		if (str_eq_c(row->user, "app_1")) {
			assert_null(hidden);
			hidden = row;
			at = i;
		}
	}
	assert_non_null(hidden);
	assert_int_equal(hidden->entries, 2);
	assert_int_equal(hidden->calls, 15);
	assert_false(HAS(hidden, struct statement, query_id));
	assert_int_equal(calls_in_window(&d, s, at), 6);
	assert_true(str_find(snapshot_unavailable(s, "query"), STR("pg_monitor"), 0) > 0);
	assert_true(str_find(info(&d)->problem, STR("hidden from plain"), 0) > 0);
	/* rights that come later make no leaps */
	pg_exec(admin, "GRANT pg_monitor TO plain");
	s = fetch(&d);
	assert_non_null(find(s, "AS secret", &at));
	assert_null(s->rates);
	pg_exec(admin, "REVOKE pg_monitor FROM plain");
	PQfinish(app);
	PQfinish(own);
	driver_release(&d);
}

static void test_schema_out_of_reach(void **state)
{
	(void)state;
	create_extension("");
	pg_exec(admin, "REVOKE USAGE ON SCHEMA " SCHEMA " FROM PUBLIC");
	refused("plain", "role plain may not use pg_stat_statements in schema " SCHEMA_RAW, "GRANT USAGE ON SCHEMA");
	pg_exec(admin, "GRANT USAGE ON SCHEMA " SCHEMA " TO PUBLIC");
	pg_exec(admin, "REVOKE EXECUTE ON FUNCTION " SCHEMA ".pg_stat_statements(boolean) FROM PUBLIC");
	refused("plain", "may not use pg_stat_statements", "EXECUTE");
}

/* Objects of that name that are not the extension's are never touched. */
static void test_impostors(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	pg_exec(admin, "DROP EXTENSION IF EXISTS pg_stat_statements");
	pg_exec(admin,
		"CREATE FUNCTION public.pg_stat_statements(showtext boolean) RETURNS TABLE (userid oid) LANGUAGE "
		"plpgsql AS $$BEGIN RAISE LOG 'TRAP SPRUNG'; END$$");
	pg_exec(admin, "GRANT EXECUTE ON FUNCTION public.pg_stat_statements(boolean) TO PUBLIC");
	refused("watch", "is not created in database postgres",
		"CREATE EXTENSION pg_stat_statements in database postgres");
	create_extension("");
	open_driver(&d, "watch");
	s = fetch(&d);
	assert_true(s->nrows > 0);
	driver_release(&d);
	pg_exec(admin, "DROP FUNCTION public.pg_stat_statements(boolean)");
	assert_int_equal(pg_log_count(&pg, "auroratop ", "TRAP SPRUNG"), 0);
}

static void test_long_text(void **state)
{
	static char sql[150000];
	const struct statement *row;
	PGconn *app = pg_connect(&pg, "app_1", "shop");
	struct driver d;

	(void)state;
	create_extension("");
	snprintf(sql, sizeof(sql), "SELECT abs(1) + sign(1) AS long_one /* %0140000d */", 7);
	pg_exec(app, sql);
	open_driver(&d, "watch");
	row = find(d.last[DRIVE_STATEMENTS], "long_one", NULL);
	assert_non_null(row);
	assert_int_equal(row->query.len, 65536);
	assert_true(row->query_bytes > 140000);
	PQfinish(app);
	driver_release(&d);
}

static void test_nothing_is_counted(void **state)
{
	struct driver d;

	(void)state;
	create_extension("");
	pg_exec(admin, "ALTER ROLE watch SET pg_stat_statements.track = 'none'");
	open_driver(&d, "watch");
	assert_true(str_find(info(&d)->problem, STR("track is none"), 0) > 0);
	driver_release(&d);
	pg_exec(admin, "ALTER ROLE watch RESET pg_stat_statements.track");
}

/* Behind a pooler every question is a transaction of its own. */
static void test_pooler(void **state)
{
	char conninfo[128];
	struct fake_pooler pooler;
	const struct snapshot *s;
	struct driver d;

	(void)state;
	create_extension("");
	fake_pooler_start(&pooler, &pg, false);
	snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d user=watch dbname=postgres sslmode=disable",
		 pooler.port);
	driver_init(&d, conninfo);
	fetch(&d);
	s = fetch(&d);
	assert_true(s->nrows > 0 && s->rates);
	assert_true(HAS((const struct statement *)snapshot_row(s, 0), struct statement, query));
	driver_release(&d);
	fake_pooler_stop(&pooler);
}

static void test_log_of_all_this(void **state)
{
	(void)state;
	check_log();
}

/* ---- without it ---- */

static void test_not_loaded(void **state)
{
	(void)state;
	refused("watch", "does not load pg_stat_statements",
		"shared_preload_libraries in postgresql.conf, restart the server, then CREATE EXTENSION "
		"pg_stat_statements "
		"in database postgres");
	/* the extension can be created all the same; calling it would be an error */
	pg_exec(admin, "CREATE EXTENSION pg_stat_statements");
	refused("watch", "does not load pg_stat_statements", "restart the server");
	refused("plain", "does not load pg_stat_statements", "restart the server");
	check_log();
}

static int start(const char *conf)
{
	pg_setup(&pg, conf);
	admin = pg_connect(&pg, "postgres", "admin");
	major = (int)pg_number(admin, "SELECT current_setting('server_version_num')::int / 10000");
	pg_exec(admin, "CREATE SCHEMA " SCHEMA);
	pg_exec(admin, "GRANT USAGE ON SCHEMA " SCHEMA " TO PUBLIC");
	pg_exec(admin, "CREATE SCHEMA other");
	pg_exec(admin, "GRANT USAGE ON SCHEMA other TO PUBLIC");
	return 0;
}

static int setup_loaded(void **state)
{
	(void)state;
	return start("shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.max = 100\n"
		     "track_io_timing = off\n");
}

/* Its settings without the library: they say nothing. */
static int setup_bare(void **state)
{
	(void)state;
	return start("pg_stat_statements.max = 'many'\npg_stat_statements.track = all\n");
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
	const struct CMUnitTest loaded[] = {
		cmocka_unit_test(test_counts_and_deltas),
		cmocka_unit_test(test_columns_of_this_version),
		cmocka_unit_test(test_extension_older_than_the_server),
		cmocka_unit_test(test_moved_and_dropped_while_we_look),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_evictions),
		cmocka_unit_test(test_role_without_rights),
		cmocka_unit_test(test_schema_out_of_reach),
		cmocka_unit_test(test_impostors),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_nothing_is_counted),
		cmocka_unit_test(test_pooler),
		cmocka_unit_test(test_log_of_all_this),
	};
	const struct CMUnitTest bare[] = {cmocka_unit_test(test_not_loaded)};
	int failed = cmocka_run_group_tests(loaded, setup_loaded, teardown);

	return failed + cmocka_run_group_tests(bare, setup_bare, teardown);
}
