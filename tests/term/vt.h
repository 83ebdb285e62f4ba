/*
 * vt.h: a terminal for tests: runs a program in a pty and shows its output on a libvterm screen.
 *
 * Nothing sleeps: every wait reads the program's output until the screen says what is
 * wanted, or a deadline passes. Mouse input goes to the pty as bytes, because libvterm sees
 * only the first mode of "CSI ? 1006;1000 h"; its other known gaps are faint text and
 * colours in the 38:2::r:g:b form. One thread.
 */
#ifndef TESTS_VT_H
#define TESTS_VT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#define VT_DEADLINE_MS 10000
#define VT_OUTPUT_MAX (64u << 20)

struct vt;

/* What one cell shows. rgb values are resolved with the emulator's palette. */
struct vt_cell {
	uint32_t rune; /* 0: nothing there */
	int width;
	uint32_t fg, bg;
	bool fg_default, bg_default;
	int fg_index, bg_index; /* palette index, or -1 for a true colour or the default */
	bool bold, underline, reverse;
};

struct vt_state {
	bool altscreen, cursor_visible;
	int mouse; /* VTERM_PROP_MOUSE_* */
	char title[256];
	unsigned bells;
};

/*
 * Starts argv (found by PATH, NULL-terminated). env: "NAME=value" sets, "NAME" removes, ended by NULL, may be
 * NULL; without it the child has TERM=xterm-256color, LC_ALL=C.UTF-8 and no COLORTERM, NO_COLOR or TERMINFO.
 */
struct vt *vt_start(int rows, int cols, const char *const *argv, const char *const *env);
/* Ends the program (SIGTERM, then SIGKILL) and frees everything; accepts NULL. */
void vt_free(struct vt *v);

/* Reads output for at most ms; false at the end of output. */
bool vt_pump(struct vt *v, int ms);
/* Until some row contains text, or is without it; false after VT_DEADLINE_MS. */
bool vt_wait_text(struct vt *v, const char *text);
bool vt_wait_gone(struct vt *v, const char *text);
/* Until nothing has come for quiet_ms. */
void vt_settle(struct vt *v, int quiet_ms);
/* Until the program has ended; *ret_status as waitpid() gives it. */
bool vt_wait_exit(struct vt *v, int *ret_status);
/* The program's process; still running. */
int vt_pid(const struct vt *v);

/* Raw bytes to the program. */
void vt_send(struct vt *v, const char *bytes);
/* "Up", "PgDn", "F5", "C-f", "Enter", "Esc", "BackTab" ...; false for an unknown name. */
bool vt_key(struct vt *v, const char *name);
/* SGR mouse reports; button 0 left, 32 drag, 64 and 65 wheel. Zero-based cells. */
void vt_mouse(struct vt *v, int button, int row, int col, bool press);
void vt_click(struct vt *v, int row, int col);
void vt_resize(struct vt *v, int rows, int cols);
/* A script: text is typed; "@500" waits 500 ms; "<Up>", "<C-f>", "<Mouse ROW COL>", "<Wait TEXT>", "<WaitLong TEXT>"
 * (minutes), "<Resize ROWS COLS>". */
bool vt_script(struct vt *v, const char *script);

void vt_size(const struct vt *v, int *ret_rows, int *ret_cols);
struct vt_cell vt_at(const struct vt *v, int row, int col);
/* Position of text on the screen; false when it is not there. */
bool vt_find(const struct vt *v, const char *text, int *ret_row, int *ret_col);
const struct vt_state *vt_state(const struct vt *v);
/* Bytes received so far; all of them (the first VT_OUTPUT_MAX) in vt_output(). */
int64_t vt_bytes(const struct vt *v);
struct str vt_output(const struct vt *v);
void vt_output_clear(struct vt *v);
/* Settings of the pty as the program left them. */
void vt_termios(const struct vt *v, struct termios *ret_settings);

/* Rows without trailing blanks, each ended by LF. */
void vt_dump_text(const struct vt *v, struct buf *out);
/* The picture; blocks, box drawing, Braille and signs are drawn as shapes, so that they meet exactly. */
void vt_dump_svg(const struct vt *v, FILE *out);

#endif
