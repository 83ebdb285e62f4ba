/*
 * codec_csv.h: snapshots as CSV (RFC 4180, UTF-8, LF), with spreadsheet formulas defused.
 *
 * A cell that starts with = + - @ or a tab and is not a number gets a leading apostrophe; controls are
 * sanitised. Heading row has the public names.
 */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "model/snapshot.h"

bool csv_write_heading(struct buf *out, const struct rec_type *type);
bool csv_write_row(struct buf *out, const struct snapshot *s, size_t row, bool mask_literals);

#endif
