/*
 * operate_table.c: looks at one table, or at one index of it, before something is done to it.
 *
 * A table is known by its oid, an index by its name, which somebody types: what the name leads
 * to is shown with its schema, and the run looks for the oid that was shown and not for the name again. Rights,
 * locks and rows are those of the table in both cases.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "codec/codec_sql.h"
#include "model/kind.h"

#include <stdio.h>

struct target_relation {
	uint64_t present;
	struct str relation, name, kind, owner;
	int64_t owns, owns_database, table_bytes, index_bytes, largest_index_bytes, indexes, invalid, dead_rows,
		live_rows, vacuumed_at, holders, conflicting;
};
#define F(m, k) FIELD(struct target_relation, m, k, .title = #m, .help = #m)
static const struct field relation_fields[] = {
	F(relation, K_ID),       F(name, K_ID),
	F(kind, K_ENUM),         F(owner, K_ID),
	F(owns, K_BOOL),         F(owns_database, K_BOOL),
	F(table_bytes, K_BYTES), F(index_bytes, K_BYTES),
	F(indexes, K_COUNT),     F(largest_index_bytes, K_BYTES),
	F(invalid, K_COUNT),     F(dead_rows, K_COUNT),
	F(live_rows, K_COUNT),   F(vacuumed_at, K_TIME_US),
	F(holders, K_COUNT),     F(conflicting, K_COUNT),
};
#undef F
static const struct rec_type relation_type = REC_TYPE(struct target_relation, "operate_relation", relation_fields);

struct target_index {
	uint64_t present;
	struct str index, name, kind;
	int64_t index_oid, table_oid, index_bytes, valid, exclusion, catalog, matches;
};
#define F(m, k) FIELD(struct target_index, m, k, .title = #m, .help = #m)
static const struct field index_fields[] = {
	F(index, K_ID),   F(name, K_ID),           F(kind, K_ENUM),      F(index_oid, K_INT), F(table_oid, K_INT),
	F(valid, K_BOOL), F(index_bytes, K_BYTES), F(exclusion, K_BOOL), F(catalog, K_BOOL),  F(matches, K_COUNT),
};
#undef F
static const struct rec_type index_type = REC_TYPE(struct target_index, "operate_index", index_fields);

struct waited {
	uint64_t present;
	int64_t transactions, pid, open_us;
	struct str role, application;
};
#define F(m, k) FIELD(struct waited, m, k, .title = #m, .help = #m)
static const struct field waited_fields[] = {F(transactions, K_COUNT), F(pid, K_INT), F(open_us, K_DURATION_US),
					     F(role, K_ID), F(application, K_TEXT)};
#undef F
static const struct rec_type waited_type = REC_TYPE(struct waited, "operate_waits_for", waited_fields);

/* ---- size ---- */

static void describe_rows(struct operate *o, const struct target_relation *r)
{
	struct buf b;

	buf_init(&b, 512);
	(void)format_count(&b, r->dead_rows);
	(void)buf_add_c(&b, " dead of ");
	(void)format_count(&b, r->dead_rows + r->live_rows);
	change_add(&o->c, "fact", "rows", OPERATION_OK, "%s, as the statistics have it", buf_c(&b));
	buf_release(&b);
}

/* Of an index its own size stands before that of its table. */
static void describe_size(struct operate *o, const struct target_relation *r, const struct target_index *index)
{
	struct buf b;

	if (!HAS(r, struct target_relation, table_bytes)) {
		change_add(&o->c, "fact", "size", OPERATION_OK,
			   "n/a: somebody holds the table exclusively, and looking would wait");
		return;
	}
	buf_init(&b, 512);
	if (index) {
		(void)format_bytes(&b, index->index_bytes);
		(void)buf_addf(&b, ", of table " STR_FMT " with ", STR_ARG(r->relation));
	}
	(void)format_bytes(&b, r->table_bytes + r->index_bytes);
	(void)buf_add_c(&b, " = table ");
	(void)format_bytes(&b, r->table_bytes);
	(void)buf_addf(&b, " + %lld indexes ", (long long)r->indexes);
	(void)format_bytes(&b, r->index_bytes);
	change_add(&o->c, "fact", "size", OPERATION_OK, "%s", buf_c(&b));
	buf_release(&b);
	describe_rows(o, r);
}

static void check_storage(struct operate *o, const struct target_relation *r, const struct target_index *index)
{
	int64_t sorts = index ? index->index_bytes : r->largest_index_bytes;
	int64_t copies = index ? index->index_bytes : r->index_bytes;

	if (!(o->c.op->flags & OPERATION_SORTS))
		return;
	if (o->c.op->flags & OPERATION_EXCLUSIVE)
		copies = r->table_bytes + r->index_bytes;
	if (HAS(r, struct target_relation, table_bytes) && (!index || HAS(index, struct target_index, index_bytes)))
		operate_check_storage(o, sorts, copies);
	else
		operate_check_storage(o, -1, -1);
}

/* ---- checks ---- */

static void check_kind(struct operate *o, const struct target_relation *r)
{
	bool table = str_eq(r->kind, STR("r")) || str_eq(r->kind, STR("m")) || str_eq(r->kind, STR("t"));

	if (!table && !str_eq(r->kind, STR("p")))
		change_refuse(&o->c, STR_FMT " is no table", STR_ARG(r->relation));
	else if (!table && (o->c.op->flags & (OPERATION_SORTS | OPERATION_EXCLUSIVE)))
		change_refuse(&o->c, STR_FMT " is a partitioned table; choose its partitions", STR_ARG(r->relation));
}

static void check_table(struct operate *o, const struct target_relation *r)
{
	if (conn_probe(o->conn)->in_recovery)
		change_refuse(&o->c, "this is a reader; tables are maintained on the writer");
	else if (!r->owns && (!r->owns_database || (o->c.op->flags & OPERATION_OWNED)))
		change_refuse(&o->c,
			      STR_FMT " belongs to " STR_FMT
				      "; our role %s may not maintain it and the server would skip it",
			      STR_ARG(r->relation), STR_ARG(r->owner), conn_probe(o->conn)->user);
	else
		check_kind(o, r);
	if (!o->c.refused && (o->c.op->flags & OPERATION_CONCURRENT) && !(o->c.op->flags & OPERATION_DROPS) &&
	    conn_probe(o->conn)->version_num < 120000)
		change_refuse(&o->c, "REINDEX CONCURRENTLY needs PostgreSQL 12");
}

static void check_index(struct operate *o, const struct target_index *index)
{
	bool concurrent = o->c.op->flags & OPERATION_CONCURRENT;

	if (str_eq(index->kind, STR("I")))
		change_refuse(&o->c, STR_FMT " is a partitioned index; choose those of the partitions",
			      STR_ARG(index->index));
	else if (concurrent && index->exclusion)
		change_refuse(&o->c, "the index of an exclusion constraint is not rebuilt concurrently; "
				     ":reindex index does it, and writes wait");
	else if (concurrent && index->catalog)
		change_refuse(&o->c, "an index of a system catalog is not rebuilt concurrently");
	if (!index->valid)
		change_add(&o->c, "check", "", OPERATION_NOTICE, "it is invalid: no query uses it until it is rebuilt");
}

static void list_waits(struct operate *o, const struct snapshot *rows)
{
	struct buf b;

	buf_init(&b, 400);
	for (size_t i = 0; i < rows->nrows; i++) {
		const struct waited *w = snapshot_row(rows, i);
		char pid[24];

		buf_clear(&b);
		(void)snprintf(pid, sizeof(pid), "%lld", (long long)w->pid);
		(void)buf_addf(&b, STR_FMT "  " STR_FMT "  open for ", STR_ARG(w->role), STR_ARG(w->application));
		(void)format_duration(&b, w->open_us);
		change_add(&o->c, "waits for", pid, OPERATION_OK, "%s", buf_c(&b));
	}
	buf_release(&b);
}

static void describe_waits(struct operate *o, const struct snapshot *rows)
{
	const struct waited *oldest = rows->nrows > 0 ? snapshot_row(rows, 0) : NULL;
	struct buf b;

	if (!oldest) {
		change_add(&o->c, "check", "", OPERATION_OK, "no open transaction to wait for");
		return;
	}
	buf_init(&b, 64);
	(void)format_duration(&b, oldest->open_us);
	change_add(&o->c, "check", "", oldest->open_us > US_PER_MIN ? OPERATION_WARNING : OPERATION_NOTICE,
		   oldest->transactions == 1 ? "it would wait for %lld open transaction, open for %s"
					     : "it would wait for %lld open transactions, the oldest open for %s",
		   (long long)oldest->transactions, buf_c(&b));
	buf_release(&b);
	list_waits(o, rows);
}

bool operate_check_waits(struct operate *o, struct err *err)
{
	struct pg_result *r;
	struct snapshot *rows;
	bool ok;

	if (!(o->c.op->flags & OPERATION_CONCURRENT))
		return true;
	if (!conn_query(o->c.f, o->conn, "operate_waits_for", NULL, 0, &r, err))
		return false;
	rows = snapshot_new(&waited_type, "operate_waits_for");
	ok = sql_read_rows(r, rows, err);
	conn_result_free(r);
	if (ok)
		describe_waits(o, rows);
	snapshot_unref(rows);
	return ok;
}

static void check_locks(struct operate *o, const struct target_relation *r)
{
	if (r->conflicting > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   r->conflicting == 1 ? "%lld session holds a lock that it has to wait for"
					       : "%lld sessions hold locks that it has to wait for",
			   (long long)r->conflicting);
	else if ((o->c.op->flags & OPERATION_EXCLUSIVE) && r->holders > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   r->holders == 1 ? "%lld session uses the table now; it waits 2 s for it, five times"
					   : "%lld sessions use the table now; it waits 2 s for them, five times",
			   (long long)r->holders);
	else
		change_add(&o->c, "check", "", OPERATION_OK, "no conflicting lock is held");
}

/* ---- the look ---- */

/* The statement's name for it, quoted, and its options. */
static bool fill_statement(struct operate *o, const struct target_relation *r, const struct target_index *index,
			   struct err *err)
{
	struct buf options;

	buf_init(&options, 200);
	bool ok = operate_add_options(o, &options, err);
	if (ok && !operate_fill_statement(o, buf_str(&options), index ? index->index : r->relation))
		change_refuse(&o->c, "its name is too long");
	buf_release(&options);
	return ok;
}

static bool describe_table(struct operate *o, const struct target_relation *r, const struct target_index *index,
			   struct err *err)
{
	change_add(&o->c, "fact", "lock", OPERATION_OK, "%s", o->c.op->lock);
	operate_add_queue(o);
	describe_size(o, r, index);
	operate_add_time(o);
	check_locks(o, r);
	if (r->invalid > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "%lld of its indexes are invalid, left by a build that was stopped; :drop invalid indexes "
			   "removes them",
			   (long long)r->invalid);
	if (!fill_statement(o, r, index, err))
		return false;
	check_storage(o, r, index);
	return true;
}

static void name_target(struct operate *o, struct str object, struct str word)
{
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(object));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(word));
}

/* By its oid. Refused when it is gone. */
static bool find_relation(struct operate *o, struct target_relation *ret_relation, struct err *err)
{
	char oid[24];
	struct conn_param param = {OID_OID, oid, -1};
	bool found;

	*ret_relation = (struct target_relation){0};
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->oid);
	if (!operate_ask(o, "operate_relation", &param, 1, &relation_type, ret_relation, &found, err))
		return false;
	if (!found)
		change_refuse(&o->c, "the table is gone: no relation has the oid %s in %s any more", oid,
			      conn_probe(o->conn)->database);
	else
		check_table(o, ret_relation);
	return true;
}

/* The index that was named, or the one that was shown. Refused when there is none, or when it might be another. */
static bool find_index(struct operate *o, struct target_index *ret_index, struct err *err)
{
	struct str wanted = fetch_arg(o->c.f, "value");
	char name[260], oid[24];
	struct conn_param params[2] = {conn_param_text(name), {OID_OID, oid, -1}};
	bool found;

	*ret_index = (struct target_index){0};
	if (wanted.len >= sizeof(name))
		return err_set(err, ERR_LIMIT, "the name of an index of more than 259 bytes");
	(void)snprintf(name, sizeof(name), STR_FMT, STR_ARG(wanted));
	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->of);
	if (!operate_ask(o, "operate_index", params, 2, &index_type, ret_index, &found, err))
		return false;
	if (!found)
		change_refuse(&o->c, o->of ? "the index is gone: %s" : "there is no index %s in this database", name);
	else if (ret_index->matches > 1)
		change_refuse(&o->c, "%lld indexes are called %s: name it with its schema",
			      (long long)ret_index->matches, name);
	o->of = ret_index->index_oid;
	o->oid = ret_index->table_oid;
	return true;
}

bool operate_find_table(struct operate *o, struct err *err)
{
	struct target_relation r;

	if (!find_relation(o, &r, err))
		return false;
	name_target(o, r.relation, r.name);
	return true;
}

bool operate_look_at_table(struct operate *o, struct err *err)
{
	struct target_relation r;
	struct target_index index = {0};
	bool one_index = o->scope == SCOPE_INDEX;

	if (one_index && !find_index(o, &index, err))
		return false;
	if (o->c.refused)
		return true;
	if (!find_relation(o, &r, err))
		return false;
	if (r.relation.len == 0)
		return true;
	if (one_index) {
		change_add(&o->c, "oid", "", OPERATION_OK, "%lld", (long long)o->of);
		check_index(o, &index);
	}
	name_target(o, one_index ? index.index : r.relation, one_index ? index.name : r.name);
	if (!describe_table(o, &r, one_index ? &index : NULL, err))
		return false;
	return o->c.refused || operate_check_waits(o, err);
}
