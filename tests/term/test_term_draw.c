/*
 * test_term_draw.c: whatever was drawn before, an emulator shows what the canvas says.
 *
 * Random pictures follow one another: small changes, scrolled rows, wide characters over narrow
 * ones, long blanks, other colours, other sizes. After each the emulator's screen is compared
 * with the canvas, cell by cell: text, colours, attributes. Two kinds of terminal: one that can
 * erase and move to the right, one that can only move anywhere.
 */
#include "base/utf8.h"
#include "ui/term_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the four above */
#include <cmocka.h>

#include <stdio.h>
#include <vterm.h>

#define ROUNDS 1500

static unsigned seed = 7;

static unsigned any(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void ink(void *context, const struct theme *theme, struct style s, struct ink *ret)
{
	(void)context;
	(void)theme;
	*ret = (struct ink){.marks_blanks = s.attr & (ATTR_UNDERLINE | ATTR_REVERSE)};
	snprintf(ret->attrs, sizeof(ret->attrs), "%s%s%s", s.attr & ATTR_BOLD ? "\033[1m" : "",
		 s.attr & ATTR_UNDERLINE ? "\033[4m" : "", s.attr & ATTR_REVERSE ? "\033[7m" : "");
	/* role 0 is the terminal's own colour */
	if (s.fg)
		snprintf(ret->fg, sizeof(ret->fg), "\033[38;5;%dm", s.fg);
	if (s.bg)
		snprintf(ret->bg, sizeof(ret->bg), "\033[48;5;%dm", s.bg);
}

static void move(void *context, struct buf *out, int y, int x)
{
	(void)context;
	buf_addf(out, "\033[%d;%dH", y + 1, x + 1);
}

static void right(void *context, struct buf *out, int n)
{
	(void)context;
	buf_addf(out, "\033[%dC", n);
}

static void erase(void *context, struct buf *out, int n)
{
	(void)context;
	buf_addf(out, "\033[%dX", n);
}

static const struct term_codes able = {
	.plain = "\033[m",
	.own_colors = "\033[39;49m",
	.clear = "\033[H\033[2J",
	.erases_with_ground = true,
	.full_line = true,
	.ink = ink,
	.move = move,
	.right = right,
	.erase = erase,
};
static const struct term_codes poor = {
	.plain = "\033[m",
	.own_colors = "\033[39;49m",
	.clear = "\033[H\033[2J",
	.full_line = true,
	.ink = ink,
	.move = move,
};

static struct style any_style(void)
{
	static const uint8_t attrs[] = {0, 0, 0, ATTR_BOLD, ATTR_UNDERLINE, ATTR_REVERSE};

	return STYLE(any(4), any(3), attrs[any(6)]);
}

static void change(struct canvas *c)
{
	static const char *const texts[] = {"a",
					    "select 1",
					    "                              ",
					    "\xe8\xa1\xa8\xe8\xa1\xa8",
					    "\xe2\x94\x82",
					    "\xe2\xa3\xbf\xe2\xa3\xbf",
					    " ",
					    "x y  z"};
	struct rect all = {0, 0, c->rows, c->cols};

	switch (any(8)) {
	case 0:
		canvas_clear(c, any_style());
		break;
	case 1:
		memmove(c->cells, c->cells + c->cols, (size_t)(c->rows - 1) * (size_t)c->cols * sizeof(*c->cells));
		break;
	case 2:
		canvas_fill(c, (struct rect){(int)any(8), (int)any(40), 3, 20}, any_style());
		break;
	default:
		for (unsigned i = any(30); i > 0; i--)
			canvas_text_c(c, all, (int)any((unsigned)c->rows), (int)any((unsigned)c->cols), texts[any(8)],
				      any_style());
	}
}

static int color_index(const VTermScreen *screen, VTermColor color)
{
	(void)screen;
	if (VTERM_COLOR_IS_DEFAULT_FG(&color) || VTERM_COLOR_IS_DEFAULT_BG(&color))
		return 0;
	return VTERM_COLOR_IS_INDEXED(&color) ? color.indexed.idx : -1;
}

static void assert_shown(const VTermScreen *screen, const struct canvas *c)
{
	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x < c->cols; x++) {
			const struct cell *want = &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
			VTermScreenCell got;
			vterm_screen_get_cell(screen, (VTermPos){y, x}, &got);
			if (want->width == 0)
				continue;
			uint32_t rune = got.chars[0] ? got.chars[0] : ' ';
			assert_int_equal(rune, want->rune);
			assert_int_equal(got.width, want->width);
			bool marked = want->style.attr & (ATTR_UNDERLINE | ATTR_REVERSE);
			assert_int_equal(color_index(screen, got.bg), want->style.bg);
			if (want->rune == ' ' && !marked)
				continue;
			assert_int_equal(color_index(screen, got.fg), want->style.fg);
			assert_int_equal(got.attrs.underline != 0, (want->style.attr & ATTR_UNDERLINE) != 0);
			assert_int_equal(got.attrs.reverse, (want->style.attr & ATTR_REVERSE) != 0);
			assert_true(want->rune == ' ' || got.attrs.bold == ((want->style.attr & ATTR_BOLD) != 0));
		}
}

static void follows(const struct term_codes *codes)
{
	VTerm *vt = vterm_new(20, 60);
	VTermScreen *screen = vterm_obtain_screen(vt);
	struct term_draw *d = term_draw_new(codes);
	struct theme *theme = NULL;
	struct canvas c;
	struct buf out;
	struct err err = {0};

	vterm_set_utf8(vt, 1);
	vterm_screen_reset(screen, 1);
	assert_true(theme_load("dark", &theme, &err));
	buf_init(&out, 1 << 24);
	canvas_init(&c, 20, 60);
	for (int i = 0; i < ROUNDS; i++) {
		if (any(100) == 0) {
			int rows = 2 + (int)any(30), cols = 2 + (int)any(90);
			canvas_resize(&c, rows, cols);
			canvas_clear(&c, any_style());
			vterm_set_size(vt, rows, cols);
		}
		change(&c);
		buf_clear(&out);
		term_draw_frame(d, &c, theme, any(50) == 0, &out);
		vterm_input_write(vt, buf_c(&out), out.len);
		assert_shown(screen, &c);
		buf_clear(&out);
		term_draw_frame(d, &c, theme, false, &out);
		assert_int_equal(out.len, 0);
	}
	canvas_release(&c);
	buf_release(&out);
	theme_free(theme);
	term_draw_free(d);
	vterm_free(vt);
}

static void the_terminal_shows_the_canvas(void **state)
{
	(void)state;
	follows(&able);
}

static void a_poor_terminal_does_too(void **state)
{
	(void)state;
	follows(&poor);
}

/* Bytes of the change from one row of text to another. */
static size_t cost(const char *before, struct style old, const char *after, struct style now)
{
	struct term_draw *d = term_draw_new(&able);
	struct theme *theme = NULL;
	struct rect all = {0, 0, 5, 60};
	struct canvas c;
	struct buf out;
	struct err err = {0};

	assert_true(theme_load("dark", &theme, &err));
	buf_init(&out, 1 << 20);
	canvas_init(&c, 5, 60);
	canvas_text_c(&c, all, 2, 3, before, old);
	term_draw_frame(d, &c, theme, true, &out);
	buf_clear(&out);
	canvas_text_c(&c, all, 2, 3, after, now);
	term_draw_frame(d, &c, theme, false, &out);
	size_t n = out.len;
	canvas_release(&c);
	buf_release(&out);
	theme_free(theme);
	term_draw_free(d);
	return n;
}

static void sends_only_what_is_seen(void **state)
{
	struct style red = STYLE(1, 2, 0), blue = STYLE(3, 2, 0);
	const char *blanks = "                                        ";

	(void)state;
	/* the colour of a text that is not there */
	assert_int_equal(cost(blanks, red, blanks, blue), 0);
	/* one digit of a number: a move, the colours, the digit */
	assert_in_range(cost("duration 124 s", red, "duration 125 s", red), 1, 40);
	/* two digits close together take one move */
	assert_in_range(cost("t 12:31", red, "t 13:32", red), 1, 43);
	/* a row that becomes blank is erased */
	assert_in_range(cost("a long text of forty characters, or nearly", red, blanks, red), 1, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_terminal_shows_the_canvas),
		cmocka_unit_test(a_poor_terminal_does_too),
		cmocka_unit_test(sends_only_what_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
