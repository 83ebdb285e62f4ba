/*
 * src_route_tables.c: which way traffic of the cluster's subnets goes, by EC2 DescribeRouteTables.
 *
 * A subnet without a table of its own uses the main table of its VPC, and no filter finds that by the subnet; so all
 * tables of the VPC are listed, those that matter are kept, and a row is one route as one subnet sees it. The VPC is
 * known from the subnets, or where these may not be read, from the instances.
 *
 * Not here: which route a given address takes.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define EACH "routeSet/*/"

struct route {
	uint64_t present;
	struct str subnet_id, destination, target_type, target, state, origin, route_table;
	int64_t main_table;
	struct str vpc;
};

#define F(m, k, ...) FIELD(struct route, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(subnet_id, K_ID, .title = "SUBNET", .width = 24, .flags = F_KEY | F_COMPUTED, .help = "Subnet of the cluster that the route is for."),
	F(destination, K_ID, .title = "DESTINATION", .width = 18, .flags = F_KEY | F_COMPUTED, .help = "Address range or prefix list."),
	F(target_type, K_ENUM, .title = "VIA", .width = 16, .flags = F_COMPUTED, .help = "local, internet-gateway, nat-gateway, transit-gateway, vpc-peering, vpn-gateway, vpc-endpoint, network-interface and others."),
	F(target, K_ID, .title = "TARGET", .width = 21, .flags = F_COMPUTED, .help = "Identifier of what traffic is sent to."),
	F(state, K_ENUM, .wire = EACH "state", .title = "STATE", .width = 9, .help = "active, or blackhole when the target is gone and traffic is dropped."),
	F(origin, K_ENUM, .wire = EACH "origin", .title = "ORIGIN", .width = 16, .help = "CreateRouteTable, CreateRoute, EnableVgwRoutePropagation or Advertisement."),
	F(route_table, K_ID, .wire = "routeTableId", .title = "TABLE", .width = 21, .help = "Route table."),
	F(main_table, K_BOOL, .title = "MAIN", .width = 5, .flags = F_COMPUTED, .help = "The subnet has no table of its own and uses the VPC's main one."),
	F(vpc, K_ID, .wire = "vpcId", .title = "VPC", .width = 21, .help = "VPC of the table."),
};
#undef F

/* A route as EC2 sends it: one of the destinations, one of the targets. */
struct sent {
	uint64_t present;
	struct str route_table, vpc, subnets, mains, state, origin;
	struct str cidr, cidr6, list;
	struct str gateway, nat, transit, peering, egress, carrier, local, core, odb, interface;
};
#define F(m, ...) FIELD(struct sent, m, K_ID, __VA_ARGS__)
static const struct field sent_fields[] = {
	F(route_table, .wire = "routeTableId"),
	F(vpc, .wire = "vpcId"),
	F(subnets, .wire = "associationSet/*/subnetId", .flags = F_LIST),
	F(mains, .wire = "associationSet/*/main", .flags = F_LIST),
	F(state, .wire = EACH "state"),
	F(origin, .wire = EACH "origin"),
	F(cidr, .wire = EACH "destinationCidrBlock"),
	F(cidr6, .wire = EACH "destinationIpv6CidrBlock"),
	F(list, .wire = EACH "destinationPrefixListId"),
	F(gateway, .wire = EACH "gatewayId"),
	F(nat, .wire = EACH "natGatewayId"),
	F(transit, .wire = EACH "transitGatewayId"),
	F(peering, .wire = EACH "vpcPeeringConnectionId"),
	F(egress, .wire = EACH "egressOnlyInternetGatewayId"),
	F(carrier, .wire = EACH "carrierGatewayId"),
	F(local, .wire = EACH "localGatewayId"),
	F(core, .wire = EACH "coreNetworkArn"),
	F(odb, .wire = EACH "odbNetworkArn"),
	F(interface, .wire = EACH "networkInterfaceId"),
};
#undef F
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct route, "route_tables", fields);
static const struct rec_type sent_type = REC_TYPE(struct sent, "ec2_routes", sent_fields);

struct question {
	struct str vpc;
	const struct snapshot *subnets;
};

static void parameters(struct form *form, void *ctx)
{
	const struct question *q = ctx;

	form_add_ec2_filter(form, 1, "vpc-id", q->vpc);
}

static bool is_main(const struct sent *r)
{
	return aws_list_has(r->mains, STR("true"));
}

/* Keeps the main table and those of the cluster's subnets. */
static bool finish(void *row, struct snapshot *out, void *ctx)
{
	const struct question *q = ctx;
	const struct sent *r = row;

	(void)out;
	for (size_t i = 0; i < q->subnets->nrows; i++)
		if (aws_list_has(r->subnets, aws_input_text(q->subnets, i, "subnet_id")))
			return true;
	return is_main(r);
}

/* A gateway's kind is in its identifier. */
static const char *gateway_type(struct str id)
{
	static const struct {
		const char *prefix, *type;
	} types[] = {
		{"local", "local"},
		{"igw-", "internet-gateway"},
		{"vgw-", "vpn-gateway"},
		{"vpce-", "vpc-endpoint"},
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_starts(id, str_c(types[i].prefix)))
			return types[i].type;
	return "gateway";
}

static struct str target_of(const struct sent *r, const char **ret_type)
{
	const struct {
		struct str id;
		const char *type;
	} targets[] = {
		{r->nat, "nat-gateway"},
		{r->transit, "transit-gateway"},
		{r->peering, "vpc-peering"},
		{r->egress, "egress-only-internet-gateway"},
		{r->carrier, "carrier-gateway"},
		{r->local, "local-gateway"},
		{r->core, "core-network"},
		{r->odb, "odb-network"},
		{r->interface, "network-interface"},
	};

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		*ret_type = targets[i].type;
		if (targets[i].id.len > 0)
			return targets[i].id;
	}
	*ret_type = gateway_type(r->gateway);
	return r->gateway;
}

static struct str destination_of(const struct sent *r)
{
	if (r->cidr.len > 0)
		return r->cidr;
	return r->cidr6.len > 0 ? r->cidr6 : r->list;
}

static bool add(struct snapshot *out, const struct sent *r, struct str subnet, bool main_table, struct err *err)
{
	struct route *row = snapshot_add_row(out);
	const char *kind;
	struct str target = target_of(r, &kind);

	if (!row)
		return err_set(err, ERR_LIMIT, "the subnets have more than %d routes", SNAPSHOT_ROWS_MAX);
	SET(row, struct route, subnet_id, arena_str(out->arena, subnet));
	SET(row, struct route, destination, arena_str(out->arena, destination_of(r)));
	SET(row, struct route, route_table, arena_str(out->arena, r->route_table));
	SET(row, struct route, main_table, main_table);
	if (target.len > 0) {
		SET(row, struct route, target, arena_str(out->arena, target));
		SET(row, struct route, target_type, str_c(kind));
	}
	if (r->state.len > 0)
		SET(row, struct route, state, arena_str(out->arena, r->state));
	if (r->origin.len > 0)
		SET(row, struct route, origin, arena_str(out->arena, r->origin));
	if (r->vpc.len > 0)
		SET(row, struct route, vpc, arena_str(out->arena, r->vpc));
	return true;
}

/* The routes of one subnet: of its own table, else of the main one. */
static bool add_subnet(struct snapshot *out, const struct snapshot *sent, struct str subnet, struct err *err)
{
	const struct sent *rows = sent->rows;
	bool own = false;

	for (size_t i = 0; i < sent->nrows; i++)
		own = own || aws_list_has(rows[i].subnets, subnet);
	for (size_t i = 0; i < sent->nrows; i++)
		if ((own ? aws_list_has(rows[i].subnets, subnet) : is_main(&rows[i])) &&
		    !add(out, &rows[i], subnet, !own, err))
			return false;
	return true;
}

static struct str vpc_of(const struct snapshot *const *inputs)
{
	struct str vpc = aws_input_text(inputs[1], 0, "vpc");

	return vpc.len > 0 ? vpc : aws_input_text(inputs[2], 0, "vpc");
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct question q = {.vpc = vpc_of(f->inputs), .subnets = f->inputs[1]};
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeRouteTables",
		.items = "routeTableSet/*",
		.each = "routeSet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.page_size = 100,
		.page_size_name = "MaxResults",
		.parameters = parameters,
		.finish = finish,
		.ctx = &q,
	};
	struct snapshot *sent = snapshot_new(&sent_type, "route_tables"), *s = snapshot_new(&type, "route_tables");
	bool ok = aws_list_fetch(f, &list, sent, err);

	for (size_t i = 0; ok && i < q.subnets->nrows; i++)
		ok = add_subnet(s, sent, aws_input_text(q.subnets, i, "subnet_id"), err);
	snapshot_unref(sent);
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

	if (r != READY)
		return r;
	if (!inputs[1] || (vpc_of(inputs).len == 0 && !inputs[2]))
		return READY_WAIT;
	if (vpc_of(inputs).len > 0)
		return READY;
	err_set(why, ERR_UNAVAILABLE, "the VPC of the cluster's subnets is not known");
	err_remedy(why, "Allow ec2:DescribeSubnets.");
	return READY_UNAVAILABLE;
}

const struct source source_route_tables = {
	.name = "route_tables",
	.title = "routes",
	.help = "Routes of the cluster's subnets: destination, what traffic is sent to, state.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters subnets instances",
	.origin = "EC2 DescribeRouteTables",
	.ready = ready,
	.fetch = fetch,
};
