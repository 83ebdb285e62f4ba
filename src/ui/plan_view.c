/*
 * plan_view.c: what the plan overlay knows and does; plan_draw.c draws it.
 *
 * One plan at a time. The request is kept, because the command may answer "ask first":
 * then a dialog says why, and yes sends the same request with consent. Nothing is sent
 * again by itself.
 */
#include "ui/plan_view.h"

#include "base/xalloc.h"
#include "model/sqltext.h"
#include "runtime/command.h"
#include "ui/action.h"
#include "ui/plan_view_impl.h"

#include <stdio.h>

/* What a terminal takes by OSC 52 (term.h). */
#define COPY_BYTES_MAX 56000
#define REQUEST_TEXT_MAX (2u << 20)

static void forget_result(struct plan_view *v)
{
	command_release(v->command);
	v->command = NULL;
	snapshot_unref(v->result);
	v->result = NULL;
	err_clear(&v->refused);
	buf_clear(&v->text);
}

static void add_number(struct command_arg *args, size_t *n, const char *name, int64_t value, char out[24])
{
	if (value == 0)
		return;
	(void)snprintf(out, 24, "%lld", (long long)value);
	args[(*n)++] = (struct command_arg){name, str_c(out)};
}

static int start(struct ui *ui)
{
	struct plan_view *v = ui->plan;
	char query_id[24], pid[24], backend_start[24], query_start[24];
	struct command_arg args[COMMAND_ARGS_MAX];
	size_t n = 0;

	forget_result(v);
	(void)sql_mask_secrets(&v->text, buf_str(&v->asked));
	args[n++] = (struct command_arg){"database", buf_str(&v->database)};
	args[n++] = (struct command_arg){"role", buf_str(&v->role)};
	args[n++] = (struct command_arg){"text", buf_str(&v->asked)};
	args[n++] = (struct command_arg){"whole", v->request.whole ? STR("1") : STR("")};
	args[n++] = (struct command_arg){"consent", v->consent ? STR("1") : STR("")};
	args[n++] = (struct command_arg){"fresh", v->fresh ? STR("1") : STR("")};
	add_number(args, &n, "query_id", v->request.query_id, query_id);
	add_number(args, &n, "pid", v->request.pid, pid);
	add_number(args, &n, "backend_start", v->request.backend_start_at, backend_start);
	add_number(args, &n, "query_start", v->request.query_start_at, query_start);
	v->command = command_start(runtime_commands(ui->rt), "explain",
				   runtime_target_of(ui->rt, str_c(v->request.node)), args, n, &v->refused);
	return EFFECT_PAINT;
}

static struct plan_view *plan_of(struct ui *ui)
{
	struct plan_view *v = ui->plan;

	if (v)
		return v;
	ui->plan = v = xcalloc(1, sizeof *v);
	buf_init(&v->database, 1024);
	buf_init(&v->role, 1024);
	buf_init(&v->asked, REQUEST_TEXT_MAX);
	buf_init(&v->text, REQUEST_TEXT_MAX * 2);
	return v;
}

int plan_open(struct ui *ui, const struct explain_request *request)
{
	struct plan_view *v = plan_of(ui);

	v->request = *request;
	buf_clear(&v->database);
	buf_clear(&v->role);
	buf_clear(&v->asked);
	(void)buf_add_str(&v->database, request->database);
	(void)buf_add_str(&v->role, request->role);
	(void)buf_add_str(&v->asked, request->text);
	v->request.database = v->request.role = v->request.text = STR("");
	v->consent = v->fresh = false;
	v->below = ui->overlay == OVERLAY_PLAN ? v->below : ui->overlay;
	v->below_scroll = ui->overlay_scroll;
	ui->overlay = OVERLAY_PLAN;
	ui->overlay_scroll = 0;
	return start(ui);
}

int plan_explain(struct ui *ui)
{
	struct pane *p = ui_focused(ui);
	struct explain_request request = {0};

	if (!p || !p->def->ops->explain)
		ui_toast(ui, SEV_NOTICE, "no plan: only a session, a statement or a log line has one");
	else if (!p->def->ops->explain(ui, p, &request))
		ui_toast(ui, SEV_NOTICE, "no plan: %s", request.about[0] ? request.about : "no row is selected");
	else
		return plan_open(ui, &request);
	return EFFECT_PAINT;
}

/* ---- consent ---- */

static int consent(struct ui *ui)
{
	ui->plan->consent = true;
	return start(ui);
}

static int decline(struct ui *ui)
{
	plan_close(ui);
	return EFFECT_PAINT;
}

static void ask_consent(struct ui *ui, const struct err *why)
{
	struct dialog *d = &ui->dialog;

	*d = (struct dialog){.open = true, .title = "Plan as a powerful role?", .yes = consent, .no = decline};
	(void)snprintf(d->what, sizeof d->what, "EXPLAIN runs code: %s", why->text);
	(void)snprintf(
		d->effect, sizeof d->effect,
		"The transaction is read-only and rolled back, and the statement is not executed; a function in it "
		"can all the same signal other sessions. Safe with statements you trust; else connect as a role with "
		"pg_monitor.");
}

/* ---- the result ---- */

static void take(struct ui *ui, const struct snapshot *s)
{
	struct plan_view *v = ui->plan;

	snapshot_unref(v->result);
	v->result = snapshot_ref(s);
	if (s->state == SNAP_OK) {
		snapshot_unref(ui->known_plan);
		ui->known_plan = snapshot_ref(s);
		ui->known_plan_query_id = v->request.query_id;
		ui->known_plan_pid = v->request.pid;
		buf_clear(&v->text);
		(void)sql_mask_secrets(&v->text, ((const struct plan_row *)snapshot_row(s, 0))->query);
	} else if (strcmp(s->err.id, PLAN_CONSENT) == 0 && !v->consent) {
		ask_consent(ui, &s->err);
	}
}

const struct snapshot *plan_known(const struct ui *ui, int64_t query_id, int64_t pid)
{
	bool same = query_id != 0 ? ui->known_plan_query_id == query_id
				  : pid != 0 && ui->known_plan_query_id == 0 && ui->known_plan_pid == pid;

	return same ? ui->known_plan : NULL;
}

void plan_follow(struct ui *ui)
{
	struct plan_view *v = ui->plan;
	const struct snapshot *s;

	if (!v || !v->command || command_running(v->command))
		return;
	s = command_result(v->command);
	if (s)
		take(ui, s);
	else
		err_set(&v->refused, ERR_CANCELLED, "cancelled");
	command_release(v->command);
	v->command = NULL;
}

int plan_again(struct ui *ui)
{
	struct plan_view *v = ui->plan;

	if (!v || v->command)
		return EFFECT_NONE;
	v->fresh = true;
	return start(ui);
}

int plan_copy(struct ui *ui)
{
	const struct plan_view *v = ui->plan;

	if (!v || !v->result || v->result->state != SNAP_OK)
		return EFFECT_NONE;
	buf_clear(&ui->copy);
	if (plan_write(&ui->copy, v->result, true) && ui->copy.len <= COPY_BYTES_MAX) {
		ui_toast(ui, SEV_OK, "plan copied, literals masked (if your terminal allows it)");
		return EFFECT_PAINT;
	}
	buf_clear(&ui->copy);
	ui_toast(ui, SEV_WARN, "not copied: the plan is longer than a terminal takes");
	return EFFECT_PAINT;
}

void plan_close(struct ui *ui)
{
	struct plan_view *v = ui->plan;

	ui->dialog.open = false;
	if (!v)
		return;
	if (ui->overlay == OVERLAY_PLAN) {
		ui->overlay = v->below;
		ui->overlay_scroll = v->below_scroll;
	}
	forget_result(v);
	buf_release(&v->database);
	buf_release(&v->role);
	buf_release(&v->asked);
	buf_release(&v->text);
	xfree(v);
	ui->plan = NULL;
}
