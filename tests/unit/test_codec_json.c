/*
 * test_codec_json.c: exported rows are valid JSON whatever the text; answers become records.
 */
#include "codec/codec_json.h"
#include "model_fixture.h"

#include <jansson.h>
#include <math.h>

static void strings_are_always_valid(void **state)
{
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		{{"", 0}, "\"\""},
		{{NULL, 0}, "\"\""},
		{{"plain", 5}, "\"plain\""},
		{{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
		{{"\b\t\n\f\r", 5}, "\"\\b\\t\\n\\f\\r\""},
		{{"\x00\x1b\x1f", 3}, "\"\\u0000\\u001b\\u001f\""},
		{{"\x7f\xc2\x9b", 3}, "\"\\u007f\\u009b\""},
		{{"\xc3\xa4\xf0\x9f\x90\x98", 6}, "\"\xc3\xa4\xf0\x9f\x90\x98\""},
		{{"a\xff", 2}, "\"a\xef\xbf\xbd\""},
		{{"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{{"\xc3", 1}, "\"\xef\xbf\xbd\""},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		assert_true(json_write_string(&out, rows[i].in));
		if (strcmp(buf_c(&out), rows[i].want) != 0)
			fail_msg("got %s, want %s", buf_c(&out), rows[i].want);
	}
	buf_release(&out);
}

/* Every pair of bytes gives JSON that jansson reads. */
static void every_two_bytes_can_be_written(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (int n = 0; n < 65536; n++) {
		char bytes[2] = {(char)(n >> 8), (char)n};
		json_t *j;

		buf_clear(&out);
		assert_true(json_write_string(&out, (struct str){bytes, 2}));
		j = json_loadb(out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (!j)
			fail_msg("bytes %02x %02x give %s", n >> 8, n & 255, buf_c(&out));
		json_decref(j);
	}
	buf_release(&out);
}

static struct thing *full_row(struct snapshot *s)
{
	struct thing *t = thing_add(s, "a\"1");

	SET(t, struct thing, pid, 42);
	SET(t, struct thing, query, STR("select 'bob', 7"));
	SET(t, struct thing, host, STR("pw password=x"));
	SET(t, struct thing, waiting, 0);
	SET(t, struct thing, calls, 10);
	SET(t, struct thing, started_at, INT64_C(1773668707000000));
	SET(t, struct thing, hit_ratio, 0.1);
	SET(t, struct thing, load, (double)INFINITY);
	SET(t, struct thing, zones, STR("z1,z\"2"));
	return t;
}

static void a_row_is_one_object(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	full_row(s);
	assert_true(json_write_row(&out, s, 0, true));
	assert_string_equal(buf_c(&out),
			    "{\"id\":\"a\\\"1\",\"pid\":42,\"user_name\":null,\"wait_event\":null,\"wait_class\":null,"
			    "\"state\":null,\"query\":\"select '***', ?\",\"host\":\"pw password=***\","
			    "\"waiting\":false,\"rows\":null,\"calls\":10,\"size_bytes\":null,\"read_bytes\":null,"
			    "\"age_us\":null,\"started_at\":\"2026-03-16T13:45:07Z\",\"hit_ratio\":0.1,\"load\":null,"
			    "\"zones\":[\"z1\",\"z\\\"2\"]}");
	buf_clear(&out);
	assert_true(json_write_row(&out, s, 0, false));
	assert_has(buf_c(&out), "\"query\":\"select 'bob', 7\",\"host\":\"pw password=***\"");
	buf_release(&out);
	buf_init(&out, 100);
	assert_false(json_write_row(&out, s, 0, false));
	buf_release(&out);
	snapshot_unref(s);
}

static void rates_and_empty_lists(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct thing *t = thing_add(s, "a");
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	SET(t, struct thing, zones, STR(""));
	s->rates = arena_alloc_array(s->arena, thing_type.nfields, sizeof(double));
	for (size_t i = 0; i < thing_type.nfields; i++)
		s->rates[i] = (double)NAN;
	s->rates[rec_find(&thing_type, STR("calls"))] = 2.5;
	assert_true(json_write_row(&out, s, 0, true));
	assert_has(buf_c(&out), "\"zones\":[],\"calls_per_s\":2.5,\"read_bytes_per_s\":null}");
	buf_release(&out);
	snapshot_unref(s);
}

static void what_is_no_answer_is_named(void **state)
{
	static const char *const rows[][2] = {
		{"", "the answer is empty"},
		{" \n", "the answer is empty"},
		{"<html><body>502</body></html>", "HTML page"},
		{" <!DOCTYPE html>", "HTML page"},
		{"{\"a\":1,\"a\":2}", "not valid JSON: duplicate object key"},
		{"{\"a\":", "not valid JSON"},
		{"{} x", "not valid JSON"},
		{"\"text\"", "not valid JSON"},
		{"{\"a\":\"\xff\"}", "not valid JSON"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {.code = ERR_NONE};
		json_t *root = NULL;

		assert_false(json_read(str_c(rows[i][0]), &root, &err));
		assert_int_equal(err.code, ERR_PROTOCOL);
		assert_has(err.text, rows[i][1]);
		assert_null(root);
	}
}

static void a_body_is_limited(void **state)
{
	struct err err = {.code = ERR_NONE};
	json_t *root = NULL;
	struct buf body;

	(void)state;
	buf_init(&body, 2 * JSON_BODY_MAX);
	buf_add_c(&body, "[\"");
	while (body.len < JSON_BODY_MAX)
		buf_add_c(&body, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	buf_add_c(&body, "\"]");
	assert_false(json_read(buf_str(&body), &root, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&body);
}

/* Decodes one object; false with words in *err. */
static bool decode(struct snapshot *s, const char *text, struct err *err)
{
	json_t *root = NULL;
	bool ok;

	if (!json_read(str_c(text), &root, err))
		fail_msg("%s", err->text);
	ok = json_read_record(root, &thing_type, snapshot_add_row(s), s->arena, err);
	json_decref(root);
	return ok;
}

static void records_are_decoded_by_path(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	assert_true(decode(
		s,
		"{\"Id\":\"a\",\"Pid\":42,\"Owner\":{\"Name\":\"bob\"},\"State\":\"\",\"Host\":null,"
		"\"Waiting\":true,\"Rows\":\"7\",\"Calls\":8.0,\"Started\":1.768465805E9,\"Hit\":1,"
		"\"Load\":2.5,\"WaitEvent\":17,\"WaitClass\":false,\"Query\":0.5,\"Unknown\":[{}],"
		"\"Zones\":[{\"Name\":\"z1\"},{\"Else\":1},{\"Name\":\"\"},{\"Name\":3}],"
		/* their names are parts of others, or have others as parts */
		"\"\":\"none\",\"I\":\"b\",\"Id2\":\"c\",\"id\":\"d\",\"Owner/Name\":\"eve\",\"HostName\":\"h\"}",
		&err));
	t = snapshot_row(s, 0);
	assert_str(t->id, "a");
	assert_int_equal(t->pid, 42);
	assert_str(t->user_name, "bob");
	assert_true(HAS(t, struct thing, state) && t->state.len == 0);
	assert_false(HAS(t, struct thing, host));
	assert_false(HAS(t, struct thing, size_bytes));
	assert_int_equal(t->waiting, 1);
	assert_int_equal(t->rows, 7);
	assert_int_equal(t->calls, 8);
	assert_true(t->started_at == INT64_C(1768465805000000));
	assert_true(t->hit_ratio > 0.99 && t->load > 2.4 && t->load < 2.6);
	assert_str(t->wait_event, "17");
	assert_str(t->wait_class, "false");
	assert_str(t->query, "0.5");
	assert_str(t->zones, "z1,,3");
	snapshot_unref(s);
}

static void times_come_in_three_forms(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};

	(void)state;
	assert_true(decode(s, "{\"Started\":1768465805.25}", &err));
	assert_true(decode(s, "{\"Started\":1768465805250}", &err));
	assert_true(decode(s, "{\"Started\":\"2026-01-15T08:30:05.25Z\"}", &err));
	for (size_t i = 0; i < 3; i++)
		assert_true(((const struct thing *)snapshot_row(s, i))->started_at == INT64_C(1768465805250000));
	snapshot_unref(s);
}

static void lists_may_be_empty_or_absent(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	const struct thing *t;

	(void)state;
	assert_true(decode(s, "{\"Zones\":[]}", &err));
	assert_true(decode(s, "{}", &err));
	assert_true(decode(s, "{\"Zones\":[\"not\",\"objects\"]}", &err)); /* nothing at Zones/x/Name */
	t = snapshot_row(s, 0);
	assert_true(HAS(t, struct thing, zones) && t->zones.len == 0);
	t = snapshot_row(s, 2);
	assert_true(HAS(t, struct thing, zones) && t->zones.len == 0);
	t = snapshot_row(s, 1);
	assert_false(HAS(t, struct thing, zones));
	snapshot_unref(s);
}

static void bad_values_name_the_field(void **state)
{
	static const char *const rows[][2] = {
		{"{\"Pid\":1.5}", "pid: a number of this form is not of kind int"},
		{"{\"Pid\":1e300}", "pid: a number of this form is not of kind int"},
		{"{\"Pid\":\"x\"}", "pid: this text is not of kind int"},
		{"{\"Pid\":true}", "pid: true or false is not of kind int"},
		{"{\"Pid\":{}}", "pid: an object or array is not of kind int"},
		{"{\"Pid\":[1]}", "pid: an array is not of kind int"},
		{"{\"Waiting\":1}", "waiting: a number of this form is not of kind bool"},
		{"{\"Started\":1e30}", "started_at: a number of this form is not of kind time"},
		{"{\"Id\":{}}", "id: an object or array is not of kind id"},
		{"{\"Zones\":[{\"Name\":[]}]}", "zones: an object or array is not of kind text"},
		{"{\"Zones\":{}}", "zones: what stands for an array is not of kind text"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct snapshot *s = snapshot_new(&thing_type, "things");
		struct err err = {.code = ERR_NONE};

		assert_false(decode(s, rows[i][0], &err));
		assert_int_equal(err.code, ERR_PROTOCOL);
		assert_string_equal(err.text, rows[i][1]);
		snapshot_unref(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_always_valid),     cmocka_unit_test(every_two_bytes_can_be_written),
		cmocka_unit_test(a_row_is_one_object),          cmocka_unit_test(rates_and_empty_lists),
		cmocka_unit_test(what_is_no_answer_is_named),   cmocka_unit_test(a_body_is_limited),
		cmocka_unit_test(records_are_decoded_by_path),  cmocka_unit_test(times_come_in_three_forms),
		cmocka_unit_test(lists_may_be_empty_or_absent), cmocka_unit_test(bad_values_name_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
