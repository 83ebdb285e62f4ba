#include "base/clock.h"

#include "base_help.h"

#include <time.h>

static int64_t at(int year, int month, int day, int hour, int minute, int second, int micro)
{
	struct civil c = {year, month, day, hour, minute, second, micro, 0};

	return clock_from_civil(&c);
}

static void known_times(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
		int weekday;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z", 4},
		{-1, "1969-12-31T23:59:59.999999Z", 3},
		{951782400 * US_PER_S, "2000-02-29T00:00:00Z", 2},
		{INT64_C(1773755107123456), "2026-03-17T13:45:07.123456Z", 2},
		{INT64_C(253402300799) * US_PER_S + 999999, "9999-12-31T23:59:59.999999Z", 5},
		{INT64_C(-62135596800) * US_PER_S, "0001-01-01T00:00:00Z", 1},
		{INT64_C(-2208988800) * US_PER_S + 1, "1900-01-01T00:00:00.000001Z", 1},
	};
	struct civil c;
	char text[32];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_ptr_equal(clock_iso8601(cases[i].us, text, sizeof(text)), text);
		assert_string_equal(text, cases[i].text);
		clock_civil(cases[i].us, &c);
		assert_int_equal(c.weekday, cases[i].weekday);
		assert_true(clock_parse_iso8601(str_c(text), &back));
		assert_true(back == cases[i].us);
	}
}

/* Every day of years 1 to 9999 follows the one before by the calendar's own rules. */
static void every_day_of_every_year(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t us = at(1, 1, 1, 0, 0, 0, 0);
	int year = 1, month = 1, day = 1, weekday = 1;
	struct civil c;

	(void)state;
	while (year <= 9999) {
		int length =
			lengths[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));

		clock_civil(us, &c);
		if (c.year != year || c.month != month || c.day != day || c.weekday != weekday || c.hour || c.micro)
			fail_msg("%d-%d-%d became %d-%d-%d", year, month, day, c.year, c.month, c.day);
		if (clock_from_civil(&c) != us)
			fail_msg("%d-%d-%d does not come back", year, month, day);
		us += US_PER_DAY;
		weekday = (weekday + 1) % 7;
		if (++day > length) {
			day = 1;
			if (++month > 12) {
				month = 1;
				year++;
			}
		}
	}
}

static void random_times_come_back(void **state)
{
	uint64_t seed = 3;
	int64_t low = at(1, 1, 1, 0, 0, 0, 0), high = at(9999, 12, 31, 23, 59, 59, 999999), back;
	char text[32];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		uint64_t r = (uint64_t)random_next(&seed) << 32;
		int64_t us = low + (int64_t)((r | random_next(&seed)) % (uint64_t)(high - low));

		clock_iso8601(us, text, sizeof(text));
		assert_true(clock_parse_iso8601(str_c(text), &back));
		assert_true(back == us);
	}
}

static void years_beyond_four_digits_do_not_overflow(void **state)
{
	char text[32], tiny[5];
	struct civil c;

	(void)state;
	clock_civil(INT64_MIN, &c);
	assert_int_equal(c.year, -290308);
	clock_civil(INT64_MAX, &c);
	assert_int_equal(c.year, 294247);
	assert_string_equal(clock_iso8601(INT64_MAX, text, sizeof(text)), "+294247-01-10T04:00:54.775807Z");
	assert_string_equal(clock_iso8601(INT64_MIN, text, sizeof(text)), "-290308-12-21T19:59:05.224192Z");
	assert_string_equal(clock_iso8601(0, tiny, sizeof(tiny)), "1970");
}

static void accepted_spellings(void **state)
{
	int64_t base = at(2026, 3, 17, 13, 45, 7, 0), us;
	const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"2026-03-17T13:45:07Z", base},
		{"2026-03-17t13:45:07z", base},
		{"2026-03-17T13:45:07", base},
		{"2026-03-17 13:45:07+00", base},
		{"2026-03-17T13:45:07.5Z", base + 500000},
		{"2026-03-17T13:45:07,000001Z", base + 1},
		{"2026-03-17T13:45:07.123456789Z", base + 123456},
		{"2026-03-17T13:45:07.123-00:30", base + 123000 + 30 * US_PER_MIN},
		{"2026-03-17T15:45:07+02:00", base},
		{"2026-03-17T15:45:07+0200", base},
		{"2026-03-17T08:15:07-05:30", base},
		{"2026-03-18T03:45:07+14:00", base},
		{"2024-02-29T00:00:00Z", at(2024, 2, 29, 0, 0, 0, 0)},
		{"2000-02-29T00:00:00Z", at(2000, 2, 29, 0, 0, 0, 0)},
		{"2016-12-31T23:59:60Z", at(2017, 1, 1, 0, 0, 0, 0)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (!clock_parse_iso8601(str_c(cases[i].text), &us) || us != cases[i].us)
			fail_msg("%s", cases[i].text);
	}
}

static void refused_spellings(void **state)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-03-17",
		"2026-03-17T",
		"2026-03-17T13:45",
		"2026-03-17T13:45:7Z",
		"2026-3-17T13:45:07Z",
		"20260317T134507Z",
		"2026-03-17X13:45:07Z",
		"2026/03/17T13:45:07Z",
		"2026-03-17T13.45:07Z",
		"2026-03-17T13:45.07Z",
		"2026-00-17T13:45:07Z",
		"2026-13-17T13:45:07Z",
		"2026-03-00T13:45:07Z",
		"2026-03-32T13:45:07Z",
		"2026-04-31T13:45:07Z",
		"2026-02-29T13:45:07Z",
		"1900-02-29T13:45:07Z",
		"0000-03-17T13:45:07Z",
		"2026-03-17T24:00:00Z",
		"2026-03-17T13:60:00Z",
		"2026-03-17T13:45:61Z",
		"2026-03-17T13:45:07.Z",
		"2026-03-17T13:45:07.5.5Z",
		"2026-03-17T13:45:07ZZ",
		"2026-03-17T13:45:07Z ",
		" 2026-03-17T13:45:07Z",
		"2026-03-17T13:45:07+",
		"2026-03-17T13:45:07+2",
		"2026-03-17T13:45:07+02:",
		"2026-03-17T13:45:07+02:0",
		"2026-03-17T13:45:07+02:60",
		"2026-03-17T13:45:07+24:00",
		"2026-03-17T13:45:07+02:00x",
		"2026-03-17T13:45:07*02:00",
		"-026-03-17T13:45:07Z",
	};
	int64_t us = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (clock_parse_iso8601(str_c(bad[i]), &us))
			fail_msg("accepted %s", bad[i]);
		assert_int_equal(us, 42);
	}
	assert_false(clock_parse_iso8601((struct str){"2026-03-17T13:45:07Z\0", 21}, &us));
	assert_false(clock_parse_iso8601((struct str){NULL, 0}, &us));
	/* a slice, not a C string: what follows does not matter */
	assert_true(clock_parse_iso8601((struct str){"2026-03-17T13:45:07Zgarbage", 20}, &us));
}

static void clocks_run_and_freeze(void **state)
{
	int64_t mono = clock_mono_us(), wall = clock_wall_us();

	(void)state;
	assert_true(wall > at(2020, 1, 1, 0, 0, 0, 0));
	assert_true(llabs(wall / US_PER_S - (int64_t)time(NULL)) < 100);
	assert_true(clock_mono_us() >= mono);
	clock_freeze(123456789);
	assert_int_equal(clock_wall_us(), 123456789);
	assert_int_equal(clock_mono_us(), 123456789);
	clock_freeze(0);
	assert_true(clock_wall_us() >= wall);
	assert_true(clock_mono_us() >= mono);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times),
		cmocka_unit_test(every_day_of_every_year),
		cmocka_unit_test(random_times_come_back),
		cmocka_unit_test(years_beyond_four_digits_do_not_overflow),
		cmocka_unit_test(accepted_spellings),
		cmocka_unit_test(refused_spellings),
		cmocka_unit_test(clocks_run_and_freeze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
