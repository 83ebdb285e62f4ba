/*
 * test_action.c: the action table: one action a key, every key has a name, help for all; what
 * the footer offers; files written by `w`.
 */
#include "tests/ui/fixture.h"

#include "ui/action.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_table_is_sound(void **state)
{
	struct err err = {.code = ERR_NONE};

	(void)state;
	if (!actions_check(&err))
		fail_msg("%s", err.text);
	for (int i = 0; i < ACTION__COUNT; i++) {
		assert_true(actions[i].name[0] && actions[i].help[0]);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(actions[i].name, actions[k].name);
	}
	for (int g = 0; g < GROUP__COUNT; g++)
		assert_true(action_group_name((enum action_group)g)[0]);
}

/* Digits are the views' own: no action may take one. */
static void test_digits_are_free(void **state)
{
	(void)state;
	for (uint32_t key = '0'; key <= '9'; key++)
		assert_int_equal(action_of_key(key), -1);
}

static void test_keys(void **state)
{
	static const struct {
		uint32_t key;
		enum action_id id;
	} keys[] = {{'?', ACTION_HELP},           {K_F1, ACTION_HELP},          {'j', ACTION_DOWN},
		    {K_DOWN, ACTION_DOWN},        {'g', ACTION_FIRST},          {'G', ACTION_LAST},
		    {K_CTRL_F, ACTION_PAGE_DOWN}, {K_TAB, ACTION_NEXT_PANE},    {K_BACKTAB, ACTION_PREV_PANE},
		    {' ', ACTION_PAUSE},          {'/', ACTION_FILTER},         {':', ACTION_PALETTE},
		    {K_ESC, ACTION_BACK},         {'q', ACTION_QUIT},           {K_CTRL_C, ACTION_QUIT},
		    {K_ENTER, ACTION_DETAIL},     {K_LEFT, ACTION_CURSOR_LEFT}, {']', ACTION_COLS_RIGHT}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_int_equal(action_of_key(keys[i].key), keys[i].id);
	assert_int_equal(action_of_key(K_F12), -1);
	assert_int_equal(action_of_key(0), -1);
	assert_int_equal(key_by_name(STR("Tab")), K_TAB);
	assert_int_equal(key_by_name(STR("C-f")), K_CTRL_F);
	assert_int_equal(key_by_name(STR("\xe8\xa1\xa8")), 0x8868);
	assert_int_equal(key_by_name(STR("Tabb")), 0);
	assert_int_equal(key_by_name(STR("")), 0);
	assert_int_equal(key_by_name(STR("\xff")), 0);
}

static void test_key_names(void **state)
{
	char name[16];

	(void)state;
	assert_string_equal(action_key_name(ACTION_HELP, name, sizeof name), "?");
	assert_string_equal(action_key_name(ACTION_NEXT_PANE, name, sizeof name), "Tab");
	assert_string_equal(action_key_name(ACTION_DIAG, name, sizeof name), "");
}

/* The footer offers what has something to act on, and always help. */
static void test_footer(void **state)
{
	static const struct {
		const char *view;
		const char *with[3], *without[3];
	} cases[] = {
		{"activity", {"? help", "/ filter", "m mode"}, {"t range", NULL, NULL}},
		{"storage", {"? help", "t range", "V vacuum"}, {"m mode", "e explain", NULL}},
		{"backups", {"? help", "s sort", NULL}, {"m mode", "t range", NULL}},
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rect footer;

		fixture_draw(&f, cases[i].view, 48, 160);
		footer = (struct rect){47, 0, 1, 160};
		for (int k = 0; k < 3; k++) {
			if (cases[i].with[k] && !fixture_shows_in(&f, footer, cases[i].with[k]))
				fail_msg("%s: the footer lacks %s", cases[i].view, cases[i].with[k]);
			if (cases[i].without[k] && fixture_shows_in(&f, footer, cases[i].without[k]))
				fail_msg("%s: the footer offers %s", cases[i].view, cases[i].without[k]);
		}
	}
	for (int cols = LAYOUT_SINGLE_COLS; cols < 200; cols++) {
		fixture_draw(&f, "activity", 24, cols);
		assert_true(fixture_shows_in(&f, (struct rect){23, 0, 1, cols}, "? help"));
	}
	fixture_close(&f);
}

static struct str read_file(const char *name, char *text, size_t size)
{
	FILE *in = fopen(name, "rb");
	struct str s = {text, 0};
	struct stat st;

	assert_non_null(in);
	s.len = fread(text, 1, size, in);
	(void)fclose(in);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	return s;
}

/* w writes what is shown, in the order shown, literals masked, readable by the owner only, and never over a file. */
static void test_write(void **state)
{
	char folder[] = "/tmp/auroratop-test-XXXXXX", text[8192];
	const char *name = "auroratop-sessions-20260317-134507.csv", *json = "auroratop-sessions-20260317-134507.json";
	struct fixture f;
	struct str all;
	int here = open(".", O_RDONLY | O_CLOEXEC);

	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "activity", 48, 160);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	(void)fixture_type(&f, "/user:worker");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	(void)fixture_key(&f, 'w');
	fixture_draw(&f, NULL, 48, 160);
	/* the name does not fit behind the words: it stands on the second line of the toast */
	assert_true(fixture_shows(&f, "4 rows written to"));
	assert_true(fixture_shows(&f, "auroratop-sessions-20260317-134507.csv"));
	all = read_file(name, text, sizeof text);
	assert_true(str_starts(all, STR("pid,user,")));
	assert_true(str_find(all, STR("4823"), 0) < str_find(all, STR("4840"), 0));
	assert_int_equal(str_find(all, STR("A-10117"), 0), -1);
	assert_int_equal(str_find(all, STR("4711,"), 0) >= 0 && str_find(all, STR("orders_app"), 0) >= 0, 0);
	/* the same rows as JSON, by name */
	(void)fixture_type(&f, ":write json");
	(void)fixture_key(&f, K_ENTER);
	all = read_file(json, text, sizeof text);
	assert_true(str_starts(all, STR("[\n{\"pid\"")));
	assert_true(str_ends(all, STR("}\n]\n")));
	assert_true(str_find(all, STR("4823"), 0) < str_find(all, STR("4840"), 0));
	assert_int_equal(str_find(all, STR("A-10117"), 0), -1);
	assert_int_equal(str_find(all, STR("orders_app"), 0), -1);
	assert_int_equal(unlink(json), 0);
	(void)fixture_key(&f, 'w');
	fixture_draw(&f, NULL, 48, 160);
	assert_true(fixture_shows(&f, "cannot create"));
	assert_int_equal(unlink(name), 0);
	assert_int_equal(fchdir(here), 0);
	assert_int_equal(rmdir(folder), 0);
	(void)close(here);
	fixture_close(&f);
}

/* Every action may be asked for at any time, whatever has focus and whether there is data or not. */
static void test_every_action_anywhere(void **state)
{
	static const char *const fixtures[] = {"empty", "incident", "failed"};

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(fixtures); n++)
		for (int i = 0; i < ACTION__COUNT; i++) {
			struct fixture f;

			if (i == ACTION_WRITE || i == ACTION_WRITE_JSON)
				continue;
			fixture_open(&f, fixtures[n], GLYPHS_UTF8);
			for (size_t v = 0; v < nview_defs; v++) {
				fixture_draw(&f, view_defs[v]->name, 30, 100);
				for (size_t p = 0; p < view_defs[v]->npanes; p++) {
					int effects = action_run(&f.ui, (enum action_id)i);

					assert_int_equal(!!(effects & EFFECT_QUIT), i == ACTION_QUIT);
					fixture_effects(&f, effects);
					fixture_draw(&f, NULL, 30, 100);
					f.ui.overlay = OVERLAY_NONE;
					f.ui.prompt.open = false;
					(void)fixture_key(&f, K_TAB);
				}
			}
			fixture_close(&f);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_digits_are_free),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_key_names),
		cmocka_unit_test(test_footer),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_every_action_anywhere),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
