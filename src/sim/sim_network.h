/*
 * sim_network.h: the simulated VPC: security groups and their rules. Subnets and prefix lists are the estate's.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

#define SIM_VPC_ID "vpc-0d11"

struct sim_group {
	const char *id, *name, *text;
	const struct sim_rule_row *rules;
	int nrules;
};

struct sim_rule {
	char id[32];
	const struct sim_group *group;
	const struct sim_rule_row *row;
};

/* All groups, in the request's arena: the scenario's, then one for each cluster of the fleet. */
size_t sim_groups(struct sim_request *r, struct sim_group **ret_groups);
/* Rules of one group; out holds SIM_GROUP_RULES_MAX. */
size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out);

#endif
