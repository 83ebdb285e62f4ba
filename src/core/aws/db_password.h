/*
 * db_password.h: what AWS knows of logging in to a database: IAM tokens and secrets, for runtime/password.h.
 *
 * Tokens are made here without asking anybody. Secrets are read with GetSecretValue, once for all lanes, and kept for
 * DB_SECRET_KEEP_US so that a database that is away does not make every attempt to connect a call; a value that
 * the database refuses is read anew at once, by one lane, and the others wait for it. Any thread that has a fetch.
 */
#ifndef AWS_DB_PASSWORD_H
#define AWS_DB_PASSWORD_H

#include "base/buf.h"
#include "runtime/password.h"

#define DB_SECRET_KEEP_US (5 * US_PER_MIN)
/* Between two readings of a value that is refused and has not changed. */
#define DB_SECRET_AGAIN_US (5 * US_PER_S)
#define DB_SECRET_TEXT_MAX (64u << 10) /* of SecretString, as AWS has it */
#define DB_SECRET_PASSWORD_MAX 1024

/* Answers password_get(). */
password_fn aws_db_password;
/* Overwrites the values that are kept; when no lane runs any more. */
void aws_db_password_forget(void);

/* ---- for aws_db_password() and tests ---- */

/* db_secret.c: the answer for a secret. */
password_fn aws_db_secret;
/*
 * Reads user name and password out of a SecretString; `from` names the secret in messages, which never quote it.
 * A username may be absent. ERR_CONFIG for what is no such JSON, ERR_LIMIT. On failure *ret is untouched. Pure.
 */
bool aws_db_secret_read(struct str text, const char *from, struct password *ret, struct err *err) MUST_CHECK;

#endif
