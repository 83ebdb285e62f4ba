/*
 * prose.h: lines of facts and sentences, one below the other, as details and side panes show them.
 *
 * Lines before `scroll` and below the rectangle are counted but not drawn, so that the caller learns
 * how many there are. UI thread; drawing only.
 */
#ifndef UI_WIDGETS_PROSE_H
#define UI_WIDGETS_PROSE_H

#include "ui/pen.h"

struct prose {
	struct canvas *c;
	struct rect r;
	enum role bg;
	int scroll;
	int label_w; /* columns of a label with the blanks after it */
	int lines;   /* so far */
};

/* A pen at the start of the next line; it draws nothing when the line is not on screen. */
struct pen prose_line(struct prose *p);
/* The next line begins with a muted label; the pen stands at the value. */
struct pen prose_label(struct prose *p, const char *label);
void prose_gap(struct prose *p);
/* A bold title with a rule to the edge. */
void prose_section(struct prose *p, const char *title);
/* Text wrapped at blanks from column `indent` on; the first line goes on where `pen` stands, which prose_line() or
 * prose_label() gave. */
void prose_wrap(struct prose *p, struct pen pen, int indent, enum role role, struct str text);
/* A whole statement: its own line breaks, long lines cut into several. */
void prose_sql(struct prose *p, struct str text);
/* A duration, or the sign for none when below 0. */
void pen_duration(struct pen *pen, enum role role, uint8_t attr, int64_t us);

#endif
