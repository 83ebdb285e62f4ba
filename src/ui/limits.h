/*
 * limits.h: when a number becomes a warning. Pure functions with the documented defaults:
 * transactions open longer than 5 min, load above the vCPUs, 80 % of the connections, any blocked session.
 */
#ifndef UI_LIMITS_H
#define UI_LIMITS_H

#include "ui/ui.h"

#define LIMIT_XACT_US (5 * US_PER_MIN)
#define LIMIT_QUERY_US US_PER_MIN
#define LIMIT_SESSIONS_RATIO 0.8

enum severity limits_xact(int64_t us);
enum severity limits_blocked(int64_t sessions);
enum severity limits_sessions(int64_t total, int64_t max);
enum severity limits_load(double load, double capacity);
/* vCPUs of the writer's class; NaN when not known. */
double limits_capacity(const struct ui *ui);
/* Mean total of the newest n load points; NaN when there is none. */
double limits_load_now(const struct snapshot *load, size_t n);
/* n bucket means over the points of the last minutes, oldest first; NaN where none. */
void limits_load_spark(const struct snapshot *load, double *out, size_t n);

#endif
