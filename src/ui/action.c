/*
 * action.c: what each action does. action_table.c has their names and keys, and where they apply.
 *
 * Handlers change state and return effects; nothing here draws, fetches or waits.
 */
#include "ui/action.h"

#include "base/clock.h"
#include "ui/doctor_view.h"
#include "ui/export.h"
#include "ui/identity_view.h"
#include "ui/jump.h"
#include "ui/load_view.h"
#include "ui/operate.h"
#include "ui/plan_view.h"
#include "ui/report_ask.h"
#include "ui/storage_view.h"

#include <stdio.h>

#define INTERVAL_MIN_US (250 * US_PER_MS)
#define INTERVAL_MAX_US (60 * US_PER_S)

static int focus_step(struct ui *ui, int step)
{
	struct view *v = ui_view(ui);
	size_t n = v->def->npanes;

	for (size_t tries = 0; tries < n; tries++) {
		const struct pane *p;

		v->focus = (v->focus + n + (size_t)(step + (int)n)) % n;
		p = &v->panes[v->focus];
		if (!p->def->ops->hidden || !p->def->ops->hidden(ui, p))
			break;
	}
	return EFFECT_LAYOUT | EFFECT_PAINT;
}

static int go_back(struct ui *ui)
{
	struct view *v = ui_view(ui);
	struct table *t = ui_focused_table(ui);

	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us == INT64_MAX) {
			ui->toasts[i].until_mono_us = 0;
			return EFFECT_PAINT;
		}
	if (load_view_action(ui, ACTION_BACK) >= 0)
		return EFFECT_RECALC | EFFECT_PAINT;
	if (storage_view_action(ui, ACTION_BACK) >= 0)
		return EFFECT_PAINT;
	if (ui->cursor_us && v->range_bar) {
		ui->cursor_us = 0;
		return EFFECT_PAINT;
	}
	if (t && table_untag(t))
		return EFFECT_RECALC | EFFECT_PAINT;
	if (t && t->filter_text[0]) {
		struct err err;

		(void)table_set_filter(t, "", &err);
		return EFFECT_RECALC | EFFECT_PAINT;
	}
	if (v->zoomed) {
		v->zoomed = false;
		return EFFECT_LAYOUT | EFFECT_PAINT;
	}
	/* a view without a digit was opened from another one, by name */
	if (ui->view != 0)
		return ui_show_view(ui, v->def->digit ? 0 : ui->previous_view);
	return EFFECT_NONE;
}

static int move_by(struct ui *ui, long delta)
{
	struct table *t = ui_focused_table(ui);

	if (!t || t->n == 0)
		return EFFECT_NONE;
	table_move(t, delta, ui->mono_us);
	return EFFECT_SELECT;
}

static int next_mode(struct ui *ui)
{
	struct table *t = ui_focused_table(ui);

	if (!t || !t->def->modes)
		return EFFECT_NONE;
	t->mode = t->def->modes[t->mode + 1] ? t->mode + 1 : 0;
	runtime_set_wide(ui->rt, t->def->source, t->mode == t->def->wide_mode);
	if (t->mode == t->def->wide_mode)
		runtime_refresh(ui->rt, t->def->source);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int order_step(struct ui *ui, int step)
{
	struct table *t = ui_focused_table(ui);

	if (!t)
		return EFFECT_NONE;
	if (step == 0)
		table_order_reverse(t);
	else
		table_order_step(t, step);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int toggle_pause(struct ui *ui)
{
	bool pause = !runtime_paused(ui->rt);

	runtime_pause(ui->rt, pause);
	ui->paused_at_us = pause ? ui->now_us : 0;
	if (pause && jobs_running(ui) > 0)
		ui_toast(ui, SEV_WARN, "paused: without samples a running job does not stop itself");
	return EFFECT_PAINT;
}

static int change_interval(struct ui *ui, bool faster)
{
	struct target *t = ui_copy_target(ui);
	int64_t us = faster ? t->interval_us / 2 : t->interval_us * 2;
	struct buf b;

	t->interval_us = us < INTERVAL_MIN_US ? INTERVAL_MIN_US : us > INTERVAL_MAX_US ? INTERVAL_MAX_US : us;
	/* The same world, another pace: what is known stays valid. */
	t->generation = runtime_target(ui->rt)->generation;
	buf_init(&b, 32);
	(void)format_duration(&b, t->interval_us);
	ui_toast(ui, SEV_NOTICE, "sampling every %s", buf_c(&b));
	buf_release(&b);
	ui->next_target = t;
	return EFFECT_PAINT;
}

static int open_overlay(struct ui *ui, enum overlay_kind kind)
{
	ui->overlay = kind;
	ui->overlay_scroll = 0;
	return EFFECT_PAINT;
}

static int open_prompt(struct ui *ui, char sign)
{
	struct table *t = ui_focused_table(ui);

	if (sign == '/' && !t)
		return EFFECT_NONE;
	ui->prompt = (struct prompt){.open = true, .sign = sign};
	if (sign == '/') {
		(void)snprintf(ui->prompt.text, sizeof ui->prompt.text, "%s", t->filter_text);
		ui->prompt.len = ui->prompt.cursor = strlen(ui->prompt.text);
	} else {
		ui->palette_choice = 0;
		ui->palette_menu = false;
		(void)snprintf(ui->theme_before, sizeof ui->theme_before, "%s", theme_name(ui->theme));
		return open_overlay(ui, OVERLAY_PALETTE);
	}
	return EFFECT_PAINT;
}

/* The palette, of what the focused pane's row can be used for. */
static int open_menu(struct ui *ui)
{
	int effects = open_prompt(ui, ':');

	if (ui_focused_table(ui))
		table_choose(ui_focused_table(ui));
	ui->palette_menu = true;
	return effects;
}

static const int64_t ranges[] = {US_PER_HOUR, 3 * US_PER_HOUR, 12 * US_PER_HOUR, US_PER_DAY, 7 * US_PER_DAY};

static int change_range(struct ui *ui, int step)
{
	struct target *t;
	int at = 0;

	if (!ui_view(ui)->range_bar)
		return EFFECT_NONE;
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (runtime_target(ui->rt)->range_us >= ranges[i])
			at = (int)i;
	at += step;
	if (at < 0 || at >= (int)ARRAY_LEN(ranges))
		return EFFECT_NONE;
	t = ui_copy_target(ui);
	t->range_us = ranges[at];
	t->generation = runtime_target(ui->rt)->generation;
	ui->next_target = t;
	/* the points of another range are others */
	runtime_refresh(ui->rt, "metrics");
	return EFFECT_PAINT;
}

/* One sixtieth of the range a step; past the right end the cursor is gone. */
static int move_cursor(struct ui *ui, int direction)
{
	int64_t range = runtime_target(ui->rt)->range_us, now = ui->paused_at_us ? ui->paused_at_us : ui->now_us;
	int64_t at = (ui->cursor_us ? ui->cursor_us : now) + direction * range / 60;

	if (!action_has_graphs(ui_view(ui)))
		return EFFECT_NONE;
	if (at >= now)
		at = 0;
	else if (at < now - range)
		at = now - range + 1;
	ui->cursor_us = at;
	return EFFECT_PAINT;
}

static int scroll_columns(struct ui *ui, int delta)
{
	struct table *t = ui_focused_table(ui);

	if (!t)
		return EFFECT_NONE;
	table_scroll_columns(t, delta);
	return EFFECT_PAINT;
}

static int fold(struct ui *ui)
{
	struct table *t = ui_focused_table(ui);

	if (!t)
		return EFFECT_NONE;
	table_fold_toggle(t, ui->mono_us);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int tag(struct ui *ui, bool all)
{
	struct table *t = ui_focused_table(ui);

	if (!t)
		return EFFECT_NONE;
	table_choose(t);
	if (all)
		table_tag_all(t);
	else
		table_tag_toggle(t);
	if (all && t->tags.n == TABLE_TAGS_MAX && t->n > t->tags.n)
		ui_toast(ui, SEV_NOTICE, "tagged the first %zu of %zu, more cannot be", t->tags.n, t->n);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int detail(struct ui *ui)
{
	struct pane *p = ui_focused(ui);

	if (!p || !p->def->ops->detail || (p->def->table && table_selected_row(&p->table) < 0))
		return EFFECT_NONE;
	if (p->def->table)
		table_choose(&p->table);
	return open_overlay(ui, OVERLAY_DETAIL) | EFFECT_RECALC;
}

static int choose_cluster(struct ui *ui)
{
	int v = view_by_name("clusters");

	if (!runtime_target(ui->rt)->aws) {
		ui_toast(ui, SEV_NOTICE, "no AWS region here: started with --db alone");
		return EFFECT_PAINT;
	}
	if (v < 0)
		return EFFECT_NONE;
	/* An open cluster is polled alone; the list needs the whole region. */
	if (runtime_target(ui->rt)->cluster[0]) {
		(void)snprintf(ui->left_cluster, sizeof ui->left_cluster, "%s", runtime_target(ui->rt)->cluster);
		ui->next_target = ui_target_for(ui, STR(""));
	}
	return ui_show_view(ui, (size_t)v) | EFFECT_PAINT;
}

static long page(struct ui *ui)
{
	struct table *t = ui_focused_table(ui);

	return t && t->visible_rows > 1 ? t->visible_rows - 1 : 1;
}

static int run_move(struct ui *ui, enum action_id id)
{
	switch ((int)id) {
	case ACTION_DOWN:
		return move_by(ui, 1);
	case ACTION_UP:
		return move_by(ui, -1);
	case ACTION_FIRST:
		return move_by(ui, -(1L << 30));
	case ACTION_LAST:
		return move_by(ui, 1L << 30);
	case ACTION_PAGE_DOWN:
		return move_by(ui, page(ui));
	case ACTION_PAGE_UP:
		return move_by(ui, -page(ui));
	case ACTION_COLS_RIGHT:
		return scroll_columns(ui, 1);
	case ACTION_COLS_LEFT:
		return scroll_columns(ui, -1);
	default:
		return EFFECT_NONE;
	}
}

static int run_row(struct ui *ui, enum action_id id)
{
	int effects = load_view_action(ui, id);

	if (effects >= 0)
		return effects;
	switch ((int)id) {
	case ACTION_DETAIL:
		return detail(ui);
	case ACTION_MODE:
		return next_mode(ui);
	case ACTION_FOLD:
		return fold(ui);
	case ACTION_ROOT:
		return jump_to_root(ui);
	case ACTION_TAG:
		return tag(ui, false);
	case ACTION_TAG_ALL:
		return tag(ui, true);
	case ACTION_EXPLAIN:
		if (ui_focused_table(ui))
			table_choose(ui_focused_table(ui));
		return plan_explain(ui);
	case ACTION_DOCTOR:
		return doctor_view_start(ui);
	case ACTION_CHECK_ADDRESS:
		return doctor_view_ask(ui);
	case ACTION_MENU:
		return open_menu(ui);
	case ACTION_COPY:
		return export_copy(ui);
	case ACTION_WRITE:
		return export_write(ui, EXPORT_CSV);
	case ACTION_WRITE_JSON:
		return export_write(ui, EXPORT_JSON);
	default:
		return EFFECT_NONE;
	}
}

static int run_order(struct ui *ui, enum action_id id)
{
	switch ((int)id) {
	case ACTION_FILTER:
		return open_prompt(ui, '/');
	case ACTION_SORT:
		return order_step(ui, 1);
	case ACTION_SORT_BACK:
		return order_step(ui, -1);
	case ACTION_REVERSE:
		return order_step(ui, 0);
	default:
		return EFFECT_NONE;
	}
}

static int run_time(struct ui *ui, enum action_id id)
{
	int effects = load_view_action(ui, id);

	if (effects < 0)
		effects = storage_view_action(ui, (int)id);
	if (effects >= 0)
		return effects;
	switch ((int)id) {
	case ACTION_RANGE_NEXT:
		return change_range(ui, 1);
	case ACTION_RANGE_PREV:
		return change_range(ui, -1);
	case ACTION_CURSOR_LEFT:
		return move_cursor(ui, -1);
	case ACTION_CURSOR_RIGHT:
		return move_cursor(ui, 1);
	case ACTION_PAUSE:
		return toggle_pause(ui);
	case ACTION_REFRESH:
		runtime_refresh(ui->rt, NULL);
		return EFFECT_PAINT;
	case ACTION_FASTER:
		return change_interval(ui, true);
	case ACTION_SLOWER:
		return change_interval(ui, false);
	default:
		return EFFECT_NONE;
	}
}

static int run_other(struct ui *ui, enum action_id id)
{
	switch ((int)id) {
	case ACTION_HELP:
		return open_overlay(ui, OVERLAY_HELP);
	case ACTION_PALETTE:
		return open_prompt(ui, ':');
	case ACTION_NEXT_PANE:
		return focus_step(ui, 1);
	case ACTION_PREV_PANE:
		return focus_step(ui, -1);
	case ACTION_ZOOM:
		ui_view(ui)->zoomed = !ui_view(ui)->zoomed;
		return EFFECT_LAYOUT | EFFECT_PAINT;
	case ACTION_BACK:
		return go_back(ui);
	case ACTION_REPAINT:
		return EFFECT_REDRAW | EFFECT_PAINT;
	case ACTION_DIAG:
		return open_overlay(ui, OVERLAY_DIAG);
	case ACTION_CLUSTERS:
		return choose_cluster(ui);
	case ACTION_WHOAMI:
		return identity_whoami(ui);
	case ACTION_LOGIN:
		return identity_sign_on(ui);
	case ACTION_MFA:
		return identity_mfa(ui);
	case ACTION_REPORT:
		return report_begin(ui);
	case ACTION_JOBS:
		return open_overlay(ui, OVERLAY_JOBS) | EFFECT_DEMAND;
	case ACTION_CANCEL_JOB:
		return jobs_cancel(ui);
	case ACTION_ADOPT:
		return jobs_adopt(ui);
	case ACTION_QUIT:
		return operate_quit(ui);
	default:
		return EFFECT_NONE;
	}
}

int action_run(struct ui *ui, enum action_id id)
{
	struct pane *p = ui_focused(ui);
	int effects = p && p->def->ops->act ? p->def->ops->act(ui, p, id) : -1;

	if (effects >= 0)
		return effects;
	switch (actions[id].group) {
	case GROUP_MOVE:
		return run_move(ui, id);
	case GROUP_ROWS:
		return run_row(ui, id);
	case GROUP_CHANGE:
		return operate_begin(ui, operation_find(str_c(actions[id].name)));
	case GROUP_ORDER:
		return run_order(ui, id);
	case GROUP_TIME:
		return run_time(ui, id);
	case GROUP_VIEWS:
	case GROUP_OTHER:
		return run_other(ui, id);
	case GROUP__COUNT:
		break;
	}
	return EFFECT_NONE;
}
