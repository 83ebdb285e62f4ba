/*
 * test_aws_creds.c: which profile, keys and region are used, and what is said when there are none; as far as this
 * host's memory and files know.
 */
#include "aws/cred.h"
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

/* What memory and files say; *ret_elsewhere: somebody else would have to be asked. */
static bool load_keys(const struct aws_config *c, struct aws_credentials *ret_keys, bool *ret_elsewhere)
{
	struct cred_ask q = {.config = c, .region = "", .endpoint_url = "", .ca_bundle = "", .cancel_fd = -1};
	bool ok = cred_load(&q, ret_keys, &err);

	*ret_elsewhere = ok && q.elsewhere;
	return ok && !q.elsewhere;
}

static int set_up(void **state)
{
	static const char *const unset[] = {"AWS_ACCESS_KEY_ID",
					    "AWS_SECRET_ACCESS_KEY",
					    "AWS_SESSION_TOKEN",
					    "AWS_SECURITY_TOKEN",
					    "AWS_PROFILE",
					    "AWS_REGION",
					    "AWS_DEFAULT_REGION",
					    "AWS_CREDENTIAL_EXPIRATION",
					    "AWS_DEFAULT_PROFILE",
					    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
					    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
					    "AWS_WEB_IDENTITY_TOKEN_FILE",
					    "AWS_ROLE_ARN",
					    "AWS_CA_BUNDLE",
					    "REQUESTS_CA_BUNDLE"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	unlink(config_file);
	unlink(credentials_file);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
	return 0;
}

/* Loads with a profile option and compares the keys. */
static void expect_keys(const char *profile, const char *access, const char *secret, const char *token)
{
	struct aws_config c;
	struct aws_credentials k;
	bool elsewhere;

	if (!aws_config_load(&c, profile, &err))
		fail_msg("%s", err.text);
	if (!load_keys(&c, &k, &elsewhere))
		fail_msg("%s", elsewhere ? "somebody else would be asked" : err.text);
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
	bool elsewhere;

	err_clear(&err);
	if (aws_config_load(&c, profile, &err)) {
		assert_false(load_keys(&c, &k, &elsewhere));
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

/* The keys come from a provider that asks somebody else. */
static void expect_elsewhere(const char *profile)
{
	struct aws_config c;
	struct aws_credentials k;
	bool elsewhere;

	assert_true(aws_config_load(&c, profile, &err));
	assert_false(load_keys(&c, &k, &elsewhere));
	assert_true(elsewhere);
	aws_config_release(&c);
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
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token", 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod", 1);
	expect_elsewhere(""); /* the same with a token's file */
	expect_keys("ops", "AKIAOPS", "hushOPS", "");
}

static void test_default_in_config_only(void **state)
{
	(void)state;
	write_file(config_file, "[default]\naws_access_key_id = AKIACONF\naws_secret_access_key = hushCONF\n");
	expect_keys("", "AKIACONF", "hushCONF", "");
	write_file(config_file, "[profile default]\naws_access_key_id = AKIAPROF\naws_secret_access_key = hushCONF\n");
	expect_keys("", "AKIAPROF", "hushCONF", "");
}

/* How these files may be written. */
static void test_quirks(void **state)
{
	(void)state;
	write_file(config_file, "\xef\xbb\xbf# comment\r\n[profile \"my dev\"]\r\n  AWS_Access_Key_Id=AKIAQUOTE\r\n"
				"aws_secret_access_key = hushQUOTE\r\n"
				"s3 =\r\n  aws_access_key_id = AKIANESTED\r\n"
				"[plain]\naws_access_key_id = AKIAX\naws_secret_access_key = hushX\n"
				"[profile half]\naws_access_key_id = AKIAHALF\naws_secret_access_key = hushHALF\n");
	expect_keys("my dev", "AKIAQUOTE", "hushQUOTE", "");
	/* in the config file a profile's section says so */
	expect_failure("plain", ERR_USAGE, "plain");
	/* the same profile in both: the credentials file's keys */
	write_file(credentials_file, "[half]\naws_access_key_id = AKIATWO\naws_secret_access_key = hushTWO\n"
				     "aws_security_token = oldname\n[plain]\naws_access_key_id = AKIAP\n"
				     "aws_secret_access_key = hushP\n");
	expect_keys("half", "AKIATWO", "hushTWO", "oldname");
	expect_keys("plain", "AKIAP", "hushP", "");
}

#define KEYS "aws_access_key_id = AKIAX\naws_secret_access_key = hushX\n"

static void test_order(void **state)
{
	(void)state;
	write_file(config_file,
		   "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n" KEYS
		   "[profile base]\n" KEYS
		   "[profile web]\nrole_arn = arn:aws:iam::1:role/x\nweb_identity_token_file = /nowhere\n" KEYS
		   "[profile sso]\nsso_start_url = https://x/\nsso_region = us-east-1\n"
		   "sso_account_id = 1\nsso_role_name = r\n" KEYS "[profile signed-on-only]\nsso_session = corp\n" KEYS
		   "[profile proc]\ncredential_process = /bin/true\n" KEYS);
	/* roles, web identities and single sign-on come before any keys of the profile's own */
	write_file(credentials_file, "[role]\n" KEYS "[web]\n" KEYS "[sso]\n" KEYS);
	expect_elsewhere("role");
	expect_elsewhere("web");
	expect_elsewhere("sso");
	/* a session without account and role is for the AWS CLI's own commands */
	expect_keys("signed-on-only", "AKIAX", "hushX", "");
	/* a process comes before keys of the config file, keys in the credentials file before the process */
	expect_elsewhere("proc");
	write_file(credentials_file, "[proc]\naws_access_key_id=AKIAFILE\naws_secret_access_key=hushFILE\n");
	expect_keys("proc", "AKIAFILE", "hushFILE", "");
	/* keys in the environment beat all of that, unless the profile was named by option */
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "hushENV", 1);
	setenv("AWS_PROFILE", "role", 1);
	expect_keys("", "AKIAENV", "hushENV", "");
	expect_elsewhere("role");
}

static void test_container_before_instance(void **state)
{
	(void)state;
	unsetenv("AWS_EC2_METADATA_DISABLED");
	expect_elsewhere(""); /* the instance would be asked */
	setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
	expect_failure("", ERR_CREDENTIALS, "No AWS credentials");
	setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x", 1);
	expect_elsewhere("");
}

static void test_expired_environment(void **state)
{
	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "hushENV", 1);
	setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z", 1);
	expect_failure("", ERR_CREDENTIALS, "expired at 2020-01-01T00:00:00Z");
	assert_non_null(strstr(err.text, "the environment"));
	assert_true(err.remedy[0] != '\0');
	setenv("AWS_CREDENTIAL_EXPIRATION", "2120-01-01T00:00:00Z", 1);
	expect_keys("", "AKIAENV", "hushENV", "");
}

/* Roles: what is wrong with the profiles is said before anybody is asked. */
static void test_role_faults(void **state)
{
	(void)state;
	write_file(
		config_file,
		"[profile both]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\ncredential_source = "
		"Environment\n"
		"[profile neither]\nrole_arn = arn:aws:iam::1:role/x\n"
		"[profile gone]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = nobody\n"
		"[profile word]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Nowhere\n"
		"[profile long]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\nduration_seconds = forever\n"
		"[profile a]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n"
		"[profile b]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = c\n"
		"[profile c]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = a\n"
		"[profile self]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = self\n" KEYS
		"[profile itself]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = itself\n"
		"[profile empty]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n[profile base]\nregion = x\n"
		"[profile env]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Environment\n");
	expect_failure("both", ERR_CONFIG, "both source_profile and credential_source");
	assert_non_null(strstr(err.text, ":2: role_arn"));
	expect_failure("neither", ERR_CONFIG, "neither source_profile nor credential_source");
	expect_failure("gone", ERR_CONFIG, "there is no AWS profile \"nobody\"");
	assert_non_null(strstr(err.text, ":9: source_profile"));
	expect_failure("word", ERR_CONFIG, "Nowhere");
	assert_non_null(strstr(err.remedy, "EcsContainer"));
	expect_failure("long", ERR_CONFIG, "duration_seconds: \"forever\"");
	expect_failure("a", ERR_CONFIG, "a -> b -> c -> a");
	expect_failure("itself", ERR_CONFIG, "itself -> itself");
	expect_elsewhere("self"); /* with keys of its own that is no circle */
	expect_failure("empty", ERR_CREDENTIALS, "The source profile \"base\" has no credentials");
	expect_failure("env", ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID is not set");
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "hushENV", 1);
	expect_elsewhere("env"); /* also with --profile: this profile wants the environment's */
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

static void expect_authorities(const char *want)
{
	struct aws_config c;
	char path[AWS_BUNDLE_MAX];

	assert_true(aws_config_load(&c, "", &err));
	if (want) {
		assert_true(aws_config_authorities(&c, path, &err));
		assert_string_equal(path, want);
	} else {
		assert_false(aws_config_authorities(&c, path, &err));
		assert_int_equal(err.code, ERR_LIMIT);
	}
	aws_config_release(&c);
}

static void test_authorities(void **state)
{
	char path[AWS_BUNDLE_MAX + 1];

	(void)state;
	expect_authorities("");
	memset(path, 'x', AWS_BUNDLE_MAX);
	path[AWS_BUNDLE_MAX] = '\0';
	setenv("REQUESTS_CA_BUNDLE", path, 1);
	expect_authorities(NULL);
	setenv("REQUESTS_CA_BUNDLE", "/requests.pem", 1);
	expect_authorities("/requests.pem");
	write_file(config_file, "[default]\nca_bundle = /profile.pem\n");
	expect_authorities("/profile.pem");
	setenv("AWS_CA_BUNDLE", "/variable.pem", 1);
	expect_authorities("/variable.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_found, set_up),
		cmocka_unit_test_setup(test_environment, set_up),
		cmocka_unit_test_setup(test_files, set_up),
		cmocka_unit_test_setup(test_variables_against_profiles, set_up),
		cmocka_unit_test_setup(test_default_in_config_only, set_up),
		cmocka_unit_test_setup(test_quirks, set_up),
		cmocka_unit_test_setup(test_order, set_up),
		cmocka_unit_test_setup(test_container_before_instance, set_up),
		cmocka_unit_test_setup(test_expired_environment, set_up),
		cmocka_unit_test_setup(test_role_faults, set_up),
		cmocka_unit_test_setup(test_faults, set_up),
		cmocka_unit_test_setup(test_limits, set_up),
		cmocka_unit_test_setup(test_region, set_up),
		cmocka_unit_test_setup(test_authorities, set_up),
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
