/*
 * statements_detail.c: everything about one statement: its text, its history as sparklines, and
 * every counter per second, for each call and since the last reset.
 */
#include "ui/panes/statements_view.h"
#include "ui/why_slow.h"
#include "ui/widgets/statement_text.h"

#include "base/num.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

#define NAME_W 26
#define VALUE_W 11
#define SPARK_MAX 120

struct page {
	const struct ui *ui;
	const struct snapshot *s;
	size_t row;
	struct prose out;
};

static void heading(struct page *p, const char *text)
{
	prose_gap(&p->out);
	prose_section(&p->out, text);
}

static void name(struct pen *pen, const char *text)
{
	pen_field(pen, ROLE_MUTED, 0, NAME_W, str_c(text), false);
}

/* ---- values of any field ---- */

static void field_line(struct page *p, const char *title, const char *field)
{
	struct str why = snapshot_unavailable(p->s, field);
	int f = rec_find(p->s->type, str_c(field));
	struct pen pen = prose_line(&p->out);
	union value v;
	struct buf b;

	name(&pen, title);
	buf_init(&b, 8192);
	if (f >= 0 && rec_get(&p->s->type->fields[f], snapshot_row(p->s, p->row), &v)) {
		if (p->s->type->fields[f].kind == K_DURATION_US)
			statements_duration(&pen, ROLE_FG, (double)v.i64);
		else if (kind_ops[p->s->type->fields[f].kind].format(&b, v, 0))
			pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
	} else if (why.len > 0) {
		pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(why));
	} else {
		pen_glyph(&pen, ROLE_FAINT, G_NONE);
	}
	buf_release(&b);
}

/* ---- counters ---- */

/* A number of a counter's unit, right-aligned in w columns. */
static void counter_value(struct pen *pen, enum kind kind, double v, int w)
{
	char none[5] = {0};
	struct buf b;

	buf_init(&b, 64);
	(void)utf8_encode(glyph(G_NONE), none);
	if (isnan(v))
		(void)buf_add_c(&b, none);
	else if (kind == K_DURATION_US)
		(void)glyph_duration(&b, data_whole(v));
	else if (kind == K_BYTE_COUNTER)
		(void)format_bytes(&b, data_whole(v));
	else
		statements_number(&b, v);
	pen_field(pen, isnan(v) ? ROLE_FAINT : ROLE_FG, 0, w, buf_str(&b), true);
	buf_release(&b);
}

static void counter_line(struct page *p, const char *field, bool narrow)
{
	struct str why = snapshot_unavailable(p->s, field);
	int f = rec_find(p->s->type, str_c(field));
	struct pen pen = prose_line(&p->out);
	enum kind kind;

	name(&pen, field);
	if (f < 0 || why.len > 0) {
		pen_textf(&pen, ROLE_MUTED, "n/a: " STR_FMT, STR_ARG(why));
		return;
	}
	kind = (enum kind)p->s->type->fields[f].kind;
	counter_value(&pen, kind, statements_amount(p->s, p->row, field, STATEMENTS_INTERVAL), VALUE_W);
	if (!narrow)
		counter_value(&pen, kind, statements_per_call(p->s, p->row, field, STATEMENTS_INTERVAL), VALUE_W);
	counter_value(&pen, kind, statements_amount(p->s, p->row, field, STATEMENTS_RESET), VALUE_W);
	if (!narrow)
		counter_value(&pen, kind, statements_per_call(p->s, p->row, field, STATEMENTS_RESET), VALUE_W);
}

static void counter_heading(struct page *p, bool narrow)
{
	static const char *const wide[] = {"per second", "a call", "in all", "a call", NULL};
	static const char *const few[] = {"per second", "in all", NULL};
	const char *const *words = narrow ? few : wide;
	char interval[32], text[64];
	struct pen pen = prose_line(&p->out);

	name(&pen, "");
	(void)statements_interval_words(p->ui, interval, sizeof interval);
	(void)snprintf(text, sizeof text, "last %s", interval[0] ? interval : "minute");
	pen_field(&pen, ROLE_MUTED, 0, VALUE_W * (narrow ? 1 : 2), str_c(text), true);
	pen_field(&pen, ROLE_MUTED, 0, VALUE_W * (narrow ? 1 : 2), STR("since reset"), true);
	pen = prose_line(&p->out);
	name(&pen, "");
	for (; *words; words++)
		pen_field(&pen, ROLE_MUTED, 0, VALUE_W, str_c(*words), true);
}

static void counter_group(struct page *p, const char *title, const char *const *fields)
{
	bool narrow = p->out.r.w < NAME_W + 4 * VALUE_W;

	heading(p, title);
	counter_heading(p, narrow);
	for (; *fields; fields++)
		counter_line(p, *fields, narrow);
}

/* ---- sparklines ---- */

static void spark_cells(struct pen *pen, const double *v, size_t n, double top)
{
	for (size_t i = 0; i < n; i++) {
		int level = isnan(v[i]) || !(top > 0) ? 0 : (int)num_round(num_max(v[i] / top, 0) * 8);

		if (isnan(v[i]))
			pen_glyph(pen, ROLE_FAINT, G_SEPARATOR);
		else
			pen_rune(pen, ROLE_FG, glyph_eighth(level < 1 ? 1 : level > 8 ? 8 : level));
	}
}

static void spark_number(struct pen *pen, const char *word, double v, bool time)
{
	struct buf b;

	pen_textf(pen, ROLE_MUTED, "  %s ", word);
	if (time) {
		statements_duration(pen, ROLE_FG, v);
		return;
	}
	buf_init(&b, 64);
	statements_number(&b, v);
	pen_str(pen, ROLE_FG, buf_str(&b));
	buf_release(&b);
}

static void spark_line(struct page *p, const char *title, const char *metric, bool time)
{
	const struct series *s = statements_series(p->s, p->row, metric);
	int w = p->out.r.w - 12 - 44;
	struct pen pen = prose_line(&p->out);
	double v[SPARK_MAX];
	struct series_stats st;
	int64_t to = p->s->at_us + 1;

	pen_field(&pen, ROLE_MUTED, 0, 12, str_c(title), false);
	w = w > SPARK_MAX ? SPARK_MAX : w < 10 ? 10 : w;
	if (!s || s->n == 0 || !series_stats(s, s->at[0], to, &st)) {
		pen_text(&pen, ROLE_MUTED, "no history: it has not been among the leading ones");
		return;
	}
	series_resample(s, s->at[0] < to - 2 * US_PER_MIN ? s->at[0] : to - 2 * US_PER_MIN, to, v, (size_t)w);
	spark_cells(&pen, v, (size_t)w, st.max);
	spark_number(&pen, "last", st.last, time);
	spark_number(&pen, "min", st.min, time);
	spark_number(&pen, "max", st.max, time);
}

/* ---- the page ---- */

static void text_lines(struct page *p)
{
	struct str text = data_str(p->s, p->row, "query");
	int64_t whole = data_i64(p->s, p->row, "query_bytes", 0);
	struct pen pen;

	if (text.len == 0) {
		field_line(p, "text", "query");
		return;
	}
	p->out.lines += statement_text_draw(p->out.c, p->out.r, p->out.scroll - p->out.lines, ROLE_RAISED, text);
	if (whole > (int64_t)text.len) {
		pen = prose_line(&p->out);
		pen_textf(&pen, ROLE_MUTED, "cut here: the first %zu of %lld bytes", text.len, (long long)whole);
	}
}

static void draw_why(struct page *p)
{
	struct slow_cause causes[SLOW_CAUSES_MAX];

	prose_gap(&p->out);
	why_draw(&p->out, causes, why_statement(p->ui, p->s, p->row, causes));
}

int statements_detail(const struct ui *ui, const struct pane *pane, struct canvas *c, struct rect r, int scroll)
{
	static const char *const time[] = {"calls",   "total_us",      "rows",   "plans",
					   "plan_us", "jit_functions", "jit_us", NULL};
	static const char *const blocks[] = {"shared_blks_hit",
					     "shared_blks_read",
					     "shared_blks_dirtied",
					     "shared_blks_written",
					     "blk_read_us",
					     "blk_write_us",
					     NULL};
	static const char *const temp[] = {"temp_blks_read",     "temp_blks_written",  "temp_blk_read_us",
					   "temp_blk_write_us",  "local_blks_hit",     "local_blks_read",
					   "local_blks_dirtied", "local_blks_written", NULL};
	static const char *const wal[] = {"wal_records",
					  "wal_fpi",
					  "wal_bytes",
					  "wal_buffers_full",
					  "parallel_workers_to_launch",
					  "parallel_workers_launched",
					  NULL};
	long row = table_selected_row(&pane->table);
	struct page p = {ui, pane->table.snap, 0, {.c = c, .r = r, .bg = ROLE_RAISED, .scroll = scroll}};

	if (!p.s || row < 0)
		return 0;
	p.row = (size_t)row;
	text_lines(&p);
	draw_why(&p);
	heading(&p, "Over time");
	spark_line(&p, "calls/s", "calls", false);
	spark_line(&p, "mean", "mean_us", true);
	spark_line(&p, "sessions", "sessions", false);
	heading(&p, "Statement");
	field_line(&p, "query id", "query_id");
	field_line(&p, "user", "user");
	field_line(&p, "database", "database");
	field_line(&p, "sent by a client", "toplevel");
	field_line(&p, "statements summed up", "entries");
	field_line(&p, "first seen", "first_seen_at");
	field_line(&p, "leads by time since", "top_since_at");
	field_line(&p, "counted since", "stats_since_at");
	heading(&p, "A call");
	field_line(&p, "mean, last minute", "interval_mean_us");
	field_line(&p, "mean, since reset", "mean_us");
	field_line(&p, "change of the mean", "mean_change_ratio");
	field_line(&p, "shortest", "min_us");
	field_line(&p, "longest", "max_us");
	field_line(&p, "standard deviation", "stddev_us");
	field_line(&p, "blocks in memory", "hit_ratio");
	field_line(&p, "share of all time", "share_ratio");
	counter_group(&p, "Calls and time", time);
	counter_group(&p, "Blocks", blocks);
	counter_group(&p, "Temporary files and tables", temp);
	counter_group(&p, "WAL and parallel workers", wal);
	return p.out.lines;
}
