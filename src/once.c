/*
 * once.c: the console without a screen: the same sources, the same scheduler, one round.
 *
 * A source is finished when it has an outcome that will not change by waiting: a
 * whole (not partial) good snapshot, the second one where rates need two samples, or a
 * failure. A source whose input failed never becomes ready; it is reported with that reason.
 */
#include "once.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/codec_csv.h"
#include "codec/codec_json.h"
#include "model/sqltext.h"
#include "registry.h"
#include "ui/ui.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define ONCE_DEADLINE_US (30 * US_PER_S)
#define OUTPUT_MAX (256u << 20)

struct round {
	struct runtime *rt;
	struct store *store;
	uint64_t wanted;
	unsigned good_seen[SOURCES_MAX];
	const struct snapshot *last_good[SOURCES_MAX]; /* only compared */
	int64_t again_at[SOURCES_MAX];
};

/* Has rows of its own, and for their own sake. */
static bool is_printed(const struct source *s)
{
	return !s->merges && !(s->flags & SOURCE_STANDING);
}

static bool add_names(struct round *r, const char *names)
{
	struct str rest = str_c(names), name;
	bool all = true;

	while (str_split(&rest, ' ', &name)) {
		char word[64];
		int i;

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		i = registry_find(word);
		/* one refresh keeps nothing ready for later */
		if (i >= 0 && (registry_sources[i]->flags & SOURCE_STANDING))
			i = -1;
		/* one refresh is of the node the target names: of a merged source, that node's */
		if (i >= 0 && registry_sources[i]->merges)
			i = registry_find(registry_sources[i]->merges);
		if (i >= 0)
			r->wanted |= UINT64_C(1) << i;
		else
			all = false;
	}
	return all;
}

static bool choose(struct round *r, const struct options *o, struct err *err)
{
	/* one refresh is of the cluster, not of what this host keeps */
	for (size_t i = 0; o->npanes == 0 && i < registry_nsources; i++)
		if (is_printed(registry_sources[i]) && !(registry_sources[i]->flags & SOURCE_LOCAL))
			r->wanted |= UINT64_C(1) << i;
	for (size_t p = 0; p < o->npanes; p++) {
		bool found = registry_find(o->panes[p]) >= 0 && add_names(r, o->panes[p]);

		for (size_t i = 0; !found && i < npane_defs; i++)
			if (str_eq_c(str_c(o->panes[p]), pane_defs[i]->name))
				found = add_names(r, pane_defs[i]->sources);
		if (!found)
			return err_set(err, ERR_USAGE,
				       "--pane: there is no source or pane called %s; `auroratop fields` lists them",
				       o->panes[p]);
	}
	return true;
}

/* The reason why an input will never come, or NULL while it still may. */
static const struct snapshot *failed_input(const struct round *r, const struct source *s, int depth)
{
	struct str rest = str_c(s->inputs), name;

	while (s->inputs && depth < 4 && str_split(&rest, ' ', &name)) {
		char word[64];
		const struct store_entry *e;
		const struct snapshot *deeper;

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		e = store_entry(r->store, word);
		/* An input left out on purpose (AWS with --db alone) is not missed by a source that has its own way. */
		if (e && e->latest && e->latest->state == SNAP_SKIPPED)
			continue;
		if (e && e->latest && e->latest->state != SNAP_OK && !e->good)
			return e->latest;
		deeper = e && !e->latest ? failed_input(r, e->source, depth + 1) : NULL;
		if (deeper)
			return deeper;
	}
	return NULL;
}

/* Notes a new good snapshot and when the second one is wanted. */
static void note_good(struct round *r, size_t i)
{
	const struct store_entry *e = &r->store->entries[i];

	if (!e->good || e->good == r->last_good[i])
		return;
	r->last_good[i] = e->good;
	r->good_seen[i]++;
	r->again_at[i] = clock_mono_us() + runtime_target(r->rt)->interval_us;
}

static void ask_again(struct round *r, size_t i)
{
	if (r->again_at[i] == 0 || clock_mono_us() < r->again_at[i])
		return;
	r->again_at[i] = 0;
	runtime_refresh(r->rt, r->store->entries[i].source->name);
}

static bool failed(const struct store_entry *e)
{
	return e->latest && e->latest->state != SNAP_OK;
}

static bool finished(struct round *r, size_t i)
{
	const struct store_entry *e = &r->store->entries[i];
	const struct source *s = e->source;
	unsigned need = s->flags & SOURCE_TWICE ? 2 : 1;

	if (failed(e))
		return true;
	note_good(r, i);
	if (s->fed_by) {
		size_t feeder = (size_t)registry_find(s->fed_by);

		return e->good ? finished(r, feeder) : failed(&r->store->entries[feeder]);
	}
	if (!e->good)
		return failed_input(r, s, 0) != NULL;
	if (r->good_seen[i] < need) {
		ask_again(r, i);
		return false;
	}
	return !e->good->partial;
}

static bool all_finished(struct round *r)
{
	bool done = true;

	for (size_t i = 0; i < registry_nsources; i++)
		if (r->wanted >> i & 1)
			done &= finished(r, i);
	return done;
}

static void wait_round(struct round *r)
{
	int64_t end = clock_mono_us() + ONCE_DEADLINE_US;

	runtime_demand(r->rt, r->wanted);
	for (;;) {
		unsigned changed;
		int64_t next = runtime_tick(r->rt, &changed), now = clock_mono_us();
		struct pollfd p = {runtime_fd(r->rt), POLLIN, 0};

		if (all_finished(r) || now >= end)
			return;
		if (next > now + 50 * US_PER_MS)
			next = now + 50 * US_PER_MS;
		(void)poll(&p, 1, next > now ? (int)((next - now + 999) / 1000) : 0);
	}
}

void once_gather(struct runtime *rt, const char *sources)
{
	struct round r = {.rt = rt, .store = runtime_store(rt)};

	(void)add_names(&r, sources);
	wait_round(&r);
}

/* ---- output ---- */

struct outcome {
	const struct snapshot *snap; /* rows, or NULL */
	const char *state;
	const char *error; /* NULL = none */
	int64_t at;
	size_t first; /* row to start from */
};

static struct outcome outcome_of(const struct round *r, size_t i)
{
	static const char *const states[] = {"ok", "error", "unavailable", "skipped"};
	const struct store_entry *e = &r->store->entries[i];
	struct outcome o = {NULL, "error", "no answer in time", clock_wall_us(), 0};
	const struct snapshot *blocked;

	if (e->latest) {
		o.state = states[e->latest->state];
		o.at = e->latest->at_us ? e->latest->at_us : o.at;
		o.error = e->latest->state == SNAP_OK ? NULL : e->latest->err.text;
		o.snap = e->latest->state == SNAP_OK ? e->latest : NULL;
		if (o.snap && (e->source->flags & SOURCE_HISTORY) && o.snap->nrows > 1)
			o.first = o.snap->nrows - 1;
		return o;
	}
	blocked = failed_input(r, e->source, 0);
	if (!blocked && e->source->fed_by)
		blocked = r->store->entries[registry_find(e->source->fed_by)].latest;
	if (blocked) {
		o.state = blocked->state == SNAP_SKIPPED       ? "skipped"
			  : blocked->state == SNAP_UNAVAILABLE ? "unavailable"
							       : "error";
		o.error = blocked->err.text;
	}
	return o;
}

static void json_source(struct buf *b, const struct source *s, const struct outcome *o, bool mask)
{
	char at[40];

	(void)json_write_string(b, str_c(s->name));
	(void)buf_addf(b, ": {\"state\": \"%s\", \"error\": ", o->state);
	if (o->error)
		(void)json_write_string(b, str_c(o->error));
	else
		(void)buf_add_c(b, "null");
	(void)buf_addf(b, ", \"at\": \"%s\", \"unavailable\": {", clock_iso8601(o->at, at, sizeof at));
	for (size_t i = 0; o->snap && i < o->snap->nunavailable; i++) {
		(void)buf_add_c(b, i ? ", " : "");
		(void)json_write_string(b, o->snap->unavailable[i].field);
		(void)buf_add_c(b, ": ");
		(void)json_write_string(b, o->snap->unavailable[i].reason);
	}
	(void)buf_add_c(b, "}, \"rows\": [");
	for (size_t i = o->first; o->snap && i < o->snap->nrows; i++) {
		(void)buf_add_c(b, i > o->first ? ",\n    " : "\n    ");
		(void)json_write_row(b, o->snap, i, mask);
	}
	(void)buf_add_c(b, "]}");
}

static void csv_source(struct buf *b, const struct source *s, const struct outcome *o, bool mask)
{
	(void)buf_addf(b, "# %s %s%s%s\n", s->name, o->state, o->error ? ": " : "", o->error ? o->error : "");
	if (!o->snap)
		return;
	(void)csv_write_heading(b, s->type);
	for (size_t i = o->first; i < o->snap->nrows; i++)
		(void)csv_write_row(b, o->snap, i, mask);
}

static void text_row(struct buf *b, const struct snapshot *snap, size_t row, bool mask)
{
	for (size_t f = 0; f < snap->type->nfields; f++) {
		const struct field *field = &snap->type->fields[f];
		struct buf cell, clean;
		union value v;

		if (!rec_get(field, snapshot_row(snap, row), &v))
			continue;
		buf_init(&cell, 1u << 20);
		buf_init(&clean, 1u << 20);
		if (mask && (field->flags & F_SENSITIVE) && kind_ops[field->kind].storage == CT_STR)
			(void)sql_mask_literals(&cell, v.str);
		else
			(void)kind_ops[field->kind].format(&cell, v, 0);
		(void)utf8_clean(&clean, buf_str(&cell), true);
		(void)buf_addf(b, "  %-24s %s\n", field->name, buf_c(&clean));
		buf_release(&cell);
		buf_release(&clean);
	}
	(void)buf_add_c(b, "\n");
}

static void text_source(struct buf *b, const struct source *s, const struct outcome *o, bool mask)
{
	(void)buf_addf(b, "%s: %s%s%s\n", s->name, o->state, o->error ? ": " : "", o->error ? o->error : "");
	for (size_t i = o->first; o->snap && i < o->snap->nrows; i++)
		text_row(b, o->snap, i, mask);
}

static bool print(const struct buf *b)
{
	return b->len == 0 || fwrite(b->data, 1, b->len, stdout) == b->len;
}

static void output(const struct round *r, const struct options *o, struct buf *b)
{
	char at[40];
	bool first = true;

	if (o->format == FORMAT_JSON) {
		(void)buf_addf(b, "{\"version\": \"%s\", \"cluster\": ", AURORATOP_VERSION);
		if (runtime_target(r->rt)->cluster[0])
			(void)json_write_string(b, str_c(runtime_target(r->rt)->cluster));
		else
			(void)buf_add_c(b, "null");
		(void)buf_addf(b, ", \"at\": \"%s\", \"sources\": {", clock_iso8601(clock_wall_us(), at, sizeof at));
	}
	for (size_t i = 0; i < registry_nsources; i++) {
		struct outcome out;

		if (!(r->wanted >> i & 1))
			continue;
		out = outcome_of(r, i);
		if (o->format == FORMAT_JSON) {
			(void)buf_add_c(b, first ? "\n  " : ",\n  ");
			json_source(b, registry_sources[i], &out, !o->show_literals);
		} else if (o->format == FORMAT_CSV) {
			csv_source(b, registry_sources[i], &out, !o->show_literals);
		} else {
			text_source(b, registry_sources[i], &out, !o->show_literals);
		}
		first = false;
	}
	if (o->format == FORMAT_JSON)
		(void)buf_add_c(b, "\n}}\n");
}

enum once_status once_run(struct runtime *rt, const struct options *o, struct err *err)
{
	struct round r = {.rt = rt, .store = runtime_store(rt)};
	size_t ok = 0, failed = 0;
	struct buf b;

	if (!choose(&r, o, err))
		return ONCE_USAGE;
	wait_round(&r);
	for (size_t i = 0; i < registry_nsources; i++) {
		if (!(r.wanted >> i & 1))
			continue;
		ok += strcmp(outcome_of(&r, i).state, "ok") == 0;
		failed += strcmp(outcome_of(&r, i).state, "error") == 0;
	}
	buf_init(&b, OUTPUT_MAX);
	output(&r, o, &b);
	if (b.failed || !print(&b) || fflush(stdout) != 0) {
		buf_release(&b);
		(void)err_set(err, ERR_IO, "standard output could not take everything");
		return ONCE_NONE;
	}
	buf_release(&b);
	return ok == 0 ? ONCE_NONE : failed ? ONCE_SOME_FAILED : ONCE_OK;
}

/* ---- fields ---- */

static void field_json(struct buf *b, const struct field *f)
{
	(void)buf_add_c(b, "{\"name\": ");
	(void)json_write_string(b, str_c(f->name));
	(void)buf_addf(b, ", \"kind\": \"%s\", \"unit\": \"%s\", \"wire\": ", kind_ops[f->kind].name,
		       kind_ops[f->kind].unit);
	if (f->flags & F_COMPUTED)
		(void)buf_add_c(b, "null");
	else
		(void)json_write_string(b, str_c(f->wire ? f->wire : f->name));
	(void)buf_addf(b, ", \"key\": %s, \"rate\": %s, \"list\": %s, \"help\": ", f->flags & F_KEY ? "true" : "false",
		       f->flags & F_RATE ? "true" : "false", f->flags & F_LIST ? "true" : "false");
	(void)json_write_string(b, str_c(f->help));
	(void)buf_add_c(b, "}");
}

void once_fields(const struct options *o)
{
	struct buf b;

	buf_init(&b, OUTPUT_MAX);
	(void)buf_add_c(&b, o->format == FORMAT_JSON ? "{" : "");
	for (size_t i = 0; i < registry_nsources; i++) {
		const struct source *s = registry_sources[i];

		if (!is_printed(s))
			continue;
		if (o->format == FORMAT_JSON) {
			(void)buf_addf(&b, "%s\n\"%s\": {\"source\": ", i ? "," : "", s->name);
			(void)json_write_string(&b, str_c(s->origin));
			(void)buf_add_c(&b, ", \"help\": ");
			(void)json_write_string(&b, str_c(s->help));
			(void)buf_add_c(&b, ", \"fields\": [");
		} else {
			(void)buf_addf(&b, "%s: %s (%s)\n", s->name, s->help, s->origin);
		}
		for (size_t f = 0; f < s->type->nfields; f++) {
			const struct field *field = &s->type->fields[f];

			if (o->format == FORMAT_JSON) {
				(void)buf_add_c(&b, f ? ",\n  " : "\n  ");
				field_json(&b, field);
			} else {
				(void)buf_addf(&b, "  %-24s %-14s %-8s %-44s %s\n", field->name,
					       kind_ops[field->kind].name, kind_ops[field->kind].unit,
					       field->flags & F_COMPUTED ? "-"
					       : field->wire             ? field->wire
									 : field->name,
					       field->help);
			}
		}
		(void)buf_add_c(&b, o->format == FORMAT_JSON ? "]}" : "\n");
	}
	(void)buf_add_c(&b, o->format == FORMAT_JSON ? "\n}\n" : "");
	(void)print(&b);
	buf_release(&b);
}
