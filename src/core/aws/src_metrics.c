/*
 * src_metrics.c: CloudWatch series of the cluster and its instances, by GetMetricData.
 *
 * Model: one history per metric and object, kept on the lane for as long as the target lives. The
 * first question covers the target's range, later ones only what is new plus a look back for
 * late points. Every history has its own rhythm, because CloudWatch bills each metric asked
 * for: vital ones every minute, the rest every five minutes unless a view wants them all, volume
 * metrics every five minutes (they change no faster), FreeStorageSpace once an hour (Aurora
 * does not emit it; a target that does is shown). A metric may have further histories: the week by the hour, from which
 * a forecast is made whatever range is shown, and the range of a day or week before while somebody compares; both are
 * asked once an hour, the latter an hour ahead, because the past is known.
 *
 * With a budget every rhythm but the hourly is stretched alike, so that an hour's questions cost no more than the
 * budget leaves beside other services, and a question that would pass it all the same is not asked: what is shown then
 * gets older, and says so.
 *
 * Invariants: times are aligned to the period; an absent point stays absent and a zero stays zero. Points of one
 * history have one period: another range begins anew. With three instances an hour costs fewer than 1,000 metric
 * questions, comparing or not.
 *
 * Not here: forecasts, drawing, metrics of other namespaces.
 */
#include "aws/api.h"
#include "aws/input.h"
#include "aws/metric_data.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "runtime/meter.h"

#define HISTORIES_MAX 2000 /* metrics times objects */
#define LOOK_BACK_US (15 * US_PER_MIN)
#define LOOK_BACK_SPARSE_US US_PER_HOUR /* volume metrics arrive later */
#define AHEAD_US US_PER_HOUR            /* of the day or week before, which is known already */
#define WEEK_US (7 * US_PER_DAY)
#define RANGE_DEFAULT_US (3 * US_PER_HOUR)
#define SLOW_MAX 60 /* times: then everything is asked once an hour */

/* clang-format off */
static const struct metric metrics[] = {
	{"VolumeBytesUsed", "Bytes", "Average", METRIC_OF_CLUSTER, EVERY_FIVE, METRIC_ANY, METRIC_COMPARED | METRIC_FORECAST},
	{"VolumeReadIOPs", "Count", "Average", METRIC_OF_CLUSTER, EVERY_FIVE, METRIC_ANY, METRIC_COMPARED},
	{"VolumeWriteIOPs", "Count", "Average", METRIC_OF_CLUSTER, EVERY_FIVE, METRIC_ANY, METRIC_COMPARED},
	{"ServerlessDatabaseCapacity", "Count", "Average", METRIC_OF_CLUSTER, EVERY_MINUTE, METRIC_SERVERLESS, METRIC_COMPARED},
	{"CPUUtilization", "Percent", "Average", METRIC_OF_INSTANCE, EVERY_MINUTE, METRIC_ANY, METRIC_COMPARED},
	{"FreeableMemory", "Bytes", "Average", METRIC_OF_INSTANCE, EVERY_MINUTE, METRIC_ANY, METRIC_COMPARED},
	{"DatabaseConnections", "Count", "Average", METRIC_OF_INSTANCE, EVERY_MINUTE, METRIC_ANY, METRIC_COMPARED},
	{"AuroraReplicaLag", "Milliseconds", "Maximum", METRIC_OF_INSTANCE, EVERY_MINUTE, METRIC_READER, METRIC_COMPARED},
	{"FreeLocalStorage", "Bytes", "Minimum", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_PROVISIONED, METRIC_COMPARED | METRIC_FORECAST},
	{"ACUUtilization", "Percent", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_SERVERLESS, METRIC_ALONE},
	{"ReadIOPS", "Count/Second", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_ANY, METRIC_ALONE},
	{"WriteIOPS", "Count/Second", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_ANY, METRIC_ALONE},
	{"ReadLatency", "Seconds", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_ANY, METRIC_ALONE},
	{"WriteLatency", "Seconds", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_ANY, METRIC_ALONE},
	{"CommitLatency", "Milliseconds", "Average", METRIC_OF_INSTANCE, WHEN_WIDE_MINUTE, METRIC_ANY, METRIC_ALONE},
	{"NetworkThroughput", "Bytes/Second", "Average", METRIC_OF_INSTANCE, WIDE_ONLY, METRIC_ANY, METRIC_ALONE},
	{"BufferCacheHitRatio", "Percent", "Average", METRIC_OF_INSTANCE, WIDE_ONLY, METRIC_ANY, METRIC_ALONE},
	{"DiskQueueDepth", "Count", "Average", METRIC_OF_INSTANCE, WIDE_ONLY, METRIC_ANY, METRIC_ALONE},
	{"MaximumUsedTransactionIDs", "Count", "Maximum", METRIC_OF_INSTANCE, EVERY_HOUR, METRIC_WRITER, METRIC_FORECAST},
	{"FreeStorageSpace", "Bytes", "Minimum", METRIC_OF_INSTANCE, EVERY_HOUR, METRIC_ANY, METRIC_ALONE},
};
/* clang-format on */

struct point_row {
	uint64_t present;
	struct str metric, object, dimension, unit, statistic;
	int64_t at;
	double value;
};

#define F(m, k, ...) FIELD(struct point_row, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(metric, K_ID, .wire = "MetricName", .title = "METRIC", .width = 20, .flags = F_KEY, .help = "Name of the CloudWatch metric in namespace AWS/RDS."),
	F(object, K_ID, .title = "OBJECT", .width = 20, .flags = F_KEY | F_COMPUTED, .help = "Cluster or instance the metric belongs to."),
	F(dimension, K_ID, .wire = "Dimensions", .title = "DIMENSION", .width = 30, .help = "Dimension asked for, as NAME=VALUE."),
	F(unit, K_ENUM, .wire = "Unit", .title = "UNIT", .width = 12, .help = "Unit of the value."),
	F(statistic, K_ENUM, .wire = "Stat", .title = "STATISTIC", .width = 8, .help = "How the points of one period are joined."),
	F(at, K_TIME_US, .wire = "Timestamps/member", .title = "AT", .width = 12, .help = "Start of the period of the newest point."),
	F(value, K_REAL, .wire = "Values/member", .title = "VALUE", .width = 10, .help = "Newest value."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct point_row, "metrics", fields);

struct state {
	struct metric_history *items;
	size_t n;
	int64_t slow;        /* every rhythm is so many times as long, by the budget */
	int64_t asked_at_us; /* wall; the newest question that was answered */
};

static void history_release(struct metric_history *h)
{
	xfree(h->object);
	series_ring_release(&h->ring);
}

static void state_free(void *p)
{
	struct state *st = p;

	if (!st)
		return;
	for (size_t i = 0; i < st->n; i++)
		history_release(&st->items[i]);
	xfree(st->items);
	xfree(st);
}

static struct state *get_state(struct fetch *f)
{
	void **slot = fetch_state(f, state_free);

	if (!*slot)
		*slot = xalloc(sizeof(struct state));
	return *slot;
}

static int64_t range_of(const struct target *t)
{
	return t->range_us > 0 ? t->range_us : RANGE_DEFAULT_US;
}

/* 1h and 3h by the minute, up to a day by five, longer by the hour. */
static int64_t period_of(const struct metric *m, int64_t range_us)
{
	int64_t period = range_us <= 3 * US_PER_HOUR ? US_PER_MIN
			 : range_us <= US_PER_DAY    ? 5 * US_PER_MIN
						     : US_PER_HOUR;

	return m->rhythm == EVERY_FIVE && period < 5 * US_PER_MIN ? 5 * US_PER_MIN : period;
}

static int64_t rhythm_of(const struct metric_history *h, bool wide)
{
	switch (h->part == SERIES_SHOWN ? h->metric->rhythm : EVERY_HOUR) {
	case EVERY_MINUTE:
	case WIDE_ONLY:
		return US_PER_MIN;
	case WHEN_WIDE_MINUTE:
		return wide ? US_PER_MIN : 5 * US_PER_MIN;
	case EVERY_FIVE:
		return 5 * US_PER_MIN;
	case EVERY_HOUR:
		break;
	}
	return US_PER_HOUR;
}

static int64_t interval_of(const struct metric_history *h, bool wide, int64_t slow)
{
	int64_t us = rhythm_of(h, wide);

	return us >= US_PER_HOUR ? us : us * slow < US_PER_HOUR ? us * slow : US_PER_HOUR;
}

static struct metric_history *find_history(struct state *st, const struct metric *m, struct str object,
					   enum series_part part)
{
	struct metric_history *h;

	for (size_t i = 0; i < st->n; i++) {
		h = &st->items[i];
		if (h->metric == m && h->part == part && str_eq_c(object, h->object))
			return h;
	}
	if (st->n == HISTORIES_MAX)
		return NULL;
	st->items = xrealloc_array(st->items, st->n + 1, sizeof(*st->items));
	h = &st->items[st->n++];
	*h = (struct metric_history){.metric = m, .object = xstrndup(object.ptr, object.len), .part = part};
	return h;
}

/* What was asked for another period, or of another day, is of no use; what is longer than before is asked anew. */
static void want_part(struct state *st, const struct fetch *f, const struct metric *m, struct str object,
		      enum series_part part)
{
	struct metric_history *h = find_history(st, m, object, part);
	int64_t range = part == SERIES_WEEK ? WEEK_US : range_of(f->target), period = period_of(m, range);
	int64_t offset = part == SERIES_BEFORE ? f->target->compare_us : 0;

	if (!h)
		return;
	h->wanted = true;
	if (h->period_us != period || h->offset_us != offset)
		series_ring_release(&h->ring);
	if (h->period_us != period || h->offset_us != offset || h->range_us < range)
		h->asked_until = 0;
	h->range_us = range;
	h->period_us = period;
	h->offset_us = offset;
}

static void want(struct state *st, const struct fetch *f, const struct metric *m, struct str object)
{
	want_part(st, f, m, object, SERIES_SHOWN);
	if (m->more & METRIC_FORECAST)
		want_part(st, f, m, object, SERIES_WEEK);
	if ((m->more & METRIC_COMPARED) && f->target->compare_us > 0)
		want_part(st, f, m, object, SERIES_BEFORE);
}

static bool applies(const struct metric *m, bool serverless, struct str role)
{
	switch (m->only) {
	case METRIC_ANY:
		return true;
	case METRIC_SERVERLESS:
		return serverless;
	case METRIC_PROVISIONED:
		return !serverless;
	case METRIC_READER:
		return str_eq_c(role, "reader");
	case METRIC_WRITER:
		break;
	}
	return str_eq_c(role, "writer");
}

/* Marks what the cluster as it is now has; histories of what is gone stay until they are empty, but for comparisons. */
static void choose(struct state *st, const struct fetch *f)
{
	const struct snapshot *clusters = f->inputs[0], *instances = f->inputs[1];
	bool serverless = aws_input_i64(clusters, 0, "auto_pause_us", &(int64_t){0});
	union value max_acu;
	int acu = rec_find(clusters->type, STR("max_acu"));

	serverless =
		serverless || (acu >= 0 && rec_get(&clusters->type->fields[acu], snapshot_row(clusters, 0), &max_acu));
	for (size_t i = 0; i < st->n; i++)
		st->items[i].wanted = false;
	for (size_t k = 0; k < ARRAY_LEN(metrics); k++) {
		const struct metric *m = &metrics[k];

		if (m->rhythm == WIDE_ONLY && !f->wide)
			continue;
		if (m->scope == METRIC_OF_CLUSTER && applies(m, serverless, STR("")))
			want(st, f, m, aws_input_text(clusters, 0, "identifier"));
		for (size_t i = 0; m->scope == METRIC_OF_INSTANCE && i < instances->nrows; i++)
			if (applies(m, str_eq_c(aws_input_text(instances, i, "class"), "db.serverless"),
				    aws_input_text(instances, i, "role")))
				want(st, f, m, aws_input_text(instances, i, "identifier"));
	}
}

static void forget_old(struct state *st, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < st->n; i++) {
		struct metric_history *h = &st->items[i];

		series_ring_trim(&h->ring, now - h->range_us - US_PER_HOUR);
		if (!h->wanted && (h->ring.n == 0 || h->part == SERIES_BEFORE)) {
			history_release(h);
			continue;
		}
		st->items[kept++] = *h;
	}
	st->n = kept;
}

/* The whole range, or what has come since; points that are late are looked for, but not a day later. */
static void set_question(struct metric_history *h, int64_t now)
{
	int64_t back = h->metric->rhythm == EVERY_FIVE ? LOOK_BACK_SPARSE_US : LOOK_BACK_US;
	int64_t start = now - h->range_us;

	back = h->offset_us > 0 ? 0 : back > 3 * h->period_us ? back : 3 * h->period_us;
	if (h->asked_until > 0 && h->asked_until - back > start)
		start = h->asked_until - back;
	start -= h->offset_us;
	h->start = start - start % h->period_us;
	h->end = h->offset_us > 0 ? now - h->offset_us + AHEAD_US : now;
}

static bool due(const struct state *st, const struct metric_history *h, int64_t now, bool wide)
{
	return h->wanted && h->asked_until + interval_of(h, wide, st->slow) <= now;
}

/* ---- the budget */

static int64_t price(void)
{
	return aws_api_find(AWS_CLOUDWATCH, "GetMetricData")->nano_usd;
}

/* What an hour of questions costs when every rhythm is so many times as long. */
static int64_t hour_costs(const struct state *st, bool wide, int64_t slow)
{
	int64_t questions = 0;

	for (size_t i = 0; i < st->n; i++)
		if (st->items[i].wanted)
			questions += US_PER_HOUR / interval_of(&st->items[i], wide, slow);
	return questions * price();
}

/* What other services cost an hour. */
static int64_t others_cost(void)
{
	struct meter_row row;
	int64_t all = 0;

	for (size_t i = 0; meter_read(i, clock_mono_us(), &row); i++)
		if (strcmp(row.name, aws_services[AWS_CLOUDWATCH].name) != 0)
			all += row.nano_usd_hour;
	return all;
}

static int64_t slowness(const struct state *st, int64_t budget, bool wide)
{
	int64_t left = budget - others_cost(), slow = 1;

	while (budget > 0 && slow < SLOW_MAX && hour_costs(st, wide, slow) > left)
		slow++;
	return slow;
}

static bool is_affordable(const struct fetch *f, size_t nquestions)
{
	int64_t budget = f->target->budget_nano_usd;

	return budget <= 0 || meter_spent(clock_mono_us()) + (int64_t)nquestions * price() <= budget;
}

/* Histories that are due and ask for the same time as the first such one. */
static void gather(const struct state *st, int64_t now, bool wide, struct metric_points *p)
{
	p->nasked = 0;
	for (size_t i = 0; i < st->n && p->nasked < METRIC_QUERIES_MAX; i++) {
		struct metric_history *h = &st->items[i];

		if (h->answered || !due(st, h, now, wide))
			continue;
		if (p->nasked > 0 && (h->start != p->asked[0]->start || h->end != p->asked[0]->end))
			continue;
		p->asked[p->nasked++] = h;
	}
}

static bool ask_all(struct fetch *f, struct state *st, int64_t now, struct err *err)
{
	struct metric_points p = {.asked = xcalloc(METRIC_QUERIES_MAX, sizeof(*p.asked))};
	bool ok = true;

	for (size_t i = 0; i < st->n; i++) {
		st->items[i].answered = false;
		if (st->items[i].wanted)
			set_question(&st->items[i], now);
	}
	for (gather(st, now, f->wide, &p); ok && p.nasked > 0; gather(st, now, f->wide, &p)) {
		if (!is_affordable(f, p.nasked))
			break;
		ok = metric_ask(f, &p, now, err);
		st->asked_at_us = ok ? clock_wall_us() : st->asked_at_us;
		/* One round for each: what the service did not answer waits for the next fetch. */
		for (size_t i = 0; i < p.nasked; i++)
			p.asked[i]->answered = true;
	}
	metric_points_release(&p);
	return ok;
}

static void fill_series(struct snapshot *s, const struct metric_history *h, struct series *out, int64_t now)
{
	int64_t from = now - h->range_us;

	out->part = h->part;
	out->metric = str_c(h->metric->name);
	out->object = arena_str(s->arena, str_c(h->object));
	out->dimension = arena_fmt(s->arena, "%s=%s", metric_dimension(h->metric), h->object);
	out->unit = str_c(h->metric->unit);
	out->statistic = str_c(h->metric->statistic);
	out->period_us = h->period_us;
	series_ring_copy(&h->ring, s->arena, from - from % US_PER_MIN, now, out);
}

static void add_row(struct snapshot *s, const struct series *x)
{
	struct point_row *r = snapshot_add_row(s);

	if (!r)
		return;
	SET(r, struct point_row, metric, x->metric);
	SET(r, struct point_row, object, x->object);
	SET(r, struct point_row, dimension, x->dimension);
	SET(r, struct point_row, unit, x->unit);
	SET(r, struct point_row, statistic, x->statistic);
	SET(r, struct point_row, at, x->at[x->n - 1]);
	SET(r, struct point_row, value, x->value[x->n - 1]);
}

static struct snapshot *make_snapshot(const struct state *st, int64_t now)
{
	struct snapshot *s = snapshot_new(&type, "metrics");

	s->series.items = arena_alloc_array(s->arena, st->n, sizeof(*s->series.items));
	for (size_t i = 0; i < st->n; i++) {
		struct series *x = &s->series.items[s->series.n++];

		fill_series(s, &st->items[i], x, now);
		if (st->items[i].wanted && x->n > 0 && x->part == SERIES_SHOWN)
			add_row(s, x);
	}
	return s;
}

static bool nothing_affordable(const struct fetch *f, struct err *err)
{
	double budget = (double)f->target->budget_nano_usd / (double)NANO_PER_USD;

	err_set(err, ERR_UNAVAILABLE, "the budget of %.6f USD an hour is used up before the first metric", budget);
	err_remedy(err, "Raise --budget, or wait: they come when an hour allows it.");
	return false;
}

/* Stretched by the budget, what is published is as old as its last question. */
static void date(struct snapshot *s, const struct state *st)
{
	if (st->slow <= 1)
		return;
	s->at_us = st->asked_at_us;
	s->period_us = source_metrics.period_us * st->slow;
	s->by_budget = true;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct state *st = get_state(f);
	int64_t now = clock_wall_us();
	struct snapshot *s;

	now -= now % US_PER_MIN;
	choose(st, f);
	forget_old(st, now);
	st->slow = slowness(st, f->target->budget_nano_usd, f->wide);
	meter_slow_set(st->slow);
	if (!ask_all(f, st, now, err))
		return false;
	if (st->asked_at_us == 0 && st->n > 0)
		return nothing_affordable(f, err);
	s = make_snapshot(st, now);
	date(s, st);
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	enum readiness r = aws_ready_cluster(t, inputs, why);

	return r == READY && !inputs[1] ? READY_WAIT : r;
}

const struct source source_metrics = {
	.name = "metrics",
	.title = "metrics",
	.help = "CloudWatch metrics of the cluster and its instances; rows hold the newest points.",
	.type = &type,
	.lane = LANE_CLOUDWATCH,
	.flags = SOURCE_AWS | SOURCE_SERIES,
	.period_us = 60 * US_PER_S,
	.deadline_us = 30 * US_PER_S,
	.inputs = "clusters instances",
	.origin = "CloudWatch GetMetricData",
	.ready = ready,
	.fetch = fetch,
};
