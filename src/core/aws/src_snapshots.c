/*
 * src_snapshots.c: cluster snapshots by RDS DescribeDBClusterSnapshots, automated and manual.
 *
 * Not here: sharing attributes, retention verdicts.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define GIB (INT64_C(1) << 30)

struct cluster_snapshot {
	uint64_t present;
	struct str identifier, cluster, kind, status;
	double progress_ratio;
	int64_t created_at;
	struct str engine_version;
	int64_t allocated_bytes, encrypted;
	struct str kms_key, vpc, arn, source_arn, storage_type;
	int64_t cluster_created_at;
};

#define F(m, k, ...) FIELD(struct cluster_snapshot, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(identifier, K_ID, .wire = "DBClusterSnapshotIdentifier", .title = "SNAPSHOT", .width = 36, .flags = F_KEY, .help = "Name of the snapshot; automated ones start with rds:."),
	F(cluster, K_ID, .wire = "DBClusterIdentifier", .title = "CLUSTER", .width = 20, .help = "Cluster the snapshot was taken of."),
	F(kind, K_ENUM, .wire = "SnapshotType", .title = "KIND", .width = 9, .help = "automated, manual, shared or public."),
	F(status, K_ENUM, .wire = "Status", .title = "STATUS", .width = 9, .help = "available, creating or copying."),
	F(progress_ratio, K_RATIO, .wire = "PercentProgress", .title = "DONE", .width = 5, .help = "How much of the snapshot is done."),
	F(created_at, K_TIME_US, .wire = "SnapshotCreateTime", .title = "CREATED", .width = 12, .flags = F_DESC, .help = "When the snapshot was taken."),
	F(engine_version, K_ID, .wire = "EngineVersion", .title = "VERSION", .width = 7, .help = "Engine version of the snapshot."),
	F(allocated_bytes, K_BYTES, .wire = "AllocatedStorage", .title = "SIZE", .width = 8, .flags = F_DESC, .help = "Size RDS states for the snapshot, in whole GiB."),
	F(encrypted, K_BOOL, .wire = "StorageEncrypted", .title = "ENCRYPTED", .width = 5, .help = "The snapshot is encrypted at rest."),
	F(kms_key, K_ID, .wire = "KmsKeyId", .title = "KMS KEY", .width = 30, .help = "ARN of the key that encrypts the snapshot."),
	F(vpc, K_ID, .wire = "VpcId", .title = "VPC", .width = 21, .help = "VPC of the cluster at that time."),
	F(arn, K_ID, .wire = "DBClusterSnapshotArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the snapshot."),
	F(source_arn, K_ID, .wire = "SourceDBClusterSnapshotArn", .title = "COPIED FROM", .width = 30, .help = "Snapshot this one is a copy of."),
	F(storage_type, K_ENUM, .wire = "StorageType", .title = "STORAGE", .width = 13, .help = "aurora-iopt1 is I/O-Optimized; absent is standard."),
	F(cluster_created_at, K_TIME_US, .wire = "ClusterCreateTime", .title = "CLUSTER CREATED", .width = 12, .flags = F_HIDDEN, .help = "When the cluster was created."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct cluster_snapshot, "snapshots", fields);

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct cluster_snapshot *s = row;

	(void)out;
	(void)ctx;
	if (HAS(s, struct cluster_snapshot, progress_ratio))
		s->progress_ratio /= 100;
	if (HAS(s, struct cluster_snapshot, allocated_bytes))
		s->allocated_bytes = aws_scale(s->allocated_bytes, GIB);
	return true;
}

static void parameters(struct form *form, void *ctx)
{
	const struct target *t = ctx;

	form_add_c(form, "DBClusterIdentifier", t->cluster);
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterSnapshots",
		.items = "DescribeDBClusterSnapshotsResult/DBClusterSnapshots/*",
		.next = "DescribeDBClusterSnapshotsResult/Marker",
		.marker = "Marker",
		.parameters = parameters,
		.finish = finish,
		.publish_pages = true,
		.ctx = (void *)(uintptr_t)f->target,
	};
	struct snapshot *s = snapshot_new(&type, "snapshots");

	if (!aws_list_fetch(f, &list, s, err)) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	return target_has_cluster(t, why) ? READY : READY_UNAVAILABLE;
}

const struct source source_snapshots = {
	.name = "snapshots",
	.title = "snapshots",
	.help = "Snapshots of the cluster: kind, status, progress, age, size.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.busy_period_us = 5 * US_PER_S,
	.origin = "RDS DescribeDBClusterSnapshots",
	.ready = ready,
	.busy = aws_any_moving,
	.fetch = fetch,
};
