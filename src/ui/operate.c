/*
 * operate.c: what an operation is for, the keys of its preview, and the start of the job. operate_preview.c has what is
 * known before, operate_jobs.c what follows; operate_draw.c draws both.
 *
 * The request that was previewed is the one that is sent: identity of the session or the table,
 * and the statement as shown, which the database layer compares with what it would send then. The
 * overlay is closed in the same turn in which a job starts, so no key can start it twice.
 */
#include "ui/operate.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/command.h"
#include "ui/action.h"
#include "ui/operate_impl.h"

#include <math.h>
#include <stdio.h>

#define PAGE_ROWS 10

struct operations_state *operate_state(struct ui *ui)
{
	if (!ui->operations)
		ui->operations = xcalloc(1, sizeof *ui->operations);
	return ui->operations;
}

/* ---- the target ---- */

/* Row of a session in the newest sample. */
static long find_session(const struct snapshot *s, int64_t pid, struct str node)
{
	for (size_t i = 0; s && i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == pid && (node.len == 0 || str_eq(data_str(s, i, "node"), node)))
			return (long)i;
	return -1;
}

bool operate_take_session(struct ui *ui, struct operate_view *v, const struct snapshot *s, size_t row)
{
	int64_t pid = data_i64(s, row, "pid", 0);
	struct str node = data_str(s, row, "node");

	/* other panes name a session by its process alone; the sample knows when it connected */
	if (pid > 0 && data_i64(s, row, "backend_start_at", 0) == 0) {
		const struct snapshot *sessions = store_good(ui->store, "sessions");
		long at = find_session(sessions, pid, node);

		/* a log entry of before it connected was written by another session with the same number */
		if (at < 0 || data_i64(s, row, "at", INT64_MAX) < data_i64(sessions, (size_t)at, "backend_start_at", 0))
			return false;
		s = sessions;
		row = (size_t)at;
	}
	v->pid = pid;
	v->backend_start_at = data_i64(s, row, "backend_start_at", 0);
	v->blocks = data_i64(s, row, "blocks", 0);
	(void)snprintf(v->node, sizeof v->node, STR_FMT, STR_ARG(node));
	(void)snprintf(v->object, sizeof v->object, "session %lld", (long long)pid);
	return v->pid > 0 && v->backend_start_at > 0;
}

static bool take_table(struct operate_view *v, const struct snapshot *s, size_t row)
{
	struct str relation = data_str(s, row, "relation"), database = data_str(s, row, "database");

	v->oid = data_i64(s, row, "relation_oid", 0);
	(void)snprintf(v->database, sizeof v->database, STR_FMT, STR_ARG(database));
	(void)snprintf(v->object, sizeof v->object, STR_FMT, STR_ARG(relation));
	return v->oid > 0 && relation.len > 0;
}

/* In the lock trees; one whose name is not read yet cannot be acted on. */
static bool take_prepared(struct operate_view *v, const struct snapshot *s, size_t row)
{
	struct str gid = data_str(s, row, "gid"), database = data_str(s, row, "database");

	v->prepared_at = data_i64(s, row, "prepared_at", 0);
	v->blocks = data_i64(s, row, "victims", 0);
	(void)snprintf(v->id, sizeof v->id, STR_FMT, STR_ARG(gid));
	(void)snprintf(v->database, sizeof v->database, STR_FMT, STR_ARG(database));
	(void)snprintf(v->node, sizeof v->node, STR_FMT, STR_ARG(data_str(s, row, "node")));
	(void)snprintf(v->object, sizeof v->object, STR_FMT, STR_ARG(gid));
	return v->prepared_at > 0 && gid.len > 0 && gid.len < sizeof v->id && database.len > 0;
}

static bool is_database_row(const struct operation *op, const struct snapshot *s, long row)
{
	return op->target == OPERATION_TABLE && row >= 0 &&
	       (str_eq_c(str_c(s->source), "databases") || str_eq_c(str_c(s->source), "database_sizes"));
}

bool operate_has_target(const struct ui *ui, int action)
{
	const struct operation *op = operation_find(str_c(actions[action].name));
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;
	const struct snapshot *s = p && p->def->table ? p->table.snap : NULL;
	long row = s ? table_selected_row(&p->table) : -1;

	if (row < 0 || !op)
		return false;
	switch (op->target) {
	case OPERATION_SESSION:
		return data_i64(s, (size_t)row, "pid", 0) > 0;
	case OPERATION_TABLE:
		return data_i64(s, (size_t)row, "relation_oid", 0) > 0 || is_database_row(op, s, row);
	case OPERATION_PREPARED:
		return data_i64(s, (size_t)row, "prepared_at", 0) > 0;
	case OPERATION_CLUSTER:
		return str_eq_c(str_c(p->def->table->source), "snapshots");
	case OPERATION_SERVER:
	case OPERATION_INSTANCE:
	case OPERATION_SNAPSHOT:
	case OPERATION_GROUP:
	case OPERATION_RULE:
		return false;
	}
	return false;
}

/* Where AWS is not asked, the server itself lends its slow log; it has the same names. */
static const struct operation *operation_here(const struct ui *ui, const struct operation *op)
{
	char name[64];
	const struct operation *here;

	/* what is left says who takes it back */
	if (str_eq_c(str_c(op->name), "restore") && operate_restore_of(ui))
		return operate_restore_of(ui);
	if (runtime_target(ui->rt)->aws)
		return op;
	(void)snprintf(name, sizeof name, "server %s", op->name);
	here = operation_find(str_c(name));
	return here ? here : op;
}

/* What a row of a source stands for, where the row itself is not what is changed. */
static const struct {
	const char *source, *operations;
} places[] = {
	{"clusters", "create snapshot,failover,reboot,stop cluster,start cluster,backup retention,backup window,"
		     "maintenance window,apply maintenance,defer maintenance,slow log"},
	{"snapshots", "create snapshot,delete snapshot,backup retention,backup window"},
	{"pending_maintenance", "apply maintenance,defer maintenance,maintenance window"},
	{"security_group_rules", "allow address,revoke rule"},
	{"security_groups", "allow address"},
	{"parameters", "slow log"},
	{"logs", "slow log,slow log role,slow log database"},
	{"statements", "slow log,slow log role,slow log database,reset statistics"},
};

/* What acts on the open cluster is not for the row of another one. */
static bool is_of_another_cluster(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *s = p->def->table ? p->table.snap : NULL;
	long row = s ? table_selected_row(&p->table) : -1;

	return row >= 0 && str_eq_c(str_c(p->def->table->source), "clusters") &&
	       !str_eq_c(data_str(s, (size_t)row, "identifier"), runtime_target(ui->rt)->cluster);
}

bool operate_fits(const struct ui *ui, int action)
{
	const struct operation *op = operation_find(str_c(actions[action].name));
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;
	const struct store_entry *e = p ? pane_entry(ui, p) : NULL;
	struct str source = str_c(p && p->def->table ? p->def->table->source : e ? e->source->name : "");

	if (!op || (operation_is_aws(operation_here(ui, op)) && !runtime_target(ui->rt)->aws))
		return false;
	if (op->target != OPERATION_CLUSTER && operate_has_target(ui, action))
		return true;
	for (size_t i = 0; p && i < ARRAY_LEN(places); i++)
		if (str_eq_c(source, places[i].source))
			return data_list_has(str_c(places[i].operations), str_c(op->name)) &&
			       !is_of_another_cluster(ui, p);
	return false;
}

bool operate_aim(const struct ui *ui, int action, char out[32])
{
	const struct operation *op = operation_find(str_c(actions[action].name));
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;
	size_t rows[OPERATION_MANY_MAX], n;
	long row;

	if (actions[action].group != GROUP_CHANGE || !op || op->target != OPERATION_SESSION ||
	    !operate_has_target(ui, action))
		return false;
	n = operate_tagged(p, rows);
	if (n > 1) {
		(void)snprintf(out, 32, "%zu tagged", n);
		return true;
	}
	row = n == 1 ? (long)rows[0] : table_selected_row(&p->table);
	(void)snprintf(out, 32, "%lld", (long long)data_i64(p->table.snap, (size_t)row, "pid", 0));
	return true;
}

static int ask_for_table(struct ui *ui, const struct operation *op)
{
	int view = view_by_name("tables");

	ui_toast(ui, SEV_NOTICE, "%s: choose the table, then again; Tab then takes its schema, or the database",
		 op->title);
	return view >= 0 ? ui_show_view(ui, (size_t)view) | EFFECT_PAINT : EFFECT_PAINT;
}

static int say_no_session(struct ui *ui, const struct operation *op)
{
	ui_toast(ui, SEV_NOTICE, "%s: no session is selected here; Activity and Locks have them", op->title);
	return EFFECT_PAINT;
}

static int say_no_prepared(struct ui *ui, const struct operation *op)
{
	ui_toast(ui, SEV_NOTICE, "%s: no prepared transaction is selected here; Locks has those that block others",
		 op->title);
	return EFFECT_PAINT;
}

/* What the operation acts on; false when it is not selected here: then it was said, *ret_effects are of that. */
static bool take_target(struct ui *ui, struct operate_view *v, const struct snapshot *s, long row, int *ret_effects)
{
	if (v->op->target == OPERATION_SESSION && (row < 0 || !operate_take_session(ui, v, s, (size_t)row)))
		*ret_effects = say_no_session(ui, v->op);
	else if (v->op->target == OPERATION_TABLE && (row < 0 || !take_table(v, s, (size_t)row)))
		*ret_effects = ask_for_table(ui, v->op);
	else if (v->op->target == OPERATION_PREPARED && (row < 0 || !take_prepared(v, s, (size_t)row)))
		*ret_effects = say_no_prepared(ui, v->op);
	else
		return true;
	return false;
}

int operate_show(struct ui *ui, const struct operate_view *v)
{
	struct operate_view next = *v;

	(void)operate_state(ui);
	operate_close(ui);
	ui->operations->view = next;
	return operate_look_at(ui);
}

bool operate_is_forbidden(struct ui *ui, const struct operation *op)
{
	if (target_is_read_only(runtime_target(ui->rt)))
		ui_toast(ui, SEV_NOTICE, "%s: the console is read-only, nothing is changed", op->title);
	return target_is_read_only(runtime_target(ui->rt));
}

static int begin_aws(struct ui *ui, struct operate_view *v, const struct snapshot *s, long row)
{
	const char *where;

	if (!operate_take_aws(ui, v, s, row, &where)) {
		int view = where ? view_by_name(where) : -1;

		if (view < 0)
			return EFFECT_PAINT;
		ui_toast(ui, SEV_NOTICE, "%s: choose it here, then again", v->op->title);
		return ui_show_view(ui, (size_t)view) | EFFECT_PAINT;
	}
	operate_close(ui);
	ui->operations->view = *v;
	if (!v->op->asks)
		return operate_look_at(ui);
	operate_ask_value(ui, &ui->operations->view);
	return EFFECT_PAINT;
}

static int begin_server(struct ui *ui, struct operate_view *v)
{
	(void)snprintf(v->object, sizeof v->object, "%s",
		       v->op->statement[0] ? "pg_stat_statements" : "log_min_duration_statement");
	operate_close(ui);
	ui->operations->view = *v;
	if (!v->op->asks)
		return operate_look_at(ui);
	operate_ask_value(ui, &ui->operations->view);
	return EFFECT_PAINT;
}

/* All that are tagged in the pane; one that is tagged alone counts like one that is selected. False: none is. */
static bool take_tagged(struct ui *ui, struct operate_view *v, const struct pane *p, long *ret_row)
{
	size_t rows[OPERATION_MANY_MAX], n;

	if (v->op->target != OPERATION_SESSION || !p || !p->def->table)
		return false;
	n = operate_tagged(p, rows);
	if (n == 1)
		*ret_row = (long)rows[0];
	if (n < 2)
		return false;
	operate_many_take(ui, v, p->table.snap, rows, n);
	return true;
}

int operate_begin(struct ui *ui, const struct operation *op)
{
	struct pane *p = ui_focused(ui);
	const struct snapshot *s = p && p->def->table ? p->table.snap : NULL;
	long row = s ? table_selected_row(&p->table) : -1;
	struct operate_view v = {.op = op = operation_here(ui, op)};
	int effects;

	(void)operate_state(ui);
	if (operate_is_forbidden(ui, op))
		return EFFECT_PAINT;
	if (operation_is_aws(op))
		return begin_aws(ui, &v, s, row);
	if (is_database_row(op, s, row))
		return operate_begin_on(ui, op, SCOPE_DATABASE, data_str(s, (size_t)row, "name"));
	if (!take_tagged(ui, &v, p, &row) && !take_target(ui, &v, s, row, &effects))
		return effects;
	if (op->target == OPERATION_SERVER)
		return begin_server(ui, &v);
	table_choose(&p->table);
	return operate_show(ui, &v);
}

/* ---- the run ---- */

static const char *run_by(const struct operation *op)
{
	if (operation_is_aws(op))
		return "aws_change";
	if (op->target == OPERATION_TABLE)
		return "maintain";
	return op->target == OPERATION_SESSION ? "signal" : "server_change";
}

static bool is_long(const struct operation *op)
{
	return operation_is_aws(op) || op->target == OPERATION_TABLE || (op->flags & OPERATION_LEASE);
}

/* Of several: on their first node. */
static void start_many(struct ui *ui, struct operate_view *v, struct job *j, struct err *err)
{
	j->many = v->many;
	v->many = NULL;
	operate_many_confirm(j->many, v->statement, v->tier);
	if (operate_many_run(ui, j, err))
		return;
	operate_many_free(j->many);
	j->many = NULL;
}

static int run(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	struct operate_view *v = &st->view;
	struct command_arg args[COMMAND_ARGS_MAX];
	struct operate_numbers room;
	struct job *j = operate_job_slot(st);
	size_t n = operate_fill_args(v, args, &room);
	struct err err = {0};

	CHECK(j && v->op);
	operate_add_number(args, &n, "tier", v->tier, room.tier);
	operate_add_number(args, &n, "job", st->last_number + 1, room.job);
	args[n++] = (struct command_arg){"statement", v->statement};
	*j = (struct job){.number = ++st->last_number,
			  .op = v->op,
			  .scope = v->scope,
			  .oid = v->oid,
			  .done = (double)NAN,
			  .began_us = clock_wall_us(),
			  .generation = runtime_target(ui->rt)->generation};
	memcpy(j->object, v->object, sizeof j->object);
	memcpy(j->node, v->node, sizeof j->node);
	memcpy(j->database, v->database, sizeof j->database);
	memcpy(j->value, v->value, sizeof j->value);
	operate_watch_begin(ui, j);
	if (v->many)
		start_many(ui, v, j, &err);
	else
		j->command = command_start(runtime_commands(ui->rt), run_by(v->op),
					   runtime_target_of(ui->rt, str_c(v->node)), args, n, &err);
	if (!j->command) {
		ui_toast(ui, SEV_WARN, "%s not run: %s", v->op->title, err.text);
		*j = (struct job){0};
		st->last_number--;
	} else if (is_long(v->op)) {
		ui_toast(ui, SEV_OK, "job %lld: %s %s runs; :jobs shows it", (long long)j->number, v->op->title,
			 v->object);
	}
	operate_close(ui);
	return EFFECT_PAINT | EFFECT_DEMAND;
}

void operate_follow(struct ui *ui)
{
	if (!operate_state(ui)->leaving) {
		operate_find_leases(ui);
		operate_find_jobs(ui);
		operate_follow_preview(ui);
	}
	for (size_t i = 0; i < JOBS_MAX; i++)
		operate_job_follow(ui, &ui->operations->jobs[i]);
	if (ui->operations->leaving)
		return;
	operate_watch(ui);
	operate_tail(ui);
}

/* ---- keys ---- */

bool operate_is_named(const struct operate_view *v)
{
	return v->word[0] && str_eq_c(str_c(v->word), v->field.text);
}

static int confirm_key(struct ui *ui, uint32_t key)
{
	struct operate_view *v = &ui->operations->view;

	if (v->named)
		return key == 'D' ? run(ui) : EFFECT_NONE;
	if (key != K_ENTER) {
		if (!prompt_edit(&v->field, key))
			return EFFECT_NONE;
		v->typed_mono_us = ui->mono_us;
		return EFFECT_PAINT;
	}
	/* an Enter that comes with the text was meant for something else */
	if (!operate_is_named(v) || ui->mono_us - v->typed_mono_us < ENTER_REST_US)
		return EFFECT_NONE;
	if (v->tier < TIER_DESTRUCTIVE)
		return run(ui);
	v->named = true;
	return EFFECT_PAINT;
}

static int answer_key(struct ui *ui, uint32_t key)
{
	if (ui->operations->view.tier > TIER_REVERSIBLE)
		return confirm_key(ui, key);
	if (key == 'y')
		return run(ui);
	if (key != 'n')
		return EFFECT_NONE;
	operate_close(ui);
	return EFFECT_PAINT;
}

static int value_key(struct ui *ui, uint32_t key)
{
	bool given;
	int effects = operate_value_key(&ui->operations->view, key, &given);

	return given ? operate_look_at(ui) : effects;
}

static bool scroll_key(struct ui *ui, uint32_t key)
{
	int by = key == K_UP ? -1 : key == K_DOWN ? 1 : key == K_PGUP ? -PAGE_ROWS : key == K_PGDN ? PAGE_ROWS : 0;

	ui->overlay_scroll += by;
	if (ui->overlay_scroll < 0)
		ui->overlay_scroll = 0;
	return by != 0;
}

int operate_key(struct ui *ui, uint32_t key)
{
	struct operate_view *v = &ui->operations->view;

	if (v->asking && key != K_ESC && key != K_CTRL_C)
		return value_key(ui, key);
	if (ui->pasting)
		return EFFECT_NONE;
	if (key == K_ESC || key == K_CTRL_C) {
		operate_close(ui);
		return EFFECT_PAINT | EFFECT_DEMAND;
	}
	if (scroll_key(ui, key))
		return EFFECT_PAINT;
	if (key == K_TAB)
		return operate_widen(ui);
	if (!v->preview || v->cannot)
		return v->offers[0] && key == 'O' ? operate_set_aside(ui) : operate_choose(ui, key);
	return answer_key(ui, key);
}

void operate_release(struct ui *ui)
{
	if (!ui->operations)
		return;
	operate_close(ui);
	command_release(ui->operations->look.command);
	/* what still runs belongs to the runtime, which cancels it when it stops */
	for (size_t i = 0; i < JOBS_MAX; i++) {
		snapshot_unref(ui->operations->jobs[i].rows);
		operate_many_free(ui->operations->jobs[i].many);
	}
	xfree(ui->operations);
	ui->operations = NULL;
}
