/*
 * db_password.c: a token for one connection.
 *
 * Made anew each time it is asked for: it opens connections for 15 minutes, and only as long as the temporary
 * credentials that signed it last, which the lanes share and renew ahead of time (cred_cache.h). The time in it is the
 * one RDS has, as far as calls have shown that ours is wrong.
 */
#include "aws/db_password.h"

#include "aws/client.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <stdio.h>

/* Credentials that end sooner than a connection takes are as good as ended. */
#define LEFT_MIN_US (10 * US_PER_S)

/* A token is put together in place: growing would leave pieces of it behind. */
static void reserve(struct buf *b)
{
	static const char nothing[4096];

	buf_init(b, PASSWORD_BYTES_MAX);
	while (b->len < PASSWORD_BYTES_MAX && buf_add(b, nothing, sizeof(nothing)))
		;
	buf_clear(b);
}

static bool is_over(int64_t expires_us)
{
	return expires_us > 0 && expires_us < clock_wall_us() + LEFT_MIN_US;
}

/* A client whose keys are good for the moment; the caller frees *slot in any case. */
static bool get_client(struct fetch *f, void **slot, struct aws_client **ret_client, struct err *err)
{
	if (!aws_client_get_in(f, slot, ret_client, err))
		return false;
	if (!is_over(aws_client_expires_us(*ret_client)))
		return true;
	err_set(err, ERR_CREDENTIALS,
		"The AWS credentials of %.200s have expired: a login token made with them is refused",
		aws_client_origin(*ret_client));
	err_remedy(err, "Renew them, for example with aws sso login; they are read again by themselves.");
	return false;
}

static bool make_token(struct fetch *f, const struct password_ask *ask, struct password *ret, struct err *err)
{
	struct aws_client *client = NULL;
	struct sigv4_request scope = {.keys = NULL};
	struct aws_keys keys;
	void *slot = NULL;
	struct buf token;
	bool ok;

	reserve(&token);
	ok = get_client(f, &slot, &client, err);
	if (ok) {
		keys = aws_client_keys(client);
		scope.keys = &keys;
		scope.region = ask->region.len > 0 ? ask->region : str_c(aws_client_region(client));
		scope.at_us = clock_wall_us() + aws_client_skew_us(client, AWS_RDS);
		ok = sigv4_rds_token(&scope, str_c(ask->host), (int)ask->port, str_c(ask->user), &token, err);
	}
	if (ok) {
		ret->text = xstrndup(token.data, token.len);
		(void)snprintf(ret->from, sizeof(ret->from), "an IAM token (%.150s)", aws_client_origin(client));
		ret->number = 1;
	}
	explicit_bzero(token.data, token.cap);
	buf_release(&token);
	aws_client_free(slot);
	return ok;
}

bool aws_db_password(struct fetch *f, const struct password_ask *ask, struct password *ret_password, struct err *err)
{
	return ask->token ? make_token(f, ask, ret_password, err) : aws_db_secret(f, ask, ret_password, err);
}
