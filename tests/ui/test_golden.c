/*
 * test_golden.c: whole screens, compared with tests/golden/NAME.txt.
 *
 * UPDATE_GOLDEN=1 writes them anew; look at the difference before you keep it. What a screen must
 * say whatever its exact look is asserted in test_shown.c.
 */
#include "tests/ui/fixture.h"

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
	{"incident", "storage", 160, 48, NULL, NULL, false},
	{"incident", "storage", 80, 24, NULL, NULL, false},
	{"incident", "storage", 40, 12, NULL, NULL, false},
	{"incident", "backups", 160, 48, NULL, NULL, false},
	{"incident", "backups", 80, 24, NULL, NULL, false},
	{"incident", "backups", 40, 12, NULL, NULL, false},
	{"incident", "network", 160, 48, NULL, NULL, false},
	{"incident", "network", 80, 24, NULL, NULL, false},
	{"incident", "network", 40, 12, NULL, NULL, false},
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
	{"hostile", "overview", 80, 24, NULL, NULL, true},
	{"hostile", "statements", 160, 48, NULL, NULL, false},
	{"hostile", "statements", 80, 24, "\r", "detail", false},
	{"failed", "statements", 80, 24, NULL, NULL, false},
	{"empty", "statements", 80, 24, NULL, NULL, false},
	{"plain", "statements", 160, 48, NULL, NULL, false},
	{"plain", "statements", 80, 24, NULL, NULL, false},
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

static void write_golden(const char *path, const struct buf *b)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(b->data, 1, b->len, out), b->len);
	assert_int_equal(fclose(out), 0);
}

static bool read_golden(const char *path, struct buf *ret)
{
	static char chunk[1 << 16];
	FILE *in = fopen(path, "rb");
	size_t n;

	buf_init(ret, 1u << 20);
	if (!in)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
		(void)buf_add(ret, chunk, n);
	(void)fclose(in);
	return true;
}

/* Prints the rows that differ, wanted above seen. */
static size_t differences(const char *path, struct str want, struct str have)
{
	struct str a, b;
	size_t n = 0;
	int row = 0;

	while (true) {
		bool more_a = str_split(&want, '\n', &a), more_b = str_split(&have, '\n', &b);

		if (!more_a && !more_b)
			return n;
		if (!more_a)
			a = STR("");
		if (!more_b)
			b = STR("");
		if (!str_eq(a, b) && n++ < 8)
			(void)fprintf(stderr, "%s:%d\n  want |" STR_FMT "|\n  have |" STR_FMT "|\n", path, row + 1,
				      STR_ARG(a), STR_ARG(b));
		row++;
	}
}

static size_t check(const struct golden *g, bool update)
{
	struct fixture f;
	struct buf have, want;
	char path[1024];
	size_t bad = 0;
	int y, x;

	fixture_open(&f, g->fixture, g->ascii ? GLYPHS_ASCII : GLYPHS_UTF8);
	fixture_draw(&f, g->view, g->rows, g->cols);
	for (const char *k = g->keys; k && *k; k++)
		(void)fixture_key(&f, *k == '\r' ? K_ENTER : (uint32_t)(unsigned char)*k);
	fixture_draw(&f, NULL, g->rows, g->cols);
	assert_true(fixture_clean(&f, &y, &x));
	path_of(g, path, sizeof path);
	fixture_text(&f, &have);
	if (update) {
		write_golden(path, &have);
	} else if (!read_golden(path, &want)) {
		(void)fprintf(stderr, "%s does not exist; UPDATE_GOLDEN=1 makes it\n", path);
		bad = 1;
	} else {
		bad = differences(path, buf_str(&want), buf_str(&have));
		buf_release(&want);
	}
	buf_release(&have);
	fixture_close(&f);
	return bad;
}

static void test_screens(void **state)
{
	const char *update = getenv("UPDATE_GOLDEN");
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(goldens); i++)
		bad += check(&goldens[i], update && update[0] == '1') > 0;
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_screens)};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
