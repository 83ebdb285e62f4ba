/*
 * operate_many.c: looks at a schema or a database before all of its tables are maintained.
 *
 * VACUUM and ANALYZE name tables, so a schema is the list of those in it that our role may
 * maintain, quoted by the server; what somebody else owns stands beside it and not in it. For a database that is
 * ours they are sent without a list, and take the catalogs along; VACUUM FULL never does,
 * because nobody can work while a catalog is locked. REINDEX knows schemas and databases by name.
 *
 * Each table is a transaction of its own: what is done stays done, whatever ends the rest. So sizes are told
 * together, and the room that is needed is that of the largest one.
 */
#include "db/operate.h"

#include "model/kind.h"

#include <stdio.h>

struct target_many {
	uint64_t present;
	struct str name, quoted, owner, list, spared;
	int64_t target_oid, owns, owns_database, relations, skipped, partitioned, table_bytes, index_bytes, indexes,
		invalid, largest_index_bytes, most_index_bytes, most_bytes, used, conflicting, exact;
};
#define F(m, k) FIELD(struct target_many, m, k, .title = #m, .help = #m)
static const struct field many_fields[] = {
	F(name, K_ID),
	F(quoted, K_ID),
	F(owner, K_ID),
	F(list, K_TEXT),
	F(spared, K_TEXT),
	F(target_oid, K_INT),
	F(owns, K_BOOL),
	F(owns_database, K_BOOL),
	F(relations, K_COUNT),
	F(skipped, K_COUNT),
	F(partitioned, K_COUNT),
	F(table_bytes, K_BYTES),
	F(index_bytes, K_BYTES),
	F(indexes, K_COUNT),
	F(invalid, K_COUNT),
	F(largest_index_bytes, K_BYTES),
	F(most_index_bytes, K_BYTES),
	F(most_bytes, K_BYTES),
	F(used, K_COUNT),
	F(conflicting, K_COUNT),
	F(exact, K_BOOL),
};
#undef F
static const struct rec_type many_type = REC_TYPE(struct target_many, "operate_many", many_fields);

static bool has_flag(const struct operate *o, uint32_t flag)
{
	return (o->c.op->flags & flag) != 0;
}

/* What a database is asked takes the system's catalogs along. */
static bool takes_catalogs(const struct operate *o)
{
	return !has_flag(o, OPERATION_EXCLUSIVE | OPERATION_CONCURRENT);
}

/* ---- which ---- */

static bool ask_many(struct operate *o, struct target_many *ret_many, bool *ret_found, struct err *err)
{
	struct str wanted = fetch_arg(o->c.f, "value");
	bool whole = has_flag(o, OPERATION_INDEXES);
	char name[260], oid[24], of[24];
	struct conn_param params[] = {{OID_BOOL, o->scope == SCOPE_SCHEMA ? "t" : "f", -1},
				      conn_param_text(name),
				      {OID_OID, oid, -1},
				      {OID_OID, of, -1},
				      {OID_BOOL, takes_catalogs(o) ? "t" : "f", -1},
				      {OID_BOOL, whole ? "t" : "f", -1}};

	*ret_many = (struct target_many){0};
	if (wanted.len >= sizeof(name))
		return err_set(err, ERR_LIMIT, "the name of a schema of more than 259 bytes");
	(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(wanted));
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->oid);
	(void)snprintf(of, sizeof(of), "%lld", (long long)o->of);
	return operate_ask(o, "operate_many", params, (int)ARRAY_LEN(params), &many_type, ret_many, ret_found, err);
}

static bool find_many(struct operate *o, struct target_many *ret_many, struct err *err)
{
	struct str wanted = fetch_arg(o->c.f, "value");
	bool found;

	if (!ask_many(o, ret_many, &found, err))
		return false;
	if (!found) {
		change_refuse(&o->c, "there is no schema " STR_FMT " in database %s%s", STR_ARG(wanted),
			      conn_probe(o->conn)->database, o->of ? " any more" : "");
		return true;
	}
	o->of = o->oid = ret_many->target_oid;
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s " STR_FMT, operation_scope_word(o->scope),
		       STR_ARG(ret_many->name));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(ret_many->name));
	if (o->scope == SCOPE_SCHEMA)
		change_add(&o->c, "oid", "", OPERATION_OK, "%lld", (long long)o->of);
	if (conn_probe(o->conn)->in_recovery)
		change_refuse(&o->c, "this is a reader; tables are maintained on the writer");
	return true;
}

bool operate_find_many(struct operate *o, struct err *err)
{
	struct target_many m;

	return find_many(o, &m, err);
}

/* ---- whether ---- */

static void check_rights(struct operate *o, const struct target_many *m)
{
	const struct probe *probe = conn_probe(o->conn);
	bool concurrent = has_flag(o, OPERATION_CONCURRENT);

	if (has_flag(o, OPERATION_INDEXES) && !m->owns)
		change_refuse(
			&o->c,
			"%s belongs to " STR_FMT
			", and our role %s may not rebuild the indexes of all of it; table by table it may its own",
			o->c.object, STR_ARG(m->owner), probe->user);
	else if (concurrent && probe->version_num < 120000)
		change_refuse(&o->c, "REINDEX CONCURRENTLY needs PostgreSQL 12");
	else if (concurrent && o->scope == SCOPE_SCHEMA && str_starts(m->name, STR("pg_")))
		change_refuse(&o->c, "the system's catalogs are not rebuilt concurrently");
	else if (m->relations == 0)
		change_refuse(&o->c, "there is no table in %s that our role %s may maintain", o->c.object, probe->user);
}

static void check_skipped(struct operate *o, const struct target_many *m)
{
	if (m->skipped > 0)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   m->skipped == 1 ? "%lld table is skipped: our role %s is not its owner"
					   : "%lld tables are skipped: our role %s is not their owner",
			   (long long)m->skipped, conn_probe(o->conn)->user);
	if (m->partitioned > 0 && !has_flag(o, OPERATION_INDEXES))
		change_add(&o->c, "check", "", OPERATION_OK,
			   "of %lld partitioned tables the partitions are taken, as the tables that they are",
			   (long long)m->partitioned);
	if (m->invalid > 0)
		change_add(
			&o->c, "check", "", OPERATION_WARNING,
			"%lld indexes are invalid, left by builds that were stopped; :drop invalid indexes %s removes "
			"them",
			(long long)m->invalid, operation_scope_word(o->scope));
}

/* What others hold now; a moment later it may be something else. */
static void check_locks(struct operate *o, const struct target_many *m)
{
	int64_t n = operation_needs_window(o->c.op) ? m->used : m->conflicting;
	bool waits = has_flag(o, OPERATION_INDEXES) || conn_probe(o->conn)->version_num < 120000;
	const char *then = has_flag(o, OPERATION_CONCURRENT) ? "it waits for them"
			   : waits                           ? "it waits 2 s for each, and ends where that is in vain"
							     : "skipped if they still are";

	if (n > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   n == 1 ? "%lld table is locked by others now: %s"
				  : "%lld tables are locked by others now: %s",
			   (long long)n, then);
	else
		change_add(&o->c, "check", "", OPERATION_OK, "no conflicting lock is held");
}

/* ---- how much ---- */

static void describe(struct operate *o, const struct target_many *m)
{
	struct buf b;

	buf_init(&b, 512);
	change_add(&o->c, "fact", "lock", OPERATION_OK, "%s, on one table after the other", o->c.op->lock);
	operate_add_queue(o);
	change_add(&o->c, "fact", "tables", OPERATION_OK, "%lld, with %lld indexes", (long long)m->relations,
		   (long long)m->indexes);
	(void)format_bytes(&b, m->table_bytes + m->index_bytes);
	(void)buf_add_c(&b, " = tables ");
	(void)format_bytes(&b, m->table_bytes);
	(void)buf_add_c(&b, " + indexes ");
	(void)format_bytes(&b, m->index_bytes);
	if (!m->exact)
		(void)buf_add_c(&b, ", in part as of their last VACUUM or ANALYZE");
	change_add(&o->c, "fact", "size", OPERATION_OK, "%s", buf_c(&b));
	buf_release(&b);
	operate_add_time(o);
	change_add(&o->c, "fact", "cancelled", OPERATION_OK,
		   "each table is a transaction of its own: what is done stays done");
}

/* ---- what ---- */

/* For a database that is ours VACUUM and ANALYZE need no list. */
static bool fill_statement(struct operate *o, const struct target_many *m, struct err *err)
{
	bool bare = o->scope == SCOPE_DATABASE && takes_catalogs(o) && m->owns_database;
	struct str object = has_flag(o, OPERATION_INDEXES) ? m->quoted : bare ? STR("") : m->list;
	struct buf options;

	buf_init(&options, 200);
	bool ok = operate_add_options(o, &options, err);
	if (ok && !operate_fill_statement(o, buf_str(&options), object))
		change_refuse(&o->c, "its %lld tables are too many for one statement of at most %u KiB",
			      (long long)m->relations, CHANGE_STATEMENT_MAX >> 10);
	buf_release(&options);
	/* the server warns that it passes by what is all databases' and not ours, and that it rebuilds no catalog */
	o->spared = bare ? m->spared : STR("");
	o->expected = o->scope == SCOPE_DATABASE && has_flag(o, OPERATION_CONCURRENT);
	return ok;
}

bool operate_look_at_many(struct operate *o, struct err *err)
{
	struct target_many m;

	if (!find_many(o, &m, err))
		return false;
	if (m.name.len == 0)
		return true;
	if (!o->c.refused)
		check_rights(o, &m);
	describe(o, &m);
	check_skipped(o, &m);
	check_locks(o, &m);
	if (!fill_statement(o, &m, err))
		return false;
	if (has_flag(o, OPERATION_SORTS))
		operate_check_storage(o, m.largest_index_bytes,
				      has_flag(o, OPERATION_EXCLUSIVE) ? m.most_bytes : m.most_index_bytes);
	return o->c.refused || operate_check_waits(o, err);
}
