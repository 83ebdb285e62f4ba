/* test_sqlset.c: which statement a server version gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "db/sqlset.h"

static const struct embedded files[] = {
	{"a.13.sql", "thirteen", 8}, {"a.14.sql", "fourteen", 8}, {"a.sql", "any", 3},
	{"a.b.sql", "other", 5},     {"ab.sql", "ab", 2},         {"c.16.sql", "sixteen", 7},
};

static const char *pick(const char *name, int version)
{
	const struct embedded *f = sqlset_pick(files, ARRAY_LEN(files), name, version);

	return f ? f->text : NULL;
}

static void test_newest_that_fits(void **state)
{
	(void)state;
	assert_string_equal(pick("a", 110022), "any");
	assert_string_equal(pick("a", 129999), "any");
	assert_string_equal(pick("a", 130000), "thirteen");
	assert_string_equal(pick("a", 139999), "thirteen");
	assert_string_equal(pick("a", 140000), "fourteen");
	assert_string_equal(pick("a", 180004), "fourteen");
	assert_string_equal(pick("ab", 150000), "ab");
	assert_null(pick("c", 150000));
	assert_string_equal(pick("c", 160000), "sixteen");
	assert_null(pick("nothing", 150000));
}

/* Every compiled-in statement serves the oldest version, begins as a reading statement and ends without a semicolon. */
static void test_compiled_in(void **state)
{
	static const char *const names[] = {
		"sessions",         "locks",      "databases",       "database_sizes",  "probe",  "aurora_instance",
		"statements_probe", "statements", "statements_info", "statement_texts", "names",  "lock_names",
		"prepared",         "blockers",   "progress",        "xmin_horizon",    "tables", "relations",
		"wraparound",       "slots",      "slots_position"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (int major = 11; major <= 18; major++) {
			struct str text = str_c(sqlset_text(names[i], major * 10000));

			if (!str_starts(text, STR("SELECT ")) && !str_starts(text, STR("WITH ")))
				fail_msg("%s begins with %.20s", names[i], text.ptr);
			assert_int_equal(str_find(text, STR(";"), 0), -1);
		}
	assert_true(str_find(str_c(sqlset_text("sessions", 140000)), STR("query_id"), 0) > 0);
	assert_int_equal(str_find(str_c(sqlset_text("sessions", 139999)), STR("query_id"), 0), -1);
	assert_int_equal(str_find(str_c(sqlset_text("sessions", 120000)), STR("leader_pid"), 0), -1);
	assert_int_equal(str_find(str_c(sqlset_text("sessions", 110000)), STR("MATERIALIZED"), 0), -1);
	assert_true(str_find(str_c(sqlset_text("locks", 140000)), STR("s.waitstart"), 0) > 0);
	assert_int_equal(str_find(str_c(sqlset_text("locks", 130000)), STR("s.waitstart"), 0), -1);
}

/* A schema is a quoted identifier, whatever its name. */
static void test_schema(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_true(
		sqlset_put_schema(&b, STR("SELECT " SQL_SCHEMA_MARK ".f(), " SQL_SCHEMA_MARK ".g()"), STR("public")));
	assert_string_equal(buf_c(&b), "SELECT \"public\".f(), \"public\".g()");
	buf_clear(&b);
	assert_true(sqlset_put_schema(&b, STR(SQL_SCHEMA_MARK "."), STR("a\"; DROP TABLE t; --")));
	assert_string_equal(buf_c(&b), "\"a\"\"; DROP TABLE t; --\".");
	buf_clear(&b);
	assert_true(sqlset_put_schema(&b, STR("SELECT 1"), STR("x")));
	assert_string_equal(buf_c(&b), "SELECT 1");
	buf_release(&b);
	buf_init(&b, 10);
	assert_false(sqlset_put_schema(&b, STR("SELECT " SQL_SCHEMA_MARK ".f()"), STR("public")));
	buf_release(&b);
	/* the mark stands wherever an extension's object does */
	for (size_t i = 0; i < sql_nfiles; i++) {
		struct str text = {sql_files[i].text, sql_files[i].len};
		long at = -1;

		while ((at = str_find(text, STR("pg_stat_statements("), (size_t)at + 1)) >= 0)
			assert_true(str_ends(str_sub(text, 0, (size_t)at), STR(SQL_SCHEMA_MARK ".")));
	}
}

/* The heading says what a statement needs and which versions it serves. */
static void test_headings(void **state)
{
	(void)state;
	assert_true(sql_nfiles >= 8);
	for (size_t i = 0; i < sql_nfiles; i++) {
		struct str text = {sql_files[i].text, sql_files[i].len};

		assert_true(str_starts(text, STR("-- ")));
		if (str_find(text, STR("Needs:"), 0) < 0 || str_find(text, STR("Serves"), 0) < 0)
			fail_msg("%s does not say what it needs and serves", sql_files[i].name);
		for (size_t c = 0; c < text.len; c++)
			assert_true((unsigned char)text.ptr[c] < 0x80);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_that_fits),
		cmocka_unit_test(test_compiled_in),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_headings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
