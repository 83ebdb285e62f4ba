/*
 * bell.h: the terminal rings when a verdict becomes critical, for whoever has the console on a wall. UI thread.
 */
#ifndef UI_BELL_H
#define UI_BELL_H

#include "ui/ui.h"

/* At most one in this time; what comes in between is on the screen. */
#define BELL_REST_US US_PER_MIN
/* What was there when a console was started appears bit by bit, and is no news. */
#define BELL_BEGIN_US (10 * US_PER_S)

/*
 * Looks at the verdicts: one that is critical, not muted, and was not critical at the last look is new. In the first
 * BELL_BEGIN_US of a target none is: who starts a console sees what it says.
 */
void bell_follow(struct ui *ui);
/* Whether it is to ring now; true once for each time. */
bool bell_take(struct ui *ui);
void bell_release(struct ui *ui);

#endif
