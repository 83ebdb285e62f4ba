/* Design decisions that RDS, EC2 and the server itself tell of: in order, broken, at the limit, not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/verdict_facts.h"

#define CLUSTER "source clusters\nrow identifier=prod-orders status=available port=5432 master_username=owner "
#define INSTANCES "source instances\n"
#define WRITER                                                                                             \
	"row identifier=orders-1 cluster=prod-orders role=writer class=db.r6g.2xlarge memory_bytes=64GiB " \
	"zone=eu-west-1a "
#define READER(name) "row identifier=" name " cluster=prod-orders role=reader "
#define OTHER "row identifier=billing-1 cluster=billing role=writer publicly_accessible=true zone=eu-west-1a\n"
#define RULES "source security_group_rules\n"
#define SUBNETS "source subnets\n"
#define DENIED(source) "source " source "\nerror denied Not allowed: " source ":Describe | allow it\n"

static void test_volume(void **state)
{
	(void)state;
	WORLD(CLUSTER "encrypted=true kms_key=arn:aws:kms:eu-west-1:1:key/orders-key\n");
	SAYS_ONLY("posture.volume_encrypted", SEV_OK, "volume is encrypted with key orders-key");
	WORLD(CLUSTER "encrypted=false\n");
	HAS_WORDS(SAYS("posture.volume_encrypted", SEV_WARN, "not encrypted"), "remedy", "--kms-key-id");
	WORLD(CLUSTER "\n");
	SAYS_ONLY("posture.volume_encrypted", SEV_UNKNOWN, "encrypted");
	WORLD(DENIED("clusters"));
	SAYS_ONLY("posture.volume_encrypted", SEV_UNKNOWN, "Not allowed");
}

/* The settings that are one switch of the cluster. */
static void test_switches(void **state)
{
	static const struct {
		const char *rule, *field, *option;
	} switches[] = {
		{"posture.deletion_protection", "deletion_protection", "--deletion-protection"},
		{"posture.iam_auth", "iam_auth", "--enable-iam-database-authentication"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		(void)snprintf(text, sizeof text, CLUSTER "%s=true\n", switches[i].field);
		WORLD(text);
		SAYS_ONLY(switches[i].rule, SEV_OK, "on");
		(void)snprintf(text, sizeof text, CLUSTER "%s=false\n", switches[i].field);
		WORLD(text);
		HAS_WORDS(SAYS(switches[i].rule, SEV_WARN, "off"), "remedy", switches[i].option);
		WORLD(CLUSTER "\n");
		SAYS_ONLY(switches[i].rule, SEV_UNKNOWN, switches[i].field);
		WORLD(DENIED("clusters"));
		SAYS_ONLY(switches[i].rule, SEV_UNKNOWN, "Not allowed");
	}
}

/* AWS has no setting for it, so the one who deletes has to be told, before and after the switch is on. */
static void test_final_snapshot(void **state)
{
	size_t row;

	(void)state;
	WORLD(CLUSTER "deletion_protection=false\n");
	row = SAYS("posture.deletion_protection", SEV_WARN, "off");
	HAS_WORDS(row, "next", "should name --final-db-snapshot-identifier");
	WORLD(CLUSTER "deletion_protection=true\n");
	HAS_WORDS(SAYS("posture.deletion_protection", SEV_OK, "on"), "why", "--final-db-snapshot-identifier");
}

/* And those of every instance; what belongs to another cluster does not count. */
static void test_instance_switches(void **state)
{
	static const struct {
		const char *rule, *field, *good, *bad;
		enum severity when_bad;
	} switches[] = {
		{"posture.public_access", "publicly_accessible", "false", "true", SEV_WARN},
		{"posture.enhanced_monitoring", "monitoring_us", "60s", "0", SEV_WARN},
		{"posture.insights", "performance_insights", "true", "false", SEV_WARN},
		{"posture.minor_upgrade", "auto_minor_upgrade", "true", "false", SEV_NOTICE},
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		const char *field = switches[i].field, *good = switches[i].good, *bad = switches[i].bad;
		size_t row;

		(void)snprintf(text, sizeof text, INSTANCES WRITER "%s=%s\n" READER("orders-2") "%s=%s\n" OTHER, field,
			       good, field, good);
		WORLD(text);
		SAYS_ONLY(switches[i].rule, SEV_OK, "orders-1 orders-2");
		(void)snprintf(text, sizeof text, INSTANCES WRITER "%s=%s\n" READER("orders-2") "%s=%s\n", field, good,
			       field, bad);
		WORLD(text);
		row = SAYS(switches[i].rule, switches[i].when_bad, ": orders-2");
		HAS_WORDS(row, "object", "orders-2");
		HAS_WORDS(row, "remedy", "--db-instance-identifier orders-2 ");
		HAS_WORDS(row, "evidence", "of 1 of 2 instances");
		(void)snprintf(text, sizeof text, INSTANCES WRITER "%s=%s\n" READER("orders-2") "%s=%s\n", field, bad,
			       field, bad);
		WORLD(text);
		HAS_WORDS(SAYS(switches[i].rule, switches[i].when_bad, ": orders-1 orders-2"), "remedy",
			  "for i in orders-1 orders-2; do");
		/* one that is not known is not in order, whatever the others are */
		(void)snprintf(text, sizeof text, INSTANCES WRITER "%s=%s\n" READER("orders-2") "\n", field, good);
		WORLD(text);
		SAYS_ONLY(switches[i].rule, SEV_UNKNOWN, field);
		WORLD(DENIED("instances"));
		SAYS_ONLY(switches[i].rule, SEV_UNKNOWN, "Not allowed");
	}
}

/* ---- network ---- */

static void test_world_open(void **state)
{
	size_t row;

	(void)state;
	WORLD(CLUSTER
	      "\n" RULES
	      "row rule_id=sgr-1 group_id=sg-1 egress=false protocol=tcp from_port=5432 to_port=5432 world_open=false\n"
	      "row rule_id=sgr-2 group_id=sg-1 egress=true protocol=-1 from_port=-1 to_port=-1 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_OK, "none of 1 rule lets every address in");
	SAYS_ONLY("reachability.ingress", SEV_OK, "1 rule leads to port 5432");
	WORLD(CLUSTER "\n" RULES "row rule_id=sgr-1 group_id=sg-1 egress=false protocol=tcp ports=5432 peer=0.0.0.0/0 "
		      "from_port=5432 to_port=5432 world_open=true\n");
	row = SAYS("posture.world_open", SEV_CRIT, "every address may reach port 5432, by rule sgr-1");
	HAS_WORDS(row, "action", "revoke rule");
	HAS_WORDS(row, "evidence", "sg-1 tcp 5432 from 0.0.0.0/0");
	HAS_WORDS(row, "remedy", "--group-id sg-1 --security-group-rule-ids sgr-1");
	/* another port, at both ends of a range that holds it, and everything at once */
	WORLD(CLUSTER "\n" RULES "row rule_id=a egress=false protocol=tcp from_port=22 to_port=22 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_WARN, "not to the database's port");
	SAYS_ONLY("reachability.ingress", SEV_WARN, "no rule lets anybody in to port 5432");
	WORLD(CLUSTER "\n" RULES
		      "row rule_id=a egress=false protocol=tcp from_port=5000 to_port=6000 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_CRIT, "");
	WORLD(CLUSTER "\n" RULES
		      "row rule_id=a egress=false protocol=tcp from_port=5000 to_port=5431 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_WARN, "");
	WORLD(CLUSTER "\n" RULES "row rule_id=a egress=false protocol=-1 from_port=-1 to_port=-1 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_CRIT, "");
	WORLD(CLUSTER "\n" RULES
		      "row rule_id=a egress=false protocol=udp from_port=5432 to_port=5432 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_WARN, "");
	/* the cluster's own port decides */
	WORLD("source clusters\nrow identifier=prod-orders port=6432\n" RULES
	      "row rule_id=a egress=false protocol=tcp from_port=5432 to_port=5432 world_open=true\n");
	SAYS_ONLY("posture.world_open", SEV_WARN, "");
	WORLD(CLUSTER "\n" RULES "row rule_id=a egress=false protocol=tcp from_port=5432 to_port=5432\n");
	SAYS_ONLY("posture.world_open", SEV_UNKNOWN, "world_open");
	WORLD(DENIED("security_group_rules"));
	SAYS_ONLY("posture.world_open", SEV_UNKNOWN, "Not allowed");
	SAYS_ONLY("reachability.ingress", SEV_UNKNOWN, "Not allowed");
}

static void test_zones(void **state)
{
	(void)state;
	WORLD(SUBNETS "row subnet_id=s1 zone=eu-west-1a\nrow subnet_id=s2 zone=eu-west-1b\n" INSTANCES WRITER
		      "\n" READER("orders-2") "zone=eu-west-1b\n");
	SAYS_ONLY("posture.subnet_zones", SEV_OK, "subnets are in 2 zones: eu-west-1a eu-west-1b");
	SAYS_ONLY("posture.instance_zones", SEV_OK, "2 instances in 2 zones");
	WORLD(SUBNETS "row subnet_id=s1 zone=eu-west-1a\nrow subnet_id=s2 zone=eu-west-1a\n" INSTANCES WRITER
		      "\n" READER("orders-2") "zone=eu-west-1a\n");
	SAYS_ONLY("posture.subnet_zones", SEV_WARN, "subnets are in 1 zone: eu-west-1a");
	SAYS_ONLY("posture.instance_zones", SEV_WARN, "2 instances in 1 zone");
	WORLD(SUBNETS "row subnet_id=s1 zone=eu-west-1a\nrow subnet_id=s2\n" INSTANCES WRITER
		      "\n" READER("orders-2") "\n");
	SAYS_ONLY("posture.subnet_zones", SEV_UNKNOWN, "zone");
	SAYS_ONLY("posture.instance_zones", SEV_UNKNOWN, "zone");
	WORLD(DENIED("subnets") DENIED("instances"));
	SAYS_ONLY("posture.subnet_zones", SEV_UNKNOWN, "Not allowed");
	SAYS_ONLY("posture.instance_zones", SEV_UNKNOWN, "Not allowed");
}

static void test_subnets(void **state)
{
	(void)state;
	WORLD(SUBNETS "row subnet_id=s1 status=Active free_addresses=5\n");
	SAYS_ONLY("reachability.subnets", SEV_OK, "all 1 subnets are active");
	WORLD(SUBNETS "row subnet_id=s1 status=Active free_addresses=4\n");
	SAYS_ONLY("reachability.subnets", SEV_WARN, "s1 has 4 free addresses, policy 5");
	WORLD(SUBNETS "row subnet_id=s1 status=Inactive free_addresses=90\n");
	SAYS_ONLY("reachability.subnets", SEV_WARN, "s1 is Inactive");
	WORLD(SUBNETS "row subnet_id=s1 status=Active\nmissing free_addresses needs ec2:DescribeSubnets\n");
	SAYS_ONLY("reachability.subnets", SEV_UNKNOWN, "needs ec2:DescribeSubnets");
}

/* ---- authentication ---- */

static void test_master_sessions(void **state)
{
	(void)state;
	WORLD(CLUSTER "\nsource sessions\nrow pid=1 user=app application=api\n");
	SAYS_ONLY("posture.master_sessions", SEV_OK, "no session that does something is of the master user owner");
	WORLD(CLUSTER
	      "\nsource sessions\nrow pid=1 user=app\nrow pid=7 user=owner application=api\nrow pid=8 user=owner\n");
	SAYS_ONLY("posture.master_sessions", SEV_WARN, "2 sessions are of the master user owner, one is pid 7 of api");
	WORLD("source clusters\nrow identifier=prod-orders\nsource sessions\nrow pid=1 user=app\n");
	SAYS_ONLY("posture.master_sessions", SEV_UNKNOWN, "master_username");
	WORLD(CLUSTER "\nsource sessions\nerror timeout no answer in 5 s | wait\n");
	SAYS_ONLY("posture.master_sessions", SEV_UNKNOWN, "no answer in 5 s");
}

static void test_own_role(void **state)
{
	(void)state;
	WORLD(CLUSTER "\nsource activity\nrow user=watcher\n");
	SAYS_ONLY("posture.own_role", SEV_OK, "connected as watcher");
	WORLD(CLUSTER "\nsource activity\nrow user=owner\n");
	SAYS_ONLY("posture.own_role", SEV_NOTICE, "connected as the master user owner");
}

/* ---- scaling ---- */

static void test_readers(void **state)
{
	size_t row;

	(void)state;
	WORLD(INSTANCES WRITER "\n" READER("orders-2") "zone=eu-west-1b\n" READER("orders-3") "zone=eu-west-1a\n");
	SAYS_ONLY("posture.readers", SEV_OK, "1 of 2 readers in another zone");
	WORLD(INSTANCES WRITER "\n" READER("orders-2") "zone=eu-west-1a\n");
	SAYS_ONLY("posture.readers", SEV_WARN, "in the writer's zone, eu-west-1a");
	WORLD(INSTANCES WRITER "\n" OTHER);
	row = SAYS("posture.readers", SEV_WARN, "there is no reader");
	HAS_WORDS(row, "remedy", "--db-instance-class db.r6g.2xlarge");
	SILENT("posture.failover_target");
	WORLD(INSTANCES WRITER "\n" READER("orders-2") "\n");
	SAYS_ONLY("posture.readers", SEV_UNKNOWN, "zone");
	WORLD(INSTANCES "row identifier=orders-1 cluster=prod-orders\n");
	SAYS_ONLY("posture.readers", SEV_UNKNOWN, "role");
}

#define LIKE_WRITER "class=db.r6g.2xlarge memory_bytes=64GiB "
#define SMALLER "class=db.r6g.xlarge memory_bytes=32GiB "

static void test_failover_target(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "promotion_tier=0\n" READER("orders-2") LIKE_WRITER
	      "promotion_tier=1\n" READER("orders-3") SMALLER "promotion_tier=2\n");
	SAYS_ONLY("posture.failover_target", SEV_OK, "takes orders-2, tier 1, db.r6g.2xlarge");
	WORLD(INSTANCES WRITER "\n" READER("orders-2") LIKE_WRITER "promotion_tier=2\n" READER("orders-3") SMALLER
	      "promotion_tier=1\n");
	HAS_WORDS(SAYS("posture.failover_target", SEV_WARN,
		       "takes orders-3, db.r6g.xlarge, the writer is db.r6g.2xlarge"),
		  "object", "orders-3");
	/* among equals the largest is taken */
	WORLD(INSTANCES WRITER "\n" READER("orders-3") SMALLER "promotion_tier=1\n" READER("orders-2") LIKE_WRITER
	      "promotion_tier=1\n");
	SAYS_ONLY("posture.failover_target", SEV_OK, "orders-2");
	WORLD(INSTANCES WRITER "\n" READER("orders-2") LIKE_WRITER "\n");
	SAYS_ONLY("posture.failover_target", SEV_UNKNOWN, "promotion_tier");
	WORLD(INSTANCES "row identifier=a cluster=prod-orders role=writer class=db.serverless\n" READER(
		"b") "class=db.serverless promotion_tier=2\n");
	SAYS_ONLY("posture.failover_target", SEV_NOTICE, "does not follow the writer's");
	WORLD(INSTANCES "row identifier=a cluster=prod-orders role=writer class=db.serverless\n" READER(
		"b") "class=db.serverless promotion_tier=1\n");
	SAYS_ONLY("posture.failover_target", SEV_OK, "tier 1");
}

#define SERVERLESS CLUSTER "min_acu=0.5 max_acu=16\n"
#define CAPACITY(value) "row metric=ServerlessDatabaseCapacity object=prod-orders at=now-1m value=" value "\n"
#define CAPACITY_SERIES(from, values)                                                                            \
	"series ServerlessDatabaseCapacity object=prod-orders unit=Count statistic=Average period=1m from=" from \
	" values=" values "\n"

static void test_capacity(void **state)
{
	(void)state;
	WORLD(SERVERLESS "source metrics\n" CAPACITY("3.5") CAPACITY_SERIES("now-40m", "3.5..3.5*40"));
	SAYS_ONLY("capacity.acu", SEV_OK, "3.5 ACU in use of 0.5 to 16");
	WORLD(SERVERLESS "source metrics\n" CAPACITY("16") CAPACITY_SERIES("now-40m", "16..16*40"));
	HAS_WORDS(SAYS("capacity.acu", SEV_WARN, "at the largest capacity, 16 ACU, for 30m"), "remedy",
		  "MaxCapacity=32");
	/* not for long enough, or not all the time */
	WORLD(SERVERLESS "source metrics\n" CAPACITY("16") CAPACITY_SERIES("now-29m", "16..16*29"));
	SAYS_ONLY("capacity.acu", SEV_OK, "16 ACU in use");
	WORLD(SERVERLESS "source metrics\n" CAPACITY("16") CAPACITY_SERIES("now-40m", "16..16*25,12,16..16*14"));
	SAYS_ONLY("capacity.acu", SEV_OK, "16 ACU in use");
	WORLD(SERVERLESS "source metrics\n");
	SAYS_ONLY("capacity.acu", SEV_UNKNOWN, "value");
	WORLD(SERVERLESS DENIED("metrics"));
	SAYS_ONLY("capacity.acu", SEV_UNKNOWN, "Not allowed");
	WORLD(CLUSTER "\nsource metrics\n");
	SILENT("capacity.acu");
}

/* ---- the rest ---- */

static void test_log_exports(void **state)
{
	(void)state;
	WORLD(CLUSTER "log_exports=instance,postgresql\n");
	SAYS_ONLY("posture.log_exports", SEV_OK, "instance,postgresql");
	WORLD(CLUSTER "log_exports=\"\"\n");
	HAS_WORDS(SAYS("posture.log_exports", SEV_WARN, "not exported"), "remedy", "EnableLogTypes=postgresql");
	WORLD(CLUSTER "\n");
	SAYS_ONLY("posture.log_exports", SEV_UNKNOWN, "log_exports");
}

static void test_tags(void **state)
{
	(void)state;
	WORLD(CLUSTER "tags=owner=orders,environment=Production\n");
	SILENT("posture.tags");
	(void)snprintf(world_policy.required_tags, sizeof world_policy.required_tags, "Owner, environment=production");
	world_judge();
	SAYS_ONLY("posture.tags", SEV_OK, "are there");
	(void)snprintf(world_policy.required_tags, sizeof world_policy.required_tags,
		       "owner,cost-center,environment=test");
	world_judge();
	SAYS_ONLY("posture.tags", SEV_WARN, "missing: cost-center environment=test");
	WORLD(CLUSTER "\n");
	(void)snprintf(world_policy.required_tags, sizeof world_policy.required_tags, "owner");
	world_judge();
	SAYS_ONLY("posture.tags", SEV_UNKNOWN, "tags");
}

static void test_storage_type(void **state)
{
	(void)state;
	WORLD(CLUSTER "\n");
	SAYS_ONLY("posture.storage_type", SEV_OK, "Aurora Standard");
	WORLD(CLUSTER "storage_type=aurora-iopt1\n");
	SAYS_ONLY("posture.storage_type", SEV_OK, "I/O-Optimized");
	WORLD(CLUSTER "storage_type=aurora-x\n");
	HAS_WORDS(SAYS("posture.storage_type", SEV_NOTICE, "aurora-x"), "next", "AWS");
}

static void test_statistics(void **state)
{
	(void)state;
	WORLD("source statements_info\nrow extension_version=1.10 track=top entries=318 max_entries=5000\n");
	SAYS_ONLY("posture.statements", SEV_OK, "pg_stat_statements 1.10, 318 of 5000");
	WORLD("source statements_info\nrow extension_version=1.10 track=none problem=\"nothing is counted\"\n");
	SAYS_ONLY("posture.statements", SEV_WARN, "nothing is counted");
	WORLD("source statements_info\nrow extension_version=1.10 hidden=4 problem=\"4 statements are hidden\"\n");
	SAYS_ONLY("posture.statements", SEV_NOTICE, "4 statements are hidden");
	WORLD("source statements_info\nunavailable this server does not load pg_stat_statements | load it\n");
	HAS_WORDS(SAYS("posture.statements", SEV_WARN, "does not load pg_stat_statements"), "next", "load it");
}

static void test_certificate(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "ca_valid_at=now+400d\n" READER("orders-2") "ca_valid_at=now+30d\n");
	SAYS_ONLY("availability.certificate", SEV_OK, "valid until 2026-04-16 13:45Z and longer");
	WORLD(INSTANCES WRITER "ca=rds-ca-2019 ca_valid_at=now+29d\n");
	HAS_WORDS(SAYS("availability.certificate", SEV_WARN, "expires in 29d 00h, policy 30d"), "evidence",
		  "rds-ca-2019");
	WORLD(INSTANCES WRITER "ca_valid_at=now-1h\n");
	SAYS_ONLY("availability.certificate", SEV_CRIT, "has expired");
	WORLD(INSTANCES WRITER "\n");
	SAYS_ONLY("availability.certificate", SEV_UNKNOWN, "ca_valid_at");
}

static void test_pending_changes(void **state)
{
	(void)state;
	WORLD(INSTANCES WRITER "parameter_status=in-sync\n");
	SAYS_ONLY("availability.pending_changes", SEV_OK, "no change waits");
	WORLD(INSTANCES WRITER "parameter_status=pending-reboot parameter_group=pg\n");
	HAS_WORDS(SAYS("availability.pending_changes", SEV_NOTICE, "wait for a reboot"), "action", "reboot");
	WORLD(INSTANCES WRITER "parameter_status=in-sync pending_class=db.r7g.large\n");
	SAYS_ONLY("availability.pending_changes", SEV_NOTICE, "becomes db.r7g.large");
	WORLD(INSTANCES WRITER "\n");
	SAYS_ONLY("availability.pending_changes", SEV_UNKNOWN, "parameter_status");
}

/* Without AWS there is nothing to say of it, and nothing unknown either. */
static void test_without_aws(void **state)
{
	(void)state;
	WORLD("source clusters\nskipped no AWS\nsource instances\nskipped no AWS\nsource snapshots\nskipped no AWS\n"
	      "source security_group_rules\nskipped no AWS\nsource subnets\nskipped no AWS\n");
	for (size_t i = 0; i < said->nrows; i++)
		if (data_str(said, i, "decision").len > 0)
			fail_msg("%.*s says \"%.*s\"", STR_ARG(data_str(said, i, "id")),
				 STR_ARG(data_str(said, i, "sentence")));
}

/* Every rule of a design decision stands with its like: the Posture view shows them in that order. */
static void test_decisions_stand_together(void **state)
{
	static const char *const order[] = {"encryption",    "network", "authentication", "scaling",
					    "observability", "storage", "insights"};
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < nverdict_rules; i++) {
		const char *decision = verdict_rules[i].decision;

		if (!decision[0])
			continue;
		while (at < ARRAY_LEN(order) && strcmp(order[at], decision) != 0)
			at++;
		if (at == ARRAY_LEN(order))
			fail_msg("%s: decision %s does not stand with its like", verdict_rules[i].id, decision);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_volume, world_teardown),
		cmocka_unit_test_teardown(test_switches, world_teardown),
		cmocka_unit_test_teardown(test_final_snapshot, world_teardown),
		cmocka_unit_test_teardown(test_instance_switches, world_teardown),
		cmocka_unit_test_teardown(test_world_open, world_teardown),
		cmocka_unit_test_teardown(test_zones, world_teardown),
		cmocka_unit_test_teardown(test_subnets, world_teardown),
		cmocka_unit_test_teardown(test_master_sessions, world_teardown),
		cmocka_unit_test_teardown(test_own_role, world_teardown),
		cmocka_unit_test_teardown(test_readers, world_teardown),
		cmocka_unit_test_teardown(test_failover_target, world_teardown),
		cmocka_unit_test_teardown(test_capacity, world_teardown),
		cmocka_unit_test_teardown(test_log_exports, world_teardown),
		cmocka_unit_test_teardown(test_tags, world_teardown),
		cmocka_unit_test_teardown(test_storage_type, world_teardown),
		cmocka_unit_test_teardown(test_statistics, world_teardown),
		cmocka_unit_test_teardown(test_certificate, world_teardown),
		cmocka_unit_test_teardown(test_pending_changes, world_teardown),
		cmocka_unit_test_teardown(test_without_aws, world_teardown),
		cmocka_unit_test(test_decisions_stand_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
