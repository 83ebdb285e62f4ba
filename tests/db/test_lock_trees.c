/*
 * test_lock_trees.c: the lock trees of a real server: chains, crowds in the way, prepared
 * transactions, circles, names; and what they cost in statements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "db/lock_wait.h"
#include "driver.h"
#include "pg_fixture.h"

#define CONNS_MAX 8

static struct pg pg;
static PGconn *admin;
static PGconn *conns[CONNS_MAX];
static size_t nconns;
static struct driver d;

#define assert_text(s, lit)                                                      \
	do {                                                                     \
		struct str text_ = (s);                                          \
		if (!str_eq_c(text_, lit))                                       \
			fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text_), lit); \
	} while (0)
#define assert_says(s, part)                                                            \
	do {                                                                            \
		struct str text_ = (s);                                                 \
		if (str_find(text_, STR(part), 0) < 0)                                  \
			fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(text_), part); \
	} while (0)

static PGconn *session(const char *role, const char *application)
{
	assert_true(nconns < CONNS_MAX);
	conns[nconns] = pg_connect(&pg, role, application);
	return conns[nconns++];
}

static PGconn *session_elsewhere(const char *application)
{
	char info[512];

	assert_true(nconns < CONNS_MAX);
	snprintf(info, sizeof(info), "host=%s port=%d user=postgres dbname=orders application_name=%s", pg.dir, pg.port,
		 application);
	conns[nconns] = PQconnectdb(info);
	assert_int_equal(PQstatus(conns[nconns]), CONNECTION_OK);
	return conns[nconns++];
}

/* Sends a statement that must wait for a lock, and waits until it does. */
static void send_waiting(PGconn *c, const char *sql)
{
	char condition[160];

	pg_send(c, sql);
	snprintf(condition, sizeof(condition),
		 "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'", PQbackendPID(c));
	pg_wait_for(admin, condition);
}

static const struct snapshot *look(void)
{
	const struct snapshot *s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	assert_int_equal(d.last[DRIVE_LOCKS]->state, SNAP_OK);
	return d.last[DRIVE_LOCKS];
}

/* A console that has just begun and knows the names of all roles and databases there are: for a minute it does not
 * ask for them. */
static void begin_anew(void)
{
	driver_release(&d);
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	d.looks_at_locks = true;
	(void)driver_fetch(&d, DRIVE_SESSIONS, true, 0);
}

/* Twice: what the first one found to be missing comes with the second. */
static const struct snapshot *look_twice(void)
{
	(void)look();
	return look();
}

static const struct lock_wait *at(size_t i)
{
	assert_true(i < d.last[DRIVE_LOCKS]->nrows);
	return snapshot_row(d.last[DRIVE_LOCKS], i);
}

static void expect(size_t i, const PGconn *c, int64_t depth, const PGconn *blocker, int64_t victims)
{
	const struct lock_wait *row = at(i);

	assert_int_equal(row->pid, PQbackendPID(c));
	assert_int_equal(row->depth, depth);
	assert_int_equal(row->victims, victims);
	assert_int_equal(HAS(row, struct lock_wait, blocked_by), blocker != NULL);
	if (blocker)
		assert_int_equal(row->blocked_by, PQbackendPID(blocker));
}

static bool queue_known(void)
{
	return PQserverVersion(admin) >= 140000;
}

/* 1 holds a row; 2 waits for 1 and holds another row; 3 waits for that; 4 queues behind 2 for the first. */
static void test_chain_of_depth_three(void **state)
{
	PGconn *root = session("app_1", "root"), *middle = session("app_2", "middle");
	PGconn *leaf = session("app_3", "leaf"), *late = session("app_4", "late");
	const struct lock_wait *row;

	(void)state;
	pg_exec(root, "BEGIN");
	pg_exec(root, "UPDATE t SET v = 1 WHERE id = 1");
	pg_exec(middle, "BEGIN");
	pg_exec(middle, "UPDATE t SET v = 2 WHERE id = 2");
	send_waiting(middle, "UPDATE t SET v = 2 WHERE id = 1");
	send_waiting(leaf, "UPDATE t SET v = 3 WHERE id = 2");
	send_waiting(late, "UPDATE t SET v = 4 WHERE id = 1");
	assert_int_equal(look_twice()->nrows, 4);

	expect(0, root, 0, NULL, 3);
	row = at(0);
	assert_text(row->state, "idle in transaction");
	assert_text(row->user, "app_1");
	assert_text(row->application, "root");
	assert_text(row->query, "UPDATE t SET v = 1 WHERE id = 1");
	assert_text(row->holds_mode, "RowExclusiveLock");
	assert_text(row->holds_objects, "public.t");
	assert_says(row->holds, "RowExclusiveLock relation public.t");
	assert_says(row->holds, "ExclusiveLock xid ");
	/* table, index and transaction id */
	assert_int_equal(row->locks_held, 3);
	assert_true(row->xid > 0);
	assert_int_equal(row->direct_victims, 1);
	assert_false(HAS(row, struct lock_wait, mode));
	assert_says(row->next_step, "rolls back its transaction and releases 3 locks");

	expect(1, middle, 1, root, 2);
	row = at(1);
	assert_text(row->state, "waiting");
	assert_text(row->lock_type, "transactionid");
	assert_text(row->mode, "ShareLock");
	assert_text(row->held_mode, "ExclusiveLock");
	assert_says(row->object, "xid ");
	assert_says(row->object, " for public.t (0,");
	assert_int_equal(row->root, PQbackendPID(root));

	/* both wait for the middle one: for its other row, and for its place at the first */
	for (size_t i = 2; i < 4; i++) {
		assert_int_equal(at(i)->blocked_by, PQbackendPID(middle));
		assert_int_equal(at(i)->depth, 2);
		assert_int_equal(at(i)->victims, 0);
		assert_int_equal(at(i)->root, PQbackendPID(root));
		assert_false(HAS(at(i), struct lock_wait, next_step));
	}
	if (queue_known()) {
		expect(2, leaf, 2, middle, 0);
		assert_text(at(3)->lock_type, "tuple");
		assert_says(at(3)->object, "tuple public.t (0,");
		assert_true(at(2)->wait_us >= at(3)->wait_us && at(3)->wait_us > 0);
		assert_int_equal(at(1)->victims_wait_us, at(2)->wait_us + at(3)->wait_us);
		assert_int_equal(at(0)->victims_wait_us, at(1)->wait_us + at(1)->victims_wait_us);
	} else {
		assert_false(HAS(at(1), struct lock_wait, wait_us));
		assert_text(snapshot_unavailable(d.last[DRIVE_LOCKS], "wait_us"), "needs PostgreSQL 14");
	}
	assert_int_equal(driver_activity(&d)->blocked, 3);

	pg_exec(root, "ROLLBACK");
	assert_true(pg_finish_sent(middle));
	pg_exec(middle, "ROLLBACK");
	assert_true(pg_finish_sent(leaf) && pg_finish_sent(late));
	assert_int_equal(look()->nrows, 0);
}

/* Three readers of a table are in the way of an ALTER TABLE, and a fourth queues behind it. */
static void test_several_blockers(void **state)
{
	PGconn *holders[3], *alter, *reader;

	(void)state;
	for (int i = 0; i < 3; i++) {
		holders[i] = session("app_1", "reader");
		pg_exec(holders[i], "BEGIN");
		pg_exec(holders[i], "SELECT count(*) FROM t");
	}
	alter = session("app_2", "migration");
	reader = session("app_3", "late");
	send_waiting(alter, "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; COMMIT");
	send_waiting(reader, "SELECT count(*) FROM t");
	/* where the server does not tell the order, it is asked who blocks whom */
	assert_int_equal(look_twice()->nrows, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct lock_wait *row = at(i);

		if (row->pid == PQbackendPID(alter)) {
			assert_int_equal(row->blockers, 3);
			assert_int_equal(row->depth, 1);
			assert_int_equal(row->victims, 1);
			assert_text(row->object, "relation public.t");
			assert_text(row->mode, "AccessExclusiveLock");
			assert_text(row->held_mode, "AccessShareLock");
			assert_true(str_find(row->also_blocked_by, STR(" "), 0) > 0);
		} else if (row->pid == PQbackendPID(reader)) {
			assert_int_equal(row->blocked_by, PQbackendPID(alter));
			assert_int_equal(row->blockers, 1);
			assert_int_equal(row->depth, 2);
			assert_text(row->mode, "AccessShareLock");
			assert_false(HAS(row, struct lock_wait, held_mode));
		} else {
			assert_int_equal(row->depth, 0);
			assert_int_equal(row->victims, 2);
			assert_int_equal(row->direct_victims, 1);
		}
	}
	for (int i = 0; i < 3; i++)
		pg_exec(holders[i], "COMMIT");
	assert_true(pg_finish_sent(alter) && pg_finish_sent(reader));
}

/* Two prepared transactions are two roots, with name, owner and what to do. */
static void test_prepared_transactions(void **state)
{
	PGconn *owner = session("app_5", "2pc"), *first = session("app_6", "waiter"),
	       *second = session("app_6", "waiter");
	const struct lock_wait *row;

	(void)state;
	begin_anew();
	pg_exec(owner, "BEGIN");
	pg_exec(owner, "UPDATE t SET v = 9 WHERE id = 1");
	pg_exec(owner, "PREPARE TRANSACTION 'it''s left'");
	pg_exec(owner, "BEGIN");
	pg_exec(owner, "UPDATE t SET v = 9 WHERE id = 2");
	pg_exec(owner, "PREPARE TRANSACTION 'other'");
	send_waiting(first, "UPDATE t SET v = 8 WHERE id = 1");
	send_waiting(second, "UPDATE t SET v = 8 WHERE id = 1");
	assert_int_equal(look_twice()->nrows, 3);
	row = at(0);
	assert_int_equal(row->pid, 0);
	assert_text(row->gid, "it's left");
	assert_text(row->user, "app_5");
	assert_text(row->database, "postgres");
	assert_text(row->state, "prepared");
	assert_text(row->holds_objects, "public.t");
	assert_true(row->prepared_us > 0 && row->prepared_xid > 0 && row->prepared_at > 0);
	assert_text(row->next_step, "ROLLBACK PREPARED 'it''s left' in database postgres, as app_5 or a superuser");
	assert_int_equal(row->victims, 2);
	assert_true(HAS(at(1), struct lock_wait, blocked_by));
	assert_int_equal(at(1)->blocked_by, 0);
	assert_int_equal(at(1)->root, 0);

	/* known by now: no further statement */
	assert_int_equal(look()->nrows, 3);
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	pg_exec(owner, "ROLLBACK PREPARED 'it''s left'");
	assert_true(pg_finish_sent(first) && pg_finish_sent(second));
	send_waiting(first, "UPDATE t SET v = 8 WHERE id = 2");
	assert_int_equal(look()->nrows, 2);
	assert_text(at(0)->gid, "other");
	pg_exec(owner, "ROLLBACK PREPARED 'other'");
	assert_true(pg_finish_sent(first));
}

static void test_advisory_locks(void **state)
{
	PGconn *holder = session("app_5", "advisory"), *one = session("app_6", "advisory");
	PGconn *two = session("app_6", "advisory");

	(void)state;
	pg_exec(holder, "SELECT pg_advisory_lock(42), pg_advisory_lock(-1, 7)");
	send_waiting(one, "SELECT pg_advisory_lock(42)");
	send_waiting(two, "SELECT pg_advisory_lock_shared(-1, 7)");
	assert_int_equal(look_twice()->nrows, 3);
	expect(0, holder, 0, NULL, 2);
	/* idle, so that a sample would leave it out */
	assert_text(at(0)->state, "idle");
	assert_says(at(0)->holds, "advisory (-1, 7)");
	assert_says(at(0)->holds_objects, "advisory 42");
	assert_says(at(0)->next_step, "belong to the session");
	for (size_t i = 1; i < 3; i++)
		if (at(i)->pid == PQbackendPID(one))
			assert_text(at(i)->object, "advisory 42");
		else
			assert_text(at(i)->object, "advisory (-1, 7)");
	pg_exec(holder, "SELECT pg_advisory_unlock_all()");
	assert_true(pg_finish_sent(one) && pg_finish_sent(two));
}

/* A deadlock, long before the server looks for it. */
static void test_cycle(void **state)
{
	PGconn *a = session("app_1", "cycle"), *b = session("app_2", "cycle"), *behind = session("app_3", "behind");
	char cancel[64];

	(void)state;
	pg_exec(a, "BEGIN");
	pg_exec(a, "UPDATE t SET v = 1 WHERE id = 1");
	pg_exec(b, "BEGIN");
	pg_exec(b, "UPDATE t SET v = 2 WHERE id = 2");
	send_waiting(a, "UPDATE t SET v = 1 WHERE id = 2");
	send_waiting(b, "UPDATE t SET v = 2 WHERE id = 1");
	send_waiting(behind, "UPDATE t SET v = 3 WHERE id = 2");
	assert_int_equal(look_twice()->nrows, 3);
	assert_int_equal(at(0)->depth, 0);
	assert_int_equal(at(0)->in_cycle, 1);
	/* the top of the circle waits for one that stands below it */
	assert_true(HAS(at(0), struct lock_wait, blocked_by) && at(0)->blocked_by > 0);
	assert_text(at(0)->state, "waiting");
	assert_says(at(0)->next_step, "after deadlock_timeout the server cancels one of them");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(at(i)->in_cycle, at(i)->pid != PQbackendPID(behind));
	if (queue_known())
		expect(0, a, 0, b, 2);
	/* only one of the two: where both are told, the other one may have got its row before the word arrives */
	snprintf(cancel, sizeof cancel, "SELECT pg_cancel_backend(%d)", PQbackendPID(a));
	pg_exec(admin, cancel);
	assert_false(pg_finish_sent(a));
	pg_exec(a, "ROLLBACK");
	assert_true(pg_finish_sent(b));
	pg_exec(b, "ROLLBACK");
	assert_true(pg_finish_sent(behind));
}

/* Names come quoted where they must be; a relation of another database keeps its oid. */
static void test_names(void **state)
{
	PGconn *holder = session("postgres", "quoted"), *waiter = session("postgres", "quoted");
	PGconn *there = session_elsewhere("elsewhere"), *there_too = session_elsewhere("elsewhere");
	bool quoted = false, elsewhere = false;

	(void)state;
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE \"Odd \"\"Schema\"\"\".\"t; drop \xc3\xa9\" IN ACCESS EXCLUSIVE MODE");
	send_waiting(waiter, "SELECT * FROM \"Odd \"\"Schema\"\"\".\"t; drop \xc3\xa9\"");
	pg_exec(there, "BEGIN");
	pg_exec(there, "LOCK TABLE there IN ACCESS EXCLUSIVE MODE");
	send_waiting(there_too, "SELECT * FROM there");
	assert_int_equal(look_twice()->nrows, 4);
	for (size_t i = 0; i < 4; i++) {
		if (!HAS(at(i), struct lock_wait, object))
			continue;
		quoted |= str_eq_c(at(i)->object, "relation \"Odd \"\"Schema\"\"\".\"t; drop \xc3\xa9\"");
		elsewhere |= str_starts(at(i)->object, STR("relation oid ")) &&
			     str_ends(at(i)->object, STR(" in database orders"));
	}
	assert_true(quoted && elsewhere);
	pg_exec(holder, "COMMIT");
	pg_exec(there, "COMMIT");
	assert_true(pg_finish_sent(waiter) && pg_finish_sent(there_too));
}

/* A table whose maker has not committed: nobody else sees its name, and it is asked for only once. */
static void test_relation_not_visible(void **state)
{
	PGconn *holder = session("postgres", "creator"), *waiter = session("app_1", "other");
	char sql[80], words[80];
	long long oid;

	(void)state;
	begin_anew();
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "CREATE TABLE unseen (i int)");
	oid = pg_number(holder, "SELECT 'unseen'::regclass::oid");
	snprintf(sql, sizeof(sql), "SELECT pg_relation_size(%lld)", oid);
	snprintf(words, sizeof(words), "relation oid %lld", oid);
	send_waiting(waiter, sql);
	assert_int_equal(look_twice()->nrows, 2);
	assert_text(at(1)->object, words);
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	pg_exec(holder, "ROLLBACK");
	assert_true(pg_finish_sent(waiter));
}

/* Statements a refresh: one while the same ones wait; names cost one more, once; and none of it unless looked at. */
static void test_round_trips(void **state)
{
	PGconn *holder = session("app_1", "trips"), *first = session("app_2", "trips"),
	       *second = session("app_3", "trips");
	size_t names;

	(void)state;
	begin_anew();
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
	send_waiting(first, "SELECT count(*) FROM t");
	names = pg_log_count(&pg, "auroratop sampler|", "execute lock_names");
	d.looks_at_locks = false;
	(void)look();
	assert_int_equal(driver_activity(&d)->round_trips, 2);
	assert_int_equal(d.last[DRIVE_LOCKS]->nrows, 2);
	assert_says(at(1)->object, "relation oid ");
	assert_false(HAS(at(0), struct lock_wait, holds));
	(void)look();
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "execute lock_names"), names);

	/* somebody looks: what is held, and the name */
	d.looks_at_locks = true;
	(void)look();
	assert_int_equal(driver_activity(&d)->round_trips, 3);
	assert_text(at(1)->object, "relation public.t");
	assert_says(at(0)->holds, "AccessExclusiveLock relation public.t");
	for (int i = 0; i < 3; i++) {
		(void)look();
		assert_int_equal(driver_activity(&d)->round_trips, 1);
	}
	send_waiting(second, "SELECT count(*) FROM t");
	(void)look();
	/* the locks again, but no name is new */
	assert_int_equal(driver_activity(&d)->round_trips, 2);
	assert_int_equal(d.last[DRIVE_LOCKS]->nrows, 3);
	pg_exec(holder, "ROLLBACK");
	assert_true(pg_finish_sent(first) && pg_finish_sent(second));
	(void)look();
	assert_int_equal(driver_activity(&d)->round_trips, 1);
	assert_int_equal(d.last[DRIVE_LOCKS]->nrows, 0);
}

/* pg_locks hides nothing from a role without pg_monitor: the trees are there, but for what the sessions do. */
static void test_without_pg_monitor(void **state)
{
	PGconn *holder = session("app_1", "hidden"), *waiter = session("app_2", "hidden");
	const struct lock_wait *row;
	struct driver plain;

	(void)state;
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "UPDATE t SET v = 5 WHERE id = 1");
	send_waiting(waiter, "UPDATE t SET v = 6 WHERE id = 1");
	driver_init(&plain, pg_conninfo(&pg, "plain", ""));
	assert_int_equal(driver_fetch(&plain, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	assert_int_equal(plain.last[DRIVE_LOCKS]->nrows, 0);
	plain.looks_at_locks = true;
	assert_int_equal(driver_fetch(&plain, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	assert_int_equal(plain.last[DRIVE_LOCKS]->nrows, 2);
	row = snapshot_row(plain.last[DRIVE_LOCKS], 0);
	assert_int_equal(row->pid, PQbackendPID(holder));
	assert_text(row->user, "app_1");
	assert_text(row->holds_objects, "public.t");
	assert_false(HAS(row, struct lock_wait, state) || HAS(row, struct lock_wait, query));
	assert_text(snapshot_unavailable(plain.last[DRIVE_LOCKS], "query"), "needs pg_monitor");
	row = snapshot_row(plain.last[DRIVE_LOCKS], 1);
	assert_text(row->state, "waiting");
	assert_int_equal(row->blocked_by, PQbackendPID(holder));
	driver_release(&plain);
	pg_exec(holder, "ROLLBACK");
	assert_true(pg_finish_sent(waiter));
}

/* Selection in the console goes by the key: it stays the same while a transaction writes, waits and is waited for. */
static void test_key_is_stable(void **state)
{
	PGconn *holder = session("app_1", "key"), *waiter = session("app_2", "key"), *other = session("app_3", "key");
	char before[256], after[256];
	struct buf b;

	(void)state;
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE t IN SHARE MODE");
	send_waiting(waiter, "UPDATE t SET v = 6 WHERE id = 1");
	(void)look_twice();
	buf_init(&b, 256);
	rec_key_text(&lock_wait_type, at(0), &b);
	snprintf(before, sizeof(before), "%s", buf_c(&b));
	pg_exec(holder, "UPDATE u SET v = 1 WHERE id = 1");
	send_waiting(other, "UPDATE t SET v = 7 WHERE id = 2");
	(void)look_twice();
	assert_int_equal(at(0)->pid, PQbackendPID(holder));
	buf_clear(&b);
	rec_key_text(&lock_wait_type, at(0), &b);
	snprintf(after, sizeof(after), "%s", buf_c(&b));
	buf_release(&b);
	assert_string_equal(before, after);
	pg_exec(holder, "ROLLBACK");
	assert_true(pg_finish_sent(waiter) && pg_finish_sent(other));
}

static void test_no_server_errors_of_ours(void **state)
{
	(void)state;
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "FATAL:"), 0);
}

static int begin(void **state)
{
	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	d.looks_at_locks = true;
	return 0;
}

static int end(void **state)
{
	(void)state;
	driver_release(&d);
	for (; nconns > 0; nconns--)
		PQfinish(conns[nconns - 1]);
	return 0;
}

static int setup(void **state)
{
	PGconn *there;

	(void)state;
	pg_setup(&pg, "deadlock_timeout = '600s'");
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE TABLE t (id int PRIMARY KEY, v int)");
	pg_exec(admin, "INSERT INTO t SELECT i, 0 FROM generate_series(1, 10) AS i");
	pg_exec(admin, "CREATE TABLE u AS SELECT * FROM t");
	pg_exec(admin, "GRANT ALL ON t, u TO PUBLIC");
	pg_exec(admin, "CREATE SCHEMA \"Odd \"\"Schema\"\"\"");
	pg_exec(admin, "CREATE TABLE \"Odd \"\"Schema\"\"\".\"t; drop \xc3\xa9\" (i int)");
	there = session_elsewhere("setup");
	pg_exec(there, "CREATE TABLE there (i int)");
	PQfinish(there);
	nconns = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chain_of_depth_three),
		TEST(test_several_blockers),
		TEST(test_prepared_transactions),
		TEST(test_advisory_locks),
		TEST(test_cycle),
		TEST(test_names),
		TEST(test_relation_not_visible),
		TEST(test_round_trips),
		TEST(test_without_pg_monitor),
		TEST(test_key_is_stable),
		TEST(test_no_server_errors_of_ours),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
