/*
 * src_lease_marks.c: leases as AWS's own objects tell of them: the tag of the cluster's parameter group, descriptions
 * of the rules of its security groups.
 *
 * So a console sees what one of another host has changed for a time, and what that never took back. The same objects
 * are read elsewhere when somebody looks at them; this one is always read, and therefore seldom and by two calls. What
 * one of them may not be asked is left out: the other's leases are worth telling all the same.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/lease_mark.h"
#include "aws/sources.h"

struct mark {
	uint64_t present;
	struct str operation, object, value, owner;
	int64_t until_at;
};
#define F(m, k, ...) FIELD(struct mark, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(operation, K_ENUM, .title = "ACTION", .width = 14, .flags = F_KEY | F_COMPUTED, .help = "What was done: slow log, allow address."),
	F(object, K_ID, .title = "OBJECT", .width = 24, .flags = F_KEY | F_COMPUTED, .help = "Parameter group or rule that says so."),
	F(value, K_ID, .title = "VALUE", .width = 18, .flags = F_COMPUTED, .help = "Address that a rule lets in."),
	F(owner, K_ID, .title = "OWNER", .width = 16, .flags = F_COMPUTED, .help = "Whose console changed it."),
	F(until_at, K_TIME_US, .title = "UNTIL", .width = 12, .flags = F_COMPUTED, .help = "When that console was to take it back."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct mark, "lease_marks", fields);

struct tag_row {
	uint64_t present;
	struct str key, value;
};
#define F(m, path) FIELD(struct tag_row, m, K_TEXT, .title = #m, .help = #m, .wire = path)
static const struct field tag_fields[] = {F(key, "Key"), F(value, "Value")};
#undef F
static const struct rec_type tag_type = REC_TYPE(struct tag_row, "lease_tag", tag_fields);

struct rule_row {
	uint64_t present;
	struct str rule_id, cidr_ipv4, cidr_ipv6, description;
};
#define F(m, path) FIELD(struct rule_row, m, K_TEXT, .title = #m, .help = #m, .wire = path)
static const struct field rule_fields[] = {
	F(rule_id, "securityGroupRuleId"),
	F(cidr_ipv4, "cidrIpv4"),
	F(cidr_ipv6, "cidrIpv6"),
	F(description, "description"),
};
#undef F
static const struct rec_type rule_type = REC_TYPE(struct rule_row, "lease_rule", rule_fields);

static void add(struct snapshot *s, struct str operation, struct str object, struct str value, struct str text)
{
	struct str owner;
	struct mark *m;
	int64_t until;

	if (!lease_mark_read(text, &owner, &until) || !(m = snapshot_add_row(s)))
		return;
	SET(m, struct mark, operation, operation);
	SET(m, struct mark, object, arena_str(s->arena, object));
	if (value.len > 0)
		SET(m, struct mark, value, arena_str(s->arena, value));
	SET(m, struct mark, owner, arena_str(s->arena, owner));
	SET(m, struct mark, until_at, until);
}

/* ---- the parameter group ---- */

static void tagged(struct form *form, void *ctx)
{
	const struct str *arn = ctx;

	form_add(form, "ResourceName", *arn);
}

/* Default groups cannot be changed, so nobody lends anything there. */
static bool add_tags(struct fetch *f, struct snapshot *s, struct err *err)
{
	struct str arn = aws_input_text(f->inputs[0], 0, "arn"),
		   group = aws_input_text(f->inputs[0], 0, "parameter_group");
	struct snapshot *tags = snapshot_new(&tag_type, "lease_marks");
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "ListTagsForResource",
		.items = "ListTagsForResourceResult/TagList/*",
		.parameters = tagged,
		.ctx = &arn,
	};
	long at = str_find(arn, STR(":cluster:"), 0);
	bool ok = true;

	if (at >= 0 && group.len > 0 && !str_starts(group, STR("default."))) {
		arn = arena_fmt(s->arena, STR_FMT ":cluster-pg:" STR_FMT, STR_ARG(str_sub(arn, 0, (size_t)at)),
				STR_ARG(group));
		ok = aws_list_fetch(f, &list, tags, err);
	}
	for (size_t i = 0; ok && i < tags->nrows; i++) {
		const struct tag_row *t = (const struct tag_row *)tags->rows + i;

		if (str_eq_c(t->key, LEASE_MARK_TAG))
			add(s, STR("slow log"), group, STR(""), t->value);
	}
	snapshot_unref(tags);
	return ok;
}

/* ---- the rules ---- */

static void of_groups(struct form *form, void *ctx)
{
	const struct str *groups = ctx;

	form_add_ec2_filter(form, 1, "group-id", *groups);
}

static bool add_rules(struct fetch *f, struct snapshot *s, struct err *err)
{
	struct str groups = aws_input_text(f->inputs[0], 0, "security_groups");
	struct snapshot *rules = snapshot_new(&rule_type, "lease_marks");
	const struct aws_list list = {
		.service = AWS_EC2,
		.operation = "DescribeSecurityGroupRules",
		.items = "securityGroupRuleSet/*",
		.next = "nextToken",
		.marker = "NextToken",
		.parameters = of_groups,
		.ctx = &groups,
	};
	bool ok = groups.len == 0 || aws_list_fetch(f, &list, rules, err);

	for (size_t i = 0; ok && i < rules->nrows; i++) {
		const struct rule_row *r = (const struct rule_row *)rules->rows + i;
		struct str text = r->description;

		if (str_starts(text, STR(LEASE_MARK_RULE)))
			add(s, STR("allow address"), r->rule_id, r->cidr_ipv4.len > 0 ? r->cidr_ipv4 : r->cidr_ipv6,
			    str_sub(text, strlen(LEASE_MARK_RULE), text.len));
	}
	snapshot_unref(rules);
	return ok;
}

/* What may not be asked, or is not there any more, has no leases to tell of. */
static bool is_left_out(struct err *err)
{
	bool out = err->code == ERR_DENIED || err->code == ERR_NOT_FOUND;

	if (out)
		err_clear(err);
	return out;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&type, "lease_marks");

	if ((!add_tags(f, s, err) && !is_left_out(err)) || (!add_rules(f, s, err) && !is_left_out(err))) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_lease_marks = {
	.name = "lease_marks",
	.title = "marks of leases",
	.help = "What consoles of any host have changed for a time, as the tag of the parameter group and the rules of "
		"the "
		"security groups tell.",
	.type = &type,
	.lane = LANE_EC2,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS ListTagsForResource, EC2 DescribeSecurityGroupRules",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
