/*
 * forest.h: lock trees: who waits behind whom, everybody once, from one read of pg_locks. Pure.
 *
 * The graph of locks.h answers for one session as pg_blocking_pids() would; this is the picture
 * of all of them. A node is a session with its parallel workers, or a prepared transaction. It
 * stands below the first of those that hold what it wants; only where nobody holds it in a
 * conflicting mode, below the first that asked for it before. So a queue of many for one
 * object stands side by side below its holder, and not as a chain.
 *
 * Roots come first by blast radius: most victims, then the longest summed wait. Victims are
 * counted along all blockers, not only along the tree: a session behind two others counts for both.
 */
#ifndef DB_FOREST_H
#define DB_FOREST_H

#include "db/locks.h"

#define FOREST_ALSO_MAX 8
#define FOREST_NONE UINT32_MAX

struct forest_node {
	int64_t id;                     /* pid of the session, or of the parallel leader; prepared: minus its xid */
	uint32_t parent;                /* its place in the tree, NONE = a root */
	uint32_t root, depth;           /* a root has depth 0 and is its own root */
	uint32_t blocker;               /* the parent; of the top of a cycle: the one below that it waits for */
	uint32_t blockers;              /* how many block it directly, as the tree counts */
	uint32_t also[FOREST_ALSO_MAX]; /* the first of the others */
	uint32_t nalso;
	uint32_t ahead;                   /* how many asked before it, in a conflicting mode */
	uint32_t victims, direct_victims; /* who waits behind it, in the end and at once */
	uint32_t timed_victims;           /* victims whose wait has a known start ... */
	int64_t victims_wait_us;          /* ... and the sum of these waits at now_us */
	int64_t since_us;                 /* start of its own wait, 0 = unknown or not waiting */
	uint32_t wait_row;                /* the row of the input that waits, NONE = it does not wait */
	uint32_t held_row;                /* the blocker's row that is in the way, NONE = it only asked before */
	bool in_cycle;                    /* waits for itself through others */
	bool unsure;                      /* its blockers are a guess (queue order unknown) */
};

struct lock_forest {
	struct forest_node *nodes; /* as drawn, top to bottom: each before its subtree */
	size_t n, nunsure;
};

/* What pg_blocking_pids() said of one waiter; ids as in forest_node. */
struct forest_settled {
	int64_t waiter, blocker;
};

struct forest_input {
	const struct lock_row *rows;
	size_t n;
	int64_t now_us;   /* the server's clock, for the sums */
	bool queue_known; /* the order of waiters is known (14 and later) */
	/* Sorted by waiter; used for waiters that would be unsure. */
	const struct forest_settled *settled;
	size_t nsettled;
};

/* Release with forest_release(). ERR_LIMIT beyond the limits of locks.h. */
bool forest_build(const struct forest_input *in, struct lock_forest *ret_forest, struct err *err) MUST_CHECK;
void forest_release(struct lock_forest *f);
/* Sum of the waits of its victims so long after now_us; false when none has a known start. */
bool forest_victims_wait(const struct forest_node *node, int64_t later_us, int64_t *ret_us);

#endif
