/*
 * mailbox.h: at most one snapshot, the newest.
 *
 * A slow reader never makes a writer wait and a fast writer never grows memory. One
 * atomic exchange each way (acquire-release).
 */
#ifndef RUNTIME_MAILBOX_H
#define RUNTIME_MAILBOX_H

#include "model/snapshot.h"

struct mailbox {
	_Atomic(const struct snapshot *) slot;
	atomic_ullong posted, dropped;
};

void mailbox_init(struct mailbox *m);
/* Drops what is inside. */
void mailbox_release(struct mailbox *m);
/* Lane thread. Takes the caller's reference; an unread older snapshot is released here. Never blocks. */
void mailbox_post(struct mailbox *m, const struct snapshot *s);
/* UI thread. The newest snapshot (caller must snapshot_unref) or NULL. Never blocks. */
const struct snapshot *mailbox_take(struct mailbox *m);

#endif
