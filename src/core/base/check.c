#include "base/check.h"

#include <stdarg.h>

char bug_words[512];

void bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(bug_words, sizeof(bug_words), "BUG %s:%d: ", file, line);

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < sizeof(bug_words))
		vsnprintf(bug_words + n, sizeof(bug_words) - (size_t)n, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s\n", bug_words);
	fflush(stderr);
	abort();
}
