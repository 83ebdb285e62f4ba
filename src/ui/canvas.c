/*
 * canvas.c: cells, clipping and the way text becomes cells.
 *
 * Every write goes through put_cell(), which keeps one invariant: a cell of width 2 is
 * followed by its right half (rune 0, width 0) in the same row, and a right half always
 * has its left one before it. Overwriting either half blanks the other. Text is decoded
 * by utf8_next_cell(), so what arrives in a cell is printable; plain ASCII, nearly all
 * there is, takes a shorter way with the same result. Drawing outside the clip or the
 * canvas does nothing.
 */
#include "ui/canvas.h"

#include "base/utf8.h"
#include "base/xalloc.h"

#include <stdarg.h>

#define TEXTF_MAX 512

static const struct cell blank = {' ', {ROLE_FG, ROLE_BG, 0}, 1};

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

void canvas_init(struct canvas *c, int rows, int cols)
{
	c->rows = clamp(rows, 1, CANVAS_ROWS_MAX);
	c->cols = clamp(cols, 1, CANVAS_COLS_MAX);
	c->cells = xcalloc((size_t)c->rows * (size_t)c->cols, sizeof(*c->cells));
	canvas_clear(c, blank.style);
}

void canvas_release(struct canvas *c)
{
	xfree(c->cells);
	*c = (struct canvas){0};
}

void canvas_resize(struct canvas *c, int rows, int cols)
{
	if (c->cells && c->rows == clamp(rows, 1, CANVAS_ROWS_MAX) && c->cols == clamp(cols, 1, CANVAS_COLS_MAX))
		return;
	canvas_release(c);
	canvas_init(c, rows, cols);
}

void canvas_clear(struct canvas *c, struct style s)
{
	const struct cell cell = {' ', s, 1};
	size_t n = (size_t)c->rows * (size_t)c->cols;

	for (size_t i = 0; i < n; i++)
		c->cells[i] = cell;
}

struct rect rect_intersect(struct rect a, struct rect b)
{
	/* In 64 bits, so that far-off rectangles do not wrap round. */
	int64_t top = a.y > b.y ? a.y : b.y, left = a.x > b.x ? a.x : b.x;
	int64_t ab = (int64_t)a.y + a.h, bb = (int64_t)b.y + b.h;
	int64_t ar = (int64_t)a.x + a.w, br = (int64_t)b.x + b.w;
	int64_t bottom = ab < bb ? ab : bb, right = ar < br ? ar : br;

	return (struct rect){(int)top, (int)left, bottom > top ? (int)(bottom - top) : 0,
			     right > left ? (int)(right - left) : 0};
}

struct rect rect_inset(struct rect r, int dy, int dx)
{
	struct rect in = {r.y + dy, r.x + dx, r.h - 2 * dy, r.w - 2 * dx};

	if (in.h < 0)
		in.h = 0;
	if (in.w < 0)
		in.w = 0;
	return in;
}

bool rect_contains(struct rect r, int y, int x)
{
	return y >= r.y && x >= r.x && y - (int64_t)r.y < r.h && x - (int64_t)r.x < r.w;
}

static struct rect bounds(const struct canvas *c, struct rect clip)
{
	return rect_intersect(clip, (struct rect){0, 0, c->rows, c->cols});
}

/* Columns [left, right) of row y that may be written; false when there are none. */
static bool row_span(const struct canvas *c, struct rect clip, int y, int *ret_left, int *ret_right)
{
	struct rect r = bounds(c, clip);

	*ret_left = r.x;
	*ret_right = r.x + r.w;
	return r.w > 0 && y >= r.y && y < r.y + r.h;
}

/* Before cell i of a row is overwritten: its other half, if it is one of two, becomes a blank. */
static void part(struct cell *row, int x)
{
	if (row[x].width == 2) {
		row[x + 1].rune = ' ';
		row[x + 1].width = 1;
	} else if (row[x].width == 0) {
		row[x - 1].rune = ' ';
		row[x - 1].width = 1;
	}
}

static inline void put_cell(struct cell *row, int x, uint32_t rune, struct style s)
{
	if (row[x].width != 1)
		part(row, x);
	row[x] = (struct cell){rune, s, 1};
}

static void put_wide(struct cell *row, int x, uint32_t rune, struct style s)
{
	put_cell(row, x, ' ', s);
	put_cell(row, x + 1, ' ', s);
	row[x] = (struct cell){rune, s, 2};
	row[x + 1] = (struct cell){0, s, 0};
}

/* One decoded cell at column x of a row whose columns [left, right) are open. */
static void put_decoded(struct cell *row, int left, int right, int64_t x, uint32_t rune, int width, struct style s)
{
	if (x >= right || x + width <= left)
		return;
	if (width == 1)
		put_cell(row, (int)x, rune, s);
	else if (x >= left && x + 1 < right)
		put_wide(row, (int)x, rune, s);
	else
		put_cell(row, x >= left ? (int)x : left, ' ', s);
}

static bool plain_byte(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* utf8_next_cell() with a short way for printable ASCII that no combining mark follows. */
static inline bool next_cell(struct str *s, uint32_t *ret_rune, int *ret_width)
{
	if (s->len == 0)
		return false;
	if (!plain_byte(s->ptr[0]) || (s->len > 1 && !plain_byte(s->ptr[1])))
		return utf8_next_cell(s, ret_rune, ret_width);
	*ret_rune = (unsigned char)s->ptr[0];
	*ret_width = 1;
	s->ptr++;
	s->len--;
	return true;
}

static int to_column(int64_t x)
{
	return x > INT32_MAX ? INT32_MAX : (int)x;
}

int canvas_text(struct canvas *c, struct rect clip, int y, int x, struct str text, struct style s)
{
	int left, right, width;
	int64_t at = x;
	uint32_t rune;

	if (!row_span(c, clip, y, &left, &right))
		left = right = 0;
	struct cell *row = right > left ? canvas_at(c, y, 0) : NULL;
	while (next_cell(&text, &rune, &width)) {
		if (at >= left && at + width <= right) {
			if (width == 1)
				put_cell(row, (int)at, rune, s);
			else
				put_wide(row, (int)at, rune, s);
		} else if (row) {
			put_decoded(row, left, right, at, rune, width, s);
		}
		at += width;
	}
	return to_column(at);
}

int canvas_text_c(struct canvas *c, struct rect clip, int y, int x, const char *text, struct style s)
{
	return canvas_text(c, clip, y, x, str_c(text), s);
}

int canvas_textf(struct canvas *c, struct rect clip, int y, int x, struct style s, const char *fmt, ...)
{
	char line[TEXTF_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	struct str text = str_c(n < 0 ? "" : line);
	if (n >= (int)sizeof(line))
		text.len = utf8_prefix(text, text.len);
	return canvas_text(c, clip, y, x, text, s);
}

/* Columns of text, counted only as far as needed to know that they exceed limit; *ret_cut is the longest part of at
 * most limit - 1 columns. */
static int columns_up_to(struct str text, int limit, struct str *ret_cut, int *ret_cut_columns)
{
	int64_t n = 0;
	uint32_t rune;
	int width;
	struct str rest = text;

	*ret_cut = (struct str){text.ptr, 0};
	*ret_cut_columns = 0;
	while (n <= limit && next_cell(&rest, &rune, &width)) {
		n += width;
		if (n < limit) {
			ret_cut->len = text.len - rest.len;
			*ret_cut_columns = (int)n;
		}
	}
	return to_column(n);
}

void canvas_field(struct canvas *c, struct rect clip, int y, int x, int w, struct str text, bool right, struct style s)
{
	struct rect field = rect_intersect(clip, (struct rect){y, x, 1, w});
	struct str cut;
	int used;

	if (w <= 0 || field.w == 0 || field.h == 0)
		return;
	int columns = columns_up_to(text, w, &cut, &used);
	if (columns > w) {
		canvas_text(c, field, y, x, cut, s);
		/* A wide character that the cut would halve leaves a blank before the sign. */
		for (int i = used; i < w - 1; i++)
			canvas_put(c, field, y, x + i, ' ', s);
		canvas_put(c, field, y, x + w - 1, glyph(G_CUT), s);
		return;
	}
	int pad = w - columns;
	canvas_hline(c, field, y, right ? x : x + columns, pad, ' ', s);
	canvas_text(c, field, y, right ? x + pad : x, text, s);
}

void canvas_put(struct canvas *c, struct rect clip, int y, int x, uint32_t rune, struct style s)
{
	int left, right;

	if (!row_span(c, clip, y, &left, &right))
		return;
	int width = rune >= 0x20 && rune < 0x7f ? 1 : utf8_width(rune);
	if (width < 1) {
		rune = UTF8_REPLACEMENT;
		width = 1;
	}
	put_decoded(canvas_at(c, y, 0), left, right, x, rune, width, s);
}

void canvas_glyph(struct canvas *c, struct rect clip, int y, int x, enum glyph g, struct style s)
{
	int left, right;

	/* Signs take one cell by definition: measuring them would only cost time. */
	if (row_span(c, clip, y, &left, &right))
		put_decoded(canvas_at(c, y, 0), left, right, x, glyph(g), 1, s);
}

void canvas_hline(struct canvas *c, struct rect clip, int y, int x, int w, uint32_t rune, struct style s)
{
	struct rect line = bounds(c, rect_intersect(clip, (struct rect){y, x, 1, w}));

	if (line.h == 0)
		return;
	if (rune == ' ') {
		canvas_fill(c, line, s);
		return;
	}
	for (int i = 0; i < line.w; i++)
		canvas_put(c, line, y, line.x + i, rune, s);
}

void canvas_fill(struct canvas *c, struct rect r, struct style s)
{
	struct rect in = bounds(c, r);

	for (int y = in.y; y < in.y + in.h; y++) {
		struct cell *row = canvas_at(c, y, 0);
		for (int x = in.x; x < in.x + in.w; x++)
			put_cell(row, x, ' ', s);
	}
}

void canvas_set_bg(struct canvas *c, struct rect r, enum role bg)
{
	struct rect in = bounds(c, r);

	for (int y = in.y; y < in.y + in.h; y++)
		for (int x = in.x; x < in.x + in.w; x++)
			canvas_at(c, y, x)->style.bg = (uint8_t)bg;
}

void canvas_dim(struct canvas *c, struct rect r)
{
	struct rect in = bounds(c, r);

	for (int y = in.y; y < in.y + in.h; y++)
		for (int x = in.x; x < in.x + in.w; x++)
			canvas_at(c, y, x)->style.attr |= ATTR_DIM;
}

/* Colours of graphs: two of them may share a cell, so text's one colour would merge them. */
static bool is_area(uint8_t role)
{
	return role >= ROLE_G1 && role <= ROLE_LOCK;
}

void canvas_faint(struct canvas *c, struct rect r)
{
	struct rect in = bounds(c, r);

	for (int y = in.y; y < in.y + in.h; y++)
		for (int x = in.x; x < in.x + in.w; x++) {
			struct style *s = &canvas_at(c, y, x)->style;

			s->attr &= (uint8_t)~ATTR_BOLD;
			if (is_area(s->fg) || is_area(s->bg))
				s->attr |= ATTR_DIM;
			else
				s->fg = ROLE_FAINT;
		}
}

bool canvas_dump(const struct canvas *c, struct buf *out)
{
	for (int y = 0; y < c->rows; y++) {
		for (int x = 0; x < c->cols; x++) {
			const struct cell *cell = &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
			char bytes[4];
			if (cell->width)
				buf_add(out, bytes, (size_t)utf8_encode(cell->rune, bytes));
		}
		buf_add_char(out, '\n');
	}
	return !out->failed;
}
