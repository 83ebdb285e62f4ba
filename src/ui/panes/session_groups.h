/*
 * session_groups.h: sessions counted by what they have in common: the lens for a storm of
 * connections. Pure but for memory; UI thread.
 */
#ifndef UI_PANES_SESSION_GROUPS_H
#define UI_PANES_SESSION_GROUPS_H

#include "model/snapshot.h"

/* Sessions that connected this recently are arrivals. */
#define ARRIVAL_US (60 * US_PER_S)

extern const struct rec_type session_group_type;

/* How many connections a group's servers take together, <= 0 = unknown. */
struct group_limit {
	int64_t (*of)(const void *ctx, const char *field, struct str name);
	const void *ctx;
};

/*
 * Groups the client sessions of `sessions` (rows of the source of that name) by a text field of theirs; where it is
 * absent the group is "". The result is published; the caller holds the reference.
 */
const struct snapshot *session_groups(const struct snapshot *sessions, const char *field, struct group_limit limit);

#endif
