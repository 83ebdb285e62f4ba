/*
 * sched_internal.h: the inside of the runtime, shared by runtime.c, sched.c, derive.c and nodes.c only.
 */
#ifndef RUNTIME_SCHED_INTERNAL_H
#define RUNTIME_SCHED_INTERNAL_H

#include "runtime/lane_internal.h"
#include "runtime/sched.h"

#define LANE_NAME_MAX 80

struct job {
	size_t inputs[SOURCE_INPUTS_MAX];
	size_t ninputs;
	size_t fetcher;          /* whose fetch brings it: itself, or its feeder */
	int64_t started_mono_us; /* last fetch; the first one of a target is due because readiness is new */
	int64_t retry_mono_us;   /* after a failure, 0 = by period */
	unsigned seen_version;   /* of the store entry, when the outcome was looked at */
	unsigned had_inputs;     /* bit k: input k has been there once */
	enum err_code failed;    /* how the last outcome failed, ERR_NONE = it did not */
	int64_t since_mono_us;   /* pending: running since, 0 = only queued */
	bool pending;            /* in its lane, at the beginning of this tick or issued in it */
	bool wide;
	bool ready; /* at the last look */
	bool asap;  /* due now, unless paused */
	bool force; /* due now, even when paused */
	struct fetch_span span;
	int64_t span_mono_us;  /* when the present span has rested, 0 = it was asked for */
	unsigned busy_version; /* of the store entry, when `busy` was looked at */
	bool busy;             /* what it brought last shows something in flight */
	uint64_t reads;        /* of a derived source: the sources it is made of */
	void *derived;         /* its memory */
};

/*
 * Another node of the cluster: a runtime of its own over the same table of sources, with its own lanes and store.
 * It is kept when the node goes, idle, and used again for the next one.
 */
struct node {
	struct runtime *rt;
	const struct snapshot *merged; /* what of it is in the merged snapshot, for comparison only; not held */
	bool used;
};

struct runtime {
	const struct source **sources;
	size_t n;
	const struct target *target;
	struct wake *wake;
	struct wake own_wake; /* unless it is a node's, which shares its parent's */
	struct store store;
	struct lane *lanes[LANE__COUNT];
	struct commands *commands;
	struct job jobs[SOURCES_MAX];
	uint64_t wanted; /* closure of the demand */
	bool paused;
	uint64_t random;
	char lane_names[LANE__COUNT][LANE_NAME_MAX];
	struct node nodes[RUNTIME_NODES_MAX];
	size_t nnodes;
	struct {
		bool valid;
		uint64_t wanted;   /* of them */
		uint64_t versions; /* of what they were chosen by, together */
	} chosen;
};

/* Of a source's place in the table, in masks of them. */
static inline uint64_t source_bit(size_t i)
{
	return UINT64_C(1) << i;
}

/* The lane whose first outcomes a lane waits for; itself = none. */
static inline enum lane_id lane_before(enum lane_id lane)
{
	return lane == LANE_SLOW ? LANE_SAMPLER : lane;
}

/* wake NULL: its own. */
struct runtime *runtime_new_sharing(const struct source *const *sources, size_t n, const struct target *target,
				    struct wake *wake);
/* Chooses the nodes, advances them and merges what they brought. Returns when to look again. */
int64_t nodes_tick(struct runtime *rt, unsigned *changed);
/* Tells all lanes of all nodes to end, then waits until the given real monotonic time. */
void nodes_stop_begin(struct runtime *rt);
bool nodes_stop(struct runtime *rt, int64_t until_mono_us);
/* Makes the derived sources that are due; returns when to look again. */
int64_t derive_tick(struct runtime *rt, int64_t now, unsigned *changed);
/* Forgets what they remember: another target, or the end. */
void derive_reset(struct runtime *rt);
/* Source that the rows of `i` are collected from on every node, or SOURCES_MAX. */
size_t merged_from(const struct runtime *rt, size_t i);

#endif
