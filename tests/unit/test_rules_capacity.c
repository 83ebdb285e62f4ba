/* Availability and capacity: each rule in order, broken, at its limit and without what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/verdict_facts.h"

#define CLUSTER "source clusters\nrow identifier=prod-orders status="
#define INSTANCES "source instances\n"
#define WRITER "row identifier=orders-1 cluster=prod-orders role=writer vcpu=4 status="
#define READER "row identifier=orders-2 cluster=prod-orders role=reader vcpu=4 status="
#define OTHER "row identifier=other-1 cluster=other role=reader vcpu=4 status=available\n"
#define METRICS "source metrics\n"
#define POINT(metric, object, at, value) "row metric=" metric " object=" object " at=" at " value=" value "\n"
#define CPU(at, value) POINT("CPUUtilization", "orders-1", at, value)
#define LAG(at, value) POINT("AuroraReplicaLag", "orders-2", at, value)
#define DENIED "error denied Not allowed: rds:DescribeDBInstances | allow it\n"

/* ---- availability */

static void test_cluster(void **state)
{
	(void)state;
	WORLD(CLUSTER "available\n");
	SAYS_ONLY("availability.cluster", SEV_OK, "cluster is available");
	HAS_WORDS(SAYS("availability.cluster", SEV_OK, ""), "evidence", "Status available");
	/* what passes by itself is no failure, what does not is one */
	WORLD(CLUSTER "failing-over\n");
	SAYS_ONLY("availability.cluster", SEV_WARN, "cluster is failing-over");
	WORLD(CLUSTER "stopped\n");
	HAS_WORDS(SAYS("availability.cluster", SEV_WARN, "cluster is stopped"), "action", "start cluster");
	WORLD(CLUSTER "inaccessible-encryption-credentials\n");
	SAYS_ONLY("availability.cluster", SEV_CRIT, "inaccessible-encryption-credentials");
	WORLD("source clusters\nrow identifier=prod-orders\n");
	SAYS_ONLY("availability.cluster", SEV_UNKNOWN, "status");
	WORLD("source clusters\nerror denied Not allowed: rds:DescribeDBClusters | allow it\n");
	SAYS_ONLY("availability.cluster", SEV_UNKNOWN, "rds:DescribeDBClusters");
}

static void test_instances(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "available\n" OTHER);
	SAYS_ONLY("availability.instances", SEV_OK, "orders-1 is available");
	WORLD(INSTANCES WRITER "storage-full\n" READER "available\n");
	HAS_WORDS(SAYS("availability.instances", SEV_CRIT, "orders-1 is storage-full"), "next", "events");
	(void)SAYS("availability.instances", SEV_OK, "orders-2 is available");
	/* one of several readers is no outage */
	WORLD(INSTANCES READER "storage-full\n");
	SAYS_ONLY("availability.instances", SEV_WARN, "orders-2 is storage-full");
	WORLD(INSTANCES WRITER "rebooting\n");
	SAYS_ONLY("availability.instances", SEV_WARN, "orders-1 is rebooting");
	WORLD(INSTANCES "row identifier=orders-1 cluster=prod-orders role=writer\n");
	SAYS_ONLY("availability.instances", SEV_UNKNOWN, "status");
	WORLD(INSTANCES DENIED);
	SAYS_ONLY("availability.instances", SEV_UNKNOWN, "rds:DescribeDBInstances");
}

/* ---- connections */

static void test_connections(void **state)
{
	(void)state;
	WORLD("source activity\nrow total=800 max_connections=1000\n");
	SAYS_ONLY("capacity.connections", SEV_OK, "800 of 1000 connections in use, 80.0 %, policy 80%");
	WORLD("source activity\nrow total=801 max_connections=1000\n");
	HAS_WORDS(SAYS("capacity.connections", SEV_WARN, "801 of 1000"), "next", "2 Activity");
	WORLD("source activity\nrow total=950 max_connections=1000\n");
	SAYS_ONLY("capacity.connections", SEV_WARN, "950 of 1000");
	WORLD("source activity\nrow total=951 max_connections=1000\n");
	SAYS_ONLY("capacity.connections", SEV_CRIT, "951 of 1000");
	WORLD("source activity\nrow total=951\n");
	SAYS_ONLY("capacity.connections", SEV_UNKNOWN, "max_connections");
	WORLD("source activity\nerror refused nothing listens | start it\n");
	SAYS_ONLY("capacity.connections", SEV_UNKNOWN, "nothing listens");
}

/* ---- load */

#define LOAD(total) "source load\nrow sampled_at=now-2s total=" total "\nrow sampled_at=now-1s total=" total "\n"

static void test_load(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "available\n" LOAD("2"));
	SAYS_ONLY("capacity.load", SEV_OK, "load 2.0 over 4 vCPUs, policy 1 for each");
	WORLD(INSTANCES WRITER "available\n" LOAD("4"));
	SAYS_ONLY("capacity.load", SEV_OK, "load 4.0");
	WORLD(INSTANCES WRITER "available\n" LOAD("5"));
	HAS_WORDS(SAYS("capacity.load", SEV_WARN, "load 5.0"), "next", "4 Load");
	WORLD(INSTANCES WRITER "available\n" LOAD("8"));
	SAYS_ONLY("capacity.load", SEV_WARN, "load 8.0");
	WORLD(INSTANCES WRITER "available\n" LOAD("9"));
	SAYS_ONLY("capacity.load", SEV_CRIT, "load 9.0");
}

static void test_load_without_a_line(void **state)
{
	(void)state;
	WORLD(INSTANCES DENIED LOAD("9"));
	SAYS_ONLY("capacity.load", SEV_UNKNOWN, "rds:DescribeDBInstances");
	WORLD(INSTANCES WRITER "available\nsource load\nerror denied not visible | grant pg_monitor\n");
	SAYS_ONLY("capacity.load", SEV_UNKNOWN, "not visible");
	/* serverless, and a database alone: nobody has said how much is much */
	WORLD(INSTANCES
	      "row identifier=orders-1 cluster=prod-orders role=writer status=available class=db.serverless\n" LOAD(
		      "9"));
	SILENT("capacity.load");
	WORLD(LOAD("9"));
	SILENT("capacity.load");
}

/* ---- processors */

static void test_cpu(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "available\n" OTHER METRICS CPU("now-1m", "85"));
	SAYS_ONLY("capacity.cpu", SEV_OK, "orders-1 uses 85.0 % of its CPU, policy 85%");
	WORLD(INSTANCES WRITER "available\n" METRICS CPU("now-1m", "93"));
	HAS_WORDS(SAYS("capacity.cpu", SEV_WARN, "orders-1 uses 93.0 %"), "object", "orders-1");
	world_policy.limits.cpu = 0;
	world_judge();
	SILENT("capacity.cpu");
}

#define SERIES(ago) "series CPUUtilization object=orders-1 unit=Percent period=1h from=now-" ago " values=20\n"

static void test_cpu_is_not_known(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "available\n" METRICS CPU("now-15m", "20"));
	SAYS_ONLY("capacity.cpu", SEV_OK, "orders-1 uses 20.0 %");
	WORLD(INSTANCES WRITER "available\n" METRICS CPU("now-16m", "20"));
	SAYS_ONLY("capacity.cpu", SEV_UNKNOWN, "CPU of orders-1 not known: no point of CPUUtilization in the last 15m");
	HAS_WORDS(SAYS("capacity.cpu", SEV_UNKNOWN, ""), "evidence", "GetMetricData");
	WORLD(INSTANCES DENIED METRICS CPU("now-1m", "20"));
	SAYS_ONLY("capacity.cpu", SEV_UNKNOWN, "rds:DescribeDBInstances");
	WORLD(INSTANCES WRITER
	      "available\nsource metrics\nerror denied Not allowed: cloudwatch:GetMetricData | allow it\n");
	SAYS_ONLY("capacity.cpu", SEV_UNKNOWN, "cloudwatch:GetMetricData");
	/* while a week is shown, a point is of an hour */
	WORLD(INSTANCES WRITER "available\n" METRICS CPU("now-70m", "20") SERIES("70m"));
	SAYS_ONLY("capacity.cpu", SEV_OK, "orders-1 uses 20.0 %");
	WORLD(INSTANCES WRITER "available\n" METRICS CPU("now-76m", "20") SERIES("76m"));
	SAYS_ONLY("capacity.cpu", SEV_UNKNOWN, "CPU of orders-1 not known");
	/* none runs, or only just */
	WORLD(INSTANCES WRITER "stopped\n" READER "available created_at=now-5m\n" METRICS);
	SILENT("capacity.cpu");
	SILENT("capacity.replica_lag");
}

/* ---- readers */

static void test_replica_lag(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "available\n" READER "available\n" METRICS LAG("now-1m", "1000"));
	SAYS_ONLY("capacity.replica_lag", SEV_OK, "orders-2 is 1.0s behind the writer, policy 1s");
	WORLD(INSTANCES READER "available\n" METRICS LAG("now-1m", "1001"));
	HAS_WORDS(SAYS("capacity.replica_lag", SEV_WARN, "orders-2 is"), "next", "long queries");
	WORLD(INSTANCES READER "available\n" METRICS LAG("now-1m", "30000"));
	SAYS_ONLY("capacity.replica_lag", SEV_WARN, "orders-2 is 30");
	WORLD(INSTANCES READER "available\n" METRICS LAG("now-1m", "30001"));
	SAYS_ONLY("capacity.replica_lag", SEV_CRIT, "orders-2 is 30");
	WORLD(INSTANCES READER "available\n" METRICS LAG("now-16m", "20"));
	SAYS_ONLY("capacity.replica_lag", SEV_UNKNOWN, "lag of orders-2 not known: no point of AuroraReplicaLag");
	WORLD(INSTANCES DENIED METRICS LAG("now-1m", "20"));
	SAYS_ONLY("capacity.replica_lag", SEV_UNKNOWN, "rds:DescribeDBInstances");
	/* the writer has none */
	WORLD(INSTANCES WRITER "available\n" METRICS);
	SILENT("capacity.replica_lag");
}

#define TEST(f) cmocka_unit_test_teardown(f, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cluster),
		TEST(test_instances),
		TEST(test_connections),
		TEST(test_load),
		TEST(test_load_without_a_line),
		TEST(test_cpu),
		TEST(test_cpu_is_not_known),
		TEST(test_replica_lag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
