/*
 * The simulated log group and events: a real file's lines as events, pages, tokens, refusals, state changes.
 */
#include "sim_fixture.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define GROUP "/aws/rds/cluster/prod-orders/postgresql"
#define LINE(time, text) "2026-03-17 " time " UTC:10.0.1.5(41234):app@orders:[4711]:" text "\n"

static char path[] = "/tmp/auroratop-simlog-XXXXXX";

static void append(const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct sim *sim_with(const char *text)
{
	struct sim_options o = {.logs = {{.path = path}}};
	struct err err = {0};
	struct sim *s = NULL;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	append(text);
	fixture_now_us = NOON;
	assert_true(sim_new(&o, &s, &err));
	sim_set_now(s, fixture_now, NULL);
	return s;
}

/* A JSON call behind the signature check; NULL when it failed, with *ret_code. */
static json_t *call(struct sim *s, const char *operation, const char *body, const char **ret_code)
{
	char target[96];
	struct sim_header headers[] = {{STR("content-type"), STR("application/x-amz-json-1.1")},
				       {STR("x-amz-target"), STR("")}};
	struct sim_http http = {
		.method = STR("POST"), .path = STR("/"), .body = str_c(body), .headers = headers, .nheaders = 2};
	struct sim_request r = {.sim = s, .http = &http, .arena = arena_new(4096, SIM_ARENA_MAX)};
	json_t *root = NULL;
	struct buf out;

	snprintf(target, sizeof(target), "Logs_20140328.%s", operation);
	headers[1].value = str_c(target);
	buf_init(&out, SIM_ANSWER_MAX);
	sim_prepare(&r);
	pthread_mutex_lock(&s->lock);
	r.now_us = sim_now(s);
	*ret_code = "";
	if (sim_execute(&r, &out)) {
		root = json_loadb(out.data, out.len, 0, NULL);
		assert_non_null(root);
	} else {
		*ret_code = r.code;
	}
	pthread_mutex_unlock(&s->lock);
	buf_release(&out);
	buf_release(&r.body);
	arena_free(r.arena);
	return root;
}

static json_t *ok(struct sim *s, const char *operation, const char *body)
{
	const char *code;
	json_t *root = call(s, operation, body, &code);

	if (!root)
		fail_msg("%s %s: %s", operation, body, code);
	return root;
}

static void refused(struct sim *s, const char *operation, const char *body, const char *expected)
{
	const char *code;
	json_t *root = call(s, operation, body, &code);

	if (root)
		fail_msg("%s %s was not refused", operation, body);
	assert_string_equal(code, expected);
}

static const char *message(json_t *root, size_t i)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(root, "events"), i), "message"));
}

static size_t count(json_t *root)
{
	return json_array_size(json_object_get(root, "events"));
}

static void lines_become_events(void **state)
{
	struct sim *s = sim_with(
		LINE("11:59:01", "LOG:  duration: 812.5 ms  statement: select 1") LINE(
			"11:59:02", "ERROR:  syntax error at or near \"x\" at character 1") LINE("11:59:02",
												 "STATEMENT:  x")
			LINE("11:59:03", "LOG:  duration: 600.0 ms  statement: select a,") "\tb\n\tfrom t\n" LINE(
				"11:59:04", "LOG:  \xff\xfe odd bytes") "2026-03-17 11:59:05 UTC:half");
	json_t *root = ok(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\"}"), *event;

	(void)state;
	assert_int_equal(count(root), 5);
	assert_non_null(strstr(message(root, 3), "select a,\n\tb\n\tfrom t"));
	assert_non_null(strstr(message(root, 4), "\xef\xbf\xbd\xef\xbf\xbd odd"));
	event = json_array_get(json_object_get(root, "events"), 0);
	assert_string_equal(json_string_value(json_object_get(event, "logStreamName")), "orders-1.0");
	assert_int_equal(json_integer_value(json_object_get(event, "timestamp")), INT64_C(1773748741000));
	assert_int_equal(strlen(json_string_value(json_object_get(event, "eventId"))), 56);
	assert_null(json_object_get(root, "nextToken"));
	json_decref(root);
	/* the rest of the half line comes */
	append(":[1]:LOG:  whole\n");
	root = ok(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"filterPattern\":\"whole\"}");
	assert_int_equal(count(root), 1);
	json_decref(root);
	sim_stop(s);
}

static void pages_follow_their_token(void **state)
{
	struct sim *s =
		sim_with(LINE("10:00:00", "LOG:  one") LINE("10:00:00", "LOG:  two") LINE("10:00:01", "LOG:  three"));
	char body[512];
	json_t *root = ok(s, "FilterLogEvents",
			  "{\"logGroupName\":\"" GROUP "\",\"startTime\":1773738000000,\"limit\":2}"),
	       *next;

	(void)state;
	assert_int_equal(count(root), 2);
	snprintf(body, sizeof(body),
		 "{\"logGroupName\":\"" GROUP "\",\"startTime\":1773738000000,\"limit\":2,\"nextToken\":\"%s\"}",
		 json_string_value(json_object_get(root, "nextToken")));
	next = ok(s, "FilterLogEvents", body);
	assert_int_equal(count(next), 1);
	assert_non_null(strstr(message(next, 0), "three"));
	assert_null(json_object_get(next, "nextToken"));
	json_decref(next);
	json_decref(root);
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"nextToken\":\"stray\"}",
		"InvalidParameterException");
	sim_stop(s);
}

/* A long search gives pages with nothing in them but a token. */
static void empty_pages_have_a_token(void **state)
{
	struct sim *s = sim_with(LINE("11:59:59", "LOG:  newest"));
	char token[128] = "", body[512];
	int pages = 0, empty = 0;
	size_t events = 0;

	(void)state;
	do {
		json_t *root;

		snprintf(body, sizeof(body), "{\"logGroupName\":\"" GROUP "\",\"startTime\":1773662400000%s%s%s}",
			 token[0] ? ",\"nextToken\":\"" : "", token, token[0] ? "\"" : "");
		root = ok(s, "FilterLogEvents", body);
		pages++;
		events += count(root);
		empty += count(root) == 0 && json_object_get(root, "nextToken");
		snprintf(token, sizeof(token), "%s",
			 json_object_get(root, "nextToken") ? json_string_value(json_object_get(root, "nextToken"))
							    : "");
		json_decref(root);
	} while (token[0] && pages < 50);
	assert_int_equal(events, 1);
	assert_int_equal(empty, 3);
	sim_stop(s);
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern;
		size_t hits;
	} rows[] = {
		{"", 3}, {"duration", 2}, {"duration -select", 1}, {"?ERROR ?insert", 2}, {"\\\"duration: 2\\\"", 1}};
	struct sim *s = sim_with(LINE("11:00:00", "LOG:  duration: 1 ms select") LINE(
		"11:00:01", "LOG:  duration: 2 ms insert") LINE("11:00:02", "ERROR:  no"));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char body[256];
		json_t *root;

		snprintf(body, sizeof(body), "{\"logGroupName\":\"" GROUP "\",\"filterPattern\":\"%s\"}",
			 rows[i].pattern);
		root = ok(s, "FilterLogEvents", body);
		assert_int_equal(count(root), rows[i].hits);
		json_decref(root);
	}
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"filterPattern\":\"{ $.x = 1 }\"}",
		"InvalidParameterException");
	sim_stop(s);
}

#define ONE_STREAM "{\"logGroupName\":\"" GROUP "\",\"logStreamName\":\"orders-1.0\",\"limit\":2%s}"

static void one_stream_forwards_and_backwards(void **state)
{
	struct sim *s = sim_with(LINE("11:00:00", "LOG:  1") LINE("11:00:01", "LOG:  2") LINE("11:00:02", "LOG:  3"));
	char body[512], more[160];
	json_t *root, *again;

	(void)state;
	snprintf(body, sizeof(body), ONE_STREAM, "");
	root = ok(s, "GetLogEvents", body);
	assert_int_equal(count(root), 2);
	assert_non_null(strstr(message(root, 0), "LOG:  2"));
	snprintf(more, sizeof(more), ",\"nextToken\":\"%s\"",
		 json_string_value(json_object_get(root, "nextBackwardToken")));
	snprintf(body, sizeof(body), ONE_STREAM, more);
	again = ok(s, "GetLogEvents", body);
	assert_int_equal(count(again), 1);
	assert_non_null(strstr(message(again, 0), "LOG:  1"));
	json_decref(again);
	/* at the end the same token comes back, until there is more */
	snprintf(more, sizeof(more), ",\"nextToken\":\"%s\"",
		 json_string_value(json_object_get(root, "nextForwardToken")));
	snprintf(body, sizeof(body), ONE_STREAM, more);
	again = ok(s, "GetLogEvents", body);
	assert_int_equal(count(again), 0);
	assert_string_equal(json_string_value(json_object_get(again, "nextForwardToken")),
			    json_string_value(json_object_get(root, "nextForwardToken")));
	json_decref(again);
	append(LINE("11:00:03", "LOG:  4"));
	again = ok(s, "GetLogEvents", body);
	assert_non_null(strstr(message(again, 0), "LOG:  4"));
	json_decref(again);
	json_decref(root);
	snprintf(body, sizeof(body), ONE_STREAM, ",\"startFromHead\":true,\"endTime\":1773745201000");
	root = ok(s, "GetLogEvents", body); /* the end does not belong to it */
	assert_int_equal(count(root), 1);
	json_decref(root);
	refused(s, "GetLogEvents", "{\"logGroupName\":\"" GROUP "\",\"logStreamName\":\"x\"}",
		"ResourceNotFoundException");
	sim_stop(s);
}

static void streams_are_listed(void **state)
{
	struct sim *s = sim_with(LINE("11:00:00", "LOG:  1"));
	json_t *root = ok(s, "DescribeLogStreams", "{\"logGroupName\":\"" GROUP "\",\"limit\":2}"), *rows, *first;

	(void)state;
	rows = json_object_get(root, "logStreams");
	assert_int_equal(json_array_size(rows), 2);
	first = json_array_get(rows, 0);
	assert_string_equal(json_string_value(json_object_get(first, "logStreamName")), "orders-1.0");
	assert_int_equal(json_integer_value(json_object_get(first, "lastEventTimestamp")), INT64_C(1773745200000));
	assert_null(json_object_get(json_array_get(rows, 1), "lastEventTimestamp"));
	assert_non_null(json_object_get(root, "nextToken"));
	json_decref(root);
	root = ok(s, "DescribeLogStreams",
		  "{\"logGroupName\":\"" GROUP "\",\"orderBy\":\"LastEventTime\",\"descending\":true}");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(root, "logStreams"), 0),
							      "logStreamName")),
			    "orders-1.0");
	json_decref(root);
	refused(s, "DescribeLogStreams", "{\"logGroupName\":\"" GROUP "\",\"limit\":51}", "InvalidParameterException");
	sim_stop(s);
}

static void refusals(void **state)
{
	struct sim *s = sim_with("");

	(void)state;
	/* a cluster without export has no group */
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"/aws/rds/cluster/analytics-sls/postgresql\"}",
		"ResourceNotFoundException");
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/x\"}", "ResourceNotFoundException");
	refused(s, "FilterLogEvents", "{}", "InvalidParameterException");
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"logGroupIdentifier\":\"" GROUP "\"}",
		"InvalidParameterException");
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"follow\":true}", "InvalidParameterValue");
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"limit\":0}", "InvalidParameterException");
	refused(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"startTime\":2,\"endTime\":1}",
		"InvalidParameterException");
	refused(s, "DeleteLogGroup", "{\"logGroupName\":\"" GROUP "\"}", "InvalidAction");
	json_decref(ok(s, "FilterLogEvents",
		       "{\"logGroupIdentifier\":\"arn:aws:logs:eu-west-1:111122223333:log-group:" GROUP "\"}"));
	sim_stop(s);
}

static void a_failover_leaves_events(void **state)
{
	struct sim *s = sim_with("");
	struct err err = {0};
	char *text;

	(void)state;
	assert_true(sim_failover(s, "prod-orders", "orders-2", &err));
	fixture_now_us += 4 * US_PER_S;
	text = fixture_ok(s, RDS("DescribeEvents") "&SourceType=db-cluster&SourceIdentifier=prod-orders");
	assert_int_equal(fixture_count(text, "<Message>"), 1);
	assert_non_null(strstr(text, "Started cross AZ failover to DB instance: orders-2."));
	xfree(text);
	fixture_now_us += 20 * US_PER_S;
	text = fixture_ok(s, RDS("DescribeEvents") "&SourceType=db-cluster&SourceIdentifier=prod-orders&Duration=5");
	assert_non_null(strstr(text, "Completed failover to DB instance: orders-2."));
	assert_non_null(strstr(text, "<EventCategory>failover<"));
	assert_non_null(strstr(text, "<SourceArn>arn:aws:rds:eu-west-1:111122223333:cluster:prod-orders<"));
	xfree(text);
	text = fixture_ok(s, RDS("DescribeEvents") "&SourceType=db-instance&SourceIdentifier=orders-1");
	assert_int_equal(fixture_count(text, "<Message>"), 2);
	xfree(text);
	/* a later one does not make the first forgotten */
	assert_true(sim_failover(s, "prod-orders", "orders-3", &err));
	fixture_now_us += 20 * US_PER_S;
	text = fixture_ok(s, RDS("DescribeEvents") "&SourceType=db-cluster");
	assert_int_equal(fixture_count(text, "Completed failover"), 2);
	xfree(text);
	/* the log goes on in the new writer's stream */
	append(LINE("12:00:50", "LOG:  after"));
	json_decref(ok(s, "FilterLogEvents", "{\"logGroupName\":\"" GROUP "\",\"logStreamNames\":[\"orders-3.0\"]}"));
	sim_stop(s);
}

static void snapshots_leave_events(void **state)
{
	struct sim *s = sim_with("");
	char *text;

	(void)state;
	text = fixture_ok(s, RDS("DescribeEvents") "&SourceType=db-cluster-snapshot&Duration=1440");
	assert_non_null(strstr(text, "<SourceIdentifier>rds:prod-orders-2026-03-17"));
	assert_non_null(strstr(text, "Automated cluster snapshot created"));
	xfree(text);
	text = fixture_ok(s, RDS("DescribeEvents") "&Duration=1440&EventCategories.EventCategory.1=failover");
	assert_int_equal(fixture_count(text, "<Message>"), 0);
	xfree(text);
	fixture_fails(s, RDS("DescribeEvents") "&SourceIdentifier=x", "InvalidParameterCombination");
	fixture_fails(s, RDS("DescribeEvents") "&SourceType=db-planet", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeEvents") "&Duration=0", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeEvents") "&Duration=5&StartTime=2026-03-17T11:00:00Z",
		      "InvalidParameterCombination");
	sim_stop(s);
}

static void files_are_listed_and_read(void **state)
{
	struct sim *s =
		sim_with(LINE("11:00:00", "LOG:  1 <&>") LINE("11:00:01", "LOG:  2") LINE("11:00:02", "LOG:  3"));
	char form[256], *text, *from;

	(void)state;
	text = fixture_ok(s, RDS("DescribeDBLogFiles") "&DBInstanceIdentifier=orders-1");
	assert_non_null(strstr(text, "<LogFileName>error/postgresql.log.2026-03-17-1200<"));
	assert_non_null(strstr(text, "<LastWritten>"));
	xfree(text);
	text = fixture_ok(s, RDS("DescribeDBLogFiles") "&DBInstanceIdentifier=orders-2");
	assert_int_equal(fixture_count(text, "<LogFileName>"), 0);
	xfree(text);
#define DOWNLOAD                        \
	RDS("DownloadDBLogFilePortion") \
	"&DBInstanceIdentifier=orders-1&LogFileName=error/postgresql.log.2026-03-17-1200"
	text = fixture_ok(s, DOWNLOAD "&NumberOfLines=2");
	assert_null(strstr(text, "LOG:  1"));
	assert_non_null(strstr(text, "LOG:  2"));
	assert_non_null(strstr(text, "<AdditionalDataPending>false<"));
	xfree(text);
	text = fixture_ok(s, DOWNLOAD "&Marker=0&NumberOfLines=1");
	assert_non_null(strstr(text, "LOG:  1 &lt;&amp;&gt;"));
	assert_null(strstr(text, "LOG:  2"));
	assert_non_null(strstr(text, "<AdditionalDataPending>true<"));
	from = strstr(text, "<Marker>") + 8;
	snprintf(form, sizeof(form), "%s&Marker=%.*s", DOWNLOAD, (int)strcspn(from, "<"), from);
	xfree(text);
	text = fixture_ok(s, form);
	assert_null(strstr(text, "LOG:  1"));
	assert_non_null(strstr(text, "LOG:  3"));
	xfree(text);
	fixture_fails(s, RDS("DownloadDBLogFilePortion") "&DBInstanceIdentifier=orders-1&LogFileName=x",
		      "DBLogFileNotFoundFault");
	fixture_fails(s, RDS("DescribeDBLogFiles") "&DBInstanceIdentifier=x", "DBInstanceNotFound");
	fixture_fails(s, DOWNLOAD "&Marker=9:999999", "InvalidParameterValue");
	sim_stop(s);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_events),
		cmocka_unit_test(pages_follow_their_token),
		cmocka_unit_test(empty_pages_have_a_token),
		cmocka_unit_test(patterns),
		cmocka_unit_test(one_stream_forwards_and_backwards),
		cmocka_unit_test(streams_are_listed),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_failover_leaves_events),
		cmocka_unit_test(snapshots_leave_events),
		cmocka_unit_test(files_are_listed_and_read),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
