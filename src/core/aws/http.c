/*
 * http.c: libcurl's multi interface driven by one thread for one transfer at a time.
 *
 * Model: the multi handle keeps the connections; the one easy handle is reset and set up anew for
 * each request. The loop is curl_multi_perform() and curl_multi_poll() with the lane's
 * cancel descriptor as an extra one, so a cancelled transfer ends at once, wherever it is: in
 * the resolver, in connect, in TLS or waiting for the first byte.
 *
 * Invariants: the peer of an https URL is always verified, against authorities that all
 * handles share. The body is limited after unpacking, so a
 * compressed bomb meets the limit too.
 *
 * Not here: signing, retries, what the answer means.
 */
#include "aws/http.h"

#include "aws/authorities.h"
#include "aws/proxy.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>

struct http {
	CURLM *multi;
	CURL *easy;
	X509_STORE *authorities; /* of the transfer, own reference */
	char why[CURL_ERROR_SIZE];
	char proxy[PROXY_MAX]; /* of the transfer, "" = none; may hold a password */
	/* of the transfer under way */
	const struct http_request *request;
	struct http_response *response;
	struct err *err;
	bool sink_failed; /* err is set by us or by on_body */
	size_t header_bytes;
};

/*
 * Debian's libcurl brings GnuTLS along, for a protocol that is never used here. GnuTLS asks the program whether it
 * should make itself ready at its start, which takes a millisecond and a megabyte.
 */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void)
{
	return 1;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_once(void)
{
	CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static CURLcode use_authorities(CURL *easy, void *ssl_ctx, void *store)
{
	(void)easy;
	SSL_CTX_set1_cert_store(ssl_ctx, store);
	return CURLE_OK;
}

struct http *http_new(void)
{
	struct http *h = xalloc(sizeof(*h));

	CHECK(pthread_once(&once, start_once) == 0);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	CHECK(h->multi && h->easy);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 4L);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	X509_STORE_free(h->authorities);
	explicit_bzero(h->proxy, sizeof(h->proxy));
	xfree(h);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;
	long status = 0;

	n *= size;
	h->response->bytes += (int64_t)n;
	if (h->response->bytes > (int64_t)AWS_BODY_MAX) {
		err_set(h->err, ERR_LIMIT, "the answer of %s is larger than %u MiB", h->request->host,
			AWS_BODY_MAX >> 20);
		h->sink_failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!h->request->on_body(h->request->ctx, status, (struct str){bytes, n}, h->err)) {
		h->sink_failed = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;

	(void)bytes;
	n *= size;
	h->header_bytes += n;
	if (h->header_bytes <= HTTP_HEADERS_BYTES_MAX)
		return n;
	err_set(h->err, ERR_LIMIT, "the headers of the answer of %s are larger than %u KiB", h->request->host,
		HTTP_HEADERS_BYTES_MAX >> 10);
	h->sink_failed = true;
	return 0;
}

static struct curl_slist *make_headers(const char *const *lines)
{
	/* Asking for "100 Continue" would cost a round trip per request. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (; *lines; lines++) {
		struct curl_slist *longer = curl_slist_append(list, *lines);

		CHECK(longer);
		list = longer;
	}
	return list;
}

static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static void set_tls(struct http *h)
{
	bool tls = str_starts(str_c(h->request->url), STR("https:"));
	X509_STORE *store = tls ? authorities_of(h->request->ca_bundle) : NULL;

	X509_STORE_free(h->authorities);
	h->authorities = store;
	curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(h->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h->easy, CURLOPT_CAPATH, NULL);
	/* libcurl would keep for a day what it trusted once, also after the authorities were corrected */
	curl_easy_setopt(h->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	/* a file that cannot be read is left to libcurl, which has the words for it */
	curl_easy_setopt(h->easy, CURLOPT_CAINFO, store ? NULL : h->request->ca_bundle);
	if (!store)
		return;
	curl_easy_setopt(h->easy, CURLOPT_SSL_CTX_FUNCTION, use_authorities);
	curl_easy_setopt(h->easy, CURLOPT_SSL_CTX_DATA, store);
}

static void set_up(struct http *h, struct curl_slist *headers, int64_t left_ms)
{
	const struct http_request *q = h->request;
	CURL *e = h->easy;

	curl_easy_reset(e);
	h->why[0] = '\0';
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->why);
	curl_easy_setopt(e, CURLOPT_URL, q->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "auroratop/" AURORATOP_VERSION);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	/* chosen by us, so libcurl's own reading of the variables is off */
	curl_easy_setopt(e, CURLOPT_PROXY, h->proxy);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* a stuck resolver thread is left behind, not joined */
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left_ms);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, h);
	if (!q->get) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body.len > 0 ? q->body.ptr : "");
	}
	if (q->put)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, "PUT");
	set_tls(h);
}

/* Runs the transfer to its end; false: cancelled or out of time. */
static bool drive(struct http *h, CURLcode *ret_code, struct err *err)
{
	struct curl_waitfd cancel = {.fd = h->request->cancel_fd, .events = CURL_WAIT_POLLIN};
	unsigned extra = h->request->cancel_fd >= 0;
	int running = 1, queued;

	for (;;) {
		int64_t left_ms = (h->request->deadline_mono_us - clock_mono_us()) / US_PER_MS;
		const CURLMsg *m;

		cancel.revents = 0;
		if (curl_multi_poll(h->multi, extra ? &cancel : NULL, extra, 0, NULL) == CURLM_OK && cancel.revents)
			return err_set(err, ERR_CANCELLED, "the request to %s was cancelled", h->request->host);
		if (left_ms <= 0)
			return err_set(err, ERR_TIMEOUT, "%s did not answer in time", h->request->host);
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return err_set(err, ERR_IO, "the request to %s could not be sent", h->request->host);
		m = curl_multi_info_read(h->multi, &queued);
		if (m && m->msg == CURLMSG_DONE) {
			*ret_code = m->data.result;
			return true;
		}
		curl_multi_poll(h->multi, extra ? &cancel : NULL, extra, (int)(left_ms < 1000 ? left_ms + 1 : 1000),
				NULL);
	}
}

static double info_seconds(const struct http *h, CURLINFO info)
{
	double s = 0;

	curl_easy_getinfo(h->easy, info, &s);
	return s;
}

/* A timeout says in which phase it struck, because the cure differs. */
static bool timed_out(const struct http *h, struct err *err)
{
	const char *host = h->request->host;

	if (info_seconds(h, CURLINFO_PRETRANSFER_TIME) > 0)
		return err_set(err, ERR_TIMEOUT, "%s did not answer in time", host);
	if (info_seconds(h, CURLINFO_NAMELOOKUP_TIME) <= 0) {
		err_set(err, ERR_DNS, "%s could not be resolved in time", host);
		err_remedy(err, "Check the name server in /etc/resolv.conf.");
		return false;
	}
	err_set(err, ERR_TIMEOUT, "no connection to %s in time", host);
	err_remedy(err, "Check the network, a proxy (HTTPS_PROXY) or a VPC endpoint.");
	return false;
}

/* What the verification said hints at the cure: our clock, the file that was named, or a proxy's own authority. */
static void advise_certificate(const struct http *h, CURLcode code, struct err *err)
{
	const char *file = h->request->ca_bundle ? h->request->ca_bundle : "";
	struct str why = str_c(h->why);
	struct civil t;

	if (str_ifind(why, STR("not yet valid"), 0) >= 0 || str_ifind(why, STR("has expired"), 0) >= 0) {
		clock_civil(clock_wall_us(), &t);
		err_remedy(err, "This machine's clock says %04d-%02d-%02d %02d:%02d UTC: if that is wrong, set it.",
			   t.year, t.month, t.day, t.hour, t.minute);
	} else if (code == CURLE_SSL_CACERT_BADFILE) {
		err_set(err, ERR_TLS, "%s cannot be read as a file of certificates (PEM)", file);
		err_remedy(
			err,
			"It is named by AWS_CA_BUNDLE, ca_bundle or REQUESTS_CA_BUNDLE: correct the file or take the "
			"setting away.");
	} else if (file[0]) {
		err_remedy(err,
			   "AWS_CA_BUNDLE, ca_bundle or REQUESTS_CA_BUNDLE: add the authority that signs here to "
			   "%.160s, or take the "
			   "setting away.",
			   file);
	} else {
		err_remedy(err, "If a proxy replaces certificates here, name its authority with AWS_CA_BUNDLE.");
	}
}

static bool tls_failed(const struct http *h, CURLcode code, struct err *err)
{
	err_set(err, ERR_TLS, "TLS to %s failed: %s", h->request->host, h->why[0] ? h->why : curl_easy_strerror(code));
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
		advise_certificate(h, code, err);
		snprintf(err->id, sizeof(err->id), "certificate");
		authorities_doubt(h->request->ca_bundle);
	}
	return false;
}

/* A proxy that answers CONNECT with a refusal: true, and err says so. */
static bool proxy_refused(const struct http *h, struct err *err)
{
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (!h->proxy[0] || status < 300)
		return false;
	err_set(err, ERR_REFUSED, "the proxy lets nobody through to %s: HTTP %ld", h->request->host, status);
	err_remedy(err, status == 407 ? "It wants a name and a password: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT."
				      : "Check HTTPS_PROXY, or name the host in NO_PROXY.");
	return true;
}

static bool refused(const struct http *h, struct err *err)
{
	char why[128] = "";
	long number = 0;

	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &number);
	if (number)
		err_errno((int)number, why, sizeof(why));
	err_set(err, ERR_REFUSED, "no connection to %s%s%s", h->request->host, number ? ": " : "", why);
	err_remedy(err, "Check the network, a proxy (HTTPS_PROXY) and the endpoint URL.");
	return false;
}

/* CURLcode is long; only what differs for the reader is told apart. */
static bool map_error(const struct http *h, CURLcode code, struct err *err)
{
	const char *host = h->request->host;

	if (proxy_refused(h, err))
		return false;
	/* NOLINTNEXTLINE: the other 90 codes share the default */
	switch ((int)code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(err, ERR_DNS, "%s cannot be resolved",
			code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy" : host);
		err_remedy(err, code == CURLE_COULDNT_RESOLVE_PROXY
					? "Check HTTPS_PROXY and the name server."
					: "Check the region, the endpoint URL and the name server.");
		return false;
	case CURLE_COULDNT_CONNECT:
		return refused(h, err);
	case CURLE_OPERATION_TIMEDOUT:
		return timed_out(h, err);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return tls_failed(h, code, err);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return err_set(err, ERR_LOST, "the connection to %s broke: %s", host,
			       h->why[0] ? h->why : curl_easy_strerror(code));
	default:
		return err_set(err, ERR_PROTOCOL, "no usable answer from %s: %s", host,
			       h->why[0] ? h->why : curl_easy_strerror(code));
	}
}

static void copy_header(CURL *easy, const char *name, char *out, size_t len)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
		snprintf(out, len, "%s", header->value);
}

static void read_headers(const struct http *h)
{
	struct http_response *r = h->response;
	char text[64] = "";
	int64_t n;

	copy_header(h->easy, "x-amzn-requestid", r->request_id, sizeof(r->request_id));
	copy_header(h->easy, "x-amzn-errortype", r->error_type, sizeof(r->error_type));
	copy_header(h->easy, "x-amzn-query-error", r->query_error, sizeof(r->query_error));
	copy_header(h->easy, "location", r->location, sizeof(r->location));
	copy_header(h->easy, "date", text, sizeof(text));
	if (text[0]) {
		time_t t = curl_getdate(text, NULL);

		r->date_us = t > 0 ? (int64_t)t * US_PER_S : 0;
	}
	text[0] = '\0';
	copy_header(h->easy, "retry-after", text, sizeof(text));
	if (parse_i64(str_c(text), &n) && n > 0 && n < 86400)
		r->retry_after_us = n * US_PER_S;
	text[0] = '\0';
	copy_header(h->easy, "x-amz-retry-after", text, sizeof(text));
	if (parse_i64(str_c(text), &n) && n > 0 && n < 86400 * 1000)
		r->retry_after_us = n * US_PER_MS;
}

static void read_info(const struct http *h)
{
	long connects = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &h->response->status);
	curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
	h->response->connects = connects;
	read_headers(h);
}

bool http_perform(struct http *h, const struct http_request *request, struct http_response *ret_response,
		  struct err *err)
{
	int64_t left_ms = (request->deadline_mono_us - clock_mono_us()) / US_PER_MS;
	struct curl_slist *headers;
	CURLcode code = CURLE_OK;
	bool ok = false;

	*ret_response = (struct http_response){0};
	if (left_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "no time left to ask %s", request->host);
	h->proxy[0] = '\0';
	if (!request->direct && !proxy_for(request->url, h->proxy))
		return err_set(err, ERR_USAGE, "HTTPS_PROXY or HTTP_PROXY is longer than %d bytes", PROXY_MAX - 1);
	h->request = request;
	h->response = ret_response;
	h->err = err;
	h->sink_failed = false;
	h->header_bytes = 0;
	headers = make_headers(request->headers);
	set_up(h, headers, left_ms);
	CHECK(curl_multi_add_handle(h->multi, h->easy) == CURLM_OK);
	if (drive(h, &code, err)) {
		read_info(h);
		ok = code == CURLE_OK || (!h->sink_failed && map_error(h, code, err));
	}
	curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	wipe_headers(headers);
	h->request = NULL;
	return ok;
}
