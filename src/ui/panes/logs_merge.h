/*
 * logs_merge.h: the log's entries and RDS's events as one list in time, and slow statements by shape.
 *
 * Pure functions over snapshots; what they return borrows texts from what they were given, so the
 * caller keeps those for as long.
 */
#ifndef UI_PANES_LOGS_MERGE_H
#define UI_PANES_LOGS_MERGE_H

#include "ui/ui.h"

/* What an entry is about, for modes and counts. A deadlock is an error and a lock. */
enum logs_class {
	LOGS_SLOW = 1 << 0,
	LOGS_ERROR = 1 << 1,
	LOGS_LOCK = 1 << 2,
	LOGS_MAINTENANCE = 1 << 3, /* checkpoints, autovacuum, temporary files */
	LOGS_EVENT = 1 << 4,       /* of RDS */
};
#define LOGS_CLASSES 5

unsigned logs_class_of(struct str kind);

/* Entries of both logs (each may be NULL, both are of `type`) and events, in that order, as records of type. shape:
 * only entries of this statement; empty = all. Unpublished; the caller publishes and releases. */
struct snapshot *logs_merge(const struct rec_type *type, const struct snapshot *const logs[2],
			    const struct snapshot *events, struct str shape);
/* How many of each class: counts[i] belongs to 1 << i. */
void logs_count(const struct snapshot *merged, size_t counts[LOGS_CLASSES]);

extern const struct rec_type logs_group_type;
/* Slow statements of both logs by shape, the one with the most time first. Published. */
const struct snapshot *logs_group(const struct snapshot *const logs[2]);
/* The two logs in the store; NULL where there is none. */
void logs_of(const struct ui *ui, const struct snapshot *ret_logs[2]);

/* ---- drawing, pane_log_entry.c ---- */

/* Text over several rows of w columns from row y on, at most to the end of r; sql in colours. Returns the next row.
 * Rows above r are passed over. */
int logs_draw_text(struct canvas *c, struct rect r, int y, struct str text, bool sql, enum role bg);
/* The entry's fields that are no texts, those it has; for the detail. Returns the next row. */
int logs_draw_fields(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y);
/* All texts of an entry under headings; returns the next row. */
int logs_draw_texts(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y, enum role bg);

#endif
