/*
 * rules_alarms.c: CloudWatch alarms of the cluster: which are raised, which cannot tell, and what nothing watches.
 *
 * An alarm has no severity of its own, so one that is raised is a warning. One without enough data has lost its metric
 * or is new; after some time (the policy says) it is not new. Watched is a metric when an alarm is about it, or about
 * an expression it is part of.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"

#include <stdio.h>

void rule_alarms(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "alarms");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "name"), state = data_str(s, i, "state");
		int64_t since = data_i64(s, i, "since_at", 0);
		char age[VERDICT_VALUE_MAX];

		if (state.len == 0) {
			t.unknown++;
		} else if (!str_eq_c(state, "ALARM")) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_WARN, name, "alarm " STR_FMT " is raised%s%s: " STR_FMT, STR_ARG(name),
				    since > 0 ? ", for " : "",
				    since > 0 ? verdict_age(age, f->now_us > since ? f->now_us - since : 0) : "",
				    STR_ARG(data_str(s, i, "condition")));
			finding_evidence(out, "DescribeAlarms: " STR_FMT, STR_ARG(data_str(s, i, "reason")));
			finding_next(out, "", "look at " STR_FMT " of " STR_FMT ", views 4 and 6",
				     STR_ARG(data_str(s, i, "metric")), STR_ARG(data_str(s, i, "object")));
		}
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "state")) {
		finding_add(out, SEV_OK, STR(""), "none of %zu alarm%s is raised", t.good, t.good == 1 ? "" : "s");
		finding_evidence(out, "DescribeAlarms: StateValue");
	}
}

void rule_alarm_data(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "alarms");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "name"), state = data_str(s, i, "state");
		int64_t since = data_i64(s, i, "since_at", f->now_us);
		bool old = verdict_above((double)(f->now_us - since), f->policy->limits.alarm_without_data, 0) > SEV_OK;
		char age[VERDICT_VALUE_MAX];

		if (state.len == 0) {
			t.unknown++;
		} else if (!str_eq_c(state, "INSUFFICIENT_DATA")) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, old ? SEV_WARN : SEV_NOTICE, name,
				    "alarm " STR_FMT " has too little data, for %s", STR_ARG(name),
				    verdict_age(age, f->now_us > since ? f->now_us - since : 0));
			finding_evidence(out, "DescribeAlarms: StateValue INSUFFICIENT_DATA, " STR_FMT,
					 STR_ARG(data_str(s, i, "reason")));
			finding_next(out, "",
				     "does " STR_FMT " still publish " STR_FMT
				     "? Correct the alarm's dimensions, or delete it",
				     STR_ARG(data_str(s, i, "object")), STR_ARG(data_str(s, i, "metric")));
		}
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "state"))
		finding_add(out, SEV_OK, STR(""), "%zu alarm%s enough data", t.good, t.good == 1 ? " has" : "s have");
}

/* ---- what is watched ---- */

struct watched {
	const char *what, *metrics; /* any of these, blanks between them */
	const char *example;        /* of the command to copy */
	bool readers;               /* only where there are readers */
};

static const struct watched watched[] = {
	{"CPU or load", "CPUUtilization DBLoad DBLoadCPU DBLoadRelativeToNumVCPUs ACUUtilization", "CPUUtilization",
	 false},
	{"local storage or memory", "FreeLocalStorage FreeableMemory", "FreeLocalStorage", false},
	{"replica lag", "AuroraReplicaLag AuroraReplicaLagMaximum", "AuroraReplicaLag", true},
	{"connections", "DatabaseConnections", "DatabaseConnections", false},
};

static bool is_about(const struct snapshot *s, size_t row, const struct watched *w)
{
	struct str rest = str_c(w->metrics), metric;

	while (rest.len > 0 && str_split(&rest, ' ', &metric))
		if (str_eq(data_str(s, row, "metric"), metric) || verdict_list_has(data_str(s, row, "parts"), metric))
			return true;
	return false;
}

static bool has_readers(const struct facts *f)
{
	const struct snapshot *s = facts_get(f, "instances");

	for (long i = -1; facts_next_member(f, s, &i);)
		if (str_eq_c(data_str(s, (size_t)i, "role"), "reader"))
			return true;
	return false;
}

static bool is_watched(const struct snapshot *s, const struct watched *w)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (is_about(s, i, w))
			return true;
	return false;
}

void rule_alarm_coverage(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "alarms");
	const char *example = NULL;
	char missing[TALLY_NAMES_MAX] = "";
	size_t n = 0;

	for (size_t k = 0; s && k < ARRAY_LEN(watched); k++) {
		size_t used = strlen(missing);

		if ((watched[k].readers && !has_readers(f)) || is_watched(s, &watched[k]))
			continue;
		(void)snprintf(missing + used, sizeof missing - used, "%s%s", used > 0 ? ", " : "", watched[k].what);
		example = example ? example : watched[k].example;
		n++;
	}
	if (!s)
		return;
	if (n == 0) {
		finding_add(out, SEV_OK, STR(""), "%zu alarms watch load, storage or memory, lag and connections",
			    s->nrows);
		finding_evidence(out, "DescribeAlarms: MetricName");
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "no alarm on %s", missing);
	finding_evidence(out, "DescribeAlarms: %zu alarms are about the cluster or its instances", s->nrows);
	finding_next(out, "", "make alarms on them that tell somebody");
	finding_remedy(
		out,
		"aws cloudwatch put-metric-alarm --alarm-name NAME --namespace AWS/RDS --metric-name %s --dimensions "
		"Name=DBInstanceIdentifier,Value=INSTANCE --statistic Average --period 60 --evaluation-periods 5 "
		"--threshold VALUE --comparison-operator %s --alarm-actions TOPIC",
		example, strncmp(example, "Free", 4) == 0 ? "LessThanThreshold" : "GreaterThanThreshold");
}

void rule_alarm_actions(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "alarms");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "name"), actions = data_str(s, i, "actions");
		int64_t enabled = data_i64(s, i, "actions_enabled", -1);

		if (enabled < 0) {
			t.unknown++;
		} else if (enabled && actions.len > 0) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_NOTICE, name, "alarm " STR_FMT " tells nobody", STR_ARG(name));
			finding_evidence(out, "DescribeAlarms: ActionsEnabled %s, AlarmActions " STR_FMT,
					 enabled ? "true" : "false",
					 STR_ARG(actions.len > 0 ? actions : STR("is empty")));
			finding_next(out, "", "give it an SNS topic that reaches somebody");
		}
	}
	if (s && tally_end(&t, out, SEV_NOTICE, s, "actions_enabled"))
		finding_add(out, SEV_OK, STR(""), "%zu alarm%s somebody", t.good, t.good == 1 ? " tells" : "s tell");
}
