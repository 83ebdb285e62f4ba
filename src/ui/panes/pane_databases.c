/*
 * pane_databases.c: databases with their rates, and their sizes.
 */
#include "ui/panes/panes.h"

#include <math.h>

static const struct table_column columns[] = {
	{.field = "name", .title = "DATABASE", .priority = 1, .min = 8, .max = 24},
	{.field = "backends", .title = "SESSIONS", .short_title = "SESS", .priority = 3, .min = 4, .max = 8},
	{.field = "xact_commit/s", .title = "COMMIT/S", .priority = 2, .min = 8, .max = 9},
	{.field = "xact_rollback/s",
	 .title = "ROLLBACK/S",
	 .short_title = "ROLLB/S",
	 .priority = 5,
	 .min = 7,
	 .max = 10},
	{.field = "cache_hit_ratio", .title = "CACHE", .priority = 4, .min = 7, .max = 8},
	{.field = "temp_bytes/s", .title = "TEMP", .priority = 6, .min = 8, .max = 11},
};
static const struct table_def table = {
	.source = "databases",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-xact_commit/s",
	.empty = "No database is visible",
	.noun = "databases",
};
static const struct table_column size_columns[] = {
	{.field = "name", .title = "DATABASE", .priority = 1, .min = 8, .max = 40},
	{.field = "size_bytes", .title = "SIZE", .priority = 2, .min = 9, .max = 10},
};
static const struct table_def size_table = {
	.source = "database_sizes",
	.columns = size_columns,
	.ncolumns = ARRAY_LEN(size_columns),
	.order = "-size_bytes",
	.empty = "No database size may be read",
	.noun = "databases",
};

static void size_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	double temp = data_rate_sum(store_good(ui->store, "databases"), "temp_bytes");
	int64_t total = 0;
	struct buf b;

	for (size_t i = 0; s && i < s->nrows; i++)
		total += data_i64(s, i, "size_bytes", 0);
	if (!s)
		return;
	buf_init(&b, 64);
	(void)format_bytes(&b, total);
	pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
	pen_text(pen, ROLE_MUTED, " together");
	/* what statements write beside the tables, where something else on screen wants that source */
	if (!isnan(temp)) {
		pen_separator(pen);
		pen_text(pen, ROLE_MUTED, "temporary files ");
		buf_clear(&b);
		(void)format_bytes(&b, data_whole(temp));
		pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
		pen_text(pen, ROLE_MUTED, "/s");
	}
	buf_release(&b);
}

static const struct pane_ops size_ops = {
	.recalc = pane_table_recalc,
	.summary = size_summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_databases = {
	.name = "databases",
	.title = "Databases",
	.help = "Commits, cache and temporary files by database.",
	.sources = "databases",
	.table = &table,
	.ops = &table_pane_ops,
};
const struct pane_def pane_sizes = {
	.name = "sizes",
	.title = "Database sizes",
	.help = "Size of each database that may be read.",
	.sources = "database_sizes",
	.table = &size_table,
	.ops = &size_ops,
};
