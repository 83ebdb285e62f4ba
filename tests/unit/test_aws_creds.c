/*
 * test_aws_creds.c: which profile, keys and region are used, and what is said when there are none.
 */
#include "aws/config.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

static char folder[64], config_file[96], credentials_file[96];
static struct err err;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	static const char *const unset[] = {"AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY",
					    "AWS_SESSION_TOKEN",  "AWS_SECURITY_TOKEN",
					    "AWS_PROFILE",        "AWS_REGION",
					    "AWS_DEFAULT_REGION", "AWS_CREDENTIAL_EXPIRATION",
					    "AWS_DEFAULT_PROFILE"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	unlink(config_file);
	unlink(credentials_file);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
	return 0;
}

/* Loads with a profile option and compares the keys. */
static void expect_keys(const char *profile, const char *access, const char *secret, const char *token)
{
	struct aws_config c;
	struct aws_credentials k;

	if (!aws_config_load(&c, profile, &err))
		fail_msg("%s", err.text);
	if (!aws_credentials_load(&c, &k, &err))
		fail_msg("%s", err.text);
	assert_string_equal(k.access_key, access);
	assert_string_equal(k.secret_key, secret);
	assert_string_equal(k.session_token, token);
	aws_credentials_wipe(&k);
	assert_null(k.secret_key);
	aws_config_release(&c);
}

static void expect_failure(const char *profile, enum err_code code, const char *part)
{
	struct aws_config c;
	struct aws_credentials k;

	err_clear(&err);
	if (aws_config_load(&c, profile, &err)) {
		assert_false(aws_credentials_load(&c, &k, &err));
		aws_config_release(&c);
	}
	assert_int_equal(err.code, code);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_null(strstr(err.text, "hush"));
	assert_null(strstr(err.remedy, "hush"));
}

static void test_nothing_found(void **state)
{
	(void)state;
	expect_failure("", ERR_CREDENTIALS, "No AWS credentials were found");
	assert_non_null(strstr(err.text, credentials_file));
	assert_non_null(strstr(err.text, config_file));
	assert_non_null(strstr(err.text, "AWS_ACCESS_KEY_ID"));
	assert_non_null(strstr(err.remedy, "--profile"));
}

static void test_environment(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	expect_failure("", ERR_CREDENTIALS, "AWS_SECRET_ACCESS_KEY");
	setenv("AWS_SECRET_ACCESS_KEY", "hushENV", 1);
	expect_keys("", "AKIAENV", "hushENV", "");
	setenv("AWS_SESSION_TOKEN", "new", 1);
	expect_keys("", "AKIAENV", "hushENV", "new");
	setenv("AWS_SECURITY_TOKEN", "old", 1);
	expect_keys("", "AKIAENV", "hushENV", "old");
	setenv("AWS_CREDENTIAL_EXPIRATION", "tomorrow", 1);
	expect_failure("", ERR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION");
	unsetenv("AWS_CREDENTIAL_EXPIRATION");
	unsetenv("AWS_ACCESS_KEY_ID");
	expect_failure("", ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID");
}

static void test_files(void **state)
{
	(void)state;
	write_file(credentials_file, "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = hush#1 #x\n"
				     "[ops]\nAWS_ACCESS_KEY_ID=AKIAOPS\naws_secret_access_key=hushOPS\n"
				     "aws_session_token = tok=en==\n");
	write_file(config_file, "[default]\naws_access_key_id = AKIACONF\naws_secret_access_key = hushCONF\n"
				"[profile dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = hushDEV\n"
				"[profile bare]\nregion = eu-west-1\n");
	expect_keys("", "AKIADEF", "hush#1 #x", ""); /* a key is never cut at a comment sign */
	expect_keys("ops", "AKIAOPS", "hushOPS", "tok=en==");
	expect_keys("dev", "AKIADEV", "hushDEV", "");
	setenv("AWS_PROFILE", "dev", 1);
	expect_keys("", "AKIADEV", "hushDEV", "");
	expect_keys("ops", "AKIAOPS", "hushOPS", "tok=en==");
}

static void test_variables_against_profiles(void **state)
{
	(void)state;
	write_file(credentials_file, "[ops]\naws_access_key_id=AKIAOPS\naws_secret_access_key=hushOPS\n");
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "hushENV", 1);
	setenv("AWS_PROFILE", "ops", 1);
	expect_keys("", "AKIAENV", "hushENV", "");    /* AWS_PROFILE does not beat keys in the environment */
	expect_keys("ops", "AKIAOPS", "hushOPS", ""); /* --profile does */
}

static void test_default_in_config_only(void **state)
{
	(void)state;
	write_file(config_file, "[default]\naws_access_key_id = AKIACONF\naws_secret_access_key = hushCONF\n");
	expect_keys("", "AKIACONF", "hushCONF", "");
	write_file(config_file, "[profile default]\naws_access_key_id = AKIAPROF\naws_secret_access_key = hushCONF\n");
	expect_keys("", "AKIAPROF", "hushCONF", "");
}

static void test_other_providers_are_named(void **state)
{
	(void)state;
	write_file(config_file, "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n"
				"aws_access_key_id = AKIAX\naws_secret_access_key = hushX\n"
				"[profile sso]\nsso_session = corp\n[profile proc]\ncredential_process = /bin/true\n"
				"aws_access_key_id = AKIAX\naws_secret_access_key = hushX\n");
	expect_failure("role", ERR_CREDENTIALS, "role_arn");
	assert_non_null(strstr(err.remedy, "export-credentials --profile role"));
	expect_failure("sso", ERR_CREDENTIALS, "sso_session");
	expect_failure("proc", ERR_CREDENTIALS, "credential_process");
	/* keys in the credentials file come before a process */
	write_file(credentials_file, "[proc]\naws_access_key_id=AKIAFILE\naws_secret_access_key=hushFILE\n");
	expect_keys("proc", "AKIAFILE", "hushFILE", "");
}

static void test_faults(void **state)
{
	(void)state;
	expect_failure("nowhere", ERR_USAGE, "nowhere");
	setenv("AWS_PROFILE", "gone", 1);
	expect_failure("", ERR_USAGE, "gone");
	unsetenv("AWS_PROFILE");
	expect_failure("default", ERR_CREDENTIALS, "No AWS credentials"); /* the default may be missing */
	write_file(credentials_file, "[default]\naws_access_key_id = AKIADEF\n");
	expect_failure("", ERR_CREDENTIALS, "aws_secret_access_key");
	write_file(credentials_file, "[default]\naws_secret_access_key = hush\n");
	expect_failure("", ERR_CREDENTIALS, "aws_access_key_id");
	write_file(credentials_file, "[default\naws_secret_access_key = hush\n");
	expect_failure("", ERR_CONFIG, credentials_file);
	unlink(credentials_file);
	assert_int_equal(mkdir(credentials_file, 0700), 0);
	expect_failure("", ERR_CONFIG, credentials_file);
	rmdir(credentials_file);
}

static void test_limits(void **state)
{
	char *big = xalloc(AWS_SECRET_MAX + 200);

	(void)state;
	memset(big, 'x', AWS_SECRET_MAX + 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", big, 1);
	expect_failure("", ERR_LIMIT, "environment");
	expect_failure(big, ERR_LIMIT, "profile");
	xfree(big);
}

static void expect_region(const char *option, const char *want)
{
	struct aws_config c;
	char region[AWS_REGION_MAX];

	assert_true(aws_config_load(&c, "", &err));
	if (want) {
		assert_true(aws_config_region(&c, option, region, &err));
		assert_string_equal(region, want);
	} else {
		assert_false(aws_config_region(&c, option, region, &err));
		assert_int_equal(err.code, ERR_USAGE);
	}
	aws_config_release(&c);
}

static void test_region(void **state)
{
	(void)state;
	expect_region("", NULL);
	assert_non_null(strstr(err.remedy, "--region"));
	write_file(config_file, "[default]\nregion = eu-west-1 # office\n");
	expect_region("", "eu-west-1");
	write_file(credentials_file, "[default]\nregion = eu-west-2\n"); /* the credentials file comes first */
	expect_region("", "eu-west-2");
	setenv("AWS_DEFAULT_REGION", "us-west-1", 1);
	expect_region("", "us-west-1");
	setenv("AWS_REGION", "us-west-2", 1);
	expect_region("", "us-west-2");
	expect_region("ap-south-1", "ap-south-1");
	expect_region("evil.example.com/", NULL);
	expect_region("Us-East-1", NULL);
	expect_region("-x", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_found, set_up),
		cmocka_unit_test_setup(test_environment, set_up),
		cmocka_unit_test_setup(test_files, set_up),
		cmocka_unit_test_setup(test_variables_against_profiles, set_up),
		cmocka_unit_test_setup(test_default_in_config_only, set_up),
		cmocka_unit_test_setup(test_other_providers_are_named, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_limits, set_up),
		cmocka_unit_test_setup(test_region, set_up),
	};
	int failed;

	snprintf(folder, sizeof(folder), "/tmp/auroratop-creds-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(config_file, sizeof(config_file), "%s/config", folder);
	snprintf(credentials_file, sizeof(credentials_file), "%s/credentials", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	set_up(NULL);
	rmdir(folder);
	return failed;
}
