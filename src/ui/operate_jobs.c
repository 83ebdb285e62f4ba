/*
 * operate_jobs.c: what was run, from its start to its outcome, and the keys of `:jobs`.
 *
 * A job is a ring's slot with a command in it. It is over when the command's thread has ended, not when it was told to:
 * its last word may still come. What the rows of the command say last is what is shown.
 */
#include "base/clock.h"
#include "base/parse.h"
#include "runtime/command.h"
#include "ui/action.h"
#include "ui/operate_impl.h"

#include <math.h>
#include <stdio.h>

enum severity operate_severity(int64_t severity)
{
	static const enum severity of[] = {SEV_OK, SEV_NOTICE, SEV_WARN, SEV_CRIT};

	return severity >= 0 && severity < (int64_t)ARRAY_LEN(of) ? of[severity] : SEV_UNKNOWN;
}

struct job *operate_job_slot(struct operations_state *st)
{
	struct job *oldest = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &st->jobs[i];

		if (j->number == 0)
			return j;
		if (!j->command && !operate_is_left(j) && (!oldest || j->number < oldest->number))
			oldest = j;
	}
	if (oldest)
		snapshot_unref(oldest->rows);
	return oldest;
}

static void read_rows(struct ui *ui, struct job *j, const struct snapshot *s)
{
	bool outcome = false, had = j->outcome[0];

	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, "process")) {
			(void)!parse_i64(row->text, &j->pid);
		} else if (str_eq_c(row->kind, "phase")) {
			/* what shows the thing itself should not be behind what is said of it */
			if (!str_eq_c(row->text, j->phase))
				runtime_refresh(ui->rt, NULL);
			(void)snprintf(j->phase, sizeof j->phase, STR_FMT, STR_ARG(row->text));
		} else if (str_eq_c(row->kind, "done")) {
			(void)!parse_f64(row->text, &j->done);
		} else if (str_eq_c(row->kind, "unknown")) {
			(void)snprintf(j->unknown, sizeof j->unknown, STR_FMT, STR_ARG(row->text));
		} else if (str_eq_c(row->kind, "outcome")) {
			(void)snprintf(j->outcome, sizeof j->outcome, STR_FMT, STR_ARG(row->text));
			j->severity = operate_severity(row->severity);
			outcome = true;
		}
	}
	/* a lease is in force long before its job ends */
	if (outcome && !had && (j->op->flags & OPERATION_LEASE) && command_at_work(j->command))
		ui_toast(ui, j->severity, "%s %s: %s%s", j->op->title, j->object, j->outcome,
			 operate_tail_begin(ui, j) ? "; 9 follows its lines" : "");
}

/* It goes on without us, as before. */
static void is_not_followed(struct ui *ui, struct job *j)
{
	ui_toast(ui, SEV_WARN, "%s %s is not followed: %s", j->op->title, j->object, j->rows->err.text);
	command_release(j->command);
	j->command = NULL;
	j->cancelling = false;
}

static void end_job(struct ui *ui, struct job *j)
{
	const struct snapshot *s = j->rows;

	if (j->left[0] && s && s->state != SNAP_OK) {
		is_not_followed(ui, j);
		return;
	}
	j->ended_us = clock_wall_us();
	if (s && s->state != SNAP_OK) {
		(void)snprintf(j->outcome, sizeof j->outcome, "not run: %s", s->err.text);
		j->severity = SEV_WARN;
	} else if (!j->outcome[0]) {
		(void)snprintf(j->outcome, sizeof j->outcome, "%s",
			       j->stopped[0]   ? j->stopped
			       : j->cancelling ? "cancelled; :audit has its end"
					       : "it ended without an outcome; see :audit");
		j->severity = j->cancelling ? SEV_NOTICE : SEV_WARN;
	}
	ui_toast(ui, j->severity == SEV_NOTICE ? SEV_OK : j->severity, "%s %s: %s", j->op->title, j->object,
		 j->outcome);
	command_release(j->command);
	j->command = NULL;
	operate_many_free(j->many);
	j->many = NULL;
	runtime_refresh(ui->rt, "leases");
	/* where the log is on screen, its outcome stands there at once; of AWS also the thing itself, which was asked
	 * for last when the change was under way */
	runtime_refresh(ui->rt, operation_is_aws(j->op) ? NULL : "audit");
}

void operate_job_follow(struct ui *ui, struct job *j)
{
	const struct snapshot *s;

	if (j->command || j->ended_us)
		operate_watch_outage(ui, j);
	if (!j->command)
		return;
	s = command_result(j->command);
	if (s && s != j->rows) {
		snapshot_unref(j->rows);
		j->rows = snapshot_ref(s);
		if (s->state == SNAP_OK)
			read_rows(ui, j, s);
	}
	/* that it was told to stop is no end; of several nodes only the last one's is */
	if (!command_at_work(j->command) && (!j->many || !operate_many_goes_on(ui, j)))
		end_job(ui, j);
}

size_t jobs_running(const struct ui *ui)
{
	size_t n = 0;

	for (size_t i = 0; ui->operations && i < JOBS_MAX; i++)
		n += ui->operations->jobs[i].command != NULL;
	return n;
}

/* Numbers have gaps: what ended long ago made room while an older one goes on. */
const struct job *jobs_nth(const struct ui *ui, size_t n)
{
	const struct job *at = NULL;
	int64_t below = INT64_MAX;

	for (size_t k = 0; ui->operations && k <= n; k++) {
		at = NULL;
		for (size_t i = 0; i < JOBS_MAX; i++) {
			const struct job *j = &ui->operations->jobs[i];

			if (j->number > 0 && j->number < below && (!at || j->number > at->number))
				at = j;
		}
		if (!at)
			return NULL;
		below = at->number;
	}
	return at;
}

long operate_progress_row(const struct ui *ui, const struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "progress");

	/* of another cluster the same process is another one */
	if (j->generation != runtime_target(ui->rt)->generation)
		return -1;
	for (size_t i = 0; s && j->pid && i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == j->pid)
			return (long)i;
	return -1;
}

double jobs_progress(const struct ui *ui, const struct job *j, struct str *ret_phase)
{
	const struct snapshot *s = store_good(ui->store, "progress");
	long row = operate_progress_row(ui, j);

	*ret_phase = str_c(j->phase);
	if (operation_is_aws(j->op) || (j->op->flags & OPERATION_LEASE))
		return j->done;
	if (row < 0)
		return (double)NAN;
	*ret_phase = data_str(s, (size_t)row, "phase");
	return data_f64(s, (size_t)row, "done_ratio");
}

int64_t jobs_left_us(const struct ui *ui, const struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "progress");
	long row = operate_progress_row(ui, j);

	return row < 0 ? -1 : data_i64(s, (size_t)row, "left_us", -1);
}

/* ---- cancelling ---- */

static struct job *cancellable(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	const struct job *selected = st ? jobs_nth(ui, st->selected) : NULL;

	for (size_t i = 0; st && i < JOBS_MAX; i++)
		if (&st->jobs[i] == selected && (selected->command || operate_is_left(selected)) &&
		    ui->overlay == OVERLAY_JOBS)
			return &st->jobs[i];
	if (ui->overlay == OVERLAY_JOBS)
		return NULL;
	for (size_t i = 0; st && i < JOBS_MAX; i++)
		if (st->jobs[i].command && jobs_running(ui) == 1)
			return &st->jobs[i];
	return NULL;
}

static int cancel_now(struct ui *ui)
{
	struct job *j = cancellable(ui);

	if (!j)
		return EFFECT_PAINT;
	if (!j->command)
		return operate_adopt(ui, j, true);
	j->cancelling = true;
	command_cancel(j->command);
	return EFFECT_PAINT;
}

int jobs_cancel(struct ui *ui)
{
	const struct job *j = cancellable(ui);
	struct dialog *d = &ui->dialog;

	if (!j) {
		ui_toast(ui, SEV_NOTICE, jobs_running(ui) ? "choose the job in :jobs" : "no job is running");
		return EFFECT_PAINT;
	}
	*d = (struct dialog){.open = true, .title = "Cancel the job?", .yes = cancel_now};
	(void)snprintf(d->what, sizeof d->what, "job %lld: %s %s", (long long)j->number, j->op->title, j->object);
	if (j->op->flags & OPERATION_LEASE)
		(void)snprintf(d->effect, sizeof d->effect, "It is taken back now.");
	else if (operation_is_aws(j->op))
		(void)snprintf(d->effect, sizeof d->effect, "It is no longer watched; AWS goes on with it.");
	else
		(void)snprintf(d->effect, sizeof d->effect, "The server is told to cancel it. Undo: %s.", j->op->undo);
	return EFFECT_PAINT;
}

static int quit_now(struct ui *ui)
{
	(void)ui;
	return EFFECT_QUIT;
}

/* Of the jobs that run: those that are taken back, and those that AWS goes on with. */
static void count_kinds(const struct ui *ui, size_t *ret_leases, size_t *ret_aws)
{
	*ret_leases = *ret_aws = 0;
	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job *j = &ui->operations->jobs[i];

		if (j->command && (j->op->flags & OPERATION_LEASE))
			++*ret_leases;
		else if (j->command && operation_is_aws(j->op))
			++*ret_aws;
	}
}

int operate_quit(struct ui *ui)
{
	struct dialog *d = &ui->dialog;
	size_t n = jobs_running(ui), leases, aws, ours;
	const char *goes_on;

	if (n == 0)
		return EFFECT_QUIT;
	*d = (struct dialog){.open = true, .title = "Quit while jobs run?", .yes = quit_now};
	(void)snprintf(d->what, sizeof d->what, n == 1 ? "1 job is running" : "%zu jobs are running", n);
	count_kinds(ui, &leases, &aws);
	ours = n - leases - aws;
	goes_on = aws > 0 ? " AWS goes on with what it was asked; it is no longer watched." : "";
	if (leases > 0)
		(void)snprintf(d->effect, sizeof d->effect,
			       "Quitting %stakes back what was changed for a time; the audit log says so.%s",
			       ours > 0 ? "cancels what runs on the server and " : "", goes_on);
	else if (ours > 0)
		(void)snprintf(d->effect, sizeof d->effect,
			       "Quitting cancels %s on the server and writes that to the audit log.%s",
			       n == 1     ? "it"
			       : aws == 0 ? "them"
					  : "what runs",
			       goes_on);
	else
		(void)snprintf(d->effect, sizeof d->effect, "%s no longer watched; AWS goes on with %s.",
			       n == 1 ? "It is" : "They are", n == 1 ? "it" : "them");
	return EFFECT_PAINT;
}

void jobs_leave(struct ui *ui, int64_t within_us)
{
	struct operations_state *st = operate_state(ui);

	st->leaving = true;
	st->selected = 0;
	for (size_t i = 0; i < JOBS_MAX; i++)
		st->jobs[i].cancelling |= st->jobs[i].command != NULL;
	commands_leave(runtime_commands(ui->rt), within_us);
	ui->dialog.open = false;
	if (jobs_running(ui) > 0)
		ui->overlay = OVERLAY_JOBS;
}

bool jobs_leaving(const struct ui *ui)
{
	return ui->operations && ui->operations->leaving;
}

/* ---- keys ---- */

int jobs_key(struct ui *ui, uint32_t key)
{
	struct operations_state *st = operate_state(ui);
	const struct job *selected = jobs_nth(ui, st->selected);

	if (key == 'a')
		return jobs_adopt(ui);
	if (key == 'D' && selected)
		return operate_drop_left(ui, selected);
	switch (action_of_key(key)) {
	case ACTION_DOWN:
		st->selected += jobs_nth(ui, st->selected + 1) != NULL;
		return EFFECT_PAINT;
	case ACTION_UP:
		st->selected -= st->selected > 0;
		return EFFECT_PAINT;
	case ACTION_CANCEL_JOB:
		return jobs_cancel(ui);
	case ACTION_BACK:
	case ACTION_QUIT:
	case ACTION_DETAIL:
		ui->overlay = OVERLAY_NONE;
		return EFFECT_PAINT;
	default:
		return EFFECT_NONE;
	}
}
