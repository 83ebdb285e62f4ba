/*
 * sched.c: demand, periods, back-off and readiness; one pass over the sources per tick.
 *
 * A job is the scheduler's note on one source. Sources that are fed by another have
 * no fetch of their own: whatever is said about them (demand, refresh, wide) is said
 * to their feeder. The wanted set is the closure of the demand over feeders and
 * inputs.
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
#include "base/xalloc.h"
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

/* ---- the table of sources ---- */

static uint64_t bit(size_t i)
{
	return UINT64_C(1) << i;
}

static size_t find_or_bug(const struct runtime *rt, const struct source *whose, struct str name)
{
	for (size_t i = 0; i < rt->n; i++)
		if (str_eq_c(name, rt->sources[i]->name))
			return i;
	BUG("source %s names " STR_FMT ", which does not exist", whose->name, STR_ARG(name));
}

/* The lane whose first outcomes a lane waits for; itself = none. */
static enum lane_id lane_before(enum lane_id lane)
{
	return lane == LANE_SLOW ? LANE_SAMPLER : lane;
}

static void link_reads(struct runtime *rt, size_t i)
{
	struct str rest = str_c(rt->sources[i]->reads), word;

	while (str_split(&rest, ' ', &word))
		if (word.len > 0)
			rt->jobs[i].reads |= bit(find_or_bug(rt, rt->sources[i], word));
}

static void link_job(struct runtime *rt, size_t i)
{
	const struct source *src = rt->sources[i];
	struct job *job = &rt->jobs[i];
	struct str rest = str_c(src->inputs), word;
	enum lane_id lane;
	size_t input;

	job->fetcher = i;
	if (src->derive) {
		link_reads(rt, i);
		return;
	}
	if (src->fed_by || src->merges)
		job->fetcher = find_or_bug(rt, src, str_c(src->fed_by ? src->fed_by : src->merges));
	if (!rt->sources[job->fetcher]->fetch || (job->fetcher != i && src->fetch))
		BUG("source %s must either have a fetch or be fed by one that has", src->name);
	while (src->inputs && str_split(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (job->ninputs == SOURCE_INPUTS_MAX)
			BUG("source %s has more than %d inputs", src->name, SOURCE_INPUTS_MAX);
		input = find_or_bug(rt, src, word);
		lane = rt->sources[input]->lane;
		if (lane != src->lane && lane_before(lane) == src->lane)
			BUG("source %s and its input " STR_FMT " would wait for each other", src->name, STR_ARG(word));
		job->inputs[job->ninputs++] = input;
	}
}

static uint64_t needs_of(const struct runtime *rt, size_t i)
{
	const struct job *job = &rt->jobs[i];
	uint64_t mask = bit(i) | bit(job->fetcher) | job->reads;

	for (size_t k = 0; k < job->ninputs; k++)
		mask |= bit(job->inputs[k]);
	return mask;
}

static uint64_t closure(const struct runtime *rt, uint64_t mask)
{
	uint64_t before;

	do {
		before = mask;
		for (size_t i = 0; i < rt->n; i++)
			if (before & bit(i))
				mask |= needs_of(rt, i);
	} while (mask != before);
	return mask;
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

/* Says why there is no data, for a source and what it feeds; the same words twice are no news. */
static unsigned put_words(struct runtime *rt, size_t i, enum snap_state state, const struct err *why)
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
		s->at_us = clock_wall_us();
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
		return put_words(rt, i, e->latest->state == SNAP_ERROR ? SNAP_ERROR : SNAP_UNAVAILABLE, &why);
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
		*changed += put_words(rt, i, SNAP_SKIPPED, &why);
		return false;
	}
	if (src->ready)
		readiness = src->ready(rt->target, inputs, &why);
	else
		readiness = all_there(&rt->jobs[i], inputs) ? READY : READY_WAIT;
	if (readiness == READY_UNAVAILABLE)
		*changed += put_words(rt, i, SNAP_UNAVAILABLE, &why);
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
		if ((rt->wanted & bit(k)) && rt->jobs[k].fetcher == k && rt->sources[k]->lane == before &&
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
	if (!(rt->wanted & bit(i)))
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

/* ---- what the user says ---- */

struct runtime *runtime_new_sharing(const struct source *const *sources, size_t n, const struct target *target,
				    struct wake *wake)
{
	static const char *const lane_names[LANE__COUNT] = {
#define LANE(id, name) name,
#include "runtime/lanes.def"
#undef LANE
	};
	struct runtime *rt = xcalloc(1, sizeof(*rt));

	CHECK(n <= SOURCES_MAX);
	rt->sources = xcalloc(n, sizeof(const struct source *));
	for (size_t i = 0; i < n; i++)
		rt->sources[i] = sources[i];
	rt->n = n;
	rt->target = target_ref(target);
	for (size_t i = 0; i < n; i++)
		link_job(rt, i);
	if (!wake)
		wake_init(&rt->own_wake);
	rt->wake = wake ? wake : &rt->own_wake;
	store_init(&rt->store, rt->sources, n);
	store_reset(&rt->store, target->generation);
	for (size_t i = 0; i < LANE__COUNT; i++) {
		(void)snprintf(rt->lane_names[i], LANE_NAME_MAX, "%s%s%s", lane_names[i], target->node[0] ? " " : "",
			       target->node);
		rt->lanes[i] =
			lane_new((enum lane_id)i, rt->lane_names[i], rt->sources, n, rt->store.mailboxes, rt->wake);
	}
	rt->commands = commands_new(&rt->store, rt->wake);
	/* the state of xorshift must not be 0 */
	rt->random = ((uint64_t)clock_wall_us() ^ ((uint64_t)(uintptr_t)rt << 16)) | 1;
	return rt;
}

struct runtime *runtime_new(const struct source *const *sources, size_t n, const struct target *target)
{
	return runtime_new_sharing(sources, n, target, NULL);
}

/* Not base/clock: the wait below is real even where tests freeze time. */
static int64_t real_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

bool runtime_stop(struct runtime *rt, int64_t wait_us)
{
	int64_t until = real_mono_us() + wait_us;
	bool all = true;

	if (!rt)
		return true;
	/* all are told first, so that they wind up at the same time */
	for (size_t i = 0; i < LANE__COUNT; i++)
		lane_stop_begin(rt->lanes[i]);
	nodes_stop_begin(rt);
	commands_stop_begin(rt->commands);
	for (size_t i = 0; i < LANE__COUNT; i++) {
		all = lane_stop(rt->lanes[i], until - real_mono_us()) && all;
		rt->lanes[i] = NULL;
	}
	all = nodes_stop(rt, until) && all;
	all = commands_stop(rt->commands, until - real_mono_us()) && all;
	/* leaked on purpose: a lane that was left behind still posts into the store and the wake */
	if (!all)
		return false;
	derive_reset(rt);
	store_release(&rt->store);
	if (rt->wake == &rt->own_wake)
		wake_release(rt->wake);
	target_unref(rt->target);
	xfree(rt->sources);
	xfree(rt);
	return true;
}

bool nodes_stop(struct runtime *rt, int64_t until_mono_us)
{
	bool all = true;

	for (size_t k = 0; k < rt->nnodes; k++)
		all = runtime_stop(rt->nodes[k].rt, until_mono_us - real_mono_us()) && all;
	return all;
}

int runtime_fd(const struct runtime *rt)
{
	return rt->wake->fd;
}

struct store *runtime_store(struct runtime *rt)
{
	return &rt->store;
}

struct commands *runtime_commands(struct runtime *rt)
{
	return rt->commands;
}

const struct target *runtime_target(const struct runtime *rt)
{
	return rt->target;
}

/* Keeps what the table and the user said, forgets what happened. */
static void restart_job(struct job *job)
{
	struct job old = *job;

	*job = (struct job){
		.ninputs = old.ninputs, .fetcher = old.fetcher, .reads = old.reads, .wide = old.wide, .span = old.span};
	memcpy(job->inputs, old.inputs, sizeof(job->inputs));
}

void runtime_set_target(struct runtime *rt, const struct target *target)
{
	CHECK(target->generation >= rt->target->generation);
	rt->chosen.valid = false;
	if (target->generation == rt->target->generation) {
		/* Same world, another pace or range: what is known stays valid. */
		target_ref(target);
		target_unref(rt->target);
		rt->target = target;
		wake_post(rt->wake);
		return;
	}
	for (size_t i = 0; i < LANE__COUNT; i++)
		lane_cancel(rt->lanes[i]);
	commands_cancel(rt->commands);
	target_ref(target);
	target_unref(rt->target);
	rt->target = target;
	store_reset(&rt->store, target->generation);
	derive_reset(rt);
	for (size_t i = 0; i < rt->n; i++)
		restart_job(&rt->jobs[i]);
	wake_post(rt->wake);
}

void runtime_demand(struct runtime *rt, uint64_t mask)
{
	uint64_t wanted = closure(rt, mask), fresh = wanted & ~rt->wanted;

	if (wanted == rt->wanted)
		return;
	for (size_t i = 0; i < rt->n; i++)
		if ((fresh & bit(i)) && (rt->sources[i]->flags & SOURCE_EXTRA))
			rt->jobs[rt->jobs[i].fetcher].asap = true;
	rt->wanted = wanted;
	wake_post(rt->wake);
}

uint64_t runtime_demand_of(const struct runtime *rt, const char *const *names, size_t n)
{
	uint64_t mask = 0;

	for (size_t k = 0; k < n; k++) {
		int i = store_find(&rt->store, names[k]);

		if (i >= 0)
			mask |= bit((size_t)i);
	}
	return mask;
}

void runtime_set_wide(struct runtime *rt, const char *source, bool wide)
{
	int i = store_find(&rt->store, source);
	struct job *job;

	if (i < 0)
		return;
	job = &rt->jobs[rt->jobs[i].fetcher];
	if (job->wide == wide)
		return;
	job->wide = wide;
	for (size_t k = 0; k < rt->nnodes; k++)
		runtime_set_wide(rt->nodes[k].rt, source, wide);
	/* rows that are missing are missed at once, rows too many can wait for the period */
	if (wide)
		job->asap = true;
	wake_post(rt->wake);
}

void runtime_set_span(struct runtime *rt, const char *source, struct fetch_span span)
{
	int i = store_find(&rt->store, source);
	struct job *job;

	if (i < 0)
		return;
	job = &rt->jobs[rt->jobs[i].fetcher];
	if (job->span.from_us == span.from_us && job->span.to_us == span.to_us && job->span.by == span.by)
		return;
	job->span = span;
	job->span_mono_us = clock_mono_us() + SCHED_SPAN_REST_US;
	wake_post(rt->wake);
}

void runtime_pause(struct runtime *rt, bool paused)
{
	rt->paused = paused;
	for (size_t k = 0; k < rt->nnodes; k++)
		runtime_pause(rt->nodes[k].rt, paused);
	wake_post(rt->wake);
}

bool runtime_paused(const struct runtime *rt)
{
	return rt->paused;
}

void runtime_refresh(struct runtime *rt, const char *name)
{
	int only = name ? store_find(&rt->store, name) : -1;

	for (size_t i = 0; i < rt->n; i++)
		if ((rt->wanted & bit(i)) && !rt->sources[i]->derive && (name ? only == (int)i : true))
			rt->jobs[rt->jobs[i].fetcher].force = true;
	for (size_t k = 0; k < rt->nnodes; k++)
		runtime_refresh(rt->nodes[k].rt, name);
	wake_post(rt->wake);
}

struct lane *runtime_lane(struct runtime *rt, size_t i)
{
	size_t own = LANE__COUNT * (1 + rt->nnodes);

	if (i < LANE__COUNT)
		return rt->lanes[i];
	if (i >= own)
		return commands_lane(rt->commands, i - own);
	i -= LANE__COUNT;
	return rt->nodes[i / LANE__COUNT].rt->lanes[i % LANE__COUNT];
}
