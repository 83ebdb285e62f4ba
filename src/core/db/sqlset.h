/*
 * sqlset.h: which statement text a server gets.
 *
 * Statements are files in sql/, compiled in. NAME.sql serves every version from 11 on;
 * NAME.MAJOR.sql (sessions.14.sql) serves that major version and later ones, up to the
 * next file. Pure; any thread.
 */
#ifndef DB_SQLSET_H
#define DB_SQLSET_H

#include "base/embedded.h"
#include "base/str.h"

#define SQL_OLDEST_VERSION 110000

extern const struct embedded sql_files[];
extern const size_t sql_nfiles;

/* The file of n for name that serves server_version_num best, or NULL. */
const struct embedded *sqlset_pick(const struct embedded *files, size_t n, const char *name, int server_version_num);
/* Text of a compiled-in statement without its heading comment; NUL-terminated, static. An unknown name is a BUG. */
const char *sqlset_text(const char *name, int server_version_num);

#endif
