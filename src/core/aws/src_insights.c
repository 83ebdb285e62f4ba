/*
 * src_insights.c: the load of the writer by wait class from Performance Insights (GetResourceMetrics).
 *
 * It fills what lies before our own first sample, so it is asked once a minute while the view is open, for the
 * range the view shows, in periods that keep the answer small. One question: db.load.avg grouped by
 * db.wait_event_type. Types that share a class are added up.
 *
 * A point's time stamp is the end of its period (the service's default, PeriodAlignment END_TIME); ours is the
 * begin. Where the total has a point and a class has none, nobody was in that class: zero. Where the total has
 * none, nothing is known: a gap.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/insights.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <math.h>

#define POINTS_MAX 2000
#define RANGE_DEFAULT_US US_PER_HOUR

struct insight {
	uint64_t present;
	struct str instance, wait_class;
	int64_t at;
	double load;
};

#define F(m, k, ...) FIELD(struct insight, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(instance, K_ID, .title = "INSTANCE", .width = 16, .flags = F_KEY | F_COMPUTED, .help = "Instance the load is of: the writer."),
	F(wait_class, K_ENUM, .title = "CLASS", .width = 8, .flags = F_KEY | F_COMPUTED, .help = "Wait class: cpu io client ipc lwlock timeout other lock."),
	F(at, K_TIME_US, .wire = "MetricList/DataPoints/Timestamp", .title = "AT", .width = 12, .help = "Begin of the period of the newest point."),
	F(load, K_REAL, .wire = "MetricList/DataPoints/Value", .title = "AAS", .width = 6, .flags = F_DESC, .help = "Average active sessions of the class in that period."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct insight, "insights", fields);

struct answer {
	const struct fetch *f;
	struct insights_span span;
	size_t n;                    /* periods */
	bool *known;                 /* the total has a point */
	double (*load)[WAIT__COUNT]; /* by period; NaN = no point */
};

static bool parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct answer *a = ctx;
	json_t *query =
		json_pack("{s:s, s:o}", "Metric", "db.load.avg", "GroupBy", insights_group("db.wait_event_type", 10));

	CHECK(query && json_object_set_new(body, "MetricQueries", json_pack("[o]", query)) == 0);
	aws_json_put_i64(body, "MaxResults", INSIGHTS_KEYS_MAX);
	return insights_put_common(body, a->f, &a->span, err);
}

/* Number of the period that ends at this time stamp, or -1. */
static long period_at(const struct answer *a, double timestamp)
{
	double i = (timestamp - (double)a->span.begin_s) / (double)a->span.period_s - 1;

	return i >= 0 && i < (double)a->n ? num_round(floor(i)) : -1;
}

static bool take_points(struct answer *a, const json_t *points, int cls, struct err *err)
{
	const json_t *point;
	size_t i;

	if (json_array_size(points) > POINTS_MAX)
		return err_set(err, ERR_LIMIT, "an answer has more than %d points", POINTS_MAX);
	json_array_foreach(points, i, point)
	{
		double timestamp = insights_number(point, "Timestamp"), value = insights_number(point, "Value");
		long at = isnan(timestamp) ? -1 : period_at(a, timestamp);

		/* a point without a value is a gap */
		if (at < 0 || !isfinite(value) || value < 0)
			continue;
		if (cls < 0)
			a->known[at] = true;
		else
			a->load[at][cls] = (isnan(a->load[at][cls]) ? 0 : a->load[at][cls]) + value;
	}
	return true;
}

static bool page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct answer *a = ctx;
	const json_t *list = json_object_get(answer, "MetricList"), *element;
	size_t i;

	(void)ret_enough;
	json_array_foreach(list, i, element)
	{
		const json_t *key = json_object_get(element, "Key"), *dimensions = json_object_get(key, "Dimensions");
		struct str name = aws_json_text(dimensions, "db.wait_event_type.name");
		int cls = dimensions ? (int)wait_class_of(name) : -1;

		if (dimensions && name.len == 0)
			cls = WAIT_OTHER;
		if (!take_points(a, json_object_get(element, "DataPoints"), cls, err))
			return false;
	}
	return true;
}

static void add_series(struct snapshot *s, const struct answer *a, int cls, struct series *out)
{
	*out = (struct series){.metric = STR("db.load.avg"),
			       .object = str_c(wait_class_name((enum wait_class)cls)),
			       .dimension = STR("db.wait_event_type"),
			       .unit = STR("Count"),
			       .statistic = STR("Average"),
			       .period_us = a->span.period_s * US_PER_S};
	out->at = arena_alloc_array(s->arena, a->n + 1, sizeof *out->at);
	out->value = arena_alloc_array(s->arena, a->n + 1, sizeof *out->value);
	for (size_t i = 0; i < a->n; i++) {
		bool has = !isnan(a->load[i][cls]);

		if (!has && !a->known[i])
			continue;
		out->at[out->n] = (a->span.begin_s + (int64_t)i * a->span.period_s) * US_PER_S;
		out->value[out->n++] = has ? a->load[i][cls] : 0;
	}
}

static void add_row(struct snapshot *s, const struct answer *a, const struct series *series)
{
	long writer = insights_writer(a->f->inputs[1]);
	struct insight *row;

	if (series->n == 0 || writer < 0)
		return;
	row = snapshot_add_row(s);
	SET(row, struct insight, instance,
	    arena_str(s->arena, aws_input_text(a->f->inputs[1], (size_t)writer, "identifier")));
	SET(row, struct insight, wait_class, series->object);
	SET(row, struct insight, at, series->at[series->n - 1]);
	SET(row, struct insight, load, series->value[series->n - 1]);
}

static struct snapshot *make_snapshot(const struct answer *a)
{
	struct snapshot *s = snapshot_new(&type, "insights");

	s->series.items = arena_alloc_array(s->arena, WAIT__COUNT, sizeof *s->series.items);
	s->series.n = WAIT__COUNT;
	for (int cls = 0; cls < WAIT__COUNT; cls++) {
		add_series(s, a, cls, &s->series.items[cls]);
		add_row(s, a, &s->series.items[cls]);
	}
	return s;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct answer a = {.f = f, .span = insights_span_of(f, RANGE_DEFAULT_US)};
	struct aws_pages pages = {.service = AWS_PI,
				  .operation = "GetResourceMetrics",
				  .token = "NextToken",
				  .next = "NextToken",
				  .parameters = parameters,
				  .page = page,
				  .ctx = &a};
	bool ok;

	a.n = (size_t)((a.span.end_s - a.span.begin_s) / a.span.period_s);
	if (a.n > POINTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d periods", POINTS_MAX);
	a.known = xcalloc(a.n + 1, sizeof *a.known);
	a.load = xcalloc(a.n + 1, sizeof *a.load);
	for (size_t i = 0; i < a.n; i++)
		for (int cls = 0; cls < WAIT__COUNT; cls++)
			a.load[i][cls] = (double)NAN;
	ok = aws_pages_fetch(f, &pages, err);
	if (ok)
		fetch_publish(f, make_snapshot(&a));
	xfree(a.known);
	xfree(a.load);
	return ok;
}

const struct source source_insights = {
	.name = "insights",
	.title = "Performance Insights",
	.help = "Average active sessions of the writer by wait class, from Performance Insights.",
	.type = &type,
	.lane = LANE_PI,
	.flags = SOURCE_AWS | SOURCE_SERIES,
	.period_us = US_PER_MIN,
	.inputs = INSIGHTS_INPUTS,
	.origin = "Performance Insights GetResourceMetrics",
	.ready = insights_ready,
	.fetch = fetch,
};
