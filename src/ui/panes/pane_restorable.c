/*
 * pane_restorable.c: to which moments the cluster can be restored, as lines over time.
 *
 * Three lines have one axis: any second of the restorable window, the automated snapshots, and where the policy wants
 * the newest of them. Where there was none for longer than that, the line of snapshots is dotted and says for how long.
 * With few rows the lines stand closer, and what explains them goes first.
 */
#include "ui/panes/panes.h"

#include "base/utf8.h"
#include "base/zone.h"
#include "model/policy.h"
#include "ui/panes/backups_view.h"
#include "ui/verdicts.h"

#include <stdio.h>

#define LABEL_W 10
#define DATE_W 8 /* "03-11" and blanks around it */

struct axis {
	struct canvas *c;
	struct rect r; /* of the lines, right of the labels */
	int64_t from, to;
};

static int column(const struct axis *a, int64_t at)
{
	return backups_column(at, a->from, a->to, a->r.w);
}

static void put_line(const struct axis *a, int y, int from, int to, enum glyph g, enum role role)
{
	for (int x = from < 0 ? 0 : from; x <= to && x < a->r.w; x++)
		canvas_glyph(a->c, a->r, y, a->r.x + x, g, STYLE(role, ROLE_BG, 0));
}

static void put_label(const struct axis *a, int y, const char *label)
{
	struct rect left = {y, a->r.x - LABEL_W, 1, LABEL_W};

	canvas_text_c(a->c, left, y, left.x, label, STYLE(ROLE_MUTED, ROLE_BG, 0));
}

/* A word in the middle of columns from..to, with a blank at each side. False: it does not fit. */
static bool put_word(const struct axis *a, int y, int from, int to, const char *word, enum role role, uint8_t attr)
{
	int w = utf8_columns(str_c(word)) + 2, x = from + (to - from + 1 - w) / 2;
	char text[96];

	if (to - from + 1 < w)
		return false;
	(void)snprintf(text, sizeof text, " %s ", word);
	canvas_text_c(a->c, a->r, y, a->r.x + x, text, STYLE(role, ROLE_BG, attr));
	return true;
}

/* ---- the lines ---- */

static void draw_window(const struct axis *a, int y, int64_t earliest, int64_t latest)
{
	int from = column(a, earliest), to = column(a, latest);

	put_label(a, y, "restore to");
	put_line(a, y, 0, a->r.w - 1, G_BAR_TRACK, ROLE_GRID);
	put_line(a, y, from, to, G_BAR_FULL, ROLE_OK);
	put_line(a, y, from, from, G_HEAVY_V, ROLE_OK);
	put_line(a, y, to, to, G_HEAVY_V, ROLE_OK);
}

/* Times of the usable automated snapshots, ascending; release it. */
static struct series_ring times_of(const struct snapshot *s)
{
	struct series_ring times = {0};

	for (size_t i = 0; i < s->nrows; i++)
		if (str_eq_c(data_str(s, i, "kind"), "automated") && str_eq_c(data_str(s, i, "status"), "available"))
			series_ring_put(&times, data_i64(s, i, "created_at", 0), 0);
	return times;
}

/* Longer than the policy without a snapshot: dotted, and for how long. */
static void draw_gap(const struct axis *a, int y, int64_t from, int64_t to, enum role role)
{
	int left = column(a, from) + 2, right = column(a, to) - 1;
	struct buf b;
	size_t age;

	buf_init(&b, 64);
	(void)format_age_backup(&b, to - from);
	age = b.len;
	(void)buf_add_c(&b, " without one");
	put_line(a, y, column(a, from), column(a, to), G_GRID, role);
	if (!put_word(a, y, left, right, buf_c(&b), role, ATTR_BOLD)) {
		buf_truncate(&b, age);
		(void)put_word(a, y, left, right, buf_c(&b), role, ATTR_BOLD);
	}
	buf_release(&b);
}

/* Before the first one of the window, between them, and since the last, whose gap has the colour of its verdict. */
static void draw_gaps(const struct axis *a, int y, const struct series_ring *times, double limit, enum role last)
{
	if ((double)(times->at[0] - a->from) > limit)
		draw_gap(a, y, a->from, times->at[0], ROLE_WARN);
	for (size_t i = 0; i + 1 < times->n; i++)
		if ((double)(times->at[i + 1] - times->at[i]) > limit)
			draw_gap(a, y, times->at[i], times->at[i + 1], ROLE_WARN);
	if ((double)(a->to - times->at[times->n - 1]) > limit)
		draw_gap(a, y, times->at[times->n - 1], a->to, last);
}

static void draw_snapshots(const struct ui *ui, const struct axis *a, int y)
{
	const double limit = target_policy(runtime_target(ui->rt))->limits.snapshot_age;
	const struct snapshot *s = store_good(ui->store, "snapshots");
	enum severity newest = verdict_about(ui, "backup.snapshot_age", STR(""));
	enum role role = newest >= SEV_WARN ? severity_role(newest) : ROLE_WARN;
	struct series_ring times = {0};

	put_label(a, y, "snapshots");
	if (s)
		times = times_of(s);
	if (times.n > 0) {
		put_line(a, y, column(a, times.at[0]), a->r.w - 1, G_BAR_TRACK, ROLE_GRID);
		if (limit > 0)
			draw_gaps(a, y, &times, limit, role);
	} else if (s) {
		(void)put_word(a, y, 0, a->r.w - 1, "no automated snapshot", ROLE_MUTED, 0);
	}
	for (size_t i = 0; i < times.n; i++) {
		bool late = i + 1 == times.n && newest >= SEV_WARN;

		/* one of before the window is where it begins */
		put_line(a, y, column(a, times.at[i]), column(a, times.at[i]), G_OWN, late ? role : ROLE_OK);
	}
	series_ring_release(&times);
}

static void draw_policy(const struct ui *ui, const struct axis *a, int y)
{
	const double limit = target_policy(runtime_target(ui->rt))->limits.snapshot_age;
	const char *words = "newest must be inside";
	int from = column(a, a->to - (int64_t)limit), w = utf8_columns(str_c(words)) + 2;

	put_label(a, y, "policy");
	put_line(a, y, 0, a->r.w - 1, G_BAR_TRACK, ROLE_GRID);
	if (limit <= 0) {
		(void)put_word(a, y, 0, a->r.w - 1, "none", ROLE_MUTED, 0);
		return;
	}
	put_line(a, y, from, a->r.w - 1, G_BAR_FULL, ROLE_MUTED);
	if (from > w + 4)
		(void)put_word(a, y, from - w, from - 1, words, ROLE_MUTED, 0);
}

/* ---- the axis ---- */

static void draw_axis(const struct axis *a, int y)
{
	put_line(a, y, 0, a->r.w - 1, G_AXIS, ROLE_GRID);
}

/* A date at every midnight, or at every so many, and now at the end. */
static void draw_dates(const struct axis *a, int y)
{
	int64_t days = (int64_t)((double)(a->to - a->from) * DATE_W / a->r.w / (double)US_PER_DAY) + 1;
	int64_t offset = zone_offset_us(a->from);
	int free_from = 0, end = a->r.w - 3;

	canvas_text_c(a->c, a->r, y, a->r.x + end, "now", STYLE(ROLE_FG, ROLE_BG, 0));
	/* the day in which it begins has its name at the begin */
	for (int64_t at = a->from - (a->from + offset) % US_PER_DAY; at < a->to; at += days * US_PER_DAY) {
		int x = column(a, at);
		struct civil t;
		char text[16];

		if (x < free_from || x + DATE_W > end)
			continue;
		zone_civil(at, &t);
		(void)snprintf(text, sizeof text, "%02d-%02d", t.month, t.day);
		canvas_text_c(a->c, a->r, y, a->r.x + x, text, STYLE(ROLE_MUTED, ROLE_BG, 0));
		free_from = x + DATE_W;
	}
}

static void draw_ends(const struct ui *ui, const struct axis *a, int y)
{
	const struct snapshot *clusters = store_good(ui->store, "clusters");
	long long days = (long long)data_i64(clusters, 0, "backup_retention_days", 0);
	const char *latest = "latest, moves with now ";
	int w = utf8_columns(str_c(latest));
	struct pen pen = pen_at(a->c, a->r, y, a->r.x, ROLE_BG);

	pen_glyph(&pen, ROLE_MUTED, G_SORT_DOWN);
	pen_textf(&pen, ROLE_MUTED, " earliest, moves with retention %lld d", days);
	if (a->r.w < pen.x - a->r.x + w + 4)
		return;
	pen = pen_at(a->c, a->r, y, a->r.x + a->r.w - w - 1, ROLE_BG);
	pen_text(&pen, ROLE_MUTED, latest);
	pen_glyph(&pen, ROLE_MUTED, G_SORT_DOWN);
}

/* ---- the pane ---- */

static void stamp(struct pen *pen, int64_t us, int64_t now_us, bool whole)
{
	char zone[ZONE_TEXT_MAX];
	struct civil t;
	struct buf b;

	if (whole) {
		zone_civil(us, &t);
		pen_textf(pen, ROLE_FG, "%04d-%02d-%02d %02d:%02d:%02d%s", t.year, t.month, t.day, t.hour, t.minute,
			  t.second, zone_suffix(us, zone));
		return;
	}
	buf_init(&b, 64);
	(void)format_clock(&b, us, now_us);
	pen_str(pen, ROLE_FG, buf_str(&b));
	buf_release(&b);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	bool whole = pen_left(pen) >= 80;
	int64_t earliest, latest;
	struct buf b;

	(void)p;
	if (!backups_window(ui, &earliest, &latest))
		return;
	if (pen_left(pen) >= 52) {
		pen_text(pen, ROLE_MUTED, "any second from ");
		stamp(pen, earliest, ui->now_us, whole);
		pen_text(pen, ROLE_MUTED, " to ");
		stamp(pen, latest, ui->now_us, whole);
		pen_separator(pen);
	}
	buf_init(&b, 64);
	(void)format_duration(&b, ui->now_us > latest ? ui->now_us - latest : 0);
	pen_str(pen, ROLE_FG, buf_str(&b));
	pen_text(pen, ROLE_MUTED, " behind now");
	buf_release(&b);
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int64_t earliest, latest;
	/* a blank row between the lines, and the rows that explain, as far as there is room */
	int gap = r.h >= 9 ? 2 : 1, y = in.y;
	bool ends = r.h >= 6, line = r.h >= 5;
	struct axis a = {.c = c, .r = {in.y, in.x + LABEL_W, in.h, in.w - LABEL_W - 2}};

	(void)p;
	if (!backups_window(ui, &earliest, &latest)) {
		canvas_text_c(c, in, in.y, in.x, "No restorable window: AWS gives none for this cluster",
			      STYLE(ROLE_FG, ROLE_BG, 0));
		return;
	}
	a.from = earliest;
	a.to = ui->now_us > latest ? ui->now_us : latest;
	if (a.r.w < 8)
		return;
	if (ends) {
		draw_ends(ui, &a, y);
		y += gap;
	}
	draw_window(&a, y, earliest, latest);
	draw_snapshots(ui, &a, y + gap);
	y += 2 * gap;
	draw_policy(ui, &a, y++);
	if (line)
		draw_axis(&a, y++);
	draw_dates(&a, y);
}

static const struct pane_ops ops = {.summary = summary, .draw = draw};

const struct pane_def pane_restorable = {
	.name = "restorable",
	.title = "Restorable window",
	.help = "From when to when any second can be restored, and the automated snapshots within.",
	.sources = "clusters snapshots",
	.ops = &ops,
};
