/*
 * rail.c: see rail.h.
 *
 * Two passes: which mark stands in which column, then from left to right each with the room up to the next one.
 */
#include "ui/widgets/rail.h"

#include "base/utf8.h"

#define LABEL_LEAST 6 /* columns; a label cut shorter says nothing */

bool rail_has(const struct rail *r, int64_t from_us, int64_t to_us)
{
	for (size_t i = 0; r && i < r->n; i++)
		if (r->marks[i].at_us >= from_us && r->marks[i].at_us < to_us)
			return true;
	return false;
}

/* A mark and its column. */
struct placed {
	const struct rail_mark *mark;
	int x;
};

/* Keeps the list in the order of columns, one mark in each: the worst, of equal ones the newest. */
static size_t place(struct placed *list, size_t n, struct placed p)
{
	size_t i = n;

	while (i > 0 && list[i - 1].x > p.x)
		i--;
	if (i > 0 && list[i - 1].x == p.x) {
		const struct rail_mark *old = list[i - 1].mark;

		if (p.mark->severity > old->severity ||
		    (p.mark->severity == old->severity && p.mark->at_us >= old->at_us))
			list[i - 1] = p;
		return n;
	}
	memmove(list + i + 1, list + i, (n - i) * sizeof list[0]);
	list[i] = p;
	return n + 1;
}

void rail_draw(struct canvas *c, struct rect plot, int y, int64_t from_us, int64_t to_us, const struct rail *r)
{
	struct rect row = {y, plot.x, 1, plot.w};
	struct placed list[RAIL_MARKS_MAX];
	size_t n = 0;

	if (to_us <= from_us || plot.w <= 0)
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct rail_mark *m = &r->marks[i];
		double share = (double)(m->at_us - from_us) / (double)(to_us - from_us);

		if (m->at_us >= from_us && m->at_us < to_us)
			n = place(list, n, (struct placed){m, plot.x + (int)(share * plot.w)});
	}
	for (size_t i = 0; i < n; i++) {
		const struct rail_mark *m = list[i].mark;
		int end = i + 1 < n ? list[i + 1].x - 1 : plot.x + plot.w;
		int room = end - list[i].x - 2, wish = utf8_columns(str_c(m->label));
		struct style s = STYLE(m->role, ROLE_BG, 0);

		canvas_glyph(c, row, y, list[i].x, G_OWN, s);
		if (room >= wish)
			canvas_text_c(c, row, y, list[i].x + 2, m->label, s);
		else if (room >= LABEL_LEAST)
			canvas_field(c, row, y, list[i].x + 2, room, str_c(m->label), false, s);
	}
}
