/*
 * acknowledge.h: what was acknowledged and snoozed in this console is written down, one after the other. UI thread.
 */
#ifndef UI_ACKNOWLEDGE_H
#define UI_ACKNOWLEDGE_H

#include "ui/ui.h"

/* After data arrived, and after a key: hands the next change to the command that writes, and says what it could not. */
void acknowledge_follow(struct ui *ui);
void acknowledge_release(struct ui *ui);

#endif
