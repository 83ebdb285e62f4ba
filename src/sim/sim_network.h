/*
 * sim_network.h: the simulated VPC: security groups, rules, subnets, prefix lists.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim/sim_internal.h"

#define SIM_VPC_ID "vpc-0d11"
#define SIM_GROUP_RULES_MAX 12

struct sim_group {
	const char *id, *name, *text;
};

struct sim_rule {
	char id[32];
	const struct sim_group *group;
	bool egress;
	const char *protocol; /* "tcp" or "-1" */
	int port;             /* -1 = all */
	const char *source;   /* CIDR, sg-..., pl-... */
	const char *text;     /* NULL = no description */
};

struct sim_subnet_row {
	const char *id, *cidr;
	char zone;
	int free;
};

struct sim_prefix_list {
	const char *id, *name, *family, *owner; /* owner "AWS" or the account */
	const char *const *cidrs;               /* NULL-terminated; pairs of cidr and description */
	int max;
};

extern const struct sim_subnet_row sim_subnets[];
extern const size_t sim_nsubnets;
extern const struct sim_prefix_list sim_prefix_lists[];
extern const size_t sim_nprefix_lists;

/* All groups, in the request's arena. */
size_t sim_groups(struct sim_request *r, struct sim_group **ret_groups);
/* Rules of one group; out holds SIM_GROUP_RULES_MAX. */
size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out);

#endif
