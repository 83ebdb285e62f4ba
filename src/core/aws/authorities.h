/*
 * authorities.h: the certificate authorities that AWS's certificates are checked against.
 *
 * A bundle takes more than a megabyte once it is decoded, so every file is read once in the
 * life of the process, all lanes share it, and only what is needed is decoded. Any thread.
 */
#ifndef AWS_AUTHORITIES_H
#define AWS_AUTHORITIES_H

#include <openssl/x509_vfy.h>

/* Of a PEM file; NULL or "" = the system's. Borrowed, for ever. NULL: the file cannot be read or has no certificate. */
X509_STORE *authorities_of(const char *path);

#endif
