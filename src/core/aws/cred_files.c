/*
 * cred_files.c: keys that stand in the shared credentials file, and in the config file.
 *
 * These are two providers, because those that ask a program or a login come between them: keys in
 * ~/.aws/credentials beat credential_process, keys in ~/.aws/config yield to it. A value is never cut at a comment
 * sign, which may be part of a key.
 */
#include "aws/cred.h"

static bool from_section(const struct ini *ini, const char *section, const char *profile, struct aws_credentials *out,
			 bool *ret_found, struct err *err)
{
	const struct ini_entry *access = ini_get(ini, str_c(section), STR("aws_access_key_id"));
	const struct ini_entry *secret = ini_get(ini, str_c(section), STR("aws_secret_access_key"));
	const struct ini_entry *token = ini_get(ini, str_c(section), STR("aws_session_token"));

	if (!access && !secret)
		return true;
	snprintf(out->origin, sizeof(out->origin), "profile %s", profile);
	if (!access || access->value.len == 0)
		return cred_half_pair(out, "aws_access_key_id", err);
	if (!secret || secret->value.len == 0)
		return cred_half_pair(out, "aws_secret_access_key", err);
	if (!token)
		token = ini_get(ini, str_c(section), STR("aws_security_token"));
	*ret_found = cred_keep(out, access->value, secret->value, token ? token->value : STR(""), err);
	return *ret_found;
}

static bool load_shared(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found,
			struct err *err)
{
	return !q->config->has_credentials ||
	       from_section(&q->config->credentials, profile, profile, out, ret_found, err);
}

static bool load_config(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found,
			struct err *err)
{
	const struct aws_config *c = q->config;
	char section[AWS_PROFILE_MAX + 32];

	snprintf(section, sizeof(section), "profile %s", profile);
	if (!c->has_config || !from_section(&c->config, section, profile, out, ret_found, err))
		return !c->has_config;
	if (!*ret_found && strcmp(profile, "default") == 0)
		return from_section(&c->config, "default", profile, out, ret_found, err);
	return true;
}

const struct cred_provider cred_shared_file = {
	.name = "shared-credentials-file", .of_profile = true, .load = load_shared};
const struct cred_provider cred_config_file = {.name = "config-file", .of_profile = true, .load = load_config};
