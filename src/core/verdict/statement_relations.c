/*
 * statement_relations.c: the relations that a statement names, by its words alone.
 *
 * Not a parser: after FROM, JOIN, UPDATE, INTO, USING and TABLE a name is expected, and
 * after a comma too as long as the list goes on. What opens a parenthesis there is a
 * subquery or a function and no name. Queries of a WITH clause are known by standing
 * before AS and a parenthesis.
 */
#include "verdict/slow_statement.h"

#include "model/sqltext.h"

#include <string.h>

#define TOKENS_MAX 4000
#define LOCAL_MAX 32

struct token {
	enum sql_token kind;
	struct str text;
};

struct scan {
	struct token tokens[3]; /* a window: present one and the two after it */
	struct str rest;
	size_t read;
	struct str local[LOCAL_MAX]; /* names of WITH queries */
	size_t nlocal;
};

/* The next token that is neither blank nor comment. */
static struct token read_token(struct scan *s)
{
	struct token t;

	while (s->read++ < TOKENS_MAX && sql_next_token(&s->rest, &t.kind, &t.text))
		if (t.kind != SQL_SPACE && t.kind != SQL_COMMENT)
			return t;
	return (struct token){SQL_SPACE, {"", 0}};
}

static void advance(struct scan *s)
{
	s->tokens[0] = s->tokens[1];
	s->tokens[1] = s->tokens[2];
	s->tokens[2] = read_token(s);
}

static bool is_word(const struct token *t, const char *word)
{
	return (t->kind == SQL_WORD || t->kind == SQL_KEYWORD) && str_ieq(t->text, str_c(word));
}

static bool is_sign(const struct token *t, const char *sign)
{
	return t->kind == SQL_OPERATOR && str_eq_c(t->text, sign);
}

static bool is_name(const struct token *t)
{
	return t->kind == SQL_WORD || t->kind == SQL_QUOTED;
}

/* Appends the name as the catalog has it; false when it is longer than a name can be. */
static bool fold(struct str token, char *out, size_t size, size_t *used, struct str *ret)
{
	bool quoted = token.len >= 1 && token.ptr[0] == '"';
	bool closed = quoted && token.len >= 2 && token.ptr[token.len - 1] == '"';
	size_t from = *used;

	for (size_t i = quoted ? 1 : 0; i < token.len - (closed ? 1 : 0); i++) {
		char c = token.ptr[i];

		if (*used + 1 >= size)
			return false;
		if (quoted && c == '"')
			i++; /* doubled */
		out[(*used)++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	*ret = (struct str){out + from, *used - from};
	return ret->len > 0;
}

static bool is_local(const struct scan *s, struct str name)
{
	for (size_t i = 0; i < s->nlocal; i++)
		if (str_ieq(s->local[i], name))
			return true;
	return false;
}

static bool is_known(const struct relation_name *names, size_t n, const struct relation_name *x)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i].name, x->name) && str_eq(names[i].schema, x->schema))
			return true;
	return false;
}

/* Takes a name at the window's beginning, with its schema; false when there is none. Behind the target of an INSERT a
 * parenthesis opens the list of its columns, elsewhere the arguments of a function. */
static bool take_name(struct scan *s, bool target, struct relation_name *ret)
{
	struct token first = s->tokens[0];
	bool qualified = is_name(&s->tokens[0]) && is_sign(&s->tokens[1], ".") && is_name(&s->tokens[2]);
	size_t used = 0;

	memset(ret, 0, sizeof *ret);
	if (!is_name(&first) || (!target && !qualified && is_sign(&s->tokens[1], "(")))
		return false;
	if (qualified) {
		if (!fold(first.text, ret->text, sizeof ret->text, &used, &ret->schema))
			return false;
		advance(s);
		advance(s);
		if (!target && is_sign(&s->tokens[1], "("))
			return false;
	}
	return fold(s->tokens[0].text, ret->text, sizeof ret->text, &used, &ret->name) &&
	       (qualified || !is_local(s, ret->name));
}

static bool expects_name(const struct token *t)
{
	static const char *const words[] = {"from", "join", "update", "into", "using", "table"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (is_word(t, words[i]))
			return true;
	return false;
}

/* Passes over the arguments of a function that stands where a relation might. */
static void skip_call(struct scan *s)
{
	int depth = 0;

	while (s->tokens[1].text.len > 0) {
		depth += is_sign(&s->tokens[1], "(") - is_sign(&s->tokens[1], ")");
		if (depth <= 0 && !is_sign(&s->tokens[1], ")"))
			return;
		advance(s);
		if (depth <= 0)
			return;
	}
}

/* ONLY, LATERAL and TABLE may stand before the name. */
static bool is_filler(const struct token *t)
{
	return is_word(t, "only") || is_word(t, "lateral") || is_word(t, "table");
}

static void start(struct scan *s, struct str text)
{
	s->rest = text;
	s->read = 0;
	for (int i = 0; i < 3; i++)
		advance(s);
}

static void find_local(struct scan *s)
{
	for (; s->tokens[0].text.len > 0; advance(s))
		if (is_name(&s->tokens[0]) && is_word(&s->tokens[1], "as") &&
		    (is_sign(&s->tokens[2], "(") || is_word(&s->tokens[2], "materialized") ||
		     is_word(&s->tokens[2], "not")) &&
		    s->nlocal < LOCAL_MAX)
			s->local[s->nlocal++] = s->tokens[0].text;
}

size_t statement_relations(struct str text, struct relation_name *ret_names, size_t max)
{
	struct scan s = {.nlocal = 0};
	bool list = false;
	size_t n = 0;

	start(&s, text);
	find_local(&s);
	start(&s, text);
	while (s.tokens[0].text.len > 0 && n < max) {
		bool expected = expects_name(&s.tokens[0]) || (list && is_sign(&s.tokens[0], ","));

		bool target = is_word(&s.tokens[0], "into");

		/* a list ends with the next clause */
		if (s.tokens[0].kind == SQL_KEYWORD && !is_word(&s.tokens[0], "as"))
			list = expected;
		advance(&s);
		if (!expected)
			continue;
		while (is_filler(&s.tokens[0]))
			advance(&s);
		list = !target;
		if (take_name(&s, target, &ret_names[n])) {
			n += !is_known(ret_names, n, &ret_names[n]);
		} else if (is_name(&s.tokens[0])) {
			skip_call(&s);
		} else {
			list = false;
		}
	}
	return n;
}
