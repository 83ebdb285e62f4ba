/*
 * pane_clusters.c: the region's clusters to choose from; Enter opens one.
 */
#include "ui/panes/panes.h"

#include <stdio.h>

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	struct str status = data_str(cc->snap, cc->row, "status");
	bool ok = str_eq_c(status, "available"), stopped = str_eq_c(status, "stopped");

	*ret_role = ok ? ROLE_OK : stopped ? ROLE_MUTED : ROLE_NOTICE;
	return glyph(ok ? G_AVAILABLE : stopped ? G_IDLE_STEP : G_PROGRESS);
}

static const struct table_column columns[] = {
	{.field = "identifier", .title = "CLUSTER", .priority = 1, .min = 16, .max = 48},
	{.field = "status", .priority = 2, .min = 9, .max = 16},
	{.field = "engine_version", .title = "PG", .priority = 3, .min = 5, .max = 8},
	{.field = "writer", .title = "WRITER", .priority = 4, .min = 8, .max = 24},
	{.field = "readers", .title = "READERS", .priority = 5, .min = 7, .max = 30},
	{.field = "min_acu", .title = "MIN ACU", .priority = 7, .min = 7, .max = 8},
	{.field = "max_acu", .title = "MAX ACU", .priority = 8, .min = 7, .max = 8},
	{.field = "backup_retention_days", .title = "RETENTION", .priority = 9, .min = 9, .max = 10},
	{.field = "endpoint", .title = "ENDPOINT", .priority = 6, .min = 12, .max = 0},
};
static const struct table_def table = {
	.source = "clusters",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "identifier",
	.empty = "No Aurora PostgreSQL cluster in this region",
	.noun = "clusters",
	.mark = mark,
};

static int key(struct ui *ui, struct pane *p, uint32_t key)
{
	long row = table_selected_row(&p->table);

	if (key != K_ENTER || row < 0)
		return -1;
	ui->next_target = ui_target_for(ui, data_str(p->table.snap, (size_t)row, "identifier"));
	return ui_show_view(ui, 0) | EFFECT_PAINT;
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	pen_textf(pen, ROLE_FG, "%zu", s->nrows);
	pen_textf(pen, ROLE_MUTED, " in %s", runtime_target(ui->rt)->region);
	if (s->partial)
		pen_text(pen, ROLE_NOTICE, ", more are coming");
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, "Enter opens one");
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.key = key,
	.detail = pane_table_detail,
};

const struct pane_def pane_clusters = {
	.name = "clusters",
	.title = "Clusters",
	.help = "The region's clusters to choose from.",
	.sources = "clusters",
	.table = &table,
	.ops = &ops,
};
