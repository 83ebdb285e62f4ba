/*
 * pane_parameters.c: the cluster parameters that checks look at.
 */
#include "ui/panes/panes.h"

static const struct table_column columns[] = {
	{.field = "name", .priority = 1, .min = 16, .max = 40},
	{.field = "value", .priority = 2, .min = 8, .max = 0},
	{.field = "source", .priority = 3, .min = 6, .max = 14},
	{.field = "apply_type", .priority = 4, .min = 7, .max = 7},
	{.field = "apply_method", .priority = 5, .min = 9, .max = 14},
	{.field = "modifiable", .priority = 6, .min = 5, .max = 10},
};
static const struct table_def table = {
	.source = "parameters",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "name",
	.empty = "The parameter group has none of the parameters that are looked at",
	.noun = "parameters",
	.wide_mode = -1,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	table_filter_fact(&p->table, pen);
	pen_str(pen, ROLE_FG, data_str(pane_good(ui, p), 0, "group"));
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_parameters = {
	.name = "parameters",
	.title = "Parameters",
	.help = "Values in the cluster parameter group: who set them, and how they are applied.",
	.sources = "parameters",
	.table = &table,
	.ops = &ops,
};
