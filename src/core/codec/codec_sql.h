/*
 * codec_sql.h: PostgreSQL results in binary format to records.
 *
 * Columns are matched to fields by name once per result; unknown columns are left for the source, missing fields
 * stay absent. Accepted types: bool, int2/4/8, oid, xid (as number), float4/8, numeric is refused, text, name, varchar,
 * "char", bpchar, timestamptz (binary microseconds since 2000-01-01 UTC; infinity is absent), interval is refused.
 * Anything else is ERR_PROTOCOL naming column and type, so a wrong SQL file cannot pass.
 */
#ifndef CODEC_SQL_H
#define CODEC_SQL_H

#include "model/snapshot.h"

struct pg_result; /* libpq's PGresult */

#define SQL_COLUMNS_MAX 64

/* Column map of one result for one record type. */
struct sql_map {
	int n;
	struct sql_column {
		int16_t column;
		int16_t field;
		const struct sql_type *type; /* of a table in codec_sql.c */
	} columns[SQL_COLUMNS_MAX];
};

bool sql_map_result(const struct pg_result *r, const struct rec_type *type, struct sql_map *ret_map,
		    struct err *err) MUST_CHECK;
/* Decodes row y into row; texts are copied to the arena. */
bool sql_read_row(const struct pg_result *r, int y, const struct sql_map *m, const struct rec_type *type, void *row,
		  struct arena *a, struct err *err) MUST_CHECK;
/* All rows of r into s. */
bool sql_read_rows(const struct pg_result *r, struct snapshot *s, struct err *err) MUST_CHECK;
/* Single values by column number; false when NULL. Type is checked (BUG on misuse). */
bool sql_i64(const struct pg_result *r, int y, int x, int64_t *ret_value);
bool sql_text(const struct pg_result *r, int y, int x, struct str *ret_value); /* borrowed from r */

#endif
