/*
 * cred_sso.c: keys of an account and role for somebody who has signed on.
 *
 * The call is not signed: the login's token goes along as a header.
 */
#include "aws/sso.h"

#include "aws/errors.h"
#include "base/buf.h"
#include "base/clock.h"

#include <jansson.h>

#define ATTEMPTS 3
#define RETRY_US (300 * US_PER_MS)

static bool get_url(const struct cred_ask *q, const struct sso_settings *s, struct buf *url, char host[300],
		    struct err *err)
{
	struct aws_endpoint e;
	char region[AWS_REGION_MAX];

	snprintf(region, sizeof(region), STR_FMT, STR_ARG(s->region));
	if (!aws_endpoint_resolve(AWS_SSO, region, q->endpoint_url, q->config, &e, err))
		return false;
	snprintf(host, 300, "%s", e.host);
	(void)buf_addf(url, "%sfederation/credentials?role_name=", e.url);
	(void)sigv4_encode(url, s->role, false);
	(void)buf_add_c(url, "&account_id=");
	(void)sigv4_encode(url, s->account, false);
	return !url->failed || err_set(err, ERR_CONFIG, "sso_role_name or sso_account_id is too long");
}

static bool refused(const char *profile, const struct sso_settings *s, long status, struct err *err)
{
	if (status == 401)
		return sso_needs_login(profile, s, "is not accepted any more", err);
	if (status == 429 || status >= 500) {
		err_set(err, status == 429 ? ERR_THROTTLED : ERR_SERVER,
			"single sign-on did not answer for the role " STR_FMT " in account " STR_FMT " (HTTP %ld)",
			STR_ARG(s->role), STR_ARG(s->account), status);
		err_remedy(err, "It is asked again by itself.");
		return false;
	}
	err_set(err, status == 403 ? ERR_DENIED : ERR_CREDENTIALS,
		"single sign-on gives no keys for the role " STR_FMT " in account " STR_FMT " (HTTP %ld)",
		STR_ARG(s->role), STR_ARG(s->account), status);
	err_remedy(err, "Check sso_role_name and sso_account_id of profile \"%s\", and that they are assigned to you.",
		   profile);
	return false;
}

static bool read_answer(const struct secret *body, struct aws_credentials *out, struct err *err)
{
	static const struct cred_names names = {"accessKeyId", "secretAccessKey", "sessionToken", "expiration", true};
	struct json_t *root;
	bool ok;

	if (!cred_parse_json(secret_str(body), "single sign-on", &root, err))
		return false;
	ok = cred_from_json(json_object_get(root, "roleCredentials"), &names, "single sign-on", out, err);
	secret_json_wipe(root);
	return ok;
}

/* Asked again when the service is busy or broken, as long as there is time. */
static bool ask(struct cred_ask *q, const char *profile, const struct sso_settings *s,
		const struct cred_request *request, struct aws_credentials *out, struct err *err)
{
	for (unsigned i = 0;; i++) {
		struct secret body = {NULL, 0, 0};
		struct http_response response = {0};
		bool ok = cred_http(q, request, &response, &body, err);

		if (ok)
			ok = response.status == 200 ? read_answer(&body, out, err)
						    : refused(profile, s, response.status, err);
		secret_wipe(&body);
		if (ok || i + 1 >= ATTEMPTS || !aws_error_retryable(err, response.status) ||
		    !cred_pause(q, RETRY_US << i, &(struct err){.code = ERR_NONE}))
			return ok;
	}
}

static bool get_keys(struct cred_ask *q, const char *profile, const struct sso_settings *s, struct str token,
		     struct aws_credentials *out, struct err *err)
{
	struct secret line = {NULL, 0, 0};
	const char *headers[] = {"accept: application/json", NULL, NULL};
	struct buf url;
	char host[300];
	bool ok;

	buf_init(&url, 2048);
	ok = get_url(q, s, &url, host, err);
	if (ok && !(secret_add(&line, STR("x-amz-sso_bearer_token: "), CRED_ANSWER_MAX) &&
		    secret_add(&line, token, CRED_ANSWER_MAX)))
		ok = err_set(err, ERR_LIMIT, "the token of single sign-on is too long");
	headers[1] = line.text;
	ok = ok && ask(q, profile, s,
		       &(struct cred_request){.service = aws_services[AWS_SSO].name,
					      .url = buf_c(&url),
					      .host = host,
					      .headers = headers,
					      .method = "GET"},
		       out, err);
	secret_wipe(&line);
	buf_release(&url);
	return ok;
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct sso_settings s;
	struct sso_token token;
	bool configured;

	if (!sso_settings_find(q->config, profile, &s, &configured, err))
		return false;
	if (!configured || !cred_may_ask(q))
		return true;
	if (!sso_token_get(q, profile, &s, &token, err))
		return false;
	cred_doing(q, "asking single sign-on for the role " STR_FMT, STR_ARG(s.role));
	*ret_found = get_keys(q, profile, &s, token.access, out, err);
	sso_token_wipe(&token);
	if (*ret_found)
		snprintf(out->origin, sizeof(out->origin),
			 "profile %s, single sign-on%s" STR_FMT ", role " STR_FMT " in account " STR_FMT, profile,
			 s.session.len > 0 ? " session " : "", STR_ARG(s.session), STR_ARG(s.role), STR_ARG(s.account));
	return *ret_found;
}

const struct cred_provider cred_sso = {.name = "sso", .of_profile = true, .load = load};
