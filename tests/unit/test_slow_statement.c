/* The causes of a slow statement: each rule alone, what it needs, and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "verdict/slow_statement.h"

static struct slow_facts f;
static struct slow_cause causes[SLOW_CAUSES_MAX];
static size_t n;

static int fresh(void **state)
{
	(void)state;
	slow_facts_init(&f);
	return 0;
}

static void judge(void)
{
	n = slow_causes(&f, causes);
	assert_true(n >= 1 && n <= SLOW_CAUSES_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(causes[i].sentence[0] && causes[i].next[0]);
		if (i > 0)
			assert_true(causes[i - 1].weight >= causes[i].weight);
	}
}

static const struct slow_cause *cause(const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(causes[i].id, id) == 0)
			return &causes[i];
	return NULL;
}

static void says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void test_nothing_known(void **state)
{
	(void)state;
	judge();
	assert_int_equal(n, 1);
	assert_string_equal(causes[0].id, "none");
	says(causes[0].next, "e its plan");
}

static void test_blocked(void **state)
{
	(void)state;
	f.running = true;
	f.wait_type = STR("Lock");
	f.wait_event = STR("transactionid");
	f.blocked_by = 4711;
	f.blockers = 1;
	f.wait_us = 372 * US_PER_S;
	f.blocker_state = STR("idle in transaction");
	f.blocker_application = STR("orders-api");
	f.blocker_xact_us = 751 * US_PER_S;
	judge();
	assert_int_equal(n, 1);
	assert_string_equal(causes[0].id, "blocked");
	assert_int_equal(causes[0].level, SLOW_CRIT);
	says(causes[0].sentence, "4711");
	says(causes[0].sentence, "6m12s");
	says(causes[0].evidence, "idle in transaction");
	says(causes[0].evidence, "12m31s");
	says(causes[0].evidence, "orders-api");
	says(causes[0].next, "3 Locks");
	/* a finished statement waits for nobody */
	f.running = false;
	judge();
	assert_null(cause("blocked"));
}

static void test_prepared_transaction(void **state)
{
	(void)state;
	f.running = true;
	f.wait_type = STR("Lock");
	f.blocked_by = 0;
	judge();
	says(cause("blocked")->sentence, "prepared transaction");
}

static void test_client_not_reading(void **state)
{
	(void)state;
	f.running = true;
	f.wait_type = STR("Client");
	f.wait_event = STR("ClientWrite");
	f.application = STR("export");
	f.client = STR("10.0.0.9");
	judge();
	assert_string_equal(causes[0].id, "client");
	says(causes[0].evidence, "export at 10.0.0.9");
	f.wait_event = STR("ClientRead");
	judge();
	assert_null(cause("client"));
}

static void test_spilled(void **state)
{
	(void)state;
	f.temp_bytes_per_call = 128 << 20;
	f.work_mem_bytes = 4 << 20;
	judge();
	says(cause("spill")->evidence, "128 MiB");
	says(cause("spill")->evidence, "4.00 MiB");
	assert_int_equal(cause("spill")->weight, 55);
	f.running = true;
	f.wait_type = STR("IO");
	f.wait_event = STR("BufFileWrite");
	judge();
	assert_int_equal(cause("spill")->weight, 80);
	/* one wait, one cause */
	assert_null(cause("wait"));
	f.temp_bytes_per_call = 0;
	f.running = false;
	judge();
	assert_null(cause("spill"));
}

static void test_cache_miss(void **state)
{
	(void)state;
	f.hit_ratio = 0.95;
	judge();
	assert_null(cause("io"));
	f.hit_ratio = 0.62;
	f.read_bytes_per_call = 3 << 20;
	judge();
	says(cause("io")->evidence, "62.0 %");
	says(cause("io")->evidence, "3.00 MiB");
	f.running = true;
	f.wait_type = STR("IO");
	f.wait_event = STR("DataFileRead");
	judge();
	assert_int_equal(cause("io")->weight, 75);
}

static void test_other_waits_are_explained(void **state)
{
	(void)state;
	f.running = true;
	f.wait_type = STR("LWLock");
	f.wait_event = STR("BufferContent");
	judge();
	says(cause("wait")->evidence, "same page");
}

static void test_plan(void **state)
{
	(void)state;
	f.has_plan = true;
	f.plan[0] = (struct slow_plan_remark){STR("reads all 1.2 M rows of orders"), STR("an index on status")};
	f.nplan = 1;
	judge();
	says(cause("plan")->sentence, "1.2 M rows of orders");
	says(cause("plan")->next, "index on status");
}

static void test_statistics_and_bloat(void **state)
{
	(void)state;
	f.tables[0] = (struct slow_table){STR("public.orders"), 100000, 10, 50000, 3 * US_PER_DAY};
	f.tables[1] = (struct slow_table){STR("public.events"), 100000, 90000, 0, US_PER_HOUR};
	f.tables[2] = (struct slow_table){STR("public.small"), 50, 40, 45, -1};
	f.tables[3] = (struct slow_table){STR("public.fresh"), 100000, 0, -1, -2};
	f.ntables = 4;
	judge();
	assert_int_equal(n, 2);
	says(cause("statistics")->sentence, "public.orders");
	says(cause("statistics")->next, "ANALYZE public.orders");
	says(cause("bloat")->sentence, "public.events");
	says(cause("bloat")->evidence, "90.0 k");
	f.tables[0].changed_since_analyze = 900;
	f.tables[1].dead_rows = 9999;
	judge();
	assert_null(cause("statistics"));
	assert_null(cause("bloat"));
	f.tables[3].analyzed_us = -1;
	judge();
	says(cause("statistics")->evidence, "never analyzed");
}

static void test_connections(void **state)
{
	(void)state;
	f.sessions = 89;
	f.max_connections = 100;
	judge();
	assert_null(cause("connections"));
	f.sessions = 90;
	judge();
	says(cause("connections")->evidence, "90 of 100");
}

static void test_a_lock_outweighs_everything(void **state)
{
	(void)state;
	f.sessions = f.max_connections = 100;
	f.hit_ratio = 0.1;
	f.temp_bytes_per_call = 1 << 20;
	f.running = true;
	f.wait_type = STR("Lock");
	f.wait_event = STR("tuple");
	f.blocked_by = 1;
	judge();
	assert_string_equal(causes[0].id, "blocked");
	assert_string_equal(causes[n - 1].id, "connections");
	assert_null(cause("none"));
}

/* More than fit: the first ones stay, nothing is written beyond. */
static void test_too_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < SLOW_TABLES_MAX; i++)
		f.tables[i] = (struct slow_table){STR("t"), 100000, 90000, 50000, -1};
	f.ntables = SLOW_TABLES_MAX;
	judge();
	assert_int_equal(n, SLOW_CAUSES_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(x) cmocka_unit_test_setup(x, fresh)
		T(test_nothing_known),
		T(test_blocked),
		T(test_prepared_transaction),
		T(test_client_not_reading),
		T(test_spilled),
		T(test_cache_miss),
		T(test_other_waits_are_explained),
		T(test_plan),
		T(test_statistics_and_bloat),
		T(test_connections),
		T(test_a_lock_outweighs_everything),
		T(test_too_many),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
