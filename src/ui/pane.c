/*
 * pane.c: what all panes share: frame or rule, title, badge, empty states, and the
 * generic table pane.
 *
 * A pane whose source failed says why in words under its title and keeps the last good
 * rows below, faint: whatever a pane draws, it is recoloured here. A pane without rows says what is known and what to
 * do next.
 */
#include "ui/ui.h"

#include "base/utf8.h"

#include <stdio.h>

/* The first source, or the next one where that was left out on purpose (AWS with --db alone) and any will do. */
const struct store_entry *pane_entry(const struct ui *ui, const struct pane *p)
{
	struct str rest = str_c(p->def->sources), word;
	const struct store_entry *first = NULL;

	if (p->def->no_source)
		return NULL;
	while (str_split(&rest, ' ', &word)) {
		const struct store_entry *e;
		char name[64];

		(void)snprintf(name, sizeof name, STR_FMT, STR_ARG(word));
		e = store_entry(ui->store, name);
		first = first ? first : e;
		if (!p->def->any_source || (e && !(e->latest && e->latest->state == SNAP_SKIPPED)))
			return e;
	}
	return first;
}

const struct snapshot *pane_good(const struct ui *ui, const struct pane *p)
{
	const struct store_entry *e = pane_entry(ui, p);

	return e ? e->good : NULL;
}

static int draw_wrapped(struct canvas *c, struct rect r, int y, struct str text, enum role role, bool bold)
{
	return pen_wrapped(c, r, y, text, STYLE(role, ROLE_BG, bold ? ATTR_BOLD : 0));
}

static int draw_remedy(struct canvas *c, struct rect r, int y, const char *remedy)
{
	if (!remedy[0] || y >= r.y + r.h)
		return y;
	canvas_text_c(c, r, y, r.x, "next", STYLE(ROLE_ACCENT, ROLE_BG, ATTR_BOLD));
	return draw_wrapped(c, (struct rect){r.y, r.x + 6, r.h, r.w - 6}, y, str_c(remedy), ROLE_FG, false);
}

static void draw_waiting(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect in, int y)
{
	char line[160];

	(void)snprintf(line, sizeof line, "%s %s", e->fetch_since_mono_us ? "Reading" : "Waiting for",
		       e->source->title);
	y = draw_wrapped(c, in, y, str_c(line), ROLE_STRONG, true);
	y = draw_wrapped(c, in, y, str_c(e->source->origin ? e->source->origin : ""), ROLE_MUTED, false);
	/* nothing is fetched meanwhile, so that would be a long wait */
	if (ui->paused_at_us && !e->fetch_since_mono_us)
		(void)draw_remedy(c, in, y, "Space ends the pause");
}

/* However long the reason is, the remedy is what one came for: rows are kept for it. */
static void draw_failure(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect in, int y)
{
	const struct err *err = &e->latest->err;
	bool retries = e->latest->state == SNAP_ERROR && e->next_mono_us > ui->mono_us && in.h > 3;
	int keep = (err->remedy[0] && in.h > 3 ? 2 : 0) + retries;
	char line[160];

	y = draw_wrapped(c, (struct rect){in.y, in.x, in.h - keep, in.w}, y, str_c(err->text), ROLE_STRONG, true);
	if (retries && y < in.y + in.h) {
		(void)snprintf(line, sizeof line, "attempt %u, next in %d s", e->failures,
			       (int)((e->next_mono_us - ui->mono_us + US_PER_S - 1) / US_PER_S));
		y = draw_wrapped(c, in, y, str_c(line), ROLE_MUTED, false);
	}
	if (in.h > 4 && in.y + in.h - y > 2)
		y++;
	(void)draw_remedy(c, in, y, err->remedy);
}

void pane_draw_empty(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int y = in.y + (in.h > 5 ? 1 : 0);
	char line[160];

	if (!e)
		return;
	if (!e->latest) {
		draw_waiting(ui, e, c, in, y);
	} else if (e->latest->state == SNAP_OK) {
		(void)snprintf(line, sizeof line, "No %s", e->source->title);
		(void)draw_wrapped(c, in, y, str_c(line), ROLE_STRONG, true);
	} else {
		draw_failure(ui, e, c, in, y);
	}
}

/* Something to draw: its first source has data, or one of them where the pane says that is enough. */
static bool has_data(const struct ui *ui, const struct pane *p, const struct store_entry *e)
{
	struct str rest = str_c(p->def->sources), name;

	if (p->def->no_source || (e && e->good))
		return true;
	while (p->def->any_source && str_split(&rest, ' ', &name)) {
		char word[64];

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		if (store_good(ui->store, word))
			return true;
	}
	return false;
}

/* Of when the rows below are, and when it is tried again. */
static void draw_as_it_was(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect r, int y)
{
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	struct buf at;

	buf_init(&at, 64);
	(void)format_clock(&at, e->good->at_us, ui->now_us);
	pen_textf(&pen, ROLE_MUTED, "as of %s", buf_c(&at));
	buf_release(&at);
	if (e->latest->state == SNAP_ERROR && e->next_mono_us > ui->mono_us)
		pen_textf(&pen, ROLE_MUTED, "; attempt %u, next in %d s", e->failures,
			  (int)((e->next_mono_us - ui->mono_us + US_PER_S - 1) / US_PER_S));
}

/* A failed source above its last good rows: why, what to do, and of when the rows are. Returns the rows it took. */
static int draw_reason(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect r)
{
	struct rect words = {r.y, r.x + 3, r.h, r.w - 4};
	int y;
	enum role role;
	enum glyph sign;

	if (!badge_failed(e) || !e->good || r.h < 3)
		return 0;
	sign = badge_sign(e, &role);
	canvas_glyph(c, r, r.y, r.x + 1, sign, STYLE(role, ROLE_BG, 0));
	words.h = r.h >= 8 ? 2 : 1;
	y = draw_wrapped(c, words, r.y, str_c(e->latest->err.text), ROLE_FG, false);
	words.y = y;
	words.h = r.h >= 9 ? 2 : 1;
	if (r.h > 4)
		y = draw_remedy(c, words, y, e->latest->err.remedy);
	words.h = r.y + r.h - y;
	words.y = y;
	if (r.h >= 9)
		draw_as_it_was(ui, e, c, words, y++);
	return y - r.y;
}

/* The pane's own words, or how fresh its data is. */
static int draw_badge(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect clip, int x_end)
{
	char text[64];
	int x;

	if (!p->def->ops->badge || !p->def->ops->badge(ui, p, text, sizeof text))
		return badge_draw(ui, pane_entry(ui, p), c, clip, clip.y, x_end, ROLE_BG);
	x = x_end - utf8_columns(str_c(text));
	canvas_text_c(c, clip, clip.y, x, text, STYLE(ROLE_MUTED, ROLE_BG, 0));
	return x;
}

/* A fact that is cut would be another one: it goes whole, with the separator before it; the first one stays. */
static void drop_cut_fact(struct canvas *c, const struct pen *pen)
{
	int edge = pen->clip.x + pen->clip.w;
	struct cell line;

	if (!pen->fact || pen->x <= edge || edge >= c->cols || pen->y >= c->rows)
		return;
	line = c->cells[(size_t)pen->y * (size_t)c->cols + (size_t)edge];
	for (int x = pen->fact + 1; x < edge; x++)
		canvas_put(c, pen->clip, pen->y, x, line.rune, line.style);
}

static void draw_title(struct ui *ui, struct pane *p, struct canvas *c, bool frames)
{
	struct rect r = p->frame, clip = {r.y, r.x, 1, r.w};
	enum role line = p->focused ? ROLE_ACCENT : ROLE_LINE;
	struct pen pen;
	int badge;

	if (!frames)
		canvas_hline(c, clip, r.y, r.x, r.w,
			     glyph(p->focused && ui->depth == DEPTH_MONO ? G_HEAVY_H : G_FRAME_H),
			     STYLE(line, ROLE_BG, 0));
	badge = draw_badge(ui, p, c, clip, r.x + r.w - 3);
	if (badge < r.x + r.w - 3) {
		canvas_put(c, clip, r.y, badge - 1, ' ', STYLE(ROLE_FG, ROLE_BG, 0));
		canvas_put(c, clip, r.y, r.x + r.w - 3, ' ', STYLE(ROLE_FG, ROLE_BG, 0));
	}
	pen = pen_at(c, (struct rect){r.y, r.x, 1, badge - 2 - r.x}, r.y, r.x + (frames ? 2 : 1), ROLE_BG);
	pen_skip(&pen, 1);
	if (p->def->digit)
		pen_boldf(&pen, p->focused ? ROLE_ACCENT : ROLE_MUTED, "%c ", p->def->digit);
	pen_bold(&pen, ROLE_STRONG, p->def->title);
	if (p->def->ops->summary && pen_left(&pen) > 4) {
		struct pen before = pen;
		int from;

		pen_skip(&pen, 2);
		from = pen.x;
		p->def->ops->summary(ui, p, &pen);
		if (badge_failed(pane_entry(ui, p)))
			canvas_faint(c, rect_intersect(pen.clip, (struct rect){r.y, from, 1, pen.x - from}));
		if (pen.x == from)
			pen = before;
		else
			drop_cut_fact(c, &pen);
	}
	if (pen_left(&pen) > 0)
		pen_skip(&pen, 1);
}

void pane_draw(struct ui *ui, struct pane *p, struct canvas *c)
{
	const struct store_entry *e = pane_entry(ui, p);
	bool frames = ui->chrome.frames && p->frame.h >= 3 && p->frame.w >= 4;
	struct rect in = p->frame;
	int reason;

	if (frames) {
		frame_draw(c, p->frame, p->focused, p->focused ? ROLE_ACCENT : ROLE_LINE, ROLE_BG);
		in = rect_inset(p->frame, 1, 1);
	} else {
		in.y++;
		in.h--;
	}
	draw_title(ui, p, c, frames);
	p->inner = in;
	if (in.h <= 0 || in.w <= 2)
		return;
	if (!has_data(ui, p, e)) {
		pane_draw_empty(ui, e, c, in);
		return;
	}
	reason = draw_reason(ui, e, c, in);
	in.y += reason;
	in.h -= reason;
	p->def->ops->draw(ui, p, c, in);
	if (badge_failed(e))
		canvas_faint(c, in);
}

/* What a collapsed pane says of its newest data. */
static void line_of_data(const struct ui *ui, const struct pane *p, const struct snapshot *good, struct pen *pen)
{
	const struct table_def *table = p->table.def;

	if (p->def->ops->line)
		p->def->ops->line(ui, p, pen);
	else if (p->def->ops->summary)
		p->def->ops->summary(ui, p, pen);
	else if (table)
		pen_textf(pen, ROLE_FG, "%zu %.*s", good->nrows, (int)strlen(table->noun) - (good->nrows == 1),
			  table->noun);
}

/* What a collapsed pane says: the reason why it has nothing new, or its facts. */
static void draw_line_words(struct ui *ui, struct pane *p, const struct store_entry *e, struct pen *pen)
{
	if (p->def->no_source)
		line_of_data(ui, p, NULL, pen);
	else if (e && has_data(ui, p, e) && !(e->good && badge_failed(e)))
		line_of_data(ui, p, e->good, pen);
	else if (!e || !e->latest)
		pen_textf(pen, ROLE_MUTED, "waiting for %s", e ? e->source->title : p->def->sources);
	else
		pen_str(pen, ROLE_FG, str_c(e->latest->err.text));
}

void pane_draw_line(struct ui *ui, struct pane *p, struct canvas *c)
{
	const struct store_entry *e = pane_entry(ui, p);
	struct rect r = p->frame;
	int badge = p->def->no_source ? draw_badge(ui, p, c, r, r.x + r.w - 1)
				      : badge_draw(ui, e, c, r, r.y, r.x + r.w - 1, ROLE_BG);
	struct pen pen = pen_at(c, (struct rect){r.y, r.x, 1, badge - 2 - r.x}, r.y, r.x + 1, ROLE_BG);

	pen_glyph(&pen, p->focused ? ROLE_ACCENT : ROLE_MUTED, G_FOLDED);
	pen_boldf(&pen, ROLE_MUTED, " %c ", p->def->digit ? p->def->digit : ' ');
	pen_bold(&pen, ROLE_STRONG, p->def->title);
	pen_skip(&pen, pen.x < r.x + 13 ? r.x + 15 - pen.x : 2);
	draw_line_words(ui, p, e, &pen);
}

void pane_table_recalc(struct ui *ui, struct pane *p)
{
	const struct store_entry *e = store_entry(ui->store, p->table.def->source);

	table_recalc(&p->table, e ? e->good : NULL, ui->mono_us);
}

bool pane_table_rests(const struct ui *ui, const struct pane *p)
{
	const struct store_entry *e;

	if (p->touched || p->def->ops->recalc != pane_table_recalc || !p->table.snap || p->table.held)
		return false;
	e = store_entry(ui->store, p->table.def->source);
	return e && e->good == p->table.snap;
}

/* Why a table with a source that answers shows nothing. */
static void draw_no_rows(const struct table *t, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	char line[200];
	int y = in.y + (in.h > 4 ? 1 : 0);

	if (t->filter_text[0] && t->total > 0) {
		(void)snprintf(line, sizeof line, "No %s match %.80s", t->def->noun, t->filter_text);
		y = draw_wrapped(c, in, y, str_c(line), ROLE_STRONG, true);
		(void)snprintf(line, sizeof line, "%zu without the filter; Esc clears it", t->total);
		(void)draw_wrapped(c, in, y, str_c(line), ROLE_MUTED, false);
		return;
	}
	(void)draw_wrapped(c, in, y, str_c(t->def->empty), ROLE_STRONG, true);
}

enum severity pane_table_severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *s = pane_good(ui, p);
	enum severity worst = SEV_NONE;

	for (size_t i = 0; s && i < s->nrows; i++) {
		enum severity of = p->def->table->severity(s, i);

		worst = of > worst ? of : worst;
	}
	return worst;
}

void pane_table_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct table *t = &p->table;

	if (t->n == 0 && t->snap) {
		draw_no_rows(t, c, r);
		return;
	}
	table_draw(ui, t, c, r, p->focused);
}

/* Items of a list over as many lines as they need; returns how many. */
static int detail_list(struct canvas *c, struct rect r, int y, int x, struct str items)
{
	struct pen pen = pen_at(c, r, y, x, ROLE_RAISED);
	struct str part;
	int lines = 1;

	while (items.len > 0 && str_split(&items, ',', &part)) {
		int need = utf8_columns(part) + 2;

		if (pen.x > x && pen.x + need > r.x + r.w) {
			pen.x = x;
			pen.y++;
			lines++;
		}
		if (pen.y < r.y || pen.y >= r.y + r.h) {
			pen.x += need;
			continue;
		}
		pen_str(&pen, ROLE_FG, part);
		pen_text(&pen, ROLE_MUTED, items.len > 0 ? ", " : "");
	}
	return lines;
}

int pane_table_detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	const struct snapshot *s = p->table.snap;
	long row = table_selected_row(&p->table);
	int line = 0;

	(void)ui;
	for (size_t i = 0; s && row >= 0 && i < s->type->nfields; i++) {
		const struct field *f = &s->type->fields[i];
		struct pen pen = pen_at(c, r, r.y + line - scroll, r.x, ROLE_RAISED);
		struct str why = snapshot_unavailable(s, f->name);
		struct buf b;
		union value v;

		line++;
		if (f->flags & F_LIST && rec_get(f, snapshot_row(s, (size_t)row), &v)) {
			line += detail_list(c, r, pen.y, pen.x + 26, v.str) - 1;
			if (pen.y >= r.y && pen.y < r.y + r.h)
				pen_field(&pen, ROLE_MUTED, 0, 26, str_c(f->name), false);
			continue;
		}
		if (pen.y < r.y || pen.y >= r.y + r.h)
			continue;
		buf_init(&b, 8192);
		pen_field(&pen, ROLE_MUTED, 0, 26, str_c(f->name), false);
		if (rec_get(f, snapshot_row(s, (size_t)row), &v) && kind_ops[f->kind].format(&b, v, 0))
			pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
		else if (why.len > 0)
			pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(why));
		else
			pen_glyph(&pen, ROLE_FAINT, G_NONE);
		buf_release(&b);
	}
	return line;
}

const struct pane_ops table_pane_ops = {
	.recalc = pane_table_recalc,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};
