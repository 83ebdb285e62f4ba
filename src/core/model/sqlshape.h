/*
 * sqlshape.h: the shape of a statement: its text without what differs from call to call.
 *
 * Literals and parameters become ?, a list of them ?, ...; comments go, blanks are made regular,
 * words that are not quoted are lowered. Statements that differ only in values, layout or the place
 * they were sent from have one shape, and so has what pg_stat_statements makes of them ($1). Pure.
 */
#ifndef MODEL_SQLSHAPE_H
#define MODEL_SQLSHAPE_H

#include "base/buf.h"
#include "base/str.h"

#define SQL_SHAPE_MAX 2048 /* bytes of a shape; longer ones are cut there */

/* Appends the shape; the same text gives the same shape everywhere. */
void sql_shape(struct buf *out, struct str text);

#endif
