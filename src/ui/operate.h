/*
 * operate.h: from a key to a change: preview, confirmation, job, outcome.
 *
 * operate_begin() takes its target from the focused pane's selected row, or, for what acts on sessions, from all that
 * are tagged there, and asks the database layer what the operation would meet; the overlay shows it. Tier 1 is answered
 * with y or n; from tier 2 on the object's name is typed and Enter pressed, at least ENTER_REST_US after the last
 * letter; tier 3 wants D as well. What only a closed maintenance window forbids, or room that is short or not known,
 * can be looked at again with O, that set aside. Tab turns an operation on a table to its schema and to the database.
 * Pasted text is no answer. What was confirmed runs exactly once, as a job: it goes on when the view changes, and
 * quitting asks. What a console that was killed has left running is offered at the next start (operate_left.c). UI
 * thread only.
 */
#ifndef UI_OPERATE_H
#define UI_OPERATE_H

#include "model/operation.h"
#include "model/policy.h"
#include "runtime/command.h"
#include "ui/ui.h"

/* All that run and all that a killed console has left find a place (operate_impl.h). */
#define JOBS_MAX 20
#define ENTER_REST_US (300 * US_PER_MS)

/* How many samples in a row were over a limit of the policy, the newest of them that was counted. */
struct job_streak {
	int64_t at_us;
	int n;
};

struct job {
	int64_t number;      /* 0 = free */
	char left[64];       /* id of its note, when a console that was killed has begun it; "" = this one has */
	int64_t named;       /* that console's number for it, in its application_name */
	uint64_t generation; /* of the target it was started on */
	const struct operation *op;
	char object[300];
	enum operation_scope scope; /* what it was asked for, so that what it leaves behind is found again */
	int64_t oid;
	char node[64], database[64], value[260];
	int64_t in_force_us;       /* a slow log: since when, by the server's clock; 0 = not yet, or another job */
	size_t logged;             /* lines that have matched since */
	bool logged_more;          /* older ones are no longer kept */
	bool log_read;             /* there is a log to count in */
	struct command *command;   /* NULL once it has ended */
	struct operate_many *many; /* of several sessions: which, and what came of them; NULL = one target */
	const struct snapshot *rows;
	int64_t began_us, ended_us; /* ended 0 = runs */
	int64_t pid;                /* of its server process, 0 = not known yet */
	char phase[64];             /* of AWS, "" = none */
	double done;                /* of AWS, NaN = not told */
	char unknown[200];          /* why nobody knows what becomes of it, while that is looked up; "" = it is known */
	int64_t waiting_us;         /* since when it waits for another transaction, by the samples; 0 = it does not */
	int64_t waits_for;          /* that session's process, 0 = the server does not say */
	bool waits_told;
	/* Last sample of the sessions, or since when one is waited for; longest time between two; the same or the one
	 * that lasts still, 0 while it is the sampler's own rhythm. Watched until a sample has come after the end. */
	int64_t sampled_us, gap_us, outage_us;
	bool outage_over;
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
/*
 * The same of an index, a schema or the database by name, as the palette has it: "vacuum schema NAME". Of an operation
 * on tables; the name of a database may be "": the one that is connected.
 */
int operate_begin_on(struct ui *ui, const struct operation *op, enum operation_scope scope, struct str name);
/* What such words ask for; the name may be "". False: they are none. */
bool operate_parse(struct str typed, const struct operation **ret_op, enum operation_scope *ret_scope,
		   struct str *ret_name);
/* Puts a value that was typed with the operation's name into the question that is open; without one it does nothing. */
void operate_suggest(struct ui *ui, struct str value);
/* How many indexes the job has left behind, invalid. */
size_t job_left(const struct job *j);
/* The selected row is one that the action of the group "Change" acts on. */
bool operate_has_target(const struct ui *ui, int action);
/* The same, or what is selected stands for what the action changes: a snapshot for its cluster, a line of the log for
 * what is logged. */
bool operate_fits(const struct ui *ui, int action);
/* Whom an action on sessions would act on: "4711", "3 tagged". False: it is about none, or about no session. */
bool operate_aim(const struct ui *ui, int action, char out[32]);
/* Effects of a key while the preview is open. */
int operate_key(struct ui *ui, uint32_t key);
/* How many leases nobody has taken back, of this host and of others. */
size_t leases_left(const struct ui *ui);
/* A slow log is lent: the log's sources are wanted. */
bool operate_tails(const struct ui *ui);
/* After data arrived: previews, notices, outcomes. */
void operate_follow(struct ui *ui);
/* Notes of maintenance that a killed console has left are still to be looked at: the source "jobs" is wanted. */
bool operate_looks_for_jobs(const struct ui *ui);
/* Jobs of a killed console that run on and that nobody follows yet. */
size_t jobs_left(const struct ui *ui);
/* Follows one of them until it ends: the selected one, or the only one. Returns effects. */
int jobs_adopt(struct ui *ui);
void operate_draw(struct ui *ui, struct canvas *c);
/* The overlay `:jobs`. */
void jobs_draw(struct ui *ui, struct canvas *c);
int jobs_key(struct ui *ui, uint32_t key);
/* X: asks whether the running job that is selected, or the only one, is to be cancelled. Returns effects. */
int jobs_cancel(struct ui *ui);
size_t jobs_running(const struct ui *ui);
/* Share done of a running job, by pg_stat_progress_* or by AWS, NaN = no measure; its words go to phase. */
double jobs_progress(const struct ui *ui, const struct job *j, struct str *ret_phase);
/* Time left in the present phase of a running job, at the pace seen so far; -1 = not known. */
int64_t jobs_left_us(const struct ui *ui, const struct job *j);
/* The console is being left: what runs is cancelled, or taken back, within so long; the list of jobs shows it. */
void jobs_leave(struct ui *ui, int64_t within_us);
bool jobs_leaving(const struct ui *ui);
/* Newest first; NULL past the end. */
const struct job *jobs_nth(const struct ui *ui, size_t n);
/* q: at once, or after a question when a job runs. Returns effects. */
int operate_quit(struct ui *ui);
void operate_release(struct ui *ui);

#endif
