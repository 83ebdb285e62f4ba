/*
 * tree.c: see tree.h.
 */
#include "ui/widgets/tree.h"

#include "base/utf8.h"

#include <stdio.h>

#define STEP 2

uint32_t tree_depth(int64_t wanted, int64_t before)
{
	if (wanted < 0)
		return 0;
	return (uint32_t)(wanted > before + 1 ? before + 1 : wanted);
}

void tree_shape(struct tree_row *rows, size_t n)
{
	uint64_t open = 0;

	for (size_t i = n; i-- > 0;) {
		uint32_t d = rows[i].depth < TREE_LEVELS_MAX ? rows[i].depth : TREE_LEVELS_MAX;

		rows[i].open = open;
		/* levels below this row end with it; its own goes on for those before */
		open = (open & ((UINT64_C(1) << d) - 1)) | UINT64_C(1) << d;
	}
}

int tree_width(const struct tree_row *row)
{
	return (int)(row->depth < TREE_LEVELS_MAX ? row->depth : TREE_LEVELS_MAX) * STEP + (row->hidden ? STEP : 0);
}

static bool is_open(const struct tree_row *row, uint32_t level)
{
	return (row->open >> level & 1) != 0;
}

/* Too deep for the room: how deep, in digits. */
static void draw_number(struct pen *pen, const struct tree_row *row, int w)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%u", row->depth);
	if (utf8_columns(str_c(text)) + 2 > w)
		return;
	pen_glyph(pen, ROLE_FAINT, G_CUT);
	pen_text(pen, ROLE_FAINT, text);
	pen_skip(pen, 1);
}

void tree_draw(struct pen *pen, const struct tree_row *row, int w)
{
	int fold = row->hidden ? STEP : 0;

	if (row->depth >= TREE_LEVELS_MAX || (int)row->depth * STEP + fold > w) {
		draw_number(pen, row, w - fold);
	} else {
		for (uint32_t level = 1; level < row->depth; level++) {
			if (is_open(row, level))
				pen_glyph(pen, ROLE_FAINT, G_TREE_LINE);
			else
				pen_skip(pen, 1);
			pen_skip(pen, 1);
		}
		if (row->depth > 0) {
			pen_glyph(pen, ROLE_FAINT, is_open(row, row->depth) ? G_TREE_MID : G_TREE_END);
			pen_skip(pen, 1);
		}
	}
	if (row->hidden && fold <= w) {
		pen_glyph(pen, ROLE_ACCENT, G_FOLDED);
		pen_skip(pen, 1);
	}
}
