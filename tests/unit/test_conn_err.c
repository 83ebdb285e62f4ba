/* test_conn_err.c: what a failed connect says, from the messages libpq gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/conn_err.h"

#include <stdio.h>

#define AT "connection to server at \"db\" (10.0.0.1), port 5432 failed: "

static const struct login login = {.where = "db port 5432", .user = "watch", .database = "orders", .sslmode = "prefer"};

static void expect(const char *message, enum err_code code, const char *id, const char *words, const char *remedy)
{
	struct err err = {0};

	assert_false(conn_err_connect(&login, message, &err));
	if (err.code != code || strcmp(err.id, id) != 0 || !strstr(err.text, words) || !strstr(err.remedy, remedy))
		fail_msg("%s: %s: %s / %s", err_word(err.code), err.id, err.text, err.remedy);
	assert_null(strchr(err.text, '\n'));
}

static void test_server_words(void **state)
{
	(void)state;
	expect(AT
	       "FATAL:  28P01: password authentication failed for user \"watch\"\nLOCATION:  auth_failed, auth.c:338\n",
	       ERR_LOGIN, "28P01", "db port 5432 refused the password of user watch", "pgpass");
	/* the language of the server does not matter */
	expect(AT "FATAL:  3D000: Datenbank \"orders\" existiert nicht\n", ERR_NOT_FOUND, "3D000", "no database orders",
	       "--db");
	expect(AT "FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.9\", user \"watch\", database \"orders\", no "
		  "encryption\n",
	       ERR_LOGIN, "28000", "does not accept user watch, database orders", "verify-full");
	expect(AT "FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.9\", user \"watch\", database \"orders\", SSL "
		  "encryption\n",
	       ERR_LOGIN, "28000", "pg_hba.conf", "access rules");
	expect(AT "FATAL:  28000: role \"watch\" does not exist\n", ERR_LOGIN, "28000", "does not let watch log in",
	       "user name");
	expect(AT "FATAL:  53300: sorry, too many clients already\n", ERR_SERVER, "53300", "no connection left",
	       "idle");
	expect(AT "FATAL:  57P03: the database system is starting up\n", ERR_SERVER, "57P03", "starting up", "");
	expect(AT "FATAL:  57P01: terminating connection due to administrator command\n", ERR_LOST, "57P01", "ended",
	       "");
	expect(AT "FATAL:  42501: permission denied for database \"orders\"\n", ERR_DENIED, "42501", "may not connect",
	       "GRANT CONNECT");
	expect(AT "FATAL:  55000: something new\n", ERR_SERVER, "55000", "something new", "");
}

/* RDS checks tokens by PAM; what it says is all that a client learns. */
static void test_tokens_and_secrets(void **state)
{
	static const char pam[] = AT "FATAL:  28000: PAM authentication failed for user \"watch\"\n";
	static const char password[] = AT "FATAL:  28P01: password authentication failed for user \"watch\"\n";
	struct login iam = login, secret = login;
	struct err err;

	(void)state;
	iam.means = LOGIN_IAM;
	iam.iam_resource = "arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABC/watch";
	assert_false(conn_err_connect(&iam, pam, &err));
	assert_int_equal(err.code, ERR_LOGIN);
	assert_string_equal(err.id, "28000");
	assert_string_equal(err.text, "db port 5432 refused the IAM token of user watch");
	assert_string_equal(err.remedy, "GRANT rds_iam TO watch; and allow rds-db:connect on "
					"arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABC/watch");
	assert_false(conn_err_connect(&iam, password, &err));
	assert_non_null(strstr(err.text, "the role has no rds_iam"));
	iam.iam_off = true;
	assert_false(conn_err_connect(&iam, pam, &err));
	assert_non_null(strstr(err.remedy, "IAM database authentication is off on this cluster"));
	secret.means = LOGIN_SECRET;
	secret.password_from = "secret orders/watch";
	assert_false(conn_err_connect(&secret, password, &err));
	assert_string_equal(err.text, "db port 5432 refused the password of user watch");
	assert_non_null(strstr(err.remedy, "secret orders/watch"));
	/* with a password that is no token it is what it was */
	expect(pam, ERR_LOGIN, "28000", "does not let watch log in", "user name");
}

struct cluster {
	uint64_t present;
	struct str identifier, arn, resource_id;
	int64_t iam_auth;
};
#define F(m, k) FIELD(struct cluster, m, k, .title = #m, .help = #m)
static const struct field fields[] = {F(identifier, K_ID), F(arn, K_ID), F(resource_id, K_ID), F(iam_auth, K_BOOL)};
#undef F
static const struct rec_type cluster_type = REC_TYPE(struct cluster, "clusters", fields);

static void resource_is(const struct snapshot *clusters, const char *host, bool proxy, bool off, const char *resource)
{
	struct target *t = target_new();
	struct fetch f = {.target = t, .inputs = {clusters}};
	struct login l = {.arena = arena_new(1024, 1 << 16), .means = LOGIN_IAM, .user = "jane", .host = host};

	(void)snprintf(t->cluster, sizeof(t->cluster), "orders");
	l.proxy = proxy;
	login_name_resource(&f, &l);
	assert_string_equal(l.iam_resource, resource);
	assert_int_equal(l.iam_off, off);
	login_release(&l);
	target_unref(t);
}

static void test_what_is_to_be_allowed(void **state)
{
	struct snapshot *s = snapshot_new(&cluster_type, "clusters");
	struct cluster *c = snapshot_add_row(s);

	(void)state;
	SET(c, struct cluster, identifier, STR("orders"));
	SET(c, struct cluster, arn, STR("arn:aws-cn:rds:cn-north-1:111122223333:cluster:orders"));
	SET(c, struct cluster, resource_id, STR("cluster-ABC123"));
	resource_is(s, "x", false, false, "arn:aws-cn:rds-db:cn-north-1:111122223333:dbuser:cluster-ABC123/jane");
	SET(c, struct cluster, iam_auth, 0);
	resource_is(s, "x", false, true, "arn:aws-cn:rds-db:cn-north-1:111122223333:dbuser:cluster-ABC123/jane");
	resource_is(s, "x", true, true, "arn:aws-cn:rds-db:cn-north-1:111122223333:dbuser:prx-ID-OF-THE-PROXY/jane");
	SET(c, struct cluster, arn, STR("arn:aws:half"));
	resource_is(s, "a.b.eu-west-1.rds.amazonaws.com", false, true,
		    "arn:aws:rds-db:eu-west-1:ACCOUNT:dbuser:cluster-ABC123/jane");
	snapshot_unref(s);
	resource_is(NULL, "a.b.eu-west-1.rds.amazonaws.com", false, false,
		    "arn:aws:rds-db:eu-west-1:ACCOUNT:dbuser:cluster-RESOURCE-ID/jane");
	resource_is(NULL, "elsewhere", false, false, "arn:aws:rds-db:REGION:ACCOUNT:dbuser:cluster-RESOURCE-ID/jane");
}

static void test_network_words(void **state)
{
	(void)state;
	expect(AT "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n",
	       ERR_REFUSED, "", "nothing listens at db port 5432", "server runs");
	expect(AT "Connection timed out\n", ERR_TIMEOUT, "", "does not answer", "security groups");
	expect(AT "No route to host\n", ERR_REFUSED, "", "no route", "VPN");
	expect(AT "SSL error: certificate verify failed\n", ERR_TLS, "", "not signed by a root", "sslrootcert");
	expect(AT "server certificate for \"a\" (and 2 other names) does not match host name \"db\"\n", ERR_TLS, "",
	       "another name", "hostaddr");
	expect(AT "server does not support SSL, but SSL was required\n", ERR_TLS, "", "does not speak TLS", "sslmode");
	expect(AT "SSL error: tlsv1 alert protocol version\n", ERR_TLS, "", "tlsv1 alert protocol version", "");
	expect(AT "fe_sendauth: no password supplied\n", ERR_LOGIN, "", "wants a password", "PGPASSWORD");
	expect(AT "server closed the connection unexpectedly\n\tThis probably means ...\n", ERR_LOST, "",
	       "closed the connection", "");
	expect("something nobody has seen\n", ERR_REFUSED, "", "something nobody has seen", "");
	expect("", ERR_REFUSED, "", "cannot connect to db port 5432", "");
}

/* Of several addresses the one with a server behind it tells most. */
static void test_several_addresses(void **state)
{
	(void)state;
	expect("connection to server at \"db\" (::1), port 5432 failed: Connection refused\n"
	       "\tIs the server running on that host and accepting TCP/IP connections?\n" AT
	       "FATAL:  28P01: password authentication failed for user \"watch\"\n",
	       ERR_LOGIN, "28P01", "refused the password", "");
}

static void test_option_refusal(void **state)
{
	(void)state;
	assert_true(conn_err_is_option_refusal(AT "FATAL:  08P01: unsupported startup parameter: options\n"));
	assert_true(conn_err_is_option_refusal(AT "FATAL:  unsupported startup parameter in options: jit\n"));
	assert_false(conn_err_is_option_refusal(AT "FATAL:  28P01: password authentication failed\n"));
}

static void test_lost_query(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(conn_err_query(NULL, "server closed the connection unexpectedly\n\tThis probably means\n", &err));
	assert_int_equal(err.code, ERR_LOST);
	assert_string_equal(err.text, "the database connection was lost: server closed the connection unexpectedly");
}

/* The certificate does not verify: which bundle would. */
static void test_bundle_of_the_host(void **state)
{
	struct login l = login;
	struct err err;

	(void)state;
	l.host = "orders-1.c1.rds.cn-north-1.amazonaws.com.cn";
	assert_false(conn_err_connect(&l, AT "SSL error: certificate verify failed\n", &err));
	assert_int_equal(err.code, ERR_TLS);
	assert_non_null(strstr(err.remedy, "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_words),
		cmocka_unit_test(test_network_words),
		cmocka_unit_test(test_several_addresses),
		cmocka_unit_test(test_option_refusal),
		cmocka_unit_test(test_lost_query),
		cmocka_unit_test(test_tokens_and_secrets),
		cmocka_unit_test(test_what_is_to_be_allowed),
		cmocka_unit_test(test_bundle_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
