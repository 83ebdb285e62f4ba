/*
 * series.h: time series for charts. Not a record; a snapshot may carry a set of them.
 *
 * Points are sorted by time, at most one per time. A gap is an absent point, never a
 * zero. NaN is not stored.
 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define SERIES_POINTS_MAX 20160

/* What a series of a metric is for; one metric of one object may have one of each. */
enum series_part {
	SERIES_SHOWN,  /* the range that is shown */
	SERIES_WEEK,   /* the last seven days by the hour, whatever is shown: for a forecast */
	SERIES_BEFORE, /* the range of a day or a week before, its times moved forward to now */
};

struct series {
	enum series_part part;
	struct str metric;    /* "CPUUtilization" */
	struct str dimension; /* "DBInstanceIdentifier=orders-1" */
	struct str object;    /* "orders-1" */
	struct str unit;      /* "Percent", "Bytes" */
	struct str statistic; /* "Average" */
	int64_t period_us;
	size_t n;
	int64_t *at;
	double *value;
};

struct series_set {
	size_t n;
	struct series *items;
};

struct series_stats {
	double min, max, last, mean;
	int64_t last_at;
	size_t n;
};

/* A growing series owned by one thread (a lane's history). */
struct series_ring {
	int64_t *at;
	double *value;
	size_t n, cap;
};
void series_ring_release(struct series_ring *r);
/* Inserts or replaces the point at time at; NaN is ignored; drops the oldest beyond SERIES_POINTS_MAX. */
void series_ring_put(struct series_ring *r, int64_t at, double value);
/* Forgets points before from. */
void series_ring_trim(struct series_ring *r, int64_t from);
/* Copies the points in [from, to] into the arena as out->at/value/n. */
void series_ring_copy(const struct series_ring *r, struct arena *a, int64_t from, int64_t to, struct series *out);

/* Statistics over [from, to]; false when there is no point. */
bool series_stats(const struct series *s, int64_t from, int64_t to, struct series_stats *ret_stats);
/* Resamples [from, to) to n buckets (mean of points in each); out[i] is NaN where no point fell. Points of a period
 * longer than a bucket fill the buckets they cover. */
void series_resample(const struct series *s, int64_t from, int64_t to, double *out, size_t n);
/* Finds the shown series by metric and object (object "" = any), or NULL. */
const struct series *series_find(const struct series_set *set, const char *metric, struct str object);
/* The same for any part. */
const struct series *series_find_part(const struct series_set *set, const char *metric, struct str object,
				      enum series_part part);

#endif
