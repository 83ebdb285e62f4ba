/*
 * table.c: state of a table: which rows, in which order, and which one is selected.
 *
 * recalc() is the only place that filters and sorts; table_draw.c only draws. The
 * selection is a copy of the row's key, found again after every recalc; when the row
 * went, the cursor stays where it was, on its neighbour. While the order is held (a key was
 * pressed less than TABLE_HOLD_US ago) known rows keep their places and new ones go to the end.
 * A tree is not held: its rows mean nothing out of their order.
 */
#include "ui/widgets/table.h"

#include "base/sort.h"
#include "base/xalloc.h"

#include <string.h>

void table_init(struct table *t, const struct table_def *def)
{
	*t = (struct table){.def = def, .order_column = -1, .order = {-1, false, false}};
	for (size_t i = 0; i < def->ncolumns; i++)
		t->widths[i] = def->columns[i].min;
}

void table_set_def(struct table *t, const struct table_def *def)
{
	t->def = def;
	t->order = (struct order){-1, false, false};
	t->order_column = -1;
	t->first_column = 0;
	t->held_until_mono_us = 0;
	for (size_t i = 0; i < def->ncolumns; i++)
		t->widths[i] = def->columns[i].min;
}

void table_release(struct table *t)
{
	snapshot_unref(t->snap);
	filter_free(t->filter);
	xfree(t->index);
	xfree(t->scratch);
	xfree(t->tree);
	xfree(t->tags.keys);
	xfree(t->folds.keys);
	*t = (struct table){.def = t->def};
}

static size_t key_of(const struct snapshot *s, size_t row, char *out)
{
	struct buf b;
	size_t n;

	buf_init(&b, TABLE_KEY_MAX);
	rec_key_text(s->type, snapshot_row(s, row), &b);
	n = b.len < TABLE_KEY_MAX ? b.len : TABLE_KEY_MAX;
	if (n > 0)
		memcpy(out, b.data, n);
	buf_release(&b);
	return n;
}

static void remember(struct table *t)
{
	t->selected_len = t->cursor < t->n ? key_of(t->snap, t->index[t->cursor], t->selected) : 0;
}

static void ensure_room(struct table *t, size_t rows)
{
	if (rows <= t->cap)
		return;
	t->cap = rows + rows / 4 + 64;
	t->index = xrealloc_array(t->index, t->cap, sizeof *t->index);
	t->scratch = xrealloc_array(t->scratch, t->cap, sizeof *t->scratch);
	if (t->def->depth)
		t->tree = xrealloc_array(t->tree, t->cap, sizeof *t->tree);
}

void table_bind(struct table *t, const struct rec_type *type)
{
	if (t->type == type && t->resolved == t->def)
		return;
	t->type = type;
	t->resolved = t->def;
	for (size_t i = 0; i < t->def->ncolumns; i++)
		if (!order_parse(str_c(t->def->columns[i].field), type, &t->orders[i]))
			t->orders[i].field = -1;
	if (t->order.field >= 0 || !t->def->order || !order_parse(str_c(t->def->order), type, &t->order))
		return;
	for (size_t i = 0; i < t->def->ncolumns; i++)
		if (t->orders[i].field == t->order.field && t->orders[i].rate == t->order.rate &&
		    !t->def->columns[i].no_order)
			t->order_column = (int)i;
}

static bool row_shown(const struct table *t, const struct snapshot *s, size_t row)
{
	return !t->def->show || t->def->show(s, row, t->mode);
}

static bool is_under_leader(const struct table *t, const struct snapshot *s, size_t row)
{
	long parent = t->def->parent && !t->unfolded ? t->def->parent(s, row) : -1;

	/* under a leader that is not shown itself it would be lost */
	return parent >= 0 && row_shown(t, s, (size_t)parent) &&
	       filter_match(t->filter, snapshot_row(s, (size_t)parent));
}

static bool is_folded(const struct table *t, const struct snapshot *s, size_t row);
static void forget_gone_tags(struct table *t);

/* Positions of a tree: those below a folded row are counted there and left out. */
static void collect_tree(struct table *t, const struct snapshot *s)
{
	int field = rec_find(s->type, str_c(t->def->depth));
	int64_t before = -1;
	bool folded = false;

	for (size_t i = 0; i < s->nrows; i++) {
		union value v = {.i64 = 0};
		struct tree_row *last = t->n > 0 ? &t->tree[t->n - 1] : NULL;

		if (!row_shown(t, s, i))
			continue;
		t->total++;
		(void)rec_get(&s->type->fields[field], snapshot_row(s, i), &v);
		before = tree_depth(v.i64, before);
		if (folded && last && before > last->depth) {
			last->hidden++;
			continue;
		}
		t->tree[t->n] = (struct tree_row){.depth = (uint32_t)before};
		t->index[t->n++] = (uint32_t)i;
		folded = is_folded(t, s, i);
	}
	tree_shape(t->tree, t->n);
}

static void collect(struct table *t, const struct snapshot *s)
{
	t->n = 0;
	t->total = 0;
	ensure_room(t, s->nrows);
	t->is_tree = t->def->depth && t->order.field < 0 && !t->filter;
	if (t->is_tree) {
		collect_tree(t, s);
		return;
	}
	for (size_t i = 0; i < s->nrows; i++) {
		if (!row_shown(t, s, i) || is_under_leader(t, s, i))
			continue;
		t->total++;
		if (filter_match(t->filter, snapshot_row(s, i)))
			t->index[t->n++] = (uint32_t)i;
	}
}

struct hold {
	const struct snapshot *s;
	const uint32_t *rank; /* per new row: its place in the old picture, or UINT32_MAX */
};

static int compare_held(uint32_t a, uint32_t b, void *ctx)
{
	const struct hold *h = ctx;

	return (h->rank[a] > h->rank[b]) - (h->rank[a] < h->rank[b]);
}

struct old_rows {
	const struct snapshot *old;
	const uint32_t *index;
	struct rec_key key;
};

static int compare_old_key(uint32_t a, uint32_t b, void *ctx)
{
	const struct old_rows *o = ctx;

	return rec_key_compare(&o->key, snapshot_row(o->old, o->index[a]), snapshot_row(o->old, o->index[b]));
}

/* Position of a row's key in the old picture by binary search over `sorted` positions. */
static uint32_t old_place(const struct old_rows *o, const uint32_t *sorted, size_t n, const void *rec)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = rec_key_compare(&o->key, snapshot_row(o->old, o->index[sorted[mid]]), rec);

		if (c == 0)
			return sorted[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

/* Keeps rows where they were; rows that are new follow in the table's order. */
static void hold_order(struct table *t, const struct snapshot *s, const struct snapshot *old, const uint32_t *old_index,
		       size_t old_n)
{
	struct old_rows o = {old, old_index, rec_key_of(old->type)};
	uint32_t *sorted = xcalloc(old_n + 1, sizeof *sorted), *tmp = xcalloc(old_n + 1, sizeof *tmp);
	uint32_t *rank = xcalloc(s->nrows + 1, sizeof *rank);
	struct hold h = {s, rank};

	for (size_t i = 0; i < old_n; i++)
		sorted[i] = (uint32_t)i;
	sort_indices(sorted, tmp, old_n, compare_old_key, &o);
	for (size_t i = 0; i < t->n; i++)
		rank[t->index[i]] = old_place(&o, sorted, old_n, snapshot_row(s, t->index[i]));
	sort_indices(t->index, t->scratch, t->n, compare_held, &h);
	xfree(sorted);
	xfree(tmp);
	xfree(rank);
}

static bool shown_at(const struct table *t, long row)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->index[i] == (uint32_t)row)
			return true;
	return false;
}

/* Puts each row that belongs under another one right behind it, in the order they had. */
static void put_under_parents(struct table *t, const struct snapshot *s)
{
	long *parents = xcalloc(t->n + 1, sizeof *parents);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		parents[i] = t->def->parent(s, t->index[i]);
		if (parents[i] >= 0 && !shown_at(t, parents[i]))
			parents[i] = -1;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (parents[i] >= 0)
			continue;
		t->scratch[n++] = t->index[i];
		for (size_t k = 0; k < t->n; k++)
			if (parents[k] == (long)t->index[i])
				t->scratch[n++] = t->index[k];
	}
	CHECK(n <= t->n);
	memcpy(t->index, t->scratch, n * sizeof *t->index);
	t->n = n;
	xfree(parents);
}

static bool has_parents(const struct table *t, const struct snapshot *s)
{
	if (!t->def->parent || !t->unfolded)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (t->def->parent(s, t->index[i]) >= 0)
			return true;
	return false;
}

static bool equal_cells(const struct snapshot *s, const struct field *f, size_t a, size_t b)
{
	union value va, vb;
	bool has_a = rec_get(f, snapshot_row(s, a), &va), has_b = rec_get(f, snapshot_row(s, b), &vb);

	if (!has_a || !has_b)
		return has_a == has_b;
	if (kind_ops[f->kind].storage == CT_STR)
		return str_eq(va.str, vb.str);
	return kind_ops[f->kind].storage == CT_F64 ? !(va.f64 < vb.f64 || va.f64 > vb.f64) : va.i64 == vb.i64;
}

/* Which of the columns that may leave say the same in every row. */
static void find_same(struct table *t, const struct snapshot *s)
{
	t->same = 0;
	for (size_t c = 0; c < t->def->ncolumns; c++) {
		int f = rec_find(s->type, str_c(t->def->columns[c].field));
		bool same = t->def->columns[c].leaves_when_same && f >= 0;

		for (size_t i = 1; same && i < t->n; i++)
			same = equal_cells(s, &s->type->fields[f], t->index[0], t->index[i]);
		t->same |= same ? UINT32_C(1) << c : 0;
	}
}

static void find_selection(struct table *t)
{
	char key[TABLE_KEY_MAX];
	bool follows = !t->def->selects_first || t->chosen;

	if (!follows)
		t->cursor = 0;
	if (follows && t->selected_len > 0) {
		for (size_t i = 0; i < t->n; i++) {
			size_t n = key_of(t->snap, t->index[i], key);

			if (n == t->selected_len && memcmp(key, t->selected, n) == 0) {
				t->cursor = i;
				return;
			}
		}
	}
	if (t->n > 0 && t->cursor >= t->n)
		t->cursor = t->n - 1;
	if (t->n == 0)
		t->cursor = 0;
	remember(t);
}

void table_recalc(struct table *t, const struct snapshot *s, int64_t mono_us)
{
	const struct snapshot *old = t->snap;
	uint32_t *old_index = NULL;
	size_t old_n = t->n;
	bool hold = old && s && old != s && mono_us < t->held_until_mono_us && old->type == s->type && old_n > 0;

	if (hold) {
		old_index = xcalloc(old_n, sizeof *old_index);
		memcpy(old_index, t->index, old_n * sizeof *old_index);
	}
	t->held = hold;
	t->snap = snapshot_ref(s);
	t->drawn.valid = t->measured.valid = false;
	t->n = 0;
	if (s) {
		forget_gone_tags(t);
		table_bind(t, s->type);
		if (t->filter_text[0] && !t->filter && t->filter_err.code == ERR_NONE)
			(void)table_set_filter(t, t->filter_text, &t->filter_err);
		collect(t, s);
		order_rows(s, t->order, t->index, t->scratch, t->n);
		if (hold && !t->is_tree)
			hold_order(t, s, old, old_index, old_n);
		if (has_parents(t, s))
			put_under_parents(t, s);
		find_same(t, s);
		find_selection(t);
	} else {
		t->cursor = t->total = 0;
	}
	xfree(old_index);
	snapshot_unref(old);
}

void table_move_to(struct table *t, size_t position, int64_t mono_us)
{
	if (t->n == 0)
		return;
	t->cursor = position < t->n ? position : t->n - 1;
	t->chosen = t->cursor > 0;
	t->held_until_mono_us = mono_us + TABLE_HOLD_US;
	remember(t);
}

void table_move(struct table *t, long delta, int64_t mono_us)
{
	long to = (long)t->cursor + delta;

	table_move_to(t, to < 0 ? 0 : (size_t)to, mono_us);
}

void table_choose(struct table *t)
{
	t->chosen = true;
}

long table_selected_row(const struct table *t)
{
	return t->cursor < t->n ? (long)t->index[t->cursor] : -1;
}

void table_order_column(struct table *t, int column)
{
	struct order o;
	const struct field *f;

	if (column < 0 || (size_t)column >= t->def->ncolumns || !t->type || t->def->columns[column].no_order)
		return;
	if (column == t->order_column) {
		t->order.descending = !t->order.descending;
	} else if (order_parse(str_c(t->def->columns[column].field), t->type, &o)) {
		f = &t->type->fields[o.field];
		t->order = o;
		t->order.descending = (f->flags & F_DESC) != 0 || o.rate;
		t->order_column = column;
	}
	t->held_until_mono_us = 0;
}

void table_order_step(struct table *t, int step)
{
	int n = (int)t->def->ncolumns, to = t->order_column < 0 ? 0 : (t->order_column + step + n) % n;

	/* A tree has an order of its own, between the last column and the first. */
	if (t->def->depth)
		to = (t->order_column + 1 + step + n + 1) % (n + 1) - 1;
	if (to < 0) {
		t->order = (struct order){-1, false, false};
		t->order_column = -1;
		t->held_until_mono_us = 0;
	} else if (n > 1) {
		if (t->def->columns[to].no_order)
			to = (to + step + n) % n;
		table_order_column(t, to);
	}
}

void table_order_reverse(struct table *t)
{
	t->order.descending = !t->order.descending;
	t->held_until_mono_us = 0;
}

bool table_set_filter(struct table *t, const char *text, struct err *err)
{
	struct filter *f = NULL;
	int main_field = -1;

	if (text[0] && t->snap) {
		if (t->def->main_field)
			main_field = rec_find(t->snap->type, str_c(t->def->main_field));
		if (!filter_parse(str_c(text), t->snap->type, main_field, &f, err)) {
			t->filter_err = *err;
			return false;
		}
	}
	filter_free(t->filter);
	t->filter = f;
	t->filter_err.code = ERR_NONE;
	if (text != t->filter_text)
		(void)snprintf(t->filter_text, sizeof t->filter_text, "%s", text);
	return true;
}

static long find_key(const struct key_set *set, const char *key, size_t n)
{
	for (size_t i = 0; i < set->n; i++)
		if (strnlen(set->keys[i], TABLE_KEY_MAX) == n && memcmp(set->keys[i], key, n) == 0)
			return (long)i;
	return -1;
}

static void add_key(struct key_set *set, size_t max, const char *key, size_t n)
{
	if (set->n >= max || n >= TABLE_KEY_MAX)
		return;
	if (!set->keys)
		set->keys = xcalloc(max, sizeof *set->keys);
	memset(set->keys[set->n], 0, sizeof set->keys[0]);
	memcpy(set->keys[set->n++], key, n);
}

/* In if it was out, out if it was in. */
static void toggle_key(struct key_set *set, size_t max, const char *key, size_t n)
{
	long at = find_key(set, key, n);

	if (at < 0)
		add_key(set, max, key, n);
	else
		memmove(set->keys + at, set->keys + --set->n, sizeof set->keys[0]);
}

/* What a tag is of may be idle in one sample, before the sampler knows that idle ones are wanted, too. */
static void forget_gone_tags(struct table *t)
{
	bool found[TABLE_TAGS_MAX] = {false};
	size_t left = t->tags.n, kept = 0;
	char key[TABLE_KEY_MAX];

	/* the same rows again say nothing new, nor do those of one node beside the same of another */
	if (t->snap->at_us == t->tags_at_us)
		return;
	t->tags_at_us = t->snap->at_us;
	for (size_t i = 0; left > 0 && i < t->snap->nrows; i++) {
		long at = find_key(&t->tags, key, key_of(t->snap, i, key));

		if (at >= 0 && !found[at])
			left--;
		if (at >= 0)
			found[at] = true;
	}
	for (size_t i = 0; i < t->tags.n; i++) {
		if (!found[i] && t->tag_missed[i])
			continue;
		if (kept != i)
			memcpy(t->tags.keys + kept, t->tags.keys + i, sizeof t->tags.keys[0]);
		t->tag_missed[kept++] = !found[i];
	}
	t->tags.n = kept;
}

/* Which tag was missed is by place, and places change with every key. */
static void changed_tags(struct table *t)
{
	memset(t->tag_missed, 0, sizeof t->tag_missed);
}

void table_tag_toggle(struct table *t)
{
	char key[TABLE_KEY_MAX];
	long row = table_selected_row(t);

	if (row >= 0)
		toggle_key(&t->tags, TABLE_TAGS_MAX, key, key_of(t->snap, (size_t)row, key));
	changed_tags(t);
}

bool table_untag(struct table *t)
{
	bool any = t->tags.n > 0;

	t->tags.n = 0;
	return any;
}

void table_tag_all(struct table *t)
{
	char key[TABLE_KEY_MAX];

	if (table_untag(t))
		return;
	changed_tags(t);
	for (size_t i = 0; i < t->n; i++)
		add_key(&t->tags, TABLE_TAGS_MAX, key, key_of(t->snap, t->index[i], key));
}

bool table_is_tagged(const struct table *t, size_t row)
{
	char key[TABLE_KEY_MAX];

	return t->tags.n > 0 && find_key(&t->tags, key, key_of(t->snap, row, key)) >= 0;
}

size_t table_tagged_rows(const struct table *t, size_t *ret_rows, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; t->snap && t->tags.n > 0 && n < max && i < t->snap->nrows; i++)
		if (table_is_tagged(t, i))
			ret_rows[n++] = i;
	return n;
}

static bool is_folded(const struct table *t, const struct snapshot *s, size_t row)
{
	char key[TABLE_KEY_MAX];

	return t->folds.n > 0 && find_key(&t->folds, key, key_of(s, row, key)) >= 0;
}

static bool has_subtree(const struct table *t, size_t position)
{
	return t->tree[position].hidden > 0 ||
	       (position + 1 < t->n && t->tree[position + 1].depth > t->tree[position].depth);
}

void table_fold_toggle(struct table *t, int64_t mono_us)
{
	char key[TABLE_KEY_MAX];
	size_t at = t->cursor;

	if (!t->is_tree || at >= t->n)
		return;
	if (!has_subtree(t, at))
		while (at > 0 && t->tree[at].depth >= t->tree[t->cursor].depth)
			at--;
	if (!has_subtree(t, at))
		return;
	toggle_key(&t->folds, TABLE_FOLDS_MAX, key, key_of(t->snap, t->index[at], key));
	table_move_to(t, at, mono_us);
}

long table_root_of(const struct table *t, size_t row)
{
	int field = t->def->depth && t->snap ? rec_find(t->snap->type, str_c(t->def->depth)) : -1;
	union value v;

	while (field >= 0 && row > 0 && rec_get(&t->snap->type->fields[field], snapshot_row(t->snap, row), &v) &&
	       v.i64 > 0)
		row--;
	for (size_t i = 0; i < t->n; i++)
		if (t->index[i] == row)
			return (long)i;
	return -1;
}

void table_scroll_columns(struct table *t, int delta)
{
	int to = t->first_column + delta;

	if ((delta > 0 && !t->more_right) || to < 0)
		return;
	t->first_column = to;
}

bool table_check(const struct table_def *def, const struct rec_type *type, struct err *err)
{
	struct order o;

	for (size_t i = 0; i < def->ncolumns; i++)
		if (!order_parse(str_c(def->columns[i].field), type, &o))
			return err_set(err, ERR_USAGE, "table %s: no field %s", def->source, def->columns[i].field);
	if (def->order && !order_parse(str_c(def->order), type, &o))
		return err_set(err, ERR_USAGE, "table %s: order %s", def->source, def->order);
	if (def->depth && rec_find(type, str_c(def->depth)) < 0)
		return err_set(err, ERR_USAGE, "table %s: no field %s", def->source, def->depth);
	if (def->main_field && rec_find(type, str_c(def->main_field)) < 0)
		return err_set(err, ERR_USAGE, "table %s: no field %s", def->source, def->main_field);
	return true;
}
