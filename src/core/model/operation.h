/*
 * operation.h: the one table of what the console may change.
 *
 * operations.def is the master copy: name, target, tier, statement, lock, effect, undo. The
 * dialogs, the audit log and the database layer read it; the keys are in the UI's actions.def,
 * whose rows of the group "Change" have the same names, but for those of OPERATION_ASKS. Pure; any thread.
 */
#ifndef MODEL_OPERATION_H
#define MODEL_OPERATION_H

#include "base/buf.h"
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

/* What an operation on tables is asked of: one, one index, all of a schema, or all of the database. */
enum operation_scope { SCOPE_TABLE, SCOPE_INDEX, SCOPE_SCHEMA, SCOPE_DATABASE, SCOPE__COUNT };

/* safety.md 4 */
enum operation_tier { TIER_READ_ONLY, TIER_REVERSIBLE, TIER_DISRUPTIVE, TIER_DESTRUCTIVE };

enum operation_flags {
	OPERATION_EXCLUSIVE = 1 << 0,  /* the table is locked against reads, too */
	OPERATION_SORTS = 1 << 1,      /* needs room for sorting and for a new copy */
	OPERATION_CONCURRENT = 1 << 2, /* waits for old transactions by design; may leave invalid indexes */
	OPERATION_ENDS = 1 << 3,       /* of sessions: the session itself, not its statement */
	OPERATION_OWNED = 1 << 4,      /* the owner of the database may not: the table must be ours */
	OPERATION_LEASE = 1 << 5,      /* holds for a time and is then taken back */
	OPERATION_VACUUMS = 1 << 6, /* may give empty pages at a table's end back, which cancels queries on readers */
	OPERATION_INDEXES = 1 << 7, /* rebuilds indexes and nothing else: one alone, too */
	OPERATION_DROPS = 1 << 8,   /* invalid indexes: of what is asked, or those that are named by oid */
};

struct operation {
	const char *name;  /* "vacuum full": palette and audit log */
	const char *title; /* "VACUUM FULL" */
	enum operation_target target;
	enum operation_tier tier;
	uint32_t flags;
	const char *statement; /* with one %s for the quoted relation, or what stands for it, and what else
				* operations.def says; of sessions, the name of its file in db/sql; of AWS, the call,
				* as "rds:RebootDBInstance" */
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
/* Can it be asked of that? Of tables alone; indexes are for those that rebuild them. */
bool operation_takes(const struct operation *op, enum operation_scope scope);
/* "table", "index", "schema", "database". */
const char *operation_scope_word(enum operation_scope scope);
/* By that word; SCOPE_TABLE for any other. */
enum operation_scope operation_scope_find(struct str word);
/* "reversible", "disruptive", "destructive". */
const char *operation_tier_word(enum operation_tier tier);

/*
 * What the commands that preview and run an operation answer: rows in order. kind says what a row is: statement (will
 * be sent), fact (label and text), check (severity), refuse (it cannot be done: why), override (the refusals can be set
 * aside: text is the argument of that name that does it), choice (one of those that have to be chosen from: text is the
 * argument `value` that does it), waits for (label is the process of a transaction that it would wait for, text whose
 * it is), word (to be typed), tier (as it is here: may be higher than the table's), object (what it acts on, as the
 * audit log has it), oid (of the schema or index that was looked at), process (server process of a job), phase and done
 * (where a job is, and how much of it is done, 0 to 1), unknown (why nobody knows what becomes of the job, while that
 * is looked up; "" = it is known again), notice (of the server), left (an invalid index that a stopped job has left:
 * label is its oid and its table's, "16450/16400"), outcome (the last row of a run; severity says how it went).
 */
enum operation_severity { OPERATION_OK, OPERATION_NOTICE, OPERATION_WARNING, OPERATION_CRITICAL };
struct operation_row {
	uint64_t present;
	int64_t number;
	struct str kind, label, text;
	int64_t severity;
};
extern const struct rec_type operation_type;
/*
 * One operation on several sessions: as many as that at most. Its preview has a row `session` for each that would be
 * signalled and a row `left out` for each that would not (label is the process, text who it is and why not); its run
 * has rows `count` (label is a member of this, text the number), and each session has its own lines in the audit log.
 */
#define OPERATION_MANY_MAX 200
struct operation_sum {
	int64_t ended; /* the session, or its statement */
	int64_t gone;  /* before it could be signalled */
	int64_t still; /* signalled, and there all the same */
	int64_t failed;
	int64_t left;   /* out: what it is now may not be touched */
	int64_t unsent; /* given up before it was their turn */
};
/* Adds a row `count`; one of another label is nothing. */
void operation_sum_add(struct operation_sum *sum, struct str label, int64_t n);
/* Its outcome, in words that audit_severity() knows: "done: 3 ended, 1 was gone before". ends: sessions, not their
 * statements. Returns how it went. */
enum operation_severity operation_sum_words(const struct operation_sum *sum, bool ends, struct buf *out);

/* The id of the error of a run that would not be what was previewed. */
#define OPERATION_CHANGED "operation-changed"

#endif
