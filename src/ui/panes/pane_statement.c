/*
 * pane_statement.c: the statement selected in the Statements table, and its trend.
 */
#include "ui/panes/panes.h"
#include "ui/panes/statements_view.h"
#include "ui/widgets/graph.h"
#include "ui/widgets/statement_text.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>

#define LABEL_W 8
#define FIGURES_W 38
#define SIDE_BY_SIDE_W 72
#define TREND_MIN_US (2 * US_PER_MIN)
#define TREND_MAX_US US_PER_HOUR

/* The selection as the pane draws it. */
struct subject {
	const struct ui *ui;
	const struct snapshot *s;
	size_t row;
	enum statements_mode mode;
};

static bool select_subject(const struct ui *ui, struct subject *x)
{
	x->ui = ui;
	return statements_selected(ui, &x->s, &x->row, &x->mode);
}

static double amount(const struct subject *x, const char *field)
{
	return statements_amount(x->s, x->row, field, x->mode);
}

static double per_call(const struct subject *x, const char *field)
{
	return statements_per_call(x->s, x->row, field, x->mode);
}

static void number(struct pen *pen, enum role role, double v)
{
	struct buf b;

	if (isnan(v)) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	statements_number(&b, v);
	pen_str(pen, role, buf_str(&b));
	buf_release(&b);
}

static struct pen label(struct canvas *c, struct rect r, int *y, const char *name)
{
	struct pen pen = pen_at(c, r, (*y)++, r.x, ROLE_BG);

	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, str_c(name), false);
	return pen;
}

/* ---- figures ---- */

static void figure_calls(const struct subject *x, struct pen *pen)
{
	const struct snapshot *info = store_good(x->ui->store, "statements_info");
	double seconds = (double)data_i64(info, 0, "interval_us", 0) / (double)US_PER_S;
	char words[32];

	number(pen, ROLE_STRONG, amount(x, "calls"));
	if (x->mode != STATEMENTS_INTERVAL)
		return;
	pen_text(pen, ROLE_MUTED, "/s  ");
	number(pen, ROLE_FG, amount(x, "calls") * seconds);
	pen_textf(pen, ROLE_MUTED, " in %s", statements_interval_words(x->ui, words, sizeof words));
}

static void figure_time(const struct subject *x, struct pen *pen)
{
	double share = data_f64(x->s, x->row, x->mode == STATEMENTS_INTERVAL ? "interval_share_ratio" : "share_ratio");

	if (x->mode == STATEMENTS_INTERVAL) {
		number(pen, ROLE_STRONG, data_f64(x->s, x->row, "interval_sessions"));
		pen_text(pen, ROLE_MUTED, " sessions");
	} else {
		statements_duration(pen, ROLE_STRONG, amount(x, "total_us"));
	}
	if (!isnan(share))
		pen_textf(pen, ROLE_MUTED, ", %.1f %% of all", share * 100);
}

static void figure_mean(const struct subject *x, struct pen *pen)
{
	double change = data_f64(x->s, x->row, "mean_change_ratio"), now = per_call(x, "total_us");

	statements_duration(pen, ROLE_STRONG, now);
	if (x->mode == STATEMENTS_INTERVAL && !isnan(change) && change > -1) {
		pen_text(pen, ROLE_MUTED, "  before ");
		statements_duration(pen, ROLE_FG, now / (1 + change));
	}
}

static void figure_range(const struct subject *x, struct pen *pen)
{
	statements_duration(pen, ROLE_FG, (double)data_i64(x->s, x->row, "max_us", 0));
	pen_text(pen, ROLE_MUTED, "  stddev ");
	if (data_i64(x->s, x->row, "stddev_us", -1) >= 0)
		statements_duration(pen, ROLE_FG, (double)data_i64(x->s, x->row, "stddev_us", 0));
	else
		pen_glyph(pen, ROLE_FAINT, G_NONE);
}

/* Since when it is there and leads; at our first look nothing is known of what was before. */
static void figure_since(const struct subject *x, struct pen *pen)
{
	const struct snapshot *info = store_good(x->ui->store, "statements_info");
	int64_t first = data_i64(x->s, x->row, "first_seen_at", 0), top = data_i64(x->s, x->row, "top_since_at", 0);
	int64_t watched = data_i64(info, 0, "watched_since_at", 0);
	struct buf b;

	buf_init(&b, 64);
	if (first) {
		(void)format_clock(&b, first, x->ui->now_us);
		pen_text(pen, ROLE_MUTED, "new at ");
		pen_str(pen, ROLE_FG, buf_str(&b));
	} else if (!top) {
		(void)format_clock(&b, watched, x->ui->now_us);
		pen_textf(pen, ROLE_MUTED, "there before %s", buf_c(&b));
	}
	if (top) {
		buf_clear(&b);
		(void)format_clock(&b, top, x->ui->now_us);
		pen_text(pen, ROLE_MUTED, first ? ", leads by time since " : "leads by time since ");
		pen_text(pen, ROLE_MUTED, top <= watched ? "before " : "");
		pen_str(pen, ROLE_FG, buf_str(&b));
	}
	buf_release(&b);
}

static const struct {
	const char *name;
	void (*draw)(const struct subject *x, struct pen *pen);
} figures[] = {
	{"calls", figure_calls},
	{"time", figure_time},
	{"mean", figure_mean},
	{"max", figure_range},
};

/* ---- where the time goes ---- */

static double positive(double v)
{
	return isnan(v) || v < 0 ? 0 : v;
}

static void part(struct pen *pen, const char *name, double share, enum role role)
{
	if (share < 0.005)
		return;
	pen_textf(pen, role, "%s ", name);
	pen_textf(pen, ROLE_FG, "%.0f %%  ", share * 100);
}

/* Parts of the time that the server measures apart; what is left is work and waits together. */
static void draw_time_parts(const struct subject *x, struct canvas *c, struct rect r, int y)
{
	double all = amount(x, "total_us"), io, jit;
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	int w = r.w - LABEL_W - 40, cells_io, cells_jit;

	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, STR("time"), false);
	if (snapshot_unavailable(x->s, "blk_read_us").len > 0 || !(all > 0)) {
		struct str why = snapshot_unavailable(x->s, "blk_read_us");

		if (why.len > 0)
			pen_textf(&pen, ROLE_MUTED, "I/O n/a: " STR_FMT, STR_ARG(why));
		else
			pen_glyph(&pen, ROLE_FAINT, G_NONE);
		return;
	}
	io = num_min((positive(amount(x, "blk_read_us")) + positive(amount(x, "blk_write_us")) +
		      positive(amount(x, "temp_blk_read_us")) + positive(amount(x, "temp_blk_write_us"))) /
			     all,
		     1);
	jit = num_min(positive(amount(x, "jit_us")) / all, 1 - io);
	cells_io = w > 0 ? (int)num_round(io * w) : 0;
	cells_jit = w > 0 ? (int)num_round(jit * w) : 0;
	for (int i = 0; i < w; i++) {
		bool is_io = i < cells_io, is_jit = !is_io && i < cells_io + cells_jit;

		pen_glyph(&pen,
			  is_io    ? ROLE_IO
			  : is_jit ? ROLE_OTHER
				   : ROLE_GRID,
			  is_io || is_jit ? G_BAR_FULL : G_BAR_TRACK);
	}
	pen_skip(&pen, w > 0 ? 2 : 0);
	part(&pen, "io", io, ROLE_IO_TEXT);
	part(&pen, "jit", jit, ROLE_OTHER_TEXT);
	part(&pen, "work and waits", 1 - io - jit, ROLE_FG);
}

static void draw_blocks(const struct subject *x, struct canvas *c, struct rect r, int y)
{
	static const struct {
		const char *name, *field;
	} counts[] = {{"hit", "shared_blks_hit"}, {"read", "shared_blks_read"}, {"dirtied", "shared_blks_dirtied"}};
	double block = statements_block_bytes(x->ui);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, STR("a call"), false);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		pen_textf(&pen, ROLE_MUTED, "%s ", counts[i].name);
		number(&pen, ROLE_FG, per_call(x, counts[i].field));
		pen_skip(&pen, 2);
	}
	pen_text(&pen, ROLE_MUTED, "rows ");
	number(&pen, ROLE_FG, per_call(x, "rows"));
	pen_text(&pen, ROLE_MUTED, "  temp ");
	statements_bytes(&pen, ROLE_FG, per_call(x, "temp_blks_written") * block);
	pen_text(&pen, ROLE_MUTED, "  WAL ");
	statements_bytes(&pen, ROLE_FG, per_call(x, "wal_bytes"));
}

/* Who runs it at this moment; from 14 on sessions carry the query id. */
static void draw_running(const struct subject *x, struct canvas *c, struct rect r, int y)
{
	const struct snapshot *sessions = store_good(x->ui->store, "sessions");
	int64_t id = data_i64(x->s, x->row, "query_id", 0);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	struct str why = sessions ? snapshot_unavailable(sessions, "query_id") : (struct str){NULL, 0};
	int running = 0, waiting = 0;

	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, STR("now"), false);
	if (!sessions || why.len > 0) {
		pen_textf(&pen, ROLE_MUTED, "sessions running it n/a: " STR_FMT,
			  STR_ARG(why.len > 0 ? why : STR("no sample yet")));
		return;
	}
	for (size_t i = 0; id && i < sessions->nrows; i++) {
		struct str state = data_str(sessions, i, "state");
		bool waits = str_eq_c(state, "waiting");

		if (data_i64(sessions, i, "query_id", 0) != id || (!waits && !str_eq_c(state, "running")))
			continue;
		running++;
		waiting += waits;
	}
	pen_textf(&pen, running ? ROLE_STRONG : ROLE_FG, "%d", running);
	pen_textf(&pen, ROLE_MUTED, " session%s running it", running == 1 ? "" : "s");
	if (waiting > 0) {
		pen_text(&pen, ROLE_MUTED, ", ");
		pen_textf(&pen, ROLE_LOCK_TEXT, "%d wait%s for a lock", waiting, waiting == 1 ? "s" : "");
	}
}

static void draw_text(const struct subject *x, struct canvas *c, struct rect r)
{
	struct str text = data_str(x->s, x->row, "query"), why = snapshot_unavailable(x->s, "query");
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);

	if (text.len > 0)
		(void)statement_text_draw(c, r, 0, ROLE_BG, text);
	else if (data_i64(x->s, x->row, "entries", 0) > 0)
		pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(why));
	else
		pen_text(&pen, ROLE_MUTED, "its text has not been read yet");
}

/* The rows at the foot: how many of them fit above the least that the text needs. */
static int draw_foot(const struct subject *x, struct canvas *c, struct rect r, int room)
{
	int n = room >= 5 ? 5 : room >= 3 ? 3 : room > 0 ? 1 : 0, y = r.y + r.h - n;

	if (n >= 5) {
		struct pen pen = pen_at(c, r, y++, r.x, ROLE_BG);

		pen_bold(&pen, ROLE_STRONG, "Where the time goes ");
		canvas_hline(c, r, pen.y, pen.x, pen_left(&pen), glyph(G_FRAME_H), STYLE(ROLE_LINE, ROLE_BG, 0));
		draw_time_parts(x, c, r, y++);
	}
	if (n >= 3)
		draw_blocks(x, c, r, y++);
	if (n >= 1)
		draw_running(x, c, r, y++);
	if (n >= 3) {
		struct pen pen = label(c, r, &y, "since");

		figure_since(x, &pen);
	}
	return n;
}

static void no_selection(struct canvas *c, struct rect in)
{
	canvas_text_c(c, in, in.y, in.x, "No statement is selected", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1), text, numbers;
	bool beside = in.w >= SIDE_BY_SIDE_W;
	struct subject x;
	int y, foot;

	(void)p;
	if (!select_subject(ui, &x)) {
		no_selection(c, in);
		return;
	}
	foot = draw_foot(&x, c, in, in.h - (beside ? 5 : 9));
	in.h -= foot + (foot > 0 && in.h - foot > 6);
	numbers = beside ? (struct rect){in.y, in.x + in.w - FIGURES_W, in.h, FIGURES_W} : in;
	y = numbers.y;
	for (size_t i = 0; i < ARRAY_LEN(figures) && y < in.y + in.h; i++) {
		struct pen pen = label(c, numbers, &y, figures[i].name);

		figures[i].draw(&x, &pen);
	}
	text = beside ? (struct rect){in.y, in.x, in.h, in.w - FIGURES_W - 2}
		      : (struct rect){y + 1, in.x, in.y + in.h - y - 1, in.w};
	if (text.h > 0)
		draw_text(&x, c, text);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct subject x;
	int64_t id;

	(void)p;
	if (!select_subject(ui, &x))
		return;
	id = data_i64(x.s, x.row, "query_id", 0);
	if (id)
		pen_textf(pen, ROLE_FG, "%lld", (long long)id);
	else
		pen_text(pen, ROLE_MUTED, "hidden");
	pen_separator(pen);
	pen_str(pen, ROLE_MUTED, data_str(x.s, x.row, "user"));
	pen_separator(pen);
	pen_str(pen, ROLE_MUTED, data_str(x.s, x.row, "database"));
}

/* ---- trend ---- */

static int64_t trend_from(const struct series *s, int64_t to)
{
	int64_t age = s->n > 0 ? to - s->at[0] : 0, minutes = (age + US_PER_MIN - 1) / US_PER_MIN * US_PER_MIN;

	minutes = minutes < TREND_MIN_US ? TREND_MIN_US : minutes > TREND_MAX_US ? TREND_MAX_US : minutes;
	return to - minutes;
}

static const struct {
	const char *metric, *title;
	enum role edge, body;
	bool time;
} trends[] = {
	{"calls", "calls/s", ROLE_G1, ROLE_G1B, false},
	{"mean_us", "mean", ROLE_G3, ROLE_G3B, true},
	{"sessions", "sessions busy", ROLE_G2, ROLE_G2B, false},
};

static void trend_number(struct pen *pen, const char *word, enum role role, double v, bool time)
{
	pen_textf(pen, ROLE_MUTED, word[0] ? "  %s " : " %s", word);
	if (time)
		statements_duration(pen, role, v);
	else
		number(pen, role, v);
}

static void draw_trend(const struct series *s, size_t k, struct canvas *c, struct rect r, int64_t to)
{
	bool time = trends[k].time;
	struct graph_area g = {.series = s,
			       .from = trend_from(s, to),
			       .to = to + 1,
			       .unit = time ? GRAPH_MS : GRAPH_COUNT,
			       .from_zero = true,
			       .scale = time ? 0.001 : 1,
			       .edge = trends[k].edge,
			       .body = trends[k].body};
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	struct series_stats st;

	pen_text(&pen, ROLE_MUTED, trends[k].title);
	if (series_stats(s, g.from, g.to, &st)) {
		trend_number(&pen, "", ROLE_STRONG, st.last, time);
		trend_number(&pen, "min", ROLE_FG, st.min, time);
		trend_number(&pen, "max", ROLE_FG, st.max, time);
	}
	if (r.h > 1)
		graph_area_draw(c, (struct rect){r.y + 1, r.x, r.h - 1, r.w}, &g);
}

static void trend_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int n = in.h >= 15 ? 3 : in.h >= 6 ? 2 : 1, y = in.y;
	const struct series *first;
	struct subject x;

	(void)p;
	if (!select_subject(ui, &x)) {
		no_selection(c, in);
		return;
	}
	first = statements_series(x.s, x.row, "calls");
	if (!first || first->n == 0) {
		canvas_text_c(c, in, in.y, in.x, "No history of this statement", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
		canvas_text_c(c, in, in.y + 1, in.x, "kept from when it leads by time, calls, rows, reads, temp or WAL",
			      STYLE(ROLE_MUTED, ROLE_BG, 0));
		return;
	}
	for (int k = 0; k < n; k++) {
		int h = (in.y + in.h - y) / (n - k);
		const struct series *s = statements_series(x.s, x.row, trends[k].metric);

		if (s)
			draw_trend(s, (size_t)k, c, (struct rect){y, in.x, h, in.w},
				   ui->paused_at_us ? ui->paused_at_us : x.s->at_us);
		y += h;
	}
}

static void trend_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct series *s;
	struct subject x;

	(void)p;
	if (!select_subject(ui, &x))
		return;
	s = statements_series(x.s, x.row, "calls");
	if (s && s->n > 0)
		pen_textf(pen, ROLE_MUTED, "%d min, one point a read",
			  (int)((x.s->at_us - trend_from(s, x.s->at_us)) / US_PER_MIN));
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .follows_selection = true};
static const struct pane_ops trend_ops = {.summary = trend_summary, .draw = trend_draw, .follows_selection = true};

const struct pane_def pane_statement = {
	.name = "statement",
	.title = "Statement",
	.help = "The statement selected in Statements.",
	.sources = "statements statements_info sessions",
	.ops = &ops,
};
const struct pane_def pane_trend = {
	.name = "trend",
	.title = "Trend",
	.help = "Calls, mean time and busy sessions of the selected statement over the last hour.",
	.sources = "statements",
	.ops = &trend_ops,
};
