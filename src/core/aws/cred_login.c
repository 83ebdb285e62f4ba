/*
 * cred_login.c: the keys that `aws login` has left.
 *
 * Only what stands in its cache is used: to renew it needs a key that is the AWS CLI's own. When it is over, the CLI
 * is named.
 */
#include "aws/cred.h"

#include "base/clock.h"

#include <jansson.h>
#include <stdlib.h>

static bool again(const char *profile, const char *what, struct err *err)
{
	err_set(err, ERR_CREDENTIALS, "The login (aws login) of AWS profile \"%s\" %s", profile, what);
	err_remedy(err, "Run aws login --profile %s; it is read again by itself.", profile);
	return false;
}

static void cache_path(struct str session, char *out, size_t size)
{
	const char *folder = getenv("AWS_LOGIN_CACHE_DIRECTORY");
	char hash[65], below[128];

	cred_sha256(session, hash);
	snprintf(below, sizeof(below), ".aws/login/cache/%s.json", hash);
	if (folder && *folder)
		snprintf(out, size, "%s/%s.json", folder, hash);
	else
		aws_config_path(out, size, NULL, below);
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	static const struct cred_names names = {"accessKeyId", "secretAccessKey", "sessionToken", "expiresAt", false};
	struct str session = aws_config_of(q->config, profile, "login_session");
	struct secret text;
	struct json_t *root;
	char path[1024];
	bool exists, ok;

	if (session.len == 0)
		return true;
	cache_path(session, path, sizeof(path));
	if (!secret_read_file(path, CRED_ANSWER_MAX, &text, &exists, err)) {
		err_remedy(err, "Make it readable, or run aws login --profile %s.", profile);
		return false;
	}
	if (!exists)
		return again(profile, "has not been made on this host", err);
	ok = cred_parse_json(secret_str(&text), path, &root, err);
	secret_wipe(&text);
	if (ok) {
		ok = cred_from_json(json_object_get(root, "accessToken"), &names, path, out, err);
		secret_json_wipe(root);
	}
	if (!ok) {
		err_remedy(err, "Remove that file and run aws login --profile %s.", profile);
		return false;
	}
	if (out->expires_at_us && out->expires_at_us <= clock_wall_us()) {
		aws_credentials_wipe(out);
		return again(profile, "has expired", err);
	}
	snprintf(out->origin, sizeof(out->origin), "profile %s, aws login", profile);
	*ret_found = true;
	return true;
}

const struct cred_provider cred_login = {.name = "login", .of_profile = true, .load = load};
