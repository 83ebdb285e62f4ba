/*
 * mailbox.c: one slot, exchanged atomically in both directions.
 *
 * The exchange moves the reference, so exactly one side owns a snapshot at any time
 * and nothing is locked. Release on the way in makes the finished snapshot visible,
 * acquire on the way out sees it; the writer needs acquire too, because it may get an
 * unread snapshot back and free it.
 */
#include "runtime/mailbox.h"

void mailbox_init(struct mailbox *m)
{
	atomic_init(&m->slot, NULL);
	atomic_init(&m->posted, 0);
	atomic_init(&m->dropped, 0);
}

void mailbox_release(struct mailbox *m)
{
	snapshot_unref(mailbox_take(m));
}

void mailbox_post(struct mailbox *m, const struct snapshot *s)
{
	const struct snapshot *unread;

	/* counted before it can be taken, so that a reader never sees fewer posts than snapshots */
	atomic_fetch_add_explicit(&m->posted, 1, memory_order_relaxed);
	unread = atomic_exchange_explicit(&m->slot, s, memory_order_acq_rel);
	if (!unread)
		return;
	atomic_fetch_add_explicit(&m->dropped, 1, memory_order_relaxed);
	snapshot_unref(unread);
}

const struct snapshot *mailbox_take(struct mailbox *m)
{
	return atomic_exchange_explicit(&m->slot, NULL, memory_order_acq_rel);
}
