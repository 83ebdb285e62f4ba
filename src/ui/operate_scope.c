/*
 * operate_scope.c: an operation on tables that is meant for more than the selected one, or for one index.
 *
 * The palette names it: "vacuum schema NAME", "reindex index NAME", "analyze database". Tab in a preview
 * widens from the selected table to its schema and to the database, and back; each is a preview of its own, with its
 * own word to be typed, so that nothing wider runs than what was read. What a stopped rebuild has left behind is
 * dropped by the oids that its job has told, and by no name.
 */
#include "base/parse.h"
#include "ui/operate_impl.h"

#include <stdio.h>

/* ---- by name ---- */

bool operate_parse(struct str typed, const struct operation **ret_op, enum operation_scope *ret_scope,
		   struct str *ret_name)
{
	for (size_t i = 0; i < noperations; i++) {
		struct str name = str_c(operations[i].name), rest, word;

		if (operations[i].target != OPERATION_TABLE || typed.len <= name.len || !str_starts(typed, name) ||
		    typed.ptr[name.len] != ' ')
			continue;
		rest = str_trim(str_sub(typed, name.len, typed.len));
		if (!str_split(&rest, ' ', &word))
			continue;
		*ret_op = &operations[i];
		*ret_scope = operation_scope_find(word);
		*ret_name = str_trim(rest);
		if (*ret_scope != SCOPE_TABLE && operation_takes(*ret_op, *ret_scope))
			return true;
	}
	return false;
}

int operate_begin_on(struct ui *ui, const struct operation *op, enum operation_scope scope, struct str name)
{
	struct operate_view v = {.op = op, .scope = scope};
	const char *word = operation_scope_word(scope);

	if (operate_is_forbidden(ui, op))
		return EFFECT_PAINT;
	if (name.len == 0 && scope != SCOPE_DATABASE) {
		ui_toast(ui, SEV_NOTICE, "%s: which %s? :%s %s NAME", op->title, word, op->name, word);
		return EFFECT_PAINT;
	}
	if (name.len >= (scope == SCOPE_DATABASE ? sizeof v.database : sizeof v.value)) {
		ui_toast(ui, SEV_NOTICE, "%s: no %s has such a long name", op->title, word);
		return EFFECT_PAINT;
	}
	if (scope == SCOPE_DATABASE)
		(void)snprintf(v.database, sizeof v.database, STR_FMT, STR_ARG(name));
	else
		(void)snprintf(v.value, sizeof v.value, STR_FMT, STR_ARG(name));
	(void)snprintf(v.object, sizeof v.object, "%s " STR_FMT, word, STR_ARG(name));
	return operate_show(ui, &v);
}

/* ---- Tab ---- */

bool operate_wider(const struct operate_view *v, enum operation_scope *ret_scope)
{
	static const enum operation_scope next[SCOPE__COUNT] = {
		[SCOPE_TABLE] = SCOPE_SCHEMA, [SCOPE_SCHEMA] = SCOPE_DATABASE, [SCOPE_DATABASE] = SCOPE_TABLE};

	*ret_scope = next[v->scope];
	return v->op && v->op->target == OPERATION_TABLE && v->oid > 0 && v->scope != SCOPE_INDEX && !v->indexes[0] &&
	       !v->named;
}

int operate_widen(struct ui *ui)
{
	const struct operate_view *from = &ui->operations->view;
	struct operate_view v = {.op = from->op, .oid = from->oid};

	if (!operate_wider(from, &v.scope))
		return EFFECT_NONE;
	memcpy(v.node, from->node, sizeof v.node);
	memcpy(v.database, from->database, sizeof v.database);
	memcpy(v.table, from->scope == SCOPE_TABLE ? from->object : from->table, sizeof v.table);
	if (v.scope == SCOPE_SCHEMA)
		(void)snprintf(v.object, sizeof v.object, "schema of %.280s", v.table);
	else if (v.scope == SCOPE_DATABASE)
		(void)snprintf(v.object, sizeof v.object, "database %s", v.database);
	else
		memcpy(v.object, v.table, sizeof v.object);
	return operate_show(ui, &v);
}

/* ---- what is left behind ---- */

size_t job_left(const struct job *j)
{
	const struct snapshot *s = j->command ? NULL : j->rows;
	size_t n = 0;

	for (size_t i = 0; s && s->state == SNAP_OK && i < s->nrows; i++)
		n += str_eq_c(((const struct operation_row *)snapshot_row(s, i))->kind, "left");
	return n;
}

/* Fills v->indexes; of an index that was rebuilt alone the table is not known otherwise. */
static void take_left(struct operate_view *v, const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);
		struct str table = row->label, oid;

		if (!str_eq_c(row->kind, "left") || n + row->label.len + 2 > sizeof v->indexes)
			continue;
		n += (size_t)snprintf(v->indexes + n, sizeof v->indexes - n, "%s" STR_FMT, n ? " " : "",
				      STR_ARG(row->label));
		if (v->oid == 0 && v->scope == SCOPE_TABLE && str_split(&table, '/', &oid))
			(void)!parse_i64(table, &v->oid);
	}
}

int operate_drop_left(struct ui *ui, const struct job *j)
{
	struct operate_view v = {.op = operation_find(STR("drop invalid indexes")), .scope = j->scope, .oid = j->oid};

	CHECK(v.op);
	if (operate_is_forbidden(ui, v.op))
		return EFFECT_PAINT;
	if (job_left(j) == 0 || j->generation != runtime_target(ui->rt)->generation) {
		ui_toast(ui, SEV_NOTICE, "job %lld has left nothing behind here", (long long)j->number);
		return EFFECT_PAINT;
	}
	if (v.scope == SCOPE_INDEX)
		v.scope = SCOPE_TABLE;
	else
		memcpy(v.value, j->value, sizeof v.value);
	take_left(&v, j->rows);
	memcpy(v.node, j->node, sizeof v.node);
	memcpy(v.database, j->database, sizeof v.database);
	(void)snprintf(v.object, sizeof v.object, "left by job %lld", (long long)j->number);
	return operate_show(ui, &v);
}
