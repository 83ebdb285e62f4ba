/*
 * src_instances.c: DB instances by RDS DescribeDBInstances.
 *
 * An instance answer does not say whether it is the writer: the role comes from the members of
 * the clusters input, so it may be one refresh older than the rest of the row.
 *
 * Not here: metrics, the members' parameters.
 */
#include "aws/classes.h"
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

struct instance {
	uint64_t present;
	struct str identifier, cluster, role, status, class;
	int64_t vcpu, memory_bytes;
	struct str zone, endpoint;
	int64_t port;
	struct str engine, engine_version;
	int64_t created_at, promotion_tier, publicly_accessible;
	struct str parameter_group, parameter_status;
	struct str ca;
	int64_t ca_valid_at;
	struct str subnet_group, vpc, security_groups;
	int64_t monitoring_us;
	struct str insights;
	int64_t performance_insights, insights_retention_days;
	struct str insights_key;
	struct str maintenance_window;
	int64_t auto_minor_upgrade;
	struct str pending_class, pending_version;
	struct str arn, resource_id;
};

#define F(m, k, ...) FIELD(struct instance, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(identifier, K_ID, .wire = "DBInstanceIdentifier", .title = "INSTANCE", .width = 20, .flags = F_KEY, .help = "Name of the instance."),
	F(cluster, K_ID, .wire = "DBClusterIdentifier", .title = "CLUSTER", .width = 20, .help = "Cluster the instance belongs to."),
	F(role, K_ENUM, .title = "ROLE", .width = 6, .flags = F_COMPUTED, .help = "writer or reader, as the cluster lists its members."),
	F(status, K_ENUM, .wire = "DBInstanceStatus", .title = "STATUS", .width = 12, .help = "What RDS says the instance is doing."),
	F(class, K_ENUM, .wire = "DBInstanceClass", .title = "CLASS", .width = 14, .help = "Instance class; db.serverless is Serverless v2."),
	F(vcpu, K_COUNT, .title = "VCPU", .width = 4, .flags = F_COMPUTED | F_DESC, .help = "Virtual processors of the class; absent for serverless."),
	F(memory_bytes, K_BYTES, .title = "MEMORY", .width = 7, .flags = F_COMPUTED | F_DESC, .help = "Memory of the class; absent for serverless and unknown classes."),
	F(zone, K_ID, .wire = "AvailabilityZone", .title = "ZONE", .width = 13, .help = "Availability zone the instance runs in."),
	F(endpoint, K_ID, .wire = "Endpoint/Address", .title = "ENDPOINT", .width = 40, .help = "Host name of this instance."),
	F(port, K_INT, .wire = "Endpoint/Port", .title = "PORT", .width = 5, .help = "TCP port."),
	F(engine, K_ENUM, .wire = "Engine", .title = "ENGINE", .width = 17, .flags = F_HIDDEN, .help = "Database engine."),
	F(engine_version, K_ID, .wire = "EngineVersion", .title = "VERSION", .width = 7, .help = "Engine version of the instance."),
	F(created_at, K_TIME_US, .wire = "InstanceCreateTime", .title = "CREATED", .width = 12, .help = "When the instance was created."),
	F(promotion_tier, K_INT, .wire = "PromotionTier", .title = "TIER", .width = 4, .help = "Order of promotion in a failover, 0 first."),
	F(publicly_accessible, K_BOOL, .wire = "PubliclyAccessible", .title = "PUBLIC", .width = 5, .help = "The endpoint resolves to a public address outside the VPC."),
	F(parameter_group, K_ID, .wire = "DBParameterGroups/DBParameterGroup/DBParameterGroupName", .title = "PARAMETER GROUP", .width = 24, .help = "Instance parameter group."),
	F(parameter_status, K_ENUM, .wire = "DBParameterGroups/DBParameterGroup/ParameterApplyStatus", .title = "PARAMETERS", .width = 14, .help = "in-sync, or pending-reboot when a change waits for one."),
	F(ca, K_ID, .wire = "CACertificateIdentifier", .title = "CA", .width = 16, .help = "Certificate authority of the server certificate."),
	F(ca_valid_at, K_TIME_US, .wire = "CertificateDetails/ValidTill", .title = "CERT VALID TO", .width = 12, .help = "When the server certificate expires."),
	F(subnet_group, K_ID, .wire = "DBSubnetGroup/DBSubnetGroupName", .title = "SUBNET GROUP", .width = 16, .help = "DB subnet group."),
	F(vpc, K_ID, .wire = "DBSubnetGroup/VpcId", .title = "VPC", .width = 21, .help = "VPC of the instance."),
	F(security_groups, K_TEXT, .wire = "VpcSecurityGroups/*/VpcSecurityGroupId", .title = "SECURITY GROUPS", .width = 20, .flags = F_LIST, .help = "VPC security groups of the instance."),
	F(monitoring_us, K_DURATION_US, .wire = "MonitoringInterval", .title = "MONITORING", .width = 5, .help = "Interval of Enhanced Monitoring; 0 is off."),
	F(insights, K_ENUM, .wire = "DatabaseInsightsMode", .title = "INSIGHTS", .width = 8, .help = "Database Insights mode: standard or advanced."),
	F(performance_insights, K_BOOL, .wire = "PerformanceInsightsEnabled", .title = "PI", .width = 5, .help = "Performance Insights collects data."),
	F(insights_retention_days, K_COUNT, .wire = "PerformanceInsightsRetentionPeriod", .title = "PI DAYS", .width = 4, .help = "Days for which Performance Insights keeps its data."),
	F(insights_key, K_ID, .wire = "PerformanceInsightsKMSKeyId", .title = "PI KEY", .width = 30, .flags = F_HIDDEN, .help = "ARN of the key that encrypts the data of Performance Insights."),
	F(maintenance_window, K_TEXT, .wire = "PreferredMaintenanceWindow", .title = "MAINTENANCE WINDOW", .width = 19, .help = "Weekly window of maintenance, UTC."),
	F(auto_minor_upgrade, K_BOOL, .wire = "AutoMinorVersionUpgrade", .title = "AUTO UPGRADE", .width = 5, .help = "Minor versions are installed in the maintenance window."),
	F(pending_class, K_ENUM, .wire = "PendingModifiedValues/DBInstanceClass", .title = "NEXT CLASS", .width = 14, .help = "Class that a pending change will set."),
	F(pending_version, K_ID, .wire = "PendingModifiedValues/EngineVersion", .title = "NEXT VERSION", .width = 7, .help = "Engine version that a pending change will set."),
	F(arn, K_ID, .wire = "DBInstanceArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the instance."),
	F(resource_id, K_ID, .wire = "DbiResourceId", .title = "RESOURCE ID", .width = 30, .flags = F_HIDDEN, .help = "Immutable identifier, used by Performance Insights."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct instance, "instances", fields);

static void compute_role(struct instance *i, const struct snapshot *clusters)
{
	for (size_t c = 0; c < clusters->nrows; c++) {
		if (!str_eq(aws_input_text(clusters, c, "identifier"), i->cluster))
			continue;
		if (str_eq(aws_input_text(clusters, c, "writer"), i->identifier))
			SET(i, struct instance, role, STR("writer"));
		else if (aws_list_has(aws_input_text(clusters, c, "members"), i->identifier))
			SET(i, struct instance, role, STR("reader"));
		return;
	}
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	const struct fetch *f = ctx;
	struct instance *i = row;
	int64_t n;

	(void)out;
	if (!HAS(i, struct instance, cluster) || (!f->target->cluster[0] && !str_eq_c(i->engine, "aurora-postgresql")))
		return false;
	compute_role(i, f->inputs[0]);
	if (aws_class_vcpu(i->class, &n))
		SET(i, struct instance, vcpu, n);
	if (aws_class_memory(i->class, &n))
		SET(i, struct instance, memory_bytes, n);
	if (HAS(i, struct instance, monitoring_us))
		i->monitoring_us = aws_scale(i->monitoring_us, US_PER_S);
	return true;
}

static void parameters(struct form *form, void *ctx)
{
	const struct fetch *f = ctx;

	if (f->target->cluster[0])
		form_add_rds_filter(form, 1, "db-cluster-id", str_c(f->target->cluster));
	else
		form_add_rds_filter(form, 1, "engine", STR("aurora-postgresql"));
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBInstances",
		.items = "DescribeDBInstancesResult/DBInstances/*",
		.next = "DescribeDBInstancesResult/Marker",
		.marker = "Marker",
		.parameters = parameters,
		.finish = finish,
		.publish_pages = true,
		.ctx = f,
	};
	struct snapshot *s = snapshot_new(&type, "instances");

	if (!aws_list_fetch(f, &list, s, err)) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

/* Roles are read out of the list of clusters, so it has to be whole. */
static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)t;
	(void)why;
	return inputs[0] && !inputs[0]->partial ? READY : READY_WAIT;
}

const struct source source_instances = {
	.name = "instances",
	.title = "instances",
	.help = "Aurora instances: role, class, status, zone, endpoint, certificates, pending changes.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 15 * US_PER_S,
	.busy_period_us = 5 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS DescribeDBInstances",
	.ready = ready,
	.busy = aws_any_moving,
	.fetch = fetch,
};
