/*
 * cmd_signal.c: cancels a statement or ends a session, and watches until that is true.
 *
 * The signal names a process and the start of its session, so a reused process id is never hit. That it was
 * sent is no outcome: the session is watched until it has ended, or until it runs that statement no more.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define WATCH_US (8 * US_PER_S)
#define WATCH_EVERY_US (100 * US_PER_MS)

struct signalled {
	uint64_t present;
	int64_t sent;
};
static const struct field signalled_fields[] = {FIELD(struct signalled, sent, K_BOOL, .title = "sent", .help = "sent")};
static const struct rec_type signalled_type = REC_TYPE(struct signalled, "operate_signal", signalled_fields);

struct still {
	uint64_t present;
	struct str state;
	int64_t query_start_at;
};
static const struct field still_fields[] = {
	FIELD(struct still, state, K_ENUM, .title = "state", .help = "state"),
	FIELD(struct still, query_start_at, K_TIME_US, .title = "since", .help = "since"),
};
static const struct rec_type still_type = REC_TYPE(struct still, "operate_still", still_fields);

static bool ask_still(struct operate *o, struct still *ret_now, bool *ret_there, struct err *err)
{
	struct operate_session_params p;

	*ret_now = (struct still){0};
	operate_session_params(o, &p);
	return operate_ask(o, "operate_still", p.params, 2, &still_type, ret_now, ret_there, err);
}

static bool is_over(const struct operate *o, const struct still *before, const struct still *now, bool there)
{
	if (!there)
		return true;
	if (o->c.op->flags & OPERATION_ENDS)
		return false;
	return !str_eq(now->state, STR("active")) || now->query_start_at != before->query_start_at;
}

static bool watch(struct operate *o, const struct still *before, bool *ret_over, bool *ret_there, struct err *err)
{
	int64_t until = clock_mono_us() + WATCH_US;
	struct still now;

	for (;;) {
		if (!ask_still(o, &now, ret_there, err))
			return false;
		*ret_over = is_over(o, before, &now, *ret_there);
		if (*ret_over || clock_mono_us() > until)
			return true;
		if (!change_rest(o->c.f, WATCH_EVERY_US, err))
			return false;
	}
}

/* Sends and watches; what came of it is the outcome, whatever it is. */
static void send_signal(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	bool ends = o->c.op->flags & OPERATION_ENDS, found = false, over = false, there = true;
	struct operate_session_params p;
	struct signalled s = {0};
	struct still before;
	struct err err = {0};

	operate_session_params(o, &p);
	if (!ask_still(o, &before, &there, &err) ||
	    !operate_ask(o, o->c.op->statement, p.params, 2, &signalled_type, &s, &found, &err))
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
	else if (!found)
		change_conclude(&o->c, id, began, OPERATION_NOTICE, "not sent: %s had ended already", o->c.object);
	else if (!s.sent)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "the server could not signal %s", o->c.object);
	else if (!watch(o, &before, &over, &there, &err))
		change_conclude(&o->c, id, began, OPERATION_WARNING, "signal sent; what came of it is not known: %s",
				err.text);
	else if (!over)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "signal sent; after %d s %s %s",
				(int)(WATCH_US / US_PER_S), o->c.object,
				ends ? "is still there" : "still runs its statement");
	else
		change_conclude(&o->c, id, began, OPERATION_OK, "%s",
				there ? "done: its statement has ended" : "done: the session has ended");
}

static bool fetch_signal(struct fetch *f, struct err *err)
{
	struct operate o;
	char id[64];
	bool ok;

	if (!operate_open(&o, f, true, err))
		return false;
	ok = operate_look_again(&o, err) && change_intend(&o.c, id, sizeof(id), err);
	if (!ok) {
		snapshot_unref(o.c.out);
		return false;
	}
	send_signal(&o, id);
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_signal = {
	.name = "signal",
	.title = "signal",
	.help = "Cancels a statement or ends a session.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = 30 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_cancel_backend, pg_terminate_backend",
	.ready = site_ready,
	.fetch = fetch_signal,
};
