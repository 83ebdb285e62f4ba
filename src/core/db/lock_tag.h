/*
 * lock_tag.h: what a lock is on, from the tag that locks.sql writes, and in words. Pure.
 */
#ifndef DB_LOCK_TAG_H
#define DB_LOCK_TAG_H

#include "base/buf.h"
#include "db/names.h"

/* The columns of pg_locks that name an object; -1 or "" = does not apply. Strings borrow from the tag. */
struct lock_tag {
	struct str type, virtualxid;
	int64_t database, relation, page, tuple, xid, classid, objid, objsubid;
};

/* Names as far as they are known. */
struct lock_names {
	const struct names *databases;
	const struct names *relations; /* of our database; text is relkind and name, or "" where there is no such one */
	struct str database;           /* ours */
};

/* False when the tag is not one of ours. */
bool lock_tag_parse(struct str tag, struct lock_tag *ret_tag);
/* True when the object is in our database or shared by all, so that its relation's name can be asked here. */
bool lock_tag_is_here(const struct lock_tag *t, const struct lock_names *names);
/* The relation whose name the words need (of an object: its catalog), 0 = none, or not of our database. */
int64_t lock_tag_relation(const struct lock_tag *t, const struct lock_names *names);
/* relkind ('r', 'i', ...) of the relation a lock is on, 0 = not known. */
char lock_tag_relkind(const struct lock_tag *t, const struct lock_names *names);
/* Appends the relation's name ("public.stock"), or what is known of it ("oid 16384 in database orders"). */
void lock_tag_name(struct buf *out, const struct lock_tag *t, const struct lock_names *names);
/* Appends the object: "relation public.stock", "tuple public.stock (1204,17)", "xid 88213991", "advisory 42". */
void lock_tag_words(struct buf *out, const struct lock_tag *t, const struct lock_names *names);

#endif
