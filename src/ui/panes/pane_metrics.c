/*
 * pane_metrics.c: CloudWatch graphs. Each pane is one row: metric, unit, scale, colours.
 *
 * Several objects of one metric (one line per instance) share a pane: the pane shows the
 * writer's series, or of what only readers have the worst one; newest values of the others stand in its title. A metric
 * the target does not emit is said in words together with the one that replaces it; a pane whose metric cannot exist
 * here (ACUs of provisioned instances) is hidden. While somebody compares, the day or week before is drawn as dots over
 * it. The graph of the volume goes on into a forecast where its line can be believed (model/growth.h).
 */
#include "ui/marks.h"
#include "ui/panes/panes.h"
#include "ui/widgets/graph.h"

#include "model/growth.h"

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
	bool worst; /* not the writer's, but the largest */
};

/* Beyond now, as a share of the range. */
#define AHEAD_SHARE 0.4
#define AHEAD_RANGE_MIN US_PER_DAY

static const struct metric_view views[] = {
	{&pane_volume, "VolumeBytesUsed", "", GRAPH_BYTES, 1, false, false, ROLE_G1, ROLE_G1B, false},
	/* counts per 5 minutes */
	{&pane_reads, "VolumeReadIOPs", " IO/s", GRAPH_COUNT, 1.0 / 300, true, false, ROLE_G2, ROLE_G2B, false},
	{&pane_writes, "VolumeWriteIOPs", " IO/s", GRAPH_COUNT, 1.0 / 300, true, false, ROLE_G3, ROLE_G3B, false},
	{&pane_local_storage, "FreeLocalStorage", "", GRAPH_BYTES, 1, true, true, ROLE_G1, ROLE_G1B, false},
	{&pane_cpu, "CPUUtilization", " %", GRAPH_PERCENT, 1, true, false, ROLE_G2, ROLE_G2B, false},
	{&pane_memory, "FreeableMemory", "", GRAPH_BYTES, 1, true, true, ROLE_G3, ROLE_G3B, false},
	{&pane_connections, "DatabaseConnections", "", GRAPH_COUNT, 1, true, false, ROLE_G1, ROLE_G1B, false},
	{&pane_volume_used, "VolumeBytesUsed", "", GRAPH_BYTES, 1, false, false, ROLE_G1, ROLE_G1B, false},
	{&pane_lag, "AuroraReplicaLag", "", GRAPH_MS, 1, true, false, ROLE_G3, ROLE_G3B, true},
	{&pane_acu, "ServerlessDatabaseCapacity", " ACU", GRAPH_COUNT, 1, true, false, ROLE_G2, ROLE_G2B, false},
};

static const struct metric_view *view_of(const struct pane *p)
{
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (views[i].def == p->def)
			return &views[i];
	BUG("pane %s has no metric", p->def->name);
}

/* Whose newest value is the largest; NULL = nobody has one. */
static const struct series *worst_of(const struct snapshot *m, const char *metric)
{
	const struct series *worst = NULL;

	for (size_t i = 0; i < m->series.n; i++) {
		const struct series *s = &m->series.items[i];

		if (s->part == SERIES_SHOWN && s->n > 0 && str_eq_c(s->metric, metric) &&
		    (!worst || s->value[s->n - 1] > worst->value[worst->n - 1]))
			worst = s;
	}
	return worst;
}

/* The writer's series of an instance metric, else the first one. */
static const struct series *series_of(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *m = store_good(ui->store, "metrics"), *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	const struct metric_view *v = view_of(p);
	const struct series *s = NULL;

	if (!m)
		return NULL;
	if (v->worst)
		s = worst_of(m, v->metric);
	else if (writer >= 0)
		s = series_find(&m->series, v->metric, data_str(instances, (size_t)writer, "identifier"));
	return s && s->n > 0 ? s : series_find(&m->series, v->metric, STR(""));
}

/* The same of the day or week before, or NULL. */
static const struct series *before_of(const struct ui *ui, const struct series *s)
{
	const struct snapshot *m = store_good(ui->store, "metrics");

	if (!m || !s || runtime_target(ui->rt)->compare_us == 0 || !ui->views[ui->view].range_bar)
		return NULL;
	for (size_t i = 0; i < m->series.n; i++) {
		const struct series *x = &m->series.items[i];

		if (x->part == SERIES_BEFORE && x->n > 0 && str_eq(x->metric, s->metric) &&
		    str_eq(x->object, s->object))
			return x;
	}
	return NULL;
}

static void number(struct pen *pen, const struct metric_view *v, double value, bool strong)
{
	struct buf b;

	buf_init(&b, 64);
	if (v->unit == GRAPH_BYTES)
		(void)format_bytes(&b, data_whole(value));
	else if (v->unit == GRAPH_PERCENT)
		(void)buf_addf(&b, "%.0f", value);
	else if (v->unit == GRAPH_MS)
		(void)glyph_duration(&b, data_whole(value * US_PER_MS));
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

/* The pace of the line through what is shown, or through its ends where that is no line. */
static void growth(struct pen *pen, const struct series *s, const struct series_stats *st, int64_t from)
{
	double per_day, days;
	struct growth g;
	size_t first = 0;
	struct buf b;

	while (first + 1 < s->n && s->at[first] < from)
		first++;
	days = (double)(st->last_at - s->at[first]) / (double)US_PER_DAY;
	if (days < 0.02)
		return;
	per_day = (st->last - s->value[first]) / days;
	if (growth_fit(s, from, INT64_MAX, &g) && g.trend >= GROWTH_UNEVEN)
		per_day = g.per_day;
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(fabs(per_day)));
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "%c%s/d", per_day < 0 ? '-' : '+', buf_c(&b));
	buf_release(&b);
}

/* Newest point not after a time; -1 = none. */
static long point_at(const struct series *s, int64_t at)
{
	size_t i = s->n;

	while (i > 0 && s->at[i - 1] > at)
		i--;
	return (long)i - 1;
}

/* "1d ago 1.19 TiB" */
static void add_before(const struct ui *ui, const struct metric_view *v, const struct series *s, int64_t at,
		       struct pen *pen)
{
	const struct series *before = before_of(ui, s);
	long i = before ? point_at(before, at) : -1;

	if (i < 0)
		return;
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, runtime_target(ui->rt)->compare_us == US_PER_DAY ? "1d ago " : "7d ago ");
	number(pen, v, before->value[i] * v->scale, false);
}

/* The point under the time cursor: the newest one not after it. */
static void at_cursor(const struct ui *ui, const struct metric_view *v, const struct series *s, struct pen *pen)
{
	long i = point_at(s, ui->cursor_us);
	struct buf b;

	buf_init(&b, 64);
	(void)format_clock(&b, ui->cursor_us, ui->now_us);
	pen_textf(pen, ROLE_ACCENT, "%s ", buf_c(&b));
	buf_release(&b);
	if (i >= 0)
		number(pen, v, s->value[i] * v->scale, true);
	else
		pen_text(pen, ROLE_MUTED, "no point");
	add_before(ui, v, s, ui->cursor_us, pen);
}

static bool is_volume(const struct pane *p)
{
	return p->def == &pane_volume || p->def == &pane_volume_used;
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
	add_before(ui, v, s, st.last_at, pen);
	if (is_volume(p))
		growth(pen, s, &st, from);
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, v->minimum ? "min " : "max ");
	number(pen, v, (v->minimum ? st.min : st.max) * v->scale, false);
	if (s->object.len > 0 && !is_volume(p) && v->def != &pane_reads && v->def != &pane_writes &&
	    v->def != &pane_acu) {
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

		if (s->part != SERIES_SHOWN || !str_eq_c(s->metric, metric) || s->n == 0)
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

static bool has_free_storage(const struct ui *ui)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	const struct series *s = m ? series_find(&m->series, "FreeStorageSpace", STR("")) : NULL;

	return s && s->n > 0;
}

/* Rows below the graph of the volume: of the target that has FreeStorageSpace always, else where nothing else in the
 * view tells of local storage. */
static int rows_below(const struct ui *ui, const struct pane *p, int rows)
{
	if (rows < 8 || !is_volume(p))
		return 0;
	return p->def == &pane_volume ? 2 : has_free_storage(ui);
}

/* Local storage, and what Aurora has instead of FreeStorageSpace. */
static void draw_below(const struct ui *ui, struct canvas *c, struct rect r, int rows)
{
	struct rect low = {r.y + r.h - 1, r.x + 1, 1, r.w - 2};
	struct pen last = pen_at(c, low, low.y, low.x, ROLE_BG);

	if (rows > 1)
		others(ui, c, (struct rect){low.y - 1, low.x, 1, low.w}, "local free", "FreeLocalStorage");
	if (has_free_storage(ui))
		others(ui, c, low, "free storage", "FreeStorageSpace");
	else
		pen_text(&last, ROLE_MUTED, "FreeStorageSpace n/a: not emitted by Aurora, VolumeBytesUsed replaces it");
}

/* How much the forecast is, where there is room beside its dots. */
static void draw_ahead(struct canvas *c, struct rect r, const struct graph_area *g)
{
	struct rect plot = graph_plot(r);
	int from = plot.x + (int)((double)(g->now_us - g->from) / (double)(g->to - g->from) * plot.w) + 3;
	double bytes = g->ahead_per_us * (double)(g->to - g->now_us);
	struct pen pen = pen_at(c, plot, plot.y + plot.h - 3, from, ROLE_BG);
	struct buf b;

	if (plot.h < 6 || plot.x + plot.w - from < 12)
		return;
	pen_text(&pen, ROLE_MUTED, "forecast");
	pen = pen_at(c, plot, plot.y + plot.h - 2, from, ROLE_BG);
	buf_init(&b, 64);
	(void)buf_add_c(&b, bytes < 0 ? "-" : "+");
	(void)format_bytes(&b, data_whole(fabs(bytes)));
	pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
	buf_release(&b);
}

/* True: the range goes on beyond now. */
static bool look_ahead(const struct ui *ui, const struct pane *p, const struct series *s, struct graph_area *g)
{
	int64_t range = runtime_target(ui->rt)->range_us;
	struct growth fit;

	if (p->def != &pane_volume_used || range < AHEAD_RANGE_MIN || !growth_fit(s, g->from, g->to, &fit) ||
	    fit.trend < GROWTH_UNEVEN)
		return false;
	g->now_us = g->to;
	g->to += (int64_t)((double)range * AHEAD_SHARE);
	g->ahead_per_us = fit.per_day / (double)US_PER_DAY;
	return true;
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
			       .body = v->body,
			       .before = before_of(ui, s)};
	int extra = rows_below(ui, p, r.h);
	struct rect chart = {r.y, r.x + 1, r.h - extra, r.w - 2};
	struct rail rail;

	if (!s || s->n == 0) {
		no_points(ui, v, c, r);
		return;
	}
	g.to = range_end(ui);
	g.from = g.to - runtime_target(ui->rt)->range_us;
	g.rail = &rail;
	if (look_ahead(ui, p, s, &g)) {
		marks_rail(ui, g.from, g.to, &rail);
		graph_area_draw(c, chart, &g);
		draw_ahead(c, chart, &g);
	} else {
		marks_rail(ui, g.from, g.to, &rail);
		graph_area_draw(c, chart, &g);
	}
	if (extra)
		draw_below(ui, c, r, extra);
}

/* What no instance of this cluster can have. */
static bool hidden(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *instances = store_good(ui->store, "instances");
	bool serverless = data_find(instances, "class", STR("db.serverless")) >= 0;

	if (!instances || instances->nrows == 0)
		return p->def == &pane_acu;
	if (p->def == &pane_acu)
		return !serverless;
	return p->def == &pane_lag && data_find(instances, "role", STR("reader")) < 0;
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .hidden = hidden};

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
METRIC_PANE(volume_used, "Volume used", '6', "Bytes used by the cluster volume, with its growth and where that leads.");
METRIC_PANE(lag, "Replica lag", 0, "How far the reader that lags most is behind the writer.");
METRIC_PANE(acu, "Capacity", 0, "Aurora capacity units (ACU) of a serverless cluster.");
