/*
 * plan_draw.c: a plan as a tree.
 *
 * On top who planned where and with what; then a line for each node, its place in the
 * tree, what it works on, the rows expected and its own share of the cost, the largest
 * one in the accent; what a node is tested with stands below it. Then the warnings, each
 * with what may help, then the statement. On a narrow screen the bars go first, then the
 * rows; the share stays.
 */
#include "ui/plan_view_impl.h"

#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/widgets/page.h"

#include <stdio.h>

#define PLAN_COLS 136
#define LABEL 13
#define BAR 11
#define MARK 2
/* Wide enough for rows and bars; for rows. */
#define WIDE 90
#define MIDDLE 56
#define LOW 20 /* rows */
#define LONG_TEXT (16u << 10)

struct tree {
	const struct snapshot *s;
	size_t nnodes;  /* rows 1 to nnodes */
	bool *more;     /* a later sibling follows */
	bool *warned;   /* a warning is about it */
	size_t largest; /* own share */
	size_t nwarnings;
};

static const struct plan_row *row_of(const struct tree *t, size_t i)
{
	return snapshot_row(t->s, i);
}

/* From the end, the last node seen below each parent is the one with nothing behind it. */
static void look(struct tree *t, const struct snapshot *s)
{
	bool *seen = xcalloc(s->nrows, sizeof *seen);

	*t = (struct tree){
		.s = s, .more = xcalloc(s->nrows, sizeof *t->more), .warned = xcalloc(s->nrows, sizeof *seen)};
	for (size_t i = s->nrows; i-- > 1;) {
		const struct plan_row *row = row_of(t, i);

		if (!str_eq_c(row->kind, PLAN_NODE)) {
			t->warned[row->parent] = true;
			t->nwarnings++;
			continue;
		}
		t->nnodes++;
		t->more[i] = seen[row->parent];
		seen[row->parent] = true;
		if (HAS(row, struct plan_row, own_ratio) &&
		    (t->largest == 0 || row->own_ratio >= row_of(t, t->largest)->own_ratio))
			t->largest = i;
	}
	xfree(seen);
}

static void unlook(struct tree *t)
{
	xfree(t->more);
	xfree(t->warned);
}

/* ---- head ---- */

static const char *origin_words(const struct plan_row *row)
{
	if (str_eq_c(row->origin, "captured"))
		return "plan of a real run, kept by the server";
	return str_eq_c(row->origin, "generic") ? "generic plan, estimate only, never executed"
						: "with the session's literals, estimate only, never executed";
}

static void head(const struct ui *ui, struct page *page, const struct plan_row *row)
{
	struct pen pen = page_label(page, "planned as", LABEL);
	struct buf words;

	pen_str(&pen, ROLE_STRONG, row->role);
	pen_text(&pen, ROLE_MUTED, " in ");
	pen_str(&pen, ROLE_STRONG, row->database);
	pen = page_label(page, "plan", LABEL);
	buf_init(&words, 256);
	(void)buf_add_c(&words, origin_words(row));
	if (HAS(row, struct plan_row, captured_at)) {
		(void)buf_add_c(&words, ", ");
		(void)format_clock(&words, row->captured_at, ui->now_us);
	}
	page_text(page, &pen, LABEL, ROLE_FG, false, buf_str(&words));
	buf_release(&words);
	if (row->search_path.len > 0) {
		pen = page_label(page, "search_path", LABEL);
		page_text(page, &pen, LABEL, ROLE_FG, false, row->search_path);
	}
	if (row->settings.len > 0) {
		pen = page_label(page, "settings", LABEL);
		page_text(page, &pen, LABEL, ROLE_FG, false, row->settings);
	}
	if (row->note.len > 0) {
		pen = page_label(page, "assumes", LABEL);
		page_text(page, &pen, LABEL, ROLE_MUTED, false, row->note);
	}
}

/* ---- tree ---- */

static void draw_branch(const struct tree *t, size_t i, struct pen *pen, bool detail)
{
	const struct plan_row *row = row_of(t, i);
	size_t path[PLAN_DEPTH_MAX], n = 0;
	int room = pen_left(pen) / 2;

	for (size_t k = i; row_of(t, k)->depth > 0 && n < PLAN_DEPTH_MAX; k = (size_t)row_of(t, k)->parent)
		path[n++] = k;
	/* a tree deeper than half the line is drawn against its right end */
	if ((int)n * 2 > room)
		n = (size_t)(room / 2);
	while (n-- > 0) {
		bool me = path[n] == i && !detail;

		if (me)
			pen_glyph(pen, ROLE_FAINT, t->more[i] ? G_TREE_MID : G_TREE_END);
		else if (t->more[path[n]])
			pen_glyph(pen, ROLE_FAINT, G_TREE_LINE);
		else
			pen_skip(pen, 1);
		pen_skip(pen, 1);
	}
	if (detail)
		pen_skip(pen, row->depth > 0 ? 0 : 2);
}

/* "(a = b)" without the brackets around all of it. */
static struct str unwrapped(struct str text)
{
	size_t depth = 0;

	if (text.len < 2 || text.ptr[0] != '(' || text.ptr[text.len - 1] != ')')
		return text;
	for (size_t i = 0; i < text.len; i++) {
		depth += text.ptr[i] == '(';
		depth -= text.ptr[i] == ')' && depth > 0;
		if (depth == 0 && i + 1 < text.len)
			return text;
	}
	return str_sub(text, 1, text.len - 1);
}

static void draw_words(const struct plan_row *row, struct pen *pen)
{
	if (row->subplan.len > 0)
		pen_textf(pen, ROLE_ACCENT, " " STR_FMT, STR_ARG(row->subplan));
	if (row->index.len > 0)
		pen_textf(pen, ROLE_FG, " " STR_FMT, STR_ARG(row->index));
	if (row->index.len > 0 && row->relation.len > 0)
		pen_text(pen, ROLE_MUTED, " on");
	if (row->relation.len > 0)
		pen_textf(pen, ROLE_FG, " " STR_FMT, STR_ARG(row->relation));
	if (row->alias.len > 0 && !str_eq(row->alias, row->relation))
		pen_textf(pen, ROLE_MUTED, " " STR_FMT, STR_ARG(row->alias));
	if (row->workers > 0)
		pen_textf(pen, ROLE_MUTED, " %lld workers", (long long)row->workers);
	if (row->keys.len > 0)
		pen_textf(pen, ROLE_MUTED, " " STR_FMT, STR_ARG(row->keys));
	if (row->condition.len > 0)
		pen_textf(pen, ROLE_MUTED, " " STR_FMT, STR_ARG(unwrapped(row->condition)));
}

static void draw_figures(const struct tree *t, size_t i, struct pen *pen, int w)
{
	const struct plan_row *row = row_of(t, i);
	bool largest = i == t->largest, known = HAS(row, struct plan_row, own_ratio);
	struct buf b;

	buf_init(&b, 64);
	if (w >= MIDDLE) {
		if (HAS(row, struct plan_row, rows))
			(void)format_count(&b, row->rows);
		pen_field(pen, ROLE_FG, 0, 8, buf_str(&b), true);
		pen_skip(pen, 2);
	}
	if (w >= WIDE) {
		/* what reads 0.0 % has no bar */
		pen_bar(pen, BAR, known && row->own_ratio >= 0.0005 ? row->own_ratio : 0,
			largest ? ROLE_ACCENT : ROLE_MUTED);
		pen_skip(pen, 1);
	}
	buf_clear(&b);
	if (known)
		(void)format_ratio(&b, row->own_ratio, 0);
	pen_field(pen, largest ? ROLE_STRONG : ROLE_FG, largest ? ATTR_BOLD : 0, 7, buf_str(&b), true);
	buf_release(&b);
}

static int figures_width(int w)
{
	return 7 + (w >= MIDDLE ? 10 : 0) + (w >= WIDE ? BAR + 1 : 0);
}

static void draw_node(const struct tree *t, size_t i, struct page *page)
{
	const struct plan_row *row = row_of(t, i);
	int w = page->r.w, text = w - figures_width(w) - 1;
	struct pen pen = page_line(page), words;

	if (t->warned[i])
		pen_glyph(&pen, ROLE_WARN, G_WARN);
	words = pen;
	words.x = page->r.x + MARK;
	words.clip.w = pen.clip.w > 0 ? text : 0;
	draw_branch(t, i, &words, false);
	if (i == t->largest)
		pen_boldf(&words, ROLE_STRONG, STR_FMT, STR_ARG(row->node));
	else
		pen_str(&words, ROLE_FG, row->node);
	draw_words(row, &words);
	pen.x = page->r.x + text + 1;
	draw_figures(t, i, &pen, w);
	if (row->filter.len == 0)
		return;
	pen = page_line(page);
	pen.x = page->r.x + MARK;
	draw_branch(t, i, &pen, true);
	pen_text(&pen, ROLE_MUTED, "  filter ");
	pen_str(&pen, ROLE_MUTED, unwrapped(row->filter));
}

static void draw_heading(struct page *page)
{
	int w = page->r.w, text = w - figures_width(w) - 1;
	struct pen pen = page_line(page);

	pen.x += MARK;
	pen_text(&pen, ROLE_MUTED, "NODE");
	pen.x = page->r.x + text + 1;
	if (w >= MIDDLE) {
		pen_field(&pen, ROLE_MUTED, 0, 8, STR("ROWS"), true);
		pen_skip(&pen, 2);
	}
	pen_field(&pen, ROLE_MUTED, 0, pen_left(&pen), w >= WIDE ? STR("SHARE OF THE COST") : STR("SHARE"), true);
}

static void draw_tree(const struct tree *t, struct page *page)
{
	char remark[96];
	struct buf cost;

	buf_init(&cost, 64);
	if (t->nnodes > 0 && row_of(t, 1)->total_cost < 9e18)
		(void)format_count(&cost, (int64_t)row_of(t, 1)->total_cost);
	(void)snprintf(remark, sizeof remark, "cost %s, %zu node%s, %zu warning%s%s", buf_c(&cost), t->nnodes,
		       t->nnodes == 1 ? "" : "s", t->nwarnings, t->nwarnings == 1 ? "" : "s",
		       t->nwarnings > 0 ? " !" : "");
	buf_release(&cost);
	page_section(page, "Plan", remark);
	draw_heading(page);
	for (size_t i = 1; i <= t->nnodes; i++)
		draw_node(t, i, page);
}

static void draw_warnings(const struct tree *t, struct page *page)
{
	struct pen pen;

	for (size_t i = t->nnodes + 1; i < t->s->nrows; i++) {
		const struct plan_row *row = row_of(t, i);

		if (i == t->nnodes + 1)
			(void)page_line(page);
		pen = page_line(page);
		pen_glyph(&pen, ROLE_WARN, G_WARN);
		pen_bold(&pen, ROLE_ACCENT, " why");
		page_text(page, &pen, 7, ROLE_FG, false, row->warning);
		pen = page_line(page);
		pen_skip(&pen, 1);
		pen_bold(&pen, ROLE_ACCENT, " next");
		page_text(page, &pen, 7, ROLE_FG, false, row->next);
	}
}

static void draw_plan(const struct ui *ui, const struct plan_view *v, struct page *page, bool low)
{
	struct tree t;

	look(&t, v->result);
	/* on a low screen what counts comes first */
	if (low) {
		draw_tree(&t, page);
		draw_warnings(&t, page);
		page_section(page, "Planned", "");
		head(ui, page, row_of(&t, 0));
	} else {
		head(ui, page, row_of(&t, 0));
		draw_tree(&t, page);
		draw_warnings(&t, page);
	}
	unlook(&t);
	page_section(page, "Statement", "");
	page_sql(page, buf_str(&v->text));
}

/* ---- no plan (yet) ---- */

static void draw_failure(const struct err *err, struct page *page)
{
	struct pen pen;

	page_text(page, NULL, 0, ROLE_STRONG, true, str_c(err->text));
	if (!err->remedy[0])
		return;
	(void)page_line(page);
	pen = page_line(page);
	pen_bold(&pen, ROLE_ACCENT, "next");
	page_text(page, &pen, 6, ROLE_FG, false, str_c(err->remedy));
}

static void draw_state(const struct plan_view *v, struct page *page)
{
	if (v->command) {
		page_text(page, NULL, 0, ROLE_STRONG, true, STR("Asking the server for the plan"));
		page_text(page, NULL, 0, ROLE_MUTED, false,
			  STR("on a connection of its own, in a read-only transaction; the statement is not executed"));
	} else if (v->result && strcmp(v->result->err.id, PLAN_CONSENT) != 0) {
		draw_failure(&v->result->err, page);
	} else if (v->refused.text[0]) {
		draw_failure(&v->refused, page);
	}
	page_section(page, "Statement", v->request.whole ? "" : "as far as it is known here");
	page_sql(page, buf_str(&v->text));
}

/* Returns the number of lines. */
static int draw_page(const struct ui *ui, const struct plan_view *v, struct canvas *c, struct rect r, int scroll)
{
	struct page page = page_of(c, r, scroll, ROLE_RAISED);

	if (v->result && v->result->state == SNAP_OK)
		draw_plan(ui, v, &page, c->rows < LOW);
	else
		draw_state(v, &page);
	return page.y;
}

void plan_draw(struct ui *ui, struct canvas *c)
{
	struct plan_view *v = ui->plan;
	bool small = c->cols < 100 || c->rows < 30;
	int lines = c->rows, w = small || c->cols - 14 < PLAN_COLS ? c->cols - (small ? 0 : 14) : PLAN_COLS;
	struct rect r;

	if (!v)
		return;
	/* once out of sight, to know how many lines it takes; a long statement fills any screen */
	if (v->text.len < LONG_TEXT)
		lines = draw_page(ui, v, c, (struct rect){0, 0, 0, w - 4}, 0) + 2;
	r = overlay_box(ui, c, lines, PLAN_COLS, "Plan", v->request.about, ROLE_ACCENT);
	ui->overlay_lines = draw_page(ui, v, c, r, ui->overlay_scroll);
	if (overlay_beyond(ui, c, r))
		(void)draw_page(ui, v, c, r, ui->overlay_scroll);
	overlay_more(ui, c, r);
}
