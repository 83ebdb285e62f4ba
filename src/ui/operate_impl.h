/*
 * operate_impl.h: the inside of the preview, shared by the operate*.c only.
 */
#ifndef UI_OPERATE_IMPL_H
#define UI_OPERATE_IMPL_H

#include "ui/operate.h"

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
	struct command *command;        /* the preview, while it is looked for */
	const struct snapshot *preview; /* NULL while there is none */
	struct err refused;             /* why there is none */
	char word[260];
	struct str statement; /* of the preview */
	int tier;
	bool cannot;           /* the preview holds a refusal */
	char offers[32];       /* what O would set aside ("window", "window storage"), "" = nothing */
	char override[32];     /* what was set aside, an argument of the preview and of the run */
	int64_t metrics_at_us; /* of the metrics that the preview saw, 0 = none */
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
};

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
/* Key while that question is open. Returns effects; *ret_given when the value stands. */
int operate_value_key(struct operate_view *v, uint32_t key, bool *ret_given);
/* Offers to take back what an earlier console of this host left behind, once for each target. */
void operate_offer_left(struct ui *ui);
/* While a job runs: how long there was no sample, the time for which the database could not be asked. */
void operate_watch_outage(const struct ui *ui, struct job *j);

/* How a row of operation_type is signed. */
enum severity operate_severity(int64_t severity);
/* Running jobs against the newest samples: one that holds up too many, or a database too busy, is cancelled. */
void operate_watch(struct ui *ui);
/* A new job begins to be watched, by the policy of its target. */
void operate_watch_begin(struct ui *ui, struct job *j);
/* The name is typed completely. */
bool operate_is_named(const struct operate_view *v);

#endif
