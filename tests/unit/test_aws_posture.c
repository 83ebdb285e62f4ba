/*
 * test_aws_posture.c: alarms, pending maintenance, keys, the master user's secret, replica scaling, parameters, routes,
 * network ACLs and who may restore a snapshot: what is asked, what the answers become, and what is left when one of the
 * calls is not allowed.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/input.h"
#include "aws/shares.h"
#include "aws/sources.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ANSWERS_MAX 12
#define NOON INT64_C(1768478400000000) /* 2026-01-15T12:00:00Z */

static struct err err;

/* The last answer whose words are all in the request is given; words are separated by blanks. */
struct scene {
	struct {
		const char *has, *body;
		int status; /* 0 = 200 */
	} answers[ANSWERS_MAX];
	char requests[16384]; /* "OPERATION BODY" a line, the operation of JSON calls only */
	int nrequests;
	struct loopback *server;
	struct fake fake;
	struct snapshot *inputs[SOURCE_INPUTS_MAX];
};

static bool has_all(struct str req, const char *words)
{
	struct str rest = str_c(words), word;

	while (str_split(&rest, ' ', &word))
		if (str_find(req, word, 0) < 0)
			return false;
	return true;
}

static enum loopback_action play(void *ctx, int n, struct str req, struct buf *answer)
{
	struct scene *s = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0), at = str_ifind(req, STR("x-amz-target:"), 0);
	size_t used = strlen(s->requests);
	struct str target = STR(""), rest = at < 0 ? STR("") : str_sub(req, (size_t)at + 13, req.len);
	int found = -1;

	(void)n;
	if (rest.len > 0)
		(void)str_split(&rest, '\r', &target);
	snprintf(s->requests + used, sizeof(s->requests) - used, STR_FMT " " STR_FMT "\n", STR_ARG(target),
		 STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	s->nrequests++;
	for (int i = 0; i < ANSWERS_MAX && s->answers[i].has; i++)
		if (has_all(req, s->answers[i].has))
			found = i;
	if (found < 0)
		loopback_reply(answer, 400, "", "unexpected");
	else
		loopback_reply(answer, s->answers[found].status ? s->answers[found].status : 200, "",
			       s->answers[found].body);
	return LOOPBACK_KEEP;
}

static void put(struct snapshot *s, size_t row, const char *field, union value v)
{
	int i = rec_find(s->type, str_c(field));

	if (i < 0)
		fail_msg("no field %s", field);
	rec_set(&s->type->fields[i], (char *)s->rows + row * s->type->size, v);
}

static void put_text(struct snapshot *s, size_t row, const char *field, const char *text)
{
	put(s, row, field, (union value){.str = str_c(text)});
}

/* The input i of the source, with n rows. */
static struct snapshot *input(struct scene *s, int i, const struct source *of, size_t n)
{
	s->inputs[i] = snapshot_new(of->type, of->name);
	for (size_t k = 0; k < n; k++)
		assert_non_null(snapshot_add_row(s->inputs[i]));
	s->fake.fetch.inputs[i] = s->inputs[i];
	return s->inputs[i];
}

static void begin(struct scene *s, const struct source *source)
{
	struct snapshot *clusters;

	clock_freeze(NOON);
	s->server = loopback_start(play, s, false);
	fake_init(&s->fake, source, loopback_url(s->server), "orders");
	s->fake.fetch.deadline_mono_us = INT64_MAX;
	clusters = input(s, 0, &source_clusters, 1);
	put_text(clusters, 0, "identifier", "orders");
	put_text(clusters, 0, "members", "orders-1,orders-2");
	put_text(clusters, 0, "parameter_group", "orders-pg");
}

static const struct snapshot *run(struct scene *s)
{
	if (!fake_run(&s->fake, &err))
		fail_msg("%s", err.text);
	return fake_last(&s->fake);
}

static void end(struct scene *s)
{
	fake_release(&s->fake);
	loopback_stop(s->server);
	for (int i = 0; i < SOURCE_INPUTS_MAX; i++)
		snapshot_unref(s->inputs[i]);
	clock_freeze(0);
}

static void expect_text(const struct snapshot *s, size_t row, const char *field, const char *want)
{
	struct str got = aws_input_text(s, row, field);

	if (rec_find(s->type, str_c(field)) < 0 || !str_eq_c(got, want))
		fail_msg("%s of row %zu is \"" STR_FMT "\", not \"%s\"", field, row, STR_ARG(got), want);
}

static void expect_i64(const struct snapshot *s, size_t row, const char *field, int64_t want)
{
	int64_t got = -12345;

	if (!aws_input_i64(s, row, field, &got) || got != want)
		fail_msg("%s of row %zu is %lld, not %lld", field, row, (long long)got, (long long)want);
}

static bool absent(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return !rec_get(&s->type->fields[rec_find(s->type, str_c(field))], snapshot_row(s, row), &v);
}

static void expect_missing(const struct snapshot *s, const char *field, const char *why)
{
	struct str got = snapshot_unavailable(s, field);

	if (!str_eq_c(got, why))
		fail_msg("%s is missing because \"" STR_FMT "\", not \"%s\"", field, STR_ARG(got), why);
}

#define DENIED_XML "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
#define DENIED_JSON "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}"

/* ---- alarms */

#define DIMENSION(name, value) "<member><Name>" name "</Name><Value>" value "</Value></member>"
#define ALARM(name, space, dimensions, more)                                                                  \
	"<member><AlarmName>" name "</AlarmName><StateValue>ALARM</StateValue><MetricName>CPUUtilization"     \
	"</MetricName><Namespace>" space "</Namespace><Statistic>Average</Statistic><Dimensions>" dimensions  \
	"</Dimensions><Period>60</Period><EvaluationPeriods>5</EvaluationPeriods><Threshold>85.5</Threshold>" \
	"<ComparisonOperator>GreaterThanThreshold</ComparisonOperator><ActionsEnabled>true</ActionsEnabled>"  \
	"<StateUpdatedTimestamp>2026-01-15T11:58:00Z</StateUpdatedTimestamp>" more "</member>"
#define ALARMS(items, next)                                                                                           \
	"<DescribeAlarmsResponse><DescribeAlarmsResult><CompositeAlarms/><MetricAlarms>" items "</MetricAlarms>" next \
	"</DescribeAlarmsResult></DescribeAlarmsResponse>"

static void alarms_of_this_cluster(void **state)
{
	struct scene s = {
		.answers = {
			{"Action=DescribeAlarms MaxRecords=100",
			 ALARMS(ALARM("cpu", "AWS/RDS", DIMENSION("DBInstanceIdentifier", "orders-2"),
				      "<DatapointsToAlarm>3</DatapointsToAlarm><StateTransitionedTimestamp>"
				      "2026-01-15T11:40:00Z</StateTransitionedTimestamp><AlarmActions><member>arn:sns"
				      "</member></AlarmActions>") ALARM("role", "AWS/RDS",
									DIMENSION("DBClusterIdentifier", "orders")
										DIMENSION("Role", "READER"),
									"")
					ALARM("bills", "AWS/RDS", DIMENSION("DBInstanceIdentifier", "bills-1"), "")
						ALARM("service", "AWS/ECS", DIMENSION("ServiceName", "orders"), ""),
				"<NextToken>more</NextToken>"),
			 0},
			{"NextToken=more",
			 ALARMS("<member><AlarmName>sum</AlarmName><StateValue>OK</StateValue><Metrics><member>"
				"<Id>m1</Id><MetricStat><Metric><Namespace>AWS/RDS</Namespace><MetricName>DBLoad"
				"</MetricName><Dimensions>" DIMENSION(
					"DBInstanceIdentifier",
					"orders-1") "</Dimensions></Metric><Period>60"
						    "</Period></MetricStat></member><member>"
						    "<Id>e1</Id><Expression>m1*2</Expression>"
						    "</member></Metrics><Threshold>4</Threshold>"
						    "<EvaluationPeriods>1</EvaluationPeriods>"
						    "<ComparisonOperator>"
						    "LessThanOrEqualToThreshold"
						    "</ComparisonOperator></member>",
				""),
			 0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_alarms);
	r = run(&s);
	assert_int_equal(s.nrequests, 2);
	assert_int_equal(r->nrows, 3); /* not those of others, nor of other services */
	expect_text(r, 0, "name", "cpu");
	expect_text(r, 0, "object", "orders-2");
	expect_text(r, 0, "state", "ALARM");
	expect_text(r, 0, "condition", "CPUUtilization Average > 85.5 for 3 of 5 periods of 1m00s");
	expect_text(r, 0, "actions", "arn:sns");
	expect_i64(r, 0, "period_us", 60 * US_PER_S);
	expect_i64(r, 0, "since_at", NOON - 20 * US_PER_MIN);
	expect_text(r, 1, "object", "orders");
	expect_i64(r, 1, "since_at", NOON - 2 * US_PER_MIN); /* the next best time there is */
	expect_text(r, 2, "object", "orders-1");
	expect_text(r, 2, "parts", "DBLoad");
	expect_text(r, 2, "condition", "expression <= 4 for 1 period");
	end(&s);
}

/* ---- pending maintenance */

#define PENDING(items)                                                                                               \
	"<DescribePendingMaintenanceActionsResponse><DescribePendingMaintenanceActionsResult>"                       \
	"<PendingMaintenanceActions>" items "</PendingMaintenanceActions></DescribePendingMaintenanceActionsResult>" \
	"</DescribePendingMaintenanceActionsResponse>"
#define RESOURCE(details, arn)                                                               \
	"<ResourcePendingMaintenanceActions><PendingMaintenanceActionDetails>" details       \
	"</PendingMaintenanceActionDetails><ResourceIdentifier>" arn "</ResourceIdentifier>" \
	"</ResourcePendingMaintenanceActions>"
#define ACTION(name, more) "<PendingMaintenanceAction><Action>" name "</Action>" more "</PendingMaintenanceAction>"

static void maintenance_of_cluster_and_instances(void **state)
{
	struct scene s = {
		.answers = {{"Filter.1.Name=db-cluster-id Filter.1.Values.Value.1=orders",
			     PENDING(RESOURCE(ACTION("system-update", "<OptInStatus>next-maintenance</OptInStatus>"
								      "<CurrentApplyDate>2026-01-18T03:00:00Z"
								      "</CurrentApplyDate>")
						      ACTION("os-upgrade", "<Description>New OS</Description>"),
					      "arn:aws:rds:us-east-1:1:cluster:orders")),
			     0},
			    {"Filter.1.Name=db-instance-id Value.1=orders-1 Value.2=orders-2",
			     PENDING(RESOURCE("", "arn:aws:rds:us-east-1:1:db:orders-1") RESOURCE(
				     ACTION("ca-certificate-rotation", "<ForcedApplyDate>2026-02-01T00:00:00Z"
								       "</ForcedApplyDate><AutoAppliedAfterDate>"
								       "2026-01-20T00:00:00Z</AutoAppliedAfterDate>"),
				     "arn:aws:rds:us-east-1:1:db:orders-2")),
			     0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_pending_maintenance);
	r = run(&s);
	assert_int_equal(s.nrequests, 2);
	assert_int_equal(r->nrows, 3);
	expect_text(r, 0, "action", "system-update");
	expect_text(r, 0, "resource", "orders");
	expect_text(r, 0, "resource_type", "cluster");
	expect_text(r, 0, "opt_in", "next-maintenance");
	expect_i64(r, 0, "current_apply_at", INT64_C(1768705200000000));
	expect_text(r, 1, "action", "os-upgrade");
	expect_text(r, 1, "arn", "arn:aws:rds:us-east-1:1:cluster:orders");
	assert_true(absent(r, 1, "opt_in") && absent(r, 1, "current_apply_at"));
	expect_text(r, 2, "resource", "orders-2");
	expect_text(r, 2, "resource_type", "instance");
	expect_i64(r, 2, "forced_apply_at", INT64_C(1769904000000000));
	expect_i64(r, 2, "auto_applied_after_at", INT64_C(1768867200000000));
	end(&s);
}

/* ---- keys */

#define KEY_A "arn:aws:kms:us-east-1:1:key/a"
#define KEY_B "arn:aws:kms:us-east-1:2:key/b"
#define KEY_C "arn:aws:kms:us-east-1:1:key/c"

static void begin_keys(struct scene *s)
{
	begin(s, &source_keys);
	put_text(s->inputs[0], 0, "kms_key", KEY_A);
	put_text(input(s, 3, &source_cluster_settings, 1), 0, "master_secret_key", KEY_A);
	put_text(input(s, 1, &source_instances, 2), 1, "insights_key", KEY_C);
	put_text(input(s, 2, &source_snapshots, 2), 0, "kms_key", KEY_A);
	put_text(s->inputs[2], 1, "kms_key", KEY_B);
}

static void keys_and_what_they_are_for(void **state)
{
	struct scene s = {
		.answers = {
			{"TrentService.DescribeKey key/a",
			 "{\"KeyMetadata\":{\"KeyId\":\"a\",\"KeyState\":\"PendingDeletion\",\"Enabled\":false,"
			 "\"KeyManager\":\"CUSTOMER\",\"DeletionDate\":1769904000.5,\"CreationDate\":1.7e9}}",
			 0},
			{"TrentService.GetKeyRotationStatus key/a",
			 "{\"KeyRotationEnabled\":true,\"RotationPeriodInDays\":90,\"NextRotationDate\":1769904000}",
			 0},
			{"TrentService.DescribeKey key/b", DENIED_JSON, 400},
			{"TrentService.GetKeyRotationStatus key/b", DENIED_JSON, 400},
			{"TrentService.DescribeKey key/c",
			 "{\"KeyMetadata\":{\"KeyId\":\"c\",\"KeyState\":\"Enabled\",\"KeyManager\":\"AWS\"}}", 0},
			{"TrentService.GetKeyRotationStatus key/c",
			 "{\"__type\":\"UnsupportedOperationException\",\"message\":\"asymmetric\"}", 400}}};
	const struct snapshot *r;

	(void)state;
	begin_keys(&s);
	r = run(&s);
	assert_int_equal(s.nrequests, 6);
	assert_int_equal(r->nrows, 3);
	expect_text(r, 0, "arn", KEY_A);
	expect_text(r, 0, "used_for", "storage,snapshots,secret");
	expect_text(r, 0, "state", "PendingDeletion");
	expect_i64(r, 0, "deletion_at", INT64_C(1769904000500000));
	expect_i64(r, 0, "rotation", 1);
	expect_i64(r, 0, "rotation_period_days", 90);
	assert_true(absent(r, 0, "problem"));
	expect_text(r, 1, "used_for", "insights");
	expect_text(r, 1, "manager", "AWS");
	assert_true(absent(r, 1, "rotation") && absent(r, 1, "problem")); /* it cannot be rotated, which is an answer */
	/* another account's: the row stays, and says which right it would take */
	expect_text(r, 2, "arn", KEY_B);
	expect_text(r, 2, "problem", "needs kms:DescribeKey");
	assert_true(absent(r, 2, "state"));
	expect_missing(r, "state", "needs kms:DescribeKey");
	expect_missing(r, "rotation", "needs kms:GetKeyRotationStatus");
	expect_missing(r, "arn", "");
	end(&s);
}

/* What is deleted is known: nothing is missing, and its rotation is no question. */
static void a_key_that_is_gone(void **state)
{
	/* the last that fits is the answer */
	struct scene s = {
		.answers = {{"TrentService.DescribeKey",
			     "{\"KeyMetadata\":{\"KeyState\":\"Enabled\",\"KeyManager\":\"AWS\"}}", 0},
			    {"TrentService.DescribeKey key/a",
			     "{\"__type\":\"NotFoundException\",\"message\":\"Key 'key/a' does not exist\"}", 400},
			    {"TrentService.GetKeyRotationStatus", "{\"KeyRotationEnabled\":true}", 0}}};
	const struct snapshot *r;

	(void)state;
	begin_keys(&s);
	r = run(&s);
	assert_int_equal(s.nrequests, 5);
	expect_text(r, 0, "arn", KEY_A);
	expect_text(r, 0, "state", "gone");
	expect_text(r, 0, "problem", "KMS knows no such key");
	expect_missing(r, "state", "");
	expect_missing(r, "rotation", "");
	expect_text(r, 1, "state", "Enabled");
	end(&s);
}

/* What has nothing to do with one key ends the fetch: the rows of before are worth more. */
static void keys_without_credentials(void **state)
{
	struct scene s = {
		.answers = {{"TrentService", "{\"__type\":\"ExpiredTokenException\",\"message\":\"old\"}", 400}}};

	(void)state;
	begin_keys(&s);
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_int_equal(s.fake.npublished, 0);
	end(&s);
}

/* Instances and snapshots are welcome, not waited for. */
static void keys_with_the_cluster_alone(void **state)
{
	struct scene s = {.answers = {{"TrentService.DescribeKey", "{\"KeyMetadata\":{\"KeyState\":\"Enabled\"}}", 0},
				      {"TrentService.GetKeyRotationStatus", "{\"KeyRotationEnabled\":false}", 0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_keys);
	put_text(s.inputs[0], 0, "kms_key", KEY_A);
	assert_int_equal(source_keys.ready(s.fake.target, s.fake.fetch.inputs, &err), READY);
	r = run(&s);
	assert_int_equal(r->nrows, 1);
	expect_i64(r, 0, "rotation", 0);
	end(&s);
}

/* ---- the master user's secret */

static void the_secret_without_its_value(void **state)
{
	struct scene s = {
		.answers = {{"secretsmanager.DescribeSecret \"SecretId\":\"arn:secret\"",
			     "{\"ARN\":\"arn:secret\",\"Name\":\"rds!cluster-1\",\"RotationEnabled\":true,"
			     "\"RotationRules\":{\"AutomaticallyAfterDays\":7},\"LastRotatedDate\":1768348800.25,"
			     "\"NextRotationDate\":1768953600,\"OwningService\":\"rds\",\"Tags\":[]}",
			     0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_secrets);
	put_text(input(&s, 1, &source_cluster_settings, 1), 0, "master_secret_arn", "arn:secret");
	r = run(&s);
	assert_int_equal(r->nrows, 1);
	expect_text(r, 0, "name", "rds!cluster-1");
	expect_i64(r, 0, "rotation", 1);
	expect_i64(r, 0, "rotation_days", 7);
	expect_i64(r, 0, "last_rotated_at", INT64_C(1768348800250000));
	expect_text(r, 0, "owner", "rds");
	assert_true(absent(r, 0, "schedule"));
	assert_null(strstr(s.requests, "GetSecretValue"));
	end(&s);
}

static void no_managed_secret(void **state)
{
	struct scene s = {.nrequests = 0};

	(void)state;
	begin(&s, &source_secrets);
	assert_int_equal(source_secrets.ready(s.fake.target, s.fake.fetch.inputs, &err), READY_WAIT);
	(void)input(&s, 1, &source_cluster_settings, 1);
	assert_int_equal(source_secrets.ready(s.fake.target, s.fake.fetch.inputs, &err), READY);
	assert_int_equal(run(&s)->nrows, 0);
	assert_int_equal(s.nrequests, 0);
	end(&s);
}

/* ---- replica scaling */

#define TARGET                                                                                          \
	"{\"ScalableTargets\":[{\"ResourceId\":\"cluster:orders\",\"MinCapacity\":1,\"MaxCapacity\":4," \
	"\"SuspendedState\":{\"DynamicScalingInSuspended\":true},\"CreationTime\":1768348800}]}"

static void scaling_policies(void **state)
{
	struct scene s = {
		.answers = {
			{"AnyScaleFrontendService.DescribeScalableTargets \"ServiceNamespace\":\"rds\" "
			 "\"ResourceIds\":[\"cluster:orders\"] \"ScalableDimension\":\"rds:cluster:ReadReplicaCount\"",
			 TARGET, 0},
			{"AnyScaleFrontendService.DescribeScalingPolicies \"ResourceId\":\"cluster:orders\"",
			 "{\"ScalingPolicies\":[{\"PolicyName\":\"cpu\",\"ResourceId\":\"cluster:orders\","
			 "\"PolicyType\":"
			 "\"TargetTrackingScaling\",\"TargetTrackingScalingPolicyConfiguration\":{\"TargetValue\":60.0,"
			 "\"PredefinedMetricSpecification\":{\"PredefinedMetricType\":"
			 "\"RDSReaderAverageCPUUtilization\"},\"ScaleOutCooldown\":300}},"
			 "{\"PolicyName\":\"steps\",\"PolicyType\":\"StepScaling\"}]}",
			 0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_scaling);
	r = run(&s);
	assert_int_equal(r->nrows, 2);
	expect_i64(r, 0, "min_replicas", 1);
	expect_i64(r, 0, "max_replicas", 4);
	expect_text(r, 0, "policy", "cpu");
	expect_text(r, 0, "metric", "RDSReaderAverageCPUUtilization");
	expect_i64(r, 0, "out_cooldown_us", 300 * US_PER_S);
	expect_i64(r, 0, "in_suspended", 1);
	expect_text(r, 1, "policy", "steps");
	expect_i64(r, 1, "max_replicas", 4);
	assert_true(absent(r, 1, "metric") && absent(r, 1, "out_cooldown_us"));
	end(&s);
}

static void scaling_without_the_right_to_policies(void **state)
{
	struct scene s = {
		.answers = {{"DescribeScalableTargets", TARGET, 0}, {"DescribeScalingPolicies", DENIED_JSON, 400}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_scaling);
	r = run(&s);
	assert_int_equal(r->nrows, 1);
	expect_i64(r, 0, "max_replicas", 4);
	expect_missing(r, "policy", "needs application-autoscaling:DescribeScalingPolicies");
	expect_missing(r, "max_replicas", "");
	end(&s);
}

static void no_scaling(void **state)
{
	struct scene s = {.answers = {{"DescribeScalableTargets", "{\"ScalableTargets\":[]}", 0}}};

	(void)state;
	begin(&s, &source_scaling);
	assert_int_equal(run(&s)->nrows, 0);
	assert_int_equal(s.nrequests, 1); /* without a target there is no policy to ask for */
	end(&s);
}

/* ---- parameters */

#define PARAMETER(name, value)                                                                         \
	"<Parameter><ParameterName>" name "</ParameterName><ParameterValue>" value "</ParameterValue>" \
	"<Source>user</Source><ApplyType>dynamic</ApplyType><IsModifiable>true</IsModifiable></Parameter>"
#define PARAMETERS(items, next)                                                                      \
	"<DescribeDBClusterParametersResponse><DescribeDBClusterParametersResult><Parameters>" items \
	"</Parameters>" next "</DescribeDBClusterParametersResult></DescribeDBClusterParametersResponse>"

static void parameters_by_name(void **state)
{
	struct scene s = {
		.answers = {{"Action=DescribeDBClusterParameters DBClusterParameterGroupName=orders-pg "
			     "Filters.Filter.1.Name=parameter-name =rds.force_ssl =shared_preload_libraries",
			     PARAMETERS(PARAMETER("rds.force_ssl", "1") PARAMETER("work_mem", "4096")
						PARAMETER("shared_preload_libraries", "pg_stat_statements,pgaudit"),
					""),
			     0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_parameters);
	r = run(&s);
	assert_int_equal(s.nrequests, 1);
	assert_int_equal(r->nrows, 2); /* what nobody asked for is left out */
	expect_text(r, 0, "name", "rds.force_ssl");
	expect_text(r, 0, "value", "1");
	expect_text(r, 0, "group", "orders-pg");
	expect_i64(r, 0, "modifiable", 1);
	expect_text(r, 1, "value", "pg_stat_statements,pgaudit");
	end(&s);
}

/* An endpoint that does not take the filter is asked page by page, and from then on only so. */
static void parameters_without_the_filter(void **state)
{
	struct scene s = {
		.answers = {
			{"Action=DescribeDBClusterParameters",
			 PARAMETERS(PARAMETER("rds.force_ssl", "1"), "<Marker>p2</Marker>"), 0},
			{"Marker=p2", PARAMETERS(PARAMETER("statement_timeout", "0"), ""), 0},
			{"Filters.Filter.1.Name",
			 "<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>no filters</Message></Error>"
			 "</ErrorResponse>",
			 400}}};

	(void)state;
	begin(&s, &source_parameters);
	assert_int_equal(run(&s)->nrows, 2);
	assert_int_equal(s.nrequests, 3);
	assert_int_equal(run(&s)->nrows, 2);
	assert_int_equal(s.nrequests, 5);
	end(&s);
}

/* ---- routes and network ACLs */

#define ASSOCIATION(subnet) "<item><main>false</main><subnetId>" subnet "</subnetId></item>"
#define TABLE(id, routes, associations)                                                  \
	"<item><routeTableId>" id "</routeTableId><vpcId>vpc-1</vpcId><routeSet>" routes \
	"</routeSet><associationSet>" associations "</associationSet></item>"
#define ROUTE(destination, target) "<item>" destination target "<state>active</state></item>"
#define CIDR(range) "<destinationCidrBlock>" range "</destinationCidrBlock>"
#define LOCAL ROUTE(CIDR("10.0.0.0/16"), "<gatewayId>local</gatewayId>")

static void begin_network(struct scene *s, const struct source *source)
{
	struct snapshot *subnets;

	begin(s, source);
	subnets = input(s, 1, &source_subnets, 2);
	put_text(subnets, 0, "subnet_id", "subnet-a");
	put_text(subnets, 1, "subnet_id", "subnet-b");
}

static void routes_of_own_and_main_tables(void **state)
{
	struct scene s = {
		.answers = {
			{"Action=DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1",
			 "<DescribeRouteTablesResponse><routeTableSet>"
			 /* the association that makes a table the main one may come behind its routes */
			 TABLE("rtb-main",
			       LOCAL ROUTE(CIDR("0.0.0.0/0"), "<natGatewayId>nat-1</natGatewayId>")
				       ROUTE("<destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock>",
					     "<egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId>"),
			       "<item><main>true</main></item>")
				 TABLE("rtb-b",
				       LOCAL ROUTE(CIDR("0.0.0.0/0"), "<gatewayId>igw-1</gatewayId>") "<item>" CIDR(
					       "172.16.0.0/12") "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>"
								"<state>blackhole</state></item>",
				       ASSOCIATION("subnet-b") ASSOCIATION("subnet-x"))
					 TABLE("rtb-x", LOCAL,
					       ASSOCIATION("subnet-y")) "</routeTableSet>"
									"</DescribeRouteTablesResponse>",
			 0}}};
	const struct snapshot *r;

	(void)state;
	begin_network(&s, &source_route_tables);
	assert_int_equal(source_route_tables.ready(s.fake.target, s.fake.fetch.inputs, &err), READY_WAIT);
	put_text(input(&s, 2, &source_instances, 1), 0, "vpc", "vpc-1");
	assert_int_equal(source_route_tables.ready(s.fake.target, s.fake.fetch.inputs, &err), READY);
	r = run(&s);
	assert_int_equal(r->nrows, 6);
	expect_text(r, 0, "subnet_id", "subnet-a");
	expect_text(r, 0, "route_table", "rtb-main");
	expect_i64(r, 0, "main_table", 1);
	expect_text(r, 0, "target_type", "local");
	expect_text(r, 1, "target_type", "nat-gateway");
	expect_text(r, 1, "target", "nat-1");
	expect_text(r, 2, "destination", "::/0");
	expect_text(r, 2, "target_type", "egress-only-internet-gateway");
	expect_text(r, 3, "subnet_id", "subnet-b");
	expect_i64(r, 3, "main_table", 0);
	expect_text(r, 4, "target_type", "internet-gateway");
	expect_text(r, 5, "target_type", "vpc-peering");
	expect_text(r, 5, "state", "blackhole");
	end(&s);
}

#define ENTRY(number, more) "<item><ruleNumber>" number "</ruleNumber>" more "</item>"

static void rules_of_network_acls(void **state)
{
	struct scene s = {
		.answers = {
			{"Action=DescribeNetworkAcls Filter.1.Name=association.subnet-id Filter.1.Value.1=subnet-a "
			 "Filter.1.Value.2=subnet-b",
			 "<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>acl-1</"
			 "networkAclId><vpcId>vpc-1"
			 "</vpcId><default>false</default><entrySet>" ENTRY(
				 "100",
				 "<protocol>6</protocol><ruleAction>allow</ruleAction><egress>false</egress>"
				 "<cidrBlock>10.0.0.0/8</cidrBlock><portRange><from>5432</from><to>5432</to>"
				 "</portRange>") ENTRY("110", "<protocol>17</protocol><ruleAction>deny</"
							      "ruleAction><egress>true</egress>"
							      "<ipv6CidrBlock>::/0</"
							      "ipv6CidrBlock><portRange><from>1024</from><to>65535"
							      "</to></portRange>")
				 ENTRY("32767",
				       "<protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false"
				       "</egress><cidrBlock>0.0.0.0/0</cidrBlock>") "</entrySet><associationSet>"
										    "<item><subnetId>subnet-x"
										    "</subnetId></item><item>"
										    "<subnetId>subnet-b</subnetId>"
										    "</item></associationSet>"
										    "</item></networkAclSet>"
										    "</DescribeNetworkAclsResponse>",
			 0}}};
	const struct snapshot *r;

	(void)state;
	begin_network(&s, &source_network_acls);
	r = run(&s);
	assert_int_equal(r->nrows, 3);
	expect_text(r, 0, "acl_id", "acl-1");
	expect_text(r, 0, "protocol", "tcp");
	expect_text(r, 0, "ports", "5432");
	expect_text(r, 0, "subnets", "subnet-b"); /* those of the cluster */
	expect_text(r, 1, "cidr", "::/0");
	expect_text(r, 1, "protocol", "udp");
	expect_text(r, 1, "ports", "1024-65535");
	expect_i64(r, 1, "egress", 1);
	expect_i64(r, 2, "rule_number", 32767);
	expect_text(r, 2, "protocol", "-1");
	expect_text(r, 2, "ports", "all");
	end(&s);
}

/* ---- who may restore a snapshot */

#define SNAPSHOT(id, kind, status, created)                                                                            \
	"<DBClusterSnapshot><DBClusterSnapshotIdentifier>" id "</DBClusterSnapshotIdentifier><SnapshotType>" kind      \
	"</SnapshotType><Status>" status "</Status><SnapshotCreateTime>" created "</SnapshotCreateTime><TagList><Tag>" \
	"<Key>team</Key><Value>a</Value></Tag></TagList></DBClusterSnapshot>"
#define SNAPSHOTS(items)                                                                                   \
	"<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots>" items \
	"</DBClusterSnapshots></DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>"
#define ATTRIBUTES(values)                                                                                         \
	"<DescribeDBClusterSnapshotAttributesResponse><DescribeDBClusterSnapshotAttributesResult>"                 \
	"<DBClusterSnapshotAttributesResult><DBClusterSnapshotIdentifier>x</DBClusterSnapshotIdentifier>"          \
	"<DBClusterSnapshotAttributes><DBClusterSnapshotAttribute><AttributeName>restore</AttributeName>"          \
	"<AttributeValues>" values "</AttributeValues></DBClusterSnapshotAttribute></DBClusterSnapshotAttributes>" \
	"</DBClusterSnapshotAttributesResult></DescribeDBClusterSnapshotAttributesResult>"                         \
	"</DescribeDBClusterSnapshotAttributesResponse>"
#define ACCOUNT(id) "<AttributeValue>" id "</AttributeValue>"
#define OLD "2026-01-01T00:00:00Z"

static void shares_are_asked_once(void **state)
{
	struct scene s = {.answers = {{"Action=DescribeDBClusterSnapshots&",
				       SNAPSHOTS(SNAPSHOT("rds:orders-1", "automated", "available", OLD)
							 SNAPSHOT("one", "manual", "available", OLD)
								 SNAPSHOT("two", "manual", "available", OLD)
									 SNAPSHOT("new", "manual", "creating", OLD)),
				       0},
				      {"Action=DescribeDBClusterSnapshotAttributes SnapshotIdentifier=one",
				       ATTRIBUTES(ACCOUNT("111122223333") ACCOUNT("444455556666")), 0},
				      {"Action=DescribeDBClusterSnapshotAttributes SnapshotIdentifier=two",
				       ATTRIBUTES(ACCOUNT("all")), 0}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_snapshots);
	r = run(&s);
	assert_int_equal(s.nrequests, 3); /* not for automated ones, nor for one that is being made */
	expect_text(r, 0, "tags", "team=a");
	assert_true(absent(r, 0, "is_public") && absent(r, 0, "shared_accounts"));
	expect_i64(r, 1, "is_public", 0);
	expect_text(r, 1, "shared_accounts", "111122223333,444455556666");
	expect_i64(r, 2, "is_public", 1);
	expect_text(r, 2, "shared_accounts", "");
	assert_true(absent(r, 3, "is_public"));
	expect_missing(r, "is_public", "");
	r = run(&s);
	assert_int_equal(s.nrequests, 4);
	expect_i64(r, 2, "is_public", 1);
	/* sharing can be changed at any time, so an answer does not hold for ever */
	clock_freeze(NOON + SHARES_HOLD_US + US_PER_S);
	(void)run(&s);
	assert_int_equal(s.nrequests, 7);
	/* deleted and made anew under the same name: another one */
	s.answers[0].body = SNAPSHOTS(SNAPSHOT("one", "manual", "available", "2026-01-15T11:00:00Z"));
	(void)run(&s);
	assert_int_equal(s.nrequests, 9);
	end(&s);
}

static void shares_that_may_not_be_seen(void **state)
{
	struct scene s = {.answers = {{"Action=DescribeDBClusterSnapshots&",
				       SNAPSHOTS(SNAPSHOT("one", "manual", "available", OLD)
							 SNAPSHOT("two", "manual", "available", OLD)),
				       0},
				      {"Action=DescribeDBClusterSnapshotAttributes", DENIED_XML, 403}}};
	const struct snapshot *r;

	(void)state;
	begin(&s, &source_snapshots);
	for (int i = 0; i < 3; i++) {
		r = run(&s);
		assert_int_equal(r->nrows, 2);
		assert_true(absent(r, 0, "is_public"));
		expect_missing(r, "is_public", "needs rds:DescribeDBClusterSnapshotAttributes");
		expect_missing(r, "shared_accounts", "needs rds:DescribeDBClusterSnapshotAttributes");
		expect_missing(r, "status", "");
	}
	assert_int_equal(s.nrequests, 4); /* one refusal counts for all, and for some minutes */
	end(&s);
}

/* ---- of all */

static void types_are_sound(void **state)
{
	static const struct source *const all[] = {
		&source_alarms,   &source_pending_maintenance, &source_keys,         &source_secrets,
		&source_scaling,  &source_parameters,          &source_route_tables, &source_network_acls,
		&source_snapshots};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!rec_check(all[i]->type, &err))
			fail_msg("%s", err.text);
		assert_string_equal(all[i]->name, all[i]->type->name);
	}
}

/* Posture shares one thread, and nothing of it stays connected. */
static void posture_is_one_lane(void **state)
{
	static const struct source *const posture[] = {&source_keys, &source_secrets, &source_scaling,
						       &source_parameters};
	struct scene s = {.answers = {{"Action=DescribeDBClusterParameters",
				       PARAMETERS(PARAMETER("rds.force_ssl", "1"), ""), 0}}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(posture); i++) {
		assert_int_equal(posture[i]->lane, LANE_POSTURE);
		assert_true(posture[i]->period_us >= 300 * US_PER_S);
	}
	begin(&s, &source_parameters);
	(void)run(&s);
	(void)run(&s);
	assert_int_equal(loopback_connections(s.server), 2);
	end(&s);
}

/* With everything wanted that asks RDS about an open cluster of three nodes with ten manual snapshots, in peace. */
static void calls_to_rds_in_an_hour(void **state)
{
	static const struct {
		const struct source *source;
		int calls; /* of one fetch */
	} asked[] = {
		{&source_clusters, 1}, {&source_instances, 1},           {&source_snapshots, 1},  {&source_events, 1},
		{&source_subnets, 1},  {&source_pending_maintenance, 2}, {&source_parameters, 1},
	};
	int64_t sum = 10 * US_PER_HOUR / SHARES_HOLD_US + 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		sum += asked[i].calls * (US_PER_HOUR / asked[i].source->period_us);
	assert_in_range(sum, 1, 700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarms_of_this_cluster),
		cmocka_unit_test(maintenance_of_cluster_and_instances),
		cmocka_unit_test(keys_and_what_they_are_for),
		cmocka_unit_test(a_key_that_is_gone),
		cmocka_unit_test(keys_without_credentials),
		cmocka_unit_test(keys_with_the_cluster_alone),
		cmocka_unit_test(the_secret_without_its_value),
		cmocka_unit_test(no_managed_secret),
		cmocka_unit_test(scaling_policies),
		cmocka_unit_test(scaling_without_the_right_to_policies),
		cmocka_unit_test(no_scaling),
		cmocka_unit_test(parameters_by_name),
		cmocka_unit_test(parameters_without_the_filter),
		cmocka_unit_test(routes_of_own_and_main_tables),
		cmocka_unit_test(rules_of_network_acls),
		cmocka_unit_test(shares_are_asked_once),
		cmocka_unit_test(shares_that_may_not_be_seen),
		cmocka_unit_test(types_are_sound),
		cmocka_unit_test(posture_is_one_lane),
		cmocka_unit_test(calls_to_rds_in_an_hour),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
