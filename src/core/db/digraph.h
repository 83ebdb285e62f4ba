/*
 * digraph.h: a directed graph of numbered nodes: arcs, components, walks. Pure; one thread.
 *
 * First nodes and arcs are added, then digraph_seal() makes the lists that the questions need.
 */
#ifndef DB_DIGRAPH_H
#define DB_DIGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digraph {
	uint32_t n;
	struct arc {
		uint32_t from, to;
	} * arcs;
	size_t narcs, cap;
	/* after digraph_seal(): the nodes that v leads to are to[start[v]] .. to[start[v + 1] - 1] */
	uint32_t *start, *to;
};

/* A graph of n nodes without arcs. */
void digraph_init(struct digraph *g, uint32_t n);
void digraph_release(struct digraph *g);
/* One more node; its number. */
uint32_t digraph_add_node(struct digraph *g);
void digraph_add_arc(struct digraph *g, uint32_t from, uint32_t to);
/* No more nodes and arcs. */
void digraph_seal(struct digraph *g);
/* Strongly connected components: nodes with the same number in ret_component (n of them) reach one another. */
void digraph_components(const struct digraph *g, uint32_t *ret_component);

#endif
