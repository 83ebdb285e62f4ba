/*
 * test_aws_json.c: calls of the JSON protocol over a loopback server: what goes out, what comes back in
 * pages, what is refused, and in which words.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/json.h"
#include "base/clock.h"
#include "codec/codec_json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct event {
	uint64_t present;
	struct str id, message;
	int64_t at, number, other;
};

#define F(m, k, ...) FIELD(struct event, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(id, K_ID, .wire = "eventId", .title = "ID", .help = "Id.", .flags = F_KEY),
	F(message, K_TEXT, .wire = "message", .title = "MESSAGE", .help = "Message."),
	F(at, K_TIME_US, .wire = "timestamp", .title = "AT", .help = "At."),
	F(number, K_INT, .wire = "Deep/Number", .title = "NUMBER", .help = "Number."),
	F(other, K_INT, .wire = "Deep/Other", .title = "OTHER", .help = "Another one."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct event, "events", fields);
static const struct source any_source = {.name = "any"};
static struct err err;

struct step {
	int status; /* 0 = close without an answer, -1 = half an answer */
	const char *headers, *body;
};

struct scene {
	const struct step *steps;
	int nsteps;
	char heads[4][2048], bodies[4][512]; /* of the first requests */
	int cancel_at;                       /* number of the request that cancels the fetch; -1 = none */
	struct loopback *server;
	struct fake fake;
	struct aws_pages pages;
	struct snapshot *out;
	int pages_seen, enough_at; /* 0 = never */
	const char *bad_parameter;
};

static enum loopback_action play(void *ctx, int n, struct str req, struct buf *answer)
{
	struct scene *s = ctx;
	const struct step *step = &s->steps[n < s->nsteps ? n : s->nsteps - 1];
	long end = str_find(req, STR("\r\n\r\n"), 0);

	if (n < 4) {
		snprintf(s->heads[n], sizeof(s->heads[n]), STR_FMT, STR_ARG(str_sub(req, 0, (size_t)end + 2)));
		snprintf(s->bodies[n], sizeof(s->bodies[n]), STR_FMT, STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	}
	if (n == s->cancel_at)
		fake_cancel(&s->fake);
	if (step->status == 0)
		return LOOPBACK_CLOSE;
	if (step->status < 0) {
		buf_addf(answer, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n%s", step->body);
		return LOOPBACK_CLOSE;
	}
	loopback_reply(answer, step->status, step->headers, step->body);
	return LOOPBACK_KEEP;
}

static bool parameters(json_t *body, void *ctx, struct err *e)
{
	const struct scene *s = ctx;

	aws_json_put_i64(body, "limit", 2);
	return aws_json_put(body, "logGroupName", str_c(s->bad_parameter ? s->bad_parameter : "/aws/rds/x"), e);
}

static bool page(json_t *answer, void *ctx, bool *ret_enough, struct err *e)
{
	struct scene *s = ctx;

	s->pages_seen++;
	*ret_enough = s->pages_seen == s->enough_at;
	return aws_json_rows(answer, "events", s->out, NULL, NULL, e);
}

static void begin(struct scene *s, const struct step *steps, int n)
{
	*s = (struct scene){.steps = steps, .nsteps = n, .cancel_at = -1};
	s->server = loopback_start(play, s, false);
	fake_init(&s->fake, &any_source, loopback_url(s->server), "");
	s->out = snapshot_new(&type, "events");
	s->pages = (struct aws_pages){.service = AWS_LOGS,
				      .operation = "FilterLogEvents",
				      .token = "nextToken",
				      .next = "nextToken",
				      .parameters = parameters,
				      .page = page,
				      .ctx = s};
}

static bool run(struct scene *s)
{
	return aws_pages_fetch(&s->fake.fetch, &s->pages, &err);
}

static void end(struct scene *s)
{
	loopback_stop(s->server); /* first: its thread may still use the fake */
	snapshot_unref(s->out);
	fake_release(&s->fake);
}

static const struct event *row(const struct scene *s, size_t i)
{
	assert_true(i < s->out->nrows);
	return snapshot_row(s->out, i);
}

static void expect_error(enum err_code code, const char *words)
{
	assert_int_equal(err.code, code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

#define PAGE_1                                                                                               \
	"{\"events\":[{\"eventId\":\"1\",\"message\":\"a\\u00e9\\n\",\"timestamp\":1768465805123,\"Deep\":{" \
	"\"Number\":7,\"Other\":8}}"                                                                         \
	",{\"eventId\":\"2\",\"message\":\"\",\"other\":[1]}],\"nextToken\":\"to+2\\\"\"}"
#define PAGE_EMPTY "{\"events\":[],\"nextToken\":\"to3\",\"searchedLogStreams\":[]}"
#define PAGE_3 "{\"events\":[{\"eventId\":\"3\"}]}"

static void test_pages(void **state)
{
	static const struct step steps[] = {{200, "", PAGE_1}, {200, "", PAGE_EMPTY}, {200, "", PAGE_3}};
	struct scene s;

	(void)state;
	begin(&s, steps, 3);
	if (!run(&s))
		fail_msg("%s", err.text);
	assert_int_equal(s.pages_seen, 3);
	assert_int_equal(s.out->nrows, 3);
	assert_true(str_eq_c(row(&s, 0)->message, "a\xc3\xa9\n"));
	assert_true(row(&s, 0)->at == INT64_C(1768465805123000));
	assert_int_equal(row(&s, 0)->number, 7);
	assert_int_equal(row(&s, 0)->other, 8);
	assert_false(HAS(row(&s, 1), struct event, at));
	assert_true(str_eq_c(row(&s, 2)->id, "3"));
	assert_string_equal(s.bodies[0], "{\"limit\":2,\"logGroupName\":\"/aws/rds/x\"}");
	assert_string_equal(s.bodies[1], "{\"limit\":2,\"logGroupName\":\"/aws/rds/x\",\"nextToken\":\"to+2\\\"\"}");
	assert_non_null(strstr(s.bodies[2], "\"nextToken\":\"to3\""));
	assert_int_equal(loopback_connections(s.server), 1);
	assert_int_equal(s.fake.requests, 3);
	end(&s);
}

static void test_what_is_sent(void **state)
{
	static const struct {
		enum aws_service_id service;
		const char *operation, *target, *scope;
	} cases[] = {
		{AWS_LOGS, "FilterLogEvents", "x-amz-target: Logs_20140328.FilterLogEvents\r\n", "/logs/aws4_request"},
		{AWS_PI, "GetResourceMetrics", "x-amz-target: PerformanceInsightsv20180227.GetResourceMetrics\r\n",
		 "/pi/aws4_request"},
		{AWS_KMS, "DescribeKey", "x-amz-target: TrentService.DescribeKey\r\n", "/kms/aws4_request"},
	};
	static const struct step steps[] = {{200, "", "{}"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene s;

		begin(&s, steps, 1);
		s.pages.service = cases[i].service;
		s.pages.operation = cases[i].operation;
		s.pages.parameters = NULL;
		assert_true(run(&s));
		assert_non_null(strstr(s.heads[0], "POST / HTTP/1.1\r\n"));
		assert_non_null(strstr(s.heads[0], cases[i].target));
		assert_non_null(strstr(s.heads[0], "content-type: application/x-amz-json-1.1\r\n"));
		assert_non_null(strstr(s.heads[0], cases[i].scope));
		assert_non_null(strstr(s.heads[0], "SignedHeaders=content-type;host;x-amz-date;x-amz-target,"));
		assert_string_equal(s.bodies[0], "{}");
		end(&s);
	}
}

static void test_the_end_of_a_listing(void **state)
{
	static const struct step null_token[] = {{200, "", "{\"events\":null,\"nextToken\":null}"}};
	static const struct step empty_token[] = {{200, "", "{\"nextToken\":\"\"}"}};
	static const struct step *const cases[] = {null_token, empty_token};
	static const struct step enough[] = {{200, "", PAGE_1}};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&s, cases[i], 1);
		assert_true(run(&s));
		assert_int_equal(s.out->nrows, 0);
		assert_int_equal(loopback_requests(s.server), 1);
		end(&s);
	}
	begin(&s, enough, 1);
	s.enough_at = 1;
	assert_true(run(&s));
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
	/* a call without pages does not look for a token */
	begin(&s, enough, 1);
	s.pages.token = NULL;
	assert_true(run(&s));
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
}

static void test_listings_without_end(void **state)
{
	static const struct step same[] = {{200, "", PAGE_EMPTY}};
	static const struct step turning[] = {{200, "", "{\"nextToken\":\"a\"}"},
					      {200, "", "{\"nextToken\":\"b\"}"},
					      {200, "", "{\"nextToken\":\"c\"}"}};
	struct scene s;

	(void)state;
	begin(&s, same, 1);
	assert_false(run(&s));
	expect_error(ERR_PROTOCOL, "CloudWatch Logs FilterLogEvents gives the same page token twice");
	assert_int_equal(loopback_requests(s.server), 2);
	end(&s);
	begin(&s, turning, 3);
	s.pages.pages_max = 2;
	assert_false(run(&s));
	expect_error(ERR_LIMIT, "more than 2 pages");
	assert_int_equal(loopback_requests(s.server), 2);
	end(&s);
}

static void test_retry_takes_no_page_twice(void **state)
{
	static const struct step steps[] = {
		{-1, "", PAGE_1},
		{400, "", "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"},
		{200, "", "{\"events\":[{\"eventId\":\"1\"}]}"}};
	struct scene s;

	(void)state;
	begin(&s, steps, 3);
	if (!run(&s))
		fail_msg("%s", err.text);
	assert_int_equal(loopback_requests(s.server), 3);
	assert_int_equal(s.pages_seen, 1);
	assert_int_equal(s.out->nrows, 1);
	end(&s);
}

static void test_error_envelopes(void **state)
{
	static const struct {
		struct step step;
		enum err_code code;
		const char *id, *words;
		int requests;
	} cases[] = {
		{{400, "",
		  "{\"__type\":\"com.amazonaws.logs#ResourceNotFoundException\",\"message\":\"no such group\"}"},
		 ERR_NOT_FOUND,
		 "ResourceNotFoundException",
		 "CloudWatch Logs FilterLogEvents failed with ResourceNotFoundException: no such group",
		 1},
		{{400, "x-amzn-ErrorType: AccessDeniedException:http://x/\r\n", "{\"Message\":\"no\"}"},
		 ERR_DENIED,
		 "AccessDeniedException",
		 "n/a: needs logs:FilterLogEvents: no",
		 1},
		{{400, "x-amzn-query-error: InvalidParameterValue;Sender\r\n", "{\"__type\":\"x#Other\"}"},
		 ERR_SERVER,
		 "InvalidParameterValue",
		 "failed with InvalidParameterValue",
		 1},
		{{400, "", "{\"__type\":\"UnrecognizedClientException\"}"},
		 ERR_CREDENTIALS,
		 "UnrecognizedClientException",
		 "refuses the AWS credentials",
		 1},
		{{500, "", "{\"__type\":\"ServiceUnavailableException\"}"},
		 ERR_SERVER,
		 "ServiceUnavailableException",
		 "ServiceUnavailableException",
		 AWS_ATTEMPTS_MAX},
		{{502, "", "<html>Bad Gateway</html>"}, ERR_PROTOCOL, "", "HTML instead", AWS_ATTEMPTS_MAX},
		{{403, "", "<!DOCTYPE html><title>Blocked</title>"}, ERR_PROTOCOL, "", "HTML instead", 1},
		{{400, "", "garbage"}, ERR_SERVER, "", "HTTP 400", 1},
		{{404, "", ""}, ERR_SERVER, "", "an empty answer", 1},
		{{400, "", "{\"__type\":7,\"message\":[]}"}, ERR_SERVER, "", "HTTP 400", 1},
		{{400, "", "[\"__type\"]"}, ERR_SERVER, "", "HTTP 400", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene s;

		begin(&s, &cases[i].step, 1);
		assert_false(run(&s));
		expect_error(cases[i].code, cases[i].words);
		assert_string_equal(err.id, cases[i].id);
		assert_int_equal(loopback_requests(s.server), cases[i].requests);
		assert_int_equal(s.pages_seen, 0);
		end(&s);
	}
}

static void test_answers_that_are_none(void **state)
{
	static const struct {
		const char *body, *words;
	} cases[] = {
		{"", "the answer is empty"},
		{"<html>login</html>", "HTML page"},
		{"{\"events\":[", "not valid JSON"},
		{"{\"events\":[{\"eventId\":\"\xff\xfe\"}]}", "not valid JSON"},
		{"{\"a\":1,\"a\":2}", "not valid JSON"},
		{"[]", "no JSON object"},
		{"{\"events\":{}}", "events is no array"},
		{"{\"events\":[{},7]}", "element 1 of events is no object"},
		{"{\"events\":[{\"timestamp\":\"soon\"}]}", "at: this text is not of kind time"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct step step = {200, "", cases[i].body};
		struct scene s;

		begin(&s, &step, 1);
		assert_false(run(&s));
		expect_error(ERR_PROTOCOL, cases[i].words);
		assert_int_equal(strncmp(err.text, "CloudWatch Logs FilterLogEvents", 31), 0);
		assert_int_equal(loopback_requests(s.server), 1);
		end(&s);
	}
}

/* A nest of arrays deeper than any answer, and a body larger than the limit. */
static void test_hostile_sizes(void **state)
{
	size_t deep = 100000, large = JSON_BODY_MAX + 4096;
	char *text = malloc(large + 1);
	struct step step = {200, "", text};
	struct scene s;

	(void)state;
	memset(text, '[', deep);
	text[deep] = '\0';
	begin(&s, &step, 1);
	assert_false(run(&s));
	expect_error(ERR_PROTOCOL, "not valid JSON");
	end(&s);
	memset(text, ' ', large);
	text[large] = '\0';
	begin(&s, &step, 1);
	assert_false(run(&s));
	expect_error(ERR_LIMIT, "larger than 16 MiB");
	end(&s);
	free(text);
}

static void test_cancel_between_pages(void **state)
{
	static const struct step steps[] = {{200, "", PAGE_1}, {200, "", PAGE_3}};
	struct scene s;

	(void)state;
	begin(&s, steps, 2);
	s.cancel_at = 0;
	assert_false(run(&s));
	assert_int_equal(err.code, ERR_CANCELLED);
	assert_int_equal(loopback_requests(s.server), 1);
	end(&s);
}

static void test_deadline(void **state)
{
	static const struct step steps[] = {{200, "", PAGE_1}};
	struct scene s;

	(void)state;
	begin(&s, steps, 1);
	s.fake.fetch.deadline_mono_us = clock_mono_us();
	assert_false(run(&s));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(loopback_requests(s.server), 0);
	end(&s);
}

static void test_parameters_are_text(void **state)
{
	static const struct step steps[] = {{200, "", "{}"}};
	struct scene s;

	(void)state;
	begin(&s, steps, 1);
	s.bad_parameter = "orders\xff";
	assert_false(run(&s));
	expect_error(ERR_USAGE, "logGroupName is not valid text");
	assert_int_equal(loopback_requests(s.server), 0);
	end(&s);
}

static bool keep_odd(void *r, struct snapshot *out, void *ctx)
{
	struct event *e = r;

	(void)out;
	(*(int *)ctx)++;
	return HAS(e, struct event, number) && e->number % 2 == 1;
}

static void test_rows_by_path(void **state)
{
	struct snapshot *s = snapshot_new(&type, "events");
	json_t *answer = NULL;
	int seen = 0;

	(void)state;
	assert_true(json_read(
		STR("{\"A\":{\"B\":[{\"Deep\":{\"Number\":1}},{\"Deep\":{\"Number\":2}},{\"Deep\":{\"Number\":3}}],"
		    "\"T\":\"x\"},\"n\":1}"),
		&answer, &err));
	assert_true(aws_json_rows(answer, "A/B", s, keep_odd, &seen, &err));
	assert_int_equal(seen, 3);
	assert_int_equal(s->nrows, 2);
	assert_int_equal(((const struct event *)snapshot_row(s, 1))->number, 3);
	/* rows are moved: there are none to read twice */
	assert_true(aws_json_rows(answer, "A/B", s, NULL, NULL, &err));
	assert_int_equal(s->nrows, 2);
	assert_true(aws_json_rows(answer, "A/C", s, NULL, NULL, &err));
	assert_int_equal(s->nrows, 2);
	assert_true(str_eq_c(aws_json_text(answer, "A/T"), "x"));
	assert_int_equal(aws_json_text(answer, "A/T/U").len, 0);
	assert_int_equal(aws_json_text(answer, "n").len, 0);
	json_decref(answer);
	snapshot_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_the_end_of_a_listing),
		cmocka_unit_test(test_listings_without_end),
		cmocka_unit_test(test_retry_takes_no_page_twice),
		cmocka_unit_test(test_error_envelopes),
		cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_hostile_sizes),
		cmocka_unit_test(test_cancel_between_pages),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_parameters_are_text),
		cmocka_unit_test(test_rows_by_path),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
