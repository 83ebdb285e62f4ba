/* test_lock_wait.c: the record of "locks", and what is said about each kind of blocker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/lock_wait.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(4096, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct lock_wait blocker(const char *state, const char *type)
{
	struct lock_wait row = {.pid = 4711, .victims = 7, .direct_victims = 2, .root = 4711};

	SET(&row, struct lock_wait, state, str_c(state));
	SET(&row, struct lock_wait, backend_type, str_c(type));
	SET(&row, struct lock_wait, locks_held, 7);
	return row;
}

static void says(struct lock_wait row, const char *words)
{
	lock_wait_advise(&row, arena);
	assert_true(HAS(&row, struct lock_wait, next_step));
	if (str_find(row.next_step, str_c(words), 0) < 0)
		fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(row.next_step), words);
}

static void test_type_is_sound(void **state)
{
	struct err err = {0};

	(void)state;
	if (!rec_check(&lock_wait_type, &err))
		fail_msg("%s", err.text);
}

/* What its statement is known by, so that it can be looked up and seen to be another one by now. */
static void test_statement_of_a_session(void **state)
{
	struct session session = {.pid = 4711};
	struct lock_wait row = {.pid = 4711}, other = {.pid = 4712};

	(void)state;
	SET(&session, struct session, query, STR("select 1"));
	SET(&session, struct session, query_id, -17);
	SET(&session, struct session, query_start_at, 5);
	lock_wait_add_session(&row, &session);
	assert_true(HAS(&row, struct lock_wait, query_id) && row.query_id == -17);
	assert_true(HAS(&row, struct lock_wait, query_start_at) && row.query_start_at == 5);
	session.present = 0;
	lock_wait_add_session(&other, &session);
	assert_false(HAS(&other, struct lock_wait, query_id));
	assert_false(HAS(&other, struct lock_wait, query_start_at));
}

static void test_advice_by_state(void **state)
{
	struct lock_wait row = blocker("idle in transaction", "client backend");

	(void)state;
	says(row, "terminating 4711 rolls back its transaction and releases 7 locks; cancelling has no effect");
	says(blocker("idle in transaction (aborted)", "client backend"), "terminating 4711");
	says(blocker("running", "client backend"), "cancelling 4711 ends its statement, rolls back its transaction");
	says(blocker("idle", "client backend"), "belong to the session, not to a transaction");
	says(blocker("running", "autovacuum worker"), "gives way by itself after deadlock_timeout");
	says(blocker("running", "walsender"), "4711 is a walsender");
	row.locks_held = 1;
	says(row, "releases 1 lock;");
	says((struct lock_wait){.pid = 9, .victims = 1}, "what 9 does is not visible");
}

static void test_advice_for_those_that_wait(void **state)
{
	struct lock_wait row = blocker("waiting", "client backend");

	(void)state;
	SET(&row, struct lock_wait, mode, STR("ShareLock"));
	row.root = 4600;
	says(row, "cancelling 4711 lets 2 that wait for it go on sooner; the root stays 4600");
	row.direct_victims = 1;
	says(row, "lets 1 that waits for it");
	row.in_cycle = 1;
	says(row, "after deadlock_timeout the server cancels one of them");
	row.victims = 0;
	lock_wait_advise(&row, arena);
	assert_false(HAS(&row, struct lock_wait, next_step));
}

/* The name of a prepared transaction is anybody's text; what is shown can be pasted. */
static void test_advice_for_prepared(void **state)
{
	struct lock_wait row = {.pid = 0, .victims = 1};

	(void)state;
	SET(&row, struct lock_wait, state, STR("prepared"));
	says(row, "pg_prepared_xacts has its name");
	SET(&row, struct lock_wait, gid, STR("it's; DROP TABLE t"));
	says(row, "ROLLBACK PREPARED 'it''s; DROP TABLE t'");
	SET(&row, struct lock_wait, database, STR("orders"));
	SET(&row, struct lock_wait, user, STR("etl"));
	says(row, "in database orders, as etl or a superuser");
}

static void test_session_columns(void **state)
{
	struct session session = {.pid = 5};
	struct lock_wait row = {.pid = 5};

	(void)state;
	SET(&session, struct session, state, STR("running"));
	SET(&session, struct session, user, STR("app"));
	SET(&session, struct session, xact_us, 77);
	SET(&session, struct session, query, STR("select 1"));
	lock_wait_add_session(&row, &session);
	assert_true(str_eq(row.state, STR("running")));
	assert_true(str_eq(row.user, STR("app")));
	assert_int_equal(row.xact_us, 77);
	assert_false(HAS(&row, struct lock_wait, client));
	/* the locks were read after the sessions */
	SET(&row, struct lock_wait, mode, STR("ShareLock"));
	lock_wait_add_session(&row, &session);
	assert_true(str_eq(row.state, STR("waiting")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type_is_sound),       cmocka_unit_test(test_statement_of_a_session),
		cmocka_unit_test(test_advice_by_state),     cmocka_unit_test(test_advice_for_those_that_wait),
		cmocka_unit_test(test_advice_for_prepared), cmocka_unit_test(test_session_columns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
