/*
 * activity_groups.h: the Activity pane grouped by what sessions have in common (`d`).
 */
#ifndef UI_PANES_ACTIVITY_GROUPS_H
#define UI_PANES_ACTIVITY_GROUPS_H

#include "ui/ui.h"

/* The next grouping, or back to sessions after the last one; returns effects. `sessions` is the pane's own table. */
int activity_group_next(struct ui *ui, struct pane *p, const struct table_def *sessions);
/* Back to single sessions. */
int activity_group_leave(struct ui *ui, struct pane *p, const struct table_def *sessions);
/* Enter on a group: the sessions of that group, by filter. */
int activity_group_open(struct ui *ui, struct pane *p, const struct table_def *sessions, int mode_all);
/* What sessions are grouped by ("application"), or NULL. */
const char *activity_grouped_by(const struct pane *p);
/* Counts anew and fills the table; only while grouped. */
void activity_group_recalc(struct ui *ui, struct pane *p);
/* Remark on arrivals for the title; only while grouped. */
void activity_group_summary(const struct ui *ui, const struct pane *p, struct pen *pen);
/* max_connections of all nodes together, 0 = unknown. */
int64_t activity_sum(const struct ui *ui, const char *field);
void activity_group_close(struct pane *p);

#endif
