/*
 * fixture.c: see fixture.h.
 *
 * One pass over the lines builds one snapshot at a time and posts it into the source's mailbox,
 * as a lane would; store_collect() takes it from there.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "registry.h"
#include "tests/ui/fixture_words.h"
#include "ui/load_view.h"
#include "ui/storage_view.h"
#include "verdict/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (8u << 20)
#define RATES_MAX 4096
#define SERIES_MAX 128
#define BLOCK_MAX 200 /* lines of a block that is repeated */
#define SAMPLES_MAX 8000

struct rate {
	size_t row, field;
	double value;
};

struct loader {
	struct fixture *f;
	struct fixture_place at;
	struct arena *words; /* unescaped values of head lines */
	struct snapshot *snap;
	int source;
	int64_t retry_us, running_us;
	struct rate rates[RATES_MAX];
	size_t nrates;
	struct series series[SERIES_MAX];
	size_t nseries;
	int64_t every_us, from_us, until_us; /* every 0 = the block is one snapshot */
	struct str block[BLOCK_MAX];         /* its rows, to be read once for each time */
	size_t nblock;
};

static void keep_rates(struct loader *l)
{
	struct snapshot *s = l->snap;
	size_t n = s->nrows * s->type->nfields;

	if (l->nrates == 0)
		return;
	s->rates = arena_alloc_array(s->arena, n, sizeof *s->rates);
	for (size_t i = 0; i < n; i++)
		s->rates[i] = (double)NAN;
	for (size_t i = 0; i < l->nrates; i++)
		s->rates[l->rates[i].row * s->type->nfields + l->rates[i].field] = l->rates[i].value;
}

static bool is_load(const struct snapshot *s)
{
	return strcmp(s->source, "load_samples") == 0;
}

static void give_sample(struct fixture *f, const struct snapshot *s)
{
	if (is_load(s))
		load_view_add(f->ui.load, s, US_PER_S);
	else
		storage_view_feed(&f->ui, s);
}

/* Histories (load, sizes of relations) need every sample, the store keeps the newest. */
static void keep_sample(struct loader *l, const struct snapshot *s)
{
	struct fixture *f = l->f;

	if ((!is_load(s) && strcmp(s->source, "relations") != 0) || s->state != SNAP_OK)
		return;
	if (f->ui.store) {
		give_sample(f, s);
		return;
	}
	if (!f->samples)
		f->samples = xcalloc(SAMPLES_MAX, sizeof *f->samples);
	if (f->nsamples < SAMPLES_MAX)
		f->samples[f->nsamples++] = snapshot_ref(s);
}

/* Rows of several nodes are written with their node into the one source. */
static void merge_alone(struct store *st, size_t i, const struct snapshot *s)
{
	struct snapshot *failed;

	if (s->state == SNAP_OK) {
		mailbox_post(&st->mailboxes[i], snapshot_concat(&s, 1, registry_sources[i]->name));
		return;
	}
	failed = snapshot_new(s->type, registry_sources[i]->name);
	snapshot_fail(failed, s->state, &s->err);
	failed->generation = s->generation;
	failed->at_us = s->at_us;
	mailbox_post(&st->mailboxes[i], snapshot_publish(failed));
}

/* Gives the snapshot under construction to its mailbox. */
static void post_one(struct loader *l)
{
	struct store *st = runtime_store(l->f->rt);
	struct snapshot *s = l->snap;

	if (!s)
		return;
	keep_rates(l);
	if (l->nseries > 0) {
		s->series.items = arena_alloc_array(s->arena, l->nseries, sizeof *s->series.items);
		memcpy(s->series.items, l->series, l->nseries * sizeof *s->series.items);
		s->series.n = l->nseries;
	}
	l->snap = NULL;
	s->at_us = s->at_us ? s->at_us : l->at.now_us;
	keep_sample(l, snapshot_publish(s));
	for (size_t i = 0; i < registry_nsources; i++)
		if (registry_sources[i]->merges && strcmp(registry_sources[i]->merges, s->source) == 0)
			merge_alone(st, i, s);
	mailbox_post(&st->mailboxes[l->source], s);
	(void)store_collect(st);
	for (size_t i = 0; i < registry_nsources; i++) {
		const char *merges = registry_sources[i]->merges;

		if ((int)i != l->source && !(merges && strcmp(merges, s->source) == 0))
			continue;
		if (l->retry_us)
			st->entries[i].next_mono_us = clock_mono_us() + l->retry_us;
		st->entries[i].fetch_since_mono_us = l->running_us ? clock_mono_us() - l->running_us : 0;
	}
}

static void add_row(struct loader *l, struct str rest, size_t i, size_t n);

/* One snapshot, or one for each time of a repeated block. */
static void post(struct loader *l)
{
	size_t n = l->every_us > 0 ? (size_t)((l->until_us - l->from_us) / l->every_us) : 0;
	int source = l->source;

	if (!l->snap || n == 0) {
		post_one(l);
		return;
	}
	snapshot_unref(l->snap);
	for (size_t i = 0; i < n; i++) {
		l->snap = snapshot_new(registry_sources[source]->type, registry_sources[source]->name);
		l->snap->generation = runtime_target(l->f->rt)->generation;
		l->snap->at_us = l->from_us + (int64_t)i * l->every_us;
		for (size_t k = 0; k < l->nblock; k++)
			add_row(l, l->block[k], i, n);
		post_one(l);
	}
	l->every_us = 0;
}

static int64_t duration(struct loader *l, struct str text)
{
	int64_t us;

	if (!parse_duration_us(text, &us))
		fixture_fault(&l->at, STR_FMT " is not a duration", STR_ARG(text));
	return us;
}

static void begin_source(struct loader *l, struct str rest)
{
	struct str name, value;
	char word[64];

	post(l);
	if (!fixture_word(&l->at, &rest, l->words, &name, &value))
		fixture_fault(&l->at, "source needs a name");
	(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
	l->source = registry_find(word);
	if (l->source < 0)
		fixture_fault(&l->at, "no source %s", word);
	l->f->tells_verdicts |= registry_sources[l->source]->derive != NULL;
	l->snap = snapshot_new(registry_sources[l->source]->type, registry_sources[l->source]->name);
	l->snap->generation = runtime_target(l->f->rt)->generation;
	l->snap->at_us = l->at.now_us;
	l->nrates = l->nseries = 0;
	l->retry_us = l->running_us = l->every_us = 0;
	l->nblock = 0;
	while (fixture_word(&l->at, &rest, l->words, &name, &value)) {
		if (str_eq_c(name, "at"))
			l->snap->at_us = fixture_time(&l->at, value);
		else if (str_eq_c(name, "server_at"))
			l->snap->server_at_us = fixture_time(&l->at, value);
		else if (str_eq_c(name, "took"))
			l->snap->took_us = duration(l, value);
		else if (str_eq_c(name, "retry"))
			l->retry_us = duration(l, value);
		else if (str_eq_c(name, "running"))
			l->running_us = duration(l, value);
		else if (str_eq_c(name, "partial"))
			l->snap->partial = true;
		else if (str_eq_c(name, "every"))
			l->every_us = duration(l, value);
		else if (str_eq_c(name, "from"))
			l->from_us = fixture_time(&l->at, value);
		else if (str_eq_c(name, "until"))
			l->until_us = fixture_time(&l->at, value);
		else
			fixture_fault(&l->at, "unknown word " STR_FMT, STR_ARG(name));
	}
}

static void add_rate(struct loader *l, size_t row, struct str name, struct str value, size_t i, size_t n)
{
	int f = rec_find(l->snap->type, str_sub(name, 0, name.len - 2));

	if (f < 0 || !(l->snap->type->fields[f].flags & F_RATE) || l->nrates == RATES_MAX)
		fixture_fault(&l->at, "no rate " STR_FMT, STR_ARG(name));
	l->rates[l->nrates++] =
		(struct rate){row, (size_t)f, fixture_value(&l->at, l->snap->arena, K_REAL, value, i, n).f64};
}

static void add_row(struct loader *l, struct str rest, size_t i, size_t n)
{
	void *rec = snapshot_add_row(l->snap);
	struct str name, value;

	while (fixture_word(&l->at, &rest, l->snap->arena, &name, &value)) {
		int f = rec_find(l->snap->type, name);

		if (str_ends(name, STR("/s"))) {
			add_rate(l, l->snap->nrows - 1, name, value, i, n);
			continue;
		}
		if (f < 0)
			fixture_fault(&l->at, "%s has no field " STR_FMT, l->snap->source, STR_ARG(name));
		enum kind k = (enum kind)l->snap->type->fields[f].kind;
		union value v = fixture_value(&l->at, l->snap->arena, k, value, i, n);

		if (kind_ops[k].storage == CT_STR)
			v.str = arena_str(l->snap->arena, v.str);
		rec_set(&l->snap->type->fields[f], rec, v);
	}
}

static void add_many(struct loader *l, struct str rest)
{
	struct str name, value;
	int64_t n;

	if (!fixture_word(&l->at, &rest, l->words, &name, &value) || !parse_i64(name, &n) || n < 2)
		fixture_fault(&l->at, "many needs a number");
	for (int64_t i = 0; i < n; i++)
		add_row(l, rest, (size_t)i, (size_t)n);
}

/* "3", "-" (a gap), "3..9*20" or "1~5*60" (20 and 60 points): appended to the series. */
static void add_points(struct loader *l, struct series_ring *ring, int64_t *at, int64_t period, struct str item)
{
	long star = str_find(item, STR("*"), 0);
	int64_t n = 1;

	if (star >= 0 && (!parse_i64(str_sub(item, (size_t)star + 1, item.len), &n) || n < 2))
		fixture_fault(&l->at, STR_FMT ": how many?", STR_ARG(item));
	if (star >= 0)
		item = str_sub(item, 0, (size_t)star);
	for (int64_t i = 0; i < n; i++, *at += period)
		if (!str_eq_c(item, "-"))
			series_ring_put(ring, *at,
					fixture_value(&l->at, l->words, K_REAL, item, (size_t)i, (size_t)n).f64);
}

/* Words that name the series; false: it is another word. */
static bool name_series(struct series *s, struct str name, struct str value)
{
	if (str_eq_c(name, "object"))
		s->object = value;
	else if (str_eq_c(name, "dimension"))
		s->dimension = value;
	else if (str_eq_c(name, "unit"))
		s->unit = value;
	else if (str_eq_c(name, "statistic"))
		s->statistic = value;
	else if (str_eq_c(name, "part"))
		s->part = str_eq_c(value, "week") ? SERIES_WEEK : SERIES_BEFORE;
	else
		return false;
	return true;
}

static void add_series(struct loader *l, struct str rest)
{
	struct series *s = &l->series[l->nseries];
	struct series_ring ring = {0};
	struct str name, value, values = {NULL, 0}, item;
	int64_t from = 0;

	if (l->nseries == SERIES_MAX || !fixture_word(&l->at, &rest, l->snap->arena, &name, &value))
		fixture_fault(&l->at, "series needs a metric");
	*s = (struct series){.metric = arena_str(l->snap->arena, name)};
	while (fixture_word(&l->at, &rest, l->snap->arena, &name, &value)) {
		if (name_series(s, name, arena_str(l->snap->arena, value)))
			continue;
		if (str_eq_c(name, "period"))
			s->period_us = duration(l, value);
		else if (str_eq_c(name, "from"))
			from = fixture_time(&l->at, value);
		else if (str_eq_c(name, "values"))
			values = value;
		else
			fixture_fault(&l->at, "unknown word " STR_FMT, STR_ARG(name));
	}
	while (str_split(&values, ',', &item))
		if (item.len > 0)
			add_points(l, &ring, &from, s->period_us, item);
	if (ring.n > 0)
		series_ring_copy(&ring, l->snap->arena, ring.at[0], ring.at[ring.n - 1], s);
	series_ring_release(&ring);
	l->nseries++;
}

static enum err_code code_by_word(struct loader *l, struct str word)
{
	for (int c = ERR_NONE + 1; c < ERR__COUNT; c++) {
		const char *name = err_word((enum err_code)c);
		char joined[64];

		(void)snprintf(joined, sizeof joined, "%s", name);
		for (char *p = joined; *p; p++)
			*p = *p == ' ' ? '-' : *p;
		if (str_eq_c(word, joined))
			return (enum err_code)c;
	}
	fixture_fault(&l->at, "no error is called " STR_FMT, STR_ARG(word));
}

static void fail(struct loader *l, enum snap_state state, struct str rest)
{
	struct err err = {.code = ERR_UNAVAILABLE};
	long bar = str_find(rest, STR(" | "), 0);
	struct str text = str_trim(str_sub(rest, 0, bar < 0 ? rest.len : (size_t)bar)), word;

	if (state == SNAP_ERROR) {
		(void)str_split(&text, ' ', &word);
		err.code = code_by_word(l, word);
	}
	(void)err_set(&err, err.code, STR_FMT, STR_ARG(text));
	if (bar >= 0)
		err_remedy(&err, STR_FMT, STR_ARG(str_trim(str_sub(rest, (size_t)bar + 3, rest.len))));
	snapshot_fail(l->snap, state, &err);
}

static void missing(struct loader *l, struct str rest)
{
	struct str name, value;
	char field[64];

	(void)fixture_word(&l->at, &rest, l->words, &name, &value);
	(void)snprintf(field, sizeof field, STR_FMT, STR_ARG(name));
	snapshot_set_unavailable(l->snap, field, str_trim(rest));
}

static void copy(char *to, size_t size, struct str v)
{
	(void)snprintf(to, size, STR_FMT, STR_ARG(v));
}

static void new_target(struct loader *l, struct str rest)
{
	struct target *t = target_new();
	struct str name, value;

	target_copy(t, runtime_target(l->f->rt));
	t->generation = runtime_target(l->f->rt)->generation + 1;
	while (fixture_word(&l->at, &rest, l->words, &name, &value)) {
		if (str_eq_c(name, "cluster"))
			copy(t->cluster, sizeof t->cluster, value);
		else if (str_eq_c(name, "region"))
			copy(t->region, sizeof t->region, value);
		else if (str_eq_c(name, "db"))
			copy(t->conninfo, sizeof t->conninfo, value);
		else if (str_eq_c(name, "aws"))
			t->aws = str_eq_c(value, "true");
		else if (str_eq_c(name, "range"))
			t->range_us = duration(l, value);
		else
			fixture_fault(&l->at, "unknown word " STR_FMT, STR_ARG(name));
	}
	runtime_set_target(l->f->rt, t);
	target_unref(t);
}

static void set_now(struct loader *l, struct str rest)
{
	l->at.now_us = fixture_time(&l->at, str_trim(rest));
	l->f->now_us = l->at.now_us;
	clock_freeze(l->at.now_us);
}

static void body_line(struct loader *l, struct str verb, struct str rest)
{
	if (!l->snap)
		fixture_fault(&l->at, STR_FMT " before any source", STR_ARG(verb));
	else if (str_eq_c(verb, "row") && l->every_us > 0 && l->nblock < BLOCK_MAX)
		l->block[l->nblock++] = rest;
	else if (str_eq_c(verb, "row"))
		add_row(l, rest, 0, 1);
	else if (str_eq_c(verb, "many"))
		add_many(l, rest);
	else if (str_eq_c(verb, "series"))
		add_series(l, rest);
	else if (str_eq_c(verb, "error"))
		fail(l, SNAP_ERROR, rest);
	else if (str_eq_c(verb, "unavailable"))
		fail(l, SNAP_UNAVAILABLE, rest);
	else if (str_eq_c(verb, "skipped"))
		fail(l, SNAP_SKIPPED, rest);
	else if (str_eq_c(verb, "missing"))
		missing(l, rest);
	else
		fixture_fault(&l->at, "unknown line " STR_FMT, STR_ARG(verb));
}

/* What another file tells came first. */
static void before(struct fixture *f, struct str name)
{
	char word[64];

	(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
	fixture_more(f, word);
}

/* As if the console had looked at this world for so long that all has appeared or gone. */
static void settle_verdicts(struct runtime *rt)
{
	for (int i = 0; i < VERDICT_CLEAR; i++)
		(void)runtime_derive(rt, "verdicts", true);
}

void fixture_more_text(struct fixture *f, const char *what, struct str text)
{
	struct loader *l = xcalloc(1, sizeof *l);
	struct str line, verb;

	l->f = f;
	l->at = (struct fixture_place){what, 0, f->now_us};
	l->words = arena_new(4096, FILE_MAX);
	while (str_split(&text, '\n', &line)) {
		l->at.line++;
		line = str_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		(void)str_split(&line, ' ', &verb);
		if (str_eq_c(verb, "after"))
			before(f, line);
		else if (str_eq_c(verb, "now"))
			set_now(l, line);
		else if (str_eq_c(verb, "target"))
			new_target(l, line);
		else if (str_eq_c(verb, "source"))
			begin_source(l, line);
		else
			body_line(l, verb, line);
	}
	post(l);
	arena_free(l->words);
	xfree(l);
	if (!f->tells_verdicts)
		settle_verdicts(f->rt);
	if (f->ui.store)
		ui_data_changed(&f->ui);
}

void fixture_more(struct fixture *f, const char *name)
{
	struct fixture_place at = {name, 0, 0};
	char path[1024];
	struct buf b;
	FILE *in;
	size_t n;
	char *chunk = xalloc(1u << 16);

	(void)snprintf(path, sizeof path, "%s/%s.fixture", TEST_DATA, name);
	in = fopen(path, "rb");
	if (!in)
		fixture_fault(&at, "cannot open %s", path);
	buf_init(&b, FILE_MAX);
	while ((n = fread(chunk, 1, 1u << 16, in)) > 0)
		(void)buf_add(&b, chunk, n);
	(void)fclose(in);
	fixture_more_text(f, path, buf_str(&b));
	buf_release(&b);
	xfree(chunk);
}

void fixture_open(struct fixture *f, const char *name, enum glyph_set glyphs)
{
	struct ui_options o = {.theme = "dark", .glyphs = glyphs, .product = "auroratop 0.1.0", .motion = false};
	struct target *t = target_new();
	struct theme *theme;
	struct err err;

	*f = (struct fixture){.rt = NULL};
	glyph_use(glyphs);
	clock_freeze(US_PER_DAY);
	f->rt = runtime_new(registry_sources, registry_nsources, t);
	fixture_commands(f->rt);
	target_unref(t);
	fixture_more(f, name);
	if (!theme_load("dark", &theme, &err))
		abort();
	ui_init(&f->ui, f->rt, &o, theme);
	f->ui.depth = f->ui.terminal_depth = DEPTH_RGB;
	for (size_t i = 0; i < f->nsamples; i++)
		give_sample(f, f->samples[i]);
}

void fixture_close(struct fixture *f)
{
	for (size_t i = 0; i < f->nsamples; i++)
		snapshot_unref(f->samples[i]);
	xfree(f->samples);
	target_unref(f->ui.next_target);
	ui_release(&f->ui);
	if (!runtime_stop(f->rt, US_PER_S))
		abort();
	clock_freeze(0);
}

void fixture_wait(struct fixture *f, int64_t us)
{
	f->now_us += us;
	clock_freeze(f->now_us);
	f->ui.now_us = clock_wall_us();
	f->ui.mono_us = clock_mono_us();
}

void fixture_draw(struct fixture *f, const char *view, int rows, int cols)
{
	if (view)
		fixture_effects(f, ui_show_view(&f->ui, (size_t)view_by_name(view)));
	f->ui.now_us = clock_wall_us();
	f->ui.mono_us = clock_mono_us();
	ui_draw(&f->ui, rows, cols);
	if (!commands_lane(runtime_commands(f->rt), 0))
		return;
	/* recalculating has asked for something */
	fixture_finish(f);
	ui_draw(&f->ui, rows, cols);
}

void fixture_effects(struct fixture *f, int effects)
{
	ui_apply(&f->ui, effects);
	if (!f->ui.next_target)
		return;
	runtime_set_target(f->rt, f->ui.next_target);
	target_unref(f->ui.next_target);
	f->ui.next_target = NULL;
	ui_data_changed(&f->ui);
}

size_t fixture_click_everywhere(struct fixture *f)
{
	size_t opened = 0;

	for (int y = 0; y < f->ui.canvas.rows; y++)
		for (int x = 0; x < f->ui.canvas.cols; x += 3)
			for (int twice = 0; twice < 2; twice++) {
				struct event e = {.type = EVENT_MOUSE_DOWN, .y = y, .x = x, .doubled = twice};

				fixture_effects(f, ui_event(&f->ui, &e));
				opened += f->ui.overlay == OVERLAY_OPERATE;
			}
	return opened;
}

int fixture_key(struct fixture *f, uint32_t key)
{
	struct event e = {.type = EVENT_KEY, .key = key};
	int effects = ui_event(&f->ui, &e);

	fixture_effects(f, effects);
	fixture_finish(f);
	return effects;
}

int fixture_type(struct fixture *f, const char *keys)
{
	int effects = EFFECT_NONE;

	for (const char *p = keys; *p; p++)
		effects = fixture_key(f, (uint32_t)(unsigned char)*p);
	return effects;
}

struct pane *fixture_pane(struct fixture *f, const char *name)
{
	struct view *v = ui_view(&f->ui);

	for (size_t i = 0; i < v->def->npanes; i++)
		if (str_eq_c(str_c(name), v->panes[i].def->name))
			return &v->panes[i];
	return NULL;
}

void fixture_text(const struct fixture *f, struct buf *out)
{
	buf_init(out, FILE_MAX);
	if (!canvas_dump(&f->ui.canvas, out))
		abort();
}

bool fixture_shows_in(const struct fixture *f, struct rect r, const char *text)
{
	const struct canvas *c = &f->ui.canvas;
	bool found = false;

	r = rect_intersect(r, (struct rect){0, 0, c->rows, c->cols});
	for (int y = r.y; y < r.y + r.h && !found; y++) {
		struct buf b;

		buf_init(&b, FILE_MAX);
		for (int x = r.x; x < r.x + r.w; x++) {
			const struct cell *cell = &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
			char bytes[4];

			if (cell->width > 0)
				(void)buf_add(&b, bytes, (size_t)utf8_encode(cell->rune, bytes));
		}
		found = str_find(buf_str(&b), str_c(text), 0) >= 0;
		buf_release(&b);
	}
	return found;
}

bool fixture_shows(const struct fixture *f, const char *text)
{
	return fixture_shows_in(f, (struct rect){0, 0, f->ui.canvas.rows, f->ui.canvas.cols}, text);
}

static bool bidi(uint32_t cp)
{
	return cp == 0x061C || cp == 0x200E || cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0x2028 || cp == 0x2029 || (cp >= 0x7F && cp < 0xA0);
}

static bool cell_clean(const struct cell *cell, const struct cell *right)
{
	if (cell->style.fg >= ROLE__COUNT || cell->style.bg >= ROLE__COUNT || cell->width > 2)
		return false;
	if (cell->width == 0)
		return cell->rune == 0;
	if (cell->rune < 0x20 || cell->rune > 0x10FFFF || bidi(cell->rune))
		return false;
	return cell->width == 1 || (right && right->width == 0);
}

bool fixture_clean(const struct fixture *f, int *ret_y, int *ret_x)
{
	const struct canvas *c = &f->ui.canvas;

	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x < c->cols; x++) {
			const struct cell *cell = &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
			bool orphan = cell->width == 0 && (x == 0 || cell[-1].width != 2);

			if (orphan || !cell_clean(cell, x + 1 < c->cols ? cell + 1 : NULL)) {
				*ret_y = y;
				*ret_x = x;
				return false;
			}
		}
	return true;
}
