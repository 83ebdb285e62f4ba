/*
 * engine.c: see engine.h.
 *
 * The list shown last is remembered as the snapshot it was; whatever must still be shown although it was not
 * found, or not so, is copied from there into the new one. Beside it stands, for each rule and object, how
 * often in a row something else than the shown was found. A row is known by the hash of its rule and
 * object; with a few hundred of them a collision of 64 bits is no concern, and would only delay a line.
 *
 * What differs for long enough need not be the same each time: a warning, a warning and something critical are three
 * times a warning at least, and once critical. Then the mildest of them is shown, in its own words, which are held for
 * that; what was found beyond it starts a count of its own.
 *
 * Most rules read what changes once a minute. Such a rule rests until it does, or until the ages in its words
 * are some seconds old: its rows are copied. Rows stand in the order of the rules, copied ones among the others.
 */
#include "verdict/engine.h"

#include "base/xalloc.h"
#include "verdict/verdict_impl.h"

#include <stdio.h>

struct pending {
	uint64_t key;
	size_t rule;
	unsigned times;     /* in a row */
	enum severity what; /* was found, the mildest of them where it became worse, the worst where better */
	size_t held;        /* the row that said so, of verdict_engine.held */
};

/* When a rule was last judged, and by what. */
struct judged {
	int64_t at_us; /* 0 = never */
	uint64_t versions;
	bool unsettled; /* something it said is not what is shown */
	bool rests;     /* this time */
};

struct verdict_engine {
	struct judged judged[RULES_MAX];
	struct mutes mutes;
	const struct snapshot *shown; /* or NULL */
	uint64_t *keys;               /* of its rows */
	struct pending *pending;
	size_t npending;
	struct snapshot *held; /* a row for each pending and perhaps more, or NULL */
};

/* What becomes of the engine in this look. */
struct look {
	struct verdict_engine *e;
	struct snapshot *s, *held;
	struct pending *next;
	size_t n;
};

struct verdict_engine *verdict_engine_new(void)
{
	return xcalloc(1, sizeof(struct verdict_engine));
}

void verdict_engine_free(void *p)
{
	struct verdict_engine *e = p;

	if (!e)
		return;
	snapshot_unref(e->shown);
	snapshot_unref(e->held);
	xfree(e->keys);
	xfree(e->pending);
	xfree(e);
}

static uint64_t key_of(const struct finding *x)
{
	return verdict_key(x->id, HAS(x, struct finding, object) ? x->object : STR(""));
}

static enum severity severity_at(const struct finding *x)
{
	return severity_of_word(x->severity);
}

/* Keys of the first n rows; released by xfree(). */
static uint64_t *keys_of(const struct snapshot *s, size_t n)
{
	uint64_t *keys = xcalloc(n + 1, sizeof(*keys));

	for (size_t i = 0; i < n; i++)
		keys[i] = key_of(snapshot_row(s, i));
	return keys;
}

static long find_key(const uint64_t *keys, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i] == key)
			return (long)i;
	return -1;
}

/* What is shown of it, or NULL. */
static size_t rule_of(const struct finding *x)
{
	return (size_t)(x->place % RULES_MAX);
}

static const struct finding *find_shown(const struct verdict_engine *e, uint64_t key)
{
	long i = e->shown ? find_key(e->keys, e->shown->nrows, key) : -1;

	return i < 0 ? NULL : snapshot_row(e->shown, (size_t)i);
}

/* Texts of a row that another snapshot owns. */
static void copy_row(struct snapshot *s, struct finding *to, const struct finding *from)
{
	*to = *from;
	for (size_t i = 0; i < s->type->nfields; i++) {
		const struct field *f = &s->type->fields[i];
		union value v;

		if (kind_ops[f->kind].storage != CT_STR || !rec_get(f, from, &v))
			continue;
		v.str = arena_str(s->arena, v.str);
		rec_set(f, to, v);
	}
}

static size_t hold(struct look *l, const struct finding *x)
{
	struct finding *row = snapshot_add_row(l->held);

	CHECK(row);
	if (x)
		copy_row(l->held, row, x);
	return l->held->nrows - 1;
}

/* Counts that something differs from the shown in this direction, x, or NULL where nothing was found any more. */
static struct pending *count(struct look *l, struct pending p, const struct finding *x, enum severity shown)
{
	const struct verdict_engine *e = l->e;
	bool worse = p.what > shown;

	for (size_t i = 0; i < e->npending; i++) {
		const struct pending *before = &e->pending[i];

		if (before->key != p.key || (before->what > shown) != worse)
			continue;
		p.times = before->times + 1;
		if (worse ? before->what < p.what : before->what > p.what) {
			p.what = before->what;
			x = snapshot_row(e->held, before->held);
		}
		break;
	}
	p.held = hold(l, x);
	l->next[l->n] = p;
	return &l->next[l->n++];
}

/* What was found for long enough is shown from now on: the mildest of it. x: what was found now. */
static void show(struct look *l, struct pending *p, struct finding *x, enum severity found)
{
	size_t mildest = p->held;

	if (p->what == found) {
		l->n--;
	} else {
		*p = (struct pending){p->key, p->rule, 1, found, hold(l, found == SEV_NONE ? NULL : x)};
		copy_row(l->s, x, snapshot_row(l->held, mildest));
	}
	SET(x, struct finding, since_at, l->s->at_us);
}

/* Keeps what is shown of a rule and object, or takes what was found now. False: nothing is shown of it yet. */
static bool settle_row(struct look *l, struct finding *x, uint64_t key)
{
	const struct finding *was = find_shown(l->e, key);
	enum severity found = severity_at(x), shown = was ? severity_at(was) : SEV_OK;
	unsigned need = found > shown ? VERDICT_APPEAR : VERDICT_CLEAR;
	struct pending *p;

	if (found == shown) {
		SET(x, struct finding, since_at, was ? was->since_at : l->s->at_us);
		return true;
	}
	p = count(l, (struct pending){key, rule_of(x), 1, found, 0}, x, shown);
	if (p->times >= need) {
		show(l, p, x, found);
		return true;
	}
	if (was)
		copy_row(l->s, x, was);
	return was != NULL;
}

/* What was shown and was not found: stays for a while, unless it was well; and what rests. */
static void keep_gone(struct look *l, const uint64_t *keys, size_t found)
{
	const struct verdict_engine *e = l->e;

	for (size_t i = 0; e->shown && i < e->shown->nrows; i++) {
		const struct finding *was = snapshot_row(e->shown, i);
		bool rests = e->judged[rule_of(was)].rests;
		struct pending *p = NULL;
		struct finding *x;

		if (!rests && (severity_at(was) <= SEV_OK || find_key(keys, found, e->keys[i]) >= 0))
			continue;
		if (l->s->nrows >= FINDINGS_MAX)
			return;
		if (!rests)
			p = count(l, (struct pending){e->keys[i], rule_of(was), 1, SEV_NONE, 0}, NULL,
				  severity_at(was));
		if (p && p->times >= VERDICT_CLEAR && p->what == SEV_NONE) {
			l->n--;
			continue;
		}
		x = snapshot_add_row(l->s);
		if (!x)
			return;
		if (p && p->times >= VERDICT_CLEAR)
			show(l, p, x, SEV_NONE);
		else
			copy_row(l->s, x, was);
	}
}

/* Leaves out what is not kept of the n found; returns how many are left of them, in front of the others. */
static size_t close_gaps(struct snapshot *s, const bool *keep, size_t n)
{
	struct finding *rows = s->rows;
	size_t to = 0, kept = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		if (i >= n || keep[i])
			rows[to++] = rows[i];
		kept = i + 1 == n ? to : kept;
	}
	s->nrows = to;
	return kept;
}

/* The first n rows and the others stand each in the order of the rules; afterwards all do. */
static void merge(struct snapshot *s, size_t n)
{
	struct finding *rows = s->rows, *tail;
	size_t left = s->nrows - n, to = s->nrows;

	if (left == 0 || n == 0)
		return;
	tail = xcalloc(left, sizeof(*tail));
	memcpy(tail, rows + n, left * sizeof(*tail));
	while (left > 0)
		rows[--to] = n > 0 && rule_of(&rows[n - 1]) > rule_of(&tail[left - 1]) ? rows[--n] : tail[--left];
	xfree(tail);
}

static void note_unsettled(struct verdict_engine *e)
{
	for (size_t i = 0; i < RULES_MAX; i++)
		e->judged[i].unsettled = e->judged[i].rests = false;
	for (size_t i = 0; i < e->npending; i++)
		e->judged[e->pending[i].rule].unsettled = true;
}

bool verdict_engine_rests(struct verdict_engine *e, size_t rule, uint64_t versions, int64_t now_us)
{
	struct judged *j = &e->judged[rule];

	CHECK(rule < RULES_MAX);
	/* a clock that was put back is no reason to rest */
	j->rests =
		!j->unsettled && j->versions == versions && now_us >= j->at_us && now_us - j->at_us < VERDICT_REST_US;
	if (j->rests)
		return true;
	j->at_us = now_us;
	j->versions = versions;
	return false;
}

struct mutes *verdict_engine_mutes(struct verdict_engine *e)
{
	return &e->mutes;
}

bool verdict_engine_mute(struct verdict_engine *e, struct str id, struct str object, int64_t until_us, int64_t now_us)
{
	struct mute one = {.key = verdict_key(id, object), .at_us = now_us, .until_us = until_us};
	const struct finding *x = find_shown(e, one.key);

	if (!x || severity_at(x) <= SEV_OK)
		return false;
	one.at = severity_at(x);
	one.seen = true;
	one.unnamed = id.len >= sizeof(one.rule) || object.len >= sizeof(one.object);
	(void)snprintf(one.rule, sizeof(one.rule), STR_FMT, STR_ARG(id));
	(void)snprintf(one.object, sizeof(one.object), STR_FMT, STR_ARG(object));
	mutes_toggle(&e->mutes, &one);
	return true;
}

void verdict_engine_settle(struct verdict_engine *e, struct snapshot *s)
{
	size_t found = s->nrows;
	struct look l = {e, s, snapshot_new(s->type, "verdicts"),
			 xcalloc(found + (e->shown ? e->shown->nrows : 0) + 1, sizeof(struct pending)), 0};
	uint64_t *keys = keys_of(s, found);
	bool *keep = xcalloc(found + 1, sizeof(*keep));

	for (size_t i = 0; i < found; i++)
		keep[i] = settle_row(&l, (struct finding *)s->rows + i, keys[i]);
	keep_gone(&l, keys, found);
	merge(s, close_gaps(s, keep, found));
	xfree(keep);
	xfree(keys);
	xfree(e->keys);
	e->keys = keys_of(s, s->nrows);
	mutes_apply(&e->mutes, s, e->keys);
	xfree(e->pending);
	e->pending = l.next;
	e->npending = l.n;
	snapshot_unref(e->held);
	e->held = l.held;
	note_unsettled(e);
	snapshot_unref(e->shown);
	e->shown = snapshot_ref(s);
}
