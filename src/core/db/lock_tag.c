/*
 * lock_tag.c: see lock_tag.h; the types of locks as in src/backend/utils/adt/lockfuncs.c.
 *
 * Nothing is looked up here. What has no name yet is given by its number, so that a lock on a
 * relation of another database, or on one that was just dropped, still reads as what it is.
 */
#include "db/lock_tag.h"

#include "base/parse.h"

#define TAG_PARTS 10
/* pg_advisory_lock(int, int) */
#define ADVISORY_TWO_KEYS 2

static bool number(struct str part, int64_t *ret_value)
{
	*ret_value = -1;
	return part.len == 0 || (parse_i64(part, ret_value) && *ret_value >= 0);
}

bool lock_tag_parse(struct str tag, struct lock_tag *ret_tag)
{
	struct str parts[TAG_PARTS], part;
	struct lock_tag t;
	size_t n = 0;

	while (str_split(&tag, '|', &part)) {
		if (n == TAG_PARTS)
			return false;
		parts[n++] = part;
	}
	if (n != TAG_PARTS || parts[0].len == 0)
		return false;
	t.type = parts[0];
	t.virtualxid = parts[5];
	if (!number(parts[1], &t.database) || !number(parts[2], &t.relation) || !number(parts[3], &t.page) ||
	    !number(parts[4], &t.tuple) || !number(parts[6], &t.xid) || !number(parts[7], &t.classid) ||
	    !number(parts[8], &t.objid) || !number(parts[9], &t.objsubid))
		return false;
	*ret_tag = t;
	return true;
}

static bool has_type(const struct lock_tag *t, const char *type)
{
	return str_eq_c(t->type, type);
}

bool lock_tag_is_here(const struct lock_tag *t, const struct lock_names *names)
{
	struct str name;

	return t->database == 0 ||
	       (t->database > 0 && names_find(names->databases, t->database, &name) && str_eq(name, names->database));
}

int64_t lock_tag_relation(const struct lock_tag *t, const struct lock_names *names)
{
	if (!lock_tag_is_here(t, names))
		return 0;
	if (t->relation > 0)
		return t->relation;
	return has_type(t, "object") && t->classid > 0 ? t->classid : 0;
}

/* The cached text of relation oid: its kind, then its name. */
static bool find_relation(int64_t oid, const struct lock_names *names, struct str *ret_text)
{
	return oid > 0 && names_find(names->relations, oid, ret_text) && ret_text->len > 1;
}

char lock_tag_relkind(const struct lock_tag *t, const struct lock_names *names)
{
	struct str text;

	return t->relation > 0 && lock_tag_is_here(t, names) && find_relation(t->relation, names, &text) ? text.ptr[0]
													 : '\0';
}

static void add_database(struct buf *out, const struct lock_tag *t, const struct lock_names *names)
{
	struct str name;

	if (t->database <= 0 || lock_tag_is_here(t, names))
		return;
	if (names_find(names->databases, t->database, &name))
		buf_addf(out, " in database " STR_FMT, STR_ARG(name));
	else
		buf_addf(out, " in database oid %lld", (long long)t->database);
}

void lock_tag_name(struct buf *out, const struct lock_tag *t, const struct lock_names *names)
{
	struct str text;

	if (find_relation(lock_tag_relation(t, names), names, &text))
		buf_add_str(out, str_sub(text, 1, text.len));
	else
		buf_addf(out, "oid %lld", (long long)t->relation);
	add_database(out, t, names);
}

static void add_advisory(struct buf *out, const struct lock_tag *t)
{
	uint64_t high = (uint64_t)t->classid, low = (uint64_t)t->objid;

	if (t->objsubid == ADVISORY_TWO_KEYS)
		buf_addf(out, "advisory (%d, %d)", (int32_t)(uint32_t)high, (int32_t)(uint32_t)low);
	else
		buf_addf(out, "advisory %lld", (long long)(int64_t)(high << 32 | (low & UINT32_MAX)));
}

static void add_object(struct buf *out, const struct lock_tag *t, const struct lock_names *names)
{
	struct str catalog;

	buf_addf(out, "object %lld of ", (long long)t->objid);
	if (find_relation(lock_tag_relation(t, names), names, &catalog))
		buf_add_str(out, str_sub(catalog, 1, catalog.len));
	else
		buf_addf(out, "catalog oid %lld", (long long)t->classid);
}

void lock_tag_words(struct buf *out, const struct lock_tag *t, const struct lock_names *names)
{
	if (t->relation > 0) {
		buf_addf(out, STR_FMT " ", STR_ARG(t->type));
		lock_tag_name(out, t, names);
		if (t->tuple >= 0)
			buf_addf(out, " (%lld,%lld)", (long long)t->page, (long long)t->tuple);
		else if (t->page >= 0)
			buf_addf(out, " %lld", (long long)t->page);
		return;
	}
	if (has_type(t, "transactionid"))
		buf_addf(out, "xid %lld", (long long)t->xid);
	else if (has_type(t, "virtualxid"))
		buf_addf(out, "virtualxid " STR_FMT, STR_ARG(t->virtualxid));
	else if (has_type(t, "advisory"))
		add_advisory(out, t);
	else if (has_type(t, "object"))
		add_object(out, t, names);
	else if (t->xid >= 0)
		buf_addf(out, STR_FMT " of xid %lld", STR_ARG(t->type), (long long)t->xid);
	else
		buf_add_str(out, t->type);
	add_database(out, t, names);
}
