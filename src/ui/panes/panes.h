/*
 * panes.h: declarations of the panes that panes.def lists.
 */
#ifndef UI_PANES_PANES_H
#define UI_PANES_PANES_H

#include "ui/ui.h"

#define PANE(id) extern const struct pane_def pane_##id;
#include "ui/panes/panes.def"
#undef PANE

#endif
