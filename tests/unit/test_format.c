/*
 * test_format.c: numbers, sizes, durations and clocks, at and around every boundary.
 */
#include "model_fixture.h"

#include "base/clock.h"
#include "base/zone.h"

#include <math.h>
#include <stdlib.h>

struct i64_row {
	int64_t v;
	const char *want;
};

static void check_i64(bool (*format)(struct buf *, int64_t), const struct i64_row *rows, size_t n)
{
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&out);
		assert_true(format(&out, rows[i].v));
		if (strcmp(buf_c(&out), rows[i].want) != 0)
			fail_msg("%lld: got \"%s\", want \"%s\"", (long long)rows[i].v, buf_c(&out), rows[i].want);
	}
	buf_release(&out);
}

struct f64_row {
	double v;
	const char *want;
};

static void check_f64(bool (*format)(struct buf *, double), const struct f64_row *rows, size_t n)
{
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&out);
		assert_true(format(&out, rows[i].v));
		if (strcmp(buf_c(&out), rows[i].want) != 0)
			fail_msg("%g: got \"%s\", want \"%s\"", rows[i].v, buf_c(&out), rows[i].want);
	}
	buf_release(&out);
}

static void durations(void **state)
{
	static const struct i64_row rows[] = {
		{0, "0"},
		{4, "4\xc2\xb5s"},
		{9, "9\xc2\xb5s"},
		{10, "0.01ms"},
		{710, "0.71ms"},
		{999, "0.99ms"},
		{1000, "1.0ms"},
		{6100, "6.1ms"},
		{99999, "99.9ms"},
		{100000, "100ms"},
		{412000, "412ms"},
		{999999, "999ms"},
		{1000000, "1.0s"},
		{2100000, "2.1s"},
		{9999999, "9.9s"},
		{10000000, "10s"},
		{41 * US_PER_S, "41s"},
		{59999999, "59s"},
		{60 * US_PER_S, "1m00s"},
		{128 * US_PER_S, "2m08s"},
		{3599 * US_PER_S, "59m59s"},
		{3600 * US_PER_S, "1h00m"},
		{4 * US_PER_HOUR + 32 * US_PER_MIN + 59 * US_PER_S, "4h32m"},
		{US_PER_DAY - 1, "23h59m"},
		{US_PER_DAY, "1d 00h"},
		{3 * US_PER_DAY + 7 * US_PER_HOUR, "3d 07h"},
		{-6100, "-6.1ms"},
		{INT64_MIN, "-106751991d 04h"},
	};
	static const struct i64_row ascii[] = {{4, "4us"}, {710, "0.71ms"}};
	static const struct i64_row backup[] = {
		{31 * US_PER_HOUR, "31 h"},
		{72 * US_PER_HOUR - 1, "71 h"},
		{72 * US_PER_HOUR, "3d 00h"},
		{79 * US_PER_HOUR, "3d 07h"},
		{0, "0 h"},
	};

	(void)state;
	check_i64(format_duration, rows, ARRAY_LEN(rows));
	check_i64(format_duration_ascii, ascii, ARRAY_LEN(ascii));
	check_i64(format_age_backup, backup, ARRAY_LEN(backup));
}

static void sizes(void **state)
{
	static const struct i64_row rows[] = {
		{0, "0"},
		{1, "1 B"},
		{999, "999 B"},
		{1000, "0.98 KiB"},
		{1024, "1.00 KiB"},
		{INT64_C(212) << 20, "212 MiB"},
		{INT64_C(1023) << 20, "1.00 GiB"},
		{103508633190, "96.4 GiB"},
		{1330409069609, "1.21 TiB"},
		{-2048, "-2.00 KiB"},
		{INT64_MAX, "8.00 EiB"},
		{INT64_MIN, "-8.00 EiB"},
	};
	static const struct f64_row narrow[] = {
		{1330409069609.0, "1.21T"},
		{98.0 * 1073741824, "98G"},
		{96.4 * 1073741824, "96G"},
		{1.5 * 1048576, "1.5M"},
		{1024, "1K"},
		{512, "512B"},
		{0, "0"},
		{-1024, "-1K"},
		{(double)NAN, "-"},
	};

	(void)state;
	check_i64(format_bytes, rows, ARRAY_LEN(rows));
	check_f64(format_bytes_short, narrow, ARRAY_LEN(narrow));
}

static void counts(void **state)
{
	static const struct i64_row rows[] = {
		{0, "0"},
		{412, "412"},
		{999, "999"},
		{1000, "1 000"},
		{1912, "1 912"},
		{9999, "9 999"},
		{10000, "10.0 k"},
		{240400, "240 k"},
		{999499, "999 k"},
		{999500, "1.0 M"},
		{88100000, "88.1 M"},
		{99940000, "99.9 M"},
		{99960000, "100 M"},
		{4100000000, "4.1 B"},
		{1200000000000, "1.2 T"},
		{-1912, "-1 912"},
		{INT64_MAX, "9223 Q"},
	};
	static const struct f64_row narrow[] = {
		{412, "412"},
		{0, "0"},
		{0.5, "0.5"},
		{3, "3"},
		{1900, "1.9k"},
		{2000, "2.0k"},
		{36400, "36k"},
		{88e6, "88M"},
		{999.6, "1.0k"},
		{-1900, "-1.9k"},
		{(double)INFINITY, "inf"},
		{-(double)INFINITY, "-inf"},
		{(double)NAN, "-"},
	};

	(void)state;
	check_i64(format_count, rows, ARRAY_LEN(rows));
	check_f64(format_count_short, narrow, ARRAY_LEN(narrow));
}

static bool ratio_wide(struct buf *out, double v)
{
	return format_ratio(out, v, 0);
}

static bool ratio_narrow(struct buf *out, double v)
{
	return format_ratio(out, v, 5);
}

static bool ratio_six(struct buf *out, double v)
{
	return format_ratio(out, v, 6);
}

static void ratios(void **state)
{
	static const struct f64_row wide[] = {
		{0, "0.0 %"}, {0.041, "4.1 %"}, {0.996, "99.6 %"},  {0.99999, "99.9 %"},
		{1, "100 %"}, {2.12, "212 %"},  {(double)NAN, "-"}, {-0.05, "-5.0 %"},
	};
	static const struct f64_row narrow[] = {{0.54, "54%"}, {0.9999, "99%"}, {1, "100%"}, {0, "0%"}};
	static const struct f64_row six[] = {{0.54, "54.0 %"}};

	(void)state;
	check_f64(ratio_wide, wide, ARRAY_LEN(wide));
	check_f64(ratio_narrow, narrow, ARRAY_LEN(narrow));
	check_f64(ratio_six, six, ARRAY_LEN(six));
}

static void clocks(void **state)
{
	int64_t now = clock_from_civil(&(struct civil){.year = 2026, .month = 3, .day = 16, .hour = 20});
	static const struct {
		struct civil at;
		const char *want;
	} rows[] = {
		{{.year = 2026, .month = 3, .day = 16, .hour = 13, .minute = 45, .second = 7}, "13:45:07Z"},
		{{.year = 2026, .month = 3, .day = 15, .hour = 18, .minute = 2}, "03-15 18:02"},
		{{.year = 2026, .month = 2, .day = 16, .hour = 20}, "02-16 20:00"},
		{{.year = 2025, .month = 3, .day = 16, .hour = 6, .minute = 41, .second = 20}, "2025-03-16 06:41:20Z"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		assert_true(format_clock(&out, clock_from_civil(&rows[i].at), now));
		assert_string_equal(buf_c(&out), rows[i].want);
	}
	buf_release(&out);
}

/* What is local says so; where a column has no room for that, the time stays whole. */
static void clocks_of_this_host(void **state)
{
	int64_t now = clock_from_civil(&(struct civil){.year = 2026, .month = 3, .day = 16, .hour = 23, .minute = 30});
	static const struct {
		int width;
		const char *want;
	} rows[] = {{0, "00:30:00 CET"}, {12, "00:30:00 CET"}, {9, "00:30:00"}};
	union value v = {.i64 = now};
	struct buf out;

	(void)state;
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	zone_init();
	zone_use(true);
	clock_freeze(now);
	buf_init(&out, 100);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		assert_true(kind_ops[K_TIME_US].format(&out, v, rows[i].width));
		assert_string_equal(buf_c(&out), rows[i].want);
	}
	/* today begins at midnight of this host; files keep UTC */
	buf_clear(&out);
	assert_true(format_clock(&out, now - US_PER_HOUR, now));
	assert_string_equal(buf_c(&out), "03-16 23:30");
	buf_clear(&out);
	assert_true(kind_ops[K_TIME_US].canonical(&out, v));
	assert_string_equal(buf_c(&out), "2026-03-16T23:30:00Z");
	buf_release(&out);
	clock_freeze(0);
	zone_use(false);
}

static void a_full_buffer_is_reported(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 2);
	assert_false(format_bytes(&out, 103508633190));
	buf_clear(&out);
	assert_false(format_count_short(&out, 1900));
	buf_clear(&out);
	assert_false(format_duration(&out, 412000));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(counts),
		cmocka_unit_test(ratios),
		cmocka_unit_test(clocks),
		cmocka_unit_test(a_full_buffer_is_reported),
		cmocka_unit_test(clocks_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
