/*
 * report_impl.h: the parts of a report, shared by its files only.
 */
#ifndef UI_REPORT_IMPL_H
#define UI_REPORT_IMPL_H

#include "model/data.h"
#include "ui/markdown.h"
#include "ui/report.h"

struct report_writer {
	struct buf *out;
	const struct report *r;
	struct buf text; /* scratch: one value */
	struct buf code; /* the block under construction */
};

/* ---- report_value.c: values as the report may show them ---- */

/* "2026-03-17 13:45:07Z"; appends to out. */
void report_time(struct buf *out, int64_t at_us);
/* The value of a field, masked as its kind and the wish for literals demand, into w->text (cleared first). False:
 * absent. */
bool report_value(struct report_writer *w, const struct snapshot *s, size_t row, const char *field);
/* Free text of others (messages, sentences) into w->text: passwords and, unless literals are shown, addresses masked.
 */
void report_free_text(struct report_writer *w, struct str text);
/* Cells of a table. An absent value is an empty cell. */
void report_cell(struct report_writer *w, const struct snapshot *s, size_t row, const char *field);
void report_cell_text(struct report_writer *w, struct str text);
void report_cell_time(struct report_writer *w, int64_t at_us);
void report_row_begin(struct report_writer *w);
void report_row_end(struct report_writer *w);
/* A statement as one line of the block under construction, behind a label of ours. Nothing when it is absent. */
void report_statement(struct report_writer *w, const char *label, struct str sql);
/* Writes the block under construction, unless it is empty, and empties it. */
void report_block(struct report_writer *w, const char *info);
/* Newest good rows of a source. NULL, and a sentence that says why, when there are none. */
const struct snapshot *report_need(struct report_writer *w, const char *source);
/* Why a source has nothing: words of ours or its own; into w->text. */
struct str report_why_not(struct report_writer *w, const char *source);

/* ---- sections ---- */
void report_timeline(struct report_writer *w);
void report_locks(struct report_writer *w);
void report_load(struct report_writer *w);
void report_statements(struct report_writer *w);

#endif
