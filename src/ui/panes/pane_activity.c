/*
 * pane_activity.c: sessions, the table an incident starts with.
 *
 * Rows come from the sampler's one scan. Idle sessions are only fetched while the mode
 * `all` asks for them. Colour marks a wait by its class, a transaction that is open longer than the
 * limit, and who blocks whom; everything else stays quiet.
 */
#include "ui/action.h"
#include "ui/limits.h"
#include "ui/panes/activity_groups.h"
#include "ui/panes/panes.h"
#include "ui/session_detail.h"
#include "ui/why_slow.h"

#include "base/utf8.h"

#include <stdio.h>

enum mode { MODE_ACTIVE, MODE_RUNNING, MODE_WAITING, MODE_BLOCKING, MODE_IDLE_XACT, MODE_ALL };
static const char *const mode_names[] = {"active", "running", "waiting", "blocking", "idle in xact", "all", NULL};

static bool show(const struct snapshot *s, size_t row, int mode)
{
	struct str state = data_str(s, row, "state"), type = data_str(s, row, "backend_type");

	switch ((enum mode)mode) {
	case MODE_ACTIVE:
		/* a background process that waits for work is not at work */
		return !str_eq_c(state, "idle") && !str_eq_c(data_str(s, row, "wait_type"), "Activity");
	case MODE_RUNNING:
		/* a replica's WAL sender is at work for months, and would lead by the clock of the statement */
		return str_eq_c(state, "running") && !str_eq_c(type, "walsender");
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
	(void)glyph_duration(&b, us);
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

static bool cell_query_age(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t us = data_i64(cc->snap, cc->row, "query_us", -1);
	struct buf b;

	if (us < LIMIT_QUERY_US)
		return false;
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_field(pen, ROLE_STRONG, ATTR_BOLD, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

/* Row of the leader of a parallel worker, or -1. */
static long leader_of(const struct snapshot *s, size_t row)
{
	int64_t leader = data_i64(s, row, "leader_pid", -1);
	struct str node = data_str(s, row, "node");

	if (leader < 0 || leader == data_i64(s, row, "pid", -1))
		return -1;
	for (size_t i = 0; i < s->nrows; i++)
		if (data_i64(s, i, "pid", -1) == leader && str_eq(data_str(s, i, "node"), node))
			return (long)i;
	return -1;
}

/* The statement; before it how many workers are folded under it, or that this is one of them. */
static bool cell_sql(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t workers = data_i64(cc->snap, cc->row, "workers", 0);
	int edge = pen->x + w;

	if (workers > 0) {
		pen_glyph(pen, ROLE_ACCENT, G_FOLDED);
		pen_textf(pen, ROLE_MUTED, " +%lld worker%s ", (long long)workers, workers == 1 ? "" : "s");
	} else if (leader_of(cc->snap, cc->row) >= 0) {
		pen_glyph(pen, ROLE_FAINT, G_TREE_END);
		pen_text(pen, ROLE_MUTED, " worker ");
	} else {
		return false;
	}
	pen_sql(pen, edge - pen->x, data_str(cc->snap, cc->row, "query"), cc->faint);
	return true;
}

static const struct table_column columns[] = {
	{.field = "pid", .priority = 1, .min = 5, .max = 8},
	{.field = "node", .priority = 6, .min = 6, .max = 20, .leaves_when_same = true},
	{.field = "user", .priority = 6, .min = 6, .max = 16},
	{.field = "application", .title = "APP", .priority = 8, .min = 6, .max = 16},
	{.field = "client", .priority = 10, .min = 6, .max = 18, .cell = cell_client},
	{.field = "state", .priority = 7, .min = 7, .max = 10, .cell = cell_state},
	{.field = "wait", .priority = 4, .min = 12, .max = 24, .cell = cell_wait},
	{.field = "xact_us", .title = "XACT", .priority = 2, .min = 6, .max = 8, .cell = cell_xact},
	{.field = "query_us", .title = "QUERY", .priority = 9, .min = 7, .max = 8, .cell = cell_query_age},
	{.field = "blocked_by",
	 .title = "BLOCKED BY",
	 .short_title = "BY",
	 .priority = 3,
	 .min = 8,
	 .max = 11,
	 .cell = cell_blocked},
	{.field = "query", .title = "SQL", .priority = 5, .min = 12, .max = 0, .cell = cell_sql},
	{.field = "database", .title = "DATABASE", .priority = 11, .min = 6, .max = 14},
	{.field = "state_us", .title = "IN STATE", .priority = 12, .min = 8, .max = 8},
	{.field = "session_us", .title = "CONNECTED", .priority = 13, .min = 8, .max = 9},
	{.field = "backend_type", .title = "TYPE", .priority = 14, .min = 6, .max = 18},
	{.field = "query_id", .title = "QUERY ID", .priority = 15, .min = 8, .max = 20},
	{.field = "xmin_age", .title = "XMIN AGE", .priority = 16, .min = 8, .max = 8},
	{.field = "leader_pid", .title = "LEADER", .priority = 17, .min = 6, .max = 8},
};

static const struct table_def table = {
	.source = "node_sessions",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-xact_us",
	.main_field = "xact_us",
	.empty = "No session is doing anything",
	.noun = "sessions",
	.show = show,
	.modes = mode_names,
	.wide_mode = MODE_ALL,
	.parent = leader_of,
};

static void fact(struct pen *pen, const char *word, int64_t n, enum severity s)
{
	enum role role = s >= SEV_WARN ? severity_role(s) : ROLE_FG;

	if (n < 0)
		return;
	pen_separator(pen);
	if (s >= SEV_WARN)
		pen_boldf(pen, role, "%s %lld ", word, (long long)n);
	else
		pen_textf(pen, ROLE_MUTED, "%s ", word);
	if (s >= SEV_WARN)
		pen_glyph(pen, role, severity_glyph(s));
	else
		pen_textf(pen, ROLE_FG, "%lld", (long long)n);
}

/* Whose sessions these are: the writer, and the readers that answer; one that does not says so. */
static void name_nodes(const struct ui *ui, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity"), *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));

	/* What the server says of itself comes before what AWS says of the cluster: after a failover they may differ.
	 */
	if (data_str(a, 0, "instance").len > 0)
		pen_str(pen, ROLE_FG, data_str(a, 0, "instance"));
	else if (writer >= 0 && runtime_target(ui->rt)->cluster[0])
		pen_str(pen, ROLE_FG, data_str(instances, (size_t)writer, "identifier"));
	else
		pen_str(pen, ROLE_FG, data_str(a, 0, "database"));
	for (size_t i = 0; i < runtime_nodes(ui->rt); i++) {
		const struct store_entry *e = store_entry(runtime_node_store(ui->rt, i), "sessions");
		bool failed = e && e->failures > 0;

		pen_textf(pen, failed ? ROLE_WARN : ROLE_FG, ", %s", runtime_node_name(ui->rt, i));
		if (failed) {
			pen_skip(pen, 1);
			pen_glyph(pen, ROLE_WARN, G_WARN);
			pen_textf(pen, ROLE_WARN, " %s", err_word(e->latest->err.code));
		}
	}
}

/* Which sessions are shown, where it is not those that do something. */
static void name_mode(const struct pane *p, struct pen *pen)
{
	if (p->table.mode == MODE_ACTIVE)
		return;
	pen_separator(pen);
	pen_boldf(pen, ROLE_ACCENT, p->table.mode == MODE_ALL ? "%s sessions" : "only %s", mode_names[p->table.mode]);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t in_xact = activity_sum(ui, "idle_in_transaction"), oldest = data_i64(a, 0, "oldest_xact_us", 0);

	if (activity_grouped_by(p)) {
		activity_group_summary(ui, p, pen);
		return;
	}
	table_filter_fact(&p->table, pen);
	name_nodes(ui, pen);
	name_mode(p, pen);
	fact(pen, "running", activity_sum(ui, "running"), SEV_NONE);
	fact(pen, "waiting", activity_sum(ui, "waiting"), limits_blocked(activity_sum(ui, "blocked")));
	fact(pen, "idle in xact", in_xact, in_xact > 0 ? limits_xact(oldest) : SEV_NONE);
	fact(pen, "idle", activity_sum(ui, "idle"), SEV_NONE);
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	enum severity blocked = limits_blocked(data_i64(a, 0, "blocked", 0)),
		      xact = limits_xact(data_i64(a, 0, "oldest_xact_us", 0));

	(void)p;
	return blocked > xact ? blocked : xact;
}

static int detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	long row = table_selected_row(&p->table);

	if (p->table.snap && row >= 0)
		return session_detail_draw(ui, p->table.snap, (size_t)row, c, r, scroll);
	canvas_text_c(c, r, r.y, r.x, "No session matches any more", STYLE(ROLE_STRONG, ROLE_RAISED, ATTR_BOLD));
	return 1;
}

static bool explain(const struct ui *ui, const struct pane *p, struct explain_request *ret)
{
	long row = table_selected_row(&p->table);

	(void)ui;
	return p->table.snap && row >= 0 && !activity_grouped_by(p) && session_explain(p->table.snap, (size_t)row, ret);
}

static void recalc(struct ui *ui, struct pane *p)
{
	bool open = ui->overlay == OVERLAY_DETAIL && ui_focused(ui) == p;

	if (activity_grouped_by(p)) {
		activity_group_recalc(ui, p);
		return;
	}
	pane_table_recalc(ui, p);
	/* a tagged session that is idle for a moment has not ended */
	runtime_set_wide(ui->rt, table.source, p->table.mode == MODE_ALL || p->table.tags.n > 0);
	if (ui_focused(ui) == p)
		session_detail_follow(ui, p->table.snap, open ? table_selected_row(&p->table) : -1);
}

static bool has_workers(const struct table *t)
{
	for (size_t i = 0; t->snap && i < t->snap->nrows; i++)
		if (data_i64(t->snap, i, "workers", 0) > 0)
			return true;
	return false;
}

/* The next of the four clocks becomes the order. */
static int next_clock(struct pane *p)
{
	static const char *const clocks[] = {"xact_us", "query_us", "state_us", "session_us"};
	size_t next = 0;

	for (size_t i = 0; i < ARRAY_LEN(clocks); i++)
		if (p->table.order_column >= 0 && strcmp(columns[p->table.order_column].field, clocks[i]) == 0)
			next = (i + 1) % ARRAY_LEN(clocks);
	for (size_t c = 0; c < ARRAY_LEN(columns); c++)
		if (strcmp(columns[c].field, clocks[next]) == 0)
			table_order_column(&p->table, (int)c);
	p->table.order.descending = true;
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int act(struct ui *ui, struct pane *p, int action)
{
	bool grouped = activity_grouped_by(p) != NULL;

	switch (action) {
	case ACTION_GROUP:
		return activity_group_next(ui, p, &table);
	case ACTION_DETAIL:
		return grouped ? activity_group_open(ui, p, &table, MODE_ALL) : -1;
	case ACTION_BACK:
		return grouped && !p->table.filter_text[0] ? activity_group_leave(ui, p, &table) : -1;
	case ACTION_RANGE_PREV:
		return grouped ? -1 : next_clock(p);
	case ACTION_FOLD:
		p->table.unfolded = !p->table.unfolded;
		return EFFECT_RECALC | EFFECT_PAINT;
	default:
		return -1;
	}
}

static bool offers(const struct ui *ui, const struct pane *p, int action)
{
	(void)ui;
	if (action == ACTION_GROUP)
		return true;
	return action == ACTION_FOLD && !activity_grouped_by(p) && has_workers(&p->table);
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.severity = severity,
	.act = act,
	.offers = offers,
	.detail = detail,
	.close = activity_group_close,
	.explain = explain,
};

const struct pane_def pane_activity = {
	.name = "activity",
	.title = "Activity",
	.help = "Sessions that are doing something, longest transaction first.",
	.digit = '2',
	.sources = "node_sessions activity databases",
	.detail_sources = WHY_SOURCES,
	.table = &table,
	.ops = &ops,
};
