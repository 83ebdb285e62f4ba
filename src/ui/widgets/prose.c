/*
 * prose.c: see prose.h.
 */
#include "ui/widgets/prose.h"

#include "base/utf8.h"
#include "model/kind.h"

struct pen prose_line(struct prose *p)
{
	int y = p->r.y + p->lines++ - p->scroll;
	struct pen pen = pen_at(p->c, p->r, y, p->r.x, p->bg);

	/* a pen clips at its rectangle, whatever is drawn */
	if (y < p->r.y || y >= p->r.y + p->r.h)
		pen.clip.h = pen.clip.w = 0;
	return pen;
}

struct pen prose_label(struct prose *p, const char *label)
{
	struct pen pen = prose_line(p);

	pen_field(&pen, ROLE_MUTED, 0, p->label_w, str_c(label), false);
	return pen;
}

void prose_gap(struct prose *p)
{
	p->lines++;
}

void prose_section(struct prose *p, const char *title)
{
	struct pen pen = prose_line(p);

	pen_bold(&pen, ROLE_STRONG, title);
	pen_skip(&pen, 1);
	while (pen_left(&pen) > 0)
		pen_glyph(&pen, ROLE_LINE, G_FRAME_H);
}

/* How much of text fits into w columns, cut at a blank where there is one. */
static size_t fitting(struct str text, int w)
{
	size_t take = utf8_prefix(text, (size_t)(w > 4 ? w : 4)), cut;

	if (take == 0 || take == text.len || text.ptr[take] == ' ')
		return take;
	for (cut = take; cut > 0 && text.ptr[cut - 1] != ' ';)
		cut--;
	return cut > 0 ? cut : take;
}

void prose_wrap(struct prose *p, struct pen pen, int indent, enum role role, struct str text)
{
	struct str rest = str_trim(text);
	int edge = p->r.x + p->r.w;

	while (rest.len > 0) {
		size_t take = fitting(rest, edge - pen.x);

		if (take == 0)
			return;
		pen_str(&pen, role, str_trim(str_sub(rest, 0, take)));
		rest = str_trim(str_sub(rest, take, rest.len));
		if (rest.len == 0)
			return;
		pen = prose_line(p);
		pen.x += indent;
	}
}

void prose_sql(struct prose *p, struct str text)
{
	struct str rest = text;

	while (rest.len > 0) {
		size_t take = utf8_prefix(rest, (size_t)(p->r.w > 4 ? p->r.w : 4));
		const char *nl = take > 0 ? memchr(rest.ptr, '\n', take) : NULL;
		struct pen pen = prose_line(p);

		if (take == 0)
			return;
		if (nl)
			take = (size_t)(nl - rest.ptr) + 1;
		pen_sql(&pen, 0, str_sub(rest, 0, nl ? take - 1 : take), false);
		rest = str_sub(rest, take, rest.len);
	}
}

void pen_duration(struct pen *pen, enum role role, uint8_t attr, int64_t us)
{
	struct buf b;

	if (us < 0) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_field(pen, role, attr, utf8_columns(buf_str(&b)), buf_str(&b), false);
	buf_release(&b);
}
