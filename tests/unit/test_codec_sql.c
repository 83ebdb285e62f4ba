/*
 * test_codec_sql.c: binary results made by libpq itself, no server needed.
 */
#include "codec/codec_sql.h"
#include "model_fixture.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

struct cell {
	const char *bytes; /* NULL = SQL NULL */
	int len;
};
#define CELL(lit)                         \
	{                                 \
		lit, (int)sizeof(lit) - 1 \
	}
#define NULL_CELL        \
	{                \
		NULL, -1 \
	}

struct column {
	const char *name;
	unsigned type;
	struct cell cell;
};

/* A result of one row. */
static PGresult *result(const struct column *columns, int n, int format)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc desc[80];

	assert_true(n <= (int)ARRAY_LEN(desc));
	memset(desc, 0, sizeof(desc));
	for (int i = 0; i < n; i++) {
		desc[i].name = (char *)(uintptr_t)columns[i].name;
		desc[i].typid = columns[i].type;
		desc[i].format = format;
	}
	assert_true(PQsetResultAttrs(r, n, desc));
	for (int i = 0; i < n; i++)
		assert_true(PQsetvalue(r, 0, i, (char *)(uintptr_t)columns[i].cell.bytes, columns[i].cell.len));
	return r;
}

/* The one row, published. */
static struct snapshot *decode(const struct column *columns, int n)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	PGresult *r = result(columns, n, 1);

	if (!sql_read_rows(r, s, &err))
		fail_msg("%s", err.text);
	PQclear(r);
	snapshot_publish(s);
	assert_int_equal(s->nrows, 1);
	return s;
}

static void assert_near(double got, double want)
{
	if (!(got - want < 1e-9 && want - got < 1e-9))
		fail_msg("got %g, want %g", got, want);
}

static void every_type_is_decoded(void **state)
{
	static const struct column columns[] = {
		{"id", 19, CELL("orders")}, /* name */
		{"user_name", 25,
		 CELL("b\xc3\xb6"
		      "b")},                                                    /* text */
		{"wait_event", 1043, CELL("Lock")},                             /* varchar */
		{"wait_class", 1042, CELL("L  ")},                              /* character */
		{"state", 18, CELL("a")},                                       /* "char" */
		{"query", 25, CELL("")},                                        /* empty is not NULL */
		{"host", 25, NULL_CELL},                                        /* NULL */
		{"pid", 23, CELL("\x00\x00\x12\x67")},                          /* int4 4711 */
		{"rows", 20, CELL("\xff\xff\xff\xff\xff\xff\xff\xfe")},         /* int8 -2 */
		{"calls", 21, CELL("\xff\xfd")},                                /* int2 -3 */
		{"size_bytes", 26, CELL("\xff\xff\xff\xff")},                   /* oid, unsigned */
		{"read_bytes", 28, CELL("\x80\x00\x00\x00")},                   /* xid, unsigned */
		{"age_us", 23, CELL("\xff\xff\xff\xfb")},                       /* int4 -5 */
		{"waiting", 16, CELL("\x01")},                                  /* bool */
		{"started_at", 1184, CELL("\x00\x00\x00\x00\x00\x00\x00\x01")}, /* 2000-01-01 plus 1 us */
		{"hit_ratio", 701, CELL("\x3f\xe0\x00\x00\x00\x00\x00\x00")},   /* float8 0.5 */
		{"load", 700, CELL("\x40\x20\x00\x00")},                        /* float4 2.5 */
		{"not_a_field", 1700, CELL("anything")},                        /* left alone */
	};
	struct snapshot *s = decode(columns, ARRAY_LEN(columns));
	const struct thing *t = snapshot_row(s, 0);

	(void)state;
	assert_str(t->id, "orders");
	assert_str(t->user_name, "b\xc3\xb6"
				 "b");
	assert_str(t->wait_event, "Lock");
	assert_str(t->wait_class, "L  ");
	assert_str(t->state, "a");
	assert_true(HAS(t, struct thing, query) && t->query.len == 0);
	assert_false(HAS(t, struct thing, host));
	assert_false(HAS(t, struct thing, zones)); /* no such column */
	assert_int_equal(t->pid, 4711);
	assert_int_equal(t->rows, -2);
	assert_int_equal(t->calls, -3);
	assert_true(t->size_bytes == INT64_C(4294967295));
	assert_true(t->read_bytes == INT64_C(2147483648));
	assert_int_equal(t->age_us, -5);
	assert_int_equal(t->waiting, 1);
	assert_true(t->started_at == INT64_C(946684800000001));
	assert_near(t->hit_ratio, 0.5);
	assert_near(t->load, 2.5);
	snapshot_unref(s);
}

static void what_is_no_number_is_absent(void **state)
{
	static const char *const times[] = {
		"\x7f\xff\xff\xff\xff\xff\xff\xff", /* infinity */
		"\x80\x00\x00\x00\x00\x00\x00\x00", /* -infinity */
		"\x7f\xff\xff\xff\xff\xff\xff\xfe", /* beyond our range */
	};
	static const char *const reals[] = {
		"\x7f\xf8\x00\x00\x00\x00\x00\x00", /* NaN */
		"\x7f\xf0\x00\x00\x00\x00\x00\x00", /* infinity */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const struct column c = {"started_at", 1184, {times[i], 8}};
		struct snapshot *s = decode(&c, 1);

		assert_false(HAS((const struct thing *)snapshot_row(s, 0), struct thing, started_at));
		snapshot_unref(s);
	}
	for (size_t i = 0; i < ARRAY_LEN(reals); i++) {
		const struct column c = {"load", 701, {reals[i], 8}};
		struct snapshot *s = decode(&c, 1);

		assert_false(HAS((const struct thing *)snapshot_row(s, 0), struct thing, load));
		snapshot_unref(s);
	}
}

static void refuse(const struct column *columns, int n, int format, const char *words)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	PGresult *r = result(columns, n, format);

	assert_false(sql_read_rows(r, s, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_has(err.text, words);
	PQclear(r);
	snapshot_unref(s);
}

static void a_wrong_column_is_refused_by_name_and_type(void **state)
{
	static const struct {
		struct column column;
		const char *words;
	} rows[] = {
		{{"size_bytes", 1700, CELL("x")}, "column size_bytes is of numeric, which a field of kind bytes"},
		{{"age_us", 1186, CELL("x")}, "column age_us is of interval"},
		{{"started_at", 1114, CELL("x")}, "column started_at is of timestamp without time zone"},
		{{"started_at", 20, CELL("12345678")}, "column started_at is of bigint, which a field of kind time"},
		{{"age_us", 701, CELL("12345678")}, "column age_us is of double precision"},
		{{"load", 20, CELL("12345678")}, "column load is of bigint, which a field of kind real"},
		{{"waiting", 23, CELL("1234")}, "column waiting is of integer"},
		{{"pid", 25, CELL("12")}, "column pid is of text, which a field of kind int"},
		{{"pid", 16, CELL("1")}, "column pid is of boolean"},
		{{"pid", 1184, CELL("12345678")}, "column pid is of timestamp with time zone"},
		{{"host", 869, CELL("x")}, "column host is of inet"},
		{{"host", 23, CELL("1234")}, "column host is of integer"},
		{{"host", 99999, CELL("x")}, "column host is of type 99999"},
		{{"pid", 23, CELL("123")}, "column pid of type integer came with 3 bytes instead of 4"},
		{{"rows", 20, CELL("123456789")}, "column rows of type bigint came with 9 bytes instead of 8"},
	};
	static const struct column twice[] = {{"pid", 23, CELL("1234")}, {"pid", 23, CELL("1234")}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		refuse(&rows[i].column, 1, 1, rows[i].words);
	refuse(twice, 2, 1, "column pid occurs twice");
	refuse(twice, 1, 0, "column pid is not in binary format");
}

static void rows_are_read_one_by_one_too(void **state)
{
	static const struct column columns[] = {{"other", 25, CELL("x")}, {"pid", 23, CELL("\x00\x00\x00\x07")}};
	PGresult *r = result(columns, 2, 1);
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	struct thing *t = snapshot_add_row(s);
	struct sql_map map;

	(void)state;
	assert_true(PQsetvalue(r, 1, 0, NULL, -1));
	assert_true(PQsetvalue(r, 1, 1, (char *)(uintptr_t) "\x00\x00\x00\x09", 4));
	assert_true(sql_map_result(r, &thing_type, &map, &err));
	assert_int_equal(map.n, 1);
	assert_int_equal(map.columns[0].column, 1);
	assert_int_equal(map.columns[0].field, rec_find(&thing_type, STR("pid")));
	assert_true(sql_read_row(r, 1, &map, &thing_type, t, s->arena, &err));
	assert_int_equal(t->pid, 9);
	PQclear(r);
	snapshot_unref(s);
}

static void texts_outlive_the_result(void **state)
{
	static const struct column column = {"query", 25, CELL("select 1")};
	struct snapshot *s = decode(&column, 1); /* clears the result */

	(void)state;
	assert_str(((const struct thing *)snapshot_row(s, 0))->query, "select 1");
	snapshot_unref(s);
}

static void too_many_rows_are_refused(void **state)
{
	static const struct column column = {"pid", 23, CELL("\x00\x00\x00\x07")};
	PGresult *r = result(&column, 1, 1);
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};

	(void)state;
	for (size_t i = 0; i < SNAPSHOT_ROWS_MAX; i++)
		assert_non_null(snapshot_add_row(s));
	assert_false(sql_read_rows(r, s, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	PQclear(r);
	snapshot_unref(s);
}

static void single_values(void **state)
{
	static const struct column columns[] = {
		{"a", 20, CELL("\x00\x00\x00\x00\x00\x00\x00\x2a")},
		{"b", 16, CELL("\x01")},
		{"c", 1184, CELL("\x00\x00\x00\x00\x00\x00\x00\x00")},
		{"d", 25, CELL("text")},
		{"e", 23, NULL_CELL},
		{"f", 25, NULL_CELL},
		{"g", 23, CELL("12")},
	};
	PGresult *r = result(columns, ARRAY_LEN(columns), 1);
	struct str text;
	int64_t v;

	(void)state;
	assert_true(sql_i64(r, 0, 0, &v));
	assert_int_equal(v, 42);
	assert_true(sql_i64(r, 0, 1, &v));
	assert_int_equal(v, 1);
	assert_true(sql_i64(r, 0, 2, &v));
	assert_true(v == INT64_C(946684800000000));
	assert_true(sql_text(r, 0, 3, &text));
	assert_str(text, "text");
	assert_false(sql_i64(r, 0, 4, &v));
	assert_false(sql_text(r, 0, 5, &text));
	assert_false(sql_i64(r, 0, 6, &v)); /* two bytes are no int4 */
	PQclear(r);
}

static void misuse_is_a_bug(void **state)
{
	static const struct column columns[] = {{"a", 25, CELL("text")}, {"b", 701, CELL("12345678")}};

	(void)state;
	for (int x = 0; x < 2; x++) {
		int status = 0;
		pid_t pid;

		fflush(NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			PGresult *r = result(columns, 2, 1);
			int64_t v;
			struct str text;

			dup2(open("/dev/null", O_WRONLY), 2);
			if (x == 0)
				sql_i64(r, 0, 0, &v);
			else
				sql_text(r, 0, 1, &text);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_decoded),
		cmocka_unit_test(what_is_no_number_is_absent),
		cmocka_unit_test(a_wrong_column_is_refused_by_name_and_type),
		cmocka_unit_test(rows_are_read_one_by_one_too),
		cmocka_unit_test(texts_outlive_the_result),
		cmocka_unit_test(too_many_rows_are_refused),
		cmocka_unit_test(single_values),
		cmocka_unit_test(misuse_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
