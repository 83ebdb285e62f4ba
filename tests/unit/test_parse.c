#include "base/parse.h"

#include "base/check.h"

#include "base_help.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>

static void whole_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {
		{"0", 0},
		{"-0", 0},
		{"+7", 7},
		{"007", 7},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
		{"-9223372036854775807", -INT64_MAX},
		{"00000000000000000000000000000000001", 1},
	};
	static const char *const bad[] = {"",
					  "-",
					  "+",
					  "--1",
					  "+-1",
					  "1 ",
					  " 1",
					  "1.0",
					  "1e3",
					  "0x1",
					  "1_0",
					  "1,0",
					  "a",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "92233720368547758070",
					  "\xD9\xA1"};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(parse_i64(str_c(good[i].text), &value));
		assert_true(value == good[i].value);
	}
	value = 42;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse_i64(str_c(bad[i]), &value))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(value, 42);
	}
	assert_false(parse_i64((struct str){NULL, 0}, &value));
	assert_false(parse_i64((struct str){"1\0", 2}, &value));
	assert_true(parse_i64((struct str){"123", 2}, &value));
	assert_int_equal(value, 12);
}

static void whole_numbers_round_trip(void **state)
{
	uint64_t seed = 5;
	char text[32];
	int64_t value;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t high = (uint64_t)random_next(&seed) << 32;
		int64_t want = (int64_t)((high | random_next(&seed)) >> random_next(&seed) % 64);

		snprintf(text, sizeof(text), "%" PRId64, want);
		assert_true(parse_i64(str_c(text), &value));
		assert_true(value == want);
	}
}

static void real_numbers(void **state)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{"0", 0.0},
		{"-1", -1.0},
		{"+2.5", 2.5},
		{"0.1", 0.1},
		{"1e3", 1000.0},
		{"1.5E-3", 0.0015},
		{"2E+2", 200.0},
		{"9007199254740993", 9007199254740992.0},
		{"1.7976931348623157e308", 1.7976931348623157e308},
		{"1e-400", 0.0},
		{"4.9e-324", 4.9e-324},
		{"0.30000000000000004", 0.1 + 0.2},
		{"00012.50", 12.5},
		{"0.1000000000000000055511151231257827021181583404541015625000000000000000000000000", 0.1},
	};
	static const char *const bad[] = {
		"",        "-",    "+",     ".",      ".5",    "1.",    "1.e3",  "1e",  "1e+",    "e3",    "1,5",
		"1.5,0",   "0x10", "1.5 ",  " 1",     "1.2.3", "1e3.5", "--1",   "+-1", "nan1",   "-nan",  "+NaN",
		"infinit", "inf ", "1e999", "-1e999", "1d3",   "in",    "1e5e5", "na",  "NaN(1)", "--inf",
	};
	double value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!parse_f64(str_c(good[i].text), &value) || fabs(value - good[i].value) > 0)
			fail_msg("%s gives %.17g", good[i].text, value);
	}
	value = 42;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse_f64(str_c(bad[i]), &value))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_true(value == 42.0);
	}
	assert_false(parse_f64((struct str){"1\0", 2}, &value));
	assert_true(parse_f64((struct str){"1.25e1zzz", 6}, &value));
	assert_true(value == 12.5);
	assert_true(parse_f64(STR("-0"), &value));
	assert_true(value == 0.0 && signbit(value));
}

/* Around the length of the inner buffer. */
static void real_numbers_of_any_length(void **state)
{
	char text[200] = "1.";
	double value;

	(void)state;
	for (size_t n = 3; n < sizeof(text); n++) {
		text[n - 1] = '0';
		assert_true(parse_f64((struct str){text, n}, &value));
		assert_true(value == 1.0);
	}
}

static void special_real_numbers(void **state)
{
	static const char *const infinite[] = {"inf", "Infinity", "-inf", "-Infinity", "+INF"};
	double value;

	(void)state;
	assert_true(parse_f64(STR("NaN"), &value) && isnan(value));
	assert_true(parse_f64(STR("nan"), &value) && isnan(value));
	for (size_t i = 0; i < ARRAY_LEN(infinite); i++) {
		assert_true(parse_f64(str_c(infinite[i]), &value));
		assert_true(isinf(value));
		assert_int_equal(signbit(value) != 0, infinite[i][0] == '-');
	}
}

static void real_numbers_round_trip(void **state)
{
	uint64_t seed = 6;
	char text[64];
	double value;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		union {
			uint64_t bits;
			double real;
		} u = {.bits = (uint64_t)random_next(&seed) << 32 | random_next(&seed)};

		if (!isfinite(u.real))
			continue;
		snprintf(text, sizeof(text), "%.17g", u.real);
		assert_true(parse_f64(str_c(text), &value));
		assert_memory_equal(&value, &u.real, sizeof(value));
	}
}

static void booleans(void **state)
{
	static const char *const yes[] = {"true", "TRUE", "t", "yes", "On", "1"};
	static const char *const no[] = {"false", "F", "No", "off", "0"};
	static const char *const bad[] = {"", "2", "y", "n", "tru", "true ", "00", "10", "enabled"};
	bool value;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		value = false;
		assert_true(parse_bool(str_c(yes[i]), &value));
		assert_true(value);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		value = true;
		assert_true(parse_bool(str_c(no[i]), &value));
		assert_false(value);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(parse_bool(str_c(bad[i]), &value));
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"250ms", 250 * US_PER_MS},
		{"10s", 10 * US_PER_S},
		{"5m", 5 * US_PER_MIN},
		{"2h", 2 * US_PER_HOUR},
		{"1d", US_PER_DAY},
		{"1h30m", 90 * US_PER_MIN},
		{"1d2h3m4s5ms", US_PER_DAY + 2 * US_PER_HOUR + 3 * US_PER_MIN + 4 * US_PER_S + 5 * US_PER_MS},
		{"10", 10 * US_PER_S},
		{"0", 0},
		{"0.5", US_PER_S / 2},
		{"1.5s", 3 * US_PER_S / 2},
		{"0.25ms", 250},
		{"0.000001", 1},
		{"0.0000009", 0},
		{"1.999999999", 1999999},
		{"2H", 2 * US_PER_HOUR},
		{"106751991d", 106751991 * US_PER_DAY},
		{"9223372036854.775807", INT64_MAX},
	};
	static const char *const bad[] = {"",
					  "s",
					  "-1s",
					  "+1s",
					  "1 s",
					  " 1s",
					  "1s ",
					  "1x",
					  "1sec",
					  "1h30",
					  "30m1h",
					  "1h1h",
					  "1m1m",
					  "1.s",
					  ".5s",
					  "1.5.5s",
					  "1us",
					  "1e3",
					  "106751992d",
					  "9223372036854.775808",
					  "99999999999999999999s",
					  "106751991d5h",
					  "1hm",
					  "1.0000000000s",
					  "5 m",
					  "1w",
					  "--"};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!parse_duration_us(str_c(good[i].text), &us) || us != good[i].us)
			fail_msg("%s gives %" PRId64, good[i].text, us);
	}
	us = 42;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse_duration_us(str_c(bad[i]), &us))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(us, 42);
	}
	assert_false(parse_duration_us((struct str){NULL, 0}, &us));
	assert_false(parse_duration_us((struct str){"1s\0", 3}, &us));
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {
		{"512", 512},
		{"0", 0},
		{"512B", 512},
		{"10k", 10240},
		{"10kB", 10240},
		{"10KiB", 10240},
		{"8MB", 8 << 20},
		{"1.5G", INT64_C(3) << 29},
		{"2TiB", INT64_C(2) << 40},
		{"1p", INT64_C(1) << 50},
		{"0.5k", 512},
		{"1.7", 1},
		{"0.999999999k", 1023},
		{"8191P", INT64_C(8191) << 50},
		{"9223372036854775807", INT64_MAX},
	};
	static const char *const bad[] = {"",    "k",   "-1",  "+1",  "1 k",  "1kk",          "1kiBB",
					  "1i",  "1bk", "1e3", "1 ",  "1ki",  "8192P",        "9223372036854775808",
					  ".5k", "1.k", "1x",  "1BB", "0x10", "1.1234567890k"};
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!parse_size(str_c(good[i].text), &bytes) || bytes != good[i].bytes)
			fail_msg("%s gives %" PRId64, good[i].text, bytes);
	}
	bytes = 42;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (parse_size(str_c(bad[i]), &bytes))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(bytes, 42);
	}
	assert_false(parse_size((struct str){"1k\0", 3}, &bytes));
}

static void nearest_word(void **state)
{
	static const char *const words[] = {"interval", "region", "profile", "read_only", "tls", "on"};
	static const struct {
		const char *typed, *want;
	} cases[] = {
		{"intreval", "interval"},
		{"intervall", "interval"},
		{"nterval", "interval"},
		{"interwal", "interval"},
		{"itnervla", "interval"},
		{"intxxxal", NULL},
		{"Region", "region"},
		{"REGOIN", "region"},
		{"regi", "region"},
		{"profile", "profile"},
		{"read-only", "read_only"},
		{"tsl", "tls"},
		{"tl", "tls"},
		{"t", NULL},
		{"no", NULL},
		{"of", NULL},
		{"", NULL},
		{"something", NULL},
		{"xyz", NULL},
		{"on", "on"},
		{"regionxyz", NULL},
	};
	char lengthy[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = parse_nearest(str_c(cases[i].typed), words, ARRAY_LEN(words));

		if (!cases[i].want && got)
			fail_msg("%s is not near %s", cases[i].typed, got);
		if (cases[i].want && (!got || strcmp(got, cases[i].want) != 0))
			fail_msg("%s gives %s", cases[i].typed, got ? got : "nothing");
	}
	assert_null(parse_nearest(STR("x"), NULL, 0));
	memset(lengthy, 'a', sizeof(lengthy));
	assert_null(parse_nearest((struct str){lengthy, sizeof(lengthy)}, words, ARRAY_LEN(words)));
	lengthy[64] = '\0';
	assert_ptr_equal(parse_nearest((struct str){lengthy, 63}, (const char *const[]){lengthy}, 1), lengthy);
	lengthy[64] = 'a';
	lengthy[65] = '\0';
	assert_null(parse_nearest((struct str){lengthy, 64}, (const char *const[]){lengthy}, 1));
	assert_null(parse_nearest((struct str){lengthy, 65}, words, ARRAY_LEN(words)));
	/* of two the nearer, of equals the first */
	assert_string_equal(parse_nearest(STR("abcdef"), (const char *const[]){"abcxyf", "abcdxf", "xbcdef"}, 3),
			    "abcdxf");
}

/* Whatever the bytes, an answer is given and *ret stays untouched on refusal. */
static void random_bytes(void **state)
{
	static const char alphabet[] = "0123456789.eE+-msdhkKMGTPiBnaNinf \0\xFF";
	uint64_t seed = 8;
	char text[24];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct str s = {text, random_next(&seed) % sizeof(text)};
		int64_t whole = 42, us = 42, bytes = 42;
		double real = 42;

		for (size_t k = 0; k < s.len; k++)
			text[k] = alphabet[random_next(&seed) % (sizeof(alphabet) - 1)];
		if (!parse_i64(s, &whole))
			assert_int_equal(whole, 42);
		if (!parse_f64(s, &real))
			assert_true(real == 42.0);
		if (!parse_duration_us(s, &us))
			assert_int_equal(us, 42);
		else
			assert_true(us >= 0);
		if (!parse_size(s, &bytes))
			assert_int_equal(bytes, 42);
		else
			assert_true(bytes >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(whole_numbers_round_trip),
		cmocka_unit_test(real_numbers),
		cmocka_unit_test(special_real_numbers),
		cmocka_unit_test(real_numbers_of_any_length),
		cmocka_unit_test(real_numbers_round_trip),
		cmocka_unit_test(booleans),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(nearest_word),
		cmocka_unit_test(random_bytes),
	};

	/* whatever locale the machine has, nothing changes */
	setlocale(LC_ALL, "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
