/*
 * pane_locks.c: lock trees. A root is who has to end first; below it stand those that wait for it.
 *
 * Rows come in the order of the trees, worst first. A root shows what it holds, the others what
 * they want; `+n` behind a pid says that further sessions are in its way, too.
 */
#include "ui/limits.h"
#include "ui/panes/panes.h"
#include "ui/plan_view.h"
#include "ui/session_detail.h"
#include "ui/widgets/prose.h"

#include "base/utf8.h"

#include <stdio.h>

#define LABEL_W 13

static bool is_waiting(const struct snapshot *s, size_t row)
{
	return data_str(s, row, "mode").len > 0;
}

static bool in_cycle(const struct snapshot *s, size_t row)
{
	return data_i64(s, row, "in_cycle", 0) != 0;
}

/* "RowExclusive" of "RowExclusiveLock". */
static struct str short_mode(struct str mode)
{
	return str_ends(mode, STR("Lock")) ? str_sub(mode, 0, mode.len - 4) : mode;
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	bool root = data_i64(cc->snap, cc->row, "depth", 0) == 0 && data_i64(cc->snap, cc->row, "victims", 0) > 0;

	*ret_role = ROLE_CRIT;
	return root || in_cycle(cc->snap, cc->row) ? glyph(G_CRIT) : ' ';
}

static bool cell_pid(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t pid = data_i64(cc->snap, cc->row, "pid", -1), blockers = data_i64(cc->snap, cc->row, "blockers", 0);
	enum role role = cc->selected || data_i64(cc->snap, cc->row, "depth", 0) == 0 ? ROLE_STRONG : ROLE_FG;
	int edge = pen->x + w;
	char text[40];

	if (pid < 0)
		return false;
	if (pid == 0)
		(void)snprintf(text, sizeof text, "prepared");
	else
		(void)snprintf(text, sizeof text, "%lld", (long long)pid);
	if (utf8_columns(str_c(text)) > w || blockers < 2) {
		pen_field(pen, role, cc->selected ? ATTR_BOLD : 0, w, str_c(text), false);
		return true;
	}
	pen_field(pen, role, cc->selected ? ATTR_BOLD : 0, utf8_columns(str_c(text)), str_c(text), false);
	(void)snprintf(text, sizeof text, " +%lld", (long long)blockers - 1);
	if (pen->x + utf8_columns(str_c(text)) <= edge)
		pen_text(pen, ROLE_MUTED, text);
	pen_skip(pen, edge - pen->x);
	return true;
}

/* What it does, and for how long where that is the point. */
static bool cell_state(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str state = data_str(cc->snap, cc->row, "state");
	int64_t us = -1;
	enum severity s = SEV_NONE;
	int edge = pen->x + w;

	if (state.len == 0)
		return false;
	if (in_cycle(cc->snap, cc->row)) {
		pen_field(pen, ROLE_CRIT, ATTR_BOLD, w, STR("in a cycle"), false);
		return true;
	}
	if (str_starts(state, STR("idle in transaction"))) {
		us = data_i64(cc->snap, cc->row, "xact_us", -1);
		s = limits_xact(us);
		state = STR("idle/x ");
	} else if (str_eq_c(state, "running")) {
		us = data_i64(cc->snap, cc->row, "query_us", -1);
		state = STR("running ");
	} else if (str_eq_c(state, "prepared")) {
		us = data_i64(cc->snap, cc->row, "prepared_us", -1);
		s = limits_xact(us);
		state = STR("2pc ");
	}
	if (us < 0 || w < 12) {
		pen_field(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, 0, w, str_trim(state), false);
		return true;
	}
	pen_str(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, state);
	pen_duration(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, s >= SEV_WARN ? ATTR_BOLD : 0, us);
	if (s >= SEV_WARN && pen->x + 2 <= edge) {
		pen_skip(pen, 1);
		pen_glyph(pen, severity_role(s), severity_glyph(s));
	}
	pen_skip(pen, edge - pen->x);
	return true;
}

static bool cell_victims(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t n = data_i64(cc->snap, cc->row, "victims", 0);
	char text[24] = {0};

	if (n > 0)
		(void)snprintf(text, sizeof text, "%lld", (long long)n);
	else
		(void)utf8_encode(glyph(G_NONE), text);
	pen_field(pen, n > 0 ? ROLE_FG : ROLE_FAINT, 0, w, str_c(text), true);
	return true;
}

static bool cell_summed(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t us = data_i64(cc->snap, cc->row, "victims_wait_us", -1);
	bool root = data_i64(cc->snap, cc->row, "depth", 0) == 0;
	struct buf b;

	if (us < 0)
		return false;
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_field(pen, root ? ROLE_STRONG : ROLE_FG, root ? ATTR_BOLD : 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static bool cell_mode(const struct cell_context *cc, struct pen *pen, int w)
{
	bool waits = is_waiting(cc->snap, cc->row);
	struct str mode = short_mode(data_str(cc->snap, cc->row, waits ? "mode" : "holds_mode"));
	int64_t more = waits ? 0 : data_i64(cc->snap, cc->row, "locks_held", 0) - 1;
	int edge = pen->x + w;
	char text[24];

	if (mode.len == 0)
		return false;
	pen_text(pen, ROLE_MUTED, waits ? "wants " : "holds ");
	(void)snprintf(text, sizeof text, " +%lld", (long long)more);
	if (more < 1 || utf8_columns(mode) + utf8_columns(str_c(text)) > edge - pen->x) {
		pen_field(pen, ROLE_FG, 0, edge - pen->x, mode, false);
		return true;
	}
	pen_str(pen, ROLE_FG, mode);
	pen_field(pen, ROLE_MUTED, 0, edge - pen->x, str_c(text), false);
	return true;
}

/* Where a wait for a transaction ends in "xid 7 for public.t (0,1)"; -1 = it is none, or the row is not known. */
static long row_of_xid(const struct snapshot *s, size_t row)
{
	return str_eq_c(data_str(s, row, "lock_type"), "transactionid")
		       ? str_find(data_str(s, row, "object"), STR(" for "), 0)
		       : -1;
}

/* A transaction is waited for because of a row it has changed: that says more than its number. */
static bool cell_object(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str object = data_str(cc->snap, cc->row, is_waiting(cc->snap, cc->row) ? "object" : "holds_objects");
	long cut = row_of_xid(cc->snap, cc->row);
	int edge = pen->x + w;

	if (object.len == 0)
		return false;
	if (cut >= 0) {
		pen_str(pen, ROLE_FG, STR("row "));
		object = str_sub(object, (size_t)cut + 5, object.len);
	}
	pen_field(pen, ROLE_FG, 0, edge > pen->x ? edge - pen->x : 0, object, false);
	return true;
}

static bool cell_sql(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str gid = data_str(cc->snap, cc->row, "gid");
	int edge = pen->x + w;

	if (gid.len == 0)
		return false;
	pen_text(pen, ROLE_MUTED, "prepared as ");
	pen_field(pen, ROLE_STRLIT, 0, edge > pen->x ? edge - pen->x : 0, gid, false);
	return true;
}

static const struct table_column columns[] = {
	{.field = "pid", .title = "PID", .priority = 1, .min = 12, .max = 26, .extra = 3, .cell = cell_pid},
	{.field = "state", .priority = 6, .min = 14, .max = 16, .cell = cell_state},
	{.field = "wait_us", .title = "WAIT", .priority = 2, .min = 6, .max = 8},
	{.field = "victims", .title = "BELOW", .priority = 3, .min = 5, .max = 7, .cell = cell_victims},
	{.field = "victims_wait_us", .title = "SUMMED", .priority = 7, .min = 6, .max = 8, .cell = cell_summed},
	{.field = "mode", .title = "MODE", .priority = 8, .min = 22, .max = 26, .cell = cell_mode},
	{.field = "object", .title = "OBJECT", .priority = 4, .min = 18, .max = 30, .cell = cell_object},
	{.field = "application", .title = "APP", .priority = 9, .min = 6, .max = 16},
	{.field = "query", .title = "SQL", .priority = 4, .min = 12, .max = 0, .cell = cell_sql},
	{.field = "user", .title = "USER", .priority = 11, .min = 6, .max = 16},
	{.field = "xact_us", .title = "XACT", .priority = 12, .min = 6, .max = 8},
	{.field = "client", .title = "CLIENT", .priority = 13, .min = 6, .max = 18},
	{.field = "database", .title = "DATABASE", .priority = 14, .min = 6, .max = 14},
};
static const struct table_def table = {
	.source = "locks",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.depth = "depth",
	.main_field = "wait_us",
	.empty = "No session waits for a lock",
	.noun = "sessions",
	.mark = mark,
};

/* ---- body ---- */

static void cycle_note(const struct snapshot *s, size_t row, struct pen *pen)
{
	pen_boldf(pen, ROLE_CRIT, "cycle  ");
	pen_textf(pen, ROLE_FG, "%lld", (long long)data_i64(s, row, "pid", 0));
	pen_text(pen, ROLE_MUTED, " waits for ");
	pen_textf(pen, ROLE_FG, "%lld", (long long)data_i64(s, row, "blocked_by", 0));
	pen_text(pen, ROLE_MUTED, ", which waits behind it; after deadlock_timeout the server cancels one of them");
}

static void also_note(const struct snapshot *s, size_t row, struct pen *pen)
{
	int64_t more = data_i64(s, row, "blockers", 0) - 1;

	pen_textf(pen, ROLE_MUTED, "+%lld  ", (long long)more);
	pen_textf(pen, ROLE_FG, "%lld", (long long)data_i64(s, row, "pid", 0));
	pen_text(pen, ROLE_MUTED, " also waits for ");
	pen_str(pen, ROLE_FG, data_str(s, row, "also_blocked_by"));
	if (str_eq_c(data_str(s, row, "mode"), "AccessExclusiveLock"))
		pen_textf(pen, ROLE_MUTED, "; everybody new to " STR_FMT " queues behind it",
			  STR_ARG(data_str(s, row, "object")));
}

/* Below the rows, where there is room: what the signs in them mean here. */
static void notes(const struct table *t, struct canvas *c, struct rect r)
{
	int y = r.y + 2 + (int)t->n;

	for (size_t i = 0; i < t->n && y < r.y + r.h; i++) {
		size_t row = t->index[i];
		struct pen pen = pen_at(c, rect_inset(r, 0, 1), y, r.x + 1, ROLE_BG);

		if (in_cycle(t->snap, row) && data_i64(t->snap, row, "depth", 0) == 0)
			cycle_note(t->snap, row, &pen);
		else if (data_str(t->snap, row, "also_blocked_by").len > 0)
			also_note(t->snap, row, &pen);
		else
			continue;
		y++;
	}
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	pane_table_draw(ui, p, c, r);
	if (p->table.n > 0 && p->table.n < (size_t)r.h)
		notes(&p->table, c, r);
}

/* ---- title, tab ---- */

struct totals {
	size_t trees, waiting, cycles;
	int64_t summed, longest; /* -1 = not known */
};

static struct totals count(const struct snapshot *s)
{
	struct totals t = {.summed = -1, .longest = -1};

	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t us = data_i64(s, i, "wait_us", -1);

		t.trees += data_i64(s, i, "depth", 0) == 0;
		t.cycles += in_cycle(s, i);
		t.waiting += is_waiting(s, i);
		if (us < 0)
			continue;
		t.longest = us > t.longest ? us : t.longest;
		if (t.summed < 0)
			t.summed = 0;
		t.summed = us > INT64_MAX - t.summed ? INT64_MAX : t.summed + us;
	}
	return t;
}

static void fact(struct pen *pen, const char *word, int64_t us)
{
	if (us < 0)
		return;
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "%s ", word);
	pen_duration(pen, ROLE_FG, 0, us);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct totals t = count(pane_good(ui, p));

	if (t.waiting == 0) {
		pen_text(pen, ROLE_MUTED, "nobody waits");
		return;
	}
	table_filter_fact(&p->table, pen);
	pen_boldf(pen, ROLE_CRIT, "%zu blocked ", t.waiting);
	pen_glyph(pen, ROLE_CRIT, G_CRIT);
	pen_separator(pen);
	pen_textf(pen, ROLE_FG, "%zu", t.trees);
	pen_text(pen, ROLE_MUTED, t.trees == 1 ? " tree" : " trees");
	if (t.cycles > 0) {
		pen_separator(pen);
		pen_boldf(pen, ROLE_CRIT, "%zu in a cycle", t.cycles);
	}
	fact(pen, "summed wait", t.summed);
	fact(pen, "longest", t.longest);
}

/* The tab shows it in every view, so it goes by what is always known; the trees know it where that is hidden. */
static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *a = store_good(ui->store, "activity");
	int64_t blocked = data_i64(a, 0, "blocked", -1);

	return limits_blocked(blocked >= 0 ? blocked : (int64_t)count(pane_good(ui, p)).waiting);
}

/* ---- detail ---- */

static void who(struct prose *p, const struct snapshot *s, size_t row)
{
	struct pen pen = prose_label(p, "who");
	struct str client = data_str(s, row, "client");

	pen_str(&pen, ROLE_FG, data_str(s, row, "user"));
	pen_textf(&pen, ROLE_MUTED, " on " STR_FMT, STR_ARG(data_str(s, row, "database")));
	if (data_str(s, row, "application").len > 0) {
		pen_separator(&pen);
		pen_str(&pen, ROLE_FG, data_str(s, row, "application"));
	}
	if (client.len > 0) {
		pen_separator(&pen);
		pen_str(&pen, ROLE_FG, client);
	}
}

static void waits_for(struct prose *p, const struct snapshot *s, size_t row)
{
	struct str also = data_str(s, row, "also_blocked_by"), held = data_str(s, row, "held_mode");
	bool guessed = data_i64(s, row, "guessed", 0) != 0;
	int64_t ahead = data_i64(s, row, "ahead", 0), by = data_i64(s, row, "blocked_by", -1);
	struct pen pen = prose_label(p, "waits for");
	char text[80];

	pen_textf(&pen, ROLE_FG, STR_FMT " on ", STR_ARG(short_mode(data_str(s, row, "mode"))));
	prose_wrap(p, pen, LABEL_W, ROLE_FG, data_str(s, row, "object"));
	pen = prose_label(p, "since");
	pen_duration(&pen, ROLE_FG, 0, data_i64(s, row, "wait_us", -1));
	if (by >= 0) {
		pen = prose_label(p, "blocked by");
		if (by == 0)
			pen_text(&pen, ROLE_FG, "a prepared transaction");
		else
			pen_textf(&pen, ROLE_FG, "%lld", (long long)by);
		if (held.len > 0)
			pen_textf(&pen, ROLE_MUTED, ", which holds it as " STR_FMT, STR_ARG(short_mode(held)));
		else
			pen_text(&pen, ROLE_MUTED,
				 guessed ? ", a guess: the order of the queue is not known before PostgreSQL 14"
					 : ", which asked for it before");
	}
	if (also.len > 0) {
		pen = prose_label(p, "and by");
		prose_wrap(p, pen, LABEL_W, ROLE_FG, also);
	}
	if (ahead > 0) {
		(void)snprintf(text, sizeof text, "%lld that asked before", (long long)ahead);
		pen = prose_label(p, "behind");
		pen_text(&pen, ROLE_FG, text);
	}
}

static void blocks(struct prose *p, const struct snapshot *s, size_t row)
{
	int64_t victims = data_i64(s, row, "victims", 0);
	struct pen pen;

	if (victims <= 0)
		return;
	pen = prose_label(p, "blocks");
	pen_textf(&pen, ROLE_STRONG, "%lld", (long long)victims);
	pen_textf(&pen, ROLE_MUTED, ", %lld directly, summed wait ", (long long)data_i64(s, row, "direct_victims", 0));
	pen_duration(&pen, ROLE_FG, 0, data_i64(s, row, "victims_wait_us", -1));
	pen = prose_label(p, "next");
	prose_wrap(p, pen, LABEL_W, ROLE_FG, data_str(s, row, "next_step"));
}

/* The object without the row it is about, which differs among those that wait for one transaction. */
static struct str object_of(const struct snapshot *s, size_t row)
{
	struct str object = data_str(s, row, "object");
	long cut = row_of_xid(s, row);

	return cut < 0 ? object : str_sub(object, 0, (size_t)cut);
}

/* Everybody at the same object: who is in the way, and who stands in the queue. */
static void same_object(struct prose *p, const struct snapshot *s, size_t row)
{
	if (!is_waiting(s, row))
		return;
	prose_gap(p);
	prose_section(p, "At this object");
	for (size_t i = 0; i < s->nrows; i++) {
		bool waits = is_waiting(s, i) && str_eq(object_of(s, i), object_of(s, row));
		bool holds = data_i64(s, i, "pid", -1) == data_i64(s, row, "blocked_by", -2) &&
			     data_str(s, row, "held_mode").len > 0;
		struct pen pen;

		if (!waits && !holds)
			continue;
		pen = prose_line(p);
		pen_textf(&pen, i == row ? ROLE_STRONG : ROLE_FG, "%8lld  ", (long long)data_i64(s, i, "pid", 0));
		pen_text(&pen, ROLE_MUTED, waits ? "wants " : "holds ");
		pen_field(&pen, ROLE_FG, 0, 22, short_mode(data_str(s, waits ? i : row, waits ? "mode" : "held_mode")),
			  false);
		pen_duration(&pen, ROLE_FG, 0, waits ? data_i64(s, i, "wait_us", -1) : -1);
		pen_skip(&pen, 2);
		pen_str(&pen, ROLE_MUTED, data_str(s, i, "application"));
	}
}

static int detail(const struct ui *ui, const struct pane *pane, struct canvas *c, struct rect r, int scroll)
{
	const struct snapshot *s = pane->table.snap;
	struct prose p = {.c = c, .r = r, .bg = ROLE_RAISED, .scroll = scroll, .label_w = LABEL_W};
	long selected = table_selected_row(&pane->table);
	size_t row = (size_t)selected;

	if (!s || selected < 0)
		return 0;
	prose_sql(&p, data_str(s, row, "query"));
	if (p.lines > 0)
		prose_gap(&p);
	who(&p, s, row);
	if (is_waiting(s, row))
		waits_for(&p, s, row);
	blocks(&p, s, row);
	if (data_str(s, row, "holds").len > 0) {
		struct pen pen = prose_label(&p, "holds");

		prose_wrap(&p, pen, LABEL_W, ROLE_FG, data_str(s, row, "holds"));
	}
	same_object(&p, s, row);
	prose_gap(&p);
	prose_section(&p, "All fields");
	return p.lines + pane_table_detail(ui, pane, c, r, scroll - p.lines);
}

/* A row may be no session, or one that the sample of the sessions missed. */
static bool explain(const struct ui *ui, const struct pane *p, struct explain_request *ret)
{
	const struct snapshot *s = p->table.snap;
	long selected = table_selected_row(&p->table);
	size_t row = (size_t)selected;
	const char *why = NULL;

	(void)ui;
	if (!s || selected < 0)
		return false;
	if (data_i64(s, row, "pid", 0) == 0)
		why = "a prepared transaction runs no statement any more";
	else if (data_str(s, row, "user").len == 0 && data_str(s, row, "backend_type").len == 0)
		why = "what this session runs is not known yet";
	if (!why)
		return session_explain(s, row, ret);
	(void)snprintf(ret->about, sizeof ret->about, "%s", why);
	return false;
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = draw,
	.severity = severity,
	.detail = detail,
	.explain = explain,
};

const struct pane_def pane_locks = {
	.name = "locks",
	.title = "Lock trees",
	.help = "Who waits for whom: root blockers first, those behind them below.",
	.digit = '3',
	.sources = "locks sessions activity",
	.table = &table,
	.ops = &ops,
};
