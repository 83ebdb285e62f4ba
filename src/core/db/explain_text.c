/*
 * explain_text.c: where to plan, and the whole text of what.
 *
 * The sampler carries the first 1,024 characters of a statement, the server itself keeps
 * track_activity_query_size bytes. A text that may have been cut is never sent: it could
 * be another statement than the one that runs. pg_stat_statements has the whole text
 * under the query id, with its literals replaced by parameters.
 */
#include "codec/codec_sql.h"
#include "db/explain.h"

#include "base/utf8.h"
#include "db/session_detail.h"
#include "db/sqlset.h"

#include <libpq-fe.h>

/* A cut ends at a whole character, so up to this many bytes may lack besides the terminator. */
#define CUT_SLACK 4

struct flag_row {
	uint64_t present;
	int64_t allowed;
};
static const struct field flag_fields[] = {
	FIELD(struct flag_row, allowed, K_BOOL, .title = "ALLOWED", .help = "CONNECT is granted"),
};
static const struct rec_type flag_type = REC_TYPE(struct flag_row, "explain_database", flag_fields);

struct name_row {
	uint64_t present;
	struct str schema;
};
static const struct field name_fields[] = {
	FIELD(struct name_row, schema, K_ID, .title = "SCHEMA", .help = "where the view lies"),
};
static const struct rec_type name_type = REC_TYPE(struct name_row, "statement_view", name_fields);

/* ---- connecting ---- */

static bool may_connect(struct fetch *f, struct conn *c, const char *name, struct err *err)
{
	struct conn_param param = conn_param_text(name);
	struct snapshot *rows;
	struct pg_result *r;
	bool ok;

	if (!conn_query(f, c, "explain_database", &param, 1, &r, err))
		return false;
	rows = snapshot_new(&flag_type, "explain_database");
	ok = sql_read_rows(r, rows, err);
	if (ok && rows->nrows == 0)
		ok = err_set(err, ERR_UNAVAILABLE, "there is no database %s any more", name);
	if (ok && !((const struct flag_row *)snapshot_row(rows, 0))->allowed) {
		ok = err_set(err, ERR_UNAVAILABLE, "our role %s may not connect to database %s", conn_probe(c)->user,
			     name);
		err_remedy(err, "GRANT CONNECT ON DATABASE %s TO %s", name, conn_probe(c)->user);
	}
	snapshot_unref(rows);
	conn_result_free(r);
	return ok;
}

bool explain_connect(struct fetch *f, const char *name, struct conn **ret_conn, struct err *err)
{
	struct login_wish wish = {.planner = true};
	struct conn *c;

	if (!conn_open_as(f, &wish, &c, err))
		return false;
	if (conn_via_pooler(c)) {
		err_set(err, ERR_UNAVAILABLE, "a pooler stands between us and the server");
		err_remedy(err, "connect to the instance itself");
		return false;
	}
	if (name[0] && strcmp(conn_probe(c)->database, name) != 0) {
		if (!may_connect(f, c, name, err))
			return false;
		snprintf(wish.database, sizeof(wish.database), "%s", name);
		if (!conn_open_as(f, &wish, &c, err))
			return false;
	}
	*ret_conn = c;
	return true;
}

/* ---- the text ---- */

static void take_name(char *to, size_t size, struct str from)
{
	if (!to[0] && from.len > 0 && from.len < size)
		snprintf(to, size, STR_FMT, STR_ARG(from));
}

static bool take_text(struct explain *x, struct str text, struct err *err)
{
	struct buf sent;

	if (text.len > EXPLAIN_TEXT_MAX)
		return err_set(err, ERR_UNAVAILABLE, "no plan: the statement is longer than %u KiB",
			       EXPLAIN_TEXT_MAX >> 10);
	buf_init(&sent, EXPLAIN_TEXT_MAX * 2);
	if (explainable_cast_params(&sent, text) > 0)
		explain_note(x, "parameters that stand for literals with a type are cast to it");
	x->text = arena_str(x->plan->arena, buf_str(&sent));
	buf_release(&sent);
	return true;
}

bool session_text_is_cut(const struct probe *probe, int64_t size_bytes)
{
	return size_bytes > 0 && size_bytes + CUT_SLACK >= probe->query_size;
}

/* The view's name as a quoted identifier; false when there is none to read (err stays clear), or on a failure. */
static bool find_view(struct explain *x, struct buf *ret_schema, struct err *err)
{
	struct snapshot *rows;
	struct pg_result *r;
	bool ok;

	if (!conn_query(x->f, x->conn, "statement_view", NULL, 0, &r, err))
		return false;
	rows = snapshot_new(&name_type, "statement_view");
	ok = sql_read_rows(r, rows, err) && rows->nrows > 0;
	if (ok) {
		struct str name = ((const struct name_row *)snapshot_row(rows, 0))->schema;

		buf_add_char(ret_schema, '"');
		for (size_t i = 0; i < name.len; i++) {
			if (name.ptr[i] == '"')
				buf_add_char(ret_schema, '"');
			buf_add_char(ret_schema, name.ptr[i]);
		}
		buf_add_char(ret_schema, '"');
	}
	snapshot_unref(rows);
	conn_result_free(r);
	return ok;
}

/* The statement with the schema put in. */
static void write_lookup(const struct buf *schema, int version_num, struct buf *out)
{
	struct str rest = str_c(sqlset_text("statement_text", version_num));
	long at = str_find(rest, STR("$SCHEMA$"), 0);

	CHECK(at >= 0);
	buf_add_str(out, str_sub(rest, 0, (size_t)at));
	buf_add_str(out, buf_str(schema));
	buf_add_str(out, str_sub(rest, (size_t)at + 8, rest.len));
}

static bool take_normalised(struct explain *x, const struct snapshot *rows, bool *ret_found, struct err *err)
{
	const struct session_text *row = rows->nrows > 0 ? snapshot_row(rows, 0) : NULL;

	/* other people's texts are hidden without pg_read_all_stats */
	if (!row || row->query.len == 0 || str_eq_c(row->query, "<insufficient privilege>"))
		return true;
	*ret_found = true;
	take_name(x->database, sizeof(x->database), row->database);
	take_name(x->role, sizeof(x->role), row->role);
	explain_note(x, "text from pg_stat_statements, literals are parameters");
	/* from 18 on a list of constants is kept as its first element */
	if (str_find(row->query, STR("/*, ... */"), 0) >= 0)
		explain_note(x, "lists are planned with one element");
	return take_text(x, row->query, err);
}

/* Looks the text up by query id. True without *ret_found: it is not there. */
static bool find_normalised(struct explain *x, bool *ret_found, struct err *err)
{
	struct conn_param params[3] = {{OID_INT8, NULL, -1}, conn_param_text(x->database), conn_param_text(x->role)};
	struct buf schema, text;
	struct snapshot *rows;
	struct pg_result *r;
	char id[24];
	bool ok;

	*ret_found = false;
	buf_init(&schema, 256);
	if (x->query_id == 0 || !find_view(x, &schema, err)) {
		buf_release(&schema);
		return err->code == ERR_NONE;
	}
	buf_init(&text, 4096);
	write_lookup(&schema, conn_probe(x->conn)->version_num, &text);
	snprintf(id, sizeof(id), "%lld", (long long)x->query_id);
	params[0].value = id;
	ok = conn_query_text(x->f, x->conn, buf_c(&text), params, 3, &r, err);
	buf_release(&schema);
	buf_release(&text);
	if (!ok)
		return false;
	rows = snapshot_new(&session_text_type, "statement_text");
	ok = sql_read_rows(r, rows, err) && take_normalised(x, rows, ret_found, err);
	snapshot_unref(rows);
	conn_result_free(r);
	return ok;
}

enum answer { ANSWER_NO, ANSWER_WHOLE, ANSWER_CUT };

/* What the session runs now, if it is still the statement we were asked about. */
static bool ask_session(struct explain *x, enum answer *ret_answer, struct err *err)
{
	int64_t pid = fetch_arg_i64(x->f, "pid", 0), began = fetch_arg_i64(x->f, "query_start", 0);
	struct snapshot *rows = snapshot_new(&session_text_type, "session_text");
	bool ok = true;

	*ret_answer = ANSWER_NO;
	if (pid > 0)
		ok = session_ask_text(x->f, x->conn, pid, fetch_arg_i64(x->f, "backend_start", 0), rows, err);
	if (ok && rows->nrows > 0) {
		const struct session_text *row = snapshot_row(rows, 0);

		take_name(x->database, sizeof(x->database), row->database);
		take_name(x->role, sizeof(x->role), row->role);
		if (began == 0 || row->query_start_at == began) {
			*ret_answer =
				session_text_is_cut(conn_probe(x->conn), row->size_bytes) ? ANSWER_CUT : ANSWER_WHOLE;
			ok = take_text(x, row->query, err);
		}
	}
	snapshot_unref(rows);
	return ok;
}

static bool fail_text(const struct explain *x, enum answer answer, struct err *err)
{
	if (answer == ANSWER_CUT) {
		err_set(err, ERR_UNAVAILABLE, "n/a: text cut at %lld", (long long)conn_probe(x->conn)->query_size);
		err_remedy(err, "raise track_activity_query_size, or load pg_stat_statements for whole texts");
		return false;
	}
	if (fetch_arg_i64(x->f, "pid", 0) > 0)
		err_set(err, ERR_UNAVAILABLE, "no plan: the statement has ended, and its whole text is not known");
	else
		err_set(err, ERR_UNAVAILABLE, "no plan: the whole text of the statement is not known");
	err_remedy(err, "pg_stat_statements in this database keeps whole texts by query id");
	return false;
}

bool explain_find_text(struct explain *x, struct err *err)
{
	enum answer answer;
	bool found;

	if (!ask_session(x, &answer, err))
		return false;
	if (answer == ANSWER_WHOLE)
		return true;
	if (answer == ANSWER_NO && fetch_arg_i64(x->f, "whole", 0) == 1)
		return take_text(x, fetch_arg(x->f, "text"), err);
	if (!find_normalised(x, &found, err))
		return false;
	return found || fail_text(x, answer, err);
}
