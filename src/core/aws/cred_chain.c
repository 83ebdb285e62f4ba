/*
 * cred_chain.c: in which order providers of credentials are asked.
 *
 * The order is that of the AWS CLI (botocore's resolver). Which keys sign is thus never a surprise to somebody who
 * knows what `aws sts get-caller-identity` says on the same host. Two differences are deliberate and only ever add an
 * error: half a pair of keys is told instead of passed over, and a profile's setting that cannot be read is named with
 * its file and line.
 *
 * Not here: how a provider works (cred_*.c), holding keys and renewing them (cred_cache.c).
 */
#include "aws/cred.h"

#include "base/clock.h"

#include <stdarg.h>

static const struct cred_provider *const chain[] = {
	&cred_environment, &cred_role,    &cred_web_identity, &cred_sso,       &cred_shared_file,
	&cred_login,       &cred_process, &cred_config_file,  &cred_container, &cred_instance,
};

bool cred_may_ask(struct cred_ask *q)
{
	q->elsewhere |= !q->http;
	return q->http != NULL;
}

void cred_doing(struct cred_ask *q, const char *fmt, ...)
{
	char words[160];
	va_list ap;

	if (!q->doing)
		return;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	q->doing(q->ctx, words);
}

/* Keys that ended before they could be used are the provider's failure, not AWS's to find out. */
static bool still_good(struct aws_credentials *c, struct err *err)
{
	char at[40];

	if (c->expires_at_us == 0 || c->expires_at_us > clock_wall_us())
		return true;
	err_set(err, ERR_CREDENTIALS, "The AWS credentials of %s expired at %s", c->origin,
		clock_iso8601(c->expires_at_us - c->expires_at_us % US_PER_S, at, sizeof(at)));
	err_remedy(err, "Renew them where they come from, and check this machine's clock; they are read again by "
			"themselves.");
	aws_credentials_wipe(c);
	return false;
}

static bool search(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found,
		   struct err *err)
{
	*ret_found = false;
	for (size_t i = 0; i < ARRAY_LEN(chain) && !*ret_found && !q->elsewhere; i++) {
		if (q->source && (!chain[i]->of_profile || chain[i] == &cred_role))
			continue;
		*out = (struct aws_credentials){.access_key = NULL};
		if (!chain[i]->load(q, profile, out, ret_found, err))
			return false;
	}
	return !*ret_found || still_good(out, err);
}

bool cred_load(struct cred_ask *q, struct aws_credentials *ret_credentials, struct err *err)
{
	const struct aws_config *c = q->config;
	struct aws_credentials out;
	bool found;

	q->elsewhere = false;
	if (!search(q, c->profile, &out, &found, err))
		return false;
	if (!found && !q->elsewhere) {
		err_set(err, ERR_CREDENTIALS,
			"No AWS credentials were found: looked at %s%s and %s, profile \"%s\", and instance metadata",
			c->profile_option ? "" : "AWS_ACCESS_KEY_ID, ", c->credentials_path, c->config_path,
			c->profile);
		err_remedy(err, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure, or name a profile "
				"with --profile.");
		return false;
	}
	if (found)
		*ret_credentials = out;
	return true;
}

static bool has_keys(const struct aws_config *c, const char *profile)
{
	return aws_config_of(c, profile, "aws_access_key_id").len > 0;
}

static bool has_role(const struct aws_config *c, const char *profile)
{
	return aws_config_of(c, profile, "role_arn").len > 0 &&
	       aws_config_of(c, profile, "web_identity_token_file").len == 0;
}

bool cred_load_source(struct cred_ask *q, const char *profile, struct aws_credentials *ret_credentials, struct err *err)
{
	struct aws_credentials out;
	bool found = false, source = q->source, ok;

	q->source = true;
	if (!has_keys(q->config, profile) && has_role(q->config, profile)) {
		out = (struct aws_credentials){.access_key = NULL};
		ok = cred_role.load(q, profile, &out, &found, err);
	} else {
		ok = search(q, profile, &out, &found, err);
	}
	q->source = source;
	if (!ok)
		return false;
	if (!found && !q->elsewhere) {
		err_set(err, ERR_CREDENTIALS, "The source profile \"%s\" has no credentials", profile);
		err_remedy(err, "Give it keys with: aws configure --profile %s", profile);
		return false;
	}
	if (found)
		*ret_credentials = out;
	return true;
}
