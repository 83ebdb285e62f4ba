/*
 * verdict_impl.h: the row a finding is, shared by verdict.c and engine.c only.
 */
#ifndef VERDICT_VERDICT_IMPL_H
#define VERDICT_VERDICT_IMPL_H

#include "verdict/verdict.h"

#define RULES_MAX 256 /* the last number is for what is said of the list itself */

struct finding {
	uint64_t present;
	struct str id, object, family, decision, severity, title, sentence, evidence, next, action, remedy, why, muted,
		muted_by;
	int64_t rank;  /* of the severity, 0 = the worst; unknown last */
	int64_t place; /* in a list: by rank, then as the rules stand */
	int64_t view;
	int64_t since_at, muted_at, muted_until_at;
};

#endif
