/*
 * pane_load_slice.c: the slice in figures: wait classes with share and comparison, and the waits behind them.
 */
#include "ui/limits.h"
#include "ui/load_view.h"
#include "ui/panes/panes.h"

#include "base/clock.h"
#include "base/sort.h"

#include <math.h>
#include <stdio.h>

#define BAR_MIN 4

/* When: the cursor's second; of a long range, where columns are minutes, the begin of the slice. */
static void slice_text(const struct ui *ui, char *out, size_t size)
{
	const struct load_view *lv = ui->load;
	int64_t at = lv->range_us > US_PER_HOUR ? lv->slice_from_us : lv->cursor_us;
	struct buf b;

	buf_init(&b, 64);
	if (lv->cursor_us)
		(void)format_clock(&b, at - at % US_PER_S, ui->now_us);
	else
		(void)buf_add_c(&b, "until now");
	(void)snprintf(out, size, "%s", buf_c(&b));
	buf_release(&b);
}

/* One decimal; the second only for what would round to nothing. */
static void load_text(double load, char *out, size_t size)
{
	(void)snprintf(out, size, "%.*f", load > 0 && load < 0.095 ? 2 : 1, load);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct load_view *lv = ui->load;
	struct load_capacity cap = load_view_capacity(ui);
	enum severity s = isnan(cap.max_acu) ? limits_load(lv->total, cap.value) : SEV_NONE;
	char at[64];

	(void)p;
	slice_text(ui, at, sizeof at);
	if (!isnan(lv->total))
		pen_boldf(pen, s >= SEV_WARN ? severity_role(s) : ROLE_STRONG, "%.1f", lv->total);
	if (!isnan(lv->total) && !isnan(cap.value) && isnan(cap.max_acu))
		pen_textf(pen, ROLE_MUTED, " of %g", cap.value);
	pen_separator(pen);
	pen_text(pen, lv->cursor_us ? ROLE_ACCENT : ROLE_MUTED, at);
}

static int by_size(uint32_t a, uint32_t b, void *ctx)
{
	const double *v = ctx;

	return (v[b] > v[a]) - (v[b] < v[a]);
}

static const char *range_name(const struct load_view *lv)
{
	for (size_t i = 0; i < LOAD_RANGES; i++)
		if (load_ranges[i] == lv->range_us)
			return load_range_names[i];
	return "";
}

static void draw_class(const struct ui *ui, struct canvas *c, struct rect r, int y, int k, bool compare)
{
	const struct load_view *lv = ui->load;
	struct str name = str_c(wait_class_name((enum wait_class)k));
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	double share = lv->total > 0 ? lv->classes[k] / lv->total : 0;
	int tail = compare ? 16 : 8, bar;
	char text[32];

	if (ui->depth == DEPTH_MONO || glyph_set_in_use() == GLYPHS_ASCII)
		pen_rune(&pen, ROLE_FG, (uint32_t)(unsigned char)GRAPH_WAIT_LETTERS[k]);
	else
		pen_glyph(&pen, wait_role(name, true), G_LEGEND);
	pen_skip(&pen, 1);
	pen_field(&pen, ROLE_FG, 0, 8, str_c(wait_class_title((enum wait_class)k)), false);
	load_text(lv->classes[k], text, sizeof text);
	pen_field(&pen, ROLE_STRONG, ATTR_BOLD, 5, str_c(text), true);
	pen_skip(&pen, 2);
	bar = pen_left(&pen) - tail;
	if (bar >= BAR_MIN)
		pen_bar(&pen, bar, share, wait_role(name, true));
	(void)snprintf(text, sizeof text, "%.0f %%", share * 100);
	pen_field(&pen, ROLE_FG, 0, 7, str_c(text), true);
	(void)snprintf(text, sizeof text, "%.1f", lv->range_classes[k]);
	if (compare)
		pen_field(&pen, ROLE_MUTED, 0, 9, str_c(text), true);
}

/* The slice is less than the graph: at the cursor, or while own samples are younger than the range. */
static bool is_part(const struct load_view *lv)
{
	return lv->cursor_us || (lv->insights && lv->slice_to_us - lv->slice_from_us < lv->range_us * 9 / 10);
}

static int draw_classes(const struct ui *ui, struct canvas *c, struct rect r, int y, int rows)
{
	const struct load_view *lv = ui->load;
	uint32_t order[GRAPH_CLASSES], scratch[GRAPH_CLASSES];
	bool compare = is_part(lv) && r.w >= 32;
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	double values[GRAPH_CLASSES];
	char head[16];

	for (int k = 0; k < GRAPH_CLASSES; k++) {
		order[k] = (uint32_t)(GRAPH_CLASSES - 1 - k);
		values[k] = lv->classes[k];
	}
	sort_indices(order, scratch, GRAPH_CLASSES, by_size, values);
	pen_field(&pen, ROLE_MUTED, 0, 10, STR("CLASS"), false);
	pen_field(&pen, ROLE_MUTED, 0, 5, STR("AAS"), true);
	pen_skip(&pen, pen_left(&pen) - (compare ? 16 : 8) + 1);
	pen_field(&pen, ROLE_MUTED, 0, 7, STR("SHARE"), true);
	(void)snprintf(head, sizeof head, "%s AVG", range_name(lv));
	if (compare)
		pen_field(&pen, ROLE_MUTED, 0, 8, str_c(head), true);
	y++;
	for (int i = 0; i < GRAPH_CLASSES && rows-- > 0; i++)
		if (lv->classes[order[i]] > 0 || (compare && lv->range_classes[order[i]] > 0))
			draw_class(ui, c, r, y++, (int)order[i], compare);
	return y;
}

/* A wait's class decides its colour: the part of its name before the colon. */
static void draw_wait(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y, double total)
{
	struct str name = data_str(s, row, "name");
	long colon = str_find(name, STR(":"), 0);
	struct str type = colon < 0 ? name : str_sub(name, 0, (size_t)colon);
	struct str cls = str_c(wait_class_name(wait_class_of(type)));
	double load = data_f64(s, row, "load");
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	int name_w = r.w >= 40 ? 24 : r.w - 10, edge = r.x + name_w;
	char text[32];

	if (name.len == 0) {
		pen_field(&pen, ROLE_MUTED, 0, name_w, STR("not known"), false);
	} else {
		pen.clip.w = name_w;
		pen_str(&pen, wait_role(cls, false), type);
		pen_str(&pen, ROLE_FG, str_sub(name, type.len, name.len));
		pen.clip = r;
		pen.x = edge;
	}
	load_text(load, text, sizeof text);
	pen_field(&pen, ROLE_FG, 0, 6, str_c(text), true);
	pen_skip(&pen, 2);
	if (pen_left(&pen) >= BAR_MIN)
		pen_bar(&pen, pen_left(&pen), total > 0 ? load / total : 0, wait_role(cls, true));
}

static int draw_waits(const struct ui *ui, struct canvas *c, struct rect r, int y, int end)
{
	const struct snapshot *s = ui->load->waits;
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	if (!s || y + 1 >= end)
		return y;
	pen_bold(&pen, ROLE_STRONG, "Waits in the slice");
	pen_skip(&pen, 1);
	canvas_hline(c, r, y, pen.x, r.x + r.w - pen.x, glyph(G_FRAME_H), STYLE(ROLE_LINE, ROLE_BG, 0));
	y++;
	for (size_t i = 0; i < s->nrows && y < end; i++)
		if (str_eq_c(data_str(s, i, "by"), "wait"))
			draw_wait(s, i, c, r, y++, ui->load->total);
	return y;
}

/* What the load would be without the class that weighs most: whether it alone is the trouble. */
static void draw_verdict(const struct ui *ui, struct canvas *c, struct rect r, int y)
{
	const struct load_view *lv = ui->load;
	struct load_capacity cap = load_view_capacity(ui);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	int worst = 0;

	if (isnan(lv->total) || isnan(cap.value) || !isnan(cap.max_acu) || lv->total <= cap.value)
		return;
	for (int k = 1; k < GRAPH_CLASSES; k++)
		if (lv->classes[k] > lv->classes[worst])
			worst = k;
	pen_glyph(&pen, ROLE_WARN, G_WARN);
	if (lv->total - lv->classes[worst] < cap.value) {
		pen_textf(&pen, ROLE_FG, " without %s it is ", wait_class_title((enum wait_class)worst));
		pen_boldf(&pen, ROLE_STRONG, "%.1f", lv->total - lv->classes[worst]);
		pen_textf(&pen, ROLE_FG, ", below %g %s", cap.value, cap.unit);
	} else {
		pen_textf(&pen, ROLE_FG, " above %g %s in more than one class", cap.value, cap.unit);
	}
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct load_view *lv = ui->load;
	struct rect in = rect_inset(r, 0, 1);
	int y = in.y, end = in.y + in.h;

	(void)p;
	if (isnan(lv->total)) {
		canvas_text_c(c, in, in.y, in.x, "Nothing is known of this time",
			      STYLE(ROLE_STRONG, ROLE_BG, ATTR_BOLD));
		return;
	}
	if (lv->total <= 0) {
		canvas_text_c(c, in, in.y, in.x, "No session was active", STYLE(ROLE_STRONG, ROLE_BG, ATTR_BOLD));
		return;
	}
	y = draw_classes(ui, c, in, y, in.h - 1);
	if (end - y > 3)
		y++;
	y = draw_waits(ui, c, in, y, end - (end - y > 5 ? 2 : 0));
	if (y < end)
		draw_verdict(ui, c, in, end - 1);
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .badge = load_view_badge};

const struct pane_def pane_load_slice = {
	.name = "load_slice",
	.title = "Slice",
	.help = "Wait classes and waits of the slice that the time cursor selects.",
	.sources = "load_samples insights",
	.any_source = true,
	.ops = &ops,
};
