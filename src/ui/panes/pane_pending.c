/*
 * pane_pending.c: maintenance that waits for the cluster and its instances.
 */
#include "ui/panes/panes.h"

static const struct table_column columns[] = {
	{.field = "action", .priority = 1, .min = 12, .max = 28},
	{.field = "resource", .priority = 2, .min = 8, .max = 24},
	{.field = "resource_type", .priority = 7, .min = 7, .max = 8},
	{.field = "opt_in", .priority = 3, .min = 9, .max = 16},
	{.field = "current_apply_at", .priority = 4, .min = 11, .max = 12},
	{.field = "auto_applied_after_at", .priority = 5, .min = 11, .max = 12},
	{.field = "forced_apply_at", .priority = 6, .min = 11, .max = 12},
	{.field = "description", .priority = 8, .min = 16, .max = 0},
};
static const struct table_def table = {
	.source = "pending_maintenance",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "resource",
	.empty = "No maintenance is pending",
	.noun = "actions",
	.wide_mode = -1,
};

const struct pane_def pane_pending = {
	.name = "pending",
	.title = "Pending maintenance",
	.help = "Maintenance that AWS has announced, and when it is applied.",
	.sources = "pending_maintenance",
	.table = &table,
	.ops = &table_pane_ops,
};
