/*
 * pen.h: writing a line of differently styled words, left to right, into a rectangle.
 *
 * A pen remembers where it is; what does not fit is clipped. The background role is the
 * pen's, so that a row's selection or an overlay's ground is set once. UI thread only.
 */
#ifndef UI_PEN_H
#define UI_PEN_H

#include "ui/canvas.h"

struct pen {
	struct canvas *c;
	struct rect clip;
	int y, x;
	enum role bg;
	int fact; /* where the last pen_separator() within the clip began, 0 = none */
};

static inline struct pen pen_at(struct canvas *c, struct rect clip, int y, int x, enum role bg)
{
	return (struct pen){c, clip, y, x, bg, 0};
}
/* Columns left before the edge of the clip. */
int pen_left(const struct pen *p);
/* Text in a role; the pen moves on. */
void pen_str(struct pen *p, enum role fg, struct str text);
void pen_text(struct pen *p, enum role fg, const char *text);
/* Bold text. */
void pen_bold(struct pen *p, enum role fg, const char *text);
void pen_boldf(struct pen *p, enum role fg, const char *fmt, ...) PRINTF_LIKE(3, 4);
void pen_textf(struct pen *p, enum role fg, const char *fmt, ...) PRINTF_LIKE(3, 4);
void pen_glyph(struct pen *p, enum role fg, enum glyph g);
void pen_rune(struct pen *p, enum role fg, uint32_t rune);
/* Between two facts: a dot between blanks. In a title what does not fit goes from here on, as a whole. */
void pen_separator(struct pen *p);
/* n blanks. */
void pen_skip(struct pen *p, int n);
/* Text cut or padded to exactly w columns. */
void pen_field(struct pen *p, enum role fg, uint8_t attr, int w, struct str text, bool right);
/* A bar of w cells, share 0..1 filled. */
void pen_bar(struct pen *p, int w, double share, enum role full);
/* One token of statement text after the other, whitespace collapsed, in SQL colours, at most w columns (0 = to the
 * edge), cut with the cut sign. faint draws all in the faint role. Passwords are masked. */
void pen_sql(struct pen *p, int w, struct str text, bool faint);
/* Text from row y of r on, wrapped at blanks into its width, cut with the cut sign in its last row; returns the next
 * free row. */
int pen_wrapped(struct canvas *c, struct rect r, int y, struct str text, struct style s);
/* A number with its unit muted: "96.4" in fg, " GiB" muted; text as the formatters write it. */
void pen_quantity(struct pen *p, enum role fg, uint8_t attr, struct str text);

/* Role of a wait class word ("lock") for text; ROLE_FG for unknown ones. fill: the role of areas. */
enum role wait_role(struct str wait_class, bool fill);

#endif
