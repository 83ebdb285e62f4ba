/*
 * cmd_operate.c: looks at what an operation would meet, and says so before anything is sent.
 *
 * The same look is taken again when it runs: what the preview showed is compared with what
 * would be sent now, so that a table that was renamed, dropped or given to somebody else
 * in between is refused and not hit under its new name. A refusal is a row, not an error: the
 * dialog shows it with the rest of what is known.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/commands.h"
#include "db/site.h"
#include "model/kind.h"

#include <stdio.h>

/* The first row of a result, which is freed. */
static bool take_row(struct operate *o, struct pg_result *r, const struct rec_type *type, void *row, bool *ret_found,
		     struct err *err)
{
	struct snapshot *rows = snapshot_new(type, type->name);
	bool ok = sql_read_rows(r, rows, err);

	conn_result_free(r);
	*ret_found = ok && rows->nrows > 0;
	if (*ret_found) {
		memcpy(row, rows->rows, type->size);
		change_keep_texts(&o->c, type, row);
	}
	snapshot_unref(rows);
	return ok;
}

bool operate_ask(struct operate *o, const char *name, const struct conn_param *params, int n,
		 const struct rec_type *type, void *row, bool *ret_found, struct err *err)
{
	struct pg_result *r;

	return conn_query(o->c.f, o->conn, name, params, n, &r, err) && take_row(o, r, type, row, ret_found, err);
}

bool operate_ask_extension(struct operate *o, const struct conn_statement *statement, const struct conn_param *params,
			   int n, const struct rec_type *type, void *row, bool *ret_found, struct err *err)
{
	struct pg_result *r;

	return conn_query_extension(o->c.f, o->conn, statement, params, n, &r, err) &&
	       take_row(o, r, type, row, ret_found, err);
}

void operate_target_name(const struct operate *o, char *out, size_t size)
{
	if (o->c.f->target->cluster[0])
		(void)snprintf(out, size, "%s", o->c.f->target->cluster);
	else
		conn_place(o->conn, out, size);
}

/* What stands for one letter behind a percent sign in operations.def. */
static struct str filled(const struct operate *o, char mark, struct str options, struct str object)
{
	static const char *const kinds[SCOPE__COUNT] = {"TABLE", "INDEX", "SCHEMA", "DATABASE"};

	if (mark == 'o')
		return options;
	return mark == 'k' ? str_c(kinds[o->scope]) : object;
}

bool operate_fill_statement(struct operate *o, struct str options, struct str object)
{
	struct buf b;

	buf_init(&b, sizeof(o->c.statement) - 1);
	for (const char *p = o->c.op->statement; *p; p++)
		if (*p == '%')
			(void)buf_add_str(&b, filled(o, *++p, options, object));
		else
			(void)buf_add_char(&b, *p);
	bool ok = !b.failed;
	struct str text = str_trim(buf_str(&b));
	if (ok)
		(void)snprintf(o->c.statement, sizeof(o->c.statement), STR_FMT, STR_ARG(text));
	buf_release(&b);
	return ok;
}

/* ---- all ---- */

static bool look_at_server(struct operate *o, struct err *err)
{
	if (strcmp(o->c.op->name, "server slow log") == 0)
		return operate_look_at_slow_log(o, err);
	if (o->c.op->flags & OPERATION_LEASE)
		return operate_look_at_setting(o, err);
	if (strcmp(o->c.op->name, "server restore") == 0)
		return operate_look_at_left_lease(o, err);
	return operate_look_at_statistics(o, err);
}

static bool look_at_target(struct operate *o, struct err *err)
{
	if (o->c.op->target == OPERATION_SESSION)
		return o->many ? operate_look_at_sessions(o, err) : operate_look_at_session(o, err);
	if (o->c.op->target == OPERATION_SERVER)
		return look_at_server(o, err);
	if (o->c.op->target == OPERATION_PREPARED)
		return operate_look_at_prepared(o, err);
	if (o->c.op->flags & OPERATION_DROPS)
		return operate_look_at_invalid(o, err);
	if (o->scope == SCOPE_SCHEMA || o->scope == SCOPE_DATABASE)
		return operate_look_at_many(o, err);
	return operate_look_at_table(o, err);
}

bool operate_look(struct operate *o, struct err *err)
{
	bool in_database = o->c.op->target != OPERATION_SESSION;

	change_add(&o->c, "fact", "means", OPERATION_OK, "%s", o->c.op->effect);
	if (!look_at_target(o, err))
		return false;
	change_add(&o->c, "fact", "runs as", OPERATION_OK, "%s on %s%s%s", conn_probe(o->conn)->user,
		   conn_probe(o->conn)->instance[0] ? conn_probe(o->conn)->instance : "the server",
		   in_database ? ", database " : "", in_database ? conn_probe(o->conn)->database : "");
	if (o->own_why[0])
		change_add(&o->c, "fact", "connection", OPERATION_NOTICE, "a new one: %s", o->own_why);
	change_add_end(&o->c);
	return true;
}

bool operate_look_again(struct operate *o, struct err *err)
{
	return operate_look(o, err) && change_is_confirmed(&o->c, err);
}

/* ---- opening ---- */

bool operate_open(struct operate *o, struct fetch *f, bool changes, struct err *err)
{
	struct login_wish wish = {.database = "", .acts = true};
	struct str database = fetch_arg(f, "database");

	*o = (struct operate){0};
	if (!change_begin(&o->c, f, changes, err))
		return false;
	o->pid = fetch_arg_i64(f, "pid", 0);
	o->backend_start_at = fetch_arg_i64(f, "backend_start", 0);
	o->oid = fetch_arg_i64(f, "oid", 0);
	o->prepared_at = fetch_arg_i64(f, "prepared_at", 0);
	o->of = fetch_arg_i64(f, "of", 0);
	o->scope = operation_scope_find(fetch_arg(f, "scope"));
	CHECK(o->scope == SCOPE_TABLE || operation_takes(o->c.op, o->scope));
	if (database.len >= sizeof(wish.database))
		return err_set(err, ERR_LIMIT, "a database name of more than 63 bytes");
	if (o->c.op->target == OPERATION_TABLE || o->c.op->target == OPERATION_PREPARED)
		(void)snprintf(wish.database, sizeof(wish.database), STR_FMT, STR_ARG(database));
	/* what lasts has a connection of its own */
	bool lasts = o->c.op->target == OPERATION_TABLE || (o->c.op->flags & OPERATION_LEASE);
	if (changes && lasts ? !conn_open_as(f, &wish, &o->conn, err)
			     : !standby_open(f, &wish, &o->conn, o->own_why, err))
		return false;
	if (conn_via_pooler(o->conn)) {
		err_set(err, ERR_UNAVAILABLE,
			"a pooler stands between the console and the server, and what it would hit is not certain");
		err_remedy(err, "connect to the instance");
		return false;
	}
	/* kept, because the connection may be lost before the outcome is written */
	(void)snprintf(o->c.database, sizeof(o->c.database), "%s", conn_probe(o->conn)->database);
	(void)snprintf(o->c.role, sizeof(o->c.role), "%s", conn_probe(o->conn)->user);
	(void)snprintf(o->c.node, sizeof(o->c.node), "%s", conn_probe(o->conn)->instance);
	o->c.out = snapshot_new(&operation_type, f->source->name);
	if (operate_take_sessions(o, err))
		return true;
	snapshot_unref(o->c.out);
	return false;
}

static bool fetch_preview(struct fetch *f, struct err *err)
{
	struct operate o;

	if (!operate_open(&o, f, false, err))
		return false;
	o.previews = true;
	fetch_doing(f, "looking at what %s would meet", o.c.op->title);
	if (!operate_look(&o, err)) {
		snapshot_unref(o.c.out);
		return false;
	}
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_preview = {
	.name = "preview",
	.title = "preview",
	.help = "What an operation would do and meet; nothing is changed.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB,
	.deadline_us = 15 * US_PER_S,
	.inputs = OPERATE_INPUTS,
	.origin = "pg_class, pg_locks",
	.ready = site_ready,
	.fetch = fetch_preview,
};
