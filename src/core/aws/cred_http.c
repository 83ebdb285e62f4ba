/*
 * cred_http.c: one small request of a provider, its answer collected in memory that is wiped.
 *
 * Errors that come from here hold the host's name and the network's trouble, never a header or a body.
 */
#include "aws/cred.h"

#include "base/clock.h"
#include "runtime/meter.h"

#include <poll.h>

struct sink {
	struct secret *body;
	const char *host;
};

static bool on_body(void *ctx, long status, struct str bytes, struct err *err)
{
	const struct sink *s = ctx;

	(void)status;
	if (secret_add(s->body, bytes, CRED_ANSWER_MAX))
		return true;
	return err_set(err, ERR_LIMIT, "the answer of %s is larger than %u KiB", s->host, CRED_ANSWER_MAX >> 10);
}

/* Nothing of this is billed. */
static void count(const char *service, bool ok, const struct http_response *response)
{
	struct meter_call m = {.failed = !ok || response->status >= 400,
			       .throttled = ok && response->status == 429,
			       .bytes = ok ? response->bytes : 0};

	if (service)
		meter_count(service, &m, clock_mono_us());
}

bool cred_http(struct cred_ask *q, const struct cred_request *request, struct http_response *ret_response,
	       struct secret *ret_body, struct err *err)
{
	static const char *const no_headers[] = {NULL};
	struct sink sink = {ret_body, request->host};
	int64_t end = request->timeout_us > 0 ? clock_mono_us() + request->timeout_us : INT64_MAX;
	struct http_request h = {
		.url = request->url,
		.host = request->host,
		.headers = request->headers ? request->headers : no_headers,
		.get = strcmp(request->method, "GET") == 0,
		.put = strcmp(request->method, "PUT") == 0,
		.direct = request->direct,
		.body = request->body,
		.ca_bundle = q->ca_bundle,
		.deadline_mono_us = end < q->deadline_mono_us ? end : q->deadline_mono_us,
		.cancel_fd = q->cancel_fd,
		.on_body = on_body,
		.ctx = &sink,
	};
	bool ok = http_perform(q->http, &h, ret_response, err);
	count(request->service, ok, ret_response);
	if (!ok)
		secret_wipe(ret_body);
	return ok;
}

bool cred_pause(const struct cred_ask *q, int64_t us, struct err *err)
{
	struct pollfd cancel = {.fd = q->cancel_fd, .events = POLLIN};

	if (clock_mono_us() + us >= q->deadline_mono_us)
		return err_set(err, ERR_TIMEOUT, "no time left to ask for AWS credentials again");
	if (poll(&cancel, 1, (int)(us / US_PER_MS)) > 0)
		return err_set(err, ERR_CANCELLED, "looking for AWS credentials was cancelled");
	return true;
}
