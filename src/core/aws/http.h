/*
 * http.h: one HTTP request at a time over kept-alive connections, cancellable at any moment.
 *
 * A struct http belongs to one thread (a lane). TLS peers are always verified, against AWS_CA_BUNDLE
 * when one is given, else against the system's certificate authorities, which all handles of
 * the process share. Redirects are never followed, because a signature holds for one host. Proxies: proxy.h.
 */
#ifndef AWS_HTTP_H
#define AWS_HTTP_H

#include "base/err.h"
#include "base/str.h"

#define AWS_BODY_MAX (32u << 20)           /* of one answer, unpacked */
#define HTTP_HEADERS_BYTES_MAX (64u << 10) /* of one answer */
#define HTTP_CONNECT_MS 3100               /* resolve, connect and TLS together */

struct http;

struct http_request {
	const char *url;
	const char *host;           /* for messages */
	const char *const *headers; /* "Name: value", NULL-terminated; may hold secrets */
	bool get;                   /* else POST of body */
	bool put;                   /* PUT of body instead */
	struct str body;
	const char *ca_bundle; /* file, "" or NULL = the system's */
	bool direct;           /* through no proxy, whatever the variables say */
	int64_t deadline_mono_us;
	int cancel_fd; /* readable = give up; -1 = none */
	/* Each piece of the body as it arrives; false stops the transfer with *err. */
	bool (*on_body)(void *ctx, long status, struct str bytes, struct err *err);
	void *ctx;
};

struct http_response {
	long status;
	int64_t date_us;        /* Date header, 0 = none */
	int64_t retry_after_us; /* Retry-After or x-amz-retry-after, 0 = none */
	int64_t bytes;          /* of the body, unpacked */
	int64_t connects;       /* connections opened for it: 0 = reused one */
	char request_id[80], error_type[160], query_error[160], location[160];
};

struct http *http_new(void);
/* Accepts NULL; closes the connections, never waits for a name server. */
void http_free(struct http *h);
/*
 * True when an answer of any status arrived completely. Else ERR_DNS, ERR_REFUSED, ERR_TLS (id
 * "certificate" when the peer is not trusted), ERR_TIMEOUT, ERR_CANCELLED, ERR_LOST, ERR_PROTOCOL,
 * ERR_LIMIT, or what on_body said. *ret_response holds what was seen either way.
 */
bool http_perform(struct http *h, const struct http_request *request, struct http_response *ret_response,
		  struct err *err) MUST_CHECK;

#endif
