/*
 * sources.h: the sources of this layer, for the registry.
 */
#ifndef DB_SOURCES_H
#define DB_SOURCES_H

#include "runtime/source.h"

extern const struct source source_sessions;      /* feeds the next five */
extern const struct source source_node_sessions; /* of all nodes */
extern const struct source source_activity;
extern const struct source source_load;
extern const struct source source_load_samples;
extern const struct source source_locks;
extern const struct source source_databases;
extern const struct source source_database_sizes;
extern const struct source source_progress;
extern const struct source source_tables;
extern const struct source source_relations;
extern const struct source source_wraparound;
extern const struct source source_slots;
extern const struct source source_xmin_horizon;
extern const struct source source_statements; /* feeds the next one */
extern const struct source source_statements_info;
extern const struct source source_server_log;
extern const struct source source_action; /* keeps the connection of the action lane ready */

#endif
