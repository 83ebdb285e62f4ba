/*
 * report.c: the console's report, from one refresh.
 *
 * What only time can tell (the load of the last hour, changes of counters) is what one refresh sees, and the
 * report says from how many samples it is.
 */
#include "report.h"

#include "base/clock.h"
#include "registry.h"
#include "round.h"
#include "ui/export.h"
#include "ui/load_view.h"
#include "ui/report.h"

#include <stdio.h>

/* Wants all of it that there is; a name the program does not have is told by the report. */
static void want(struct round *r)
{
	struct str rest = str_c(report_sources), name;
	char word[64];

	while (str_split(&rest, ' ', &name)) {
		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		(void)round_want(r, word);
	}
}

/* Of what was asked for, and of what the verdicts read. What this host keeps always answers. */
static enum once_status status_of(const struct round *r)
{
	size_t ok = 0, failed = 0;
	int verdicts = registry_find("verdicts");

	for (size_t i = 0; i < registry_nsources; i++) {
		bool read = verdicts >= 0 && runtime_reads(r->rt, (size_t)verdicts, i);
		const char *state;

		if ((!read && !(r->wanted >> i & 1)) || (registry_sources[i]->flags & SOURCE_LOCAL) ||
		    registry_sources[i]->derive)
			continue;
		state = round_outcome(r, i).state;
		ok += strcmp(state, "ok") == 0;
		failed += strcmp(state, "error") == 0;
	}
	return ok == 0 ? ONCE_NONE : failed ? ONCE_SOME_FAILED : ONCE_OK;
}

static bool put(const struct buf *b, const struct options *o, struct err *err)
{
	if (b->failed)
		return err_set(err, ERR_LIMIT, "no report: it would be longer than %u MiB", REPORT_BYTES_MAX >> 20);
	if (o->output[0] && strcmp(o->output, "-") != 0)
		return export_file(o->output, buf_str(b), err);
	if (fwrite(b->data, 1, b->len, stdout) == b->len && fflush(stdout) == 0)
		return true;
	return err_set(err, ERR_IO, "standard output could not take everything");
}

enum once_status report_run(struct runtime *rt, const struct options *o, struct err *err)
{
	struct round round = {.rt = rt, .store = runtime_store(rt)};
	struct load_view *lv = load_view_new(runtime_target(rt));
	const struct snapshot *sample;
	struct report r = {.store = round.store, .target = runtime_target(rt), .show_literals = o->show_literals};
	struct buf b;
	bool ok;

	want(&round);
	round_wait(&round);
	sample = store_good(round.store, "load_samples");
	if (sample)
		load_view_add(lv, sample, o->interval_us);
	r.product = "auroratop " AURORATOP_VERSION;
	r.now_us = clock_wall_us();
	r.from_us = r.now_us - o->range_us;
	r.load_from_us = r.from_us;
	r.load_to_us = r.now_us;
	r.history = lv->history;
	r.wanted = round.wanted;
	buf_init(&b, REPORT_BYTES_MAX);
	(void)report_write(&b, &r);
	ok = put(&b, o, err);
	buf_release(&b);
	load_view_free(lv);
	return ok ? status_of(&round) : ONCE_NONE;
}
