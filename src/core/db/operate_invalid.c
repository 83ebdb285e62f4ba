/*
 * operate_invalid.c: finds the indexes that stopped builds have left behind, and drops those that were confirmed.
 *
 * An invalid index costs every write and helps no read. But one that is being built at this moment is invalid, too,
 * and a moment later it is the only one there is. So an index is known by its oid and its table's, and
 * right before each DROP it is looked up once more: it must still be invalid, of that table and of
 * that name, and nobody may hold a lock that a build would hold. What no longer fits stays, and is
 * named in the outcome.
 *
 * DROP INDEX CONCURRENTLY stands alone, outside of a transaction: each is a statement of its own, in the
 * order in which the preview shows them.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "base/parse.h"
#include "codec/codec_sql.h"
#include "model/kind.h"

#include <stdio.h>

#define F(m, k) FIELD(struct operate_invalid, m, k, .title = #m, .help = #m)
static const struct field invalid_fields[] = {
	F(index_oid, K_INT), F(table_oid, K_INT),     F(index, K_ID),       F(table, K_ID),
	F(owner, K_ID),      F(rebuilt, K_BOOL),      F(owns, K_BOOL),      F(droppable, K_BOOL),
	F(busy, K_BOOL),     F(index_bytes, K_BYTES), F(reachable, K_BOOL),
};
#undef F
static const struct rec_type invalid_type = REC_TYPE(struct operate_invalid, "operate_invalid", invalid_fields);

static bool ask_invalid(struct operate *o, struct fetch *f, const char *scope, int64_t oid, struct snapshot **ret_rows,
			struct err *err)
{
	char number[24];
	struct conn_param params[2] = {conn_param_text(scope), {OID_OID, number, -1}};
	struct pg_result *r;

	*ret_rows = NULL;
	(void)snprintf(number, sizeof(number), "%lld", (long long)oid);
	if (!conn_query(f, o->conn, "operate_invalid", params, 2, &r, err))
		return false;
	*ret_rows = snapshot_new(&invalid_type, "operate_invalid");
	bool ok = sql_read_rows(r, *ret_rows, err);
	conn_result_free(r);
	return ok;
}

/* A rebuild of one index leaves what it leaves on the index's table. */
bool operate_invalid_indexes(struct operate *o, struct fetch *f, struct snapshot **ret_rows, struct err *err)
{
	enum operation_scope scope = o->scope == SCOPE_INDEX ? SCOPE_TABLE : o->scope;

	return ask_invalid(o, f, operation_scope_word(scope), o->oid, ret_rows, err);
}

/* ---- the look ---- */

/* Those that are named, each as OID/OID-OF-TABLE; without names, all. */
static bool is_meant(const struct operate *o, const struct operate_invalid *x)
{
	struct str rest = fetch_arg(o->c.f, "indexes"), pair, oid;
	bool all = rest.len == 0;
	int64_t index_oid, table_oid;

	while (!all && rest.len > 0 && str_split(&rest, ' ', &pair)) {
		if (pair.len == 0 || !str_split(&pair, '/', &oid) || !parse_i64(oid, &index_oid) ||
		    !parse_i64(pair, &table_oid))
			continue;
		/* a stopped rebuild leaves only what has such a name */
		if (index_oid == x->index_oid && table_oid == x->table_oid && x->rebuilt)
			return true;
	}
	return all;
}

static bool may_drop(const struct operate_invalid *x)
{
	return x->owns && x->reachable && x->droppable && !x->busy;
}

static void say_kept(struct operate *o, const struct operate_invalid *x)
{
	if (!x->owns)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   STR_FMT " stays: its table belongs to " STR_FMT ", and our role %s may not drop it",
			   STR_ARG(x->index), STR_ARG(x->owner), conn_probe(o->conn)->user);
	else if (!x->reachable)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   STR_FMT " stays: our role %s has no USAGE of its schema", STR_ARG(x->index),
			   conn_probe(o->conn)->user);
	else if (x->busy)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   STR_FMT " stays: somebody works on table " STR_FMT " and may be building it now",
			   STR_ARG(x->index), STR_ARG(x->table));
	else
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   STR_FMT " stays: a partition's or a constraint's is not dropped by itself",
			   STR_ARG(x->index));
}

static void say_dropped(struct operate *o, const struct operate_invalid *x)
{
	struct buf b;

	buf_init(&b, 64);
	(void)format_bytes(&b, x->index_bytes);
	change_add(&o->c, "fact", "drops", OPERATION_OK, STR_FMT " of table " STR_FMT ", %s", STR_ARG(x->index),
		   STR_ARG(x->table), buf_c(&b));
	buf_release(&b);
}

/* False: the statement would be too long, or they are too many. */
static bool take_drop(struct operate *o, const struct operate_invalid *x, struct buf *statement)
{
	struct operate_drop *d = &o->drops[o->ndrops];

	if (o->ndrops == OPERATE_DROPS_MAX)
		return false;
	if (!buf_addf(statement, "%sDROP INDEX CONCURRENTLY " STR_FMT, statement->len ? ";\n" : "", STR_ARG(x->index)))
		return false;
	*d = (struct operate_drop){x->index_oid, x->table_oid, arena_str(o->c.out->arena, x->index)};
	o->ndrops++;
	say_dropped(o, x);
	return true;
}

static void take_drops(struct operate *o, const struct snapshot *rows)
{
	struct buf statement;
	bool fits = true;

	buf_init(&statement, sizeof(o->c.statement) - 1);
	o->drops = arena_alloc_array(o->c.out->arena, OPERATE_DROPS_MAX, sizeof(*o->drops));
	for (size_t i = 0; i < rows->nrows && fits; i++) {
		const struct operate_invalid *x = (const struct operate_invalid *)rows->rows + i;

		if (!is_meant(o, x))
			continue;
		if (may_drop(x))
			fits = take_drop(o, x, &statement);
		else
			say_kept(o, x);
	}
	if (!fits)
		change_add(&o->c, "check", "", OPERATION_NOTICE, "there are more: drop these first, then look again");
	(void)snprintf(o->c.statement, sizeof(o->c.statement), "%s", buf_c(&statement));
	buf_release(&statement);
}

static bool find_target(struct operate *o, struct err *err)
{
	return operate_is_several(o) ? operate_find_many(o, err) : operate_find_table(o, err);
}

bool operate_look_at_invalid(struct operate *o, struct err *err)
{
	struct snapshot *rows;

	if (!find_target(o, err))
		return false;
	if (o->c.refused)
		return true;
	if (!operate_invalid_indexes(o, o->c.f, &rows, err)) {
		snapshot_unref(rows);
		return false;
	}
	change_add(&o->c, "fact", "lock", OPERATION_OK, "%s, on the table of each", o->c.op->lock);
	take_drops(o, rows);
	snapshot_unref(rows);
	if (o->ndrops == 0)
		change_refuse(&o->c, "there is no invalid index of %s that can be dropped now", o->c.object);
	else
		change_add(&o->c, "check", "", OPERATION_OK, "each is looked up again by its oid right before");
	return true;
}

/* ---- the run ---- */

/* False: it is not what was confirmed any more, why says how; or an error. */
static bool is_still_there(struct operate *o, const struct operate_drop *d, const char **ret_why, struct err *err)
{
	struct snapshot *rows;
	bool ok = ask_invalid(o, o->c.f, "index", d->index_oid, &rows, err);
	const struct operate_invalid *x = ok && rows->nrows == 1 ? (const struct operate_invalid *)rows->rows : NULL;

	*ret_why = NULL;
	if (ok && !x)
		*ret_why = "it is gone or no longer invalid";
	else if (ok && (x->table_oid != d->table_oid || !str_eq(x->index, d->index)))
		*ret_why = "it has another table or name now";
	else if (ok && !may_drop(x))
		*ret_why = "somebody works on its table now";
	snapshot_unref(rows);
	return ok && !*ret_why;
}

static bool drop(struct operate *o, const struct operate_drop *d, struct err *err)
{
	struct buf b;
	bool ok;

	buf_init(&b, 400);
	(void)buf_addf(&b, "DROP INDEX CONCURRENTLY " STR_FMT, STR_ARG(d->index));
	CHECK(!b.failed);
	ok = conn_run(o->c.f, o->conn, buf_c(&b), NULL, NULL, err);
	buf_release(&b);
	return ok;
}

struct drops {
	int64_t began_mono_us;
	size_t dropped, kept, at; /* at: the one that could not be gone on with, or all */
	struct err err;
};

/* One; false when what is left cannot go on. */
static bool run_drop(struct operate *o, struct drops *run)
{
	const struct operate_drop *d = &o->drops[run->at];
	const char *why;

	fetch_doing(o->c.f, "dropping " STR_FMT, STR_ARG(d->index));
	if (is_still_there(o, d, &why, &run->err)) {
		if (!drop(o, d, &run->err))
			return false;
		change_add(&o->c, "notice", "", OPERATION_OK, "dropped: " STR_FMT, STR_ARG(d->index));
		run->dropped++;
		return true;
	}
	if (!why)
		return false;
	change_add(&o->c, "notice", "", OPERATION_WARNING, "not dropped: " STR_FMT ", %s", STR_ARG(d->index), why);
	run->kept++;
	return true;
}

static void conclude_stopped(struct operate *o, const char *id, const struct drops *run)
{
	int64_t began = run->began_mono_us;

	if (run->err.code == ERR_LOST)
		change_conclude(&o->c, id, began, OPERATION_WARNING,
				"unknown: the connection was lost while " STR_FMT
				" was dropped; before it %zu of %zu were",
				STR_ARG(o->drops[run->at].index), run->dropped, o->ndrops);
	else if (run->err.code == ERR_CANCELLED)
		change_conclude(&o->c, id, began, OPERATION_NOTICE, "cancelled, %zu of %zu dropped", run->dropped,
				o->ndrops);
	else
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s; %zu of %zu dropped", run->err.text,
				run->dropped, o->ndrops);
}

void operate_run_drops(struct operate *o, const char *id)
{
	struct drops run = {.began_mono_us = clock_mono_us()};

	while (run.at < o->ndrops && run_drop(o, &run)) {
		run.at++;
		change_show(&o->c);
	}
	if (run.at < o->ndrops)
		conclude_stopped(o, id, &run);
	else if (run.dropped == 0)
		change_conclude(&o->c, id, run.began_mono_us, OPERATION_WARNING,
				"not done: none is as it was in the preview");
	else if (run.kept > 0)
		change_conclude(&o->c, id, run.began_mono_us, OPERATION_WARNING,
				"done, although %zu of %zu stay: they are not as they were", run.kept, o->ndrops);
	else
		change_conclude(&o->c, id, run.began_mono_us, OPERATION_OK, "done: %zu dropped", run.dropped);
}
