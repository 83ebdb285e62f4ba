/*
 * metric_data.h: one question of GetMetricData, and where its answer is kept. Of src_metrics.c, on its lane.
 */
#ifndef AWS_METRIC_DATA_H
#define AWS_METRIC_DATA_H

#include "model/series.h"
#include "runtime/source.h"

#define METRIC_QUERIES_MAX 500 /* of one call, the service's own limit */

enum metric_scope { METRIC_OF_CLUSTER, METRIC_OF_INSTANCE };
enum metric_rhythm { EVERY_MINUTE, WHEN_WIDE_MINUTE, WIDE_ONLY, EVERY_FIVE, EVERY_HOUR };
enum metric_only { METRIC_ANY, METRIC_SERVERLESS, METRIC_PROVISIONED, METRIC_READER, METRIC_WRITER };
enum metric_more { METRIC_ALONE, METRIC_COMPARED = 1 << 0, METRIC_FORECAST = 1 << 1 };

struct metric {
	const char *name, *unit, *statistic;
	enum metric_scope scope;
	enum metric_rhythm rhythm;
	enum metric_only only;
	unsigned more; /* which other histories it has */
};

/* The points that are kept of one metric and object. */
struct metric_history {
	const struct metric *metric;
	char *object;
	enum series_part part;
	bool wanted;         /* applies to the cluster as it is now */
	bool answered;       /* in the call under way */
	int64_t asked_until; /* wall; 0 = never asked */
	int64_t range_us, period_us;
	int64_t offset_us;  /* how long before: points are kept at their time plus this */
	int64_t start, end; /* of the next question */
	struct series_ring ring;
};

/* What is asked at once, and points of the result item that is being read. */
struct metric_points {
	struct metric_history **asked; /* by the number in the Id */
	size_t nasked;
	long id;
	bool failed; /* the service could not answer this one */
	int64_t *at;
	double *value;
	size_t nat, nvalue, cap;
};

/*
 * All pages of one question about p->asked, which have one start and end. Points go to their histories' rings; those
 * that were answered count as asked until `now`. On failure (err) what had come until then is kept.
 */
bool metric_ask(struct fetch *f, struct metric_points *p, int64_t now, struct err *err) MUST_CHECK;
/* Frees its arrays, `asked` among them; not the histories. */
void metric_points_release(struct metric_points *p);
/* The dimension that names the metric's object. */
const char *metric_dimension(const struct metric *m);

#endif
