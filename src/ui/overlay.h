/*
 * overlay.h: what lies over a view: help, palette, detail, diagnostics. UI thread.
 */
#ifndef UI_OVERLAY_H
#define UI_OVERLAY_H

#include "ui/ui.h"
#include "ui/widgets/prose.h"

void overlay_draw(struct ui *ui, struct canvas *c);
/* Effects of an event while an overlay or prompt is open; -1 = not taken. */
int overlay_key(struct ui *ui, uint32_t key);
void help_draw(struct ui *ui, struct canvas *c, struct rect r);
void palette_draw(struct ui *ui, struct canvas *c);
int palette_run(struct ui *ui);
void palette_changed(struct ui *ui);
size_t palette_count(const struct ui *ui);
/* Index of the entry whose name fits what is typed best: the name itself, its beginning, a part of it, else the first.
 */
size_t palette_best(const struct ui *ui);
void diag_draw(struct ui *ui, struct canvas *c, struct rect r);
/* What calls of AWS have come to: a part of diag_draw(). */
void diag_cost_draw(const struct ui *ui, struct prose *l);
/* An overlay box of at most h x w in the middle, dimmed ground; returns the inside. */
struct rect overlay_box(struct ui *ui, struct canvas *c, int h, int w, const char *title, const char *remark,
			enum role line);
/* Scrolled beyond the end of ui->overlay_lines: goes back to the end and clears r, to be drawn once more. */
bool overlay_beyond(struct ui *ui, struct canvas *c, struct rect r);
/* On the frame below r, the inside of a box: which of all its lines are shown, where these are more than fit. */
void overlay_more(const struct ui *ui, struct canvas *c, struct rect r);

#endif
