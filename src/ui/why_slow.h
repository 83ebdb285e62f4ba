/*
 * why_slow.h: the causes of a slow statement (verdict/slow_statement.h) from what the store
 * knows, for details of sessions and statements. UI thread.
 */
#ifndef UI_WHY_SLOW_H
#define UI_WHY_SLOW_H

#include "ui/ui.h"
#include "ui/widgets/prose.h"
#include "verdict/slow_statement.h"

/* What a detail that shows causes needs besides its pane's own sources. */
#define WHY_SOURCES "statements tables activity"

/* Of the session in a row of the source "node_sessions". Texts are copied. Returns how many; 0 when it runs
 * nothing and nothing is known against what it ran. */
size_t why_session(const struct ui *ui, const struct snapshot *sessions, size_t row, struct slow_cause *ret_causes);
/* Of the statement in a row of the source "statements", with the session that runs it longest now, if any does. */
size_t why_statement(const struct ui *ui, const struct snapshot *statements, size_t row, struct slow_cause *ret_causes);
/* Under a heading: each cause with its evidence and what to do next. */
void why_draw(struct prose *p, const struct slow_cause *causes, size_t n);

#endif
