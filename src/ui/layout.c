/*
 * layout.c: see layout.h for the rules.
 *
 * Stages: wrap bands into lines of panes by width; collapse panes until the least
 * heights fit; give each line its least height, then up to what it would like in
 * order of importance, then the rest to the flexible ones; cut the widths by shares.
 */
#include "ui/layout.h"

struct line {
	size_t panes[LAYOUT_PANES_MAX];
	size_t n;
	int h;
};

struct plan {
	const struct layout_item *items;
	size_t n, focused;
	bool collapsed[LAYOUT_PANES_MAX];
	struct line lines[LAYOUT_PANES_MAX];
	size_t nlines;
};

/* Panes of one band, in order, side by side while their least widths fit. */
static void wrap(struct plan *p, int cols)
{
	int used = 0, band = -1;

	p->nlines = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct layout_item *it = &p->items[i];

		if (p->collapsed[i])
			continue;
		if (p->nlines == 0 || it->band != band || used + it->min_w > cols) {
			p->lines[p->nlines++] = (struct line){.n = 0, .h = 0};
			used = 0;
			band = it->band;
		}
		struct line *l = &p->lines[p->nlines - 1];
		l->panes[l->n++] = i;
		used += it->min_w;
		if (it->min_h > l->h)
			l->h = it->min_h;
	}
}

static int total_height(const struct plan *p)
{
	int h = 0;

	for (size_t i = 0; i < p->nlines; i++)
		h += p->lines[i].h;
	return h;
}

static int count_collapsed(const struct plan *p)
{
	int n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->collapsed[i];
	return n;
}

/* Collapses the pane that can be missed best; false when none is left. for_lines: all that stands fits, only the lines
 * below it do not; they are no reason to give up one that stays, while the main pane has the focus. */
static bool collapse_one(struct plan *p, bool for_lines)
{
	bool keeps = for_lines && p->items[p->focused].rank == 0;
	long best = -1;

	for (size_t i = 0; i < p->n; i++) {
		if (p->collapsed[i] || i == p->focused || (keeps && p->items[i].rank == LAYOUT_STAYS) ||
		    (p->items[i].rank == 0 && p->items[p->focused].rank == 0))
			continue;
		if (best < 0 || p->items[i].rank > p->items[best].rank)
			best = (long)i;
	}
	if (best < 0)
		return false;
	p->collapsed[best] = true;
	return true;
}

/* With few rows only the main pane (rank 0) and the focused one stand; a view without a main pane keeps what fits. */
static void collapse_side_panes(struct plan *p)
{
	bool has_main = false;

	for (size_t i = 0; i < p->n; i++)
		has_main |= p->items[i].rank == 0;
	for (size_t i = 0; i < p->n && has_main; i++)
		p->collapsed[i] = p->items[i].rank != 0 && p->items[i].rank != LAYOUT_STAYS && i != p->focused;
}

/* The rank of the most important pane in a line: 0 comes first. */
static int line_rank(const struct plan *p, const struct line *l)
{
	int rank = 255;

	for (size_t i = 0; i < l->n; i++)
		if (p->items[l->panes[i]].rank < rank)
			rank = p->items[l->panes[i]].rank;
	return rank;
}

static int line_wish(const struct plan *p, const struct line *l)
{
	int wish = 0;

	for (size_t i = 0; i < l->n; i++) {
		int h = p->items[l->panes[i]].pref_h;

		if (h == 0)
			return 0;
		if (h > wish)
			wish = h;
	}
	return wish;
}

static void grow_lines(struct plan *p, int spare)
{
	size_t flexible = 0, given = 0;

	for (int rank = 0; rank <= 255 && spare > 0; rank++)
		for (size_t i = 0; i < p->nlines && spare > 0; i++) {
			struct line *l = &p->lines[i];
			int wish = line_wish(p, l), add = wish - l->h;

			if (line_rank(p, l) != rank || add <= 0)
				continue;
			add = add < spare ? add : spare;
			l->h += add;
			spare -= add;
		}
	for (size_t i = 0; i < p->nlines; i++)
		flexible += line_wish(p, &p->lines[i]) == 0;
	if (flexible == 0 && p->nlines > 0) {
		p->lines[p->nlines - 1].h += spare;
		return;
	}
	for (size_t i = 0; i < p->nlines && spare > 0; i++) {
		if (line_wish(p, &p->lines[i]) != 0)
			continue;
		int add = spare / (int)(flexible - given++);

		p->lines[i].h += add;
		spare -= add;
	}
}

static void place_line(const struct plan *p, const struct line *l, struct rect r, struct layout_place *places)
{
	int shares = 0, x = r.x, left = r.w;

	for (size_t i = 0; i < l->n; i++)
		shares += p->items[l->panes[i]].share;
	for (size_t i = 0; i < l->n; i++) {
		const struct layout_item *it = &p->items[l->panes[i]];
		int w = i + 1 == l->n || shares == 0 ? left : (int)((long)r.w * it->share / shares);

		places[l->panes[i]].r = (struct rect){r.y, x, r.h, w};
		x += w;
		left -= w;
	}
}

static void place_all(const struct plan *p, struct rect area, struct layout_place *places)
{
	int y = area.y, end = area.y + area.h;

	for (size_t i = 0; i < p->nlines; i++) {
		int h = p->lines[i].h < end - y ? p->lines[i].h : end - y;

		if (h <= 0)
			break;
		place_line(p, &p->lines[i], (struct rect){y, area.x, h, area.w}, places);
		y += h;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (!p->collapsed[i])
			continue;
		places[i].collapsed = true;
		if (y < end)
			places[i].r = (struct rect){y++, area.x, 1, area.w};
	}
}

void layout_panes(struct rect area, const struct layout_item *items, size_t n, size_t focused,
		  struct layout_place *ret_places)
{
	struct plan p = {.items = items, .n = n, .focused = focused};
	int lines_wanted;

	for (size_t i = 0; i < n; i++)
		ret_places[i] = (struct layout_place){.r = {0, 0, 0, 0}, .collapsed = false};
	if (n == 0 || area.h <= 0 || area.w <= 0)
		return;
	if (area.w < LAYOUT_SINGLE_COLS || area.h < LAYOUT_SINGLE_ROWS - 4) {
		ret_places[focused].r = area;
		return;
	}
	if (area.h < LAYOUT_FEW_ROWS)
		collapse_side_panes(&p);
	wrap(&p, area.w);
	while (total_height(&p) + count_collapsed(&p) > area.h && collapse_one(&p, total_height(&p) <= area.h))
		wrap(&p, area.w);
	/* Lines may not take more than half of a small area: what stands keeps its least height. */
	lines_wanted = count_collapsed(&p);
	if (total_height(&p) + lines_wanted > area.h)
		lines_wanted = area.h - total_height(&p) > 0 ? area.h - total_height(&p) : 0;
	grow_lines(&p, area.h - lines_wanted - total_height(&p));
	if (p.nlines > 0 && total_height(&p) > area.h)
		p.lines[0].h = area.h;
	place_all(&p, area, ret_places);
}

struct chrome_rows layout_chrome(int rows, int cols, bool overview)
{
	struct chrome_rows c = {-1, -1, -1, -1, 0, {0, 0, rows, cols}, false};
	int y = 0;

	if (rows < LAYOUT_SINGLE_ROWS || cols < LAYOUT_SINGLE_COLS)
		return c;
	c.frames = rows >= 16 && cols >= 60;
	c.identity = y++;
	if (cols >= 76 && rows >= 16)
		c.tabs = y++;
	if (rows >= 40)
		y++;
	if (overview && cols >= 30) {
		c.vitals = y;
		c.vitals_rows = cols >= 120 && rows >= 40 ? 2 : 1;
		y += c.vitals_rows;
		if (c.vitals_rows == 2)
			y++;
	}
	c.footer = rows - 1;
	c.body = (struct rect){y, 0, rows - 1 - y, cols};
	return c;
}
