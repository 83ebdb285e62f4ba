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

bool operate_ask(struct operate *o, const char *name, const struct conn_param *params, int n,
		 const struct rec_type *type, void *row, bool *ret_found, struct err *err)
{
	struct pg_result *r;
	struct snapshot *rows;
	bool ok;

	if (!conn_query(o->c.f, o->conn, name, params, n, &r, err))
		return false;
	rows = snapshot_new(type, name);
	ok = sql_read_rows(r, rows, err);
	conn_result_free(r);
	*ret_found = ok && rows->nrows > 0;
	if (*ret_found) {
		memcpy(row, rows->rows, type->size);
		change_keep_texts(&o->c, type, row);
	}
	snapshot_unref(rows);
	return ok;
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

/* ---- all ---- */

static bool look_at_server(struct operate *o, struct err *err)
{
	if (strcmp(o->c.op->name, "server slow log") == 0)
		return operate_look_at_slow_log(o, err);
	if (strcmp(o->c.op->name, "server restore") == 0)
		return operate_look_at_left_slow_log(o, err);
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
	return true;
}

static bool fetch_preview(struct fetch *f, struct err *err)
{
	struct operate o;

	if (!operate_open(&o, f, false, err))
		return false;
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
