/*
 * rail.h: the events rail: one row under a graph's axis that says what happened when.
 *
 * A mark is a diamond at its time with a short label behind it, both in the mark's role. Of marks in one column
 * the worst is drawn. A label is drawn whole, else cut, else left out: it never covers the next mark. UI thread; pure
 * drawing.
 */
#ifndef UI_WIDGETS_RAIL_H
#define UI_WIDGETS_RAIL_H

#include "model/severity.h"
#include "ui/canvas.h"

#define RAIL_MARKS_MAX 64
#define RAIL_LABEL_MAX 40

struct rail_mark {
	int64_t at_us;
	enum severity severity;
	enum role role;
	char label[RAIL_LABEL_MAX];
};

struct rail {
	struct rail_mark marks[RAIL_MARKS_MAX]; /* in any order */
	size_t n;
};

/* Is any mark within [from, to)? */
bool rail_has(const struct rail *r, int64_t from_us, int64_t to_us);
/* Draws the marks of [from, to) into row y; the columns of `plot` span that time. */
void rail_draw(struct canvas *c, struct rect plot, int y, int64_t from_us, int64_t to_us, const struct rail *r);

#endif
