/*
 * jump.h: from a row of one view to the same thing in another. UI thread.
 */
#ifndef UI_JUMP_H
#define UI_JUMP_H

#include "model/slow_log.h"
#include "ui/ui.h"

/* From a session (Activity) or a row of the lock trees to the root that it waits for in the end; effects. */
int jump_to_root(struct ui *ui);
/* True when the focused pane has rows from which jump_to_root() can start. */
bool jump_has_root(const struct ui *ui);
/* To the session of this process in Activity, on the node of that name (empty: on any). One that is not shown there,
 * because it is idle or gone, is looked for among all by a filter. Effects. */
int jump_to_pid(struct ui *ui, int64_t pid, struct str node);
/* To the statement with this query id (0: unknown) or this shape in Statements; where those were not read yet a filter
 * by its beginning looks for it. Effects; -1 = it is not among them, and nothing has changed. */
int jump_to_statement(struct ui *ui, int64_t query_id, struct str shape);
/* To the log entries of statements that begin like this one, by a filter of Logs; effects. */
int jump_to_log(struct ui *ui, struct str statement);
/* Makes Logs ready, without going there: slow statements of at least that long, of its role and its database, at the
 * newest entry, which it follows. */
void jump_prepare_slow_log(struct ui *ui, const struct slow_log_wish *wish);

#endif
