/*
 * term.h: the terminal. term_curses.c is the only file that includes curses.
 *
 * term_open() sets up the screen through newterm(), with our own terminfo entries
 * for true colour; term_present() sends what changed between two canvases inside a synchronized
 * update; term_input() turns what curses decoded into events. term_close() restores
 * the terminal and is safe to call twice; term_emergency_restore() is async-signal-safe
 * (fixed string and tcsetattr) for fatal signals. UI thread only, but for the latter.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "ui/canvas.h"

enum color_wish { COLOR_AUTO, COLOR_ALWAYS, COLOR_WISH_256, COLOR_WISH_16, COLOR_NEVER };

struct term_options {
	enum color_wish color;
	bool ascii; /* asked for; also chosen when the locale is not UTF-8 */
	bool mouse;
	bool no_color;         /* NO_COLOR is set and not empty */
	const char *colorterm; /* environment, may be NULL */
};

/* clang-format off */
enum key {
	KEY_NONE = 0,
	/* below 0x110000: a code point */
	KEY_FIRST_SPECIAL_ = 0x110000,
	K_UP, K_DOWN, K_LEFT, K_RIGHT, K_PGUP, K_PGDN, K_HOME, K_END, K_INSERT, K_DELETE,
	K_BACKSPACE, K_ENTER, K_TAB, K_BACKTAB, K_ESC,
	K_F1, K_F2, K_F3, K_F4, K_F5, K_F6, K_F7, K_F8, K_F9, K_F10, K_F11, K_F12,
	K_CTRL_A, K_CTRL_B, K_CTRL_C, K_CTRL_D, K_CTRL_E, K_CTRL_F, K_CTRL_K, K_CTRL_L, K_CTRL_N, K_CTRL_P,
	K_CTRL_R, K_CTRL_U, K_CTRL_W, K_CTRL_Z, K_SHIFT_LEFT, K_SHIFT_RIGHT,
};
/* clang-format on */

enum event_type {
	EVENT_NONE,
	EVENT_KEY,
	EVENT_MOUSE_DOWN,
	EVENT_MOUSE_UP,
	EVENT_MOUSE_DRAG,
	EVENT_WHEEL_UP,
	EVENT_WHEEL_DOWN,
	EVENT_PASTE_BEGIN,
	EVENT_PASTE_END
};

struct event {
	enum event_type type;
	uint32_t key; /* code point or enum key */
	int y, x;     /* mouse */
	bool doubled; /* mouse: second press on the same cell within 400 ms */
};

struct term;

/* False: err says what is wrong with the terminal (TERM unset, dumb, not a tty) and the remedy. Sets the glyph set. */
bool term_open(const struct term_options *o, struct term **ret_term, struct err *err) MUST_CHECK;
void term_close(struct term *t);
enum depth term_depth(const struct term *t);
/* Present size, from the kernel; falls back to 80x24. */
void term_size(struct term *t, int *ret_rows, int *ret_cols);
/* After SIGWINCH: tells curses the new size. */
void term_resized(struct term *t);
/* Makes the terminal show c. theme may differ from the last call (everything is then sent again). */
void term_present(struct term *t, const struct canvas *c, const struct theme *theme);
/* Forces a full repaint at the next present (Ctrl-L, after SIGCONT). */
void term_invalidate(struct term *t);
/* Next event waiting, without blocking; false when there is none. Call until false after poll() says stdin is readable.
 */
bool term_input(struct term *t, struct event *ret_event);
/* Copies to the terminal's clipboard (OSC 52), controls but LF and tab dropped; the terminal may ignore it. False: too
 * long (56 000 bytes) or the terminal cannot; nothing is copied then. */
bool term_copy(struct term *t, struct str text);
/* Window title (OSC 2), sanitised, cut to 120 columns; sent when it differs from the last. */
void term_title(struct term *t, struct str text);
void term_bell(struct term *t);
/* Leaves the screen for SIGTSTP and comes back. */
void term_suspend(struct term *t);
void term_resume(struct term *t);
/* Async-signal-safe; call from a fatal-signal handler before re-raising. */
void term_emergency_restore(void);
/* Bytes written to the terminal so far (for :diag), as far as known. */
int64_t term_bytes(const struct term *t);

#endif
