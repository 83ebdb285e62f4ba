/*
 * canvas.h: the cell grid every pane draws into, and the only text sink.
 *
 * A cell is one code point, a style (roles) and its width; the second cell of a wide
 * character has rune 0. Drawing is clipped to a rectangle and never fails. Text from
 * elsewhere passes the sanitiser here (utf8_next_cell), so a control character
 * cannot reach the terminal whatever a pane does. UI thread only.
 */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include "base/buf.h"
#include "base/str.h"
#include "ui/glyph.h"
#include "ui/theme.h"

struct rect {
	int y, x, h, w;
};

struct cell {
	uint32_t rune;
	struct style style;
	uint8_t width; /* 1, 2, or 0 for the right half of a wide one */
};

struct canvas {
	int rows, cols;
	struct cell *cells;
};

#define CANVAS_ROWS_MAX 1000
#define CANVAS_COLS_MAX 2000

/* Sizes are clamped to 1..MAX. */
void canvas_init(struct canvas *c, int rows, int cols);
void canvas_release(struct canvas *c);
void canvas_resize(struct canvas *c, int rows, int cols);
/* Blanks everything with style s. */
void canvas_clear(struct canvas *c, struct style s);
static inline struct cell *canvas_at(struct canvas *c, int y, int x)
{
	return &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
}
/* Fills a rectangle with blanks. */
void canvas_fill(struct canvas *c, struct rect r, struct style s);
/* Draws text at (y,x), clipped to clip; returns the column after the last cell it takes or would take. A wide character
 * cut by the edge becomes a blank. */
int canvas_text(struct canvas *c, struct rect clip, int y, int x, struct str text, struct style s);
int canvas_text_c(struct canvas *c, struct rect clip, int y, int x, const char *text, struct style s);
/* printf into a line of at most 512 bytes, then canvas_text. */
int canvas_textf(struct canvas *c, struct rect clip, int y, int x, struct style s, const char *fmt, ...)
	PRINTF_LIKE(6, 7);
/* Text in exactly w columns: cut with the cut sign, padded left or right with blanks of the style. */
void canvas_field(struct canvas *c, struct rect clip, int y, int x, int w, struct str text, bool right, struct style s);
/* One code point. */
void canvas_put(struct canvas *c, struct rect clip, int y, int x, uint32_t rune, struct style s);
void canvas_glyph(struct canvas *c, struct rect clip, int y, int x, enum glyph g, struct style s);
void canvas_hline(struct canvas *c, struct rect clip, int y, int x, int w, uint32_t rune, struct style s);
/* Changes only the background role of the cells in r (row selection). */
void canvas_set_bg(struct canvas *c, struct rect r, enum role bg);
/* Dims everything in r towards the background (under an overlay). */
void canvas_dim(struct canvas *c, struct rect r);
/* Old data: text in r becomes faint, filled areas are dimmed, grounds stay. */
void canvas_faint(struct canvas *c, struct rect r);
/* Rectangle helpers; pure. */
struct rect rect_intersect(struct rect a, struct rect b);
struct rect rect_inset(struct rect r, int dy, int dx);
bool rect_contains(struct rect r, int y, int x);

/* The text of the canvas, rows ended by LF, trailing blanks kept; for golden screens. */
bool canvas_dump(const struct canvas *c, struct buf *out);

#endif
