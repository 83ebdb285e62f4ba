/*
 * codec_plan.c: EXPLAIN's JSON to rows.
 *
 * The names of nodes are put together as EXPLAIN's own text form does it ("Parallel Hash
 * Left Join", "Partial HashAggregate"), because that is what people know and search for.
 * jansson and the walk over its tree recurse, so the depth is checked first.
 */
#include "codec/codec_plan.h"

#include <jansson.h>
#include <math.h>

/* Names, keys and conditions of one node; EXPLAIN has no limit of its own. */
#define NODE_TEXT_MAX (256u << 10)
#define SETTINGS_TEXT_MAX 4096
#define NUMBER_MAX 9e18
/* A level of the plan is an object in an array; a few more for what stands around and inside. */
#define JSON_DEPTH_MAX (2 * PLAN_DEPTH_MAX + 8)

struct reader {
	struct snapshot *s;
	struct err *err;
};

static struct str text_of(const json_t *node, const char *key)
{
	const json_t *value = json_object_get(node, key);

	return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR("");
}

/* A finite number that is not negative; NaN otherwise. */
static double number_of(const json_t *node, const char *key)
{
	const json_t *value = json_object_get(node, key);
	double v = json_is_number(value) ? json_number_value(value) : (double)NAN;

	return v >= 0 && v < NUMBER_MAX ? v : (double)NAN;
}

static bool keep(struct reader *r, struct str text, struct str *ret_text)
{
	if (text.len > NODE_TEXT_MAX || arena_room(r->s->arena) < text.len + 64)
		return err_set(r->err, ERR_LIMIT, "the plan holds more text than is read");
	*ret_text = arena_str(r->s->arena, text);
	return true;
}

/* ---- the name of a node ---- */

static void add_strategy(struct buf *name, struct str type, struct str strategy)
{
	static const struct {
		const char *strategy, *prefix;
	} aggregates[] = {{"Sorted", "Group"}, {"Hashed", "Hash"}, {"Mixed", "Mixed"}};

	for (size_t i = 0; i < ARRAY_LEN(aggregates); i++)
		if (str_eq_c(strategy, aggregates[i].strategy) &&
		    (str_eq_c(type, "Aggregate") || (str_eq_c(type, "SetOp") && i == 1)))
			buf_add_c(name, aggregates[i].prefix);
	buf_add_str(name, type);
}

/* "Hash Join" and "Left" make "Hash Left Join"; "Nested Loop" and "Left" make "Nested Loop Left Join". */
static void add_join(struct buf *name, struct str type, struct str join)
{
	bool ends = str_ends(type, STR(" Join"));

	if (join.len == 0 || str_eq_c(join, "Inner")) {
		buf_add_str(name, type);
		return;
	}
	buf_add_str(name, ends ? str_sub(type, 0, type.len - 5) : type);
	buf_addf(name, " " STR_FMT " Join", STR_ARG(join));
}

static void name_node(const json_t *node, struct buf *name)
{
	struct str type = text_of(node, "Node Type"), mode = text_of(node, "Partial Mode");
	struct str operation = text_of(node, "Operation");

	if (json_is_true(json_object_get(node, "Async Capable")))
		buf_add_c(name, "Async ");
	if (json_is_true(json_object_get(node, "Parallel Aware")))
		buf_add_c(name, "Parallel ");
	if (mode.len > 0 && !str_eq_c(mode, "Simple"))
		buf_addf(name, STR_FMT " ", STR_ARG(mode));
	if (str_eq_c(type, "ModifyTable") && operation.len > 0)
		buf_add_str(name, operation);
	else if (str_eq_c(type, "Aggregate") || str_eq_c(type, "SetOp"))
		add_strategy(name, type, text_of(node, "Strategy"));
	else
		add_join(name, type, text_of(node, "Join Type"));
	if (str_eq_c(text_of(node, "Scan Direction"), "Backward"))
		buf_add_c(name, " Backward");
	if (text_of(node, "Custom Plan Provider").len > 0)
		buf_addf(name, " (" STR_FMT ")", STR_ARG(text_of(node, "Custom Plan Provider")));
	if (json_is_true(json_object_get(node, "Disabled")))
		buf_add_c(name, " (disabled)");
}

/* ---- its texts ---- */

/* Appends the value of the first key that is there; several are joined with " and ". */
static void add_texts(const json_t *node, const char *const *keys, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		struct str text = text_of(node, keys[i]);

		if (text.len == 0)
			continue;
		if (out->len > 0)
			buf_add_c(out, " and ");
		buf_add_str(out, text);
	}
}

static void add_list(const json_t *list, struct buf *out)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			continue;
		if (out->len > 0)
			buf_add_c(out, ", ");
		buf_add(out, json_string_value(item), json_string_length(item));
	}
}

static void add_keys(const json_t *node, struct buf *out)
{
	static const char *const keys[] = {"Sort Key", "Group Key", "Cache Key"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const json_t *value = json_object_get(node, keys[i]);

		if (json_is_string(value))
			buf_add_str(out, text_of(node, keys[i]));
		else if (json_is_array(value))
			add_list(value, out);
	}
}

/* What the node reads: a relation, else what stands for one. */
static struct str source_of(const json_t *node)
{
	static const char *const keys[] = {"Relation Name", "Function Name", "CTE Name", "Table Function Name",
					   "Tuplestore Name"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (text_of(node, keys[i]).len > 0)
			return text_of(node, keys[i]);
	return STR("");
}

static bool set_text(struct reader *r, struct plan_row *row, struct str *member, uint64_t bit, struct str text)
{
	if (text.len == 0)
		return true;
	row->present |= bit;
	return keep(r, text, member);
}

#define SET_TEXT(r, row, m, text) set_text(r, row, &(row)->m, BIT(struct plan_row, m), text)

static bool read_conditions(struct reader *r, const json_t *node, struct plan_row *row, struct buf *scratch)
{
	static const char *const conditions[] = {"Index Cond", "Hash Cond",    "Merge Cond", "Join Filter",
						 "TID Cond",   "Recheck Cond", "Order By",   "Function Call"};
	static const char *const filters[] = {"Filter", "One-Time Filter", "Conflict Filter"};
	size_t n = ARRAY_LEN(conditions);
	bool ok;

	/* a heap scan's recheck repeats the condition of the index scan below it */
	if (str_eq_c(text_of(node, "Node Type"), "Bitmap Heap Scan"))
		n = 5;
	buf_clear(scratch);
	add_texts(node, conditions, n, scratch);
	ok = !scratch->failed && SET_TEXT(r, row, condition, buf_str(scratch));
	buf_clear(scratch);
	add_texts(node, filters, ARRAY_LEN(filters), scratch);
	ok = ok && !scratch->failed && SET_TEXT(r, row, filter, buf_str(scratch));
	buf_clear(scratch);
	add_keys(node, scratch);
	return ok && !scratch->failed && SET_TEXT(r, row, keys, buf_str(scratch));
}

static bool read_names(struct reader *r, const json_t *node, struct plan_row *row, struct buf *scratch)
{
	bool ok;

	buf_clear(scratch);
	name_node(node, scratch);
	ok = SET_TEXT(r, row, node, buf_str(scratch)) && SET_TEXT(r, row, subplan, text_of(node, "Subplan Name")) &&
	     SET_TEXT(r, row, schema, text_of(node, "Schema")) && SET_TEXT(r, row, relation, source_of(node)) &&
	     SET_TEXT(r, row, alias, text_of(node, "Alias")) && SET_TEXT(r, row, index, text_of(node, "Index Name"));
	return ok && !scratch->failed;
}

static void read_numbers(const json_t *node, struct plan_row *row)
{
	double startup = number_of(node, "Startup Cost"), total = number_of(node, "Total Cost");
	double rows = number_of(node, "Plan Rows"), width = number_of(node, "Plan Width");
	double workers = number_of(node, "Workers Planned");

	if (!isnan(startup))
		SET(row, struct plan_row, startup_cost, startup);
	if (!isnan(total))
		SET(row, struct plan_row, total_cost, total);
	if (!isnan(rows))
		SET(row, struct plan_row, rows, (int64_t)rows);
	if (!isnan(width))
		SET(row, struct plan_row, width_bytes, (int64_t)width);
	if (!isnan(workers))
		SET(row, struct plan_row, workers, (int64_t)workers);
}

/* Recursion ends at PLAN_DEPTH_MAX, where plan_add_node() refuses. */
static bool read_node(struct reader *r, const json_t *node, int64_t parent, struct buf *scratch)
{
	struct plan_row *row;
	const json_t *child;
	int64_t number;
	size_t i;

	if (!json_is_object(node) || text_of(node, "Node Type").len == 0)
		return err_set(r->err, ERR_PROTOCOL, "the server's plan has a node without a type");
	row = plan_add_node(r->s, parent, r->err);
	if (!row)
		return false;
	number = row->number;
	if (!read_names(r, node, row, scratch) || !read_conditions(r, node, row, scratch)) {
		if (r->err->code == ERR_NONE)
			err_set(r->err, ERR_LIMIT, "the plan holds more text than is read");
		return false;
	}
	read_numbers(node, row);
	json_array_foreach(json_object_get(node, "Plans"), i, child)
	{
		if (!read_node(r, child, number, scratch))
			return false;
	}
	return true;
}

static bool read_settings(struct reader *r, const json_t *settings)
{
	struct plan_row *row = plan_statement(r->s);
	const json_t *value;
	const char *key;
	struct buf out;
	bool ok;

	buf_init(&out, SETTINGS_TEXT_MAX);
	json_object_foreach((json_t *)(uintptr_t)settings, key, value)
	{
		/* said apart, in its own field; and what makes a plan generic, which `origin` says */
		if (!json_is_string(value) || strcmp(key, "search_path") == 0 || strcmp(key, "plan_cache_mode") == 0)
			continue;
		buf_addf(&out, "%s%s = %s", out.len > 0 ? ", " : "", key, json_string_value(value));
	}
	if (out.failed)
		ok = err_set(r->err, ERR_LIMIT, "the plan holds more text than is read");
	else
		ok = SET_TEXT(r, row, settings, buf_str(&out));
	buf_release(&out);
	return ok;
}

static bool read_plans(struct reader *r, const json_t *root)
{
	const json_t *plan;
	struct buf scratch;
	bool ok = true;
	size_t i;

	if (json_array_size(root) == 0)
		return err_set(r->err, ERR_PROTOCOL, "the server answered EXPLAIN without a plan");
	buf_init(&scratch, NODE_TEXT_MAX);
	json_array_foreach(root, i, plan)
	{
		ok = ok && read_node(r, json_object_get(plan, "Plan"), 0, &scratch);
		if (ok && json_is_object(json_object_get(plan, "Settings")))
			ok = read_settings(r, json_object_get(plan, "Settings"));
	}
	buf_release(&scratch);
	return ok;
}

/* Nesting is looked at before anything recurses: a lane's stack is small. */
static bool is_too_deep(struct str json)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < json.len; i++) {
		char c = json.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

bool plan_read_json(struct str json, struct snapshot *s, struct err *err)
{
	struct reader r = {s, err};
	json_error_t fault;
	json_t *root;
	bool ok;

	if (json.len > PLAN_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the plan is larger than %u MiB", PLAN_BYTES_MAX >> 20);
	if (is_too_deep(json))
		return err_set(err, ERR_LIMIT, "the plan is more than %d levels deep", PLAN_DEPTH_MAX);
	root = json_loadb(json.len ? json.ptr : "", json.len, 0, &fault);
	if (!root)
		return err_set(err, ERR_PROTOCOL, "the server's plan is not JSON: %s", fault.text);
	ok = read_plans(&r, root);
	json_decref(root);
	return ok;
}
