/*
 * check.h: helpers the compiler evaluates, and BUG() for what cannot happen.
 *
 * BUG() is for programming errors only; it prints the place and aborts. Anything
 * that can be caused by a user, a server or a file is a struct err instead.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Zero, or a compile error with message m when c is false; usable inside constants. */
#define ASSERT_ZERO(c, m)              \
	(0 * sizeof(struct {           \
		 int unused_;          \
		 _Static_assert(c, m); \
	 }))

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))

/* Prints "BUG file:line: text" to standard error and aborts. Any thread. */
NORETURN void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What bug_at() printed, without the line's end; "" = nothing. For a handler that must say it where it can be seen. */
extern char bug_words[512];
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(c) ((c) ? (void)0 : BUG("check failed: %s", #c))

/* Microseconds in the usual units; every duration in auroratop is int64_t microseconds. */
#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
#define US_PER_HOUR (3600 * US_PER_S)
#define US_PER_DAY (86400 * US_PER_S)

#endif
