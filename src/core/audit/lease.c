/*
 * lease.c: leases as lines of JSON in notes that a console holds (held.h).
 */
#include "audit/lease.h"

#include "audit/held.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <stdio.h>

#define FOLDER "leases"

struct lease_hold {
	struct held *held;
};

struct lease_row {
	uint64_t present;
	struct str id, operation, target, object, parameter, role, database, before, value, owner;
	int64_t unset, until_us;
};
#define F(m, k) FIELD(struct lease_row, m, k, .title = #m, .help = #m, .wire = #m)
static const struct field fields[] = {
	F(id, K_ID),        F(operation, K_ID), F(target, K_ID),   F(object, K_ID),
	F(parameter, K_ID), F(role, K_ID),      F(database, K_ID), F(before, K_TEXT),
	F(value, K_TEXT),   F(owner, K_ID),     F(unset, K_BOOL),  F(until_us, K_INT),
};
#undef F
static const struct rec_type row_type = REC_TYPE(struct lease_row, "lease", fields);

/* ---- as text ---- */

static void write_text(struct buf *b, const struct lease *l)
{
	buf_addf(b, "{\"until_us\":%lld,\"unset\":%s", (long long)l->until_us, l->unset ? "true" : "false");
	held_add_text(b, "id", l->id);
	held_add_text(b, "operation", l->operation);
	held_add_text(b, "target", l->target);
	held_add_text(b, "object", l->object);
	held_add_text(b, "parameter", l->parameter);
	held_add_text(b, "role", l->role);
	held_add_text(b, "database", l->database);
	held_add_text(b, "before", l->before);
	held_add_text(b, "value", l->value);
	held_add_text(b, "owner", l->owner);
	buf_add_c(b, "}");
}

static bool read_text(struct str text, struct lease *ret_lease)
{
	struct arena *a = arena_new(HELD_BYTES_MAX, 4 * HELD_BYTES_MAX);
	struct lease_row row = {0};
	struct err err;
	bool ok = json_read_line(text, &row_type, &row, a, &err);

	*ret_lease = (struct lease){.unset = row.unset != 0, .until_us = row.until_us};
	held_copy_text(ret_lease->id, sizeof(ret_lease->id), row.id);
	held_copy_text(ret_lease->operation, sizeof(ret_lease->operation), row.operation);
	held_copy_text(ret_lease->target, sizeof(ret_lease->target), row.target);
	held_copy_text(ret_lease->object, sizeof(ret_lease->object), row.object);
	held_copy_text(ret_lease->parameter, sizeof(ret_lease->parameter), row.parameter);
	held_copy_text(ret_lease->role, sizeof(ret_lease->role), row.role);
	held_copy_text(ret_lease->database, sizeof(ret_lease->database), row.database);
	held_copy_text(ret_lease->before, sizeof(ret_lease->before), row.before);
	held_copy_text(ret_lease->value, sizeof(ret_lease->value), row.value);
	held_copy_text(ret_lease->owner, sizeof(ret_lease->owner), row.owner);
	arena_free(a);
	return ok && ret_lease->operation[0] && ret_lease->object[0];
}

/* ---- held ---- */

static struct lease_hold *hold_of(struct held *held)
{
	struct lease_hold *h = xcalloc(1, sizeof(*h));

	h->held = held;
	return h;
}

bool lease_take(const struct lease *l, struct lease_hold **ret_hold, struct err *err)
{
	struct held *held;
	struct err why = {0};
	struct buf text;
	bool ok;

	buf_init(&text, HELD_BYTES_MAX);
	write_text(&text, l);
	ok = held_take(FOLDER, l->id, buf_str(&text), &held, &why);
	buf_release(&text);
	if (ok) {
		*ret_hold = hold_of(held);
		return true;
	}
	err_set(err, why.code, "that it has to be taken back cannot be remembered, so nothing is changed: %s",
		why.text);
	if (why.remedy[0])
		err_remedy(err, "%s", why.remedy);
	return false;
}

void lease_leave(struct lease_hold *hold)
{
	if (hold)
		held_leave(hold->held);
	xfree(hold);
}

void lease_end(struct lease_hold *hold)
{
	if (hold)
		held_end(hold->held);
	xfree(hold);
}

bool lease_take_over(const char *id, struct lease_hold **ret_hold)
{
	struct held *held;

	if (!held_take_over(FOLDER, id, &held))
		return false;
	*ret_hold = hold_of(held);
	return true;
}

/* ---- all of them ---- */

struct list {
	const char *target;
	struct lease *out;
	bool *left;
	size_t n, max;
};

static bool see(void *ctx, struct str text, bool left)
{
	struct list *l = ctx;

	if (l->n == l->max)
		return false;
	if (!read_text(text, &l->out[l->n]) || (l->target && strcmp(l->out[l->n].target, l->target) != 0))
		return true;
	l->left[l->n++] = left;
	return true;
}

size_t lease_list(const char *target, struct lease *out, bool *ret_left, size_t max)
{
	struct list l = {target, out, ret_left, 0, max};

	held_each(FOLDER, see, &l);
	return l.n;
}
