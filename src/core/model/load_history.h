/*
 * load_history.h: who was active and what each waited for, sample by sample, over the last hour.
 *
 * A sample is the active sessions of one moment, those that are alike counted together. Names,
 * statements and groups are stored once and counted by reference, so that an hour of
 * one-second samples of a busy server takes a few megabytes at most; with the
 * oldest sample goes what only it used.
 *
 * Averages are "average active sessions": sessions summed over the samples of a time, divided
 * by the number of samples. One thread; time is wall microseconds.
 */
#ifndef MODEL_LOAD_HISTORY_H
#define MODEL_LOAD_HISTORY_H

#include "model/load_key.h"
#include "model/wait_class.h"

#define LOAD_SAMPLES_MAX 3600          /* an hour at one a second; older ones go */
#define LOAD_ENTRIES_MAX (1u << 19)    /* groups of all samples together (2 MiB) */
#define LOAD_GROUPS_MAX (1u << 16)     /* different groups */
#define LOAD_TEXTS_MAX (1u << 15)      /* different names and statements */
#define LOAD_TEXT_BYTES_MAX (2u << 20) /* of them together */
#define LOAD_TEXT_MAX 1024             /* bytes of one; longer ones are cut */
#define LOAD_SAMPLE_GROUPS_MAX 1000    /* groups of one sample; further ones count in the classes only */

/* Sessions of one sample that share everything. */
struct load_group {
	enum wait_class cls;
	uint32_t sessions;
	int64_t query_id;                 /* identifies the statement; 0 = its text does */
	struct str names[LOAD_BY__COUNT]; /* "" = not known; [LOAD_BY_SQL] is the statement */
};

struct load_history;

struct load_history *load_history_new(void);
/* Accepts NULL. */
void load_history_free(struct load_history *h);
void load_history_clear(struct load_history *h);
/*
 * Adds a sample (texts are copied) that stands for interval_us. False, and nothing happens, when it is not
 * newer than the newest one. When a limit above is reached the oldest samples lose their groups first and
 * keep their totals by class.
 */
bool load_history_add(struct load_history *h, int64_t at_us, int64_t interval_us, const struct load_group *groups,
		      size_t n);
size_t load_history_count(const struct load_history *h);
/* Time of the oldest sample, of the oldest one that still has its groups, of the newest; 0 = there is none. */
int64_t load_history_first(const struct load_history *h);
int64_t load_history_detail_from(const struct load_history *h);
int64_t load_history_last(const struct load_history *h);
/* Bytes it holds, for :diag and tests. */
size_t load_history_bytes(const struct load_history *h);

/*
 * Averages by class over n equal parts of [from, to); NaN in all classes of a part that no sample stands for. A
 * sample stands for its interval and half as much more before it, so that parts shorter than the
 * interval have no holes (a part is covered when its middle is).
 */
void load_history_resample(const struct load_history *h, int64_t from, int64_t to, double (*out)[WAIT__COUNT],
			   size_t n);

struct load_rank {
	struct str name; /* borrowed until the next add; "" = not known */
	int64_t query_id;
	double average, classes[WAIT__COUNT];
	struct str user; /* of statements: who ran it most; "" = not known */
	size_t users;    /* how many different ones */
};

struct load_slice {
	size_t samples, detailed; /* in the time; of those, with groups */
	double total, classes[WAIT__COUNT];
	struct load_rank *ranks; /* the largest, by average, then name, then query id */
	size_t nranks, nkeys;    /* how many there are; how many there were */
};

/* What happened in [from, to), ranked by one key, at most max ranks. The caller releases it. */
void load_history_slice(const struct load_history *h, int64_t from, int64_t to, enum load_by by, size_t max,
			struct load_slice *ret_slice);
void load_slice_release(struct load_slice *s);

#endif
