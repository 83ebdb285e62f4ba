/*
 * digraph.c: arcs as one array, then as lists by their first node.
 *
 * Components are found by Tarjan's method with a stack of our own: a queue of locks can be
 * thousands deep, which a recursion would put on the thread's stack.
 */
#include "db/digraph.h"

#include "base/check.h"
#include "base/xalloc.h"

void digraph_init(struct digraph *g, uint32_t n)
{
	*g = (struct digraph){.n = n};
}

void digraph_release(struct digraph *g)
{
	xfree(g->arcs);
	xfree(g->start);
	xfree(g->to);
	*g = (struct digraph){0};
}

uint32_t digraph_add_node(struct digraph *g)
{
	return g->n++;
}

void digraph_add_arc(struct digraph *g, uint32_t from, uint32_t to)
{
	CHECK(from < g->n && to < g->n);
	if (g->narcs == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 256;
		g->arcs = xrealloc_array(g->arcs, g->cap, sizeof(*g->arcs));
	}
	g->arcs[g->narcs++] = (struct arc){from, to};
}

void digraph_seal(struct digraph *g)
{
	g->start = xcalloc((size_t)g->n + 2, sizeof(*g->start));
	g->to = xcalloc(g->narcs + 1, sizeof(*g->to));
	for (size_t i = 0; i < g->narcs; i++)
		g->start[g->arcs[i].from + 2]++;
	for (size_t v = 2; v < (size_t)g->n + 2; v++)
		g->start[v] += g->start[v - 1];
	/* start[v + 1] runs from the first place of v to that of v + 1 */
	for (size_t i = 0; i < g->narcs; i++)
		g->to[g->start[g->arcs[i].from + 1]++] = g->arcs[i].to;
}

/* ---- components ---- */

#define UNSEEN 0u

struct tarjan {
	const struct digraph *g;
	uint32_t *order;  /* when a node was first seen, from 1; UNSEEN */
	uint32_t *lowest; /* the earliest node on the stack that it reaches */
	uint32_t *next;   /* of its arcs, the one to follow now */
	uint32_t *open;   /* seen, component not yet known */
	uint32_t *path;   /* from the start of this search to the node it stands at */
	uint32_t nopen, npath, seen, ncomponents;
	uint32_t *component; /* UINT32_MAX = open or unseen */
};

static void enter(struct tarjan *t, uint32_t v)
{
	t->order[v] = t->lowest[v] = ++t->seen;
	t->next[v] = t->g->start[v];
	t->open[t->nopen++] = v;
	t->path[t->npath++] = v;
}

/* All arcs of v are followed: closes its component, if v was the first of it. */
static void leave(struct tarjan *t, uint32_t v)
{
	uint32_t w;

	t->npath--;
	if (t->npath > 0 && t->lowest[v] < t->lowest[t->path[t->npath - 1]])
		t->lowest[t->path[t->npath - 1]] = t->lowest[v];
	if (t->lowest[v] != t->order[v])
		return;
	do {
		w = t->open[--t->nopen];
		t->component[w] = t->ncomponents;
	} while (w != v);
	t->ncomponents++;
}

static void search(struct tarjan *t, uint32_t from)
{
	enter(t, from);
	while (t->npath > 0) {
		uint32_t v = t->path[t->npath - 1], w;

		if (t->next[v] == t->g->start[v + 1]) {
			leave(t, v);
			continue;
		}
		w = t->g->to[t->next[v]++];
		if (t->order[w] == UNSEEN)
			enter(t, w);
		else if (t->component[w] == UINT32_MAX && t->order[w] < t->lowest[v])
			t->lowest[v] = t->order[w];
	}
}

void digraph_components(const struct digraph *g, uint32_t *ret_component)
{
	struct tarjan t = {.g = g, .component = ret_component};

	t.order = xcalloc(g->n, sizeof(*t.order));
	t.lowest = xcalloc(g->n, sizeof(*t.lowest));
	t.next = xcalloc(g->n, sizeof(*t.next));
	t.open = xcalloc(g->n, sizeof(*t.open));
	t.path = xcalloc(g->n, sizeof(*t.path));
	for (uint32_t v = 0; v < g->n; v++)
		ret_component[v] = UINT32_MAX;
	for (uint32_t v = 0; v < g->n; v++)
		if (t.order[v] == UNSEEN)
			search(&t, v);
	xfree(t.order);
	xfree(t.lowest);
	xfree(t.next);
	xfree(t.open);
	xfree(t.path);
}
