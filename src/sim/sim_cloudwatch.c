/*
 * sim_cloudwatch.c: CloudWatch GetMetricData and GetMetricStatistics.
 *
 * Parameters come in the flat query form in both protocols (sim_params.c); answers are
 * written as XML or JSON. GetMetricData pages by datapoints: a token stands for a query
 * and a datapoint in it, and the series that was cut says PartialData. Metric math
 * is refused: a console that does its own arithmetic does not need it.
 */
#include "sim/sim_internal.h"

#include "base/ascii.h"

#include <math.h>

#define QUERIES_MAX 500
#define DATAPOINTS_MAX 100800
#define STATISTICS_POINTS_MAX 1440

static const char *const stat_names[SIM_STAT__COUNT] = {"Average", "Sum", "Minimum", "Maximum", "SampleCount"};

struct span {
	int64_t start_us, end_us, period_us;
};

/* Stat by name; percentiles ("p99", "p99.9") give SIM_STAT__COUNT and the rank. */
static bool parse_stat(struct str name, enum sim_stat *ret_stat, double *ret_rank)
{
	*ret_rank = 0;
	for (int i = 0; i < SIM_STAT__COUNT; i++) {
		*ret_stat = (enum sim_stat)i;
		if (str_eq_c(name, stat_names[i]))
			return true;
	}
	*ret_stat = SIM_STAT__COUNT;
	return str_starts(name, STR("p")) && parse_f64(str_sub(name, 1, name.len), ret_rank) && *ret_rank >= 0 &&
	       *ret_rank <= 100;
}

static double stat_value(const struct sim_point *p, enum sim_stat stat, double rank)
{
	int i;

	if (stat < SIM_STAT__COUNT)
		return p->stat[stat];
	i = (int)ceil(rank / 100 * p->nlow) - 1;
	return p->low[i < 0 ? 0 : i];
}

static bool read_span(struct sim_request *r, struct span *span)
{
	if (!sim_param_time(r, "StartTime", &span->start_us) || !sim_param_time(r, "EndTime", &span->end_us))
		return false;
	if (span->start_us >= span->end_us)
		return sim_fail(r, 400, "InvalidParameterValue",
				"The parameter StartTime must be less than the parameter EndTime.");
	return true;
}

static bool check_period(struct sim_request *r, int64_t seconds)
{
	if (seconds == 1 || seconds == 5 || seconds == 10 || seconds == 30)
		return true; /* of high-resolution metrics: valid, but without data here */
	if (seconds < 60 || seconds % 60 != 0 || seconds > 86400)
		return sim_fail(r, 400, "InvalidParameterValue",
				"The parameter Period must be 1, 5, 10, 30 or a multiple of 60, not %lld.",
				(long long)seconds);
	return true;
}

/* Start of the first period of a span. */
static int64_t first_point(const struct span *s)
{
	return s->start_us / s->period_us * s->period_us;
}

/* Dimensions of the series whose parameters start with prefix. */
static bool read_series(struct sim_request *r, const char *prefix, struct sim_series *ret_series)
{
	struct sim_series_key key = {0};
	char name[160];

	snprintf(name, sizeof(name), "%sNamespace", prefix);
	key.space = sim_param(r, name);
	snprintf(name, sizeof(name), "%sMetricName", prefix);
	key.name = sim_param(r, name);
	for (; key.ndims < ARRAY_LEN(key.dims); key.ndims++) {
		struct sim_dimension *d = &key.dims[key.ndims];

		snprintf(name, sizeof(name), "%sDimensions.member.%zu.Name", prefix, key.ndims + 1);
		d->name = sim_param(r, name);
		snprintf(name, sizeof(name), "%sDimensions.member.%zu.Value", prefix, key.ndims + 1);
		d->value = sim_param(r, name);
		if (!d->name.ptr && !d->value.ptr)
			break;
		if (d->name.len == 0 || d->value.len == 0)
			return sim_fail(r, 400, "InvalidParameterValue", "A dimension needs Name and Value.");
	}
	if (key.space.len == 0 || key.name.len == 0)
		return sim_fail(r, 400, "MissingParameter", "The parameter %sMetricName or Namespace is required.",
				prefix);
	sim_series_find(r->sim, &key, ret_series);
	return true;
}

static void json_number(struct buf *b, double v)
{
	buf_addf(b, "%.12g", v);
}

/* ---- GetMetricStatistics */

struct statistics {
	struct str names[SIM_STAT__COUNT], extended[10];
	size_t n, next;
};

static bool read_statistics(struct sim_request *r, struct statistics *st)
{
	enum sim_stat stat;
	double rank;

	st->n = sim_param_list(r, "Statistics.member", st->names, SIM_STAT__COUNT);
	st->next = sim_param_list(r, "ExtendedStatistics.member", st->extended, ARRAY_LEN(st->extended));
	if (!st->n == !st->next)
		return sim_fail(r, 400, st->n ? "InvalidParameterCombination" : "MissingParameter",
				"Either Statistics or ExtendedStatistics must be specified, not both.");
	for (size_t i = 0; i < st->n; i++)
		if (!parse_stat(st->names[i], &stat, &rank) || stat == SIM_STAT__COUNT)
			return sim_fail(r, 400, "InvalidParameterValue", "The value " STR_FMT " is no statistic.",
					STR_ARG(st->names[i]));
	for (size_t i = 0; i < st->next; i++)
		if (!parse_stat(st->extended[i], &stat, &rank) || stat != SIM_STAT__COUNT)
			return sim_fail(r, 400, "InvalidParameterValue", "The value " STR_FMT " is no percentile.",
					STR_ARG(st->extended[i]));
	return true;
}

static void point_xml(struct buf *b, const struct statistics *st, int64_t at, const struct sim_point *p,
		      const char *unit)
{
	enum sim_stat stat;
	double rank;
	char iso[40];

	sim_xml_open(b, "member");
	sim_xml_str(b, "Timestamp", clock_iso8601(at, iso, sizeof(iso)));
	for (size_t i = 0; i < st->n; i++)
		if (parse_stat(st->names[i], &stat, &rank))
			sim_xml_f64(b, stat_names[stat], p->stat[stat]);
	if (st->next > 0)
		sim_xml_open(b, "ExtendedStatistics");
	for (size_t i = 0; i < st->next; i++) {
		sim_xml_open(b, "entry");
		sim_xml_slice(b, "key", st->extended[i]);
		parse_stat(st->extended[i], &stat, &rank);
		sim_xml_f64(b, "value", stat_value(p, stat, rank));
		sim_xml_close(b, "entry");
	}
	if (st->next > 0)
		sim_xml_close(b, "ExtendedStatistics");
	sim_xml_str(b, "Unit", unit);
	sim_xml_close(b, "member");
}

static void point_json(struct buf *b, const struct statistics *st, int64_t at, const struct sim_point *p,
		       const char *unit)
{
	enum sim_stat stat;
	double rank;

	buf_addf(b, "{\"Timestamp\":%lld", (long long)(at / US_PER_S));
	for (size_t i = 0; i < st->n; i++) {
		if (!parse_stat(st->names[i], &stat, &rank))
			continue;
		buf_addf(b, ",\"%s\":", stat_names[stat]);
		json_number(b, p->stat[stat]);
	}
	for (size_t i = 0; i < st->next; i++) {
		parse_stat(st->extended[i], &stat, &rank);
		buf_add_c(b, i ? "," : ",\"ExtendedStatistics\":{");
		sim_json_str(b, st->extended[i]);
		buf_add_char(b, ':');
		json_number(b, stat_value(p, stat, rank));
	}
	buf_addf(b, "%s,\"Unit\":\"%s\"}", st->next ? "}" : "", unit);
}

static void write_statistics(struct sim_request *r, struct buf *out, const struct span *span,
			     const struct sim_series *series, const struct statistics *st)
{
	struct str label = sim_param(r, "MetricName");
	bool first = true;

	if (r->json) {
		buf_add_c(out, "{\"Label\":");
		sim_json_str(out, label);
		buf_add_c(out, ",\"Datapoints\":[");
	} else {
		sim_xml_slice(out, "Label", label);
		sim_xml_open(out, "Datapoints");
	}
	/* Newest first: the service promises no order, so a client must sort. */
	for (int64_t at = (span->end_us - 1) / span->period_us * span->period_us; at >= first_point(span);
	     at -= span->period_us) {
		struct sim_point p;

		if (!sim_series_point(r->sim, series, at, span->period_us, &p))
			continue;
		if (r->json) {
			buf_add_c(out, first ? "" : ",");
			point_json(out, st, at, &p, sim_series_unit(series));
		} else {
			point_xml(out, st, at, &p, sim_series_unit(series));
		}
		first = false;
	}
	if (r->json)
		buf_add_c(out, "]}");
	else
		sim_xml_close(out, "Datapoints");
}

static bool get_statistics(struct sim_request *r, struct buf *out)
{
	struct statistics st;
	struct sim_series series;
	struct span span;
	struct str unit = sim_param(r, "Unit");
	int64_t seconds, points;

	if (!read_span(r, &span) || !sim_param_int(r, "Period", 0, &seconds) || !check_period(r, seconds) ||
	    !read_statistics(r, &st) || !read_series(r, "", &series))
		return false;
	span.period_us = seconds * US_PER_S;
	points = (span.end_us - span.start_us + span.period_us - 1) / span.period_us;
	if (points > STATISTICS_POINTS_MAX)
		return sim_fail(
			r, 400, "InvalidParameterCombination",
			"You have requested up to %lld datapoints, which exceeds the limit of 1,440. You may reduce "
			"the datapoints requested by increasing Period, or decreasing the time range.",
			(long long)points);
	if (unit.len > 0 && series.metric && !str_eq_c(unit, sim_series_unit(&series)))
		series.metric = NULL;
	write_statistics(r, out, &span, &series, &st);
	return true;
}

/* ---- GetMetricData */

struct query {
	struct str id, label;
	struct sim_series series;
	struct span span;
	enum sim_stat stat;
	double rank;
	bool returned;
};

static struct str query_param(struct sim_request *r, size_t i, const char *name)
{
	char full[160];

	snprintf(full, sizeof(full), "MetricDataQueries.member.%zu.%s", i, name);
	return sim_param(r, full);
}

static bool bad_query(struct sim_request *r, size_t i, const char *what)
{
	return sim_fail(r, 400, "ValidationError", "The value of MetricDataQueries.member.%zu is invalid: %s", i, what);
}

static bool valid_id(struct str id)
{
	if (id.len == 0 || id.len > 255 || id.ptr[0] < 'a' || id.ptr[0] > 'z')
		return false;
	for (size_t i = 1; i < id.len; i++) {
		char c = id.ptr[i];

		if (!(ascii_is_letter(c) || ascii_is_digit(c) || c == '_'))
			return false;
	}
	return true;
}

static bool read_query(struct sim_request *r, size_t i, const struct span *span, struct query *q)
{
	char name[160];
	int64_t seconds;
	struct str unit = query_param(r, i, "MetricStat.Unit"), returned = query_param(r, i, "ReturnData");

	if (!valid_id(q->id))
		return bad_query(r, i, "Id must start with a lowercase letter and hold letters, digits, underscores");
	if (query_param(r, i, "Expression").ptr)
		return bad_query(r, i, "metric math is not simulated");
	snprintf(name, sizeof(name), "MetricDataQueries.member.%zu.MetricStat.Period", i);
	if (!sim_param_int(r, name, 0, &seconds) || !check_period(r, seconds))
		return false;
	if (!parse_stat(query_param(r, i, "MetricStat.Stat"), &q->stat, &q->rank))
		return bad_query(r, i, "unknown Stat");
	snprintf(name, sizeof(name), "MetricDataQueries.member.%zu.MetricStat.Metric.", i);
	if (!read_series(r, name, &q->series))
		return false;
	if (unit.len > 0 && q->series.metric && !str_eq_c(unit, sim_series_unit(&q->series)))
		q->series.metric = NULL;
	q->span = *span;
	q->span.period_us = seconds * US_PER_S;
	q->label = query_param(r, i, "Label");
	if (!q->label.ptr)
		q->label = query_param(r, i, "MetricStat.Metric.MetricName");
	q->returned = !str_eq_c(returned, "false");
	return true;
}

static bool read_queries(struct sim_request *r, struct query **ret_queries, size_t *ret_n)
{
	struct query *q = arena_alloc_array(r->arena, QUERIES_MAX, sizeof(*q));
	struct span span;
	size_t n = 0;

	if (!read_span(r, &span))
		return false;
	while (query_param(r, n + 1, "Id").ptr) {
		if (n == QUERIES_MAX)
			return sim_fail(r, 400, "ValidationError",
					"The collection MetricDataQueries must not have a size greater than 500.");
		q[n].id = query_param(r, n + 1, "Id");
		for (size_t k = 0; k < n; k++)
			if (str_eq(q[k].id, q[n].id))
				return bad_query(r, n + 1, "the Id occurs twice");
		if (!read_query(r, n + 1, &span, &q[n]))
			return false;
		n++;
	}
	*ret_queries = q;
	*ret_n = n;
	return true;
}

/* Periods of a query's span that have data, newest or oldest first. */
struct data {
	int64_t *at;
	double *value;
	size_t n;
};

static bool collect(struct sim_request *r, const struct query *q, bool ascending, struct data *d)
{
	int64_t first = first_point(&q->span), period = q->span.period_us;
	int64_t count = (q->span.end_us - first + period - 1) / period;

	d->n = 0;
	if (!q->series.metric)
		return true;
	if (count > DATAPOINTS_MAX)
		return sim_fail(r, 400, "ValidationError", "More than %d datapoints were requested.", DATAPOINTS_MAX);
	d->at = arena_alloc_array(r->arena, (size_t)count, sizeof(*d->at));
	d->value = arena_alloc_array(r->arena, (size_t)count, sizeof(*d->value));
	for (int64_t i = 0; i < count; i++) {
		int64_t at = first + period * (ascending ? i : count - 1 - i);
		struct sim_point p;

		if (!sim_series_point(r->sim, &q->series, at, period, &p))
			continue;
		d->at[d->n] = at;
		d->value[d->n++] = stat_value(&p, q->stat, q->rank);
	}
	return true;
}

static void result_xml(struct buf *b, const struct query *q, const struct data *d, size_t first, size_t end)
{
	char iso[40];

	sim_xml_open(b, "member");
	sim_xml_slice(b, "Id", q->id);
	sim_xml_slice(b, "Label", q->label);
	sim_xml_open(b, "Timestamps");
	for (size_t i = first; i < end; i++)
		sim_xml_str(b, "member", clock_iso8601(d->at[i], iso, sizeof(iso)));
	sim_xml_close(b, "Timestamps");
	sim_xml_open(b, "Values");
	for (size_t i = first; i < end; i++)
		sim_xml_f64(b, "member", d->value[i]);
	sim_xml_close(b, "Values");
	sim_xml_str(b, "StatusCode", end < d->n ? "PartialData" : "Complete");
	sim_xml_close(b, "member");
}

static void result_json(struct buf *b, const struct query *q, const struct data *d, size_t first, size_t end)
{
	buf_add_c(b, "{\"Id\":");
	sim_json_str(b, q->id);
	buf_add_c(b, ",\"Label\":");
	sim_json_str(b, q->label);
	buf_add_c(b, ",\"Timestamps\":[");
	for (size_t i = first; i < end; i++)
		buf_addf(b, "%s%lld", i > first ? "," : "", (long long)(d->at[i] / US_PER_S));
	buf_add_c(b, "],\"Values\":[");
	for (size_t i = first; i < end; i++) {
		buf_add_c(b, i > first ? "," : "");
		json_number(b, d->value[i]);
	}
	buf_addf(b, "],\"StatusCode\":\"%s\"}", end < d->n ? "PartialData" : "Complete");
}

/* A page: results from position (query, datapoint) on, until the budget is used up. */
struct data_page {
	size_t query, point, budget;
	bool ascending;
	char token[64];
};

static bool write_results(struct sim_request *r, struct buf *out, const struct query *q, size_t n,
			  struct data_page *page)
{
	bool first = true;

	for (size_t i = page->query; i < n; i++) {
		struct data d = {0};
		size_t from = i == page->query ? page->point : 0, end;

		if (!q[i].returned)
			continue;
		if (page->budget == 0) {
			sim_token(r, (uint64_t)i << 24, page->token, sizeof(page->token));
			break;
		}
		if (!collect(r, &q[i], page->ascending, &d))
			return false;
		from = from < d.n ? from : d.n;
		end = d.n - from > page->budget ? from + page->budget : d.n;
		page->budget -= end - from;
		buf_add_c(out, r->json && !first ? "," : "");
		first = false;
		if (r->json)
			result_json(out, &q[i], &d, from, end);
		else
			result_xml(out, &q[i], &d, from, end);
		if (end < d.n) {
			sim_token(r, (uint64_t)i << 24 | end, page->token, sizeof(page->token));
			break;
		}
	}
	return true;
}

static bool read_page(struct sim_request *r, struct data_page *page)
{
	struct str token = sim_param(r, "NextToken"), scan = sim_param(r, "ScanBy");
	uint64_t position = 0;
	int64_t max;

	*page = (struct data_page){.ascending = str_eq_c(scan, "TimestampAscending")};
	if (scan.ptr && !page->ascending && !str_eq_c(scan, "TimestampDescending"))
		return sim_fail(r, 400, "ValidationError", "ScanBy must be TimestampDescending or TimestampAscending.");
	if (!sim_param_int(r, "MaxDatapoints", DATAPOINTS_MAX, &max))
		return false;
	if (max < 1 || max > DATAPOINTS_MAX)
		return sim_fail(r, 400, "ValidationError", "MaxDatapoints must be between 1 and %d.", DATAPOINTS_MAX);
	if (token.len > 0 && !sim_token_parse(r, token, &position))
		return sim_fail(r, 400, "InvalidNextToken", "The next token is not valid.");
	page->budget = (size_t)max;
	page->query = (size_t)(position >> 24);
	page->point = (size_t)(position & 0xffffff);
	return true;
}

static bool get_data(struct sim_request *r, struct buf *out)
{
	struct data_page page;
	struct query *q = NULL;
	size_t n = 0;

	if (!read_page(r, &page) || !read_queries(r, &q, &n))
		return false;
	if (r->json)
		buf_add_c(out, "{\"MetricDataResults\":[");
	else
		sim_xml_open(out, "MetricDataResults");
	if (!write_results(r, out, q, n, &page))
		return false;
	if (!r->json) {
		sim_xml_close(out, "MetricDataResults");
		if (page.token[0])
			sim_xml_str(out, "NextToken", page.token);
		buf_add_c(out, "<Messages/>\n");
		return true;
	}
	buf_add_c(out, "],\"Messages\":[]");
	if (page.token[0])
		buf_addf(out, ",\"NextToken\":\"%s\"", page.token);
	buf_add_char(out, '}');
	return true;
}

#define QUERY "MetricDataQueries.member.N."

/* clang-format off */
const struct sim_operation sim_cw_operations[] = {
	{"monitoring", "GetMetricData",
	 QUERY "Id " QUERY "Label " QUERY "ReturnData " QUERY "Expression " QUERY "Period " QUERY "AccountId "
	 QUERY "MetricStat.Metric.Namespace " QUERY "MetricStat.Metric.MetricName "
	 QUERY "MetricStat.Metric.Dimensions.member.N.Name " QUERY "MetricStat.Metric.Dimensions.member.N.Value "
	 QUERY "MetricStat.Metric.Dimensions " QUERY "MetricStat.Period " QUERY "MetricStat.Stat " QUERY "MetricStat.Unit "
	 "StartTime EndTime NextToken ScanBy MaxDatapoints LabelOptions.Timezone",
	 QUERY "Id StartTime EndTime", get_data},
	{"monitoring", "DescribeAlarms",
	 "AlarmNames.member.N AlarmNamePrefix AlarmTypes.member.N StateValue ActionPrefix MaxRecords NextToken", "",
	 sim_cw_describe_alarms},
	{"monitoring", "GetMetricStatistics",
	 "Namespace MetricName Dimensions.member.N.Name Dimensions.member.N.Value StartTime EndTime Period "
	 "Statistics.member.N ExtendedStatistics.member.N Unit",
	 "Namespace MetricName StartTime EndTime Period", get_statistics},
};
/* clang-format on */
const size_t sim_cw_noperations = ARRAY_LEN(sim_cw_operations);
