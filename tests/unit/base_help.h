/*
 * base_help.h: what the tests of base/ share: cmocka, seeded random numbers, and
 * running something that must end the process.
 */
#ifndef UNIT_BASE_HELP_H
#define UNIT_BASE_HELP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SAME_STR(s, text)                                                       \
	do {                                                                    \
		struct str same_s_ = (s);                                       \
		const char *same_t_ = (text);                                   \
		assert_int_equal(same_s_.len, strlen(same_t_));                 \
		if (same_s_.len)                                                \
			assert_memory_equal(same_s_.ptr, same_t_, same_s_.len); \
	} while (0)

/* xorshift64*: the same numbers in every run, so a failure repeats. */
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

/* Runs fn in a child. True when the child did not come back from it; its standard error goes to text. */
static inline bool dies(void (*fn)(void), char *text, size_t size)
{
	int ends[2], status = 0;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* the test library would turn a crash into a failed test of its own */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (n + 1 < size && (got = read(ends[0], text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
