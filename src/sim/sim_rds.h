/*
 * sim_rds.h: what sim_rds.c and sim_rds_snapshots.c share.
 */
#ifndef SIM_RDS_H
#define SIM_RDS_H

#include "sim/sim_internal.h"

/* <tag>arn:PARTITION:rds:REGION:ACCOUNT:kind:name</tag> */
void sim_rds_arn(struct sim_request *r, struct buf *b, const char *tag, const char *kind, const char *name);
/* The ARN of the account's one KMS key. */
void sim_rds_key(struct sim_request *r, struct buf *b, const char *tag);
void sim_rds_tags(struct buf *b, const struct sim_cluster *c);
void sim_rds_zones(struct sim_request *r, struct buf *b);
/* Replaces ARNs in db-cluster-id filters by names. */
void sim_rds_filter_names(struct sim_request *r, struct sim_filters *f);
bool sim_rds_describe_snapshots(struct sim_request *r, struct buf *out);
/* sim_rds_events.c */
bool sim_rds_describe_events(struct sim_request *r, struct buf *out);
/* sim_rds_logs.c */
bool sim_rds_describe_log_files(struct sim_request *r, struct buf *out);
bool sim_rds_download_log(struct sim_request *r, struct buf *out);

#endif
