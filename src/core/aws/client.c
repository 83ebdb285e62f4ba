/*
 * client.c: credentials + endpoint + signature + HTTP + retry = one call.
 *
 * Model: aws_call() runs attempts until one succeeds, the error is final, or time is short. Each
 * attempt signs anew (the time stamp is part of the signature) and decodes anew: begin() lets
 * the caller drop what a broken attempt left. An answer with status 2xx is streamed into the
 * XML decoder or, for JSON, collected; any other is collected (up to AWS_ERROR_BODY_MAX) and read as
 * an error.
 *
 * Two refusals are repaired here: expired credentials are read again from where they came, and a
 * clock more than four minutes off is corrected by the Date header, per service. Each is
 * tried once per call.
 *
 * Not here: what the calls mean.
 */
#include "aws/client.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <jansson.h>
#include <poll.h>
#include <sys/random.h>

#define HEADER_LINES_MAX 8

struct aws_client {
	struct http *http;
	uint64_t generation; /* of the target it was loaded for; 0 = never */
	struct aws_config config;
	bool has_config;
	struct aws_credentials credentials;
	char region[AWS_REGION_MAX], ca_bundle[1024], endpoint_url[AWS_URL_MAX];
	struct aws_endpoint endpoints[AWS_SERVICE__COUNT];
	bool endpoint_known[AWS_SERVICE__COUNT];
	int64_t skew_us[AWS_SERVICE__COUNT]; /* to add to our clock */
};

/* One attempt under way. */
struct attempt {
	const struct aws_call *call;
	const struct aws_service *service;
	struct xml_decoder *xml;
	struct buf body; /* JSON answer or error answer */
	struct http_response response;
};

static void unload(struct aws_client *c)
{
	aws_credentials_wipe(&c->credentials);
	if (c->has_config)
		aws_config_release(&c->config);
	c->has_config = false;
	c->generation = 0;
	memset(c->endpoint_known, 0, sizeof(c->endpoint_known));
}

static void client_free(void *p)
{
	struct aws_client *c = p;

	if (!c)
		return;
	unload(c);
	http_free(c->http);
	xfree(c);
}

static bool load(struct aws_client *c, const struct target *t, struct err *err)
{
	unload(c);
	if (!aws_config_load(&c->config, t->profile, err))
		return false;
	c->has_config = true;
	if (!aws_config_region(&c->config, t->region, c->region, err) ||
	    !aws_credentials_load(&c->config, &c->credentials, err))
		return false;
	snprintf(c->endpoint_url, sizeof(c->endpoint_url), "%s", t->endpoint_url);
	snprintf(c->ca_bundle, sizeof(c->ca_bundle), STR_FMT,
		 STR_ARG(aws_config_env(&c->config, "AWS_CA_BUNDLE", "ca_bundle")));
	c->generation = t->generation;
	return true;
}

bool aws_client_get(struct fetch *f, struct aws_client **ret_client, struct err *err)
{
	return aws_client_get_in(f, fetch_lane_context(f, client_free), ret_client, err);
}

void aws_client_free(void *client)
{
	client_free(client);
}

bool aws_client_get_in(struct fetch *f, void **slot, struct aws_client **ret_client, struct err *err)
{
	struct aws_client *c = *slot;

	if (!c) {
		c = xalloc(sizeof(*c));
		*slot = c;
	}
	if (!c->http)
		c->http = http_new();
	if (c->generation != f->target->generation && !load(c, f->target, err)) {
		unload(c);
		return false;
	}
	*ret_client = c;
	return true;
}

void aws_client_rest(struct fetch *f)
{
	struct aws_client *c = *fetch_lane_context(f, client_free);

	if (!c)
		return;
	http_free(c->http);
	c->http = NULL;
}

const char *aws_client_region(const struct aws_client *c)
{
	return c->region;
}

struct aws_keys aws_client_keys(const struct aws_client *c, int64_t *ret_expires_us)
{
	if (ret_expires_us)
		*ret_expires_us = c->credentials.expires_at_us;
	return aws_credentials_keys(&c->credentials);
}

const char *aws_client_origin(const struct aws_client *c)
{
	return c->credentials.origin;
}

int64_t aws_client_skew_us(const struct aws_client *c, enum aws_service_id service)
{
	return c->skew_us[service];
}

static bool endpoint_of(struct aws_client *c, enum aws_service_id service, const struct aws_endpoint **ret_endpoint,
			struct err *err)
{
	if (!c->endpoint_known[service] &&
	    !aws_endpoint_resolve(service, c->region, c->endpoint_url, &c->config, &c->endpoints[service], err))
		return false;
	c->endpoint_known[service] = true;
	*ret_endpoint = &c->endpoints[service];
	return true;
}

static bool on_body(void *ctx, long status, struct str bytes, struct err *err)
{
	struct attempt *a = ctx;
	bool good = status >= 200 && status < 300;

	if (good && a->xml)
		return xml_decoder_feed(a->xml, bytes, err);
	if (!good && a->body.len + bytes.len > AWS_ERROR_BODY_MAX)
		return err_set(err, ERR_PROTOCOL, "%s answers %s with HTTP %ld and more than %u KiB of text",
			       a->service->name, a->call->operation, status, AWS_ERROR_BODY_MAX >> 10);
	if (!buf_add_str(&a->body, bytes))
		return err_set(err, ERR_LIMIT, "the answer to %s %s is larger than %u MiB", a->service->name,
			       a->call->operation, JSON_BODY_MAX >> 20);
	return true;
}

static struct str content_type(const struct aws_service *s, struct arena *a)
{
	if (s->protocol != AWS_JSON)
		return STR("application/x-www-form-urlencoded; charset=utf-8");
	return arena_fmt(a, "application/x-amz-json-%s", s->json_version);
}

/* Header lines of one signed request; all texts live in the arena. */
struct lines {
	const char *line[HEADER_LINES_MAX + 1];
	size_t n;
};

static void add_line(struct lines *l, struct arena *a, const char *name, struct str value)
{
	CHECK(l->n < HEADER_LINES_MAX);
	l->line[l->n++] = arena_fmt(a, "%s: " STR_FMT "%c", name, STR_ARG(value), '\0').ptr;
}

static bool sign(struct aws_client *c, const struct aws_call *call, const struct aws_endpoint *e, struct arena *a,
		 struct lines *out, struct err *err)
{
	const struct aws_service *s = &aws_services[call->service];
	struct aws_keys keys = aws_credentials_keys(&c->credentials);
	struct sigv4_header headers[3] = {{STR("host"), str_c(e->host)}, {STR("content-type"), content_type(s, a)}};
	struct sigv4_request q = {.keys = &keys, .method = STR("POST"), .headers = headers, .nheaders = 2};
	struct sigv4_result result;
	bool ok;

	q.path = str_c(e->path);
	q.body = call->body;
	q.region = str_c(e->region);
	q.service = str_c(s->signing_name);
	q.at_us = clock_wall_us() + c->skew_us[call->service];
	if (s->target)
		headers[q.nheaders++] =
			(struct sigv4_header){STR("x-amz-target"), arena_fmt(a, "%s.%s", s->target, call->operation)};
	sigv4_result_init(&result);
	ok = sigv4_sign(&q, &result, err);
	if (ok) {
		for (size_t i = 0; i < q.nheaders; i++)
			add_line(out, a, arena_strz(a, headers[i].name), headers[i].value);
		add_line(out, a, "x-amz-date", str_c(result.date));
		if (keys.session_token.len > 0)
			add_line(out, a, "x-amz-security-token", keys.session_token);
		add_line(out, a, "Authorization", buf_str(&result.authorization));
	}
	sigv4_result_release(&result);
	return ok;
}

/* The texts hold the session token; arena memory is not wiped when freed. */
static void wipe_lines(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		explicit_bzero((void *)(uintptr_t)l->line[i], strlen(l->line[i]));
}

static bool send(struct aws_client *c, struct fetch *f, struct attempt *a, struct err *err)
{
	const struct aws_endpoint *e;
	struct arena *arena = NULL;
	struct lines lines = {.n = 0};
	struct http_request q = {.ca_bundle = c->ca_bundle, .on_body = on_body, .ctx = a};
	bool ok = false;

	if (!endpoint_of(c, a->call->service, &e, err))
		return false;
	arena = arena_new(4096, 256u << 10);
	if (!sign(c, a->call, e, arena, &lines, err))
		goto out;
	q.url = e->url;
	q.host = e->host;
	q.headers = lines.line;
	q.body = a->call->body;
	q.cancel_fd = fetch_cancel_fd(f);
	q.deadline_mono_us = clock_mono_us() + fetch_left_us(f);
	fetch_doing(f, "%s %s", a->service->name, a->call->operation);
	ok = http_perform(c->http, &q, &a->response, err);
	fetch_count(f, 1, a->response.bytes);
out:
	wipe_lines(&lines);
	arena_free(arena);
	return ok;
}

static bool keep_all(void *ctx, struct str path, struct str text, struct err *err)
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

static struct xml_decoder *new_decoder(const struct aws_call *call)
{
	struct xml_handler h = {
		.items = "Item/Never", .on_leaf = keep_all, .on_item = keep_item, .wanted = call->wanted};

	if (call->begin)
		call->begin(call->ctx, &h);
	return xml_decoder_new(&h);
}

/* Sends once and decodes. *ret_status is 0 when nothing was answered. */
static bool attempt(struct aws_client *c, struct fetch *f, const struct aws_call *call, struct aws_answer *out,
		    struct http_response *ret_response, struct err *err)
{
	struct attempt a = {.call = call, .service = &aws_services[call->service]};
	bool ok = false;

	buf_init(&a.body, JSON_BODY_MAX);
	if (a.service->protocol != AWS_JSON)
		a.xml = new_decoder(call);
	if (!send(c, f, &a, err))
		goto out;
	if (a.response.status < 200 || a.response.status >= 300)
		aws_error_read(a.service, call->operation, &a.response, buf_str(&a.body), err);
	else
		ok = a.xml ? xml_decoder_finish(a.xml, err) : json_read(buf_str(&a.body), &out->json, err);
	if (!ok && a.response.status >= 200 && a.response.status < 300)
		err_prefix(err, "%s %s", a.service->name, call->operation);
out:
	if (ok) {
		out->xml = a.xml;
		out->date_us = a.response.date_us;
		snprintf(out->request_id, sizeof(out->request_id), "%s", a.response.request_id);
	} else {
		xml_decoder_free(a.xml);
	}
	*ret_response = a.response;
	/* a secret's value is in it */
	if (call->service == AWS_SECRETS_MANAGER && a.body.data)
		explicit_bzero(a.body.data, a.body.cap);
	buf_release(&a.body);
	return ok;
}

int64_t aws_retry_pause_us(unsigned i, double random)
{
	int64_t most = i < 5 ? US_PER_S << i : AWS_RETRY_PAUSE_MAX_US;

	if (most > AWS_RETRY_PAUSE_MAX_US)
		most = AWS_RETRY_PAUSE_MAX_US;
	return (int64_t)(random * (double)most);
}

static double random_fraction(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
		bits = (uint32_t)clock_mono_us() * 2654435761u;
	return (double)bits / 4294967296.0;
}

/* Sleeps; false when the fetch is cancelled meanwhile. */
static bool pause_for(const struct fetch *f, int64_t us)
{
	struct pollfd cancel = {.fd = fetch_cancel_fd(f), .events = POLLIN};

	if (us > 0)
		poll(&cancel, 1, (int)((us + US_PER_MS - 1) / US_PER_MS));
	return !fetch_cancelled(f);
}

/* The clock explains the refusal: remember by how much it is off. */
static bool correct_skew(struct aws_client *c, const struct aws_call *call, const struct http_response *response,
			 const struct err *err)
{
	int64_t skew;

	if (response->date_us == 0 || !aws_error_skew(err))
		return false;
	skew = response->date_us - clock_wall_us();
	if (skew < AWS_SKEW_MIN_US && skew > -AWS_SKEW_MIN_US)
		skew = 0;
	if (skew - c->skew_us[call->service] < AWS_SKEW_MIN_US && skew - c->skew_us[call->service] > -AWS_SKEW_MIN_US)
		return false;
	log_debug("clock differs from %s by %lld s", aws_services[call->service].name, (long long)(skew / US_PER_S));
	c->skew_us[call->service] = skew;
	return true;
}

/* Keys may have been renewed in the files since they were read. */
static bool renew_credentials(struct aws_client *c, const struct fetch *f, const struct err *err)
{
	char *old = xstrdup(c->credentials.secret_key), *old_token = xstrdup(c->credentials.session_token);
	struct err ignored;
	bool changed = false;

	if (err->code == ERR_CREDENTIALS && load(c, f->target, &ignored))
		changed = strcmp(old, c->credentials.secret_key) != 0 ||
			  strcmp(old_token, c->credentials.session_token) != 0;
	xfree_secret(old, strlen(old));
	xfree_secret(old_token, strlen(old_token));
	return changed;
}

/* False: the error is final. True: waited as long as it is good to wait. */
static bool wait_to_retry(const struct fetch *f, const struct aws_call *call, unsigned i, long status,
			  const struct err *err)
{
	int64_t pause = aws_retry_pause_us(i, random_fraction());

	if (i + 1 >= AWS_ATTEMPTS_MAX || call->once || !aws_error_retryable(err, status) || fetch_cancelled(f))
		return false;
	if (err->retry_after_us > pause)
		pause = err->retry_after_us;
	return pause < fetch_left_us(f) && pause_for(f, pause);
}

bool aws_call(struct aws_client *c, struct fetch *f, const struct aws_call *call, struct aws_answer *ret_answer,
	      struct err *err)
{
	struct aws_answer answer = {0};
	struct http_response response = {0};
	bool skew_tried = false, renewed = false;

	for (unsigned i = 0;; i++) {
		if (attempt(c, f, call, &answer, &response, err)) {
			*ret_answer = answer;
			return true;
		}
		if (!skew_tried && correct_skew(c, call, &response, err)) {
			skew_tried = true;
			continue;
		}
		if (!renewed && err->code == ERR_CREDENTIALS) {
			renewed = true;
			if (renew_credentials(c, f, err))
				continue;
			/* A later fetch looks again, even if these files could not be read now. */
			c->generation = 0;
			return false;
		}
		if (!wait_to_retry(f, call, i, response.status, err))
			return false;
	}
}

void aws_answer_release(struct aws_answer *a)
{
	xml_decoder_free(a->xml);
	json_decref(a->json);
	*a = (struct aws_answer){0};
}
