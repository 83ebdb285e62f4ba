/*
 * test_golden.c: whole screens, compared with tests/golden/NAME.txt.
 *
 * UPDATE_GOLDEN=1 writes them anew; look at the difference before you keep it. What a screen must
 * say whatever its exact look is asserted in test_shown.c.
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

struct golden {
	const char *fixture, *view;
	int cols, rows;
	const char *keys;  /* typed after the view is shown; NULL = none */
	const char *label; /* of the keys, for the file's name */
	bool ascii;
};

/* clang-format off */
static const struct golden goldens[] = {
	{"incident", "overview", 160, 48, NULL, NULL, false},
	{"incident", "overview", 80, 24, NULL, NULL, false},
	{"incident", "overview", 40, 12, NULL, NULL, false},
	{"incident", "activity", 160, 48, NULL, NULL, false},
	{"incident", "activity", 80, 24, NULL, NULL, false},
	{"incident", "activity", 40, 12, NULL, NULL, false},
	{"incident", "locks", 160, 48, NULL, NULL, false},
	{"incident", "locks", 80, 24, NULL, NULL, false},
	{"incident", "locks", 40, 12, NULL, NULL, false},
	{"incident", "locks", 80, 24, NULL, NULL, true},
	{"incident", "locks", 160, 48, "jjj\r", "detail", false},
	{"incident", "locks", 80, 24, "jx", "folded", false},
	{"healthy", "locks", 80, 24, NULL, NULL, false},
	{"hostile", "locks", 80, 24, NULL, NULL, false},
	{"incident", "statements", 160, 48, NULL, NULL, false},
	{"incident", "statements", 80, 24, NULL, NULL, false},
	{"incident", "statements", 40, 12, NULL, NULL, false},
	{"incident", "statements", 160, 48, NULL, NULL, true},
	{"incident", "statements", 160, 48, "mjjj", "since-reset", false},
	{"incident", "statements", 160, 48, "jjj\r", "detail", false},
	{"incident", "statements", 80, 24, "jjj\r", "detail", false},
	{"incident", "load", 160, 48, NULL, NULL, false},
	{"incident", "load", 80, 24, NULL, NULL, false},
	{"incident", "load", 40, 12, NULL, NULL, false},
	{"incident", "load", 160, 48, "t{{{{{{{{", "cursor", false},
	{"incident", "load", 120, 30, "dd", "users", false},
	{"incident", "load", 160, 48, "\r", "detail", false},
	{"incident", "load", 160, 48, NULL, NULL, true},
	{"insights", "load", 160, 48, NULL, NULL, false},
	{"insights", "load", 160, 48, "ttt", "3h", false},
	{"failed", "load", 160, 48, NULL, NULL, false},
	{"hostile", "load", 80, 24, NULL, NULL, false},
	{"incident", "storage", 160, 48, NULL, NULL, false},
	{"incident", "storage", 120, 40, NULL, NULL, false},
	{"incident", "storage", 80, 24, NULL, NULL, false},
	{"incident", "storage", 40, 12, NULL, NULL, false},
	{"incident", "posture", 160, 48, NULL, NULL, false},
	{"incident", "posture", 80, 24, NULL, NULL, false},
	{"incident", "posture", 40, 12, NULL, NULL, false},
	{"incident", "network", 160, 48, NULL, NULL, false},
	{"incident", "network", 80, 24, NULL, NULL, false},
	{"incident", "network", 40, 12, NULL, NULL, false},
	{"incident", "network", 160, 48, "d", "doctor", false},
	{"incident", "network", 80, 24, "d", "doctor", false},
	{"incident", "network", 40, 12, "d", "doctor", false},
	{"incident", "logs", 160, 48, NULL, NULL, false},
	{"incident", "logs", 80, 24, NULL, NULL, false},
	{"incident", "logs", 40, 12, NULL, NULL, false},
	{"incident", "logs", 160, 48, "d", "grouped", false},
	{"incident", "logs", 80, 24, "d", "grouped", false},
	{"incident", "logs", 160, 48, "mm", "errors", false},
	{"incident", "logs", 160, 48, "kk\r", "detail", false},
	{"incident", "logs", 80, 24, NULL, NULL, true},
	{"incident", "overview", 160, 48, NULL, NULL, true},
	{"incident", "activity", 80, 24, NULL, NULL, true},
	{"incident", "storage", 160, 48, NULL, NULL, true},
	{"incident", "overview", 160, 48, "?", "help", false},
	{"incident", "activity", 80, 24, "?", "help", false},
	{"incident", "overview", 160, 48, ":the", "palette", false},
	{"incident", "activity", 160, 48, "\r", "detail", false},
	{"incident", "activity", 80, 24, "/user:worker", "filter", false},
	{"nodes", "activity", 160, 48, NULL, NULL, false},
	{"nodes", "activity", 80, 24, "x", "unfolded", false},
	{"nodes", "activity", 160, 48, "d", "grouped", false},
	{"nodes", "activity", 40, 12, "d", "grouped", false},
	{"nodes", "progress", 160, 48, NULL, NULL, false},
	{"nodes", "progress", 80, 24, NULL, NULL, false},
	{"nodes", "progress", 40, 12, NULL, NULL, false},
	{"healthy", "overview", 160, 48, NULL, NULL, false},
	{"healthy", "overview", 80, 24, NULL, NULL, false},
	{"empty", "overview", 160, 48, NULL, NULL, false},
	{"empty", "overview", 40, 12, NULL, NULL, false},
	{"failed", "overview", 160, 48, NULL, NULL, false},
	{"failed", "overview", 80, 24, NULL, NULL, false},
	{"failed", "overview", 40, 12, NULL, NULL, false},
	{"failed", "network", 80, 24, NULL, NULL, false},
	{"failed", "logs", 80, 24, NULL, NULL, false},
	{"failed", "overview", 160, 48, NULL, NULL, true},
	{"lost", "overview", 160, 48, NULL, NULL, false},
	{"lost", "overview", 100, 30, NULL, NULL, false},
	{"lost", "overview", 80, 24, NULL, NULL, false},
	{"lost", "overview", 40, 12, NULL, NULL, false},
	{"lost", "overview", 160, 48, NULL, NULL, true},
	{"lost", "activity", 80, 24, NULL, NULL, false},
	{"lost", "backups", 80, 24, NULL, NULL, false},
	{"stopped", "overview", 160, 48, NULL, NULL, false},
	{"stopped", "overview", 80, 24, NULL, NULL, false},
	{"hostile", "overview", 160, 48, NULL, NULL, false},
	{"hostile", "activity", 80, 24, NULL, NULL, false},
	{"hostile", "logs", 160, 48, NULL, NULL, false},
	{"hostile", "overview", 80, 24, NULL, NULL, true},
	{"hostile", "statements", 160, 48, NULL, NULL, false},
	{"hostile", "statements", 80, 24, "\r", "detail", false},
	{"failed", "statements", 80, 24, NULL, NULL, false},
	{"empty", "statements", 80, 24, NULL, NULL, false},
	{"plain", "statements", 160, 48, NULL, NULL, false},
	{"plain", "statements", 80, 24, NULL, NULL, false},
	{"alone", "logs", 80, 24, NULL, NULL, false},
	{"incident", "audit", 160, 48, NULL, NULL, false},
	{"incident", "audit", 80, 24, NULL, NULL, false},
	{"incident", "audit", 40, 12, NULL, NULL, false},
	{"incident", "audit", 80, 24, NULL, NULL, true},
	{"incident", "audit", 160, 48, "jjj\r", "detail", false},
	{"hostile", "audit", 80, 24, "j\r", "detail", false},
	{"unchanged", "audit", 80, 24, NULL, NULL, false},
	{"unchanged", "audit", 40, 12, NULL, NULL, false},
	{"fleet", "clusters", 160, 48, NULL, NULL, false},
	{"fleet", "clusters", 80, 24, NULL, NULL, false},
	{"fleet", "clusters", 40, 12, NULL, NULL, false},
};
/* clang-format on */

static void path_of(const struct golden *g, char *out, size_t size)
{
	(void)snprintf(out, size, "%s/%s-%s%s%s-%dx%d%s.txt", GOLDEN, g->fixture, g->view, g->label ? "-" : "",
		       g->label ? g->label : "", g->cols, g->rows, g->ascii ? "-ascii" : "");
}

static size_t check(const struct golden *g, bool update)
{
	struct fixture f;
	char path[1024];
	size_t bad;
	int y, x;

	fixture_open(&f, g->fixture, g->ascii ? GLYPHS_ASCII : GLYPHS_UTF8);
	fixture_draw(&f, g->view, g->rows, g->cols);
	for (const char *k = g->keys; k && *k; k++)
		(void)fixture_key(&f, *k == '\r' ? K_ENTER : (uint32_t)(unsigned char)*k);
	fixture_draw(&f, NULL, g->rows, g->cols);
	assert_true(fixture_clean(&f, &y, &x));
	path_of(g, path, sizeof path);
	bad = golden_compare(&f, path, update);
	fixture_close(&f);
	return bad;
}

static void test_screens(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(goldens); i++)
		bad += check(&goldens[i], golden_update()) > 0;
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_screens)};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
