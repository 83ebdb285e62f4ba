/*
 * doctor.h: `auroratop doctor`: the connection doctor's steps to standard output.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "cli.h"
#include "runtime/sched.h"

/* Exit statuses: every step that counts is in order; some warn; one failed; it did not get far enough to tell, or wrong
 * usage. */
enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILED, DOCTOR_UNKNOWN };

/* Asks AWS, runs the command `doctor`, prints its result in --format text or json. Blocks as long as these two may. */
enum doctor_status doctor_run(struct runtime *rt, const struct options *o, struct err *err);

#endif
