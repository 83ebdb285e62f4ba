/*
 * policy.h: what the operators of a cluster allow this console, and when.
 *
 * Read once at start from config.ini (src/config_policy.h has the keys), immutable afterwards:
 * targets point to it. A window is the set of the minutes of the week, in UTC, in which it is
 * open, so that windows may overlap, touch and wrap without rules of their own. Pure; any thread.
 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define POLICY_WEEK_MINUTES (7 * 24 * 60)
/* Windows in one list, and clusters with settings of their own. */
#define POLICY_WINDOWS_MAX 64
#define POLICY_CLUSTERS_MAX 64
#define POLICY_STOP_MAX 1000000

struct policy_window {
	bool set;                                 /* false: there is none, and none is required */
	uint8_t minutes[POLICY_WEEK_MINUTES / 8]; /* bit i: open in the i-th minute since Sunday 00:00 UTC */
};

/* What is expected of a cluster, in base units (microseconds, bytes, ratio 0 to 1, count); 0 = not judged. */
struct policy_limits {
#define POLICY_LIMIT(name, unit, fallback, help) double name;
#include "model/policy_limits.def"
#undef POLICY_LIMIT
};

struct policy {
	bool read_only; /* as --read-only */
	struct policy_window window;
	char production_tag[256]; /* KEY=VALUE, ...: what marks production; "" = nothing does */
	char required_tags[256];  /* KEY or KEY=VALUE, ...: what a cluster must have; "" = nothing */
	int64_t stop_waiters;     /* a job stops itself when more sessions wait behind it; 0 = never */
	double stop_load;         /* the same when more sessions are active in the whole database; 0 = never */
	struct policy_limits limits;
};

struct policies {
	struct policy common; /* of every cluster without its own */
	struct policy_of {
		char cluster[256]; /* identifier, or host name of a plain --db */
		struct policy policy;
	} of[POLICY_CLUSTERS_MAX];
	size_t n;
};

/* What holds where nothing is configured. */
extern const struct policy policy_default;
/* The policy of the first of these names (separated by commas, any case) that has one, else the common one. all may be
 * NULL. Never NULL; lives as long as all. */
const struct policy *policy_find(const struct policies *all, struct str names);

/*
 * Reads "Sat 22:00-Sun 04:00, daily 02:00-03:00": a day or `daily`, a time, and until when; without a second day it is
 * the next time that the clock says so. RDS's own "sat:22:00-sun:04:00" is read, too. Empty text is no window.
 * False: err says which part is wrong.
 */
bool policy_window_parse(struct str text, struct policy_window *ret_window, struct err *err) MUST_CHECK;
/* Whether a window that is set is open at this time; *ret_left_us: how long until that changes, INT64_MAX = never. */
bool policy_window_is_open(const struct policy_window *w, int64_t wall_us, int64_t *ret_left_us);
/* "none set", "closed, opens Sat 22:00 UTC in 2d 04h", "open for another 1h10m", "open at all times". */
void policy_window_say(const struct policy_window *w, int64_t wall_us, struct buf *out);

/* One of the limits: its key, help, and where it is in struct policy_limits. */
enum policy_unit { POLICY_DURATION, POLICY_COUNT, POLICY_RATIO, POLICY_BYTES, POLICY_SWITCH };
struct policy_limit {
	const char *name, *help;
	enum policy_unit unit;
	size_t offset; /* of its double */
};
extern const struct policy_limit policy_limit_rows[];
extern const size_t npolicy_limit_rows;
/* Reads a value of that unit (26h, 80%, 10GiB, 5, yes). False: err says what it must be. */
bool policy_limit_parse(enum policy_unit unit, struct str text, double *ret_value, struct err *err) MUST_CHECK;
/* The value as policy_limit_parse() reads it: 26h, 80 %, 10 GiB. */
void policy_limit_say(enum policy_unit unit, double value, struct buf *out);
/* Value of a limit by its row. */
double *policy_limit_at(struct policy_limits *limits, const struct policy_limit *row);

/* True when one of tags (KEY=VALUE,...) is one of those wanted, in any case; *ret_tag is it, as the cluster has it. */
bool policy_is_production(const char *wanted, struct str tags, struct str *ret_tag);

#endif
