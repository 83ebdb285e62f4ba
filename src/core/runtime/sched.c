/*
 * sched.c: periods, back-off and readiness; one pass over the sources per tick. What is wanted is told to runtime.c.
 *
 * A job is the scheduler's note on one source. Sources that are fed by another have
 * no fetch of their own, and no job that is looked at.
 *
 * A job that is wanted, ready and not in its lane already is due
 *   at once       the first time, after a refresh, when an input has come for the
 *                 first time, when it has just become ready;
 *   at its retry  after a failure;
 *   a period after its last fetch started, otherwise.
 * A period that passes while the fetch is still running is not made up for.
 *
 * Lanes that ask the same party take turns at first: the slow lane of the database begins
 * when the sampler has had its first outcome, good or bad. Connecting at the same time,
 * they would keep each other from what the user waits for.
 *
 * A source that is not ready still owes the user words, and --once an end: what
 * ready() said, or what is wrong with the input it waits for, goes into the store as
 * a snapshot of its own. That can settle sources that depend on it in turn, so a tick
 * repeats its pass until nothing more changes.
 *
 * It does not block, and it keeps no time of its own: the caller sleeps until the time
 * runtime_tick() returns or until runtime_fd() is readable, whichever comes first.
 */
#include "runtime/sched.h"

#include "base/clock.h"
#include "runtime/sched_internal.h"

#define BACKOFF_MIN_US US_PER_S
/* a server may ask for patience, not for eternity */
#define RETRY_AFTER_MAX_US US_PER_HOUR
#define BACKOFF_DOUBLINGS_MAX 16

static uint64_t next_random(struct runtime *rt)
{
	/* xorshift64; good enough to keep two consoles from retrying in step */
	rt->random ^= rt->random << 13;
	rt->random ^= rt->random >> 7;
	rt->random ^= rt->random << 17;
	return rt->random;
}

/* ---- when ---- */

/* The rows are looked through once for each time they come, not in every tick. */
static bool shows_busy(struct runtime *rt, size_t k)
{
	const struct store_entry *e = &rt->store.entries[k];
	struct job *job = &rt->jobs[k];

	if (!rt->sources[k]->busy)
		return false;
	if (job->busy_version != e->version) {
		job->busy_version = e->version;
		job->busy = e->good && rt->sources[k]->busy(e->good);
	}
	return job->busy;
}

/* Something is in flight in what this fetch brings. */
static bool is_busy(struct runtime *rt, size_t i)
{
	for (size_t k = 0; k < rt->n; k++)
		if (rt->jobs[k].fetcher == i && shows_busy(rt, k))
			return true;
	return false;
}

static int64_t period_of(struct runtime *rt, size_t i)
{
	const struct source *src = rt->sources[i];
	int64_t period = src->period_us ? src->period_us : rt->target->interval_us;

	if (src->busy_period_us && is_busy(rt, i))
		period = src->busy_period_us;
	/* what came last says that it costs too much to be fetched so often */
	if (rt->store.entries[i].good && rt->store.entries[i].good->period_us > period)
		period = rt->store.entries[i].good->period_us;
	/* a target without an interval must not turn into a busy loop */
	return period > 0 ? period : US_PER_S;
}

static int64_t backoff_of(struct runtime *rt, size_t i)
{
	const struct store_entry *e = &rt->store.entries[i];
	bool soon = rt->sources[i]->lane == LANE_SAMPLER || (rt->sources[i]->flags & SOURCE_STANDING);
	int64_t base = soon ? BACKOFF_MIN_US : period_of(rt, i);
	unsigned doublings = e->failures - 1;
	int64_t bound, delay, wish = e->latest->err.retry_after_us;

	if (doublings > BACKOFF_DOUBLINGS_MAX)
		doublings = BACKOFF_DOUBLINGS_MAX;
	bound = base < SCHED_BACKOFF_MAX_US ? base << doublings : SCHED_BACKOFF_MAX_US;
	if (bound > SCHED_BACKOFF_MAX_US)
		bound = SCHED_BACKOFF_MAX_US;
	/* jitter over the whole span, but never so short that it hammers */
	delay = bound < BACKOFF_MIN_US ? bound : BACKOFF_MIN_US;
	delay += (int64_t)(next_random(rt) % (uint64_t)(bound - delay + 1));
	if (wish > RETRY_AFTER_MAX_US)
		wish = RETRY_AFTER_MAX_US;
	return delay > wish ? delay : wish;
}

/* Causes that the sources of one side, AWS or database, have in common. */
static bool is_shared_cause(enum err_code code)
{
	return code == ERR_DNS || code == ERR_REFUSED || code == ERR_TLS || code == ERR_LOST || code == ERR_TIMEOUT ||
	       code == ERR_CREDENTIALS || code == ERR_LOGIN;
}

/* Source i has come back from a cause: whoever waits out the same one need not wait longer. */
static void tell_fellows(struct runtime *rt, size_t i, enum err_code code)
{
	const uint32_t sides = SOURCE_AWS | SOURCE_DB;

	for (size_t k = 0; k < rt->n; k++) {
		const struct snapshot *latest = rt->store.entries[k].latest;

		if (((rt->sources[k]->flags ^ rt->sources[i]->flags) & sides) == 0 && latest &&
		    latest->state == SNAP_ERROR && latest->err.code == code)
			rt->jobs[k].asap = true;
	}
	wake_post(rt->wake);
}

/* Draws the consequence of an outcome that has come since the last look. */
static void observe(struct runtime *rt, size_t i, int64_t now)
{
	const struct store_entry *e = &rt->store.entries[i];
	struct job *job = &rt->jobs[i];

	if (e->version == job->seen_version)
		return;
	job->seen_version = e->version;
	if (e->latest && e->latest->state == SNAP_ERROR) {
		job->retry_mono_us = now + backoff_of(rt, i);
		job->failed = e->latest->err.code;
		return;
	}
	if (is_shared_cause(job->failed))
		tell_fellows(rt, i, job->failed);
	job->failed = ERR_NONE;
}

static int64_t due_of(struct runtime *rt, size_t i, int64_t now)
{
	const struct job *job = &rt->jobs[i];

	if (job->asap || job->force)
		return now;
	if (job->span_mono_us && !job->retry_mono_us) {
		int64_t pace = job->started_mono_us ? job->started_mono_us + SCHED_SPAN_PACE_US : 0;

		return job->span_mono_us > pace ? job->span_mono_us : pace;
	}
	return job->retry_mono_us ? job->retry_mono_us : job->started_mono_us + period_of(rt, i);
}

/* ---- whether ---- */

/* Says why there is no data, for a source and what it feeds; the same words twice are no news.
 * at_us: when that was found; of an input that is to blame, then. */
static unsigned put_words(struct runtime *rt, size_t i, enum snap_state state, const struct err *why, int64_t at_us)
{
	unsigned changed = 0;

	for (size_t k = 0; k < rt->n; k++) {
		const struct snapshot *latest = rt->store.entries[k].latest;
		struct snapshot *s;

		if (rt->jobs[k].fetcher != i || rt->sources[k]->merges)
			continue;
		if (latest && latest->state == state && strcmp(latest->err.text, why->text) == 0)
			continue;
		s = snapshot_new(rt->sources[k]->type, rt->sources[k]->name);
		snapshot_fail(s, state, why);
		s->generation = rt->target->generation;
		s->at_us = at_us;
		changed += store_put(&rt->store, k, snapshot_publish(s));
	}
	return changed;
}

static void gather_inputs(const struct runtime *rt, const struct job *job, const struct snapshot **ret_inputs)
{
	for (size_t k = 0; k < SOURCE_INPUTS_MAX; k++)
		ret_inputs[k] = k < job->ninputs ? rt->store.entries[job->inputs[k]].good : NULL;
}

static bool all_there(const struct job *job, const struct snapshot *const *inputs)
{
	for (size_t k = 0; k < job->ninputs; k++)
		if (!inputs[k])
			return false;
	return true;
}

/* The first missing input that will not come soon says why in this source's place, too. */
static unsigned blame_input(struct runtime *rt, size_t i)
{
	const struct job *job = &rt->jobs[i];

	for (size_t k = 0; k < job->ninputs; k++) {
		const struct store_entry *e = &rt->store.entries[job->inputs[k]];
		struct err why;

		if (e->good || !e->latest || e->latest->state == SNAP_OK)
			continue;
		why = e->latest->err;
		why.retry_after_us = 0;
		err_prefix(&why, "needs %s", e->source->title);
		return put_words(rt, i, e->latest->state == SNAP_ERROR ? SNAP_ERROR : SNAP_UNAVAILABLE, &why,
				 e->latest->at_us);
	}
	return 0;
}

static bool is_ready(struct runtime *rt, size_t i, const struct snapshot *const *inputs, unsigned *changed)
{
	const struct source *src = rt->sources[i];
	enum readiness readiness;
	struct err why = {0};

	if ((src->flags & SOURCE_AWS) && !rt->target->aws) {
		err_set(&why, ERR_UNAVAILABLE, "%s: left out, because --db was given without a cluster or a region",
			src->title);
		err_remedy(&why, "start with --cluster and --region to see it");
		*changed += put_words(rt, i, SNAP_SKIPPED, &why, clock_wall_us());
		return false;
	}
	if (src->ready)
		readiness = src->ready(rt->target, inputs, &why);
	else
		readiness = all_there(&rt->jobs[i], inputs) ? READY : READY_WAIT;
	if (readiness == READY_UNAVAILABLE)
		*changed += put_words(rt, i, SNAP_UNAVAILABLE, &why, clock_wall_us());
	else if (readiness == READY_WAIT)
		*changed += blame_input(rt, i);
	return readiness == READY;
}

/* Looks at readiness and at inputs that have just come; both make a fetch due at once. */
static bool look_at_inputs(struct runtime *rt, size_t i, const struct snapshot *const *inputs, unsigned *changed)
{
	struct job *job = &rt->jobs[i];
	unsigned have = 0;
	bool ready = is_ready(rt, i, inputs, changed);

	for (size_t k = 0; k < job->ninputs; k++)
		have |= inputs[k] ? 1u << k : 0;
	if ((have & ~job->had_inputs) || (ready && !job->ready))
		job->asap = true;
	job->had_inputs |= have;
	job->ready = ready;
	return ready;
}

/* Neither this source nor one that is wanted from the lane before has had an outcome for this target. */
static bool is_early(const struct runtime *rt, size_t i)
{
	enum lane_id lane = rt->sources[i]->lane, before = lane_before(lane);

	if (before == lane || rt->store.entries[i].latest)
		return false;
	for (size_t k = 0; k < rt->n; k++)
		if ((rt->wanted & source_bit(k)) && rt->jobs[k].fetcher == k && rt->sources[k]->lane == before &&
		    !rt->store.entries[k].latest)
			return true;
	return false;
}

/* ---- the tick ---- */

static void issue(struct runtime *rt, size_t i, const struct snapshot *const *inputs, int64_t now)
{
	struct job *job = &rt->jobs[i];
	struct fetch template = {.target = rt->target, .wide = job->wide, .span = job->span, .demand = rt->wanted};

	memcpy(template.inputs, inputs, sizeof(template.inputs));
	if (!lane_request(rt->lanes[rt->sources[i]->lane], i, &template))
		return;
	job->pending = true;
	job->since_mono_us = 0;
	job->started_mono_us = now;
	job->retry_mono_us = job->span_mono_us = 0;
	job->asap = job->force = false;
}

/* A fetch in its lane: nothing to do until its end wakes us. */
static void follow_pending(struct runtime *rt, size_t i)
{
	struct job *job = &rt->jobs[i];
	struct store_entry *e = &rt->store.entries[i];

	e->fetch_since_mono_us = job->since_mono_us;
	/* one that has not begun will see the world as it is now */
	if (job->since_mono_us == 0)
		job->asap = job->force = false;
	e->next_mono_us = job->started_mono_us + period_of(rt, i);
}

/* Not now, though it is wanted and ready: what ends that, a call or an outcome, is followed by a tick. */
static bool is_held_back(const struct runtime *rt, size_t i)
{
	const struct job *job = &rt->jobs[i];
	bool pauses = rt->paused && !job->span_mono_us && !(rt->sources[i]->flags & SOURCE_STANDING);

	return !job->force && (pauses || is_early(rt, i));
}

/* Advances one job and returns when to look at it again. */
static int64_t step(struct runtime *rt, size_t i, int64_t now, unsigned *changed)
{
	const struct snapshot *inputs[SOURCE_INPUTS_MAX];
	struct store_entry *e = &rt->store.entries[i];
	int64_t due;

	observe(rt, i, now);
	e->fetch_since_mono_us = e->next_mono_us = 0;
	if (rt->jobs[i].pending) {
		follow_pending(rt, i);
		return INT64_MAX;
	}
	if (!(rt->wanted & source_bit(i)))
		return INT64_MAX;
	gather_inputs(rt, &rt->jobs[i], inputs);
	if (!look_at_inputs(rt, i, inputs, changed))
		return INT64_MAX;
	if (is_held_back(rt, i))
		return INT64_MAX;
	due = due_of(rt, i, now);
	e->next_mono_us = due;
	if (due > now)
		return due;
	issue(rt, i, inputs, now);
	e->next_mono_us = now + period_of(rt, i);
	return INT64_MAX;
}

static void follow_note(struct runtime *rt, size_t i, bool runs)
{
	if (runs)
		lane_note(rt->lanes[rt->sources[i]->lane], i, &rt->store.entries[i].note);
	else
		rt->store.entries[i].note = (struct fetch_note){0};
}

/*
 * Before the arrivals are collected: a fetch that is over by now has its outcome in the
 * mailbox, and one that ends later wakes us again. Asked the other way round, a failure
 * could fall between the two and be retried without its back-off.
 */
static void look_at_lanes(struct runtime *rt)
{
	for (size_t i = 0; i < rt->n; i++) {
		struct lane *lane = rt->lanes[rt->sources[i]->lane];
		struct job *job = &rt->jobs[i];
		int64_t started = lane_started(lane, i);

		/* it may have waited in its lane; the period counts from when it began */
		if (started > job->started_mono_us)
			job->started_mono_us = started;
		job->pending = lane_pending(lane, i, &job->since_mono_us);
		follow_note(rt, i, job->pending && job->since_mono_us != 0);
	}
}

static int64_t pass(struct runtime *rt, int64_t now, unsigned *changed)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < rt->n; i++) {
		int64_t when;

		if (rt->jobs[i].fetcher != i || rt->sources[i]->derive)
			continue;
		when = step(rt, i, now, changed);
		if (when < next)
			next = when;
	}
	return next;
}

int64_t runtime_tick(struct runtime *rt, unsigned *ret_changed)
{
	int64_t now = clock_mono_us(), next, when;
	unsigned changed, before;
	size_t passes = 0;

	/* cleared first: what is posted from here on wakes us again */
	if (rt->wake == &rt->own_wake)
		wake_clear(rt->wake);
	look_at_lanes(rt);
	changed = store_collect(&rt->store) + commands_collect(rt->commands);
	do {
		before = changed;
		next = pass(rt, now, &changed);
	} while (changed != before && ++passes <= rt->n);
	when = nodes_tick(rt, &changed);
	next = when < next ? when : next;
	when = derive_tick(rt, now, &changed);
	next = when < next ? when : next;
	for (size_t i = 0; i < rt->n; i++) {
		const struct store_entry *feeder = &rt->store.entries[rt->jobs[i].fetcher];

		rt->store.entries[i].fetch_since_mono_us = feeder->fetch_since_mono_us;
		rt->store.entries[i].next_mono_us = feeder->next_mono_us;
		rt->store.entries[i].note = feeder->note;
	}
	*ret_changed = changed;
	return next;
}
