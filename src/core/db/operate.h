/*
 * operate.h: the inside of the commands that preview and run what operations.def lists; for
 * cmd_operate.c and operate_*.c only.
 *
 * Arguments, the same for all: operation (its name); of a session: pid, backend_start; of a table: database, oid;
 * when running: statement (as the preview showed it: what would be sent must still be that), tier (as previewed), job
 * (a number for application_name). Their result is a snapshot of operation_type.
 */
#ifndef DB_OPERATE_H
#define DB_OPERATE_H

#include "audit/audit.h"
#include "db/conn.h"
#include "db/login.h"
#include "model/operation.h"
#include "runtime/command.h"

struct operate {
	struct fetch *f;
	const struct operation *op;
	struct conn *conn;
	struct snapshot *out; /* rows of operation_type */
	int64_t pid, backend_start_at, oid;
	char database[64], role[64], node[256];
	char statement[700]; /* what would be sent, or is */
	char object[300];    /* "public.orders", "session 4711" */
	char word[130];      /* to be typed */
	int tier;
	bool refused;
};

/* Reads the arguments and connects where the target is. ERR_DENIED when the console is read-only and `changes` is set.
 */
bool operate_open(struct operate *o, struct fetch *f, bool changes, struct err *err) MUST_CHECK;
/* Appends a row to o->out. */
void operate_add(struct operate *o, const char *kind, const char *label, enum operation_severity severity,
		 const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Looks at the target: fills statement, object, word, tier and the rows of the preview; refused when it cannot be done.
 */
bool operate_look(struct operate *o, struct err *err) MUST_CHECK;
/* The same when it is to run: false also when it is refused, more dangerous or another statement than was confirmed. */
bool operate_look_again(struct operate *o, struct err *err) MUST_CHECK;
/* The words of the first row of that kind, "" when there is none. */
struct str operate_row(const struct operate *o, const char *kind);
/* Runs a statement that returns one row at most of type into row; *ret_found. */
bool operate_ask(struct operate *o, const char *name, const struct conn_param *params, int n,
		 const struct rec_type *type, void *row, bool *ret_found, struct err *err) MUST_CHECK;
/* $1 and $2 of the statements about a session; the room is the caller's. */
struct operate_session_params {
	char number[24], bytes[8];
	struct conn_param params[2];
};
void operate_session_params(const struct operate *o, struct operate_session_params *p);
/* The intent, on the disk; id is for the outcome. */
bool operate_intend(const struct operate *o, char *id, size_t size, struct err *err) MUST_CHECK;
/* The outcome, and its row; a log that cannot be written is told in a row of its own. */
void operate_conclude(struct operate *o, const char *id, int64_t began_mono_us, enum operation_severity severity,
		      const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
