/*
 * sim_rds.c: RDS DescribeDBClusters, DescribeDBInstances and DescribeDBSubnetGroups.
 *
 * Each call selects rows (by identifier or filters), cuts one page and prints every field
 * that applies to Aurora PostgreSQL, in the element names of the API. What Aurora leaves
 * out is left out here too: no role in an instance, no VPC in a cluster, no storage type
 * for standard storage.
 */
#include "sim/sim_rds.h"
#include "sim/sim_scenario.h"

#define VPC_ID "vpc-0d11"
#define ZONES 3

void sim_rds_arn(struct sim_request *r, struct buf *b, const char *tag, const char *kind, const char *name)
{
	sim_xml_fmt(b, tag, "arn:%s:rds:%s:" SIM_ACCOUNT ":%s:%s", sim_partition(r->sim), r->sim->o.region, kind, name);
}

void sim_rds_key(struct sim_request *r, struct buf *b, const char *tag)
{
	sim_xml_fmt(b, tag, "arn:%s:kms:%s:" SIM_ACCOUNT ":key/" SIM_ACCOUNT_KEY, sim_partition(r->sim),
		    r->sim->o.region);
}

/* Host of an endpoint: name, then ".c9akci.REGION.DOMAIN" with prefix "", "cluster-" or "cluster-ro-". */
static void endpoint(struct sim_request *r, struct buf *b, const char *tag, const struct sim_cluster *c,
		     const char *names[2])
{
	const struct sim_options *o = &r->sim->o;

	if (c->is_orders && o->db_host)
		sim_xml_str(b, tag, o->db_host);
	else
		sim_xml_fmt(b, tag, "%s.%sc9akci.%s.%s", names[0], names[1], o->region, o->domain);
}

static int port_of(const struct sim_request *r, const struct sim_cluster *c)
{
	return c->is_orders ? r->sim->o.db_port : 5432;
}

static void cluster_identity(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	const char *writer[2] = {c->id, "cluster-"}, *reader[2] = {c->id, "cluster-ro-"};

	sim_xml_int(b, "AllocatedStorage", 1);
	sim_xml_str(b, "DBClusterIdentifier", c->id);
	sim_rds_arn(r, b, "DBClusterArn", "cluster", c->id);
	sim_xml_str(b, "DbClusterResourceId", c->resource_id);
	sim_xml_str(b, "Engine", "aurora-postgresql");
	sim_xml_str(b, "EngineVersion", c->engine_version);
	sim_xml_str(b, "EngineMode", "provisioned");
	sim_xml_str(b, "Status", sim_cluster_status(c, r->now_us));
	sim_xml_time(b, "ClusterCreateTime", r->sim->epoch_us - c->age_us);
	sim_xml_str(b, "DatabaseName", c->database);
	sim_xml_str(b, "MasterUsername", "postgres");
	sim_xml_int(b, "Port", port_of(r, c));
	endpoint(r, b, "Endpoint", c, writer);
	endpoint(r, b, "ReaderEndpoint", c, reader);
	buf_add_c(b, "<CustomEndpoints/>\n");
	sim_xml_str(b, "HostedZoneId", "Z29XKXDKYMONMX");
	sim_xml_bool(b, "MultiAZ", c->nmembers > 1);
	if (sim_cluster_stopped(c, r->now_us))
		sim_xml_time(b, "AutomaticRestartTime",
			     c->turned_us ? c->turned_us + 7 * US_PER_DAY : r->sim->epoch_us + 5 * US_PER_DAY);
}

static void cluster_members(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	int writer = sim_cluster_writer(c, r->now_us);

	sim_xml_open(b, "DBClusterMembers");
	for (int i = 0; i < c->nmembers; i++) {
		sim_xml_open(b, "DBClusterMember");
		sim_xml_str(b, "DBInstanceIdentifier", c->members[i].id);
		sim_xml_bool(b, "IsClusterWriter", i == writer);
		sim_xml_str(b, "DBClusterParameterGroupStatus", sim_rds_group_status(r->sim, c, i, r->now_us));
		sim_xml_int(b, "PromotionTier", c->members[i].tier);
		sim_xml_close(b, "DBClusterMember");
	}
	sim_xml_close(b, "DBClusterMembers");
}

static void security_groups(struct buf *b, const struct sim_cluster *c)
{
	sim_xml_open(b, "VpcSecurityGroups");
	sim_xml_open(b, "VpcSecurityGroupMembership");
	sim_xml_str(b, "VpcSecurityGroupId", c->group_id);
	sim_xml_str(b, "Status", "active");
	sim_xml_close(b, "VpcSecurityGroupMembership");
	sim_xml_close(b, "VpcSecurityGroups");
}

static void cluster_config(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	int64_t kept = r->now_us - c->retention_days * US_PER_DAY;
	char window[SIM_WINDOW_MAX];

	security_groups(b, c);
	sim_xml_str(b, "DBSubnetGroup", c->subnet_group);
	sim_rds_zones(r, b);
	sim_xml_str(b, "NetworkType", "IPV4");
	if (c->parameter_group)
		sim_xml_str(b, "DBClusterParameterGroup", c->parameter_group);
	else
		sim_xml_fmt(b, "DBClusterParameterGroup", "default.%s", c->family);
	sim_cluster_backup_window(c, window);
	sim_xml_str(b, "PreferredBackupWindow", window);
	sim_xml_str(b, "PreferredMaintenanceWindow", sim_cluster_maintenance_window(c));
	sim_xml_int(b, "BackupRetentionPeriod", c->retention_days);
	sim_xml_time(b, "EarliestRestorableTime", (kept > c->kept_from_us ? kept : c->kept_from_us) + 17 * US_PER_S);
	/* Moves in steps of a minute, four to five behind now. */
	sim_xml_time(b, "LatestRestorableTime", (r->now_us - 4 * US_PER_MIN) / US_PER_MIN * US_PER_MIN);
	sim_xml_bool(b, "DeletionProtection", c->deletion_protection);
	sim_xml_bool(b, "CopyTagsToSnapshot", true);
	sim_xml_bool(b, "AutoMinorVersionUpgrade", c->minor_upgrades);
	sim_xml_bool(b, "HttpEndpointEnabled", false);
	sim_xml_bool(b, "IAMDatabaseAuthenticationEnabled", c->iam_authentication);
	sim_xml_bool(b, "CrossAccountClone", false);
	if (c->log_exports)
		buf_add_c(b,
			  "<EnabledCloudwatchLogsExports><member>postgresql</member></EnabledCloudwatchLogsExports>\n");
	sim_xml_str(b, "EngineLifecycleSupport", "open-source-rds-extended-support");
	sim_xml_bool(b, "StorageEncrypted", true);
	sim_rds_key(r, b, "KmsKeyId");
	buf_add_c(b, "<AssociatedRoles/>\n<ReadReplicaIdentifiers/>\n");
	if (c->io_optimized)
		sim_xml_str(b, "StorageType", "aurora-iopt1");
}

static void cluster_scaling(struct buf *b, const struct sim_cluster *c)
{
	if (!c->serverless)
		return;
	sim_xml_open(b, "ServerlessV2ScalingConfiguration");
	sim_xml_f64(b, "MinCapacity", c->min_capacity);
	sim_xml_f64(b, "MaxCapacity", c->max_capacity);
	if (c->min_capacity == 0)
		sim_xml_int(b, "SecondsUntilAutoPause", c->auto_pause_us ? c->auto_pause_us / US_PER_S : 300);
	sim_xml_close(b, "ServerlessV2ScalingConfiguration");
}

static void insights(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	sim_xml_bool(b, "PerformanceInsightsEnabled", c->insights);
	if (c->insights) {
		sim_rds_key(r, b, "PerformanceInsightsKMSKeyId");
		sim_xml_int(b, "PerformanceInsightsRetentionPeriod", 7);
	}
	sim_xml_str(b, "DatabaseInsightsMode", "standard");
	sim_xml_int(b, "MonitoringInterval", c->enhanced_monitoring ? 60 : 0);
	if (c->enhanced_monitoring)
		sim_xml_fmt(b, "MonitoringRoleArn", "arn:%s:iam::" SIM_ACCOUNT ":role/rds-monitoring-role",
			    sim_partition(r->sim));
}

static void cluster_secret(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	if (!c->managed_secret)
		return;
	sim_xml_open(b, "MasterUserSecret");
	sim_xml_fmt(b, "SecretArn", "arn:%s:secretsmanager:%s:" SIM_ACCOUNT ":secret:" SIM_SECRET_NAME SIM_SECRET_END,
		    sim_partition(r->sim), r->sim->o.region);
	sim_xml_str(b, "SecretStatus", "active");
	sim_rds_key(r, b, "KmsKeyId");
	sim_xml_close(b, "MasterUserSecret");
}

void sim_rds_cluster_xml(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	struct sim_rds_resource resource = {"cluster", c->id, c};

	sim_xml_open(b, "DBCluster");
	cluster_identity(r, b, c);
	cluster_members(r, b, c);
	cluster_config(r, b, c);
	cluster_scaling(b, c);
	insights(r, b, c);
	cluster_secret(r, b, c);
	sim_xml_str(b, "ActivityStreamStatus", "stopped");
	sim_xml_str(b, "ClusterScalabilityType", "standard");
	sim_rds_tags(r, b, &resource);
	sim_xml_close(b, "DBCluster");
}

void sim_rds_filter_names(struct sim_request *r, struct sim_filters *f)
{
	for (size_t i = 0; i < f->n; i++) {
		for (size_t k = 0; k < f->rows[i].n; k++) {
			struct str *v = &f->rows[i].values[k];
			struct sim_cluster *c = NULL;

			if (str_eq_c(f->rows[i].name, "db-cluster-id") && str_starts(*v, STR("arn:")))
				c = sim_cluster_find(r->sim, *v);
			if (c)
				*v = str_c(c->id);
		}
	}
}

static bool cluster_wanted(const struct sim_filters *f, const struct sim_cluster *c)
{
	return sim_filter_ok(f, "db-cluster-id", c->id) && sim_filter_ok(f, "engine", "aurora-postgresql") &&
	       sim_filter_ok(f, "db-cluster-resource-id", c->resource_id) && sim_filter_ok(f, "clone-group-id", "") &&
	       sim_filter_ok(f, "domain", "");
}

static bool describe_clusters(struct sim_request *r, struct buf *out)
{
	const struct sim_cluster **rows = arena_alloc_array(r->arena, r->sim->nclusters, sizeof(*rows));
	const struct sim_cluster *only = NULL;
	struct str id = sim_param(r, "DBClusterIdentifier");
	struct sim_filters f;
	struct sim_page page;
	size_t n = 0;
	bool shared;

	if (!sim_filters(r, "Filters.Filter", "Values.Value",
			 "clone-group-id db-cluster-id db-cluster-resource-id domain engine", &f) ||
	    !sim_param_bool(r, "IncludeShared", &shared))
		return false;
	if (id.len > 0 && !(only = sim_cluster_find(r->sim, id)))
		return sim_fail(r, 404, "DBClusterNotFoundFault", "DBCluster " STR_FMT " not found.", STR_ARG(id));
	sim_rds_filter_names(r, &f);
	for (size_t i = 0; i < r->sim->nclusters; i++)
		if ((!only || only == &r->sim->clusters[i]) && cluster_wanted(&f, &r->sim->clusters[i]))
			rows[n++] = &r->sim->clusters[i];
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "DBClusters");
	for (size_t i = page.first; i < page.end; i++)
		sim_rds_cluster_xml(r, out, rows[i]);
	sim_xml_close(out, "DBClusters");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

static const struct sim_subnet_group *subnet_group(struct sim_request *r, const char *name)
{
	const struct sim_estate *e = r->sim->estate;

	for (size_t i = 0; i < e->nsubnet_groups; i++)
		if (strcmp(e->subnet_groups[i].id, name) == 0)
			return &e->subnet_groups[i];
	BUG("no subnet group %s", name);
}

void sim_rds_zones(struct sim_request *r, struct buf *b)
{
	sim_xml_open(b, "AvailabilityZones");
	for (int i = 0; i < ZONES; i++)
		sim_xml_fmt(b, "AvailabilityZone", "%s%c", r->sim->o.region, 'a' + i);
	sim_xml_close(b, "AvailabilityZones");
}

static void subnet_group_fields(struct sim_request *r, struct buf *b, const struct sim_subnet_group *g)
{
	sim_xml_str(b, "DBSubnetGroupName", g->id);
	sim_xml_str(b, "DBSubnetGroupDescription", g->description);
	sim_xml_str(b, "VpcId", VPC_ID);
	sim_xml_str(b, "SubnetGroupStatus", "Complete");
	sim_xml_open(b, "Subnets");
	for (int i = 0; i < g->nsubnets; i++) {
		sim_xml_open(b, "Subnet");
		sim_xml_str(b, "SubnetIdentifier", g->subnets[i]);
		sim_xml_open(b, "SubnetAvailabilityZone");
		sim_xml_fmt(b, "Name", "%s%s", r->sim->o.region,
			    sim_estate_subnet(r->sim->estate, g->subnets[i])->zone);
		sim_xml_close(b, "SubnetAvailabilityZone");
		buf_add_c(b, "<SubnetOutpost/>\n");
		sim_xml_str(b, "SubnetStatus", "Active");
		sim_xml_close(b, "Subnet");
	}
	sim_xml_close(b, "Subnets");
	sim_rds_arn(r, b, "DBSubnetGroupArn", "subgrp", g->id);
	buf_add_c(b, "<SupportedNetworkTypes><member>IPV4</member></SupportedNetworkTypes>\n");
}

static void instance_place(struct sim_request *r, struct buf *b, const struct sim_cluster *c,
			   const struct sim_instance *m)
{
	const char *names[2] = {m->id, ""};

	sim_xml_open(b, "Endpoint");
	endpoint(r, b, "Address", c, names);
	sim_xml_int(b, "Port", c->is_orders && m == &c->members[1] ? r->sim->o.reader_port : port_of(r, c));
	sim_xml_str(b, "HostedZoneId", "Z29XKXDKYMONMX");
	sim_xml_close(b, "Endpoint");
	sim_xml_int(b, "DbInstancePort", 0);
	sim_xml_str(b, "AvailabilityZone", m->az);
	sim_xml_open(b, "DBSubnetGroup");
	subnet_group_fields(r, b, subnet_group(r, c->subnet_group));
	sim_xml_close(b, "DBSubnetGroup");
	security_groups(b, c);
	sim_xml_bool(b, "PubliclyAccessible", false);
	sim_xml_str(b, "NetworkType", "IPV4");
}

static void instance_config(struct sim_request *r, struct buf *b, const struct sim_cluster *c,
			    const struct sim_instance *m)
{
	sim_xml_open(b, "DBParameterGroups");
	sim_xml_open(b, "DBParameterGroup");
	sim_xml_str(b, "DBParameterGroupName", sim_rds_instance_group(r, c, m));
	sim_xml_str(b, "ParameterApplyStatus", "in-sync");
	sim_xml_close(b, "DBParameterGroup");
	sim_xml_close(b, "DBParameterGroups");
	sim_xml_str(b, "StorageType", "aurora");
	sim_xml_bool(b, "StorageEncrypted", true);
	sim_rds_key(r, b, "KmsKeyId");
	sim_xml_str(b, "CACertificateIdentifier", "rds-ca-rsa2048-g1");
	sim_xml_open(b, "CertificateDetails");
	sim_xml_str(b, "CAIdentifier", "rds-ca-rsa2048-g1");
	sim_xml_str(b, "ValidTill", "2027-05-21T10:00:00Z");
	sim_xml_close(b, "CertificateDetails");
	buf_add_c(b, "<PendingModifiedValues/>\n");
	sim_xml_str(b, "PreferredMaintenanceWindow", "tue:03:30-tue:04:00");
	sim_xml_bool(b, "AutoMinorVersionUpgrade", c->minor_upgrades);
	sim_xml_int(b, "BackupRetentionPeriod", c->retention_days);
	sim_xml_bool(b, "MultiAZ", false);
	sim_xml_bool(b, "DeletionProtection", false);
	insights(r, b, c);
	if (c->enhanced_monitoring)
		sim_xml_fmt(b, "EnhancedMonitoringResourceArn",
			    "arn:%s:logs:%s:" SIM_ACCOUNT ":log-group:RDSOSMetrics:log-stream:%s",
			    sim_partition(r->sim), r->sim->o.region, m->resource_id);
}

void sim_rds_instance_xml(struct sim_request *r, struct buf *b, const struct sim_cluster *c, int member)
{
	const struct sim_instance *m = &c->members[member];
	struct sim_rds_resource resource = {"db", m->id, c};

	sim_xml_open(b, "DBInstance");
	sim_xml_int(b, "AllocatedStorage", 1);
	sim_xml_str(b, "DBInstanceIdentifier", m->id);
	sim_rds_arn(r, b, "DBInstanceArn", "db", m->id);
	sim_xml_str(b, "DbiResourceId", m->resource_id);
	sim_xml_str(b, "DBClusterIdentifier", c->id);
	sim_xml_str(b, "DBInstanceClass", m->class_name);
	sim_xml_str(b, "Engine", "aurora-postgresql");
	sim_xml_str(b, "EngineVersion", c->engine_version);
	sim_xml_str(b, "DBInstanceStatus", sim_instance_status(c, member, r->now_us));
	sim_xml_str(b, "MasterUsername", "postgres");
	sim_xml_str(b, "DBName", c->database);
	sim_xml_time(b, "InstanceCreateTime", r->sim->epoch_us - c->age_us + (member + 1) * 7 * US_PER_MIN);
	sim_xml_int(b, "PromotionTier", m->tier);
	instance_place(r, b, c, m);
	instance_config(r, b, c, m);
	sim_rds_tags(r, b, &resource);
	sim_xml_close(b, "DBInstance");
}

struct instance_row {
	const struct sim_cluster *cluster;
	int member;
};

static size_t select_instances(struct sim_request *r, const struct sim_filters *f, struct instance_row **ret_rows)
{
	struct str id = sim_param(r, "DBInstanceIdentifier");
	int wanted = -1;
	const struct sim_cluster *only = id.len ? sim_instance_find(r->sim, id, &wanted) : NULL;
	size_t n = 0;

	*ret_rows = arena_alloc_array(r->arena, r->sim->nclusters * SIM_MEMBERS_MAX, sizeof(**ret_rows));
	for (size_t i = 0; i < r->sim->nclusters; i++) {
		const struct sim_cluster *c = &r->sim->clusters[i];

		for (int k = 0; k < c->nmembers; k++) {
			if (id.len > 0 && (c != only || k != wanted))
				continue;
			if (sim_filter_ok(f, "db-cluster-id", c->id) &&
			    sim_filter_ok(f, "engine", "aurora-postgresql") &&
			    sim_filter_ok(f, "db-instance-id", c->members[k].id) && sim_filter_ok(f, "domain", "") &&
			    sim_filter_ok(f, "dbi-resource-id", c->members[k].resource_id))
				(*ret_rows)[n++] = (struct instance_row){c, k};
		}
	}
	return n;
}

static bool describe_instances(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "DBInstanceIdentifier");
	struct instance_row *rows;
	struct sim_filters f;
	struct sim_page page;
	size_t n;

	if (!sim_filters(r, "Filters.Filter", "Values.Value",
			 "db-cluster-id db-instance-id dbi-resource-id domain engine", &f))
		return false;
	sim_rds_filter_names(r, &f);
	n = select_instances(r, &f, &rows);
	if (id.len > 0 && n == 0 && f.n == 0)
		return sim_fail(r, 404, "DBInstanceNotFound", "DBInstance " STR_FMT " not found.", STR_ARG(id));
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "DBInstances");
	for (size_t i = page.first; i < page.end; i++)
		sim_rds_instance_xml(r, out, rows[i].cluster, rows[i].member);
	sim_xml_close(out, "DBInstances");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

static bool describe_subnet_groups(struct sim_request *r, struct buf *out)
{
	struct str name = sim_param(r, "DBSubnetGroupName");
	const struct sim_subnet_group *groups = r->sim->estate->subnet_groups;
	struct sim_filters none;
	struct sim_page page;
	size_t rows[SIM_SCENARIO_ROWS_MAX], n = 0;

	if (!sim_filters(r, "Filters.Filter", "Values.Value", "", &none))
		return false;
	for (size_t i = 0; i < r->sim->estate->nsubnet_groups; i++)
		if (name.len == 0 || str_ieq(name, str_c(groups[i].id)))
			rows[n++] = i;
	if (name.len > 0 && n == 0)
		return sim_fail(r, 404, "DBSubnetGroupNotFoundFault", "DB subnet group '" STR_FMT "' does not exist.",
				STR_ARG(name));
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "DBSubnetGroups");
	for (size_t i = page.first; i < page.end; i++) {
		sim_xml_open(out, "DBSubnetGroup");
		subnet_group_fields(r, out, &groups[rows[i]]);
		sim_xml_close(out, "DBSubnetGroup");
	}
	sim_xml_close(out, "DBSubnetGroups");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

#define FILTERS " Filters.Filter.N.Name Filters.Filter.N.Values.Value.N MaxRecords Marker"
#define TAGS " Tags.Tag.N.Key Tags.Tag.N.Value"

/* clang-format off */
const struct sim_operation sim_rds_operations[] = {
	{"rds", "DescribeDBClusters", "DBClusterIdentifier IncludeShared" FILTERS, "", describe_clusters},
	{"rds", "DescribeDBInstances", "DBInstanceIdentifier" FILTERS, "", describe_instances},
	{"rds", "DescribeDBSubnetGroups", "DBSubnetGroupName" FILTERS, "", describe_subnet_groups},
	{"rds", "DescribeDBClusterSnapshots",
	 "DBClusterIdentifier DBClusterSnapshotIdentifier DbClusterResourceId SnapshotType IncludeShared IncludePublic" FILTERS,
	 "", sim_rds_describe_snapshots},
	{"rds", "DescribeDBClusterSnapshotAttributes", "DBClusterSnapshotIdentifier", "DBClusterSnapshotIdentifier",
	 sim_rds_describe_attributes},
	{"rds", "DescribeEvents",
	 "SourceIdentifier SourceType StartTime EndTime Duration EventCategories.EventCategory.N MaxRecords Marker", "",
	 sim_rds_describe_events},
	{"rds", "DescribeDBLogFiles",
	 "DBInstanceIdentifier FilenameContains FileLastWritten FileSize MaxRecords Marker", "DBInstanceIdentifier",
	 sim_rds_describe_log_files},
	{"rds", "DownloadDBLogFilePortion", "DBInstanceIdentifier LogFileName Marker NumberOfLines",
	 "DBInstanceIdentifier LogFileName", sim_rds_download_log},
	{"rds", "CreateDBClusterSnapshot", "DBClusterSnapshotIdentifier DBClusterIdentifier" TAGS,
	 "DBClusterSnapshotIdentifier DBClusterIdentifier", sim_rds_create_snapshot},
	{"rds", "DeleteDBClusterSnapshot", "DBClusterSnapshotIdentifier", "DBClusterSnapshotIdentifier", sim_rds_delete_snapshot},
	{"rds", "FailoverDBCluster", "DBClusterIdentifier TargetDBInstanceIdentifier", "DBClusterIdentifier",
	 sim_rds_failover_cluster},
	{"rds", "RebootDBInstance", "DBInstanceIdentifier ForceFailover", "DBInstanceIdentifier", sim_rds_reboot_instance},
	{"rds", "StopDBCluster", "DBClusterIdentifier", "DBClusterIdentifier", sim_rds_stop_cluster},
	{"rds", "StartDBCluster", "DBClusterIdentifier", "DBClusterIdentifier", sim_rds_start_cluster},
	{"rds", "ModifyDBCluster",
	 "DBClusterIdentifier ApplyImmediately BackupRetentionPeriod PreferredBackupWindow PreferredMaintenanceWindow "
	 "DeletionProtection", "DBClusterIdentifier", sim_rds_modify_cluster},
	{"rds", "AddTagsToResource", "ResourceName" TAGS, "ResourceName Tags.Tag.N.Key", sim_rds_add_tags},
	{"rds", "RemoveTagsFromResource", "ResourceName TagKeys.member.N", "ResourceName TagKeys.member.N",
	 sim_rds_remove_tags},
	{"rds", "ListTagsForResource", "ResourceName", "ResourceName", sim_rds_list_tags},
	{"rds", "DescribeDBClusterParameterGroups", "DBClusterParameterGroupName MaxRecords Marker", "",
	 sim_rds_describe_groups},
	{"rds", "DescribeDBClusterParameters", "DBClusterParameterGroupName Source" FILTERS, "DBClusterParameterGroupName",
	 sim_rds_describe_parameters},
	{"rds", "DescribeDBParameters", "DBParameterGroupName Source" FILTERS, "DBParameterGroupName",
	 sim_rds_describe_instance_parameters},
	{"rds", "ModifyDBClusterParameterGroup",
	 "DBClusterParameterGroupName Parameters.Parameter.N.ParameterName Parameters.Parameter.N.ParameterValue "
	 "Parameters.Parameter.N.ApplyMethod",
	 "DBClusterParameterGroupName Parameters.Parameter.N.ParameterName", sim_rds_modify_group},
	{"rds", "ResetDBClusterParameterGroup",
	 "DBClusterParameterGroupName ResetAllParameters Parameters.Parameter.N.ParameterName "
	 "Parameters.Parameter.N.ApplyMethod",
	 "DBClusterParameterGroupName", sim_rds_reset_group},
	{"rds", "DescribePendingMaintenanceActions", "ResourceIdentifier" FILTERS, "", sim_rds_describe_maintenance},
	{"rds", "ApplyPendingMaintenanceAction", "ResourceIdentifier ApplyAction OptInType",
	 "ResourceIdentifier ApplyAction OptInType", sim_rds_apply_maintenance},
};
/* clang-format on */
const size_t sim_rds_noperations = ARRAY_LEN(sim_rds_operations);
