/*
 * pane_progress.c: maintenance that runs now, with how far it is; and what keeps vacuum from
 * removing dead rows.
 */
#include "ui/panes/panes.h"

#include <math.h>
#include <stdio.h>

#define BAR_CELLS 10

static bool cell_command(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str command = data_str(cc->snap, cc->row, "command");
	bool wraparound = data_i64(cc->snap, cc->row, "wraparound", 0) != 0;
	char text[80];

	if (data_i64(cc->snap, cc->row, "automatic", 0) == 0)
		return false;
	(void)snprintf(text, sizeof text, "auto " STR_FMT "%s", STR_ARG(command), wraparound ? " wraparound" : "");
	pen_field(pen, ROLE_FG, 0, w, str_c(text), false);
	return true;
}

/* A bar and the share; without a total the phase has no measure. */
static bool cell_done(const struct cell_context *cc, struct pen *pen, int w)
{
	double ratio = data_f64(cc->snap, cc->row, "done_ratio");
	char text[16];

	if (isnan(ratio))
		return false;
	(void)snprintf(text, sizeof text, "%3.0f%%", ratio * 100);
	if (w >= BAR_CELLS + 5) {
		pen_bar(pen, w - 5, ratio, ROLE_NOTICE);
		pen_skip(pen, 1);
		w = 4;
	}
	pen_field(pen, ROLE_FG, 0, w, str_c(text), true);
	return true;
}

static bool cell_relation(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t oid = data_i64(cc->snap, cc->row, "relation_oid", 0);
	char text[48];

	if (data_str(cc->snap, cc->row, "relation").len > 0 || oid == 0)
		return false;
	/* its name is in another database's catalog */
	(void)snprintf(text, sizeof text, "oid %lld", (long long)oid);
	pen_field(pen, ROLE_MUTED, 0, w, str_c(text), false);
	return true;
}

static const struct table_column columns[] = {
	{.field = "pid", .priority = 1, .min = 5, .max = 8},
	{.field = "command", .priority = 4, .min = 8, .max = 26, .cell = cell_command},
	{.field = "relation", .priority = 2, .min = 10, .max = 40, .cell = cell_relation},
	{.field = "index", .priority = 9, .min = 8, .max = 30},
	{.field = "phase", .priority = 5, .min = 12, .max = 34},
	{.field = "done_ratio", .title = "DONE", .priority = 3, .min = 15, .max = 17, .cell = cell_done},
	{.field = "left_us", .title = "LEFT", .priority = 6, .min = 6, .max = 8},
	{.field = "running_us", .title = "RUNNING", .priority = 7, .min = 7, .max = 8},
	{.field = "locker_pid", .title = "WAITS FOR", .priority = 8, .min = 9, .max = 9},
	{.field = "database", .priority = 10, .min = 8, .max = 16},
	{.field = "wait_event", .title = "WAIT", .priority = 11, .min = 8, .max = 24},
};

static const struct table_def table = {
	.source = "progress",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-running_us",
	.main_field = "running_us",
	.empty = "No vacuum, index build, analyze or copy is running",
	.noun = "commands",
	.wide_mode = -1,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	size_t automatic = 0;

	for (size_t i = 0; s && i < s->nrows; i++)
		automatic += data_i64(s, i, "automatic", 0) != 0;
	if (!s || s->nrows == 0)
		return;
	pen_textf(pen, ROLE_FG, "%zu", s->nrows);
	pen_text(pen, ROLE_MUTED, " running");
	if (automatic > 0)
		pen_textf(pen, ROLE_MUTED, ", %zu by autovacuum", automatic);
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_progress = {
	.name = "progress",
	.title = "Running maintenance",
	.help = "Vacuum, index builds, analyze, COPY and base backups that run now.",
	.sources = "progress",
	.table = &table,
	.ops = &ops,
};

/* ---- the xmin horizon ---- */

static uint32_t horizon_mark(const struct cell_context *cc, enum role *ret_role)
{
	bool holds = data_i64(cc->snap, cc->row, "holds", 0) != 0;

	*ret_role = ROLE_ACCENT;
	return holds ? glyph(G_TAGGED) : ' ';
}

static const struct table_column horizon_columns[] = {
	{.field = "kind", .title = "HOLDER", .priority = 1, .min = 8, .max = 28},
	{.field = "name", .priority = 3, .min = 8, .max = 30},
	{.field = "xmin_age", .priority = 2, .min = 8, .max = 9},
	{.field = "pid", .priority = 4, .min = 5, .max = 8},
	{.field = "since_us", .title = "FOR", .priority = 5, .min = 6, .max = 8},
	{.field = "owner", .priority = 6, .min = 8, .max = 16},
	{.field = "database", .priority = 7, .min = 8, .max = 16},
};

static const struct table_def horizon_table = {
	.source = "xmin_horizon",
	.columns = horizon_columns,
	.ncolumns = ARRAY_LEN(horizon_columns),
	.order = "-xmin_age",
	.main_field = "xmin_age",
	.empty = "Nothing holds the xmin horizon: vacuum may remove every dead row",
	.noun = "holders",
	.wide_mode = -1,
	.mark = horizon_mark,
};

/* "held by session 4711 orders-api, 1 204 transactions" */
static void horizon_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	struct buf b;

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t pid = data_i64(s, i, "pid", 0);

		if (data_i64(s, i, "holds", 0) == 0)
			continue;
		pen_text(pen, ROLE_MUTED, "held by ");
		pen_str(pen, ROLE_FG, data_str(s, i, "kind"));
		if (pid > 0)
			pen_textf(pen, ROLE_FG, " %lld", (long long)pid);
		pen_textf(pen, ROLE_FG, " " STR_FMT, STR_ARG(data_str(s, i, "name")));
		buf_init(&b, 64);
		(void)format_count(&b, data_i64(s, i, "xmin_age", 0));
		pen_textf(pen, ROLE_FG, "  %s", buf_c(&b));
		pen_text(pen, ROLE_MUTED, " transactions back");
		buf_release(&b);
	}
}

static const struct pane_ops horizon_ops = {
	.recalc = pane_table_recalc,
	.summary = horizon_summary,
	.draw = pane_table_draw,
	.line = horizon_summary,
	.detail = pane_table_detail,
};

const struct pane_def pane_horizon = {
	.name = "horizon",
	.title = "xmin horizon",
	.help = "Who keeps vacuum from removing dead rows.",
	.sources = "xmin_horizon",
	.table = &horizon_table,
	.ops = &horizon_ops,
};
