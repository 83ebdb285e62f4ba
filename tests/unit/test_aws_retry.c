/*
 * test_aws_retry.c: what is sent again, how often, and never too late.
 */
#include "aws/fake_fetch.h"
#include "aws/json_help.h"
#include "aws/loopback.h"

#include "aws/client.h"
#include "aws/pace.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "runtime/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD                                                                                                      \
	"<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>"                           \
	"<DBClusterIdentifier>a</DBClusterIdentifier><Engine>aurora-postgresql</Engine></DBCluster></DBClusters>" \
	"</DescribeDBClustersResult></DescribeDBClustersResponse>"
#define FAULT(code) "<ErrorResponse><Error><Code>" code "</Code><Message>m</Message></Error></ErrorResponse>"

static const struct source any_source = {.name = "any"};
static struct err err;

/* What the server does with each request in turn; the last step repeats. */
struct step {
	int status; /* 0 = close without an answer, -1 = half an answer */
	const char *headers, *body;
};

struct script {
	const struct step *steps;
	int n;
	char last[8192];      /* newest request */
	struct fake *cancel;  /* cancelled when the first request arrives */
	const char *rewrite;  /* file written when a request arrives */
	const char *new_text; /* with this and the number of the request */
};

static enum loopback_action play(void *ctx, int n, struct str req, struct buf *answer)
{
	struct script *s = ctx;
	const struct step *step = &s->steps[n < s->n ? n : s->n - 1];

	snprintf(s->last, sizeof(s->last), STR_FMT, STR_ARG(req));
	if (s->rewrite) {
		FILE *f = fopen(s->rewrite, "w");
		fprintf(f, "[default]\naws_access_key_id=%s%d\naws_secret_access_key=b%d\naws_session_token=new\n",
			s->new_text, n, n);
		fclose(f);
	}
	if (s->cancel)
		fake_cancel(s->cancel);
	if (step->status == 0)
		return LOOPBACK_CLOSE;
	if (step->status < 0) {
		buf_addf(answer, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n%s", step->body);
		return LOOPBACK_CLOSE;
	}
	loopback_reply(answer, step->status, step->headers, step->body);
	return LOOPBACK_KEEP;
}

struct scene {
	struct script script;
	struct loopback *server;
	struct fake fake;
	struct aws_client *client;
	struct aws_answer answer;
};

static void begin(struct scene *s, const struct step *steps, int n)
{
	*s = (struct scene){.script = {.steps = steps, .n = n}};
	s->server = loopback_start(play, &s->script, false);
	fake_init(&s->fake, &any_source, loopback_url(s->server), "");
	if (!aws_client_get(&s->fake.fetch, &s->client, &err))
		fail_msg("%s", err.text);
}

static void end(struct scene *s)
{
	aws_answer_release(&s->answer);
	loopback_stop(s->server); /* first: its thread may still use the fake */
	fake_release(&s->fake);
}

static bool call(struct scene *s, bool once)
{
	struct aws_call c = {
		.service = AWS_RDS, .operation = "DescribeDBClusters", .body = STR("Action=x"), .once = once};

	return aws_call(s->client, &s->fake.fetch, &c, &s->answer, &err);
}

static void test_success_after_throttling(void **state)
{
	static const struct step steps[] = {{400, "", FAULT("Throttling")}, {503, "", FAULT("x")}, {200, "", GOOD}};
	struct scene s;

	(void)state;
	begin(&s, steps, 3);
	assert_true(call(&s, false));
	assert_int_equal(loopback_requests(s.server), 3);
	assert_int_equal(s.fake.requests, 3); /* all of them cost */
	assert_int_equal(loopback_connections(s.server), 1);
	end(&s);
}

static void test_three_attempts_in_all(void **state)
{
	static const struct step steps[] = {{503, "", FAULT("RequestLimitExceeded")}};
	struct scene s;

	(void)state;
	begin(&s, steps, 1);
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_THROTTLED);
	assert_int_equal(loopback_requests(s.server), AWS_ATTEMPTS_MAX);
	end(&s);
}

static void test_final_at_once(void **state)
{
	static const struct step denied[] = {{403, "", FAULT("AccessDenied")}};
	static const struct step html[] = {{200, "", "<html>login</html>"}};
	static const struct step wrong[] = {{400, "", FAULT("InvalidParameterValue")}};
	static const struct step *const cases[] = {denied, html, wrong};
	static const enum err_code codes[] = {ERR_DENIED, ERR_PROTOCOL, ERR_SERVER};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene s;

		begin(&s, cases[i], 1);
		assert_false(call(&s, false));
		assert_int_equal(err.code, codes[i]);
		assert_int_equal(loopback_requests(s.server), 1);
		end(&s);
	}
}

static void test_writes_are_not_repeated(void **state)
{
	static const struct step steps[] = {{0, "", ""}, {200, "", GOOD}};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	assert_false(call(&s, true));
	assert_int_equal(err.code, ERR_LOST);
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
}

/* The server wants more patience than the fetch has time: the error comes now. */
static void test_never_beyond_the_deadline(void **state)
{
	static const struct step steps[] = {{503, "Retry-After: 3600\r\n", FAULT("SlowDown")}, {200, "", GOOD}};
	struct scene s;
	int64_t before = clock_mono_us();

	(void)state;
	begin(&s, steps, 2);
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_THROTTLED);
	assert_int_equal(err.retry_after_us, 3600 * US_PER_S);
	assert_int_equal(loopback_requests(s.server), 1);
	assert_true(clock_mono_us() < before + 10 * US_PER_S);
	end(&s);
}

static void test_cancel(void **state)
{
	static const struct step steps[] = {{503, "", FAULT("SlowDown")}, {200, "", GOOD}};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	s.script.cancel = &s.fake;
	assert_false(call(&s, false));
	assert_true(err.code == ERR_CANCELLED || err.code == ERR_THROTTLED);
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
}

/* Half an answer, then a whole one: no row twice. */
static void test_no_row_twice(void **state)
{
	static const struct step steps[] = {
		{-1, "",
		 "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><Engine>aurora-"
		 "postgresql"
		 "</Engine></DBCluster><DBCluster><Engine>aurora-postgresql</Engine></DBCluster>"},
		{200, "", GOOD}};
	struct script script = {.steps = steps, .n = 2};
	struct loopback *l = loopback_start(play, &script, false);
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	assert_true(fake_run(&f, &err));
	assert_int_equal(fake_last(&f)->nrows, 1);
	assert_int_equal(loopback_requests(l), 2);
	fake_release(&f);
	loopback_stop(l);
}

static void test_clock_skew(void **state)
{
	/* the server lives 40 years later */
	static const struct step steps[] = {
		{403, "Date: Wed, 15 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")}, {200, "", GOOD}};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	assert_true(call(&s, false));
	assert_int_equal(loopback_requests(s.server), 2);
	assert_non_null(strstr(s.script.last, "x-amz-date: 20660115T08"));
	/* remembered */
	aws_answer_release(&s.answer);
	assert_true(call(&s, false));
	assert_int_equal(loopback_requests(s.server), 3);
	assert_non_null(strstr(s.script.last, "x-amz-date: 20660115T08"));
	end(&s);
}

/* A server whose clock jumps is not followed for ever. */
static void test_jumping_clock(void **state)
{
	static const struct step steps[] = {
		{403, "Date: Wed, 15 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")},
		{403, "Date: Thu, 16 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")},
		{403, "Date: Fri, 17 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")}};
	struct scene s;

	(void)state;
	begin(&s, steps, 3);
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_int_equal(loopback_requests(s.server), 2);
	end(&s);
}

static void date_now(char *out, size_t size)
{
	struct civil t;

	clock_civil(clock_wall_us(), &t);
	snprintf(out, size, "Date: Mon, %02d %s %d %02d:%02d:%02d GMT\r\n", t.day,
		 (const char *[]){"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
				  "Dec"}[t.month],
		 t.year, t.hour, t.minute, t.second);
}

static void test_no_skew_without_a_reason(void **state)
{
	char date[64];
	struct step steps[] = {{403, date, FAULT("SignatureDoesNotMatch")}};
	struct scene s;

	(void)state;
	date_now(date, sizeof(date));
	begin(&s, steps, 1);
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
}

static void test_expired_keys_are_read_again(void **state)
{
	static const struct step steps[] = {{403, "", FAULT("ExpiredToken")}, {200, "", GOOD}};
	static const char old[] =
		"[default]\naws_access_key_id=OLDKEY\naws_secret_access_key=a\naws_session_token=old\n";
	char path[] = "/tmp/auroratop-retry-XXXXXX";
	int fd = mkstemp(path);
	struct scene s;

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, old, strlen(old)) == (ssize_t)strlen(old));
	close(fd);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	begin(&s, steps, 2);
	s.script.rewrite = path;
	s.script.new_text = "NEWKEY";
	assert_true(call(&s, false));
	assert_int_equal(loopback_requests(s.server), 2);
	assert_non_null(strstr(s.script.last, "Credential=NEWKEY0/"));
	assert_non_null(strstr(s.script.last, "x-amz-security-token: new\r\n"));
	assert_non_null(strstr(s.script.last, "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"));
	end(&s);
	/* new keys after every refusal: once a call, not for ever */
	begin(&s, steps, 1);
	s.script.rewrite = path;
	s.script.new_text = "NEWKEY";
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_int_equal(loopback_requests(s.server), 2);
	end(&s);
	/* the same keys again: not sent a second time */
	begin(&s, steps, 1);
	assert_false(call(&s, false));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
	unlink(path);
	fake_environment();
}

static void test_json_calls(void **state)
{
	static const struct step steps[] = {{200, "", "{\"a\": 1.768465805E9}"}, {400, "", "{\"__type\":\"x#Nope\"}"}};
	struct aws_call c = {.service = AWS_LOGS, .operation = "FilterLogEvents", .body = STR("{}")};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	assert_true(aws_call(s.client, &s.fake.fetch, &c, &s.answer, &err));
	assert_true(json_real_value(json_object_get(s.answer.json, "a")) > 1.7e9);
	assert_non_null(strstr(s.script.last, "x-amz-target: Logs_20140328.FilterLogEvents\r\n"));
	assert_non_null(strstr(s.script.last, "content-type: application/x-amz-json-1.1\r\n"));
	assert_non_null(strstr(s.script.last, "/us-east-1/logs/aws4_request"));
	aws_answer_release(&s.answer);
	assert_false(aws_call(s.client, &s.fake.fetch, &c, &s.answer, &err));
	assert_string_equal(err.id, "Nope");
	end(&s);
}

/* The pace of the scene's service: the key is profile, region and endpoint. */
static struct aws_pace *pace_of(const struct scene *s)
{
	char key[256];

	(void)snprintf(key, sizeof(key), "default us-east-1 %s", loopback_url(s->server));
	return aws_pace_of(AWS_RDS, key);
}

/* While it waits the badge knows why; afterwards every request has to wait for its turn. */
static void test_waiting_is_said(void **state)
{
	static const struct step steps[] = {{400, "", FAULT("Throttling")}, {200, "", GOOD}};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	assert_true(call(&s, false));
	assert_int_equal(s.fake.waited_for, ERR_THROTTLED);
	assert_true(s.fake.waits >= 1);
	assert_true(aws_pace_rate(pace_of(&s), clock_mono_us()) >= PACE_RATE_MIN);
	end(&s);
}

/* 5 tokens for the retry are given back by its success; a failure for good keeps them. */
static void test_retries_cost_tokens(void **state)
{
	static const struct step good[] = {{503, "", FAULT("x")}, {200, "", GOOD}}, bad[] = {{503, "", FAULT("x")}};
	struct scene s;
	int cost;

	(void)state;
	begin(&s, good, 2);
	assert_true(call(&s, false));
	assert_int_equal(aws_pace_tokens(pace_of(&s)), PACE_TOKENS);
	end(&s);
	begin(&s, bad, 1);
	assert_false(call(&s, false));
	assert_int_equal(aws_pace_tokens(pace_of(&s)), PACE_TOKENS - 2 * PACE_COST);
	/* without tokens each call is tried once */
	while (aws_pace_retry(pace_of(&s), false, &cost))
		;
	assert_false(call(&s, false));
	assert_int_equal(loopback_requests(s.server), AWS_ATTEMPTS_MAX + 1);
	end(&s);
}

static void test_number_of_attempts_is_set(void **state)
{
	static const struct step steps[] = {{503, "", FAULT("x")}};
	static const struct {
		const char *value;
		int attempts;
	} cases[] = {{"1", 1}, {"2", 2}, {"nonsense", AWS_ATTEMPTS_MAX}, {"0", AWS_ATTEMPTS_MAX}};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setenv("AWS_MAX_ATTEMPTS", cases[i].value, 1);
		begin(&s, steps, 1);
		assert_false(call(&s, false));
		assert_int_equal(loopback_requests(s.server), cases[i].attempts);
		end(&s);
	}
	unsetenv("AWS_MAX_ATTEMPTS");
}

/* A clock that cannot be the reason alone is named as the likeliest. */
static void test_wrong_clock_is_named(void **state)
{
	static const struct step steps[] = {
		{403, "Date: Wed, 15 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")}};
	struct scene s;

	(void)state;
	begin(&s, steps, 1);
	assert_false(call(&s, false));
	assert_non_null(strstr(err.remedy, "This machine's clock is "));
	assert_non_null(strstr(err.remedy, " minutes behind AWS's"));
	end(&s);
}

/* The offset is for all lanes, and goes when the clocks agree again. */
static void test_skew_is_shared_and_dropped(void **state)
{
	char date[64];
	const struct step steps[] = {{403, "Date: Wed, 15 Jan 2066 08:30:05 GMT\r\n", FAULT("SignatureDoesNotMatch")},
				     {200, "", GOOD},
				     {200, date, GOOD}};
	struct aws_client *second;
	struct fake lane;
	struct scene s;

	(void)state;
	date_now(date, sizeof(date));
	begin(&s, steps, 3);
	assert_true(call(&s, false));
	aws_client_rest(&s.fake.fetch); /* the server has room for one connection */
	fake_init(&lane, &any_source, loopback_url(s.server), "");
	assert_true(aws_client_get(&lane.fetch, &second, &err));
	aws_answer_release(&s.answer);
	assert_true(
		aws_call(second, &lane.fetch,
			 &(struct aws_call){.service = AWS_RDS, .operation = "DescribeDBClusters", .body = STR("x")},
			 &s.answer, &err));
	assert_int_equal(loopback_requests(s.server), 3);
	assert_non_null(strstr(s.script.last, "x-amz-date: 20660115T08"));
	assert_int_equal(aws_pace_skew_us(pace_of(&s)), 0);
	fake_release(&lane);
	end(&s);
}

static void test_every_attempt_is_counted(void **state)
{
	static const struct step steps[] = {{400, "", FAULT("Throttling")}, {503, "", FAULT("x")}, {200, "", GOOD}};
	struct meter_row row;
	struct scene s;

	(void)state;
	meter_reset();
	begin(&s, steps, 3);
	assert_true(call(&s, false));
	assert_true(meter_read(0, clock_mono_us(), &row));
	assert_string_equal(row.name, "RDS");
	assert_int_equal(row.calls, 3);
	assert_int_equal(row.failed, 2);
	assert_int_equal(row.throttled, 1);
	assert_true(row.bytes > 300);
	assert_int_equal(row.nano_usd, 0);
	assert_non_null(strstr(row.note, "slowed to "));
	end(&s);
}

static void test_pauses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 70; i++) {
		assert_int_equal(aws_retry_pause_us(i, 0), 0);
		assert_true(aws_retry_pause_us(i, 0.999999) < AWS_RETRY_PAUSE_MAX_US);
	}
	assert_int_equal(aws_retry_pause_us(0, 0.5), US_PER_S / 2);
	assert_int_equal(aws_retry_pause_us(1, 0.5), US_PER_S);
	assert_int_equal(aws_retry_pause_us(4, 0.5), 8 * US_PER_S);
	assert_int_equal(aws_retry_pause_us(5, 0.5), 10 * US_PER_S);
}

static void test_no_credentials(void **state)
{
	struct aws_client *client;
	struct fake f;

	(void)state;
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	fake_init(&f, &any_source, "http://127.0.0.1:1", "");
	assert_false(aws_client_get(&f.fetch, &client, &err));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	fake_environment(); /* set meanwhile: the next fetch works */
	assert_true(aws_client_get(&f.fetch, &client, &err));
	fake_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success_after_throttling),
		cmocka_unit_test(test_three_attempts_in_all),
		cmocka_unit_test(test_final_at_once),
		cmocka_unit_test(test_writes_are_not_repeated),
		cmocka_unit_test(test_never_beyond_the_deadline),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_no_row_twice),
		cmocka_unit_test(test_clock_skew),
		cmocka_unit_test(test_jumping_clock),
		cmocka_unit_test(test_no_skew_without_a_reason),
		cmocka_unit_test(test_expired_keys_are_read_again),
		cmocka_unit_test(test_json_calls),
		cmocka_unit_test(test_waiting_is_said),
		cmocka_unit_test(test_retries_cost_tokens),
		cmocka_unit_test(test_number_of_attempts_is_set),
		cmocka_unit_test(test_wrong_clock_is_named),
		cmocka_unit_test(test_skew_is_shared_and_dropped),
		cmocka_unit_test(test_every_attempt_is_counted),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_no_credentials),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
