/*
 * action_lane.h: how the connections are that sessions are looked at and signalled with. UI thread.
 */
#ifndef UI_ACTION_LANE_H
#define UI_ACTION_LANE_H

#include "ui/ui.h"
#include "ui/widgets/prose.h"

/* One of a node that is sampled cannot be opened now: what would run on it opens its own. */
bool action_lane_is_down(const struct ui *ui);
/* For :diag: a line for each node. */
void action_lane_draw(const struct ui *ui, struct prose *l);

#endif
