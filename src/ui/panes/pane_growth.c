/*
 * pane_growth.c: where volume, local storage and transaction ids are going, and which relations made the volume grow.
 *
 * The forecast is a straight line through the last week (model/growth.h) and says how far it can be believed. Who grew
 * is known from this process's own samples of relations only (ui/storage_view.h): of the time before them, and of what
 * is no relation of this database, nothing is claimed; the section says how much of the growth it explains.
 */
#include "ui/panes/panes.h"

#include "base/num.h"
#include "model/growth.h"
#include "model/relation_history.h"
#include "ui/storage_view.h"

#include <math.h>
#include <stdio.h>

#define LABEL_W 11
#define VALUE_W 10
#define XID_LIMIT 2147483648.0
#define SOON_US (90 * US_PER_DAY)
#define VERY_SOON_US (14 * US_PER_DAY)

/* One thing that is forecast. */
struct outlook {
	const char *label;
	struct growth g;
	double limit;       /* reached from below, or from above for what shrinks to it; NaN = none known */
	bool is_count;      /* else bytes */
	bool fills;         /* it is growing that is bad */
	const char *steady; /* what is said when there is no trend */
};

/* The week by the hour where there is one, else what is shown. */
static const struct series *week_of(const struct ui *ui, const char *metric, struct str object)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	const struct series *s = m ? series_find_part(&m->series, metric, object, SERIES_WEEK) : NULL;

	return s && s->n > 0 ? s : m ? series_find(&m->series, metric, object) : NULL;
}

static struct str writer_of(const struct ui *ui)
{
	const struct snapshot *instances = store_good(ui->store, "instances");
	long row = data_find(instances, "role", STR("writer"));

	return row < 0 ? STR("") : data_str(instances, (size_t)row, "identifier");
}

static double ceiling_of(const struct ui *ui, struct str *ret_version, const char **ret_raised_by)
{
	const struct snapshot *clusters = store_good(ui->store, "clusters");
	const char *cluster = runtime_target(ui->rt)->cluster;
	long row = cluster[0] ? data_find(clusters, "identifier", str_c(cluster)) : -1;

	*ret_raised_by = "";
	*ret_version = row < 0 ? STR("") : data_str(clusters, (size_t)row, "engine_version");
	return growth_volume_ceiling(*ret_version, ret_raised_by);
}

static size_t look_ahead(const struct ui *ui, struct outlook *out)
{
	const struct series *volume = week_of(ui, "VolumeBytesUsed", STR("")),
			    *local = week_of(ui, "FreeLocalStorage", writer_of(ui)),
			    *xid = week_of(ui, "MaximumUsedTransactionIDs", writer_of(ui));
	struct str version;
	const char *raised;
	double ceiling = ceiling_of(ui, &version, &raised);
	struct growth g;
	size_t n = 0;

	if (volume && growth_fit(volume, 0, INT64_MAX, &g))
		out[n++] = (struct outlook){"volume", g, ceiling > 0 ? ceiling : (double)NAN, false, true, "no trend"};
	if (local && growth_fit(local, 0, INT64_MAX, &g))
		out[n++] = (struct outlook){"local temp", g, 0, false, false, "no trend"};
	if (xid && growth_fit(xid, 0, INT64_MAX, &g))
		out[n++] = (struct outlook){"xid age", g, XID_LIMIT, true, true, "vacuum keeps up"};
	return n;
}

static void draw_value(struct pen *pen, const struct outlook *o, double v, bool strong)
{
	struct buf b;
	int from = pen->x;

	buf_init(&b, 64);
	if (isnan(v))
		(void)buf_add_c(&b, "n/a");
	else if (o->is_count)
		(void)format_count(&b, data_whole(v > 0 ? v : 0));
	else
		(void)format_bytes(&b, data_whole(v > 0 ? v : 0));
	pen_skip(pen, VALUE_W - (int)buf_str(&b).len);
	if (isnan(v))
		pen_text(pen, ROLE_MUTED, "n/a");
	else
		pen_quantity(pen, strong ? ROLE_STRONG : ROLE_FG, strong ? ATTR_BOLD : 0, buf_str(&b));
	pen->x = from + VALUE_W;
	buf_release(&b);
}

/* "in 114 years", "in 45 d", "in 7 h" */
static void say_when(struct pen *pen, int64_t us)
{
	int64_t days = us / US_PER_DAY;

	if (days > 2 * 365)
		pen_textf(pen, ROLE_FG, "in %lld years", (long long)(days / 365));
	else if (days >= 2)
		pen_textf(pen, ROLE_FG, "in %lld d", (long long)days);
	else
		pen_textf(pen, ROLE_FG, "in %lld h", (long long)(us / US_PER_HOUR));
}

static void draw_verdict(struct pen *pen, const struct outlook *o)
{
	bool towards = o->fills ? o->g.per_day > 0 : o->g.per_day < 0;
	int64_t left = towards && !isnan(o->limit) ? growth_reaches(&o->g, o->limit) : INT64_MAX;
	enum severity s = left < VERY_SOON_US ? SEV_CRIT : left < SOON_US ? SEV_WARN : SEV_OK;

	if (o->g.trend == GROWTH_TOO_LITTLE) {
		pen_glyph(pen, ROLE_MUTED, G_UNKNOWN);
		pen_text(pen, ROLE_MUTED, " too little data");
		return;
	}
	pen_glyph(pen, severity_role(s), severity_glyph(s));
	pen_skip(pen, 1);
	if (o->g.trend == GROWTH_NONE)
		pen_text(pen, ROLE_FG, o->steady);
	else if (!towards)
		pen_text(pen, ROLE_FG, o->fills ? "shrinks" : "grows");
	else if (left == INT64_MAX)
		pen_text(pen, ROLE_FG, isnan(o->limit) ? "no limit known" : "not in sight");
	else if (left == 0)
		pen_text(pen, ROLE_FG, "reached");
	else
		say_when(pen, left);
}

static void draw_outlook(struct canvas *c, struct rect r, int y, const struct outlook *o, int values, int64_t now)
{
	static const int64_t days[] = {0, 30, 90};
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, str_c(o->label), false);
	for (int i = 0; i < values; i++)
		draw_value(&pen, o, i == 0 ? o->g.last : growth_at(&o->g, now + days[i] * US_PER_DAY), i == 0);
	pen_skip(&pen, 2);
	draw_verdict(&pen, o);
}

static int draw_forecast(const struct ui *ui, struct canvas *c, struct rect r)
{
	static const char *const heads[] = {"TODAY", "IN 30 D", "IN 90 D"};
	int values = r.w >= LABEL_W + 3 * VALUE_W + 18 ? 3 : r.w >= LABEL_W + 2 * VALUE_W + 14 ? 2 : 1;
	struct outlook rows[3];
	size_t n = look_ahead(ui, rows);
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);

	if (n == 0) {
		pen_text(&pen, ROLE_MUTED, "No metric to make a forecast from");
		return 1;
	}
	pen_skip(&pen, LABEL_W);
	for (int i = 0; i < values; i++)
		pen_field(&pen, ROLE_MUTED, 0, VALUE_W, str_c(heads[i]), true);
	pen_text(&pen, ROLE_MUTED, "  LIMIT REACHED");
	for (size_t i = 0; i < n && 1 + (int)i < r.h; i++)
		draw_outlook(c, r, r.y + 1 + (int)i, &rows[i], values, ui->now_us);
	return 1 + (int)n;
}

/* ---- who grew ---- */

/* Newest point at or before a time, or the one of the period that begins next; NaN = none. */
static double value_at(const struct series *s, int64_t at)
{
	size_t i = s ? s->n : 0;

	while (i > 0 && s->at[i - 1] > at)
		i--;
	if (i > 0)
		return s->value[i - 1];
	return s && s->n > 0 && s->at[0] - at <= s->period_us ? s->value[0] : (double)NAN;
}

static void add_signed(struct pen *pen, enum role role, int64_t bytes)
{
	struct buf b;

	buf_init(&b, 64);
	(void)buf_add_c(&b, bytes < 0 ? "-" : "+");
	(void)format_bytes(&b, bytes < 0 ? -bytes : bytes);
	pen_quantity(pen, role, 0, buf_str(&b));
	buf_release(&b);
}

/* "in 7 d", or between which times where somebody chose them. */
static void say_span(const struct ui *ui, const struct relation_growths *g, struct buf *b)
{
	int64_t span = g->to_us - g->from_us;

	if (ui->cursor_us || ui->storage->mark_us) {
		(void)format_clock(b, g->from_us, ui->now_us);
		(void)buf_add_c(b, " to ");
		(void)format_clock(b, g->to_us, ui->now_us);
		return;
	}
	(void)buf_add_c(b, "in ");
	if (span >= 2 * US_PER_DAY)
		(void)buf_addf(b, "%lld d", (long long)num_round((double)span / (double)US_PER_DAY));
	else
		(void)glyph_duration(b, span);
}

/* "own samples explain 20.4 GiB of 21.7 GiB", or as much of it as there is room for. */
static void say_explained(const struct relation_growths *g, double grown, bool whole, struct buf *b)
{
	(void)buf_add_c(b, whole ? " own samples explain " : " ");
	(void)buf_add_c(b, g->bytes < 0 ? "-" : "");
	(void)format_bytes(b, g->bytes < 0 ? -g->bytes : g->bytes);
	if (isnan(grown))
		return;
	(void)buf_add_c(b, grown < 0 ? " of -" : " of ");
	(void)format_bytes(b, data_whole(fabs(grown)));
}

/* "Who grew in 7 d ── own samples explain 20.4 GiB of 21.7 GiB" */
static void draw_section(const struct ui *ui, struct canvas *c, struct rect r, int y, const struct relation_growths *g)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	const struct series *volume = m ? series_find(&m->series, "VolumeBytesUsed", STR("")) : NULL;
	double grown = value_at(volume, g->to_us) - value_at(volume, g->from_us);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG), remark;
	struct buf b;

	buf_init(&b, 128);
	(void)buf_add_c(&b, "Who grew ");
	say_span(ui, g, &b);
	pen_bold(&pen, ROLE_STRONG, buf_c(&b));
	pen_skip(&pen, 1);
	for (int whole = 1; whole >= 0; whole--) {
		int w;

		buf_clear(&b);
		say_explained(g, grown, whole == 1, &b);
		w = (int)buf_str(&b).len;
		if (pen.x + w >= r.x + r.w)
			continue;
		canvas_hline(c, r, y, pen.x, r.x + r.w - w - pen.x, glyph(G_FRAME_H), STYLE(ROLE_LINE, ROLE_BG, 0));
		remark = pen_at(c, r, y, r.x + r.w - w, ROLE_BG);
		pen_str(&remark, ROLE_MUTED, buf_str(&b));
		break;
	}
	buf_release(&b);
}

static void draw_grower(struct canvas *c, struct rect r, int y, const struct relation_growth *g, int64_t most)
{
	struct str name = str_c(g->relation);
	int label = r.w >= 60 ? 24 : r.w - 14, bar = r.w - label - 14;
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	if (str_starts(name, STR("public.")))
		name = str_sub(name, sizeof "public." - 1, name.len);
	pen_field(&pen, ROLE_FG, 0, label, name, false);
	if (bar > 4)
		pen_bar(&pen, bar, (double)g->bytes / (double)most, ROLE_G1);
	pen.x = r.x + r.w - 13;
	pen_text(&pen, ROLE_MUTED, g->appeared ? "new" : "   ");
	add_signed(&pen, ROLE_FG, g->bytes);
}

static void draw_growers(const struct ui *ui, struct canvas *c, struct rect r)
{
	int64_t from, to, since = relation_history_since(ui->storage->relations);
	struct relation_growths g;
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	struct buf b;

	if (r.h < 1)
		return;
	storage_view_span(ui, &from, &to);
	if (relation_history_between(ui->storage->relations, from, to, &g)) {
		draw_section(ui, c, r, r.y, &g);
		for (size_t i = 0; i < g.n && (int)i + 1 < r.h; i++)
			draw_grower(c, r, r.y + 1 + (int)i, &g.items[i], g.items[0].bytes);
		if (g.n == 0 && r.h > 1)
			canvas_text_c(c, r, r.y + 1, r.x, "No relation of this database grew",
				      STYLE(ROLE_MUTED, ROLE_BG, 0));
		return;
	}
	buf_init(&b, 200);
	if (since > 0) {
		(void)buf_add_c(&b, "own samples since ");
		(void)format_clock(&b, since, ui->now_us);
		(void)buf_add_c(&b, ", not two in this time");
	} else {
		(void)buf_add_c(&b, "no sample of relations yet");
	}
	pen_bold(&pen, ROLE_STRONG, "Who grew ");
	pen_str(&pen, ROLE_MUTED, buf_str(&b));
	buf_release(&b);
}

static void draw_ceiling(const struct ui *ui, struct canvas *c, struct rect r, int y)
{
	struct str version;
	const char *raised;
	double ceiling = ceiling_of(ui, &version, &raised);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	struct buf b;

	if (ceiling <= 0)
		return;
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(ceiling));
	pen_text(&pen, ROLE_MUTED, "limit of engine ");
	pen_str(&pen, ROLE_MUTED, version);
	pen_text(&pen, ROLE_MUTED, " is ");
	pen_quantity(&pen, ROLE_FG, 0, buf_str(&b));
	if (raised[0])
		pen_textf(&pen, ROLE_MUTED, ", %s raises it to 256", raised);
	buf_release(&b);
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int used = draw_forecast(ui, c, in), bottom = in.h > used + 2 ? 1 : 0;

	(void)p;
	if (in.h - used - bottom > 6)
		used++;
	draw_growers(ui, c, (struct rect){in.y + used, in.x, in.h - used - bottom, in.w});
	if (bottom)
		draw_ceiling(ui, c, in, in.y + in.h - 1);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct series *s = week_of(ui, "VolumeBytesUsed", STR(""));
	struct growth g;
	struct buf b;

	(void)p;
	if (!s || !growth_fit(s, 0, INT64_MAX, &g))
		return;
	buf_init(&b, 128);
	growth_say(&g, glyph_set_in_use() == GLYPHS_UTF8, &b);
	pen_str(pen, ROLE_MUTED, buf_str(&b));
	buf_release(&b);
}

/* In one line: what comes first. */
static void line(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct outlook rows[3];
	size_t n = look_ahead(ui, rows);

	(void)p;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			pen_separator(pen);
		pen_textf(pen, ROLE_MUTED, "%s ", rows[i].label);
		draw_verdict(pen, &rows[i]);
	}
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .line = line};

const struct pane_def pane_growth = {
	.name = "growth",
	.title = "Growth and forecast",
	.help = "Where volume, local storage and transaction ids are going, and which relations grew.",
	/* databases: what goes into temporary files stands beside their sizes */
	.sources = "metrics clusters instances relations databases",
	.any_source = true,
	.ops = &ops,
};
