/*
 * test_policy.c: windows across midnight and the end of the week, what is no window, whose policy
 * it is, what marks production.
 */
#include "model/policy.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>

/* 2026-03-14 is a Saturday. */
#define SATURDAY 14

static int64_t at(int day, int hour, int minute, int second)
{
	const struct civil c = {.year = 2026, .month = 3, .day = day, .hour = hour, .minute = minute, .second = second};

	return clock_from_civil(&c);
}

static struct policy_window window(const char *text)
{
	struct policy_window w;
	struct err err;

	if (!policy_window_parse(str_c(text), &w, &err))
		fail_msg("%s: %s", text, err.text);
	return w;
}

static void says(const char *text, int64_t now, const char *words)
{
	struct policy_window w = window(text);
	struct buf b;

	buf_init(&b, 200);
	policy_window_say(&w, now, &b);
	assert_string_equal(buf_c(&b), words);
	buf_release(&b);
}

static bool is_open(const char *text, int64_t now)
{
	struct policy_window w = window(text);
	int64_t left;

	return policy_window_is_open(&w, now, &left);
}

static void test_none(void **state)
{
	(void)state;
	assert_false(window("").set);
	assert_false(window("  \t ").set);
	says("", at(SATURDAY, 12, 0, 0), "none set");
}

static void test_a_window_over_midnight(void **state)
{
	static const char text[] = "Sat 22:00-Sun 04:00";

	(void)state;
	assert_false(is_open(text, at(SATURDAY, 21, 59, 59)));
	assert_true(is_open(text, at(SATURDAY, 22, 0, 0)));
	assert_true(is_open(text, at(SATURDAY + 1, 3, 59, 59)));
	assert_false(is_open(text, at(SATURDAY + 1, 4, 0, 0)));
	says(text, at(SATURDAY, 23, 30, 0), "open for another 4h30m");
	says(text, at(SATURDAY - 2, 18, 0, 0), "closed, opens Sat 22:00 UTC in 2d 04h");
	says(text, at(SATURDAY, 21, 59, 30), "closed, opens Sat 22:00 UTC in 30s");
	/* the next one is a week away */
	says(text, at(SATURDAY + 1, 4, 0, 0), "closed, opens Sat 22:00 UTC in 6d 18h");
}

/* Saturday is the last day of this week and Sunday the first. */
static void test_a_window_over_the_end_of_the_week(void **state)
{
	(void)state;
	for (int day = SATURDAY - 1; day <= SATURDAY + 9; day++) {
		bool weekend =
			day != SATURDAY - 1 && (day <= SATURDAY + 1 || (day >= SATURDAY + 7 && day <= SATURDAY + 8));

		assert_int_equal(is_open("Sat 00:00-Sun 24:00", at(day, 12, 0, 0)), weekend);
		assert_int_equal(is_open("Saturday 00:00-Mon 00:00", at(day, 23, 59, 0)), weekend);
	}
	says("Fri 20:00-Mon 06:00", at(SATURDAY, 20, 0, 0), "open for another 1d 10h");
}

static void test_daily_and_until_the_next_such_time(void **state)
{
	(void)state;
	for (int day = SATURDAY; day < SATURDAY + 7; day++) {
		assert_true(is_open("daily 23:30-00:30", at(day, 0, 15, 0)));
		assert_true(is_open("daily 23:30-00:30", at(day, 23, 45, 0)));
		assert_false(is_open("daily 23:30-00:30", at(day, 0, 30, 0)));
	}
	assert_true(is_open("sat 22:00-04:00", at(SATURDAY + 1, 3, 0, 0)));
	assert_false(is_open("sat 22:00-04:00", at(SATURDAY + 2, 3, 0, 0)));
	says("DAILY 02:00-03:00", at(SATURDAY, 3, 0, 0), "closed, opens Sun 02:00 UTC in 23h00m");
}

/* Windows that overlap or touch are one. */
static void test_several(void **state)
{
	static const char text[] = "Sat 22:00-Sun 02:00, daily 02:00-03:00,Sun 1:30 - 02:30";

	(void)state;
	says(text, at(SATURDAY, 22, 0, 0), "open for another 5h00m");
	says(text, at(SATURDAY + 1, 3, 0, 0), "closed, opens Mon 02:00 UTC in 23h00m");
	says("daily 00:00-24:00", at(SATURDAY, 1, 2, 3), "open at all times");
	says("Sun 00:00-Sat 24:00", at(SATURDAY, 1, 2, 3), "open at all times");
	says("Tue 10:00-Tue 9:00, Tue 9:00-10:00", at(SATURDAY, 1, 2, 3), "open at all times");
}

static void test_as_rds_writes_it(void **state)
{
	(void)state;
	says("sat:22:00-sun:04:00", at(SATURDAY, 23, 0, 0), "open for another 5h00m");
	says("mon:00:30-mon:01:00", at(SATURDAY, 0, 30, 0), "closed, opens Mon 00:30 UTC in 2d 00h");
}

/* Before 1970 and far away a week has the same minutes. */
static void test_any_time(void **state)
{
	(void)state;
	assert_true(is_open("Thu 00:00-00:01", 0));
	assert_true(is_open("Wed 23:59-24:00", -1));
	(void)is_open("daily 10:00-11:00", INT64_MAX);
	(void)is_open("daily 10:00-11:00", INT64_MIN);
}

static void test_what_is_no_window(void **state)
{
	static const char *const wrong[][2] = {
		{"always", "always"},
		{"Sat 22:00", "Sat 22:00"},
		{"Sat 22:00-", "times"},
		{"-", "times"},
		{"Sat-Sun", "times"},
		{"22:00-23:00", "daily"},
		{"Sax 22:00-23:00", "begins neither"},
		{"Sat 22:00-Sux 23:00", "ends on no day"},
		{"daily 22:00-Sun 23:00", "daily, and ends on a day"},
		{"Sat 24:00-Sun 01:00", "times"},
		{"Sat 24:01-Sun 01:00", "times"},
		{"Sat 22:60-Sun 01:00", "times"},
		{"Sat 2200-Sun 01:00", "times"},
		{"Sat 22:00:00-Sun 01:00", "times"},
		{"Sat -1:00-Sun 01:00", "times"},
		{"Sat 22:00-Sun 01:00 UTC", "times"},
		{"Sat 22:00-Sat 22:00", "ends when it begins"},
		{"daily 01:00-01:00", "ends when it begins"},
		{"daily 01:00-02:00,", "not a window"},
		{",", "not a window"},
		{"daily 01:00-02:00,,daily 03:00-04:00", "not a window"},
		{"Sat 22:00\xe2\x80\x93Sun 04:00", "not a window"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct policy_window w = {.set = true};
		struct err err;

		if (policy_window_parse(str_c(wrong[i][0]), &w, &err))
			fail_msg("\"%s\" is taken", wrong[i][0]);
		if (!strstr(err.text, wrong[i][1]))
			fail_msg("\"%s\" for \"%s\"", err.text, wrong[i][0]);
	}
}

static void test_hostile_text(void **state)
{
	struct policy_window w;
	struct err err;
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	for (int i = 0; i <= POLICY_WINDOWS_MAX; i++)
		(void)buf_addf(&b, "%sdaily 01:00-02:00", i ? "," : "");
	assert_false(policy_window_parse(buf_str(&b), &w, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_clear(&b);
	for (int i = 0; i < 200000; i++)
		(void)buf_add_char(&b, (char)(i * 7 % 255 + 1));
	assert_false(policy_window_parse(buf_str(&b), &w, &err));
	/* what is quoted of it is short */
	assert_true(strlen(err.text) < 200);
	/* a slice ends where it ends */
	assert_false(policy_window_parse((struct str){"daily 01:00-02:00", 15}, &w, &err));
	assert_false(policy_window_parse((struct str){"daily 01:00-02:00\0", 18}, &w, &err));
	buf_release(&b);
}

static void test_whose(void **state)
{
	static struct policies all = {.common = {.stop_waiters = 1},
				      .of = {{.cluster = "prod-orders", .policy = {.stop_waiters = 2}},
					     {.cluster = "db.example.com", .policy = {.stop_waiters = 3}}},
				      .n = 2};

	(void)state;
	assert_ptr_equal(policy_find(NULL, STR("prod-orders")), &policy_default);
	assert_int_equal(policy_default.stop_waiters, 20);
	assert_int_equal(policy_find(&all, STR("prod-orders"))->stop_waiters, 2);
	assert_int_equal(policy_find(&all, STR("PROD-Orders"))->stop_waiters, 2);
	assert_int_equal(policy_find(&all, STR("prod-orders-2"))->stop_waiters, 1);
	assert_int_equal(policy_find(&all, STR(""))->stop_waiters, 1);
	assert_int_equal(policy_find(&all, STR("a.example.com,db.example.com,prod-orders"))->stop_waiters, 3);
}

static void test_production(void **state)
{
	struct str tag;

	(void)state;
	assert_true(policy_is_production("environment=production", STR("Team=orders,Environment=Production"), &tag));
	assert_true(str_eq_c(tag, "Environment=Production"));
	assert_true(policy_is_production("stage=live, environment=production", STR("environment=production"), &tag));
	assert_false(policy_is_production("environment=production", STR("environment=production-copy"), &tag));
	assert_false(policy_is_production("environment=production", STR("my-environment=production"), &tag));
	assert_false(policy_is_production("environment=production", STR(""), &tag));
	assert_false(policy_is_production("", STR("environment=production"), &tag));
	assert_false(policy_is_production(",", STR("environment=production,"), &tag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_a_window_over_midnight),
		cmocka_unit_test(test_a_window_over_the_end_of_the_week),
		cmocka_unit_test(test_daily_and_until_the_next_such_time),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_as_rds_writes_it),
		cmocka_unit_test(test_any_time),
		cmocka_unit_test(test_what_is_no_window),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_production),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
