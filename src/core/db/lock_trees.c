/*
 * lock_trees.c: see lock_trees.h.
 */
#include "db/lock_trees.h"

#include "base/xalloc.h"

#define F(T, m, k) FIELD(struct T, m, k, .title = #m, .help = #m)
static const struct field lock_fields[] = {
	F(lock_rec, pid, K_INT),  F(lock_rec, granted, K_BOOL), F(lock_rec, waitstart, K_TIME_US),
	F(lock_rec, held, K_INT), F(lock_rec, mode, K_ENUM),    F(lock_rec, tag, K_TEXT),
};
static const struct field prepared_fields[] = {
	F(prepared_rec, xid, K_INT),  F(prepared_rec, prepared_at, K_TIME_US), F(prepared_rec, gid, K_TEXT),
	F(prepared_rec, owner, K_ID), F(prepared_rec, database, K_ID),
};
#undef F
const struct rec_type lock_rec_type = REC_TYPE(struct lock_rec, "lock_row", lock_fields);
const struct rec_type prepared_rec_type = REC_TYPE(struct prepared_rec, "prepared", prepared_fields);

void lock_trees_clear(struct lock_trees *t)
{
	forest_release(&t->forest);
	xfree(t->rows);
	xfree(t->held);
	snapshot_unref(t->locks);
	t->rows = NULL;
	t->held = NULL;
	t->locks = NULL;
	t->nrows = t->nheld = 0;
	t->with_held = false;
	t->err.code = ERR_NONE;
}

void lock_trees_release(struct lock_trees *t)
{
	lock_trees_clear(t);
	names_release(&t->relations);
	snapshot_unref(t->prepared);
	*t = (struct lock_trees){0};
}

const struct held_lock *lock_trees_held(const struct lock_trees *t, const struct forest_node *node, size_t *ret_n)
{
	size_t low = 0, high = t->nheld, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->held[mid].group < node->id)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < t->nheld && t->held[end].group == node->id; end++)
		;
	*ret_n = end - low;
	return t->held + low;
}

const struct prepared_rec *lock_trees_prepared(const struct lock_trees *t, const struct forest_node *node)
{
	for (size_t i = 0; node->id < 0 && t->prepared && i < t->prepared->nrows; i++) {
		const struct prepared_rec *p = snapshot_row(t->prepared, i);

		if (p->xid == -node->id)
			return p;
	}
	return NULL;
}
