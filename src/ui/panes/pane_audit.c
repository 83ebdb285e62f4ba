/*
 * pane_audit.c: the audit log: what the console has changed, the newest first, and how each of it ended.
 *
 * An intent without an outcome is what one looks for after a crash: it is signed as unknown and says
 * what that means. What of the log could not be read or is not shown stands in the title, because a
 * record with a silent gap is none.
 */
#include "ui/panes/panes.h"

#include "base/zone.h"
#include "model/operation.h"
#include "ui/widgets/page.h"

#include <stdio.h>

#define NO_OUTCOME "no outcome: the console ended, or is still at it"
#define LABEL_W 11

static enum severity severity_of(const struct snapshot *s, size_t row)
{
	enum severity severity = severity_of_word(data_str(s, row, "severity"));

	return severity == SEV_NONE ? SEV_UNKNOWN : severity;
}

static struct str outcome_of(const struct snapshot *s, size_t row)
{
	struct str outcome = data_str(s, row, "outcome");

	return outcome.len > 0 ? outcome : STR(NO_OUTCOME);
}

/* Quiet where all is well: the sign says that. */
static enum role outcome_role(enum severity s)
{
	return s == SEV_OK ? ROLE_FG : severity_role(s);
}

static bool cell_outcome(const struct cell_context *cc, struct pen *pen, int w)
{
	enum role role = cc->faint ? ROLE_FAINT : outcome_role(severity_of(cc->snap, cc->row));

	pen_field(pen, role, 0, w, outcome_of(cc->snap, cc->row), false);
	return true;
}

static const struct table_column columns[] = {
	{.field = "began_at", .priority = 1, .min = 11, .max = 16},
	{.field = "role", .priority = 6, .min = 6, .max = 16},
	{.field = "who", .priority = 8, .min = 8, .max = 20},
	{.field = "cluster", .priority = 7, .min = 8, .max = 20},
	{.field = "action", .priority = 2, .min = 6, .max = 20},
	{.field = "object", .priority = 4, .min = 8, .max = 32},
	{.field = "tier", .priority = 9, .min = 4, .max = 4},
	{.field = "took_us", .priority = 5, .min = 5, .max = 7},
	{.field = "outcome", .priority = 3, .min = 12, .max = 0, .cell = cell_outcome},
};
static const struct table_def table = {
	.source = "audit",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-began_at",
	.main_field = "took_us",
	.empty = "Nothing was changed yet",
	.noun = "changes",
	.wide_mode = -1,
	.severity = severity_of,
};

/* ---- what is known of the files ---- */

struct reading {
	struct str path, problem; /* of the newest file; of the first that has one */
	int64_t unreadable;
	bool older; /* there is more than is shown */
};

static struct reading reading_of(const struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "audit_files");
	struct reading r = {.path = data_str(s, 0, "path")};

	for (size_t i = 0; s && i < s->nrows; i++) {
		r.unreadable += data_i64(s, i, "unreadable", 0);
		r.older |= data_i64(s, i, "size_bytes", 0) > data_i64(s, i, "read_bytes", 0) ||
			   data_i64(s, i, "left_out", 0) > 0;
		if (r.problem.len == 0)
			r.problem = data_str(s, i, "problem");
	}
	return r;
}

static void put_unreadable(struct pen *pen, const struct reading *r)
{
	pen_glyph(pen, ROLE_WARN, G_WARN);
	pen_textf(pen, ROLE_WARN, " %lld line%s could not be read", (long long)r->unreadable,
		  r->unreadable == 1 ? "" : "s");
}

static void count_kinds(const struct snapshot *s, size_t *failed, size_t *open)
{
	*failed = *open = 0;
	for (size_t i = 0; i < s->nrows; i++) {
		*failed += severity_of(s, i) == SEV_CRIT;
		*open += severity_of(s, i) == SEV_UNKNOWN;
	}
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p);
	struct reading r = reading_of(ui);
	size_t failed, open;

	if (!s)
		return;
	count_kinds(s, &failed, &open);
	table_filter_fact(&p->table, pen);
	pen_textf(pen, ROLE_FG, "%s%zu", r.older ? "newest " : "", s->nrows);
	pen_textf(pen, ROLE_MUTED, " change%s", s->nrows == 1 ? "" : "s");
	if (r.unreadable > 0) {
		pen_separator(pen);
		put_unreadable(pen, &r);
	}
	if (failed > 0) {
		pen_separator(pen);
		pen_textf(pen, ROLE_CRIT, "%zu failed", failed);
	}
	if (open > 0) {
		pen_separator(pen);
		pen_textf(pen, ROLE_FG, "%zu", open);
		pen_text(pen, ROLE_MUTED, " without an outcome");
	}
	if (r.problem.len > 0) {
		pen_separator(pen);
		pen_str(pen, ROLE_WARN, r.problem);
	}
}

/* ---- nothing yet ---- */

static int say(struct canvas *c, struct rect in, int y, enum role role, uint8_t attr, struct str text)
{
	return y < in.y + in.h ? pen_wrapped(c, in, y, text, STYLE(role, ROLE_BG, attr)) : y;
}

static void draw_nothing(const struct ui *ui, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	struct reading of = reading_of(ui);
	int y = in.y + (in.h > 5 ? 1 : 0);

	y = say(c, in, y, ROLE_STRONG, ATTR_BOLD,
		of.unreadable > 0 ? STR("Nothing that can be read was changed yet") : STR("Nothing was changed yet"));
	y = say(c, in, y, ROLE_MUTED, 0,
		STR("What the console changes is written down before it is sent, and again with how it ended."));
	if (in.h > 6)
		y++;
	(void)say(c, in, y, ROLE_FG, 0, of.path);
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	if (p->table.snap && p->table.snap->nrows == 0)
		draw_nothing(ui, c, r);
	else
		pane_table_draw(ui, p, c, r);
}

/* ---- one of them in full ---- */

static void detail_text(struct page *page, const char *label, struct str text)
{
	struct pen pen;

	if (text.len == 0)
		return;
	pen = page_label(page, label, LABEL_W);
	page_text(page, &pen, LABEL_W, ROLE_FG, false, text);
}

static void detail_time(struct page *page, const char *label, const struct snapshot *s, size_t row, const char *field)
{
	int64_t at = data_i64(s, row, field, 0);
	char text[64], iso[40], zone[ZONE_TEXT_MAX];

	if (!at)
		return;
	(void)clock_iso8601(at + zone_offset_us(at), iso, sizeof iso);
	/* without its Z, which the zone may not be */
	(void)snprintf(text, sizeof text, "%.*s%s", (int)strlen(iso) - 1, iso, zone_suffix(at, zone));
	detail_text(page, label, str_c(text));
}

static void detail_tier(struct page *page, const struct snapshot *s, size_t row)
{
	int64_t tier = data_i64(s, row, "tier", -1);
	char text[80];

	if (tier < 0)
		return;
	if (tier <= TIER_DESTRUCTIVE)
		(void)snprintf(text, sizeof text, "%d, %s", (int)tier, operation_tier_word((enum operation_tier)tier));
	else
		(void)snprintf(text, sizeof text, "%lld", (long long)tier);
	detail_text(page, "tier", str_c(text));
}

static void detail_took(struct page *page, const struct snapshot *s, size_t row)
{
	int64_t took = data_i64(s, row, "took_us", -1);
	struct buf b;

	if (took < 0)
		return;
	buf_init(&b, 64);
	(void)glyph_duration(&b, took);
	detail_text(page, "took", buf_str(&b));
	buf_release(&b);
}

static void detail_outcome(struct page *page, const struct snapshot *s, size_t row)
{
	enum severity severity = severity_of(s, row);
	struct pen pen = page_line(page);

	pen_glyph(&pen, severity_role(severity), severity_glyph(severity));
	pen_skip(&pen, 1);
	page_text(page, &pen, 2, severity == SEV_OK ? ROLE_STRONG : severity_role(severity), true, outcome_of(s, row));
}

static int detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	struct page page = page_of(c, r, scroll, ROLE_RAISED);
	const struct snapshot *s = p->table.snap;
	long selected = table_selected_row(&p->table);
	size_t row = (size_t)selected;

	(void)ui;
	if (!s || selected < 0)
		return 0;
	detail_outcome(&page, s, row);
	page_section(&page, "Statement", "literals masked");
	page_statement(&page, data_str(s, row, "statement"));
	page_section(&page, "What and where", "");
	detail_text(&page, "action", data_str(s, row, "action"));
	detail_text(&page, "object", data_str(s, row, "object"));
	detail_tier(&page, s, row);
	detail_text(&page, "cluster", data_str(s, row, "cluster"));
	detail_text(&page, "node", data_str(s, row, "node"));
	detail_text(&page, "database", data_str(s, row, "database"));
	page_section(&page, "Who and when", "");
	detail_text(&page, "role", data_str(s, row, "role"));
	detail_text(&page, "by", data_str(s, row, "who"));
	detail_time(&page, "began", s, row, "began_at");
	detail_time(&page, "ended", s, row, "ended_at");
	detail_took(&page, s, row);
	detail_text(&page, "id", data_str(s, row, "id"));
	return page.y;
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = draw,
	.detail = detail,
};

const struct pane_def pane_audit = {
	.name = "audit",
	.title = "Audit log",
	.help = "What the console has changed, and how it ended.",
	.sources = "audit audit_files",
	.table = &table,
	.ops = &ops,
};
