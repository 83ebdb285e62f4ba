/* test_conn_err.c: what a failed connect says, from the messages libpq gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/conn_err.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_words),      cmocka_unit_test(test_network_words),
		cmocka_unit_test(test_several_addresses), cmocka_unit_test(test_option_refusal),
		cmocka_unit_test(test_lost_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
