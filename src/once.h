/*
 * once.h: one complete refresh to standard output, and the list of fields.
 */
#ifndef ONCE_H
#define ONCE_H

#include "cli.h"
#include "runtime/sched.h"

/* Exit statuses of --once (design, command line). */
enum once_status { ONCE_OK, ONCE_SOME_FAILED, ONCE_USAGE, ONCE_NONE };

/* Fetches what --pane names (default: everything), prints it in --format. Blocks at most ONCE_DEADLINE_US. */
enum once_status once_run(struct runtime *rt, const struct options *o, struct err *err);
/* Prints every source and field in --format. */
void once_fields(const struct options *o);

#endif
