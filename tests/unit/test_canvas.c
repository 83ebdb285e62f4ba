/*
 * test_canvas.c: clipping, wide characters, and text that must not reach a terminal.
 */
#include "base/utf8.h"
#include "ui/pen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>

#define PLAIN STYLE(ROLE_FG, ROLE_BG, 0)
#define RED STYLE(ROLE_CRIT, ROLE_SELBG, ATTR_BOLD)
/* 表 takes two cells. */
#define WIDE "\xe8\xa1\xa8"

static struct canvas c;

static int setup(void **state)
{
	(void)state;
	glyph_use(GLYPHS_UTF8);
	canvas_init(&c, 4, 10);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	canvas_release(&c);
	return 0;
}

static struct rect whole(void)
{
	return (struct rect){0, 0, c.rows, c.cols};
}

/* Row y must read exactly so. */
static void assert_row(int y, const char *text)
{
	struct buf dump;

	buf_init(&dump, 1 << 20);
	assert_true(canvas_dump(&c, &dump));
	struct str rest = buf_str(&dump), line = {0};
	for (int i = 0; i <= y; i++)
		assert_true(str_split(&rest, '\n', &line));
	char *copy = test_malloc(line.len + 1);
	memcpy(copy, line.ptr, line.len);
	copy[line.len] = 0;
	assert_string_equal(copy, text);
	test_free(copy);
	buf_release(&dump);
}

/* What canvas.c promises of every cell, whatever was drawn. */
static void assert_sound(const struct canvas *any)
{
	for (int y = 0; y < any->rows; y++)
		for (int x = 0; x < any->cols; x++) {
			const struct cell *cell = &any->cells[y * any->cols + x];
			if (cell->width == 2) {
				assert_true(x + 1 < any->cols);
				assert_int_equal(cell[1].width, 0);
				assert_int_equal(utf8_width(cell->rune), 2);
			} else if (cell->width == 0) {
				assert_true(x > 0);
				assert_int_equal(cell[-1].width, 2);
				assert_int_equal(cell->rune, 0);
			} else {
				assert_int_equal(cell->width, 1);
				assert_int_equal(utf8_width(cell->rune), 1);
			}
		}
}

static void text_is_drawn_where_asked(void **state)
{
	(void)state;
	assert_int_equal(canvas_text_c(&c, whole(), 1, 2, "abc", RED), 5);
	assert_row(0, "          ");
	assert_row(1, "  abc     ");
	assert_int_equal(canvas_at(&c, 1, 2)->style.fg, ROLE_CRIT);
	assert_int_equal(canvas_at(&c, 1, 2)->style.bg, ROLE_SELBG);
	assert_int_equal(canvas_at(&c, 1, 4)->style.attr, ATTR_BOLD);
	assert_int_equal(canvas_at(&c, 1, 5)->style.attr, 0);
}

static void text_is_clipped_on_all_sides(void **state)
{
	struct rect clip = {1, 3, 2, 4};

	(void)state;
	for (int y = -1; y < 5; y++)
		assert_int_equal(canvas_text_c(&c, clip, y, -1, "0123456789ab", PLAIN), 11);
	assert_row(0, "          ");
	assert_row(1, "   4567   ");
	assert_row(2, "   4567   ");
	assert_row(3, "          ");
	/* The column counts on beyond the edge, and with nothing visible. */
	assert_int_equal(canvas_text_c(&c, clip, 1, 8, WIDE "abc", PLAIN), 13);
	assert_int_equal(canvas_text_c(&c, (struct rect){0}, 1, 2, "abc", PLAIN), 5);
	assert_row(1, "   4567   ");
}

static void empty_and_absent_text_draws_nothing(void **state)
{
	(void)state;
	assert_int_equal(canvas_text(&c, whole(), 0, 3, (struct str){NULL, 0}, PLAIN), 3);
	assert_int_equal(canvas_text_c(&c, whole(), 0, 3, NULL, PLAIN), 3);
	canvas_field(&c, whole(), 0, 0, 4, (struct str){NULL, 0}, false, RED);
	assert_row(0, "          ");
	assert_int_equal(canvas_at(&c, 0, 3)->style.fg, ROLE_CRIT);
	assert_int_equal(canvas_at(&c, 0, 4)->style.fg, ROLE_FG);
}

static void wide_characters_keep_their_halves(void **state)
{
	(void)state;
	assert_int_equal(canvas_text_c(&c, whole(), 0, 0, "a" WIDE "b", PLAIN), 4);
	assert_row(0, "a" WIDE "b      ");
	assert_int_equal(canvas_at(&c, 0, 1)->width, 2);
	assert_int_equal(canvas_at(&c, 0, 2)->width, 0);
	/* Overwriting the right half blanks the left one. */
	canvas_put(&c, whole(), 0, 2, 'x', PLAIN);
	assert_row(0, "a xb      ");
	/* Overwriting the left half blanks the right one. */
	canvas_text_c(&c, whole(), 1, 0, WIDE WIDE, PLAIN);
	canvas_put(&c, whole(), 1, 2, 'x', PLAIN);
	assert_row(1, WIDE "x       ");
	/* A wide one over the seam of two. */
	canvas_text_c(&c, whole(), 2, 0, WIDE WIDE, PLAIN);
	canvas_text_c(&c, whole(), 2, 1, WIDE, PLAIN);
	assert_row(2, " " WIDE "       ");
	canvas_text_c(&c, whole(), 3, 0, WIDE WIDE, PLAIN);
	canvas_fill(&c, (struct rect){3, 1, 1, 2}, PLAIN);
	assert_row(3, "          ");
	assert_sound(&c);
}

static void wide_characters_cut_by_an_edge_are_blank(void **state)
{
	struct rect clip = {0, 2, 4, 3};

	(void)state;
	canvas_text_c(&c, whole(), 0, 0, "..........", PLAIN);
	canvas_text_c(&c, clip, 0, 1, WIDE WIDE, RED);
	assert_row(0, ".. " WIDE ".....");
	assert_int_equal(canvas_at(&c, 0, 2)->style.fg, ROLE_CRIT);
	canvas_text_c(&c, whole(), 1, 0, "..........", PLAIN);
	canvas_text_c(&c, clip, 1, 2, WIDE WIDE, RED);
	assert_row(1, ".." WIDE " .....");
	canvas_text_c(&c, whole(), 2, 9, WIDE, PLAIN);
	canvas_text_c(&c, whole(), 3, -1, WIDE, PLAIN);
	assert_row(2, "          ");
	assert_sound(&c);
}

static void combining_marks_take_no_cell(void **state)
{
	(void)state;
	assert_int_equal(canvas_text_c(&c, whole(), 0, 0, "e\xcc\x81x", PLAIN), 2);
	assert_row(0, "ex        ");
}

static void hostile_text_never_reaches_a_cell(void **state)
{
	(void)state;
	canvas_text_c(&c, whole(), 0, 0, "a\033[2Jb\a", PLAIN);
	assert_row(0, "a\xef\xbf\xbd[2Jb\xef\xbf\xbd   ");
	/* Bidi override, zero width space, C1 control sequence introducer. */
	canvas_text_c(&c, whole(), 1, 0, "\xe2\x80\xae\xe2\x80\x8b\xc2\x9b", PLAIN);
	assert_row(1, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd       ");
	/* Broken UTF-8: a lone byte, a cut sequence, an overlong slash. */
	canvas_text_c(&c, whole(), 2, 0, "\xff|\xe8\xa1|\xc0\xaf|", PLAIN);
	for (int x = 0; x < c.cols; x++)
		assert_true(canvas_at(&c, 2, x)->rune == UTF8_REPLACEMENT || canvas_at(&c, 2, x)->rune == '|' ||
			    canvas_at(&c, 2, x)->rune == ' ');
	/* Tab and line ends are blanks: a statement stays on its line. */
	assert_int_equal(canvas_text_c(&c, whole(), 3, 0, "a\tb\nc\rd", PLAIN), 7);
	assert_row(3, "a b c d   ");
	canvas_put(&c, whole(), 3, 0, 0x1b, PLAIN);
	canvas_put(&c, whole(), 3, 1, 0x202e, PLAIN);
	canvas_put(&c, whole(), 3, 2, 0x0301, PLAIN);
	assert_row(3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd c d   ");
	assert_sound(&c);
}

static void fields_are_cut_and_padded(void **state)
{
	(void)state;
	canvas_field(&c, whole(), 0, 1, 5, STR("abc"), false, PLAIN);
	canvas_field(&c, whole(), 1, 1, 5, STR("abc"), true, PLAIN);
	canvas_field(&c, whole(), 2, 1, 5, STR("abcdef"), true, PLAIN);
	canvas_field(&c, whole(), 3, 1, 5, STR("abcde"), false, PLAIN);
	assert_row(0, " abc      ");
	assert_row(1, "   abc    ");
	assert_row(2, " abcd\xe2\x80\xa6    ");
	assert_row(3, " abcde    ");
	/* Blanks of the field wipe what was there, and only there. */
	canvas_text_c(&c, whole(), 0, 0, "..........", PLAIN);
	canvas_field(&c, whole(), 0, 1, 5, STR("abc"), false, PLAIN);
	assert_row(0, ".abc  ....");
	/* A wide character that does not fit before the sign leaves a blank. */
	canvas_clear(&c, PLAIN);
	canvas_field(&c, whole(), 1, 0, 4, STR("a" WIDE WIDE), false, PLAIN);
	assert_row(1, "a" WIDE "\xe2\x80\xa6      ");
	canvas_field(&c, whole(), 1, 0, 4, STR(WIDE WIDE WIDE), false, PLAIN);
	assert_row(1, WIDE " \xe2\x80\xa6      ");
	canvas_field(&c, whole(), 2, 0, 1, STR("abc"), false, PLAIN);
	assert_row(2, "\xe2\x80\xa6         ");
	canvas_field(&c, whole(), 3, 0, 0, STR("zzz"), false, PLAIN);
	canvas_field(&c, whole(), 3, 0, -5, STR("zzz"), false, PLAIN);
	assert_row(3, "          ");
	glyph_use(GLYPHS_ASCII);
	canvas_field(&c, whole(), 3, 0, 4, STR("abcdef"), false, PLAIN);
	assert_row(3, "abc~      ");
}

static void printf_is_bounded(void **state)
{
	char text[2000];

	(void)state;
	canvas_resize(&c, 1, 1000);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(canvas_textf(&c, whole(), 0, 0, PLAIN, "%s", text), 511);
	assert_int_equal(canvas_textf(&c, whole(), 0, 3, PLAIN, "%d %%", 42), 7);
	/* The cut does not leave half a character. */
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, WIDE, 3);
	canvas_clear(&c, PLAIN);
	canvas_textf(&c, whole(), 0, 0, PLAIN, "a%s", text);
	for (int x = 0; x < c.cols; x++)
		assert_int_not_equal(canvas_at(&c, 0, x)->rune, UTF8_REPLACEMENT);
}

static void lines_and_fills_stay_inside(void **state)
{
	(void)state;
	canvas_hline(&c, whole(), 1, -3, 100, 0x2500, PLAIN);
	canvas_hline(&c, whole(), 9, 0, 10, 'x', PLAIN);
	canvas_fill(&c, (struct rect){2, 8, 10, 10}, RED);
	canvas_glyph(&c, whole(), 0, 9, G_CRIT, PLAIN);
	canvas_glyph(&c, whole(), 0, 10, G_CRIT, PLAIN);
	assert_row(0, "         \xe2\x9c\x97");
	assert_int_equal(canvas_at(&c, 1, 0)->rune, 0x2500);
	assert_int_equal(canvas_at(&c, 1, 9)->rune, 0x2500);
	assert_int_equal(canvas_at(&c, 3, 9)->style.bg, ROLE_SELBG);
	assert_int_equal(canvas_at(&c, 3, 7)->style.bg, ROLE_BG);
}

static void selection_and_dimming_change_looks_only(void **state)
{
	(void)state;
	canvas_text_c(&c, whole(), 0, 0, "abcdef", RED);
	canvas_set_bg(&c, (struct rect){0, 2, 1, 2}, ROLE_IDLEBG);
	canvas_dim(&c, (struct rect){0, 4, 9, 99});
	assert_row(0, "abcdef    ");
	assert_int_equal(canvas_at(&c, 0, 1)->style.bg, ROLE_SELBG);
	assert_int_equal(canvas_at(&c, 0, 2)->style.bg, ROLE_IDLEBG);
	assert_int_equal(canvas_at(&c, 0, 2)->style.fg, ROLE_CRIT);
	assert_int_equal(canvas_at(&c, 0, 3)->style.attr, ATTR_BOLD);
	assert_int_equal(canvas_at(&c, 0, 4)->style.attr, ATTR_BOLD | ATTR_DIM);
	assert_int_equal(canvas_at(&c, 3, 9)->style.attr, ATTR_DIM);
}

static void old_data_is_faint_and_graphs_keep_their_classes(void **state)
{
	struct style area = STYLE(ROLE_CPU, ROLE_LOCK, 0);

	(void)state;
	canvas_text_c(&c, whole(), 0, 0, "abcdef", RED);
	canvas_text_c(&c, whole(), 1, 0, "ab", area);
	canvas_faint(&c, (struct rect){0, 2, 2, 99});
	canvas_faint(&c, (struct rect){1, 0, 1, 2});
	assert_row(0, "abcdef    ");
	assert_int_equal(canvas_at(&c, 0, 1)->style.fg, ROLE_CRIT);
	assert_int_equal(canvas_at(&c, 0, 2)->style.fg, ROLE_FAINT);
	assert_int_equal(canvas_at(&c, 0, 2)->style.attr, 0);
	assert_int_equal(canvas_at(&c, 0, 2)->style.bg, ROLE_SELBG);
	/* Two classes in one cell are still two. */
	assert_int_equal(canvas_at(&c, 1, 0)->style.fg, ROLE_CPU);
	assert_int_equal(canvas_at(&c, 1, 0)->style.bg, ROLE_LOCK);
	assert_int_equal(canvas_at(&c, 1, 0)->style.attr, ATTR_DIM);
}

static void sizes_are_clamped(void **state)
{
	(void)state;
	canvas_resize(&c, 0, -4);
	assert_int_equal(c.rows, 1);
	assert_int_equal(c.cols, 1);
	canvas_text_c(&c, whole(), 0, 0, WIDE, PLAIN);
	assert_row(0, " ");
	canvas_resize(&c, 1 << 30, 1 << 30);
	assert_int_equal(c.rows, CANVAS_ROWS_MAX);
	assert_int_equal(c.cols, CANVAS_COLS_MAX);
	assert_int_equal(canvas_at(&c, CANVAS_ROWS_MAX - 1, CANVAS_COLS_MAX - 1)->rune, ' ');
}

static void rectangles(void **state)
{
	struct rect r = rect_intersect((struct rect){0, 0, 4, 10}, (struct rect){2, 5, 9, 9});

	(void)state;
	assert_int_equal(r.y, 2);
	assert_int_equal(r.x, 5);
	assert_int_equal(r.h, 2);
	assert_int_equal(r.w, 5);
	r = rect_intersect((struct rect){0, 0, 2, 2}, (struct rect){5, 5, 2, 2});
	assert_int_equal(r.h, 0);
	assert_int_equal(r.w, 0);
	r = rect_intersect((struct rect){1 << 30, 0, INT32_MAX, 3}, (struct rect){1 << 30, 0, INT32_MAX, 3});
	assert_int_equal(r.h, INT32_MAX);
	r = rect_inset((struct rect){1, 1, 3, 10}, 2, 1);
	assert_int_equal(r.h, 0);
	assert_int_equal(r.w, 8);
	assert_true(rect_contains((struct rect){1, 1, 2, 2}, 2, 2));
	assert_false(rect_contains((struct rect){1, 1, 2, 2}, 3, 2));
	assert_false(rect_contains((struct rect){1, 1, 2, 2}, 2, 0));
}

/* xorshift: the same numbers everywhere. */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static struct str random_text(char *out, size_t max)
{
	static const char *const pieces[] = {
		"a",
		"Z9 ",
		WIDE,
		"\xf0\x9f\x98\x80",
		"e\xcc\x81",
		"\xe2\x80\xae",
		"\033[1m",
		"\xff",
		"\xe8\xa1",
		"\t",
		"\x7f",
		"\xc2\x85",
		"select 1",
		"\xe2\x80\x8d",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xef\xbc\xa1",
		"\xcc\x81",
	};
	size_t len = 0;

	for (uint32_t n = draw(12); n; n--) {
		const char *piece = pieces[draw(ARRAY_LEN(pieces))];
		if (len + strlen(piece) > max)
			break;
		memcpy(out + len, piece, strlen(piece));
		len += strlen(piece);
	}
	if (len && draw(4) == 0)
		out[draw((uint32_t)len)] = (char)draw(256);
	return (struct str){out, len};
}

static int near_edge(void)
{
	return (int)draw(40) - 12;
}

static void random_drawing_stays_sound(void **state)
{
	char bytes[256];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct rect clip = {near_edge(), near_edge(), near_edge(), near_edge()};
		struct style s = STYLE(draw(ROLE__COUNT), draw(ROLE__COUNT), draw(16));
		int y = near_edge(), x = near_edge(), w = near_edge();
		struct str text = random_text(bytes, sizeof(bytes));
		struct cell outside = {0};
		struct rect in = rect_intersect(clip, whole());
		/* A cell that nothing drawn in clip may touch: not inside, no neighbour of its columns. */
		bool watch = !rect_contains((struct rect){in.y, in.x - 1, in.h, in.w + 2}, 2, 5);
		outside = *canvas_at(&c, 2, 5);
		switch (draw(7)) {
		case 0:
			assert_int_equal(canvas_text(&c, clip, y, x, text, s), x + utf8_columns(text));
			break;
		case 1:
			canvas_field(&c, clip, y, x, w, text, draw(2), s);
			break;
		case 2:
			canvas_put(&c, clip, y, x, draw(0x110000), s);
			break;
		case 3:
			canvas_hline(&c, clip, y, x, w, draw(2) ? 0x8868 : 0x2500, s);
			break;
		case 4:
			canvas_fill(&c, clip, s);
			break;
		case 5:
			canvas_dim(&c, clip);
			break;
		default:
			canvas_set_bg(&c, clip, (enum role)s.bg);
			break;
		}
		if (watch)
			assert_memory_equal(canvas_at(&c, 2, 5), &outside, sizeof(outside));
		assert_sound(&c);
		if (round % 500 == 0)
			canvas_resize(&c, 1 + (int)draw(8), 8 + (int)draw(20));
		if (c.rows < 3)
			canvas_resize(&c, 4, 10);
	}
}

static bool shows(const char *text)
{
	struct buf b;
	bool found;

	buf_init(&b, 1u << 16);
	assert_true(canvas_dump(&c, &b));
	found = str_find(buf_str(&b), str_c(text), 0) >= 0;
	buf_release(&b);
	return found;
}

/* On the screen literals show, secrets never. */
static void a_statement_shows_no_password(void **state)
{
	static const char *const texts[] = {
		"ALTER ROLE app PASSWORD 'geheim'", "create user x password E'geheim' login",
		"select dblink('host=h password=geheim dbname=d')", "select 'postgres://u:geheim@h/d'"};
	struct pen pen;

	(void)state;
	canvas_resize(&c, 4, 80);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		canvas_clear(&c, PLAIN);
		pen = pen_at(&c, whole(), 0, 0, ROLE_BG);
		pen_sql(&pen, 80, str_c(texts[i]), false);
		assert_false(shows("geheim"));
		assert_true(shows("***"));
	}
	canvas_clear(&c, PLAIN);
	pen = pen_at(&c, whole(), 0, 0, ROLE_BG);
	pen_sql(&pen, 80, STR("select 'word' from t where password = $1"), false);
	assert_true(shows("select 'word' from t where password = $1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_drawn_where_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_clipped_on_all_sides, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_and_absent_text_draws_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(wide_characters_keep_their_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(wide_characters_cut_by_an_edge_are_blank, setup, teardown),
		cmocka_unit_test_setup_teardown(combining_marks_take_no_cell, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_text_never_reaches_a_cell, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_are_cut_and_padded, setup, teardown),
		cmocka_unit_test_setup_teardown(printf_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_and_fills_stay_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(selection_and_dimming_change_looks_only, setup, teardown),
		cmocka_unit_test_setup_teardown(old_data_is_faint_and_graphs_keep_their_classes, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_are_clamped, setup, teardown),
		cmocka_unit_test_setup_teardown(rectangles, setup, teardown),
		cmocka_unit_test_setup_teardown(a_statement_shows_no_password, setup, teardown),
		cmocka_unit_test_setup_teardown(random_drawing_stays_sound, setup, teardown),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
