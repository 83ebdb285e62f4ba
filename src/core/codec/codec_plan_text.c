/*
 * codec_plan_text.c: a plan as EXPLAIN prints it, to rows.
 *
 * Aurora keeps captured plans as text only. A line with "(cost=" is a node and its
 * column tells its level; "Key: value" belongs to the node above it; a line with neither
 * names the init plan or subplan that begins with the next node. What is not understood
 * is passed over: a line more or less does not make the rest wrong.
 */
#include "codec/codec_plan.h"

#include "base/parse.h"

struct level {
	size_t column;
	int64_t number;
};

struct reader {
	struct snapshot *s;
	struct level stack[PLAN_DEPTH_MAX];
	size_t depth;
	struct str subplan; /* named by an earlier line, for the next node */
	int64_t last;       /* newest node, 0 = none */
	struct err *err;
};

static struct plan_row *row_at(struct reader *r, int64_t number)
{
	return (struct plan_row *)r->s->rows + number;
}

static bool keep(struct reader *r, struct str text, struct str *ret_text)
{
	if (arena_room(r->s->arena) < text.len + 64)
		return err_set(r->err, ERR_LIMIT, "the plan holds more text than is read");
	*ret_text = arena_str(r->s->arena, text);
	return true;
}

#define KEEP(r, row, m, text) (keep(r, text, &(row)->m) && ((row)->present |= BIT(struct plan_row, m)))

/* The number behind `key` up to one of the characters in `ends`. */
static bool number_after(struct str s, const char *key, const char *ends, double *ret_value)
{
	long at = str_find(s, str_c(key), 0);
	size_t from, to;

	if (at < 0)
		return false;
	from = to = (size_t)at + strlen(key);
	while (to < s.len && !strchr(ends, s.ptr[to]))
		to++;
	return parse_f64(str_sub(s, from, to), ret_value) && *ret_value >= 0 && *ret_value < 9e18;
}

/* "(cost=0.42..8.44 rows=1 width=36)" */
static void read_numbers(struct str figures, struct plan_row *row)
{
	double v;

	long dots = str_find(figures, STR(".."), 0);

	if (dots > 6 && parse_f64(str_sub(figures, 6, (size_t)dots), &v) && v >= 0 && v < 9e18)
		SET(row, struct plan_row, startup_cost, v);
	if (number_after(figures, "..", " )", &v))
		SET(row, struct plan_row, total_cost, v);
	if (number_after(figures, "rows=", " )", &v))
		SET(row, struct plan_row, rows, (int64_t)v);
	if (number_after(figures, "width=", " )", &v))
		SET(row, struct plan_row, width_bytes, (int64_t)v);
}

/* "public.orders o" */
static bool read_relation(struct reader *r, struct plan_row *row, struct str text)
{
	long dot = str_find(text, STR("."), 0), blank = str_find(text, STR(" "), 0);
	struct str name = blank < 0 ? text : str_sub(text, 0, (size_t)blank);

	if (dot > 0 && (blank < 0 || dot < blank)) {
		if (!KEEP(r, row, schema, str_sub(text, 0, (size_t)dot)))
			return false;
		name = str_sub(name, (size_t)dot + 1, name.len);
	}
	if (!KEEP(r, row, relation, name))
		return false;
	return KEEP(r, row, alias, blank < 0 ? name : str_trim(str_sub(text, (size_t)blank, text.len)));
}

/* "Index Scan using orders_pkey on public.orders o" */
static bool read_name(struct reader *r, struct plan_row *row, struct str text)
{
	long on = str_find(text, STR(" on "), 0), using = str_find(text, STR(" using "), 0);
	struct str what = on < 0 ? STR("") : str_sub(text, (size_t)on + 4, text.len);
	struct str name = on < 0 ? text : str_sub(text, 0, (size_t)on);

	if (using > 0 && (on < 0 || using < on)) {
		if (!KEEP(r, row, index, str_sub(name, (size_t) using + 7, name.len)))
			return false;
		name = str_sub(name, 0, (size_t) using);
	}
	if (!KEEP(r, row, node, name))
		return false;
	if (str_eq_c(name, "Bitmap Index Scan"))
		return KEEP(r, row, index, what);
	return what.len == 0 || read_relation(r, row, what);
}

static bool read_node(struct reader *r, size_t column, struct str line)
{
	long cost = str_find(line, STR("(cost="), 0);
	struct plan_row *row;

	while (r->depth > 0 && r->stack[r->depth - 1].column >= column)
		r->depth--;
	row = plan_add_node(r->s, r->depth > 0 ? r->stack[r->depth - 1].number : 0, r->err);
	if (!row)
		return false;
	r->last = row->number;
	r->stack[r->depth++] = (struct level){column, row->number};
	read_numbers(str_sub(line, (size_t)cost, line.len), row);
	if (r->subplan.len > 0 && !KEEP(r, row, subplan, r->subplan))
		return false;
	r->subplan = STR("");
	return read_name(r, row, str_trim(str_sub(line, 0, (size_t)cost)));
}

static bool read_detail(struct reader *r, struct str key, struct str value)
{
	struct plan_row *row = row_at(r, r->last);

	if (str_eq_c(key, "Filter") || str_eq_c(key, "One-Time Filter"))
		return KEEP(r, row, filter, value);
	if (str_eq_c(key, "Sort Key") || str_eq_c(key, "Group Key"))
		return KEEP(r, row, keys, value);
	if ((str_ends(key, STR(" Cond")) && !str_eq_c(key, "Recheck Cond")) || str_eq_c(key, "Join Filter"))
		return KEEP(r, row, condition, value);
	return true;
}

static bool read_line(struct reader *r, struct str line)
{
	size_t column = 0;
	long colon;

	while (column < line.len && line.ptr[column] == ' ')
		column++;
	line = str_trim(line);
	if (str_starts(line, STR("->"))) {
		line = str_trim(str_sub(line, 2, line.len));
		column += 4;
	}
	if (line.len == 0)
		return true;
	if (str_find(line, STR("(cost="), 0) > 0)
		return read_node(r, column, line);
	colon = str_find(line, STR(": "), 0);
	if (r->last > 0 && colon > 0)
		return read_detail(r, str_sub(line, 0, (size_t)colon), str_sub(line, (size_t)colon + 2, line.len));
	r->subplan = line;
	return true;
}

bool plan_read_text(struct str text, struct snapshot *s, struct err *err)
{
	struct reader r = {.s = s, .err = err, .subplan = STR("")};
	struct str line;

	if (text.len > PLAN_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the plan is larger than %u MiB", PLAN_BYTES_MAX >> 20);
	while (str_split(&text, '\n', &line))
		if (!read_line(&r, line))
			return false;
	if (r.last == 0)
		return err_set(err, ERR_PROTOCOL, "the captured plan has no nodes");
	return true;
}
