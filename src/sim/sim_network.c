/*
 * sim_network.c: data of the simulated VPC.
 *
 * The group of prod-orders carries the rules of the reachability pictures: two application
 * groups, the VPC, the office's prefix list, one bastion, and everything among its own
 * members. The other databases have simpler groups; that of the stopped archive is open to
 * the world, which a console should point out. Rule ids follow from the rule's contents.
 */
#include "sim/sim_network.h"

struct rule_row {
	const char *group;
	bool egress;
	const char *protocol;
	int port;
	const char *source, *text;
};

/* clang-format off */
static const struct sim_group fixed_groups[] = {
	{"sg-07aa31be", "etl", "Nightly extracts"},
	{"sg-0a1b2c3d", "prod-orders-db", "Database prod-orders"},
	{"sg-0b7c1d22", "analytics-db", "Database analytics-sls"},
	{"sg-0dead0b1", "legacy-archive-db", "Database legacy-archive"},
	{"sg-0f9e8d7c", "orders-api", "Order service"},
};

static const struct rule_row fixed_rules[] = {
	{"sg-07aa31be", true,  "-1",  -1,   "0.0.0.0/0",     NULL},
	{"sg-0a1b2c3d", false, "tcp", 5432, "sg-0f9e8d7c",   "orders-api"},
	{"sg-0a1b2c3d", false, "tcp", 5432, "sg-07aa31be",   "etl"},
	{"sg-0a1b2c3d", false, "tcp", 5432, "10.0.0.0/16",   "vpc"},
	{"sg-0a1b2c3d", false, "tcp", 5432, "pl-0c0ffee1",   "office vpn"},
	{"sg-0a1b2c3d", false, "tcp", 5432, "192.0.2.10/32", "bastion"},
	{"sg-0a1b2c3d", false, "-1",  -1,   "sg-0a1b2c3d",   "members of this group"},
	{"sg-0a1b2c3d", true,  "-1",  -1,   "0.0.0.0/0",     NULL},
	{"sg-0b7c1d22", false, "tcp", 5432, "sg-07aa31be",   "etl"},
	{"sg-0b7c1d22", false, "tcp", 5432, "pl-0c0ffee6",   "office vpn IPv6"},
	{"sg-0b7c1d22", false, "tcp", 5432, "2001:db8:a::/64", "notebooks"},
	{"sg-0b7c1d22", true,  "-1",  -1,   "0.0.0.0/0",     NULL},
	{"sg-0dead0b1", false, "tcp", 5432, "0.0.0.0/0",     "migration, remove me"},
	{"sg-0dead0b1", true,  "-1",  -1,   "0.0.0.0/0",     NULL},
	{"sg-0f9e8d7c", false, "tcp", 8080, "10.0.0.0/16",   NULL},
	{"sg-0f9e8d7c", true,  "-1",  -1,   "0.0.0.0/0",     NULL},
};

static const struct rule_row fleet_rules[] = {
	{NULL,          false, "tcp", 5432, "10.0.0.0/16",   "vpc"},
	{NULL,          true,  "-1",  -1,   "0.0.0.0/0",     NULL},
};

const struct sim_subnet_row sim_subnets[] = {
	{"subnet-0b21", "10.0.21.0/24", 'a', 201},
	{"subnet-0b22", "10.0.22.0/24", 'b', 214},
	{"subnet-0b23", "10.0.23.0/24", 'c', 219},
	{"subnet-0c31", "10.0.31.0/24", 'a', 187},
	{"subnet-0c32", "10.0.32.0/24", 'b', 190},
	{"subnet-0c33", "10.0.33.0/24", 'c', 192},
};
const size_t sim_nsubnets = ARRAY_LEN(sim_subnets);

/* A prefix list holds one address family. */
static const char *const office_v4[] = {
	"198.51.100.0/25", "office north", "198.51.100.192/27", "office lab", "203.0.113.128/25", "vpn pool", NULL,
};
static const char *const office_v6[] = {"2001:db8:7::/48", "office IPv6", NULL};
static const char *const s3_v4[] = {"3.5.64.0/21", "", "52.218.0.0/17", "", NULL};

const struct sim_prefix_list sim_prefix_lists[] = {
	{"pl-0c0ffee1", "office-vpn", "IPv4", SIM_ACCOUNT, office_v4, 10},
	{"pl-0c0ffee6", "office-vpn-ipv6", "IPv6", SIM_ACCOUNT, office_v6, 5},
	{"pl-6da54004", "com.amazonaws.s3", "IPv4", "AWS", s3_v4, 0},
};
const size_t sim_nprefix_lists = ARRAY_LEN(sim_prefix_lists);
/* clang-format on */

size_t sim_groups(struct sim_request *r, struct sim_group **ret_groups)
{
	struct sim *s = r->sim;
	size_t n = ARRAY_LEN(fixed_groups);

	*ret_groups = arena_alloc_array(r->arena, n + s->nclusters, sizeof(**ret_groups));
	memcpy(*ret_groups, fixed_groups, sizeof(fixed_groups));
	for (size_t i = 0; i < s->nclusters; i++) {
		const struct sim_cluster *c = &s->clusters[i];
		struct sim_group *g = &(*ret_groups)[n];

		if (!str_starts(str_c(c->id), STR("fleet-")))
			continue;
		g->id = c->group_id;
		g->name = arena_strz(r->arena, arena_fmt(r->arena, "%s-db", c->id));
		g->text = arena_strz(r->arena, arena_fmt(r->arena, "Database %s", c->id));
		n++;
	}
	return n;
}

static void fill(const struct sim_group *g, const struct rule_row *row, struct sim_rule *out)
{
	uint64_t h = sim_hash_str(sim_hash_str(sim_hash(5, row->egress), g->id), row->source);

	snprintf(out->id, sizeof(out->id), "sgr-0%016llx", (unsigned long long)h);
	out->group = g;
	out->egress = row->egress;
	out->protocol = row->protocol;
	out->port = row->port;
	out->source = row->source;
	out->text = row->text;
}

size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(fixed_rules); i++)
		if (strcmp(fixed_rules[i].group, g->id) == 0)
			fill(g, &fixed_rules[i], &out[n++]);
	if (n > 0)
		return n;
	for (size_t i = 0; i < ARRAY_LEN(fleet_rules); i++)
		fill(g, &fleet_rules[i], &out[n++]);
	return n;
}
