/*
 * zone.h: the time zone of the clocks on screen: UTC, or this host's.
 *
 * The choice is the calling thread's own: the UI makes it for itself, and every other thread, and whatever is
 * written or sent by them, stays with UTC. Files that the UI's thread writes do not ask here but use clock.h.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/clock.h"

/* Reads TZ, or the host's setting. Once, before any thread starts. */
void zone_init(void);
/* From now on, for this thread. */
void zone_use(bool local);
bool zone_is_local(void);
/* How far the zone in use is ahead of UTC at that time; 0 in UTC, and for times beyond what the host can tell. */
int64_t zone_offset_us(int64_t wall_us);
/* Civil time in the zone in use. */
void zone_civil(int64_t wall_us, struct civil *ret_civil);
#define ZONE_TEXT_MAX 12
/* What stands behind a clock: "Z" in UTC, else a blank and the abbreviation (" CEST"). Returns out. */
const char *zone_suffix(int64_t wall_us, char out[ZONE_TEXT_MAX]);
/* The offset itself where times are told apart by it: "+02", "-0330"; "+00" in UTC. Returns out. */
const char *zone_offset_text(int64_t wall_us, char out[ZONE_TEXT_MAX]);

#endif
