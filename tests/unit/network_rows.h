/*
 * network_rows.h: rows of security_group_rules, network_acls and route_tables as their sources have them, for tests of
 * who reads them by their public names.
 */
#ifndef TESTS_NETWORK_ROWS_H
#define TESTS_NETWORK_ROWS_H

#include "model/snapshot.h"

#include <string.h>

struct rule {
	uint64_t present;
	struct str group_id;
	int64_t egress;
	struct str protocol;
	int64_t from_port, to_port;
	struct str peer, cidr_ipv4, cidr_ipv6, prefix_list, referenced_group, networks;
	int64_t world_open;
};
#define F(m, k) FIELD(struct rule, m, k, .title = #m, .help = #m)
static const struct field rule_fields[] = {
	F(group_id, K_ID), F(egress, K_BOOL),     F(protocol, K_ENUM), F(from_port, K_INT),  F(to_port, K_INT),
	F(peer, K_ID),     F(cidr_ipv4, K_ID),    F(cidr_ipv6, K_ID),  F(prefix_list, K_ID), F(referenced_group, K_ID),
	F(networks, K_ID), F(world_open, K_BOOL),
};
#undef F
static const struct rec_type rule_type = REC_TYPE(struct rule, "security_group_rules", rule_fields);

struct acl {
	uint64_t present;
	struct str subnets, acl_id;
	int64_t egress, rule_number;
	struct str protocol;
	int64_t from_port, to_port;
	struct str cidr, action;
};
#define F(m, k) FIELD(struct acl, m, k, .title = #m, .help = #m)
static const struct field acl_fields[] = {
	F(subnets, K_ID),    F(acl_id, K_ID),   F(egress, K_BOOL), F(rule_number, K_INT), F(protocol, K_ENUM),
	F(from_port, K_INT), F(to_port, K_INT), F(cidr, K_ID),     F(action, K_ENUM),
};
#undef F
static const struct rec_type acl_type = REC_TYPE(struct acl, "network_acls", acl_fields);

struct route {
	uint64_t present;
	struct str subnet_id, route_table, destination, target_type, target, state;
};
#define F(m, k) FIELD(struct route, m, k, .title = #m, .help = #m)
static const struct field route_fields[] = {
	F(subnet_id, K_ID),     F(route_table, K_ID), F(destination, K_ID),
	F(target_type, K_ENUM), F(target, K_ID),      F(state, K_ENUM),
};
#undef F
static const struct rec_type route_type = REC_TYPE(struct route, "route_tables", route_fields);

static inline struct str keep(struct snapshot *s, const char *text)
{
	return arena_str(s->arena, str_c(text));
}

static inline struct rule *add_rule(struct snapshot *s, const char *protocol, int64_t from, int64_t to)
{
	struct rule *r = snapshot_add_row(s);

	SET(r, struct rule, group_id, STR("sg-db"));
	SET(r, struct rule, egress, 0);
	SET(r, struct rule, protocol, keep(s, protocol));
	SET(r, struct rule, from_port, from);
	SET(r, struct rule, to_port, to);
	return r;
}

static inline void add_cidr(struct snapshot *s, const char *protocol, int64_t from, int64_t to, const char *cidr)
{
	struct rule *r = add_rule(s, protocol, from, to);

	SET(r, struct rule, peer, keep(s, cidr));
	if (strchr(cidr, ':'))
		SET(r, struct rule, cidr_ipv6, r->peer);
	else
		SET(r, struct rule, cidr_ipv4, r->peer);
}

static inline void add_list(struct snapshot *s, const char *list, const char *networks)
{
	struct rule *r = add_rule(s, "tcp", 5432, 5432);

	SET(r, struct rule, peer, keep(s, list));
	SET(r, struct rule, prefix_list, r->peer);
	if (networks)
		SET(r, struct rule, networks, keep(s, networks));
}

static inline void add_group(struct snapshot *s, const char *group)
{
	struct rule *r = add_rule(s, "tcp", 5432, 5432);

	SET(r, struct rule, peer, keep(s, group));
	SET(r, struct rule, referenced_group, r->peer);
}

static inline struct snapshot *new_rules(void)
{
	return snapshot_new(&rule_type, "security_group_rules");
}

static inline struct acl *add_acl(struct snapshot *s, bool egress, int64_t number, const char *protocol, int64_t from,
				  int64_t to, const char *cidr, bool allow)
{
	struct acl *r = snapshot_add_row(s);

	SET(r, struct acl, subnets, STR("subnet-0,subnet-1"));
	SET(r, struct acl, acl_id, STR("acl-1"));
	SET(r, struct acl, egress, egress);
	SET(r, struct acl, rule_number, number);
	SET(r, struct acl, protocol, keep(s, protocol));
	if (from >= 0) {
		SET(r, struct acl, from_port, from);
		SET(r, struct acl, to_port, to);
	}
	SET(r, struct acl, cidr, keep(s, cidr));
	SET(r, struct acl, action, allow ? STR("allow") : STR("deny"));
	return r;
}

static inline void add_route(struct snapshot *s, const char *destination, const char *kind, const char *target,
			     const char *route_state)
{
	struct route *r = snapshot_add_row(s);

	SET(r, struct route, subnet_id, STR("subnet-1"));
	SET(r, struct route, route_table, STR("rtb-1"));
	SET(r, struct route, destination, keep(s, destination));
	SET(r, struct route, target_type, keep(s, kind));
	SET(r, struct route, target, keep(s, target));
	SET(r, struct route, state, keep(s, route_state));
}

#endif
