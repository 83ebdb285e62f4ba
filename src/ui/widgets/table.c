/*
 * table.c: state of a table: which rows, in which order, and which one is selected.
 *
 * recalc() is the only place that filters and sorts; table_draw.c only draws. The
 * selection is a copy of the row's key, found again after every recalc; when the row
 * went, the cursor stays where it was, on its neighbour. While the order is held (a key was
 * pressed less than TABLE_HOLD_US ago) known rows keep their places and new ones go to the end.
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

void table_release(struct table *t)
{
	snapshot_unref(t->snap);
	filter_free(t->filter);
	xfree(t->index);
	xfree(t->scratch);
	xfree(t->tags);
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
}

/* What names mean, resolved against the record type once it is known. */
static void resolve_names(struct table *t, const struct rec_type *type)
{
	if (t->type == type)
		return;
	t->type = type;
	for (size_t i = 0; i < t->def->ncolumns; i++)
		if (!order_parse(str_c(t->def->columns[i].field), type, &t->orders[i]))
			t->orders[i].field = -1;
	if (t->order.field >= 0 || !t->def->order || !order_parse(str_c(t->def->order), type, &t->order))
		return;
	for (size_t i = 0; i < t->def->ncolumns; i++)
		if (t->orders[i].field == t->order.field && t->orders[i].rate == t->order.rate)
			t->order_column = (int)i;
}

static bool row_shown(const struct table *t, const struct snapshot *s, size_t row)
{
	return !t->def->show || t->def->show(s, row, t->mode);
}

static void collect(struct table *t, const struct snapshot *s)
{
	t->n = 0;
	t->total = 0;
	ensure_room(t, s->nrows);
	for (size_t i = 0; i < s->nrows; i++) {
		if (!row_shown(t, s, i))
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
};

static int compare_old_key(uint32_t a, uint32_t b, void *ctx)
{
	const struct old_rows *o = ctx;

	return rec_compare_key(o->old->type, snapshot_row(o->old, o->index[a]), snapshot_row(o->old, o->index[b]));
}

/* Position of a row's key in the old picture by binary search over `sorted` positions. */
static uint32_t old_place(const struct old_rows *o, const uint32_t *sorted, size_t n, const void *rec)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = rec_compare_key(o->old->type, snapshot_row(o->old, o->index[sorted[mid]]), rec);

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
	struct old_rows o = {old, old_index};
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

static void find_selection(struct table *t)
{
	char key[TABLE_KEY_MAX];

	if (t->selected_len > 0) {
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
	t->snap = snapshot_ref(s);
	t->drawn.valid = t->measured.valid = false;
	t->n = 0;
	if (s) {
		resolve_names(t, s->type);
		if (t->filter_text[0] && !t->filter && t->filter_err.code == ERR_NONE)
			(void)table_set_filter(t, t->filter_text, &t->filter_err);
		collect(t, s);
		order_rows(s, t->order, t->index, t->scratch, t->n);
		if (hold)
			hold_order(t, s, old, old_index, old_n);
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
	t->held_until_mono_us = mono_us + TABLE_HOLD_US;
	remember(t);
}

void table_move(struct table *t, long delta, int64_t mono_us)
{
	long to = (long)t->cursor + delta;

	table_move_to(t, to < 0 ? 0 : (size_t)to, mono_us);
}

long table_selected_row(const struct table *t)
{
	return t->cursor < t->n ? (long)t->index[t->cursor] : -1;
}

void table_order_column(struct table *t, int column)
{
	struct order o;
	const struct field *f;

	if (column < 0 || (size_t)column >= t->def->ncolumns || !t->snap)
		return;
	if (column == t->order_column) {
		t->order.descending = !t->order.descending;
	} else if (order_parse(str_c(t->def->columns[column].field), t->snap->type, &o)) {
		f = &t->snap->type->fields[o.field];
		t->order = o;
		t->order.descending = (f->flags & F_DESC) != 0 || o.rate;
		t->order_column = column;
	}
	t->held_until_mono_us = 0;
}

void table_order_step(struct table *t, int step)
{
	int n = (int)t->def->ncolumns, to = t->order_column < 0 ? 0 : (t->order_column + step + n) % n;

	if (n > 1)
		table_order_column(t, to);
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

static long find_tag(const struct table *t, const char *key, size_t n)
{
	for (size_t i = 0; i < t->ntags; i++)
		if (strnlen(t->tags[i], TABLE_KEY_MAX) == n && memcmp(t->tags[i], key, n) == 0)
			return (long)i;
	return -1;
}

static void add_tag(struct table *t, const char *key, size_t n)
{
	if (t->ntags >= TABLE_TAGS_MAX || n >= TABLE_KEY_MAX)
		return;
	if (!t->tags)
		t->tags = xcalloc(TABLE_TAGS_MAX, sizeof *t->tags);
	memset(t->tags[t->ntags], 0, sizeof t->tags[0]);
	memcpy(t->tags[t->ntags++], key, n);
}

void table_tag_toggle(struct table *t)
{
	char key[TABLE_KEY_MAX];
	long row = table_selected_row(t), at;
	size_t n;

	if (row < 0)
		return;
	n = key_of(t->snap, (size_t)row, key);
	at = find_tag(t, key, n);
	if (at < 0)
		add_tag(t, key, n);
	else
		memmove(t->tags + at, t->tags + --t->ntags, sizeof t->tags[0]);
}

void table_tag_all(struct table *t)
{
	char key[TABLE_KEY_MAX];

	if (t->ntags > 0) {
		t->ntags = 0;
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		add_tag(t, key, key_of(t->snap, t->index[i], key));
}

bool table_is_tagged(const struct table *t, size_t row)
{
	char key[TABLE_KEY_MAX];

	return t->ntags > 0 && find_tag(t, key, key_of(t->snap, row, key)) >= 0;
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
	if (def->main_field && rec_find(type, str_c(def->main_field)) < 0)
		return err_set(err, ERR_USAGE, "table %s: no field %s", def->source, def->main_field);
	return true;
}
