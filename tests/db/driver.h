/*
 * driver.h: the sources of the database layer on real lanes, one refresh at a time.
 */
#ifndef TESTS_DB_DRIVER_H
#define TESTS_DB_DRIVER_H

#include "db/sessions.h"
#include "db/sources.h"
#include "runtime/lane.h"

/* Those of the slow lane begin with DRIVE_DATABASES, the last one has the action lane. */
enum driver_source {
	DRIVE_SESSIONS,
	DRIVE_ACTIVITY,
	DRIVE_LOAD,
	DRIVE_LOAD_SAMPLES,
	DRIVE_LOCKS,
	DRIVE_DATABASES,
	DRIVE_SIZES,
	DRIVE_PROGRESS,
	DRIVE_HORIZON,
	DRIVE_TABLES,
	DRIVE_RELATIONS,
	DRIVE_WRAPAROUND,
	DRIVE_SLOTS,
	DRIVE_STATEMENTS,
	DRIVE_STATEMENTS_INFO,
	DRIVE_SERVER_LOG,
	DRIVE_ACTION,
	DRIVE__COUNT
};

struct driver {
	struct lane *sampler, *slow, *action;
	struct mailbox mailboxes[DRIVE__COUNT];
	struct wake wake;
	const struct target *target;
	bool looks_at_locks;                       /* the lock trees are wanted, too */
	const struct snapshot *inputs[2];          /* borrowed */
	const struct snapshot *last[DRIVE__COUNT]; /* newest of any state */
};

void driver_init(struct driver *d, const char *conninfo);
void driver_release(struct driver *d);
/* A new target with this conninfo. */
void driver_set_conninfo(struct driver *d, const char *conninfo);
/* A target made by the caller; takes the reference. */
void driver_set_target(struct driver *d, const struct target *t);
/* Fetches and waits for the end; returns the snapshot. deadline_us 0 = the source's own. */
const struct snapshot *driver_fetch(struct driver *d, enum driver_source which, bool wide, int64_t deadline_us);
/* Row of a pid in the newest sessions, or NULL. */
const struct session *driver_session(const struct driver *d, int64_t pid);
const struct activity *driver_activity(const struct driver *d);

#endif
