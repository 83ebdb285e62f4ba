/*
 * pane.h: what panes are drawn with: their data, frames, badges, empty states. UI thread; drawing only.
 */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "ui/ui.h"

/* ---- pane.c ---- */
/* Store entry of the source that gives the pane its badge, or NULL. */
const struct store_entry *pane_entry(const struct ui *ui, const struct pane *p);
/* Newest good snapshot of the pane's first source, or NULL. */
const struct snapshot *pane_good(const struct ui *ui, const struct pane *p);
/* Draws frame or rule, title, badge and the inside, or why there is nothing. */
void pane_draw(struct ui *ui, struct pane *p, struct canvas *c);
void pane_draw_line(struct ui *ui, struct pane *p, struct canvas *c);
/* Says in words why a source has nothing: connecting, waiting, failed with remedy, unavailable. Used when there are no
 * rows. */
void pane_draw_empty(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect r);
/* Generic operations for table panes. */
extern const struct pane_ops table_pane_ops;
void pane_table_recalc(struct ui *ui, struct pane *p);
/* What came was for others: its rows are those of the snapshot that the table shows, and nobody touched the table. */
bool pane_table_rests(const struct ui *ui, const struct pane *p);
void pane_table_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r);
/* The worst of its rows, by the table's severity(). */
enum severity pane_table_severity(const struct ui *ui, const struct pane *p);
int pane_table_detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll);

/* ---- badge.c ---- */
/* Draws the freshness badge right-aligned so that it ends before column x_end; returns the column where it starts. */
int badge_draw(const struct ui *ui, const struct store_entry *e, struct canvas *c, struct rect clip, int y, int x_end,
	       enum role bg);
/* True when the newest outcome is not data: what is shown, if anything, is the last good data. e may be NULL. */
bool badge_failed(const struct store_entry *e);
/* Sign and colour of a failed source: critical, warning, or notice for what cannot be had here. badge_failed() holds.
 */
enum glyph badge_sign(const struct store_entry *e, enum role *ret_role);
/* Age of the data when it is older than two of its source's periods, else -1; e may be NULL. */
int64_t badge_old_us(const struct ui *ui, const struct store_entry *e);
/* An age in whole seconds, "48s" or "4m05s". */
void badge_age(char *out, size_t size, int64_t us);

/* ---- frame.c ---- */
/* A frame around r with a title built by the caller; the pen stands after the corner. */
void frame_draw(struct canvas *c, struct rect r, bool focused, enum role line, enum role bg);
enum role severity_role(enum severity s);
enum glyph severity_glyph(enum severity s);

#endif
