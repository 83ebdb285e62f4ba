/*
 * lane_internal.h: the inside of a lane, shared by lane.c and fetch.c only (and by
 * tests, for the idle time).
 *
 * Members are grouped by who may touch them. What the mutex guards is read and
 * written with it held, by either thread; the rest of the second group belongs to
 * the lane thread while there is one, and to the UI thread after it was joined.
 */
#ifndef RUNTIME_LANE_INTERNAL_H
#define RUNTIME_LANE_INTERNAL_H

#include "runtime/lane.h"

#include <pthread.h>

enum lane_thread { LANE_THREAD_NONE, LANE_THREAD_LIVE, LANE_THREAD_ENDED };

/* Something a source keeps on its lane, and how to get rid of it. */
struct lane_slot {
	void *data;
	void (*free_fn)(void *);
};

struct lane_item {
	size_t index;
	struct fetch fetch;
};

struct lane {
	/* constant after lane_new() */
	enum lane_id id;
	const char *name;
	const struct source *const *sources;
	size_t nsources;
	struct mailbox *mailboxes;
	struct wake *wake;
	struct wake cancel; /* posted = the running fetch should give up; any thread reads it */

	/* guarded by mutex */
	pthread_mutex_t mutex;
	pthread_cond_t work;  /* a request came, or stopping was set */
	pthread_cond_t ended; /* the thread is past its last access to the lane */
	enum lane_thread state;
	bool stopping;
	struct lane_item *queue; /* of LANE_QUEUE_MAX; NULL until something is asked for: most lanes never are */
	size_t nqueue;
	int64_t started[SOURCES_MAX]; /* when each source last began to run, 0 = never */
	long running;                 /* source index, -1 = none */
	int64_t run_since_mono_us, run_deadline_mono_us, cancelled_mono_us, doing_since_mono_us;
	char doing[160];
	struct fetch_note note; /* of the fetch that runs */
	int64_t requests, bytes, fetches, failures, busy_us;
	int64_t idle_us;
	pthread_t thread;

	/* lane thread */
	struct lane_slot context;
	struct lane_slot states[SOURCES_MAX];
	uint64_t seqs[SOURCES_MAX];
	uint64_t generation; /* of the target that states and seqs belong to */
	int64_t started_mono_us;

	struct lane *next_left; /* list of lanes left behind */
};

/* Index of the source a snapshot called `name` belongs to: f's own or one it feeds; -1 = neither. */
long lane_target_index(const struct fetch *f, const char *name);
/* Lane thread, or the UI thread while there is none: seals s and hands it to mailbox i. */
void lane_publish(struct lane *l, size_t i, const struct target *target, struct snapshot *s);
/* UI thread. When the source last began to run, monotonic; 0 = never. */
int64_t lane_started(struct lane *l, size_t source_index);
/* UI thread. True when no thread of the lane runs: lane_stop() will not wait. */
bool lane_ended(struct lane *l);
/* UI thread. Asks the thread to end, without waiting for it. */
void lane_stop_begin(struct lane *l);
/* UI thread, before the first request: idle time instead of LANE_IDLE_US. */
void lane_set_idle_us(struct lane *l, int64_t idle_us);

#endif
