/*
 * sources.h: the verdicts' source, and the facts its rules see.
 */
#ifndef VERDICT_SOURCES_H
#define VERDICT_SOURCES_H

#include "runtime/store.h"
#include "verdict/verdict.h"

extern const struct source source_verdicts;
/* What a store knows now; borrowed from it until the next store call. UI thread. */
void verdict_facts(const struct store *st, const struct target *t, struct facts *ret_facts);

#endif
