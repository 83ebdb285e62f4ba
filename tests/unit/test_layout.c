/*
 * test_layout.c: which panes stand at which size (visual system, Layout).
 */
#include "ui/ui.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

static struct layout_place places[VIEW_PANES_MAX];
static const struct view_def *view;

static void place(const char *name, int rows, int cols, size_t focus)
{
	struct layout_item items[VIEW_PANES_MAX];

	view = view_defs[view_by_name(name)];
	for (size_t i = 0; i < view->npanes; i++)
		items[i] = view->panes[i].place;
	layout_panes(layout_chrome(rows, cols, view->digit == '1').body, items, view->npanes, focus, places);
}

static const struct layout_place *of(const char *pane)
{
	for (size_t i = 0; i < view->npanes; i++)
		if (str_eq_c(str_c(pane), view->panes[i].def->name))
			return &places[i];
	fail_msg("no pane %s", pane);
	return NULL;
}

static size_t index_of(const char *pane)
{
	return (size_t)(of(pane) - places);
}

static void test_wide_overview(void **state)
{
	(void)state;
	place("overview", 48, 160, 3);
	for (size_t i = 0; i < view->npanes; i++)
		assert_false(places[i].collapsed);
	assert_int_equal(of("activity")->r.w, 160);
	assert_int_equal(of("cluster")->r.y, of("load")->r.y);
	assert_int_equal(of("cluster")->r.w + of("load")->r.w + of("verdicts")->r.w, 160);
	assert_int_equal(of("verdicts")->r.y, of("load")->r.y);
	assert_int_equal(of("cluster")->r.h, 14);
	assert_int_equal(of("network")->r.h, 11);
	assert_int_equal(of("network")->r.w + of("volume")->r.w + of("backups")->r.w, 160);
	/* No row is lost between the bands. */
	assert_int_equal(of("activity")->r.y, of("cluster")->r.y + 14);
	assert_int_equal(of("network")->r.y, of("activity")->r.y + of("activity")->r.h);
	assert_int_equal(of("network")->r.y + 11, 47);
}

static void test_small_overview(void **state)
{
	static const char *const lines[] = {"cluster", "load", "network", "volume", "backups"};

	(void)state;
	place("overview", 24, 80, 3);
	assert_true(of("activity")->r.h >= 6);
	assert_false(of("verdicts")->collapsed);
	assert_true(of("verdicts")->r.h >= 6);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_true(of(lines[i])->collapsed);
		assert_int_equal(of(lines[i])->r.h, 1);
	}
	/* The last line stands right above the footer. */
	assert_int_equal(of("backups")->r.y, 22);
}

/* The focused pane never collapses, and activity stays beside it. */
static void test_focus_stands(void **state)
{
	(void)state;
	place("overview", 24, 80, 3);
	place("overview", 24, 80, index_of("backups"));
	assert_false(of("backups")->collapsed);
	assert_true(of("backups")->r.h >= 7);
	assert_false(of("activity")->collapsed);
	assert_true(of("activity")->r.h >= 6);
}

static void test_tiny_is_one_pane(void **state)
{
	(void)state;
	place("overview", 9, 39, 4);
	for (size_t i = 0; i < view->npanes; i++)
		assert_int_equal(places[i].r.h > 0, i == 4);
	assert_int_equal(places[4].r.h, 9);
	assert_int_equal(places[4].r.w, 39);
}

static void test_chrome(void **state)
{
	struct chrome_rows c = layout_chrome(48, 160, true);

	(void)state;
	assert_int_equal(c.identity, 0);
	assert_int_equal(c.tabs, 1);
	assert_int_equal(c.vitals, 3);
	assert_int_equal(c.vitals_rows, 2);
	assert_int_equal(c.footer, 47);
	assert_int_equal(c.body.y, 6);
	assert_true(c.frames);
	c = layout_chrome(48, 160, false);
	assert_int_equal(c.vitals, -1);
	assert_int_equal(c.body.y, 3);
	c = layout_chrome(24, 80, true);
	assert_int_equal(c.vitals_rows, 1);
	assert_int_equal(c.tabs, 1);
	c = layout_chrome(12, 40, true);
	assert_int_equal(c.tabs, -1);
	assert_int_equal(c.identity, 0);
	assert_int_equal(c.footer, 11);
	assert_false(c.frames);
	c = layout_chrome(9, 40, true);
	assert_int_equal(c.identity, -1);
	assert_int_equal(c.footer, -1);
	assert_int_equal(c.body.h, 9);
}

static void test_few_rows_belong_to_the_main_pane(void **state)
{
	(void)state;
	place("activity", 24, 80, 0);
	assert_true(of("session")->collapsed);
	assert_true(of("waits")->collapsed);
	assert_true(of("activity")->r.h >= 15);
	place("activity", 48, 160, 0);
	assert_false(of("session")->collapsed);
	assert_int_equal(of("session")->r.h, 15);
	assert_true(of("activity")->r.h > of("session")->r.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide_overview), cmocka_unit_test(test_small_overview),
		cmocka_unit_test(test_focus_stands),  cmocka_unit_test(test_tiny_is_one_pane),
		cmocka_unit_test(test_chrome),        cmocka_unit_test(test_few_rows_belong_to_the_main_pane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
