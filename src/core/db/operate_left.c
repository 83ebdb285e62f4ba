/*
 * operate_left.c: a job that the server goes on with, though its client has gone.
 *
 * A backend does not notice that its client has died while it is in the middle of a VACUUM: it works to the end. Nobody
 * is told of that end, so it is looked for: in the statistics (VACUUM, ANALYZE), or in the files of the table and its
 * indexes, which a rebuild replaces. What is found says "by looking", and what cannot be found stays unknown.
 */
#include "db/operate.h"

#include "base/clock.h"

#include <stdio.h>

#define LOOK_EVERY_US US_PER_S
#define LOOK_ATTEMPTS 10 /* a server that restarts, or a failover, is waited for half a minute */
#define LOOK_PAUSE_US (3 * US_PER_S)
#define CANCEL_US (8 * US_PER_S)
#define CANCEL_EVERY_US (200 * US_PER_MS)
/* Before PostgreSQL 15 the statistics arrive a moment after the end. */
#define STATISTICS_US US_PER_S
#define INVALID_MAX 200

struct left {
	uint64_t present;
	struct str state;
	int64_t query_start_at;
};
static const struct field left_fields[] = {
	FIELD(struct left, state, K_ENUM, .title = "state", .help = "state"),
	FIELD(struct left, query_start_at, K_TIME_US, .title = "since", .help = "since"),
};
static const struct rec_type left_type = REC_TYPE(struct left, "operate_left", left_fields);

struct after {
	uint64_t present;
	struct str relation, invalid_names;
	int64_t vacuumed_at, analyzed_at, rewritten, indexes, kept, invalid;
};
#define F(m, k) FIELD(struct after, m, k, .title = #m, .help = #m)
static const struct field after_fields[] = {
	F(relation, K_ID),    F(invalid_names, K_TEXT), F(vacuumed_at, K_TIME_US), F(analyzed_at, K_TIME_US),
	F(rewritten, K_BOOL), F(indexes, K_COUNT),      F(kept, K_COUNT),          F(invalid, K_COUNT),
};
#undef F
static const struct rec_type after_type = REC_TYPE(struct after, "operate_after", after_fields);

struct signalled {
	uint64_t present;
	int64_t sent;
};
static const struct field signalled_fields[] = {FIELD(struct signalled, sent, K_BOOL, .title = "sent", .help = "sent")};
static const struct rec_type signalled_type = REC_TYPE(struct signalled, "operate_signal", signalled_fields);

/* ---- is it there? ---- */

static bool connect_to(struct operate *o, const struct job_note *n, struct err *err)
{
	struct login_wish wish = {.database = "", .acts = true};

	(void)snprintf(wish.database, sizeof(wish.database), "%s", n->database);
	return conn_open_as(o->c.f, &wish, &o->conn, err);
}

bool operate_find_left(struct operate *o, const struct job_note *n, bool *ret_there, struct err *err)
{
	struct operate_session_params p;
	struct left left = {0};

	o->pid = n->process;
	o->backend_start_at = n->backend_start_at;
	operate_session_params(o, &p);
	return connect_to(o, n, err) && operate_ask(o, "operate_left", p.params, 2, &left_type, &left, ret_there, err);
}

/* The same, as often as it is worth while. */
static bool find_patiently(struct operate *o, const struct job_note *n, bool *ret_there, struct err *err)
{
	for (int i = 1;; i++) {
		struct err rest;

		err_clear(err);
		if (operate_find_left(o, n, ret_there, err))
			return true;
		if (i == LOOK_ATTEMPTS || fetch_cancelled(o->c.f) || !change_rest(o->c.f, LOOK_PAUSE_US, &rest))
			return false;
	}
}

/* ---- what became of it? ---- */

static void say_time(char *out, size_t size, const char *what, int64_t at)
{
	char when[40];

	(void)snprintf(out, size, "%s %.19sZ", what, clock_iso8601(at, when, sizeof(when)));
}

static void judge_rebuild(const struct job_note *n, const struct after *a, struct operate_end *e)
{
	const char *before = strchr(n->files, ';');
	/* of a rebuild of one index only that one's file was noted */
	bool one = before && !strchr(before, ',') && a->indexes > 1;

	e->known = before && before[1] && a->indexes > 0;
	e->done = a->kept == 0;
	if (!e->known)
		(void)snprintf(e->words, sizeof(e->words), "what its indexes were before is not known");
	else if (one)
		(void)snprintf(e->words, sizeof(e->words), "%s",
			       e->done ? "the index is new" : "the index is still the old one");
	else if (e->done)
		(void)snprintf(e->words, sizeof(e->words), "all %lld indexes are new", (long long)a->indexes);
	else
		(void)snprintf(e->words, sizeof(e->words), "%lld of %lld indexes are still the old ones",
			       (long long)a->kept, (long long)a->indexes);
}

static void judge(const struct operate *o, const struct job_note *n, const struct after *a, struct operate_end *e)
{
	bool analyzes = strstr(o->c.op->name, "analyze"), vacuums = strstr(o->c.op->name, "vacuum");
	bool vacuumed = a->vacuumed_at > n->backend_start_at, analyzed = a->analyzed_at > n->backend_start_at;

	if (o->c.op->flags & OPERATION_EXCLUSIVE) {
		e->known = n->files[0] && n->files[0] != ';';
		e->done = a->rewritten;
		(void)snprintf(e->words, sizeof(e->words), "%s",
			       !e->known ? "what its file was before is not known"
			       : e->done ? "the table was rewritten"
					 : "the table was not rewritten");
		return;
	}
	if (o->c.op->flags & OPERATION_OWNED) {
		judge_rebuild(n, a, e);
		return;
	}
	e->known = true;
	e->done = (!vacuums || vacuumed) && (!analyzes || analyzed);
	if (vacuums && !vacuumed)
		(void)snprintf(e->words, sizeof(e->words), "no VACUUM of it has ended since");
	else if (analyzes && !analyzed)
		(void)snprintf(e->words, sizeof(e->words), "no ANALYZE of it has ended since");
	else if (vacuums)
		say_time(e->words, sizeof(e->words), "last vacuumed at", a->vacuumed_at);
	else
		say_time(e->words, sizeof(e->words), "last analyzed at", a->analyzed_at);
}

bool operate_look_for_end(struct operate *o, const struct job_note *n, struct operate_end *ret_end, struct err *err)
{
	char oid[24];
	struct conn_param params[2] = {{OID_OID, oid, -1}, conn_param_text(n->files)};
	struct after a = {0};
	bool found;

	*ret_end = (struct operate_end){0};
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)n->relation_oid);
	if (n->relation_oid == 0) {
		(void)snprintf(ret_end->words, sizeof(ret_end->words),
			       "it was of several tables or indexes, and their own entries tell how far it came");
		return connect_to(o, n, err);
	}
	if (!connect_to(o, n, err) || !change_rest(o->c.f, STATISTICS_US, err) ||
	    !operate_ask(o, "operate_after", params, 2, &after_type, &a, &found, err))
		return false;
	if (found && a.invalid > 0 && (o->c.op->flags & OPERATION_OWNED))
		(void)snprintf(ret_end->invalid, sizeof(ret_end->invalid), "; left behind, invalid: %.*s",
			       (int)(a.invalid_names.len < INVALID_MAX ? a.invalid_names.len : INVALID_MAX),
			       a.invalid_names.ptr);
	if (found)
		judge(o, n, &a, ret_end);
	else
		(void)snprintf(ret_end->words, sizeof(ret_end->words), "the table is gone");
	return true;
}

/* ---- to its end ---- */

/* The rows from which its invalid indexes can be dropped; without them the outcome still names them. */
static void offer_invalid(struct operate *o, const struct job_note *n, const struct operate_end *e)
{
	struct snapshot *rows;
	struct err err = {0};
	char oids[48];

	if (!e->invalid[0])
		return;
	o->scope = SCOPE_TABLE;
	o->oid = n->relation_oid;
	if (operate_invalid_indexes(o, o->c.f, &rows, &err))
		for (size_t i = 0; i < rows->nrows; i++) {
			const struct operate_invalid *x = snapshot_row(rows, i);

			if (!x->rebuilt)
				continue;
			(void)snprintf(oids, sizeof(oids), "%lld/%lld", (long long)x->index_oid,
				       (long long)x->table_oid);
			change_add(&o->c, "left", oids, OPERATION_WARNING, STR_FMT, STR_ARG(x->index));
		}
	snapshot_unref(rows);
}

static bool conclude(struct operate *o, const struct job_note *n, const char *id, int64_t began)
{
	struct operate_end e;
	struct err err = {0};

	if (!operate_look_for_end(o, n, &e, &err))
		return false;
	offer_invalid(o, n, &e);
	if (!e.known)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "unknown: %s", e.words);
	else if (e.done)
		change_conclude(&o->c, id, began, OPERATION_OK, "done, found by looking: %s%s", e.words, e.invalid);
	else
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done, found by looking: %s%s", e.words,
				e.invalid);
	return true;
}

/* The server is asked to cancel it, and it is watched until it has. */
static bool cancel(struct operate *o, const struct job_note *n, const char *id, int64_t began)
{
	struct fetch *before = o->c.f, insisting = *before;
	struct str reason = fetch_cancel_reason(before);
	struct operate_session_params p;
	struct signalled sent;
	struct operate_end e = {0};
	struct err err = {0};
	bool found, there = false, known;

	insisting.insists = true;
	insisting.deadline_mono_us = clock_mono_us() + fetch_leave_us(before, CANCEL_US);
	o->c.f = &insisting;
	known = operate_find_left(o, n, &there, &err);
	operate_session_params(o, &p);
	if (known && there)
		known = operate_ask(o, "operate_cancel", p.params, 2, &signalled_type, &sent, &found, &err);
	while (known && there && change_rest(o->c.f, CANCEL_EVERY_US, &err))
		known = operate_find_left(o, n, &there, &err);
	known = known && !there && operate_look_for_end(o, n, &e, &err);
	if (known)
		offer_invalid(o, n, &e);
	if (known && e.known && e.done)
		change_conclude(&o->c, id, began, OPERATION_WARNING, "done, although it was told to stop: %s", e.words);
	else if (known)
		change_conclude(&o->c, id, began, reason.len ? OPERATION_WARNING : OPERATION_NOTICE, STR_FMT "%s",
				STR_ARG(reason.len ? reason : STR("cancelled")), e.invalid);
	o->c.f = before;
	return known;
}

bool operate_follow_left(struct operate *o, const struct job_note *n, const char *id, int64_t began_mono_us, bool stop)
{
	bool there = true;
	struct err err = {0};

	while (!stop && !fetch_cancelled(o->c.f)) {
		if (!find_patiently(o, n, &there, &err)) {
			if (fetch_cancelled(o->c.f))
				break;
			return false;
		}
		if (!there)
			return conclude(o, n, id, began_mono_us);
		(void)!change_rest(o->c.f, LOOK_EVERY_US, &err);
	}
	return cancel(o, n, id, began_mono_us);
}
