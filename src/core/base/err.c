/*
 * err.c: filling the one error type.
 *
 * Text is always formatted into a local buffer first, because callers like to build
 * a new error from the old one's text. The local buffer is a little longer than the
 * field, so that a code point crossing the limit is seen whole and cut whole.
 */
#include "base/err.h"

#include "base/str.h"
#include "base/utf8.h"

#include <stdarg.h>

#define ELLIPSIS "\xE2\x80\xA6"

static const struct {
	const char *word;
	bool transient;
} kinds[] = {
	/* clang-format off */
	[ERR_NONE]        = {"ok", false},
	[ERR_USAGE]       = {"usage", false},
	[ERR_CONFIG]      = {"config", false},
	[ERR_CREDENTIALS] = {"no credentials", false},
	[ERR_DENIED]      = {"denied", false},
	[ERR_NOT_FOUND]   = {"not found", false},
	[ERR_THROTTLED]   = {"throttled", true},
	[ERR_DNS]         = {"no address", true},
	[ERR_REFUSED]     = {"refused", true},
	[ERR_TLS]         = {"TLS", false},
	[ERR_LOGIN]       = {"login failed", false},
	[ERR_TIMEOUT]     = {"timeout", true},
	[ERR_CANCELLED]   = {"cancelled", false},
	[ERR_PROTOCOL]    = {"bad answer", true},
	[ERR_LIMIT]       = {"too large", false},
	[ERR_SERVER]      = {"server error", true},
	[ERR_LOST]        = {"lost", true},
	[ERR_IO]          = {"I/O error", false},
	[ERR_UNAVAILABLE] = {"n/a", false},
	/* clang-format on */
};

_Static_assert(ARRAY_LEN(kinds) == ERR__COUNT, "every error code has a word");

/* Copies text into field of size bytes, cut at a code point with an ellipsis. */
static void put_cut(char *field, size_t size, const char *text)
{
	struct str s = str_c(text);
	size_t keep;

	if (s.len < size) {
		memcpy(field, text, s.len + 1);
		return;
	}
	keep = utf8_prefix(s, size - sizeof(ELLIPSIS));
	memcpy(field, text, keep);
	memcpy(field + keep, ELLIPSIS, sizeof(ELLIPSIS));
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX + 8];
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	err_clear(err);
	err->code = code;
	put_cut(err->text, sizeof(err->text), text);
	return false;
}

void err_remedy(struct err *err, const char *fmt, ...)
{
	char text[ERR_REMEDY_MAX + 8];
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	put_cut(err->remedy, sizeof(err->remedy), text);
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char text[2 * ERR_TEXT_MAX + 8];
	size_t n;
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, ERR_TEXT_MAX, fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, ": %s", err->text);
	put_cut(err->text, sizeof(err->text), text);
}

void err_clear(struct err *err)
{
	if (err)
		*err = (struct err){.code = ERR_NONE};
}

const char *err_word(enum err_code code)
{
	return (unsigned)code < ERR__COUNT ? kinds[code].word : "error";
}

bool err_transient(enum err_code code)
{
	return (unsigned)code < ERR__COUNT && kinds[code].transient;
}

const char *err_errno(int errnum, char *buf, size_t len)
{
	char tmp[128];
	/* GNU strerror_r may return a static text instead of filling tmp */
	const char *text = strerror_r(errnum, tmp, sizeof(tmp));

	if (len)
		snprintf(buf, len, "%s", text);
	return buf;
}
