/*
 * operate_tail.c: while a slow log is lent, what it brings.
 *
 * Once it is in force Logs stands ready: slow statements of at least its threshold, its role and its database, at the
 * newest. What has matched since then is counted from the log as it is read for that view, so the two agree; where no
 * log can be read, or the lines since then are more than are kept, the count says so instead of being wrong.
 */
#include "base/clock.h"
#include "model/slow_log.h"
#include "ui/jump.h"
#include "ui/operate_impl.h"
#include "ui/panes/logs_merge.h"

#include <stdio.h>

static bool wish_of(const struct job *j, struct slow_log_wish *ret_wish)
{
	return slow_log_is(j->op->name) && slow_log_read(j->op->name, str_c(j->value), ret_wish);
}

/* Now, by the clock that stamps the log, which may tell seconds alone. */
static int64_t server_now(const struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "sessions");
	int64_t now = ui->now_us + (s && s->server_at_us ? s->server_at_us - s->at_us : 0);

	return now / US_PER_S * US_PER_S;
}

bool operate_tail_begin(struct ui *ui, struct job *j)
{
	struct slow_log_wish wish;

	if (j->severity != SEV_OK || !wish_of(j, &wish))
		return false;
	j->in_force_us = server_now(ui);
	jump_prepare_slow_log(ui, &wish);
	return true;
}

static bool matches(const struct snapshot *s, size_t row, const struct slow_log_wish *wish)
{
	/* a plan stands beside its statement, which counts already */
	return str_eq_c(data_str(s, row, "kind"), "slow") && data_str(s, row, "plan").len == 0 &&
	       data_i64(s, row, "duration_us", -1) >= wish->ms * US_PER_MS &&
	       (wish->role.len == 0 || str_eq(data_str(s, row, "user"), wish->role)) &&
	       (wish->database.len == 0 || str_eq(data_str(s, row, "database"), wish->database));
}

static void count(const struct ui *ui, struct job *j, const struct slow_log_wish *wish)
{
	const struct snapshot *logs[2];
	size_t n = 0;

	logs_of(ui, logs);
	for (int k = 0; k < 2; k++) {
		size_t i = logs[k] ? logs[k]->nrows : 0;

		j->log_read |= logs[k] != NULL;
		for (; i > 0 && data_i64(logs[k], i - 1, "at", 0) >= j->in_force_us; i--)
			n += matches(logs[k], i - 1, wish);
		/* all lines that are kept are of the lease: older ones may have been, too */
		j->logged_more |= logs[k] && logs[k]->nrows > 0 && i == 0;
	}
	j->logged = n > j->logged ? n : j->logged;
}

void operate_tail(struct ui *ui)
{
	struct slow_log_wish wish;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &ui->operations->jobs[i];

		/* the log of another cluster tells nothing of it */
		if (j->command && j->in_force_us && j->generation == runtime_target(ui->rt)->generation &&
		    wish_of(j, &wish))
			count(ui, j, &wish);
	}
}

bool operate_tails(const struct ui *ui)
{
	for (size_t i = 0; ui->operations && i < JOBS_MAX; i++)
		if (ui->operations->jobs[i].command && slow_log_is(ui->operations->jobs[i].op->name))
			return true;
	return false;
}

void operate_draw_tail(struct pen *pen, const struct job *j)
{
	if (!j->in_force_us)
		return;
	if (!j->log_read)
		pen_text(pen, ROLE_MUTED, "  its lines are not counted: 9 says why");
	else
		pen_textf(pen, ROLE_FG, "  %zu%s line%s logged", j->logged, j->logged_more ? " or more" : "",
			  j->logged == 1 && !j->logged_more ? "" : "s");
}
