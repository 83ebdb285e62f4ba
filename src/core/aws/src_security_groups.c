/*
 * src_security_groups.c: the VPC security groups of the open cluster, by EC2 DescribeSecurityGroups.
 *
 * Not here: their rules (src_security_group_rules.c).
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

struct group {
	uint64_t present;
	struct str group_id, name, description, vpc, arn;
};

#define F(m, k, ...) FIELD(struct group, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(group_id, K_ID, .wire = "groupId", .title = "GROUP", .width = 21, .flags = F_KEY, .help = "Identifier of the security group."),
	F(name, K_TEXT, .wire = "groupName", .title = "NAME", .width = 20, .help = "Name of the security group."),
	F(description, K_TEXT, .wire = "groupDescription", .title = "DESCRIPTION", .width = 30, .help = "What its owner says it is for."),
	F(vpc, K_ID, .wire = "vpcId", .title = "VPC", .width = 21, .help = "VPC the group belongs to."),
	F(arn, K_ID, .wire = "securityGroupArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the group."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct group, "security_groups", fields);

static void parameters(struct form *form, void *ctx)
{
	const struct buf *groups = ctx;

	form_add_list(form, "GroupId", buf_str(groups));
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct buf groups;
	struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSecurityGroups",
		.items = "securityGroupInfo/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = parameters,
		.ctx = &groups,
	};
	struct snapshot *s = snapshot_new(&type, "security_groups");
	bool ok = true;

	buf_init(&groups, AWS_LIST_MAX);
	aws_input_collect(f->inputs[0], "security_groups", &groups);
	/* Without any GroupId the call would list every group of the account. */
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

const struct source source_security_groups = {
	.name = "security_groups",
	.title = "security groups",
	.help = "VPC security groups of the cluster.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters",
	.origin = "EC2 DescribeSecurityGroups",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
