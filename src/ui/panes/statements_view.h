/*
 * statements_view.h: what the panes of the Statements view share. UI thread.
 */
#ifndef UI_PANES_STATEMENTS_VIEW_H
#define UI_PANES_STATEMENTS_VIEW_H

#include "ui/ui.h"

/* What figures belong to: the last minute, or all time since the last reset. */
enum statements_mode { STATEMENTS_INTERVAL, STATEMENTS_RESET };

/* The chosen mode; since reset as long as there is no interval. */
enum statements_mode statements_mode_of(const struct table *t);
/* The Statements pane of the view on screen, or NULL. */
const struct pane *statements_pane(const struct ui *ui);
/* The selected statement; false when none is. */
bool statements_selected(const struct ui *ui, const struct snapshot **ret_snap, size_t *ret_row,
			 enum statements_mode *ret_mode);
/* A counter per second of the interval, or its total; NaN when absent. */
double statements_amount(const struct snapshot *s, size_t row, const char *field, enum statements_mode mode);
/* The same for each call; NaN without a call. */
double statements_per_call(const struct snapshot *s, size_t row, const char *field, enum statements_mode mode);
/* Series of the statement's history by name ("calls", "sessions", "mean_us"), or NULL. */
const struct series *statements_series(const struct snapshot *s, size_t row, const char *metric);
/* "60 s": the length of the interval; "" when there is none. Returns out. */
const char *statements_interval_words(const struct ui *ui, char *out, size_t size);
/* Size of a block. */
double statements_block_bytes(const struct ui *ui);

/* ---- words for numbers; all draw at the pen ---- */
/* 0.02, 41.0, 214, 1 912. */
void statements_number(struct buf *out, double v);
void statements_bytes(struct pen *pen, enum role role, double bytes);
void statements_duration(struct pen *pen, enum role role, double us);

/* Everything about the selection, for the detail of the Statements pane. */
int statements_detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll);

/* ---- statement_advice.c ---- */

struct statement_advice {
	size_t row;       /* in the snapshot */
	char text[200];   /* what is conspicuous, in the present tense, with the number */
	const char *next; /* the view that explains it, or "" */
};
#define STATEMENT_ADVICE_MAX 4
/* What stands out in the interval, the weightiest first; at most max, one per statement. sessions may be NULL. Pure. */
size_t statement_advice(const struct snapshot *s, const struct snapshot *sessions, double block_bytes,
			struct statement_advice *out, size_t max);

#endif
