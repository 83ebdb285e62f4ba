/*
 * test_sample_load.c: active sessions counted together, and a crowd with more differences than are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "db/sample.h"

#include "base/xalloc.h"

static struct shape_cache shapes;
static struct snapshot *out;

static int setup(void **state)
{
	(void)state;
	out = snapshot_new(&load_sample_type, "load_samples");
	out->at_us = 77;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	snapshot_unref(out);
	shape_cache_release(&shapes);
	return 0;
}

static struct session session(const char *state, const char *wait_type, const char *user, const char *query)
{
	struct session row = {.pid = 1};

	SET(&row, struct session, raw_state, str_c(state));
	if (wait_type[0])
		SET(&row, struct session, wait_type, str_c(wait_type));
	SET(&row, struct session, user, str_c(user));
	SET(&row, struct session, query, str_c(query));
	return row;
}

static const struct load_sample *row_at(size_t i)
{
	assert_true(i < out->nrows);
	return snapshot_row(out, i);
}

/* Values do not tell sessions apart, users and what they wait for do; who does nothing is no load. */
static void what_is_alike_is_counted_together(void **state)
{
	const struct session rows[] = {
		session("active", "", "app", "select 1"),
		session("active", "", "app", "select 22"),
		session("active", "", "etl", "select 1"),
		session("active", "Lock", "app", "select 1"),
		session("idle", "Client", "app", "select 1"),
		session("idle in transaction", "Client", "app", "select 1"),
		session("active", "Activity", "app", "select 1"),
	};

	(void)state;
	sample_count_load(rows, ARRAY_LEN(rows), &shapes, out);
	assert_int_equal(out->nrows, 3);
	assert_int_equal(row_at(0)->sessions, 2);
	assert_true(str_eq_c(row_at(0)->statement, "select ?"));
	assert_true(str_eq_c(row_at(0)->wait_class, "cpu"));
	assert_int_equal(row_at(0)->sampled_at, 77);
	assert_int_equal(row_at(1)->sessions, 1);
	assert_true(str_eq_c(row_at(1)->user, "etl"));
	assert_true(str_eq_c(row_at(2)->wait_class, "lock"));
}

/* Nobody is lost: who comes after the last row is counted in its class. */
static void a_crowd_is_cut_and_still_counted(void **state)
{
	size_t n = LOAD_SAMPLE_ROWS_MAX + 300, total = 0;
	struct session *rows = xcalloc(n, sizeof *rows);
	char(*users)[16] = xcalloc(n, sizeof *users);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(users[i], sizeof users[i], "user_%zu", i);
		rows[i] = session("active", i % 3 == 0 ? "Lock" : "IO", users[i], "select 1");
	}
	sample_count_load(rows, n, &shapes, out);
	assert_int_equal(out->nrows, LOAD_SAMPLE_ROWS_MAX + 2);
	for (size_t i = 0; i < out->nrows; i++)
		total += (size_t)row_at(i)->sessions;
	assert_int_equal(total, n);
	for (size_t i = LOAD_SAMPLE_ROWS_MAX; i < out->nrows; i++) {
		bool lock = str_eq_c(row_at(i)->wait_class, "lock");

		assert_int_equal(row_at(i)->sessions, lock ? 100 : 200);
		assert_int_equal(row_at(i)->sampled_at, 77);
		assert_false(HAS(row_at(i), struct load_sample, user));
	}
	xfree(rows);
	xfree(users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_alike_is_counted_together, setup, teardown),
		cmocka_unit_test_setup_teardown(a_crowd_is_cut_and_still_counted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
