/*
 * log_entry.h: PostgreSQL's log as records, from any of its three formats.
 *
 * An entry is one report of the server with everything that belongs to it: its DETAIL, HINT, CONTEXT and
 * STATEMENT, which the stderr format writes as lines of their own, and the lines a long text
 * continues on. The kind says what the report is about; numbers in it become fields. Texts are
 * hostile and sensitive; secrets in them (passwords) are masked here, literals where they leave the
 * screen. Pure; any thread.
 *
 * Sources of the formats: PostgreSQL, "Error Reporting and Logging": log_line_prefix, csvlog and
 * jsonlog. Messages are recognised in English (lc_messages); others keep their text and are of kind
 * "error" or "other" by severity.
 */
#ifndef CODEC_LOG_ENTRY_H
#define CODEC_LOG_ENTRY_H

#include "model/snapshot.h"

#define LOG_TEXT_MAX (64u << 10) /* bytes kept of one text of an entry */
#define LOG_NODES_MAX 64         /* streams told apart in one reading; the rest shares one */

struct log_entry {
	uint64_t present;
	struct str event_id;
	int64_t at;
	struct str kind, severity, sqlstate;
	int64_t duration_us, temp_bytes, pages;
	struct str statement, shape, message;
	struct str user, database, application, client;
	int64_t pid, blocker_pid;
	struct str relation, lock, detail, hint, context, plan;
	int64_t query_id;
	struct str node;
};

extern const struct rec_type log_entry_type;

/* One line of the stderr format, or several in one event of CloudWatch Logs. */
struct log_line {
	struct str text;
	struct str event_id; /* identity of the entry that begins here */
	struct str node;     /* stream: continuation and STATEMENT lines belong to the same one; may be empty */
	int64_t at_us;       /* when the transport knows it; 0 = only the prefix does */
};

struct log_format {
	const char *prefix;     /* log_line_prefix; NULL or "" = one of the usual ones, found out line by line */
	int64_t zone_offset_us; /* east of UTC, for time zones known by a short name only */
	bool zone_known;        /* false: such a time counts only where the transport gives none */
};

/* Appends the entries of n lines, which are in the order they were written, stream by stream. ERR_LIMIT when the
 * snapshot is full. */
bool log_read_lines(const struct log_line *lines, size_t n, const struct log_format *format, struct snapshot *out,
		    struct err *err) MUST_CHECK;

/* A piece of a csvlog or jsonlog file; what is cut off at its ends is left out. */
struct log_text {
	struct str text;
	struct str name; /* of the file, and */
	int64_t offset;  /* where in it the piece begins: together they identify an entry */
	struct str node;
};
bool log_read_csv(const struct log_text *piece, const struct log_format *format, struct snapshot *out,
		  struct err *err) MUST_CHECK;
bool log_read_json(const struct log_text *piece, const struct log_format *format, struct snapshot *out,
		   struct err *err) MUST_CHECK;

#endif
