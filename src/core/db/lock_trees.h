/*
 * lock_trees.h: what the sampler keeps of its newest read of the locks: the forest, the locks
 * held, and the names it takes to say what they are on. Lane thread only.
 */
#ifndef DB_LOCK_TREES_H
#define DB_LOCK_TREES_H

#include "db/forest.h"
#include "db/lock_tag.h"
#include "model/snapshot.h"

/* The columns of locks.sql. */
struct lock_rec {
	uint64_t present;
	int64_t pid, granted, waitstart, held;
	struct str mode, tag;
};
/* The columns of prepared.sql. */
struct prepared_rec {
	uint64_t present;
	int64_t xid, prepared_at;
	struct str gid, owner, database;
};
extern const struct rec_type lock_rec_type, prepared_rec_type;

/* One of the locks that a session of the trees holds. */
struct held_lock {
	struct str tag;
	int64_t pid, group;
	int64_t total; /* of this pid */
	enum lock_mode mode;
};

/* Zeroed = nothing read. */
struct lock_trees {
	const struct snapshot *locks; /* the tags below point into it; NULL = none */
	struct lock_row *rows;        /* the forest's input */
	size_t nrows;
	struct held_lock *held; /* by group, the most telling of each pid first */
	size_t nheld;
	bool with_held; /* the read brought them */
	struct lock_forest forest;
	int64_t server_us;               /* the server's clock the forest was built with */
	struct err err;                  /* why there is no forest; ERR_NONE = there is one */
	struct names relations;          /* relkind and name by oid; "" = there is no such one */
	int64_t relations_mono_us;       /* remembered since then, 0 = none */
	const struct snapshot *prepared; /* prepared transactions; NULL = not asked */
	int64_t prepared_mono_us;
};

/* Forgets the trees, but not the names. */
void lock_trees_clear(struct lock_trees *t);
void lock_trees_release(struct lock_trees *t);
/* The locks that node i of the forest holds; ret_n of them. */
const struct held_lock *lock_trees_held(const struct lock_trees *t, const struct forest_node *node, size_t *ret_n);
/* The prepared transaction that a node is, or NULL when it is none or not known. */
const struct prepared_rec *lock_trees_prepared(const struct lock_trees *t, const struct forest_node *node);

#endif
