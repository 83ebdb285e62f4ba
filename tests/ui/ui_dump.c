/*
 * ui_dump.c: a fixture's picture on standard output, to look at: plain text, or with colours for a
 * true-colour terminal.
 *
 *   ui_dump FIXTURE VIEW ROWSxCOLS [ascii] [color] [keys:TEXT] [theme:NAME]
 */
#include "tests/ui/fixture.h"

#include "base/parse.h"
#include "base/utf8.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void put_colored(const struct fixture *f)
{
	const struct canvas *c = &f->ui.canvas;

	for (int y = 0; y < c->rows; y++) {
		for (int x = 0; x < c->cols; x++) {
			const struct cell *cell = &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
			struct look l = theme_look(f->ui.theme, cell->style, DEPTH_RGB);
			char bytes[5] = {0};

			if (cell->width == 0)
				continue;
			(void)utf8_encode(cell->rune, bytes);
			(void)printf("\033[0;38;2;%u;%u;%u;48;2;%u;%u;%u%sm%s", l.fg >> 16, l.fg >> 8 & 255, l.fg & 255,
				     l.bg >> 16, l.bg >> 8 & 255, l.bg & 255, l.attr & ATTR_BOLD ? ";1" : "", bytes);
		}
		(void)printf("\033[0m%s", y + 1 < c->rows ? "\r\n" : "");
	}
	(void)fflush(stdout);
}

static bool size_of(const char *text, int *rows, int *cols)
{
	struct str rest = str_c(text), part;
	int64_t r, k;

	if (!str_split(&rest, 'x', &part) || !parse_i64(part, &r) || !parse_i64(rest, &k))
		return false;
	*cols = (int)r;
	*rows = (int)k;
	return true;
}

int main(int argc, char **argv)
{
	enum glyph_set glyphs = GLYPHS_UTF8;
	struct fixture f;
	struct buf b;
	int rows, cols;
	bool color = false;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 4 || !size_of(argv[3], &rows, &cols)) {
		(void)fprintf(stderr,
			      "usage: ui_dump FIXTURE VIEW COLSxROWS [ascii] [color] [keys:TEXT] [theme:NAME]\n");
		return 2;
	}
	for (int i = 4; i < argc; i++)
		glyphs = strcmp(argv[i], "ascii") == 0 ? GLYPHS_ASCII : glyphs;
	fixture_open(&f, argv[1], glyphs);
	fixture_draw(&f, argv[2], rows, cols);
	for (int i = 4; i < argc; i++) {
		color |= strcmp(argv[i], "color") == 0;
		if (strncmp(argv[i], "theme:", 6) == 0)
			ui_set_theme(&f.ui, argv[i] + 6);
		if (strncmp(argv[i], "keys:", 5) == 0)
			(void)fixture_type(&f, argv[i] + 5);
	}
	fixture_draw(&f, NULL, rows, cols);
	if (color) {
		put_colored(&f);
	} else {
		fixture_text(&f, &b);
		(void)fwrite(b.data, 1, b.len, stdout);
		buf_release(&b);
	}
	fixture_close(&f);
	return 0;
}
