/*
 * activity_groups.c: see activity_groups.h.
 *
 * While grouped, the pane's table stands over a snapshot made here from the newest
 * sessions; idle ones are asked for, because a storm of connections is mostly idle. The
 * arrival rate of the title is the server's own count where it has one (PostgreSQL 14):
 * sessions that came and went between two samples are seen by nobody else.
 */
#include "ui/panes/activity_groups.h"

#include "base/xalloc.h"
#include "ui/panes/panes.h"
#include "ui/panes/session_groups.h"

#include <math.h>
#include <stdio.h>

struct state {
	int group; /* index into `by`, 0 = none */
};

static const struct {
	const char *field, *title;
} by[] = {
	{NULL, NULL},
	{"application", "APPLICATION"},
	{"user", "USER"},
	{"client", "CLIENT ADDRESS"},
	{"database", "DATABASE"},
	{"state", "STATE"},
	{"node", "NODE"},
};

static bool cell_name(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str name = data_str(cc->snap, cc->row, "name");

	if (name.len > 0)
		return false;
	pen_field(pen, ROLE_MUTED, 0, w, STR("not set"), false);
	return true;
}

static const struct table_column columns[] = {
	{.field = "name", .priority = 1, .min = 10, .max = 32, .cell = cell_name},
	{.field = "sessions", .priority = 2, .min = 8, .max = 9},
	{.field = "share_ratio", .priority = 3, .min = 6, .max = 7},
	{.field = "arrivals", .short_title = "NEW", .priority = 4, .min = 5, .max = 9},
	{.field = "running", .priority = 6, .min = 7, .max = 7},
	{.field = "waiting", .priority = 5, .min = 7, .max = 7},
	{.field = "idle_in_transaction", .priority = 7, .min = 6, .max = 7},
	{.field = "idle", .priority = 8, .min = 5, .max = 7},
	{.field = "oldest_xact_us", .short_title = "XACT", .priority = 9, .min = 6, .max = 11},
	{.field = "clients", .priority = 10, .min = 7, .max = 7},
};

static const struct table_def table = {
	.source = "node_sessions",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-sessions",
	.main_field = "sessions",
	.empty = "No client is connected",
	.noun = "groups",
	.wide_mode = -1,
};

static struct state *state_of(struct pane *p)
{
	if (!p->state)
		p->state = xcalloc(1, sizeof(struct state));
	return p->state;
}

const char *activity_grouped_by(const struct pane *p)
{
	const struct state *st = p->state;

	return st ? by[st->group].field : NULL;
}

static int change(struct ui *ui, struct pane *p, int group, const struct table_def *sessions)
{
	struct state *st = state_of(p);
	bool swap = (group == 0) != (st->group == 0);

	st->group = group;
	if (swap) {
		table_release(&p->table);
		table_init(&p->table, group ? &table : sessions);
	}
	runtime_set_wide(ui->rt, "sessions", group != 0);
	return EFFECT_RECALC | EFFECT_DEMAND | EFFECT_PAINT;
}

int activity_group_next(struct ui *ui, struct pane *p, const struct table_def *sessions)
{
	int next = state_of(p)->group + 1, n = (int)ARRAY_LEN(by) - (runtime_nodes(ui->rt) == 0);

	return change(ui, p, next < n ? next : 0, sessions);
}

int activity_group_leave(struct ui *ui, struct pane *p, const struct table_def *sessions)
{
	return change(ui, p, 0, sessions);
}

int activity_group_open(struct ui *ui, struct pane *p, const struct table_def *sessions, int mode_all)
{
	long row = table_selected_row(&p->table);
	const char *field = activity_grouped_by(p);
	char text[FILTER_TEXT_MAX];
	struct str name;
	struct err err;

	if (!field || row < 0)
		return EFFECT_NONE;
	name = data_str(p->table.snap, (size_t)row, "name");
	(void)snprintf(text, sizeof text, "%s:\"" STR_FMT "\"", field, STR_ARG(name));
	(void)change(ui, p, 0, sessions);
	p->table.mode = mode_all;
	table_recalc(&p->table, store_good(ui->store, "node_sessions"), ui->mono_us);
	/* a name that the filter language cannot say leaves the list unfiltered, in the mode that shows all */
	if (name.len > 0 && !table_set_filter(&p->table, text, &err))
		ui_toast(ui, SEV_NOTICE, "%s", err.text);
	runtime_set_wide(ui->rt, "sessions", true);
	return EFFECT_RECALC | EFFECT_PAINT;
}

int64_t activity_sum(const struct ui *ui, const char *field)
{
	const struct snapshot *own = store_good(ui->store, "activity");
	int64_t sum = data_i64(own, 0, field, -1);

	for (size_t i = 0; sum >= 0 && i < runtime_nodes(ui->rt); i++) {
		const struct store_entry *e = store_entry(runtime_node_store(ui->rt, i), "activity");

		if (e && e->failures == 0)
			sum += data_i64(e->good, 0, field, 0);
	}
	return sum;
}

/* A node fills up by itself, whatever room the others have; every other group may be on all of them. */
static int64_t limit_of(const void *ctx, const char *field, struct str name)
{
	const struct ui *ui = ctx;
	const struct snapshot *server = store_good(ui->store, "activity");

	if (strcmp(field, "node") != 0)
		return activity_sum(ui, "max_connections");
	for (size_t i = 0; i < runtime_nodes(ui->rt); i++)
		if (str_eq_c(name, runtime_node_name(ui->rt, i)))
			server = store_good(runtime_node_store(ui->rt, i), "activity");
	return data_i64(server, 0, "max_connections", -1);
}

void activity_group_recalc(struct ui *ui, struct pane *p)
{
	const struct snapshot *sessions = store_good(ui->store, "node_sessions"), *groups;
	struct state *st = state_of(p);

	if (!sessions) {
		table_recalc(&p->table, NULL, ui->mono_us);
		return;
	}
	groups = session_groups(sessions, by[st->group].field, (struct group_limit){limit_of, ui});
	table_recalc(&p->table, groups, ui->mono_us);
	snapshot_unref(groups);
}

void activity_group_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *databases = store_good(ui->store, "databases");
	double rate = data_rate_sum(databases, "sessions");
	int64_t total = activity_sum(ui, "total"), max = activity_sum(ui, "max_connections");

	table_filter_fact(&p->table, pen);
	pen_textf(pen, ROLE_MUTED, "by ");
	pen_bold(pen, ROLE_ACCENT, activity_grouped_by(p));
	if (total >= 0) {
		pen_separator(pen);
		pen_textf(pen, ROLE_FG, "%lld", (long long)total);
		pen_textf(pen, ROLE_MUTED, " of %lld connections", (long long)max);
	}
	if (!isnan(rate)) {
		pen_separator(pen);
		pen_textf(pen, ROLE_FG, "%.1f", rate);
		pen_text(pen, ROLE_MUTED, " arrivals/s");
	}
}

void activity_group_close(struct pane *p)
{
	xfree(p->state);
}
