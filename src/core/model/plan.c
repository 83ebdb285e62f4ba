/*
 * plan.c: the record of a plan, its rows, whose cost is whose, and the plan as text.
 *
 * Shares go down the tree from the root. A node passes on to its children what it costs
 * itself, at most: where the children's totals add up to more (a LIMIT, a merge join that
 * stops early), each gets its proportion. What is left is the node's own.
 */
#include "model/plan.h"

#include "base/xalloc.h"
#include "model/sqltext.h"

#define F(m, k, ...) FIELD(struct plan_row, m, k, .flags = F_COMPUTED, __VA_ARGS__)
#define SENSITIVE(m, k, ...) FIELD(struct plan_row, m, k, .flags = F_COMPUTED | F_SENSITIVE, __VA_ARGS__)
/* clang-format off */
static const struct field plan_fields[] = {
	FIELD(struct plan_row, number, K_INT, .flags = F_COMPUTED | F_KEY, .title = "NO", .help = "Number of the row, from 0."),
	F(parent, K_INT, .title = "PARENT", .help = "Number of the node above, or of the node a warning is about."),
	F(depth, K_INT, .title = "DEPTH", .help = "Levels below the root."),
	F(kind, K_ENUM, .title = "KIND", .help = "statement, node or warning."),
	F(node, K_TEXT, .title = "NODE", .help = "What the node does."),
	F(subplan, K_TEXT, .title = "SUBPLAN", .help = "Name of the init plan or subplan that begins here."),
	F(schema, K_ID, .title = "SCHEMA", .help = "Schema of the relation."),
	F(relation, K_ID, .title = "RELATION", .help = "Relation, function or common table expression it reads."),
	F(alias, K_ID, .title = "ALIAS", .help = "Its name in the statement."),
	F(index, K_ID, .title = "INDEX", .help = "Index it uses."),
	SENSITIVE(condition, K_TEXT, .title = "CONDITION", .help = "Join or index condition."),
	SENSITIVE(filter, K_TEXT, .title = "FILTER", .help = "Condition every row is tested with."),
	SENSITIVE(keys, K_TEXT, .title = "KEYS", .help = "Sort or group keys."),
	F(rows, K_COUNT, .title = "ROWS", .help = "Rows the planner expects from it, for each run."),
	F(width_bytes, K_BYTES, .title = "WIDTH", .help = "Bytes of one row, as the planner expects."),
	F(workers, K_INT, .title = "WORKERS", .help = "Parallel workers planned."),
	F(relation_bytes, K_BYTES, .title = "SIZE", .help = "Size of the relation as of its last VACUUM or ANALYZE."),
	F(startup_cost, K_REAL, .title = "STARTUP", .help = "Cost until its first row."),
	F(total_cost, K_REAL, .title = "COST", .help = "Cost of one whole run, with what is below it."),
	F(own_cost, K_REAL, .title = "OWN COST", .help = "Its own part of the root's cost."),
	F(own_ratio, K_RATIO, .title = "SHARE", .help = "The same as a share of the whole."),
	F(tree_ratio, K_RATIO, .title = "TREE", .help = "Share of the whole with what is below it."),
	F(warning, K_TEXT, .title = "WARNING", .help = "What is worth a look."),
	F(next, K_TEXT, .title = "NEXT", .help = "What may help."),
	SENSITIVE(query, K_SQL, .title = "SQL", .help = "The statement that was planned."),
	F(origin, K_ENUM, .title = "ORIGIN", .help = "literals, generic or captured."),
	F(role, K_ID, .title = "ROLE", .help = "Role it was planned as."),
	F(database, K_ID, .title = "DATABASE", .help = "Database it was planned in."),
	F(search_path, K_TEXT, .title = "SEARCH PATH", .help = "search_path it was planned with."),
	F(settings, K_TEXT, .title = "SETTINGS", .help = "Planner settings that differ from the built-in ones."),
	F(note, K_TEXT, .title = "NOTE", .help = "What the plan assumes, in words."),
	F(captured_at, K_TIME_US, .title = "CAPTURED", .help = "When the server kept this plan of a real run."),
};
/* clang-format on */
#undef F
#undef SENSITIVE

const struct rec_type plan_type = REC_TYPE(struct plan_row, "plan", plan_fields);

struct snapshot *plan_new(const char *source)
{
	struct snapshot *s = snapshot_new(&plan_type, source);
	struct plan_row *row = snapshot_add_row(s);

	SET(row, struct plan_row, number, 0);
	SET(row, struct plan_row, kind, STR(PLAN_STATEMENT));
	return s;
}

struct plan_row *plan_statement(struct snapshot *s)
{
	return s->rows;
}

struct plan_row *plan_add_node(struct snapshot *s, int64_t parent, struct err *err)
{
	const struct plan_row *above = snapshot_row(s, (size_t)parent);
	int64_t depth = parent > 0 ? above->depth + 1 : 0;
	struct plan_row *row = NULL;

	if (s->nrows > PLAN_NODES_MAX)
		err_set(err, ERR_LIMIT, "the plan has more than %d nodes", PLAN_NODES_MAX);
	else if (depth >= PLAN_DEPTH_MAX)
		err_set(err, ERR_LIMIT, "the plan is more than %d levels deep", PLAN_DEPTH_MAX);
	else
		row = snapshot_add_row(s);
	if (!row)
		return NULL;
	SET(row, struct plan_row, number, (int64_t)s->nrows - 1);
	SET(row, struct plan_row, parent, parent);
	SET(row, struct plan_row, depth, depth);
	SET(row, struct plan_row, kind, STR(PLAN_NODE));
	return row;
}

/* ---- costs ---- */

/* What is known of a node while its children are gone through. */
struct share {
	double part;   /* its contribution to its parent, as the parent counts it */
	double sum;    /* of its children's parts */
	double outer;  /* rows of its first child that is no subplan */
	double effect; /* its part of the root's cost */
	int children;  /* that are no subplans */
};

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double at_least(double a, double b)
{
	return a > b ? a : b;
}

/* Part of a child in its parent's total; the parent's earlier children are in `up` already. */
static double part_of(const struct plan_row *parent, const struct plan_row *child, struct share *up)
{
	double left = at_least(parent->total_cost - up->sum, 0);

	if (HAS(child, struct plan_row, subplan)) {
		bool each_row = str_starts(child->subplan, STR("SubPlan"));

		return each_row ? least(child->total_cost * at_least((double)parent->rows, 1), left)
				: child->total_cost;
	}
	if (up->children++ == 0)
		up->outer = (double)child->rows;
	else if (str_starts(parent->node, STR("Nested Loop")))
		return least(child->total_cost * at_least(up->outer, 1), left);
	return child->total_cost;
}

static void go_down(struct plan_row *rows, size_t n, struct share *shares, double whole)
{
	for (size_t i = 1; i < n; i++) {
		struct share *me = &shares[i], *up = &shares[rows[i].parent];
		const struct plan_row *parent = &rows[rows[i].parent];

		me->effect = rows[i].total_cost;
		if (rows[i].parent > 0) {
			double cut = up->sum > parent->total_cost ? parent->total_cost / up->sum : 1;

			me->effect = parent->total_cost > 0 ? up->effect / parent->total_cost * me->part * cut : 0;
			rows[rows[i].parent].own_cost -= me->effect;
		}
		SET(&rows[i], struct plan_row, own_cost, me->effect);
	}
	for (size_t i = 1; i < n; i++) {
		rows[i].own_cost = at_least(rows[i].own_cost, 0);
		if (!(whole > 0))
			continue;
		SET(&rows[i], struct plan_row, own_ratio, least(rows[i].own_cost / whole, 1));
		SET(&rows[i], struct plan_row, tree_ratio, least(shares[i].effect / whole, 1));
	}
}

void plan_share_costs(struct snapshot *s)
{
	struct plan_row *rows = s->rows;
	struct share *shares = xcalloc(s->nrows, sizeof(*shares));
	double whole = 0;

	for (size_t i = 1; i < s->nrows; i++) {
		size_t parent = (size_t)rows[i].parent;

		if (parent == 0) {
			whole += rows[i].total_cost;
			continue;
		}
		shares[i].part = part_of(&rows[parent], &rows[i], &shares[parent]);
		shares[parent].sum += shares[i].part;
	}
	go_down(rows, s->nrows, shares, whole);
	xfree(shares);
}

/* ---- as text ---- */

struct writer {
	struct buf *out;
	bool mask;
};

static void add_hidden(const struct writer *w, struct str text)
{
	if (w->mask)
		sql_mask_literals(w->out, text);
	else
		sql_mask_secrets(w->out, text);
}

static void indent(const struct writer *w, int64_t depth, bool detail)
{
	int64_t blanks = depth > 0 ? depth * 6 - 4 : 0;

	if (detail)
		blanks += depth > 0 ? 6 : 2;
	for (int64_t i = 0; i < blanks; i++)
		buf_add_char(w->out, ' ');
	if (depth > 0 && !detail)
		buf_add_c(w->out, "->  ");
}

static void write_detail(const struct writer *w, const struct plan_row *row, const char *label, struct str text)
{
	if (text.len == 0)
		return;
	indent(w, row->depth, true);
	buf_addf(w->out, "%s: ", label);
	add_hidden(w, text);
	buf_add_char(w->out, '\n');
}

static void write_node(const struct writer *w, const struct plan_row *row)
{
	if (row->subplan.len > 0) {
		indent(w, row->depth, true);
		buf_addf(w->out, STR_FMT "\n", STR_ARG(row->subplan));
	}
	indent(w, row->depth, false);
	buf_add_str(w->out, row->node);
	if (row->index.len > 0)
		buf_addf(w->out, " using " STR_FMT, STR_ARG(row->index));
	if (row->relation.len > 0)
		buf_addf(w->out, " on " STR_FMT "%s" STR_FMT, STR_ARG(row->schema), row->schema.len ? "." : "",
			 STR_ARG(row->relation));
	if (row->alias.len > 0 && !str_eq(row->alias, row->relation))
		buf_addf(w->out, " " STR_FMT, STR_ARG(row->alias));
	buf_addf(w->out, "  (cost=%.2f..%.2f rows=%lld width=%lld)\n", row->startup_cost, row->total_cost,
		 (long long)row->rows, (long long)row->width_bytes);
	write_detail(w, row, "Keys", row->keys);
	write_detail(w, row, "Cond", row->condition);
	write_detail(w, row, "Filter", row->filter);
}

static void write_statement(const struct writer *w, const struct plan_row *row)
{
	buf_addf(w->out, "-- as " STR_FMT " on " STR_FMT, STR_ARG(row->role), STR_ARG(row->database));
	if (row->search_path.len > 0)
		buf_addf(w->out, ", search_path " STR_FMT, STR_ARG(row->search_path));
	if (row->settings.len > 0)
		buf_addf(w->out, ", " STR_FMT, STR_ARG(row->settings));
	buf_addf(w->out, "\n-- " STR_FMT "\n", STR_ARG(row->note));
}

bool plan_write(struct buf *out, const struct snapshot *s, bool mask_literals)
{
	const struct writer w = {out, mask_literals};

	for (size_t i = 0; i < s->nrows; i++) {
		const struct plan_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, PLAN_STATEMENT))
			write_statement(&w, row);
		else if (str_eq_c(row->kind, PLAN_NODE))
			write_node(&w, row);
		else
			buf_addf(out, "-- " STR_FMT "; " STR_FMT "\n", STR_ARG(row->warning), STR_ARG(row->next));
	}
	return !out->failed;
}
