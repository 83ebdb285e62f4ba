/*
 * cmd_maintain.c: runs VACUUM, ANALYZE or REINDEX of one table to its end.
 *
 * Order: look again and compare with what was confirmed; claim the table, so that two consoles
 * do not work on it; write the intent to the audit log; send. What waits for a lock does so for
 * 2 s and tries five times, with pauses in which those who queued behind it go on; a
 * concurrent rebuild waits without limit, because one that gives up leaves invalid indexes.
 *
 * The outcome is what the server did, not that it answered: a VACUUM by a non-owner succeeds
 * with a warning and without a word of work, and is "skipped". When the connection breaks the outcome is not known;
 * then a new connection looks whether the server still works on it. Until its outcome is written the job is noted
 * on the disk, for the case that this console is killed (cmd_adopt.c).
 */
#include "db/operate.h"

#include "audit/job_note.h"
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define LOCK_ATTEMPTS 5
#define LOCK_PAUSE_US (3 * US_PER_S)
/* After a lost connection: a server that restarts, or a failover, is waited for half a minute. */
#define LOOK_ATTEMPTS 10
#define NOTICES_MAX 200
#define LOCK_NOT_AVAILABLE "55P03"
#define QUERY_CANCELED "57014"
#define JOB_NAME "auroratop job %lld"
#define JOB_DEADLINE_US (7 * US_PER_DAY)

struct claim {
	uint64_t present;
	int64_t claimed;
};
static const struct field claim_fields[] = {
	FIELD(struct claim, claimed, K_BOOL, .title = "claimed", .help = "claimed")};
static const struct rec_type claim_type = REC_TYPE(struct claim, "operate_claim", claim_fields);

struct claimant {
	uint64_t present;
	struct str role, client, application;
};
#define F(m, k) FIELD(struct claimant, m, k, .title = #m, .help = #m)
static const struct field claimant_fields[] = {F(role, K_ID), F(client, K_TEXT), F(application, K_TEXT)};
#undef F
static const struct rec_type claimant_type = REC_TYPE(struct claimant, "operate_claimant", claimant_fields);

struct invalid_index {
	uint64_t present;
	int64_t index_oid;
	struct str index;
};
static const struct field invalid_fields[] = {
	FIELD(struct invalid_index, index_oid, K_INT, .title = "oid", .help = "oid"),
	FIELD(struct invalid_index, index, K_ID, .title = "index", .help = "index"),
};
static const struct rec_type invalid_type = REC_TYPE(struct invalid_index, "operate_invalid", invalid_fields);

struct before {
	uint64_t present;
	int64_t backend_start_at;
	struct str files;
};
static const struct field before_fields[] = {
	FIELD(struct before, backend_start_at, K_TIME_US, .title = "since", .help = "since"),
	FIELD(struct before, files, K_TEXT, .title = "files", .help = "files"),
};
static const struct rec_type before_type = REC_TYPE(struct before, "operate_before", before_fields);

struct job {
	struct operate *o;
	int64_t began_mono_us;
	char warning[300]; /* the first, "" = none */
	bool worked;       /* the server told of work on the table (VERBOSE) */
	size_t notices;
};

/* What the server says while it works; read on the job's thread. */
static void notice(void *arg, struct str severity, struct str message)
{
	struct job *j = arg;
	bool warning = str_eq(severity, STR("WARNING"));

	if (warning && !j->warning[0])
		(void)snprintf(j->warning, sizeof(j->warning), STR_FMT, STR_ARG(message));
	j->worked |= str_eq(severity, STR("INFO"));
	if (j->notices++ < NOTICES_MAX)
		change_add(&j->o->c, "notice", "", warning ? OPERATION_WARNING : OPERATION_OK, STR_FMT,
			   STR_ARG(message));
}

static bool set_up(struct operate *o, struct err *err)
{
	char text[512];
	const char *lock = o->c.op->flags & OPERATION_CONCURRENT ? "0" : "2000";

	(void)snprintf(text, sizeof(text),
		       "SET application_name = '" JOB_NAME
		       "'; SET default_transaction_read_only = off; SET statement_timeout = 0; "
		       "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = %s%s",
		       (long long)fetch_arg_i64(o->c.f, "job", 0), lock,
		       conn_probe(o->conn)->version_num >= 140000 ? "; SET idle_session_timeout = 0" : "");
	return conn_run(o->c.f, o->conn, text, NULL, NULL, err);
}

static bool claim(struct operate *o, struct err *err)
{
	char number[24];
	struct conn_param param = {OID_INT4, number, -1};
	struct claim c = {0};
	struct claimant who = {0};
	bool found;

	(void)snprintf(number, sizeof(number), "%lld", (long long)(o->oid - INT64_C(2147483648)));
	if (!operate_ask(o, "operate_claim", &param, 1, &claim_type, &c, &found, err))
		return false;
	if (found && c.claimed)
		return true;
	if (!operate_ask(o, "operate_claimant", &param, 1, &claimant_type, &who, &found, err))
		return false;
	return err_set(err, ERR_DENIED, "%s is being maintained by " STR_FMT " (" STR_FMT ") already", o->c.object,
		       STR_ARG(who.role.len ? who.role : STR("another console")), STR_ARG(who.application));
}

/* ---- what is left behind ---- */

static bool invalid_indexes(struct operate *o, struct snapshot **ret_rows, struct err *err)
{
	char oid[24];
	struct conn_param param = {OID_OID, oid, -1};
	struct pg_result *r;

	*ret_rows = NULL;
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->oid);
	if (!conn_query(o->c.f, o->conn, "operate_invalid", &param, 1, &r, err))
		return false;
	*ret_rows = snapshot_new(&invalid_type, "operate_invalid");
	bool ok = sql_read_rows(r, *ret_rows, err);
	conn_result_free(r);
	return ok;
}

static bool had(const struct snapshot *before, int64_t oid)
{
	for (size_t i = 0; before && i < before->nrows; i++)
		if (((const struct invalid_index *)snapshot_row(before, i))->index_oid == oid)
			return true;
	return false;
}

/* Names the invalid indexes that appeared. Only after an answer of the server: a console that was told to stop, or has
 * lost its connection, cannot ask. */
static void name_left_behind(struct operate *o, const struct snapshot *before)
{
	struct snapshot *after;
	struct err err = {0};

	if (!(o->c.op->flags & OPERATION_CONCURRENT) || fetch_cancelled(o->c.f))
		return;
	if (invalid_indexes(o, &after, &err))
		for (size_t i = 0; i < after->nrows; i++) {
			const struct invalid_index *x = (const struct invalid_index *)after->rows + i;
			if (!had(before, x->index_oid))
				change_add(&o->c, "notice", "", OPERATION_WARNING,
					   "left behind, invalid: " STR_FMT "; DROP INDEX CONCURRENTLY " STR_FMT
					   " removes it",
					   STR_ARG(x->index), STR_ARG(x->index));
		}
	snapshot_unref(after);
}

/* ---- running ---- */

/* Waits a while between two tries; false when the job should end. */
static bool pause_between(const struct fetch *f, int attempt)
{
	struct fetch nearer = *f;
	struct err err = {0};

	nearer.deadline_mono_us = clock_mono_us() + LOCK_PAUSE_US * attempt;
	return !fetch_wait(&nearer, -1, 0, &err) && err.code == ERR_TIMEOUT;
}

static bool try_all(struct job *j, struct err *err)
{
	struct operate *o = j->o;

	for (int attempt = 1;; attempt++) {
		if (conn_run(o->c.f, o->conn, o->c.statement, notice, j, err))
			return true;
		if (strcmp(err->id, LOCK_NOT_AVAILABLE) != 0 || attempt == LOCK_ATTEMPTS)
			return false;
		change_add(&o->c, "notice", "", OPERATION_NOTICE, "the lock was not free within 2 s, attempt %d of %d",
			   attempt, LOCK_ATTEMPTS);
		change_show(&o->c);
		if (!pause_between(o->c.f, attempt))
			return err_set(err, ERR_CANCELLED, "cancelled between two attempts");
		err_clear(err);
	}
}

/* After a lost connection: if the server process is still at it, it is watched to its end; else what it has left tells.
 */
static void look_for(struct operate *o, const struct job_note *n, const char *id, int64_t began)
{
	struct operate_end e;
	struct err err = {0};
	bool there = false, asked = false;

	for (int i = 1; !asked && i <= LOOK_ATTEMPTS && !fetch_cancelled(o->c.f); i++) {
		err_clear(&err);
		asked = operate_find_left(o, n, &there, &err);
		if (!asked && !pause_between(o->c.f, 1))
			break;
	}
	if (asked && there) {
		change_add(&o->c, "notice", "", OPERATION_WARNING, "process %lld still works on it, and is watched",
			   (long long)n->process);
		change_show(&o->c);
		if (operate_follow_left(o, n, id, began, false))
			return;
		asked = false;
	}
	asked = asked && operate_look_for_end(o, n, &e, &err);
	if (!asked)
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"unknown: the connection was lost, and the server cannot be asked");
	else
		change_conclude(&o->c, id, began, OPERATION_WARNING,
				"%s the connection was lost; no process of it is left; %s%s",
				!e.known ? "unknown:"
				: e.done ? "done, although"
					 : "not done:",
				e.words, e.invalid);
}

static void conclude(struct job *j, bool ok, const char *id, const struct err *err)
{
	struct operate *o = j->o;
	int64_t began = j->began_mono_us;
	struct str reason = fetch_cancel_reason(o->c.f);

	/* a warning beside work is one; a warning in place of it says why there was none */
	if (ok && j->warning[0])
		change_conclude(&o->c, id, began, OPERATION_WARNING, "%s: %s",
				j->worked ? "done, with a warning" : "skipped", j->warning);
	else if (ok)
		change_conclude(&o->c, id, began, OPERATION_OK, "done");
	else if (strcmp(err->id, LOCK_NOT_AVAILABLE) == 0)
		change_conclude(&o->c, id, began, OPERATION_WARNING,
				"not done: the lock was not free in %d attempts of 2 s", LOCK_ATTEMPTS);
	else if (err->code == ERR_CANCELLED || strcmp(err->id, QUERY_CANCELED) == 0)
		change_conclude(&o->c, id, began, reason.len ? OPERATION_WARNING : OPERATION_NOTICE, STR_FMT,
				STR_ARG(reason.len ? reason : STR("cancelled")));
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err->text);
}

static void run(struct operate *o, const struct job_note *note, const char *id)
{
	struct job j = {.o = o, .began_mono_us = clock_mono_us()};
	struct snapshot *before = NULL;
	struct err err = {0};
	int64_t pid = conn_probe(o->conn)->backend_pid;
	bool ok = set_up(o, &err);

	if (ok && (o->c.op->flags & OPERATION_CONCURRENT))
		ok = invalid_indexes(o, &before, &err);
	change_add(&o->c, "process", "", OPERATION_OK, "%lld", (long long)pid);
	change_show(&o->c);
	fetch_doing(o->c.f, "%s %s", o->c.op->title, o->c.object);
	ok = ok && try_all(&j, &err);
	if (!ok && err.code == ERR_LOST) {
		change_add(&o->c, "notice", "", OPERATION_WARNING,
			   "the connection was lost; looking what became of it");
		change_show(&o->c);
		look_for(o, note, id, j.began_mono_us);
	} else {
		if (!ok && err.id[0])
			name_left_behind(o, before);
		conclude(&j, ok, id, &err);
	}
	snapshot_unref(before);
}

/* Before anything is sent. */
static bool note_it(struct operate *o, const char *id, struct job_note *n, struct held **ret_held, struct err *err)
{
	char oid[24];
	struct conn_param param = {OID_OID, oid, -1};
	struct before b = {0};
	bool found;

	*n = (struct job_note){.relation_oid = o->oid,
			       .number = fetch_arg_i64(o->c.f, "job", 0),
			       .process = conn_probe(o->conn)->backend_pid,
			       .began_at = clock_wall_us()};
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->oid);
	if (!operate_ask(o, "operate_before", &param, 1, &before_type, &b, &found, err))
		return false;
	n->backend_start_at = b.backend_start_at;
	(void)snprintf(n->id, sizeof(n->id), "%s", id);
	(void)snprintf(n->operation, sizeof(n->operation), "%s", o->c.op->name);
	operate_target_name(o, n->target, sizeof(n->target));
	(void)snprintf(n->database, sizeof(n->database), "%s", o->c.database);
	(void)snprintf(n->role, sizeof(n->role), "%s", o->c.role);
	(void)snprintf(n->object, sizeof(n->object), "%s", o->c.object);
	(void)audit_user(n->owner, sizeof(n->owner));
	if (b.files.len < sizeof(n->files))
		(void)snprintf(n->files, sizeof(n->files), STR_FMT, STR_ARG(b.files));
	return job_note_take(n, ret_held, err);
}

static bool fetch_maintain(struct fetch *f, struct err *err)
{
	struct held *held = NULL;
	struct job_note note;
	struct operate o;
	char id[64];

	if (!operate_open(&o, f, true, err))
		return false;
	if (!operate_look_again(&o, err) || !claim(&o, err) || !change_intend(&o.c, id, sizeof(id), err)) {
		snapshot_unref(o.c.out);
		return false;
	}
	if (note_it(&o, id, &note, &held, err)) {
		run(&o, &note, id);
		held_end(held);
	} else {
		change_conclude(&o.c, id, clock_mono_us(), OPERATION_CRITICAL, "failed: %s", err->text);
		err_clear(err);
	}
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_maintain = {
	.name = "maintain",
	.title = "maintenance",
	.help = "VACUUM, ANALYZE or REINDEX of a table, to its end.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = JOB_DEADLINE_US,
	.inputs = SITE_INPUTS,
	.origin = "VACUUM, ANALYZE, REINDEX",
	.ready = site_ready,
	.fetch = fetch_maintain,
};
