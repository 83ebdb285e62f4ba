/*
 * report.h: what is known of an incident as one Markdown document: verdicts, facts of the cluster, timeline, lock
 * trees, load, statements, what was done about it, and how fresh each source was.
 *
 * Literals in statements, addresses and names of clients are left out unless they are asked for; passwords always.
 * All times are UTC whatever the clocks on screen show. Writing is pure over a store; the thread that owns
 * the store.
 */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "model/load_history.h"
#include "runtime/store.h"

#define REPORT_BYTES_MAX (16u << 20)

struct report {
	const struct store *store;
	const struct target *target;
	const char *product;                /* "auroratop 0.1.0" */
	int64_t now_us;                     /* wall */
	int64_t from_us;                    /* where timeline and actions begin */
	int64_t load_from_us, load_to_us;   /* of the chart, and of the statements' share in it */
	const struct load_history *history; /* own samples, or NULL */
	uint64_t wanted;                    /* bit i: source i of the store was asked for this report */
	bool show_literals;
};

/* Names of what a report is made of, separated by blanks. One that the program does not have is named as absent. */
extern const char report_sources[];
/* Appends the document. False: it would be longer than the buffer may become. */
bool report_write(struct buf *out, const struct report *r);
/* "auroratop-report-CLUSTER-20260317-134507Z.md"; the name is made of letters, digits and .-_ only. Returns out. */
#define REPORT_NAME_MAX 160
const char *report_file_name(const struct report *r, char out[REPORT_NAME_MAX]);

#endif
