/*
 * test_aws_endpoint.c: host names by partition, overrides and their order.
 */
#include "aws/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;
static char config_file[64];

static int set_up(void **state)
{
	static const char *const unset[] = {"AWS_ENDPOINT_URL",
					    "AWS_ENDPOINT_URL_RDS",
					    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
					    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
					    "AWS_USE_FIPS_ENDPOINT",
					    "AWS_USE_DUALSTACK_ENDPOINT",
					    "AWS_PROFILE",
					    "AWS_DEFAULT_PROFILE"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
	unlink(config_file);
	return 0;
}

static bool resolve(enum aws_service_id service, const char *region, const char *option, struct aws_endpoint *e)
{
	struct aws_config c;
	bool ok;

	assert_true(aws_config_load(&c, "", &err));
	ok = aws_endpoint_resolve(service, region, option, &c, e, &err);
	aws_config_release(&c);
	return ok;
}

static void expect(enum aws_service_id service, const char *region, const char *option, const char *url)
{
	struct aws_endpoint e;

	if (!resolve(service, region, option, &e))
		fail_msg("%s", err.text);
	assert_string_equal(e.url, url);
	assert_string_equal(e.region, region);
}

static void test_partitions(void **state)
{
	(void)state;
	expect(AWS_RDS, "us-east-1", "", "https://rds.us-east-1.amazonaws.com/");
	expect(AWS_CLOUDWATCH, "eu-central-1", "", "https://monitoring.eu-central-1.amazonaws.com/");
	expect(AWS_EC2, "us-gov-west-1", "", "https://ec2.us-gov-west-1.amazonaws.com/");
	expect(AWS_RDS, "cn-north-1", "", "https://rds.cn-north-1.amazonaws.com.cn/");
	expect(AWS_PI, "eusc-de-east-1", "", "https://pi.eusc-de-east-1.amazonaws.eu/");
	expect(AWS_KMS, "us-iso-east-1", "", "https://kms.us-iso-east-1.c2s.ic.gov/");
	expect(AWS_STS, "us-isob-east-1", "", "https://sts.us-isob-east-1.sc2s.sgov.gov/");
	expect(AWS_LOGS, "eu-isoe-west-1", "", "https://logs.eu-isoe-west-1.cloud.adc-e.uk/");
	expect(AWS_RDS, "us-isof-south-1", "", "https://rds.us-isof-south-1.csp.hci.ic.gov/");
	expect(AWS_RDS, "xx-new-9", "", "https://rds.xx-new-9.amazonaws.com/");
	assert_string_equal(aws_partition_suffix(STR("cn-north-1")), "amazonaws.com.cn");
}

static void test_fips_and_dual_stack(void **state)
{
	(void)state;
	setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
	expect(AWS_RDS, "us-east-1", "", "https://rds-fips.us-east-1.amazonaws.com/");
	expect(AWS_RDS, "us-gov-west-1", "", "https://rds.us-gov-west-1.amazonaws.com/");
	expect(AWS_KMS, "us-gov-west-1", "", "https://kms-fips.us-gov-west-1.amazonaws.com/");
	setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
	expect(AWS_RDS, "us-east-1", "", "https://rds-fips.us-east-1.api.aws/");
	expect(AWS_CLOUDWATCH, "us-gov-west-1", "", "https://monitoring.us-gov-west-1.api.aws/");
	expect(AWS_RDS, "us-gov-west-1", "", "https://rds-fips.us-gov-west-1.api.aws/");
	unsetenv("AWS_USE_FIPS_ENDPOINT");
	expect(AWS_RDS, "eu-west-1", "", "https://rds.eu-west-1.api.aws/");
	expect(AWS_SECRETS_MANAGER, "eu-west-1", "", "https://secretsmanager.eu-west-1.amazonaws.com/");
	expect(AWS_SECRETS_MANAGER, "cn-north-1", "", "https://secretsmanager.cn-north-1.amazonaws.com.cn/");
}

/* The flag and the region in one word, as old settings have it. */
static void test_fips_regions(void **state)
{
	struct aws_endpoint e;

	(void)state;
	assert_true(resolve(AWS_RDS, "fips-us-east-1", "", &e));
	assert_string_equal(e.url, "https://rds-fips.us-east-1.amazonaws.com/");
	assert_string_equal(e.region, "us-east-1");
	assert_true(resolve(AWS_KMS, "us-west-2-fips", "", &e));
	assert_string_equal(e.url, "https://kms-fips.us-west-2.amazonaws.com/");
	assert_string_equal(e.region, "us-west-2");
	assert_false(resolve(AWS_KMS, "fips-", "", &e));
}

static void test_order_of_overrides(void **state)
{
	FILE *f = fopen(config_file, "w");

	(void)state;
	fputs("[default]\nendpoint_url = http://profile:1\nservices = lab\n"
	      "[services lab]\nrds =\n  endpoint_url = http://section:2\n",
	      f);
	fclose(f);
	expect(AWS_EC2, "us-east-1", "", "http://profile:1/");
	expect(AWS_RDS, "us-east-1", "", "http://section:2/");
	setenv("AWS_ENDPOINT_URL", "http://env:3", 1);
	expect(AWS_RDS, "us-east-1", "", "http://env:3/");
	setenv("AWS_ENDPOINT_URL_RDS", "http://envrds:4", 1);
	expect(AWS_RDS, "us-east-1", "", "http://envrds:4/");
	expect(AWS_EC2, "us-east-1", "", "http://env:3/");
	setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "https://logs:5/base", 1);
	expect(AWS_LOGS, "us-east-1", "", "https://logs:5/base/");
	expect(AWS_RDS, "us-east-1", "http://option:6", "http://option:6/");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	expect(AWS_RDS, "us-east-1", "", "https://rds.us-east-1.amazonaws.com/");
	expect(AWS_RDS, "us-east-1", "http://option:6", "http://option:6/");
}

static void test_parts(void **state)
{
	struct aws_endpoint e;

	(void)state;
	assert_true(resolve(AWS_RDS, "us-east-1", "HTTPS://Example.COM:443/a", &e));
	assert_string_equal(e.host, "example.com");
	assert_string_equal(e.path, "/a/");
	assert_string_equal(e.url, "https://example.com/a/");
	assert_true(e.custom);
	assert_true(resolve(AWS_RDS, "us-east-1", "http://[::1]:8000", &e));
	assert_string_equal(e.host, "[::1]:8000");
	assert_true(resolve(AWS_RDS, "us-east-1", "", &e));
	assert_string_equal(e.host, "rds.us-east-1.amazonaws.com");
	assert_string_equal(e.path, "/");
	assert_false(e.custom);
}

static void test_unusable(void **state)
{
	static const char *const urls[] = {"ftp://x",       "file:///etc/passwd",
					   "http://user@x", "http://x/?a=b",
					   "http://x/#f",   "http://",
					   "http://a b",    "://"};
	struct aws_endpoint e;
	char big[AWS_URL_MAX + 10];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		if (resolve(AWS_RDS, "us-east-1", urls[i], &e))
			fail_msg("%s is taken as %s", urls[i], e.url);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.text, "--endpoint-url"));
	}
	/* a password in it is not repeated */
	assert_false(resolve(AWS_RDS, "us-east-1", "http://me:hunter2@example.com", &e));
	assert_null(strstr(err.text, "hunter2"));
	assert_non_null(strstr(err.text, "@example.com"));
	memset(big, 'a', sizeof(big));
	memcpy(big, "http://", 7);
	big[sizeof(big) - 1] = '\0';
	assert_false(resolve(AWS_RDS, "us-east-1", big, &e));
	setenv("AWS_ENDPOINT_URL", "nonsense:", 1);
	assert_false(resolve(AWS_RDS, "us-east-1", "", &e));
	assert_non_null(strstr(err.text, "AWS_ENDPOINT_URL"));
	assert_false(resolve(AWS_RDS, "a/b", "http://x", &e));
	assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_partitions, set_up),
		cmocka_unit_test_setup(test_fips_and_dual_stack, set_up),
		cmocka_unit_test_setup(test_fips_regions, set_up),
		cmocka_unit_test_setup(test_order_of_overrides, set_up),
		cmocka_unit_test_setup(test_parts, set_up),
		cmocka_unit_test_setup(test_unusable, set_up),
	};
	int failed, fd;

	snprintf(config_file, sizeof(config_file), "/tmp/auroratop-endpoint-XXXXXX");
	fd = mkstemp(config_file);
	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(config_file);
	return failed;
}
