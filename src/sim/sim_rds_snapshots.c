/*
 * sim_rds_snapshots.c: RDS DescribeDBClusterSnapshots and DescribeDBClusterSnapshotAttributes.
 *
 * The rules of the call: by cluster or by snapshot, not both; one automated snapshot by
 * name also needs SnapshotType; without a type, automated and manual ones come; shared and
 * public ones do not exist in this account. Who may restore a snapshot is told of manual ones only.
 */
#include "sim/sim_rds.h"
#include "sim/sim_scenario.h"

#define GIB 1073741824.0

void sim_rds_snapshot_xml(struct sim_request *r, struct buf *b, const struct sim_snapshot *s)
{
	const struct sim_cluster *c = s->cluster;
	struct sim_rds_resource resource = {"cluster-snapshot", s->id, c};

	sim_xml_open(b, "DBClusterSnapshot");
	sim_xml_str(b, "DBClusterSnapshotIdentifier", s->id);
	sim_xml_str(b, "DBClusterIdentifier", c->id);
	sim_rds_arn(r, b, "DBClusterSnapshotArn", "cluster-snapshot", s->id);
	sim_xml_time(b, "SnapshotCreateTime", s->created_us);
	sim_xml_time(b, "ClusterCreateTime", r->sim->epoch_us - c->age_us);
	sim_xml_str(b, "Status", s->percent == 100 ? "available" : s->source_id ? "copying" : "creating");
	sim_xml_str(b, "SnapshotType", s->automated ? "automated" : "manual");
	sim_xml_int(b, "PercentProgress", s->percent);
	sim_xml_str(b, "Engine", "aurora-postgresql");
	sim_xml_str(b, "EngineVersion", s->engine_version);
	sim_xml_str(b, "EngineMode", "provisioned");
	sim_xml_int(b, "AllocatedStorage", (int64_t)(s->volume_bytes / GIB) + 1);
	sim_xml_int(b, "Port", 0);
	sim_xml_str(b, "VpcId", "vpc-0d11");
	sim_xml_str(b, "MasterUsername", "postgres");
	sim_xml_bool(b, "StorageEncrypted", true);
	sim_rds_key(r, b, "KmsKeyId");
	sim_xml_str(b, "StorageType", "aurora");
	sim_xml_str(b, "LicenseModel", "postgresql-license");
	sim_rds_zones(r, b);
	sim_xml_bool(b, "IAMDatabaseAuthenticationEnabled", c->iam_authentication);
	sim_xml_int(b, "BackupRetentionPeriod", c->retention_days);
	if (s->source_id)
		sim_rds_arn(r, b, "SourceDBClusterSnapshotArn", "cluster-snapshot", s->source_id);
	sim_rds_tags(r, b, &resource);
	sim_xml_str(b, "DbClusterResourceId", c->resource_id);
	sim_xml_close(b, "DBClusterSnapshot");
}

struct wish {
	struct str cluster, snapshot, type, resource;
	struct sim_filters filters;
};

static bool read_wish(struct sim_request *r, struct wish *w)
{
	bool flag;

	w->cluster = sim_param(r, "DBClusterIdentifier");
	w->snapshot = sim_param(r, "DBClusterSnapshotIdentifier");
	w->type = sim_param(r, "SnapshotType");
	w->resource = sim_param(r, "DbClusterResourceId");
	if (!sim_param_bool(r, "IncludeShared", &flag) || !sim_param_bool(r, "IncludePublic", &flag))
		return false;
	if (w->cluster.len > 0 && w->snapshot.len > 0)
		return sim_fail(
			r, 400, "InvalidParameterCombination",
			"The parameters DBClusterIdentifier and DBClusterSnapshotIdentifier can't be used together.");
	if (w->type.len > 0 && !str_eq_c(w->type, "automated") && !str_eq_c(w->type, "manual") &&
	    !str_eq_c(w->type, "shared") && !str_eq_c(w->type, "public") && !str_eq_c(w->type, "awsbackup"))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid snapshot type: " STR_FMT, STR_ARG(w->type));
	if (str_starts(w->snapshot, STR("rds:")) && w->type.len == 0)
		return sim_fail(r, 400, "InvalidParameterCombination",
				"For an automated snapshot the parameter SnapshotType must also be specified.");
	return sim_filters(r, "Filters.Filter", "Values.Value",
			   "db-cluster-id db-cluster-snapshot-id snapshot-type engine", &w->filters);
}

/* By name, or by the end of an ARN. */
static bool is_named(const struct sim_snapshot *s, struct str id)
{
	struct str kind = STR(":cluster-snapshot:");
	long at = str_starts(id, STR("arn:")) ? str_find(id, kind, 0) : -1;

	return str_ieq(at < 0 ? id : str_sub(id, (size_t)at + kind.len, id.len), str_c(s->id));
}

bool sim_rds_snapshot_find(struct sim_request *r, struct str id, struct sim_snapshot *ret_snapshot)
{
	struct sim_snapshot *rows;
	size_t n = sim_snapshots(r, NULL, &rows);

	for (size_t i = 0; i < n; i++) {
		if (is_named(&rows[i], id)) {
			*ret_snapshot = rows[i];
			return true;
		}
	}
	return false;
}

static bool wanted(const struct wish *w, const struct sim_snapshot *s)
{
	const char *type = s->automated ? "automated" : "manual";

	return (w->snapshot.len == 0 || is_named(s, w->snapshot)) && (w->type.len == 0 || str_eq_c(w->type, type)) &&
	       (w->resource.len == 0 || str_eq_c(w->resource, s->cluster->resource_id)) &&
	       sim_filter_ok(&w->filters, "db-cluster-id", s->cluster->id) &&
	       sim_filter_ok(&w->filters, "db-cluster-snapshot-id", s->id) &&
	       sim_filter_ok(&w->filters, "snapshot-type", type) &&
	       sim_filter_ok(&w->filters, "engine", "aurora-postgresql");
}

bool sim_rds_describe_snapshots(struct sim_request *r, struct buf *out)
{
	struct sim_cluster *cluster = NULL;
	struct sim_snapshot *rows;
	struct sim_page page;
	struct wish w;
	size_t n = 0, total;

	if (!read_wish(r, &w))
		return false;
	if (w.cluster.len > 0 && !(cluster = sim_cluster_find(r->sim, w.cluster)))
		return sim_fail(r, 404, "DBClusterNotFoundFault", "DBCluster " STR_FMT " not found.",
				STR_ARG(w.cluster));
	sim_rds_filter_names(r, &w.filters);
	total = sim_snapshots(r, cluster, &rows);
	for (size_t i = 0; i < total; i++)
		if (wanted(&w, &rows[i]))
			rows[n++] = rows[i];
	if (w.snapshot.len > 0 && n == 0)
		return sim_fail(r, 404, "DBClusterSnapshotNotFoundFault", "DBClusterSnapshot " STR_FMT " not found.",
				STR_ARG(w.snapshot));
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "DBClusterSnapshots");
	for (size_t i = page.first; i < page.end; i++)
		sim_rds_snapshot_xml(r, out, &rows[i]);
	sim_xml_close(out, "DBClusterSnapshots");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

/* Accounts that a snapshot of the scenario is shared with; "" = nobody. */
static struct str shared_with(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nsnapshots; i++)
		if (strcmp(e->snapshots[i].id, id) == 0)
			return str_c(e->snapshots[i].shared_with);
	return STR("");
}

bool sim_rds_describe_attributes(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "DBClusterSnapshotIdentifier"), rest, account;
	struct sim_snapshot s;

	if (!sim_rds_snapshot_find(r, id, &s))
		return sim_fail(r, 404, "DBClusterSnapshotNotFoundFault", "DBClusterSnapshot " STR_FMT " not found.",
				STR_ARG(id));
	if (s.automated)
		return sim_fail(r, 400, "InvalidParameterValue",
				"Attributes of automated snapshots cannot be described.");
	sim_xml_open(out, "DBClusterSnapshotAttributesResult");
	sim_xml_str(out, "DBClusterSnapshotIdentifier", s.id);
	sim_xml_open(out, "DBClusterSnapshotAttributes");
	sim_xml_open(out, "DBClusterSnapshotAttribute");
	sim_xml_str(out, "AttributeName", "restore");
	sim_xml_open(out, "AttributeValues");
	rest = shared_with(r->sim->estate, s.id);
	while (rest.len > 0 && str_split(&rest, ',', &account))
		sim_xml_slice(out, "AttributeValue", str_trim(account));
	sim_xml_close(out, "AttributeValues");
	sim_xml_close(out, "DBClusterSnapshotAttribute");
	sim_xml_close(out, "DBClusterSnapshotAttributes");
	sim_xml_close(out, "DBClusterSnapshotAttributesResult");
	return true;
}
