/*
 * change_lease.h: a change for a time: remembered before it is asked for, held, taken back.
 *
 * How it is asked for and taken back is the service's; that it is remembered first, that it ends with
 * its time or its job, and that nothing interrupts the taking back, is the same for all.
 * Thread of the command.
 */
#ifndef AUDIT_CHANGE_LEASE_H
#define AUDIT_CHANGE_LEASE_H

#include "audit/change.h"
#include "audit/lease.h"

/* Completes l (id, operation, owner, end in us from now) and remembers it. False: nothing may be asked; the outcome
 * says why. */
bool change_lease_take(struct change *c, struct lease *l, int64_t us, const char *id, struct lease_hold **ret_hold);
/* The outcome of a lease that is in force: "done, in force until 05:12Z". Returns out. */
const char *change_lease_words(const struct lease *l, char *out, size_t size);
/* Until its time (us in all) is over, or the job is told to stop; tells how much is left. */
void change_lease_keep(struct change *c, const struct lease *l, int64_t us);
/* Takes it back by take_back(ctx), as the operation `restore`, with a fetch that no cancel ends; forgets it when that
 * is true, and leaves it for the next start when it is false. */
void change_lease_end(struct change *c, struct lease_hold *hold, const char *restore, bool (*take_back)(void *ctx),
		      void *ctx);

#endif
