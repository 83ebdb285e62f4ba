/*
 * cred_role.c: a profile that assumes a role, with keys of another profile, of the environment or of this host.
 *
 * Profiles may stand behind each other; the way is remembered, so that a circle is named instead of walked. A profile
 * may name itself as its source when it holds keys of its own.
 *
 * A role that wants an MFA code cannot be had without a person. First the AWS CLI's own cache is looked into: when
 * somebody answered there, nobody is asked again. Else the search ends with CRED_NEEDS_CODE; the console opens a
 * dialog, whose answer comes back as q->mfa_code and is used once.
 */
#include "aws/cred.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"

#include <jansson.h>

#define SESSION_SECONDS_MIN 900
#define SESSION_SECONDS_MAX 43200

static const struct {
	const char *word;
	const struct cred_provider *provider;
	const char *missing;
} credential_sources[] = {
	{"Environment", &cred_environment, "AWS_ACCESS_KEY_ID is not set"},
	{"Ec2InstanceMetadata", &cred_instance, "this host has no instance role"},
	{"EcsContainer", &cred_container, "no AWS_CONTAINER_CREDENTIALS_ variable is set"},
};

/* ---- where the source's keys are ---- */

static bool way_back(const struct cred_ask *q, const char *profile, const char *source, struct err *err)
{
	char way[400];
	size_t n = 0;

	way[0] = '\0';
	for (size_t i = 0; i < q->nvisited && n < sizeof(way); i++)
		n += (size_t)snprintf(way + n, sizeof(way) - n, "%s -> ", q->visited[i]);
	err_set(err, ERR_CONFIG, "The source_profile of AWS profiles goes in a circle: %s%s", way, source);
	err_remedy(err, "Let source_profile of [profile %s] in %s name a profile that has keys of its own.", profile,
		   q->config->config_path);
	return false;
}

/* May `source` be asked on behalf of `profile`? */
static bool check_source(const struct cred_ask *q, const char *profile, const char *source, struct err *err)
{
	struct aws_setting at;

	if (!aws_config_has_profile(q->config, source)) {
		(void)aws_config_find(q->config, profile, "source_profile", &at);
		err_set(err, ERR_CONFIG, "%s:%d: source_profile: there is no AWS profile \"%s\"", at.path, at.line,
			source);
		err_remedy(err, "Add [profile %s] to %s, or correct the name.", source, q->config->config_path);
		return false;
	}
	for (size_t i = 0; i < q->nvisited; i++)
		if (strcmp(q->visited[i], source) == 0) {
			if (strcmp(source, profile) == 0 &&
			    aws_config_of(q->config, source, "aws_access_key_id").len > 0)
				return true;
			return way_back(q, profile, source, err);
		}
	if (q->nvisited == CRED_PROFILES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d AWS profiles stand behind each other", CRED_PROFILES_MAX);
	return true;
}

static bool from_profile(struct cred_ask *q, const char *profile, struct str name, struct aws_credentials *ret_keys,
			 struct err *err)
{
	char source[AWS_PROFILE_MAX];

	snprintf(source, sizeof(source), STR_FMT, STR_ARG(str_sub(name, 0, sizeof(source) - 1)));
	if (!check_source(q, profile, source, err))
		return false;
	return cred_load_source(q, source, ret_keys, err);
}

static bool from_source(struct cred_ask *q, const char *profile, struct str word, struct aws_credentials *ret_keys,
			struct err *err)
{
	struct aws_setting at;
	bool found = false, source = q->source, ok;

	for (size_t i = 0; i < ARRAY_LEN(credential_sources); i++) {
		if (!str_ieq(word, str_c(credential_sources[i].word)))
			continue;
		*ret_keys = (struct aws_credentials){.access_key = NULL};
		q->source = true;
		ok = credential_sources[i].provider->load(q, profile, ret_keys, &found, err);
		q->source = source;
		if (!ok || found || q->elsewhere)
			return ok;
		err_set(err, ERR_CREDENTIALS, "profile \"%s\": credential_source = %s, but %s", profile,
			credential_sources[i].word, credential_sources[i].missing);
		err_remedy(err, "Run it where that is so, or use source_profile.");
		return false;
	}
	(void)aws_config_find(q->config, profile, "credential_source", &at);
	err_set(err, ERR_CONFIG, "%s:%d: credential_source: \"" STR_FMT "\" is none of those that exist", at.path,
		at.line, STR_ARG(str_sub(word, 0, 60)));
	err_remedy(err, "It is Environment, Ec2InstanceMetadata or EcsContainer.");
	return false;
}

static bool source_keys(struct cred_ask *q, const char *profile, struct aws_credentials *ret_keys, struct err *err)
{
	struct str source = aws_config_of(q->config, profile, "source_profile");
	struct str word = aws_config_of(q->config, profile, "credential_source");
	struct aws_setting at;

	if ((source.len > 0) == (word.len > 0)) {
		(void)aws_config_find(q->config, profile, "role_arn", &at);
		err_set(err, ERR_CONFIG, "%s:%d: role_arn: profile \"%s\" has %s source_profile %s credential_source",
			at.path, at.line, profile, source.len > 0 ? "both" : "neither", source.len > 0 ? "and" : "nor");
		err_remedy(err, "Set one of the two: whose keys may assume the role.");
		return false;
	}
	return source.len > 0 ? from_profile(q, profile, source, ret_keys, err)
			      : from_source(q, profile, word, ret_keys, err);
}

/* ---- the role ---- */

static bool read_duration(const struct cred_ask *q, const char *profile, struct str *ret_duration, struct err *err)
{
	struct aws_setting at;
	int64_t seconds;

	*ret_duration = STR("");
	if (!aws_config_find(q->config, profile, "duration_seconds", &at) || at.value.len == 0)
		return true;
	*ret_duration = at.value;
	if (parse_i64(at.value, &seconds) && seconds >= SESSION_SECONDS_MIN && seconds <= SESSION_SECONDS_MAX)
		return true;
	err_set(err, ERR_CONFIG, "%s:%d: duration_seconds: \"" STR_FMT "\" is not a number from %d to %d", at.path,
		at.line, STR_ARG(str_sub(at.value, 0, 40)), SESSION_SECONDS_MIN, SESSION_SECONDS_MAX);
	err_remedy(err, "Correct that line, or take it out.");
	return false;
}

static void add_pair(struct buf *b, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	(void)buf_addf(b, "%s\"%s\": ", b->len > 1 ? ", " : "", name);
	cred_python_string(b, value);
}

/* The file the AWS CLI keeps such a session in: its name is the SHA-1 of what was asked for. */
static void cli_cache_path(const struct cred_sts *call, bool named, char *out, size_t size)
{
	char hash[41], below[64];
	struct buf b;

	buf_init(&b, 8192);
	(void)buf_add_char(&b, '{');
	if (call->duration.len > 0)
		(void)buf_addf(&b, "\"DurationSeconds\": " STR_FMT, STR_ARG(call->duration));
	add_pair(&b, "ExternalId", call->external_id);
	add_pair(&b, "RoleArn", call->role_arn);
	if (named)
		add_pair(&b, "RoleSessionName", call->session_name);
	add_pair(&b, "SerialNumber", call->mfa_serial);
	(void)buf_add_char(&b, '}');
	cred_sha1(buf_str(&b), hash);
	buf_release(&b);
	snprintf(below, sizeof(below), ".aws/cli/cache/%s.json", hash);
	aws_config_path(out, size, NULL, below);
}

/* A session that the AWS CLI has and that is good for a while. What is wrong with its file is no fault of ours. */
static bool from_cli_cache(const char *path, struct aws_credentials *out)
{
	static const struct cred_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", false};
	struct secret text;
	struct json_t *root;
	struct err ignored;
	bool exists, ok = false;

	if (!secret_read_file(path, CRED_ANSWER_MAX, &text, &exists, &ignored) || !exists)
		return false;
	if (cred_parse_json(secret_str(&text), path, &root, &ignored)) {
		ok = cred_from_json(json_object_get(root, "Credentials"), &names, path, out, &ignored);
		secret_json_wipe(root);
	}
	secret_wipe(&text);
	if (ok && out->expires_at_us < clock_wall_us() + CRED_EARLY_US) {
		aws_credentials_wipe(out);
		ok = false;
	}
	return ok;
}

static bool needs_code(const char *profile, const struct cred_sts *call, struct err *err)
{
	struct str role = cred_role_name(call->role_arn);

	err_set(err, ERR_CREDENTIALS,
		"The role " STR_FMT " of AWS profile \"%s\" needs an MFA code for device " STR_FMT, STR_ARG(role),
		profile, STR_ARG(call->mfa_serial));
	err_remedy(err,
		   "In the console type :mfa; else run aws sts get-caller-identity --profile %s on a terminal, whose "
		   "session is used here too.",
		   profile);
	snprintf(err->id, sizeof(err->id), "%s", CRED_NEEDS_CODE);
	return false;
}

/* STS has said no. A code that was wrong or late is asked for once more. */
static bool refused(const char *profile, const struct cred_sts *call, struct err *err)
{
	struct str role = cred_role_name(call->role_arn);

	if (call->mfa_code.len > 0 && str_find(str_c(err->text), STR("MultiFactorAuthentication"), 0) >= 0) {
		err_set(err, ERR_CREDENTIALS,
			"AWS does not accept the MFA code of device " STR_FMT " for the role " STR_FMT,
			STR_ARG(call->mfa_serial), STR_ARG(role));
		err_remedy(err, "Wait for the next code and type :mfa; a code is good once.");
		snprintf(err->id, sizeof(err->id), "%s", CRED_NEEDS_CODE);
		return false;
	}
	err_prefix(err, "profile \"%s\", role " STR_FMT, profile, STR_ARG(role));
	if (err->code == ERR_DENIED)
		err_remedy(err,
			   "Allow the source's identity sts:AssumeRole on the role, and name it in the role's trust "
			   "policy (with external_id and MFA as that wants).");
	return false;
}

static bool assume(struct cred_ask *q, const char *profile, struct cred_sts *call, const struct aws_credentials *keys,
		   struct aws_credentials *out, struct err *err)
{
	char name[64], path[1024];
	bool named = call->session_name.len > 0;

	cred_session_name(name);
	if (!named)
		call->session_name = str_c(name);
	call->keys = aws_credentials_keys(keys);
	if (call->mfa_serial.len > 0) {
		cli_cache_path(call, named, path, sizeof(path));
		if (from_cli_cache(path, out))
			return true;
		if (q->mfa_code.len == 0)
			return needs_code(profile, call, err);
		call->mfa_code = q->mfa_code;
		q->mfa_code = STR("");
	}
	cred_doing(q, "assuming the role " STR_FMT, STR_ARG(cred_role_name(call->role_arn)));
	return cred_sts(q, call, out, err) || refused(profile, call, err);
}

static void say_origin(const struct cred_ask *q, const char *profile, const struct cred_sts *call,
		       const struct aws_credentials *keys, struct aws_credentials *out)
{
	struct str role = cred_role_name(call->role_arn);
	struct str word = aws_config_of(q->config, profile, "credential_source");
	struct str source = aws_config_of(q->config, profile, "source_profile");

	if (word.len > 0)
		snprintf(out->origin, sizeof(out->origin),
			 "profile %s, role " STR_FMT " through credential_source " STR_FMT, profile, STR_ARG(role),
			 STR_ARG(word));
	else if (strchr(keys->origin, ','))
		snprintf(out->origin, sizeof(out->origin), "profile %s, role " STR_FMT " through source_%.200s",
			 profile, STR_ARG(role), keys->origin);
	else
		snprintf(out->origin, sizeof(out->origin),
			 "profile %s, role " STR_FMT " through source_profile " STR_FMT, profile, STR_ARG(role),
			 STR_ARG(source));
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	const struct aws_config *c = q->config;
	struct cred_sts call = {.operation = "AssumeRole",
				.role_arn = aws_config_of(c, profile, "role_arn"),
				.external_id = aws_config_of(c, profile, "external_id"),
				.mfa_serial = aws_config_of(c, profile, "mfa_serial"),
				.session_name = aws_config_of(c, profile, "role_session_name")};
	struct aws_credentials keys = {.access_key = NULL};
	bool ok;

	if (call.role_arn.len == 0 || aws_config_of(c, profile, "web_identity_token_file").len > 0)
		return true;
	if (q->nvisited < CRED_PROFILES_MAX)
		q->visited[q->nvisited++] = profile;
	ok = read_duration(q, profile, &call.duration, err) && source_keys(q, profile, &keys, err);
	if (ok && !q->elsewhere && cred_may_ask(q)) {
		ok = assume(q, profile, &call, &keys, out, err);
		*ret_found = ok;
		if (ok)
			say_origin(q, profile, &call, &keys, out);
	}
	aws_credentials_wipe(&keys);
	if (q->nvisited > 0)
		q->nvisited--;
	return ok;
}

const struct cred_provider cred_role = {.name = "assume-role", .of_profile = true, .load = load};
