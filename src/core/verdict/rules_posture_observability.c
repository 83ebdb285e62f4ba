/*
 * rules_posture_observability.c: would somebody notice, and could it be explained afterwards?
 *
 * What is not exported or measured when it happens cannot be looked at later. An alarm that watches the right metric
 * and tells nobody is as good as none. Each question to CloudWatch alarms is about those of this cluster only: which
 * they are is told by their dimensions.
 *
 * Not here: alarms that are raised now (rules_alarms.c).
 */
#include "verdict/rules_common.h"

#include "base/check.h"
#include "base/parse.h"

#include <stdio.h>

void rule_log_exports(const struct facts *f, struct findings *out)
{
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	union value exports;

	if (row < 0)
		return;
	if (!data_value(s, (size_t)row, "log_exports", &exports)) {
		finding_unknown(out, STR(""), s, "log_exports");
		return;
	}
	if (verdict_list_has(exports.str, STR("postgresql"))) {
		finding_add(out, SEV_OK, STR(""), "logs are exported to CloudWatch: " STR_FMT, STR_ARG(exports.str));
		finding_evidence(out, "DescribeDBClusters: EnabledCloudwatchLogsExports " STR_FMT,
				 STR_ARG(exports.str));
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "the server log is not exported: it is gone after three days at most");
	finding_evidence(out, "DescribeDBClusters: EnabledCloudwatchLogsExports has no postgresql");
	finding_next(out, "", "export it to CloudWatch Logs");
	remedy_cluster(out, f, "--cloudwatch-logs-export-configuration EnableLogTypes=postgresql");
}

void rule_enhanced_monitoring(const struct facts *f, struct findings *out)
{
	static const struct member_switch monitoring = {
		.field = "monitoring_us",
		.api = "MonitoringInterval",
		.wanted = true,
		.good = "Enhanced Monitoring is on",
		.bad = "Enhanced Monitoring is off",
		.next = "switch it on: processes and memory of the host are seen by nothing else",
		.options = "--monitoring-interval 60 --monitoring-role-arn ROLE",
		.when_bad = SEV_WARN,
	};

	judge_members(f, out, &monitoring);
}

/* ---- Performance Insights ---- */

/*
 * "; DatabaseInsightsMode advanced", as the cluster has it, else its instances; "" where nobody says. Advanced keeps 15
 * months and adds views of its own, so it is worth knowing which of the two is paid for.
 */
static const char *insights_mode(const struct facts *f, char out[TALLY_NAMES_MAX + 32])
{
	const struct snapshot *clusters = facts_get(f, "clusters"), *instances = facts_get(f, "instances");
	long row = clusters && f->cluster.len > 0 ? data_find(clusters, "identifier", f->cluster) : -1;
	char modes[TALLY_NAMES_MAX] = "";

	if (row >= 0)
		names_add(modes, data_str(clusters, (size_t)row, "insights"));
	for (long i = -1; !modes[0] && facts_next_member(f, instances, &i);)
		names_add(modes, data_str(instances, (size_t)i, "insights"));
	(void)snprintf(out, TALLY_NAMES_MAX + 32, "%s%s", modes[0] ? "; DatabaseInsightsMode " : "", modes);
	return out;
}

void rule_insights(const struct facts *f, struct findings *out)
{
	char mode[TALLY_NAMES_MAX + 32];
	const struct member_switch insights = {
		.field = "performance_insights",
		.api = "PerformanceInsightsEnabled",
		.wanted = true,
		.good = "Performance Insights is on",
		.bad = "Performance Insights is off",
		.next = "switch it on: the load of before this console was started is seen by nothing else",
		.options = "--enable-performance-insights --performance-insights-retention-period 7",
		.when_bad = SEV_WARN,
		.more = insights_mode(f, mode),
	};

	judge_members(f, out, &insights);
}

void rule_insights_retention(const struct facts *f, struct findings *out)
{
	const int64_t wanted = (int64_t)(f->policy->limits.insights_retention / (double)US_PER_DAY + 0.999);
	const struct snapshot *s = facts_whole(f, out, "instances");
	char mode[TALLY_NAMES_MAX + 32];
	int64_t least = INT64_MAX;
	struct tally t = {0};

	for (long i = -1; wanted > 0 && facts_next_member(f, s, &i);) {
		struct str name = data_str(s, (size_t)i, "identifier");
		int64_t days = data_i64(s, (size_t)i, "insights_retention_days", -1);
		char word[VERDICT_WORD_MAX];

		if (data_i64(s, (size_t)i, "performance_insights", 0) != 1)
			continue;
		least = days >= 0 && days < least ? days : least;
		if (days < 0) {
			t.unknown++;
		} else if (days >= wanted) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_WARN, name,
				    STR_FMT " keeps Performance Insights for %lld d, policy %lld d", STR_ARG(name),
				    (long long)days, (long long)wanted);
			finding_evidence(out, "DescribeDBInstances: PerformanceInsightsRetentionPeriod %lld%s",
					 (long long)days, insights_mode(f, mode));
			finding_next(out, "", "keep it for longer: 7 d are free, beyond them it costs by vCPU");
			finding_remedy(out,
				       "aws rds modify-db-instance --db-instance-identifier %s "
				       "--performance-insights-retention-period DAYS --apply-immediately",
				       verdict_word(word, name));
		}
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "insights_retention_days")) {
		finding_add(out, SEV_OK, STR(""), "Performance Insights is kept for %lld d, policy %lld d",
			    (long long)least, (long long)wanted);
		finding_evidence(out, "DescribeDBInstances: PerformanceInsightsRetentionPeriod of %s%s", t.names,
				 insights_mode(f, mode));
	}
}

/* ---- statements ---- */

/* Newest outcome of a source that is not here at all, whose reason is the finding; NULL: it is here, or may come. */
static const struct snapshot *refusal_of(const struct facts *f, const char *source)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->sources[i].name, source) == 0 && f->sources[i].latest &&
		    f->sources[i].latest->state == SNAP_UNAVAILABLE)
			return f->sources[i].latest;
	return NULL;
}

/* What the parameter group says, for as long as nobody has asked the server: a listing of all statements costs it. */
static void judge_preload(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "parameters");
	long row = s ? data_find(s, "name", STR("shared_preload_libraries")) : -1;
	struct str libraries = row < 0 ? STR("") : data_str(s, (size_t)row, "value");

	if (!s)
		return;
	if (libraries.len == 0) {
		finding_unknown(out, STR(""), s, "value");
	} else if (verdict_list_has(libraries, STR("pg_stat_statements"))) {
		finding_add(out, SEV_OK, STR(""), "pg_stat_statements is loaded");
	} else {
		finding_add(out, SEV_WARN, STR(""), "pg_stat_statements is not loaded: no statement is counted");
		finding_next(out, "",
			     "add it to shared_preload_libraries in the parameter group, and reboot the instances");
	}
	finding_evidence(out, "DescribeDBClusterParameters: shared_preload_libraries " STR_FMT, STR_ARG(libraries));
}

void rule_statement_statistics(const struct facts *f, struct findings *out)
{
	const struct snapshot *refusal = refusal_of(f, "statements_info"), *s = facts_get(f, "statements_info");
	struct str problem, version;
	int64_t entries, max;

	if (refusal) {
		finding_add(out, SEV_WARN, STR(""), "%s", refusal->err.text);
		finding_evidence(out, "pg_extension, shared_preload_libraries");
		finding_next(out, "", "%s", refusal->err.remedy[0] ? refusal->err.remedy : "see 5 Statements");
		return;
	}
	if (!s || s->nrows == 0) {
		judge_preload(f, out);
		return;
	}
	problem = data_str(s, 0, "problem");
	version = data_str(s, 0, "extension_version");
	entries = data_i64(s, 0, "entries", -1);
	max = data_i64(s, 0, "max_entries", 0);
	if (problem.len > 0)
		/* what is hidden from us is counted all the same */
		finding_add(out, data_i64(s, 0, "hidden", 0) > 0 ? SEV_NOTICE : SEV_WARN, STR(""), STR_FMT,
			    STR_ARG(problem));
	else if (entries < 0)
		finding_add(out, SEV_OK, STR(""), "statements are counted, pg_stat_statements " STR_FMT,
			    STR_ARG(version));
	else
		finding_add(out, SEV_OK, STR(""),
			    "statements are counted, pg_stat_statements " STR_FMT ", %lld of %lld", STR_ARG(version),
			    (long long)entries, (long long)max);
	finding_evidence(out, "pg_stat_statements: version " STR_FMT ", track " STR_FMT, STR_ARG(version),
			 STR_ARG(data_str(s, 0, "track")));
	if (problem.len > 0)
		finding_next(out, "", "see 5 Statements");
}

void rule_slow_log(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "parameters");
	long row = s ? data_find(s, "name", STR("log_min_duration_statement")) : -1;
	struct str value = row < 0 ? STR("") : data_str(s, (size_t)row, "value");
	int64_t ms = -1;

	if (!s)
		return;
	/* absent is the engine's default, which is off */
	if (row < 0 || (value.len > 0 && !parse_i64(value, &ms))) {
		finding_unknown(out, STR(""), s, "value");
		return;
	}
	if (ms > 0)
		finding_add(out, SEV_OK, STR(""), "statements of %lld ms and more are logged", (long long)ms);
	else if (ms == 0)
		finding_add(out, SEV_NOTICE, STR(""),
			    "every statement is logged: that costs, and the log has all values");
	else
		finding_add(out, SEV_NOTICE, STR(""), "the slow-query log is off");
	finding_evidence(out, "DescribeDBClusterParameters: log_min_duration_statement %s" STR_FMT,
			 value.len > 0 ? "" : "is the default, -1", STR_ARG(value));
	if (ms <= 0)
		finding_next(out, "slow log", ms < 0 ? "log slow statements, for a time" : "set a threshold");
}
