/*
 * order.c: rows in the order of one column.
 *
 * Only the comparison of two present values is turned round for a descending order:
 * absent values stay last and ties keep going to the key, so that rows do not jump
 * when the direction changes. The merge sort below is stable, which settles the rest.
 *
 * Numbers are read once a row, not once a comparison: each becomes a place, an unsigned number that is smaller the
 * further ahead its row stands. Only the last place may be that of different values.
 */
#include "model/order.h"

#include "base/sort.h"
#include "base/xalloc.h"

#include <math.h>

#define PLACE_LAST UINT64_MAX /* of absent values, too */
#define PLACE_ZERO (UINT64_C(1) << 63)

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
	enum kind kind;
	struct rec_key key;
	uint64_t *places; /* by row; NULL = of texts */
};

/* The value a row is ordered by; false when absent. */
static bool order_value(const struct ordering *x, uint32_t row, union value *ret_value)
{
	if (!x->o.rate)
		return rec_get(&x->s->type->fields[x->o.field], snapshot_row(x->s, row), ret_value);
	ret_value->f64 = snapshot_rate(x->s, row, (size_t)x->o.field);
	return !isnan(ret_value->f64);
}

/* As compare_f64() has them: one NaN, behind all others; one zero. */
static uint64_t place_of_real(double v)
{
	uint64_t bits;

	if (isnan(v))
		return PLACE_LAST;
	v += 0.0;
	memcpy(&bits, &v, sizeof(bits));
	return bits & PLACE_ZERO ? ~bits : bits | PLACE_ZERO;
}

static uint64_t place_of(const struct ordering *x, uint32_t row)
{
	union value v;
	uint64_t place;

	if (!order_value(x, row, &v))
		return PLACE_LAST;
	place = kind_ops[x->kind].storage == CT_F64 ? place_of_real(v.f64) : (uint64_t)v.i64 ^ PLACE_ZERO;
	return x->o.descending ? ~place : place;
}

static int compare_values(const struct ordering *x, uint32_t a, uint32_t b)
{
	union value va, vb;
	bool has_a = order_value(x, a, &va);
	bool has_b = order_value(x, b, &vb);
	int c;

	if (has_a != has_b)
		return has_a ? -1 : 1;
	c = has_a ? kind_compare(x->kind, va, vb) : 0;
	return x->o.descending ? -c : c;
}

static int compare_rows(uint32_t a, uint32_t b, void *ctx)
{
	const struct ordering *x = ctx;
	int c = 0;

	if (x->places && x->places[a] != x->places[b])
		return x->places[a] < x->places[b] ? -1 : 1;
	if (!x->places || x->places[a] == PLACE_LAST)
		c = compare_values(x, a, b);
	return c != 0 ? c : rec_key_compare(&x->key, snapshot_row(x->s, a), snapshot_row(x->s, b));
}

void order_rows(const struct snapshot *s, struct order o, uint32_t *index, uint32_t *scratch, size_t n)
{
	struct ordering x = {.s = s, .o = o, .key = rec_key_of(s->type)};

	if (o.field < 0)
		return;
	CHECK((size_t)o.field < s->type->nfields);
	x.kind = o.rate ? K_REAL : (enum kind)s->type->fields[o.field].kind;
	if (kind_ops[x.kind].storage != CT_STR)
		x.places = xcalloc(s->nrows, sizeof(*x.places));
	for (size_t i = 0; x.places && i < n; i++)
		x.places[index[i]] = place_of(&x, index[i]);
	sort_indices(index, scratch, n, compare_rows, &x);
	xfree(x.places);
}
