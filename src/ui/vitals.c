/*
 * vitals.c: the strip under the tabs of the Overview: load, sessions, tps, cache, oldest
 * transaction, blocked, volume, lag; and where there is room the timeline of events, alarms and maintenance.
 *
 * A vital is one function that writes its value; one without data is left out, so the
 * strip never shows a gap. One that is older than two of its source's periods carries its own
 * age and loses its colours. Severities appear only where a documented limit is passed.
 */
#include "ui/ui.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "ui/limits.h"
#include "ui/marks.h"
#include "ui/widgets/rail.h"

#include <math.h>
#include <stdio.h>

#define TIMELINE_X 16

/* Writes the value and returns true, or returns false when there is none. */
typedef bool vital_fn(const struct ui *ui, struct pen *pen);

static void severity_sign(struct pen *pen, enum severity s)
{
	if (s < SEV_WARN)
		return;
	pen_skip(pen, 1);
	pen_glyph(pen, severity_role(s), severity_glyph(s));
}

static void number(struct pen *pen, enum severity s, const char *text)
{
	pen_bold(pen, s >= SEV_WARN ? severity_role(s) : ROLE_STRONG, text);
}

/* A verdict over data that is too old is none. */
static enum severity verdict(const struct ui *ui, const char *source, enum severity s)
{
	return badge_old_us(ui, store_entry(ui->store, source)) < 0 ? s : SEV_NONE;
}

static bool vital_load(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *load = store_good(ui->store, "load");
	double capacity = limits_capacity(ui), now;
	double spark[10];
	char text[32];
	enum severity s;

	if (!load || load->nrows == 0)
		return false;
	now = limits_load_now(load, 5);
	s = verdict(ui, "load", limits_load(now, capacity));
	(void)snprintf(text, sizeof text, "%.1f", now);
	number(pen, s, text);
	if (!isnan(capacity))
		pen_textf(pen, ROLE_MUTED, "/%.0f vCPU", capacity);
	severity_sign(pen, s);
	if (ui->chrome.vitals_rows < 2)
		return true;
	pen_skip(pen, 1);
	limits_load_spark(load, spark, ARRAY_LEN(spark));
	for (size_t i = 0; i < ARRAY_LEN(spark); i++) {
		double top = isnan(capacity) || capacity < 1 ? 1 : capacity;
		double share = isnan(spark[i]) ? 0 : spark[i] / (top * 1.5);

		pen_rune(pen, !isnan(capacity) && spark[i] > capacity ? ROLE_WARN : ROLE_MUTED,
			 isnan(spark[i]) ? ' '
					 : glyph_eighth(share >= 1  ? 8
							: share < 0 ? 0
								    : 1 + (int)(share * 7)));
	}
	return true;
}

static bool vital_sessions(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t total = data_i64(a, 0, "total", -1), max = data_i64(a, 0, "max_connections", 0);
	enum severity s = verdict(ui, "activity", limits_sessions(total, max));
	char text[32];

	if (total < 0)
		return false;
	(void)snprintf(text, sizeof text, "%lld", (long long)total);
	number(pen, s, text);
	if (max > 0)
		pen_textf(pen, ROLE_MUTED, "/%lld", (long long)max);
	severity_sign(pen, s);
	return true;
}

static bool vital_tps(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *d = store_good(ui->store, "databases");
	double commits = data_rate_sum(d, "xact_commit"), rollbacks = data_rate_sum(d, "xact_rollback");
	struct buf b;

	if (isnan(commits))
		return false;
	buf_init(&b, 32);
	(void)format_count_short(&b, commits + (isnan(rollbacks) ? 0 : rollbacks));
	number(pen, SEV_NONE, buf_c(&b));
	buf_release(&b);
	return true;
}

static bool vital_cache(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *d = store_good(ui->store, "databases");
	double hit = data_rate_sum(d, "blks_hit"), read = data_rate_sum(d, "blks_read");
	char text[32];

	if (isnan(hit) || isnan(read) || hit + read <= 0)
		return false;
	(void)snprintf(text, sizeof text, "%.1f", 100 * hit / (hit + read));
	number(pen, SEV_NONE, text);
	pen_text(pen, ROLE_MUTED, " %");
	return true;
}

static bool vital_oldest(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t us = data_i64(a, 0, "oldest_xact_us", -1);
	enum severity s = verdict(ui, "activity", limits_xact(us));
	struct buf b;

	if (!a)
		return false;
	if (us < 0) {
		pen_text(pen, ROLE_MUTED, "none");
		return true;
	}
	buf_init(&b, 32);
	(void)glyph_duration(&b, us);
	number(pen, s, buf_c(&b));
	severity_sign(pen, s);
	buf_release(&b);
	return true;
}

static bool vital_blocked(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t n = data_i64(a, 0, "blocked", -1);
	enum severity s = verdict(ui, "activity", limits_blocked(n));
	char text[32];

	if (n < 0)
		return false;
	(void)snprintf(text, sizeof text, "%lld", (long long)n);
	number(pen, s, text);
	severity_sign(pen, s);
	return true;
}

static bool last_metric(const struct ui *ui, const char *metric, bool worst, double *ret)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	bool any = false;

	for (size_t i = 0; m && i < m->series.n; i++) {
		const struct series *s = &m->series.items[i];

		if (s->part != SERIES_SHOWN || !str_eq_c(s->metric, metric) || s->n == 0)
			continue;
		if (!any || (worst && s->value[s->n - 1] > *ret))
			*ret = s->value[s->n - 1];
		any = true;
	}
	return any;
}

static bool vital_volume(const struct ui *ui, struct pen *pen)
{
	double bytes;
	struct buf b;

	if (!last_metric(ui, "VolumeBytesUsed", false, &bytes))
		return false;
	buf_init(&b, 32);
	(void)format_bytes(&b, data_whole(bytes));
	pen_quantity(pen, ROLE_STRONG, ATTR_BOLD, buf_str(&b));
	buf_release(&b);
	return true;
}

static bool vital_lag(const struct ui *ui, struct pen *pen)
{
	double ms;
	char text[32];

	if (!last_metric(ui, "AuroraReplicaLag", true, &ms))
		return false;
	(void)snprintf(text, sizeof text, "%.0f", ms);
	number(pen, SEV_NONE, text);
	pen_text(pen, ROLE_MUTED, " ms");
	return true;
}

static const struct {
	const char *label, *short_label, *source;
	int weight;
	vital_fn *draw;
} vitals[] = {
	{"load", "load", "load", 31, vital_load},
	{"sessions", "sess", "activity", 15, vital_sessions},
	{"tps", "tps", "databases", 10, vital_tps},
	{"cache", "cache", "databases", 12, vital_cache},
	{"oldest xact", "xact", "activity", 16, vital_oldest},
	{"blocked", "blocked", "activity", 12, vital_blocked},
	{"volume", "volume", "metrics", 14, vital_volume},
	{"lag", "lag", "metrics", 10, vital_lag},
};
/* Order in one row, where the last ones do not fit: what an incident is about comes first. */
static const size_t by_importance[ARRAY_LEN(vitals)] = {0, 5, 4, 1, 7, 2, 3, 6};

/*
 * " ! 4m05s" after a vital that is too old to stand for now, or as much of it as fits into w columns; false when it is
 * not old.
 */
static bool old_text(const struct ui *ui, size_t i, int w, char *out, size_t size)
{
	int64_t age = badge_old_us(ui, store_entry(ui->store, vitals[i].source));
	char sign[5] = {0}, text[24];

	if (age < 0)
		return false;
	badge_age(text, sizeof text, age);
	(void)utf8_encode(glyph(G_WARN), sign);
	if (w >= (int)strlen(text) + 3)
		(void)snprintf(out, size, " %s %s", sign, text);
	else if (w > (int)strlen(text))
		(void)snprintf(out, size, " %s", text);
	else
		(void)snprintf(out, size, " %s", sign);
	return true;
}

/* An old value is faint, and its age stands beside the label. */
static void draw_label(const struct ui *ui, size_t i, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	char age[40] = "";
	bool old = old_text(ui, i, r.w - 2 - (int)strlen(vitals[i].short_label), age, sizeof age),
	     fits = (int)strlen(vitals[i].label) + utf8_columns(str_c(age)) + 1 < r.w;

	pen_text(&pen, ROLE_MUTED, fits ? vitals[i].label : vitals[i].short_label);
	pen_text(&pen, ROLE_WARN, age);
	if (old)
		canvas_faint(c, (struct rect){r.y + 1, r.x, 1, r.w});
}

/* Label above value, spread over the width. */
static void draw_two_rows(const struct ui *ui, struct canvas *c)
{
	int y = ui->chrome.vitals, x = 2, total = 0;

	for (size_t i = 0; i < ARRAY_LEN(vitals); i++)
		total += vitals[i].weight;
	for (size_t i = 0; i < ARRAY_LEN(vitals) && x < c->cols - 6; i++) {
		struct rect r = {y, x, 2, (c->cols - 4) * vitals[i].weight / total};
		struct pen pen = pen_at(c, r, y + 1, x, ROLE_BG);

		if (!vitals[i].draw(ui, &pen))
			continue;
		draw_label(ui, i, c, r);
		x += r.w;
	}
}

/* Label, value and, if it is old, its age after each other. */
static void draw_one_row(const struct ui *ui, struct canvas *c)
{
	int y = ui->chrome.vitals, x = 2;

	for (size_t k = 0; k < ARRAY_LEN(vitals) && x < c->cols - 6; k++) {
		size_t i = by_importance[k];
		struct rect r = {y, x, 1, c->cols - x};
		struct pen pen = pen_at(c, r, y, x + (int)strlen(vitals[i].short_label) + 1, ROLE_BG);
		int from = pen.x;
		char age[40] = "";

		if (pen.x + 6 > c->cols)
			break;
		if (!vitals[i].draw(ui, &pen))
			continue;
		canvas_text_c(c, r, y, x, vitals[i].short_label, STYLE(ROLE_MUTED, ROLE_BG, 0));
		if (old_text(ui, i, pen_left(&pen), age, sizeof age))
			canvas_faint(c, (struct rect){y, from, 1, pen.x - from});
		pen_text(&pen, ROLE_WARN, age);
		if (pen.x > c->cols) {
			/* Half a number is worse than none. */
			canvas_fill(c, r, STYLE(ROLE_FG, ROLE_BG, 0));
			break;
		}
		x = pen.x + 2;
	}
}

/* What happened within the range of the graphs, and what is to come soon, on the row below the vitals. */
static void draw_timeline(struct ui *ui, struct canvas *c)
{
	int y = ui->chrome.vitals + 2;
	struct rect plot = {y, TIMELINE_X, 1, c->cols - TIMELINE_X - 2};
	int64_t range = runtime_target(ui->rt)->range_us, from = ui->now_us - range, to = ui->now_us + range / 8;
	struct pen pen = pen_at(c, (struct rect){y, 0, 1, c->cols}, y, 2, ROLE_BG);
	bool days = range % US_PER_DAY == 0;
	struct rail rail;
	int now;

	if (!marks_of(ui) || plot.w < 40)
		return;
	marks_rail(ui, from, to, &rail);
	pen_textf(&pen, ROLE_MUTED, "timeline %d%c", (int)(range / (days ? US_PER_DAY : US_PER_HOUR)),
		  days ? 'd' : 'h');
	for (int x = plot.x; x < plot.x + plot.w; x++)
		canvas_glyph(c, plot, y, x, G_AXIS, STYLE(ROLE_FAINT, ROLE_BG, 0));
	now = plot.x + (int)((double)range / (double)(to - from) * plot.w);
	canvas_glyph(c, plot, y, now, G_TICK, STYLE(ROLE_FG, ROLE_BG, 0));
	rail_draw(c, plot, y, from, to, &rail);
}

void vitals_draw(struct ui *ui, struct canvas *c)
{
	if (ui->chrome.vitals_rows == 2) {
		draw_two_rows(ui, c);
		draw_timeline(ui, c);
	} else {
		draw_one_row(ui, c);
	}
}
