/*
 * once.c: the console without a screen: the same sources, the same scheduler, one round.
 *
 * Which sources, and how what they brought is written; the refresh itself is round.c.
 */
#include "once.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/codec_csv.h"
#include "codec/codec_json.h"
#include "model/sqltext.h"
#include "registry.h"
#include "round.h"
#include "ui/ui.h"

#include <stdio.h>
#include <unistd.h>

#define OUTPUT_MAX (256u << 20)

static bool choose(struct round *r, const struct options *o, struct err *err)
{
	/* one refresh is of the cluster, not of what this host keeps */
	for (size_t i = 0; o->npanes == 0 && i < registry_nsources; i++)
		if (round_prints(registry_sources[i]) && !(registry_sources[i]->flags & SOURCE_LOCAL))
			r->wanted |= UINT64_C(1) << i;
	for (size_t p = 0; p < o->npanes; p++) {
		bool found = registry_find(o->panes[p]) >= 0 && round_want(r, o->panes[p]);

		for (size_t i = 0; !found && i < npane_defs; i++)
			if (str_eq_c(str_c(o->panes[p]), pane_defs[i]->name))
				found = round_want(r, pane_defs[i]->sources);
		if (!found)
			return err_set(err, ERR_USAGE,
				       "--pane: there is no source or pane called %s; `auroratop fields` lists them",
				       o->panes[p]);
	}
	return true;
}

/* ---- output ---- */

static void json_source(struct buf *b, const struct source *s, const struct round_outcome *o, bool mask)
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

static void csv_source(struct buf *b, const struct source *s, const struct round_outcome *o, bool mask)
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

static void text_source(struct buf *b, const struct source *s, const struct round_outcome *o, bool mask)
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
		struct round_outcome out;

		if (!(r->wanted >> i & 1))
			continue;
		out = round_outcome(r, i);
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

	if (o->format == FORMAT_JUNIT) {
		(void)err_set(err, ERR_USAGE, "--format: junit is for check; --once writes text, json or csv");
		return ONCE_USAGE;
	}
	if (!choose(&r, o, err))
		return ONCE_USAGE;
	round_wait(&r);
	for (size_t i = 0; i < registry_nsources; i++) {
		/* what is made of the others succeeds always */
		if (!(r.wanted >> i & 1) || registry_sources[i]->derive)
			continue;
		ok += strcmp(round_outcome(&r, i).state, "ok") == 0;
		failed += strcmp(round_outcome(&r, i).state, "error") == 0;
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

		if (!round_prints(s))
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
