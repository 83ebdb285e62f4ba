/*
 * demo_actors.h: who works in the demo's database and what each of them does, as tables.
 *
 * An actor is one connection that repeats its steps for ever: send sql with its arguments, take
 * the answer, pause, next. Times are milliseconds; the real pause is chosen evenly between the
 * two. An error or a lost connection starts the script over.
 */
#ifndef SIM_DEMO_ACTORS_H
#define SIM_DEMO_ACTORS_H

#include <stdbool.h>
#include <stddef.h>

#define DEMO_STEP_ARGS_MAX 3

struct demo_step {
	const char *sql;
	/* One letter per parameter: c customer, o order, s sku, a array of skus, q small quantity, t seconds to sleep,
	 * H the contended sku, O the contended order, I the order of the forgotten transaction. */
	const char *args;
	int pause_min, pause_max;
};

struct demo_actor {
	const char *app, *user;
	int copies;
	int first; /* milliseconds before the first step; copies follow one another by as much again */
	const struct demo_step *steps;
	size_t nsteps;
	bool reader; /* works on the reader */
};

extern const struct demo_actor demo_actors[];
extern const size_t demo_nactors;

#endif
