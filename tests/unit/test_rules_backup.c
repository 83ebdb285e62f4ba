/* Backups: each rule in order, broken, at its limit and without what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/verdict_facts.h"

#define CLUSTER \
	"source clusters\nrow identifier=prod-orders status=available created_at=now-600d backup_window=22:00-22:30 "
#define SNAPSHOTS "source snapshots\n"
#define AUTOMATED(name, at) \
	"row identifier=rds:" name " kind=automated status=available encrypted=true created_at=" at "\n"
#define MANUAL(name, more) \
	"row identifier=" name " kind=manual status=available encrypted=true created_at=now-10d " more "\n"
#define AGE "backup.snapshot_age"

/* ---- age of the newest one ---- */

static void test_age(void **state)
{
	size_t row;

	(void)state;
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-55h") AUTOMATED("b", "now-10h"));
	SAYS_ONLY(AGE, SEV_OK, "newest automated snapshot 10 h old, policy 26 h");
	HAS_WORDS(SAYS(AGE, SEV_OK, ""), "evidence", "rds:b, created 2026-03-17 03:45Z");

	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-31h") AUTOMATED("b", "now-55h"));
	row = SAYS(AGE, SEV_WARN, "newest automated snapshot 31 h old, policy 26 h");
	HAS_WORDS(row, "next", "22:00-22:30 UTC");
	HAS_WORDS(row, "action", "create snapshot");
	HAS_WORDS(row, "remedy", "create-db-cluster-snapshot --db-cluster-identifier prod-orders");

	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-51h"));
	SAYS_ONLY(AGE, SEV_CRIT, "51 h old");
}

static void test_age_at_the_limit(void **state)
{
	(void)state;
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-26h"));
	SAYS_ONLY(AGE, SEV_OK, "26 h old, policy 26 h");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-26h1s"));
	SAYS_ONLY(AGE, SEV_WARN, "26 h old, policy 26 h");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now-50h1s"));
	SAYS_ONLY(AGE, SEV_CRIT, "50 h old");
	world_policy.limits.snapshot_age_critical = 0;
	world_judge();
	SAYS_ONLY(AGE, SEV_WARN, "50 h old");
	world_policy.limits.snapshot_age = 0;
	world_judge();
	SILENT(AGE);
}

/* One that is being made, has failed, or was made by hand is no automated backup. */
static void test_age_counts_usable_ones(void **state)
{
	(void)state;
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED(
		"a",
		"now-31h") "row identifier=rds:b kind=automated status=creating created_at=now-1h progress_ratio=0.4\n"
			   "row identifier=rds:c kind=automated status=failed created_at=now-2h\n"
			   "row identifier=m kind=manual status=available created_at=now-1h\n");
	SAYS_ONLY(AGE, SEV_WARN, "31 h old");
}

static void test_age_of_none(void **state)
{
	(void)state;
	WORLD(CLUSTER "\n" SNAPSHOTS);
	SAYS_ONLY(AGE, SEV_CRIT, "no automated snapshot, the cluster is 600d 00h old, policy 26 h");
	WORLD("source clusters\nrow identifier=prod-orders status=available created_at=now-3h\n" SNAPSHOTS);
	SAYS_ONLY(AGE, SEV_OK, "no automated snapshot yet, the cluster is 3 h old");
	WORLD("source clusters\nrow identifier=prod-orders status=creating\n" SNAPSHOTS);
	SAYS_ONLY(AGE, SEV_OK, "the cluster is being created");
	WORLD("source clusters\nrow identifier=prod-orders status=available\n" SNAPSHOTS);
	SAYS_ONLY(AGE, SEV_UNKNOWN, "how old the cluster is, is not known");
	WORLD("source clusters\nrow identifier=prod-orders status=stopped created_at=now-90d\n" SNAPSHOTS);
	SAYS_ONLY(AGE, SEV_WARN, "no automated snapshot");
}

static void test_age_of_a_stopped_cluster(void **state)
{
	(void)state;
	WORLD("source clusters\nrow identifier=prod-orders status=stopped created_at=now-90d\n" SNAPSHOTS AUTOMATED(
		"a", "now-5d"));
	SAYS_ONLY(AGE, SEV_NOTICE, "none is taken while the cluster is stopped");
}

/* AWS's own clock is what ages are told by; where its time is not known, one that lies in the future tells. */
static void test_age_with_a_wrong_clock(void **state)
{
	(void)state;
	WORLD(CLUSTER "\nsource snapshots at=now server_at=now+6h\n" AUTOMATED("a", "now-25h"));
	SAYS_ONLY(AGE, SEV_WARN, "31 h old");
	WORLD(CLUSTER "\nsource snapshots at=now server_at=now-6h\n" AUTOMATED("a", "now-31h"));
	SAYS_ONLY(AGE, SEV_OK, "25 h old");
	WORLD(CLUSTER "\nsource snapshots at=now server_at=now+6h\n" AUTOMATED("a", "now+5h"));
	SAYS_ONLY(AGE, SEV_OK, "policy 26 h");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now+5h"));
	SAYS_ONLY(AGE, SEV_UNKNOWN, "this host's clock differs");
	WORLD(CLUSTER "latest_restorable_at=now+3h\n" SNAPSHOTS AUTOMATED("a", "now-1h"));
	SAYS_ONLY(AGE, SEV_UNKNOWN, "this host's clock differs");
	SAYS_ONLY("backup.restorable", SEV_UNKNOWN, "this host's clock differs");
	/* a little is nobody's fault */
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("a", "now+4m"));
	SAYS_ONLY(AGE, SEV_OK, "snapshot");
}

static void test_host_clock(void **state)
{
	(void)state;
	WORLD("source clusters at=now server_at=now\nrow identifier=prod-orders\n");
	SAYS_ONLY("observability.host_clock", SEV_OK, "agrees");
	WORLD("source clusters at=now server_at=now+5m\nrow identifier=prod-orders\n");
	SAYS_ONLY("observability.host_clock", SEV_OK, "agrees");
	WORLD("source clusters at=now server_at=now+2h\nrow identifier=prod-orders\n");
	SAYS_ONLY("observability.host_clock", SEV_WARN, "behind AWS's");
	WORLD("source clusters at=now server_at=now-6m\nrow identifier=prod-orders\n");
	SAYS_ONLY("observability.host_clock", SEV_WARN, "6m00s ahead of AWS's");
	WORLD("source clusters at=now\nrow identifier=prod-orders\n");
	SILENT("observability.host_clock");
}

/* What cannot be seen is unknown, with the reason, and never in order. */
static void test_unknown(void **state)
{
	static const char *const rules[] = {AGE,
					    "backup.snapshot_gaps",
					    "backup.encrypted",
					    "backup.shared",
					    "backup.failed",
					    "backup.in_progress",
					    "backup.kept"};

	(void)state;
	WORLD(CLUSTER "\nsource snapshots\nerror denied Not allowed: rds:DescribeDBClusterSnapshots | allow it\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		SAYS_ONLY(rules[i], SEV_UNKNOWN, "rds:DescribeDBClusterSnapshots");
	/* not yet answered: nothing; never to answer: unknown */
	WORLD(CLUSTER "\n");
	SILENT(AGE);
	world_final = true;
	world_judge();
	SAYS_ONLY(AGE, SEV_UNKNOWN, "no answer in time");
	/* a first page may lack the newest */
	WORLD(CLUSTER "\nsource snapshots partial\n" AUTOMATED("a", "now-90h"));
	SILENT(AGE);
	/* an answer with half of it */
	WORLD(CLUSTER "\n" SNAPSHOTS "row identifier=rds:a kind=automated status=available\n");
	SAYS_ONLY(AGE, SEV_UNKNOWN, "created_at");
	SAYS_ONLY("backup.snapshot_gaps", SEV_UNKNOWN, "created_at");
	SAYS_ONLY("backup.encrypted", SEV_UNKNOWN, "encrypted");
}

/* ---- the series ---- */

static void test_gaps(void **state)
{
	size_t row;

	(void)state;
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("a", "now-58h") AUTOMATED("b", "now-34h"));
	SAYS_ONLY("backup.snapshot_gaps", SEV_OK, "3 automated snapshots, at most 24 h apart, policy 26 h");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("a", "now-57h"));
	row = SAYS("backup.snapshot_gaps", SEV_WARN, "47 h without an automated snapshot, policy 26 h");
	HAS_WORDS(row, "evidence", "from 2026-03-15 04:45Z to 2026-03-17 03:45Z");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("a", "now-36h"));
	SAYS_ONLY("backup.snapshot_gaps", SEV_OK, "26 h apart");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("a", "now-36h1s"));
	SAYS_ONLY("backup.snapshot_gaps", SEV_WARN, "26 h without");
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("b", "now-40h") AUTOMATED("a", "now-80h"));
	SAYS_ONLY("backup.snapshot_gaps", SEV_WARN,
		  "2 times longer than 26 h without an automated snapshot, at most 40 h");
	/* before the first one the window is open, too */
	WORLD(CLUSTER "earliest_restorable_at=now-6d\n" SNAPSHOTS AUTOMATED("c", "now-10h") AUTOMATED("b", "now-34h"));
	SAYS_ONLY("backup.snapshot_gaps", SEV_WARN, "without an automated snapshot");
	/* one alone, or none, is no series */
	WORLD(CLUSTER "\n" SNAPSHOTS AUTOMATED("c", "now-10h"));
	SILENT("backup.snapshot_gaps");
}

/* ---- any second, and for how long ---- */

static void test_restorable(void **state)
{
	(void)state;
	WORLD(CLUSTER "latest_restorable_at=now-3m55s\n");
	SAYS_ONLY("backup.restorable", SEV_OK, "restorable to within 3m55s of now, policy 15m");
	WORLD(CLUSTER "latest_restorable_at=now-15m\n");
	SAYS_ONLY("backup.restorable", SEV_OK, "within 15m00s");
	WORLD(CLUSTER "latest_restorable_at=now-15m1s\n");
	SAYS_ONLY("backup.restorable", SEV_WARN, "latest restorable time 15m01s behind");
	WORLD(CLUSTER "latest_restorable_at=now-61m\n");
	SAYS_ONLY("backup.restorable", SEV_CRIT, "behind");
	WORLD(CLUSTER "\n");
	SAYS_ONLY("backup.restorable", SEV_UNKNOWN, "latest_restorable_at");
	WORLD("source clusters\nrow identifier=prod-orders status=creating\n");
	SILENT("backup.restorable");
	WORLD("source clusters\nrow identifier=prod-orders status=stopped latest_restorable_at=now-9d\n");
	SAYS_ONLY("backup.restorable", SEV_NOTICE, "when the cluster was stopped");
	WORLD("source clusters\nerror denied Not allowed: rds:DescribeDBClusters | allow it\n");
	SAYS_ONLY("backup.restorable", SEV_UNKNOWN, "rds:DescribeDBClusters");
}

static void test_retention(void **state)
{
	size_t row;

	(void)state;
	WORLD(CLUSTER "backup_retention_days=14\n");
	SAYS_ONLY("backup.retention", SEV_OK, "14 d, policy 7 d or more");
	WORLD(CLUSTER "backup_retention_days=7\n");
	SAYS_ONLY("backup.retention", SEV_OK, "7 d");
	WORLD(CLUSTER "backup_retention_days=6\n");
	row = SAYS("backup.retention", SEV_WARN, "6 d, policy 7 d or more");
	HAS_WORDS(row, "action", "backup retention");
	HAS_WORDS(row, "remedy", "--db-cluster-identifier prod-orders --backup-retention-period 7 --apply-immediately");
	WORLD(CLUSTER "\n");
	SAYS_ONLY("backup.retention", SEV_UNKNOWN, "backup_retention_days");
}

static void test_copy_tags(void **state)
{
	(void)state;
	WORLD(CLUSTER "copy_tags=true\n");
	SAYS_ONLY("backup.copy_tags", SEV_OK, "copied");
	WORLD(CLUSTER "copy_tags=false\n");
	HAS_WORDS(SAYS("backup.copy_tags", SEV_WARN, "do not take over"), "remedy", "--copy-tags-to-snapshot");
	WORLD(CLUSTER "\n");
	SAYS_ONLY("backup.copy_tags", SEV_UNKNOWN, "copy_tags");
}

/* ---- single snapshots ---- */

static void test_kept(void **state)
{
	size_t row;

	(void)state;
	WORLD(SNAPSHOTS MANUAL("old", "tags=team=orders,keep-by=2026-03-16"));
	row = SAYS("backup.kept", SEV_WARN, "old is kept longer than its tag keep-by=2026-03-16");
	HAS_WORDS(row, "object", "old");
	HAS_WORDS(row, "action", "delete snapshot");
	HAS_WORDS(row, "remedy", "delete-db-cluster-snapshot --db-cluster-snapshot-identifier old");
	/* the day itself belongs to it */
	WORLD(SNAPSHOTS MANUAL("old", "tags=Keep-By=2026-03-17"));
	SAYS_ONLY("backup.kept", SEV_OK, "1 manual snapshot");
	WORLD(SNAPSHOTS MANUAL("old", "tags=keep-by=2026-03-17T13:45:06Z"));
	SAYS_ONLY("backup.kept", SEV_WARN, "old");
	WORLD(SNAPSHOTS MANUAL("old", "tags=keep-by=tomorrow"));
	SAYS_ONLY("backup.kept", SEV_UNKNOWN, "keep-by=tomorrow is no date");
	/* nobody has said anything */
	WORLD(SNAPSHOTS MANUAL("old", ""));
	SILENT("backup.kept");
	world_policy.limits.manual_snapshot_age = 10.0 * US_PER_DAY;
	world_judge();
	SAYS_ONLY("backup.kept", SEV_OK, "1 manual snapshot");
	world_policy.limits.manual_snapshot_age -= 1;
	world_judge();
	SAYS_ONLY("backup.kept", SEV_WARN, "10d 00h old");
	/* the tag says more than the policy */
	WORLD(SNAPSHOTS MANUAL("a", "tags=keep-by=2027-01-01") MANUAL("b", "tags=legal-hold=case-7"));
	world_policy.limits.manual_snapshot_age = US_PER_DAY;
	world_judge();
	SAYS_ONLY("backup.kept", SEV_OK, "2 manual snapshots");
}

/* AWS's clock tells how old a manual one is, and for how long one is being made. */
static void test_snapshots_with_a_wrong_clock(void **state)
{
	(void)state;
	WORLD("source snapshots at=now server_at=now+6h\n" MANUAL(
		"m", "tags=keep-by=2026-03-17T15:00:00Z") "row identifier=slow kind=manual status=creating "
							  "created_at=now-1h\n");
	(void)SAYS("backup.kept", SEV_WARN, "m is kept longer");
	SAYS_ONLY("backup.in_progress", SEV_WARN, "slow has been creating for 7 h");
	WORLD("source snapshots at=now server_at=now-6h\n" MANUAL(
		"m", "tags=keep-by=2026-03-17T10:00:00Z") "row identifier=slow kind=manual status=creating "
							  "created_at=now-7h\n");
	(void)SAYS("backup.in_progress", SEV_OK, "none for long");
	WORLD("source snapshots at=now server_at=now-6h\n" MANUAL("m", "tags=keep-by=2026-03-17T10:00:00Z"));
	SAYS_ONLY("backup.kept", SEV_OK, "1 manual snapshot");
	WORLD(SNAPSHOTS "row identifier=slow kind=manual status=creating created_at=now+5h\n");
	SAYS_ONLY("backup.in_progress", SEV_UNKNOWN, "this host's clock differs");
	SAYS_ONLY("backup.kept", SEV_UNKNOWN, "this host's clock differs");
}

static void test_encryption(void **state)
{
	(void)state;
	WORLD(SNAPSHOTS AUTOMATED("a", "now-1h") MANUAL("m", ""));
	SAYS_ONLY("backup.encrypted", SEV_OK, "all 2 snapshots are encrypted");
	WORLD(SNAPSHOTS AUTOMATED("a", "now-1h") "row identifier=bare kind=manual status=available encrypted=false\n");
	SAYS_ONLY("backup.encrypted", SEV_WARN, "bare is not encrypted");
	WORLD(SNAPSHOTS);
	SILENT("backup.encrypted");
}

static void test_shared(void **state)
{
	size_t row;

	(void)state;
	WORLD(SNAPSHOTS AUTOMATED("a", "now-1h") MANUAL("m", "is_public=false shared_accounts=\"\""));
	SAYS_ONLY("backup.shared", SEV_OK, "no snapshot is public or shared");
	WORLD(SNAPSHOTS MANUAL("m", "is_public=true"));
	row = SAYS("backup.shared", SEV_CRIT, "m is public");
	HAS_WORDS(row, "remedy", "--attribute-name restore --values-to-remove all");
	WORLD(SNAPSHOTS MANUAL("m", "is_public=false shared_accounts=111122223333,444455556666"));
	row = SAYS("backup.shared", SEV_WARN, "shared with account 111122223333,444455556666");
	HAS_WORDS(row, "remedy", "--values-to-remove 111122223333 444455556666");
	/* not asked about yet, or not allowed */
	WORLD(SNAPSHOTS MANUAL("m", ""));
	SAYS_ONLY("backup.shared", SEV_UNKNOWN, "is_public");
	WORLD(SNAPSHOTS MANUAL("m", "") "missing is_public needs rds:DescribeDBClusterSnapshotAttributes\n");
	SAYS_ONLY("backup.shared", SEV_UNKNOWN, "needs rds:DescribeDBClusterSnapshotAttributes");
}

static void test_failed_and_making(void **state)
{
	(void)state;
	WORLD(SNAPSHOTS AUTOMATED("a", "now-1h") MANUAL("m", ""));
	SAYS_ONLY("backup.failed", SEV_OK, "no snapshot has failed");
	SILENT("backup.in_progress");
	WORLD(SNAPSHOTS "row identifier=x kind=manual status=failed created_at=now-1h\n");
	SAYS_ONLY("backup.failed", SEV_WARN, "x is failed");
	WORLD(SNAPSHOTS "row identifier=x kind=manual\n");
	SAYS_ONLY("backup.failed", SEV_UNKNOWN, "status");
	WORLD(SNAPSHOTS "row identifier=x kind=manual status=creating progress_ratio=0.2 created_at=now-6h\n");
	SAYS_ONLY("backup.failed", SEV_OK, "");
	SAYS_ONLY("backup.in_progress", SEV_OK, "1 snapshot is being made");
	WORLD(SNAPSHOTS "row identifier=x kind=manual status=copying progress_ratio=0.2 created_at=now-6h1s\n");
	HAS_WORDS(SAYS("backup.in_progress", SEV_WARN, "x has been copying for 6 h, policy 6 h"), "evidence", "20.0 %");
	WORLD(SNAPSHOTS "row identifier=x kind=manual status=creating\n");
	SAYS_ONLY("backup.in_progress", SEV_UNKNOWN, "created_at");
}

/* A flood has lines for some, and one line for the rest. */
static void test_many(void **state)
{
	size_t row;

	(void)state;
	WORLD(SNAPSHOTS "many 50 identifier=x# kind=manual status=available encrypted=false\n");
	assert_int_equal(world_count("backup.encrypted"), 21);
	row = SAYS("backup.encrypted", SEV_WARN, "the same of 30 more");
	HAS_WORDS(row, "object", "others");
}

/* Names from outside are words of the command, whatever they contain. */
static void test_hostile_names(void **state)
{
	(void)state;
	WORLD(SNAPSHOTS
	      "row identifier=\"a; rm -rf ~ 'x\" kind=manual status=available is_public=true encrypted=true\n");
	HAS_WORDS(SAYS("backup.shared", SEV_CRIT, "is public"), "remedy", "'a; rm -rf ~ '\\''x'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_age, world_teardown),
		cmocka_unit_test_teardown(test_age_at_the_limit, world_teardown),
		cmocka_unit_test_teardown(test_age_counts_usable_ones, world_teardown),
		cmocka_unit_test_teardown(test_age_of_none, world_teardown),
		cmocka_unit_test_teardown(test_age_of_a_stopped_cluster, world_teardown),
		cmocka_unit_test_teardown(test_age_with_a_wrong_clock, world_teardown),
		cmocka_unit_test_teardown(test_host_clock, world_teardown),
		cmocka_unit_test_teardown(test_unknown, world_teardown),
		cmocka_unit_test_teardown(test_gaps, world_teardown),
		cmocka_unit_test_teardown(test_restorable, world_teardown),
		cmocka_unit_test_teardown(test_retention, world_teardown),
		cmocka_unit_test_teardown(test_copy_tags, world_teardown),
		cmocka_unit_test_teardown(test_kept, world_teardown),
		cmocka_unit_test_teardown(test_snapshots_with_a_wrong_clock, world_teardown),
		cmocka_unit_test_teardown(test_encryption, world_teardown),
		cmocka_unit_test_teardown(test_shared, world_teardown),
		cmocka_unit_test_teardown(test_failed_and_making, world_teardown),
		cmocka_unit_test_teardown(test_many, world_teardown),
		cmocka_unit_test_teardown(test_hostile_names, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
