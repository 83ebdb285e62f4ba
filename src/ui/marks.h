/*
 * marks.h: what happened to the cluster, from all that tells it, as one list in time.
 *
 * RDS events, the present state of alarms, snapshots begun and the dates of pending maintenance, which may lie ahead,
 * as records of the source "events": identifier is what it is about, message what happened, categories what kind. The
 * list is made once for each change of its sources. UI thread.
 */
#ifndef UI_MARKS_H
#define UI_MARKS_H

#include "model/severity.h"
#include "model/snapshot.h"
#include "ui/widgets/rail.h"

struct ui;
struct marks;

/* What is merged; each may be NULL. */
struct marks_from {
	const struct snapshot *events, *alarms, *pending, *snapshots;
};

/* Pure. The records are of `type`, that of the source "events", the oldest first; texts are copies. Published, the
 * caller's reference. */
const struct snapshot *marks_merge(const struct rec_type *type, const struct marks_from *from);
/* How bad a record of the list is: SEV_NONE for what merely happened. Pure. */
enum severity marks_severity(const struct snapshot *s, size_t row);
/* One or two words for it, into out. Pure. */
void marks_label(const struct snapshot *s, size_t row, char out[RAIL_LABEL_MAX]);

/* The console's list, or NULL when nothing is known; borrowed until the data changes. */
const struct snapshot *marks_of(const struct ui *ui);
/* Looks whether one of the sources has changed, and makes the list anew. */
void marks_follow(struct ui *ui);
void marks_free(struct marks *m);
/* The newest marks within [from, to) for a graph over that time. */
void marks_rail(const struct ui *ui, int64_t from_us, int64_t to_us, struct rail *ret_rail);

#endif
