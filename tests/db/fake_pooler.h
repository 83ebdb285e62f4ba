/*
 * fake_pooler.h: the least that makes a pooler to its clients.
 *
 * Refuses startup options, hands out a process id of its own, and passes everything else
 * on to the server's Unix socket. One client at a time, no TLS.
 */
#ifndef TESTS_DB_FAKE_POOLER_H
#define TESTS_DB_FAKE_POOLER_H

#include "pg_fixture.h"

#include <pthread.h>

struct fake_pooler {
	int listener, port;
	char server[96]; /* path of the server's socket */
	pthread_t thread;
	int refused;  /* clients sent away because of options */
	bool swallow; /* instead: drop the options silently and pass the server's process id on */
};

void fake_pooler_start(struct fake_pooler *p, const struct pg *pg, bool swallow);
/* Clients must have gone. */
void fake_pooler_stop(struct fake_pooler *p);

#endif
