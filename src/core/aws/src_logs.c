/*
 * src_logs.c: the cluster's PostgreSQL log out of CloudWatch Logs, by FilterLogEvents.
 *
 * Model: a ring of the newest lines is kept on the lane for as long as the target lives. Each fetch
 * asks for what is new, with an overlap, because lines of several instances arrive late and out of
 * order. Until the range the user chose is covered it also goes back in time, in windows that grow,
 * newest first, so that the screen fills at once. All lines are then read anew into entries: what belongs
 * together may come in different answers.
 *
 * A flood cannot stall it: a window that holds more than BATCH_LINES_MAX lines is narrowed towards its
 * end, and what lies before is given up.
 *
 * The database is not touched and no RDS log file is asked for, so a paused serverless cluster
 * sleeps on (FilterLogEvents reads what was exported).
 */
#include "aws/input.h"
#include "aws/json.h"
#include "aws/log_event.h"
#include "aws/log_ring.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/xalloc.h"

#define WINDOW_FIRST_US (2 * US_PER_MIN)
#define WINDOW_MAX_US (24 * US_PER_HOUR)
#define OVERLAP_US (60 * US_PER_S)
#define LOOK_BACK_MAX_US (10 * US_PER_MIN) /* how far the newest line may lie back before it no longer counts */
#define BATCH_LINES_MAX 20000
#define BATCH_PAGES_MAX 200
#define BATCH_BYTES_MAX (48u << 20)
#define NARROWING 8
#define RANGE_DEFAULT_US (3 * US_PER_HOUR)
#define GROUP_MAX 320

static const struct field event_fields[] = {
	FIELD(struct aws_log_event, id, K_ID, .wire = "eventId", .title = "ID", .help = "event id", .flags = F_KEY),
	FIELD(struct aws_log_event, stream, K_ID, .wire = "logStreamName", .title = "STREAM", .help = "log stream"),
	FIELD(struct aws_log_event, message, K_TEXT, .wire = "message", .title = "MESSAGE", .help = "line"),
	FIELD(struct aws_log_event, at, K_TIME_US, .wire = "timestamp", .title = "AT", .help = "time"),
};
const struct rec_type aws_log_event_type = REC_TYPE(struct aws_log_event, "log_event", event_fields);

struct state {
	struct log_ring ring;
	int64_t covered_from_us; /* everything since is in the ring; 0 = nothing asked yet */
	int64_t asked_until_us;
	int64_t window_us; /* of the next step back */
};

static void state_free(void *p)
{
	struct state *st = p;

	if (!st)
		return;
	log_ring_release(&st->ring);
	xfree(st);
}

static struct state *get_state(struct fetch *f)
{
	void **slot = fetch_state(f, state_free);
	struct state *st = *slot;

	if (!st) {
		*slot = st = xalloc(sizeof(*st));
		st->window_us = WINDOW_FIRST_US;
	}
	return st;
}

/* ---- asking */

struct question {
	const char *cluster;
	int64_t from_us, to_us; /* to_us: INT64_MAX = to the end */
	struct snapshot *events;
	bool cut; /* there is more than we take */
};

static bool parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;
	char group[GROUP_MAX];

	snprintf(group, sizeof(group), "/aws/rds/cluster/%s/postgresql", q->cluster);
	aws_json_put_i64(body, "startTime", q->from_us / US_PER_MS);
	if (q->to_us < INT64_MAX)
		aws_json_put_i64(body, "endTime", q->to_us / US_PER_MS);
	return aws_json_put(body, "logGroupName", str_c(group), err);
}

static bool page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;

	if (!aws_json_rows(answer, "events", q->events, NULL, NULL, err))
		return false;
	q->cut = q->events->nrows > BATCH_LINES_MAX || arena_used(q->events->arena) > BATCH_BYTES_MAX;
	*ret_enough = q->cut;
	return true;
}

static bool explain(const struct fetch *f, struct err *err)
{
	if (err->code != ERR_NOT_FOUND)
		return false;
	err_set(err, ERR_NOT_FOUND, "The log group /aws/rds/cluster/%s/postgresql does not exist (yet)",
		f->target->cluster);
	err_remedy(err,
		   "The export is switched on; the group appears with the first line. Check that nobody deleted it.");
	return false;
}

static bool ask(struct fetch *f, struct question *q, struct err *err)
{
	struct aws_pages pages = {.service = AWS_LOGS,
				  .operation = "FilterLogEvents",
				  .token = "nextToken",
				  .next = "nextToken",
				  .parameters = parameters,
				  .page = page,
				  .ctx = q,
				  .pages_max = BATCH_PAGES_MAX};

	return aws_pages_fetch(f, &pages, err) || explain(f, err);
}

/* "orders-1.0" is a stream of orders-1. */
static struct str node_of(struct str stream)
{
	for (size_t i = stream.len; i > 0; i--)
		if (stream.ptr[i - 1] == '.')
			return str_sub(stream, 0, i - 1);
	return stream;
}

/* Lines that went for want of room are no longer covered. */
static void mind_overflow(struct state *st)
{
	if (st->ring.overflowed && st->ring.n > 0)
		st->covered_from_us = log_ring_line(&st->ring, 0).at_us;
}

static void keep_events(struct state *st, const struct snapshot *events)
{
	struct log_line *lines = xcalloc(events->nrows + 1, sizeof(*lines));

	for (size_t i = 0; i < events->nrows; i++) {
		const struct aws_log_event *e = snapshot_row(events, i);

		lines[i] = (struct log_line){
			.text = e->message, .event_id = e->id, .node = node_of(e->stream), .at_us = e->at};
	}
	log_ring_add(&st->ring, lines, events->nrows);
	xfree(lines);
}

/* Takes the lines from *from_us to to_us, or the last part of them when they are too many: then *from_us moves. */
static bool take_window(struct fetch *f, struct state *st, int64_t *from_us, int64_t to_us, struct err *err)
{
	struct question q = {.cluster = f->target->cluster, .from_us = *from_us, .to_us = to_us};
	int64_t end = to_us < INT64_MAX ? to_us : clock_wall_us();
	bool ok;

	do {
		q.events = snapshot_new(&aws_log_event_type, "logs");
		ok = ask(f, &q, err);
		if (ok && q.cut && end - q.from_us > US_PER_S) {
			snapshot_unref(q.events);
			q.from_us = end - (end - q.from_us) / NARROWING;
			continue;
		}
		if (ok)
			keep_events(st, q.events);
		snapshot_unref(q.events);
		break;
	} while (!fetch_cancelled(f));
	*from_us = q.from_us;
	return ok;
}

/* ---- one fetch */

static int64_t newest_us(const struct state *st)
{
	return st->ring.n > 0 ? log_ring_line(&st->ring, st->ring.n - 1).at_us : 0;
}

/* What came since the last fetch. */
static bool take_new(struct fetch *f, struct state *st, int64_t now, struct err *err)
{
	int64_t wished = now - WINDOW_FIRST_US, from;

	if (st->asked_until_us > 0) {
		/* by the newest line, because our clock may be another one */
		wished = newest_us(st) - OVERLAP_US;
		if (wished > st->asked_until_us - OVERLAP_US || wished < st->asked_until_us - LOOK_BACK_MAX_US)
			wished = st->asked_until_us - OVERLAP_US;
	}
	from = wished;
	if (!take_window(f, st, &from, INT64_MAX, err))
		return false;
	/* a flood: between what was known and what came is a gap */
	if (from > wished)
		log_ring_trim(&st->ring, from);
	if (st->covered_from_us == 0 || from > wished)
		st->covered_from_us = from;
	st->asked_until_us = now;
	mind_overflow(st);
	return true;
}

static bool publish(struct fetch *f, const struct state *st, bool partial, struct err *err)
{
	static const struct log_format format = {.prefix = NULL};
	struct snapshot *s = snapshot_new(&log_entry_type, source_logs.name);
	struct log_line *lines = xcalloc(st->ring.n + 1, sizeof(*lines));
	bool ok;

	for (size_t i = 0; i < st->ring.n; i++)
		lines[i] = log_ring_line(&st->ring, i);
	ok = log_read_lines(lines, st->ring.n, &format, s, err);
	xfree(lines);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	s->partial = partial;
	fetch_publish(f, s);
	return true;
}

static bool covered(const struct state *st, int64_t wanted_from)
{
	return st->covered_from_us <= wanted_from || st->ring.overflowed;
}

/* One step back in time. */
static bool take_older(struct fetch *f, struct state *st, int64_t wanted_from, struct err *err)
{
	int64_t to = st->covered_from_us - US_PER_MS, from = st->covered_from_us - st->window_us;

	if (from < wanted_from)
		from = wanted_from;
	if (!take_window(f, st, &from, to, err))
		return false;
	st->covered_from_us = from;
	mind_overflow(st);
	st->window_us = st->window_us < WINDOW_MAX_US / 2 ? 2 * st->window_us : WINDOW_MAX_US;
	return true;
}

static bool fetch_logs(struct fetch *f, struct err *err)
{
	int64_t now = clock_wall_us(), range = f->target->range_us > 0 ? f->target->range_us : RANGE_DEFAULT_US;
	int64_t enough_us = fetch_left_us(f) / 2;
	struct state *st = get_state(f);

	if (!take_new(f, st, now, err))
		return false;
	log_ring_trim(&st->ring, now - range);
	if (st->covered_from_us < now - range) {
		/* a shorter range was chosen: a longer one later has to be read again */
		st->covered_from_us = now - range;
		st->ring.overflowed = false;
		st->window_us = WINDOW_FIRST_US;
	}
	while (!covered(st, now - range) && fetch_left_us(f) > enough_us) {
		if (!publish(f, st, true, err) || !take_older(f, st, now - range, err))
			return false;
	}
	return publish(f, st, false, err);
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	enum readiness r = aws_ready_cluster(t, inputs, why);

	if (r != READY || aws_list_has(aws_input_text(inputs[0], 0, "log_exports"), STR("postgresql")))
		return r;
	err_set(why, ERR_UNAVAILABLE, "The PostgreSQL log of %s is not exported to CloudWatch Logs", t->cluster);
	err_remedy(why,
		   "aws rds modify-db-cluster --db-cluster-identifier %s --cloudwatch-logs-export-configuration "
		   "'{\"EnableLogTypes\":[\"postgresql\"]}'",
		   t->cluster);
	return READY_UNAVAILABLE;
}

const struct source source_logs = {
	.name = "logs",
	.title = "PostgreSQL log",
	.help = "The cluster's PostgreSQL log: slow statements, errors, lock waits, maintenance, connections.",
	.type = &log_entry_type,
	.lane = LANE_LOGS,
	.flags = SOURCE_AWS,
	.period_us = 5 * US_PER_S,
	.deadline_us = 30 * US_PER_S,
	.inputs = "clusters",
	.origin = "CloudWatch Logs FilterLogEvents",
	.ready = ready,
	.fetch = fetch_logs,
};
