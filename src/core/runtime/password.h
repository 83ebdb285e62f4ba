/*
 * password.h: passwords of the database that libpq does not know by itself.
 *
 * The database layer asks, what AWS knows answers; neither sees the other. registry.c says who answers, once, before
 * any lane runs. A struct password belongs to who asked for it: it is released as soon as libpq has its copy.
 */
#ifndef RUNTIME_PASSWORD_H
#define RUNTIME_PASSWORD_H

#include "runtime/source.h"

#define PASSWORD_BYTES_MAX (32u << 10) /* a token with a long session token in it has some thousand */
#define PASSWORD_FROM_MAX 200

/* An IAM token for one user at one endpoint, or what a secret of Secrets Manager holds. */
struct password_ask {
	bool token;
	const char *host, *user; /* of a token: the endpoint's own name; the database user */
	int64_t port;
	struct str region;  /* of a token: as the host's name says; empty = the target's */
	const char *secret; /* name or ARN; "" = the one that RDS keeps for the cluster's master user */
	/* Of a secret: number of an answer that the database has refused, 0 = none: then it is read anew. */
	uint64_t refused;
};

struct password {
	char *text;                   /* wiped and freed by password_release() */
	char user[128];               /* whose it is, as the secret says; "" = it does not */
	char from[PASSWORD_FROM_MAX]; /* for messages, no secret: "an IAM token (profile ops)", "secret orders/monitor"
				       */
	uint64_t number;              /* another value has another number, never 0 */
};

/*
 * Lane thread; waits as the fetch allows. ERR_LOGIN when a secret was refused and still says the same; ERR_USAGE,
 * ERR_CREDENTIALS and what AWS answers, in words that hold no secret. On failure nothing needs release.
 */
typedef bool password_fn(struct fetch *f, const struct password_ask *ask, struct password *ret_password,
			 struct err *err);

/* Who answers; before threads start. */
void password_set_source(password_fn *source);
/* As password_fn. ERR_UNAVAILABLE when nobody answers here. */
bool password_get(struct fetch *f, const struct password_ask *ask, struct password *ret_password,
		  struct err *err) MUST_CHECK;
/* Accepts a zeroed one. */
void password_release(struct password *p);

#endif
