/*
 * asking.h: commands of the database layer, run one at a time as the console runs them.
 */
#ifndef TESTS_DB_ASKING_H
#define TESTS_DB_ASKING_H

#include "runtime/command.h"

struct asking {
	struct store store;
	struct wake wake;
	struct commands *commands;
	const struct target *target;
};

void asking_init(struct asking *a, const char *conninfo);
/* What commands find as their input clusters, instances or metrics; NULL = nothing. The caller keeps its reference. */
void asking_give(struct asking *a, const char *name, const struct snapshot *s);
void asking_release(struct asking *a);
/* Runs a command to its end; the caller releases *ret_command. */
const struct snapshot *asking_run(struct asking *a, const char *name, const struct command_arg *args, size_t nargs,
				  struct command **ret_command);

/* Only starts it; NULL: err says why not. asking_turn() then takes what has come, after a short wait. */
struct command *asking_start(struct asking *a, const char *name, const struct command_arg *args, size_t nargs,
			     struct err *err);
void asking_turn(struct asking *a);

#endif
