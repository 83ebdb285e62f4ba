/*
 * zone.c: see zone.h.
 *
 * The C library knows the rules of the host's zone; what it says of a moment is an offset and an abbreviation, and all
 * else is clock.c's arithmetic. localtime_r() reads the rules that zone_init() has loaded and not the environment.
 */
#include "base/zone.h"

#include "base/ascii.h"

#include <stdio.h>
#include <time.h>

static _Thread_local bool use_local;

void zone_init(void)
{
	tzset();
}

void zone_use(bool local)
{
	use_local = local;
}

bool zone_is_local(void)
{
	return use_local;
}

/* Times so far away that an offset would overflow have none. */
static bool local_time(int64_t wall_us, struct tm *ret_tm)
{
	time_t s = (time_t)(wall_us / US_PER_S - (wall_us % US_PER_S < 0));

	return use_local && wall_us < INT64_MAX - 2 * US_PER_DAY && wall_us > INT64_MIN + 2 * US_PER_DAY &&
	       localtime_r(&s, ret_tm) != NULL;
}

int64_t zone_offset_us(int64_t wall_us)
{
	struct tm tm;

	return local_time(wall_us, &tm) ? tm.tm_gmtoff * US_PER_S : 0;
}

void zone_civil(int64_t wall_us, struct civil *ret_civil)
{
	clock_civil(wall_us + zone_offset_us(wall_us), ret_civil);
}

const char *zone_suffix(int64_t wall_us, char out[ZONE_TEXT_MAX])
{
	struct tm tm;
	size_t n = 0;

	if (!local_time(wall_us, &tm)) {
		(void)snprintf(out, ZONE_TEXT_MAX, "Z");
		return out;
	}
	out[n++] = ' ';
	/* TZ is the user's own words */
	for (const char *p = tm.tm_zone ? tm.tm_zone : ""; *p && n < ZONE_TEXT_MAX - 1; p++)
		if (ascii_is_letter(*p) || ascii_is_digit(*p) || *p == '+' || *p == '-')
			out[n++] = *p;
	out[n] = '\0';
	return out;
}

const char *zone_offset_text(int64_t wall_us, char out[ZONE_TEXT_MAX])
{
	int64_t minutes = zone_offset_us(wall_us) / US_PER_MIN;
	unsigned m = (unsigned)(minutes < 0 ? -minutes : minutes) % (24 * 60);

	if (m % 60 == 0)
		(void)snprintf(out, ZONE_TEXT_MAX, "%c%02u", minutes < 0 ? '-' : '+', m / 60);
	else
		(void)snprintf(out, ZONE_TEXT_MAX, "%c%02u%02u", minutes < 0 ? '-' : '+', m / 60, m % 60);
	return out;
}
