/*
 * insights.h: what the sources of Performance Insights share: which instance is asked, and how its words map to
 * ours.
 *
 * Performance Insights names wait classes as PostgreSQL names wait_event_type, with CPU for sessions that wait
 * for nothing, so both become our classes by the same table (model/wait_class.h): CPU cpu, IO io, Client client,
 * IPC ipc, LWLock lwlock, Timeout timeout, Lock lock; Activity, BufferPin, Extension and whatever comes
 * later are other.
 */
#ifndef AWS_INSIGHTS_H
#define AWS_INSIGHTS_H

#include "aws/json.h"
#include "model/wait_class.h"

#define INSIGHTS_INPUTS "clusters instances"
#define INSIGHTS_KEYS_MAX 25 /* of one answer, the service's own limit */

/* source.ready: there is a writer and Performance Insights is on there. inputs as INSIGHTS_INPUTS names them. */
enum readiness insights_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why);
/* Row of the writer in the source "instances", or -1. */
long insights_writer(const struct snapshot *instances);

/* Part of the past a fetch is about. */
struct insights_span {
	int64_t from_us, to_us; /* as the view asked for it, or the source's default */
	int64_t begin_s, end_s; /* whole periods of it, seconds since 1970 */
	int64_t period_s;
};
/* The span that f asks for; default_us back from now when it asks for none. Pure but for the clock. */
struct insights_span insights_span_of(const struct fetch *f, int64_t default_us);

/* Puts ServiceType, Identifier, StartTime, EndTime and PeriodInSeconds. */
bool insights_put_common(struct json_t *body, const struct fetch *f, const struct insights_span *span,
			 struct err *err) MUST_CHECK;
/* A new {"Group": group, "Limit": limit}. */
struct json_t *insights_group(const char *group, int limit);
/* Number of an answer's member; NaN when absent, null or no number. */
double insights_number(const struct json_t *object, const char *member);

#endif
