/*
 * operate_watch.c: a job that does more harm than good is cancelled by itself.
 *
 * The policy of the target it was started on says how many sessions may wait behind it, and how
 * many may be active in the database (model/policy.h). Each sample counts once, and only samples
 * from after its start; SAMPLES in a row must be over a limit, so that a queue that dissolves
 * by itself stops nothing. The job is told to stop as X does it, and why: its outcome says so
 * here, under :jobs and in the audit log.
 *
 * Without samples nothing is stopped: while the console is paused, and while another
 * cluster is open, where the same process number is somebody else's.
 */
#include "ui/operate_impl.h"

#include <stdio.h>

#define SAMPLES 3
#define WAITS_LONG_US US_PER_MIN

void operate_watch_begin(struct ui *ui, struct job *j)
{
	const struct target *t = runtime_target(ui->rt);

	j->policy = target_policy(t);
	j->waiters.at_us = j->load.at_us = j->began_us;
	(void)snprintf(j->cluster, sizeof j->cluster, "%s", t->cluster);
}

/* True when this sample, not counted before, is one too many. */
static bool is_too_many(struct job_streak *s, int64_t at_us, bool over)
{
	if (at_us <= s->at_us)
		return false;
	s->at_us = at_us;
	s->n = over ? s->n + 1 : 0;
	return s->n >= SAMPLES;
}

static void stop(struct ui *ui, struct job *j)
{
	j->cancelling = true;
	command_cancel_because(j->command, j->stopped);
	ui_toast(ui, SEV_WARN, "job %lld is being %s", (long long)j->number, j->stopped);
}

/* The job's own session in a sample, or -1. On another node its number is somebody else's. */
static long own_row(const struct snapshot *s, const struct job *j)
{
	char name[64];

	(void)snprintf(name, sizeof name, "auroratop job %lld", (long long)(j->left[0] ? j->named : j->number));
	for (size_t i = 0; i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == j->pid && str_eq_c(data_str(s, i, "application"), name))
			return (long)i;
	return -1;
}

/* Sessions that wait behind the job's process. */
static int64_t waiting_behind(const struct snapshot *s, const struct job *j)
{
	long row = own_row(s, j);

	return row < 0 ? 0 : data_i64(s, (size_t)row, "blocks", 0);
}

static void watch_waiters(struct ui *ui, struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "sessions");
	int64_t limit = j->policy->stop_waiters, n;

	if (!s || limit <= 0)
		return;
	n = waiting_behind(s, j);
	if (!is_too_many(&j->waiters, s->at_us, n > limit))
		return;
	(void)snprintf(j->stopped, sizeof j->stopped, "stopped by itself: %lld sessions waited behind it (limit %lld)",
		       (long long)n, (long long)limit);
	stop(ui, j);
}

static void watch_load(struct ui *ui, struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "load");
	double limit = j->policy->stop_load, total;

	if (!s || s->nrows == 0 || limit <= 0)
		return;
	total = data_f64(s, s->nrows - 1, "total");
	if (!is_too_many(&j->load, data_i64(s, s->nrows - 1, "sampled_at", 0), total > limit))
		return;
	(void)snprintf(j->stopped, sizeof j->stopped, "stopped by itself: %.4g sessions were active (limit %g)", total,
		       limit);
	stop(ui, j);
}

/* ---- what it waits for ---- */

void operate_waits_for_words(const struct ui *ui, const struct job *j, char *out, size_t size)
{
	const struct snapshot *s = store_good(ui->store, "sessions");
	long own = s ? own_row(s, j) : -1;

	if (j->waits_for == 0) {
		(void)snprintf(out, size, "open transactions");
		return;
	}
	(void)snprintf(out, size, "session %lld", (long long)j->waits_for);
	for (size_t i = 0; own >= 0 && i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == j->waits_for &&
		    str_eq(data_str(s, i, "node"), data_str(s, (size_t)own, "node")))
			(void)snprintf(out, size, "session %lld (" STR_FMT ", " STR_FMT ")", (long long)j->waits_for,
				       STR_ARG(data_str(s, i, "user")), STR_ARG(data_str(s, i, "application")));
}

/* A concurrent rebuild waits without limit, which is easily forgotten. */
static void watch_phase(struct ui *ui, struct job *j)
{
	const struct snapshot *s = store_good(ui->store, "progress");
	long row = operate_progress_row(ui, j);
	char whom[300];

	if (row < 0 || !str_starts(data_str(s, (size_t)row, "phase"), STR("waiting for "))) {
		j->waiting_us = 0;
		j->waits_told = false;
		return;
	}
	j->waits_for = data_i64(s, (size_t)row, "locker_pid", 0);
	if (j->waiting_us == 0)
		j->waiting_us = s->at_us;
	if (j->waits_told || s->at_us - j->waiting_us < WAITS_LONG_US)
		return;
	j->waits_told = true;
	operate_waits_for_words(ui, j, whom, sizeof whom);
	ui_toast(ui, SEV_WARN, "job %lld has waited for a minute, for %s; :jobs", (long long)j->number, whom);
}

void operate_watch(struct ui *ui)
{
	const char *cluster = runtime_target(ui->rt)->cluster;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &ui->operations->jobs[i];

		if (!j->command || j->pid == 0 || strcmp(j->cluster, cluster) != 0)
			continue;
		watch_phase(ui, j);
		if (!j->cancelling)
			watch_waiters(ui, j);
		if (!j->cancelling)
			watch_load(ui, j);
	}
}
