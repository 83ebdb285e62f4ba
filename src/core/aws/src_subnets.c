/*
 * src_subnets.c: the subnets of the cluster's DB subnet group.
 *
 * RDS DescribeDBSubnetGroups names them with their zones and status; EC2 DescribeSubnets adds address
 * range, free addresses and VPC. Without the right to ask EC2 the rows stay, and the fields
 * that come from it say why they are missing. Both change seldom and one is a call to RDS, of which there may be only
 * so many in an hour: hence every five minutes.
 *
 * Not here: route tables (src_route_tables.c) and network ACLs (src_network_acls.c).
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

struct subnet {
	uint64_t present;
	struct str subnet_id, subnet_group, zone, status, cidr;
	int64_t free_addresses;
	struct str vpc, state;
	int64_t public_by_default;
};

#define F(m, k, ...) FIELD(struct subnet, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(subnet_id, K_ID, .wire = "SubnetIdentifier", .title = "SUBNET", .width = 24, .flags = F_KEY, .help = "Identifier of the subnet."),
	F(subnet_group, K_ID, .title = "GROUP", .width = 16, .flags = F_COMPUTED, .help = "DB subnet group that lists it."),
	F(zone, K_ID, .wire = "SubnetAvailabilityZone/Name", .title = "ZONE", .width = 13, .help = "Availability zone."),
	F(status, K_ENUM, .wire = "SubnetStatus", .title = "STATUS", .width = 9, .help = "Status in the subnet group."),
	F(cidr, K_ID, .wire = "cidrBlock", .title = "RANGE", .width = 18, .help = "IPv4 range of the subnet, from EC2."),
	F(free_addresses, K_COUNT, .wire = "availableIpAddressCount", .title = "FREE", .width = 6, .help = "Addresses still free in the subnet, from EC2."),
	F(vpc, K_ID, .wire = "vpcId", .title = "VPC", .width = 21, .help = "VPC of the subnet, from EC2."),
	F(state, K_ENUM, .wire = "state", .title = "STATE", .width = 9, .help = "pending or available, from EC2."),
	F(public_by_default, K_BOOL, .wire = "mapPublicIpOnLaunch", .title = "PUBLIC", .width = 5, .help = "New interfaces get a public address, from EC2."),
};
/* The same record as EC2 names it. */
static const struct field ec2_fields[] = {
	F(subnet_id, K_ID, .wire = "subnetId"),
	F(cidr, K_ID, .wire = "cidrBlock"),
	F(free_addresses, K_COUNT, .wire = "availableIpAddressCount"),
	F(vpc, K_ID, .wire = "vpcId"),
	F(state, K_ENUM, .wire = "state"),
	F(public_by_default, K_BOOL, .wire = "mapPublicIpOnLaunch"),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct subnet, "subnets", fields);
static const struct rec_type ec2_type = REC_TYPE(struct subnet, "ec2_subnets", ec2_fields);

static void group_parameters(struct form *form, void *ctx)
{
	const struct str *group = ctx;

	form_add(form, "DBSubnetGroupName", *group);
}

static void subnet_parameters(struct form *form, void *ctx)
{
	const struct buf *ids = ctx;

	form_add_list(form, "SubnetId", buf_str(ids));
}

static bool finish_group(void *row, struct snapshot *out, void *ctx)
{
	const struct str *group = ctx;
	struct subnet *s = row;

	SET(s, struct subnet, subnet_group, arena_str(out->arena, *group));
	return true;
}

/* Copies what EC2 knows of one subnet into its row. */
static void merge(struct snapshot *out, const struct subnet *known)
{
	for (size_t i = 0; i < out->nrows; i++) {
		struct subnet *row = (struct subnet *)out->rows + i;

		if (!str_eq(row->subnet_id, known->subnet_id))
			continue;
		for (size_t k = 1; k < ARRAY_LEN(ec2_fields); k++) {
			union value v;

			if (!rec_get(&ec2_fields[k], known, &v))
				continue;
			if (kind_ops[ec2_fields[k].kind].storage == CT_STR)
				v.str = arena_str(out->arena, v.str);
			rec_set(&ec2_fields[k], row, v);
		}
	}
}

static bool add_from_ec2(struct fetch *f, struct snapshot *out, struct err *err)
{
	struct snapshot *known = snapshot_new(&ec2_type, "subnets");
	struct buf ids;
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSubnets",
		.items = "subnetSet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = subnet_parameters,
		.ctx = &ids,
	};
	char reason[ERR_TEXT_MAX];
	bool ok = true;

	buf_init(&ids, AWS_LIST_MAX);
	aws_input_collect(out, "subnet_id", &ids);
	if (ids.len > 0)
		ok = aws_list_fetch(f, &list, known, err);
	for (size_t i = 0; ok && i < known->nrows; i++)
		merge(out, snapshot_row(known, i));
	if (!ok && err->code == ERR_DENIED) {
		for (size_t k = 1; k < ARRAY_LEN(ec2_fields); k++)
			snapshot_set_unavailable(out, ec2_fields[k].name,
						 str_c(aws_part_reason("ec2:DescribeSubnets", err, reason)));
		ok = true;
	}
	buf_release(&ids);
	snapshot_unref(known);
	return ok;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct str group = aws_input_text(f->inputs[0], 0, "subnet_group");
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBSubnetGroups",
		.items = "DescribeDBSubnetGroupsResult/DBSubnetGroups/*/Subnets/*",
		.next = "DescribeDBSubnetGroupsResult/Marker",
		.marker = "Marker",
		.parameters = group_parameters,
		.finish = finish_group,
		.ctx = &group,
	};
	struct snapshot *s = snapshot_new(&type, "subnets");

	/* Without a name the call would list every subnet group of the region. */
	if (group.len > 0 && (!aws_list_fetch(f, &list, s, err) || !add_from_ec2(f, s, err))) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_subnets = {
	.name = "subnets",
	.title = "subnets",
	.help = "Subnets the cluster may use: zone, address range, free addresses.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS DescribeDBSubnetGroups, EC2 DescribeSubnets",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
