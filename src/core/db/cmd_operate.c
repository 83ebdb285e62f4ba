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

#include <stdarg.h>
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

/* ---- rows ---- */

void operate_add(struct operate *o, const char *kind, const char *label, enum operation_severity severity,
		 const char *fmt, ...)
{
	struct operation_row *row = snapshot_add_row(o->out);
	char text[NOTE_MAX];
	va_list ap;

	if (!row)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	SET(row, struct operation_row, number, (int64_t)o->out->nrows - 1);
	SET(row, struct operation_row, kind, arena_str(o->out->arena, str_c(kind)));
	SET(row, struct operation_row, label, arena_str(o->out->arena, str_c(label)));
	SET(row, struct operation_row, text, arena_str(o->out->arena, str_c(text)));
	SET(row, struct operation_row, severity, (int64_t)severity);
}

struct str operate_row(const struct operate *o, const char *kind)
{
	for (size_t i = 0; i < o->out->nrows; i++) {
		const struct operation_row *row = (const struct operation_row *)o->out->rows + i;

		if (str_eq_c(row->kind, kind))
			return row->text;
	}
	return STR("");
}

#define refuse(o, ...) (operate_add((o), "refuse", "", OPERATION_CRITICAL, __VA_ARGS__), (o)->refused = true)

bool operate_ask(struct operate *o, const char *name, const struct conn_param *params, int n,
		 const struct rec_type *type, void *row, bool *ret_found, struct err *err)
{
	struct pg_result *r;
	struct snapshot *rows;
	bool ok;

	if (!conn_query(o->f, o->conn, name, params, n, &r, err))
		return false;
	rows = snapshot_new(type, name);
	ok = sql_read_rows(r, rows, err);
	conn_result_free(r);
	*ret_found = ok && rows->nrows > 0;
	if (*ret_found) {
		memcpy(row, rows->rows, type->size);
		/* texts live as long as what is shown of them */
		for (size_t i = 0; i < type->nfields; i++) {
			union value v;

			if (KIND_CTYPE((enum kind)type->fields[i].kind) == CT_STR &&
			    rec_get(&type->fields[i], row, &v)) {
				v.str = arena_str(o->out->arena, v.str);
				rec_set(&type->fields[i], row, v);
			}
		}
	}
	snapshot_unref(rows);
	return ok;
}

/* The operation's statement for one object; false when it would not fit. */
static bool fill_statement(struct operate *o, struct str object)
{
	struct str text = str_c(o->op->statement);
	long at = str_find(text, STR("%s"), 0);
	struct buf b;

	CHECK(at >= 0);
	buf_init(&b, sizeof(o->statement) - 1);
	buf_add_str(&b, str_sub(text, 0, (size_t)at));
	buf_add_str(&b, object);
	buf_add_str(&b, str_sub(text, (size_t)at + 2, text.len));
	bool ok = !b.failed && object.len < sizeof(o->object);
	if (ok)
		(void)snprintf(o->statement, sizeof(o->statement), "%s", buf_c(&b));
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
		refuse(o, "it is one of this console's own connections");
	else if (HAS(s, struct target_session, leader_pid) && s->leader_pid != o->pid)
		refuse(o, "it is a parallel worker; act on its leader, session %lld", (long long)s->leader_pid);
	/* without pg_monitor it is hidden */
	else if (s->backend_type.len > 0 && !str_eq(s->backend_type, STR("client backend")) &&
		 !str_eq(s->backend_type, STR("autovacuum worker")) && !str_eq(s->backend_type, STR("walsender")))
		refuse(o, "a " STR_FMT " is a process of the server, not a session", STR_ARG(s->backend_type));
	else if (str_eq(s->role, STR("rdsadmin")))
		refuse(o, "it belongs to rdsadmin, by which Amazon runs the server");
	else if (s->super && !probe->superuser)
		refuse(o, STR_FMT " is a superuser; only superusers may signal its sessions", STR_ARG(s->role));
	else if (!probe->superuser && !s->member && !s->signaller)
		refuse(o, "our role %s may not signal sessions of " STR_FMT "; GRANT pg_signal_backend TO %s allows it",
		       probe->user, STR_ARG(s->role), probe->user);
}

static void check_session(struct operate *o, const struct target_session *s)
{
	/* the sample counts all below it, this moment the direct ones */
	int64_t sampled = fetch_arg_i64(o->f, "blocks", 0), blocked = sampled > s->waiters ? sampled : s->waiters;
	if (blocked > 0)
		operate_add(o, "check", "", OPERATION_NOTICE,
			    blocked == 1 ? "%lld session waits behind it" : "%lld sessions wait behind it",
			    (long long)blocked);
	if (!(o->op->flags & OPERATION_ENDS) && str_starts(s->state, STR("idle")))
		operate_add(o, "check", "", OPERATION_WARNING,
			    "it runs nothing now: a cancel has no effect on an idle session, terminate ends it");
	if (str_eq(s->backend_type, STR("autovacuum worker")))
		operate_add(o, "check", "", s->wraparound ? OPERATION_WARNING : OPERATION_NOTICE,
			    s->wraparound ? "an autovacuum against wraparound: it will start again at once"
					  : "an autovacuum: it will start again");
	if (str_eq(s->backend_type, STR("walsender"))) {
		o->tier = TIER_DESTRUCTIVE;
		operate_add(o, "check", "", OPERATION_CRITICAL, "it sends WAL to a consumer: slot " STR_FMT,
			    STR_ARG(s->slot.len ? s->slot : STR("none")));
		if (s->slot.len > 0)
			(void)snprintf(o->word, sizeof(o->word), STR_FMT, STR_ARG(s->slot));
	}
}

static void describe_session(struct operate *o, const struct target_session *s)
{
	struct buf b;

	buf_init(&b, NOTE_MAX);
	operate_add(o, "fact", "session", OPERATION_OK, "%lld  " STR_FMT "  " STR_FMT "  " STR_FMT, (long long)o->pid,
		    STR_ARG(s->role), STR_ARG(s->database), STR_ARG(s->application));
	operate_add(o, "fact", "state", OPERATION_OK, STR_FMT, STR_ARG(s->state));
	if (HAS(s, struct target_session, xact_us) && format_duration(&b, s->xact_us))
		operate_add(o, "fact", "transaction", OPERATION_OK, "open for %s", buf_c(&b));
	buf_clear(&b);
	if (s->query.len > 0 && sql_mask_secrets(&b, s->query))
		operate_add(o, "fact", "statement", OPERATION_OK, "%s", buf_c(&b));
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
	(void)snprintf(o->statement, sizeof(o->statement), "%s",
		       sqlset_text(o->op->statement, conn_probe(o->conn)->version_num));
	operate_add(o, "fact", "with", OPERATION_OK, "$1 = %s, $2 = %s, when it connected", number,
		    clock_iso8601(o->backend_start_at, since, sizeof(since)));
	(void)snprintf(o->object, sizeof(o->object), "session %s", number);
	(void)snprintf(o->word, sizeof(o->word), "%s", number);
	if (!operate_ask(o, "operate_session", p.params, 2, &session_type_here, &s, &found, err))
		return false;
	if (!found) {
		refuse(o, "session %s has ended%s", number,
		       conn_probe(o->conn)->read_all_stats
			       ? ""
			       : ", or our role may not see it (GRANT pg_monitor allows it)");
		return true;
	}
	(void)snprintf(o->database, sizeof(o->database), STR_FMT, STR_ARG(s.database));
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
		operate_add(o, "fact", "size", OPERATION_OK,
			    "n/a: somebody holds the table exclusively, and looking would wait");
		buf_release(&b);
		return;
	}
	add_bytes(&b, r->table_bytes + r->index_bytes);
	(void)buf_add_c(&b, " = table ");
	add_bytes(&b, r->table_bytes);
	(void)buf_addf(&b, " + %lld indexes ", (long long)r->indexes);
	add_bytes(&b, r->index_bytes);
	operate_add(o, "fact", "size", OPERATION_OK, "%s", buf_c(&b));
	buf_clear(&b);
	(void)format_count(&b, r->dead_rows);
	(void)buf_add_c(&b, " dead of ");
	(void)format_count(&b, r->dead_rows + r->live_rows);
	operate_add(o, "fact", "rows", OPERATION_OK, "%s, as the statistics have it", buf_c(&b));
	if (o->op->flags & OPERATION_SORTS) {
		buf_clear(&b);
		add_bytes(&b, o->op->flags & OPERATION_EXCLUSIVE ? r->table_bytes + r->index_bytes : r->index_bytes);
		operate_add(o, "fact", "needs", OPERATION_OK,
			    "up to %s of new storage while it runs, and room for sorting", buf_c(&b));
		operate_add(o, "check", "", OPERATION_WARNING,
			    "free space for sorting is not known from here: see Storage, local storage");
	}
	buf_release(&b);
}

static void check_table(struct operate *o, const struct target_relation *r)
{
	if (conn_probe(o->conn)->in_recovery)
		refuse(o, "this is a reader; tables are maintained on the writer");
	else if (!r->owns && (!r->owns_database || (o->op->flags & OPERATION_OWNED)))
		refuse(o,
		       STR_FMT " belongs to " STR_FMT "; our role %s may not maintain it and the server would skip it",
		       STR_ARG(r->relation), STR_ARG(r->owner), conn_probe(o->conn)->user);
	else if (!str_eq(r->kind, STR("r")) && !str_eq(r->kind, STR("m")) && !str_eq(r->kind, STR("p")) &&
		 !str_eq(r->kind, STR("t")))
		refuse(o, STR_FMT " is no table", STR_ARG(r->relation));
	else if (str_eq(r->kind, STR("p")) && (o->op->flags & (OPERATION_SORTS | OPERATION_EXCLUSIVE)))
		refuse(o, STR_FMT " is a partitioned table; choose its partitions", STR_ARG(r->relation));
	else if ((o->op->flags & OPERATION_CONCURRENT) && conn_probe(o->conn)->version_num < 120000)
		refuse(o, "REINDEX CONCURRENTLY needs PostgreSQL 12");
}

static bool check_waits(struct operate *o, struct err *err)
{
	struct waited w = {0};
	struct buf b;
	bool found;

	if (!(o->op->flags & OPERATION_CONCURRENT))
		return true;
	if (!operate_ask(o, "operate_waits_for", NULL, 0, &waited_type, &w, &found, err))
		return false;
	buf_init(&b, 64);
	if (HAS(&w, struct waited, oldest_us))
		(void)format_duration(&b, w.oldest_us);
	if (w.transactions > 0)
		operate_add(o, "check", "", w.oldest_us > US_PER_MIN ? OPERATION_WARNING : OPERATION_NOTICE,
			    "it would wait for %lld open transactions%s%s", (long long)w.transactions,
			    b.len ? ", the oldest open for " : "", buf_c(&b));
	else
		operate_add(o, "check", "", OPERATION_OK, "no open transaction to wait for");
	buf_release(&b);
	return true;
}

/* The statement's name for it, quoted, and its lock. */
static void describe_table(struct operate *o, const struct target_relation *r)
{
	if (!fill_statement(o, r->relation))
		refuse(o, "its name is too long");
	(void)snprintf(o->object, sizeof(o->object), STR_FMT, STR_ARG(r->relation));
	(void)snprintf(o->word, sizeof(o->word), STR_FMT, STR_ARG(r->name));
	operate_add(o, "fact", "lock", OPERATION_OK, "%s", o->op->lock);
	describe_size(o, r);
	if (r->conflicting > 0)
		operate_add(o, "check", "", OPERATION_WARNING,
			    r->conflicting == 1 ? "%lld session holds a lock that it has to wait for"
						: "%lld sessions hold locks that it has to wait for",
			    (long long)r->conflicting);
	else if ((o->op->flags & OPERATION_EXCLUSIVE) && r->holders > 0)
		operate_add(o, "check", "", OPERATION_WARNING,
			    r->holders == 1 ? "%lld session uses the table now; it waits 2 s for it, five times"
					    : "%lld sessions use the table now; it waits 2 s for them, five times",
			    (long long)r->holders);
	else
		operate_add(o, "check", "", OPERATION_OK, "no conflicting lock is held");
	if (r->invalid > 0)
		operate_add(o, "check", "", OPERATION_WARNING,
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
		refuse(o, "the table is gone: no relation has the oid %s in %s any more", oid,
		       conn_probe(o->conn)->database);
		return true;
	}
	check_table(o, &r);
	describe_table(o, &r);
	return o->refused || check_waits(o, err);
}

/* ---- both ---- */

bool operate_look(struct operate *o, struct err *err)
{
	operate_add(o, "fact", "means", OPERATION_OK, "%s", o->op->effect);
	if (!(o->op->target == OPERATION_SESSION ? look_at_session(o, err) : look_at_table(o, err)))
		return false;
	operate_add(o, "statement", "", OPERATION_OK, "%s", o->statement);
	operate_add(o, "fact", "undo", OPERATION_OK, "%s", o->op->undo);
	operate_add(o, "fact", "runs as", OPERATION_OK, "%s on %s%s%s", conn_probe(o->conn)->user,
		    conn_probe(o->conn)->instance[0] ? conn_probe(o->conn)->instance : "the server",
		    o->op->target == OPERATION_TABLE ? ", database " : "",
		    o->op->target == OPERATION_TABLE ? conn_probe(o->conn)->database : "");
	operate_add(o, "word", "", OPERATION_OK, "%s", o->word);
	operate_add(o, "tier", "", OPERATION_OK, "%d", o->tier);
	return true;
}

bool operate_look_again(struct operate *o, struct err *err)
{
	if (!operate_look(o, err))
		return false;
	if (o->refused)
		return err_set(err, ERR_DENIED, STR_FMT, STR_ARG(operate_row(o, "refuse")));
	if (o->tier > (int)fetch_arg_i64(o->f, "tier", 0))
		return err_set(err, ERR_DENIED, "it is more dangerous than the preview said: look again");
	if (str_eq_c(fetch_arg(o->f, "statement"), o->statement))
		return true;
	err_set(err, ERR_DENIED, "%s has changed since the preview: it would be %s now", o->object, o->statement);
	(void)snprintf(err->id, sizeof(err->id), OPERATION_CHANGED);
	return false;
}

/* ---- the audit log ---- */

static bool write_audit(const struct operate *o, const char *id, const char *phase, struct str outcome, int64_t took_us,
			struct err *err)
{
	const struct audit_entry e = {
		.id = id,
		.phase = phase,
		.action = o->op->name,
		.cluster = o->f->target->cluster,
		.node = o->node,
		.database = o->database,
		.role = o->role,
		.tier = o->tier,
		.object = str_c(o->object),
		.statement = str_c(o->statement),
		.outcome = outcome,
		.took_us = took_us,
	};

	return audit_write(&e, err);
}

bool operate_intend(const struct operate *o, char *id, size_t size, struct err *err)
{
	audit_id(id, size);
	return write_audit(o, id, "intent", STR(""), -1, err);
}

void operate_conclude(struct operate *o, const char *id, int64_t began_mono_us, enum operation_severity severity,
		      const char *fmt, ...)
{
	char text[600];
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!write_audit(o, id, "outcome", str_c(text), clock_mono_us() - began_mono_us, &err))
		operate_add(o, "notice", "", OPERATION_WARNING, "the outcome is not in the audit log: %s", err.text);
	operate_add(o, "outcome", "", severity, "%s", text);
}

/* ---- opening ---- */

bool operate_open(struct operate *o, struct fetch *f, bool changes, struct err *err)
{
	struct login_wish wish = {.database = "", .acts = true};
	struct str database = fetch_arg(f, "database");

	*o = (struct operate){.f = f, .op = operation_find(fetch_arg(f, "operation"))};
	CHECK(o->op);
	if (changes && f->target->read_only)
		return err_set(err, ERR_DENIED, "the console is read-only: nothing is changed");
	o->tier = o->op->tier;
	o->pid = fetch_arg_i64(f, "pid", 0);
	o->backend_start_at = fetch_arg_i64(f, "backend_start", 0);
	o->oid = fetch_arg_i64(f, "oid", 0);
	if (database.len >= sizeof(wish.database))
		return err_set(err, ERR_LIMIT, "a database name of more than 63 bytes");
	if (o->op->target == OPERATION_TABLE)
		(void)snprintf(wish.database, sizeof(wish.database), STR_FMT, STR_ARG(database));
	if (!conn_open_as(f, &wish, &o->conn, err))
		return false;
	if (conn_via_pooler(o->conn)) {
		err_set(err, ERR_UNAVAILABLE,
			"a pooler stands between the console and the server, and what it would hit is not certain");
		err_remedy(err, "connect to the instance");
		return false;
	}
	/* kept, because the connection may be lost before the outcome is written */
	(void)snprintf(o->database, sizeof(o->database), "%s", conn_probe(o->conn)->database);
	(void)snprintf(o->role, sizeof(o->role), "%s", conn_probe(o->conn)->user);
	(void)snprintf(o->node, sizeof(o->node), "%s", conn_probe(o->conn)->instance);
	o->out = snapshot_new(&operation_type, f->source->name);
	return true;
}

static bool fetch_preview(struct fetch *f, struct err *err)
{
	struct operate o;

	if (!operate_open(&o, f, false, err))
		return false;
	fetch_doing(f, "looking at what %s would meet", o.op->title);
	if (!operate_look(&o, err)) {
		snapshot_unref(o.out);
		return false;
	}
	fetch_publish(f, o.out);
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
