/*
 * test_codec_csv.c: CSV that a spreadsheet may open.
 */
#include "codec/codec_csv.h"
#include "model_fixture.h"

#include <math.h>

/* Column `name` of a one-row snapshot, written as CSV. Cells before it are empty. */
static void check_cell(const char *name, union value v, bool mask, const char *want)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	int field = rec_find(&thing_type, str_c(name));
	struct buf out, line;

	buf_init(&out, 10000);
	buf_init(&line, 10000);
	rec_set(&thing_fields[field], snapshot_add_row(s), v);
	assert_true(csv_write_row(&out, s, 0, mask));
	for (int i = 0; i < field; i++)
		buf_add_char(&line, ',');
	buf_add_c(&line, want);
	for (size_t i = (size_t)field + 1; i < thing_type.nfields; i++)
		buf_add_char(&line, ',');
	buf_add_char(&line, '\n');
	if (!str_eq(buf_str(&out), buf_str(&line)))
		fail_msg("got %s, want %s", buf_c(&out), buf_c(&line));
	buf_release(&out);
	buf_release(&line);
	snapshot_unref(s);
}

static void formulas_are_defused(void **state)
{
	static const char *const rows[][2] = {
		{"=1+1", "'=1+1"},
		{"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"+A1", "'+A1"},
		{"-A1", "'-A1"},
		{"-5", "-5"},
		{"+1.5e3", "+1.5e3"},
		{"-inf", "'-inf"},
		{"-1+A1", "'-1+A1"},
		{"\t=1", "' =1"},
		{"\ttext", "' text"},
		{" =1", "' =1"},
		{"\r=1", "' =1"},
		{"a=1", "a=1"},
		{"-", "'-"},
		{"=1,2", "\"'=1,2\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_cell("user_name", (union value){.str = str_c(rows[i][0])}, false, rows[i][1]);
}

static void cells_are_quoted_and_sanitised(void **state)
{
	static const char *const rows[][2] = {
		{"plain", "plain"},
		{"", ""},
		{"a,b", "\"a,b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\""},
		{"two\nlines", "two lines"},
		{" padded", "\" padded\""},
		{"padded ", "\"padded \""},
		{"esc\x1b[31m", "esc\xef\xbf\xbd[31m"},
		{"bad\xff", "bad\xef\xbf\xbd"},
		{"\xc3\xa4", "\xc3\xa4"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_cell("user_name", (union value){.str = str_c(rows[i][0])}, false, rows[i][1]);
}

static void numbers_are_exact_and_in_base_units(void **state)
{
	(void)state;
	check_cell("size_bytes", (union value){.i64 = INT64_C(103508633190)}, false, "103508633190");
	check_cell("age_us", (union value){.i64 = -5}, false, "-5");
	check_cell("waiting", (union value){.i64 = 1}, false, "true");
	check_cell("started_at", (union value){.i64 = INT64_C(1773668707000000)}, false, "2026-03-16T13:45:07Z");
	check_cell("hit_ratio", (union value){.f64 = 0.1}, false, "0.1");
	check_cell("load", (union value){.f64 = -(double)INFINITY}, false, "-inf");
}

static void literals_are_masked_when_asked(void **state)
{
	union value v = {.str = STR("select 'bob', 42")};
	union value secret = {.str = STR("alter role a password 'x'")};

	(void)state;
	check_cell("query", v, true, "\"select '***', ?\"");
	check_cell("query", v, false, "\"select 'bob', 42\"");
	check_cell("host", v, true, "\"select '***', ?\"");
	check_cell("user_name", v, true, "\"select 'bob', 42\""); /* not sensitive */
	check_cell("query", secret, false, "alter role a password '***'");
	check_cell("host", secret, false, "alter role a password '***'");
	check_cell("query", (union value){.str = STR("-- 1")}, true, "'-- ?");
}

static void the_heading_has_the_public_names(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(csv_write_heading(&out, &thing_type));
	assert_string_equal(buf_c(&out), "id,pid,user_name,wait_event,wait_class,state,query,host,waiting,rows,calls,"
					 "size_bytes,read_bytes,age_us,started_at,hit_ratio,load,zones\n");
	buf_release(&out);
	buf_init(&out, 10);
	assert_false(csv_write_heading(&out, &thing_type));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_are_defused),
		cmocka_unit_test(cells_are_quoted_and_sanitised),
		cmocka_unit_test(numbers_are_exact_and_in_base_units),
		cmocka_unit_test(literals_are_masked_when_asked),
		cmocka_unit_test(the_heading_has_the_public_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
