/*
 * authorities.h: the certificate authorities that AWS's certificates are checked against.
 *
 * A bundle takes more than a megabyte once it is decoded, so every file is read once, all lanes
 * share it, and only what is needed is decoded. Any thread.
 */
#ifndef AWS_AUTHORITIES_H
#define AWS_AUTHORITIES_H

#include <openssl/x509_vfy.h>

/* Of a PEM file; NULL or "" = the system's. The caller releases it with X509_STORE_free(). NULL: the file cannot be
 * read or has no certificate. */
X509_STORE *authorities_of(const char *path);
/* After a peer was not trusted: the file is read anew the next time, because it may have been corrected meanwhile. */
void authorities_doubt(const char *path);

#endif
