/*
 * conn_own.h: the list behind conn_is_own() and conn_own(); for conn.c only.
 */
#ifndef DB_CONN_OWN_H
#define DB_CONN_OWN_H

#include <stdatomic.h>
#include <stdint.h>

/* A place that holds pid until 0 is stored there; NULL: there are too many. Any thread. */
atomic_llong *conn_own_add(int64_t pid);

#endif
