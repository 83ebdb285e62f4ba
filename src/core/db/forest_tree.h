/*
 * forest_tree.h: from links between sessions to trees; the inside of forest.c.
 */
#ifndef DB_FOREST_TREE_H
#define DB_FOREST_TREE_H

#include "db/digraph.h"
#include "db/forest.h"

/*
 * The first n nodes of the graph are the sessions, what comes after them only carries links. A link leads from a
 * blocker to those it blocks. Of the nodes blocker, since_us, wait_row, unsure are set; the rest is filled here.
 */
struct forest_links {
	struct forest_node *nodes;
	uint32_t n;
	struct digraph graph; /* not yet sealed */
};

/* An unknown start is a wait that has only just begun. */
static inline int64_t forest_start(int64_t since_us)
{
	return since_us ? since_us : INT64_MAX;
}

void forest_write_down(struct forest_links *links, int64_t now_us, struct lock_forest *ret_forest);

#endif
