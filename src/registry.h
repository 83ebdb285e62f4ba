/*
 * registry.h: the only place that knows aws and db sources at once.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "runtime/source.h"

/* All sources, in the order of sources.def. */
extern const struct source *const registry_sources[];
extern const size_t registry_nsources;

/* All commands (command.h), in the order of commands.def. */
extern const struct source *const registry_commands[];
extern const size_t registry_ncommands;

/* Audits every record type and every reference between sources; all faults in err. */
bool registry_check(struct err *err) MUST_CHECK;
/* Makes the layers known to each other where one answers what another asks; before threads start. */
void registry_begin(void);
/* Forgets what must not outlive the lanes. */
void registry_end(void);
/* Index by name, or -1. */
int registry_find(const char *name);

#endif
