/*
 * data.h: reading snapshots by public field name, for who draws or judges single values.
 *
 * Panes and verdicts know records only by the names that `auroratop fields` prints; a name that does
 * not exist reads as absent (and the audits in the tests find it). Any thread that holds the snapshot.
 */
#ifndef MODEL_DATA_H
#define MODEL_DATA_H

#include "model/snapshot.h"

/* False when s is NULL, the row does not exist, or the value is absent. */
bool data_value(const struct snapshot *s, size_t row, const char *field, union value *ret_value);
/* The text, or an empty slice. */
struct str data_str(const struct snapshot *s, size_t row, const char *field);
/* The number, or `absent`. */
int64_t data_i64(const struct snapshot *s, size_t row, const char *field, int64_t absent);
/* The number, or NaN. */
double data_f64(const struct snapshot *s, size_t row, const char *field);
/* Rate per second, or NaN. */
double data_rate(const struct snapshot *s, size_t row, const char *field);
/* Sum of a rate over all rows; NaN when no row has one. */
double data_rate_sum(const struct snapshot *s, const char *field);
/* The whole number of a real one that came from outside: NaN is 0, what does not fit is the nearest that does. */
int64_t data_whole(double v);
/* The item is one of a list as F_LIST fields have it. */
bool data_list_has(struct str list, struct str item);
/* For loops over many rows: the field by its name once, -1 = there is none, and then its value of each row. */
int data_field(const struct snapshot *s, const char *field);
struct str data_str_at(const struct snapshot *s, size_t row, int field);
double data_f64_at(const struct snapshot *s, size_t row, int field); /* NaN = absent */
int64_t data_i64_at(const struct snapshot *s, size_t row, int field, int64_t absent);
/* First row whose text field equals value, or -1. */
long data_find(const struct snapshot *s, const char *field, struct str value);

#endif
