/*
 * lease.h: changes that are to be taken back, remembered on the disk until they are.
 *
 * One file each in $XDG_STATE_HOME/auroratop/leases (~/.local/state without it), 0600, on the
 * disk before the change is asked for and removed after it was taken back. The console that
 * holds it keeps a lock on the file, so that a lease whose console was killed, or whose host lost
 * its power, is known as left behind at the next start. Any thread.
 */
#ifndef AUDIT_LEASE_H
#define AUDIT_LEASE_H

#include "base/err.h"
#include "base/str.h"

#define LEASES_MAX 32 /* files that are read; more are left alone */

struct lease {
	char id[64];        /* of the audit lines of the change; name of the file */
	char operation[64]; /* of operations.def */
	char target[300];   /* cluster, or host and port of a server without one */
	char object[300];   /* what was changed: parameter group, server, rule */
	char parameter[128];
	char role[64], database[64]; /* whose setting it is; "" = no role's, no database's */
	char before[300];            /* the value to be restored ... */
	bool unset;                  /* ... or there was none */
	char value[300];             /* the value it has been given */
	char owner[256];             /* user@host */
	int64_t until_us;            /* wall clock */
};

struct lease_hold; /* an open, locked file */

/* Writes the lease and holds it. ERR_IO: nothing may be changed then. */
bool lease_take(const struct lease *l, struct lease_hold **ret_hold, struct err *err) MUST_CHECK;
/* It was taken back: removes the file. hold may be NULL. */
void lease_end(struct lease_hold *hold);
/* It could not be taken back: leaves the file for the next start. hold may be NULL. */
void lease_leave(struct lease_hold *hold);
/* Takes over the lease of that id when no console holds it any more; false: there is no such one, or it is held. */
bool lease_take_over(const char *id, struct lease_hold **ret_hold) MUST_CHECK;
/* All that are there for a target (NULL = any), held or not: up to max; ret_left says which no console holds. */
size_t lease_list(const char *target, struct lease *out, bool *ret_left, size_t max);

#endif
