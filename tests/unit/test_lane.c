/* Lanes: one thread, one fetch at a time, cancellable, and left behind when it hangs. */
#include "fake_source.h"
#include "runtime/lane_internal.h"

#include <pthread.h>

enum {
	PLAIN,
	SEVERAL,
	FAIL,
	MUTE,
	UNAVAILABLE,
	WAIT,
	HURRIED,
	DEAF,
	PAGES,
	STATEFUL,
	MASK,
	DOING,
	LISTING,
	FED,
	NSOURCES
};

static struct gate gate;
static atomic_int waiting, states_freed, contexts_freed, order_at;
static atomic_int order[8];
static atomic_bool signals_blocked, slow_close;

static void note_order(const struct fetch *f)
{
	atomic_store(&order[atomic_fetch_add(&order_at, 1) & 7], f->source->name[0]);
}

static bool fetch_plain(struct fetch *f, struct err *err)
{
	(void)err;
	note_order(f);
	fetch_publish(f, fake_snapshot(NULL, (int64_t)f->seq));
	return true;
}

/* Two pages and the whole, and something for the source it feeds. */
static bool fetch_several(struct fetch *f, struct err *err)
{
	(void)err;
	for (int64_t page = 1; page <= 3; page++) {
		struct snapshot *s = fake_snapshot("several", page);

		s->partial = page < 3;
		s->at_us = page;
		s->took_us = page;
		fetch_publish(f, s);
	}
	fetch_publish(f, fake_snapshot("fed", 40));
	return true;
}

static bool fetch_fail(struct fetch *f, struct err *err)
{
	(void)f;
	err_set(err, ERR_DENIED, "not allowed to look");
	err->retry_after_us = 5;
	return false;
}

static bool fetch_mute(struct fetch *f, struct err *err)
{
	(void)f;
	(void)err;
	return false;
}

static bool fetch_unavailable(struct fetch *f, struct err *err)
{
	(void)f;
	return err_set(err, ERR_UNAVAILABLE, "needs PostgreSQL 14");
}

static bool fetch_wait_for_ever(struct fetch *f, struct err *err)
{
	note_order(f);
	atomic_fetch_add(&waiting, 1);
	return fetch_wait(f, -1, 0, err);
}

static bool fetch_deaf(struct fetch *f, struct err *err)
{
	(void)err;
	gate_pass(&gate);
	fetch_publish(f, fake_snapshot(NULL, 1));
	return true;
}

/* The second page waits for the gate. */
static bool fetch_pages(struct fetch *f, struct err *err)
{
	struct snapshot *s = fake_snapshot(NULL, 1);

	(void)err;
	s->partial = true;
	fetch_publish(f, s);
	gate_pass(&gate);
	fetch_publish(f, fake_snapshot(NULL, 2));
	return true;
}

static void free_state(void *p)
{
	(void)p;
	atomic_fetch_add(&states_freed, 1);
}

static void free_context(void *p)
{
	(void)p;
	if (atomic_load(&slow_close))
		gate_pass(&gate);
	atomic_fetch_add(&contexts_freed, 1);
}

/* Publishes 10 x "had a context" + "had a state". */
static bool fetch_stateful(struct fetch *f, struct err *err)
{
	void **context = fetch_lane_context(f, free_context), **state = fetch_state(f, free_state);
	int64_t had = (*context ? 10 : 0) + (*state ? 1 : 0);

	(void)err;
	note_order(f);
	*context = *state = &gate;
	fetch_publish(f, fake_snapshot(NULL, had));
	return true;
}

static bool fetch_mask(struct fetch *f, struct err *err)
{
	sigset_t mask;

	(void)err;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	atomic_store(&signals_blocked, sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1 &&
					       sigismember(&mask, SIGWINCH) == 1 && sigismember(&mask, SIGCHLD) == 1);
	return fetch_plain(f, err);
}

static atomic_llong listing_left_us;

static bool fetch_doing_things(struct fetch *f, struct err *err)
{
	(void)err;
	fetch_doing(f, "connecting to %s", "orders-1");
	fetch_count(f, 2, 300);
	fetch_count(f, 1, 11);
	gate_pass(&gate);
	return true;
}

/* Its time is nearly over when a page comes; then it waits, as for its turn. */
static bool fetch_listing(struct fetch *f, struct err *err)
{
	(void)err;
	f->deadline_mono_us = clock_mono_us() + 1;
	fetch_note_rows(f, 300);
	atomic_store(&listing_left_us, fetch_left_us(f));
	fetch_note_wait(f, ERR_THROTTLED, 42);
	gate_pass(&gate);
	return true;
}

/* clang-format off */
#define ROW(i, id, fn, ...) [i] = {.name = (id), .title = (id), .type = &fake_type, .fetch = (fn), __VA_ARGS__}
static const struct source rows[NSOURCES] = {
	ROW(PLAIN, "plain", fetch_plain, .flags = 0),
	ROW(SEVERAL, "several", fetch_several, .flags = 0),
	ROW(FAIL, "fail", fetch_fail, .flags = 0),
	ROW(MUTE, "mute", fetch_mute, .flags = 0),
	ROW(UNAVAILABLE, "unavailable", fetch_unavailable, .flags = 0),
	ROW(WAIT, "wait", fetch_wait_for_ever, .origin = "the moon"),
	ROW(HURRIED, "hurried", fetch_wait_for_ever, .origin = "the moon", .deadline_us = 20 * US_PER_MS),
	ROW(DEAF, "deaf", fetch_deaf, .flags = 0),
	ROW(PAGES, "pages", fetch_pages, .flags = 0),
	ROW(STATEFUL, "stateful", fetch_stateful, .flags = 0),
	ROW(MASK, "mask", fetch_mask, .flags = 0),
	ROW(DOING, "doing", fetch_doing_things, .flags = 0),
	ROW(LISTING, "listing", fetch_listing, .flags = 0),
	ROW(FED, "fed", NULL, .fed_by = "several"),
};
static const struct source fed_by_failing = {.name = "fed2", .title = "fed2", .type = &fake_type, .fed_by = "fail"};
/* clang-format on */

static const struct source *sources[NSOURCES + 1];
static struct mailbox mailboxes[NSOURCES + 1];
static struct wake wake;
static struct lane *lane;
static struct target *target;

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i <= NSOURCES; i++) {
		sources[i] = i < NSOURCES ? &rows[i] : &fed_by_failing;
		mailbox_init(&mailboxes[i]);
	}
	wake_init(&wake);
	gate_init(&gate);
	atomic_store(&waiting, 0);
	atomic_store(&states_freed, 0);
	atomic_store(&contexts_freed, 0);
	atomic_store(&slow_close, false);
	atomic_store(&order_at, 0);
	target = target_new();
	lane = lane_new(LANE_SLOW, "slow", sources, NSOURCES + 1, mailboxes, &wake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_freeze(0);
	assert_true(lane_stop(lane, WATCHDOG_MS * US_PER_MS));
	for (size_t i = 0; i <= NSOURCES; i++)
		mailbox_release(&mailboxes[i]);
	gate_release(&gate);
	wake_release(&wake);
	target_unref(target);
	return 0;
}

static bool request(size_t i)
{
	struct fetch template = {.target = target};

	return lane_request(lane, i, &template);
}

static bool pending(size_t i)
{
	int64_t since;

	return lane_pending(lane, i, &since);
}

static bool running(size_t i)
{
	int64_t since;

	return lane_pending(lane, i, &since) && since != 0;
}

/* Runs one fetch to its end and takes what came out; NULL = nothing. */
static const struct snapshot *run(size_t i)
{
	assert_true(request(i));
	while (pending(i)) {
		wait_readable(wake.fd);
		wake_clear(&wake);
	}
	return mailbox_take(&mailboxes[i]);
}

static void assert_value(const struct snapshot *s, int64_t n)
{
	assert_non_null(s);
	assert_int_equal(s->state, SNAP_OK);
	assert_int_equal(fake_value(s), n);
	snapshot_unref(s);
}

static void assert_error(const struct snapshot *s, enum snap_state kind, const char *text)
{
	assert_non_null(s);
	assert_int_equal(s->state, kind);
	assert_non_null(strstr(s->err.text, text));
	assert_int_equal(s->nrows, 0);
	assert_true(s->at_us > 0);
	assert_int_equal(s->generation, target->generation);
	snapshot_unref(s);
}

static void test_thread_starts_with_the_first_request(void **state)
{
	struct lane_stats stats;
	const struct snapshot *s;

	(void)state;
	lane_stats(lane, &stats);
	assert_false(stats.started);
	assert_string_equal(lane_name(lane), "slow");
	s = run(PLAIN);
	assert_string_equal(s->source, "plain");
	assert_int_equal(s->generation, target->generation);
	assert_true(s->at_us > 0);
	assert_value(s, 1);
	lane_stats(lane, &stats);
	assert_true(stats.started);
	assert_int_equal(stats.fetches, 1);
	assert_int_equal(stats.failures, 0);
	assert_value(run(PLAIN), 2);
}

static void test_newest_page_wins_and_fed_source_gets_its_own(void **state)
{
	const struct snapshot *s = run(SEVERAL);

	(void)state;
	assert_false(s->partial);
	assert_int_equal(s->at_us, 3);
	assert_int_equal(s->took_us, 3);
	assert_value(s, 3);
	assert_int_equal(atomic_load(&mailboxes[SEVERAL].posted), 3);
	assert_int_equal(atomic_load(&mailboxes[SEVERAL].dropped), 2);
	s = mailbox_take(&mailboxes[FED]);
	assert_string_equal(s->source, "fed");
	assert_value(s, 40);
}

static void test_queue_keeps_order_and_holds_each_once(void **state)
{
	(void)state;
	assert_true(request(DEAF));
	WAIT_UNTIL(running(DEAF));
	assert_true(request(MASK));
	assert_true(request(STATEFUL));
	assert_true(request(PLAIN));
	assert_false(request(PLAIN));
	assert_false(request(DEAF));
	assert_true(pending(PLAIN));
	assert_false(running(PLAIN));
	assert_false(pending(FAIL));
	gate_open(&gate);
	WAIT_UNTIL(!pending(PLAIN));
	assert_int_equal(atomic_load(&order_at), 3);
	assert_int_equal(atomic_load(&order[0]), 'm');
	assert_int_equal(atomic_load(&order[1]), 's');
	assert_int_equal(atomic_load(&order[2]), 'p');
	assert_int_equal(atomic_load(&mailboxes[PLAIN].posted), 1);
}

static void test_cancel_drops_the_queue(void **state)
{
	(void)state;
	assert_true(request(DEAF));
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	assert_true(request(PLAIN));
	lane_cancel(lane);
	assert_false(pending(PLAIN));
	/* it still runs, but is given up: the next one may queue up behind it */
	assert_false(pending(DEAF));
	assert_true(request(DEAF));
	assert_true(pending(DEAF));
	assert_false(running(DEAF));
	gate_open(&gate);
	WAIT_UNTIL(!pending(DEAF));
	assert_int_equal(atomic_load(&mailboxes[DEAF].posted), 2);
	assert_int_equal(atomic_load(&mailboxes[PLAIN].posted), 0);
}

static void test_failure_speaks_for_source_and_fed(void **state)
{
	const struct snapshot *s = run(FAIL);
	struct lane_stats stats;

	(void)state;
	assert_int_equal(s->err.code, ERR_DENIED);
	assert_int_equal(s->err.retry_after_us, 5);
	assert_error(s, SNAP_ERROR, "not allowed to look");
	s = mailbox_take(&mailboxes[NSOURCES]);
	assert_string_equal(s->source, "fed2");
	assert_error(s, SNAP_ERROR, "not allowed to look");
	assert_null(mailbox_take(&mailboxes[FED]));
	assert_null(mailbox_take(&mailboxes[PLAIN]));
	lane_stats(lane, &stats);
	assert_int_equal(stats.failures, 1);
	assert_error(run(MUTE), SNAP_ERROR, "without saying why");
	assert_error(run(UNAVAILABLE), SNAP_UNAVAILABLE, "needs PostgreSQL 14");
}

static void test_cancel_interrupts_and_does_not_stick(void **state)
{
	struct lane_stats stats;

	(void)state;
	assert_true(request(WAIT));
	WAIT_UNTIL(atomic_load(&waiting) == 1);
	lane_cancel(lane);
	/* the deadline of this source is longer than the watchdog */
	WAIT_UNTIL((lane_stats(lane, &stats), stats.fetches == 1));
	assert_null(mailbox_take(&mailboxes[WAIT]));
	assert_int_equal(stats.failures, 0);
	assert_false(is_readable(lane->cancel.fd));
	assert_value(run(PLAIN), 1);
	/* cancelling an idle lane must not hit the next fetch */
	lane_cancel(lane);
	assert_true(request(WAIT));
	WAIT_UNTIL(atomic_load(&waiting) == 2);
	assert_true(running(WAIT));
	assert_null(mailbox_take(&mailboxes[WAIT]));
	lane_cancel(lane);
}

static void test_deadline_ends_a_wait(void **state)
{
	const struct snapshot *s = run(HURRIED);

	(void)state;
	assert_int_equal(s->err.code, ERR_TIMEOUT);
	assert_error(s, SNAP_ERROR, "the moon");
}

static void test_caller_may_shorten_the_deadline(void **state)
{
	struct fetch template = {.target = target, .deadline_mono_us = 1};
	const struct snapshot *s;

	(void)state;
	assert_true(lane_request(lane, WAIT, &template));
	WAIT_UNTIL(!pending(WAIT));
	s = mailbox_take(&mailboxes[WAIT]);
	assert_int_equal(s->err.code, ERR_TIMEOUT);
	assert_error(s, SNAP_ERROR, "within the time allowed");
}

static void test_state_follows_target_and_context_does_not(void **state)
{
	(void)state;
	assert_value(run(STATEFUL), 0);
	assert_value(run(STATEFUL), 11);
	assert_value(run(PLAIN), 1);
	target_unref(target);
	target = target_new();
	assert_value(run(PLAIN), 1);
	assert_int_equal(atomic_load(&states_freed), 1);
	assert_int_equal(atomic_load(&contexts_freed), 0);
	assert_value(run(STATEFUL), 10);
}

static void test_idle_closes_the_context_and_the_thread(void **state)
{
	struct lane_stats stats;

	(void)state;
	lane_set_idle_us(lane, 5 * US_PER_MS);
	assert_value(run(STATEFUL), 0);
	WAIT_UNTIL((lane_stats(lane, &stats), !stats.started));
	assert_int_equal(atomic_load(&contexts_freed), 1);
	assert_int_equal(atomic_load(&states_freed), 0);
	assert_value(run(STATEFUL), 1);
	WAIT_UNTIL((lane_stats(lane, &stats), !stats.started));
	assert_int_equal(atomic_load(&contexts_freed), 2);
	assert_value(run(PLAIN), 1);
}

static void test_request_while_closing_is_served(void **state)
{
	struct lane_stats stats;

	(void)state;
	atomic_store(&slow_close, true);
	lane_set_idle_us(lane, 5 * US_PER_MS);
	assert_value(run(STATEFUL), 0);
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	lane_stats(lane, &stats);
	assert_string_equal(stats.doing, "closing");
	assert_true(request(PLAIN));
	gate_open(&gate);
	WAIT_UNTIL(!pending(PLAIN));
	assert_value(mailbox_take(&mailboxes[PLAIN]), 1);
}

static void test_stop_after_idle_frees_states(void **state)
{
	struct lane *l = lane_new(LANE_RDS, "rds", sources, NSOURCES + 1, mailboxes, &wake);
	struct fetch template = {.target = target};
	struct lane_stats stats;

	(void)state;
	lane_set_idle_us(l, 5 * US_PER_MS);
	assert_true(lane_request(l, STATEFUL, &template));
	WAIT_UNTIL((lane_stats(l, &stats), !stats.started));
	assert_int_equal(atomic_load(&states_freed), 0);
	assert_true(lane_stop(l, 0));
	assert_int_equal(atomic_load(&states_freed), 1);
	assert_int_equal(atomic_load(&contexts_freed), 1);
}

static void test_page_arrives_while_the_fetch_goes_on(void **state)
{
	(void)state;
	assert_true(request(PAGES));
	wait_readable(wake.fd);
	wake_clear(&wake);
	assert_true(running(PAGES));
	assert_value(mailbox_take(&mailboxes[PAGES]), 1);
	gate_open(&gate);
	WAIT_UNTIL(!pending(PAGES));
	assert_value(mailbox_take(&mailboxes[PAGES]), 2);
}

static void test_stop_frees_what_sources_kept(void **state)
{
	struct lane *l = lane_new(LANE_RDS, "rds", sources, NSOURCES + 1, mailboxes, &wake);
	struct fetch template = {.target = target};

	(void)state;
	assert_true(lane_request(l, STATEFUL, &template));
	wait_readable(wake.fd);
	assert_true(lane_stop(l, WATCHDOG_MS * US_PER_MS));
	assert_int_equal(atomic_load(&states_freed), 1);
	assert_int_equal(atomic_load(&contexts_freed), 1);
	assert_true(lane_stop(NULL, 0));
}

static void test_references_are_held_while_queued(void **state)
{
	const struct snapshot *input = snapshot_publish(fake_snapshot("plain", 1));
	struct fetch template = {.target = target, .inputs = {input}};

	(void)state;
	assert_true(request(WAIT));
	assert_true(lane_request(lane, PLAIN, &template));
	assert_int_equal(atomic_load(&input->refs), 2);
	lane_cancel(lane);
	assert_int_equal(atomic_load(&input->refs), 1);
	assert_true(lane_request(lane, PLAIN, &template));
	WAIT_UNTIL(atomic_load(&input->refs) == 1);
	snapshot_unref(input);
}

static void test_signals_are_blocked_in_the_lane_only(void **state)
{
	sigset_t mask;

	(void)state;
	assert_value(run(MASK), 1);
	assert_true(atomic_load(&signals_blocked));
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGINT), 0);
}

static void test_stats_say_what_it_does(void **state)
{
	struct lane_stats stats;

	(void)state;
	assert_true(request(DOING));
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	lane_stats(lane, &stats);
	assert_string_equal(stats.doing, "connecting to orders-1");
	assert_true(stats.since_mono_us > 0);
	assert_int_equal(stats.requests, 3);
	assert_int_equal(stats.bytes, 311);
	assert_int_equal(stats.fetches, 0);
	assert_false(stats.stuck);
	gate_open(&gate);
	WAIT_UNTIL(!pending(DOING));
	lane_stats(lane, &stats);
	assert_string_equal(stats.doing, "");
	assert_int_equal(stats.since_mono_us, 0);
	assert_int_equal(stats.fetches, 1);
	assert_true(stats.busy_us >= 0);
}

/* What it waits for and how far it has come is known while it runs; each page gives it its time anew. */
static void test_a_listing_tells_how_far_it_is(void **state)
{
	struct fetch_note note;

	(void)state;
	assert_true(request(LISTING));
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	lane_note(lane, LISTING, &note);
	assert_int_equal(note.rows, 300);
	assert_int_equal(note.waits, ERR_THROTTLED);
	assert_int_equal(note.until_mono_us, 42);
	assert_true(atomic_load(&listing_left_us) > FETCH_DEADLINE_US / 2);
	/* another source's fetch knows nothing of it, nor a later one */
	lane_note(lane, PLAIN, &note);
	assert_int_equal(note.rows, 0);
	gate_open(&gate);
	WAIT_UNTIL(!pending(LISTING));
	lane_note(lane, LISTING, &note);
	assert_int_equal(note.rows, 0);
	assert_int_equal(note.waits, ERR_NONE);
}

static void test_stuck_is_told_by_deadline_or_cancel(void **state)
{
	const int64_t start = 1000 * US_PER_S;
	struct lane_stats stats;

	(void)state;
	clock_freeze(start);
	assert_true(request(DEAF));
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	clock_freeze(start + 20 * US_PER_S);
	lane_stats(lane, &stats);
	assert_false(stats.stuck);
	assert_int_equal(stats.busy_us, 20 * US_PER_S);
	assert_string_equal(stats.doing, "fetching deaf");
	clock_freeze(start + 20 * US_PER_S + LANE_STOP_US + 1);
	lane_stats(lane, &stats);
	assert_true(stats.stuck);
	/* told to stop long before its deadline */
	clock_freeze(start + US_PER_S);
	lane_cancel(lane);
	lane_stats(lane, &stats);
	assert_false(stats.stuck);
	clock_freeze(start + US_PER_S + LANE_STOP_US + 1);
	lane_stats(lane, &stats);
	assert_true(stats.stuck);
	gate_open(&gate);
	WAIT_UNTIL((lane_stats(lane, &stats), stats.fetches == 1));
	assert_false(stats.stuck);
}

static void test_hung_lane_is_left_behind(void **state)
{
	/* static, because a lane that was left behind still uses it */
	static struct lane *l;
	struct fetch template = {.target = target};
	struct lane_stats stats;

	(void)state;
	l = lane_new(LANE_RDS, "rds", sources, NSOURCES + 1, mailboxes, &wake);
	assert_true(lane_request(l, DEAF, &template));
	WAIT_UNTIL(atomic_load(&gate.arrived) == 1);
	assert_false(lane_stop(l, US_PER_MS));
	assert_false(lane_request(l, PLAIN, &template));
	gate_open(&gate);
	WAIT_UNTIL((lane_stats(l, &stats), !stats.started));
}

static void test_wait_without_a_lane(void **state)
{
	struct fetch f = {.deadline_mono_us = clock_mono_us() + 60 * US_PER_S};
	struct err err = {0};

	(void)state;
	assert_false(fetch_cancelled(&f));
	assert_int_equal(fetch_cancel_fd(&f), -1);
	assert_true(fetch_left_us(&f) > 0);
	fetch_doing(&f, "nothing");
	fetch_count(&f, 1, 1);
	gate_open(&gate);
	assert_true(fetch_wait(&f, gate.fds[0], POLLIN, &err));
	/* a descriptor that is always ready does not outlive the deadline */
	f.deadline_mono_us = 1;
	assert_int_equal(fetch_left_us(&f), 0);
	assert_false(fetch_wait(&f, gate.fds[0], POLLIN, &err));
	assert_int_equal(err.code, ERR_TIMEOUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_thread_starts_with_the_first_request),
		TEST(test_newest_page_wins_and_fed_source_gets_its_own),
		TEST(test_queue_keeps_order_and_holds_each_once),
		TEST(test_cancel_drops_the_queue),
		TEST(test_failure_speaks_for_source_and_fed),
		TEST(test_cancel_interrupts_and_does_not_stick),
		TEST(test_deadline_ends_a_wait),
		TEST(test_caller_may_shorten_the_deadline),
		TEST(test_state_follows_target_and_context_does_not),
		TEST(test_idle_closes_the_context_and_the_thread),
		TEST(test_request_while_closing_is_served),
		TEST(test_stop_after_idle_frees_states),
		TEST(test_page_arrives_while_the_fetch_goes_on),
		TEST(test_stop_frees_what_sources_kept),
		TEST(test_references_are_held_while_queued),
		TEST(test_signals_are_blocked_in_the_lane_only),
		TEST(test_stats_say_what_it_does),
		TEST(test_a_listing_tells_how_far_it_is),
		TEST(test_stuck_is_told_by_deadline_or_cancel),
		TEST(test_hung_lane_is_left_behind),
		TEST(test_wait_without_a_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
