/*
 * forest_tree.c: see forest_tree.h.
 *
 * Stages: count what can be reached from each node; find cycles; choose parents; write the trees
 * down in the order in which they are drawn. Nothing here recurses: a queue can be deep.
 */
#include "db/forest_tree.h"

#include "base/sort.h"
#include "base/xalloc.h"

static int three_way(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

struct walk {
	uint32_t *mark, *todo, *direct;
	uint32_t stamp;
	int64_t now_us;
};

static void count_victim(struct forest_links *b, uint32_t blocker, uint32_t v, int64_t now_us)
{
	struct forest_node *node = &b->nodes[blocker];

	node->victims++;
	if (b->nodes[v].since_us == 0)
		return;
	node->timed_victims++;
	if (now_us > b->nodes[v].since_us)
		node->victims_wait_us += now_us - b->nodes[v].since_us;
}

/* Sessions that s reaches; through gates only at first, which gives the direct ones. */
static void walk_from(struct forest_links *b, struct walk *w, uint32_t s)
{
	const struct digraph *g = &b->graph;
	uint32_t ntodo = 0, ndirect = 0;

	w->mark[s] = ++w->stamp;
	w->todo[ntodo++] = s;
	for (bool direct = true; ntodo > 0; direct = false) {
		while (ntodo > 0) {
			uint32_t v = w->todo[--ntodo];

			for (uint32_t e = g->start[v]; e < g->start[v + 1]; e++) {
				uint32_t to = g->to[e];

				if (w->mark[to] == w->stamp)
					continue;
				w->mark[to] = w->stamp;
				if (to < b->n)
					count_victim(b, s, to, w->now_us);
				if (to < b->n && direct)
					w->direct[ndirect++] = to;
				else
					w->todo[ntodo++] = to;
			}
		}
		if (!direct)
			break;
		b->nodes[s].direct_victims = ndirect;
		for (; ndirect > 0; ndirect--)
			w->todo[ntodo++] = w->direct[ndirect - 1];
	}
}

static void count_victims(struct forest_links *b, int64_t now_us)
{
	struct walk w = {.now_us = now_us};

	w.mark = xcalloc(b->graph.n, sizeof(*w.mark));
	w.todo = xcalloc(b->graph.n, sizeof(*w.todo));
	w.direct = xcalloc(b->graph.n, sizeof(*w.direct));
	for (uint32_t v = 0; v < b->n; v++)
		if (b->graph.start[v] != b->graph.start[v + 1])
			walk_from(b, &w, v);
	xfree(w.mark);
	xfree(w.todo);
	xfree(w.direct);
}

/* A circle that rests on a guess is not called one. */
static void find_cycles(struct forest_links *b)
{
	uint32_t *component = xcalloc(b->graph.n, sizeof(*component));
	uint32_t *sessions = xcalloc(b->graph.n, sizeof(*sessions));

	digraph_components(&b->graph, component);
	for (uint32_t v = 0; v < b->n; v++)
		sessions[component[v]]++;
	for (uint32_t v = 0; v < b->n; v++)
		if (b->nodes[v].unsure)
			sessions[component[v]] = 0;
	for (uint32_t v = 0; v < b->n; v++)
		b->nodes[v].in_cycle = sessions[component[v]] > 1;
	xfree(component);
	xfree(sessions);
}

/* ---- trees ---- */

/* Among those below the same one, and for the top of a cycle: longest wait first. */
static int compare_waits(uint32_t x, uint32_t y, void *ctx)
{
	const struct forest_node *a = &((const struct forest_node *)ctx)[x], *b = &((const struct forest_node *)ctx)[y];
	int c = three_way(forest_start(a->since_us), forest_start(b->since_us));

	if (c == 0)
		c = three_way(b->victims, a->victims);
	return c != 0 ? c : three_way(a->id, b->id);
}

/* Blast radius. */
static int compare_roots(uint32_t x, uint32_t y, void *ctx)
{
	const struct forest_node *a = &((const struct forest_node *)ctx)[x], *b = &((const struct forest_node *)ctx)[y];
	int c = three_way(b->victims, a->victims);

	if (c == 0)
		c = three_way(b->victims_wait_us, a->victims_wait_us);
	return c != 0 ? c : three_way(a->id, b->id);
}

/* Parents are blockers, but where that would lead round in a circle, its longest waiter becomes a root. */
static void choose_parents(struct forest_links *b)
{
	enum { NEW, ON_PATH, DONE };
	uint8_t *state = xcalloc(b->n + 1u, sizeof(*state));

	for (uint32_t v = 0; v < b->n; v++)
		b->nodes[v].parent = b->nodes[v].blocker;
	for (uint32_t v = 0; v < b->n; v++) {
		uint32_t u = v, top = FOREST_NONE;

		for (; u != FOREST_NONE && state[u] == NEW; u = b->nodes[u].parent)
			state[u] = ON_PATH;
		if (u != FOREST_NONE && state[u] == ON_PATH) {
			top = u;
			for (uint32_t c = b->nodes[u].parent; c != u; c = b->nodes[c].parent)
				if (compare_waits(c, top, b->nodes) < 0)
					top = c;
		}
		for (u = v; u != FOREST_NONE && state[u] == ON_PATH; u = b->nodes[u].parent)
			state[u] = DONE;
		if (top != FOREST_NONE)
			b->nodes[top].parent = FOREST_NONE;
	}
	xfree(state);
}

struct family {
	uint32_t *first, *last, *next; /* children, a list for each node */
};

static void raise_family(struct forest_links *b, struct family *fam, uint32_t *ranked, size_t n)
{
	for (uint32_t v = 0; v < b->n; v++)
		fam->first[v] = fam->last[v] = fam->next[v] = FOREST_NONE;
	for (size_t i = 0; i < n; i++) {
		uint32_t v = ranked[i], parent = b->nodes[v].parent;

		if (parent == FOREST_NONE)
			continue;
		if (fam->first[parent] == FOREST_NONE)
			fam->first[parent] = v;
		else
			fam->next[fam->last[parent]] = v;
		fam->last[parent] = v;
	}
}

/* Writes one tree down, each node before those below it, without recursion. */
static void emit(struct forest_links *b, const struct family *fam, uint32_t root, uint32_t *place,
		 struct lock_forest *f)
{
	uint32_t v = root, depth = 0;

	for (;;) {
		place[v] = (uint32_t)f->n;
		f->nodes[f->n] = b->nodes[v];
		f->nodes[f->n].depth = depth;
		f->nodes[f->n++].root = root;
		if (fam->first[v] != FOREST_NONE) {
			v = fam->first[v];
			depth++;
			continue;
		}
		while (v != root && fam->next[v] == FOREST_NONE) {
			v = b->nodes[v].parent;
			depth--;
		}
		if (v == root)
			return;
		v = fam->next[v];
	}
}

static uint32_t moved(const uint32_t *place, uint32_t v)
{
	return v == FOREST_NONE ? FOREST_NONE : place[v];
}

static void write_down(struct forest_links *b, struct lock_forest *f)
{
	uint32_t *ranked = xcalloc(b->n + 1u, sizeof(*ranked)), *place = xcalloc(b->n + 1u, sizeof(*place));
	uint32_t *lists = xcalloc(b->n + 1u, 3 * sizeof(*lists)), *tmp = xcalloc(b->n + 1u, sizeof(*tmp));
	struct family fam = {lists, lists + b->n, lists + 2 * (size_t)b->n};
	size_t n = 0;

	f->nodes = xcalloc(b->n + 1u, sizeof(*f->nodes));
	for (uint32_t v = 0; v < b->n; v++)
		if (b->nodes[v].wait_row != FOREST_NONE || b->nodes[v].victims > 0)
			ranked[n++] = v;
	sort_indices(ranked, tmp, n, compare_waits, b->nodes);
	raise_family(b, &fam, ranked, n);
	sort_indices(ranked, tmp, n, compare_roots, b->nodes);
	for (size_t i = 0; i < n; i++)
		if (b->nodes[ranked[i]].parent == FOREST_NONE)
			emit(b, &fam, ranked[i], place, f);
	CHECK(f->n == n);
	for (size_t i = 0; i < f->n; i++) {
		struct forest_node *node = &f->nodes[i];

		node->parent = moved(place, node->parent);
		node->root = moved(place, node->root);
		node->blocker = moved(place, node->blocker);
		for (uint32_t k = 0; k < node->nalso; k++)
			node->also[k] = moved(place, node->also[k]);
		f->nunsure += node->unsure;
	}
	xfree(ranked);
	xfree(place);
	xfree(lists);
	xfree(tmp);
}

void forest_write_down(struct forest_links *links, int64_t now_us, struct lock_forest *ret_forest)
{
	*ret_forest = (struct lock_forest){0};
	digraph_seal(&links->graph);
	count_victims(links, now_us);
	find_cycles(links);
	choose_parents(links);
	write_down(links, ret_forest);
}
