/*
 * whoami.h: `auroratop whoami`: who AWS takes us for, to standard output.
 */
#ifndef WHOAMI_H
#define WHOAMI_H

#include "cli.h"
#include "runtime/sched.h"

/* Exit statuses: AWS knows us; wrong usage; it does not, or there are no credentials. */
enum whoami_status { WHOAMI_OK, WHOAMI_USAGE = 2, WHOAMI_NOBODY = 3 };

/* Runs the command `whoami`, prints its result in --format text or json. Blocks as long as that may. */
enum whoami_status whoami_run(struct runtime *rt, const struct options *o, struct err *err);

#endif
