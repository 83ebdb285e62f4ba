/*
 * reach.c: see reach.h.
 *
 * An ACL decides port by port. Between the bounds that its rules name nothing changes, so a range is judged at its
 * first port and behind each bound inside it, not at 64,000 ports.
 */
#include "model/reach.h"

#include "model/data.h"

#define NO_RULE INT64_MAX
/* AWS shows the fixed rule * by these numbers. */
#define STAR_V4 32767
#define STAR_V6 32768

static bool is_of(const struct snapshot *s, size_t row, const struct acl_ask *ask)
{
	return data_list_has(data_str(s, row, "subnets"), ask->subnet) &&
	       (data_i64(s, row, "egress", 0) != 0) == ask->egress;
}

/* The rule is about this address and protocol; its ports are another matter. */
static bool is_about(const struct snapshot *s, size_t row, const struct acl_ask *ask)
{
	int protocol = net_protocol(data_str(s, row, "protocol"));
	struct net_prefix network;

	if (!net_prefix_parse(data_str(s, row, "cidr"), &network) || !net_prefix_has(&network, &ask->addr))
		return false;
	return protocol == NET_PROTOCOL_ALL || protocol == ask->protocol;
}

static bool has_port(const struct snapshot *s, size_t row, int64_t port)
{
	int64_t from = data_i64(s, row, "from_port", -1), to = data_i64(s, row, "to_port", -1);

	return from < 0 || (port >= from && port <= to);
}

/* Row of the rule that decides one port, or -1. */
static long decide(const struct snapshot *s, const struct acl_ask *ask, int64_t port)
{
	int64_t best = NO_RULE;
	long row = -1;

	for (size_t i = 0; i < s->nrows; i++) {
		int64_t number = data_i64(s, i, "rule_number", NO_RULE);

		if (number >= best || !is_of(s, i, ask) || !is_about(s, i, ask) || !has_port(s, i, port))
			continue;
		best = number;
		row = (long)i;
	}
	return row;
}

/* False, with the answer, when the port is denied. */
static bool passes(const struct snapshot *s, const struct acl_ask *ask, int64_t port, struct acl_answer *ret)
{
	long row = decide(s, ask, port);
	int64_t number = row < 0 ? STAR_V4 : data_i64(s, (size_t)row, "rule_number", STAR_V4);

	if (row >= 0 && str_eq_c(data_str(s, (size_t)row, "action"), "allow"))
		return true;
	if (ret->verdict == ACL_DENIES && ret->port <= port)
		return false;
	ret->verdict = ACL_DENIES;
	ret->port = port;
	ret->rule_number = number >= STAR_V4 && number <= STAR_V6 ? -1 : number;
	return false;
}

void acl_judge(const struct snapshot *acls, const struct acl_ask *ask, struct acl_answer *ret)
{
	bool known = false;

	*ret = (struct acl_answer){.verdict = ACL_UNKNOWN, .rule_number = -1};
	for (size_t i = 0; acls && i < acls->nrows; i++)
		if (is_of(acls, i, ask)) {
			known = true;
			ret->acl_id = data_str(acls, i, "acl_id");
		}
	if (!known)
		return;
	ret->verdict = ACL_ALLOWS;
	(void)passes(acls, ask, ask->from_port, ret);
	for (size_t i = 0; i < acls->nrows; i++) {
		int64_t bounds[2] = {data_i64(acls, i, "from_port", -1), data_i64(acls, i, "to_port", -1)};

		bounds[1] += bounds[1] >= 0;
		for (size_t k = 0; is_of(acls, i, ask) && k < ARRAY_LEN(bounds); k++)
			if (bounds[k] > ask->from_port && bounds[k] <= ask->to_port)
				(void)passes(acls, ask, bounds[k], ret);
	}
}

/* ---- routes ---- */

static enum route_kind kind_of(const struct snapshot *s, size_t row)
{
	struct str kind = data_str(s, row, "target_type"), state = data_str(s, row, "state");

	if (str_eq_c(state, "blackhole"))
		return ROUTE_BLACKHOLE;
	if (str_eq_c(kind, "local"))
		return ROUTE_LOCAL;
	if (str_eq_c(kind, "internet-gateway"))
		return ROUTE_INTERNET;
	return str_eq_c(kind, "nat-gateway") ? ROUTE_NAT : ROUTE_BEYOND;
}

void route_find(const struct snapshot *routes, struct str subnet, const struct net_addr *addr, struct route_answer *ret)
{
	bool known = false, unread = false;
	int bits = -1;

	*ret = (struct route_answer){.kind = ROUTE_UNKNOWN};
	for (size_t i = 0; routes && i < routes->nrows; i++) {
		struct net_prefix network;

		if (!str_eq(data_str(routes, i, "subnet_id"), subnet))
			continue;
		known = true;
		ret->table_id = data_str(routes, i, "route_table");
		if (!net_prefix_parse(data_str(routes, i, "destination"), &network)) {
			/* a prefix list; of a gateway endpoint it has addresses of AWS services only */
			unread |= !str_eq_c(data_str(routes, i, "target_type"), "vpc-endpoint");
			continue;
		}
		if (!net_prefix_has(&network, addr) || network.bits <= bits)
			continue;
		bits = network.bits;
		ret->kind = kind_of(routes, i);
		ret->destination = network;
		ret->target = data_str(routes, i, "target");
	}
	/* a list that cannot be read may have a longer network */
	if (known && unread && ret->kind != ROUTE_LOCAL)
		ret->kind = ROUTE_UNKNOWN;
	else if (known && bits < 0)
		ret->kind = ROUTE_NONE;
}

bool route_is_public(const struct snapshot *routes, struct str subnet)
{
	for (size_t i = 0; routes && i < routes->nrows; i++)
		if (str_eq(data_str(routes, i, "subnet_id"), subnet) && kind_of(routes, i) == ROUTE_INTERNET)
			return true;
	return false;
}
