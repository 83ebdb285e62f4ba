/*
 * tls_look.h: what a server shows of itself when TLS begins, whoever signed it.
 *
 * A look, not a login: the connection is closed when TLS stands, before a user name or a password is sent, so an
 * untrusted server learns nothing. It tells what a refused certificate is: expired, of another name, of whom.
 */
#ifndef DB_TLS_LOOK_H
#define DB_TLS_LOOK_H

#include "db/login.h"

struct tls_look {
	char protocol[16], cipher[64];  /* "TLSv1.3" */
	char subject[128], issuer[128]; /* common names, "" = none */
	char names[256];                /* that it is for, with commas between them; as many as fit */
	bool name_matches;              /* the host asked for is one of them */
	int64_t not_before_us, not_after_us;
	int chain; /* certificates that the server sent */
};

/*
 * Lane thread. host is the name the certificate is compared with, addr a numeric address. ERR_TLS when the server does
 * not speak TLS (err->id "no-tls") or the handshake fails; ERR_TIMEOUT, ERR_CANCELLED, ERR_REFUSED, ERR_LOST.
 */
bool tls_look(const struct fetch *f, const char *host, const char *addr, const char *port, struct tls_look *ret_look,
	      struct err *err) MUST_CHECK;

#endif
