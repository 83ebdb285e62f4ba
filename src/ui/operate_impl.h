/*
 * operate_impl.h: the inside of the preview, shared by the operate*.c only.
 */
#ifndef UI_OPERATE_IMPL_H
#define UI_OPERATE_IMPL_H

#include "ui/operate.h"

struct page;

struct operate_view {
	const struct operation *op; /* NULL: nothing is open */
	char node[64], database[64], object[300];
	int64_t pid, backend_start_at, oid, blocks, prepared_at;
	char id[260]; /* what AWS calls it; of a prepared transaction, its gid */
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
	char word[260], statement[OPERATION_STATEMENT_MAX];
	int tier;
	bool cannot;       /* the preview holds a refusal */
	size_t choices;    /* that the preview gives, for keys from 1 on */
	char offers[16];   /* what O would set aside ("window"), "" = nothing */
	char override[16]; /* what was set aside, an argument of the preview and of the run */
	struct prompt field;
	int64_t typed_mono_us;
	bool named; /* the name stands and Enter was pressed: tier 3 waits for D */
};

struct operations_state {
	struct operate_view view;
	struct job jobs[JOBS_MAX]; /* ring */
	int64_t last_number;
	size_t selected;  /* in the overlay, newest first */
	uint64_t offered; /* generation of the target for which it was looked what was left behind, 0 = none */
	size_t left_told; /* how many leases were left behind when it was last told */
};

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

/* ---- operate_left.c: what was changed for a time and not taken back ---- */

/* After data arrived: tells of it, and offers to take back what a console of this host left, once for each target. */
void operate_look_for_left(struct ui *ui);
/* The operation that takes back what this host left of the open target; NULL: nothing is known to be left. */
const struct operation *operate_restore_of(const struct ui *ui);
/* The section of :jobs; nothing when there is none. Returns the line after it. */
int operate_draw_left(const struct ui *ui, struct page *page);

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
/* The name is typed completely. */
bool operate_is_named(const struct operate_view *v);

#endif
