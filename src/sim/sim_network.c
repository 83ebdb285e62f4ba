/*
 * sim_network.c: security groups of the simulated VPC.
 *
 * The scenario describes those of its own clusters; each cluster of the fleet has one that
 * lets the VPC in. Rule ids follow from the rule's contents. What clients added and revoked is applied to a copy
 * in the request's arena; an added rule has an id of its own, since the service gives a new one each time.
 */
#include "sim/sim_network.h"

#define USUAL_PORT 5432

static const struct sim_rule_row fleet_rules[] = {
	{.protocol = "tcp", .from_port = 5432, .to_port = 5432, .source = "10.0.0.0/16", .text = "vpc"},
	{.egress = true, .protocol = "-1", .from_port = -1, .to_port = -1, .source = "0.0.0.0/0"},
};

static void rule_id(const char *group, const struct sim_rule_row *row, char ret_id[SIM_RULE_ID_MAX])
{
	uint64_t h = sim_hash_str(sim_hash_str(sim_hash(5, row->egress), group), row->source);

	h = sim_hash_str(sim_hash(h, (uint64_t)row->from_port), row->protocol);
	if (row->id)
		snprintf(ret_id, SIM_RULE_ID_MAX, "%s", row->id);
	else
		snprintf(ret_id, SIM_RULE_ID_MAX, "sgr-0%016llx", (unsigned long long)h);
}

/*
 * The real database listens where it can, and that is the port its endpoints name: the rules of its group that let
 * clients in to PostgreSQL's usual port are about the same one.
 */
static void follow_port(struct sim_request *r, struct sim_group *g)
{
	const struct sim *s = r->sim;
	struct sim_rule_row *rules;
	bool is_its = false;

	for (size_t i = 0; i < s->nclusters; i++)
		is_its |= s->clusters[i].is_orders && strcmp(s->clusters[i].group_id, g->id) == 0;
	if (!is_its || s->o.db_port == USUAL_PORT)
		return;
	rules = arena_alloc_array(r->arena, (size_t)g->nrules, sizeof(*rules));
	for (int i = 0; i < g->nrules; i++) {
		rules[i] = g->rules[i];
		if (rules[i].from_port == USUAL_PORT && rules[i].to_port == USUAL_PORT)
			rules[i].from_port = rules[i].to_port = s->o.db_port;
	}
	g->rules = rules;
}

/* Replaces the rules of a group by those that are left and those that were added. */
static void apply_changes(struct sim_request *r, struct sim_group *g)
{
	const struct sim_changes *c = r->sim->changes;
	struct sim_rule_row *rules;
	char id[SIM_RULE_ID_MAX];
	int n = 0;

	if (c->nrules == 0 && c->ngone_rules == 0)
		return;
	rules = arena_alloc_array(r->arena, (size_t)g->nrules + c->nrules, sizeof(*rules));
	for (int i = 0; i < g->nrules; i++) {
		rule_id(g->id, &g->rules[i], id);
		if (!sim_rule_is_gone(c, id))
			rules[n++] = g->rules[i];
	}
	for (size_t i = 0; i < c->nrules; i++) {
		const struct sim_rule_added *a = &c->rules[i];

		if (strcmp(a->group, g->id) == 0)
			rules[n++] = (struct sim_rule_row){.protocol = a->protocol,
							   .from_port = a->from_port,
							   .to_port = a->to_port,
							   .source = a->source,
							   .text = a->text[0] ? a->text : NULL,
							   .id = a->id};
	}
	g->rules = rules;
	g->nrules = n;
}

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
	for (struct sim_group *each = *ret_groups; each < g; each++) {
		follow_port(r, each);
		apply_changes(r, each);
	}
	return (size_t)(g - *ret_groups);
}

size_t sim_group_rules(const struct sim_group *g, struct sim_rule *out)
{
	for (int i = 0; i < g->nrules; i++) {
		rule_id(g->id, &g->rules[i], out[i].id);
		out[i].group = g;
		out[i].row = &g->rules[i];
	}
	return (size_t)g->nrules;
}

enum sim_source_kind sim_source_kind(const char *source)
{
	if (str_starts(str_c(source), STR("sg-")))
		return SIM_SOURCE_GROUP;
	if (str_starts(str_c(source), STR("pl-")))
		return SIM_SOURCE_LIST;
	return strchr(source, ':') ? SIM_SOURCE_V6 : SIM_SOURCE_V4;
}
