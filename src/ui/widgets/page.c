/*
 * page.c: see page.h.
 *
 * Statement text is drawn cell by cell: a token may hold line breaks (comments, strings)
 * and may be wider than the page, and its colour goes on over both.
 */
#include "ui/widgets/page.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "model/sqltext.h"

#include <stdio.h>

#define GUTTER 5
#define TAB_STOP 8

struct pen page_line(struct page *p)
{
	struct pen pen = pen_at(p->c, p->r, p->r.y + p->y - p->scroll, p->r.x, p->bg);

	if (pen.y < p->r.y || pen.y >= p->r.y + p->r.h)
		pen.clip.w = pen.clip.h = 0;
	p->y++;
	return pen;
}

void page_section(struct page *p, const char *title, const char *remark)
{
	int after = remark[0] ? utf8_columns(str_c(remark)) + 1 : 0;
	struct pen pen;

	if (p->y > 0)
		(void)page_line(p);
	pen = page_line(p);
	pen_bold(&pen, ROLE_STRONG, title);
	pen_skip(&pen, 1);
	while (pen_left(&pen) > after)
		pen_glyph(&pen, ROLE_LINE, G_FRAME_H);
	if (after)
		pen_textf(&pen, ROLE_MUTED, " %s", remark);
}

struct pen page_label(struct page *p, const char *label, int w)
{
	struct pen pen = page_line(p);

	pen_field(&pen, ROLE_MUTED, 0, w, str_c(label), false);
	return pen;
}

/* Bytes of text that fit w columns, cut at a blank where there is one. */
static size_t fitting(struct str text, int w)
{
	struct str rest = text;
	size_t blank = 0, taken = 0;
	int columns = 0, width;
	uint32_t cp;

	while (rest.len > 0 && utf8_next_cell(&rest, &cp, &width)) {
		if (columns + width > w)
			return blank > 0 ? blank : taken > 0 ? taken : text.len - rest.len;
		columns += width;
		taken = text.len - rest.len;
		if (cp == ' ')
			blank = taken;
	}
	return text.len;
}

void page_text(struct page *p, const struct pen *first, int indent, enum role fg, bool bold, struct str text)
{
	struct str rest = str_trim(text);
	int w = p->r.w - indent;
	struct pen pen;

	if (first)
		pen = *first;
	else
		pen = page_line(p);
	for (;;) {
		size_t take = fitting(rest, w > 1 ? w : 1);
		struct str line = str_trim(str_sub(rest, 0, take));

		pen.x = p->r.x + indent;
		canvas_text(p->c, pen.clip, pen.y, pen.x, line, STYLE(fg, p->bg, bold ? ATTR_BOLD : 0));
		rest = str_trim(str_sub(rest, take, rest.len));
		if (rest.len == 0)
			return;
		pen = page_line(p);
	}
}

/* ---- statement text ---- */

struct sql_writer {
	struct page *p;
	struct pen pen;
	int number;  /* of the line in the text */
	int start;   /* first column of text */
	bool broken; /* the line goes on from the one before */
};

static enum role role_of(enum sql_token kind)
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

static void begin_line(struct sql_writer *w, bool numbered)
{
	char number[16] = "";
	int gutter = w->p->r.w > 40 ? GUTTER : 0;

	w->pen = page_line(w->p);
	w->broken = !numbered;
	if (numbered)
		(void)snprintf(number, sizeof number, "%d", ++w->number);
	if (gutter) {
		pen_field(&w->pen, ROLE_FAINT, 0, gutter - 2, str_c(number), true);
		pen_skip(&w->pen, 2);
	}
	w->start = w->pen.x = w->p->r.x + gutter;
}

static void put_cell(struct sql_writer *w, enum role fg, uint32_t cp, int width)
{
	int edge = w->p->r.x + w->p->r.w;

	if (w->pen.x + width > edge && w->pen.x > w->start)
		begin_line(w, false);
	canvas_put(w->p->c, w->pen.clip, w->pen.y, w->pen.x, cp, STYLE(fg, w->p->bg, 0));
	w->pen.x += width;
}

/* A word that would be broken, but not on an empty line, goes to the next one. */
static void keep_whole(struct sql_writer *w, struct str token)
{
	int edge = w->p->r.x + w->p->r.w, room = edge - w->start, columns;

	if (token.len > (size_t)room * 4 || memchr(token.ptr, '\n', token.len))
		return;
	columns = utf8_columns(token);
	if (w->pen.x + columns > edge && w->pen.x > w->start && columns <= room / 2)
		begin_line(w, false);
}

static void put_token(struct sql_writer *w, enum role fg, struct str token)
{
	uint32_t cp;
	int width;

	while (token.len > 0) {
		char c = token.ptr[0];

		if (c == '\n' || c == '\r' || c == '\t') {
			int column = w->pen.x - w->start;

			if (c == '\n')
				begin_line(w, true);
			for (int i = column % TAB_STOP; c == '\t' && i < TAB_STOP; i++)
				put_cell(w, fg, ' ', 1);
			token = str_sub(token, 1, token.len);
		} else if (utf8_next_cell(&token, &cp, &width)) {
			put_cell(w, fg, cp, width);
		} else {
			break;
		}
	}
}

void page_sql(struct page *p, struct str text)
{
	struct sql_writer w = {.p = p};
	struct str rest = str_trim(text), token;
	enum sql_token kind;

	if (rest.len == 0)
		return;
	begin_line(&w, true);
	while (sql_next_token(&rest, &kind, &token)) {
		bool wrapped = w.pen.x == w.start && w.broken;

		/* a blank at the place of the break is not drawn */
		if (kind == SQL_SPACE && wrapped && !memchr(token.ptr, '\n', token.len))
			continue;
		if (kind != SQL_SPACE)
			keep_whole(&w, token);
		put_token(&w, role_of(kind), token);
	}
}

/* ---- calls of AWS ---- */

/* "rds:ModifyDBCluster ...": no SQL begins like that. */
static bool is_call(struct str text)
{
	size_t n = 0;

	while (n < text.len && ((text.ptr[n] >= 'a' && text.ptr[n] <= 'z') || ascii_is_digit(text.ptr[n])))
		n++;
	return n > 0 && n + 1 < text.len && text.ptr[n] == ':' && text.ptr[n + 1] >= 'A' && text.ptr[n + 1] <= 'Z';
}

/* Up to the next blank or line break, or one of these alone. */
static struct str take_word(struct str *rest)
{
	size_t n = 0;

	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\n')
		n++;
	struct str word = str_sub(*rest, 0, n ? n : 1);
	*rest = str_sub(*rest, word.len, rest->len);
	return word;
}

static void put_word(struct sql_writer *w, struct str word)
{
	long equals = str_find(word, STR("="), 0);

	if (w->pen.x == w->start && !w->broken && equals < 0) {
		put_token(w, ROLE_KW, word);
		return;
	}
	if (equals >= 0)
		put_token(w, ROLE_MUTED, str_sub(word, 0, (size_t)equals + 1));
	put_token(w, ROLE_FG, str_sub(word, equals < 0 ? 0 : (size_t)equals + 1, word.len));
}

static void page_call(struct page *p, struct str text)
{
	struct sql_writer w = {.p = p};
	struct str rest = str_trim(text), word;

	begin_line(&w, true);
	while (rest.len > 0) {
		word = take_word(&rest);
		if (word.ptr[0] == ' ' && w.pen.x == w.start && w.broken)
			continue;
		if (word.ptr[0] != ' ' && word.ptr[0] != '\n')
			keep_whole(&w, word);
		put_word(&w, word);
	}
}

void page_statement(struct page *p, struct str text)
{
	if (is_call(str_trim(text)))
		page_call(p, text);
	else
		page_sql(p, text);
}
