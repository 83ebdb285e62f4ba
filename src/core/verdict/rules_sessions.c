/*
 * rules_sessions.c: who waits, who makes others wait, and what stays open too long.
 *
 * Figures of the whole server come from `activity`; single sessions from `sessions`, which leaves
 * out the idle ones and so is all that these rules need.
 *
 * A role without pg_monitor sees what its own sessions do. Those may be too old, and that is said; but that they are
 * not proves nothing, and then it is not known.
 */
#include "verdict/rules.h"

#include <stdio.h>

/* The session that most others wait for in the end, itself waiting for none; its pid, or 0 where none is known. */
static int64_t first_root(const struct facts *f, int64_t *ret_blocks)
{
	const struct snapshot *s = facts_get(f, "sessions");
	int of_blocks = data_field(s, "blocks"), of_blocked_by = data_field(s, "blocked_by");
	int64_t pid = 0;

	*ret_blocks = 0;
	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t blocks = data_i64_at(s, i, of_blocks, 0);

		if (blocks <= *ret_blocks || data_i64_at(s, i, of_blocked_by, 0) > 0)
			continue;
		*ret_blocks = blocks;
		pid = data_i64(s, i, "pid", 0);
	}
	return pid;
}

/*
 * For how long the longest has waited. Before PostgreSQL 14 the server does not say since when, and then it is at most
 * as long as its statement runs. -1 = not known either.
 */
static int64_t longest_wait(const struct facts *f, const struct snapshot *activity, bool *ret_at_most)
{
	const struct snapshot *s = facts_get(f, "sessions");
	int of_blocked_by = data_field(s, "blocked_by"), of_query = data_field(s, "query_us");
	int64_t longest = -1;

	*ret_at_most = snapshot_unavailable(activity, "longest_wait_us").len > 0;
	if (!*ret_at_most)
		return data_i64(activity, 0, "longest_wait_us", 0);
	for (size_t i = 0; s && i < s->nrows; i++) {
		int64_t query = data_i64_at(s, i, of_query, -1);

		if (data_i64_at(s, i, of_blocked_by, -1) >= 0 && query > longest)
			longest = query;
	}
	return longest;
}

static void say_blocked(const struct facts *f, struct findings *out, enum severity severity, int64_t blocked,
			int64_t longest, bool at_most)
{
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], by[64] = "";
	int64_t blocks, pid = first_root(f, &blocks);

	if (pid > 0)
		(void)snprintf(by, sizeof by, "%s %lld", blocks >= blocked ? " by" : ", most by", (long long)pid);
	finding_add(out, severity, STR(""), "%lld blocked%s, longest %s%s, policy %s", (long long)blocked, by,
		    at_most ? "at most " : "", verdict_age(age, longest),
		    verdict_limit(policy, POLICY_DURATION, f->policy->limits.blocked_for));
	finding_next(out, "", "go to 3 Locks and K the root: its victims go on");
}

void rule_blocked(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "activity");
	int64_t blocked, longest;
	enum severity severity;
	bool at_most;

	if (!s || s->nrows == 0)
		return;
	blocked = data_i64(s, 0, "blocked", -1);
	longest = longest_wait(f, s, &at_most);
	if (blocked < 0) {
		finding_unknown(out, STR(""), s, "blocked");
		return;
	}
	if (blocked > 0 && longest < 0) {
		finding_unknown(out, STR(""), s, "longest_wait_us");
		return;
	}
	severity = verdict_above((double)longest, limits->blocked_for, limits->blocked_for_critical);
	if (blocked == 0)
		finding_add(out, SEV_OK, STR(""), "no session waits for a lock");
	else
		say_blocked(f, out, severity == SEV_OK ? SEV_NOTICE : severity, blocked, longest, at_most);
	finding_evidence(out, "pg_stat_activity: %lld with wait_event_type Lock", (long long)blocked);
}

/* True, and said: one of two fields is not to be had of all sessions. */
static bool is_hidden(struct findings *out, const struct snapshot *s, const char *one, const char *other)
{
	const char *field = snapshot_unavailable(s, one).len > 0 ? one : other;

	if (snapshot_unavailable(s, field).len == 0)
		return false;
	finding_unknown(out, STR(""), s, field);
	return true;
}

void rule_idle_in_transaction(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.idle_in_transaction;
	const struct snapshot *s = facts_need(f, out, "sessions");
	int of_state = data_field(s, "raw_state"), of_age = data_field(s, "xact_us");
	int64_t n = 0, longest = 0, pid = 0;
	struct str who = STR("");
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];

	if (!s || limit <= 0)
		return;
	for (size_t i = 0; i < s->nrows; i++) {
		int64_t open = data_i64_at(s, i, of_age, 0);

		if (open <= 0 || !str_starts(data_str_at(s, i, of_state), STR("idle in transaction")))
			continue;
		n += (double)open > limit;
		if (open > longest) {
			longest = open;
			pid = data_i64(s, i, "pid", 0);
			who = data_str(s, i, "application");
		}
	}
	(void)verdict_age(age, longest);
	(void)verdict_limit(policy, POLICY_DURATION, limit);
	if (n == 0 && is_hidden(out, s, "raw_state", "xact_us"))
		return;
	if (n == 0) {
		finding_add(out, SEV_OK, STR(""), "no transaction idle for longer than %s", policy);
		finding_evidence(out, "pg_stat_activity: longest %s", age);
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "%lld idle in transaction %s, policy %s%s", (long long)pid, age, policy,
		    n > 1 ? ", and others" : "");
	finding_evidence(out, "pg_stat_activity: %lld sessions beyond the policy; the oldest is pid %lld of " STR_FMT,
			 (long long)n, (long long)pid, STR_ARG(who.len > 0 ? who : STR("an unnamed application")));
	finding_next(out, "", "go to 2 Activity: K ends it, and what it has done is rolled back");
	finding_remedy(out, "alter role ... set idle_in_transaction_session_timeout = '%s'", policy);
}

void rule_transaction_age(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "activity");
	int64_t oldest, pid;
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
	enum severity severity;

	if (!s || s->nrows == 0)
		return;
	oldest = data_i64(s, 0, "oldest_xact_us", 0);
	pid = data_i64(s, 0, "oldest_xact_pid", 0);
	severity = verdict_above((double)oldest, limits->transaction_age, limits->transaction_age_critical);
	if (severity == SEV_OK && is_hidden(out, s, "oldest_xact_us", "oldest_xact_pid"))
		return;
	(void)verdict_age(age, oldest);
	(void)verdict_limit(policy, POLICY_DURATION, limits->transaction_age);
	finding_add(out, severity, STR(""), "oldest transaction %s, policy %s", age, policy);
	finding_evidence(out, "pg_stat_activity: xact_start of pid %lld", (long long)pid);
	if (severity != SEV_OK)
		finding_next(out, "", "go to 2 Activity and look at pid %lld", (long long)pid);
}
