/*
 * explainable.c: the first word decides the kind, a semicolon with something behind it
 * makes two statements, a token without its end means a cut text.
 *
 * The lexer knows strings, dollar quotes and nested comments, so what looks like the end
 * of a statement inside of one is none. Parentheses before the first word are part of a
 * query: (SELECT 1) UNION (SELECT 2).
 */
#include "model/explainable.h"

#include "base/parse.h"
#include "model/sqltext.h"

#include <stdio.h>

#define WORD_MAX 32

static const char *const kinds[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH", "TABLE"};

/* What has no plan, and what to do instead; the rest is refused by its own name. */
static const struct {
	const char *word, *why;
} others[] = {
	{"EXPLAIN", "it is an EXPLAIN already; explain the statement inside of it"},
	{"COPY", "COPY has no plan of its own; a query in it has one"},
	{"FETCH", "FETCH reads from a cursor, whose statement is not known here"},
	{"MOVE", "MOVE goes through a cursor, whose statement is not known here"},
	{"EXECUTE", "EXECUTE runs a prepared statement, whose text is not known here"},
	{"CALL", "CALL runs a procedure; the statements inside have plans, not the call"},
	{"DO", "DO runs a block of code; the statements inside have plans, not the block"},
	{"DECLARE", "DECLARE opens a cursor; its query alone has a plan"},
	{"CREATE", "CREATE has no plan; a query in it has one"},
	{"REFRESH", "REFRESH has no plan here; the query of the view has one"},
};

static bool fail(struct err *err, const char *why)
{
	return err_set(err, ERR_UNAVAILABLE, "no plan: %s", why);
}

static void upper(struct str word, char out[WORD_MAX])
{
	size_t n = word.len < WORD_MAX ? word.len : WORD_MAX - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(word.ptr[i] >= 'a' && word.ptr[i] <= 'z' ? word.ptr[i] - 32 : word.ptr[i]);
	out[n] = '\0';
}

static const char *kind_of(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_ieq(word, str_c(kinds[i])))
			return kinds[i];
	return NULL;
}

static bool refuse_kind(struct str word, struct err *err)
{
	char name[WORD_MAX];

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (str_ieq(word, str_c(others[i].word)))
			return fail(err, others[i].why);
	upper(word, name);
	return err_set(
		err, ERR_UNAVAILABLE,
		"no plan: %s is a command; only SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, WITH and TABLE have "
		"one",
		name);
}

/* Texts the server shows in place of a statement. */
static bool refuse_placeholder(struct str text, struct err *err)
{
	if (str_eq_c(text, "<insufficient privilege>")) {
		err_set(err, ERR_UNAVAILABLE, "no plan: the server hides this statement's text from our role");
		err_remedy(err, "GRANT pg_monitor TO the role that auroratop connects with");
		return false;
	}
	if (str_eq_c(text, "<command string not enabled>"))
		return fail(err, "the session has track_activities off, so its statement is not known");
	if (str_starts(text, STR("autovacuum:")))
		return fail(err, "this is an autovacuum worker, not a statement");
	return true;
}

/* The token is the last one of the text: does it have its end? */
static bool is_whole(enum sql_token kind, struct str token)
{
	char last = token.ptr[token.len - 1];

	if (kind == SQL_COMMENT)
		return !str_starts(token, STR("/*")) || (token.len >= 4 && str_ends(token, STR("*/")));
	if (kind == SQL_QUOTED)
		return token.len >= 2 && last == '"';
	if (kind != SQL_STRING)
		return true;
	return token.len >= 2 && (last == '\'' || last == '$');
}

/* "$12" to 12; beyond every limit when it does not fit. */
static int param_number(struct str token)
{
	int64_t n;

	return parse_i64(str_sub(token, 1, token.len), &n) && n >= 0 && n <= EXPLAINABLE_PARAMS_MAX
		       ? (int)n
		       : EXPLAINABLE_PARAMS_MAX + 1;
}

struct scan {
	struct str first;  /* the first word, empty so far */
	size_t begin, end; /* after a semicolon in front; after the last token that counts */
	int params;
	bool started, ended; /* saw a token that counts; saw the semicolon behind it */
	bool several, whole;
};

/* One token that is neither blank nor comment. */
static void take(struct scan *s, enum sql_token kind, struct str token, size_t at)
{
	if (kind == SQL_OPERATOR && str_eq_c(token, ";")) {
		s->ended = s->started;
		if (!s->started)
			s->begin = at + 1;
		return;
	}
	s->several = s->several || s->ended;
	if (!s->started && kind == SQL_OPERATOR && str_eq_c(token, "("))
		return;
	if (!s->started)
		s->first = token;
	s->started = true;
	s->end = at + token.len;
	if (kind == SQL_PARAM && param_number(token) > s->params)
		s->params = param_number(token);
}

static void scan_text(struct str text, struct scan *s)
{
	struct str rest = text, token;
	enum sql_token kind;
	size_t at = 0;

	*s = (struct scan){.whole = true};
	while (sql_next_token(&rest, &kind, &token)) {
		if (kind != SQL_SPACE && kind != SQL_COMMENT)
			take(s, kind, token, at);
		at += token.len;
		s->whole = rest.len > 0 || is_whole(kind, token);
	}
}

bool explainable_check(struct str text, struct explainable *ret, struct err *err)
{
	struct scan s;
	const char *kind;

	text = str_trim(text);
	*ret = (struct explainable){0};
	if (!refuse_placeholder(text, err))
		return false;
	if (text.len > 0 && memchr(text.ptr, '\0', text.len))
		return fail(err, "the text has a NUL byte");
	scan_text(text, &s);
	if (!s.started)
		return fail(err, "there is no statement");
	if (s.several)
		return fail(err, "the text holds several statements, and only one can be explained");
	kind = kind_of(s.first);
	if (!kind)
		return refuse_kind(s.first, err);
	if (!s.whole)
		return fail(err, "the text ends in the middle of a string, a name or a comment");
	if (s.params > EXPLAINABLE_PARAMS_MAX)
		return err_set(err, ERR_UNAVAILABLE, "no plan: more than %d parameters", EXPLAINABLE_PARAMS_MAX);
	ret->text = str_trim(str_sub(text, s.begin, s.end));
	ret->kind = kind;
	ret->params = s.params;
	return true;
}

/* ---- literals with their type before them ---- */

static bool is_type(enum sql_token kind, struct str word)
{
	static const char *const types[] = {"interval", "date", "time",  "timetz", "timestamp", "timestamptz", "inet",
					    "cidr",     "uuid", "jsonb", "json",   "numeric",   "bytea"};

	for (size_t i = 0; (kind == SQL_WORD || kind == SQL_KEYWORD) && i < ARRAY_LEN(types); i++)
		if (str_ieq(word, str_c(types[i])))
			return true;
	return false;
}

size_t explainable_cast_params(struct buf *out, struct str text)
{
	struct str token, type = STR(""), held = STR("");
	enum sql_token kind;
	size_t n = 0;

	/* held: the type and the blanks behind it, until it is known what follows */
	while (sql_next_token(&text, &kind, &token)) {
		if (type.len > 0 && kind == SQL_SPACE) {
			held.len += token.len;
			continue;
		}
		if (type.len > 0 && kind == SQL_PARAM) {
			(void)buf_addf(out, STR_FMT "::" STR_FMT, STR_ARG(token), STR_ARG(type));
			n++;
			type = held = STR("");
			continue;
		}
		(void)buf_add_str(out, held);
		type = held = is_type(kind, token) ? token : STR("");
		if (type.len == 0)
			(void)buf_add_str(out, token);
	}
	(void)buf_add_str(out, held);
	return n;
}
