/*
 * cred_sts.c: AssumeRole and AssumeRoleWithWebIdentity.
 *
 * The caller's region is asked, not the global endpoint: that is nearer, and goes on when us-east-1 does not. As in
 * the AWS CLI it is the profile's region that counts here, then that of the console.
 */
#include "aws/cred.h"

#include "aws/errors.h"
#include "aws/form.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_xml.h"

#include <stdlib.h>

#define LINES_MAX 6
#define ATTEMPTS 3
#define RETRY_US (300 * US_PER_MS)

void cred_session_name(char out[64])
{
	snprintf(out, 64, "auroratop-session-%lld", (long long)(clock_wall_us() / US_PER_S));
}

static bool endpoint_of(const struct cred_ask *q, struct aws_endpoint *ret_endpoint, struct err *err)
{
	char region[AWS_REGION_MAX];

	if (!aws_config_region(q->config, NULL, region, err)) {
		if (!aws_region_valid(str_c(q->region)))
			return false;
		snprintf(region, sizeof(region), "%s", q->region);
	}
	return aws_endpoint_resolve(AWS_STS, region, q->endpoint_url, q->config, ret_endpoint, err);
}

static bool make_form(const struct cred_sts *call, struct form *f, struct str *ret_body, struct err *err)
{
	const struct {
		const char *name;
		struct str value;
	} fields[] = {
		{"RoleArn", call->role_arn},           {"RoleSessionName", call->session_name},
		{"ExternalId", call->external_id},     {"DurationSeconds", call->duration},
		{"SerialNumber", call->mfa_serial},    {"TokenCode", call->mfa_code},
		{"WebIdentityToken", call->web_token},
	};
	static const char room[1024];
	size_t need = 0, begin;

	form_begin(f, call->operation, aws_services[AWS_STS].version);
	/* room at once, so that no copy of a token is left where the form grew */
	begin = f->body.len;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		need += 3 * fields[i].value.len + 64;
	for (size_t n = 0; n < need; n += sizeof(room))
		(void)buf_add(&f->body, room, sizeof(room));
	if (!f->body.failed)
		buf_truncate(&f->body, begin);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].value.len > 0)
			form_add(f, fields[i].name, fields[i].value);
	return form_body(f, ret_body, err);
}

static void wipe_form(struct form *f)
{
	if (f->body.data)
		explicit_bzero(f->body.data, f->body.cap);
	form_release(f);
}

/* "name: value" lines of a signed request; wiped with free_lines(). */
struct lines {
	struct secret text[LINES_MAX];
	const char *line[LINES_MAX + 1];
	size_t n;
};

static void add_line(struct lines *l, const char *name, struct str value)
{
	struct secret *s = &l->text[l->n];
	bool ok = secret_add(s, str_c(name), SIZE_MAX / 2) && secret_add(s, STR(": "), SIZE_MAX / 2) &&
		  secret_add(s, value, SIZE_MAX / 2);

	CHECK(ok && l->n < LINES_MAX);
	l->line[l->n++] = s->text;
}

static void free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		secret_wipe(&l->text[i]);
}

#define FORM_TYPE "application/x-www-form-urlencoded; charset=utf-8"

static bool sign(const struct cred_sts *call, const struct aws_endpoint *e, struct str body, int64_t skew_us,
		 struct lines *l, struct err *err)
{
	const struct sigv4_header headers[] = {{STR("host"), str_c(e->host)}, {STR("content-type"), STR(FORM_TYPE)}};
	const struct sigv4_request q = {.keys = &call->keys,
					.method = STR("POST"),
					.path = str_c(e->path),
					.headers = headers,
					.nheaders = ARRAY_LEN(headers),
					.body = body,
					.region = str_c(e->region),
					.service = STR("sts"),
					.at_us = clock_wall_us() + skew_us};
	struct sigv4_result result;
	bool ok;

	sigv4_result_init(&result);
	ok = sigv4_sign(&q, &result, err);
	if (ok) {
		add_line(l, "host", str_c(e->host));
		add_line(l, "x-amz-date", str_c(result.date));
		if (call->keys.session_token.len > 0)
			add_line(l, "x-amz-security-token", call->keys.session_token);
		add_line(l, "Authorization", buf_str(&result.authorization));
	}
	sigv4_result_release(&result);
	return ok;
}

static bool keep_leaf(void *ctx, struct str path, struct str text, struct err *err)
{
	(void)ctx;
	(void)path;
	(void)text;
	(void)err;
	return true;
}

static bool keep_item(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return true;
}

static bool read_answer(const struct cred_sts *call, struct str body, struct aws_credentials *out, struct err *err)
{
	char paths[4][96];
	const char *wanted[] = {paths[0], paths[1], paths[2], paths[3], NULL};
	const struct xml_handler handler = {
		.items = "Item/Never", .on_leaf = keep_leaf, .on_item = keep_item, .wanted = wanted};
	static const char *const names[] = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};
	struct xml_decoder *d;
	bool ok;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		snprintf(paths[i], sizeof(paths[i]), "%sResult/Credentials/%s", call->operation, names[i]);
	d = xml_decoder_new(&handler);
	ok = xml_decoder_feed(d, body, err) && xml_decoder_finish(d, err);
	if (ok && (xml_decoder_wanted(d, 0).len == 0 || xml_decoder_wanted(d, 1).len == 0))
		ok = err_set(err, ERR_PROTOCOL, "STS %s: no keys in the answer", call->operation);
	if (ok && !cred_parse_time(xml_decoder_wanted(d, 3), &out->expires_at_us))
		ok = err_set(err, ERR_PROTOCOL, "STS %s: Expiration is not a time", call->operation);
	ok = ok && cred_keep(out, xml_decoder_wanted(d, 0), xml_decoder_wanted(d, 1), xml_decoder_wanted(d, 2), err);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (xml_decoder_wanted(d, i).len > 0)
			explicit_bzero((void *)(uintptr_t)xml_decoder_wanted(d, i).ptr, xml_decoder_wanted(d, i).len);
	xml_decoder_free(d);
	return ok;
}

/* skew_us: by how much STS's clock is ahead of ours. */
static bool send(struct cred_ask *q, const struct cred_sts *call, const struct aws_endpoint *e, struct str body,
		 int64_t skew_us, struct http_response *ret_response, struct secret *answer, struct err *err)
{
	struct lines lines = {.n = 0};
	bool ok = true;

	if (call->keys.access_key.len > 0)
		ok = sign(call, e, body, skew_us, &lines, err);
	if (ok) {
		add_line(&lines, "content-type", STR(FORM_TYPE));
		ok = cred_http(q,
			       &(struct cred_request){.service = aws_services[AWS_STS].name,
						      .url = e->url,
						      .host = e->host,
						      .headers = lines.line,
						      .method = "POST",
						      .body = body},
			       ret_response, answer, err);
	}
	free_lines(&lines);
	return ok;
}

bool cred_sts(struct cred_ask *q, const struct cred_sts *call, struct aws_credentials *out, struct err *err)
{
	struct aws_endpoint e;
	struct form form;
	struct str body;
	int64_t skew_us = 0;
	bool ok = false;

	if (!endpoint_of(q, &e, err))
		return false;
	if (!make_form(call, &form, &body, err))
		goto out;
	for (unsigned i = 0; !ok; i++) {
		struct secret answer = {NULL, 0, 0};
		struct http_response response = {0};

		ok = send(q, call, &e, body, skew_us, &response, &answer, err);
		if (ok && response.status != 200)
			ok = aws_error_read(&aws_services[AWS_STS], call->operation, &response, secret_str(&answer),
					    err);
		else if (ok)
			ok = read_answer(call, secret_str(&answer), out, err);
		secret_wipe(&answer);
		/* as client.c does: once more by the clock of the one who refuses ours */
		if (!ok && skew_us == 0 && response.date_us != 0 && aws_error_skew(err)) {
			skew_us = response.date_us - clock_wall_us();
			continue;
		}
		if (!ok && (i + 1 >= ATTEMPTS || !aws_error_retryable(err, response.status) ||
			    !cred_pause(q, RETRY_US << i, &(struct err){.code = ERR_NONE})))
			goto out;
	}
out:
	wipe_form(&form);
	return ok;
}
