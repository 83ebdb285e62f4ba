/* Sizes of relations over time: who grew between two samples, and what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "model/relation_history.h"

struct row {
	uint64_t present;
	struct str relation, database;
	int64_t total_bytes, relations;
};

#define F(m, k) FIELD(struct row, m, k, .title = "T", .help = "H.")
static const struct field fields[] = {F(relation, K_ID), F(database, K_ID), F(total_bytes, K_BYTES),
				      F(relations, K_COUNT)};
static const struct rec_type type = REC_TYPE(struct row, "relation", fields);

static struct relation_history *h;
static struct relation_growths g;

static int fresh(void **state)
{
	(void)state;
	h = relation_history_new();
	return 0;
}

static int clean(void **state)
{
	(void)state;
	relation_history_free(h);
	return 0;
}

/* A sample at a time: names and sizes; `all` relations are in the database. */
static void sample_at(int64_t at_us, const char *database, int64_t all, int n, const char *const *names,
		      const int64_t *bytes)
{
	struct snapshot *s = snapshot_new(&type, "relations");

	s->at_us = at_us;
	for (int i = 0; i < n; i++) {
		struct row *r = snapshot_add_row(s);

		SET(r, struct row, relation, str_c(names[i]));
		SET(r, struct row, database, str_c(database));
		SET(r, struct row, total_bytes, bytes[i]);
		SET(r, struct row, relations, all);
	}
	relation_history_add(h, "server", s);
	snapshot_unref(s);
}

static void sample(int64_t minute, const char *database, int64_t all, int n, const char *const *names,
		   const int64_t *bytes)
{
	sample_at(minute * US_PER_MIN, database, all, n, names, bytes);
}

#define SAMPLE(minute, all, ...) sample(minute, "orders", all, ARRAY_LEN(names), names, (const int64_t[]){__VA_ARGS__})

static void between(int64_t from, int64_t to)
{
	if (!relation_history_between(h, from * US_PER_MIN, to * US_PER_MIN, &g))
		fail_msg("nothing between %d and %d", (int)from, (int)to);
}

static void grew(size_t i, const char *name, int64_t bytes)
{
	assert_true(i < g.n);
	assert_string_equal(g.items[i].relation, name);
	assert_int_equal(g.items[i].bytes, bytes);
}

static void test_who_grew(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};

	(void)state;
	assert_int_equal(relation_history_since(h), 0);
	assert_false(relation_history_between(h, 0, INT64_MAX, &g));
	SAMPLE(10, 4, 100, 50, 30, 20);
	assert_int_equal(relation_history_since(h), 10 * US_PER_MIN);
	/* one sample is no growth */
	assert_false(relation_history_between(h, 0, INT64_MAX, &g));
	SAMPLE(15, 4, 110, 50, 80, 5);
	SAMPLE(20, 4, 130, 50, 85, 5);
	between(0, 60);
	assert_int_equal(g.from_us, 10 * US_PER_MIN);
	assert_int_equal(g.to_us, 20 * US_PER_MIN);
	assert_int_equal(g.n, 2);
	grew(0, "c", 55);
	grew(1, "a", 30);
	/* what shrank counts in the sum */
	assert_int_equal(g.bytes, 70);
	assert_int_equal(g.changed, 3);
	/* between two times only */
	between(17, 60);
	grew(0, "a", 20);
	grew(1, "c", 5);
	assert_int_equal(g.from_us, 15 * US_PER_MIN);
	between(10, 16);
	assert_int_equal(g.to_us, 15 * US_PER_MIN);
	grew(0, "c", 50);
	assert_false(relation_history_between(h, 12 * US_PER_MIN, 13 * US_PER_MIN, &g));
	/* the same snapshot again is no other sample */
	SAMPLE(20, 4, 999, 999, 999, 999);
	between(0, 60);
	grew(0, "c", 55);
}

static void test_of_one_relation(void **state)
{
	static const char *const names[] = {"a", "b"};
	int64_t bytes;

	(void)state;
	SAMPLE(1, 2, 100, 50);
	assert_false(relation_history_growth(h, STR("a"), 0, INT64_MAX, &bytes));
	SAMPLE(2, 2, 70, 50);
	assert_true(relation_history_growth(h, STR("a"), 0, INT64_MAX, &bytes));
	assert_int_equal(bytes, -30);
	assert_true(relation_history_growth(h, STR("b"), 0, INT64_MAX, &bytes));
	assert_int_equal(bytes, 0);
	assert_false(relation_history_growth(h, STR("c"), 0, INT64_MAX, &bytes));
}

/* Asked for every second, the newest is known at once and nothing older is lost for it. */
static void test_a_storm_of_samples_pushes_nothing_out(void **state)
{
	static const char *const names[] = {"a"};
	int64_t bytes, storm = 24 * 60;

	(void)state;
	for (int64_t minute = 0; minute < storm; minute += 5)
		SAMPLE(minute, 1, minute * minute);
	for (int64_t i = 1; i <= 3000; i++) {
		bytes = 3000000 + i;
		sample_at(storm * US_PER_MIN + i * US_PER_S, "orders", 1, 1, names, &bytes);
	}
	assert_true(relation_history_growth(h, STR("a"), 5 * US_PER_MIN, 10 * US_PER_MIN, &bytes));
	assert_int_equal(bytes, 10 * 10 - 5 * 5);
	/* what is kept of the storm is a minute apart: between two seconds of it nothing is known, between minutes it
	 * is */
	assert_false(relation_history_growth(h, STR("a"), storm * US_PER_MIN + 70 * US_PER_S,
					     storm * US_PER_MIN + 110 * US_PER_S, &bytes));
	assert_true(relation_history_growth(h, STR("a"), storm * US_PER_MIN + 70 * US_PER_S,
					    storm * US_PER_MIN + 200 * US_PER_S, &bytes));
	between(10, storm + 60);
	assert_int_equal(g.to_us, storm * US_PER_MIN + 3000 * US_PER_S);
	grew(0, "a", 3003000 - 10 * 10);
}

static void test_new_ones_and_those_not_listed(void **state)
{
	static const char *const names[] = {"a", "b", "new"};

	(void)state;
	/* all are listed: what comes is new, what goes is gone */
	sample(1, "orders", 2, 2, names, (const int64_t[]){100, 50});
	sample(2, "orders", 2, 2, (const char *const[]){"a", "new"}, (const int64_t[]){100, 70});
	between(0, 60);
	assert_int_equal(g.n, 1);
	grew(0, "new", 70);
	assert_true(g.items[0].appeared);
	assert_int_equal(g.bytes, 20);
	/* of many only the largest are: what was not listed was merely smaller */
	sample(3, "orders", 9, 2, (const char *const[]){"a", "new"}, (const int64_t[]){100, 70});
	sample(4, "orders", 9, 2, (const char *const[]){"a", "late"}, (const int64_t[]){100, 90});
	between(3, 60);
	assert_int_equal(g.n, 0);
	assert_int_equal(g.bytes, 0);
}

static void test_another_database_begins_anew(void **state)
{
	static const char *const names[] = {"a"};
	struct snapshot *empty = snapshot_new(&type, "relations");

	(void)state;
	SAMPLE(1, 1, 10);
	SAMPLE(2, 1, 20);
	sample(3, "billing", 1, 1, names, (const int64_t[]){5});
	assert_int_equal(relation_history_since(h), 3 * US_PER_MIN);
	assert_false(relation_history_between(h, 0, INT64_MAX, &g));
	sample(4, "billing", 1, 1, names, (const int64_t[]){6});
	between(0, 60);
	grew(0, "a", 1);
	empty->at_us = 5 * US_PER_MIN;
	relation_history_add(h, "another server", empty);
	assert_int_equal(relation_history_since(h), 0);
	snapshot_unref(empty);
}

/* The largest ones are kept, in order, however many there are. */
static void test_the_largest_growths(void **state)
{
	char room[50][8];
	const char *names[50];
	int64_t first[50], second[50];

	(void)state;
	for (int i = 0; i < 50; i++) {
		(void)snprintf(room[i], sizeof room[i], "t%d", i);
		names[i] = room[i];
		first[i] = 1000;
		second[i] = 1000 + (i * 37) % 50 + 1;
	}
	sample(1, "orders", 50, 50, names, first);
	sample(2, "orders", 50, 50, names, second);
	between(0, 60);
	assert_int_equal(g.n, RELATION_GROWTH_MAX);
	assert_int_equal(g.changed, 50);
	for (size_t i = 0; i < g.n; i++)
		assert_int_equal(g.items[i].bytes, 50 - (int64_t)i);
	assert_int_equal(g.bytes, 50 * 51 / 2);
}

/* What is old is thinned out, what is young is whole, and the beginning stays. */
static void test_memory_is_bounded(void **state)
{
	static const char *const names[] = {"a"};

	(void)state;
	for (int i = 0; i < 3 * RELATION_SAMPLES_MAX; i++)
		SAMPLE(i + 1, 1, i);
	assert_int_equal(relation_history_since(h), US_PER_MIN);
	between(0, 100000);
	grew(0, "a", 3 * RELATION_SAMPLES_MAX - 1);
	between(3 * RELATION_SAMPLES_MAX - 10, 100000);
	grew(0, "a", 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_grew),
		TEST(test_of_one_relation),
		TEST(test_a_storm_of_samples_pushes_nothing_out),
		TEST(test_new_ones_and_those_not_listed),
		TEST(test_another_database_begins_anew),
		TEST(test_the_largest_growths),
		TEST(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
