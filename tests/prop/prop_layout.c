/*
 * prop_layout.c: the guarantees of layout.h, for every view, every focus and every size from
 * 1x1 to 300x100, with the chrome that goes with the size.
 */
#include "ui/ui.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#define ROWS_MAX 100
#define COLS_MAX 300

static bool inside(struct rect in, struct rect out)
{
	return in.y >= out.y && in.x >= out.x && in.y + in.h <= out.y + out.h && in.x + in.w <= out.x + out.w;
}

static bool overlap(struct rect a, struct rect b)
{
	struct rect c = rect_intersect(a, b);

	return c.h > 0 && c.w > 0;
}

static void check_places(const struct view_def *v, const struct layout_place *places, size_t focus, struct rect area,
			 int rows, int cols)
{
	for (size_t i = 0; i < v->npanes; i++) {
		struct rect r = places[i].r;

		if (r.h == 0)
			continue;
		if (r.h < 1 || r.w < 1 || !inside(r, area) || (places[i].collapsed && r.h != 1))
			fail_msg("%s %dx%d focus %zu: pane %zu is %d,%d %dx%d", v->name, cols, rows, focus, i, r.y, r.x,
				 r.h, r.w);
		for (size_t k = 0; k < i; k++)
			if (places[k].r.h > 0 && overlap(r, places[k].r))
				fail_msg("%s %dx%d focus %zu: panes %zu and %zu overlap", v->name, cols, rows, focus, i,
					 k);
	}
	if (area.h > 0 && area.w > 0 && (places[focus].r.h < 1 || places[focus].collapsed))
		fail_msg("%s %dx%d: the focused pane %zu is not shown", v->name, cols, rows, focus);
}

static void check_size(const struct view_def *v, int rows, int cols)
{
	struct chrome_rows chrome = layout_chrome(rows, cols, v->digit == '1');
	struct layout_item items[VIEW_PANES_MAX];
	struct layout_place places[VIEW_PANES_MAX];

	assert_true(inside(chrome.body, (struct rect){0, 0, rows, cols}));
	assert_true(chrome.body.h >= 1 && chrome.body.w >= 1);
	for (size_t i = 0; i < v->npanes; i++)
		items[i] = v->panes[i].place;
	for (size_t focus = 0; focus < v->npanes; focus++) {
		layout_panes(chrome.body, items, v->npanes, focus, places);
		check_places(v, places, focus, chrome.body, rows, cols);
	}
}

static void test_every_size(void **state)
{
	(void)state;
	for (size_t v = 0; v < nview_defs; v++)
		for (int rows = 1; rows <= ROWS_MAX; rows++)
			for (int cols = 1; cols <= COLS_MAX; cols += 1 + (rows + cols) % 4)
				check_size(view_defs[v], rows, cols);
}

/* The chrome's own rows do not touch the panes, nor each other. */
static void test_chrome_rows(void **state)
{
	(void)state;
	for (int rows = 1; rows <= ROWS_MAX; rows++)
		for (int cols = 1; cols <= COLS_MAX; cols++)
			for (int overview = 0; overview < 2; overview++) {
				struct chrome_rows c = layout_chrome(rows, cols, overview);
				int lines[] = {c.identity, c.tabs, c.vitals, c.vitals_rows == 2 ? c.vitals + 1 : -1,
					       c.footer};

				for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
					assert_true(lines[i] < rows);
					assert_false(lines[i] >= 0 && lines[i] >= c.body.y &&
						     lines[i] < c.body.y + c.body.h);
					for (size_t k = 0; k < i; k++)
						assert_false(lines[i] >= 0 && lines[i] == lines[k]);
				}
			}
}

/* More rows never show fewer panes. */
static void test_more_rows_more_panes(void **state)
{
	(void)state;
	for (size_t v = 0; v < nview_defs; v++)
		for (int cols = LAYOUT_SINGLE_COLS; cols <= 200; cols += 20) {
			size_t before = 0;

			for (int h = LAYOUT_SINGLE_ROWS; h <= ROWS_MAX; h++) {
				struct layout_item items[VIEW_PANES_MAX];
				struct layout_place places[VIEW_PANES_MAX];
				size_t shown = 0;

				for (size_t i = 0; i < view_defs[v]->npanes; i++)
					items[i] = view_defs[v]->panes[i].place;
				layout_panes((struct rect){0, 0, h, cols}, items, view_defs[v]->npanes, 0, places);
				for (size_t i = 0; i < view_defs[v]->npanes; i++)
					shown += places[i].r.h > 0;
				if (shown < before)
					fail_msg("%s %d columns: %d rows show %zu panes, one row less showed %zu",
						 view_defs[v]->name, cols, h, shown, before);
				before = shown;
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_chrome_rows),
		cmocka_unit_test(test_more_rows_more_panes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
