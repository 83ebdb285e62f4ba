/*
 * vt_svg.c: the screen as a picture.
 *
 * Every cell has its own place on a grid of whole pixels: backgrounds are rectangles drawn
 * without smoothing, text gets one x for each character, and all signs that must meet their
 * neighbours (box drawing, blocks, Braille) are shapes, because fonts leave gaps and most
 * have no Braille at all. Round and pointed signs are shapes too, so that they look the
 * same whichever font is there.
 */
#include "base/utf8.h"
#include "vt.h"

#include <string.h>

#define CELL_W 10
#define CELL_H 22
#define BASELINE 16.5
#define FONT_SIZE 16
#define MARGIN 8
#define FONT "JetBrains Mono, DejaVu Sans Mono, monospace"

enum { UP = 1, RIGHT = 2, DOWN = 4, LEFT = 8, HEAVY = 16 };

/* Where a shape goes and in which colour. */
struct spot {
	FILE *out;
	double x, y;
	uint32_t color;
};

static double mid_x(const struct spot *s)
{
	return s->x + CELL_W / 2.0;
}

static double mid_y(const struct spot *s)
{
	return s->y + CELL_H / 2.0;
}

static void rect(const struct spot *s, double x, double y, double w, double h, double opacity)
{
	fprintf(s->out,
		"<rect x='%g' y='%g' width='%g' height='%g' fill='#%06x' fill-opacity='%g' "
		"shape-rendering='crispEdges'/>",
		x, y, w, h, s->color, opacity);
}

static bool braille(const struct spot *s, uint32_t rune)
{
	static const int across[8] = {0, 0, 0, 1, 1, 1, 0, 1}, down[8] = {0, 1, 2, 0, 1, 2, 3, 3};

	if (rune < 0x2800 || rune > 0x28ff)
		return false;
	for (int i = 0; i < 8; i++)
		if ((rune - 0x2800) >> i & 1)
			fprintf(s->out, "<circle cx='%g' cy='%g' r='1.6' fill='#%06x'/>",
				s->x + CELL_W * (0.25 + 0.5 * across[i]), s->y + CELL_H * (0.125 + 0.25 * down[i]),
				s->color);
	return true;
}

static bool block(const struct spot *s, uint32_t rune)
{
	if (rune >= 0x2581 && rune <= 0x2588) {
		double h = CELL_H * (rune - 0x2580) / 8.0;
		rect(s, s->x, s->y + CELL_H - h, CELL_W, h, 1);
	} else if (rune >= 0x2589 && rune <= 0x258f) {
		rect(s, s->x, s->y, CELL_W * (0x2590 - rune) / 8.0, CELL_H, 1);
	} else if (rune == 0x2580) {
		rect(s, s->x, s->y, CELL_W, CELL_H / 2.0, 1);
	} else if (rune == 0x2590) {
		rect(s, s->x + CELL_W / 2.0, s->y, CELL_W / 2.0, CELL_H, 1);
	} else if (rune >= 0x2591 && rune <= 0x2593) {
		rect(s, s->x, s->y, CELL_W, CELL_H, 0.25 * (rune - 0x2590));
	} else if (rune == 0x25a0) {
		rect(s, s->x + 1, s->y + 7, CELL_W - 2, CELL_W - 2, 1);
	} else {
		return false;
	}
	return true;
}

static void arms(const struct spot *s, int which)
{
	double half = which & HEAVY ? 1.5 : 0.5, mx = mid_x(s), my = mid_y(s);

	if (which & UP)
		rect(s, mx - half, s->y, 2 * half, CELL_H / 2.0 + half, 1);
	if (which & DOWN)
		rect(s, mx - half, my - half, 2 * half, CELL_H / 2.0 + half, 1);
	if (which & LEFT)
		rect(s, s->x, my - half, CELL_W / 2.0 + half, 2 * half, 1);
	if (which & RIGHT)
		rect(s, mx - half, my - half, CELL_W / 2.0 + half, 2 * half, 1);
}

static void arc(const struct spot *s, bool right, bool down)
{
	double ex = right ? s->x + CELL_W : s->x, ey = down ? s->y + CELL_H : s->y;
	double bend = CELL_W / 2.0, by = down ? mid_y(s) + bend : mid_y(s) - bend;

	fprintf(s->out, "<path d='M%g %gV%gQ%g %g %g %g' stroke='#%06x' fill='none'/>", mid_x(s), ey, by, mid_x(s),
		mid_y(s), ex, mid_y(s), s->color);
}

/* n dashes along the cell. */
static void dashes(const struct spot *s, int n, bool upright)
{
	double step = (upright ? CELL_H : CELL_W) / (double)n;

	for (int i = 0; i < n; i++) {
		if (upright)
			rect(s, mid_x(s) - 0.5, s->y + i * step, 1, step * 0.6, 1);
		else
			rect(s, s->x + i * step, mid_y(s) - 0.5, step * 0.6, 1, 1);
	}
}

static bool box(const struct spot *s, uint32_t rune)
{
	static const struct {
		uint32_t rune;
		int arms;
	} lines[] = {
		{0x2500, LEFT | RIGHT},
		{0x2501, LEFT | RIGHT | HEAVY},
		{0x2502, UP | DOWN},
		{0x2503, UP | DOWN | HEAVY},
		{0x250c, RIGHT | DOWN},
		{0x250f, RIGHT | DOWN | HEAVY},
		{0x2510, LEFT | DOWN},
		{0x2513, LEFT | DOWN | HEAVY},
		{0x2514, UP | RIGHT},
		{0x2517, UP | RIGHT | HEAVY},
		{0x2518, UP | LEFT},
		{0x251b, UP | LEFT | HEAVY},
		{0x251c, UP | DOWN | RIGHT},
		{0x2524, UP | DOWN | LEFT},
		{0x252c, LEFT | RIGHT | DOWN},
		{0x2534, LEFT | RIGHT | UP},
		{0x253c, UP | DOWN | LEFT | RIGHT},
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].rune == rune) {
			arms(s, lines[i].arms);
			return true;
		}
	if (rune >= 0x256d && rune <= 0x2570)
		arc(s, rune == 0x256d || rune == 0x2570, rune <= 0x256e);
	else if (rune == 0x254c)
		dashes(s, 2, false);
	else if (rune == 0x2508)
		dashes(s, 4, false);
	else if (rune == 0x250a)
		dashes(s, 4, true);
	else
		return false;
	return true;
}

static void polygon(const struct spot *s, const char *points)
{
	fprintf(s->out, "<path transform='translate(%g %g)' d='%s' fill='#%06x'/>", mid_x(s), mid_y(s), points,
		s->color);
}

static void stroke(const struct spot *s, const char *path, const char *more)
{
	fprintf(s->out, "<path transform='translate(%g %g)' d='%s' stroke='#%06x' stroke-width='1.8' fill='none' %s/>",
		mid_x(s), mid_y(s), path, s->color, more);
}

static bool sign(const struct spot *s, uint32_t rune)
{
	switch (rune) {
	case 0x25cf: /* ● */
		fprintf(s->out, "<circle cx='%g' cy='%g' r='3.6' fill='#%06x'/>", mid_x(s), mid_y(s), s->color);
		return true;
	case 0x2022: /* • */
		fprintf(s->out, "<circle cx='%g' cy='%g' r='2.6' fill='#%06x'/>", mid_x(s), mid_y(s), s->color);
		return true;
	case 0x25cb: /* ○ */
	case 0x25cc: /* ◌ */
		fprintf(s->out, "<circle cx='%g' cy='%g' r='3.4' stroke='#%06x' stroke-width='1.3' fill='none'%s/>",
			mid_x(s), mid_y(s), s->color, rune == 0x25cc ? " stroke-dasharray='1.6 2'" : "");
		return true;
	case 0x25c6: /* ◆ */
		polygon(s, "M0 -5L4.5 0L0 5L-4.5 0Z");
		return true;
	case 0x25be: /* ▾ */
		polygon(s, "M-3.5 -2L3.5 -2L0 3Z");
		return true;
	case 0x25b4: /* ▴ */
		polygon(s, "M-3.5 2L3.5 2L0 -3Z");
		return true;
	case 0x25b8: /* ▸ */
		polygon(s, "M-2 -4L3 0L-2 4Z");
		return true;
	case 0x25c2: /* ◂ */
		polygon(s, "M2 -4L-3 0L2 4Z");
		return true;
	case 0x2717: /* ✗ */
		stroke(s, "M-3.4 -3.9L3.4 3.9M3.4 -3.9L-3.4 3.9", "stroke-linecap='round'");
		return true;
	case 0x2713: /* ✓ */
		stroke(s, "M-3.8 0.2L-1.2 3.6L4 -3.8", "stroke-linecap='round' stroke-linejoin='round'");
		return true;
	default:
		return false;
	}
}

static void letter(const struct spot *s, const struct vt_cell *c)
{
	char bytes[5] = {0};

	utf8_encode(c->rune, bytes);
	fprintf(s->out, "<text x='%g' y='%g' fill='#%06x'%s%s>", s->x, s->y + BASELINE, s->color,
		c->bold ? " font-weight='bold'" : "", c->underline ? " text-decoration='underline'" : "");
	if (c->rune == '&')
		fputs("&amp;", s->out);
	else if (c->rune == '<')
		fputs("&lt;", s->out);
	else
		fputs(bytes, s->out);
	fputs("</text>", s->out);
}

static uint32_t ink(const struct vt_cell *c, bool ground)
{
	return ground == c->reverse ? c->fg : c->bg;
}

/* The ground of a cell; the right half of a wide character has that of the left one. */
static uint32_t ground_at(const struct vt *v, int row, int col)
{
	struct vt_cell before = col > 0 ? vt_at(v, row, col - 1) : (struct vt_cell){0};
	struct vt_cell c = vt_at(v, row, col);

	return before.width == 2 ? ink(&before, true) : ink(&c, true);
}

/* Grounds of a row, neighbours of one colour in one rectangle. */
static void grounds(const struct vt *v, FILE *out, int row, int cols, uint32_t paper)
{
	for (int from = 0, to; from < cols; from = to) {
		uint32_t color = ground_at(v, row, from);
		for (to = from + 1; to < cols && ground_at(v, row, to) == color; to++)
			;
		struct spot s = {out, MARGIN + from * CELL_W, MARGIN + row * CELL_H, color};
		if (color != paper)
			rect(&s, s.x, s.y, (to - from) * CELL_W, CELL_H, 1);
	}
}

void vt_dump_svg(const struct vt *v, FILE *out)
{
	int rows, cols;

	vt_size(v, &rows, &cols);
	/* The margin takes the colour of the lowest left cell's ground, which is the program's own. */
	struct vt_cell corner = vt_at(v, rows > 1 ? rows - 2 : 0, 0);
	uint32_t paper = ink(&corner, true);
	fprintf(out,
		"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='%s' font-size='%d' "
		"xml:space='preserve'>\n<rect width='100%%' height='100%%' fill='#%06x'/>\n",
		cols * CELL_W + 2 * MARGIN, rows * CELL_H + 2 * MARGIN, FONT, FONT_SIZE, paper);
	for (int row = 0; row < rows; row++) {
		grounds(v, out, row, cols, paper);
		for (int col = 0; col < cols; col++) {
			struct vt_cell c = vt_at(v, row, col);
			struct spot s = {out, MARGIN + col * CELL_W, MARGIN + row * CELL_H, ink(&c, false)};
			if (c.rune == 0 || c.rune == ' ')
				continue;
			if (!braille(&s, c.rune) && !block(&s, c.rune) && !box(&s, c.rune) && !sign(&s, c.rune))
				letter(&s, &c);
		}
		fputc('\n', out);
	}
	fputs("</svg>\n", out);
}
