/*
 * dialog.c: see dialog.h.
 */
#include "ui/widgets/dialog.h"

#include "ui/ui.h"
#include "ui/widgets/page.h"

#define DIALOG_COLS 78

/* Writes what and effect; returns how many lines they take. */
static int write_lines(const struct dialog *d, struct canvas *c, struct rect r)
{
	struct page page = page_of(c, r, 0, ROLE_RAISED);

	page_text(&page, NULL, 0, ROLE_STRONG, true, str_c(d->what));
	page_text(&page, NULL, 0, ROLE_FG, false, str_c(d->effect));
	return page.y;
}

/* The keys stand in the last line, whatever the text needs. */
static void write_keys(struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y + r.h - 1, r.x, ROLE_RAISED);

	pen_bold(&pen, ROLE_STRONG, "y");
	pen_text(&pen, ROLE_MUTED, " yes    ");
	pen_bold(&pen, ROLE_STRONG, "n");
	pen_text(&pen, ROLE_MUTED, " no    ");
	pen_bold(&pen, ROLE_STRONG, "Esc");
	pen_text(&pen, ROLE_MUTED, " no");
}

void dialog_draw(const struct dialog *d, struct canvas *c)
{
	int w = c->cols < DIALOG_COLS + 4 ? c->cols : DIALOG_COLS, h;
	struct rect nowhere = {0, 0, 0, w - 4}, r;
	struct pen pen;

	/* once out of sight, to know how many lines it takes */
	h = write_lines(d, c, nowhere) + 4;
	if (h > c->rows)
		h = c->rows;
	r = (struct rect){(c->rows - h) / 2, (c->cols - w) / 2, h, w};
	canvas_dim(c, (struct rect){0, 0, c->rows, c->cols});
	canvas_fill(c, r, STYLE(ROLE_FG, ROLE_RAISED, 0));
	frame_draw(c, r, true, ROLE_ACCENT, ROLE_RAISED);
	pen = pen_at(c, rect_inset(r, 0, 2), r.y, r.x + 2, ROLE_RAISED);
	pen_skip(&pen, 1);
	pen_bold(&pen, ROLE_STRONG, d->title);
	pen_skip(&pen, 1);
	r = rect_inset(r, 1, 2);
	(void)write_lines(d, c, (struct rect){r.y, r.x, r.h - 1, r.w});
	write_keys(c, r);
}

int dialog_key(struct ui *ui, struct dialog *d, uint32_t key, bool pasting)
{
	bool yes = key == 'y', no = key == 'n' || key == K_ESC;

	if (pasting || !(yes || no))
		return EFFECT_NONE;
	d->open = false;
	if (yes)
		return d->yes(ui) | EFFECT_PAINT;
	return (d->no ? d->no(ui) : EFFECT_NONE) | EFFECT_PAINT;
}
