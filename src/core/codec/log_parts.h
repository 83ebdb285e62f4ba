/*
 * log_parts.h: private to the readers of PostgreSQL's log.
 */
#ifndef CODEC_LOG_PARTS_H
#define CODEC_LOG_PARTS_H

#include "codec/log_entry.h"

/* ---- log_prefix.c: what stands before the message */

/* SEV_REPORT begins an entry, the others add to one. */
enum log_severity { LOG_REPORT, LOG_DETAIL, LOG_HINT, LOG_CONTEXT, LOG_STATEMENT, LOG_IGNORED };

struct log_prefix {
	struct str time, zone; /* as written; empty = not in the prefix */
	struct str user, database, application, client, sqlstate;
	int64_t pid, query_id, at_us; /* 0 = not there; at_us: of %n */
	struct str word;              /* LOG, ERROR, DETAIL, ... */
	enum log_severity severity;
	struct str rest; /* the message */
};

/* Is line a line with this log_line_prefix? Slices point into line. */
bool log_prefix_match(const char *format, struct str line, struct log_prefix *ret_prefix);
/* The same with the usual formats; *hint is the one that fitted last (start with 0). A line that only has a severity
 * somewhere near its beginning is accepted too. */
bool log_prefix_guess(struct str line, size_t *hint, struct log_prefix *ret_prefix);
/* "2026-01-15 08:30:05.123" with zone "UTC" or "+02"; false when it is no time, or its zone is a name that format does
 * not explain. */
bool log_time(struct str time, struct str zone, const struct log_format *format, int64_t *ret_us);

/* ---- log_classify.c */

/* Fills kind and what follows from the message; texts that are derived go to the arena. */
void log_classify(struct log_entry *e, struct arena *a);
/* Stores a text: cut to LOG_TEXT_MAX, secrets masked, in the arena. Empty texts stay absent (false). */
bool log_keep(struct arena *a, struct str text, struct str *ret_text);

#define LOG_PUT(e, m, text, arena)                            \
	do {                                                  \
		struct str kept_;                             \
		if (log_keep((arena), (text), &kept_))        \
			SET((e), struct log_entry, m, kept_); \
	} while (0)

/* A new row, or NULL with *err. */
struct log_entry *log_new_entry(struct snapshot *out, struct err *err);

#endif
