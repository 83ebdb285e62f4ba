/*
 * cred_web_identity.c: a role for whom a token in a file says who they are (EKS service accounts, CI runners).
 *
 * The file is read at each use, because whoever wrote it replaces it. The call is not signed: the token is the proof.
 */
#include "aws/cred.h"

#include <stdlib.h>

/* A variable beats the profile, each for itself; a source profile and one that was named by option have none. */
static struct str setting(const struct cred_ask *q, const char *profile, const char *variable, const char *key)
{
	struct str v = q->source || q->config->profile_option ? STR("") : str_c(getenv(variable));

	return v.len > 0 ? v : aws_config_of(q->config, profile, key);
}

static bool read_token(struct str file, struct secret *ret_token, struct err *err)
{
	char path[1024];
	bool exists;

	snprintf(path, sizeof(path), STR_FMT, STR_ARG(file));
	if (!secret_read_file(path, AWS_SECRET_MAX, ret_token, &exists, err))
		return false;
	if (!exists || str_trim(secret_str(ret_token)).len == 0) {
		secret_wipe(ret_token);
		err_set(err, ERR_CREDENTIALS, "the web identity token file %s %s", path,
			exists ? "is empty" : "does not exist");
		err_remedy(err, "Check AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file, and what writes it.");
		return false;
	}
	return true;
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct str file = setting(q, profile, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
	struct str session = setting(q, profile, "AWS_ROLE_SESSION_NAME", "role_session_name");
	struct cred_sts call = {.operation = "AssumeRoleWithWebIdentity",
				.role_arn = setting(q, profile, "AWS_ROLE_ARN", "role_arn"),
				.session_name = session};
	struct secret token = {NULL, 0, 0};
	char name[64];

	if (file.len == 0)
		return true;
	if (call.role_arn.len == 0) {
		err_set(err, ERR_CREDENTIALS, "a web identity token file is set, but no role to assume with it");
		err_remedy(err, "Set AWS_ROLE_ARN, or role_arn in the profile \"%s\".", profile);
		return false;
	}
	if (!cred_may_ask(q))
		return true;
	cred_session_name(name);
	if (session.len == 0)
		call.session_name = str_c(name);
	if (!read_token(file, &token, err))
		return false;
	call.web_token = str_trim(secret_str(&token));
	cred_doing(q, "assuming the role " STR_FMT, STR_ARG(cred_role_name(call.role_arn)));
	*ret_found = cred_sts(q, &call, out, err);
	secret_wipe(&token);
	if (!*ret_found) {
		err_prefix(err, "web identity, role " STR_FMT, STR_ARG(cred_role_name(call.role_arn)));
		if (!err->remedy[0] || err->code == ERR_DENIED || err->code == ERR_CREDENTIALS)
			err_remedy(err,
				   "Check that whoever writes the token file renews it, and the role's trust policy.");
		return false;
	}
	snprintf(out->origin, sizeof(out->origin), "web identity, role " STR_FMT " with the token in " STR_FMT,
		 STR_ARG(cred_role_name(call.role_arn)), STR_ARG(file));
	return true;
}

const struct cred_provider cred_web_identity = {
	.name = "assume-role-with-web-identity", .of_profile = true, .load = load};
