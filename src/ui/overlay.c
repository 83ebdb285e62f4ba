/*
 * overlay.c: boxes over the dimmed view: help, detail, diagnostics; and the filter prompt's
 * keys. The palette has its own file.
 */
#include "ui/ui.h"

#include "base/utf8.h"
#include "ui/action.h"
#include "ui/action_lane.h"
#include "ui/doctor_view.h"
#include "ui/identity_view.h"
#include "ui/operate.h"
#include "ui/plan_view.h"
#include "ui/session_detail.h"
#include "ui/widgets/prose.h"

#include <stdio.h>

struct rect overlay_box(struct ui *ui, struct canvas *c, int h, int w, const char *title, const char *remark,
			enum role line)
{
	bool small = c->cols < 100 || c->rows < 30;
	int max_h = small ? c->rows - (ui->chrome.footer >= 0 ? 2 : 0) : c->rows - 6,
	    max_w = small ? c->cols : c->cols - 14;
	struct rect r;
	struct pen pen;

	h = small || h > max_h ? max_h : h;
	w = small || w > max_w ? max_w : w;
	r = (struct rect){(c->rows - h) / 2, (c->cols - w) / 2, h, w};
	if (small)
		r.y = ui->chrome.identity >= 0 ? 1 : 0;
	canvas_dim(c, (struct rect){0, 0, c->rows - (ui->chrome.footer >= 0 ? 1 : 0), c->cols});
	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_RAISED, 0));
	frame_draw(c, r, true, line, ROLE_RAISED);
	pen = pen_at(c, rect_inset(r, 0, 2), r.y, r.x + 2, ROLE_RAISED);
	pen_skip(&pen, 1);
	pen_bold(&pen, ROLE_STRONG, title);
	pen_skip(&pen, 1);
	if (remark[0])
		pen_textf(&pen, ROLE_MUTED, " %s ", remark);
	return rect_inset(r, 1, 2);
}

bool overlay_beyond(struct ui *ui, struct canvas *c, struct rect r)
{
	int most = ui->overlay_lines > r.h ? ui->overlay_lines - r.h : 0;

	if (ui->overlay_scroll <= most)
		return false;
	ui->overlay_scroll = most;
	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_RAISED, 0));
	return true;
}

void overlay_more(const struct ui *ui, struct canvas *c, struct rect r)
{
	int last = ui->overlay_scroll + r.h;
	char text[64];

	if (ui->overlay_lines <= r.h)
		return;
	last = last < ui->overlay_lines ? last : ui->overlay_lines;
	(void)snprintf(text, sizeof text, " lines %d to %d of %d ", ui->overlay_scroll + 1, last, ui->overlay_lines);
	canvas_text_c(c, (struct rect){r.y + r.h, r.x, 1, r.w}, r.y + r.h, r.x + r.w - (int)strlen(text), text,
		      STYLE(ROLE_MUTED, ROLE_RAISED, 0));
}

static void draw_help(struct ui *ui, struct canvas *c)
{
	char remark[80];
	struct rect r;

	(void)snprintf(remark, sizeof remark, "%d actions; faint keys do nothing here", ACTION__COUNT);
	r = overlay_box(ui, c, 42, 146, "Help", remark, ROLE_ACCENT);
	help_draw(ui, c, r);
	if (overlay_beyond(ui, c, r))
		help_draw(ui, c, r);
	overlay_more(ui, c, r);
}

static void draw_detail(struct ui *ui, struct canvas *c)
{
	struct pane *p = ui_focused(ui);
	char remark[80] = "";
	struct rect r;

	if (!p || !p->def->ops->detail)
		return;
	if (p->def->table)
		(void)snprintf(remark, sizeof remark, "row %zu of %zu", p->table.cursor + 1, p->table.n);
	r = overlay_box(ui, c, 40, 120, p->def->title, remark, ROLE_ACCENT);
	ui->overlay_lines = p->def->ops->detail(ui, p, c, r, ui->overlay_scroll);
	if (overlay_beyond(ui, c, r))
		(void)p->def->ops->detail(ui, p, c, r, ui->overlay_scroll);
	overlay_more(ui, c, r);
}

static void diag_lane(struct prose *l, struct lane *lane, const struct lane_stats *st)
{
	struct pen pen = prose_line(l);
	struct buf b;

	buf_init(&b, 256);
	pen_field(&pen, ROLE_FG, 0, 22, str_c(lane_name(lane)), false);
	(void)format_count(&b, st->requests);
	pen_field(&pen, ROLE_FG, 0, 9, buf_str(&b), true);
	buf_clear(&b);
	(void)format_bytes(&b, st->bytes);
	pen_field(&pen, ROLE_FG, 0, 11, buf_str(&b), true);
	buf_clear(&b);
	(void)buf_addf(&b, "%lld", (long long)st->failures);
	pen_field(&pen, st->failures ? ROLE_STRONG : ROLE_MUTED, 0, 8, buf_str(&b), true);
	buf_clear(&b);
	(void)glyph_duration(&b, st->busy_us);
	pen_field(&pen, ROLE_FG, 0, 9, buf_str(&b), true);
	pen_skip(&pen, 2);
	pen_text(&pen, ROLE_MUTED, st->doing[0] ? st->doing : "idle");
	buf_release(&b);
}

/* Lanes that nothing has needed yet are only named. */
static void diag_lanes(const struct ui *ui, struct prose *l)
{
	struct pen pen = prose_line(l);
	struct lane_stats st;
	struct lane *lane;
	int resting = 0;

	pen_text(&pen, ROLE_MUTED, "LANE                   REQUESTS   RECEIVED  FAILED     BUSY  NOW");
	for (size_t i = 0; (lane = runtime_lane(ui->rt, i)) != NULL; i++) {
		lane_stats(lane, &st);
		if (st.started)
			diag_lane(l, lane, &st);
	}
	for (size_t i = 0; (lane = runtime_lane(ui->rt, i)) != NULL; i++) {
		lane_stats(lane, &st);
		if (st.started)
			continue;
		if (resting == 0 || pen.x + (int)strlen(lane_name(lane)) + 2 > l->r.x + l->r.w) {
			pen = prose_line(l);
			pen_text(&pen, ROLE_MUTED, resting++ ? "             " : "not started  ");
		} else {
			pen_text(&pen, ROLE_MUTED, ", ");
		}
		pen_text(&pen, ROLE_FG, lane_name(lane));
	}
}

static void diag_source(struct prose *l, const struct store_entry *e)
{
	static const char *const states[] = {"ok", "error", "n/a", "skipped"};
	struct pen pen = prose_line(l);
	struct buf b;

	buf_init(&b, 64);
	if (e->latest)
		(void)glyph_duration(&b, e->latest->took_us);
	pen_textf(&pen, ROLE_FG, "%-21s %-9s %5zu %9u  ", e->source->name,
		  e->latest ? states[e->latest->state] : "not asked", e->good ? e->good->nrows : 0, e->failures);
	pen_field(&pen, ROLE_FG, 0, 8, buf_str(&b), false);
	if (e->latest && e->latest->state != SNAP_OK) {
		pen_skip(&pen, 1);
		pen_field(&pen, ROLE_MUTED, 0, pen_left(&pen), str_c(e->latest->err.text), false);
	}
	buf_release(&b);
}

void diag_draw(struct ui *ui, struct canvas *c, struct rect r)
{
	struct prose l = {.c = c, .r = r, .bg = ROLE_RAISED, .scroll = ui->overlay_scroll};
	struct pen pen;

	diag_lanes(ui, &l);
	prose_gap(&l);
	action_lane_draw(ui, &l);
	prose_gap(&l);
	if (runtime_target(ui->rt)->aws) {
		diag_cost_draw(ui, &l);
		prose_gap(&l);
	}
	pen = prose_line(&l);
	pen_text(&pen, ROLE_MUTED, "SOURCE                STATE      ROWS  FAILURES  TOOK     WHY");
	for (size_t i = 0; i < ui->store->n; i++)
		diag_source(&l, &ui->store->entries[i]);
	ui->overlay_lines = l.lines;
	if (overlay_beyond(ui, c, r)) {
		diag_draw(ui, c, r);
		return;
	}
	overlay_more(ui, c, r);
}

void overlay_draw(struct ui *ui, struct canvas *c)
{
	switch (ui->overlay) {
	case OVERLAY_HELP:
		draw_help(ui, c);
		break;
	case OVERLAY_PALETTE:
		palette_draw(ui, c);
		break;
	case OVERLAY_DETAIL:
		draw_detail(ui, c);
		break;
	case OVERLAY_PLAN:
		plan_draw(ui, c);
		break;
	case OVERLAY_DIAG:
		diag_draw(ui, c,
			  overlay_box(ui, c, 42, 110, "Diagnostics", "lanes, AWS calls and sources", ROLE_ACCENT));
		break;
	case OVERLAY_OPERATE:
		operate_draw(ui, c);
		break;
	case OVERLAY_JOBS:
		jobs_draw(ui, c);
		break;
	case OVERLAY_IDENTITY:
		identity_draw(ui, c);
		break;
	case OVERLAY_NONE:
		break;
	}
}

/* ---- prompt ---- */

static void erase_before(struct prompt *p, size_t n)
{
	memmove(p->text + p->cursor - n, p->text + p->cursor, p->len - p->cursor);
	p->len -= n;
	p->cursor -= n;
	p->text[p->len] = '\0';
}

static size_t previous_rune(const struct prompt *p)
{
	size_t n = 1;

	while (n < p->cursor && ((unsigned char)p->text[p->cursor - n] & 0xC0) == 0x80)
		n++;
	return n;
}

static size_t next_rune(const struct prompt *p)
{
	size_t n = 1;

	while (p->cursor + n < p->len && ((unsigned char)p->text[p->cursor + n] & 0xC0) == 0x80)
		n++;
	return n;
}

static void insert(struct prompt *p, uint32_t cp)
{
	char bytes[4];
	int n = utf8_encode(cp, bytes);

	if (n <= 0 || p->len + (size_t)n >= PROMPT_MAX || utf8_width(cp) < 0)
		return;
	memmove(p->text + p->cursor + n, p->text + p->cursor, p->len - p->cursor);
	memcpy(p->text + p->cursor, bytes, (size_t)n);
	p->len += (size_t)n;
	p->cursor += (size_t)n;
	p->text[p->len] = '\0';
}

bool prompt_edit(struct prompt *p, uint32_t key)
{
	switch (key) {
	case K_BACKSPACE:
		if (p->cursor > 0)
			erase_before(p, previous_rune(p));
		return true;
	case K_DELETE:
		if (p->cursor < p->len) {
			p->cursor += next_rune(p);
			erase_before(p, previous_rune(p));
		}
		return true;
	case K_LEFT:
		p->cursor -= p->cursor > 0 ? previous_rune(p) : 0;
		return true;
	case K_RIGHT:
		p->cursor += p->cursor < p->len ? next_rune(p) : 0;
		return true;
	case K_HOME:
	case K_CTRL_A:
		p->cursor = 0;
		return true;
	case K_END:
	case K_CTRL_E:
		p->cursor = p->len;
		return true;
	case K_CTRL_U:
		erase_before(p, p->cursor);
		return true;
	case K_CTRL_W:
		do
			erase_before(p, p->cursor > 0 ? previous_rune(p) : 0);
		while (p->cursor > 0 && p->text[p->cursor - 1] != ' ');
		return true;
	default:
		if (key >= 0x20 && key < KEY_FIRST_SPECIAL_) {
			insert(p, key);
			return true;
		}
		return false;
	}
}

static int filter_key(struct ui *ui, uint32_t key)
{
	struct pane *p = ui_focused(ui);
	struct err err;

	if (!p || !p->def->table) {
		ui->prompt.open = false;
		return EFFECT_PAINT;
	}
	if (key == K_ENTER) {
		ui->prompt.open = false;
		p->table.filter_err.code = ERR_NONE;
		return EFFECT_PAINT;
	}
	if (key == K_ESC || key == K_CTRL_C) {
		ui->prompt.open = false;
		(void)table_set_filter(&p->table, "", &err);
		return EFFECT_RECALC | EFFECT_PAINT;
	}
	if (key == K_DOWN || key == K_UP) {
		table_move(&p->table, key == K_DOWN ? 1 : -1, ui->mono_us);
		return EFFECT_PAINT;
	}
	if (!prompt_edit(&ui->prompt, key))
		return EFFECT_PAINT;
	/* While the text is not yet a filter, the last good one stays in force and the prompt says why. */
	(void)!table_set_filter(&p->table, ui->prompt.text, &err);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int palette_key(struct ui *ui, uint32_t key)
{
	size_t n = palette_count(ui);

	switch (key) {
	case K_ESC:
	case K_CTRL_C:
		ui->overlay = OVERLAY_NONE;
		ui->prompt.open = false;
		if (!str_eq_c(str_c(ui->theme_before), theme_name(ui->theme)))
			ui_set_theme(ui, ui->theme_before);
		return EFFECT_PAINT;
	case K_DOWN:
	case K_CTRL_N:
	case K_TAB:
		ui->palette_choice = n ? (ui->palette_choice + 1) % n : 0;
		palette_changed(ui);
		return EFFECT_PAINT;
	case K_UP:
	case K_CTRL_P:
	case K_BACKTAB:
		ui->palette_choice = n ? (ui->palette_choice + n - 1) % n : 0;
		palette_changed(ui);
		return EFFECT_PAINT;
	case K_ENTER:
		return palette_run(ui);
	default:
		if (prompt_edit(&ui->prompt, key)) {
			ui->palette_choice = palette_best(ui);
			palette_changed(ui);
		}
		return EFFECT_PAINT;
	}
}

/* Moves the text; true when the action does that. */
static bool scroll_overlay(struct ui *ui, int id)
{
	switch (id) {
	case ACTION_DOWN:
		ui->overlay_scroll++;
		return true;
	case ACTION_UP:
		ui->overlay_scroll -= ui->overlay_scroll > 0;
		return true;
	case ACTION_PAGE_DOWN:
		ui->overlay_scroll += 10;
		return true;
	case ACTION_PAGE_UP:
		ui->overlay_scroll -= ui->overlay_scroll > 10 ? 10 : ui->overlay_scroll;
		return true;
	case ACTION_FIRST:
		ui->overlay_scroll = 0;
		return true;
	case ACTION_LAST:
		/* drawing brings it back to the last page */
		ui->overlay_scroll = ui->overlay_lines;
		return true;
	default:
		return false;
	}
}

/* The row before or after the one whose detail is open. */
static int detail_step(struct ui *ui, int step)
{
	struct pane *p = ui_focused(ui);

	if (ui->overlay != OVERLAY_DETAIL || !p || !p->def->table)
		return EFFECT_PAINT;
	table_move(&p->table, step, ui->mono_us);
	ui->overlay_scroll = 0;
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int close_overlay(struct ui *ui)
{
	if (ui->overlay == OVERLAY_PLAN)
		plan_close(ui);
	else
		ui->overlay = OVERLAY_NONE;
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int act_in_overlay(struct ui *ui, int id)
{
	bool plan = ui->overlay == OVERLAY_PLAN, detail = ui->overlay == OVERLAY_DETAIL;

	switch (id) {
	case ACTION_CURSOR_LEFT:
		return detail_step(ui, -1);
	case ACTION_CURSOR_RIGHT:
		return detail_step(ui, 1);
	case ACTION_COPY:
		return plan ? plan_copy(ui) : action_run(ui, ACTION_COPY);
	case ACTION_EXPLAIN:
		return plan ? plan_again(ui) : detail ? plan_explain(ui) : EFFECT_NONE;
	case ACTION_REFRESH:
		if (detail)
			session_detail_refresh(ui);
		return detail ? EFFECT_RECALC | EFFECT_PAINT : EFFECT_NONE;
	case ACTION_BACK:
	case ACTION_HELP:
	case ACTION_QUIT:
		return close_overlay(ui);
	case ACTION_DETAIL:
		/* Enter opens things; in a plan there is nothing to open */
		return plan ? EFFECT_NONE : close_overlay(ui);
	default:
		return EFFECT_NONE;
	}
}

int overlay_key(struct ui *ui, uint32_t key)
{
	if (ui->overlay == OVERLAY_PALETTE)
		return palette_key(ui, key);
	if (ui->overlay == OVERLAY_OPERATE)
		return operate_key(ui, key);
	if (ui->overlay == OVERLAY_JOBS)
		return jobs_key(ui, key);
	if (ui->overlay == OVERLAY_IDENTITY && !identity_types(ui) && scroll_overlay(ui, action_of_key(key)))
		return EFFECT_PAINT;
	if (ui->overlay == OVERLAY_IDENTITY)
		return identity_key(ui, key);
	if (ui->prompt.open && ui->prompt.sign == '/')
		return filter_key(ui, key);
	if (ui->prompt.open && ui->prompt.sign == DOCTOR_PROMPT)
		return doctor_view_key(ui, key);
	if (ui->overlay != OVERLAY_NONE)
		return scroll_overlay(ui, action_of_key(key)) ? EFFECT_PAINT : act_in_overlay(ui, action_of_key(key));
	return -1;
}
