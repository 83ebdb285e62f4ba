/*
 * pane_timeline.c: what happened to the cluster, and what is to come, as a list (marks.h): the newest first.
 */
#include "ui/marks.h"
#include "ui/panes/panes.h"

#include <stdio.h>

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	enum severity s = marks_severity(cc->snap, cc->row);

	*ret_role = s == SEV_NONE ? ROLE_MUTED : severity_role(s);
	return s == SEV_NONE ? glyph(G_OWN) : glyph(severity_glyph(s));
}

/* What lies ahead is told from what was. */
static bool cell_at(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t at = data_i64(cc->snap, cc->row, "at", 0);
	struct buf b;

	if (at <= cc->ui->now_us || cc->faint)
		return false;
	buf_init(&b, 64);
	(void)format_clock(&b, at, cc->ui->now_us);
	pen_field(pen, ROLE_ACCENT, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static const struct table_column columns[] = {
	{.field = "at", .priority = 1, .min = 9, .max = 16, .cell = cell_at},
	{.field = "message", .title = "WHAT", .priority = 2, .min = 16, .max = 0},
	{.field = "identifier", .title = "OBJECT", .priority = 3, .min = 8, .max = 28},
	{.field = "source_type", .title = "TYPE", .priority = 5, .min = 8, .max = 19},
	{.field = "categories", .priority = 6, .min = 8, .max = 24},
};
static const struct table_def table = {
	.source = "events",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-at",
	.empty = "Nothing has happened in this range",
	.noun = "events",
	.wide_mode = -1,
	.mark = mark,
};

static void recalc(struct ui *ui, struct pane *p)
{
	marks_follow(ui);
	table_recalc(&p->table, marks_of(ui), ui->mono_us);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = marks_of(ui);
	size_t ahead = 0;

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	for (size_t i = 0; i < s->nrows; i++)
		ahead += data_i64(s, i, "at", 0) > ui->now_us;
	pen_textf(pen, ROLE_FG, "%zu", s->nrows - ahead);
	pen_textf(pen, ROLE_MUTED, " event%s", s->nrows - ahead == 1 ? "" : "s");
	if (ahead > 0) {
		pen_separator(pen);
		pen_textf(pen, ROLE_ACCENT, "%zu to come", ahead);
	}
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_timeline = {
	.name = "timeline",
	.title = "Timeline",
	.help = "RDS events, alarms, snapshots and dates of maintenance in the order of time.",
	.digit = '9',
	.sources = "events alarms pending_maintenance snapshots",
	.any_source = true,
	.table = &table,
	.ops = &ops,
};
