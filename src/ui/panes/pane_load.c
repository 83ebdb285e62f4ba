/*
 * pane_load.c: average active sessions by wait class, from the sampler's own samples, with
 * the vCPUs of the writer's class as capacity. The window grows with the samples, from two minutes to ten.
 */
#include "ui/limits.h"
#include "ui/marks.h"
#include "ui/panes/panes.h"
#include "ui/widgets/graph.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdio.h>

#define WINDOW_MIN_US (2 * US_PER_MIN)
#define WINDOW_MAX_US (10 * US_PER_MIN)
#define LEGEND_W 15

static const char *const classes[GRAPH_CLASSES] = {"cpu", "io", "client", "ipc", "lwlock", "timeout", "other", "lock"};

struct load_state {
	double values[GRAPH_COLUMNS_MAX][GRAPH_CLASSES];
};

static double now_of(const struct snapshot *s, const char *cls)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = s->nrows > 5 ? s->nrows - 5 : 0; i < s->nrows; i++) {
		double v = data_f64(s, i, cls);

		if (isnan(v))
			continue;
		sum += v;
		n++;
	}
	return n ? sum / (double)n : (double)NAN;
}

/* Means per column; NaN where no sample fell. */
static void fill(const struct snapshot *s, double (*values)[GRAPH_CLASSES], size_t n, int64_t from, int64_t to)
{
	unsigned count[GRAPH_COLUMNS_MAX] = {0};
	int fields[GRAPH_CLASSES], at = rec_find(s->type, STR("sampled_at"));

	for (int k = 0; k < GRAPH_CLASSES; k++)
		fields[k] = rec_find(s->type, str_c(classes[k]));
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < GRAPH_CLASSES; k++)
			values[i][k] = 0;
	for (size_t i = 0; i < s->nrows && at >= 0; i++) {
		union value v;
		size_t column;

		if (!rec_get(&s->type->fields[at], snapshot_row(s, i), &v) || v.i64 < from || v.i64 >= to)
			continue;
		column = (size_t)((v.i64 - from) * (int64_t)n / (to - from));
		count[column]++;
		for (int k = 0; k < GRAPH_CLASSES; k++)
			if (fields[k] >= 0 && rec_get(&s->type->fields[fields[k]], snapshot_row(s, i), &v))
				values[column][k] += v.f64;
	}
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < GRAPH_CLASSES; k++)
			values[i][k] = count[i] ? values[i][k] / count[i] : (double)NAN;
}

/* A sample stands for its interval and half of it more: columns shorter than that are no gaps. */
static void hold(double (*values)[GRAPH_CLASSES], size_t n, int64_t span_us, int64_t interval_us)
{
	int64_t columns = (interval_us + interval_us / 2) * (int64_t)n / span_us, left = 0;

	for (size_t i = n; i-- > 0;) {
		if (!isnan(values[i][0]))
			left = columns;
		else if (left-- > 0)
			memcpy(values[i], values[i + 1], sizeof values[i]);
	}
}

static void legend(const struct ui *ui, const struct snapshot *s, struct canvas *c, struct rect r, double capacity)
{
	int y = r.y;

	for (int k = GRAPH_CLASSES - 1; k >= 0 && y < r.y + r.h; k--) {
		double v = now_of(s, classes[k]);
		struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

		if (isnan(v) || v < 0.05)
			continue;
		y++;
		if (ui->depth == DEPTH_MONO)
			pen_rune(&pen, ROLE_FG, (uint32_t)(unsigned char)"cikpwtoL"[k]);
		else
			pen_glyph(&pen, wait_role(str_c(classes[k]), true), G_LEGEND);
		pen_skip(&pen, 1);
		pen_field(&pen, ROLE_FG, 0, 8, str_c(classes[k]), false);
		pen_textf(&pen, ROLE_FG, "%4.1f", v);
	}
	if (y + 3 < r.y + r.h) {
		double total = limits_load_now(s, 5);
		struct pen pen = pen_at(c, r, y + 1, r.x, ROLE_BG);

		pen_text(&pen, ROLE_MUTED, "  total   ");
		if (!isnan(total))
			pen_boldf(&pen, ROLE_STRONG, "%4.1f", total);
		if (!isnan(capacity)) {
			pen = pen_at(c, r, y + 2, r.x, ROLE_BG);
			pen_glyph(&pen, ROLE_FG, G_CAPACITY);
			pen_text(&pen, ROLE_MUTED, " vCPU    ");
			pen_textf(&pen, ROLE_FG, "%4.1f", capacity);
		}
	}
}

/* Whole minutes that hold all samples, within the limits. */
static int64_t window_of(const struct snapshot *s, int64_t to)
{
	int64_t age = to - data_i64(s, 0, "sampled_at", to), minutes = (age + US_PER_MIN - 1) / US_PER_MIN * US_PER_MIN;

	return minutes < WINDOW_MIN_US ? WINDOW_MIN_US : minutes > WINDOW_MAX_US ? WINDOW_MAX_US : minutes;
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct snapshot *s = pane_good(ui, p);
	static const enum role roles[GRAPH_CLASSES] = {ROLE_CPU,    ROLE_IO,      ROLE_CLIENT, ROLE_IPC,
						       ROLE_LWLOCK, ROLE_TIMEOUT, ROLE_OTHER,  ROLE_LOCK};
	int side = r.w >= 50 ? LEGEND_W + 1 : 0, w = r.w - 2 - side - 7;
	struct load_state *st = p->state;
	struct rail rail;
	struct graph_stack g = {.roles = roles, .letters = "cikpwtoL", .capacity = limits_capacity(ui)};

	if (!s || w < 4)
		return;
	if (!st)
		st = p->state = xalloc(sizeof *st);
	g.n = (size_t)(w > GRAPH_COLUMNS_MAX ? GRAPH_COLUMNS_MAX : w);
	/* While samples fail to come, time goes on: the gap grows at the right. */
	g.to = ui->paused_at_us ? ui->paused_at_us : badge_failed(pane_entry(ui, p)) ? ui->now_us : s->at_us;
	g.from = g.to - window_of(s, g.to);
	fill(s, st->values, g.n, g.from, g.to + 1);
	hold(st->values, g.n, g.to + 1 - g.from, runtime_target(ui->rt)->interval_us);
	g.values = st->values;
	marks_rail(ui, g.from, g.to, &rail);
	g.rail = &rail;
	g.letters_only = ui->depth == DEPTH_MONO || glyph_set_in_use() == GLYPHS_ASCII;
	graph_stack_draw(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2 - side}, &g);
	if (side)
		legend(ui, s, c, (struct rect){r.y, r.x + r.w - LEGEND_W - 1, r.h, LEGEND_W}, g.capacity);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	double capacity = limits_capacity(ui), now = s ? limits_load_now(s, 5) : (double)NAN;
	enum severity sev = limits_load(now, capacity);

	if (isnan(now))
		return;
	pen_boldf(pen, sev >= SEV_WARN ? severity_role(sev) : ROLE_STRONG, "%.1f", now);
	if (!isnan(capacity))
		pen_textf(pen, ROLE_MUTED, " of %.0f vCPU", capacity);
	else
		pen_text(pen, ROLE_MUTED, " active sessions");
}

static void line(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);

	summary(ui, p, pen);
	for (int k = GRAPH_CLASSES - 1; s && k >= 0; k--) {
		double v = now_of(s, classes[k]);

		if (isnan(v) || v < 0.05)
			continue;
		pen_skip(pen, 2);
		pen_textf(pen, wait_role(str_c(classes[k]), false), "%s ", classes[k]);
		pen_textf(pen, ROLE_FG, "%.1f", v);
	}
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .line = line};

const struct pane_def pane_load = {
	.name = "load",
	.title = "Load",
	.help = "Average active sessions by wait class, from own samples.",
	.digit = '4',
	.sources = "load instances",
	.ops = &ops,
};
