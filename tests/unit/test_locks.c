/* test_locks.c: the waits-for graph on hand-made lock tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "db/locks.h"

#define GRANTED true
#define WAITS false

static struct lock_row lock(const char *tag, int64_t pid, enum lock_mode mode, bool granted, int64_t since_us)
{
	return (struct lock_row){
		.tag = str_c(tag), .pid = pid, .group = pid, .mode = mode, .granted = granted, .since_us = since_us};
}

static struct lock_graph build(const struct lock_row *rows, size_t n, bool queue_known)
{
	struct lock_graph g;
	struct err err = {0};

	if (!lock_graph_build(rows, n, queue_known, &g, &err))
		fail_msg("%s", err.text);
	return g;
}

static void expect(const struct lock_graph *g, int64_t pid, int64_t blocked_by, uint32_t blockers, uint32_t blocks)
{
	const struct lock_session *s = lock_graph_find(g, pid);

	if (!s)
		fail_msg("%lld is not in the graph", (long long)pid);
	if ((blockers && s->blocked_by != blocked_by) || s->blockers != blockers || s->blocks != blocks)
		fail_msg("%lld: blocked by %lld, %u blockers, blocks %u", (long long)pid, (long long)s->blocked_by,
			 s->blockers, s->blocks);
}

/* The table of the manual, section "Table-Level Locks". */
static void test_conflict_matrix(void **state)
{
	static const char *const table[] = {
		"........", /* unused */
		".......x", "......xx", "....xxxx", "...xxxxx", "..xx.xxx", "..xxxxxx", ".xxxxxxx", "xxxxxxxx",
	};

	(void)state;
	for (int a = LOCK_ACCESS_SHARE; a < LOCK__COUNT; a++)
		for (int b = LOCK_ACCESS_SHARE; b < LOCK__COUNT; b++) {
			assert_int_equal(lock_conflicts((enum lock_mode)a, (enum lock_mode)b), table[a][b - 1] == 'x');
			assert_int_equal(lock_conflicts((enum lock_mode)a, (enum lock_mode)b),
					 lock_conflicts((enum lock_mode)b, (enum lock_mode)a));
		}
}

static void test_mode_names(void **state)
{
	(void)state;
	assert_int_equal(lock_mode_parse(STR("AccessShareLock")), LOCK_ACCESS_SHARE);
	assert_int_equal(lock_mode_parse(STR("RowShareLock")), LOCK_ROW_SHARE);
	assert_int_equal(lock_mode_parse(STR("RowExclusiveLock")), LOCK_ROW_EXCLUSIVE);
	assert_int_equal(lock_mode_parse(STR("ShareUpdateExclusiveLock")), LOCK_SHARE_UPDATE_EXCLUSIVE);
	assert_int_equal(lock_mode_parse(STR("ShareLock")), LOCK_SHARE);
	assert_int_equal(lock_mode_parse(STR("ShareRowExclusiveLock")), LOCK_SHARE_ROW_EXCLUSIVE);
	assert_int_equal(lock_mode_parse(STR("ExclusiveLock")), LOCK_EXCLUSIVE);
	assert_int_equal(lock_mode_parse(STR("AccessExclusiveLock")), LOCK_ACCESS_EXCLUSIVE);
	assert_int_equal(lock_mode_parse(STR("SIReadLock")), LOCK_NONE);
	assert_int_equal(lock_mode_parse(STR("")), LOCK_NONE);
	assert_false(lock_conflicts(LOCK_NONE, LOCK_ACCESS_EXCLUSIVE));
}

/* 1 holds a row, 2 waits for 1 holding the tuple lock, 3 and 4 queue for the tuple. */
static void test_chain(void **state)
{
	const struct lock_row rows[] = {
		lock("xid 7", 1, LOCK_EXCLUSIVE, GRANTED, 0), lock("xid 7", 2, LOCK_SHARE, WAITS, 100),
		lock("tuple", 2, LOCK_EXCLUSIVE, GRANTED, 0), lock("tuple", 4, LOCK_EXCLUSIVE, WAITS, 300),
		lock("tuple", 3, LOCK_EXCLUSIVE, WAITS, 200),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	expect(&g, 1, 0, 0, 3);
	expect(&g, 2, 1, 1, 2);
	expect(&g, 3, 2, 1, 1);
	expect(&g, 4, 2, 2, 0); /* holder 2 and 3, who came first */
	assert_int_equal(lock_graph_find(&g, 4)->since_us, 300);
	assert_null(lock_graph_find(&g, 9));
	lock_graph_release(&g);
}

/* A reader queues behind a waiting AccessExclusive, not behind the writer that holds the table. */
static void test_queue_counts(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 10, LOCK_ROW_EXCLUSIVE, GRANTED, 0), lock("t", 20, LOCK_ACCESS_EXCLUSIVE, WAITS, 5),
		lock("t", 30, LOCK_ACCESS_SHARE, WAITS, 9),
		lock("t", 40, LOCK_ACCESS_SHARE, WAITS, 3), /* before the AccessExclusive: nothing conflicts */
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	/* 40 asked before 20, so 20 waits for it, too */
	expect(&g, 20, 10, 2, 1);
	expect(&g, 30, 20, 1, 0);
	expect(&g, 10, 0, 0, 2);
	expect(&g, 40, 0, 0, 2);
	lock_graph_release(&g);
}

/* A wait whose start the server has not written down yet has only just begun: it stands last. */
static void test_unknown_start_is_last(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("t", 2, LOCK_EXCLUSIVE, WAITS, 0),
		lock("t", 3, LOCK_EXCLUSIVE, WAITS, 50),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	expect(&g, 3, 1, 1, 1);
	expect(&g, 2, 1, 2, 0);
	lock_graph_release(&g);
}

/* Without the start of waits a holder explains a wait; only where none does, another waiter is named. */
static void test_queue_unknown(void **state)
{
	const struct lock_row held[] = {
		lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("t", 2, LOCK_EXCLUSIVE, WAITS, 0),
		lock("t", 3, LOCK_EXCLUSIVE, WAITS, 0),
	};
	const struct lock_row queued[] = {
		lock("t", 1, LOCK_ROW_EXCLUSIVE, GRANTED, 0),
		lock("t", 2, LOCK_ACCESS_EXCLUSIVE, WAITS, 0),
		lock("t", 3, LOCK_ACCESS_SHARE, WAITS, 0),
	};
	struct lock_graph g = build(held, ARRAY_LEN(held), false);

	(void)state;
	expect(&g, 1, 0, 0, 2);
	expect(&g, 2, 1, 1, 0);
	expect(&g, 3, 1, 1, 0);
	lock_graph_release(&g);
	g = build(queued, ARRAY_LEN(queued), false);
	expect(&g, 2, 1, 1, 1);
	expect(&g, 3, 2, 1, 0);
	lock_graph_release(&g);
}

static void test_several_blockers_and_a_prepared_one(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 9, LOCK_SHARE, GRANTED, 0),       lock("t", 5, LOCK_SHARE, GRANTED, 0),
		lock("t", 5, LOCK_ROW_SHARE, GRANTED, 0),   lock("t", 7, LOCK_ACCESS_SHARE, GRANTED, 0),
		lock("t", 3, LOCK_ROW_EXCLUSIVE, WAITS, 1),
	};
	const struct lock_row prepared[] = {
		lock("t", 9, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("t", 0, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("t", 3, LOCK_SHARE, WAITS, 1),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	expect(&g, 3, 5, 2, 0);
	expect(&g, 5, 0, 0, 1);
	expect(&g, 9, 0, 0, 1);
	assert_null(lock_graph_find(&g, 7));
	lock_graph_release(&g);
	g = build(prepared, ARRAY_LEN(prepared), true);
	expect(&g, 3, 0, 2, 0);
	expect(&g, 0, 0, 0, 1);
	lock_graph_release(&g);
}

static void test_parallel_group_never_blocks_itself(void **state)
{
	struct lock_row rows[] = {
		lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("t", 2, LOCK_EXCLUSIVE, WAITS, 1),
		lock("t", 3, LOCK_EXCLUSIVE, WAITS, 2),
	};
	struct lock_graph g;

	(void)state;
	rows[1].group = 1; /* 2 works for 1 */
	g = build(rows, ARRAY_LEN(rows), true);
	expect(&g, 1, 0, 0, 1);
	expect(&g, 2, 0, 0, 1);
	expect(&g, 3, 1, 2, 0);
	lock_graph_release(&g);
}

static void test_cycle_ends(void **state)
{
	const struct lock_row rows[] = {
		lock("a", 1, LOCK_EXCLUSIVE, GRANTED, 0), lock("b", 2, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("a", 2, LOCK_EXCLUSIVE, WAITS, 1),   lock("b", 1, LOCK_EXCLUSIVE, WAITS, 2),
		lock("b", 3, LOCK_EXCLUSIVE, WAITS, 3),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	expect(&g, 1, 2, 1, 2);
	expect(&g, 2, 1, 1, 2);
	expect(&g, 3, 2, 2, 0);
	lock_graph_release(&g);
}

/* Upgrading one's own lock waits for the others only. */
static void test_own_lock_is_no_blocker(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 1, LOCK_SHARE, GRANTED, 0),
		lock("t", 2, LOCK_SHARE, GRANTED, 0),
		lock("t", 1, LOCK_EXCLUSIVE, WAITS, 1),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	expect(&g, 1, 2, 1, 0);
	expect(&g, 2, 0, 0, 1);
	lock_graph_release(&g);
}

/* Same tag text is the same object, another one is not. */
static void test_objects_are_apart(void **state)
{
	const struct lock_row rows[] = {
		lock("relation/1", 1, LOCK_ACCESS_EXCLUSIVE, GRANTED, 0),
		lock("relation/11", 2, LOCK_ACCESS_EXCLUSIVE, WAITS, 1),
	};
	struct lock_graph g = build(rows, ARRAY_LEN(rows), true);

	(void)state;
	assert_int_equal(g.n, 0);
	lock_graph_release(&g);
	g = build(NULL, 0, true);
	assert_int_equal(g.n, 0);
	lock_graph_release(&g);
}

/* A star of 2,500 waiters: exact numbers, and no three million edges (the test would take minutes). */
static void test_large_star(void **state)
{
	enum { N = 2500 };
	struct lock_row *rows = xcalloc(N + 1, sizeof(*rows));
	struct lock_graph g;

	(void)state;
	rows[0] = lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0);
	for (int i = 1; i <= N; i++)
		rows[i] = lock("t", 10000 - i, LOCK_EXCLUSIVE, WAITS, 1000 + i);
	g = build(rows, N + 1, true);
	expect(&g, 1, 0, 0, N);
	expect(&g, 10000 - 1, 1, 1, N - 1);
	expect(&g, 10000 - 2, 1, 2, N - 2);
	expect(&g, 10000 - N, 1, N, 0);
	lock_graph_release(&g);
	xfree(rows);
}

static void test_limit(void **state)
{
	struct lock_row row = lock("t", 1, LOCK_SHARE, GRANTED, 0);
	struct lock_graph g;
	struct err err = {0};

	(void)state;
	assert_false(lock_graph_build(&row, (size_t)LOCK_ROWS_MAX + 1, true, &g, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	lock_graph_release(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conflict_matrix),
		cmocka_unit_test(test_mode_names),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_queue_counts),
		cmocka_unit_test(test_unknown_start_is_last),
		cmocka_unit_test(test_queue_unknown),
		cmocka_unit_test(test_several_blockers_and_a_prepared_one),
		cmocka_unit_test(test_parallel_group_never_blocks_itself),
		cmocka_unit_test(test_cycle_ends),
		cmocka_unit_test(test_own_lock_is_no_blocker),
		cmocka_unit_test(test_objects_are_apart),
		cmocka_unit_test(test_large_star),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
