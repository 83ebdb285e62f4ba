/*
 * load_view.c: from samples to what the Load view shows.
 *
 * The columns of the graph are parts of the range of equal length, counted from the epoch, so that
 * they do not change their contents while time goes on; the cursor is a time, the slice the
 * column it falls into and as many on both sides as were asked for. Without a cursor the slice is the
 * whole range.
 *
 * Own samples win where there are some: Performance Insights is asked only for a slice that begins before
 * the first of them, in whole periods of its own, and the answer is used only when it is the answer
 * to the slice on screen.
 */
#include "ui/load_view.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "ui/limits.h"

#include <math.h>
#include <stdio.h>

#define COLUMNS_DEFAULT 120 /* while the graph is not on screen */
#define WAITS_MAX 30

_Static_assert((int)GRAPH_CLASSES == (int)WAIT__COUNT, "the stack has a layer for each wait class");

const int64_t load_ranges[LOAD_RANGES] = {5 * US_PER_MIN,   15 * US_PER_MIN, US_PER_HOUR,   3 * US_PER_HOUR,
					  12 * US_PER_HOUR, US_PER_DAY,      7 * US_PER_DAY};
const char *const load_range_names[LOAD_RANGES] = {"5m", "15m", "1h", "3h", "12h", "1d", "7d"};

struct load_view *load_view_new(const struct target *of)
{
	struct load_view *lv = xalloc(sizeof *lv);

	lv->of = target_ref(of);
	lv->history = load_history_new();
	lv->range_us = load_ranges[0];
	lv->own_from_us = INT64_MAX;
	return lv;
}

void load_view_free(struct load_view *lv)
{
	if (!lv)
		return;
	load_history_free(lv->history);
	target_unref(lv->of);
	snapshot_unref(lv->keys);
	snapshot_unref(lv->waits);
	xfree(lv);
}

bool load_view_is_shown(const struct ui *ui)
{
	return ui->views[ui->view].def->digit == '4';
}

/* ---- feeding ---- */

static struct load_group group_of(const struct snapshot *s, size_t row)
{
	int64_t sessions = data_i64(s, row, "sessions", 0);
	struct load_group g = {.cls = wait_class_by_name(data_str(s, row, "wait_class")),
			       .sessions = sessions > 0 && sessions < UINT32_MAX ? (uint32_t)sessions : 0,
			       .query_id = data_i64(s, row, "query_id", 0)};

	g.names[LOAD_BY_SQL] = data_str(s, row, "statement");
	g.names[LOAD_BY_WAIT] = data_str(s, row, "wait");
	g.names[LOAD_BY_USER] = data_str(s, row, "user");
	g.names[LOAD_BY_APPLICATION] = data_str(s, row, "application");
	g.names[LOAD_BY_CLIENT] = data_str(s, row, "client");
	g.names[LOAD_BY_DATABASE] = data_str(s, row, "database");
	return g;
}

void load_view_add(struct load_view *lv, const struct snapshot *sample, int64_t interval_us)
{
	struct load_group *groups = xcalloc(sample->nrows + 1, sizeof *groups);

	for (size_t i = 0; i < sample->nrows; i++)
		groups[i] = group_of(sample, i);
	(void)load_history_add(lv->history, sample->at_us, interval_us, groups, sample->nrows);
	xfree(groups);
}

/* The same server, whatever else of the target has changed. */
static bool is_of(const struct target *of, const struct target *t)
{
	return strcmp(of->cluster, t->cluster) == 0 && strcmp(of->region, t->region) == 0 &&
	       strcmp(of->profile, t->profile) == 0 && strcmp(of->endpoint_url, t->endpoint_url) == 0 &&
	       strcmp(of->conninfo, t->conninfo) == 0;
}

static void begin_anew(struct load_view *lv, const struct target *t)
{
	load_history_clear(lv->history);
	target_unref(lv->of);
	lv->of = target_ref(t);
	lv->cursor_us = 0;
}

void load_view_feed(struct ui *ui)
{
	struct load_view *lv = ui->load;
	const struct target *t = runtime_target(ui->rt);
	const struct store_entry *e = store_entry(ui->store, "load_samples");

	/* while nothing is chosen (the list of clusters) the samples wait for those who come back to theirs */
	if ((t->cluster[0] || t->conninfo[0]) && !is_of(lv->of, t))
		begin_anew(lv, t);
	if (e && e->good && e->version != lv->seen)
		load_view_add(lv, e->good, t->interval_us);
	lv->seen = e ? e->version : 0;
}

/* ---- what is shown ---- */

struct rect load_view_chart(struct rect inside)
{
	struct rect r = {inside.y + 1, inside.x + 1, inside.h - 1, inside.w - 2};

	if (r.h >= 14) {
		r.y++;
		r.h--;
	}
	if (r.h >= 9)
		r.h--;
	return r;
}

static size_t columns_of(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++) {
		const struct pane *p = &v->panes[i];
		struct rect plot;

		if (strcmp(p->def->name, "load_graph") != 0 || p->frame.h < 4 || p->collapsed)
			continue;
		plot = graph_plot(load_view_chart(rect_inset(p->frame, 1, ui->chrome.frames ? 1 : 0)));
		if (plot.w > 0)
			return (size_t)plot.w;
	}
	return ui->load->shown.columns ? ui->load->shown.columns : COLUMNS_DEFAULT;
}

/* The right end of the graph is the newest sample while they come in, so that no empty column stands there between two.
 */
static int64_t now_of(const struct ui *ui)
{
	int64_t now = ui->paused_at_us ? ui->paused_at_us : ui->now_us, last = load_history_last(ui->load->history);
	int64_t patience = 3 * runtime_target(ui->rt)->interval_us + US_PER_S;

	return last > 0 && last <= now && now - last < patience ? last : now;
}

/* Period of Performance Insights' points for a range, as the source asks for them. */
static int64_t insights_period(int64_t range_us)
{
	return range_us <= 3 * US_PER_HOUR ? US_PER_MIN : range_us <= US_PER_DAY ? 5 * US_PER_MIN : US_PER_HOUR;
}

static const struct snapshot *insights_of(const struct ui *ui)
{
	return store_good(ui->store, "insights");
}

/* Columns before the first own sample from the series of Performance Insights. */
static void fill_from_insights(struct load_view *lv, const struct snapshot *s)
{
	double *values = xcalloc(lv->shown.columns, sizeof *values);
	size_t n = 0;

	while (n < lv->shown.columns && isnan(lv->cells[n][0]))
		n++;
	for (int k = 0; k < GRAPH_CLASSES; k++) {
		const struct series *series =
			series_find(&s->series, "db.load.avg", str_c(wait_class_name((enum wait_class)k)));

		if (!series)
			continue;
		series_resample(series, lv->from_us, lv->to_us, values, lv->shown.columns);
		for (size_t i = 0; i < n; i++) {
			if (isnan(values[i]))
				continue;
			if (isnan(lv->cells[i][0]))
				memset(lv->cells[i], 0, sizeof lv->cells[i]);
			lv->cells[i][k] = values[i] > 0 ? values[i] : 0;
			lv->insights = true;
		}
	}
	xfree(values);
}

static void fill_cells(const struct ui *ui, struct load_view *lv)
{
	int64_t first = load_history_first(lv->history);

	load_history_resample(lv->history, lv->from_us, lv->to_us, lv->cells, lv->shown.columns);
	lv->own_from_us = first ? first - runtime_target(ui->rt)->interval_us : INT64_MAX;
	lv->insights = false;
	if (insights_of(ui))
		fill_from_insights(lv, insights_of(ui));
}

/* Averages of the columns that lie in [from, to). */
static void average(const struct load_view *lv, int64_t from, int64_t to, double *classes, double *ret_total)
{
	double n = 0;

	for (int k = 0; k < GRAPH_CLASSES; k++)
		classes[k] = 0;
	for (size_t i = 0; i < lv->shown.columns; i++) {
		int64_t middle = lv->from_us + (int64_t)i * lv->cell_us + lv->cell_us / 2;

		if (middle < from || middle >= to || isnan(lv->cells[i][0]))
			continue;
		n++;
		for (int k = 0; k < GRAPH_CLASSES; k++)
			classes[k] += lv->cells[i][k];
	}
	*ret_total = n > 0 ? 0 : (double)NAN;
	for (int k = 0; k < GRAPH_CLASSES; k++) {
		classes[k] = n > 0 ? classes[k] / n : (double)NAN;
		*ret_total += classes[k];
	}
}

/* Without a cursor: the range; of a short one what own samples cover, which are fresher than anything else. */
static void set_slice(struct load_view *lv)
{
	int64_t cell = lv->cursor_us / lv->cell_us;

	lv->slice_from_us = lv->from_us;
	lv->slice_to_us = lv->to_us;
	if (lv->cursor_us) {
		lv->slice_from_us = (cell - lv->widen) * lv->cell_us;
		lv->slice_to_us = (cell + lv->widen + 1) * lv->cell_us;
		lv->slice_to_us = lv->slice_to_us < lv->to_us ? lv->slice_to_us : lv->to_us;
	} else if (lv->range_us <= load_ranges[LOAD_OWN_RANGES - 1] && lv->own_from_us > lv->from_us &&
		   lv->own_from_us < lv->to_us) {
		lv->slice_from_us = lv->own_from_us;
	}
}

static void add_key(struct snapshot *out, const struct load_view *lv, enum load_by by, const struct load_rank *r,
		    double total)
{
	struct load_key *key = snapshot_add_row(out);

	SET(key, struct load_key, from_at, lv->slice_from_us);
	SET(key, struct load_key, to_at, lv->slice_to_us);
	SET(key, struct load_key, by, str_c(load_by_name(by)));
	SET(key, struct load_key, load, r->average);
	if (total > 0)
		SET(key, struct load_key, share_ratio, r->average / total);
	load_key_set_classes(key, r->classes);
	if (by == LOAD_BY_SQL && r->query_id != 0)
		SET(key, struct load_key, query_id, r->query_id);
	if (by == LOAD_BY_SQL) {
		SET(key, struct load_key, users, (int64_t)r->users);
		if (r->user.len > 0)
			SET(key, struct load_key, user, arena_str(out->arena, r->user));
	}
	if (r->name.len == 0)
		return;
	if (by == LOAD_BY_SQL)
		SET(key, struct load_key, statement, arena_str(out->arena, r->name));
	else if (by == LOAD_BY_CLIENT)
		SET(key, struct load_key, client, arena_str(out->arena, r->name));
	else
		SET(key, struct load_key, name, arena_str(out->arena, r->name));
}

static const struct snapshot *own_keys(struct load_view *lv, enum load_by by, size_t max, bool main)
{
	struct snapshot *out = snapshot_new(&load_key_type, "load_keys");
	struct load_slice slice;

	load_history_slice(lv->history, lv->slice_from_us, lv->slice_to_us, by, max, &slice);
	for (size_t i = 0; i < slice.nranks; i++)
		add_key(out, lv, by, &slice.ranks[i], slice.total);
	for (size_t i = 0; main && i < slice.nranks; i++)
		lv->explained += slice.ranks[i].average;
	if (main) {
		lv->most = slice.nranks > 0 ? slice.ranks[0].average : 0;
		lv->nkeys = slice.nkeys;
		lv->detail_from_us = slice.detailed < slice.samples ? load_history_detail_from(lv->history) : 0;
		lv->total = slice.samples > 0 ? slice.total : (double)NAN;
		for (int k = 0; k < GRAPH_CLASSES; k++)
			lv->classes[k] = slice.samples > 0 ? slice.classes[k] : (double)NAN;
	}
	load_slice_release(&slice);
	return snapshot_publish(out);
}

static void forget_keys(struct load_view *lv)
{
	lv->asks = false;
	snapshot_unref(lv->keys);
	snapshot_unref(lv->waits);
	lv->keys = lv->waits = NULL;
	lv->nkeys = 0;
	lv->explained = lv->most = 0;
	lv->detail_from_us = 0;
}

/* The answer is to this slice, split by this: its first row says. */
static bool answers(const struct load_view *lv, const struct snapshot *s)
{
	return s && data_i64(s, 0, "from_at", 0) == lv->slice_from_us &&
	       data_i64(s, 0, "to_at", 0) == lv->slice_to_us && str_eq_c(data_str(s, 0, "by"), "total") &&
	       str_eq_c(data_str(s, 0, "name"), load_by_name(lv->by));
}

static void take_insights_keys(const struct ui *ui, struct load_view *lv)
{
	const struct store_entry *e = store_entry(ui->store, "load_keys");
	const struct snapshot *s = e ? e->good : NULL;

	lv->keys_from = LOAD_KEYS_ASKED;
	if (e && e->latest && e->latest->state != SNAP_OK)
		lv->keys_from = LOAD_KEYS_NONE;
	if (!answers(lv, s))
		return;
	lv->keys_from = LOAD_KEYS_INSIGHTS;
	lv->keys = snapshot_ref(s);
	lv->waits = snapshot_ref(s);
	for (size_t i = 0; i < s->nrows; i++) {
		double load = data_f64(s, i, "load");

		if (!str_eq_c(data_str(s, i, "by"), load_by_name(lv->by)) || isnan(load))
			continue;
		lv->nkeys++;
		lv->explained += load;
		lv->most = load > lv->most ? load : lv->most;
	}
}

/* Whole periods of Performance Insights around the slice. */
static void ask_insights(struct ui *ui, struct load_view *lv)
{
	int64_t period = insights_period(lv->range_us), now = now_of(ui);

	lv->slice_from_us -= lv->slice_from_us % period;
	lv->slice_to_us += period - 1 - (lv->slice_to_us - 1) % period;
	if (lv->slice_to_us > now)
		lv->slice_to_us = now - now % period;
	if (lv->slice_to_us <= lv->slice_from_us)
		lv->slice_to_us = lv->slice_from_us + period;
	/* The range to the minute, whatever the columns are. */
	if (!lv->cursor_us)
		lv->slice_from_us = lv->slice_to_us - lv->range_us;
	runtime_set_span(ui->rt, "load_keys", (struct fetch_span){lv->slice_from_us, lv->slice_to_us, (int)lv->by});
}

static void fill_slice(struct ui *ui, struct load_view *lv)
{
	bool covered, partly;

	forget_keys(lv);
	set_slice(lv);
	average(lv, lv->from_us, lv->to_us, lv->range_classes, &lv->range_total);
	covered = lv->own_from_us <= lv->slice_from_us + lv->cell_us;
	partly = lv->own_from_us < lv->slice_to_us && !lv->insights;
	if (covered || partly) {
		lv->keys_from = LOAD_KEYS_OWN;
		lv->keys = own_keys(lv, lv->by, LOAD_RANKS_MAX, true);
		lv->waits =
			lv->by == LOAD_BY_WAIT ? snapshot_ref(lv->keys) : own_keys(lv, LOAD_BY_WAIT, WAITS_MAX, false);
		return;
	}
	lv->keys_from = LOAD_KEYS_NONE;
	lv->asks = lv->insights;
	if (lv->asks) {
		ask_insights(ui, lv);
		take_insights_keys(ui, lv);
	}
	average(lv, lv->slice_from_us, lv->slice_to_us, lv->classes, &lv->total);
}

static unsigned version_of(const struct ui *ui, const char *source)
{
	const struct store_entry *e = store_entry(ui->store, source);

	return e ? e->version : 0;
}

static bool same(const struct load_shown *a, const struct load_shown *b)
{
	return a->columns == b->columns && a->range_us == b->range_us && a->to_us == b->to_us &&
	       a->last_us == b->last_us && a->cursor_us == b->cursor_us && a->widen == b->widen && a->by == b->by &&
	       a->insights == b->insights && a->keys == b->keys;
}

void load_view_update(struct ui *ui)
{
	struct load_view *lv = ui->load;
	struct load_shown shown = {.range_us = lv->range_us,
				   .last_us = load_history_last(lv->history),
				   .cursor_us = lv->cursor_us,
				   .widen = lv->widen,
				   .by = (int)lv->by,
				   .insights = version_of(ui, "insights"),
				   .keys = version_of(ui, "load_keys")};
	struct view *v = ui_view(ui);
	bool asked = lv->asks;

	if (!load_view_is_shown(ui))
		return;
	shown.columns = columns_of(ui);
	lv->cell_us = lv->range_us / (int64_t)shown.columns;
	shown.to_us = (now_of(ui) / lv->cell_us + 1) * lv->cell_us;
	if (same(&shown, &lv->shown))
		return;
	lv->shown = shown;
	lv->to_us = shown.to_us;
	lv->from_us = lv->to_us - (int64_t)shown.columns * lv->cell_us;
	runtime_set_span(ui->rt, "insights", (struct fetch_span){-lv->range_us, 0, 0});
	fill_cells(ui, lv);
	fill_slice(ui, lv);
	if (lv->asks != asked)
		ui_apply(ui, EFFECT_DEMAND);
	for (size_t i = 0; i < v->def->npanes; i++)
		v->panes[i].dirty = v->panes[i].touched = true;
}

/* ---- capacity ---- */

static double newest_acu(const struct ui *ui)
{
	const struct snapshot *metrics = store_good(ui->store, "metrics");
	const struct series *s = metrics ? series_find(&metrics->series, "ServerlessDatabaseCapacity", STR("")) : NULL;

	return s && s->n > 0 ? s->value[s->n - 1] : (double)NAN;
}

struct load_capacity load_view_capacity(const struct ui *ui)
{
	struct load_capacity c = {.value = limits_capacity(ui), .unit = "vCPU", .max_acu = (double)NAN};
	const struct snapshot *instances = store_good(ui->store, "instances");
	const struct snapshot *clusters = store_good(ui->store, "clusters");
	long writer = data_find(instances, "role", STR("writer"));

	if (writer < 0 || !str_eq_c(data_str(instances, (size_t)writer, "class"), "db.serverless"))
		return c;
	c.unit = "ACU";
	c.max_acu = data_f64(clusters, 0, "max_acu");
	c.value = newest_acu(ui);
	if (isnan(c.value))
		c.value = c.max_acu;
	return c;
}

/* Keys from Performance Insights only while the slice needs them; the capacity of a serverless writer is a metric. */
uint64_t load_view_wanted(const struct ui *ui)
{
	static const char *const keys[] = {"load_keys"}, *const metrics[] = {"metrics"};

	return (ui->load->asks ? runtime_demand_of(ui->rt, keys, 1) : 0) |
	       (isnan(load_view_capacity(ui).max_acu) ? 0 : runtime_demand_of(ui->rt, metrics, 1));
}

/* ---- keys ---- */

size_t load_view_nranges(const struct ui *ui)
{
	return insights_of(ui) ? LOAD_RANGES : LOAD_OWN_RANGES;
}

static int change_range(struct ui *ui, int step)
{
	struct load_view *lv = ui->load;
	int n = (int)load_view_nranges(ui), at = 0;

	while (at + 1 < LOAD_RANGES && load_ranges[at] < lv->range_us)
		at++;
	at += step;
	if (at < 0 || at >= n)
		return EFFECT_NONE;
	lv->range_us = load_ranges[at];
	lv->widen = 0;
	return EFFECT_RECALC | EFFECT_PAINT;
}

bool load_view_set_range(struct ui *ui, struct str name)
{
	for (size_t i = 0; i < load_view_nranges(ui); i++)
		if (str_eq_c(name, load_range_names[i])) {
			ui->load->range_us = load_ranges[i];
			ui->load->widen = 0;
			return true;
		}
	return false;
}

/* One column a step; past the newest whole column there is no cursor. */
static int move_cursor(struct ui *ui, int direction)
{
	struct load_view *lv = ui->load;
	int64_t cell_us = lv->cell_us ? lv->cell_us : lv->range_us / COLUMNS_DEFAULT, now = now_of(ui) / cell_us;
	int64_t oldest = now + 1 - lv->range_us / cell_us, cell = lv->cursor_us ? lv->cursor_us / cell_us : now;

	cell += direction;
	if (cell < oldest)
		cell = oldest;
	lv->cursor_us = cell >= now ? 0 : cell * cell_us + cell_us / 2;
	if (!lv->cursor_us)
		lv->widen = 0;
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int widen(struct ui *ui, int step)
{
	struct load_view *lv = ui->load;

	if (!lv->cursor_us)
		return step > 0 ? move_cursor(ui, -1) : EFFECT_NONE;
	lv->widen += step;
	if (lv->widen < 0)
		lv->widen = 0;
	if (lv->widen > LOAD_WIDEN_MAX)
		lv->widen = LOAD_WIDEN_MAX;
	return EFFECT_RECALC | EFFECT_PAINT;
}

bool load_view_applies(const struct ui *ui, enum action_id id)
{
	return load_view_is_shown(ui) &&
	       (id == ACTION_RANGE_NEXT || id == ACTION_RANGE_PREV || id == ACTION_CURSOR_LEFT ||
		id == ACTION_CURSOR_RIGHT || id == ACTION_SLICE_WIDER || id == ACTION_SLICE_NARROWER ||
		id == ACTION_GROUP);
}

int load_view_action(struct ui *ui, enum action_id id)
{
	struct load_view *lv = ui->load;

	if (!load_view_is_shown(ui))
		return -1;
	switch ((int)id) {
	case ACTION_RANGE_NEXT:
		return change_range(ui, 1);
	case ACTION_RANGE_PREV:
		return change_range(ui, -1);
	case ACTION_CURSOR_LEFT:
		return move_cursor(ui, -1);
	case ACTION_CURSOR_RIGHT:
		return lv->cursor_us ? move_cursor(ui, 1) : EFFECT_NONE;
	case ACTION_SLICE_WIDER:
		return widen(ui, 1);
	case ACTION_SLICE_NARROWER:
		return widen(ui, -1);
	case ACTION_GROUP:
		lv->by = (enum load_by)((lv->by + 1) % LOAD_BY__COUNT);
		return EFFECT_RECALC | EFFECT_PAINT;
	case ACTION_BACK:
		if (!lv->cursor_us)
			return -1;
		lv->cursor_us = lv->widen = 0;
		return EFFECT_RECALC | EFFECT_PAINT;
	default:
		return -1;
	}
}

bool load_view_badge(const struct ui *ui, const struct pane *p, char *out, size_t size)
{
	const struct load_view *lv = ui->load;
	const struct store_entry *e = pane_entry(ui, p);
	bool fresh = e && e->good && e->latest->state == SNAP_OK;
	int64_t us = lv->slice_to_us - lv->slice_from_us;
	struct buf b;

	if (!lv->cell_us || (!lv->asks && !fresh))
		return false;

	/* columns are not whole seconds */
	if (us >= 10 * US_PER_S)
		us = (us + US_PER_S / 2) / US_PER_S * US_PER_S;
	buf_init(&b, 64);
	if (us >= US_PER_MIN && us % US_PER_MIN == 0 && us < US_PER_HOUR)
		(void)buf_addf(&b, "%dm", (int)(us / US_PER_MIN));
	else if (us >= US_PER_HOUR && us % US_PER_HOUR == 0 && us < US_PER_DAY)
		(void)buf_addf(&b, "%dh", (int)(us / US_PER_HOUR));
	else
		(void)format_duration(&b, us);
	(void)snprintf(out, size, "slice %s", buf_c(&b));
	buf_release(&b);
	return true;
}
