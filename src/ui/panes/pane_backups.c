/*
 * pane_backups.c: snapshots as a table, the restorable window as a bar over time, and the settings.
 * All times UTC; ages are against this host's clock.
 */
#include "ui/panes/panes.h"

#include "base/utf8.h"
#include "base/zone.h"

#include <math.h>
#include <stdio.h>

static bool in_flight(struct str status)
{
	return str_eq_c(status, "creating") || str_eq_c(status, "copying");
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	struct str status = data_str(cc->snap, cc->row, "status");

	if (in_flight(status)) {
		*ret_role = ROLE_NOTICE;
		return glyph(G_PROGRESS);
	}
	*ret_role = str_eq_c(status, "available") ? ROLE_OK : ROLE_WARN;
	return glyph(str_eq_c(status, "available") ? G_OK : G_WARN);
}

static bool cell_age(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t at = data_i64(cc->snap, cc->row, "created_at", 0), age = cc->ui->now_us > at ? cc->ui->now_us - at : 0;
	struct buf b;

	if (!at)
		return false;
	buf_init(&b, 64);
	if (age < US_PER_HOUR)
		(void)buf_addf(&b, "%dm", (int)(age / US_PER_MIN));
	else
		(void)format_age_backup(&b, age);
	pen_field(pen, ROLE_FG, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

/* The kind, or what is happening to it. */
static bool cell_kind(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str status = data_str(cc->snap, cc->row, "status");
	double share = data_f64(cc->snap, cc->row, "progress_ratio");
	char text[64];

	if (str_eq_c(status, "available"))
		return false;
	if (isnan(share))
		(void)snprintf(text, sizeof text, STR_FMT, STR_ARG(status));
	else
		(void)snprintf(text, sizeof text, "%.0f %% " STR_FMT, share * 100, STR_ARG(status));
	if (!isnan(share) && utf8_columns(str_c(text)) > w)
		(void)snprintf(text, sizeof text, "%.0f %%", share * 100);
	pen_field(pen, ROLE_NOTICE, 0, w, str_c(text), false);
	return true;
}

static bool cell_status(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str status = data_str(cc->snap, cc->row, "status");
	double share = data_f64(cc->snap, cc->row, "progress_ratio");
	char text[64];

	if (!in_flight(status) || isnan(share))
		return false;
	(void)snprintf(text, sizeof text, STR_FMT " %.0f %%", STR_ARG(status), share * 100);
	pen_field(pen, ROLE_NOTICE, 0, w, str_c(text), false);
	return true;
}

/* Of automated ones, whose names all begin alike, what tells them apart. */
static bool cell_name(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str name = data_str(cc->snap, cc->row, "identifier"), cluster = data_str(cc->snap, cc->row, "cluster");
	size_t lead = strlen("rds:") + cluster.len + 1;

	if (utf8_columns(name) <= w || cluster.len == 0 || !str_starts(name, STR("rds:")) || name.len <= lead ||
	    !str_eq(str_sub(name, strlen("rds:"), lead - 1), cluster))
		return false;
	pen_field(pen, ROLE_FG, 0, w, str_sub(name, lead, name.len), false);
	return true;
}

static const struct table_column wide_columns[] = {
	{.field = "identifier", .title = "NAME", .priority = 1, .min = 12, .max = 48, .cell = cell_name},
	{.field = "kind", .priority = 4, .min = 9, .max = 10},
	{.field = "status", .priority = 2, .min = 12, .max = 14, .cell = cell_status},
	{.field = "created_at", .title = "AGE", .priority = 3, .min = 7, .max = 8, .cell = cell_age},
	{.field = "allocated_bytes", .title = "SIZE", .priority = 5, .min = 8, .max = 9},
	{.field = "encrypted", .title = "ENCRYPTED", .priority = 6, .min = 9, .max = 9},
	{.field = "engine_version", .title = "PG", .priority = 7, .min = 5, .max = 8},
};
static const struct table_def wide_table = {
	.source = "snapshots",
	.columns = wide_columns,
	.ncolumns = ARRAY_LEN(wide_columns),
	.order = "-created_at",
	.empty = "No snapshot of this cluster exists",
	.noun = "snapshots",
	.mark = mark,
};
static const struct table_column small_columns[] = {
	{.field = "created_at", .title = "AGE", .priority = 1, .min = 7, .max = 8, .cell = cell_age},
	{.field = "kind", .priority = 4, .min = 6, .max = 9, .cell = cell_kind},
	{.field = "identifier", .title = "NAME", .priority = 2, .min = 12, .max = 0, .cell = cell_name},
};
static const struct table_def small_table = {
	.source = "snapshots",
	.columns = small_columns,
	.ncolumns = ARRAY_LEN(small_columns),
	.order = "-created_at",
	.empty = "No snapshot of this cluster exists",
	.noun = "snapshots",
	.mark = mark,
};

static void counts(const struct snapshot *s, int64_t *automated, int64_t *manual, int64_t *flight, int64_t *newest)
{
	*automated = *manual = *flight = *newest = 0;
	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str kind = data_str(s, i, "kind");
		int64_t at = data_i64(s, i, "created_at", 0);

		*automated += str_eq_c(kind, "automated");
		*manual += str_eq_c(kind, "manual");
		*flight += in_flight(data_str(s, i, "status"));
		if (str_eq_c(kind, "automated") && str_eq_c(data_str(s, i, "status"), "available") && at > *newest)
			*newest = at;
	}
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	int64_t automated, manual, flight, newest;
	struct buf b;

	if (!store_good(ui->store, "snapshots"))
		return;
	table_filter_fact(&p->table, pen);
	counts(store_good(ui->store, "snapshots"), &automated, &manual, &flight, &newest);
	buf_init(&b, 64);
	if (newest) {
		(void)format_age_backup(&b, ui->now_us > newest ? ui->now_us - newest : 0);
		pen_text(pen, ROLE_MUTED, "newest automated ");
		pen_str(pen, ROLE_FG, buf_str(&b));
		pen_separator(pen);
	}
	if (flight > 0) {
		pen_textf(pen, ROLE_NOTICE, "%lld in progress", (long long)flight);
		pen_separator(pen);
	}
	pen_textf(pen, ROLE_FG, "%lld", (long long)automated);
	pen_text(pen, ROLE_MUTED, " automated");
	pen_separator(pen);
	pen_textf(pen, ROLE_FG, "%lld", (long long)manual);
	pen_text(pen, ROLE_MUTED, " manual");
	buf_release(&b);
}

static int column_of(int64_t at, int64_t from, int64_t to, int w)
{
	return at <= from ? 0 : at >= to ? w - 1 : (int)((at - from) * (w - 1) / (to - from));
}

/* The window any second of which can be restored, with a diamond for each automated snapshot. */
static void window_bar(const struct ui *ui, struct canvas *c, struct rect r, int y, int64_t earliest, int64_t latest)
{
	const struct snapshot *s = store_good(ui->store, "snapshots");
	int64_t to = ui->now_us, from = earliest - (to - earliest) / 40;
	int a = column_of(earliest, from, to, r.w), b = column_of(latest, from, to, r.w);

	for (int x = 0; x < r.w; x++)
		canvas_glyph(c, r, y, r.x + x, x >= a && x <= b ? G_BAR_FULL : G_BAR_TRACK,
			     STYLE(x >= a && x <= b ? ROLE_OK : ROLE_GRID, ROLE_BG, 0));
	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t at = data_i64(s, i, "created_at", 0);

		if (at >= from && str_eq_c(data_str(s, i, "kind"), "automated"))
			canvas_glyph(c, r, y, r.x + column_of(at, from, to, r.w), G_OWN, STYLE(ROLE_OK, ROLE_BG, 0));
	}
}

static void stamp(struct pen *pen, enum role role, int64_t us, int64_t now_us)
{
	struct buf b;

	buf_init(&b, 64);
	(void)format_clock(&b, us, now_us);
	pen_str(pen, role, buf_str(&b));
	buf_release(&b);
}

static bool window(const struct ui *ui, int64_t *earliest, int64_t *latest)
{
	const struct snapshot *s = store_good(ui->store, "clusters");

	*earliest = data_i64(s, 0, "earliest_restorable_at", 0);
	*latest = data_i64(s, 0, "latest_restorable_at", 0);
	return *earliest > 0 && *latest > *earliest;
}

static int window_rows(const struct ui *ui, struct canvas *c, struct rect r)
{
	int64_t earliest, latest;
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	struct buf b;

	if (!window(ui, &earliest, &latest))
		return 0;
	buf_init(&b, 64);
	pen_text(&pen, ROLE_MUTED, "restorable ");
	stamp(&pen, ROLE_FG, earliest, ui->now_us);
	pen_text(&pen, ROLE_MUTED, " to ");
	stamp(&pen, ROLE_FG, latest, ui->now_us);
	(void)format_duration(&b, ui->now_us > latest ? ui->now_us - latest : 0);
	pen_textf(&pen, ROLE_MUTED, "  %s behind", buf_c(&b));
	buf_release(&b);
	if (r.h > 1)
		window_bar(ui, c, r, r.y + 1, earliest, latest);
	return 2;
}

static void draw_small(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	int used = r.h >= 6 ? window_rows(ui, c, rect_inset(r, 0, 1)) : 0;

	pane_table_draw(ui, p, c, (struct rect){r.y + used, r.x, r.h - used, r.w});
}

static void restorable_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	int64_t earliest, latest;
	struct buf b;

	(void)p;
	if (!window(ui, &earliest, &latest))
		return;
	buf_init(&b, 64);
	(void)format_duration(&b, ui->now_us > latest ? ui->now_us - latest : 0);
	pen_text(pen, ROLE_FG, "any second of it");
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "newest point %s behind now", buf_c(&b));
	buf_release(&b);
}

static void restorable_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	int64_t earliest, latest;
	struct pen pen;

	(void)p;
	if (window_rows(ui, c, in) == 0 || !window(ui, &earliest, &latest)) {
		canvas_text_c(c, in, in.y, in.x, "No restorable window: AWS gives none for this cluster",
			      STYLE(ROLE_FG, ROLE_BG, 0));
		return;
	}
	if (r.h < 3)
		return;
	for (int i = 0, n = in.w >= 64 ? 4 : in.w >= 34 ? 2 : 1; i <= n; i++) {
		int64_t from = earliest - (ui->now_us - earliest) / 40, at = from + (ui->now_us - from) * i / n;
		struct civil t;

		zone_civil(at, &t);
		pen = pen_at(c, in, in.y + 2, in.x + (i == n ? in.w - 3 : (in.w - 1) * i / n), ROLE_BG);
		if (i == n)
			pen_text(&pen, ROLE_FG, "now");
		else
			pen_textf(&pen, ROLE_MUTED, "%02d-%02d %02d:%02d", t.month, t.day, t.hour, t.minute);
	}
	if (r.h >= 5) {
		pen = pen_at(c, in, in.y + 4, in.x, ROLE_BG);
		pen_glyph(&pen, ROLE_OK, G_OWN);
		pen_text(&pen, ROLE_MUTED,
			 " automated snapshot   the bar moves with now; the left end follows the retention");
	}
}

static void setting(struct canvas *c, struct rect r, int index, const char *label, const char *value)
{
	int columns = r.w >= 110 ? 3 : r.w >= 64 ? 2 : 1, w = r.w / columns;
	struct pen pen = pen_at(c, r, r.y + index / columns, r.x + index % columns * w, ROLE_BG);

	pen_field(&pen, ROLE_MUTED, 0, 20, str_c(label), false);
	pen_text(&pen, ROLE_FG, value);
}

static void settings_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct snapshot *s = pane_good(ui, p);
	struct rect in = rect_inset(r, 0, 1);
	char text[320];
	int i = 0;

	(void)snprintf(text, sizeof text, "%lld d", (long long)data_i64(s, 0, "backup_retention_days", 0));
	setting(c, in, i++, "retention", text);
	(void)snprintf(text, sizeof text, STR_FMT " UTC", STR_ARG(data_str(s, 0, "backup_window")));
	setting(c, in, i++, "backup window", text);
	setting(c, in, i++, "deletion protection", data_i64(s, 0, "deletion_protection", 0) ? "on" : "off");
	setting(c, in, i++, "copy tags", data_i64(s, 0, "copy_tags", 0) ? "on" : "off");
	setting(c, in, i++, "encrypted", data_i64(s, 0, "encrypted", 0) ? "yes" : "no");
	(void)snprintf(text, sizeof text, STR_FMT, STR_ARG(data_str(s, 0, "kms_key")));
	setting(c, in, i, "key", text[0] ? text : "-");
}

static const struct pane_ops small_ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = draw_small,
	.detail = pane_table_detail,
};
static const struct pane_ops wide_ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};
static const struct pane_ops restorable_ops = {.summary = restorable_summary, .draw = restorable_draw};
static const struct pane_ops settings_ops = {.draw = settings_draw};

const struct pane_def pane_backups = {
	.name = "backups",
	.title = "Backups",
	.help = "Restorable window and newest snapshots.",
	.digit = '7',
	.sources = "snapshots clusters",
	.table = &small_table,
	.ops = &small_ops,
};
const struct pane_def pane_snapshots = {
	.name = "snapshots",
	.title = "Snapshots",
	.help = "Automated and manual snapshots of the cluster.",
	.digit = '7',
	.sources = "snapshots",
	.table = &wide_table,
	.ops = &wide_ops,
};
const struct pane_def pane_restorable = {
	.name = "restorable",
	.title = "Restorable window",
	.help = "From when to when any second can be restored.",
	.sources = "clusters snapshots",
	.ops = &restorable_ops,
};
const struct pane_def pane_backup_settings = {
	.name = "backup_settings",
	.title = "Settings",
	.help = "Retention, windows and protection of the cluster.",
	.sources = "clusters",
	.ops = &settings_ops,
};
