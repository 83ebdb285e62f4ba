/*
 * test_palette.c: `:` finds everything by name, runs what is chosen, previews themes.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "base/zone.h"
#include "ui/action.h"
#include "ui/operate_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

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

/* Types :text and Enter; returns the effects. */
static int run(const char *text)
{
	int effects;

	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, text);
	draw();
	effects = fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
	return effects;
}

/* Whatever is open, dead or not, is left for another region's list; what is no name of one changes nothing. */
static void test_region(void **state)
{
	struct target *t = (struct target *)(uintptr_t)runtime_target(f.rt);
	uint64_t before;

	(void)state;
	t->aws = true;
	(void)snprintf(t->region, sizeof t->region, "eu-west-1");
	before = t->generation;
	(void)snprintf(f.ui.left_cluster, sizeof f.ui.left_cluster, "prod-orders");
	(void)run("region EU West");
	assert_true(fixture_shows(&f, "region needs a name, like eu-central-1"));
	assert_true(runtime_target(f.rt)->generation == before);
	(void)run("region us-west-2");
	assert_string_equal(runtime_target(f.rt)->region, "us-west-2");
	assert_string_equal(runtime_target(f.rt)->cluster, "");
	assert_true(runtime_target(f.rt)->generation > before);
	assert_true(fixture_shows(&f, "us-west-2"));
	/* another view does not bring back what was open elsewhere */
	(void)run("activity");
	assert_string_equal(runtime_target(f.rt)->region, "us-west-2");
	assert_string_equal(runtime_target(f.rt)->cluster, "");
}

static void test_every_view_and_action_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < nview_defs; i++) {
		char part[24];

		(void)fixture_key(&f, ':');
		(void)fixture_type(&f, view_defs[i]->name);
		draw();
		assert_true(palette_count(&f.ui) >= 1);
		(void)snprintf(part, sizeof part, "%.20s", view_defs[i]->help);
		assert_true(fixture_shows(&f, part));
		(void)fixture_key(&f, K_ESC);
	}
	for (int i = 0; i < ACTION__COUNT; i++) {
		char part[24];

		if (i == ACTION_PALETTE || i == ACTION_CLUSTERS || !action_applies(&f.ui, (enum action_id)i))
			continue;
		(void)fixture_key(&f, ':');
		(void)fixture_type(&f, actions[i].name);
		draw();
		(void)snprintf(part, sizeof part, "%.20s", actions[i].help);
		if (!fixture_shows(&f, part))
			fail_msg(":%s does not show \"%s\"", actions[i].name, part);
		(void)fixture_key(&f, K_ESC);
	}
}

/* A whole name runs what bears it, even where the words of another entry's help hold it too. */
static void test_names_run_what_they_name(void **state)
{
	(void)state;
	(void)run("storage");
	assert_string_equal(ui_view(&f.ui)->def->name, "storage");
	(void)run("overview");
	assert_string_equal(ui_view(&f.ui)->def->name, "overview");
	assert_true(run("quit") & EFFECT_QUIT);
	(void)run("zoom");
	assert_true(ui_view(&f.ui)->zoomed);
	(void)run("pause");
	assert_true(runtime_paused(f.rt));
	(void)run("clusters");
	assert_string_equal(ui_view(&f.ui)->def->name, "clusters");
}

/* `a`: what the selected row can be used for, and nothing else. */
static void test_the_menu_of_a_row(void **state)
{
	(void)state;
	fixture_draw(&f, "activity", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_PALETTE);
	assert_true(fixture_shows(&f, "Actions"));
	assert_true(fixture_shows(&f, actions[ACTION_EXPLAIN].help));
	assert_true(fixture_shows(&f, actions[ACTION_CANCEL].help));
	assert_true(fixture_shows(&f, actions[ACTION_TERMINATE].help));
	assert_false(fixture_shows(&f, actions[ACTION_VACUUM_FULL].help));
	assert_false(fixture_shows(&f, actions[ACTION_STOP_CLUSTER].help));
	assert_false(fixture_shows(&f, "Themes"));
	/* it is typed into and run as the palette is, with the same preview */
	(void)fixture_type(&f, "term");
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_OPERATE);
	assert_true(fixture_shows(&f, "Terminate  session"));
	(void)fixture_key(&f, K_ESC);
	/* a palette opened afterwards has everything again */
	(void)fixture_key(&f, ':');
	draw();
	assert_true(fixture_shows(&f, "Command"));
	assert_true(palette_count(&f.ui) > 60);
	(void)fixture_key(&f, K_ESC);
}

static void test_menus_of_other_panes(void **state)
{
	struct target *t = (struct target *)(uintptr_t)runtime_target(f.rt);

	(void)state;
	t->aws = true;
	fixture_draw(&f, "network", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_true(fixture_shows(&f, actions[ACTION_ALLOW].help));
	assert_true(fixture_shows(&f, actions[ACTION_REVOKE].help));
	assert_false(fixture_shows(&f, actions[ACTION_CANCEL].help));
	assert_false(fixture_shows(&f, actions[ACTION_STOP_CLUSTER].help));
	(void)fixture_key(&f, K_ESC);
	fixture_draw(&f, "backups", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_true(fixture_shows(&f, actions[ACTION_CREATE_SNAPSHOT].help));
	assert_true(fixture_shows(&f, actions[ACTION_DELETE_SNAPSHOT].help));
	assert_true(fixture_shows(&f, actions[ACTION_RETENTION].help));
	(void)fixture_key(&f, K_ESC);
	/* what changes something is not offered where nothing may be changed */
	t->read_only = true;
	(void)fixture_type(&f, "a");
	draw();
	assert_false(fixture_shows(&f, actions[ACTION_DELETE_SNAPSHOT].help));
	assert_true(fixture_shows(&f, actions[ACTION_COPY].help));
	(void)fixture_key(&f, K_ESC);
	t->read_only = false;
	/* a line of the log is about what is logged; without AWS nothing of it is offered */
	fixture_draw(&f, "logs", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_true(fixture_shows(&f, actions[ACTION_SLOW_LOG].help));
	assert_false(fixture_shows(&f, actions[ACTION_STOP_CLUSTER].help));
	(void)fixture_key(&f, K_ESC);
	t->aws = false;
	fixture_draw(&f, "network", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_false(fixture_shows(&f, actions[ACTION_ALLOW].help));
	(void)fixture_key(&f, K_ESC);
	t->aws = true;
	/* among verdicts the key acknowledges */
	fixture_draw(&f, "verdicts", 48, 160);
	(void)fixture_type(&f, "a");
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_NONE);
}

/* In the list of a region the row is a cluster, and what is changed is the open one. */
static void test_the_menu_of_a_cluster(void **state)
{
	struct target *t = (struct target *)(uintptr_t)runtime_target(f.rt);
	struct table *list;
	struct str name;

	(void)state;
	t->aws = true;
	fixture_draw(&f, "clusters", 48, 160);
	list = ui_focused_table(&f.ui);
	name = data_str(list->snap, (size_t)table_selected_row(list), "identifier");
	assert_true(name.len > 0);
	(void)snprintf(t->cluster, sizeof t->cluster, STR_FMT, STR_ARG(name));
	(void)fixture_type(&f, "a");
	draw();
	assert_true(fixture_shows(&f, actions[ACTION_STOP_CLUSTER].help));
	(void)fixture_key(&f, K_ESC);
	(void)snprintf(t->cluster, sizeof t->cluster, "another");
	(void)fixture_type(&f, "a");
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_PALETTE);
	assert_false(fixture_shows(&f, actions[ACTION_STOP_CLUSTER].help));
	assert_true(fixture_shows(&f, actions[ACTION_COPY].help));
	(void)fixture_key(&f, K_ESC);
}

/* The wheel over an open menu does not choose another row behind it; on the smallest screen the choice is in sight. */
static void test_a_menu_stays_about_its_row(void **state)
{
	struct event wheel = {.type = EVENT_WHEEL_DOWN, .y = 12, .x = 30};
	size_t before;

	(void)state;
	fixture_draw(&f, "activity", 48, 160);
	before = ui_focused_table(&f.ui)->cursor;
	(void)fixture_type(&f, "a");
	(void)ui_event(&f.ui, &wheel);
	assert_int_equal(ui_focused_table(&f.ui)->cursor, before);
	for (size_t i = palette_count(&f.ui); i > 1; i--) {
		fixture_draw(&f, NULL, 12, 40);
		assert_true(fixture_shows(&f, "▌"));
		(void)fixture_key(&f, K_DOWN);
	}
	fixture_draw(&f, NULL, 12, 40);
	assert_true(fixture_shows(&f, "terminate"));
	assert_true(fixture_shows(&f, "copy"));
	(void)fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 48, 160);
	(void)ui_event(&f.ui, &wheel);
	assert_true(ui_focused_table(&f.ui)->cursor > before);
}

/* A value behind the name of what wants one stands in its question; a name that is not complete is no value. */
static void test_a_value_behind_the_name(void **state)
{
	(void)state;
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "slow log role app in orders 250 for 15");
	draw();
	assert_true(fixture_shows(&f, "role, milliseconds and minutes"));
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_OPERATE);
	assert_true(fixture_shows(&f, "Slow log of a role"));
	assert_string_equal(f.ui.operations->view.field.text, "app in orders 250 for 15");
	assert_true(fixture_shows(&f, "app in orders 250 for 15"));
	(void)fixture_key(&f, K_ESC);
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "slow log ro");
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_OPERATE);
	assert_true(fixture_shows(&f, "Slow log of a role"));
	assert_string_equal(f.ui.operations->view.field.text, "");
	(void)fixture_key(&f, K_ESC);
	/* what no value can be is said, and nothing else put in its place */
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "slow log role ");
	for (int i = 0; i < 265; i++)
		(void)fixture_key(&f, 'x');
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_true(fixture_shows(&f, "longer than any such value"));
	assert_string_equal(f.ui.operations->view.field.text, "");
	(void)fixture_key(&f, K_ESC);
}

static void test_diag_and_help_open(void **state)
{
	(void)state;
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "diag");
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_int_equal(f.ui.overlay, OVERLAY_DIAG);
	assert_true(fixture_shows(&f, "sampler"));
	assert_true(fixture_shows(&f, "cloudwatch"));
	assert_true(fixture_shows(&f, "security_group_rules"));
	/* lanes that rest are one line; on a small screen the rest is told, and reached */
	assert_true(fixture_shows(&f, "not started  "));
	fixture_draw(&f, NULL, 16, 80);
	assert_true(fixture_shows(&f, "lines 1 to "));
	assert_true(fixture_shows(&f, "Esc back"));
	assert_false(fixture_shows(&f, "xmin_horizon"));
	(void)fixture_key(&f, K_END);
	fixture_draw(&f, NULL, 16, 80);
	assert_true(fixture_shows(&f, "xmin_horizon"));
}

/* What a key does is never cut, and the end of it all is reached on a small screen. */
static void test_help_says_all(void **state)
{
	(void)state;
	(void)fixture_key(&f, '?');
	fixture_draw(&f, NULL, 48, 160);
	for (size_t i = 0; i < nview_defs; i++)
		if (view_defs[i]->digit)
			assert_true(fixture_shows(&f, view_defs[i]->title));
	assert_true(fixture_shows(&f, "executed"));
	assert_true(fixture_shows(&f, ":diag, :clusters"));
	assert_false(fixture_shows_in(&f, (struct rect){3, 8, 42, 143}, "…"));
	assert_false(fixture_shows(&f, "lines 1 to"));
	fixture_draw(&f, NULL, 24, 80);
	assert_true(fixture_shows(&f, "lines 1 to 20 of "));
	assert_false(fixture_shows(&f, "buffer pin, extension"));
	(void)fixture_key(&f, 'G');
	fixture_draw(&f, NULL, 24, 80);
	assert_true(fixture_shows(&f, "buffer pin, extension"));
}

static void test_theme_preview(void **state)
{
	(void)state;
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "theme light");
	assert_string_equal(theme_name(f.ui.theme), "light");
	(void)fixture_key(&f, K_ESC);
	assert_string_equal(theme_name(f.ui.theme), "dark");
	assert_true(run("theme light") & EFFECT_REDRAW);
	assert_string_equal(theme_name(f.ui.theme), "light");
}

static void test_choice_moves(void **state)
{
	size_t n;

	(void)state;
	(void)fixture_key(&f, ':');
	n = palette_count(&f.ui);
	assert_true(n > 20);
	(void)fixture_key(&f, K_UP);
	assert_int_equal(f.ui.palette_choice, n - 1);
	draw();
	(void)fixture_key(&f, K_DOWN);
	assert_int_equal(f.ui.palette_choice, 0);
	/* The chosen entry is on the screen, however small it is. */
	for (size_t i = 0; i < n; i++) {
		bool seen = false;

		fixture_draw(&f, NULL, 16, 60);
		for (size_t c = 0; c < (size_t)f.ui.canvas.rows * (size_t)f.ui.canvas.cols; c++)
			seen |= f.ui.canvas.cells[c].style.bg == ROLE_SELBG &&
				f.ui.canvas.cells[c].rune == glyph(G_SELECTED);
		if (!seen)
			fail_msg("entry %zu of %zu is off the screen", i, n);
		(void)fixture_key(&f, K_DOWN);
	}
}

static void test_verbs(void **state)
{
	struct table *t = &fixture_pane(&f, "activity")->table;

	(void)state;
	(void)run("filter user:worker");
	assert_int_equal(t->n, 4);
	(void)run("filter nosuch:column");
	assert_int_equal(t->n, 4);
	assert_true(fixture_shows(&f, "!"));
	(void)run("sort pid");
	assert_int_equal(data_i64(t->snap, t->index[0], "pid", 0), 4705);
	(void)run("sort -pid");
	assert_int_equal(data_i64(t->snap, t->index[0], "pid", 0), 4840);
	(void)run("sort nosuch");
	assert_true(fixture_shows(&f, "no column nosuch"));
	(void)run("interval 2s");
	assert_int_equal(runtime_target(f.rt)->interval_us, 2 * US_PER_S);
	(void)run("range 12h");
	assert_int_equal(runtime_target(f.rt)->range_us, 12 * US_PER_HOUR);
	(void)run("range yesterday");
	assert_int_equal(runtime_target(f.rt)->range_us, 12 * US_PER_HOUR);
	assert_true(fixture_shows(&f, "yesterday is not"));
}

static void test_number_jumps_to_session(void **state)
{
	struct table *t;

	(void)state;
	fixture_draw(&f, "activity", 48, 160);
	fixture_draw(&f, "overview", 48, 160);
	(void)run("4840");
	assert_string_equal(ui_view(&f.ui)->def->name, "activity");
	t = &fixture_pane(&f, "activity")->table;
	assert_int_equal(data_i64(t->snap, (size_t)table_selected_row(t), "pid", 0), 4840);
}

/* The session is found also when its view was never on screen. */
static void test_number_jumps_to_unseen_view(void **state)
{
	struct table *t;

	(void)state;
	(void)run("4840");
	t = &fixture_pane(&f, "activity")->table;
	assert_int_equal(data_i64(t->snap, (size_t)table_selected_row(t), "pid", 0), 4840);
	(void)run("31337");
	assert_true(fixture_shows(&f, "no session 31337"));
}

static void test_cluster(void **state)
{
	(void)state;
	fixture_close(&f);
	fixture_open(&f, "fleet", GLYPHS_UTF8);
	fixture_draw(&f, "clusters", 48, 160);
	(void)run("cluster billing");
	assert_string_equal(runtime_target(f.rt)->cluster, "billing");
	assert_string_equal(ui_view(&f.ui)->def->name, "overview");
}

static void test_clocks(void **state)
{
	(void)state;
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	zone_init();
	draw();
	assert_true(fixture_shows(&f, "13:45:07Z  ● live"));
	(void)run("time local");
	assert_true(fixture_shows(&f, "14:45:07 CET  ● live"));
	assert_false(fixture_shows(&f, "13:45:07Z"));
	(void)run("time utc");
	assert_true(fixture_shows(&f, "13:45:07Z  ● live"));
	(void)run("time cursor");
	assert_false(zone_is_local());
}

static void test_nothing_by_that_name(void **state)
{
	(void)state;
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "qqqqqq");
	draw();
	assert_true(fixture_shows(&f, "nothing by that name"));
	(void)fixture_key(&f, K_ENTER);
	draw();
	assert_true(fixture_shows(&f, "nothing is called qqqqqq"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_incident, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_region, open_incident, close_fixture),
		TEST(test_every_view_and_action_is_there),
		TEST(test_names_run_what_they_name),
		TEST(test_the_menu_of_a_row),
		TEST(test_menus_of_other_panes),
		cmocka_unit_test_setup_teardown(test_the_menu_of_a_cluster, open_incident, close_fixture),
		TEST(test_a_menu_stays_about_its_row),
		TEST(test_a_value_behind_the_name),
		TEST(test_diag_and_help_open),
		TEST(test_help_says_all),
		TEST(test_theme_preview),
		TEST(test_choice_moves),
		TEST(test_verbs),
		TEST(test_number_jumps_to_session),
		TEST(test_number_jumps_to_unseen_view),
		TEST(test_cluster),
		TEST(test_nothing_by_that_name),
		TEST(test_clocks),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
