/*
 * log_ring.h: the newest lines of a log group, in the order of time. One thread.
 *
 * Lines come in answers that overlap, late, and from several streams; each is kept once, by its event
 * id. When there are too many, or they take too much memory, the oldest go.
 */
#ifndef AWS_LOG_RING_H
#define AWS_LOG_RING_H

#include "codec/log_entry.h"

#define LOG_RING_LINES_MAX 5000
#define LOG_RING_BYTES_MAX (16u << 20)
#define LOG_RING_LINE_MAX (128u << 10) /* bytes kept of one */

/* Zeroed = empty. */
struct log_ring {
	struct log_kept *items;
	size_t n;
	size_t bytes;
	bool overflowed; /* some went for want of room */
};

void log_ring_release(struct log_ring *r);
/* Takes what is new of n lines; at_us must be set in each. */
void log_ring_add(struct log_ring *r, const struct log_line *lines, size_t n);
/* Drops what is older. */
void log_ring_trim(struct log_ring *r, int64_t from_us);
/* The i-th line, borrowed until the next change. */
struct log_line log_ring_line(const struct log_ring *r, size_t i);

#endif
