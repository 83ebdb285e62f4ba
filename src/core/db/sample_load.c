/*
 * sample_load.c: the active sessions of one sample, those that are alike counted together.
 *
 * A busy server has many sessions that do the same thing for the same user; told once with a
 * number they are few rows, cheap to hand over every second and to keep for an hour. Statements lose
 * their values here (sql_shape), on the sampler's thread. A text that may have been cut is taken by
 * its head only: where the cut falls depends on the length of values.
 */
#include "base/xalloc.h"
#include "db/sample.h"
#include "db/sources.h"

#define CUT_FROM 1024 /* bytes; sessions.sql sends at most as many characters */
#define HEAD_MAX 512

/* Rows by what they have in common: open addressing over row numbers + 1. */
struct rows {
	struct snapshot *snap;
	uint32_t *slots;
	size_t mask;
	size_t nrest[WAIT__COUNT]; /* sessions beyond the limit, by class */
};

static uint64_t mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
	return (h ^ s.len) * UINT64_C(1099511628211);
}

static uint64_t hash_of(const struct load_sample *r)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)r->query_id;

	h = mix(mix(mix(h, r->wait_class), r->wait), r->user);
	h = mix(mix(mix(h, r->database), r->application), r->client);
	return mix(h, r->statement) >> 7;
}

/* Absent texts are empty, so that values alone decide. */
static bool alike(const struct load_sample *a, const struct load_sample *b)
{
	return a->query_id == b->query_id && str_eq(a->wait, b->wait) && str_eq(a->user, b->user) &&
	       str_eq(a->database, b->database) && str_eq(a->application, b->application) &&
	       str_eq(a->client, b->client) && str_eq(a->statement, b->statement) &&
	       str_eq(a->wait_class, b->wait_class);
}

static struct load_sample *row_at(const struct rows *rows, size_t i)
{
	return (struct load_sample *)rows->snap->rows + i;
}

/* Its texts move into the snapshot; what it has not stays absent. */
static void keep_text(struct snapshot *snap, struct load_sample *row, struct str *text, uint64_t bit)
{
	if (text->len == 0)
		return;
	*text = arena_str(snap->arena, *text);
	row->present |= bit;
}

static void keep(struct snapshot *snap, struct load_sample *row)
{
	row->present = BIT(struct load_sample, sampled_at) | BIT(struct load_sample, sessions) |
		       BIT(struct load_sample, wait_class);
	if (row->query_id != 0)
		row->present |= BIT(struct load_sample, query_id);
	keep_text(snap, row, &row->wait, BIT(struct load_sample, wait));
	keep_text(snap, row, &row->user, BIT(struct load_sample, user));
	keep_text(snap, row, &row->database, BIT(struct load_sample, database));
	keep_text(snap, row, &row->application, BIT(struct load_sample, application));
	keep_text(snap, row, &row->client, BIT(struct load_sample, client));
	keep_text(snap, row, &row->statement, BIT(struct load_sample, statement));
}

static void count(struct rows *rows, const struct load_sample *r, enum wait_class cls)
{
	size_t i = hash_of(r) & rows->mask;
	struct load_sample *row;

	while (rows->slots[i] != 0 && !alike(row_at(rows, rows->slots[i] - 1), r))
		i = (i + 1) & rows->mask;
	if (rows->slots[i] == 0 && rows->snap->nrows >= LOAD_SAMPLE_ROWS_MAX) {
		rows->nrest[cls]++;
		return;
	}
	if (rows->slots[i] == 0) {
		row = snapshot_add_row(rows->snap);
		*row = *r;
		keep(rows->snap, row);
		rows->slots[i] = (uint32_t)rows->snap->nrows;
	}
	row_at(rows, rows->slots[i] - 1)->sessions++;
}

static struct str if_has(const struct session *row, uint64_t bit, struct str text)
{
	return row->present & bit ? text : STR("");
}

static struct str statement_of(struct shape_cache *shapes, const struct session *row, int64_t query_id)
{
	struct str text = if_has(row, BIT(struct session, query), row->query);
	struct str shape = shape_cache_get(shapes, query_id, text);

	return query_id == 0 && text.len >= CUT_FROM ? str_sub(shape, 0, HEAD_MAX) : shape;
}

static void add_session(struct rows *rows, const struct session *row, struct shape_cache *shapes)
{
	enum wait_class cls = wait_class_of(if_has(row, BIT(struct session, wait_type), row->wait_type));
	struct load_sample r = {.sampled_at = rows->snap->at_us};

	r.wait_class = str_c(wait_class_name(cls));
	r.wait = if_has(row, BIT(struct session, wait), row->wait);
	r.query_id = HAS(row, struct session, query_id) ? row->query_id : 0;
	r.user = if_has(row, BIT(struct session, user), row->user);
	r.database = if_has(row, BIT(struct session, database), row->database);
	r.application = if_has(row, BIT(struct session, application), row->application);
	r.client = if_has(row, BIT(struct session, client), row->client);
	r.statement = statement_of(shapes, row, r.query_id);
	count(rows, &r, cls);
}

/* Sessions beyond the limit: one row a class. */
static void add_rest(struct rows *rows)
{
	for (int c = 0; c < WAIT__COUNT; c++) {
		struct load_sample *row = rows->nrest[c] > 0 ? snapshot_add_row(rows->snap) : NULL;

		if (!row)
			continue;
		SET(row, struct load_sample, sampled_at, rows->snap->at_us);
		SET(row, struct load_sample, sessions, (int64_t)rows->nrest[c]);
		SET(row, struct load_sample, wait_class, str_c(wait_class_name((enum wait_class)c)));
	}
}

void sample_count_load(const struct session *sessions, size_t n, struct shape_cache *shapes, struct snapshot *out)
{
	struct rows rows = {.snap = out, .mask = 15};
	size_t active = 0;

	for (size_t i = 0; i < n; i++)
		active += session_is_load(&sessions[i]);
	while (rows.mask < active * 2)
		rows.mask = rows.mask * 2 + 1;
	rows.slots = xcalloc(rows.mask + 1, sizeof *rows.slots);
	shape_cache_begin(shapes, active);
	for (size_t i = 0; i < n; i++)
		if (session_is_load(&sessions[i]))
			add_session(&rows, &sessions[i], shapes);
	shape_cache_end(shapes);
	add_rest(&rows);
	xfree(rows.slots);
}

struct snapshot *sample_make_load_samples(struct sample *s)
{
	struct snapshot *snap = snapshot_new(&load_sample_type, source_load_samples.name);

	sample_stamp(snap, s);
	if (sample_hide_load(s, snap))
		return snap;
	sample_count_load(s->sessions->rows, s->sessions->nrows, &s->st->shapes, snap);
	if (conn_probe(s->conn)->version_num < 140000)
		snapshot_set_unavailable(snap, "query_id", STR("needs PostgreSQL 14"));
	return snap;
}
