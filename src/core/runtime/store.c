/*
 * store.c: per source the newest good and the newest outcome, on the UI thread.
 *
 * good and latest each hold their own reference, often to the same snapshot. good
 * survives failures, so a pane shows old data with a badge rather than nothing. A
 * partial snapshot is shown at once but proves nothing: only a whole one ends a
 * run of failures, or a listing that always breaks on its second page would never
 * back off.
 */
#include "runtime/store.h"

#include "base/clock.h"
#include "base/xalloc.h"

void store_init(struct store *st, const struct source *const *sources, size_t n)
{
	CHECK(n <= SOURCES_MAX);
	st->entries = xcalloc(n, sizeof(*st->entries));
	st->mailboxes = xcalloc(n, sizeof(*st->mailboxes));
	st->n = n;
	st->generation = 0;
	for (size_t i = 0; i < n; i++) {
		st->entries[i].source = sources[i];
		mailbox_init(&st->mailboxes[i]);
	}
}

static void forget(struct store_entry *e)
{
	bool had = e->latest != NULL;

	snapshot_unref(e->good);
	snapshot_unref(e->latest);
	*e = (struct store_entry){.source = e->source, .version = e->version + had};
}

void store_release(struct store *st)
{
	for (size_t i = 0; i < st->n; i++) {
		forget(&st->entries[i]);
		mailbox_release(&st->mailboxes[i]);
	}
	xfree(st->entries);
	xfree(st->mailboxes);
	*st = (struct store){0};
}

void store_reset(struct store *st, uint64_t generation)
{
	st->generation = generation;
	for (size_t i = 0; i < st->n; i++)
		forget(&st->entries[i]);
}

static void count_outcome(struct store_entry *e, const struct snapshot *s)
{
	if (s->state == SNAP_ERROR) {
		e->failures++;
		if (e->failing_since_us == 0)
			e->failing_since_us = s->at_us ? s->at_us : clock_wall_us();
	} else if (!s->partial) {
		e->failures = 0;
		e->failing_since_us = 0;
	}
}

bool store_put(struct store *st, size_t i, const struct snapshot *s)
{
	struct store_entry *e = &st->entries[i];

	if (s->generation != st->generation) {
		snapshot_unref(s);
		return false;
	}
	count_outcome(e, s);
	if (s->state == SNAP_OK) {
		snapshot_unref(e->good);
		e->good = snapshot_ref(s);
	}
	snapshot_unref(e->latest);
	e->latest = s;
	e->version++;
	return true;
}

unsigned store_collect(struct store *st)
{
	unsigned changed = 0;

	for (size_t i = 0; i < st->n; i++) {
		const struct snapshot *s = mailbox_take(&st->mailboxes[i]);

		if (s)
			changed += store_put(st, i, s);
	}
	return changed;
}

int store_find(const struct store *st, const char *name)
{
	for (size_t i = 0; i < st->n; i++)
		if (strcmp(st->entries[i].source->name, name) == 0)
			return (int)i;
	return -1;
}

const struct store_entry *store_entry(const struct store *st, const char *name)
{
	int i = store_find(st, name);

	return i < 0 ? NULL : &st->entries[i];
}

const struct snapshot *store_good(const struct store *st, const char *name)
{
	const struct store_entry *e = store_entry(st, name);

	return e ? e->good : NULL;
}
