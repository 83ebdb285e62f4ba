/*
 * operate_preview.c: the preview: what is asked of the server or of AWS, and what the answer comes to.
 *
 * A preview is a command; its rows say what would be sent and what speaks against it. It is looked for again when a
 * choice is made, when what forbids it is set aside, or when what was not known has come. The arguments of the preview
 * are those of the run, so that nothing else runs than what was shown.
 */
#include "base/parse.h"
#include "model/slow_log.h"
#include "runtime/command.h"
#include "ui/operate_impl.h"

#include <stdio.h>

void operate_close(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;

	command_release(v->command);
	command_release(v->beside_command);
	snapshot_unref(v->preview);
	snapshot_unref(v->beside);
	operate_many_free(v->many);
	*v = (struct operate_view){0};
	if (ui->overlay == OVERLAY_OPERATE)
		ui->overlay = OVERLAY_NONE;
}

void operate_add_number(struct command_arg *args, size_t *n, const char *name, int64_t value, char out[24])
{
	(void)snprintf(out, 24, "%lld", (long long)value);
	args[(*n)++] = (struct command_arg){name, str_c(out)};
}

size_t operate_fill_args(const struct operate_view *v, struct command_arg *args, struct operate_numbers *room)
{
	size_t n = 0;

	args[n++] = (struct command_arg){"operation", str_c(v->op->name)};
	if (operation_is_aws(v->op)) {
		args[n++] = (struct command_arg){"id", str_c(v->id)};
		args[n++] = (struct command_arg){"value", str_c(v->value)};
		operate_add_number(args, &n, "admits", v->admits, room->admits);
		if (v->given_us)
			operate_add_number(args, &n, "given", v->given_us, room->given);
		return n;
	}
	args[n++] = (struct command_arg){"database", str_c(v->database)};
	operate_add_number(args, &n, "pid", v->pid, room->pid);
	operate_add_number(args, &n, "backend_start", v->backend_start_at, room->backend_start);
	operate_add_number(args, &n, "oid", v->oid, room->oid);
	operate_add_number(args, &n, "blocks", v->blocks, room->blocks);
	args[n++] = (struct command_arg){"scope", str_c(operation_scope_word(v->scope))};
	operate_add_number(args, &n, "of", v->of, room->of);
	args[n++] = (struct command_arg){"indexes", str_c(v->indexes)};
	args[n++] = (struct command_arg){"gid", str_c(v->id)};
	args[n++] = (struct command_arg){"value", str_c(v->value)};
	operate_add_number(args, &n, "prepared_at", v->prepared_at, room->prepared);
	args[n++] = (struct command_arg){"override", str_c(v->override)};
	return n;
}

int operate_look_at(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;
	struct command_arg args[COMMAND_ARGS_MAX];
	struct operate_numbers room;
	size_t n = operate_fill_args(v, args, &room);
	const struct snapshot *metrics = store_good(ui->store, "metrics");

	snapshot_unref(v->beside);
	v->beside = NULL;
	v->beside_refused = (struct err){0};
	v->tier = (int)v->op->tier;
	v->metrics_at_us = metrics ? metrics->at_us : 0;
	ui->overlay = OVERLAY_OPERATE;
	ui->overlay_scroll = 0;
	if (v->many)
		(void)operate_many_look(ui, v);
	else
		v->command =
			command_start(runtime_commands(ui->rt), operation_is_aws(v->op) ? "aws_preview" : "preview",
				      runtime_target_of(ui->rt, str_c(v->node)), args, n, &v->refused);
	/* AWS knows nothing of roles and statements */
	if (operation_is_aws(v->op) && slow_log_is(v->op->name))
		v->beside_command =
			command_start(runtime_commands(ui->rt), "slow_log_reach",
				      runtime_target_of(ui->rt, str_c(v->node)), args, n, &v->beside_refused);
	return EFFECT_PAINT | EFFECT_DEMAND;
}

static int look_again(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;

	snapshot_unref(v->preview);
	v->preview = NULL;
	v->statement = STR("");
	v->offers[0] = '\0';
	v->choices = 0;
	v->cannot = false;
	return operate_look_at(ui);
}

int operate_set_aside(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;

	(void)snprintf(v->override, sizeof v->override, "%s", v->offers);
	return look_again(ui);
}

int operate_choose(struct ui *ui, uint32_t key)
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
	return look_again(ui);
}

/* What a name has led to: the run looks for that and not for the name again. */
static void take_found(struct operate_view *v, const struct operation_row *row)
{
	if (str_eq_c(row->kind, "oid"))
		(void)!parse_i64(row->text, &v->of);
	else if (str_eq_c(row->kind, "object") && row->text.len > 0)
		(void)snprintf(v->object, sizeof v->object, STR_FMT, STR_ARG(row->text));
}

/* A name may hold what no key types: a blank stands for it, here and in the question. */
static void take_word(struct operate_view *v, struct str word)
{
	(void)snprintf(v->word, sizeof v->word, STR_FMT, STR_ARG(word));
	for (char *p = v->word; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
}

static void take_preview(struct operate_view *v, const struct snapshot *s)
{
	int64_t tier;

	v->preview = snapshot_ref(s);
	v->choices = 0;
	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		/* of several it is how many, all nodes together */
		if (str_eq_c(row->kind, "word") && !v->many)
			take_word(v, row->text);
		else if (str_eq_c(row->kind, "statement"))
			v->statement = row->text;
		else if (str_eq_c(row->kind, "tier") && parse_i64(row->text, &tier))
			v->tier = v->many && tier < v->tier ? v->tier : (int)tier;
		else if (str_eq_c(row->kind, "override"))
			(void)snprintf(v->offers, sizeof v->offers, STR_FMT, STR_ARG(row->text));
		else if (v->scope != SCOPE_TABLE)
			take_found(v, row);
		v->cannot |= !v->many && str_eq_c(row->kind, "refuse");
		v->choices += str_eq_c(row->kind, "choice");
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

/* What was not known a moment ago may have come. */
static void look_for_room(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;
	const struct snapshot *metrics = store_good(ui->store, "metrics");

	if (v->op && v->cannot && str_find(str_c(v->offers), STR("storage"), 0) >= 0 && metrics &&
	    metrics->at_us > v->metrics_at_us)
		(void)look_again(ui);
}

/* One node of several after the other. */
static void follow_many(struct ui *ui, struct operate_view *v)
{
	const struct snapshot *all;

	/* its place among the commands is wanted for the next */
	if (command_at_work(v->command) || !operate_many_looked(ui, v, command_result(v->command), &all))
		return;
	command_release(v->command);
	v->command = NULL;
	if (all)
		take_preview(v, all);
	snapshot_unref(all);
}

void operate_follow_preview(struct ui *ui)
{
	struct operate_view *v = &ui->operations->view;
	const struct snapshot *s;

	follow_beside(v);
	if (!v->op)
		return;
	if (!v->command) {
		look_for_room(ui);
		return;
	}
	/* what is to be confirmed is shown whole */
	if (command_running(v->command) || v->beside_command)
		return;
	if (v->many) {
		follow_many(ui, v);
		return;
	}
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
