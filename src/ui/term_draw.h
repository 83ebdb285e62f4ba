/*
 * term_draw.h: what differs between two pictures, as bytes for a terminal.
 *
 * It knows no terminal: what a move, a colour or an erasure looks like it is told by the struct
 * term_codes that term_curses.c fills from the terminal's entry. UI thread only.
 */
#ifndef UI_TERM_DRAW_H
#define UI_TERM_DRAW_H

#include "base/buf.h"
#include "ui/canvas.h"

/* Longest sequence of one attribute set or one colour. */
#define TERM_CODE_MAX 40

/* How a style is sent: attributes after codes.plain, then the colours; "" is the terminal's own colour. */
struct ink {
	struct style style;
	bool known;
	bool marks_blanks; /* underlined or reversed: a blank shows more than its ground */
	char attrs[TERM_CODE_MAX], fg[TERM_CODE_MAX], bg[TERM_CODE_MAX];
};

struct term_codes {
	const char *plain;       /* all attributes and colours off */
	const char *own_colors;  /* both colours the terminal's own; NULL: there are none */
	const char *clear;       /* erases the screen */
	bool erases_with_ground; /* an erased cell has the ground that is selected, not the terminal's own */
	bool full_line;          /* the last cell of the last row can be written without scrolling */
	bool ascii;              /* send nothing beyond ASCII */
	void *context;           /* for the three below */
	void (*ink)(void *context, const struct theme *theme, struct style s, struct ink *ret);
	void (*move)(void *context, struct buf *out, int y, int x);
	/* Moves right by n columns; NULL: there is no such sequence. */
	void (*right)(void *context, struct buf *out, int n);
	/* Erases n cells from the cursor on, which stays; NULL: there is no such sequence. */
	void (*erase)(void *context, struct buf *out, int n);
};

struct term_draw;

/* codes must outlive it. */
struct term_draw *term_draw_new(const struct term_codes *codes);
void term_draw_free(struct term_draw *d);
/*
 * Appends what makes the terminal show c, given that it shows what the last call drew; nothing when that is the same.
 * anew: nothing is known of what it shows, as at first, after a change of size or theme, which this sees itself.
 */
void term_draw_frame(struct term_draw *d, const struct canvas *c, const struct theme *theme, bool anew,
		     struct buf *out);

#endif
