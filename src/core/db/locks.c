/*
 * locks.c: the waits-for graph.
 *
 * Rows are grouped by object. In a group the holders stand first, then the waiters in
 * the order in which they queued (a wait whose start is not known has only just begun).
 * Every waiter is compared with the holders and with the waiters before it; that gives
 * the exact number of its direct blockers and the first one to name: the holder with
 * the lowest pid (a prepared transaction, below 0, before all), else the first in the queue.
 *
 * Edges are kept only as far as reaching needs them: behind an earlier waiter that asks
 * for the same self-conflicting mode stand the same blockers, but for the members of
 * its own parallel group, so one edge to that one will do. A star of 2,500 waiters makes 2,500 edges, not three
 * million. How many stand behind a session is then a walk with marks, which a cycle cannot trap.
 *
 * A session waits for one lock at a time, so it is a waiter in one group only.
 */
#include "db/locks.h"

#include "base/sort.h"
#include "base/xalloc.h"

/* A node is a session; its index is its place in the sorted, unique list of pids. */
struct edge {
	uint32_t blocker, waiter;
};

struct work {
	const struct lock_row *rows;
	size_t n;
	bool queue_known;
	uint32_t *order;   /* rows by object, holders first, then the queue */
	uint32_t *scratch; /* n */
	uint32_t *node;    /* of each row */
	struct lock_session *sessions;
	size_t nsessions;
	uint32_t *mark; /* of each node */
	uint32_t stamp;
	struct edge *edges;
	size_t nedges, cap_edges;
};

#define BIT_OF(m) (1u << (m))
#define FROM(m) (BIT_OF(LOCK__COUNT) - BIT_OF(m)) /* m and every stronger number */

/* lock.c, LockConflicts[] */
static const uint16_t conflicts[LOCK__COUNT] = {
	[LOCK_ACCESS_SHARE] = BIT_OF(LOCK_ACCESS_EXCLUSIVE),
	[LOCK_ROW_SHARE] = FROM(LOCK_EXCLUSIVE),
	[LOCK_ROW_EXCLUSIVE] = FROM(LOCK_SHARE),
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = FROM(LOCK_SHARE_UPDATE_EXCLUSIVE),
	[LOCK_SHARE] =
		FROM(LOCK_SHARE_ROW_EXCLUSIVE) | BIT_OF(LOCK_ROW_EXCLUSIVE) | BIT_OF(LOCK_SHARE_UPDATE_EXCLUSIVE),
	[LOCK_SHARE_ROW_EXCLUSIVE] = FROM(LOCK_ROW_EXCLUSIVE),
	[LOCK_EXCLUSIVE] = FROM(LOCK_ROW_SHARE),
	[LOCK_ACCESS_EXCLUSIVE] = FROM(LOCK_ACCESS_SHARE),
};

static const char *const mode_names[LOCK__COUNT] = {
	[LOCK_NONE] = "",
	[LOCK_ACCESS_SHARE] = "AccessShareLock",
	[LOCK_ROW_SHARE] = "RowShareLock",
	[LOCK_ROW_EXCLUSIVE] = "RowExclusiveLock",
	[LOCK_SHARE_UPDATE_EXCLUSIVE] = "ShareUpdateExclusiveLock",
	[LOCK_SHARE] = "ShareLock",
	[LOCK_SHARE_ROW_EXCLUSIVE] = "ShareRowExclusiveLock",
	[LOCK_EXCLUSIVE] = "ExclusiveLock",
	[LOCK_ACCESS_EXCLUSIVE] = "AccessExclusiveLock",
};

enum lock_mode lock_mode_parse(struct str name)
{
	for (int m = LOCK_ACCESS_SHARE; m < LOCK__COUNT; m++)
		if (str_eq_c(name, mode_names[m]))
			return (enum lock_mode)m;
	return LOCK_NONE;
}

const char *lock_mode_name(enum lock_mode m)
{
	return mode_names[m];
}

bool lock_conflicts(enum lock_mode a, enum lock_mode b)
{
	return (conflicts[a] & BIT_OF(b)) != 0;
}

static bool same_group(const struct lock_row *a, const struct lock_row *b)
{
	return a->pid == b->pid || (a->group != 0 && a->group == b->group);
}

static bool blocks_directly(const struct lock_row *blocker, const struct lock_row *waiter)
{
	return lock_conflicts(blocker->mode, waiter->mode) && !same_group(blocker, waiter);
}

static int three_way(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_rows(uint32_t x, uint32_t y, void *ctx)
{
	const struct lock_row *a = &((const struct lock_row *)ctx)[x], *b = &((const struct lock_row *)ctx)[y];
	int c = str_cmp(a->tag, b->tag);

	if (c != 0)
		return c;
	if (a->granted != b->granted)
		return a->granted ? -1 : 1;
	if (a->granted)
		return three_way(a->pid, b->pid);
	return three_way(a->since_us ? a->since_us : INT64_MAX, b->since_us ? b->since_us : INT64_MAX);
}

static int compare_pids(uint32_t x, uint32_t y, void *ctx)
{
	const struct lock_row *rows = ctx;

	return three_way(rows[x].pid, rows[y].pid);
}

/* Fills sessions (all pids, sorted) and the node of each row. */
static void number_nodes(struct work *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->order[i] = (uint32_t)i;
	sort_indices(w->order, w->scratch, w->n, compare_pids, (void *)(uintptr_t)w->rows);
	w->sessions = xcalloc(w->n, sizeof(w->sessions[0]));
	for (size_t i = 0; i < w->n; i++) {
		int64_t pid = w->rows[w->order[i]].pid;

		if (w->nsessions == 0 || w->sessions[w->nsessions - 1].pid != pid)
			w->sessions[w->nsessions++].pid = pid;
		w->node[w->order[i]] = (uint32_t)(w->nsessions - 1);
	}
}

static void add_edge(struct work *w, uint32_t blocker, uint32_t waiter)
{
	if (w->nedges == w->cap_edges) {
		w->cap_edges = w->cap_edges ? w->cap_edges * 2 : 256;
		w->edges = xrealloc_array(w->edges, w->cap_edges, sizeof(w->edges[0]));
	}
	w->edges[w->nedges++] = (struct edge){blocker, waiter};
}

/* Counts the session of row r as a blocker of the waiter's session, once. */
static void count_blocker(struct work *w, uint32_t r, uint32_t waiter, bool edge)
{
	struct lock_session *s = &w->sessions[w->node[waiter]];
	uint32_t node = w->node[r];

	if (w->mark[node] == w->stamp)
		return;
	w->mark[node] = w->stamp;
	if (s->blockers++ == 0)
		s->blocked_by = w->rows[r].pid;
	if (edge)
		add_edge(w, node, w->node[waiter]);
}

/* Nearest waiter before `at` behind which the same blockers stand; `first` - 1 = none. */
static long find_cover(const struct work *w, size_t first, size_t at)
{
	const struct lock_row *me = &w->rows[w->order[at]];

	if (!w->queue_known || !lock_conflicts(me->mode, me->mode))
		return -1;
	for (size_t i = at; i-- > first;) {
		const struct lock_row *other = &w->rows[w->order[i]];

		if (other->mode == me->mode && !same_group(other, me))
			return (long)i;
	}
	return -1;
}

/* order[holder..first) are holders of one object, order[first..end) its queue; at is in the queue. */
static void link_waiter(struct work *w, size_t holder, size_t first, size_t end, size_t at)
{
	uint32_t waiter = w->order[at];
	const struct lock_row *me = &w->rows[waiter];
	long cover = find_cover(w, first, at);
	const struct lock_row *same = cover >= 0 ? &w->rows[w->order[cover]] : NULL;
	size_t stop = w->queue_known ? at : end;

	w->stamp++;
	w->sessions[w->node[waiter]].since_us = me->since_us;
	for (size_t i = holder; i < first; i++)
		if (blocks_directly(&w->rows[w->order[i]], me))
			count_blocker(w, w->order[i], waiter, !same || same_group(&w->rows[w->order[i]], same));
	if (!w->queue_known && w->sessions[w->node[waiter]].blockers > 0)
		return;
	for (size_t i = first; i < stop; i++) {
		uint32_t other = w->order[i];
		bool edge = w->queue_known ? (long)i >= cover || same_group(&w->rows[other], same)
					   : w->sessions[w->node[waiter]].blockers == 0;

		if (i != at && blocks_directly(&w->rows[other], me))
			count_blocker(w, other, waiter, edge);
	}
}

static void link_objects(struct work *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->order[i] = (uint32_t)i;
	sort_indices(w->order, w->scratch, w->n, compare_rows, (void *)(uintptr_t)w->rows);
	for (size_t from = 0; from < w->n;) {
		struct str tag = w->rows[w->order[from]].tag;
		size_t queue, end;

		for (queue = from; queue < w->n && w->rows[w->order[queue]].granted; queue++)
			if (!str_eq(w->rows[w->order[queue]].tag, tag))
				break;
		for (end = queue; end < w->n && str_eq(w->rows[w->order[end]].tag, tag); end++)
			;
		for (size_t at = queue; at < end; at++)
			link_waiter(w, from, queue, end, at);
		from = end;
	}
}

/* For every session: how many others can be reached along blocker -> waiter. */
static void count_reached(struct work *w)
{
	uint32_t *start = xcalloc(w->nsessions + 2, sizeof(*start));
	uint32_t *to = xcalloc(w->nedges + 1, sizeof(*to));
	uint32_t *todo = xcalloc(w->nsessions, sizeof(*todo));

	for (size_t i = 0; i < w->nedges; i++)
		start[w->edges[i].blocker + 2]++;
	for (size_t i = 2; i < w->nsessions + 2; i++)
		start[i] += start[i - 1];
	/* start[b + 1] runs from the first place of b to that of b + 1 */
	for (size_t i = 0; i < w->nedges; i++)
		to[start[w->edges[i].blocker + 1]++] = w->edges[i].waiter;
	for (uint32_t s = 0; s < w->nsessions; s++) {
		size_t ntodo = 0;

		w->stamp++;
		w->mark[s] = w->stamp;
		todo[ntodo++] = s;
		while (ntodo > 0) {
			uint32_t v = todo[--ntodo];

			for (uint32_t e = start[v]; e < start[v + 1]; e++) {
				if (w->mark[to[e]] == w->stamp)
					continue;
				w->mark[to[e]] = w->stamp;
				w->sessions[s].blocks++;
				todo[ntodo++] = to[e];
			}
		}
	}
	xfree(start);
	xfree(to);
	xfree(todo);
}

static void keep_involved(struct work *w, struct lock_graph *ret_graph)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->nsessions; i++)
		if (w->sessions[i].blockers > 0 || w->sessions[i].blocks > 0)
			w->sessions[kept++] = w->sessions[i];
	ret_graph->sessions = w->sessions;
	ret_graph->n = kept;
	w->sessions = NULL;
}

bool lock_graph_build(const struct lock_row *rows, size_t n, bool queue_known, struct lock_graph *ret_graph,
		      struct err *err)
{
	struct work w = {.rows = rows, .n = n, .queue_known = queue_known};
	bool ok = true;

	*ret_graph = (struct lock_graph){0};
	if (n > LOCK_ROWS_MAX)
		return err_set(err, ERR_LIMIT, "%zu locks on contested objects; at most %d are looked at", n,
			       LOCK_ROWS_MAX);
	if (n == 0)
		return true;
	w.order = xcalloc(n, sizeof(*w.order));
	w.scratch = xcalloc(n, sizeof(*w.scratch));
	w.node = xcalloc(n, sizeof(*w.node));
	number_nodes(&w);
	if (w.nsessions > LOCK_SESSIONS_MAX) {
		ok = err_set(err, ERR_LIMIT, "%zu sessions hold or want contested locks; at most %d are looked at",
			     w.nsessions, LOCK_SESSIONS_MAX);
		goto out;
	}
	w.mark = xcalloc(w.nsessions, sizeof(*w.mark));
	link_objects(&w);
	count_reached(&w);
	keep_involved(&w, ret_graph);
out:
	xfree(w.order);
	xfree(w.scratch);
	xfree(w.node);
	xfree(w.sessions);
	xfree(w.mark);
	xfree(w.edges);
	return ok;
}

void lock_graph_release(struct lock_graph *g)
{
	xfree(g->sessions);
	*g = (struct lock_graph){0};
}

const struct lock_session *lock_graph_find(const struct lock_graph *g, int64_t pid)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (g->sessions[mid].pid == pid)
			return &g->sessions[mid];
		if (g->sessions[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
