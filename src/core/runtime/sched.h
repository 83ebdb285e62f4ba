/*
 * sched.h: decides when which source is fetched. UI thread only; no thread of its own.
 *
 * A source is fetched when something demands it (a visible pane, --once, a vital),
 * its inputs are there, and its period has passed; on the slow lane, not before the
 * sampler's first outcome. Sources that feed a demanded one, and the inputs of a demanded
 * one, are demanded too. Failures back off: period x 2^n with full jitter, at most 60 s (or
 * the server's retry-after), from 1 s for the sampler and for what keeps something ready
 * (SOURCE_STANDING); one success resets, and ends the wait of others on its side (AWS or
 * database) that failed of the same cause. Pause stops everything but explicit refresh and
 * what keeps something ready. A derived source has no fetch: it is made here, once a period, of what
 * others have brought, which are demanded with it.
 *
 * A source whose row names nodes() is fetched from the cluster's other members as well
 * while a source that merges it is demanded; each member has lanes of its own, so one
 * that hangs delays nobody. What keeps something ready does so there, too.
 */
#ifndef RUNTIME_SCHED_H
#define RUNTIME_SCHED_H

#include "runtime/command.h"
#include "runtime/lane.h"
#include "runtime/store.h"

#define SCHED_BACKOFF_MAX_US (60 * US_PER_S)
#define SCHED_SPAN_REST_US (300 * US_PER_MS)
#define SCHED_SPAN_PACE_US US_PER_S
#define RUNTIME_NODES_MAX 15 /* readers of an Aurora cluster */

struct runtime;

/* sources: the registry's rows; n <= SOURCES_MAX. Starts no thread yet. Takes a reference to target. */
struct runtime *runtime_new(const struct source *const *sources, size_t n, const struct target *target);
/* Cancels all lanes and waits together at most wait_us; false when some had to be left behind (then leave by _exit). */
bool runtime_stop(struct runtime *rt, int64_t wait_us);
/* Readable when snapshots have arrived. */
int runtime_fd(const struct runtime *rt);
struct store *runtime_store(struct runtime *rt);
const struct target *runtime_target(const struct runtime *rt);
/* What is done on request (command.h). A new target cancels it. */
struct commands *runtime_commands(struct runtime *rt);
/* A new target: lanes are cancelled, the store is emptied. With the generation of the present one (only pace or range
 * differ) everything known stays. Takes a reference. */
void runtime_set_target(struct runtime *rt, const struct target *target);
/* Says which sources are wanted from now on: bit i = source i. */
void runtime_demand(struct runtime *rt, uint64_t mask);
uint64_t runtime_demand_of(const struct runtime *rt, const char *const *names, size_t n);
/* Rows normally left out are wanted (or not) from this source. */
void runtime_set_wide(struct runtime *rt, const char *source, bool wide);
/* The view looks at another part of the past. Fetched, even when paused, once the span has rested for
 * SCHED_SPAN_REST_US and not more often than once in SCHED_SPAN_PACE_US, so that a moving cursor does not become a
 * storm of calls. */
void runtime_set_span(struct runtime *rt, const char *source, struct fetch_span span);
void runtime_pause(struct runtime *rt, bool paused);
bool runtime_paused(const struct runtime *rt);
/* Fetch demanded sources now (name NULL = all), whatever their period or backoff. */
void runtime_refresh(struct runtime *rt, const char *name);
/* Collects arrivals, issues what is due, and returns the monotonic time of the next thing to do (INT64_MAX = none).
 * *ret_changed counts changed entries. */
int64_t runtime_tick(struct runtime *rt, unsigned *ret_changed);
/* Makes a derived source now; without its memory everything holds at once (--once). False: it is no derived one. */
bool runtime_derive(struct runtime *rt, const char *name, bool remembers);
/* What a derived source remembers (source.h), or NULL: for what the user says about it. UI thread. */
void *runtime_derived(const struct runtime *rt, const char *name);
/* True when a source is one of those that a derived one is made of. */
bool runtime_reads(const struct runtime *rt, size_t derived, size_t source);
/* The nodes that merged sources are collected from besides the target's own; i < runtime_nodes(). Borrowed until the
 * next tick. */
size_t runtime_nodes(const struct runtime *rt);
const char *runtime_node_name(const struct runtime *rt, size_t i);
struct store *runtime_node_store(const struct runtime *rt, size_t i);
/* The target of the node called name; the runtime's own when it is not one of them. Borrowed until the next tick. */
const struct target *runtime_target_of(const struct runtime *rt, struct str name);
/* For :diag: lane i, or NULL past the end; those of the nodes follow, commands at work come last. */
struct lane *runtime_lane(struct runtime *rt, size_t i);

#endif
