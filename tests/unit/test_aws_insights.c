/*
 * test_aws_insights.c: what is asked of Performance Insights, and how its answers become the load by class and the
 * keys of a slice; answers with gaps, without rights, and hostile ones.
 */
#include "aws/fake_fetch.h"
#include "aws/json_help.h"
#include "aws/loopback.h"

#include "aws/input.h"
#include "aws/insights.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "codec/codec_json.h"
#include "model/load_key.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOON INT64_C(1768478400) /* 2026-01-15T12:00:00Z, seconds */
#define ANSWERS_MAX 8

static struct err err;

/* Answers in turn by what the request contains; the requests are kept. */
struct scene {
	struct {
		const char *has, *body;
		int status; /* 0 = 200 */
	} answers[ANSWERS_MAX];
	char requests[ANSWERS_MAX][2048];
	int nrequests;
	struct loopback *server;
	struct fake fake;
	struct snapshot *clusters, *instances;
};

static enum loopback_action play(void *ctx, int n, struct str req, struct buf *answer)
{
	struct scene *s = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0);

	(void)n;
	if (s->nrequests < ANSWERS_MAX)
		snprintf(s->requests[s->nrequests++], sizeof(s->requests[0]), STR_FMT,
			 STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	for (size_t i = 0; i < ANSWERS_MAX && s->answers[i].has; i++)
		if (str_find(req, str_c(s->answers[i].has), 0) >= 0) {
			loopback_reply(answer, s->answers[i].status ? s->answers[i].status : 200, "",
				       s->answers[i].body);
			return LOOPBACK_KEEP;
		}
	loopback_reply(answer, 400, "", "{\"__type\":\"InvalidArgumentException\",\"Message\":\"unexpected\"}");
	return LOOPBACK_KEEP;
}

static void put(struct snapshot *s, void *row, const char *field, union value v)
{
	int i = rec_find(s->type, str_c(field));

	assert_true(i >= 0);
	rec_set(&s->type->fields[i], row, v);
}

/* A cluster with a writer and a reader. */
static void add_inputs(struct scene *s, bool on)
{
	static const char *const roles[] = {"reader", "writer"}, *const ids[] = {"orders-2", "orders-1"},
				 *const resources[] = {"db-READER", "db-WRITER"};
	void *row;

	s->clusters = snapshot_new(source_clusters.type, "clusters");
	row = snapshot_add_row(s->clusters);
	put(s->clusters, row, "identifier", (union value){.str = STR("orders")});
	s->instances = snapshot_new(source_instances.type, "instances");
	for (int i = 0; i < 2; i++) {
		row = snapshot_add_row(s->instances);
		put(s->instances, row, "identifier", (union value){.str = str_c(ids[i])});
		put(s->instances, row, "role", (union value){.str = str_c(roles[i])});
		put(s->instances, row, "resource_id", (union value){.str = str_c(resources[i])});
		put(s->instances, row, "performance_insights", (union value){.i64 = on});
	}
	s->fake.fetch.inputs[0] = s->clusters;
	s->fake.fetch.inputs[1] = s->instances;
}

static void begin(struct scene *s, const struct source *source)
{
	clock_freeze(NOON * US_PER_S + 30 * US_PER_S);
	s->server = loopback_start(play, s, false);
	fake_init(&s->fake, source, loopback_url(s->server), "orders");
	s->fake.fetch.deadline_mono_us = INT64_MAX;
	add_inputs(s, true);
}

static void end(struct scene *s)
{
	loopback_stop(s->server);
	fake_release(&s->fake);
	snapshot_unref(s->clusters);
	snapshot_unref(s->instances);
	clock_freeze(0);
}

static const struct snapshot *run(struct scene *s)
{
	if (!fake_run(&s->fake, &err))
		fail_msg("%s", err.text);
	return fake_last(&s->fake);
}

static json_t *request(const struct scene *s, int i)
{
	json_t *root = NULL;

	assert_true(i < s->nrequests);
	assert_true(json_read(str_c(s->requests[i]), &root, &err));
	return root;
}

static double f64(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return rec_get(&s->type->fields[rec_find(s->type, str_c(field))], snapshot_row(s, row), &v) ? v.f64
												    : (double)NAN;
}

static void near(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-9))
		fail_msg("got %g, want %g", got, want);
}

static double point(const struct snapshot *s, const char *cls, int64_t at_s)
{
	const struct series *x = series_find(&s->series, "db.load.avg", str_c(cls));

	for (size_t i = 0; x && i < x->n; i++)
		if (x->at[i] == at_s * US_PER_S)
			return x->value[i];
	return (double)NAN;
}

/* ---- which instance ---- */

static void the_writer_must_have_it(void **state)
{
	struct scene s = {.nrequests = 0};
	const struct snapshot *inputs[2];

	(void)state;
	begin(&s, &source_insights);
	inputs[0] = s.clusters;
	inputs[1] = s.instances;
	assert_int_equal(source_insights.ready(s.fake.target, inputs, &err), READY);
	inputs[1] = NULL;
	assert_int_equal(source_insights.ready(s.fake.target, inputs, &err), READY_WAIT);
	snapshot_unref(s.instances);
	snapshot_unref(s.clusters);
	add_inputs(&s, false);
	inputs[0] = s.clusters;
	inputs[1] = s.instances;
	assert_int_equal(source_load_keys.ready(s.fake.target, inputs, &err), READY_UNAVAILABLE);
	assert_string_equal(err.text, "Performance Insights is off on orders-1");
	assert_non_null(strstr(err.remedy, "--enable-performance-insights"));
	end(&s);
}

/* ---- the load by class ---- */

#define POINTS(a, b, c)                                                              \
	"[{\"Timestamp\":1768474920.0,\"Value\":" a "},{\"Timestamp\":1.76847498E9," \
	"\"Value\":" b "},{\"Timestamp\":1768475040" c "}]"
#define PART(type, a, b, c)                                                                         \
	",{\"Key\":{\"Metric\":\"db.load.avg\",\"Dimensions\":{\"db.wait_event_type.name\":\"" type \
	"\"}},\"DataPoints\":" POINTS(a, b, c) "}"
#define TOTAL(a, b, c) "{\"Key\":{\"Metric\":\"db.load.avg\"},\"DataPoints\":" POINTS(a, b, c) "}"

static void points_become_series(void **state)
{
	struct scene s = {
		.answers = {{"GetResourceMetrics",
			     "{\"Identifier\":\"db-WRITER\",\"MetricList\":[" TOTAL("7", "0", "")
				     PART("CPU", "2.5", "null", "") PART("Lock", "1.5", "null", "")
					     PART("BufferPin", "1", "null", "") PART("Extension", "2", "null", "") "]}",
			     0}}};
	const struct snapshot *out;
	json_t *asked, *query;

	(void)state;
	begin(&s, &source_insights);
	out = run(&s);
	asked = request(&s, 0);
	/* The last hour in whole minutes, of the writer, by class. */
	assert_true(str_eq_c(json_text(asked, "ServiceType"), "RDS"));
	assert_true(str_eq_c(json_text(asked, "Identifier"), "db-WRITER"));
	assert_int_equal(json_integer_value(json_object_get(asked, "StartTime")), NOON - 3600);
	assert_int_equal(json_integer_value(json_object_get(asked, "EndTime")), NOON);
	assert_int_equal(json_integer_value(json_object_get(asked, "PeriodInSeconds")), 60);
	query = json_array_get(json_object_get(asked, "MetricQueries"), 0);
	assert_true(str_eq_c(json_text(query, "Metric"), "db.load.avg"));
	assert_true(str_eq_c(json_text(json_object_get(query, "GroupBy"), "Group"), "db.wait_event_type"));
	json_decref(asked);

	/* The stamp is the end of a period, ours the begin. */
	near(point(out, "cpu", NOON - 3540), 2.5);
	near(point(out, "lock", NOON - 3540), 1.5);
	near(point(out, "other", NOON - 3540), 3);
	/* Nobody in that class, and nobody at all: zero; nothing known: a gap. */
	near(point(out, "io", NOON - 3540), 0);
	near(point(out, "cpu", NOON - 3480), 0);
	near(point(out, "cpu", NOON - 3420), (double)NAN);
	assert_int_equal(out->nrows, WAIT__COUNT);
	assert_true(str_eq_c(aws_input_text(out, 0, "instance"), "orders-1"));
	assert_true(str_eq_c(aws_input_text(out, 0, "wait_class"), "cpu"));
	end(&s);
}

static void the_span_decides_range_and_period(void **state)
{
	static const struct {
		struct fetch_span span;
		int64_t start, end, period;
	} rows[] = {
		{{-3 * US_PER_HOUR, 0, 0}, NOON - 3 * 3600, NOON, 60},
		{{-12 * US_PER_HOUR, 0, 0}, NOON - 12 * 3600, NOON, 300},
		{{-7 * US_PER_DAY, 0, 0}, NOON - 7 * 86400, NOON, 3600},
		{{(NOON - 125) * US_PER_S, (NOON - 59) * US_PER_S, 0}, NOON - 180, NOON - 60, 60},
		{{(NOON - 30) * US_PER_S, (NOON - 29) * US_PER_S, 0}, NOON - 60, NOON, 60},
	};

	(void)state;
	clock_freeze(NOON * US_PER_S + 30 * US_PER_S);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetch f = {.span = rows[i].span};
		struct insights_span got = insights_span_of(&f, US_PER_HOUR);

		assert_int_equal(got.begin_s, rows[i].start);
		assert_int_equal(got.end_s, rows[i].end);
		assert_int_equal(got.period_s, rows[i].period);
	}
	clock_freeze(0);
}

static void pages_are_joined(void **state)
{
	struct scene s = {.answers = {{"\"NextToken\":\"two\"",
				       "{\"MetricList\":[" TOTAL("1", "1", "") PART("IO", "0.25", "0.5", "") "]}", 0},
				      {"GetResourceMetrics",
				       "{\"MetricList\":[" TOTAL("1", "1", "")
					       PART("CPU", "0.75", "0.5", "") "],"
									      "\"NextToken\":\"two\"}",
				       0}}};
	const struct snapshot *out;

	(void)state;
	begin(&s, &source_insights);
	out = run(&s);
	assert_int_equal(s.nrequests, 2);
	near(point(out, "cpu", NOON - 3540), 0.75);
	near(point(out, "io", NOON - 3480), 0.5);
	end(&s);
}

static void odd_answers_do_no_harm(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"MetricList\":null}",
		"{\"MetricList\":[]}",
		"{\"MetricList\":[7,null,\"x\",{},{\"Key\":[]},{\"Key\":{\"Dimensions\":{}}}]}",
		"{\"MetricList\":[{\"Key\":{\"Metric\":\"db.load.avg\",\"Dimensions\":{\"db.wait_event_type.name\":"
		"\"CPU\"}},"
		"\"DataPoints\":[{\"Timestamp\":-1e300,\"Value\":1},{\"Timestamp\":1e300,\"Value\":1},{\"Value\":1},"
		"{\"Timestamp\":1768474920,\"Value\":-3},{\"Timestamp\":\"x\",\"Value\":{}},null]}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct scene s = {.answers = {{"GetResourceMetrics", bodies[i], 0}}};
		const struct snapshot *out;

		begin(&s, &source_insights);
		out = run(&s);
		assert_int_equal(out->nrows, 0);
		near(point(out, "cpu", NOON - 3540), (double)NAN);
		end(&s);
	}
}

static void refusals_are_told(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		const char *words;
	} rows[] = {
		{400, "{\"__type\":\"NotAuthorizedException\",\"Message\":\"User is not authorized\"}", ERR_DENIED,
		 "n/a: needs pi:GetResourceMetrics"},
		{400, "{\"__type\":\"InvalidArgumentException\",\"Message\":\"The start time is too old\"}", ERR_SERVER,
		 "The start time is too old"},
		{200, "{\"MetricList\":[", ERR_PROTOCOL, "not valid JSON"},
		{200, "[]", ERR_PROTOCOL, "no JSON object"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene s = {.answers = {{"GetResourceMetrics", rows[i].body, rows[i].status}}};

		begin(&s, &source_insights);
		assert_false(fake_run(&s.fake, &err));
		assert_int_equal(err.code, rows[i].code);
		if (!strstr(err.text, rows[i].words))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].words, err.text);
		end(&s);
	}
}

/* ---- keys ---- */

#define KEY_WAIT(name, type, total) \
	"{\"Dimensions\":{\"db.wait_event.name\":\"" name "\",\"db.wait_event.type\":\"" type "\"},\"Total\":" total "}"
#define WAITS                                                                                                          \
	"{\"Keys\":[" KEY_WAIT("CPU", "CPU", "3") "," KEY_WAIT("Lock:tuple", "Lock", "2") "," KEY_WAIT("DataFileRead", \
												       "IO", "1") "]}"
#define PARTS                                                                                          \
	"\"PartitionKeys\":[{\"Dimensions\":{\"db.wait_event_type.name\":\"Lock\"}},{\"Dimensions\":{" \
	"\"db.wait_event_type.name\":\"CPU\"}}]"
#define KEY_SQL(id, text, total, parts)                                                              \
	"{\"Dimensions\":{\"db.sql_tokenized.id\":\"" id "\",\"db.sql_tokenized.statement\":\"" text \
	"\"},\"Total\":" total ",\"Partitions\":" parts "}"

static void keys_have_their_classes(void **state)
{
	struct scene s = {
		.answers = {{"\"Group\":\"db.wait_event\"", WAITS, 0},
			    {"db.sql_tokenized",
			     "{" PARTS ",\"Keys\":[" KEY_SQL("A1", "update t set a = ?", "2.5", "[2,0.5]") "," KEY_SQL(
				     "B2", "select ?", "3.5", "[0,2.5]") "]}",
			     0}}};
	const struct snapshot *out;
	json_t *asked;

	(void)state;
	begin(&s, &source_load_keys);
	s.fake.fetch.span = (struct fetch_span){(NOON - 600) * US_PER_S, (NOON - 300) * US_PER_S, LOAD_BY_SQL};
	out = run(&s);
	assert_int_equal(s.nrequests, 2);
	asked = request(&s, 1);
	assert_true(str_eq_c(json_text(asked, "Metric"), "db.load.avg"));
	assert_true(str_eq_c(json_text(json_object_get(asked, "GroupBy"), "Group"), "db.sql_tokenized"));
	assert_true(str_eq_c(json_text(json_object_get(asked, "PartitionBy"), "Group"), "db.wait_event_type"));
	assert_int_equal(json_integer_value(json_object_get(asked, "StartTime")), NOON - 600);
	assert_int_equal(json_integer_value(json_object_get(asked, "EndTime")), NOON - 300);
	json_decref(asked);
	assert_int_equal(out->nrows, 6);
	/* The first row is the whole; it says what was asked and for when. */
	assert_true(str_eq_c(aws_input_text(out, 0, "by"), "total"));
	assert_true(str_eq_c(aws_input_text(out, 0, "name"), "sql"));
	near(f64(out, 0, "load"), 6);
	near(f64(out, 0, "on_lock"), 2);
	for (size_t i = 0; i < out->nrows; i++) {
		const struct load_key *key = snapshot_row(out, i);

		assert_true(key->from_at == (NOON - 600) * US_PER_S && key->to_at == (NOON - 300) * US_PER_S);
	}
	/* An event with and without its type in front. */
	assert_true(str_eq_c(aws_input_text(out, 1, "name"), "CPU"));
	assert_true(str_eq_c(aws_input_text(out, 2, "name"), "Lock:tuple"));
	assert_true(str_eq_c(aws_input_text(out, 3, "name"), "IO:DataFileRead"));
	near(f64(out, 3, "on_io"), 1);
	near(f64(out, 1, "share_ratio"), 0.5);
	assert_true(str_eq_c(aws_input_text(out, 4, "name"), "A1"));
	assert_true(str_eq_c(aws_input_text(out, 4, "statement"), "update t set a = ?"));
	near(f64(out, 4, "on_lock"), 2);
	near(f64(out, 4, "on_cpu"), 0.5);
	/* What the partitions leave out is in no class we know. */
	near(f64(out, 5, "on_cpu"), 2.5);
	near(f64(out, 5, "on_other"), 1);
	end(&s);
}

static void every_split_has_its_group(void **state)
{
	static const struct {
		enum load_by by;
		const char *group, *dimension, *field;
	} rows[] = {
		{LOAD_BY_USER, "db.user", "db.user.name", "name"},
		{LOAD_BY_APPLICATION, "db.application", "db.application.name", "name"},
		{LOAD_BY_CLIENT, "db.host", "db.host.name", "client"},
		{LOAD_BY_DATABASE, "db", "db.name", "name"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene s = {.answers = {{"\"Group\":\"db.wait_event\"", WAITS, 0}}};
		char has[64], body[256];
		const struct snapshot *out;

		snprintf(has, sizeof has, "\"Group\":\"%s\"", rows[i].group);
		snprintf(body, sizeof body, "{\"Keys\":[{\"Dimensions\":{\"%s\":\"the one\"},\"Total\":6}]}",
			 rows[i].dimension);
		s.answers[1].has = has;
		s.answers[1].body = body;
		begin(&s, &source_load_keys);
		s.fake.fetch.span.by = (int)rows[i].by;
		out = run(&s);
		assert_true(str_eq_c(aws_input_text(out, 0, "name"), load_by_name(rows[i].by)));
		assert_true(str_eq_c(aws_input_text(out, 4, "by"), load_by_name(rows[i].by)));
		assert_true(str_eq_c(aws_input_text(out, 4, rows[i].field), "the one"));
		end(&s);
	}
}

/* By wait the first question is the only one. */
static void waits_are_asked_for_once(void **state)
{
	struct scene s = {.answers = {{"\"Group\":\"db.wait_event\"", WAITS, 0}}};

	(void)state;
	begin(&s, &source_load_keys);
	s.fake.fetch.span.by = LOAD_BY_WAIT;
	assert_int_equal(run(&s)->nrows, 4);
	assert_int_equal(s.nrequests, 1);
	end(&s);
}

/* ---- whole statements ---- */

#define LONG \
	"select a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p from the_same_table_again_and_again where x = ? and "
#define CUT500 LONG LONG LONG LONG LONG

static void cut_statements_are_completed(void **state)
{
	static char keys[2048];
	struct scene s = {.answers = {{"\"Group\":\"db.wait_event\"", WAITS, 0},
				      {"\"Group\":\"db.sql\",\"Limit\"",
				       "{\"Keys\":[{\"Dimensions\":{\"db.sql.id\":\"SINGLE\"},\"Total\":1}]}", 0},
				      {"GetDimensionKeyDetails",
				       "{\"Dimensions\":[{\"Dimension\":\"db.sql.statement\",\"Status\":\"AVAILABLE\","
				       "\"Value\":\"SELECT whole FROM t WHERE x = 42 -- the end\"}]}",
				       0},
				      {"db.sql_tokenized", keys, 0}}};
	const struct snapshot *out;
	json_t *asked;

	(void)state;
	snprintf(keys, sizeof keys, "{\"Keys\":[%s,%s]}", KEY_SQL("LONGONE", CUT500, "1", "[]"),
		 KEY_SQL("SHORT", "select ?", "1", "[]"));
	begin(&s, &source_load_keys);
	out = run(&s);
	assert_int_equal(s.nrequests, 4);
	asked = request(&s, 2);
	assert_true(str_eq_c(json_text(json_object_get(asked, "Filter"), "db.sql.tokenized_id"), "LONGONE"));
	json_decref(asked);
	asked = request(&s, 3);
	assert_true(str_eq_c(json_text(asked, "Group"), "db.sql"));
	assert_true(str_eq_c(json_text(asked, "GroupIdentifier"), "SINGLE"));
	assert_true(str_eq_c(json_text(asked, "Identifier"), "db-WRITER"));
	json_decref(asked);
	/* Its values are left out. */
	assert_true(str_eq_c(aws_input_text(out, 4, "statement"), "select whole from t where x = ?"));
	assert_true(str_eq_c(aws_input_text(out, 5, "statement"), "select ?"));
	/* It is remembered. */
	out = run(&s);
	assert_int_equal(s.nrequests, 6);
	assert_true(str_eq_c(aws_input_text(out, 4, "statement"), "select whole from t where x = ?"));
	end(&s);
}

static void without_the_right_the_cut_text_stays(void **state)
{
	static char keys[2048];
	struct scene s = {.answers = {{"\"Group\":\"db.wait_event\"", WAITS, 0},
				      {"\"Group\":\"db.sql\",\"Limit\"",
				       "{\"Keys\":[{\"Dimensions\":{\"db.sql.id\":\"SINGLE\"},\"Total\":1}]}", 0},
				      {"GetDimensionKeyDetails", "{\"__type\":\"NotAuthorizedException\"}", 400},
				      {"db.sql_tokenized", keys, 0}}};
	const struct snapshot *out;

	(void)state;
	snprintf(keys, sizeof keys, "{\"Keys\":[%s,%s]}", KEY_SQL("ONE", CUT500, "1", "[]"),
		 KEY_SQL("TWO", CUT500 "z", "1", "[]"));
	begin(&s, &source_load_keys);
	out = run(&s);
	/* Denied once, the other one is not asked for. */
	assert_int_equal(s.nrequests, 4);
	assert_int_equal(aws_input_text(out, 4, "statement").len, strlen(CUT500));
	end(&s);
}

static void odd_keys_do_no_harm(void **state)
{
	struct scene s = {
		.answers = {{"\"Group\":\"db.wait_event\"", "{\"Keys\":[{},null,3,{\"Total\":-1e300}]}", 0},
			    {"db.sql_tokenized",
			     "{\"PartitionKeys\":[{},7],\"Keys\":[{\"Total\":\"x\",\"Partitions\":[1e308,null,{}]},"
			     "{\"Dimensions\":[],\"Partitions\":{}}]}",
			     0}}};
	const struct snapshot *out;

	(void)state;
	begin(&s, &source_load_keys);
	out = run(&s);
	assert_int_equal(out->nrows, 7);
	for (size_t i = 0; i < out->nrows; i++)
		assert_true(f64(out, i, "load") >= 0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_must_have_it),
		cmocka_unit_test(points_become_series),
		cmocka_unit_test(the_span_decides_range_and_period),
		cmocka_unit_test(pages_are_joined),
		cmocka_unit_test(odd_answers_do_no_harm),
		cmocka_unit_test(refusals_are_told),
		cmocka_unit_test(keys_have_their_classes),
		cmocka_unit_test(every_split_has_its_group),
		cmocka_unit_test(waits_are_asked_for_once),
		cmocka_unit_test(cut_statements_are_completed),
		cmocka_unit_test(without_the_right_the_cut_text_stays),
		cmocka_unit_test(odd_keys_do_no_harm),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
