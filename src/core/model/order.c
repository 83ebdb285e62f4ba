/*
 * order.c: rows in the order of one column.
 *
 * Only the comparison of two present values is turned round for a descending order:
 * absent values stay last and ties keep going to the key, so that rows do not jump
 * when the direction changes. The merge sort below is stable, which settles the rest.
 */
#include "model/order.h"

#include "base/sort.h"

#include <math.h>

bool order_parse(struct str text, const struct rec_type *type, struct order *ret_order)
{
	struct order o = {.field = -1};

	text = str_trim(text);
	if (str_starts(text, STR("-"))) {
		o.descending = true;
		text = str_sub(text, 1, text.len);
	}
	if (str_ends(text, STR("/s"))) {
		o.rate = true;
		text = str_sub(text, 0, text.len - 2);
	}
	o.field = rec_find(type, text);
	if (o.field < 0 || (o.rate && !(type->fields[o.field].flags & F_RATE)))
		return false;
	*ret_order = o;
	return true;
}

struct ordering {
	const struct snapshot *s;
	struct order o;
};

/* The value a row is ordered by; false when absent. */
static bool order_value(const struct ordering *x, uint32_t row, union value *ret_value)
{
	if (!x->o.rate)
		return rec_get(&x->s->type->fields[x->o.field], snapshot_row(x->s, row), ret_value);
	ret_value->f64 = snapshot_rate(x->s, row, (size_t)x->o.field);
	return !isnan(ret_value->f64);
}

static int compare_rows(uint32_t a, uint32_t b, void *ctx)
{
	const struct ordering *x = ctx;
	enum kind k = x->o.rate ? K_REAL : (enum kind)x->s->type->fields[x->o.field].kind;
	union value va, vb;
	bool has_a = order_value(x, a, &va);
	bool has_b = order_value(x, b, &vb);
	int c;

	if (has_a != has_b)
		return has_a ? -1 : 1;
	c = has_a ? kind_compare(k, va, vb) : 0;
	if (c != 0)
		return x->o.descending ? -c : c;
	return rec_compare_key(x->s->type, snapshot_row(x->s, a), snapshot_row(x->s, b));
}

void order_rows(const struct snapshot *s, struct order o, uint32_t *index, uint32_t *scratch, size_t n)
{
	struct ordering x = {.s = s, .o = o};

	if (o.field < 0)
		return;
	CHECK((size_t)o.field < s->type->nfields);
	sort_indices(index, scratch, n, compare_rows, &x);
}
