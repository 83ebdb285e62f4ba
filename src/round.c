/*
 * round.c: see round.h.
 *
 * A source is finished when it has an outcome that will not change by waiting: a
 * whole (not partial) good snapshot, the second one where rates need two samples, or a
 * failure. A source whose input failed never becomes ready; it is reported with that reason.
 * A listing of many pages has its time as long as pages come; the lane's own limit ends it.
 * A derived source is finished when all it is made of is, and is made then.
 */
#include "round.h"

#include "base/clock.h"
#include "registry.h"

#include <poll.h>
#include <stdio.h>

#define ROUND_DEADLINE_US (30 * US_PER_S)

/* Has rows of its own, and for their own sake. */
bool round_prints(const struct source *s)
{
	return !s->merges && !(s->flags & SOURCE_STANDING);
}

bool round_want(struct round *r, const char *names)
{
	struct str rest = str_c(names), name;
	bool all = true;

	while (str_split(&rest, ' ', &name)) {
		char word[64];
		int i;

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		i = registry_find(word);
		/* one refresh keeps nothing ready for later */
		if (i >= 0 && (registry_sources[i]->flags & SOURCE_STANDING))
			i = -1;
		/* one refresh is of the node the target names: of a merged source, that node's */
		if (i >= 0 && registry_sources[i]->merges)
			i = registry_find(registry_sources[i]->merges);
		if (i >= 0)
			r->wanted |= UINT64_C(1) << i;
		else
			all = false;
	}
	return all;
}

/* The reason why an input will never come, or NULL while it still may. */
static const struct snapshot *failed_input(const struct round *r, const struct source *s, int depth)
{
	struct str rest = str_c(s->inputs), name;

	while (s->inputs && depth < 4 && str_split(&rest, ' ', &name)) {
		char word[64];
		const struct store_entry *e;
		const struct snapshot *deeper;

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		e = store_entry(r->store, word);
		/* An input left out on purpose (AWS with --db alone) is not missed by a source that has its own way. */
		if (e && e->latest && e->latest->state == SNAP_SKIPPED)
			continue;
		if (e && e->latest && e->latest->state != SNAP_OK && !e->good)
			return e->latest;
		deeper = e && !e->latest ? failed_input(r, e->source, depth + 1) : NULL;
		if (deeper)
			return deeper;
	}
	return NULL;
}

/* Notes a new good snapshot and when the second one is wanted. */
static void note_good(struct round *r, size_t i)
{
	const struct store_entry *e = &r->store->entries[i];

	if (!e->good || e->good == r->last_good[i])
		return;
	r->last_good[i] = e->good;
	r->good_seen[i]++;
	r->again_at[i] = clock_mono_us() + runtime_target(r->rt)->interval_us;
}

static void ask_again(struct round *r, size_t i)
{
	if (r->again_at[i] == 0 || clock_mono_us() < r->again_at[i])
		return;
	r->again_at[i] = 0;
	runtime_refresh(r->rt, r->store->entries[i].source->name);
}

static bool failed(const struct store_entry *e)
{
	return e->latest && e->latest->state != SNAP_OK;
}

static bool finished(struct round *r, size_t i);

/* Of what it is made has all come, or will not. */
static bool derived_finished(struct round *r, size_t i)
{
	bool done = true;

	for (size_t k = 0; k < registry_nsources; k++)
		if (runtime_reads(r->rt, i, k))
			done &= finished(r, k);
	return done;
}

static bool finished(struct round *r, size_t i)
{
	const struct store_entry *e = &r->store->entries[i];
	const struct source *s = e->source;
	unsigned need = s->flags & SOURCE_TWICE ? 2 : 1;

	if (s->derive)
		return derived_finished(r, i);
	if (failed(e))
		return true;
	note_good(r, i);
	if (s->fed_by) {
		size_t feeder = (size_t)registry_find(s->fed_by);

		return e->good ? finished(r, feeder) : failed(&r->store->entries[feeder]);
	}
	if (!e->good)
		return failed_input(r, s, 0) != NULL;
	if (r->good_seen[i] < need) {
		ask_again(r, i);
		return false;
	}
	return !e->good->partial;
}

static bool all_finished(struct round *r)
{
	bool done = true;

	for (size_t i = 0; i < registry_nsources; i++)
		if (r->wanted >> i & 1)
			done &= finished(r, i);
	return done;
}

/* What is made of others is made of what has come in the end. */
static void derive_all(struct round *r)
{
	for (size_t i = 0; i < registry_nsources; i++)
		if ((r->wanted >> i & 1) && registry_sources[i]->derive)
			(void)runtime_derive(r->rt, registry_sources[i]->name, false);
}

/* Rows that listings under way have so far, all together. */
static int64_t listed(const struct round *r)
{
	int64_t rows = 0;

	for (size_t i = 0; i < registry_nsources; i++)
		if (r->wanted >> i & 1)
			rows += r->store->entries[i].note.rows;
	return rows;
}

void round_wait(struct round *r)
{
	int64_t end = clock_mono_us() + ROUND_DEADLINE_US, seen = 0;

	runtime_demand(r->rt, r->wanted);
	for (;;) {
		unsigned changed;
		int64_t next = runtime_tick(r->rt, &changed), now = clock_mono_us();
		struct pollfd p = {runtime_fd(r->rt), POLLIN, 0};

		if (listed(r) != seen) {
			seen = listed(r);
			end = now + ROUND_DEADLINE_US;
		}
		if (all_finished(r) || now >= end)
			break;
		if (next > now + 50 * US_PER_MS)
			next = now + 50 * US_PER_MS;
		(void)poll(&p, 1, next > now ? (int)((next - now + 999) / 1000) : 0);
	}
	derive_all(r);
}

struct round_outcome round_outcome(const struct round *r, size_t i)
{
	static const char *const states[] = {"ok", "error", "unavailable", "skipped"};
	const struct store_entry *e = &r->store->entries[i];
	struct round_outcome o = {NULL, "error", "no answer in time", clock_wall_us(), 0};
	const struct snapshot *blocked;

	if (e->latest) {
		o.state = states[e->latest->state];
		o.at = e->latest->at_us ? e->latest->at_us : o.at;
		o.error = e->latest->state == SNAP_OK ? NULL : e->latest->err.text;
		o.snap = e->latest->state == SNAP_OK ? e->latest : NULL;
		if (o.snap && (e->source->flags & SOURCE_HISTORY) && o.snap->nrows > 1)
			o.first = o.snap->nrows - 1;
		return o;
	}
	blocked = failed_input(r, e->source, 0);
	if (!blocked && e->source->fed_by)
		blocked = r->store->entries[registry_find(e->source->fed_by)].latest;
	if (blocked) {
		o.state = blocked->state == SNAP_SKIPPED       ? "skipped"
			  : blocked->state == SNAP_UNAVAILABLE ? "unavailable"
							       : "error";
		o.error = blocked->err.text;
	}
	return o;
}
