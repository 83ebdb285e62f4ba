/*
 * pane_blocked.c: how many sessions waited for a lock, sample by sample, since this console has watched.
 */
#include "ui/panes/panes.h"
#include "ui/widgets/graph.h"

#include "base/xalloc.h"

#include <math.h>

#define WINDOW_MIN_US (2 * US_PER_MIN)
#define WINDOW_MAX_US (15 * US_PER_MIN)

struct blocked_state {
	struct series series;
	size_t cap;
	double max;
};

/* The samples' lock waits as a series of its own, copied when the data changes. */
static void recalc(struct ui *ui, struct pane *p)
{
	const struct snapshot *s = pane_good(ui, p);
	struct blocked_state *st = p->state;

	if (!st)
		st = p->state = xcalloc(1, sizeof *st);
	st->series.n = 0;
	st->max = 0;
	if (!s)
		return;
	if (s->nrows > st->cap) {
		st->cap = s->nrows + 64;
		st->series.at = xrealloc_array(st->series.at, st->cap, sizeof *st->series.at);
		st->series.value = xrealloc_array(st->series.value, st->cap, sizeof *st->series.value);
	}
	st->series.period_us = runtime_target(ui->rt)->interval_us;
	for (size_t i = 0; i < s->nrows; i++) {
		double v = data_f64(s, i, "lock");

		if (isnan(v))
			continue;
		st->series.at[st->series.n] = data_i64(s, i, "sampled_at", 0);
		st->series.value[st->series.n++] = v;
		st->max = v > st->max ? v : st->max;
	}
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct snapshot *s = pane_good(ui, p);
	const struct blocked_state *st = p->state;
	struct graph_area g = {
		.unit = GRAPH_COUNT, .from_zero = true, .scale = 1, .edge = ROLE_LOCK, .body = ROLE_CRITBG};
	int64_t age;

	if (!s || !st || st->series.n == 0)
		return;
	g.series = &st->series;
	g.to = ui->paused_at_us ? ui->paused_at_us : s->at_us;
	age = (g.to - st->series.at[0] + US_PER_MIN - 1) / US_PER_MIN * US_PER_MIN;
	g.from = g.to - (age < WINDOW_MIN_US ? WINDOW_MIN_US : age > WINDOW_MAX_US ? WINDOW_MAX_US : age);
	graph_area_draw(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, &g);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	const struct blocked_state *st = p->state;
	double now = s && s->nrows > 0 ? data_f64(s, s->nrows - 1, "lock") : (double)NAN;

	if (!st || st->series.n == 0 || isnan(now))
		return;
	pen_text(pen, ROLE_MUTED, "now ");
	pen_boldf(pen, now > 0 ? ROLE_CRIT : ROLE_STRONG, "%.0f", now);
	pen_separator(pen);
	pen_text(pen, ROLE_MUTED, "max ");
	pen_textf(pen, ROLE_FG, "%.0f", st->max);
	pen_text(pen, ROLE_MUTED, " since this console watches");
}

static void close_pane(struct pane *p)
{
	struct blocked_state *st = p->state;

	if (!st)
		return;
	xfree(st->series.at);
	xfree(st->series.value);
	xfree(st);
}

static const struct pane_ops ops = {.recalc = recalc, .summary = summary, .draw = draw, .close = close_pane};

const struct pane_def pane_blocked = {
	.name = "blocked",
	.title = "Waiting for locks",
	.help = "Sessions that waited for a lock, in each sample since this console watches.",
	.sources = "load",
	.ops = &ops,
};
