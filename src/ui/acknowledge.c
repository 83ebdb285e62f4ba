/*
 * acknowledge.c: see acknowledge.h.
 *
 * What is muted is muted at once, whatever becomes of the file (verdict/mutes.h); a file that cannot be written, or
 * was malformed, is told and harms nothing.
 */
#include "ui/acknowledge.h"

#include "base/xalloc.h"
#include "runtime/command.h"
#include "verdict/engine.h"

#include <stdio.h>

struct acknowledge {
	struct command *command; /* writing, or NULL */
	struct mute next;        /* what is written, or waits for it */
	uint64_t generation;     /* of the target it is about */
	bool ended, waits;
	char told[sizeof((struct toast *)0)->text]; /* of the file, last */
};

static void tell(struct ui *ui, struct acknowledge *a, struct str words)
{
	char text[sizeof a->told];

	(void)snprintf(text, sizeof text, STR_FMT, STR_ARG(words));
	if (words.len == 0 || strcmp(text, a->told) == 0)
		return;
	memcpy(a->told, text, sizeof text);
	ui_toast(ui, SEV_WARN, "%s", text);
}

/* What the source says of the file: that it was malformed, or cannot be read. */
static void follow_file(struct ui *ui, struct acknowledge *a)
{
	const struct store_entry *e = store_entry(ui->store, "acknowledged");

	if (!e || !e->latest)
		return;
	if (e->latest->state == SNAP_ERROR)
		tell(ui, a, str_c(e->latest->err.text));
	for (size_t i = 0; e->good == e->latest && i < e->good->nrows; i++)
		tell(ui, a, data_str(e->good, i, "problem"));
}

static void take_result(struct ui *ui, struct acknowledge *a)
{
	const struct snapshot *s = command_result(a->command);

	if (s && s->state == SNAP_ERROR)
		ui_toast(ui, SEV_WARN, "%s %s in this console only: %s", a->next.rule,
			 a->ended               ? "is shown again"
			 : a->next.until_us > 0 ? "is snoozed"
						: "is acknowledged",
			 s->err.text);
	else if (s && s->nrows > 0)
		tell(ui, a, data_str(s, 0, "problem"));
	command_release(a->command);
	a->command = NULL;
	a->waits = false;
}

static void start(struct ui *ui, struct acknowledge *a)
{
	const struct mute *m = &a->next;
	char until[24], at[24];
	struct err err;

	(void)snprintf(until, sizeof until, "%lld", (long long)m->until_us);
	(void)snprintf(at, sizeof at, "%lld", (long long)m->at_us);
	const struct command_arg args[] = {
		{"rule", str_c(m->rule)},
		{"object", str_c(m->object)},
		{"severity", str_c(severity_word(m->at))},
		{"until", str_c(until)},
		{"at", str_c(at)},
		{"mode", str_c(a->ended ? "drop" : "keep")},
	};
	/* as many commands as can be run: tried again when the next data comes */
	a->command = command_start(runtime_commands(ui->rt), "acknowledge", runtime_target(ui->rt), args,
				   ARRAY_LEN(args), &err);
}

void acknowledge_follow(struct ui *ui)
{
	struct verdict_engine *engine = runtime_derived(ui->rt, "verdicts");
	struct acknowledge *a = ui->acknowledge;

	if (!a)
		a = ui->acknowledge = xcalloc(1, sizeof *a);
	follow_file(ui, a);
	if (a->command && command_at_work(a->command))
		return;
	if (a->command)
		take_result(ui, a);
	a->waits = a->waits && a->generation == runtime_target(ui->rt)->generation;
	if (!a->waits && engine) {
		a->waits = mutes_unsaved(verdict_engine_mutes(engine), &a->next, &a->ended);
		a->generation = runtime_target(ui->rt)->generation;
	}
	if (a->waits)
		start(ui, a);
}

void acknowledge_release(struct ui *ui)
{
	if (!ui->acknowledge)
		return;
	command_release(ui->acknowledge->command);
	xfree(ui->acknowledge);
	ui->acknowledge = NULL;
}
