/*
 * derive.c: sources that are made of others.
 *
 * A derived source has no lane, no deadline and cannot fail: it is a quick function over the store, run
 * on the UI thread once a period. Ages move even when nothing new came, so it is made anew
 * each time; who draws it compares. What it remembers from one time to the next belongs to one target.
 */
#include "runtime/sched_internal.h"

#include "base/clock.h"

static unsigned make(struct runtime *rt, size_t i, void **state)
{
	const struct source *src = rt->sources[i];
	struct snapshot *s = snapshot_new(src->type, src->name);
	int64_t began = clock_mono_us();

	src->derive(&rt->store, rt->target, state, s);
	s->generation = rt->target->generation;
	s->at_us = clock_wall_us();
	s->took_us = clock_mono_us() - began;
	return store_put(&rt->store, i, snapshot_publish(s));
}

/* Together with what came, rather than shortly before or after it: one picture instead of two. */
static int64_t due_of(const struct job *job, const struct source *src, bool something_came)
{
	if (job->started_mono_us == 0)
		return 0;
	return job->started_mono_us + src->period_us / 2 + (something_came ? 0 : src->period_us);
}

int64_t derive_tick(struct runtime *rt, int64_t now, unsigned *changed)
{
	int64_t next = INT64_MAX;
	bool came = *changed > 0;

	for (size_t i = 0; i < rt->n; i++) {
		const struct source *src = rt->sources[i];
		struct job *job = &rt->jobs[i];
		int64_t due;

		if (!src->derive || !(rt->wanted & source_bit(i)) || rt->paused)
			continue;
		if (due_of(job, src, came) <= now) {
			job->started_mono_us = now;
			*changed += make(rt, i, &job->derived);
		}
		due = due_of(job, src, false);
		next = due < next ? due : next;
	}
	return next;
}

void derive_reset(struct runtime *rt)
{
	for (size_t i = 0; i < rt->n; i++) {
		if (rt->jobs[i].derived)
			rt->sources[i]->derive_free(rt->jobs[i].derived);
		rt->jobs[i].derived = NULL;
	}
}

bool runtime_derive(struct runtime *rt, const char *name, bool remembers)
{
	int i = store_find(&rt->store, name);

	if (i < 0 || !rt->sources[i]->derive)
		return false;
	(void)make(rt, (size_t)i, remembers ? &rt->jobs[i].derived : NULL);
	return true;
}

bool runtime_reads(const struct runtime *rt, size_t derived, size_t source)
{
	return (rt->jobs[derived].reads & source_bit(source)) != 0;
}

void *runtime_derived(const struct runtime *rt, const char *name)
{
	int i = store_find(&rt->store, name);

	return i < 0 ? NULL : rt->jobs[i].derived;
}
