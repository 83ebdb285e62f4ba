/*
 * engine.h: verdicts over time: what has appeared, and since when.
 *
 * One evaluation says what is so at a moment; a list that flickers is not read. So a verdict that is worse
 * than what is shown for the same rule and object appears after VERDICT_APPEAR evaluations in a row, and what
 * is better, or gone, after VERDICT_CLEAR in a row. What is ok at the first look is shown at once. UI thread.
 */
#ifndef VERDICT_ENGINE_H
#define VERDICT_ENGINE_H

#include "verdict/mutes.h"
#include "verdict/verdict.h"

#define VERDICT_APPEAR 3
#define VERDICT_CLEAR 5

struct verdict_engine;

struct verdict_engine *verdict_engine_new(void);
void verdict_engine_free(void *engine);
/*
 * Whether a rule (its number in verdict_rules) need not be judged this time: nothing it reads has changed (versions:
 * of all its sources, together), it was judged less than VERDICT_REST_US ago, and what it said then is what is shown.
 * What is shown of it then stays. Asked once for each rule before verdict_engine_settle().
 */
#define VERDICT_REST_US (5 * INT64_C(1000000))
bool verdict_engine_rests(struct verdict_engine *engine, size_t rule, uint64_t versions, int64_t now_us);
/* s is private and has the findings of one evaluation (verdict_judge); afterwards it has what is to be shown. The
 * engine keeps a reference to it until the next call; the caller publishes it. */
void verdict_engine_settle(struct verdict_engine *engine, struct snapshot *s);
/*
 * What is known and need not be said again: until_us = 0 acknowledges it, until it becomes worse or is gone; else it is
 * snoozed until that wall time, whatever happens. False: neither can be, because it is not shown or is in order.
 * At most VERDICT_MUTED_MAX at a time; the oldest gives way. A verdict that is muted already is not any more. now_us:
 * wall.
 */
bool verdict_engine_mute(struct verdict_engine *engine, struct str id, struct str object, int64_t until_us,
			 int64_t now_us);
/* All that are muted, to be written down and read again. The engine's own. */
struct mutes *verdict_engine_mutes(struct verdict_engine *engine);

#endif
