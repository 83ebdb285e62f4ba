/*
 * test_aws_http.c: keep-alive, limits, cancelling, TLS and the words for what goes wrong.
 */
#include "aws/loopback.h"

#include "aws/http.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;
static struct http_response response;

struct seen {
	struct buf body;
	long status;
	bool refuse;
};

static bool collect(void *ctx, long status, struct str bytes, struct err *e)
{
	struct seen *s = ctx;

	s->status = status;
	if (s->refuse)
		return err_set(e, ERR_PROTOCOL, "not wanted");
	return buf_add_str(&s->body, bytes) || err_set(e, ERR_IO, "test buffer");
}

/* One request with the given time; the body goes to `seen`. */
static bool request(struct http *h, const char *url, int64_t timeout_us, int cancel_fd, struct seen *seen)
{
	static const char *const headers[] = {"X-Test: yes", NULL};
	struct http_request q = {
		.url = url, .host = "the-host", .headers = headers, .body = STR("a=b"), .on_body = collect};

	q.ctx = seen;
	q.cancel_fd = cancel_fd;
	q.ca_bundle = getenv("AWS_CA_BUNDLE");
	q.deadline_mono_us = clock_mono_us() + timeout_us;
	buf_clear(&seen->body);
	return http_perform(h, &q, &response, &err);
}

static void init(struct seen *s)
{
	*s = (struct seen){.status = 0};
	buf_init(&s->body, 64u << 20);
}

static enum loopback_action echo(void *ctx, int n, struct str req, struct buf *answer)
{
	(void)n;
	snprintf(ctx, 4096, STR_FMT, STR_ARG(req));
	loopback_reply(answer, 200,
		       "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\nx-amzn-RequestId: rid-1\r\nRetry-After: 7\r\n", "hello");
	return LOOPBACK_KEEP;
}

static void test_keep_alive_and_headers(void **state)
{
	char text[4096] = "";
	struct loopback *l = loopback_start(echo, text, false);
	struct http *h = http_new();
	struct seen s;

	(void)state;
	init(&s);
	for (int i = 0; i < 5; i++) {
		assert_true(request(h, loopback_url(l), 5 * US_PER_S, -1, &s));
		assert_string_equal(buf_c(&s.body), "hello");
		assert_int_equal(response.connects, i == 0);
	}
	assert_int_equal(loopback_connections(l), 1);
	assert_int_equal(response.status, 200);
	assert_int_equal(response.bytes, 5);
	assert_int_equal(response.date_us, INT64_C(1795514400) * US_PER_S);
	assert_int_equal(response.retry_after_us, 7 * US_PER_S);
	assert_string_equal(response.request_id, "rid-1");
	assert_true(str_starts(str_c(text), STR("POST / HTTP/1.1\r\n")));
	assert_non_null(strstr(text, "User-Agent: auroratop/"));
	assert_non_null(strstr(text, "Accept-Encoding: gzip\r\n"));
	assert_non_null(strstr(text, "X-Test: yes\r\n"));
	assert_null(strstr(text, "Expect"));
	assert_true(str_ends(str_c(text), STR("\r\n\r\na=b")));
	http_free(h);
	buf_release(&s.body);
	loopback_stop(l);
}

/* curl would ask for "100 Continue" before a large body and wait a second for it. */
static void test_large_request(void **state)
{
	static const char *const headers[] = {NULL};
	static char big[2u << 20];
	char text[4096] = "";
	struct loopback *l = loopback_start(echo, text, false);
	struct http *h = http_new();
	struct http_request q = {.url = loopback_url(l), .host = "h", .headers = headers, .cancel_fd = -1};
	struct seen s;

	(void)state;
	init(&s);
	memset(big, 'x', sizeof(big));
	q.body = (struct str){big, sizeof(big)};
	q.on_body = collect;
	q.ctx = &s;
	q.deadline_mono_us = clock_mono_us() + 20 * US_PER_S;
	assert_true(http_perform(h, &q, &response, &err));
	assert_null(strstr(text, "Expect"));
	assert_non_null(strstr(text, "Content-Length: 2097152\r\n"));
	http_free(h);
	buf_release(&s.body);
	loopback_stop(l);
}

static enum loopback_action by_number(void *ctx, int n, struct str req, struct buf *answer)
{
	/* "hello" packed by gzip */
	static const unsigned char packed[] = {0x1f, 0x8b, 8, 0, 0,    0,    0,    0,    0, 3, 0xcb, 0x48, 0xcd,
					       0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0,    0};

	(void)req;
	switch (*(int *)ctx * 100 + n) {
	case 0:
		buf_addf(answer, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
			 sizeof(packed));
		buf_add(answer, packed, sizeof(packed));
		return LOOPBACK_KEEP;
	case 1:
		loopback_reply(answer, 302, "Location: http://127.0.0.1:1/\r\n", "");
		return LOOPBACK_KEEP;
	case 2:
		buf_add_c(answer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
		return LOOPBACK_CLOSE;
	case 3:
		return LOOPBACK_CLOSE;
	case 4:
		buf_add_c(answer, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 2000; i++)
			buf_addf(answer, "X-Filler-%d: 0123456789012345678901234567890123456789\r\n", i);
		buf_add_c(answer, "\r\nx");
		return LOOPBACK_CLOSE;
	case 5:
		buf_addf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", AWS_BODY_MAX + 1);
		for (unsigned i = 0; i <= AWS_BODY_MAX / 64; i++)
			buf_add_c(answer, "0123456789012345678901234567890123456789012345678901234567890123");
		return LOOPBACK_CLOSE;
	case 6:
		buf_add_c(answer, "220 this is no web server\r\n");
		return LOOPBACK_CLOSE;
	default:
		loopback_reply(answer, 500, "", "broken");
		return LOOPBACK_KEEP;
	}
}

static void test_answers(void **state)
{
	static const struct {
		enum err_code code;
		const char *text;
	} want[] = {{ERR_NONE, ""},         {ERR_NONE, ""},        {ERR_LOST, "the-host"},     {ERR_LOST, "the-host"},
		    {ERR_LIMIT, "headers"}, {ERR_LIMIT, "32 MiB"}, {ERR_PROTOCOL, "the-host"}, {ERR_NONE, ""}};
	int scene = 0;
	struct loopback *l = loopback_start(by_number, &scene, false);
	struct http *h = http_new();
	struct seen s;

	(void)state;
	init(&s);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		bool ok = request(h, loopback_url(l), 20 * US_PER_S, -1, &s);

		if (ok != (want[i].code == ERR_NONE))
			fail_msg("answer %zu: %s", i, ok ? "taken" : err.text);
		if (!ok)
			assert_int_equal(err.code, want[i].code);
		if (!ok && !strstr(err.text, want[i].text))
			fail_msg("answer %zu: \"%s\" does not say %s", i, err.text, want[i].text);
		if (i == 0)
			assert_string_equal(buf_c(&s.body), "hello");
		if (i == 1) { /* told, not followed */
			assert_int_equal(response.status, 302);
			assert_string_equal(response.location, "http://127.0.0.1:1/");
		}
	}
	assert_int_equal(s.status, 500);
	assert_string_equal(buf_c(&s.body), "broken");
	s.refuse = true;
	assert_false(request(h, loopback_url(l), 5 * US_PER_S, -1, &s));
	assert_string_equal(err.text, "not wanted");
	http_free(h);
	buf_release(&s.body);
	loopback_stop(l);
}

static enum loopback_action hang(void *ctx, int n, struct str req, struct buf *answer)
{
	(void)n;
	(void)req;
	if (ctx)
		buf_add_c(answer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
	return LOOPBACK_HANG;
}

/* A silent server, with nothing and with half an answer sent: the deadline holds. */
static void test_deadline(void **state)
{
	int half = 1;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct loopback *l = loopback_start(hang, i ? &half : NULL, false);
		struct http *h = http_new();
		struct seen s;

		init(&s);
		assert_false(request(h, loopback_url(l), 150 * US_PER_MS, -1, &s));
		assert_int_equal(err.code, ERR_TIMEOUT);
		assert_non_null(strstr(err.text, "the-host did not answer in time"));
		assert_false(request(h, loopback_url(l), 0, -1, &s));
		assert_int_equal(err.code, ERR_TIMEOUT);
		http_free(h);
		buf_release(&s.body);
		loopback_stop(l);
	}
}

/* Cancels from inside the server's thread, when the request has arrived. */
static enum loopback_action cancel_then_hang(void *ctx, int n, struct str req, struct buf *answer)
{
	(void)n;
	(void)req;
	(void)answer;
	if (write(*(int *)ctx, "x", 1) != 1)
		return LOOPBACK_CLOSE;
	return LOOPBACK_HANG;
}

static void test_cancel(void **state)
{
	int fds[2];
	struct loopback *l;
	struct http *h = http_new();
	struct seen s;

	(void)state;
	init(&s);
	assert_int_equal(pipe(fds), 0);
	l = loopback_start(cancel_then_hang, &fds[1], false);
	assert_false(request(h, loopback_url(l), 30 * US_PER_S, fds[0], &s));
	assert_int_equal(err.code, ERR_CANCELLED);
	/* still cancelled: nothing is sent */
	assert_false(request(h, loopback_url(l), 30 * US_PER_S, fds[0], &s));
	assert_int_equal(err.code, ERR_CANCELLED);
	assert_int_equal(loopback_requests(l), 1);
	http_free(h);
	buf_release(&s.body);
	loopback_stop(l);
	close(fds[0]);
	close(fds[1]);
}

static void test_nobody_there(void **state)
{
	char url[64], text[4096];
	struct loopback *l = loopback_start(echo, text, false);
	struct http *h = http_new();
	struct seen s;

	(void)state;
	init(&s);
	snprintf(url, sizeof(url), "%s", loopback_url(l));
	loopback_stop(l);
	assert_false(request(h, url, 5 * US_PER_S, -1, &s));
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.text, "no connection to the-host"));
	assert_false(request(h, "http://no-such-name.invalid/", 5 * US_PER_S, -1, &s));
	assert_int_equal(err.code, ERR_DNS);
	assert_non_null(strstr(err.text, "the-host"));
	http_free(h);
	buf_release(&s.body);
}

/* Runs first: the system's authorities are read once, and here they are the server's own certificate. */
static void test_system_authorities(void **state)
{
	char text[4096];
	struct loopback *l = loopback_start(echo, text, true);
	struct http *first, *second;
	struct seen s;

	(void)state;
	init(&s);
	setenv("SSL_CERT_FILE", loopback_certificate(l), 1);
	first = http_new();
	assert_true(request(first, loopback_url(l), 5 * US_PER_S, -1, &s));
	http_free(first);
	unsetenv("SSL_CERT_FILE");
	second = http_new(); /* shares what was read */
	assert_true(request(second, loopback_url(l), 5 * US_PER_S, -1, &s));
	http_free(second);
	buf_release(&s.body);
	loopback_stop(l);
}

static void append_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "a");
	int c;

	assert_true(in && out);
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
}

/* A bundle is read once, whoever uses it. */
static void test_named_authorities_are_shared(void **state)
{
	char text[4096], path[] = "/tmp/auroratop-authorities-XXXXXX";
	struct loopback *l = loopback_start(echo, text, true), *namesake = loopback_start(echo, text, true);
	int fd = mkstemp(path);
	struct seen s;

	(void)state;
	init(&s);
	assert_true(fd >= 0);
	close(fd);
	setenv("AWS_CA_BUNDLE", path, 1);
	for (int i = 0; i < 3; i++) {
		struct http *h = http_new();

		/* empty at first: it is not remembered that there was nothing; then two of one name; then gone */
		assert_int_equal(request(h, loopback_url(l), 5 * US_PER_S, -1, &s), i > 0);
		http_free(h);
		if (i > 0) {
			unlink(path);
			continue;
		}
		append_file(loopback_certificate(namesake), path);
		append_file(loopback_certificate(l), path);
	}
	unsetenv("AWS_CA_BUNDLE");
	buf_release(&s.body);
	loopback_stop(l);
	loopback_stop(namesake);
}

static void test_tls_is_verified(void **state)
{
	char text[4096];
	struct loopback *l = loopback_start(echo, text, true);
	struct http *h = http_new();
	struct seen s;
	char other[64];

	(void)state;
	init(&s);
	assert_false(request(h, loopback_url(l), 5 * US_PER_S, -1, &s));
	assert_int_equal(err.code, ERR_TLS);
	assert_string_equal(err.id, "certificate");
	assert_non_null(strstr(err.remedy, "AWS_CA_BUNDLE"));
	setenv("AWS_CA_BUNDLE", loopback_certificate(l), 1);
	assert_true(request(h, loopback_url(l), 5 * US_PER_S, -1, &s));
	assert_string_equal(buf_c(&s.body), "hello");
	/* the right authority for another name is not enough */
	http_free(h); /* the server serves one connection at a time */
	h = http_new();
	snprintf(other, sizeof(other), "https://localhost:%d/", loopback_port(l));
	assert_false(request(h, other, 5 * US_PER_S, -1, &s));
	assert_int_equal(err.code, ERR_TLS);
	setenv("AWS_CA_BUNDLE", "/nonexistent/ca.pem", 1);
	http_free(h);
	h = http_new();
	assert_false(request(h, loopback_url(l), 5 * US_PER_S, -1, &s));
	assert_int_equal(err.code, ERR_TLS);
	unsetenv("AWS_CA_BUNDLE");
	http_free(h);
	buf_release(&s.body);
	loopback_stop(l);
}

int main(void)
{
	static const char *const unset[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
					    "all_proxy",  "ALL_PROXY",   "AWS_CA_BUNDLE"};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_authorities), cmocka_unit_test(test_keep_alive_and_headers),
		cmocka_unit_test(test_large_request),      cmocka_unit_test(test_answers),
		cmocka_unit_test(test_deadline),           cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_nobody_there),       cmocka_unit_test(test_named_authorities_are_shared),
		cmocka_unit_test(test_tls_is_verified),
	};

	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
