/* Shares of the cost, and the rules that warn, on plans made by hand. */
#include "model/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

#define MIB (INT64_C(1) << 20)

static struct snapshot *plan;

static struct plan_row *row(size_t i)
{
	return (struct plan_row *)plan->rows + i;
}

/* Adds a node and returns its number. */
static int64_t node(int64_t parent, const char *name, double cost, int64_t rows, int64_t width)
{
	struct err err = {0};
	struct plan_row *r = plan_add_node(plan, parent, &err);

	assert_non_null(r);
	SET(r, struct plan_row, node, str_c(name));
	SET(r, struct plan_row, total_cost, cost);
	SET(r, struct plan_row, rows, rows);
	SET(r, struct plan_row, width_bytes, width);
	return r->number;
}

static void reads(int64_t number, const char *relation, const char *alias)
{
	struct plan_row *r = row((size_t)number);

	SET(r, struct plan_row, schema, STR("shop"));
	SET(r, struct plan_row, relation, str_c(relation));
	SET(r, struct plan_row, alias, str_c(alias));
}

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

static void near(double a, double b)
{
	if (fabs(a - b) > 1e-9 * fmax(1, fabs(b)))
		fail_msg("%g is not %g", a, b);
}

static double own(int64_t number)
{
	return row((size_t)number)->own_cost;
}

static double sum_of_own(void)
{
	double sum = 0;

	for (size_t i = 1; i < plan->nrows; i++)
		sum += row(i)->own_cost;
	return sum;
}

/* Warnings about a node that contain words. */
static size_t warned(int64_t about, const char *words)
{
	size_t n = 0;

	for (size_t i = 1; i < plan->nrows; i++)
		n += str_eq_c(row(i)->kind, PLAN_WARNING) && row(i)->parent == about &&
		     str_find(row(i)->warning, str_c(words), 0) >= 0 && row(i)->next.len > 0;
	return n;
}

static void judge(const struct plan_facts *facts)
{
	plan_share_costs(plan);
	plan_warn(plan, facts);
}

/* ---- costs ---- */

static void test_simple_tree(void **state)
{
	int64_t sort = node(0, "Sort", 100, 10, 8), scan = node(sort, "Seq Scan", 80, 10, 8);

	(void)state;
	plan_share_costs(plan);
	near(own(sort), 20);
	near(own(scan), 80);
	near(row(1)->own_ratio, 0.2);
	near(row(1)->tree_ratio, 1);
	near(row(2)->tree_ratio, 0.8);
}

static void test_limit_passes_on_what_it_reads(void **state)
{
	int64_t limit = node(0, "Limit", 10, 5, 8), scan = node(limit, "Seq Scan", 1000, 500, 8);

	(void)state;
	plan_share_costs(plan);
	near(own(limit), 0);
	near(own(scan), 10);
	near(row(2)->own_ratio, 1);
}

static void test_inner_side_counts_each_run(void **state)
{
	int64_t loop = node(0, "Nested Loop", 1000, 100, 8), outer = node(loop, "Seq Scan", 100, 200, 8),
		inner = node(loop, "Index Scan", 4, 1, 8);

	(void)state;
	plan_share_costs(plan);
	near(own(outer), 100);
	near(own(inner), 800);
	near(own(loop), 100);
}

static void test_subplans(void **state)
{
	int64_t scan = node(0, "Seq Scan", 1000, 50, 8), init = node(scan, "Aggregate", 300, 1, 8),
		each = node(scan, "Index Scan", 2, 1, 8);

	(void)state;
	SET(row((size_t)init), struct plan_row, subplan, STR("InitPlan 1 (returns $0)"));
	SET(row((size_t)each), struct plan_row, subplan, STR("SubPlan 2"));
	plan_share_costs(plan);
	near(own(init), 300);
	near(own(each), 100);
	near(own(scan), 600);
	near(sum_of_own(), 1000);
}

static void test_nonsense_stays_bounded(void **state)
{
	int64_t a = node(0, "Sort", 10, 1, 8), b = node(a, "Seq Scan", 1e18, INT64_MAX, 8);

	(void)state;
	node(a, "Seq Scan", 0, 0, 0);
	node(b, "Nested Loop", 1e18, INT64_MAX, INT64_MAX);
	node(0, "Result", 0, 1, 0);
	plan_share_costs(plan);
	near(sum_of_own(), 10);
	for (size_t i = 1; i < plan->nrows; i++)
		assert_true(row(i)->own_ratio >= 0 && row(i)->own_ratio <= 1 && row(i)->tree_ratio <= 1);
}

static void test_free_plan_has_no_shares(void **state)
{
	(void)state;
	node(0, "Result", 0, 1, 4);
	plan_share_costs(plan);
	assert_false(HAS(row(1), struct plan_row, own_ratio));
}

static void test_limits(void **state)
{
	struct err err = {0};
	int64_t last = 0;

	(void)state;
	for (int i = 0; i < PLAN_DEPTH_MAX; i++)
		last = node(last, "Append", 1, 1, 1);
	assert_null(plan_add_node(plan, last, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	for (int i = PLAN_DEPTH_MAX; i < PLAN_NODES_MAX; i++)
		node(0, "Result", 1, 1, 1);
	assert_null(plan_add_node(plan, 0, &err));
	assert_non_null(strstr(err.text, "more than 5000 nodes"));
}

/* ---- rules ---- */

static const struct plan_relation relations[] = {
	{{"shop", sizeof("shop") - 1}, {"items", sizeof("items") - 1}, 318 * 1024 * MIB, 812e6, false},
	{{"shop", sizeof("shop") - 1}, {"small", sizeof("small") - 1}, MIB, 5000, false},
	{{"shop", sizeof("shop") - 1}, {"fresh", sizeof("fresh") - 1}, 0, -1, true},
	{{"other", sizeof("other") - 1}, {"orders", sizeof("orders") - 1}, 318 * 1024 * MIB, 812e6, false},
};
static const struct plan_facts facts = {.relations = relations,
					.nrelations = ARRAY_LEN(relations),
					.work_mem_bytes = 4 * MIB,
					.hash_mem_multiplier = 2};

static void test_large_sequential_scan(void **state)
{
	int64_t join = node(0, "Hash Join", 1000, 10, 8), large = node(join, "Parallel Seq Scan", 900, 10, 8),
		small = node(join, "Seq Scan", 50, 10, 8), other = node(join, "Seq Scan", 40, 10, 8);

	(void)state;
	reads(large, "items", "i");
	SET(row((size_t)large), struct plan_row, filter, STR("(i.qty > 5)"));
	reads(small, "small", "s");
	/* a relation of this name, but in another schema */
	reads(other, "orders", "o");
	judge(&facts);
	assert_int_equal(warned(large, "items (318 GiB, about 812 M rows) is read whole"), 1);
	assert_int_equal(warned(large, "no condition"), 0);
	assert_int_equal(warned(small, ""), 0);
	assert_int_equal(warned(other, ""), 0);
	assert_int_equal(row((size_t)large)->relation_bytes, 318 * 1024 * MIB);
}

static void test_large_scan_without_condition(void **state)
{
	int64_t scan = node(0, "Seq Scan", 900, 10, 8);

	(void)state;
	reads(scan, "items", "items");
	judge(&facts);
	assert_int_equal(warned(scan, "is read whole: no condition on it"), 1);
}

static void test_large_scan_of_which_little_is_read(void **state)
{
	int64_t top = node(0, "Append", 1000, 10, 8), limit = node(top, "Limit", 10, 5, 8),
		scan = node(limit, "Seq Scan", 1e6, 812000000, 8);

	(void)state;
	node(top, "Result", 990, 1, 1);
	reads(scan, "items", "i");
	judge(&facts);
	assert_int_equal(warned(scan, ""), 0);
}

static void test_nested_loop_with_many_runs(void **state)
{
	int64_t loop = node(0, "Nested Loop", 1e6, 61000, 8), outer = node(loop, "Seq Scan", 10, 61000, 8),
		inner = node(loop, "Index Scan", 8, 1, 8);

	(void)state;
	reads(outer, "small", "s");
	reads(inner, "items", "i");
	SET(row((size_t)inner), struct plan_row, condition, STR("(i.id = s.item)"));
	judge(&facts);
	assert_int_equal(warned(loop, "runs its inner side on items about 61.0 k times"), 1);
	assert_int_equal(warned(loop, "cartesian"), 0);
}

static void test_nested_loop_with_few_runs(void **state)
{
	int64_t loop = node(0, "Nested Loop", 1e6, 100, 8), outer = node(loop, "Seq Scan", 10, 100, 8),
		inner = node(loop, "Index Scan", 8, 1, 8);

	(void)state;
	reads(outer, "small", "s");
	reads(inner, "items", "i");
	SET(row((size_t)inner), struct plan_row, condition, STR("(i.id = s.item)"));
	judge(&facts);
	assert_int_equal(warned(loop, ""), 0);
}

static void product(const char *condition, const char *filter, size_t expected)
{
	int64_t loop = node(0, "Nested Loop", 1e6, 5000000, 8), outer = node(loop, "Seq Scan", 10, 1000, 8),
		inner = node(loop, "Materialize", 8, 5000, 8), scan = node(inner, "Seq Scan", 7, 5000, 8);

	reads(outer, "small", "s");
	reads(scan, "items", "i");
	SET(row((size_t)loop), struct plan_row, condition, str_c(condition));
	SET(row((size_t)scan), struct plan_row, filter, str_c(filter));
	judge(&facts);
	assert_int_equal(warned(loop, "every row of small meets every row of items"), expected);
}

static void test_cartesian_product(void **state)
{
	(void)state;
	product("", "", 1);
}

static void test_product_with_own_filter(void **state)
{
	(void)state;
	/* a condition on the inner side alone joins nothing; an alias inside another word is none */
	product("", "(i.qty > 5 AND is.x = 'bus.x')", 1);
}

static void test_join_filter_is_no_product(void **state)
{
	(void)state;
	product("(s.id < i.id)", "", 0);
}

static void test_lateral_condition_is_no_product(void **state)
{
	(void)state;
	product("", "(i.id = s.item)", 0);
}

static void test_quoted_alias_is_found(void **state)
{
	int64_t loop = node(0, "Nested Loop", 1e6, 5000000, 8), outer = node(loop, "Seq Scan", 10, 1000, 8),
		inner = node(loop, "Index Scan", 8, 5000, 8);

	(void)state;
	reads(outer, "small", "My Orders");
	reads(inner, "items", "i");
	SET(row((size_t)inner), struct plan_row, condition, STR("(i.id = \"My Orders\".item)"));
	judge(&facts);
	assert_int_equal(warned(loop, "cartesian"), 0);
}

static void test_sort_and_hash_that_spill(void **state)
{
	/* a row of 100 bytes takes 124 in a sort and 132 in a hash table; 4 MiB and 8 MiB may be used */
	int64_t fits = node(0, "Sort", 1000, 33000, 100), spills = node(fits, "Sort", 900, 35000, 100),
		hash = node(spills, "Hash", 500, 60000, 100),
		big = node(hash, "Partial HashAggregate", 400, 70000, 100);

	(void)state;
	judge(&facts);
	assert_int_equal(warned(fits, ""), 0);
	assert_int_equal(warned(spills, "sort of about 4.14 MiB likely spills to disk: it may use 4.00 MiB"), 1);
	assert_int_equal(warned(hash, ""), 0);
	assert_int_equal(warned(big, "hash table of about 8.81 MiB likely spills to disk: it may use 8.00 MiB"), 1);
}

static void test_top_n_sort_does_not_spill(void **state)
{
	int64_t limit = node(0, "Limit", 1000, 10, 100), sort = node(limit, "Sort", 1000, 1000000, 100);

	(void)state;
	judge(&facts);
	assert_int_equal(warned(sort, ""), 0);
}

static void test_unknown_memory_is_silent(void **state)
{
	const struct plan_facts unknown = {0};
	int64_t sort = node(0, "Sort", 1000, 1000000, 100);

	(void)state;
	reads(node(sort, "Seq Scan", 900, 1, 1), "items", "i");
	judge(&unknown);
	assert_int_equal(plan->nrows, 3);
}

static void test_never_analyzed_is_said_once(void **state)
{
	int64_t join = node(0, "Hash Join", 1000, 10, 8), one = node(join, "Seq Scan", 0.5, 10, 8),
		two = node(join, "Seq Scan", 0.5, 10, 8);

	(void)state;
	reads(one, "fresh", "a");
	reads(two, "fresh", "b");
	judge(&facts);
	assert_int_equal(warned(one, "fresh was never analyzed"), 1);
	assert_int_equal(warned(two, ""), 0);
}

/* ---- text ---- */

static void test_text(void **state)
{
	int64_t sort = node(0, "Sort", 100, 10, 8), scan = node(sort, "Index Scan", 80, 10, 8);
	struct buf out;

	(void)state;
	SET(plan_statement(plan), struct plan_row, role, STR("app_1"));
	SET(plan_statement(plan), struct plan_row, database, STR("orders"));
	SET(plan_statement(plan), struct plan_row, note, STR("a note"));
	reads(scan, "items", "i");
	SET(row((size_t)scan), struct plan_row, index, STR("items_pkey"));
	SET(row((size_t)scan), struct plan_row, condition, STR("(i.id = 4711)"));
	SET(row((size_t)scan), struct plan_row, filter, STR("(i.sku = 'secret')"));
	plan_share_costs(plan);
	buf_init(&out, 4096);
	assert_true(plan_write(&out, plan, false));
	assert_string_equal(buf_c(&out),
			    "-- as app_1 on orders\n-- a note\n"
			    "Sort  (cost=0.00..100.00 rows=10 width=8)\n"
			    "  ->  Index Scan using items_pkey on shop.items i  (cost=0.00..80.00 rows=10 width=8)\n"
			    "        Cond: (i.id = 4711)\n"
			    "        Filter: (i.sku = 'secret')\n");
	buf_clear(&out);
	assert_true(plan_write(&out, plan, true));
	assert_null(strstr(buf_c(&out), "secret"));
	assert_null(strstr(buf_c(&out), "4711"));
	buf_release(&out);
}

static void test_record(void **state)
{
	struct err err = {0};

	(void)state;
	if (!rec_check(&plan_type, &err))
		fail_msg("%s", err.text);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_simple_tree),
		CASE(test_limit_passes_on_what_it_reads),
		CASE(test_inner_side_counts_each_run),
		CASE(test_subplans),
		CASE(test_nonsense_stays_bounded),
		CASE(test_free_plan_has_no_shares),
		CASE(test_limits),
		CASE(test_large_sequential_scan),
		CASE(test_large_scan_without_condition),
		CASE(test_large_scan_of_which_little_is_read),
		CASE(test_nested_loop_with_many_runs),
		CASE(test_nested_loop_with_few_runs),
		CASE(test_cartesian_product),
		CASE(test_product_with_own_filter),
		CASE(test_join_filter_is_no_product),
		CASE(test_lateral_condition_is_no_product),
		CASE(test_quoted_alias_is_found),
		CASE(test_sort_and_hash_that_spill),
		CASE(test_top_n_sort_does_not_spill),
		CASE(test_unknown_memory_is_silent),
		CASE(test_never_analyzed_is_said_once),
		CASE(test_text),
		CASE(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
