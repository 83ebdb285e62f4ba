/*
 * change.c: rows, comparison and audit lines of an operation, the same for the database and for AWS.
 *
 * A refusal is a row, not an error: the dialog shows it with the rest of what is known. When the
 * operation runs, the same look is taken again, and a refusal or a difference ends it there.
 */
#include "audit/change.h"

#include "base/clock.h"
#include "base/parse.h"
#include "model/kind.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define NOTE_MAX 2000
#define LEASE_MINUTES_MAX (24 * 60)

bool change_begin(struct change *c, struct fetch *f, bool changes, struct err *err)
{
	*c = (struct change){.f = f, .op = operation_find(fetch_arg(f, "operation"))};
	CHECK(c->op);
	if (changes && target_is_read_only(f->target))
		return err_set(err, ERR_DENIED, "the console is read-only: nothing is changed");
	c->tier = c->op->tier;
	return true;
}

/* ---- rows ---- */

void change_add(struct change *c, const char *kind, const char *label, enum operation_severity severity,
		const char *fmt, ...)
{
	char text[NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	change_add_text(c, kind, label, severity, str_c(text));
}

void change_add_text(struct change *c, const char *kind, const char *label, enum operation_severity severity,
		     struct str text)
{
	struct operation_row *row = snapshot_add_row(c->out);

	if (!row)
		return;
	SET(row, struct operation_row, number, (int64_t)c->out->nrows - 1);
	SET(row, struct operation_row, kind, arena_str(c->out->arena, str_c(kind)));
	SET(row, struct operation_row, label, arena_str(c->out->arena, str_c(label)));
	SET(row, struct operation_row, text, arena_str(c->out->arena, text));
	SET(row, struct operation_row, severity, (int64_t)severity);
}

void change_set(struct change *c, const char *kind, struct str text)
{
	for (size_t i = 0; i < c->out->nrows; i++) {
		struct operation_row *row = (struct operation_row *)c->out->rows + i;

		if (str_eq_c(row->kind, kind)) {
			row->text = arena_str(c->out->arena, text);
			return;
		}
	}
	change_add(c, kind, "", OPERATION_OK, STR_FMT, STR_ARG(text));
}

void change_phase(struct change *c, struct str phase, double done)
{
	char text[32];

	change_set(c, "phase", phase);
	if (isnan(done))
		return;
	(void)snprintf(text, sizeof(text), "%.3f", done);
	change_set(c, "done", str_c(text));
}

void change_keep_texts(const struct change *c, const struct rec_type *type, void *row)
{
	for (size_t i = 0; i < type->nfields; i++) {
		union value v;

		if (kind_ops[type->fields[i].kind].storage == CT_STR && rec_get(&type->fields[i], row, &v)) {
			v.str = arena_str(c->out->arena, v.str);
			rec_set(&type->fields[i], row, v);
		}
	}
}

struct str change_row(const struct change *c, const char *kind)
{
	for (size_t i = 0; i < c->out->nrows; i++) {
		const struct operation_row *row = (const struct operation_row *)c->out->rows + i;

		if (str_eq_c(row->kind, kind))
			return row->text;
	}
	return STR("");
}

void change_add_end(struct change *c)
{
	change_add_policy(c);
	change_add_text(c, "statement", "", OPERATION_OK, str_c(c->statement));
	change_add(c, "object", "", OPERATION_OK, "%s", c->object);
	change_add(c, "fact", "undo", OPERATION_OK, "%s", c->op->undo);
	change_add(c, "word", "", OPERATION_OK, "%s", c->word);
	change_add(c, "tier", "", OPERATION_OK, "%d", c->tier);
}

void change_show(struct change *c)
{
	struct snapshot *next = snapshot_new(&operation_type, c->f->source->name);

	for (size_t i = 0; i < c->out->nrows; i++) {
		const struct operation_row *from = (const struct operation_row *)c->out->rows + i;
		struct operation_row *to = snapshot_add_row(next);

		*to = *from;
		to->kind = arena_str(next->arena, from->kind);
		to->label = arena_str(next->arena, from->label);
		to->text = arena_str(next->arena, from->text);
	}
	fetch_publish(c->f, next);
}

/* ---- confirmation ---- */

bool change_is_confirmed(const struct change *c, struct err *err)
{
	if (c->refused)
		return err_set(err, ERR_DENIED, STR_FMT, STR_ARG(change_row(c, "refuse")));
	if (c->tier > (int)fetch_arg_i64(c->f, "tier", 0))
		return err_set(err, ERR_DENIED, "it is more dangerous than the preview said: look again");
	if (str_eq_c(fetch_arg(c->f, "statement"), c->statement))
		return true;
	err_set(err, ERR_DENIED, "%s has changed since the preview: it would be %s now", c->object, c->statement);
	(void)snprintf(err->id, sizeof(err->id), OPERATION_CHANGED);
	return false;
}

bool change_rest(const struct fetch *f, int64_t us, struct err *err)
{
	struct fetch nearer = *f;
	int64_t until = clock_mono_us() + us;

	nearer.deadline_mono_us = until < f->deadline_mono_us ? until : f->deadline_mono_us;
	if (fetch_wait(&nearer, -1, 0, err) || err->code != ERR_TIMEOUT)
		return false;
	if (until > f->deadline_mono_us)
		return false;
	err_clear(err);
	return true;
}

bool change_take_minutes(struct str value, int64_t minutes, struct str *ret_what, int64_t *ret_us)
{
	long at = str_find(value, STR(" for "), 0);

	*ret_what = at >= 0 ? str_sub(value, 0, (size_t)at) : value;
	if (at >= 0 && !parse_i64(str_sub(value, (size_t)at + 5, value.len), &minutes))
		minutes = 0;
	if (minutes < 1 || minutes > LEASE_MINUTES_MAX)
		minutes = 0;
	*ret_us = minutes * US_PER_MIN;
	return minutes > 0;
}

/* ---- the audit log ---- */

static bool write_audit(const struct change *c, const char *id, const char *phase, struct str outcome, int64_t took_us,
			struct err *err)
{
	const struct audit_entry e = {
		.id = id,
		.phase = phase,
		.action = c->op->name,
		.cluster = c->f->target->cluster,
		.node = c->node,
		.database = c->database,
		.role = c->role,
		.tier = c->tier,
		.object = str_c(c->object),
		.statement = str_c(c->statement),
		.call = operation_is_aws(c->op),
		.outcome = outcome,
		.override = c->override,
		.took_us = took_us,
	};

	return audit_write(&e, err);
}

bool change_intend(const struct change *c, char *id, size_t size, struct err *err)
{
	audit_id(id, size);
	return write_audit(c, id, "intent", STR(""), -1, err);
}

bool change_adopt(const struct change *c, const char *id, struct err *err)
{
	return write_audit(c, id, "adopted", STR(""), -1, err);
}

void change_conclude(struct change *c, const char *id, int64_t began_mono_us, enum operation_severity severity,
		     const char *fmt, ...)
{
	char text[600];
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!write_audit(c, id, "outcome", str_c(text), clock_mono_us() - began_mono_us, &err))
		change_add(c, "notice", "", OPERATION_WARNING, "the outcome is not in the audit log: %s", err.text);
	change_add(c, "outcome", "", severity, "%s", text);
}
