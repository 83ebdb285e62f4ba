/*
 * pane_backups.c: snapshots as a table; in the overview with the restorable window as a bar over time.
 * All times UTC; ages are against this host's clock.
 */
#include "ui/panes/panes.h"

#include "base/utf8.h"
#include "ui/panes/backups_view.h"
#include "ui/verdicts.h"

#include <math.h>
#include <stdio.h>

#define SHARE_BAR_W 7

bool backups_in_flight(struct str status)
{
	return str_eq_c(status, "creating") || str_eq_c(status, "copying");
}

long backups_newest(const struct snapshot *s)
{
	int kind = data_field(s, "kind"), status = data_field(s, "status"), created = data_field(s, "created_at");
	long newest = -1;

	for (size_t i = 0; s && i < s->nrows; i++)
		if (str_eq_c(data_str_at(s, i, kind), "automated") &&
		    str_eq_c(data_str_at(s, i, status), "available") &&
		    (newest < 0 || data_i64_at(s, i, created, 0) > data_i64_at(s, (size_t)newest, created, 0)))
			newest = (long)i;
	return newest;
}

/* What the rules say of the snapshot itself, and of the newest one what they say of its age. */
static enum severity severity_of(const struct cell_context *cc)
{
	struct str name = data_str(cc->snap, cc->row, "identifier");
	enum severity s = name.len > 0 ? verdict_about(cc->ui, NULL, name) : SEV_NONE, age;

	if (backups_newest(cc->snap) != (long)cc->row)
		return s;
	age = verdict_about(cc->ui, "backup.snapshot_age", STR(""));
	return age > s ? age : s;
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	struct str status = data_str(cc->snap, cc->row, "status");
	enum severity s = severity_of(cc);

	if (s >= SEV_WARN) {
		*ret_role = severity_role(s);
		return glyph(severity_glyph(s));
	}
	if (backups_in_flight(status)) {
		*ret_role = ROLE_NOTICE;
		return glyph(G_PROGRESS);
	}
	*ret_role = str_eq_c(status, "available") ? ROLE_OK : ROLE_WARN;
	return glyph(str_eq_c(status, "available") ? G_OK : G_WARN);
}

static bool cell_age(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t at = data_i64(cc->snap, cc->row, "created_at", 0), age = cc->ui->now_us > at ? cc->ui->now_us - at : 0;
	enum severity s = SEV_NONE;
	struct buf b;

	if (!at)
		return false;
	if (backups_newest(cc->snap) == (long)cc->row)
		s = verdict_about(cc->ui, "backup.snapshot_age", STR(""));
	buf_init(&b, 64);
	if (age < US_PER_HOUR)
		(void)buf_addf(&b, "%dm", (int)(age / US_PER_MIN));
	else
		(void)format_age_backup(&b, age);
	pen_field(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, s >= SEV_WARN ? ATTR_BOLD : 0, w, buf_str(&b), true);
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

/* How much of it is done, as a bar where there is room; that it is being made is told by its sign, too. */
static bool cell_status(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str status = data_str(cc->snap, cc->row, "status");
	double share = data_f64(cc->snap, cc->row, "progress_ratio");
	char text[64];

	if (!backups_in_flight(status) || isnan(share))
		return false;
	(void)snprintf(text, sizeof text, " %.0f %%", share * 100);
	if (utf8_columns(str_c(text)) > w - SHARE_BAR_W) {
		pen_field(pen, ROLE_NOTICE, 0, w, str_c(text + 1), false);
		return true;
	}
	pen_bar(pen, SHARE_BAR_W, share, ROLE_NOTICE);
	pen_field(pen, ROLE_NOTICE, 0, w - SHARE_BAR_W, str_c(text), false);
	return true;
}

/* Its kind, unless there is more to say: who else may restore it, or that it is being copied. */
static bool cell_kind_or_share(const struct cell_context *cc, struct pen *pen, int w)
{
	if (data_i64(cc->snap, cc->row, "is_public", 0) == 1)
		pen_field(pen, ROLE_CRIT, ATTR_BOLD, w, STR("public"), false);
	else if (data_str(cc->snap, cc->row, "shared_accounts").len > 0)
		pen_field(pen, ROLE_WARN, 0, w, STR("shared"), false);
	else if (str_eq_c(data_str(cc->snap, cc->row, "status"), "copying"))
		pen_field(pen, ROLE_FG, 0, w, STR("copy"), false);
	else
		return false;
	return true;
}

struct str backups_key_name(struct str arn)
{
	size_t i = arn.len;

	while (i > 0 && arn.ptr[i - 1] != '/' && arn.ptr[i - 1] != ':')
		i--;
	return str_sub(arn, i, arn.len);
}

/* Which key, not where it is: its ARN begins as all others do. */
static bool cell_key(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str arn = data_str(cc->snap, cc->row, "kms_key");
	int64_t encrypted = data_i64(cc->snap, cc->row, "encrypted", -1);

	if (encrypted < 0)
		return false;
	if (!encrypted)
		pen_field(pen, ROLE_WARN, 0, w, STR("none"), false);
	else
		pen_field(pen, ROLE_FG, 0, w, arn.len > 0 ? backups_key_name(arn) : STR("encrypted"), false);
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
	{.field = "identifier", .title = "NAME", .priority = 1, .min = 12, .max = 0, .cell = cell_name},
	{.field = "kind", .priority = 4, .min = 9, .max = 10, .cell = cell_kind_or_share},
	{.field = "status", .priority = 2, .min = 12, .max = 14, .cell = cell_status},
	{.field = "created_at", .title = "AGE", .priority = 3, .min = 7, .max = 8, .cell = cell_age},
	{.field = "allocated_bytes", .title = "SIZE", .priority = 5, .min = 8, .max = 9},
	{.field = "kms_key", .title = "KEY", .priority = 6, .min = 9, .max = 11, .cell = cell_key},
	{.field = "engine_version", .title = "PG", .priority = 7, .min = 5, .max = 8},
	{.field = "tags", .priority = 11, .min = 8, .max = 30, .leaves_when_same = true},
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
		*flight += backups_in_flight(data_str(s, i, "status"));
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

int backups_column(int64_t at, int64_t from, int64_t to, int w)
{
	if (at <= from)
		return 0;
	return at >= to ? w - 1 : (int)((double)(at - from) * (w - 1) / (double)(to - from));
}

/* The window any second of which can be restored, with a diamond for each automated snapshot. */
static void window_bar(const struct ui *ui, struct canvas *c, struct rect r, int y, int64_t earliest, int64_t latest)
{
	const struct snapshot *s = store_good(ui->store, "snapshots");
	int64_t to = ui->now_us, from = earliest - (to - earliest) / 40;
	int a = backups_column(earliest, from, to, r.w), b = backups_column(latest, from, to, r.w);

	for (int x = 0; x < r.w; x++)
		canvas_glyph(c, r, y, r.x + x, x >= a && x <= b ? G_BAR_FULL : G_BAR_TRACK,
			     STYLE(x >= a && x <= b ? ROLE_OK : ROLE_GRID, ROLE_BG, 0));
	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t at = data_i64(s, i, "created_at", 0);

		if (at >= from && str_eq_c(data_str(s, i, "kind"), "automated"))
			canvas_glyph(c, r, y, r.x + backups_column(at, from, to, r.w), G_OWN,
				     STYLE(ROLE_OK, ROLE_BG, 0));
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

bool backups_window(const struct ui *ui, int64_t *earliest, int64_t *latest)
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

	if (!backups_window(ui, &earliest, &latest))
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

static void draw_wide(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	const char *words = "SIZE is that of the volume, not what is billed";
	bool note = (int)p->table.n + 3 < r.h && p->table.n > 0 && utf8_columns(str_c(words)) <= in.w;

	pane_table_draw(ui, p, c, (struct rect){r.y, r.x, r.h - (note ? 2 : 0), r.w});
	if (note)
		canvas_text_c(c, in, in.y + in.h - 1, in.x, words, STYLE(ROLE_MUTED, ROLE_BG, 0));
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
	.draw = draw_wide,
	.detail = pane_table_detail,
};
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
