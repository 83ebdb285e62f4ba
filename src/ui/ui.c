/*
 * ui.c: the UI's state machine: events in, effects out, one picture per turn.
 *
 * Events go to the open overlay or prompt first, then to the focused pane, then to the
 * action table. A paste is text: while it lasts, keys reach a prompt only. Effects are
 * applied in ui_apply(); data changes mark panes dirty, and panes recalculate at most
 * once before a paint.
 */
#include "ui/ui.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/acknowledge.h"
#include "ui/action.h"
#include "ui/bell.h"
#include "ui/doctor_view.h"
#include "ui/identity_view.h"
#include "ui/load_view.h"
#include "ui/marks.h"
#include "ui/operate.h"
#include "ui/plan_view.h"
#include "ui/report_ask.h"
#include "ui/session_detail.h"
#include "ui/storage_view.h"
#include "ui/verdicts.h"

#include <stdarg.h>
#include <stdio.h>

#define COPY_MAX (74u << 10)
#define TOAST_OK_US (5 * US_PER_S)
/* How long the rest of the picture (clock, ages) may stand still meanwhile. */
#define SELECTION_ONLY_US (500 * US_PER_MS)
#define TOAST_WARN_US (10 * US_PER_S)

struct view *ui_view(struct ui *ui)
{
	return &ui->views[ui->view];
}

struct pane *ui_focused(struct ui *ui)
{
	struct view *v = ui_view(ui);

	return v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;
}

static void init_view(struct view *v, const struct view_def *def)
{
	*v = (struct view){.def = def, .panes = xcalloc(def->npanes, sizeof *v->panes)};
	v->range_bar = def->digit == '6' || def->digit == '9';
	for (size_t i = 0; i < def->npanes; i++) {
		struct pane *p = &v->panes[i];

		p->def = def->panes[i].def;
		p->dirty = true;
		if (p->def->table)
			table_init(&p->table, p->def->table);
		/* The pane that never collapses is the view's main one. */
		if (def->panes[i].place.rank == 0)
			v->focus = i;
	}
	if (def->start)
		v->focus = def->start;
}

void ui_init(struct ui *ui, struct runtime *rt, const struct ui_options *o, struct theme *theme)
{
	*ui = (struct ui){.rt = rt, .store = runtime_store(rt), .options = *o, .theme = theme};
	ui->home = target_ref(runtime_target(rt));
	ui->load = load_view_new(ui->home);
	ui->storage = storage_view_new();
	canvas_init(&ui->canvas, 24, 80);
	buf_init(&ui->copy, COPY_MAX);
	ui->nviews = nview_defs;
	ui->views = xcalloc(nview_defs, sizeof *ui->views);
	for (size_t i = 0; i < nview_defs; i++)
		init_view(&ui->views[i], view_defs[i]);
	ui->now_us = clock_wall_us();
	ui->mono_us = clock_mono_us();
	marks_follow(ui);
	ui_apply(ui, EFFECT_DEMAND);
	verdicts_follow(ui);
}

static void close_pane(struct pane *p)
{
	if (p->def->table)
		table_release(&p->table);
	if (p->def->ops->close)
		p->def->ops->close(p);
	else
		xfree(p->state);
}

void ui_release(struct ui *ui)
{
	plan_close(ui);
	operate_release(ui);
	acknowledge_release(ui);
	report_release(ui);
	bell_release(ui);
	identity_release(ui);
	snapshot_unref(ui->known_plan);
	session_detail_close(ui);
	for (size_t v = 0; v < ui->nviews; v++) {
		for (size_t i = 0; i < ui->views[v].def->npanes; i++)
			close_pane(&ui->views[v].panes[i]);
		xfree(ui->views[v].panes);
	}
	xfree(ui->views);
	load_view_free(ui->load);
	storage_view_free(ui->storage);
	marks_free(ui->marks);
	canvas_release(&ui->canvas);
	buf_release(&ui->copy);
	theme_free(ui->theme);
	target_unref(ui->home);
}

/* Who only looked at the list of clusters gets back what was open. */
static void reopen_cluster(struct ui *ui)
{
	if (ui->left_cluster[0] && !ui->next_target && !runtime_target(ui->rt)->cluster[0] &&
	    strcmp(ui->views[ui->view].def->name, "clusters") == 0)
		ui->next_target = ui_target_for(ui, str_c(ui->left_cluster));
}

int ui_show_view(struct ui *ui, size_t view)
{
	if (view >= ui->nviews || view == ui->view)
		return EFFECT_NONE;
	reopen_cluster(ui);
	ui->previous_view = ui->view;
	ui->view = view;
	/* a key that follows at once, before anything was drawn or fetched, finds an order to change */
	for (size_t i = 0; i < ui->views[view].def->npanes; i++) {
		struct pane *p = &ui->views[view].panes[i];
		const struct store_entry *e = p->def->table ? store_entry(ui->store, p->table.def->source) : NULL;

		if (e)
			table_bind(&p->table, e->source->type);
	}
	return EFFECT_LAYOUT | EFFECT_DEMAND | EFFECT_RECALC | EFFECT_PAINT;
}

struct target *ui_copy_target(const struct ui *ui)
{
	const struct target *now = runtime_target(ui->rt);
	struct target *t = target_new();

	target_copy(t, now);
	return t;
}

struct target *ui_target_for(const struct ui *ui, struct str cluster)
{
	struct target *t = ui_copy_target(ui);
	/* a cluster of the same name in another region or account is another one */
	bool home = (!ui->home->cluster[0] || str_eq_c(cluster, ui->home->cluster)) &&
		    strcmp(t->region, ui->home->region) == 0 && strcmp(t->profile, ui->home->profile) == 0;

	(void)snprintf(t->cluster, sizeof t->cluster, STR_FMT, STR_ARG(cluster));
	(void)snprintf(t->conninfo, sizeof t->conninfo, "%s", home && cluster.len > 0 ? ui->home->conninfo : "");
	target_choose_login(t);
	return t;
}

void ui_set_theme(struct ui *ui, const char *name)
{
	struct theme *t;
	struct err err;

	if (!theme_load(name, &t, &err)) {
		ui_toast(ui, SEV_WARN, "%s", err.text);
		return;
	}
	theme_free(ui->theme);
	ui->theme = t;
	ui->depth = theme_is_mono(t) ? DEPTH_MONO : ui->terminal_depth;
}

void ui_toast(struct ui *ui, enum severity s, const char *fmt, ...)
{
	struct toast *slot = &ui->toasts[0];
	char text[sizeof slot->text];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us < slot->until_mono_us)
			slot = &ui->toasts[i];
	/* What stands there already is not said twice. */
	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us > ui->mono_us && strcmp(ui->toasts[i].text, text) == 0)
			slot = &ui->toasts[i];
	slot->severity = s;
	slot->until_mono_us = s == SEV_CRIT ? INT64_MAX : ui->mono_us + (s == SEV_WARN ? TOAST_WARN_US : TOAST_OK_US);
	(void)snprintf(slot->text, sizeof slot->text, "%s", text);
}

/* Sources that something on screen needs: the view's panes and, always, what the chrome shows. */
static uint64_t demand_of_names(const struct ui *ui, const char *list)
{
	struct str rest = str_c(list), name;
	uint64_t mask = 0;

	while (str_split(&rest, ' ', &name)) {
		char word[64];
		const char *names[1] = {word};

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		mask |= runtime_demand_of(ui->rt, names, 1);
	}
	return mask;
}

static uint64_t wanted(const struct ui *ui)
{
	static const char *const chrome[] = {"clusters", "instances", "activity", "action", "verdicts", "acknowledged"};
	const struct view *v = &ui->views[ui->view];
	uint64_t mask = runtime_demand_of(ui->rt, chrome, ARRAY_LEN(chrome));

	for (size_t i = 0; i < v->def->npanes; i++)
		mask |= demand_of_names(ui, v->panes[i].def->sources);
	if (ui->overlay == OVERLAY_DETAIL && v->focus < v->def->npanes && v->panes[v->focus].def->detail_sources)
		mask |= demand_of_names(ui, v->panes[v->focus].def->detail_sources);
	if (v->def->digit == '1') {
		static const char *const vitals[] = {"databases", "load",   "metrics",
						     "events",    "alarms", "pending_maintenance"};

		mask |= runtime_demand_of(ui->rt, vitals, ARRAY_LEN(vitals));
	}
	if (v->def->digit == '4')
		mask |= load_view_wanted(ui);
	if (v->def->digit == '8')
		mask |= demand_of_names(ui, DOCTOR_SOURCES);
	/* what the rails under the large graphs tell */
	if (v->def->digit == '4' || v->def->digit == '6')
		mask |= demand_of_names(ui, "events alarms");
	if (jobs_running(ui) + jobs_left(ui) > 0)
		mask |= demand_of_names(ui, "progress");
	if (operate_tails(ui))
		mask |= demand_of_names(ui, "logs server_log");
	/* a preview compares what it needs with the room there is */
	if (ui->overlay == OVERLAY_OPERATE)
		mask |= demand_of_names(ui, "metrics");
	if (operate_looks_for_jobs(ui))
		mask |= demand_of_names(ui, "jobs");
	return mask | demand_of_names(ui, "leases lease_marks") | report_wanted(ui);
}

static void mark_dirty(struct ui *ui, bool data_only)
{
	for (size_t v = 0; v < ui->nviews; v++)
		for (size_t i = 0; i < ui->views[v].def->npanes; i++) {
			ui->views[v].panes[i].dirty = true;
			ui->views[v].panes[i].touched |= !data_only;
		}
}

void ui_data_changed(struct ui *ui)
{
	load_view_feed(ui);
	storage_view_feed(ui, store_good(ui->store, "relations"));
	plan_follow(ui);
	operate_follow(ui);
	verdicts_follow(ui);
	acknowledge_follow(ui);
	report_follow(ui);
	identity_follow(ui);
	bell_follow(ui);
	marks_follow(ui);
	mark_dirty(ui, true);
	ui->damage = DAMAGE_ALL;
}

void ui_apply(struct ui *ui, int effects)
{
	if (effects & EFFECT_RECALC)
		mark_dirty(ui, false);
	if (effects & EFFECT_DEMAND)
		runtime_demand(ui->rt, wanted(ui));
}

#define FRAMELESS_ROWS 5

/* It takes no place, unless it has the focus. */
static bool is_hidden(const struct ui *ui, const struct view *v, size_t i)
{
	const struct pane *p = &v->panes[i];

	return i != v->focus && p->def->ops->hidden && p->def->ops->hidden(ui, p);
}

/* Places of the panes that are not hidden, and which of them each pane has; returns how many. */
static size_t wished_places(const struct ui *ui, const struct view *v, struct layout_item *items, size_t *shown)
{
	size_t n = 0;

	for (size_t i = 0; i < v->def->npanes; i++) {
		shown[i] = n;
		if (is_hidden(ui, v, i))
			continue;
		items[n] = v->def->panes[i].place;
		/* without frames three rows of a list are a pane */
		if (!ui->chrome.frames && items[n].min_h > FRAMELESS_ROWS)
			items[n].min_h = items[n].rank == LAYOUT_STAYS ? FRAMELESS_ROWS - 1 : FRAMELESS_ROWS;
		n++;
	}
	return n;
}

static void place_panes(struct ui *ui, int rows, int cols)
{
	struct view *v = ui_view(ui);
	struct layout_item items[VIEW_PANES_MAX];
	struct layout_place places[VIEW_PANES_MAX];
	size_t shown[VIEW_PANES_MAX], n;
	struct rect body;

	ui->chrome = layout_chrome(rows, cols, v->def->digit == '1');
	body = ui->chrome.body;
	if (v->range_bar && body.h > 8 && ui->chrome.footer >= 0) {
		body.y++;
		body.h--;
	}
	n = wished_places(ui, v, items, shown);
	layout_panes(body, items, n, shown[v->focus], places);
	for (size_t i = 0; i < v->def->npanes; i++) {
		struct pane *p = &v->panes[i];
		bool hidden = is_hidden(ui, v, i);

		p->focused = i == v->focus;
		p->frame = hidden ? (struct rect){0, 0, 0, 0} : places[shown[i]].r;
		p->collapsed = !hidden && !v->zoomed && places[shown[i]].collapsed;
		if (v->zoomed)
			p->frame = p->focused ? body : (struct rect){0, 0, 0, 0};
	}
}

static void draw_one(struct ui *ui, struct pane *p, struct canvas *c)
{
	/* also when there is no room for the table this time */
	p->table.drawn.valid = false;
	if (p->frame.h <= 0)
		return;
	if (p->collapsed || p->frame.h == 1)
		pane_draw_line(ui, p, c);
	else
		pane_draw(ui, p, c);
}

static void draw_panes(struct ui *ui, struct canvas *c)
{
	struct view *v = ui_view(ui);

	for (size_t i = 0; i < v->def->npanes; i++) {
		struct pane *p = &v->panes[i];

		if (p->dirty && p->def->ops->recalc && !pane_table_rests(ui, p))
			p->def->ops->recalc(ui, p);
		p->dirty = p->touched = false;
		draw_one(ui, p, c);
	}
}

#define TOAST_LINES_MAX 5 /* paths are long */

/* Some lines of text in a frame. */
static int draw_toast(struct canvas *c, const struct toast *t, int bottom)
{
	int w = c->cols < 56 ? c->cols - 2 : 54, columns = utf8_columns(str_c(t->text));
	int wished = w > 6 && columns > 0 ? 1 + (columns - 1) / (w - 6) : 1;
	int lines = wished < TOAST_LINES_MAX ? wished : TOAST_LINES_MAX;
	struct rect r = {bottom - lines - 1, c->cols - w - 1, lines + 2, w}, in = rect_inset(r, 1, 2);

	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_RAISED, 0));
	frame_draw(c, r, false, severity_role(t->severity), ROLE_RAISED);
	canvas_glyph(c, in, in.y, in.x, severity_glyph(t->severity), STYLE(severity_role(t->severity), ROLE_RAISED, 0));
	in.x += 2;
	in.w -= 2;
	(void)pen_wrapped(c, in, in.y, str_c(t->text), STYLE(ROLE_FG, ROLE_RAISED, 0));
	return r.y - 1;
}

static void draw_toasts(struct ui *ui, struct canvas *c)
{
	int y = c->rows - 2;

	for (size_t i = 0; i < TOASTS_MAX && y > 4; i++)
		if (ui->toasts[i].until_mono_us > ui->mono_us)
			y = draw_toast(c, &ui->toasts[i], y);
}

static bool nothing_above_panes(const struct ui *ui)
{
	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us > ui->whole_mono_us)
			return false;
	return ui->overlay == OVERLAY_NONE && !ui->prompt.open && !ui->dialog.open;
}

/* Moving along a table is what keys do most, and must feel like nothing. False: everything has to be drawn. */
static bool draw_selection(struct ui *ui, struct canvas *c)
{
	struct view *v = ui_view(ui);
	struct pane *focused = ui_focused(ui);

	if (ui->damage != DAMAGE_SELECTION || ui->mono_us - ui->whole_mono_us > SELECTION_ONLY_US ||
	    !nothing_above_panes(ui) || !focused || focused->collapsed || focused->frame.h <= 1)
		return false;
	for (size_t i = 0; i < v->def->npanes; i++)
		if (v->panes[i].dirty)
			return false;
	/* old rows are recoloured as a whole */
	if (badge_failed(pane_entry(ui, focused)))
		return false;
	if (!focused->def->table || !table_draw_moved(ui, &focused->table, c, true))
		return false;
	for (size_t i = 0; i < v->def->npanes; i++) {
		if (!v->panes[i].def->ops->follows_selection)
			continue;
		canvas_fill(c, v->panes[i].frame, STYLE(ROLE_FG, ROLE_BG, 0));
		draw_one(ui, &v->panes[i], c);
	}
	/* what the footer offers may depend on the row */
	chrome_draw(ui, c);
	return true;
}

void ui_draw(struct ui *ui, int rows, int cols)
{
	struct canvas *c = &ui->canvas;
	bool same = c->rows == rows && c->cols == cols && draw_selection(ui, c);

	ui->damage = DAMAGE_NONE;
	if (same)
		return;
	ui->whole_mono_us = ui->mono_us;
	report_follow(ui);
	if (c->rows != rows || c->cols != cols)
		canvas_resize(c, rows, cols);
	canvas_clear(c, STYLE(ROLE_FG, ROLE_BG, 0));
	place_panes(ui, c->rows, c->cols);
	load_view_update(ui);
	draw_panes(ui, c);
	chrome_draw(ui, c);
	/* a message never covers what is to be confirmed */
	bool asks = ui->dialog.open || ui->overlay == OVERLAY_OPERATE;
	if (asks)
		draw_toasts(ui, c);
	overlay_draw(ui, c);
	if (ui->dialog.open)
		dialog_draw(&ui->dialog, c);
	if (!asks)
		draw_toasts(ui, c);
}

int64_t ui_next_change(const struct ui *ui)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us > ui->mono_us && ui->toasts[i].until_mono_us < next)
			next = ui->toasts[i].until_mono_us;
	if (!ui->paused_at_us) {
		int64_t tick = ui->mono_us + US_PER_S - ui->now_us % US_PER_S;

		next = tick < next ? tick : next;
	}
	return report_due(ui) < next ? report_due(ui) : next;
}

static int click(struct ui *ui, const struct event *e)
{
	struct view *v = ui_view(ui);

	if (e->y == ui->chrome.tabs)
		for (size_t i = 0; i < ui->nviews; i++)
			if (e->x >= ui->views[i].tab_x && e->x < ui->views[i].tab_x + ui->views[i].tab_w)
				return ui_show_view(ui, i);
	for (size_t i = 0; i < v->def->npanes; i++) {
		struct pane *p = &v->panes[i];
		long at;
		int column;

		if (p->frame.h <= 0 || !rect_contains(p->frame, e->y, e->x))
			continue;
		v->focus = i;
		if (!p->def->table || p->collapsed)
			return EFFECT_LAYOUT | EFFECT_PAINT;
		column = table_heading_at(&p->table, e->y, e->x);
		at = table_row_at(&p->table, e->y);
		if (column >= 0) {
			table_order_column(&p->table, column);
			return EFFECT_RECALC | EFFECT_LAYOUT | EFFECT_PAINT;
		}
		if (at >= 0)
			table_move_to(&p->table, (size_t)at, ui->mono_us);
		if (at >= 0 && e->doubled)
			return action_run(ui, ACTION_DETAIL) | EFFECT_LAYOUT;
		return EFFECT_LAYOUT | EFFECT_PAINT;
	}
	return EFFECT_NONE;
}

static int wheel(struct ui *ui, const struct event *e, long delta)
{
	struct view *v = ui_view(ui);

	if (ui->overlay == OVERLAY_HELP || ui->overlay == OVERLAY_DETAIL || ui->overlay == OVERLAY_DIAG ||
	    ui->overlay == OVERLAY_PLAN) {
		ui->overlay_scroll += (int)delta;
		return EFFECT_PAINT;
	}
	/* what lies behind is what the overlay is about */
	if (ui->overlay != OVERLAY_NONE || ui->prompt.open || ui->dialog.open)
		return EFFECT_NONE;
	for (size_t i = 0; i < v->def->npanes; i++) {
		struct pane *p = &v->panes[i];

		if (p->def->table && p->frame.h > 1 && rect_contains(p->frame, e->y, e->x)) {
			table_move(&p->table, delta, ui->mono_us);
			return EFFECT_PAINT;
		}
	}
	return EFFECT_NONE;
}

static int key_event(struct ui *ui, uint32_t key)
{
	struct pane *p = ui_focused(ui);
	int effects, id;

	if (ui->dialog.open)
		return dialog_key(ui, &ui->dialog, key, ui->pasting);
	if (ui->overlay != OVERLAY_NONE || ui->prompt.open) {
		effects = overlay_key(ui, key);
		if (effects >= 0)
			return effects;
	}
	if (ui->pasting)
		return EFFECT_NONE;
	if (p && p->def->ops->key) {
		effects = p->def->ops->key(ui, p, key);
		if (effects >= 0)
			return effects;
	}
	if (key < 0x80 && view_by_digit((char)key) >= 0)
		return ui_show_view(ui, (size_t)view_by_digit((char)key)) | EFFECT_PAINT;
	id = action_for_key(ui, key);
	return id >= 0 ? action_run(ui, (enum action_id)id) : EFFECT_NONE;
}

int ui_event(struct ui *ui, const struct event *e)
{
	int effects = EFFECT_NONE;

	ui->last_key_mono_us = ui->mono_us;
	switch (e->type) {
	case EVENT_KEY:
		effects = key_event(ui, e->key);
		break;
	case EVENT_MOUSE_DOWN:
		effects = ui->overlay == OVERLAY_NONE && !ui->prompt.open && !ui->dialog.open ? click(ui, e)
											      : EFFECT_NONE;
		break;
	case EVENT_WHEEL_UP:
		effects = wheel(ui, e, -3);
		break;
	case EVENT_WHEEL_DOWN:
		effects = wheel(ui, e, 3);
		break;
	case EVENT_PASTE_BEGIN:
		ui->pasting = true;
		break;
	case EVENT_PASTE_END:
		ui->pasting = false;
		break;
	case EVENT_NONE:
	case EVENT_MOUSE_UP:
	case EVENT_MOUSE_DRAG:
		break;
	}
	/* a key may open or close what needs more */
	ui_apply(ui, effects ? effects | EFFECT_DEMAND : effects);
	if (effects & ~EFFECT_SELECT)
		ui->damage = DAMAGE_ALL;
	else if (effects && ui->damage == DAMAGE_NONE)
		ui->damage = DAMAGE_SELECTION;
	return effects;
}
