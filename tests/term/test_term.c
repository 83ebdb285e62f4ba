/*
 * test_term.c: the terminal layer as a user's terminal sees it.
 *
 * Each test starts term_demo in the emulator with some environment and looks at the screen,
 * the modes and the bytes. The path of term_demo is the first argument.
 */
#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/theme.h"
#include "vt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
/* after the four above */
#include <cmocka.h>

#include <locale.h>
#include <string.h>
#include <sys/wait.h>
#include <vterm.h>

static const char *demo;

#define ARGS(...) ((const char *const[]){demo, __VA_ARGS__, NULL})
#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct vt *start(const char *const *args, const char *const *env)
{
	struct vt *v = vt_start(24, 80, args, env);

	if (!vt_wait_text(v, "corner")) {
		struct buf text;
		buf_init(&text, 1 << 20);
		vt_dump_text(v, &text);
		print_message("screen:\n%s\n", buf_c(&text));
		buf_release(&text);
		fail_msg("the demo did not start");
	}
	return v;
}

static struct theme *load(const char *name)
{
	struct theme *t = NULL;
	struct err err = {0};

	assert_true(theme_load(name, &t, &err));
	return t;
}

/* Where the demo draws "crit", "muted" and "lock". */
enum { SAMPLE_ROW = 2, CRIT_COL = 0, MUTED_COL = 6, LOCK_COL = 12, DIM_COL = 18 };

static void rgb_is_exact(void **state)
{
	struct vt *v = start(ARGS("--color", "auto"), ENV("COLORTERM=truecolor"));
	struct theme *dark = load("dark"), *light = load("light");

	(void)state;
	assert_true(vt_wait_text(v, "depth rgb theme dark"));
	struct vt_cell c = vt_at(v, SAMPLE_ROW, CRIT_COL);
	assert_int_equal(c.rune, 'c');
	assert_int_equal(c.fg, theme_rgb(dark, ROLE_CRIT));
	assert_int_equal(c.bg, theme_rgb(dark, ROLE_BG));
	assert_int_equal(c.fg_index, -1);
	c = vt_at(v, SAMPLE_ROW, MUTED_COL);
	assert_int_equal(c.fg, theme_rgb(dark, ROLE_MUTED));
	assert_int_equal(c.bg, theme_rgb(dark, ROLE_SELBG));
	c = vt_at(v, SAMPLE_ROW, LOCK_COL);
	assert_int_equal(c.bg, theme_rgb(dark, ROLE_LOCK));
	assert_true(c.bold);
	/* Dimmed text is mixed with the ground, not sent as faint. */
	c = vt_at(v, SAMPLE_ROW, DIM_COL);
	assert_int_not_equal(c.fg, theme_rgb(dark, ROLE_FG));
	/* Cells that nothing was drawn into have the theme's ground. */
	assert_int_equal(vt_at(v, 10, 40).bg, theme_rgb(dark, ROLE_BG));
	/* A new theme repaints everything. */
	vt_send(v, "l");
	assert_true(vt_wait_text(v, "theme light"));
	assert_int_equal(vt_at(v, SAMPLE_ROW, CRIT_COL).fg, theme_rgb(light, ROLE_CRIT));
	assert_int_equal(vt_at(v, 10, 40).bg, theme_rgb(light, ROLE_BG));
	theme_free(dark);
	theme_free(light);
	vt_free(v);
}

static void rgb_on_request_needs_nothing_installed(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), ENV("TERM=no-such-terminal", "TERMINFO_DIRS=/nonexistent"));
	int status;

	(void)state;
	assert_true(vt_wait_text(v, "depth rgb"));
	vt_send(v, "q");
	assert_true(vt_wait_exit(v, &status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* Child processes must not inherit our entry. */
	assert_true(str_find(vt_output(v), STR("TERMINFO unset"), 0) >= 0);
	vt_free(v);
}

static void rgb_inside_tmux(void **state)
{
	struct vt *v = start(ARGS("--mouse"), ENV("TERM=tmux-256color", "COLORTERM=truecolor"));
	struct theme *dark = load("dark");

	(void)state;
	assert_true(vt_wait_text(v, "depth rgb"));
	assert_int_equal(vt_at(v, SAMPLE_ROW, CRIT_COL).fg, theme_rgb(dark, ROLE_CRIT));
	/* The SGR mouse form, good beyond column 223. */
	assert_true(str_find(vt_output(v), STR("\033[?1006;1000h"), 0) >= 0);
	theme_free(dark);
	vt_free(v);
}

static void falls_back_to_256(void **state)
{
	struct vt *v = start(ARGS("--color", "auto"), NULL);
	struct theme *dark = load("dark");
	struct look crit = theme_look(dark, STYLE(ROLE_CRIT, ROLE_BG, 0), DEPTH_256);

	(void)state;
	assert_true(vt_wait_text(v, "depth 256"));
	assert_int_equal(vt_at(v, SAMPLE_ROW, CRIT_COL).fg_index, (int)crit.fg);
	assert_int_equal(vt_at(v, SAMPLE_ROW, CRIT_COL).bg_index, (int)crit.bg);
	assert_int_equal(vt_at(v, SAMPLE_ROW, LOCK_COL).bg_index, 210);
	theme_free(dark);
	vt_free(v);
}

static void wishes_win_over_colorterm(void **state)
{
	struct vt *v = start(ARGS("--color", "256"), ENV("COLORTERM=truecolor"));

	(void)state;
	assert_true(vt_wait_text(v, "depth 256"));
	vt_free(v);
	/* Asked for 256, a terminal that calls itself "xterm" gets them. */
	v = start(ARGS("--color", "256"), ENV("TERM=xterm"));
	assert_true(vt_wait_text(v, "depth 256"));
	vt_free(v);
	v = start(ARGS("--color", "16"), ENV("COLORTERM=truecolor"));
	assert_true(vt_wait_text(v, "depth 16"));
	assert_int_equal(vt_at(v, SAMPLE_ROW, CRIT_COL).fg_index, 9);
	assert_true(vt_at(v, SAMPLE_ROW, CRIT_COL).bg_default);
	assert_true(vt_at(v, SAMPLE_ROW, MUTED_COL).reverse);
	vt_free(v);
}

static void eight_colours_suffice(void **state)
{
	struct vt *v = start(ARGS("--color", "auto"), ENV("TERM=xterm"));
	struct vt_cell c;

	(void)state;
	assert_true(vt_wait_text(v, "depth 16"));
	/* Bright red is red in bold. */
	c = vt_at(v, SAMPLE_ROW, CRIT_COL);
	assert_int_equal(c.fg_index & 7, 1);
	assert_true(c.bold);
	vt_free(v);
}

static void no_color_means_none(void **state)
{
	struct vt *v = start(ARGS("--color", "auto"), ENV("NO_COLOR=1", "COLORTERM=truecolor"));

	(void)state;
	assert_true(vt_wait_text(v, "depth mono"));
	for (int row = 0; row < 24; row++)
		for (int col = 0; col < 80; col++) {
			struct vt_cell c = vt_at(v, row, col);
			assert_true(c.fg_default && c.bg_default);
		}
	assert_true(vt_at(v, SAMPLE_ROW, CRIT_COL).bold);
	assert_true(vt_at(v, SAMPLE_ROW, MUTED_COL).reverse);
	vt_free(v);
	/* An empty NO_COLOR does not count, a flag overrides it. */
	v = start(ARGS("--color", "auto"), ENV("NO_COLOR=", "COLORTERM=truecolor"));
	assert_true(vt_wait_text(v, "depth rgb"));
	vt_free(v);
	v = start(ARGS("--color", "256"), ENV("NO_COLOR=1"));
	assert_true(vt_wait_text(v, "depth 256"));
	vt_free(v);
	v = start(ARGS("--color", "never"), ENV("COLORTERM=truecolor"));
	assert_true(vt_wait_text(v, "depth mono"));
	vt_free(v);
}

static void mono_theme_sends_no_colour(void **state)
{
	struct vt *v = start(ARGS("--theme", "mono"), ENV("COLORTERM=truecolor"));

	(void)state;
	assert_true(vt_wait_text(v, "theme mono"));
	assert_true(vt_at(v, SAMPLE_ROW, CRIT_COL).fg_default);
	assert_true(vt_at(v, 10, 40).bg_default);
	assert_true(vt_at(v, SAMPLE_ROW, CRIT_COL).bold);
	vt_free(v);
}

/* Starts something that cannot work; the message must say why and what to do, and the code be 1. */
static void refused(const char *const *env, const char *reason, const char *remedy)
{
	struct vt *v = vt_start(24, 80, ARGS("--color", "auto"), env);
	int status;

	assert_true(vt_wait_exit(v, &status));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(str_find(vt_output(v), str_c(reason), 0) >= 0);
	assert_true(str_find(vt_output(v), str_c(remedy), 0) >= 0);
	assert_int_equal(str_find(vt_output(v), STR("\033["), 0), -1);
	vt_free(v);
}

static void useless_terminals_are_refused_in_words(void **state)
{
	(void)state;
	refused(ENV("TERM=dumb"), "dumb", "TERM=xterm-256color");
	refused(ENV("TERM"), "TERM is not set", "TERM=xterm-256color");
	refused(ENV("TERM="), "TERM is not set", "TERM=xterm-256color");
}

static void a_pipe_is_refused_in_words(void **state)
{
	char command[4096];
	int status;

	(void)state;
	snprintf(command, sizeof(command), "'%s' | cat", demo);
	struct vt *v = vt_start(24, 80, ((const char *const[]){"sh", "-c", command, NULL}), NULL);
	assert_true(vt_wait_exit(v, &status));
	assert_true(str_find(vt_output(v), STR("standard output is not a terminal"), 0) >= 0);
	assert_true(str_find(vt_output(v), STR("--once"), 0) >= 0);
	vt_free(v);
}

static void draws_wide_and_hostile_text_safely(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);
	int row, col;

	(void)state;
	assert_true(vt_wait_text(v, "wide \xe8\xa1\xa8 caf\xc3\xa9|"));
	assert_true(vt_find(v, "\xe8\xa1\xa8", &row, &col));
	assert_int_equal(vt_at(v, row, col).width, 2);
	/* Escape, bell, invalid byte and bidi override: one U+FFFD each. */
	assert_true(vt_find(v, "hostile \xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|", &row, &col));
	assert_int_equal(vt_state(v)->bells, 0);
	assert_int_equal(vt_at(v, 3, 0).rune, 0x2717);
	assert_int_equal(vt_at(v, 3, 1).rune, 0x256d);
	assert_int_equal(vt_at(v, 3, 2).rune, 0x28ff);
	vt_free(v);
}

static void ascii_sends_only_ascii(struct vt *v)
{
	int row, col;

	assert_true(vt_find(v, "wide ?? caf?|", &row, &col));
	assert_int_equal(vt_at(v, 3, 0).rune, 'x');
	assert_int_equal(vt_at(v, 3, 1).rune, '+');
	assert_int_equal(vt_at(v, 3, 2).rune, '#');
	struct str all = vt_output(v);
	for (size_t i = 0; i < all.len; i++)
		assert_true((unsigned char)all.ptr[i] < 0x80);
}

static void ascii_by_locale_and_by_wish(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), ENV("LC_ALL=C"));

	(void)state;
	ascii_sends_only_ascii(v);
	vt_free(v);
	v = start(ARGS("--ascii"), NULL);
	ascii_sends_only_ascii(v);
	vt_free(v);
}

static void keys_arrive(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);

	(void)state;
	vt_key(v, "Up");
	assert_true(vt_wait_text(v, "event 1: key special 1"));
	vt_key(v, "BackTab");
	assert_true(vt_wait_text(v, "event 2: key special 14"));
	vt_key(v, "F5");
	assert_true(vt_wait_text(v, "event 3: key special 20"));
	vt_key(v, "C-f");
	assert_true(vt_wait_text(v, "event 4: key special 33"));
	vt_key(v, "Enter");
	assert_true(vt_wait_text(v, "event 5: key special 12"));
	vt_send(v, "\xc3\xa9");
	assert_true(vt_wait_text(v, "event 6: key U+00E9"));
	vt_key(v, "Esc");
	assert_true(vt_wait_text(v, "event 7: key special 15"));
	/* Forms that other terminals send. */
	vt_send(v, "\033[1~");
	assert_true(vt_wait_text(v, "event 8: key special 7"));
	vt_send(v, "\033[A");
	assert_true(vt_wait_text(v, "event 9: key special 1"));
	vt_key(v, "C-c");
	assert_true(vt_wait_text(v, "event 10: key special 30"));
	vt_key(v, "Backspace");
	assert_true(vt_wait_text(v, "event 11: key special 11"));
	/* Shift with an arrow. */
	vt_send(v, "\033[1;2D");
	assert_true(vt_wait_text(v, "event 12: key special 42"));
	vt_send(v, "\033[1;2C");
	assert_true(vt_wait_text(v, "event 13: key special 43"));
	vt_free(v);
}

static void mouse_and_paste_arrive(void **state)
{
	struct vt *v = start(ARGS("--mouse"), ENV("COLORTERM=truecolor"));

	(void)state;
	assert_int_equal(vt_state(v)->mouse, VTERM_PROP_MOUSE_DRAG);
	assert_true(str_find(vt_output(v), STR("\033[?2004h"), 0) >= 0);
	vt_mouse(v, 0, 7, 30, true);
	assert_true(vt_wait_text(v, "event 1: mouse down 7,30"));
	vt_mouse(v, 32, 8, 31, true);
	assert_true(vt_wait_text(v, "event 2: mouse drag 8,31"));
	vt_mouse(v, 0, 8, 31, false);
	assert_true(vt_wait_text(v, "event 3: mouse up 8,31"));
	vt_mouse(v, 64, 1, 2, true);
	assert_true(vt_wait_text(v, "event 4: wheel up 1,2"));
	vt_mouse(v, 65, 1, 2, true);
	assert_true(vt_wait_text(v, "event 5: wheel down 1,2"));
	vt_send(v, "\033[<0;31;8M\033[<0;31;8m\033[<0;31;8M");
	assert_true(vt_wait_text(v, "mouse down 7,30 doubled"));
	vt_mouse(v, 0, 7, 30, false);
	assert_true(vt_wait_text(v, "mouse up 7,30"));
	vt_send(v, "\033[200~");
	assert_true(vt_wait_text(v, "paste begin"));
	vt_send(v, "k\033[201~");
	assert_true(vt_wait_text(v, "paste end"));
	/* Far columns need the SGR form. */
	vt_resize(v, 24, 300);
	assert_true(vt_wait_text(v, "size 24x300"));
	vt_mouse(v, 0, 3, 280, true);
	assert_true(vt_wait_text(v, "mouse down 3,280"));
	vt_free(v);
}

static void survives_a_resize_storm(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);

	(void)state;
	for (int i = 0; i < 60; i++) {
		vt_resize(v, 1 + i * 7 % 50, 1 + i * 13 % 200);
		vt_pump(v, i % 3);
	}
	vt_resize(v, 30, 100);
	assert_true(vt_wait_text(v, "size 30x100"));
	vt_settle(v, 50);
	int row, col;
	assert_true(vt_find(v, "corner", &row, &col));
	assert_int_equal(row, 29);
	assert_int_equal(col, 94);
	/* Nothing of an earlier size is left. */
	for (int y = 5; y < 29; y++)
		for (int x = 0; x < 100; x++)
			assert_true(vt_at(v, y, x).rune == 0 || vt_at(v, y, x).rune == ' ');
	vt_free(v);
}

static void title_and_clipboard_are_safe(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);

	(void)state;
	vt_output_clear(v);
	vt_send(v, "T");
	assert_true(vt_wait_text(v, "U+0054"));
	assert_string_equal(vt_state(v)->title, "orders\xef\xbf\xbd]2;evil\xef\xbf\xbd\xe8\xa1\xa8");
	vt_send(v, "Y");
	assert_true(vt_wait_text(v, "U+0059"));
	/* "select 1;\n[31m" in base64: the escape and the delete are gone. */
	assert_true(str_find(vt_output(v), STR("\033]52;c;c2VsZWN0IDE7ClszMW0=\a"), 0) >= 0);
	vt_free(v);
}

static void same_picture_costs_no_byte(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);

	(void)state;
	vt_send(v, "x");
	assert_true(vt_wait_text(v, "event 1"));
	vt_settle(v, 50);
	int64_t before = vt_bytes(v);
	for (int i = 0; i < 5; i++) {
		vt_send(v, "r");
		vt_pump(v, 30);
	}
	assert_int_equal(vt_bytes(v), before);
	/* A change travels inside a synchronized update. */
	vt_output_clear(v);
	vt_send(v, "x");
	assert_true(vt_wait_text(v, "event 2"));
	vt_settle(v, 30);
	struct str out = vt_output(v);
	assert_true(str_starts(out, STR("\033[?2026h")));
	assert_true(str_ends(out, STR("\033[?2026l")));
	assert_true(out.len < 100);
	vt_free(v);
}

/* A table of 50 rows of which two durations tick: what an operator leaves open all day. */
static void ticking_table(const char *const *args)
{
	struct vt *v = vt_start(50, 200, args, NULL);

	assert_true(vt_wait_text(v, "4749"));
	vt_settle(v, 50);
	int64_t before = vt_bytes(v);
	for (int i = 0; i < 20; i++) {
		vt_send(v, "n");
		vt_settle(v, 15);
	}
	assert_true(vt_wait_text(v, "1m25s"));
	int64_t a_second = (vt_bytes(v) - before) / 20;
	print_message("%s: %d bytes a second\n", args[3], (int)a_second);
	assert_in_range(a_second, 100, 1100);
	vt_free(v);
}

static void ticking_table_is_cheap(void **state)
{
	(void)state;
	ticking_table(ARGS("--table", "--color", "256"));
	ticking_table(ARGS("--table", "--color", "always"));
}

/* Alternate screen, cursor, mouse and line discipline as they were. */
static void assert_restored(const struct vt *v, const struct termios *before)
{
	struct termios after;

	assert_false(vt_state(v)->altscreen);
	assert_true(vt_state(v)->cursor_visible);
	assert_int_equal(vt_state(v)->mouse, VTERM_PROP_MOUSE_NONE);
	assert_true(str_find(vt_output(v), STR("\033[?2004l"), 0) >= 0);
	vt_termios(v, &after);
	assert_int_equal(after.c_lflag & (tcflag_t)(ECHO | ICANON | ISIG),
			 before->c_lflag & (tcflag_t)(ECHO | ICANON | ISIG));
	assert_int_equal(after.c_oflag, before->c_oflag);
}

/* The shell keeps the pty open after the demo has ended. */
static void leaves_a_clean_terminal(const char *key, int number)
{
	char command[4096];

	snprintf(command, sizeof(command), "echo before; read a; '%s' --mouse; echo code $?; read b", demo);
	struct vt *v = vt_start(24, 80, ((const char *const[]){"sh", "-c", command, NULL}), NULL);
	struct termios before;
	assert_true(vt_wait_text(v, "before"));
	vt_termios(v, &before);
	vt_send(v, "\n");
	assert_true(vt_wait_text(v, "corner"));
	assert_true(vt_state(v)->altscreen);
	assert_false(vt_state(v)->cursor_visible);
	if (key)
		vt_send(v, key);
	assert_true(vt_wait_text(v, number ? "code 139" : "code 0"));
	assert_restored(v, &before);
	/* What was there before the program is there again. */
	assert_true(vt_wait_text(v, "before"));
	vt_free(v);
}

static void quitting_restores_the_terminal(void **state)
{
	(void)state;
	leaves_a_clean_terminal("q", 0);
}

static void crashing_restores_the_terminal(void **state)
{
	(void)state;
	leaves_a_clean_terminal("S", SIGSEGV);
}

static void suspending_and_resuming(void **state)
{
	struct vt *v = start(ARGS("--mouse", "--color", "always"), NULL);

	(void)state;
	vt_output_clear(v);
	vt_send(v, "Z");
	assert_true(vt_wait_text(v, "U+005A"));
	struct str out = vt_output(v);
	long off = str_find(out, STR("\033[?1049l"), 0), word = str_find(out, STR("suspended"), 0);
	long on = str_find(out, STR("\033[?1049h"), 0);
	assert_true(off >= 0 && word > off && on > word);
	assert_true(str_find(out, STR("\033[?2004h"), (size_t)on) >= 0);
	assert_true(vt_state(v)->altscreen);
	assert_int_equal(vt_state(v)->mouse, VTERM_PROP_MOUSE_DRAG);
	assert_true(vt_wait_text(v, "corner"));
	vt_free(v);
}

static void counts_its_bytes(void **state)
{
	struct vt *v = start(ARGS("--color", "always"), NULL);
	int status, row, col;
	int64_t said = 0;

	(void)state;
	vt_settle(v, 30);
	int64_t seen = vt_bytes(v);
	vt_send(v, "q");
	assert_true(vt_wait_exit(v, &status));
	assert_true(vt_find(v, "bye", &row, &col));
	for (int x = col + 4; vt_at(v, row, x).rune >= '0' && vt_at(v, row, x).rune <= '9'; x++)
		said = said * 10 + (vt_at(v, row, x).rune - '0');
	/* Start-up sequences of curses itself are not counted. */
	assert_in_range(said, seen - 400, seen);
	vt_free(v);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rgb_is_exact),
		cmocka_unit_test(rgb_on_request_needs_nothing_installed),
		cmocka_unit_test(rgb_inside_tmux),
		cmocka_unit_test(falls_back_to_256),
		cmocka_unit_test(wishes_win_over_colorterm),
		cmocka_unit_test(eight_colours_suffice),
		cmocka_unit_test(no_color_means_none),
		cmocka_unit_test(mono_theme_sends_no_colour),
		cmocka_unit_test(useless_terminals_are_refused_in_words),
		cmocka_unit_test(a_pipe_is_refused_in_words),
		cmocka_unit_test(draws_wide_and_hostile_text_safely),
		cmocka_unit_test(ascii_by_locale_and_by_wish),
		cmocka_unit_test(keys_arrive),
		cmocka_unit_test(mouse_and_paste_arrive),
		cmocka_unit_test(survives_a_resize_storm),
		cmocka_unit_test(title_and_clipboard_are_safe),
		cmocka_unit_test(same_picture_costs_no_byte),
		cmocka_unit_test(ticking_table_is_cheap),
		cmocka_unit_test(quitting_restores_the_terminal),
		cmocka_unit_test(crashing_restores_the_terminal),
		cmocka_unit_test(suspending_and_resuming),
		cmocka_unit_test(counts_its_bytes),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 2) {
		print_error("usage: test_term TERM_DEMO\n");
		return 2;
	}
	demo = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
