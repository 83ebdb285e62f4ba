/*
 * doctor_view.c: see doctor_view.h.
 *
 * The state is the doctor pane's own; the other panes of the view find it by looking for that pane.
 */
#include "ui/doctor_view.h"

#include "base/xalloc.h"
#include "ui/action.h"
#include "ui/panes/panes.h"

#include <stdio.h>

/* The view that has the pane, and its index there. */
static struct view *find_view(const struct ui *ui, size_t *ret_view, size_t *ret_pane)
{
	for (size_t v = 0; v < ui->nviews; v++)
		for (size_t i = 0; i < ui->views[v].def->npanes; i++)
			if (ui->views[v].panes[i].def == &pane_doctor) {
				*ret_view = v;
				*ret_pane = i;
				return &ui->views[v];
			}
	BUG("no view has the doctor");
}

static struct pane *find_pane(const struct ui *ui)
{
	size_t view, pane;

	return &find_view(ui, &view, &pane)->panes[pane];
}

const struct doctor_view *doctor_view_of(const struct ui *ui)
{
	return find_pane(ui)->state;
}

static struct doctor_view *state_of(struct pane *p)
{
	if (!p->state)
		p->state = xcalloc(1, sizeof(struct doctor_view));
	return p->state;
}

long doctor_view_failing(const struct snapshot *steps)
{
	for (size_t i = 0; steps && i < steps->nrows; i++)
		if (data_i64(steps, i, "first_failing", 0))
			return (long)i;
	return -1;
}

/* ---- running ---- */

static void start(struct ui *ui, struct doctor_view *d)
{
	const struct command_arg args[] = {
		{"public_address", str_c(d->told)}, {"public_note", str_c(d->note)}, {"address", str_c(d->address)}};

	d->command = command_start(runtime_commands(ui->rt), "doctor", runtime_target(ui->rt), args, ARRAY_LEN(args),
				   &d->refused);
}

/* The service is asked first, when one was named and its answer can matter. */
static bool ask_outside(struct ui *ui, struct doctor_view *d)
{
	const struct target *t = runtime_target(ui->rt);
	struct err err;

	if (!t->ask_public_address[0] || t->public_address[0] || d->address[0])
		return false;
	d->asking = command_start(runtime_commands(ui->rt), "public_address", t, NULL, 0, &err);
	return d->asking != NULL;
}

/* What is under way is given up. */
static void stop(struct doctor_view *d)
{
	command_release(d->asking);
	command_release(d->command);
	snapshot_unref(d->steps);
	d->asking = d->command = NULL;
	d->steps = NULL;
}

static void run(struct ui *ui, struct doctor_view *d)
{
	stop(d);
	d->began = true;
	d->chosen = false;
	d->told[0] = d->note[0] = '\0';
	err_clear(&d->refused);
	if (!ask_outside(ui, d))
		start(ui, d);
}

static void take_told(struct ui *ui, struct doctor_view *d)
{
	const struct snapshot *s = command_result(d->asking);

	if (s && s->state == SNAP_OK)
		(void)snprintf(d->told, sizeof d->told, STR_FMT, STR_ARG(data_str(s, 0, "address")));
	else
		(void)snprintf(d->note, sizeof d->note, "public address not known: %.120s",
			       s ? s->err.text : "no answer");
	command_release(d->asking);
	d->asking = NULL;
	start(ui, d);
}

/* Shows the pane, where it does not collapse. */
static int show(struct ui *ui)
{
	size_t view, pane;
	struct view *v = find_view(ui, &view, &pane);
	int effects = ui_show_view(ui, view);

	v->focus = pane;
	return effects | EFFECT_LAYOUT | EFFECT_RECALC | EFFECT_PAINT | EFFECT_DEMAND;
}

int doctor_view_start(struct ui *ui)
{
	struct doctor_view *d = state_of(find_pane(ui));

	d->generation = runtime_target(ui->rt)->generation;
	run(ui, d);
	return show(ui);
}

int doctor_view_ask(struct ui *ui)
{
	struct doctor_view *d = state_of(find_pane(ui));
	int effects = show(ui);

	ui->prompt = (struct prompt){.open = true, .sign = DOCTOR_PROMPT};
	(void)snprintf(ui->prompt.text, sizeof ui->prompt.text, "%s", d->address);
	ui->prompt.len = ui->prompt.cursor = strlen(ui->prompt.text);
	return effects;
}

int doctor_view_key(struct ui *ui, uint32_t key)
{
	struct doctor_view *d = state_of(find_pane(ui));
	struct str typed = str_trim((struct str){ui->prompt.text, ui->prompt.len});
	struct net_addr address;

	if (key == K_ESC || key == K_CTRL_C) {
		ui->prompt.open = false;
		return EFFECT_PAINT;
	}
	if (key != K_ENTER)
		return prompt_edit(&ui->prompt, key) ? EFFECT_PAINT : EFFECT_NONE;
	/* a line that was pasted with its end is no answer yet */
	if (ui->pasting)
		return EFFECT_NONE;
	if (typed.len > 0 && !net_addr_parse(typed, &address)) {
		ui_toast(ui, SEV_WARN, STR_FMT " is no IPv4 or IPv6 address", STR_ARG(str_sub(typed, 0, 64)));
		return EFFECT_PAINT;
	}
	ui->prompt.open = false;
	if (typed.len > 0)
		(void)net_addr_text(&address, d->address);
	else
		d->address[0] = '\0';
	return doctor_view_start(ui);
}

/* ---- what comes of it ---- */

static bool is_database_lost(const struct ui *ui)
{
	const struct store_entry *e = store_entry(ui->store, "activity");

	return e && e->latest && e->latest->state == SNAP_ERROR;
}

void doctor_view_release(struct doctor_view *d)
{
	stop(d);
	*d = (struct doctor_view){0};
}

void doctor_view_follow(struct ui *ui)
{
	const struct target *t = runtime_target(ui->rt);
	struct doctor_view *d = state_of(find_pane(ui));
	const struct snapshot *s;

	if (d->generation != t->generation) {
		doctor_view_release(d);
		d->generation = t->generation;
	}
	if (!d->began && is_database_lost(ui) && (!t->aws || !t->cluster[0] || store_good(ui->store, "clusters")))
		run(ui, d);
	if (d->asking && !command_running(d->asking))
		take_told(ui, d);
	if (!d->command)
		return;
	s = command_result(d->command);
	if (s && s != d->steps) {
		snapshot_unref(d->steps);
		d->steps = snapshot_ref(s);
	}
	if (!command_running(d->command)) {
		command_release(d->command);
		d->command = NULL;
	}
}

bool doctor_view_question(const struct ui *ui, struct admission_ask *ret)
{
	const struct snapshot *clusters = store_good(ui->store, "clusters");
	const struct doctor_view *d = doctor_view_of(ui);
	struct str address = STR("");

	*ret = (struct admission_ask){.protocol = PROTOCOL_TCP, .port = data_i64(clusters, 0, "port", 5432)};
	if (d && d->address[0])
		address = str_c(d->address);
	else if (d && d->steps && d->steps->state == SNAP_OK)
		address = data_str(d->steps, 0, "address");
	if (address.len == 0)
		address = str_c(runtime_target(ui->rt)->public_address);
	return net_addr_parse(address, &ret->addr);
}

/* ---- keys that mean something else elsewhere ---- */

int doctor_view_act(struct ui *ui, int action)
{
	if (action == ACTION_GROUP)
		return doctor_view_start(ui);
	return action == ACTION_ORIGIN ? doctor_view_ask(ui) : -1;
}

bool doctor_view_offers(int action)
{
	return action == ACTION_GROUP || action == ACTION_ORIGIN;
}

const char *doctor_view_calls(int action)
{
	if (action == ACTION_GROUP)
		return "run doctor";
	return action == ACTION_ORIGIN ? "check address" : NULL;
}
