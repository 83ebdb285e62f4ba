/*
 * sources.h: the source rows of this layer, for the registry.
 */
#ifndef AWS_SOURCES_H
#define AWS_SOURCES_H

#include "runtime/source.h"

extern const struct source source_clusters;
extern const struct source source_instances;
extern const struct source source_security_groups;
extern const struct source source_security_group_rules;
extern const struct source source_subnets;
extern const struct source source_snapshots;
extern const struct source source_metrics;
extern const struct source source_logs;
extern const struct source source_events;
extern const struct source source_log_files;
extern const struct source source_insights;
extern const struct source source_load_keys;
extern const struct source source_lease_marks;
extern const struct source source_cluster_settings;
extern const struct source source_alarms;
extern const struct source source_pending_maintenance;
extern const struct source source_keys;
extern const struct source source_secrets;
extern const struct source source_scaling;
extern const struct source source_parameters;
extern const struct source source_route_tables;
extern const struct source source_network_acls;

#endif
