/*
 * operation.h: the one table of what the console may change.
 *
 * operations.def is the master copy: name, target, tier, statement, lock, effect, undo. The
 * dialogs, the audit log and the database layer read it; the keys are in the UI's actions.def,
 * whose rows of the group "Change" have the same names, but for those of OPERATION_ASKS. Pure; any thread.
 */
#ifndef MODEL_OPERATION_H
#define MODEL_OPERATION_H

#include "base/str.h"
#include "model/rec.h"

/* Up to prepared transactions they are the database's; the rest is asked of AWS. */
enum operation_target {
	OPERATION_SESSION,
	OPERATION_TABLE,
	OPERATION_SERVER,   /* the one that is connected; nothing is selected */
	OPERATION_PREPARED, /* transaction */
	OPERATION_CLUSTER,
	OPERATION_INSTANCE,
	OPERATION_SNAPSHOT,
	OPERATION_GROUP, /* VPC security group */
	OPERATION_RULE   /* of one */
};

/* Bytes of what would be sent, as it is shown and compared; a longer one is refused. */
#define OPERATION_STATEMENT_MAX 1400

/* safety.md 4 */
enum operation_tier { TIER_READ_ONLY, TIER_REVERSIBLE, TIER_DISRUPTIVE, TIER_DESTRUCTIVE };

enum operation_flags {
	OPERATION_EXCLUSIVE = 1 << 0,  /* the table is locked against reads, too */
	OPERATION_SORTS = 1 << 1,      /* needs room for sorting and for a new copy */
	OPERATION_CONCURRENT = 1 << 2, /* waits for old transactions by design; may leave invalid indexes */
	OPERATION_ENDS = 1 << 3,       /* of sessions: the session itself, not its statement */
	OPERATION_OWNED = 1 << 4,      /* the owner of the database may not: the table must be ours */
	OPERATION_LEASE = 1 << 5,      /* holds for a time and is then taken back */
};

struct operation {
	const char *name;  /* "vacuum full": palette and audit log */
	const char *title; /* "VACUUM FULL" */
	enum operation_target target;
	enum operation_tier tier;
	uint32_t flags;
	const char *statement; /* with one %s for the quoted relation, or what stands for it; of sessions, the name of
				* its file in db/sql; of AWS, the call, as "rds:RebootDBInstance" */
	const char *lock;      /* its lock mode, "" = none */
	const char *effect;    /* what it means for others, a sentence */
	const char *undo;      /* what takes it back, a sentence */
	const char *asks;      /* the value it wants first, with its form in words; NULL = none */
};

extern const struct operation operations[];
extern const size_t noperations;
/* NULL: there is none. */
const struct operation *operation_find(struct str name);
/* Is AWS asked for it, and not the database? */
bool operation_is_aws(const struct operation *op);
/* It keeps others waiting for as long as it takes: for a maintenance window, where one is set. */
bool operation_needs_window(const struct operation *op);
/* "reversible", "disruptive", "destructive". */
const char *operation_tier_word(enum operation_tier tier);

/*
 * What the commands that preview and run an operation answer: rows in order. kind says what a row is: statement (will
 * be sent), fact (label and text), check (severity), refuse (it cannot be done: why), override (the refusal can be set
 * aside: text is the argument of that name that does it), choice (one of those that have to be chosen from: text is the
 * argument `value` that does it), word (to be typed), tier (as it is here: may be higher than
 * the table's), process (server process of a job), phase and done (where a job is, and how much of it is done, 0 to 1),
 * notice (of the server), outcome (the last row of a run; severity says how it went).
 */
enum operation_severity { OPERATION_OK, OPERATION_NOTICE, OPERATION_WARNING, OPERATION_CRITICAL };
struct operation_row {
	uint64_t present;
	int64_t number;
	struct str kind, label, text;
	int64_t severity;
};
extern const struct rec_type operation_type;
/* The id of the error of a run that would not be what was previewed. */
#define OPERATION_CHANGED "operation-changed"

#endif
