/*
 * report_ask.c: see report_ask.h.
 *
 * A source has answered when its entry in the store has changed since, with whatever outcome. Those that are left out
 * here (AWS with --db alone) will not change any more. While the console is paused nothing is fetched: then the report
 * is of what is known.
 */
#include "ui/report_ask.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "ui/export.h"
#include "ui/load_view.h"
#include "ui/report.h"

#include <stdio.h>

struct report_wait {
	int64_t until_mono_us;
	uint64_t generation, wanted;
	unsigned versions[SOURCES_MAX]; /* of the store's entries when it began */
};

/* The longer one of what the graphs show, so that what is on a screen is in the timeline. */
static int64_t range_of(const struct ui *ui)
{
	int64_t graphs = runtime_target(ui->rt)->range_us;

	return graphs > ui->load->range_us ? graphs : ui->load->range_us;
}

static void write_report(struct ui *ui, uint64_t wanted)
{
	const struct load_view *lv = ui->load;
	int64_t now = ui->paused_at_us ? ui->paused_at_us : ui->now_us, last = load_history_last(lv->history);
	struct report r = {
		.store = ui->store,
		.target = runtime_target(ui->rt),
		.product = ui->options.product,
		.now_us = ui->now_us,
		.from_us = now - range_of(ui),
		.load_to_us = last > now - US_PER_MIN && last <= now ? last : now,
		.history = lv->history,
		.wanted = wanted,
		.show_literals = ui->options.show_literals,
	};
	char name[REPORT_NAME_MAX];
	struct err err;
	struct buf b;

	r.load_from_us = r.load_to_us - lv->range_us;
	buf_init(&b, REPORT_BYTES_MAX);
	if (!report_write(&b, &r))
		ui_toast(ui, SEV_WARN, "no report: it would be longer than %u MiB", REPORT_BYTES_MAX >> 20);
	else if (export_file(report_file_name(&r, name), buf_str(&b), &err))
		ui_toast(ui, SEV_OK, "report written, literals %s: %s", r.show_literals ? "shown" : "masked", name);
	else
		ui_toast(ui, SEV_CRIT, "%s", err.text);
	buf_release(&b);
}

int report_begin(struct ui *ui)
{
	struct report_wait *wait;
	struct str rest = str_c(report_sources), name;
	char word[64];

	if (ui->report)
		return EFFECT_NONE;
	wait = xalloc(sizeof *wait);
	wait->until_mono_us = ui->mono_us + REPORT_PATIENCE_US;
	wait->generation = runtime_target(ui->rt)->generation;
	for (size_t i = 0; i < ui->store->n; i++)
		wait->versions[i] = ui->store->entries[i].version;
	while (str_split(&rest, ' ', &name)) {
		const char *names[1] = {word};

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		wait->wanted |= runtime_demand_of(ui->rt, names, 1);
	}
	if (ui->paused_at_us) {
		write_report(ui, wait->wanted);
		xfree(wait);
		return EFFECT_PAINT;
	}
	ui->report = wait;
	ui_apply(ui, EFFECT_DEMAND);
	for (size_t i = 0; i < ui->store->n; i++)
		if (wait->wanted >> i & 1)
			runtime_refresh(ui->rt, ui->store->entries[i].source->name);
	ui_toast(ui, SEV_NOTICE, "report: fetching what it is made of");
	return EFFECT_PAINT | EFFECT_DEMAND;
}

static bool has_answered(const struct report_wait *wait, const struct store_entry *e, size_t i)
{
	bool never = e->latest && (e->latest->state == SNAP_SKIPPED || e->latest->state == SNAP_UNAVAILABLE);

	return e->version != wait->versions[i] || never;
}

static bool all_answered(const struct ui *ui)
{
	for (size_t i = 0; i < ui->store->n; i++)
		if ((ui->report->wanted >> i & 1) && !has_answered(ui->report, &ui->store->entries[i], i))
			return false;
	return true;
}

void report_follow(struct ui *ui)
{
	struct report_wait *wait = ui->report;

	if (!wait)
		return;
	if (wait->generation != runtime_target(ui->rt)->generation) {
		report_release(ui);
		ui_toast(ui, SEV_NOTICE, "no report: another cluster was opened meanwhile");
		return;
	}
	if (!all_answered(ui) && ui->mono_us < wait->until_mono_us && !ui->paused_at_us)
		return;
	ui->report = NULL;
	write_report(ui, wait->wanted);
	xfree(wait);
	ui_apply(ui, EFFECT_DEMAND);
}

uint64_t report_wanted(const struct ui *ui)
{
	return ui->report ? ui->report->wanted : 0;
}

int64_t report_due(const struct ui *ui)
{
	return ui->report ? ui->report->until_mono_us : INT64_MAX;
}

void report_release(struct ui *ui)
{
	xfree(ui->report);
	ui->report = NULL;
}
