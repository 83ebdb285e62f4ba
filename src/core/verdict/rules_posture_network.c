/*
 * rules_posture_network.c: who may come in at all, and is there a place to fail over to?
 *
 * A rule for every address is critical where it reaches the database's port, and a warning anywhere else, because
 * the next thing that listens is then open, too. The listing has the rules of the cluster's groups only.
 */
#include "verdict/rules_common.h"

#define DEFAULT_PORT 5432

static int64_t port_of(const struct facts *f)
{
	const struct snapshot *s = facts_get(f, "clusters");
	long row = s && f->cluster.len > 0 ? data_find(s, "identifier", f->cluster) : -1;

	return row < 0 ? DEFAULT_PORT : data_i64(s, (size_t)row, "port", DEFAULT_PORT);
}

/* Does an ingress rule let TCP to this port through? */
static bool reaches(const struct snapshot *s, size_t row, int64_t port)
{
	struct str protocol = data_str(s, row, "protocol");
	int64_t from = data_i64(s, row, "from_port", -1), to = data_i64(s, row, "to_port", -1);

	if (str_eq_c(protocol, "-1"))
		return true;
	if (!str_eq_c(protocol, "tcp") && !str_eq_c(protocol, "6"))
		return false;
	return from < 0 || (from <= port && port <= to);
}

static void say_world_open(struct findings *out, const struct snapshot *s, size_t row, int64_t port)
{
	struct str rule = data_str(s, row, "rule_id"), group = data_str(s, row, "group_id");
	struct str ports = data_str(s, row, "ports");
	char group_word[VERDICT_WORD_MAX], rule_word[VERDICT_WORD_MAX];

	if (reaches(s, row, port))
		finding_add(out, SEV_CRIT, rule, "every address may reach port %lld, by rule " STR_FMT, (long long)port,
			    STR_ARG(rule));
	else
		finding_add(out, SEV_WARN, rule,
			    "every address is let in by rule " STR_FMT ", not to the database's port", STR_ARG(rule));
	finding_evidence(out, "DescribeSecurityGroupRules: " STR_FMT " " STR_FMT " " STR_FMT " from " STR_FMT,
			 STR_ARG(group), STR_ARG(data_str(s, row, "protocol")), STR_ARG(ports),
			 STR_ARG(data_str(s, row, "peer")));
	finding_next(out, "revoke rule", "revoke it, after the addresses that need it have rules of their own");
	finding_remedy(out, "aws ec2 revoke-security-group-ingress --group-id %s --security-group-rule-ids %s",
		       verdict_word(group_word, group), verdict_word(rule_word, rule));
}

void rule_world_open(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "security_group_rules");
	int64_t port = port_of(f);
	struct tally t = {0};
	enum severity worst = SEV_WARN;

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t egress = data_i64(s, i, "egress", -1), open = data_i64(s, i, "world_open", -1);

		if (egress == 1)
			continue;
		if (egress < 0 || open < 0) {
			t.unknown++;
		} else if (!open) {
			tally_good(&t, data_str(s, i, "rule_id"));
		} else {
			worst = reaches(s, i, port) ? SEV_CRIT : worst;
			if (tally_bad(&t))
				say_world_open(out, s, i, port);
		}
	}
	if (s && tally_end(&t, out, worst, s, "world_open")) {
		finding_add(out, SEV_OK, STR(""), "none of %zu rule%s lets every address in", t.good,
			    t.good == 1 ? "" : "s");
		finding_evidence(out, "DescribeSecurityGroupRules");
	}
}

void rule_ingress(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "security_group_rules");
	int64_t port = port_of(f);
	size_t n = 0;

	if (!s)
		return;
	for (size_t i = 0; i < s->nrows; i++)
		n += data_i64(s, i, "egress", 1) == 0 && reaches(s, i, port);
	if (n > 0) {
		finding_add(out, SEV_OK, STR(""), "%zu rule%s to port %lld", n, n == 1 ? " leads" : "s lead",
			    (long long)port);
		finding_evidence(out, "DescribeSecurityGroupRules");
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "no rule lets anybody in to port %lld", (long long)port);
	finding_evidence(out, "DescribeSecurityGroupRules: %zu rules of the cluster's groups", s->nrows);
	finding_next(out, "allow address", "add a rule for the group or the addresses of the clients, view 8");
}

/* ---- zones ---- */

struct zones {
	size_t n; /* different ones, as many as fit: two would do */
	char names[TALLY_NAMES_MAX];
};

static void add_zone(struct zones *z, struct str zone)
{
	size_t before = strlen(z->names);

	names_add(z->names, zone);
	z->n += strlen(z->names) > before;
}

void rule_subnet_zones(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "subnets");
	struct zones z = {0};
	size_t unknown = 0;

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str zone = data_str(s, i, "zone");

		if (zone.len > 0)
			add_zone(&z, zone);
		else
			unknown++;
	}
	if (!s || s->nrows == 0)
		return;
	if (z.n < 2 && unknown > 0) {
		finding_unknown(out, STR(""), s, "zone");
		return;
	}
	finding_add(out, z.n >= 2 ? SEV_OK : SEV_WARN, STR(""), "subnets are in %zu zone%s: %s", z.n,
		    z.n == 1 ? "" : "s", z.names);
	finding_evidence(out, "DescribeDBSubnetGroups: SubnetAvailabilityZone of %zu subnets", s->nrows);
	if (z.n < 2)
		finding_next(
			out, "",
			"add subnets of other zones to the DB subnet group, so that instances can be placed there");
}

void rule_instance_zones(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	struct zones z = {0};
	size_t members = 0, unknown = 0;

	for (long i = -1; facts_next_member(f, s, &i); members++) {
		struct str zone = data_str(s, (size_t)i, "zone");

		if (zone.len > 0)
			add_zone(&z, zone);
		else
			unknown++;
	}
	if (members == 0)
		return;
	if (z.n < 2 && unknown > 0) {
		finding_unknown(out, STR(""), s, "zone");
		return;
	}
	finding_add(out, z.n >= 2 ? SEV_OK : SEV_WARN, STR(""), "%zu instance%s in %zu zone%s: %s", members,
		    members == 1 ? "" : "s", z.n, z.n == 1 ? "" : "s", z.names);
	finding_evidence(out, "DescribeDBInstances: AvailabilityZone");
	if (z.n < 2) {
		char word[VERDICT_WORD_MAX];

		finding_next(out, "", "add a reader in another zone: without it an outage of this one is an outage");
		finding_remedy(out,
			       "aws rds create-db-instance --db-cluster-identifier %s --db-instance-identifier NAME "
			       "--engine aurora-postgresql --db-instance-class CLASS --availability-zone ZONE",
			       verdict_word(word, f->cluster));
	}
}

/* ---- reachable from outside ---- */

void rule_public_access(const struct facts *f, struct findings *out)
{
	static const struct member_switch public_access = {
		.field = "publicly_accessible",
		.api = "PubliclyAccessible",
		.wanted = false,
		.good = "public access is off",
		.bad = "public access is on",
		.next = "switch it off; clients then need a way into the VPC",
		.options = "--no-publicly-accessible",
		.when_bad = SEV_WARN,
	};

	judge_members(f, out, &public_access);
}

void rule_subnets(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.subnet_addresses;
	const struct snapshot *s = facts_whole(f, out, "subnets");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "subnet_id"), status = data_str(s, i, "status");
		int64_t free = data_i64(s, i, "free_addresses", -1);

		if (status.len > 0 && !str_eq_c(status, "Active")) {
			if (!tally_bad(&t))
				continue;
			finding_add(out, SEV_WARN, name, STR_FMT " is " STR_FMT " in the subnet group", STR_ARG(name),
				    STR_ARG(status));
			finding_evidence(out, "DescribeDBSubnetGroups: SubnetStatus " STR_FMT, STR_ARG(status));
			finding_next(out, "", "look into EC2: was the subnet deleted?");
		} else if (free < 0) {
			t.unknown++;
		} else if ((double)free >= limit) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_WARN, name, STR_FMT " has %lld free address%s, policy %.0f", STR_ARG(name),
				    (long long)free, free == 1 ? "" : "es", limit);
			finding_evidence(out, "DescribeSubnets: AvailableIpAddressCount %lld", (long long)free);
			finding_next(out, "",
				     "free addresses, or add a larger subnet: no instance can be added without one");
		}
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "free_addresses"))
		finding_add(out, SEV_OK, STR(""), "all %zu subnets are active and have free addresses", t.good);
}
