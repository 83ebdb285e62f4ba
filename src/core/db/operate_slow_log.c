/*
 * operate_slow_log.c: the slow-statement threshold of a server without a cluster, lowered for a
 * time by ALTER SYSTEM; and taking back what an earlier console could not.
 *
 * A reload activates whatever else waits in the configuration files, so that is shown before, or
 * that it cannot be seen. The value is taken back only while the one in postgresql.auto.conf is
 * still ours; one that was not there before is reset, not set to a default that somebody may
 * change one day. While the lease is held no connection is kept: the server may restart meanwhile,
 * and taking back opens its own, in a fetch that no cancel interrupts.
 */
#include "db/operate.h"

#include "audit/change_lease.h"
#include "base/clock.h"
#include "base/parse.h"
#include "codec/codec_sql.h"

#include <stdio.h>

#define PARAMETER "log_min_duration_statement"
#define SLOW_LOG_MINUTES 15
#define STATEMENT_US (20 * US_PER_S)
#define ARRIVES_US (5 * US_PER_S) /* a reload is read by each process when it gets to it */
#define ARRIVES_EVERY_US (100 * US_PER_MS)
#define TAKE_BACK_AGAIN_US (1 * US_PER_S)

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

/* One of this host; consoles of other hosts are not seen. */
static void check_other_lease(struct operate *o, const char *place)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(place, all, left, LEASES_MAX);
	char until[40];

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].parameter, PARAMETER) == 0) {
			change_refuse(&o->c, "a lease is on it already: %s until %s%s", all[i].owner,
				      clock_iso8601(all[i].until_us, until, sizeof(until)),
				      left[i] ? "; it was left behind, restore it first" : "");
			return;
		}
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

static void fill_lease(struct operate *o, const struct slow_log *s, const char *value, const char *place)
{
	struct lease *l = &o->lease;

	(void)snprintf(l->target, sizeof(l->target), "%s", place);
	(void)snprintf(l->object, sizeof(l->object), "%s", place);
	(void)snprintf(l->parameter, sizeof(l->parameter), "%s", PARAMETER);
	(void)snprintf(l->value, sizeof(l->value), "%s", value);
	(void)snprintf(l->before, sizeof(l->before), STR_FMT, STR_ARG(s->setting));
	l->unset = !s->in_auto;
}

/* The value is a number here and now, so it needs no quotes in the statement. */
static void take_value(struct operate *o, const struct slow_log *s, const char *place)
{
	struct str wanted = fetch_arg(o->c.f, "value"), what;
	bool minutes = change_take_minutes(wanted, SLOW_LOG_MINUTES, &what, &o->lease_us);
	int64_t ms, before;
	char value[24];

	if (!minutes || !parse_i64(what, &ms) || ms < 0 || ms > INT32_MAX) {
		change_refuse(&o->c, "\"" STR_FMT "\" is not of the form %s", STR_ARG(wanted), o->c.op->asks);
		return;
	}
	if (!parse_i64(s->setting, &before))
		change_refuse(&o->c, "its value is no number: " STR_FMT, STR_ARG(s->setting));
	(void)snprintf(value, sizeof(value), "%lld", (long long)ms);
	fill_set(o, value);
	fill_lease(o, s, value, place);
	change_add(&o->c, "fact", "for", OPERATION_OK, "%lld minutes; then it is %s again",
		   (long long)(o->lease_us / US_PER_MIN), s->in_auto ? "what it was" : "not set by ALTER SYSTEM");
}

bool operate_look_at_slow_log(struct operate *o, struct err *err)
{
	struct slow_log s;
	struct waiting w;
	char place[300];

	conn_place(o->conn, place, sizeof(place));
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", PARAMETER, place);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%.200s", place);
	if (!read_now(o, &s, &w, err))
		return false;
	change_add(&o->c, "fact", "now", OPERATION_OK, "%s is " STR_FMT ", source " STR_FMT "%s", PARAMETER,
		   STR_ARG(s.setting), STR_ARG(s.source), s.in_auto ? ", by ALTER SYSTEM" : "");
	take_value(o, &s, place);
	check_rights(o, &s);
	check_files(o, &s, &w);
	if (s.sees_files && (w.auto_value.len > 0) != (s.in_auto != 0))
		change_refuse(&o->c, "somebody has changed it without a reload; that has to be settled first");
	check_other_lease(o, place);
	change_add(
		&o->c, "check", "", OPERATION_NOTICE,
		"should this host never come back, nothing restores it: ALTER SYSTEM outlives a restart of the server");
	return true;
}

/* ---- is it still ours? ---- */

static bool is_ours(const struct operate *o, const struct slow_log *s, const struct waiting *w)
{
	if (s->sees_files)
		return str_eq_c(w->auto_value, o->lease.value);
	return s->in_auto && str_eq_c(s->setting, o->lease.value);
}

static bool find_left(struct operate *o, const char *place)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(place, all, left, LEASES_MAX);

	for (size_t i = 0; i < n; i++)
		if (left[i] && strcmp(all[i].parameter, PARAMETER) == 0) {
			o->lease = all[i];
			return true;
		}
	return false;
}

/* What goes into the statement comes from a file of this host. */
static bool is_sound(const struct lease *l)
{
	int64_t n;

	return parse_i64(str_c(l->value), &n) && (l->unset || parse_i64(str_c(l->before), &n));
}

/* Nothing of it is left, so the note of it goes. */
static void forget(const struct lease *l)
{
	struct lease_hold *hold;

	if (lease_take_over(l->id, &hold))
		lease_end(hold);
}

bool operate_look_at_left_slow_log(struct operate *o, struct err *err)
{
	struct slow_log s;
	struct waiting w;
	char place[300], until[40];

	conn_place(o->conn, place, sizeof(place));
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", PARAMETER, place);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%.200s", place);
	if (!find_left(o, place)) {
		change_refuse(&o->c, "nothing of this server was left behind on this host");
		return true;
	}
	if (!read_now(o, &s, &w, err))
		return false;
	change_add(&o->c, "fact", "left behind", OPERATION_OK, "%s = %s, by %s, until %s", PARAMETER, o->lease.value,
		   o->lease.owner, clock_iso8601(o->lease.until_us, until, sizeof(until)));
	change_add(&o->c, "fact", "before", OPERATION_OK, "%s",
		   o->lease.unset ? "not set by ALTER SYSTEM" : o->lease.before);
	check_rights(o, &s);
	check_files(o, &s, &w);
	if (!is_sound(&o->lease)) {
		change_refuse(&o->c, "what was remembered of it is no number");
		return true;
	}
	fill_restore(o);
	if (is_ours(o, &s, &w) || o->c.refused)
		return true;
	change_refuse(&o->c, "nothing is to be done: %s is " STR_FMT " now, and not ours any more", PARAMETER,
		      STR_ARG(s.setting));
	forget(&o->lease);
	return true;
}

/* ---- the run ---- */

/* Sends the two statements that o->c.statement shows, each in a call of its own: ALTER SYSTEM stands alone. */
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

static bool restore_once(struct operate *o, bool *ret_needed, struct err *err)
{
	const struct login_wish wish = {.database = "", .acts = true};
	struct slow_log s;
	struct waiting w;

	if (!conn_open_as(o->c.f, &wish, &o->conn, err) || !read_now(o, &s, &w, err))
		return false;
	*ret_needed = is_ours(o, &s, &w);
	return !*ret_needed || send_both(o, err);
}

/* As often as the time allows: a server that restarts is waited for. */
static bool take_back(void *ctx)
{
	struct operate *o = ctx;
	int64_t began = clock_mono_us();
	struct err err = {0}, rest;
	bool needed = false, ok;
	char id[64];

	fill_restore(o);
	/* without its line in the audit log it is taken back all the same: that is the safer state */
	if (!change_intend(&o->c, id, sizeof(id), &rest))
		change_add(&o->c, "notice", "", OPERATION_WARNING, "not in the audit log: %s", rest.text);
	do {
		err = (struct err){0};
		ok = restore_once(o, &needed, &err);
	} while (!ok && change_rest(o->c.f, TAKE_BACK_AGAIN_US, &rest));
	if (!ok)
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"failed: not taken back, the next start offers it: %s", err.text);
	else if (!needed)
		change_conclude(&o->c, id, began, OPERATION_NOTICE, "left as it is: %s is not ours any more",
				PARAMETER);
	else
		change_conclude(&o->c, id, began, OPERATION_OK, "done: taken back");
	return ok;
}

void operate_run_slow_log(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct lease_hold *held = NULL;
	struct err err = {0};
	char words[100];

	if (!change_lease_take(&o->c, &o->lease, o->lease_us, id, &held))
		return;
	if (send_both(o, &err) && wait_until_there(o, &err)) {
		change_conclude(&o->c, id, began, OPERATION_OK, "%s",
				change_lease_words(&o->lease, words, sizeof(words)));
		/* no connection is held for nothing */
		conn_close(o->conn);
		change_lease_keep(&o->c, &o->lease, o->lease_us);
	} else {
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
	}
	change_lease_end(&o->c, held, "server restore", take_back, o);
}

void operate_run_restore(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct lease_hold *held;
	struct err err = {0};

	if (!lease_take_over(o->lease.id, &held)) {
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done: another console takes it back now");
		return;
	}
	if (send_both(o, &err)) {
		lease_end(held);
		change_conclude(&o->c, id, began, OPERATION_OK, "done: taken back");
	} else {
		lease_leave(held);
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
	}
}
