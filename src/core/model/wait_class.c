/* wait_class.c: see wait_class.h. */
#include "model/wait_class.h"

/* wait_event_type of each class; Activity, BufferPin, Extension and what later versions add are "other". */
static const struct {
	const char *name, *title, *type;
} classes[WAIT__COUNT] = {
	[WAIT_CPU] = {"cpu", "CPU", ""},
	[WAIT_IO] = {"io", "IO", "IO"},
	[WAIT_CLIENT] = {"client", "Client", "Client"},
	[WAIT_IPC] = {"ipc", "IPC", "IPC"},
	[WAIT_LWLOCK] = {"lwlock", "LWLock", "LWLock"},
	[WAIT_TIMEOUT] = {"timeout", "Timeout", "Timeout"},
	[WAIT_OTHER] = {"other", "Other", NULL},
	[WAIT_LOCK] = {"lock", "Lock", "Lock"},
};

enum wait_class wait_class_of(struct str wait_type)
{
	if (str_eq_c(wait_type, "CPU"))
		return WAIT_CPU;
	for (int c = 0; c < WAIT__COUNT; c++)
		if (classes[c].type && str_eq_c(wait_type, classes[c].type))
			return (enum wait_class)c;
	return WAIT_OTHER;
}

const char *wait_class_name(enum wait_class c)
{
	return classes[c].name;
}

const char *wait_class_title(enum wait_class c)
{
	return classes[c].title;
}

enum wait_class wait_class_by_name(struct str name)
{
	for (int c = 0; c < WAIT__COUNT; c++)
		if (str_eq_c(name, classes[c].name))
			return (enum wait_class)c;
	return WAIT_OTHER;
}
