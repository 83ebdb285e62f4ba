/*
 * verdict_cells.h: cells that every table of verdicts has. UI thread.
 */
#ifndef UI_PANES_VERDICT_CELLS_H
#define UI_PANES_VERDICT_CELLS_H

#include "ui/ui.h"

/* Sign of the row's severity; faint when it is muted. */
uint32_t verdict_mark(const struct cell_context *cc, enum role *ret_role);
/* The sentence, faint when it is muted. */
bool verdict_cell_sentence(const struct cell_context *cc, struct pen *pen, int w);

#endif
