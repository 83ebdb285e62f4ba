/*
 * export.h: what leaves the console: a row, a statement, a pane. UI thread only.
 */
#ifndef UI_EXPORT_H
#define UI_EXPORT_H

#include "ui/ui.h"

/* y: the selected row, or its statement, to the clipboard. Returns effects. */
int export_copy(struct ui *ui);
enum export_format { EXPORT_CSV, EXPORT_JSON };

/* w: the focused pane's rows as a file in the working folder, literals masked. Returns effects. */
int export_write(struct ui *ui, enum export_format format);
/* Writes a new file, readable by its owner only; one that is there already is left alone. */
bool export_file(const char *name, struct str text, struct err *err) MUST_CHECK;

#endif
