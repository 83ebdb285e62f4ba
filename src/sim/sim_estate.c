/*
 * sim_estate.c: what the rows of a scenario say of each other.
 *
 * A scenario that names something which is not there would show as an answer that AWS
 * never gives; so it is refused when it is read.
 */
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

struct checker {
	const struct sim_estate *e;
	sim_tell *tell;
	void *ctx;
};

static const struct sim_cluster *find_cluster(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nclusters; i++)
		if (strcmp(e->clusters[i].id, id) == 0)
			return &e->clusters[i];
	return NULL;
}

static bool in_cluster(const struct sim_estate *e, const char *cluster, const char *instance)
{
	for (size_t i = 0; i < e->ninstances; i++)
		if (strcmp(e->instances[i].id, instance) == 0)
			return strcmp(e->instances[i].cluster, cluster) == 0;
	return false;
}

static const struct sim_instance_row *first_member(const struct sim_estate *e, const char *cluster)
{
	for (size_t i = 0; i < e->ninstances; i++)
		if (strcmp(e->instances[i].cluster, cluster) == 0)
			return &e->instances[i];
	return NULL;
}

static int members(const struct sim_estate *e, const char *cluster)
{
	int n = 0;

	for (size_t i = 0; i < e->ninstances; i++)
		n += strcmp(e->instances[i].cluster, cluster) == 0;
	return n;
}

static bool has_group(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->ngroups; i++)
		if (strcmp(e->groups[i].id, id) == 0)
			return true;
	return false;
}

static bool has_list(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nlists; i++)
		if (strcmp(e->lists[i].id, id) == 0)
			return true;
	return false;
}

static bool has_subnet_group(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nsubnet_groups; i++)
		if (strcmp(e->subnet_groups[i].id, id) == 0)
			return true;
	return false;
}

static bool has_snapshot(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nsnapshots; i++)
		if (strcmp(e->snapshots[i].id, id) == 0)
			return true;
	return false;
}

const struct sim_subnet_row *sim_estate_subnet(const struct sim_estate *e, const char *id)
{
	for (size_t i = 0; i < e->nsubnets; i++)
		if (strcmp(e->subnets[i].id, id) == 0)
			return &e->subnets[i];
	return NULL;
}

/* As RDS wants identifiers; ours also end up in host names and settings. */
static bool well_named(const char *id)
{
	size_t len = strlen(id);

	return len <= 63 && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == len;
}

static void check_cluster(const struct checker *k, const struct sim_cluster *c)
{
	int n = members(k->e, c->id);

	if (!well_named(c->id))
		k->tell(k->ctx, c, "an identifier has at most 63 letters, digits and hyphens");
	if (strspn(c->engine_version, "0123456789.") != strlen(c->engine_version) || strlen(c->engine_version) > 16)
		k->tell(k->ctx, c, "engine_version: '%.20s' is no version such as 15.4", c->engine_version);
	if (!has_group(k->e, c->group_id))
		k->tell(k->ctx, c, "security_group: there is no security-group %s", c->group_id);
	if (!has_subnet_group(k->e, c->subnet_group))
		k->tell(k->ctx, c, "subnet_group: there is no subnet-group %s", c->subnet_group);
	if (n == 0 || n > SIM_MEMBERS_MAX)
		k->tell(k->ctx, c, "has %d instances, not 1 to %d", n, SIM_MEMBERS_MAX);
	if (c->writer_id && !in_cluster(k->e, c->id, c->writer_id))
		k->tell(k->ctx, c, "writer: it has no instance %s", c->writer_id);
	if (c->copies_of && !has_snapshot(k->e, c->copies_of))
		k->tell(k->ctx, c, "copies_of: there is no snapshot %s", c->copies_of);
	if (c->min_capacity > c->max_capacity)
		k->tell(k->ctx, c, "min_capacity is more than max_capacity");
}

static void check_group(const struct checker *k, const struct sim_group_row *g)
{
	for (int i = 0; i < g->nrules; i++) {
		const char *source = g->rules[i].source;

		if (str_starts(str_c(source), STR("sg-")) && !has_group(k->e, source))
			k->tell(k->ctx, g, "rule: there is no security-group %s", source);
		if (str_starts(str_c(source), STR("pl-")) && !has_list(k->e, source))
			k->tell(k->ctx, g, "rule: there is no prefix-list %s", source);
	}
}

static void check_network(const struct checker *k)
{
	const struct sim_estate *e = k->e;

	for (size_t i = 0; i < e->ngroups; i++)
		check_group(k, &e->groups[i]);
	for (size_t i = 0; i < e->nsubnets; i++)
		if (strlen(e->subnets[i].zone) != 1 || !strchr("abcdef", e->subnets[i].zone[0]))
			k->tell(k->ctx, &e->subnets[i], "zone: '%s' is no letter from a to f", e->subnets[i].zone);
	for (size_t i = 0; i < e->nsubnet_groups; i++)
		for (int n = 0; n < e->subnet_groups[i].nsubnets; n++)
			if (!sim_estate_subnet(e, e->subnet_groups[i].subnets[n]))
				k->tell(k->ctx, &e->subnet_groups[i], "subnets: there is no subnet %s",
					e->subnet_groups[i].subnets[n]);
}

static void check_subnets(const struct checker *k, const void *row, const struct sim_subnet_list *list)
{
	for (int i = 0; i < list->n; i++)
		if (!sim_estate_subnet(k->e, list->ids[i]))
			k->tell(k->ctx, row, "subnets: there is no subnet %s", list->ids[i]);
}

static void check_routes(const struct checker *k)
{
	const struct sim_estate *e = k->e;

	for (size_t i = 0; i < e->nroute_tables; i++)
		check_subnets(k, &e->route_tables[i], &e->route_tables[i].subnets);
	for (size_t i = 0; i < e->nacls; i++)
		check_subnets(k, &e->acls[i], &e->acls[i].subnets);
}

static void check_alarms(const struct checker *k)
{
	const struct sim_estate *e = k->e;

	for (size_t i = 0; i < e->nalarms; i++) {
		const struct sim_alarm_row *a = &e->alarms[i];

		if (a->state && strcmp(a->state, "OK") != 0 && strcmp(a->state, "ALARM") != 0 &&
		    strcmp(a->state, "INSUFFICIENT_DATA") != 0)
			k->tell(k->ctx, a, "state: '%.40s' is not OK, ALARM or INSUFFICIENT_DATA", a->state);
		if (a->period_us < US_PER_MIN || a->period_us % US_PER_MIN != 0)
			k->tell(k->ctx, a, "period: it is no number of whole minutes");
		if (a->datapoints > a->periods)
			k->tell(k->ctx, a, "datapoints: more than periods");
	}
}

static void check_events(const struct checker *k)
{
	const struct sim_estate *e = k->e;

	for (size_t i = 0; i < e->nfaults; i++) {
		const struct sim_fault_row *f = &e->faults[i].fault;

		if (f->kind == SIM_FAULT__COUNT)
			k->tell(k->ctx, &e->faults[i], "kind is missing");
		if (!sim_service_has(f->service, ""))
			k->tell(k->ctx, &e->faults[i], "service: there is no service %s", f->service);
		else if (!sim_service_has(f->service, f->operation))
			k->tell(k->ctx, &e->faults[i], "operation: there is no operation %s", f->operation);
	}
	for (size_t i = 0; i < e->nfailovers; i++) {
		const struct sim_failover_row *f = &e->failovers[i];

		if (!find_cluster(e, f->cluster))
			k->tell(k->ctx, f, "cluster: there is no cluster %s", f->cluster);
		else if (f->target && !in_cluster(e, f->cluster, f->target))
			k->tell(k->ctx, f, "target: %s has no instance %s", f->cluster, f->target);
	}
}

void sim_estate_check(const struct sim_estate *e, sim_tell *tell, void *ctx)
{
	struct checker k = {.e = e, .tell = tell, .ctx = ctx};

	for (size_t i = 0; i < e->nclusters; i++)
		check_cluster(&k, &e->clusters[i]);
	for (size_t i = 0; i < e->ninstances; i++) {
		const struct sim_instance_row *row = &e->instances[i];

		if (!well_named(row->id))
			tell(ctx, row, "an identifier has at most 63 letters, digits and hyphens");
		if (!find_cluster(e, row->cluster))
			tell(ctx, row, "cluster: there is no cluster %s", row->cluster);
		if (row->zone && (strlen(row->zone) != 1 || !strchr("abcdef", row->zone[0])))
			tell(ctx, row, "zone: '%s' is no letter from a to f", row->zone);
	}
	for (size_t i = 0; i < e->nsnapshots; i++)
		if (!find_cluster(e, e->snapshots[i].cluster))
			tell(ctx, &e->snapshots[i], "cluster: there is no cluster %s", e->snapshots[i].cluster);
	check_network(&k);
	check_routes(&k);
	check_alarms(&k);
	check_events(&k);
}

static bool describe(const struct sim_estate *e, const struct sim_cluster *c, struct sim_behind *ret)
{
	size_t len = 0;

	snprintf(ret->cluster, sizeof(ret->cluster), "%s", c->id);
	snprintf(ret->engine_version, sizeof(ret->engine_version), "%s", c->engine_version);
	for (int writers = 1; writers >= 0; writers--) {
		for (size_t i = 0; i < e->ninstances; i++) {
			const struct sim_instance_row *m = &e->instances[i];
			bool writer = c->writer_id ? strcmp(m->id, c->writer_id) == 0 : m == first_member(e, c->id);

			if (strcmp(m->cluster, c->id) == 0 && writer == (writers == 1))
				len += (size_t)snprintf(ret->instances + len, sizeof(ret->instances) - len, "%s%s",
							len ? " " : "", m->id);
		}
	}
	return true;
}

bool sim_scenario_behind(const char *scenario, struct sim_behind *ret_behind, struct err *err)
{
	struct arena *a = arena_new(1 << 16, SIM_ARENA_MAX);
	const struct sim_estate *e;
	bool found = false, ok = sim_scenario_load(a, scenario, &e, err);

	*ret_behind = (struct sim_behind){.cluster = ""};
	for (size_t i = 0; ok && i < e->nclusters && !found; i++)
		found = e->clusters[i].is_orders && describe(e, &e->clusters[i], ret_behind);
	if (ok && !found)
		ok = err_set(err, ERR_USAGE, "%s: no cluster says database_behind = yes", e->name);
	arena_free(a);
	return ok;
}
