/*
 * lock_wait.h: the record of the source "locks": one row for each session or prepared transaction
 * that waits for a lock or makes others wait, in the order of the lock trees (forest.h).
 */
#ifndef DB_LOCK_WAIT_H
#define DB_LOCK_WAIT_H

#include "db/sessions.h"

struct lock_wait {
	uint64_t present;
	int64_t pid, backend_start_at, prepared_xid;
	int64_t depth, root, blocked_by, blockers, ahead, in_cycle, guessed;
	struct str also_blocked_by;
	int64_t victims, direct_victims;
	int64_t victims_wait_us, wait_us, wait_start_at;
	struct str state, lock_type, object, mode, held_mode;
	int64_t locks_held;
	struct str holds_mode, holds_objects, holds;
	struct str user, database, application, client, wait, backend_type;
	int64_t xact_us, query_us, state_us, xact_start_at, xid;
	struct str gid;
	int64_t prepared_us, prepared_at;
	int64_t query_start_at, query_id;
	struct str next_step, query;
};

extern const struct rec_type lock_wait_type;

/* Fills who it is and what it does from its session; a session that waits here waits, whatever the scan before said. */
void lock_wait_add_session(struct lock_wait *row, const struct session *session);
/* Fills next_step: what ends this row's blocking, in words; absent for one that blocks nobody. After all else. */
void lock_wait_advise(struct lock_wait *row, struct arena *a);

#endif
