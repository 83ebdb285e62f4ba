/*
 * test_doctor.c: the connection doctor against real refusals of a real server: which hop it names, in which words, and
 * what it makes of what AWS tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../unit/network_rows.h"
#include "asking.h"
#include "base/clock.h"
#include "db/resolve.h"
#include "model/data.h"
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLUSTER_NAME "orders.cluster-c1a2b3.eu-west-1.rds.amazonaws.com"
#define READER_NAME "orders.cluster-ro-c1a2b3.eu-west-1.rds.amazonaws.com"

static struct pg pg;
static PGconn *admin;

/* ---- what AWS tells ---- */

struct cluster {
	uint64_t present;
	struct str identifier, status, engine, endpoint, reader_endpoint, writer, security_groups;
	int64_t port;
	double min_acu;
};
#define F(m, k) FIELD(struct cluster, m, k, .title = #m, .help = #m)
static const struct field cluster_fields[] = {
	F(identifier, K_ID), F(status, K_ENUM),        F(engine, K_ENUM), F(endpoint, K_ID),  F(reader_endpoint, K_ID),
	F(writer, K_ID),     F(security_groups, K_ID), F(port, K_INT),    F(min_acu, K_REAL),
};
#undef F
static const struct rec_type cluster_type = REC_TYPE(struct cluster, "clusters", cluster_fields);

struct instance {
	uint64_t present;
	struct str identifier, cluster, role, status, zone, endpoint;
	int64_t port, publicly_accessible;
};
#define F(m, k) FIELD(struct instance, m, k, .title = #m, .help = #m)
static const struct field instance_fields[] = {
	F(identifier, K_ID), F(cluster, K_ID),  F(role, K_ENUM), F(status, K_ENUM),
	F(zone, K_ID),       F(endpoint, K_ID), F(port, K_INT),  F(publicly_accessible, K_BOOL),
};
#undef F
static const struct rec_type instance_type = REC_TYPE(struct instance, "instances", instance_fields);

struct subnet {
	uint64_t present;
	struct str subnet_id, zone, cidr;
};
#define F(m, k) FIELD(struct subnet, m, k, .title = #m, .help = #m)
static const struct field subnet_fields[] = {F(subnet_id, K_ID), F(zone, K_ID), F(cidr, K_ID)};
#undef F
static const struct rec_type subnet_type = REC_TYPE(struct subnet, "subnets", subnet_fields);

#define FAKE(id, t)                                                                                          \
	{                                                                                                    \
		.name = #id, .title = #id, .help = "-", .type = &(t), .lane = LANE_RDS, .flags = SOURCE_AWS, \
		.origin = "-"                                                                                \
	}
static const struct source clusters_row = FAKE(clusters, cluster_type), instances_row = FAKE(instances, instance_type),
			   rules_row = FAKE(security_group_rules, rule_type), subnets_row = FAKE(subnets, subnet_type),
			   routes_row = FAKE(route_tables, route_type), acls_row = FAKE(network_acls, acl_type);
static const struct source *const rows[] = {&clusters_row, &instances_row, &rules_row,
					    &subnets_row,  &routes_row,    &acls_row};

/* The world of one test; what is 0 or NULL is as usual. */
struct world {
	const char *conninfo;
	bool no_aws, is_private, may_sleep;
	const char *public_address, *rule, *acl_denies, *route_kind;
	long long deadline_us;
};

static struct asking a;
static struct command *command;
static const struct snapshot *steps;

static void put(const char *name, struct snapshot *s)
{
	s->generation = a.store.generation;
	assert_true(store_put(&a.store, (size_t)store_find(&a.store, name), snapshot_publish(s)));
}

static void put_cluster(const struct world *w)
{
	struct snapshot *clusters = snapshot_new(&cluster_type, "clusters"),
			*instances = snapshot_new(&instance_type, "instances"),
			*subnets = snapshot_new(&subnet_type, "subnets");
	struct cluster *c = snapshot_add_row(clusters);
	struct instance *i = snapshot_add_row(instances);
	struct subnet *n = snapshot_add_row(subnets);

	SET(c, struct cluster, identifier, STR("orders"));
	SET(c, struct cluster, status, STR("available"));
	SET(c, struct cluster, engine, STR("aurora-postgresql"));
	SET(c, struct cluster, endpoint, STR(CLUSTER_NAME));
	SET(c, struct cluster, reader_endpoint, STR(READER_NAME));
	SET(c, struct cluster, writer, STR("orders-1"));
	SET(c, struct cluster, security_groups, STR("sg-db"));
	SET(c, struct cluster, port, 5432);
	if (w->may_sleep)
		SET(c, struct cluster, min_acu, 0);
	SET(i, struct instance, identifier, STR("orders-1"));
	SET(i, struct instance, cluster, STR("orders"));
	SET(i, struct instance, role, STR("writer"));
	SET(i, struct instance, status, STR("available"));
	SET(i, struct instance, zone, STR("eu-west-1a"));
	SET(i, struct instance, endpoint, STR(PG_AMAZON_NAME));
	SET(i, struct instance, port, 5432);
	SET(i, struct instance, publicly_accessible, !w->is_private);
	SET(n, struct subnet, subnet_id, STR("subnet-1"));
	SET(n, struct subnet, zone, STR("eu-west-1a"));
	SET(n, struct subnet, cidr, STR("10.0.21.0/24"));
	put("clusters", clusters);
	put("instances", instances);
	put("subnets", subnets);
}

static void put_network(const struct world *w)
{
	struct snapshot *rules = new_rules();

	add_group(rules, "sg-app");
	add_list(rules, "pl-0c0ffee1", "198.51.100.0/25,203.0.113.128/25");
	if (w->rule)
		add_cidr(rules, "tcp", 5432, 5432, w->rule);
	put("security_group_rules", rules);
	if (w->route_kind) {
		struct snapshot *routes = snapshot_new(&route_type, "route_tables");

		add_route(routes, "10.0.0.0/16", "local", "local", "active");
		add_route(routes, "0.0.0.0/0", w->route_kind, "gw-1", "active");
		put("route_tables", routes);
	}
	if (w->acl_denies) {
		struct snapshot *acls = snapshot_new(&acl_type, "network_acls");

		add_acl(acls, false, 100, "-1", -1, -1, "0.0.0.0/0", true);
		add_acl(acls, true, 100, "-1", -1, -1, "0.0.0.0/0", true);
		add_acl(acls, false, 90, "tcp", 5432, 5432, w->acl_denies, false);
		put("network_acls", acls);
	}
}

static void open_world(const struct world *w)
{
	struct target *t = target_new();

	asking_init(&a, w->conninfo ? w->conninfo : "");
	target_copy(t, a.target);
	(void)snprintf(t->public_address, sizeof(t->public_address), "%s", w->public_address ? w->public_address : "");
	t->aws = !w->no_aws;
	if (t->aws)
		(void)snprintf(t->cluster, sizeof(t->cluster), "orders");
	target_unref(a.target);
	a.target = t;
	if (w->no_aws)
		return;
	store_release(&a.store);
	store_init(&a.store, rows, ARRAY_LEN(rows));
	put_cluster(w);
	put_network(w);
}

static void close_world(void)
{
	command_release(command);
	command = NULL;
	asking_release(&a);
}

static void doctor_for(const struct world *w, const char *address)
{
	struct command_arg arg = {"address", str_c(address)};

	open_world(w);
	steps = asking_run(&a, "doctor", &arg, address != NULL, &command);
	assert_non_null(steps);
	if (steps->state != SNAP_OK)
		fail_msg("%s", steps->err.text);
	assert_int_equal(steps->nrows, 11);
}

static void doctor(const char *conninfo)
{
	doctor_for(&(struct world){.conninfo = conninfo, .no_aws = true}, NULL);
}

static struct str text_at(const char *step, const char *field)
{
	long row = data_find(steps, "name", str_c(step));

	assert_true(row >= 0);
	return data_str(steps, (size_t)row, field);
}

/* The step has this state, and these words in its sentence and its remedy. */
static void step_is(const char *step, const char *state, const char *words, const char *remedy)
{
	struct str s = text_at(step, "state"), sentence = text_at(step, "sentence"), help = text_at(step, "remedy");

	if (!str_eq_c(s, state) || str_find(sentence, str_c(words), 0) < 0 || str_find(help, str_c(remedy), 0) < 0)
		fail_msg("%s: %.*s: %.*s / %.*s", step, STR_ARG(s), STR_ARG(sentence), STR_ARG(help));
	if (str_find(sentence, STR("-pw"), 0) >= 0 || str_find(help, STR("-pw"), 0) >= 0)
		fail_msg("a password in: %.*s", STR_ARG(sentence));
}

static void evidence_has(const char *step, const char *words)
{
	struct str evidence = text_at(step, "evidence");

	if (str_find(evidence, str_c(words), 0) < 0)
		fail_msg("%s: %.*s", step, STR_ARG(evidence));
}

static void fails_first(const char *step)
{
	for (size_t i = 0; i < steps->nrows; i++)
		assert_int_equal(data_i64(steps, i, "first_failing", 0), str_eq_c(data_str(steps, i, "name"), step));
}

static void behind_is_not_reached(const char *step)
{
	for (size_t i = (size_t)data_find(steps, "name", str_c(step)) + 1; i < steps->nrows; i++)
		if (!str_eq_c(data_str(steps, i, "state"), "not reached"))
			fail_msg("%.*s is %.*s", STR_ARG(data_str(steps, i, "name")),
				 STR_ARG(data_str(steps, i, "state")));
}

/* ---- all is well ---- */

static void a_path_that_works(void **state)
{
	(void)state;
	doctor(pg_conninfo(&pg, "watch", ""));
	step_is("This host", "ok", "leaves as 127.0.0.1 by lo", "");
	step_is("DNS", "ok", "127.0.0.1", "");
	step_is("Subnet", "skipped", "AWS is not asked", "");
	step_is("Security group", "skipped", "AWS is not asked", "");
	step_is("TCP connect", "ok", "127.0.0.1 port", "");
	step_is("TLS", "ok", "TLSv1.3, verify-full, auroratop test CA", "");
	evidence_has("TLS", "certificate of localhost for localhost, " PG_AMAZON_NAME);
	evidence_has("TLS", "valid to 2");
	step_is("Connection slot", "ok", " of 12 free", "");
	step_is("Authentication", "ok", "watch, ", "");
	step_is("Authentication", "ok", "password from the connection string", "");
	step_is("Rights", "ok", "pg_monitor", "");
	step_is("Server", "ok", "the writer, PostgreSQL 1", "");
	step_is("Clock", "ok", "300 s allowed", "");
	fails_first("none");
	assert_true(data_i64(steps, 4, "took_us", -1) >= 0);
	assert_true(data_i64(steps, 2, "took_us", -1) == -1);
	close_world();
}

static void weaker_than_it_should_be(void **state)
{
	char socket[200];

	(void)state;
	doctor(pg_conninfo(&pg, "plain", "sslmode=require"));
	/* on this host nobody stands in between */
	step_is("TLS", "notice", "not verified (sslmode=require)", "verify-full");
	step_is("Rights", "warning", "no pg_monitor", "GRANT pg_monitor TO plain");
	close_world();
	(void)snprintf(socket, sizeof(socket), "host=%s port=%d user=postgres dbname=postgres", pg.dir, pg.port);
	doctor(socket);
	step_is("DNS", "skipped", "a socket of this host", "");
	step_is("TCP connect", "skipped", "Unix socket", "");
	step_is("Authentication", "ok", "postgres, without a password", "");
	step_is("Rights", "notice", "superuser", "pg_monitor");
	fails_first("none");
	close_world();
}

/* ---- refusals ---- */

static void nothing_listens(void **state)
{
	(void)state;
	doctor(pg_conninfo(&pg, "watch", "port=1"));
	step_is("TCP connect", "failed", "nothing listens at 127.0.0.1 port 1", "server runs");
	fails_first("TCP connect");
	behind_is_not_reached("TCP connect");
	close_world();
}

/* The queue of a listener that never accepts is full: the kernel drops what comes. */
struct black_hole {
	int fd, fill[8], port;
};

static void open_hole(struct black_hole *h, bool full)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	h->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(h->fd, (struct sockaddr *)&at, sizeof(at)) | listen(h->fd, full ? 0 : 8) |
				 getsockname(h->fd, (struct sockaddr *)&at, &len),
			 0);
	h->port = ntohs(at.sin_port);
	for (size_t i = 0; i < ARRAY_LEN(h->fill); i++) {
		h->fill[i] = full ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) : -1;
		if (full)
			(void)connect(h->fill[i], (struct sockaddr *)&at, sizeof(at));
	}
}

static void close_hole(struct black_hole *h)
{
	for (size_t i = 0; i < ARRAY_LEN(h->fill); i++)
		if (h->fill[i] >= 0)
			close(h->fill[i]);
	close(h->fd);
}

static void a_black_hole(void **state)
{
	struct black_hole hole;
	char conninfo[200];

	(void)state;
	open_hole(&hole, true);
	(void)snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d user=watch dbname=x", hole.port);
	doctor(conninfo);
	step_is("DNS", "skipped", "is an address", "");
	step_is("TCP connect", "failed", "does not answer within", "security groups");
	fails_first("TCP connect");
	behind_is_not_reached("TCP connect");
	close_world();
	close_hole(&hole);
}

static void the_name_on_the_certificate(void **state)
{
	(void)state;
	doctor(pg_conninfo(&pg, "watch", "host=127.0.0.1"));
	step_is("TCP connect", "ok", "", "");
	step_is("TLS", "failed", "the certificate is for localhost, " PG_AMAZON_NAME, "hostaddr");
	step_is("TLS", "failed", "not for 127.0.0.1", "");
	fails_first("TLS");
	behind_is_not_reached("TLS");
	close_world();
}

static void run_shell(const char *script)
{
	char line[1200];

	(void)snprintf(line, sizeof(line), "cd '%s' && { %s; } >>doctor.log 2>&1", pg.dir, script);
	assert_int_equal(system(line), 0);
}

/* The server takes another certificate for its next connections. */
static void use_certificate(const char *days)
{
	char script[600];

	(void)snprintf(
		script, sizeof(script),
		"openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days %s -extfile san -out "
		"new.crt && cat new.crt >data/server.crt",
		days);
	run_shell(script);
	pg_exec(admin, "SELECT pg_reload_conf()");
}

static void an_expired_certificate(void **state)
{
	(void)state;
	use_certificate("-1");
	for (int i = 0; i < 50; i++) {
		doctor(pg_conninfo(&pg, "watch", ""));
		if (str_eq_c(text_at("TLS", "state"), "failed"))
			break;
		/* the reload had not come through */
		close_world();
		nanosleep(&(struct timespec){0, 50000000}, NULL);
	}
	step_is("TLS", "failed", "the certificate of localhost expired on 2", "new certificate");
	fails_first("TLS");
	behind_is_not_reached("TLS");
	close_world();
	use_certificate("2");
	for (int i = 0; i < 50; i++) {
		bool good;

		doctor(pg_conninfo(&pg, "watch", ""));
		good = str_eq_c(text_at("TLS", "state"), "ok");
		close_world();
		if (good)
			return;
		nanosleep(&(struct timespec){0, 50000000}, NULL);
	}
	fail_msg("the new certificate is not in use");
}

static void an_authority_that_is_not_trusted(void **state)
{
	char more[200];

	(void)state;
	run_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
		  "'/CN=another CA' -keyout other.key -out other.crt");
	(void)snprintf(more, sizeof(more), "sslrootcert=%s/other.crt", pg.dir);
	doctor(pg_conninfo(&pg, "watch", more));
	step_is("TLS", "failed", "not signed by a root that is trusted here", "sslrootcert");
	evidence_has("TLS", "issued by auroratop test CA");
	fails_first("TLS");
	close_world();
}

static void logins_that_are_refused(void **state)
{
	(void)state;
	doctor(pg_conninfo(&pg, "watch", "password=wrong"));
	step_is("TLS", "ok", "verify-full", "");
	step_is("Authentication", "failed", "refused the password of user watch", "PGPASSWORD");
	evidence_has("Authentication", "SQLSTATE 28P01; password from the connection string");
	fails_first("Authentication");
	behind_is_not_reached("Authentication");
	close_world();
	doctor(pg_conninfo(&pg, "watch", "sslmode=disable"));
	step_is("TLS", "notice", "not encrypted (sslmode=disable)", "verify-full");
	step_is("Authentication", "failed", "pg_hba.conf", "sslmode=verify-full");
	close_world();
	doctor(pg_conninfo(&pg, "watch", "dbname=nowhere"));
	step_is("Authentication", "failed", "no database nowhere", "--db");
	close_world();
	doctor(pg_conninfo(&pg, "watch", "password=''"));
	step_is("Authentication", "failed", "wants a password", "password file");
	close_world();
	pg_exec(admin, "CREATE ROLE late LOGIN PASSWORD 'late-pw' VALID UNTIL '2001-01-01'");
	doctor(pg_conninfo(&pg, "late", ""));
	step_is("Authentication", "failed", "late", "");
	close_world();
}

static void no_slot_is_left(void **state)
{
	PGconn *taken[8];

	(void)state;
	doctor(pg_conninfo(&pg, "limited", ""));
	step_is("Connection slot", "failed", "too many connections for role", "idle");
	step_is("Authentication", "not reached", "", "");
	fails_first("Connection slot");
	close_world();
	/* twelve, of which three are kept for superusers and one is the admin's */
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		taken[i] = pg_connect(&pg, "app_1", "filler");
	doctor(pg_conninfo(&pg, "watch", ""));
	step_is("TLS", "ok", "verify-full", "");
	step_is("Connection slot", "failed", "has no connection left", "idle");
	fails_first("Connection slot");
	close_world();
	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		PQfinish(taken[i]);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'filler'");
}

/* ---- names ---- */

static atomic_bool lookup_may_end;

static int silent_lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node, (void)service, (void)hints, (void)res;
	while (!lookup_may_end)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	return EAI_AGAIN;
}

static void a_name_service_that_is_silent(void **state)
{
	(void)state;
	lookup_may_end = false;
	resolve_set_lookup(silent_lookup);
	doctor("host=db.example user=watch dbname=x");
	step_is("DNS", "failed", "does not answer for db.example", "resolver");
	fails_first("DNS");
	step_is("TCP connect", "not reached", "", "");
	behind_is_not_reached("TCP connect");
	lookup_may_end = true;
	close_world();
	nanosleep(&(struct timespec){0, 50000000}, NULL);
	resolve_set_lookup(NULL);
}

static int no_lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node, (void)service, (void)hints, (void)res;
	return EAI_NONAME;
}

static void a_name_that_does_not_exist(void **state)
{
	(void)state;
	resolve_set_lookup(no_lookup);
	doctor("host=no-such-host.invalid user=watch dbname=x");
	step_is("DNS", "failed", "no-such-host.invalid is not known here", "DNS");
	fails_first("DNS");
	close_world();
	resolve_set_lookup(NULL);
}

/* The names of the cluster: its own leads to the reader still, the writer's to this host. */
static int stale_lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};

	(void)hints;
	return getaddrinfo(strcmp(node, PG_AMAZON_NAME) == 0 ? "127.0.0.1" : "127.0.0.9", service, &numeric, res);
}

/* orders-1... is an alias of ec2-1.example for 5 seconds, which is 127.0.0.1 for 60 */
static int canned_answer(const char *host, unsigned char *answer, int size)
{
	static const unsigned char packet[] = {
		0,    1,   0x81, 0x80, 0,   1,   0, 2,   0,   0,   0,   0,  /* header */
		1,    'o', 0,    0,    1,   0,   1,                         /* question: o A IN */
		0xc0, 12,  0,    5,    0,   1,   0, 0,   0,   5,   0,   15, /* CNAME, TTL 5 */
		5,    'e', 'c',  '2',  '-', '1', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0xc0,
		31,   0,   1,    0,    1,   0,   0, 0,   60,  0,   4,   127, 0,   0,   1, /* A, TTL 60 */
	};

	(void)host;
	assert_true((size_t)size >= sizeof(packet));
	memcpy(answer, packet, sizeof(packet));
	return sizeof(packet);
}

static void names_after_a_failover(void **state)
{
	char conninfo[400];

	(void)state;
	resolve_set_lookup(stale_lookup);
	resolve_set_question(canned_answer);
	(void)snprintf(conninfo, sizeof(conninfo),
		       "host=" PG_AMAZON_NAME " port=%d user=watch password=watch-pw dbname=postgres sslrootcert=%s",
		       pg.port, pg.ca);
	doctor_for(&(struct world){.conninfo = conninfo}, NULL);
	step_is("DNS", "warning", "127.0.0.1, the writer orders-1, TTL 5 s", "instance endpoint");
	step_is("DNS", "warning", CLUSTER_NAME " leads to 127.0.0.9, not to the writer orders-1 (127.0.0.1)", "");
	evidence_has("DNS", "an alias of ec2-1.example");
	evidence_has("DNS", "reader endpoint: 127.0.0.9");
	/* the Amazon name is verified without being asked for */
	step_is("TLS", "ok", "verify-full", "");
	step_is("Server", "ok", "the writer", "");
	close_world();
	resolve_set_question(NULL);
	resolve_set_lookup(NULL);
}

/* ---- with AWS ---- */

static const char *tunnel(int port)
{
	static char conninfo[400];

	(void)snprintf(conninfo, sizeof(conninfo),
		       "host=" PG_AMAZON_NAME
		       " hostaddr=127.0.0.1 port=%d user=watch password=watch-pw dbname=postgres "
		       "sslrootcert=%s",
		       port, pg.ca);
	return conninfo;
}

/* Connected through something on the server's own host: what is closed for others is no more than a notice. */
static void the_path_in_use_is_what_counts(void **state)
{
	struct world w = {.conninfo = tunnel(pg.port)};

	(void)state;
	doctor_for(&w, NULL);
	step_is("DNS", "skipped", "hostaddr=127.0.0.1 stands for " PG_AMAZON_NAME, "");
	step_is("Security group", "skipped", "a tunnel or a proxy", "");
	step_is("Server", "ok", "the writer", "");
	fails_first("none");
	close_world();
	w.public_address = "203.0.113.7";
	doctor_for(&w, NULL);
	step_is("Security group", "notice", "no rule admits 203.0.113.7 on tcp 5432; the path in use is another one",
		"would: tcp 5432 203.0.113.7/32 or widen pl-0c0ffee1 to 203.0.113.0/24");
	evidence_has("Security group", "closest: pl-0c0ffee1, 203.0.113.128/25 (121 below it)");
	assert_true(str_eq_c(text_at("Security group", "action"), "allow address"));
	fails_first("none");
	close_world();
	w.public_address = "203.0.113.200";
	doctor_for(&w, NULL);
	step_is("Security group", "ok", "sg-db: pl-0c0ffee1 admits 203.0.113.200 on tcp 5432", "");
	assert_true(str_eq_c(text_at("Security group", "address"), "203.0.113.200"));
	close_world();
}

static void a_closed_group_predicts_the_silence(void **state)
{
	struct black_hole hole;

	(void)state;
	open_hole(&hole, true);
	doctor_for(&(struct world){.conninfo = tunnel(hole.port),
				   .public_address = "203.0.113.7",
				   .route_kind = "internet-gateway"},
		   NULL);
	step_is("Subnet", "ok", "subnet-1, way back by gw-1", "");
	step_is("Security group", "failed", "no rule admits 203.0.113.7 on tcp 5432", "would: tcp 5432 203.0.113.7/32");
	step_is("TCP connect", "failed", "as step 4 predicts", "see step 4");
	fails_first("Security group");
	close_world();
	/* a rule for everybody: the silence has another reason */
	doctor_for(&(struct world){.conninfo = tunnel(hole.port), .public_address = "203.0.113.7", .rule = "0.0.0.0/0"},
		   NULL);
	step_is("Subnet", "unknown", "its route table is not known", "");
	step_is("Security group", "ok", "0.0.0.0/0 admits 203.0.113.7", "");
	fails_first("TCP connect");
	close_world();
	close_hole(&hole);
}

/* No rule of a group could help a public address to a server that has a private one only. */
static void public_addresses_and_private_clusters(void **state)
{
	struct black_hole hole;

	(void)state;
	open_hole(&hole, true);
	doctor_for(&(struct world){.conninfo = tunnel(hole.port), .public_address = "203.0.113.7", .is_private = true},
		   NULL);
	step_is("Subnet", "failed", "orders-1 is not publicly accessible", "VPN");
	step_is("Security group", "skipped", "a tunnel or a proxy", "");
	fails_first("Subnet");
	close_world();
	close_hole(&hole);
}

/* Another address, typed: nothing is connected. */
static void another_address(void **state)
{
	struct world w = {.conninfo = tunnel(1), .rule = "10.8.0.0/16", .is_private = true};

	(void)state;
	doctor_for(&w, "10.8.0.3");
	step_is("Security group", "ok", "10.8.0.0/16 admits 10.8.0.3 on tcp 5432", "");
	step_is("TCP connect", "skipped", "this host only", "");
	fails_first("none");
	close_world();
	w.route_kind = "nat-gateway";
	doctor_for(&w, "10.8.0.3");
	step_is("Subnet", "failed", "goes by gw-1, which answers do not take", "VPN");
	close_world();
	w.route_kind = "transit-gateway";
	doctor_for(&w, "10.8.0.3");
	step_is("Subnet", "unknown", "way back by gw-1; what lies behind it is not visible", "");
	close_world();
	w.acl_denies = "10.8.0.0/24";
	doctor_for(&w, "10.8.0.3");
	step_is("Subnet", "failed", "acl-1 denies tcp 5432 from 10.8.0.3 by rule 90", "network ACL");
	close_world();
	doctor_for(&w, "10.0.9.5");
	step_is("Subnet", "ok", "way back inside the VPC; ACL allows", "");
	step_is("Security group", "failed", "no rule admits 10.0.9.5", "or attach one of those groups");
	evidence_has("Security group", "sg-app");
	close_world();
	doctor_for(&w, "10.0.21.7");
	step_is("Subnet", "ok", "both are in subnet-1", "");
	close_world();
	doctor_for(&w, "203.0.113.200");
	step_is("Security group", "skipped", "not judged", "");
	close_world();
	doctor_for(&w, "2001:db8::7");
	step_is("Subnet", "failed", "not publicly accessible", "");
	close_world();
	open_world(&w);
	struct command_arg arg = {"address", STR("not an address")};
	const struct snapshot *s = asking_run(&a, "doctor", &arg, 1, &command);

	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "not an address is no IPv4 or IPv6 address"));
	close_world();
}

/* A cluster that may be paused is not woken to be looked at. */
static void a_paused_cluster_is_left_alone(void **state)
{
	size_t before = pg_log_count(&pg, "auroratop doctor|", "");

	(void)state;
	resolve_set_lookup(no_lookup);
	setenv("PGUSER", "watch", 1);
	doctor_for(&(struct world){.may_sleep = true, .public_address = "203.0.113.7"}, NULL);
	step_is("TCP connect", "skipped", "would wake it", "--wake");
	step_is("Authentication", "skipped", "not connected", "");
	step_is("Security group", "failed", "no rule admits 203.0.113.7", "");
	close_world();
	unsetenv("PGUSER");
	resolve_set_lookup(NULL);
	assert_int_equal(pg_log_count(&pg, "auroratop doctor|", ""), before);
}

/* A port that accepts and says nothing holds the doctor up; a cancel ends that. */
static void a_cancel_is_obeyed(void **state)
{
	struct world w = {.no_aws = true};
	struct black_hole hole;
	struct err err = {0};

	(void)state;
	open_hole(&hole, false);
	w.conninfo = tunnel(hole.port);
	open_world(&w);
	command = asking_start(&a, "doctor", NULL, 0, &err);
	assert_non_null(command);
	do {
		asking_turn(&a);
		steps = command_result(command);
	} while (!steps || !str_eq_c(text_at("TCP connect", "state"), "ok"));
	/* what is known already is shown meanwhile */
	step_is("TLS", "waiting", "", "");
	command_cancel(command);
	while (command_at_work(command))
		asking_turn(&a);
	close_world();
	close_hole(&hole);
}

static void nothing_of_it_is_an_error_in_the_log(void **state)
{
	(void)state;
	doctor(pg_conninfo(&pg, "watch", ""));
	close_world();
	assert_true(pg_log_count(&pg, "auroratop doctor|watch|", "") > 0);
	assert_int_equal(pg_log_count(&pg, "auroratop doctor|watch|", "ERROR"), 0);
}

static int set_up(void **state)
{
	(void)state;
	pg_setup(&pg,
		 "max_connections = 12\nsuperuser_reserved_connections = 3\nmax_wal_senders = 0\nautovacuum = off");
	admin = pg_connect(&pg, "postgres", "admin");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_that_works),
		cmocka_unit_test(weaker_than_it_should_be),
		cmocka_unit_test(nothing_listens),
		cmocka_unit_test(a_black_hole),
		cmocka_unit_test(the_name_on_the_certificate),
		cmocka_unit_test(an_expired_certificate),
		cmocka_unit_test(an_authority_that_is_not_trusted),
		cmocka_unit_test(logins_that_are_refused),
		cmocka_unit_test(no_slot_is_left),
		cmocka_unit_test(a_name_service_that_is_silent),
		cmocka_unit_test(a_name_that_does_not_exist),
		cmocka_unit_test(names_after_a_failover),
		cmocka_unit_test(the_path_in_use_is_what_counts),
		cmocka_unit_test(a_closed_group_predicts_the_silence),
		cmocka_unit_test(public_addresses_and_private_clusters),
		cmocka_unit_test(another_address),
		cmocka_unit_test(a_paused_cluster_is_left_alone),
		cmocka_unit_test(a_cancel_is_obeyed),
		cmocka_unit_test(nothing_of_it_is_an_error_in_the_log),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
