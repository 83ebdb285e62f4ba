/* The part of the past a view looks at: asked for once it rests, not more often than once a second, even when paused.
 */
#include "fake_source.h"
#include "runtime/sched.h"

#define PERIOD (60 * US_PER_S)
#define START (1000000 * US_PER_S)

static atomic_int fetches;
static atomic_bool fails;
static struct gate gate;
static atomic_bool deaf;
static struct runtime *rt;
static int64_t now;

/* What it was asked is what it answers. */
static bool fetch_past(struct fetch *f, struct err *err)
{
	atomic_fetch_add(&fetches, 1);
	if (atomic_load(&deaf))
		gate_pass(&gate);
	if (atomic_load(&fails))
		return err_set(err, ERR_SERVER, "no");
	fetch_publish(f, fake_snapshot(NULL, f->span.from_us * 100 + f->span.to_us * 10 + f->span.by));
	return true;
}

static const struct source past = {
	.name = "past",
	.title = "past",
	.type = &fake_type,
	.fetch = fetch_past,
	.lane = LANE_CLOUDWATCH,
	.period_us = PERIOD,
};

static int setup(void **state)
{
	const struct source *const table[] = {&past};
	struct target *t = target_new();

	(void)state;
	now = START;
	clock_freeze(now);
	gate_init(&gate);
	atomic_store(&fetches, 0);
	atomic_store(&fails, false);
	atomic_store(&deaf, false);
	rt = runtime_new(table, 1, t);
	target_unref(t);
	runtime_demand(rt, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_true(runtime_stop(rt, WATCHDOG_MS * US_PER_MS));
	gate_release(&gate);
	clock_freeze(0);
	return 0;
}

static int64_t tick(void)
{
	unsigned changed;

	return runtime_tick(rt, &changed);
}

static int64_t settle(void)
{
	int64_t next = tick(), since;

	while (lane_pending(runtime_lane(rt, LANE_CLOUDWATCH), 0, &since) || is_readable(runtime_fd(rt))) {
		wait_readable(runtime_fd(rt));
		next = tick();
	}
	return next;
}

static int64_t advance(int64_t us)
{
	now += us;
	clock_freeze(now);
	return settle();
}

static void look_at(int64_t from, int64_t to, int by)
{
	runtime_set_span(rt, "past", (struct fetch_span){from, to, by});
}

static void answered(int n, int64_t value)
{
	assert_int_equal(atomic_load(&fetches), n);
	assert_int_equal(fake_value(store_good(runtime_store(rt), "past")), value);
}

static void it_rests_before_it_is_asked_for(void **state)
{
	(void)state;
	settle();
	answered(1, 0);
	advance(10 * US_PER_S);
	answered(1, 0);
	look_at(1, 2, 3);
	assert_true(settle() == now + SCHED_SPAN_REST_US);
	answered(1, 0);
	/* It moved again: the rest begins anew, and only where it stays is asked for. */
	advance(SCHED_SPAN_REST_US / 2);
	look_at(1, 2, 4);
	advance(SCHED_SPAN_REST_US / 2);
	answered(1, 0);
	advance(SCHED_SPAN_REST_US / 2);
	answered(2, 124);
	/* The same again is no change; afterwards the period counts. */
	look_at(1, 2, 4);
	assert_true(settle() == now + PERIOD);
	answered(2, 124);
	runtime_set_span(rt, "no such thing", (struct fetch_span){1, 2, 3});
}

static void once_a_second_is_enough(void **state)
{
	(void)state;
	settle();
	for (int i = 1; i <= 9; i++) {
		look_at(0, 0, i);
		advance(SCHED_SPAN_REST_US + 1);
	}
	/* nine places within three seconds, each for long enough to be asked for */
	assert_in_range(atomic_load(&fetches), 3, 4);
	advance(SCHED_SPAN_PACE_US);
	assert_int_equal(fake_value(store_good(runtime_store(rt), "past")), 9);
}

static void a_pause_does_not_stop_the_cursor(void **state)
{
	(void)state;
	settle();
	runtime_pause(rt, true);
	advance(2 * PERIOD);
	answered(1, 0);
	look_at(0, 0, 5);
	advance(SCHED_SPAN_REST_US);
	answered(2, 5);
	advance(2 * PERIOD);
	answered(2, 5);
}

static void what_moved_meanwhile_is_asked_for_afterwards(void **state)
{
	(void)state;
	atomic_store(&deaf, true);
	look_at(0, 0, 1);
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	look_at(0, 0, 2);
	now += US_PER_S;
	clock_freeze(now);
	tick();
	gate_open(&gate);
	settle();
	answered(2, 2);
}

static void failures_keep_their_pace(void **state)
{
	(void)state;
	atomic_store(&fails, true);
	settle();
	assert_int_equal(atomic_load(&fetches), 1);
	for (int i = 1; i < 4; i++) {
		look_at(0, 0, i);
		advance(SCHED_SPAN_REST_US);
	}
	assert_int_equal(atomic_load(&fetches), 1);
	atomic_store(&fails, false);
	advance(SCHED_BACKOFF_MAX_US);
	answered(2, 3);
}

static void a_new_target_keeps_where_one_looks(void **state)
{
	struct target *t = target_new();

	(void)state;
	look_at(0, 0, 6);
	settle();
	answered(1, 6);
	t->generation = runtime_target(rt)->generation + 1;
	runtime_set_target(rt, t);
	target_unref(t);
	settle();
	answered(2, 6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_rests_before_it_is_asked_for),  TEST(once_a_second_is_enough),
		TEST(a_pause_does_not_stop_the_cursor), TEST(what_moved_meanwhile_is_asked_for_afterwards),
		TEST(failures_keep_their_pace),         TEST(a_new_target_keeps_where_one_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
