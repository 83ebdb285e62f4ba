/*
 * sim_rest.c: what is asked with a path of its own and without a signature: instance metadata (IMDSv2), a container's
 * credentials endpoint, SSO GetRoleCredentials, and SSO OIDC's registration, device authorization and token.
 *
 * The person at the sign-on page is POST /_sim/signon answer=allow|deny|slow|expire: until it says something a device
 * login is pending. A refresh token is good once; the answer holds the next.
 */
#include "sim/sim_identity.h"

#include <jansson.h>

#define DEVICE_CODE "device-code-of-the-simulator"
#define CLIENT_ID "simulated-client"
#define CLIENT_SECRET "simulated-client-secret-0123456789"
#define ROLE "web-server"

/* ---- answers ---- */

static void text_answer(struct sim_request *r, int status, const char *text)
{
	r->status = status;
	r->content_type = "text/plain";
	(void)buf_add_c(&r->body, text);
}

/* Takes the reference. */
static void json_answer(struct sim_request *r, int status, json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);

	CHECK(text);
	r->status = status;
	r->content_type = "application/json";
	(void)buf_add_c(&r->body, text);
	free(text); /* jansson's */
	json_decref(j);
}

static void refuse(struct sim_request *r, int status, const char *code, const char *oauth)
{
	r->code = code;
	if (oauth)
		json_answer(r, status, json_pack("{s:s, s:s}", "error", oauth, "error_description", "refused"));
	else
		json_answer(r, status, json_pack("{s:s, s:s}", "message", "refused", "__type", code));
}

static json_t *keys_object(const struct sim_issued *k, json_t *more)
{
	char at[40];

	json_object_set_new(more, "AccessKeyId", json_string(k->access));
	json_object_set_new(more, "SecretAccessKey", json_string(k->secret));
	json_object_set_new(more, "Token", json_string(k->token));
	json_object_set_new(more, "Expiration",
			    json_string(clock_iso8601(k->expires_us - k->expires_us % US_PER_S, at, sizeof(at))));
	return more;
}

/* ---- instance metadata ---- */

#define IMDS_TOKEN "imds-token-of-the-simulator=="

static void imds_token(struct sim_request *r)
{
	if (r->sim->identities->v1_only)
		text_answer(r, 403, "");
	else if (sim_header(r->http, "x-aws-ec2-metadata-token-ttl-seconds").len == 0)
		text_answer(r, 400, "");
	else
		text_answer(r, 200, IMDS_TOKEN);
}

static bool imds_allowed(struct sim_request *r)
{
	struct str token = sim_header(r->http, "x-aws-ec2-metadata-token");

	if (r->sim->identities->v1_only ? token.len == 0 : str_eq_c(token, IMDS_TOKEN))
		return true;
	text_answer(r, 401, "");
	return false;
}

static void imds_roles(struct sim_request *r)
{
	if (!imds_allowed(r))
		return;
	if (r->sim->identities->no_role)
		text_answer(r, 404, "");
	else
		text_answer(r, 200, ROLE "\n");
}

static void imds_keys(struct sim_request *r)
{
	if (imds_allowed(r))
		json_answer(r, 200,
			    keys_object(sim_issue(r, STR(ROLE), STR("i-0123456789abcdef0")),
					json_pack("{s:s, s:s}", "Code", "Success", "Type", "AWS-HMAC")));
}

static void imds_region(struct sim_request *r)
{
	if (imds_allowed(r))
		text_answer(r, 200, r->sim->o.region);
}

static void imds_zone(struct sim_request *r)
{
	char zone[80];

	snprintf(zone, sizeof(zone), "%sa", r->sim->o.region);
	if (imds_allowed(r))
		text_answer(r, 200, zone);
}

/* ---- a container ---- */

static void container(struct sim_request *r)
{
	if (str_eq_c(sim_header(r->http, "authorization"), SIM_CONTAINER_TOKEN))
		json_answer(r, 200,
			    keys_object(sim_issue(r, STR("task-role"), STR("task-1")),
					json_pack("{s:s}", "AccountId", SIM_ACCOUNT)));
	else
		refuse(r, 401, "Unauthorized", NULL);
}

/* ---- single sign-on ---- */

static void role_credentials(struct sim_request *r)
{
	const struct sim_identities *all = r->sim->identities;
	const struct sim_issued *k;
	struct str role = STR(""), account = STR("");
	struct sim_param *params;
	size_t n = 0;

	if (!sim_form_parse(r->arena, r->http->query, &params, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (str_eq_c(params[i].name, "role_name"))
			role = params[i].value;
		if (str_eq_c(params[i].name, "account_id"))
			account = params[i].value;
	}
	if (!str_eq_c(sim_header(r->http, "x-amz-sso_bearer_token"), all->sso_token) ||
	    all->sso_token_expires_us <= sim_auth_now(r->sim)) {
		refuse(r, 401, "UnauthorizedException", NULL);
	} else if (role.len == 0 || !str_eq_c(account, SIM_ACCOUNT) || str_starts(role, STR("denied-"))) {
		refuse(r, 403, "ForbiddenException", NULL);
	} else {
		k = sim_issue(r, role, STR("somebody"));
		json_answer(r, 200,
			    json_pack("{s:{s:s, s:s, s:s, s:I}}", "roleCredentials", "accessKeyId", k->access,
				      "secretAccessKey", k->secret, "sessionToken", k->token, "expiration",
				      (json_int_t)(k->expires_us / US_PER_MS)));
	}
}

static json_t *body_of(struct sim_request *r)
{
	json_t *j = json_loadb(r->http->body.ptr ? r->http->body.ptr : "", r->http->body.len, 0, NULL);

	return j ? j : json_object();
}

static bool is(const json_t *body, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(body, name));

	return text && strcmp(text, value) == 0;
}

static void register_client(struct sim_request *r)
{
	json_t *body = body_of(r);
	int64_t now = sim_auth_now(r->sim) / US_PER_S;

	if (is(body, "clientType", "public") && json_is_string(json_object_get(body, "clientName")))
		json_answer(r, 200,
			    json_pack("{s:s, s:s, s:I, s:I}", "clientId", CLIENT_ID, "clientSecret", CLIENT_SECRET,
				      "clientIdIssuedAt", (json_int_t)now, "clientSecretExpiresAt",
				      (json_int_t)(now + INT64_C(90) * 86400)));
	else
		refuse(r, 400, "InvalidClientMetadataException", "invalid_client_metadata");
	json_decref(body);
}

static bool known_client(struct sim_request *r, const json_t *body)
{
	if (is(body, "clientId", CLIENT_ID) && is(body, "clientSecret", CLIENT_SECRET))
		return true;
	refuse(r, 401, "InvalidClientException", "invalid_client");
	return false;
}

static void device_authorization(struct sim_request *r)
{
	json_t *body = body_of(r);

	if (known_client(r, body) && json_is_string(json_object_get(body, "startUrl"))) {
		r->sim->identities->decision[0] = '\0';
		json_answer(r, 200,
			    json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "deviceCode", DEVICE_CODE, "userCode",
				      SIM_USER_CODE, "verificationUri", "https://device.sso.example.com/",
				      "verificationUriComplete",
				      "https://device.sso.example.com/?user_code=" SIM_USER_CODE, "expiresIn", 600,
				      "interval", 1));
	} else if (!r->code) {
		refuse(r, 400, "InvalidRequestException", "invalid_request");
	}
	json_decref(body);
}

static void give_token(struct sim_request *r)
{
	struct sim_identities *all = r->sim->identities;

	all->serial++;
	snprintf(all->sso_token, sizeof(all->sso_token), "issuedSsoToken%08llu", (unsigned long long)all->serial);
	snprintf(all->refresh, sizeof(all->refresh), "issuedRefreshToken%08llu", (unsigned long long)all->serial);
	all->sso_token_expires_us = sim_auth_now(r->sim) + all->life_us;
	json_answer(r, 200,
		    json_pack("{s:s, s:s, s:I, s:s}", "accessToken", all->sso_token, "tokenType", "Bearer", "expiresIn",
			      (json_int_t)(all->life_us / US_PER_S), "refreshToken", all->refresh));
}

static void device_token(struct sim_request *r, const json_t *body)
{
	static const struct {
		const char *decision, *code, *oauth;
	} answers[] = {
		{"", "AuthorizationPendingException", "authorization_pending"},
		{"deny", "AccessDeniedException", "access_denied"},
		{"slow", "SlowDownException", "slow_down"},
		{"expire", "ExpiredTokenException", "expired_token"},
	};
	const char *decision = r->sim->identities->decision;

	if (!is(body, "deviceCode", DEVICE_CODE)) {
		refuse(r, 400, "InvalidGrantException", "invalid_grant");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (strcmp(answers[i].decision, decision) == 0) {
			refuse(r, 400, answers[i].code, answers[i].oauth);
			return;
		}
	give_token(r);
}

static void create_token(struct sim_request *r)
{
	json_t *body = body_of(r);

	if (!known_client(r, body)) {
		/* refused */
	} else if (is(body, "grantType", "urn:ietf:params:oauth:grant-type:device_code")) {
		device_token(r, body);
	} else if (!is(body, "grantType", "refresh_token")) {
		refuse(r, 400, "UnsupportedGrantTypeException", "unsupported_grant_type");
	} else if (is(body, "refreshToken", r->sim->identities->refresh)) {
		give_token(r);
	} else {
		refuse(r, 400, "InvalidGrantException", "invalid_grant");
	}
	json_decref(body);
}

/* ---- table ---- */

/* clang-format off */
static const struct sim_rest calls[] = {
	{"PUT", "/latest/api/token", "imds", "Token", imds_token},
	{"GET", "/latest/meta-data/iam/security-credentials/", "imds", "Roles", imds_roles},
	{"GET", "/latest/meta-data/iam/security-credentials/" ROLE, "imds", "Credentials", imds_keys},
	{"GET", "/latest/meta-data/placement/region", "imds", "Region", imds_region},
	{"GET", "/latest/meta-data/placement/availability-zone/", "imds", "Zone", imds_zone},
	{"GET", "/container/credentials", "container", "Credentials", container},
	{"GET", "/federation/credentials", "sso", "GetRoleCredentials", role_credentials},
	{"POST", "/client/register", "sso-oidc", "RegisterClient", register_client},
	{"POST", "/device_authorization", "sso-oidc", "StartDeviceAuthorization", device_authorization},
	{"POST", "/token", "sso-oidc", "CreateToken", create_token},
};
/* clang-format on */

const struct sim_rest *sim_rest_find(const struct sim_http *h)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (str_eq_c(h->method, calls[i].method) && str_eq_c(h->path, calls[i].path))
			return &calls[i];
	return NULL;
}

bool sim_rest_has(const char *service, const char *operation)
{
	bool any_service = !service[0] || strcmp(service, "*") == 0;
	bool any_operation = !operation[0] || strcmp(operation, "*") == 0;

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if ((any_service || strcmp(calls[i].service, service) == 0) &&
		    (any_operation || strcmp(calls[i].operation, operation) == 0))
			return true;
	return false;
}
