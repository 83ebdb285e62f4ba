/*
 * cmd_signal.c: cancels a statement or ends a session, and watches until that is true.
 *
 * The signal names a process and the start of its session, so a reused process id is never hit. That it was
 * sent is no outcome: the session is watched until it has ended, or until it runs that statement no more.
 *
 * Several are signalled one after another, each between its own lines of the audit log, and then watched together. What
 * stops it (a log that cannot be written, a connection that is lost, a cancel) stops it for those whose turn has not
 * come; nothing is sent that is not on the disk.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "base/xalloc.h"
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
struct still_one {
	uint64_t present;
	int64_t n;
	struct str state;
	int64_t query_start_at;
};
static const struct field still_fields[] = {
	FIELD(struct still, state, K_ENUM, .title = "state", .help = "state"),
	FIELD(struct still, query_start_at, K_TIME_US, .title = "since", .help = "since"),
};
static const struct rec_type still_type = REC_TYPE(struct still, "operate_still", still_fields);

static const struct field still_one_fields[] = {
	FIELD(struct still_one, n, K_INT, .title = "n", .help = "n"),
	FIELD(struct still_one, state, K_ENUM, .title = "state", .help = "state"),
	FIELD(struct still_one, query_start_at, K_TIME_US, .title = "since", .help = "since"),
};
static const struct rec_type still_one_type = REC_TYPE(struct still_one, "operate_still_all", still_one_fields);

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

/* ---- several ---- */

/* What is remembered of one between its two lines of the audit log. */
struct begun {
	int64_t began_mono_us;
	char id[64];
};

struct several {
	struct operate *o;
	struct begun *begun; /* beside o->many */
	struct operation_sum sum;
};

/* The lines of the audit log name the one. */
static void turn_to(struct operate *o, const struct operate_one *one)
{
	o->pid = one->pid;
	o->backend_start_at = one->backend_start_at;
	(void)snprintf(o->c.object, sizeof(o->c.object), "session %lld", (long long)one->pid);
	(void)snprintf(o->c.database, sizeof(o->c.database), STR_FMT, STR_ARG(one->database));
}

/* False when no more are to be sent; err says why. */
static bool send_one(struct several *s, size_t i, struct err *err)
{
	struct operate *o = s->o;
	struct operate_one *one = &o->many[i];
	struct begun *b = &s->begun[i];
	struct operate_session_params p;
	struct signalled sent = {0};
	bool found = false;

	turn_to(o, one);
	if (fetch_cancelled(o->c.f))
		return err_set(err, ERR_CANCELLED, "cancelled");
	if (!change_intend(&o->c, b->id, sizeof(b->id), err))
		return false;
	b->began_mono_us = clock_mono_us();
	one->may = false;
	operate_session_params(o, &p);
	if (!operate_ask(o, o->c.op->statement, p.params, 2, &signalled_type, &sent, &found, err)) {
		change_conclude(&o->c, b->id, b->began_mono_us, OPERATION_CRITICAL, "failed: %s", err->text);
		s->sum.failed++;
		return false;
	}
	if (!found) {
		change_conclude(&o->c, b->id, b->began_mono_us, OPERATION_NOTICE, "not sent: %s had ended already",
				o->c.object);
		s->sum.gone++;
	} else if (!sent.sent) {
		change_conclude(&o->c, b->id, b->began_mono_us, OPERATION_WARNING, "the server could not signal %s",
				o->c.object);
		s->sum.failed++;
	} else {
		/* to be watched from here on */
		one->may = true;
	}
	return true;
}

static void send_all(struct several *s)
{
	struct operate *o = s->o;
	struct err err = {0};

	for (size_t i = 0; i < o->nmany; i++) {
		if (!o->many[i].may || send_one(s, i, &err))
			continue;
		change_add(&o->c, "notice", "", OPERATION_WARNING, "stopped at session %lld: %s",
			   (long long)o->many[i].pid, err.text);
		for (; i < o->nmany; i++) {
			s->sum.unsent += o->many[i].may;
			o->many[i].may = false;
		}
	}
}

/* Those of many that are still to be seen end, by what the server tells of them now. Returns how many are left. */
static size_t settle(struct several *s, const struct snapshot *rows)
{
	const struct still_one *now[OPERATION_MANY_MAX] = {NULL};
	struct operate *o = s->o;
	size_t place = 0, left = 0;

	for (size_t i = 0; i < rows->nrows; i++) {
		const struct still_one *row = snapshot_row(rows, i);

		if (row->n > 0 && row->n <= OPERATION_MANY_MAX)
			now[row->n - 1] = row;
	}
	for (size_t i = 0; i < o->nmany; i++) {
		struct operate_one *one = &o->many[i];
		const struct still_one *row = one->may ? now[place++] : NULL;
		const struct still before = {.query_start_at = one->query_start_at};

		if (!one->may)
			continue;
		if (row &&
		    !is_over(o, &before, &(struct still){.state = row->state, .query_start_at = row->query_start_at},
			     true)) {
			left++;
			continue;
		}
		turn_to(o, one);
		change_conclude(&o->c, s->begun[i].id, s->begun[i].began_mono_us, OPERATION_OK, "%s",
				row ? "done: its statement has ended" : "done: the session has ended");
		s->sum.ended++;
		one->may = false;
	}
	return left;
}

/* Who is left when the time is over, or when they can be asked no more (why). */
static void give_up(struct several *s, const char *why)
{
	struct operate *o = s->o;

	for (size_t i = 0; i < o->nmany; i++) {
		if (!o->many[i].may)
			continue;
		turn_to(o, &o->many[i]);
		if (why)
			change_conclude(&o->c, s->begun[i].id, s->begun[i].began_mono_us, OPERATION_WARNING,
					"signal sent; what came of it is not known: %s", why);
		else
			change_conclude(&o->c, s->begun[i].id, s->begun[i].began_mono_us, OPERATION_WARNING,
					"signal sent; after %d s %s %s", (int)(WATCH_US / US_PER_S), o->c.object,
					o->c.op->flags & OPERATION_ENDS ? "is still there"
									: "still runs its statement");
		change_add(&o->c, "notice", "", OPERATION_WARNING, "%s %s", o->c.object,
			   why ? "was signalled; what came of it is not known" : "did not end");
		s->sum.still++;
	}
}

static void watch_all(struct several *s)
{
	int64_t until = clock_mono_us() + WATCH_US;
	struct operate *o = s->o;
	struct snapshot *rows;
	struct err err = {0};
	size_t left = 0;

	for (size_t i = 0; i < o->nmany; i++)
		left += o->many[i].may;
	while (left > 0) {
		if (!operate_ask_all(o, "operate_still_all", &still_one_type, &rows, &err)) {
			give_up(s, err.text);
			return;
		}
		left = settle(s, rows);
		snapshot_unref(rows);
		if (left > 0 && clock_mono_us() > until)
			break;
		if (left > 0 && !change_rest(o->c.f, WATCH_EVERY_US, &err)) {
			give_up(s, err.text);
			return;
		}
	}
	give_up(s, NULL);
}

static void add_count(struct operate *o, const char *label, int64_t n)
{
	if (n > 0)
		change_add(&o->c, "count", label, OPERATION_OK, "%lld", (long long)n);
}

static void signal_all(struct operate *o)
{
	struct several s = {.o = o, .begun = xcalloc(o->nmany, sizeof(*s.begun))};
	enum operation_severity severity;
	struct buf words;

	for (size_t i = 0; i < o->nmany; i++) {
		s.sum.gone += o->many[i].gone;
		s.sum.left += !o->many[i].gone && !o->many[i].may;
	}
	send_all(&s);
	watch_all(&s);
	add_count(o, "ended", s.sum.ended);
	add_count(o, "gone", s.sum.gone);
	add_count(o, "still", s.sum.still);
	add_count(o, "failed", s.sum.failed);
	add_count(o, "left", s.sum.left);
	add_count(o, "unsent", s.sum.unsent);
	buf_init(&words, 400);
	severity = operation_sum_words(&s.sum, o->c.op->flags & OPERATION_ENDS, &words);
	/* the last one is that of all */
	change_add(&o->c, "outcome", "", severity, "%s", buf_c(&words));
	buf_release(&words);
	xfree(s.begun);
}

static bool fetch_signal(struct fetch *f, struct err *err)
{
	struct operate o;
	char id[64];
	bool ok;

	if (!operate_open(&o, f, true, err))
		return false;
	ok = operate_look_again(&o, err) && (o.many || change_intend(&o.c, id, sizeof(id), err));
	if (!ok) {
		snapshot_unref(o.c.out);
		return false;
	}
	if (o.many)
		signal_all(&o);
	else
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
	.deadline_us = US_PER_MIN,
	.inputs = SITE_INPUTS,
	.origin = "pg_cancel_backend, pg_terminate_backend",
	.ready = site_ready,
	.fetch = fetch_signal,
};
