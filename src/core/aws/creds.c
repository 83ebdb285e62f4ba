/*
 * creds.c: which keys sign our requests.
 *
 * Order as in the AWS CLI: variables (unless --profile was given), then the profile. In a
 * profile the providers that need a server come before static keys of the config file, so a
 * profile that asks for a role, single sign-on or a process is refused by name here instead of
 * being signed with keys its owner did not mean. Keys are copied into memory of their own
 * and wiped with it.
 *
 * Not here: assuming roles, SSO, processes, containers, instance metadata.
 */
#include "aws/config.h"

#include "base/clock.h"
#include "base/xalloc.h"

static const char export_remedy[] = "Export keys for this shell: "
				    "eval \"$(aws configure export-credentials --profile %s --format env)\"";

static bool keep(struct aws_credentials *out, struct str access, struct str secret, struct str token, struct err *err)
{
	if (access.len > AWS_SECRET_MAX || secret.len > AWS_SECRET_MAX || token.len > AWS_SECRET_MAX)
		return err_set(err, ERR_LIMIT, "an AWS key or token from %s is longer than %d bytes", out->origin,
			       AWS_SECRET_MAX);
	out->access_key = xstrndup(access.ptr, access.len);
	out->secret_key = xstrndup(secret.ptr, secret.len);
	out->session_token = xstrndup(token.len > 0 ? token.ptr : "", token.len);
	return true;
}

/* Half a pair is a mistake that must be seen, not a reason to look further. */
static bool half_pair(const struct aws_credentials *out, const char *missing, struct err *err)
{
	err_set(err, ERR_CREDENTIALS, "Incomplete AWS credentials: %s has no %s", out->origin, missing);
	err_remedy(err, "Set both the access key id and the secret access key.");
	return false;
}

/* *ret_found stays false when the variables are not set. */
static bool from_environment(struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct str access = str_c(getenv("AWS_ACCESS_KEY_ID")), secret = str_c(getenv("AWS_SECRET_ACCESS_KEY"));
	struct str token = str_c(getenv("AWS_SECURITY_TOKEN")), expires = str_c(getenv("AWS_CREDENTIAL_EXPIRATION"));

	if (access.len == 0 && secret.len == 0)
		return true;
	snprintf(out->origin, sizeof(out->origin), "the environment");
	if (access.len == 0)
		return half_pair(out, "AWS_ACCESS_KEY_ID", err);
	if (secret.len == 0)
		return half_pair(out, "AWS_SECRET_ACCESS_KEY", err);
	if (token.len == 0)
		token = str_c(getenv("AWS_SESSION_TOKEN"));
	if (expires.len > 0 && !clock_parse_iso8601(expires, &out->expires_at_us))
		return err_set(err, ERR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION is not a time");
	*ret_found = true;
	return keep(out, access, secret, token, err);
}

static bool from_section(const struct ini *ini, const char *section, struct aws_credentials *out, bool *ret_found,
			 struct err *err)
{
	const struct ini_entry *access = ini_get(ini, str_c(section), STR("aws_access_key_id"));
	const struct ini_entry *secret = ini_get(ini, str_c(section), STR("aws_secret_access_key"));
	const struct ini_entry *token = ini_get(ini, str_c(section), STR("aws_session_token"));

	if (!access && !secret)
		return true;
	if (!access || access->value.len == 0)
		return half_pair(out, "aws_access_key_id", err);
	if (!secret || secret->value.len == 0)
		return half_pair(out, "aws_secret_access_key", err);
	if (!token)
		token = ini_get(ini, str_c(section), STR("aws_security_token"));
	*ret_found = true;
	return keep(out, access->value, secret->value, token ? token->value : STR(""), err);
}

/* A provider this profile asks for, in words, or NULL; stage 0: before the credentials file, 1: before the config
 * file's keys. */
static const char *other_provider(const struct aws_config *c, int stage)
{
	static const struct {
		const char *key, *words;
		int stage;
	} providers[] = {
		{"role_arn", "an assumed role (role_arn)", 0},
		{"web_identity_token_file", "a web identity (web_identity_token_file)", 0},
		{"sso_session", "single sign-on (sso_session)", 0},
		{"sso_account_id", "single sign-on (sso_account_id)", 0},
		{"login_session", "aws login (login_session)", 1},
		{"credential_process", "a credential process (credential_process)", 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		if (providers[i].stage == stage && aws_config_get(c, providers[i].key).len > 0)
			return providers[i].words;
	return NULL;
}

static bool refuse_provider(const struct aws_config *c, const char *words, struct err *err)
{
	err_set(err, ERR_CREDENTIALS, "The AWS profile \"%s\" uses %s, which auroratop cannot ask by itself",
		c->profile, words);
	err_remedy(err, export_remedy, c->profile);
	return false;
}

static bool from_files(const struct aws_config *c, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	char section[AWS_PROFILE_MAX + 32];
	const char *words = other_provider(c, 0);

	if (words)
		return refuse_provider(c, words, err);
	snprintf(out->origin, sizeof(out->origin), "profile %.40s", c->profile);
	if (c->has_credentials && !from_section(&c->credentials, c->profile, out, ret_found, err))
		return false;
	if (*ret_found)
		return true;
	words = other_provider(c, 1);
	if (words)
		return refuse_provider(c, words, err);
	snprintf(section, sizeof(section), "profile %s", c->profile);
	if (c->has_config && !from_section(&c->config, section, out, ret_found, err))
		return false;
	if (!*ret_found && c->has_config && strcmp(c->profile, "default") == 0)
		return from_section(&c->config, "default", out, ret_found, err);
	return true;
}

bool aws_credentials_load(const struct aws_config *c, struct aws_credentials *ret_credentials, struct err *err)
{
	struct aws_credentials out = {0};
	bool found = false;

	if (!c->profile_option && !from_environment(&out, &found, err))
		return false;
	if (!found && !from_files(c, &out, &found, err))
		return false;
	if (!found) {
		err_set(err, ERR_CREDENTIALS, "No AWS credentials were found: looked at %s%s and %s, profile \"%s\"",
			c->profile_option ? "" : "AWS_ACCESS_KEY_ID, ", c->credentials_path, c->config_path,
			c->profile);
		err_remedy(err, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure, or name a profile "
				"with --profile.");
		return false;
	}
	*ret_credentials = out;
	return true;
}

static void wipe(char **text)
{
	xfree_secret(*text, *text ? strlen(*text) : 0);
	*text = NULL;
}

void aws_credentials_wipe(struct aws_credentials *c)
{
	wipe(&c->access_key);
	wipe(&c->secret_key);
	wipe(&c->session_token);
}

struct aws_keys aws_credentials_keys(const struct aws_credentials *c)
{
	return (struct aws_keys){str_c(c->access_key), str_c(c->secret_key), str_c(c->session_token)};
}
