/*
 * sqlset.h: which statement text a server gets.
 *
 * Statements are files in sql/, compiled in. NAME.sql serves every version from 11 on;
 * NAME.MAJOR.sql (sessions.14.sql) serves that major version and later ones, up to the
 * next file. Pure; any thread.
 */
#ifndef DB_SQLSET_H
#define DB_SQLSET_H

#include "base/buf.h"
#include "base/embedded.h"

#define SQL_OLDEST_VERSION 110000
/* Stands in a statement for the schema of the extension it reads. */
#define SQL_SCHEMA_MARK "@extschema@"

extern const struct embedded sql_files[];
extern const size_t sql_nfiles;

/* The file of n for name that serves server_version_num best, or NULL. */
const struct embedded *sqlset_pick(const struct embedded *files, size_t n, const char *name, int server_version_num);
/* Text of a compiled-in statement without its heading comment; NUL-terminated, static. An unknown name is a BUG. */
const char *sqlset_text(const char *name, int server_version_num);
/*
 * Appends text with every SQL_SCHEMA_MARK replaced by schema as a quoted identifier, so that a schema's name can never
 * be read as anything else. schema is a name as the catalog has it, not quoted. False when out is full.
 */
bool sqlset_put_schema(struct buf *out, struct str text, struct str schema);

#endif
