/*
 * forest.c: see forest.h.
 *
 * Stages: number the nodes; go through the objects and link each waiter with those in its way.
 * forest_tree.c makes trees of what is linked.
 *
 * Links do not go from every holder to every waiter, which would be millions in a crowd: all
 * holders in the way of one mode lead to a gate, and the gate to all waiters of that mode. A
 * queue without holders in the way is a chain of such gates, one behind each waiter that blocks
 * later ones. Gates are nodes of the graph like others, but are not counted. A waiter that holds
 * the object itself has an arc to its own gate; that never makes it a cycle, because a cycle
 * takes two sessions.
 *
 * Where the order of a queue is not known, waiters that a holder explains are put before the
 * others, and those stand by pid. That is a guess, and the nodes say so.
 */
#include "db/forest.h"

#include "base/sort.h"
#include "base/xalloc.h"
#include "db/forest_tree.h"

#define KEPT (FOREST_ALSO_MAX + 2)
#define BIT_OF(m) (1u << (m))

/* Who is in the way of one mode of the object at hand: its holders, or those before it in the queue. */
struct obstacle {
	uint32_t gate; /* in the graph, NONE = not made yet */
	uint32_t n;    /* distinct nodes */
	uint32_t rows[KEPT], nrows;
	bool ready;
};

struct build {
	const struct forest_input *in;
	uint32_t *order, *scratch; /* rows by object, holders first, then the queue */
	uint32_t *node;            /* of each row */
	struct forest_links links; /* nodes by id */
	/* the object at hand */
	size_t holder, queue, end;
	struct obstacle holders[LOCK__COUNT], ahead[LOCK__COUNT];
	uint32_t soft_modes;                         /* wanted by waiters that no holder explains */
	size_t soft_end;                             /* the last of these */
	uint32_t object, *held_stamp, *queued_stamp; /* by node: the object that the next belong to */
	uint32_t *held, *queued;                     /* modes */
};

static int three_way(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_rows(uint32_t x, uint32_t y, void *ctx)
{
	const struct lock_row *a = &((const struct lock_row *)ctx)[x], *b = &((const struct lock_row *)ctx)[y];
	int c = str_cmp(a->tag, b->tag);

	if (c == 0 && a->granted != b->granted)
		return a->granted ? -1 : 1;
	if (c == 0 && !a->granted)
		c = three_way(forest_start(a->since_us), forest_start(b->since_us));
	if (c == 0)
		c = three_way(a->group, b->group);
	return c != 0 ? c : three_way((int64_t)a->mode, (int64_t)b->mode);
}

static int compare_groups(uint32_t x, uint32_t y, void *ctx)
{
	const struct lock_row *rows = ctx;

	return three_way(rows[x].group, rows[y].group);
}

static void number_nodes(struct build *b)
{
	const struct lock_row *rows = b->in->rows;

	for (size_t i = 0; i < b->in->n; i++)
		b->order[i] = (uint32_t)i;
	sort_indices(b->order, b->scratch, b->in->n, compare_groups, (void *)(uintptr_t)rows);
	b->links.nodes = xcalloc(b->in->n + 1, sizeof(*b->links.nodes));
	for (size_t i = 0; i < b->in->n; i++) {
		int64_t id = rows[b->order[i]].group;

		if (b->links.n == 0 || b->links.nodes[b->links.n - 1].id != id)
			b->links.nodes[b->links.n++] = (struct forest_node){.id = id,
									    .parent = FOREST_NONE,
									    .blocker = FOREST_NONE,
									    .wait_row = FOREST_NONE,
									    .held_row = FOREST_NONE};
		b->node[b->order[i]] = b->links.n - 1;
	}
}

static uint32_t node_by_id(const struct build *b, int64_t id)
{
	uint32_t low = 0, high = b->links.n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (b->links.nodes[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->links.n && b->links.nodes[low].id == id ? low : FOREST_NONE;
}

static bool in_the_way(uint32_t modes, enum lock_mode wanted)
{
	for (int m = LOCK_ACCESS_SHARE; m < LOCK__COUNT; m++)
		if ((modes & BIT_OF(m)) && lock_conflicts((enum lock_mode)m, wanted))
			return true;
	return false;
}

/* ---- linking, one object at a time ---- */

/* Holders in the way of mode m; the strongest row of each is kept. Rows of one node are neighbours. */
static struct obstacle *holders_of(struct build *b, enum lock_mode m)
{
	struct obstacle *o = &b->holders[m];
	uint32_t last = FOREST_NONE;

	if (o->ready)
		return o;
	o->ready = true;
	for (size_t i = b->holder; i < b->queue; i++) {
		uint32_t row = b->order[i];

		if (!lock_conflicts(b->in->rows[row].mode, m))
			continue;
		if (b->node[row] != last) {
			o->n++;
			if (o->nrows < KEPT)
				o->rows[o->nrows++] = row;
		} else if (o->n == o->nrows) {
			/* by mode, so the later one is stronger */
			o->rows[o->nrows - 1] = row;
		}
		last = b->node[row];
	}
	return o;
}

/* How many others hold the object in the way of this row. */
static uint32_t count_holders(struct build *b, uint32_t row)
{
	enum lock_mode m = b->in->rows[row].mode;
	uint32_t v = b->node[row];
	bool self = b->held_stamp[v] == b->object && in_the_way(b->held[v], m);

	return holders_of(b, m)->n - self;
}

static uint32_t count_ahead(const struct build *b, uint32_t row)
{
	enum lock_mode m = b->in->rows[row].mode;
	uint32_t v = b->node[row];
	bool self = b->queued_stamp[v] == b->object && in_the_way(b->queued[v], m);

	return b->ahead[m].n - self;
}

/* Makes this row the wait of its node, unless another member of the group has waited longer. */
static bool take_wait(struct build *b, uint32_t row)
{
	struct forest_node *node = &b->links.nodes[b->node[row]];
	int64_t since = b->in->rows[row].since_us;

	if (node->wait_row != FOREST_NONE && forest_start(since) >= forest_start(node->since_us))
		return false;
	node->wait_row = row;
	node->since_us = since;
	node->blocker = node->held_row = FOREST_NONE;
	node->blockers = node->nalso = 0;
	node->ahead = b->in->queue_known ? count_ahead(b, row) : 0;
	node->unsure = false;
	return true;
}

static void add_blocker(struct forest_node *node, uint32_t blocker)
{
	if (node->blocker == FOREST_NONE)
		node->blocker = blocker;
	else if (node->nalso < FOREST_ALSO_MAX)
		node->also[node->nalso++] = blocker;
}

static void blame(struct build *b, uint32_t row, const struct obstacle *o, uint32_t count, bool held)
{
	struct forest_node *node = &b->links.nodes[b->node[row]];

	node->blockers = count;
	for (uint32_t i = 0; i < o->nrows; i++) {
		uint32_t u = b->node[o->rows[i]];

		if (u == b->node[row])
			continue;
		if (node->blocker == FOREST_NONE && held)
			node->held_row = o->rows[i];
		add_blocker(node, u);
	}
}

static void link_hard(struct build *b, uint32_t row, uint32_t count, bool mine)
{
	enum lock_mode m = b->in->rows[row].mode;
	struct obstacle *o = &b->holders[m];

	if (o->gate == FOREST_NONE) {
		o->gate = digraph_add_node(&b->links.graph);
		for (size_t i = b->holder; i < b->queue; i++)
			if (lock_conflicts(b->in->rows[b->order[i]].mode, m))
				digraph_add_arc(&b->links.graph, b->node[b->order[i]], o->gate);
	}
	digraph_add_arc(&b->links.graph, o->gate, b->node[row]);
	if (mine)
		blame(b, row, o, count, true);
}

static void link_soft(struct build *b, uint32_t row, bool mine)
{
	enum lock_mode m = b->in->rows[row].mode;
	uint32_t count = count_ahead(b, row);

	if (b->ahead[m].gate != FOREST_NONE)
		digraph_add_arc(&b->links.graph, b->ahead[m].gate, b->node[row]);
	if (!mine)
		return;
	blame(b, row, &b->ahead[m], count, false);
	b->links.nodes[b->node[row]].unsure = !b->in->queue_known;
}

/* What the server said counts, when it said something. */
static bool link_settled(struct build *b, uint32_t row, bool mine)
{
	struct forest_node *node = &b->links.nodes[b->node[row]];
	size_t low = 0, high = b->in->nsettled;
	bool any = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (b->in->settled[mid].waiter < node->id)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < b->in->nsettled && b->in->settled[low].waiter == node->id; low++) {
		uint32_t u = node_by_id(b, b->in->settled[low].blocker);

		if (u == FOREST_NONE || u == b->node[row])
			continue;
		any = true;
		digraph_add_arc(&b->links.graph, u, b->node[row]);
		if (!mine)
			continue;
		node->blockers++;
		add_blocker(node, u);
	}
	return any;
}

/* From here on this row is ahead of those that follow. */
static void join_queue(struct build *b, size_t at)
{
	uint32_t row = b->order[at], v = b->node[row];
	enum lock_mode mine = b->in->rows[row].mode;

	if (b->queued_stamp[v] != b->object)
		b->queued[v] = 0;
	for (int m = LOCK_ACCESS_SHARE; m < LOCK__COUNT; m++) {
		struct obstacle *o = &b->ahead[m];
		uint32_t gate;

		if (!lock_conflicts(mine, (enum lock_mode)m) || in_the_way(b->queued[v], (enum lock_mode)m))
			continue;
		o->n++;
		if (o->nrows < KEPT)
			o->rows[o->nrows++] = row;
		if (!(b->soft_modes & BIT_OF(m)) || at >= b->soft_end)
			continue;
		gate = digraph_add_node(&b->links.graph);
		if (o->gate != FOREST_NONE)
			digraph_add_arc(&b->links.graph, o->gate, gate);
		digraph_add_arc(&b->links.graph, v, gate);
		o->gate = gate;
	}
	b->queued_stamp[v] = b->object;
	b->queued[v] |= BIT_OF(mine);
}

/* Notes the modes held and, where the queue's order is unknown, puts those first whom a holder explains. */
static void survey(struct build *b)
{
	size_t explained = b->queue, rest = 0;

	for (int m = 0; m < LOCK__COUNT; m++) {
		b->holders[m] = (struct obstacle){.gate = FOREST_NONE};
		b->ahead[m] = (struct obstacle){.gate = FOREST_NONE};
	}
	b->object++;
	b->soft_modes = 0;
	b->soft_end = b->queue;
	for (size_t i = b->holder; i < b->queue; i++) {
		uint32_t v = b->node[b->order[i]];

		if (b->held_stamp[v] != b->object)
			b->held[v] = 0;
		b->held_stamp[v] = b->object;
		b->held[v] |= BIT_OF(b->in->rows[b->order[i]].mode);
	}
	for (size_t i = b->queue; i < b->end; i++) {
		uint32_t row = b->order[i];

		if (count_holders(b, row) == 0) {
			b->soft_modes |= BIT_OF(b->in->rows[row].mode);
			b->soft_end = i;
		}
		if (b->in->queue_known)
			continue;
		if (count_holders(b, row) > 0)
			b->order[explained++] = row;
		else
			b->scratch[rest++] = row;
	}
	for (size_t i = 0; i < rest; i++)
		b->order[explained + i] = b->scratch[i];
	if (rest > 0)
		b->soft_end = b->end - 1;
}

static void link_object(struct build *b)
{
	survey(b);
	for (size_t at = b->queue; at < b->end; at++) {
		uint32_t row = b->order[at], count = count_holders(b, row);
		bool mine = take_wait(b, row);

		if (count > 0)
			link_hard(b, row, count, mine);
		else if (b->in->queue_known || !link_settled(b, row, mine))
			link_soft(b, row, mine);
		join_queue(b, at);
	}
}

static void link_objects(struct build *b)
{
	const struct lock_row *rows = b->in->rows;
	size_t n = b->in->n;

	for (size_t i = 0; i < n; i++)
		b->order[i] = (uint32_t)i;
	sort_indices(b->order, b->scratch, n, compare_rows, (void *)(uintptr_t)rows);
	for (size_t from = 0; from < n; from = b->end) {
		struct str tag = rows[b->order[from]].tag;

		b->holder = from;
		for (b->queue = from; b->queue < n; b->queue++)
			if (!rows[b->order[b->queue]].granted || !str_eq(rows[b->order[b->queue]].tag, tag))
				break;
		for (b->end = b->queue; b->end < n && str_eq(rows[b->order[b->end]].tag, tag); b->end++)
			;
		if (b->end > b->queue)
			link_object(b);
	}
}

static void release(struct build *b)
{
	digraph_release(&b->links.graph);
	xfree(b->order);
	xfree(b->scratch);
	xfree(b->node);
	xfree(b->links.nodes);
	xfree(b->held_stamp);
	xfree(b->queued_stamp);
	xfree(b->held);
	xfree(b->queued);
}

bool forest_build(const struct forest_input *in, struct lock_forest *ret_forest, struct err *err)
{
	struct build b = {.in = in};
	bool ok = true;

	if (in->n > LOCK_ROWS_MAX)
		return err_set(err, ERR_LIMIT, "%zu locks on contested objects; at most %d are looked at", in->n,
			       LOCK_ROWS_MAX);
	b.order = xcalloc(in->n + 1, sizeof(*b.order));
	b.scratch = xcalloc(in->n + 1, sizeof(*b.scratch));
	b.node = xcalloc(in->n + 1, sizeof(*b.node));
	number_nodes(&b);
	if (b.links.n > LOCK_SESSIONS_MAX) {
		ok = err_set(err, ERR_LIMIT, "%u sessions hold or want contested locks; at most %d are looked at",
			     b.links.n, LOCK_SESSIONS_MAX);
		goto out;
	}
	b.held_stamp = xcalloc(b.links.n + 1u, sizeof(*b.held_stamp));
	b.queued_stamp = xcalloc(b.links.n + 1u, sizeof(*b.queued_stamp));
	b.held = xcalloc(b.links.n + 1u, sizeof(*b.held));
	b.queued = xcalloc(b.links.n + 1u, sizeof(*b.queued));
	digraph_init(&b.links.graph, b.links.n);
	link_objects(&b);
	forest_write_down(&b.links, in->now_us, ret_forest);
out:
	release(&b);
	return ok;
}

void forest_release(struct lock_forest *f)
{
	xfree(f->nodes);
	*f = (struct lock_forest){0};
}

bool forest_victims_wait(const struct forest_node *node, int64_t later_us, int64_t *ret_us)
{
	if (node->timed_victims == 0)
		return false;
	*ret_us = node->victims_wait_us + (later_us > 0 ? later_us * node->timed_victims : 0);
	return true;
}
