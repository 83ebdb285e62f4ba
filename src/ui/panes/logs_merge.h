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
/* The logs in the store: the cluster's (from CloudWatch Logs, else what was read of its files), the server's own; NULL
 * where there is none. */
void logs_of(const struct ui *ui, const struct snapshot *ret_logs[2]);

/* ---- without an export, logs_files.c ---- */

/* The wish to read the instances' log files. */
struct logs_files {
	bool asking;      /* the answer is not there yet */
	bool answered;    /* what the source said last was an answer */
	unsigned version; /* of the source when the wish was made */
};

/* True when the log is not in CloudWatch Logs, so that the files are worth asking for. */
bool logs_files_offered(const struct ui *ui);
/* Asks for the files once; effects. */
int logs_files_ask(struct ui *ui, struct logs_files *files);
/* Ends the wish when the answer has come; at each recalc. */
void logs_files_look(struct ui *ui, struct logs_files *files);
/* Why there is no log and what to do, above what there is. Returns the rows it took. */
int logs_draw_missing(const struct ui *ui, const struct pane *p, const struct logs_files *files, struct canvas *c,
		      struct rect r);

/* ---- drawing, pane_log_entry.c ---- */

/* Text over several rows of w columns from row y on, at most to the end of r; sql in colours. Returns the next row.
 * Rows above r are passed over. */
int logs_draw_text(struct canvas *c, struct rect r, int y, struct str text, bool sql, enum role bg);
/* The entry's fields that are no texts, those it has; for the detail. Returns the next row. */
int logs_draw_fields(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y);
/* All texts of an entry under headings; returns the next row. */
int logs_draw_texts(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y, enum role bg);

#endif
