/*
 * codec_json.h: records to JSON text (exports, --once), and reading JSON answers through jansson.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "model/snapshot.h"

#define JSON_BODY_MAX (16u << 20)

struct json_t;

/* Appends s as a JSON string with quotes; invalid UTF-8 becomes U+FFFD, controls \uXXXX. */
bool json_write_string(struct buf *out, struct str s);
/* Appends one record as {FIELD: VALUE}: public names, base units, times ISO 8601, absent null, F_LIST as array.
 * mask_literals replaces literals in F_SENSITIVE fields (sqltext). Rates appear as "NAME_per_s" when the snapshot has
 * rates. */
bool json_write_row(struct buf *out, const struct snapshot *s, size_t row, bool mask_literals);
/* Parses a body (duplicate keys refused). Caller json_decref()s. HTML or an empty body: ERR_PROTOCOL in words. */
bool json_read(struct str body, struct json_t **ret_root, struct err *err) MUST_CHECK;
/* Decodes object members into a record by field->wire (path with '/'). */
bool json_read_record(const struct json_t *object, const struct rec_type *type, void *row, struct arena *a,
		      struct err *err) MUST_CHECK;
/* Both at once for one line of a file of JSON lines; anything but an object is refused. */
bool json_read_line(struct str line, const struct rec_type *type, void *row, struct arena *a,
		    struct err *err) MUST_CHECK;

#endif
