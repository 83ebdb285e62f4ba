/*
 * sim_ec2_routes.c: EC2 DescribeRouteTables and DescribeNetworkAcls.
 *
 * Both come from the scenario. As in a real VPC a subnet may have no route table of its own and then uses the main one,
 * which does not name it; but it always has an ACL: where none names it, the default one does. The last rule of every
 * ACL and direction denies what is left and is written by the service, not by the scenario.
 */
#include "sim/sim_network.h"

#define LAST_RULE 32767

static void next_token(struct buf *b, const struct sim_page *page)
{
	if (page->token[0])
		sim_xml_str(b, "nextToken", page->token);
}

static bool names(const struct sim_subnet_list *list, const char *subnet)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->ids[i], subnet) == 0)
			return true;
	return false;
}

/* A filter over the subnets of a row: no such filter, or one of them matches. */
static bool subnet_filter_ok(const struct sim_filters *f, const struct sim_subnet_list *list)
{
	bool asked = false;

	for (size_t i = 0; i < f->n; i++)
		asked = asked || str_eq_c(f->rows[i].name, "association.subnet-id");
	for (int i = 0; asked && i < list->n; i++)
		if (sim_filter_ok(f, "association.subnet-id", list->ids[i]))
			return true;
	return !asked;
}

/* ---- route tables */

static const char *target_tag(const char *target)
{
	static const struct {
		const char *prefix, *tag;
	} tags[] = {
		{"nat-", "natGatewayId"},
		{"tgw-", "transitGatewayId"},
		{"pcx-", "vpcPeeringConnectionId"},
		{"eni-", "networkInterfaceId"},
		{"eigw-", "egressOnlyInternetGatewayId"},
	};

	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (str_starts(str_c(target), str_c(tags[i].prefix)))
			return tags[i].tag;
	return "gatewayId";
}

static const char *destination_tag(const char *destination)
{
	if (str_starts(str_c(destination), STR("pl-")))
		return "destinationPrefixListId";
	return strchr(destination, ':') ? "destinationIpv6CidrBlock" : "destinationCidrBlock";
}

static void association_xml(struct buf *b, const struct sim_route_table_row *t, const char *subnet)
{
	uint64_t h = sim_hash_str(sim_hash_str(8, t->id), subnet ? subnet : "main");

	sim_xml_open(b, "item");
	sim_xml_fmt(b, "routeTableAssociationId", "rtbassoc-0%016llx", (unsigned long long)h);
	sim_xml_str(b, "routeTableId", t->id);
	if (subnet)
		sim_xml_str(b, "subnetId", subnet);
	sim_xml_bool(b, "main", !subnet);
	buf_add_c(b, "<associationState><state>associated</state></associationState>\n");
	sim_xml_close(b, "item");
}

static void route_table_xml(struct buf *b, const struct sim_route_table_row *t)
{
	sim_xml_open(b, "item");
	sim_xml_str(b, "routeTableId", t->id);
	sim_xml_str(b, "vpcId", SIM_VPC_ID);
	sim_xml_open(b, "routeSet");
	for (int i = 0; i < t->nroutes; i++) {
		const char *destination = t->routes[i].destination, *target = t->routes[i].target;

		sim_xml_open(b, "item");
		sim_xml_str(b, destination_tag(destination), destination);
		sim_xml_str(b, target_tag(target), target);
		sim_xml_str(b, "state", t->routes[i].blackhole ? "blackhole" : "active");
		sim_xml_str(b, "origin", strcmp(target, "local") == 0 ? "CreateRouteTable" : "CreateRoute");
		sim_xml_close(b, "item");
	}
	sim_xml_close(b, "routeSet");
	sim_xml_open(b, "associationSet");
	if (t->is_main)
		association_xml(b, t, NULL);
	for (int i = 0; i < t->subnets.n; i++)
		association_xml(b, t, t->subnets.ids[i]);
	sim_xml_close(b, "associationSet");
	buf_add_c(b, "<propagatingVgwSet/>\n<tagSet/>\n");
	sim_xml_str(b, "ownerId", SIM_ACCOUNT);
	sim_xml_close(b, "item");
}

static bool table_wanted(struct sim_request *r, const struct sim_filters *f, const struct sim_route_table_row *t)
{
	return sim_ec2_id_wanted(r, "RouteTableId", t->id) && sim_filter_ok(f, "vpc-id", SIM_VPC_ID) &&
	       sim_filter_ok(f, "route-table-id", t->id) &&
	       sim_filter_ok(f, "association.main", t->is_main ? "true" : "false") && subnet_filter_ok(f, &t->subnets);
}

bool sim_ec2_describe_route_tables(struct sim_request *r, struct buf *out)
{
	const struct sim_route_table_row *tables = r->sim->estate->route_tables;
	size_t rows[SIM_SCENARIO_ROWS_MAX], n = 0, total = r->sim->estate->nroute_tables;
	const char *ids[SIM_SCENARIO_ROWS_MAX];
	struct sim_filters f;
	struct sim_page page;

	for (size_t i = 0; i < total; i++)
		ids[i] = tables[i].id;
	if (!sim_ec2_ids_exist(r, "RouteTableId", ids, total, "InvalidRouteTableID.NotFound") ||
	    !sim_filters(r, "Filter", "Value", "vpc-id association.subnet-id association.main route-table-id", &f))
		return false;
	for (size_t i = 0; i < total; i++)
		if (table_wanted(r, &f, &tables[i]))
			rows[n++] = i;
	if (!sim_page_ec2(r, n, 5, 100, &page))
		return false;
	sim_xml_open(out, "routeTableSet");
	for (size_t i = page.first; i < page.end; i++)
		route_table_xml(out, &tables[rows[i]]);
	sim_xml_close(out, "routeTableSet");
	next_token(out, &page);
	return true;
}

/* ---- network ACLs */

/* The subnets of an ACL: those it names, and of the default one those that no ACL names. */
static void subnets_of(const struct sim_estate *e, const struct sim_acl_row *acl, struct sim_subnet_list *ret_list)
{
	*ret_list = acl->subnets;
	for (size_t s = 0; acl->is_default && s < e->nsubnets; s++) {
		bool named = false;

		for (size_t i = 0; i < e->nacls; i++)
			named = named || names(&e->acls[i].subnets, e->subnets[s].id);
		if (!named && ret_list->n < SIM_GROUP_SUBNETS_MAX)
			ret_list->ids[ret_list->n++] = e->subnets[s].id;
	}
}

static void entry_xml(struct buf *b, const struct sim_acl_rule *rule)
{
	sim_xml_open(b, "item");
	sim_xml_int(b, "ruleNumber", rule->number);
	sim_xml_int(b, "protocol", rule->protocol);
	sim_xml_str(b, "ruleAction", rule->allow ? "allow" : "deny");
	sim_xml_bool(b, "egress", rule->egress);
	sim_xml_str(b, strchr(rule->cidr, ':') ? "ipv6CidrBlock" : "cidrBlock", rule->cidr);
	if (rule->from_port >= 0) {
		sim_xml_open(b, "portRange");
		sim_xml_int(b, "from", rule->from_port);
		sim_xml_int(b, "to", rule->to_port);
		sim_xml_close(b, "portRange");
	}
	sim_xml_close(b, "item");
}

static void acl_xml(struct buf *b, const struct sim_acl_row *acl, const struct sim_subnet_list *subnets)
{
	sim_xml_open(b, "item");
	sim_xml_str(b, "networkAclId", acl->id);
	sim_xml_str(b, "vpcId", SIM_VPC_ID);
	sim_xml_bool(b, "default", acl->is_default);
	sim_xml_open(b, "entrySet");
	for (int i = 0; i < acl->nrules; i++)
		entry_xml(b, &acl->rules[i]);
	for (int egress = 0; egress < 2; egress++) {
		struct sim_acl_rule last = {
			.number = LAST_RULE, .protocol = -1, .from_port = -1, .to_port = -1, .cidr = "0.0.0.0/0"};

		last.egress = egress == 1;
		entry_xml(b, &last);
	}
	sim_xml_close(b, "entrySet");
	sim_xml_open(b, "associationSet");
	for (int i = 0; i < subnets->n; i++) {
		uint64_t h = sim_hash_str(sim_hash_str(9, acl->id), subnets->ids[i]);

		sim_xml_open(b, "item");
		sim_xml_fmt(b, "networkAclAssociationId", "aclassoc-0%016llx", (unsigned long long)h);
		sim_xml_str(b, "networkAclId", acl->id);
		sim_xml_str(b, "subnetId", subnets->ids[i]);
		sim_xml_close(b, "item");
	}
	sim_xml_close(b, "associationSet");
	buf_add_c(b, "<tagSet/>\n");
	sim_xml_str(b, "ownerId", SIM_ACCOUNT);
	sim_xml_close(b, "item");
}

bool sim_ec2_describe_acls(struct sim_request *r, struct buf *out)
{
	const struct sim_estate *e = r->sim->estate;
	struct sim_subnet_list *lists = arena_alloc_array(r->arena, e->nacls + 1, sizeof(*lists));
	size_t rows[SIM_SCENARIO_ROWS_MAX], n = 0;
	const char *ids[SIM_SCENARIO_ROWS_MAX];
	struct sim_filters f;
	struct sim_page page;

	for (size_t i = 0; i < e->nacls; i++) {
		ids[i] = e->acls[i].id;
		subnets_of(e, &e->acls[i], &lists[i]);
	}
	if (!sim_ec2_ids_exist(r, "NetworkAclId", ids, e->nacls, "InvalidNetworkAclID.NotFound") ||
	    !sim_filters(r, "Filter", "Value", "vpc-id association.subnet-id default network-acl-id", &f))
		return false;
	for (size_t i = 0; i < e->nacls; i++)
		if (sim_ec2_id_wanted(r, "NetworkAclId", ids[i]) && sim_filter_ok(&f, "vpc-id", SIM_VPC_ID) &&
		    sim_filter_ok(&f, "network-acl-id", ids[i]) &&
		    sim_filter_ok(&f, "default", e->acls[i].is_default ? "true" : "false") &&
		    subnet_filter_ok(&f, &lists[i]))
			rows[n++] = i;
	if (!sim_page_ec2(r, n, 5, 1000, &page))
		return false;
	sim_xml_open(out, "networkAclSet");
	for (size_t i = page.first; i < page.end; i++)
		acl_xml(out, &e->acls[rows[i]], &lists[rows[i]]);
	sim_xml_close(out, "networkAclSet");
	next_token(out, &page);
	return true;
}
