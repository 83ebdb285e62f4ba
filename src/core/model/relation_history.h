/*
 * relation_history.h: sizes of relations as this process has seen them, so that growth can be put down to somebody.
 *
 * AWS knows how much the volume grew and no server keeps who did it; what is here begins with the first sample. Memory
 * is bounded: at most RELATION_NAMES_MAX relations and RELATION_SAMPLES_MAX samples, of which the older half loses
 * every second one when there is no room (at one sample in five minutes: three days whole, a week with gaps). Owned by
 * one thread.
 */
#ifndef MODEL_RELATION_HISTORY_H
#define MODEL_RELATION_HISTORY_H

#include "model/snapshot.h"

#define RELATION_NAMES_MAX 1000
#define RELATION_SAMPLES_MAX 1024
#define RELATION_GROWTH_MAX 20
#define RELATION_SAMPLE_REST_US US_PER_MIN /* between samples that are kept, but for the newest */

struct relation_history;

struct relation_growth {
	const char *relation; /* of the history, until something is added */
	int64_t bytes;        /* more at the end than at the beginning; negative: less */
	bool appeared;        /* it was not there at the beginning */
};

struct relation_growths {
	int64_t from_us, to_us; /* times of the two samples compared */
	int64_t bytes;          /* all changes together, shrinking ones too */
	size_t changed;         /* relations that are larger or smaller */
	size_t n;               /* the largest growths, largest first */
	struct relation_growth items[RELATION_GROWTH_MAX];
};

struct relation_history *relation_history_new(void);
void relation_history_free(struct relation_history *h);
/*
 * Adds the sizes in a snapshot of the source `relations`; one that is not newer than the newest sample is ignored. of:
 * which server they are of; what was kept of another one, or of another database, is forgotten.
 */
void relation_history_add(struct relation_history *h, const char *of, const struct snapshot *s);
/* Time of the oldest sample, 0 = there is none. */
int64_t relation_history_since(const struct relation_history *h);
/*
 * Who grew between the newest sample at or before `from` (else the oldest one) and the newest at or before `to`. False:
 * these are not two samples. A relation that is missing in the first one counts as new only if that one listed all.
 */
bool relation_history_between(const struct relation_history *h, int64_t from, int64_t to,
			      struct relation_growths *ret_growths);

/* The same of one relation. False: not known. */
bool relation_history_growth(const struct relation_history *h, struct str relation, int64_t from, int64_t to,
			     int64_t *ret_bytes);

#endif
