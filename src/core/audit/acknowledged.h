/*
 * acknowledged.h: the verdicts that somebody has acknowledged or snoozed, remembered from one start to the next.
 *
 * One file, $XDG_STATE_HOME/auroratop/acknowledged.jsonl (~/.local/state without it), readable by the user alone, a
 * line for each verdict of each cluster: rule, object, how bad it was, until when, by whom, since when. It is written
 * whole beside its place and renamed into it, under a lock on the folder, so that consoles of one host do not lose each
 * other's lines. A file with a line that is none of ours is kept under another name before it is written anew
 * with the lines that are. Any thread; waits for the disk, and a second at most for another console.
 */
#ifndef AUDIT_ACKNOWLEDGED_H
#define AUDIT_ACKNOWLEDGED_H

#include "base/err.h"
#include "model/snapshot.h"

#define ACKNOWLEDGED_MAX 1024 /* lines; the oldest give way */
#define ACKNOWLEDGED_BYTES_MAX (1u << 20)
#define ACKNOWLEDGED_PROBLEM_MAX 1600

struct acknowledged_row {
	uint64_t present;
	struct str target;   /* cluster, or host of a server without one */
	struct str rule;     /* id of the verdict */
	struct str object;   /* absent: the cluster or server as a whole */
	struct str severity; /* word; how bad it was then */
	struct str by;       /* user@host */
	struct str problem;  /* only in the source: a row that is no verdict but says what was wrong with the file */
	int64_t at;          /* wall */
	int64_t until_at;    /* absent: until it gets worse or is over */
};
extern const struct rec_type acknowledged_type;

/* Path of the file; false when there is no place for it (err). size: AUDIT_PATH_MAX at least. */
bool acknowledged_path(char *out, size_t size, struct err *err) MUST_CHECK;
/*
 * Adds a row for each line to out (private, of acknowledged_type); no file is no line. A malformed file is moved aside
 * first, and ret_problem says which line of which file it was and where it is now, "" = nothing was wrong. ERR_IO,
 * ERR_LIMIT: it cannot be read, and was left as it is.
 */
bool acknowledged_load(struct snapshot *out, char ret_problem[ACKNOWLEDGED_PROBLEM_MAX], struct err *err) MUST_CHECK;
/*
 * Writes one: in place of what stands there of the same target, rule and object, and without those whose time is over.
 * row->rule and target are needed; drop: only takes it away. False: the file is as it was. ret_problem as above.
 */
bool acknowledged_keep(const struct acknowledged_row *row, bool drop, char ret_problem[ACKNOWLEDGED_PROBLEM_MAX],
		       struct err *err) MUST_CHECK;

#endif
