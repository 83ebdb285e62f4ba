/*
 * sim_rds_parameters.c: RDS DescribeDBClusterParameterGroups, DescribeDBClusterParameters, DescribeDBParameters,
 * ModifyDBClusterParameterGroup and ResetDBClusterParameterGroup.
 *
 * The groups are those that clusters use: default.FAMILY, which nobody can change, and the scenario's. A value comes
 * from the last change, else from what such a group has at the start, else from the engine. A change that is
 * applied at a reboot makes the members of the group's clusters "pending-reboot" until each has restarted. All
 * parameters of a call are checked before the first is changed.
 */
#include "sim/sim_parameters.h"
#include "sim/sim_rds.h"

#define GROUPS_MAX 64
#define CHANGES_MAX 20 /* of one call, the service's own limit */

/* ---- groups */

static bool has_own(const struct sim_cluster *c)
{
	return c->parameter_group && !str_starts(str_c(c->parameter_group), STR("default."));
}

static struct sim_rds_group group_of(struct sim_request *r, const struct sim_cluster *c)
{
	struct sim_rds_group g = {.name = c->parameter_group, .family = c->family, .custom = has_own(c)};

	if (!g.name)
		g.name = arena_strz(r->arena, arena_fmt(r->arena, "default.%s", c->family));
	return g;
}

static size_t list_groups(struct sim_request *r, struct sim_rds_group *ret_groups)
{
	size_t n = 0;

	for (size_t i = 0; i < r->sim->nclusters; i++) {
		struct sim_rds_group g = group_of(r, &r->sim->clusters[i]);
		size_t k = 0;

		while (k < n && strcmp(ret_groups[k].name, g.name) != 0)
			k++;
		if (k == n && n < GROUPS_MAX)
			ret_groups[n++] = g;
	}
	return n;
}

bool sim_rds_group_find(struct sim_request *r, struct str name, struct sim_rds_group *ret_group)
{
	struct sim_rds_group groups[GROUPS_MAX];
	size_t n = list_groups(r, groups);

	for (size_t i = 0; i < n; i++) {
		if (str_ieq(name, str_c(groups[i].name))) {
			*ret_group = groups[i];
			return true;
		}
	}
	return false;
}

static bool find_group(struct sim_request *r, struct sim_rds_group *ret_group)
{
	struct str name = sim_param(r, "DBClusterParameterGroupName");

	return sim_rds_group_find(r, name, ret_group) ||
	       sim_fail(r, 404, "DBParameterGroupNotFound", "DBClusterParameterGroup not found: " STR_FMT,
			STR_ARG(name));
}

const char *sim_rds_group_status(const struct sim *s, const struct sim_cluster *c, int member, int64_t now_us)
{
	int64_t restarted = sim_member_restarted(c, member, now_us);
	const char *status = "in-sync";

	for (size_t i = 0; c->parameter_group && i < s->changes->nparameters; i++) {
		const struct sim_parameter_set *p = &s->changes->parameters[i];

		if (strcmp(p->group, c->parameter_group) != 0)
			continue;
		if (!p->immediate && p->at_us >= restarted)
			return "pending-reboot";
		if (p->immediate && now_us - p->at_us < SIM_APPLY_US)
			status = "applying";
	}
	return status;
}

static void group_xml(struct sim_request *r, struct buf *b, const struct sim_rds_group *g)
{
	sim_xml_open(b, "DBClusterParameterGroup");
	sim_xml_str(b, "DBClusterParameterGroupName", g->name);
	sim_xml_str(b, "DBParameterGroupFamily", g->family);
	sim_xml_fmt(b, "Description", g->custom ? "Parameters of %s" : "Default cluster parameter group for %s",
		    g->custom ? g->name : g->family);
	sim_rds_arn(r, b, "DBClusterParameterGroupArn", "cluster-pg", g->name);
	sim_xml_close(b, "DBClusterParameterGroup");
}

bool sim_rds_describe_groups(struct sim_request *r, struct buf *out)
{
	struct sim_rds_group groups[GROUPS_MAX];
	struct sim_page page;
	size_t n;

	if (sim_param(r, "DBClusterParameterGroupName").len > 0) {
		if (!find_group(r, &groups[0]))
			return false;
		n = 1;
	} else {
		n = list_groups(r, groups);
	}
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "DBClusterParameterGroups");
	for (size_t i = page.first; i < page.end; i++)
		group_xml(r, out, &groups[i]);
	sim_xml_close(out, "DBClusterParameterGroups");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

/* ---- parameters */

struct value {
	const char *text; /* NULL = unset */
	bool user, immediate;
};

static struct value value_of(const struct sim *s, const char *group, bool custom, const struct sim_parameter *p)
{
	const struct sim_parameter_set *set = sim_parameter_find(s->changes, group, p->name);

	if (set && set->value)
		return (struct value){set->value, true, set->immediate};
	if (!set && custom && p->own)
		return (struct value){p->own, true, !p->is_static};
	return (struct value){p->value, false, false};
}

static const char *source_of(const struct sim_parameter *p, const struct value *v)
{
	if (v->user)
		return "user";
	return p->value ? "system" : "engine-default";
}

static void parameter_xml(struct buf *b, const struct sim_parameter *p, const struct value *v)
{
	sim_xml_open(b, "Parameter");
	sim_xml_str(b, "ParameterName", p->name);
	if (v->text)
		sim_xml_str(b, "ParameterValue", v->text);
	sim_xml_str(b, "Description", p->text);
	sim_xml_str(b, "Source", source_of(p, v));
	sim_xml_str(b, "ApplyType", p->is_static ? "static" : "dynamic");
	sim_xml_str(b, "DataType", p->type);
	if (p->allowed)
		sim_xml_str(b, "AllowedValues", p->allowed);
	sim_xml_bool(b, "IsModifiable", !p->fixed);
	sim_xml_str(b, "ApplyMethod", v->immediate ? "immediate" : "pending-reboot");
	buf_add_c(b, "<SupportedEngineModes><member>provisioned</member></SupportedEngineModes>\n");
	sim_xml_close(b, "Parameter");
}

bool sim_rds_describe_parameters(struct sim_request *r, struct buf *out)
{
	struct str source = sim_param(r, "Source");
	const struct sim_parameter **rows = arena_alloc_array(r->arena, sim_nparameters, sizeof(*rows));
	struct sim_rds_group g = {0};
	struct sim_filters f;
	struct sim_page page;
	struct value v;
	size_t n = 0;

	if (!sim_filters(r, "Filters.Filter", "Values.Value", "parameter-name", &f) || !find_group(r, &g))
		return false;
	if (source.len > 0 && !str_eq_c(source, "user") && !str_eq_c(source, "system") &&
	    !str_eq_c(source, "engine-default"))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid source: " STR_FMT, STR_ARG(source));
	for (size_t i = 0; i < sim_nparameters; i++) {
		const struct sim_parameter *p = &sim_parameters[i];

		v = value_of(r->sim, g.name, g.custom, p);
		if ((source.len == 0 || str_eq_c(source, source_of(p, &v))) &&
		    sim_filter_ok(&f, "parameter-name", p->name))
			rows[n++] = p;
	}
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "Parameters");
	for (size_t i = page.first; i < page.end; i++) {
		v = value_of(r->sim, g.name, g.custom, rows[i]);
		parameter_xml(out, rows[i], &v);
	}
	sim_xml_close(out, "Parameters");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

/* ---- of instances */

static const struct sim_instance_row *row_of(const struct sim *s, const char *instance)
{
	for (size_t i = 0; i < s->estate->ninstances; i++)
		if (strcmp(s->estate->instances[i].id, instance) == 0)
			return &s->estate->instances[i];
	return NULL;
}

const char *sim_rds_instance_group(struct sim_request *r, const struct sim_cluster *c, const struct sim_instance *m)
{
	const struct sim_instance_row *row = row_of(r->sim, m->id);

	if (row && row->parameter_group)
		return row->parameter_group;
	return arena_strz(r->arena, arena_fmt(r->arena, "default.%s", c->family));
}

/* What the group sets, NULL = nothing. False: no instance has it; r has the error. */
static bool find_instance_group(struct sim_request *r, const char **ret_parameters)
{
	struct str name = sim_param(r, "DBParameterGroupName");

	*ret_parameters = NULL;
	for (size_t i = 0; i < r->sim->estate->ninstances; i++) {
		const struct sim_instance_row *row = &r->sim->estate->instances[i];

		if (row->parameter_group && str_eq_c(name, row->parameter_group)) {
			*ret_parameters = row->parameters;
			return true;
		}
	}
	return str_starts(name, STR("default.")) ||
	       sim_fail(r, 404, "DBParameterGroupNotFound", "DBParameterGroup not found: " STR_FMT, STR_ARG(name));
}

/* Its value in "NAME=VALUE, NAME=VALUE"; NULL: it is not there. */
static const char *value_in(struct sim_request *r, const char *parameters, const char *name)
{
	struct str rest = str_c(parameters ? parameters : ""), part, key;

	while (str_split(&rest, ',', &part)) {
		part = str_trim(part);
		if (str_split(&part, '=', &key) && str_eq_c(key, name))
			return arena_strz(r->arena, part);
	}
	return NULL;
}

bool sim_rds_describe_instance_parameters(struct sim_request *r, struct buf *out)
{
	const struct sim_parameter **rows = arena_alloc_array(r->arena, sim_nparameters, sizeof(*rows));
	struct str source = sim_param(r, "Source");
	const char *parameters;
	struct sim_filters f;
	struct sim_page page;
	size_t n = 0;

	if (!sim_filters(r, "Filters.Filter", "Values.Value", "parameter-name", &f) ||
	    !find_instance_group(r, &parameters))
		return false;
	for (size_t i = 0; i < sim_nparameters; i++) {
		struct value v = {.text = value_in(r, parameters, sim_parameters[i].name), .immediate = true};

		v.user = v.text != NULL;
		if ((source.len == 0 || str_eq_c(source, source_of(&sim_parameters[i], &v))) &&
		    sim_filter_ok(&f, "parameter-name", sim_parameters[i].name))
			rows[n++] = &sim_parameters[i];
	}
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "Parameters");
	for (size_t i = page.first; i < page.end; i++) {
		struct value v = {.text = value_in(r, parameters, rows[i]->name), .immediate = true};

		v.user = v.text != NULL;
		parameter_xml(out, rows[i], &v);
	}
	sim_xml_close(out, "Parameters");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

bool sim_parameter(struct sim *s, const char *cluster, const char *name, char *ret_value, size_t size)
{
	const struct sim_parameter *p = sim_parameter_of(str_c(name));
	const struct sim_parameter_set *set;
	const struct sim_cluster *c;
	struct value v;
	bool known = false;

	pthread_mutex_lock(&s->lock);
	c = sim_cluster_find(s, str_c(cluster));
	if (c && p) {
		const char *group = has_own(c) ? c->parameter_group : "";
		int64_t now = sim_now(s);

		set = sim_parameter_find(s->changes, group, name);
		v = value_of(s, group, has_own(c), p);
		known = !set || set->immediate || set->at_us < sim_member_restarted(c, sim_cluster_writer(c, now), now);
		if (known)
			snprintf(ret_value, size, "%s", v.text ? v.text : "");
	}
	pthread_mutex_unlock(&s->lock);
	return known;
}

/* ---- changes */

struct change {
	const struct sim_parameter *parameter;
	struct str value;
	bool immediate;
};

static struct str part(struct sim_request *r, size_t n, const char *what)
{
	char name[80];

	snprintf(name, sizeof(name), "Parameters.Parameter.%zu.%s", n, what);
	return sim_param(r, name);
}

static bool check_method(struct sim_request *r, struct str method, struct change *c)
{
	c->immediate = str_eq_c(method, "immediate");
	if (!c->immediate && !str_eq_c(method, "pending-reboot"))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid apply method: " STR_FMT, STR_ARG(method));
	return !c->immediate || !c->parameter->is_static ||
	       sim_fail(r, 400, "InvalidParameterCombination",
			"cannot use immediate apply method for static parameter");
}

static bool check_change(struct sim_request *r, size_t n, bool with_value, struct change *c)
{
	struct str name = part(r, n, "ParameterName");

	c->parameter = sim_parameter_of(name);
	c->value = part(r, n, "ParameterValue");
	if (!c->parameter)
		return sim_fail(r, 400, "InvalidParameterValue", "Could not find parameter with name: " STR_FMT,
				STR_ARG(name));
	if (c->parameter->fixed)
		return sim_fail(r, 400, "InvalidParameterValue", "The parameter " STR_FMT " cannot be modified.",
				STR_ARG(name));
	if (!check_method(r, part(r, n, "ApplyMethod"), c))
		return false;
	if (!with_value)
		return true;
	if (!c->value.ptr)
		return sim_fail(r, 400, "InvalidParameterValue", "A value is missing for parameter: " STR_FMT,
				STR_ARG(name));
	return (c->value.len <= SIM_PARAMETER_VALUE_MAX && sim_parameter_allows(c->parameter, c->value)) ||
	       sim_fail(r, 400, "InvalidParameterValue",
			"Invalid parameter value: " STR_FMT " for: " STR_FMT " allowed values are: %s",
			STR_ARG(str_sub(c->value, 0, 200)), STR_ARG(name),
			c->parameter->allowed ? c->parameter->allowed : "any of at most 1024 bytes");
}

static bool read_changes(struct sim_request *r, bool with_value, struct change *ret_changes, size_t *ret_n)
{
	size_t n = 0;

	while (part(r, n + 1, "ParameterName").ptr) {
		if (n == CHANGES_MAX)
			return sim_fail(r, 400, "InvalidParameterValue",
					"A maximum of %d parameters can be modified in a single request.", CHANGES_MAX);
		if (!check_change(r, n + 1, with_value, &ret_changes[n]))
			return false;
		n++;
	}
	*ret_n = n;
	return true;
}

static bool find_own_group(struct sim_request *r, struct sim_rds_group *ret_group)
{
	if (str_starts(sim_param(r, "DBClusterParameterGroupName"), STR("default.")))
		return sim_fail(r, 400, "InvalidParameterValue", "Cannot modify a default parameter group.");
	return find_group(r, ret_group);
}

/* value NULL = reset */
static bool put(struct sim_request *r, const struct sim_rds_group *g, const struct change *c, const char *value)
{
	static const struct sim_event_kind kind = {"db-parameter-group", "cluster-pg", "configuration change"};
	const char *method = c->immediate ? "immediate" : "pending-reboot";
	struct sim_parameter_set set = {
		.group = g->name, .name = c->parameter->name, .immediate = c->immediate, .at_us = r->now_us};

	set.value = value ? arena_strz(r->arena, str_c(value)) : NULL;
	if (!sim_parameter_put(r->sim->changes, &set))
		return sim_fail(r, 500, "InternalFailure", "The simulator remembers %d changed parameters.",
				SIM_PARAMETERS_SET_MAX);
	if (!value)
		value = c->parameter->value ? c->parameter->value : "its default";
	sim_event_add(r->sim->changes, &kind, g->name, r->now_us, "Updated parameter %s to %s with apply method %s",
		      c->parameter->name, value, method);
	return true;
}

bool sim_rds_modify_group(struct sim_request *r, struct buf *out)
{
	struct change changes[CHANGES_MAX];
	struct sim_rds_group g = {0};
	size_t n;

	if (!find_own_group(r, &g) || !read_changes(r, true, changes, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!put(r, &g, &changes[i], arena_strz(r->arena, changes[i].value)))
			return false;
	sim_xml_str(out, "DBClusterParameterGroupName", g.name);
	return true;
}

/* Only what the user had set: the rest is as it was. */
static bool reset_all(struct sim_request *r, const struct sim_rds_group *g)
{
	for (size_t i = 0; i < sim_nparameters; i++) {
		const struct sim_parameter *p = &sim_parameters[i];
		struct change c = {.parameter = p, .immediate = !p->is_static};

		if (value_of(r->sim, g->name, true, p).user && !put(r, g, &c, NULL))
			return false;
	}
	return true;
}

bool sim_rds_reset_group(struct sim_request *r, struct buf *out)
{
	struct change changes[CHANGES_MAX];
	struct sim_rds_group g = {0};
	bool all;
	size_t n;

	if (!sim_param_bool(r, "ResetAllParameters", &all) || !find_own_group(r, &g) ||
	    !read_changes(r, false, changes, &n))
		return false;
	if (all == (n > 0))
		return sim_fail(r, 400, "InvalidParameterCombination",
				"Specify either ResetAllParameters or a list of parameters.");
	if (all && !reset_all(r, &g))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!put(r, &g, &changes[i], NULL))
			return false;
	sim_xml_str(out, "DBClusterParameterGroupName", g.name);
	return true;
}
