/*
 * cmd_adopt.c: maintenance that a console of this host has begun and did not see the end of, because it was killed.
 *
 * Arguments: id (of the note and of its lines in the audit log) and mode: `look` finds out whether the server still
 * works on it, and when it does not, completes the audit log with what is found; `follow` watches it to its end;
 * `cancel` has the server cancel it first. While one console is at it, it holds the note, so no other one is.
 *
 * The audit log is the record of what was intended: when an outcome stands there already, or the note is of another
 * server, nothing is asked. Rows beside those of operation.h: `runs` (it does, and can be adopted), `elsewhere` (it is
 * of another server), `settled` (there is nothing to do).
 */
#include "db/operate.h"

#include "audit/audit_read.h"
#include "base/clock.h"
#include "db/commands.h"
#include "db/site.h"

#include <stdio.h>

#define JOB_DEADLINE_US (7 * US_PER_DAY)
#define LOOK_US (30 * US_PER_S)

enum recorded { RECORD_OPEN, RECORD_CLOSED, RECORD_UNREADABLE };

/* What the audit log has of it: the intent fills statement, node, role and tier. */
static enum recorded read_record(struct operate *o, const struct job_note *n, struct err *err)
{
	struct snapshot *entries = snapshot_new(&audit_type, "audit"), *files = snapshot_new(&audit_file_type, "files");
	enum recorded found = RECORD_OPEN;
	char path[AUDIT_PATH_MAX];

	if (!audit_path(path, sizeof(path)) || !audit_load(path, entries, files, err))
		found = RECORD_UNREADABLE;
	for (size_t i = 0; found == RECORD_OPEN && i < entries->nrows; i++) {
		const struct audit_row *row = snapshot_row(entries, i);

		if (!str_eq_c(row->id, n->id))
			continue;
		if (HAS(row, struct audit_row, ended_at))
			found = RECORD_CLOSED;
		o->c.tier = HAS(row, struct audit_row, tier) ? (int)row->tier : o->c.tier;
		(void)snprintf(o->c.statement, sizeof(o->c.statement), STR_FMT, STR_ARG(row->statement));
		(void)snprintf(o->c.node, sizeof(o->c.node), STR_FMT, STR_ARG(row->node));
	}
	snapshot_unref(entries);
	snapshot_unref(files);
	return found;
}

/* Sessions of another role are hidden, and one that is hidden must not pass for one that has ended. */
static bool can_see(const struct operate *o, const struct job_note *n, struct err *err)
{
	const struct probe *p = conn_probe(o->conn);

	if (p->read_all_stats || strcmp(p->user, n->role) == 0)
		return true;
	err_set(err, ERR_DENIED, "our role %s does not see what sessions of %s do", p->user, n->role);
	err_remedy(err, "connect as %s, or GRANT pg_monitor TO %s", n->role, p->user);
	return false;
}

static bool answer(struct operate *o, const char *kind, const char *words)
{
	change_add(&o->c, kind, "", OPERATION_OK, "%s", words);
	return true;
}

/* Still running, and only asked about. */
static bool is_running_on(struct operate *o, const struct job_note *n)
{
	change_add(&o->c, "process", "", OPERATION_OK, "%lld", (long long)n->process);
	return answer(o, "runs", o->c.object);
}

/* *ret_over: its outcome is in the audit log now, or needs not be. False: nothing was found out, err says why. */
static bool attend(struct operate *o, const struct job_note *n, bool *ret_over, struct err *err)
{
	int64_t began = clock_mono_us() - (clock_wall_us() - n->began_at);
	struct str mode = fetch_arg(o->c.f, "mode");
	char place[300];
	bool there;

	if (!operate_find_left(o, n, &there, err) || !can_see(o, n, err))
		return false;
	operate_target_name(o, place, sizeof(place));
	if (strcmp(place, n->target) != 0)
		return answer(o, "elsewhere", n->target);
	if (there && str_eq_c(mode, "look"))
		return is_running_on(o, n);
	if (there) {
		if (!change_adopt(&o->c, n->id, err))
			return false;
		(void)is_running_on(o, n);
		change_show(&o->c);
		fetch_doing(o->c.f, "following %s %s", o->c.op->title, o->c.object);
	}
	*ret_over = operate_follow_left(o, n, n->id, began, there && str_eq_c(mode, "cancel"));
	if (!*ret_over)
		change_add(&o->c, "outcome", "", OPERATION_WARNING,
			   "not known: the server cannot be asked; the next start looks again");
	return true;
}

/* A note that is ours now. */
static bool take_up(struct operate *o, const struct job_note *n, bool *ret_over, struct err *err)
{
	struct fetch *f = o->c.f, near = *f;
	bool ok;

	o->c.op = operation_find(str_c(n->operation));
	if (!o->c.op || o->c.op->target != OPERATION_TABLE)
		return err_set(err, ERR_USAGE, "the note of job %s names no maintenance: %s", n->id, n->operation);
	o->c.tier = o->c.op->tier;
	o->oid = n->relation_oid;
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s", n->object);
	(void)snprintf(o->c.database, sizeof(o->c.database), "%s", n->database);
	(void)snprintf(o->c.role, sizeof(o->c.role), "%s", n->role);
	switch (read_record(o, n, err)) {
	case RECORD_OPEN:
		break;
	case RECORD_CLOSED:
		*ret_over = answer(o, "settled", "its outcome is in the audit log");
		return true;
	case RECORD_UNREADABLE:
		return false;
	}
	/* only to look must not take as long as a job may */
	near.deadline_mono_us = clock_mono_us() + LOOK_US;
	if (str_eq_c(fetch_arg(f, "mode"), "look"))
		o->c.f = &near;
	ok = attend(o, n, ret_over, err);
	o->c.f = f;
	return ok;
}

static bool fetch_adopt(struct fetch *f, struct err *err)
{
	struct operate o = {.c = {.f = f}};
	struct held *held = NULL;
	struct job_note n;
	char id[64];
	bool over = false, ok;

	(void)snprintf(id, sizeof(id), STR_FMT, STR_ARG(fetch_arg(f, "id")));
	o.c.out = snapshot_new(&operation_type, f->source->name);
	ok = job_note_take_over(id, &n, &held) ? take_up(&o, &n, &over, err)
					       : answer(&o, "settled", "another console is at it, or has been");
	if (over)
		held_end(held);
	else
		held_leave(held);
	if (ok)
		fetch_publish(f, o.c.out);
	else
		snapshot_unref(o.c.out);
	return ok;
}

const struct source command_adopt = {
	.name = "adopt",
	.title = "adoption",
	.help = "Follows or cancels maintenance whose console was killed.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_CHANGES,
	.deadline_us = JOB_DEADLINE_US,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_activity, pg_stat_progress_*",
	.ready = site_ready,
	.fetch = fetch_adopt,
};
