/*
 * src_cluster_settings.c: settings of the open cluster that only a review asks for, from the same answer of RDS
 * DescribeDBClusters as the cluster itself (src_clusters.c).
 *
 * A record has room for so many fields, and the cluster's is full. This one is made only while somebody wants it.
 */
#include "aws/sources.h"

struct settings {
	uint64_t present;
	struct str cluster;
	struct str master_secret_arn, master_secret_status, master_secret_key;
	int64_t data_api;
	struct str activity_stream, network_type, lifecycle_support;
	int64_t insights_retention_days;
	int64_t automatic_restart_at;
};

#define F(m, k, ...) FIELD(struct settings, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(cluster, K_ID, .wire = "DBClusterIdentifier", .title = "CLUSTER", .width = 20, .flags = F_KEY, .help = "Name of the cluster."),
	F(master_secret_arn, K_ID, .wire = "MasterUserSecret/SecretArn", .title = "MASTER SECRET", .width = 30, .help = "Secret that RDS keeps the master user's password in; absent when it manages none."),
	F(master_secret_status, K_ENUM, .wire = "MasterUserSecret/SecretStatus", .title = "SECRET", .width = 9, .help = "creating, active, rotating or impaired."),
	F(master_secret_key, K_ID, .wire = "MasterUserSecret/KmsKeyId", .title = "SECRET KEY", .width = 30, .help = "ARN of the key that encrypts the master user's secret."),
	F(data_api, K_BOOL, .wire = "HttpEndpointEnabled", .title = "DATA API", .width = 5, .help = "Statements may be sent over HTTPS, by RDS's Data API."),
	F(activity_stream, K_ENUM, .wire = "ActivityStreamStatus", .title = "ACTIVITY STREAM", .width = 9, .help = "stopped, starting, started or stopping: a stream of database activity for auditors."),
	F(network_type, K_ENUM, .wire = "NetworkType", .title = "NETWORK", .width = 5, .help = "IPV4, or DUAL with IPv6."),
	F(lifecycle_support, K_ENUM, .wire = "EngineLifecycleSupport", .title = "LIFECYCLE", .width = 20, .help = "Whether the cluster goes over to extended support when its major version's standard support ends."),
	F(insights_retention_days, K_COUNT, .wire = "PerformanceInsightsRetentionPeriod", .title = "PI DAYS", .width = 4, .help = "Days for which Performance Insights keeps its data, as set for the cluster."),
	F(automatic_restart_at, K_TIME_US, .wire = "AutomaticRestartTime", .title = "RESTARTS", .width = 12, .help = "When AWS starts a stopped cluster by itself."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct settings, "cluster_settings", fields);

const struct source source_cluster_settings = {
	.name = "cluster_settings",
	.title = "cluster settings",
	.help = "Further settings of the cluster: the master user's secret, Data API, activity stream.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS | SOURCE_EXTRA,
	.fed_by = "clusters",
	.origin = "RDS DescribeDBClusters",
};
