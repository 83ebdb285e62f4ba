/*
 * codec_plan.h: what EXPLAIN answers, to rows of a plan.
 *
 * Text comes from a server and may be anything: size, depth and number of nodes are
 * bounded, numbers that make no sense are left absent, unknown keys are passed over, so
 * that shapes of later versions still read.
 */
#ifndef CODEC_CODEC_PLAN_H
#define CODEC_CODEC_PLAN_H

#include "model/plan.h"

/* EXPLAIN (FORMAT JSON) of PostgreSQL 11 to 18. Adds nodes, and the settings to row 0. s is from plan_new(). */
bool plan_read_json(struct str json, struct snapshot *s, struct err *err) MUST_CHECK;
/* A plan as EXPLAIN prints it, as aurora_stat_plans() keeps it. Adds nodes; times and actual rows in it are passed
 * over. */
bool plan_read_text(struct str text, struct snapshot *s, struct err *err) MUST_CHECK;

#endif
