/*
 * store.h: the UI thread's picture of the world: per source the newest good snapshot,
 * the newest outcome, ages and fetch state. UI thread only.
 */
#ifndef RUNTIME_STORE_H
#define RUNTIME_STORE_H

#include "runtime/mailbox.h"
#include "runtime/source.h"

struct store_entry {
	const struct source *source;
	const struct snapshot *good;   /* newest SNAP_OK of this target, or NULL; stays while later fetches fail */
	const struct snapshot *latest; /* newest of any state, or NULL */
	int64_t failing_since_us;      /* wall; 0 = not failing */
	int64_t fetch_since_mono_us;   /* a fetch is running since; 0 = none */
	int64_t next_mono_us;          /* next fetch, 0 = not scheduled */
	struct fetch_note note;        /* how that is getting on */
	unsigned failures;             /* in a row */
	unsigned version;              /* grows with every change of good or latest */
};

struct store {
	struct store_entry *entries;
	size_t n;
	struct mailbox *mailboxes;
	uint64_t generation;
};

void store_init(struct store *st, const struct source *const *sources, size_t n);
void store_release(struct store *st);
/* Takes what has arrived; returns how many entries changed. Snapshots of an older target are dropped. A partial
 * snapshot becomes good at once. */
unsigned store_collect(struct store *st);
/* Takes the caller's reference to a published snapshot as the newest of entry i; false (and released) when it is of
 * another target. */
bool store_put(struct store *st, size_t i, const struct snapshot *s);
/* Forget everything: the target changed. */
void store_reset(struct store *st, uint64_t generation);
/* Index by source name, or -1. */
int store_find(const struct store *st, const char *name);
/* Newest good snapshot of a source, or NULL. Borrowed until the next store call. */
const struct snapshot *store_good(const struct store *st, const char *name);
/* The whole entry by source name, or NULL. Borrowed until store_release. */
const struct store_entry *store_entry(const struct store *st, const char *name);

#endif
