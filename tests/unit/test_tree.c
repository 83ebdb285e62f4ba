/*
 * test_tree.c: guides of a tree from depths alone; and the table that is one: folding, roots, sorting
 * and filtering make it flat, the selection stays.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "ui/widgets/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>

static struct fixture f;
static struct table *t;

/* Draws rows of these depths and compares each line; '/' ends one. */
static void draws(const char *depths, const char *picture, int w)
{
	struct tree_row rows[64] = {{0}};
	struct canvas c;
	struct buf b;
	size_t n = strlen(depths);

	for (size_t i = 0; i < n; i++)
		rows[i].depth = (uint32_t)(depths[i] - '0');
	tree_shape(rows, n);
	canvas_init(&c, (int)n, 20);
	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	buf_init(&b, 1u << 16);
	for (size_t i = 0; i < n; i++) {
		struct rect r = {(int)i, 0, 1, 20};
		struct pen pen = pen_at(&c, r, (int)i, 0, ROLE_BG);

		tree_draw(&pen, &rows[i], w);
		pen_textf(&pen, ROLE_FG, "%zu/", i);
		for (int x = 0; x < pen.x; x++)
			(void)buf_add_char(&b, (char)canvas_at(&c, (int)i, x)->rune);
	}
	canvas_release(&c);
	assert_string_equal(buf_c(&b), picture);
	buf_release(&b);
}

static void test_guides(void **state)
{
	(void)state;
	glyph_use(GLYPHS_ASCII);
	draws("0", "0/", 20);
	draws("01", "0/` 1/", 20);
	draws("0112", "0/| 1/` 2/  ` 3/", 20);
	draws("012210", "0/| 1/| | 2/| ` 3/` 4/5/", 20);
	draws("0120120", "0/` 1/  ` 2/3/` 4/  ` 5/6/", 20);
	/* without room the depth is a number; without room for that, nothing */
	draws("01233", "0/` 1/  ` 2/~3 3/~3 4/", 5);
	draws("01233", "0/` 1/2/3/4/", 2);
}

/* Whatever a source says, a row stands at most one level below the one before it. */
static void test_depths_are_made_sound(void **state)
{
	(void)state;
	assert_int_equal(tree_depth(0, -1), 0);
	assert_int_equal(tree_depth(7, -1), 0);
	assert_int_equal(tree_depth(INT64_MAX, 3), 4);
	assert_int_equal(tree_depth(2, 3), 2);
	assert_int_equal(tree_depth(-1, 3), 0);
}

static int open_incident(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "locks", 48, 160);
	t = &fixture_pane(&f, "locks")->table;
	return 0;
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static int64_t pid_at(size_t position)
{
	return position < t->n ? data_i64(t->snap, t->index[position], "pid", -1) : -1;
}

static void press(const char *keys)
{
	(void)fixture_type(&f, keys);
	fixture_draw(&f, NULL, 48, 160);
}

static void test_fold(void **state)
{
	(void)state;
	assert_true(t->is_tree);
	assert_int_equal(t->n, 8);
	press("jx"); /* 4802 */
	assert_int_equal(t->n, 6);
	assert_int_equal(pid_at(1), 4802);
	assert_int_equal(t->tree[1].hidden, 2);
	assert_int_equal(pid_at(2), 4840);
	assert_int_equal(t->cursor, 1);
	assert_int_equal(t->total, 8);
	/* it stays folded when data comes */
	fixture_more(&f, "incident");
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(t->n, 6);
	/* a leaf folds the one above it */
	press("jjx"); /* 4866 */
	assert_int_equal(pid_at(t->cursor), 4840);
	assert_int_equal(t->n, 5);
	press("x");
	assert_int_equal(t->n, 6);
	press("kx");
	assert_int_equal(t->n, 8);
	/* the root takes everything; the folds inside are kept */
	press("xgx");
	assert_int_equal(t->n, 1);
	assert_int_equal(t->tree[0].hidden, 7);
	press("x");
	assert_int_equal(t->n, 6);
}

static void test_sorted_or_filtered_is_flat(void **state)
{
	(void)state;
	press("jj");
	assert_int_equal(pid_at(t->cursor), 4815);
	press("s");
	assert_false(t->is_tree);
	assert_int_equal(t->order_column, 0);
	assert_int_equal(pid_at(t->cursor), 4815);
	/* back to the order of the trees, both ways round */
	press("S");
	assert_true(t->is_tree);
	press("S");
	assert_int_equal(t->order_column, (int)t->def->ncolumns - 1);
	press("s");
	assert_true(t->is_tree);
	assert_int_equal(pid_at(t->cursor), 4815);
	press("/user:worker\r");
	fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	assert_false(t->is_tree);
	assert_int_equal(t->n, 2);
	fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 48, 160);
	assert_true(t->is_tree);
	assert_int_equal(t->n, 8);
}

static void test_roots(void **state)
{
	(void)state;
	assert_int_equal(table_root_of(t, 0), 0);
	assert_int_equal(table_root_of(t, 7), 0);
	press("/pid:4890");
	assert_int_equal(table_root_of(t, 7), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guides),
		cmocka_unit_test(test_depths_are_made_sound),
		cmocka_unit_test_setup_teardown(test_fold, open_incident, close_fixture),
		cmocka_unit_test_setup_teardown(test_sorted_or_filtered_is_flat, open_incident, close_fixture),
		cmocka_unit_test_setup_teardown(test_roots, open_incident, close_fixture),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
