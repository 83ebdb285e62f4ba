/*
 * wake.h: a coalesced eventfd. A thousand posts make one wake-up.
 */
#ifndef RUNTIME_WAKE_H
#define RUNTIME_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>

struct wake {
	int fd;
	atomic_bool pending;
};

/* Creates the eventfd; aborts when the process has no descriptors left. */
void wake_init(struct wake *w);
void wake_release(struct wake *w);
/* Any thread; never blocks. */
void wake_post(struct wake *w);
/* The waiting thread, after poll said fd is readable: true if there was a post. Clear before looking for work. */
bool wake_clear(struct wake *w);

#endif
