/*
 * sources.h: the sources of this layer, for the registry.
 */
#ifndef DB_SOURCES_H
#define DB_SOURCES_H

#include "runtime/source.h"

extern const struct source source_sessions; /* feeds the next three */
extern const struct source source_activity;
extern const struct source source_load;
extern const struct source source_load_samples;
extern const struct source source_databases;
extern const struct source source_database_sizes;

#endif
