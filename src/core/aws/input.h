/*
 * input.h: what several AWS sources share: reading their inputs by public field name, readiness,
 * the meaning of a status word, units of the wire.
 */
#ifndef AWS_INPUT_H
#define AWS_INPUT_H

#include "base/buf.h"
#include "runtime/source.h"

#define AWS_LIST_MAX 4096 /* bytes of a list of identifiers */
/* RDS allows 50 tags, keys of 128 and values of 256 characters. */
#define AWS_TAGS_MAX (128u << 10)

/* Text of a field of an input row, "" when absent. */
struct str aws_input_text(const struct snapshot *s, size_t row, const char *field);
/* Number of a field of an input row; false when absent. */
bool aws_input_i64(const struct snapshot *s, size_t row, const char *field, int64_t *ret_value);
/* Appends every distinct item of a list field over all rows, separated by ','. */
void aws_input_collect(const struct snapshot *s, const char *field, struct buf *out);
/* True when item is one of the comma-separated items of list. */
bool aws_list_has(struct str list, struct str item);

/* source.ready of everything that belongs to one open cluster and reads "clusters" as its first input. */
enum readiness aws_ready_cluster(const struct target *t, const struct snapshot *const *inputs, struct err *why);
/* True for a status that will change by itself soon: creating, modifying, failing-over, unknown words. */
bool aws_status_moving(struct str status);
/* Is any row's status moving? For source.busy. */
bool aws_any_moving(const struct snapshot *s);
/* Wire number times factor; INT64_MAX instead of an overflow. */
int64_t aws_scale(int64_t value, int64_t factor);
/*
 * key=value,... out of a TagList decoded as "Key=..." and "Value=..." halves (F_LIST | F_NAMED); each pair in any
 * order. False when one is missing or holds a comma: then no tag is known.
 */
bool aws_pair_tags(struct str halves, struct arena *a, struct str *ret_tags);
/* The last part of an ARN, behind ':' or '/'; the text itself when it is none. */
struct str aws_arn_name(struct str arn);
/*
 * A call that brings only a part of the rows has failed. True: the rows are worth having without it, and the fields
 * (separated by blanks) say why they are missing, "needs ACTION" when it is not allowed. False: cancelled, or what has
 * failed is no matter of this call alone (no network, no credentials, throttled); then err stands for the source.
 */
bool aws_part_missing(struct snapshot *out, const char *fields, const char *action, const struct err *err);
/* The words of aws_part_missing(); in a buffer of ERR_TEXT_MAX. */
const char *aws_part_reason(const char *action, const struct err *err, char reason[ERR_TEXT_MAX]);
/* Appends to the error that the open cluster is not in this region. */
void aws_explain_not_found(const struct target *t, const char *region, struct err *err);

#endif
