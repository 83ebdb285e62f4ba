/*
 * sqlshape.c: what statements that differ only in their values have in common.
 *
 * For servers that do not compute query ids, and so that a statement looks here as it does in
 * pg_stat_statements: constants become $n, counted on from the highest parameter the text has;
 * the constants of an IN list or an ARRAY are one, as PostgreSQL 18 writes them. Comments are
 * left out, because tracing tags in them differ with every call.
 */
#include "model/sqltext.h"

#include "base/parse.h"

#define LIST_MORE " /*, ... */"

struct shaper {
	struct buf *out;
	int64_t params;  /* number of the last parameter */
	size_t begin;    /* of the shape in out */
	bool gap;        /* blanks or comments since the last token */
	bool word_in;    /* the last token was IN or ARRAY: what opens now is a list of values */
	bool list;       /* inside such a list, nothing but constants so far */
	unsigned listed; /* constants in it */
	bool comma;      /* the last token was a comma inside the list */
};

static int64_t highest_param(struct str text)
{
	int64_t highest = 0, n;
	enum sql_token kind;
	struct str token;

	while (sql_next_token(&text, &kind, &token))
		if (kind == SQL_PARAM && parse_i64(str_sub(token, 1, token.len), &n) && n > highest && n < 100000)
			highest = n;
	return highest;
}

static void put(struct shaper *s, struct str text)
{
	if (s->gap && s->out->len > s->begin)
		buf_add_char(s->out, ' ');
	s->gap = false;
	buf_add_str(s->out, text);
}

static void leave_list(struct shaper *s)
{
	if (s->list && s->listed > 1)
		buf_add_c(s->out, LIST_MORE);
	s->list = false;
	s->listed = 0;
}

static void put_constant(struct shaper *s)
{
	if (s->list && s->listed++ > 0) {
		s->gap = s->comma = false;
		return;
	}
	put(s, STR(""));
	buf_addf(s->out, "$%lld", (long long)++s->params);
}

static void put_other(struct shaper *s, enum sql_token kind, struct str token)
{
	bool opens = s->word_in && (str_eq_c(token, "(") || str_eq_c(token, "["));

	if (s->list && str_eq_c(token, ",")) {
		/* between constants of a list: nothing, as long as a constant follows */
		s->gap = false;
		s->comma = true;
		return;
	}
	if (s->list) {
		leave_list(s);
		if (s->comma)
			buf_add_char(s->out, ',');
	}
	s->comma = false;
	put(s, token);
	if (opens)
		s->list = true;
	s->word_in = (kind == SQL_KEYWORD || kind == SQL_WORD) &&
		     (str_ieq(token, STR("in")) || str_ieq(token, STR("array")));
}

bool sql_shape(struct buf *out, struct str text)
{
	struct shaper s = {.out = out, .params = highest_param(text), .begin = out->len};
	struct str rest = str_trim(text), token;
	enum sql_token kind;

	while (sql_next_token(&rest, &kind, &token)) {
		switch (kind) {
		case SQL_SPACE:
		case SQL_COMMENT:
			s.gap = true;
			break;
		case SQL_STRING:
		case SQL_NUMBER:
			put_constant(&s);
			break;
		case SQL_PARAM:
		case SQL_WORD:
		case SQL_KEYWORD:
		case SQL_OPERATOR:
		case SQL_QUOTED:
			put_other(&s, kind, token);
			break;
		}
	}
	leave_list(&s);
	while (out->len > s.begin && (out->data[out->len - 1] == ';' || out->data[out->len - 1] == ' '))
		buf_truncate(out, out->len - 1);
	return !out->failed;
}
