/*
 * pane_load_graph.c: the large chart of the Load view: average active sessions stacked by wait class, the capacity,
 * the time cursor, and below the axis where each part of the past is known from.
 */
#include "ui/limits.h"
#include "ui/load_view.h"
#include "ui/marks.h"
#include "ui/panes/panes.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

#define SHOWN_FROM 0.05 /* classes with less are left out of the legend */
#define NEWEST 5        /* samples that make "now" */

static double load_now(const struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "load");

	return s ? limits_load_now(s, NEWEST) : (double)NAN;
}

static void draw_ranges(const struct ui *ui, struct pen *pen)
{
	for (size_t i = 0; i < load_view_nranges(ui); i++) {
		bool chosen = ui->load->range_us == load_ranges[i];

		pen->bg = chosen ? ROLE_SELBG : ROLE_BG;
		if (chosen)
			pen_boldf(pen, ROLE_STRONG, " %s ", load_range_names[i]);
		else
			pen_textf(pen, ROLE_MUTED, " %s ", load_range_names[i]);
		pen->bg = ROLE_BG;
	}
}

static void capacity_text(const struct load_capacity *cap, char *out, size_t size)
{
	if (isnan(cap->value))
		out[0] = '\0';
	else if (!isnan(cap->max_acu) && (cap->max_acu > cap->value || cap->max_acu < cap->value))
		(void)snprintf(out, size, "%g of %g %s", cap->value, cap->max_acu, cap->unit);
	else
		(void)snprintf(out, size, "%g %s", cap->value, cap->unit);
}

static bool in_legend(const struct load_view *lv, int k)
{
	return !isnan(lv->classes[k]) && lv->classes[k] >= SHOWN_FROM;
}

static int legend_item_width(const struct load_view *lv, int k)
{
	char value[32];

	return (int)strlen(wait_class_name((enum wait_class)k)) + 5 +
	       snprintf(value, sizeof value, "%.1f", lv->classes[k]);
}

/* Classes that fit into w columns, the smallest left out first; returns the columns they take. */
static int choose_legend(const struct load_view *lv, int w, bool *ret_shown)
{
	int used = 0;

	for (int k = 0; k < GRAPH_CLASSES; k++) {
		ret_shown[k] = in_legend(lv, k);
		used += ret_shown[k] ? legend_item_width(lv, k) : 0;
	}
	while (used > w) {
		int least = -1;

		for (int k = 0; k < GRAPH_CLASSES; k++)
			if (ret_shown[k] && (least < 0 || lv->classes[k] < lv->classes[least]))
				least = k;
		if (least < 0)
			break;
		ret_shown[least] = false;
		used -= legend_item_width(lv, least);
	}
	return used;
}

/* In the order of the stack, top first, with the values of the slice. */
static void draw_legend(const struct ui *ui, struct canvas *c, struct rect r, int y, int left)
{
	const struct load_view *lv = ui->load;
	struct load_capacity cap = load_view_capacity(ui);
	int room = r.x + r.w - left, capacity_w;
	bool shown[GRAPH_CLASSES];
	char capacity[48];
	struct pen pen;

	capacity_text(&cap, capacity, sizeof capacity);
	capacity_w = capacity[0] ? (int)strlen(capacity) + 2 : 0;
	if (capacity_w > room)
		return;
	pen = pen_at(c, r, y, r.x + r.w - capacity_w - choose_legend(lv, room - capacity_w, shown), ROLE_BG);
	if (capacity[0]) {
		pen_glyph(&pen, ROLE_FG, G_CAPACITY);
		pen_textf(&pen, ROLE_MUTED, " %s", capacity);
	}
	for (int k = GRAPH_CLASSES - 1; k >= 0; k--) {
		struct str name = str_c(wait_class_name((enum wait_class)k));

		if (!shown[k])
			continue;
		pen_skip(&pen, 2);
		if (ui->depth == DEPTH_MONO || glyph_set_in_use() == GLYPHS_ASCII)
			pen_rune(&pen, ROLE_FG, (uint32_t)(unsigned char)GRAPH_WAIT_LETTERS[k]);
		else
			pen_glyph(&pen, wait_role(name, true), G_LEGEND);
		pen_skip(&pen, 1);
		pen_str(&pen, ROLE_FG, name);
		pen_textf(&pen, ROLE_STRONG, " %.1f", lv->classes[k]);
	}
}

static void clock_text(char *out, size_t size, int64_t at, int64_t now)
{
	struct buf b;

	buf_init(&b, 40);
	(void)format_clock(&b, at, now);
	(void)snprintf(out, size, "%s", buf_c(&b));
	buf_release(&b);
}

/* Why there is nothing before the first own sample: what the source says, in its words. */
static struct str why_no_insights(const struct ui *ui)
{
	const struct store_entry *e = store_entry(ui->store, "insights");

	return e && e->latest && e->latest->state != SNAP_OK && e->latest->state != SNAP_SKIPPED
		       ? str_c(e->latest->err.text)
		       : STR("");
}

/* Below the axis: from where each part is known. */
static void draw_origin(const struct ui *ui, struct canvas *c, struct rect r, struct rect plot, int y)
{
	const struct load_view *lv = ui->load;
	bool bounded = lv->own_from_us > lv->from_us && lv->own_from_us < lv->to_us;
	int boundary =
		bounded ? plot.x + (int)((lv->own_from_us - lv->from_us) * plot.w / (lv->to_us - lv->from_us)) : plot.x;
	struct pen pen = pen_at(c, r, y, plot.x, ROLE_BG);
	struct str why = why_no_insights(ui);
	char at[40], words[64] = "";
	int w;

	if (bounded) {
		clock_text(at, sizeof at, lv->own_from_us, ui->now_us);
		(void)snprintf(words, sizeof words, "own samples since %s", at);
	}
	w = utf8_columns(str_c(words));
	if (lv->insights)
		pen_text(&pen, ROLE_MUTED, "from Performance Insights");
	else if (why.len > 0 && lv->own_from_us > lv->from_us)
		pen_textf(&pen, ROLE_FAINT, "n/a: " STR_FMT, STR_ARG(why));
	if (!words[0])
		return;
	if (boundary + 2 + w > plot.x + plot.w)
		boundary = plot.x + plot.w - w - 2;
	if (boundary <= pen.x + 1)
		boundary = pen.x + (pen.x > plot.x ? 2 : 0);
	pen = pen_at(c, r, y, boundary, ROLE_BG);
	pen_glyph(&pen, ROLE_LINE, G_FORECAST);
	pen_textf(&pen, ROLE_MUTED, " %s", words);
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct load_view *lv = ui->load;
	struct rect in = rect_inset(r, 0, 1), chart = load_view_chart(r);
	struct pen pen = pen_at(c, in, in.y, in.x, ROLE_BG);
	enum role roles[GRAPH_CLASSES];
	struct rail rail;
	struct graph_stack g = {.n = lv->shown.columns,
				.values = lv->cells,
				.roles = roles,
				.letters = GRAPH_WAIT_LETTERS,
				.capacity = load_view_capacity(ui).value,
				.from = lv->from_us,
				.to = lv->to_us,
				.cursor_us = lv->cursor_us,
				.mark_from = lv->cursor_us ? lv->slice_from_us : 0,
				.mark_to = lv->cursor_us ? lv->slice_to_us : 0};

	(void)p;
	for (int k = 0; k < GRAPH_CLASSES; k++)
		roles[k] = wait_role(str_c(wait_class_name((enum wait_class)k)), true);
	draw_ranges(ui, &pen);
	draw_legend(ui, c, in, in.y, pen.x + 2);
	g.letters_only = ui->depth == DEPTH_MONO || glyph_set_in_use() == GLYPHS_ASCII;
	marks_rail(ui, g.from, g.to, &rail);
	g.rail = &rail;
	graph_stack_draw(c, chart, &g);
	if (r.h >= 10)
		draw_origin(ui, c, in, graph_plot(chart), r.y + r.h - 1);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct load_capacity cap = load_view_capacity(ui);
	const struct snapshot *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	double now = load_now(ui);
	enum severity s = isnan(cap.max_acu) ? limits_load(now, cap.value) : SEV_NONE;
	char capacity[48];
	struct buf b;

	(void)p;
	if (isnan(now))
		return;
	capacity_text(&cap, capacity, sizeof capacity);
	pen_boldf(pen, s >= SEV_WARN ? severity_role(s) : ROLE_STRONG, "%.1f", now);
	if (capacity[0] && isnan(cap.max_acu))
		pen_textf(pen, ROLE_MUTED, " of %s", capacity);
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, "average active sessions");
	if (writer >= 0) {
		pen_text(pen, ROLE_MUTED, " on ");
		pen_str(pen, ROLE_FG, data_str(instances, (size_t)writer, "identifier"));
	}
	if (!ui->load->cell_us)
		return;
	buf_init(&b, 32);
	(void)glyph_duration(&b, ui->load->cell_us);
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "%s a cell", buf_c(&b));
	buf_release(&b);
}

static void line(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct load_view *lv = ui->load;
	double now = load_now(ui);
	struct load_capacity cap = load_view_capacity(ui);

	(void)p;
	if (!isnan(now))
		pen_boldf(pen, ROLE_STRONG, "%.1f", now);
	if (!isnan(cap.value) && isnan(cap.max_acu))
		pen_textf(pen, ROLE_MUTED, " of %g %s", cap.value, cap.unit);
	for (int k = GRAPH_CLASSES - 1; k >= 0; k--) {
		if (!in_legend(lv, k))
			continue;
		pen_skip(pen, 2);
		pen_textf(pen, wait_role(str_c(wait_class_name((enum wait_class)k)), false), "%s ",
			  wait_class_name((enum wait_class)k));
		pen_textf(pen, ROLE_FG, "%.1f", lv->classes[k]);
	}
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	struct load_capacity cap = load_view_capacity(ui);

	(void)p;
	return isnan(cap.max_acu) ? limits_load(load_now(ui), cap.value) : SEV_NONE;
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .line = line, .severity = severity};

const struct pane_def pane_load_graph = {
	.name = "load_graph",
	.title = "Load",
	.help = "Average active sessions by wait class over time; the cursor selects the slice below.",
	.digit = '4',
	.sources = "load_samples load instances insights",
	.any_source = true,
	.ops = &ops,
};
