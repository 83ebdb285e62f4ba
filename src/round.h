/*
 * round.h: one complete refresh of chosen sources without a screen: for --once, check and their like.
 *
 * Uses the runtime as the console does: same sources, same scheduler. One thread.
 */
#ifndef ROUND_H
#define ROUND_H

#include "runtime/sched.h"

struct round {
	struct runtime *rt;
	struct store *store;
	uint64_t wanted; /* bit i = source i of the registry */
	unsigned good_seen[SOURCES_MAX];
	const struct snapshot *last_good[SOURCES_MAX]; /* only compared */
	int64_t again_at[SOURCES_MAX];
};

struct round_outcome {
	const struct snapshot *snap; /* rows, or NULL */
	const char *state;
	const char *error; /* NULL = none */
	int64_t at;
	size_t first; /* row to start from */
};

/* Has rows of its own, and for their own sake. */
bool round_prints(const struct source *s);
/* Wants these sources, separated by spaces; false when one of them does not exist or is not for a single refresh. */
bool round_want(struct round *r, const char *names);
/* Fetches what is wanted, twice where rates need it, and makes the derived ones. Blocks at most
 * 30 s, and as long as pages of a long listing come. */
void round_wait(struct round *r);
/* What became of source i; after round_wait(). Borrowed from the store. */
struct round_outcome round_outcome(const struct round *r, size_t i);

#endif
