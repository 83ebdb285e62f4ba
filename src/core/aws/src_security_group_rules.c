/*
 * src_security_group_rules.c: one row per rule and peer, by EC2 DescribeSecurityGroupRules.
 *
 * A rule names exactly one peer: an IPv4 or IPv6 range, a prefix list or another group; `peer` says
 * which in one column. What a prefix list stands for comes from GetManagedPrefixListEntries, one call a list; when that
 * fails the rules stay and only these networks say why they are missing, and whether they hold the world.
 * world_open is about incoming traffic only, because outgoing rules usually allow every address.
 *
 * Not here: whether a given address can connect.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define PREFIX_LISTS_MAX 20            /* asked for in one fetch */
#define PREFIX_PAGE 100                /* the most a page may hold */
#define NETWORKS_TEXT_MAX (256u << 10) /* of one list; the service allows 1000 networks */

struct rule {
	uint64_t present;
	struct str rule_id, group_id;
	int64_t egress;
	struct str protocol, ports;
	int64_t from_port, to_port;
	struct str peer, cidr_ipv4, cidr_ipv6, prefix_list, referenced_group, networks;
	int64_t network_count;
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
	F(networks, K_ID, .title = "NETWORKS", .width = 40, .flags = F_LIST | F_COMPUTED, .help = "Address ranges that the prefix list stands for."),
	F(network_count, K_COUNT, .title = "NETS", .width = 5, .flags = F_COMPUTED, .help = "How many ranges the prefix list has."),
	F(world_open, K_BOOL, .title = "WORLD", .width = 5, .flags = F_COMPUTED, .help = "Incoming traffic is allowed from every address."),
	F(description, K_TEXT, .wire = "description", .title = "DESCRIPTION", .width = 30, .help = "What its author says it is for."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct rule, "security_group_rules", fields);

struct network {
	uint64_t present;
	struct str cidr;
};
static const struct field network_fields[] = {
	FIELD(struct network, cidr, K_ID, .wire = "cidr"),
};
static const struct rec_type network_type = REC_TYPE(struct network, "prefix_list_entries", network_fields);

static struct str words_of_ports(const struct rule *r, struct arena *a)
{
	bool known = HAS(r, struct rule, from_port) && HAS(r, struct rule, to_port);

	if (str_eq_c(r->protocol, "-1") || !known || r->from_port == -1 || (r->from_port == 0 && r->to_port == 65535))
		return STR("all");
	if (r->from_port == r->to_port)
		return arena_fmt(a, "%lld", (long long)r->from_port);
	return arena_fmt(a, "%lld-%lld", (long long)r->from_port, (long long)r->to_port);
}

static bool is_world(struct str cidr)
{
	return str_eq_c(cidr, "0.0.0.0/0") || str_eq_c(cidr, "::/0");
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct rule *r = row;
	bool world = is_world(r->cidr_ipv4) || is_world(r->cidr_ipv6);

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
	/* what a list lets in is known when it has been read */
	if (r->egress || !HAS(r, struct rule, prefix_list))
		SET(r, struct rule, world_open, world && !r->egress);
	return true;
}

static void parameters(struct form *form, void *ctx)
{
	const struct buf *groups = ctx;

	form_add_ec2_filter(form, 1, "group-id", buf_str(groups));
}

static void list_parameters(struct form *form, void *ctx)
{
	const struct str *id = ctx;

	form_add(form, "PrefixListId", *id);
}

/* Puts a list's networks into the rules that name it. */
static bool set_networks(struct snapshot *rules, struct str id, const struct snapshot *networks, struct err *err)
{
	bool world = false;
	struct str shared;
	struct buf text;

	buf_init(&text, NETWORKS_TEXT_MAX);
	for (size_t i = 0; i < networks->nrows; i++) {
		struct str cidr = ((const struct network *)snapshot_row(networks, i))->cidr;

		world |= is_world(cidr);
		if (text.len > 0)
			buf_add_char(&text, ',');
		buf_add_str(&text, cidr);
	}
	if (text.failed) {
		buf_release(&text);
		return err_set(err, ERR_LIMIT, "the prefix list " STR_FMT " is larger than %u KiB", STR_ARG(id),
			       NETWORKS_TEXT_MAX >> 10);
	}
	shared = arena_str(rules->arena, buf_str(&text));
	buf_release(&text);
	for (size_t i = 0; i < rules->nrows; i++) {
		struct rule *r = (struct rule *)rules->rows + i;

		if (!str_eq(r->prefix_list, id))
			continue;
		SET(r, struct rule, networks, shared);
		SET(r, struct rule, network_count, (int64_t)networks->nrows);
		SET(r, struct rule, world_open, world && !r->egress);
	}
	return true;
}

static bool add_list(struct fetch *f, struct str id, struct snapshot *rules, struct err *err)
{
	struct snapshot *networks = snapshot_new(&network_type, "security_group_rules");
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "GetManagedPrefixListEntries",
		.items = "entrySet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.page_size = PREFIX_PAGE,
		.page_size_name = "MaxResults",
		.parameters = list_parameters,
		.ctx = &id,
	};
	bool ok = aws_list_fetch(f, &list, networks, err) && set_networks(rules, id, networks, err);

	snapshot_unref(networks);
	return ok;
}

static void networks_missing(struct snapshot *rules, const char *reason)
{
	if (snapshot_unavailable(rules, "networks").len > 0)
		return;
	snapshot_set_unavailable(rules, "networks", str_c(reason));
	snapshot_set_unavailable(rules, "network_count", str_c(reason));
	snapshot_set_unavailable(rules, "world_open", str_c(reason));
}

/* False only when the fetch was cancelled: rules are worth more than what their lists hold. */
static bool add_lists(struct fetch *f, struct snapshot *rules, struct err *err)
{
	char reason[ERR_TEXT_MAX];
	struct str rest, id;
	struct buf ids;
	bool ok = true;
	int n = 0;

	buf_init(&ids, AWS_LIST_MAX);
	aws_input_collect(rules, "prefix_list", &ids);
	rest = buf_str(&ids);
	while (ok && rest.len > 0 && str_split(&rest, ',', &id)) {
		if (n++ == PREFIX_LISTS_MAX) {
			networks_missing(rules, "more than 20 prefix lists");
			break;
		}
		if (add_list(f, id, rules, err))
			continue;
		ok = err->code != ERR_CANCELLED;
		networks_missing(rules, aws_part_reason("ec2:GetManagedPrefixListEntries", err, reason));
		if (err->code == ERR_DENIED || err->code == ERR_TIMEOUT)
			break;
	}
	buf_release(&ids);
	return ok;
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
		ok = aws_list_fetch(f, &list, s, err) && add_lists(f, s, err);
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
	.origin = "EC2 DescribeSecurityGroupRules, GetManagedPrefixListEntries",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
