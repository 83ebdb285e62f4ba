/*
 * conn_err.h: what libpq and the server say when something fails, in words with a remedy.
 */
#ifndef DB_CONN_ERR_H
#define DB_CONN_ERR_H

#include "db/login.h"

struct pg_result;

/*
 * A connect that failed. message is PQerrorMessage() taken with PQERRORS_VERBOSE, so that the server's own lines carry
 * their SQLSTATE whatever its language. Writes err, returns false.
 */
bool conn_err_connect(const struct login *l, const char *message, struct err *err);
/* True when a pooler refused our startup options. */
bool conn_err_is_option_refusal(const char *message);
/* A statement that failed: r is the error result, or NULL when the connection broke (message says how). */
bool conn_err_query(const struct pg_result *r, const char *message, struct err *err);

#endif
