/*
 * cmd_sign_on.c: signing on (AWS IAM Identity Center) from here, by the device flow.
 *
 * A code and an address are published; somebody opens the address in any browser, on any machine, and says yes. Until
 * then the token service is asked in the pace it wants. What comes is written where the AWS CLI looks, too. The
 * registration of a client is kept there as well and used again while it is good.
 *
 * "Not yet" is no failure here, so none of this draws on the retries of aws_call().
 */
#include "aws/commands.h"
#include "aws/cred_cache.h"
#include "aws/sso.h"

#include "base/clock.h"

#include <jansson.h>

#define INTERVAL_S 5
#define INTERVAL_MAX_S 60
#define CODE_S 600
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

struct sign_on {
	uint64_t present;
	struct str state, user_code, address, whole_address, session, start_url;
	int64_t expires_at;
};

#define F(m, k, ...) FIELD(struct sign_on, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(state, K_ENUM, .title = "STATE", .flags = F_KEY, .help = "waiting for somebody to open the address, or done."),
	F(user_code, K_ID, .title = "CODE", .help = "To be compared with, or typed into, what the address shows."),
	F(address, K_ID, .title = "ADDRESS", .help = "To be opened in a browser, on any machine."),
	F(whole_address, K_ID, .title = "WITH CODE", .help = "The same with the code in it."),
	F(expires_at, K_TIME_US, .title = "EXPIRES", .help = "Until when the code is good; of a finished sign-on, the token."),
	F(session, K_ID, .title = "SESSION", .help = "Name of the sso-session; absent in the old form."),
	F(start_url, K_ID, .title = "START URL", .help = "The organisation's start page."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct sign_on, "sign_on", fields);

/* One sign-on under way. Everything in the objects is wiped. */
struct work {
	struct fetch *f;
	struct cred_ask q;
	struct sso_settings s;
	json_t *client;        /* clientId, clientSecret, expiresAt: as its file has them */
	json_t *device;        /* the answer of device_authorization */
	int64_t code_until_us; /* monotonic */
};

static void put(json_t *object, const char *name, struct str value)
{
	CHECK(json_object_set_new(object, name, json_stringn(value.ptr ? value.ptr : "", value.len)) == 0);
}

static int64_t number(const json_t *object, const char *name, int64_t absent)
{
	const json_t *j = json_object_get(object, name);

	return json_is_integer(j) && json_integer_value(j) > 0 ? json_integer_value(j) : absent;
}

/* ---- the client's registration ---- */

static bool known_client(struct work *w)
{
	struct secret text;
	struct err ignored;
	char path[SSO_PATH_MAX];
	json_t *client = NULL;
	int64_t until;
	bool exists;

	sso_registration_path(&w->s, path, sizeof(path));
	if (!secret_read_file(path, CRED_ANSWER_MAX, &text, &exists, &ignored) || !exists)
		return false;
	if (!cred_parse_json(secret_str(&text), path, &client, &ignored))
		client = NULL;
	secret_wipe(&text);
	/* with grantTypes it is one of the other flow */
	if (client && cred_json_text(client, "clientId").len > 0 && cred_json_text(client, "clientSecret").len > 0 &&
	    !json_object_get(client, "grantTypes") && cred_parse_time(cred_json_text(client, "expiresAt"), &until) &&
	    until > clock_wall_us() + CRED_EARLY_US) {
		w->client = client;
		return true;
	}
	secret_json_wipe(client);
	return false;
}

static json_t *scopes_of(const struct sso_settings *s)
{
	json_t *list = json_array();
	struct str rest = s->scopes, scope;

	while (rest.len > 0 && str_split(&rest, ',', &scope))
		json_array_append_new(list, json_stringn(str_trim(scope).ptr, str_trim(scope).len));
	return list;
}

static bool register_client(struct work *w, struct err *err)
{
	json_t *body = json_object(), *answer = NULL;
	enum sso_refusal refusal;
	struct err ignored;
	char path[SSO_PATH_MAX], at[40];
	bool ok;

	put(body, "clientName", STR("auroratop"));
	put(body, "clientType", STR("public"));
	if (w->s.scopes.len > 0)
		json_object_set_new(body, "scopes", scopes_of(&w->s));
	ok = sso_oidc(&w->q, &w->s, "client/register", body, &answer, &refusal, err);
	if (ok && (cred_json_text(answer, "clientId").len == 0 || cred_json_text(answer, "clientSecret").len == 0))
		ok = err_set(err, ERR_PROTOCOL, "the sign-on service registered no client");
	if (ok) {
		w->client = json_object();
		put(w->client, "clientId", cred_json_text(answer, "clientId"));
		put(w->client, "clientSecret", cred_json_text(answer, "clientSecret"));
		put(w->client, "expiresAt",
		    str_c(clock_iso8601(number(answer, "clientSecretExpiresAt", clock_wall_us() / US_PER_S) * US_PER_S,
					at, sizeof(at))));
		if (w->s.scopes.len > 0)
			json_object_set_new(w->client, "scopes", scopes_of(&w->s));
		sso_registration_path(&w->s, path, sizeof(path));
		(void)!sso_write(path, w->client, &ignored); /* only spares the next registration */
	}
	secret_json_wipe(answer);
	secret_json_wipe(body);
	return ok;
}

/* ---- the code ---- */

static json_t *with_client(const struct work *w)
{
	json_t *body = json_object();

	put(body, "clientId", cred_json_text(w->client, "clientId"));
	put(body, "clientSecret", cred_json_text(w->client, "clientSecret"));
	return body;
}

static bool ask_code(struct work *w, enum sso_refusal *ret_refusal, struct err *err)
{
	json_t *body = with_client(w);
	bool ok;

	put(body, "startUrl", w->s.start_url);
	secret_json_wipe(w->device);
	w->device = NULL;
	ok = sso_oidc(&w->q, &w->s, "device_authorization", body, &w->device, ret_refusal, err);
	secret_json_wipe(body);
	if (ok && (cred_json_text(w->device, "deviceCode").len == 0 || cred_json_text(w->device, "userCode").len == 0 ||
		   cred_json_text(w->device, "verificationUri").len == 0))
		ok = err_set(err, ERR_PROTOCOL, "the sign-on service gave no code");
	if (ok)
		w->code_until_us = clock_mono_us() + number(w->device, "expiresIn", CODE_S) * US_PER_S;
	return ok;
}

/* A registration that is not accepted any more is replaced, once. */
static bool get_code(struct work *w, struct err *err)
{
	enum sso_refusal refusal = SSO_OTHER;
	bool known = known_client(w);

	if (!known && !register_client(w, err))
		return false;
	if (ask_code(w, &refusal, err))
		return true;
	if (!known || refusal != SSO_BAD_CLIENT)
		return false;
	secret_json_wipe(w->client);
	w->client = NULL;
	return register_client(w, err) && ask_code(w, &refusal, err);
}

static void publish(const struct work *w, const char *state, int64_t expires_at)
{
	struct snapshot *s = snapshot_new(&type, w->f->source->name);
	struct sign_on *row = snapshot_add_row(s);

	SET(row, struct sign_on, state, arena_str(s->arena, str_c(state)));
	SET(row, struct sign_on, user_code, arena_str(s->arena, cred_json_text(w->device, "userCode")));
	SET(row, struct sign_on, address, arena_str(s->arena, cred_json_text(w->device, "verificationUri")));
	if (cred_json_text(w->device, "verificationUriComplete").len > 0)
		SET(row, struct sign_on, whole_address,
		    arena_str(s->arena, cred_json_text(w->device, "verificationUriComplete")));
	SET(row, struct sign_on, expires_at, expires_at);
	if (w->s.session.len > 0)
		SET(row, struct sign_on, session, arena_str(s->arena, w->s.session));
	SET(row, struct sign_on, start_url, arena_str(s->arena, w->s.start_url));
	fetch_publish(w->f, s);
}

/* ---- waiting for the person ---- */

static bool said_no(enum sso_refusal refusal, struct err *err)
{
	if (refusal == SSO_DENIED)
		err_set(err, ERR_DENIED, "the sign-on was declined on the web page");
	else if (refusal == SSO_EXPIRED)
		err_set(err, ERR_TIMEOUT, "the code of the sign-on has run out");
	else
		return false; /* as the service said it */
	err_remedy(err, "Type :login for a new code.");
	return false;
}

static bool poll_token(struct work *w, json_t **ret_answer, struct err *err)
{
	int64_t interval = number(w->device, "interval", INTERVAL_S);
	enum sso_refusal refusal = SSO_PENDING;
	json_t *body = with_client(w);
	bool ok = false;

	put(body, "grantType", STR(DEVICE_GRANT));
	put(body, "deviceCode", cred_json_text(w->device, "deviceCode"));
	fetch_doing(w->f, "waiting for the sign-on in a browser");
	while (!ok) {
		interval = interval < INTERVAL_MAX_S ? interval : INTERVAL_MAX_S;
		if (!cred_pause(&w->q, interval * US_PER_S, err))
			break;
		if (clock_mono_us() >= w->code_until_us) {
			(void)said_no(SSO_EXPIRED, err);
			break;
		}
		ok = sso_oidc(&w->q, &w->s, "token", body, ret_answer, &refusal, err);
		if (!ok && refusal == SSO_SLOW_DOWN)
			interval += INTERVAL_S;
		else if (!ok && refusal != SSO_PENDING && refusal != SSO_TROUBLE) {
			(void)said_no(refusal, err);
			break;
		}
	}
	secret_json_wipe(body);
	return ok;
}

static bool keep_token(struct work *w, const json_t *answer, struct err *err)
{
	json_t *file = json_object();
	char path[SSO_PATH_MAX];
	int64_t until = 0;
	bool ok;

	put(file, "startUrl", w->s.start_url);
	put(file, "region", w->s.region);
	put(file, "clientId", cred_json_text(w->client, "clientId"));
	put(file, "clientSecret", cred_json_text(w->client, "clientSecret"));
	put(file, "registrationExpiresAt", cred_json_text(w->client, "expiresAt"));
	sso_token_path(&w->s, path, sizeof(path));
	ok = sso_token_take(file, answer, err) && sso_write(path, file, err);
	if (ok) {
		(void)!cred_parse_time(cred_json_text(file, "expiresAt"), &until);
		cred_forget();
		publish(w, "done", until);
	}
	secret_json_wipe(file);
	return ok;
}

static bool sign_on(struct work *w, struct err *err)
{
	json_t *answer = NULL;
	bool ok = get_code(w, err);

	if (ok) {
		publish(w, "waiting", clock_wall_us() + w->code_until_us - clock_mono_us());
		ok = poll_token(w, &answer, err) && keep_token(w, answer, err);
	}
	secret_json_wipe(answer);
	secret_json_wipe(w->device);
	secret_json_wipe(w->client);
	return ok;
}

/* Settings of the profile, or of the first behind it that signs on. */
static bool find_settings(const struct aws_config *c, struct sso_settings *ret_settings, struct err *err)
{
	char profile[AWS_PROFILE_MAX];
	bool configured = false;

	snprintf(profile, sizeof(profile), "%s", c->profile);
	for (int i = 0; i < CRED_PROFILES_MAX; i++) {
		struct str source = aws_config_of(c, profile, "source_profile");

		if (!sso_settings_find(c, profile, ret_settings, &configured, err))
			return false;
		if (configured)
			return true;
		if (source.len == 0)
			break;
		snprintf(profile, sizeof(profile), STR_FMT, STR_ARG(str_sub(source, 0, sizeof(profile) - 1)));
	}
	err_set(err, ERR_UNAVAILABLE, "the AWS profile \"%s\" does not use single sign-on", c->profile);
	err_remedy(err, "Choose one that does with --profile, or set it up with: aws configure sso");
	return false;
}

static bool fetch_sign_on(struct fetch *f, struct err *err)
{
	const struct target *t = f->target;
	struct aws_config config;
	struct work w = {.f = f};
	char ca_bundle[AWS_BUNDLE_MAX];
	bool ok;

	if (!aws_config_load(&config, t->profile, err))
		return false;
	if (!aws_config_authorities(&config, ca_bundle, err)) {
		aws_config_release(&config);
		return false;
	}
	w.q = (struct cred_ask){.config = &config,
				.http = http_new(),
				.region = t->region,
				.endpoint_url = t->endpoint_url,
				.ca_bundle = ca_bundle,
				.cancel_fd = fetch_cancel_fd(f),
				.deadline_mono_us = f->deadline_mono_us};
	fetch_doing(f, "asking for a code to sign on with");
	ok = find_settings(&config, &w.s, err) && sign_on(&w, err);
	http_free(w.q.http);
	aws_config_release(&config);
	return ok;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	if (t->aws)
		return READY;
	err_set(why, ERR_UNAVAILABLE, "AWS is not in use here: started with --db alone");
	err_remedy(why, "name a region or a profile");
	return READY_UNAVAILABLE;
}

const struct source command_sign_on = {
	.name = "sign_on",
	.title = "sign-on",
	.help = "Signs on to AWS by a code that somebody confirms in a browser.",
	.type = &type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS,
	.deadline_us = 15 * US_PER_MIN,
	.origin = "SSO OIDC",
	.ready = ready,
	.fetch = fetch_sign_on,
};
