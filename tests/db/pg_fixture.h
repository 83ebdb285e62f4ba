/*
 * pg_fixture.h: a throw-away PostgreSQL server in a temporary folder.
 *
 * Port on 127.0.0.1 with TLS and SCRAM, a Unix socket with trust, log_statement = all.
 * Roles: postgres (superuser), watch (pg_monitor, password watch-pw), plain (no rights,
 * password plain-pw), app_1 to app_9, limited (CONNECTION LIMIT 0). The certificate is
 * for localhost, PG_AMAZON_NAME and PG_SIM_NAMES. AURORATOP_PG_BIN names another version's programs.
 */
#ifndef TESTS_DB_PG_FIXTURE_H
#define TESTS_DB_PG_FIXTURE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PG_AMAZON_NAME "orders-1.c1a2b3.eu-west-1.rds.amazonaws.com"
#define PG_SIM_NAMES "*.c9akci.eu-west-1.rds.amazonaws.com" /* endpoints of the simulator */
#define PG_SKIP 77                                          /* exit status: there is no server to test with */

struct pg {
	char dir[64], ca[96];
	int port;
	pid_t pid;
};

/* Makes and starts a server; ends the process with PG_SKIP when there are no server programs. Sets HOME to its folder
 * and clears PG* variables. */
void pg_setup(struct pg *pg, const char *extra_conf);
/* Stops it and removes the folder. */
void pg_teardown(struct pg *pg);
void pg_start(struct pg *pg);
/* SIGINT (fast) or SIGQUIT (immediate); returns when it has ended. */
void pg_stop(struct pg *pg, int signal);
/* Stops it, copies its data as those of a reader, and starts it again. PostgreSQL 12 and later. */
void pg_add_reader(struct pg *pg);
/* The writer dies at once, and the reader, which has all that was written, as on Aurora, is promoted at its address.
 * Returns when it takes writes. */
void pg_fail_over(struct pg *pg);
/* "host=localhost port=... sslmode=verify-full ..." for role with its password, in static memory. */
const char *pg_conninfo(const struct pg *pg, const char *role, const char *more);
/* A connection over the Unix socket. Aborts when it fails. */
PGconn *pg_connect(const struct pg *pg, const char *role, const char *application);
/* The same to another database. */
PGconn *pg_connect_to(const struct pg *pg, const char *database, const char *role, const char *application);
/* Runs sql; aborts when it fails. */
void pg_exec(PGconn *c, const char *sql);
/* Sends sql without waiting for its end. */
void pg_send(PGconn *c, const char *sql);
/* Reads what a sent statement answered; false when it failed. */
bool pg_finish_sent(PGconn *c);
/* First value of a query as a number. */
long long pg_number(PGconn *c, const char *sql);
/* Waits until sql gives a number other than 0; aborts after 10 s. */
void pg_wait_for(PGconn *c, const char *sql);
/* The whole server log, NUL-terminated; free() it. */
char *pg_log(const struct pg *pg);
/* Lines of the log that begin with prefix and contain text. */
size_t pg_log_count(const struct pg *pg, const char *prefix, const char *text);

#endif
