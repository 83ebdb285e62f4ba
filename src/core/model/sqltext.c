/*
 * sqltext.c: cutting statement text into tokens.
 *
 * pg_stat_activity cuts statements at track_activity_query_size, so any token may lack
 * its end: a string, a comment or a quoted name then reaches to the end of the text.
 * The lexer never fails and never loses a byte: the tokens laid end to end are the
 * text. It follows PostgreSQL's rules where they decide what is a literal (nested
 * comments, dollar quotes, backslashes in E'' only) and is generous elsewhere.
 */
#include "model/sqltext.h"

#include "base/ascii.h"
#include "base/check.h"

/* Sorted; lookup is a binary search over lowered words. */
static const char *const keywords[] = {
	"add",          "all",
	"alter",        "analyze",
	"and",          "any",
	"array",        "as",
	"asc",          "authorization",
	"begin",        "between",
	"both",         "by",
	"call",         "cascade",
	"case",         "cast",
	"check",        "close",
	"cluster",      "collate",
	"column",       "comment",
	"commit",       "concurrently",
	"conflict",     "constraint",
	"copy",         "create",
	"cross",        "current",
	"current_date", "current_timestamp",
	"current_user", "cursor",
	"database",     "deallocate",
	"declare",      "default",
	"deferrable",   "delete",
	"desc",         "distinct",
	"do",           "drop",
	"each",         "else",
	"end",          "except",
	"execute",      "exists",
	"explain",      "extension",
	"false",        "fetch",
	"filter",       "first",
	"following",    "for",
	"foreign",      "from",
	"full",         "function",
	"grant",        "group",
	"having",       "if",
	"ilike",        "in",
	"index",        "inner",
	"insert",       "intersect",
	"interval",     "into",
	"is",           "isnull",
	"join",         "key",
	"last",         "lateral",
	"leading",      "left",
	"like",         "limit",
	"listen",       "lock",
	"locked",       "materialized",
	"merge",        "natural",
	"no",           "not",
	"nothing",      "notify",
	"notnull",      "nowait",
	"null",         "nulls",
	"of",           "offset",
	"on",           "only",
	"or",           "order",
	"outer",        "over",
	"overlaps",     "partition",
	"password",     "preceding",
	"prepare",      "primary",
	"procedure",    "references",
	"refresh",      "reindex",
	"release",      "rename",
	"reset",        "returning",
	"revoke",       "right",
	"role",         "rollback",
	"row",          "rows",
	"savepoint",    "schema",
	"select",       "sequence",
	"session",      "set",
	"share",        "show",
	"similar",      "skip",
	"some",         "start",
	"table",        "tablesample",
	"temporary",    "then",
	"to",           "trailing",
	"transaction",  "trigger",
	"true",         "truncate",
	"type",         "unbounded",
	"union",        "unique",
	"unlisten",     "unlogged",
	"update",       "user",
	"using",        "vacuum",
	"values",       "verbose",
	"view",         "when",
	"where",        "window",
	"with",         "within",
};
#define KEYWORD_MAX 24

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_start(char c)
{
	return ascii_is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
	return is_word_start(c) || ascii_is_digit(c) || c == '$';
}

static char at(struct str s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

static bool is_keyword(struct str word)
{
	char low[KEYWORD_MAX];
	size_t from = 0, to = ARRAY_LEN(keywords);

	if (word.len > sizeof(low))
		return false;
	for (size_t i = 0; i < word.len; i++)
		low[i] = (char)(word.ptr[i] >= 'A' && word.ptr[i] <= 'Z' ? word.ptr[i] + 32 : word.ptr[i]);
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = str_cmp((struct str){low, word.len}, str_c(keywords[mid]));

		if (c == 0)
			return true;
		if (c < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return false;
}

/* ---- lengths of the token that starts at s; s is never empty ---- */

/* A quoted run whose opening quote is at `open`; doubled quotes stay inside. */
static size_t quoted_len(struct str s, size_t open, bool backslash)
{
	char quote = s.ptr[open];

	for (size_t i = open + 1; i < s.len; i++) {
		if (backslash && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == quote && at(s, i + 1) == quote)
			i++;
		else if (s.ptr[i] == quote)
			return i + 1;
	}
	return s.len;
}

static size_t line_comment_len(struct str s)
{
	long end = str_find(s, STR("\n"), 2);

	return end < 0 ? s.len : (size_t)end;
}

static size_t block_comment_len(struct str s)
{
	size_t depth = 1;

	for (size_t i = 2; i < s.len; i++) {
		if (s.ptr[i] == '/' && at(s, i + 1) == '*') {
			depth++;
			i++;
		} else if (s.ptr[i] == '*' && at(s, i + 1) == '/') {
			i++;
			if (--depth == 0)
				return i + 1;
		}
	}
	return s.len;
}

/* Length of the opening $tag$, or 0. */
static size_t dollar_tag_len(struct str s)
{
	size_t i = 1;

	if (is_word_start(at(s, i))) {
		while (i < s.len && is_word(s.ptr[i]) && s.ptr[i] != '$')
			i++;
	}
	return at(s, i) == '$' ? i + 1 : 0;
}

static size_t dollar_string_len(struct str s, size_t tag)
{
	long end = str_find(s, str_sub(s, 0, tag), tag);

	return end < 0 ? s.len : (size_t)end + tag;
}

/* Position after the digits (and their separators) at i. */
static size_t skip_digits(struct str s, size_t i)
{
	while (ascii_is_digit(at(s, i)) || at(s, i) == '_')
		i++;
	return i;
}

/* 0x1F, 0o17, 0b1: everything up to the next non-word byte. */
static bool has_base(struct str s)
{
	char letter = (char)(at(s, 1) | 32);

	return s.ptr[0] == '0' && (letter == 'x' || letter == 'o' || letter == 'b');
}

/* Position after the exponent at i; i when there is none. */
static size_t skip_exponent(struct str s, size_t i)
{
	size_t digits = i + 1;

	if (at(s, i) != 'e' && at(s, i) != 'E')
		return i;
	if (at(s, digits) == '+' || at(s, digits) == '-')
		digits++;
	return ascii_is_digit(at(s, digits)) ? skip_digits(s, digits) : i;
}

static size_t number_len(struct str s)
{
	size_t i = 2;

	if (has_base(s)) {
		while (ascii_is_digit(at(s, i)) || is_word_start(at(s, i)))
			i++;
		return i;
	}
	i = skip_digits(s, 0);
	if (at(s, i) == '.' && at(s, i + 1) != '.')
		i = skip_digits(s, i + 1);
	return skip_exponent(s, i);
}

static size_t operator_len(struct str s)
{
	static const char chars[] = "+-*/<>=~!@#%^&|`?:";
	size_t i = 0;

	while (i < s.len && s.ptr[i] && strchr(chars, s.ptr[i])) {
		bool comment = (s.ptr[i] == '-' && at(s, i + 1) == '-') || (s.ptr[i] == '/' && at(s, i + 1) == '*');

		if (comment && i > 0)
			break;
		i++;
	}
	return i > 0 ? i : 1;
}

static size_t space_len(struct str s)
{
	size_t i = 0;

	while (i < s.len && is_space(s.ptr[i]))
		i++;
	return i;
}

static size_t word_len(struct str s)
{
	size_t i = 0;

	while (i < s.len && is_word(s.ptr[i]))
		i++;
	return i;
}

/* Strings and names with a prefix letter: E'' B'' X'' N'' U&'' U&"". 0 when there is none. */
static size_t prefixed_len(struct str s, enum sql_token *ret_kind)
{
	char letter = (char)(s.ptr[0] | 32);

	if (letter == 'u' && at(s, 1) == '&' && (at(s, 2) == '\'' || at(s, 2) == '"')) {
		*ret_kind = at(s, 2) == '"' ? SQL_QUOTED : SQL_STRING;
		return quoted_len(s, 2, false);
	}
	if (at(s, 1) != '\'' || (letter != 'e' && letter != 'b' && letter != 'x' && letter != 'n'))
		return 0;
	*ret_kind = SQL_STRING;
	return quoted_len(s, 1, letter == 'e');
}

static size_t dollar_len(struct str s, enum sql_token *ret_kind)
{
	size_t tag = dollar_tag_len(s), i = 1;

	if (tag > 0) {
		*ret_kind = SQL_STRING;
		return dollar_string_len(s, tag);
	}
	while (i < s.len && ascii_is_digit(s.ptr[i]))
		i++;
	*ret_kind = i > 1 ? SQL_PARAM : SQL_OPERATOR;
	return i;
}

static size_t word_token_len(struct str s, enum sql_token *ret_kind)
{
	size_t len = prefixed_len(s, ret_kind);

	if (len > 0)
		return len;
	len = word_len(s);
	*ret_kind = is_keyword(str_sub(s, 0, len)) ? SQL_KEYWORD : SQL_WORD;
	return len;
}

static size_t punctuation_len(struct str s, enum sql_token *ret_kind)
{
	*ret_kind = SQL_COMMENT;
	if (s.ptr[0] == '-' && at(s, 1) == '-')
		return line_comment_len(s);
	if (s.ptr[0] == '/' && at(s, 1) == '*')
		return block_comment_len(s);
	*ret_kind = SQL_OPERATOR;
	return operator_len(s);
}

static size_t token_len(struct str s, enum sql_token *ret_kind)
{
	char c = s.ptr[0];

	if (is_space(c)) {
		*ret_kind = SQL_SPACE;
		return space_len(s);
	}
	if (is_word_start(c))
		return word_token_len(s, ret_kind);
	if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(at(s, 1)))) {
		*ret_kind = SQL_NUMBER;
		return number_len(s);
	}
	if (c == '\'' || c == '"') {
		*ret_kind = c == '"' ? SQL_QUOTED : SQL_STRING;
		return quoted_len(s, 0, false);
	}
	if (c == '$')
		return dollar_len(s, ret_kind);
	return punctuation_len(s, ret_kind);
}

bool sql_next_token(struct str *rest, enum sql_token *ret_kind, struct str *ret_text)
{
	size_t len;

	if (rest->len == 0)
		return false;
	len = token_len(*rest, ret_kind);
	if (len > rest->len)
		len = rest->len;
	*ret_text = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len, rest->len);
	return true;
}
