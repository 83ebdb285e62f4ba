/*
 * src_network_acls.c: the network ACLs of the cluster's subnets, a row for each rule, by EC2 DescribeNetworkAcls.
 *
 * In each direction the rules are taken by number and the first that matches decides; the last one, 32767, denies what
 * is left. ACLs know no connections, so answers need a rule as well.
 *
 * Not here: whether a given address can connect.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define EACH "entrySet/*/"

struct entry {
	uint64_t present;
	struct str acl_id;
	int64_t egress, rule_number;
	struct str action, protocol, ports, cidr;
	int64_t from_port, to_port;
	struct str subnets;
	int64_t is_default;
	struct str vpc, protocol_number, cidr_ipv4, cidr_ipv6;
};

#define F(m, k, ...) FIELD(struct entry, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(acl_id, K_ID, .wire = "networkAclId", .title = "ACL", .width = 21, .flags = F_KEY, .help = "Identifier of the network ACL."),
	F(egress, K_BOOL, .wire = EACH "egress", .title = "EGRESS", .width = 5, .flags = F_KEY, .help = "The rule is about outgoing traffic; otherwise incoming."),
	F(rule_number, K_INT, .wire = EACH "ruleNumber", .title = "RULE", .width = 5, .flags = F_KEY, .help = "Rules are taken by this number, the first that matches decides; 32767 is the last one."),
	F(action, K_ENUM, .wire = EACH "ruleAction", .title = "ACTION", .width = 5, .help = "allow or deny."),
	F(protocol, K_ENUM, .title = "PROTOCOL", .width = 6, .flags = F_COMPUTED, .help = "tcp, udp, icmp, icmpv6, a number, or -1 for all."),
	F(ports, K_TEXT, .title = "PORTS", .width = 11, .flags = F_COMPUTED, .help = "Port or range of ports in words."),
	F(cidr, K_ID, .title = "RANGE", .width = 18, .flags = F_KEY | F_COMPUTED, .help = "Address range on the other side."),
	F(from_port, K_INT, .wire = EACH "portRange/from", .title = "FROM", .width = 5, .help = "First port; absent for all."),
	F(to_port, K_INT, .wire = EACH "portRange/to", .title = "TO", .width = 5, .help = "Last port; absent for all."),
	F(subnets, K_ID, .wire = "associationSet/*/subnetId", .title = "SUBNETS", .width = 24, .flags = F_LIST | F_COMPUTED, .help = "Subnets of the cluster that it guards."),
	F(is_default, K_BOOL, .wire = "default", .title = "DEFAULT", .width = 5, .help = "It is the VPC's default ACL."),
	F(vpc, K_ID, .wire = "vpcId", .title = "VPC", .width = 21, .help = "VPC of the ACL."),
	F(protocol_number, K_ID, .wire = EACH "protocol", .title = "NUMBER", .width = 4, .flags = F_HIDDEN, .help = "Protocol as EC2 names it, by number."),
	F(cidr_ipv4, K_ID, .wire = EACH "cidrBlock", .title = "IPV4", .width = 18, .flags = F_HIDDEN, .help = "IPv4 range."),
	F(cidr_ipv6, K_ID, .wire = EACH "ipv6CidrBlock", .title = "IPV6", .width = 22, .flags = F_HIDDEN, .help = "IPv6 range."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct entry, "network_acls", fields);

static void parameters(struct form *form, void *ctx)
{
	const struct buf *subnets = ctx;

	form_add_ec2_filter(form, 1, "association.subnet-id", buf_str(subnets));
}

static struct str protocol_word(struct str number)
{
	static const struct {
		const char *number, *word;
	} words[] = {{"6", "tcp"}, {"17", "udp"}, {"1", "icmp"}, {"58", "icmpv6"}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(number, words[i].number))
			return str_c(words[i].word);
	return number;
}

static struct str words_of_ports(const struct entry *e, struct arena *a)
{
	if (!HAS(e, struct entry, from_port) || !HAS(e, struct entry, to_port) ||
	    (e->from_port == 0 && e->to_port == 65535))
		return STR("all");
	if (e->from_port == e->to_port)
		return arena_fmt(a, "%lld", (long long)e->from_port);
	return arena_fmt(a, "%lld-%lld", (long long)e->from_port, (long long)e->to_port);
}

/* Of all subnets that it guards those of the cluster. */
static struct str ours_of(struct str subnets, struct str wanted, struct arena *a)
{
	struct str rest = subnets, subnet, ours;
	struct buf b;

	buf_init(&b, AWS_LIST_MAX);
	while (rest.len > 0 && str_split(&rest, ',', &subnet))
		if (aws_list_has(wanted, subnet))
			buf_addf(&b, "%s" STR_FMT, b.len > 0 ? "," : "", STR_ARG(subnet));
	ours = arena_str(a, buf_str(&b));
	buf_release(&b);
	return ours;
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	const struct buf *wanted = ctx;
	struct entry *e = row;

	SET(e, struct entry, protocol, protocol_word(e->protocol_number));
	SET(e, struct entry, ports, words_of_ports(e, out->arena));
	SET(e, struct entry, cidr, e->cidr_ipv4.len > 0 ? e->cidr_ipv4 : e->cidr_ipv6);
	SET(e, struct entry, subnets, ours_of(e->subnets, buf_str(wanted), out->arena));
	return true;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct buf subnets;
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeNetworkAcls",
		.items = "networkAclSet/*",
		.each = "entrySet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = parameters,
		.finish = finish,
		.ctx = &subnets,
	};
	struct snapshot *s = snapshot_new(&type, "network_acls");
	bool ok = true;

	buf_init(&subnets, AWS_LIST_MAX);
	aws_input_collect(f->inputs[1], "subnet_id", &subnets);
	/* Without a subnet the call would list every ACL of the account. */
	if (subnets.len > 0)
		ok = aws_list_fetch(f, &list, s, err);
	buf_release(&subnets);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	enum readiness r = aws_ready_cluster(t, inputs, why);

	return r == READY && !inputs[1] ? READY_WAIT : r;
}

const struct source source_network_acls = {
	.name = "network_acls",
	.title = "network ACLs",
	.help = "Rules of the network ACLs that guard the cluster's subnets.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters subnets",
	.origin = "EC2 DescribeNetworkAcls",
	.ready = ready,
	.fetch = fetch,
};
