/*
 * sim_scenario.h: a scenario, read from its file: what stands in the simulated account, and what
 * happens to it when.
 *
 * The files in src/sim/scenarios are compiled in; the head of healthy.ini describes their
 * keys. Everything lives in the arena that sim_scenario_load() was given and does not change later.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/sim_state.h"

#define SIM_SCENARIO_CLUSTERS_MAX 32
#define SIM_SCENARIO_INSTANCES_MAX (SIM_SCENARIO_CLUSTERS_MAX * SIM_MEMBERS_MAX)
#define SIM_SCENARIO_ROWS_MAX 64 /* of every other kind of heading */
#define SIM_SCENARIO_FILES_MAX 4 /* a file, its base, the base of that, ... */
#define SIM_GROUP_RULES_MAX 24
#define SIM_LIST_NETWORKS_MAX 200
#define SIM_GROUP_SUBNETS_MAX 12
#define SIM_ROUTES_MAX 20
#define SIM_ACL_RULES_MAX 20
#define SIM_ALARM_DIMENSIONS_MAX 4

/* In every row `id` comes first: it is what the heading names. */
struct sim_instance_row {
	const char *id, *cluster, *class, *zone;
	const char *parameter_group; /* of its own; NULL = the default one of its family */
	const char *parameters;      /* what that group sets, "NAME=VALUE, NAME=VALUE"; NULL = nothing */
	int tier;                    /* -1 = by order */
};

struct sim_rule_row {
	bool egress;
	const char *protocol;   /* "tcp", "udp", ... or "-1" */
	int from_port, to_port; /* -1 = all */
	const char *source;     /* CIDR, sg-..., pl-... */
	const char *text;       /* NULL = no description */
	const char *id;         /* NULL = follows from the contents */
};

struct sim_group_row {
	const char *id, *name, *description;
	struct sim_rule_row rules[SIM_GROUP_RULES_MAX];
	int nrules;
};

struct sim_prefix_list {
	const char *id, *name, *family, *owner; /* owner: "AWS", or NULL = the account */
	int max_entries;
	struct {
		const char *cidr, *text; /* text "" = none */
	} networks[SIM_LIST_NETWORKS_MAX];
	int nnetworks;
};

struct sim_subnet_row {
	const char *id, *range, *zone;
	int free;
};

struct sim_subnet_group {
	const char *id, *description;
	const char *subnets[SIM_GROUP_SUBNETS_MAX]; /* rows of sim_subnet_row, by id */
	int nsubnets;
};

struct sim_snapshot_row {
	const char *id, *cluster, *engine_version; /* version NULL = the cluster's */
	const char *shared_with;                   /* accounts separated by ',', or "all"; NULL = nobody */
	int64_t age_us;
};

struct sim_subnet_list {
	const char *ids[SIM_GROUP_SUBNETS_MAX]; /* rows of sim_subnet_row, by id */
	int n;
};

struct sim_route_table_row {
	const char *id;
	bool is_main;
	struct sim_subnet_list subnets; /* that are associated with it */
	struct {
		const char *destination, *target;
		bool blackhole;
	} routes[SIM_ROUTES_MAX];
	int nroutes;
};

struct sim_acl_row {
	const char *id;
	bool is_default; /* of subnets that no other ACL names */
	struct sim_subnet_list subnets;
	struct sim_acl_rule {
		int number, protocol;   /* -1 = all */
		int from_port, to_port; /* -1 = all */
		bool egress, allow;
		const char *cidr;
	} rules[SIM_ACL_RULES_MAX];
	int nrules;
};

struct sim_alarm_row {
	const char *id, *description, *space, *metric, *statistic, *comparison;
	struct {
		const char *name, *value;
	} dimensions[SIM_ALARM_DIMENSIONS_MAX];
	int ndimensions;
	double threshold;
	int64_t period_us, age_us; /* age: since when, of a fixed state */
	int periods, datapoints;   /* datapoints 0 = all periods */
	bool actions;
	const char *state; /* NULL = what the metric says */
};

struct sim_key_row {
	const char *id, *description, *manager, *state;
	bool rotation;
	int rotation_days;
	int64_t age_us, deletion_us; /* deletion counts from the start, 0 = none */
};

struct sim_failover_row {
	const char *id, *cluster, *target; /* target NULL = the first reader */
	int64_t at_us;
};

struct sim_fault_plan_row {
	const char *id;
	struct sim_fault_row fault;
	int64_t at_us, for_us; /* for_us 0 = for ever */
};

struct sim_estate {
	const char *name, *title;
	int fleet;           /* clusters made by rules */
	int fleet_instances; /* of each; 0 = one to three */
	int fleet_snapshots; /* manual ones of each; 0 = none to two */
	struct sim_cluster clusters[SIM_SCENARIO_CLUSTERS_MAX];
	struct sim_instance_row instances[SIM_SCENARIO_INSTANCES_MAX];
	struct sim_group_row groups[SIM_SCENARIO_ROWS_MAX];
	struct sim_prefix_list lists[SIM_SCENARIO_ROWS_MAX];
	struct sim_subnet_row subnets[SIM_SCENARIO_ROWS_MAX];
	struct sim_subnet_group subnet_groups[SIM_SCENARIO_ROWS_MAX];
	struct sim_snapshot_row snapshots[SIM_SCENARIO_ROWS_MAX];
	struct sim_fault_plan_row faults[SIM_SCENARIO_ROWS_MAX];
	struct sim_failover_row failovers[SIM_SCENARIO_ROWS_MAX];
	struct sim_route_table_row route_tables[SIM_SCENARIO_ROWS_MAX];
	struct sim_acl_row acls[SIM_SCENARIO_ROWS_MAX];
	struct sim_alarm_row alarms[SIM_SCENARIO_ROWS_MAX];
	struct sim_key_row keys[SIM_SCENARIO_ROWS_MAX];
	size_t nclusters, ninstances, ngroups, nlists, nsubnets, nsubnet_groups, nsnapshots, nfaults, nfailovers;
	size_t nroute_tables, nacls, nalarms, nkeys;
};

/*
 * Reads a scenario: a compiled-in name, or the path of a file (it has a '/' or ends in ".ini"). NULL = healthy.
 * ERR_USAGE: unknown name (lists the known ones), or faults in a file, each as "FILE:LINE: [heading] key: what".
 * ERR_NOT_FOUND, ERR_CONFIG: the file cannot be read.
 */
bool sim_scenario_load(struct arena *a, const char *scenario, const struct sim_estate **ret_estate,
		       struct err *err) MUST_CHECK;
const struct sim_subnet_row *sim_estate_subnet(const struct sim_estate *e, const char *id);

/* For sim_scenario.c: is everything there that rows name? Calls tell(ctx, row, words) for each fault. */
typedef void sim_tell(void *ctx, const void *row, const char *fmt, ...) PRINTF_LIKE(3, 4);
void sim_estate_check(const struct sim_estate *e, sim_tell *tell, void *ctx);

#endif
