/*
 * layout.h: from a size to rectangles. Pure: no state, no drawing.
 *
 * A view lists its panes in bands, top to bottom. Panes of a band stand side by side as
 * long as their least widths fit, else they wrap. When the rows do not suffice, panes
 * become one line each, the highest collapse rank first (never the focused one); lines
 * stand at the bottom in the order of the list. When even the lines do not fit, the last ones
 * are hidden; under LAYOUT_FEW_ROWS only the main pane (rank 0), one that stays and the focused one are more than a
 * line; below LAYOUT_SINGLE the focused pane stands alone.
 *
 * Guarantees (property-tested from 1x1 to 300x100): rectangles lie inside the area, do not
 * overlap, and every visible pane has at least one row and one column.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "ui/canvas.h"

#define LAYOUT_PANES_MAX 16
#define LAYOUT_STAYS 1 /* rank: stands beside the main pane where there are few rows, too, as long as both fit */
#define LAYOUT_SINGLE_COLS 40
#define LAYOUT_SINGLE_ROWS 10
#define LAYOUT_FEW_ROWS 24 /* body of a screen under about 28 rows */

struct layout_item {
	uint8_t band;   /* ascending */
	uint8_t share;  /* of the band's width, relative */
	uint8_t min_h;  /* least rows with frame */
	uint8_t pref_h; /* rows it would like; 0 = takes what is left */
	uint8_t min_w;  /* least columns to stand beside others */
	uint8_t rank;   /* collapses first when highest; 0 = never collapses; LAYOUT_STAYS: see there */
};

struct layout_place {
	struct rect r; /* h == 0: hidden */
	bool collapsed;
};

/* area: rows and columns for panes, at the given offset. n <= LAYOUT_PANES_MAX; focused is an index. */
void layout_panes(struct rect area, const struct layout_item *items, size_t n, size_t focused,
		  struct layout_place *ret_places);

/* What stands around the panes at a size (visual system, Layout). */
struct chrome_rows {
	int identity, tabs, vitals, footer; /* row numbers, -1 = not shown */
	int vitals_rows;                    /* 2, 1 or 0 */
	struct rect body;
	bool frames; /* false: rules instead of frames */
};
struct chrome_rows layout_chrome(int rows, int cols, bool overview);

#endif
