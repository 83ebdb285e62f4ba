/*
 * test_aws_error.c: error answers of three protocols, told in words.
 */
#include "aws/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct err err;

static void read_error(enum aws_service_id service, const char *operation, long status, const char *body)
{
	struct http_response r = {.status = status};

	memset(&err, 0xAA, sizeof(err));
	assert_false(aws_error_read(&aws_services[service], operation, &r, str_c(body), &err));
}

static void expect(enum err_code code, const char *id, const char *text)
{
	assert_int_equal(err.code, code);
	assert_string_equal(err.id, id);
	assert_string_equal(err.text, text);
}

#define QUERY(code, message)                                                                                      \
	"<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender</Type><Code>" code \
	"</Code><Message>" message "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
#define EC2(code, message)                                                                       \
	"<?xml version=\"1.0\"?><Response><Errors><Error><Code>" code "</Code><Message>" message \
	"</Message></Error></Errors><RequestID>r</RequestID></Response>"

static void test_denied(void **state)
{
	char action[64];

	(void)state;
	read_error(AWS_RDS, "DescribeDBClusters", 403, QUERY("AccessDenied", "User: x is not authorized"));
	expect(ERR_DENIED, "AccessDenied", "n/a: needs rds:DescribeDBClusters: User: x is not authorized");
	assert_non_null(strstr(err.remedy, "rds:DescribeDBClusters"));
	read_error(AWS_EC2, "DescribeSubnets", 403, EC2("UnauthorizedOperation", ""));
	expect(ERR_DENIED, "UnauthorizedOperation", "n/a: needs ec2:DescribeSubnets");
	read_error(AWS_CLOUDWATCH, "GetMetricData", 403, QUERY("AccessDenied", ""));
	assert_string_equal(err.text, "n/a: needs cloudwatch:GetMetricData");
	read_error(AWS_LOGS, "FilterLogEvents", 400,
		   "{\"__type\":\"com.amazon#AccessDeniedException\",\"Message\":\"no\"}");
	expect(ERR_DENIED, "AccessDeniedException", "n/a: needs logs:FilterLogEvents: no");
	/* the action that is missing need not be the one that was called */
	read_error(AWS_RDS, "CreateDBClusterSnapshot", 403,
		   QUERY("AccessDenied", "User: x is not authorized to perform: kms:CreateGrant on resource: y"));
	assert_true(str_starts(str_c(err.text), STR("n/a: needs kms:CreateGrant: User: x")));
	assert_non_null(strstr(err.remedy, "kms:CreateGrant"));
	assert_true(aws_error_action(&err, action, sizeof(action)));
	assert_string_equal(action, "kms:CreateGrant");
	read_error(AWS_RDS, "DescribeEvents", 403, QUERY("AccessDenied", "not authorized to perform: what?"));
	assert_true(str_starts(str_c(err.text), STR("n/a: needs rds:DescribeEvents: ")));
	assert_false(aws_error_retryable(&err, 400));
}

static void test_throttled(void **state)
{
	static const char *const codes[] = {"Throttling", "ThrottlingException",   "RequestLimitExceeded",
					    "SlowDown",   "EC2ThrottledException", "TooManyRequestsException"};
	char body[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		snprintf(body, sizeof(body), "<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>", codes[i]);
		read_error(AWS_RDS, "DescribeDBClusters", 400, body);
		assert_int_equal(err.code, ERR_THROTTLED);
		assert_string_equal(err.id, codes[i]);
		assert_true(aws_error_retryable(&err, 400));
	}
	read_error(AWS_PI, "GetResourceMetrics", 429, "{}");
	assert_int_equal(err.code, ERR_THROTTLED);
}

static void test_credentials(void **state)
{
	(void)state;
	read_error(AWS_RDS, "DescribeDBClusters", 403, QUERY("ExpiredToken", "The security token is expired"));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_non_null(strstr(err.text, "have expired"));
	assert_non_null(strstr(err.remedy, "aws sso login"));
	assert_false(aws_error_skew(&err));
	read_error(AWS_EC2, "DescribeSubnets", 401, EC2("AuthFailure", "m"));
	expect(ERR_CREDENTIALS, "AuthFailure", "EC2 refuses the AWS credentials (DescribeSubnets, AuthFailure): m");
	assert_true(aws_error_skew(&err));
	read_error(AWS_KMS, "DescribeKey", 400,
		   "{\"__type\":\"UnrecognizedClientException:http://x\",\"message\":\"m\"}");
	assert_string_equal(err.id, "UnrecognizedClientException");
	assert_int_equal(err.code, ERR_CREDENTIALS);
	read_error(AWS_RDS, "X", 403, QUERY("SignatureDoesNotMatch", ""));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_true(aws_error_skew(&err));
}

static void test_others(void **state)
{
	(void)state;
	read_error(AWS_RDS, "DescribeDBClusters", 404, QUERY("DBClusterNotFoundFault", "DBCluster x not found."));
	expect(ERR_NOT_FOUND, "DBClusterNotFoundFault",
	       "RDS DescribeDBClusters failed with DBClusterNotFoundFault: DBCluster x not found.");
	assert_string_equal(err.remedy, "");
	read_error(AWS_RDS, "DescribeDBInstances", 404, QUERY("DBInstanceNotFound", ""));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	read_error(AWS_RDS, "X", 400, QUERY("InvalidParameterValue", "bad"));
	expect(ERR_SERVER, "InvalidParameterValue", "RDS X failed with InvalidParameterValue: bad");
	assert_false(aws_error_retryable(&err, 400));
	read_error(AWS_RDS, "X", 500, QUERY("InternalFailure", ""));
	assert_int_equal(err.code, ERR_SERVER);
	assert_true(aws_error_retryable(&err, 500));
	read_error(AWS_PI, "X", 400, "{\"unrelated\":1}");
	expect(ERR_SERVER, "", "Performance Insights X failed with HTTP 400");
	read_error(AWS_PI, "X", 400, "not json");
	assert_int_equal(err.code, ERR_SERVER);
	read_error(AWS_RDS, "X", 400, "<ErrorResponse><Error><Code>Cut");
	expect(ERR_SERVER, "", "RDS X failed with HTTP 400");
}

static void test_query_error_header(void **state)
{
	struct http_response r = {.status = 400, .query_error = "InvalidParameterValue;Sender", .retry_after_us = 5};

	(void)state;
	aws_error_read(&aws_services[AWS_PI], "X", &r, STR("{\"__type\":\"InvalidParameterValueException\"}"), &err);
	assert_string_equal(err.id, "InvalidParameterValue");
	assert_int_equal(err.retry_after_us, 5);
}

static void test_proxies(void **state)
{
	struct http_response r = {.status = 302, .location = "http://login.example/"};

	(void)state;
	read_error(AWS_RDS, "X", 403, "\n<!DOCTYPE html><html><body>Blocked</body></html>");
	expect(ERR_PROTOCOL, "", "RDS X: HTML instead of an AWS answer (proxy?) (HTTP 403)");
	assert_non_null(strstr(err.remedy, "HTTPS_PROXY"));
	read_error(AWS_LOGS, "X", 502, "<html>Bad Gateway</html>");
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_true(aws_error_retryable(&err, 502));
	read_error(AWS_RDS, "X", 503, "");
	expect(ERR_SERVER, "", "RDS X: an empty answer (HTTP 503)");
	aws_error_read(&aws_services[AWS_RDS], "X", &r, STR(""), &err);
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "http://login.example/"));
}

static void test_retry_by_kind(void **state)
{
	static const enum err_code yes[] = {ERR_THROTTLED, ERR_LOST, ERR_REFUSED, ERR_DNS, ERR_TIMEOUT, ERR_TLS};
	static const enum err_code no[] = {ERR_CANCELLED,   ERR_LIMIT,     ERR_DENIED,
					   ERR_CREDENTIALS, ERR_NOT_FOUND, ERR_PROTOCOL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		err_set(&err, yes[i], "x");
		assert_true(aws_error_retryable(&err, 0));
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		err_set(&err, no[i], "x");
		assert_false(aws_error_retryable(&err, 200));
	}
	err_set(&err, ERR_TLS, "x");
	snprintf(err.id, sizeof(err.id), "certificate");
	assert_false(aws_error_retryable(&err, 0));
	err_set(&err, ERR_SERVER, "x");
	snprintf(err.id, sizeof(err.id), "RequestTimeout");
	assert_true(aws_error_retryable(&err, 400));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_query_error_header),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_retry_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
