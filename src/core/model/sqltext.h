/*
 * sqltext.h: a tolerant lexer for statement text, which may be cut anywhere.
 *
 * Used for highlighting, one-line shortening, literal masking and for what follows EXPLAIN; never to execute. Knows
 * strings ('', E'', $tag$), quoted identifiers, comments (nested), numbers, $n, operators; an unterminated token
 * at the end is normal. Pure.
 */
#ifndef MODEL_SQLTEXT_H
#define MODEL_SQLTEXT_H

#include "base/buf.h"
#include "base/str.h"

enum sql_token {
	SQL_SPACE,
	SQL_WORD,
	SQL_KEYWORD,
	SQL_STRING,
	SQL_NUMBER,
	SQL_PARAM,
	SQL_OPERATOR,
	SQL_COMMENT,
	SQL_QUOTED
};

/* Cuts the next token off *rest; false at the end. */
bool sql_next_token(struct str *rest, enum sql_token *ret_kind, struct str *ret_text);
/* Appends the statement with literals replaced: strings '***', numbers 0... as `?`; in CREATE/ALTER ROLE/USER and in
 * connection strings also passwords. An unterminated string at the end is masked whole. */
bool sql_mask_literals(struct buf *out, struct str text);
/* Appends text with only what must always be hidden masked: passwords in CREATE/ALTER ROLE|USER and in connection
 * strings. */
bool sql_mask_secrets(struct buf *out, struct str text);

#endif
