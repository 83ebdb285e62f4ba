/*
 * rules_capacity.c: is there room for more: connections, processors, readers that keep up?
 *
 * Load is judged as the mean of the newest minute of samples, because one sample of active sessions is a
 * throw of dice. CloudWatch publishes with a delay; a point older than METRIC_AGE_US says nothing about now, and that
 * there is none is said: silence would read as ok.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"
#include "model/series.h"

#include <math.h>

#define METRIC_AGE_US (15 * US_PER_MIN)
#define LOAD_SAMPLES 60

void rule_connections(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "activity");
	int64_t total, max;
	double share;
	char shown[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
	enum severity severity;

	if (!s || s->nrows == 0)
		return;
	total = data_i64(s, 0, "total", -1);
	max = data_i64(s, 0, "max_connections", 0);
	if (total < 0 || max <= 0) {
		finding_unknown(out, STR(""), s, "max_connections");
		return;
	}
	share = (double)total / (double)max;
	severity = verdict_above(share, limits->connections, limits->connections_critical);
	finding_add(out, severity, STR(""), "%lld of %lld connections in use, %s, policy %s", (long long)total,
		    (long long)max, verdict_ratio(shown, share),
		    verdict_limit(policy, POLICY_RATIO, limits->connections));
	finding_evidence(out, "pg_stat_activity: %lld client backends; max_connections %lld", (long long)total,
			 (long long)max);
	if (severity != SEV_OK)
		finding_next(out, "", "go to 2 Activity, d groups by application: who holds them?");
}

/* Mean of the newest minute; NaN when there are no points. */
static double mean_load(const struct facts *f, const struct snapshot *load)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = load->nrows; i > 0 && n < LOAD_SAMPLES; i--) {
		double v = data_f64(load, i - 1, "total");

		if (f->now_us - data_i64(load, i - 1, "sampled_at", 0) > 2 * US_PER_MIN)
			break;
		if (isnan(v))
			continue;
		sum += v;
		n++;
	}
	return n > 0 ? sum / (double)n : (double)NAN;
}

/* Asked for, and not given: other than what does not exist here. */
static bool is_refused(const struct facts *f, const char *source)
{
	const struct snapshot *s = facts_latest(f, source);

	return s && s->state == SNAP_ERROR;
}

void rule_load(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *load = facts_need(f, out, "load"), *instances = facts_get(f, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	int64_t vcpu = writer < 0 ? 0 : data_i64(instances, (size_t)writer, "vcpu", 0);
	double mean;
	enum severity severity;

	if (load && !instances && is_refused(f, "instances")) {
		(void)facts_need(f, out, "instances");
		return;
	}
	/* without a class of instance (--db alone, serverless) there is no line to judge by */
	if (!load || vcpu <= 0)
		return;
	mean = mean_load(f, load);
	if (isnan(mean))
		return;
	severity = verdict_above(mean / (double)vcpu, limits->load, limits->load_critical);
	finding_add(out, severity, STR(""), "load %.1f over %lld vCPU%s, policy %.3g for each", mean, (long long)vcpu,
		    vcpu == 1 ? "" : "s", limits->load);
	finding_evidence(out, "pg_stat_activity: mean of active sessions in the last minute");
	if (severity != SEV_OK)
		finding_next(out, "", "go to 4 Load: the largest class of waits says what they wait for");
}

/* Newest value of a metric of an instance. A point is of a whole period, which is an hour while a week is shown. */
static double metric_now(const struct facts *f, const char *metric, struct str name)
{
	const struct snapshot *s = facts_get(f, "metrics");
	const struct series *x = s ? series_find(&s->series, metric, name) : NULL;

	return facts_metric(f, metric, name, METRIC_AGE_US + (x ? x->period_us : 0));
}

/*
 * Adds that a metric of an instance is not known, with what is wrong: CloudWatch has no newer point. Not of an instance
 * that runs no server, or only since so shortly that there can be none.
 */
static void say_gap(const struct facts *f, struct findings *out, const struct snapshot *s, size_t row,
		    const char *metric)
{
	static const char *const without[] = {"creating", "deleting", "starting", "stopped", "stopping"};
	struct str name = data_str(s, row, "identifier"), status = data_str(s, row, "status");

	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (str_eq_c(status, without[i]))
			return;
	if (f->now_us - data_i64(s, row, "created_at", 0) < METRIC_AGE_US)
		return;
	finding_add(out, SEV_UNKNOWN, name, "%s of " STR_FMT " not known: no point of %s in the last 15m",
		    strcmp(metric, "CPUUtilization") == 0 ? "CPU" : "lag", STR_ARG(name), metric);
	finding_evidence(out, "CloudWatch GetMetricData");
}

void rule_cpu(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.cpu;
	const struct snapshot *s = limit > 0 ? facts_need(f, out, "instances") : NULL;

	if (!s || !facts_need(f, out, "metrics"))
		return;
	for (long i = -1; facts_next_member(f, s, &i);) {
		struct str name = data_str(s, (size_t)i, "identifier");
		double cpu = metric_now(f, "CPUUtilization", name) / 100;
		char shown[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];

		if (isnan(cpu)) {
			say_gap(f, out, s, (size_t)i, "CPUUtilization");
			continue;
		}
		finding_add(out, verdict_above(cpu, limit, 0), name, STR_FMT " uses %s of its CPU, policy %s",
			    STR_ARG(name), verdict_ratio(shown, cpu), verdict_limit(policy, POLICY_RATIO, limit));
		finding_evidence(out, "CloudWatch CPUUtilization, Average");
		if (cpu > limit)
			finding_next(out, "", "go to 4 Load: which statements run on the processor?");
	}
}

void rule_replica_lag(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "instances");

	if (!s || !facts_need(f, out, "metrics"))
		return;
	for (long i = -1; facts_next_member(f, s, &i);) {
		struct str name = data_str(s, (size_t)i, "identifier");
		double lag = metric_now(f, "AuroraReplicaLag", name) * (double)US_PER_MS;
		char shown[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
		enum severity severity;

		if (!str_eq_c(data_str(s, (size_t)i, "role"), "reader"))
			continue;
		if (isnan(lag)) {
			say_gap(f, out, s, (size_t)i, "AuroraReplicaLag");
			continue;
		}
		severity = verdict_above(lag, limits->replica_lag, limits->replica_lag_critical);
		finding_add(out, severity, name, STR_FMT " is %s behind the writer, policy %s", STR_ARG(name),
			    verdict_age(shown, (int64_t)lag),
			    verdict_limit(policy, POLICY_DURATION, limits->replica_lag));
		finding_evidence(out, "CloudWatch AuroraReplicaLag, Maximum");
		if (severity != SEV_OK)
			finding_next(out, "", "look for long queries on the reader, and for heavy writes");
	}
}
