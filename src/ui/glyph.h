/*
 * glyph.h: signs by meaning, in UTF-8 or ASCII; the set is chosen once at start-up.
 */
#ifndef UI_GLYPH_H
#define UI_GLYPH_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
enum glyph {
	G_CRIT, G_WARN, G_NOTICE, G_OK, G_UNKNOWN,
	G_AVAILABLE, G_IDLE_STEP, G_PROGRESS,
	G_SELECTED, G_TAGGED, G_NEW, G_ENDED, G_OWN,
	G_BAR_FULL, G_BAR_TRACK,
	G_FRAME_TL, G_FRAME_TR, G_FRAME_BL, G_FRAME_BR, G_FRAME_H, G_FRAME_V,
	G_HEAVY_TL, G_HEAVY_TR, G_HEAVY_BL, G_HEAVY_BR, G_HEAVY_H, G_HEAVY_V,
	G_TEE_LEFT, G_TEE_RIGHT,
	G_TREE_MID, G_TREE_END, G_TREE_LINE,
	G_SORT_DOWN, G_SORT_UP, G_FOLDED, G_MENU, G_CUT, G_SEPARATOR,
	G_CAPACITY, G_GRID, G_AXIS, G_TICK, G_CURSOR, G_FORECAST, G_RIBBON, G_NONE, G_PAUSED, G_REPLAY, G_NEAR,
	G_LEGEND, G_CORNER, G_ARROW_UP, G_ARROW_DOWN,
	G__COUNT
};
/* clang-format on */

enum glyph_set { GLYPHS_ASCII, GLYPHS_UTF8 };

/* Before the first frame; UI thread. */
void glyph_use(enum glyph_set set);
enum glyph_set glyph_set_in_use(void);
/* Code point of a sign in the set in use. */
uint32_t glyph(enum glyph g);
/* Eighths: level 0..8 -> blank, ▁..█ (ASCII: _.-=+*%# style). */
uint32_t glyph_eighth(int level);
/* Braille of an 8-bit dot mask (bits as in Unicode 0x2800+mask); ASCII: by number of dots # + . blank. */
uint32_t glyph_braille(uint8_t mask);
/* Spinner frame n; ASCII /-\|. */
uint32_t glyph_spinner(unsigned n);
/* format_duration() in the set in use: us for µs in ASCII. */
bool glyph_duration(struct buf *out, int64_t us);

#endif
