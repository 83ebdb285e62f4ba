/*
 * operating.h: operations on a real server, asked for as the console asks: a request is previewed,
 * its statement taken over, and run; what the answer says; what the audit log says.
 *
 * The server and the administrator's connection are the test program's: it fills both before anything is asked. One
 * command at a time, and done() after each.
 */
#ifndef TESTS_DB_OPERATING_H
#define TESTS_DB_OPERATING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

#include "asking.h"
#include "driver.h"
#include "model/operation.h"
#include "model/policy.h"
#include "pg_fixture.h"

#define ARG(n, v) ((struct command_arg){(n), str_c(v)})

struct request {
	char operation[32], scope[16], value[260], oid[24], of[24], indexes[400]; /* on tables */
	char pid[24], backend_start[32];                                          /* on sessions */
	char gid[200], prepared_at[32];                                           /* on prepared transactions */
	char tier[8], override[32], statement[8192];
};

extern struct pg pg;
extern PGconn *admin;
extern struct asking asking;
extern struct command *command;
/* A console that has an action lane: what is asked is about its target. NULL = none. */
extern struct driver *console;
/* Of the target that is asked next; NULL = none. */
extern const struct policies *policies;
/* The cluster that the target is said to be; "" = none. With it what AWS has told, each may be NULL. */
extern const char *cluster;
extern const struct snapshot *instances, *metrics;

/* Policies of which the window is one hour, three days from now; those of what is asked next. */
void close_window(struct policies *all);

/* Roles as connection strings: who owns the tables, and a superuser. */
const char *owner(void);
const char *superuser(void);

/* Of a table by its name; of a session by its connection; tier 2. */
struct request table(const char *operation, const char *name);
struct request session(const char *operation, PGconn *c);
size_t fill(const struct request *r, struct command_arg *args);

void begin_asking(const char *conninfo);
const struct snapshot *ask(const char *conninfo, const char *name, const struct request *r);
void done(void);
/* Looks first, as the console does, and takes statement and oid over. */
void preview(const char *conninfo, struct request *r);
/* Starts a job that waits for a lock or a transaction, until it waits. */
void start_and_wait(const char *conninfo, struct request *r);
/* Tells it to stop, and waits until it has. */
const struct snapshot *stop(void);

/* Text of the first row of a kind that contains `part`; "" when there is none. Its label. */
struct str row_with(const struct snapshot *s, const char *kind, const char *part);
struct str label_with(const struct snapshot *s, const char *kind, const char *part);

#define assert_row(s, kind, part)                                                                 \
	do {                                                                                      \
		if (row_with(s, kind, part).len == 0)                                             \
			fail_msg("no %s says \"%s\" but \"%.*s\"; state %d %s", kind, part,       \
				 STR_ARG(row_with(s, kind, "")), (int)(s)->state, (s)->err.text); \
	} while (0)
#define assert_no_row(s, kind, part)                                                                       \
	do {                                                                                               \
		const struct snapshot *in = (s);                                                           \
		if (in->state != SNAP_OK || row_with(in, kind, part).len > 0)                              \
			fail_msg("%s says \"%.*s\"; state %d %s", kind, STR_ARG(row_with(in, kind, part)), \
				 (int)in->state, in->err.text);                                            \
	} while (0)

/* Lines of the audit log that contain both. */
size_t audit_lines(const char *part, const char *other);

#endif
