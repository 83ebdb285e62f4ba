/*
 * backups_view.h: what the panes about backups share. UI thread.
 */
#ifndef UI_PANES_BACKUPS_VIEW_H
#define UI_PANES_BACKUPS_VIEW_H

#include "ui/ui.h"

/* From when to when the cluster can be restored; false: AWS gives no window. */
bool backups_window(const struct ui *ui, int64_t *ret_earliest, int64_t *ret_latest);
/* Being made or copied. */
bool backups_in_flight(struct str status);
/* The newest automated snapshot that is available, or -1. s may be NULL. */
long backups_newest(const struct snapshot *s);
/* What tells one key from another: the last part of its ARN. */
struct str backups_key_name(struct str arn);
/* Column of w that a time falls into on an axis from..to. */
int backups_column(int64_t at, int64_t from, int64_t to, int w);

#endif
