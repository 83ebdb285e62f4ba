/*
 * plan.h: a query plan as rows, and what is worth a warning in it.
 *
 * Row 0 is the statement with everything the plan assumes; then the nodes, each after
 * its parent; then the warnings, each about a node. Everything is an estimate of the
 * planner or read from the catalog: no statement was executed, so there are no actual
 * rows and no times. Pure.
 */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "model/snapshot.h"

#define PLAN_NODES_MAX 5000
#define PLAN_DEPTH_MAX 200
#define PLAN_BYTES_MAX (8u << 20)
/* A relation from this size on is worth a warning when it is read whole. */
#define PLAN_LARGE_BYTES (INT64_C(128) << 20)
/* An inner side that is run more often than this is worth a warning. */
#define PLAN_MANY_LOOPS 10000
/* Nodes below this share of the whole cost are not worth a warning. */
#define PLAN_SMALL_RATIO 0.02

/* err.id of a snapshot that says "ask first": the role is so powerful that planning needs consent. */
#define PLAN_CONSENT "consent"

#define PLAN_STATEMENT "statement"
#define PLAN_NODE "node"
#define PLAN_WARNING "warning"

struct plan_row {
	uint64_t present;
	int64_t number, parent, depth;
	struct str kind;
	/* a node */
	struct str node, subplan, schema, relation, alias, index, condition, filter, keys;
	int64_t rows, width_bytes, workers, relation_bytes;
	double startup_cost, total_cost, own_cost, own_ratio, tree_ratio;
	/* a warning; parent is the node */
	struct str warning, next;
	/* the statement */
	struct str query, origin, role, database, search_path, settings, note;
	int64_t captured_at;
};

extern const struct rec_type plan_type;

/* What the catalog says of a relation that the plan reads. */
struct plan_relation {
	struct str schema, name;
	int64_t bytes; /* relpages * block size, as of the last VACUUM or ANALYZE */
	double rows;   /* reltuples */
	bool never_analyzed;
};

/* What the plan is judged by. 0 = unknown: no warning that needs it. */
struct plan_facts {
	const struct plan_relation *relations;
	size_t nrelations;
	int64_t work_mem_bytes;
	double hash_mem_multiplier; /* of work_mem; 1 before PostgreSQL 15 unless set */
};

/* A private snapshot with row 0, kind "statement". */
struct snapshot *plan_new(const char *source);
/* Row 0, to fill in. */
struct plan_row *plan_statement(struct snapshot *s);
/* Appends a node below the row numbered parent (0 = a root). NULL beyond PLAN_NODES_MAX or PLAN_DEPTH_MAX: err. */
struct plan_row *plan_add_node(struct snapshot *s, int64_t parent, struct err *err);
/*
 * Fills own_cost, own_ratio and tree_ratio of all nodes from their total costs. The planner counts an inner side, a
 * subplan and what stands below a LIMIT for one whole run; here each node's part is what it contributes to the root:
 * inner sides times the estimated outer rows, parts of a tree that is not read to its end in proportion. The own costs
 * add up to the root's total.
 */
void plan_share_costs(struct snapshot *s);
/* Appends the warnings. After plan_share_costs(). */
void plan_warn(struct snapshot *s, const struct plan_facts *facts);
/* Appends the plan as lines of text in the manner of EXPLAIN, literals masked where asked. */
bool plan_write(struct buf *out, const struct snapshot *s, bool mask_literals);

#endif
