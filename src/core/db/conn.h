/*
 * conn.h: the one database connection of a lane.
 *
 * It lives in the lane's context, is opened by the first fetch that needs it, probed
 * once, used by all sources of the lane, and dropped whenever anything about it is in
 * doubt (a deadline passed, a cancel, an error of the connection, another target); the
 * next fetch opens it again. Only SELECT is ever sent, plus SET LOCAL behind a pooler,
 * and by the command `explain` BEGIN READ ONLY, EXPLAIN and ROLLBACK. Lane thread only.
 */
#ifndef DB_CONN_H
#define DB_CONN_H

#include "db/ask.h"
#include "db/probe.h"

#define CONN_CONNECT_US (10 * US_PER_S)
#define CONN_PARAMS_MAX ASK_PARAMS_MAX
/* Most memory one result may take. */
#define CONN_RESULT_MAX (128u << 20)

struct conn;
struct login_wish;
struct pg_result;

/* A statement whose text depends on more than the server's version: one that reads an extension. */
struct conn_statement {
	const char *name;  /* sql/NAME */
	int version_num;   /* the variant: of the release whose columns the installed extension has */
	struct str schema; /* where the extension's objects are, as the catalog names it */
};

/* One parameter: len < 0 is text (NUL-terminated), else binary. */
struct conn_param {
	unsigned type; /* OID of its type */
	const char *value;
	int len;
};

#define OID_BOOL 16
#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25
#define OID_OID 26
#define OID_INT4_ARRAY 1007
#define OID_TEXT_ARRAY 1009
#define OID_INT8_ARRAY 1016
#define OID_OID_ARRAY 1028
#define OID_TIMESTAMPTZ 1184

/* err->id when the server, or the role, has no connection left. */
#define CONN_NO_ROOM "53300"
/* The same when it refused the password, and nothing else. */
#define CONN_BAD_PASSWORD "28P01"
#define CONN_CANCEL_US (4 * US_PER_S)
/* severity as "WARNING", state as "55P03", both in no language; message as the server worded it. */
typedef void (*conn_notice_fn)(void *arg, struct str severity, struct str state, struct str message);

/* A timestamptz; out holds its bytes as long as the parameter is used. */
struct conn_param conn_param_time(char out[8], int64_t wall_us);
/* A text, NUL-terminated by the caller. */
struct conn_param conn_param_text(const char *text);

/* The lane's connection, opened and probed if need be. f->inputs[0..1] are site.h's SITE_INPUTS. */
bool conn_open(struct fetch *f, struct conn **ret_conn, struct err *err) MUST_CHECK;
/* The same to another database, or with the server's planner settings (login.h). One that is open otherwise is closed.
 */
bool conn_open_as(struct fetch *f, const struct login_wish *wish, struct conn **ret_conn, struct err *err) MUST_CHECK;
/*
 * The same on a connection that is kept elsewhere than on a lane and passed from thread to thread: whoever has it has
 * it alone (standby.h).
 */
bool conn_open_on(struct fetch *f, struct conn *c, const struct login_wish *wish, struct err *err) MUST_CHECK;
/* One for conn_open_on(), closed; conn may be NULL. */
struct conn *conn_new(void);
void conn_free(void *conn);
void conn_close(struct conn *c);
/* As far as is known without asking. */
bool conn_is_open(const struct conn *c);
/* It is open, and to where conn_open_as() would open one now. */
bool conn_fits(const struct fetch *f, const struct conn *c, const struct login_wish *wish);
/*
 * The same, but a new connection is probed only with the first conn_query(), in one round trip. For sources whose first
 * statement asks nothing of the probe (any server of its version, any role); conn_probe() and conn_via_pooler() may be
 * called after it.
 */
bool conn_connect(struct fetch *f, struct conn **ret_conn, struct err *err) MUST_CHECK;
/*
 * Runs the statement sql/NAME in the variant for this server and waits for its rows, in binary format. Prepares it at
 * its first use on a connection. One round trip, three behind a pooler. On ERR_TIMEOUT, ERR_CANCELLED, ERR_LOST the
 * connection is gone. *ret_result is released with conn_result_free().
 */
bool conn_query(struct fetch *f, struct conn *c, const char *name, const struct conn_param *params, int nparams,
		struct pg_result **ret_result, struct err *err) MUST_CHECK;
/*
 * The same for a statement over an extension's objects. Sent unnamed: what it refers to may be moved or updated while
 * the connection lasts.
 */
bool conn_query_extension(struct fetch *f, struct conn *c, const struct conn_statement *statement,
			  const struct conn_param *params, int nparams, struct pg_result **ret_result,
			  struct err *err) MUST_CHECK;
/*
 * Runs a statement text that is not ours: one statement (the extended protocol refuses more), unprepared, without
 * parameters, its result as text. In other respects like conn_query().
 */
bool conn_ask(struct fetch *f, struct conn *c, const char *text, struct pg_result **ret_result,
	      struct err *err) MUST_CHECK;
/* A statement of ours whose text is made from a file; unprepared, in other respects like conn_query(). */
bool conn_query_text(struct fetch *f, struct conn *c, const char *text, const struct conn_param *params, int nparams,
		     struct pg_result **ret_result, struct err *err) MUST_CHECK;
/* Prepares such a text under a name for the session, types left to the server, and tells how many parameters it has. */
bool conn_prepare(struct fetch *f, struct conn *c, const char *name, const char *text, int *ret_nparams,
		  struct err *err) MUST_CHECK;
/*
 * Runs a statement of ours that may not be in a transaction block, in the simple protocol: rows are dropped, each
 * notice of the server goes to `notice` on this thread (severity as "WARNING", message as the server worded it; while
 * it is silent, once a second with all three ""; NULL: nobody listens). When the fetch is cancelled, or its deadline
 * has passed, the server is told to cancel (which may block for as long as connecting takes) and CONN_CANCEL_US are
 * waited for its answer: then err has the server's words, ERR_CANCELLED with id 57014. ERR_LOST: what became of the
 * statement is not known. The connection stays usable but after ERR_LOST.
 */
bool conn_run(struct fetch *f, struct conn *c, const char *text, conn_notice_fn notice, void *arg,
	      struct err *err) MUST_CHECK;
void conn_result_free(struct pg_result *r);
const struct probe *conn_probe(const struct conn *c);
/* "HOST:PORT" of the open connection, as it was asked for; of a Unix socket, its folder. */
void conn_place(const struct conn *c, char *out, size_t size);
/* The server asked for a password and one was sent. The connection is open. */
bool conn_used_password(const struct conn *c);
/* Something between us and the server shares its sessions. */
bool conn_via_pooler(const struct conn *c);
/* And that is an RDS Proxy, by its name. */
bool conn_via_proxy(const struct conn *c);
/* How it was let in, in words without a secret: "password from PGPASSWORD", "an IAM token (profile ops)". The
 * connection was open. */
const char *conn_login_by(const struct conn *c);
/* Grows with every new connection of this process: state that belongs to one session of ours is void when it differs.
 */
uint64_t conn_serial(const struct conn *c);
#define CONN_OWN_MAX 64
/* True when pid is the server process of one of this process's own connections. Any thread. */
bool conn_is_own(int64_t pid);
/* The server processes of all of this process's own connections; returns how many. Any thread. */
size_t conn_own(int32_t pids[CONN_OWN_MAX]);

#endif
