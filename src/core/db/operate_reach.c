/*
 * operate_reach.c: whom a slow-statement threshold would reach, and how much it would log.
 *
 * A role or a database may have a threshold of its own, which counts for more: who is not reached is named. How
 * much is logged is estimated from what pg_stat_statements has counted since its last reset: the calls of statements
 * whose mean time reaches the threshold will be logged about as often as they are called; those of statements whose
 * longest time alone does, at most. Where that is not counted it is said why, and nothing is made up.
 *
 * Of a server behind AWS the threshold is changed by another service, in a command that has no connection to it:
 * then this is a command of its own, whose rows stand beside those of the preview.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/commands.h"
#include "db/site.h"
#include "model/kind.h"
#include "model/slow_log.h"

#include <stdio.h>

/* What log_line_prefix and the words before the text take of a line, about. */
#define BEFORE_TEXT_BYTES 100
#define NAMED_MAX 10 /* operate_overrides.sql */

struct overrides {
	uint64_t present;
	int64_t overrides;
	struct str list;
};
static const struct field overrides_fields[] = {
	FIELD(struct overrides, overrides, K_COUNT, .title = "overrides", .help = "overrides"),
	FIELD(struct overrides, list, K_TEXT, .title = "list", .help = "list"),
};
static const struct rec_type overrides_type = REC_TYPE(struct overrides, "operate_overrides", overrides_fields);

/* What of statements_probe.sql counts here. */
struct counted {
	uint64_t present;
	int64_t server_at, loaded, installed, columns_num, permitted, has_info, sees_all;
	struct str schema;
};
#define F(m, k) FIELD(struct counted, m, k, .title = #m, .help = #m)
static const struct field counted_fields[] = {
	F(server_at, K_TIME_US), F(loaded, K_BOOL),   F(installed, K_BOOL), F(columns_num, K_INT),
	F(permitted, K_BOOL),    F(has_info, K_BOOL), F(sees_all, K_BOOL),  F(schema, K_TEXT),
};
#undef F
static const struct rec_type counted_type = REC_TYPE(struct counted, "operate_counted", counted_fields);

struct since {
	uint64_t present;
	int64_t reset_at;
};
static const struct field since_fields[] = {
	FIELD(struct since, reset_at, K_TIME_US, .title = "reset", .help = "reset"),
};
static const struct rec_type since_type = REC_TYPE(struct since, "operate_since", since_fields);

struct estimate {
	uint64_t present;
	int64_t mean_statements, max_statements, mean_calls, max_calls, mean_bytes, max_bytes;
};
#define F(m, k) FIELD(struct estimate, m, k, .title = #m, .help = #m)
static const struct field estimate_fields[] = {
	F(mean_statements, K_COUNT), F(max_statements, K_COUNT), F(mean_calls, K_COUNT),
	F(max_calls, K_COUNT),       F(mean_bytes, K_BYTES),     F(max_bytes, K_BYTES),
};
#undef F
static const struct rec_type estimate_type = REC_TYPE(struct estimate, "operate_estimate", estimate_fields);

static struct conn_param oid_param(char room[24], int64_t oid)
{
	(void)snprintf(room, 24, "%lld", (long long)oid);
	return (struct conn_param){OID_OID, room, -1};
}

static bool add_overrides(struct operate *o, const struct operate_whose *whose, struct err *err)
{
	char role[24], database[24];
	struct conn_param params[2];
	struct overrides r = {0};
	bool found;

	if (whose->role_oid && whose->database_oid)
		return true;
	params[0] = oid_param(role, whose->role_oid);
	params[1] = oid_param(database, whose->database_oid);
	if (!operate_ask(o, "operate_overrides", params, 2, &overrides_type, &r, &found, err))
		return false;
	if (r.overrides == 0)
		change_add(&o->c, "fact", "own values", OPERATION_OK, "no %s has one, which would count for more",
			   whose->role_oid       ? "database of this role"
			   : whose->database_oid ? "role"
						 : "role and no database");
	else if (r.overrides > NAMED_MAX)
		change_add(&o->c, "fact", "own values", OPERATION_OK, "not reached: " STR_FMT "; and %lld more",
			   STR_ARG(r.list), (long long)(r.overrides - NAMED_MAX));
	else
		change_add(&o->c, "fact", "own values", OPERATION_OK, "not reached: " STR_FMT, STR_ARG(r.list));
	return true;
}

/* ---- how much ---- */

#define say_unknown(o, ...) change_add(&(o)->c, "fact", "would log", OPERATION_NOTICE, __VA_ARGS__)

static bool is_counted(struct operate *o, const struct counted *p)
{
	const struct probe *us = conn_probe(o->conn);

	if (!p->loaded)
		say_unknown(o, "n/a: the server does not load pg_stat_statements, so it counts no statements");
	else if (!p->installed)
		say_unknown(o, "n/a: the extension pg_stat_statements is not created in database %s", us->database);
	else if (!HAS(p, struct counted, columns_num))
		say_unknown(o, "n/a: the extension pg_stat_statements is too old");
	else if (!p->permitted)
		say_unknown(o, "n/a: our role %s may not use pg_stat_statements", us->user);
	else
		return true;
	return false;
}

static int64_t a_minute(int64_t n, int64_t us)
{
	return (int64_t)((double)n * ((double)US_PER_MIN / (double)us) + 0.5);
}

static void put_amount(struct buf *out, int64_t lines, int64_t bytes, bool sized)
{
	(void)format_count(out, lines);
	(void)buf_add_c(out, lines == 1 ? " line" : " lines");
	if (!sized)
		return;
	(void)buf_add_c(out, " and ");
	(void)format_bytes(out, bytes);
}

static void say_estimate(struct operate *o, const struct counted *p, const struct estimate *e, int64_t since_us,
			 int64_t ms)
{
	int64_t us = p->server_at - since_us, least = a_minute(e->mean_calls, us), most = a_minute(e->max_calls, us);
	char since[40];
	struct buf b;

	buf_init(&b, 200);
	put_amount(&b, least, a_minute(e->mean_bytes, us) + least * BEFORE_TEXT_BYTES, p->sees_all != 0);
	(void)buf_add_c(&b, " a minute");
	if (most > least) {
		(void)buf_add_c(&b, ", at most ");
		put_amount(&b, most, a_minute(e->max_bytes, us) + most * BEFORE_TEXT_BYTES, p->sees_all != 0);
	}
	change_add(&o->c, "fact", "would log", OPERATION_OK, "about %s%s", buf_c(&b),
		   p->sees_all ? "" : "; of what size is not known, our role does not see the texts of others");
	buf_release(&b);
	change_add(&o->c, "fact", "estimated", OPERATION_OK,
		   "from pg_stat_statements%s%s since %.16sZ; statements of at least %lld ms: %lld by their mean time, "
		   "%lld by their longest",
		   conn_probe(o->conn)->instance[0] ? " of " : "", conn_probe(o->conn)->instance,
		   clock_iso8601(since_us, since, sizeof(since)), (long long)ms, (long long)e->mean_statements,
		   (long long)e->max_statements);
}

/* When counting began; 0 = the extension does not tell. */
static bool find_since(struct operate *o, const struct counted *p, int64_t *ret_us, struct err *err)
{
	const struct conn_statement statement = {"statements_info", (int)p->columns_num, p->schema};
	struct since s = {0};
	bool found;

	*ret_us = 0;
	if (!p->has_info || p->columns_num < 140000)
		return true;
	if (!operate_ask_extension(o, &statement, NULL, 0, &since_type, &s, &found, err))
		return false;
	*ret_us = s.reset_at;
	return true;
}

static bool add_estimate(struct operate *o, const struct operate_whose *whose, int64_t ms, struct err *err)
{
	char threshold[24], role[24], database[24];
	struct conn_param params[3];
	struct estimate e = {0};
	struct counted p = {0};
	int64_t since_us;
	bool found;

	if (!operate_ask(o, "statements_probe", NULL, 0, &counted_type, &p, &found, err))
		return false;
	if (!is_counted(o, &p))
		return true;
	const struct conn_statement statement = {"operate_estimate", (int)p.columns_num, p.schema};
	(void)snprintf(threshold, sizeof(threshold), "%lld", (long long)ms);
	params[0] = (struct conn_param){OID_INT8, threshold, -1};
	params[1] = oid_param(role, whose->role_oid);
	params[2] = oid_param(database, whose->database_oid);
	if (!operate_ask_extension(o, &statement, params, 3, &estimate_type, &e, &found, err) ||
	    !find_since(o, &p, &since_us, err))
		return false;
	if (since_us > 0 && since_us < p.server_at)
		say_estimate(o, &p, &e, since_us, ms);
	else
		say_unknown(o,
			    "n/a: this version of pg_stat_statements does not tell since when it counts; statements of "
			    "at least %lld ms: %lld by their mean time, %lld by their longest",
			    (long long)ms, (long long)e.mean_statements, (long long)e.max_statements);
	return true;
}

bool operate_add_reach(struct operate *o, const struct operate_whose *whose, int64_t ms, struct err *err)
{
	/* what is to run is looked at without it */
	if (!o->previews)
		return true;
	if (!add_overrides(o, whose, err))
		return false;
	if (add_estimate(o, whose, ms, err))
		return true;
	/* an answer that is too slow or none is no reason to refuse the rest */
	if (err->code != ERR_SERVER)
		return false;
	say_unknown(o, "n/a: %s", err->text);
	err_clear(err);
	return true;
}

/* ---- beside a preview of AWS ---- */

static bool fetch_reach(struct fetch *f, struct err *err)
{
	const struct operate_whose all = {0};
	struct slow_log_wish wish;
	struct operate o;

	if (!operate_open(&o, f, false, err))
		return false;
	o.previews = true;
	fetch_doing(f, "estimating what a slow log would bring");
	if (slow_log_read(o.c.op->name, fetch_arg(f, "value"), &wish) && !operate_add_reach(&o, &all, wish.ms, err)) {
		snapshot_unref(o.c.out);
		return false;
	}
	fetch_publish(f, o.c.out);
	return true;
}

const struct source command_slow_log_reach = {
	.name = "slow_log_reach",
	.title = "reach of a slow log",
	.help = "Whom a slow-statement threshold does not reach, and how much it would log; nothing is changed.",
	.type = &operation_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB,
	.deadline_us = 8 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_db_role_setting, pg_stat_statements",
	.ready = site_ready,
	.fetch = fetch_reach,
};
