/*
 * src_alarms.c: CloudWatch alarms about the open cluster, by DescribeAlarms.
 *
 * The call has no filter for dimensions, so all metric alarms of the region are listed, and kept are those over a
 * metric of RDS whose dimensions name the cluster or one of its instances; of an alarm over a metric expression that is
 * any metric the expression is made of. What an alarm waits for is put into one sentence, as people say it.
 *
 * Not here: composite alarms, which name other alarms and no dimension; the history of an alarm.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"

#define SPACE "AWS/RDS"

struct alarm {
	uint64_t present;
	struct str name, state;
	int64_t since_at;
	struct str object, metric, condition, reason;
	int64_t actions_enabled;
	struct str actions, description, statistic, percentile;
	double threshold;
	struct str comparison;
	int64_t period_us, periods, datapoints;
	struct str missing_data;
	int64_t updated_at;
	struct str space, dimensions, parts, part_spaces, part_dimensions, arn;
};

#define F(m, k, ...) FIELD(struct alarm, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(name, K_ID, .wire = "AlarmName", .title = "ALARM", .width = 24, .flags = F_KEY, .help = "Name of the alarm."),
	F(state, K_ENUM, .wire = "StateValue", .title = "STATE", .width = 9, .help = "OK, ALARM, or INSUFFICIENT_DATA when CloudWatch has too few points to tell."),
	F(since_at, K_TIME_US, .wire = "StateTransitionedTimestamp", .title = "SINCE", .width = 9, .flags = F_DESC, .help = "When it came into this state; where AWS does not say, when the state was last updated."),
	F(object, K_ID, .title = "OBJECT", .width = 16, .flags = F_COMPUTED, .help = "Cluster or instance that its dimensions name."),
	F(metric, K_ID, .wire = "MetricName", .title = "METRIC", .width = 20, .help = "Metric it watches; absent for an expression over several."),
	F(condition, K_TEXT, .title = "CONDITION", .width = 30, .flags = F_COMPUTED, .help = "What raises it, in words: statistic, threshold, number of periods."),
	F(reason, K_TEXT, .wire = "StateReason", .title = "REASON", .width = 40, .help = "Why it is in this state, as CloudWatch says it."),
	F(actions_enabled, K_BOOL, .wire = "ActionsEnabled", .title = "ACTIONS", .width = 5, .help = "Its actions are carried out when the state changes."),
	F(actions, K_TEXT, .wire = "AlarmActions/*", .title = "NOTIFIES", .width = 30, .flags = F_LIST, .help = "What is notified or done when it is raised; an empty list tells nobody."),
	F(description, K_TEXT, .wire = "AlarmDescription", .title = "DESCRIPTION", .width = 30, .help = "What its author says of it."),
	F(statistic, K_ENUM, .wire = "Statistic", .title = "STATISTIC", .width = 9, .help = "Average, Maximum, Minimum, Sum or SampleCount; absent for percentiles and expressions."),
	F(percentile, K_ENUM, .wire = "ExtendedStatistic", .title = "PERCENTILE", .width = 6, .help = "Percentile it looks at, such as p99."),
	F(threshold, K_REAL, .wire = "Threshold", .title = "THRESHOLD", .width = 9, .help = "Value that the metric is compared with, in its own unit."),
	F(comparison, K_ENUM, .wire = "ComparisonOperator", .title = "COMPARISON", .width = 20, .help = "How it is compared, in CloudWatch's word."),
	F(period_us, K_DURATION_US, .wire = "Period", .title = "PERIOD", .width = 6, .help = "Length of one period."),
	F(periods, K_COUNT, .wire = "EvaluationPeriods", .title = "PERIODS", .width = 4, .help = "Periods that are looked at."),
	F(datapoints, K_COUNT, .wire = "DatapointsToAlarm", .title = "POINTS", .width = 4, .help = "How many of these must breach the threshold; absent is all."),
	F(missing_data, K_ENUM, .wire = "TreatMissingData", .title = "MISSING DATA", .width = 9, .help = "What missing points count as: breaching, notBreaching, ignore or missing."),
	F(updated_at, K_TIME_US, .wire = "StateUpdatedTimestamp", .title = "UPDATED", .width = 9, .help = "When the state was last updated."),
	F(space, K_ID, .wire = "Namespace", .title = "NAMESPACE", .width = 9, .flags = F_HIDDEN, .help = "Namespace of the metric."),
	F(dimensions, K_TEXT, .wire = "Dimensions/*/Value", .title = "DIMENSIONS", .width = 20, .flags = F_LIST | F_HIDDEN, .help = "Values of the metric's dimensions."),
	F(parts, K_TEXT, .wire = "Metrics/*/MetricStat/Metric/MetricName", .title = "PARTS", .width = 20, .flags = F_LIST, .help = "Metrics that its expression is made of."),
	F(part_spaces, K_TEXT, .wire = "Metrics/*/MetricStat/Metric/Namespace", .title = "PART NAMESPACES", .width = 9, .flags = F_LIST | F_HIDDEN, .help = "Namespaces of these."),
	F(part_dimensions, K_TEXT, .wire = "Metrics/*/MetricStat/Metric/Dimensions/*/Value", .title = "PART DIMENSIONS", .width = 20, .flags = F_LIST | F_HIDDEN, .help = "Values of their dimensions."),
	F(arn, K_ID, .wire = "AlarmArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the alarm."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct alarm, "alarms", fields);

/* What an alarm must name to be kept. */
struct ours {
	struct str cluster, members;
};

/* The instance, else the cluster, that one of the values is; "" = none of them is ours. */
static struct str named_in(const struct ours *o, struct str values)
{
	struct str rest = values, value;
	bool cluster = false;

	while (rest.len > 0 && str_split(&rest, ',', &value)) {
		if (value.len > 0 && aws_list_has(o->members, value))
			return value;
		cluster = cluster || str_eq(value, o->cluster);
	}
	return cluster ? o->cluster : STR("");
}

static struct str object_of(const struct ours *o, const struct alarm *a)
{
	if (str_eq_c(a->space, SPACE))
		return named_in(o, a->dimensions);
	return aws_list_has(a->part_spaces, STR(SPACE)) ? named_in(o, a->part_dimensions) : STR("");
}

/* As people write it; a word of a later CloudWatch stays as it is. */
static const char *sign_of(struct str comparison)
{
	static const struct {
		const char *word, *sign;
	} signs[] = {
		{"GreaterThanThreshold", ">"},
		{"GreaterThanOrEqualToThreshold", ">="},
		{"LessThanThreshold", "<"},
		{"LessThanOrEqualToThreshold", "<="},
		{"LessThanLowerOrGreaterThanUpperThreshold", "outside"},
		{"GreaterThanUpperThreshold", "above"},
		{"LessThanLowerThreshold", "below"},
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (str_eq_c(comparison, signs[i].word))
			return signs[i].sign;
	return NULL;
}

static void add_span(struct buf *b, const struct alarm *a)
{
	int64_t points = HAS(a, struct alarm, datapoints) ? a->datapoints : a->periods;

	if (!HAS(a, struct alarm, periods))
		return;
	if (points == a->periods)
		buf_addf(b, " for %lld period%s", (long long)points, points == 1 ? "" : "s");
	else
		buf_addf(b, " for %lld of %lld periods", (long long)points, (long long)a->periods);
	if (HAS(a, struct alarm, period_us)) {
		buf_add_c(b, " of ");
		format_duration(b, a->period_us);
	}
}

/* "CPUUtilization Average > 85 for 3 periods of 60s" */
static struct str words_of(const struct alarm *a, struct arena *arena)
{
	struct str statistic = a->percentile.len > 0 ? a->percentile : a->statistic, words;
	const char *sign = sign_of(a->comparison);
	struct buf b;

	buf_init(&b, 2048);
	buf_add_str(&b, a->metric.len > 0 ? a->metric : STR("expression"));
	if (statistic.len > 0)
		buf_addf(&b, " " STR_FMT, STR_ARG(statistic));
	if (sign)
		buf_addf(&b, " %s", sign);
	else
		buf_addf(&b, " " STR_FMT, STR_ARG(a->comparison));
	if (HAS(a, struct alarm, threshold))
		buf_addf(&b, " %.12g", a->threshold);
	else
		buf_add_c(&b, " its band");
	add_span(&b, a);
	words = arena_str(arena, buf_str(&b));
	buf_release(&b);
	return words;
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	struct alarm *a = row;
	struct str object = object_of(ctx, a);

	if (object.len == 0)
		return false;
	SET(a, struct alarm, object, arena_str(out->arena, object));
	if (HAS(a, struct alarm, period_us))
		a->period_us = aws_scale(a->period_us, US_PER_S);
	if (!HAS(a, struct alarm, since_at) && HAS(a, struct alarm, updated_at))
		SET(a, struct alarm, since_at, a->updated_at);
	SET(a, struct alarm, condition, words_of(a, out->arena));
	return true;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct ours ours = {.cluster = str_c(f->target->cluster),
			    .members = aws_input_text(f->inputs[0], 0, "members")};
	struct aws_list list = {
		.service = AWS_CLOUDWATCH,
		.operation = "DescribeAlarms",
		.items = "DescribeAlarmsResult/MetricAlarms/*",
		.next = "DescribeAlarmsResult/NextToken",
		.marker = "NextToken",
		.page_size = 100,
		.page_size_name = "MaxRecords",
		.finish = finish,
		.ctx = &ours,
	};
	struct snapshot *s = snapshot_new(&type, "alarms");

	if (!aws_list_fetch(f, &list, s, err)) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_alarms = {
	.name = "alarms",
	.title = "alarms",
	.help = "CloudWatch alarms about the cluster and its instances: state, since when, what raises them.",
	.type = &type,
	.lane = LANE_CLOUDWATCH,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters",
	.origin = "CloudWatch DescribeAlarms",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
