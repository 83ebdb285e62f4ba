/*
 * glyph.c: the two sets of signs.
 *
 * One table gives every sign a code point for UTF-8 terminals and one for ASCII; which
 * column is read is chosen once, when the terminal is opened. All signs take one cell,
 * none has an emoji presentation, none is from a private-use area. A blank Braille or
 * block cell is an ordinary blank, which terminals can erase instead of draw.
 */
#include "ui/glyph.h"

#include "base/check.h"
#include "model/kind.h"

static enum glyph_set in_use = GLYPHS_UTF8;

/* clang-format off */
static const struct sign {
	uint16_t utf8;
	char ascii;
} signs[] = {
	[G_CRIT]       = {0x2717, 'x'}, /* ✗ */
	[G_WARN]       = {'!',    '!'},
	[G_NOTICE]     = {0x2022, 'i'}, /* • */
	[G_OK]         = {0x2713, '+'}, /* ✓ */
	[G_UNKNOWN]    = {'?',    '?'},
	[G_AVAILABLE]  = {0x25cf, '*'}, /* ● */
	[G_IDLE_STEP]  = {0x25cb, 'o'}, /* ○ */
	[G_PROGRESS]   = {0x25cc, 'o'}, /* ◌ */
	[G_SELECTED]   = {0x258c, '>'}, /* ▌ */
	[G_TAGGED]     = {0x25cf, '*'}, /* ● */
	[G_NEW]        = {'+',    '+'},
	[G_ENDED]      = {0x2013, '-'}, /* – */
	[G_OWN]        = {0x25c6, '*'}, /* ◆ */
	[G_BAR_FULL]   = {0x2501, '#'}, /* ━ */
	[G_BAR_TRACK]  = {0x2500, '.'}, /* ─ */
	[G_FRAME_TL]   = {0x256d, '+'}, /* ╭ */
	[G_FRAME_TR]   = {0x256e, '+'}, /* ╮ */
	[G_FRAME_BL]   = {0x2570, '+'}, /* ╰ */
	[G_FRAME_BR]   = {0x256f, '+'}, /* ╯ */
	[G_FRAME_H]    = {0x2500, '-'}, /* ─ */
	[G_FRAME_V]    = {0x2502, '|'}, /* │ */
	[G_HEAVY_TL]   = {0x250f, '#'}, /* ┏ */
	[G_HEAVY_TR]   = {0x2513, '#'}, /* ┓ */
	[G_HEAVY_BL]   = {0x2517, '#'}, /* ┗ */
	[G_HEAVY_BR]   = {0x251b, '#'}, /* ┛ */
	[G_HEAVY_H]    = {0x2501, '='}, /* ━ */
	[G_HEAVY_V]    = {0x2503, '#'}, /* ┃ */
	[G_TEE_LEFT]   = {0x251c, '+'}, /* ├ */
	[G_TEE_RIGHT]  = {0x2524, '+'}, /* ┤ */
	[G_TREE_MID]   = {0x251c, '|'}, /* ├ */
	[G_TREE_END]   = {0x2514, '`'}, /* └ */
	[G_TREE_LINE]  = {0x2502, '|'}, /* │ */
	[G_SORT_DOWN]  = {0x25be, 'v'}, /* ▾ */
	[G_SORT_UP]    = {0x25b4, '^'}, /* ▴ */
	[G_FOLDED]     = {0x25b8, '>'}, /* ▸ */
	[G_MENU]       = {0x25be, 'v'}, /* ▾ */
	[G_CUT]        = {0x2026, '~'}, /* … */
	[G_SEPARATOR]  = {0x00b7, '-'}, /* · */
	[G_CAPACITY]   = {0x254c, '-'}, /* ╌ */
	[G_GRID]       = {0x2508, '.'}, /* ┈ */
	[G_AXIS]       = {0x2500, '-'}, /* ─ */
	[G_TICK]       = {0x252c, '+'}, /* ┬ */
	[G_CURSOR]     = {0x2502, '|'}, /* │ */
	[G_FORECAST]   = {0x250a, ':'}, /* ┊ */
	[G_RIBBON]     = {0x2585, '#'}, /* ▅ */
	[G_NONE]       = {0x2013, '-'}, /* – */
	[G_PAUSED]     = {0x2016, '='}, /* ‖ */
	[G_REPLAY]     = {0x25c2, '<'}, /* ◂ */
	[G_NEAR]       = {0x2248, '~'}, /* ≈ */
	[G_LEGEND]     = {0x25a0, '#'}, /* ■ */
	[G_CORNER]     = {0x2514, '+'}, /* └ */
	[G_ARROW_UP]   = {0x2191, '^'}, /* ↑ */
	[G_ARROW_DOWN] = {0x2193, 'v'}, /* ↓ */
};
/* clang-format on */
_Static_assert(ARRAY_LEN(signs) == G__COUNT, "every sign has a row");

void glyph_use(enum glyph_set set)
{
	in_use = set;
}

enum glyph_set glyph_set_in_use(void)
{
	return in_use;
}

uint32_t glyph(enum glyph g)
{
	CHECK((unsigned)g < G__COUNT);
	return in_use == GLYPHS_UTF8 ? signs[g].utf8 : (uint32_t)signs[g].ascii;
}

uint32_t glyph_eighth(int level)
{
	if (level <= 0)
		return ' ';
	if (level > 8)
		level = 8;
	if (in_use == GLYPHS_UTF8)
		return 0x2580u + (uint32_t)level;
	return (uint32_t) "_.-=+*%#"[level - 1];
}

uint32_t glyph_braille(uint8_t mask)
{
	if (mask == 0)
		return ' ';
	if (in_use == GLYPHS_UTF8)
		return 0x2800u + mask;
	int dots = __builtin_popcount(mask);
	return dots <= 2 ? '.' : dots <= 5 ? '+' : '#';
}

uint32_t glyph_spinner(unsigned n)
{
	static const uint16_t steps[] = {0x280b, 0x2819, 0x2839, 0x2838, 0x283c, 0x2834, 0x2826, 0x2827};

	if (in_use == GLYPHS_UTF8)
		return steps[n % ARRAY_LEN(steps)];
	return (uint32_t) "/-\\|"[n % 4];
}

bool glyph_duration(struct buf *out, int64_t us)
{
	return in_use == GLYPHS_ASCII ? format_duration_ascii(out, us) : format_duration(out, us);
}
