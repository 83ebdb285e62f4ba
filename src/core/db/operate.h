/*
 * operate.h: the inside of the commands that preview and run what operations.def lists; for
 * cmd_operate.c and operate_*.c only.
 *
 * Arguments beside those of change.h: of a session: pid, backend_start; of several of one node: sessions ("PID@START
 * PID@START ...", at most OPERATION_MANY_MAX), several (1: there are more, on other nodes); of tables: database, scope
 * ("table", "index", "schema", "database"; operation.h), oid of the table, value: the name of the schema or index (""
 * with an oid: the schema of that table), of: its oid as the preview found it, indexes: the invalid ones that are
 * meant, each as OID/OID-OF-TABLE, "" = all; of a prepared transaction: database, gid, prepared_at; of a lease: value;
 * when running, the job's number is in application_name. Their result is a snapshot of operation_type.
 */
#ifndef DB_OPERATE_H
#define DB_OPERATE_H

#include "audit/change.h"
#include "audit/job_note.h"
#include "audit/lease.h"
#include "db/conn.h"
#include "db/login.h"
#include "db/standby.h"
#include "model/operation.h"
#include "runtime/command.h"

/* Of the commands that look at tables: what their operations compare with, in this order. */
#define OPERATE_INPUTS SITE_INPUTS " metrics"
/* One index more is for another preview. */
#define OPERATE_DROPS_MAX 100

struct operate_lease_how;

/* Whose sessions a setting is for; 0 = everybody's. */
struct operate_whose {
	int64_t role_oid, database_oid;
};

/* An invalid index that would be dropped; the name is quoted. */
struct operate_drop {
	int64_t index_oid, table_oid;
	struct str index;
};

/* One of several sessions. */
struct operate_one {
	int64_t pid, backend_start_at;
	/* as the last look found it */
	bool may, gone;
	struct str database, state;
	int64_t query_start_at;
};

struct operate {
	struct change c;
	struct conn *conn;
	char own_why[STANDBY_WHY_MAX]; /* why it is not the action lane's; "" = it is, or was not meant to be */
	int64_t pid, backend_start_at, oid, prepared_at;
	enum operation_scope scope;
	int64_t of;                 /* oid of the schema or index, 0 = not looked up yet */
	struct str spared;          /* relations that the server passes by with a warning, as the preview says */
	int64_t expected;           /* other warnings that are no surprise */
	struct operate_drop *drops; /* in the arena of c.out */
	size_t ndrops;
	struct operate_one *many; /* NULL = one target; lives as long as c.out */
	size_t nmany;
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
/* What it acts on as a whole: the cluster, or host and port of a server without one. */
void operate_target_name(const struct operate *o, char *out, size_t size);
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
/* The operation's statement for an object, or a list of them, already quoted; options begin with ", " or are empty.
 * False when it would not fit. */
bool operate_fill_statement(struct operate *o, struct str options, struct str object) MUST_CHECK;
/* Is it about several relations, each in a transaction of its own? */
static inline bool operate_is_several(const struct operate *o)
{
	return o->scope == SCOPE_SCHEMA || o->scope == SCOPE_DATABASE;
}
/* operate_table.c: one table or index; operate_many.c: a schema or a database. False is an error, a refusal is none. */
bool operate_look_at_table(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_many(struct operate *o, struct err *err) MUST_CHECK;
/* Finds the schema or database of the operation and takes its name and oid over; refused when there is none. */
bool operate_find_many(struct operate *o, struct err *err) MUST_CHECK;
/* The same of a table, for operate_invalid.c. */
bool operate_find_table(struct operate *o, struct err *err) MUST_CHECK;
/* The transactions that a concurrent build would wait for. */
bool operate_check_waits(struct operate *o, struct err *err) MUST_CHECK;
/* operate_facts.c: what server, target and readers make of the statement's options, each with its row. */
bool operate_add_options(struct operate *o, struct buf *options, struct err *err) MUST_CHECK;
/* Needed while it runs: bytes for sorting and for a new copy, < 0 = not known. On a cluster the first is compared with
 * the writer's FreeLocalStorage; short or unknown is refused, unless that is overridden. */
void operate_check_storage(struct operate *o, int64_t sorts, int64_t copies);
/* Who waits while it works, and how long it took the last time. */
void operate_add_queue(struct operate *o);
void operate_add_time(struct operate *o);
/* operate_invalid.c: the look and the run of dropping invalid indexes. */
bool operate_look_at_invalid(struct operate *o, struct err *err) MUST_CHECK;
void operate_run_drops(struct operate *o, const char *id);
/* The invalid indexes of the operation's target now, rows of this struct, asked with f; *ret_rows is the caller's, in
 * every case. */
struct operate_invalid {
	uint64_t present;
	int64_t index_oid, table_oid, index_bytes;
	struct str index, table, owner;
	int64_t rebuilt, owns, reachable, droppable, busy;
};
bool operate_invalid_indexes(struct operate *o, struct fetch *f, struct snapshot **ret_rows,
			     struct err *err) MUST_CHECK;
/* operate_session.c: the looks at one session, and at several: false is an error, a refusal is none. */
bool operate_look_at_session(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_sessions(struct operate *o, struct err *err) MUST_CHECK;
/* Reads the argument `sessions`, when there is one. */
bool operate_take_sessions(struct operate *o, struct err *err) MUST_CHECK;
/* Asks a statement about all of many whose `may` is set ($1 processes, $2 when they connected); its rows have a column
 * n, the place among those, from 1. Release *ret_rows. */
bool operate_ask_all(struct operate *o, const char *name, const struct rec_type *type, struct snapshot **ret_rows,
		     struct err *err) MUST_CHECK;
/* The looks of operate_server.c: false is an error, a refusal is none. */
bool operate_look_at_statistics(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_prepared(struct operate *o, struct err *err) MUST_CHECK;
/* operate_slow_log.c, operate_setting.c: the looks as above. */
bool operate_look_at_slow_log(struct operate *o, struct err *err) MUST_CHECK;
bool operate_look_at_setting(struct operate *o, struct err *err) MUST_CHECK;
/* Refuses when this host has one for the same (target, role, database of o->lease) already; others are not seen. */
void operate_check_other_lease(struct operate *o);
/* The look at what was left behind, and the run of both to its end. */
bool operate_look_at_left_lease(struct operate *o, struct err *err) MUST_CHECK;
void operate_run_lease(struct operate *o, const char *id);
void operate_run_restore(struct operate *o, const char *id);
/* operate_reach.c, in previews: whom a threshold of ms does not reach, and how much it would log. */
bool operate_add_reach(struct operate *o, const struct operate_whose *whose, int64_t ms, struct err *err) MUST_CHECK;
/* operate_left.c: a job whose client has gone. What looking afterwards tells of it: */
struct operate_end {
	bool known, done; /* done counts when known */
	char words[400];
	char invalid[260]; /* "; left behind, invalid: NAMES" of a rebuild, "" = none */
};
/* Whether its server process is there. Connects to its database. */
bool operate_find_left(struct operate *o, const struct job_note *n, bool *ret_there, struct err *err) MUST_CHECK;
/* What it has left in the database, once its process is gone. */
bool operate_look_for_end(struct operate *o, const struct job_note *n, struct operate_end *ret_end,
			  struct err *err) MUST_CHECK;
/* Watches it to its end and concludes; stop, or a cancel of the fetch: the server is told to cancel it first. False:
 * the server cannot be asked, nothing was concluded. */
bool operate_follow_left(struct operate *o, const struct job_note *n, const char *id, int64_t began_mono_us,
			 bool stop) MUST_CHECK;
/* $1 and $2 of the statements about a session; the room is the caller's. */
struct operate_session_params {
	char number[24], bytes[8];
	struct conn_param params[2];
};
void operate_session_params(const struct operate *o, struct operate_session_params *p);

#endif
