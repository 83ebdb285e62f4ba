/*
 * test_connect.c: getting a connection, not getting one, losing one: what a user reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/resolve.h"
#include "driver.h"
#include "fake_pooler.h"
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct pg pg;
static PGconn *admin;

static const char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static const char *text_of(const char *fmt, ...)
{
	static char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

/* Connecting with conninfo fails with this code, these words and this hint. */
static void expect_failure(const char *conninfo, enum err_code code, const char *words, const char *hint)
{
	const struct snapshot *s;
	struct driver d;

	driver_init(&d, conninfo);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 5 * US_PER_S);
	assert_non_null(s);
	if (s->state == SNAP_OK)
		fail_msg("connected with %s", conninfo);
	if (s->err.code != code || !strstr(s->err.text, words) || !strstr(s->err.remedy, hint))
		fail_msg("%s: %s / %s", err_word(s->err.code), s->err.text, s->err.remedy);
	if (strstr(s->err.text, "-pw") || strstr(s->err.remedy, "-pw"))
		fail_msg("a password in: %s", s->err.text);
	/* what it feeds fails with it */
	assert_int_equal(d.last[DRIVE_ACTIVITY]->state, s->state);
	assert_int_equal(d.last[DRIVE_LOAD]->state, s->state);
	driver_release(&d);
}

static void expect_success(const char *conninfo)
{
	const struct snapshot *s;
	struct driver d;

	driver_init(&d, conninfo);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s / %s", s->err.text, s->err.remedy);
	driver_release(&d);
}

static void test_forms_of_a_connection_string(void **state)
{
	(void)state;
	expect_success(pg_conninfo(&pg, "watch", ""));
	expect_success(text_of("postgresql://watch:watch-pw@localhost:%d/orders?sslmode=verify-full&sslrootcert=%s",
			       pg.port, pg.ca));
	expect_success(text_of("host=%s port=%d user=watch dbname=orders", pg.dir, pg.port));
	/* the second host answers, the first one does not exist */
	expect_success(text_of("host=no-such-host.invalid,localhost port=1,%d user=watch password=watch-pw "
			       "dbname=orders sslmode=require",
			       pg.port));
	expect_success(
		text_of("host=localhost,localhost port=1,%d user=watch password=watch-pw dbname=orders", pg.port));
}

static void test_environment_service_and_password_file(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/home/.pg_service.conf", pg.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "[shop]\nhost=localhost\nport=%d\ndbname=orders\nuser=watch\n", pg.port);
	fclose(f);
	snprintf(path, sizeof(path), "%s/home/.pgpass", pg.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "localhost:*:*:watch:watch-pw\n");
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
	setenv("PGSERVICEFILE", text_of("%s/home/.pg_service.conf", pg.dir), 1);
	expect_success("service=shop");
	expect_success("service=shop sslmode=require");
	expect_failure("service=nowhere", ERR_USAGE, "definition of service \"nowhere\" not found", "");
	unsetenv("PGSERVICEFILE");
	setenv("PGUSER", "watch", 1);
	setenv("PGHOST", "localhost", 1);
	setenv("PGPORT", text_of("%d", pg.port), 1);
	expect_success("orders");
	unsetenv("PGUSER");
	unsetenv("PGHOST");
	unsetenv("PGPORT");
	assert_int_equal(unlink(path), 0);
}

static void test_failures_in_words(void **state)
{
	(void)state;
	expect_failure(pg_conninfo(&pg, "watch", "password=wrong"), ERR_LOGIN, "refused the password of user watch",
		       "PGPASSWORD");
	expect_failure(pg_conninfo(&pg, "watch", "password=''"), ERR_LOGIN, "wants a password", "password file");
	expect_failure(pg_conninfo(&pg, "watch", "dbname=nowhere"), ERR_NOT_FOUND, "no database nowhere on localhost",
		       "--db");
	expect_failure(pg_conninfo(&pg, "limited", ""), ERR_SERVER, "no connection left", "idle");
	expect_failure(pg_conninfo(&pg, "watch", "sslmode=disable"), ERR_LOGIN, "pg_hba.conf", "sslmode=verify-full");
	expect_failure(pg_conninfo(&pg, "watch", "port=1"), ERR_REFUSED, "nothing listens at localhost port 1",
		       "server runs");
	expect_failure(pg_conninfo(&pg, "watch", "host=no-such-host.invalid"), ERR_DNS, "no-such-host.invalid", "DNS");
	expect_failure("host=/nonexistent-folder user=watch", ERR_REFUSED, "no server has a socket", "");
	expect_failure("host=localhost pasword=x", ERR_USAGE, "invalid connection option \"pasword\"", "");
	/* a piece of a password is not repeated */
	expect_failure("host=localhost password=my secret-pw", ERR_USAGE, "missing ... after ...", "");
}

static void test_tls(void **state)
{
	const char *root;

	(void)state;
	expect_failure(pg_conninfo(&pg, "watch", "host=127.0.0.1"), ERR_TLS, "for another name", "hostaddr");
	expect_failure(pg_conninfo(&pg, "watch", "sslrootcert=/nonexistent.crt"), ERR_TLS, "root certificate",
		       "sslrootcert");
	root = text_of("host=" PG_AMAZON_NAME " hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=orders",
		       pg.port);
	/* Amazon names are verified by default, and without roots that is said at once */
	expect_failure(root, ERR_TLS, "no root certificates of Amazon RDS",
		       "curl --create-dirs -o ~/.postgresql/global-bundle.pem "
		       "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem");
	setenv("PGSSLROOTCERT", pg.ca, 1);
	expect_success(text_of("host=" PG_AMAZON_NAME
			       " hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=orders",
			       pg.port));
	/* another Amazon name than the certificate's is refused by default, accepted with a weaker mode */
	expect_failure(text_of("host=orders-2.rds.amazonaws.com hostaddr=127.0.0.1 port=%d user=watch "
			       "password=watch-pw dbname=orders",
			       pg.port),
		       ERR_TLS, "for another name", "");
	expect_success(text_of(
		"host=orders-2.rds.amazonaws.com hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=orders "
		"sslmode=require",
		pg.port));
	/* also when it is chosen in the very words of libpq's own default */
	expect_success(text_of(
		"host=orders-2.rds.amazonaws.com hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=orders "
		"sslmode=prefer",
		pg.port));
	unsetenv("PGSSLROOTCERT");
	/* a bundle in a usual place is found */
	assert_int_equal(mkdir(text_of("%s/home/.postgresql", pg.dir), 0755), 0);
	assert_int_equal(symlink(pg.ca, text_of("%s/home/.postgresql/global-bundle.pem", pg.dir)), 0);
	expect_success(text_of("host=" PG_AMAZON_NAME
			       " hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=orders",
			       pg.port));
	assert_int_equal(unlink(text_of("%s/home/.postgresql/global-bundle.pem", pg.dir)), 0);
}

/* The settings every session of ours has, as the server sees them. */
static void test_session_settings(void **state)
{
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	assert_int_equal(driver_fetch(&d, DRIVE_DATABASES, false, 0)->state, SNAP_OK);
	assert_int_equal(
		pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop sampler'"),
		1);
	assert_int_equal(
		pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop slow'"), 1);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) "
					  "WHERE application_name LIKE 'auroratop %' AND s.ssl"),
			 2);
	driver_release(&d);
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name LIKE 'auroratop %'");
}

static void test_reconnect_after_restart(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	PQfinish(admin);
	pg_stop(&pg, SIGINT);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_LOST);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	assert_int_equal(s->err.code, ERR_REFUSED);
	pg_start(&pg);
	admin = pg_connect(&pg, "postgres", "admin");
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	/* the history of the load is ours and outlives the connection */
	assert_int_equal(d.last[DRIVE_LOAD]->nrows, 2);
	driver_release(&d);
}

static void test_terminated_by_an_admin(void **state)
{
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	pg_exec(admin,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'auroratop sampler'");
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'auroratop sampler'");
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->err.code, ERR_LOST);
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	driver_release(&d);
}

/* A server process that stands still: the deadline holds, and the next refresh has a new connection. */
static void test_stopped_backend(void **state)
{
	const struct snapshot *s;
	struct driver d;
	pid_t backend;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	backend = (pid_t)pg_number(admin,
				   "SELECT pid FROM pg_stat_activity WHERE application_name = 'auroratop sampler'");
	kill(backend, SIGSTOP);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 300 * US_PER_MS);
	assert_int_equal(s->err.code, ERR_TIMEOUT);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
	kill(backend, SIGCONT);
	driver_release(&d);
}

/* A port that accepts and says nothing. */
static void test_silent_port(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct snapshot *s;
	struct driver d;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)) | listen(fd, 4) |
				 getsockname(fd, (struct sockaddr *)&a, &len),
			 0);
	driver_init(&d, text_of("host=127.0.0.1 port=%d user=watch dbname=x", ntohs(a.sin_port)));
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 300 * US_PER_MS);
	assert_int_equal(s->err.code, ERR_TIMEOUT);
	assert_non_null(strstr(s->err.text, "127.0.0.1 port"));
	driver_release(&d);
	close(fd);
}

/* A port whose packets go nowhere: the queue of a listener that never accepts is full, so the kernel drops what
 * comes. */
static void test_black_hole(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), fill[8];
	const struct snapshot *s;
	struct driver d;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)) | listen(fd, 0) |
				 getsockname(fd, (struct sockaddr *)&a, &len),
			 0);
	for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&a, sizeof(a));
	}
	driver_init(&d, text_of("host=127.0.0.1 port=%d user=watch dbname=x", ntohs(a.sin_port)));
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 300 * US_PER_MS);
	assert_int_equal(s->err.code, ERR_TIMEOUT);
	assert_non_null(strstr(s->err.text, "does not answer"));
	assert_non_null(strstr(s->err.remedy, "security groups, route and VPN"));
	driver_release(&d);
	for (size_t i = 0; i < ARRAY_LEN(fill); i++)
		close(fill[i]);
	close(fd);
}

static atomic_bool lookup_may_end;

static int silent_lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	while (!lookup_may_end)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	return EAI_AGAIN;
}

static void test_silent_name_service(void **state)
{
	const struct snapshot *s;
	struct driver d;

	(void)state;
	resolve_set_lookup(silent_lookup);
	driver_init(&d, "host=db.example user=watch dbname=x");
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 200 * US_PER_MS);
	assert_int_equal(s->err.code, ERR_DNS);
	assert_non_null(strstr(s->err.text, "does not answer for db.example"));
	lookup_may_end = true;
	driver_release(&d);
	/* the helper left behind frees itself; a leak would be reported at the end */
	nanosleep(&(struct timespec){0, 50000000}, NULL);
	resolve_set_lookup(NULL);
}

static void test_cancel_is_obeyed(void **state)
{
	struct driver d;
	struct fetch f;

	(void)state;
	lookup_may_end = false;
	resolve_set_lookup(silent_lookup);
	driver_init(&d, "host=db.example user=watch dbname=x");
	f = (struct fetch){.target = d.target};
	assert_true(lane_request(d.sampler, 0, &f));
	nanosleep(&(struct timespec){0, 30000000}, NULL);
	/* lane_stop() says whether the thread let go in time */
	assert_true(lane_stop(d.sampler, 2 * US_PER_S));
	d.sampler = NULL;
	lookup_may_end = true;
	driver_release(&d);
	nanosleep(&(struct timespec){0, 50000000}, NULL);
	resolve_set_lookup(NULL);
}

static void test_pooler(void **state)
{
	struct fake_pooler pooler;
	const struct snapshot *s;
	struct driver d;
	size_t leaks;

	(void)state;
	fake_pooler_start(&pooler, &pg, POOLER_REFUSES);
	leaks = pg_log_count(&pg, "auroratop sampler|", "SET search_path");
	driver_init(&d, text_of("host=127.0.0.1 port=%d user=watch dbname=orders", pooler.port));
	for (int i = 0; i < 3; i++) {
		s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
		if (s->state != SNAP_OK)
			fail_msg("%s", s->err.text);
	}
	assert_int_equal(driver_activity(&d)->via_pooler, 1);
	assert_int_equal(pooler.refused, 1);
	driver_release(&d);
	fake_pooler_stop(&pooler);
	/* nothing is left in a session that another client gets next */
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "SET search_path"), leaks);
	assert_true(pg_log_count(&pg, "auroratop sampler|", "BEGIN READ ONLY; SET LOCAL search_path") >= 4);
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "execute sessions:") > 0, true);
}

/* Something in between that drops our settings without a word is found out by their absence. */
static void test_lost_settings(void **state)
{
	struct fake_pooler pooler;
	struct driver d;
	size_t before, named;

	(void)state;
	fake_pooler_start(&pooler, &pg, POOLER_SWALLOWS);
	before = pg_log_count(&pg, "auroratop sampler|", "SET LOCAL search_path");
	driver_init(&d, text_of("host=127.0.0.1 port=%d user=watch dbname=orders", pooler.port));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	assert_int_equal(driver_activity(&d)->via_pooler, 1);
	/* the first statement went out before that was known: unnamed, so that it stays in nobody's session */
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "SET LOCAL search_path"), before);
	named = pg_log_count(&pg, "auroratop sampler|", "execute sessions:");
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	driver_release(&d);
	fake_pooler_stop(&pooler);
	assert_true(pg_log_count(&pg, "auroratop sampler|", "SET LOCAL search_path") > before);
	assert_int_equal(pg_log_count(&pg, "auroratop sampler|", "execute sessions:"), named);
}

/* What a user waits for at the start: the login and one question; the probe and the preparing ride along. */
static void test_one_round_trip_a_refresh(void **state)
{
	struct fake_pooler wire;
	struct driver d;

	(void)state;
	fake_pooler_start(&wire, &pg, POOLER_PASSES);
	driver_init(&d, text_of("host=127.0.0.1 port=%d user=watch dbname=orders", wire.port));
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
		assert_int_equal(wire.asks, i);
	}
	assert_int_equal(driver_activity(&d)->via_pooler, 0);
	driver_release(&d);
	fake_pooler_stop(&wire);
}

/* A new target is a new connection. */
static void test_other_target(void **state)
{
	struct driver d;

	(void)state;
	driver_init(&d, pg_conninfo(&pg, "watch", ""));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	driver_set_conninfo(&d, pg_conninfo(&pg, "plain", "dbname=orders"));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	assert_true(str_eq_c(driver_activity(&d)->user, "plain"));
	assert_true(str_eq_c(driver_activity(&d)->database, "orders"));
	driver_release(&d);
}

struct cluster {
	uint64_t present;
	struct str identifier, status, database_name;
	double min_acu;
};
struct instance {
	uint64_t present;
	struct str identifier, role, endpoint;
	int64_t port;
};
#define F(T, m, k) FIELD(struct T, m, k, .title = #m, .help = #m)
static const struct field cluster_fields[] = {
	F(cluster, identifier, K_ID),
	F(cluster, status, K_ENUM),
	F(cluster, database_name, K_ID),
	F(cluster, min_acu, K_REAL),
};
static const struct field instance_fields[] = {
	F(instance, identifier, K_ID),
	F(instance, role, K_ENUM),
	F(instance, endpoint, K_ID),
	F(instance, port, K_INT),
};
static const struct rec_type cluster_type = REC_TYPE(struct cluster, "cluster", cluster_fields);
static const struct rec_type instance_type = REC_TYPE(struct instance, "instance", instance_fields);

/* Without --db: the writer's endpoint by its name, verified by default, user and password from the environment. */
static void test_the_writer_of_a_cluster(void **state)
{
	struct snapshot *clusters = snapshot_new(&cluster_type, "clusters");
	struct snapshot *instances = snapshot_new(&instance_type, "instances");
	struct target *t = target_new();
	struct cluster *c = snapshot_add_row(clusters);
	struct instance *i = snapshot_add_row(instances);
	const struct snapshot *s;
	struct driver d;

	(void)state;
	setenv("PGUSER", "watch", 1);
	setenv("PGPASSWORD", "watch-pw", 1);
	setenv("PGHOSTADDR", "127.0.0.1", 1);
	setenv("PGSSLROOTCERT", pg.ca, 1);
	SET(c, struct cluster, identifier, STR("orders"));
	SET(c, struct cluster, status, STR("available"));
	SET(c, struct cluster, database_name, STR("orders"));
	SET(i, struct instance, identifier, STR("orders-1"));
	SET(i, struct instance, role, STR("writer"));
	SET(i, struct instance, endpoint, STR(PG_AMAZON_NAME));
	SET(i, struct instance, port, pg.port);
	snprintf(t->cluster, sizeof(t->cluster), "orders");
	driver_init(&d, "");
	d.inputs[0] = clusters;
	d.inputs[1] = instances;
	driver_set_target(&d, t);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	if (s->state != SNAP_OK)
		fail_msg("%s / %s", s->err.text, s->err.remedy);
	assert_true(str_eq_c(driver_activity(&d)->database, "orders"));
	assert_true(str_eq_c(driver_activity(&d)->user, "watch"));
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) "
					  "WHERE application_name = 'auroratop sampler' AND s.ssl"),
			 1);
	/* after a failover another instance is the writer: the old connection is not used on */
	SET(i, struct instance, endpoint, STR("orders-2.c1a2b3.eu-west-1.rds.amazonaws.com"));
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	assert_int_equal(s->err.code, ERR_TLS);
	assert_non_null(strstr(s->err.text, "orders-2"));
	/* a cluster that may be paused is left alone, and what was open is closed */
	SET(i, struct instance, endpoint, STR(PG_AMAZON_NAME));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, false, 0)->state, SNAP_OK);
	SET(c, struct cluster, min_acu, 0.0);
	s = driver_fetch(&d, DRIVE_SESSIONS, false, 0);
	assert_int_equal(s->state, SNAP_UNAVAILABLE);
	assert_non_null(strstr(s->err.remedy, "--wake"));
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'auroratop sampler'");
	driver_release(&d);
	snapshot_unref(clusters);
	snapshot_unref(instances);
	unsetenv("PGUSER");
	unsetenv("PGPASSWORD");
	unsetenv("PGHOSTADDR");
	unsetenv("PGSSLROOTCERT");
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "");
	admin = pg_connect(&pg, "postgres", "admin");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_of_a_connection_string),
		cmocka_unit_test(test_environment_service_and_password_file),
		cmocka_unit_test(test_failures_in_words),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_session_settings),
		cmocka_unit_test(test_reconnect_after_restart),
		cmocka_unit_test(test_terminated_by_an_admin),
		cmocka_unit_test(test_stopped_backend),
		cmocka_unit_test(test_silent_port),
		cmocka_unit_test(test_black_hole),
		cmocka_unit_test(test_silent_name_service),
		cmocka_unit_test(test_cancel_is_obeyed),
		cmocka_unit_test(test_pooler),
		cmocka_unit_test(test_lost_settings),
		cmocka_unit_test(test_one_round_trip_a_refresh),
		cmocka_unit_test(test_other_target),
		cmocka_unit_test(test_the_writer_of_a_cluster),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
