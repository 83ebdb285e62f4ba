/*
 * term_draw.c: draws the cells that changed, each with the fewest bytes.
 *
 * `shown` is the picture the terminal shows. Cells are compared with it as they look: two
 * blanks with the same ground are the same whatever colour their text would have. Along a row
 * a gap of a few unchanged cells is written again where that is shorter than a move, and a
 * long row of blanks is erased. Of text, ground and attributes only what changes is sent; and because
 * a terminal can be told to stop bold only by stopping everything, plain cells are drawn first, in one pass, and those
 * with attributes in a second.
 *
 * After a character that is not plain ASCII and takes two columns the position of the cursor counts as unknown, and so
 * it does at the end of a row: terminals do not agree on either.
 */
#include "ui/term_draw.h"

#include "base/check.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define INKS 256u
#define INK_PROBES 8u
/* Bytes of unchanged cells written again rather than moved over: a move to the right takes 4 or 5. */
#define GAP_BYTES_MAX 5
/* Blanks erased rather than written: an erasure and the move behind it take some 12 bytes. */
#define ERASE_MIN 14

struct term_draw {
	const struct term_codes *codes;
	struct canvas shown;
	unsigned theme_serial;
	struct ink *inks;
	struct ink now; /* selected in the terminal; !known: nothing is known */
	int y, x;       /* of the cursor; y < 0: not known */
};

struct term_draw *term_draw_new(const struct term_codes *codes)
{
	struct term_draw *d = xcalloc(1, sizeof(*d));

	d->codes = codes;
	d->inks = xcalloc(INKS, sizeof(*d->inks));
	canvas_init(&d->shown, 1, 1);
	return d;
}

void term_draw_free(struct term_draw *d)
{
	if (!d)
		return;
	canvas_release(&d->shown);
	xfree(d->inks);
	xfree(d);
}

static const struct ink *ink_of(struct term_draw *d, const struct theme *theme, struct style s)
{
	unsigned at = s.fg * 23u + s.bg * 5u + s.attr * 151u;

	for (unsigned i = 0; i < INK_PROBES; i++) {
		struct ink *ink = &d->inks[(at + i) % INKS];
		if (ink->known && memcmp(&ink->style, &s, sizeof(s)) == 0)
			return ink;
		/* where all are taken, the first gives way */
		if (ink->known && i + 1 < INK_PROBES)
			continue;
		ink = ink->known ? &d->inks[at % INKS] : ink;
		d->codes->ink(d->codes->context, theme, s, ink);
		ink->style = s;
		ink->known = true;
		return ink;
	}
	return NULL;
}

static bool same_blank(const struct ink *a, const struct ink *b)
{
	return !a->marks_blanks && !b->marks_blanks && strcmp(a->bg, b->bg) == 0;
}

/* They look the same. */
static bool same_cell(struct term_draw *d, const struct theme *theme, const struct cell *a, const struct cell *b)
{
	if (memcmp(a, b, sizeof(*a)) == 0)
		return true;
	if (a->rune != ' ' || b->rune != ' ')
		return false;
	struct ink first = *ink_of(d, theme, a->style);
	return same_blank(&first, ink_of(d, theme, b->style));
}

static void select_all(struct term_draw *d, const struct ink *ink, struct buf *out)
{
	buf_add_c(out, d->codes->plain);
	buf_add_c(out, ink->attrs);
	buf_add_c(out, ink->fg);
	buf_add_c(out, ink->bg);
}

static void select_ink(struct term_draw *d, const struct ink *ink, struct buf *out)
{
	const struct ink *now = &d->now;

	if (now->known && memcmp(&now->style, &ink->style, sizeof(ink->style)) == 0)
		return;
	bool fg = strcmp(now->fg, ink->fg) != 0, bg = strcmp(now->bg, ink->bg) != 0;
	if (!now->known || strcmp(now->attrs, ink->attrs) != 0) {
		select_all(d, ink, out);
	} else if ((fg && !ink->fg[0]) || (bg && !ink->bg[0])) {
		buf_add_c(out, d->codes->own_colors);
		buf_add_c(out, ink->fg);
		buf_add_c(out, ink->bg);
	} else {
		if (fg)
			buf_add_c(out, ink->fg);
		if (bg)
			buf_add_c(out, ink->bg);
	}
	d->now = *ink;
}

/* For a blank the ground is enough. */
static void select_for(struct term_draw *d, const struct ink *ink, bool blank, struct buf *out)
{
	if (!blank || !d->now.known || !same_blank(&d->now, ink))
		select_ink(d, ink, out);
}

/* Sends a cell at the cursor. */
static void put(struct term_draw *d, const struct theme *theme, const struct canvas *c, const struct cell *cell,
		struct buf *out)
{
	char bytes[4] = {'?', '?'};
	bool replaced = d->codes->ascii && cell->rune > 0x7e;

	select_for(d, ink_of(d, theme, cell->style), cell->rune == ' ', out);
	buf_add(out, bytes, replaced ? cell->width : (size_t)utf8_encode(cell->rune, bytes));
	d->x += cell->width;
	if (d->x >= c->cols || (cell->width > 1 && !replaced))
		d->y = -1;
}

/* The unchanged cells from the cursor up to x are written again in no more bytes than a move takes. */
static bool bridge(struct term_draw *d, const struct theme *theme, const struct canvas *c, int y, int x)
{
	const struct cell *row = &c->cells[(size_t)y * (size_t)c->cols];
	int bytes = 0;
	char utf8[4];

	if (d->y != y || d->x > x || !d->now.known)
		return false;
	for (int i = d->x; i < x && bytes <= GAP_BYTES_MAX; i++) {
		const struct cell *gap = &row[i];
		bool same = memcmp(&gap->style, &d->now.style, sizeof(gap->style)) == 0 ||
			    (gap->rune == ' ' && same_blank(&d->now, ink_of(d, theme, gap->style)));
		bytes += gap->width == 1 && same ? utf8_encode(gap->rune, utf8) : GAP_BYTES_MAX + 1;
	}
	return bytes <= GAP_BYTES_MAX;
}

static void go(struct term_draw *d, const struct theme *theme, const struct canvas *c, int y, int x, struct buf *out)
{
	if (bridge(d, theme, c, y, x)) {
		while (d->x < x)
			put(d, theme, c, &c->cells[(size_t)y * (size_t)c->cols + (size_t)d->x], out);
		return;
	}
	if (d->y == y && d->x < x && d->codes->right)
		d->codes->right(d->codes->context, out, x - d->x);
	else if (d->y >= 0 && d->y + 1 == y && x == 0)
		buf_add_c(out, "\r\n");
	else
		d->codes->move(d->codes->context, out, y, x);
	d->y = y;
	d->x = x;
}

/* Number of blanks from x on that one erasure leaves behind; 0 when there are too few. */
static int erasable(struct term_draw *d, const struct theme *theme, const struct canvas *c, int y, int x)
{
	const struct cell *row = &c->cells[(size_t)y * (size_t)c->cols];
	struct ink first = *ink_of(d, theme, row[x].style);
	int n = 0;

	if (!d->codes->erase || (first.bg[0] && !d->codes->erases_with_ground))
		return 0;
	while (x + n < c->cols && row[x + n].rune == ' ' &&
	       (memcmp(&row[x + n].style, &first.style, sizeof(first.style)) == 0
			? !first.marks_blanks
			: same_blank(&first, ink_of(d, theme, row[x + n].style))))
		n++;
	return n >= ERASE_MIN ? n : 0;
}

/* Drawn in the second pass. */
static bool has_attributes(struct term_draw *d, const struct theme *theme, const struct cell *c)
{
	const struct ink *ink = ink_of(d, theme, c->style);

	return c->rune == ' ' ? ink->marks_blanks : ink->attrs[0] != '\0';
}

/* The cells of a row that differ and belong to this pass. */
static void draw_row(struct term_draw *d, const struct theme *theme, const struct canvas *c, int y, bool all,
		     bool attributes, struct buf *out)
{
	const struct cell *row = &c->cells[(size_t)y * (size_t)c->cols];
	const struct cell *old = &d->shown.cells[(size_t)y * (size_t)c->cols];
	int cols = c->cols - (y == c->rows - 1 && !d->codes->full_line);

	if (!all && memcmp(row, old, (size_t)c->cols * sizeof(*row)) == 0)
		return;
	for (int x = 0; x < cols;) {
		/* of a wide character whose left half stands, the right one may still differ */
		if (row[x].width == 0 ||
		    (!all && same_cell(d, theme, &row[x], &old[x]) &&
		     (row[x].width < 2 || same_cell(d, theme, &row[x + 1], &old[x + 1]))) ||
		    has_attributes(d, theme, &row[x]) != attributes) {
			x++;
			continue;
		}
		int blanks = row[x].rune == ' ' ? erasable(d, theme, c, y, x) : 0;
		go(d, theme, c, y, x, out);
		if (blanks) {
			select_for(d, ink_of(d, theme, row[x].style), true, out);
			d->codes->erase(d->codes->context, out, blanks);
			x += blanks;
		} else {
			put(d, theme, c, &row[x], out);
			x += row[x].width;
		}
	}
}

void term_draw_frame(struct term_draw *d, const struct canvas *c, const struct theme *theme, bool anew, struct buf *out)
{
	size_t before = out->len;

	if (d->theme_serial != theme_serial(theme)) {
		memset(d->inks, 0, INKS * sizeof(*d->inks));
		d->theme_serial = theme_serial(theme);
		anew = true;
	}
	if (d->shown.rows != c->rows || d->shown.cols != c->cols) {
		canvas_resize(&d->shown, c->rows, c->cols);
		anew = true;
	}
	d->now.known = false;
	d->y = -1;
	if (anew) {
		buf_add_c(out, d->codes->plain);
		buf_add_c(out, d->codes->clear);
	}
	for (int pass = 0; pass < 2; pass++)
		for (int y = 0; y < c->rows; y++)
			draw_row(d, theme, c, y, anew, pass == 1, out);
	memcpy(d->shown.cells, c->cells, (size_t)c->rows * (size_t)c->cols * sizeof(*c->cells));
	/* what others write finds no colours of ours */
	if (out->len > before)
		buf_add_c(out, d->codes->plain);
}
