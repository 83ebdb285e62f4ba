/*
 * slow_statement.h: why a statement is slow, as ranked causes with their evidence.
 *
 * Deterministic rules over what is known at one moment; no rule guesses: a fact that is
 * not known (negative, NaN, empty) silences the rules that need it. Pure; any thread.
 */
#ifndef VERDICT_SLOW_STATEMENT_H
#define VERDICT_SLOW_STATEMENT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOW_TABLES_MAX 8
#define SLOW_PLAN_MAX 16
#define SLOW_CAUSES_MAX 8
#define SLOW_TEXT_MAX 200

/* What is known of one relation the statement names. */
struct slow_table {
	struct str name;                          /* as it is shown */
	int64_t rows;                             /* estimate, -1 = unknown */
	int64_t dead_rows, changed_since_analyze; /* -1 = unknown */
	int64_t analyzed_us;                      /* time since the last ANALYZE, -1 = never, -2 = unknown */
};

/* One remark of the plan (model/plan.h), when somebody has asked for it. */
struct slow_plan_remark {
	struct str warning, next;
};

struct slow_facts {
	/* the session that runs it; running false = none does now */
	bool running;
	int64_t query_us;                 /* -1 = unknown */
	struct str wait_type, wait_event; /* "" = on a processor */
	struct str application, client;
	int64_t wait_us;    /* of a lock wait, -1 = unknown */
	int64_t blocked_by; /* pid, 0 = a prepared transaction, -1 = nobody */
	int64_t blockers;   /* sessions it waits for directly */
	/* the first blocker; "" and -1 = unknown */
	struct str blocker_state, blocker_application;
	int64_t blocker_xact_us;
	/* pg_stat_statements; -1 and NaN = unknown */
	int64_t calls, mean_us;
	double hit_ratio;
	int64_t read_bytes_per_call, temp_bytes_per_call;
	/* the server */
	int64_t sessions, max_connections, work_mem_bytes;
	struct slow_table tables[SLOW_TABLES_MAX];
	size_t ntables;
	struct slow_plan_remark plan[SLOW_PLAN_MAX];
	size_t nplan;
	bool has_plan;
};

enum slow_level { SLOW_NOTICE, SLOW_WARN, SLOW_CRIT };

struct slow_cause {
	const char *id; /* "blocked"; stable */
	enum slow_level level;
	int weight; /* 0 to 100; higher explains more */
	char sentence[SLOW_TEXT_MAX], evidence[SLOW_TEXT_MAX], next[SLOW_TEXT_MAX];
};

/* Every fact unknown. */
void slow_facts_init(struct slow_facts *f);
/* The causes, weightiest first; equal weights in the order of the rules. When none applies: one notice that says so. */
size_t slow_causes(const struct slow_facts *f, struct slow_cause *ret_causes);

/* A relation as a statement names it. */
struct relation_name {
	struct str schema, name; /* schema "" = not said; unquoted, folded to lower case where it was not quoted */
	char text[2 * 64 + 2];   /* holds both */
};
/*
 * The relations that a statement reads or changes: what stands after FROM, JOIN, UPDATE, INTO and TABLE, each once.
 * The text may be cut anywhere. Names of WITH queries are left out. Returns how many, at most max.
 */
size_t statement_relations(struct str text, struct relation_name *ret_names, size_t max);

#endif
