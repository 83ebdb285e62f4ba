/*
 * How the simulated estate moves with its clock.
 */
#include "sim_fixture.h"

static void expect_text(struct sim *s, const char *form, const char *word)
{
	char *text = fixture_ok(s, form);

	if (!strstr(text, word))
		fail_msg("no %s in %s", word, text);
	xfree(text);
}

#define ORDERS "&DBClusterIdentifier=prod-orders"

static void restorable_window_moves(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<LatestRestorableTime>2026-03-17T11:56:00.000Z<");
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<EarliestRestorableTime>2026-03-10T12:00:17.000Z<");
	fixture_now_us += 59 * US_PER_S;
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<LatestRestorableTime>2026-03-17T11:56:00.000Z<");
	fixture_now_us += US_PER_S;
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<LatestRestorableTime>2026-03-17T11:57:00.000Z<");
	sim_set_offset(s, US_PER_HOUR);
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<LatestRestorableTime>2026-03-17T12:57:00.000Z<");
	sim_stop(s);
}

/* Who is writer: "orders-1" ... */
static void expect_writer(struct sim *s, const char *id, const char *status)
{
	char *text = fixture_ok(s, RDS("DescribeDBClusters") ORDERS), word[128];

	snprintf(word, sizeof(word), "<DBInstanceIdentifier>%s</DBInstanceIdentifier>\n<IsClusterWriter>true<", id);
	if (!strstr(text, word))
		fail_msg("%s is not the writer", id);
	assert_int_equal(fixture_count(text, "<IsClusterWriter>true<"), 1);
	snprintf(word, sizeof(word), "<Status>%s<", status);
	if (!strstr(text, word))
		fail_msg("status is not %s", status);
	xfree(text);
}

static void failover_swaps_the_writer(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct err err = {0};

	(void)state;
	expect_writer(s, "orders-1", "available");
	assert_true(sim_failover(s, "Prod-Orders", "ORDERS-3", &err));
	expect_writer(s, "orders-1", "available");
	fixture_now_us += 3 * US_PER_S;
	expect_writer(s, "orders-1", "failing-over");
	assert_false(sim_failover(s, "prod-orders", NULL, &err));
	fixture_now_us += 5 * US_PER_S;
	expect_writer(s, "orders-3", "failing-over");
	expect_text(s, RDS("DescribeDBInstances") "&DBInstanceIdentifier=orders-1", "<DBInstanceStatus>rebooting<");
	fixture_now_us += 10 * US_PER_S;
	expect_writer(s, "orders-3", "available");
	expect_text(s, RDS("DescribeDBInstances") "&DBInstanceIdentifier=orders-1", "<DBInstanceStatus>available<");
	assert_true(sim_failover(s, "prod-orders", "", &err));
	fixture_now_us += 20 * US_PER_S;
	expect_writer(s, "orders-1", "available");
	sim_stop(s);
}

static void failover_needs_a_reader(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct err err = {0};

	(void)state;
	assert_false(sim_failover(s, "nobody", NULL, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_false(sim_failover(s, "analytics-sls", NULL, &err));
	assert_false(sim_failover(s, "legacy-archive", NULL, &err));
	assert_false(sim_failover(s, "prod-orders", "orders-1", &err));
	assert_true(sim_failover(s, "prod-orders", "orders-2", &err));
	sim_stop(s);
}

#define SNAPSHOTS RDS("DescribeDBClusterSnapshots") ORDERS
#define AUTOMATED SNAPSHOTS "&SnapshotType=automated"

static void automated_snapshots_follow_the_retention(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, AUTOMATED);

	(void)state;
	assert_int_equal(fixture_count(text, "<DBClusterSnapshot>"), 8);
	assert_non_null(strstr(text, "rds:prod-orders-2026-03-17-06-4"));
	assert_null(strstr(text, "rds:prod-orders-2026-03-09"));
	xfree(text);
	fixture_now_us += US_PER_DAY;
	text = fixture_ok(s, AUTOMATED);
	assert_int_equal(fixture_count(text, "<DBClusterSnapshot>"), 8);
	assert_non_null(strstr(text, "rds:prod-orders-2026-03-18-06-4"));
	assert_null(strstr(text, "rds:prod-orders-2026-03-10"));
	xfree(text);
	/* Within minutes of the window one is still being made. */
	fixture_now_us = NOON - 5 * US_PER_HOUR - 17 * US_PER_MIN;
	text = fixture_ok(s, AUTOMATED);
	assert_int_equal(fixture_count(text, "<Status>creating<") + fixture_count(text, "<Status>available<"),
			 fixture_count(text, "<DBClusterSnapshot>"));
	assert_int_equal(fixture_count(text, "<Status>creating<"), 1);
	xfree(text);
	sim_stop(s);
}

static void a_copy_makes_progress(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_now_us += 75 * US_PER_S;
	expect_text(s, SNAPSHOTS, "<DBClusterSnapshotIdentifier>dr-prod-orders-2026-03-17-12-00<");
	expect_text(s, SNAPSHOTS,
		    "<Status>copying</Status>\n<SnapshotType>manual</SnapshotType>\n<PercentProgress>50<");
	fixture_now_us += 95 * US_PER_S;
	expect_text(s, RDS("DescribeDBClusterSnapshots") "&DBClusterSnapshotIdentifier=dr-prod-orders-2026-03-17-12-00",
		    "<Status>available</Status>\n<SnapshotType>manual</SnapshotType>\n<PercentProgress>100<");
	fixture_now_us += 21 * US_PER_S;
	expect_text(s, SNAPSHOTS, "dr-prod-orders-2026-03-17-12-03<");
	expect_text(s, SNAPSHOTS, "<Status>copying<");
	sim_stop(s);
}

static void the_incident_has_an_old_snapshot(void **state)
{
	struct sim *s = fixture_new("incident", 0);
	char *text = fixture_ok(s, AUTOMATED);

	(void)state;
	assert_non_null(strstr(text, "<DBClusterSnapshotIdentifier>rds:prod-orders-2026-03-16-05-00<"));
	assert_null(strstr(text, "2026-03-17-"));
	xfree(text);
	sim_stop(s);
}

static void snapshot_questions_have_rules(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_fails(s, SNAPSHOTS "&DBClusterSnapshotIdentifier=x", "InvalidParameterCombination");
	fixture_fails(s, SNAPSHOTS "&SnapshotType=daily", "InvalidParameterValue");
	fixture_fails(
		s, RDS("DescribeDBClusterSnapshots") "&DBClusterSnapshotIdentifier=rds%3Aprod-orders-2026-03-16-06-41",
		"InvalidParameterCombination");
	fixture_fails(s, RDS("DescribeDBClusterSnapshots") "&DBClusterIdentifier=nobody", "DBClusterNotFoundFault");
	sim_stop(s);
}

static void endpoints_are_what_the_options_say(void **state)
{
	struct sim_options o = {.domain = "rds.demo.example", .db_port = 5499, .region = "us-gov-west-1"};
	struct sim *s;
	struct err err;

	(void)state;
	assert_true(sim_new(&o, &s, &err));
	expect_text(s, RDS("DescribeDBClusters") ORDERS,
		    "<Endpoint>prod-orders.cluster-c9akci.us-gov-west-1.rds.demo.example<");
	expect_text(s, RDS("DescribeDBClusters") ORDERS, "<Port>5499<");
	expect_text(s, RDS("DescribeDBClusters") ORDERS,
		    "<DBClusterArn>arn:aws-us-gov:rds:us-gov-west-1:111122223333:");
	expect_text(s, RDS("DescribeDBClusters") "&DBClusterIdentifier=analytics-sls", "<Port>5432<");
	sim_stop(s);
	o = (struct sim_options){.db_host = "127.0.0.1"};
	assert_true(sim_new(&o, &s, &err));
	expect_text(s, RDS("DescribeDBInstances") "&DBInstanceIdentifier=orders-2", "<Address>127.0.0.1<");
	expect_text(s, RDS("DescribeDBInstances") "&DBInstanceIdentifier=analytics-sls-1", "<Address>analytics-sls-1.");
	sim_stop(s);
}

static void wrong_options_are_refused(void **state)
{
	struct sim_options o = {.scenario = "nonesuch"};
	struct err err = {0};
	struct sim *s;

	(void)state;
	assert_false(sim_new(&o, &s, &err));
	assert_int_equal(err.code, ERR_USAGE);
	o = (struct sim_options){.extra_clusters = SIM_EXTRA_CLUSTERS_MAX + 1};
	assert_false(sim_new(&o, &s, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	o = (struct sim_options){.tls_cert = "x"};
	assert_false(sim_new(&o, &s, &err));
}

static void faults_count_down(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct err err = {0};
	struct sim_plan plan;

	(void)state;
	assert_true(sim_fault(s, "service=rds&operation=DescribeDBClusters&kind=throttle&count=2", &err));
	assert_true(sim_fault(s, "kind=latency&ms=40", &err));
	assert_true(sim_fault(s, "service=*&kind=latency&ms=2", &err));
	fixture_fails(s, RDS("DescribeDBClusters"), "Throttling");
	xfree(fixture_ok(s, RDS("DescribeDBInstances")));
	fixture_fails(s, RDS("DescribeDBClusters"), "Throttling");
	xfree(fixture_ok(s, RDS("DescribeDBClusters")));
	sim_fault_plan(s, "ec2", STR("DescribeSubnets"), &plan);
	assert_int_equal(plan.delay_us, 42 * US_PER_MS);
	assert_int_equal(plan.kind, SIM_FAULT__COUNT);
	sim_clear(s);
	sim_fault_plan(s, "ec2", STR("DescribeSubnets"), &plan);
	assert_int_equal(plan.delay_us, 0);
	sim_stop(s);
}

static void faults_speak_each_dialect(void **state)
{
	static const struct {
		const char *fault, *form, *code;
	} rows[] = {
		{"kind=throttle", RDS("DescribeDBClusters"), "Throttling"},
		{"kind=throttle", EC2("DescribeSubnets"), "RequestLimitExceeded"},
		{"kind=denied", RDS("DescribeDBClusters"), "AccessDenied"},
		{"kind=denied", EC2("DescribeSubnets"), "UnauthorizedOperation"},
		{"kind=expired", RDS("DescribeDBClusters"), "ExpiredToken"},
		{"kind=expired", EC2("DescribeSubnets"), "RequestExpired"},
		{"kind=error500", RDS("DescribeDBClusters"), "InternalFailure"},
		{"kind=error500", EC2("DescribeSubnets"), "InternalError"},
	};
	struct sim *s = fixture_new(NULL, 0);
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(sim_fault(s, rows[i].fault, &err));
		fixture_fails(s, rows[i].form, rows[i].code);
		sim_clear(s);
	}
	assert_false(sim_fault(s, "kind=earthquake", &err));
	assert_false(sim_fault(s, "service=rds", &err));
	assert_false(sim_fault(s, "kind=latency&ms=soon", &err));
	assert_false(sim_fault(s, "kind=latency&colour=red", &err));
	sim_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restorable_window_moves),
		cmocka_unit_test(failover_swaps_the_writer),
		cmocka_unit_test(failover_needs_a_reader),
		cmocka_unit_test(automated_snapshots_follow_the_retention),
		cmocka_unit_test(a_copy_makes_progress),
		cmocka_unit_test(the_incident_has_an_old_snapshot),
		cmocka_unit_test(snapshot_questions_have_rules),
		cmocka_unit_test(endpoints_are_what_the_options_say),
		cmocka_unit_test(wrong_options_are_refused),
		cmocka_unit_test(faults_count_down),
		cmocka_unit_test(faults_speak_each_dialect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
