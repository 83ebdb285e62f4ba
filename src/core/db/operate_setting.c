/*
 * operate_setting.c: the slow-statement threshold of one role, of one database, or of a role in a database, lowered for
 * a time by ALTER ROLE or ALTER DATABASE.
 *
 * Such a setting is read when a session connects: sessions that are there keep what they have, and those that connect
 * meanwhile keep the lowered one until they disconnect. Both are said. The parameter is one for superusers: from
 * PostgreSQL 15 on others may be granted it, and on Aurora rds_superuser has it; who may not is told before anything
 * is sent. The value is taken back only while the catalog still has ours; where none was set it is reset.
 */
#include "db/operate.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/parse.h"
#include "model/slow_log.h"

#include <stdio.h>

#define STATEMENT_US (20 * US_PER_S)

struct setting {
	uint64_t present;
	int64_t role_oid, database_oid, can_login, may_set, may_alter, connected;
	struct str target, value;
};
#define F(m, k) FIELD(struct setting, m, k, .title = #m, .help = #m)
static const struct field setting_fields[] = {
	F(role_oid, K_INT),   F(database_oid, K_INT), F(can_login, K_BOOL), F(may_set, K_BOOL),
	F(may_alter, K_BOOL), F(connected, K_COUNT),  F(target, K_TEXT),    F(value, K_TEXT),
};
#undef F
static const struct rec_type setting_type = REC_TYPE(struct setting, "operate_setting", setting_fields);

/* As it is now; what the statement alters is kept, quoted by the server. */
static bool read_setting(struct operate *o, struct setting *ret_setting, struct err *err)
{
	struct conn_param params[2] = {conn_param_text(o->lease.role), conn_param_text(o->lease.database)};
	bool found;

	*ret_setting = (struct setting){0};
	if (!operate_ask(o, "operate_setting", params, 2, &setting_type, ret_setting, &found, err))
		return false;
	if (ret_setting->target.len >= sizeof(o->altered))
		return err_set(err, ERR_LIMIT, "the name of the role or database is too long");
	(void)snprintf(o->altered, sizeof(o->altered), STR_FMT, STR_ARG(ret_setting->target));
	return true;
}

/* A value that may stand in the statement as it is, or between quotes: "250", "-1", "1.5s". */
static bool is_sound(struct str value)
{
	if (value.len == 0 || value.len > 40)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'z') && !strchr("-. ", c))
			return false;
	}
	return true;
}

static void fill_set(struct operate *o, const char *value)
{
	int64_t n;
	const char *quote = parse_i64(str_c(value), &n) ? "" : "'";

	(void)snprintf(o->c.statement, sizeof(o->c.statement), "ALTER %s SET %s = %s%s%s", o->altered,
		       SLOW_LOG_PARAMETER, quote, value, quote);
}

static void fill_restore(struct operate *o)
{
	if (o->lease.unset)
		(void)snprintf(o->c.statement, sizeof(o->c.statement), "ALTER %s RESET %s", o->altered,
			       SLOW_LOG_PARAMETER);
	else
		fill_set(o, o->lease.before);
}

/* ---- the look ---- */

static void check_names(struct operate *o, const struct setting *s)
{
	if (conn_probe(o->conn)->in_recovery)
		change_refuse(&o->c, "this is a reader; settings of roles and databases are changed on the writer");
	else if (o->lease.role[0] && !HAS(s, struct setting, role_oid))
		change_refuse(&o->c, "there is no role \"%s\"", o->lease.role);
	else if (o->lease.database[0] && !HAS(s, struct setting, database_oid))
		change_refuse(&o->c, "there is no database \"%s\"", o->lease.database);
}

static void check_rights(struct operate *o, const struct setting *s)
{
	const struct probe *us = conn_probe(o->conn);

	if (!s->may_set && us->aurora)
		change_refuse(&o->c, "our role %s may not set %s: a member of rds_superuser may%s", us->user,
			      SLOW_LOG_PARAMETER,
			      us->version_num >= 150000 ? ", or who has GRANT SET ON PARAMETER for it" : "");
	else if (!s->may_set)
		change_refuse(&o->c, "our role %s may not set %s: a superuser may%s", us->user, SLOW_LOG_PARAMETER,
			      us->version_num >= 150000 ? ", or who has GRANT SET ON PARAMETER for it"
							: "; from PostgreSQL 15 on it can be granted");
	else if (!s->may_alter && o->lease.role[0])
		change_refuse(
			&o->c,
			"our role %s may not alter role %s: CREATEROLE is needed%s, and a superuser for a superuser",
			us->user, o->lease.role, us->version_num >= 160000 ? " with the admin option on it" : "");
	else if (!s->may_alter)
		change_refuse(&o->c, "our role %s may not alter database %s: its owner may", us->user,
			      o->lease.database);
}

static void check_sessions(struct operate *o, const struct setting *s)
{
	if (o->lease.role[0] && !s->can_login)
		change_add(&o->c, "check", "", OPERATION_WARNING,
			   "nobody logs in as %s: a setting counts for who logs in as the role, not for its members",
			   o->lease.role);
	change_add(&o->c, "check", "", s->connected > 0 ? OPERATION_WARNING : OPERATION_NOTICE,
		   s->connected == 1
			   ? "it counts for sessions that connect from then on: the %lld that is connected now "
			     "keeps what it has"
			   : "it counts for sessions that connect from then on: the %lld that are connected now "
			     "keep what they have",
		   (long long)s->connected);
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "sessions that connect meanwhile keep it until they disconnect");
	change_add(&o->c, "check", "", OPERATION_NOTICE,
		   "should this host never come back, nothing restores it: the setting is kept in the catalog");
}

static void fill_lease(struct operate *o, const struct setting *s, int64_t ms)
{
	struct lease *l = &o->lease;

	(void)snprintf(l->parameter, sizeof(l->parameter), "%s", SLOW_LOG_PARAMETER);
	(void)snprintf(l->value, sizeof(l->value), "%lld", (long long)ms);
	(void)snprintf(l->before, sizeof(l->before), STR_FMT, STR_ARG(s->value));
	l->unset = !HAS(s, struct setting, value);
	if (!l->unset && !is_sound(s->value))
		change_refuse(&o->c, "its value could not be written back: " STR_FMT, STR_ARG(s->value));
	fill_set(o, l->value);
	change_add(&o->c, "fact", "now", OPERATION_OK, "%s of %s is " STR_FMT, SLOW_LOG_PARAMETER, l->object,
		   STR_ARG(l->unset ? STR("not set") : s->value));
	change_add(&o->c, "fact", "for", OPERATION_OK, "%lld minutes; then it is %s again",
		   (long long)(o->lease_us / US_PER_MIN), l->unset ? "not set" : "what it was");
}

/* Whose threshold: names of the lease. False: the value says nothing of that kind. */
static bool take_wish(struct operate *o, int64_t *ret_ms)
{
	struct str value = fetch_arg(o->c.f, "value"), what;
	struct lease *l = &o->lease;
	struct slow_log_wish wish;

	if (!change_take_minutes(value, SLOW_LOG_MINUTES, &what, &o->lease_us) ||
	    !slow_log_read(o->c.op->name, what, &wish)) {
		change_refuse(&o->c, "\"" STR_FMT "\" is not of the form %s", STR_ARG(value), o->c.op->asks);
		return false;
	}
	*ret_ms = wish.ms;
	(void)snprintf(l->role, sizeof(l->role), STR_FMT, STR_ARG(wish.role));
	(void)snprintf(l->database, sizeof(l->database), STR_FMT, STR_ARG(wish.database));
	(void)snprintf(l->object, sizeof(l->object), "%s%s%s%s%s", l->role[0] ? "role " : "", l->role,
		       l->role[0] && l->database[0] ? " in " : "", l->database[0] ? "database " : "", l->database);
	return true;
}

bool operate_look_at_setting(struct operate *o, struct err *err)
{
	struct operate_whose whose = {0};
	struct setting s;
	int64_t ms;

	o->how = &operate_lease_setting;
	operate_target_name(o, o->lease.target, sizeof(o->lease.target));
	(void)snprintf(o->c.word, sizeof(o->c.word), "%.200s", o->lease.target);
	if (!take_wish(o, &ms))
		return true;
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", SLOW_LOG_PARAMETER, o->lease.object);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%s", o->lease.role[0] ? o->lease.role : o->lease.database);
	if (!read_setting(o, &s, err))
		return false;
	fill_lease(o, &s, ms);
	check_names(o, &s);
	if (o->c.refused)
		return true;
	check_rights(o, &s);
	check_sessions(o, &s);
	operate_check_other_lease(o);
	whose.role_oid = s.role_oid;
	whose.database_oid = s.database_oid;
	return operate_add_reach(o, &whose, ms, err);
}

/* ---- the lease ---- */

static bool look_left(struct operate *o, struct err *err)
{
	struct setting s;

	if (!read_setting(o, &s, err))
		return false;
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", SLOW_LOG_PARAMETER, o->lease.object);
	/* whoever or whatever is gone has no setting that could be ours */
	if (HAS(&s, struct setting, value))
		check_rights(o, &s);
	if (!is_sound(str_c(o->lease.value)) || (!o->lease.unset && !is_sound(str_c(o->lease.before))))
		change_refuse(&o->c, "what was remembered of it is no duration");
	return true;
}

static bool is_ours(struct operate *o, bool *ret_ours, struct err *err)
{
	struct setting s;

	if (!read_setting(o, &s, err))
		return false;
	*ret_ours = (!o->lease.role[0] || HAS(&s, struct setting, role_oid)) &&
		    (!o->lease.database[0] || HAS(&s, struct setting, database_oid)) &&
		    HAS(&s, struct setting, value) && str_eq_c(s.value, o->lease.value);
	return true;
}

/* Our sessions begin read-only, which ALTER ROLE minds; for this one statement they are not. */
static bool send_alter(struct operate *o, struct err *err)
{
	struct fetch near = *o->c.f;
	int64_t until = clock_mono_us() + STATEMENT_US;
	struct err rest = {0};
	bool ok;

	near.deadline_mono_us = until < near.deadline_mono_us ? until : near.deadline_mono_us;
	ok = conn_run(&near, o->conn, "SET default_transaction_read_only = off", NULL, NULL, err) &&
	     conn_run(&near, o->conn, o->c.statement, NULL, NULL, err);
	if (conn_is_open(o->conn) &&
	    !conn_run(&near, o->conn, "RESET default_transaction_read_only", NULL, NULL, &rest))
		conn_close(o->conn);
	return ok;
}

/* The catalog has it as soon as the statement has ended. */
static bool arrives(struct operate *o, struct err *err)
{
	bool ours;

	if (!is_ours(o, &ours, err))
		return false;
	return ours || err_set(err, ERR_UNAVAILABLE, "the catalog does not have it");
}

const struct operate_lease_how operate_lease_setting = {
	.unset = "not set",
	.look_left = look_left,
	.send = send_alter,
	.arrives = arrives,
	.is_ours = is_ours,
	.fill_restore = fill_restore,
};
