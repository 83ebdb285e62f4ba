/*
 * lane.h: one worker thread per external party.
 *
 * A lane owns its connection or HTTP handle, runs queued fetches one at a time in
 * order, knows what it is doing and since when, can be cancelled, and is left behind
 * (detached) if it does not stop in time. It starts its thread with the first request
 * and closes its context after LANE_IDLE_US without one. Worker threads block all
 * signals.
 */
#ifndef RUNTIME_LANE_H
#define RUNTIME_LANE_H

#include "runtime/mailbox.h"
#include "runtime/source.h"
#include "runtime/wake.h"

#define LANE_IDLE_US (300 * US_PER_S)
#define LANE_STOP_US (200 * US_PER_MS)
#define LANE_QUEUE_MAX SOURCES_MAX

struct lane;

struct lane_stats {
	char doing[160];       /* "" = idle */
	int64_t since_mono_us; /* of doing */
	int64_t requests, bytes, fetches, failures;
	int64_t busy_us; /* time spent in fetches */
	bool started, stuck;
};

/* mailboxes[i] belongs to sources[i]; both outlive the lane. wake is posted after each publish. UI thread. */
struct lane *lane_new(enum lane_id id, const char *name, const struct source *const *sources, size_t nsources,
		      struct mailbox *mailboxes, struct wake *wake);
/* UI thread. Queues a fetch (refs target and inputs); false when this source is queued or running already. Never blocks
 * beyond a short mutex. */
bool lane_request(struct lane *l, size_t source_index, const struct fetch *template) MUST_CHECK;
/* UI thread. True while the source is queued or running; *ret_since is when it started to run (0 = only queued). */
bool lane_pending(struct lane *l, size_t source_index, int64_t *ret_since_mono_us);
/* UI thread. How the running fetch of this source is getting on; zeroed when it is another's, or nothing runs. */
void lane_note(struct lane *l, size_t source_index, struct fetch_note *ret_note);
/* UI thread. Drops the queue and asks the running fetch to give up. The lane stays usable. */
void lane_cancel(struct lane *l);
/* Any thread: a copy of what it is doing. */
void lane_stats(struct lane *l, struct lane_stats *ret_stats);
const char *lane_name(const struct lane *l);
/* UI thread. Cancels, waits at most wait_us, then joins and frees (true) or detaches and leaks on purpose (false). */
bool lane_stop(struct lane *l, int64_t wait_us);

#endif
