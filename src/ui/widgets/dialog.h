/*
 * dialog.h: a question that must be answered before something is done.
 *
 * Tier 1 (visual system, Dialogs): what, effect, y or n. Only those two keys and Esc do
 * anything; Enter does nothing, and a paste is no answer. One dialog at a time, above
 * everything but the toasts. UI thread only.
 */
#ifndef UI_WIDGETS_DIALOG_H
#define UI_WIDGETS_DIALOG_H

#include "ui/canvas.h"

struct ui;

struct dialog {
	bool open;
	const char *title; /* static */
	char what[560], effect[480];
	/* y was pressed: does it and returns effects. The dialog is closed by then. */
	int (*yes)(struct ui *ui);
	/* n or Esc. NULL: nothing more to do. */
	int (*no)(struct ui *ui);
};

/* Draws it over the middle of the canvas. */
void dialog_draw(const struct dialog *d, struct canvas *c);
/* Effects of a key while it is open; never -1: it takes all keys. */
int dialog_key(struct ui *ui, struct dialog *d, uint32_t key, bool pasting);

#endif
