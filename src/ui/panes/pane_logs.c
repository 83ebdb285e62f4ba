/*
 * pane_logs.c: the log as a table, oldest first, newest at the bottom, like tail.
 *
 * While the selection stands on the newest entry it follows: it stays there as entries arrive. Moving
 * up ends that, G takes it up again. `m` chooses what kinds are shown, `d` turns the table into slow
 * statements by shape, and Enter on one of these shows its entries alone.
 *
 * The list is made of up to three sources: the cluster's log or the server's own, and RDS's events. One
 * that is missing says why above the rows of the others.
 */
#include "ui/action.h"
#include "ui/jump.h"
#include "ui/panes/logs_merge.h"
#include "ui/panes/logs_table.h"
#include "ui/panes/panes.h"
#include "ui/plan_view.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>

#define RECENT_US (10 * US_PER_MIN) /* how long a deadlock or a crash marks the tab */

struct state {
	const struct snapshot *logs[2], *events; /* what lines and groups are made of; own references */
	const struct snapshot *lines, *groups;
	size_t counts[LOGS_CLASSES];
	int64_t since_us; /* time of the oldest line; 0 = none has a time */
	bool grouped;
	struct table other; /* the table that is not shown */
	struct logs_files files;
	char *only; /* shape of the statement whose entries are shown alone; NULL = all */
};

/* ---- what is shown ---- */

static struct state *state_of(struct pane *p)
{
	struct state *st = p->state;

	if (!st) {
		p->state = st = xcalloc(1, sizeof *st);
		table_init(&st->other, &logs_groups_table);
	}
	return st;
}

static void swap_tables(struct pane *p, struct state *st)
{
	struct table t = p->table;

	p->table = st->other;
	st->other = t;
	st->grouped = !st->grouped;
}

static bool has_application(const struct snapshot *s)
{
	for (size_t i = 0; s && i < s->nrows; i++)
		if (data_str(s, i, "application").len > 0)
			return true;
	return false;
}

/* A column that would be empty is not there. */
static void choose_columns(struct table *t, const struct snapshot *s)
{
	const struct table_def *def = has_application(s) ? &logs_table_with_app : &logs_table;

	/* all but the entry's text, which is the last */
	size_t shared = logs_table.ncolumns - 1;

	if (t->def == def)
		return;
	t->def = def;
	for (size_t i = shared; i < def->ncolumns; i++)
		t->widths[i] = def->columns[i].min;
	if (t->order_column >= (int)shared)
		t->order_column = -1;
}

static int64_t oldest(const struct snapshot *s)
{
	int64_t since = 0;

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t at = data_i64(s, i, "at", 0);

		if (at != 0 && (since == 0 || at < since))
			since = at;
	}
	return since;
}

/* Makes the lists anew. What the tables and lists of before borrow from is let go last. */
static void rebuild(const struct ui *ui, struct pane *p, struct state *st)
{
	const struct snapshot *old_logs[2] = {st->logs[0], st->logs[1]}, *old_events = st->events;
	const struct snapshot *old_lines = st->lines, *old_groups = st->groups;
	struct table *lines = st->grouped ? &st->other : &p->table, *groups = st->grouped ? &p->table : &st->other;
	const struct store_entry *e = store_entry(ui->store, "logs");

	logs_of(ui, st->logs);
	for (int i = 0; i < 2; i++)
		(void)snapshot_ref(st->logs[i]);
	st->events = snapshot_ref(store_good(ui->store, "events"));
	st->lines = e ? snapshot_publish(logs_merge(e->source->type, st->logs, st->events, str_c(st->only))) : NULL;
	st->groups = logs_group(st->logs);
	logs_count(st->lines, st->counts);
	st->since_us = oldest(st->lines);
	choose_columns(lines, st->lines);
	table_recalc(lines, st->lines, ui->mono_us);
	table_recalc(groups, st->groups, ui->mono_us);
	snapshot_unref(old_lines);
	snapshot_unref(old_groups);
	snapshot_unref(old_events);
	snapshot_unref(old_logs[0]);
	snapshot_unref(old_logs[1]);
}

static bool changed(const struct ui *ui, const struct state *st)
{
	const struct snapshot *logs[2];

	logs_of(ui, logs);
	return !st->lines || logs[0] != st->logs[0] || logs[1] != st->logs[1] ||
	       store_good(ui->store, "events") != st->events;
}

/* Oldest first, as the log is written: only then is the end the newest. */
static bool in_time_order(const struct table *t)
{
	return t->order.field < 0 || (t->order_column == 0 && !t->order.descending);
}

static bool at_end(const struct table *t)
{
	return in_time_order(t) && t->cursor + 1 >= t->n;
}

static void to_end(struct table *t, int64_t mono_us)
{
	int64_t held = t->held_until_mono_us;

	if (t->n == 0)
		return;
	table_move_to(t, t->n - 1, mono_us);
	t->held_until_mono_us = held;
}

static void recalc(struct ui *ui, struct pane *p)
{
	struct state *st = state_of(p);
	struct table *lines = st->grouped ? &st->other : &p->table;
	bool follow = at_end(lines);

	logs_files_look(ui, &st->files);
	if (changed(ui, st))
		rebuild(ui, p, st);
	else
		table_recalc(&p->table, st->grouped ? st->groups : st->lines, ui->mono_us);
	if (follow)
		to_end(lines, ui->mono_us);
}

static void close_pane(struct pane *p)
{
	struct state *st = p->state;

	if (!st)
		return;
	table_release(&st->other);
	snapshot_unref(st->lines);
	snapshot_unref(st->groups);
	snapshot_unref(st->events);
	snapshot_unref(st->logs[0]);
	snapshot_unref(st->logs[1]);
	xfree(st->only);
	xfree(st);
}

/* ---- title ---- */

/* The worst thing of the last minutes. */
static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *logs[2];
	enum severity worst = SEV_NONE;

	(void)p;
	logs_of(ui, logs);
	for (int k = 0; k < 2; k++)
		for (size_t i = logs[k] ? logs[k]->nrows : 0; i-- > 0;) {
			if (data_i64(logs[k], i, "at", 0) < ui->now_us - RECENT_US)
				break;
			if (str_eq_c(data_str(logs[k], i, "severity"), "PANIC"))
				return SEV_CRIT;
			if (str_eq_c(data_str(logs[k], i, "kind"), "deadlock"))
				worst = SEV_WARN;
		}
	return worst;
}

static void fact(struct pen *pen, const char *word, size_t n, enum severity s)
{
	if (n == 0)
		return;
	pen_textf(pen, ROLE_MUTED, "%s ", word);
	pen_textf(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, "%zu", n);
	if (s >= SEV_WARN) {
		pen_skip(pen, 1);
		pen_glyph(pen, severity_role(s), severity_glyph(s));
	}
	pen_separator(pen);
}

static bool following(const struct pane *p)
{
	return in_time_order(&p->table) && p->table.cursor + 1 >= p->table.n;
}

static void limit(struct pen *pen, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void limit(struct pen *pen, const char *fmt, ...)
{
	char text[80];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pen_bold(pen, ROLE_ACCENT, text);
	pen_separator(pen);
}

/* What is not shown: first, because it explains what is. */
static void say_limits(const struct pane *p, const struct state *st, struct pen *pen)
{
	if (p->table.mode != LOGS_ALL)
		limit(pen, "only %s", logs_modes[p->table.mode]);
	if (st->only)
		limit(pen, "one statement, Esc all");
	table_filter_fact(&p->table, pen);
	if (in_time_order(&p->table) && p->table.n > 0 && !following(p))
		limit(pen, "%zu below, G follows", p->table.n - 1 - p->table.cursor);
}

static void say_span(const struct ui *ui, const struct pane *p, const struct state *st, struct pen *pen)
{
	struct buf b;

	if (p->table.n > 0 && following(p))
		pen_text(pen, ROLE_MUTED, "following");
	if (st->since_us == 0)
		return;
	if (p->table.n > 0 && following(p))
		pen_separator(pen);
	buf_init(&b, 64);
	logs_clock(&b, st->since_us, ui->now_us);
	pen_textf(pen, ROLE_MUTED, "since %s", buf_c(&b));
	buf_release(&b);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	static const char *const words[LOGS_CLASSES] = {"slow", "errors", "locks", "maintenance", "events"};
	const struct state *st = p->state;

	if (!st || !st->lines)
		return;
	if (st->grouped) {
		pen_textf(pen, ROLE_FG, "%zu", p->table.total);
		pen_text(pen, ROLE_MUTED, " slow statements by shape, ");
		pen_textf(pen, ROLE_FG, "%zu", st->counts[0]);
		pen_text(pen, ROLE_MUTED, " entries");
		return;
	}
	say_limits(p, st, pen);
	for (size_t i = 0; i < LOGS_CLASSES; i++)
		fact(pen, words[i], st->counts[i], i == 1 ? severity(ui, p) : SEV_NONE);
	say_span(ui, p, st, pen);
}

/* ---- drawing ---- */

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct state *st = p->state;
	int used = st ? logs_draw_missing(ui, p, &st->files, c, r) : 0;

	if (used > 0 && p->table.total == 0) {
		bool asked = store_good(ui->store, "events") != NULL;

		canvas_text_c(c, rect_inset(r, 0, 1), r.y + used + 1, r.x + 1,
			      asked ? "RDS tells of no event in this range" : "", STYLE(ROLE_MUTED, ROLE_BG, 0));
		return;
	}
	pane_table_draw(ui, p, c, (struct rect){r.y + used, r.x, r.h - used, r.w});
}

static int detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	long row = table_selected_row(&p->table);
	int y = r.y - scroll;

	if (!p->table.snap || row < 0)
		return 0;
	(void)ui;
	y = logs_draw_texts(p->table.snap, (size_t)row, c, r, y, ROLE_RAISED);
	y = logs_draw_fields(p->table.snap, (size_t)row, c, r, y + 1);
	return y - (r.y - scroll);
}

/* ---- keys ---- */

/* The statement of the selected group alone; NULL = all again. */
static int show_only(struct ui *ui, struct pane *p, struct str shape)
{
	struct state *st = state_of(p);

	xfree(st->only);
	st->only = shape.len > 0 ? xstrndup(shape.ptr, shape.len) : NULL;
	if (st->grouped)
		swap_tables(p, st);
	p->table.mode = LOGS_ALL;
	rebuild(ui, p, st);
	to_end(&p->table, ui->mono_us);
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int go_back(struct ui *ui, struct pane *p)
{
	struct state *st = state_of(p);

	for (size_t i = 0; i < TOASTS_MAX; i++)
		if (ui->toasts[i].until_mono_us == INT64_MAX)
			return -1;
	if (p->table.filter_text[0])
		return -1;
	if (st->only) {
		(void)show_only(ui, p, STR(""));
		swap_tables(p, st);
		return EFFECT_RECALC | EFFECT_PAINT;
	}
	if (!st->grouped)
		return -1;
	swap_tables(p, st);
	return EFFECT_RECALC | EFFECT_PAINT;
}

/* Is the process of the entry another session by now? Of an idle one, which is not sampled, that is not known. */
static bool is_another_session(const struct ui *ui, int64_t pid, struct str node, int64_t at)
{
	const struct snapshot *s = store_good(ui->store, "node_sessions");

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str of = data_str(s, i, "node");

		if (data_i64(s, i, "pid", -1) == pid && (of.len == 0 || node.len == 0 || str_eq(of, node)))
			return data_i64(s, i, "backend_start_at", 0) > at + US_PER_S;
	}
	return false;
}

/* To the session that wrote the entry if it is at work, to its statement, or to where the session would be. */
static int show_origin(struct ui *ui, struct pane *p)
{
	const struct snapshot *s = p->table.snap;
	long row = table_selected_row(&p->table);
	int64_t pid = data_i64(s, row < 0 ? SIZE_MAX : (size_t)row, "pid", -1);
	struct str node = row < 0 ? STR("") : data_str(s, (size_t)row, "node");
	int effects;

	if (!s || row < 0)
		return EFFECT_NONE;
	if (pid >= 0 && !is_another_session(ui, pid, node, data_i64(s, (size_t)row, "at", 0)))
		return jump_to_pid(ui, pid, node);
	effects = jump_to_statement(ui, data_i64(s, (size_t)row, "query_id", 0), data_str(s, (size_t)row, "shape"));
	if (effects >= 0)
		return effects;
	if (state_of(p)->grouped)
		ui_toast(ui, SEV_NOTICE, "pg_stat_statements has no such statement now");
	else if (pid >= 0)
		ui_toast(ui, SEV_NOTICE, "that session has ended; %lld is another one now", (long long)pid);
	else
		ui_toast(ui, SEV_NOTICE, "no session stands behind this row");
	return EFFECT_PAINT;
}

static int act(struct ui *ui, struct pane *p, int action)
{
	struct state *st = state_of(p);
	long row = table_selected_row(&p->table);

	switch (action) {
	case ACTION_GROUP:
		if (st->only)
			(void)show_only(ui, p, STR(""));
		swap_tables(p, st);
		return EFFECT_RECALC | EFFECT_PAINT;
	case ACTION_DETAIL:
		if (!st->grouped || row < 0)
			return -1;
		return show_only(ui, p, data_str(p->table.snap, (size_t)row, "shape"));
	case ACTION_BACK:
		return go_back(ui, p);
	case ACTION_ORIGIN:
		return show_origin(ui, p);
	case ACTION_LOG_FILES:
		return logs_files_offered(ui) ? logs_files_ask(ui, &st->files) : EFFECT_NONE;
	default:
		return -1;
	}
}

static bool offers(const struct ui *ui, const struct pane *p, int action)
{
	switch (action) {
	case ACTION_GROUP:
		return true;
	case ACTION_ORIGIN:
		return table_selected_row(&p->table) >= 0;
	case ACTION_LOG_FILES:
		return logs_files_offered(ui);
	default:
		return false;
	}
}

static bool explain(const struct ui *ui, const struct pane *p, struct explain_request *ret)
{
	const struct snapshot *s = p->table.snap;
	long row = table_selected_row(&p->table);

	(void)ui;
	if (!s || row < 0 || ((const struct state *)p->state)->grouped)
		return false;
	ret->database = data_str(s, (size_t)row, "database");
	ret->role = data_str(s, (size_t)row, "user");
	ret->text = data_str(s, (size_t)row, "statement");
	ret->whole = true;
	(void)snprintf(ret->about, sizeof ret->about, "%s",
		       ret->text.len > 0 ? "a statement of the log" : "this line holds no statement");
	return ret->text.len > 0;
}

static const struct pane_ops ops = {
	.follows_selection = true, /* its title counts what is below the selection */
	.recalc = recalc,
	.summary = summary,
	.draw = draw,
	.severity = severity,
	.act = act,
	.offers = offers,
	.explain = explain,
	.detail = detail,
	.close = close_pane,
};

const struct pane_def pane_logs = {
	.name = "logs",
	.title = "Logs",
	.help = "The PostgreSQL log and RDS events, newest at the bottom.",
	.digit = '9',
	.sources = "logs server_log events log_files node_sessions",
	.any_source = true,
	.table = &logs_table,
	.ops = &ops,
};
