/* Which statement texts may follow EXPLAIN. */
#include "model/explainable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
/* after the three above */
#include <cmocka.h>

static void allow(const char *text, const char *kind, int params, const char *sent)
{
	struct explainable e;
	struct err err = {0};

	if (!explainable_check(str_c(text), &e, &err))
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(e.kind, kind);
	assert_int_equal(e.params, params);
	if (!str_eq_c(e.text, sent))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(e.text), sent);
}

static void refuse(struct str text, const char *words)
{
	struct explainable e;
	struct err err = {0};

	if (explainable_check(text, &e, &err))
		fail_msg("allowed: %.*s", STR_ARG(text));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_kinds(void **state)
{
	(void)state;
	allow("select 1", "SELECT", 0, "select 1");
	allow("INSERT INTO t VALUES ($1, $2)", "INSERT", 2, "INSERT INTO t VALUES ($1, $2)");
	allow("update t set a = $12 where b = $3", "UPDATE", 12, "update t set a = $12 where b = $3");
	allow("Delete from t", "DELETE", 0, "Delete from t");
	allow("MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING", "MERGE", 0,
	      "MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING");
	allow("values (1), (2)", "VALUES", 0, "values (1), (2)");
	allow("with x as (select 1) table x", "WITH", 0, "with x as (select 1) table x");
	allow("TABLE t", "TABLE", 0, "TABLE t");
	allow("((select 1) union (select 2))", "SELECT", 0, "((select 1) union (select 2))");
}

static void test_what_surrounds_it(void **state)
{
	(void)state;
	allow("  /*+ SeqScan(t) */ select 1 ; ", "SELECT", 0, "/*+ SeqScan(t) */ select 1");
	allow("-- app: shop\nselect 1;;\n-- end", "SELECT", 0, "-- app: shop\nselect 1");
	allow(";select 1", "SELECT", 0, "select 1");
	allow("select ';drop table t', $$;$$, \";\" /* ; */ -- ;", "SELECT", 0, "select ';drop table t', $$;$$, \";\"");
	/* what looks like a parameter in a string or a comment is none */
	allow("select '$1', \"$2\" -- $3\n, $4 /* $5 */", "SELECT", 4, "select '$1', \"$2\" -- $3\n, $4");
}

static void test_several(void **state)
{
	(void)state;
	refuse(STR("select 1; select 2"), "several statements");
	refuse(STR("select 1; drop table t"), "several statements");
	refuse(STR("select 1;/* */ -- \n vacuum"), "several statements");
	refuse(STR("begin; select 1"), "several statements");
}

static void test_commands(void **state)
{
	(void)state;
	refuse(STR("vacuum full t"), "VACUUM is a command");
	refuse(STR("ALTER TABLE t ADD c int"), "ALTER is a command");
	refuse(STR("commit"), "COMMIT is a command");
	refuse(STR("explain analyze delete from t"), "EXPLAIN already");
	refuse(STR("copy (select 1) to stdout"), "a query in it has one");
	refuse(STR("call p()"), "procedure");
	refuse(STR("do $$ begin end $$"), "block of code");
	refuse(STR("fetch 10 from c"), "cursor");
	refuse(STR("execute s(1)"), "prepared statement");
	refuse(STR("declare c cursor for select 1"), "its query alone");
	refuse(STR("create table t as select 1"), "a query in it has one");
	refuse(STR("refresh materialized view v"), "query of the view");
	refuse(STR("analyze select 1"), "ANALYZE is a command");
	refuse(STR("'select'"), "is a command");
	refuse(STR("selectx"), "SELECTX is a command");
}

static void test_no_statement(void **state)
{
	(void)state;
	refuse(STR(""), "there is no statement");
	refuse(STR(" ;; -- nothing"), "there is no statement");
	refuse(STR("((("), "there is no statement");
	refuse(STR("<insufficient privilege>"), "hides");
	refuse(STR("<command string not enabled>"), "track_activities");
	refuse(STR("autovacuum: VACUUM public.t"), "autovacuum worker");
	refuse((struct str){"select 1\0; drop", 15}, "NUL");
}

static void test_cut(void **state)
{
	(void)state;
	refuse(STR("select 'abc"), "in the middle of");
	refuse(STR("select \"abc"), "in the middle of");
	refuse(STR("select 1 /* abc"), "in the middle of");
	refuse(STR("select 1 /*/"), "in the middle of");
	refuse(STR("select $x$ abc"), "in the middle of");
	refuse(STR("select E'abc"), "in the middle of");
	allow("select 'abc'", "SELECT", 0, "select 'abc'");
	allow("select U&\"abc\"", "SELECT", 0, "select U&\"abc\"");
}

static void test_limits(void **state)
{
	(void)state;
	refuse(STR("select $20001"), "more than 20000 parameters");
	refuse(STR("select $99999999999999999999"), "more than 20000 parameters");
	allow("select $20000", "SELECT", 20000, "select $20000");
}

static void cast(const char *text, size_t want_n, const char *want)
{
	struct buf b;

	buf_init(&b, 1024);
	assert_int_equal(explainable_cast_params(&b, str_c(text)), want_n);
	assert_string_equal(buf_c(&b), want);
	buf_release(&b);
}

/* pg_stat_statements writes `interval '90 days'` as `interval $1`, which the parser refuses. */
static void test_typed_literals(void **state)
{
	(void)state;
	cast("select now() - interval $2 group by $1", 1, "select now() - $2::interval group by $1");
	cast("select DATE  $1, interval $2", 2, "select $1::DATE, $2::interval");
	cast("select date, interval '1 day' from t where date = $1", 0,
	     "select date, interval '1 day' from t where date = $1");
	cast("select 'interval $1' -- date $1", 0, "select 'interval $1' -- date $1");
	cast("select a::date", 0, "select a::date");
	cast("select \"date\" $1", 0, "select \"date\" $1");
	cast("", 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),        cmocka_unit_test(test_what_surrounds_it),
		cmocka_unit_test(test_several),      cmocka_unit_test(test_commands),
		cmocka_unit_test(test_no_statement), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_limits),       cmocka_unit_test(test_typed_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
