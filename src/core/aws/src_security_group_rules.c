/*
 * src_security_group_rules.c: one row per rule and peer, by EC2 DescribeSecurityGroupRules.
 *
 * A rule names exactly one peer: an IPv4 or IPv6 range, a prefix list or another group; `peer` says
 * which in one column. world_open is about incoming traffic only, because outgoing rules
 * usually allow every address.
 *
 * Not here: entries of prefix lists, whether a given address can connect.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

struct rule {
	uint64_t present;
	struct str rule_id, group_id;
	int64_t egress;
	struct str protocol, ports;
	int64_t from_port, to_port;
	struct str peer, cidr_ipv4, cidr_ipv6, prefix_list, referenced_group;
	int64_t world_open;
	struct str description;
};

#define F(m, k, ...) FIELD(struct rule, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(rule_id, K_ID, .wire = "securityGroupRuleId", .title = "RULE", .width = 22, .flags = F_KEY, .help = "Identifier of the rule."),
	F(group_id, K_ID, .wire = "groupId", .title = "GROUP", .width = 21, .help = "Security group the rule belongs to."),
	F(egress, K_BOOL, .wire = "isEgress", .title = "EGRESS", .width = 5, .help = "The rule allows outgoing traffic; otherwise incoming."),
	F(protocol, K_ENUM, .wire = "ipProtocol", .title = "PROTOCOL", .width = 5, .help = "tcp, udp, icmp, icmpv6, a number, or -1 for all."),
	F(ports, K_TEXT, .title = "PORTS", .width = 11, .flags = F_COMPUTED, .help = "Port or range of ports in words."),
	F(from_port, K_INT, .wire = "fromPort", .title = "FROM", .width = 5, .help = "First port; -1 for all."),
	F(to_port, K_INT, .wire = "toPort", .title = "TO", .width = 5, .help = "Last port; -1 for all."),
	F(peer, K_ID, .title = "PEER", .width = 21, .flags = F_COMPUTED, .help = "Address range, prefix list or group on the other side."),
	F(cidr_ipv4, K_ID, .wire = "cidrIpv4", .title = "IPV4", .width = 18, .help = "IPv4 range."),
	F(cidr_ipv6, K_ID, .wire = "cidrIpv6", .title = "IPV6", .width = 22, .help = "IPv6 range."),
	F(prefix_list, K_ID, .wire = "prefixListId", .title = "PREFIX LIST", .width = 21, .help = "Managed prefix list."),
	F(referenced_group, K_ID, .wire = "referencedGroupInfo/groupId", .title = "FROM GROUP", .width = 21, .help = "Security group whose members are allowed."),
	F(world_open, K_BOOL, .title = "WORLD", .width = 5, .flags = F_COMPUTED, .help = "Incoming traffic is allowed from every address."),
	F(description, K_TEXT, .wire = "description", .title = "DESCRIPTION", .width = 30, .help = "What its author says it is for."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct rule, "security_group_rules", fields);

static struct str words_of_ports(const struct rule *r, struct arena *a)
{
	bool known = HAS(r, struct rule, from_port) && HAS(r, struct rule, to_port);

	if (str_eq_c(r->protocol, "-1") || !known || r->from_port == -1 || (r->from_port == 0 && r->to_port == 65535))
		return STR("all");
	if (r->from_port == r->to_port)
		return arena_fmt(a, "%lld", (long long)r->from_port);
	return arena_fmt(a, "%lld-%lld", (long long)r->from_port, (long long)r->to_port);
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct rule *r = row;
	bool world = str_eq_c(r->cidr_ipv4, "0.0.0.0/0") || str_eq_c(r->cidr_ipv6, "::/0");

	(void)ctx;
	SET(r, struct rule, ports, words_of_ports(r, out->arena));
	if (HAS(r, struct rule, cidr_ipv4))
		SET(r, struct rule, peer, r->cidr_ipv4);
	else if (HAS(r, struct rule, cidr_ipv6))
		SET(r, struct rule, peer, r->cidr_ipv6);
	else if (HAS(r, struct rule, prefix_list))
		SET(r, struct rule, peer, r->prefix_list);
	else if (HAS(r, struct rule, referenced_group))
		SET(r, struct rule, peer, r->referenced_group);
	SET(r, struct rule, world_open, world && !r->egress);
	return true;
}

static void parameters(struct form *form, void *ctx)
{
	const struct buf *groups = ctx;

	form_add_ec2_filter(form, 1, "group-id", buf_str(groups));
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct buf groups;
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSecurityGroupRules",
		.items = "securityGroupRuleSet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = parameters,
		.finish = finish,
		.ctx = &groups,
	};
	struct snapshot *s = snapshot_new(&type, "security_group_rules");
	bool ok = true;

	buf_init(&groups, AWS_LIST_MAX);
	aws_input_collect(f->inputs[0], "security_groups", &groups);
	if (groups.len > 0)
		ok = aws_list_fetch(f, &list, s, err);
	buf_release(&groups);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_security_group_rules = {
	.name = "security_group_rules",
	.title = "security-group rules",
	.help = "Rules of the cluster's security groups, one row per peer.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters",
	.origin = "EC2 DescribeSecurityGroupRules",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
