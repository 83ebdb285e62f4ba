/*
 * fake_source.h: a record type, snapshots of it, and waiting with a watchdog, for the
 * tests of the runtime.
 */
#ifndef TEST_FAKE_SOURCE_H
#define TEST_FAKE_SOURCE_H

#include "base/clock.h"
#include "base/err.h"
#include "model/snapshot.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Long enough for a loaded machine under a sanitizer; reached only when a test fails. */
#define WATCHDOG_MS 10000

struct fake {
	uint64_t present;
	int64_t n;
};

static const struct field fake_fields[] = {
	FIELD(struct fake, n, K_INT, .title = "N", .help = "A number.", .flags = F_KEY),
};
static const struct rec_type fake_type = REC_TYPE(struct fake, "fake", fake_fields);

/* A private snapshot with one row that holds n. */
static inline struct snapshot *fake_snapshot(const char *source, int64_t n)
{
	struct snapshot *s = snapshot_new(&fake_type, source);
	struct fake *row = snapshot_add_row(s);

	SET(row, struct fake, n, n);
	return s;
}

static inline int64_t fake_value(const struct snapshot *s)
{
	const struct fake *row = snapshot_row(s, 0);

	assert_int_equal(s->nrows, 1);
	return row->n;
}

/* Fails the test when fd does not become readable. */
static inline void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, WATCHDOG_MS), 1);
}

static inline bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* Waits for something another thread does that posts nothing. */
#define WAIT_UNTIL(condition)                                    \
	do {                                                     \
		int waited_ms_ = 0;                              \
		while (!(condition)) {                           \
			assert_true(waited_ms_++ < WATCHDOG_MS); \
			poll(NULL, 0, 1);                        \
		}                                                \
	} while (0)

/* A door that a fetch waits at, deaf to cancel, until the test opens it. Opened once, it stays open. */
struct gate {
	int fds[2];
	atomic_int arrived;
};

static inline void gate_init(struct gate *g)
{
	assert_int_equal(pipe(g->fds), 0);
	atomic_store(&g->arrived, 0);
}

static inline void gate_release(struct gate *g)
{
	close(g->fds[0]);
	if (g->fds[1] >= 0)
		close(g->fds[1]);
}

static inline void gate_open(struct gate *g)
{
	close(g->fds[1]);
	g->fds[1] = -1;
}

static inline void gate_pass(struct gate *g)
{
	struct pollfd p = {.fd = g->fds[0], .events = POLLIN};

	atomic_fetch_add(&g->arrived, 1);
	poll(&p, 1, WATCHDOG_MS);
}

#endif
