/*
 * plan_warn.c: rules about plans, each a function of one node and what is around it.
 *
 * A rule speaks only where the numbers of the plan and the catalog say it; what is not
 * known (work_mem, size of a relation) keeps it silent. All are about estimates, so the
 * sentences say "about" and "likely". A node that is a small part of the whole is left
 * alone, but for the two faults that make the estimates themselves worthless: missing
 * statistics and a join without a condition.
 */
#include "model/plan.h"

#include "base/ascii.h"

/* Bytes a row takes in memory beyond its own: header and slot of a sorted tuple, of one in a hash table. */
#define SORT_ROW_BYTES 24
#define HASH_ROW_BYTES 32
#define SENTENCE_MAX 400
/* Pairs of nodes that are compared for one join; beyond it there is no verdict. */
#define PAIRS_MAX 20000

struct judge {
	struct snapshot *s;
	const struct plan_facts *facts;
	size_t nnodes; /* rows 1 to nnodes are nodes */
};

/* Rows may move whenever a warning is added: never keep what this returns across add(). */
static const struct plan_row *row_of(const struct judge *j, size_t i)
{
	return snapshot_row(j->s, i);
}

static void add(struct judge *j, size_t node, struct buf *warning, const char *next)
{
	struct plan_row *row = snapshot_add_row(j->s);

	if (row) {
		SET(row, struct plan_row, number, (int64_t)j->s->nrows - 1);
		SET(row, struct plan_row, parent, (int64_t)node);
		SET(row, struct plan_row, kind, STR(PLAN_WARNING));
		SET(row, struct plan_row, warning, arena_str(j->s->arena, buf_str(warning)));
		SET(row, struct plan_row, next, arena_str(j->s->arena, str_c(next)));
	}
	buf_release(warning);
}

static struct buf sentence(void)
{
	struct buf b;

	buf_init(&b, SENTENCE_MAX);
	return b;
}

static const struct plan_relation *relation_of(const struct judge *j, const struct plan_row *row)
{
	for (size_t i = 0; row->relation.len > 0 && i < j->facts->nrelations; i++) {
		const struct plan_relation *r = &j->facts->relations[i];

		if (str_eq(r->name, row->relation) && str_eq(r->schema, row->schema))
			return r;
	}
	return NULL;
}

static bool is_node(const struct plan_row *row, const char *name)
{
	return str_find(row->node, str_c(name), 0) >= 0;
}

static bool is_small(const struct plan_row *row)
{
	return !HAS(row, struct plan_row, own_ratio) || row->tree_ratio < PLAN_SMALL_RATIO;
}

static void read_whole(struct judge *j, size_t i)
{
	const struct plan_row *row = row_of(j, i);
	const struct plan_relation *r = relation_of(j, row);
	bool filtered = row->filter.len > 0;
	struct buf b;

	if (!is_node(row, "Seq Scan") || !r || r->bytes < PLAN_LARGE_BYTES || is_small(row))
		return;
	b = sentence();
	buf_addf(&b, STR_FMT " (", STR_ARG(r->name));
	format_bytes(&b, r->bytes);
	if (r->rows > 0) {
		buf_add_c(&b, ", about ");
		format_count(&b, (int64_t)r->rows);
		buf_add_c(&b, " rows");
	}
	buf_addf(&b, ") is read whole%s", filtered ? "" : ": no condition on it");
	add(j, i, &b,
	    filtered ? "look for an index that serves its filter" : "add a condition, or read it on a reader");
}

/* The two children of a join in their order; false when it has not two. */
static bool sides_of(const struct judge *j, size_t node, size_t *ret_outer, size_t *ret_inner)
{
	size_t n = 0;

	for (size_t i = node + 1; i <= j->nnodes && row_of(j, i)->depth > row_of(j, node)->depth; i++) {
		if (row_of(j, i)->parent != (int64_t)node || HAS(row_of(j, i), struct plan_row, subplan))
			continue;
		*(n++ == 0 ? ret_outer : ret_inner) = i;
		if (n == 2)
			return true;
	}
	return false;
}

/* Something in the text is named ALIAS.column. */
static bool mentions(struct str text, struct str alias)
{
	for (long at = str_find(text, alias, 0); at >= 0; at = str_find(text, alias, (size_t)at + 1)) {
		size_t end = (size_t)at + alias.len;
		char before = at > 0 ? text.ptr[at - 1] : ' ';
		bool begins =
			!((before >= 'a' && before <= 'z') || ascii_is_digit(before) || before == '_' || before == '.');

		if (end < text.len && text.ptr[end] == '"')
			end++;
		if (begins && end < text.len && text.ptr[end] == '.')
			return true;
	}
	return false;
}

/* Some condition below `inner` depends on a row of the tree at `outer`. */
static bool depends(const struct judge *j, size_t inner, size_t outer)
{
	int64_t inner_depth = row_of(j, inner)->depth, outer_depth = row_of(j, outer)->depth;
	size_t pairs = 0;

	for (size_t i = inner; i <= j->nnodes && (i == inner || row_of(j, i)->depth > inner_depth); i++) {
		const struct plan_row *row = row_of(j, i);

		/* what a lateral join passes to a function or a subplan is not shown by name: no verdict */
		if (row->subplan.len > 0 || is_node(row, "Function Scan") || is_node(row, "Result") ||
		    is_node(row, "Memoize"))
			return true;
		for (size_t k = outer; k <= j->nnodes && (k == outer || row_of(j, k)->depth > outer_depth); k++) {
			struct str alias = row_of(j, k)->alias;

			if (++pairs > PAIRS_MAX)
				return true;
			if (alias.len > 0 && (mentions(row->condition, alias) || mentions(row->filter, alias)))
				return true;
		}
	}
	return false;
}

static void name_side(struct buf *b, const struct judge *j, size_t side)
{
	int64_t depth = row_of(j, side)->depth;

	for (size_t i = side; i <= j->nnodes && (i == side || row_of(j, i)->depth > depth); i++)
		if (row_of(j, i)->relation.len > 0) {
			buf_add_str(b, row_of(j, i)->relation);
			return;
		}
	buf_add_str(b, row_of(j, side)->node);
}

/* Every row with every row: a nested loop whose sides have nothing to do with each other. */
static bool is_product(const struct judge *j, size_t node, size_t outer, size_t inner)
{
	const struct plan_row *row = row_of(j, node);

	return str_eq_c(row->node, "Nested Loop") && row->condition.len == 0 && row_of(j, outer)->rows > 1 &&
	       row_of(j, inner)->rows > 1 && !depends(j, inner, outer);
}

static void nested_loop(struct judge *j, size_t i)
{
	size_t outer = 0, inner = 0;
	struct buf b;

	if (!is_node(row_of(j, i), "Nested Loop") || !sides_of(j, i, &outer, &inner))
		return;
	if (is_product(j, i, outer, inner)) {
		b = sentence();
		buf_add_c(&b, "every row of ");
		name_side(&b, j, outer);
		buf_add_c(&b, " meets every row of ");
		name_side(&b, j, inner);
		buf_add_c(&b, ": no condition joins them (cartesian product)");
		add(j, i, &b, "look for a missing join condition");
		return;
	}
	if (row_of(j, outer)->rows < PLAN_MANY_LOOPS || is_small(row_of(j, i)))
		return;
	b = sentence();
	buf_add_c(&b, "the nested loop runs its inner side on ");
	name_side(&b, j, inner);
	buf_add_c(&b, " about ");
	format_count(&b, row_of(j, outer)->rows);
	buf_add_c(&b, " times");
	add(j, i, &b, "a hash or merge join may be cheaper: look at the join's types and statistics");
}

/* The sort keeps only what a LIMIT above it asks for. */
static bool is_top_n(const struct judge *j, size_t i)
{
	int64_t parent = row_of(j, i)->parent;

	return parent > 0 && str_eq_c(row_of(j, (size_t)parent)->node, "Limit");
}

/* What does not fit into memory goes to temporary files. */
static void spill(struct judge *j, size_t i)
{
	const struct plan_row *row = row_of(j, i);
	bool sort = str_eq_c(row->node, "Sort"), hash = is_node(row, "Hash") && !is_node(row, "Join");
	double need = (double)row->rows * (double)(row->width_bytes + (sort ? SORT_ROW_BYTES : HASH_ROW_BYTES));
	double room = (double)j->facts->work_mem_bytes;
	struct buf b;

	if (!(sort || hash) || !(room > 0) || (sort && is_top_n(j, i)) || is_small(row))
		return;
	if (hash && j->facts->hash_mem_multiplier > 0)
		room *= j->facts->hash_mem_multiplier;
	if (need <= room)
		return;
	b = sentence();
	buf_addf(&b, "%s of about ", sort ? "sort" : "hash table");
	format_bytes(&b, need < 9e18 ? (int64_t)need : INT64_MAX);
	buf_add_c(&b, " likely spills to disk: it may use ");
	format_bytes(&b, (int64_t)room);
	add(j, i, &b,
	    sort ? "a higher work_mem for this role, an index in this order, or fewer columns"
		 : "a higher work_mem for this role, or fewer rows and columns below it");
}

static void no_statistics(struct judge *j, size_t i)
{
	const struct plan_relation *r = relation_of(j, row_of(j, i));
	struct buf b;

	if (!r || !r->never_analyzed)
		return;
	for (size_t k = 1; k < i; k++)
		if (relation_of(j, row_of(j, k)) == r)
			return;
	b = sentence();
	buf_addf(&b, STR_FMT " was never analyzed: the planner guesses its rows", STR_ARG(r->name));
	add(j, i, &b, "ANALYZE it, then look again");
}

void plan_warn(struct snapshot *s, const struct plan_facts *facts)
{
	struct judge j = {.s = s, .facts = facts, .nnodes = s->nrows - 1};

	for (size_t i = 1; i <= j.nnodes; i++) {
		const struct plan_relation *r = relation_of(&j, row_of(&j, i));
		struct plan_row *row = (struct plan_row *)s->rows + i;

		if (r && r->bytes > 0)
			SET(row, struct plan_row, relation_bytes, r->bytes);
		no_statistics(&j, i);
		read_whole(&j, i);
		nested_loop(&j, i);
		spill(&j, i);
	}
}
