/*
 * filter.h: the filter language of the `/` key and of exports.
 *
 *   timeout             text in any column, case ignored
 *   user:app wait:lock  by column (public name, a prefix of it, or its heading); all terms must hold
 *   >10s  <1MiB         the pane's main column (the one given to filter_parse)
 *   read:>1MiB          a number with a unit, compared with > < >= <= =
 *   !idle  !state:idle  not
 *   db:a|b              either
 *   "for update"        words with a blank
 */
#ifndef MODEL_FILTER_H
#define MODEL_FILTER_H

#include "model/snapshot.h"

#define FILTER_TEXT_MAX 500
#define FILTER_TERMS_MAX 32

struct filter;

/* main_field: index that bare comparisons use, -1 = none. False: err names the term and, for an unknown column, the
 * nearest one. */
bool filter_parse(struct str text, const struct rec_type *type, int main_field, struct filter **ret_filter,
		  struct err *err) MUST_CHECK;
void filter_free(struct filter *f);
/* NULL filter matches everything. Pure. */
bool filter_match(const struct filter *f, const void *rec);

#endif
