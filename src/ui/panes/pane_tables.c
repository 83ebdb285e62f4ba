/*
 * pane_tables.c: the largest tables of the database, to be maintained.
 */
#include "ui/panes/panes.h"

static const struct table_column columns[] = {
	{.field = "relation", .priority = 1, .min = 12, .max = 44},
	{.field = "heap_bytes", .priority = 3, .min = 8, .max = 10},
	{.field = "rows", .priority = 4, .min = 7, .max = 9},
	{.field = "dead_rows", .priority = 2, .min = 7, .max = 9},
	{.field = "dead_ratio", .priority = 5, .min = 6, .max = 7},
	{.field = "changed_since_analyze", .priority = 8, .min = 8, .max = 9},
	{.field = "vacuumed_at", .priority = 6, .min = 8, .max = 10},
	{.field = "analyzed_at", .priority = 7, .min = 8, .max = 10},
	{.field = "frozen_age", .priority = 9, .min = 8, .max = 9},
	{.field = "seq_scans", .priority = 10, .min = 9, .max = 10},
};
static const struct table_def table = {
	.source = "tables",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-dead_rows",
	.main_field = "dead_rows",
	.empty = "No table of a user is in this database",
	.noun = "tables",
	.wide_mode = -1,
};

const struct pane_def pane_tables = {
	.name = "tables",
	.title = "Tables",
	.help = "The largest tables: size, dead rows, last vacuum and analyze.",
	.sources = "tables",
	.table = &table,
	.ops = &table_pane_ops,
};
