/*
 * test_aws_metrics.c: which metrics are asked when, and how answers become series.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/sources.h"
#include "base/clock.h"
#include "base/parse.h"
#include "runtime/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOON INT64_C(1768478400) /* 2026-01-15T12:00:00Z, seconds */

static struct err err;

/* A CloudWatch that has a point for every period: the minute of the hour, or what a test wants. */
struct watch {
	int queries, calls, by_name_count;
	const char *count_name; /* metric to count separately */
	int64_t first_start, last_start, last_end, last_period;
	const char *internal_error; /* metric that cannot be answered */
	const char *uneven;         /* metric with one value too few */
	bool two_pages;
};

/* Decoded value of one parameter of a form, "" when absent. */
static void parameter(struct str form, const char *name, char *out, size_t len)
{
	struct str part;

	out[0] = '\0';
	while (form.len > 0 && str_split(&form, '&', &part)) {
		struct str key;

		if (!str_split(&part, '=', &key) || !str_eq_c(key, name))
			continue;
		for (size_t i = 0, n = 0; i < part.len && n + 1 < len; i++, n++) {
			bool colon = part.ptr[i] == '%' && i + 2 < part.len && part.ptr[i + 2] == 'A';

			out[n] = colon ? ':' : part.ptr[i];
			out[n + 1] = '\0';
			i += colon ? 2 : 0;
		}
	}
}

static void member(struct str form, int n, const char *rest, char *out, size_t len)
{
	char name[128];

	snprintf(name, sizeof(name), "MetricDataQueries.member.%d.%s", n, rest);
	parameter(form, name, out, len);
}

static bool has_point(const char *metric, int64_t at_s)
{
	if (strcmp(metric, "FreeStorageSpace") == 0)
		return false;
	/* CPUUtilization misses each 7th minute */
	return strcmp(metric, "CPUUtilization") != 0 || at_s / 60 % 7 != 0;
}

static double value_at(const char *metric, int64_t at_s)
{
	return strcmp(metric, "DatabaseConnections") == 0 ? 0 : (double)(at_s / 60 % 60);
}

static void add_member(struct watch *w, struct buf *xml, const char *id, const char *metric, int64_t from, int64_t to)
{
	char iso[40];
	struct buf values;

	buf_init(&values, 1u << 22);
	buf_addf(xml, "<member><Timestamps>");
	for (int64_t at = from; at < to; at += w->last_period) {
		if (!has_point(metric, at))
			continue;
		buf_addf(xml, "<member>%s</member>", clock_iso8601(at * US_PER_S, iso, sizeof(iso)));
		if (!w->uneven || strcmp(metric, w->uneven) != 0 || values.len > 0)
			buf_addf(&values, "<member>%g</member>", value_at(metric, at));
		else
			buf_addf(&values, " ");
	}
	buf_addf(xml, "</Timestamps><Label>x</Label><StatusCode>%s</StatusCode><Values>",
		 w->internal_error && strcmp(metric, w->internal_error) == 0 ? "InternalError"
		 : w->two_pages                                              ? "PartialData"
									     : "Complete");
	buf_add_str(xml, buf_str(&values));
	buf_addf(xml, "</Values><Id>%s</Id></member>", id);
	buf_release(&values);
}

static int64_t seconds(struct str form, const char *name)
{
	char text[64];
	int64_t us = 0;

	parameter(form, name, text, sizeof(text));
	assert_true(clock_parse_iso8601(str_c(text), &us));
	return us / US_PER_S;
}

static enum loopback_action answer_metrics(void *ctx, int number, struct str req, struct buf *answer)
{
	struct watch *w = ctx;
	struct str form = str_sub(req, (size_t)str_find(req, STR("\r\n\r\n"), 0) + 4, req.len);
	char id[64], metric[64], period[32], token[32];
	struct buf xml;
	int64_t from, to, middle;

	(void)number;
	w->calls++;
	w->last_start = seconds(form, "StartTime");
	w->last_end = seconds(form, "EndTime");
	if (w->calls == 1)
		w->first_start = w->last_start;
	parameter(form, "NextToken", token, sizeof(token));
	from = w->last_start;
	to = w->last_end;
	buf_init(&xml, 1u << 24);
	buf_addf(&xml, "<GetMetricDataResponse><GetMetricDataResult><MetricDataResults>");
	for (int n = 1;; n++) {
		member(form, n, "Id", id, sizeof(id));
		if (!id[0])
			break;
		member(form, n, "MetricStat.Metric.MetricName", metric, sizeof(metric));
		member(form, n, "MetricStat.Period", period, sizeof(period));
		assert_true(parse_i64(str_c(period), &w->last_period));
		assert_int_equal(from % w->last_period, 0);
		w->queries += !token[0];
		w->by_name_count += !token[0] && w->count_name && strcmp(metric, w->count_name) == 0;
		middle = from + (to - from) / 2 / w->last_period * w->last_period;
		add_member(w, &xml, id, metric, w->two_pages && token[0] ? middle : from,
			   w->two_pages && !token[0] ? middle : to);
	}
	buf_addf(&xml, "</MetricDataResults>%s</GetMetricDataResult></GetMetricDataResponse>",
		 w->two_pages && !token[0] ? "<NextToken>more</NextToken>" : "");
	loopback_reply(answer, 200, "", buf_c(&xml));
	buf_release(&xml);
	return LOOPBACK_KEEP;
}

static void set(struct snapshot *s, void *row, const char *name, const char *text)
{
	union value v = {.str = str_c(text)};
	const struct field *f = &s->type->fields[rec_find(s->type, str_c(name))];

	if (f->kind == K_REAL)
		v.f64 = 1;
	rec_set(f, row, v);
}

static const struct snapshot *clusters(bool serverless)
{
	struct snapshot *s = snapshot_new(source_clusters.type, "clusters");
	void *row = snapshot_add_row(s);

	set(s, row, "identifier", "orders");
	if (serverless)
		set(s, row, "max_acu", "");
	return snapshot_publish(s);
}

/* orders-1 .. orders-n; number `writer` writes. */
static const struct snapshot *instances(int n, int writer, bool serverless)
{
	static const char *const names[] = {"orders-1", "orders-2", "orders-3", "orders-4"};
	struct snapshot *s = snapshot_new(source_instances.type, "instances");

	for (int i = 0; i < n; i++) {
		void *row = snapshot_add_row(s);

		set(s, row, "identifier", names[i]);
		set(s, row, "role", i + 1 == writer ? "writer" : "reader");
		set(s, row, "class", serverless ? "db.serverless" : "db.r6g.large");
	}
	return snapshot_publish(s);
}

struct scene {
	struct watch watch;
	struct loopback *server;
	struct fake fake;
};

static void begin(struct scene *s, int n, bool serverless)
{
	*s = (struct scene){.watch = {.queries = 0}};
	s->server = loopback_start(answer_metrics, &s->watch, false);
	clock_freeze(NOON * US_PER_S);
	fake_init(&s->fake, &source_metrics, loopback_url(s->server), "orders");
	s->fake.fetch.inputs[0] = clusters(serverless);
	s->fake.fetch.inputs[1] = instances(n, 1, serverless);
}

static void end(struct scene *s)
{
	snapshot_unref(s->fake.fetch.inputs[0]);
	snapshot_unref(s->fake.fetch.inputs[1]);
	fake_release(&s->fake);
	loopback_stop(s->server);
	clock_freeze(0);
}

static const struct snapshot *fetch_at(struct scene *s, int64_t second)
{
	clock_freeze(second * US_PER_S);
	fake_clear(&s->fake);
	if (!fake_run(&s->fake, &err))
		fail_msg("%s", err.text);
	return fake_last(&s->fake);
}

/* An hour with three instances on screen. */
static void test_an_hour_is_affordable(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 3, false);
	s.watch.count_name = "FreeStorageSpace";
	for (int minute = 0; minute < 60; minute++)
		fetch_at(&s, NOON + 60 * minute);
	assert_true(s.watch.queries > 600);
	assert_true(s.watch.queries <= 1000);
	assert_int_equal(s.watch.by_name_count, 3); /* once for each instance */
	end(&s);
	begin(&s, 3, true);
	s.watch.count_name = "VolumeBytesUsed";
	for (int minute = 0; minute < 60; minute++)
		fetch_at(&s, NOON + 60 * minute + 7);
	assert_true(s.watch.queries <= 1000);
	/* twelve for what is shown, one for the forecast */
	assert_int_equal(s.watch.by_name_count, 13);
	end(&s);
	/* comparing costs each metric shown once an hour */
	begin(&s, 3, false);
	s.watch.count_name = "CPUUtilization";
	s.fake.target->compare_us = US_PER_DAY;
	for (int minute = 0; minute < 60; minute++)
		fetch_at(&s, NOON + 60 * minute);
	assert_true(s.watch.queries <= 1000);
	assert_int_equal(s.watch.by_name_count, 3 * 60 + 3);
	end(&s);
}

/* Questions of three hours with a budget; no hour may have more than it allows. */
static int questions_within(struct scene *s, int64_t budget_questions, const struct snapshot **ret_last)
{
	int64_t asked[180];

	s->fake.target->budget_nano_usd = budget_questions * 10000;
	for (int minute = 0; minute < 180; minute++) {
		int64_t before = s->watch.queries;

		*ret_last = fetch_at(s, NOON + 60 * minute);
		asked[minute] = s->watch.queries - before;
	}
	for (int from = 0; from + 60 <= 180; from++) {
		int64_t hour = 0;

		for (int i = 0; i < 60; i++)
			hour += asked[from + i];
		assert_true(hour <= budget_questions);
	}
	return s->watch.queries;
}

static void test_the_budget_is_kept(void **state)
{
	const struct snapshot *last;
	struct meter_row row;
	struct scene s;
	int free, queries;

	(void)state;
	meter_reset();
	begin(&s, 3, false);
	free = questions_within(&s, 100000, &last);
	assert_int_equal(last->period_us, 0);
	assert_int_equal(meter_slow(), 1);
	end(&s);
	meter_reset();
	begin(&s, 3, false);
	queries = questions_within(&s, 300, &last);
	/* it is used, too, and what is shown says how old it is */
	assert_true(queries > 400 && queries < free / 2);
	assert_true(meter_slow() > 1);
	assert_true(last->period_us >= 2 * US_PER_MIN);
	assert_true(last->at_us > clock_wall_us() - last->period_us - US_PER_MIN);
	assert_true(meter_read(0, clock_mono_us(), &row));
	assert_string_equal(row.name, "CloudWatch");
	assert_int_equal(row.nano_usd, queries * 10000);
	end(&s);
	meter_reset();
}

/* Not even the first question: said in words, and nothing is asked. */
static void test_no_budget_at_all(void **state)
{
	struct scene s;

	(void)state;
	meter_reset();
	begin(&s, 3, false);
	s.fake.target->budget_nano_usd = 5 * 10000;
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "the budget of 0.000050 USD an hour"));
	assert_non_null(strstr(err.remedy, "--budget"));
	assert_int_equal(s.watch.queries, 0);
	end(&s);
	meter_reset();
}

static const struct series *find(const struct snapshot *s, const char *metric, const char *object)
{
	const struct series *x = series_find(&s->series, metric, str_c(object));

	if (!x)
		fail_msg("no series %s of %s", metric, object);
	return x;
}

static void test_backfill_then_increments(void **state)
{
	const struct snapshot *snap;
	const struct series *x;
	struct scene s;

	(void)state;
	begin(&s, 2, false);
	snap = fetch_at(&s, NOON + 30);
	assert_int_equal(s.watch.first_start, NOON - 3 * 3600);
	assert_int_equal(s.watch.last_end, NOON); /* whole minutes only */
	x = find(snap, "FreeableMemory", "orders-1");
	assert_int_equal(x->n, 180);
	assert_int_equal(x->period_us, US_PER_MIN);
	assert_int_equal(x->at[0], (NOON - 3 * 3600) * US_PER_S);
	assert_int_equal(x->at[179], (NOON - 60) * US_PER_S);
	assert_true(str_eq_c(x->dimension, "DBInstanceIdentifier=orders-1"));
	assert_true(str_eq_c(x->unit, "Bytes"));
	x = find(snap, "VolumeBytesUsed", "orders");
	assert_int_equal(x->period_us, 5 * US_PER_MIN);
	assert_int_equal(x->n, 36);
	s.watch.calls = 0;
	snap = fetch_at(&s, NOON + 90);
	assert_int_equal(s.watch.calls, 1);
	assert_int_equal(s.watch.last_start, NOON - 15 * 60); /* late points are looked for, not all of them again */
	assert_int_equal(s.watch.last_end, NOON + 60);
	x = find(snap, "FreeableMemory", "orders-1");
	assert_int_equal(x->n, 180); /* the oldest left the range */
	assert_int_equal(x->at[x->n - 1], NOON * US_PER_S);
	/* the same minute again asks nothing and still shows all */
	s.watch.calls = 0;
	snap = fetch_at(&s, NOON + 100);
	assert_int_equal(s.watch.calls, 0);
	assert_int_equal(find(snap, "FreeableMemory", "orders-1")->n, 180);
	/* after a long silence the hole is filled */
	fetch_at(&s, NOON + 3600);
	snap = fake_last(&s.fake);
	x = find(snap, "FreeableMemory", "orders-1");
	assert_int_equal(x->n, 180);
	end(&s);
}

static void test_zero_gap_and_nothing_differ(void **state)
{
	const struct snapshot *snap;
	const struct series *x;
	struct scene s;
	size_t rows = 0;

	(void)state;
	begin(&s, 1, false);
	snap = fetch_at(&s, NOON);
	x = find(snap, "DatabaseConnections", "orders-1");
	assert_int_equal(x->n, 180);
	assert_true(x->value[0] >= 0 && x->value[0] <= 0);
	x = find(snap, "CPUUtilization", "orders-1");
	assert_true(x->n > 150 && x->n < 160); /* the gaps are no points */
	for (size_t i = 0; i < x->n; i++)
		assert_true(x->at[i] / US_PER_MIN % 7 != 0);
	assert_int_equal(find(snap, "FreeStorageSpace", "orders-1")->n, 0);
	assert_null(series_find(&snap->series, "AuroraReplicaLag", str_c("orders-1"))); /* the writer has none */
	for (size_t i = 0; i < snap->nrows; i++) {
		struct buf key;

		buf_init(&key, 1024);
		rec_key_text(snap->type, snapshot_row(snap, i), &key);
		assert_true(str_find(buf_str(&key), STR("FreeStorageSpace"), 0) < 0);
		rows += str_starts(buf_str(&key), STR("DatabaseConnections\x1f"
						      "orders-1"));
		buf_release(&key);
	}
	assert_int_equal(rows, 1);
	end(&s);
}

static void test_pages_are_merged(void **state)
{
	const struct series *x;
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.watch.two_pages = true;
	x = find(fetch_at(&s, NOON), "FreeableMemory", "orders-1");
	assert_int_equal(x->n, 180);
	assert_true(s.watch.calls >= 2);
	end(&s);
}

static void test_unanswered_is_asked_again(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.watch.internal_error = "ReadIOPS"; /* asked every five minutes when all is well */
	s.watch.count_name = "ReadIOPS";
	fetch_at(&s, NOON);
	assert_int_equal(s.watch.by_name_count, 1);
	s.watch.internal_error = NULL;
	fetch_at(&s, NOON + 60);
	assert_int_equal(s.watch.by_name_count, 2);
	assert_int_equal(find(fake_last(&s.fake), "ReadIOPS", "orders-1")->n, 180);
	fetch_at(&s, NOON + 120);
	assert_int_equal(s.watch.by_name_count, 2);
	fetch_at(&s, NOON + 360);
	assert_int_equal(s.watch.by_name_count, 3);
	end(&s);
}

static void test_uneven_answer(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.watch.uneven = "FreeableMemory";
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "values"));
	assert_int_equal(s.fake.npublished, 0);
	end(&s);
}

static void test_wide_asks_more(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.watch.count_name = "NetworkThroughput";
	fetch_at(&s, NOON);
	assert_int_equal(s.watch.by_name_count, 0);
	s.fake.fetch.wide = true;
	fetch_at(&s, NOON + 60);
	assert_int_equal(s.watch.by_name_count, 1);
	s.watch.count_name = "ReadIOPS";
	s.watch.by_name_count = 0;
	fetch_at(&s, NOON + 120);
	assert_int_equal(s.watch.by_name_count, 1);
	end(&s);
}

static void test_period_follows_range(void **state)
{
	static const struct {
		int64_t hours, period_s;
	} want[] = {{1, 60}, {3, 60}, {12, 300}, {24, 300}, {168, 3600}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct series *x;
		struct scene s;

		begin(&s, 1, false);
		s.fake.target->range_us = want[i].hours * US_PER_HOUR;
		x = find(fetch_at(&s, NOON), "FreeableMemory", "orders-1");
		assert_int_equal(x->period_us, want[i].period_s * US_PER_S);
		assert_int_equal(x->n, want[i].hours * 3600 / want[i].period_s);
		assert_int_equal(s.watch.first_start, NOON - want[i].hours * 3600);
		end(&s);
	}
}

/* Another range begins anew: a week by the hour is not three hours by the minute with little in front. */
static void test_another_range_is_fetched_whole(void **state)
{
	const struct series *x;
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	x = find(fetch_at(&s, NOON), "FreeableMemory", "orders-1");
	assert_int_equal(x->n, 180);
	s.fake.target->range_us = 7 * US_PER_DAY;
	x = find(fetch_at(&s, NOON + 60), "FreeableMemory", "orders-1");
	assert_int_equal(x->period_us, US_PER_HOUR);
	assert_int_equal(x->n, 168);
	for (size_t i = 1; i < x->n; i++)
		assert_int_equal(x->at[i] - x->at[i - 1], US_PER_HOUR);
	/* of the same period, but longer */
	s.fake.target->range_us = 12 * US_PER_HOUR;
	assert_int_equal(find(fetch_at(&s, NOON + 120), "FreeableMemory", "orders-1")->n, 144);
	s.fake.target->range_us = US_PER_DAY;
	assert_int_equal(find(fetch_at(&s, NOON + 180), "FreeableMemory", "orders-1")->n, 288);
	end(&s);
}

/* For a forecast there is a week by the hour, whatever is shown; in no row. */
static void test_a_week_for_the_forecast(void **state)
{
	const struct snapshot *snap;
	const struct series *x;
	struct scene s;
	size_t rows = 0;

	(void)state;
	begin(&s, 2, false);
	snap = fetch_at(&s, NOON);
	x = series_find_part(&snap->series, "VolumeBytesUsed", STR("orders"), SERIES_WEEK);
	assert_non_null(x);
	assert_int_equal(x->period_us, US_PER_HOUR);
	assert_int_equal(x->n, 168);
	assert_int_equal(find(snap, "VolumeBytesUsed", "orders")->n, 36);
	assert_non_null(series_find_part(&snap->series, "MaximumUsedTransactionIDs", STR("orders-1"), SERIES_WEEK));
	assert_null(series_find_part(&snap->series, "MaximumUsedTransactionIDs", STR("orders-2"), SERIES_WEEK));
	for (size_t i = 0; i < snap->nrows; i++) {
		struct buf key;

		buf_init(&key, 1024);
		rec_key_text(snap->type, snapshot_row(snap, i), &key);
		rows += str_starts(buf_str(&key), STR("VolumeBytesUsed\x1f"));
		buf_release(&key);
	}
	assert_int_equal(rows, 1);
	end(&s);
}

static void test_the_day_before(void **state)
{
	const struct snapshot *snap;
	const struct series *x;
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.fake.target->compare_us = US_PER_DAY;
	s.watch.count_name = "FreeableMemory";
	snap = fetch_at(&s, NOON);
	assert_int_equal(s.watch.by_name_count, 2);
	x = series_find_part(&snap->series, "FreeableMemory", STR("orders-1"), SERIES_BEFORE);
	assert_non_null(x);
	/* yesterday's points stand at today's times */
	assert_int_equal(x->at[0], (NOON - 3 * 3600) * US_PER_S);
	assert_true(x->n >= 180);
	/* the next hour of yesterday is known already */
	fetch_at(&s, NOON + 60);
	assert_int_equal(s.watch.by_name_count, 3);
	snap = fetch_at(&s, NOON + 50 * 60);
	assert_int_equal(s.watch.by_name_count, 4);
	x = series_find_part(&snap->series, "FreeableMemory", STR("orders-1"), SERIES_BEFORE);
	assert_int_equal(x->at[x->n - 1], (NOON + 50 * 60) * US_PER_S);
	/* another day is other points */
	s.fake.target->compare_us = 7 * US_PER_DAY;
	fetch_at(&s, NOON + 51 * 60);
	assert_int_equal(s.watch.by_name_count, 6);
	/* and off is off */
	s.fake.target->compare_us = 0;
	snap = fetch_at(&s, NOON + 52 * 60);
	assert_null(series_find_part(&snap->series, "FreeableMemory", STR("orders-1"), SERIES_BEFORE));
	end(&s);
}

/* The answer checks that every start is a multiple of the period. */
static void test_alignment(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1, false);
	s.fake.target->range_us = 168 * US_PER_HOUR;
	fetch_at(&s, NOON + 7 * 60 + 12);
	assert_int_equal(s.watch.last_end, NOON + 7 * 60);
	fetch_at(&s, NOON + 11 * 60 + 59);
	assert_int_equal(s.watch.last_start, NOON - 3 * 3600);
	end(&s);
}

/* After a failover the newreader's lag is asked for, the old one's stays until it leaves the range. */
static void test_failover(void **state)
{
	const struct snapshot *snap;
	struct scene s;

	(void)state;
	begin(&s, 2, false);
	snap = fetch_at(&s, NOON);
	assert_int_equal(find(snap, "AuroraReplicaLag", "orders-2")->n, 180);
	snapshot_unref(s.fake.fetch.inputs[1]);
	s.fake.fetch.inputs[1] = instances(2, 2, false);
	snap = fetch_at(&s, NOON + 3600);
	assert_int_equal(find(snap, "AuroraReplicaLag", "orders-1")->n, 180);
	assert_int_equal(find(snap, "AuroraReplicaLag", "orders-2")->n, 120);
	for (size_t i = 0; i < snap->nrows; i++) { /* and is no newest value any more */
		struct buf key;

		buf_init(&key, 1024);
		rec_key_text(snap->type, snapshot_row(snap, i), &key);
		assert_true(str_find(buf_str(&key),
				     STR("AuroraReplicaLag\x1f"
					 "orders-2"),
				     0) < 0);
		buf_release(&key);
	}
	snap = fetch_at(&s, NOON + 10 * 3600);
	assert_null(series_find(&snap->series, "AuroraReplicaLag", str_c("orders-2")));
	end(&s);
}

static void test_serverless(void **state)
{
	const struct snapshot *snap;
	struct scene s;

	(void)state;
	begin(&s, 1, true);
	snap = fetch_at(&s, NOON);
	find(snap, "ServerlessDatabaseCapacity", "orders");
	find(snap, "ACUUtilization", "orders-1");
	assert_null(series_find(&snap->series, "FreeLocalStorage", str_c("orders-1")));
	end(&s);
	begin(&s, 1, false);
	snap = fetch_at(&s, NOON);
	assert_null(series_find(&snap->series, "ServerlessDatabaseCapacity", str_c("orders")));
	find(snap, "FreeLocalStorage", "orders-1");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_hour_is_affordable),
		cmocka_unit_test(test_the_budget_is_kept),
		cmocka_unit_test(test_no_budget_at_all),
		cmocka_unit_test(test_backfill_then_increments),
		cmocka_unit_test(test_zero_gap_and_nothing_differ),
		cmocka_unit_test(test_pages_are_merged),
		cmocka_unit_test(test_unanswered_is_asked_again),
		cmocka_unit_test(test_uneven_answer),
		cmocka_unit_test(test_wide_asks_more),
		cmocka_unit_test(test_period_follows_range),
		cmocka_unit_test(test_another_range_is_fetched_whole),
		cmocka_unit_test(test_a_week_for_the_forecast),
		cmocka_unit_test(test_the_day_before),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_serverless),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
