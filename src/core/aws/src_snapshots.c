/*
 * src_snapshots.c: cluster snapshots by RDS DescribeDBClusterSnapshots, automated and manual.
 *
 * Who else may restore a manual snapshot is told by a call for each, which is why it is asked once when the snapshot
 * is there and then every few hours, a few snapshots at a time (shares.c). Until then, and where it is not allowed,
 * these fields say why they are missing; the snapshots themselves do not wait for it. Without a cluster those of the
 * region are listed where they are asked for by name, and who may restore them is not asked: a call for each would be
 * too many.
 *
 * Not here: retention verdicts.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/shares.h"
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
	int64_t cluster_created_at, backup_retention_days;
	int64_t is_public;
	struct str shared_accounts, tags, cluster_resource_id;
};

#define F(m, k, ...) FIELD(struct cluster_snapshot, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(identifier, K_ID, .wire = "DBClusterSnapshotIdentifier", .title = "SNAPSHOT", .width = 36, .flags = F_KEY, .help = "Name of the snapshot; automated ones start with rds:."),
	F(cluster, K_ID, .wire = "DBClusterIdentifier", .title = "CLUSTER", .width = 20, .help = "Cluster the snapshot was taken of."),
	F(kind, K_ENUM, .wire = "SnapshotType", .title = "KIND", .width = 9, .help = "automated, manual, awsbackup, shared or public."),
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
	F(backup_retention_days, K_COUNT, .wire = "BackupRetentionPeriod", .title = "RETENTION", .width = 4, .help = "Days for which the cluster kept automated backups at that time."),
	F(is_public, K_BOOL, .title = "PUBLIC", .width = 5, .flags = F_COMPUTED, .help = "Every AWS account may restore it; of manual snapshots only."),
	F(shared_accounts, K_TEXT, .title = "SHARED WITH", .width = 14, .flags = F_LIST | F_COMPUTED, .help = "Accounts that may copy or restore it; of manual snapshots only."),
	F(tags, K_TEXT, .wire = "TagList/*/*", .title = "TAGS", .width = 30, .flags = F_COMPUTED | F_LIST | F_NAMED, .help = "Tags of the snapshot as key=value; absent when its keys and values do not pair."),
	F(cluster_resource_id, K_ID, .wire = "DbClusterResourceId", .title = "CLUSTER ID", .width = 30, .flags = F_HIDDEN, .help = "Immutable identifier of the cluster it was taken of."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct cluster_snapshot, "snapshots", fields);

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct cluster_snapshot *s = row;
	struct str tags;
	bool paired = aws_pair_tags(s->tags, out->arena, &tags);

	(void)ctx;
	s->present &= ~BIT(struct cluster_snapshot, tags);
	if (paired)
		SET(s, struct cluster_snapshot, tags, tags);
	if (HAS(s, struct cluster_snapshot, progress_ratio))
		s->progress_ratio /= 100;
	if (HAS(s, struct cluster_snapshot, allocated_bytes))
		s->allocated_bytes = aws_scale(s->allocated_bytes, GIB);
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

/* False when the fetch was cancelled. */
static bool add_shares(struct fetch *f, struct snapshot *out, struct err *err)
{
	void **slot = fetch_state(f, aws_shares_free);
	struct cluster_snapshot *rows = out->rows;
	struct aws_shares *shares = *slot;
	const char *missing;

	if (!shares)
		*slot = shares = aws_shares_new();
	aws_shares_begin(shares);
	for (size_t i = 0; i < out->nrows; i++) {
		struct cluster_snapshot *s = &rows[i];
		struct aws_share share;

		if (!str_eq_c(s->kind, "manual") || !str_eq_c(s->status, "available"))
			continue;
		if (!aws_shares_get(shares, f, s->identifier, s->created_at, &share, err))
			return false;
		if (!share.known)
			continue;
		SET(s, struct cluster_snapshot, is_public, share.is_public);
		SET(s, struct cluster_snapshot, shared_accounts, arena_str(out->arena, share.accounts));
	}
	missing = aws_shares_end(shares);
	if (missing[0]) {
		snapshot_set_unavailable(out, "is_public", str_c(missing));
		snapshot_set_unavailable(out, "shared_accounts", str_c(missing));
	}
	return true;
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

	if (!aws_list_fetch(f, &list, s, err) || (f->target->cluster[0] && !add_shares(f, s, err))) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

/* Those of a region are many, and a console without a cluster shows none. */
static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	return t->whole_region || target_has_cluster(t, why) ? READY : READY_UNAVAILABLE;
}

const struct source source_snapshots = {
	.name = "snapshots",
	.title = "snapshots",
	.help = "Snapshots of the cluster, or of the region: kind, status, progress, age, size.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.busy_period_us = 5 * US_PER_S,
	.origin = "RDS DescribeDBClusterSnapshots, DescribeDBClusterSnapshotAttributes",
	.ready = ready,
	.busy = aws_any_moving,
	.fetch = fetch,
};
