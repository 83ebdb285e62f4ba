/*
 * nodes.c: the same source on several nodes of a cluster.
 *
 * Each further node is a small runtime of its own: the same table of sources, its own
 * lanes, mailboxes, back-off and store, and a target that names the node. It shares the
 * wake-up with its parent, which advances it in its own tick. Which nodes there are is
 * the source's word (nodes()), asked whenever one of its inputs has changed.
 *
 * A merged source has no fetch. Its snapshot is the rows of the target's own node
 * followed by those of the others that answer; it is made anew when one of them brought
 * something. When the own node fails, that is the outcome; a further node that fails is
 * merely absent, and its store says why.
 *
 * A runtime is never freed when its node goes away, because that would mean waiting for
 * its lanes: it is left without demand, closes its connections when idle, and serves the
 * next node that comes.
 */
#include "runtime/sched_internal.h"

#include "base/clock.h"
#include "base/xalloc.h"

size_t merged_from(const struct runtime *rt, size_t i)
{
	return rt->sources[i]->merges ? rt->jobs[i].fetcher : SOURCES_MAX;
}

/* ---- which ---- */

static bool same_node(const struct target *a, const struct target *b)
{
	return strcmp(a->node, b->node) == 0 && strcmp(a->node_host, b->node_host) == 0 &&
	       a->node_port == b->node_port && strcmp(a->node_conninfo, b->node_conninfo) == 0 &&
	       strcmp(a->cluster, b->cluster) == 0 && strcmp(a->conninfo, b->conninfo) == 0;
}

static struct node *add_node(struct runtime *rt, const struct target *t)
{
	struct node *node = &rt->nodes[rt->nnodes++];

	node->rt = runtime_new_sharing(rt->sources, rt->n, t, rt->wake);
	runtime_pause(node->rt, rt->paused);
	for (size_t i = 0; i < rt->n; i++)
		node->rt->jobs[i].wide = rt->jobs[i].wide;
	return node;
}

/* The runtime of this node, or one that serves no node, or a new one. NULL: there are too many. */
static struct node *place_for(struct runtime *rt, const struct target *t)
{
	for (size_t k = 0; k < rt->nnodes; k++)
		if (!rt->nodes[k].used && same_node(rt->nodes[k].rt->target, t))
			return &rt->nodes[k];
	for (size_t k = 0; k < rt->nnodes; k++)
		if (!rt->nodes[k].used && strcmp(rt->nodes[k].rt->target->node, t->node) == 0)
			return &rt->nodes[k];
	return rt->nnodes < RUNTIME_NODES_MAX ? add_node(rt, t) : NULL;
}

static void use_node(struct runtime *rt, const struct target *t)
{
	struct node *node = place_for(rt, t);

	if (!node)
		return;
	node->used = true;
	if (!same_node(node->rt->target, t)) {
		runtime_set_target(node->rt, t);
	} else if (node->rt->target->interval_us != t->interval_us) {
		/* same world, another pace: the generation it knows */
		struct target *same = target_new();

		target_copy(same, t);
		same->generation = node->rt->target->generation;
		runtime_set_target(node->rt, same);
		target_unref(same);
	}
}

static void choose(struct runtime *rt, size_t i)
{
	const struct snapshot *inputs[SOURCE_INPUTS_MAX];
	struct target *targets[RUNTIME_NODES_MAX];
	size_t n;

	for (size_t k = 0; k < SOURCE_INPUTS_MAX; k++)
		inputs[k] = k < rt->jobs[i].ninputs ? rt->store.entries[rt->jobs[i].inputs[k]].good : NULL;
	n = rt->sources[i]->nodes(rt->target, inputs, targets, RUNTIME_NODES_MAX);
	for (size_t k = 0; k < n; k++) {
		use_node(rt, targets[k]);
		target_unref(targets[k]);
	}
}

/* ---- merging ---- */

/* What a node contributes: its newest good rows, unless it fails now. */
static const struct snapshot *part_of(const struct node *node, size_t source)
{
	const struct store_entry *e = &node->rt->store.entries[source];

	return node->used && e->failures == 0 ? e->good : NULL;
}

static unsigned forward(struct runtime *rt, size_t i, const struct snapshot *own)
{
	struct snapshot *s = snapshot_new(rt->sources[i]->type, rt->sources[i]->name);

	snapshot_fail(s, own->state, &own->err);
	s->generation = own->generation;
	s->at_us = own->at_us;
	return store_put(&rt->store, i, snapshot_publish(s));
}

static unsigned merge(struct runtime *rt, size_t i)
{
	size_t source = merged_from(rt, i), n = 1;
	const struct store_entry *own = &rt->store.entries[source];
	const struct snapshot *parts[SNAPSHOT_PARTS_MAX];
	bool changed = rt->jobs[i].seen_version != own->version;

	if (!own->latest)
		return 0;
	rt->jobs[i].seen_version = own->version;
	if (own->latest->state != SNAP_OK)
		return changed ? forward(rt, i, own->latest) : 0;
	parts[0] = own->good;
	for (size_t k = 0; k < rt->nnodes; k++) {
		const struct snapshot *part = part_of(&rt->nodes[k], source);

		changed = changed || part != rt->nodes[k].merged;
		rt->nodes[k].merged = part;
		if (part)
			parts[n++] = part;
	}
	if (!changed)
		return 0;
	return store_put(&rt->store, i, snapshot_concat(parts, n, rt->sources[i]->name));
}

/* ---- the tick ---- */

/* What is merged, and what is kept ready beside it. */
static uint64_t demand_for_nodes(const struct runtime *rt)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < rt->n; i++)
		if (merged_from(rt, i) < SOURCES_MAX && (rt->wanted & source_bit(i)))
			mask |= source_bit(merged_from(rt, i));
	for (size_t i = 0; mask && i < rt->n; i++)
		if ((rt->sources[i]->flags & SOURCE_STANDING) && (rt->wanted & source_bit(i)))
			mask |= source_bit(i);
	return mask;
}

/* Another target, another demand, or news from what the nodes are chosen by. */
static bool must_choose(struct runtime *rt, uint64_t wanted)
{
	uint64_t versions = 0;

	for (size_t i = 0; i < rt->n; i++)
		for (size_t k = 0; (wanted & source_bit(i)) && rt->sources[i]->nodes && k < rt->jobs[i].ninputs; k++)
			versions += rt->store.entries[rt->jobs[i].inputs[k]].version;
	if (rt->chosen.valid && rt->chosen.wanted == wanted && rt->chosen.versions == versions)
		return false;
	rt->chosen.valid = true;
	rt->chosen.wanted = wanted;
	rt->chosen.versions = versions;
	return true;
}

static void choose_all(struct runtime *rt, uint64_t wanted)
{
	for (size_t k = 0; k < rt->nnodes; k++)
		rt->nodes[k].used = false;
	for (size_t i = 0; i < rt->n; i++)
		if ((wanted & source_bit(i)) && rt->sources[i]->nodes)
			choose(rt, i);
}

int64_t nodes_tick(struct runtime *rt, unsigned *changed)
{
	uint64_t wanted = rt->target->node[0] ? 0 : demand_for_nodes(rt);
	int64_t next = INT64_MAX;

	if (must_choose(rt, wanted))
		choose_all(rt, wanted);
	for (size_t k = 0; k < rt->nnodes; k++) {
		struct node *node = &rt->nodes[k];
		unsigned arrived;
		int64_t when;

		runtime_demand(node->rt, node->used ? wanted : 0);
		when = runtime_tick(node->rt, &arrived);
		*changed += arrived;
		next = when < next ? when : next;
	}
	for (size_t i = 0; i < rt->n; i++)
		if (merged_from(rt, i) < SOURCES_MAX && !rt->target->node[0])
			*changed += merge(rt, i);
	return next;
}

void nodes_stop_begin(struct runtime *rt)
{
	for (size_t k = 0; k < rt->nnodes; k++)
		for (size_t i = 0; i < LANE__COUNT; i++)
			lane_stop_begin(rt->nodes[k].rt->lanes[i]);
}

/* ---- for the UI ---- */

static const struct node *nth_used(const struct runtime *rt, size_t n)
{
	for (size_t k = 0; k < rt->nnodes; k++)
		if (rt->nodes[k].used && n-- == 0)
			return &rt->nodes[k];
	return NULL;
}

size_t runtime_nodes(const struct runtime *rt)
{
	size_t n = 0;

	for (size_t k = 0; k < rt->nnodes; k++)
		n += rt->nodes[k].used;
	return n;
}

const struct target *runtime_target_of(const struct runtime *rt, struct str name)
{
	for (size_t k = 0; k < rt->nnodes; k++)
		if (rt->nodes[k].used && str_eq_c(name, rt->nodes[k].rt->target->node))
			return rt->nodes[k].rt->target;
	return rt->target;
}

const char *runtime_node_name(const struct runtime *rt, size_t i)
{
	const struct node *node = nth_used(rt, i);

	CHECK(node);
	return node->rt->target->node;
}

struct store *runtime_node_store(const struct runtime *rt, size_t i)
{
	const struct node *node = nth_used(rt, i);

	CHECK(node);
	return &node->rt->store;
}
