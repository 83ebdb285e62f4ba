/*
 * test_aws_pace.c: retry tokens, the adaptive rate and the meter, by numbers.
 */
#include "aws/api.h"
#include "aws/pace.h"
#include "runtime/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define T0 (1000 * US_PER_S)

static int fresh; /* every test asks as another account */

static struct aws_pace *fresh_pace(void)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "test %d", fresh++);
	return aws_pace_of(AWS_RDS, key);
}

static void test_tokens(void **state)
{
	struct aws_pace *p = fresh_pace();
	int cost = 0;

	(void)state;
	assert_int_equal(aws_pace_tokens(p), 500);
	assert_true(aws_pace_retry(p, false, &cost));
	assert_int_equal(cost, 5);
	assert_true(aws_pace_retry(p, true, &cost));
	assert_int_equal(cost, 10);
	assert_int_equal(aws_pace_tokens(p), 485);
	/* success gives back what the last retry cost, without one a single token */
	aws_pace_success(p, cost);
	assert_int_equal(aws_pace_tokens(p), 495);
	aws_pace_success(p, 0);
	assert_int_equal(aws_pace_tokens(p), 496);
	for (int i = 0; i < 20; i++)
		aws_pace_success(p, 0);
	assert_int_equal(aws_pace_tokens(p), 500);
}

static void test_tokens_run_out(void **state)
{
	struct aws_pace *p = fresh_pace();
	int cost = 0, retries = 0;

	(void)state;
	while (aws_pace_retry(p, false, &cost))
		retries++;
	assert_int_equal(retries, 100);
	for (int i = 0; i < 9; i++)
		aws_pace_success(p, 0);
	/* nine are enough for a retry, not for one after a timeout */
	assert_false(aws_pace_retry(p, true, &cost));
	assert_true(aws_pace_retry(p, false, &cost));
	assert_int_equal(aws_pace_tokens(p), 4);
}

/* What one account was told says nothing of another; one service's nothing of the next. */
static void test_shared_by_account_and_service(void **state)
{
	struct aws_pace *p = aws_pace_of(AWS_RDS, "a eu-west-1 ");
	int cost;

	(void)state;
	assert_true(aws_pace_retry(p, false, &cost));
	aws_pace_set_skew(p, US_PER_HOUR);
	assert_ptr_equal(aws_pace_of(AWS_RDS, "a eu-west-1 "), p);
	assert_int_equal(aws_pace_tokens(p), 495);
	assert_int_equal(aws_pace_tokens(aws_pace_of(AWS_EC2, "a eu-west-1 ")), 500);
	assert_int_equal(aws_pace_tokens(aws_pace_of(AWS_RDS, "b eu-west-1 ")), 500);
	assert_int_equal(aws_pace_skew_us(p), 0);
}

/* Ten requests a second, then "slow down": seven are left, and requests wait for their turn. */
static void test_slows_down(void **state)
{
	struct aws_pace *p = fresh_pace();
	int64_t now = T0, wait = 0;

	(void)state;
	for (int i = 0; i < 100; i++, now += US_PER_S / 10) {
		assert_int_equal(aws_pace_take(p, now, 0), 0);
		aws_pace_heard(p, false, now);
	}
	assert_true(aws_pace_rate(p, now) == 0);
	aws_pace_heard(p, true, now);
	assert_true(aws_pace_rate(p, now) > 6 && aws_pace_rate(p, now) < 9);
	/* the bucket is empty: the eighth within the second has to wait about as many turns */
	for (int i = 0; i < 8; i++)
		wait = aws_pace_take(p, now, US_PER_MIN);
	assert_true(wait > US_PER_S / 2 && wait < 2 * US_PER_S);
	/* who has not so much time takes nothing */
	assert_int_equal(aws_pace_take(p, now, US_PER_MS), -1);
	assert_true(aws_pace_take(p, now, US_PER_MIN) < wait + US_PER_S / 4);
}

/* Without a word from the service, too: a hundred at once, then ten a second, and each waits for its own turn. */
static void test_a_rate_of_its_own(void **state)
{
	struct aws_pace *p = fresh_pace();
	int64_t last = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(aws_pace_take(p, T0, 0), 0);
	assert_int_equal(aws_pace_take(p, T0, US_PER_MS), -1);
	for (int i = 1; i <= 50; i++) {
		int64_t wait = aws_pace_take(p, T0, US_PER_MIN);

		assert_true(wait > last);
		last = wait;
	}
	assert_true(last > 49 * US_PER_S / 10 && last < 51 * US_PER_S / 10);
	/* it recovers while nothing is asked */
	assert_int_equal(aws_pace_take(p, T0 + 10 * US_PER_S, 0), 0);
	assert_true(aws_pace_rate(p, T0) == 0);
}

static void test_never_stands_still(void **state)
{
	struct aws_rate r = {0};

	(void)state;
	for (int i = 0; i < 50; i++)
		aws_rate_heard(&r, true, T0 + i * US_PER_S);
	assert_true(r.rate == PACE_RATE_MIN);
	for (int i = 0; i < 60; i++)
		aws_rate_heard(&r, false, T0 + 50 * US_PER_S + i * US_PER_S / 10);
	assert_true(r.rate > PACE_RATE_MIN);
	/* calm for long: as fast as one likes again */
	aws_rate_heard(&r, false, T0 + 50 * US_PER_S + PACE_CALM_US);
	assert_false(r.on);
	assert_int_equal(aws_rate_take(&r, T0 + US_PER_HOUR), 0);
}

static void test_meter(void **state)
{
	const struct meter_call metric = {.bytes = 1000, .nano_usd = 40 * 10000};
	const struct meter_call refused = {.failed = true, .throttled = true, .bytes = 200};
	struct meter_row row;

	(void)state;
	meter_reset();
	assert_false(meter_read(0, T0, &row));
	meter_count("CloudWatch", &metric, T0);
	meter_count("RDS", &refused, T0);
	for (int i = 1; i < 30; i++)
		meter_count("CloudWatch", &metric, T0 + i * US_PER_MIN);
	assert_true(meter_read(0, T0 + 30 * US_PER_MIN, &row));
	assert_string_equal(row.name, "CloudWatch");
	assert_int_equal(row.calls, 30);
	assert_int_equal(row.bytes, 30000);
	assert_int_equal(row.nano_usd, 30 * 400000);
	/* half an hour so far: an hour is twice that */
	assert_int_equal(row.calls_hour, 60);
	assert_int_equal(row.nano_usd_hour, 60 * 400000);
	assert_int_equal(meter_spent(T0 + 30 * US_PER_MIN), 30 * 400000);
	/* what is older than an hour does not count, and then nothing is left */
	assert_int_equal(meter_spent(T0 + 75 * US_PER_MIN), 14 * 400000);
	assert_int_equal(meter_spent(T0 + 5 * US_PER_HOUR), 0);
	assert_true(meter_read(1, T0 + US_PER_HOUR, &row));
	assert_int_equal(row.failed, 1);
	assert_int_equal(row.throttled, 1);
	assert_false(meter_read(2, T0, &row));
	meter_reset();
}

/* GetMetricData is billed by the metric: 10 USD a million. */
static void test_prices(void **state)
{
	(void)state;
	assert_int_equal(aws_api_find(AWS_CLOUDWATCH, "GetMetricData")->nano_usd * 1000000, 10 * NANO_PER_USD);
	assert_int_equal(aws_api_find(AWS_RDS, "DescribeDBClusters")->nano_usd, 0);
	assert_null(aws_api_find(AWS_EC2, "DescribeDBClusters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_tokens_run_out),
		cmocka_unit_test(test_shared_by_account_and_service),
		cmocka_unit_test(test_slows_down),
		cmocka_unit_test(test_a_rate_of_its_own),
		cmocka_unit_test(test_never_stands_still),
		cmocka_unit_test(test_meter),
		cmocka_unit_test(test_prices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
