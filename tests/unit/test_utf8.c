/*
 * Run twice: in a UTF-8 locale, and with TEST_LOCALE=C, where the widths come from
 * our own table. Every test must hold in both.
 */
#include "base/utf8.h"

#include "base_help.h"

#include <locale.h>
#include <wchar.h>

static const uint32_t must_not_show[] = {
	0x00,     0x07,     0x08,       0x1B,    0x1F,    0x7F,    0x80,    0x85,   0x9B,    0x9F,    0xAD,
	0x61C,    0x180E,   0x200B,     0x200C,  0x200D,  0x200E,  0x200F,  0x2028, 0x2029,  0x202A,  0x202B,
	0x202C,   0x202D,   0x202E,     0x2060,  0x2066,  0x2067,  0x2068,  0x2069, 0x206F,  0xD800,  0xDFFF,
	0xFDD0,   0xFEFF,   0xFFF9,     0xFFFB,  0xFFFE,  0xFFFF,  0x1FFFE, 0x378,  0xE0001, 0xE0041, 0xE007F,
	0x10FFFF, 0x110000, 0xFFFFFFFF, 0x1D173, 0x13430, 0xE01F0, 0x40000,
};

static bool forbidden(uint32_t cp)
{
	static const uint32_t ranges[][2] = {
		{0x00, 0x1F},     {0x7F, 0x9F},     {0x61C, 0x61C},   {0x200B, 0x200F},   {0x2028, 0x202E},
		{0x2060, 0x206F}, {0xD800, 0xDFFF}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE00FF}, {0x110000, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cp >= ranges[i][0] && cp <= ranges[i][1])
			return true;
	return false;
}

static void every_code_point_round_trips(void **state)
{
	char bytes[4];
	bool valid;

	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		struct str s = {bytes, 0};

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		s.len = (size_t)utf8_encode(cp, bytes);
		if (s.len != (cp < 0x80 ? 1u : cp < 0x800 ? 2u : cp < 0x10000 ? 3u : 4u))
			fail_msg("U+%04X takes %zu bytes", cp, s.len);
		if (utf8_decode(&s, &valid) != cp || !valid || s.len != 0)
			fail_msg("U+%04X does not come back", cp);
	}
	assert_int_equal(utf8_encode(0xD800, bytes), 3);
	assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
	assert_int_equal(utf8_encode(0x110000, bytes), 3);
	assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
}

static void invalid_bytes_cost_one_byte(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\xAF",
		"\xC1\xBF",
		"\xC2",
		"\xC2\x41",
		"\xC2\xC2",
		"\xE0\x80\xAF",
		"\xE0\x9F\xBF",
		"\xE2\x82",
		"\xE2\x41\x41",
		"\xE2\x82\x41",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x80\x80\xAF",
		"\xF0\x8F\xBF\xBF",
		"\xF0\x9F\x90",
		"\xF0\x9F\x90\x41",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xF8\x88\x80\x80",
		"\xFE",
		"\xFF",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str s = str_c(bad[i]);
		size_t before = s.len;
		bool valid = true;

		if (utf8_decode(&s, &valid) != UTF8_REPLACEMENT || valid || s.len != before - 1)
			fail_msg("case %zu", i);
		assert_false(utf8_valid(str_c(bad[i])));
	}
	assert_true(utf8_valid(STR("a\xC2\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\0z")));
	assert_true(utf8_valid((struct str){NULL, 0}));
	assert_true(utf8_valid(STR("\xEF\xBF\xBD")));
	/* a whole sequence after the slice's end is not looked at */
	assert_false(utf8_valid((struct str){"\xE2\x82\xAC", 2}));
}

static void widths(void **state)
{
	static const struct {
		uint32_t cp;
		int width;
	} cases[] = {
		{' ', 1},     {'~', 1},     {0xA0, 1},    {0xE4, 1},   {0x2026, 1}, {0x2500, 1},  {0x2588, 1},
		{0x28FF, 1},  {0xFFFD, 1},  {0x416, 1},   {0x3B1, 1},  {0x5D0, 1},  {0x301, 0},   {0x36F, 0},
		{0x20DD, 0},  {0x591, 0},   {0x94D, 0},   {0x1161, 0}, {0x11FF, 0}, {0xD7B0, 0},  {0xFE0F, 0},
		{0xE0100, 0}, {0x1100, 2},  {0x115F, 2},  {0x3042, 2}, {0x4E00, 2}, {0x9FFF, 2},  {0xAC00, 2},
		{0xD7A3, 2},  {0xF900, 2},  {0xFF01, 2},  {0xFF5E, 2}, {0xFF61, 1}, {0xFFE0, 2},  {0x1F600, 2},
		{0x1F680, 2}, {0x20000, 2}, {0x2FA1D, 2}, {0x3000, 2}, {0x231A, 2}, {0x1F44D, 2}, {0xE000, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (utf8_width(cases[i].cp) != cases[i].width)
			fail_msg("U+%04X is %d wide", cases[i].cp, utf8_width(cases[i].cp));
	for (size_t i = 0; i < ARRAY_LEN(must_not_show); i++)
		if (utf8_width(must_not_show[i]) != -1)
			fail_msg("U+%04X is shown, %d wide", must_not_show[i], utf8_width(must_not_show[i]));
	for (uint32_t cp = 0; cp <= 0x110010; cp++) {
		int width = utf8_width(cp);

		assert_in_range(width + 1, 0, 3);
		if (forbidden(cp) && width != -1)
			fail_msg("U+%04X is shown", cp);
	}
}

/* What is measured is what curses, which asks wcwidth(), draws. */
static void agrees_with_the_c_library(void **state)
{
	unsigned differs = 0;

	(void)state;
	if (MB_CUR_MAX == 1)
		return;
	for (uint32_t cp = 0x20; cp <= 0x10FFFF; cp++) {
		int ours = utf8_width(cp);

		if (ours > 0 && ours != wcwidth((wchar_t)cp))
			differs++;
	}
	assert_int_equal(differs, 0);
}

static void cells(void **state)
{
	struct str s = STR("a\xCC\x81\xCC\x82"
			   "\xE4\xB8\xAD\x1B[\xFF\t\xC2\xA0"
			   "e");
	static const struct {
		uint32_t cp;
		int width;
	} want[] = {{'a', 1},  {0x4E2D, 2}, {UTF8_REPLACEMENT, 1}, {'[', 1}, {UTF8_REPLACEMENT, 1}, {' ', 1},
		    {0xA0, 1}, {'e', 1}};
	uint32_t cp;
	int width;

	(void)state;
	assert_int_equal(utf8_columns(s), 9);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_true(utf8_next_cell(&s, &cp, &width));
		assert_int_equal(cp, want[i].cp);
		assert_int_equal(width, want[i].width);
	}
	assert_false(utf8_next_cell(&s, &cp, &width));
	/* a mark with nothing to sit on takes a cell of its own */
	s = STR("\xCC\x81\xCC\x81x");
	assert_true(utf8_next_cell(&s, &cp, &width));
	assert_int_equal(cp, UTF8_REPLACEMENT);
	assert_int_equal(width, 1);
	assert_true(utf8_next_cell(&s, &cp, &width));
	assert_int_equal(cp, 'x');
	assert_int_equal(utf8_columns((struct str){NULL, 0}), 0);
	s = STR("\r\n\t");
	for (int i = 0; i < 3; i++) {
		assert_true(utf8_next_cell(&s, &cp, &width));
		assert_int_equal(cp, ' ');
	}
}

static void assert_clean(struct str in, bool collapse, const char *want)
{
	struct buf out;

	buf_init(&out, 10000);
	assert_true(utf8_clean(&out, in, collapse));
	assert_string_equal(buf_c(&out), want);
	assert_int_equal(out.len, strlen(want));
	buf_release(&out);
}

#define R "\xEF\xBF\xBD"

static void cleaning(void **state)
{
	(void)state;
	assert_clean(STR("plain \xC3\xA4"), false, "plain \xC3\xA4");
	assert_clean(STR("\x1B]0;owned\x07"), false, R "]0;owned" R);
	assert_clean(STR("a\0b"), false, "a" R "b");
	assert_clean(STR("a\tb\r\nc"), false, "a b  c");
	assert_clean(STR("a\xC2\x9B"
			 "31mb"),
		     false, "a" R "31mb");
	assert_clean(STR("user\xE2\x80\xAEnimda"), false, "user" R "nimda");
	assert_clean(STR("a\xE2\x80\xA8z"), false, "a" R "z");
	assert_clean(STR("\xED\xA0\x80"), false, R R R);
	assert_clean(STR("\xC3"), false, R);
	assert_clean(STR("e\xCC\x81"), false, "e\xCC\x81");
	assert_clean(STR("\xCC\x81"
			 "e"),
		     false, R "e");
	assert_clean(STR("  a  b  "), false, "  a  b  ");
	assert_clean(STR(" \n\t a \r\n b\t\n "), true, "a b");
	assert_clean(STR(" \t "), true, "");
	assert_clean(STR(" \xCC\x81"), true, R);
	assert_clean(STR("a \xCC\x81"), true, "a \xCC\x81");
	assert_clean((struct str){NULL, 0}, true, "");
}

static void cleaning_into_a_full_buffer(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 6);
	buf_add_c(&out, "ab");
	assert_true(utf8_clean(&out, STR("c\x01"), false));
	assert_string_equal(buf_c(&out), "abc" R);
	buf_truncate(&out, 2);
	assert_false(utf8_clean(&out, STR("cd\x01"), false));
	assert_string_equal(buf_c(&out), "ab");
	assert_true(out.failed);
	assert_false(utf8_clean(&out, STR(""), false));
	buf_release(&out);
}

static void prefixes(void **state)
{
	struct str s = STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x90\x98\xFF\xFFz");
	static const size_t fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 12, 13, 13, 13};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(fits); n++)
		assert_int_equal(utf8_prefix(s, n), fits[n]);
	assert_int_equal(utf8_prefix((struct str){NULL, 0}, 5), 0);
}

static size_t random_text(uint64_t *seed, char *text, size_t size)
{
	size_t n = 0, want = random_next(seed) % (size - 4);

	while (n < want) {
		switch (random_next(seed) % 4) {
		case 0:
			text[n++] = (char)random_next(seed);
			break;
		case 1:
			n += (size_t)utf8_encode(random_next(seed) % 0x110000, text + n);
			break;
		case 2:
			n += (size_t)utf8_encode(must_not_show[random_next(seed) % ARRAY_LEN(must_not_show)], text + n);
			break;
		default:
			text[n++] = " a\t\n\xCC\x81"[random_next(seed) % 6];
			break;
		}
	}
	return n;
}

/* For any bytes: the result is valid, holds nothing forbidden, is as wide as announced, and cleaning it again changes
 * nothing. */
static void anything_becomes_safe(void **state)
{
	struct buf once, twice;
	char text[200];
	uint64_t seed = 11;

	(void)state;
	buf_init(&once, 4000);
	buf_init(&twice, 4000);
	for (int round = 0; round < 40000; round++) {
		struct str in = {text, random_text(&seed, text, sizeof(text))}, rest;
		bool collapse = round % 2, valid;

		buf_clear(&once);
		buf_clear(&twice);
		assert_true(utf8_clean(&once, in, collapse));
		assert_true(utf8_valid(buf_str(&once)));
		for (rest = buf_str(&once); rest.len;) {
			uint32_t cp = utf8_decode(&rest, &valid);

			if (forbidden(cp) || utf8_width(cp) < 0)
				fail_msg("round %d lets U+%04X through", round, cp);
		}
		if (!collapse)
			assert_int_equal(utf8_columns(buf_str(&once)), utf8_columns(in));
		assert_true(utf8_clean(&twice, buf_str(&once), collapse));
		assert_true(str_eq(buf_str(&once), buf_str(&twice)));
		if (collapse) {
			assert_int_equal(str_find(buf_str(&once), STR("  "), 0), -1);
			assert_false(str_starts(buf_str(&once), STR(" ")));
			assert_false(str_ends(buf_str(&once), STR(" ")));
		}
	}
	buf_release(&once);
	buf_release(&twice);
}

static void cells_are_always_safe(void **state)
{
	char text[200];
	uint64_t seed = 12;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		struct str s = {text, random_text(&seed, text, sizeof(text))};
		int columns = 0, want = utf8_columns(s), width;
		uint32_t cp;

		while (utf8_next_cell(&s, &cp, &width)) {
			if (forbidden(cp) || (width != 1 && width != 2) || utf8_width(cp) != width)
				fail_msg("round %d draws U+%04X, %d wide", round, cp, width);
			columns += width;
		}
		assert_int_equal(s.len, 0);
		assert_int_equal(columns, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_round_trips),
		cmocka_unit_test(invalid_bytes_cost_one_byte),
		cmocka_unit_test(widths),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(cells),
		cmocka_unit_test(cleaning),
		cmocka_unit_test(cleaning_into_a_full_buffer),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(anything_becomes_safe),
		cmocka_unit_test(cells_are_always_safe),
	};
	const char *name = getenv("TEST_LOCALE");

	if (!setlocale(LC_CTYPE, name ? name : "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
