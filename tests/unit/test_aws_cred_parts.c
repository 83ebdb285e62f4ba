/*
 * test_aws_cred_parts.c: the parts providers are made of: names of cache files, words for messages, JSON that holds
 * keys, the hosts a container's keys may come from, files of secrets.
 */
#include "aws/cred.h"
#include "aws/sso.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;

/* Values of the AWS CLI for the same text. */
static void test_cache_names(void **state)
{
	struct sso_settings s = {
		.session = STR("my"), .start_url = STR("https://x.awsapps.com/start"), .region = STR("us-east-1")};
	char path[SSO_PATH_MAX];

	(void)state;
	setenv("HOME", "/h", 1);
	sso_token_path(&s, path, sizeof(path));
	assert_string_equal(path, "/h/.aws/sso/cache/3ece1471f44f63177cbc35ba0b904e0c096b6783.json");
	sso_registration_path(&s, path, sizeof(path));
	assert_string_equal(path, "/h/.aws/sso/cache/8d292405a5b532b575d8e84d57e24362a34c5887.json");
	s.scopes = STR("sso:account:access");
	sso_registration_path(&s, path, sizeof(path));
	assert_string_equal(path, "/h/.aws/sso/cache/7259798ed2f0fd7dd4faef75a23dad7eb86fbd0c.json");
	s = (struct sso_settings){.start_url = STR("https://x.awsapps.com/start"), .region = STR("us-east-1")};
	sso_token_path(&s, path, sizeof(path));
	assert_string_equal(path, "/h/.aws/sso/cache/3947de8b16688092197fa616c34e01335f21d256.json");
	sso_registration_path(&s, path, sizeof(path));
	assert_string_equal(path, "/h/.aws/sso/cache/82b0c67d95e3f77cf7c6ca383e781de54afc4b21.json");
}

static void test_python_strings(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 200);
	cred_python_string(&b, STR("a\"b\\c \xc3\xa9 \xf0\x9f\x98\x80\x01"));
	assert_string_equal(buf_c(&b), "\"a\\\"b\\\\c \\u00e9 \\ud83d\\ude00\\u0001\"");
	buf_release(&b);
}

static void expect_words(const char *text, const char *want)
{
	char out[120];

	cred_words(str_c(text), out, sizeof(out));
	assert_string_equal(out, want);
}

static void test_words_of_others(void **state)
{
	(void)state;
	expect_words("no such host", "no such host");
	expect_words("two\nlines \x1b[31mred", "two lines \xef\xbf\xbd[31mred");
	/* what may be a key is left out, ordinary long words are not */
	expect_words("secret wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY!", "secret ...!");
	expect_words("AKIAIOSFODNN7EXAMPLE", "...");
	expect_words("internationalisation of authorization-code", "internationalisation of authorization-code");
	expect_words("", "");
}

static void expect_json(const char *text, const char *part)
{
	static const struct cred_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", false};
	struct aws_credentials k = {.access_key = NULL};
	struct json_t *root = NULL;

	err_clear(&err);
	if (cred_parse_json(str_c(text), "the process", &root, &err)) {
		assert_false(cred_from_json(root, &names, "the process", &k, &err));
		secret_json_wipe(root);
	}
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_null(strstr(err.text, "hush"));
}

static void test_json_faults(void **state)
{
	(void)state;
	expect_json("", "the process gave nothing");
	expect_json("hush", "no valid JSON (line 1");
	expect_json("[\"hush\"]", "no object");
	expect_json("{\"SecretAccessKey\":\"hush\"}", "gave no AccessKeyId");
	expect_json("{\"AccessKeyId\":\"A\"}", "gave no SecretAccessKey");
	expect_json("{\"AccessKeyId\":7,\"SecretAccessKey\":\"hush\"}", "gave no AccessKeyId");
	expect_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Expiration\":\"hush\"}", "Expiration");
	expect_json("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hu\\nsh\"}", "control character");
	expect_json("{\"AccessKeyId\":\"hush\" \"SecretAccessKey\":\"hush\"}", "line 1, column");
	expect_json("{\"AccessKeyId\":\"A\",\"AccessKeyId\":\"hush\"}", "no valid JSON");
}

static void test_times(void **state)
{
	int64_t at;

	(void)state;
	assert_true(cred_parse_time(STR("2026-01-15T08:30:05Z"), &at));
	assert_int_equal(at, INT64_C(1768465805) * US_PER_S);
	assert_true(cred_parse_time(STR("2026-01-15T08:30:05UTC"), &at)); /* an old AWS CLI wrote so */
	assert_int_equal(at, INT64_C(1768465805) * US_PER_S);
	assert_true(cred_parse_time(STR("2026-01-15T09:30:05+01:00"), &at));
	assert_int_equal(at, INT64_C(1768465805) * US_PER_S);
	assert_false(cred_parse_time(STR("UTC"), &at));
}

static void expect_url(const char *relative, const char *full, const char *want)
{
	char url[AWS_URL_MAX], host[128];
	bool ok = cred_container_url(relative, full, url, host, &err);

	if (want) {
		assert_true(ok);
		assert_string_equal(url, want);
	} else {
		assert_false(ok);
		assert_true(err.remedy[0] != '\0');
	}
}

static void test_container_hosts(void **state)
{
	(void)state;
	expect_url("/v2/credentials/x", NULL, "http://169.254.170.2/v2/credentials/x");
	expect_url("/v2/x", "http://evil.example.com/", "http://169.254.170.2/v2/x"); /* relative comes first */
	expect_url("@evil.example.com/", NULL, NULL);
	expect_url(".example.com/", NULL, NULL);
	expect_url("", "https://keys.example.com/x", "https://keys.example.com/x");
	expect_url("", "http://127.0.0.1:99/x", "http://127.0.0.1:99/x");
	expect_url("", "http://localhost/x", "http://localhost/x");
	expect_url("", "http://169.254.170.23/v1/credentials", "http://169.254.170.23/v1/credentials");
	expect_url("", "http://[fd00:ec2::23]/v1/credentials", "http://[fd00:ec2::23]/v1/credentials");
	expect_url("", "http://[::1]/x", "http://[::1]/x");
	expect_url("", "http://keys.example.com/x", NULL);
	expect_url("", "http://169.254.169.254/x", NULL);
	expect_url("", "http://127.0.0.1.example.com/x", NULL);
	expect_url("", "http://127.0.0.1@evil.example.com/x", NULL);
	expect_url("", "ftp://127.0.0.1/x", NULL);
	expect_url("", "nonsense", NULL);
}

static void test_secret_files(void **state)
{
	char folder[] = "/tmp/auroratop-secret-XXXXXX", path[128];
	struct secret s;
	struct stat st;
	bool exists;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a/b/file", folder);
	assert_true(secret_read_file(path, 100, &s, &exists, &err));
	assert_false(exists);
	assert_true(secret_write_file(path, STR("first"), &err));
	assert_true(secret_write_file(path, STR("second"), &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(secret_read_file(path, 6, &s, &exists, &err));
	assert_string_equal(s.text, "second");
	secret_wipe(&s);
	assert_false(secret_read_file(path, 5, &s, &exists, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	unlink(path);
	/* a folder in its place, and a pipe that nobody writes to */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(secret_read_file(path, 100, &s, &exists, &err));
	assert_non_null(strstr(err.text, "not a file"));
	assert_false(secret_write_file(path, STR("x"), &err));
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(secret_read_file(path, 100, &s, &exists, &err));
	secret_wipe(&s);
	unlink(path);
	snprintf(path, sizeof(path), "%s/a/b", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/a", folder);
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache_names),     cmocka_unit_test(test_python_strings),
		cmocka_unit_test(test_words_of_others), cmocka_unit_test(test_json_faults),
		cmocka_unit_test(test_times),           cmocka_unit_test(test_container_hosts),
		cmocka_unit_test(test_secret_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
