/*
 * sigv4.h: AWS Signature Version 4: Authorization header, presigned query, RDS login token.
 *
 * Pure functions of their arguments; any thread. The rules are those of "Signing AWS API
 * requests" in the AWS General Reference; the tests hold it against the public suite and
 * against botocore.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include "base/buf.h"
#include "base/err.h"

#define SIGV4_HEADERS_MAX 48
#define SIGV4_PARAMS_MAX 128
#define SIGV4_TEXT_MAX (1u << 20) /* canonical request, without the body */
#define SIGV4_RDS_TOKEN_S 900     /* how long a login token opens connections */

/* One consistent set of keys, borrowed. session_token is empty for long-term keys. */
struct aws_keys {
	struct str access_key, secret_key, session_token;
};

struct sigv4_header {
	struct str name, value;
};

struct sigv4_request {
	const struct aws_keys *keys;
	struct str method;
	struct str path;  /* as on the wire; it is percent-encoded once more, as all services but S3 want */
	struct str query; /* without '?'; may be empty */
	const struct sigv4_header
		*headers; /* must have host; authorization, user-agent, expect and the like are not signed */
	size_t nheaders;
	struct str body;
	struct str region, service; /* of the scope */
	int64_t at_us;              /* wall clock, with skew corrected */
	bool keep_path;             /* leave '.', '..' and '//' in the path alone */
	bool hash_header;           /* header signing: also add and sign x-amz-content-sha256 */
	bool token_unsigned;        /* the session token takes no part in the signature */
};

struct sigv4_result {
	struct buf canonical, to_sign;
	struct buf authorization; /* header signing: value of Authorization */
	struct buf query;         /* presigning: the complete query, signature last */
	char date[17];            /* x-amz-date: 20260115T083005Z */
	char body_hash[65];       /* hex SHA-256 of the body */
	char signature[65];
};

/* Prepares for the calls below; release afterwards, whatever they returned. */
void sigv4_result_init(struct sigv4_result *r);
/* Wipes and frees. */
void sigv4_result_release(struct sigv4_result *r);

/*
 * Header signing. x-amz-date, and x-amz-security-token where the keys have one, are added to
 * the headers given (which must not contain them); the caller sends them beside Authorization.
 * ERR_LIMIT when there are too many headers or parameters.
 */
bool sigv4_sign(const struct sigv4_request *request, struct sigv4_result *result, struct err *err) MUST_CHECK;
/* Query presigning, valid for expires_s seconds. */
bool sigv4_presign(const struct sigv4_request *request, int expires_s, struct sigv4_result *result,
		   struct err *err) MUST_CHECK;
/*
 * IAM database login token for user at host:port (the real endpoint name, port always given), to be
 * used as password; appended to ret_token, which the caller wipes. Valid SIGV4_RDS_TOKEN_S seconds.
 */
bool sigv4_rds_token(const struct sigv4_request *scope, struct str host, int port, struct str user,
		     struct buf *ret_token, struct err *err) MUST_CHECK;

/* Appends s percent-encoded: all but A-Za-z0-9-_.~ (and '/' when keep_slash) become %XX. */
bool sigv4_encode(struct buf *out, struct str s, bool keep_slash);

#endif
