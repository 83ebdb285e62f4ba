/*
 * operate_rule.c: lets one address in through a security group, and takes a rule out of it.
 *
 * Only a single address is ever added (/32 or /128), for the cluster's port alone, and only where
 * it can help: a public address cannot reach a cluster whose instances have none. Each look asks
 * EC2 with DryRun, so that a missing permission is told before anything is confirmed.
 *
 * The rule of a lease is known again by all that it was made of: direction, protocol, port, address, and the
 * description that names its owner. A group may hold other rules for the same address, which are not ours.
 */
#include "aws/input.h"
#include "aws/lease_mark.h"
#include "aws/operate.h"
#include "base/clock.h"
#include "model/net_addr.h"

#include <math.h>
#include <stdio.h>

#define ALLOW_MINUTES 60
#define PEER_PARAM 4 /* of the call that allows */
/* What a lease says of its rule beside the address: how that is let in. */
#define INGRESS "ingress tcp %lld-%lld"

struct seen_rule {
	uint64_t present;
	struct str rule_id, group_id, protocol, cidr_ipv4, cidr_ipv6, prefix_list, referenced_group, description;
	int64_t egress, from_port, to_port;
};
#define F(m, k, path) FIELD(struct seen_rule, m, k, .title = #m, .help = #m, .wire = path)
static const struct field rule_fields[] = {
	F(rule_id, K_ID, "securityGroupRuleId"),
	F(group_id, K_ID, "groupId"),
	F(protocol, K_ENUM, "ipProtocol"),
	F(cidr_ipv4, K_ID, "cidrIpv4"),
	F(cidr_ipv6, K_ID, "cidrIpv6"),
	F(prefix_list, K_ID, "prefixListId"),
	F(referenced_group, K_ID, "referencedGroupInfo/groupId"),
	F(description, K_TEXT, "description"),
	F(egress, K_BOOL, "isEgress"),
	F(from_port, K_INT, "fromPort"),
	F(to_port, K_INT, "toPort"),
};
#undef F
static const struct rec_type rule_type = REC_TYPE(struct seen_rule, "operate_rule", rule_fields);

static void rule_parameters(struct form *form, void *ctx)
{
	const struct aws_operate *o = ctx;

	form_add(form, "SecurityGroupRuleId.1", o->id);
}

static bool find_rule(struct aws_operate *o, struct seen_rule *ret_rule, bool *ret_found, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSecurityGroupRules",
		.items = "securityGroupRuleSet/*",
		.parameters = rule_parameters,
		.ctx = o,
	};

	*ret_rule = (struct seen_rule){0};
	return aws_operate_find(o, &list, &rule_type, ret_rule, ret_found, err);
}

static struct str peer_of(const struct seen_rule *r)
{
	const struct str any[] = {r->cidr_ipv4, r->cidr_ipv6, r->prefix_list, r->referenced_group};

	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		if (any[i].len > 0)
			return any[i];
	return STR("?");
}

/* ---- allow ---- */

struct seen_public {
	uint64_t present;
	int64_t is_public;
};
static const struct field public_fields[] = {FIELD(struct seen_public, is_public, K_BOOL, .title = "public",
						   .help = "public", .wire = "PubliclyAccessible")};
static const struct rec_type public_type = REC_TYPE(struct seen_public, "operate_public", public_fields);

static void members_parameters(struct form *form, void *ctx)
{
	form_add_rds_filter(form, 1, "db-cluster-id", str_c(ctx));
}

/* One public instance is enough. */
static bool find_public(struct aws_operate *o, bool *ret_public, struct err *err)
{
	struct snapshot *rows = snapshot_new(&public_type, o->c.f->source->name);
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBInstances",
		.items = "DescribeDBInstancesResult/DBInstances/*",
		.next = "DescribeDBInstancesResult/Marker",
		.marker = "Marker",
		.parameters = members_parameters,
		.ctx = (void *)(uintptr_t)o->c.f->target->cluster,
	};
	bool ok = aws_operate_list(o, &list, rows, err);

	*ret_public = false;
	for (size_t i = 0; ok && i < rows->nrows; i++)
		*ret_public |= ((const struct seen_public *)rows->rows + i)->is_public != 0;
	snapshot_unref(rows);
	return ok;
}

/* Who, and until when: for whoever finds the rule. It stays the same between preview and run. */
static struct str described(struct aws_operate *o, int64_t until_us)
{
	struct arena *a = o->c.out->arena;
	char who[256];

	return arena_fmt(a, LEASE_MARK_RULE STR_FMT,
			 STR_ARG(lease_mark_text(a, audit_user(who, sizeof(who)), until_us)));
}

/* Written as EC2 will: it is looked for by these words afterwards. */
static void add_permission(struct aws_operate *o, const struct seen_cluster *c, const struct net_addr *address,
			   int64_t until_us)
{
	struct arena *a = o->c.out->arena;
	const struct net_prefix alone = net_prefix_of(address);
	bool v6 = !address->v4;
	char text[NET_TEXT_MAX];
	struct str port = arena_fmt(a, "%lld", (long long)c->port);

	aws_operate_param(o, "GroupId", o->id);
	aws_operate_param(o, "IpPermissions.1.IpProtocol", STR("tcp"));
	aws_operate_param(o, "IpPermissions.1.FromPort", port);
	aws_operate_param(o, "IpPermissions.1.ToPort", port);
	aws_operate_param(o, v6 ? "IpPermissions.1.Ipv6Ranges.1.CidrIpv6" : "IpPermissions.1.IpRanges.1.CidrIp",
			  arena_str(a, str_c(net_prefix_text(&alone, text))));
	aws_operate_param(o, v6 ? "IpPermissions.1.Ipv6Ranges.1.Description" : "IpPermissions.1.IpRanges.1.Description",
			  described(o, until_us));
	(void)snprintf(o->lease.object, sizeof(o->lease.object), STR_FMT, STR_ARG(o->id));
	(void)snprintf(o->lease.parameter, sizeof(o->lease.parameter), INGRESS, (long long)c->port, (long long)c->port);
	(void)snprintf(o->lease.value, sizeof(o->lease.value), STR_FMT, STR_ARG(o->params[PEER_PARAM].value));
	(void)audit_user(o->lease.owner, sizeof(o->lease.owner));
	o->lease.unset = true;
}

static bool look_allow(struct aws_operate *o, struct err *err)
{
	struct seen_cluster c;
	struct str address;
	bool is_public, minutes = aws_operate_take_minutes(o, ALLOW_MINUTES, &address);
	int64_t until = o->given_us + o->lease_us;
	struct net_addr parsed;
	char clock[40];

	if (!aws_operate_cluster(o, &c, err) || !find_public(o, &is_public, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT " in " STR_FMT, STR_ARG(address), STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(address));
	change_add(&o->c, "fact", "group", OPERATION_OK, STR_FMT " of cluster " STR_FMT, STR_ARG(o->id),
		   STR_ARG(c.identifier));
	change_add(&o->c, "fact", "for", OPERATION_OK, "%lld minutes; then the rule is revoked, at %.5sZ",
		   (long long)(o->lease_us / US_PER_MIN), clock_iso8601(until, clock, sizeof(clock)) + 11);
	/* what its description says is when it ends, however long the preview was read */
	o->lease_us = until - clock_wall_us();
	/* a zone is of one host alone */
	if (!minutes || str_find(address, STR("%"), 0) >= 0 || !net_addr_parse(address, &parsed)) {
		change_refuse(&o->c, "\"" STR_FMT "\" is no single address: %s", STR_ARG(o->value), o->c.op->asks);
		return true;
	}
	add_permission(o, &c, &parsed, until);
	if (o->lease_us <= 0)
		change_refuse(&o->c, "the time for which it was asked is over; ask again");
	if (!aws_list_has(c.security_groups, o->id))
		change_refuse(&o->c, STR_FMT " is no security group of this cluster", STR_ARG(o->id));
	if (!is_public && net_addr_scope(&parsed) == NET_PUBLIC)
		change_refuse(&o->c,
			      "it cannot help: " STR_FMT " is a public address, and no instance of the cluster is "
			      "publicly accessible",
			      STR_ARG(address));
	return true;
}

static void group_parameters(struct form *form, void *ctx)
{
	const struct aws_operate *o = ctx;

	form_add_ec2_filter(form, 1, "group-id", str_c(o->lease.object));
}

/* Drops the rules that are not the lease's while they arrive. */
static bool is_lent_rule(void *row, struct snapshot *out, void *ctx)
{
	const struct aws_operate *o = ctx;
	const struct seen_rule *r = row;
	struct str mark = r->description;
	char how[64];

	(void)out;
	(void)snprintf(how, sizeof(how), INGRESS, (long long)r->from_port, (long long)r->to_port);
	if (r->egress || !str_eq_c(r->protocol, "tcp") || strcmp(how, o->lease.parameter) != 0 ||
	    !str_eq_c(peer_of(r), o->lease.value) || !str_starts(mark, STR(LEASE_MARK_RULE)))
		return false;
	return lease_mark_is_of(str_sub(mark, strlen(LEASE_MARK_RULE), mark.len), o->lease.owner);
}

static bool find_allowed(struct aws_operate *o, struct seen_rule *ret_rule, bool *ret_found, struct err *err)
{
	const struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSecurityGroupRules",
		.items = "securityGroupRuleSet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = group_parameters,
		.finish = is_lent_rule,
		.ctx = o,
	};

	*ret_rule = (struct seen_rule){0};
	return aws_operate_find(o, &list, &rule_type, ret_rule, ret_found, err);
}

static bool allowed(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_rule r;

	return find_allowed(o, &r, ret_there, err);
}

static bool disallow(struct aws_operate *o, bool *ret_needed, struct err *err)
{
	struct seen_rule r;

	if (!find_allowed(o, &r, ret_needed, err))
		return false;
	o->call = "";
	o->nparams = 0;
	if (!*ret_needed) {
		change_set(&o->c, "kept", STR("the rule is gone already, or it is another one now"));
		return true;
	}
	o->call = "ec2:RevokeSecurityGroupIngress";
	aws_operate_param(o, "GroupId", r.group_id);
	aws_operate_param(o, "SecurityGroupRuleId.1", r.rule_id);
	return true;
}

/* ---- revoke ---- */

static bool look_revoke(struct aws_operate *o, struct err *err)
{
	struct seen_rule r;
	bool found;

	if (!find_rule(o, &r, &found, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(o->id));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(o->id));
	aws_operate_param(o, "GroupId", r.group_id);
	aws_operate_param(o, "SecurityGroupRuleId.1", o->id);
	if (!found) {
		change_refuse(&o->c, "there is no rule " STR_FMT " any more", STR_ARG(o->id));
		return true;
	}
	change_add(&o->c, "fact", "rule", OPERATION_OK, STR_FMT " ports %lld to %lld from " STR_FMT " in " STR_FMT,
		   STR_ARG(r.protocol), (long long)r.from_port, (long long)r.to_port, STR_ARG(peer_of(&r)),
		   STR_ARG(r.group_id));
	if (r.description.len > 0)
		change_add(&o->c, "fact", "described as", OPERATION_OK, STR_FMT, STR_ARG(r.description));
	if (r.egress)
		change_refuse(&o->c, "it is about outgoing traffic; only incoming rules are changed from here");
	if (o->admits <= 0)
		return true;
	o->c.tier = TIER_DESTRUCTIVE;
	change_add(&o->c, "check", "", OPERATION_CRITICAL,
		   o->admits == 1 ? "%lld session is connected from an address that it admits"
				  : "%lld sessions are connected from addresses that it admits",
		   (long long)o->admits);
	return true;
}

static bool revoked(struct aws_operate *o, bool *ret_there, struct err *err)
{
	struct seen_rule r;
	bool found;

	if (!find_rule(o, &r, &found, err))
		return false;
	*ret_there = !found;
	return true;
}

const struct aws_operation aws_operations_rule[] = {
	{"allow address", look_allow, allowed, true, disallow, NULL},
	{"revoke rule", look_revoke, revoked, true, NULL, NULL},
};
const size_t aws_noperations_rule = ARRAY_LEN(aws_operations_rule);
