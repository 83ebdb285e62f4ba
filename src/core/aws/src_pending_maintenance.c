/*
 * src_pending_maintenance.c: maintenance that waits for the cluster and its instances, by RDS
 * DescribePendingMaintenanceActions.
 *
 * Clusters and instances are different resources with actions of their own, and filters over both would ask for what is
 * both; so there are two calls. They come every two minutes only: AWS itself may lag five minutes behind with
 * this list, and calls to RDS are counted.
 *
 * Not here: applying them (operate_maintenance.c).
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define EACH "PendingMaintenanceActionDetails/*/"

struct pending {
	uint64_t present;
	struct str resource, resource_type, action, description, opt_in;
	int64_t current_apply_at, auto_applied_after_at, forced_apply_at;
	struct str arn;
};

#define F(m, k, ...) FIELD(struct pending, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(resource, K_ID, .title = "RESOURCE", .width = 20, .flags = F_COMPUTED, .help = "Cluster or instance that it is for."),
	F(resource_type, K_ENUM, .title = "TYPE", .width = 8, .flags = F_COMPUTED, .help = "cluster or instance."),
	F(action, K_ENUM, .wire = EACH "Action", .title = "ACTION", .width = 16, .flags = F_KEY, .help = "system-update, db-upgrade, os-upgrade, hardware-maintenance, ca-certificate-rotation or another one."),
	F(description, K_TEXT, .wire = EACH "Description", .title = "DESCRIPTION", .width = 30, .help = "What AWS says it does."),
	F(opt_in, K_ENUM, .wire = EACH "OptInStatus", .title = "OPT-IN", .width = 16, .help = "immediate, next-maintenance or undo-opt-in; absent when nobody has asked for it."),
	F(current_apply_at, K_TIME_US, .wire = EACH "CurrentApplyDate", .title = "APPLIED", .width = 12, .help = "When it will be applied as things stand: by an opt-in, by itself or by force."),
	F(auto_applied_after_at, K_TIME_US, .wire = EACH "AutoAppliedAfterDate", .title = "BY ITSELF", .width = 12, .help = "It is applied in the first maintenance window after this, unasked."),
	F(forced_apply_at, K_TIME_US, .wire = EACH "ForcedApplyDate", .title = "FORCED", .width = 12, .help = "It is applied at this time whatever the window."),
	F(arn, K_ID, .wire = "ResourceIdentifier", .title = "ARN", .width = 40, .flags = F_KEY | F_HIDDEN, .help = "Amazon resource name of the cluster or instance."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct pending, "pending_maintenance", fields);

struct question {
	const char *filter;
	struct str names;
};

static void parameters(struct form *form, void *ctx)
{
	const struct question *q = ctx;

	form_add_rds_filter(form, 1, q->filter, q->names);
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct pending *p = row;

	(void)out;
	(void)ctx;
	SET(p, struct pending, resource, aws_arn_name(p->arn));
	SET(p, struct pending, resource_type, str_find(p->arn, STR(":db:"), 0) >= 0 ? STR("instance") : STR("cluster"));
	return true;
}

static bool ask(struct fetch *f, const char *filter, struct str names, struct snapshot *out, struct err *err)
{
	struct question q = {filter, names};
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribePendingMaintenanceActions",
		.items = "DescribePendingMaintenanceActionsResult/PendingMaintenanceActions/*",
		.each = "PendingMaintenanceActionDetails/*",
		.next = "DescribePendingMaintenanceActionsResult/Marker",
		.marker = "Marker",
		.parameters = parameters,
		.finish = finish,
		.ctx = &q,
	};

	/* Without a name the call would list the whole region. */
	return names.len == 0 || aws_list_fetch(f, &list, out, err);
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&type, "pending_maintenance");

	if (!ask(f, "db-cluster-id", str_c(f->target->cluster), s, err) ||
	    !ask(f, "db-instance-id", aws_input_text(f->inputs[0], 0, "members"), s, err)) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_pending_maintenance = {
	.name = "pending_maintenance",
	.title = "pending maintenance",
	.help = "Maintenance that waits for the cluster and its instances, and when it is applied.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 120 * US_PER_S,
	.inputs = "clusters",
	.origin = "RDS DescribePendingMaintenanceActions",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
