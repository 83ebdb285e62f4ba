/*
 * pane_verdicts.c: what is wrong, worst first; the seven design decisions as checks; and one of them in full.
 *
 * The list shows what needs somebody. All others are one line below it, because their number is
 * what one wants to know of them: what is ok, and what could not be looked at, which mostly has one cause that its own
 * pane tells. Enter goes to where the next step is.
 */
#include "ui/panes/panes.h"

#include "ui/action.h"
#include "ui/panes/verdict_cells.h"
#include "ui/verdicts.h"
#include "ui/widgets/page.h"

#include <stdio.h>

#define SNOOZE_US US_PER_HOUR
#define LABEL_W 10

enum { MODE_OPEN, MODE_ALL };

static bool show(const struct snapshot *s, size_t row, int mode)
{
	enum severity severity = verdict_severity(s, row);

	return mode == MODE_ALL || severity >= SEV_WARN || severity == SEV_NOTICE;
}

uint32_t verdict_mark(const struct cell_context *cc, enum role *ret_role)
{
	enum severity s = severity_of_word(data_str(cc->snap, cc->row, "severity"));
	bool muted = verdict_severity(cc->snap, cc->row) == SEV_NONE;

	*ret_role = muted ? ROLE_FAINT : severity_role(s);
	return glyph(severity_glyph(s));
}

bool verdict_cell_sentence(const struct cell_context *cc, struct pen *pen, int w)
{
	bool muted = verdict_severity(cc->snap, cc->row) == SEV_NONE;

	pen_field(pen, muted ? ROLE_FAINT : ROLE_FG, 0, w, data_str(cc->snap, cc->row, "sentence"), false);
	return true;
}

static const char *const modes[] = {"open", "all", NULL};
static const struct table_column columns[] = {
	{.field = "sentence", .priority = 1, .min = 20, .max = 0, .cell = verdict_cell_sentence},
	{.field = "view", .title = "", .priority = 2, .min = 1, .max = 1},
};
static const struct table_def table = {
	.source = "verdicts",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "place",
	.main_field = "since_at",
	.empty = "Nothing is wrong",
	.noun = "verdicts",
	.show = show,
	.modes = modes,
	.selects_first = true, /* what is worst is seen, also where there is room for three */
	.no_heading = true,
	.wide_mode = -1,
	.mark = verdict_mark,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	struct verdict_counts n = verdict_count(s, false);

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	if (p->table.mode == MODE_ALL) {
		pen_text(pen, ROLE_ACCENT, "all");
		pen_separator(pen);
	}
	verdict_counts_draw(pen, &n);
}

/* ---- below the list ---- */

/* Row the last line is about: the selected one, else the worst. */
static long row_of_interest(const struct pane *p)
{
	long row = p->focused ? table_selected_row(&p->table) : -1;

	return row >= 0 ? row : verdict_worst(p->table.snap);
}

static void draw_rest(const struct pane *p, struct canvas *c, struct rect r, int y)
{
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	struct verdict_counts n = verdict_count(p->table.snap, false);

	pen_glyph(&pen, severity_role(SEV_OK), G_OK);
	pen_textf(&pen, ROLE_FG, " %zu", n.ok);
	pen_textf(&pen, ROLE_MUTED, " check%s ok", n.ok == 1 ? " is" : "s are");
	if (n.unknown > 0) {
		pen_skip(&pen, 2);
		pen_glyph(&pen, severity_role(SEV_UNKNOWN), G_UNKNOWN);
		pen_textf(&pen, ROLE_FG, " %zu", n.unknown);
		pen_text(&pen, ROLE_MUTED, " not known; m says why");
	}
	if (n.muted > 0)
		pen_textf(&pen, ROLE_MUTED, "  %zu muted", n.muted);
}

/* The last lines: what is best done next. Returns how many rows it took. */
static int draw_next(const struct pane *p, struct canvas *c, struct rect r)
{
	long row = row_of_interest(p);
	struct str next = row < 0 ? STR("") : data_str(p->table.snap, (size_t)row, "next");
	struct rect words = {r.y + r.h - 1, r.x + 6, 1, r.w - 6};

	if (next.len == 0 || r.h < 4)
		return 0;
	canvas_text_c(c, r, words.y, r.x, "next", STYLE(ROLE_ACCENT, ROLE_BG, ATTR_BOLD));
	(void)pen_wrapped(c, words, words.y, next, STYLE(ROLE_FG, ROLE_BG, 0));
	return 1;
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	bool open = p->table.mode == MODE_OPEN;
	int below = draw_next(p, c, in), list = r.h - below - (open ? 1 : 0);

	if (p->table.snap && p->table.n == 0 && open && !p->table.filter_text[0]) {
		struct verdict_counts n = verdict_count(p->table.snap, false);

		canvas_text_c(c, in, in.y, in.x,
			      n.unknown > n.ok ? "Not known whether something is wrong"
			      : n.ok > 0       ? "Nothing is wrong"
					       : "Nothing is judged yet",
			      STYLE(ROLE_STRONG, ROLE_BG, ATTR_BOLD));
		if (in.h > 1)
			draw_rest(p, c, in, in.y + 1);
		return;
	}
	if (list < 1)
		list = 1;
	pane_table_draw(ui, p, c, (struct rect){r.y, r.x, list, r.w});
	if (open && r.h > 1) {
		int rows = (int)p->table.n < list ? (int)p->table.n : list;

		draw_rest(p, c, in, in.y + rows);
	}
}

/* The worst of them in one line. */
static void line(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	long row = verdict_worst(s);

	if (row < 0) {
		summary(ui, p, pen);
		return;
	}
	pen_glyph(pen, severity_role(verdict_severity(s, (size_t)row)),
		  severity_glyph(verdict_severity(s, (size_t)row)));
	pen_skip(pen, 1);
	pen_str(pen, ROLE_FG, data_str(s, (size_t)row, "sentence"));
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *s = pane_good(ui, p);
	long row = verdict_worst(s);

	return row < 0 ? SEV_NONE : verdict_severity(s, (size_t)row);
}

/* ---- keys ---- */

static bool offers(const struct ui *ui, const struct pane *p, int action)
{
	(void)ui;
	return (action == ACTION_ACKNOWLEDGE || action == ACTION_SNOOZE) && table_selected_row(&p->table) >= 0;
}

static int act(struct ui *ui, struct pane *p, int action)
{
	long row = table_selected_row(&p->table);

	switch (action) {
	case ACTION_DETAIL:
		return row < 0 ? EFFECT_NONE : verdict_go(ui, p->table.snap, (size_t)row);
	case ACTION_ACKNOWLEDGE:
		return verdict_mute(ui, p, 0);
	case ACTION_SNOOZE:
		return verdict_mute(ui, p, SNOOZE_US);
	default:
		return -1;
	}
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = draw,
	.line = line,
	.severity = severity,
	.act = act,
	.offers = offers,
	.detail = pane_table_detail,
	.follows_selection = true, /* its last line is the next step of the selected verdict */
};

const struct pane_def pane_verdicts = {
	.name = "verdicts",
	.title = "Verdicts",
	.help = "What is wrong, worst first, and what to do next.",
	.sources = "verdicts",
	.table = &table,
	.ops = &ops,
};

/* ---- posture ---- */

static bool show_posture(const struct snapshot *s, size_t row, int mode)
{
	enum severity severity = verdict_severity(s, row);

	return data_str(s, row, "decision").len > 0 && (mode == 0 || (severity != SEV_NONE && severity != SEV_OK));
}

/* Decisions as headings: "Encryption"; storage is what the view of backups is about, too. */
static void decision_title(struct str decision, char *out, size_t size)
{
	if (str_eq_c(decision, "storage"))
		(void)snprintf(out, size, "Storage, backups");
	else
		(void)snprintf(out, size, STR_FMT, STR_ARG(decision));
	if (out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 'a' + 'A');
}

/* How many rows of the same decision stand above it on the screen; -1: the row is not in the table. */
static long rows_above(const struct table *t, size_t row, struct str decision)
{
	for (size_t i = 0; t && i < t->n; i++) {
		size_t at = i;

		if (t->index[i] != row)
			continue;
		while (at > t->top && str_eq(data_str(t->snap, t->index[at - 1], "decision"), decision))
			at--;
		return (long)(i - at);
	}
	return -1;
}

/* "2 of 3 ok" */
static void decision_counts(const struct snapshot *s, struct str decision, char *out, size_t size)
{
	size_t n = 0, ok = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		bool ours = str_eq(data_str(s, i, "decision"), decision);

		n += ours;
		ok += ours && verdict_severity(s, i) == SEV_OK;
	}
	(void)snprintf(out, size, "%zu of %zu ok", ok, n);
}

/* The decision stands at the first of its checks, how they are at the second. */
static bool cell_decision(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str decision = data_str(cc->snap, cc->row, "decision");
	long above = rows_above(verdict_table(cc->ui), cc->row, decision);
	char text[64];

	if (above > 1)
		return true;
	if (above == 1)
		decision_counts(cc->snap, decision, text, sizeof text);
	else
		decision_title(decision, text, sizeof text);
	pen_field(pen, above == 1 ? ROLE_MUTED : ROLE_STRONG, above == 1 ? 0 : ATTR_BOLD, w, str_c(text), false);
	return true;
}

/* What it is about is told by the check beside it: "31 h old", "is on", "not known: ...". */
static bool cell_found(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str sentence = data_str(cc->snap, cc->row, "sentence"), title = data_str(cc->snap, cc->row, "title");
	bool muted = verdict_severity(cc->snap, cc->row) == SEV_NONE;

	if (str_starts(sentence, title) && sentence.len > title.len && sentence.ptr[title.len] == ' ')
		sentence = str_trim(str_sub(sentence, title.len, sentence.len));
	pen_field(pen, muted ? ROLE_FAINT : ROLE_FG, 0, w, sentence, false);
	return true;
}

static const char *const posture_modes[] = {"all", "findings", NULL};
static const struct table_column posture_columns[] = {
	{.field = "decision", .priority = 4, .min = 15, .max = 16, .wish = 16, .cell = cell_decision},
	{.field = "title", .priority = 1, .min = 20, .max = 30},
	{.field = "sentence", .title = "FOUND", .priority = 2, .min = 20, .max = 0, .cell = cell_found},
};
static const struct table_def posture_table = {
	.source = "verdicts",
	.columns = posture_columns,
	.ncolumns = ARRAY_LEN(posture_columns),
	.main_field = "since_at",
	.empty = "No check of the design decisions has an answer yet",
	.noun = "checks",
	.show = show_posture,
	.modes = posture_modes,
	.selects_first = true,
	.wide_mode = -1,
	.mark = verdict_mark,
};

static void posture_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	struct verdict_counts n = verdict_count(s, true);

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	pen_textf(pen, ROLE_FG, "%zu", n.crit + n.warn + n.notice + n.ok + n.unknown);
	pen_text(pen, ROLE_MUTED, " checks");
	pen_separator(pen);
	verdict_counts_draw(pen, &n);
}

static const struct pane_ops posture_ops = {
	.recalc = pane_table_recalc,
	.summary = posture_summary,
	.draw = pane_table_draw,
	.act = act,
	.offers = offers,
	.detail = pane_table_detail,
};

const struct pane_def pane_posture = {
	.name = "posture",
	.title = "Posture",
	.help = "Encryption, network, authentication, scaling, observability, storage and backups, insights: as "
		"designed?",
	.digit = '0',
	.sources = "verdicts statements_info",
	.table = &posture_table,
	.ops = &posture_ops,
};

/* ---- one in full ---- */

static void put(struct page *page, const char *label, enum role role, struct str text)
{
	struct pen pen;

	if (text.len == 0)
		return;
	pen = page_label(page, label, LABEL_W);
	page_text(page, &pen, LABEL_W, role, false, text);
}

static void put_since(struct page *page, const struct ui *ui, const struct snapshot *s, size_t row)
{
	int64_t at = data_i64(s, row, "since_at", 0);
	struct buf b;

	if (at == 0)
		return;
	buf_init(&b, 64);
	(void)format_clock(&b, at, ui->now_us);
	(void)buf_add_c(&b, ", ");
	(void)format_duration(&b, ui->now_us > at ? ui->now_us - at : 0);
	(void)buf_add_c(&b, " ago, or before this console looked");
	put(page, "since", ROLE_FG, buf_str(&b));
	buf_release(&b);
}

/* "acknowledged by ann@ops3, 06:41:03, 2h 10m ago" */
static void put_muted(struct page *page, const struct ui *ui, const struct snapshot *s, size_t row)
{
	struct str muted = data_str(s, row, "muted"), by = data_str(s, row, "muted_by");
	int64_t at = data_i64(s, row, "muted_at", 0), until = data_i64(s, row, "muted_until_at", 0);
	struct buf b;

	if (muted.len == 0)
		return;
	buf_init(&b, 400);
	(void)buf_addf(&b, STR_FMT "%s" STR_FMT ", ", STR_ARG(muted), by.len > 0 ? " by " : "", STR_ARG(by));
	(void)format_clock(&b, at, ui->now_us);
	if (until > 0) {
		(void)buf_add_c(&b, ", until ");
		(void)format_clock(&b, until, ui->now_us);
	}
	put(page, "muted", ROLE_MUTED, buf_str(&b));
	buf_release(&b);
}

static void check_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct table *t = verdict_table(ui);
	long selected = t ? table_selected_row(t) : -1;
	struct page page = page_of(c, rect_inset(r, 0, 1), 0, ROLE_BG);
	enum severity severity;
	struct pen pen;
	size_t row = (size_t)selected;

	(void)p;
	if (selected < 0) {
		canvas_text_c(c, page.r, page.r.y, page.r.x, "No check is selected",
			      STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
		return;
	}
	severity = severity_of_word(data_str(t->snap, row, "severity"));
	pen = page_line(&page);
	pen_glyph(&pen, severity_role(severity), severity_glyph(severity));
	pen_skip(&pen, 1);
	page_text(&page, &pen, 2, ROLE_STRONG, true, data_str(t->snap, row, "sentence"));
	(void)page_line(&page);
	put(&page, "found", ROLE_FG, data_str(t->snap, row, "evidence"));
	put_since(&page, ui, t->snap, row);
	put_muted(&page, ui, t->snap, row);
	put(&page, "rule", ROLE_MUTED, data_str(t->snap, row, "id"));
	page_section(&page, "Why", "");
	page_text(&page, NULL, 0, ROLE_FG, false, data_str(t->snap, row, "why"));
	if (data_str(t->snap, row, "next").len > 0 || data_str(t->snap, row, "remedy").len > 0)
		page_section(&page, "Next", "");
	if (data_str(t->snap, row, "next").len > 0)
		page_text(&page, NULL, 0, ROLE_FG, false, data_str(t->snap, row, "next"));
	if (data_str(t->snap, row, "remedy").len > 0)
		page_text(&page, NULL, 0, ROLE_ACCENT, false, data_str(t->snap, row, "remedy"));
}

static const struct pane_ops check_ops = {.draw = check_draw, .follows_selection = true};

const struct pane_def pane_check = {
	.name = "check",
	.title = "Check",
	.help = "The selected verdict with its evidence, why it matters, and what to do.",
	.sources = "verdicts",
	.ops = &check_ops,
};
