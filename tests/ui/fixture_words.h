/*
 * fixture_words.h: words of a fixture line, and values in them. Internal to the loader.
 */
#ifndef TESTS_UI_FIXTURE_WORDS_H
#define TESTS_UI_FIXTURE_WORDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/kind.h"

/* Where the loader is, for words about faults; faults abort the test. */
struct fixture_place {
	const char *file;
	int line;
	int64_t now_us;
};

/* Prints file:line and the words, and aborts. */
_Noreturn void fixture_fault(const struct fixture_place *at, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Cuts the next `name` or `name=value` from *rest; a quoted value is unescaped into the arena. False at the end of the
 * line. */
bool fixture_word(const struct fixture_place *at, struct str *rest, struct arena *a, struct str *ret_name,
		  struct str *ret_value);

/* "now", "now-31h", "now+5m" or ISO 8601. */
int64_t fixture_time(const struct fixture_place *at, struct str text);

/*
 * The value of one field in row i of n: the kind's own text, a constant as the filter takes it (12m31s, 1.2TiB), a
 * time, and over many rows `a..b` (a straight line) or `a~b` (a wave between both); # in text is the row's number.
 */
union value fixture_value(const struct fixture_place *at, struct arena *a, enum kind k, struct str text, size_t i,
			  size_t n);

#endif
