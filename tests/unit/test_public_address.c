/*
 * test_public_address.c: asking an outside service for this host's address: only where one was named, only over HTTPS,
 * and what it answers is an address or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/commands.h"
#include "aws/loopback.h"
#include "model/data.h"

#include <poll.h>
#include <string.h>

static const struct source *const rows[] = {&command_public_address};
static struct store store;
static struct wake wake;
static struct commands *commands;
static struct command *command;
static const struct target *target;
static const char *authorities = "AWS_CA_BUNDLE"; /* the variable that names them */

static enum loopback_action answer_with(void *ctx, int n, struct str request, struct buf *answer)
{
	(void)n;
	/* nothing of ours goes with it */
	assert_true(str_starts(request, STR("GET ")));
	assert_int_equal(str_ifind(request, STR("authorization"), 0), -1);
	assert_int_equal(str_ifind(request, STR("cookie"), 0), -1);
	loopback_reply(answer, strcmp(ctx, "refused") == 0 ? 403 : 200, "", ctx);
	return LOOPBACK_CLOSE;
}

static void set_up(const char *url)
{
	struct target *t = target_new();

	(void)snprintf(t->ask_public_address, sizeof(t->ask_public_address), "%s", url);
	target = t;
	store_init(&store, NULL, 0);
	wake_init(&wake);
	commands = commands_new(&store, &wake);
	commands_set(commands, rows, ARRAY_LEN(rows));
}

static void tear_down(void)
{
	command_release(command);
	command = NULL;
	assert_true(commands_stop(commands, 5 * US_PER_S));
	target_unref(target);
	wake_release(&wake);
	store_release(&store);
}

static const struct snapshot *run(void)
{
	struct err err = {0};

	command = command_start(commands, "public_address", target, NULL, 0, &err);
	assert_non_null(command);
	while (command_running(command)) {
		struct pollfd p = {.fd = wake.fd, .events = POLLIN};

		(void)poll(&p, 1, 20);
		wake_clear(&wake);
		(void)commands_collect(commands);
	}
	assert_non_null(command_result(command));
	return command_result(command);
}

/* The service answers with text; what comes of it is the address, or an error with these words. */
static void expect(const char *text, const char *address, const char *words)
{
	struct loopback *l = loopback_start(answer_with, (void *)(uintptr_t)text, true);
	const struct snapshot *s;
	char url[200];

	(void)setenv(authorities, loopback_certificate(l), 1);
	(void)snprintf(url, sizeof(url), "%s/ip", loopback_url(l));
	set_up(url);
	s = run();
	if (address) {
		if (s->state != SNAP_OK)
			fail_msg("%s", s->err.text);
		assert_true(str_eq_c(data_str(s, 0, "address"), address));
	} else {
		assert_int_equal(s->state, SNAP_ERROR);
		if (!strstr(s->err.text, words))
			fail_msg("%s", s->err.text);
	}
	tear_down();
	loopback_stop(l);
	(void)unsetenv(authorities);
}

static void an_address_or_nothing(void **state)
{
	char long_text[600];

	(void)state;
	expect("203.0.113.7\n", "203.0.113.7", "");
	expect("2001:db8::7", "2001:db8::7", "");
	/* a public address is what was asked for */
	expect("10.0.0.1\n", NULL, "did not answer with a public address");
	expect("127.0.0.1", NULL, "did not answer with a public address");
	expect("<html>203.0.113.7</html>", NULL, "did not answer with a public address");
	expect("", NULL, "did not answer with a public address");
	expect("refused", NULL, "HTTP 403");
	memset(long_text, '1', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	expect(long_text, NULL, "longer than an address");
}

/* Whatever names them for AWS names them here. */
static void authorities_as_for_aws(void **state)
{
	(void)state;
	authorities = "REQUESTS_CA_BUNDLE";
	expect("203.0.113.7\n", "203.0.113.7", "");
	authorities = "AWS_CA_BUNDLE";
	/* a profile that is nowhere is no reason not to ask: nothing of it is needed */
	(void)setenv("AWS_PROFILE", "nowhere", 1);
	expect("203.0.113.7\n", "203.0.113.7", "");
	(void)unsetenv("AWS_PROFILE");
}

static void a_certificate_nobody_vouches_for(void **state)
{
	char text[] = "203.0.113.7";
	struct loopback *l = loopback_start(answer_with, text, true);
	const struct snapshot *s;

	(void)state;
	(void)unsetenv("AWS_CA_BUNDLE");
	set_up(loopback_url(l));
	s = run();
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_TLS);
	tear_down();
	assert_int_equal(loopback_requests(l), 0);
	loopback_stop(l);
}

static void nobody_is_asked_by_default(void **state)
{
	static const char *const urls[] = {"", "http://127.0.0.1:1/ip", "ftp://example.com"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		set_up(urls[i]);
		err = (struct err){0};
		assert_null(command_start(commands, "public_address", target, NULL, 0, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		tear_down();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_or_nothing),
		cmocka_unit_test(authorities_as_for_aws),
		cmocka_unit_test(a_certificate_nobody_vouches_for),
		cmocka_unit_test(nobody_is_asked_by_default),
	};

	(void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
	(void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
