/*
 * operate_session.c: looks at one session, or at several of a node, before they are signalled.
 *
 * Each is known by its process and the start of its connection. Of several, those that may not be touched, and
 * those that want a confirmation of their own (a consumer of WAL), are left out with the reason; they do not stop the
 * others. The texts of a look live with the rows it answers.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "base/parse.h"
#include "codec/codec_sql.h"
#include "db/sqlset.h"
#include "model/kind.h"
#include "model/sqltext.h"

#include <stdio.h>

#define NOTE_MAX 2000

struct target_session {
	uint64_t present;
	int64_t n, pid;
	struct str role, database, application, state, backend_type, slot, query;
	int64_t leader_pid, xact_us, query_start_at, super, member, signaller, waiters, wraparound;
};
#define F(m, k) FIELD(struct target_session, m, k, .title = #m, .help = #m)
/* clang-format off */
static const struct field session_fields[] = {
	F(n, K_INT), F(pid, K_INT), F(role, K_ID), F(database, K_ID), F(application, K_TEXT), F(state, K_ENUM),
	F(backend_type, K_ENUM), F(slot, K_ID), F(query, K_SQL), F(leader_pid, K_INT), F(xact_us, K_DURATION_US),
	F(query_start_at, K_TIME_US), F(super, K_BOOL), F(member, K_BOOL), F(signaller, K_BOOL), F(waiters, K_COUNT),
	F(wraparound, K_BOOL),
};
/* clang-format on */
#undef F
static const struct rec_type session_type_here = REC_TYPE(struct target_session, "operate_session", session_fields);

/* ---- a session ---- */

void operate_session_params(const struct operate *o, struct operate_session_params *p)
{
	(void)snprintf(p->number, sizeof(p->number), "%lld", (long long)o->pid);
	p->params[0] = (struct conn_param){OID_INT4, p->number, -1};
	p->params[1] = conn_param_time(p->bytes, o->backend_start_at);
}

/* Why a session may not be signalled; false when it may be. */
static bool is_forbidden(const struct operate *o, int64_t pid, const struct target_session *s, char *why, size_t size)
{
	const struct probe *probe = conn_probe(o->conn);

	if (conn_is_own(pid))
		(void)snprintf(why, size, "it is one of this console's own connections");
	else if (HAS(s, struct target_session, leader_pid) && s->leader_pid != pid)
		(void)snprintf(why, size, "it is a parallel worker; act on its leader, session %lld",
			       (long long)s->leader_pid);
	/* without pg_monitor it is hidden */
	else if (s->backend_type.len > 0 && !str_eq(s->backend_type, STR("client backend")) &&
		 !str_eq(s->backend_type, STR("autovacuum worker")) && !str_eq(s->backend_type, STR("walsender")))
		(void)snprintf(why, size, "a " STR_FMT " is a process of the server, not a session",
			       STR_ARG(s->backend_type));
	else if (str_eq(s->role, STR("rdsadmin")))
		(void)snprintf(why, size, "it belongs to rdsadmin, by which Amazon runs the server");
	else if (s->super && !probe->superuser)
		(void)snprintf(why, size, STR_FMT " is a superuser; only superusers may signal its sessions",
			       STR_ARG(s->role));
	else if (!probe->superuser && !s->member && !s->signaller)
		(void)snprintf(why, size,
			       "our role %s may not signal sessions of " STR_FMT
			       "; GRANT pg_signal_backend TO %s allows it",
			       probe->user, STR_ARG(s->role), probe->user);
	else
		return false;
	return true;
}

static bool is_walsender(const struct target_session *s)
{
	return str_eq(s->backend_type, STR("walsender"));
}

/* Changes are also read in SQL, by a session like any other one. */
static bool feeds_consumer(const struct target_session *s)
{
	return is_walsender(s) || s->slot.len > 0;
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
	if (feeds_consumer(s)) {
		o->c.tier = TIER_DESTRUCTIVE;
		change_add(&o->c, "check", "", OPERATION_CRITICAL, "%s slot " STR_FMT,
			   is_walsender(s) ? "it sends WAL to a consumer:" : "a consumer reads through it: it holds",
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

bool operate_look_at_session(struct operate *o, struct err *err)
{
	struct operate_session_params p;
	struct target_session s = {0};
	char number[24], since[40], why[300];
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
	if (is_forbidden(o, o->pid, &s, why, sizeof(why)))
		change_refuse(&o->c, "%s", why);
	describe_session(o, &s);
	check_session(o, &s);
	return true;
}

/* ---- several ---- */

bool operate_take_sessions(struct operate *o, struct err *err)
{
	struct str rest = fetch_arg(o->c.f, "sessions"), word;

	if (rest.len == 0)
		return true;
	if (o->c.op->target != OPERATION_SESSION)
		return err_set(err, ERR_USAGE, "%s is not for sessions", o->c.op->title);
	o->many = arena_alloc_array(o->c.out->arena, OPERATION_MANY_MAX, sizeof(*o->many));
	while (str_split(&rest, ' ', &word)) {
		struct operate_one *one = &o->many[o->nmany];
		long at = str_find(word, STR("@"), 0);

		if (word.len == 0)
			continue;
		if (o->nmany == OPERATION_MANY_MAX)
			return err_set(err, ERR_LIMIT, "more than %d sessions at once", OPERATION_MANY_MAX);
		if (at < 0 || !parse_i64(str_sub(word, 0, (size_t)at), &one->pid) || one->pid < 1 ||
		    one->pid > INT32_MAX || !parse_i64(str_sub(word, (size_t)at + 1, word.len), &one->backend_start_at))
			return err_set(err, ERR_USAGE, "a session that is none: " STR_FMT, STR_ARG(word));
		one->may = true;
		o->nmany++;
	}
	return true;
}

bool operate_ask_all(struct operate *o, const char *name, const struct rec_type *type, struct snapshot **ret_rows,
		     struct err *err)
{
	struct buf pids, starts;
	struct pg_result *r = NULL;
	bool ok;

	buf_init(&pids, 16 * OPERATION_MANY_MAX);
	buf_init(&starts, 32 * OPERATION_MANY_MAX);
	for (size_t i = 0; i < o->nmany; i++) {
		if (!o->many[i].may)
			continue;
		(void)buf_addf(&pids, "%s%lld", pids.len ? "," : "{", (long long)o->many[i].pid);
		(void)buf_addf(&starts, "%s%lld", starts.len ? "," : "{", (long long)o->many[i].backend_start_at);
	}
	(void)buf_add_c(&pids, pids.len ? "}" : "{}");
	(void)buf_add_c(&starts, starts.len ? "}" : "{}");
	const struct conn_param params[2] = {{OID_INT4_ARRAY, buf_c(&pids), -1}, {OID_INT8_ARRAY, buf_c(&starts), -1}};
	CHECK(!pids.failed && !starts.failed);
	ok = conn_query(o->c.f, o->conn, name, params, 2, &r, err);
	*ret_rows = ok ? snapshot_new(type, name) : NULL;
	if (ok && !sql_read_rows(r, *ret_rows, err)) {
		snapshot_unref(*ret_rows);
		*ret_rows = NULL;
		ok = false;
	}
	if (r)
		conn_result_free(r);
	buf_release(&pids);
	buf_release(&starts);
	return ok;
}

/* Why it is left out of several; false when it is not. */
static bool is_left_out(const struct operate *o, int64_t pid, const struct target_session *s, char *why, size_t size)
{
	if (is_forbidden(o, pid, s, why, size))
		return true;
	if (feeds_consumer(s))
		(void)snprintf(why, size, "%s slot " STR_FMT ": tier 3, to be done alone",
			       is_walsender(s) ? "it sends WAL to a consumer,"
					       : "a consumer reads through it: it holds",
			       STR_ARG(s->slot.len ? s->slot : STR("none")));
	else if (!(o->c.op->flags & OPERATION_ENDS) && str_starts(s->state, STR("idle")))
		(void)snprintf(why, size, "it runs nothing now: a cancel has no effect on an idle session");
	else
		return false;
	return true;
}

/* Who it is, in one line. */
static void say_who(const struct operate *o, const struct target_session *s, struct buf *b)
{
	if (str_eq_c(fetch_arg(o->c.f, "several"), "1"))
		(void)buf_addf(b, "%s  ", conn_probe(o->conn)->instance);
	(void)buf_addf(b, STR_FMT "  " STR_FMT "  " STR_FMT, STR_ARG(s->role), STR_ARG(s->application),
		       STR_ARG(s->state));
	if (HAS(s, struct target_session, xact_us)) {
		(void)buf_add_c(b, " for ");
		(void)format_duration(b, s->xact_us);
	}
	if (str_eq(s->backend_type, STR("autovacuum worker")))
		(void)buf_add_c(b, s->wraparound ? "  autovacuum against wraparound, it starts again at once"
						 : "  autovacuum, it starts again");
	if (s->query.len > 0) {
		(void)buf_add_c(b, "  ");
		(void)sql_mask_secrets(b, s->query);
	}
}

static void look_at_one(struct operate *o, struct operate_one *one, const struct target_session *s)
{
	char label[24], why[300];
	struct buf who;

	(void)snprintf(label, sizeof(label), "%lld", (long long)one->pid);
	buf_init(&who, NOTE_MAX);
	(void)snprintf(why, sizeof(why), "it has ended%s",
		       conn_probe(o->conn)->read_all_stats ? "" : ", or our role may not see it");
	one->gone = s == NULL;
	one->may = s && !is_left_out(o, one->pid, s, why, sizeof(why));
	if (s) {
		say_who(o, s, &who);
		one->database = arena_str(o->c.out->arena, s->database);
		one->state = arena_str(o->c.out->arena, s->state);
		one->query_start_at = s->query_start_at;
	}
	if (one->may)
		change_add(&o->c, "session", label, OPERATION_OK, "%s", buf_c(&who));
	else
		change_add(&o->c, "left out", label, OPERATION_WARNING, "%s%s%s", why, who.len ? ": " : "",
			   buf_c(&who));
	buf_release(&who);
}

static void look_at_all(struct operate *o, const struct snapshot *rows)
{
	const struct target_session *found[OPERATION_MANY_MAX] = {NULL};
	int64_t waiters = 0;
	size_t may = 0;

	for (size_t i = 0; i < rows->nrows; i++) {
		const struct target_session *s = snapshot_row(rows, i);

		if (s->n > 0 && s->n <= (int64_t)o->nmany)
			found[s->n - 1] = s;
		waiters = s->waiters;
	}
	for (size_t i = 0; i < o->nmany; i++) {
		look_at_one(o, &o->many[i], found[i]);
		may += o->many[i].may;
	}
	if (waiters > 0)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   waiters == 1 ? "%lld other session waits behind them"
					: "%lld other sessions wait behind them",
			   (long long)waiters);
	(void)snprintf(o->c.word, sizeof(o->c.word), may == 1 ? "%zu session" : "%zu sessions", may);
	/* when it runs, what is left is the outcome */
	if (may == 0 && !(o->c.f->source->flags & SOURCE_CHANGES))
		change_refuse(&o->c, "none of them can be signalled; beside each stands why");
}

bool operate_look_at_sessions(struct operate *o, struct err *err)
{
	struct snapshot *rows;

	(void)snprintf(o->c.statement, sizeof(o->c.statement), "%s",
		       sqlset_text(o->c.op->statement, conn_probe(o->conn)->version_num));
	(void)snprintf(o->c.object, sizeof(o->c.object), o->nmany == 1 ? "%zu session" : "%zu sessions", o->nmany);
	change_add(&o->c, "fact", "with", OPERATION_OK,
		   "once for each: $1 its process, $2 when it connected; each has its own lines in the audit log");
	if (!operate_ask_all(o, "operate_sessions", &session_type_here, &rows, err))
		return false;
	look_at_all(o, rows);
	snapshot_unref(rows);
	return true;
}
