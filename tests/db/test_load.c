/*
 * test_load.c: who the load is, against a real server: classes, grouping, statements without values,
 * rights, and that it costs the server nothing more.
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

/* Fetches a sample; its groups. */
static const struct snapshot *samples(struct driver *d)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_SESSIONS, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	return d->last[DRIVE_LOAD_SAMPLES];
}

/* The group of a wait and statement, or NULL. */
static const struct load_sample *find(const struct snapshot *s, const char *wait, const char *statement)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct load_sample *row = snapshot_row(s, i);

		if (str_eq_c(row->wait, wait) && str_eq_c(row->statement, statement))
			return row;
	}
	return NULL;
}

static const struct load_sample *must_find(const struct snapshot *s, const char *wait, const char *statement)
{
	const struct load_sample *row = find(s, wait, statement);

	if (row)
		return row;
	for (size_t i = 0; i < s->nrows; i++) {
		row = snapshot_row(s, i);
		print_message("%lld x %.*s: %.*s\n", (long long)row->sessions, STR_ARG(row->wait),
			      STR_ARG(row->statement));
	}
	fail_msg("nobody waits for %s in %s", wait, statement);
	return NULL;
}

/* Waits until n active sessions of an application wait for this. */
static void wait_for(const char *application, const char *wait, int n)
{
	char sql[320];

	snprintf(sql, sizeof sql,
		 "SELECT (count(*) = %d)::int FROM pg_stat_activity WHERE state = 'active' AND application_name = '%s' "
		 "AND wait_event_type || ':' || wait_event = '%s'",
		 n, application, wait);
	pg_wait_for(admin, sql);
}

static void end(PGconn *c)
{
	char sql[80];

	snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", PQbackendPID(c));
	pg_exec(admin, sql);
	PQfinish(c);
}

/* Sleeping, waiting and working sessions stand in their class, equal ones in one group with their number. */
static void sessions_stand_in_their_class(void **state)
{
	PGconn *sleepers[3], *holder = pg_connect(&pg, "app_2", "holder"), *waiter = pg_connect(&pg, "app_3", "waiter");
	PGconn *idle = pg_connect(&pg, "app_4", "idle");
	const struct load_sample *row;
	const struct snapshot *s;
	const struct load *total;
	double sum = 0;
	struct driver d;

	(void)state;
	pg_exec(idle, "SELECT 'idle'");
	for (int i = 0; i < 3; i++) {
		char sql[64];

		sleepers[i] = pg_connect(&pg, "app_1", "sleeper");
		snprintf(sql, sizeof sql, "SELECT pg_sleep(%d), 'value %d'", 60 + i, i);
		pg_send(sleepers[i], sql);
	}
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE kept IN ACCESS EXCLUSIVE MODE");
	pg_send(waiter, "SELECT count(*) FROM kept WHERE a = 7");
	wait_for("sleeper", "Timeout:PgSleep", 3);
	wait_for("waiter", "Lock:relation", 1);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = samples(&d);
	assert_int_equal(s->state, SNAP_OK);

	row = must_find(s, "Timeout:PgSleep", "select pg_sleep(?), ?");
	assert_int_equal(row->sessions, 3);
	assert_true(str_eq_c(row->wait_class, "timeout"));
	assert_true(str_eq_c(row->user, "app_1"));
	assert_true(str_eq_c(row->application, "sleeper"));
	assert_true(str_eq_c(row->database, "postgres"));
	assert_true(str_eq_c(row->client, "local"));
	assert_int_equal(row->sampled_at, s->at_us);
	row = must_find(s, "Lock:relation", "select count(*) from kept where a = ?");
	assert_int_equal(row->sessions, 1);
	assert_true(str_eq_c(row->wait_class, "lock"));
	/* Idle sessions, in a transaction or not, are no load; neither are we. */
	for (size_t i = 0; i < s->nrows; i++) {
		row = snapshot_row(s, i);
		assert_false(str_eq_c(row->application, "idle"));
		assert_false(str_eq_c(row->application, "holder"));
		assert_false(str_starts(row->application, STR("auroratop")));
		sum += (double)row->sessions;
	}
	/* It is the same sample as the chart's newest point. */
	total = snapshot_row(d.last[DRIVE_LOAD], d.last[DRIVE_LOAD]->nrows - 1);
	assert_int_equal((int)sum, (int)total->total);

	/* Later samples know the statements although their texts are not sent again. */
	s = samples(&d);
	row = must_find(s, "Timeout:PgSleep", "select pg_sleep(?), ?");
	assert_int_equal(row->sessions, 3);
	driver_release(&d);
	end(waiter);
	PQfinish(holder);
	PQfinish(idle);
	for (int i = 0; i < 3; i++)
		end(sleepers[i]);
}

static void query_ids_come_along(void **state)
{
	PGconn *a, *b;
	const struct load_sample *row;
	struct driver d;

	(void)state;
	/* servers know them since 14 */
	if (PQserverVersion(admin) < 140000)
		return;
	pg_exec(admin, "ALTER ROLE app_6 SET compute_query_id = on");
	pg_exec(admin, "ALTER ROLE app_7 SET compute_query_id = on");
	a = pg_connect(&pg, "app_6", "ids");
	b = pg_connect(&pg, "app_7", "ids");
	pg_send(a, "SELECT pg_sleep(61)");
	pg_send(b, "SELECT pg_sleep(62)");
	wait_for("ids", "Timeout:PgSleep", 2);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	row = must_find(samples(&d), "Timeout:PgSleep", "select pg_sleep(?)");
	/* Different users are different groups of one statement. */
	assert_int_equal(row->sessions, 1);
	assert_true(HAS(row, struct load_sample, query_id) && row->query_id != 0);
	driver_release(&d);
	end(a);
	end(b);
}

static void without_pg_monitor_it_says_why(void **state)
{
	struct driver d;
	const struct snapshot *s;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "plain", ""));
	s = samples(&d);
	assert_int_equal(s->state, SNAP_UNAVAILABLE);
	assert_non_null(strstr(s->err.text, "not visible to plain"));
	assert_non_null(strstr(s->err.remedy, "GRANT pg_monitor TO plain"));
	driver_release(&d);
}

static void a_long_statement_is_one_statement(void **state)
{
	char *sql[2];
	PGconn *c[2];
	const struct load_sample *row = NULL;
	const struct snapshot *s;
	struct driver d;

	(void)state;
	for (int i = 0; i < 2; i++) {
		/* The values have different lengths, so the text is cut at different places of the statement. */
		size_t n = (size_t)snprintf(NULL, 0, "SELECT pg_sleep(60), '%s' AS v", i ? "a" : "much longer");

		sql[i] = calloc(1, n + 4000);
		snprintf(sql[i], n + 1, "SELECT pg_sleep(60), '%s' AS v", i ? "a" : "much longer");
		for (int k = 0; k < 200; k++)
			snprintf(sql[i] + strlen(sql[i]), 16, ", a AS c%03d", k);
		strcat(sql[i], " FROM kept");
		c[i] = pg_connect(&pg, "app_5", "long");
		pg_send(c[i], sql[i]);
	}
	wait_for("long", "Timeout:PgSleep", 2);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	s = samples(&d);
	for (size_t i = 0; i < s->nrows; i++) {
		const struct load_sample *r = snapshot_row(s, i);

		if (str_eq_c(r->application, "long"))
			row = r;
	}
	assert_non_null(row);
	assert_int_equal(row->sessions, 2);
	driver_release(&d);
	for (int i = 0; i < 2; i++) {
		end(c[i]);
		free(sql[i]);
	}
}

/* The sampler still sends one statement a refresh. */
static void it_asks_nothing_more(void **state)
{
	struct driver d;
	size_t before;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	(void)samples(&d);
	before = pg_log_count(&pg, "auroratop sampler", "execute");
	for (int i = 0; i < 10; i++)
		(void)samples(&d);
	assert_int_equal(pg_log_count(&pg, "auroratop sampler", "execute") - before, 10);
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
	driver_release(&d);
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "");
	admin = pg_connect(&pg, "postgres", "admin");
	if (PQserverVersion(admin) >= 140000) {
		pg_exec(admin, "ALTER SYSTEM SET compute_query_id = off");
		pg_exec(admin, "SELECT pg_reload_conf()");
	}
	pg_exec(admin, "CREATE TABLE kept AS SELECT 1 AS a");
	pg_exec(admin, "GRANT ALL ON kept TO PUBLIC");
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
		cmocka_unit_test(sessions_stand_in_their_class),  cmocka_unit_test(query_ids_come_along),
		cmocka_unit_test(without_pg_monitor_it_says_why), cmocka_unit_test(a_long_statement_is_one_statement),
		cmocka_unit_test(it_asks_nothing_more),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
