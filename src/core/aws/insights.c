/* insights.c: see insights.h. */
#include "aws/insights.h"

#include "aws/input.h"
#include "base/clock.h"

#include <jansson.h>
#include <math.h>

long insights_writer(const struct snapshot *instances)
{
	for (size_t i = 0; instances && i < instances->nrows; i++)
		if (str_eq_c(aws_input_text(instances, i, "role"), "writer"))
			return (long)i;
	return -1;
}

enum readiness insights_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	enum readiness cluster = aws_ready_cluster(t, inputs, why);
	int64_t on = 0;
	struct str name;
	long writer;

	if (cluster != READY)
		return cluster;
	if (!inputs[1] || inputs[1]->partial)
		return READY_WAIT;
	writer = insights_writer(inputs[1]);
	if (writer < 0) {
		err_set(why, ERR_UNAVAILABLE, "the cluster has no writer now");
		return READY_UNAVAILABLE;
	}
	name = aws_input_text(inputs[1], (size_t)writer, "identifier");
	(void)aws_input_i64(inputs[1], (size_t)writer, "performance_insights", &on);
	if (on && aws_input_text(inputs[1], (size_t)writer, "resource_id").len > 0)
		return READY;
	err_set(why, ERR_UNAVAILABLE, "Performance Insights is off on " STR_FMT, STR_ARG(name));
	err_remedy(why, "aws rds modify-db-instance --db-instance-identifier " STR_FMT " --enable-performance-insights",
		   STR_ARG(name));
	return READY_UNAVAILABLE;
}

/* The finest period that keeps an answer at some two hundred points. */
static int64_t period_of(int64_t us)
{
	return us <= 3 * US_PER_HOUR ? 60 : us <= US_PER_DAY ? 300 : 3600;
}

struct insights_span insights_span_of(const struct fetch *f, int64_t default_us)
{
	int64_t now = clock_wall_us();
	struct insights_span s = {.from_us = f->span.from_us, .to_us = f->span.to_us};

	if (s.to_us == 0) {
		s.to_us = now;
		s.from_us = now + (s.from_us < 0 ? s.from_us : -default_us);
	}
	s.period_s = period_of(s.to_us - s.from_us);
	s.begin_s = s.from_us / US_PER_S;
	s.begin_s -= s.begin_s % s.period_s;
	s.end_s = (s.to_us + US_PER_S - 1) / US_PER_S;
	s.end_s -= s.end_s % s.period_s;
	if (s.end_s <= s.begin_s)
		s.end_s = s.begin_s + s.period_s;
	return s;
}

bool insights_put_common(struct json_t *body, const struct fetch *f, const struct insights_span *span, struct err *err)
{
	long writer = insights_writer(f->inputs[1]);
	struct str id = writer < 0 ? STR("") : aws_input_text(f->inputs[1], (size_t)writer, "resource_id");

	aws_json_put_i64(body, "StartTime", span->begin_s);
	aws_json_put_i64(body, "EndTime", span->end_s);
	aws_json_put_i64(body, "PeriodInSeconds", span->period_s);
	return aws_json_put(body, "ServiceType", STR("RDS"), err) && aws_json_put(body, "Identifier", id, err);
}

struct json_t *insights_group(const char *group, int limit)
{
	json_t *j = json_pack("{s:s, s:i}", "Group", group, "Limit", limit);

	CHECK(j);
	return j;
}

double insights_number(const struct json_t *object, const char *member)
{
	const json_t *j = json_object_get(object, member);

	return json_is_number(j) ? json_number_value(j) : (double)NAN;
}
