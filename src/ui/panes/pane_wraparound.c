/*
 * pane_wraparound.c: how far databases are from wraparound, and what replication slots retain.
 */
#include "ui/panes/panes.h"

#include <math.h>

/* ---- wraparound ---- */

static const struct table_column columns[] = {
	{.field = "name", .priority = 1, .min = 8, .max = 24},
	{.field = "xid_age", .priority = 2, .min = 8, .max = 9},
	{.field = "xid_ratio", .priority = 3, .min = 7, .max = 8},
	{.field = "freeze_max_age", .priority = 6, .min = 8, .max = 9},
	{.field = "multixact_age", .priority = 4, .min = 8, .max = 9},
	{.field = "multixact_ratio", .priority = 5, .min = 7, .max = 12},
	{.field = "multixact_freeze_max_age", .priority = 7, .min = 8, .max = 14},
};

static const struct table_def table = {
	.source = "wraparound",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-xid_age",
	.main_field = "xid_age",
	.empty = "No database is visible",
	.noun = "databases",
	.wide_mode = -1,
};

static size_t largest(const struct snapshot *s, const char *field)
{
	size_t at = 0;

	for (size_t i = 1; i < s->nrows; i++)
		if (data_f64(s, i, field) > data_f64(s, at, field))
			at = i;
	return at;
}

/* "orders 212 M of 2^31, 9.9 % · multixacts 0.2 %" */
static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	size_t oldest;
	struct buf b;

	if (!s || s->nrows == 0)
		return;
	oldest = largest(s, "xid_ratio");
	buf_init(&b, 64);
	pen_str(pen, ROLE_FG, data_str(s, oldest, "name"));
	pen_skip(pen, 1);
	(void)format_count(&b, data_i64(s, oldest, "xid_age", 0));
	pen_quantity(pen, ROLE_STRONG, ATTR_BOLD, buf_str(&b));
	buf_clear(&b);
	(void)format_ratio(&b, data_f64(s, oldest, "xid_ratio"), 0);
	pen_textf(pen, ROLE_MUTED, " of 2^31, %s", buf_c(&b));
	pen_separator(pen);
	buf_clear(&b);
	(void)format_ratio(&b, data_f64(s, largest(s, "multixact_ratio"), "multixact_ratio"), 0);
	pen_textf(pen, ROLE_MUTED, "multixacts %s", buf_c(&b));
	buf_release(&b);
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_wraparound = {
	.name = "wraparound",
	.title = "Wraparound",
	.help = "Transactions and multixacts of each database since they were frozen.",
	.sources = "wraparound",
	.table = &table,
	.ops = &ops,
};

/* ---- slots ---- */

static bool cell_retained(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t bytes = data_i64(cc->snap, cc->row, "retained_bytes", -1);
	struct buf b;

	if (bytes < 0 || data_i64(cc->snap, cc->row, "at_least", 0) == 0)
		return false;
	buf_init(&b, 64);
	(void)buf_add_c(&b, glyph_set_in_use() == GLYPHS_UTF8 ? "\xe2\x89\xa5 " : ">= ");
	(void)format_bytes(&b, bytes);
	pen_field(pen, ROLE_FG, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static bool cell_active(const struct cell_context *cc, struct pen *pen, int w)
{
	bool active = data_i64(cc->snap, cc->row, "active", 0) != 0;

	pen_field(pen, active ? ROLE_FG : ROLE_WARN, 0, w, active ? STR("yes") : STR("no"), false);
	return true;
}

static uint32_t slot_mark(const struct cell_context *cc, enum role *ret_role)
{
	bool bad =
		data_i64(cc->snap, cc->row, "active", 0) == 0 && data_i64(cc->snap, cc->row, "retained_bytes", 0) > 0;

	*ret_role = ROLE_WARN;
	return bad ? glyph(G_WARN) : ' ';
}

static const struct table_column slot_columns[] = {
	{.field = "name", .priority = 1, .min = 12, .max = 30},
	{.field = "active", .priority = 3, .min = 6, .max = 6, .cell = cell_active},
	{.field = "retained_bytes", .priority = 2, .min = 9, .max = 12, .extra = 3, .cell = cell_retained},
	{.field = "inactive_us", .priority = 7, .min = 8, .max = 9},
	{.field = "wal_status", .priority = 4, .min = 9, .max = 10},
	{.field = "safe_wal_bytes", .priority = 9, .min = 9, .max = 10},
	{.field = "kind", .priority = 6, .min = 8, .max = 8},
	{.field = "plugin", .priority = 8, .min = 8, .max = 16},
	{.field = "database", .priority = 5, .min = 8, .max = 16},
};

static const struct table_def slot_table = {
	.source = "slots",
	.columns = slot_columns,
	.ncolumns = ARRAY_LEN(slot_columns),
	.order = "-retained_bytes",
	.main_field = "retained_bytes",
	.empty = "No replication slot",
	.noun = "slots",
	.wide_mode = -1,
	.mark = slot_mark,
};

static void slot_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	int64_t inactive = 0, most = 0;
	struct buf b;

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t kept = data_i64(s, i, "retained_bytes", 0);

		inactive += data_i64(s, i, "active", 0) == 0;
		most = kept > most ? kept : most;
	}
	if (!s)
		return;
	if (s->nrows == 0) {
		pen_text(pen, ROLE_MUTED, "none");
		return;
	}
	pen_textf(pen, ROLE_FG, "%zu", s->nrows);
	if (inactive > 0)
		pen_textf(pen, ROLE_FG, ", %lld inactive", (long long)inactive);
	pen_separator(pen);
	buf_init(&b, 64);
	(void)format_bytes(&b, most);
	pen_text(pen, ROLE_MUTED, "up to ");
	pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
	pen_text(pen, ROLE_MUTED, " retained");
	buf_release(&b);
}

static const struct pane_ops slot_ops = {
	.recalc = pane_table_recalc,
	.summary = slot_summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_slots = {
	.name = "slots",
	.title = "Replication slots",
	.help = "Replication slots: who receives, and how much write-ahead log is retained for them.",
	.sources = "slots",
	.table = &slot_table,
	.ops = &slot_ops,
};
