/*
 * markdown_reader.h: reads a document line by line as CommonMark and GitHub's tables do, as far as a report uses them,
 * and fails the test where a text of others has become more than a text.
 */
#ifndef TESTS_UI_MARKDOWN_READER_H
#define TESTS_UI_MARKDOWN_READER_H

#include "base/str.h"

#define MARKDOWN_HEADINGS_MAX 32

struct markdown_read {
	struct str headings[MARKDOWN_HEADINGS_MAX]; /* lines that begin with #, outside of code */
	size_t nheadings, nrows, nblocks;
};

/* Fails unless: every row of a table has as many cells as its heading; all code is closed; outside of it there is no
 * HTML, link, picture or open emphasis; nothing anywhere is a control, or invisible. */
void markdown_read(struct str doc, struct markdown_read *ret_read);

#endif
