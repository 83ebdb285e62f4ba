/*
 * storage_view.h: what the Storage view keeps from one picture to the next: sizes of relations as they were seen, and
 * the time that somebody marked. UI thread only.
 */
#ifndef UI_STORAGE_VIEW_H
#define UI_STORAGE_VIEW_H

#include "ui/ui.h"

struct relation_history;

struct storage_view {
	struct relation_history *relations;
	int64_t mark_us; /* other end of the time whose growth is explained, 0 = where the graphs begin */
};

struct storage_view *storage_view_new(void);
void storage_view_free(struct storage_view *sv);
/* Sizes of relations, remembered so that growth can be put down to somebody; NULL: none have come. */
void storage_view_feed(struct ui *ui, const struct snapshot *relations);
/* The two times between which growth is explained: the mark, or where the graphs begin; the cursor, or now. */
void storage_view_span(const struct ui *ui, int64_t *ret_from, int64_t *ret_to);
/* Its meaning of an action (enum action_id); effects, -1 = not its own. */
int storage_view_action(struct ui *ui, int action);

#endif
