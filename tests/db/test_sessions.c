/*
 * test_sessions.c: the sampler against a real server: records, texts, locks, rights, and
 * what it costs in statements.
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

#include <signal.h>
#include <time.h>

static struct pg pg;
static PGconn *admin;

#define assert_text(s, lit)                                                      \
	do {                                                                     \
		struct str text_ = (s);                                          \
		if (!str_eq_c(text_, lit))                                       \
			fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text_), lit); \
	} while (0)

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void fetch_ok(struct driver *d, bool wide)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_SESSIONS, wide, 0);

	assert_non_null(s);
	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	assert_int_equal(d->last[DRIVE_ACTIVITY]->state, SNAP_OK);
}

static const struct session *must_see(const struct driver *d, PGconn *c)
{
	const struct session *row = driver_session(d, PQbackendPID(c));

	if (!row)
		fail_msg("session %d is not shown", PQbackendPID(c));
	return row;
}

/* Waits until the server shows the session in this state. */
static void wait_state(PGconn *c, const char *condition)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND %s", PQbackendPID(c),
		 condition);
	pg_wait_for(admin, sql);
}

static void wait_blocked(PGconn *c)
{
	wait_state(c, "wait_event_type = 'Lock'");
}

static void cancel_sent(PGconn *c)
{
	PGcancel *cancel = PQgetCancel(c);
	char why[256];

	PQcancel(cancel, why, sizeof(why));
	PQfreeCancel(cancel);
	pg_finish_sent(c);
}

static void cancel_and_close(PGconn *c)
{
	cancel_sent(c);
	PQfinish(c);
}

/* Since when the server says the session is in its state. */
static int64_t state_change_of(PGconn *c)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM state_change) * 1000000)::int8 FROM pg_stat_activity WHERE pid = %d",
		 PQbackendPID(c));
	return pg_number(admin, sql);
}

/* Sends the statement until its session runs since the very microsecond its query began, as many do. */
static void send_at_once(PGconn *c, const char *statement)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT (state_change = query_start)::int FROM pg_stat_activity WHERE pid = %d",
		 PQbackendPID(c));
	for (int tries = 0; tries < 300; tries++) {
		pg_send(c, statement);
		wait_state(c, "wait_event = 'PgSleep'");
		if (pg_number(admin, sql) == 1)
			return;
		cancel_sent(c);
	}
	fail_msg("no session runs since its query began");
}

static void test_records(void **state)
{
	PGconn *busy = pg_connect(&pg, "app_1", "orders-api"), *idlex = pg_connect(&pg, "app_2", "worker");
	PGconn *idle = pg_connect(&pg, "app_3", "lazy");
	const struct session *row;
	const struct activity *a;
	struct driver d;

	(void)state;
	send_at_once(busy, "SELECT pg_sleep(60), 'busy'");
	pg_exec(idlex, "BEGIN");
	pg_exec(idlex, "SELECT 'in transaction'");
	pg_exec(idle, "SELECT 'idle'");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);

	row = must_see(&d, busy);
	assert_text(row->user, "app_1");
	assert_text(row->database, "postgres");
	assert_text(row->application, "orders-api");
	assert_text(row->client, "local");
	assert_text(row->state, "running");
	assert_text(row->raw_state, "active");
	assert_text(row->wait, "Timeout:PgSleep");
	assert_text(row->wait_class, "timeout");
	assert_text(row->backend_type, "client backend");
	assert_text(row->query, "SELECT pg_sleep(60), 'busy'");
	assert_true(HAS(row, struct session, query_us) && row->query_us > 0);
	assert_true(HAS(row, struct session, state_us) && row->state_change_at == state_change_of(busy));
	assert_true(row->session_us >= row->query_us && row->xact_us >= row->query_us);
	assert_false(HAS(row, struct session, client_port));
	assert_false(HAS(row, struct session, blocked_by));
	assert_int_equal(row->blocks, 0);

	row = must_see(&d, idlex);
	assert_text(row->state, "idle in transaction");
	assert_text(row->wait, "Client:ClientRead");
	assert_text(row->query, "SELECT 'in transaction'");
	assert_true(HAS(row, struct session, state_us) && row->state_change_at == state_change_of(idlex));
	assert_false(HAS(row, struct session, query_us));
	assert_true(HAS(row, struct session, xact_us));

	assert_null(driver_session(&d, PQbackendPID(idle)));
	a = driver_activity(&d);
	assert_int_equal(a->total, 4); /* with the admin's, without ours */
	assert_int_equal(a->running, 1);
	assert_int_equal(a->waiting, 0);
	assert_int_equal(a->idle, 2);
	assert_int_equal(a->idle_in_transaction, 1);
	assert_int_equal(a->max_connections, 80);
	/* the names of roles and databases are one more, the first time */
	assert_int_equal(a->round_trips, 2);
	assert_true(a->oldest_xact_us > 0);
	assert_text(a->role, "writer");
	assert_text(a->user, "watch");
	assert_text(a->database, "postgres");
	/* by localhost, as the fixture connects */
	assert_true(str_eq_c(a->client_address, "127.0.0.1") || str_eq_c(a->client_address, "::1"));
	assert_true(a->sample_us > 0);
	assert_true(a->server_version.len >= 4 && str_find(a->server_version, STR(" "), 0) < 0);
	assert_int_equal(a->via_pooler, 0);
	assert_true(d.last[DRIVE_SESSIONS]->server_at_us > 0);

	driver_release(&d);
	cancel_and_close(busy);
	PQfinish(idlex);
	PQfinish(idle);
}

static void test_load_points(void **state)
{
	PGconn *busy = pg_connect(&pg, "app_1", "orders-api");
	const struct load *point;
	struct driver d;

	(void)state;
	pg_send(busy, "SELECT pg_sleep(60)");
	wait_state(busy, "wait_event = 'PgSleep'");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	for (int i = 0; i < 3; i++)
		fetch_ok(&d, false);
	assert_int_equal(d.last[DRIVE_LOAD]->nrows, 3);
	point = snapshot_row(d.last[DRIVE_LOAD], 2);
	assert_true(point->timeout > 0.99 && point->timeout < 1.01);
	assert_true(point->total > 0.99 && point->total < 1.01);
	assert_true(HAS(point, struct load, cpu) && HAS(point, struct load, sampled_at));
	assert_true(((const struct load *)snapshot_row(d.last[DRIVE_LOAD], 0))->sampled_at < point->sampled_at);
	driver_release(&d);
	cancel_and_close(busy);
}

/* The ring forgets the oldest and keeps the order. */
static void test_load_is_bounded(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	for (int i = 0; i < 905; i++)
		fetch_ok(&d, false);
	s = d.last[DRIVE_LOAD];
	assert_int_equal(s->nrows, 900);
	for (size_t i = 1; i < s->nrows; i++) {
		const struct load *a = snapshot_row(s, i - 1), *b = snapshot_row(s, i);

		assert_true(a->sampled_at < b->sampled_at);
	}
	driver_release(&d);
}

static void test_lock_chain(void **state)
{
	PGconn *c[3];
	const struct session *row[3];
	const struct activity *a;
	struct driver d;

	(void)state;
	pg_exec(admin, "CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, v int)");
	pg_exec(admin, "INSERT INTO t VALUES (1, 0) ON CONFLICT DO NOTHING");
	pg_exec(admin, "GRANT ALL ON t TO PUBLIC");
	for (int i = 0; i < 3; i++) {
		c[i] = pg_connect(&pg, "app_4", "chain");
		pg_exec(c[i], "BEGIN");
	}
	pg_exec(c[0], "UPDATE t SET v = 1 WHERE id = 1");
	pg_send(c[1], "UPDATE t SET v = 2 WHERE id = 1");
	wait_blocked(c[1]);
	pg_send(c[2], "UPDATE t SET v = 3 WHERE id = 1");
	wait_blocked(c[2]);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	for (int i = 0; i < 3; i++)
		row[i] = must_see(&d, c[i]);
	assert_text(row[0]->state, "idle in transaction");
	assert_text(row[1]->state, "waiting");
	assert_text(row[1]->wait, "Lock:transactionid");
	assert_text(row[1]->wait_class, "lock");
	assert_text(row[2]->wait, "Lock:tuple");
	assert_false(HAS(row[0], struct session, blocked_by));
	assert_int_equal(row[1]->blocked_by, row[0]->pid);
	assert_int_equal(row[2]->blocked_by, row[1]->pid);
	assert_int_equal(row[1]->blockers, 1);
	assert_int_equal(row[0]->blocks, 2);
	assert_int_equal(row[1]->blocks, 1);
	assert_int_equal(row[2]->blocks, 0);
	assert_int_equal(row[0]->blockers, 0);
	if (PQserverVersion(admin) >= 140000) {
		assert_true(row[1]->wait_us > 0 && row[1]->wait_us >= row[2]->wait_us);
		assert_int_equal(driver_activity(&d)->longest_wait_us, row[1]->wait_us);
	}
	a = driver_activity(&d);
	assert_int_equal(a->waiting, 2);
	assert_int_equal(a->blocked, 2);
	assert_int_equal(a->round_trips, 3); /* with the locks, and the names */

	/* the wait ends: no second statement, nothing left of the graph */
	pg_exec(c[0], "ROLLBACK");
	assert_true(pg_finish_sent(c[1]));
	pg_exec(c[1], "ROLLBACK");
	assert_true(pg_finish_sent(c[2]));
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	assert_int_equal(driver_activity(&d)->blocked, 0);
	assert_int_equal(must_see(&d, c[2])->blocks, 0);
	driver_release(&d);
	for (int i = 0; i < 3; i++)
		PQfinish(c[i]);
}

static void test_idle_blocker_is_brought(void **state)
{
	PGconn *holder = pg_connect(&pg, "app_5", "advisory"), *waiter = pg_connect(&pg, "app_6", "advisory");
	const struct session *row;
	struct driver d;

	(void)state;
	pg_exec(holder, "SELECT pg_advisory_lock(42)");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	assert_null(driver_session(&d, PQbackendPID(holder)));
	pg_send(waiter, "SELECT pg_advisory_lock(42)");
	wait_blocked(waiter);
	nap_ms(10);
	for (int i = 0; i < 3; i++) {
		fetch_ok(&d, false);
		assert_int_equal(must_see(&d, waiter)->blocked_by, PQbackendPID(holder));
	}
	row = must_see(&d, holder);
	assert_text(row->state, "idle");
	assert_text(row->query, "SELECT pg_advisory_lock(42)");
	assert_int_equal(row->blocks, 1);
	driver_release(&d);
	PQfinish(holder);
	assert_true(pg_finish_sent(waiter));
	PQfinish(waiter);
}

static void test_prepared_transaction_blocks(void **state)
{
	PGconn *waiter = pg_connect(&pg, "app_6", "2pc");
	const struct session *row;
	struct driver d;

	(void)state;
	pg_exec(admin, "BEGIN");
	pg_exec(admin, "UPDATE t SET v = 9 WHERE id = 1");
	pg_exec(admin, "PREPARE TRANSACTION 'left behind'");
	pg_send(waiter, "UPDATE t SET v = 8 WHERE id = 1");
	wait_blocked(waiter);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	row = must_see(&d, waiter);
	assert_true(HAS(row, struct session, blocked_by));
	assert_int_equal(row->blocked_by, 0);
	assert_int_equal(row->blockers, 1);
	driver_release(&d);
	pg_exec(admin, "ROLLBACK PREPARED 'left behind'");
	assert_true(pg_finish_sent(waiter));
	PQfinish(waiter);
}

/* A text older than the overlap is still shown, and a new statement never shows the old one. */
static void test_texts(void **state)
{
	PGconn *c = pg_connect(&pg, "app_7", "texts");
	struct lane_stats first, second, third;
	char sql[900];
	struct driver d;

	(void)state;
	snprintf(sql, sizeof(sql), "SELECT pg_sleep(60), '%0700d'", 7);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	pg_send(c, sql);
	wait_state(c, "wait_event = 'PgSleep'");
	fetch_ok(&d, false);
	assert_text(must_see(&d, c)->query, sql);
	lane_stats(d.sampler, &first);
	nap_ms(2300);
	fetch_ok(&d, false);
	assert_text(must_see(&d, c)->query, sql);
	fetch_ok(&d, false);
	assert_text(must_see(&d, c)->query, sql);
	lane_stats(d.sampler, &second);
	PQfinish(c);
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'texts'");
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'texts'");

	c = pg_connect(&pg, "app_7", "texts");
	pg_exec(c, "BEGIN");
	for (int i = 0; i < 20; i++) {
		snprintf(sql, sizeof(sql), "SELECT 'statement %d'", i);
		pg_exec(c, sql);
		fetch_ok(&d, false);
		assert_text(must_see(&d, c)->query, sql);
	}
	lane_stats(d.sampler, &third);
	assert_true(third.requests - second.requests == 20);
	driver_release(&d);
	PQfinish(c);
}

static void test_long_text_is_cut_at_characters(void **state)
{
	PGconn *c = pg_connect(&pg, "app_7", "long");
	const struct session *row;
	struct driver d;
	char sql[4000] = "SELECT pg_sleep(60), '";

	(void)state;
	for (size_t i = strlen(sql); i + 3 < 3500; i += 2)
		memcpy(sql + i, "\xc3\xa9", 3);
	memcpy(sql + strlen(sql), "'", 2);
	pg_send(c, sql);
	wait_state(c, "wait_event = 'PgSleep'");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	row = must_see(&d, c);
	assert_int_equal(row->query.len, 22 + (1024 - 22) * 2);
	assert_memory_equal(row->query.ptr, sql, row->query.len);
	driver_release(&d);
	cancel_and_close(c);
}

static void test_wide_shows_idle(void **state)
{
	PGconn *c = pg_connect(&pg, "app_8", "lazy"), *other = pg_connect(&pg, "app_8", "auroratop sampler");
	const struct session *row;
	int64_t total;
	struct driver d;
	bool background = false;

	(void)state;
	pg_exec(c, "SELECT 'long ago'");
	nap_ms(2300);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	total = driver_activity(&d)->total;
	assert_int_equal(driver_activity(&d)->idle, 3);
	assert_null(driver_session(&d, PQbackendPID(c)));
	assert_null(driver_session(&d, PQbackendPID(other)));
	fetch_ok(&d, true);
	row = must_see(&d, c);
	assert_text(row->state, "idle");
	assert_text(row->query, "SELECT 'long ago'");
	must_see(&d, other);
	assert_int_equal(driver_activity(&d)->total, total);
	assert_int_equal(driver_activity(&d)->idle, 3);
	for (size_t i = 0; i < d.last[DRIVE_SESSIONS]->nrows; i++) {
		row = snapshot_row(d.last[DRIVE_SESSIONS], i);
		background = background || str_eq_c(row->backend_type, "checkpointer");
		if (row->pid != PQbackendPID(other) && str_starts(row->application, STR("auroratop ")))
			fail_msg("our own session is shown");
	}
	assert_true(background);
	fetch_ok(&d, false);
	assert_null(driver_session(&d, PQbackendPID(c)));
	driver_release(&d);
	PQfinish(c);
	PQfinish(other);
}

static void test_slow_lane_is_left_out(void **state)
{
	struct driver d;
	int64_t total;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, true);
	total = driver_activity(&d)->total;
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	fetch_ok(&d, true);
	assert_int_equal(driver_activity(&d)->total, total);
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->total, total);
	driver_release(&d);
}

/* An apply worker has a database and a role, as a client has, and is idle most of the time. */
static void test_background_worker_is_no_client(void **state)
{
	PGconn *idle = pg_connect(&pg, "app_8", "lazy");
	struct activity before;
	struct driver d;
	char sql[400];

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	before = *driver_activity(&d);
	pg_exec(admin, "SELECT pg_create_logical_replication_slot('changes', 'pgoutput')");
	pg_exec(admin, "CREATE PUBLICATION changes");
	snprintf(sql, sizeof(sql),
		 "CREATE SUBSCRIPTION changes CONNECTION 'host=%s port=%d user=postgres dbname=postgres'"
		 " PUBLICATION changes WITH (create_slot = false, slot_name = 'changes')",
		 pg.dir, pg.port);
	pg_exec(admin, sql);
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL"
			   " AND backend_type LIKE 'logical replication%'");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'");
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->total, before.total);
	assert_int_equal(driver_activity(&d)->idle, before.idle);
	fetch_ok(&d, true);
	assert_int_equal(driver_activity(&d)->total, before.total);
	assert_int_equal(driver_activity(&d)->idle, before.idle);
	pg_exec(admin, "DROP SUBSCRIPTION changes");
	pg_exec(admin, "DROP PUBLICATION changes");
	driver_release(&d);
	PQfinish(idle);
}

static void test_without_pg_monitor(void **state)
{
	PGconn *c = pg_connect(&pg, "app_9", "secret-app"), *own = pg_connect(&pg, "plain", "own");
	const struct session *row;
	const struct snapshot *s;
	struct driver d;

	(void)state;
	pg_send(c, "SELECT pg_sleep(60), 'secret'");
	wait_state(c, "wait_event = 'PgSleep'");
	pg_send(own, "SELECT pg_sleep(60), 'own'");
	wait_state(own, "wait_event = 'PgSleep'");
	driver_init(&d, pg_conninfo(&pg, "plain", ""));
	fetch_ok(&d, false);
	s = d.last[DRIVE_SESSIONS];
	row = must_see(&d, c);
	assert_text(row->user, "app_9");
	assert_false(HAS(row, struct session, query));
	assert_false(HAS(row, struct session, state));
	assert_text(snapshot_unavailable(s, "query"), "needs pg_monitor");
	assert_text(snapshot_unavailable(s, "state"), "needs pg_monitor");
	assert_int_equal(snapshot_unavailable(s, "user").len, 0);
	assert_text(must_see(&d, own)->query, "SELECT pg_sleep(60), 'own'");
	assert_int_equal(driver_activity(&d)->total, 3);
	assert_false(HAS(driver_activity(&d), struct activity, running));
	assert_text(snapshot_unavailable(d.last[DRIVE_ACTIVITY], "running"), "needs pg_monitor");
	assert_int_equal(d.last[DRIVE_LOAD]->state, SNAP_UNAVAILABLE);
	assert_non_null(strstr(d.last[DRIVE_LOAD]->err.remedy, "pg_monitor"));
	driver_release(&d);
	cancel_and_close(c);
	cancel_and_close(own);
}

static void test_one_scan_a_refresh(void **state)
{
	size_t before = pg_log_count(&pg, "auroratop sampler|", "execute"), after;
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	for (int i = 0; i < 20; i++)
		fetch_ok(&d, false);
	driver_release(&d);
	after = pg_log_count(&pg, "auroratop sampler|", "execute");
	/* 20 samples, the probe, and search_path for the first sample */
	assert_int_equal(after - before, 22);
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "execute locks") > 0, true);
}

/* The same waits are explained by the same read of the locks; a new wait is a new read. */
static void test_locks_are_read_when_waits_change(void **state)
{
	PGconn *holder = pg_connect(&pg, "app_1", "again"), *first = pg_connect(&pg, "app_2", "again");
	PGconn *second = pg_connect(&pg, "app_2", "again");
	struct driver d;

	(void)state;
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "UPDATE t SET v = 5 WHERE id = 1");
	pg_send(first, "UPDATE t SET v = 6 WHERE id = 1");
	wait_blocked(first);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->round_trips, 3);
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	assert_int_equal(must_see(&d, first)->blocked_by, PQbackendPID(holder));
	assert_int_equal(must_see(&d, holder)->blocks, 1);
	pg_send(second, "UPDATE t SET v = 7 WHERE id = 1");
	wait_blocked(second);
	fetch_ok(&d, false);
	assert_int_equal(driver_activity(&d)->round_trips, 2);
	assert_int_equal(must_see(&d, holder)->blocks, 2);
	driver_release(&d);
	pg_exec(holder, "ROLLBACK");
	assert_true(pg_finish_sent(first) && pg_finish_sent(second));
	PQfinish(holder);
	PQfinish(first);
	PQfinish(second);
}

/* A role made while we watch has its name at once; nothing is asked twice for it. */
static void test_names_of_newcomers(void **state)
{
	struct driver d;
	PGconn *c;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	pg_exec(admin, "CREATE ROLE newcomer LOGIN");
	c = pg_connect(&pg, "newcomer", "new");
	pg_exec(c, "BEGIN");
	fetch_ok(&d, false);
	assert_text(must_see(&d, c)->user, "newcomer");
	assert_text(must_see(&d, c)->database, "postgres");
	assert_int_equal(driver_activity(&d)->round_trips, 2);
	fetch_ok(&d, false);
	assert_text(must_see(&d, c)->user, "newcomer");
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	driver_release(&d);
	PQfinish(c);
	pg_exec(admin, "DROP ROLE newcomer");
}

/* Members of a parallel group show their leader and its statement. */
static void test_parallel_workers(void **state)
{
	PGconn *c = pg_connect(&pg, "app_1", "parallel");
	const struct session *row;
	size_t workers = 0;
	struct driver d;

	(void)state;
	if (PQserverVersion(c) >= 130000) {
		pg_exec(c, "CREATE TEMP TABLE unused ()");
		pg_exec(admin, "CREATE TABLE many AS SELECT i FROM generate_series(1, 2000) i");
		pg_exec(admin, "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql PARALLEL SAFE COST 100000 AS "
			       "$$BEGIN PERFORM pg_sleep(0.05); RETURN $1; END$$");
		pg_exec(admin, "GRANT SELECT ON many TO PUBLIC");
		pg_exec(c, "SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost "
			   "= 0");
		pg_send(c, "SELECT sum(slow(i)) FROM many");
		pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker' "
				   "AND leader_pid IS NOT NULL AND query_start IS NOT NULL");
		driver_init(&d, pg_conninfo(&pg, "watch", ""));
		for (int i = 0; i < 2; i++)
			fetch_ok(&d, false);
		for (size_t i = 0; i < d.last[DRIVE_SESSIONS]->nrows; i++) {
			row = snapshot_row(d.last[DRIVE_SESSIONS], i);
			/* one that is still starting has no statement yet */
			if (!str_eq_c(row->backend_type, "parallel worker") || !HAS(row, struct session, leader_pid) ||
			    !HAS(row, struct session, query_start_at))
				continue;
			workers++;
			assert_int_equal(row->leader_pid, PQbackendPID(c));
			assert_text(row->query, "SELECT sum(slow(i)) FROM many");
		}
		assert_true(workers > 0);
		/* workers are not clients */
		assert_int_equal(driver_activity(&d)->running, 1);
		driver_release(&d);
	}
	cancel_and_close(c);
}

/* Stand-ins for what Aurora has in pg_catalog. */
static void test_aurora_instance(void **state)
{
	struct driver d;

	(void)state;
	pg_exec(admin,
		"CREATE FUNCTION pg_catalog.aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '15.4'::text$$");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	assert_false(HAS(driver_activity(&d), struct activity, instance));
	assert_non_null(
		strstr(snapshot_unavailable(d.last[DRIVE_ACTIVITY], "instance").ptr, "aurora_db_instance_identifier"));
	driver_release(&d);
	pg_exec(admin, "CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS varchar LANGUAGE sql AS "
		       "$$SELECT 'orders-1'::varchar$$");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	assert_text(driver_activity(&d)->instance, "orders-1");
	driver_release(&d);
	/* refused to us: not called, no error */
	pg_exec(admin, "REVOKE EXECUTE ON FUNCTION pg_catalog.aurora_db_instance_identifier() FROM PUBLIC");
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	fetch_ok(&d, false);
	assert_false(HAS(driver_activity(&d), struct activity, instance));
	driver_release(&d);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
}

static void test_types_are_sound(void **state)
{
	struct err err = {0};

	(void)state;
	if (!rec_check(&session_type, &err) || !rec_check(&activity_type, &err) || !rec_check(&load_type, &err) ||
	    !rec_check(&load_sample_type, &err) || !rec_check(source_databases.type, &err) ||
	    !rec_check(source_database_sizes.type, &err))
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "allow_system_table_mods = on\nwal_level = logical\n");
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
		cmocka_unit_test(test_types_are_sound),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_load_points),
		cmocka_unit_test(test_load_is_bounded),
		cmocka_unit_test(test_lock_chain),
		cmocka_unit_test(test_idle_blocker_is_brought),
		cmocka_unit_test(test_prepared_transaction_blocks),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_text_is_cut_at_characters),
		cmocka_unit_test(test_wide_shows_idle),
		cmocka_unit_test(test_slow_lane_is_left_out),
		cmocka_unit_test(test_background_worker_is_no_client),
		cmocka_unit_test(test_without_pg_monitor),
		cmocka_unit_test(test_one_scan_a_refresh),
		cmocka_unit_test(test_locks_are_read_when_waits_change),
		cmocka_unit_test(test_names_of_newcomers),
		cmocka_unit_test(test_parallel_workers),
		cmocka_unit_test(test_aurora_instance),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
