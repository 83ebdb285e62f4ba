/*
 * prop_ui.c: random people at the keyboard. Every fixture, random sizes, keys from the action
 * table, digits, text, the mouse, new data in between: nothing crashes, the selection stays on
 * a row that is shown, and every cell of the picture is something a terminal may print.
 *
 * The seed is fixed; PROP_SEED and PROP_ROUNDS change it. A failure prints seed and round.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "ui/action.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS 400
#define EVENTS 40

static const char *const fixtures[] = {"incident", "hostile", "failed", "empty", "stopped", "fleet", "healthy"};

static uint64_t state_;
static unsigned spared_draws;

static uint32_t dice(uint32_t n)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % n;
}

static uint32_t random_key(void)
{
	static const uint32_t special[] = {K_UP,     K_DOWN,   K_LEFT,   K_RIGHT,     K_PGUP,   K_PGDN,
					   K_HOME,   K_END,    K_TAB,    K_ESC,       K_ENTER,  K_BACKTAB,
					   K_F1,     K_CTRL_U, K_CTRL_W, K_BACKSPACE, K_DELETE, K_CTRL_A,
					   K_CTRL_E, K_CTRL_L, K_CTRL_N, K_CTRL_P,    K_INSERT};
	static const uint32_t text[] = {' ', '/', ':', 'a', 'q',  'u',    'e',    'r',     'y',
					'"', '!', '>', '|', 0xE4, 0x8868, 0x202E, 0x1F525, 0x301};
	char name[16];
	uint32_t key;

	switch (dice(5)) {
	case 0:
		return (uint32_t)('0' + dice(10));
	case 1:
		return special[dice(ARRAY_LEN(special))];
	case 2:
		return text[dice(ARRAY_LEN(text))];
	case 3:
		key = key_by_name(str_c(action_key_name((enum action_id)dice(ACTION__COUNT), name, sizeof name)));
		return key == 'w' ? 'm' : key; /* no files from here */
	default:
		return 0x20 + dice(0x5F) == 'w' ? 'x' : 0x20 + dice(0x5F);
	}
}

static struct event random_event(int rows, int cols)
{
	static const enum event_type mouse[] = {EVENT_MOUSE_DOWN, EVENT_MOUSE_UP, EVENT_MOUSE_DRAG, EVENT_WHEEL_UP,
						EVENT_WHEEL_DOWN};
	struct event e = {.type = EVENT_KEY};

	if (dice(6) == 0) {
		e.type = mouse[dice(ARRAY_LEN(mouse))];
		e.y = (int)dice((uint32_t)rows + 2);
		e.x = (int)dice((uint32_t)cols + 2);
		e.doubled = dice(3) == 0;
	} else if (dice(40) == 0) {
		e.type = dice(2) ? EVENT_PASTE_BEGIN : EVENT_PASTE_END;
	} else {
		e.key = random_key();
		if (e.key == 'w')
			e.key = 'j';
	}
	return e;
}

/* The selected row is on the screen, wherever a table has a row to show it in. */
static void check_selection_seen(const struct pane *p)
{
	const struct table *t = &p->table;
	bool drawn = p->frame.h > 2 && !p->collapsed && !p->dirty && p->inner.h > 1 && p->inner.w >= 6;

	if (!drawn || t->n == 0 || t->visible_rows < 1)
		return;
	if (t->cursor < t->top || t->cursor >= t->top + (size_t)t->visible_rows)
		fail_msg("%s: row %zu is selected, %d rows from %zu are shown, inside %dx%d", p->def->name, t->cursor,
			 t->visible_rows, t->top, p->inner.w, p->inner.h);
}

static void check_tables(const struct fixture *f)
{
	for (size_t v = 0; v < f->ui.nviews; v++)
		for (size_t i = 0; i < f->ui.views[v].def->npanes; i++) {
			const struct pane *p = &f->ui.views[v].panes[i];
			const struct table *t = &p->table;

			if (!p->def->table)
				continue;
			assert_true(t->cursor < t->n || (t->n == 0 && t->cursor == 0));
			assert_true(t->n <= t->total);
			for (size_t k = 0; k < t->n; k++)
				assert_true(t->index[k] < t->snap->nrows);
			assert_true(t->tags.n <= TABLE_TAGS_MAX);
			if (v == f->ui.view)
				check_selection_seen(p);
		}
}

static void check_picture(struct fixture *f, uint64_t seed, int round)
{
	int rows = 1 + (int)dice(dice(3) ? 60 : 120), cols = 1 + (int)dice(dice(3) ? 180 : 330), y, x;

	fixture_draw(f, NULL, rows, cols);
	assert_int_equal(f->ui.canvas.rows, rows);
	assert_int_equal(f->ui.canvas.cols, cols);
	if (!fixture_clean(f, &y, &x))
		fail_msg("seed %llu round %d: cell %d,%d at %dx%d", (unsigned long long)seed, round, y, x, cols, rows);
	check_tables(f);
}

static void draw_whole(struct fixture *f)
{
	f->ui.damage = DAMAGE_ALL;
	ui_draw(&f->ui, f->ui.canvas.rows, f->ui.canvas.cols);
}

/* What is drawn after a mere move of the selection, sparing the rest, is what drawing everything gives. */
static void check_damage(struct fixture *f, uint64_t seed, int round)
{
	struct canvas *c = &f->ui.canvas;
	size_t n = (size_t)c->rows * (size_t)c->cols;
	struct cell *spared;

	if (f->ui.damage != DAMAGE_SELECTION)
		return;
	spared_draws++;
	spared = xcalloc(n, sizeof(*spared));
	ui_draw(&f->ui, c->rows, c->cols);
	memcpy(spared, c->cells, n * sizeof(*spared));
	draw_whole(f);
	for (size_t i = 0; i < n; i++)
		if (memcmp(&spared[i], &c->cells[i], sizeof(*spared)) != 0)
			fail_msg("seed %llu round %d: cell %zu,%zu differs from a whole picture, view %s, focus %s",
				 (unsigned long long)seed, round, i / (size_t)c->cols, i % (size_t)c->cols,
				 ui_view(&f->ui)->def->name, ui_focused(&f->ui)->def->name);
	xfree(spared);
}

static void one_round(uint64_t seed, int round)
{
	struct fixture f;

	fixture_open(&f, fixtures[(size_t)round % ARRAY_LEN(fixtures)], dice(4) ? GLYPHS_UTF8 : GLYPHS_ASCII);
	f.ui.depth = f.ui.terminal_depth = (enum depth)dice(4);
	check_picture(&f, seed, round);
	for (uint32_t i = 0, n = dice(EVENTS); i < n; i++) {
		struct event e = random_event(f.ui.canvas.rows, f.ui.canvas.cols);

		bool compare = dice(2) == 0;

		if (compare)
			draw_whole(&f);
		fixture_effects(&f, ui_event(&f.ui, &e));
		if (compare)
			check_damage(&f, seed, round);
		if (dice(4) == 0)
			fixture_wait(&f, (int64_t)dice(3000000));
		if (dice(12) == 0)
			fixture_more(&f, fixtures[dice(ARRAY_LEN(fixtures))]);
		if (dice(3) == 0)
			check_picture(&f, seed, round);
	}
	check_picture(&f, seed, round);
	fixture_close(&f);
}

static int64_t setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);
	int64_t v;

	return text && parse_i64(str_c(text), &v) ? v : otherwise;
}

static void test_random_people(void **state)
{
	uint64_t seed = (uint64_t)setting("PROP_SEED", 20260317);
	int64_t rounds = setting("PROP_ROUNDS", ROUNDS);
	const char *tmp = getenv("TMPDIR");

	(void)state;
	assert_int_equal(chdir(tmp ? tmp : "/tmp"), 0);
	for (int i = 0; i < rounds; i++) {
		state_ = (seed + (uint64_t)i) * UINT64_C(0x9E3779B97F4A7C15) + 1;
		(void)dice(2);
		one_round(seed, i);
	}
	assert_true(rounds < ROUNDS || spared_draws > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_people)};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
