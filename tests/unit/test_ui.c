/*
 * test_ui.c: events in, effects out: views, focus, zoom, overlays, filter prompt, paste, mouse,
 * toasts, and what the scheduler is told to want.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "ui/action.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

static struct fixture f;

static int open_incident(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "overview", 48, 160);
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void draw(void)
{
	fixture_draw(&f, NULL, 48, 160);
}

static const char *view_name(void)
{
	return ui_view(&f.ui)->def->name;
}

static void press(int y, int x, bool doubled)
{
	struct event e = {.type = EVENT_MOUSE_DOWN, .y = y, .x = x, .doubled = doubled};

	fixture_effects(&f, ui_event(&f.ui, &e));
	draw();
}

static void test_digits_open_views(void **state)
{
	static const struct {
		char key;
		const char *view;
	} keys[] = {{'2', "activity"}, {'4', "load"},    {'6', "storage"}, {'7', "backups"},
		    {'8', "network"},  {'0', "posture"}, {'1', "overview"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		int effects = fixture_key(&f, (uint32_t)(unsigned char)keys[i].key);

		assert_string_equal(view_name(), keys[i].view);
		assert_true(effects & EFFECT_PAINT);
		assert_true(effects & EFFECT_DEMAND);
		draw();
	}
}

static void test_escape_goes_back_and_never_quits(void **state)
{
	(void)state;
	(void)fixture_type(&f, "6z");
	draw();
	assert_true(ui_view(&f.ui)->zoomed);
	for (int i = 0; i < 6; i++)
		assert_false(fixture_key(&f, K_ESC) & EFFECT_QUIT);
	assert_string_equal(view_name(), "overview");
	assert_false(f.ui.views[view_by_name("storage")].zoomed);
	assert_true(fixture_key(&f, 'q') & EFFECT_QUIT);
}

static void test_focus_walks(void **state)
{
	size_t n = ui_view(&f.ui)->def->npanes, start = ui_view(&f.ui)->focus;

	(void)state;
	for (size_t i = 1; i <= n; i++) {
		(void)fixture_key(&f, K_TAB);
		draw();
		assert_int_equal(ui_view(&f.ui)->focus, (start + i) % n);
		assert_true(ui_focused(&f.ui)->focused);
	}
	(void)fixture_key(&f, K_BACKTAB);
	assert_int_equal(ui_view(&f.ui)->focus, (start + n - 1) % n);
}

static void test_zoom_is_alone(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'z');
	draw();
	assert_int_equal(fixture_pane(&f, "activity")->frame.h, f.ui.chrome.body.h);
	assert_int_equal(fixture_pane(&f, "cluster")->frame.h, 0);
	(void)fixture_key(&f, 'z');
	draw();
	assert_true(fixture_pane(&f, "cluster")->frame.h > 0);
}

static void test_overlays_open_and_close(void **state)
{
	(void)state;
	(void)fixture_key(&f, '?');
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_HELP);
	assert_true(fixture_shows(&f, "Help"));
	/* Letters do not act on the panes below. */
	(void)fixture_key(&f, '6');
	assert_string_equal(view_name(), "overview");
	(void)fixture_key(&f, K_ESC);
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_DETAIL);
	assert_true(fixture_shows(&f, "row 1 of 17"));
	assert_true(fixture_shows(&f, "whole text of 4711"));
	(void)fixture_key(&f, K_RIGHT);
	draw();
	assert_true(fixture_shows(&f, "row 2 of 17"));
	/* q closes an overlay, it does not leave. */
	assert_false(fixture_key(&f, 'q') & EFFECT_QUIT);
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
}

static void test_help_lists_every_action(void **state)
{
	static char seen[ACTION__COUNT];

	(void)state;
	(void)fixture_key(&f, 'h');
	/* All lines, by scrolling a small screen to its end. */
	for (int step = 0; step < 120; step++) {
		fixture_draw(&f, NULL, 40, 160);
		for (int i = 0; i < ACTION__COUNT; i++) {
			char part[16];

			(void)snprintf(part, sizeof part, "%.15s", actions[i].help);
			seen[i] |= !actions[i].keys[0] || fixture_shows(&f, part);
		}
		(void)fixture_key(&f, K_DOWN);
	}
	for (int i = 0; i < ACTION__COUNT; i++)
		if (!seen[i])
			fail_msg("help does not list %s", actions[i].name);
}

static void test_help_scrolls_to_its_end_and_no_further(void **state)
{
	int before;

	(void)state;
	(void)fixture_key(&f, '?');
	for (int i = 0; i < 300; i++) {
		(void)fixture_key(&f, K_DOWN);
		fixture_draw(&f, NULL, 12, 60);
	}
	before = f.ui.overlay_scroll;
	assert_true(before > 10 && before < 200);
	(void)fixture_key(&f, K_UP);
	fixture_draw(&f, NULL, 12, 60);
	assert_int_equal(f.ui.overlay_scroll, before - 1);
}

static void test_filter_prompt(void **state)
{
	struct table *t = &fixture_pane(&f, "activity")->table;

	(void)state;
	(void)fixture_key(&f, '/');
	(void)fixture_type(&f, "user:worker");
	draw();
	assert_int_equal(t->n, 4);
	assert_true(fixture_shows(&f, "/ user:worker"));
	assert_true(fixture_shows(&f, "4 of 17"));
	/* Half a term is no error that throws away what is shown; it is said. */
	(void)fixture_type(&f, " >");
	draw();
	assert_int_not_equal(t->filter_err.code, ERR_NONE);
	assert_true(fixture_shows(&f, t->filter_err.text));
	assert_int_equal(t->n, 4);
	for (int i = 0; i < 2; i++)
		(void)fixture_key(&f, K_BACKSPACE);
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_false(f.ui.prompt.open);
	assert_int_equal(t->n, 4);
	/* Esc takes the filter back. */
	(void)fixture_key(&f, K_ESC);
	draw();
	assert_int_equal(t->n, 17);
	assert_string_equal(view_name(), "overview");
}

static void test_prompt_edits(void **state)
{
	(void)state;
	(void)fixture_key(&f, '/');
	(void)fixture_type(&f, "one two");
	(void)fixture_key(&f, K_CTRL_W);
	assert_string_equal(f.ui.prompt.text, "one ");
	(void)fixture_key(&f, K_CTRL_A);
	(void)fixture_key(&f, 0x8868);
	assert_string_equal(f.ui.prompt.text, "\xe8\xa1\xa8one ");
	(void)fixture_key(&f, K_RIGHT);
	(void)fixture_key(&f, K_BACKSPACE);
	assert_string_equal(f.ui.prompt.text, "\xe8\xa1\xa8ne ");
	(void)fixture_key(&f, K_HOME);
	(void)fixture_key(&f, K_DELETE);
	assert_string_equal(f.ui.prompt.text, "ne ");
	(void)fixture_key(&f, K_END);
	(void)fixture_key(&f, K_CTRL_U);
	assert_string_equal(f.ui.prompt.text, "");
	/* What must not be drawn is not taken. */
	(void)fixture_key(&f, 0x202E);
	(void)fixture_key(&f, 0x1B);
	assert_string_equal(f.ui.prompt.text, "");
	for (int i = 0; i < 2000; i++)
		(void)fixture_key(&f, 'x');
	assert_true(f.ui.prompt.len < PROMPT_MAX);
	draw();
}

/* A paste is text: it reaches a prompt, and never the key bindings. */
static void test_paste_runs_nothing(void **state)
{
	struct event begin = {.type = EVENT_PASTE_BEGIN}, end = {.type = EVENT_PASTE_END};

	(void)state;
	(void)ui_event(&f.ui, &begin);
	assert_false(fixture_type(&f, "6zq") & EFFECT_QUIT);
	assert_string_equal(view_name(), "overview");
	(void)ui_event(&f.ui, &end);
	(void)fixture_key(&f, '/');
	(void)ui_event(&f.ui, &begin);
	(void)fixture_type(&f, "4711");
	(void)ui_event(&f.ui, &end);
	assert_string_equal(f.ui.prompt.text, "4711");
	draw();
	assert_true(fixture_pane(&f, "activity")->table.n >= 1);
}

static void test_mouse(void **state)
{
	struct table *t = &fixture_pane(&f, "activity")->table;
	struct rect cluster = fixture_pane(&f, "cluster")->frame;
	struct event wheel = {.type = EVENT_WHEEL_DOWN, .y = t->heading_y + 2, .x = 20};

	(void)state;
	press(cluster.y + 2, cluster.x + 5, false);
	assert_string_equal(ui_focused(&f.ui)->def->name, "cluster");
	press(t->heading_y + 3, 20, false);
	assert_string_equal(ui_focused(&f.ui)->def->name, "activity");
	assert_int_equal(t->cursor, 2);
	(void)ui_event(&f.ui, &wheel);
	assert_int_equal(t->cursor, 5);
	press(t->heading_y, t->heads[0].x, false);
	assert_int_equal(t->order_column, 0);
	press(t->heading_y + 1, 20, true);
	assert_int_equal(f.ui.overlay, OVERLAY_DETAIL);
	(void)fixture_key(&f, K_ESC);
	press(f.ui.chrome.tabs, f.ui.views[view_by_name("backups")].tab_x + 1, false);
	assert_string_equal(view_name(), "backups");
	press(0, 0, false);
}

static void test_pause(void **state)
{
	(void)state;
	(void)fixture_key(&f, ' ');
	assert_true(runtime_paused(f.rt));
	fixture_wait(&f, 5 * US_PER_S);
	draw();
	/* The picture stands still: its clock shows when. */
	assert_true(fixture_shows(&f, "13:45:07Z"));
	assert_true(fixture_shows(&f, "‖ paused"));
	(void)fixture_key(&f, ' ');
	assert_false(runtime_paused(f.rt));
	draw();
	assert_true(fixture_shows(&f, "13:45:12Z"));
}

static void test_ranges(void **state)
{
	(void)state;
	(void)fixture_key(&f, '6');
	assert_int_equal(runtime_target(f.rt)->range_us, 7 * US_PER_DAY);
	(void)fixture_key(&f, 'T');
	assert_int_equal(runtime_target(f.rt)->range_us, US_PER_DAY);
	(void)fixture_key(&f, 't');
	(void)fixture_key(&f, 't');
	assert_int_equal(runtime_target(f.rt)->range_us, 7 * US_PER_DAY);
	for (int i = 0; i < 9; i++)
		(void)fixture_key(&f, 'T');
	assert_int_equal(runtime_target(f.rt)->range_us, US_PER_HOUR);
	/* Another range is the same world: what is known stays. */
	draw();
	assert_true(fixture_shows(&f, "1.21 TiB"));
}

static void test_interval(void **state)
{
	(void)state;
	(void)fixture_key(&f, '+');
	assert_int_equal(runtime_target(f.rt)->interval_us, 500 * US_PER_MS);
	draw();
	assert_true(fixture_shows(&f, "sampling every"));
	for (int i = 0; i < 9; i++)
		(void)fixture_key(&f, '+');
	assert_int_equal(runtime_target(f.rt)->interval_us, 250 * US_PER_MS);
	for (int i = 0; i < 20; i++)
		(void)fixture_key(&f, '-');
	assert_int_equal(runtime_target(f.rt)->interval_us, 60 * US_PER_S);
}

static void test_modes(void **state)
{
	struct table *t = &fixture_pane(&f, "activity")->table;
	size_t counts[6] = {17, 6 + 1, 7, 4, 3, 17};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		draw();
		if (t->n != counts[i])
			fail_msg("mode %s shows %zu rows, not %zu", t->def->modes[t->mode], t->n, counts[i]);
		(void)fixture_key(&f, 'm');
	}
	assert_int_equal(t->mode, 0);
}

static void test_toasts(void **state)
{
	(void)state;
	ui_toast(&f.ui, SEV_OK, "snapshot %s is ready", "pre-release");
	ui_toast(&f.ui, SEV_CRIT, "terminate 4711 failed");
	draw();
	assert_true(fixture_shows(&f, "✓ snapshot pre-release is ready"));
	assert_true(fixture_shows(&f, "✗ terminate 4711 failed"));
	fixture_wait(&f, 6 * US_PER_S);
	draw();
	/* What went well leaves by itself; what is critical stays until Esc. */
	assert_false(fixture_shows(&f, "pre-release is ready"));
	assert_true(fixture_shows(&f, "✗ terminate 4711 failed"));
	fixture_wait(&f, US_PER_HOUR);
	draw();
	assert_true(fixture_shows(&f, "✗ terminate 4711 failed"));
	(void)fixture_key(&f, K_ESC);
	draw();
	assert_false(fixture_shows(&f, "terminate 4711 failed"));
	/* A long one takes two lines; the same one again takes no second place. */
	for (int i = 0; i < 2; i++)
		ui_toast(&f.ui, SEV_WARN,
			 "a rather long explanation of what went wrong, which goes on in a second line");
	draw();
	assert_true(fixture_shows(&f, "! a rather long explanation of what went wrong,"));
	assert_true(fixture_shows(&f, "  which goes on in a second line"));
	assert_false(fixture_shows_in(&f, (struct rect){0, 0, 42, 160}, "a rather long explanation"));
}

static void test_copy_masks_literals(void **state)
{
	(void)state;
	(void)fixture_key(&f, 'j');
	(void)fixture_key(&f, 'y');
	assert_true(f.ui.copy.len > 0);
	assert_true(str_starts(buf_str(&f.ui.copy), STR("update stock set qty = qty -")));
	assert_int_equal(str_find(buf_str(&f.ui.copy), STR("A-10117"), 0), -1);
}

static void test_next_change(void **state)
{
	(void)state;
	/* The clock shows seconds: the picture changes with the next one. */
	assert_int_equal(ui_next_change(&f.ui), f.ui.mono_us + US_PER_S - f.ui.now_us % US_PER_S);
	(void)fixture_key(&f, ' ');
	assert_int_equal(ui_next_change(&f.ui), INT64_MAX);
	ui_toast(&f.ui, SEV_OK, "done");
	assert_int_equal(ui_next_change(&f.ui), f.ui.mono_us + 5 * US_PER_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_incident, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_digits_open_views),
		TEST(test_escape_goes_back_and_never_quits),
		TEST(test_focus_walks),
		TEST(test_zoom_is_alone),
		TEST(test_overlays_open_and_close),
		TEST(test_help_lists_every_action),
		TEST(test_help_scrolls_to_its_end_and_no_further),
		TEST(test_filter_prompt),
		TEST(test_prompt_edits),
		TEST(test_paste_runs_nothing),
		TEST(test_mouse),
		TEST(test_pause),
		TEST(test_ranges),
		TEST(test_interval),
		TEST(test_modes),
		TEST(test_toasts),
		TEST(test_copy_masks_literals),
		TEST(test_next_change),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
