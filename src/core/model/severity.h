/*
 * severity.h: how bad something is, and the words and numbers that say so everywhere.
 *
 * Ordered: the larger one wins upwards (row, pane, tab). Unknown is worse than a notice, because
 * nobody has looked, and never counts as ok.
 */
#ifndef MODEL_SEVERITY_H
#define MODEL_SEVERITY_H

#include "base/str.h"

enum severity { SEV_NONE, SEV_OK, SEV_NOTICE, SEV_UNKNOWN, SEV_WARN, SEV_CRIT };

/* "ok", "notice", "unknown", "warning", "critical"; of SEV_NONE "". Static. */
const char *severity_word(enum severity s);
/* The severity of such a word; SEV_NONE for any other. */
enum severity severity_of_word(struct str word);

#endif
