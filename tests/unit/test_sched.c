/* The scheduler: who is fetched, when, and what is said of those who are not. Time stands still but for advance(). */
#include "fake_source.h"
#include "runtime/lane_internal.h"
#include "runtime/sched.h"

/* "leaf" stands before what it needs, so that the order of the table cannot help it. */
enum { LEAF, LISTING, DETAIL, FAST, FLAKY, HALTING, CLOUDY, NEEDY, CLOUD, EAGER, DEEP, MATE, LEFT, RIGHT, NSOURCES };

#define PERIOD (10 * US_PER_S)
#define START (1000000 * US_PER_S)

static struct gate gate;
static atomic_int fetches[NSOURCES], wide_fetches, interrupted;
static atomic_bool detail_wanted, listing_fails, flaky_fails, deaf, busy_value, pages_only, needy_off;
static _Atomic(int64_t) flaky_retry_after;
static atomic_int side_error; /* an enum err_code; ERR_NONE = the side works */
static struct runtime *rt;
static int64_t now;

static void count(int i)
{
	atomic_fetch_add(&fetches[i], 1);
}

static bool fetch_leaf(struct fetch *f, struct err *err)
{
	(void)err;
	count(LEAF);
	/* the sum of its inputs, so that the test sees which ones it was given */
	fetch_publish(f, fake_snapshot(NULL, 100 * fake_value(f->inputs[0]) + fake_value(f->inputs[1])));
	return true;
}

static bool fetch_listing(struct fetch *f, struct err *err)
{
	count(LISTING);
	assert_false(fetch_wants(f, "fast")); /* not of this fetch */
	atomic_store(&detail_wanted, fetch_wants(f, "detail"));
	if (atomic_load(&listing_fails))
		return err_set(err, ERR_DENIED, "not allowed to list");
	fetch_publish(f, fake_snapshot(NULL, 7));
	fetch_publish(f, fake_snapshot("detail", atomic_load(&busy_value) ? 99 : 8));
	return true;
}

static bool fetch_fast(struct fetch *f, struct err *err)
{
	(void)err;
	count(FAST);
	if (f->wide)
		atomic_fetch_add(&wide_fetches, 1);
	fetch_publish(f, fake_snapshot(NULL, (int64_t)f->seq));
	return true;
}

static bool fetch_flaky(struct fetch *f, struct err *err)
{
	count(FLAKY);
	if (atomic_load(&flaky_fails)) {
		err_set(err, ERR_THROTTLED, "slow down");
		err->retry_after_us = atomic_load(&flaky_retry_after);
		return false;
	}
	if (!atomic_load(&pages_only))
		fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

/* Waits at the gate when deaf, for its deadline or a cancel else. */
static bool fetch_halting(struct fetch *f, struct err *err)
{
	count(HALTING);
	if (atomic_load(&deaf)) {
		gate_pass(&gate);
		fetch_publish(f, fake_snapshot(NULL, (int64_t)f->target->generation));
		return true;
	}
	if (!fetch_wait(f, gate.fds[0], POLLIN, err)) {
		atomic_fetch_add(&interrupted, err->code == ERR_CANCELLED);
		return false;
	}
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

static bool fetch_cloud(struct fetch *f, struct err *err)
{
	(void)err;
	count(CLOUD);
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

static bool fetch_needy(struct fetch *f, struct err *err)
{
	(void)err;
	count(NEEDY);
	fetch_publish(f, fake_snapshot(NULL, fake_value(f->inputs[0])));
	return true;
}

static bool fetch_cloudy(struct fetch *f, struct err *err)
{
	(void)err;
	count(CLOUDY);
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

static bool fetch_eager(struct fetch *f, struct err *err)
{
	(void)err;
	count(EAGER);
	fetch_publish(f, fake_snapshot(NULL, f->inputs[0] ? fake_value(f->inputs[0]) : 0));
	return true;
}

static bool fetch_deep(struct fetch *f, struct err *err)
{
	(void)err;
	count(DEEP);
	fetch_publish(f, fake_snapshot(NULL, 1 + fake_value(f->inputs[0])));
	return true;
}

static bool fetch_mate(struct fetch *f, struct err *err)
{
	(void)err;
	count(MATE);
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

/* Two of one side. */
static bool fetch_side(struct fetch *f, struct err *err)
{
	enum err_code code = (enum err_code)atomic_load(&side_error);

	count(strcmp(f->source->name, "left") == 0 ? LEFT : RIGHT);
	if (code != ERR_NONE)
		return err_set(err, code, "the other side");
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

static bool detail_busy(const struct snapshot *s)
{
	return fake_value(s) == 99;
}

static enum readiness needy_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)t;
	if (!inputs[0])
		return READY_WAIT;
	if (atomic_load(&needy_off)) {
		err_set(why, ERR_UNAVAILABLE, "switched off");
		return READY_UNAVAILABLE;
	}
	if (fake_value(inputs[0]) >= 2)
		return READY;
	err_set(why, ERR_UNAVAILABLE, "wants two of them");
	return READY_UNAVAILABLE;
}

static enum readiness always_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)t;
	(void)inputs;
	(void)why;
	return READY;
}

/* clang-format off */
#define ROW(i, id, fn, lane_, ...) \
	[i] = {.name = (id), .title = (id), .type = &fake_type, .fetch = (fn), .lane = (lane_), __VA_ARGS__}
static const struct source rows[NSOURCES] = {
	ROW(LEAF, "leaf", fetch_leaf, LANE_EC2, .period_us = PERIOD, .inputs = "detail  listing"),
	ROW(LISTING, "listing", fetch_listing, LANE_RDS, .period_us = PERIOD, .busy_period_us = US_PER_S),
	ROW(DETAIL, "detail", NULL, LANE_RDS, .flags = SOURCE_EXTRA, .fed_by = "listing", .busy = detail_busy),
	ROW(FAST, "fast", fetch_fast, LANE_SAMPLER, .flags = SOURCE_DB),
	ROW(FLAKY, "flaky", fetch_flaky, LANE_SAMPLER, .period_us = US_PER_S),
	ROW(HALTING, "halting", fetch_halting, LANE_SLOW, .period_us = PERIOD),
	ROW(CLOUD, "cloud", fetch_cloud, LANE_CLOUDWATCH, .flags = SOURCE_AWS, .period_us = PERIOD),
	ROW(NEEDY, "needy", fetch_needy, LANE_SLOW, .period_us = 100 * PERIOD, .inputs = "fast", .ready = needy_ready),
	ROW(CLOUDY, "cloudy", fetch_cloudy, LANE_SLOW, .period_us = PERIOD, .inputs = "cloud"),
	ROW(EAGER, "eager", fetch_eager, LANE_SLOW, .period_us = 100 * PERIOD, .inputs = "listing",
	    .ready = always_ready),
	ROW(DEEP, "deep", fetch_deep, LANE_EC2, .period_us = PERIOD, .inputs = "leaf"),
	ROW(MATE, "mate", fetch_mate, LANE_SLOW, .period_us = PERIOD),
	ROW(LEFT, "left", fetch_side, LANE_SAMPLER, .flags = SOURCE_DB),
	ROW(RIGHT, "right", fetch_side, LANE_SLOW, .flags = SOURCE_DB, .period_us = 60 * US_PER_S),
};
/* clang-format on */

static const struct target *new_target(bool aws)
{
	struct target *t = target_new();

	t->interval_us = 2 * US_PER_S;
	t->aws = aws;
	return t;
}

static int setup(void **state)
{
	const struct source *table[NSOURCES];
	const struct target *target;

	(void)state;
	now = START;
	clock_freeze(now);
	gate_init(&gate);
	for (size_t i = 0; i < NSOURCES; i++) {
		table[i] = &rows[i];
		atomic_store(&fetches[i], 0);
	}
	atomic_store(&wide_fetches, 0);
	atomic_store(&interrupted, 0);
	atomic_store(&listing_fails, false);
	atomic_store(&flaky_fails, false);
	atomic_store(&deaf, false);
	atomic_store(&busy_value, false);
	atomic_store(&pages_only, false);
	atomic_store(&needy_off, false);
	atomic_store(&flaky_retry_after, 0);
	atomic_store(&side_error, ERR_NONE);
	target = new_target(true);
	rt = runtime_new(table, NSOURCES, target);
	target_unref(target);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (rt)
		assert_true(runtime_stop(rt, WATCHDOG_MS * US_PER_MS));
	rt = NULL;
	gate_release(&gate);
	clock_freeze(0);
	return 0;
}

static uint64_t bit(size_t i)
{
	return UINT64_C(1) << i;
}

static const struct store_entry *entry(size_t i)
{
	return store_entry(runtime_store(rt), rows[i].name);
}

static int64_t tick(void)
{
	unsigned changed;

	return runtime_tick(rt, &changed);
}

static bool any_pending(void)
{
	int64_t since;

	for (size_t i = 0; i < NSOURCES; i++)
		if (lane_pending(runtime_lane(rt, rows[i].lane), i, &since))
			return true;
	return false;
}

/* Ticks until no lane has anything to do; returns when the scheduler wants to be called again. */
static int64_t settle(void)
{
	int64_t next = tick();

	while (any_pending() || is_readable(runtime_fd(rt))) {
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

static void assert_fetches(size_t i, int n)
{
	assert_int_equal(atomic_load(&fetches[i]), n);
}

static void test_nothing_without_demand(void **state)
{
	struct lane_stats stats;

	(void)state;
	assert_true(settle() == INT64_MAX);
	assert_true(advance(PERIOD) == INT64_MAX);
	for (size_t i = 0; i < NSOURCES; i++)
		assert_fetches(i, 0);
	for (size_t i = 0; runtime_lane(rt, i); i++) {
		lane_stats(runtime_lane(rt, i), &stats);
		assert_false(stats.started);
	}
	assert_null(runtime_lane(rt, LANE__COUNT));
}

static void test_period_and_dropped_demand(void **state)
{
	unsigned changed;

	(void)state;
	runtime_demand(rt, bit(FAST));
	wait_readable(runtime_fd(rt));
	assert_true(settle() == START + 2 * US_PER_S); /* the target's interval */
	assert_fetches(FAST, 1);
	assert_int_equal(entry(FAST)->next_mono_us, START + 2 * US_PER_S);
	assert_true(advance(US_PER_S) == START + 2 * US_PER_S);
	assert_fetches(FAST, 1);
	assert_true(advance(US_PER_S) == START + 4 * US_PER_S);
	assert_fetches(FAST, 2);
	assert_int_equal(fake_value(entry(FAST)->good), 2);
	runtime_demand(rt, 0);
	assert_true(advance(PERIOD) == INT64_MAX);
	assert_fetches(FAST, 2);
	assert_int_equal(entry(FAST)->next_mono_us, 0);
	/* what is known stays known */
	assert_non_null(entry(FAST)->good);
	runtime_tick(rt, &changed);
	assert_int_equal(changed, 0);
	runtime_demand(rt, bit(FAST));
	settle();
	assert_fetches(FAST, 3);
	/* wanted again within the period: what is there is fresh enough */
	runtime_demand(rt, 0);
	settle();
	runtime_demand(rt, bit(FAST));
	settle();
	assert_fetches(FAST, 3);
}

static void test_demand_reaches_feeders_and_inputs(void **state)
{
	static const char *const names[] = {"detail", "no such thing", "fast"};

	(void)state;
	assert_int_equal(runtime_demand_of(rt, names, ARRAY_LEN(names)), bit(DETAIL) | bit(FAST));
	runtime_demand(rt, bit(DETAIL));
	settle();
	assert_fetches(LISTING, 1);
	assert_int_equal(fake_value(store_good(runtime_store(rt), "detail")), 8);
	assert_int_equal(entry(DETAIL)->next_mono_us, START + PERIOD);
	assert_fetches(LEAF, 0);
}

static void test_inputs_come_first(void **state)
{
	(void)state;
	runtime_demand(rt, bit(LEAF));
	tick();
	assert_fetches(LEAF, 0);
	settle();
	assert_fetches(LISTING, 1);
	assert_fetches(LEAF, 1);
	/* detail 8 first, listing 7 second, as the row names them */
	assert_int_equal(fake_value(store_good(runtime_store(rt), "leaf")), 807);
}

/* Two connections at once would keep each other from the first picture. */
static void test_slow_lane_begins_after_the_sampler(void **state)
{
	int64_t since;

	(void)state;
	atomic_store(&flaky_fails, true);
	runtime_demand(rt, bit(MATE) | bit(FLAKY) | bit(LISTING));
	tick();
	/* queued, at work, or done already: it fails at once */
	assert_true(lane_pending(runtime_lane(rt, LANE_SAMPLER), FLAKY, &since) || atomic_load(&fetches[FLAKY]) > 0);
	assert_false(lane_pending(runtime_lane(rt, LANE_SLOW), MATE, &since));
	/* one that failed has had its turn; only the lane of the same party waits */
	settle();
	assert_fetches(FLAKY, 1);
	assert_fetches(LISTING, 1);
	assert_fetches(MATE, 1);
	/* and only at first */
	runtime_demand(rt, bit(MATE) | bit(FLAKY) | bit(FAST));
	settle();
	advance(PERIOD);
	assert_fetches(MATE, 2);
}

static void test_slow_lane_waits_for_nobody(void **state)
{
	const struct target *target = new_target(true);

	(void)state;
	/* the sampler is not wanted */
	runtime_demand(rt, bit(MATE));
	tick();
	settle();
	assert_fetches(MATE, 1);
	/* it may not run, but somebody asks for this one */
	runtime_set_target(rt, target);
	target_unref(target);
	runtime_pause(rt, true);
	runtime_demand(rt, bit(MATE) | bit(FLAKY));
	runtime_refresh(rt, "mate");
	settle();
	assert_fetches(MATE, 2);
	assert_fetches(FLAKY, 0);
}

static void test_demand_goes_all_the_way(void **state)
{
	(void)state;
	runtime_demand(rt, bit(DEEP));
	settle();
	assert_fetches(LISTING, 1);
	assert_fetches(LEAF, 1);
	assert_fetches(DEEP, 1);
	assert_int_equal(fake_value(entry(DEEP)->good), 808);
}

static void test_first_input_makes_due_at_once(void **state)
{
	(void)state;
	runtime_demand(rt, bit(EAGER));
	atomic_store(&listing_fails, true);
	settle();
	assert_fetches(EAGER, 1);
	assert_int_equal(fake_value(entry(EAGER)->good), 0);
	atomic_store(&listing_fails, false);
	runtime_refresh(rt, "listing");
	settle();
	assert_fetches(LISTING, 2);
	assert_fetches(EAGER, 2);
	assert_int_equal(fake_value(entry(EAGER)->good), 7);
	/* only the first time */
	advance(PERIOD);
	assert_fetches(LISTING, 3);
	assert_fetches(EAGER, 2);
}

static void test_period_counts_from_the_start_and_never_twice(void **state)
{
	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING));
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	tick();
	assert_int_equal(entry(HALTING)->fetch_since_mono_us, START);
	now += 3 * US_PER_S;
	clock_freeze(now);
	gate_open(&gate);
	assert_true(settle() == START + PERIOD);
	assert_int_equal(entry(HALTING)->fetch_since_mono_us, 0);
	assert_int_equal(entry(HALTING)->good->took_us, 3 * US_PER_S);
	assert_fetches(HALTING, 1);
	assert_true(advance(8 * US_PER_S) == now + PERIOD);
	assert_fetches(HALTING, 2);
}

static void test_queued_fetch_counts_from_its_start(void **state)
{
	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING));
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	runtime_demand(rt, bit(MATE));
	tick();
	assert_int_equal(entry(MATE)->fetch_since_mono_us, 0);
	/* it has not begun, so what is asked for now is what it will bring */
	runtime_refresh(rt, "mate");
	tick();
	now += 3 * US_PER_S;
	clock_freeze(now);
	gate_open(&gate);
	assert_true(settle() == now + PERIOD);
	assert_fetches(MATE, 1);
}

static void test_overlong_fetch_is_not_queued_twice(void **state)
{
	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING));
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	now += 3 * PERIOD / 2;
	clock_freeze(now);
	assert_true(tick() == INT64_MAX);
	assert_true(tick() == INT64_MAX);
	gate_open(&gate);
	/* one at once because its period is long over, not one per period missed */
	assert_true(settle() == now + PERIOD);
	assert_fetches(HALTING, 2);
}

static void test_backoff_grows_and_resets(void **state)
{
	int64_t next, longest = 0;

	(void)state;
	atomic_store(&flaky_fails, true);
	runtime_demand(rt, bit(FLAKY));
	next = settle();
	for (int failures = 1; failures <= 16; failures++) {
		int64_t bound = failures > 6 ? SCHED_BACKOFF_MAX_US : US_PER_S << (failures - 1);

		assert_fetches(FLAKY, failures);
		assert_int_equal(entry(FLAKY)->failures, failures);
		assert_int_equal(entry(FLAKY)->next_mono_us, next);
		assert_in_range(next - now, US_PER_S, bound);
		if (next - now > longest)
			longest = next - now;
		next = advance(next - now);
	}
	/* ten draws from 1 to 60 s are not all short */
	assert_true(longest > 10 * US_PER_S);
	assert_int_equal(entry(FLAKY)->failing_since_us, START);
	atomic_store(&flaky_fails, false);
	assert_true(advance(next - now) == now + US_PER_S);
	assert_int_equal(entry(FLAKY)->failures, 0);
	atomic_store(&flaky_fails, true);
	next = advance(US_PER_S);
	assert_int_equal(next, now + US_PER_S);
}

/* When the cause of a side ends, the first source to see it spares the others their long waits. */
static void test_recovery_is_shared(void **state)
{
	static const enum err_code codes[] = {ERR_REFUSED, ERR_DENIED};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		int left, right;

		atomic_store(&side_error, codes[i]);
		runtime_demand(rt, bit(LEFT) | bit(RIGHT));
		runtime_refresh(rt, NULL);
		settle();
		/* RIGHT waits, too, but longer than LEFT: 1 s at least, 60 s at most. */
		while (entry(LEFT)->next_mono_us >= entry(RIGHT)->next_mono_us) {
			runtime_refresh(rt, NULL);
			settle();
		}
		left = atomic_load(&fetches[LEFT]);
		right = atomic_load(&fetches[RIGHT]);
		atomic_store(&side_error, ERR_NONE);
		advance(entry(LEFT)->next_mono_us - now);
		assert_fetches(LEFT, left + 1);
		assert_int_equal(entry(LEFT)->latest->state, SNAP_OK);
		/* What is denied to one is denied for a reason of its own. */
		assert_fetches(RIGHT, codes[i] == ERR_REFUSED ? right + 1 : right);
		assert_int_equal(entry(RIGHT)->latest->state, codes[i] == ERR_REFUSED ? SNAP_OK : SNAP_ERROR);
	}
}

/* A success without a snapshot proves nothing, but must not be retried in a loop either. */
static void test_silence_after_failure_is_no_loop(void **state)
{
	int64_t next;

	(void)state;
	atomic_store(&flaky_fails, true);
	runtime_demand(rt, bit(FLAKY));
	next = settle();
	atomic_store(&flaky_fails, false);
	atomic_store(&pages_only, true);
	next = advance(next - now);
	assert_int_equal(next, now + US_PER_S);
	assert_fetches(FLAKY, 2);
}

static void test_server_may_ask_for_patience(void **state)
{
	(void)state;
	atomic_store(&flaky_fails, true);
	atomic_store(&flaky_retry_after, 120 * US_PER_S);
	runtime_demand(rt, bit(FLAKY));
	assert_true(settle() == START + 120 * US_PER_S);
	atomic_store(&flaky_retry_after, INT64_MAX);
	assert_true(advance(120 * US_PER_S) == now + US_PER_HOUR);
}

static void test_refresh_beats_backoff_and_period(void **state)
{
	(void)state;
	atomic_store(&flaky_fails, true);
	runtime_demand(rt, bit(FLAKY) | bit(FAST) | bit(DETAIL));
	settle();
	runtime_refresh(rt, "flaky");
	wait_readable(runtime_fd(rt));
	settle();
	assert_fetches(FLAKY, 2);
	assert_fetches(FAST, 1);
	settle();
	assert_fetches(FLAKY, 2);
	runtime_refresh(rt, "detail");
	settle();
	assert_fetches(LISTING, 2);
	runtime_refresh(rt, NULL);
	settle();
	assert_fetches(FLAKY, 3);
	assert_fetches(FAST, 2);
	assert_fetches(LISTING, 3);
	/* nobody looks at these */
	assert_fetches(HALTING, 0);
	runtime_refresh(rt, "halting");
	settle();
	assert_fetches(HALTING, 0);
}

static void test_refresh_during_a_fetch_runs_again(void **state)
{
	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING));
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	/* what runs began before the user asked */
	runtime_refresh(rt, "halting");
	runtime_refresh(rt, "halting");
	tick();
	gate_open(&gate);
	settle();
	assert_fetches(HALTING, 2);
}

static void test_pause(void **state)
{
	(void)state;
	runtime_demand(rt, bit(FAST));
	settle();
	assert_false(runtime_paused(rt));
	runtime_pause(rt, true);
	assert_true(runtime_paused(rt));
	assert_true(settle() == INT64_MAX);
	assert_true(advance(PERIOD) == INT64_MAX);
	assert_fetches(FAST, 1);
	runtime_refresh(rt, NULL);
	assert_true(settle() == INT64_MAX);
	assert_fetches(FAST, 2);
	assert_int_equal(fake_value(entry(FAST)->good), 2);
	runtime_demand(rt, bit(FAST) | bit(FLAKY));
	settle();
	assert_fetches(FLAKY, 0);
	runtime_pause(rt, false);
	wait_readable(runtime_fd(rt));
	settle();
	assert_fetches(FLAKY, 1);
}

static void test_new_target_starts_over(void **state)
{
	const struct target *target = new_target(true);
	unsigned version;

	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING) | bit(FAST));
	while (!entry(FAST)->good) {
		wait_readable(runtime_fd(rt));
		tick();
	}
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	version = entry(FAST)->version;
	runtime_set_target(rt, target);
	assert_ptr_equal(runtime_target(rt), target);
	assert_null(entry(FAST)->good);
	assert_true(entry(FAST)->version > version);
	tick();
	/* the old fetch comes through the gate last, with the old target's data */
	gate_open(&gate);
	settle();
	assert_fetches(HALTING, 2);
	assert_int_equal(fake_value(entry(HALTING)->good), (int64_t)target->generation);
	assert_int_equal(entry(HALTING)->version, 1);
	/* seq starts over, too */
	assert_int_equal(fake_value(entry(FAST)->good), 1);
	target_unref(target);
}

static void test_new_target_waits_for_its_own_inputs(void **state)
{
	const struct target *target = new_target(true);

	(void)state;
	atomic_store(&listing_fails, true);
	runtime_demand(rt, bit(EAGER));
	settle();
	atomic_store(&listing_fails, false);
	runtime_refresh(rt, "listing");
	settle();
	assert_fetches(EAGER, 2);
	atomic_store(&listing_fails, true);
	runtime_set_target(rt, target);
	wait_readable(runtime_fd(rt));
	settle();
	assert_fetches(EAGER, 3);
	assert_int_equal(fake_value(entry(EAGER)->good), 0);
	atomic_store(&listing_fails, false);
	runtime_refresh(rt, "listing");
	settle();
	assert_fetches(EAGER, 4);
	assert_int_equal(fake_value(entry(EAGER)->good), 7);
	target_unref(target);
}

static void test_new_target_interrupts(void **state)
{
	const struct target *target = new_target(true);

	(void)state;
	runtime_demand(rt, bit(HALTING));
	tick();
	WAIT_UNTIL(atomic_load(&fetches[HALTING]) == 1);
	runtime_demand(rt, 0);
	runtime_set_target(rt, target);
	WAIT_UNTIL(atomic_load(&interrupted) == 1);
	settle();
	assert_null(entry(HALTING)->latest);
	target_unref(target);
}

static void test_unavailable_says_why_until_inputs_change(void **state)
{
	unsigned version, changed = 0;

	(void)state;
	runtime_demand(rt, bit(NEEDY));
	settle();
	assert_fetches(NEEDY, 0);
	assert_int_equal(entry(NEEDY)->latest->state, SNAP_UNAVAILABLE);
	assert_string_equal(entry(NEEDY)->latest->err.text, "wants two of them");
	assert_int_equal(entry(NEEDY)->latest->at_us, START);
	assert_int_equal(entry(NEEDY)->failures, 0);
	version = entry(NEEDY)->version;
	runtime_tick(rt, &changed);
	assert_int_equal(changed, 0);
	assert_int_equal(entry(NEEDY)->version, version);
	advance(2 * US_PER_S);
	assert_fetches(NEEDY, 1);
	assert_int_equal(entry(NEEDY)->latest->state, SNAP_OK);
	assert_int_equal(fake_value(entry(NEEDY)->good), 2);
}

static void test_ready_again_is_due_at_once(void **state)
{
	(void)state;
	runtime_demand(rt, bit(NEEDY));
	settle();
	advance(2 * US_PER_S);
	assert_fetches(NEEDY, 1);
	atomic_store(&needy_off, true);
	settle();
	assert_string_equal(entry(NEEDY)->latest->err.text, "switched off");
	assert_int_equal(fake_value(entry(NEEDY)->good), 2);
	atomic_store(&needy_off, false);
	settle();
	assert_fetches(NEEDY, 2);
}

static void test_aws_sources_are_skipped_without_aws(void **state)
{
	const struct target *target = new_target(false);
	unsigned changed = 0;

	(void)state;
	runtime_set_target(rt, target);
	runtime_demand(rt, bit(CLOUDY) | bit(FAST));
	runtime_tick(rt, &changed);
	/* one turn is enough, for the source that depends on it as well */
	assert_int_equal(changed, 2);
	settle();
	assert_fetches(CLOUD, 0);
	assert_int_equal(entry(CLOUD)->latest->state, SNAP_SKIPPED);
	assert_non_null(strstr(entry(CLOUD)->latest->err.text, "cloud: left out"));
	assert_true(entry(CLOUD)->latest->err.remedy[0] != '\0');
	assert_fetches(CLOUDY, 0);
	assert_int_equal(entry(CLOUDY)->latest->state, SNAP_UNAVAILABLE);
	assert_non_null(strstr(entry(CLOUDY)->latest->err.text, "needs cloud: "));
	/* as old as what it tells of */
	assert_true(entry(CLOUDY)->latest->at_us == entry(CLOUD)->latest->at_us);
	assert_fetches(FAST, 1);
	/* nobody asked about this one */
	assert_null(entry(LISTING)->latest);
	target_unref(target);
}

static void test_feeder_error_reaches_all_who_depend(void **state)
{
	int64_t next;

	(void)state;
	atomic_store(&listing_fails, true);
	runtime_demand(rt, bit(LEAF) | bit(FAST));
	next = settle();
	assert_int_equal(entry(LISTING)->latest->state, SNAP_ERROR);
	assert_int_equal(entry(DETAIL)->latest->state, SNAP_ERROR);
	assert_string_equal(entry(DETAIL)->latest->err.text, "not allowed to list");
	assert_int_equal(entry(LEAF)->latest->state, SNAP_ERROR);
	assert_string_equal(entry(LEAF)->latest->err.text, "needs detail: not allowed to list");
	assert_fetches(LEAF, 0);
	assert_int_equal(entry(LEAF)->next_mono_us, 0);
	assert_int_equal(entry(DETAIL)->next_mono_us, entry(LISTING)->next_mono_us);
	/* one that has nothing to do with it does not notice */
	assert_int_equal(entry(FAST)->latest->state, SNAP_OK);
	atomic_store(&listing_fails, false);
	runtime_demand(rt, bit(LEAF));
	next = settle();
	advance(next - now);
	assert_fetches(LISTING, 2);
	assert_fetches(LEAF, 1);
	assert_int_equal(fake_value(entry(LEAF)->good), 807);
	/* a failure later on leaves the good data, and the source that reads it, alone */
	atomic_store(&listing_fails, true);
	advance(PERIOD);
	assert_int_equal(entry(DETAIL)->latest->state, SNAP_ERROR);
	assert_int_equal(fake_value(entry(DETAIL)->good), 8);
	assert_int_equal(entry(LEAF)->latest->state, SNAP_OK);
	assert_fetches(LEAF, 2);
}

static void test_busy_period_of_what_is_fed(void **state)
{
	(void)state;
	atomic_store(&busy_value, true);
	runtime_demand(rt, bit(DETAIL));
	assert_true(settle() == START + US_PER_S);
	atomic_store(&busy_value, false);
	assert_true(advance(US_PER_S) == now + PERIOD);
	assert_fetches(LISTING, 2);
}

static void test_wide_is_asked_for_at_once(void **state)
{
	const struct target *target = new_target(true);

	(void)state;
	runtime_demand(rt, bit(FAST));
	settle();
	runtime_set_wide(rt, "no such thing", true);
	runtime_set_wide(rt, "fast", true);
	wait_readable(runtime_fd(rt));
	settle();
	assert_fetches(FAST, 2);
	assert_int_equal(atomic_load(&wide_fetches), 1);
	runtime_set_wide(rt, "fast", true);
	runtime_set_wide(rt, "fast", false);
	settle();
	assert_fetches(FAST, 2);
	advance(2 * US_PER_S);
	assert_fetches(FAST, 3);
	assert_int_equal(atomic_load(&wide_fetches), 1);
	/* what the view wants does not depend on the target */
	runtime_set_wide(rt, "fast", true);
	settle();
	runtime_set_target(rt, target);
	settle();
	assert_fetches(FAST, 5);
	assert_int_equal(atomic_load(&wide_fetches), 3);
	target_unref(target);
}

/* A fetch knows which of the sources it feeds somebody looks at. */
static void test_fed_sources_are_known_to_be_wanted(void **state)
{
	(void)state;
	runtime_demand(rt, bit(LISTING) | bit(FAST));
	settle();
	assert_fetches(LISTING, 1);
	assert_false(atomic_load(&detail_wanted));
	/* it comes whole at once, not a period later */
	runtime_demand(rt, bit(DETAIL) | bit(FAST));
	wait_readable(runtime_fd(rt));
	settle();
	assert_fetches(LISTING, 2);
	assert_true(atomic_load(&detail_wanted));
	assert_fetches(FAST, 1);
	runtime_demand(rt, bit(LEAF));
	advance(PERIOD);
	assert_true(atomic_load(&detail_wanted)); /* as an input counts, too */
	runtime_demand(rt, bit(LISTING));
	advance(PERIOD);
	assert_false(atomic_load(&detail_wanted));
}

static void test_arrival_wakes(void **state)
{
	unsigned changed = 0, total = 0;

	(void)state;
	runtime_demand(rt, bit(FAST));
	tick();
	while (!total) {
		wait_readable(runtime_fd(rt));
		runtime_tick(rt, &changed);
		total += changed;
	}
	assert_int_equal(total, 1);
	assert_non_null(entry(FAST)->good);
}

static void test_stop_interrupts_all(void **state)
{
	(void)state;
	runtime_demand(rt, bit(HALTING) | bit(CLOUD) | bit(LISTING));
	tick();
	WAIT_UNTIL(atomic_load(&fetches[HALTING]) == 1);
	assert_true(runtime_stop(rt, WATCHDOG_MS * US_PER_MS));
	rt = NULL;
	assert_int_equal(atomic_load(&interrupted), 1);
	assert_true(runtime_stop(NULL, 0));
}

static void test_stop_leaves_a_hung_lane_behind(void **state)
{
	static struct lane *hung;
	struct lane_stats stats;

	(void)state;
	atomic_store(&deaf, true);
	runtime_demand(rt, bit(HALTING) | bit(LISTING));
	tick();
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	hung = runtime_lane(rt, LANE_SLOW);
	assert_false(runtime_stop(rt, 20 * US_PER_MS));
	rt = NULL;
	/* it may end in its own time and harms nobody */
	gate_open(&gate);
	WAIT_UNTIL((lane_stats(hung, &stats), !stats.started));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_without_demand),
		TEST(test_period_and_dropped_demand),
		TEST(test_demand_reaches_feeders_and_inputs),
		TEST(test_inputs_come_first),
		TEST(test_slow_lane_begins_after_the_sampler),
		TEST(test_slow_lane_waits_for_nobody),
		TEST(test_demand_goes_all_the_way),
		TEST(test_first_input_makes_due_at_once),
		TEST(test_period_counts_from_the_start_and_never_twice),
		TEST(test_queued_fetch_counts_from_its_start),
		TEST(test_overlong_fetch_is_not_queued_twice),
		TEST(test_backoff_grows_and_resets),
		TEST(test_recovery_is_shared),
		TEST(test_silence_after_failure_is_no_loop),
		TEST(test_server_may_ask_for_patience),
		TEST(test_refresh_beats_backoff_and_period),
		TEST(test_refresh_during_a_fetch_runs_again),
		TEST(test_pause),
		TEST(test_new_target_starts_over),
		TEST(test_new_target_waits_for_its_own_inputs),
		TEST(test_new_target_interrupts),
		TEST(test_unavailable_says_why_until_inputs_change),
		TEST(test_ready_again_is_due_at_once),
		TEST(test_aws_sources_are_skipped_without_aws),
		TEST(test_feeder_error_reaches_all_who_depend),
		TEST(test_busy_period_of_what_is_fed),
		TEST(test_wide_is_asked_for_at_once),
		TEST(test_fed_sources_are_known_to_be_wanted),
		TEST(test_arrival_wakes),
		TEST(test_stop_interrupts_all),
		TEST(test_stop_leaves_a_hung_lane_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
