/*
 * test_sqlshape.c: statements without their values.
 */
#include "model_fixture.h"

#include "model/sqltext.h"

static void check(const char *sql, const char *shape)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_true(sql_shape(&out, str_c(sql)));
	if (!str_eq_c(buf_str(&out), shape))
		fail_msg("%s\n gives %s\n   not %s", sql, buf_c(&out), shape);
	buf_release(&out);
}

static void values_leave_and_the_rest_stays(void **state)
{
	(void)state;
	check("", "");
	check("select 1", "select $1");
	check("SELECT * FROM orders WHERE id = 42 AND note = 'it''s';",
	      "SELECT * FROM orders WHERE id = $1 AND note = $2");
	check("select  a,\n\tb  from t -- why\n where c=1.5e3", "select a, b from t where c=$1");
	check("/* trace 00-12ab */ select 1 /* end */ ; ", "select $1");
	check("select e'x', $$body$$, interval '2 days'", "select $1, $2, interval $3");
	check("update \"T 1\" set a1 = a1 - 1 where b = 'x", "update \"T 1\" set a1 = a1 - $1 where b = $2");
	check("commit", "commit");
}

/* As pg_stat_statements numbers them: on from the parameters that are there. */
static void numbers_go_on_from_parameters(void **state)
{
	(void)state;
	check("update stock set qty = qty - $1 where sku = $2 and shop = 7",
	      "update stock set qty = qty - $1 where sku = $2 and shop = $3");
	check("select $3, 1", "select $3, $4");
	check("select $99999999999999999999, 1", "select $99999999999999999999, $1");
}

static void lists_of_values_have_no_length(void **state)
{
	(void)state;
	check("select * from t where id in (1)", "select * from t where id in ($1)");
	check("select * from t where id in (1, 2,3)", "select * from t where id in ($1 /*, ... */)");
	check("select * from t where id IN ('a','b') and x = 1",
	      "select * from t where id IN ($1 /*, ... */) and x = $2");
	check("select * from t where id = any(array[1, 2])", "select * from t where id = any(array[$1 /*, ... */])");
	check("select * from t where id in (1, 2, x)", "select * from t where id in ($1 /*, ... */, x)");
	check("select * from t where id in (1, x)", "select * from t where id in ($1, x)");
	check("select * from t where id in (select id from u where a = 1)",
	      "select * from t where id in (select id from u where a = $1)");
	/* Other lists have their length: it is part of what the statement does. */
	check("insert into t values (1, 'x', 2)", "insert into t values ($1, $2, $3)");
	check("select * from t where id in (1, 2", "select * from t where id in ($1 /*, ... */");
}

/* No cut of a statement shows a value of it. */
static void no_cut_shows_a_value(void **state)
{
	static const char sql[] = "select 'S3CRET' from t where a in ('S3CRET', E'S3CRET', $x$S3CRET$x$) -- S3CRET";
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t len = 0; len <= strlen(sql); len++) {
		buf_clear(&out);
		assert_true(sql_shape(&out, (struct str){sql, len}));
		assert_int_equal(str_find(buf_str(&out), STR("S3"), 0), -1);
	}
	buf_release(&out);
	buf_init(&out, 5);
	assert_false(sql_shape(&out, STR("select a, b")));
	buf_release(&out);
}

static void what_was_in_the_buffer_stays(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	buf_add_c(&out, "head; ");
	assert_true(sql_shape(&out, STR(" select 1; ")));
	assert_string_equal(buf_c(&out), "head; select $1");
	buf_clear(&out);
	buf_add_c(&out, "head; ");
	assert_true(sql_shape(&out, STR(";")));
	assert_string_equal(buf_c(&out), "head; ");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_leave_and_the_rest_stays), cmocka_unit_test(numbers_go_on_from_parameters),
		cmocka_unit_test(lists_of_values_have_no_length),  cmocka_unit_test(no_cut_shows_a_value),
		cmocka_unit_test(what_was_in_the_buffer_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
