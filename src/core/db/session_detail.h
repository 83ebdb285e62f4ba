/*
 * session_detail.h: one session's whole statement and its locks, asked for when somebody looks at it.
 *
 * The command `session` has the arguments pid, backend_start (microseconds) and database, and its result is a snapshot
 * of session_detail_type: first the statement, then one row for each lock.
 */
#ifndef DB_SESSION_DETAIL_H
#define DB_SESSION_DETAIL_H

#include "db/conn.h"

/* A row of session_text.sql or statement_text.sql. */
struct session_text {
	uint64_t present;
	struct str database, role, query;
	int64_t query_start_at, size_bytes;
};
extern const struct rec_type session_text_type;

/* Reads what process pid runs now into rows (of session_text_type); none when it is gone or another one's. */
bool session_ask_text(struct fetch *f, struct conn *c, int64_t pid, int64_t backend_start_at, struct snapshot *rows,
		      struct err *err) MUST_CHECK;
/* A text of this size may lack its end. */
bool session_text_is_cut(const struct probe *probe, int64_t size_bytes);

#endif
