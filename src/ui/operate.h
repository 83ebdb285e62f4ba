/*
 * operate.h: from a key to a change: preview, confirmation, job, outcome.
 *
 * operate_begin() takes its target from the focused pane's selected row and asks the database
 * layer what the operation would meet; the overlay shows it. Tier 1 is answered with y or n; from
 * tier 2 on the object's name is typed and Enter pressed, at least ENTER_REST_US after the last
 * letter; tier 3 wants D as well. What only a closed maintenance window forbids can be looked at again with O, the
 * window set aside. Pasted text is no answer. What was confirmed runs exactly once, as
 * a job: it goes on when the view changes, and quitting asks. UI thread only.
 */
#ifndef UI_OPERATE_H
#define UI_OPERATE_H

#include "model/operation.h"
#include "model/policy.h"
#include "runtime/command.h"
#include "ui/ui.h"

#define JOBS_MAX 12
#define ENTER_REST_US (300 * US_PER_MS)

/* How many samples in a row were over a limit of the policy, the newest of them that was counted. */
struct job_streak {
	int64_t at_us;
	int n;
};

struct job {
	int64_t number;      /* 0 = free */
	uint64_t generation; /* of the target it was started on */
	const struct operation *op;
	char object[300];
	char value[260];         /* that it asked for, "" = none */
	int64_t in_force_us;     /* a slow log: since when, by the server's clock; 0 = not yet, or another job */
	size_t logged;           /* lines that have matched since */
	bool logged_more;        /* older ones are no longer kept */
	bool log_read;           /* there is a log to count in */
	struct command *command; /* NULL once it has ended */
	const struct snapshot *rows;
	int64_t began_us, ended_us;    /* ended 0 = runs */
	int64_t pid;                   /* of its server process, 0 = not known yet */
	char phase[64];                /* of AWS, "" = none */
	double done;                   /* of AWS, NaN = not told */
	int64_t sampled_us, outage_us; /* last sample of the sessions; longest time without one */
	bool cancelling;
	enum severity severity;
	char outcome[640];
	char cluster[256]; /* it was started on */
	const struct policy *policy;
	struct job_streak waiters, load;
	char stopped[COMMAND_REASON_MAX]; /* why it was told to stop without being asked to, "" = was not */
};

/* Opens the preview of an operation on what is selected, or says why not. Returns effects. */
int operate_begin(struct ui *ui, const struct operation *op);
/* The selected row is one that the action of the group "Change" acts on. */
bool operate_has_target(const struct ui *ui, int action);
/* Effects of a key while the preview is open. */
int operate_key(struct ui *ui, uint32_t key);
/* How many leases nobody has taken back, of this host and of others. */
size_t operate_left(const struct ui *ui);
/* A slow log is lent: the log's sources are wanted. */
bool operate_tails(const struct ui *ui);
/* After data arrived: previews, notices, outcomes. */
void operate_follow(struct ui *ui);
void operate_draw(struct ui *ui, struct canvas *c);
/* The overlay `:jobs`. */
void jobs_draw(struct ui *ui, struct canvas *c);
int jobs_key(struct ui *ui, uint32_t key);
/* X: asks whether the running job that is selected, or the only one, is to be cancelled. Returns effects. */
int jobs_cancel(struct ui *ui);
size_t jobs_running(const struct ui *ui);
/* Share done of a running job, by pg_stat_progress_* or by AWS, NaN = no measure; its words go to phase. */
double jobs_progress(const struct ui *ui, const struct job *j, struct str *ret_phase);
/* Newest first; NULL past the end. */
const struct job *jobs_nth(const struct ui *ui, size_t n);
/* q: at once, or after a question when a job runs. Returns effects. */
int operate_quit(struct ui *ui);
void operate_release(struct ui *ui);

#endif
