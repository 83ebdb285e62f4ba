/*
 * graph.c: see graph.h.
 *
 * Both charts share the axes: a column of labels (LABEL_W), grid lines at round values,
 * the plot, and below it an axis with ticks and times when at least MIN_AXIS_ROWS remain.
 * The area chart has two samples and four levels in a cell (braille); the edge cell of a column is drawn
 * in the edge role, what lies below in the body role. The stack has eight levels in a cell and at most
 * two classes: one as foreground, one as background; thinner ones are folded into their neighbour.
 */
#include "ui/widgets/graph.h"

#include "base/num.h"
#include "base/zone.h"
#include "model/data.h"
#include "model/kind.h"
#include "model/series.h"

#include <math.h>
#include <stdio.h>

#define LABEL_W 7
#define MIN_AXIS_ROWS 6
#define MIN_RAIL_ROWS 10
#define VALUE_MAX 1e18 /* beyond it a value is drawn as this; also keeps steps larger than rounding */

struct axes {
	struct rect plot;
	double lo, hi;
	bool times;
};

double graph_step(double range, int lines)
{
	double raw, power;

	if (!(range > 0) || lines < 1)
		return 1;
	raw = range / lines;
	power = num_power_of_ten(num_magnitude(raw));
	for (int i = 0; i < 4; i++) {
		static const double steps[] = {1, 2, 5, 10};

		if (raw <= steps[i] * power * 1.0000001)
			return steps[i] * power;
	}
	return 10 * power;
}

/* Steps are round in the unit the labels are written in, which the largest value decides. */
static double binary_step(double range, double largest, int lines)
{
	double unit = 1;

	while (largest >= 1024 * unit)
		unit *= 1024;
	return graph_step(range / unit, lines) * unit;
}

/* So many that neighbours a step apart are told apart. */
static int digits_for(double step)
{
	int digits = 0;

	while (digits < 4 && step < num_power_of_ten(-digits) * 0.999)
		digits++;
	return digits;
}

static void bytes_label(struct buf *b, double v, double step)
{
	static const char units[] = " KMGTP";
	double unit = 1;
	int u = 0, digits;

	while (fabs(v) / unit >= 1000 && u < 5) {
		unit *= 1024;
		u++;
	}
	digits = digits_for(step / unit);
	if (digits == 0)
		(void)format_bytes_short(b, v);
	else
		(void)buf_addf(b, "%.*f%c", digits, v / unit, units[u]);
}

static void label_text(char *out, size_t size, double v, double step, enum graph_unit unit)
{
	struct buf b;

	buf_init(&b, 32);
	if (unit == GRAPH_BYTES)
		bytes_label(&b, v, step);
	else if (unit == GRAPH_PERCENT)
		(void)buf_addf(&b, "%.*f%%", digits_for(step), v);
	else if (unit == GRAPH_MS && v > 0)
		(void)glyph_duration(&b, data_whole(v * US_PER_MS));
	else if (v > 0 && v < 1000 && step < 1 && v != floor(v))
		(void)buf_addf(&b, "%.*f", digits_for(step), v);
	else
		(void)format_count_short(&b, v);
	(void)snprintf(out, size, "%s", buf_c(&b));
	buf_release(&b);
}

static struct axes axes_for(struct rect r, double lo, double hi)
{
	struct axes a = {{r.y, r.x + LABEL_W + 1, r.h, r.w - LABEL_W - 1}, lo, hi, r.h >= MIN_AXIS_ROWS};

	if (a.times)
		a.plot.h -= 2;
	return a;
}

/* Takes a row for the events below the times when there are any and the graph can spare one. */
static bool make_rail(struct axes *a, struct rect r, const struct rail *rail, int64_t from, int64_t to)
{
	if (r.h < MIN_RAIL_ROWS || !rail_has(rail, from, to))
		return false;
	a->plot.h--;
	return true;
}

struct rect graph_plot(struct rect r)
{
	struct rect plot = axes_for(r, 0, 1).plot;

	if (plot.w > GRAPH_COLUMNS_MAX) {
		plot.x += plot.w - GRAPH_COLUMNS_MAX;
		plot.w = GRAPH_COLUMNS_MAX;
	}
	return plot;
}

static int row_of(const struct axes *a, double v)
{
	int from_bottom = (int)num_round((v - a->lo) / (a->hi - a->lo) * (a->plot.h - 1));

	return a->plot.y + a->plot.h - 1 - from_bottom;
}

static void draw_labels(struct canvas *c, struct rect r, const struct axes *a, double step, enum graph_unit unit)
{
	int last_y = -10;

	for (double v = ceil(a->lo / step) * step; v <= a->hi + step * 0.001; v += step) {
		int y = row_of(a, v);
		char text[32];

		if (y == last_y || y < r.y)
			continue;
		label_text(text, sizeof text, v, step, unit);
		canvas_field(c, r, y, r.x, LABEL_W, str_c(text), true, STYLE(ROLE_MUTED, ROLE_BG, 0));
		canvas_hline(c, r, y, a->plot.x, a->plot.w, glyph(G_GRID), STYLE(ROLE_GRID, ROLE_BG, 0));
		last_y = y;
	}
}

/* Summer time begins or ends in between: an hour may come twice there. */
static bool has_change(int64_t from, int64_t to)
{
	return zone_offset_us(from) != zone_offset_us(to);
}

/* changes: times are told apart by their offsets. */
static void time_text(char *out, size_t size, int64_t us, int64_t span, bool changes)
{
	struct civil t;
	char offset[ZONE_TEXT_MAX];

	zone_civil(us, &t);
	if (span >= 2 * US_PER_DAY)
		(void)snprintf(out, size, "%02d-%02d", t.month, t.day);
	else
		(void)snprintf(out, size, "%02d:%02d%s", t.hour, t.minute, changes ? zone_offset_text(us, offset) : "");
}

/* The first time after `from` that is a multiple of step by the clocks in use. */
static int64_t first_tick(int64_t from, int64_t step)
{
	int64_t offset = zone_offset_us(from);

	return ((from + offset) / step + 1) * step - offset;
}

/* The next one. Steps longer than what the clocks are put on or back by stay multiples by these clocks. */
static int64_t next_tick(int64_t at, int64_t step)
{
	int64_t next = at + step, moved = zone_offset_us(next) - zone_offset_us(at);

	return moved < step && -moved < step ? next - moved : next;
}

/* Columns that another text takes on the row of times. */
struct taken {
	int x, w;
};

static bool is_free(const struct taken *t, int x, int w)
{
	return t->w == 0 || x + w < t->x || x > t->x + t->w;
}

/* now_x: the column of now, where that is not the right end; else 0. */
static void draw_times(struct canvas *c, struct rect r, const struct axes *a, int64_t from, int64_t to,
		       struct taken taken, int now_x)
{
	static const int64_t steps[] = {US_PER_MIN,       2 * US_PER_MIN, 5 * US_PER_MIN,  10 * US_PER_MIN,
					30 * US_PER_MIN,  US_PER_HOUR,    3 * US_PER_HOUR, 6 * US_PER_HOUR,
					12 * US_PER_HOUR, US_PER_DAY,     2 * US_PER_DAY};
	int64_t span = to - from, step = steps[ARRAY_LEN(steps) - 1];
	int y = a->plot.y + a->plot.h, end = a->plot.x + a->plot.w, now = now_x ? now_x - 1 : end - 3, w;
	bool changes = has_change(from, to);
	char text[32];

	time_text(text, sizeof text, from, span, changes);
	w = (int)strlen(text);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (a->plot.w * steps[i] / span >= w + 4) {
			step = steps[i];
			break;
		}
	canvas_hline(c, r, y, a->plot.x, a->plot.w, glyph(G_AXIS), STYLE(ROLE_LINE, ROLE_BG, 0));
	for (int64_t t = first_tick(from, step); t < to; t = next_tick(t, step)) {
		int x = a->plot.x + (int)((t - from) * a->plot.w / span);

		canvas_glyph(c, r, y, x, G_TICK, STYLE(ROLE_LINE, ROLE_BG, 0));
		time_text(text, sizeof text, t, span, changes);
		if (x - 2 >= a->plot.x - 3 && x + w - 2 <= end && (x + w - 2 < now - 1 || x - 2 > now + 3) &&
		    is_free(&taken, x - 2, w))
			canvas_text_c(c, r, y + 1, x - 2, text, STYLE(ROLE_MUTED, ROLE_BG, 0));
	}
	if (is_free(&taken, now, 3))
		canvas_text_c(c, r, y + 1, now, "now", STYLE(ROLE_FG, ROLE_BG, 0));
}

/* Dot levels (0..4*h) of a value; -1 for a gap. */
static int level_of(const struct axes *a, double v)
{
	int levels = a->plot.h * 4, l;

	if (isnan(v))
		return -1;
	l = (int)num_round((v - a->lo) / (a->hi - a->lo) * levels);
	return l < 1 ? 1 : l > levels ? levels : l;
}

/* Braille bits of a column half filled to `dots` of its four levels. */
static uint8_t half_mask(int dots, bool right)
{
	static const uint8_t left_bits[] = {0x40, 0x04, 0x02, 0x01}, right_bits[] = {0x80, 0x20, 0x10, 0x08};
	uint8_t mask = 0;

	for (int i = 0; i < dots && i < 4; i++)
		mask |= right ? right_bits[i] : left_bits[i];
	return mask;
}

static void draw_area_cell(struct canvas *c, const struct axes *a, const struct graph_area *g, int x, const int *levels)
{
	int top = levels[0] > levels[1] ? levels[0] : levels[1];

	if (levels[0] < 0 && levels[1] < 0) {
		canvas_glyph(c, a->plot, a->plot.y + a->plot.h - 1, x, G_SEPARATOR, STYLE(ROLE_FAINT, ROLE_BG, 0));
		return;
	}
	for (int row = 0; row < a->plot.h; row++) {
		int l = levels[0] - row * 4, r = levels[1] - row * 4;
		uint8_t mask = (uint8_t)(half_mask(l < 0 ? 0 : l, false) | half_mask(r < 0 ? 0 : r, true));
		bool edge = top <= (row + 1) * 4;

		if (mask)
			canvas_put(c, a->plot, a->plot.y + a->plot.h - 1 - row, x, glyph_braille(mask),
				   STYLE(edge ? g->edge : g->body, ROLE_BG, 0));
	}
}

static void scale_of(const struct graph_area *g, const double *v, size_t n, double *ret_lo, double *ret_hi,
		     double *ret_step)
{
	double lo = (double)INFINITY, hi = -(double)INFINITY, range;

	for (size_t i = 0; i < n; i++) {
		if (isnan(v[i]))
			continue;
		lo = num_min(lo, v[i]);
		hi = num_max(hi, v[i]);
	}
	if (!(hi >= lo)) {
		lo = 0;
		hi = 1;
	}
	if (g->from_zero && lo > 0)
		lo = 0;
	if (g->unit == GRAPH_PERCENT && g->from_zero && hi > 50)
		hi = 100;
	range = hi - lo > fabs(hi) * 1e-6 ? hi - lo : fabs(hi) > 0 ? fabs(hi) * 0.1 : 1;
	*ret_step = g->unit == GRAPH_BYTES ? binary_step(range, fabs(hi), 3) : graph_step(range, 3);
	*ret_lo = floor(lo / *ret_step) * *ret_step;
	*ret_hi = ceil((hi + range * 0.02) / *ret_step) * *ret_step;
	if (g->unit == GRAPH_PERCENT && *ret_hi > 100)
		*ret_hi = 100;
	if (!(*ret_hi > *ret_lo))
		*ret_hi = *ret_lo + *ret_step;
}

/* The values of an area chart in dots, two for each column: what is, what was before, what is to come. */
struct dots {
	size_t n;
	double now[GRAPH_COLUMNS_MAX * 2], before[GRAPH_COLUMNS_MAX * 2], ahead[GRAPH_COLUMNS_MAX * 2];
};

/* What can be drawn of a value; NaN = nothing. */
static double drawable(double v)
{
	return isfinite(v) ? num_max(-VALUE_MAX, num_min(v, VALUE_MAX)) : (double)NAN;
}

static void sample(const struct graph_area *g, const struct series *s, double *v, size_t n)
{
	series_resample(s, g->from, g->to, v, n);
	for (size_t i = 0; i < n; i++)
		v[i] = drawable(v[i] * g->scale);
}

static void forecast(const struct graph_area *g, double *v, size_t n)
{
	const struct series *s = g->series;

	for (size_t i = 0; i < n; i++) {
		int64_t at = g->from + (int64_t)((double)(g->to - g->from) * ((double)i + 0.5) / (double)n);

		v[i] = (double)NAN;
		if (g->now_us > 0 && at >= g->now_us && s->n > 0)
			v[i] = drawable((s->value[s->n - 1] + g->ahead_per_us * (double)(at - s->at[s->n - 1])) *
					g->scale);
	}
}

/* One dot at a level; two in one cell stand together. */
static void draw_dots(struct canvas *c, const struct axes *a, int x, const int *levels, enum role role)
{
	for (int half = 0; half < 2; half++) {
		int row = (levels[half] - 1) / 4, dot = (levels[half] - 1) % 4;
		uint8_t mask =
			levels[half] < 1 ? 0 : half_mask(dot + 1, half == 1) & (uint8_t)~half_mask(dot, half == 1);
		bool same = levels[1 - half] >= 1 && (levels[1 - half] - 1) / 4 == row;
		int other = (levels[1 - half] - 1) % 4;

		if (same)
			mask |= half_mask(other + 1, half == 0) & (uint8_t)~half_mask(other, half == 0);
		if (mask)
			canvas_put(c, a->plot, a->plot.y + a->plot.h - 1 - row, x, glyph_braille(mask),
				   STYLE(role, ROLE_BG, 0));
	}
}

/* Where a time stands, from the left edge of the plot. */
static int time_column(const struct axes *a, const struct graph_area *g, int64_t at)
{
	return a->plot.x + (int)((double)(at - g->from) / (double)(g->to - g->from) * a->plot.w);
}

static void draw_area(struct canvas *c, const struct axes *a, const struct graph_area *g, const struct dots *d)
{
	int now = g->now_us > 0 ? time_column(a, g, g->now_us) : a->plot.x + a->plot.w;

	for (int i = 0; i < a->plot.w; i++) {
		size_t k = 2 * (size_t)i;
		int levels[2] = {level_of(a, d->now[k]), level_of(a, d->now[k + 1])}, x = a->plot.x + i;
		int before[2] = {level_of(a, d->before[k]), level_of(a, d->before[k + 1])};
		/* every other dot */
		int ahead[2] = {level_of(a, d->ahead[k]), -1};

		if (x < now || levels[0] >= 0 || levels[1] >= 0)
			draw_area_cell(c, a, g, x, levels);
		if (x > now)
			draw_dots(c, a, x, ahead, g->edge);
		draw_dots(c, a, x, before, ROLE_MUTED);
	}
	for (int y = 0; y < a->plot.h && now < a->plot.x + a->plot.w; y++)
		canvas_glyph(c, a->plot, a->plot.y + y, now, G_FORECAST, STYLE(ROLE_FAINT, ROLE_BG, 0));
}

static void draw_area_cursor(struct canvas *c, const struct axes *a, const struct graph_area *g)
{
	if (g->cursor_us <= g->from || g->cursor_us >= g->to)
		return;
	for (int y = 0; y < a->plot.h; y++)
		canvas_glyph(c, a->plot, a->plot.y + y, time_column(a, g, g->cursor_us), G_CURSOR,
			     STYLE(ROLE_ACCENT, ROLE_BG, 0));
}

void graph_area_draw(struct canvas *c, struct rect r, const struct graph_area *g)
{
	static const struct series none = {.n = 0};
	struct axes a = axes_for(r, 0, 1);
	bool rail = make_rail(&a, r, g->rail, g->from, g->to);
	struct dots d;
	double step, all[3 * GRAPH_COLUMNS_MAX * 2];

	if (a.plot.w < 4 || a.plot.h < 1 || g->to <= g->from)
		return;
	if (a.plot.w > GRAPH_COLUMNS_MAX)
		a.plot.w = GRAPH_COLUMNS_MAX;
	d.n = (size_t)a.plot.w * 2;
	sample(g, g->series, d.now, d.n);
	sample(g, g->before ? g->before : &none, d.before, d.n);
	forecast(g, d.ahead, d.n);
	memcpy(all, d.now, d.n * sizeof *all);
	memcpy(all + d.n, d.before, d.n * sizeof *all);
	memcpy(all + 2 * d.n, d.ahead, d.n * sizeof *all);
	scale_of(g, all, 3 * d.n, &a.lo, &a.hi, &step);
	draw_labels(c, r, &a, step, g->unit);
	draw_area(c, &a, g, &d);
	draw_area_cursor(c, &a, g);
	if (a.times)
		draw_times(c, r, &a, g->from, g->to, (struct taken){0, 0},
			   g->now_us > 0 ? time_column(&a, g, g->now_us) : 0);
	if (rail)
		rail_draw(c, a.plot, a.plot.y + a.plot.h + 2, g->from, g->to, g->rail);
}

/* ---- stack ---- */

struct slice {
	int cls[2]; /* the two thickest classes in the cell, lower first; -1 = none */
	int eighths[2];
	int empty;
};

/* What lies between levels [from, from+8) of a column, in eighths of a cell. */
static struct slice cut(const int *tops, int from)
{
	struct slice s = {{-1, -1}, {0, 0}, 8};
	int below = 0, thick[GRAPH_CLASSES];

	for (int k = 0; k < GRAPH_CLASSES; k++) {
		int lo = below > from ? below : from, hi = tops[k] < from + 8 ? tops[k] : from + 8;

		thick[k] = hi > lo ? hi - lo : 0;
		s.empty -= thick[k];
		below = tops[k];
	}
	for (int k = 0; k < GRAPH_CLASSES; k++) {
		if (thick[k] == 0)
			continue;
		if (s.cls[0] < 0 || thick[k] > s.eighths[0]) {
			s.cls[1] = s.cls[0];
			s.eighths[1] = s.eighths[0];
			s.cls[0] = k;
			s.eighths[0] = thick[k];
		} else if (s.cls[1] < 0 || thick[k] > s.eighths[1]) {
			s.cls[1] = k;
			s.eighths[1] = thick[k];
		}
	}
	return s;
}

static void draw_stack_cell(struct canvas *c, const struct graph_stack *g, struct rect plot, int y, int x,
			    struct slice s)
{
	int lower = s.cls[0], upper = s.cls[1];

	if (lower < 0)
		return;
	if (g->letters_only) {
		if (8 - s.empty >= 4)
			canvas_put(c, plot, y, x, (uint32_t)(unsigned char)g->letters[lower],
				   STYLE(g->roles[lower], ROLE_BG, 0));
		return;
	}
	if (s.empty > 0 || upper < 0) {
		canvas_put(c, plot, y, x, glyph_eighth(8 - s.empty), STYLE(g->roles[lower], ROLE_BG, 0));
		return;
	}
	if (lower > upper) {
		int t = lower;

		lower = upper;
		upper = t;
		t = s.eighths[0];
		s.eighths[0] = s.eighths[1];
		s.eighths[1] = t;
	}
	canvas_put(c, plot, y, x, glyph_eighth(8 - s.eighths[1]), STYLE(g->roles[lower], g->roles[upper], 0));
}

static double stack_top(const struct graph_stack *g)
{
	double top = isnan(g->capacity) ? 1 : g->capacity * 1.2;

	for (size_t i = 0; i < g->n; i++) {
		double sum = 0;

		for (int k = 0; k < GRAPH_CLASSES; k++)
			sum += isnan(g->values[i][k]) ? 0 : g->values[i][k];
		top = sum * 1.05 > top ? sum * 1.05 : top;
	}
	return top;
}

static void draw_capacity(struct canvas *c, const struct axes *a, double capacity)
{
	int y = row_of(a, capacity);

	for (int x = a->plot.x; x < a->plot.x + a->plot.w && y >= a->plot.y; x++) {
		struct cell *cell = canvas_at(c, y, x);
		bool filled = cell->rune == glyph_eighth(8);

		if (filled)
			*cell = (struct cell){glyph(G_CAPACITY), STYLE(ROLE_BG, cell->style.fg, 0), 1};
		else if (cell->rune == ' ' || cell->rune == glyph(G_GRID))
			canvas_glyph(c, a->plot, y, x, G_CAPACITY, STYLE(ROLE_FG, ROLE_BG, 0));
	}
}

static int column_at(const struct axes *a, const struct graph_stack *g, int64_t at)
{
	int x = (int)((at - g->from) * a->plot.w / (g->to - g->from));

	return a->plot.x + (x < 0 ? 0 : x > a->plot.w ? a->plot.w : x);
}

static bool has_cursor(const struct graph_stack *g)
{
	return g->to > g->from && g->cursor_us >= g->from && g->cursor_us < g->to;
}

/* Through the plot; on a cell that is filled the line is cut out of its colour. */
static void draw_cursor(struct canvas *c, const struct axes *a, const struct graph_stack *g)
{
	int x = column_at(a, g, g->cursor_us);

	for (int y = a->plot.y; y < a->plot.y + a->plot.h; y++) {
		struct cell *cell = canvas_at(c, y, x);
		bool filled = cell->rune == glyph_eighth(8) && !g->letters_only;
		struct style s = STYLE(filled ? ROLE_BG : ROLE_STRONG, filled ? cell->style.fg : ROLE_BG, 0);

		*cell = (struct cell){glyph(G_CURSOR), s, 1};
	}
}

/* Below the axis: the cursor's time. Returns the columns it takes. */
static struct taken draw_cursor_time(struct canvas *c, struct rect r, const struct axes *a, const struct graph_stack *g)
{
	int x = column_at(a, g, g->cursor_us), w;
	struct civil t;
	char text[40], offset[ZONE_TEXT_MAX] = "";

	zone_civil(g->cursor_us, &t);
	if (has_change(g->from, g->to))
		(void)zone_offset_text(g->cursor_us, offset);
	if (g->to - g->from > US_PER_DAY)
		(void)snprintf(text, sizeof text, "%02d-%02d %02d:%02d%s", t.month, t.day, t.hour, t.minute, offset);
	else
		(void)snprintf(text, sizeof text, "%02d:%02d:%02d%s", t.hour, t.minute, t.second, offset);
	w = (int)strlen(text);
	x -= w / 2;
	x = x + w > a->plot.x + a->plot.w ? a->plot.x + a->plot.w - w : x;
	x = x < a->plot.x ? a->plot.x : x;
	canvas_text_c(c, r, a->plot.y + a->plot.h + 1, x, text, STYLE(ROLE_ACCENT, ROLE_BG, ATTR_BOLD));
	return (struct taken){x, w};
}

/* On the axis: what is marked, and where the cursor stands. */
static void draw_marks(struct canvas *c, struct rect r, const struct axes *a, const struct graph_stack *g)
{
	int y = a->plot.y + a->plot.h, from = column_at(a, g, g->mark_from), to = column_at(a, g, g->mark_to);

	if (g->mark_from < g->mark_to)
		canvas_hline(c, r, y, from, to > from ? to - from : 1, glyph(G_BAR_FULL),
			     STYLE(ROLE_ACCENT, ROLE_BG, 0));
	if (has_cursor(g))
		canvas_glyph(c, r, y, column_at(a, g, g->cursor_us), G_SORT_UP, STYLE(ROLE_ACCENT, ROLE_BG, 0));
}

static void draw_time_axis(struct canvas *c, struct rect r, const struct axes *a, const struct graph_stack *g,
			   bool rail)
{
	struct taken taken = {0, 0};

	if (has_cursor(g))
		taken = draw_cursor_time(c, r, a, g);
	draw_times(c, r, a, g->from, g->to, taken, 0);
	draw_marks(c, r, a, g);
	if (rail)
		rail_draw(c, a->plot, a->plot.y + a->plot.h + 2, g->from, g->to, g->rail);
}

void graph_stack_draw(struct canvas *c, struct rect r, const struct graph_stack *g)
{
	struct axes a = axes_for(r, 0, 1);
	bool rail = make_rail(&a, r, g->rail, g->from, g->to);
	double step;

	if (a.plot.w < 4 || a.plot.h < 2)
		return;
	a.hi = stack_top(g);
	step = graph_step(a.hi, a.plot.h >= 8 ? 4 : 2);
	if (step < 1)
		step = 1;
	a.hi = ceil(a.hi / step) * step;
	draw_labels(c, r, &a, step, GRAPH_COUNT);
	for (size_t i = 0; i < g->n; i++) {
		int x = a.plot.x + a.plot.w - (int)g->n + (int)i, tops[GRAPH_CLASSES], levels = a.plot.h * 8;
		double sum = 0;

		if (x < a.plot.x)
			continue;
		if (isnan(g->values[i][0])) {
			canvas_glyph(c, a.plot, a.plot.y + a.plot.h - 1, x, G_SEPARATOR, STYLE(ROLE_FAINT, ROLE_BG, 0));
			continue;
		}
		for (int k = 0; k < GRAPH_CLASSES; k++) {
			sum += isnan(g->values[i][k]) ? 0 : g->values[i][k];
			tops[k] = (int)num_round(sum / a.hi * levels);
		}
		for (int row = 0; row < a.plot.h; row++)
			draw_stack_cell(c, g, a.plot, a.plot.y + a.plot.h - 1 - row, x, cut(tops, row * 8));
	}
	if (!isnan(g->capacity))
		draw_capacity(c, &a, g->capacity);
	if (has_cursor(g))
		draw_cursor(c, &a, g);
	if (a.times && g->to > g->from)
		draw_time_axis(c, r, &a, g, rail);
}
