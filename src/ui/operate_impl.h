/*
 * operate_impl.h: the inside of the preview, shared by the operate*.c only.
 */
#ifndef UI_OPERATE_IMPL_H
#define UI_OPERATE_IMPL_H

#include "runtime/command.h"
#include "ui/operate.h"

struct page;

/* Pairs of oids, so many as a preview takes at a time. */
#define OPERATE_INDEXES_MAX 2400

struct operate_view {
	const struct operation *op; /* NULL: nothing is open */
	char node[64], database[64], object[300];
	int64_t pid, backend_start_at, oid, blocks, prepared_at;
	enum operation_scope scope;        /* of operations on tables */
	int64_t of;                        /* oid of the schema or index, as the preview found it */
	char table[300];                   /* the selected one, while more than it is meant; "" = none was selected */
	char indexes[OPERATE_INDEXES_MAX]; /* the invalid ones that are meant, "" = all */
	char id[260];                      /* what AWS calls it; of a prepared transaction, its gid */
	int64_t admits;
	bool asking; /* the operation wants a value before anything is looked at */
	char value[260];
	int64_t given_us;               /* when it was given, wall */
	char why[240];                  /* about the value that is proposed, or why none is; "" = nothing to say */
	struct command *command;        /* the preview, while it is looked for */
	const struct snapshot *preview; /* NULL while there is none */
	struct err refused;             /* why there is none */
	/* What the database tells beside a preview of AWS: its command, its rows, or why there are none. */
	struct command *beside_command;
	const struct snapshot *beside;
	struct err beside_refused;
	char word[260];
	struct str statement; /* of the preview */
	int tier;
	bool cannot;               /* the preview holds a refusal */
	size_t choices;            /* that the preview gives, for keys from 1 on */
	char offers[32];           /* what O would set aside ("window", "window storage"), "" = nothing */
	char override[32];         /* what was set aside, an argument of the preview and of the run */
	int64_t metrics_at_us;     /* of the metrics that the preview saw, 0 = none */
	struct operate_many *many; /* the tagged sessions; NULL: one target */
	struct prompt field;
	int64_t typed_mono_us;
	bool named; /* the name stands and Enter was pressed: tier 3 waits for D */
};

#define LEFT_MAX 8 /* notes of killed consoles that are looked at, for one target after another */
_Static_assert(LEFT_MAX + COMMANDS_LASTING_MAX + COMMANDS_BRIEF_MAX < JOBS_MAX, "a new job always finds a place");

/* The note that is being looked at. */
struct left_look {
	struct command *command; /* NULL: none is */
	const struct operation *op;
	uint64_t generation;
	int64_t number, process, began_us;
	char id[64], object[300], database[64];
};

struct operations_state {
	struct operate_view view;
	struct job jobs[JOBS_MAX]; /* ring */
	int64_t last_number;
	size_t selected; /* in the overlay, newest first */
	struct left_look look;
	char looked[LEFT_MAX][64]; /* ids, each once */
	size_t nlooked;
	uint64_t left_seen; /* generation of the target whose notes were all looked at, 0 = none */
	uint64_t offered;   /* generation of the target for which it was looked what was left behind, 0 = none */
	bool leaving;       /* nothing new is begun any more */
	size_t left_told;   /* how many leases were left behind when it was last told */
};

/* Made at first use. */
struct operations_state *operate_state(struct ui *ui);

/* ---- operate_preview.c: what is known before it is answered ---- */

/* Room for the digits of arguments, as long as these are used. */
struct operate_numbers {
	char pid[24], backend_start[24], oid[24], of[24], blocks[24], admits[24], given[24], prepared[24], tier[24],
		job[24];
};

/* Arguments of the preview and of the run, in `args` (COMMAND_ARGS_MAX); returns how many. */
size_t operate_fill_args(const struct operate_view *v, struct command_arg *args, struct operate_numbers *room);
void operate_add_number(struct command_arg *args, size_t *n, const char *name, int64_t value, char out[24]);
/* Opens the overlay and begins to look. Returns effects. */
int operate_look_at(struct ui *ui);
/* Looks again, with what forbids it set aside; what that costs is in the new preview. */
int operate_set_aside(struct ui *ui);
/* Looks again, at the one of the preview's choices that the digit stands for. */
int operate_choose(struct ui *ui, uint32_t key);
/* After data arrived: takes what has been found out. */
void operate_follow_preview(struct ui *ui);
/* Forgets what is open. */
void operate_close(struct ui *ui);

/* ---- operate_jobs.c: what follows the start ---- */

/* Its row in the source "progress", -1 = it has none. */
long operate_progress_row(const struct ui *ui, const struct job *j);
/* A free slot, or that of the oldest job that has ended; NULL: all of them run. */
struct job *operate_job_slot(struct operations_state *st);
/* Takes what its command has said, and its end. */
void operate_job_follow(struct ui *ui, struct job *j);

/* ---- operate_many.c: one operation on all tagged sessions ---- */

/* The session of a row: process, start, node. False: the row has none, or it is not known when it connected. */
bool operate_take_session(struct ui *ui, struct operate_view *v, const struct snapshot *s, size_t row);
/* Rows of sessions that are tagged in the pane; returns how many. */
size_t operate_tagged(const struct pane *p, size_t rows[OPERATION_MANY_MAX]);
/* Takes those rows over as the target of v. */
void operate_many_take(struct ui *ui, struct operate_view *v, const struct snapshot *s, const size_t *rows, size_t n);
/* The preview of the next node begins; false when there is none left. On failure v->refused. */
bool operate_many_look(struct ui *ui, struct operate_view *v);
/* A node has answered (s; NULL = given up): the next is asked. True: all have; then *ret_all is what they say, the
 * caller's to release, or NULL with v->refused. */
bool operate_many_looked(struct ui *ui, struct operate_view *v, const struct snapshot *s,
			 const struct snapshot **ret_all);
/* What was previewed was confirmed, and is to run. */
void operate_many_confirm(struct operate_many *m, struct str statement, int tier);
/* The run on the next node begins, as j->command; false when there is none left, or none can be begun (err). */
bool operate_many_run(struct ui *ui, struct job *j, struct err *err);
/* The command of a node has ended: counts, and begins the next. False when that was the last: then the outcome is
 * there. */
bool operate_many_goes_on(struct ui *ui, struct job *j);
void operate_many_free(struct operate_many *m);

/* ---- operate_left.c: what a killed console has left running ---- */

/* Looks at the notes, one after the other; what runs on becomes a job. */
void operate_find_jobs(struct ui *ui);
/* It runs on, and nobody follows it. */
bool operate_is_left(const struct job *j);
/* Follows it, or has it cancelled. Returns effects. */
int operate_adopt(struct ui *ui, struct job *j, bool cancel);

/* Closes what is open and looks at v instead. Returns effects. */
int operate_show(struct ui *ui, const struct operate_view *v);
/* The console is read-only: said, and true. */
bool operate_is_forbidden(struct ui *ui, const struct operation *op);

/* ---- operate_scope.c: operations on tables, of more or less than the selected one ---- */

/* What Tab turns to from here: the schema of the selected table, the database, the table again. False: to nothing. */
bool operate_wider(const struct operate_view *v, enum operation_scope *ret_scope);
int operate_widen(struct ui *ui);
/* D in the list of jobs: the preview of dropping what the job has left behind. Returns effects. */
int operate_drop_left(struct ui *ui, const struct job *j);

/* ---- operate_aws.c: what only operations of AWS need ---- */

/* What the operation acts on, from the selected row and from what is known of the cluster. False: nothing there;
 * *ret_view is where to choose it. */
bool operate_take_aws(struct ui *ui, struct operate_view *v, const struct snapshot *s, long row, const char **ret_view);
/* Opens the question for the operation's value, with what is most likely meant. */
void operate_ask_value(struct ui *ui, struct operate_view *v);
/* A value that is a name is what it is about; any other one stands beside what it is of. */
void operate_name_object(struct operate_view *v);
/* Key while that question is open. Returns effects; *ret_given when the value stands. */
int operate_value_key(struct operate_view *v, uint32_t key, bool *ret_given);
/* While a job runs: how long there was no sample, the time for which the database could not be asked. */
void operate_watch_outage(const struct ui *ui, struct job *j);

/* ---- operate_left_leases.c: what was changed for a time and not taken back ---- */

/* After data arrived: tells of it, and offers to take back what a console of this host left, once for each target. */
void operate_find_leases(struct ui *ui);
/* The operation that takes back what this host left of the open target; NULL: nothing is known to be left. */
const struct operation *operate_restore_of(const struct ui *ui);
/* The section of :jobs; nothing when there is none. Returns the line after it. */
int operate_draw_leases(const struct ui *ui, struct page *page);

/* ---- operate_tail.c: what a slow log brings while it is lent ---- */

/* It is in force: Logs stands ready for its lines. False: the job is another one, or it failed. */
bool operate_tail_begin(struct ui *ui, struct job *j);
/* After data arrived: counts what has matched. */
void operate_tail(struct ui *ui);
void operate_draw_tail(struct pen *pen, const struct job *j);

/* How a row of operation_type is signed. */
enum severity operate_severity(int64_t severity);
/* Running jobs against the newest samples: one that holds up too many, or a database too busy, is cancelled. */
void operate_watch(struct ui *ui);
/* A new job begins to be watched, by the policy of its target. */
void operate_watch_begin(struct ui *ui, struct job *j);
/* "session 4711 (orders_app, orders-api)": whom the job waits for, as the samples know it. */
void operate_waits_for_words(const struct ui *ui, const struct job *j, char *out, size_t size);
/* The name is typed completely. */
bool operate_is_named(const struct operate_view *v);

#endif
