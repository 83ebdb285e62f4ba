/*
 * pane_keys.c: KMS keys of the cluster.
 */
#include "ui/panes/panes.h"

static enum severity severity_of(const struct snapshot *s, size_t row)
{
	struct str state = data_str(s, row, "state");

	if (state.len == 0)
		return SEV_UNKNOWN;
	return str_eq_c(state, "Enabled") ? SEV_OK : SEV_CRIT;
}

static const struct table_column columns[] = {
	{.field = "arn", .priority = 1, .min = 16, .max = 0},
	{.field = "used_for", .priority = 2, .min = 8, .max = 36},
	{.field = "state", .priority = 3, .min = 8, .max = 16},
	{.field = "manager", .priority = 4, .min = 8, .max = 8},
	{.field = "rotation", .priority = 5, .min = 5, .max = 8},
	{.field = "next_rotation_at", .priority = 7, .min = 11, .max = 12},
	{.field = "deletion_at", .priority = 6, .min = 11, .max = 12},
};
static const struct table_def table = {
	.source = "keys",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.empty = "Nothing of this cluster is encrypted with a KMS key",
	.noun = "keys",
	.wide_mode = -1,
	.severity = severity_of,
};

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.draw = pane_table_draw,
	.severity = pane_table_severity,
	.detail = pane_table_detail,
};

const struct pane_def pane_keys = {
	.name = "keys",
	.title = "Encryption keys",
	.help = "KMS keys that encrypt the volume, snapshots and insights: state, rotation.",
	.sources = "keys",
	.table = &table,
	.ops = &ops,
};
