/*
 * standby.h: the connection that is open before somebody needs it.
 *
 * The action lane keeps one for its node: opened after the first sample, checked every 30 s,
 * opened again when it was lost (src_action.c). A command that looks at or signals a session
 * borrows it, has it alone, and gives it back when its thread ends; so a cancel or terminate
 * works when the sampler hangs and when the server has no connection left for a new one.
 *
 * It is an offer, never a bottleneck: one that is out for longer than STANDBY_WAIT_US, or does
 * not answer within STANDBY_ANSWER_US, is left alone, and the command opens its own.
 */
#ifndef DB_STANDBY_H
#define DB_STANDBY_H

#include "db/conn.h"
#include "db/login.h"

#define STANDBY_ANSWER_US (2 * US_PER_S)
#define STANDBY_WAIT_US US_PER_S
/* The server has no room for another connection, and the one there is is out. */
#define STANDBY_LONG_WAIT_US (10 * US_PER_S)
#define STANDBY_WHY_MAX 120

/* Action lane: takes its connection, which may be closed, for a check; false when a command has it now. */
bool standby_take(struct fetch *f, struct conn **ret_conn) MUST_CHECK;
/* Action lane: after standby_take(), lends it again. */
void standby_offer(struct fetch *f);
/* One round trip: it answers, within STANDBY_ANSWER_US. Whoever has it. */
bool standby_answers(struct fetch *f, struct conn *c, struct err *err) MUST_CHECK;
/*
 * A command's thread: conn_open_as(), on the connection of the action lane where there is one for this target that fits
 * the wish. ret_why: "", or why it could not be used.
 */
bool standby_open(struct fetch *f, const struct login_wish *wish, struct conn **ret_conn, char ret_why[STANDBY_WHY_MAX],
		  struct err *err) MUST_CHECK;

#endif
