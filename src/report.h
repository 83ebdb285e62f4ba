/*
 * report.h: an incident report without a screen.
 */
#ifndef REPORT_H
#define REPORT_H

#include "cli.h"
#include "once.h"
#include "runtime/sched.h"

/*
 * Fetches once what a report is made of, and writes it to --output, a new file of mode 0600, or to standard output. The
 * statuses are those of --once: all sources answered, some failed, a fault of usage, none answered. err is set when
 * nothing was written.
 */
enum once_status report_run(struct runtime *rt, const struct options *o, struct err *err);

#endif
