/*
 * load_history.c: a ring of samples over two tables that count references.
 *
 * Model: a text (name or statement) is stored once; a group is six texts and a class; a sample is a
 * run of entries in one ring, each a group and its number of sessions in 32 bits. Both tables are
 * arrays with a free list and chained hash buckets, so that an index stays valid while something
 * refers to it and is used again afterwards.
 *
 * Invariants: samples are in order of time; those before `bare` have lost their entries; a group's
 * count of references is the number of entries that name it, a text's that of groups. Dropping a
 * sample's entries therefore gives back exactly what only it used.
 *
 * Not here: where samples come from (the sampler), drawing.
 */
#include "model/load_history.h"

#include "base/check.h"
#include "base/sort.h"
#include "base/xalloc.h"

#include <math.h>

#define BUCKETS 8192u
#define NONE UINT32_MAX
#define GROUP_BITS 20
#define ENTRIES_TAKEN 65536                          /* 18 groups a sample */
#define SESSIONS_MAX ((1u << (32 - GROUP_BITS)) - 1) /* of one entry */
#define ENTRIES_OF_GROUP_MAX 65                      /* more sessions than a server can have */

_Static_assert(LOAD_GROUPS_MAX <= 1u << GROUP_BITS, "a group's index fits an entry");

/* A table's slots that are not in use are chained by `next`, too. */
struct text {
	char *ptr;
	int64_t query_id;
	uint32_t len, hash, refs, next;
};

struct group {
	uint32_t texts[LOAD_BY__COUNT];
	uint32_t hash, refs, next;
	uint32_t cls;
};

struct sample {
	int64_t at_us, interval_us;
	uint32_t first, n; /* entries, counted from the first ever written */
	uint32_t classes[WAIT__COUNT];
};

struct load_history {
	struct text *texts;
	size_t ntexts, cap_texts, live_texts, text_bytes;
	struct group *groups;
	size_t ngroups, cap_groups, live_groups;
	uint32_t free_text, free_group;
	uint32_t text_heads[BUCKETS], group_heads[BUCKETS];
	uint32_t *entries; /* ring of LOAD_ENTRIES_MAX */
	uint32_t next_entry;
	size_t live_entries;
	struct sample *samples; /* ring of LOAD_SAMPLES_MAX */
	size_t first, n, bare;  /* bare: how many of the oldest have no entries any more */
};

struct load_history *load_history_new(void)
{
	struct load_history *h = xalloc(sizeof *h);

	/* pages that nothing has written yet take no memory: entries are as many as there is load; what an hour of an
	 * ordinary load takes is taken now, so that it does not grow over the hour */
	h->entries = xcalloc(LOAD_ENTRIES_MAX, sizeof *h->entries);
	memset(h->entries, 0xff, ENTRIES_TAKEN * sizeof *h->entries);
	/* an hour fills these in any case: their memory is taken now, so that it does not grow over the hour */
	h->samples = xcalloc(LOAD_SAMPLES_MAX, sizeof *h->samples);
	memset(h->samples, 0xff, LOAD_SAMPLES_MAX * sizeof *h->samples);
	load_history_clear(h);
	return h;
}

void load_history_clear(struct load_history *h)
{
	for (size_t i = 0; i < h->ntexts; i++)
		xfree(h->texts[i].ptr);
	xfree(h->texts);
	xfree(h->groups);
	*h = (struct load_history){.entries = h->entries, .samples = h->samples, .free_text = NONE, .free_group = NONE};
	for (size_t i = 0; i < BUCKETS; i++)
		h->text_heads[i] = h->group_heads[i] = NONE;
}

void load_history_free(struct load_history *h)
{
	if (!h)
		return;
	load_history_clear(h);
	xfree(h->entries);
	xfree(h->samples);
	xfree(h);
}

static struct sample *sample_at(const struct load_history *h, size_t i)
{
	return &h->samples[(h->first + i) % LOAD_SAMPLES_MAX];
}

/* ---- the tables ---- */

static uint32_t mix(uint32_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t take_text_slot(struct load_history *h)
{
	uint32_t slot = h->free_text;

	if (slot != NONE) {
		h->free_text = h->texts[slot].next;
		return slot;
	}
	if (h->ntexts == h->cap_texts) {
		h->cap_texts = h->cap_texts ? 2 * h->cap_texts : 256;
		h->texts = xrealloc_array(h->texts, h->cap_texts, sizeof *h->texts);
	}
	return (uint32_t)h->ntexts++;
}

/* A statement with a query id is that id, whatever its text says; everything else is its text. */
static uint32_t find_text(const struct load_history *h, uint32_t hash, int64_t query_id, struct str s)
{
	for (uint32_t i = h->text_heads[hash % BUCKETS]; i != NONE; i = h->texts[i].next) {
		const struct text *t = &h->texts[i];

		if (t->hash == hash && t->query_id == query_id &&
		    (query_id != 0 || str_eq((struct str){t->ptr, t->len}, s)))
			return i;
	}
	return NONE;
}

static void set_text(struct load_history *h, struct text *t, struct str s)
{
	t->ptr = xstrndup(s.ptr ? s.ptr : "", s.len);
	t->len = (uint32_t)s.len;
	h->text_bytes += s.len;
}

/* The caller counts the reference. */
static uint32_t intern_text(struct load_history *h, int64_t query_id, struct str s)
{
	uint32_t hash, i;

	s = str_sub(s, 0, LOAD_TEXT_MAX);
	hash = query_id != 0 ? mix(1, &query_id, sizeof query_id) : mix(2166136261u, s.ptr, s.len);
	i = find_text(h, hash, query_id, s);
	if (i != NONE) {
		/* the text of a statement may come later than its id */
		if (h->texts[i].len == 0 && s.len > 0) {
			xfree(h->texts[i].ptr);
			set_text(h, &h->texts[i], s);
		}
		return i;
	}
	i = take_text_slot(h);
	h->texts[i] = (struct text){.query_id = query_id, .hash = hash, .next = h->text_heads[hash % BUCKETS]};
	set_text(h, &h->texts[i], s);
	h->text_heads[hash % BUCKETS] = i;
	h->live_texts++;
	return i;
}

static void unlink_text(struct load_history *h, uint32_t i)
{
	uint32_t *at = &h->text_heads[h->texts[i].hash % BUCKETS];

	while (*at != i)
		at = &h->texts[*at].next;
	*at = h->texts[i].next;
}

static void release_text(struct load_history *h, uint32_t i)
{
	struct text *t = &h->texts[i];

	if (--t->refs > 0)
		return;
	unlink_text(h, i);
	h->text_bytes -= t->len;
	h->live_texts--;
	xfree(t->ptr);
	*t = (struct text){.next = h->free_text};
	h->free_text = i;
}

static uint32_t find_group(const struct load_history *h, const struct group *g)
{
	for (uint32_t i = h->group_heads[g->hash % BUCKETS]; i != NONE; i = h->groups[i].next)
		if (h->groups[i].hash == g->hash && h->groups[i].cls == g->cls &&
		    memcmp(h->groups[i].texts, g->texts, sizeof g->texts) == 0)
			return i;
	return NONE;
}

static uint32_t take_group_slot(struct load_history *h)
{
	uint32_t slot = h->free_group;

	if (slot != NONE) {
		h->free_group = h->groups[slot].next;
		return slot;
	}
	if (h->ngroups == h->cap_groups) {
		h->cap_groups = h->cap_groups ? 2 * h->cap_groups : 256;
		h->groups = xrealloc_array(h->groups, h->cap_groups, sizeof *h->groups);
	}
	return (uint32_t)h->ngroups++;
}

static uint32_t intern_group(struct load_history *h, const struct load_group *in)
{
	struct group g = {.cls = (uint32_t)in->cls};
	uint32_t i;

	for (int k = 0; k < LOAD_BY__COUNT; k++)
		g.texts[k] = intern_text(h, k == LOAD_BY_SQL ? in->query_id : 0, in->names[k]);
	g.hash = mix(g.cls + 1, g.texts, sizeof g.texts);
	i = find_group(h, &g);
	if (i != NONE)
		return i;
	for (int k = 0; k < LOAD_BY__COUNT; k++)
		h->texts[g.texts[k]].refs++;
	i = take_group_slot(h);
	g.next = h->group_heads[g.hash % BUCKETS];
	h->groups[i] = g;
	h->group_heads[g.hash % BUCKETS] = i;
	h->live_groups++;
	return i;
}

static void release_group(struct load_history *h, uint32_t i)
{
	struct group *g = &h->groups[i];
	uint32_t *at = &h->group_heads[g->hash % BUCKETS];

	if (--g->refs > 0)
		return;
	while (*at != i)
		at = &h->groups[*at].next;
	*at = g->next;
	for (int k = 0; k < LOAD_BY__COUNT; k++)
		release_text(h, g->texts[k]);
	*g = (struct group){.next = h->free_group};
	h->free_group = i;
	h->live_groups--;
}

/* ---- adding ---- */

static void drop_entries(struct load_history *h, struct sample *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		release_group(h, h->entries[(s->first + i) % LOAD_ENTRIES_MAX] >> (32 - GROUP_BITS));
	h->live_entries -= s->n;
	s->n = 0;
}

/* The oldest sample that has entries loses them. */
static void bare_one(struct load_history *h)
{
	drop_entries(h, sample_at(h, h->bare));
	h->bare++;
}

static void drop_oldest(struct load_history *h)
{
	drop_entries(h, sample_at(h, 0));
	h->first = (h->first + 1) % LOAD_SAMPLES_MAX;
	h->n--;
	h->bare -= h->bare > 0;
}

static bool over_limits(const struct load_history *h, size_t groups)
{
	return h->live_entries + groups * ENTRIES_OF_GROUP_MAX > LOAD_ENTRIES_MAX ||
	       h->live_groups + groups > LOAD_GROUPS_MAX || h->live_texts + groups * LOAD_BY__COUNT > LOAD_TEXTS_MAX ||
	       h->text_bytes > LOAD_TEXT_BYTES_MAX;
}

/* As many entries as it takes to hold the number of sessions. */
static void add_entries(struct load_history *h, struct sample *s, const struct load_group *g)
{
	uint32_t i = intern_group(h, g), left = g->sessions;

	for (int n = 0; left > 0 && n < ENTRIES_OF_GROUP_MAX; n++) {
		uint32_t sessions = left < SESSIONS_MAX ? left : SESSIONS_MAX;

		h->groups[i].refs++;
		h->entries[h->next_entry++ % LOAD_ENTRIES_MAX] = i << (32 - GROUP_BITS) | sessions;
		h->live_entries++;
		s->n++;
		left -= sessions;
	}
}

bool load_history_add(struct load_history *h, int64_t at_us, int64_t interval_us, const struct load_group *groups,
		      size_t n)
{
	size_t kept = n < LOAD_SAMPLE_GROUPS_MAX ? n : LOAD_SAMPLE_GROUPS_MAX;
	struct sample *s;

	if (h->n > 0 && at_us <= load_history_last(h))
		return false;
	if (h->n == LOAD_SAMPLES_MAX)
		drop_oldest(h);
	while (h->bare < h->n && over_limits(h, kept))
		bare_one(h);
	s = sample_at(h, h->n++);
	*s = (struct sample){.at_us = at_us, .interval_us = interval_us, .first = h->next_entry};
	for (size_t i = 0; i < n; i++) {
		if (groups[i].sessions == 0)
			continue;
		s->classes[groups[i].cls] += groups[i].sessions;
		if (i < kept)
			add_entries(h, s, &groups[i]);
	}
	return true;
}

size_t load_history_count(const struct load_history *h)
{
	return h->n;
}

int64_t load_history_first(const struct load_history *h)
{
	return h->n > 0 ? sample_at(h, 0)->at_us : 0;
}

int64_t load_history_detail_from(const struct load_history *h)
{
	return h->bare < h->n ? sample_at(h, h->bare)->at_us : 0;
}

int64_t load_history_last(const struct load_history *h)
{
	return h->n > 0 ? sample_at(h, h->n - 1)->at_us : 0;
}

size_t load_history_bytes(const struct load_history *h)
{
	return sizeof *h + h->cap_texts * sizeof *h->texts + h->cap_groups * sizeof *h->groups + h->text_bytes +
	       h->live_texts + h->live_entries * sizeof *h->entries + h->n * sizeof *h->samples;
}

/* ---- asking ---- */

/* Index of the first sample at or after t. */
static size_t lower_bound(const struct load_history *h, int64_t t)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (sample_at(h, mid)->at_us < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Parts before the one a sample falls into, that it stands for as well. */
static void fill_back(const struct sample *s, int64_t from, int64_t part_us, size_t at, double (*out)[WAIT__COUNT])
{
	int64_t since = s->at_us - s->interval_us - s->interval_us / 2;

	while (at > 0 && isnan(out[at - 1][0]) && from + (int64_t)at * part_us - part_us / 2 > since) {
		at--;
		for (int k = 0; k < WAIT__COUNT; k++)
			out[at][k] = s->classes[k];
	}
}

void load_history_resample(const struct load_history *h, int64_t from, int64_t to, double (*out)[WAIT__COUNT], size_t n)
{
	int64_t part_us = n > 0 ? (to - from) / (int64_t)n : 0;
	size_t i = lower_bound(h, from), end = lower_bound(h, to);

	for (size_t p = 0; p < n; p++)
		for (int k = 0; k < WAIT__COUNT; k++)
			out[p][k] = (double)NAN;
	if (part_us <= 0)
		return;
	while (i < end) {
		const struct sample *s = sample_at(h, i);
		size_t part = (size_t)((s->at_us - from) / part_us), count = 0;
		double sums[WAIT__COUNT] = {0};

		if (part >= n)
			return;
		for (; i < end && (size_t)((sample_at(h, i)->at_us - from) / part_us) == part; i++, count++)
			for (int k = 0; k < WAIT__COUNT; k++)
				sums[k] += sample_at(h, i)->classes[k];
		for (int k = 0; k < WAIT__COUNT; k++)
			out[part][k] = sums[k] / (double)count;
		fill_back(s, from, part_us, part, out);
	}
}

/* ---- slices ---- */

/* Sessions by group over the samples of a slice. */
struct tally {
	const struct load_history *h;
	enum load_by by;
	uint64_t *sessions; /* by group */
	uint32_t *index;    /* groups that occur */
	size_t n;
};

static void count_sessions(struct tally *t, struct load_slice *out, size_t first, size_t end)
{
	const struct load_history *h = t->h;

	for (size_t i = first; i < end; i++) {
		const struct sample *s = sample_at(h, i);

		out->samples++;
		out->detailed += i >= h->bare;
		for (int k = 0; k < WAIT__COUNT; k++)
			out->classes[k] += s->classes[k];
		for (uint32_t e = 0; e < s->n; e++) {
			uint32_t entry = h->entries[(s->first + e) % LOAD_ENTRIES_MAX], g = entry >> (32 - GROUP_BITS);

			if (t->sessions[g] == 0)
				t->index[t->n++] = g;
			t->sessions[g] += entry & SESSIONS_MAX;
		}
	}
}

static int by_key_and_user(uint32_t a, uint32_t b, void *ctx)
{
	const struct tally *t = ctx;
	const struct group *ga = &t->h->groups[a], *gb = &t->h->groups[b];
	uint32_t ka = ga->texts[t->by], kb = gb->texts[t->by];
	uint32_t ua = ga->texts[LOAD_BY_USER], ub = gb->texts[LOAD_BY_USER];

	return ka != kb ? (ka > kb) - (ka < kb) : (ua > ub) - (ua < ub);
}

static struct str text_of(const struct load_history *h, uint32_t i)
{
	return (struct str){h->texts[i].ptr, h->texts[i].len};
}

/* One key: the groups index[from..to), in order of users. Averages are still sums. */
static struct load_rank rank_of(const struct tally *t, size_t from, size_t to)
{
	const struct load_history *h = t->h;
	const struct text *key = &h->texts[h->groups[t->index[from]].texts[t->by]];
	struct load_rank r = {.name = {key->ptr, key->len}, .query_id = key->query_id};
	uint64_t most = 0, of_user = 0;

	for (size_t i = from; i < to; i++) {
		const struct group *g = &h->groups[t->index[i]];
		uint64_t sessions = t->sessions[t->index[i]];
		bool same = i > from && h->groups[t->index[i - 1]].texts[LOAD_BY_USER] == g->texts[LOAD_BY_USER];

		r.average += (double)sessions;
		r.classes[g->cls] += (double)sessions;
		if (text_of(h, g->texts[LOAD_BY_USER]).len == 0)
			continue;
		of_user = same ? of_user + sessions : sessions;
		r.users += !same;
		if (of_user > most) {
			most = of_user;
			r.user = text_of(h, g->texts[LOAD_BY_USER]);
		}
	}
	return r;
}

static int by_average(uint32_t a, uint32_t b, void *ctx)
{
	const struct load_rank *ra = (const struct load_rank *)ctx + a, *rb = (const struct load_rank *)ctx + b;
	int c;

	/* sums of whole numbers: equal ones are equal */
	if (ra->average > rb->average || ra->average < rb->average)
		return ra->average > rb->average ? -1 : 1;
	c = str_cmp(ra->name, rb->name);
	return c ? c : (ra->query_id > rb->query_id) - (ra->query_id < rb->query_id);
}

static void rank_all(struct tally *t, struct load_slice *out, size_t max)
{
	uint32_t *scratch = xcalloc(t->n + 1, sizeof *scratch), *order;
	struct load_rank *all = xcalloc(t->n + 1, sizeof *all);

	sort_indices(t->index, scratch, t->n, by_key_and_user, t);
	for (size_t i = 0, end; i < t->n; i = end) {
		uint32_t key = t->h->groups[t->index[i]].texts[t->by];

		for (end = i + 1; end < t->n && t->h->groups[t->index[end]].texts[t->by] == key;)
			end++;
		all[out->nkeys++] = rank_of(t, i, end);
	}
	order = t->index;
	for (size_t i = 0; i < out->nkeys; i++)
		order[i] = (uint32_t)i;
	sort_indices(order, scratch, out->nkeys, by_average, all);
	out->nranks = out->nkeys < max ? out->nkeys : max;
	out->ranks = xcalloc(out->nranks + 1, sizeof *out->ranks);
	for (size_t i = 0; i < out->nranks; i++)
		out->ranks[i] = all[order[i]];
	xfree(all);
	xfree(scratch);
}

/* Sums become averages: classes over all samples, ranks over those that have groups. */
static void divide(struct load_slice *s)
{
	for (int k = 0; k < WAIT__COUNT && s->samples > 0; k++) {
		s->classes[k] /= (double)s->samples;
		s->total += s->classes[k];
	}
	for (size_t i = 0; i < s->nranks; i++) {
		s->ranks[i].average /= (double)s->detailed;
		for (int k = 0; k < WAIT__COUNT; k++)
			s->ranks[i].classes[k] /= (double)s->detailed;
	}
}

void load_history_slice(const struct load_history *h, int64_t from, int64_t to, enum load_by by, size_t max,
			struct load_slice *ret_slice)
{
	struct tally t = {.h = h, .by = by};

	*ret_slice = (struct load_slice){0};
	t.sessions = xcalloc(h->ngroups + 1, sizeof *t.sessions);
	t.index = xcalloc(h->ngroups + 1, sizeof *t.index);
	count_sessions(&t, ret_slice, lower_bound(h, from), lower_bound(h, to));
	rank_all(&t, ret_slice, max);
	divide(ret_slice);
	xfree(t.sessions);
	xfree(t.index);
}

void load_slice_release(struct load_slice *s)
{
	xfree(s->ranks);
	*s = (struct load_slice){0};
}
