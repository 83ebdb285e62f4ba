/*
 * src_scaling.c: automatic scaling of the cluster's replicas, by Application Auto Scaling DescribeScalableTargets and
 * DescribeScalingPolicies.
 *
 * A cluster is registered as a target at most once; each of its policies is a row with the target's limits, a target
 * without a policy is a row as well, and a cluster that is not registered has none. Without the right to see policies
 * the target's row stays.
 *
 * Not here: the capacity of Serverless v2, which belongs to the cluster (src_clusters.c).
 */
#include "aws/input.h"
#include "aws/json.h"
#include "aws/sources.h"

#include <jansson.h>

#define DIMENSION "rds:cluster:ReadReplicaCount"
#define CONFIG "TargetTrackingScalingPolicyConfiguration/"

struct scaling {
	uint64_t present;
	struct str resource;
	int64_t min_replicas, max_replicas;
	struct str policy, policy_type, metric;
	double target_value;
	int64_t out_cooldown_us, in_cooldown_us, in_disabled, out_suspended, in_suspended;
	int64_t created_at;
};

#define F(m, k, ...) FIELD(struct scaling, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(resource, K_ID, .wire = "ResourceId", .title = "RESOURCE", .width = 24, .flags = F_KEY, .help = "What is scaled: cluster:NAME."),
	F(min_replicas, K_COUNT, .wire = "MinCapacity", .title = "MIN", .width = 3, .help = "Fewest replicas."),
	F(max_replicas, K_COUNT, .wire = "MaxCapacity", .title = "MAX", .width = 3, .help = "Most replicas."),
	F(policy, K_ID, .wire = "PolicyName", .title = "POLICY", .width = 24, .flags = F_KEY, .help = "Name of the policy; absent when the target has none."),
	F(policy_type, K_ENUM, .wire = "PolicyType", .title = "TYPE", .width = 20, .help = "TargetTrackingScaling, StepScaling or PredictiveScaling."),
	F(metric, K_ENUM, .wire = CONFIG "PredefinedMetricSpecification/PredefinedMetricType", .title = "METRIC", .width = 30, .help = "What is kept at the target: RDSReaderAverageCPUUtilization or RDSReaderAverageDatabaseConnections; absent for a metric of one's own."),
	F(target_value, K_REAL, .wire = CONFIG "TargetValue", .title = "TARGET", .width = 6, .help = "Value that the metric is kept at."),
	F(out_cooldown_us, K_DURATION_US, .wire = CONFIG "ScaleOutCooldown", .title = "OUT AFTER", .width = 6, .help = "Pause after replicas were added."),
	F(in_cooldown_us, K_DURATION_US, .wire = CONFIG "ScaleInCooldown", .title = "IN AFTER", .width = 6, .help = "Pause after replicas were removed."),
	F(in_disabled, K_BOOL, .wire = CONFIG "DisableScaleIn", .title = "NEVER IN", .width = 5, .help = "Replicas are only added."),
	F(out_suspended, K_BOOL, .wire = "SuspendedState/DynamicScalingOutSuspended", .title = "OUT OFF", .width = 5, .help = "Adding replicas is suspended."),
	F(in_suspended, K_BOOL, .wire = "SuspendedState/DynamicScalingInSuspended", .title = "IN OFF", .width = 5, .help = "Removing replicas is suspended."),
	F(created_at, K_TIME_US, .wire = "CreationTime", .title = "CREATED", .width = 12, .help = "When the target was registered."),
};
/* A policy has a resource and a time of its own; the target's are meant. */
static const struct field policy_fields[] = {
	F(policy, K_ID, .wire = "PolicyName"),
	F(policy_type, K_ENUM, .wire = "PolicyType"),
	F(metric, K_ENUM, .wire = CONFIG "PredefinedMetricSpecification/PredefinedMetricType"),
	F(target_value, K_REAL, .wire = CONFIG "TargetValue"),
	F(out_cooldown_us, K_DURATION_US, .wire = CONFIG "ScaleOutCooldown"),
	F(in_cooldown_us, K_DURATION_US, .wire = CONFIG "ScaleInCooldown"),
	F(in_disabled, K_BOOL, .wire = CONFIG "DisableScaleIn"),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct scaling, "scaling", fields);
static const struct rec_type policy_type = REC_TYPE(struct scaling, "scaling_policies", policy_fields);

#define OF_POLICY "policy policy_type metric target_value out_cooldown_us in_cooldown_us in_disabled"

struct question {
	char resource[280];
	struct snapshot *targets, *policies;
};

static bool put_scope(struct json_t *body, struct err *err)
{
	return aws_json_put(body, "ServiceNamespace", STR("rds"), err) &&
	       aws_json_put(body, "ScalableDimension", STR(DIMENSION), err);
}

static bool target_parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;
	json_t *ids = json_array();

	CHECK(ids && json_array_append_new(ids, json_string(q->resource)) == 0 &&
	      json_object_set_new(body, "ResourceIds", ids) == 0);
	return put_scope(body, err);
}

static bool policy_parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;

	return put_scope(body, err) && aws_json_put(body, "ResourceId", str_c(q->resource), err);
}

static bool take_target(void *row, struct snapshot *out, void *ctx)
{
	const struct scaling *s = row;
	const struct question *q = ctx;

	(void)out;
	return str_eq_c(s->resource, q->resource);
}

static bool target_page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;

	(void)ret_enough;
	return aws_json_rows(answer, "ScalableTargets", q->targets, take_target, q, err);
}

static bool policy_page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;

	(void)ret_enough;
	return aws_json_rows(answer, "ScalingPolicies", q->policies, NULL, NULL, err);
}

static bool ask(struct fetch *f, struct question *q, const char *operation,
		bool (*parameters)(struct json_t *, void *, struct err *),
		bool (*page)(struct json_t *, void *, bool *, struct err *), struct err *err)
{
	struct aws_pages pages = {.service = AWS_AUTO_SCALING,
				  .operation = operation,
				  .token = "NextToken",
				  .next = "NextToken",
				  .parameters = parameters,
				  .page = page,
				  .ctx = q};

	return aws_pages_fetch(f, &pages, err);
}

/* Puts what a policy says into a row; texts are copied. */
static void copy_policy(struct snapshot *out, struct scaling *row, const struct scaling *policy)
{
	for (size_t i = 0; i < ARRAY_LEN(policy_fields); i++) {
		const struct field *field = &policy_fields[i];
		union value v;

		if (!rec_get(field, policy, &v))
			continue;
		if (kind_ops[field->kind].storage == CT_STR)
			v.str = arena_str(out->arena, v.str);
		rec_set(field, row, v);
	}
	if (HAS(row, struct scaling, out_cooldown_us))
		row->out_cooldown_us = aws_scale(row->out_cooldown_us, US_PER_S);
	if (HAS(row, struct scaling, in_cooldown_us))
		row->in_cooldown_us = aws_scale(row->in_cooldown_us, US_PER_S);
}

/* The target's row becomes one row for each policy. */
static void join(struct question *q)
{
	struct scaling target;

	if (q->targets->nrows == 0)
		return;
	target = *(const struct scaling *)snapshot_row(q->targets, 0);
	for (size_t i = 0; i < q->policies->nrows; i++) {
		struct scaling *row = i == 0 ? (struct scaling *)q->targets->rows : snapshot_add_row(q->targets);

		if (!row)
			return;
		*row = target;
		copy_policy(q->targets, row, snapshot_row(q->policies, i));
	}
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct question q = {.targets = snapshot_new(&type, "scaling"),
			     .policies = snapshot_new(&policy_type, "scaling")};
	bool ok;

	snprintf(q.resource, sizeof(q.resource), "cluster:%s", f->target->cluster);
	ok = ask(f, &q, "DescribeScalableTargets", target_parameters, target_page, err);
	if (ok && q.targets->nrows > 0 && !ask(f, &q, "DescribeScalingPolicies", policy_parameters, policy_page, err))
		ok = aws_part_missing(q.targets, OF_POLICY, "application-autoscaling:DescribeScalingPolicies", err);
	aws_client_rest(f);
	if (ok) {
		join(&q);
		fetch_publish(f, q.targets);
	} else {
		snapshot_unref(q.targets);
	}
	snapshot_unref(q.policies);
	return ok;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	return target_has_cluster(t, why) ? READY : READY_UNAVAILABLE;
}

const struct source source_scaling = {
	.name = "scaling",
	.title = "replica scaling",
	.help = "Automatic scaling of the replicas: limits, and what each policy keeps at which value.",
	.type = &type,
	.lane = LANE_POSTURE,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.origin = "Application Auto Scaling DescribeScalableTargets, DescribeScalingPolicies",
	.ready = ready,
	.fetch = fetch,
};
