/*
 * rules_statements.c: statements that run for long, take long, or take longer than they did; and whether the
 * counters they are told by are worth something.
 *
 * A mean alone says little: a report that takes a minute once a day is no trouble. So a statement is judged by its mean
 * only while it keeps some of a session busy, in the last minute and not since a reset that was a month ago.
 * What waits for a lock is the lock's trouble and not the statement's: rule_blocked() has it.
 *
 * The texts of others may hold what their tables hold. Here they are short and have their literals masked.
 */
#include "verdict/rules.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "model/sqltext.h"

#include <math.h>
#include <stdio.h>

#define NAMED_MAX 3 /* statements of a rule with a line of their own */
#define SEEN_US US_PER_MIN
#define TEXT_BYTES 100
#define OBJECT_MAX 300

/* ---- what runs now ---- */

struct longest {
	int64_t us, n;
	size_t row;
};

static struct longest longest_of(const struct snapshot *s, double limit)
{
	int state = data_field(s, "raw_state"), age = data_field(s, "query_us"), type = data_field(s, "backend_type"),
	    wait = data_field(s, "wait_type");
	struct longest most = {0};

	for (size_t i = 0; i < s->nrows; i++) {
		int64_t us = data_i64_at(s, i, age, 0);
		struct str of = data_str_at(s, i, type);

		if (!str_eq_c(data_str_at(s, i, state), "active") || (of.len > 0 && !str_eq_c(of, "client backend")) ||
		    str_eq_c(data_str_at(s, i, wait), "Lock"))
			continue;
		most.n += limit > 0 && (double)us > limit;
		if (us > most.us) {
			most.us = us;
			most.row = i;
		}
	}
	return most;
}

void rule_statement_running(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "sessions");
	double limit = l->statement_running > 0 ? l->statement_running : l->statement_running_critical;
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], pid[24];
	struct longest most;
	enum severity v;

	if (!s || limit <= 0)
		return;
	most = longest_of(s, limit);
	v = verdict_above((double)most.us, l->statement_running, l->statement_running_critical);
	(void)verdict_age(age, most.us);
	(void)verdict_limit(policy, POLICY_DURATION, limit);
	if (v <= SEV_OK && snapshot_unavailable(s, "query_us").len > 0) {
		finding_unknown(out, STR(""), s, "query_us");
		return;
	}
	if (v <= SEV_OK) {
		finding_add(out, SEV_OK, STR(""), "no statement runs for longer than %s", policy);
		finding_evidence(out, "pg_stat_activity: longest %s", age);
		return;
	}
	(void)snprintf(pid, sizeof pid, "%lld", (long long)data_i64(s, most.row, "pid", 0));
	if (most.n > 1)
		finding_add(out, v, STR(""), "%lld statements run for long, that of %s for %s, policy %s",
			    (long long)most.n, pid, age, policy);
	else
		finding_add(out, v, STR(""), "a statement of %s runs for %s, policy %s", pid, age, policy);
	finding_evidence(out, "pg_stat_activity: query_start of pid %s, " STR_FMT ", user " STR_FMT, pid,
			 STR_ARG(data_str(s, most.row, "application")), STR_ARG(data_str(s, most.row, "user")));
	finding_next(out, "", "go to 2 Activity, T sorts by it: e shows the plan of pid %s, C cancels it", pid);
}

/* ---- what is counted ---- */

/* What was read while somebody looked; what was so some minutes ago says nothing of now. */
static const struct snapshot *while_seen(const struct facts *f, const struct snapshot *s)
{
	return s && (f->final || f->now_us - s->at_us <= SEEN_US) ? s : NULL;
}

/* The columns of `statements` that rules read. */
struct columns {
	int query_id, user, database, query, mean, change, sessions;
};

static struct columns columns_of(const struct snapshot *s)
{
	return (struct columns){data_field(s, "query_id"),         data_field(s, "user"),
				data_field(s, "database"),         data_field(s, "query"),
				data_field(s, "interval_mean_us"), data_field(s, "mean_change_ratio"),
				data_field(s, "interval_sessions")};
}

/* "-42 of app in orders": nothing less tells two statements apart. */
static struct str name_of(const struct snapshot *s, size_t i, const struct columns *c, char out[OBJECT_MAX])
{
	(void)snprintf(out, OBJECT_MAX, "%lld of " STR_FMT " in " STR_FMT, (long long)data_i64_at(s, i, c->query_id, 0),
		       STR_ARG(data_str_at(s, i, c->user)), STR_ARG(data_str_at(s, i, c->database)));
	return str_c(out);
}

/* How it begins, without literals; by its number where the text is hidden from us. Released by the caller. */
static const char *text_of(const struct snapshot *s, size_t i, const struct columns *c, struct buf *masked)
{
	struct str text = data_str_at(s, i, c->query);

	buf_init(masked, 4096);
	(void)sql_mask_literals(masked, str_sub(text, 0, utf8_prefix(text, TEXT_BYTES)));
	if (masked->len == 0)
		(void)buf_addf(masked, "statement %lld", (long long)data_i64_at(s, i, c->query_id, 0));
	return buf_c(masked);
}

/* How many sessions it keeps busy; NaN when that is not known (yet) or too few to matter. */
static double busy_sessions(const struct policy_limits *l, const struct snapshot *s, size_t i, const struct columns *c)
{
	double busy = data_f64_at(s, i, c->sessions);

	return busy >= l->statement_sessions ? busy : (double)NAN;
}

static void say_mean(struct findings *out, const struct snapshot *s, size_t i, const struct columns *c, double limit)
{
	char name[OBJECT_MAX], mean[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
	struct str object = name_of(s, i, c, name);
	struct buf text;

	(void)verdict_age(mean, data_i64_at(s, i, c->mean, 0));
	(void)verdict_limit(policy, POLICY_DURATION, limit);
	finding_add(out, SEV_WARN, object, "a call takes %s, policy %s: %s", mean, policy, text_of(s, i, c, &text));
	buf_release(&text);
	finding_evidence(out, "query id " STR_FMT ", keeps %.2f sessions busy in the last minute; pg_stat_statements",
			 STR_ARG(object), data_f64_at(s, i, c->sessions));
	finding_next(out, "", "go to 5 Statements by mean: e shows its plan, l its lines of the log");
}

void rule_statement_mean(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *s = while_seen(f, facts_need(f, out, "statements"));
	size_t bad = 0, known = 0;
	struct columns c;

	if (!s || l->statement_mean <= 0)
		return;
	c = columns_of(s);
	for (size_t i = 0; i < s->nrows; i++) {
		known += !isnan(data_f64_at(s, i, c.sessions));
		if (isnan(busy_sessions(l, s, i, &c)) ||
		    verdict_above((double)data_i64_at(s, i, c.mean, 0), l->statement_mean, 0) <= SEV_OK)
			continue;
		if (++bad <= NAMED_MAX)
			say_mean(out, s, i, &c, l->statement_mean);
	}
	if (bad > NAMED_MAX) {
		finding_add(out, SEV_WARN, STR("others"), "%zu more statements take as long", bad - NAMED_MAX);
		finding_next(out, "", "go to 5 Statements by mean");
	}
	/* an interval needs two reads */
	if (bad > 0 || known == 0)
		return;
	finding_add(out, SEV_OK, STR(""), "no statement at work takes long, %zu counted", s->nrows);
	finding_evidence(out, "pg_stat_statements: means of the last minute");
}

static void say_growth(struct findings *out, const struct snapshot *s, size_t i, const struct columns *c)
{
	char name[OBJECT_MAX], now[VERDICT_VALUE_MAX], was[VERDICT_VALUE_MAX];
	double change = data_f64_at(s, i, c->change), mean = (double)data_i64_at(s, i, c->mean, 0);
	struct str object = name_of(s, i, c, name);
	struct buf text;

	(void)verdict_age(now, (int64_t)mean);
	(void)verdict_age(was, (int64_t)(mean / (1 + change)));
	finding_add(out, SEV_WARN, object, "a call takes %s, before %s: %s", now, was, text_of(s, i, c, &text));
	buf_release(&text);
	finding_evidence(out,
			 "query id " STR_FMT ", %.1f times the mean of all calls before, keeps %.2f sessions busy; "
			 "pg_stat_statements",
			 STR_ARG(object), 1 + change, data_f64_at(s, i, c->sessions));
	finding_next(out, "", "go to 5 Statements: e shows whether its plan is another one now");
}

void rule_statement_growth(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	/* that it cannot be read is said by rule_statement_mean() */
	const struct snapshot *s = while_seen(f, facts_get(f, "statements"));
	size_t bad = 0, known = 0;
	struct columns c;

	if (!s || l->statement_growth <= 0)
		return;
	c = columns_of(s);
	for (size_t i = 0; i < s->nrows; i++) {
		double change = data_f64_at(s, i, c.change);

		known += !isnan(change);
		if (isnan(busy_sessions(l, s, i, &c)) || verdict_above(change, l->statement_growth, 0) <= SEV_OK)
			continue;
		if (++bad <= NAMED_MAX)
			say_growth(out, s, i, &c);
	}
	if (bad > NAMED_MAX) {
		finding_add(out, SEV_WARN, STR("others"), "%zu more statements take longer than before",
			    bad - NAMED_MAX);
		finding_next(out, "", "go to 5 Statements by change");
	}
	if (bad > 0 || known == 0)
		return;
	finding_add(out, SEV_OK, STR(""), "statements at work take as long as before");
	finding_evidence(out, "pg_stat_statements: means of the last minute against those of all calls before");
}

/* ---- what the counters are worth ---- */

void rule_statement_evictions(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *s = while_seen(f, facts_get(f, "statements_info"));
	int64_t passes, since;
	char age[VERDICT_VALUE_MAX];
	double an_hour;

	if (!s || s->nrows == 0 || l->statement_evictions <= 0)
		return;
	passes = data_i64(s, 0, "dealloc_passes", -1);
	since = data_i64(s, 0, "since_reset_us", 0);
	if (passes < 0 || since <= 0) {
		finding_unknown(out, STR(""), s, "dealloc_passes");
		return;
	}
	/* the first minutes after a reset are no hour */
	an_hour = (double)passes / (since > US_PER_HOUR ? (double)since / US_PER_HOUR : 1);
	if (verdict_above(an_hour, l->statement_evictions, 0) <= SEV_OK)
		finding_add(out, SEV_OK, STR(""), "all statements keep their counters");
	else
		finding_add(out, SEV_NOTICE, STR(""),
			    "counters of statements are thrown out %.0f times an hour, policy %.0f", an_hour,
			    l->statement_evictions);
	finding_evidence(out, "pg_stat_statements_info: dealloc %lld since a reset %s ago; %lld of %lld entries",
			 (long long)passes, verdict_age(age, since), (long long)data_i64(s, 0, "entries", 0),
			 (long long)data_i64(s, 0, "max_entries", 0));
	if (verdict_above(an_hour, l->statement_evictions, 0) > SEV_OK)
		finding_next(out, "",
			     "raise pg_stat_statements.max, or see who sends so many different statements: "
			     "what is thrown out counts from 0 again");
}
