/*
 * markdown.h: texts of others in a Markdown document that they cannot break.
 *
 * What is written as text is cleaned (utf8.h), cut, and stripped of whatever Markdown, GitHub's tables and inline HTML
 * give a meaning to; it stands in a cell or behind words of our own, never at the beginning of a line. Code stands
 * in a fence that is longer than any in it. Pure.
 */
#ifndef UI_MARKDOWN_H
#define UI_MARKDOWN_H

#include "base/buf.h"
#include "base/str.h"

/* Bytes of one text, and of one line of code; the rest is cut and an ellipsis says so. */
#define MARKDOWN_TEXT_MAX 2000

/* Appends text that reads as itself. */
void markdown_text(struct buf *out, struct str text);
/* Appends text as one line of a block: cleaned and cut, without a line's end. */
void markdown_code(struct buf *out, struct str text);
/* Appends lines made with markdown_code() as a block, and an empty line. info: "sql", "text". */
void markdown_block(struct buf *out, const char *info, struct str lines);
/* Appends the heading of a table; names are ours. Rows are "|", cells that end in " |", and a line's end. */
void markdown_heading(struct buf *out, const char *const *names, size_t n);

#endif
