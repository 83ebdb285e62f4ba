/*
 * pane_activity.c: sessions, the table an incident starts with.
 *
 * Rows come from the sampler's one scan. Idle sessions are only fetched while the mode
 * `all` asks for them. Colour marks a wait by its class, a transaction that is open longer than the
 * limit, and who blocks whom; everything else stays quiet.
 */
#include "ui/limits.h"
#include "ui/panes/panes.h"
#include "ui/plan_view.h"
#include "ui/session_detail.h"

#include "base/utf8.h"

#include <stdio.h>

enum mode { MODE_ACTIVE, MODE_RUNNING, MODE_WAITING, MODE_BLOCKING, MODE_IDLE_XACT, MODE_ALL };
static const char *const mode_names[] = {"active", "running", "waiting", "blocking", "idle in xact", "all", NULL};

static bool show(const struct snapshot *s, size_t row, int mode)
{
	struct str state = data_str(s, row, "state");

	switch ((enum mode)mode) {
	case MODE_ACTIVE:
		return !str_eq_c(state, "idle");
	case MODE_RUNNING:
		return str_eq_c(state, "running");
	case MODE_WAITING:
		return str_eq_c(state, "waiting");
	case MODE_BLOCKING:
		return data_i64(s, row, "blocks", 0) > 0;
	case MODE_IDLE_XACT:
		return str_starts(state, STR("idle in"));
	case MODE_ALL:
		return true;
	}
	return true;
}

static bool cell_state(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str state = data_str(cc->snap, cc->row, "state");
	bool in_xact = str_starts(state, STR("idle in"));
	enum role role = str_eq_c(state, "running") || str_eq_c(state, "idle") ? ROLE_MUTED : ROLE_FG;

	if (in_xact) {
		role = limits_xact(data_i64(cc->snap, cc->row, "xact_us", 0)) >= SEV_WARN ? ROLE_WARN : ROLE_FG;
		state = str_ends(state, STR("(aborted)")) ? STR("idle/x err") : STR("idle/x");
	}
	pen_field(pen, role, 0, w, state, false);
	return true;
}

static bool cell_wait(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str wait = data_str(cc->snap, cc->row, "wait"), cls = data_str(cc->snap, cc->row, "wait_class");
	long colon = str_find(wait, STR(":"), 0);
	int edge = pen->x + w;

	if (wait.len == 0)
		return false;
	if (utf8_columns(wait) > w) {
		pen_field(pen, wait_role(cls, false), 0, w, wait, false);
		return true;
	}
	pen_str(pen, wait_role(cls, false), colon < 0 ? wait : str_sub(wait, 0, (size_t)colon));
	if (colon >= 0)
		pen_str(pen, ROLE_FG, str_sub(wait, (size_t)colon, wait.len));
	pen_skip(pen, edge - pen->x);
	return true;
}

static bool cell_xact(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t us = data_i64(cc->snap, cc->row, "xact_us", -1);
	bool warn = limits_xact(us) >= SEV_WARN;
	struct buf b;

	if (us < 0)
		return false;
	buf_init(&b, 64);
	(void)(glyph_set_in_use() == GLYPHS_ASCII ? format_duration_ascii(&b, us) : format_duration(&b, us));
	pen_field(pen, warn ? ROLE_WARN : ROLE_FG, warn ? ATTR_BOLD : 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static bool cell_blocked(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t by = data_i64(cc->snap, cc->row, "blocked_by", -1), blocks = data_i64(cc->snap, cc->row, "blocks", 0);
	int64_t blockers = data_i64(cc->snap, cc->row, "blockers", 0);
	char text[48];

	if (by < 0 && blocks <= 0)
		return false;
	if (by >= 0 && blockers > 1)
		(void)snprintf(text, sizeof text, "%lld +%lld", (long long)by, (long long)blockers - 1);
	else if (by >= 0)
		(void)snprintf(text, sizeof text, "%lld", (long long)by);
	else
		(void)snprintf(text, sizeof text, "blocks %lld", (long long)blocks);
	pen_field(pen, ROLE_LOCK_TEXT, by < 0 ? ATTR_BOLD : 0, w, str_c(text), true);
	return true;
}

static bool cell_client(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str client = data_str(cc->snap, cc->row, "client");

	if (client.len == 0)
		return false;
	pen_field(pen, ROLE_MUTED, 0, w, client, false);
	return true;
}

static const struct table_column columns[] = {
	{.field = "pid", .priority = 1, .min = 5, .max = 8},
	{.field = "user", .priority = 6, .min = 6, .max = 16},
	{.field = "application", .title = "APP", .priority = 8, .min = 6, .max = 16},
	{.field = "client", .priority = 10, .min = 6, .max = 18, .cell = cell_client},
	{.field = "state", .priority = 7, .min = 7, .max = 10, .cell = cell_state},
	{.field = "wait", .priority = 4, .min = 12, .max = 24, .cell = cell_wait},
	{.field = "xact_us", .title = "XACT", .priority = 2, .min = 6, .max = 8, .cell = cell_xact},
	{.field = "query_us", .title = "QUERY", .priority = 9, .min = 7, .max = 8},
	{.field = "blocked_by",
	 .title = "BLOCKED BY",
	 .short_title = "BY",
	 .priority = 3,
	 .min = 8,
	 .max = 11,
	 .cell = cell_blocked},
	{.field = "query", .title = "SQL", .priority = 5, .min = 12, .max = 0},
	{.field = "database", .title = "DATABASE", .priority = 11, .min = 6, .max = 14},
	{.field = "state_us", .title = "IN STATE", .priority = 12, .min = 8, .max = 8},
	{.field = "session_us", .title = "CONNECTED", .priority = 13, .min = 8, .max = 9},
	{.field = "backend_type", .title = "TYPE", .priority = 14, .min = 6, .max = 18},
	{.field = "query_id", .title = "QUERY ID", .priority = 15, .min = 8, .max = 20},
};

static const struct table_def table = {
	.source = "sessions",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-xact_us",
	.main_field = "xact_us",
	.empty = "No session is doing anything",
	.noun = "sessions",
	.show = show,
	.modes = mode_names,
	.wide_mode = MODE_ALL,
};

static void fact(struct pen *pen, const char *word, int64_t n, enum severity s)
{
	enum role role = s >= SEV_WARN ? severity_role(s) : ROLE_FG;

	if (n < 0)
		return;
	pen_textf(pen, ROLE_MUTED, " %s ", glyph_set_in_use() == GLYPHS_ASCII ? "-" : "·");
	if (s >= SEV_WARN)
		pen_boldf(pen, role, "%s %lld ", word, (long long)n);
	else
		pen_textf(pen, ROLE_MUTED, "%s ", word);
	if (s >= SEV_WARN)
		pen_glyph(pen, role, severity_glyph(s));
	else
		pen_textf(pen, ROLE_FG, "%lld", (long long)n);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity"), *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	int64_t in_xact = data_i64(a, 0, "idle_in_transaction", -1), oldest = data_i64(a, 0, "oldest_xact_us", 0);

	if (writer >= 0)
		pen_str(pen, ROLE_FG, data_str(instances, (size_t)writer, "identifier"));
	else
		pen_str(pen, ROLE_FG, data_str(a, 0, "database"));
	if (p->table.mode != MODE_ACTIVE)
		pen_boldf(pen, ROLE_ACCENT, " only %s", mode_names[p->table.mode]);
	fact(pen, "running", data_i64(a, 0, "running", -1), SEV_NONE);
	fact(pen, "waiting", data_i64(a, 0, "waiting", -1), limits_blocked(data_i64(a, 0, "blocked", 0)));
	fact(pen, "idle in xact", in_xact, in_xact > 0 ? limits_xact(oldest) : SEV_NONE);
	fact(pen, "idle", data_i64(a, 0, "idle", -1), SEV_NONE);
	if (p->table.filter_text[0])
		pen_textf(pen, ROLE_ACCENT, "  / %s  ", p->table.filter_text);
	if (p->table.filter_text[0])
		pen_textf(pen, ROLE_FG, "%zu of %zu", p->table.n, p->table.total);
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	enum severity blocked = limits_blocked(data_i64(a, 0, "blocked", 0)),
		      xact = limits_xact(data_i64(a, 0, "oldest_xact_us", 0));

	(void)p;
	return blocked > xact ? blocked : xact;
}

static void recalc(struct ui *ui, struct pane *p)
{
	bool open = ui->overlay == OVERLAY_DETAIL && ui_focused(ui) == p;

	pane_table_recalc(ui, p);
	if (ui_focused(ui) == p)
		session_detail_follow(ui, p->table.snap, open ? table_selected_row(&p->table) : -1);
}

static int detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	long row = table_selected_row(&p->table);

	if (p->table.snap && row >= 0)
		return session_detail_draw(ui, p->table.snap, (size_t)row, c, r, scroll);
	canvas_text_c(c, r, r.y, r.x, "No session matches any more", STYLE(ROLE_STRONG, ROLE_RAISED, ATTR_BOLD));
	return 1;
}

/* A parallel worker runs its leader's statement, so its own process will do. */
static bool explain(const struct ui *ui, const struct pane *p, struct explain_request *ret)
{
	const struct snapshot *s = p->table.snap;
	long selected = table_selected_row(&p->table);
	size_t row = (size_t)selected;

	(void)ui;
	if (!s || selected < 0)
		return false;
	ret->database = data_str(s, row, "database");
	ret->role = data_str(s, row, "user");
	ret->text = data_str(s, row, "query");
	ret->whole = session_text_is_whole(ret->text);
	ret->query_id = data_i64(s, row, "query_id", 0);
	ret->pid = data_i64(s, row, "pid", 0);
	ret->backend_start_at = data_i64(s, row, "backend_start_at", 0);
	ret->query_start_at = data_i64(s, row, "query_start_at", 0);
	if (ret->database.len == 0) {
		(void)snprintf(ret->about, sizeof ret->about, "this process is in no database");
		return false;
	}
	(void)snprintf(ret->about, sizeof ret->about, "session %lld", (long long)ret->pid);
	return true;
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.severity = severity,
	.detail = detail,
	.explain = explain,
};

const struct pane_def pane_activity = {
	.name = "activity",
	.title = "Activity",
	.help = "Sessions that are doing something, longest transaction first.",
	.digit = '2',
	.sources = "sessions activity",
	.table = &table,
	.ops = &ops,
};
