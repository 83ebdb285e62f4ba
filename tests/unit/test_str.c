#include "base/str.h"

#include "base_help.h"

static const struct str nothing = {NULL, 0};

static void equality(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_true(str_eq(nothing, STR("")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq_c(STR("abc"), "abc"));
	assert_true(str_eq_c(nothing, NULL));
	assert_false(str_eq_c(STR("a\0b"), "a"));
	assert_true(str_ieq(STR("Az[@`{"), STR("aZ[@`{")));
	assert_false(str_ieq(STR("@"), STR("`")));
	assert_false(str_ieq(STR("["), STR("{")));
	assert_false(str_ieq(STR("ab"), STR("a")));
	assert_false(str_ieq(STR("abc"), STR("Axc")));
	assert_false(str_ieq(STR("abc"), STR("ABx")));
	assert_false(str_ieq(STR("\xC4"), STR("\xE4")));
}

static void order(void **state)
{
	static const char *const sorted[] = {"", "A", "a", "aa", "ab", "b", "\xFF"};

	(void)state;
	for (int i = 0; i < 7; i++) {
		for (int j = 0; j < 7; j++) {
			int d = str_cmp(str_c(sorted[i]), str_c(sorted[j]));

			assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
		}
	}
	assert_int_equal(str_cmp(nothing, STR("")), 0);
}

static void prefixes_and_suffixes(void **state)
{
	(void)state;
	assert_true(str_starts(STR("rds.lag"), STR("rds.")));
	assert_false(str_starts(STR("rds"), STR("rds.")));
	assert_false(str_starts(STR("rds.lag"), STR("rdx")));
	assert_true(str_starts(nothing, nothing));
	assert_true(str_ends(STR("rds.lag"), STR("lag")));
	assert_false(str_ends(STR("rds.lag"), STR("lags")));
	assert_false(str_ends(STR("ag"), STR("lag")));
	assert_true(str_ends(STR("lag"), STR("lag")));
	assert_true(str_ends(STR("x"), nothing));
}

static void searching(void **state)
{
	struct str s = STR("xaBxab");

	(void)state;
	assert_int_equal(str_find(s, STR("ab"), 0), 4);
	assert_int_equal(str_find(s, STR("xa"), 1), 3);
	assert_int_equal(str_find(s, STR("x"), 4), -1);
	assert_int_equal(str_find(s, STR(""), 3), 3);
	assert_int_equal(str_find(s, STR(""), 6), 6);
	assert_int_equal(str_find(s, STR(""), 7), -1);
	assert_int_equal(str_find(s, STR("xaBxabx"), 0), -1);
	assert_int_equal(str_find(s, STR("b"), SIZE_MAX), -1);
	assert_int_equal(str_find(nothing, nothing, 0), 0);
	assert_int_equal(str_find(STR("a\0b"), STR("\0b"), 0), 1);
	assert_int_equal(str_ifind(s, STR("AB"), 0), 1);
	assert_int_equal(str_ifind(s, STR("AB"), 2), 4);
	assert_int_equal(str_ifind(s, STR("AB"), 5), -1);
	assert_int_equal(str_ifind(s, STR("c"), 0), -1);
	assert_int_equal(str_ifind(s, STR(""), 6), 6);
	assert_int_equal(str_ifind(nothing, STR("a"), 0), -1);
	assert_int_equal(str_ifind(s, STR("b"), SIZE_MAX), -1);
}

static void trimming(void **state)
{
	(void)state;
	SAME_STR(str_trim(STR(" \t\r\n\v\f a b \t\r\n\v\f ")), "a b");
	SAME_STR(str_trim(STR("   ")), "");
	SAME_STR(str_trim(nothing), "");
	SAME_STR(str_trim(STR("a\xC2\xA0")), "a\xC2\xA0");
}

static void splitting(void **state)
{
	struct str rest = STR(",a,,bc,"), part;
	static const char *const want[] = {"", "a", "", "bc", ""};

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(str_split(&rest, ',', &part));
		SAME_STR(part, want[i]);
	}
	assert_false(str_split(&rest, ',', &part));
	assert_null(rest.ptr);
	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	SAME_STR(part, "");
	assert_false(str_split(&rest, ',', &part));
	rest = nothing;
	assert_false(str_split(&rest, ',', &part));
}

static void slicing(void **state)
{
	(void)state;
	SAME_STR(str_sub(STR("abcdef"), 1, 3), "bc");
	SAME_STR(str_sub(STR("abcdef"), 4, 99), "ef");
	SAME_STR(str_sub(STR("abcdef"), 9, 99), "");
	SAME_STR(str_sub(STR("abcdef"), 3, 1), "");
	SAME_STR(str_sub(nothing, 0, 5), "");
	assert_null(str_sub(nothing, 0, 5).ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),  cmocka_unit_test(order),    cmocka_unit_test(prefixes_and_suffixes),
		cmocka_unit_test(searching), cmocka_unit_test(trimming), cmocka_unit_test(splitting),
		cmocka_unit_test(slicing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
