/* test_site.c: which server is connected to, and when not to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/site.h"

#include <stdio.h>
#include <stdlib.h>

struct cluster {
	uint64_t present;
	struct str identifier, status, engine, endpoint, writer, database_name;
	int64_t port;
	double min_acu;
};
#define F(T, m, k) FIELD(struct T, m, k, .title = #m, .help = #m)
static const struct field cluster_fields[] = {
	F(cluster, identifier, K_ID), F(cluster, status, K_ENUM),  F(cluster, engine, K_ENUM),
	F(cluster, endpoint, K_ID),   F(cluster, writer, K_ID),    F(cluster, database_name, K_ID),
	F(cluster, port, K_INT),      F(cluster, min_acu, K_REAL),
};
static const struct rec_type cluster_type = REC_TYPE(struct cluster, "cluster", cluster_fields);

struct instance {
	uint64_t present;
	struct str identifier, role, endpoint, cluster, status;
	int64_t port;
};
static const struct field instance_fields[] = {
	F(instance, identifier, K_ID), F(instance, role, K_ENUM),   F(instance, endpoint, K_ID),
	F(instance, cluster, K_ID),    F(instance, status, K_ENUM), F(instance, port, K_INT),
};
static const struct rec_type instance_type = REC_TYPE(struct instance, "instance", instance_fields);

struct world {
	struct target *t;
	struct snapshot *clusters, *instances;
	struct site site;
	struct err err;
};

static void add_instance(struct world *w, const char *name, const char *role, const char *endpoint)
{
	struct instance *i = snapshot_add_row(w->instances);

	SET(i, struct instance, identifier, str_c(name));
	SET(i, struct instance, role, str_c(role));
	SET(i, struct instance, port, 6543);
	SET(i, struct instance, cluster, STR("orders"));
	SET(i, struct instance, status, STR("available"));
	if (endpoint)
		SET(i, struct instance, endpoint, str_c(endpoint));
}

static struct cluster *cluster_of(struct world *w)
{
	return w->clusters->rows;
}

static void world_init(struct world *w)
{
	struct cluster *c;

	*w = (struct world){.t = target_new()};
	snprintf(w->t->cluster, sizeof(w->t->cluster), "orders");
	snprintf(w->t->login.user, sizeof(w->t->login.user), "watch");
	w->clusters = snapshot_new(&cluster_type, "clusters");
	w->instances = snapshot_new(&instance_type, "instances");
	c = snapshot_add_row(w->clusters);
	SET(c, struct cluster, identifier, STR("orders"));
	SET(c, struct cluster, status, STR("available"));
	SET(c, struct cluster, engine, STR("aurora-postgresql"));
	SET(c, struct cluster, endpoint, STR("orders.cluster-x.rds.amazonaws.com"));
	SET(c, struct cluster, database_name, STR("shop"));
	add_instance(w, "orders-1", "reader", "orders-1.x.rds.amazonaws.com");
	add_instance(w, "orders-2", "writer", "orders-2.x.rds.amazonaws.com");
}

static void world_release(struct world *w)
{
	target_unref(w->t);
	snapshot_unref(w->clusters);
	snapshot_unref(w->instances);
}

static enum readiness find(struct world *w, bool with_clusters, bool with_instances)
{
	const struct snapshot *inputs[] = {with_clusters ? w->clusters : NULL, with_instances ? w->instances : NULL};

	w->err = (struct err){0};
	return site_find(w->t, inputs, &w->site, &w->err);
}

static void test_writer_instance(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_int_equal(find(&w, true, true), READY);
	assert_string_equal(w.site.host, "orders-2.x.rds.amazonaws.com");
	assert_int_equal(w.site.port, 6543);
	assert_string_equal(w.site.database, "shop");
	/* the cluster knows better than the members who the writer is */
	SET(cluster_of(&w), struct cluster, writer, STR("orders-1"));
	assert_int_equal(find(&w, true, true), READY);
	assert_string_equal(w.site.host, "orders-1.x.rds.amazonaws.com");
	world_release(&w);
}

static void test_cluster_endpoint_without_a_writer(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.instances->nrows = 0;
	assert_int_equal(find(&w, true, true), READY);
	assert_string_equal(w.site.host, "orders.cluster-x.rds.amazonaws.com");
	assert_int_equal(w.site.port, 5432);
	cluster_of(&w)->present &= ~BIT(struct cluster, endpoint);
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	world_release(&w);
}

static void test_waits_for_what_it_needs(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.t->cluster[0] = '\0';
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_string_equal(w.err.text, "no cluster is chosen");
	assert_non_null(strstr(w.err.remedy, ":clusters"));
	(void)snprintf(w.t->cluster, sizeof(w.t->cluster), "orders");
	assert_int_equal(find(&w, false, false), READY_WAIT);
	assert_int_equal(find(&w, true, false), READY_WAIT);
	snprintf(w.t->cluster, sizeof(w.t->cluster), "other");
	w.clusters->partial = true;
	assert_int_equal(find(&w, true, true), READY_WAIT);
	w.clusters->partial = false;
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_non_null(strstr(w.err.text, "other"));
	world_release(&w);
}

static void test_conninfo_needs_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	snprintf(w.t->conninfo, sizeof(w.t->conninfo), "service=x");
	w.t->login.user[0] = '\0';
	assert_int_equal(find(&w, false, false), READY);
	assert_string_equal(w.site.host, "");
	world_release(&w);
}

static size_t find_readers(const struct world *w, struct target **ret_targets)
{
	const struct snapshot *inputs[] = {w->clusters, w->instances};

	return site_nodes(w->t, inputs, ret_targets, 4);
}

static void test_readers(void **state)
{
	struct target *targets[4];
	const struct snapshot *none[2] = {NULL, NULL};
	struct world w;
	struct site site;

	(void)state;
	world_init(&w);
	add_instance(&w, "orders-3", "reader", NULL); /* still creating: no endpoint */
	assert_int_equal(find_readers(&w, targets), 1);
	assert_string_equal(targets[0]->node, "orders-1");
	assert_string_equal(targets[0]->dbname, "shop");
	assert_false(targets[0]->aws);
	/* that target needs no listing, and it is not the writer's */
	assert_int_equal(site_find(targets[0], none, &site, &w.err), READY);
	assert_string_equal(site.host, "orders-1.x.rds.amazonaws.com");
	assert_int_equal(site.port, 6543);
	target_unref(targets[0]);
	SET(cluster_of(&w), struct cluster, status, STR("stopped"));
	assert_int_equal(find_readers(&w, targets), 0);
	world_release(&w);
}

static void test_readers_that_may_sleep_are_left_alone(void **state)
{
	struct target *targets[4];
	struct world w;

	(void)state;
	world_init(&w);
	SET(cluster_of(&w), struct cluster, min_acu, 0);
	assert_int_equal(find_readers(&w, targets), 0);
	world_release(&w);
}

static void test_readers_behind_a_tunnel_need_a_mapping(void **state)
{
	struct target *targets[4];
	struct world w;

	(void)state;
	world_init(&w);
	snprintf(w.t->conninfo, sizeof(w.t->conninfo), "host=orders-2.x.rds.amazonaws.com hostaddr=127.0.0.1");
	assert_int_equal(find_readers(&w, targets), 0);
	snprintf(w.t->nodes, sizeof(w.t->nodes), "orders-9=port=1; orders-1 = hostaddr=127.0.0.1 port=15433");
	assert_int_equal(find_readers(&w, targets), 1);
	assert_string_equal(targets[0]->node_conninfo, "hostaddr=127.0.0.1 port=15433");
	target_unref(targets[0]);
	world_release(&w);
}

static void test_stopped(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	SET(cluster_of(&w), struct cluster, status, STR("stopped"));
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_int_equal(w.err.code, ERR_UNAVAILABLE);
	assert_string_equal(w.err.text, "the cluster is stopped");
	world_release(&w);
}

/* A paused cluster is not woken without consent; one that cannot pause is connected to. */
static void test_paused_is_not_woken(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	SET(cluster_of(&w), struct cluster, min_acu, 0.0);
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_non_null(strstr(w.err.remedy, "--wake"));
	w.t->wake = true;
	assert_int_equal(find(&w, true, true), READY);
	w.t->wake = false;
	SET(cluster_of(&w), struct cluster, min_acu, 0.5);
	assert_int_equal(find(&w, true, true), READY);
	world_release(&w);
}

static void test_user_must_be_known(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	unsetenv("PGUSER");
	unsetenv("PGSERVICE");
	w.t->login.user[0] = '\0';
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_non_null(strstr(w.err.remedy, "PGUSER"));
	setenv("PGUSER", "watch", 1);
	assert_int_equal(find(&w, true, true), READY);
	unsetenv("PGUSER");
	world_release(&w);
}

static void test_other_engine(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	SET(cluster_of(&w), struct cluster, engine, STR("aurora-mysql"));
	assert_int_equal(find(&w, true, true), READY_UNAVAILABLE);
	assert_non_null(strstr(w.err.text, "aurora-mysql"));
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writer_instance),
		cmocka_unit_test(test_cluster_endpoint_without_a_writer),
		cmocka_unit_test(test_waits_for_what_it_needs),
		cmocka_unit_test(test_conninfo_needs_nothing),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_readers_that_may_sleep_are_left_alone),
		cmocka_unit_test(test_readers_behind_a_tunnel_need_a_mapping),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_paused_is_not_woken),
		cmocka_unit_test(test_user_must_be_known),
		cmocka_unit_test(test_other_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
