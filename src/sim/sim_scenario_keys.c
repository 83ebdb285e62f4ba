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

static bool take_subnet_list(struct sim_subnet_list *list, struct arena *a, struct str rest, struct err *err)
{
	struct str part;

	while (str_split(&rest, ',', &part)) {
		if (list->n == SIM_GROUP_SUBNETS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d subnets", SIM_GROUP_SUBNETS_MAX);
		list->ids[list->n++] = arena_strz(a, str_trim(part));
	}
	return true;
}

static bool take_table_subnets(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	return take_subnet_list(&((struct sim_route_table_row *)row)->subnets, a, e->value, err);
}

static bool take_acl_subnets(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	return take_subnet_list(&((struct sim_acl_row *)row)->subnets, a, e->value, err);
}

static bool take_route(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_route_table_row *t = row;
	struct str rest = e->value, destination = word_of(&rest), target = word_of(&rest);

	if (t->nroutes == SIM_ROUTES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d routes", SIM_ROUTES_MAX);
	if (target.len == 0 || (rest.len > 0 && !str_eq_c(rest, "blackhole")))
		return err_set(err, ERR_USAGE, "DESTINATION TARGET [blackhole] is expected");
	t->routes[t->nroutes].destination = arena_strz(a, destination);
	t->routes[t->nroutes].blackhole = rest.len > 0;
	t->routes[t->nroutes++].target = arena_strz(a, target);
	return true;
}

static bool read_protocol(struct str word, int *ret_number)
{
	static const struct {
		const char *word;
		int number;
	} words[] = {{"all", -1}, {"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmpv6", 58}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		*ret_number = words[i].number;
		if (str_eq_c(word, words[i].word))
			return true;
	}
	return false;
}

static bool take_acl_rule(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_acl_row *acl = row;
	struct str rest = e->value, number = word_of(&rest), direction = word_of(&rest), action = word_of(&rest);
	struct str protocol = word_of(&rest), ports = word_of(&rest);
	struct sim_rule_row range;
	struct sim_acl_rule rule = {.egress = str_eq_c(direction, "out"), .allow = str_eq_c(action, "allow")};
	int64_t n;

	if (acl->nrules == SIM_ACL_RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d rules", SIM_ACL_RULES_MAX);
	if (!parse_i64(number, &n) || n < 1 || n > 32766 || (!rule.egress && !str_eq_c(direction, "in")) ||
	    (!rule.allow && !str_eq_c(action, "deny")) || !read_protocol(protocol, &rule.protocol) ||
	    !read_ports(ports, &range) || rest.len == 0)
		return err_set(err, ERR_USAGE, "NUMBER in|out allow|deny PROTOCOL|all PORTS CIDR is expected");
	rule.number = (int)n;
	rule.from_port = range.from_port;
	rule.to_port = range.to_port;
	rule.cidr = arena_strz(a, rest);
	acl->rules[acl->nrules++] = rule;
	return true;
}

static bool take_dimension(struct arena *a, void *row, const struct ini_entry *e, struct err *err)
{
	struct sim_alarm_row *alarm = row;
	struct str rest = e->value, name = word_of(&rest);

	if (alarm->ndimensions == SIM_ALARM_DIMENSIONS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d dimensions", SIM_ALARM_DIMENSIONS_MAX);
	if (rest.len == 0)
		return err_set(err, ERR_USAGE, "NAME VALUE is expected");
	alarm->dimensions[alarm->ndimensions].name = arena_strz(a, name);
	alarm->dimensions[alarm->ndimensions++].value = arena_strz(a, rest);
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
	KEY(struct sim_estate, fleet_instances, "instances", .low = 1, .high = SIM_MEMBERS_MAX),
	KEY(struct sim_estate, fleet_snapshots, "snapshots", .low = 0, .high = 30),
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
	CLUSTER(maintenance_auto_us, "maintenance_auto"),
	CLUSTER(maintenance_forced_us, "maintenance_forced"),
	CLUSTER(scaling_min, "scaling_min", .low = 0, .high = 15),
	CLUSTER(scaling_max, "scaling_max", .low = 1, .high = 15),
	CLUSTER(scaling_target, "scaling_target", .low = 1, .high = 100000),
	CLUSTER(scaling_metric, "scaling_metric"),
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
	KEY(struct sim_snapshot_row, shared_with, "shared_with"),
};
static const struct key route_table_keys[] = {
	KEY(struct sim_route_table_row, is_main, "main"),
	KEY_OF_LIST(struct sim_route_table_row, subnets.n, take_table_subnets, "subnets"),
	KEY_OF_LIST(struct sim_route_table_row, nroutes, take_route, "route"),
};
static const struct key acl_keys[] = {
	KEY(struct sim_acl_row, is_default, "default"),
	KEY_OF_LIST(struct sim_acl_row, subnets.n, take_acl_subnets, "subnets"),
	KEY_OF_LIST(struct sim_acl_row, nrules, take_acl_rule, "rule"),
};
static const struct key alarm_keys[] = {
	KEY(struct sim_alarm_row, description, "description"),
	KEY(struct sim_alarm_row, space, "namespace"),
	KEY(struct sim_alarm_row, metric, "metric", .required = true),
	KEY(struct sim_alarm_row, statistic, "statistic"),
	KEY(struct sim_alarm_row, comparison, "comparison"),
	KEY_OF_LIST(struct sim_alarm_row, ndimensions, take_dimension, "dimension"),
	KEY(struct sim_alarm_row, threshold, "threshold", .low = -1e15, .high = 1e15),
	KEY(struct sim_alarm_row, period_us, "period"),
	KEY(struct sim_alarm_row, periods, "periods", .low = 1, .high = 100),
	KEY(struct sim_alarm_row, datapoints, "datapoints", .low = 1, .high = 100),
	KEY(struct sim_alarm_row, actions, "actions"),
	KEY(struct sim_alarm_row, state, "state"),
	KEY(struct sim_alarm_row, age_us, "age"),
};
static const struct key kms_key_keys[] = {
	KEY(struct sim_key_row, description, "description"),
	KEY(struct sim_key_row, manager, "manager"),
	KEY(struct sim_key_row, state, "state"),
	KEY(struct sim_key_row, rotation, "rotation"),
	KEY(struct sim_key_row, rotation_days, "rotation_days", .low = 90, .high = 2560),
	KEY(struct sim_key_row, age_us, "age"),
	KEY(struct sim_key_row, deletion_us, "deletion"),
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
	c->scaling_min = 1;
	c->scaling_target = 60;
	c->scaling_metric = "RDSReaderAverageCPUUtilization";
}

static void prepare_alarm(void *row)
{
	struct sim_alarm_row *a = row;

	a->space = "AWS/RDS";
	a->statistic = "Average";
	a->comparison = "GreaterThanThreshold";
	a->period_us = US_PER_MIN;
	a->periods = 3;
	a->actions = true;
}

static void prepare_key(void *row)
{
	struct sim_key_row *k = row;

	k->manager = "CUSTOMER";
	k->state = "Enabled";
	k->rotation_days = 365;
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
	[KIND_ROUTE_TABLE] = {.word = "route-table",
			      ROWS(route_tables, nroute_tables, SIM_SCENARIO_ROWS_MAX, route_table_keys)},
	[KIND_ACL] = {.word = "network-acl", ROWS(acls, nacls, SIM_SCENARIO_ROWS_MAX, acl_keys)},
	[KIND_ALARM] = {.word = "alarm",
			.prepare = prepare_alarm,
			ROWS(alarms, nalarms, SIM_SCENARIO_ROWS_MAX, alarm_keys)},
	[KIND_KEY] = {.word = "kms-key",
		      .prepare = prepare_key,
		      ROWS(keys, nkeys, SIM_SCENARIO_ROWS_MAX, kms_key_keys)},
};
