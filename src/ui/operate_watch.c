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

/* Sessions that wait behind the job's process in a sample. On another node its number is somebody else's. */
static int64_t waiting_behind(const struct snapshot *s, const struct job *j)
{
	char name[64];

	(void)snprintf(name, sizeof name, "auroratop job %lld", (long long)(j->left[0] ? j->named : j->number));
	for (size_t i = 0; i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == j->pid && str_eq_c(data_str(s, i, "application"), name))
			return data_i64(s, i, "blocks", 0);
	return 0;
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

void operate_watch(struct ui *ui)
{
	const char *cluster = runtime_target(ui->rt)->cluster;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &ui->operations->jobs[i];

		if (!j->command || j->pid == 0 || strcmp(j->cluster, cluster) != 0)
			continue;
		if (!j->cancelling)
			watch_waiters(ui, j);
		if (!j->cancelling)
			watch_load(ui, j);
	}
}
