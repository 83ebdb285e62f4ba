/*
 * operate_impl.h: the inside of the preview, shared by the operate*.c only.
 */
#ifndef UI_OPERATE_IMPL_H
#define UI_OPERATE_IMPL_H

#include "ui/operate.h"

struct operate_view {
	const struct operation *op; /* NULL: nothing is open */
	char node[64], database[64], object[300];
	int64_t pid, backend_start_at, oid, blocks;
	struct command *command;        /* the preview, while it is looked for */
	const struct snapshot *preview; /* NULL while there is none */
	struct err refused;             /* why there is none */
	char word[130], statement[700];
	int tier;
	bool cannot;       /* the preview holds a refusal */
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
	size_t selected; /* in the overlay, newest first */
};

/* How a row of operation_type is signed. */
enum severity operate_severity(int64_t severity);
/* Running jobs against the newest samples: one that holds up too many, or a database too busy, is cancelled. */
void operate_watch(struct ui *ui);
/* A new job begins to be watched, by the policy of its target. */
void operate_watch_begin(struct ui *ui, struct job *j);
/* The name is typed completely. */
bool operate_is_named(const struct operate_view *v);

#endif
