/*
 * wait_class.h: what an active session spends its time on, in eight classes.
 *
 * The order is that of the stack in graphs, from the bottom (visual system, "wait classes"); the anomaly
 * ends on top. Pure.
 */
#ifndef MODEL_WAIT_CLASS_H
#define MODEL_WAIT_CLASS_H

#include "base/str.h"

enum wait_class {
	WAIT_CPU,
	WAIT_IO,
	WAIT_CLIENT,
	WAIT_IPC,
	WAIT_LWLOCK,
	WAIT_TIMEOUT,
	WAIT_OTHER,
	WAIT_LOCK,
	WAIT__COUNT
};

/* Class of wait_event_type; an absent one ("") is the processor. Performance Insights' word for that, CPU, is known
 * too. */
enum wait_class wait_class_of(struct str wait_type);
/* "cpu", "io", ...: the public name. */
const char *wait_class_name(enum wait_class c);
/* "CPU", "IO", "LWLock", ...: as PostgreSQL writes it. */
const char *wait_class_title(enum wait_class c);
/* Class by its public name; WAIT_OTHER for an unknown one. */
enum wait_class wait_class_by_name(struct str name);

#endif
