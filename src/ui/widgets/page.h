/*
 * page.h: a column of lines that may be longer than its rectangle; scrolling shows a part.
 *
 * Whoever writes a page asks for one line after the other and gets a pen; lines above or
 * below the rectangle are counted and not drawn. The number of lines there are is y at
 * the end. UI thread only.
 */
#ifndef UI_WIDGETS_PAGE_H
#define UI_WIDGETS_PAGE_H

#include "ui/pen.h"

struct page {
	struct canvas *c;
	struct rect r;
	int y, scroll;
	enum role bg;
};

static inline struct page page_of(struct canvas *c, struct rect r, int scroll, enum role bg)
{
	return (struct page){c, r, 0, scroll, bg};
}
/* The next line; a pen that draws nothing when it is out of sight. */
struct pen page_line(struct page *p);
/* A heading with a rule to the right edge and a remark at its end ("" = none). One blank line before it, but not on
 * top. */
void page_section(struct page *p, const char *title, const char *remark);
/* A label of w columns; the pen stands behind it. */
struct pen page_label(struct page *p, const char *label, int w);
/* Text wrapped at blanks over as many lines as it takes, behind `indent` columns; the first line may have been begun
 * with page_label(), whose pen is passed (NULL: a new line). */
void page_text(struct page *p, const struct pen *first, int indent, enum role fg, bool bold, struct str text);
/* Statement text in SQL colours, its own line breaks kept, long lines wrapped, lines numbered. Control characters,
 * broken UTF-8 and bidi signs come out as the sanitiser makes them. */
void page_sql(struct page *p, struct str text);
/* The same of a statement or of calls of AWS, "rds:Operation Name=value ...", whose operations and values stand out. */
void page_statement(struct page *p, struct str text);

#endif
