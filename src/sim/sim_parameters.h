/*
 * sim_parameters.h: the cluster parameters of Aurora PostgreSQL that the simulator knows.
 */
#ifndef SIM_PARAMETERS_H
#define SIM_PARAMETERS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct sim_parameter {
	const char *name, *type, *allowed; /* type and allowed as the service writes them; allowed NULL = anything */
	const char *value;                 /* of the engine, NULL = unset */
	const char *own;                   /* what groups that are not default.* have at the start, NULL = value */
	bool is_static, fixed;             /* fixed: cannot be modified */
	const char *text;
};

extern const struct sim_parameter sim_parameters[]; /* by name */
extern const size_t sim_nparameters;

/* NULL = unknown. */
const struct sim_parameter *sim_parameter_of(struct str name);
/* May a parameter have this value? */
bool sim_parameter_allows(const struct sim_parameter *p, struct str value);

#endif
