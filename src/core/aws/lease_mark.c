/* lease_mark.c: see lease_mark.h. */
#include "aws/lease_mark.h"

#include "base/ascii.h"
#include "base/clock.h"

#include <stdio.h>

#define UNTIL " until "
#define OWNER_MAX 180

/* Cut, and without what may not stand there. */
static void write_owner(const char *owner, char out[OWNER_MAX + 1])
{
	(void)snprintf(out, OWNER_MAX + 1, "%.*s", OWNER_MAX, owner);
	for (char *p = out; *p; p++)
		if (!(ascii_is_letter(*p) || ascii_is_digit(*p) || strchr(" _.:/=+-@", *p)))
			*p = '_';
}

struct str lease_mark_text(struct arena *a, const char *owner, int64_t until_us)
{
	char who[OWNER_MAX + 1], until[40];

	write_owner(owner, who);
	return arena_fmt(a, "%s" UNTIL "%s", who, clock_iso8601(until_us / US_PER_S * US_PER_S, until, sizeof(until)));
}

bool lease_mark_read(struct str text, struct str *ret_owner, int64_t *ret_until_us)
{
	long at = str_find(text, STR(UNTIL), 0);

	*ret_owner = STR("");
	*ret_until_us = 0;
	if (at <= 0 || !clock_parse_iso8601(str_sub(text, (size_t)at + strlen(UNTIL), text.len), ret_until_us))
		return false;
	*ret_owner = str_sub(text, 0, (size_t)at);
	return true;
}

bool lease_mark_is_of(struct str text, const char *owner)
{
	char who[OWNER_MAX + 1];
	struct str read;
	int64_t until;

	write_owner(owner, who);
	return lease_mark_read(text, &read, &until) && str_eq_c(read, who);
}
