/*
 * clock.h: the two clocks, injectable for tests.
 *
 * Wall times are int64_t microseconds since 1970 UTC; monotonic times are
 * microseconds since an arbitrary start. Tests and golden screens freeze both
 * with clock_freeze(); production code never does.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/check.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Any thread. */
int64_t clock_wall_us(void);
int64_t clock_mono_us(void);
/* Tests only, before threads start: both clocks stand still until clock_freeze(0) ; mono follows wall. */
void clock_freeze(int64_t wall_us);

/* Civil time in UTC of a wall time. */
struct civil {
	int year, month, day, hour, minute, second, micro, weekday; /* weekday: 0 = Sunday */
};
void clock_civil(int64_t wall_us, struct civil *ret_civil);
/* The inverse; fields are taken as valid UTC. */
int64_t clock_from_civil(const struct civil *c);
/* "2026-03-17T13:45:07Z", with ".123456" only when micro is not 0. buf >= 32. Returns buf. */
const char *clock_iso8601(int64_t wall_us, char *buf, size_t len);
/* ISO 8601 with optional fraction and offset ("Z", "+02:00"); no zone means UTC. */
bool clock_parse_iso8601(struct str s, int64_t *ret_wall_us);

#endif
