/*
 * loopback.h: a tiny scripted HTTP server on 127.0.0.1, for tests of the client.
 *
 * One thread serves one connection at a time. The handler runs on that thread; it sees each whole
 * request and writes the raw answer. When AURORATOP_REQUESTS names a folder, the bodies of signed requests are kept
 * there, for tests/sim/validate_requests.py.
 */
#ifndef TESTS_AWS_LOOPBACK_H
#define TESTS_AWS_LOOPBACK_H

#include "base/buf.h"

enum loopback_action {
	LOOPBACK_KEEP,  /* send the answer, keep the connection */
	LOOPBACK_CLOSE, /* send the answer, close */
	LOOPBACK_HANG,  /* send the answer, then neither send nor close until the client goes */
};

/* n counts requests from 0. */
typedef enum loopback_action loopback_handler(void *ctx, int n, struct str request, struct buf *answer);

struct loopback;

/* tls: with a certificate for 127.0.0.1 signed by itself. */
struct loopback *loopback_start(loopback_handler *handler, void *ctx, bool tls);
void loopback_stop(struct loopback *l);
/* "http://127.0.0.1:PORT" */
const char *loopback_url(const struct loopback *l);
int loopback_port(const struct loopback *l);
/* File with the certificate; only with tls. */
const char *loopback_certificate(const struct loopback *l);
int loopback_connections(const struct loopback *l);
int loopback_requests(const struct loopback *l);
/* Appends a complete answer with Content-Length; headers are complete lines or "". */
void loopback_reply(struct buf *answer, int status, const char *headers, const char *body);

#endif
