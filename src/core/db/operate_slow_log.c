/*
 * operate_slow_log.c: the slow-statement threshold of a server without a cluster, lowered for a
 * time by ALTER SYSTEM.
 *
 * A reload activates whatever else waits in the configuration files, so that is shown before, or
 * that it cannot be seen. The value is taken back only while the one in postgresql.auto.conf is
 * still ours; one that was not there before is reset, not set to a default that somebody may
 * change one day. While the lease is held no connection is kept: the server may restart meanwhile,
 * and taking back opens its own, in a fetch that no cancel interrupts.
 */
#include "db/operate.h"

#include "base/clock.h"
#include "base/parse.h"
#include "model/slow_log.h"

#include <stdio.h>

#define PARAMETER SLOW_LOG_PARAMETER
#define STATEMENT_US (20 * US_PER_S)
#define ARRIVES_US (5 * US_PER_S) /* a reload is read by each process when it gets to it */
#define ARRIVES_EVERY_US (100 * US_PER_MS)

struct slow_log {
	uint64_t present;
	struct str setting, source;
	int64_t place_known, may_set, may_reload, sees_files;
	int64_t in_auto; /* postgresql.auto.conf has it */
};
#define F(m) FIELD(struct slow_log, m, K_BOOL, .title = #m, .help = #m)
static const struct field slow_log_fields[] = {
	FIELD(struct slow_log, setting, K_TEXT, .title = "setting", .help = "setting"),
	FIELD(struct slow_log, source, K_TEXT, .title = "source", .help = "source"),
	F(place_known),
	F(may_set),
	F(may_reload),
	F(sees_files),
	F(in_auto),
};
#undef F
static const struct rec_type slow_log_type = REC_TYPE(struct slow_log, "operate_slow_log", slow_log_fields);

struct waiting {
	uint64_t present;
	struct str list, unknown, fault, auto_value;
	int64_t pending;
};
#define F(m, k) FIELD(struct waiting, m, k, .title = #m, .help = #m)
static const struct field waiting_fields[] = {
	F(pending, K_COUNT), F(list, K_TEXT), F(unknown, K_TEXT), F(fault, K_TEXT), F(auto_value, K_TEXT),
};
#undef F
static const struct rec_type waiting_type = REC_TYPE(struct waiting, "operate_pending", waiting_fields);

static bool read_now(struct operate *o, struct slow_log *ret_now, struct waiting *ret_files, struct err *err)
{
	bool found;

	*ret_now = (struct slow_log){0};
	*ret_files = (struct waiting){0};
	if (!operate_ask(o, "operate_slow_log", NULL, 0, &slow_log_type, ret_now, &found, err))
		return false;
	return !ret_now->sees_files ||
	       operate_ask(o, "operate_pending", NULL, 0, &waiting_type, ret_files, &found, err);
}

/* ---- the look ---- */

static void check_rights(struct operate *o, const struct slow_log *s)
{
	const char *user = conn_probe(o->conn)->user;

	if (!s->may_set)
		change_refuse(&o->c,
			      "our role %s may not change it for the server: a superuser may, or from PostgreSQL 15 on "
			      "who has GRANT ALTER SYSTEM ON PARAMETER %s, unless allow_alter_system is off",
			      user, PARAMETER);
	else if (!s->may_reload)
		change_refuse(&o->c, "our role %s may not reload; GRANT EXECUTE ON FUNCTION pg_reload_conf() allows it",
			      user);
	else if (!str_eq(s->source, STR("default")) && !str_eq(s->source, STR("configuration file")))
		change_refuse(&o->c,
			      "the value is set by " STR_FMT " here, over which a change of the server has no effect",
			      STR_ARG(s->source));
	else if (!s->place_known)
		change_refuse(&o->c,
			      "our role %s cannot see where the value is from; GRANT pg_read_all_settings shows it",
			      user);
}

/* Whatever else it activates may disrupt. */
static void check_files(struct operate *o, const struct slow_log *s, const struct waiting *w)
{
	if (!s->sees_files || w->pending > 0)
		o->c.tier = TIER_DISRUPTIVE;
	if (!s->sees_files) {
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "what else the reload would activate is not known: not permitted to see pg_file_settings");
		return;
	}
	if (w->fault.len > 0)
		change_refuse(&o->c, "the configuration files have a fault, and a reload changes nothing: " STR_FMT,
			      STR_ARG(w->fault));
	if (w->pending > 0)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "the reload activates %lld more, which wait in the files: " STR_FMT, (long long)w->pending,
			   STR_ARG(w->list));
	else
		change_add(&o->c, "check", "", OPERATION_OK, "nothing else waits in the files for a reload");
	if (w->unknown.len > 0)
		change_add(&o->c, "check", "", OPERATION_NOTICE,
			   "our session has its own value of these, so whether a change waits is not known: " STR_FMT,
			   STR_ARG(w->unknown));
}

static void fill_set(struct operate *o, const char *value)
{
	(void)snprintf(o->c.statement, sizeof(o->c.statement), "ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf()",
		       PARAMETER, value);
}

static void fill_restore(struct operate *o)
{
	if (o->lease.unset)
		(void)snprintf(o->c.statement, sizeof(o->c.statement), "ALTER SYSTEM RESET %s; SELECT pg_reload_conf()",
			       PARAMETER);
	else
		fill_set(o, o->lease.before);
}

static void fill_lease(struct operate *o, const struct slow_log *s, const char *value)
{
	struct lease *l = &o->lease;

	(void)snprintf(l->object, sizeof(l->object), "%s", l->target);
	(void)snprintf(l->parameter, sizeof(l->parameter), "%s", PARAMETER);
	(void)snprintf(l->value, sizeof(l->value), "%s", value);
	(void)snprintf(l->before, sizeof(l->before), STR_FMT, STR_ARG(s->setting));
	l->unset = !s->in_auto;
}

/* The value is a number here and now, so it needs no quotes in the statement. False: it is none. */
static bool take_value(struct operate *o, const struct slow_log *s, int64_t *ret_ms)
{
	struct str wanted = fetch_arg(o->c.f, "value"), what;
	bool minutes = change_take_minutes(wanted, SLOW_LOG_MINUTES, &what, &o->lease_us);
	struct slow_log_wish wish;
	int64_t before;
	char value[24];

	if (!minutes || !slow_log_read(o->c.op->name, what, &wish)) {
		change_refuse(&o->c, "\"" STR_FMT "\" is not of the form %s", STR_ARG(wanted), o->c.op->asks);
		return false;
	}
	*ret_ms = wish.ms;
	if (!parse_i64(s->setting, &before))
		change_refuse(&o->c, "its value is no number: " STR_FMT, STR_ARG(s->setting));
	(void)snprintf(value, sizeof(value), "%lld", (long long)wish.ms);
	fill_set(o, value);
	fill_lease(o, s, value);
	change_add(&o->c, "fact", "for", OPERATION_OK, "%lld minutes; then it is %s again",
		   (long long)(o->lease_us / US_PER_MIN), s->in_auto ? "what it was" : "not set by ALTER SYSTEM");
	return true;
}

bool operate_look_at_slow_log(struct operate *o, struct err *err)
{
	const struct operate_whose all = {0};
	struct slow_log s;
	struct waiting w;
	int64_t ms;
	bool taken;

	o->how = &operate_lease_server;
	operate_target_name(o, o->lease.target, sizeof(o->lease.target));
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", PARAMETER, o->lease.target);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%.200s", o->lease.target);
	if (!read_now(o, &s, &w, err))
		return false;
	change_add(&o->c, "fact", "now", OPERATION_OK, "%s is " STR_FMT ", source " STR_FMT "%s", PARAMETER,
		   STR_ARG(s.setting), STR_ARG(s.source), s.in_auto ? ", by ALTER SYSTEM" : "");
	taken = take_value(o, &s, &ms);
	check_rights(o, &s);
	check_files(o, &s, &w);
	if (s.sees_files && (w.auto_value.len > 0) != (s.in_auto != 0))
		change_refuse(&o->c, "somebody has changed it without a reload; that has to be settled first");
	operate_check_other_lease(o);
	change_add(
		&o->c, "check", "", OPERATION_NOTICE,
		"should this host never come back, nothing restores it: ALTER SYSTEM outlives a restart of the server");
	return !taken || operate_add_reach(o, &all, ms, err);
}

/* ---- the lease ---- */

static bool holds_ours(const struct operate *o, const struct slow_log *s, const struct waiting *w)
{
	if (s->sees_files)
		return str_eq_c(w->auto_value, o->lease.value);
	return s->in_auto && str_eq_c(s->setting, o->lease.value);
}

static bool is_ours(struct operate *o, bool *ret_ours, struct err *err)
{
	struct slow_log s;
	struct waiting w;

	if (!read_now(o, &s, &w, err))
		return false;
	*ret_ours = holds_ours(o, &s, &w);
	return true;
}

/* What goes into the statement comes from a file of this host. */
static bool is_sound(const struct lease *l)
{
	int64_t n;

	return parse_i64(str_c(l->value), &n) && (l->unset || parse_i64(str_c(l->before), &n));
}

static bool look_left(struct operate *o, struct err *err)
{
	struct slow_log s;
	struct waiting w;

	if (!read_now(o, &s, &w, err))
		return false;
	check_rights(o, &s);
	check_files(o, &s, &w);
	if (!is_sound(&o->lease))
		change_refuse(&o->c, "what was remembered of it is no number");
	return true;
}

/* The two statements that o->c.statement shows, each in a call of its own: ALTER SYSTEM stands alone. */
static bool send_both(struct operate *o, struct err *err)
{
	struct fetch near = *o->c.f;
	struct str rest = str_c(o->c.statement), first;
	int64_t until = clock_mono_us() + STATEMENT_US;
	char alter[200];

	near.deadline_mono_us = until < near.deadline_mono_us ? until : near.deadline_mono_us;
	(void)str_split(&rest, ';', &first);
	(void)snprintf(alter, sizeof(alter), STR_FMT, STR_ARG(first));
	return conn_run(&near, o->conn, alter, NULL, NULL, err) &&
	       conn_run(&near, o->conn, "SELECT pg_reload_conf()", NULL, NULL, err);
}

/* Our session reads the files anew like any other. */
static bool wait_until_there(struct operate *o, struct err *err)
{
	int64_t until = clock_mono_us() + ARRIVES_US;
	struct slow_log s;
	struct waiting w;

	for (;;) {
		if (!read_now(o, &s, &w, err))
			return false;
		if (str_eq_c(s.setting, o->lease.value))
			return true;
		if (clock_mono_us() > until)
			return err_set(err, ERR_UNAVAILABLE, "after the reload %s is " STR_FMT, PARAMETER,
				       STR_ARG(s.setting));
		if (!change_rest(o->c.f, ARRIVES_EVERY_US, err))
			return false;
	}
}

const struct operate_lease_how operate_lease_server = {
	.unset = "not set by ALTER SYSTEM",
	.look_left = look_left,
	.send = send_both,
	.arrives = wait_until_there,
	.is_ours = is_ours,
	.fill_restore = fill_restore,
};
