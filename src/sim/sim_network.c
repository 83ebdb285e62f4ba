/*
 * sim_network.c: security groups of the simulated VPC.
 *
 * The scenario describes those of its own clusters; each cluster of the fleet has one that
 * lets the VPC in. Rule ids follow from the rule's contents.
 */
#include "sim/sim_network.h"

static const struct sim_rule_row fleet_rules[] = {
	{.protocol = "tcp", .from_port = 5432, .to_port = 5432, .source = "10.0.0.0/16", .text = "vpc"},
	{.egress = true, .protocol = "-1", .from_port = -1, .to_port = -1, .source = "0.0.0.0/0"},
};

size_t sim_groups(struct sim_request *r, struct sim_group **ret_groups)
{
	const struct sim *s = r->sim;
	const struct sim_estate *e = s->estate;
	struct sim_group *g = arena_alloc_array(r->arena, e->ngroups + s->nclusters, sizeof(*g));

	*ret_groups = g;
	for (size_t i = 0; i < e->ngroups; i++)
		*g++ = (struct sim_group){.id = e->groups[i].id,
					  .name = e->groups[i].name,
					  .text = e->groups[i].description,
					  .rules = e->groups[i].rules,
					  .nrules = e->groups[i].nrules};
	for (size_t i = 0; i < s->nclusters; i++) {
		const struct sim_cluster *c = &s->clusters[i];

		if (!c->fleet)
			continue;
		*g++ = (struct sim_group){.id = c->group_id,
					  .name = arena_strz(r->arena, arena_fmt(r->arena, "%s-db", c->id)),
					  .text = arena_strz(r->arena, arena_fmt(r->arena, "Database %s", c->id)),
					  .rules = fleet_rules,
					  .nrules = ARRAY_LEN(fleet_rules)};
	}
	return (size_t)(g - *ret_groups);
}

size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out)
{
	for (int i = 0; i < g->nrules; i++) {
		const struct sim_rule_row *row = &g->rules[i];
		uint64_t h = sim_hash_str(sim_hash_str(sim_hash(5, row->egress), g->id), row->source);

		h = sim_hash_str(sim_hash(h, (uint64_t)row->from_port), row->protocol);
		snprintf(out[i].id, sizeof(out[i].id), "sgr-0%016llx", (unsigned long long)h);
		out[i].group = g;
		out[i].row = row;
	}
	return (size_t)g->nrules;
}
