/*
 * test_sqlshape.c: what has one shape and what has not.
 */
#include "model/sqlshape.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf out;

static const char *shape(const char *text)
{
	buf_clear(&out);
	sql_shape(&out, str_c(text));
	return buf_c(&out);
}

static void shapes(void **state)
{
	static const char *const rows[][2] = {
		{"SELECT * FROM t WHERE a=1", "select * from t where a = ?"},
		{"select  *\nfrom T -- why\n where a = 'x''y' ;", "select * from t where a = ?"},
		{"select * from t where a = $1", "select * from t where a = ?"},
		{"/* app:web */ select * from t where a = $tag$ x $tag$", "select * from t where a = ?"},
		{"select 1 where a in (1, 2,3)", "select ? where a in (?, ...)"},
		{"select 1 where a in ($1, $2)", "select ? where a in (?, ...)"},
		{"select 1 where a in (1)", "select ? where a in (?)"},
		{"insert into t (a, b) values (1, now(), 'c')", "insert into t(a, b) values (?, now(), ?)"},
		{"select a from t where b > -1 and c = 2 - 1", "select a from t where b > ? and c = ? - ?"},
		{"select a -1", "select a - ?"},
		{"select o.id, count( * ) from \"My Table\" o", "select o.id, count(*) from \"My Table\" o"},
		{"select $1::text[]", "select ? :: text[]"},
		{"begin; select 1", "begin; select ?"},
		{"", ""},
		{"select 'cut off in the mid", "select ?"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(shape(rows[i][0]), rows[i][1]);
}

static uint32_t seed = 20260317;

static uint32_t roll(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* The shape of a shape is the same shape, as long as there is no list in it. */
static void shapes_are_stable(void **state)
{
	static const char *const pieces[] = {"select ", " ",     "'a'", " 1 ", "$1",  "(", ")", "- ", "+ ", "--x\n",
					     "/*y*/",   "\"q\"", ";",   "::",  " x ", "[", "]", "\n", "."};
	struct buf again;

	(void)state;
	buf_init(&again, 1u << 16);
	for (int round = 0; round < 20000; round++) {
		char text[256] = "";

		for (int k = 0; k < 12; k++)
			strcat(text, pieces[roll(ARRAY_LEN(pieces))]);
		buf_clear(&again);
		sql_shape(&again, str_c(shape(text)));
		if (strcmp(buf_c(&again), buf_c(&out)) != 0 && !strchr(buf_c(&out), '?'))
			fail_msg("%s | %s | %s", text, buf_c(&out), buf_c(&again));
	}
	buf_release(&again);
}

static void any_bytes_do(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[200];
		size_t n = roll(sizeof(text));

		for (size_t i = 0; i < n; i++)
			text[i] = (char)(roll(3) ? "'\"$-/*().,;e1 \n"[roll(15)] : (int)roll(256));
		buf_clear(&out);
		sql_shape(&out, (struct str){text, n});
		assert_true(out.len <= 3 * sizeof(text));
	}
}

static void long_ones_are_cut(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_add_c(&text, "select ");
	while (text.len < 200000)
		buf_add_c(&text, "column_name + ");
	buf_clear(&out);
	sql_shape(&out, buf_str(&text));
	assert_true(out.len <= SQL_SHAPE_MAX);
	assert_true(out.len > SQL_SHAPE_MAX - 64);
	/* a long list of values is a short shape */
	buf_clear(&text);
	buf_add_c(&text, "select * from t where id in (0");
	for (int i = 0; i < 20000; i++)
		buf_addf(&text, ", %d", i);
	buf_add_c(&text, ") and late = 1");
	buf_clear(&out);
	sql_shape(&out, buf_str(&text));
	assert_string_equal(buf_c(&out), "select * from t where id in (?, ...) and late = ?");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(shapes_are_stable),
		cmocka_unit_test(any_bytes_do),
		cmocka_unit_test(long_ones_are_cut),
	};
	int failed;

	buf_init(&out, 1u << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&out);
	return failed;
}
