/*
 * operate_server.c: looks at what is neither a session nor a table: the counters of
 * pg_stat_statements, a prepared transaction.
 *
 * Both are asked of catalogs and views that any role may read, so that what is not there, or may
 * not be done, is said here and never becomes an error in the server's log. A prepared
 * transaction is known by its name and by when it was prepared: names are used again, often
 * by the same application a moment later.
 */
#include "db/operate.h"

#include "codec/codec_sql.h"
#include "model/kind.h"

#include <stdio.h>

#define GID_MAX 200 /* of the server, with the NUL */

struct target_reset {
	uint64_t present;
	int64_t loaded, installed, permitted;
	struct str call;
};
#define F(m, k) FIELD(struct target_reset, m, k, .title = #m, .help = #m)
static const struct field reset_fields[] = {
	F(loaded, K_BOOL),
	F(installed, K_BOOL),
	F(permitted, K_BOOL),
	F(call, K_TEXT),
};
#undef F
static const struct rec_type reset_type = REC_TYPE(struct target_reset, "operate_reset", reset_fields);

struct target_prepared {
	uint64_t present;
	struct str owner, literal;
	int64_t owns, prepared_us, locks;
};
#define F(m, k) FIELD(struct target_prepared, m, k, .title = #m, .help = #m)
static const struct field prepared_fields[] = {
	F(owner, K_ID), F(literal, K_TEXT), F(owns, K_BOOL), F(prepared_us, K_DURATION_US), F(locks, K_COUNT),
};
#undef F
static const struct rec_type prepared_type = REC_TYPE(struct target_prepared, "operate_prepared", prepared_fields);

/* ---- counters ---- */

static void check_reset(struct operate *o, const struct target_reset *r)
{
	const struct probe *probe = conn_probe(o->conn);

	if (!r->installed)
		change_refuse(&o->c, "the extension pg_stat_statements is not created in database %s", probe->database);
	else if (!r->loaded)
		change_refuse(&o->c, "the server has not loaded pg_stat_statements; nothing is counted");
	else if (r->call.len == 0)
		change_refuse(&o->c, "this version of the extension has no reset that is known here");
	else if (!r->permitted)
		change_refuse(
			&o->c,
			"our role %s may not execute pg_stat_statements_reset; a superuser can GRANT EXECUTE on it",
			probe->user);
}

bool operate_look_at_statistics(struct operate *o, struct err *err)
{
	struct target_reset r = {0};
	bool found;

	(void)snprintf(o->c.object, sizeof(o->c.object), "pg_stat_statements");
	(void)snprintf(o->c.word, sizeof(o->c.word), "%s", conn_probe(o->conn)->database);
	if (!operate_ask(o, "operate_reset", NULL, 0, &reset_type, &r, &found, err))
		return false;
	check_reset(o, &r);
	if (r.call.len > 0 && !operate_fill_statement(o, STR(""), r.call))
		change_refuse(&o->c, "the name of the extension's schema is too long");
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "whoever compares counters over time, another monitor too, begins anew");
	return true;
}

/* ---- a prepared transaction ---- */

static void check_prepared(struct operate *o, const struct target_prepared *p)
{
	const struct probe *probe = conn_probe(o->conn);

	if (probe->in_recovery)
		change_refuse(&o->c, "this is a reader; prepared transactions end on the writer");
	else if (!p->owns && !probe->superuser)
		change_refuse(&o->c,
			      "it belongs to " STR_FMT "; only that role itself or a superuser ends it, and ours is %s",
			      STR_ARG(p->owner), probe->user);
	else if (!operate_fill_statement(o, STR(""), p->literal))
		change_refuse(&o->c, "its name is too long");
}

static void describe_prepared(struct operate *o, const struct target_prepared *p)
{
	int64_t blocked = fetch_arg_i64(o->c.f, "blocks", 0);
	struct buf b;

	buf_init(&b, 64);
	(void)format_duration(&b, p->prepared_us);
	change_add(&o->c, "fact", "prepared", OPERATION_OK, "%s ago by " STR_FMT, buf_c(&b), STR_ARG(p->owner));
	change_add(&o->c, "fact", "holds", OPERATION_OK, p->locks == 1 ? "%lld lock" : "%lld locks",
		   (long long)p->locks);
	if (blocked > 0)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   blocked == 1 ? "%lld session waits behind it" : "%lld sessions wait behind it",
			   (long long)blocked);
	change_add(&o->c, "check", "", OPERATION_WARNING,
		   "a transaction manager may still mean to commit it: ask whoever runs that first");
	buf_release(&b);
}

bool operate_look_at_prepared(struct operate *o, struct err *err)
{
	struct str wanted = fetch_arg(o->c.f, "gid");
	struct target_prepared p = {0};
	struct conn_param params[2];
	char gid[GID_MAX], since[8];
	bool found;

	if (wanted.len >= sizeof(gid))
		return err_set(err, ERR_LIMIT, "the name of a prepared transaction of more than 199 bytes");
	(void)snprintf(gid, sizeof(gid), STR_FMT, STR_ARG(wanted));
	(void)snprintf(o->c.object, sizeof(o->c.object), "prepared transaction %s", gid);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%s", gid);
	params[0] = conn_param_text(gid);
	params[1] = conn_param_time(since, o->prepared_at);
	if (!operate_ask(o, "operate_prepared", params, 2, &prepared_type, &p, &found, err))
		return false;
	if (!found) {
		change_refuse(&o->c, "it has ended: that transaction is not prepared as %s in %s any more", gid,
			      conn_probe(o->conn)->database);
		return true;
	}
	check_prepared(o, &p);
	describe_prepared(o, &p);
	return true;
}
