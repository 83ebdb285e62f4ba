/*
 * explain_run.c: planning one statement, and what came of it in words.
 *
 * BEGIN READ ONLY, SET LOCAL ROLE, the settings of that role and database, EXPLAIN,
 * ROLLBACK; the limits on statements and locks stand since the login. Everything of ours
 * in between is schema-qualified, because search_path is the session's by then.
 *
 * A statement with parameters is planned without their values: it is prepared with types
 * left to the server, the setting plan_cache_mode asks for the generic plan, and EXPLAIN
 * EXECUTE with NULL for each parameter shows it, because a generic plan does not look at
 * the values. EXPLAIN (GENERIC_PLAN) of 16 would be shorter, but in the extended protocol
 * the parameters are those of the EXPLAIN itself, must be bound, and are planned as the
 * values bound (seen with 16.14 and 18.4: NULL makes "One-Time Filter: false"); the simple
 * protocol would take several statements. 11 has neither: no plan.
 *
 * A failure of the explained text is an answer, and the connection is given up with it:
 * that ends the transaction as surely as a ROLLBACK.
 */
#include "codec/codec_plan.h"
#include "codec/codec_sql.h"
#include "db/explain.h"
#include "db/sqlset.h"

#include <libpq-fe.h>

#define PREPARED "auroratop_explain"
/* A name in an array literal, all of it escaped. */
#define ARRAY_TEXT_MAX (PLAN_NODES_MAX * 140u)

struct memory_row {
	uint64_t present;
	int64_t work_mem_bytes;
	double hash_mem_multiplier;
	struct str search_path, role;
};
#define F(T, m, k) FIELD(T, m, k, .title = #m, .help = #m)
static const struct field memory_fields[] = {
	F(struct memory_row, work_mem_bytes, K_BYTES),
	F(struct memory_row, hash_mem_multiplier, K_REAL),
	F(struct memory_row, search_path, K_TEXT),
	F(struct memory_row, role, K_ID),
};
static const struct rec_type memory_type = REC_TYPE(struct memory_row, "explain_memory", memory_fields);

struct setting_row {
	uint64_t present;
	struct str name, value;
};
static const struct field setting_fields[] = {
	F(struct setting_row, name, K_ID),
	F(struct setting_row, value, K_TEXT),
};
static const struct rec_type setting_type = REC_TYPE(struct setting_row, "explain_setting", setting_fields);

struct relation_row {
	uint64_t present;
	struct str schema, relation;
	int64_t relation_bytes, never_analyzed;
	double tuples;
};
static const struct field relation_fields[] = {
	F(struct relation_row, schema, K_ID),
	F(struct relation_row, relation, K_ID),
	F(struct relation_row, relation_bytes, K_BYTES),
	F(struct relation_row, never_analyzed, K_BOOL),
	F(struct relation_row, tuples, K_REAL),
};
static const struct rec_type relation_type = REC_TYPE(struct relation_row, "explain_relation", relation_fields);

struct capture_row {
	uint64_t present;
	int64_t captures, captured_at;
	struct str explain_plan, plan_type, query;
};
static const struct field capture_fields[] = {
	F(struct capture_row, captures, K_BOOL),     F(struct capture_row, captured_at, K_TIME_US),
	F(struct capture_row, explain_plan, K_TEXT), F(struct capture_row, plan_type, K_ENUM),
	F(struct capture_row, query, K_SQL),
};
static const struct rec_type capture_type = REC_TYPE(struct capture_row, "explain_capture", capture_fields);
#undef F

/* A statement file's rows as records; release *ret_rows in every case. */
static bool ask(struct explain *x, const char *name, const struct conn_param *params, int nparams,
		const struct rec_type *type, struct snapshot **ret_rows, struct err *err)
{
	struct pg_result *r;
	bool ok;

	*ret_rows = snapshot_new(type, name);
	if (!conn_query(x->f, x->conn, name, params, nparams, &r, err))
		return false;
	ok = sql_read_rows(r, *ret_rows, err);
	conn_result_free(r);
	return ok;
}

static bool run(struct explain *x, const char *name, const struct conn_param *params, int nparams, struct err *err)
{
	struct pg_result *r;

	if (!conn_query(x->f, x->conn, name, params, nparams, &r, err))
		return false;
	conn_result_free(r);
	return true;
}

/* ---- the world of the session ---- */

static bool keep_settings(struct explain *x, const struct snapshot *rows)
{
	struct buf out;

	/* from 12 on EXPLAIN says them itself, and all of them */
	if (conn_probe(x->conn)->version_num >= 120000)
		return true;
	buf_init(&out, 4096);
	for (size_t i = 0; i < rows->nrows; i++) {
		const struct setting_row *row = snapshot_row(rows, i);

		if (!str_eq_c(row->name, "search_path"))
			buf_addf(&out, "%s" STR_FMT " = " STR_FMT, out.len ? ", " : "", STR_ARG(row->name),
				 STR_ARG(row->value));
	}
	if (out.len > 0)
		SET(plan_statement(x->plan), struct plan_row, settings, arena_str(x->plan->arena, buf_str(&out)));
	buf_release(&out);
	return true;
}

static bool take_settings(struct explain *x, struct err *err)
{
	struct conn_param role = conn_param_text(x->role);
	struct snapshot *rows;
	bool ok = ask(x, "explain_settings", &role, 1, &setting_type, &rows, err) && keep_settings(x, rows);

	snapshot_unref(rows);
	return ok;
}

static bool take_memory(struct explain *x, struct err *err)
{
	struct plan_row *statement = plan_statement(x->plan);
	struct snapshot *rows;
	bool ok = ask(x, "explain_memory", NULL, 0, &memory_type, &rows, err);

	if (ok && rows->nrows == 1) {
		const struct memory_row *row = snapshot_row(rows, 0);

		x->facts.work_mem_bytes = row->work_mem_bytes;
		x->facts.hash_mem_multiplier = row->hash_mem_multiplier;
		SET(statement, struct plan_row, search_path, arena_str(x->plan->arena, row->search_path));
		SET(statement, struct plan_row, role, arena_str(x->plan->arena, row->role));
	}
	snapshot_unref(rows);
	return ok;
}

/* ---- EXPLAIN ---- */

static const char *origin_of(const struct explain *x)
{
	return x->what.params > 0 ? "generic" : "literals";
}

static void write_execute(int nparams, struct buf *out)
{
	buf_add_c(out, "EXECUTE " PREPARED);
	for (int i = 0; i < nparams; i++)
		buf_add_c(out, i == 0 ? "(NULL" : ", NULL");
	if (nparams > 0)
		buf_add_char(out, ')');
}

static bool write_prepared(struct explain *x, struct buf *out, struct err *err)
{
	int version = conn_probe(x->conn)->version_num, nparams = 0;
	struct buf text;
	bool ok;

	buf_init(&text, EXPLAIN_TEXT_MAX + 16);
	buf_add_str(&text, x->what.text);
	ok = run(x, "explain_force_generic", NULL, 0, err) &&
	     conn_prepare(x->f, x->conn, PREPARED, buf_c(&text), &nparams, err);
	buf_release(&text);
	if (ok && nparams > EXPLAINABLE_PARAMS_MAX)
		ok = err_set(err, ERR_UNAVAILABLE, "no plan: more than %d parameters", EXPLAINABLE_PARAMS_MAX);
	if (!ok)
		return false;
	buf_add_c(out, sqlset_text("explain", version));
	write_execute(nparams, out);
	return true;
}

static bool write_explain(struct explain *x, struct buf *out, struct err *err)
{
	int version = conn_probe(x->conn)->version_num;

	if (x->what.params == 0) {
		buf_add_c(out, sqlset_text("explain", version));
		return buf_add_str(out, x->what.text);
	}
	if (version >= 120000)
		return write_prepared(x, out, err);
	return err_set(err, ERR_UNAVAILABLE,
		       "no plan: without the values of its parameters that needs PostgreSQL 12 or later");
}

static bool read_plan(struct explain *x, const struct pg_result *r, struct err *err)
{
	if (PQntuples(r) != 1 || PQnfields(r) != 1 || PQgetisnull(r, 0, 0))
		return err_set(err, ERR_PROTOCOL, "the server answered EXPLAIN with %d rows", PQntuples(r));
	return plan_read_json((struct str){PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0)}, x->plan, err);
}

/* What the server said of the text, with a remedy of this place. */
static void say_why(const struct explain *x, struct err *err)
{
	static const struct {
		const char *state, *text, *remedy;
	} known[] = {
		{"55P03",
		 "a relation of the statement is locked so strongly that planning could not have it within a second",
		 "see who holds it under Locks, and try again"},
		{"57014", "planning took longer than 10 s and was stopped", "try again when the server has less to do"},
		{"42P01", NULL, "search_path and temporary tables that the session has made itself are not known here"},
		{"3F000", NULL, "the schema is not there for this role"},
		{"42P18", NULL, "the text alone does not tell the type of a parameter"},
		{"42601", NULL,
		 "normalised text is not always a statement: a parameter may stand where none is allowed"},
		{"25006", NULL, "a function that runs while planning wants to write, and planning may not"},
	};

	err->remedy[0] = '\0';
	if (strcmp(err->id, "42501") == 0 && !x->acts && x->role[0])
		err_remedy(err, "GRANT %s TO %s lets it be planned as that role", x->role, conn_probe(x->conn)->user);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(err->id, known[i].state) != 0)
			continue;
		if (known[i].text)
			snprintf(err->text, sizeof(err->text), "%s", known[i].text);
		err_remedy(err, "%s", known[i].remedy);
	}
}

static bool plan_it(struct explain *x, struct err *err)
{
	struct pg_result *r = NULL;
	struct buf text;
	bool ok, theirs;

	buf_init(&text, EXPLAIN_TEXT_MAX + 4096);
	ok = write_explain(x, &text, err);
	ok = ok && conn_ask(x->f, x->conn, buf_c(&text), &r, err);
	theirs = !ok && err->id[0];
	ok = ok && read_plan(x, r, err);
	conn_result_free(r);
	buf_release(&text);
	if (theirs)
		say_why(x, err);
	return ok;
}

bool explain_run(struct explain *x, struct err *err)
{
	struct conn_param role = conn_param_text(x->role);
	struct plan_row *statement;

	fetch_doing(x->f, "planning a statement in %s", conn_probe(x->conn)->database);
	if (!run(x, "explain_begin", NULL, 0, err) || (x->acts && !run(x, "explain_act", &role, 1, err)) ||
	    !take_settings(x, err) || !take_memory(x, err) || !plan_it(x, err) || !run(x, "explain_end", NULL, 0, err))
		return false;
	statement = plan_statement(x->plan);
	SET(statement, struct plan_row, origin, arena_str(x->plan->arena, str_c(origin_of(x))));
	explain_note(x, "what the session has SET itself is not known");
	return true;
}

/* ---- the catalog's side ---- */

/* Names as an array literal. */
static bool add_element(struct buf *out, struct str name)
{
	buf_add_c(out, out->len > 1 ? ",\"" : "\"");
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, name.ptr[i]);
	}
	return buf_add_char(out, '"');
}

static void list_relations(const struct explain *x, struct buf *schemas, struct buf *names)
{
	buf_add_char(schemas, '{');
	buf_add_char(names, '{');
	for (size_t i = 1; i < x->plan->nrows; i++) {
		const struct plan_row *row = snapshot_row(x->plan, i);

		if (row->schema.len == 0 || row->relation.len == 0)
			continue;
		add_element(schemas, row->schema);
		add_element(names, row->relation);
	}
	buf_add_char(schemas, '}');
	buf_add_char(names, '}');
}

static void keep_relations(struct explain *x, const struct snapshot *rows)
{
	struct arena *a = x->plan->arena;
	struct plan_relation *relations = arena_alloc_array(a, rows->nrows + 1, sizeof(*relations));

	for (size_t i = 0; i < rows->nrows; i++) {
		const struct relation_row *row = snapshot_row(rows, i);

		relations[i] = (struct plan_relation){.schema = arena_str(a, row->schema),
						      .name = arena_str(a, row->relation),
						      .bytes = row->relation_bytes,
						      .rows = row->tuples,
						      .never_analyzed = row->never_analyzed != 0};
	}
	x->facts.relations = relations;
	x->facts.nrelations = rows->nrows;
}

bool explain_relations(struct explain *x, struct err *err)
{
	struct conn_param params[2] = {{OID_TEXT_ARRAY, NULL, -1}, {OID_TEXT_ARRAY, NULL, -1}};
	struct buf schemas, names;
	struct snapshot *rows;
	bool ok;

	buf_init(&schemas, ARRAY_TEXT_MAX);
	buf_init(&names, ARRAY_TEXT_MAX);
	list_relations(x, &schemas, &names);
	params[0].value = buf_c(&schemas);
	params[1].value = buf_c(&names);
	ok = ask(x, "explain_relations", params, 2, &relation_type, &rows, err);
	if (ok)
		keep_relations(x, rows);
	snapshot_unref(rows);
	buf_release(&schemas);
	buf_release(&names);
	return ok;
}

/* ---- captured plans ---- */

static bool take_capture(struct explain *x, const struct capture_row *row, struct err *err)
{
	struct plan_row *statement;
	struct arena *a = x->plan->arena;

	if (!plan_read_text(row->explain_plan, x->plan, err))
		return false;
	x->text = arena_str(a, row->query);
	statement = plan_statement(x->plan);
	SET(statement, struct plan_row, origin, STR("captured"));
	if (x->role[0])
		SET(statement, struct plan_row, role, arena_str(a, str_c(x->role)));
	if (HAS(row, struct capture_row, captured_at))
		SET(statement, struct plan_row, captured_at, row->captured_at);
	explain_note(x, "plan of a real run that the server kept (" STR_FMT ")", STR_ARG(row->plan_type));
	return true;
}

bool explain_captured(struct explain *x, bool *ret_found, struct err *err)
{
	struct conn_param params[3] = {
		{OID_INT8, NULL, -1}, conn_param_text(conn_probe(x->conn)->database), conn_param_text(x->role)};
	struct snapshot *rows;
	char id[24];
	bool ok;

	*ret_found = false;
	ok = ask(x, "explain_captures", NULL, 0, &capture_type, &rows, err) && rows->nrows == 1;
	if (ok && !((const struct capture_row *)snapshot_row(rows, 0))->captures) {
		snapshot_unref(rows);
		return true;
	}
	snapshot_unref(rows);
	if (!ok)
		return false;
	snprintf(id, sizeof(id), "%lld", (long long)x->query_id);
	params[0].value = id;
	ok = ask(x, "explain_captured", params, 3, &capture_type, &rows, err);
	if (ok && rows->nrows > 0) {
		*ret_found = true;
		ok = take_capture(x, snapshot_row(rows, 0), err);
	}
	snapshot_unref(rows);
	return ok;
}
