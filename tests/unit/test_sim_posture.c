/*
 * test_sim_posture.c: the simulated alarms, keys, secret, replica scaling, routes, network ACLs and shared snapshots.
 */
#include "sim_fixture.h"

#include "base/clock.h"

#define ALARMS CW("DescribeAlarms")
#define KEY_ID "5f0c3b1e-7d42-4a51-9e8f-0c1d2e3f4a5b"
#define KEY_ARN "arn:aws:kms:eu-west-1:111122223333:key/" KEY_ID

/* The element of an alarm. */
static char *alarm_of(struct sim *s, const char *name)
{
	char form[200], *text, *result;

	snprintf(form, sizeof(form), ALARMS "&AlarmNames.member.1=%s", name);
	text = fixture_ok(s, form);
	assert_int_equal(fixture_count(text, "<AlarmName>"), 1);
	result = xstrdup(strstr(text, "<AlarmName>"));
	xfree(text);
	return result;
}

static void expect_state(struct sim *s, const char *name, const char *state)
{
	char *text = alarm_of(s, name), want[64];

	snprintf(want, sizeof(want), "<StateValue>%s<", state);
	if (!strstr(text, want))
		fail_msg("%s is not %s: %s", name, state, text);
	xfree(text);
}

static void alarms_follow_their_metrics(void **state)
{
	struct sim *s = fixture_new("incident", 0);
	char *text;

	(void)state;
	/* the load rises from twelve to two minutes before the start */
	expect_state(s, "prod-orders-cpu", "ALARM");
	expect_state(s, "prod-orders-memory", "OK");
	expect_state(s, "storefront-5xx", "ALARM"); /* as the scenario says */
	text = alarm_of(s, "prod-orders-cpu");
	assert_non_null(strstr(text, "<StateTransitionedTimestamp>2026-03-17T11:5"));
	assert_non_null(strstr(text, "beyond the threshold"));
	xfree(text);
	sim_stop(s);
	s = fixture_new(NULL, 0);
	expect_state(s, "prod-orders-cpu", "OK");
	text = alarm_of(s, "prod-orders-cpu");
	assert_non_null(strstr(text, "<ActionsEnabled>true<"));
	assert_non_null(strstr(text, "<Name>DBInstanceIdentifier</Name>"));
	xfree(text);
	sim_stop(s);
}

static void alarms_in_pages_and_by_state(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, ALARMS "&MaxRecords=2"), token[80], form[200];
	const char *at = strstr(text, "<NextToken>");

	(void)state;
	assert_int_equal(fixture_count(text, "<AlarmName>"), 2);
	assert_non_null(at);
	snprintf(token, sizeof(token), "%.*s", (int)strcspn(at + 11, "<"), at + 11);
	xfree(text);
	snprintf(form, sizeof(form), ALARMS "&MaxRecords=100&NextToken=%s", token);
	text = fixture_ok(s, form);
	assert_int_equal(fixture_count(text, "<AlarmName>"), 2);
	assert_null(strstr(text, "<NextToken>"));
	xfree(text);
	text = fixture_ok(s, ALARMS "&StateValue=ALARM");
	assert_int_equal(fixture_count(text, "<AlarmName>"), 1);
	xfree(text);
	text = fixture_ok(s, ALARMS "&AlarmNamePrefix=prod-&AlarmTypes.member.1=CompositeAlarm");
	assert_int_equal(fixture_count(text, "<AlarmName>"), 0);
	xfree(text);
	fixture_fails(s, ALARMS "&NextToken=forged", "InvalidNextToken");
	fixture_fails(s, ALARMS "&MaxRecords=101", "InvalidParameterValue");
	fixture_fails(s, ALARMS "&StateValue=RED", "ValidationError");
	fixture_fails(s, ALARMS "&Dimensions.member.1.Name=x", "InvalidParameterValue");
	fixture_json_ok(s, "GraniteServiceVersion20100801.DescribeAlarms", "{\"AlarmNames\":[\"prod-orders-lag\"]}",
			"\"AlarmName\":\"prod-orders-lag\"");
	sim_stop(s);
}

static void keys_and_their_rotation(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_json_ok(s, "TrentService.DescribeKey", "{\"KeyId\":\"" KEY_ARN "\"}", "\"KeyState\":\"Enabled\"");
	fixture_json_ok(s, "TrentService.DescribeKey", "{\"KeyId\":\"" KEY_ID "\"}", "\"KeyManager\":\"CUSTOMER\"");
	fixture_json_ok(s, "TrentService.GetKeyRotationStatus", "{\"KeyId\":\"" KEY_ID "\"}",
			"\"KeyRotationEnabled\":true,\"RotationPeriodInDays\":365");
	fixture_json_fails(s, "TrentService.DescribeKey", "{\"KeyId\":\"nobody\"}", "NotFoundException");
	fixture_json_fails(s, "TrentService.DescribeKey", "{}", "MissingParameter");
	fixture_json_fails(s, "TrentService.DescribeKey", "{\"KeyId\":\"x\",\"Colour\":1}", "InvalidParameterValue");
	sim_stop(s);
}

#define MASTER_SECRET "rds!cluster-0b4d7c1e-55a2-4a0c-9d7e-6f1f2a3b4c5d"

static void the_secret_is_rotated(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct err err;

	(void)state;
	fixture_json_ok(s, "secretsmanager.DescribeSecret",
			"{\"SecretId\":\"rds!cluster-0b4d7c1e-55a2-4a0c-9d7e-6f1f2a3b4c5d\"}",
			"\"AutomaticallyAfterDays\":7");
	fixture_json_fails(s, "secretsmanager.DescribeSecret", "{\"SecretId\":\"other\"}", "ResourceNotFoundException");
	fixture_json_fails(s, "secretsmanager.GetSecretValue", "{\"SecretId\":\"x\"}", "ResourceNotFoundException");
	fixture_json_ok(s, "secretsmanager.GetSecretValue", "{\"SecretId\":\"" MASTER_SECRET "\"}",
			"\"SecretString\":\"{\\\"username\\\":\\\"postgres\\\",");
	assert_true(sim_set_secret(s, "", "first", &err));
	assert_true(sim_set_secret(s, "", "second", &err));
	fixture_json_ok(s, "secretsmanager.GetSecretValue",
			"{\"SecretId\":\"" MASTER_SECRET "\",\"VersionStage\":\"AWSCURRENT\"}", "\"second\"");
	fixture_json_ok(s, "secretsmanager.GetSecretValue",
			"{\"SecretId\":\"" MASTER_SECRET "\",\"VersionStage\":\"AWSPREVIOUS\"}", "\"first\"");
	fixture_json_fails(s, "secretsmanager.GetSecretValue",
			   "{\"SecretId\":\"" MASTER_SECRET "\",\"VersionStage\":\"AWSPENDING\"}",
			   "ResourceNotFoundException");
	/* another one, by name and by ARN */
	assert_true(sim_set_secret(s, "orders/watch", "{}", &err));
	fixture_json_ok(s, "secretsmanager.GetSecretValue", "{\"SecretId\":\"orders/watch\"}",
			"arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/watch-");
	for (int i = 0; i < SIM_SECRETS_MAX - 2; i++)
		assert_true(sim_set_secret(s, i ? "b" : "a", "x", &err));
	assert_false(sim_set_secret(s, "c", "x", &err));
	assert_int_equal(err.code, ERR_LIMIT);
	sim_stop(s);
}

#define SCALING "AnyScaleFrontendService."

static void replicas_are_scaled(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_json_ok(s, SCALING "DescribeScalableTargets",
			"{\"ServiceNamespace\":\"rds\",\"ResourceIds\":[\"cluster:prod-orders\"]}",
			"\"MinCapacity\":2,\"MaxCapacity\":5");
	fixture_json_ok(s, SCALING "DescribeScalableTargets",
			"{\"ServiceNamespace\":\"rds\",\"ResourceIds\":[\"cluster:legacy-archive\"]}",
			"\"ScalableTargets\":[]");
	fixture_json_ok(s, SCALING "DescribeScalingPolicies",
			"{\"ServiceNamespace\":\"rds\",\"ResourceId\":\"cluster:prod-orders\"}", "\"TargetValue\":60");
	fixture_json_fails(s, SCALING "DescribeScalableTargets", "{\"ServiceNamespace\":\"ecs\"}",
			   "ValidationException");
	fixture_json_fails(s, SCALING "DescribeScalableTargets",
			   "{\"ServiceNamespace\":\"rds\",\"NextToken\":\"forged\"}", "InvalidNextTokenException");
	sim_stop(s);
}

static void routes_and_acls(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, EC2("DescribeRouteTables") "&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0d11");

	(void)state;
	assert_int_equal(fixture_count(text, "<routeSet>"), 2);
	assert_int_equal(fixture_count(text, "<main>true<"), 1);
	assert_int_equal(fixture_count(text, "<transitGatewayId>"), 1);
	assert_int_equal(fixture_count(text, "<destinationPrefixListId>"), 1);
	xfree(text);
	/* a subnet without a table of its own is not found by itself */
	text = fixture_ok(
		s, EC2("DescribeRouteTables") "&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0b23");
	assert_int_equal(fixture_count(text, "<routeSet>"), 0);
	xfree(text);
	text = fixture_ok(
		s, EC2("DescribeNetworkAcls") "&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0b23");
	assert_int_equal(fixture_count(text, "<entrySet>"), 1);
	assert_int_equal(fixture_count(text, "<ruleNumber>32767<"), 2);
	assert_int_equal(fixture_count(text, "<default>false<"), 1);
	xfree(text);
	/* but it always has an ACL */
	text = fixture_ok(
		s, EC2("DescribeNetworkAcls") "&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0c31");
	assert_int_equal(fixture_count(text, "<default>true<"), 1);
	xfree(text);
	fixture_fails(s, EC2("DescribeRouteTables") "&RouteTableId.1=rtb-x", "InvalidRouteTableID.NotFound");
	fixture_fails(s, EC2("DescribeNetworkAcls") "&NetworkAclId.1=acl-x", "InvalidNetworkAclID.NotFound");
	fixture_fails(s, EC2("DescribeRouteTables") "&Filter.1.Name=colour&Filter.1.Value.1=x",
		      "InvalidParameterValue");
	fixture_fails(s, EC2("DescribeRouteTables") "&SubnetId.1=x", "UnknownParameter");
	sim_stop(s);
}

static void shared_snapshots_and_dates_of_maintenance(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text =
		fixture_ok(s, RDS("DescribeDBClusterSnapshotAttributes") "&DBClusterSnapshotIdentifier=audit-2025-q4");

	(void)state;
	assert_non_null(strstr(text, "<AttributeName>restore<"));
	assert_int_equal(fixture_count(text, "<AttributeValue>"), 1);
	xfree(text);
	text = fixture_ok(s, RDS("DescribeDBClusterSnapshotAttributes") "&DBClusterSnapshotIdentifier=pre-release-318");
	assert_int_equal(fixture_count(text, "<AttributeValue>"), 0);
	xfree(text);
	fixture_fails(s, RDS("DescribeDBClusterSnapshotAttributes") "&DBClusterSnapshotIdentifier=x",
		      "DBClusterSnapshotNotFoundFault");
	fixture_fails(s, RDS("DescribeDBClusterSnapshotAttributes"), "MissingParameter");
	text = fixture_ok(s, RDS("DescribePendingMaintenanceActions"));
	assert_non_null(strstr(text, "<AutoAppliedAfterDate>2026-03-29T12:00:00.000Z<"));
	xfree(text);
	sim_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarms_follow_their_metrics),
		cmocka_unit_test(alarms_in_pages_and_by_state),
		cmocka_unit_test(keys_and_their_rotation),
		cmocka_unit_test(the_secret_is_rotated),
		cmocka_unit_test(replicas_are_scaled),
		cmocka_unit_test(routes_and_acls),
		cmocka_unit_test(shared_snapshots_and_dates_of_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
