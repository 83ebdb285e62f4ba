/*
 * sso.h: single sign-on: what a profile says of it, the AWS CLI's token cache, the token service.
 *
 * The cache is shared with the AWS CLI and the SDKs: what one of them has logged in, the others use. One thread each.
 */
#ifndef AWS_SSO_H
#define AWS_SSO_H

#include "aws/cred.h"

#define SSO_PATH_MAX 1024

/* Of one profile; borrowed from the configuration. */
struct sso_settings {
	struct str session; /* name of its sso-session; "" = the old form */
	struct str start_url, region, scopes, account, role;
};

/* *ret_configured is false when the profile does not use it. ERR_CONFIG names file, line and key. */
bool sso_settings_find(const struct aws_config *c, const char *profile, struct sso_settings *ret_settings,
		       bool *ret_configured, struct err *err) MUST_CHECK;

/* A login; all texts are those of the file. */
struct sso_token {
	struct json_t *file; /* wiped with it */
	struct str access;
	int64_t expires_at_us;
};
/* False: there is none that could be used (CRED_NEEDS_LOGIN) or its file cannot be read. Refreshed when it is time. */
bool sso_token_get(struct cred_ask *q, const char *profile, const struct sso_settings *s, struct sso_token *ret_token,
		   struct err *err) MUST_CHECK;
void sso_token_wipe(struct sso_token *t);
/* Says that a login is needed, and how to get it; returns false. */
bool sso_needs_login(const char *profile, const struct sso_settings *s, const char *what, struct err *err);
void sso_token_path(const struct sso_settings *s, char *out, size_t size);
/* File of the client registration that the AWS CLI would use, too. */
void sso_registration_path(const struct sso_settings *s, char *out, size_t size);
/* Writes object where only its owner can read it. */
bool sso_write(const char *path, const struct json_t *object, struct err *err) MUST_CHECK;

/* Puts the tokens of an answer, and when they end, into a token file's object. */
bool sso_token_take(struct json_t *file, const struct json_t *answer, struct err *err) MUST_CHECK;

/* How the token service refused. */
enum sso_refusal {
	SSO_PENDING,
	SSO_SLOW_DOWN,
	SSO_EXPIRED,
	SSO_DENIED,
	SSO_BAD_CLIENT,
	SSO_BAD_GRANT,
	SSO_TROUBLE, /* the service or the network; asking again may help */
	SSO_OTHER
};
/*
 * POST of a JSON object to the token service ("token", "client/register", "device_authorization"). *ret_answer is the
 * caller's to wipe. False: *ret_refusal and *err say why; no text of the answer is in *err but its code.
 */
bool sso_oidc(struct cred_ask *q, const struct sso_settings *s, const char *path, const struct json_t *body,
	      struct json_t **ret_answer, enum sso_refusal *ret_refusal, struct err *err) MUST_CHECK;

#endif
