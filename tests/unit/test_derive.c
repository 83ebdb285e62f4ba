/*
 * test_derive.c: rates between two samples.
 */
#include "model_fixture.h"

#include "model/derive.h"

#include <math.h>

static struct snapshot *sample(int64_t at_s, int64_t server_at_s)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");

	s->at_us = at_s * US_PER_S;
	s->server_at_us = server_at_s * US_PER_S;
	return s;
}

static struct thing *row(struct snapshot *s, const char *id, int64_t calls)
{
	struct thing *t = thing_add(s, id);

	SET(t, struct thing, calls, calls);
	return t;
}

static double rate(const struct snapshot *s, size_t i, const char *name)
{
	return snapshot_rate(s, i, (size_t)rec_find(&thing_type, str_c(name)));
}

static void assert_rate(double got, double want)
{
	if (!(fabs(got - want) < 1e-9))
		fail_msg("got %g, want %g", got, want);
}

static void rates_follow_the_key_not_the_position(void **state)
{
	struct snapshot *prev = sample(100, 0), *cur = sample(110, 0);
	struct thing *t;

	(void)state;
	row(prev, "a", 100);
	row(prev, "gone", 5);
	row(prev, "b", 1000);
	snapshot_publish(prev);
	row(cur, "b", 1500);
	row(cur, "new", 7);
	t = row(cur, "a", 120);
	SET(t, struct thing, rows, 50);
	derive_rates(cur, prev);
	snapshot_publish(cur);
	assert_rate(rate(cur, 0, "calls"), 50);
	assert_true(isnan(rate(cur, 1, "calls")));
	assert_rate(rate(cur, 2, "calls"), 2);
	assert_true(isnan(rate(cur, 2, "rows"))); /* not a rate field */
	snapshot_unref(prev);
	snapshot_unref(cur);
}

static void a_reset_or_a_missing_value_has_no_rate(void **state)
{
	struct snapshot *prev = sample(100, 0), *cur = sample(101, 0);

	(void)state;
	row(prev, "reset", 100);
	row(prev, "null", 100);
	thing_add(prev, "was-null");
	row(prev, "still", 9);
	row(cur, "reset", 99);
	thing_add(cur, "null");
	row(cur, "was-null", 3);
	row(cur, "still", 9);
	derive_rates(cur, prev);
	assert_true(isnan(rate(cur, 0, "calls")));
	assert_true(isnan(rate(cur, 1, "calls")));
	assert_true(isnan(rate(cur, 2, "calls")));
	assert_rate(rate(cur, 3, "calls"), 0);
	snapshot_unref(prev);
	snapshot_unref(cur);
}

static void the_server_clock_is_preferred(void **state)
{
	struct snapshot *prev = sample(100, 1000), *cur = sample(110, 1005), *half = sample(120, 0);

	(void)state;
	row(prev, "a", 0);
	row(cur, "a", 100);
	row(half, "a", 200);
	derive_rates(cur, prev);
	assert_rate(rate(cur, 0, "calls"), 20);
	derive_rates(half, cur); /* one clock is missing: both wall clocks */
	assert_rate(rate(half, 0, "calls"), 10);
	snapshot_unref(prev);
	snapshot_unref(cur);
	snapshot_unref(half);
}

static void time_that_stands_still_gives_no_rates(void **state)
{
	struct snapshot *prev = sample(100, 0), *same = sample(100, 0), *back = sample(99, 0);

	(void)state;
	row(prev, "a", 0);
	row(same, "a", 100);
	row(back, "a", 100);
	derive_rates(same, prev);
	derive_rates(back, prev);
	derive_rates(prev, NULL);
	assert_null(same->rates);
	assert_null(back->rates);
	assert_null(prev->rates);
	snapshot_unref(prev);
	snapshot_unref(same);
	snapshot_unref(back);
}

static void rows_with_the_same_key_have_no_rate(void **state)
{
	struct snapshot *prev = sample(100, 0), *cur = sample(110, 0);

	(void)state;
	row(prev, "twin", 0);
	row(prev, "twin", 10);
	row(prev, "one", 0);
	row(prev, "z", 0);
	row(cur, "twin", 100);
	row(cur, "one", 10);
	row(cur, "one", 20);
	row(cur, "z", 10);
	derive_rates(cur, prev);
	assert_true(isnan(rate(cur, 0, "calls")));
	assert_true(isnan(rate(cur, 1, "calls")));
	assert_true(isnan(rate(cur, 2, "calls")));
	assert_rate(rate(cur, 3, "calls"), 1);
	snapshot_unref(prev);
	snapshot_unref(cur);
}

static void large_counters_keep_small_differences(void **state)
{
	struct snapshot *prev = sample(100, 0), *cur = sample(101, 0);
	struct thing *before = row(prev, "a", INT64_C(9007199254740993));
	struct thing *after = row(cur, "a", INT64_C(9007199254740996));

	(void)state;
	SET(before, struct thing, read_bytes, INT64_MIN);
	SET(after, struct thing, read_bytes, INT64_MAX);
	derive_rates(cur, prev);
	assert_rate(rate(cur, 0, "calls"), 3);
	assert_true(rate(cur, 0, "read_bytes") > 1.8e19);
	snapshot_unref(prev);
	snapshot_unref(cur);
}

struct plain {
	uint64_t present;
	int64_t pid;
};

static const struct field plain_fields[] = {
	FIELD(struct plain, pid, K_INT, .title = "PID", .help = "Process.", .flags = F_KEY),
};
static const struct rec_type plain_type = REC_TYPE(struct plain, "plain", plain_fields);

static void a_type_without_counters_has_no_rates(void **state)
{
	struct snapshot *prev = snapshot_new(&plain_type, "plain"), *cur = snapshot_new(&plain_type, "plain");

	(void)state;
	snapshot_add_row(prev);
	snapshot_add_row(cur);
	cur->at_us = US_PER_S;
	derive_rates(cur, prev);
	assert_null(cur->rates); /* hence no empty rates in exports */
	snapshot_unref(prev);
	snapshot_unref(cur);
}

static void another_type_or_an_empty_sample_gives_nothing(void **state)
{
	static const struct rec_type other = REC_TYPE(struct thing, "other", thing_fields);
	struct snapshot *prev = snapshot_new(&other, "other"), *cur = sample(101, 0), *empty = sample(102, 0);

	(void)state;
	thing_add(prev, "a");
	row(cur, "a", 1);
	derive_rates(cur, prev);
	assert_null(cur->rates);
	derive_rates(empty, cur);
	assert_null(empty->rates);
	derive_rates(cur, empty);
	assert_null(cur->rates); /* at_us runs backwards here */
	snapshot_unref(prev);
	snapshot_unref(cur);
	snapshot_unref(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_follow_the_key_not_the_position),
		cmocka_unit_test(a_reset_or_a_missing_value_has_no_rate),
		cmocka_unit_test(the_server_clock_is_preferred),
		cmocka_unit_test(time_that_stands_still_gives_no_rates),
		cmocka_unit_test(rows_with_the_same_key_have_no_rate),
		cmocka_unit_test(large_counters_keep_small_differences),
		cmocka_unit_test(a_type_without_counters_has_no_rates),
		cmocka_unit_test(another_type_or_an_empty_sample_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
