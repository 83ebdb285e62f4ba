/*
 * order.h: stable ordering of a snapshot's rows by one column, for views and exports.
 * Absent values sort last in both directions; ties break on the key fields, then on
 * the order rows had before. Pure.
 */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include "model/snapshot.h"

struct order {
	int field; /* index in type->fields; -1 = leave as is */
	bool rate; /* by the derived rate of that field */
	bool descending;
};

/* Parses "name", "-name", "name/s". */
bool order_parse(struct str text, const struct rec_type *type, struct order *ret_order) MUST_CHECK;
/* Sorts n row indices; scratch holds n. Takes 8 bytes a row of s while it does, unless texts are ordered. */
void order_rows(const struct snapshot *s, struct order o, uint32_t *index, uint32_t *scratch, size_t n);

#endif
