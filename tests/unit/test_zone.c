/*
 * test_zone.c: the zone of the clocks: UTC unless this thread wants its host's, right at both changes of a year, the
 * same for no other thread.
 */
#include "base/zone.h"

#include "base_help.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The same rules without the zone's files. */
#define BERLIN_RULES "CET-1CEST,M3.5.0,M10.5.0/3"

static int64_t utc(int month, int day, int hour, int minute)
{
	struct civil c = {.year = 2026, .month = month, .day = day, .hour = hour, .minute = minute};

	return clock_from_civil(&c);
}

static void use(const char *tz)
{
	if (tz)
		(void)setenv("TZ", tz, 1);
	else
		(void)unsetenv("TZ");
	zone_init();
}

static int back_to_utc(void **state)
{
	(void)state;
	zone_use(false);
	use(NULL);
	return 0;
}

static void shows(int64_t at, int hour, int minute, const char *suffix, const char *offset)
{
	char text[ZONE_TEXT_MAX];
	struct civil c;

	zone_civil(at, &c);
	assert_int_equal(c.hour, hour);
	assert_int_equal(c.minute, minute);
	assert_string_equal(zone_suffix(at, text), suffix);
	assert_string_equal(zone_offset_text(at, text), offset);
}

static void utc_unless_asked(void **state)
{
	(void)state;
	use(BERLIN_RULES);
	assert_false(zone_is_local());
	shows(utc(7, 1, 12, 30), 12, 30, "Z", "+00");
	zone_use(true);
	assert_true(zone_is_local());
	shows(utc(7, 1, 12, 30), 14, 30, " CEST", "+02");
	zone_use(false);
	shows(utc(7, 1, 12, 30), 12, 30, "Z", "+00");
}

static void the_changes_of_a_year(void **state)
{
	static const char *const zones[] = {BERLIN_RULES, "Europe/Berlin"};

	(void)state;
	zone_use(true);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		use(zones[i]);
		/* a machine without the zone's files takes the name for UTC */
		if (zone_offset_us(utc(7, 1, 0, 0)) == 0)
			continue;
		/* 02:00 to 03:00 is not there in spring, and comes twice in autumn */
		shows(utc(3, 29, 0, 59), 1, 59, " CET", "+01");
		shows(utc(3, 29, 1, 0), 3, 0, " CEST", "+02");
		shows(utc(10, 25, 0, 30), 2, 30, " CEST", "+02");
		shows(utc(10, 25, 1, 30), 2, 30, " CET", "+01");
		assert_true(zone_offset_us(utc(10, 25, 1, 0)) == US_PER_HOUR);
	}
}

static void zones_that_are_not_round(void **state)
{
	(void)state;
	zone_use(true);
	use("<-0330>3:30");
	shows(utc(1, 1, 12, 0), 8, 30, " -0330", "-0330");
	use("IST-5:30");
	shows(utc(1, 1, 12, 0), 17, 30, " IST", "+0530");
	/* the day before the epoch */
	shows(-US_PER_S, 5, 29, " IST", "+0530");
}

/* Without TZ it is the host's own, whichever that is: the clock differs from UTC by the offset it names. */
static void without_the_variable(void **state)
{
	int64_t now = utc(6, 15, 10, 0);
	struct civil local, shifted;
	char text[ZONE_TEXT_MAX];

	(void)state;
	use(NULL);
	zone_use(true);
	zone_civil(now, &local);
	clock_civil(now + zone_offset_us(now), &shifted);
	assert_memory_equal(&local, &shifted, sizeof local);
	assert_int_equal(zone_suffix(now, text)[0], ' ');
	assert_true(strlen(text) > 1);
}

static void what_tz_says_is_only_letters(void **state)
{
	char text[ZONE_TEXT_MAX];

	(void)state;
	zone_use(true);
	use("\x1b[31m");
	(void)zone_suffix(0, text);
	for (const char *p = text; *p; p++)
		assert_true(*p >= ' ' && *p <= 'z' && *p != '[');
}

static void times_beyond_all_calendars(void **state)
{
	struct civil c;

	(void)state;
	zone_use(true);
	use(BERLIN_RULES);
	zone_civil(INT64_MAX, &c);
	zone_civil(INT64_MIN, &c);
	assert_true(zone_offset_us(INT64_MAX) == 0);
}

static void *look(void *ret_hour)
{
	struct civil c;

	zone_civil(utc(7, 1, 12, 0), &c);
	*(int *)ret_hour = c.hour;
	return NULL;
}

static void other_threads_stay_with_utc(void **state)
{
	pthread_t thread;
	int hour = 0;

	(void)state;
	use(BERLIN_RULES);
	zone_use(true);
	assert_int_equal(pthread_create(&thread, NULL, look, &hour), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(hour, 12);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, back_to_utc)
	const struct CMUnitTest tests[] = {
		TEST(utc_unless_asked),
		TEST(the_changes_of_a_year),
		TEST(zones_that_are_not_round),
		TEST(without_the_variable),
		TEST(what_tz_says_is_only_letters),
		TEST(times_beyond_all_calendars),
		TEST(other_threads_stay_with_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
