/*
 * check.h: the verdicts to standard output, for cron and pipelines.
 */
#ifndef CHECK_H
#define CHECK_H

#include "cli.h"
#include "runtime/sched.h"

/* Exit statuses of check (design, verdicts); the worst that was found. */
enum check_status { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* Judges once, by the same rules as the console, and prints the verdicts in --format: text, json or junit. */
enum check_status check_run(struct runtime *rt, const struct options *o, struct err *err);

#endif
