/*
 * explain.h: the inside of the command `explain`, shared by cmd_explain.c and
 * explain_*.c only.
 *
 * The command plans one statement as the session that runs it would, in that session's
 * database, in a transaction that may not write and is rolled back, and executes nothing
 * of it (safety.md 5). Arguments: database, role, query_id, text, whole (1 = text is not
 * cut), pid, backend_start, query_start (of a session; microseconds), consent (1 = asked
 * and granted), fresh (1 = no captured plan). Its result is a snapshot of plan_type.
 */
#ifndef DB_EXPLAIN_H
#define DB_EXPLAIN_H

#include "db/conn.h"
#include "db/login.h"
#include "model/explainable.h"
#include "model/plan.h"
#include "runtime/command.h"

#define EXPLAIN_TEXT_MAX (1u << 20)
#define EXPLAIN_NOTE_MAX 600

struct explain {
	struct fetch *f;
	struct conn *conn;
	struct snapshot *plan; /* its arena holds all texts here */
	char database[64];     /* where to plan */
	char role[64];         /* whose session it is, "" = nobody's */
	bool acts;             /* planned as that role */
	int64_t query_id;      /* 0 = unknown */
	struct str text;       /* the whole statement */
	struct explainable what;
	struct plan_facts facts;
	struct buf note;
};

/* Adds a sentence to what the plan assumes. */
void explain_note(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Opens a connection to the database called name ("" = the site's), with the server's own planner settings. Asks before
 * it tries, so that nothing is refused. */
bool explain_connect(struct fetch *f, const char *name, struct conn **ret_conn, struct err *err) MUST_CHECK;
/*
 * Finds the whole text: the session's own while it still runs the statement, the one given when it is whole, the
 * normalised one by query id. ERR_UNAVAILABLE when only a part is known. Fills database and role where they are not.
 */
bool explain_find_text(struct explain *x, struct err *err) MUST_CHECK;
/* A plan the server kept of this statement (Aurora); *ret_found tells. Fills plan and text. */
bool explain_captured(struct explain *x, bool *ret_found, struct err *err) MUST_CHECK;
/* Plans the statement: transaction, role, settings, EXPLAIN, rollback. Fills plan and facts but for the relations. */
bool explain_run(struct explain *x, struct err *err) MUST_CHECK;
/* Asks for sizes and statistics of the plan's relations; fills facts. */
bool explain_relations(struct explain *x, struct err *err) MUST_CHECK;

#endif
