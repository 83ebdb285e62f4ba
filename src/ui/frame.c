/*
 * frame.c: frames and the look of severities.
 */
#include "ui/ui.h"

void frame_draw(struct canvas *c, struct rect r, bool focused, enum role line, enum role bg)
{
	bool heavy = focused && glyph_set_in_use() == GLYPHS_ASCII;
	enum glyph h = heavy ? G_HEAVY_H : G_FRAME_H, v = heavy ? G_HEAVY_V : G_FRAME_V;
	struct style s = STYLE(line, bg, 0);

	if (r.h < 2 || r.w < 2)
		return;
	canvas_hline(c, r, r.y, r.x + 1, r.w - 2, glyph(h), s);
	canvas_hline(c, r, r.y + r.h - 1, r.x + 1, r.w - 2, glyph(h), s);
	for (int y = r.y + 1; y < r.y + r.h - 1; y++) {
		canvas_glyph(c, r, y, r.x, v, s);
		canvas_glyph(c, r, y, r.x + r.w - 1, v, s);
	}
	canvas_glyph(c, r, r.y, r.x, heavy ? G_HEAVY_TL : G_FRAME_TL, s);
	canvas_glyph(c, r, r.y, r.x + r.w - 1, heavy ? G_HEAVY_TR : G_FRAME_TR, s);
	canvas_glyph(c, r, r.y + r.h - 1, r.x, heavy ? G_HEAVY_BL : G_FRAME_BL, s);
	canvas_glyph(c, r, r.y + r.h - 1, r.x + r.w - 1, heavy ? G_HEAVY_BR : G_FRAME_BR, s);
}

enum role severity_role(enum severity s)
{
	switch (s) {
	case SEV_CRIT:
		return ROLE_CRIT;
	case SEV_WARN:
		return ROLE_WARN;
	case SEV_NOTICE:
		return ROLE_NOTICE;
	case SEV_OK:
		return ROLE_OK;
	case SEV_UNKNOWN:
	case SEV_NONE:
		return ROLE_MUTED;
	}
	return ROLE_MUTED;
}

enum glyph severity_glyph(enum severity s)
{
	switch (s) {
	case SEV_CRIT:
		return G_CRIT;
	case SEV_WARN:
		return G_WARN;
	case SEV_NOTICE:
		return G_NOTICE;
	case SEV_OK:
		return G_OK;
	case SEV_UNKNOWN:
	case SEV_NONE:
		return G_UNKNOWN;
	}
	return G_UNKNOWN;
}
