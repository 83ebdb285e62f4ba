/*
 * pane_lock_root.c: the root of the tree in which the selection stands: what it is doing, since
 * when, what it holds, and what ends it.
 */
#include "ui/limits.h"
#include "ui/panes/panes.h"
#include "ui/widgets/prose.h"

#include <stdio.h>

#define LABEL_W 15

/* The root's row in the snapshot of the lock trees on screen, or -1. */
static long root_row(const struct ui *ui, const struct snapshot **ret_snap)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++) {
		const struct table *t = &v->panes[i].table;
		long row = v->panes[i].def == &pane_locks ? table_selected_row(t) : -1;

		if (row < 0)
			continue;
		*ret_snap = t->snap;
		while (row > 0 && data_i64(t->snap, (size_t)row, "depth", 0) > 0)
			row--;
		return row;
	}
	return -1;
}

static void name_root(const struct snapshot *s, size_t row, struct pen *pen)
{
	int64_t pid = data_i64(s, row, "pid", 0);

	if (pid == 0)
		pen_text(pen, ROLE_STRONG, "prepared transaction");
	else
		pen_textf(pen, ROLE_STRONG, "%lld", (long long)pid);
}

static void add_joined(struct pen *pen, struct str text, bool *first)
{
	if (text.len == 0)
		return;
	if (!*first)
		pen_separator(pen);
	*first = false;
	pen_str(pen, ROLE_FG, text);
}

static void who(struct prose *p, const struct snapshot *s, size_t row)
{
	struct pen pen = prose_label(p, "who");
	bool first = true;

	add_joined(&pen, data_str(s, row, "user"), &first);
	add_joined(&pen, data_str(s, row, "application"), &first);
	add_joined(&pen, data_str(s, row, "client"), &first);
	add_joined(&pen, data_str(s, row, "gid"), &first);
	if (first)
		pen_glyph(&pen, ROLE_FAINT, G_NONE);
}

static void add_clock(struct pen *pen, const struct ui *ui, const char *word, int64_t at_us)
{
	struct buf b;

	if (at_us < 0)
		return;
	buf_init(&b, 64);
	(void)format_clock(&b, at_us, ui->now_us);
	pen_textf(pen, ROLE_MUTED, "  %s%s", word, buf_c(&b));
	buf_release(&b);
}

static void transaction(struct prose *p, const struct ui *ui, const struct snapshot *s, size_t row)
{
	bool prepared = data_i64(s, row, "pid", 0) == 0;
	int64_t us = data_i64(s, row, prepared ? "prepared_us" : "xact_us", -1);
	struct pen pen = prose_label(p, prepared ? "prepared" : "transaction");
	enum severity sev = limits_xact(us);

	pen_duration(&pen, sev >= SEV_WARN ? severity_role(sev) : ROLE_FG, sev >= SEV_WARN ? ATTR_BOLD : 0, us);
	if (sev >= SEV_WARN) {
		pen_skip(&pen, 1);
		pen_glyph(&pen, severity_role(sev), severity_glyph(sev));
	}
	add_clock(&pen, ui, "began ", data_i64(s, row, "xact_start_at", -1));
}

static void doing(struct prose *p, const struct snapshot *s, size_t row)
{
	struct str state = data_str(s, row, "state"), wait = data_str(s, row, "wait");
	struct pen pen;

	if (data_i64(s, row, "pid", 0) == 0)
		return;
	pen = prose_label(p, str_starts(state, STR("idle")) ? "idle" : "state");
	if (!str_starts(state, STR("idle"))) {
		pen_str(&pen, ROLE_FG, state);
		pen_text(&pen, ROLE_MUTED, " for ");
	}
	pen_duration(&pen, ROLE_FG, 0, data_i64(s, row, "state_us", -1));
	if (str_eq_c(wait, "Client:ClientRead"))
		pen_text(&pen, ROLE_MUTED, "  waits for its client to speak");
	else if (str_eq_c(wait, "Client:ClientWrite"))
		pen_text(&pen, ROLE_MUTED, "  its client does not read");
	else if (wait.len > 0)
		pen_textf(&pen, ROLE_MUTED, "  " STR_FMT, STR_ARG(wait));
}

static void holds(struct prose *p, const struct snapshot *s, size_t row)
{
	int64_t n = data_i64(s, row, "locks_held", -1);
	struct pen pen;

	if (n < 0)
		return;
	pen = prose_label(p, "holds");
	pen_textf(&pen, ROLE_FG, "%lld lock%s", (long long)n, n == 1 ? "" : "s");
	if (data_i64(s, row, "xid", -1) >= 0)
		pen_textf(&pen, ROLE_MUTED, ", has written as xid %lld", (long long)data_i64(s, row, "xid", 0));
	else
		pen_text(&pen, ROLE_MUTED, ", has written nothing");
	pen = prose_line(p);
	pen.x += LABEL_W;
	prose_wrap(p, pen, LABEL_W, ROLE_MUTED, data_str(s, row, "holds"));
}

/* First and newest of those behind it, by the start of their waits. */
static void victims(struct prose *p, const struct ui *ui, const struct snapshot *s, size_t row)
{
	long first = -1, newest = -1;
	struct pen pen;

	for (size_t i = row + 1; i < s->nrows && data_i64(s, i, "depth", 0) > 0; i++) {
		int64_t at = data_i64(s, i, "wait_start_at", -1);

		if (at < 0)
			continue;
		if (first < 0 || at < data_i64(s, (size_t)first, "wait_start_at", 0))
			first = (long)i;
		if (newest < 0 || at > data_i64(s, (size_t)newest, "wait_start_at", 0))
			newest = (long)i;
	}
	if (first < 0)
		return;
	pen = prose_label(p, "first victim");
	pen_textf(&pen, ROLE_FG, "%lld", (long long)data_i64(s, (size_t)first, "pid", 0));
	add_clock(&pen, ui, "at ", data_i64(s, (size_t)first, "wait_start_at", -1));
	if (newest == first)
		return;
	pen = prose_label(p, "newest victim");
	pen_textf(&pen, ROLE_FG, "%lld", (long long)data_i64(s, (size_t)newest, "pid", 0));
	add_clock(&pen, ui, "at ", data_i64(s, (size_t)newest, "wait_start_at", -1));
}

static void draw(const struct ui *ui, struct pane *pane, struct canvas *c, struct rect r)
{
	const struct snapshot *s = NULL;
	long root = root_row(ui, &s);
	struct prose p = {.c = c, .r = rect_inset(r, 0, 1), .bg = ROLE_BG, .label_w = LABEL_W};
	size_t row = (size_t)root;
	struct str next;

	(void)pane;
	if (root < 0) {
		canvas_text_c(c, p.r, p.r.y, p.r.x, "No session blocks others", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
		return;
	}
	who(&p, s, row);
	transaction(&p, ui, s, row);
	doing(&p, s, row);
	holds(&p, s, row);
	victims(&p, ui, s, row);
	next = data_str(s, row, "next_step");
	if (next.len > 0) {
		struct pen pen;

		prose_gap(&p);
		prose_section(&p, "What ends it");
		pen = prose_line(&p);
		prose_wrap(&p, pen, 0, ROLE_FG, next);
	}
	if (data_str(s, row, "query").len > 0) {
		prose_gap(&p);
		prose_section(&p,
			      str_eq_c(data_str(s, row, "state"), "running") ? "Its statement" : "Its last statement");
		prose_sql(&p, data_str(s, row, "query"));
	}
}

static void summary(const struct ui *ui, const struct pane *pane, struct pen *pen)
{
	const struct snapshot *s = NULL;
	long root = root_row(ui, &s);
	struct str state;

	(void)pane;
	if (root < 0)
		return;
	name_root(s, (size_t)root, pen);
	state = data_str(s, (size_t)root, "state");
	if (state.len > 0 && data_i64(s, (size_t)root, "pid", 0) != 0) {
		pen_skip(pen, 2);
		pen_str(pen, limits_xact(data_i64(s, (size_t)root, "xact_us", 0)) >= SEV_WARN ? ROLE_WARN : ROLE_FG,
			state);
	}
}

static void line(const struct ui *ui, const struct pane *pane, struct pen *pen)
{
	const struct snapshot *s = NULL;
	long root = root_row(ui, &s);

	summary(ui, pane, pen);
	if (root < 0) {
		pen_text(pen, ROLE_MUTED, "no session blocks others");
		return;
	}
	pen_skip(pen, 2);
	pen_str(pen, ROLE_FG, data_str(s, (size_t)root, "next_step"));
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .line = line, .follows_selection = true};

const struct pane_def pane_lock_root = {
	.name = "lock_root",
	.title = "Root",
	.help = "The root of the tree in which the selection stands.",
	.sources = "locks",
	.ops = &ops,
};
