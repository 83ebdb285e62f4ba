/*
 * test_change.c: what the policy says of an operation, and that a run is held to what was confirmed.
 */
#include "audit/change.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "model/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>

/* A Thursday. */
#define NOW INT64_C(1773343800000000) /* 2026-03-12T19:30:00Z */

struct row {
	uint64_t present;
	struct str identifier, maintenance_window, tags;
};
#define F(m) FIELD(struct row, m, K_TEXT, .title = #m, .help = #m)
static const struct field fields[] = {F(identifier), F(maintenance_window), F(tags)};
#undef F
static const struct rec_type type = REC_TYPE(struct row, "clusters", fields);

static const struct source source = {.name = "preview", .inputs = "instances clusters"};
static struct policies policies;
static struct target *target;
static struct snapshot *clusters;
static struct fetch fetch;
static struct change change;
static const char *node = "", *instance = "";

static int setup(void **state)
{
	struct row *row;

	(void)state;
	clock_freeze(NOW);
	policies = (struct policies){.common = policy_default};
	target = target_new();
	target->policies = &policies;
	(void)snprintf(target->cluster, sizeof target->cluster, "prod-orders");
	clusters = snapshot_new(&type, "clusters");
	row = snapshot_add_row(clusters);
	SET(row, struct row, identifier, STR("prod-orders"));
	SET(row, struct row, maintenance_window, STR("sun:05:00-sun:06:00"));
	SET(row, struct row, tags, STR(""));
	fetch = (struct fetch){.source = &source, .target = target, .inputs = {NULL, clusters}};
	return 0;
}

static void forget(void)
{
	snapshot_unref(change.out);
	change.out = NULL;
}

static int teardown(void **state)
{
	(void)state;
	forget();
	snapshot_unref(clusters);
	target_unref(target);
	clock_freeze(0);
	return 0;
}

static struct row *cluster(void)
{
	return (struct row *)clusters->rows;
}

static void look(const char *operation)
{
	forget();
	change = (struct change){.f = &fetch, .op = operation_find(str_c(operation))};
	assert_non_null(change.op);
	change.tier = (int)change.op->tier;
	(void)snprintf(change.node, sizeof change.node, "%s", node);
	(void)snprintf(change.instance, sizeof change.instance, "%s", instance);
	change.out = snapshot_new(&operation_type, "preview");
	change_add_end(&change);
}

static bool says(const char *kind, const char *part)
{
	for (size_t i = 0; i < change.out->nrows; i++) {
		const struct operation_row *row = (const struct operation_row *)change.out->rows + i;

		if (str_eq_c(row->kind, kind) && str_find(row->text, str_c(part), 0) >= 0)
			return true;
	}
	return false;
}

static void set_window(const char *text)
{
	struct err err;

	assert_true(policy_window_parse(str_c(text), &policies.common.window, &err));
}

static void test_no_window_is_required(void **state)
{
	(void)state;
	look("vacuum full");
	assert_true(says("fact", "none set"));
	assert_true(says("fact", "sun:05:00-sun:06:00 UTC, closed, opens Sun 05:00 UTC in 2d 09h"));
	assert_false(change.refused);
	assert_int_equal(change.tier, 2);
}

static void test_which_need_a_window(void **state)
{
	static const char *const needing[] = {"vacuum full", "reindex"}, *const others[] = {"vacuum",
											    "analyze",
											    "vacuum freeze",
											    "reindex concurrently",
											    "cancel",
											    "terminate"};

	(void)state;
	set_window("Sat 22:00-Sun 04:00");
	for (size_t i = 0; i < ARRAY_LEN(needing); i++) {
		look(needing[i]);
		assert_true(change.refused);
		assert_true(says("refuse", "outside the maintenance window: closed, opens Sat 22:00 UTC in 2d 02h"));
		assert_true(says("override", "window"));
		assert_null(change.override);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		look(others[i]);
		assert_false(change.refused);
		assert_false(says("override", ""));
	}
}

/* Whoever maintains or restarts something is told of the windows, ours, the cluster's and the instance's. */
static void test_where_the_windows_are_shown(void **state)
{
	static const char *const told[] = {"vacuum full",          "vacuum", "vacuum freeze", "reindex concurrently",
					   "drop invalid indexes", "reboot", "failover"};
	struct snapshot *instances = snapshot_new(&type, "instances");

	(void)state;
	for (int i = 1; i <= 2; i++) {
		struct row *row = snapshot_add_row(instances);

		SET(row, struct row, identifier, i == 1 ? STR("orders-1") : STR("orders-2"));
		SET(row, struct row, maintenance_window,
		    i == 1 ? STR("mon:01:00-mon:02:00") : STR("tue:01:00-tue:02:00"));
	}
	fetch.inputs[0] = instances;
	set_window("Sat 22:00-Sun 04:00");
	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		node = "orders-2";
		look(told[i]);
		assert_true(says("fact", "closed, opens Sat 22:00 UTC in 2d 02h"));
		assert_true(says("fact", "prod-orders: sun:05:00-sun:06:00 UTC, closed, opens Sun 05:00"));
		assert_true(says("fact", "orders-2: tue:01:00-tue:02:00 UTC, closed, opens Tue 01:00"));
		assert_false(says("fact", "orders-1"));
	}
	/* through AWS the node is a region, and the instance is told apart */
	node = "eu-west-1";
	instance = "orders-1";
	look("reboot");
	assert_true(says("fact", "orders-1: mon:01:00-mon:02:00 UTC"));
	assert_false(says("fact", "orders-2"));
	instance = "";
	look("terminate");
	assert_false(says("fact", "opens"));
	node = "";
	snapshot_unref(instances);
}

static void test_an_open_window(void **state)
{
	(void)state;
	set_window("daily 19:00-20:00");
	look("vacuum full");
	assert_false(change.refused);
	assert_true(says("fact", "open for another 30m00s"));
	assert_true(says("check", "when the window closes goes on"));
	assert_int_equal(change.tier, 2);
}

/* Two reasons of that kind are offered together. */
static void test_room_and_window_are_offered_together(void **state)
{
	(void)state;
	set_window("Sat 22:00-Sun 04:00");
	look("vacuum full");
	forget();
	change = (struct change){.f = &fetch, .op = operation_find(STR("vacuum full")), .tier = TIER_DISRUPTIVE};
	change.out = snapshot_new(&operation_type, "preview");
	change_refuse_unless(&change, CHANGE_STORAGE, STR("it is said"), "room for sorting is %s", "short");
	assert_false(change.refused);
	change_add_end(&change);
	assert_true(change.refused);
	assert_true(says("refuse", "room for sorting is short: it is said"));
	assert_true(says("refuse", "outside the maintenance window"));
	assert_true(says("override", "window storage"));
	assert_int_equal(change.tier, 2);
}

/* What is refused for another reason, too, is not offered. */
static void test_no_override_of_other_refusals(void **state)
{
	(void)state;
	set_window("Sat 22:00-Sun 04:00");
	look("vacuum full");
	forget();
	change.out = snapshot_new(&operation_type, "preview");
	change.refused = false;
	change_refuse(&change, "not yours");
	change_add_end(&change);
	assert_true(says("refuse", "outside the maintenance window"));
	assert_false(says("override", ""));
}

static void test_production(void **state)
{
	(void)state;
	cluster()->tags = STR("Team=orders,Environment=Production");
	look("cancel");
	assert_int_equal(change.tier, 2);
	assert_true(says("tier", "2"));
	assert_true(says("check", "production cluster (tag Environment=Production): one tier more"));
	look("terminate");
	assert_int_equal(change.tier, 3);
	cluster()->tags = STR("Environment=staging");
	look("terminate");
	assert_int_equal(change.tier, 2);
	cluster()->tags = STR("live=yes");
	(void)snprintf(policies.common.production_tag, sizeof policies.common.production_tag, "a=b, LIVE=yes");
	look("cancel");
	assert_int_equal(change.tier, 2);
	policies.common.production_tag[0] = '\0';
	look("cancel");
	assert_int_equal(change.tier, 1);
}

/* Tags that are not known, in whatever way, count. */
static void test_unknown_tags(void **state)
{
	(void)state;
	cluster()->present = BIT(struct row, identifier);
	look("cancel");
	assert_true(says("check", "not known, it counts as production"));
	assert_int_equal(change.tier, 2);
	(void)snprintf(target->cluster, sizeof target->cluster, "another");
	look("cancel");
	assert_int_equal(change.tier, 2);
	fetch.inputs[1] = NULL;
	look("cancel");
	assert_int_equal(change.tier, 2);
	/* a database without a cluster has none */
	target->cluster[0] = '\0';
	look("cancel");
	assert_int_equal(change.tier, 1);
}

static void test_its_own_policy(void **state)
{
	(void)state;
	set_window("Sat 22:00-Sun 04:00");
	policies.of[0] = (struct policy_of){.cluster = "prod-orders", .policy = {.stop_waiters = 3, .stop_load = 40}};
	policies.n = 1;
	look("vacuum full");
	assert_false(change.refused);
	assert_true(says("fact", "more than 3 sessions wait behind it, or more than 40 sessions are active"));
	/* of a plain --db by its host */
	target->cluster[0] = '\0';
	look("vacuum full");
	assert_true(change.refused);
	assert_true(says("fact", "more than 20 sessions wait"));
	(void)snprintf(policies.of[0].cluster, sizeof policies.of[0].cluster, "db.example.com");
	(void)snprintf(target->conninfo, sizeof target->conninfo, "host=db.example.com");
	(void)snprintf(target->db_host, sizeof target->db_host, "db.example.com");
	look("vacuum full");
	assert_false(change.refused);
	policies.of[0].policy.read_only = true;
	assert_true(target_is_read_only(target));
	target->conninfo[0] = '\0';
	assert_false(target_is_read_only(target));
}

/* Tables can be many; an index is for what rebuilds it; sessions and clusters are neither. */
static void test_what_an_operation_can_be_asked_of(void **state)
{
	const struct operation *vacuum = operation_find(STR("vacuum")), *reindex = operation_find(STR("reindex")),
			       *drop = operation_find(STR("drop invalid indexes")),
			       *cancel = operation_find(STR("cancel"));

	(void)state;
	assert_true(operation_takes(vacuum, SCOPE_TABLE) && operation_takes(vacuum, SCOPE_SCHEMA) &&
		    operation_takes(vacuum, SCOPE_DATABASE));
	assert_false(operation_takes(vacuum, SCOPE_INDEX));
	assert_true(operation_takes(reindex, SCOPE_INDEX) && operation_takes(drop, SCOPE_DATABASE));
	assert_false(operation_takes(drop, SCOPE_INDEX));
	assert_false(operation_takes(cancel, SCOPE_TABLE) || operation_takes(cancel, SCOPE_DATABASE));
	for (int i = 0; i < SCOPE__COUNT; i++)
		assert_int_equal(operation_scope_find(str_c(operation_scope_word((enum operation_scope)i))), i);
	assert_int_equal(operation_scope_find(STR("")), SCOPE_TABLE);
}

/* What is said of several sessions together, and that each word counts as what it is. */
static void test_words_of_several(void **state)
{
	static const struct {
		struct operation_sum sum;
		bool ends;
		const char *words;
		enum operation_severity severity;
	} table[] = {
		{{.ended = 3}, true, "done: 3 ended", OPERATION_OK},
		{{.ended = 1, .gone = 1}, false, "done: 1 statement ended, 1 was gone before", OPERATION_OK},
		{{.ended = 2, .still = 1}, true, "done, with a warning: 2 ended, 1 did not end", OPERATION_WARNING},
		{{.ended = 2, .still = 2},
		 false,
		 "done, with a warning: 2 statements ended, 2 still run their statements",
		 OPERATION_WARNING},
		{{.failed = 1, .left = 2, .unsent = 1},
		 true,
		 "not done: 1 could not be signalled, 2 were left out, 1 was not sent a signal",
		 OPERATION_WARNING},
		{{0}, true, "done: nothing was signalled", OPERATION_OK},
	};
	struct operation_sum sum = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 400);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		buf_clear(&b);
		assert_int_equal(operation_sum_words(&table[i].sum, table[i].ends, &b), table[i].severity);
		assert_string_equal(buf_c(&b), table[i].words);
	}
	buf_release(&b);
	operation_sum_add(&sum, STR("ended"), 2);
	operation_sum_add(&sum, STR("ended"), 3);
	operation_sum_add(&sum, STR("unsent"), 1);
	operation_sum_add(&sum, STR("no such"), 7);
	operation_sum_add(&sum, STR("gone"), -1);
	operation_sum_add(&sum, STR("gone"), INT64_MAX);
	assert_int_equal(sum.ended, 5);
	assert_int_equal(sum.unsent, 1);
	assert_int_equal(sum.gone, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_window_is_required),
		TEST(test_which_need_a_window),
		TEST(test_where_the_windows_are_shown),
		TEST(test_an_open_window),
		TEST(test_room_and_window_are_offered_together),
		TEST(test_no_override_of_other_refusals),
		TEST(test_production),
		TEST(test_unknown_tags),
		TEST(test_its_own_policy),
		TEST(test_what_an_operation_can_be_asked_of),
		TEST(test_words_of_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
