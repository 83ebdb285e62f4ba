/*
 * audit.h: the append-only record of what the console has changed.
 *
 * JSON lines in $XDG_STATE_HOME/auroratop/audit.jsonl (~/.local/state without it), readable by
 * the user alone. An intent line is on the disk before anything is sent, an outcome line
 * follows; no intent, no action (safety.md 5). Statements are written with literals masked.
 * At AUDIT_BYTES_MAX the file is renamed to audit.jsonl.1 and begun anew; AUDIT_FILES_MAX are
 * kept. Any thread; processes are kept apart by a lock on the file. audit_read.h reads it.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/err.h"
#include "base/str.h"

#define AUDIT_BYTES_MAX (16u << 20)
#define AUDIT_FILES_MAX 8
#define AUDIT_LINE_MAX (1u << 20)
#define AUDIT_PATH_MAX 1200

struct audit_entry {
	const char *id;    /* one for the intent and the outcome of one action; from audit_id() */
	const char *phase; /* "intent", "outcome", or "adopted": another console goes on with it */
	const char *action, *cluster, *node, *database, *role;
	int tier;
	struct str object, statement;
	bool call;            /* the statement is a call to AWS and not SQL: written as it is */
	const char *override; /* what was set aside to allow it ("window"); NULL = nothing */
	struct str outcome;   /* of an outcome: "done", "failed: ..."; audit_severity() knows how they begin */
	int64_t took_us;      /* of an outcome, else -1 */
};

/* A name for one action that no other has: time, process and a counter. */
void audit_id(char *out, size_t size);
/* Writes one line and waits until it is on the disk. False: err says why it could not, with the remedy. */
bool audit_write(const struct audit_entry *e, struct err *err) MUST_CHECK;
/* "user@host", of this process. Returns out. */
const char *audit_user(char *out, size_t size);
/* Path of the file; false when neither XDG_STATE_HOME nor HOME is set. */
bool audit_path(char *out, size_t size);

#endif
