/*
 * registry.c: see registry.h.
 */
#include "registry.h"

#include "aws/db_password.h"
#include "base/buf.h"

#include <stdio.h>

#define SOURCE(id) extern const struct source source_##id;
#include "sources.def"
#undef SOURCE

const struct source *const registry_sources[] = {
#define SOURCE(id) &source_##id,
#include "sources.def"
#undef SOURCE
};
const size_t registry_nsources = ARRAY_LEN(registry_sources);

#define COMMAND(id) extern const struct source command_##id;
#include "commands.def"
#undef COMMAND

const struct source *const registry_commands[] = {
#define COMMAND(id) &command_##id,
#include "commands.def"
#undef COMMAND
};
const size_t registry_ncommands = ARRAY_LEN(registry_commands);

void registry_begin(void)
{
	password_set_source(aws_db_password);
}

void registry_end(void)
{
	aws_db_password_forget();
}

int registry_find(const char *name)
{
	for (size_t i = 0; i < registry_nsources; i++)
		if (str_eq_c(str_c(name), registry_sources[i]->name))
			return (int)i;
	return -1;
}

/* Where its rows come from: its own fetch, another one's, or that of every node. */
static void check_origin(const struct source *s, struct buf *faults)
{
	int at = registry_find(s->name);

	if (s->merges && registry_find(s->merges) < 0)
		(void)buf_addf(faults, "%s: no source %s to merge; ", s->name, s->merges);
	if ((s->fed_by != NULL) + (s->merges != NULL) + (s->fetch != NULL) + (s->derive != NULL) != 1)
		(void)buf_addf(faults, "%s: one of fed_by, merges, derive and fetch; ", s->name);
	if ((s->reads != NULL) != (s->derive != NULL))
		(void)buf_addf(faults, "%s: derive needs reads; ", s->name);
	if (!s->merges && at > 0 && registry_sources[at - 1]->merges)
		(void)buf_addf(faults, "%s: stands behind a merged source; ", s->name);
}

static void check_names(const struct source *s, struct buf *faults)
{
	struct str rest = str_c(s->inputs), name;
	char word[64];

	if (!s->title || !s->help || !s->type || !s->origin)
		(void)buf_addf(faults, "%s: title, help, type or origin missing; ", s->name);
	while (s->inputs && str_split(&rest, ' ', &name)) {
		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		if (registry_find(word) < 0)
			(void)buf_addf(faults, "%s: no input %s; ", s->name, word);
	}
	rest = str_c(s->reads);
	while (s->reads && str_split(&rest, ' ', &name)) {
		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
		if (name.len > 0 && registry_find(word) < 0)
			(void)buf_addf(faults, "%s: reads no source %s; ", s->name, word);
	}
	if (s->fed_by && registry_find(s->fed_by) < 0)
		(void)buf_addf(faults, "%s: no feeder %s; ", s->name, s->fed_by);
}

bool registry_check(struct err *err)
{
	struct buf faults;
	struct err one;
	bool ok;

	buf_init(&faults, 8192);
	for (size_t i = 0; i < registry_nsources; i++) {
		const struct source *s = registry_sources[i];

		if (registry_find(s->name) != (int)i)
			(void)buf_addf(&faults, "%s: twice; ", s->name);
		check_names(s, &faults);
		check_origin(s, &faults);
		if (!rec_check(s->type, &one))
			(void)buf_addf(&faults, "%s; ", one.text);
	}
	for (size_t i = 0; i < registry_ncommands; i++) {
		check_names(registry_commands[i], &faults);
		if (!rec_check(registry_commands[i]->type, &one))
			(void)buf_addf(&faults, "%s; ", one.text);
	}
	ok = faults.len == 0;
	if (!ok)
		(void)err_set(err, ERR_USAGE, "%s", buf_c(&faults));
	buf_release(&faults);
	return ok;
}
