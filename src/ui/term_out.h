/*
 * term_out.h: bytes for the terminal that curses does not know about: modes, title,
 * clipboard, and the way out after a fatal signal. Used by term_curses.c only.
 */
#ifndef UI_TERM_OUT_H
#define UI_TERM_OUT_H

#include "base/buf.h"
#include "base/str.h"

/* Longest text term_copy() takes, so that its base64 stays below what terminals accept (74 994 characters). */
#define TERM_COPY_MAX 56000
#define TERM_TITLE_COLUMNS 120

#define TERM_SYNC_ON "\033[?2026h"
#define TERM_SYNC_OFF "\033[?2026l"
#define TERM_PASTE_ON "\033[?2004h"
#define TERM_PASTE_OFF "\033[?2004l"
#define TERM_DRAG_ON "\033[?1002h"
#define TERM_DRAG_OFF "\033[?1002l\033[?1006l"

/* Writes all of it, retrying interrupted and partial writes; gives up silently when the terminal is gone. Returns the
 * bytes written. */
size_t term_out_write(int fd, struct str bytes);
/* OSC 2 with the text made safe and cut to TERM_TITLE_COLUMNS columns, appended to out. */
bool term_out_title(struct buf *out, struct str text, bool ascii);
/* OSC 52 with the text, controls but LF and tab dropped; false (nothing appended) above TERM_COPY_MAX. */
bool term_out_copy(struct buf *out, struct str text);
/* Remembers the terminal's settings for term_emergency_restore(), and that it is in use now. */
void term_out_arm(int fd);
/* The screen was left in the ordinary way. */
void term_out_disarm(void);

#endif
