/* rds_host.c: see rds_host.h. Names are compared without regard to case, as DNS does; a dot at the end is allowed. */
#include "db/rds_host.h"

#include "base/check.h"

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

static const struct suffix {
	const char *text;
	size_t labels;
	enum rds_partition partition;
} suffixes[] = {
	{"amazonaws.com", 2, RDS_COMMERCIAL}, {"amazonaws.com.cn", 3, RDS_CHINA},  {"amazonaws.eu", 2, RDS_ELSEWHERE},
	{"c2s.ic.gov", 3, RDS_ELSEWHERE},     {"sc2s.sgov.gov", 3, RDS_ELSEWHERE}, {"cloud.adc-e.uk", 3, RDS_ELSEWHERE},
	{"csp.hci.ic.gov", 4, RDS_ELSEWHERE},
};

static bool ends_in(const struct labels *l, const struct suffix *s)
{
	struct str rest = str_c(s->text), word;

	if (l->n < s->labels)
		return false;
	for (size_t i = l->n - s->labels; str_split(&rest, '.', &word); i++)
		if (!str_ieq(l->at[i], word))
			return false;
	return true;
}

static const struct suffix *suffix_of(const struct labels *l)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (ends_in(l, &suffixes[i]))
			return &suffixes[i];
	return NULL;
}

/* Of the label that is the region, from the end: 0 = the name is not of this form. */
static size_t region_from_end(const struct labels *l)
{
	const struct suffix *s = suffix_of(l);
	size_t next = s ? s->labels + 1 : 0;

	if (!s)
		return 0;
	return is(l, next, "rds") ? next + 1 : is(l, next + 1, "rds") ? next : 0;
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
	const struct suffix *s = suffix_of(&l);
	struct str region = rds_host_region(host);

	if (region.len > 7 && str_ieq(str_sub(region, 0, 7), STR("us-gov-")))
		return RDS_GOVCLOUD;
	return s ? s->partition : RDS_COMMERCIAL;
}
