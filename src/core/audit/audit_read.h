/*
 * audit_read.h: the audit log (audit.h) as records: what was changed, and how it went.
 *
 * An intent and its outcome, which have one id, become one entry; a line between them tells that another console went
 * on with it. An intent without an outcome
 * stays an entry without one: the console ended before it could write it, or is still at it. An
 * outcome whose intent lies before what is read is an entry from what itself says.
 *
 * Read is at most AUDIT_TAIL_BYTES from the end of each file, and of that the newest AUDIT_LINES_MAX
 * lines; the newest AUDIT_ENTRIES_MAX entries are kept. What cannot be read (no JSON, no object, a
 * member that is missing or of another kind, longer than AUDIT_LINE_MAX) is counted and left out.
 * Whatever the files hold, it is text for the screen's sanitiser and no more. No state; any thread,
 * each with its own arena.
 */
#ifndef AUDIT_AUDIT_READ_H
#define AUDIT_AUDIT_READ_H

#include "audit/audit.h"
#include "model/snapshot.h"

#define AUDIT_ENTRIES_MAX 2000
#define AUDIT_LINES_MAX (2 * AUDIT_ENTRIES_MAX)
#define AUDIT_TAIL_BYTES (4u << 20)

/* One line as it was written. */
struct audit_line {
	uint64_t present;
	int64_t at;
	struct str id, phase, who, action;
	int64_t tier;
	struct str cluster, node, database, role, object, statement, outcome;
	int64_t took_ms;
};

/* Lines of one or several files, the newest first. */
struct audit_lines {
	struct audit_line *items; /* cap of them, the caller's */
	size_t n, cap;
	struct arena *texts; /* of what they say */
};

/* What was done: the source "audit". */
struct audit_row {
	uint64_t present;
	int64_t began_at, ended_at, took_us;
	struct str id;
	int64_t repeat; /* 0, or how many entries before it have the same id */
	struct str who, role, cluster, node, database, action, object;
	int64_t tier;
	struct str severity, outcome, statement;
};

/* Where that was read from: the source "audit_files". */
struct audit_file_row {
	uint64_t present;
	struct str path;
	int64_t size_bytes, read_bytes, lines, unreadable, left_out;
	struct str problem;
};

extern const struct rec_type audit_type, audit_file_type;

/*
 * Takes the lines of text, the last one first, until `to` is full. Returns how many bytes at the front of text it did
 * not come to; counts the lines it looked at and those of them that cannot be read. Blank lines are nothing.
 */
size_t audit_take_lines(struct audit_lines *to, struct str text, int64_t *ret_lines, int64_t *ret_unreadable);
/* How an outcome reads by its first words: "ok", "notice", "warning", "critical"; of one nobody knows "notice". */
const char *audit_severity(struct str outcome);
/* Adds the entries to a private snapshot of audit_type, the newest first; texts stay where they are. Returns how many
 * older ones were left out. */
size_t audit_pair(const struct audit_lines *lines, struct snapshot *s);
/*
 * Reads the log whose newest file is path into two private, empty snapshots: of audit_type and of audit_file_type. No
 * file is an empty log, a file that cannot be opened has a row that says why. False: none of those there are could be.
 */
bool audit_load(const char *path, struct snapshot *entries, struct snapshot *files, struct err *err) MUST_CHECK;

#endif
