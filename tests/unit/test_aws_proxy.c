/*
 * test_aws_proxy.c: requests through a proxy, around it, and what is said of a proxy or of authorities that are wrong.
 *
 * That the choice is botocore's is tested by aws/botocore_net.py; here, that what was chosen is done.
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

static int set_up(void **state)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY",  "no_proxy",
					    "NO_PROXY",   "ALL_PROXY",   "all_proxy",  "SSL_CERT_FILE"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	return 0;
}

static bool any_body(void *ctx, long status, struct str bytes, struct err *e)
{
	(void)ctx;
	(void)status;
	(void)bytes;
	(void)e;
	return true;
}

static bool ask(const char *url, const char *ca_bundle, bool direct)
{
	static const char *const headers[] = {NULL};
	struct http_request q = {
		.url = url, .host = "the-host", .headers = headers, .on_body = any_body, .direct = direct};
	struct http *h = http_new();
	bool ok;

	q.ca_bundle = ca_bundle;
	q.cancel_fd = -1;
	q.deadline_mono_us = clock_mono_us() + 5 * US_PER_S;
	ok = http_perform(h, &q, &response, &err);
	http_free(h);
	return ok;
}

/* Answers whatever is asked, as `status` says, and keeps the first line. */
struct proxy {
	int status;
	char line[256], text[4096];
};

static enum loopback_action answer(void *ctx, int n, struct str req, struct buf *out)
{
	struct proxy *p = ctx;
	struct str line, rest = req;

	(void)n;
	(void)str_split(&rest, '\r', &line);
	(void)snprintf(p->line, sizeof(p->line), STR_FMT, STR_ARG(line));
	(void)snprintf(p->text, sizeof(p->text), STR_FMT, STR_ARG(req));
	loopback_reply(out, p->status, "", "x");
	return LOOPBACK_CLOSE;
}

static void test_through_and_around(void **state)
{
	struct proxy proxy = {.status = 200}, direct = {.status = 200};
	struct loopback *p = loopback_start(answer, &proxy, false), *d = loopback_start(answer, &direct, false);

	(void)state;
	setenv("HTTP_PROXY", loopback_url(p), 1);
	assert_true(ask("http://rds.test:8000/", "", false));
	assert_string_equal(proxy.line, "POST http://rds.test:8000/ HTTP/1.1");
	setenv("NO_PROXY", "127.0.0.1", 1);
	assert_true(ask(loopback_url(d), "", false));
	assert_string_equal(direct.line, "POST / HTTP/1.1");
	assert_int_equal(loopback_requests(p), 1);
	/* what must never go through one does not */
	unsetenv("NO_PROXY");
	assert_true(ask(loopback_url(d), "", true));
	assert_int_equal(loopback_requests(p), 1);
	/* libcurl would take this one */
	unsetenv("HTTP_PROXY");
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_true(ask(loopback_url(d), "", false));
	loopback_stop(p);
	loopback_stop(d);
}

static void test_proxy_refuses(void **state)
{
	struct proxy proxy = {.status = 407};
	struct loopback *p = loopback_start(answer, &proxy, false);
	char url[128];

	(void)state;
	(void)snprintf(url, sizeof(url), "http://tired:hunter2@127.0.0.1:%d", loopback_port(p));
	setenv("HTTPS_PROXY", url, 1);
	assert_false(ask("https://rds.test/", "", false));
	assert_string_equal(proxy.line, "CONNECT rds.test:443 HTTP/1.1");
	assert_non_null(strstr(proxy.text, "Proxy-Authorization: Basic dGlyZWQ6aHVudGVyMg=="));
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.text, "the proxy lets nobody through to the-host: HTTP 407"));
	assert_non_null(strstr(err.remedy, "a name and a password"));
	assert_null(strstr(err.text, "hunter2"));
	proxy.status = 403;
	assert_false(ask("https://rds.test/", "", false));
	assert_non_null(strstr(err.remedy, "NO_PROXY"));
	setenv("HTTPS_PROXY", "http://tired:hunter2@proxy.invalid:1", 1);
	assert_false(ask("https://rds.test/", "", false));
	assert_int_equal(err.code, ERR_DNS);
	assert_non_null(strstr(err.text, "the proxy"));
	assert_null(strstr(err.text, "hunter2"));
	loopback_stop(p);
}

static void test_wrong_authorities(void **state)
{
	char file[] = "/tmp/auroratop-authorities-XXXXXX";
	struct proxy server = {.status = 200}, namesake = {.status = 200};
	struct loopback *l = loopback_start(answer, &server, true), *other = loopback_start(answer, &namesake, true);
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	assert_false(ask(loopback_url(l), "/nonexistent/bundle.pem", false));
	assert_int_equal(err.code, ERR_TLS);
	assert_string_equal(err.text, "/nonexistent/bundle.pem cannot be read as a file of certificates (PEM)");
	assert_non_null(strstr(err.remedy, "AWS_CA_BUNDLE"));
	assert_true(write(fd, "no certificate\n", 15) == 15);
	close(fd);
	assert_false(ask(loopback_url(l), file, false));
	assert_non_null(strstr(err.text, "cannot be read as a file of certificates"));
	/* a good file without the one that counts */
	assert_false(ask(loopback_url(l), loopback_certificate(other), false));
	assert_int_equal(err.code, ERR_TLS);
	assert_non_null(strstr(err.remedy, loopback_certificate(other)));
	assert_non_null(strstr(err.remedy, "add the authority that signs here"));
	assert_true(ask(loopback_url(l), loopback_certificate(l), false));
	unlink(file);
	loopback_stop(l);
	loopback_stop(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_through_and_around, set_up),
		cmocka_unit_test_setup(test_proxy_refuses, set_up),
		cmocka_unit_test_setup(test_wrong_authorities, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
