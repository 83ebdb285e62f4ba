/*
 * statement_text.h: a whole statement in several lines, highlighted.
 *
 * A text that came in lines keeps them; one that came as a single line is laid out by its
 * clauses (from, where, set, ... stand right-aligned under the first word). Lines are broken
 * between tokens, and within one only where it alone is wider. Secrets are masked. UI thread.
 */
#ifndef UI_WIDGETS_STATEMENT_TEXT_H
#define UI_WIDGETS_STATEMENT_TEXT_H

#include "ui/pen.h"

/* What is laid out at most; the rest is named by a line at the end. */
#define STATEMENT_TEXT_SHOWN (256u << 10)

/* Draws the lines from `scroll` on into r; returns how many there are. */
int statement_text_draw(struct canvas *c, struct rect r, int scroll, enum role bg, struct str text);

#endif
