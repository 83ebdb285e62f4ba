/*
 * wake.c: many posts, one wake-up.
 *
 * pending is true from the first post until the reader clears. Only the post that
 * turns it true writes to the descriptor, so a storm costs one system call. The
 * reader empties the descriptor first and clears pending second: in the other order
 * a post between the two would have its write eaten while pending stays true, and no
 * later post would ever write again. The price is one wake-up too many when a post
 * has claimed pending but not written yet; wake_clear() then finds nothing to do.
 */
#include "runtime/wake.h"

#include "base/check.h"
#include "base/err.h"

#include <errno.h>
#include <sys/eventfd.h>

void wake_init(struct wake *w)
{
	char reason[128];

	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		BUG("eventfd: %s", err_errno(errno, reason, sizeof(reason)));
	atomic_init(&w->pending, false);
}

void wake_release(struct wake *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void wake_post(struct wake *w)
{
	const uint64_t one = 1;
	ssize_t n;

	/* release: what was done before the post is visible to whoever clears it */
	if (atomic_exchange_explicit(&w->pending, true, memory_order_acq_rel))
		return;
	do {
		n = write(w->fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
}

bool wake_clear(struct wake *w)
{
	uint64_t count;
	ssize_t n;

	do {
		n = read(w->fd, &count, sizeof(count));
	} while (n < 0 && errno == EINTR);
	return atomic_exchange_explicit(&w->pending, false, memory_order_acq_rel);
}
