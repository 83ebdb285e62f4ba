/*
 * err.h: the one error type.
 *
 * Functions that can fail return bool (true = done) and take a struct err * last;
 * it is written only on failure. An error is words for a tired person: `text` says
 * what failed and with what (one line, sanitised by whoever draws it), `remedy` what
 * to do about it (may be empty), `word` is the one or two words a badge shows.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/check.h"

#include <stdbool.h>
#include <stdint.h>

enum err_code {
	ERR_NONE,
	ERR_USAGE,       /* bad option, key, file content given by the user */
	ERR_CONFIG,      /* unreadable or malformed file */
	ERR_CREDENTIALS, /* none found, or refused as invalid or expired */
	ERR_DENIED,      /* authenticated, not allowed */
	ERR_NOT_FOUND,   /* the named thing does not exist */
	ERR_THROTTLED,   /* the service asks to slow down */
	ERR_DNS,
	ERR_REFUSED, /* connection refused or unreachable */
	ERR_TLS,
	ERR_LOGIN, /* database login failed */
	ERR_TIMEOUT,
	ERR_CANCELLED,   /* by us: quit, target change */
	ERR_PROTOCOL,    /* malformed or unexpected answer */
	ERR_LIMIT,       /* larger than a named limit */
	ERR_SERVER,      /* the other side failed: HTTP 5xx, SQL error */
	ERR_LOST,        /* connection lost in mid-work */
	ERR_IO,          /* local file or descriptor */
	ERR_UNAVAILABLE, /* cannot be had here, and that is not a fault: text says why */
	ERR__COUNT
};

#define ERR_TEXT_MAX 480
#define ERR_REMEDY_MAX 320

struct err {
	enum err_code code;
	int64_t retry_after_us; /* the other side's wish, 0 = none */
	char id[64];            /* AWS error code or SQLSTATE, or "" */
	char text[ERR_TEXT_MAX];
	char remedy[ERR_REMEDY_MAX];
};

/* Fills *err and returns false, so that `return err_set(...)` reads well. Cuts long text at a UTF-8 boundary with an
 * ellipsis. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Adds or replaces the remedy of an error already set. */
void err_remedy(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Puts "prefix: " before the text. */
void err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_clear(struct err *err);
/* Badge word: "denied", "timeout", "refused", "no credentials", ... Static text. */
const char *err_word(enum err_code code);
/* True where trying again later by itself is sensible. */
bool err_transient(enum err_code code);
/* errno as text in the caller's buffer; thread-safe. Returns buf. */
const char *err_errno(int errnum, char *buf, size_t len);

#endif
