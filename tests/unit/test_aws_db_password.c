/*
 * test_aws_db_password.c: login tokens and secrets: what is sent, what is taken out of the answer, what is refused and
 * in which words, and how often AWS is asked.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/db_password.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define ARN "arn:aws:secretsmanager:us-east-1:111122223333:secret:orders/watch-AbCdEf"
#define PLANTED "hush-hush-42"

static const struct source any_source = {.name = "any"};
static struct err err;

/* ---- tokens */

static const struct password_ask monitor = {
	.token = true, .host = "orders-1.c1a2b3.us-east-1.rds.amazonaws.com", .user = "monitor", .port = 5432};

static struct password ask_token(const struct password_ask *ask)
{
	struct fake fake;
	struct password p;

	fake_init(&fake, &any_source, "", "orders");
	if (!aws_db_password(&fake.fetch, ask, &p, &err))
		fail_msg("%s", err.text);
	fake_release(&fake);
	return p;
}

static bool refuses_token(const struct password_ask *ask)
{
	struct fake fake;
	struct password p;
	bool refused;

	err_clear(&err);
	fake_init(&fake, &any_source, "", "orders");
	refused = !aws_db_password(&fake.fetch, ask, &p, &err);
	if (!refused)
		password_release(&p);
	fake_release(&fake);
	return refused;
}

static void has(const struct password *p, const char *words)
{
	if (!strstr(p->text, words))
		fail_msg("no %s in a token", words);
}

static void test_a_token(void **state)
{
	struct password p;

	(void)state;
	fake_environment();
	clock_freeze(INT64_C(1768465805) * US_PER_S);
	p = ask_token(&monitor);
	/* the signature was computed by botocore 1.29 for the same keys and time */
	assert_string_equal(p.text,
			    "orders-1.c1a2b3.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=monitor"
			    "&X-Amz-Algorithm=AWS4-HMAC-SHA256"
			    "&X-Amz-Credential=AKIDEXAMPLE%2F20260115%2Fus-east-1%2Frds-db%2Faws4_request"
			    "&X-Amz-Date=20260115T083005Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
			    "&X-Amz-Signature=dd665ecfd591ebd15f7c2f59663eb1e965df4e957fe2bb02d4629b189af7f798");
	assert_string_equal(p.from, "an IAM token (the environment)");
	password_release(&p);
	assert_null(p.text);
	clock_freeze(0);
}

static void test_every_token_is_new(void **state)
{
	struct password first, second;

	(void)state;
	fake_environment();
	clock_freeze(INT64_C(1768465805) * US_PER_S);
	first = ask_token(&monitor);
	clock_freeze(INT64_C(1768465806) * US_PER_S);
	second = ask_token(&monitor);
	has(&second, "X-Amz-Date=20260115T083006Z");
	assert_string_not_equal(first.text, second.text);
	password_release(&first);
	password_release(&second);
	clock_freeze(0);
}

static void test_region_user_port_and_session(void **state)
{
	struct password_ask ask = monitor;
	char long_token[3000];
	struct password p;

	(void)state;
	fake_environment();
	memset(long_token, 'T', sizeof(long_token) - 1);
	long_token[sizeof(long_token) - 1] = '\0';
	setenv("AWS_SESSION_TOKEN", long_token, 1);
	ask.region = STR("eu-west-3");
	ask.user = "Jane Doe@example";
	ask.port = 6543;
	p = ask_token(&ask);
	has(&p, ":6543/?");
	has(&p, "DBUser=Jane%20Doe%40example&");
	has(&p, "%2Feu-west-3%2Frds-db%2F");
	has(&p, "X-Amz-Security-Token=TTTT");
	assert_true(strlen(p.text) > sizeof(long_token));
	password_release(&p);
}

/* Not older than the session that signs it. */
static void test_credentials_that_end(void **state)
{
	struct password p;
	char text[64];

	(void)state;
	fake_environment();
	setenv("AWS_CREDENTIAL_EXPIRATION", clock_iso8601(clock_wall_us() - US_PER_S, text, sizeof(text)), 1);
	assert_true(refuses_token(&monitor));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_non_null(strstr(err.text, "credentials of the environment expired"));
	assert_non_null(strstr(err.remedy, "Renew"));
	assert_null(strstr(err.text, "wJalr"));
	/* as good as ended */
	setenv("AWS_CREDENTIAL_EXPIRATION", clock_iso8601(clock_wall_us() + 2 * US_PER_S, text, sizeof(text)), 1);
	assert_true(refuses_token(&monitor));
	assert_non_null(strstr(err.text, "of the environment have expired: a login token"));
	setenv("AWS_CREDENTIAL_EXPIRATION", clock_iso8601(clock_wall_us() + US_PER_HOUR, text, sizeof(text)), 1);
	p = ask_token(&monitor);
	password_release(&p);
	/* none at all */
	fake_environment();
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	assert_true(refuses_token(&monitor));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	fake_environment();
}

static void test_names_without_end(void **state)
{
	static char name[9000];
	struct password_ask ask = monitor;

	(void)state;
	fake_environment();
	memset(name, 'u', sizeof(name) - 1);
	ask.user = name;
	assert_true(refuses_token(&ask));
	assert_int_equal(err.code, ERR_LIMIT);
	ask = monitor;
	ask.host = name;
	assert_true(refuses_token(&ask));
	assert_int_equal(err.code, ERR_LIMIT);
}

/* ---- what is in a secret */

static void reads(const char *text, const char *user, const char *password)
{
	struct password p = {.text = NULL};

	if (!aws_db_secret_read(str_c(text), "secret x", &p, &err))
		fail_msg("%s", err.text);
	assert_string_equal(p.user, user);
	assert_string_equal(p.text, password);
	password_release(&p);
}

static void refuses(struct str text, enum err_code code, const char *words)
{
	struct password p = {.text = NULL};

	err_clear(&err);
	assert_false(aws_db_secret_read(text, "secret x", &p, &err));
	assert_null(p.text);
	if (err.code != code || !strstr(err.text, words) || strncmp(err.text, "secret x", 8) != 0)
		fail_msg("%s: %s", err_word(err.code), err.text);
	assert_non_null(strstr(err.remedy, "username"));
	assert_null(strstr(err.text, PLANTED));
	assert_null(strstr(err.remedy, PLANTED));
}

static void test_contents(void **state)
{
	static char large[DB_SECRET_TEXT_MAX + 100];
	static const char nul[] = "{\"username\":\"a\",\"password\":\"" PLANTED "\\u0000x\"}";

	(void)state;
	reads("{\"username\":\"watch\",\"password\":\"s\\u00e4cret'\\\\\"}", "watch",
	      "s\xc3\xa4"
	      "cret'\\");
	reads(" {\"engine\":\"postgres\",\"password\":\"x\",\"port\":5432,\"host\":\"elsewhere\"}\n", "", "x");
	reads("{\"username\":null,\"password\":\"x\"}", "", "x");
	refuses(STR(""), ERR_CONFIG, "no JSON object");
	refuses(STR(PLANTED), ERR_CONFIG, "no JSON object");
	refuses(STR("\"" PLANTED "\""), ERR_CONFIG, "no JSON object");
	refuses(STR("[{\"password\":\"" PLANTED "\"}]"), ERR_CONFIG, "no JSON object");
	refuses(STR("{\"username\":\"a\",\"password\":\"" PLANTED "\""), ERR_CONFIG, "no JSON object");
	refuses(STR("{\"password\":\"" PLANTED "\",\"password\":\"b\"}"), ERR_CONFIG, "no JSON object");
	refuses(STR("{\"username\":\"a\",\"password\":\"" PLANTED "\xff\"}"), ERR_CONFIG, "no JSON object");
	refuses(STR("{\"username\":\"a\"}"), ERR_CONFIG, "no password in it");
	refuses(STR("{\"username\":\"a\",\"password\":\"\"}"), ERR_CONFIG, "no password in it");
	refuses(STR("{\"username\":\"a\",\"password\":42}"), ERR_CONFIG, "its password is no text");
	refuses(STR("{\"username\":[\"" PLANTED "\"],\"password\":\"x\"}"), ERR_CONFIG, "its username is no text");
	refuses(str_c(nul), ERR_CONFIG, "its password holds a NUL");
	snprintf(large, sizeof(large), "{\"username\":\"%0200d\",\"password\":\"" PLANTED "\"}", 1);
	refuses(str_c(large), ERR_LIMIT, "its username is longer than 127 bytes");
	snprintf(large, sizeof(large), "{\"password\":\"" PLANTED "%02000d\"}", 1);
	refuses(str_c(large), ERR_LIMIT, "its password is longer than 1024 bytes");
	memset(large, ' ', sizeof(large) - 1);
	refuses(str_c(large), ERR_LIMIT, "larger than 64 KiB");
}

/* ---- asking for one */

struct peer {
	struct loopback *server;
	struct fake fake;
	const char *value;        /* SecretString as JSON writes it; NULL = refused */
	char bodies[4][512];      /* of the first requests */
	int values, descriptions; /* how often it was asked for */
	int slow_ms;
	const char *clusters; /* answer to DescribeDBClusters */
};

static enum loopback_action serve(void *ctx, int n, struct str req, struct buf *answer)
{
	struct peer *p = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0);
	char body[1024];

	if (n < 4)
		snprintf(p->bodies[n], sizeof(p->bodies[n]), STR_FMT, STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	if (str_find(req, STR("secretsmanager.GetSecretValue"), 0) < 0) {
		p->descriptions++;
		loopback_reply(answer, 200, "", p->clusters);
		return LOOPBACK_KEEP;
	}
	p->values++;
	if (p->slow_ms > 0)
		nanosleep(&(struct timespec){.tv_nsec = p->slow_ms * 1000000L}, NULL);
	if (p->value) {
		snprintf(body, sizeof(body), "{\"ARN\":\"" ARN "\",\"Name\":\"orders/watch\",\"SecretString\":\"%s\"}",
			 p->value);
		loopback_reply(answer, 200, "", body);
	} else {
		loopback_reply(answer, 400, "x-amzn-RequestId: 1\r\n",
			       "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}");
	}
	return LOOPBACK_KEEP;
}

static void begin(struct peer *p, const char *cluster)
{
	fake_environment();
	*p = (struct peer){.value = "{\\\"username\\\":\\\"watch\\\",\\\"password\\\":\\\"" PLANTED "\\\"}"};
	p->server = loopback_start(serve, p, false);
	fake_init(&p->fake, &any_source, loopback_url(p->server), cluster);
}

static void end(struct peer *p)
{
	aws_db_password_forget();
	fake_release(&p->fake);
	loopback_stop(p->server);
}

static bool ask(struct peer *p, const char *secret, uint64_t refused, struct password *ret)
{
	struct password_ask a = {.secret = secret, .refused = refused};

	err_clear(&err);
	p->fake.fetch.deadline_mono_us = clock_mono_us() + 10 * US_PER_S;
	return aws_db_password(&p->fake.fetch, &a, ret, &err);
}

static void test_once_for_all(void **state)
{
	struct password one, two;
	struct peer p;

	(void)state;
	begin(&p, "orders");
	assert_true(ask(&p, ARN, 0, &one));
	assert_string_equal(p.bodies[0], "{\"SecretId\":\"" ARN "\",\"VersionStage\":\"AWSCURRENT\"}");
	assert_string_equal(one.user, "watch");
	assert_string_equal(one.text, PLANTED);
	assert_string_equal(one.from, "secret orders/watch-AbCdEf");
	assert_true(ask(&p, ARN, 0, &two));
	assert_int_equal(two.number, one.number);
	assert_int_equal(p.values, 1);
	password_release(&one);
	password_release(&two);
	/* another secret, and the same one by another way to AWS, are others */
	assert_true(ask(&p, "orders/other", 0, &one));
	assert_int_equal(p.values, 2);
	snprintf(p.fake.target->profile, sizeof(p.fake.target->profile), "nobody-has-this");
	assert_false(ask(&p, ARN, 0, &two));
	password_release(&one);
	end(&p);
}

static void test_rotation(void **state)
{
	struct password one, two;
	struct peer p;

	(void)state;
	begin(&p, "orders");
	assert_true(ask(&p, ARN, 0, &one));
	p.value = "{\\\"username\\\":\\\"watch\\\",\\\"password\\\":\\\"the-next\\\"}";
	assert_true(ask(&p, ARN, one.number, &two));
	assert_string_equal(two.text, "the-next");
	assert_int_not_equal(two.number, one.number);
	assert_int_equal(p.values, 2);
	password_release(&two);
	/* another lane had the old one refused, too: it gets the new one without a call */
	assert_true(ask(&p, ARN, one.number, &two));
	assert_string_equal(two.text, "the-next");
	assert_int_equal(p.values, 2);
	password_release(&one);
	password_release(&two);
	end(&p);
}

static void test_refused_and_unchanged(void **state)
{
	struct password one, two;
	struct peer p;

	(void)state;
	begin(&p, "orders");
	assert_true(ask(&p, ARN, 0, &one));
	assert_false(ask(&p, ARN, one.number, &two));
	assert_int_equal(err.code, ERR_LOGIN);
	assert_non_null(strstr(err.text, "secret orders/watch-AbCdEf, and the secret still says the same"));
	assert_null(strstr(err.text, PLANTED));
	assert_int_equal(p.values, 2);
	/* neither asked for again at once, nor used again */
	for (int i = 0; i < 5; i++)
		assert_false(ask(&p, ARN, 0, &two));
	assert_int_equal(err.code, ERR_LOGIN);
	assert_int_equal(p.values, 2);
	password_release(&one);
	end(&p);
}

static void test_the_master_users(void **state)
{
	static const char with[] =
		"<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>"
		"orders"
		"</DBClusterIdentifier><MasterUserSecret><SecretArn>" ARN "</SecretArn></MasterUserSecret></DBCluster>"
		"</DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>";
	static const char without[] = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster><"
				      "DBClusterIdentifier>orders"
				      "</DBClusterIdentifier></DBCluster></DBClusters></DescribeDBClustersResult></"
				      "DescribeDBClustersResponse>";
	struct password one;
	struct peer p;

	(void)state;
	begin(&p, "orders");
	p.clusters = without;
	assert_false(ask(&p, "", 0, &one));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "the master user of orders has no secret"));
	assert_non_null(strstr(err.remedy, "set secret"));
	assert_int_equal(p.values, 0);
	p.clusters = with;
	assert_true(ask(&p, "", 0, &one));
	assert_non_null(strstr(p.bodies[2], ARN));
	assert_int_equal(p.descriptions, 2);
	password_release(&one);
	end(&p);
	/* no cluster, no name */
	begin(&p, "");
	assert_false(ask(&p, "", 0, &one));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.remedy, "name or ARN"));
	assert_int_equal(loopback_requests(p.server), 0);
	end(&p);
}

static void test_not_allowed(void **state)
{
	struct password one;
	struct peer p;

	(void)state;
	begin(&p, "orders");
	p.value = NULL;
	assert_false(ask(&p, ARN, 0, &one));
	assert_int_equal(err.code, ERR_DENIED);
	assert_non_null(strstr(err.text, "secretsmanager:GetSecretValue"));
	/* allowed meanwhile */
	p.value = "{\\\"password\\\":\\\"x\\\"}";
	assert_true(ask(&p, ARN, 0, &one));
	password_release(&one);
	/* what is no secret of a database */
	p.value = PLANTED;
	assert_false(ask(&p, "orders/other", 0, &one));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(strstr(err.text, PLANTED));
	end(&p);
}

static void *ask_beside(void *arg)
{
	struct peer *p = arg;
	struct fake mine;
	struct password_ask a = {.secret = ARN};
	struct password got = {.text = NULL};
	struct err e;
	bool ok;

	fake_init(&mine, &any_source, loopback_url(p->server), "orders");
	ok = aws_db_password(&mine.fetch, &a, &got, &e) && strcmp(got.text, PLANTED) == 0;
	password_release(&got);
	fake_release(&mine);
	return ok ? p : NULL;
}

/* Lanes that start at the same time wait for one call. */
static void test_at_the_same_time(void **state)
{
	pthread_t threads[4];
	struct peer p;

	(void)state;
	begin(&p, "orders");
	p.slow_ms = 50;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_beside, &p), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, &p);
	}
	assert_int_equal(p.values, 1);
	end(&p);
}

static void test_nothing_in_the_log(void **state)
{
	struct buf log;

	(void)state;
	buf_init(&log, 1u << 20);
	log_dump(&log, LOG_RING_LINES);
	assert_null(strstr(buf_c(&log), PLANTED));
	assert_null(strstr(buf_c(&log), "X-Amz-Signature"));
	buf_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token),
		cmocka_unit_test(test_every_token_is_new),
		cmocka_unit_test(test_region_user_port_and_session),
		cmocka_unit_test(test_credentials_that_end),
		cmocka_unit_test(test_names_without_end),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_once_for_all),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_refused_and_unchanged),
		cmocka_unit_test(test_the_master_users),
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_at_the_same_time),
		cmocka_unit_test(test_nothing_in_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
