/*
 * rules_sessions.c: who waits, who makes others wait, and what stays open too long.
 *
 * Figures of the whole server come from `activity`; single sessions from `sessions`, which leaves
 * out the idle ones and so is all that these rules need.
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

static void say_blocked(const struct facts *f, struct findings *out, enum severity severity, int64_t blocked,
			int64_t longest)
{
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], by[64] = "";
	int64_t blocks, pid = first_root(f, &blocks);

	if (pid > 0)
		(void)snprintf(by, sizeof by, "%s %lld", blocks >= blocked ? " by" : ", most by", (long long)pid);
	finding_add(out, severity, STR(""), "%lld blocked%s, longest %s, policy %s", (long long)blocked, by,
		    verdict_age(age, longest), verdict_limit(policy, POLICY_DURATION, f->policy->limits.blocked_for));
	finding_next(out, "", "go to 3 Locks and K the root: its victims go on");
}

void rule_blocked(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "activity");
	int64_t blocked, longest;
	enum severity severity;

	if (!s || s->nrows == 0)
		return;
	blocked = data_i64(s, 0, "blocked", -1);
	longest = data_i64(s, 0, "longest_wait_us", 0);
	if (blocked < 0) {
		finding_unknown(out, STR(""), s, "blocked");
		return;
	}
	severity = verdict_above((double)longest, limits->blocked_for, limits->blocked_for_critical);
	if (blocked == 0)
		finding_add(out, SEV_OK, STR(""), "no session waits for a lock");
	else
		say_blocked(f, out, severity == SEV_OK ? SEV_NOTICE : severity, blocked, longest);
	finding_evidence(out, "pg_stat_activity: %lld with wait_event_type Lock", (long long)blocked);
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
	(void)verdict_age(age, oldest);
	(void)verdict_limit(policy, POLICY_DURATION, limits->transaction_age);
	finding_add(out, severity, STR(""), "oldest transaction %s, policy %s", age, policy);
	finding_evidence(out, "pg_stat_activity: xact_start of pid %lld", (long long)pid);
	if (severity != SEV_OK)
		finding_next(out, "", "go to 2 Activity and look at pid %lld", (long long)pid);
}
