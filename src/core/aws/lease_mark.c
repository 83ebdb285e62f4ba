/* lease_mark.c: see lease_mark.h. */
#include "aws/lease_mark.h"

#include "base/clock.h"

#include <stdio.h>

#define UNTIL " until "

struct str lease_mark_text(struct arena *a, const char *owner, int64_t until_us)
{
	char text[256], until[40];

	(void)snprintf(text, sizeof(text), "%.180s" UNTIL "%s", owner,
		       clock_iso8601(until_us / US_PER_S * US_PER_S, until, sizeof(until)));
	for (char *p = text; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		      strchr(" _.:/=+-@", *p)))
			*p = '_';
	return arena_str(a, str_c(text));
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
