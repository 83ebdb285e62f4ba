/*
 * waits.h: what a wait event means, in one sentence for a person on call.
 *
 * The names are PostgreSQL's own (documentation, "Wait Events") and Aurora's. Pure; any
 * thread.
 */
#ifndef MODEL_WAITS_H
#define MODEL_WAITS_H

#include "base/str.h"

/*
 * Sentence for wait_event_type and wait_event; for an unknown event what its type means; "" for an unknown type. Names
 * of older versions (buffer_content, WALWriteLock) are taken as those of today. Static text. CPU has the type "".
 */
struct str wait_explain(struct str type, struct str event);

#endif
