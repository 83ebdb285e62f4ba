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
#include "db/sqlset.h"
#include "model/kind.h"
#include "model/sqltext.h"

#include <stdio.h>

#define NOTE_MAX 2000

struct target_session {
	uint64_t present;
	int64_t pid;
	struct str role, database, application, state, backend_type, slot, query;
	int64_t leader_pid, xact_us, super, member, signaller, waiters, wraparound;
};
#define F(m, k) FIELD(struct target_session, m, k, .title = #m, .help = #m)
static const struct field session_fields[] = {
	F(pid, K_INT),         F(role, K_ID),
	F(database, K_ID),     F(application, K_TEXT),
	F(state, K_ENUM),      F(backend_type, K_ENUM),
	F(slot, K_ID),         F(query, K_SQL),
	F(leader_pid, K_INT),  F(xact_us, K_DURATION_US),
	F(super, K_BOOL),      F(member, K_BOOL),
	F(signaller, K_BOOL),  F(waiters, K_COUNT),
	F(wraparound, K_BOOL),
};
#undef F
static const struct rec_type session_type_here = REC_TYPE(struct target_session, "operate_session", session_fields);

struct target_relation {
	uint64_t present;
	struct str relation, name, kind, owner;
	int64_t owns, owns_database, table_bytes, index_bytes, indexes, invalid, dead_rows, live_rows, vacuumed_at,
		holders, conflicting;
};
#define F(m, k) FIELD(struct target_relation, m, k, .title = #m, .help = #m)
static const struct field relation_fields[] = {
	F(relation, K_ID),         F(name, K_ID),
	F(kind, K_ENUM),           F(owner, K_ID),
	F(owns, K_BOOL),           F(owns_database, K_BOOL),
	F(table_bytes, K_BYTES),   F(index_bytes, K_BYTES),
	F(indexes, K_COUNT),       F(invalid, K_COUNT),
	F(dead_rows, K_COUNT),     F(live_rows, K_COUNT),
	F(vacuumed_at, K_TIME_US), F(holders, K_COUNT),
	F(conflicting, K_COUNT),
};
#undef F
static const struct rec_type relation_type = REC_TYPE(struct target_relation, "operate_relation", relation_fields);

struct waited {
	uint64_t present;
	int64_t transactions, oldest_us;
};
#define F(m, k) FIELD(struct waited, m, k, .title = #m, .help = #m)
static const struct field waited_fields[] = {F(transactions, K_COUNT), F(oldest_us, K_DURATION_US)};
#undef F
static const struct rec_type waited_type = REC_TYPE(struct waited, "operate_waits_for", waited_fields);

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

bool operate_fill_statement(struct operate *o, struct str object)
{
	struct str text = str_c(o->c.op->statement);
	long at = str_find(text, STR("%s"), 0);
	struct buf b;

	CHECK(at >= 0);
	buf_init(&b, sizeof(o->c.statement) - 1);
	buf_add_str(&b, str_sub(text, 0, (size_t)at));
	buf_add_str(&b, object);
	buf_add_str(&b, str_sub(text, (size_t)at + 2, text.len));
	bool ok = !b.failed && object.len < sizeof(o->c.object);
	if (ok)
		(void)snprintf(o->c.statement, sizeof(o->c.statement), "%s", buf_c(&b));
	buf_release(&b);
	return ok;
}

/* ---- a session ---- */

void operate_session_params(const struct operate *o, struct operate_session_params *p)
{
	(void)snprintf(p->number, sizeof(p->number), "%lld", (long long)o->pid);
	p->params[0] = (struct conn_param){OID_INT4, p->number, -1};
	p->params[1] = conn_param_time(p->bytes, o->backend_start_at);
}

static void check_rights(struct operate *o, const struct target_session *s)
{
	const struct probe *probe = conn_probe(o->conn);

	if (conn_is_own(o->pid))
		change_refuse(&o->c, "it is one of this console's own connections");
	else if (HAS(s, struct target_session, leader_pid) && s->leader_pid != o->pid)
		change_refuse(&o->c, "it is a parallel worker; act on its leader, session %lld",
			      (long long)s->leader_pid);
	/* without pg_monitor it is hidden */
	else if (s->backend_type.len > 0 && !str_eq(s->backend_type, STR("client backend")) &&
		 !str_eq(s->backend_type, STR("autovacuum worker")) && !str_eq(s->backend_type, STR("walsender")))
		change_refuse(&o->c, "a " STR_FMT " is a process of the server, not a session",
			      STR_ARG(s->backend_type));
	else if (str_eq(s->role, STR("rdsadmin")))
		change_refuse(&o->c, "it belongs to rdsadmin, by which Amazon runs the server");
	else if (s->super && !probe->superuser)
		change_refuse(&o->c, STR_FMT " is a superuser; only superusers may signal its sessions",
			      STR_ARG(s->role));
	else if (!probe->superuser && !s->member && !s->signaller)
		change_refuse(&o->c,
			      "our role %s may not signal sessions of " STR_FMT
			      "; GRANT pg_signal_backend TO %s allows it",
			      probe->user, STR_ARG(s->role), probe->user);
}

static void check_session(struct operate *o, const struct target_session *s)
{
	/* the sample counts all below it, this moment the direct ones */
	int64_t sampled = fetch_arg_i64(o->c.f, "blocks", 0), blocked = sampled > s->waiters ? sampled : s->waiters;
	if (blocked > 0)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   blocked == 1 ? "%lld session waits behind it" : "%lld sessions wait behind it",
			   (long long)blocked);
	if (!(o->c.op->flags & OPERATION_ENDS) && str_starts(s->state, STR("idle")))
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "it runs nothing now: a cancel has no effect on an idle session, terminate ends it");
	if (str_eq(s->backend_type, STR("autovacuum worker")))
		change_add(&o->c, "check", "", s->wraparound ? OPERATION_WARNING : OPERATION_NOTICE,
			   s->wraparound ? "an autovacuum against wraparound: it will start again at once"
					 : "an autovacuum: it will start again");
	if (str_eq(s->backend_type, STR("walsender"))) {
		o->c.tier = TIER_DESTRUCTIVE;
		change_add(&o->c, "check", "", OPERATION_CRITICAL, "it sends WAL to a consumer: slot " STR_FMT,
			   STR_ARG(s->slot.len ? s->slot : STR("none")));
		if (s->slot.len > 0)
			(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(s->slot));
	}
}

static void describe_session(struct operate *o, const struct target_session *s)
{
	struct buf b;

	buf_init(&b, NOTE_MAX);
	change_add(&o->c, "fact", "session", OPERATION_OK, "%lld  " STR_FMT "  " STR_FMT "  " STR_FMT,
		   (long long)o->pid, STR_ARG(s->role), STR_ARG(s->database), STR_ARG(s->application));
	change_add(&o->c, "fact", "state", OPERATION_OK, STR_FMT, STR_ARG(s->state));
	if (HAS(s, struct target_session, xact_us) && format_duration(&b, s->xact_us))
		change_add(&o->c, "fact", "transaction", OPERATION_OK, "open for %s", buf_c(&b));
	buf_clear(&b);
	if (s->query.len > 0 && sql_mask_secrets(&b, s->query))
		change_add(&o->c, "fact", "statement", OPERATION_OK, "%s", buf_c(&b));
	buf_release(&b);
}

static bool look_at_session(struct operate *o, struct err *err)
{
	struct operate_session_params p;
	struct target_session s = {0};
	char number[24], since[40];
	bool found;

	operate_session_params(o, &p);
	(void)snprintf(number, sizeof(number), "%lld", (long long)o->pid);
	(void)snprintf(o->c.statement, sizeof(o->c.statement), "%s",
		       sqlset_text(o->c.op->statement, conn_probe(o->conn)->version_num));
	change_add(&o->c, "fact", "with", OPERATION_OK, "$1 = %s, $2 = %s, when it connected", number,
		   clock_iso8601(o->backend_start_at, since, sizeof(since)));
	(void)snprintf(o->c.object, sizeof(o->c.object), "session %s", number);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%s", number);
	if (!operate_ask(o, "operate_session", p.params, 2, &session_type_here, &s, &found, err))
		return false;
	if (!found) {
		change_refuse(&o->c, "session %s has ended%s", number,
			      conn_probe(o->conn)->read_all_stats
				      ? ""
				      : ", or our role may not see it (GRANT pg_monitor allows it)");
		return true;
	}
	(void)snprintf(o->c.database, sizeof(o->c.database), STR_FMT, STR_ARG(s.database));
	check_rights(o, &s);
	describe_session(o, &s);
	check_session(o, &s);
	return true;
}

/* ---- a table ---- */

static void add_bytes(struct buf *b, int64_t n)
{
	(void)format_bytes(b, n);
}

static void describe_size(struct operate *o, const struct target_relation *r)
{
	struct buf b;

	buf_init(&b, 512);
	if (!HAS(r, struct target_relation, table_bytes)) {
		change_add(&o->c, "fact", "size", OPERATION_OK,
			   "n/a: somebody holds the table exclusively, and looking would wait");
		buf_release(&b);
		return;
	}
	add_bytes(&b, r->table_bytes + r->index_bytes);
	(void)buf_add_c(&b, " = table ");
	add_bytes(&b, r->table_bytes);
	(void)buf_addf(&b, " + %lld indexes ", (long long)r->indexes);
	add_bytes(&b, r->index_bytes);
	change_add(&o->c, "fact", "size", OPERATION_OK, "%s", buf_c(&b));
	buf_clear(&b);
	(void)format_count(&b, r->dead_rows);
	(void)buf_add_c(&b, " dead of ");
	(void)format_count(&b, r->dead_rows + r->live_rows);
	change_add(&o->c, "fact", "rows", OPERATION_OK, "%s, as the statistics have it", buf_c(&b));
	if (o->c.op->flags & OPERATION_SORTS) {
		buf_clear(&b);
		add_bytes(&b, o->c.op->flags & OPERATION_EXCLUSIVE ? r->table_bytes + r->index_bytes : r->index_bytes);
		change_add(&o->c, "fact", "needs", OPERATION_OK,
			   "up to %s of new storage while it runs, and room for sorting", buf_c(&b));
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "free space for sorting is not known from here: see Storage, local storage");
	}
	buf_release(&b);
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
	else if (!str_eq(r->kind, STR("r")) && !str_eq(r->kind, STR("m")) && !str_eq(r->kind, STR("p")) &&
		 !str_eq(r->kind, STR("t")))
		change_refuse(&o->c, STR_FMT " is no table", STR_ARG(r->relation));
	else if (str_eq(r->kind, STR("p")) && (o->c.op->flags & (OPERATION_SORTS | OPERATION_EXCLUSIVE)))
		change_refuse(&o->c, STR_FMT " is a partitioned table; choose its partitions", STR_ARG(r->relation));
	else if ((o->c.op->flags & OPERATION_CONCURRENT) && conn_probe(o->conn)->version_num < 120000)
		change_refuse(&o->c, "REINDEX CONCURRENTLY needs PostgreSQL 12");
}

static bool check_waits(struct operate *o, struct err *err)
{
	struct waited w = {0};
	struct buf b;
	bool found;

	if (!(o->c.op->flags & OPERATION_CONCURRENT))
		return true;
	if (!operate_ask(o, "operate_waits_for", NULL, 0, &waited_type, &w, &found, err))
		return false;
	buf_init(&b, 64);
	if (HAS(&w, struct waited, oldest_us))
		(void)format_duration(&b, w.oldest_us);
	if (w.transactions > 0)
		change_add(&o->c, "check", "", w.oldest_us > US_PER_MIN ? OPERATION_WARNING : OPERATION_NOTICE,
			   "it would wait for %lld open transactions%s%s", (long long)w.transactions,
			   b.len ? ", the oldest open for " : "", buf_c(&b));
	else
		change_add(&o->c, "check", "", OPERATION_OK, "no open transaction to wait for");
	buf_release(&b);
	return true;
}

/* The statement's name for it, quoted, and its lock. */
static void describe_table(struct operate *o, const struct target_relation *r)
{
	if (!operate_fill_statement(o, r->relation))
		change_refuse(&o->c, "its name is too long");
	(void)snprintf(o->c.object, sizeof(o->c.object), STR_FMT, STR_ARG(r->relation));
	(void)snprintf(o->c.word, sizeof(o->c.word), STR_FMT, STR_ARG(r->name));
	change_add(&o->c, "fact", "lock", OPERATION_OK, "%s", o->c.op->lock);
	describe_size(o, r);
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
	if (r->invalid > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "%lld of its indexes are invalid, left by a build that was stopped", (long long)r->invalid);
}

static bool look_at_table(struct operate *o, struct err *err)
{
	struct target_relation r = {0};
	char oid[24];
	struct conn_param param = {OID_OID, oid, -1};
	bool found;

	(void)snprintf(oid, sizeof(oid), "%lld", (long long)o->oid);
	if (!operate_ask(o, "operate_relation", &param, 1, &relation_type, &r, &found, err))
		return false;
	if (!found) {
		change_refuse(&o->c, "the table is gone: no relation has the oid %s in %s any more", oid,
			      conn_probe(o->conn)->database);
		return true;
	}
	check_table(o, &r);
	describe_table(o, &r);
	return o->c.refused || check_waits(o, err);
}

/* ---- all ---- */

static bool look_at_server(struct operate *o, struct err *err)
{
	if (strcmp(o->c.op->name, "server slow log") == 0)
		return operate_look_at_slow_log(o, err);
	if (o->c.op->flags & OPERATION_LEASE)
		return operate_look_at_setting(o, err);
	if (strcmp(o->c.op->name, "server restore") == 0)
		return operate_look_at_left(o, err);
	return operate_look_at_statistics(o, err);
}

static bool look_at_target(struct operate *o, struct err *err)
{
	if (o->c.op->target == OPERATION_SESSION)
		return look_at_session(o, err);
	if (o->c.op->target == OPERATION_SERVER)
		return look_at_server(o, err);
	if (o->c.op->target == OPERATION_PREPARED)
		return operate_look_at_prepared(o, err);
	return look_at_table(o, err);
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
	return true;
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
	.inputs = SITE_INPUTS,
	.origin = "pg_class, pg_locks",
	.ready = site_ready,
	.fetch = fetch_preview,
};
