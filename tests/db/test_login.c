/*
 * test_login.c: logging in with an IAM token and with a secret, end to end: the simulated AWS, a real PostgreSQL.
 *
 * PostgreSQL cannot check a token. Each one is therefore set as the password of its user between its making and the
 * login, so that the whole of it has to arrive. That it is a right one is the matter of aws.token.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "asking.h"
#include "aws/db_password.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/resolve.h"
#include "driver.h"
#include "model/data.h"
#include "pg_fixture.h"
#include "sim/sim.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#define PROXY_NAME "shop.proxy-c1a2b3.eu-west-1.rds.amazonaws.com"
#define PLANTED "planted-" /* every password here begins so */
#define SECRET_ARN "rds!cluster-0b4d7c1e-55a2-4a0c-9d7e-6f1f2a3b4c5d"

static struct pg pg;
static PGconn *admin;
static struct sim *sim;

/* ---- who answers */

static struct {
	char token[PASSWORD_BYTES_MAX]; /* the last one made */
	int tokens;
	bool no_grant; /* the server knows nothing of tokens */
} seen;

static void set_password(const char *role, const char *password)
{
	char sql[PASSWORD_BYTES_MAX + 100];

	snprintf(sql, sizeof(sql), "ALTER ROLE %s PASSWORD '%s'", role, password);
	pg_exec(admin, sql);
}

static bool answer(struct fetch *f, const struct password_ask *ask, struct password *ret, struct err *err)
{
	if (!aws_db_password(f, ask, ret, err))
		return false;
	if (ask->token) {
		seen.tokens++;
		snprintf(seen.token, sizeof(seen.token), "%s", ret->text);
		if (!seen.no_grant)
			set_password(ask->user, ret->text);
	}
	return true;
}

/* All names of RDS are this machine. */
static int lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	return getaddrinfo(strstr(node, "amazonaws") ? "127.0.0.1" : node, service, hints, res);
}

/* ---- what AWS has listed */

struct cluster {
	uint64_t present;
	struct str identifier, status, engine, endpoint, writer, arn, resource_id;
	int64_t port, iam_auth;
};
#define F(m, k) FIELD(struct cluster, m, k, .title = #m, .help = #m)
static const struct field cluster_fields[] = {
	F(identifier, K_ID), F(status, K_ENUM),    F(engine, K_ENUM), F(endpoint, K_ID),   F(writer, K_ID),
	F(arn, K_ID),        F(resource_id, K_ID), F(port, K_INT),    F(iam_auth, K_BOOL),
};
#undef F
static const struct rec_type cluster_type = REC_TYPE(struct cluster, "clusters", cluster_fields);

struct instance {
	uint64_t present;
	struct str identifier, role, endpoint, cluster, status;
	int64_t port;
};
#define F(m, k) FIELD(struct instance, m, k, .title = #m, .help = #m)
static const struct field instance_fields[] = {
	F(identifier, K_ID), F(role, K_ENUM), F(endpoint, K_ID), F(cluster, K_ID), F(status, K_ENUM), F(port, K_INT),
};
#undef F
static const struct rec_type instance_type = REC_TYPE(struct instance, "instances", instance_fields);

/* The cluster, whose only instance listens at `port` as RDS has it. */
static void list(struct driver *d, int port, bool iam_auth)
{
	struct snapshot *clusters = snapshot_new(&cluster_type, "clusters"),
			*instances = snapshot_new(&instance_type, "instances");
	struct cluster *c = snapshot_add_row(clusters);
	struct instance *i = snapshot_add_row(instances);

	SET(c, struct cluster, identifier, STR("prod-orders"));
	SET(c, struct cluster, status, STR("available"));
	SET(c, struct cluster, engine, STR("aurora-postgresql"));
	SET(c, struct cluster, writer, STR("orders-1"));
	SET(c, struct cluster, arn, STR("arn:aws:rds:eu-west-1:111122223333:cluster:prod-orders"));
	SET(c, struct cluster, resource_id, STR("cluster-ABC123"));
	SET(c, struct cluster, port, port);
	SET(c, struct cluster, iam_auth, iam_auth);
	SET(i, struct instance, identifier, STR("orders-1"));
	SET(i, struct instance, role, STR("writer"));
	SET(i, struct instance, endpoint, STR(PG_AMAZON_NAME));
	SET(i, struct instance, cluster, STR("prod-orders"));
	SET(i, struct instance, status, STR("available"));
	SET(i, struct instance, port, port);
	d->inputs[0] = snapshot_publish(clusters);
	d->inputs[1] = snapshot_publish(instances);
}

static void unlist(struct driver *d)
{
	snapshot_unref(d->inputs[0]);
	snapshot_unref(d->inputs[1]);
}

/* ---- logging in */

/* By the name of the instance, as through a tunnel; `more` follows. */
static const char *tunnel(const char *more)
{
	static char text[700];

	snprintf(text, sizeof(text),
		 "host=" PG_AMAZON_NAME " hostaddr=127.0.0.1 port=%d dbname=orders sslrootcert=%s %s", pg.port, pg.ca,
		 more);
	return text;
}

static struct target *target_for(const char *conninfo, const struct login_choice *login)
{
	struct target *t = target_new();

	snprintf(t->conninfo, sizeof(t->conninfo), "%s", conninfo);
	snprintf(t->cluster, sizeof(t->cluster), "prod-orders");
	snprintf(t->region, sizeof(t->region), "eu-west-1");
	snprintf(t->endpoint_url, sizeof(t->endpoint_url), "http://127.0.0.1:%u", (unsigned)sim_port(sim));
	t->login = *login;
	return t;
}

static void open_driver(struct driver *d, const char *conninfo, const struct login_choice *login)
{
	driver_init(d, conninfo);
	driver_set_target(d, target_for(conninfo, login));
	memset(&seen, 0, sizeof(seen));
}

static void no_secret_in(const char *text)
{
	if (strstr(text, PLANTED) || strstr(text, "X-Amz-Signature"))
		fail_msg("a secret in: %s", text);
}

static void samples(struct driver *d)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_SESSIONS, false, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s / %s", s->err.text, s->err.remedy);
}

static void samples_as(struct driver *d, const char *user, const char *by)
{
	samples(d);
	if (!str_eq_c(driver_activity(d)->user, user) || !str_eq_c(driver_activity(d)->login_by, by))
		fail_msg(STR_FMT " by " STR_FMT, STR_ARG(driver_activity(d)->user),
			 STR_ARG(driver_activity(d)->login_by));
}

static void fails(struct driver *d, enum err_code code, const char *words, const char *remedy)
{
	const struct snapshot *s = driver_fetch(d, DRIVE_SESSIONS, false, 0);

	if (s->state == SNAP_OK)
		fail_msg("logged in");
	if (s->err.code != code || !strstr(s->err.text, words) || !strstr(s->err.remedy, remedy))
		fail_msg("%s: %s / %s", err_word(s->err.code), s->err.text, s->err.remedy);
	no_secret_in(s->err.text);
	no_secret_in(s->err.remedy);
}

static void fails_with(const char *conninfo, struct login_choice login, enum err_code code, const char *words,
		       const char *remedy)
{
	struct driver d;

	open_driver(&d, conninfo, &login);
	fails(&d, code, words, remedy);
	driver_release(&d);
}

static void end_sessions(void)
{
	pg_exec(admin,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'auroratop %'");
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name LIKE 'auroratop %'");
}

/* ---- IAM */

static void test_a_token_for_each_connection(void **state)
{
	struct login_choice login = {.user = "watch", .auth = "iam"};
	char place[160];
	struct driver d;

	(void)state;
	open_driver(&d, tunnel(""), &login);
	samples_as(&d, "watch", "an IAM token (the environment)");
	assert_int_equal(seen.tokens, 1);
	snprintf(place, sizeof(place), PG_AMAZON_NAME ":%d/?Action=connect&DBUser=watch&", pg.port);
	assert_int_equal(strncmp(seen.token, place, strlen(place)), 0);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl s USING (pid) "
					  "WHERE application_name = 'auroratop sampler' AND s.ssl"),
			 1);
	/* as long as the connection lasts, none is needed */
	samples(&d);
	assert_int_equal(seen.tokens, 1);
	/* another lane, and one that was lost: a new one each */
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	assert_int_equal(seen.tokens, 2);
	end_sessions();
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->err.code, ERR_LOST);
	samples(&d);
	assert_int_equal(seen.tokens, 3);
	driver_release(&d);
	/* AWS was not asked for any of it */
	assert_int_equal(sim_requests(sim, NULL, NULL), 0);
}

/* The server knows itself by the endpoint's name and port, wherever the tunnel begins. */
static void test_a_tunnel(void **state)
{
	struct login_choice login = {.user = "watch", .auth = "iam"};
	struct driver d;

	(void)state;
	open_driver(&d, tunnel(""), &login);
	list(&d, 5499, true);
	samples(&d);
	assert_int_equal(strncmp(seen.token, PG_AMAZON_NAME ":5499/?", sizeof(PG_AMAZON_NAME ":5499/?") - 1), 0);
	driver_release(&d);
	unlist(&d);
	/* a reader, by what `nodes` says */
	open_driver(&d, "", &login);
	{
		struct target *t = target_for("", &login);

		snprintf(t->node, sizeof(t->node), "orders-1");
		snprintf(t->node_host, sizeof(t->node_host), PG_AMAZON_NAME);
		t->node_port = 5498;
		snprintf(t->dbname, sizeof(t->dbname), "orders");
		snprintf(t->sslrootcert, sizeof(t->sslrootcert), "%s", pg.ca);
		snprintf(t->node_conninfo, sizeof(t->node_conninfo), "hostaddr=127.0.0.1 port=%d", pg.port);
		driver_set_target(&d, t);
	}
	samples(&d);
	assert_int_equal(strncmp(seen.token, PG_AMAZON_NAME ":5498/?", sizeof(PG_AMAZON_NAME ":5498/?") - 1), 0);
	driver_release(&d);
}

static void test_tokens_that_are_not_sent(void **state)
{
	struct login_choice iam = {.user = "watch", .auth = "iam"}, nobody = {.auth = "iam"};
	char text[300];

	(void)state;
	fails_with(tunnel(""), nobody, ERR_USAGE, "made for a database user, and none is named", "rds_iam");
	fails_with(tunnel("sslmode=prefer"), iam, ERR_TLS, "only sent over TLS, and sslmode is prefer", "verify-full");
	fails_with(tunnel("sslmode=disable"), iam, ERR_TLS, "only sent over TLS", "verify-full");
	snprintf(text, sizeof(text), "host=localhost port=%d dbname=orders sslrootcert=%s", pg.port, pg.ca);
	fails_with(text, iam, ERR_USAGE, "by its own name, not for localhost", "hostaddr");
	snprintf(text, sizeof(text), "host=%s port=%d dbname=orders sslmode=require", pg.dir, pg.port);
	fails_with(text, iam, ERR_USAGE, "by its own name", "hostaddr");
	fails_with("host=a.b.eu-west-1.rds.amazonaws.com,c.d.eu-west-1.rds.amazonaws.com dbname=x sslmode=require", iam,
		   ERR_USAGE, "for one endpoint", "");
	assert_int_equal(seen.tokens, 0);
}

static void test_a_token_that_is_refused(void **state)
{
	struct login_choice login = {.user = "watch", .auth = "iam"};
	struct driver d;

	(void)state;
	set_password("watch", PLANTED "no-token");
	open_driver(&d, tunnel(""), &login);
	seen.no_grant = true;
	list(&d, 5432, true);
	fails(&d, ERR_LOGIN, "took the IAM token of user watch for a password", "GRANT rds_iam TO watch");
	unlist(&d);
	list(&d, 5432, false);
	fails(&d, ERR_LOGIN, "took the IAM token of user watch for a password", "turn IAM database authentication on");
	driver_release(&d);
	unlist(&d);
}

/* ---- secrets */

static void put_secret(const char *name, const char *user, const char *password)
{
	char value[200];
	struct err err;

	snprintf(value, sizeof(value), "{\"username\":\"%s\",\"password\":\"%s\"}", user, password);
	if (!sim_set_secret(sim, name, value, &err))
		fail_msg("%s", err.text);
}

static void rotate(const char *password)
{
	set_password("watch", password);
	put_secret("orders/watch", "watch", password);
}

static size_t values_read(void)
{
	return sim_requests(sim, "secretsmanager", "GetSecretValue");
}

static size_t refusals(void)
{
	return pg_log_count(&pg, "", "password authentication failed for user \"watch\"");
}

static void test_rotation_in_mid_session(void **state)
{
	/* the secret's user counts, whoever was named */
	struct login_choice login = {.user = "somebody", .auth = "secret", .secret = "orders/watch"};
	size_t read = values_read(), refused = refusals();
	struct driver d;

	(void)state;
	rotate(PLANTED "1");
	open_driver(&d, tunnel(""), &login);
	samples_as(&d, "watch", "secret orders/watch");
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	assert_int_equal(values_read() - read, 1);
	/* connections that are open stay */
	rotate(PLANTED "2");
	samples(&d);
	assert_int_equal(values_read() - read, 1);
	/* those that are lost come back: one refusal, one reading, for all lanes */
	end_sessions();
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->err.code, ERR_LOST);
	samples_as(&d, "watch", "secret orders/watch");
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->err.code, ERR_LOST);
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	assert_int_equal(values_read() - read, 2);
	assert_int_equal(refusals() - refused, 1);
	driver_release(&d);
}

/* The database has the new password, Secrets Manager not yet. */
static void test_rotation_half_done(void **state)
{
	struct login_choice login = {.auth = "secret", .secret = "orders/watch"};
	size_t read, refused;
	struct driver d;

	(void)state;
	rotate(PLANTED "3");
	aws_db_password_forget();
	read = values_read();
	refused = refusals();
	set_password("watch", PLANTED "4");
	open_driver(&d, tunnel(""), &login);
	fails(&d, ERR_LOGIN, "refused the password of secret orders/watch, and the secret still says the same",
	      "tried again by itself");
	assert_int_equal(refusals() - refused, 1);
	assert_int_equal(values_read() - read, 2);
	/* neither the server nor AWS is bothered at once */
	for (int i = 0; i < 10; i++)
		fails(&d, ERR_LOGIN, "still says the same", "");
	assert_int_equal(refusals() - refused, 1);
	assert_int_equal(values_read() - read, 2);
	/* then the label moves */
	put_secret("orders/watch", "watch", PLANTED "4");
	for (int i = 0; i < 300 && driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state != SNAP_OK; i++)
		poll(NULL, 0, 100);
	samples_as(&d, "watch", "secret orders/watch");
	assert_int_equal(refusals() - refused, 1);
	assert_int_equal(values_read() - read, 3);
	driver_release(&d);
}

/* A new value that is refused, too, is not followed by a third login. */
static void test_rotation_to_another_wrong_one(void **state)
{
	struct login_choice login = {.auth = "secret", .secret = "orders/watch"};
	size_t read, refused;
	struct driver d;

	(void)state;
	rotate(PLANTED "10");
	aws_db_password_forget();
	open_driver(&d, tunnel(""), &login);
	samples(&d);
	end_sessions();
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->err.code, ERR_LOST);
	set_password("watch", PLANTED "11");
	put_secret("orders/watch", "watch", PLANTED "12");
	read = values_read();
	refused = refusals();
	fails(&d, ERR_LOGIN, "refused the password of user watch", "it is from secret orders/watch");
	assert_int_equal(refusals() - refused, 2);
	assert_int_equal(values_read() - read, 1);
	driver_release(&d);
	aws_db_password_forget();
}

static void test_the_master_users_secret_acts(void **state)
{
	struct login_choice login = {.user = "watch", .auth = "iam", .action_auth = "secret"};
	const struct snapshot *s;
	struct driver d;

	(void)state;
	pg_exec(admin, "CREATE ROLE keeper LOGIN PASSWORD '" PLANTED "keeper'");
	put_secret("", "keeper", PLANTED "keeper");
	open_driver(&d, tunnel(""), &login);
	samples_as(&d, "watch", "an IAM token (the environment)");
	s = driver_fetch(&d, DRIVE_ACTION, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s / %s", s->err.text, s->err.remedy);
	assert_true(str_eq_c(data_str(s, 0, "user"), "keeper"));
	assert_true(str_starts(data_str(s, 0, "login_by"), STR("secret " SECRET_ARN)));
	driver_release(&d);
	/* and who acts by a token has one for their own name */
	snprintf(login.action_user, sizeof(login.action_user), "keeper");
	login.action_auth[0] = '\0';
	open_driver(&d, tunnel(""), &login);
	s = driver_fetch(&d, DRIVE_ACTION, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s / %s", s->err.text, s->err.remedy);
	assert_true(str_eq_c(data_str(s, 0, "user"), "keeper"));
	assert_non_null(strstr(seen.token, "DBUser=keeper&"));
	driver_release(&d);
}

static void test_secrets_in_error(void **state)
{
	struct login_choice login = {.auth = "secret", .secret = "orders/none"};
	struct err err;

	(void)state;
	fails_with(tunnel(""), login, ERR_NOT_FOUND, "ResourceNotFoundException", "");
	snprintf(login.secret, sizeof(login.secret), "orders/watch");
	aws_db_password_forget();
	assert_true(sim_set_secret(sim, "orders/watch", PLANTED "no JSON", &err));
	fails_with(tunnel(""), login, ERR_CONFIG, "secret orders/watch holds no JSON object", "username");
	assert_true(sim_set_secret(sim, "orders/watch", "{\"password\":\"" PLANTED "x\"}", &err));
	fails_with(tunnel(""), login, ERR_USAGE, "secret orders/watch has no username", "set user");
	aws_db_password_forget();
	assert_true(sim_fault(sim, "service=secretsmanager&operation=GetSecretValue&kind=denied", &err));
	fails_with(tunnel(""), login, ERR_DENIED, "secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue");
	sim_clear(sim);
}

/* ---- RDS Proxy */

static void test_an_rds_proxy(void **state)
{
	struct login_choice login = {.user = "watch"};
	struct target *t;
	struct driver d;
	char text[300];

	(void)state;
	set_password("watch", PLANTED "5");
	setenv("PGPASSWORD", PLANTED "5", 1);
	snprintf(text, sizeof(text), "host=" PROXY_NAME " hostaddr=127.0.0.1 port=%d dbname=orders sslmode=require",
		 pg.port);
	open_driver(&d, text, &login);
	samples_as(&d, "watch", "password from PGPASSWORD");
	assert_int_equal(driver_activity(&d)->via_proxy, 1);
	assert_int_equal(driver_activity(&d)->via_pooler, 1);
	/* nothing that would pin the session there */
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop "
					  "sampler' AND query ~* 'prepare'"),
			 0);
	driver_release(&d);
	/* with the cluster known it is the instance that is connected to, and the way is told */
	snprintf(text, sizeof(text), "host=" PROXY_NAME " dbname=orders sslrootcert=%s", pg.ca);
	open_driver(&d, text, &login);
	t = target_for(text, &login);
	t->db_proxy = true;
	driver_set_target(&d, t);
	list(&d, pg.port, false);
	samples_as(&d, "watch", "password from PGPASSWORD; to the instance instead of the RDS Proxy");
	assert_int_equal(driver_activity(&d)->via_proxy, 0);
	assert_int_equal(driver_activity(&d)->via_pooler, 0);
	driver_release(&d);
	unlist(&d);
	unsetenv("PGPASSWORD");
}

/* ---- the doctor */

static void authentication(const char *conninfo, struct login_choice login, const char *state, const char *words,
			   const char *evidence)
{
	struct command *command;
	const struct snapshot *s;
	struct asking a;
	long row;

	asking_init(&a, conninfo);
	target_unref(a.target);
	a.target = target_for(conninfo, &login);
	memset(&seen, 0, sizeof(seen));
	s = asking_run(&a, "doctor", NULL, 0, &command);
	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	row = data_find(s, "name", STR("Authentication"));
	if (!str_eq_c(data_str(s, (size_t)row, "state"), state) ||
	    str_find(data_str(s, (size_t)row, "sentence"), str_c(words), 0) < 0 ||
	    str_find(data_str(s, (size_t)row, "evidence"), str_c(evidence), 0) < 0)
		fail_msg(STR_FMT ": " STR_FMT " (" STR_FMT ")", STR_ARG(data_str(s, (size_t)row, "state")),
			 STR_ARG(data_str(s, (size_t)row, "sentence")), STR_ARG(data_str(s, (size_t)row, "evidence")));
	for (size_t i = 0; i < s->nrows; i++) {
		char text[1000];

		snprintf(text, sizeof(text), STR_FMT STR_FMT STR_FMT, STR_ARG(data_str(s, i, "sentence")),
			 STR_ARG(data_str(s, i, "evidence")), STR_ARG(data_str(s, i, "remedy")));
		no_secret_in(text);
	}
	command_release(command);
	asking_release(&a);
}

static void test_the_doctor_names_the_means(void **state)
{
	(void)state;
	authentication(tunnel(""), (struct login_choice){.user = "watch", .auth = "iam"}, "ok",
		       "watch, by an IAM token (the environment)", "database orders");
	rotate(PLANTED "6");
	aws_db_password_forget();
	authentication(tunnel(""), (struct login_choice){.auth = "secret", .secret = "orders/watch"}, "ok",
		       "watch, by secret orders/watch", "database orders");
	authentication(tunnel("user=watch password=" PLANTED "6"), (struct login_choice){.user = ""}, "ok",
		       "password from the connection string", "");
	set_password("watch", PLANTED "7");
	authentication(tunnel(""), (struct login_choice){.auth = "secret", .secret = "orders/watch"}, "failed",
		       "the secret still says the same", "database orders; by secret orders/watch");
	authentication(tunnel(""), (struct login_choice){.auth = "iam"}, "failed", "none is named", "by an IAM token");
}

static void test_no_secret_is_logged(void **state)
{
	struct buf log;

	(void)state;
	buf_init(&log, 1u << 20);
	log_dump(&log, LOG_RING_LINES);
	no_secret_in(buf_c(&log));
	buf_release(&log);
}

static int begin(void **state)
{
	struct err err;

	(void)state;
	pg_setup(&pg, "");
	resolve_set_lookup(lookup);
	admin = pg_connect(&pg, "postgres", "admin");
	if (!sim_start(&(struct sim_options){.port = 0}, &sim, &err))
		fail_msg("%s", err.text);
	setenv("AWS_ACCESS_KEY_ID", SIM_ACCESS_KEY, 1);
	setenv("AWS_SECRET_ACCESS_KEY", SIM_SECRET_KEY, 1);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
	password_set_source(answer);
	return 0;
}

static int end(void **state)
{
	(void)state;
	aws_db_password_forget();
	sim_stop(sim);
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_for_each_connection),
		cmocka_unit_test(test_a_tunnel),
		cmocka_unit_test(test_tokens_that_are_not_sent),
		cmocka_unit_test(test_a_token_that_is_refused),
		cmocka_unit_test(test_rotation_in_mid_session),
		cmocka_unit_test(test_rotation_half_done),
		cmocka_unit_test(test_rotation_to_another_wrong_one),
		cmocka_unit_test(test_the_master_users_secret_acts),
		cmocka_unit_test(test_secrets_in_error),
		cmocka_unit_test(test_an_rds_proxy),
		cmocka_unit_test(test_the_doctor_names_the_means),
		cmocka_unit_test(test_no_secret_is_logged),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
