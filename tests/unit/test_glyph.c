/*
 * test_glyph.c: the signs, as the visual system lists them.
 */
#include "base/check.h"
#include "base/utf8.h"
#include "ui/glyph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>

static void every_sign_takes_one_cell(void **state)
{
	(void)state;
	for (int set = GLYPHS_ASCII; set <= GLYPHS_UTF8; set++) {
		glyph_use((enum glyph_set)set);
		assert_int_equal(glyph_set_in_use(), set);
		for (unsigned g = 0; g < G__COUNT; g++) {
			assert_int_equal(utf8_width(glyph((enum glyph)g)), 1);
			if (set == GLYPHS_ASCII)
				assert_in_range(glyph((enum glyph)g), 0x21, 0x7e);
			/* No private use. */
			assert_true(glyph((enum glyph)g) < 0xe000);
		}
	}
}

static void severities_differ(void **state)
{
	static const enum glyph severities[] = {G_CRIT, G_WARN, G_NOTICE, G_OK, G_UNKNOWN};

	(void)state;
	for (int set = GLYPHS_ASCII; set <= GLYPHS_UTF8; set++) {
		glyph_use((enum glyph_set)set);
		for (size_t i = 0; i < ARRAY_LEN(severities); i++)
			for (size_t k = 0; k < i; k++)
				assert_int_not_equal(glyph(severities[i]), glyph(severities[k]));
	}
}

static void signs_are_those_of_the_visual_system(void **state)
{
	(void)state;
	glyph_use(GLYPHS_UTF8);
	assert_int_equal(glyph(G_CRIT), 0x2717);
	assert_int_equal(glyph(G_OK), 0x2713);
	assert_int_equal(glyph(G_SELECTED), 0x258c);
	assert_int_equal(glyph(G_FRAME_BR), 0x256f);
	assert_int_equal(glyph(G_HEAVY_TL), 0x250f);
	assert_int_equal(glyph(G_CUT), 0x2026);
	assert_int_equal(glyph(G_CAPACITY), 0x254c);
	glyph_use(GLYPHS_ASCII);
	assert_int_equal(glyph(G_CRIT), 'x');
	assert_int_equal(glyph(G_OK), '+');
	assert_int_equal(glyph(G_SELECTED), '>');
	assert_int_equal(glyph(G_CUT), '~');
	assert_int_equal(glyph(G_TREE_END), '`');
}

static void eighths_rise(void **state)
{
	static const char ascii[] = " _.-=+*%#";

	(void)state;
	for (int level = 0; level <= 8; level++) {
		glyph_use(GLYPHS_UTF8);
		assert_int_equal(glyph_eighth(level), level ? 0x2580 + level : ' ');
		glyph_use(GLYPHS_ASCII);
		assert_int_equal(glyph_eighth(level), ascii[level]);
	}
	assert_int_equal(glyph_eighth(-1), ' ');
	assert_int_equal(glyph_eighth(99), '#');
	glyph_use(GLYPHS_UTF8);
	assert_int_equal(glyph_eighth(9), 0x2588);
}

static void braille_is_by_dots(void **state)
{
	(void)state;
	glyph_use(GLYPHS_UTF8);
	assert_int_equal(glyph_braille(0), ' ');
	for (unsigned mask = 1; mask < 256; mask++)
		assert_int_equal(glyph_braille((uint8_t)mask), 0x2800 + mask);
	glyph_use(GLYPHS_ASCII);
	assert_int_equal(glyph_braille(0), ' ');
	assert_int_equal(glyph_braille(0x01), '.');
	assert_int_equal(glyph_braille(0x03), '.');
	assert_int_equal(glyph_braille(0x07), '+');
	assert_int_equal(glyph_braille(0x1f), '+');
	assert_int_equal(glyph_braille(0x3f), '#');
	assert_int_equal(glyph_braille(0xff), '#');
}

static void spinners_turn(void **state)
{
	(void)state;
	for (int set = GLYPHS_ASCII; set <= GLYPHS_UTF8; set++) {
		unsigned period = set == GLYPHS_UTF8 ? 8 : 4;
		glyph_use((enum glyph_set)set);
		for (unsigned n = 0; n < 2 * period; n++) {
			assert_int_equal(glyph_spinner(n), glyph_spinner(n + period));
			assert_int_not_equal(glyph_spinner(n), glyph_spinner(n + 1));
			assert_int_equal(utf8_width(glyph_spinner(n)), 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sign_takes_one_cell),
		cmocka_unit_test(severities_differ),
		cmocka_unit_test(signs_are_those_of_the_visual_system),
		cmocka_unit_test(eighths_rise),
		cmocka_unit_test(braille_is_by_dots),
		cmocka_unit_test(spinners_turn),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
