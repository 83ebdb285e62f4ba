/*
 * lane.c: the worker thread of one external party, its queue and its end.
 *
 * Work passes by ownership: lane_request() takes references to the target and the
 * inputs into a queue item, the thread runs the item unlocked, and what comes out
 * goes through the mailbox. The mutex is held for moving items and copying numbers
 * only, never across a fetch, so the UI thread cannot be made to wait.
 *
 * Cancelling posts an eventfd that the running fetch polls. It stays readable until
 * that fetch has returned; then the thread clears it, under the mutex, so that a
 * cancel never hits the next fetch. A cancelled fetch no longer counts as pending:
 * the same source may be queued again behind it. A failure after a cancel is not
 * news and publishes nothing.
 *
 * A thread ends when it was told to, or when nothing came for the idle time. Idle
 * closes the shared context (the connection) and keeps what the sources remember;
 * therefore a source's state must not point into the context.
 *
 * Invariants: a source is at most once in the queue; running is -1 or the index of
 * the item the thread is working on; state is LIVE exactly while the thread may
 * touch the lane. A thread that does not stop is detached, and its lane is kept on a
 * list for ever: freeing what it may still touch would be worse than the leak.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/lane_internal.h"

#include <errno.h>
#include <pthread.h>

/* curl, TLS and the resolver together stay far below; sanitizers use several times more */
#define LANE_STACK_BYTES (1u << 20)

/* UI thread only; keeps detached lanes reachable, so that leak checkers know it is on purpose. */
__attribute__((used)) static struct lane *left_lanes;

static void slot_free(struct lane_slot *slot)
{
	void *data = slot->data;

	slot->data = NULL;
	if (data && slot->free_fn)
		slot->free_fn(data);
}

static void free_states(struct lane *l)
{
	for (size_t i = 0; i < l->nsources; i++)
		slot_free(&l->states[i]);
}

static void release_item(struct lane_item *item)
{
	target_unref(item->fetch.target);
	for (size_t i = 0; i < SOURCE_INPUTS_MAX; i++)
		snapshot_unref(item->fetch.inputs[i]);
}

static void deadline_after(int64_t us, struct timespec *ret_ts)
{
	/* the real clock: base/clock may stand still in tests, condition variables do not */
	clock_gettime(CLOCK_MONOTONIC, ret_ts);
	us += ret_ts->tv_nsec / 1000;
	ret_ts->tv_sec += us / US_PER_S;
	ret_ts->tv_nsec = us % US_PER_S * 1000;
}

/* ---- the lane thread ---- */

/* A snapshot with the words for the source and for each one it feeds: nobody may keep looking fresh. */
static void publish_failure(struct lane *l, const struct fetch *f, struct err *err)
{
	/* "cannot be had here" is an answer, not a fault: no badge, no back-off */
	enum snap_state state = err->code == ERR_UNAVAILABLE ? SNAP_UNAVAILABLE : SNAP_ERROR;

	if (err->code == ERR_NONE)
		err_set(err, ERR_PROTOCOL, "%s failed without saying why", f->source->title);
	for (size_t i = 0; i < l->nsources; i++) {
		struct snapshot *s;

		if (lane_target_index(f, l->sources[i]->name) != (long)i)
			continue;
		s = snapshot_new(l->sources[i]->type, l->sources[i]->name);
		snapshot_fail(s, state, err);
		lane_publish(l, i, f->target, s);
	}
}

/* What belongs to an older target goes before the first fetch for the new one. */
static void follow_target(struct lane *l, const struct target *target)
{
	if (l->generation == target->generation)
		return;
	free_states(l);
	memset(l->seqs, 0, sizeof(l->seqs));
	l->generation = target->generation;
}

static void set_running(struct lane *l, struct lane_item *item)
{
	const struct source *src = item->fetch.source;
	int64_t limit = item->fetch.deadline_mono_us;
	int64_t now = clock_mono_us();

	l->running = (long)item->index;
	l->run_since_mono_us = l->doing_since_mono_us = l->started[item->index] = now;
	l->cancelled_mono_us = 0;
	l->note = (struct fetch_note){0};
	l->run_deadline_mono_us = now + (src->deadline_us ? src->deadline_us : FETCH_DEADLINE_US);
	if (limit && limit < l->run_deadline_mono_us)
		l->run_deadline_mono_us = limit;
	item->fetch.deadline_mono_us = l->run_deadline_mono_us;
	snprintf(l->doing, sizeof(l->doing), "fetching %s", src->title);
}

/* Called and left with the mutex held; unlocked in between. */
static void run_first(struct lane *l)
{
	struct lane_item item = l->queue[0];
	struct err err = {0};
	bool failed;

	l->nqueue--;
	memmove(l->queue, l->queue + 1, l->nqueue * sizeof(l->queue[0]));
	set_running(l, &item);
	pthread_mutex_unlock(&l->mutex);

	l->started_mono_us = clock_mono_us();
	follow_target(l, item.fetch.target);
	item.fetch.seq = ++l->seqs[item.index];
	failed = !item.fetch.source->fetch(&item.fetch, &err) && !fetch_cancelled(&item.fetch);
	if (failed)
		publish_failure(l, &item.fetch, &err);

	pthread_mutex_lock(&l->mutex);
	l->fetches++;
	l->failures += failed;
	l->busy_us += clock_mono_us() - l->run_since_mono_us;
	wake_clear(&l->cancel);
	l->running = -1;
	l->doing[0] = '\0';
	/* also without a snapshot, and not after the unlock: who sees the end can rely on the wake-up */
	wake_post(l->wake);
	pthread_mutex_unlock(&l->mutex);

	release_item(&item);
	pthread_mutex_lock(&l->mutex);
}

/* Mutex held. False when there was nothing to do for the idle time. */
static bool wait_for_work(struct lane *l)
{
	struct timespec until;
	int rc = 0;

	deadline_after(l->idle_us, &until);
	while (l->nqueue == 0 && !l->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&l->work, &l->mutex, &until);
	return l->nqueue > 0 || l->stopping;
}

/* Mutex held, released while the connection is being closed. */
static void close_idle(struct lane *l)
{
	bool stopping = l->stopping;

	snprintf(l->doing, sizeof(l->doing), "closing");
	l->doing_since_mono_us = clock_mono_us();
	pthread_mutex_unlock(&l->mutex);
	if (stopping)
		free_states(l);
	slot_free(&l->context);
	pthread_mutex_lock(&l->mutex);
	l->doing[0] = '\0';
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;

	pthread_mutex_lock(&l->mutex);
	for (;;) {
		bool work = wait_for_work(l);

		if (work && !l->stopping) {
			run_first(l);
			continue;
		}
		close_idle(l);
		/* a request may have come while the context was closing */
		if (l->stopping || l->nqueue == 0)
			break;
	}
	l->state = LANE_THREAD_ENDED;
	wake_post(l->wake);
	pthread_cond_broadcast(&l->ended);
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

/* ---- the UI thread ---- */

struct lane *lane_new(enum lane_id id, const char *name, const struct source *const *sources, size_t nsources,
		      struct mailbox *mailboxes, struct wake *wake)
{
	struct lane *l = xcalloc(1, sizeof(*l));
	pthread_condattr_t attr;

	CHECK(nsources <= SOURCES_MAX);
	l->id = id;
	l->name = name;
	l->sources = sources;
	l->nsources = nsources;
	l->mailboxes = mailboxes;
	l->wake = wake;
	l->running = -1;
	l->idle_us = LANE_IDLE_US;
	wake_init(&l->cancel);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->work, &attr);
	pthread_cond_init(&l->ended, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

/* Mutex held. Makes sure that a thread will look at the queue; returns 0 or an errno. */
static int start_thread(struct lane *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	char title[16];
	int rc;

	if (l->state == LANE_THREAD_LIVE)
		return 0;
	if (l->state == LANE_THREAD_ENDED)
		pthread_join(l->thread, NULL);
	l->state = LANE_THREAD_NONE;
	/* a new thread inherits the mask: signals are for the UI thread alone */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, LANE_STACK_BYTES);
	rc = pthread_create(&l->thread, &attr, lane_main, l);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return rc;
	l->state = LANE_THREAD_LIVE;
	snprintf(title, sizeof(title), "lane-%.10s", l->name);
	pthread_setname_np(l->thread, title);
	return 0;
}

/* Mutex held. A fetch that was told to give up is not pending any more. */
static bool is_pending(const struct lane *l, size_t index, int64_t *ret_since_mono_us)
{
	*ret_since_mono_us = 0;
	for (size_t i = 0; i < l->nqueue; i++)
		if (l->queue[i].index == index)
			return true;
	if (l->running != (long)index || atomic_load_explicit(&l->cancel.pending, memory_order_relaxed))
		return false;
	*ret_since_mono_us = l->run_since_mono_us;
	return true;
}

static void take_item(struct lane *l, size_t index, const struct fetch *template, struct lane_item *item)
{
	item->index = index;
	item->fetch = *template;
	item->fetch.source = l->sources[index];
	item->fetch.lane = l;
	target_ref(item->fetch.target);
	for (size_t i = 0; i < SOURCE_INPUTS_MAX; i++)
		snapshot_ref(item->fetch.inputs[i]);
}

bool lane_request(struct lane *l, size_t source_index, const struct fetch *template)
{
	struct lane_item item;
	int64_t since;
	int rc;

	CHECK(source_index < l->nsources && l->sources[source_index]->fetch && template->target);
	pthread_mutex_lock(&l->mutex);
	if (l->stopping || is_pending(l, source_index, &since)) {
		pthread_mutex_unlock(&l->mutex);
		return false;
	}
	take_item(l, source_index, template, &item);
	rc = start_thread(l);
	if (rc == 0) {
		if (!l->queue)
			l->queue = xcalloc(LANE_QUEUE_MAX, sizeof(*l->queue));
		l->queue[l->nqueue++] = item;
		pthread_cond_signal(&l->work);
	}
	pthread_mutex_unlock(&l->mutex);
	if (rc != 0) {
		char reason[128];
		struct err err = {0};

		err_set(&err, ERR_IO, "cannot start a thread for %s: %s", l->name,
			err_errno(rc, reason, sizeof(reason)));
		publish_failure(l, &item.fetch, &err);
		release_item(&item);
	}
	return true;
}

bool lane_pending(struct lane *l, size_t source_index, int64_t *ret_since_mono_us)
{
	bool pending;

	pthread_mutex_lock(&l->mutex);
	pending = is_pending(l, source_index, ret_since_mono_us);
	pthread_mutex_unlock(&l->mutex);
	return pending;
}

void lane_note(struct lane *l, size_t source_index, struct fetch_note *ret_note)
{
	pthread_mutex_lock(&l->mutex);
	*ret_note = l->running == (long)source_index ? l->note : (struct fetch_note){0};
	pthread_mutex_unlock(&l->mutex);
}

int64_t lane_started(struct lane *l, size_t source_index)
{
	int64_t started;

	pthread_mutex_lock(&l->mutex);
	started = l->started[source_index];
	pthread_mutex_unlock(&l->mutex);
	return started;
}

/* Mutex held. */
static void cancel_all(struct lane *l)
{
	for (size_t i = 0; i < l->nqueue; i++)
		release_item(&l->queue[i]);
	l->nqueue = 0;
	if (l->running < 0 || atomic_load_explicit(&l->cancel.pending, memory_order_relaxed))
		return;
	l->cancelled_mono_us = clock_mono_us();
	wake_post(&l->cancel);
}

void lane_cancel(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	cancel_all(l);
	pthread_mutex_unlock(&l->mutex);
}

void lane_stats(struct lane *l, struct lane_stats *ret_stats)
{
	int64_t now = clock_mono_us();

	pthread_mutex_lock(&l->mutex);
	memcpy(ret_stats->doing, l->doing, sizeof(ret_stats->doing));
	ret_stats->since_mono_us = l->doing[0] ? l->doing_since_mono_us : 0;
	ret_stats->requests = l->requests;
	ret_stats->bytes = l->bytes;
	ret_stats->fetches = l->fetches;
	ret_stats->failures = l->failures;
	ret_stats->busy_us = l->busy_us + (l->running >= 0 ? now - l->run_since_mono_us : 0);
	ret_stats->started = l->state == LANE_THREAD_LIVE;
	ret_stats->stuck = l->running >= 0 && (now > l->run_deadline_mono_us + LANE_STOP_US ||
					       (l->cancelled_mono_us && now > l->cancelled_mono_us + LANE_STOP_US));
	pthread_mutex_unlock(&l->mutex);
}

const char *lane_name(const struct lane *l)
{
	return l->name;
}

void lane_set_idle_us(struct lane *l, int64_t idle_us)
{
	l->idle_us = idle_us;
}

bool lane_ended(struct lane *l)
{
	bool ended;

	pthread_mutex_lock(&l->mutex);
	ended = l->state != LANE_THREAD_LIVE;
	pthread_mutex_unlock(&l->mutex);
	return ended;
}

void lane_stop_begin(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	l->stopping = true;
	cancel_all(l);
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->mutex);
}

bool lane_stop(struct lane *l, int64_t wait_us)
{
	struct timespec until;
	enum lane_thread state;
	int rc = 0;

	if (!l)
		return true;
	deadline_after(wait_us > 0 ? wait_us : 0, &until);
	lane_stop_begin(l);
	pthread_mutex_lock(&l->mutex);
	while (l->state == LANE_THREAD_LIVE && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&l->ended, &l->mutex, &until);
	state = l->state;
	pthread_mutex_unlock(&l->mutex);
	if (state == LANE_THREAD_LIVE) {
		pthread_detach(l->thread);
		l->next_left = left_lanes;
		left_lanes = l;
		return false;
	}
	if (state == LANE_THREAD_ENDED)
		pthread_join(l->thread, NULL);
	/* what an idle thread left is ours now that it was joined */
	free_states(l);
	slot_free(&l->context);
	pthread_cond_destroy(&l->ended);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->mutex);
	wake_release(&l->cancel);
	xfree(l->queue);
	xfree(l);
	return true;
}
