/*
 * sim_scenario_keys.c: what a scenario file may say.
 *
 * Adding a key is a member of the row and a line here; the head of scenarios/healthy.ini tells
 * people of it.
 */
#include "sim/sim_scenario_keys.h"

#include "sim/sim_internal.h"

#define TYPE_OF(x) \
	_Generic((x), const char * : KEY_TEXT, bool : KEY_BOOL, int : KEY_INT, double : KEY_REAL, int64_t : KEY_TIME)
/* In the three below what follows the member is the name, then more of the key. */
#define KEY(T, m, ...)                                                                      \
	{                                                                                   \
		.type = TYPE_OF(((T *)0)->m), .offset = offsetof(T, m), .name = __VA_ARGS__ \
	}
#define KEY_OF_SIZE(T, m, ...)                                                                          \
	{                                                                                               \
		.type = KEY_SIZE + ASSERT_ZERO(TYPE_OF(((T *)0)->m) == KEY_REAL, "a size is a double"), \
		.offset = offsetof(T, m), .name = __VA_ARGS__                                           \
	}
#define KEY_OF_LIST(T, count, function, ...)                                                            \
	{                                                                                               \
		.type = KEY_LIST, .offset = offsetof(T, count), .take = (function), .name = __VA_ARGS__ \
	}

/* Cuts the first word from *rest. */
static struct str word_of(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	if (!str_split(rest, ' ', &word))
		return STR("");
	*rest = str_trim(*rest);
	return word;
}

static bool read_ports(struct str text, struct sim_rule_row *rule)
{
	struct str first = text, last;
	int64_t from, to;

	rule->from_port = rule->to_port = -1;
	if (str_eq_c(text, "all"))
		return true;
	if (!str_split(&text, '-', &first) || !parse_i64(first, &from))
		return false;
	to = from;
	if (text.ptr && (!str_split(&text, '\n', &last) || !parse_i64(last, &to)))
		return false;
	if (from < 0 || to > 65535 || from > to)
		return false;
	rule->from_port = (int)from;
	rule->to_port = (int)to;
	return true;
}

static bool take_rule(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_group_row *g = row;
	struct sim_rule_row rule = {0};
	struct str rest = e->value, direction = word_of(&rest), protocol = word_of(&rest), ports = word_of(&rest);
	struct str source = word_of(&rest);

	if (g->nrules == SIM_GROUP_RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d rules", SIM_GROUP_RULES_MAX);
	if ((!str_eq_c(direction, "in") && !str_eq_c(direction, "out")) || source.len == 0)
		return err_set(err, ERR_USAGE, "in|out PROTOCOL PORTS SOURCE [DESCRIPTION] is expected");
	if (!read_ports(ports, &rule))
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no port, no range of ports and not all", CUT(ports));
	rule.egress = str_eq_c(direction, "out");
	rule.protocol = str_eq_c(protocol, "all") ? "-1" : arena_strz(a, protocol);
	rule.source = arena_strz(a, source);
	rule.text = rest.len ? arena_strz(a, rest) : NULL;
	g->rules[g->nrules++] = rule;
	return true;
}

static bool take_network(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_prefix_list *list = row;
	struct str rest = e->value, cidr = word_of(&rest);

	if (list->nnetworks == SIM_LIST_NETWORKS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d networks", SIM_LIST_NETWORKS_MAX);
	if (str_find(cidr, STR("/"), 0) < 0)
		return err_set(err, ERR_USAGE, "'" STR_FMT "' is no network such as 10.0.0.0/16", CUT(cidr));
	list->networks[list->nnetworks].cidr = arena_strz(a, cidr);
	list->networks[list->nnetworks++].text = arena_strz(a, rest);
	return true;
}

static bool take_subnets(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_subnet_group *g = row;
	struct str rest = e->value, part;

	while (str_split(&rest, ',', &part)) {
		if (g->nsubnets == SIM_GROUP_SUBNETS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d subnets", SIM_GROUP_SUBNETS_MAX);
		g->subnets[g->nsubnets++] = arena_strz(a, str_trim(part));
	}
	return true;
}

static bool take_fault(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_fault_plan_row *f = row;

	(void)a;
	return sim_fault_set(&f->fault, e->key, e->value, err);
}

#define CLUSTER(...) KEY(struct sim_cluster, __VA_ARGS__)
#define FAULT_KEY(n)                                              \
	{                                                         \
		.name = (n), .type = KEY_TAKE, .take = take_fault \
	}

/* clang-format off */
static const struct key scenario_keys[] = {
	KEY(struct sim_estate, title, "title"),
	{.name = "base", .type = KEY_TAKE}, /* read before everything else */
};
static const struct key fleet_keys[] = {
	KEY(struct sim_estate, fleet, "clusters", .low = 0, .high = SIM_EXTRA_CLUSTERS_MAX),
};
static const struct key cluster_keys[] = {
	CLUSTER(engine_version, "engine_version", .required = true),
	CLUSTER(database, "database", .required = true),
	CLUSTER(group_id, "security_group", .required = true),
	CLUSTER(subnet_group, "subnet_group", .required = true),
	CLUSTER(status, "status"),
	CLUSTER(writer_id, "writer"),
	CLUSTER(age_us, "age"),
	CLUSTER(retention_days, "retention_days", .low = 1, .high = 35),
	KEY_OF_SIZE(struct sim_cluster, volume_bytes, "volume"),
	KEY_OF_SIZE(struct sim_cluster, growth_bytes_day, "growth_per_day"),
	CLUSTER(min_capacity, "min_capacity", .low = 0, .high = 256),
	CLUSTER(max_capacity, "max_capacity", .low = 0.5, .high = 256),
	CLUSTER(auto_pause_us, "auto_pause"),
	CLUSTER(backup_window, "backup_window"),
	CLUSTER(parameter_group, "parameter_group"),
	CLUSTER(team, "team"),
	CLUSTER(deletion_protection, "deletion_protection"),
	CLUSTER(minor_upgrades, "minor_upgrades"),
	CLUSTER(iam_authentication, "iam_authentication"),
	CLUSTER(log_exports, "log_exports"),
	CLUSTER(insights, "insights"),
	CLUSTER(enhanced_monitoring, "enhanced_monitoring"),
	CLUSTER(managed_secret, "managed_secret"),
	CLUSTER(io_optimized, "io_optimized"),
	CLUSTER(is_orders, "database_behind"),
	CLUSTER(metrics_scale, "metrics_scale", .low = 0.001, .high = 1000),
	CLUSTER(peak_hour, "peak_hour", .low = 0, .high = 23),
	CLUSTER(load, "load", .low = 0, .high = 100),
	CLUSTER(load_at_us, "load_at"),
	CLUSTER(load_over_us, "load_over"),
	CLUSTER(automated_age_us, "automated_age"),
	CLUSTER(copies_of, "copies_of"),
	CLUSTER(maintenance, "maintenance"),
};
static const struct key instance_keys[] = {
	KEY(struct sim_instance_row, cluster, "cluster", .required = true),
	KEY(struct sim_instance_row, class, "class", .required = true),
	KEY(struct sim_instance_row, zone, "zone"),
	KEY(struct sim_instance_row, parameter_group, "parameter_group"),
	KEY(struct sim_instance_row, parameters, "parameters"),
	KEY(struct sim_instance_row, tier, "tier", .low = 0, .high = 15),
};
static const struct key group_keys[] = {
	KEY(struct sim_group_row, name, "name", .required = true),
	KEY(struct sim_group_row, description, "description", .required = true),
	KEY_OF_LIST(struct sim_group_row, nrules, take_rule, "rule"),
};
static const struct key list_keys[] = {
	KEY(struct sim_prefix_list, name, "name", .required = true),
	KEY(struct sim_prefix_list, family, "family", .required = true),
	KEY(struct sim_prefix_list, owner, "owner"),
	KEY(struct sim_prefix_list, max_entries, "max_entries", .low = 1, .high = 1000),
	KEY_OF_LIST(struct sim_prefix_list, nnetworks, take_network, "network"),
};
static const struct key subnet_keys[] = {
	KEY(struct sim_subnet_row, range, "range", .required = true),
	KEY(struct sim_subnet_row, zone, "zone", .required = true),
	KEY(struct sim_subnet_row, free, "free", .low = 0, .high = 65536),
};
static const struct key subnet_group_keys[] = {
	KEY(struct sim_subnet_group, description, "description", .required = true),
	KEY_OF_LIST(struct sim_subnet_group, nsubnets, take_subnets, "subnets"),
};
static const struct key snapshot_keys[] = {
	KEY(struct sim_snapshot_row, cluster, "cluster", .required = true),
	KEY(struct sim_snapshot_row, age_us, "age"),
	KEY(struct sim_snapshot_row, engine_version, "engine_version"),
};
static const struct key fault_keys[] = {
	FAULT_KEY("service"),
	FAULT_KEY("operation"),
	FAULT_KEY("kind"),
	FAULT_KEY("ms"),
	FAULT_KEY("count"),
	KEY(struct sim_fault_plan_row, at_us, "at"),
	KEY(struct sim_fault_plan_row, for_us, "for"),
};
static const struct key failover_keys[] = {
	KEY(struct sim_failover_row, cluster, "cluster", .required = true),
	KEY(struct sim_failover_row, target, "target"),
	KEY(struct sim_failover_row, at_us, "at"),
};
/* clang-format on */

static void prepare_cluster(void *row)
{
	struct sim_cluster *c = row;

	c->status = "available";
	c->retention_days = 7;
	c->minor_upgrades = c->insights = true;
	c->min_capacity = 0.5;
	c->max_capacity = 16;
	c->peak_hour = -1;
	c->load = 1;
}

static void prepare_instance(void *row)
{
	((struct sim_instance_row *)row)->tier = -1;
}

static void prepare_fault(void *row)
{
	((struct sim_fault_plan_row *)row)->fault = (struct sim_fault_row){.kind = SIM_FAULT__COUNT, .count = -1};
}

#define ROWS(array, n, limit, table)                                                                        \
	.named = true, .rows = offsetof(struct sim_estate, array), .count = offsetof(struct sim_estate, n), \
	.size = sizeof(((struct sim_estate *)0)->array[0]), .max = (limit), .keys = (table), .nkeys = ARRAY_LEN(table)

const struct kind sim_scenario_kinds[KIND__COUNT] = {
	[KIND_SCENARIO] = {.word = "scenario", .keys = scenario_keys, .nkeys = ARRAY_LEN(scenario_keys)},
	[KIND_FLEET] = {.word = "fleet", .keys = fleet_keys, .nkeys = ARRAY_LEN(fleet_keys)},
	[KIND_CLUSTER] = {.word = "cluster",
			  .prepare = prepare_cluster,
			  ROWS(clusters, nclusters, SIM_SCENARIO_CLUSTERS_MAX, cluster_keys)},
	[KIND_INSTANCE] = {.word = "instance",
			   .prepare = prepare_instance,
			   ROWS(instances, ninstances, SIM_SCENARIO_INSTANCES_MAX, instance_keys)},
	[KIND_GROUP] = {.word = "security-group", ROWS(groups, ngroups, SIM_SCENARIO_ROWS_MAX, group_keys)},
	[KIND_LIST] = {.word = "prefix-list", ROWS(lists, nlists, SIM_SCENARIO_ROWS_MAX, list_keys)},
	[KIND_SUBNET] = {.word = "subnet", ROWS(subnets, nsubnets, SIM_SCENARIO_ROWS_MAX, subnet_keys)},
	[KIND_SUBNET_GROUP] = {.word = "subnet-group",
			       ROWS(subnet_groups, nsubnet_groups, SIM_SCENARIO_ROWS_MAX, subnet_group_keys)},
	[KIND_SNAPSHOT] = {.word = "snapshot", ROWS(snapshots, nsnapshots, SIM_SCENARIO_ROWS_MAX, snapshot_keys)},
	[KIND_FAULT] = {.word = "fault",
			.prepare = prepare_fault,
			ROWS(faults, nfaults, SIM_SCENARIO_ROWS_MAX, fault_keys)},
	[KIND_FAILOVER] = {.word = "failover", ROWS(failovers, nfailovers, SIM_SCENARIO_ROWS_MAX, failover_keys)},
};
