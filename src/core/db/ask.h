/*
 * ask.h: statements to the server and answers back, each with the fetch's deadline.
 *
 * Statements of one ask_steps() go out in one flush and are one transaction, so together
 * they cost one round trip (libpq's pipeline mode). Lane thread only.
 */
#ifndef DB_ASK_H
#define DB_ASK_H

#include "runtime/source.h"

#define ASK_PARAMS_MAX 6
#define ASK_STEPS_MAX 3

struct pg_conn;
struct pg_result;

struct ask_params {
	int n;
	unsigned types[ASK_PARAMS_MAX]; /* OIDs */
	const char *values[ASK_PARAMS_MAX];
	int lengths[ASK_PARAMS_MAX], formats[ASK_PARAMS_MAX]; /* as libpq has them */
};

struct ask_step {
	const char *prepare_as; /* only prepares text under this name, with the types of params */
	const char *prepared;   /* runs what was prepared under this name */
	const char *describe;   /* tells what was prepared under this name */
	const char *text;       /* of prepare_as; alone: runs it unnamed */
	bool as_text;           /* rows in text format, not in binary */
	const struct ask_params *params;
};

/* Called while the server is silent, again after each every_us. */
struct ask_still {
	int64_t every_us;
	void (*call)(void *arg);
	void *arg;
};

/* In the simple protocol: may be several statements; rows are dropped. still may be NULL. */
bool ask_text(const struct fetch *f, struct pg_conn *pg, const char *text, const struct ask_still *still,
	      struct err *err) MUST_CHECK;
/*
 * After a wait that was cancelled or took too long: tells the server to cancel and waits for its answer, at most
 * wait_us, whatever the fetch says. True: the exchange has ended, err has what the server said of it, ERR_NONE when the
 * statement ended well all the same.
 */
bool ask_cancel(struct pg_conn *pg, int64_t wait_us, struct err *err) MUST_CHECK;
/*
 * n <= ASK_STEPS_MAX. results[i] is the answer to steps[i], rows in binary format; the caller PQclear()s them. When a
 * step fails, those after it are not run and err has what it says; results then holds NULL from there on, and the
 * connection can be used on unless the wait itself failed.
 */
bool ask_steps(const struct fetch *f, struct pg_conn *pg, const struct ask_step *steps, size_t n,
	       struct pg_result **results, struct err *err) MUST_CHECK;

#endif
