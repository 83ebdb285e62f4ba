/*
 * fake_pooler.h: the least that makes a pooler to its clients.
 *
 * Refuses startup options (or drops them silently, or is no pooler at all), hands out a
 * process id of its own, passes everything else on to the server's Unix socket and counts
 * round trips. One client at a time, no TLS.
 */
#ifndef TESTS_DB_FAKE_POOLER_H
#define TESTS_DB_FAKE_POOLER_H

#include "pg_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum fake_pooler_manner {
	POOLER_REFUSES,  /* startup options */
	POOLER_SWALLOWS, /* startup options; passes the server's process id on */
	POOLER_PASSES,   /* everything, unchanged */
};

struct fake_pooler {
	int listener, port;
	char server[96]; /* path of the server's socket */
	pthread_t thread;
	enum fake_pooler_manner manner;
	int refused;     /* clients sent away because of options */
	atomic_int asks; /* times the client spoke, after the login, and the server then answered */
};

void fake_pooler_start(struct fake_pooler *p, const struct pg *pg, enum fake_pooler_manner manner);
/* Clients must have gone. */
void fake_pooler_stop(struct fake_pooler *p);

#endif
