/*
 * runtime.c: the runtime as a whole: made from the table of sources, told what is wanted, stopped.
 *
 * What depends on what is worked out once, when the table is read: whose fetch brings a source, which inputs it waits
 * for, what a derived one is made of. A row that cannot work is a mistake in the program and is said at the start.
 * Sources that are fed by another have no fetch of their own: whatever is said about them (demand, refresh, wide) is
 * said to their feeder. The wanted set is the closure of the demand over feeders and inputs.
 *
 * What the user says only marks jobs; the next tick (sched.c) acts on it, so each of these returns at once and wakes
 * the loop.
 */
#include "runtime/sched.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/sched_internal.h"

#include <stdio.h>
#include <time.h>

/* ---- the table of sources ---- */

static size_t find_or_bug(const struct runtime *rt, const struct source *whose, struct str name)
{
	for (size_t i = 0; i < rt->n; i++)
		if (str_eq_c(name, rt->sources[i]->name))
			return i;
	BUG("source %s names " STR_FMT ", which does not exist", whose->name, STR_ARG(name));
}

static void link_reads(struct runtime *rt, size_t i)
{
	struct str rest = str_c(rt->sources[i]->reads), word;

	while (str_split(&rest, ' ', &word))
		if (word.len > 0)
			rt->jobs[i].reads |= source_bit(find_or_bug(rt, rt->sources[i], word));
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
	uint64_t mask = source_bit(i) | source_bit(job->fetcher) | job->reads;

	for (size_t k = 0; k < job->ninputs; k++)
		mask |= source_bit(job->inputs[k]);
	return mask;
}

static uint64_t closure(const struct runtime *rt, uint64_t mask)
{
	uint64_t before;

	do {
		before = mask;
		for (size_t i = 0; i < rt->n; i++)
			if (before & source_bit(i))
				mask |= needs_of(rt, i);
	} while (mask != before);
	return mask;
}

/* ---- made and stopped ---- */

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

/* ---- what the user says ---- */

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
		if ((fresh & source_bit(i)) && (rt->sources[i]->flags & SOURCE_EXTRA))
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
			mask |= source_bit((size_t)i);
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
		if ((rt->wanted & source_bit(i)) && !rt->sources[i]->derive && (name ? only == (int)i : true))
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
