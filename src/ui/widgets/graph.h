/*
 * graph.h: charts with axes: a braille area of one series, and a stack of wait classes.
 *
 * Newest is right. A gap (NaN) is empty with a dot on the base line, never zero. Labels stand at
 * round values. UI thread; pure drawing.
 */
#ifndef UI_WIDGETS_GRAPH_H
#define UI_WIDGETS_GRAPH_H

#include "ui/pen.h"
#include "ui/widgets/rail.h"

#define GRAPH_COLUMNS_MAX 600

enum graph_unit { GRAPH_BYTES, GRAPH_COUNT, GRAPH_PERCENT, GRAPH_MS };

struct graph_area {
	const struct series *series;
	int64_t from, to;  /* wall time shown */
	int64_t cursor_us; /* 0 = none */
	enum graph_unit unit;
	bool from_zero; /* else the scale spans the data */
	double scale;   /* values are multiplied by this (1 = as they are) */
	enum role edge, body;
	const struct series *before; /* what was a day or week before, as a line of dots; NULL = none */
	int64_t now_us;              /* what is known ends here, and a forecast begins; 0 = at `to`, without */
	double ahead_per_us;         /* slope of that forecast, from the newest point on */
	const struct rail *rail; /* what happened in this time, below the axis where a row can be spared; NULL = none */
};

/* Draws into r: labels at the left, grid, area, axis with times below when there is room. */
void graph_area_draw(struct canvas *c, struct rect r, const struct graph_area *g);

#define GRAPH_CLASSES 8
#define GRAPH_WAIT_LETTERS "cikpwtoL" /* of the wait classes, from the bottom, where there are no colours */

struct graph_stack {
	size_t n;                        /* columns, newest last */
	double (*values)[GRAPH_CLASSES]; /* NaN in [0] = gap */
	const enum role *roles;          /* fill of each class, from the bottom */
	const char *letters;             /* one per class, for ASCII and mono */
	double capacity;                 /* NaN = none */
	int64_t from, to;
	int64_t cursor_us;          /* 0 = none */
	int64_t mark_from, mark_to; /* time marked on the axis; equal = none */
	bool letters_only;          /* no colours: draw letters */
	const struct rail *rail;    /* as above */
};
void graph_stack_draw(struct canvas *c, struct rect r, const struct graph_stack *g);
/* Where the columns of a chart drawn into r stand, at most GRAPH_COLUMNS_MAX of them; w <= 0: there is no room. Pure.
 */
struct rect graph_plot(struct rect r);

/* A round step so that about `lines` of them span `range`. Pure. */
double graph_step(double range, int lines);

#endif
