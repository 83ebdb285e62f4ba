/*
 * sim_rds_maintenance.c: RDS DescribePendingMaintenanceActions and ApplyPendingMaintenanceAction.
 *
 * A cluster's pending actions are those that its scenario names. Each stays pending until it was applied: at once,
 * or when the next maintenance window opens. Nothing is applied that nobody opted in to.
 */
#include "sim/sim_rds.h"

static const char *const actions[] = {"ca-certificate-rotation",
				      "db-upgrade",
				      "hardware-maintenance",
				      "os-upgrade",
				      "serverless-platform-version-update",
				      "system-update"};

static bool word_in(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(word, words[i]))
			return true;
	return false;
}

static bool any_waits(const struct sim_cluster *c, int64_t now_us)
{
	struct str action, description;
	bool waits = false;

	for (size_t i = 0; !waits && sim_cluster_pending(c, i, now_us, &action, &description, &waits); i++)
		;
	return waits;
}

/* Where the action of that name stands among the cluster's, or -1: it does not wait. */
static int find_action(const struct sim_cluster *c, int64_t now_us, struct str name)
{
	struct str action, description;
	bool waits;

	for (size_t i = 0; sim_cluster_pending(c, i, now_us, &action, &description, &waits); i++)
		if (waits && str_eq(action, name))
			return (int)i;
	return -1;
}

static void pending_xml(struct sim_request *r, struct buf *b, const struct sim_cluster *c)
{
	struct str action, description;
	bool waits;

	sim_xml_open(b, "ResourcePendingMaintenanceActions");
	sim_rds_arn(r, b, "ResourceIdentifier", "cluster", c->id);
	sim_xml_open(b, "PendingMaintenanceActionDetails");
	for (size_t i = 0; sim_cluster_pending(c, i, r->now_us, &action, &description, &waits); i++) {
		if (!waits)
			continue;
		sim_xml_open(b, "PendingMaintenanceAction");
		sim_xml_slice(b, "Action", action);
		if (i == 0 && c->maintenance_auto_us)
			sim_xml_time(b, "AutoAppliedAfterDate", r->sim->epoch_us + c->maintenance_auto_us);
		if (i == 0 && c->maintenance_forced_us)
			sim_xml_time(b, "ForcedApplyDate", r->sim->epoch_us + c->maintenance_forced_us);
		if (c->opt_ins[i].type) {
			sim_xml_str(b, "OptInStatus", c->opt_ins[i].type);
			sim_xml_time(b, "CurrentApplyDate", c->opt_ins[i].applied_us);
		}
		sim_xml_slice(b, "Description", description);
		sim_xml_close(b, "PendingMaintenanceAction");
	}
	sim_xml_close(b, "PendingMaintenanceActionDetails");
	sim_xml_close(b, "ResourcePendingMaintenanceActions");
}

bool sim_rds_describe_maintenance(struct sim_request *r, struct buf *out)
{
	const struct sim_cluster **rows = arena_alloc_array(r->arena, r->sim->nclusters, sizeof(*rows));
	struct sim_rds_resource only = {NULL, NULL, NULL};
	struct sim_filters f;
	struct sim_page page;
	size_t n = 0;

	if (!sim_filters(r, "Filters.Filter", "Values.Value", "db-cluster-id db-instance-id", &f) ||
	    (sim_param(r, "ResourceIdentifier").ptr && !sim_rds_resource(r, "ResourceIdentifier", &only)))
		return false;
	sim_rds_filter_names(r, &f);
	for (size_t i = 0; i < r->sim->nclusters; i++) {
		const struct sim_cluster *c = &r->sim->clusters[i];

		/* Only clusters have one here, so a filter for instances finds nothing. */
		if (any_waits(c, r->now_us) && sim_filter_ok(&f, "db-cluster-id", c->id) &&
		    sim_filter_ok(&f, "db-instance-id", "") &&
		    (!only.kind || (strcmp(only.kind, "cluster") == 0 && only.cluster == c)))
			rows[n++] = c;
	}
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "PendingMaintenanceActions");
	for (size_t i = page.first; i < page.end; i++)
		pending_xml(r, out, rows[i]);
	sim_xml_close(out, "PendingMaintenanceActions");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}

static bool check_call(struct sim_request *r, struct sim_rds_resource *ret_resource, int *ret_action)
{
	static const char *const opt_ins[] = {"immediate", "next-maintenance", "undo-opt-in"};
	struct str action = sim_param(r, "ApplyAction"), opt_in = sim_param(r, "OptInType");
	const struct sim_cluster *c;

	if (!word_in(action, actions, ARRAY_LEN(actions)))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid apply action: " STR_FMT, STR_ARG(action));
	if (!word_in(opt_in, opt_ins, ARRAY_LEN(opt_ins)))
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid opt-in type: " STR_FMT, STR_ARG(opt_in));
	if (!sim_rds_resource(r, "ResourceIdentifier", ret_resource))
		return false;
	c = ret_resource->cluster;
	*ret_action = strcmp(ret_resource->kind, "cluster") == 0 ? find_action(c, r->now_us, action) : -1;
	if (*ret_action < 0)
		return sim_fail(r, 404, "ResourceNotFoundFault",
				"There is no pending " STR_FMT " action for " STR_FMT ".", STR_ARG(action),
				STR_ARG(sim_param(r, "ResourceIdentifier")));
	if (c->opt_ins[*ret_action].type && c->opt_ins[*ret_action].applied_us <= r->now_us)
		return sim_fail(r, 400, "InvalidDBClusterStateFault",
				"The action is being applied to DB cluster %s and cannot be undone.",
				ret_resource->name);
	return sim_rds_must_be(r, c, "available");
}

static void leave_events(struct sim_request *r, const struct sim_cluster *c)
{
	static const struct sim_event_kind of_cluster = {"db-cluster", "cluster", "maintenance"};
	static const struct sim_event_kind of_instance = {"db-instance", "db", "availability"};

	for (int i = 0; i < c->nmembers; i++) {
		sim_event_add(r->sim->changes, &of_instance, c->members[i].id, r->now_us + SIM_PATCH_US / 2,
			      "DB instance shutdown");
		sim_event_add(r->sim->changes, &of_instance, c->members[i].id, r->now_us + SIM_PATCH_US - US_PER_S,
			      "DB instance restarted");
	}
	sim_event_add(r->sim->changes, &of_cluster, c->id, r->now_us + SIM_PATCH_US,
		      "Database cluster has been patched");
}

bool sim_rds_apply_maintenance(struct sim_request *r, struct buf *out)
{
	struct str opt_in = sim_param(r, "OptInType");
	struct sim_rds_resource resource;
	struct sim_window window = {0, 0};
	struct sim_opt_in *chosen;
	struct sim_cluster *c;
	int action = 0;

	if (!check_call(r, &resource, &action))
		return false;
	c = sim_cluster_find(r->sim, str_c(resource.name));
	CHECK(c != NULL); /* it was found by its name */
	chosen = &c->opt_ins[action];
	*chosen = (struct sim_opt_in){NULL, 0};
	if (str_eq_c(opt_in, "immediate")) {
		*chosen = (struct sim_opt_in){"immediate", r->now_us};
		leave_events(r, c);
	} else if (str_eq_c(opt_in, "next-maintenance")) {
		(void)sim_window_weekly(str_c(sim_cluster_maintenance_window(c)), &window);
		*chosen = (struct sim_opt_in){"next-maintenance", sim_window_next_us(&window, r->now_us)};
	}
	pending_xml(r, out, c);
	return true;
}
