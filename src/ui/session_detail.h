/*
 * session_detail.h: the selected session in full, for the detail of Activity.
 *
 * Statement (whole, asked for with the command `session`), the session's facts, what it
 * waited for in the samples since the detail was opened, the locks it holds. One session
 * is watched at a time. UI thread only.
 */
#ifndef UI_SESSION_DETAIL_H
#define UI_SESSION_DETAIL_H

#include "ui/ui.h"

/* From recalc(): row of the sessions snapshot s is selected in the open detail (-1 = none, or it is closed). Watches
 * it, counts the sample, starts the command when it is another session than before, takes its result. */
void session_detail_follow(struct ui *ui, const struct snapshot *s, long row);
/* Draws it into r from line scroll; returns the number of lines. */
int session_detail_draw(const struct ui *ui, const struct snapshot *s, size_t row, struct canvas *c, struct rect r,
			int scroll);
/* The whole statement of row, secrets masked, when it is the watched session's; false when it is not known (yet). */
bool session_detail_text(const struct ui *ui, const struct snapshot *s, size_t row, struct str *ret_text);
/* Reads text and locks again. */
void session_detail_refresh(struct ui *ui);
void session_detail_close(struct ui *ui);
/*
 * What `e` explains of a row that is a session, of "node_sessions" or "locks"; texts stay the snapshot's. A parallel
 * worker runs its leader's statement, so its own process will do; an idle session's is the last one it ran. False:
 * ret_request's `about` says why it has none.
 */
bool session_explain(const struct snapshot *s, size_t row, struct explain_request *ret_request);
/* True when the sampler's text is the whole statement: it sends the first 1,024 characters. */
bool session_text_is_whole(struct str text);

#endif
