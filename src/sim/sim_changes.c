/*
 * sim_changes.c: lists of what clients changed.
 *
 * Rows are of fixed size where their texts are short; tags and values of parameters, which may be long and are many,
 * are copied one by one. Looking a row up is a walk: the lists are short, and empty in most runs.
 */
#include "sim/sim_changes.h"

struct sim_changes *sim_changes_new(void)
{
	return xalloc(sizeof(struct sim_changes));
}

static void tags_free(struct sim_tagged *t)
{
	for (size_t i = 0; i < t->n; i++) {
		xfree(t->tags[i].key);
		xfree(t->tags[i].value);
	}
	xfree(t);
}

void sim_changes_free(struct sim_changes *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->ntagged; i++)
		tags_free(c->tagged[i]);
	for (size_t i = 0; i < c->nparameters; i++)
		xfree(c->parameters[i].value);
	xfree(c);
}

/* Index of a resource, or ntagged. */
static size_t tagged_at(const struct sim_changes *c, const char *kind, const char *name)
{
	size_t i = 0;

	while (i < c->ntagged && (strcmp(c->tagged[i]->name, name) != 0 || strcmp(c->tagged[i]->kind, kind) != 0))
		i++;
	return i;
}

const struct sim_tagged *sim_tagged_find(const struct sim_changes *c, const char *kind, const char *name)
{
	size_t i = tagged_at(c, kind, name);

	return i < c->ntagged ? c->tagged[i] : NULL;
}

struct sim_tagged *sim_tagged_make(struct sim_changes *c, const char *kind, const char *name)
{
	size_t i = tagged_at(c, kind, name);
	struct sim_tagged *t;

	if (i < c->ntagged)
		return c->tagged[i];
	if (i == SIM_TAGGED_MAX)
		return NULL;
	t = xalloc(sizeof(*t));
	snprintf(t->kind, sizeof(t->kind), "%s", kind);
	snprintf(t->name, sizeof(t->name), "%s", name);
	c->tagged[c->ntagged++] = t;
	return t;
}

void sim_tagged_drop(struct sim_changes *c, const char *kind, const char *name)
{
	size_t i = tagged_at(c, kind, name);

	if (i == c->ntagged)
		return;
	tags_free(c->tagged[i]);
	c->tagged[i] = c->tagged[--c->ntagged];
}

/* Index of a tag, or n. */
static size_t tag_at(const struct sim_tagged *t, struct str key)
{
	size_t i = 0;

	while (i < t->n && !str_eq_c(key, t->tags[i].key))
		i++;
	return i;
}

bool sim_tag_has(const struct sim_tagged *t, struct str key)
{
	return tag_at(t, key) < t->n;
}

bool sim_tag_set(struct sim_tagged *t, struct str key, struct str value)
{
	size_t i = tag_at(t, key);

	if (i == SIM_TAGS_MAX)
		return false;
	if (i == t->n) {
		t->n++;
		t->tags[i].key = xstrndup(key.ptr, key.len);
	}
	xfree(t->tags[i].value);
	t->tags[i].value = xstrndup(value.len ? value.ptr : "", value.len);
	return true;
}

void sim_tag_remove(struct sim_tagged *t, struct str key)
{
	size_t i = tag_at(t, key);

	if (i == t->n)
		return;
	xfree(t->tags[i].key);
	xfree(t->tags[i].value);
	t->n--;
	memmove(&t->tags[i], &t->tags[i + 1], (t->n - i) * sizeof(t->tags[0]));
	t->tags[t->n] = (struct sim_tag){NULL, NULL};
}

bool sim_snapshot_is_gone(const struct sim_changes *c, const char *id)
{
	for (size_t i = 0; i < c->ngone_snapshots; i++)
		if (strcmp(c->gone_snapshots[i], id) == 0)
			return true;
	return false;
}

bool sim_rule_is_gone(const struct sim_changes *c, const char *id)
{
	for (size_t i = 0; i < c->ngone_rules; i++)
		if (strcmp(c->gone_rules[i], id) == 0)
			return true;
	return false;
}

static size_t parameter_at(const struct sim_changes *c, const char *group, const char *name)
{
	size_t i = 0;

	while (i < c->nparameters &&
	       (strcmp(c->parameters[i].name, name) != 0 || strcmp(c->parameters[i].group, group) != 0))
		i++;
	return i;
}

const struct sim_parameter_set *sim_parameter_find(const struct sim_changes *c, const char *group, const char *name)
{
	size_t i = parameter_at(c, group, name);

	return i < c->nparameters ? &c->parameters[i] : NULL;
}

bool sim_parameter_put(struct sim_changes *c, const struct sim_parameter_set *change)
{
	size_t i = parameter_at(c, change->group, change->name);
	char *old;

	if (i == SIM_PARAMETERS_SET_MAX)
		return false;
	if (i == c->nparameters)
		c->nparameters++;
	old = c->parameters[i].value;
	c->parameters[i] = *change;
	c->parameters[i].value = xstrdup(change->value);
	xfree(old);
	return true;
}

void sim_event_add(struct sim_changes *c, const struct sim_event_kind *kind, const char *source, int64_t at_us,
		   const char *fmt, ...)
{
	struct sim_event_row *e;
	va_list ap;

	if (c->nevents == SIM_EVENTS_KEPT)
		memmove(c->events, c->events + 1, --c->nevents * sizeof(c->events[0]));
	e = &c->events[c->nevents++];
	*e = (struct sim_event_row){.kind = *kind, .at_us = at_us};
	snprintf(e->source, sizeof(e->source), "%s", source);
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
}
