/*
 * sqlmask.c: hiding what statement and log text must not give away.
 *
 * Two passes. The first works on bytes, not tokens, because a password may sit inside
 * a string inside a DO block inside a log line: wherever a word ends in "password",
 * the value that follows it (quoted any way, after = or :, or bare after =) becomes
 * ***, and so does the password of scheme://user:password@host. It runs always. The
 * second goes over the tokens and replaces every literal; it runs outside the screen
 * only.
 *
 * When the text is cut inside a secret everything after the cut is hidden. Where the
 * text is ambiguous it hides too much rather than too little.
 */
#include "model/sqltext.h"

#include "base/ascii.h"
#include "base/check.h"

#define MASK "***"
#define COMMENT_DEPTH_MAX 4

static char at(struct str s, size_t i)
{
	return i < s.len ? s.ptr[i] : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '_';
}

/* First position at or after i that is neither blank nor inside a comment. */
static size_t skip_gap(struct str s, size_t i)
{
	for (;;) {
		struct str rest = str_sub(s, i, s.len), token;
		enum sql_token kind;

		if (!sql_next_token(&rest, &kind, &token) || (kind != SQL_SPACE && kind != SQL_COMMENT))
			return i;
		i += token.len;
	}
}

/* A place to hide: s[from..to) becomes ***. */
struct span {
	size_t from, to;
};

/* Value between single quotes that starts at i. Inside a literal the quotes are doubled or escaped. */
static struct span quoted_span(struct str s, size_t i)
{
	size_t quotes = 0, close;
	char q = s.ptr[i];

	while (at(s, i + quotes) == q)
		quotes++;
	if (quotes == 2 && (is_blank(at(s, i + 2)) || strchr(",;)", at(s, i + 2)) || i + 2 >= s.len))
		return (struct span){i + 1, i + 1};
	if (quotes > 1) {
		long end = str_find(s, str_sub(s, i, i + 2), i + quotes);

		return (struct span){i + quotes, end < 0 ? s.len : (size_t)end};
	}
	for (close = i + 1; close < s.len; close++) {
		if (s.ptr[close] == '\\')
			close++;
		else if (s.ptr[close] == q && at(s, close + 1) == q)
			close++;
		else if (s.ptr[close] == q)
			break;
	}
	return (struct span){i + 1, close < s.len ? close : s.len};
}

static struct span dollar_span(struct str s, size_t i)
{
	struct str rest = str_sub(s, i, s.len), token;
	long tag_end = str_find(rest, STR("$"), 1);
	enum sql_token kind;
	size_t tag, end;

	if (tag_end < 0 || !sql_next_token(&rest, &kind, &token) || kind != SQL_STRING)
		return (struct span){i, i};
	tag = (size_t)tag_end + 1;
	end = token.len >= 2 * tag && str_ends(token, str_sub(token, 0, tag)) ? token.len - tag : token.len;
	return (struct span){i + tag, i + end};
}

/* Bare value of key=value; also one that starts with an escaped quote (\' inside E''). */
static struct span bare_span(struct str s, size_t i)
{
	size_t end = i;

	if (at(s, i) == '\\' && at(s, i + 1) == '\'') {
		long close = str_find(s, STR("\\'"), i + 2);

		return (struct span){i + 2, close < 0 ? s.len : (size_t)close};
	}
	if (at(s, i) == '$' && ascii_is_digit(at(s, i + 1)))
		return (struct span){i, i};
	while (end < s.len && !is_blank(s.ptr[end]) && !strchr("'\"&;(),", s.ptr[end]))
		end++;
	return (struct span){i, end};
}

enum assignment { ASSIGN_NONE, ASSIGN_COLON, ASSIGN_EQUALS };

/* Skips the quote that closes a name ("password": "x"), blanks and = : := => at *i. */
static enum assignment skip_assignment(struct str s, size_t *i)
{
	enum assignment found = ASSIGN_NONE;

	if (at(s, *i) == '"' || (at(s, *i) == '\'' && at(s, *i + 1) != '\''))
		++*i;
	*i = skip_gap(s, *i);
	for (; at(s, *i) == '=' || at(s, *i) == ':' || at(s, *i) == '>'; ++*i) {
		if (found != ASSIGN_EQUALS)
			found = at(s, *i) == '=' ? ASSIGN_EQUALS : ASSIGN_COLON;
	}
	*i = skip_gap(s, *i);
	return found;
}

/* Position of the quote of E'' or U&'' that starts at i; else i. */
static size_t skip_prefix(struct str s, size_t i)
{
	char letter = (char)(at(s, i) | 32);

	if (letter == 'e' && at(s, i + 1) == '\'')
		return i + 1;
	if (letter == 'u' && at(s, i + 1) == '&' && at(s, i + 2) == '\'')
		return i + 2;
	return i;
}

/* What to hide after the word "password" that ends at i; an empty span for nothing. */
static struct span password_span(struct str s, size_t i)
{
	enum assignment assigned;

	if (is_name(at(s, i)))
		return (struct span){i, i};
	assigned = skip_assignment(s, &i);
	i = skip_prefix(s, i);
	if (at(s, i) == '\'' || (assigned != ASSIGN_NONE && at(s, i) == '"'))
		return quoted_span(s, i);
	if (at(s, i) == '$' && (at(s, i + 1) < '0' || at(s, i + 1) > '9'))
		return dollar_span(s, i);
	return assigned == ASSIGN_EQUALS ? bare_span(s, i) : (struct span){i, i};
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return true;
}

static bool is_database_scheme(struct str before)
{
	return str_ends(before, STR("postgres")) || str_ends(before, STR("postgresql"));
}

/* What to hide after "://" that ends at i: the password of user:password@host. */
static struct span uri_span(struct str s, size_t i)
{
	size_t end = i, colon = 0, sign = 0;

	for (; end < s.len && !is_blank(s.ptr[end]) && !strchr("/?'\"", s.ptr[end]); end++) {
		if (s.ptr[end] == '@')
			sign = end;
		else if (s.ptr[end] == ':' && colon == 0)
			colon = end;
	}
	if (colon != 0 && sign > colon)
		return (struct span){colon + 1, sign};
	/* Cut before the @: what follows the colon is the head of a password, or a port. */
	if (colon != 0 && sign == 0 && end == s.len &&
	    (is_database_scheme(str_sub(s, 0, i - 3)) || !all_digits(str_sub(s, colon + 1, end))))
		return (struct span){colon + 1, end};
	return (struct span){i, i};
}

static struct span secret_at(struct str s, size_t i)
{
	static const struct str word = {"password", 8};

	if ((s.ptr[i] | 32) == 'p' && str_ieq(str_sub(s, i, i + word.len), word))
		return password_span(s, i + word.len);
	if (s.ptr[i] == ':' && str_starts(str_sub(s, i, s.len), STR("://")))
		return uri_span(s, i + 3);
	return (struct span){0, 0};
}

bool sql_mask_secrets(struct buf *out, struct str text)
{
	size_t done = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct span hide;

		if (text.ptr[i] != ':' && (text.ptr[i] | 32) != 'p')
			continue;
		hide = secret_at(text, i);
		if (hide.to <= hide.from)
			continue;
		buf_add_str(out, str_sub(text, done, hide.from));
		buf_add_c(out, MASK);
		done = hide.to;
		i = hide.to - 1;
	}
	return buf_add_str(out, str_sub(text, done, text.len));
}

static bool mask_tokens(struct buf *out, struct str text, int depth);

/* Comments may hold values too (tracing tags, code that was commented out). */
static bool mask_comment(struct buf *out, struct str comment, int depth)
{
	bool closed = comment.len >= 4 && str_ends(comment, STR("*/"));
	size_t end = comment.len - (closed ? 2 : 0);

	if (depth >= COMMENT_DEPTH_MAX)
		return buf_add_c(out, "/* " MASK " */");
	buf_add_str(out, str_sub(comment, 0, 2));
	mask_tokens(out, str_sub(comment, 2, end), depth + 1);
	return buf_add_str(out, str_sub(comment, end, comment.len));
}

static bool mask_tokens(struct buf *out, struct str text, int depth)
{
	enum sql_token kind;
	struct str token;

	while (sql_next_token(&text, &kind, &token)) {
		switch (kind) {
		case SQL_STRING:
			buf_add_c(out, "'" MASK "'");
			break;
		case SQL_NUMBER:
			buf_add_char(out, '?');
			break;
		case SQL_COMMENT:
			mask_comment(out, token, depth);
			break;
		case SQL_SPACE:
		case SQL_WORD:
		case SQL_KEYWORD:
		case SQL_PARAM:
		case SQL_OPERATOR:
		case SQL_QUOTED:
			buf_add_str(out, token);
			break;
		}
	}
	return !out->failed;
}

bool sql_mask_literals(struct buf *out, struct str text)
{
	struct buf once;
	bool ok;

	/* Every hidden secret is shorter than its mask by at most the mask's length. */
	buf_init(&once, text.len * 4 + sizeof(MASK));
	ok = sql_mask_secrets(&once, text) && mask_tokens(out, buf_str(&once), 0);
	buf_release(&once);
	return ok;
}
