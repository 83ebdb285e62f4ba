/*
 * locks.h: who waits for whom, from one read of pg_locks. Pure.
 *
 * Follows the lock manager's own rule (src/backend/storage/lmgr/lock.c, README in that
 * folder): a waiter is blocked by every holder of a conflicting mode on the same object,
 * and by every earlier waiter in its queue that asks for a conflicting mode. Members of
 * one parallel group never block each other.
 */
#ifndef DB_LOCKS_H
#define DB_LOCKS_H

#include "base/err.h"
#include "base/str.h"

#define LOCK_ROWS_MAX 200000
#define LOCK_SESSIONS_MAX 20000

/* The eight modes; numbers as in storage/lockdefs.h. */
enum lock_mode {
	LOCK_NONE,
	LOCK_ACCESS_SHARE,
	LOCK_ROW_SHARE,
	LOCK_ROW_EXCLUSIVE,
	LOCK_SHARE_UPDATE_EXCLUSIVE,
	LOCK_SHARE,
	LOCK_SHARE_ROW_EXCLUSIVE,
	LOCK_EXCLUSIVE,
	LOCK_ACCESS_EXCLUSIVE,
	LOCK__COUNT
};

struct lock_row {
	struct str tag;   /* names the object; equal text = same object; borrowed */
	int64_t since_us; /* start of the wait, 0 = unknown (granted, before 14, or just begun) */
	int64_t pid;      /* of a prepared transaction: minus its transaction id */
	int64_t group;    /* pid of the parallel leader, or pid */
	enum lock_mode mode;
	bool granted;
};

/* What the graph says of one session that waits or makes others wait. */
struct lock_session {
	int64_t pid;
	int64_t blocked_by; /* first blocker, valid when blockers > 0; below 0 = a prepared transaction */
	uint32_t blockers;  /* distinct sessions it waits for directly */
	uint32_t blocks;    /* distinct sessions that wait behind it, directly or not */
	int64_t since_us;   /* start of its wait, 0 = unknown or not waiting */
};

struct lock_graph {
	struct lock_session *sessions; /* sorted by pid */
	size_t n;
};

/* Mode by the name pg_locks uses ("RowExclusiveLock"); LOCK_NONE for others (SIReadLock blocks nobody). */
enum lock_mode lock_mode_parse(struct str name);
/* The name by which pg_locks knows the mode, "" for LOCK_NONE; static. */
const char *lock_mode_name(enum lock_mode m);
bool lock_conflicts(enum lock_mode a, enum lock_mode b);
/*
 * Builds the graph of n rows; release it with lock_graph_release(). With queue_known false (before 14) the order of
 * waiters is unknown: other waiters count as blockers only where no holder explains the wait.
 * ERR_LIMIT beyond the limits above.
 */
bool lock_graph_build(const struct lock_row *rows, size_t n, bool queue_known, struct lock_graph *ret_graph,
		      struct err *err) MUST_CHECK;
void lock_graph_release(struct lock_graph *g);
/* The session with this pid, or NULL when it neither waits nor blocks. */
const struct lock_session *lock_graph_find(const struct lock_graph *g, int64_t pid);

#endif
