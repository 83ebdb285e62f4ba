/*
 * logs_table.h: how the log and its slow statements look as tables. Of pane_logs.c; UI thread.
 */
#ifndef UI_PANES_LOGS_TABLE_H
#define UI_PANES_LOGS_TABLE_H

#include "ui/ui.h"

/* The mode that shows everything; the others are one class each (logs_merge.h), in their order. */
#define LOGS_ALL 0

/* Names of the modes, NULL at the end. */
extern const char *const logs_modes[];
extern const struct table_def logs_table, logs_table_with_app, logs_groups_table;

/* Time of the day, with its date when that is not today's, in the clocks on screen; at and now are wall, microseconds.
 */
void logs_clock(struct buf *out, int64_t at, int64_t now);

#endif
