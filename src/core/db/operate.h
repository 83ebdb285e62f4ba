/*
 * operate.h: the inside of the commands that preview and run what operations.def lists; for
 * cmd_operate.c and operate_*.c only.
 *
 * Arguments beside those of change.h: of a session: pid, backend_start; of a table: database, oid; of a prepared
 * transaction: database, gid, prepared_at; of a lease: value; when running, the job's number is in application_name.
 * Their result is a snapshot of operation_type.
 */
#ifndef DB_OPERATE_H
#define DB_OPERATE_H

#include "audit/change.h"
#include "audit/lease.h"
#include "db/conn.h"
#include "db/login.h"
#include "db/standby.h"
#include "model/operation.h"
#include "runtime/command.h"

struct operate_lease_how;

/* Whose sessions a setting is for; 0 = everybody's. */
struct operate_scope {
	int64_t role_oid, database_oid;
};

struct operate {
	struct change c;
	struct conn *conn;
	char own_why[STANDBY_WHY_MAX]; /* why it is not the action lane's; "" = it is, or was not meant to be */
	int64_t pid, backend_start_at, oid, prepared_at;
	struct lease lease; /* of the operations that have one */
	int64_t lease_us;
	const struct operate_lease_how *how; /* of the lease's kind; by its look */
	char altered[300];                   /* of a setting: "ROLE app IN DATABASE orders", quoted by the server */
	bool previews;                       /* nothing will be sent: what only informs is looked at, too */
};

/* What the kinds of leases differ in. All use o->lease. */
struct operate_lease_how {
	const char *unset; /* how it is said that there was no value before */
	/* Of one that was left behind: rights and facts, refusals among them. */
	bool (*look_left)(struct operate *o, struct err *err);
	/* Sends o->c.statement. */
	bool (*send)(struct operate *o, struct err *err);
	/* Waits until the lease's value is in force. */
	bool (*arrives)(struct operate *o, struct err *err);
	/* Is the value there still the lease's? */
	bool (*is_ours)(struct operate *o, bool *ret_ours, struct err *err);
	/* Fills o->c.statement with what takes it back. */
	void (*fill_restore)(struct operate *o);
};
extern const struct operate_lease_how operate_lease_server, operate_lease_setting;

/* Reads the arguments and connects where the target is, on the action lane's connection but for jobs. ERR_DENIED when
 * the console is read-only and `changes` is set.
 */
bool operate_open(struct operate *o, struct fetch *f, bool changes, struct err *err) MUST_CHECK;
/* Looks at the target: fills statement, object, word, tier and the rows of the preview; refused when it cannot be done.
 */
bool operate_look(struct operate *o, struct err *err) MUST_CHECK;
/* The same when it is to run: false also when it is refused, more dangerous or another statement than was confirmed. */
bool operate_look_again(struct operate *o, struct err *err) MUST_CHECK;
/* Runs a statement that returns one row at most of type into row; *ret_found. */
bool operate_ask(struct operate *o, const char *name, const struct conn_param *params, int n,
		 const struct rec_type *type, void *row, bool *ret_found, struct err *err) MUST_CHECK;
/* The same of a statement over an extension's objects. */
bool operate_ask_extension(struct operate *o, const struct conn_statement *statement, const struct conn_param *params,
			   int n, const struct rec_type *type, void *row, bool *ret_found, struct err *err) MUST_CHECK;
/* The operation's statement for one object; false when it would not fit. */
bool operate_fill_statement(struct operate *o, struct str object) MUST_CHECK;
/* The looks of operate_server.c: false is an error, a refusal is none. */
bool operate_look_at_statistics(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_prepared(struct operate *o, struct err *err) MUST_CHECK;
/* operate_slow_log.c, operate_setting.c: the looks as above. */
bool operate_look_at_slow_log(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_setting(struct operate *o, struct err *err) MUST_CHECK;
/* operate_lease.c: what a lease's file calls the server: its cluster, or where it is. */
void operate_lease_target(const struct operate *o, char *out, size_t size);
/* Refuses when this host has one for the same (target, role, database of o->lease) already; others are not seen. */
void operate_check_other_lease(struct operate *o);
/* The look at what was left behind, and the run of both to its end. */
bool operate_look_at_left(struct operate *o, struct err *err) MUST_CHECK;
void operate_run_lease(struct operate *o, const char *id);
void operate_run_restore(struct operate *o, const char *id);
/* operate_reach.c, in previews: whom a threshold of ms does not reach, and how much it would log. */
bool operate_add_reach(struct operate *o, const struct operate_scope *scope, int64_t ms, struct err *err) MUST_CHECK;
/* $1 and $2 of the statements about a session; the room is the caller's. */
struct operate_session_params {
	char number[24], bytes[8];
	struct conn_param params[2];
};
void operate_session_params(const struct operate *o, struct operate_session_params *p);

#endif
