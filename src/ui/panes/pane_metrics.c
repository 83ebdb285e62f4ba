/*
 * pane_metrics.c: CloudWatch graphs. Each pane is one row: metric, unit, scale, colours.
 *
 * Several objects of one metric (one line per instance) share a pane: the pane shows the
 * writer's series; newest values of the others stand in its title. A metric the target does not emit is
 * said in words together with the one that replaces it.
 */
#include "ui/marks.h"
#include "ui/panes/panes.h"
#include "ui/widgets/graph.h"

#include <math.h>
#include <stdio.h>

struct metric_view {
	const struct pane_def *def;
	const char *metric;
	const char *unit_text; /* after a plain number, "" for bytes */
	enum graph_unit unit;
	double scale;
	bool from_zero, minimum; /* minimum: the least value is what matters */
	enum role edge, body;
};

static const struct metric_view views[] = {
	{&pane_volume, "VolumeBytesUsed", "", GRAPH_BYTES, 1, false, false, ROLE_G1, ROLE_G1B},
	/* counts per 5 minutes */
	{&pane_reads, "VolumeReadIOPs", " IO/s", GRAPH_COUNT, 1.0 / 300, true, false, ROLE_G2, ROLE_G2B},
	{&pane_writes, "VolumeWriteIOPs", " IO/s", GRAPH_COUNT, 1.0 / 300, true, false, ROLE_G3, ROLE_G3B},
	{&pane_local_storage, "FreeLocalStorage", "", GRAPH_BYTES, 1, true, true, ROLE_G1, ROLE_G1B},
	{&pane_cpu, "CPUUtilization", " %", GRAPH_PERCENT, 1, true, false, ROLE_G2, ROLE_G2B},
	{&pane_memory, "FreeableMemory", "", GRAPH_BYTES, 1, true, true, ROLE_G3, ROLE_G3B},
	{&pane_connections, "DatabaseConnections", "", GRAPH_COUNT, 1, true, false, ROLE_G1, ROLE_G1B},
};

static const struct metric_view *view_of(const struct pane *p)
{
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (views[i].def == p->def)
			return &views[i];
	BUG("pane %s has no metric", p->def->name);
}

/* The writer's series of an instance metric, else the first one. */
static const struct series *series_of(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *m = store_good(ui->store, "metrics"), *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	const struct series *s = NULL;

	if (!m)
		return NULL;
	if (writer >= 0)
		s = series_find(&m->series, view_of(p)->metric, data_str(instances, (size_t)writer, "identifier"));
	return s && s->n > 0 ? s : series_find(&m->series, view_of(p)->metric, STR(""));
}

static void number(struct pen *pen, const struct metric_view *v, double value, bool strong)
{
	struct buf b;

	buf_init(&b, 64);
	if (v->unit == GRAPH_BYTES)
		(void)format_bytes(&b, data_whole(value));
	else if (v->unit == GRAPH_PERCENT)
		(void)buf_addf(&b, "%.0f", value);
	else
		(void)format_count_short(&b, value);
	pen_quantity(pen, strong ? ROLE_STRONG : ROLE_FG, strong ? ATTR_BOLD : 0, buf_str(&b));
	pen_text(pen, ROLE_MUTED, v->unit_text);
	buf_release(&b);
}

static int64_t range_end(const struct ui *ui)
{
	return ui->paused_at_us ? ui->paused_at_us : ui->now_us;
}

static void growth(struct pen *pen, const struct series *s, const struct series_stats *st, int64_t from)
{
	double per_day, days = (double)(st->last_at - s->at[0]) / (double)US_PER_DAY;
	size_t first = 0;
	struct buf b;

	while (first + 1 < s->n && s->at[first] < from)
		first++;
	days = (double)(st->last_at - s->at[first]) / (double)US_PER_DAY;
	if (days < 0.02)
		return;
	per_day = (st->last - s->value[first]) / days;
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(fabs(per_day)));
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "%c%s/d", per_day < 0 ? '-' : '+', buf_c(&b));
	buf_release(&b);
}

/* The point under the time cursor: the newest one not after it. */
static void at_cursor(const struct ui *ui, const struct metric_view *v, const struct series *s, struct pen *pen)
{
	size_t i = s->n;
	struct buf b;

	while (i > 0 && s->at[i - 1] > ui->cursor_us)
		i--;
	buf_init(&b, 64);
	(void)format_clock(&b, ui->cursor_us, ui->now_us);
	pen_textf(pen, ROLE_ACCENT, "%s ", buf_c(&b));
	buf_release(&b);
	if (i > 0)
		number(pen, v, s->value[i - 1] * v->scale, true);
	else
		pen_text(pen, ROLE_MUTED, "no point");
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct metric_view *v = view_of(p);
	const struct series *s = series_of(ui, p);
	int64_t to = range_end(ui), from = to - runtime_target(ui->rt)->range_us;
	struct series_stats st;

	if (!s || !series_stats(s, from, to, &st))
		return;
	if (ui->cursor_us && ui->views[ui->view].range_bar) {
		at_cursor(ui, v, s, pen);
		return;
	}
	number(pen, v, st.last * v->scale, true);
	if (p->def == &pane_volume)
		growth(pen, s, &st, from);
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, v->minimum ? "min " : "max ");
	number(pen, v, (v->minimum ? st.min : st.max) * v->scale, false);
	if (s->object.len > 0 && v->def != &pane_volume && v->def != &pane_reads && v->def != &pane_writes) {
		pen_separator(pen);
		pen_textf(pen, ROLE_MUTED, STR_FMT, STR_ARG(s->object));
	}
}

/* Newest value of each instance in one line: "local free  orders-1 98 GiB  orders-2 ...". */
static void others(const struct ui *ui, struct canvas *c, struct rect r, const char *label, const char *metric)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);

	pen_text(&pen, ROLE_MUTED, label);
	for (size_t i = 0; m && i < m->series.n; i++) {
		const struct series *s = &m->series.items[i];
		struct buf b;

		if (!str_eq_c(s->metric, metric) || s->n == 0)
			continue;
		buf_init(&b, 64);
		(void)format_bytes(&b, data_whole(s->value[s->n - 1]));
		pen_textf(&pen, ROLE_MUTED, "  " STR_FMT " ", STR_ARG(s->object));
		pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
		buf_release(&b);
	}
}

static void no_points(const struct ui *ui, const struct metric_view *v, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	char line[160];

	(void)ui;
	(void)snprintf(line, sizeof line, "No datapoints of %s in this range", v->metric);
	canvas_text_c(c, in, in.y, in.x, line, STYLE(ROLE_FG, ROLE_BG, 0));
	canvas_text_c(c, in, in.y + 1, in.x, "CloudWatch answered; the target does not emit it, or not yet",
		      STYLE(ROLE_MUTED, ROLE_BG, 0));
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct metric_view *v = view_of(p);
	const struct series *s = series_of(ui, p);
	struct graph_area g = {.series = s,
			       .unit = v->unit,
			       .cursor_us = ui->views[ui->view].range_bar ? ui->cursor_us : 0,
			       .from_zero = v->from_zero,
			       .scale = v->scale,
			       .edge = v->edge,
			       .body = v->body};
	int extra = p->def == &pane_volume && r.h >= 8 ? 2 : 0;
	struct rail rail;

	if (!s || s->n == 0) {
		no_points(ui, v, c, r);
		return;
	}
	g.to = range_end(ui);
	g.from = g.to - runtime_target(ui->rt)->range_us;
	marks_rail(ui, g.from, g.to, &rail);
	g.rail = &rail;
	graph_area_draw(c, (struct rect){r.y, r.x + 1, r.h - extra, r.w - 2}, &g);
	if (extra) {
		const struct snapshot *m = store_good(ui->store, "metrics");
		const struct series *free_space = series_find(&m->series, "FreeStorageSpace", STR(""));
		struct pen last =
			pen_at(c, (struct rect){r.y + r.h - 1, r.x + 1, 1, r.w - 2}, r.y + r.h - 1, r.x + 1, ROLE_BG);

		others(ui, c, (struct rect){r.y + r.h - 2, r.x + 1, 1, r.w - 2}, "local free", "FreeLocalStorage");
		if (!free_space || free_space->n == 0)
			pen_text(&last, ROLE_MUTED,
				 "FreeStorageSpace n/a: not emitted by Aurora, VolumeBytesUsed replaces it");
		else
			others(ui, c, (struct rect){r.y + r.h - 1, r.x + 1, 1, r.w - 2}, "free storage",
			       "FreeStorageSpace");
	}
}

static const struct pane_ops ops = {.summary = summary, .draw = draw};

#define METRIC_PANE(id, heading, number_, about) \
	const struct pane_def pane_##id = {      \
		.name = #id,                     \
		.title = (heading),              \
		.help = (about),                 \
		.digit = (number_),              \
		.sources = "metrics instances",  \
		.ops = &ops,                     \
	}

METRIC_PANE(volume, "Storage", '6', "Bytes used by the cluster volume, with its growth.");
METRIC_PANE(reads, "Volume reads", 0, "Read I/O of the cluster volume per second.");
METRIC_PANE(writes, "Volume writes", 0, "Write I/O of the cluster volume per second.");
METRIC_PANE(local_storage, "Local temp free", 0, "Free local storage of the writer, for temporary files and logs.");
METRIC_PANE(cpu, "CPU", 0, "CPU utilisation of the writer.");
METRIC_PANE(memory, "Freeable memory", 0, "Memory of the writer that can be freed.");
METRIC_PANE(connections, "Connections", 0, "Client connections of the writer as CloudWatch counts them.");
