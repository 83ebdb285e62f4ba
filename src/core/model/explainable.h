/*
 * explainable.h: may this statement text be sent after EXPLAIN?
 *
 * Exactly one statement of a kind that has a plan, not cut, not hidden. The server's
 * extended protocol would refuse several statements anyway; they must not even be sent.
 * Pure.
 */
#ifndef MODEL_EXPLAINABLE_H
#define MODEL_EXPLAINABLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Parameters of one statement; the protocol's own limit is 65,535. */
#define EXPLAINABLE_PARAMS_MAX 20000

struct explainable {
	struct str text;  /* the statement without blanks and the semicolon at its end; borrowed */
	const char *kind; /* "SELECT", static */
	int params;       /* the highest $n in it, 0 = none */
};

/* False: err (ERR_UNAVAILABLE) says in one sentence why there is no plan. */
bool explainable_check(struct str text, struct explainable *ret_explainable, struct err *err) MUST_CHECK;

/*
 * Appends text; where it says `interval $1`, which is how normalised text keeps a literal with its type before it and
 * which is no SQL, `$1::interval` stands instead. Returns how many there were.
 */
size_t explainable_cast_params(struct buf *out, struct str text);

#endif
