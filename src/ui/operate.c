/*
 * operate.c: what the preview and the jobs know and do; operate_draw.c draws them.
 *
 * The request that was previewed is the one that is sent: identity of the session or the table,
 * and the statement as shown, which the database layer compares with what it would send then. The
 * overlay is closed in the same turn in which a job starts, so no key can start it twice.
 */
#include "ui/operate.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "model/slow_log.h"
#include "runtime/command.h"
#include "ui/action.h"
#include "ui/operate_impl.h"

#include <math.h>
#include <stdio.h>

static struct operations_state *state_of(struct ui *ui)
{
	if (!ui->operations)
		ui->operations = xcalloc(1, sizeof *ui->operations);
	return ui->operations;
}

static void close_view(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;

	command_release(v->command);
	command_release(v->beside_command);
	snapshot_unref(v->preview);
	snapshot_unref(v->beside);
	*v = (struct operate_view){0};
	if (ui->overlay == OVERLAY_OPERATE)
		ui->overlay = OVERLAY_NONE;
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

static bool take_session(struct ui *ui, struct operate_view *v, const struct snapshot *s, size_t row)
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
		return data_i64(s, (size_t)row, "relation_oid", 0) > 0;
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

static int ask_for_table(struct ui *ui, const struct operation *op)
{
	int view = view_by_name("tables");

	ui_toast(ui, SEV_NOTICE, "%s: choose the table, then again", op->title);
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
	if (v->op->target == OPERATION_SESSION && (row < 0 || !take_session(ui, v, s, (size_t)row)))
		*ret_effects = say_no_session(ui, v->op);
	else if (v->op->target == OPERATION_TABLE && (row < 0 || !take_table(v, s, (size_t)row)))
		*ret_effects = ask_for_table(ui, v->op);
	else if (v->op->target == OPERATION_PREPARED && (row < 0 || !take_prepared(v, s, (size_t)row)))
		*ret_effects = say_no_prepared(ui, v->op);
	else
		return true;
	return false;
}

/* ---- the preview ---- */

static void add_number(struct command_arg *args, size_t *n, const char *name, int64_t value, char out[24])
{
	(void)snprintf(out, 24, "%lld", (long long)value);
	args[(*n)++] = (struct command_arg){name, str_c(out)};
}

struct numbers {
	char pid[24], backend_start[24], oid[24], blocks[24], admits[24], given[24], prepared[24], tier[24], job[24];
};

static size_t fill_args(const struct operate_view *v, struct command_arg *args, struct numbers *room)
{
	size_t n = 0;

	args[n++] = (struct command_arg){"operation", str_c(v->op->name)};
	if (operation_is_aws(v->op)) {
		args[n++] = (struct command_arg){"id", str_c(v->id)};
		args[n++] = (struct command_arg){"value", str_c(v->value)};
		add_number(args, &n, "admits", v->admits, room->admits);
		if (v->given_us)
			add_number(args, &n, "given", v->given_us, room->given);
		return n;
	}
	args[n++] = (struct command_arg){"database", str_c(v->database)};
	add_number(args, &n, "pid", v->pid, room->pid);
	add_number(args, &n, "backend_start", v->backend_start_at, room->backend_start);
	add_number(args, &n, "oid", v->oid, room->oid);
	add_number(args, &n, "blocks", v->blocks, room->blocks);
	args[n++] = (struct command_arg){"gid", str_c(v->id)};
	args[n++] = (struct command_arg){"value", str_c(v->value)};
	add_number(args, &n, "prepared_at", v->prepared_at, room->prepared);
	args[n++] = (struct command_arg){"override", str_c(v->override)};
	return n;
}

static int look(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;
	struct command_arg args[COMMAND_ARGS_MAX];
	struct numbers room;
	size_t n = fill_args(v, args, &room);

	snapshot_unref(v->beside);
	v->beside = NULL;
	v->tier = (int)v->op->tier;
	v->command = command_start(runtime_commands(ui->rt), operation_is_aws(v->op) ? "aws_preview" : "preview",
				   runtime_target_of(ui->rt, str_c(v->node)), args, n, &v->refused);
	/* AWS knows nothing of roles and statements */
	if (operation_is_aws(v->op) && slow_log_is(v->op->name))
		v->beside_command =
			command_start(runtime_commands(ui->rt), "slow_log_reach",
				      runtime_target_of(ui->rt, str_c(v->node)), args, n, &v->beside_refused);
	ui->overlay = OVERLAY_OPERATE;
	ui->overlay_scroll = 0;
	return EFFECT_PAINT;
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
	close_view(ui);
	ui->operations->view = *v;
	if (!v->op->asks)
		return look(ui);
	operate_ask_value(ui, &ui->operations->view);
	return EFFECT_PAINT;
}

/* Looks again, with what forbids it set aside; what that costs is in the new preview. */
static int set_aside(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;

	(void)snprintf(v->override, sizeof v->override, "%s", v->offers);
	snapshot_unref(v->preview);
	v->preview = NULL;
	v->offers[0] = '\0';
	v->cannot = false;
	return look(ui);
}

/* Looks again, at the one of the preview's choices that the digit stands for. */
static int choose(struct ui *ui, uint32_t key)
{
	struct operate_view *v = &ui->operations->view;
	size_t n = key - '1';

	if (key < '1' || key > '9' || n >= v->choices)
		return EFFECT_NONE;
	for (size_t i = 0; i < v->preview->nrows; i++) {
		const struct operation_row *row = snapshot_row(v->preview, i);

		if (str_eq_c(row->kind, "choice") && n-- == 0) {
			(void)snprintf(v->value, sizeof v->value, STR_FMT, STR_ARG(row->text));
			break;
		}
	}
	operate_name_object(v);
	snapshot_unref(v->preview);
	v->preview = NULL;
	v->choices = 0;
	v->cannot = false;
	return look(ui);
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

static int begin_server(struct ui *ui, struct operate_view *v)
{
	(void)snprintf(v->object, sizeof v->object, "%s",
		       v->op->statement[0] ? "pg_stat_statements" : "log_min_duration_statement");
	close_view(ui);
	ui->operations->view = *v;
	if (!v->op->asks)
		return look(ui);
	operate_ask_value(ui, &ui->operations->view);
	return EFFECT_PAINT;
}

int operate_begin(struct ui *ui, const struct operation *op)
{
	struct operations_state *st = state_of(ui);
	struct pane *p = ui_focused(ui);
	const struct snapshot *s = p && p->def->table ? p->table.snap : NULL;
	long row = s ? table_selected_row(&p->table) : -1;
	struct operate_view v = {.op = op = operation_here(ui, op)};
	int effects;

	if (target_is_read_only(runtime_target(ui->rt))) {
		ui_toast(ui, SEV_NOTICE, "%s: the console is read-only, nothing is changed", op->title);
		return EFFECT_PAINT;
	}
	if (operation_is_aws(op))
		return begin_aws(ui, &v, s, row);
	if (!take_target(ui, &v, s, row, &effects))
		return effects;
	if (op->target == OPERATION_SERVER)
		return begin_server(ui, &v);
	table_choose(&p->table);
	close_view(ui);
	st->view = v;
	return look(ui);
}

static void take_preview(struct operate_view *v, const struct snapshot *s)
{
	int64_t tier;

	v->preview = snapshot_ref(s);
	v->choices = 0;
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, "word"))
			(void)snprintf(v->word, sizeof v->word, STR_FMT, STR_ARG(row->text));
		else if (str_eq_c(row->kind, "statement"))
			(void)snprintf(v->statement, sizeof v->statement, STR_FMT, STR_ARG(row->text));
		else if (str_eq_c(row->kind, "tier") && parse_i64(row->text, &tier))
			v->tier = (int)tier;
		else if (str_eq_c(row->kind, "override"))
			(void)snprintf(v->offers, sizeof v->offers, STR_FMT, STR_ARG(row->text));
		v->choices += str_eq_c(row->kind, "choice");
		v->cannot |= str_eq_c(row->kind, "refuse");
	}
	v->cannot |= !v->word[0] || v->tier < TIER_REVERSIBLE || v->tier > TIER_DESTRUCTIVE;
}

/* Of a command that has ended: its rows, or why there are none. */
static void follow_beside(struct operate_view *v)
{
	const struct snapshot *s;

	if (!v->beside_command || command_running(v->beside_command))
		return;
	s = command_result(v->beside_command);
	if (s && s->state == SNAP_OK)
		v->beside = snapshot_ref(s);
	else if (s)
		v->beside_refused = s->err;
	else
		err_set(&v->beside_refused, ERR_CANCELLED, "it was given up");
	command_release(v->beside_command);
	v->beside_command = NULL;
}

static void follow_preview(struct operate_view *v)
{
	const struct snapshot *s;

	follow_beside(v);
	/* what is to be confirmed is shown whole */
	if (!v->op || !v->command || command_running(v->command) || v->beside_command)
		return;
	s = command_result(v->command);
	if (s && s->state == SNAP_OK)
		take_preview(v, s);
	else if (s)
		v->refused = s->err;
	else
		err_set(&v->refused, ERR_CANCELLED, "the preview was given up");
	command_release(v->command);
	v->command = NULL;
}

/* ---- jobs ---- */

static struct job *take_slot(struct operations_state *st)
{
	struct job *oldest = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &st->jobs[i];

		if (j->number == 0)
			return j;
		if (!j->command && (!oldest || j->number < oldest->number))
			oldest = j;
	}
	if (oldest)
		snapshot_unref(oldest->rows);
	return oldest;
}

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

static int run(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	struct operate_view *v = &st->view;
	struct command_arg args[COMMAND_ARGS_MAX];
	struct numbers room;
	struct job *j = take_slot(st);
	size_t n = fill_args(v, args, &room);
	struct err err = {0};

	CHECK(j && v->op);
	add_number(args, &n, "tier", v->tier, room.tier);
	add_number(args, &n, "job", st->last_number + 1, room.job);
	args[n++] = (struct command_arg){"statement", str_c(v->statement)};
	*j = (struct job){.number = ++st->last_number,
			  .op = v->op,
			  .done = (double)NAN,
			  .began_us = clock_wall_us(),
			  .generation = runtime_target(ui->rt)->generation};
	(void)snprintf(j->object, sizeof j->object, "%s", v->object);
	(void)snprintf(j->value, sizeof j->value, "%s", v->value);
	operate_watch_begin(ui, j);
	j->command = command_start(runtime_commands(ui->rt), run_by(v->op), runtime_target_of(ui->rt, str_c(v->node)),
				   args, n, &err);
	if (!j->command) {
		ui_toast(ui, SEV_WARN, "%s not run: %s", v->op->title, err.text);
		*j = (struct job){0};
	} else if (is_long(v->op)) {
		ui_toast(ui, SEV_OK, "job %lld: %s %s runs; :jobs shows it", (long long)j->number, v->op->title,
			 v->object);
	}
	close_view(ui);
	return EFFECT_PAINT | EFFECT_DEMAND;
}

enum severity operate_severity(int64_t severity)
{
	static const enum severity of[] = {SEV_OK, SEV_NOTICE, SEV_WARN, SEV_CRIT};

	return severity >= 0 && severity < (int64_t)ARRAY_LEN(of) ? of[severity] : SEV_UNKNOWN;
}

static void read_rows(struct ui *ui, struct job *j, const struct snapshot *s)
{
	bool outcome = false, had = j->outcome[0];

	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, "process")) {
			(void)!parse_i64(row->text, &j->pid);
		} else if (str_eq_c(row->kind, "phase")) {
			/* what shows the thing itself should not be behind what is said of it */
			if (!str_eq_c(row->text, j->phase))
				runtime_refresh(ui->rt, NULL);
			(void)snprintf(j->phase, sizeof j->phase, STR_FMT, STR_ARG(row->text));
		} else if (str_eq_c(row->kind, "done")) {
			(void)!parse_f64(row->text, &j->done);
		} else if (str_eq_c(row->kind, "outcome")) {
			(void)snprintf(j->outcome, sizeof j->outcome, STR_FMT, STR_ARG(row->text));
			j->severity = operate_severity(row->severity);
			outcome = true;
		}
	}
	/* a lease is in force long before its job ends */
	if (outcome && !had && (j->op->flags & OPERATION_LEASE) && command_at_work(j->command))
		ui_toast(ui, j->severity, "%s %s: %s%s", j->op->title, j->object, j->outcome,
			 operate_tail_begin(ui, j) ? "; 9 follows its lines" : "");
}

static void end_job(struct ui *ui, struct job *j)
{
	const struct snapshot *s = j->rows;

	j->ended_us = clock_wall_us();
	if (s && s->state != SNAP_OK) {
		(void)snprintf(j->outcome, sizeof j->outcome, "not run: %s", s->err.text);
		j->severity = SEV_WARN;
	} else if (!j->outcome[0]) {
		(void)snprintf(j->outcome, sizeof j->outcome, "%s",
			       j->stopped[0]   ? j->stopped
			       : j->cancelling ? "cancelled; :audit has its end"
					       : "it ended without an outcome; see :audit");
		j->severity = j->cancelling ? SEV_NOTICE : SEV_WARN;
	}
	ui_toast(ui, j->severity == SEV_NOTICE ? SEV_OK : j->severity, "%s %s: %s", j->op->title, j->object,
		 j->outcome);
	command_release(j->command);
	j->command = NULL;
	/* where the log is on screen, its outcome stands there at once */
	runtime_refresh(ui->rt, "audit");
	runtime_refresh(ui->rt, "leases");
	/* nor should what it has changed, or has taken back, be seen late */
	if (operation_is_aws(j->op))
		runtime_refresh(ui->rt, NULL);
}

static void follow_job(struct ui *ui, struct job *j)
{
	const struct snapshot *s;

	if (!j->command)
		return;
	operate_watch_outage(ui, j);
	s = command_result(j->command);
	if (s && s != j->rows) {
		snapshot_unref(j->rows);
		j->rows = snapshot_ref(s);
		if (s->state == SNAP_OK)
			read_rows(ui, j, s);
	}
	/* that it was told to stop is no end */
	if (!command_at_work(j->command))
		end_job(ui, j);
}

void operate_follow(struct ui *ui)
{
	(void)state_of(ui);
	operate_look_for_left(ui);
	follow_preview(&ui->operations->view);
	for (size_t i = 0; i < JOBS_MAX; i++)
		follow_job(ui, &ui->operations->jobs[i]);
	operate_watch(ui);
	operate_tail(ui);
}

size_t jobs_running(const struct ui *ui)
{
	size_t n = 0;

	for (size_t i = 0; ui->operations && i < JOBS_MAX; i++)
		n += ui->operations->jobs[i].command != NULL;
	return n;
}

const struct job *jobs_nth(const struct ui *ui, size_t n)
{
	int64_t number = ui->operations ? ui->operations->last_number - (int64_t)n : 0;

	for (size_t i = 0; number > 0 && i < JOBS_MAX; i++)
		if (ui->operations->jobs[i].number == number)
			return &ui->operations->jobs[i];
	return NULL;
}

double jobs_progress(const struct ui *ui, const struct job *j, struct str *ret_phase)
{
	const struct snapshot *s = store_good(ui->store, "progress");

	*ret_phase = str_c(j->phase);
	if (operation_is_aws(j->op) || (j->op->flags & OPERATION_LEASE))
		return j->done;
	/* of another cluster the same process is another one */
	if (j->generation != runtime_target(ui->rt)->generation)
		return (double)NAN;
	for (size_t i = 0; s && j->pid && i < s->nrows; i++)
		if (data_i64(s, i, "pid", 0) == j->pid) {
			*ret_phase = data_str(s, i, "phase");
			return data_f64(s, i, "done_ratio");
		}
	return (double)NAN;
}

/* ---- cancelling ---- */

static struct job *cancellable(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	const struct job *selected = st ? jobs_nth(ui, st->selected) : NULL;

	for (size_t i = 0; st && i < JOBS_MAX; i++)
		if (&st->jobs[i] == selected && selected->command && ui->overlay == OVERLAY_JOBS)
			return &st->jobs[i];
	if (ui->overlay == OVERLAY_JOBS)
		return NULL;
	for (size_t i = 0; st && i < JOBS_MAX; i++)
		if (st->jobs[i].command && jobs_running(ui) == 1)
			return &st->jobs[i];
	return NULL;
}

static int cancel_now(struct ui *ui)
{
	struct job *j = cancellable(ui);

	if (!j)
		return EFFECT_PAINT;
	j->cancelling = true;
	command_cancel(j->command);
	return EFFECT_PAINT;
}

int jobs_cancel(struct ui *ui)
{
	const struct job *j = cancellable(ui);
	struct dialog *d = &ui->dialog;

	if (!j) {
		ui_toast(ui, SEV_NOTICE, jobs_running(ui) ? "choose the job in :jobs" : "no job is running");
		return EFFECT_PAINT;
	}
	*d = (struct dialog){.open = true, .title = "Cancel the job?", .yes = cancel_now};
	(void)snprintf(d->what, sizeof d->what, "job %lld: %s %s", (long long)j->number, j->op->title, j->object);
	if (j->op->flags & OPERATION_LEASE)
		(void)snprintf(d->effect, sizeof d->effect, "It is taken back now.");
	else if (operation_is_aws(j->op))
		(void)snprintf(d->effect, sizeof d->effect, "It is no longer watched; AWS goes on with it.");
	else
		(void)snprintf(d->effect, sizeof d->effect, "The server is told to cancel it. Undo: %s.", j->op->undo);
	return EFFECT_PAINT;
}

static int quit_now(struct ui *ui)
{
	(void)ui;
	return EFFECT_QUIT;
}

static bool leases_held(const struct ui *ui)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (ui->operations->jobs[i].command && (ui->operations->jobs[i].op->flags & OPERATION_LEASE))
			return true;
	return false;
}

int operate_quit(struct ui *ui)
{
	struct dialog *d = &ui->dialog;
	size_t n = jobs_running(ui);

	if (n == 0)
		return EFFECT_QUIT;
	*d = (struct dialog){.open = true, .title = "Quit while jobs run?", .yes = quit_now};
	(void)snprintf(d->what, sizeof d->what, n == 1 ? "1 job is running" : "%zu jobs are running", n);
	if (leases_held(ui))
		(void)snprintf(d->effect, sizeof d->effect,
			       "Quitting cancels what runs on the server and takes back what was changed for a time. "
			       "Both go to the audit log.");
	else
		(void)snprintf(d->effect, sizeof d->effect,
			       "Quitting cancels %s on the server and writes that to the audit log.",
			       n == 1 ? "it" : "them");
	return EFFECT_PAINT;
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
	close_view(ui);
	return EFFECT_PAINT;
}

static int value_key(struct ui *ui, uint32_t key)
{
	bool given;
	int effects = operate_value_key(&ui->operations->view, key, &given);

	return given ? look(ui) : effects;
}

int operate_key(struct ui *ui, uint32_t key)
{
	struct operate_view *v = &ui->operations->view;

	if (v->asking && key != K_ESC && key != K_CTRL_C)
		return value_key(ui, key);
	if (ui->pasting)
		return EFFECT_NONE;
	if (key == K_ESC || key == K_CTRL_C) {
		close_view(ui);
		return EFFECT_PAINT;
	}
	if (key == K_UP || key == K_DOWN) {
		ui->overlay_scroll += key == K_DOWN ? 1 : ui->overlay_scroll > 0 ? -1 : 0;
		return EFFECT_PAINT;
	}
	if (!v->preview || v->cannot)
		return v->offers[0] && key == 'O' ? set_aside(ui) : choose(ui, key);
	return answer_key(ui, key);
}

int jobs_key(struct ui *ui, uint32_t key)
{
	struct operations_state *st = state_of(ui);

	switch (action_of_key(key)) {
	case ACTION_DOWN:
		st->selected += jobs_nth(ui, st->selected + 1) != NULL;
		return EFFECT_PAINT;
	case ACTION_UP:
		st->selected -= st->selected > 0;
		return EFFECT_PAINT;
	case ACTION_CANCEL_JOB:
		return jobs_cancel(ui);
	case ACTION_BACK:
	case ACTION_QUIT:
	case ACTION_DETAIL:
		ui->overlay = OVERLAY_NONE;
		return EFFECT_PAINT;
	default:
		return EFFECT_NONE;
	}
}

void operate_release(struct ui *ui)
{
	if (!ui->operations)
		return;
	close_view(ui);
	/* what still runs belongs to the runtime, which cancels it when it stops */
	for (size_t i = 0; i < JOBS_MAX; i++)
		snapshot_unref(ui->operations->jobs[i].rows);
	xfree(ui->operations);
	ui->operations = NULL;
}
