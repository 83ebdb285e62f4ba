/*
 * src_clusters.c: Aurora clusters by RDS DescribeDBClusters.
 *
 * With a cluster chosen that one is asked for by identifier; without, the region's Aurora PostgreSQL
 * clusters are listed and shown page by page. Roles of members come from two parallel lists of
 * the answer (identifier, IsClusterWriter), because an instance does not know its own role. A tag is an element with
 * a key and a value in any order; what does not pair is no tag, and then none are known.
 *
 * Not here: the instances themselves, snapshots, parameter values; what of the same answer only a review asks for
 * (src_cluster_settings.c).
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

struct cluster {
	uint64_t present;
	struct str identifier, status;
	struct str engine, engine_version, engine_mode;
	struct str endpoint, reader_endpoint;
	int64_t port;
	struct str writer, readers, members;
	int64_t multi_az;
	struct str availability_zones;
	int64_t created_at;
	struct str database_name, master_username;
	struct str security_groups, subnet_group, parameter_group;
	int64_t backup_retention_days;
	struct str backup_window, maintenance_window;
	int64_t earliest_restorable_at, latest_restorable_at;
	int64_t encrypted;
	struct str kms_key;
	int64_t deletion_protection, copy_tags, iam_auth;
	struct str storage_type;
	double min_acu, max_acu;
	int64_t auto_pause_us;
	struct str insights, log_exports;
	struct str arn, resource_id;
	struct str tags;
};

#define F(m, k, ...) FIELD(struct cluster, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(identifier, K_ID, .wire = "DBClusterIdentifier", .title = "CLUSTER", .width = 20, .flags = F_KEY, .help = "Name of the cluster."),
	F(status, K_ENUM, .wire = "Status", .title = "STATUS", .width = 12, .help = "What RDS says the cluster is doing; a paused serverless cluster says available too."),
	F(engine, K_ENUM, .wire = "Engine", .title = "ENGINE", .width = 17, .help = "Database engine, aurora-postgresql for Aurora PostgreSQL."),
	F(engine_version, K_ID, .wire = "EngineVersion", .title = "VERSION", .width = 7, .help = "Engine version of the cluster."),
	F(engine_mode, K_ENUM, .wire = "EngineMode", .title = "MODE", .width = 11, .help = "provisioned (also Serverless v2) or serverless (v1)."),
	F(endpoint, K_ID, .wire = "Endpoint", .title = "ENDPOINT", .width = 40, .help = "Host name that follows the writer."),
	F(reader_endpoint, K_ID, .wire = "ReaderEndpoint", .title = "READER ENDPOINT", .width = 40, .help = "Host name that spreads connections over the readers."),
	F(port, K_INT, .wire = "Port", .title = "PORT", .width = 5, .help = "TCP port of all endpoints."),
	F(writer, K_ID, .title = "WRITER", .width = 16, .flags = F_COMPUTED, .help = "Instance that takes writes now."),
	/* for each of the members whether it writes, until finish() puts names there */
	F(readers, K_TEXT, .wire = "DBClusterMembers/*/IsClusterWriter", .title = "READERS", .width = 16, .flags = F_COMPUTED | F_LIST, .help = "Instances that only read."),
	F(members, K_TEXT, .wire = "DBClusterMembers/*/DBInstanceIdentifier", .title = "MEMBERS", .width = 24, .flags = F_LIST, .help = "All instances of the cluster."),
	F(multi_az, K_BOOL, .wire = "MultiAZ", .title = "MULTI-AZ", .width = 5, .help = "Instances are in more than one availability zone."),
	F(availability_zones, K_TEXT, .wire = "AvailabilityZones/*", .title = "ZONES", .width = 24, .flags = F_LIST, .help = "Zones that hold the cluster's storage."),
	F(created_at, K_TIME_US, .wire = "ClusterCreateTime", .title = "CREATED", .width = 12, .help = "When the cluster was created."),
	F(database_name, K_ID, .wire = "DatabaseName", .title = "DATABASE", .width = 12, .help = "Database made with the cluster."),
	F(master_username, K_ID, .wire = "MasterUsername", .title = "MASTER USER", .width = 12, .help = "Login name of the master user."),
	F(security_groups, K_TEXT, .wire = "VpcSecurityGroups/*/VpcSecurityGroupId", .title = "SECURITY GROUPS", .width = 20, .flags = F_LIST, .help = "VPC security groups of the cluster."),
	F(subnet_group, K_ID, .wire = "DBSubnetGroup", .title = "SUBNET GROUP", .width = 16, .help = "DB subnet group of the cluster."),
	F(parameter_group, K_ID, .wire = "DBClusterParameterGroup", .title = "PARAMETER GROUP", .width = 24, .help = "Cluster parameter group; default.* cannot be changed."),
	F(backup_retention_days, K_COUNT, .wire = "BackupRetentionPeriod", .title = "RETENTION", .width = 4, .help = "Days for which automated backups are kept."),
	F(backup_window, K_TEXT, .wire = "PreferredBackupWindow", .title = "BACKUP WINDOW", .width = 11, .help = "Daily window of automated snapshots, UTC."),
	F(maintenance_window, K_TEXT, .wire = "PreferredMaintenanceWindow", .title = "MAINTENANCE WINDOW", .width = 19, .help = "Weekly window of maintenance, UTC."),
	F(earliest_restorable_at, K_TIME_US, .wire = "EarliestRestorableTime", .title = "RESTORABLE FROM", .width = 12, .help = "Earliest moment the cluster can be restored to."),
	F(latest_restorable_at, K_TIME_US, .wire = "LatestRestorableTime", .title = "RESTORABLE TO", .width = 12, .help = "Latest moment the cluster can be restored to."),
	F(encrypted, K_BOOL, .wire = "StorageEncrypted", .title = "ENCRYPTED", .width = 5, .help = "The cluster volume is encrypted at rest."),
	F(kms_key, K_ID, .wire = "KmsKeyId", .title = "KMS KEY", .width = 30, .help = "ARN of the key that encrypts the volume."),
	F(deletion_protection, K_BOOL, .wire = "DeletionProtection", .title = "PROTECTED", .width = 5, .help = "The cluster cannot be deleted."),
	F(copy_tags, K_BOOL, .wire = "CopyTagsToSnapshot", .title = "COPY TAGS", .width = 5, .help = "Snapshots take over the cluster's tags."),
	F(iam_auth, K_BOOL, .wire = "IAMDatabaseAuthenticationEnabled", .title = "IAM LOGIN", .width = 5, .help = "Database users may log in with IAM tokens."),
	F(storage_type, K_ENUM, .wire = "StorageType", .title = "STORAGE", .width = 13, .help = "aurora-iopt1 is I/O-Optimized; absent is standard."),
	F(min_acu, K_REAL, .wire = "ServerlessV2ScalingConfiguration/MinCapacity", .title = "MIN ACU", .width = 5, .help = "Lowest Serverless v2 capacity; 0 may pause."),
	F(max_acu, K_REAL, .wire = "ServerlessV2ScalingConfiguration/MaxCapacity", .title = "MAX ACU", .width = 5, .help = "Highest Serverless v2 capacity."),
	F(auto_pause_us, K_DURATION_US, .wire = "ServerlessV2ScalingConfiguration/SecondsUntilAutoPause", .title = "PAUSE AFTER", .width = 6, .help = "Idle time after which a serverless cluster pauses."),
	F(insights, K_ENUM, .wire = "DatabaseInsightsMode", .title = "INSIGHTS", .width = 8, .help = "Database Insights mode: standard or advanced."),
	F(log_exports, K_TEXT, .wire = "EnabledCloudwatchLogsExports/*", .title = "LOG EXPORTS", .width = 12, .flags = F_LIST, .help = "Log types sent to CloudWatch Logs."),
	F(arn, K_ID, .wire = "DBClusterArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the cluster."),
	F(resource_id, K_ID, .wire = "DbClusterResourceId", .title = "RESOURCE ID", .width = 30, .flags = F_HIDDEN, .help = "Immutable identifier, used in IAM policies for logins."),
	F(tags, K_TEXT, .wire = "TagList/*/*", .title = "TAGS", .width = 30, .flags = F_COMPUTED | F_LIST | F_NAMED, .help = "Tags of the cluster as key=value; absent when its keys and values do not pair."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct cluster, "clusters", fields);

/* Writer and readers out of the two parallel lists; an empty answer leaves both absent. */
static void compute_roles(struct cluster *c, struct arena *a)
{
	struct str ids = c->members, roles = c->readers, id, role;
	struct buf readers;

	c->present &= ~BIT(struct cluster, readers);
	buf_init(&readers, AWS_LIST_MAX);
	while (ids.len > 0 && str_split(&ids, ',', &id) && str_split(&roles, ',', &role)) {
		if (str_eq_c(role, "true")) {
			SET(c, struct cluster, writer, id);
		} else {
			if (readers.len > 0)
				buf_add_char(&readers, ',');
			buf_add_str(&readers, id);
		}
	}
	if (c->members.len > 0)
		SET(c, struct cluster, readers, arena_str(a, buf_str(&readers)));
	buf_release(&readers);
}

static void compute_tags(struct cluster *c, struct arena *a)
{
	struct str tags;
	bool paired = aws_pair_tags(c->tags, a, &tags);

	c->present &= ~BIT(struct cluster, tags);
	if (paired)
		SET(c, struct cluster, tags, tags);
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	const struct target *t = ctx;
	struct cluster *c = row;

	if (!t->cluster[0] && !str_eq_c(c->engine, "aurora-postgresql"))
		return false;
	compute_roles(c, out->arena);
	compute_tags(c, out->arena);
	if (HAS(c, struct cluster, auto_pause_us))
		c->auto_pause_us = aws_scale(c->auto_pause_us, US_PER_S);
	return true;
}

static void parameters(struct form *form, void *ctx)
{
	const struct target *t = ctx;

	if (t->cluster[0])
		form_add_c(form, "DBClusterIdentifier", t->cluster);
	else
		form_add_rds_filter(form, 1, "engine", STR("aurora-postgresql"));
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusters",
		.items = "DescribeDBClustersResult/DBClusters/*",
		.next = "DescribeDBClustersResult/Marker",
		.marker = "Marker",
		.parameters = parameters,
		.finish = finish,
		.publish_pages = true,
		.ctx = (void *)(uintptr_t)f->target,
	};
	struct snapshot *s = snapshot_new(&type, "clusters");

	if (f->target->cluster[0] && fetch_wants(f, source_cluster_settings.name))
		list.also = snapshot_new(source_cluster_settings.type, source_cluster_settings.name);
	if (!aws_list_fetch(f, &list, s, err)) {
		if (f->target->cluster[0])
			aws_explain_not_found(f->target, f->target->region[0] ? f->target->region : "this region", err);
		snapshot_unref(s);
		snapshot_unref(list.also);
		return false;
	}
	fetch_publish(f, s);
	if (list.also)
		fetch_publish(f, list.also);
	return true;
}

const struct source source_clusters = {
	.name = "clusters",
	.title = "cluster",
	.help = "Aurora clusters: status, endpoints, members, backup and security settings.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 15 * US_PER_S,
	.busy_period_us = 5 * US_PER_S,
	.origin = "RDS DescribeDBClusters",
	.busy = aws_any_moving,
	.fetch = fetch,
};
