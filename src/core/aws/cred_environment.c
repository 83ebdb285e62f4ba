/*
 * cred_environment.c: AWS_ACCESS_KEY_ID and its companions.
 *
 * They count unless a profile was named by option: whoever types --profile means that profile. A profile named by
 * AWS_PROFILE does not beat them.
 */
#include "aws/cred.h"

#include "base/clock.h"

#include <stdlib.h>

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct str access = str_c(getenv("AWS_ACCESS_KEY_ID")), secret = str_c(getenv("AWS_SECRET_ACCESS_KEY"));
	struct str token = str_c(getenv("AWS_SECURITY_TOKEN")), expires = str_c(getenv("AWS_CREDENTIAL_EXPIRATION"));

	(void)profile;
	if ((q->config->profile_option && !q->source) || (access.len == 0 && secret.len == 0))
		return true;
	snprintf(out->origin, sizeof(out->origin), "the environment");
	if (access.len == 0)
		return cred_half_pair(out, "AWS_ACCESS_KEY_ID", err);
	if (secret.len == 0)
		return cred_half_pair(out, "AWS_SECRET_ACCESS_KEY", err);
	if (token.len == 0)
		token = str_c(getenv("AWS_SESSION_TOKEN"));
	if (expires.len > 0 && !cred_parse_time(expires, &out->expires_at_us)) {
		err_set(err, ERR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION is not a time");
		err_remedy(err, "It looks like 2026-01-15T08:30:05Z.");
		return false;
	}
	*ret_found = cred_keep(out, access, secret, token, err);
	return *ret_found;
}

const struct cred_provider cred_environment = {.name = "env", .load = load};
