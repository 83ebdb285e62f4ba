/*
 * test_order.c: for random rows and every column in both directions, the order has the
 * properties its header promises.
 */
#include "model_fixture.h"

#include "model/order.h"

#include <math.h>

static uint32_t seed = 12345;

static uint32_t next(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Few distinct values, many absent ones, keys that repeat. */
static void random_row(struct snapshot *s)
{
	static const char *const texts[] = {"", "a", "ab", "b", "\xc3\xa4"};
	static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
	static const double reals[] = {(double)-INFINITY, -1e300,      -2,          -0.5, -0.0, 0, 1e-310, 0.5, 2,
				       (double)INFINITY,  (double)NAN, (double)-NAN};
	void *row = snapshot_add_row(s);

	for (size_t i = 0; i < thing_type.nfields; i++) {
		const struct field *f = &thing_fields[i];
		union value v = {.i64 = 0};

		if (next(4) == 0)
			continue;
		switch (kind_ops[f->kind].storage) {
		case CT_I64:
			v.i64 = numbers[next(ARRAY_LEN(numbers))];
			break;
		case CT_F64:
			v.f64 = reals[next(ARRAY_LEN(reals))];
			break;
		case CT_STR:
			v.str = str_c(texts[next(ARRAY_LEN(texts))]);
			break;
		case CT_BAD:
			break;
		}
		rec_set(f, row, v);
	}
}

static bool get(const struct snapshot *s, struct order o, uint32_t row, union value *v)
{
	if (!o.rate)
		return rec_get(&thing_fields[o.field], snapshot_row(s, row), v);
	v->f64 = snapshot_rate(s, row, (size_t)o.field);
	return !isnan(v->f64);
}

/* Rows a and b may stand next to each other in this order. */
static void check_pair(const struct snapshot *s, struct order o, uint32_t a, uint32_t b)
{
	union value va, vb;
	bool has_a = get(s, o, a, &va), has_b = get(s, o, b, &vb);
	int c = 0;

	assert_true(has_a || !has_b); /* absent last, whatever the direction */
	if (has_a && has_b)
		c = kind_compare(o.rate ? K_REAL : (enum kind)thing_fields[o.field].kind, va, vb);
	if (has_a != has_b)
		return;
	if (o.descending)
		assert_true(c >= 0);
	else
		assert_true(c <= 0);
	if (c != 0)
		return;
	c = rec_compare_key(&thing_type, snapshot_row(s, a), snapshot_row(s, b));
	assert_true(c <= 0);
	if (c == 0)
		assert_true(a < b); /* the index was ascending before */
}

static void check_order(const struct snapshot *s, struct order o)
{
	uint32_t index[200], scratch[200];
	bool seen[200] = {false};

	assert_true(s->nrows <= ARRAY_LEN(index));
	for (size_t i = 0; i < s->nrows; i++)
		index[i] = (uint32_t)i;
	order_rows(s, o, index, scratch, s->nrows);
	for (size_t i = 0; i < s->nrows; i++) {
		assert_true(index[i] < s->nrows && !seen[index[i]]);
		seen[index[i]] = true;
		if (i > 0)
			check_pair(s, o, index[i - 1], index[i]);
	}
}

static void every_order_has_the_promised_properties(void **state)
{
	(void)state;
	for (int round = 0; round < 40; round++) {
		struct snapshot *s = snapshot_new(&thing_type, "things");
		size_t n = next(200);

		for (size_t i = 0; i < n; i++)
			random_row(s);
		s->rates = arena_alloc_array(s->arena, n * thing_type.nfields + 1, sizeof(double));
		for (size_t i = 0; i < n * thing_type.nfields; i++)
			s->rates[i] = next(3) == 0 ? (double)NAN : (double)next(4);
		for (int f = 0; f < (int)thing_type.nfields; f++) {
			check_order(s, (struct order){.field = f});
			check_order(s, (struct order){.field = f, .descending = true});
			check_order(s, (struct order){.field = f, .rate = true, .descending = true});
		}
		snapshot_unref(s);
	}
}

static void no_column_leaves_the_rows_alone(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	uint32_t index[] = {1, 0}, scratch[2];

	(void)state;
	thing_add(s, "a");
	thing_add(s, "b");
	order_rows(s, (struct order){.field = -1}, index, scratch, 2);
	assert_int_equal(index[0], 1);
	assert_int_equal(index[1], 0);
	snapshot_unref(s);
}

static void orders_are_parsed(void **state)
{
	struct order o;

	(void)state;
	assert_true(order_parse(STR("pid"), &thing_type, &o));
	assert_int_equal(o.field, rec_find(&thing_type, STR("pid")));
	assert_false(o.descending || o.rate);
	assert_true(order_parse(STR(" -calls/s "), &thing_type, &o));
	assert_int_equal(o.field, rec_find(&thing_type, STR("calls")));
	assert_true(o.descending && o.rate);
	o.field = 99;
	assert_false(order_parse(STR("rows/s"), &thing_type, &o)); /* has no rate */
	assert_false(order_parse(STR("row"), &thing_type, &o));
	assert_false(order_parse(STR(""), &thing_type, &o));
	assert_false(order_parse(STR("--pid"), &thing_type, &o));
	assert_int_equal(o.field, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_has_the_promised_properties),
		cmocka_unit_test(no_column_leaves_the_rows_alone),
		cmocka_unit_test(orders_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
