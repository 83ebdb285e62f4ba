/*
 * operate_left.c: maintenance that an earlier console of this host has begun, and that may run on.
 *
 * Notes of it are in the source "jobs". Once for each target they are looked at, one after the other and without a
 * question: what has ended meanwhile is told with the outcome that was found, what still runs stands in `:jobs` as a
 * job without a command until it is adopted, cancelled, or left to the next start.
 */
#include "base/clock.h"
#include "runtime/command.h"
#include "ui/operate_impl.h"

#include <math.h>
#include <stdio.h>

bool operate_looks_for_jobs(const struct ui *ui)
{
	const struct target *t = runtime_target(ui->rt);

	return (t->cluster[0] || !t->aws) && !target_is_read_only(t) &&
	       (!ui->operations || ui->operations->left_seen != t->generation);
}

bool operate_is_left(const struct job *j)
{
	return j->left[0] && !j->command && !j->ended_us;
}

size_t jobs_left(const struct ui *ui)
{
	size_t n = 0;

	for (size_t i = 0; ui->operations && i < JOBS_MAX; i++)
		n += ui->operations->jobs[i].number > 0 && operate_is_left(&ui->operations->jobs[i]);
	return n;
}

/* ---- looking ---- */

/* Of a server without a cluster only its host is known here; of a socket not even that: the look itself knows. */
static bool is_of_target(const struct target *t, struct str of)
{
	struct str host = str_c(t->db_host);

	if (t->aws)
		return str_eq_c(of, t->cluster);
	return host.len == 0 || str_starts(of, STR("/")) ||
	       (str_starts(of, host) && of.len > host.len && of.ptr[host.len] == ':');
}

static bool was_looked_at(const struct operations_state *st, struct str id)
{
	for (size_t i = 0; i < st->nlooked; i++)
		if (str_eq_c(id, st->looked[i]))
			return true;
	return false;
}

/* Takes the facts of a row over; false when there is nothing to look at in it. */
static bool take_row(struct operations_state *st, const struct target *t, const struct snapshot *s, size_t i)
{
	struct left_look *l = &st->look;
	struct str id = data_str(s, i, "id");

	if (!data_i64(s, i, "left_behind", 0) || !is_of_target(t, data_str(s, i, "target")) || was_looked_at(st, id))
		return false;
	*l = (struct left_look){.op = operation_find(data_str(s, i, "operation")),
				.generation = t->generation,
				.number = data_i64(s, i, "number", 0),
				.process = data_i64(s, i, "process", 0),
				.began_us = data_i64(s, i, "began_at", 0)};
	(void)snprintf(l->id, sizeof l->id, STR_FMT, STR_ARG(id));
	(void)snprintf(l->object, sizeof l->object, STR_FMT, STR_ARG(data_str(s, i, "object")));
	(void)snprintf(l->database, sizeof l->database, STR_FMT, STR_ARG(data_str(s, i, "database")));
	memcpy(st->looked[st->nlooked++], l->id, sizeof l->id);
	return l->op && l->op->target == OPERATION_TABLE && l->id[0];
}

static void look_at_next(struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "jobs");
	const struct target *t = runtime_target(ui->rt);
	struct operations_state *st = ui->operations;
	struct err err = {0};

	/* not before the database is known to answer */
	if (!s || s->generation != t->generation || !store_good(ui->store, "sessions"))
		return;
	for (size_t i = 0; i < s->nrows && st->nlooked < LEFT_MAX; i++) {
		if (!take_row(st, t, s, i))
			continue;
		const struct command_arg args[] = {{"id", str_c(st->look.id)}, {"mode", STR("look")}};

		st->look.command = command_start(runtime_commands(ui->rt), "adopt", t, args, ARRAY_LEN(args), &err);
		if (st->look.command)
			return;
		ui_toast(ui, SEV_WARN, "%s of %s, started before, was not looked at: %s", st->look.op->title,
			 st->look.object, err.text);
	}
	st->left_seen = t->generation;
}

/* ---- what is found ---- */

static struct job *add_job(struct ui *ui, const struct left_look *l)
{
	struct operations_state *st = ui->operations;
	struct job *j = operate_job_slot(st);

	if (!j)
		return NULL;
	*j = (struct job){.number = ++st->last_number,
			  .op = l->op,
			  .done = (double)NAN,
			  .began_us = l->began_us,
			  .generation = l->generation,
			  .pid = l->process,
			  .named = l->number};
	memcpy(j->left, l->id, sizeof j->left);
	memcpy(j->object, l->object, sizeof j->object);
	memcpy(j->database, l->database, sizeof j->database);
	operate_watch_begin(ui, j);
	return j;
}

static void take_answer(struct ui *ui, const struct left_look *l, const struct snapshot *s)
{
	struct job *j;

	if (!s || s->state != SNAP_OK) {
		ui_toast(ui, SEV_WARN, "%s of %s, started before, was not looked at: %s", l->op->title, l->object,
			 s ? s->err.text : "given up");
		return;
	}
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);
		bool outcome = str_eq_c(row->kind, "outcome");

		if (!outcome && !str_eq_c(row->kind, "runs"))
			continue;
		j = add_job(ui, l);
		if (outcome && j) {
			/* invalid indexes among them, for D */
			j->rows = snapshot_ref(s);
			j->ended_us = clock_wall_us();
			j->severity = operate_severity(row->severity);
			(void)snprintf(j->outcome, sizeof j->outcome, STR_FMT, STR_ARG(row->text));
		}
		if (outcome)
			ui_toast(ui, operate_severity(row->severity), "%s of %s, started before: " STR_FMT,
				 l->op->title, l->object, STR_ARG(row->text));
		else
			ui_toast(ui, SEV_WARN, "a %s of %s started before runs on: :adopt or :jobs", l->op->title,
				 l->object);
	}
}

void operate_find_jobs(struct ui *ui)
{
	struct left_look *l = &ui->operations->look;

	if (l->command) {
		if (command_at_work(l->command))
			return;
		take_answer(ui, l, command_result(l->command));
		command_release(l->command);
		l->command = NULL;
		/* its outcome stands there now */
		runtime_refresh(ui->rt, "audit");
	}
	if (operate_looks_for_jobs(ui))
		look_at_next(ui);
}

/* ---- what is done with it ---- */

int operate_adopt(struct ui *ui, struct job *j, bool cancel)
{
	const struct command_arg args[] = {{"id", str_c(j->left)}, {"mode", str_c(cancel ? "cancel" : "follow")}};
	struct err err = {0};

	j->command =
		command_start(runtime_commands(ui->rt), "adopt", runtime_target(ui->rt), args, ARRAY_LEN(args), &err);
	j->cancelling = j->command && cancel;
	if (!j->command)
		ui_toast(ui, SEV_WARN, "job %lld was not adopted: %s", (long long)j->number, err.text);
	else if (!cancel)
		ui_toast(ui, SEV_OK, "job %lld: %s of %s is followed until it ends", (long long)j->number, j->op->title,
			 j->object);
	return EFFECT_PAINT | EFFECT_DEMAND;
}

int jobs_adopt(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	const struct job *selected = st && ui->overlay == OVERLAY_JOBS ? jobs_nth(ui, st->selected) : NULL;
	size_t n = jobs_left(ui);

	for (size_t i = 0; i < JOBS_MAX && n > 0; i++) {
		struct job *j = &st->jobs[i];

		if (j->number > 0 && operate_is_left(j) && (j == selected || (n == 1 && !selected)))
			return operate_adopt(ui, j, false);
	}
	if (n == 0)
		ui_toast(ui, SEV_NOTICE, "nothing that a console has left behind runs here");
	else
		ui_toast(ui, SEV_NOTICE, "choose in :jobs the one that runs on");
	return EFFECT_PAINT;
}
