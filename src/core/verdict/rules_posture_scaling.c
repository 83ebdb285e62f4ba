/*
 * rules_posture_scaling.c: what happens when there is more to do, or one instance less?
 *
 * A failover takes the reader with the lowest tier, and among equals the largest. If that is smaller than the writer,
 * the cluster comes back slower than it was, which is noticed only then. A Serverless v2 reader of tier 0 or 1 keeps as
 * much capacity as the writer has; one of a higher tier has its own.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

static bool is_serverless(const struct snapshot *clusters, size_t row)
{
	return !isnan(data_f64(clusters, row, "max_acu"));
}

/* Readers of the open cluster. */
static size_t count_readers(const struct facts *f, const struct snapshot *instances)
{
	size_t n = 0;

	for (long i = -1; facts_next_member(f, instances, &i);)
		n += str_eq_c(data_str(instances, (size_t)i, "role"), "reader");
	return n;
}

/* ---- more readers by themselves ---- */

static void say_target(const struct facts *f, struct findings *out, const struct snapshot *s, size_t row)
{
	const struct snapshot *instances = facts_get(f, "instances");
	int64_t min = data_i64(s, row, "min_replicas", -1), max = data_i64(s, row, "max_replicas", -1);
	struct str metric = data_str(s, row, "metric"), policy = data_str(s, row, "policy");
	size_t readers = count_readers(f, instances);
	double target = data_f64(s, row, "target_value");

	if (min < 0 || max < 0) {
		finding_unknown(out, policy, s, "max_replicas");
		return;
	}
	if (data_i64(s, row, "out_suspended", 0) == 1) {
		finding_add(out, SEV_WARN, policy, "auto scaling of readers is suspended: none is added");
		finding_next(out, "", "end the suspension when what it was for is over");
	} else if (policy.len == 0 && snapshot_unavailable(s, "policy").len > 0) {
		finding_unknown(out, STR(""), s, "policy");
		return;
	} else if (policy.len == 0) {
		finding_add(out, SEV_WARN, STR(""),
			    "auto scaling of readers, %lld to %lld, has no policy and does nothing", (long long)min,
			    (long long)max);
		finding_next(out, "", "give the target a policy, such as the readers' CPU at 70 percent");
	} else if (instances && readers >= (size_t)max && max > min) {
		finding_add(out, SEV_WARN, policy, "%zu readers, as many as auto scaling may have", readers);
		finding_next(out, "", "raise the largest number, or find out what keeps the readers busy, view 4");
	} else {
		finding_add(out, SEV_OK, policy, "auto scaling of readers, %lld to %lld, %zu now", (long long)min,
			    (long long)max, readers);
	}
	if (isnan(target))
		finding_evidence(out, "DescribeScalableTargets: MinCapacity %lld, MaxCapacity %lld", (long long)min,
				 (long long)max);
	else
		finding_evidence(out,
				 "DescribeScalingPolicies: " STR_FMT " at %.4g; MinCapacity %lld, MaxCapacity %lld",
				 STR_ARG(metric), target, (long long)min, (long long)max);
}

void rule_reader_scaling(const struct facts *f, struct findings *out)
{
	const struct snapshot *clusters, *s = facts_whole(f, out, "scaling");
	long cluster = s ? facts_own_cluster(f, out, &clusters) : -1;
	char word[VERDICT_WORD_MAX];

	if (cluster < 0)
		return;
	for (size_t i = 0; i < s->nrows; i++)
		say_target(f, out, s, i);
	/* a serverless cluster grows by itself */
	if (s->nrows > 0 || is_serverless(clusters, (size_t)cluster))
		return;
	finding_add(out, SEV_NOTICE, STR(""), "readers are not added by themselves: no auto scaling is set up");
	finding_evidence(out, "DescribeScalableTargets has no target for the cluster");
	finding_next(out, "", "register the cluster as a target when its readers have peaks");
	finding_remedy(out,
		       "aws application-autoscaling register-scalable-target --service-namespace rds --resource-id "
		       "cluster:%s --scalable-dimension rds:cluster:ReadReplicaCount --min-capacity 1 --max-capacity 3",
		       verdict_word(word, f->cluster));
}

/* ---- capacity of Serverless v2 ---- */

/* At the largest capacity for as long as the policy looks back? */
static bool is_at_max(const struct facts *f, const struct snapshot *metrics, double max)
{
	const int64_t span = (int64_t)f->policy->limits.capacity_at_max;
	const struct series *s = series_find(&metrics->series, "ServerlessDatabaseCapacity", f->cluster);
	struct series_stats stats;

	if (!s || s->n == 0 || span <= 0 || s->at[0] > f->now_us - span)
		return false;
	return series_stats(s, f->now_us - span, f->now_us, &stats) && stats.min >= 0.98 * max;
}

void rule_acu_range(const struct facts *f, struct findings *out)
{
	const struct snapshot *s, *metrics = facts_get(f, "metrics");
	long row = facts_own_cluster(f, out, &s);
	double min, max, now;
	char span[VERDICT_VALUE_MAX], options[96];

	if (row < 0 || !is_serverless(s, (size_t)row))
		return;
	min = data_f64(s, (size_t)row, "min_acu");
	max = data_f64(s, (size_t)row, "max_acu");
	if (isnan(min)) {
		finding_unknown(out, STR(""), s, "min_acu");
		return;
	}
	metrics = facts_need(f, out, "metrics");
	if (!metrics)
		return;
	now = facts_metric(f, "ServerlessDatabaseCapacity", f->cluster, 15 * US_PER_MIN);
	if (is_at_max(f, metrics, max)) {
		finding_add(out, SEV_WARN, STR(""), "at the largest capacity, %.4g ACU, for %s and longer", max,
			    verdict_limit(span, POLICY_DURATION, f->policy->limits.capacity_at_max));
		finding_evidence(out, "CloudWatch ServerlessDatabaseCapacity; DescribeDBClusters: MaxCapacity %.4g",
				 max);
		finding_next(out, "", "raise the largest capacity, or find out what needs it, view 4");
		(void)snprintf(options, sizeof options,
			       "--serverless-v2-scaling-configuration MinCapacity=%.4g,MaxCapacity=%.4g", min, 2 * max);
		remedy_cluster(out, f, options);
	} else if (isnan(now)) {
		finding_unknown(out, STR(""), metrics, "value");
		finding_evidence(out, "CloudWatch ServerlessDatabaseCapacity has no newer point; %.4g to %.4g ACU", min,
				 max);
	} else {
		finding_add(out, SEV_OK, STR(""), "%.4g ACU in use of %.4g to %.4g", now, min, max);
		finding_evidence(out,
				 "CloudWatch ServerlessDatabaseCapacity; DescribeDBClusters: MinCapacity, MaxCapacity");
	}
}

/* ---- when the writer goes ---- */

struct spread {
	size_t readers, elsewhere, unknown; /* in another zone than the writer; not known where */
};

static struct spread spread_of(const struct facts *f, const struct snapshot *s, long writer)
{
	struct str zone = data_str(s, (size_t)writer, "zone");
	struct spread n = {0};

	for (long i = -1; facts_next_member(f, s, &i);) {
		struct str own = data_str(s, (size_t)i, "zone");

		if (i == writer)
			continue;
		n.readers++;
		if (own.len == 0 || zone.len == 0)
			n.unknown++;
		else
			n.elsewhere += !str_eq(own, zone);
	}
	return n;
}

void rule_readers(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	long writer = facts_writer(f, s);
	char word[VERDICT_WORD_MAX];
	struct spread n;

	if (!s || s->nrows == 0)
		return;
	if (writer < 0) {
		finding_unknown(out, STR(""), s, "role");
		return;
	}
	n = spread_of(f, s, writer);
	if (n.elsewhere == 0 && n.unknown > 0) {
		finding_unknown(out, STR(""), s, "zone");
		return;
	}
	if (n.readers == 0)
		finding_add(out, SEV_WARN, STR(""),
			    "there is no reader: a failover has to make an instance first, about 10 minutes");
	else if (n.elsewhere == 0)
		finding_add(out, SEV_WARN, STR(""), "all %zu readers are in the writer's zone, " STR_FMT, n.readers,
			    STR_ARG(data_str(s, (size_t)writer, "zone")));
	else
		finding_add(out, SEV_OK, STR(""), "%zu of %zu reader%s in another zone than the writer", n.elsewhere,
			    n.readers, n.readers == 1 ? "" : "s");
	finding_evidence(out, "DescribeDBInstances: AvailabilityZone; DescribeDBClusters: DBClusterMembers");
	if (n.elsewhere > 0)
		return;
	finding_next(out, "", "add a reader in another zone");
	finding_remedy(out,
		       "aws rds create-db-instance --db-cluster-identifier %s --db-instance-identifier NAME --engine "
		       "aurora-postgresql --db-instance-class " STR_FMT " --availability-zone ZONE",
		       verdict_word(word, f->cluster), STR_ARG(data_str(s, (size_t)writer, "class")));
}

/* The reader that a failover takes: lowest tier, then the largest. -1: none, or its tier is not known. */
static long failover_target(const struct facts *f, const struct snapshot *s, bool *ret_unknown)
{
	long best = -1;

	*ret_unknown = false;
	for (long i = -1; facts_next_member(f, s, &i);) {
		int64_t tier = data_i64(s, (size_t)i, "promotion_tier", -1), of_best;

		if (!str_eq_c(data_str(s, (size_t)i, "role"), "reader"))
			continue;
		*ret_unknown = *ret_unknown || tier < 0;
		of_best = best < 0 ? INT64_MAX : data_i64(s, (size_t)best, "promotion_tier", -1);
		if (tier < of_best || (tier == of_best && data_i64(s, (size_t)i, "memory_bytes", 0) >
								  data_i64(s, (size_t)best, "memory_bytes", 0)))
			best = i;
	}
	return best;
}

/* Smaller than the writer, as far as that is known. */
static bool is_smaller(const struct snapshot *s, size_t reader, size_t writer)
{
	int64_t own = data_i64(s, reader, "memory_bytes", 0), wanted = data_i64(s, writer, "memory_bytes", 0);

	if (str_eq(data_str(s, reader, "class"), data_str(s, writer, "class")))
		return false;
	return own == 0 || wanted == 0 || own < wanted;
}

void rule_failover_target(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	long writer = facts_writer(f, s), target;
	bool unknown, serverless, smaller;
	struct str name, class, wanted;
	long long tier;
	char word[VERDICT_WORD_MAX];

	/* no reader is another rule's matter */
	if (!s || writer < 0 || count_readers(f, s) == 0)
		return;
	target = failover_target(f, s, &unknown);
	if (unknown) {
		finding_unknown(out, STR(""), s, "promotion_tier");
		return;
	}
	name = data_str(s, (size_t)target, "identifier");
	class = data_str(s, (size_t)target, "class");
	wanted = data_str(s, (size_t)writer, "class");
	tier = (long long)data_i64(s, (size_t)target, "promotion_tier", 0);
	if (class.len == 0 || wanted.len == 0) {
		finding_unknown(out, STR(""), s, "class");
		return;
	}
	serverless = str_eq_c(class, "db.serverless");
	smaller = is_smaller(s, (size_t)target, (size_t)writer);
	if (smaller)
		finding_add(out, SEV_WARN, name, "a failover takes " STR_FMT ", " STR_FMT ", the writer is " STR_FMT,
			    STR_ARG(name), STR_ARG(class), STR_ARG(wanted));
	else if (serverless && tier > 1)
		finding_add(out, SEV_NOTICE, name,
			    "a failover takes " STR_FMT ", tier %lld: its capacity does not follow the writer's",
			    STR_ARG(name), tier);
	else
		finding_add(out, SEV_OK, name, "a failover takes " STR_FMT ", tier %lld, " STR_FMT, STR_ARG(name), tier,
			    STR_ARG(class));
	finding_evidence(out, "DescribeDBInstances: PromotionTier %lld, DBInstanceClass " STR_FMT, tier,
			 STR_ARG(class));
	if (!smaller && !(serverless && tier > 1))
		return;
	(void)verdict_word(word, name);
	if (smaller) {
		finding_next(out, "",
			     "give the lowest tier to a reader of the writer's class, or make this one as large");
		finding_remedy(out,
			       "aws rds modify-db-instance --db-instance-identifier %s --db-instance-class " STR_FMT,
			       word, STR_ARG(wanted));
	} else {
		finding_next(out, "", "give one reader tier 0 or 1");
		finding_remedy(out, "aws rds modify-db-instance --db-instance-identifier %s --promotion-tier 1", word);
	}
}

void rule_minor_upgrade(const struct facts *f, struct findings *out)
{
	static const struct member_switch minor = {
		.field = "auto_minor_upgrade",
		.api = "AutoMinorVersionUpgrade",
		.wanted = true,
		.good = "minor versions are installed by themselves",
		.bad = "minor versions are not installed by themselves",
		.next = "switch it on, or plan the upgrades: they bring the security fixes",
		.options = "--auto-minor-version-upgrade",
		.when_bad = SEV_NOTICE,
	};

	judge_members(f, out, &minor);
}
