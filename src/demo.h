/*
 * demo.h: `auroratop demo`.
 */
#ifndef DEMO_H
#define DEMO_H

#include "cli.h"

/*
 * Starts the helper auroratop-demo (simulator, PostgreSQL, workload) and becomes an
 * ordinary console on what it prints: executes this program again with the helper's settings as
 * environment. The helper holds the read end of a pipe whose write end only the console has, so it cleans up
 * however the console ends. Returns only on failure (err) or, with --headless, never.
 */
bool demo_run(const struct options *o, char **argv, struct err *err) MUST_CHECK;

#endif
