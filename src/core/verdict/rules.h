/*
 * rules.h: what the rules_*.c files share.
 */
#ifndef VERDICT_RULES_H
#define VERDICT_RULES_H

#include "verdict/verdict.h"

#define RULE(judge, ...) void judge(const struct facts *f, struct findings *out);
#include "verdict/rules.def"
#undef RULE

#endif
