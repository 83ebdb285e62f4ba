/*
 * job_note.h: maintenance that runs on a server, remembered on this host until its outcome is written.
 *
 * Beside the intent in the audit log, which says what was asked for, the note says how to find it again: the server
 * process, when that connected, and what the table's files were, by which the work of a rebuild is known afterwards.
 * One file each in $XDG_STATE_HOME/auroratop/jobs (held.h). Any thread.
 */
#ifndef AUDIT_JOB_NOTE_H
#define AUDIT_JOB_NOTE_H

#include "audit/held.h"

#define JOB_NOTES_MAX 16 /* that are read; more are left alone */
#define JOB_FILES_MAX 2000

struct job_note {
	char id[64];        /* of the audit lines; name of the note */
	char operation[64]; /* of operations.def */
	char target[300];   /* cluster, or host and port of a server without one */
	char database[64], role[64];
	char object[300];
	char owner[256];           /* user@host */
	char files[JOB_FILES_MAX]; /* "TABLE;INDEX,INDEX,...", by their numbers on the disk; "" = not known */
	int64_t relation_oid;      /* 0 = of several, or of indexes that are dropped */
	int64_t number;            /* in its application_name */
	int64_t process;           /* of the server */
	int64_t backend_start_at;  /* of that process, by the server's clock */
	int64_t began_at;          /* wall clock of this host */
};

/* Writes the note and holds it. ERR_IO: nothing may be sent then. */
bool job_note_take(const struct job_note *n, struct held **ret_held, struct err *err) MUST_CHECK;
/* Takes over the one of that id when no console holds it any more; false: there is no such one, or it is held. */
bool job_note_take_over(const char *id, struct job_note *ret_note, struct held **ret_held) MUST_CHECK;
/* All that are there, held or not: up to max; ret_left says which no console holds. */
size_t job_note_list(struct job_note *out, bool *ret_left, size_t max);

#endif
