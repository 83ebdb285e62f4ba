/*
 * pen.c: see pen.h. Everything ends in canvas_text(), the one text sink.
 */
#include "ui/pen.h"

#include "base/ascii.h"
#include "base/num.h"
#include "base/utf8.h"
#include "model/sqltext.h"

#include <math.h>
#include <stdarg.h>

#define PEN_LINE_MAX 1024
/* Of a statement on one line no more than this is looked at. */
#define PEN_SQL_MAX 4096

int pen_left(const struct pen *p)
{
	int left = p->clip.x + p->clip.w - p->x;

	return left > 0 ? left : 0;
}

static void put(struct pen *p, enum role fg, uint8_t attr, struct str text)
{
	int edge = p->clip.x + p->clip.w, start = p->x;

	p->x = canvas_text(p->c, p->clip, p->y, start, text, STYLE(fg, p->bg, attr));
	if (start < edge && p->x > edge)
		canvas_glyph(p->c, p->clip, p->y, edge - 1, G_CUT, STYLE(fg, p->bg, attr));
}

void pen_str(struct pen *p, enum role fg, struct str text)
{
	put(p, fg, 0, text);
}

void pen_text(struct pen *p, enum role fg, const char *text)
{
	put(p, fg, 0, str_c(text));
}

void pen_bold(struct pen *p, enum role fg, const char *text)
{
	put(p, fg, ATTR_BOLD, str_c(text));
}

static void put_formatted(struct pen *p, enum role fg, uint8_t attr, const char *fmt, va_list ap) PRINTF_LIKE(4, 0);
static void put_formatted(struct pen *p, enum role fg, uint8_t attr, const char *fmt, va_list ap)
{
	char line[PEN_LINE_MAX];
	int n = vsnprintf(line, sizeof line, fmt, ap);

	if (n < 0)
		return;
	put(p, fg, attr, (struct str){line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1});
}

void pen_boldf(struct pen *p, enum role fg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_formatted(p, fg, ATTR_BOLD, fmt, ap);
	va_end(ap);
}

void pen_textf(struct pen *p, enum role fg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_formatted(p, fg, 0, fmt, ap);
	va_end(ap);
}

void pen_rune(struct pen *p, enum role fg, uint32_t rune)
{
	canvas_put(p->c, p->clip, p->y, p->x, rune, STYLE(fg, p->bg, 0));
	p->x++;
}

void pen_glyph(struct pen *p, enum role fg, enum glyph g)
{
	pen_rune(p, fg, glyph(g));
}

void pen_separator(struct pen *p)
{
	if (pen_left(p) > 0)
		p->fact = p->x;
	pen_skip(p, 1);
	pen_glyph(p, ROLE_MUTED, G_SEPARATOR);
	pen_skip(p, 1);
}

void pen_skip(struct pen *p, int n)
{
	for (int i = 0; i < n; i++)
		pen_rune(p, ROLE_FG, ' ');
}

void pen_field(struct pen *p, enum role fg, uint8_t attr, int w, struct str text, bool right)
{
	canvas_field(p->c, p->clip, p->y, p->x, w, text, right, STYLE(fg, p->bg, attr));
	p->x += w;
}

void pen_bar(struct pen *p, int w, double share, enum role full)
{
	int filled;

	if (isnan(share) || share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	filled = (int)num_round(share * w);
	if (share > 0 && filled == 0)
		filled = 1;
	for (int i = 0; i < w; i++)
		pen_glyph(p, i < filled ? full : ROLE_GRID, i < filled ? G_BAR_FULL : G_BAR_TRACK);
}

static enum role sql_role(enum sql_token kind)
{
	switch (kind) {
	case SQL_KEYWORD:
		return ROLE_KW;
	case SQL_STRING:
		return ROLE_STRLIT;
	case SQL_NUMBER:
		return ROLE_NUM;
	case SQL_PARAM:
		return ROLE_PAR;
	case SQL_COMMENT:
		return ROLE_MUTED;
	case SQL_SPACE:
	case SQL_WORD:
	case SQL_OPERATOR:
	case SQL_QUOTED:
		return ROLE_FG;
	}
	return ROLE_FG;
}

/* Draws one token, newlines and blanks inside it (comments, strings) as the sanitiser makes them. */
static void draw_sql(struct pen *p, int w, struct str text, bool faint)
{
	struct rect outer = p->clip;
	struct str rest = text, token;
	enum sql_token kind;
	int edge = p->x + w;
	bool cut = false;

	if (w <= 0 || edge > outer.x + outer.w)
		edge = outer.x + outer.w;
	p->clip = rect_intersect(outer, (struct rect){p->y, p->x, 1, edge - p->x});
	while (p->x < edge && sql_next_token(&rest, &kind, &token)) {
		enum role role = faint ? ROLE_FAINT : sql_role(kind);

		if (kind == SQL_SPACE)
			put(p, role, 0, STR(" "));
		else
			put(p, role, 0, token);
		cut = p->x > edge || (p->x == edge && str_trim(rest).len > 0);
	}
	p->clip = outer;
	if (cut && edge > outer.x) {
		canvas_glyph(p->c, outer, p->y, edge - 1, G_CUT, STYLE(faint ? ROLE_FAINT : ROLE_MUTED, p->bg, 0));
		p->x = edge;
	}
}

int pen_wrapped(struct canvas *c, struct rect r, int y, struct str text, struct style s)
{
	struct str rest = text;

	while (rest.len > 0 && y < r.y + r.h) {
		size_t take = utf8_prefix(rest, (size_t)(r.w > 0 ? r.w : 1));

		if (take < rest.len) {
			size_t cut = take;

			while (cut > 0 && rest.ptr[cut] != ' ')
				cut--;
			take = cut > 0 ? cut : take;
		}
		if (take == 0)
			break;
		if (y == r.y + r.h - 1 && take < rest.len) {
			canvas_field(c, r, y, r.x, r.w, rest, false, s);
			return y + 1;
		}
		canvas_text(c, r, y++, r.x, str_sub(rest, 0, take), s);
		rest = str_trim(str_sub(rest, take, rest.len));
	}
	return y;
}

void pen_sql(struct pen *p, int w, struct str text, bool faint)
{
	struct str shown = str_trim(text);
	struct buf masked;

	shown = str_sub(shown, 0, PEN_SQL_MAX);
	if (str_ifind(shown, STR("password"), 0) < 0 && str_find(shown, STR("://"), 0) < 0) {
		draw_sql(p, w, shown, faint);
		return;
	}
	/* a secret is no shorter than a quarter of its mask */
	buf_init(&masked, 4 * PEN_SQL_MAX + 16);
	(void)sql_mask_secrets(&masked, shown);
	draw_sql(p, w, buf_str(&masked), faint);
	buf_release(&masked);
}

void pen_quantity(struct pen *p, enum role fg, uint8_t attr, struct str text)
{
	size_t cut = text.len;

	while (cut > 0 && text.ptr[cut - 1] != ' ')
		cut--;
	/* a unit follows a number, and digits behind the last blank are none */
	if (cut < 2 || !ascii_is_digit(text.ptr[cut - 2]) || (cut < text.len && ascii_is_digit(text.ptr[cut]))) {
		put(p, fg, attr, text);
		return;
	}
	put(p, fg, attr, str_sub(text, 0, cut - 1));
	put(p, ROLE_MUTED, 0, str_sub(text, cut - 1, text.len));
}

enum role wait_role(struct str wait_class, bool fill)
{
	static const struct {
		const char *name;
		enum role fill, text;
	} classes[] = {
		{"cpu", ROLE_CPU, ROLE_CPU_TEXT},          {"io", ROLE_IO, ROLE_IO_TEXT},
		{"client", ROLE_CLIENT, ROLE_CLIENT_TEXT}, {"ipc", ROLE_IPC, ROLE_IPC_TEXT},
		{"lwlock", ROLE_LWLOCK, ROLE_LWLOCK_TEXT}, {"timeout", ROLE_TIMEOUT, ROLE_TIMEOUT_TEXT},
		{"other", ROLE_OTHER, ROLE_OTHER_TEXT},    {"lock", ROLE_LOCK, ROLE_LOCK_TEXT},
	};

	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (str_eq_c(wait_class, classes[i].name))
			return fill ? classes[i].fill : classes[i].text;
	return ROLE_FG;
}
