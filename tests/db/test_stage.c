/*
 * test_stage.c: samples of the sessions in a transaction only, against scans of all: the same rows and counts.
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

#include <string.h>

#define MANY 220

static struct pg pg;
static PGconn *admin, *many[MANY];

static void start(struct driver *d, const char *role)
{
	driver_init(d, pg_conninfo(&pg, role, ""));
}

static void fetch_ok(struct driver *d, bool wide)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_SESSIONS, wide, 0);

	assert_non_null(s);
	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
}

static size_t staged_samples(void)
{
	return pg_log_count(&pg, "auroratop sampler|", "execute sessions_in_transaction");
}

static void wait_for(PGconn *c, const char *condition)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND %s", PQbackendPID(c),
		 condition);
	pg_wait_for(admin, sql);
}

static void gone(int pid)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE pid = %d", pid);
	pg_wait_for(admin, sql);
}

enum sample_kind { SCANNED, STAGED };

/* Takes a sample, which must be of this kind. */
static void must_be(struct driver *d, enum sample_kind kind)
{
	size_t before = staged_samples();

	fetch_ok(d, false);
	assert_int_equal(staged_samples() - before, kind == STAGED);
}

static const struct session *must_see(const struct driver *d, PGconn *c)
{
	const struct session *row = driver_session(d, PQbackendPID(c));

	if (!row)
		fail_msg("session %d is not shown", PQbackendPID(c));
	return row;
}

static void same_counts(const struct activity *a, const struct activity *b)
{
	assert_int_equal(a->total, b->total);
	assert_int_equal(a->idle, b->idle);
	assert_int_equal(a->running, b->running);
	assert_int_equal(a->waiting, b->waiting);
	assert_int_equal(a->idle_in_transaction, b->idle_in_transaction);
	assert_int_equal(a->blocked, b->blocked);
}

static void test_the_same_is_shown(void **state)
{
	PGconn *busy = pg_connect(&pg, "app_1", "orders-api"), *idlex = pg_connect(&pg, "app_2", "worker");
	PGconn *waiter = pg_connect(&pg, "app_3", "waiter"), *console = pg_connect(&pg, "app_4", "auroratop sampler");
	struct driver d;
	struct activity scanned;
	size_t nrows, staged = staged_samples();

	(void)state;
	start(&d, "watch");
	pg_exec(idlex, "BEGIN");
	pg_exec(idlex, "LOCK TABLE held");
	pg_send(busy, "SELECT pg_sleep(60), 'busy'");
	wait_for(busy, "wait_event = 'PgSleep'");
	pg_send(waiter, "SELECT count(*) FROM held");
	wait_for(waiter, "wait_event_type = 'Lock'");

	must_be(&d, SCANNED);
	scanned = *driver_activity(&d);
	nrows = d.last[DRIVE_SESSIONS]->nrows;
	assert_int_equal(scanned.total, MANY + 5); /* with the admin's, without ours */
	assert_int_equal(scanned.idle, MANY + 2);
	assert_int_equal(nrows, 3);
	for (int i = 0; i < 9; i++) {
		must_be(&d, STAGED);
		same_counts(driver_activity(&d), &scanned);
		assert_int_equal(d.last[DRIVE_SESSIONS]->nrows, nrows);
	}
	assert_true(str_eq_c(must_see(&d, busy)->query, "SELECT pg_sleep(60), 'busy'"));
	assert_true(str_eq_c(must_see(&d, busy)->user, "app_1"));
	assert_true(str_eq_c(must_see(&d, busy)->database, "postgres"));
	assert_true(str_eq_c(must_see(&d, busy)->client, "local"));
	assert_true(str_eq_c(must_see(&d, idlex)->state, "idle in transaction"));
	assert_int_equal(must_see(&d, waiter)->blocked_by, PQbackendPID(idlex));
	/* every tenth reads all */
	must_be(&d, SCANNED);
	same_counts(driver_activity(&d), &scanned);
	must_be(&d, STAGED);
	assert_int_equal(staged_samples(), staged + 10);

	driver_release(&d);
	pg_exec(idlex, "ROLLBACK");
	assert_true(pg_finish_sent(waiter));
	PQfinish(idlex);
	PQfinish(waiter);
	PQfinish(console);
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orders-api'");
	gone(PQbackendPID(busy));
	PQfinish(busy);
}

/* What changes between two scans shows at once. */
static void test_changes_show_at_once(void **state)
{
	struct driver d;
	int64_t total;
	PGconn *c;
	int pid;

	(void)state;
	start(&d, "watch");
	must_be(&d, SCANNED);
	total = driver_activity(&d)->total;
	c = pg_connect(&pg, "app_5", "newcomer");
	must_be(&d, STAGED);
	assert_int_equal(driver_activity(&d)->total, total + 1);
	assert_null(driver_session(&d, PQbackendPID(c)));
	pg_exec(c, "BEGIN");
	pg_exec(c, "SELECT 'first'");
	must_be(&d, STAGED);
	assert_true(str_eq_c(must_see(&d, c)->query, "SELECT 'first'"));
	assert_true(str_eq_c(must_see(&d, c)->application, "newcomer"));
	assert_int_equal(driver_activity(&d)->idle_in_transaction, 1);
	pg_exec(c, "SELECT 'second'");
	must_be(&d, STAGED);
	assert_true(str_eq_c(must_see(&d, c)->query, "SELECT 'second'"));
	/* the name of a role that came later: asked for with the next sample */
	must_be(&d, STAGED);
	assert_true(str_eq_c(must_see(&d, c)->user, "app_5"));
	pg_exec(c, "ROLLBACK");
	must_be(&d, STAGED);
	assert_null(driver_session(&d, PQbackendPID(c)));
	assert_int_equal(driver_activity(&d)->total, total + 1);
	pid = PQbackendPID(c);
	PQfinish(c);
	gone(pid);
	must_be(&d, STAGED);
	assert_int_equal(driver_activity(&d)->total, total);
	driver_release(&d);
}

/* Our own connections do not count, whenever they were opened. */
static void test_own_are_left_out(void **state)
{
	struct driver d;
	int64_t total;

	(void)state;
	start(&d, "watch");
	must_be(&d, SCANNED);
	total = driver_activity(&d)->total;
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	must_be(&d, STAGED);
	assert_int_equal(driver_activity(&d)->total, total);
	driver_release(&d);
}

/* Somebody outside of a transaction who blocks others is asked for by name. */
static void test_idle_blocker_is_brought(void **state)
{
	PGconn *holder = pg_connect(&pg, "app_5", "advisory"), *waiter = pg_connect(&pg, "app_6", "advisory");
	struct driver d;

	(void)state;
	start(&d, "watch");
	pg_exec(holder, "SELECT pg_advisory_lock(42)");
	must_be(&d, SCANNED);
	assert_null(driver_session(&d, PQbackendPID(holder)));
	pg_send(waiter, "SELECT pg_advisory_lock(42)");
	wait_for(waiter, "wait_event_type = 'Lock'");
	must_be(&d, STAGED);
	must_be(&d, STAGED);
	assert_int_equal(must_see(&d, waiter)->blocked_by, PQbackendPID(holder));
	assert_true(str_eq_c(must_see(&d, holder)->query, "SELECT pg_advisory_lock(42)"));
	assert_int_equal(must_see(&d, holder)->blocks, 1);
	driver_release(&d);
	PQfinish(holder);
	assert_true(pg_finish_sent(waiter));
	PQfinish(waiter);
}

/* A session that is at work outside of a transaction: found by a scan, then kept in sight. */
static void test_outside_of_a_transaction(void **state)
{
	struct driver d;
	char conninfo[256], sql[200];
	PGconn *c;
	int pid;

	(void)state;
	start(&d, "watch");
	snprintf(conninfo, sizeof(conninfo),
		 "host=%s port=%d user=postgres dbname=postgres replication=database application_name=standby", pg.dir,
		 pg.port);
	c = PQconnectdb(conninfo);
	assert_int_equal(PQstatus(c), CONNECTION_OK);
	snprintf(sql, sizeof(sql), "START_REPLICATION PHYSICAL 0/1000000");
	assert_true(PQsendQuery(c, sql));
	wait_for(c, "state IN ('catchup', 'streaming') OR state = 'active'");
	must_be(&d, SCANNED);
	assert_true(str_eq_c(must_see(&d, c)->backend_type, "walsender"));
	for (int i = 0; i < 9; i++) {
		must_be(&d, STAGED);
		assert_true(str_eq_c(must_see(&d, c)->application, "standby"));
	}
	driver_release(&d);
	pid = PQbackendPID(c);
	PQfinish(c);
	gone(pid);
}

/* Those who look at idle sessions, or may not see transactions, get scans. */
static void test_when_all_are_read(void **state)
{
	size_t staged = staged_samples();
	struct driver d;

	(void)state;
	start(&d, "watch");
	for (int i = 0; i < 3; i++)
		fetch_ok(&d, true);
	assert_int_equal(staged_samples(), staged);
	assert_int_equal(driver_activity(&d)->total, MANY + 1);
	must_be(&d, SCANNED);
	must_be(&d, STAGED);
	/* from one sample to the next somebody looks at the idle ones */
	staged = staged_samples();
	fetch_ok(&d, true);
	assert_int_equal(staged_samples(), staged);
	assert_true(str_eq_c(must_see(&d, many[0])->state, "idle"));
	driver_release(&d);
	staged = staged_samples();
	start(&d, "plain");
	for (int i = 0; i < 3; i++)
		fetch_ok(&d, false);
	driver_release(&d);
	assert_int_equal(staged_samples(), staged);
	/* many in a transaction: a scan is cheaper */
	start(&d, "watch");
	for (int i = 0; i < MANY / 8; i++)
		pg_exec(many[i], "BEGIN");
	for (int i = 0; i < 3; i++)
		fetch_ok(&d, false);
	assert_int_equal(staged_samples(), staged);
	assert_int_equal(driver_activity(&d)->idle_in_transaction, MANY / 8);
	for (int i = 0; i < MANY / 8; i++)
		pg_exec(many[i], "ROLLBACK");
	fetch_ok(&d, false);
	must_be(&d, STAGED);
	driver_release(&d);
}

static void test_when_it_pays(void **state)
{
	(void)state;
	assert_true(sessions_stage_pays(200, 16, false));
	assert_false(sessions_stage_pays(200, 17, false));
	assert_true(sessions_stage_pays(200, 20, true));
	assert_false(sessions_stage_pays(200, 21, true));
	assert_false(sessions_stage_pays(199, 0, true));
	assert_true(sessions_stage_pays(5000, 400, false));
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "max_connections = 260\nwal_level = replica\nmax_wal_senders = 4\n");
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE TABLE held (v int)");
	pg_exec(admin, "GRANT SELECT ON held TO PUBLIC");
	pg_exec(admin, "GRANT ALL ON held TO app_2");
	for (int i = 0; i < MANY; i++)
		many[i] = pg_connect(&pg, "app_9", "idle");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		PQfinish(many[i]);
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_it_pays),
		cmocka_unit_test(test_the_same_is_shown),
		cmocka_unit_test(test_changes_show_at_once),
		cmocka_unit_test(test_own_are_left_out),
		cmocka_unit_test(test_idle_blocker_is_brought),
		cmocka_unit_test(test_outside_of_a_transaction),
		cmocka_unit_test(test_when_all_are_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
