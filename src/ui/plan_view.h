/*
 * plan_view.h: the overlay with the plan of a statement.
 *
 * Whoever has a statement calls plan_open(): a pane by its explain() operation (ui.h),
 * which fills a request from its selected row. What to fill in: database and role where
 * it runs; then what is known of the text. With query_id the whole text can be looked up
 * (pg_stat_statements), with pid, backend_start_at and query_start_at the session can be
 * asked for it; `text` alone is enough when whole is set. UI thread only.
 */
#ifndef UI_PLAN_VIEW_H
#define UI_PLAN_VIEW_H

#include "model/plan.h"
#include "ui/ui.h"

struct explain_request {
	char about[64]; /* for the title: "session 5012" */
	char node[64];  /* instance it runs on; "" = the writer */
	struct str database, role, text;
	bool whole;                                              /* text is not cut */
	int64_t query_id, pid, backend_start_at, query_start_at; /* 0 = unknown */
};

/* Opens the overlay over what is shown and starts the command; strings are copied. Returns effects. */
int plan_open(struct ui *ui, const struct explain_request *request);
/* e: of the focused pane's selected row, or why there is none. Returns effects. */
int plan_explain(struct ui *ui);
/* After data arrived: takes the result of the command; may open the dialog that asks for consent. */
void plan_follow(struct ui *ui);
/* e in the overlay: an estimate made now, whatever was captured. Returns effects. */
int plan_again(struct ui *ui);
/* y: the plan as text, literals masked. Returns effects. */
int plan_copy(struct ui *ui);
/* Cancels what runs and forgets the plan. */
void plan_close(struct ui *ui);
/* The newest plan of this statement, or of this session's, that was asked for and found; NULL. Borrowed until the next
 * one comes. */
const struct snapshot *plan_known(const struct ui *ui, int64_t query_id, int64_t pid);
/* Draws the overlay. */
void plan_draw(struct ui *ui, struct canvas *c);

#endif
