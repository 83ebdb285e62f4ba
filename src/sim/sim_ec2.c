/*
 * sim_ec2.c: EC2 DescribeSecurityGroups, DescribeSecurityGroupRules, DescribeSubnets,
 * DescribeManagedPrefixLists and GetManagedPrefixListEntries.
 *
 * EC2's dialect of the query protocol: lower camel tags, <item> in every list, no Result
 * element, NextToken/MaxResults. A rule is one row per source in the second call and one
 * permission per protocol and ports in the first, with other names for the same things.
 */
#include "sim/sim_network.h"

static void arn(struct sim_request *r, struct buf *b, const char *tag, const char *kind, const char *id)
{
	sim_xml_fmt(b, tag, "arn:%s:ec2:%s:" SIM_ACCOUNT ":%s/%s", sim_partition(r->sim), r->sim->o.region, kind, id);
}

static void next_token(struct buf *b, const struct sim_page *page)
{
	if (page->token[0])
		sim_xml_str(b, "nextToken", page->token);
}

static void name_tag(struct buf *b, const char *name)
{
	sim_xml_open(b, "tagSet");
	sim_xml_open(b, "item");
	sim_xml_str(b, "key", "Name");
	sim_xml_str(b, "value", name);
	sim_xml_close(b, "item");
	sim_xml_close(b, "tagSet");
}

bool sim_ec2_ids_exist(struct sim_request *r, const char *prefix, const char *const *known, size_t n, const char *code)
{
	struct str ids[SIM_VALUES_MAX];
	size_t count = sim_param_list(r, prefix, ids, SIM_VALUES_MAX);

	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t k = 0; k < n && !found; k++)
			found = str_eq_c(ids[i], known[k]);
		if (!found)
			return sim_fail(r, 400, code, "The ID '" STR_FMT "' does not exist", STR_ARG(ids[i]));
	}
	return true;
}

bool sim_ec2_id_wanted(struct sim_request *r, const char *prefix, const char *id)
{
	struct str ids[SIM_VALUES_MAX];
	size_t n = sim_param_list(r, prefix, ids, SIM_VALUES_MAX);

	for (size_t i = 0; i < n; i++)
		if (str_eq_c(ids[i], id))
			return true;
	return n == 0;
}

static void source_item(struct buf *b, const struct sim_rule_row *row, enum sim_source_kind kind)
{
	static const char *const tags[SIM_SOURCE__COUNT] = {"groupId", "cidrIp", "cidrIpv6", "prefixListId"};

	sim_xml_open(b, "item");
	if (kind == SIM_SOURCE_GROUP)
		sim_xml_str(b, "userId", SIM_ACCOUNT);
	sim_xml_str(b, tags[kind], row->source);
	if (row->text)
		sim_xml_str(b, "description", row->text);
	sim_xml_close(b, "item");
}

static bool same_permission(const struct sim_rule_row *a, const struct sim_rule_row *b)
{
	return a->egress == b->egress && a->from_port == b->from_port && a->to_port == b->to_port &&
	       strcmp(a->protocol, b->protocol) == 0;
}

/* All sources of rules[first]'s protocol and ports. */
static void permission(struct buf *b, const struct sim_group *g, int first)
{
	static const char *const lists[SIM_SOURCE__COUNT] = {"groups", "ipRanges", "ipv6Ranges", "prefixListIds"};
	const struct sim_rule_row *rules = g->rules;

	sim_xml_open(b, "item");
	sim_xml_str(b, "ipProtocol", rules[first].protocol);
	if (rules[first].from_port >= 0) {
		sim_xml_int(b, "fromPort", rules[first].from_port);
		sim_xml_int(b, "toPort", rules[first].to_port);
	}
	for (int kind = 0; kind < SIM_SOURCE__COUNT; kind++) {
		sim_xml_open(b, lists[kind]);
		for (int i = first; i < g->nrules; i++)
			if (same_permission(&rules[i], &rules[first]) && (int)sim_source_kind(rules[i].source) == kind)
				source_item(b, &rules[i], (enum sim_source_kind)kind);
		sim_xml_close(b, lists[kind]);
	}
	sim_xml_close(b, "item");
}

static void permissions(struct buf *b, const char *tag, bool egress, const struct sim_group *g)
{
	sim_xml_open(b, tag);
	for (int i = 0; i < g->nrules; i++) {
		bool seen = false;

		for (int k = 0; k < i; k++)
			seen = seen || same_permission(&g->rules[k], &g->rules[i]);
		if (!seen && g->rules[i].egress == egress)
			permission(b, g, i);
	}
	sim_xml_close(b, tag);
}

static void group_xml(struct sim_request *r, struct buf *b, const struct sim_group *g)
{
	sim_xml_open(b, "item");
	sim_xml_str(b, "ownerId", SIM_ACCOUNT);
	sim_xml_str(b, "groupId", g->id);
	sim_xml_str(b, "groupName", g->name);
	sim_xml_str(b, "groupDescription", g->text);
	sim_xml_str(b, "vpcId", SIM_VPC_ID);
	arn(r, b, "securityGroupArn", "security-group", g->id);
	permissions(b, "ipPermissions", false, g);
	permissions(b, "ipPermissionsEgress", true, g);
	name_tag(b, g->name);
	sim_xml_close(b, "item");
}

static bool group_has_cidr(const struct sim_group *g, const struct sim_filters *f)
{
	bool asked = false;

	for (size_t i = 0; i < f->n; i++)
		asked = asked || str_eq_c(f->rows[i].name, "ip-permission.cidr");
	for (int i = 0; i < g->nrules && asked; i++)
		if (!g->rules[i].egress && sim_filter_ok(f, "ip-permission.cidr", g->rules[i].source))
			return true;
	return !asked;
}

static bool group_ids_exist(struct sim_request *r, const char *prefix, const struct sim_group *groups, size_t n)
{
	const char **ids = arena_alloc_array(r->arena, n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		ids[i] = groups[i].id;
	return sim_ec2_ids_exist(r, prefix, ids, n, "InvalidGroup.NotFound");
}

static bool describe_groups(struct sim_request *r, struct buf *out)
{
	struct sim_group *rows;
	struct sim_filters f;
	struct sim_page page;
	size_t n = 0, total = sim_groups(r, &rows);

	if (!sim_filters(r, "Filter", "Value", "group-id group-name vpc-id owner-id ip-permission.cidr", &f) ||
	    !group_ids_exist(r, "GroupId", rows, total))
		return false;
	for (size_t i = 0; i < total; i++)
		if (sim_ec2_id_wanted(r, "GroupId", rows[i].id) && sim_ec2_id_wanted(r, "GroupName", rows[i].name) &&
		    sim_filter_ok(&f, "group-id", rows[i].id) && sim_filter_ok(&f, "group-name", rows[i].name) &&
		    sim_filter_ok(&f, "vpc-id", SIM_VPC_ID) && sim_filter_ok(&f, "owner-id", SIM_ACCOUNT) &&
		    group_has_cidr(&rows[i], &f))
			rows[n++] = rows[i];
	if (!sim_page_ec2(r, n, 5, 1000, &page))
		return false;
	sim_xml_open(out, "securityGroupInfo");
	for (size_t i = page.first; i < page.end; i++)
		group_xml(r, out, &rows[i]);
	sim_xml_close(out, "securityGroupInfo");
	next_token(out, &page);
	return true;
}

static void rule_tags(struct sim_request *r, struct buf *b, const struct sim_rule *rule)
{
	const struct sim_tagged *t = sim_tagged_find(r->sim->changes, "security-group-rule", rule->id);

	sim_xml_open(b, "tagSet");
	for (size_t i = 0; t && i < t->n; i++) {
		sim_xml_open(b, "item");
		sim_xml_str(b, "key", t->tags[i].key);
		sim_xml_str(b, "value", t->tags[i].value);
		sim_xml_close(b, "item");
	}
	sim_xml_close(b, "tagSet");
}

void sim_ec2_rule_xml(struct sim_request *r, struct buf *b, const struct sim_rule *rule)
{
	const struct sim_rule_row *row = rule->row;

	sim_xml_open(b, "item");
	sim_xml_str(b, "securityGroupRuleId", rule->id);
	sim_xml_str(b, "groupId", rule->group->id);
	sim_xml_str(b, "groupOwnerId", SIM_ACCOUNT);
	sim_xml_bool(b, "isEgress", row->egress);
	sim_xml_str(b, "ipProtocol", row->protocol);
	sim_xml_int(b, "fromPort", row->from_port);
	sim_xml_int(b, "toPort", row->to_port);
	switch (sim_source_kind(row->source)) {
	case SIM_SOURCE_V4:
		sim_xml_str(b, "cidrIpv4", row->source);
		break;
	case SIM_SOURCE_V6:
		sim_xml_str(b, "cidrIpv6", row->source);
		break;
	case SIM_SOURCE_LIST:
		sim_xml_str(b, "prefixListId", row->source);
		break;
	case SIM_SOURCE_GROUP:
	case SIM_SOURCE__COUNT:
		sim_xml_open(b, "referencedGroupInfo");
		sim_xml_str(b, "groupId", row->source);
		sim_xml_str(b, "userId", SIM_ACCOUNT);
		sim_xml_close(b, "referencedGroupInfo");
		break;
	}
	if (row->text)
		sim_xml_str(b, "description", row->text);
	rule_tags(r, b, rule);
	arn(r, b, "securityGroupRuleArn", "security-group-rule", rule->id);
	sim_xml_close(b, "item");
}

static bool describe_rules(struct sim_request *r, struct buf *out)
{
	struct sim_group *groups;
	size_t ngroups = sim_groups(r, &groups), n = 0;
	struct sim_rule *rows;
	struct sim_filters f;
	struct sim_page page;

	for (size_t i = 0; i < ngroups; i++)
		n += (size_t)groups[i].nrules;
	rows = arena_alloc_array(r->arena, n, sizeof(*rows));
	n = 0;
	if (!sim_filters(r, "Filter", "Value", "group-id security-group-rule-id", &f))
		return false;
	for (size_t i = 0; i < ngroups; i++) {
		size_t first = n, count;

		if (!sim_filter_ok(&f, "group-id", groups[i].id))
			continue;
		count = sim_group_rules(&groups[i], rows + n);
		for (size_t k = first; k < first + count; k++)
			if (sim_ec2_id_wanted(r, "SecurityGroupRuleId", rows[k].id) &&
			    sim_filter_ok(&f, "security-group-rule-id", rows[k].id))
				rows[n++] = rows[k];
	}
	if (!sim_page_ec2(r, n, 5, 1000, &page))
		return false;
	sim_xml_open(out, "securityGroupRuleSet");
	for (size_t i = page.first; i < page.end; i++)
		sim_ec2_rule_xml(r, out, &rows[i]);
	sim_xml_close(out, "securityGroupRuleSet");
	next_token(out, &page);
	return true;
}

static void subnet_xml(struct sim_request *r, struct buf *b, const struct sim_subnet_row *s)
{
	sim_xml_open(b, "item");
	sim_xml_str(b, "subnetId", s->id);
	arn(r, b, "subnetArn", "subnet", s->id);
	sim_xml_str(b, "ownerId", SIM_ACCOUNT);
	sim_xml_str(b, "vpcId", SIM_VPC_ID);
	sim_xml_str(b, "state", "available");
	sim_xml_str(b, "cidrBlock", s->range);
	sim_xml_fmt(b, "availabilityZone", "%s%s", r->sim->o.region, s->zone);
	sim_xml_fmt(b, "availabilityZoneId", "euw1-az%d", s->zone[0] - 'a' + 1);
	sim_xml_int(b, "availableIpAddressCount", s->free);
	sim_xml_bool(b, "defaultForAz", false);
	sim_xml_bool(b, "mapPublicIpOnLaunch", false);
	sim_xml_bool(b, "assignIpv6AddressOnCreation", false);
	buf_add_c(b, "<ipv6CidrBlockAssociationSet/>\n");
	name_tag(b, s->id);
	sim_xml_close(b, "item");
}

static bool describe_subnets(struct sim_request *r, struct buf *out)
{
	const struct sim_subnet_row *subnets = r->sim->estate->subnets;
	size_t rows[SIM_SCENARIO_ROWS_MAX], n = 0, total = r->sim->estate->nsubnets;
	const char *ids[SIM_SCENARIO_ROWS_MAX];
	struct sim_filters f;
	struct sim_page page;

	for (size_t i = 0; i < total; i++)
		ids[i] = subnets[i].id;
	if (!sim_ec2_ids_exist(r, "SubnetId", ids, total, "InvalidSubnetID.NotFound") ||
	    !sim_filters(r, "Filter", "Value", "vpc-id subnet-id availability-zone state cidr-block", &f))
		return false;
	for (size_t i = 0; i < total; i++) {
		char zone[80];

		snprintf(zone, sizeof(zone), "%s%s", r->sim->o.region, subnets[i].zone);
		if (sim_ec2_id_wanted(r, "SubnetId", ids[i]) && sim_filter_ok(&f, "vpc-id", SIM_VPC_ID) &&
		    sim_filter_ok(&f, "subnet-id", ids[i]) && sim_filter_ok(&f, "availability-zone", zone) &&
		    sim_filter_ok(&f, "state", "available") && sim_filter_ok(&f, "cidr-block", subnets[i].range))
			rows[n++] = i;
	}
	if (!sim_page_ec2(r, n, 5, 1000, &page))
		return false;
	sim_xml_open(out, "subnetSet");
	for (size_t i = page.first; i < page.end; i++)
		subnet_xml(r, out, &subnets[rows[i]]);
	sim_xml_close(out, "subnetSet");
	next_token(out, &page);
	return true;
}

static const char *list_owner(const struct sim_prefix_list *p)
{
	return p->owner ? p->owner : SIM_ACCOUNT;
}

static void prefix_list_xml(struct sim_request *r, struct buf *b, const struct sim_prefix_list *p)
{
	bool aws = p->owner && strcmp(p->owner, "AWS") == 0;

	sim_xml_open(b, "item");
	sim_xml_str(b, "prefixListId", p->id);
	sim_xml_str(b, "prefixListName", p->name);
	sim_xml_str(b, "addressFamily", p->family);
	sim_xml_str(b, "state", aws ? "create-complete" : "modify-complete");
	sim_xml_fmt(b, "prefixListArn", "arn:%s:ec2:%s:%s:prefix-list/%s", sim_partition(r->sim), r->sim->o.region,
		    aws ? "aws" : SIM_ACCOUNT, p->id);
	if (!aws) {
		sim_xml_int(b, "maxEntries", p->max_entries);
		sim_xml_int(b, "version", 4);
	}
	buf_add_c(b, "<tagSet/>\n");
	sim_xml_str(b, "ownerId", list_owner(p));
	sim_xml_close(b, "item");
}

static bool describe_prefix_lists(struct sim_request *r, struct buf *out)
{
	const struct sim_prefix_list *lists = r->sim->estate->lists;
	size_t rows[SIM_SCENARIO_ROWS_MAX], n = 0, total = r->sim->estate->nlists;
	const char *ids[SIM_SCENARIO_ROWS_MAX];
	struct sim_filters f;
	struct sim_page page;

	for (size_t i = 0; i < total; i++)
		ids[i] = lists[i].id;
	if (!sim_ec2_ids_exist(r, "PrefixListId", ids, total, "InvalidPrefixListID.NotFound") ||
	    !sim_filters(r, "Filter", "Value", "owner-id prefix-list-id prefix-list-name", &f))
		return false;
	for (size_t i = 0; i < total; i++)
		if (sim_ec2_id_wanted(r, "PrefixListId", ids[i]) &&
		    sim_filter_ok(&f, "owner-id", list_owner(&lists[i])) &&
		    sim_filter_ok(&f, "prefix-list-id", ids[i]) && sim_filter_ok(&f, "prefix-list-name", lists[i].name))
			rows[n++] = i;
	if (!sim_page_ec2(r, n, 1, 100, &page))
		return false;
	sim_xml_open(out, "prefixListSet");
	for (size_t i = page.first; i < page.end; i++)
		prefix_list_xml(r, out, &lists[rows[i]]);
	sim_xml_close(out, "prefixListSet");
	next_token(out, &page);
	return true;
}

static bool prefix_list_entries(struct sim_request *r, struct buf *out)
{
	struct str id = sim_param(r, "PrefixListId");
	const struct sim_prefix_list *p = NULL;
	struct sim_page page;
	int64_t version;

	for (size_t i = 0; i < r->sim->estate->nlists; i++)
		if (str_eq_c(id, r->sim->estate->lists[i].id))
			p = &r->sim->estate->lists[i];
	if (!p)
		return sim_fail(r, 400, "InvalidPrefixListID.NotFound",
				"The prefix list ID '" STR_FMT "' does not exist", STR_ARG(id));
	if (!sim_param_int(r, "TargetVersion", 4, &version))
		return false;
	if (!sim_page_ec2(r, (size_t)p->nnetworks, 1, 100, &page))
		return false;
	sim_xml_open(out, "entrySet");
	for (size_t i = page.first; i < page.end; i++) {
		sim_xml_open(out, "item");
		sim_xml_str(out, "cidr", p->networks[i].cidr);
		if (*p->networks[i].text)
			sim_xml_str(out, "description", p->networks[i].text);
		sim_xml_close(out, "item");
	}
	sim_xml_close(out, "entrySet");
	next_token(out, &page);
	return true;
}

#define COMMON " Filter.N.Name Filter.N.Value.N MaxResults NextToken DryRun"
#define PERMISSIONS                                                                                                 \
	"GroupId DryRun IpPermissions.N.IpProtocol IpPermissions.N.FromPort IpPermissions.N.ToPort "                \
	"IpPermissions.N.IpRanges.N.CidrIp IpPermissions.N.Ipv6Ranges.N.CidrIpv6 IpPermissions.N.Groups.N.GroupId " \
	"IpPermissions.N.Groups.N.UserId IpPermissions.N.PrefixListIds.N.PrefixListId "                             \
	"IpPermissions.N.IpRanges.N.Description IpPermissions.N.Ipv6Ranges.N.Description "                          \
	"IpPermissions.N.Groups.N.Description IpPermissions.N.PrefixListIds.N.Description"

/* clang-format off */
const struct sim_operation sim_ec2_operations[] = {
	{"ec2", "DescribeSecurityGroups", "GroupId.N GroupName.N" COMMON, "", describe_groups},
	{"ec2", "DescribeSecurityGroupRules", "SecurityGroupRuleId.N" COMMON, "", describe_rules},
	{"ec2", "DescribeSubnets", "SubnetId.N" COMMON, "", describe_subnets},
	{"ec2", "DescribeRouteTables", "RouteTableId.N" COMMON, "", sim_ec2_describe_route_tables},
	{"ec2", "DescribeNetworkAcls", "NetworkAclId.N" COMMON, "", sim_ec2_describe_acls},
	{"ec2", "DescribeManagedPrefixLists", "PrefixListId.N" COMMON, "", describe_prefix_lists},
	{"ec2", "GetManagedPrefixListEntries", "PrefixListId TargetVersion MaxResults NextToken DryRun", "PrefixListId",
	 prefix_list_entries},
	{"ec2", "AuthorizeSecurityGroupIngress",
	 PERMISSIONS " TagSpecification.N.ResourceType TagSpecification.N.Tag.N.Key TagSpecification.N.Tag.N.Value",
	 "GroupId IpPermissions.N.IpProtocol", sim_ec2_authorize_ingress},
	{"ec2", "RevokeSecurityGroupIngress",
	 PERMISSIONS " SecurityGroupRuleId.N",
	 "GroupId", sim_ec2_revoke_ingress},
};
/* clang-format on */
const size_t sim_ec2_noperations = ARRAY_LEN(sim_ec2_operations);
