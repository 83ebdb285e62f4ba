/*
 * growth.h: a straight line through a series, what it says of the days to come, and how far it can be believed.
 *
 * A line is no promise: it is not drawn through less than GROWTH_POINTS_MIN points over GROWTH_SPAN_MIN_US, and where
 * it explains too little of what was seen the answer is that there is no trend. Gaps do no harm: every point counts at
 * its own time. Pure; any thread.
 */
#ifndef MODEL_GROWTH_H
#define MODEL_GROWTH_H

#include "base/buf.h"
#include "model/series.h"

#define GROWTH_POINTS_MIN 12
#define GROWTH_SPAN_MIN_US (20 * INT64_C(3600) * 1000000)
/* Share of the variance that the line explains (r²): from here it is a trend, from there one to plan with. */
#define GROWTH_R2_UNEVEN 0.5
#define GROWTH_R2_STEADY 0.9

enum growth_trend {
	GROWTH_TOO_LITTLE, /* of points, or of time */
	GROWTH_NONE,       /* the values do not follow a line, or do not change */
	GROWTH_UNEVEN,     /* by steps or waves: the direction is known, the pace is a mean */
	GROWTH_STEADY,
};

struct growth {
	enum growth_trend trend;
	size_t n;               /* points used */
	int64_t from_us, to_us; /* of the first and last of them */
	int64_t span_us;        /* the time they stand for: with the period of the last one */
	double last;            /* newest value */
	double per_day;         /* slope; 0 unless there is a trend */
	double r2;              /* 0 to 1; NaN with GROWTH_TOO_LITTLE */
};

/* Over the points in [from, to]. False: there is none at all. */
bool growth_fit(const struct series *s, int64_t from, int64_t to, struct growth *ret_growth);
/* What is to be expected at a time after to_us; the newest value where there is no trend. NaN with GROWTH_TOO_LITTLE.
 */
double growth_at(const struct growth *g, int64_t at);
/* Microseconds from to_us until the limit is passed; 0: it is; INT64_MAX: never at this pace, or no trend. */
int64_t growth_reaches(const struct growth *g, double limit);
/* "linear over 7 d, r² 0.98", "uneven over 7 d, r² 0.71", "no trend over 7 d", "only 3h00m of data, needs
 * 20h00m"; unicode: r² or r2. */
void growth_say(const struct growth *g, bool unicode, struct buf *out);

/*
 * The largest volume that an engine version of Aurora PostgreSQL allows, in bytes: 256 TiB from 17.5, 16.9 and 15.13
 * on, else 128 TiB. 0: that is no version. *ret_raised_by, if not NULL: the least release of the same major that allows
 * more ("15.13"), or "" when there is none or it is this one.
 */
double growth_volume_ceiling(struct str engine_version, const char **ret_raised_by);

#endif
