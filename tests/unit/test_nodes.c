/* One source on several nodes: which are asked, what is merged, and that one that fails or hangs harms nobody else. */
#include "fake_source.h"
#include "runtime/lane_internal.h"
#include "runtime/sched.h"

#include <stdio.h>

enum { MEMBERS, ROWS, READY_MADE, ALL, NSOURCES };

static struct runtime *rt;
static struct gate gate;
static atomic_int fetches[3], kept[3]; /* of the own node, a, b */
static atomic_bool a_fails, b_hangs;

static bool fetch_members(struct fetch *f, struct err *err)
{
	(void)err;
	fetch_publish(f, fake_snapshot(NULL, 2));
	return true;
}

static int node_of(const struct fetch *f)
{
	return f->target->node[0] ? f->target->node[0] - 'a' + 1 : 0;
}

static bool fetch_ready_made(struct fetch *f, struct err *err)
{
	(void)err;
	atomic_fetch_add(&kept[node_of(f)], 1);
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

/* The row says which node it is of. */
static bool fetch_rows(struct fetch *f, struct err *err)
{
	int node = node_of(f);

	atomic_fetch_add(&fetches[node], 1);
	if (node == 1 && atomic_load(&a_fails))
		return err_set(err, ERR_REFUSED, "a refused");
	if (node == 2 && atomic_load(&b_hangs))
		gate_pass(&gate);
	fetch_publish(f, fake_snapshot(NULL, node));
	return true;
}

/* As many readers as the listing says. */
static size_t find_nodes(const struct target *t, const struct snapshot *const *inputs, struct target **ret, size_t max)
{
	size_t n = inputs[0] ? (size_t)fake_value(inputs[0]) : 0;

	assert_true(n <= max);
	for (size_t i = 0; i < n; i++) {
		ret[i] = target_new();
		target_copy(ret[i], t);
		(void)snprintf(ret[i]->node, sizeof ret[i]->node, "%c", (char)('a' + i));
	}
	return n;
}

#define ROW(id, ...)                                                                                     \
	{                                                                                                \
		.name = (id), .title = (id), .help = "h", .type = &fake_type, .origin = "o", __VA_ARGS__ \
	}
static const struct source rows[NSOURCES] = {
	ROW("members", .lane = LANE_RDS, .fetch = fetch_members, .period_us = US_PER_HOUR),
	ROW("rows", .lane = LANE_SAMPLER, .fetch = fetch_rows, .nodes = find_nodes, .inputs = "members",
	    .period_us = US_PER_HOUR),
	ROW("ready-made", .lane = LANE_ACTION, .fetch = fetch_ready_made, .flags = SOURCE_STANDING, .inputs = "rows",
	    .period_us = US_PER_HOUR),
	ROW("all", .lane = LANE_SAMPLER, .merges = "rows"),
};
static const struct source *const table[NSOURCES] = {&rows[MEMBERS], &rows[ROWS], &rows[READY_MADE], &rows[ALL]};

static void tick(void)
{
	unsigned changed;

	(void)runtime_tick(rt, &changed);
}

/* Ticks until the merged source has n rows. */
static const struct snapshot *wait_for(size_t n)
{
	const struct snapshot *s;

	for (int i = 0; i < WATCHDOG_MS; i++) {
		tick();
		s = store_good(runtime_store(rt), "all");
		if (s && s->nrows == n)
			return s;
		poll(NULL, 0, 1);
	}
	fail_msg("the merged source never had %zu rows", n);
	return NULL;
}

static int64_t value(const struct snapshot *s, size_t i)
{
	return ((const struct fake *)snapshot_row(s, i))->n;
}

static int setup(void **state)
{
	struct target *t = target_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fetches); i++) {
		atomic_store(&fetches[i], 0);
		atomic_store(&kept[i], 0);
	}
	atomic_store(&a_fails, false);
	atomic_store(&b_hangs, false);
	gate_init(&gate);
	t->aws = true;
	rt = runtime_new(table, NSOURCES, t);
	target_unref(t);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (gate.fds[1] >= 0)
		gate_open(&gate);
	assert_true(runtime_stop(rt, WATCHDOG_MS * US_PER_MS));
	gate_release(&gate);
	return 0;
}

static void nobody_asks_readers_unless_their_rows_are_wanted(void **state)
{
	(void)state;
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"rows"}, 1));
	WAIT_UNTIL((tick(), store_good(runtime_store(rt), "rows") != NULL));
	assert_int_equal(runtime_nodes(rt), 0);
	assert_int_equal(atomic_load(&fetches[1]), 0);
	assert_null(runtime_lane(rt, LANE__COUNT));
}

static void rows_of_all_nodes_stand_together_own_first(void **state)
{
	const struct snapshot *s;

	(void)state;
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"all"}, 1));
	s = wait_for(3);
	assert_int_equal(value(s, 0), 0);
	assert_int_equal(value(s, 1), 1);
	assert_int_equal(value(s, 2), 2);
	assert_string_equal(s->source, "all");
	assert_int_equal(runtime_nodes(rt), 2);
	assert_string_equal(runtime_node_name(rt, 1), "b");
	assert_int_equal(store_good(runtime_store(rt), "rows")->nrows, 1);
	assert_string_equal(lane_name(runtime_lane(rt, LANE__COUNT + LANE_SAMPLER)), "sampler a");
}

static void a_reader_that_refuses_is_absent_and_says_why(void **state)
{
	const struct store_entry *e;
	const struct snapshot *s;

	(void)state;
	atomic_store(&a_fails, true);
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"all"}, 1));
	s = wait_for(2);
	assert_int_equal(value(s, 1), 2);
	e = store_entry(runtime_node_store(rt, 0), "rows");
	WAIT_UNTIL((tick(), e->latest != NULL));
	assert_string_equal(e->latest->err.text, "a refused");
	atomic_store(&a_fails, false);
	runtime_refresh(rt, NULL);
	assert_int_equal(value(wait_for(3), 1), 1);
}

static void a_reader_that_hangs_delays_nobody(void **state)
{
	(void)state;
	atomic_store(&b_hangs, true);
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"all"}, 1));
	assert_int_equal(value(wait_for(2), 1), 1);
	gate_open(&gate);
	assert_int_equal(value(wait_for(3), 2), 2);
}

static void when_the_own_node_has_no_rows_it_says_so(void **state)
{
	struct target *t = target_new();

	(void)state;
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"all"}, 1));
	(void)wait_for(3);
	/* another target starts from nothing, readers included */
	runtime_set_target(rt, t);
	target_unref(t);
	assert_null(store_good(runtime_store(rt), "all"));
	(void)wait_for(3);
}

static void closing_the_view_ends_the_reading(void **state)
{
	(void)state;
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"all"}, 1));
	(void)wait_for(3);
	runtime_demand(rt, 0);
	tick();
	assert_int_equal(runtime_nodes(rt), 0);
	atomic_store(&fetches[1], 0);
	runtime_refresh(rt, NULL);
	for (int i = 0; i < 20; i++) {
		tick();
		poll(NULL, 0, 1);
	}
	assert_int_equal(atomic_load(&fetches[1]), 0);
}

/* Where rows are read it is kept ready, after the first of them; while nobody reads a reader it is not. */
static void what_is_kept_ready_is_so_on_each_node(void **state)
{
	(void)state;
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"ready-made"}, 1));
	WAIT_UNTIL((tick(), atomic_load(&kept[0]) == 1));
	assert_int_equal(atomic_load(&fetches[0]), 1);
	assert_int_equal(runtime_nodes(rt), 0);
	runtime_demand(rt, runtime_demand_of(rt, (const char *const[]){"ready-made", "all"}, 2));
	WAIT_UNTIL((tick(), atomic_load(&kept[1]) == 1 && atomic_load(&kept[2]) == 1));
	/* also while nothing else is read */
	runtime_pause(rt, true);
	atomic_store(&a_fails, true);
	clock_freeze(clock_mono_us() + 2 * US_PER_HOUR);
	WAIT_UNTIL((tick(), atomic_load(&kept[0]) == 2 && atomic_load(&kept[1]) == 2));
	clock_freeze(0);
	assert_int_equal(atomic_load(&fetches[1]), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(nobody_asks_readers_unless_their_rows_are_wanted),
		T(rows_of_all_nodes_stand_together_own_first),
		T(a_reader_that_refuses_is_absent_and_says_why),
		T(a_reader_that_hangs_delays_nobody),
		T(when_the_own_node_has_no_rows_it_says_so),
		T(closing_the_view_ends_the_reading),
		T(what_is_kept_ready_is_so_on_each_node),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
