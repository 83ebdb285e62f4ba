/*
 * pane_backup_events.c: what RDS did about backups: its events on snapshots and those of the category backup, newest
 * first.
 *
 * They reach as far back as the chosen range does; RDS itself keeps them for 14 days.
 */
#include "ui/panes/panes.h"

static bool show(const struct snapshot *s, size_t row, int mode)
{
	struct str categories = data_str(s, row, "categories"), category;

	(void)mode;
	if (str_eq_c(data_str(s, row, "source_type"), "db-cluster-snapshot"))
		return true;
	while (categories.len > 0 && str_split(&categories, ',', &category))
		if (str_starts(str_trim(category), STR("backup")))
			return true;
	return false;
}

static const struct table_column columns[] = {
	{.field = "at", .priority = 1, .min = 11, .max = 12},
	{.field = "message", .priority = 2, .min = 16, .max = 0},
	{.field = "identifier", .priority = 11, .min = 12, .max = 30},
};
static const struct table_def table = {
	.source = "events",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-at",
	.main_field = "at",
	.empty = "No event about backups in this time; t looks further back",
	.noun = "events",
	.show = show,
	.no_heading = true,
	.wide_mode = -1,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	int64_t range = runtime_target(ui->rt)->range_us;
	struct buf b;

	table_filter_fact(&p->table, pen);
	pen_text(pen, ROLE_MUTED, "backup");
	if (range <= 0)
		return;
	buf_init(&b, 64);
	(void)format_duration(&b, range);
	pen_separator(pen);
	pen_str(pen, ROLE_MUTED, buf_str(&b));
	buf_release(&b);
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_backup_events = {
	.name = "backup_events",
	.title = "Events",
	.help = "What RDS says of snapshots and backups.",
	.digit = '9',
	.sources = "events",
	.table = &table,
	.ops = &ops,
};
