/*
 * cred_instance.c: the role of the EC2 instance, by its metadata service (IMDSv2).
 *
 * A token is fetched first and sent along. Where that is refused or not answered the old way without a token is tried,
 * unless that was forbidden: a container whose hop limit is one gets no answer to the first and may get one to the
 * second. Silence is no error here, this host is then no instance: the search has come to its end without keys.
 *
 * Keys that have run out are used on for a while: the service gives its last ones when it cannot get new ones, and
 * AWS may accept them (static stability).
 *
 * The same service knows the region that the instance is in, which is asked for when nothing else says one.
 */
#include "aws/cred.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/parse.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/random.h>

#define BASE "http://169.254.169.254"
#define BASE_IPV6 "http://[fd00:ec2::254]"
#define ROLES_PATH "/latest/meta-data/iam/security-credentials/"
#define TOKEN_SECONDS "21600"
#define TOKEN_MAX 4096
#define ATTEMPTS_MAX 10
#define TIMEOUT_S_MAX 60
#define STABLE_US (15 * US_PER_MIN)
#define JITTER_FROM_US (2 * US_PER_MIN)
#define JITTER_US (8 * US_PER_MIN)
#define REGION_PATH "/latest/meta-data/placement/region"
#define ZONE_PATH "/latest/meta-data/placement/availability-zone/"
#define REGION_US (3 * US_PER_S) /* somebody waits at a dark screen */

struct service {
	char base[AWS_URL_MAX - 200], host[128];
	int64_t timeout_us, attempts;
	bool v1_forbidden;
	struct secret token; /* a whole header line; empty = the old way */
	bool silent;         /* nobody answered */
};

static bool flag(const struct cred_ask *q, const char *variable, const char *key)
{
	bool on = false;

	return parse_bool(aws_config_env(q->config, variable, key), &on) && on;
}

static int64_t number(const struct cred_ask *q, const char *variable, const char *key, int64_t most)
{
	int64_t n;

	return parse_i64(aws_config_env(q->config, variable, key), &n) && n >= 1 && n <= most ? n : 1;
}

static bool find_service(const struct cred_ask *q, struct service *s, struct err *err)
{
	struct str base =
		aws_config_env(q->config, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
	struct str mode = aws_config_env(q->config, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
					 "ec2_metadata_service_endpoint_mode");
	struct str rest;

	if (base.len == 0)
		base = str_ieq(mode, STR("ipv6")) ? STR(BASE_IPV6) : STR(BASE);
	while (base.len > 0 && base.ptr[base.len - 1] == '/')
		base.len--;
	rest = str_starts(base, STR("https://")) ? str_sub(base, 8, base.len) : str_sub(base, 7, base.len);
	if ((!str_starts(base, STR("http://")) && !str_starts(base, STR("https://"))) || base.len >= sizeof(s->base) ||
	    rest.len == 0) {
		err_set(err, ERR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT is not a usable URL: " STR_FMT,
			STR_ARG(str_sub(base, 0, 120)));
		err_remedy(err, "It looks like " BASE ", or leave it out.");
		return false;
	}
	snprintf(s->base, sizeof(s->base), STR_FMT, STR_ARG(base));
	snprintf(s->host, sizeof(s->host), STR_FMT, STR_ARG(str_sub(rest, 0, sizeof(s->host) - 1)));
	s->timeout_us = number(q, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", TIMEOUT_S_MAX) * US_PER_S;
	s->attempts = number(q, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", ATTEMPTS_MAX);
	s->v1_forbidden = flag(q, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
	return true;
}

/* One answer, of any status; tried as often as is set when nobody answers or the service itself fails. */
static bool ask(struct cred_ask *q, struct service *s, const char *method, const char *path, const char *header,
		long *ret_status, struct secret *ret_body, struct err *err)
{
	const char *headers[] = {header, NULL};
	struct http_response response = {0};
	char url[AWS_URL_MAX];

	snprintf(url, sizeof(url), "%s%s", s->base, path);
	for (int64_t i = 0;; i++) {
		bool ok = cred_http(q,
				    &(struct cred_request){.url = url,
							   .host = s->host,
							   .headers = headers,
							   .method = method,
							   .timeout_us = s->timeout_us,
							   .direct = true},
				    &response, ret_body, err);

		*ret_status = response.status;
		if (ok && response.status < 500)
			return true;
		if (i + 1 >= s->attempts || (!ok && err->code == ERR_CANCELLED))
			return ok;
		secret_wipe(ret_body);
	}
}

static bool keep_token(struct service *s, const struct secret *body)
{
	bool ok = secret_add(&s->token, STR("x-aws-ec2-metadata-token: "), AWS_SECRET_MAX) &&
		  secret_add(&s->token, secret_str(body), AWS_SECRET_MAX);

	CHECK(ok);
	return true;
}

/* No token was given: may the old way be tried? */
static bool without_token(struct service *s, long status, struct err *err)
{
	if (status != 403 && status != 404 && status != 405)
		return err_set(err, ERR_CREDENTIALS, "the instance metadata service %s refuses a token with HTTP %ld",
			       s->host, status);
	if (!s->v1_forbidden)
		return true;
	err_set(err, ERR_CREDENTIALS,
		"the instance metadata service %s gives no token (HTTP %ld), and to go without is forbidden", s->host,
		status);
	err_remedy(err, "Allow IMDSv2 on the instance, or unset AWS_EC2_METADATA_V1_DISABLED.");
	return false;
}

/* False: the error is final, or nobody answers (s->silent). */
static bool get_token(struct cred_ask *q, struct service *s, struct err *err)
{
	struct secret body = {NULL, 0, 0};
	long status = 0;
	bool ok = ask(q, s, "PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds: " TOKEN_SECONDS, &status,
		      &body, err);

	if (!ok) {
		/* behind more hops than the token's answer may travel, the old way may still work */
		ok = err->code == ERR_TIMEOUT && !s->v1_forbidden;
		s->silent = !ok && err->code != ERR_CANCELLED;
	} else if (status == 200 && body.len > 0 && body.len < TOKEN_MAX && !memchr(body.text, '\n', body.len)) {
		ok = keep_token(s, &body);
	} else {
		ok = without_token(s, status, err);
	}
	secret_wipe(&body);
	return ok;
}

static bool is_role_char(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || (c && strchr("+=,.@_-", c));
}

/* The first line of a list of roles, "" when it is no name. */
static void first_role(struct str list, char role[160])
{
	struct str line;

	role[0] = '\0';
	list = str_trim(list);
	if (!str_split(&list, '\n', &line) || line.len >= 128)
		return;
	for (size_t i = 0; i < line.len; i++)
		if (!is_role_char(line.ptr[i]))
			return;
	snprintf(role, 160, STR_FMT, STR_ARG(line));
}

/* The instance's role; false with s->silent or an error, true with "" when it has none. */
static bool get_role(struct cred_ask *q, struct service *s, char role[160], struct err *err)
{
	struct secret body = {NULL, 0, 0};
	long status = 0;
	bool ok = ask(q, s, "GET", ROLES_PATH, s->token.text, &status, &body, err);

	role[0] = '\0';
	if (!ok)
		s->silent = err->code != ERR_CANCELLED;
	else if (status == 200)
		first_role(secret_str(&body), role);
	secret_wipe(&body);
	return ok;
}

/* Keys that are over are used on, until some time that differs from instance to instance. */
static void stretch(struct aws_credentials *out)
{
	uint32_t bits = 0;

	if (out->expires_at_us == 0 || out->expires_at_us > clock_wall_us())
		return;
	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
		bits = (uint32_t)clock_mono_us();
	out->expires_at_us = clock_wall_us() + STABLE_US + JITTER_FROM_US + (int64_t)(bits % 1000) * (JITTER_US / 1000);
}

static bool get_keys(struct cred_ask *q, struct service *s, const char *role, struct aws_credentials *out,
		     struct err *err)
{
	static const struct cred_names names = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", false};
	struct secret body = {NULL, 0, 0};
	char path[240], from[200];
	struct json_t *root = NULL;
	struct str code;
	long status = 0;
	bool ok;

	snprintf(path, sizeof(path), ROLES_PATH "%s", role);
	snprintf(from, sizeof(from), "the instance metadata service %.120s", s->host);
	ok = ask(q, s, "GET", path, s->token.text, &status, &body, err);
	if (ok && status != 200)
		ok = err_set(err, ERR_CREDENTIALS, "%s answered for the role %s with HTTP %ld", from, role, status);
	ok = ok && cred_parse_json(secret_str(&body), from, &root, err);
	if (ok) {
		code = cred_json_text(root, "Code");
		ok = code.len == 0 || str_eq_c(code, "Success");
		if (!ok) {
			err_set(err, ERR_CREDENTIALS, "%s has no credentials for the role %s: " STR_FMT, from, role,
				STR_ARG(str_sub(code, 0, 80)));
			err_remedy(err, "Check the instance profile and that the role trusts ec2.amazonaws.com.");
		}
	}
	ok = ok && cred_from_json(root, &names, from, out, err);
	if (ok)
		stretch(out);
	secret_json_wipe(root);
	secret_wipe(&body);
	return ok;
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct service s = {.silent = false};
	char role[160];
	bool ok;

	(void)profile;
	if (flag(q, "AWS_EC2_METADATA_DISABLED", "ec2_metadata_disabled") || !cred_may_ask(q))
		return true;
	if (!find_service(q, &s, err))
		return false;
	cred_doing(q, "asking for the instance's role");
	ok = get_token(q, &s, err) && get_role(q, &s, role, err);
	if (ok && role[0]) {
		snprintf(out->origin, sizeof(out->origin), "instance metadata, role %s", role);
		ok = *ret_found = get_keys(q, &s, role, out, err);
	}
	secret_wipe(&s.token);
	return ok || s.silent;
}

/* The region of an answer; of a zone's name all but the last letter. */
static bool take_region(struct str text, bool zone, char ret_region[AWS_REGION_MAX])
{
	text = str_trim(text);
	if (zone && text.len > 0)
		text.len--;
	if (!aws_region_valid(text))
		return false;
	snprintf(ret_region, AWS_REGION_MAX, STR_FMT, STR_ARG(text));
	return true;
}

bool cred_instance_region(const struct aws_config *config, char ret_region[AWS_REGION_MAX])
{
	static const char *const paths[] = {REGION_PATH, ZONE_PATH};
	struct cred_ask q = {.config = config, .ca_bundle = "", .cancel_fd = -1};
	struct service s = {.silent = false};
	struct err ignored; /* nobody has said that this is an instance */
	bool found = false;

	if (flag(&q, "AWS_EC2_METADATA_DISABLED", "ec2_metadata_disabled") || !find_service(&q, &s, &ignored))
		return false;
	q.http = http_new();
	q.deadline_mono_us = clock_mono_us() + REGION_US;
	if (get_token(&q, &s, &ignored))
		for (size_t i = 0; i < ARRAY_LEN(paths) && !found; i++) {
			struct secret body = {NULL, 0, 0};
			long status = 0;
			bool answered = ask(&q, &s, "GET", paths[i], s.token.text, &status, &body, &ignored);

			found = answered && status == 200 && take_region(secret_str(&body), i > 0, ret_region);
			secret_wipe(&body);
			if (!answered)
				break;
		}
	secret_wipe(&s.token);
	http_free(q.http);
	return found;
}

const struct cred_provider cred_instance = {.name = "iam-role", .load = load};
