/*
 * held.h: what a console must not forget, as files that it holds while it lives.
 *
 * A note is FOLDER/ID.json in $XDG_STATE_HOME/auroratop (~/.local/state without it), one line, 0600, on the disk before
 * whoever wrote it goes on. The console keeps a lock on the file, so that a note whose console was killed, or whose
 * host lost its power, is known as left behind at the next start. Any thread. lease.h and job_note.h say what is in
 * them.
 */
#ifndef AUDIT_HELD_H
#define AUDIT_HELD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define HELD_BYTES_MAX 8192 /* of a note; longer files are left alone */

struct held; /* an open, locked file */

/* Writes the note (without line end) and holds it. ERR_IO: it is not there. folder: a plain name. */
bool held_take(const char *folder, const char *id, struct str text, struct held **ret_held, struct err *err) MUST_CHECK;
/* What it was for is over: removes the file. h may be NULL. */
void held_end(struct held *h);
/* Leaves the file for the next start. h may be NULL. */
void held_leave(struct held *h);
/* Takes over the note of that name when no console holds it any more; false: there is no such one, or it is held. Waits
 * up to 100 ms for consoles that only look at it: not for the UI thread. */
bool held_take_over(const char *folder, const char *id, struct held **ret_held) MUST_CHECK;
/* Shows every readable note of the folder, and whether no console holds it; until `see` returns false. */
void held_each(const char *folder, bool (*see)(void *ctx, struct str text, bool left), void *ctx);

/* For what such a file says, one JSON object: adds ,"name":"value"; copies a text that was read, cut to size. */
void held_add_text(struct buf *b, const char *name, const char *value);
void held_copy_text(char *out, size_t size, struct str text);

#endif
