/*
 * roots.h: the root certificates that a database of RDS is verified with, as files of this machine.
 *
 * They are never shipped: Amazon changes them, and a stale copy fails on the day nobody expects it. Each partition of
 * AWS has a bundle of its own.
 */
#ifndef DB_ROOTS_H
#define DB_ROOTS_H

#include "base/err.h"
#include "db/rds_host.h"

#define ROOTS_PATH_MAX 1024

/*
 * A bundle in one of the usual places, one of the host's own partition first; of an RDS Proxy what the machine trusts.
 * False: there is none. Any thread.
 */
bool roots_find(struct str host, char ret_path[ROOTS_PATH_MAX]);
/* libpq's own default file, ~/.postgresql/root.crt, exists. */
bool roots_has_default(void);
/* "curl ...": what fetches the bundle of the host's partition to where roots_find() looks first; in words where its
 * address is not known. */
void roots_command(struct str host, char out[ERR_REMEDY_MAX]);

#endif
