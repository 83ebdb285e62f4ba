/*
 * test_kind.c: every kind reads, writes exactly, draws, compares and takes constants.
 */
#include "model_fixture.h"

#include "base/clock.h"

#include <math.h>

static const struct kind_row {
	enum kind kind;
	const char *text, *canonical, *drawn, *narrow; /* narrow: 5 columns; NULL = same as drawn */
} rows[] = {
	/* clang-format off */
	{K_TEXT, "orders \xc3\xa4", "orders \xc3\xa4", "orders \xc3\xa4", NULL},
	{K_TEXT, "", "", "", NULL},
	{K_TEXT, "a\x1b[31mb", "a\x1b[31mb", "a\xef\xbf\xbd[31mb", NULL},
	{K_ID, "i-0abc", "i-0abc", "i-0abc", NULL},
	{K_ENUM, "Lock", "Lock", "Lock", NULL},
	{K_SQL, "select  1\n from t", "select  1\n from t", "select 1 from t", NULL},
	{K_SQL, "alter role a password 'x'", "alter role a password 'x'", "alter role a password '***'", NULL},
	{K_BOOL, "true", "true", "yes", NULL},
	{K_BOOL, "f", "false", "no", NULL},
	{K_INT, "5432", "5432", "5432", NULL},
	{K_INT, "-9223372036854775808", "-9223372036854775808", "-9223372036854775808", NULL},
	{K_COUNT, "412", "412", "412", NULL},
	{K_COUNT, "1912", "1912", "1 912", NULL},
	{K_COUNT, "88100000", "88100000", "88.1 M", "88M"},
	{K_COUNTER, "4100000000", "4100000000", "4.1 B", NULL},
	{K_BYTES, "222298112", "222298112", "212 MiB", "212M"},
	{K_BYTE_COUNTER, "0", "0", "0", NULL},
	{K_DURATION_US, "128000000", "128000000", "2m08s", NULL},
	{K_DURATION_US, "-1500000", "-1500000", "-1.5s", NULL},
	{K_TIME_US, "2026-03-16T13:45:07Z", "2026-03-16T13:45:07Z", "13:45:07Z", NULL},
	{K_TIME_US, "2026-03-16T15:45:07.123456+02:00", "2026-03-16T13:45:07.123456Z", "13:45:07Z", NULL},
	{K_RATIO, "0.996", "0.996", "99.6 %", "99%"},
	{K_RATIO, "0.1", "0.1", "10.0 %", "10%"},
	{K_REAL, "12.8", "12.8", "12.8", NULL},
	{K_REAL, "0.5", "0.5", "0.50", NULL},
	{K_REAL, "1912.4", "1912.4", "1 912", NULL},
	{K_REAL, "88100000", "88100000", "88M", NULL},
	{K_REAL, "1.7976931348623157e308", "1.7976931348623157e+308", NULL, NULL},
	{K_REAL, "0.30000000000000004", "0.30000000000000004", "0.30", NULL},
	{K_REAL, "NaN", "NaN", "-", NULL},
	{K_REAL, "-inf", "-inf", "-inf", NULL},
	/* clang-format on */
};

static void check_text(const struct kind_row *r, const char *want, int width, bool exact)
{
	const struct kind_ops *ops = &kind_ops[r->kind];
	union value v;
	struct buf out;

	buf_init(&out, 1000);
	assert_true(ops->parse(str_c(r->text), &v));
	assert_true(exact ? ops->canonical(&out, v) : ops->format(&out, v, width));
	if (strcmp(buf_c(&out), want) != 0)
		fail_msg("%s %s: got \"%s\", want \"%s\"", ops->name, r->text, buf_c(&out), want);
	buf_release(&out);
}

static void every_kind_round_trips(void **state)
{
	bool seen[K__COUNT] = {false};

	(void)state;
	clock_freeze(INT64_C(1773700000) * US_PER_S); /* 2026-03-16 22:26:40 */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct kind_row *r = &rows[i];
		struct kind_row back = *r;

		seen[r->kind] = true;
		check_text(r, r->canonical, 0, true);
		back.text = r->canonical;
		check_text(&back, r->canonical, 0, true);
		if (r->drawn) {
			check_text(r, r->drawn, 0, false);
			check_text(r, r->narrow ? r->narrow : r->drawn, 5, false);
		}
	}
	for (int k = 0; k < K__COUNT; k++)
		assert_true(seen[k]);
	clock_freeze(0);
}

static void parsing_is_strict(void **state)
{
	static const struct {
		enum kind kind;
		const char *text;
	} bad[] = {
		{K_INT, ""},
		{K_INT, "12 "},
		{K_INT, "0x10"},
		{K_INT, "9223372036854775808"},
		{K_COUNT, "1.5"},
		{K_COUNTER, "1k"},
		{K_BYTES, "10M"},
		{K_BYTE_COUNTER, "-"},
		{K_BOOL, "maybe"},
		{K_BOOL, ""},
		{K_DURATION_US, "10s"},
		{K_TIME_US, "yesterday"},
		{K_TIME_US, "2026-13-01T00:00:00Z"},
		{K_RATIO, "50%"},
		{K_REAL, "1,5"},
		{K_REAL, ""},
	};
	union value v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (kind_ops[bad[i].kind].parse(str_c(bad[i].text), &v))
			fail_msg("%s takes \"%s\"", kind_ops[bad[i].kind].name, bad[i].text);
	}
}

static void constants_take_units(void **state)
{
	static const struct {
		enum kind kind;
		const char *text;
		double want;
	} good[] = {
		{K_COUNT, "10M", 10e6},
		{K_COUNT, "500", 500},
		{K_COUNTER, "1.5k", 1500},
		{K_COUNT, "4B", 4e9},
		{K_COUNT, "2T", 2e12},
		{K_INT, "5432", 5432},
		{K_BYTES, "1MiB", 1048576},
		{K_BYTE_COUNTER, "10k", 10240},
		{K_DURATION_US, "5s", 5e6},
		{K_DURATION_US, "2h", 7.2e9},
		{K_DURATION_US, "3", 3e6},
		{K_TIME_US, "2026-03-16", 1773619200e6},
		{K_TIME_US, "2026-03-16T00:00:01Z", 1773619201e6},
		{K_RATIO, "50%", 0.5},
		{K_RATIO, "0.25", 0.25},
		{K_RATIO, "1", 1},
		{K_RATIO, "95", 0.95},
		{K_REAL, "1.5k", 1500},
		{K_BOOL, "yes", 1},
	};
	static const struct {
		enum kind kind;
		const char *text;
	} bad[] = {{K_COUNT, "M"},   {K_COUNT, "ten"}, {K_BYTES, "5s"}, {K_DURATION_US, "5MiB"},   {K_INT, "10M"},
		   {K_RATIO, "%"},   {K_RATIO, "NaN"}, {K_REAL, "inf"}, {K_TIME_US, "2026-99-16"}, {K_BOOL, "2"},
		   {K_COUNT, "1e30"}};
	union value v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const struct kind_ops *ops = &kind_ops[good[i].kind];
		double got;

		if (!ops->parse_constant(str_c(good[i].text), &v))
			fail_msg("%s refuses \"%s\"", ops->name, good[i].text);
		got = ops->storage == CT_F64 ? v.f64 : (double)v.i64;
		if (fabs(got - good[i].want) > 1e-9 * fabs(good[i].want))
			fail_msg("%s \"%s\": got %g", ops->name, good[i].text, got);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (kind_ops[bad[i].kind].parse_constant(str_c(bad[i].text), &v))
			fail_msg("%s takes the constant \"%s\"", kind_ops[bad[i].kind].name, bad[i].text);
	}
}

static void comparing_is_three_way(void **state)
{
	union value a, b;

	(void)state;
	a.i64 = INT64_MIN;
	b.i64 = INT64_MAX;
	assert_int_equal(kind_compare(K_COUNT, a, b), -1);
	assert_int_equal(kind_compare(K_COUNT, b, a), 1);
	assert_int_equal(kind_compare(K_TIME_US, a, a), 0);
	a.f64 = (double)INFINITY;
	b.f64 = (double)NAN;
	assert_int_equal(kind_compare(K_REAL, a, b), -1);
	assert_int_equal(kind_compare(K_REAL, b, a), 1);
	assert_int_equal(kind_compare(K_RATIO, b, b), 0);
	b.f64 = -1;
	assert_int_equal(kind_compare(K_REAL, a, b), 1);
	a.f64 = -1;
	assert_int_equal(kind_compare(K_REAL, a, b), 0);
	a.str = STR("orders");
	b.str = STR("orders-2");
	assert_true(kind_compare(K_ID, a, b) < 0);
	assert_true(kind_compare(K_ENUM, b, a) > 0);
}

static void the_table_agrees_with_the_macro(void **state)
{
	(void)state;
	for (int k = 0; k < K__COUNT; k++) {
		assert_int_equal(kind_ops[k].storage, KIND_CTYPE(k));
		assert_true(kind_ops[k].name && kind_ops[k].unit);
		assert_int_equal(kind_ops[k].right_aligned, k >= K_INT);
		for (int other = 0; other < k; other++)
			assert_string_not_equal(kind_ops[k].name, kind_ops[other].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_round_trips),
		cmocka_unit_test(parsing_is_strict),
		cmocka_unit_test(constants_take_units),
		cmocka_unit_test(comparing_is_three_way),
		cmocka_unit_test(the_table_agrees_with_the_macro),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
