/*
 * sqlshape.c: one pass over the tokens, with one token of memory.
 *
 * Blanks between tokens follow from the tokens, not from the text, so that a=1 and a = 1 are
 * alike. A sign before a number belongs to the number where no operand stands before it, because
 * PostgreSQL folds it into the constant. Of a list of values only the first is kept.
 */
#include "model/sqlshape.h"

#include "model/sqltext.h"

enum last {
	LAST_NONE,
	LAST_WORD,
	LAST_KEYWORD,
	LAST_VALUE,
	LAST_OPERATOR,
	LAST_OPEN,
	LAST_CLOSE,
	LAST_COMMA,
	LAST_DOT
};

struct shaper {
	struct buf *out;
	size_t start;
	enum last last, before; /* before: the one before last */
	bool in_list;           /* a comma after a value was seen: the next value is dropped */
	bool listed;            /* ", ..." is written already */
	size_t comma_at;        /* length of the text before that comma */
	size_t sign_at;         /* length before a sign that may belong to a number; SIZE_MAX = none */
};

static bool full(const struct shaper *s)
{
	return s->out->len - s->start >= SQL_SHAPE_MAX;
}

static void push(struct shaper *s, enum last last)
{
	s->before = s->last;
	s->last = last;
}

static void blank(struct shaper *s, enum last next)
{
	bool none = s->last == LAST_NONE || s->last == LAST_OPEN || s->last == LAST_DOT || next == LAST_CLOSE ||
		    next == LAST_COMMA || next == LAST_DOT || (next == LAST_OPEN && s->last == LAST_WORD);

	if (!none)
		buf_add_char(s->out, ' ');
}

static void word(struct shaper *s, struct str text, enum last kind)
{
	blank(s, kind);
	for (size_t i = 0; i < text.len && !full(s); i++) {
		char c = text.ptr[i];

		buf_add_char(s->out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	push(s, kind);
}

static void verbatim(struct shaper *s, struct str text, enum last kind)
{
	blank(s, kind);
	buf_add_str(s->out, text);
	push(s, kind);
}

static void value(struct shaper *s)
{
	if (s->sign_at != SIZE_MAX) {
		buf_truncate(s->out, s->sign_at);
		s->last = s->before;
	}
	if (s->last == LAST_COMMA && s->in_list) {
		buf_truncate(s->out, s->comma_at);
		if (!s->listed)
			buf_add_c(s->out, ", ...");
		s->listed = true;
		push(s, LAST_VALUE);
		return;
	}
	blank(s, LAST_VALUE);
	buf_add_char(s->out, '?');
	s->listed = false;
	push(s, LAST_VALUE);
}

static void comma(struct shaper *s)
{
	s->in_list = s->last == LAST_VALUE;
	s->comma_at = s->out->len;
	verbatim(s, STR(","), LAST_COMMA);
}

/* Could an operand end here, so that + or - is an operator between two? */
static bool after_operand(const struct shaper *s)
{
	return s->last == LAST_WORD || s->last == LAST_VALUE || s->last == LAST_CLOSE;
}

static void operator(struct shaper *s, struct str text)
{
	size_t before = s->out->len;
	bool sign = text.len == 1 && (text.ptr[0] == '-' || text.ptr[0] == '+') && !after_operand(s);

	if (text.len == 1 && strchr("([", text.ptr[0])) {
		verbatim(s, text, LAST_OPEN);
	} else if (text.len == 1 && strchr(")]", text.ptr[0])) {
		verbatim(s, text, LAST_CLOSE);
	} else if (text.len == 1 && text.ptr[0] == ',') {
		comma(s);
	} else if (text.len == 1 && text.ptr[0] == '.') {
		verbatim(s, text, LAST_DOT);
	} else if (text.len == 1 && text.ptr[0] == ';') {
		/* statements of one string stand apart; the last one's end does not show */
		buf_add_c(s->out, ";");
		push(s, LAST_OPERATOR);
	} else {
		verbatim(s, text, LAST_OPERATOR);
		s->sign_at = sign ? before : SIZE_MAX;
		return;
	}
	s->sign_at = SIZE_MAX;
}

static void take(struct shaper *s, enum sql_token kind, struct str text)
{
	switch (kind) {
	case SQL_SPACE:
	case SQL_COMMENT:
		return;
	case SQL_STRING:
	case SQL_NUMBER:
	case SQL_PARAM:
		value(s);
		break;
	case SQL_WORD:
		word(s, text, LAST_WORD);
		break;
	case SQL_KEYWORD:
		word(s, text, LAST_KEYWORD);
		break;
	case SQL_QUOTED:
		verbatim(s, text, LAST_WORD);
		break;
	case SQL_OPERATOR:
		operator(s, text);
		return;
	}
	s->sign_at = SIZE_MAX;
}

void sql_shape(struct buf *out, struct str text)
{
	struct shaper s = {.out = out, .start = out->len, .sign_at = SIZE_MAX};
	enum sql_token kind;
	struct str token;

	while (!full(&s) && sql_next_token(&text, &kind, &token))
		take(&s, kind, token);
	if (out->len - s.start > SQL_SHAPE_MAX)
		buf_truncate(out, s.start + SQL_SHAPE_MAX);
	while (out->len > s.start && strchr("; ", out->data[out->len - 1]))
		buf_truncate(out, out->len - 1);
}
