/*
 * derive.h: rates between two samples of one source. Pure.
 *
 * For every F_RATE field of every row in cur whose key (F_KEY) also is in prev:
 * rate = (cur - prev) / dt. A smaller counter means a reset: the rate of that
 * interval is absent, never negative. dt comes from server_at_us when both have
 * it, else at_us; dt <= 0 gives no rates. Derived by the lane from its own
 * previous sample, so a dropped snapshot never distorts a rate.
 */
#ifndef MODEL_DERIVE_H
#define MODEL_DERIVE_H

#include "model/snapshot.h"

/* Fills cur->rates (allocated in its arena); prev may be NULL. cur must not be published yet. */
void derive_rates(struct snapshot *cur, const struct snapshot *prev);

#endif
