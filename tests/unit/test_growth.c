/* Growth: the line through a series, what it takes to believe it, and when a limit is reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "model/growth.h"

#include <math.h>

#define POINTS 400
#define GIB (1024.0 * 1024 * 1024)
#define TIB (1024 * GIB)
#define START (20000 * US_PER_DAY)

static int64_t at[POINTS];
static double value[POINTS];
static struct series series;
static struct growth g;

static int fresh(void **state)
{
	(void)state;
	series = (struct series){.at = at, .value = value, .period_us = US_PER_HOUR};
	return 0;
}

static void point(int64_t hour, double v)
{
	at[series.n] = START + hour * US_PER_HOUR;
	value[series.n++] = v;
}

static void fit(void)
{
	assert_true(growth_fit(&series, 0, INT64_MAX, &g));
}

static void says(const char *text)
{
	struct buf b;

	buf_init(&b, 200);
	growth_say(&g, false, &b);
	assert_string_equal(buf_c(&b), text);
	buf_release(&b);
}

static bool near(double a, double b, double share)
{
	return fabs(a - b) <= share * fabs(b);
}

static void test_a_straight_line(void **state)
{
	(void)state;
	for (int h = 0; h < 168; h++)
		point(h, 1200 * GIB + 3 * GIB * h / 24);
	fit();
	assert_int_equal(g.trend, GROWTH_STEADY);
	assert_int_equal(g.n, 168);
	assert_true(near(g.per_day, 3 * GIB, 1e-6));
	assert_true(near(g.r2, 1, 1e-6));
	says("linear over 7 d, r2 1.00");
	assert_true(near(growth_at(&g, g.to_us + 30 * US_PER_DAY), g.last + 90 * GIB, 1e-6));
	/* 90 GiB more are reached in 30 days */
	assert_true(near((double)growth_reaches(&g, g.last + 90 * GIB), 30.0 * (double)US_PER_DAY, 1e-6));
	assert_int_equal(growth_reaches(&g, g.last), 0);
	assert_int_equal(growth_reaches(&g, 1000 * GIB), 0);
	assert_int_equal(growth_reaches(&g, 1e30), INT64_MAX);
}

/* What was not measured is not zero: days without points leave the pace as it is. */
static void test_gaps_do_no_harm(void **state)
{
	(void)state;
	for (int h = 0; h < 168; h++)
		if (h % 50 < 12)
			point(h, 1200 * GIB + 3 * GIB * h / 24);
	fit();
	assert_int_equal(g.trend, GROWTH_STEADY);
	assert_true(near(g.per_day, 3 * GIB, 1e-6));
}

static void test_noise_around_a_line(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int h = 0; h < 168; h++) {
		seed = seed * 1103515245 + 12345;
		point(h, 1200 * GIB + 3 * GIB * h / 24 + GIB * ((double)(seed >> 16 & 0x7fff) / 32768 - 0.5));
	}
	fit();
	assert_int_equal(g.trend, GROWTH_STEADY);
	assert_true(g.r2 < 1);
	assert_true(near(g.per_day, 3 * GIB, 0.05));
}

static void test_nothing_but_noise_is_no_trend(void **state)
{
	unsigned seed = 11;

	(void)state;
	for (int h = 0; h < 168; h++) {
		seed = seed * 1103515245 + 12345;
		point(h, 98 * GIB + 20 * GIB * (double)(seed >> 16 & 0x7fff) / 32768);
	}
	fit();
	assert_int_equal(g.trend, GROWTH_NONE);
	assert_true(fabs(g.per_day) <= 0);
	assert_int_equal(growth_reaches(&g, 0), INT64_MAX);
	assert_true(near(growth_at(&g, g.to_us + US_PER_DAY), g.last, 0));
	says("no trend over 7 d");
}

/* One load of data in the middle of the week: a direction, but not a pace to plan with. */
static void test_a_step_is_uneven(void **state)
{
	(void)state;
	for (int h = 0; h < 168; h++)
		point(h, h < 84 ? 1200 * GIB : 1300 * GIB);
	fit();
	assert_int_equal(g.trend, GROWTH_UNEVEN);
	assert_true(g.r2 > 0.7 && g.r2 < 0.8);
	says("uneven over 7 d, r2 0.75");
}

static void test_shrinking(void **state)
{
	(void)state;
	for (int h = 0; h < 48; h++)
		point(h, 100 * GIB - GIB * h);
	fit();
	assert_int_equal(g.trend, GROWTH_STEADY);
	assert_true(near(g.per_day, -24 * GIB, 1e-6));
	/* 53 GiB are left: two days and five hours */
	assert_true(near((double)growth_reaches(&g, 0), 53.0 / 24 * (double)US_PER_DAY, 1e-6));
	/* below that it is already */
	assert_int_equal(growth_reaches(&g, 200 * GIB), 0);
}

static void test_a_level_is_no_trend(void **state)
{
	(void)state;
	for (int h = 0; h < 100; h++)
		point(h, 98 * GIB);
	fit();
	assert_int_equal(g.trend, GROWTH_NONE);
	/* nor is what rounding makes of one */
	series.n = 0;
	for (int h = 0; h < 100; h++)
		point(h, 98 * GIB + h);
	fit();
	assert_int_equal(g.trend, GROWTH_NONE);
}

static void test_too_little(void **state)
{
	(void)state;
	assert_false(growth_fit(&series, 0, INT64_MAX, &g));
	/* points enough, but of an hour */
	for (int i = 0; i < 60; i++) {
		at[i] = START + i * US_PER_MIN;
		value[i] = i * GIB;
	}
	series.n = 60;
	series.period_us = US_PER_MIN;
	fit();
	assert_int_equal(g.trend, GROWTH_TOO_LITTLE);
	assert_true(isnan(growth_at(&g, g.to_us + US_PER_DAY)));
	assert_int_equal(growth_reaches(&g, 1e15), INT64_MAX);
	says("only 1h00m of data, needs 20h00m");
	/* time enough, but few points */
	series.n = 0;
	for (int i = 0; i < GROWTH_POINTS_MIN - 1; i++)
		point(24 * i, i * GIB);
	fit();
	assert_int_equal(g.trend, GROWTH_TOO_LITTLE);
	point(24 * GROWTH_POINTS_MIN, GROWTH_POINTS_MIN * GIB);
	fit();
	assert_int_equal(g.trend, GROWTH_STEADY);
}

static void test_only_what_was_asked_for(void **state)
{
	(void)state;
	for (int h = 0; h < 48; h++)
		point(h, h < 24 ? 500 * GIB : 500 * GIB + (h - 24) * GIB);
	assert_true(growth_fit(&series, START + 24 * US_PER_HOUR, START + 47 * US_PER_HOUR, &g));
	assert_int_equal(g.n, 24);
	assert_true(near(g.per_day, 24 * GIB, 1e-6));
	assert_false(growth_fit(&series, 0, START - 1, &g));
}

static void test_the_ceiling_of_the_volume(void **state)
{
	static const struct {
		const char *version;
		double tib;
		const char *raised_by;
	} cases[] = {
		{"15.4", 128, "15.13"}, {"15.12", 128, "15.13"}, {"15.13", 256, ""},   {"16.8", 128, "16.9"},
		{"16.9", 256, ""},      {"17.4", 128, "17.5"},   {"17.5", 256, ""},    {"18.1", 256, ""},
		{"14.17", 128, ""},     {"11.9", 128, ""},       {"16", 128, "16.9"},  {"", 0, ""},
		{"aurora", 0, ""},      {"15.x", 128, "15.13"},  {"16.10.2", 256, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *raised;

		assert_true(near(growth_volume_ceiling(str_c(cases[i].version), &raised), cases[i].tib * TIB, 0));
		assert_string_equal(raised, cases[i].raised_by);
	}
	assert_true(growth_volume_ceiling(STR("15.4"), NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_straight_line, fresh),
		cmocka_unit_test_setup(test_gaps_do_no_harm, fresh),
		cmocka_unit_test_setup(test_noise_around_a_line, fresh),
		cmocka_unit_test_setup(test_nothing_but_noise_is_no_trend, fresh),
		cmocka_unit_test_setup(test_a_step_is_uneven, fresh),
		cmocka_unit_test_setup(test_shrinking, fresh),
		cmocka_unit_test_setup(test_a_level_is_no_trend, fresh),
		cmocka_unit_test_setup(test_too_little, fresh),
		cmocka_unit_test_setup(test_only_what_was_asked_for, fresh),
		cmocka_unit_test(test_the_ceiling_of_the_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
