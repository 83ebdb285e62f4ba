/*
 * sim_alarms.c: CloudWatch DescribeAlarms.
 *
 * An alarm of the scenario watches one of the simulated metrics, and its state follows from the points it sees: over
 * the last periods, as many as it says must breach the threshold. Since when it is in that state is found by going
 * back period by period. What points there are not yet it does not see, so it lags some minutes behind, as CloudWatch
 * does. A scenario may fix the state instead, also over metrics that are not simulated.
 */
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

#define LATE_US (3 * US_PER_MIN)  /* until the points of a period are there */
#define HISTORY_PERIODS 120       /* how far back the beginning of a state is looked for */
#define QUIET_US (9 * US_PER_DAY) /* age of a state that is older than that */

enum state { STATE_OK, STATE_ALARM, STATE_MISSING };

static const char *const state_names[] = {"OK", "ALARM", "INSUFFICIENT_DATA"};

/* What is written of an alarm, with what was found out. */
struct seen {
	const struct sim_alarm_row *row;
	const char *state;
	int64_t since_us;
	char reason[200];
};

static bool breaches(const struct sim_alarm_row *a, double value)
{
	struct str comparison = str_c(a->comparison);

	if (str_eq_c(comparison, "GreaterThanThreshold"))
		return value > a->threshold;
	if (str_eq_c(comparison, "GreaterThanOrEqualToThreshold"))
		return value >= a->threshold;
	if (str_eq_c(comparison, "LessThanThreshold"))
		return value < a->threshold;
	return value <= a->threshold;
}

static enum sim_stat stat_of(const char *name)
{
	static const char *const names[SIM_STAT__COUNT] = {"Average", "Sum", "Minimum", "Maximum", "SampleCount"};

	for (int i = 0; i < SIM_STAT__COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return (enum sim_stat)i;
	return SIM_STAT_AVERAGE;
}

static void find_series(struct sim *s, const struct sim_alarm_row *a, struct sim_series *ret_series)
{
	struct sim_series_key key = {.space = str_c(a->space), .name = str_c(a->metric)};

	for (int i = 0; i < a->ndimensions; i++)
		key.dims[key.ndims++] =
			(struct sim_dimension){str_c(a->dimensions[i].name), str_c(a->dimensions[i].value)};
	sim_series_find(s, &key, ret_series);
}

/* End of the newest period whose points are there at a time. */
static int64_t end_of(const struct sim_alarm_row *a, int64_t at_us)
{
	return (at_us - LATE_US) / a->period_us * a->period_us;
}

static enum state state_at(const struct sim *s, const struct sim_alarm_row *a, const struct sim_series *series,
			   int64_t end_us, double *ret_newest)
{
	int points = 0, breaching = 0, needed = a->datapoints ? a->datapoints : a->periods;

	for (int i = 1; i <= a->periods; i++) {
		struct sim_point p;
		double v;

		if (!sim_series_point(s, series, end_us - i * a->period_us, a->period_us, &p))
			continue;
		v = p.stat[stat_of(a->statistic)];
		if (points++ == 0)
			*ret_newest = v;
		breaching += breaches(a, v);
	}
	if (points == 0)
		return STATE_MISSING;
	return breaching >= needed ? STATE_ALARM : STATE_OK;
}

static void look(struct sim_request *r, const struct sim_alarm_row *a, struct seen *ret)
{
	int64_t end = end_of(a, r->now_us);
	struct sim_series series;
	double newest = 0, ignored;
	enum state now;

	*ret = (struct seen){.row = a, .state = a->state, .since_us = r->sim->epoch_us - a->age_us};
	if (a->state) {
		snprintf(ret->reason, sizeof(ret->reason), "Threshold Crossed: the state is %s.", a->state);
		return;
	}
	find_series(r->sim, a, &series);
	now = state_at(r->sim, a, &series, end, &newest);
	ret->state = state_names[now];
	ret->since_us = r->sim->epoch_us - (a->age_us ? a->age_us : QUIET_US);
	for (int i = 1; i <= HISTORY_PERIODS; i++) {
		if (state_at(r->sim, a, &series, end - i * a->period_us, &ignored) == now)
			continue;
		ret->since_us = end - (i - 1) * a->period_us + LATE_US;
		break;
	}
	if (now == STATE_MISSING)
		snprintf(ret->reason, sizeof(ret->reason), "Insufficient Data: no datapoints were received.");
	else
		snprintf(ret->reason, sizeof(ret->reason),
			 "Threshold Crossed: the newest datapoint [%.6g] was %s (%.6g).", newest,
			 breaches(a, newest) ? "beyond the threshold" : "within the threshold", a->threshold);
}

/* ---- writing, in both protocols */

struct writer {
	struct buf *b;
	bool json, begun;
};

static void begin(struct writer *w, const char *name)
{
	if (w->json)
		buf_addf(w->b, "%s\"%s\":", w->begun ? "," : "", name);
	w->begun = true;
}

static void put_text(struct writer *w, const char *name, const char *text)
{
	begin(w, name);
	if (w->json)
		sim_json_str(w->b, str_c(text));
	else
		sim_xml_str(w->b, name, text);
}

static void put_number(struct writer *w, const char *name, double value)
{
	begin(w, name);
	if (w->json)
		buf_addf(w->b, "%.12g", value);
	else
		sim_xml_f64(w->b, name, value);
}

static void put_bool(struct writer *w, const char *name, bool value)
{
	begin(w, name);
	if (w->json)
		buf_add_c(w->b, value ? "true" : "false");
	else
		sim_xml_bool(w->b, name, value);
}

static void put_time(struct writer *w, const char *name, int64_t us)
{
	begin(w, name);
	if (w->json)
		buf_addf(w->b, "%.3f", (double)us / 1e6);
	else
		sim_xml_time(w->b, name, us);
}

/* One text in a list, or none. */
static void put_list(struct writer *w, const char *name, const char *only)
{
	begin(w, name);
	if (w->json) {
		buf_add_char(w->b, '[');
		if (only)
			sim_json_str(w->b, str_c(only));
		buf_add_char(w->b, ']');
		return;
	}
	sim_xml_open(w->b, name);
	if (only)
		sim_xml_str(w->b, "member", only);
	sim_xml_close(w->b, name);
}

static void put_dimensions(struct writer *w, const struct sim_alarm_row *a)
{
	begin(w, "Dimensions");
	buf_add_c(w->b, w->json ? "[" : "<Dimensions>");
	for (int i = 0; i < a->ndimensions; i++) {
		struct writer d = {.b = w->b, .json = w->json};

		buf_add_c(w->b, !w->json ? "<member>" : i ? ",{" : "{");
		put_text(&d, "Name", a->dimensions[i].name);
		put_text(&d, "Value", a->dimensions[i].value);
		buf_add_c(w->b, w->json ? "}" : "</member>\n");
	}
	buf_add_c(w->b, w->json ? "]" : "</Dimensions>\n");
}

static void alarm_text(struct sim_request *r, struct buf *b, const struct seen *s, bool first)
{
	const struct sim_alarm_row *a = s->row;
	struct writer w = {.b = b, .json = r->json};
	struct str arn = arena_fmt(r->arena, "arn:%s:cloudwatch:%s:" SIM_ACCOUNT ":alarm:%s", sim_partition(r->sim),
				   r->sim->o.region, a->id);
	struct str topic =
		arena_fmt(r->arena, "arn:%s:sns:%s:" SIM_ACCOUNT ":oncall", sim_partition(r->sim), r->sim->o.region);

	buf_add_c(b, !r->json ? "<member>\n" : first ? "{" : ",{");
	put_text(&w, "AlarmName", a->id);
	put_text(&w, "AlarmArn", arena_strz(r->arena, arn));
	if (a->description)
		put_text(&w, "AlarmDescription", a->description);
	put_time(&w, "AlarmConfigurationUpdatedTimestamp", r->sim->epoch_us - 100 * US_PER_DAY);
	put_bool(&w, "ActionsEnabled", a->actions);
	put_list(&w, "OKActions", NULL);
	put_list(&w, "AlarmActions", arena_strz(r->arena, topic));
	put_list(&w, "InsufficientDataActions", NULL);
	put_text(&w, "StateValue", s->state);
	put_text(&w, "StateReason", s->reason);
	put_time(&w, "StateUpdatedTimestamp", s->since_us);
	put_time(&w, "StateTransitionedTimestamp", s->since_us);
	put_text(&w, "MetricName", a->metric);
	put_text(&w, "Namespace", a->space);
	put_text(&w, "Statistic", a->statistic);
	put_dimensions(&w, a);
	put_number(&w, "Period", (double)(a->period_us / US_PER_S));
	put_number(&w, "EvaluationPeriods", a->periods);
	if (a->datapoints)
		put_number(&w, "DatapointsToAlarm", a->datapoints);
	put_number(&w, "Threshold", a->threshold);
	put_text(&w, "ComparisonOperator", a->comparison);
	put_text(&w, "TreatMissingData", "missing");
	buf_add_c(b, r->json ? "}" : "</member>\n");
}

static bool has(const struct str *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(list[i], word))
			return true;
	return n == 0;
}

static bool check(struct sim_request *r)
{
	struct str state = sim_param(r, "StateValue"), types[4];
	size_t n = sim_param_list(r, "AlarmTypes.member", types, ARRAY_LEN(types));

	if (state.ptr && !str_eq_c(state, "OK") && !str_eq_c(state, "ALARM") && !str_eq_c(state, "INSUFFICIENT_DATA"))
		return sim_fail(r, 400, "ValidationError", "StateValue must be OK, ALARM or INSUFFICIENT_DATA.");
	for (size_t i = 0; i < n; i++)
		if (!str_eq_c(types[i], "MetricAlarm") && !str_eq_c(types[i], "CompositeAlarm") &&
		    !str_eq_c(types[i], "LogAlarm"))
			return sim_fail(r, 400, "ValidationError", "There is no alarm type " STR_FMT ".",
					STR_ARG(types[i]));
	if (sim_param(r, "AlarmNamePrefix").ptr && sim_param(r, "AlarmNames.member.1").ptr)
		return sim_fail(r, 400, "ValidationError", "AlarmNamePrefix and AlarmNames exclude each other.");
	return true;
}

/* Those asked for, in the order of their names. */
static size_t choose(struct sim_request *r, struct seen *rows)
{
	const struct sim_estate *e = r->sim->estate;
	struct str names[100], types[4], prefix = sim_param(r, "AlarmNamePrefix"), state = sim_param(r, "StateValue");
	size_t nnames = sim_param_list(r, "AlarmNames.member", names, ARRAY_LEN(names)), n = 0;
	size_t ntypes = sim_param_list(r, "AlarmTypes.member", types, ARRAY_LEN(types));

	for (size_t i = 0; i < e->nalarms && has(types, ntypes, "MetricAlarm"); i++) {
		struct seen s;
		size_t at = n;

		if (!has(names, nnames, e->alarms[i].id) || !str_starts(str_c(e->alarms[i].id), prefix))
			continue;
		look(r, &e->alarms[i], &s);
		if (state.len > 0 && !str_eq_c(state, s.state))
			continue;
		for (; at > 0 && strcmp(rows[at - 1].row->id, s.row->id) > 0; at--)
			rows[at] = rows[at - 1];
		rows[at] = s;
		n++;
	}
	return n;
}

bool sim_cw_describe_alarms(struct sim_request *r, struct buf *out)
{
	struct seen *rows = arena_alloc_array(r->arena, SIM_SCENARIO_ROWS_MAX, sizeof(*rows));
	struct sim_page page;
	size_t n;

	if (!check(r))
		return false;
	n = choose(r, rows);
	if (!sim_page_named(r, &(struct sim_paging){"MaxRecords", "NextToken", "InvalidNextToken", 50, 1, 100}, n,
			    &page))
		return false;
	buf_add_c(out, r->json ? "{\"CompositeAlarms\":[],\"MetricAlarms\":[" : "<CompositeAlarms/>\n<MetricAlarms>\n");
	for (size_t i = page.first; i < page.end; i++)
		alarm_text(r, out, &rows[i], i == page.first);
	buf_add_c(out, r->json ? "]" : "</MetricAlarms>\n");
	if (page.token[0] && r->json)
		buf_addf(out, ",\"NextToken\":\"%s\"", page.token);
	else if (page.token[0])
		sim_xml_str(out, "NextToken", page.token);
	if (r->json)
		buf_add_char(out, '}');
	return true;
}
