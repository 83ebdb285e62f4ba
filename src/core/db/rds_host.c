/* rds_host.c: see rds_host.h. Names are compared without regard to case, as DNS does; a dot at the end is allowed. */
#include "db/rds_host.h"

#include <string.h>

#define LABELS_MAX 16

struct labels {
	struct str at[LABELS_MAX];
	size_t n;
};

/* Without the root's dot; none at all of a name that has too many. */
static struct labels split(struct str host)
{
	struct labels l = {.n = 0};
	struct str label;

	if (str_ends(host, STR(".")))
		host.len--;
	while (str_split(&host, '.', &label)) {
		if (l.n == LABELS_MAX)
			return (struct labels){.n = 0};
		l.at[l.n++] = label;
	}
	return l;
}

static bool is(const struct labels *l, size_t from_end, const char *word)
{
	return l->n >= from_end && str_ieq(l->at[l->n - from_end], str_c(word));
}

/* Of the label that is the region, from the end: 0 = the name is not of this form. */
static size_t region_from_end(const struct labels *l)
{
	if (is(l, 1, "com") && is(l, 2, "amazonaws"))
		return is(l, 3, "rds") ? 4 : is(l, 4, "rds") ? 3 : 0;
	if (is(l, 1, "cn") && is(l, 2, "com") && is(l, 3, "amazonaws"))
		return is(l, 4, "rds") ? 5 : is(l, 5, "rds") ? 4 : 0;
	return 0;
}

bool rds_host_is_amazon(struct str host)
{
	struct labels l = split(host);
	size_t region = region_from_end(&l);

	/* something stands before "rds" or the region, whichever comes first */
	return region > 0 && l.n > (is(&l, region + 1, "rds") ? region + 1 : region - 1);
}

struct str rds_host_region(struct str host)
{
	struct labels l = split(host);
	size_t region = region_from_end(&l);

	/* a region's name has hyphens: us-east-1; of a made-up name there may be anything */
	if (region == 0 || l.n <= region || !memchr(l.at[l.n - region].ptr, '-', l.at[l.n - region].len))
		return STR("");
	return l.at[l.n - region];
}

bool rds_host_is_proxy(struct str host)
{
	struct labels l = split(host);
	size_t region = region_from_end(&l);

	for (size_t i = 1; region > 0 && i + region < l.n; i++)
		if (l.at[i].len > 6 && str_ieq(str_sub(l.at[i], 0, 6), STR("proxy-")))
			return true;
	return false;
}

enum rds_partition rds_host_partition(struct str host)
{
	struct labels l = split(host);
	struct str region = rds_host_region(host);

	if (is(&l, 1, "cn"))
		return RDS_CHINA;
	return region.len > 7 && str_ieq(str_sub(region, 0, 7), STR("us-gov-")) ? RDS_GOVCLOUD : RDS_COMMERCIAL;
}
