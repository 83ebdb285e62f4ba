/*
 * sim_rds.h: what the RDS operations share, and the operations themselves for the table in sim_rds.c.
 */
#ifndef SIM_RDS_H
#define SIM_RDS_H

#include "sim/sim_changes.h"
#include "sim/sim_internal.h"

/* <tag>arn:PARTITION:rds:REGION:ACCOUNT:kind:name</tag> */
void sim_rds_arn(struct sim_request *r, struct buf *b, const char *tag, const char *kind, const char *name);
/* The account's one KMS key, and its ARN. */
#define SIM_ACCOUNT_KEY "5f0c3b1e-7d42-4a51-9e8f-0c1d2e3f4a5b"
void sim_rds_key(struct sim_request *r, struct buf *b, const char *tag);
void sim_rds_zones(struct sim_request *r, struct buf *b);
/* Replaces ARNs in db-cluster-id filters by names. */
void sim_rds_filter_names(struct sim_request *r, struct sim_filters *f);
/* One element each. */
void sim_rds_cluster_xml(struct sim_request *r, struct buf *b, const struct sim_cluster *c);
void sim_rds_instance_xml(struct sim_request *r, struct buf *b, const struct sim_cluster *c, int member);
void sim_rds_snapshot_xml(struct sim_request *r, struct buf *b, const struct sim_snapshot *s);

/* The cluster that DBClusterIdentifier names; NULL = none, r has the error. */
struct sim_cluster *sim_rds_cluster(struct sim_request *r);
/* False and InvalidDBClusterStateFault unless the cluster has this status. */
bool sim_rds_must_be(struct sim_request *r, const struct sim_cluster *c, const char *status);

/* The secret of a managed master user, by its name and the end of its ARN. */
#define SIM_SECRET_NAME "rds!cluster-0b4d7c1e-55a2-4a0c-9d7e-6f1f2a3b4c5d"
#define SIM_SECRET_END "-XyZ123"

/* sim_rds_snapshots.c */
bool sim_rds_describe_attributes(struct sim_request *r, struct buf *out);
bool sim_rds_describe_snapshots(struct sim_request *r, struct buf *out);
/* By name or ARN; false = none. */
bool sim_rds_snapshot_find(struct sim_request *r, struct str id, struct sim_snapshot *ret_snapshot);
/* sim_rds_events.c */
bool sim_rds_describe_events(struct sim_request *r, struct buf *out);
/* sim_rds_logs.c */
bool sim_rds_describe_log_files(struct sim_request *r, struct buf *out);
bool sim_rds_download_log(struct sim_request *r, struct buf *out);

/* sim_rds_write.c */
bool sim_rds_create_snapshot(struct sim_request *r, struct buf *out);
bool sim_rds_delete_snapshot(struct sim_request *r, struct buf *out);
bool sim_rds_failover_cluster(struct sim_request *r, struct buf *out);
bool sim_rds_reboot_instance(struct sim_request *r, struct buf *out);
bool sim_rds_stop_cluster(struct sim_request *r, struct buf *out);
bool sim_rds_start_cluster(struct sim_request *r, struct buf *out);
/* sim_rds_modify.c */
bool sim_rds_modify_cluster(struct sim_request *r, struct buf *out);

/* sim_rds_tags.c */
struct sim_rds_resource {
	const char *kind, *name;           /* the last parts of its ARN */
	const struct sim_cluster *cluster; /* that it is, or belongs to; NULL for a parameter group */
};
/* What the ARN in a parameter names; false: r has the error. */
bool sim_rds_resource(struct sim_request *r, const char *param, struct sim_rds_resource *ret_resource);
/* The element TagList. */
void sim_rds_tags(struct sim_request *r, struct buf *b, const struct sim_rds_resource *resource);
/* Are Tags.Tag.N well formed? False: r has the error. */
bool sim_rds_tags_check(struct sim_request *r);
/* Adds Tags.Tag.N to those that a resource has; false: r has the error. */
bool sim_rds_tags_add(struct sim_request *r, const struct sim_rds_resource *resource);
bool sim_rds_add_tags(struct sim_request *r, struct buf *out);
bool sim_rds_remove_tags(struct sim_request *r, struct buf *out);
bool sim_rds_list_tags(struct sim_request *r, struct buf *out);

/* sim_rds_parameters.c */
struct sim_rds_group {
	const char *name, *family;
	bool custom; /* not default.FAMILY */
};
/* A cluster parameter group that a cluster uses; false = none. */
bool sim_rds_group_find(struct sim_request *r, struct str name, struct sim_rds_group *ret_group);
/* DBClusterParameterGroupStatus of a member. */
const char *sim_rds_group_status(const struct sim *s, const struct sim_cluster *c, int member, int64_t now_us);
bool sim_rds_describe_groups(struct sim_request *r, struct buf *out);
bool sim_rds_describe_parameters(struct sim_request *r, struct buf *out);
/* The parameter group of an instance. */
const char *sim_rds_instance_group(struct sim_request *r, const struct sim_cluster *c, const struct sim_instance *m);
bool sim_rds_describe_instance_parameters(struct sim_request *r, struct buf *out);
bool sim_rds_modify_group(struct sim_request *r, struct buf *out);
bool sim_rds_reset_group(struct sim_request *r, struct buf *out);

/* sim_rds_maintenance.c */
bool sim_rds_describe_maintenance(struct sim_request *r, struct buf *out);
bool sim_rds_apply_maintenance(struct sim_request *r, struct buf *out);

/* sim_windows.c: times of the week in minutes from Monday 00:00 UTC. */
#define SIM_WEEK_MIN (7 * 24 * 60)
struct sim_window {
	int start, length; /* of a daily one, start is that of Monday */
};
/* "hh24:mi-hh24:mi" and "ddd:hh24:mi-ddd:hh24:mi" */
bool sim_window_daily(struct str text, struct sim_window *ret_window);
bool sim_window_weekly(struct str text, struct sim_window *ret_window);
bool sim_windows_overlap(const struct sim_window *daily, const struct sim_window *weekly);
/* The next time a weekly window opens after now. */
int64_t sim_window_next_us(const struct sim_window *weekly, int64_t now_us);

#endif
