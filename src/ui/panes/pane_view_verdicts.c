/*
 * pane_view_verdicts.c: the verdicts that the view it stands in explains, worst first, and below them the evidence for
 * one and what to do about it.
 *
 * The view's digit is the table's mode: the table's own filter knows nothing of views. All severities are shown: beside
 * the facts, what is in order is as good an answer as what is not.
 */
#include "ui/panes/panes.h"

#include "ui/action.h"
#include "ui/panes/verdict_cells.h"
#include "ui/verdicts.h"

#define SNOOZE_US US_PER_HOUR
#define LABEL_W 6
#define WORDS_MAX 7 /* rows of evidence and next step */

static int digit_of(const struct ui *ui, const struct pane *p)
{
	for (size_t i = 0; i < ui->nviews; i++)
		if (p >= ui->views[i].panes && p < ui->views[i].panes + ui->views[i].def->npanes)
			return ui->views[i].def->digit ? ui->views[i].def->digit - '0' : -1;
	return -1;
}

static bool show(const struct snapshot *s, size_t row, int mode)
{
	return data_i64(s, row, "view", -1) == mode;
}

static void recalc(struct ui *ui, struct pane *p)
{
	p->table.mode = digit_of(ui, p);
	pane_table_recalc(ui, p);
}

static const struct table_column columns[] = {
	{.field = "sentence", .priority = 1, .min = 20, .max = 0, .cell = verdict_cell_sentence},
};
static const struct table_def table = {
	.source = "verdicts",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "place",
	.main_field = "since_at",
	.empty = "Nothing is judged yet",
	.noun = "verdicts",
	.show = show,
	.selects_first = true,
	.no_heading = true,
	.wide_mode = -1,
	.mark = verdict_mark,
};

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	int digit = digit_of(ui, p);
	struct verdict_counts n = {0};

	if (!s)
		return;
	table_filter_fact(&p->table, pen);
	for (size_t i = 0; i < s->nrows; i++)
		if (show(s, i, digit))
			verdict_count_row(&n, s, i);
	verdict_counts_draw(pen, &n);
}

/* The row that the words below are about: the selected one, else the worst. */
static long row_of_interest(const struct pane *p)
{
	const struct table *t = &p->table;
	long row = p->focused ? table_selected_row(t) : -1;

	if (row >= 0 || t->n == 0)
		return row;
	row = (long)t->index[0];
	return verdict_severity(t->snap, (size_t)row) > SEV_OK ? row : -1;
}

static int draw_words(struct canvas *c, struct rect r, int y, const char *label, struct str text, int most,
		      enum role role)
{
	struct rect words = {y, r.x + LABEL_W, r.y + r.h - y < most ? r.y + r.h - y : most, r.w - LABEL_W};

	if (text.len == 0 || words.h < 1)
		return y;
	canvas_text_c(c, r, y, r.x, label, STYLE(ROLE_ACCENT, ROLE_BG, ATTR_BOLD));
	return pen_wrapped(c, words, y, text, STYLE(role, ROLE_BG, 0));
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int rows = (int)p->table.n, room = r.h - rows;
	long row = row_of_interest(p);
	int y;

	/* the words come in where rows leave room, and where they do not, as one line for the worst */
	room = room < 1 && r.h > 3 ? 1 : room;
	if (row < 0 || room < 1) {
		pane_table_draw(ui, p, c, r);
		return;
	}
	room = room > WORDS_MAX + 1 ? WORDS_MAX + 1 : room;
	pane_table_draw(ui, p, c, (struct rect){r.y, r.x, r.h - room, r.w});
	y = r.y + (rows < r.h - room ? rows : r.h - room) + (room > 2);
	if (room > 2)
		y = draw_words(c, in, y, "found", data_str(p->table.snap, (size_t)row, "evidence"), room > 5 ? 3 : 1,
			       ROLE_MUTED);
	(void)draw_words(c, in, y, "next", data_str(p->table.snap, (size_t)row, "next"), 3, ROLE_FG);
}

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
		/* where no action remedies it, the detail has the command to copy */
		return row < 0 || data_str(p->table.snap, (size_t)row, "action").len == 0
			       ? -1
			       : verdict_go(ui, p->table.snap, (size_t)row);
	case ACTION_ACKNOWLEDGE:
		return verdict_mute(ui, p, 0);
	case ACTION_SNOOZE:
		return verdict_mute(ui, p, SNOOZE_US);
	default:
		return -1;
	}
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = draw,
	.act = act,
	.offers = offers,
	.detail = pane_table_detail,
	.follows_selection = true, /* the words below the rows are about the selected one */
};

const struct pane_def pane_view_verdicts = {
	.name = "view_verdicts",
	.title = "Verdicts",
	.help = "What is wrong or in order of that which this view shows, and what to do next.",
	.sources = "verdicts",
	.table = &table,
	.ops = &ops,
};
