/*
 * test_series.c: rings, statistics, resampling with gaps.
 */
#include "model_fixture.h"

#include <math.h>

static void assert_near(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-9))
		fail_msg("got %g, want %g", got, want);
}

static void a_ring_is_sorted_and_has_one_point_a_time(void **state)
{
	struct series_ring r = {.n = 0};

	(void)state;
	series_ring_put(&r, 30, 3);
	series_ring_put(&r, 10, 1);
	series_ring_put(&r, 20, 2);
	series_ring_put(&r, 20, 22);
	series_ring_put(&r, 25, (double)NAN);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.at[0], 10);
	assert_int_equal(r.at[1], 20);
	assert_int_equal(r.at[2], 30);
	assert_near(r.value[0], 1);
	assert_near(r.value[1], 22);
	assert_near(r.value[2], 3);
	series_ring_trim(&r, 20);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.at[0], 20);
	assert_near(r.value[0], 22);
	series_ring_release(&r);
	assert_int_equal(r.n, 0);
	series_ring_put(&r, 1, 1);
	assert_int_equal(r.n, 1);
	series_ring_release(&r);
}

static void a_full_ring_drops_the_oldest(void **state)
{
	struct series_ring r = {.n = 0};

	(void)state;
	for (int i = 0; i < SERIES_POINTS_MAX; i++)
		series_ring_put(&r, 10 * i + 10, i);
	series_ring_put(&r, 5, -1); /* older than all: nothing to gain */
	assert_int_equal(r.n, SERIES_POINTS_MAX);
	assert_int_equal(r.at[0], 10);
	series_ring_put(&r, 25, 1.5);
	assert_int_equal(r.n, SERIES_POINTS_MAX);
	assert_int_equal(r.at[0], 20);
	assert_int_equal(r.at[1], 25);
	assert_near(r.value[1], 1.5);
	series_ring_put(&r, 1000000, 7);
	assert_int_equal(r.n, SERIES_POINTS_MAX);
	assert_int_equal(r.at[0], 25);
	assert_int_equal(r.at[r.n - 1], 1000000);
	series_ring_release(&r);
}

static void copying_takes_a_closed_range(void **state)
{
	struct arena *a = arena_new(0, 100000);
	struct series_ring r = {.n = 0};
	struct series s = {.n = 99};

	(void)state;
	series_ring_copy(&r, a, 0, 100, &s);
	assert_int_equal(s.n, 0);
	for (int i = 1; i <= 5; i++)
		series_ring_put(&r, i * 10, i);
	series_ring_copy(&r, a, 20, 40, &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.at[0], 20);
	assert_int_equal(s.at[2], 40);
	assert_near(s.value[2], 4);
	series_ring_copy(&r, a, 51, 99, &s);
	assert_int_equal(s.n, 0);
	series_ring_release(&r);
	arena_free(a);
}

static void statistics_of_a_range(void **state)
{
	int64_t at[] = {10, 20, 30, 40};
	double value[] = {5, -1, 9, 100};
	struct series s = {.n = 4, .at = at, .value = value};
	struct series_stats st;

	(void)state;
	assert_true(series_stats(&s, 10, 30, &st));
	assert_near(st.min, -1);
	assert_near(st.max, 9);
	assert_near(st.last, 9);
	assert_near(st.mean, 13.0 / 3);
	assert_int_equal(st.last_at, 30);
	assert_int_equal(st.n, 3);
	assert_false(series_stats(&s, 41, 100, &st));
	assert_false(series_stats(&s, 21, 29, &st));
}

static void check_resample(const struct series *s, int64_t from, int64_t to, const double *want, size_t n)
{
	double out[16];

	assert_true(n <= ARRAY_LEN(out));
	series_resample(s, from, to, out, n);
	for (size_t i = 0; i < n; i++)
		assert_near(out[i], want[i]);
}

static void short_periods_are_averaged_and_gaps_stay(void **state)
{
	int64_t at[] = {-1, 0, 5, 10, 35, 40};
	double value[] = {99, 2, 4, 8, 16, 77};
	struct series s = {.n = 6, .at = at, .value = value, .period_us = 5};
	const double want[] = {3, 8, (double)NAN, 16};
	const double all[] = {7.5};

	(void)state;
	check_resample(&s, 0, 40, want, 4);
	check_resample(&s, 0, 40, all, 1);
}

static void long_periods_fill_what_they_cover(void **state)
{
	int64_t at[] = {0, 300, 900};
	double value[] = {1, 2, 4};
	struct series s = {.n = 3, .at = at, .value = value, .period_us = 300};
	const double want[] = {1, 1, 1, 2, 2, 2, (double)NAN, (double)NAN, (double)NAN, 4};
	const double shifted[] = {1, 1.5, 2}; /* 150..250, 250..350 half and half, 350..450 */
	const double tail[] = {(double)NAN, 4};

	(void)state;
	check_resample(&s, 0, 1000, want, 10);
	check_resample(&s, 150, 450, shifted, 3);
	check_resample(&s, 800, 1000, tail, 2);
}

static void an_empty_range_has_no_values(void **state)
{
	struct series s = {.n = 0};
	double out[2] = {1, 1};

	(void)state;
	series_resample(&s, 0, 10, out, 2);
	assert_true(isnan(out[0]) && isnan(out[1]));
	out[0] = out[1] = 1;
	series_resample(&s, 10, 10, out, 2);
	assert_true(isnan(out[0]) && isnan(out[1]));
	series_resample(&s, 0, 10, out, 0);
}

static void series_are_found_by_metric_and_object(void **state)
{
	struct series items[] = {
		{.metric = STR("CPUUtilization"), .object = STR("orders-1")},
		{.metric = STR("CPUUtilization"), .object = STR("orders-2")},
		{.metric = STR("ACUUtilization"), .object = STR("orders-2")},
	};
	struct series_set set = {.n = 3, .items = items};

	(void)state;
	assert_ptr_equal(series_find(&set, "CPUUtilization", STR("orders-2")), &items[1]);
	assert_ptr_equal(series_find(&set, "CPUUtilization", STR("")), &items[0]);
	assert_ptr_equal(series_find(&set, "ACUUtilization", STR("")), &items[2]);
	assert_null(series_find(&set, "ACUUtilization", STR("orders-1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_is_sorted_and_has_one_point_a_time),
		cmocka_unit_test(a_full_ring_drops_the_oldest),
		cmocka_unit_test(copying_takes_a_closed_range),
		cmocka_unit_test(statistics_of_a_range),
		cmocka_unit_test(short_periods_are_averaged_and_gaps_stay),
		cmocka_unit_test(long_periods_fill_what_they_cover),
		cmocka_unit_test(an_empty_range_has_no_values),
		cmocka_unit_test(series_are_found_by_metric_and_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
