/*
 * slow_log.h: what is asked for when slow statements are to be logged for a time: "250 for 15", of a role
 * "app 250 for 15" or "app in orders 250 for 15", of a database "orders 250 for 15". Pure; any thread.
 */
#ifndef MODEL_SLOW_LOG_H
#define MODEL_SLOW_LOG_H

#include "base/str.h"

#include <stdint.h>

#define SLOW_LOG_PARAMETER "log_min_duration_statement"
#define SLOW_LOG_MINUTES 15 /* when it is not said for how long */
/* Operations of operations.def, beside those of the parameter group and of the server. */
#define SLOW_LOG_ROLE "slow log role"
#define SLOW_LOG_DATABASE "slow log database"
#define SLOW_LOG_NAME_MAX 63 /* bytes of a role's or database's name */

struct slow_log_wish {
	struct str role, database; /* "" = every; slices of the text */
	int64_t ms;                /* threshold, 0 to INT32_MAX */
};

/* " for N" at its end is left to others (change_take_minutes()). False: it is not of the operation's form. */
bool slow_log_read(const char *operation, struct str text, struct slow_log_wish *ret_wish);
/* One of the operations that lower the threshold. */
bool slow_log_is(const char *operation);

#endif
