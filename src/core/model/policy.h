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

struct policy {
	bool read_only; /* as --read-only */
	struct policy_window window;
	char production_tag[256]; /* KEY=VALUE, ...: what marks production; "" = nothing does */
	int64_t stop_waiters;     /* a job stops itself when more sessions wait behind it; 0 = never */
	double stop_load;         /* the same when more sessions are active in the whole database; 0 = never */
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

/* True when one of tags (KEY=VALUE,...) is one of those wanted, in any case; *ret_tag is it, as the cluster has it. */
bool policy_is_production(const char *wanted, struct str tags, struct str *ret_tag);

#endif
