/*
 * statement_text.c: see statement_text.h.
 *
 * One pass over the tokens with a cursor (line, column) that also walks the lines that are
 * not shown, so the number of lines is known. A line break never changes what a token
 * looks like; blanks at the end of a line are dropped.
 */
#include "ui/widgets/statement_text.h"

#include "base/utf8.h"
#include "model/sqltext.h"

#define CLAUSE_W 6    /* "select", "update", "insert" */
#define HANGING_IN 7  /* what continues a clause */
#define INDENT_MAX 40 /* of the text's own lines */

struct setter {
	struct canvas *c;
	struct rect r;
	int scroll, line, x; /* x: columns used in the line */
	enum role bg;
	bool own_lines;    /* the text brings its line breaks */
	int depth;         /* of brackets */
	struct str before; /* the last word */
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

static void new_line(struct setter *s, int indent)
{
	s->line++;
	s->x = indent < s->r.w / 2 ? indent : s->r.w / 2;
}

static void put(struct setter *s, enum role role, struct str text)
{
	int y = s->r.y + s->line - s->scroll;

	if (y >= s->r.y && y < s->r.y + s->r.h)
		canvas_text(s->c, s->r, y, s->r.x + s->x, text, STYLE(role, s->bg, 0));
	s->x += utf8_columns(text);
}

/* One piece without line breaks, onto the next line when it does not fit, in parts when it never will. */
static void put_piece(struct setter *s, enum role role, struct str text)
{
	int hang = s->own_lines ? 2 : HANGING_IN;

	if (s->x > hang && s->x + utf8_columns(text) > s->r.w)
		new_line(s, hang);
	while (text.len > 0) {
		size_t take;

		if (s->x >= s->r.w)
			new_line(s, 0);
		take = utf8_prefix(text, (size_t)(s->r.w - s->x));
		if (take == 0 && s->x > 0) {
			new_line(s, 0);
			continue;
		}
		take = take ? take : utf8_prefix(text, 4);
		take = take ? take : 1;
		put(s, role, str_sub(text, 0, take));
		text = str_sub(text, take, text.len);
		if (text.len > 0)
			new_line(s, 0);
	}
}

/* Comments and strings may hold line breaks. */
static void put_token(struct setter *s, enum sql_token kind, struct str token)
{
	struct str line;
	bool first = true;

	while (str_split(&token, '\n', &line)) {
		if (!first)
			new_line(s, 0);
		first = false;
		put_piece(s, role_of(kind), line);
	}
}

/* Columns of the blanks after the last line break of a token of blanks. */
static int indent_of(struct str blanks)
{
	int n = 0;

	for (size_t i = 0; i < blanks.len; i++)
		n = blanks.ptr[i] == '\n' ? 0 : n + (blanks.ptr[i] == '\t' ? 4 : 1);
	return n < INDENT_MAX ? n : INDENT_MAX;
}

static void put_blanks(struct setter *s, struct str blanks, struct str rest)
{
	if (rest.len == 0)
		return;
	if (s->own_lines && memchr(blanks.ptr, '\n', blanks.len))
		new_line(s, indent_of(blanks));
	else if (s->x > 0 && s->x < s->r.w)
		s->x++;
}

static bool word_in(struct str word, const char *const *list)
{
	for (; *list; list++)
		if (str_ieq(word, str_c(*list)))
			return true;
	return false;
}

/* Does the word begin a clause that gets a line of its own? next: what follows it. */
static bool begins_clause(const struct setter *s, struct str word, struct str next)
{
	static const char *const always[] = {"from",   "where",     "set",    "group",  "having",
					     "order",  "limit",     "offset", "union",  "intersect",
					     "except", "returning", "values", "window", NULL};
	static const char *const joins[] = {"left", "right", "full", "inner", "cross", "natural", NULL};
	static const char *const join_words[] = {"left", "right", "full", "inner", "cross", "natural", "outer", NULL};
	bool joined = str_ieq(str_sub(next, 0, 4), STR("join")) || str_ieq(str_sub(next, 0, 5), STR("outer"));

	if (s->depth > 0 || s->line + s->x == 0)
		return false;
	if (word_in(word, always))
		return !str_ieq(s->before, STR("distinct")) && !str_ieq(s->before, STR("delete"));
	if (str_ieq(word, STR("join")))
		return !word_in(s->before, join_words);
	if (str_ieq(word, STR("on")))
		return str_ieq(str_sub(next, 0, 8), STR("conflict"));
	return word_in(word, joins) && joined;
}

static void step(struct setter *s, enum sql_token kind, struct str token, struct str rest)
{
	if (kind == SQL_SPACE) {
		put_blanks(s, token, rest);
		return;
	}
	if (kind == SQL_OPERATOR && (token.ptr[0] == '(' || token.ptr[0] == '['))
		s->depth++;
	if (kind == SQL_OPERATOR && (token.ptr[0] == ')' || token.ptr[0] == ']') && s->depth > 0)
		s->depth--;
	if (kind == SQL_KEYWORD && !s->own_lines && begins_clause(s, token, str_trim(rest)))
		new_line(s, token.len < CLAUSE_W ? CLAUSE_W - (int)token.len : 0);
	if (kind == SQL_KEYWORD || kind == SQL_WORD)
		s->before = token;
	put_token(s, kind, token);
}

int statement_text_draw(struct canvas *c, struct rect r, int scroll, enum role bg, struct str text)
{
	struct str shown = str_trim(text), rest, token;
	struct setter s = {.c = c, .r = r, .scroll = scroll, .bg = bg};
	bool cut = shown.len > STATEMENT_TEXT_SHOWN;
	enum sql_token kind;
	struct buf masked;

	if (shown.len == 0 || r.w < 1)
		return 0;
	shown = str_sub(shown, 0, STATEMENT_TEXT_SHOWN);
	buf_init(&masked, 4 * STATEMENT_TEXT_SHOWN + 16);
	(void)sql_mask_secrets(&masked, shown);
	rest = buf_str(&masked);
	s.own_lines = memchr(rest.ptr, '\n', rest.len) != NULL;
	while (sql_next_token(&rest, &kind, &token))
		step(&s, kind, token, rest);
	if (cut) {
		new_line(&s, 0);
		put(&s, ROLE_MUTED, STR("the rest is not shown"));
	}
	buf_release(&masked);
	return s.line + 1;
}
