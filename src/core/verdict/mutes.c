/*
 * mutes.c: see mutes.h.
 *
 * What has ended is remembered with its time, because a file that was read before that was written still names
 * it; whoever mutes it again later does so with a later time.
 */
#include "verdict/mutes.h"

#include "model/data.h"
#include "verdict/engine.h"
#include "verdict/verdict_impl.h"

#include <stdio.h>

/* FNV-1a over both, with a separator that neither can have. */
uint64_t verdict_key(struct str rule, struct str object)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < rule.len; i++)
		h = (h ^ (unsigned char)rule.ptr[i]) * UINT64_C(1099511628211);
	h = (h ^ 0xff) * UINT64_C(1099511628211);
	for (size_t i = 0; i < object.len; i++)
		h = (h ^ (unsigned char)object.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

static void add(struct mute *items, size_t *n, const struct mute *what)
{
	if (*n == VERDICT_MUTED_MAX) {
		memmove(items, items + 1, (VERDICT_MUTED_MAX - 1) * sizeof(*items));
		(*n)--;
	}
	items[(*n)++] = *what;
}

static struct mute *find(struct mute *items, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].key == key)
			return &items[i];
	return NULL;
}

static void take_out(struct mute *items, size_t *n, struct mute *which)
{
	size_t at = (size_t)(which - items);

	memmove(which, which + 1, (*n - at - 1) * sizeof(*items));
	(*n)--;
}

/* From now on it is none; the file is told, unless it knows. */
static void end(struct mutes *m, struct mute *which, int64_t now_us, bool tell)
{
	struct mute over = *which, *before = find(m->ended, m->nended, which->key);

	take_out(m->items, &m->n, which);
	if (before)
		take_out(m->ended, &m->nended, before);
	over.unsaved = tell && !over.unnamed;
	over.at_us = over.at_us > now_us ? over.at_us : now_us;
	add(m->ended, &m->nended, &over);
}

void mutes_toggle(struct mutes *m, const struct mute *what)
{
	struct mute one = *what, *is = find(m->items, m->n, what->key), *ended;

	if (is) {
		end(m, is, what->at_us, true);
		return;
	}
	ended = find(m->ended, m->nended, what->key);
	/* two keys within one tick of the clock are still in an order */
	if (ended) {
		one.at_us = one.at_us > ended->at_us ? one.at_us : ended->at_us + 1;
		take_out(m->ended, &m->nended, ended);
	}
	one.unsaved = !one.unnamed;
	add(m->items, &m->n, &one);
}

/* ---- the file ---- */

static void take_row(struct mutes *m, const struct snapshot *file, size_t i)
{
	struct str rule = data_str(file, i, "rule"), object = data_str(file, i, "object");
	struct mute one = {.key = verdict_key(rule, object), .known = true}, *is, *ended;

	if (rule.len >= MUTE_RULE_MAX || object.len >= MUTE_OBJECT_MAX)
		return;
	(void)snprintf(one.rule, sizeof(one.rule), STR_FMT, STR_ARG(rule));
	(void)snprintf(one.object, sizeof(one.object), STR_FMT, STR_ARG(object));
	(void)snprintf(one.by, sizeof(one.by), STR_FMT, STR_ARG(data_str(file, i, "by")));
	one.at_us = data_i64(file, i, "at", 0);
	one.until_us = data_i64(file, i, "until_at", 0);
	one.at = severity_of_word(data_str(file, i, "severity"));
	is = find(m->items, m->n, one.key);
	ended = find(m->ended, m->nended, one.key);
	if (is && is->at_us > one.at_us)
		return;
	if (ended && ended->at_us >= one.at_us)
		return;
	if (ended)
		take_out(m->ended, &m->nended, ended);
	if (is) {
		one.seen = is->seen;
		one.gone = is->gone;
		*is = one;
	} else {
		add(m->items, &m->n, &one);
	}
}

static bool stands_in(const struct snapshot *file, const struct mute *x, struct str target)
{
	for (size_t i = 0; i < file->nrows; i++)
		if (str_eq(data_str(file, i, "target"), target) && str_eq_c(data_str(file, i, "rule"), x->rule) &&
		    str_eq_c(data_str(file, i, "object"), x->object))
			return true;
	return false;
}

void mutes_take(struct mutes *m, const struct snapshot *file, uint64_t version, struct str target)
{
	if (!file || m->taken == version)
		return;
	m->taken = version;
	for (size_t i = 0; i < file->nrows; i++)
		if (str_eq(data_str(file, i, "target"), target) && data_str(file, i, "rule").len > 0)
			take_row(m, file, i);
	/* another console has shown it again */
	for (size_t i = m->n; i-- > 0;)
		if (m->items[i].known && !stands_in(file, &m->items[i], target))
			end(m, &m->items[i], m->items[i].at_us, false);
}

bool mutes_unsaved(struct mutes *m, struct mute *ret_mute, bool *ret_ended)
{
	/* what has ended first: it may be muted anew */
	for (int ended = 1; ended >= 0; ended--) {
		struct mute *items = ended ? m->ended : m->items;

		for (size_t i = 0; i < (ended ? m->nended : m->n); i++) {
			if (!items[i].unsaved)
				continue;
			items[i].unsaved = false;
			*ret_mute = items[i];
			*ret_ended = ended;
			return true;
		}
	}
	return false;
}

/* ---- what is shown ---- */

enum looked { LOOKED_NOT, LOOKED_IN_VAIN, LOOKED };

/* What is known of a rule from what is shown of it. */
static enum looked how_looked(const struct snapshot *shown, const char *rule)
{
	const struct finding *rows = shown->rows;
	enum looked looked = LOOKED_NOT;

	for (size_t i = 0; i < shown->nrows; i++) {
		if (!str_eq_c(rows[i].id, rule))
			continue;
		if (severity_of_word(rows[i].severity) == SEV_UNKNOWN)
			return LOOKED_IN_VAIN;
		looked = LOOKED;
	}
	return looked;
}

/* Whether it mutes still. x: what is shown of it, or NULL. */
static bool holds(struct mute *m, const struct snapshot *shown, const struct finding *x)
{
	enum severity now = x ? severity_of_word(x->severity) : SEV_NONE;

	if (m->until_us > 0)
		return shown->at_us < m->until_us;
	if (now > SEV_OK) {
		m->seen = true;
		m->gone = 0;
		return now <= m->at || now == SEV_UNKNOWN;
	}
	switch (how_looked(shown, m->rule)) {
	case LOOKED_IN_VAIN:
		return true;
	case LOOKED:
		return !m->seen && ++m->gone < VERDICT_CLEAR;
	case LOOKED_NOT:
		/* some rules have no word for what is well: what was shown and is not, is over */
		break;
	}
	return !m->seen;
}

static void mark(struct finding *x, struct snapshot *shown, const struct mute *m)
{
	SET(x, struct finding, muted, m->until_us > 0 ? STR("snoozed") : STR("acknowledged"));
	SET(x, struct finding, muted_at, m->at_us);
	if (m->by[0])
		SET(x, struct finding, muted_by, arena_str(shown->arena, str_c(m->by)));
	if (m->until_us > 0)
		SET(x, struct finding, muted_until_at, m->until_us);
}

void mutes_apply(struct mutes *m, struct snapshot *shown, const uint64_t *keys)
{
	struct finding *rows = shown->rows;

	for (size_t i = 0; i < shown->nrows; i++)
		rows[i].present &= ~(BIT(struct finding, muted) | BIT(struct finding, muted_until_at) |
				     BIT(struct finding, muted_by) | BIT(struct finding, muted_at));
	for (size_t k = m->n; k-- > 0;) {
		struct finding *x = NULL;

		for (size_t i = 0; i < shown->nrows && !x; i++)
			x = keys[i] == m->items[k].key ? &rows[i] : NULL;
		if (!holds(&m->items[k], shown, x))
			end(m, &m->items[k], shown->at_us, true);
		else if (x)
			mark(x, shown, &m->items[k]);
	}
}
