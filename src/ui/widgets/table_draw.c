/*
 * table_draw.c: drawing a table.
 *
 * Stages: measure the visible rows (widths only grow, so that columns do not
 * jump), decide which columns stand (the flexible last one shrinks to FLEX_MIN, then
 * columns leave by priority, then short headings), draw heading and rows. The first column is
 * the key and never leaves or scrolls.
 */
#include "ui/widgets/table.h"

#include "base/utf8.h"
#include "ui/ui.h"

#include <math.h>

#define FLEX_MIN 12       /* the flexible column when it gets tight */
#define FLEX_WISH 56      /* as long as columns of low importance stand beside it */
#define PRIORITY_EXTRA 11 /* from here on: only where there is room to spare */
#define PRIORITY_CORE 4   /* up to here columns are squeezed before they leave */
#define CELL_TEXT_MAX 4096
#define KEY_TEXT_MIN 6 /* what the guides of a tree leave to the key */

struct column_plan {
	int column, w;
};

enum squeeze { SQUEEZE_NONE, SQUEEZE_HEADINGS, SQUEEZE_CELLS };

struct plan {
	struct column_plan cols[TABLE_COLUMNS_MAX];
	int n, gap;
	enum squeeze squeeze;
};

static bool duration_text(int64_t us, struct buf *out)
{
	return glyph_duration(out, us);
}

/* One cell's ordinary text, appended to out; false when absent. */
static bool cell_text(const struct snapshot *s, size_t row, struct order o, int width, struct buf *out)
{
	const struct field *f = &s->type->fields[o.field];
	union value v;

	if (o.rate) {
		double r = snapshot_rate(s, row, (size_t)o.field);

		if (isnan(r))
			return false;
		if (f->kind == K_BYTE_COUNTER)
			return format_bytes(out, data_whole(r)) && buf_add_c(out, "/s");
		if (f->kind == K_DURATION_US)
			return duration_text(data_whole(r), out);
		return format_count_short(out, r);
	}
	if (!rec_get(f, snapshot_row(s, row), &v))
		return false;
	if (f->kind == K_DURATION_US)
		return duration_text(v.i64, out);
	return kind_ops[f->kind].format(out, v, width);
}

static bool column_order(const struct table *t, int column, struct order *ret)
{
	if (!t->snap || t->orders[column].field < 0)
		return false;
	*ret = t->orders[column];
	return true;
}

static const char *heading(const struct table *t, int column, bool narrow)
{
	const struct table_column *tc = &t->def->columns[column];
	struct order o;

	if (narrow && tc->short_title)
		return tc->short_title;
	if (tc->title)
		return tc->title;
	return column_order(t, column, &o) ? t->snap->type->fields[o.field].title : tc->field;
}

static bool is_measured(const struct table *t, size_t first, size_t last)
{
	const struct table_measured *m = &t->measured;

	return m->valid && m->first == first && m->last == last && m->order_column == t->order_column;
}

/* What the rows from first to before last need in column c, at least w. */
static int widest(const struct table *t, int c, struct order o, size_t first, size_t last, int w)
{
	const struct table_column *tc = &t->def->columns[c];
	struct buf b;

	buf_init(&b, CELL_TEXT_MAX);
	for (size_t i = first; i < last && w < tc->max; i++) {
		int need;

		buf_clear(&b);
		if (!cell_text(t->snap, t->index[i], o, tc->max, &b))
			continue;
		need = utf8_columns(buf_str(&b)) + tc->extra + (c == 0 && t->is_tree ? tree_width(&t->tree[i]) : 0);
		w = need > w ? need : w;
	}
	buf_release(&b);
	return w;
}

/* Grows the remembered widths to what the rows on screen need. */
static void measure(struct table *t, size_t first, size_t last)
{
	if (is_measured(t, first, last))
		return;
	t->measured = (struct table_measured){true, first, last, t->order_column};
	for (size_t c = 0; c < t->def->ncolumns; c++) {
		const struct table_column *tc = &t->def->columns[c];
		int head = utf8_columns(str_c(heading(t, (int)c, false))) + (t->order_column == (int)c ? 2 : 0),
		    w = head;
		struct order o;

		if (tc->max == 0 || !column_order(t, (int)c, &o))
			continue;
		w = tc->wish > w ? tc->wish : w;
		w = widest(t, (int)c, o, first, last, w);
		/* The largest width is about values; a heading is never cut for it. */
		w = w > tc->max ? (head > tc->max ? head : tc->max) : w;
		if (w > t->widths[c])
			t->widths[c] = (uint8_t)w;
	}
}

/* What the rows are ordered by matters as much as the key. */
static int priority_of(const struct table *t, int column)
{
	return column == t->order_column ? 1 : t->def->columns[column].priority;
}

/* Width of a column under a degree of squeezing; the flexible one is counted with its least width. */
static int column_width(const struct table *t, const struct plan *p, int c, enum squeeze squeeze)
{
	const struct table_column *tc = &t->def->columns[c];
	int head = utf8_columns(str_c(heading(t, c, true))) + (t->order_column == c ? 2 : 0);

	if (tc->max == 0) {
		bool extra = false;

		for (int i = 0; i < p->n; i++)
			extra |= priority_of(t, p->cols[i].column) >= PRIORITY_EXTRA;
		return extra ? FLEX_WISH : FLEX_MIN;
	}
	if (squeeze == SQUEEZE_NONE || (squeeze == SQUEEZE_HEADINGS && !tc->short_title))
		return t->widths[c];
	return tc->min > head ? tc->min : head;
}

static int plan_width(const struct table *t, const struct plan *p, enum squeeze squeeze)
{
	int w = 0;

	for (int i = 0; i < p->n; i++)
		w += column_width(t, p, p->cols[i].column, squeeze) + (i ? p->gap : 0);
	return w;
}

/* How well a column can be missed: the one that the rows are ordered by stays as long as the key. */
static int dispensable(const struct table *t, const struct plan *p, int i)
{
	return p->cols[i].column == t->order_column ? 0 : priority_of(t, p->cols[i].column);
}

/* Position of the column that can be missed best; the key column never is. */
static int least_important(const struct table *t, const struct plan *p)
{
	int worst = 1;

	for (int i = 1; i < p->n; i++)
		if (dispensable(t, p, i) > dispensable(t, p, worst))
			worst = i;
	return worst;
}

static void drop(struct plan *p, int at)
{
	for (int i = at; i + 1 < p->n; i++)
		p->cols[i] = p->cols[i + 1];
	p->n--;
}

/* Squeezes and drops until the columns fit; true when one was dropped. */
static bool fit(const struct table *t, struct plan *p, int width)
{
	bool dropped = false;

	while (p->n > 1) {
		int worst = least_important(t, p);
		enum squeeze most =
			priority_of(t, p->cols[worst].column) <= PRIORITY_CORE ? SQUEEZE_CELLS : SQUEEZE_HEADINGS;

		for (p->squeeze = SQUEEZE_NONE; p->squeeze <= most; p->squeeze++)
			if (plan_width(t, p, p->squeeze) <= width)
				return dropped;
		drop(p, worst);
		dropped = true;
	}
	p->squeeze = SQUEEZE_NONE;
	return dropped;
}

static void make_plan(struct table *t, struct plan *p, int width, int screen_cols)
{
	int used = 0, flexible = -1;

	p->gap = screen_cols >= 120 ? 2 : 1;
	p->n = 0;
	for (int c = 0; c < (int)t->def->ncolumns; c++)
		if (c == 0 || (c > t->first_column && !(t->same & UINT32_C(1) << c)))
			p->cols[p->n++].column = c;
	t->more_left = t->first_column > 0;
	t->more_right = fit(t, p, width);
	for (int i = 0; i < p->n; i++) {
		p->cols[i].w = column_width(t, p, p->cols[i].column, p->squeeze);
		if (t->def->columns[p->cols[i].column].max == 0)
			flexible = i;
		used += p->cols[i].w + (i ? p->gap : 0);
	}
	if (flexible >= 0 && p->cols[flexible].w + width - used > 0)
		p->cols[flexible].w += width - used;
}

static bool right_aligned(const struct table *t, int column)
{
	struct order o;

	/* the key of a tree stands at its guides */
	if (column == 0 && t->def->depth)
		return false;
	return column_order(t, column, &o) && (o.rate || kind_ops[t->snap->type->fields[o.field].kind].right_aligned);
}

static void draw_heading(struct table *t, const struct plan *p, struct pen *pen)
{
	t->nheads = 0;
	t->heading_y = pen->y;
	for (int i = 0; i < p->n; i++) {
		int c = p->cols[i].column, w = p->cols[i].w;
		bool sorted = c == t->order_column;
		char text[64];

		if (i)
			pen_skip(pen, p->gap);
		t->heads[t->nheads].x = pen->x;
		t->heads[t->nheads].w = w;
		t->heads[t->nheads++].column = c;
		if (sorted) {
			char sign[5] = {0};

			(void)utf8_encode(glyph(t->order.descending ? G_SORT_DOWN : G_SORT_UP), sign);
			(void)snprintf(text, sizeof text, "%s %s", heading(t, c, p->squeeze != SQUEEZE_NONE), sign);
		} else {
			(void)snprintf(text, sizeof text, "%s", heading(t, c, p->squeeze != SQUEEZE_NONE));
		}
		pen_field(pen, sorted ? ROLE_STRONG : ROLE_MUTED, sorted ? ATTR_BOLD : 0, w, str_c(text),
			  right_aligned(t, c));
	}
}

static enum role cell_role(const struct cell_context *cc, bool key)
{
	if (cc->faint)
		return ROLE_FAINT;
	return cc->selected && key ? ROLE_STRONG : ROLE_FG;
}

static void draw_cell(const struct cell_context *cc, const struct table *t, int column, struct pen *pen, int w)
{
	const struct table_column *tc = &t->def->columns[column];
	bool in_tree = column == 0 && cc->tree;
	struct order o;
	struct buf b;
	int edge = pen->x + w;

	if (in_tree) {
		tree_draw(pen, cc->tree, w - KEY_TEXT_MIN);
		w = edge - pen->x;
	}
	if (tc->cell && tc->cell(cc, pen, w)) {
		pen->x = edge;
		return;
	}
	if (!column_order(t, column, &o))
		return;
	buf_init(&b, CELL_TEXT_MAX);
	if (cc->snap->type->fields[o.field].kind == K_SQL && !o.rate) {
		union value v;

		if (rec_get(&cc->snap->type->fields[o.field], snapshot_row(cc->snap, cc->row), &v))
			pen_sql(pen, w, v.str, cc->faint);
	} else if (cell_text(cc->snap, cc->row, o, w, &b)) {
		bool key = column == 0;

		pen_field(pen, cell_role(cc, key), cc->selected && key ? ATTR_BOLD : 0, w, buf_str(&b),
			  right_aligned(t, column));
	} else if (snapshot_unavailable(cc->snap, cc->snap->type->fields[o.field].name).len > 0) {
		pen_field(pen, ROLE_MUTED, 0, w, STR("n/a"), right_aligned(t, column));
	} else {
		char none[5] = {0};

		(void)utf8_encode(glyph(G_NONE), none);
		pen_field(pen, ROLE_FAINT, 0, w, str_c(none), right_aligned(t, column));
	}
	buf_release(&b);
	pen->x = edge;
}

static int heading_rows(const struct table *t)
{
	return t->def->no_heading ? 0 : 1;
}

/* Columns that the sign in front of a row takes. */
static int mark_width(const struct table *t)
{
	return t->def->mark || t->def->severity ? 2 : 0;
}

static uint32_t sign_of(const struct table *t, const struct cell_context *cc, enum role *ret_role)
{
	enum severity s;

	if (t->def->mark)
		return t->def->mark(cc, ret_role);
	s = t->def->severity(cc->snap, cc->row);
	*ret_role = severity_role(s);
	return glyph(severity_glyph(s));
}

static void draw_row(const struct ui *ui, struct table *t, const struct plan *p, struct canvas *c, size_t position,
		     bool focused)
{
	struct cell_context cc = {
		ui, t->snap, t->index[position], t->is_tree ? &t->tree[position] : NULL, position == t->cursor, false};
	struct rect r = t->drawn.r;
	int start = r.x + 1;
	struct pen at = pen_at(c, r, r.y + heading_rows(t) + (int)(position - t->top), start, ROLE_BG), *pen = &at;

	pen->bg = cc.selected ? (focused ? ROLE_SELBG : ROLE_IDLEBG) : ROLE_BG;
	if (cc.selected)
		canvas_fill(pen->c, rect_intersect(pen->clip, (struct rect){pen->y, pen->clip.x, 1, pen->clip.w}),
			    STYLE(ROLE_FG, pen->bg, 0));
	pen->x = start - 1;
	/* the selection is seen by its ground, too */
	if (table_is_tagged(t, cc.row))
		pen_glyph(pen, ROLE_ACCENT, G_TAGGED);
	else if (cc.selected)
		pen_glyph(pen, ROLE_ACCENT, G_SELECTED);
	pen->x = start;
	if (mark_width(t) > 0) {
		enum role role = ROLE_FG;
		uint32_t sign = sign_of(t, &cc, &role);

		pen_rune(pen, role, sign);
		pen_skip(pen, 1);
	}
	for (int i = 0; i < p->n; i++) {
		if (i)
			pen_skip(pen, p->gap);
		draw_cell(&cc, t, p->cols[i].column, pen, p->cols[i].w);
	}
}

void table_draw(const struct ui *ui, struct table *t, struct canvas *c, struct rect r, bool focused)
{
	struct plan p = {.n = 0, .squeeze = SQUEEZE_NONE};
	struct pen pen = pen_at(c, r, r.y, r.x + 1 + mark_width(t), ROLE_BG);
	size_t last;

	t->visible_rows = 0;
	t->drawn.valid = false;
	if (!t->snap || r.h < 1 || r.w < 4)
		return;
	t->visible_rows = r.h - heading_rows(t);
	if (t->visible_rows > 0) {
		size_t h = (size_t)t->visible_rows;

		if (t->cursor < t->top)
			t->top = t->cursor;
		if (t->cursor >= t->top + h)
			t->top = t->cursor - h + 1;
		if (t->top + h > t->n)
			t->top = t->n > h ? t->n - h : 0;
	}
	last = t->visible_rows > 0 && t->top + (size_t)t->visible_rows < t->n ? t->top + (size_t)t->visible_rows : t->n;
	measure(t, t->top, last);
	make_plan(t, &p, r.w - 2 - mark_width(t), c->cols);
	t->heading_y = r.y + heading_rows(t) - 1;
	t->nheads = 0;
	if (!t->def->no_heading)
		draw_heading(t, &p, &pen);
	t->drawn = (struct table_drawn){true, r, t->cursor};
	for (size_t i = t->top; i < last && t->visible_rows > 0; i++)
		draw_row(ui, t, &p, c, i, focused);
}

bool table_draw_moved(const struct ui *ui, struct table *t, struct canvas *c, bool focused)
{
	size_t rows[] = {t->drawn.cursor, t->cursor}, end = t->top + (size_t)t->visible_rows;
	struct plan p = {.n = 0, .squeeze = SQUEEZE_NONE};
	struct rect r = t->drawn.r;

	if (!t->drawn.valid || t->cursor < t->top || t->cursor >= end || t->cursor >= t->n || rows[0] >= t->n)
		return false;
	make_plan(t, &p, r.w - 2 - mark_width(t), c->cols);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rect row = {r.y + heading_rows(t) + (int)(rows[i] - t->top), r.x, 1, r.w};

		canvas_fill(c, rect_intersect(r, row), STYLE(ROLE_FG, ROLE_BG, 0));
		draw_row(ui, t, &p, c, rows[i], focused);
	}
	t->drawn.cursor = t->cursor;
	return true;
}

int table_heading_at(const struct table *t, int y, int x)
{
	for (int i = 0; y == t->heading_y && i < t->nheads; i++)
		if (x >= t->heads[i].x && x <= t->heads[i].x + t->heads[i].w)
			return t->heads[i].column;
	return -1;
}

long table_row_at(const struct table *t, int y)
{
	long at = (long)t->top + y - t->heading_y - 1;

	return y > t->heading_y && y <= t->heading_y + t->visible_rows && at < (long)t->n ? at : -1;
}

void table_filter_fact(const struct table *t, struct pen *pen)
{
	if (t->tags.n > 0) {
		pen_boldf(pen, ROLE_ACCENT, "%zu tagged", t->tags.n);
		pen_separator(pen);
	}
	if (!t->filter_text[0])
		return;
	pen_textf(pen, ROLE_ACCENT, "/ %s ", t->filter_text);
	pen_textf(pen, ROLE_FG, " %zu of %zu", t->n, t->total);
	pen_separator(pen);
}
