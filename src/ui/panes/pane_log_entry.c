/*
 * pane_log_entry.c: the entry selected in Logs with all that belongs to it, and the slow statements that
 * took most time.
 */
#include "ui/panes/logs_merge.h"
#include "ui/panes/panes.h"

#include "base/utf8.h"
#include "base/xalloc.h"

#include <stdio.h>

/* The Logs pane of the view on screen. */
static const struct pane *logs_pane(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++)
		if (v->panes[i].def == &pane_logs)
			return &v->panes[i];
	return NULL;
}

/* Cuts the next row of at most w columns off, at a blank where there is one. */
static struct str next_row(struct str *rest, int w)
{
	struct str at = *rest, row;
	size_t blank = 0, len = 0;
	int used = 0;

	while (at.len > 0 && at.ptr[0] != '\n') {
		struct str before = at;
		uint32_t cp;
		int width;

		if (!utf8_next_cell(&at, &cp, &width))
			break;
		if (used + width > w && used > 0)
			break;
		used += width;
		if (before.ptr[0] == ' ')
			blank = (size_t)(before.ptr - rest->ptr);
		len = (size_t)(at.ptr - rest->ptr);
	}
	/* nothing that can be drawn is left */
	if (len == 0 && rest->ptr[0] != '\n')
		len = rest->len;
	if (len < rest->len && rest->ptr[len] != '\n' && blank > len / 2)
		len = blank;
	row = str_sub(*rest, 0, len);
	if (len < rest->len && (rest->ptr[len] == '\n' || rest->ptr[len] == ' '))
		len++;
	*rest = str_sub(*rest, len, rest->len);
	return row;
}

int logs_draw_text(struct canvas *c, struct rect r, int y, struct str text, bool sql, enum role bg)
{
	struct str rest = text;

	while (rest.len > 0) {
		struct str row = next_row(&rest, r.w > 8 ? r.w : 8);
		struct pen pen = pen_at(c, r, y, r.x, bg);

		if (y >= r.y && y < r.y + r.h) {
			if (sql)
				pen_sql(&pen, r.w, row, false);
			else
				pen_str(&pen, ROLE_FG, row);
		}
		y++;
	}
	return y;
}

static const struct {
	const char *field, *title;
	bool sql;
} texts[] = {{"message", NULL, false}, {"statement", NULL, true},     {"detail", "detail", false},
	     {"hint", "hint", false},  {"context", "context", false}, {"plan", "plan", false}};

static bool is_text(const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(field, texts[i].field) == 0)
			return true;
	return false;
}

int logs_draw_fields(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y)
{
	for (size_t i = 0; i < s->type->nfields; i++) {
		const struct field *f = &s->type->fields[i];
		struct pen pen = pen_at(c, r, y, r.x, ROLE_RAISED);
		union value v;
		struct buf b;

		if (is_text(f->name) || !rec_get(f, snapshot_row(s, row), &v))
			continue;
		y++;
		if (pen.y < r.y || pen.y >= r.y + r.h)
			continue;
		buf_init(&b, 1u << 16);
		pen_field(&pen, ROLE_MUTED, 0, 14, str_c(f->name), false);
		(void)kind_ops[f->kind].format(&b, v, 0);
		pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
		buf_release(&b);
	}
	return y;
}

int logs_draw_texts(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y, enum role bg)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str text = data_str(s, row, texts[i].field);

		if (text.len == 0)
			continue;
		if (texts[i].title && y >= r.y && y < r.y + r.h)
			canvas_text_c(c, r, y, r.x, texts[i].title, STYLE(ROLE_MUTED, bg, 0));
		y = logs_draw_text(c, r, texts[i].title ? y + 1 : y, text, texts[i].sql, bg);
	}
	return y;
}

static void put_duration(struct pen *pen, int64_t us)
{
	struct buf b;

	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_str(pen, ROLE_FG, buf_str(&b));
	buf_release(&b);
}

/* A statement of the grouped table. */
static void draw_group(const struct snapshot *s, size_t i, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	int64_t calls = data_i64(s, i, "calls", 0);

	pen_textf(&pen, ROLE_STRONG, "%lld", (long long)calls);
	pen_textf(&pen, ROLE_MUTED, " time%s slow, mean ", calls == 1 ? "" : "s");
	put_duration(&pen, data_i64(s, i, "mean_us", 0));
	pen_text(&pen, ROLE_MUTED, ", longest ");
	put_duration(&pen, data_i64(s, i, "max_us", 0));
	pen_text(&pen, ROLE_MUTED, ", together ");
	put_duration(&pen, data_i64(s, i, "total_us", 0));
	pen = pen_at(c, r, logs_draw_text(c, r, r.y + 1, data_str(s, i, "shape"), true, ROLE_BG), r.x, ROLE_BG);
	if (pen.y >= r.y + r.h)
		return;
	pen_text(&pen, ROLE_ACCENT, "next  ");
	pen_text(&pen, ROLE_FG, "Enter shows its entries");
}

/* What a kind of entry means, in a sentence. */
static const struct {
	const char *kind, *why;
} reasons[] = {
	{"lock", "it waited longer than deadlock_timeout for a lock that another session holds"},
	{"deadlock", "sessions waited for each other in a circle; one was sent home"},
	{"temp", "a sort or hash did not fit in work_mem and went to local storage"},
	{"cancel", "the statement or session was ended from outside or by a timeout"},
	{"checkpoint", "changed buffers were written out"},
	{"vacuum", "autovacuum removed dead rows"},
	{"analyze", "autovacuum gathered statistics for the planner"},
};

static void draw_facts(const struct snapshot *s, size_t i, struct canvas *c, struct rect r, int y)
{
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	int64_t pid = data_i64(s, i, "pid", -1);
	struct str user = data_str(s, i, "user"), app = data_str(s, i, "application"),
		   client = data_str(s, i, "client");

	if (pid >= 0)
		pen_textf(&pen, ROLE_STRONG, "%lld ", (long long)pid);
	pen_str(&pen, ROLE_FG, user);
	if (user.len > 0)
		pen_textf(&pen, ROLE_MUTED, " on " STR_FMT, STR_ARG(data_str(s, i, "database")));
	if (app.len > 0)
		pen_textf(&pen, ROLE_MUTED, " by " STR_FMT, STR_ARG(app));
	if (client.len > 0)
		pen_textf(&pen, ROLE_MUTED, " from " STR_FMT, STR_ARG(client));
	if (data_str(s, i, "node").len > 0)
		pen_textf(&pen, ROLE_MUTED, "  " STR_FMT, STR_ARG(data_str(s, i, "node")));
}

static void draw_why(struct str kind, struct canvas *c, struct rect r, int y)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons) && y < r.y + r.h; i++) {
		struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

		if (!str_eq_c(kind, reasons[i].kind))
			continue;
		pen_text(&pen, ROLE_ACCENT, "why   ");
		pen_text(&pen, ROLE_FG, reasons[i].why);
	}
}

static void entry_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct pane *logs = logs_pane(ui);
	const struct snapshot *s = logs ? logs->table.snap : NULL;
	long row = logs ? table_selected_row(&logs->table) : -1;
	struct rect in = rect_inset(r, 0, 1), body;
	int y;

	(void)p;
	if (!s || row < 0) {
		canvas_text_c(c, in, in.y, in.x, "No entry is selected", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
		return;
	}
	/* the grouped table has statements instead of entries */
	if (rec_find(s->type, STR("message")) < 0) {
		draw_group(s, (size_t)row, c, in);
		return;
	}
	draw_facts(s, (size_t)row, c, in, in.y);
	body = (struct rect){in.y + 1, in.x, in.h > 3 ? in.h - 2 : in.h - 1, in.w};
	y = logs_draw_texts(s, (size_t)row, c, body, body.y, ROLE_BG);
	draw_why(data_str(s, (size_t)row, "kind"), c, in, y < body.y + body.h ? y : body.y + body.h);
}

static void entry_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct pane *logs = logs_pane(ui);
	long row = logs ? table_selected_row(&logs->table) : -1;
	const struct snapshot *s = logs ? logs->table.snap : NULL;
	struct str severity = row >= 0 ? data_str(s, (size_t)row, "severity") : STR("");
	int64_t us = row >= 0 ? data_i64(s, (size_t)row, "duration_us", -1) : -1;
	struct buf b;

	(void)p;
	if (row < 0)
		return;
	pen_str(pen, ROLE_FG, data_str(s, (size_t)row, "kind"));
	if (severity.len > 0 && !str_eq_c(severity, "LOG"))
		pen_textf(pen, ROLE_FG, " " STR_FMT, STR_ARG(severity));
	if (data_str(s, (size_t)row, "sqlstate").len > 0)
		pen_textf(pen, ROLE_MUTED, " " STR_FMT, STR_ARG(data_str(s, (size_t)row, "sqlstate")));
	if (us < 0)
		return;
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_textf(pen, ROLE_STRONG, " %s", buf_c(&b));
	buf_release(&b);
}

/* ---- slow statements ---- */

struct slow_state {
	const struct snapshot *logs[2], *groups; /* groups borrows from logs */
};

static void slow_recalc(struct ui *ui, struct pane *p)
{
	struct slow_state *st = p->state, old;

	if (!st)
		p->state = st = xcalloc(1, sizeof *st);
	old = *st;
	logs_of(ui, st->logs);
	if (st->groups && st->logs[0] == old.logs[0] && st->logs[1] == old.logs[1])
		return;
	for (int i = 0; i < 2; i++)
		(void)snapshot_ref(st->logs[i]);
	st->groups = logs_group(st->logs);
	snapshot_unref(old.groups);
	snapshot_unref(old.logs[0]);
	snapshot_unref(old.logs[1]);
}

static void slow_close(struct pane *p)
{
	struct slow_state *st = p->state;

	if (!st)
		return;
	snapshot_unref(st->groups);
	snapshot_unref(st->logs[0]);
	snapshot_unref(st->logs[1]);
	xfree(st);
}

static void number(struct pen *pen, int w, const char *text)
{
	pen_field(pen, ROLE_FG, 0, w, str_c(text), true);
	pen_skip(pen, 1);
}

static void duration(struct pen *pen, int w, int64_t us)
{
	struct buf b;

	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	number(pen, w, buf_c(&b));
	buf_release(&b);
}

static void slow_row(const struct snapshot *s, size_t i, struct pen *pen, int bar)
{
	char text[32];

	if (bar > 0) {
		pen_bar(pen, bar, data_f64(s, i, "share_ratio"), ROLE_ACCENT);
		pen_skip(pen, 1);
	}
	(void)snprintf(text, sizeof text, "%lld", (long long)data_i64(s, i, "calls", 0));
	number(pen, 5, text);
	duration(pen, 7, data_i64(s, i, "mean_us", 0));
	duration(pen, 7, data_i64(s, i, "max_us", 0));
	pen_sql(pen, pen_left(pen), data_str(s, i, "shape"), false);
}

static void slow_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct slow_state *st = p->state;
	struct rect in = rect_inset(r, 0, 1);
	int bar = in.w > 60 ? 8 : 0;
	struct pen pen = pen_at(c, in, in.y, in.x, ROLE_BG);

	(void)ui;
	if (!st || !st->groups || st->groups->nrows == 0) {
		pen_bold(&pen, ROLE_STRONG, "No slow statement is in the log");
		if (in.h > 2)
			(void)logs_draw_text(
				c, in, in.y + 1,
				STR("Statements appear once they run longer than log_min_duration_statement "
				    "(cluster parameter group)."),
				false, ROLE_BG);
		return;
	}
	if (bar)
		pen_field(&pen, ROLE_MUTED, 0, bar + 1, STR("TIME"), false);
	pen_textf(&pen, ROLE_MUTED, "%5s %7s %7s %s", "CALLS", "MEAN", "MAX", "STATEMENT");
	for (size_t i = 0; i < st->groups->nrows && (int)i + 1 < in.h; i++) {
		pen = pen_at(c, in, in.y + 1 + (int)i, in.x, ROLE_BG);
		slow_row(st->groups, i, &pen, bar);
	}
}

static void slow_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct slow_state *st = p->state;

	(void)ui;
	if (!st || !st->groups || st->groups->nrows == 0)
		return;
	pen_textf(pen, ROLE_FG, "%zu", st->groups->nrows);
	pen_text(pen, ROLE_MUTED, " by time in the log   d in Logs shows all");
}

static const struct pane_ops entry_ops = {.summary = entry_summary, .draw = entry_draw, .follows_selection = true};
static const struct pane_ops slow_ops = {
	.recalc = slow_recalc, .summary = slow_summary, .draw = slow_draw, .close = slow_close};

const struct pane_def pane_log_entry = {
	.name = "log_entry",
	.title = "Entry",
	.help = "The entry selected in Logs.",
	.sources = "logs server_log events log_files",
	.any_source = true,
	.ops = &entry_ops,
};
const struct pane_def pane_slow_log = {
	.name = "slow_log",
	.title = "Slow statements",
	.help = "Slow statements of the log by shape, the one with the most time first.",
	.sources = "logs server_log log_files",
	.any_source = true,
	.ops = &slow_ops,
};
