/*
 * cmd_maintain.c: runs VACUUM, ANALYZE or REINDEX of a table, an index, a schema or a database to its end.
 *
 * Order: look again and compare with what was confirmed; claim the target, so that two consoles
 * do not work on it; write the intent to the audit log; send. What waits for a lock does so for
 * 2 s and tries five times, with pauses in which those who queued behind it go on; a
 * concurrent rebuild waits without limit, because one that gives up leaves invalid indexes.
 * Of several tables each is a transaction of its own; once some are done, the rest is not begun anew.
 *
 * The outcome is what the server did, not that it answered: a VACUUM by a non-owner succeeds
 * with a warning and without a word of work, and is "skipped". When the connection breaks the outcome is not known;
 * then a new connection looks whether the server still works on it. Until its outcome is written the job is noted
 * on the disk, for the case that this console is killed (cmd_adopt.c).
 *
 * A concurrent rebuild that stops, for whatever reason, leaves invalid indexes. Those that were not there before are
 * named in the outcome, and each has a row `left`, by which the console offers to drop it. So even what was told to
 * stop asks this one question more.
 */
#include "db/operate.h"

#include "audit/job_note.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define LOCK_ATTEMPTS 5
#define LOCK_PAUSE_US (3 * US_PER_S)
/* After a lost connection: a server that restarts, or a failover, is waited for half a minute. */
#define LOOK_ATTEMPTS 10
/* Of what the server says the first and the last are kept. */
#define NOTICES_FIRST 100
#define NOTICES_LAST 100
#define NOTICE_TEXT_MAX 1000
#define SHOW_EVERY_US US_PER_S
#define LOCK_NOT_AVAILABLE "55P03"
#define QUERY_CANCELED "57014"
#define JOB_NAME "auroratop job %lld"
#define JOB_DEADLINE_US (7 * US_PER_DAY)
#define LEFT_US (3 * US_PER_S)
#define LEFT_NAMED_MAX 3 /* in the outcome; all have a row */

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

/* The newest notices, around a ring. Their rows follow those of the first ones and one that says how many are left
 * out. */
struct last_notices {
	struct {
		char text[NOTICE_TEXT_MAX];
		enum operation_severity severity;
	} items[NOTICES_LAST];
	size_t n;         /* of all that came after the first */
	size_t first_row; /* in c.out, of the one that says how many are left out */
};

struct job {
	struct operate *o;
	int64_t began_mono_us;
	char warning[300]; /* the first, "" = none */
	int64_t warnings;  /* how many */
	int64_t locked;    /* tables that were skipped because they are; not among the warnings */
	bool worked;       /* the server told of work on the table (VERBOSE) */
	size_t notices;
	struct last_notices *last; /* NULL = there are no more than the first */
	bool untold;               /* there are some that nobody was shown */
	int64_t shown_mono_us;
	const struct snapshot *before; /* invalid indexes when it began; NULL = was not asked */
	char left[400];                /* what is left behind, in words, "" = nothing */
};

/* It is about a relation, in quotes, of which the preview has said that it is passed by. */
static bool is_spared(const struct operate *o, struct str message)
{
	struct str rest = message, before, name, list = o->spared, word;

	if (list.len == 0 || !str_split(&rest, '"', &before) || !str_split(&rest, '"', &name))
		return false;
	while (str_split(&list, ' ', &word))
		if (str_eq(word, name))
			return true;
	return false;
}

/* ---- what the server says ---- */

/* Rows for the last ones, empty until they are filled. */
static struct last_notices *last_new(struct operate *o)
{
	struct last_notices *last = xcalloc(1, sizeof(*last));

	last->first_row = o->c.out->nrows;
	for (size_t i = 0; i <= NOTICES_LAST; i++)
		change_add(&o->c, "", "", OPERATION_OK, " ");
	return last;
}

static void keep_notice(struct job *j, enum operation_severity severity, struct str message)
{
	if (j->notices++ < NOTICES_FIRST) {
		change_add(&j->o->c, "notice", "", severity, STR_FMT, STR_ARG(message));
		return;
	}
	if (!j->last)
		j->last = last_new(j->o);
	size_t i = j->last->n++ % NOTICES_LAST;
	j->last->items[i].severity = severity;
	(void)snprintf(j->last->items[i].text, NOTICE_TEXT_MAX, STR_FMT, STR_ARG(message));
}

static void fill_row(struct operate *o, size_t at, enum operation_severity severity, struct str text)
{
	struct operation_row *row = (struct operation_row *)o->c.out->rows + at;

	row->kind = STR("notice");
	row->severity = severity;
	row->text = text;
}

/* Writes the ring into its rows, the oldest first. The texts stay where they are: whoever publishes copies them. */
static void fill_last(struct job *j, struct buf *gap)
{
	const struct last_notices *last = j->last;
	size_t n = last->n < NOTICES_LAST ? last->n : NOTICES_LAST, from = last->n - n;

	if (from > 0) {
		(void)buf_addf(gap, "%zu more lines are left out here", from);
		fill_row(j->o, last->first_row, OPERATION_OK, buf_str(gap));
	}
	for (size_t i = 0; i < n; i++) {
		size_t k = (from + i) % NOTICES_LAST;

		fill_row(j->o, last->first_row + 1 + i, last->items[k].severity, str_c(last->items[k].text));
	}
}

static void show(struct job *j)
{
	struct buf gap;

	buf_init(&gap, 80);
	if (j->last)
		fill_last(j, &gap);
	change_show(&j->o->c);
	if (j->last)
		((struct operation_row *)j->o->c.out->rows + j->last->first_row)->text = STR("");
	buf_release(&gap);
	j->untold = false;
	j->shown_mono_us = clock_mono_us();
}

/* For good: the rows get texts of their own. */
static void settle_notices(struct job *j)
{
	struct snapshot *out = j->o->c.out;
	struct buf gap;

	if (!j->last)
		return;
	buf_init(&gap, 80);
	fill_last(j, &gap);
	for (size_t i = 0; i <= NOTICES_LAST; i++) {
		struct operation_row *row = (struct operation_row *)out->rows + j->last->first_row + i;

		row->text = arena_str(out->arena, row->text);
	}
	buf_release(&gap);
	xfree(j->last);
	j->last = NULL;
}

static void show_at_times(struct job *j)
{
	if (j->untold && clock_mono_us() - j->shown_mono_us >= SHOW_EVERY_US)
		show(j);
}

static void hear(struct job *j, struct str severity, struct str state, struct str message)
{
	bool warning = str_eq(severity, STR("WARNING")) && !is_spared(j->o, message),
	     locked = warning && str_eq_c(state, LOCK_NOT_AVAILABLE);

	if (warning && !locked && !j->warning[0])
		(void)snprintf(j->warning, sizeof(j->warning), STR_FMT, STR_ARG(message));
	j->locked += locked;
	j->warnings += warning && !locked;
	j->worked |= str_eq(severity, STR("INFO"));
	keep_notice(j, warning ? OPERATION_WARNING : OPERATION_OK, message);
	j->untold = true;
}

/* What the server says while it works, and each second of its silence; on the job's thread. */
static void notice(void *arg, struct str severity, struct str state, struct str message)
{
	struct job *j = arg;

	if (severity.len > 0)
		hear(j, severity, state, message);
	show_at_times(j);
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

static bool had(const struct snapshot *before, int64_t oid)
{
	for (size_t i = 0; i < before->nrows; i++)
		if (((const struct operate_invalid *)snapshot_row(before, i))->index_oid == oid)
			return true;
	return false;
}

static void add_left(struct job *j, struct buf *names, const struct operate_invalid *x, size_t n)
{
	char oids[48];

	(void)snprintf(oids, sizeof(oids), "%lld/%lld", (long long)x->index_oid, (long long)x->table_oid);
	change_add(&j->o->c, "left", oids, OPERATION_WARNING, STR_FMT, STR_ARG(x->index));
	change_add(&j->o->c, "notice", "", OPERATION_WARNING, "left behind, invalid: " STR_FMT " of table " STR_FMT,
		   STR_ARG(x->index), STR_ARG(x->table));
	if (n < LEFT_NAMED_MAX)
		(void)buf_addf(names, "%s" STR_FMT, n ? ", " : "; left behind, invalid: ", STR_ARG(x->index));
}

/* Finds the invalid indexes of a rebuild that appeared since it began. Asked also when it was told to stop. */
static void find_left_behind(struct job *j)
{
	struct operate *o = j->o;
	struct fetch near = *o->c.f;
	struct snapshot *after;
	struct err err = {0};
	struct buf names;
	size_t n = 0;

	if (!j->before || !conn_is_open(o->conn))
		return;
	near.insists = true;
	near.deadline_mono_us = clock_mono_us() + fetch_leave_us(&near, LEFT_US);
	buf_init(&names, sizeof(j->left) - 1);
	if (operate_invalid_indexes(o, &near, &after, &err))
		for (size_t i = 0; i < after->nrows; i++) {
			const struct operate_invalid *x = (const struct operate_invalid *)after->rows + i;

			if (x->rebuilt && !had(j->before, x->index_oid))
				add_left(j, &names, x, n++);
		}
	if (n > LEFT_NAMED_MAX)
		(void)buf_addf(&names, " and %zu more", n - LEFT_NAMED_MAX);
	if (err.code != ERR_NONE)
		(void)buf_add_c(&names, "; what it has left behind could not be asked");
	(void)snprintf(j->left, sizeof(j->left), "%s", buf_c(&names));
	buf_release(&names);
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
		if (strcmp(err->id, LOCK_NOT_AVAILABLE) != 0 || attempt == LOCK_ATTEMPTS ||
		    (operate_is_several(o) && j->worked))
			return false;
		change_add(&o->c, "notice", "", OPERATION_NOTICE, "the lock was not free within 2 s, attempt %d of %d",
			   attempt, LOCK_ATTEMPTS);
		show(j);
		if (!pause_between(o->c.f, attempt))
			return err_set(err, ERR_CANCELLED, "cancelled between two attempts");
		err_clear(err);
	}
}

/* After a lost connection: if the server process is still at it, it is watched to its end; else what it has left tells.
 */
static void conclude_lost(struct job *j, const struct job_note *n, const char *id)
{
	struct operate *o = j->o;
	int64_t began = j->began_mono_us;
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
		change_set(&o->c, "unknown", STR(""));
		change_add(&o->c, "notice", "", OPERATION_WARNING,
			   "the connection was lost; process %lld still works on it, and is watched",
			   (long long)n->process);
		change_show(&o->c);
		if (operate_follow_left(o, n, id, began, false))
			return;
		asked = false;
	}
	asked = asked && operate_look_for_end(o, n, &e, &err);
	if (!asked) {
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"unknown: the connection was lost, and the server cannot be asked");
		return;
	}
	find_left_behind(j);
	change_conclude(&o->c, id, began, OPERATION_WARNING,
			"%s the connection was lost; no process of it is left; %s%s",
			!e.known ? "unknown:"
			: e.done ? "done, although"
				 : "not done:",
			e.words, j->left[0] ? j->left : e.invalid);
}

/* Of several tables some may be skipped; what the preview said of that is no news. */
static void conclude_several(struct job *j, const char *id)
{
	struct change *c = &j->o->c;
	int64_t began = j->began_mono_us;
	bool surprises = j->warnings > j->o->expected;
	char locked[80] = "";

	if (j->locked > 0)
		(void)snprintf(locked, sizeof(locked), "%lld skipped, locked by others", (long long)j->locked);
	if (!j->worked && j->locked + j->warnings > 0)
		change_conclude(c, id, began, OPERATION_WARNING, "skipped: %s", locked[0] ? locked : j->warning);
	else if (surprises)
		change_conclude(c, id, began, OPERATION_WARNING, "done, with a warning: %s%s%s", locked,
				locked[0] ? "; " : "", j->warning);
	else if (locked[0])
		change_conclude(c, id, began, OPERATION_WARNING, "done, although not of all: %s", locked);
	else
		change_conclude(c, id, began, OPERATION_OK, "done");
}

static void conclude_done(struct job *j, const char *id)
{
	if (operate_is_several(j->o))
		conclude_several(j, id);
	/* a warning beside work is one; a warning in place of it says why there was none */
	else if (j->warning[0])
		change_conclude(&j->o->c, id, j->began_mono_us, OPERATION_WARNING, "%s: %s",
				j->worked ? "done, with a warning" : "skipped", j->warning);
	else
		change_conclude(&j->o->c, id, j->began_mono_us, OPERATION_OK, "done");
}

static void conclude_failed(struct job *j, const char *id, const struct err *err)
{
	struct operate *o = j->o;
	int64_t began = j->began_mono_us;
	struct str reason = fetch_cancel_reason(o->c.f);
	bool warns = reason.len > 0 || j->left[0];

	if (strcmp(err->id, LOCK_NOT_AVAILABLE) == 0 && operate_is_several(o) && j->worked)
		change_conclude(&o->c, id, began, OPERATION_WARNING,
				"not done to its end: a lock was not free within 2 s; what was done before stays done");
	else if (strcmp(err->id, LOCK_NOT_AVAILABLE) == 0)
		change_conclude(&o->c, id, began, OPERATION_WARNING,
				"not done: the lock was not free in %d attempts of 2 s", LOCK_ATTEMPTS);
	else if (err->code == ERR_CANCELLED || strcmp(err->id, QUERY_CANCELED) == 0)
		change_conclude(&o->c, id, began, warns ? OPERATION_WARNING : OPERATION_NOTICE, STR_FMT "%s",
				STR_ARG(reason.len ? reason : STR("cancelled")), j->left);
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s%s", err->text, j->left);
}

static bool run_statement(struct job *j, struct snapshot **ret_before, struct err *err)
{
	struct operate *o = j->o;

	*ret_before = NULL;
	if (o->c.op->flags & OPERATION_CONCURRENT) {
		if (!operate_invalid_indexes(o, o->c.f, ret_before, err))
			return false;
		j->before = *ret_before;
	}
	return try_all(j, err);
}

static void run(struct operate *o, const struct job_note *note, const char *id)
{
	struct job j = {.o = o, .began_mono_us = clock_mono_us()};
	struct snapshot *before = NULL;
	struct err err = {0};
	int64_t pid = conn_probe(o->conn)->backend_pid;
	bool ok = set_up(o, &err);

	change_add(&o->c, "process", "", OPERATION_OK, "%lld", (long long)pid);
	change_show(&o->c);
	fetch_doing(o->c.f, "%s %s", o->c.op->title, o->c.object);
	if (ok && (o->c.op->flags & OPERATION_DROPS)) {
		operate_run_drops(o, id);
		return;
	}
	ok = ok && run_statement(&j, &before, &err);
	settle_notices(&j);
	if (ok) {
		conclude_done(&j, id);
	} else if (err.code == ERR_LOST) {
		change_set(&o->c, "unknown", STR("the connection was lost; looking what became of it"));
		change_show(&o->c);
		conclude_lost(&j, note, id);
	} else {
		find_left_behind(&j);
		conclude_failed(&j, id, &err);
	}
	snapshot_unref(before);
}

/* Before anything is sent. */
static bool note_it(struct operate *o, const char *id, struct job_note *n, struct held **ret_held, struct err *err)
{
	char oid[24];
	char index[24];
	struct conn_param params[2] = {{OID_OID, oid, -1}, {OID_OID, index, -1}};
	struct before b = {0};
	bool found;

	/* of several relations, and of indexes that go, no single file tells what became of it */
	bool tells = !operate_is_several(o) && !(o->c.op->flags & OPERATION_DROPS);

	*n = (struct job_note){.relation_oid = tells ? o->oid : 0,
			       .number = fetch_arg_i64(o->c.f, "job", 0),
			       .process = conn_probe(o->conn)->backend_pid,
			       .began_at = clock_wall_us()};
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)n->relation_oid);
	(void)snprintf(index, sizeof(index), "%lld", (long long)(o->scope == SCOPE_INDEX ? o->of : 0));
	if (!operate_ask(o, "operate_before", params, 2, &before_type, &b, &found, err))
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
	.help = "VACUUM, ANALYZE or REINDEX of a table, an index, a schema or the database, to its end.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = JOB_DEADLINE_US,
	.inputs = OPERATE_INPUTS,
	.origin = "VACUUM, ANALYZE, REINDEX",
	.ready = site_ready,
	.fetch = fetch_maintain,
};
