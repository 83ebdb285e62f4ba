/*
 * metric_data.c: see metric_data.h.
 *
 * The answer holds a result for each Id of the question, in any order and over several pages; a page may bring part of
 * a result. Times and values come in two lists of equal length. The unit is never sent: a wrong one gives no data.
 */
#include "aws/metric_data.h"

#include "aws/client.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/xalloc.h"

#define ITEM_POINTS_MAX 100800 /* of one result, the service's own limit per call */

static bool add_point(struct metric_points *p, struct str text, bool is_time, struct err *err)
{
	size_t need = (p->nat > p->nvalue ? p->nat : p->nvalue) + 1;

	if (need > ITEM_POINTS_MAX)
		return err_set(err, ERR_LIMIT, "a metric has more than %d points", ITEM_POINTS_MAX);
	if (need > p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->at = xrealloc_array(p->at, p->cap, sizeof(*p->at));
		p->value = xrealloc_array(p->value, p->cap, sizeof(*p->value));
	}
	if (is_time ? clock_parse_iso8601(text, &p->at[p->nat]) : parse_f64(text, &p->value[p->nvalue])) {
		p->nat += is_time;
		p->nvalue += !is_time;
		return true;
	}
	return err_set(err, ERR_PROTOCOL, "a metric has a %s that is none: " STR_FMT, is_time ? "time" : "value",
		       STR_ARG(str_sub(text, 0, 40)));
}

static bool on_leaf(void *ctx, struct str path, struct str text, struct err *err)
{
	struct metric_points *p = ctx;
	int64_t id;

	if (str_eq_c(path, "Id"))
		p->id = text.len > 1 && text.ptr[0] == 'm' && parse_i64(str_sub(text, 1, text.len), &id) ? (long)id
													 : -1;
	else if (str_eq_c(path, "StatusCode"))
		p->failed = str_eq_c(text, "InternalError") || str_eq_c(text, "Forbidden");
	else if (str_starts(path, STR("Timestamps/")))
		return add_point(p, text, true, err);
	else if (str_starts(path, STR("Values/")))
		return add_point(p, text, false, err);
	return true;
}

static bool on_item(void *ctx, struct err *err)
{
	struct metric_points *p = ctx;
	struct metric_history *h = p->id >= 0 && (size_t)p->id < p->nasked ? p->asked[p->id] : NULL;

	if (p->nat != p->nvalue)
		return err_set(err, ERR_PROTOCOL, "a metric has %zu times and %zu values", p->nat, p->nvalue);
	for (size_t i = 0; h && i < p->nat; i++)
		series_ring_put(&h->ring, p->at[i] + h->offset_us, p->value[i]);
	if (h && !p->failed)
		h->answered = true;
	p->id = -1;
	p->nat = p->nvalue = 0;
	p->failed = false;
	return true;
}

static void begin(void *ctx, struct xml_handler *handler)
{
	static const char *const wanted[] = {"GetMetricDataResult/NextToken", NULL};
	struct metric_points *p = ctx;

	p->id = -1;
	p->nat = p->nvalue = 0;
	p->failed = false;
	handler->items = "GetMetricDataResult/MetricDataResults/*";
	handler->on_leaf = on_leaf;
	handler->on_item = on_item;
	handler->ctx = p;
	handler->wanted = wanted;
}

const char *metric_dimension(const struct metric *m)
{
	return m->scope == METRIC_OF_CLUSTER ? "DBClusterIdentifier" : "DBInstanceIdentifier";
}

static void add_query(struct form *form, size_t i, const struct metric_history *h)
{
	const struct metric *m = h->metric;
	int n = (int)i + 1;
	char text[32];

	snprintf(text, sizeof(text), "m%zu", i);
	form_addf(form, str_c(text), "MetricDataQueries.member.%d.Id", n);
	form_addf(form, STR("AWS/RDS"), "MetricDataQueries.member.%d.MetricStat.Metric.Namespace", n);
	form_addf(form, str_c(m->name), "MetricDataQueries.member.%d.MetricStat.Metric.MetricName", n);
	form_addf(form, str_c(metric_dimension(m)),
		  "MetricDataQueries.member.%d.MetricStat.Metric.Dimensions.member.1.Name", n);
	form_addf(form, str_c(h->object), "MetricDataQueries.member.%d.MetricStat.Metric.Dimensions.member.1.Value", n);
	snprintf(text, sizeof(text), "%d", (int)(h->period_us / US_PER_S));
	form_addf(form, str_c(text), "MetricDataQueries.member.%d.MetricStat.Period", n);
	form_addf(form, str_c(m->statistic), "MetricDataQueries.member.%d.MetricStat.Stat", n);
	form_addf(form, STR("true"), "MetricDataQueries.member.%d.ReturnData", n);
}

static bool ask_page(struct fetch *f, struct metric_points *p, const char *token, char **ret_next, struct err *err)
{
	struct aws_call call = {.service = AWS_CLOUDWATCH, .operation = "GetMetricData", .begin = begin, .ctx = p};
	struct aws_answer answer = {0};
	struct aws_client *client;
	struct form form;
	bool ok;

	/* billed by the metric, further pages of the same as one more */
	call.units = token ? 1 : (int64_t)p->nasked;
	form_begin(&form, call.operation, aws_services[AWS_CLOUDWATCH].version);
	for (size_t i = 0; i < p->nasked; i++)
		add_query(&form, i, p->asked[i]);
	form_add_time(&form, "StartTime", p->asked[0]->start);
	form_add_time(&form, "EndTime", p->asked[0]->end);
	form_add_c(&form, "ScanBy", "TimestampAscending");
	if (token)
		form_add_c(&form, "NextToken", token);
	ok = aws_client_get(f, &client, err) && form_body(&form, &call.body, err) &&
	     aws_call(client, f, &call, &answer, err);
	if (ok && xml_decoder_wanted(answer.xml, 0).len > 0) {
		struct str next = xml_decoder_wanted(answer.xml, 0);

		*ret_next = xstrndup(next.ptr, next.len);
	}
	aws_answer_release(&answer);
	form_release(&form);
	return ok;
}

bool metric_ask(struct fetch *f, struct metric_points *p, int64_t now, struct err *err)
{
	char *token = NULL;
	bool ok = true;

	for (int n = 0; ok; n++) {
		char *next = NULL;

		ok = ask_page(f, p, token, &next, err);
		if (ok && next && ((token && strcmp(next, token) == 0) || n == AWS_PAGES_MAX))
			ok = err_set(err, ERR_PROTOCOL, "CloudWatch GetMetricData does not come to an end");
		xfree(token);
		token = next;
		if (!token)
			break;
	}
	xfree(token);
	for (size_t i = 0; ok && i < p->nasked; i++) {
		struct metric_history *h = p->asked[i];

		if (h->answered) {
			h->asked_until = now;
		} else {
			log_debug("no answer for %s of %s", h->metric->name, h->object);
		}
	}
	return ok;
}

void metric_points_release(struct metric_points *p)
{
	xfree(p->asked);
	xfree(p->at);
	xfree(p->value);
	*p = (struct metric_points){.nasked = 0};
}
