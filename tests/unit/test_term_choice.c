/*
 * test_term_choice.c: how many colours, decided from what the user and the terminal say; and
 * the bytes that go to the terminal beside the screen.
 */
#include "base/check.h"
#include "base/xalloc.h"
#include "ui/term_choice.h"
#include "ui/term_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <unistd.h>

static const struct term_entry xterm = {.known = true, .colors = 8}, rich = {.known = true, .rgb = true, .colors = 256};

static enum depth choose(enum color_wish wish, bool no_color, const char *colorterm, const char *name,
			 const struct term_entry *e)
{
	struct term_options o = {.color = wish, .no_color = no_color, .colorterm = colorterm};

	return term_choice_depth(&o, name, e);
}

static void depth_by_environment(void **state)
{
	(void)state;
	assert_int_equal(choose(COLOR_AUTO, false, NULL, "xterm", &xterm), DEPTH_256);
	assert_int_equal(choose(COLOR_AUTO, false, "truecolor", "xterm", &xterm), DEPTH_RGB);
	assert_int_equal(choose(COLOR_AUTO, false, "24bit", "xterm", &xterm), DEPTH_RGB);
	assert_int_equal(choose(COLOR_AUTO, false, "yes", "xterm", &xterm), DEPTH_256);
	assert_int_equal(choose(COLOR_AUTO, false, NULL, "foot", &rich), DEPTH_RGB);
	/* A console does not get more from a variable that came along. */
	assert_int_equal(choose(COLOR_AUTO, false, "truecolor", "linux", &xterm), DEPTH_256);
	assert_int_equal(choose(COLOR_AUTO, false, "truecolor", "vt220", &xterm), DEPTH_256);
	assert_int_equal(choose(COLOR_AUTO, false, "truecolor", "vte-256color", &xterm), DEPTH_RGB);
}

static void depth_by_wish(void **state)
{
	(void)state;
	assert_int_equal(choose(COLOR_AUTO, true, "truecolor", "xterm", &rich), DEPTH_MONO);
	assert_int_equal(choose(COLOR_ALWAYS, true, NULL, "linux", &xterm), DEPTH_RGB);
	assert_int_equal(choose(COLOR_WISH_256, true, "truecolor", "xterm", &rich), DEPTH_256);
	assert_int_equal(choose(COLOR_WISH_16, false, "truecolor", "xterm", &rich), DEPTH_16);
	assert_int_equal(choose(COLOR_NEVER, false, "truecolor", "xterm", &rich), DEPTH_MONO);
}

static void clipboard_text_is_base64(void **state)
{
	static const struct {
		const char *text, *sent;
	} rows[] = {
		{"", "\033]52;c;\a"},
		{"a", "\033]52;c;YQ==\a"},
		{"ab", "\033]52;c;YWI=\a"},
		{"abc", "\033]52;c;YWJj\a"},
		{"a\nb\tc", "\033]52;c;YQpiCWM=\a"},
		/* Escape, CR, DEL, a C1 control and a broken byte are dropped, letters beyond ASCII stay. */
		{"a\033\r\x7f\xc2\x9b\xff"
		 "b\xc3\xa9",
		 "\033]52;c;YWLDqQ==\a"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&out);
		assert_true(term_out_copy(&out, str_c(rows[i].text)));
		assert_string_equal(buf_c(&out), rows[i].sent);
	}
	char *big = xalloc(TERM_COPY_MAX + 1);
	memset(big, 'x', TERM_COPY_MAX + 1);
	buf_clear(&out);
	assert_true(term_out_copy(&out, (struct str){big, TERM_COPY_MAX}));
	assert_true(out.len < 74994 + 16);
	buf_clear(&out);
	assert_false(term_out_copy(&out, (struct str){big, TERM_COPY_MAX + 1}));
	assert_int_equal(out.len, 0);
	xfree(big);
	buf_release(&out);
}

static void titles_are_short_and_clean(void **state)
{
	char text[1000];
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 16);
	assert_true(term_out_title(&out, STR("a\033\\b\n\xc3\xa9"), false));
	assert_string_equal(buf_c(&out), "\033]2;a\xef\xbf\xbd\\b \xc3\xa9\033\\");
	buf_clear(&out);
	assert_true(term_out_title(&out, STR("a\xc3\xa9"), true));
	assert_string_equal(buf_c(&out), "\033]2;a?\033\\");
	memset(text, 'x', sizeof(text));
	buf_clear(&out);
	assert_true(term_out_title(&out, (struct str){text, sizeof(text)}, false));
	assert_int_equal(out.len, TERM_TITLE_COLUMNS + 6);
	buf_release(&out);
}

static void everything_is_written(void **state)
{
	char *big = xalloc(50000), back[50000];
	int ends[2];
	size_t got = 0;

	(void)state;
	memset(big, 'y', 50000);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(term_out_write(ends[1], (struct str){big, 50000}), 50000);
	while (got < sizeof(back)) {
		ssize_t n = read(ends[0], back + got, sizeof(back) - got);
		assert_true(n > 0);
		got += (size_t)n;
	}
	close(ends[0]);
	assert_memory_equal(big, back, sizeof(back));
	close(ends[1]);
	/* A closed descriptor is given up on. */
	assert_int_equal(term_out_write(ends[1], STR("x")), 0);
	xfree(big);
}

static void unusable_terminals_have_a_remedy(void **state)
{
	struct err err = {0};

	(void)state;
	assert_true(term_choice_usable("xterm", true, true, &err));
	assert_false(term_choice_usable("dumb", true, true, &err));
	assert_true(err.remedy[0] != 0);
	assert_false(term_choice_usable(NULL, true, true, &err));
	assert_non_null(strstr(err.text, "TERM is not set"));
	assert_false(term_choice_usable("xterm", false, true, &err));
	assert_non_null(strstr(err.text, "standard input"));
	assert_false(term_choice_usable("xterm", true, false, &err));
	assert_non_null(strstr(err.text, "standard output"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depth_by_environment),     cmocka_unit_test(depth_by_wish),
		cmocka_unit_test(clipboard_text_is_base64), cmocka_unit_test(titles_are_short_and_clean),
		cmocka_unit_test(everything_is_written),    cmocka_unit_test(unusable_terminals_have_a_remedy),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
