/* Rules over KMS, Secrets Manager, Auto Scaling, parameter groups, alarms and maintenance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/verdict_facts.h"

#define CLUSTER "source clusters\nrow identifier=prod-orders status=available "
#define KEY                                                                                                        \
	"source keys\nrow arn=arn:aws:kms:eu-west-1:1:key/orders-key used_for=storage,snapshots manager=CUSTOMER " \
	"origin=AWS_KMS "
#define ARN "arn:aws:kms:eu-west-1:1:key/orders-key"
#define PARAMETER(name, value) "row name=" name " value=" value " group=prod-orders-pg15\n"
#define DENIED(source) "source " source "\nerror denied Not allowed: " source ":Describe | allow it\n"

static void test_key_state(void **state)
{
	size_t row;

	(void)state;
	WORLD(KEY "state=Enabled\n");
	SAYS_ONLY("posture.key_state", SEV_OK, "the key is enabled");
	WORLD(KEY "state=PendingDeletion deletion_at=now+9d\n");
	row = SAYS("posture.key_state", SEV_CRIT,
		   "key orders-key is deleted on 2026-03-26 13:45Z, and with it storage,snapshots");
	HAS_WORDS(row, "remedy", "aws kms cancel-key-deletion --key-id " ARN " && aws kms enable-key --key-id " ARN);
	WORLD(KEY "state=PendingDeletion\n");
	SAYS_ONLY("posture.key_state", SEV_CRIT, "scheduled for deletion");
	WORLD(KEY "state=Disabled\n");
	HAS_WORDS(SAYS("posture.key_state", SEV_CRIT, "is Disabled"), "remedy", "aws kms enable-key --key-id " ARN);
	WORLD(KEY "state=Unavailable\n");
	SAYS_ONLY("posture.key_state", SEV_CRIT, "is Unavailable");
	/* KMS knows no such key */
	WORLD("source keys\nrow arn=" ARN " used_for=storage state=gone\n");
	row = SAYS("posture.key_state", SEV_CRIT, "key orders-key is gone, and with it storage");
	HAS_WORDS(row, "evidence", "NotFoundException");
	HAS_WORDS(row, "next", "another key");
	SILENT("posture.key_rotation");
	WORLD(KEY "\nmissing state needs kms:DescribeKey\n");
	SAYS_ONLY("posture.key_state", SEV_UNKNOWN, "needs kms:DescribeKey");
	WORLD(DENIED("keys"));
	SAYS_ONLY("posture.key_state", SEV_UNKNOWN, "Not allowed");
}

static void test_key_rotation(void **state)
{
	(void)state;
	WORLD(KEY "rotation=true rotation_period_days=365 next_rotation_at=2026-11-02T00:00:00Z\n");
	SAYS_ONLY("posture.key_rotation", SEV_OK, "the key is rotated every 365 d, next on 2026-11-02");
	WORLD(KEY "rotation=false\n");
	HAS_WORDS(SAYS("posture.key_rotation", SEV_WARN, "customer key orders-key is not rotated"), "remedy",
		  "aws kms enable-key-rotation --key-id " ARN);
	/* what AWS manages is rotated, whatever the answer */
	WORLD("source keys\nrow arn=arn:x:key/k manager=AWS origin=AWS_KMS rotation=false\n");
	SAYS_ONLY("posture.key_rotation", SEV_OK, "rotated by KMS");
	/* and some keys cannot be */
	WORLD("source keys\nrow arn=arn:x:key/k manager=CUSTOMER origin=EXTERNAL rotation=false\n");
	SAYS_ONLY("posture.key_rotation", SEV_NOTICE, "its material is not made by KMS");
	WORLD(KEY "\n");
	SAYS_ONLY("posture.key_rotation", SEV_NOTICE, "keys of its kind are not rotated");
	WORLD(KEY "\nmissing rotation needs kms:GetKeyRotationStatus\n");
	SAYS_ONLY("posture.key_rotation", SEV_UNKNOWN, "needs kms:GetKeyRotationStatus");
	WORLD(KEY "rotation=true\nrow arn=arn:x:key/other manager=CUSTOMER origin=AWS_KMS rotation=false\n");
	SAYS_ONLY("posture.key_rotation", SEV_WARN, "customer key other");
}

static void test_whose_key(void **state)
{
	(void)state;
	WORLD(KEY "state=Enabled\n" CLUSTER "encrypted=true kms_key=" ARN "\n"
		  "source instances\nrow identifier=a cluster=prod-orders performance_insights=true insights_key=" ARN
		  "\n");
	SAYS_ONLY("posture.volume_encrypted", SEV_OK, "with customer key orders-key");
	SAYS_ONLY("posture.insights_key", SEV_OK, "with customer key orders-key");
	WORLD("source instances\nrow identifier=a cluster=prod-orders performance_insights=true\n");
	SAYS_ONLY("posture.insights_key", SEV_UNKNOWN, "insights_key");
	WORLD("source instances\nrow identifier=a cluster=prod-orders performance_insights=false\n");
	SILENT("posture.insights_key");
}

static void test_insights_retention(void **state)
{
	(void)state;
	WORLD("source instances\nrow identifier=a cluster=prod-orders performance_insights=true "
	      "insights_retention_days=7\n");
	SAYS_ONLY("posture.insights_retention", SEV_OK, "kept for 7 d, policy 7 d");
	WORLD("source instances\nrow identifier=a cluster=prod-orders performance_insights=true "
	      "insights_retention_days=7\n");
	world_policy.limits.insights_retention = 31.0 * US_PER_DAY;
	world_judge();
	SAYS_ONLY("posture.insights_retention", SEV_WARN, "a keeps Performance Insights for 7 d, policy 31 d");
	WORLD("source instances\nrow identifier=a cluster=prod-orders performance_insights=true\n");
	SAYS_ONLY("posture.insights_retention", SEV_UNKNOWN, "insights_retention_days");
}

/* Which of the two kinds of Database Insights is paid for: of the cluster, else of its instances. */
static void test_insights_mode(void **state)
{
#define INSIGHTS(more)                                                                      \
	"source instances\nrow identifier=a cluster=prod-orders performance_insights=true " \
	"insights_retention_days=7 " more "\n"
	static const char *const rules[] = {"posture.insights", "posture.insights_retention"};

	(void)state;
	WORLD(CLUSTER "insights=advanced\n" INSIGHTS("insights=standard"));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		HAS_WORDS(SAYS(rules[i], SEV_OK, ""), "evidence", "DatabaseInsightsMode advanced");
	WORLD(CLUSTER "\n" INSIGHTS("insights=standard"));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		HAS_WORDS(SAYS(rules[i], SEV_OK, ""), "evidence", "DatabaseInsightsMode standard");
	world_policy.limits.insights_retention = 31.0 * US_PER_DAY;
	world_judge();
	HAS_WORDS(SAYS(rules[1], SEV_WARN, ""), "evidence", "DatabaseInsightsMode standard");
	WORLD(CLUSTER "insights=standard\nsource instances\n"
		      "row identifier=a cluster=prod-orders performance_insights=false\n");
	HAS_WORDS(SAYS(rules[0], SEV_WARN, ""), "evidence", "DatabaseInsightsMode standard");
	/* nobody says */
	WORLD(CLUSTER "\n" INSIGHTS(""));
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (str_find(data_str(said, SAYS(rules[i], SEV_OK, ""), "evidence"), STR("DatabaseInsights"), 0) >= 0)
			fail_msg("%s tells a mode that nobody said", rules[i]);
#undef INSIGHTS
}

/* ---- parameters ---- */

static void test_tls(void **state)
{
	(void)state;
	WORLD("source parameters\n" PARAMETER("rds.force_ssl", "1"));
	SAYS_ONLY("posture.tls", SEV_OK, "TLS is required, rds.force_ssl 1");
	WORLD("source parameters\n" PARAMETER("rds.force_ssl", "0"));
	HAS_WORDS(SAYS("posture.tls", SEV_WARN, "sessions without TLS are accepted"), "remedy",
		  "--db-cluster-parameter-group-name prod-orders-pg15 --parameters ParameterName=rds.force_ssl");
	WORLD("source parameters\nrow name=rds.force_ssl value=0 group=default.aurora-postgresql15\n");
	HAS_WORDS(SAYS("posture.tls", SEV_WARN, "without TLS"), "next", "default ones cannot be changed");
	WORLD("source parameters\n" PARAMETER("other", "1"));
	SAYS_ONLY("posture.tls", SEV_UNKNOWN, "value");
	WORLD(DENIED("parameters"));
	SAYS_ONLY("posture.tls", SEV_UNKNOWN, "Not allowed");
}

static void test_slow_log(void **state)
{
	(void)state;
	WORLD("source parameters\n" PARAMETER("log_min_duration_statement", "250"));
	SAYS_ONLY("posture.slow_log", SEV_OK, "statements of 250 ms and more are logged");
	WORLD("source parameters\n" PARAMETER("log_min_duration_statement", "-1"));
	HAS_WORDS(SAYS("posture.slow_log", SEV_NOTICE, "the slow-query log is off"), "action", "slow log");
	WORLD("source parameters\nrow name=log_min_duration_statement\n");
	SAYS_ONLY("posture.slow_log", SEV_NOTICE, "off");
	WORLD("source parameters\n" PARAMETER("log_min_duration_statement", "0"));
	SAYS_ONLY("posture.slow_log", SEV_NOTICE, "every statement is logged");
	WORLD("source parameters\n");
	SAYS_ONLY("posture.slow_log", SEV_UNKNOWN, "value");
}

static void test_preload(void **state)
{
	(void)state;
	WORLD("source parameters\n" PARAMETER("shared_preload_libraries", "pgaudit,pg_stat_statements"));
	SAYS_ONLY("posture.statements", SEV_OK, "pg_stat_statements is loaded");
	WORLD("source parameters\n" PARAMETER("shared_preload_libraries", "pgaudit"));
	SAYS_ONLY("posture.statements", SEV_WARN, "not loaded");
	WORLD("source parameters\n");
	SAYS_ONLY("posture.statements", SEV_UNKNOWN, "value");
}

/* ---- the master user's password ---- */

#define SETTINGS "source cluster_settings\nrow cluster=prod-orders "

static void test_master_secret(void **state)
{
	(void)state;
	WORLD(SETTINGS "master_secret_arn=arn:aws:secretsmanager:x master_secret_status=active\n");
	SAYS_ONLY("posture.master_secret", SEV_OK, "managed by Secrets Manager");
	WORLD(SETTINGS "\n");
	HAS_WORDS(SAYS("posture.master_secret", SEV_WARN, "not managed"), "remedy", "--manage-master-user-password");
	WORLD(SETTINGS "master_secret_arn=arn:aws:secretsmanager:x master_secret_status=impaired\n");
	SAYS_ONLY("posture.master_secret", SEV_WARN, "impaired");
	WORLD(DENIED("cluster_settings"));
	SAYS_ONLY("posture.master_secret", SEV_UNKNOWN, "Not allowed");
}

#define SECRET "source secrets\nrow arn=arn:aws:secretsmanager:x "

static void test_secret_rotation(void **state)
{
	(void)state;
	WORLD(SECRET "rotation=true rotation_days=7 last_rotated_at=now-3d next_rotation_at=now+4d\n");
	SAYS_ONLY("posture.secret_rotation", SEV_OK, "rotated by itself, last on 2026-03-14");
	WORLD(SECRET "rotation=false\n");
	HAS_WORDS(SAYS("posture.secret_rotation", SEV_WARN, "is not rotated"), "remedy",
		  "rotate-secret --secret-id arn:aws");
	/* two days of grace */
	WORLD(SECRET "rotation=true next_rotation_at=now-48h\n");
	SAYS_ONLY("posture.secret_rotation", SEV_OK, "");
	WORLD(SECRET "rotation=true next_rotation_at=now-49h\n");
	SAYS_ONLY("posture.secret_rotation", SEV_WARN, "overdue for 49 h");
	WORLD(SECRET "rotation=true rotation_days=7 last_rotated_at=now-10d\n");
	SAYS_ONLY("posture.secret_rotation", SEV_WARN, "overdue for 3d 00h");
	WORLD(SECRET "\n");
	SAYS_ONLY("posture.secret_rotation", SEV_UNKNOWN, "rotation");
	WORLD(DENIED("secrets"));
	SAYS_ONLY("posture.secret_rotation", SEV_UNKNOWN, "Not allowed");
}

/* ---- readers by themselves ---- */

#define TARGET "source scaling\nrow resource=cluster:prod-orders min_replicas=1 max_replicas=2 "
#define READERS(more)                                                          \
	"source instances\nrow identifier=a cluster=prod-orders role=writer\n" \
	"row identifier=b cluster=prod-orders role=reader\n" more
#define SECOND "row identifier=c cluster=prod-orders role=reader\n"

static void test_reader_scaling(void **state)
{
	(void)state;
	WORLD(CLUSTER "\n" READERS("") TARGET "policy=cpu70 metric=RDSReaderAverageCPUUtilization target_value=70\n");
	HAS_WORDS(SAYS("posture.reader_scaling", SEV_OK, "1 to 2, 1 now"), "evidence",
		  "RDSReaderAverageCPUUtilization at 70");
	WORLD(CLUSTER "\n" READERS(SECOND) TARGET "policy=cpu70\n");
	SAYS_ONLY("posture.reader_scaling", SEV_WARN, "2 readers, as many as auto scaling may have");
	WORLD(CLUSTER "\n" READERS("") TARGET "policy=cpu70 out_suspended=true\n");
	SAYS_ONLY("posture.reader_scaling", SEV_WARN, "suspended");
	WORLD(CLUSTER "\n" READERS("") TARGET "\n");
	SAYS_ONLY("posture.reader_scaling", SEV_WARN, "has no policy");
	WORLD(CLUSTER "\n" READERS("") TARGET
	      "\nmissing policy needs application-autoscaling:DescribeScalingPolicies\n");
	SAYS_ONLY("posture.reader_scaling", SEV_UNKNOWN, "needs application-autoscaling:DescribeScalingPolicies");
	WORLD(CLUSTER "\n" READERS("") "source scaling\n");
	SAYS_ONLY("posture.reader_scaling", SEV_NOTICE, "no auto scaling is set up");
	WORLD(CLUSTER "min_acu=1 max_acu=8\nsource scaling\n");
	SILENT("posture.reader_scaling");
	WORLD(CLUSTER "\n" DENIED("scaling"));
	SAYS_ONLY("posture.reader_scaling", SEV_UNKNOWN, "Not allowed");
}

/* ---- alarms ---- */

#define ALARM(name, metric, state)                                                                                  \
	"row name=" name " metric=" metric " state=" state " object=orders-1 actions_enabled=true actions=arn:sns " \
	"since_at=now-10m condition=\"" metric " Average > 85\" reason=\"Threshold crossed\"\n"
#define ALL_WATCHED                        \
	ALARM("a", "CPUUtilization", "OK") \
	ALARM("b", "FreeableMemory", "OK") ALARM("c", "AuroraReplicaLag", "OK") ALARM("d", "DatabaseConnections", "OK")

static void test_alarms(void **state)
{
	size_t row;

	(void)state;
	WORLD("source alarms\n" ALL_WATCHED);
	SAYS_ONLY("availability.alarms", SEV_OK, "none of 4 alarms is raised");
	SAYS_ONLY("observability.alarm_data", SEV_OK, "4 alarms have enough data");
	SAYS_ONLY("observability.alarm_actions", SEV_OK, "4 alarms tell somebody");
	WORLD("source alarms\n" ALARM("cpu-high", "CPUUtilization", "ALARM"));
	row = SAYS("availability.alarms", SEV_WARN,
		   "alarm cpu-high is raised, for 10m00s: CPUUtilization Average > 85");
	HAS_WORDS(row, "evidence", "Threshold crossed");
	/* new, or out of data for long */
	WORLD("source alarms\n" ALARM("a", "CPUUtilization", "INSUFFICIENT_DATA"));
	SAYS_ONLY("observability.alarm_data", SEV_NOTICE, "a has too little data");
	SAYS_ONLY("availability.alarms", SEV_OK, "");
	WORLD("source alarms\nrow name=a state=INSUFFICIENT_DATA since_at=now-31m actions_enabled=false "
	      "actions=\"\"\n");
	SAYS_ONLY("observability.alarm_data", SEV_WARN, "for 31m00s");
	SAYS_ONLY("observability.alarm_actions", SEV_NOTICE, "a tells nobody");
	WORLD("source alarms\nrow name=a\n");
	SAYS_ONLY("availability.alarms", SEV_UNKNOWN, "state");
	SAYS_ONLY("observability.alarm_actions", SEV_UNKNOWN, "actions_enabled");
	WORLD(DENIED("alarms"));
	SAYS_ONLY("availability.alarms", SEV_UNKNOWN, "Not allowed");
	SAYS_ONLY("observability.alarm_coverage", SEV_UNKNOWN, "Not allowed");
}

static void test_alarm_coverage(void **state)
{
	size_t row;

	(void)state;
	WORLD(READERS("") "source alarms\n" ALL_WATCHED);
	SAYS_ONLY("observability.alarm_coverage", SEV_OK, "4 alarms watch");
	WORLD(READERS("") "source alarms\n" ALARM("a", "DBLoad", "OK") ALARM("d", "DatabaseConnections", "OK"));
	row = SAYS("observability.alarm_coverage", SEV_WARN, "no alarm on local storage or memory, replica lag");
	HAS_WORDS(row, "remedy", "--metric-name FreeLocalStorage");
	HAS_WORDS(row, "remedy", "--comparison-operator LessThanThreshold");
	/* without readers nothing lags; a part of an expression is watched */
	WORLD("source instances\nrow identifier=a cluster=prod-orders role=writer\nsource alarms\n" ALARM(
		"a", "CPUUtilization", "OK") "row name=e state=OK parts=FreeLocalStorage,DatabaseConnections\n");
	SAYS_ONLY("observability.alarm_coverage", SEV_OK, "2 alarms watch");
	WORLD(READERS("") "source alarms\n");
	SAYS_ONLY("observability.alarm_coverage", SEV_WARN,
		  "no alarm on CPU or load, local storage or memory, replica lag, connections");
}

/* ---- maintenance ---- */

#define PENDING                                                                                            \
	"source pending_maintenance\nrow resource=prod-orders resource_type=cluster action=system-update " \
	"description=patch "

static void test_maintenance(void **state)
{
	(void)state;
	WORLD("source pending_maintenance\n");
	SAYS_ONLY("availability.maintenance", SEV_OK, "no maintenance is pending");
	WORLD(PENDING "\n");
	HAS_WORDS(SAYS("availability.maintenance", SEV_NOTICE, "system-update of prod-orders waits, without a date"),
		  "action", "apply maintenance");
	WORLD(PENDING "current_apply_at=now+3d\n");
	SAYS_ONLY("availability.maintenance", SEV_NOTICE, "is due on 2026-03-20");
	WORLD(PENDING "forced_apply_at=now+7d\n");
	SAYS_ONLY("availability.maintenance", SEV_WARN, "is forced on 2026-03-24");
	WORLD(PENDING "forced_apply_at=2026-03-24T13:45:08Z\n");
	SAYS_ONLY("availability.maintenance", SEV_NOTICE, "is due on 2026-03-24");
	WORLD(DENIED("pending_maintenance"));
	SAYS_ONLY("availability.maintenance", SEV_UNKNOWN, "Not allowed");
}

static void test_who_answers(void **state)
{
	size_t row;

	(void)state;
	WORLD("source activity\nrow total=3 blocked=0 max_connections=100\nsource clusters\nrow identifier=prod-orders "
	      "status=available\n");
	SAYS_ONLY("reachability.database", SEV_OK, "database answers");
	SAYS_ONLY("reachability.aws", SEV_OK, "AWS answers");
	/* at the first failure, although the last sample is still believed elsewhere */
	WORLD("source activity at=now-2s\nrow total=3 blocked=0 max_connections=100\n"
	      "source activity\nerror refused orders-1 refused the connection | wait for the failover\n"
	      "source clusters\nerror timeout no answer\n");
	row = SAYS("reachability.database", SEV_CRIT, "database does not answer: orders-1 refused the connection");
	HAS_WORDS(row, "action", "doctor");
	HAS_WORDS(row, "next", "wait for the failover; d in 8 Network");
	SAYS_ONLY("reachability.aws", SEV_WARN, "AWS does not answer: no answer");
	SAYS_ONLY("capacity.connections", SEV_OK, "3 of 100");
	/* nobody has tried */
	WORLD("source clusters\nerror refused no connection to rds\n"
	      "source activity\nerror refused needs clusters: no connection to rds\n");
	SAYS_ONLY("reachability.database", SEV_UNKNOWN, "AWS does not say where it is");
	/* no outage: one right is missing; it is stopped; it does not exist here */
	WORLD(DENIED("activity") DENIED("clusters"));
	SAYS_ONLY("reachability.database", SEV_UNKNOWN, "Not allowed");
	SAYS_ONLY("reachability.aws", SEV_UNKNOWN, "Not allowed");
	WORLD("source activity\nunavailable the cluster is stopped\nsource clusters\nskipped left out\n");
	SILENT("reachability.database");
	SILENT("reachability.aws");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_key_state, world_teardown),
		cmocka_unit_test_teardown(test_key_rotation, world_teardown),
		cmocka_unit_test_teardown(test_whose_key, world_teardown),
		cmocka_unit_test_teardown(test_insights_retention, world_teardown),
		cmocka_unit_test_teardown(test_insights_mode, world_teardown),
		cmocka_unit_test_teardown(test_tls, world_teardown),
		cmocka_unit_test_teardown(test_slow_log, world_teardown),
		cmocka_unit_test_teardown(test_preload, world_teardown),
		cmocka_unit_test_teardown(test_master_secret, world_teardown),
		cmocka_unit_test_teardown(test_secret_rotation, world_teardown),
		cmocka_unit_test_teardown(test_reader_scaling, world_teardown),
		cmocka_unit_test_teardown(test_alarms, world_teardown),
		cmocka_unit_test_teardown(test_alarm_coverage, world_teardown),
		cmocka_unit_test_teardown(test_maintenance, world_teardown),
		cmocka_unit_test_teardown(test_who_answers, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
