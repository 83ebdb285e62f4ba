/* Commands: once, with arguments, on a thread of their own; three at a time; cancelled, released and left behind. */
#include "fake_source.h"
#include "runtime/command.h"

static struct gate gate;
static atomic_int waiting, closed, interrupted;
static struct store store;
static struct wake wake;
static struct commands *commands;
static const struct target *target;

static void close_context(void *p)
{
	(void)p;
	atomic_fetch_add(&closed, 1);
}

/* Publishes the sum of its arguments; opens something that must be closed afterwards. */
static bool fetch_add(struct fetch *f, struct err *err)
{
	*fetch_lane_context(f, close_context) = &gate;
	if (fetch_arg(f, "word").len > 0)
		return err_set(err, ERR_SERVER, "no words: " STR_FMT, STR_ARG(fetch_arg(f, "word")));
	assert_int_equal(fetch_arg(f, "missing").len, 0);
	assert_int_equal(fetch_arg_i64(f, "missing", -7), -7);
	fetch_publish(f, fake_snapshot(NULL, fetch_arg_i64(f, "a", 0) + fetch_arg_i64(f, "b", 0)));
	return true;
}

static bool fetch_steps(struct fetch *f, struct err *err)
{
	struct snapshot *s = fake_snapshot(NULL, 1);

	(void)err;
	fetch_doing(f, "step %d", 1);
	s->partial = true;
	fetch_publish(f, s);
	gate_pass(&gate);
	fetch_publish(f, fake_snapshot(NULL, 2));
	return true;
}

static bool fetch_wait_for_ever(struct fetch *f, struct err *err)
{
	bool ok;

	atomic_fetch_add(&waiting, 1);
	ok = fetch_wait(f, -1, 0, err);
	atomic_fetch_add(&interrupted, 1);
	return ok;
}

/* Publishes how long the reason is that it was cancelled for. */
static bool fetch_reasoned(struct fetch *f, struct err *err)
{
	assert_int_equal(fetch_cancel_reason(f).len, 0);
	atomic_fetch_add(&waiting, 1);
	assert_false(fetch_wait(f, -1, 0, err));
	fetch_publish(f, fake_snapshot(NULL, (int64_t)fetch_cancel_reason(f).len));
	return true;
}

static bool fetch_deaf(struct fetch *f, struct err *err)
{
	(void)f;
	(void)err;
	gate_pass(&gate);
	return true;
}

static void close_slowly(void *p)
{
	(void)p;
	gate_pass(&gate);
}

/* Has its result at once, and a connection whose closing waits at the gate. */
static bool fetch_lingering(struct fetch *f, struct err *err)
{
	(void)err;
	*fetch_lane_context(f, close_slowly) = &gate;
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

/* What the listing holds. */
static bool fetch_reader(struct fetch *f, struct err *err)
{
	(void)err;
	fetch_publish(f, fake_snapshot(NULL, f->inputs[0] ? 100 + fake_value(f->inputs[0]) : 0));
	return true;
}

static enum readiness reader_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)t;
	if (!inputs[0])
		return READY_WAIT;
	if (fake_value(inputs[0]) == 13)
		err_set(why, ERR_UNAVAILABLE, "thirteen is no number");
	return fake_value(inputs[0]) == 13 ? READY_UNAVAILABLE : READY;
}

#define ROW(id, ...)                                                                                             \
	{                                                                                                        \
		.name = #id, .title = #id, .help = "-", .type = &fake_type, .lane = LANE_COMMAND, .origin = "-", \
		__VA_ARGS__                                                                                      \
	}
static const struct source listing = ROW(listing, .fetch = fetch_add);
static const struct source add = ROW(add, .fetch = fetch_add);
static const struct source steps = ROW(steps, .fetch = fetch_steps);
static const struct source waiter = ROW(waiter, .fetch = fetch_wait_for_ever);
static const struct source job = ROW(job, .fetch = fetch_wait_for_ever, .deadline_us = US_PER_DAY);
static const struct source plan = ROW(plan, .fetch = fetch_add, .flags = SOURCE_LASTS);
static const struct source reasoned = ROW(reasoned, .fetch = fetch_reasoned);
static const struct source hurried = ROW(hurried, .fetch = fetch_wait_for_ever, .deadline_us = 20 * US_PER_MS);
static const struct source deaf = ROW(deaf, .fetch = fetch_deaf);
static const struct source reader = ROW(reader, .fetch = fetch_reader, .ready = reader_ready, .inputs = "listing");
static const struct source lingering = ROW(lingering, .fetch = fetch_lingering);
static const struct source *const rows[] = {&add,    &steps,     &waiter,   &hurried, &deaf,
					    &reader, &lingering, &reasoned, &job,     &plan};
static const struct source *const sources[] = {&listing};

static int setup(void **state)
{
	(void)state;
	atomic_store(&waiting, 0);
	atomic_store(&closed, 0);
	atomic_store(&interrupted, 0);
	gate_init(&gate);
	target = target_new();
	store_init(&store, sources, 1);
	store_reset(&store, target->generation);
	wake_init(&wake);
	commands = commands_new(&store, &wake);
	commands_set(commands, rows, ARRAY_LEN(rows));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gate_open(&gate);
	assert_true(commands_stop(commands, 5 * US_PER_S));
	store_release(&store);
	wake_release(&wake);
	target_unref(target);
	gate_release(&gate);
	return 0;
}

static void list(int64_t n)
{
	struct snapshot *s = fake_snapshot("listing", n);

	s->generation = target->generation;
	mailbox_post(&store.mailboxes[0], snapshot_publish(s));
	assert_int_equal(store_collect(&store), 1);
}

static struct command *start(const char *name, const struct command_arg *args, size_t n)
{
	struct err err = {0};
	struct command *c = command_start(commands, name, target, args, n, &err);

	if (!c)
		fail_msg("%s", err.text);
	return c;
}

static void turn(void)
{
	wait_readable(wake.fd);
	wake_clear(&wake);
	commands_collect(commands);
}

static void finish(struct command *c)
{
	while (command_running(c))
		turn();
}

static void refuse(const char *name, const struct command_arg *args, size_t n, enum err_code code, const char *words)
{
	struct err err = {0};

	assert_null(command_start(commands, name, target, args, n, &err));
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, words));
}

static void test_arguments_and_result(void **state)
{
	char text[] = "40";
	const struct command_arg args[] = {{"a", {text, 2}}, {"b", STR("2")}};
	struct command *c = start("add", args, 2);

	(void)state;
	/* they were copied */
	text[0] = 'x';
	assert_true(command_running(c));
	finish(c);
	assert_int_equal(fake_value(command_result(c)), 42);
	assert_string_equal(command_result(c)->source, "add");
	assert_true(command_result(c)->generation == target->generation);
	/* the connection does not wait for the handle to be given back */
	WAIT_UNTIL(atomic_load(&closed) == 1);
	command_release(c);
}

static void test_failure_is_a_result(void **state)
{
	const struct command_arg args[] = {{"word", STR("hello")}};
	struct command *c = start("add", args, 1);

	(void)state;
	finish(c);
	assert_int_equal(command_result(c)->state, SNAP_ERROR);
	assert_string_equal(command_result(c)->err.text, "no words: hello");
	command_release(c);
	c = start("hurried", NULL, 0);
	finish(c);
	assert_int_equal(command_result(c)->err.code, ERR_TIMEOUT);
	command_release(c);
	command_release(NULL);
}

static void test_progress_before_the_end(void **state)
{
	struct command *c = start("steps", NULL, 0);
	struct lane_stats stats;

	(void)state;
	while (!command_result(c))
		turn();
	assert_true(command_running(c));
	assert_true(command_result(c)->partial);
	assert_non_null(commands_lane(commands, 0));
	assert_null(commands_lane(commands, 1));
	lane_stats(commands_lane(commands, 0), &stats);
	assert_string_equal(stats.doing, "step 1");
	assert_string_equal(lane_name(commands_lane(commands, 0)), "steps");
	gate_open(&gate);
	finish(c);
	assert_int_equal(fake_value(command_result(c)), 2);
	assert_false(command_result(c)->partial);
	command_release(c);
}

/* A job is over when its thread is; with nothing else happening, that must be said by itself. */
static void test_the_end_of_the_thread_is_news(void **state)
{
	struct command *c = start("lingering", NULL, 0);

	(void)state;
	finish(c);
	assert_true(command_at_work(c));
	while (wake_clear(&wake) || commands_collect(commands) > 0)
		;
	gate_open(&gate);
	wait_readable(wake.fd);
	assert_true(wake_clear(&wake));
	assert_int_equal(commands_collect(commands), 1);
	assert_false(command_at_work(c));
	assert_int_equal(commands_collect(commands), 0);
	command_release(c);
}

static void test_cancel(void **state)
{
	struct command *c = start("waiter", NULL, 0);

	(void)state;
	WAIT_UNTIL(atomic_load(&waiting) == 1);
	command_cancel(c);
	assert_int_equal(commands_collect(commands), 1);
	assert_false(command_running(c));
	assert_null(command_result(c));
	WAIT_UNTIL(atomic_load(&interrupted) == 1);
	command_release(c);
}

/* The first reason is the one, and the command's thread reads it once it is cancelled. */
static void test_a_reason_reaches_the_command(void **state)
{
	struct command *c = start("reasoned", NULL, 0);

	(void)state;
	WAIT_UNTIL(atomic_load(&waiting) == 1);
	command_cancel_because(c, "seven sessions");
	command_cancel_because(c, "eight");
	command_cancel(c);
	WAIT_UNTIL((commands_collect(commands), !command_at_work(c)));
	assert_int_equal(fake_value(command_result(c)), 14);
	command_release(c);
}

static void test_three_that_last_at_a_time(void **state)
{
	struct command *three[COMMANDS_LASTING_MAX];
	struct command *c;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < COMMANDS_LASTING_MAX; i++)
		three[i] = start("job", NULL, 0);
	refuse("job", NULL, 0, ERR_LIMIT, "3 jobs and plans are at work");
	refuse("plan", NULL, 0, ERR_LIMIT, "3 jobs and plans are at work");
	WAIT_UNTIL(atomic_load(&waiting) == COMMANDS_LASTING_MAX);
	/* what is short goes on beside them */
	c = start("add", NULL, 0);
	finish(c);
	command_release(c);
	command_release(three[1]);
	/* the place is free when the thread has closed its connection */
	c = NULL;
	WAIT_UNTIL((c = command_start(commands, "plan", target, NULL, 0, &err)) != NULL);
	finish(c);
	command_release(c);
	command_release(three[0]);
	command_release(three[2]);
}

static void test_short_ones_have_a_limit_of_their_own(void **state)
{
	struct command *all[COMMANDS_BRIEF_MAX], *c;

	(void)state;
	for (size_t i = 0; i < COMMANDS_BRIEF_MAX; i++)
		all[i] = start("waiter", NULL, 0);
	refuse("add", NULL, 0, ERR_LIMIT, "8 short commands are at work");
	WAIT_UNTIL(atomic_load(&waiting) == COMMANDS_BRIEF_MAX);
	c = start("plan", NULL, 0);
	finish(c);
	command_release(c);
	for (size_t i = 0; i < COMMANDS_BRIEF_MAX; i++)
		command_release(all[i]);
}

static void test_released_while_it_runs(void **state)
{
	struct command *c = start("deaf", NULL, 0);

	(void)state;
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	command_release(c);
	/* it is still there, and everything it may touch */
	assert_non_null(commands_lane(commands, 0));
	gate_open(&gate);
	WAIT_UNTIL((commands_collect(commands), commands_lane(commands, 0) == NULL));
}

static void test_inputs_and_readiness(void **state)
{
	struct command *c;

	(void)state;
	refuse("reader", NULL, 0, ERR_UNAVAILABLE, "not yet");
	list(13);
	refuse("reader", NULL, 0, ERR_UNAVAILABLE, "thirteen is no number");
	list(5);
	c = start("reader", NULL, 0);
	finish(c);
	assert_int_equal(fake_value(command_result(c)), 105);
	command_release(c);
}

static void test_refusals(void **state)
{
	static char big[COMMAND_ARGS_BYTES_MAX];
	const struct command_arg args[] = {{"text", {big, sizeof(big)}}};

	(void)state;
	refuse("nothing", NULL, 0, ERR_UNAVAILABLE, "no command nothing");
	memset(big, 'x', sizeof(big));
	refuse("add", args, 1, ERR_LIMIT, "text is longer than 4 MiB");
}

static void test_a_new_target_cancels(void **state)
{
	struct command *a = start("waiter", NULL, 0), *b = start("waiter", NULL, 0);

	(void)state;
	WAIT_UNTIL(atomic_load(&waiting) == 2);
	commands_cancel(commands);
	commands_collect(commands);
	assert_false(command_running(a));
	assert_false(command_running(b));
	command_release(a);
	command_release(b);
}

static void test_one_that_does_not_stop_is_left_behind(void **state)
{
	struct command *c = start("deaf", NULL, 0), *w = start("waiter", NULL, 0);

	(void)state;
	(void)c;
	(void)w;
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1 && atomic_load(&waiting) == 1);
	assert_false(commands_stop(commands, 50 * US_PER_MS));
	assert_int_equal(atomic_load(&interrupted), 1);
	gate_open(&gate);
	/* the teardown needs one that stops; what was left behind may still post */
	poll(NULL, 0, 50);
	commands = commands_new(&store, &wake);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_arguments_and_result),
		CASE(test_failure_is_a_result),
		CASE(test_progress_before_the_end),
		CASE(test_the_end_of_the_thread_is_news),
		CASE(test_cancel),
		CASE(test_a_reason_reaches_the_command),
		CASE(test_three_that_last_at_a_time),
		CASE(test_short_ones_have_a_limit_of_their_own),
		CASE(test_short_ones_have_a_limit_of_their_own),
		CASE(test_released_while_it_runs),
		CASE(test_inputs_and_readiness),
		CASE(test_refusals),
		CASE(test_a_new_target_cancels),
		CASE(test_one_that_does_not_stop_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
