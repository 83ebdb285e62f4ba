/*
 * chrome.c: identity bar, tabs, footer and the bar of graph ranges.
 *
 * Each bar drops its least important words first when it gets narrow; what is known
 * only from AWS is left out when AWS is not in use, never drawn as a gap.
 */
#include "ui/ui.h"

#include "base/utf8.h"
#include "base/zone.h"
#include "ui/action.h"
#include "ui/action_lane.h"
#include "ui/doctor_view.h"
#include "ui/identity_view.h"
#include "ui/operate.h"

#include <math.h>
#include <stdio.h>

#define FOOTER_WIDE 100 /* columns from which both keys of a session name it */

/* The source that stands for one half of what is known; NULL while that half answers. */
static const struct store_entry *failing_half(const struct ui *ui, const char *source)
{
	const struct store_entry *e = store_entry(ui->store, source);

	return e && e->latest && e->latest->state == SNAP_ERROR ? e : NULL;
}

/* "database: refused, again in 8 s", as much of it as fits into w columns. */
static void draw_half(const struct ui *ui, const struct store_entry *e, const char *const names[2], struct pen *pen,
		      int w)
{
	const char *word = err_word(e->latest->err.code);
	int64_t left = e->next_mono_us - ui->mono_us;
	bool waits = left > 0 && !e->fetch_since_mono_us && !ui->paused_at_us;
	char text[4][96];
	enum role role;
	enum glyph sign = badge_sign(e, &role);

	(void)snprintf(text[0], sizeof text[0], "%s: %.40s, again in %d s", names[0], word,
		       (int)((left + US_PER_S - 1) / US_PER_S));
	(void)snprintf(text[1], sizeof text[1], "%s: %.40s", names[0], word);
	(void)snprintf(text[2], sizeof text[2], "%s: %.40s", names[1], word);
	(void)snprintf(text[3], sizeof text[3], "%.40s", word);
	for (size_t i = waits ? 0 : 1; i < ARRAY_LEN(text); i++) {
		if ((int)strlen(text[i]) + 4 > w)
			continue;
		pen_skip(pen, 2);
		pen_glyph(pen, role, sign);
		pen_textf(pen, ROLE_FG, " %s", text[i]);
		return;
	}
}

/* The database was never reached because AWS could not say where it is: that is no failure of the database. */
static bool is_blamed(const struct ui *ui, const struct store_entry *db, const char *source)
{
	const struct store_entry *e = failing_half(ui, source);

	return e && !runtime_target(ui->rt)->conninfo[0] && e->latest->err.code == db->latest->err.code;
}

static void draw_halves(const struct ui *ui, struct pen *pen)
{
	static const char *const aws_names[] = {"AWS", "AWS"}, *const db_names[] = {"database", "DB"};
	const struct store_entry *aws = failing_half(ui, "clusters"), *db = failing_half(ui, "sessions");

	if (db && !db->good && (is_blamed(ui, db, "clusters") || is_blamed(ui, db, "instances")))
		db = NULL;
	if (aws && db) {
		int half = pen_left(pen) / 2;

		/* Even shares, unless one could then say nothing at all. */
		if (half < (int)strlen(err_word(aws->latest->err.code)) + 4)
			half = pen_left(pen) - (int)strlen(err_word(db->latest->err.code)) - 8;
		draw_half(ui, aws, aws_names, pen, half);
	} else if (aws) {
		draw_half(ui, aws, aws_names, pen, pen_left(pen));
	}
	if (db)
		draw_half(ui, db, db_names, pen, pen_left(pen));
}

static void draw_status(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *clusters = store_good(ui->store, "clusters");
	struct str status = data_str(clusters, 0, "status");
	bool available = str_eq_c(status, "available"), stopped = str_starts(status, STR("stop"));

	if (status.len == 0 || !runtime_target(ui->rt)->cluster[0] || failing_half(ui, "clusters"))
		return;
	pen_skip(pen, 2);
	pen_glyph(pen,
		  available ? ROLE_OK
		  : stopped ? ROLE_MUTED
			    : ROLE_NOTICE,
		  available ? G_AVAILABLE
		  : stopped ? G_IDLE_STEP
			    : G_PROGRESS);
	pen_skip(pen, 1);
	pen_str(pen, ROLE_FG, status);
}

static void draw_name(const struct ui *ui, struct pen *pen)
{
	const struct target *t = runtime_target(ui->rt);
	const struct snapshot *activity = store_good(ui->store, "activity");
	struct str db = data_str(activity, 0, "database"), user = data_str(activity, 0, "user");
	bool failing = failing_half(ui, "clusters") || failing_half(ui, "sessions");

	if (t->cluster[0]) {
		pen_bold(pen, ROLE_STRONG, t->cluster);
	} else if (db.len > 0) {
		pen_boldf(pen, ROLE_STRONG, STR_FMT, STR_ARG(db));
		pen_textf(pen, ROLE_MUTED, " as " STR_FMT, STR_ARG(user));
	} else if (t->aws || !failing_half(ui, "sessions")) {
		pen_text(pen, ROLE_MUTED, t->aws ? "no cluster chosen" : "connecting");
	}
	if (t->aws && t->region[0] && pen_left(pen) > (failing ? 60 : 30))
		pen_textf(pen, ROLE_MUTED, "  %s", t->region);
}

/* A pooler stands between: sessions seen are the server's, but ours are somebody else's. */
static void draw_pooler(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *activity = store_good(ui->store, "activity");

	if (data_i64(activity, 0, "via_pooler", 0) == 0 || pen_left(pen) < 18)
		return;
	pen_skip(pen, 2);
	pen_glyph(pen, ROLE_NOTICE, G_NOTICE);
	pen_text(pen, ROLE_NOTICE, data_i64(activity, 0, "via_proxy", 0) ? " via RDS Proxy" : " via pooler");
}

static void draw_engine(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *clusters = store_good(ui->store, "clusters"),
			      *instances = store_good(ui->store, "instances");
	const struct snapshot *activity = store_good(ui->store, "activity");
	struct str version = data_str(clusters, 0, "engine_version"), server = data_str(activity, 0, "server_version");
	long writer = data_find(instances, "role", STR("writer"));

	if (failing_half(ui, "clusters"))
		return;
	if (runtime_target(ui->rt)->cluster[0] && version.len > 0) {
		if (pen_left(pen) < (int)version.len + 5)
			return;
		pen_skip(pen, 2);
		if (pen_left(pen) > 70)
			pen_textf(pen, ROLE_MUTED, STR_FMT " ", STR_ARG(data_str(clusters, 0, "engine")));
		else
			pen_text(pen, ROLE_MUTED, "pg ");
		pen_str(pen, ROLE_FG, version);
	} else if (server.len > 0) {
		pen_textf(pen, ROLE_MUTED, "   PostgreSQL ");
		pen_str(pen, ROLE_FG, server);
	}
	if (writer >= 0 && runtime_target(ui->rt)->cluster[0] && pen_left(pen) > 50) {
		pen_text(pen, ROLE_MUTED, "   writer ");
		pen_str(pen, ROLE_FG, data_str(instances, (size_t)writer, "identifier"));
		if (instances->nrows > 1)
			pen_textf(pen, ROLE_MUTED, "   readers ");
		if (instances->nrows > 1)
			pen_textf(pen, ROLE_FG, "%zu", instances->nrows - 1);
	}
}

/* Worst state over all demanded sources: live, degraded, paused. A file of this host is no sign of life. */
static void draw_live(const struct ui *ui, struct pen *pen)
{
	bool failing = false, any = false;

	for (size_t i = 0; i < ui->store->n; i++) {
		const struct store_entry *e = &ui->store->entries[i];

		if ((e->source->flags & SOURCE_LOCAL) || e->source->derive)
			continue;
		/* what is only kept ready has its own word (lane_word) */
		failing |= e->latest && e->latest->state == SNAP_ERROR && !(e->source->flags & SOURCE_STANDING);
		any |= e->good != NULL;
	}
	if (ui->paused_at_us) {
		pen_glyph(pen, ROLE_NOTICE, G_PAUSED);
		pen_text(pen, ROLE_NOTICE, " paused");
	} else if (failing) {
		pen_glyph(pen, ROLE_WARN, G_WARN);
		pen_text(pen, ROLE_WARN, any ? " degraded" : " no data");
	} else if (!any) {
		pen_glyph(pen, ROLE_NOTICE, G_PROGRESS);
		pen_text(pen, ROLE_NOTICE, " connecting");
	} else {
		pen_glyph(pen, ROLE_OK, G_AVAILABLE);
		pen_text(pen, ROLE_FG, " live");
	}
}

static void draw_identity(const struct ui *ui, struct canvas *c, int y)
{
	struct rect r = {y, 0, 1, c->cols};
	char zone[ZONE_TEXT_MAX];
	/* the clock is longer by what stands there instead of Z */
	int right = c->cols - (c->cols >= 60 ? 23 + (int)strlen(zone_suffix(ui->now_us, zone)) : 14);
	struct pen pen = pen_at(c, (struct rect){y, 0, 1, right - 1}, y, 1, ROLE_BAR), end;
	struct buf clock;

	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_BAR, 0));
	if (c->cols >= 60) {
		pen_bold(&pen, ROLE_ACCENT, "auroratop");
		pen_skip(&pen, c->cols >= 120 ? 4 : 2);
	}
	draw_name(ui, &pen);
	draw_status(ui, &pen);
	draw_halves(ui, &pen);
	draw_pooler(ui, &pen);
	draw_engine(ui, &pen);
	end = pen_at(c, r, y, right, ROLE_BAR);
	if (c->cols >= 60) {
		buf_init(&clock, 32);
		(void)format_clock(&clock, ui->paused_at_us ? ui->paused_at_us : ui->now_us, ui->now_us);
		pen_str(&end, ROLE_FG, buf_str(&clock));
		buf_release(&clock);
		pen_skip(&end, 2);
	}
	draw_live(ui, &end);
}

/* Columns that all tabs take with their whole titles, each with a verdict's glyph. */
static int tabs_width(const struct ui *ui)
{
	int w = 1;

	for (size_t i = 0; i < ui->nviews; i++)
		if (ui->views[i].def->digit || i == ui->view)
			w += utf8_columns(str_c(ui->views[i].def->title)) + 6;
	return w;
}

/* "jobs 2  54 %": of the newest that has a measure. */
static void draw_jobs(const struct ui *ui, struct canvas *c, struct rect r, int from)
{
	size_t running = jobs_running(ui);
	double share = (double)NAN;
	const struct job *j;
	struct str phase;
	char text[40];
	int n;

	for (size_t i = 0; running > 0 && isnan(share) && (j = jobs_nth(ui, i)) != NULL; i++)
		share = j->ended_us ? share : jobs_progress(ui, j, &phase);
	if (running == 0)
		return;
	n = isnan(share) ? snprintf(text, sizeof text, "jobs %zu", running)
			 : snprintf(text, sizeof text, "jobs %zu  %.0f %%", running, share * 100);
	/* left of "? help"; where there is no room, over the last tab: that something runs must be seen */
	int x = c->cols - 11 - n > from ? c->cols - 11 - n : c->cols - 1 - n;
	canvas_fill(c, rect_intersect(r, (struct rect){r.y, x - 1, 1, n + 2}), STYLE(ROLE_FG, ROLE_BG, 0));
	canvas_text_c(c, r, r.y, x, text, STYLE(ROLE_NOTICE, ROLE_BG, 0));
}

static void draw_tabs(struct ui *ui, struct canvas *c, int y)
{
	struct rect r = {y, 0, 1, c->cols};
	struct pen pen = pen_at(c, r, y, 1, ROLE_BG);
	bool full = c->cols >= tabs_width(ui);

	for (size_t i = 0; i < ui->nviews; i++) {
		struct view *v = &ui->views[i];
		enum severity s = view_severity(ui, i);
		bool current = i == ui->view;

		v->tab_w = 0;
		if (!v->def->digit && !current)
			continue;
		v->tab_x = pen.x;
		pen.bg = current ? ROLE_SELBG : ROLE_BG;
		pen_skip(&pen, 1);
		if (v->def->digit)
			pen_textf(&pen, current ? ROLE_ACCENT : ROLE_MUTED, "%c ", v->def->digit);
		if (current)
			pen_bold(&pen, ROLE_STRONG, full ? v->def->title : v->def->short_title);
		else
			pen_text(&pen, ROLE_FG, full ? v->def->title : v->def->short_title);
		if (s >= SEV_UNKNOWN) {
			if (full)
				pen_skip(&pen, 1);
			pen_glyph(&pen, severity_role(s), severity_glyph(s));
		}
		if (full || current)
			pen_skip(&pen, 1);
		pen.bg = ROLE_BG;
		v->tab_w = pen.x - v->tab_x;
	}
	if (c->cols - pen.x > 10)
		canvas_text_c(c, r, y, c->cols - 8, "? help", STYLE(ROLE_MUTED, ROLE_BG, 0));
	draw_jobs(ui, c, r, pen.x);
}

static const char *range_names[] = {"1h", "3h", "12h", "1d", "7d"};
static const int64_t range_us[] = {US_PER_HOUR, 3 * US_PER_HOUR, 12 * US_PER_HOUR, US_PER_DAY, 7 * US_PER_DAY};

static void draw_ranges(const struct ui *ui, struct canvas *c, int y)
{
	const struct target *t = runtime_target(ui->rt);
	const struct snapshot *metrics = store_good(ui->store, "metrics");
	struct pen pen = pen_at(c, (struct rect){y, 0, 1, c->cols}, y, 2, ROLE_BG);

	for (size_t i = 0; i < ARRAY_LEN(range_us); i++) {
		bool chosen = t->range_us == range_us[i];

		pen.bg = chosen ? ROLE_SELBG : ROLE_BG;
		if (chosen)
			pen_boldf(&pen, ROLE_STRONG, " %s ", range_names[i]);
		else
			pen_textf(&pen, ROLE_MUTED, " %s ", range_names[i]);
		pen.bg = ROLE_BG;
	}
	if (ui->views[ui->view].def->digit == '9') {
		pen_text(&pen, ROLE_MUTED, "   back from now, as far as the newest 5 000 lines reach");
		return;
	}
	pen_text(&pen, ROLE_MUTED, "   from CloudWatch");
	for (size_t i = 0; metrics && i < metrics->series.n; i++)
		if (metrics->series.items[i].n > 0 && metrics->series.items[i].part == SERIES_SHOWN) {
			const struct series *s = &metrics->series.items[i];
			struct buf b;

			buf_init(&b, 64);
			(void)format_duration(&b, s->period_us);
			(void)buf_add_c(&b, " a point, newest ");
			(void)format_clock(&b, s->at[s->n - 1], ui->now_us);
			pen_textf(&pen, ROLE_MUTED, ", %s", buf_c(&b));
			buf_release(&b);
			break;
		}
}

/* Actions for the footer, in order of use; those without something to act on are left out. */
static const enum action_id footer_actions[] = {
	ACTION_FILTER,    ACTION_SORT,       ACTION_DETAIL,    ACTION_ACKNOWLEDGE, ACTION_SNOOZE,      ACTION_CANCEL,
	ACTION_TERMINATE, ACTION_EXPLAIN,    ACTION_VACUUM,    ACTION_ANALYZE,     ACTION_REINDEX,     ACTION_MENU,
	ACTION_ROOT,      ACTION_FOLD,       ACTION_MODE,      ACTION_GROUP,       ACTION_ORIGIN,      ACTION_LOG_LINES,
	ACTION_LOG_FILES, ACTION_RANGE_NEXT, ACTION_NEXT_PANE, ACTION_PALETTE,     ACTION_CURSOR_LEFT, ACTION_COMPARE,
	ACTION_ZOOM,      ACTION_TAG,        ACTION_COPY,      ACTION_COLS_RIGHT,  ACTION_PAUSE,       ACTION_QUIT,
};
/* In a detail or a plan. */
static const enum action_id overlay_actions[] = {ACTION_BACK, ACTION_DOWN, ACTION_UP, ACTION_EXPLAIN, ACTION_COPY};

/* A key may do in one pane what another name says better. */
static const char *name_of(const struct ui *ui, enum action_id id)
{
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;
	const char *name = p && p->def->ops->calls ? p->def->ops->calls(p, (int)id) : NULL;

	return name ? name : actions[id].name;
}

/* Whom the key would hit: the process, or how many are tagged. */
static const char *footer_name(const struct ui *ui, enum action_id id, char *out, size_t size)
{
	char whom[32];

	/* where room is short, once for both keys */
	if (!operate_aim(ui, (int)id, whom) || (id == ACTION_TERMINATE && ui->canvas.cols < FOOTER_WIDE))
		return name_of(ui, id);
	(void)snprintf(out, size, "%s %s", name_of(ui, id), whom);
	return out;
}

static int hint(const struct ui *ui, struct pen *pen, enum action_id id)
{
	char key[16], name[80];

	(void)action_key_name(id, key, sizeof key);
	pen_bold(pen, ROLE_STRONG, key);
	pen_textf(pen, ROLE_MUTED, " %s", footer_name(ui, id, name, sizeof name));
	pen_skip(pen, 2);
	return pen->x;
}

static int own_cost(const struct ui *ui, struct canvas *c, int y)
{
	const struct snapshot *activity = store_good(ui->store, "activity");
	int64_t us = data_i64(activity, 0, "sample_us", -1);
	struct buf b;
	int w;

	if (us < 0 || c->cols < 100)
		return c->cols;
	buf_init(&b, 64);
	(void)buf_add_c(&b, "own ");
	(void)glyph_duration(&b, us);
	(void)buf_add_c(&b, " a sample");
	w = utf8_columns(buf_str(&b)) + 1;
	canvas_text(c, (struct rect){y, 0, 1, c->cols}, y, c->cols - w, buf_str(&b), STYLE(ROLE_MUTED, ROLE_BAR, 0));
	buf_release(&b);
	return c->cols - w - 1;
}

/* Quietly: nothing is lost yet, what would run on it opens a connection of its own. */
static int lane_word(const struct ui *ui, struct canvas *c, int y, int end)
{
	static const char word[] = "action lane down";
	int x = end - (int)sizeof word;

	if (!action_lane_is_down(ui) || x < 1)
		return end;
	canvas_text_c(c, (struct rect){y, 0, 1, c->cols}, y, x, word, STYLE(ROLE_NOTICE, ROLE_BAR, 0));
	return x - 1;
}

/* Until somebody takes it back. */
static int left_word(const struct ui *ui, struct canvas *c, int y, int end)
{
	size_t n = leases_left(ui);
	char text[40];
	int w;

	if (n == 0)
		return end;
	if (n == 1)
		w = snprintf(text, sizeof text, "%s", c->cols < 60 ? "lease left" : "lease left behind, :jobs");
	else
		w = snprintf(text, sizeof text, "%zu leases left%s", n, c->cols < 60 ? "" : " behind, :jobs");
	if (end - w - 1 < 1)
		return end;
	canvas_text_c(c, (struct rect){y, 0, 1, c->cols}, y, end - w - 1, text, STYLE(ROLE_WARN, ROLE_BAR, 0));
	return end - w - 2;
}

static void draw_prompt(const struct ui *ui, struct canvas *c, int y)
{
	struct pen pen = pen_at(c, (struct rect){y, 0, 1, c->cols}, y, 1, ROLE_BAR);
	const struct view *v = &ui->views[ui->view];
	const struct table *t = &v->panes[v->focus].table;

	if (ui->prompt.sign == DOCTOR_PROMPT)
		pen_bold(&pen, ROLE_ACCENT, "address ");
	else
		pen_boldf(&pen, ROLE_ACCENT, "%c ", ui->prompt.sign);
	pen_str(&pen, ROLE_STRONG, (struct str){ui->prompt.text, ui->prompt.cursor});
	pen_glyph(&pen, ROLE_ACCENT, G_CURSOR);
	pen_str(&pen, ROLE_STRONG,
		(struct str){ui->prompt.text + ui->prompt.cursor, ui->prompt.len - ui->prompt.cursor});
	pen_skip(&pen, 3);
	if (ui->prompt.sign == DOCTOR_PROMPT) {
		pen_text(&pen, ROLE_MUTED, "IPv4 or IPv6, nothing: this host's   Enter check  Esc leave");
	} else if (t->filter_err.code != ERR_NONE) {
		pen_glyph(&pen, ROLE_WARN, G_WARN);
		pen_textf(&pen, ROLE_WARN, " %s", t->filter_err.text);
	} else {
		pen_textf(&pen, ROLE_MUTED, "%zu of %zu   user:app  >10s  !idle  a|b   Enter keep  Esc clear", t->n,
			  t->total);
	}
}

/* Where letters are typed: the few keys that are none. False: nothing is typed. */
static bool draw_typing_footer(const struct ui *ui, struct pen *pen)
{
	bool palette = ui->overlay == OVERLAY_PALETTE, code = identity_types(ui);

	if (!palette && !code && ui->overlay != OVERLAY_OPERATE)
		return false;
	(void)hint(ui, pen, ACTION_BACK);
	if (palette || code) {
		pen_bold(pen, ROLE_STRONG, "Enter");
		pen_text(pen, ROLE_MUTED, palette ? " run  " : " send  ");
	}
	if (!code) {
		pen_bold(pen, ROLE_STRONG, "Up Down");
		pen_text(pen, ROLE_MUTED, palette ? " choose" : " scroll");
	}
	return true;
}

/* What the overlay on top takes. */
static void draw_overlay_footer(const struct ui *ui, struct pen *pen, int end)
{
	bool applies = ui->overlay == OVERLAY_PLAN || action_applies(ui, ACTION_EXPLAIN);
	bool reads = ui->overlay == OVERLAY_HELP || ui->overlay == OVERLAY_DIAG || ui->overlay == OVERLAY_JOBS;

	if (ui->overlay == OVERLAY_IDENTITY && !identity_types(ui)) {
		(void)hint(ui, pen, ACTION_BACK);
		(void)hint(ui, pen, ACTION_COPY);
		(void)hint(ui, pen, ACTION_REFRESH);
		return;
	}
	if (jobs_leaving(ui)) {
		pen_text(pen, ROLE_MUTED, "what does not end in time stays noted, and the next start offers it");
		return;
	}
	if (draw_typing_footer(ui, pen))
		return;
	if (ui->overlay == OVERLAY_JOBS)
		(void)hint(ui, pen, ACTION_CANCEL_JOB);

	/* the last two are about a row */
	for (size_t i = 0; i < ARRAY_LEN(overlay_actions) - (reads ? 2 : 0); i++) {
		enum action_id id = overlay_actions[i];
		int w = utf8_columns(str_c(actions[id].name)) + 6;

		if (pen->x + w < end && (id != ACTION_EXPLAIN || applies))
			(void)hint(ui, pen, id);
	}
}

static void draw_footer(const struct ui *ui, struct canvas *c, int y)
{
	struct rect r = {y, 0, 1, c->cols};
	struct pen pen;
	int end;

	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_BAR, 0));
	if (ui->prompt.open && ui->prompt.sign != ':') {
		draw_prompt(ui, c, y);
		return;
	}
	end = left_word(ui, c, y, lane_word(ui, c, y, own_cost(ui, c, y)));
	pen = pen_at(c, r, y, 1, ROLE_BAR);
	if (ui->overlay != OVERLAY_NONE) {
		draw_overlay_footer(ui, &pen, end);
		return;
	}
	(void)hint(ui, &pen, ACTION_HELP);
	for (size_t i = 0; i < ARRAY_LEN(footer_actions); i++) {
		char key[16], name[80];
		int w = utf8_columns(str_c(action_key_name(footer_actions[i], key, sizeof key))) +
			utf8_columns(str_c(footer_name(ui, footer_actions[i], name, sizeof name))) + 1;

		if (pen.x + w >= end || !action_applies(ui, footer_actions[i]) ||
		    (actions[footer_actions[i]].group == GROUP_CHANGE && !operate_has_target(ui, footer_actions[i])))
			continue;
		(void)hint(ui, &pen, footer_actions[i]);
	}
}

void chrome_draw(struct ui *ui, struct canvas *c)
{
	const struct chrome_rows *r = &ui->chrome;

	if (r->identity >= 0)
		draw_identity(ui, c, r->identity);
	if (r->tabs >= 0)
		draw_tabs(ui, c, r->tabs);
	if (r->vitals >= 0)
		vitals_draw(ui, c);
	if (ui->views[ui->view].range_bar && r->body.h > 8 && r->footer >= 0)
		draw_ranges(ui, c, r->body.y);
	if (r->footer >= 0)
		draw_footer(ui, c, r->footer);
	else if (ui->prompt.open && ui->prompt.sign != ':')
		draw_prompt(ui, c, c->rows - 1);
}
