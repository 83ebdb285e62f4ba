/*
 * operate_draw.c: the preview of an operation, and the list of jobs.
 *
 * The question stands in the last rows of the box, whatever the preview takes above it; what does not fit scrolls.
 * Nothing here changes state.
 */
#include "base/utf8.h"
#include "model/slow_log.h"
#include "ui/action.h"
#include "ui/operate_impl.h"
#include "ui/overlay.h"
#include "ui/widgets/page.h"

#include <math.h>
#include <stdio.h>

#define LABEL_W 13
#define ASK_ROWS 4
#define BAR_W 24
#define LENGTHY 600 /* bytes of a statement */

static enum role tier_role(int tier)
{
	return tier >= TIER_DESTRUCTIVE ? ROLE_CRIT : tier == TIER_DISRUPTIVE ? ROLE_WARN : ROLE_ACCENT;
}

static void draw_check(struct page *page, const struct operation_row *row)
{
	struct pen pen = page_line(page);
	enum severity s = operate_severity(row->severity);

	pen_glyph(&pen, severity_role(s), severity_glyph(s));
	pen_skip(&pen, 1);
	page_text(page, &pen, 2, ROLE_FG, false, row->text);
}

/* Of several nodes each says the same of the operation; of a session only one does. */
static bool was_said(const struct snapshot *s, size_t at)
{
	const struct operation_row *row = snapshot_row(s, at);

	if (str_eq_c(row->kind, "session") || str_eq_c(row->kind, "left out"))
		return false;
	for (size_t i = 0; i < at; i++) {
		const struct operation_row *before = snapshot_row(s, i);

		if (str_eq(before->text, row->text) && str_eq(before->label, row->label) &&
		    str_eq(before->kind, row->kind))
			return true;
	}
	return false;
}

/* "1  system-update" */
static void draw_choice(struct page *page, const struct operation_row *row, size_t number)
{
	struct pen pen = page_line(page);

	pen_boldf(&pen, ROLE_STRONG, "%zu  ", number);
	page_text(page, &pen, 3, ROLE_FG, false, row->text);
}

/* Rows of one kind, under a heading unless there were some; how many there are then. */
static size_t draw_rows(struct page *page, const struct snapshot *s, const char *kind, const char *title, size_t n)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (!str_eq_c(row->kind, kind) || was_said(s, i))
			continue;
		if (n++ == 0)
			page_section(page, title, "");
		if (strcmp(kind, "statement") == 0) {
			page_statement(page, row->text);
		} else if (row->label.len > 0) {
			char label[32];

			(void)snprintf(label, sizeof label, STR_FMT, STR_ARG(row->label));
			struct pen pen = page_label(page, label, LABEL_W);
			page_text(page, &pen, LABEL_W, ROLE_FG, false, row->text);
		} else if (strcmp(kind, "choice") == 0) {
			draw_choice(page, row, n);
		} else {
			draw_check(page, row);
		}
	}
	return n;
}

static void draw_kind(struct page *page, const struct operate_view *v, const char *kind, const char *title)
{
	size_t n = draw_rows(page, v->preview, kind, title, 0);

	if (v->beside)
		(void)draw_rows(page, v->beside, kind, title, n);
}

/* What AWS cannot tell, and why the database did not either. */
static void draw_beside_refused(struct page *page, const struct operate_view *v)
{
	struct pen pen = page_label(page, "would log", LABEL_W);
	char text[ERR_TEXT_MAX + 80];

	(void)snprintf(text, sizeof text, "n/a, nor is known whose own value counts for more: %s",
		       v->beside_refused.text);
	page_text(page, &pen, LABEL_W, ROLE_FG, false, str_c(text));
}

static int draw_preview(const struct operate_view *v, struct canvas *c, struct rect r, int scroll)
{
	struct page page = page_of(c, r, scroll, ROLE_RAISED);

	if (v->asking) {
		page_text(&page, NULL, 0, ROLE_FG, false, str_c(v->op->effect));
		page_text(&page, NULL, 0, ROLE_MUTED, false, str_c(v->op->statement));
		if (v->why[0])
			page_text(&page, NULL, 0, ROLE_FG, false, str_c(v->why));
		return page.y;
	}
	if (v->refused.code != ERR_NONE) {
		page_text(&page, NULL, 0, ROLE_STRONG, true, str_c(v->refused.text));
		if (v->refused.remedy[0]) {
			struct pen pen = page_line(&page);

			pen_text(&pen, ROLE_ACCENT, "next ");
			page_text(&page, &pen, 5, ROLE_FG, false, str_c(v->refused.remedy));
		}
		return page.y;
	}
	if (!v->preview) {
		page_text(&page, NULL, 0, ROLE_MUTED, false, STR("looking at what it would meet"));
		return page.y;
	}
	/* a list of many tables must not push what it means out of sight */
	bool lengthy = v->statement.len > LENGTHY;

	/* of several nodes one may refuse all of its own */
	if (v->cannot)
		draw_kind(&page, v, "refuse", v->choices ? "Not yet" : "Cannot be done");
	draw_kind(&page, v, "choice", "Choose one");
	if (!lengthy)
		draw_kind(&page, v, "statement", "Will run");
	draw_kind(&page, v, "fact", "Blast radius");
	if (v->beside_refused.code != ERR_NONE)
		draw_beside_refused(&page, v);
	draw_kind(&page, v, "check", "Checks");
	draw_kind(&page, v, "waits for", "Would wait for");
	draw_kind(&page, v, "left out", "Left out");
	draw_kind(&page, v, "session", "Sessions");
	if (lengthy)
		draw_kind(&page, v, "statement", "Will run");
	return page.y;
}

static void draw_field(const struct operate_view *v, struct pen *pen)
{
	int typed = utf8_columns(str_c(v->field.text));
	bool named = operate_is_named(v);

	pen_text(pen, ROLE_STRONG, "  ");
	pen_str(pen, named ? ROLE_STRONG : ROLE_FG, (struct str){v->field.text, v->field.cursor});
	if (!v->named)
		pen_glyph(pen, ROLE_ACCENT, G_CURSOR);
	pen_str(pen, named ? ROLE_STRONG : ROLE_FG,
		(struct str){v->field.text + v->field.cursor, v->field.len - v->field.cursor});
	if (named)
		pen_text(pen, ROLE_MUTED, "   complete");
	else
		pen_textf(pen, ROLE_MUTED, "   %d of %d letters", typed, utf8_columns(str_c(v->word)));
}

static void draw_value(const struct operate_view *v, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y + r.h - 3, r.x, ROLE_RAISED);

	pen_text(&pen, ROLE_MUTED, v->op->asks);
	pen = pen_at(c, r, r.y + r.h - 2, r.x, ROLE_RAISED);
	pen_text(&pen, ROLE_STRONG, "  ");
	pen_str(&pen, ROLE_STRONG, (struct str){v->field.text, v->field.cursor});
	pen_glyph(&pen, ROLE_ACCENT, G_CURSOR);
	pen_str(&pen, ROLE_STRONG, (struct str){v->field.text + v->field.cursor, v->field.len - v->field.cursor});
}

static const char *word_is(const struct operate_view *v)
{
	static const char *const of_tables[SCOPE__COUNT] = {"the table's name", "the index's name", "the schema's name",
							    "the database's name"};
	static const char *const words[] = {
		[OPERATION_SESSION] = "the session",   [OPERATION_TABLE] = "its name",
		[OPERATION_SERVER] = "where it is",    [OPERATION_PREPARED] = "its name",
		[OPERATION_CLUSTER] = "the name",      [OPERATION_INSTANCE] = "the instance",
		[OPERATION_SNAPSHOT] = "the snapshot", [OPERATION_GROUP] = "the address",
		[OPERATION_RULE] = "the rule",
	};

	if (v->many)
		return "their number";
	if (strcmp(v->op->name, SLOW_LOG_ROLE) == 0 || strcmp(v->op->name, SLOW_LOG_DATABASE) == 0)
		return strcmp(v->op->name, SLOW_LOG_ROLE) == 0 ? "the role" : "the database";
	return v->op->target == OPERATION_TABLE ? of_tables[v->scope] : words[v->op->target];
}

static void key_hint(struct pen *pen, const char *key, const char *does, bool live)
{
	pen_bold(pen, live ? ROLE_STRONG : ROLE_FAINT, key);
	pen_textf(pen, live ? ROLE_MUTED : ROLE_FAINT, " %s    ", does);
}

static void hint_override(const struct operate_view *v, struct pen *pen)
{
	const char *second = strchr(v->offers, ' ');
	char does[80];

	if (!v->offers[0])
		return;
	(void)snprintf(does, sizeof does, "override the %.*s%s%s", (int)strcspn(v->offers, " "), v->offers,
		       second ? " and the " : "", second ? second + 1 : "");
	key_hint(pen, "O", does, true);
}

/* Until the preview is there it is not known to what. */
static void hint_choices(const struct operate_view *v, struct pen *pen)
{
	char keys[16];

	(void)snprintf(keys, sizeof keys, "1-%zu", v->choices < 9 ? v->choices : 9);
	if (v->choices > 0)
		key_hint(pen, keys, "chooses one", true);
}

static void hint_wider(const struct operate_view *v, struct pen *pen)
{
	static const char *const words[SCOPE__COUNT] = {
		[SCOPE_TABLE] = "the table alone", [SCOPE_SCHEMA] = "its schema", [SCOPE_DATABASE] = "the database"};
	enum operation_scope wider;

	if (v->preview && operate_wider(v, &wider))
		key_hint(pen, "Tab", words[wider], true);
}

static void draw_question(const struct operate_view *v, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y + r.h - 1, r.x, ROLE_RAISED);
	bool asks = v->preview && !v->cannot;

	if (v->asking) {
		draw_value(v, c, r);
		key_hint(&pen, "Enter", "shows what it would do", v->field.len > 0);
		key_hint(&pen, "Esc", "back", true);
		return;
	}
	if (!asks) {
		hint_override(v, &pen);
		hint_choices(v, &pen);
		hint_wider(v, &pen);
		key_hint(&pen, "Esc", "back, nothing was changed", true);
		return;
	}
	if (v->tier <= TIER_REVERSIBLE) {
		key_hint(&pen, "y", "yes, run it", true);
		key_hint(&pen, "n", "no", true);
		key_hint(&pen, "Esc", "no", true);
		hint_wider(v, &pen);
		return;
	}
	struct pen above = pen_at(c, r, r.y + r.h - 3, r.x, ROLE_RAISED);
	if (v->named) {
		pen_text(&above, ROLE_CRIT, "destructive: press D to confirm");
	} else {
		pen_text(&above, ROLE_FG, "type ");
		pen_bold(&above, ROLE_STRONG, v->word);
		pen_textf(&above, ROLE_FG, ", %s, to allow it", word_is(v));
	}
	above = pen_at(c, r, r.y + r.h - 2, r.x, ROLE_RAISED);
	draw_field(v, &above);
	if (v->named)
		key_hint(&pen, "D", "do it", true);
	else
		key_hint(&pen, "Enter",
			 v->tier >= TIER_DESTRUCTIVE ? "goes on, once the name is complete"
						     : "runs it, once the name is complete",
			 operate_is_named(v));
	key_hint(&pen, "Esc", "back", true);
	hint_wider(v, &pen);
}

void operate_draw(struct ui *ui, struct canvas *c)
{
	const struct operate_view *v = &ui->operations->view;
	char title[400], remark[120];
	struct rect r;

	(void)snprintf(title, sizeof title, "%s  %s", v->op->title, v->object);
	(void)snprintf(remark, sizeof remark, "%s, tier %d%s%s", operation_tier_word((enum operation_tier)v->tier),
		       v->tier, v->node[0] ? ", " : "", v->node);
	/* once out of sight, to know how many lines it takes */
	int lines = draw_preview(v, c, (struct rect){0, 0, 0, (c->cols < 104 ? c->cols : 104) - 4}, 0);
	r = overlay_box(ui, c, lines + ASK_ROWS + 3, 104, title, remark, tier_role(v->tier));
	struct rect text = {r.y, r.x, r.h - ASK_ROWS, r.w};
	ui->overlay_lines = lines;
	(void)draw_preview(v, c, text, ui->overlay_scroll);
	if (overlay_beyond(ui, c, text))
		(void)draw_preview(v, c, text, ui->overlay_scroll);
	draw_question(v, c, r);
}

/* ---- jobs ---- */

static void draw_state(const struct ui *ui, struct pen *pen, const struct job *j)
{
	struct str phase;
	double share = jobs_progress(ui, j, &phase);
	struct buf b;

	buf_init(&b, 64);
	(void)glyph_duration(&b, (j->ended_us ? j->ended_us : ui->now_us) - j->began_us);
	if (j->ended_us) {
		pen_text(pen, ROLE_FG, j->outcome);
		pen_textf(pen, ROLE_MUTED, "  after %s", buf_c(&b));
		buf_clear(&b);
		if (j->outage_us > 0 && glyph_duration(&b, j->outage_us))
			pen_textf(pen, ROLE_WARN, "  no sample for %s of it", buf_c(&b));
		operate_draw_tail(pen, j);
	} else {
		if (!isnan(share)) {
			pen_bar(pen, BAR_W, share, ROLE_NOTICE);
			pen_textf(pen, ROLE_STRONG, " %3.0f %%", share * 100);
		}
		pen_textf(pen, ROLE_MUTED, "%s%s gone", isnan(share) ? "" : "  ", buf_c(&b));
		if (phase.len > 0)
			pen_textf(pen, ROLE_FG, "  " STR_FMT, STR_ARG(phase));
		operate_draw_tail(pen, j);
		if (j->cancelling)
			pen_textf(pen, ROLE_WARN, "  %s", j->stopped[0] ? j->stopped : "cancelling");
	}
	buf_release(&b);
}

/* Lines of a running job below its bar: how long it will be, what it waits for, that nobody knows. */
static void draw_outlook(const struct ui *ui, struct page *page, const struct job *j)
{
	int64_t left = jobs_left_us(ui, j);
	char whom[300];
	struct buf b;

	if (j->ended_us)
		return;
	buf_init(&b, 64);
	if (left >= 0 && glyph_duration(&b, left)) {
		struct pen pen = page_line(page);

		pen_skip(&pen, 4);
		pen_textf(&pen, ROLE_FG, "about %s left", buf_c(&b));
		pen_text(&pen, ROLE_MUTED, " in this phase, at the pace seen so far");
	}
	buf_clear(&b);
	if (j->waiting_us && glyph_duration(&b, ui->now_us - j->waiting_us)) {
		bool long_since = j->waits_told;
		struct pen pen = page_line(page);

		operate_waits_for_words(ui, j, whom, sizeof whom);
		pen_skip(&pen, 4);
		pen_textf(&pen, long_since ? ROLE_WARN : ROLE_FG, "waits for %s since %s", whom, buf_c(&b));
	}
	buf_release(&b);
	if (j->unknown[0]) {
		struct pen pen = page_line(page);

		pen_skip(&pen, 4);
		pen_boldf(&pen, ROLE_WARN, "unknown");
		pen_textf(&pen, ROLE_WARN, ": %s", j->unknown);
	}
}

static bool is_notice(const struct snapshot *s, size_t i)
{
	return str_eq_c(((const struct operation_row *)snapshot_row(s, i))->kind, "notice");
}

/* The last ones. */
static void draw_notices(struct page *page, const struct job *j, int most)
{
	const struct snapshot *s = j->rows;
	size_t n = s && s->state == SNAP_OK ? s->nrows : 0;
	int left = -most;

	for (size_t i = 0; i < n; i++)
		left += is_notice(s, i);
	for (size_t i = 0; i < n; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (!is_notice(s, i) || left-- > 0)
			continue;
		struct pen pen = page_line(page);
		pen_skip(&pen, 4);
		page_text(page, &pen, 4, row->severity >= OPERATION_WARNING ? ROLE_WARN : ROLE_MUTED, false, row->text);
	}
}

static void draw_job(const struct ui *ui, struct page *page, const struct job *j, bool selected)
{
	struct pen pen = page_line(page);
	enum severity s = j->ended_us ? j->severity : j->unknown[0] ? SEV_UNKNOWN : SEV_NOTICE;

	pen_rune(&pen, ROLE_ACCENT, selected ? glyph(G_SELECTED) : ' ');
	pen_glyph(&pen, severity_role(s), j->ended_us || j->unknown[0] ? severity_glyph(s) : G_PROGRESS);
	pen_textf(&pen, ROLE_MUTED, " %lld  ", (long long)j->number);
	pen_boldf(&pen, ROLE_STRONG, "%s %s", j->op->title, j->object);
	if (j->pid)
		pen_textf(&pen, ROLE_MUTED, "  process %lld", (long long)j->pid);
	pen = page_line(page);
	pen_skip(&pen, 4);
	draw_state(ui, &pen, j);
	draw_outlook(ui, page, j);
	if (selected && job_left(j) > 0) {
		pen = page_line(page);
		pen_skip(&pen, 4);
		key_hint(&pen, "D", "drops the invalid indexes that it has left behind, after a preview", true);
	}
	if (operate_is_left(j)) {
		pen = page_line(page);
		pen_skip(&pen, 4);
		pen_text(&pen, ROLE_WARN, "runs on without a console: a adopts it, X cancels it");
	}
	if (selected)
		draw_notices(page, j, 12);
}

/* Draws them all; *ret_from and *ret_to: lines of the selected one. */
static int draw_jobs(const struct ui *ui, struct canvas *c, struct rect r, int scroll, int *ret_from, int *ret_to)
{
	struct page page = page_of(c, r, scroll, ROLE_RAISED);
	const struct job *j;

	*ret_from = *ret_to = 0;
	for (size_t i = 0; (j = jobs_nth(ui, i)) != NULL; i++) {
		bool selected = ui->operations->selected == i;

		*ret_from = selected ? page.y : *ret_from;
		draw_job(ui, &page, j, selected);
		*ret_to = selected ? page.y : *ret_to;
	}
	return operate_draw_leases(ui, &page);
}

void jobs_draw(struct ui *ui, struct canvas *c)
{
	bool leaving = jobs_leaving(ui);
	struct rect r = overlay_box(ui, c, 36, 120, leaving ? "Leaving" : "Jobs",
				    leaving ? "cancelled, or taken back, before the console ends"
					    : "they go on when you change view; quitting asks",
				    ROLE_ACCENT);
	struct page page = page_of(c, r, 0, ROLE_RAISED);
	int from, to;

	/* once out of sight: the selected one is brought into view, its beginning first */
	ui->overlay_lines = draw_jobs(ui, c, (struct rect){r.y, r.x, 0, r.w}, 0, &from, &to);
	ui->overlay_scroll = to - r.h < from ? to - r.h : from;
	ui->overlay_scroll = ui->overlay_scroll > 0 ? ui->overlay_scroll : 0;
	(void)draw_jobs(ui, c, r, ui->overlay_scroll, &from, &to);
	if (ui->overlay_lines == 0) {
		page_text(&page, NULL, 0, ROLE_STRONG, true, STR("Nothing was run yet"));
		page_text(&page, NULL, 0, ROLE_FG, false,
			  STR("C cancels and K terminates the selected session; V, A and I maintain the selected "
			      "table. Each shows first what it "
			      "would do. What runs, and how it ended, stands here."));
	}
	overlay_more(ui, c, r);
}
