/*
 * client.c: credentials + endpoint + signature + HTTP + retry = one call.
 *
 * Model: aws_call() runs attempts until one succeeds, the error is final, or time is short. Each
 * attempt signs anew (the time stamp is part of the signature) and decodes anew: begin() lets
 * the caller drop what a broken attempt left. An answer with status 2xx is streamed into the
 * XML decoder or, for JSON, collected; any other is collected (up to AWS_ERROR_BODY_MAX) and read as
 * an error.
 *
 * Two refusals are repaired here: credentials that are not taken are looked for anew (cred_cache.h), and a
 * clock more than four minutes off is corrected by the Date header, per service. Each is
 * tried once per call.
 *
 * Whether and when to try again is asked of the service's pace (pace.c), which all lanes share; what somebody has asked
 * for with a key does not wait for it. Waiting is said to the badge. Every attempt is counted (runtime/meter.h).
 *
 * Not here: what the calls mean.
 */
#include "aws/client.h"

#include "aws/api.h"
#include "aws/cred_cache.h"
#include "aws/pace.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"
#include "runtime/meter.h"

#include <jansson.h>
#include <poll.h>
#include <sys/random.h>

#define HEADER_LINES_MAX 8

struct aws_client {
	struct http *http;
	uint64_t generation; /* of the target it was loaded for; 0 = never */
	struct aws_config config;
	bool has_config;
	const struct cred_set *keys; /* own reference */
	char region[AWS_REGION_MAX], ca_bundle[AWS_BUNDLE_MAX], endpoint_url[AWS_URL_MAX];
	struct aws_endpoint endpoints[AWS_SERVICE__COUNT];
	bool endpoint_known[AWS_SERVICE__COUNT];
	char pace_key[AWS_PROFILE_MAX + AWS_REGION_MAX + AWS_URL_MAX]; /* what the services count our requests by */
	unsigned attempts_max;
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
	cred_unref(c->keys);
	c->keys = NULL;
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

/* The AWS CLI's setting; what is none of its values counts as not set. */
static unsigned attempts_max(const struct aws_config *config)
{
	int64_t n;

	if (parse_i64(aws_config_env(config, "AWS_MAX_ATTEMPTS", "max_attempts"), &n) && n >= 1 && n <= 10)
		return (unsigned)n;
	return AWS_ATTEMPTS_MAX;
}

static bool load(struct aws_client *c, const struct target *t, struct err *err)
{
	unload(c);
	if (!aws_config_load(&c->config, t->profile, err))
		return false;
	c->has_config = true;
	if (!aws_config_region(&c->config, t->region, c->region, err))
		return false;
	snprintf(c->endpoint_url, sizeof(c->endpoint_url), "%s", t->endpoint_url);
	if (!aws_config_authorities(&c->config, c->ca_bundle, err))
		return false;
	snprintf(c->pace_key, sizeof(c->pace_key), "%s %s %s", c->config.profile, c->region, c->endpoint_url);
	c->attempts_max = attempts_max(&c->config);
	c->generation = t->generation;
	return true;
}

/* The keys to sign with now: other ones than `refused`, when that is given. */
static bool take_keys(struct aws_client *c, struct fetch *f, const struct cred_set *refused, struct err *err)
{
	const struct cred_set *keys;

	if (!cred_get(f, refused, &keys, err))
		return false;
	cred_unref(c->keys);
	c->keys = keys;
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
	return take_keys(c, f, NULL, err);
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

struct aws_keys aws_client_keys(const struct aws_client *c)
{
	return aws_credentials_keys(&c->keys->keys);
}

int64_t aws_client_skew_us(const struct aws_client *c, enum aws_service_id service)
{
	return aws_pace_skew_us(aws_pace_of(service, c->pace_key));
}

const char *aws_client_profile(const struct aws_client *c)
{
	return c->config.profile;
}

const char *aws_client_origin(const struct aws_client *c)
{
	return c->keys->keys.origin;
}

int64_t aws_client_expires_us(const struct aws_client *c)
{
	return c->keys->keys.expires_at_us;
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
	struct aws_keys keys = aws_credentials_keys(&c->keys->keys);
	struct sigv4_header headers[3] = {{STR("host"), str_c(e->host)}, {STR("content-type"), content_type(s, a)}};
	struct sigv4_request q = {.keys = &keys, .method = STR("POST"), .headers = headers, .nheaders = 2};
	struct sigv4_result result;
	bool ok;

	q.path = str_c(e->path);
	q.body = call->body;
	q.region = str_c(e->region);
	q.service = str_c(s->signing_name);
	q.at_us = clock_wall_us() + aws_pace_skew_us(aws_pace_of(call->service, c->pace_key));
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
	q.deadline_mono_us = clock_mono_us() + (fetch_left_us(f) < AWS_ATTEMPT_US ? fetch_left_us(f) : AWS_ATTEMPT_US);
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

/* Sleeps, and the badge says why unless that is ERR_NONE; false when the fetch is cancelled meanwhile. */
static bool pause_for(struct fetch *f, enum err_code why, int64_t us)
{
	struct pollfd cancel = {.fd = fetch_cancel_fd(f), .events = POLLIN};

	if (us <= 0)
		return !fetch_cancelled(f);
	if (why != ERR_NONE)
		fetch_note_wait(f, why, clock_mono_us() + us);
	poll(&cancel, 1, (int)((us + US_PER_MS - 1) / US_PER_MS));
	if (why != ERR_NONE)
		fetch_note_wait(f, ERR_NONE, 0);
	return !fetch_cancelled(f);
}

/* By how much the service's clock is ahead of ours as far as that matters, else 0. */
static int64_t skew_of(int64_t date_us)
{
	int64_t skew = date_us - clock_wall_us();

	return date_us == 0 || (skew < AWS_SKEW_MIN_US && skew > -AWS_SKEW_MIN_US) ? 0 : skew;
}

/* The clock explains the refusal: remember by how much it is off. */
static bool correct_skew(struct aws_pace *pace, const struct aws_call *call, const struct http_response *response,
			 const struct err *err)
{
	int64_t skew = skew_of(response->date_us), change = skew - aws_pace_skew_us(pace);

	if (response->date_us == 0 || !aws_error_skew(err) || (change < AWS_SKEW_MIN_US && change > -AWS_SKEW_MIN_US))
		return false;
	log_debug("clock differs from %s by %lld s", aws_services[call->service].name, (long long)(skew / US_PER_S));
	aws_pace_set_skew(pace, skew);
	return true;
}

/* Refused for good, and the clocks differ: that is the likeliest reason. */
static void explain_skew(const struct http_response *response, struct err *err)
{
	int64_t skew = skew_of(response->date_us), minutes = (skew < 0 ? -skew : skew) / US_PER_MIN;

	if (skew != 0 && aws_error_skew(err))
		err_remedy(err,
			   "This machine's clock is %lld minutes %s AWS's, which refuses more than 5: set the clock.",
			   (long long)minutes, skew > 0 ? "behind" : "ahead of");
}

/* The keys were refused. Others are there, or *err says what is wrong with these. */
static bool renew_keys(struct aws_client *c, struct fetch *f, struct err *err)
{
	struct err why;

	if (take_keys(c, f, c->keys, &why))
		return true;
	if (why.code != ERR_UNAVAILABLE)
		*err = why;
	return false;
}

/* A call and what was tried of it so far. */
struct tries {
	const struct aws_call *call;
	const struct aws_api *api;
	struct aws_pace *pace;
	unsigned failed; /* attempts, without those that were repaired */
	int cost;        /* of the last retry */
	bool skew_tried, renewed;
};

/* False: the error is final. True: waited as long as it is good to wait. */
static bool wait_to_retry(const struct aws_client *c, struct fetch *f, struct tries *t, long status,
			  const struct err *err)
{
	int64_t pause = aws_retry_pause_us(t->failed, random_fraction());

	if (++t->failed >= c->attempts_max || t->call->once || !aws_error_retryable(err, status) || fetch_cancelled(f))
		return false;
	if (err->retry_after_us > pause)
		pause = err->retry_after_us;
	if (pause >= fetch_left_us(f))
		return false;
	if (!aws_pace_retry(t->pace, err->code == ERR_TIMEOUT, &t->cost)) {
		log_debug("%s fails too often: not tried again", aws_services[t->call->service].name);
		return false;
	}
	return pause_for(f, err->code, pause);
}

/* After "slow down" requests have to wait for their turn; what somebody asks for with a key has it at once. */
static bool wait_for_turn(struct fetch *f, const struct tries *t, struct err *err)
{
	const char *name = aws_services[t->call->service].name;
	int64_t wait = f->args ? 0 : aws_pace_take(t->pace, clock_mono_us(), fetch_left_us(f));

	if (wait < 0) {
		err_set(err, ERR_THROTTLED, "%s has asked to slow down: %s has no turn in time", name,
			t->call->operation);
		err_remedy(err, "It is tried again by itself, less often.");
		return false;
	}
	/* a blink is not worth a word, and would hide how far a listing is */
	return wait == 0 || pause_for(f, wait < US_PER_S ? ERR_NONE : ERR_THROTTLED, wait) ||
	       err_set(err, ERR_CANCELLED, "the request to %s was cancelled", name);
}

/* What `:diag` says of the service besides numbers. */
static void say_state(const struct tries *t, int64_t now_us)
{
	const char *name = aws_services[t->call->service].name;
	int64_t skew = aws_pace_skew_us(t->pace), minutes = (skew < 0 ? -skew : skew) / US_PER_MIN;
	double rate = aws_pace_rate(t->pace, now_us);
	char slowed[48] = "", clock[48] = "";

	if (rate > 0)
		(void)snprintf(slowed, sizeof(slowed), "slowed to %.1f requests/s", rate);
	if (skew != 0)
		(void)snprintf(clock, sizeof(clock), "our clock is %lld min %s: corrected", (long long)minutes,
			       skew > 0 ? "behind" : "ahead");
	aws_meter_state(name, slowed, clock);
}

/* One attempt that was sent or was not: what the pace and the meter learn of it. */
static void learn(const struct tries *t, const struct http_response *response, bool ok, const struct err *err)
{
	int64_t now = clock_mono_us();
	struct meter_call m = {.failed = !ok, .bytes = response->bytes};

	m.throttled = !ok && err->code == ERR_THROTTLED;
	m.nano_usd = ok ? t->api->nano_usd * (t->call->units > 0 ? t->call->units : 1) : 0;
	aws_pace_heard(t->pace, m.throttled, now);
	meter_count(aws_services[t->call->service].name, &m, now);
	if (ok)
		aws_pace_success(t->pace, t->cost);
	/* the clock was set meanwhile */
	if (ok && response->date_us > 0 && skew_of(response->date_us) == 0)
		aws_pace_set_skew(t->pace, 0);
	say_state(t, now);
}

/* True: what was wrong is repaired, and the same call may be sent once more. */
static bool repair(struct aws_client *c, struct fetch *f, struct tries *t, const struct http_response *response,
		   struct err *err)
{
	if (!t->skew_tried && correct_skew(t->pace, t->call, response, err))
		return t->skew_tried = true;
	if (t->renewed || err->code != ERR_CREDENTIALS)
		return false;
	t->renewed = true;
	return renew_keys(c, f, err);
}

bool aws_call(struct aws_client *c, struct fetch *f, const struct aws_call *call, struct aws_answer *ret_answer,
	      struct err *err)
{
	struct tries t = {.call = call, .api = aws_api_find(call->service, call->operation)};
	struct aws_answer answer = {0};

	if (!take_keys(c, f, NULL, err))
		return false;
	if (!t.api)
		BUG("%s %s is not in api.def", aws_services[call->service].name, call->operation);
	t.pace = aws_pace_of(call->service, c->pace_key);
	for (;;) {
		struct http_response response = {0};
		bool ok;

		if (!wait_for_turn(f, &t, err))
			return false;
		ok = attempt(c, f, call, &answer, &response, err);
		learn(&t, &response, ok, err);
		if (ok) {
			*ret_answer = answer;
			return true;
		}
		if (repair(c, f, &t, &response, err))
			continue;
		if (err->code != ERR_CREDENTIALS && wait_to_retry(c, f, &t, response.status, err))
			continue;
		explain_skew(&response, err);
		return false;
	}
}

void aws_answer_release(struct aws_answer *a)
{
	xml_decoder_free(a->xml);
	json_decref(a->json);
	*a = (struct aws_answer){0};
}
