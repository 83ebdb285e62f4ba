/*
 * sso.c: settings of single sign-on, its token cache and the token service.
 *
 * A token file is named by the SHA-1 of its session's name (or of the start URL in the old form), a registration by
 * that of a small JSON text; nothing else in that folder is ours. A token is renewed when it has less than 15 minutes
 * left, at most once a minute unless the service was not there; while that fails the old one is used as long as it is
 * good.
 */
#include "aws/sso.h"

#include "base/buf.h"
#include "base/clock.h"

#include <jansson.h>
#include <pthread.h>

#define REFRESH_PAUSE_US (1 * US_PER_MIN)
#define TRIED_MAX 8

/* ---- settings ---- */

static bool missing(const struct aws_config *c, const char *profile, const char *key, const struct sso_settings *s,
		    struct err *err)
{
	if (s->session.len > 0 && !aws_config_has_session(c, s->session))
		err_set(err, ERR_CONFIG, "profile \"%s\": there is no [sso-session " STR_FMT "] in %s", profile,
			STR_ARG(s->session), c->config_path);
	else
		err_set(err, ERR_CONFIG, "%s: profile \"%s\" uses single sign-on, but %s is not set", c->config_path,
			profile, key);
	err_remedy(err, "Run aws configure sso --profile %s, or add what is missing.", profile);
	return false;
}

/* A key of the session; in both places it must be the same. */
static bool session_key(const struct aws_config *c, const char *profile, struct str session, const char *key,
			struct str *ret_value, struct err *err)
{
	struct aws_setting own, shared;
	bool both = aws_config_find(c, profile, key, &own);

	*ret_value = own.value;
	if (session.len == 0 || !aws_config_session(c, session, key, &shared))
		return true;
	*ret_value = shared.value;
	if (!both || str_eq(own.value, shared.value))
		return true;
	err_set(err, ERR_CONFIG,
		"%s:%d: %s: profile \"%s\" says something else than [sso-session " STR_FMT "] at line %d", own.path,
		own.line, key, profile, STR_ARG(session), shared.line);
	err_remedy(err, "Take it out of the profile.");
	return false;
}

bool sso_settings_find(const struct aws_config *c, const char *profile, struct sso_settings *ret_settings,
		       bool *ret_configured, struct err *err)
{
	struct sso_settings s = {.session = aws_config_of(c, profile, "sso_session"),
				 .account = aws_config_of(c, profile, "sso_account_id"),
				 .role = aws_config_of(c, profile, "sso_role_name")};

	*ret_configured = s.account.len > 0 || s.role.len > 0;
	if (!*ret_configured)
		return true;
	if (s.account.len == 0 || s.role.len == 0)
		return missing(c, profile, s.account.len == 0 ? "sso_account_id" : "sso_role_name",
			       &(struct sso_settings){.session = STR("")}, err);
	if (!session_key(c, profile, s.session, "sso_start_url", &s.start_url, err) ||
	    !session_key(c, profile, s.session, "sso_region", &s.region, err) ||
	    !session_key(c, profile, s.session, "sso_registration_scopes", &s.scopes, err))
		return false;
	if (s.start_url.len == 0 || s.region.len == 0)
		return missing(c, profile, s.start_url.len == 0 ? "sso_start_url" : "sso_region", &s, err);
	if (!aws_region_valid(s.region))
		return err_set(err, ERR_CONFIG, "%s: sso_region: \"" STR_FMT "\" is not the name of an AWS region",
			       c->config_path, STR_ARG(str_sub(s.region, 0, 64)));
	*ret_settings = s;
	return true;
}

bool sso_needs_login(const char *profile, const struct sso_settings *s, const char *what, struct err *err)
{
	if (s->session.len > 0)
		err_set(err, ERR_CREDENTIALS, "The single sign-on session " STR_FMT " of AWS profile \"%s\" %s",
			STR_ARG(s->session), profile, what);
	else
		err_set(err, ERR_CREDENTIALS, "The single sign-on of AWS profile \"%s\" %s", profile, what);
	err_remedy(err, "In the console type :login; else run aws sso login --profile %s.", profile);
	snprintf(err->id, sizeof(err->id), "%s", CRED_NEEDS_LOGIN);
	return false;
}

/* ---- files ---- */

static void cache_path(struct str text, char *out, size_t size)
{
	char hash[65], below[96];

	cred_sha1(text, hash);
	snprintf(below, sizeof(below), ".aws/sso/cache/%s.json", hash);
	aws_config_path(out, size, NULL, below);
}

void sso_token_path(const struct sso_settings *s, char *out, size_t size)
{
	cache_path(s->session.len > 0 ? s->session : s->start_url, out, size);
}

/* As Python's json.dumps() writes it. */
void sso_registration_path(const struct sso_settings *s, char *out, size_t size)
{
	struct str rest = s->scopes, scope;
	struct buf b;
	bool first = true;

	buf_init(&b, 64u << 10);
	(void)buf_add_c(&b, "{\"region\": ");
	cred_python_string(&b, s->region);
	(void)buf_add_c(&b, ", \"scopes\": ");
	if (rest.len == 0)
		(void)buf_add_c(&b, "null");
	while (rest.len > 0 && str_split(&rest, ',', &scope)) {
		(void)buf_add_c(&b, first ? "[" : ", ");
		cred_python_string(&b, str_trim(scope));
		first = false;
	}
	if (!first)
		(void)buf_add_char(&b, ']');
	(void)buf_add_c(&b, ", \"session_name\": ");
	if (s->session.len > 0)
		cred_python_string(&b, s->session);
	else
		(void)buf_add_c(&b, "null");
	(void)buf_add_c(&b, ", \"startUrl\": ");
	cred_python_string(&b, s->start_url);
	(void)buf_add_c(&b, ", \"tool\": \"botocore\"}");
	cache_path(buf_str(&b), out, size);
	buf_release(&b);
}

static int append(const char *bytes, size_t n, void *ctx)
{
	return secret_add(ctx, (struct str){bytes, n}, CRED_ANSWER_MAX) ? 0 : -1;
}

bool sso_write(const char *path, const struct json_t *object, struct err *err)
{
	struct secret text = {NULL, 0, 0};
	bool ok = json_dump_callback(object, append, &text, JSON_COMPACT) == 0;

	ok = ok ? secret_write_file(path, secret_str(&text), err)
		: err_set(err, ERR_LIMIT, "%s would become too large", path);
	secret_wipe(&text);
	return ok;
}

/* ---- the token service ---- */

static enum sso_refusal refusal_of(long status, struct str code)
{
	static const struct {
		const char *words;
		enum sso_refusal refusal;
	} codes[] = {
		{"authorization_pending AuthorizationPendingException", SSO_PENDING},
		{"slow_down SlowDownException", SSO_SLOW_DOWN},
		{"expired_token ExpiredTokenException", SSO_EXPIRED},
		{"access_denied AccessDeniedException", SSO_DENIED},
		{"invalid_client InvalidClientException", SSO_BAD_CLIENT},
		{"invalid_grant InvalidGrantException", SSO_BAD_GRANT},
		{"server_error InternalServerException", SSO_TROUBLE},
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct str rest = str_c(codes[i].words), word;

		while (str_split(&rest, ' ', &word))
			if (str_eq(word, code))
				return codes[i].refusal;
	}
	return status >= 500 ? SSO_TROUBLE : SSO_OTHER;
}

static void read_refusal(const struct http_response *response, const struct secret *body, const char *path,
			 enum sso_refusal *ret_refusal, struct err *err)
{
	struct str code = str_c(response->error_type), part;
	struct json_t *root = NULL;
	struct err ignored;
	char word[64];

	if (cred_parse_json(secret_str(body), "SSO OIDC", &root, &ignored) && cred_json_text(root, "error").len > 0)
		code = cred_json_text(root, "error");
	if (str_split(&code, ':', &part))
		code = part;
	*ret_refusal = refusal_of(response->status, code);
	cred_words(code, word, sizeof(word));
	err_set(err, ERR_CREDENTIALS, "the sign-on service answers %s with %s (HTTP %ld)", path,
		word[0] ? word : "an error", response->status);
	secret_json_wipe(root);
}

bool sso_oidc(struct cred_ask *q, const struct sso_settings *s, const char *path, const struct json_t *body,
	      struct json_t **ret_answer, enum sso_refusal *ret_refusal, struct err *err)
{
	static const char *const headers[] = {"content-type: application/json", "accept: application/json", NULL};
	struct secret text = {NULL, 0, 0}, answer = {NULL, 0, 0};
	struct http_response response = {0};
	char url[AWS_URL_MAX + 64], region[AWS_REGION_MAX];
	struct aws_endpoint e;
	bool ok;

	*ret_refusal = SSO_OTHER;
	snprintf(region, sizeof(region), STR_FMT, STR_ARG(s->region));
	if (!aws_endpoint_resolve(AWS_SSO_OIDC, region, q->endpoint_url, q->config, &e, err))
		return false;
	snprintf(url, sizeof(url), "%s%s", e.url, path);
	ok = json_dump_callback(body, append, &text, JSON_COMPACT) == 0;
	CHECK(ok);
	ok = cred_http(q,
		       &(struct cred_request){.service = aws_services[AWS_SSO_OIDC].name,
					      .url = url,
					      .host = e.host,
					      .headers = headers,
					      .method = "POST",
					      .body = secret_str(&text)},
		       &response, &answer, err);
	if (!ok)
		*ret_refusal = err->code == ERR_CANCELLED ? SSO_OTHER : SSO_TROUBLE;
	if (ok && response.status != 200) {
		read_refusal(&response, &answer, path, ret_refusal, err);
		ok = false;
	}
	ok = ok && cred_parse_json(secret_str(&answer), "the sign-on service", ret_answer, err);
	secret_wipe(&text);
	secret_wipe(&answer);
	return ok;
}

/* ---- tokens ---- */

/* When a refresh of which file was last tried, by any thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char path[SSO_PATH_MAX];
	int64_t at_mono_us;
} tried[TRIED_MAX];
static size_t ntried;

/* True once a minute. */
static bool may_refresh(const char *path)
{
	int64_t now = clock_mono_us();
	bool may = true;
	size_t i = 0;

	pthread_mutex_lock(&lock);
	while (i < TRIED_MAX && strcmp(tried[i].path, path) != 0)
		i++;
	if (i == TRIED_MAX)
		i = ntried++ % TRIED_MAX;
	else
		may = now - tried[i].at_mono_us >= REFRESH_PAUSE_US;
	if (may) {
		snprintf(tried[i].path, sizeof(tried[i].path), "%s", path);
		tried[i].at_mono_us = now;
	}
	pthread_mutex_unlock(&lock);
	return may;
}

/* The service was not reached: nothing was tried. */
static void may_refresh_again(const char *path)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < TRIED_MAX; i++)
		if (strcmp(tried[i].path, path) == 0)
			tried[i].path[0] = '\0';
	pthread_mutex_unlock(&lock);
}

void sso_token_wipe(struct sso_token *t)
{
	secret_json_wipe(t->file);
	*t = (struct sso_token){.file = NULL};
}

static bool read_token(const char *path, struct sso_token *ret_token, bool *ret_exists, struct err *err)
{
	struct secret text;
	struct sso_token t = {.file = NULL};
	bool ok;

	if (!secret_read_file(path, CRED_ANSWER_MAX, &text, ret_exists, err)) {
		err_remedy(err, "Make it readable, or remove it and sign on anew.");
		return false;
	}
	if (!*ret_exists)
		return true;
	ok = cred_parse_json(secret_str(&text), path, &t.file, err);
	secret_wipe(&text);
	if (ok) {
		t.access = cred_json_text(t.file, "accessToken");
		if (t.access.len == 0)
			ok = err_set(err, ERR_CONFIG, "%s holds no accessToken", path);
		else if (!cred_parse_time(cred_json_text(t.file, "expiresAt"), &t.expires_at_us))
			ok = err_set(err, ERR_CONFIG, "%s: expiresAt is not a time", path);
	}
	if (ok) {
		*ret_token = t;
		return true;
	}
	err->code = ERR_CONFIG;
	err_remedy(err, "Remove it and sign on anew: aws sso login, or :login in the console.");
	sso_token_wipe(&t);
	return false;
}

static void put(json_t *object, const char *name, struct str value)
{
	json_object_set_new(object, name, json_stringn(value.ptr ? value.ptr : "", value.len));
}

/* Has the file all that a refresh needs, and is its registration still good? */
static bool can_refresh(const struct sso_settings *s, const struct sso_token *t)
{
	int64_t until;

	return s->session.len > 0 && cred_json_text(t->file, "refreshToken").len > 0 &&
	       cred_json_text(t->file, "clientId").len > 0 && cred_json_text(t->file, "clientSecret").len > 0 &&
	       cred_parse_time(cred_json_text(t->file, "registrationExpiresAt"), &until) && until > clock_wall_us();
}

bool sso_token_take(struct json_t *file, const struct json_t *answer, struct err *err)
{
	const json_t *seconds = json_object_get(answer, "expiresIn");
	int64_t until = clock_wall_us();
	char at[40];

	if (cred_json_text(answer, "accessToken").len == 0 || !json_is_integer(seconds))
		return err_set(err, ERR_PROTOCOL, "the sign-on service gave no token");
	until += json_integer_value(seconds) * US_PER_S;
	put(file, "accessToken", cred_json_text(answer, "accessToken"));
	put(file, "expiresAt", str_c(clock_iso8601(until - until % US_PER_S, at, sizeof(at))));
	if (cred_json_text(answer, "refreshToken").len > 0)
		put(file, "refreshToken", cred_json_text(answer, "refreshToken"));
	return true;
}

static bool refresh(struct cred_ask *q, const struct sso_settings *s, const char *path, struct sso_token *t,
		    enum sso_refusal *ret_refusal, struct err *err)
{
	json_t *body = json_object(), *answer = NULL;
	bool ok;

	put(body, "clientId", cred_json_text(t->file, "clientId"));
	put(body, "clientSecret", cred_json_text(t->file, "clientSecret"));
	put(body, "grantType", STR("refresh_token"));
	put(body, "refreshToken", cred_json_text(t->file, "refreshToken"));
	cred_doing(q, "renewing the single sign-on session " STR_FMT, STR_ARG(s->session));
	ok = sso_oidc(q, s, "token", body, &answer, ret_refusal, err) && sso_token_take(t->file, answer, err);
	if (ok) {
		struct err ignored;

		t->access = cred_json_text(t->file, "accessToken");
		(void)!cred_parse_time(cred_json_text(t->file, "expiresAt"), &t->expires_at_us);
		(void)!sso_write(path, t->file, &ignored);
	}
	secret_json_wipe(answer);
	secret_json_wipe(body);
	return ok;
}

/* A token that has to be renewed; false when it cannot be used, and that is not the person's to mend. */
static bool renew(struct cred_ask *q, const struct sso_settings *s, const char *path, struct sso_token *t,
		  struct err *err)
{
	enum sso_refusal refusal;
	struct err why;

	if (refresh(q, s, path, t, &refusal, &why))
		return true;
	if (refusal == SSO_TROUBLE)
		may_refresh_again(path);
	if (why.code != ERR_CANCELLED && (refusal != SSO_TROUBLE || t->expires_at_us > clock_wall_us()))
		return true;
	*err = why;
	if (!err->remedy[0])
		err_remedy(err, "It is tried again by itself.");
	err_prefix(err, "the single sign-on session " STR_FMT " has to be renewed", STR_ARG(s->session));
	return false;
}

bool sso_token_get(struct cred_ask *q, const char *profile, const struct sso_settings *s, struct sso_token *ret_token,
		   struct err *err)
{
	char path[SSO_PATH_MAX];
	struct sso_token t = {.file = NULL};
	bool exists;

	sso_token_path(s, path, sizeof(path));
	if (!read_token(path, &t, &exists, err))
		return false;
	if (!exists)
		return sso_needs_login(profile, s, "is not signed on", err);
	if (t.expires_at_us < clock_wall_us() + CRED_EARLY_US && can_refresh(s, &t) && may_refresh(path) &&
	    !renew(q, s, path, &t, err)) {
		sso_token_wipe(&t);
		return false;
	}
	if (t.expires_at_us <= clock_wall_us()) {
		sso_token_wipe(&t);
		return sso_needs_login(profile, s, "has expired", err);
	}
	*ret_token = t;
	return true;
}
