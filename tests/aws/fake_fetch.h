/*
 * fake_fetch.h: runs a source's fetch() on the caller's thread and keeps what it publishes.
 *
 * Stands in for the lanes: the functions of runtime/source.h that fetch() uses are defined here.
 */
#ifndef TESTS_AWS_FAKE_FETCH_H
#define TESTS_AWS_FAKE_FETCH_H

#include "runtime/source.h"

#define FAKE_PUBLISHED_MAX 64

struct fake {
	struct fetch fetch; /* first: fetch_* find the rest by it */
	struct target *target;
	const struct snapshot *published[FAKE_PUBLISHED_MAX];
	size_t npublished;
	void *context, *state;
	void (*free_context)(void *), (*free_state)(void *);
	int cancel[2];
	atomic_bool cancelled; /* perhaps by a server's thread */
	int64_t requests, bytes;
	enum err_code waited_for; /* last reason a wait was announced with */
	int waits;
	int64_t rows;      /* of a listing, as last announced */
	const char *wants; /* a fed source that somebody wants; NULL = none */
};

/* A target for region us-east-1 at endpoint_url. The deadline is 10 s away. */
void fake_init(struct fake *f, const struct source *source, const char *endpoint_url, const char *cluster);
void fake_release(struct fake *f);
/* Forgets what was published. */
void fake_clear(struct fake *f);
/* Runs the source once; a new deadline. */
bool fake_run(struct fake *f, struct err *err);
/* Newest snapshot published. */
const struct snapshot *fake_last(const struct fake *f);
void fake_cancel(struct fake *f);
/* Variables for tests: keys, no files, no endpoint overrides. */
void fake_environment(void);

#endif
