/*
 * pane_statements.c: what each statement costs, by time, calls, reads, temporary files, WAL or rows.
 *
 * Two sets of columns over the same rows: figures of the last minute, and totals since the
 * counters were reset; `m` changes between them. Above the rows stands which of the two it
 * is, what they are ordered by, and the one thing to know about the figures as a whole; below
 * them what stands out.
 */
#include "ui/action.h"
#include "ui/jump.h"
#include "ui/panes/panes.h"
#include "ui/panes/statements_view.h"
#include "ui/plan_view.h"

#include "base/num.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdio.h>

#define BAR_W 8
#define NUMBER_W 6
#define BAR_LEAST 0.02 /* a share below it gets no cell */
/* Rows below which nothing but the table is drawn. */
#define ADVICE_ROWS 16
#define CHANGE_LARGE 0.5
#define RESET_RECENT_US (10 * US_PER_MIN)

/* What is worked out when data comes, not when it is drawn. */
struct statements_state {
	struct statement_advice advice[2];
	size_t nadvice;
};

static const char *const mode_names[] = {"last minute", "since reset", NULL};

enum statements_mode statements_mode_of(const struct table *t)
{
	return t->snap && t->snap->rates && t->mode == STATEMENTS_INTERVAL ? STATEMENTS_INTERVAL : STATEMENTS_RESET;
}

static bool show(const struct snapshot *s, size_t row, int mode)
{
	return mode != STATEMENTS_INTERVAL || !s->rates || data_rate(s, row, "calls") > 0;
}

/* ---- cells ---- */

static void right_text(struct pen *pen, enum role role, uint8_t attr, int w, const char *text)
{
	pen_field(pen, role, attr, w, str_c(text), true);
}

/* A column this server does not have says so in every cell, and the detail says why; a measured zero stays quiet. */
static bool draw_none(const struct cell_context *cc, const char *field, double v, struct pen *pen, int w)
{
	if (snapshot_unavailable(cc->snap, field).len > 0)
		right_text(pen, ROLE_FAINT, 0, w, "n/a");
	else if (!isnan(v))
		right_text(pen, ROLE_FAINT, 0, w, "0");
	else
		return false;
	return true;
}

static bool draw_share(const struct cell_context *cc, struct pen *pen, int w, double share)
{
	char text[16];

	if (isnan(share))
		return false;
	if (w >= BAR_W + NUMBER_W + 1) {
		pen_bar(pen, BAR_W, share < BAR_LEAST ? 0 : share, cc->selected ? ROLE_STRONG : ROLE_FG);
		w -= BAR_W;
	}
	(void)snprintf(text, sizeof text, "%.1f", share * 100);
	right_text(pen, ROLE_FG, cc->selected ? ATTR_BOLD : 0, w - 2, text);
	pen_text(pen, ROLE_MUTED, " %");
	return true;
}

static bool cell_share(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_share(cc, pen, w, data_f64(cc->snap, cc->row, "share_ratio"));
}

static bool cell_share_now(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_share(cc, pen, w, data_f64(cc->snap, cc->row, "interval_share_ratio"));
}

static bool draw_rate(const struct cell_context *cc, struct pen *pen, int w, const char *field)
{
	double v = data_rate(cc->snap, cc->row, field);
	struct buf b;

	if (isnan(v) || v <= 0)
		return draw_none(cc, field, v, pen, w);
	buf_init(&b, 64);
	statements_number(&b, v);
	pen_field(pen, ROLE_FG, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static bool cell_calls(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_rate(cc, pen, w, "calls");
}

static bool cell_rows(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_rate(cc, pen, w, "rows");
}

static bool draw_bytes(const struct cell_context *cc, struct pen *pen, int w, const char *field, double bytes)
{
	int edge = pen->x + w;
	struct buf b;

	if (isnan(bytes) || bytes <= 0)
		return draw_none(cc, field, bytes, pen, w);
	buf_init(&b, 64);
	if (w < 8)
		(void)format_bytes_short(&b, bytes);
	else
		(void)format_bytes(&b, data_whole(bytes));
	pen_skip(pen, edge - pen->x - utf8_columns(buf_str(&b)));
	pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
	buf_release(&b);
	return true;
}

static bool cell_read_now(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "shared_blks_read",
			  data_rate(cc->snap, cc->row, "shared_blks_read") * statements_block_bytes(cc->ui));
}

static bool cell_temp_now(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "temp_blks_written",
			  data_rate(cc->snap, cc->row, "temp_blks_written") * statements_block_bytes(cc->ui));
}

static bool cell_wal_now(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "wal_bytes", data_rate(cc->snap, cc->row, "wal_bytes"));
}

static bool cell_read(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "shared_blks_read",
			  statements_amount(cc->snap, cc->row, "shared_blks_read", STATEMENTS_RESET) *
				  statements_block_bytes(cc->ui));
}

static bool cell_temp(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "temp_blks_written",
			  statements_amount(cc->snap, cc->row, "temp_blks_written", STATEMENTS_RESET) *
				  statements_block_bytes(cc->ui));
}

static bool cell_wal(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_bytes(cc, pen, w, "wal_bytes", statements_amount(cc->snap, cc->row, "wal_bytes", STATEMENTS_RESET));
}

static bool draw_ratio(const struct cell_context *cc, struct pen *pen, int w, const char *field)
{
	double v = data_f64(cc->snap, cc->row, field);
	char text[24];

	if (isnan(v))
		return false;
	(void)snprintf(text, sizeof text, v >= 0.99995 ? "%.0f" : "%.1f", v * 100);
	right_text(pen, ROLE_FG, 0, w, text);
	return true;
}

static bool cell_hit(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_ratio(cc, pen, w, "hit_ratio");
}

static bool cell_hit_now(const struct cell_context *cc, struct pen *pen, int w)
{
	return draw_ratio(cc, pen, w, "interval_hit_ratio");
}

/* Small changes are noise. */
static bool cell_change(const struct cell_context *cc, struct pen *pen, int w)
{
	double v = data_f64(cc->snap, cc->row, "mean_change_ratio");
	char text[24] = "";
	struct buf b;

	if (isnan(v))
		return false;
	if (fabs(v) < 0.05) {
		(void)utf8_encode(glyph(G_NEAR), text);
		right_text(pen, ROLE_FAINT, 0, w, text);
		return true;
	}
	buf_init(&b, sizeof text);
	if (v < 9.995)
		(void)buf_addf(&b, "%+.0f%%", v * 100);
	else
		(void)(buf_add_char(&b, 'x') && format_count_short(&b, floor(num_min(v + 1, 1e15))));
	(void)snprintf(text, sizeof text, "%s", buf_c(&b));
	buf_release(&b);
	right_text(pen, v >= CHANGE_LARGE ? ROLE_STRONG : ROLE_FG, v >= CHANGE_LARGE ? ATTR_BOLD : 0, w, text);
	return true;
}

static bool cell_user(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str user = data_str(cc->snap, cc->row, "user");

	if (user.len == 0)
		return false;
	pen_field(pen, ROLE_MUTED, 0, w, user, false);
	return true;
}

static bool cell_sql(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t entries = data_i64(cc->snap, cc->row, "entries", 0);

	(void)w;
	if (entries == 0)
		return false;
	pen_textf(pen, ROLE_MUTED, "<insufficient privilege>  %lld statement%s", (long long)entries,
		  entries == 1 ? "" : "s");
	return true;
}

/* `+`: not there when this console first looked. */
static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	if (data_i64(cc->snap, cc->row, "first_seen_at", 0) == 0)
		return ' ';
	*ret_role = ROLE_ACCENT;
	return glyph(G_NEW);
}

/* ---- tables ---- */

#define COLUMN_USER                                                                     \
	{                                                                               \
		.field = "user", .priority = 10, .min = 6, .max = 14, .cell = cell_user \
	}
#define COLUMN_SQL                                                                                     \
	{                                                                                              \
		.field = "query", .title = "SQL", .priority = 2, .min = 12, .max = 0, .cell = cell_sql \
	}

/* clang-format off */
static const struct table_column interval_columns[] = {
	{.field = "interval_share_ratio", .title = "TIME", .priority = 1, .min = 8, .max = 15, .wish = 15, .cell = cell_share_now},
	{.field = "calls/s", .title = "CALLS/s", .priority = 4, .min = 7, .max = 8, .cell = cell_calls},
	{.field = "interval_mean_us", .title = "MEAN", .priority = 3, .min = 6, .max = 7},
	{.field = "max_us", .title = "MAX", .priority = 11, .min = 6, .max = 7},
	{.field = "rows/s", .title = "ROWS/s", .priority = 12, .min = 7, .max = 8, .cell = cell_rows},
	{.field = "shared_blks_read/s", .title = "READ/s", .priority = 5, .min = 8, .max = 9, .cell = cell_read_now},
	{.field = "interval_hit_ratio", .title = "HIT %", .priority = 8, .min = 5, .max = 5, .cell = cell_hit_now},
	{.field = "wal_bytes/s", .title = "WAL/s", .priority = 7, .min = 8, .max = 9, .cell = cell_wal_now},
	{.field = "temp_blks_written/s", .title = "TEMP/s", .priority = 7, .min = 8, .max = 9, .cell = cell_temp_now},
	{.field = "mean_change_ratio", .title = "CHANGE", .priority = 6, .min = 6, .max = 6, .cell = cell_change},
	COLUMN_USER,
	COLUMN_SQL,
	{.field = "database", .priority = 13, .min = 6, .max = 14},
	{.field = "interval_sessions", .title = "SESSIONS", .priority = 14, .min = 8, .max = 8},
	{.field = "blk_read_us/s", .title = "READ TIME/s", .priority = 14, .min = 8, .max = 11},
	{.field = "plan_us/s", .title = "PLAN/s", .priority = 14, .min = 7, .max = 8},
	{.field = "jit_us/s", .title = "JIT/s", .priority = 14, .min = 7, .max = 8},
	{.field = "top_since_at", .title = "LEADS SINCE", .priority = 15, .min = 9, .max = 11},
	{.field = "query_id", .priority = 16, .min = 8, .max = 20},
};
static const struct table_column reset_columns[] = {
	{.field = "share_ratio", .title = "TIME", .priority = 1, .min = 8, .max = 15, .wish = 15, .cell = cell_share},
	{.field = "total_us", .priority = 5, .min = 7, .max = 8},
	{.field = "calls", .priority = 4, .min = 7, .max = 8},
	{.field = "mean_us", .priority = 3, .min = 6, .max = 7},
	{.field = "max_us", .priority = 11, .min = 6, .max = 7},
	{.field = "rows", .priority = 12, .min = 7, .max = 8},
	{.field = "shared_blks_read", .title = "READ", .priority = 6, .min = 8, .max = 9, .cell = cell_read},
	{.field = "hit_ratio", .title = "HIT %", .priority = 8, .min = 5, .max = 5, .cell = cell_hit},
	{.field = "wal_bytes", .title = "WAL", .priority = 7, .min = 8, .max = 9, .cell = cell_wal},
	{.field = "temp_blks_written", .title = "TEMP", .priority = 7, .min = 8, .max = 9, .cell = cell_temp},
	COLUMN_USER,
	COLUMN_SQL,
	{.field = "database", .priority = 13, .min = 6, .max = 14},
	{.field = "min_us", .priority = 14, .min = 6, .max = 7},
	{.field = "stddev_us", .priority = 14, .min = 6, .max = 7},
	{.field = "blk_read_us", .priority = 13, .min = 8, .max = 9},
	{.field = "plan_us", .priority = 14, .min = 7, .max = 8},
	{.field = "jit_us", .priority = 14, .min = 7, .max = 8},
	{.field = "query_id", .priority = 16, .min = 8, .max = 20},
};
/* clang-format on */

static const struct table_def interval_table = {
	.source = "statements",
	.columns = interval_columns,
	.ncolumns = ARRAY_LEN(interval_columns),
	.order = "-interval_share_ratio",
	.main_field = "interval_mean_us",
	.empty = "No statement ended in the last minute",
	.noun = "statements",
	.show = show,
	.modes = mode_names,
	.selects_first = true,
	.wide_mode = -1,
	.mark = mark,
};
static const struct table_def reset_table = {
	.source = "statements",
	.columns = reset_columns,
	.ncolumns = ARRAY_LEN(reset_columns),
	.order = "-share_ratio",
	.main_field = "mean_us",
	.empty = "The server has counted no statement yet",
	.noun = "statements",
	.show = show,
	.modes = mode_names,
	.selects_first = true,
	.wide_mode = -1,
	.mark = mark,
};

static void recalc(struct ui *ui, struct pane *p)
{
	const struct store_entry *e = pane_entry(ui, p);
	struct statements_state *st = p->state;
	const struct table_def *def;

	/* what is shown depends on the rows that have come, not on those that were there */
	if (e && e->good && e->good->rates && p->table.mode == STATEMENTS_INTERVAL)
		def = &interval_table;
	else
		def = &reset_table;
	if (p->table.def != def)
		table_set_def(&p->table, def);
	pane_table_recalc(ui, p);
	if (!st)
		st = p->state = xalloc(sizeof *st);
	st->nadvice = statement_advice(p->table.snap, store_good(ui->store, "sessions"), statements_block_bytes(ui),
				       st->advice, ARRAY_LEN(st->advice));
}

/* ---- around the table ---- */

static void age(struct buf *out, int64_t us)
{
	(void)glyph_duration(out, us);
}

static void segment(struct pen *pen, bool chosen, const char *text)
{
	pen->bg = chosen ? ROLE_SELBG : ROLE_BG;
	if (chosen)
		pen_boldf(pen, ROLE_STRONG, " %s ", text);
	else
		pen_textf(pen, ROLE_MUTED, " %s ", text);
	pen->bg = ROLE_BG;
}

static void draw_modes(const struct ui *ui, const struct table *t, struct pen *pen)
{
	const struct snapshot *info = store_good(ui->store, "statements_info");
	int64_t since = data_i64(info, 0, "since_reset_us", -1);
	enum statements_mode mode = statements_mode_of(t);
	char words[32], text[64];
	struct buf b;

	(void)statements_interval_words(ui, words, sizeof words);
	(void)snprintf(text, sizeof text, "last %s", words[0] ? words : "minute");
	segment(pen, mode == STATEMENTS_INTERVAL, text);
	buf_init(&b, 64);
	(void)buf_add_c(&b, "since reset");
	if (since >= 0) {
		(void)buf_add_char(&b, ' ');
		age(&b, since);
	}
	segment(pen, mode == STATEMENTS_RESET, buf_c(&b));
	buf_release(&b);
}

/* The orders an incident asks for, the present one marked; `s` goes through all columns. */
static void draw_orders(const struct table *t, struct pen *pen)
{
	static const struct {
		const char *word, *now, *total;
	} orders[] = {
		{"time", "interval_share_ratio", "share_ratio"},
		{"calls", "calls/s", "calls"},
		{"mean", "interval_mean_us", "mean_us"},
		{"rows", "rows/s", "rows"},
		{"read", "shared_blks_read/s", "shared_blks_read"},
		{"wal", "wal_bytes/s", "wal_bytes"},
		{"temp", "temp_blks_written/s", "temp_blks_written"},
	};
	const char *field = t->order_column >= 0 ? t->def->columns[t->order_column].field : "";

	pen_text(pen, ROLE_MUTED, "by");
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		bool chosen = str_eq_c(str_c(field), orders[i].now) || str_eq_c(str_c(field), orders[i].total);

		pen_skip(pen, 2);
		if (chosen)
			pen_bold(pen, ROLE_ACCENT, orders[i].word);
		else
			pen_text(pen, ROLE_MUTED, orders[i].word);
	}
}

/* What is known of resets and evictions, or why figures are missing; false when nothing is to be said. */
static bool notice_words(const struct ui *ui, struct buf *out)
{
	const struct snapshot *info = store_good(ui->store, "statements_info");
	int64_t since = data_i64(info, 0, "since_reset_us", -1), evicted = data_i64(info, 0, "evicted", 0);
	struct str problem = data_str(info, 0, "problem");

	if (data_i64(info, 0, "resets", 0) > 0 && since >= 0 && since < RESET_RECENT_US) {
		(void)buf_add_c(out, "all counters were reset ");
		age(out, since);
		(void)buf_add_c(out, " ago");
	} else if (problem.len > 0) {
		(void)buf_add_str(out, problem);
	} else if (evicted > 0) {
		(void)buf_addf(out, "%lld evicted since ", (long long)evicted);
		(void)format_clock(out, data_i64(info, 0, "watched_since_at", 0), ui->now_us);
		(void)buf_addf(out, ": more than the %lld it has room for",
			       (long long)data_i64(info, 0, "max_entries", 0));
	}
	return out->len > 0;
}

/* What a figure of ended calls does not tell. */
static void running_words(const struct ui *ui, struct buf *out)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t running = data_i64(a, 0, "running", 0), waiting = data_i64(a, 0, "waiting", 0);

	if (waiting > 0)
		(void)buf_addf(out, "running ones are not in here: %lld wait%s for a lock", (long long)waiting,
			       waiting == 1 ? "s" : "");
	else if (running > 0)
		(void)buf_addf(out, "running ones are not in here: %lld", (long long)running);
}

/* The one thing to know about the figures as a whole. */
static void draw_note(const struct ui *ui, const struct table *t, struct pen *pen)
{
	bool no_interval = t->snap && !t->snap->rates && t->mode == STATEMENTS_INTERVAL;
	struct buf b;

	buf_init(&b, 512);
	if (no_interval) {
		pen_text(pen, ROLE_MUTED, "the first interval ends with the next read");
	} else if (notice_words(ui, &b)) {
		pen_glyph(pen, ROLE_NOTICE, G_NOTICE);
		pen_skip(pen, 1);
		pen_str(pen, ROLE_FG, buf_str(&b));
	} else {
		running_words(ui, &b);
		pen_str(pen, ROLE_MUTED, buf_str(&b));
	}
	buf_release(&b);
}

static void draw_bar(const struct ui *ui, const struct table *t, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, (struct rect){r.y, r.x + 1, 1, r.w - 2}, r.y, r.x + 1, ROLE_BG);

	draw_modes(ui, t, &pen);
	if (r.w >= 110) {
		pen_text(&pen, ROLE_LINE, "  ");
		pen_glyph(&pen, ROLE_LINE, G_FRAME_V);
		pen_skip(&pen, 2);
		draw_orders(t, &pen);
	}
	if (r.w >= 70) {
		pen_skip(&pen, 2);
		pen_glyph(&pen, ROLE_LINE, G_FRAME_V);
		pen_skip(&pen, 2);
		draw_note(ui, t, &pen);
	}
}

static int draw_advice(const struct statements_state *st, const struct table *t, struct canvas *c, struct rect r)
{
	const struct statement_advice *advice = st->advice;
	size_t n = st->nadvice;
	int y = r.y + r.h - (int)n - 1;
	struct pen pen = pen_at(c, rect_inset(r, 0, 1), y, r.x + 1, ROLE_BG);

	if (n == 0)
		return 0;
	pen_bold(&pen, ROLE_STRONG, "Read this ");
	canvas_hline(c, pen.clip, y, pen.x, pen_left(&pen), glyph(G_FRAME_H), STYLE(ROLE_LINE, ROLE_BG, 0));
	for (size_t i = 0; i < n; i++) {
		struct pen words = pen_at(c, pen.clip, ++y, r.x + 1, ROLE_BG);
		struct str sql = data_str(t->snap, advice[i].row, "query");

		pen_bold(&words, ROLE_ACCENT, i == 0 ? "why   " : "also  ");
		pen_sql(&words, r.w >= 120 ? 36 : 20, sql, false);
		pen_textf(&words, ROLE_FG, "  %s", advice[i].text);
		if (advice[i].next[0] && pen_left(&words) > 16) {
			pen_bold(&words, ROLE_ACCENT, "   next  ");
			pen_text(&words, ROLE_FG, advice[i].next);
		}
	}
	return (int)n + 1;
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect rows = r;

	if (r.h >= 5) {
		draw_bar(ui, &p->table, c, r);
		rows.y++;
		rows.h--;
	}
	if (r.h >= ADVICE_ROWS && r.w >= 76 && p->table.snap && p->state)
		rows.h -= draw_advice(p->state, &p->table, c, r);
	pane_table_draw(ui, p, c, rows);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *info = store_good(ui->store, "statements_info");
	const struct snapshot *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	double sessions = data_f64(info, 0, "sessions"), calls = data_f64(info, 0, "calls_per_s");
	struct buf b;

	table_filter_fact(&p->table, pen);
	if (writer >= 0)
		pen_str(pen, ROLE_FG, data_str(instances, (size_t)writer, "identifier"));
	if (writer >= 0 && info)
		pen_separator(pen);
	buf_init(&b, 64);
	if (!isnan(sessions)) {
		statements_number(&b, sessions);
		pen_str(pen, ROLE_FG, buf_str(&b));
		pen_text(pen, ROLE_MUTED, " sessions busy in ");
		pen_textf(pen, ROLE_FG, "%lld", (long long)data_i64(info, 0, "ran", 0));
		pen_text(pen, ROLE_MUTED, " statements");
		buf_clear(&b);
		statements_number(&b, calls);
		pen_separator(pen);
		pen_str(pen, ROLE_FG, buf_str(&b));
		pen_text(pen, ROLE_MUTED, " calls/s");
	} else if (info) {
		pen_textf(pen, ROLE_FG, "%lld", (long long)data_i64(info, 0, "entries", 0));
		pen_text(pen, ROLE_MUTED, " statements");
	}
	buf_release(&b);
}

static bool explain(const struct ui *ui, const struct pane *p, struct explain_request *ret)
{
	const struct snapshot *s = p->table.snap;
	long selected = table_selected_row(&p->table);
	size_t row = (size_t)selected;

	(void)ui;
	if (!s || selected < 0)
		return false;
	ret->database = data_str(s, row, "database");
	ret->role = data_str(s, row, "user");
	ret->text = data_str(s, row, "query");
	ret->whole = ret->text.len > 0 && data_i64(s, row, "query_bytes", 0) <= (int64_t)ret->text.len;
	ret->query_id = data_i64(s, row, "query_id", 0);
	(void)snprintf(ret->about, sizeof ret->about, "statement %lld", (long long)ret->query_id);
	if (ret->text.len > 0)
		return true;
	(void)snprintf(ret->about, sizeof ret->about, "the text of this statement is not known");
	return false;
}

static struct str selected_text(const struct pane *p)
{
	long row = table_selected_row(&p->table);

	return p->table.snap && row >= 0 ? data_str(p->table.snap, (size_t)row, "query") : STR("");
}

static int act(struct ui *ui, struct pane *p, int action)
{
	return action == ACTION_LOG_LINES ? jump_to_log(ui, selected_text(p)) : -1;
}

static bool offers(const struct ui *ui, const struct pane *p, int action)
{
	(void)ui;
	return action == ACTION_LOG_LINES && selected_text(p).len > 0;
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = draw,
	.act = act,
	.offers = offers,
	.explain = explain,
	.detail = statements_detail,
};

const struct pane_def pane_statements = {
	.name = "statements",
	.title = "Statements",
	.help = "What each statement costs: time, calls, reads, temporary files, WAL; in the last minute and since "
		"reset.",
	.digit = '5',
	.sources = "statements statements_info sessions activity",
	.detail_sources = "sessions tables activity",
	.table = &interval_table,
	.ops = &ops,
};
