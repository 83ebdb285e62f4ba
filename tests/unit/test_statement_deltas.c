/* test_statement_deltas.c: what happened between two reads, whatever the server did to its counters meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/xalloc.h"
#include "db/statement_history.h"

#include <math.h>
#include <stdio.h>

#define START (1000 * US_PER_S)

static struct statement_deltas d;
static struct statement rows[64];
static size_t nrows;
static int64_t now, reset_at;

static int begin(void **state)
{
	(void)state;
	d = (struct statement_deltas){0};
	nrows = 0;
	now = START;
	reset_at = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	statement_deltas_release(&d);
	return 0;
}

static struct statement *put(int64_t id, int64_t calls, int64_t us)
{
	struct statement *row = &rows[nrows++];

	*row = (struct statement){.user_oid = 10, .database_oid = 5, .calls = calls, .total_us = us};
	SET(row, struct statement, query_id, id);
	return row;
}

/* Reads the rows put since the last read, ten seconds after it. */
static void read_rows(void)
{
	struct statements_read r = {rows, nrows, now, now, US_PER_MS, reset_at};

	statement_deltas_take(&d, &r);
	nrows = 0;
	now += 10 * US_PER_S;
}

static int64_t calls(size_t row)
{
	const int64_t *w = statement_deltas_window(&d, row);

	assert_non_null(w);
	return w[STATEMENT_COUNTER(calls)];
}

static int64_t time_of(size_t row)
{
	return statement_deltas_window(&d, row)[STATEMENT_COUNTER(total_us)];
}

static void test_first_read_says_nothing(void **state)
{
	(void)state;
	put(1, 1000, 5000);
	read_rows();
	assert_null(statement_deltas_window(&d, 0));
	assert_int_equal(d.window_us, 0);
	assert_int_equal(statement_deltas_first_seen(&d, 0), 0);
	assert_int_equal(d.watched_since_us, START);
}

static void test_differences_add_up_to_a_minute(void **state)
{
	(void)state;
	put(1, 1000, 5000);
	read_rows();
	for (int i = 1; i <= 20; i++) {
		put(1, 1000 + i * 10, 5000 + i * 70);
		read_rows();
		assert_int_equal(calls(0), (i < 6 ? i : 6) * 10);
		assert_int_equal(time_of(0), (i < 6 ? i : 6) * 70);
		assert_int_equal(d.window_us, (i < 6 ? i : 6) * 10 * US_PER_S);
		assert_int_equal(d.interval_us, 10 * US_PER_S);
	}
	/* it stops: after a minute nothing is left of it */
	for (int i = 0; i < 6; i++) {
		put(1, 1200, 6400);
		read_rows();
	}
	assert_int_equal(calls(0), 0);
}

/* A key is all of role, database, query id and level. */
static void test_keys(void **state)
{
	(void)state;
	for (int round = 1; round <= 2; round++) {
		put(1, round * 10, 0);
		put(1, round * 100, 0)->user_oid = 11;
		put(1, round * 1000, 0)->database_oid = 6;
		for (int64_t top = 0; top <= 1; top++) {
			struct statement *row = put(1, round * (top ? 100000 : 10000), 0);

			SET(row, struct statement, toplevel, top);
		}
		read_rows();
	}
	for (size_t i = 0, n = 10; i < 5; i++, n *= 10)
		assert_int_equal(calls(i), n);
}

static void test_new_one_has_all_its_calls(void **state)
{
	(void)state;
	put(1, 10, 10);
	read_rows();
	put(1, 10, 10);
	put(2, 7, 70);
	read_rows();
	assert_int_equal(calls(0), 0);
	assert_int_equal(calls(1), 7);
	assert_int_equal(statement_deltas_first_seen(&d, 0), 0);
	assert_int_equal(statement_deltas_first_seen(&d, 1), START + 10 * US_PER_S);
	assert_int_equal(d.evicted, 0);
}

/* Thrown out, and back with a life of its own: what it shows now happened since. */
static void test_evicted_and_back(void **state)
{
	(void)state;
	put(1, 500, 5000);
	put(2, 900, 9000);
	read_rows();
	put(2, 901, 9001);
	read_rows();
	assert_int_equal(d.evicted, 1);
	put(1, 600, 6000);
	put(2, 902, 9002);
	read_rows();
	assert_int_equal(calls(0), 600);
	assert_int_equal(calls(1), 2);
	assert_int_equal(d.evicted, 1);
	assert_int_equal(d.resets, 0);
	/* known: not new */
	assert_int_equal(statement_deltas_first_seen(&d, 0), 0);
}

/* Thrown out and back within one interval. */
static void test_fallen(void **state)
{
	(void)state;
	put(1, 500, 5000);
	put(2, 900, 9000);
	put(3, 800, 9000);
	put(4, 700, 9000);
	read_rows();
	put(1, 3, 30);
	put(2, 900, 9000);
	put(3, 800, 9000);
	put(4, 700, 9000);
	read_rows();
	assert_int_equal(calls(0), 3);
	assert_int_equal(time_of(0), 30);
	assert_int_equal(d.evicted, 1);
	assert_int_equal(d.resets, 0);
	/* also when only a counter that is not calls fell */
	put(1, 9, 20);
	put(2, 900, 9000);
	put(3, 800, 9000);
	put(4, 700, 9000);
	read_rows();
	assert_int_equal(calls(0), 3 + 9);
}

/* From 17 on each statement says since when: a second life is known even where no counter fell. */
static void test_since_when(void **state)
{
	(void)state;
	put(1, 5, 50)->stats_since_at = 100;
	read_rows();
	put(1, 8, 80)->stats_since_at = 200;
	read_rows();
	assert_int_equal(calls(0), 8);
}

static void test_wrapped_counter_is_never_negative(void **state)
{
	(void)state;
	put(1, INT64_MAX - 1, INT64_MAX - 5);
	read_rows();
	put(1, INT64_MIN + 3, INT64_MIN + 3);
	read_rows();
	assert_true(calls(0) >= 0 && time_of(0) >= 0);
	put(1, 4, 4);
	read_rows();
	assert_true(calls(0) >= 0 && calls(0) <= 4);
}

/* The server tells: what is there now happened since, also what has grown beyond its earlier value. */
static void test_reset_told(void **state)
{
	(void)state;
	reset_at = START - US_PER_DAY;
	put(1, 500, 5000);
	put(2, 3, 30);
	read_rows();
	put(1, 510, 5100);
	put(2, 4, 40);
	read_rows();
	reset_at = now - 5 * US_PER_S;
	put(1, 20, 200);
	put(2, 6, 60);
	read_rows();
	assert_int_equal(d.resets, 1);
	assert_int_equal(d.evicted, 0);
	assert_int_equal(d.reset_at_us, reset_at);
	assert_int_equal(calls(0), 10 + 20);
	assert_int_equal(calls(1), 1 + 6);
	put(1, 21, 210);
	put(2, 6, 60);
	read_rows();
	assert_int_equal(d.resets, 1);
	assert_int_equal(calls(0), 10 + 20 + 1);
}

/* It came after the rows were read and before it was asked for: the old rows are still a continuation. */
static void test_reset_after_the_rows(void **state)
{
	(void)state;
	reset_at = START - US_PER_DAY;
	put(1, 500, 5000);
	read_rows();
	reset_at = now + US_PER_MS / 2;
	put(1, 507, 5070);
	read_rows();
	assert_int_equal(calls(0), 7);
	put(1, 2, 20);
	read_rows();
	assert_int_equal(calls(0), 7 + 2);
	assert_int_equal(d.resets, 1);
	assert_int_equal(d.evicted, 0);
}

/* Before 14 it is not told: the most called are never thrown out, so when these fell it was a reset. */
static void test_reset_not_told(void **state)
{
	(void)state;
	for (int64_t id = 1; id <= 10; id++)
		put(id, id * 100, 10);
	read_rows();
	for (int64_t id = 1; id <= 10; id++)
		put(id, id, 1);
	read_rows();
	assert_int_equal(d.resets, 1);
	assert_int_equal(d.evicted, 0);
	assert_int_equal(d.reset_at_us, START + 10 * US_PER_S);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(calls(i), i + 1);
	/* everything is gone */
	put(99, 1, 1);
	read_rows();
	assert_int_equal(d.resets, 2);
	assert_int_equal(d.evicted, 0);
}

/* The sum of what is hidden falls with each that is thrown out and leaps when rights change: no difference then. */
static void test_hidden_sum(void **state)
{
	struct statement *row;

	(void)state;
	for (int64_t total = 1000; total <= 1300; total += 100) {
		row = put(0, total == 1200 ? 1150 : total, 1);
		row->present = 0;
		put(1, 100000 + total, 1);
		read_rows();
		if (total == 1100)
			assert_int_equal(calls(0), 100);
	}
	/* 1000, 1100, 1150, 1300 */
	assert_int_equal(calls(0), 300);
	put(0, 700, 1)->present = 0;
	put(1, 101400, 1);
	read_rows();
	assert_int_equal(calls(0), 300);
	assert_int_equal(d.evicted, 0);
}

static void test_same_key_twice_names_no_row(void **state)
{
	(void)state;
	put(1, 10, 10);
	put(1, 90, 90);
	read_rows();
	put(1, 11, 11);
	put(1, 95, 95);
	read_rows();
	assert_int_equal(calls(0), 1);
	assert_null(statement_deltas_window(&d, 1));
}

static void test_clock_set_back(void **state)
{
	(void)state;
	put(1, 10, 10);
	read_rows();
	now -= US_PER_DAY;
	put(1, 20, 20);
	read_rows();
	assert_true(d.window_us > 0);
	assert_int_equal(calls(0), 10);
}

static void test_order_and_since_when_it_leads(void **state)
{
	uint32_t order[64], scratch[64];

	(void)state;
	for (int64_t id = 1; id <= 30; id++)
		put(id, 1, 1000 * id);
	read_rows();
	statement_deltas_order(&d, order, scratch);
	/* no interval yet: by all time */
	assert_int_equal(order[0], 29);
	assert_int_equal(statement_deltas_top_since(&d, 29), 0);
	for (int64_t id = 1; id <= 30; id++)
		put(id, 2, 1000 * id + (id == 3 ? 900 : id == 4 ? 800 : 0));
	read_rows();
	statement_deltas_order(&d, order, scratch);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 3);
	assert_int_equal(order[2], 29);
	assert_int_equal(statement_deltas_top_since(&d, 2), START);
	/* without time in the window it does not lead */
	assert_int_equal(statement_deltas_top_since(&d, 29), 0);
	for (int64_t id = 1; id <= 30; id++)
		put(id, 3, 1000 * id + (id == 3 ? 901 : id == 4 ? 800 : 2000));
	read_rows();
	statement_deltas_order(&d, order, scratch);
	/* 27 others are ahead of the two now */
	assert_int_equal(statement_deltas_top_since(&d, 2), 0);
	assert_int_equal(statement_deltas_top_since(&d, order[0]), START + 10 * US_PER_S);
}

/* Thousands come and go; what is gone for good is forgotten, and the sums stay right. */
static void test_churn(void **state)
{
	struct statement *many = xcalloc(3000, sizeof(*many));

	(void)state;
	for (int round = 0; round < 30; round++) {
		struct statements_read r = {many, 3000, now, now, US_PER_MS, START - 1};

		for (int i = 0; i < 3000; i++) {
			many[i] = (struct statement){.calls = 1 + round, .total_us = 10};
			SET(&many[i], struct statement, query_id, i == 0 ? 1 : 10 + round * 3000 + i);
		}
		statement_deltas_take(&d, &r);
		assert_int_equal(d.nrows, 3000);
		if (round > 0)
			assert_int_equal(calls(0), round < 6 ? round : 6);
		now += 10 * US_PER_S;
	}
	assert_int_equal(d.evicted, 29 * 2999);
	assert_true(d.n <= 3000 + 20000 + 3000);
	assert_true(d.nchanges <= STATEMENTS_CHANGES_MAX);
	xfree(many);
}

/* ---- history ---- */

static const struct series *series_of(const struct series_set *set, const char *metric, int64_t id)
{
	char object[64];

	snprintf(object, sizeof(object), "10:5:%lld:-1", (long long)id);
	return series_find(set, metric, str_c(object));
}

static void test_history(void **state)
{
	struct arena *a = arena_new(4096, 16u << 20);
	struct statement_history h = {0};
	struct series_set set;
	const struct series *s;

	(void)state;
	put(1, 100, 1000);
	read_rows();
	for (int i = 1; i <= 5; i++) {
		put(1, 100 + i * 50, 1000 + i * 5 * US_PER_S);
		if (i >= 3)
			put(2, i * 1000, i * US_PER_S);
		{
			struct statements_read r = {rows, nrows, now, now, US_PER_MS, 0};

			statement_deltas_take(&d, &r);
			statement_history_add(&h, &d, rows);
			nrows = 0;
			now += 10 * US_PER_S;
		}
	}
	statement_history_gap(&h, now);
	statement_history_publish(&h, a, &set);
	s = series_of(&set, "calls", 1);
	assert_non_null(s);
	assert_int_equal(s->n, 5);
	assert_true(fabs(s->value[4] - 5) < 1e-3);
	s = series_of(&set, "sessions", 1);
	assert_true(fabs(s->value[0] - 0.5) < 1e-3);
	s = series_of(&set, "mean_us", 1);
	assert_true(fabs(s->value[0] - 100000) < 1);
	/* what was before it was followed is not known, and not zero */
	s = series_of(&set, "calls", 2);
	assert_non_null(s);
	assert_int_equal(s->n, 3);
	assert_null(series_of(&set, "calls", 3));
	statement_history_release(&h);
	arena_free(a);
}

static void test_history_is_bounded(void **state)
{
	struct arena *a = arena_new(4096, 64u << 20);
	struct statement_history h = {0};
	struct series_set set;

	(void)state;
	put(1, 1, 1);
	read_rows();
	for (int i = 1; i <= STATEMENT_POINTS + 50; i++) {
		struct statements_read r;

		/* one that always leads, and a new one each time */
		put(1, i, (int64_t)i * US_PER_S);
		put(100 + i, 1, 1000);
		r = (struct statements_read){rows, nrows, now, now, US_PER_MS, START - 1};
		statement_deltas_take(&d, &r);
		statement_history_add(&h, &d, rows);
		nrows = 0;
		now += 10 * US_PER_S;
	}
	statement_history_publish(&h, a, &set);
	assert_true(set.n <= 3 * STATEMENT_TRACKS);
	assert_int_equal(series_of(&set, "calls", 1)->n, STATEMENT_POINTS);
	assert_null(series_of(&set, "calls", 101));
	assert_non_null(series_of(&set, "calls", 100 + STATEMENT_POINTS + 50));
	statement_history_release(&h);
	arena_free(a);
}

/* The engine finds its counters by their place in the record: the descriptor must agree. */
static void test_counters_are_the_rates(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < statement_type.nfields; i++) {
		const struct field *f = &statement_type.fields[i];
		bool inside = f->offset >= offsetof(struct statement, calls) &&
			      f->offset <= offsetof(struct statement, parallel_workers_launched);

		assert_int_equal(inside, (f->flags & F_RATE) != 0);
		n += inside;
	}
	assert_int_equal(n, STATEMENT_COUNTERS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_first_read_says_nothing),
		T(test_differences_add_up_to_a_minute),
		T(test_keys),
		T(test_new_one_has_all_its_calls),
		T(test_evicted_and_back),
		T(test_fallen),
		T(test_since_when),
		T(test_wrapped_counter_is_never_negative),
		T(test_reset_told),
		T(test_reset_after_the_rows),
		T(test_reset_not_told),
		T(test_hidden_sum),
		T(test_same_key_twice_names_no_row),
		T(test_clock_set_back),
		T(test_order_and_since_when_it_leads),
		T(test_churn),
		T(test_history),
		T(test_history_is_bounded),
		T(test_counters_are_the_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
