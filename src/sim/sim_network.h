/*
 * sim_network.h: the simulated VPC: security groups and their rules. Subnets and prefix lists are the estate's.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim/sim_changes.h"
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

#define SIM_VPC_ID "vpc-0d11"

struct sim_group {
	const char *id, *name, *text;
	const struct sim_rule_row *rules;
	int nrules;
};

struct sim_rule {
	char id[SIM_RULE_ID_MAX];
	const struct sim_group *group;
	const struct sim_rule_row *row;
};

/* All groups, in the request's arena: the scenario's, then one for each cluster of the fleet. */
size_t sim_groups(struct sim_request *r, struct sim_group **ret_groups);
/* Rules of one group; out holds g->nrules. */
size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out);

/* What a rule lets in or out to: a group, a network, a prefix list. */
enum sim_source_kind { SIM_SOURCE_GROUP, SIM_SOURCE_V4, SIM_SOURCE_V6, SIM_SOURCE_LIST, SIM_SOURCE__COUNT };
enum sim_source_kind sim_source_kind(const char *source);

/* sim_ec2.c: an <item> of securityGroupRuleSet */
void sim_ec2_rule_xml(struct sim_request *r, struct buf *b, const struct sim_rule *rule);
/* sim_ec2_routes.c */
bool sim_ec2_describe_route_tables(struct sim_request *r, struct buf *out);
bool sim_ec2_describe_acls(struct sim_request *r, struct buf *out);
/* sim_ec2.c: every id in PREFIX.N must be one of n known ones, else r has the error; is id one of them, or are there
 * none? */
bool sim_ec2_ids_exist(struct sim_request *r, const char *prefix, const char *const *known, size_t n, const char *code);
bool sim_ec2_id_wanted(struct sim_request *r, const char *prefix, const char *id);
/* sim_ec2_write.c */
bool sim_ec2_authorize_ingress(struct sim_request *r, struct buf *out);
bool sim_ec2_revoke_ingress(struct sim_request *r, struct buf *out);

#endif
