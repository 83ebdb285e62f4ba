/*
 * test_forest.c: lock trees from hand-made lock tables, and what holds for every table: each
 * waiter stands once, below one that blocks it, whatever circles there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "db/forest.h"

#define GRANTED true
#define WAITS false
#define NOW 1000000

static struct lock_row lock(const char *tag, int64_t pid, enum lock_mode mode, bool granted, int64_t since_us)
{
	return (struct lock_row){
		.tag = str_c(tag), .pid = pid, .group = pid, .mode = mode, .granted = granted, .since_us = since_us};
}

static struct lock_forest grow(struct forest_input in)
{
	struct lock_forest f;
	struct err err = {0};

	in.now_us = NOW;
	if (!forest_build(&in, &f, &err))
		fail_msg("%s", err.text);
	return f;
}

static struct lock_forest plant(const struct lock_row *rows, size_t n)
{
	return grow((struct forest_input){.rows = rows, .n = n, .queue_known = true});
}

/* "1(2(3 4) 5*)": who stands below whom; * = in a circle. */
static const char *picture(const struct lock_forest *f)
{
	static char text[4096];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	for (size_t i = 0; i < f->n; i++) {
		const struct forest_node *node = &f->nodes[i];
		uint32_t before = i > 0 ? f->nodes[i - 1].depth : 0;

		if (i > 0 && node->depth > before)
			buf_add_char(&b, '(');
		for (; i > 0 && before > node->depth; before--)
			buf_add_char(&b, ')');
		if (i > 0 && node->depth <= f->nodes[i - 1].depth)
			buf_add_char(&b, ' ');
		buf_addf(&b, "%lld%s", (long long)node->id, node->in_cycle ? "*" : "");
	}
	for (uint32_t d = f->n > 0 ? f->nodes[f->n - 1].depth : 0; d > 0; d--)
		buf_add_char(&b, ')');
	snprintf(text, sizeof(text), "%s", buf_c(&b));
	buf_release(&b);
	return text;
}

static const struct forest_node *find(const struct lock_forest *f, int64_t id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->nodes[i].id == id)
			return &f->nodes[i];
	fail_msg("%lld is not in the forest", (long long)id);
	return NULL;
}

static void expect(const struct lock_forest *f, int64_t id, uint32_t blockers, uint32_t direct, uint32_t victims)
{
	const struct forest_node *node = find(f, id);

	if (node->blockers != blockers || node->direct_victims != direct || node->victims != victims)
		fail_msg("%lld: %u blockers, %u direct victims, %u in all", (long long)id, node->blockers,
			 node->direct_victims, node->victims);
}

static void test_chain_of_depth_three(void **state)
{
	const struct lock_row rows[] = {
		lock("xid 7", 1, LOCK_EXCLUSIVE, GRANTED, 0),     lock("xid 7", 2, LOCK_SHARE, WAITS, 100),
		lock("xid 8", 2, LOCK_EXCLUSIVE, GRANTED, 0),     lock("xid 8", 3, LOCK_SHARE, WAITS, 200),
		lock("tuple", 2, LOCK_EXCLUSIVE, GRANTED, 0),     lock("tuple", 5, LOCK_EXCLUSIVE, WAITS, 400),
		lock("tuple", 4, LOCK_EXCLUSIVE, WAITS, 300),     lock("other", 9, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("unrelated", 8, LOCK_EXCLUSIVE, GRANTED, 0),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));
	int64_t sum;

	(void)state;
	assert_string_equal(picture(&f), "1(2(3 4 5))");
	expect(&f, 1, 0, 1, 4);
	expect(&f, 2, 1, 3, 3);
	expect(&f, 4, 1, 0, 0);
	/* 5 queues behind 4, but who holds the tuple is 2 */
	expect(&f, 5, 1, 0, 0);
	assert_int_equal(find(&f, 5)->ahead, 1);
	assert_int_equal(find(&f, 3)->depth, 2);
	assert_int_equal(f.nodes[find(&f, 3)->root].id, 1);
	assert_int_equal(f.nodes[find(&f, 3)->parent].id, 2);
	assert_int_equal(rows[find(&f, 2)->held_row].mode, LOCK_EXCLUSIVE);
	assert_int_equal(rows[find(&f, 2)->wait_row].mode, LOCK_SHARE);
	assert_true(forest_victims_wait(find(&f, 2), 0, &sum));
	assert_int_equal(sum, 3 * NOW - 200 - 300 - 400);
	assert_true(forest_victims_wait(find(&f, 2), 50, &sum));
	assert_int_equal(sum, 3 * (NOW + 50) - 200 - 300 - 400);
	assert_false(forest_victims_wait(find(&f, 3), 0, &sum));
	forest_release(&f);
}

/* Blast radius: more victims, then longer waits, then the lower pid. */
static void test_roots_by_blast_radius(void **state)
{
	const struct lock_row rows[] = {
		lock("a", 10, LOCK_EXCLUSIVE, GRANTED, 0), lock("a", 11, LOCK_EXCLUSIVE, WAITS, 500),
		lock("b", 20, LOCK_EXCLUSIVE, GRANTED, 0), lock("b", 21, LOCK_EXCLUSIVE, WAITS, 900),
		lock("b", 22, LOCK_EXCLUSIVE, WAITS, 900), lock("c", 30, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("c", 31, LOCK_EXCLUSIVE, WAITS, 100), lock("d", 5, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("d", 6, LOCK_EXCLUSIVE, WAITS, 500),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(picture(&f), "20(21 22) 30(31) 5(6) 10(11)");
	forest_release(&f);
}

/* ALTER TABLE waits for all that hold the table; a reader queues behind it although nobody holds against it. */
static void test_several_blockers_and_queue(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 4711, LOCK_ROW_EXCLUSIVE, GRANTED, 0),  lock("t", 4802, LOCK_ROW_EXCLUSIVE, GRANTED, 0),
		lock("t", 4815, LOCK_ROW_EXCLUSIVE, GRANTED, 0),  lock("t", 4815, LOCK_ACCESS_SHARE, GRANTED, 0),
		lock("t", 4871, LOCK_ACCESS_EXCLUSIVE, WAITS, 5), lock("t", 4890, LOCK_ACCESS_SHARE, WAITS, 9),
		lock("x", 4711, LOCK_EXCLUSIVE, GRANTED, 0),      lock("x", 4802, LOCK_SHARE, WAITS, 2),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));
	const struct forest_node *alter = find(&f, 4871), *reader = find(&f, 4890);

	(void)state;
	assert_string_equal(picture(&f), "4711(4802 4871(4890)) 4815");
	expect(&f, 4871, 3, 1, 1);
	assert_int_equal(alter->nalso, 2);
	assert_int_equal(f.nodes[alter->also[0]].id, 4802);
	assert_int_equal(f.nodes[alter->also[1]].id, 4815);
	expect(&f, 4890, 1, 0, 0);
	assert_int_equal(reader->held_row, FOREST_NONE);
	/* each of those in the way counts the ones behind it, once */
	expect(&f, 4711, 0, 2, 3);
	expect(&f, 4802, 1, 1, 2);
	expect(&f, 4815, 0, 1, 2);
	forest_release(&f);
}

/* Of several modes one session holds, the strongest in the way is named. */
static void test_held_mode_is_the_strongest(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 1, LOCK_ROW_EXCLUSIVE, GRANTED, 0),
		lock("t", 1, LOCK_SHARE_UPDATE_EXCLUSIVE, GRANTED, 0),
		lock("t", 1, LOCK_ACCESS_SHARE, GRANTED, 0),
		lock("t", 2, LOCK_SHARE, WAITS, 1),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	expect(&f, 2, 1, 0, 0);
	assert_int_equal(rows[find(&f, 2)->held_row].mode, LOCK_SHARE_UPDATE_EXCLUSIVE);
	forest_release(&f);
}

/* Prepared transactions are told apart, and their sessions are long gone. */
static void test_prepared_transactions(void **state)
{
	const struct lock_row rows[] = {
		lock("t", -501, LOCK_EXCLUSIVE, GRANTED, 0), lock("t", 3, LOCK_SHARE, WAITS, 1),
		lock("u", -502, LOCK_EXCLUSIVE, GRANTED, 0), lock("u", 4, LOCK_SHARE, WAITS, 2),
		lock("u", 5, LOCK_SHARE, WAITS, 3),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(picture(&f), "-502(4 5) -501(3)");
	forest_release(&f);
}

static void test_parallel_group_is_one(void **state)
{
	struct lock_row rows[] = {
		lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0),  lock("t", 12, LOCK_ACCESS_SHARE, GRANTED, 0),
		lock("u", 11, LOCK_EXCLUSIVE, GRANTED, 0), lock("u", 2, LOCK_EXCLUSIVE, WAITS, 5),
		lock("v", 3, LOCK_EXCLUSIVE, GRANTED, 0),  lock("v", 12, LOCK_SHARE, WAITS, 9),
		lock("v", 11, LOCK_SHARE, WAITS, 7),       lock("t", 11, LOCK_ACCESS_EXCLUSIVE, WAITS, 8),
	};
	struct lock_forest f;

	(void)state;
	rows[1].group = rows[2].group = rows[5].group = rows[6].group = rows[7].group = 10; /* 11 and 12 work for 10 */
	f = plant(rows, ARRAY_LEN(rows));
	/* its wait is the longest of its members' waits; what it holds itself is not in its way */
	assert_string_equal(picture(&f), "1 3(10(2))");
	expect(&f, 10, 1, 1, 1);
	assert_int_equal(rows[find(&f, 10)->wait_row].pid, 11);
	assert_int_equal(find(&f, 10)->since_us, 7);
	/* 1 holds a table against one of its members, all the same */
	expect(&f, 1, 0, 1, 2);
	forest_release(&f);
}

static void test_cycle_is_cut_at_the_longest_wait(void **state)
{
	const struct lock_row rows[] = {
		lock("a", 1, LOCK_EXCLUSIVE, GRANTED, 0), lock("b", 2, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("c", 3, LOCK_EXCLUSIVE, GRANTED, 0), lock("a", 2, LOCK_EXCLUSIVE, WAITS, 30),
		lock("b", 3, LOCK_EXCLUSIVE, WAITS, 10),  lock("c", 1, LOCK_EXCLUSIVE, WAITS, 20),
		lock("d", 3, LOCK_EXCLUSIVE, GRANTED, 0), lock("d", 4, LOCK_EXCLUSIVE, WAITS, 40),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(picture(&f), "3*(1*(2*) 4)");
	/* the top still says whom it waits for */
	assert_int_equal(find(&f, 3)->parent, FOREST_NONE);
	assert_int_equal(f.nodes[find(&f, 3)->blocker].id, 2);
	expect(&f, 3, 1, 2, 3);
	expect(&f, 2, 1, 1, 3);
	forest_release(&f);
}

/* Two that share a table and both want it alone: each is in the other's way, and nobody in his own. */
static void test_upgrade_deadlock_and_lone_upgrade(void **state)
{
	const struct lock_row both[] = {
		lock("t", 1, LOCK_SHARE, GRANTED, 0),
		lock("t", 2, LOCK_SHARE, GRANTED, 0),
		lock("t", 1, LOCK_EXCLUSIVE, WAITS, 1),
		lock("t", 2, LOCK_EXCLUSIVE, WAITS, 2),
	};
	const struct lock_row one[] = {
		lock("t", 1, LOCK_SHARE, GRANTED, 0),
		lock("t", 2, LOCK_SHARE, GRANTED, 0),
		lock("t", 1, LOCK_EXCLUSIVE, WAITS, 1),
	};
	struct lock_forest f = plant(both, ARRAY_LEN(both));

	(void)state;
	assert_string_equal(picture(&f), "1*(2*)");
	expect(&f, 1, 1, 1, 1);
	forest_release(&f);
	f = plant(one, ARRAY_LEN(one));
	assert_string_equal(picture(&f), "2(1)");
	expect(&f, 1, 1, 0, 0);
	forest_release(&f);
}

/* A circle that the parents do not show is marked all the same. */
static void test_hidden_cycle_is_marked(void **state)
{
	const struct lock_row rows[] = {
		lock("a", 1, LOCK_SHARE, GRANTED, 0),    lock("a", 5, LOCK_SHARE, GRANTED, 0),
		lock("a", 4, LOCK_EXCLUSIVE, WAITS, 10), lock("b", 4, LOCK_EXCLUSIVE, GRANTED, 0),
		lock("b", 5, LOCK_EXCLUSIVE, WAITS, 20),
	};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(picture(&f), "1(4*(5*))");
	forest_release(&f);
}

/* Before 14: behind those whom a holder explains, then by pid; and only as a guess. */
static void test_queue_unknown(void **state)
{
	const struct lock_row rows[] = {
		lock("t", 1, LOCK_ROW_EXCLUSIVE, GRANTED, 0),
		lock("t", 2, LOCK_ACCESS_SHARE, WAITS, 0),
		lock("t", 3, LOCK_ACCESS_EXCLUSIVE, WAITS, 0),
		lock("t", 4, LOCK_ACCESS_EXCLUSIVE, WAITS, 0),
	};
	const struct lock_row unexplained[] = {
		lock("t", 7, LOCK_ROW_EXCLUSIVE, WAITS, 0),
		lock("t", 8, LOCK_SHARE, WAITS, 0),
		lock("t", 1, LOCK_ACCESS_SHARE, GRANTED, 0),
		lock("t", 9, LOCK_ACCESS_EXCLUSIVE, WAITS, 0),
	};
	const struct forest_settled said[] = {{2, 4}, {2, 99}};
	struct forest_input in = {.rows = rows, .n = ARRAY_LEN(rows)};
	struct lock_forest f = grow(in);

	(void)state;
	assert_string_equal(picture(&f), "1(3(2) 4)");
	assert_true(find(&f, 2)->unsure);
	assert_false(find(&f, 3)->unsure);
	assert_int_equal(f.nunsure, 1);
	expect(&f, 2, 2, 0, 0);
	forest_release(&f);

	in.settled = said;
	in.nsettled = ARRAY_LEN(said);
	f = grow(in);
	assert_string_equal(picture(&f), "1(4(2) 3)");
	assert_int_equal(f.nunsure, 0);
	expect(&f, 2, 1, 0, 0);
	expect(&f, 3, 1, 0, 0);
	forest_release(&f);

	f = grow((struct forest_input){.rows = unexplained, .n = ARRAY_LEN(unexplained)});
	assert_string_equal(picture(&f), "1(9(7 8))");
	forest_release(&f);
}

/* A waiter whose blocker went away in the meantime is not lost. */
static void test_waiter_without_blocker(void **state)
{
	const struct lock_row rows[] = {lock("t", 1, LOCK_EXCLUSIVE, WAITS, 5), lock("t", 2, LOCK_NONE, WAITS, 1)};
	struct lock_forest f = plant(rows, ARRAY_LEN(rows));

	(void)state;
	assert_string_equal(picture(&f), "1 2");
	expect(&f, 1, 0, 0, 0);
	forest_release(&f);
	f = plant(NULL, 0);
	assert_int_equal(f.n, 0);
	forest_release(&f);
}

static void test_limit(void **state)
{
	struct lock_row row = lock("t", 1, LOCK_SHARE, GRANTED, 0);
	struct lock_forest f;
	struct err err = {0};
	const struct forest_input in = {.rows = &row, .n = (size_t)LOCK_ROWS_MAX + 1};

	(void)state;
	assert_false(forest_build(&in, &f, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

/* ---- a thousand random lock tables ---- */

#define TAGS 5
#define PIDS 9
#define ROWS_MAX 40

static uint32_t seed;

static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Each session waits for one lock at most, as in life. */
static size_t make_table(struct lock_row *rows)
{
	static const char *const tags[TAGS] = {"a", "b", "c", "d", "e"};
	size_t n = 1 + next_random(ROWS_MAX), made = 0;
	bool waits[PIDS + 1] = {false};

	for (size_t i = 0; i < n; i++) {
		int64_t pid = 1 + next_random(PIDS);
		bool granted = waits[pid] || next_random(3) > 0;
		struct lock_row row = lock(tags[next_random(TAGS)], pid, (enum lock_mode)(1 + next_random(8)), granted,
					   granted ? 0 : 1 + next_random(50));

		row.group = pid == 9 ? 8 : pid;
		waits[pid] |= !granted;
		rows[made++] = row;
	}
	return made;
}

static void shuffle(struct lock_row *rows, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = next_random((uint32_t)i);
		struct lock_row keep = rows[i - 1];

		rows[i - 1] = rows[j];
		rows[j] = keep;
	}
}

static bool holds_against(const struct lock_row *rows, size_t n, int64_t group, const struct lock_row *wait)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].granted && rows[i].group == group && str_eq(rows[i].tag, wait->tag) &&
		    lock_conflicts(rows[i].mode, wait->mode))
			return true;
	return false;
}

static void check_place(const struct lock_forest *f, size_t i)
{
	const struct forest_node *node = &f->nodes[i], *parent;

	if (node->parent == FOREST_NONE) {
		assert_int_equal(node->depth, 0);
		assert_int_equal(node->root, i);
		assert_true(node->wait_row == FOREST_NONE || node->blockers == 0 || node->blocker > i);
		return;
	}
	parent = &f->nodes[node->parent];
	assert_true(node->parent < i && node->parent == node->blocker);
	assert_int_equal(node->depth, parent->depth + 1);
	assert_int_equal(node->root, parent->root);
	assert_true(parent->victims > 0 && parent->direct_victims > 0);
}

/* The one above it holds what it wants; or nobody does. */
static void check_reason(const struct lock_row *rows, size_t n, const struct lock_forest *f, size_t i)
{
	const struct forest_node *node = &f->nodes[i];

	assert_int_equal(node->blockers > 0, node->blocker != FOREST_NONE);
	if (node->held_row != FOREST_NONE) {
		assert_true(holds_against(rows, n, f->nodes[node->blocker].id, &rows[node->wait_row]));
		return;
	}
	for (int64_t other = 1; other <= PIDS && node->wait_row != FOREST_NONE; other++)
		assert_true(other == node->id || !holds_against(rows, n, other, &rows[node->wait_row]));
}

static void check_table(const struct lock_row *rows, size_t n, const struct lock_forest *f)
{
	bool waits[PIDS + 1] = {false}, seen[PIDS + 1] = {false};

	for (size_t i = 0; i < n; i++)
		waits[rows[i].group] |= !rows[i].granted;
	for (size_t i = 0; i < f->n; i++) {
		const struct forest_node *node = &f->nodes[i];

		if (seen[node->id])
			fail_msg("%lld stands twice", (long long)node->id);
		seen[node->id] = true;
		assert_int_equal(node->wait_row != FOREST_NONE, waits[node->id]);
		assert_true(waits[node->id] || node->victims > 0);
		assert_true(node->victims >= node->direct_victims);
		check_place(f, i);
		check_reason(rows, n, f, i);
	}
	for (int64_t id = 1; id <= PIDS; id++)
		if (waits[id] && !seen[id])
			fail_msg("%lld waits and is nowhere", (long long)id);
}

/* Number of holders in the way, counted the plain way. */
static void check_counts(const struct lock_row *rows, size_t n, const struct lock_forest *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct forest_node *node = &f->nodes[i];
		uint32_t holders = 0;

		if (node->held_row == FOREST_NONE)
			continue;
		for (int64_t other = 1; other <= PIDS; other++)
			holders += other != node->id && holds_against(rows, n, other, &rows[node->wait_row]);
		assert_int_equal(node->blockers, holders);
	}
}

static void test_every_table(void **state)
{
	struct lock_row rows[ROWS_MAX];

	(void)state;
	seed = 20260317;
	for (int round = 0; round < 3000; round++) {
		size_t n = make_table(rows);
		struct lock_forest f, again;
		char first[4096];

		f = grow((struct forest_input){.rows = rows, .n = n, .queue_known = round % 3 != 0});
		check_table(rows, n, &f);
		check_counts(rows, n, &f);
		(void)snprintf(first, sizeof(first), "%s", picture(&f));
		forest_release(&f);
		/* the order in which the server lists the locks is nothing to go by */
		shuffle(rows, n);
		again = grow((struct forest_input){.rows = rows, .n = n, .queue_known = round % 3 != 0});
		assert_string_equal(picture(&again), first);
		forest_release(&again);
	}
}

/* 2,500 that wait for one row, and 1,000 writers and readers in turn in one queue: exact, and not by millions of arcs.
 */
static void test_crowds(void **state)
{
	enum { N = 2500 };
	struct lock_row *rows = xcalloc(N + 1, sizeof(*rows));
	struct lock_forest f;

	(void)state;
	rows[0] = lock("t", 1, LOCK_EXCLUSIVE, GRANTED, 0);
	for (int i = 1; i <= N; i++)
		rows[i] = lock("t", 10000 - i, LOCK_EXCLUSIVE, WAITS, 1000 + i);
	f = plant(rows, N + 1);
	assert_int_equal(f.n, N + 1);
	expect(&f, 1, 0, N, N);
	expect(&f, 10000 - N, 1, 0, 0);
	assert_int_equal(find(&f, 10000 - N)->ahead, N - 1);
	forest_release(&f);

	rows[0] = lock("t", 1, LOCK_ACCESS_SHARE, GRANTED, 0);
	for (int i = 1; i <= 1000; i++)
		rows[i] = lock("t", 1 + i, i % 2 ? LOCK_ACCESS_EXCLUSIVE : LOCK_ACCESS_SHARE, WAITS, i);
	f = plant(rows, 1001);
	expect(&f, 1, 0, 500, 1000);
	/* the last reader waits for all 500 writers before it, the first for one */
	expect(&f, 1001, 500, 0, 0);
	expect(&f, 3, 1, 0, 0);
	expect(&f, 2, 1, 500, 500);
	expect(&f, 1000, 1, 1, 1);
	forest_release(&f);
	xfree(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain_of_depth_three),
		cmocka_unit_test(test_roots_by_blast_radius),
		cmocka_unit_test(test_several_blockers_and_queue),
		cmocka_unit_test(test_held_mode_is_the_strongest),
		cmocka_unit_test(test_prepared_transactions),
		cmocka_unit_test(test_parallel_group_is_one),
		cmocka_unit_test(test_cycle_is_cut_at_the_longest_wait),
		cmocka_unit_test(test_upgrade_deadlock_and_lone_upgrade),
		cmocka_unit_test(test_hidden_cycle_is_marked),
		cmocka_unit_test(test_queue_unknown),
		cmocka_unit_test(test_waiter_without_blocker),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_every_table),
		cmocka_unit_test(test_crowds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
