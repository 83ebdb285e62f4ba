/* EXPLAIN's answers of PostgreSQL 11 to 18, captured plans, and answers that are none. */
#include "codec/codec_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* after the five above */
#include <cmocka.h>

static struct snapshot *plan;

static int setup(void **state)
{
	(void)state;
	plan = plan_new("explain");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	snapshot_unref(plan);
	return 0;
}

static const struct plan_row *row(size_t i)
{
	assert_true(i < plan->nrows);
	return snapshot_row(plan, i);
}

static const struct plan_row *find(const char *node, const char *relation)
{
	for (size_t i = 1; i < plan->nrows; i++)
		if (str_eq_c(row(i)->node, node) && str_eq_c(row(i)->relation, relation))
			return row(i);
	fail_msg("no %s of %s", node, relation);
	return NULL;
}

#define assert_text(s, text)                                                                   \
	do {                                                                                   \
		struct str s_ = (s);                                                           \
		if (!str_eq_c(s_, text))                                                       \
			fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s_), (const char *)(text)); \
	} while (0)

static void read_json(const char *json)
{
	struct err err = {0};

	if (!plan_read_json(str_c(json), plan, &err))
		fail_msg("%s", err.text);
}

static void refuse(struct str json, enum err_code code, const char *words)
{
	struct err err = {0};

	assert_false(plan_read_json(json, plan, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void read_file(int major)
{
	static char text[1 << 20];
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/plans/report-%d.json", TEST_DATA, major);
	f = fopen(path, "rb");
	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	(void)fclose(f);
	read_json(text);
}

/* The same report of three tables on every major: what counts reads the same. */
static void test_majors(void **state)
{
	(void)state;
	for (int major = 11; major <= 18; major++) {
		const struct plan_row *scan;

		read_file(major);
		assert_text(row(1)->node, "Limit");
		assert_int_equal(row(1)->rows, 5000);
		assert_int_equal(row(1)->parent, 0);
		assert_int_equal(row(2)->parent, 1);
		assert_int_equal(row(2)->depth, 1);
		scan = find("Parallel Seq Scan", "order_items");
		assert_text(scan->schema, "shop");
		assert_text(scan->alias, "i");
		assert_true(scan->total_cost > 1000 && scan->rows > 10000 && scan->width_bytes > 0);
		scan = find("Parallel Seq Scan", "orders");
		assert_true(str_find(scan->filter, STR("o.status <> 'cancelled'"), 0) >= 0);
		assert_true(find("Parallel Hash Join", "")->condition.len > 0);
		assert_true(find("GroupAggregate", "")->keys.len > 0);
		assert_int_equal(find(major < 13 ? "Gather" : "Gather Merge", "")->workers, 2);
		if (major >= 12)
			assert_true(str_find(row(0)->settings, STR("work_mem = 1MB"), 0) >= 0);
		else
			assert_int_equal(row(0)->settings.len, 0);
		/* said in a field of its own */
		assert_true(str_find(row(0)->settings, STR("search_path"), 0) < 0);
		teardown(NULL);
		setup(NULL);
	}
}

static void test_names(void **state)
{
	static const char *const nodes[][2] = {
		{"\"Node Type\":\"Hash Join\",\"Join Type\":\"Left\"", "Hash Left Join"},
		{"\"Node Type\":\"Hash Join\",\"Join Type\":\"Inner\"", "Hash Join"},
		{"\"Node Type\":\"Merge Join\",\"Join Type\":\"Right Anti\"", "Merge Right Anti Join"},
		{"\"Node Type\":\"Nested Loop\",\"Join Type\":\"Semi\"", "Nested Loop Semi Join"},
		{"\"Node Type\":\"Aggregate\",\"Strategy\":\"Plain\",\"Partial Mode\":\"Simple\"", "Aggregate"},
		{"\"Node Type\":\"Aggregate\",\"Strategy\":\"Hashed\",\"Partial Mode\":\"Partial\"",
		 "Partial HashAggregate"},
		{"\"Node Type\":\"Aggregate\",\"Strategy\":\"Sorted\",\"Partial Mode\":\"Finalize\"",
		 "Finalize GroupAggregate"},
		{"\"Node Type\":\"Aggregate\",\"Strategy\":\"Mixed\"", "MixedAggregate"},
		{"\"Node Type\":\"SetOp\",\"Strategy\":\"Hashed\"", "HashSetOp"},
		{"\"Node Type\":\"ModifyTable\",\"Operation\":\"Merge\",\"Relation Name\":\"t\"", "Merge"},
		{"\"Node Type\":\"Index Scan\",\"Scan Direction\":\"Backward\"", "Index Scan Backward"},
		{"\"Node Type\":\"Seq Scan\",\"Parallel Aware\":true,\"Async Capable\":false", "Parallel Seq Scan"},
		{"\"Node Type\":\"Foreign Scan\",\"Async Capable\":true", "Async Foreign Scan"},
		{"\"Node Type\":\"Seq Scan\",\"Disabled\":true", "Seq Scan (disabled)"},
		{"\"Node Type\":\"Custom Scan\",\"Custom Plan Provider\":\"Citus\"", "Custom Scan (Citus)"},
		{"\"Node Type\":\"Time Travel\",\"New Key\":{\"a\":[1,2]}", "Time Travel"},
	};
	char json[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		(void)snprintf(json, sizeof json, "[{\"Plan\":{%s}}]", nodes[i][0]);
		read_json(json);
		assert_text(row(plan->nrows - 1)->node, nodes[i][1]);
	}
}

static void test_texts_and_sources(void **state)
{
	(void)state;
	read_json("[{\"Plan\":{\"Node Type\":\"Sort\",\"Sort Key\":[\"a DESC\",\"b\"],\"Plans\":["
		  "{\"Node Type\":\"Function Scan\",\"Function Name\":\"generate_series\",\"Alias\":\"g\","
		  "\"Function Call\":\"generate_series(1, o.id)\"},"
		  "{\"Node Type\":\"CTE Scan\",\"CTE Name\":\"x\"},"
		  "{\"Node Type\":\"Bitmap Heap Scan\",\"Recheck Cond\":\"(a = 1)\",\"Filter\":\"(b = 2)\"},"
		  "{\"Node Type\":\"Result\",\"Subplan Name\":\"InitPlan 1\",\"One-Time Filter\":\"false\"},"
		  "{\"Node Type\":\"Nested Loop\",\"Join Filter\":\"(a < b)\",\"Group Key\":[]}]}}]");
	assert_text(row(1)->keys, "a DESC, b");
	assert_text(row(2)->relation, "generate_series");
	assert_text(row(2)->condition, "generate_series(1, o.id)");
	assert_text(row(3)->relation, "x");
	assert_int_equal(row(4)->condition.len, 0);
	assert_text(row(4)->filter, "(b = 2)");
	assert_text(row(5)->subplan, "InitPlan 1");
	assert_text(row(5)->filter, "false");
	assert_text(row(6)->condition, "(a < b)");
}

static void test_numbers_that_make_no_sense(void **state)
{
	(void)state;
	read_json("[{\"Plan\":{\"Node Type\":\"A\",\"Total Cost\":-1,\"Plan Rows\":1e300,\"Plan Width\":\"8\","
		  "\"Startup Cost\":null,\"Workers Planned\":true}}]");
	assert_false(HAS(row(1), struct plan_row, total_cost));
	assert_false(HAS(row(1), struct plan_row, rows));
	assert_false(HAS(row(1), struct plan_row, width_bytes));
	assert_false(HAS(row(1), struct plan_row, startup_cost));
	assert_false(HAS(row(1), struct plan_row, workers));
	plan_share_costs(plan);
	read_json("[{\"Plan\":{\"Node Type\":\"A\",\"Plan Rows\":1.5,\"Total Cost\":7}}]");
	assert_int_equal(row(2)->rows, 1);
}

static void test_several_plans(void **state)
{
	(void)state;
	read_json("[{\"Plan\":{\"Node Type\":\"A\"}},{\"Plan\":{\"Node Type\":\"B\"}}]");
	assert_int_equal(plan->nrows, 3);
	assert_int_equal(row(2)->parent, 0);
}

static void test_no_plan(void **state)
{
	(void)state;
	refuse(STR(""), ERR_PROTOCOL, "not JSON");
	refuse(STR("Seq Scan"), ERR_PROTOCOL, "not JSON");
	refuse(STR("[]"), ERR_PROTOCOL, "without a plan");
	refuse(STR("{}"), ERR_PROTOCOL, "without a plan");
	refuse(STR("[1]"), ERR_PROTOCOL, "without a type");
	refuse(STR("[{}]"), ERR_PROTOCOL, "without a type");
	refuse(STR("[{\"Plan\":{\"Node Type\":7}}]"), ERR_PROTOCOL, "without a type");
	refuse(STR("[{\"Plan\":{\"Node Type\":\"A\",\"Plans\":[[]]}}]"), ERR_PROTOCOL, "without a type");
	refuse(STR("[{\"Plan\":{\"Node Type\":\"\xff\"}}]"), ERR_PROTOCOL, "not JSON");
}

static void test_too_much(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 32u << 20);
	for (int i = 0; i < 100000; i++)
		(void)buf_add_c(&b, "[{\"Plan\":");
	refuse(buf_str(&b), ERR_LIMIT, "more than 200 levels");
	buf_clear(&b);
	(void)buf_add_c(&b, "[{\"Plan\":{\"Node Type\":\"Append\",\"Plans\":[{\"Node Type\":\"A\"}");
	for (int i = 0; i < PLAN_NODES_MAX; i++)
		(void)buf_add_c(&b, ",{\"Node Type\":\"A\"}");
	(void)buf_add_c(&b, "]}}]");
	refuse(buf_str(&b), ERR_LIMIT, "more than 5000 nodes");
	teardown(NULL);
	setup(NULL);
	buf_clear(&b);
	(void)buf_add_c(&b, "[{\"Plan\":{\"Node Type\":\"A\",\"Filter\":\"");
	while (b.len < 300u << 10)
		(void)buf_add_c(&b, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	(void)buf_add_c(&b, "\"}}]");
	refuse(buf_str(&b), ERR_LIMIT, "more text");
	buf_clear(&b);
	while (b.len <= PLAN_BYTES_MAX)
		(void)buf_add_c(&b, "                                                                ");
	refuse(buf_str(&b), ERR_LIMIT, "larger than 8 MiB");
	buf_release(&b);
}

/* Brackets inside of strings are text. */
static void test_depth_is_that_of_the_tree(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	(void)buf_add_c(&b, "[{\"Plan\":{\"Node Type\":\"A\",\"Filter\":\"\\\"");
	for (int i = 0; i < 5000; i++)
		(void)buf_add_c(&b, "[{");
	(void)buf_add_c(&b, "\"}}]");
	read_json(buf_c(&b));
	buf_release(&b);
}

/* Every beginning of a good answer is refused in words, and never reads past its end. */
static void test_cut_anywhere(void **state)
{
	static const char json[] = "[{\"Plan\":{\"Node Type\":\"Sort\",\"Total Cost\":7.5,\"Sort Key\":[\"a\"],"
				   "\"Plans\":[{\"Node Type\":\"Seq Scan\"}]},\"Settings\":{\"jit\":\"off\"}}]";

	(void)state;
	for (size_t n = 0; n + 1 < sizeof json - 1; n++) {
		char *copy = malloc(n + 1);
		struct err err = {0};

		assert_non_null(copy);
		memcpy(copy, json, n);
		assert_false(plan_read_json((struct str){copy, n}, plan, &err));
		assert_true(err.text[0] != '\0');
		free(copy);
	}
	read_json(json);
	assert_text(row(0)->settings, "jit = off");
}

/* ---- captured plans ---- */

static void read_text(const char *text)
{
	struct err err = {0};

	if (!plan_read_text(str_c(text), plan, &err))
		fail_msg("%s", err.text);
}

static void test_text(void **state)
{
	(void)state;
	read_text(
		"Limit  (cost=0.43..12.50 rows=10 width=36) (actual time=0.02..0.09 rows=10 loops=1)\n"
		"  Output: o.id\n"
		"  InitPlan 1 (returns $0)\n"
		"    ->  Result  (cost=0.00..0.01 rows=1 width=4)\n"
		"  ->  Nested Loop Left Join  (cost=0.43..1205.00 rows=1000 width=36)\n"
		"        Join Filter: (o.id = i.order_id)\n"
		"        ->  Index Scan Backward using orders_pkey on shop.orders o  (cost=0.43..8.45 rows=1 width=4)\n"
		"              Index Cond: (o.id > 5)\n"
		"              Filter: (o.status = 'paid'::text)\n"
		"        ->  Seq Scan on items  (cost=0.00..100.00 rows=5000 width=8)\n"
		"Planning Time: 0.2 ms\n");
	assert_int_equal(plan->nrows, 6);
	assert_text(row(1)->node, "Limit");
	assert_true(row(1)->startup_cost > 0.42 && row(1)->startup_cost < 0.44);
	assert_true(row(1)->total_cost > 12.4 && row(1)->total_cost < 12.6);
	assert_int_equal(row(1)->rows, 10);
	assert_int_equal(row(1)->width_bytes, 36);
	assert_text(row(2)->subplan, "InitPlan 1 (returns $0)");
	assert_text(row(3)->node, "Nested Loop Left Join");
	assert_int_equal(row(3)->parent, 1);
	assert_text(row(3)->condition, "(o.id = i.order_id)");
	assert_text(row(4)->node, "Index Scan Backward");
	assert_text(row(4)->index, "orders_pkey");
	assert_text(row(4)->schema, "shop");
	assert_text(row(4)->relation, "orders");
	assert_text(row(4)->alias, "o");
	assert_text(row(4)->condition, "(o.id > 5)");
	assert_text(row(4)->filter, "(o.status = 'paid'::text)");
	assert_int_equal(row(4)->parent, 3);
	assert_text(row(5)->relation, "items");
	assert_int_equal(row(5)->parent, 3);
	assert_int_equal(row(5)->subplan.len, 0);
}

static void test_text_that_is_none(void **state)
{
	static const char *const texts[] = {"", "\n\n", "no plan here", "(cost=1..2 rows=1 width=1)", ": : :\n->->"};
	struct buf b;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		err = (struct err){0};
		assert_false(plan_read_text(str_c(texts[i]), plan, &err));
		assert_int_equal(err.code, ERR_PROTOCOL);
	}
	buf_init(&b, 4u << 20);
	for (int i = 0; i < 300; i++) {
		for (int k = 0; k < i * 6; k++)
			(void)buf_add_char(&b, ' ');
		(void)buf_add_c(&b, "->  A  (cost=x..y rows= width=-)\n");
	}
	err = (struct err){0};
	assert_false(plan_read_text(buf_str(&b), plan, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&b);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_majors),
		CASE(test_names),
		CASE(test_texts_and_sources),
		CASE(test_numbers_that_make_no_sense),
		CASE(test_several_plans),
		CASE(test_no_plan),
		CASE(test_too_much),
		CASE(test_depth_is_that_of_the_tree),
		CASE(test_cut_anywhere),
		CASE(test_text),
		CASE(test_text_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
