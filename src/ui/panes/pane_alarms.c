/*
 * pane_alarms.c: CloudWatch alarms about the cluster, those that are raised first.
 */
#include "ui/panes/panes.h"

static enum severity severity_of(const struct snapshot *s, size_t row)
{
	struct str state = data_str(s, row, "state");

	if (str_eq_c(state, "ALARM"))
		return SEV_WARN;
	return str_eq_c(state, "OK") ? SEV_OK : SEV_UNKNOWN;
}

static const struct table_column columns[] = {
	{.field = "name", .priority = 1, .min = 12, .max = 40},
	{.field = "state", .priority = 2, .min = 5, .max = 17},
	{.field = "since_at", .priority = 3, .min = 9, .max = 12},
	{.field = "object", .priority = 4, .min = 8, .max = 20},
	{.field = "condition", .priority = 5, .min = 16, .max = 0},
	{.field = "actions_enabled", .priority = 6, .min = 7, .max = 7},
};
static const struct table_def table = {
	.source = "alarms",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "state",
	.empty = "No CloudWatch alarm watches this cluster or its instances",
	.noun = "alarms",
	.wide_mode = -1,
	.severity = severity_of,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	size_t raised = 0;

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	for (size_t i = 0; i < s->nrows; i++)
		raised += severity_of(s, i) == SEV_WARN;
	pen_textf(pen, raised ? ROLE_WARN : ROLE_FG, "%zu", raised);
	pen_textf(pen, ROLE_MUTED, " of %zu raised", s->nrows);
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.severity = pane_table_severity,
	.detail = pane_table_detail,
};

const struct pane_def pane_alarms = {
	.name = "alarms",
	.title = "Alarms",
	.help = "CloudWatch alarms about the cluster and its instances.",
	.sources = "alarms",
	.table = &table,
	.ops = &ops,
};
