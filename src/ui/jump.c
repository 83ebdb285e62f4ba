/*
 * jump.c: see jump.h.
 *
 * Panes know one another by the names of their sources and fields only. What is not there now (the
 * lock was got in the meantime) is said in a toast, and the view stays.
 */
#include "ui/jump.h"

#include "ui/action.h"

#include "model/sqlshape.h"

#include <stdio.h>

#define SHAPE_BYTES_MAX (64u << 10)
#define BEGINNING_MIN 6
#define BEGINNING_MAX 60

static bool has_source(const struct table *t, const char *source)
{
	return str_eq_c(str_c(t->def->source), source);
}

bool jump_has_root(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;

	return p && p->def->table && (has_source(&p->table, "locks") || has_source(&p->table, "node_sessions"));
}

static long row_of_pid(const struct snapshot *s, int64_t pid)
{
	for (size_t i = 0; s && i < s->nrows; i++)
		if (data_i64(s, i, "pid", -1) == pid)
			return (long)i;
	return -1;
}

/* A filter may hide the root: it gives way. */
static bool select_root(struct ui *ui, struct table *t, size_t row)
{
	long at = table_root_of(t, row);
	struct err err;

	if (at < 0 && t->filter_text[0] && table_set_filter(t, "", &err)) {
		const struct snapshot *s = snapshot_ref(t->snap);

		table_recalc(t, s, ui->mono_us);
		snapshot_unref(s);
		at = table_root_of(t, row);
	}
	if (at < 0)
		return false;
	table_move_to(t, (size_t)at, ui->mono_us);
	return true;
}

/* Locks are read on the node that the console is connected to first. */
static bool is_elsewhere(const struct ui *ui, struct str node)
{
	const struct snapshot *activity = store_good(ui->store, "activity");
	struct str own = data_str(activity, 0, "instance");

	return node.len > 0 && own.len > 0 && !str_eq(node, own);
}

static int from_session(struct ui *ui, int64_t pid, int64_t leader)
{
	int v = view_by_name("locks");
	const struct snapshot *s = store_good(ui->store, "locks");
	long row = row_of_pid(s, leader > 0 ? leader : pid);
	struct pane *p;

	/* a role that does not see who waits has trees only while it looks at them */
	if (row < 0 && v >= 0 && s && snapshot_unavailable(s, "state").len > 0)
		return ui_show_view(ui, (size_t)v) | EFFECT_PAINT;
	if (row < 0 || v < 0) {
		ui_toast(ui, SEV_NOTICE, "session %lld neither waits for a lock nor blocks one", (long long)pid);
		return EFFECT_PAINT;
	}
	p = &ui->views[v].panes[0];
	pane_table_recalc(ui, p);
	(void)select_root(ui, &p->table, (size_t)row);
	return ui_show_view(ui, (size_t)v) | EFFECT_PAINT;
}

int jump_to_root(struct ui *ui)
{
	struct pane *p = jump_has_root(ui) ? ui_focused(ui) : NULL;
	long row = p ? table_selected_row(&p->table) : -1;

	if (row < 0)
		return EFFECT_NONE;
	if (is_elsewhere(ui, data_str(p->table.snap, (size_t)row, "node"))) {
		ui_toast(ui, SEV_NOTICE, "locks are shown of the writer; this session is on " STR_FMT,
			 STR_ARG(data_str(p->table.snap, (size_t)row, "node")));
		return EFFECT_PAINT;
	}
	if (has_source(&p->table, "node_sessions"))
		return from_session(ui, data_i64(p->table.snap, (size_t)row, "pid", -1),
				    data_i64(p->table.snap, (size_t)row, "leader_pid", 0));
	(void)select_root(ui, &p->table, (size_t)row);
	return EFFECT_PAINT;
}

static bool same_node(struct str a, struct str b)
{
	return a.len == 0 || b.len == 0 || str_eq(a, b);
}

int jump_to_pid(struct ui *ui, int64_t pid, struct str node)
{
	int v = view_by_name("activity");
	struct pane *p = &ui->views[v].panes[0];
	struct table *t = &p->table;
	char filter[32];
	struct err err;

	/* groups have no pids: the pane's own table is wanted */
	if (t->def != p->def->table && table_set_filter(t, "", &err))
		(void)p->def->ops->act(ui, p, ACTION_BACK);
	pane_table_recalc(ui, p);
	for (size_t i = 0; i < t->n; i++) {
		if (data_i64(t->snap, t->index[i], "pid", -1) != pid ||
		    !same_node(node, data_str(t->snap, t->index[i], "node")))
			continue;
		table_move_to(t, i, ui->mono_us);
		return ui_show_view(ui, (size_t)v) | EFFECT_PAINT;
	}
	(void)snprintf(filter, sizeof filter, "pid:=%lld", (long long)pid);
	if (table_set_filter(t, filter, &err) && t->def->wide_mode >= 0) {
		t->mode = t->def->wide_mode;
		runtime_set_wide(ui->rt, t->def->source, true);
		runtime_refresh(ui->rt, t->def->source);
	}
	return ui_show_view(ui, (size_t)v) | EFFECT_RECALC | EFFECT_PAINT;
}

static long find_statement(const struct snapshot *s, int64_t query_id, struct str shape)
{
	struct buf b;
	long found = -1;

	buf_init(&b, SHAPE_BYTES_MAX);
	for (size_t i = 0; s && i < s->nrows && found < 0; i++) {
		if (query_id != 0 && data_i64(s, i, "query_id", 0) == query_id)
			found = (long)i;
		buf_clear(&b);
		if (found < 0 && shape.len > 0) {
			sql_shape(&b, data_str(s, i, "query"));
			found = str_eq(buf_str(&b), shape) ? (long)i : -1;
		}
	}
	buf_release(&b);
	return found;
}

static bool select_row(struct ui *ui, struct pane *p, long row)
{
	struct table *t = &p->table;

	p->def->ops->recalc(ui, p);
	for (size_t i = 0; i < t->n; i++)
		if (t->index[i] == (uint32_t)row) {
			table_move_to(t, i, ui->mono_us);
			return true;
		}
	return false;
}

/* The words before the first value, looked for in a field. */
static bool filter_beginning(struct table *t, const char *field, struct str shape)
{
	char filter[BEGINNING_MAX + 24];
	struct err err;
	size_t n = 0;

	while (n < shape.len && n < BEGINNING_MAX && !strchr("?\"\\", shape.ptr[n]))
		n++;
	shape = str_trim(str_sub(shape, 0, n));
	if (shape.len < BEGINNING_MIN)
		return false;
	(void)snprintf(filter, sizeof filter, "%s:\"" STR_FMT "\"", field, STR_ARG(shape));
	return table_set_filter(t, filter, &err);
}

int jump_to_statement(struct ui *ui, int64_t query_id, struct str shape)
{
	int v = view_by_name("statements");
	struct pane *p = &ui->views[v].panes[0];
	const struct snapshot *s = store_good(ui->store, "statements");
	long row = find_statement(s, query_id, shape);
	struct err err;

	if (s && row < 0)
		return -1;
	if (!s && !filter_beginning(&p->table, "query", shape))
		return -1;
	/* what hides it gives way: the filter, then the mode of the last minute */
	if (s && !select_row(ui, p, row) && table_set_filter(&p->table, "", &err) && !select_row(ui, p, row)) {
		p->table.mode = !p->table.mode;
		(void)select_row(ui, p, row);
	}
	return ui_show_view(ui, (size_t)v) | EFFECT_RECALC | EFFECT_PAINT;
}

int jump_to_log(struct ui *ui, struct str statement)
{
	int v = view_by_name("logs");
	struct pane *p = &ui->views[v].panes[0];
	struct buf shape;
	bool ok;

	buf_init(&shape, SHAPE_BYTES_MAX);
	sql_shape(&shape, statement);
	ok = filter_beginning(&p->table, "shape", buf_str(&shape));
	buf_release(&shape);
	if (!ok) {
		ui_toast(ui, SEV_NOTICE,
			 "this statement begins with a value: its log entries cannot be told from others");
		return EFFECT_PAINT;
	}
	/* groups, or one group's entries, give way to all entries */
	while (p->def->ops->act(ui, p, ACTION_BACK) >= 0)
		;
	p->table.mode = 0;
	return ui_show_view(ui, (size_t)v) | EFFECT_RECALC | EFFECT_PAINT;
}

static int mode_by_name(const struct table *t, const char *name)
{
	for (int i = 0; t->def->modes && t->def->modes[i]; i++)
		if (strcmp(t->def->modes[i], name) == 0)
			return i;
	return 0;
}

/* A name that the filter's language could take for something else is left out: too many rows are better than none. */
static void add_term(struct buf *out, const char *field, struct str name)
{
	if (name.len > 0 && !memchr(name.ptr, '"', name.len) && !memchr(name.ptr, '\\', name.len))
		(void)buf_addf(out, " %s:\"" STR_FMT "\"", field, STR_ARG(name));
}

void jump_prepare_slow_log(struct ui *ui, const struct slow_log_wish *wish)
{
	struct pane *p = &ui->views[view_by_name("logs")].panes[0];
	struct table *t = &p->table;
	struct err err;
	struct buf b;

	/* groups, or one group's entries, give way to all entries */
	(void)table_set_filter(t, "", &err);
	while (p->def->ops->act(ui, p, ACTION_BACK) >= 0)
		;
	buf_init(&b, FILTER_TEXT_MAX);
	(void)buf_addf(&b, "duration_us:>=%lldms", (long long)wish->ms);
	add_term(&b, "user", wish->role);
	add_term(&b, "database", wish->database);
	(void)table_set_filter(t, buf_c(&b), &err);
	buf_release(&b);
	t->mode = mode_by_name(t, "slow");
	p->def->ops->recalc(ui, p);
	if (t->n > 0)
		table_move_to(t, t->n - 1, ui->mono_us);
}
